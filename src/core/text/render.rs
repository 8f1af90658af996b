//! Writes the pieces of a line: as a key, for Notion, or for GitHub.

use std::fmt::Write as _;

use super::emphasis;
use super::inline::{self, Seg, is_space, trim};

/// The invisible character that breaks what a service would otherwise obey.
pub(super) const JOINER: char = '\u{2060}';

/// Where a line is written to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The canonical form, for comparing.
    Key,
    /// Notion's enhanced Markdown.
    Notion,
    /// A cell of a Notion table, where even code may not hold a tag.
    NotionCell,
    /// GitHub Markdown.
    GitHub,
    /// GitHub Markdown in a paragraph of several lines, where a sign may find its partner on another one.
    GitHubBeside,
}

impl Target {
    /// Whether it is GitHub Markdown.
    pub(super) const fn is_github(self) -> bool {
        matches!(self, Self::GitHub | Self::GitHubBeside)
    }
}

/// Writes a line of Markdown for the target; breaks at either end are dropped.
pub(super) fn line(text: &str, target: Target) -> String {
    if target == Target::Key
        && let Some(key) = plain_key(text)
    {
        return key;
    }
    read_and_written(text, target)
}

/// The key of a line without any mark of Markdown, which needs no reading: most lines are such.
fn plain_key(text: &str) -> Option<String> {
    // `_` may be emphasis, `}` may end attributes, `?` may begin a signature.
    let marks = |c: char| {
        matches!(
            c,
            '\\' | '`' | '[' | ']' | '<' | '|' | '_' | '}' | '?' | '\t' | '\r' | '\u{b}' | '\u{c}'
        )
    };
    if text.contains(marks) {
        return None;
    }
    let mut key = String::with_capacity(text.len());
    for c in trim(text).chars() {
        if c != ' ' || !key.ends_with(' ') {
            key.push(c);
        }
    }
    Some(key)
}

fn read_and_written(text: &str, target: Target) -> String {
    let mut segs = inline::parse(text);
    if target != Target::Notion && target != Target::NotionCell {
        // A colour is Notion's own; one that came escaped is text of a person.
        drop_attributes(&mut segs, target == Target::Key);
    }
    trim_ends(&mut segs);
    let written = write(&segs, target);
    let written = trim(&written);
    if target.is_github() && key_of(&inline::parse(written)) != key_of(&segs) {
        return key_of(&segs);
    }
    written.to_owned()
}

/// Writes a line as its key.
pub(super) fn key(text: &str) -> String {
    line(text, Target::Key)
}

/// The words of a line without code marks, link addresses, escapes and attributes. Marks of emphasis stay.
pub(super) fn plain(text: &str) -> String {
    let mut segs = inline::parse(text);
    drop_attributes(&mut segs, true);
    let mut out = String::new();
    put_plain(&segs, &mut out);
    out
}

fn put_plain(segs: &[Seg], out: &mut String) {
    for seg in segs {
        match seg {
            Seg::Char(c, _) => out.push(*c),
            Seg::Code(content) => out.push_str(content),
            Seg::Link { text, .. } => put_plain(text, out),
            Seg::Break => out.push(' '),
        }
    }
}

fn key_of(segs: &[Seg]) -> String {
    let mut segs = segs.to_vec();
    drop_attributes(&mut segs, true);
    trim_ends(&mut segs);
    trim(&write(&segs, Target::Key)).to_owned()
}

fn blank(seg: &Seg) -> bool {
    match seg {
        Seg::Break => true,
        Seg::Char(c, _) => is_space(*c),
        _ => false,
    }
}

fn trim_ends(segs: &mut Vec<Seg>) {
    while segs.last().is_some_and(blank) {
        segs.pop();
    }
    let lead = segs.iter().take_while(|seg| blank(seg)).count();
    segs.drain(..lead);
}

/// Drops Notion's block attributes (`{color="red"}`) from the end of a line.
fn drop_attributes(segs: &mut Vec<Seg>, escaped_too: bool) {
    loop {
        trim_ends(segs);
        let is =
            |seg: &Seg, c: char| matches!(seg, Seg::Char(x, e) if *x == c && (escaped_too || !e));
        if !segs.last().is_some_and(|seg| is(seg, '}')) {
            return;
        }
        let Some(open) = segs.iter().rposition(|seg| is(seg, '{')) else {
            return;
        };
        let body: String = segs[open + 1..segs.len() - 1]
            .iter()
            .map(|seg| if let Seg::Char(c, _) = seg { *c } else { '\0' })
            .collect();
        let mut pairs = body.split(' ').filter(|pair| !pair.is_empty()).peekable();
        if pairs.peek().is_none() || !pairs.all(is_attribute) {
            return;
        }
        segs.truncate(open);
    }
}

/// Says whether the text is one of Notion's block attributes, as `color="red_bg"`.
fn is_attribute(pair: &str) -> bool {
    let Some((name, value)) = pair.split_once('=') else {
        return false;
    };
    let value = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    matches!(name, "color" | "toggle" | "underline")
        && value.is_some_and(|v| v.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}

fn write(segs: &[Seg], target: Target) -> String {
    let mut out = String::new();
    let paired = match target {
        Target::GitHub => emphasis::paired(segs),
        _ => Vec::new(),
    };
    let mut at = 0;
    while at < segs.len() {
        match &segs[at] {
            Seg::Char(..) => {
                let length = segs[at..]
                    .iter()
                    .take_while(|s| matches!(s, Seg::Char(..)))
                    .count();
                let run = &segs[at..at + length];
                let link = matches!(segs.get(at + length), Some(Seg::Link { image: false, .. }));
                let paired = paired.get(at..at + length);
                chars(run, link, target, paired, &mut out);
                at += length;
                continue;
            }
            Seg::Code(content) => code(content, target, &mut out),
            Seg::Link { image, text, url } => {
                let url = if target == Target::Key {
                    unsigned(url)
                } else {
                    url.clone()
                };
                out.push_str(if *image { "![" } else { "[" });
                out.push_str(&write(text, target));
                out.push_str("](");
                out.push_str(&url);
                out.push(')');
            }
            Seg::Break => out.push_str("<br>"),
        }
        at += 1;
    }
    out
}

fn code(content: &str, target: Target, out: &mut String) {
    let mut length = 1;
    while has_run(content, length) {
        length += 1;
    }
    let fence = "`".repeat(length);
    let spaced = content.starts_with(' ') && content.ends_with(' ');
    let pad = content.starts_with('`')
        || content.ends_with('`')
        || (spaced && content.chars().any(|c| c != ' '));
    // Where Notion might not see the end of the span as we do, its tags must not be readable.
    let shield = target == Target::NotionCell || (target == Target::Notion && length > 1);
    let content = if shield {
        shielded(content)
    } else {
        content.to_owned()
    };
    let pad = if pad { " " } else { "" };
    let _ = write!(out, "{fence}{pad}{content}{pad}{fence}");
}

fn has_run(content: &str, length: usize) -> bool {
    content.split(|c| c != '`').any(|run| run.len() == length)
}

fn shielded(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    for c in content.chars() {
        out.push(c);
        if matches!(c, '<' | '{' | '[') {
            out.push(JOINER);
        }
    }
    out
}

fn chars(
    run: &[Seg],
    link_follows: bool,
    target: Target,
    paired: Option<&[bool]>,
    out: &mut String,
) {
    let run: Vec<(char, bool)> = run
        .iter()
        .filter_map(|seg| {
            if let Seg::Char(c, escaped) = seg {
                Some((*c, *escaped))
            } else {
                None
            }
        })
        .collect();
    match target {
        Target::Key => key_chars(&run, out),
        Target::Notion | Target::NotionCell => notion_chars(&run, out),
        Target::GitHub | Target::GitHubBeside => github_chars(&run, paired, out),
    }
    // A `!` right before a link would make it an image.
    if link_follows && out.ends_with('!') {
        out.pop();
        out.push_str("\\!");
    }
}

fn key_chars(run: &[(char, bool)], out: &mut String) {
    let text: String = run
        .iter()
        .map(|(c, _)| if is_space(*c) { ' ' } else { *c })
        .collect();
    let text = unsigned(&text);
    let text: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < text.len() {
        let c = text[at];
        let length = text[at..].iter().take_while(|x| **x == c).count();
        match c {
            ' ' => out.push(' '),
            '_' => {
                let word = |i: Option<&char>| i.is_some_and(|c| c.is_alphanumeric());
                let inside = at > 0 && word(text.get(at - 1)) && word(text.get(at + length));
                out.push_str(&(if inside { "_" } else { "*" }).repeat(length));
            }
            '\\' | '`' | '|' | '<' | '[' | ']' => {
                for _ in 0..length {
                    out.push('\\');
                    out.push(c);
                }
            }
            _ => out.extend(std::iter::repeat_n(c, length)),
        }
        at += length;
    }
}

fn notion_chars(run: &[(char, bool)], out: &mut String) {
    let emphasis = underscores(run);
    for (at, &(c, escaped)) in run.iter().enumerate() {
        match c {
            '\\' | '`' | '[' | ']' | '<' | '>' | '{' | '}' | '$' | '^' | '|' => {
                out.push('\\');
                out.push(c);
            }
            '*' | '~' if escaped => {
                out.push('\\');
                out.push(c);
            }
            '_' if emphasis[at] => out.push('*'),
            '_' if escaped && !inside_word(run, at) => out.push_str("\\_"),
            _ => out.push(c),
        }
    }
}

/// Marks the underscores that open or close emphasis, in pairs of runs of one length.
fn underscores(run: &[(char, bool)]) -> Vec<bool> {
    let mut marks = vec![false; run.len()];
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < run.len() {
        let length = run[at..].iter().take_while(|x| **x == ('_', false)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map_or(' ', |i| run[i].0);
        let after = run.get(at + length).map_or(' ', |x| x.0);
        let opens = !before.is_alphanumeric() && !is_space(after);
        let closes = !is_space(before) && !after.is_alphanumeric();
        match open {
            Some((start, size)) if closes && size == length && start + size < at => {
                marks[start..start + size].fill(true);
                marks[at..at + length].fill(true);
                open = None;
            }
            _ if opens => open = Some((at, length)),
            _ => {}
        }
        at += length;
    }
    marks
}

fn inside_word(run: &[(char, bool)], at: usize) -> bool {
    let word = |i: Option<usize>| {
        i.and_then(|i| run.get(i))
            .is_some_and(|x| x.0.is_alphanumeric())
    };
    word(at.checked_sub(1)) && word(Some(at + 1))
}

fn github_chars(run: &[(char, bool)], paired: Option<&[bool]>, out: &mut String) {
    for (at, &(c, escaped)) in run.iter().enumerate() {
        let needs = match paired {
            Some(paired) if matches!(c, '*' | '_' | '~') => paired[at],
            _ => needs_escape(run, at),
        };
        if escaped && needs || (c == '`' && !escaped) {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Says whether an escape must stay so that GitHub shows what Notion showed.
fn needs_escape(run: &[(char, bool)], at: usize) -> bool {
    let before = at
        .checked_sub(1)
        .and_then(|i| run.get(i))
        .map_or(' ', |x| x.0);
    let after = run.get(at + 1).map_or(' ', |x| x.0);
    match run[at].0 {
        '{' | '}' | '^' | '$' | '|' | '[' => false,
        '>' => at == 0,
        ']' => after == '(',
        '*' | '~' => !(is_space(before) && is_space(after)),
        '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
        '\\' => after.is_ascii_punctuation() || at + 1 == run.len(),
        '<' => {
            let rest: String = run[at + 1..].iter().take(16).map(|x| x.0).collect();
            after.is_alphabetic() && !known_tag(&rest) || after == '/' && !known_tag(&rest[1..])
        }
        _ => true,
    }
}

/// The HTML that GitHub shows; text that reads so was a tag before it went to Notion.
fn known_tag(rest: &str) -> bool {
    const TAGS: &[&str] = &[
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "cite",
        "code",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "http",
        "https",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "picture",
        "pre",
        "q",
        "s",
        "samp",
        "source",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "tt",
        "ul",
        "var",
        "video",
    ];
    let name: String = rest
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    TAGS.contains(&name.to_ascii_lowercase().as_str())
}

/// Drops the query of an address when it holds a signature that expires.
pub(super) fn unsigned(text: &str) -> String {
    const SIGNS: [&str; 4] = [
        "X-Amz-Signature=",
        "X-Amz-Algorithm=",
        "X-Amz-Security-Token=",
        "jwt=",
    ];
    if !text.contains('?') || !SIGNS.iter().any(|sign| text.contains(sign)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, query)) = rest.split_once('?') {
        out.push_str(before);
        let end = query.find(|c: char| is_space(c) || matches!(c, ')' | '>' | '"' | '\'' | '?'));
        let (query, tail) = query.split_at(end.unwrap_or(query.len()));
        if !SIGNS.iter().any(|sign| query.contains(sign)) {
            out.push('?');
            out.push_str(query);
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_way_to_a_key_gives_the_same_key(
            text in "([a-c#*~!{>= .\\-]{0,3}|  |[\\[\\]`<|_?}\\\\\t\r\u{b}\u{c}\u{a0}é]?|http://|color=\"red\"){0,9}",
        ) {
            if let Some(key) = plain_key(&text) {
                prop_assert_eq!(key, read_and_written(&text, Target::Key));
            }
        }
    }
}
