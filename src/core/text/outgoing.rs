//! Takes the teeth out of text on its way to a public place: mentions, references, closing words.

use std::collections::BTreeSet;

use super::block::{self, Kind};
use super::inline::{code_mask, is_space};
use super::key::{Reading, normalised, of_block};
use super::render::JOINER;

/// Neutralises what GitHub would act on, in all lines that `known` does not have already.
///
/// Outside code, `@name` notifies people, `#12`, `owner/repo#12` and `GH-12` leave a reference on
/// other issues, and closing words before the address of an issue close it. An invisible joiner
/// breaks each of them; keys ignore it. A comment that looks like our marker is broken wherever
/// it stands.
pub fn outgoing(text: &str, known: &str) -> String {
    outgoing_beside(text, &Reading::of(known))
}

/// Neutralises a text beside one that may have been read before; see [`outgoing`].
pub fn outgoing_beside(text: &str, known: &Reading<'_>) -> String {
    let known: BTreeSet<&str> = known.lines().iter().map(|line| line.key.as_str()).collect();
    let text = normalised(text);
    let blocks = block::parse(&text);
    // A backtick without its partner may open code across lines, and then ours is not code.
    let doubtful = blocks.iter().any(|block| {
        !matches!(
            block.kind,
            Kind::Code(_) | Kind::Fence(..) | Kind::FenceEnd(_)
        ) && block.raw.lines().any(|line| code_mask(line).is_none())
    });
    let mut out = String::with_capacity(text.len() + 16);
    for (at, block) in blocks.iter().enumerate() {
        let joined = blocks[at + 1..].iter().take_while(|next| next.joined);
        let old = std::iter::once(block)
            .chain(joined)
            .filter_map(of_block)
            .all(|key| known.contains(key.as_str()));
        let follows = blocks.get(at + 1).map_or("", |next| next.raw.trim_start());
        if matches!(block.kind, Kind::Code(_)) {
            out.push_str(&block.raw);
        } else if old {
            out.push_str(&block.raw.replace(MARK, &broken_mark()));
        } else {
            for line in block.raw.split_inclusive('\n') {
                neutralise(line, follows, doubtful, &mut out);
            }
        }
    }
    if blocks.is_empty() { text } else { out }
}

/// Neutralises the words of a title that the title `known` does not have already; see [`outgoing`].
pub fn outgoing_title(title: &str, known: &str) -> String {
    let mut safe = String::with_capacity(title.len());
    neutralise(title, "", false, &mut safe);
    let known: BTreeSet<&str> = known.split(' ').collect();
    // Only joiners were put in, so both have the same words.
    let words = title.split(' ').zip(safe.split(' '));
    let words = words.map(|(word, safe)| if known.contains(word) { word } else { safe });
    words.collect::<Vec<_>>().join(" ")
}

/// A text without the joiners of [`outgoing`].
pub fn without_joiners(text: &str) -> String {
    text.replace(JOINER, "")
}

const MARK: &str = "pulse-sync:";

fn broken_mark() -> String {
    format!("pulse-sync{JOINER}:")
}

fn neutralise(line: &str, follows: &str, doubtful: bool, out: &mut String) {
    let chars: Vec<char> = line.chars().collect();
    let mask = code_mask(line)
        .filter(|_| !doubtful)
        .unwrap_or_else(|| vec![false; chars.len()]);
    let addresses = addresses(&chars);
    for (at, c) in chars.iter().enumerate() {
        out.push(*c);
        let rest = &chars[at + 1..];
        let before = at.checked_sub(1).map(|i| chars[i]);
        let breaks = match c {
            '@' => !before.is_some_and(mail_char) && starts_word(rest),
            '#' => before != Some('&') && starts_number(rest),
            ';' => is_entity(&chars[..=at]) && starts_word(rest),
            '-' => is_gh(&chars[..at]) && starts_number(rest),
            ':' => false,
            c if c.is_ascii_alphabetic() && !before.is_some_and(char::is_alphanumeric) => {
                closes_address(&chars[at..], follows)
            }
            _ => false,
        };
        // An address must stay usable; only the word before it is broken.
        let spared = mask[at] || (addresses[at] && !c.is_ascii_alphabetic());
        if breaks && !spared || ends_mark(&chars[..=at], rest) {
            out.push(JOINER);
        }
    }
}

fn starts_word(rest: &[char]) -> bool {
    rest.first().is_some_and(char::is_ascii_alphanumeric)
}

fn starts_number(rest: &[char]) -> bool {
    rest.first().is_some_and(char::is_ascii_digit)
}

/// Says whether a character before `@` makes it an e-mail address.
fn mail_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '%')
}

/// Says whether the text ends with an HTML entity for `@` or `#`, which GitHub reads as such.
fn is_entity(text: &[char]) -> bool {
    const NAMES: [&str; 8] = [
        "&#64;", "&#x40;", "&commat;", "&#35;", "&#x23;", "&num;", "&#064;", "&#035;",
    ];
    let tail: String = text[text.len().saturating_sub(8)..].iter().collect();
    NAMES
        .iter()
        .any(|name| tail.to_ascii_lowercase().ends_with(name))
}

fn is_gh(text: &[char]) -> bool {
    let [.., g, h] = text else { return false };
    let before = text.len().checked_sub(3).map(|i| text[i]);
    matches!(g, 'g' | 'G') && matches!(h, 'h' | 'H') && !before.is_some_and(char::is_alphanumeric)
}

fn ends_mark(text: &[char], rest: &[char]) -> bool {
    let mark = MARK.trim_end_matches(':');
    rest.first() == Some(&':')
        && text.len() >= mark.len()
        && text[text.len() - mark.len()..]
            .iter()
            .copied()
            .eq(mark.chars())
}

/// Marks the characters of addresses that GitHub links: a joiner inside would break the link.
fn addresses(chars: &[char]) -> Vec<bool> {
    let mut marks = vec![false; chars.len()];
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let starts = at
            .checked_sub(1)
            .is_none_or(|i| is_space(chars[i]) || "*_~(<[".contains(chars[i]));
        let scheme = ["http://", "https://"]
            .iter()
            .find(|mark| starts && rest.iter().copied().take(mark.len()).eq(mark.chars()));
        let ends = |c: &char| is_space(*c) || matches!(c, ')' | '>' | '"' | '<' | '\n');
        let length = scheme.map_or(1, |_| rest.iter().position(ends).unwrap_or(rest.len()));
        let host =
            scheme.map(|scheme| rest[scheme.len()..length].iter().take_while(|c| **c != '/'));
        if host
            .is_some_and(|mut host| host.clone().all(|c| host_char(*c)) && host.any(|c| *c == '.'))
        {
            marks[at..at + length].fill(true);
        }
        at += length;
    }
    marks
}

fn host_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
}

/// Says whether the text starts with a closing word before the address of an issue.
fn closes_address(text: &[char], follows: &str) -> bool {
    const WORDS: [&str; 9] = [
        "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
    ];
    let word: String = text
        .iter()
        .take(9)
        .take_while(|c| c.is_ascii_alphabetic())
        .collect();
    if !WORDS.contains(&word.to_ascii_lowercase().as_str()) {
        return false;
    }
    let mut rest = text[word.len()..].iter();
    let skipped = |c: &&char| !c.is_alphanumeric();
    let address: String = rest.by_ref().skip_while(skipped).take(8).collect();
    let address = if address.is_empty() {
        follows.trim_start_matches(['<', '[', '('])
    } else {
        &address
    };
    let address = address.to_ascii_lowercase();
    address.starts_with("http://") || address.starts_with("https://")
}
