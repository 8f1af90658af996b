//! What of a Notion page is ours: the part above the private heading and the child pages.
//!
//! A private heading inside of a callout, a toggle, a column or the like makes that whole box private, and nothing
//! outside of it: a box of which only a part is kept in step would lose its brackets.
//!
//! A heading of GitHub's text may have the very words of the private heading. On a page it would make everything below
//! it private, and the next change would delete that from GitHub. So it is written there with a few words more
//! ([`mark_public`]), which people see too, and read without them ([`unmark_public`]).

use std::ops::Range;

use super::container;
use super::inline::{self, trim, visible};
use super::leaf::{self, Fence, Leaf};
use super::render;

/// A page's Markdown in two parts; joined together they are the page, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The part that is kept in step, but for what is `enclosed`.
    pub managed: String,
    /// The private part and the child pages at the end: never read, never written.
    pub private: String,
    /// Boxes in `managed` that hold a private heading, as ranges of bytes in order: never read, never written.
    pub enclosed: Vec<Range<usize>>,
}

impl Split {
    /// The pieces of `managed` in order; true for those that are private.
    pub fn pieces(&self) -> Vec<(&str, bool)> {
        let mut pieces = Vec::new();
        let mut at = 0;
        for range in &self.enclosed {
            pieces.push((&self.managed[at..range.start], false));
            pieces.push((&self.managed[range.clone()], true));
            at = range.end;
        }
        pieces.push((&self.managed[at..], false));
        pieces.retain(|(text, _)| !text.is_empty());
        pieces
    }
}

/// Splits a page at the heading that a reader sees to be named `heading` (any level, any case, however it is set,
/// outside code), or as one of several names, one a line.
///
/// Everything from there to the end is private. So are child pages and databases that stand at
/// the end without such a heading: a body written without them would ask for their deletion. A heading inside of a box
/// makes the outermost box private, from its first line to its last, and not what follows the box.
pub fn split_private(page: &str, heading: &str) -> Split {
    let wanted = names(heading);
    let lines = outside_code(page);
    let mut at = page.len();
    let mut enclosed: Vec<Range<usize>> = Vec::new();
    let mut boxes: Option<Vec<Range<usize>>> = None;
    // Where the run of child pages and blank lines at the end starts.
    let mut children: Option<usize> = None;
    for (nth, &(start, line, code)) in lines.iter().enumerate() {
        if enclosed.last().is_some_and(|range| start < range.end) {
            children = None;
            continue;
        }
        let line = visible(line);
        let line = trim(&line);
        if !code && !wanted.is_empty() && is_heading(line, &wanted) {
            let boxes = boxes.get_or_insert_with(|| container::boxes(&lines));
            let around = boxes
                .iter()
                .find(|lines| lines.start < nth && nth < lines.end);
            let Some(around) = around else {
                at = start;
                break;
            };
            let end = lines.get(around.end).map_or(page.len(), |line| line.0);
            enclosed.push(lines[around.start].0..end);
            children = None;
        } else if !code && is_child(line) {
            children.get_or_insert(start);
        } else if code || !leaf::is_blank(line) {
            children = None;
        }
    }
    let at = if at < page.len() {
        at
    } else {
        children.unwrap_or(at)
    };
    let (managed, private) = page.split_at(at);
    Split {
        managed: managed.to_owned(),
        private: private.to_owned(),
        enclosed,
    }
}

/// What a heading with the private heading's words carries on a page when it came from GitHub.
const PUBLIC: &str = " (on GitHub)";

/// Marks the headings of a text for Notion that would make private what is below them. A heading that carries the mark
/// already as words of its own gets it once more, so that [`unmark_public`] gives the text back.
pub fn mark_public(text: &str, heading: &str) -> String {
    each_heading(text, heading, |line, wanted, depth| {
        let end = line.trim_end().len();
        let ends = line.match_indices("<br").map(|(at, _)| at).chain([end]);
        let mut marked = ends.map(|at| format!("{}{PUBLIC}{}", &line[..at], &line[at..end]));
        if let Some(marked) = marked.find(|line| mark_depth(line, wanted) == Some(depth + 1)) {
            return Some(marked);
        }
        // An odd way to write a heading: a plain one says the same.
        let Leaf::Heading(level, words) = leaf::read(trim(&visible(line))) else {
            return None;
        };
        let words = render::key(&words);
        let words = leaf::without_closing(&words);
        let indent = &line[..line.len() - line.trim_start().len()];
        Some(format!(
            "{indent}{} {words}{PUBLIC}",
            "#".repeat(level.into())
        ))
    })
}

/// Takes the mark of [`mark_public`] off a page's Markdown. Other words stay, whoever wrote them.
pub fn unmark_public(text: &str, heading: &str) -> String {
    each_heading(text, heading, |line, wanted, depth| {
        let at = line.rfind(PUBLIC).filter(|_| depth > 0)?;
        let bare = format!("{}{}", &line[..at], &line[at + PUBLIC.len()..]);
        (mark_depth(&bare, wanted) == Some(depth - 1)).then_some(bare)
    })
}

/// Rewrites the lines outside code that are the heading with any number of marks.
fn each_heading(
    text: &str,
    heading: &str,
    rewrite: impl Fn(&str, &[String], usize) -> Option<String>,
) -> String {
    let wanted = names(heading);
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (start, line, code) in outside_code(text) {
        let depth = mark_depth(line, &wanted).filter(|_| !code && !wanted.is_empty());
        if let Some(line_now) = depth.and_then(|depth| rewrite(line, &wanted, depth)) {
            out.push_str(&text[copied..start]);
            out.push_str(&line_now);
            copied = start + line.len();
        }
    }
    out.push_str(&text[copied..]);
    out
}

/// How many marks a line has that is the heading otherwise. None for every other line.
fn mark_depth(line: &str, wanted: &[String]) -> Option<usize> {
    let shown = visible(line);
    let (_, text) = heading(trim(&shown))?;
    let mark = PUBLIC.trim_start().to_lowercase();
    let words = seen(&text).to_lowercase();
    let mut words = words.as_str();
    let mut depth = 0;
    while !wanted.contains(&reduced(words)) {
        words = words.trim_end().strip_suffix(&mark)?;
        depth += 1;
    }
    Some(depth)
}

/// Says whether a page's Markdown holds, outside code, blocks that GitHub cannot carry: child
/// pages, databases, columns, synced blocks and what Notion calls unknown.
pub fn holds_foreign_blocks(managed: &str) -> bool {
    const TAGS: [&str; 11] = [
        "page",
        "database",
        "data-source",
        "unknown",
        "synced_block",
        "synced_block_reference",
        "columns",
        "table_of_contents",
        "meeting-notes",
        "file",
        "video",
    ];
    outside_code(managed).into_iter().any(|(_, line, code)| {
        let line = visible(line);
        let name = trim(&line).strip_prefix('<').map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
            &rest[..end.unwrap_or(rest.len())]
        });
        !code && name.is_some_and(|name| TAGS.contains(&name))
    })
}

fn is_heading(line: &str, wanted: &[String]) -> bool {
    heading(line).is_some_and(|(_, text)| wanted.contains(&bare(&text)))
}

/// The level and the words of a heading, in a quote too: those of its first line, where it has more.
fn heading(line: &str) -> Option<(u8, String)> {
    let (level, text) = match leaf::read(line) {
        Leaf::Heading(level, text) => (level, text),
        Leaf::Quote(inner) => match *inner {
            Leaf::Heading(level, text) => (level, text),
            _ => return None,
        },
        _ => return None,
    };
    let mut pieces = inline::split_breaks(&text).into_iter();
    Some((level, pieces.next().unwrap_or_default()))
}

fn is_child(line: &str) -> bool {
    ["<page ", "<page>", "<database ", "<database>"]
        .iter()
        .any(|tag| line.starts_with(tag))
}

/// What a heading may be called, each name reduced to the words that a reader sees.
fn names(heading: &str) -> Vec<String> {
    let names = heading.lines().map(bare);
    names.filter(|name| !name.is_empty()).collect()
}

/// Reduces a heading to the words that a reader sees, in lower case: how they are set (struck through, as code, an
/// equation, a link, with a colon or an emoji) does not make the heading another one.
fn bare(heading: &str) -> String {
    reduced(&seen(heading))
}

/// A heading's words without marks of Markdown, tags, entities, attributes and characters that nobody sees.
fn seen(heading: &str) -> String {
    let plain = render::plain(&visible(heading));
    let mut out = String::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some(c) = rest.chars().next() {
        let closed = match c {
            '<' => rest.find('>'),
            '&' => entity_end(rest),
            '{' => rest.find('}').filter(|end| rest[..*end].contains('=')),
            _ => None,
        };
        if closed.is_some() && c != '<' {
            out.push(' ');
        }
        if closed.is_none() && !is_unseen(c) {
            out.push(c);
        }
        rest = &rest[closed.unwrap_or_default() + c.len_utf8()..];
    }
    out
}

/// Where an entity like `&nbsp;` ends.
fn entity_end(text: &str) -> Option<usize> {
    let end = text.find(';').filter(|end| (3..10).contains(end))?;
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '#';
    text[1..end].chars().all(inside).then_some(end)
}

/// Marks that set words, and characters without a width: they split no word.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '*' | '_' | '~' | '$' | '`' | '\\'
            | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Letters and digits, with one space between words; the signs themselves where there are none.
fn reduced(text: &str) -> String {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return text.split_whitespace().collect();
    }
    words.join(" ")
}

/// Returns the lines with their offsets; `true` for those that belong to a code block.
fn outside_code(text: &str) -> Vec<(usize, &str, bool)> {
    let mut fence: Option<Fence> = None;
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let shown = visible(bare);
        let code = if let Some(open) = &fence {
            if open.ends(bare) {
                fence = None;
            }
            true
        } else {
            fence = leaf::fence(trim(&shown));
            fence.is_some()
        };
        lines.push((start, bare, code));
        start += line.len();
    }
    lines
}
