//! What GitHub acts on in a line: mentions, references, closing words. And how often a text has each of them.

use std::collections::BTreeMap;

use super::inline::{code_mask, is_space};

/// Something that GitHub acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    /// The byte of its line before which a joiner breaks it.
    pub(super) at: usize,
    /// What it names, in lower case: `@name`, `#12`, `owner/repo#12`, `gh-12`, an address after a closing word.
    name: String,
    /// The closing word before it.
    closes: Closes,
}

/// Whether a closing word stands before something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closes {
    No,
    Yes,
    /// The word stands on the same line, where a joiner before this byte breaks it.
    At(usize),
}

/// How often a text may do what it does, by what is named; and of these, how often closing it.
#[derive(Default)]
pub(super) struct Alive {
    named: BTreeMap<String, usize>,
    closed: BTreeMap<String, usize>,
}

impl Alive {
    /// Counts one more.
    pub(super) fn count(&mut self, trigger: &Trigger) {
        *self.named.entry(trigger.name.clone()).or_default() += 1;
        if trigger.closes != Closes::No {
            *self.closed.entry(trigger.name.clone()).or_default() += 1;
        }
    }

    /// Takes one, if one is left that does as much.
    pub(super) fn take(&mut self, trigger: &Trigger) -> bool {
        let closes = trigger.closes != Closes::No;
        let left =
            |counts: &BTreeMap<String, usize>| counts.get(&trigger.name).is_some_and(|n| *n > 0);
        let is_left = left(&self.named) && (!closes || left(&self.closed));
        if is_left {
            reduce(&mut self.named, &trigger.name);
            if closes {
                reduce(&mut self.closed, &trigger.name);
            }
        }
        is_left
    }

    /// A reference that was there, before which a closing word is new: only the word need be broken.
    pub(super) fn spare(&mut self, trigger: &mut Trigger) {
        let Closes::At(word) = trigger.closes else {
            return;
        };
        let plain = Trigger {
            closes: Closes::No,
            ..trigger.clone()
        };
        if self.take(&plain) {
            trigger.at = word;
        }
    }
}

fn reduce(counts: &mut BTreeMap<String, usize>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count = count.saturating_sub(1);
    }
}

/// Finds what GitHub acts on in a line outside of code. `before` and `follows` are what stands around it; with
/// `doubtful`, backticks are not believed.
pub(super) fn triggers(line: &str, before: &str, follows: &str, doubtful: bool) -> Vec<Trigger> {
    if !may_hold_any(line, follows) {
        return Vec::new();
    }
    let chars: Vec<char> = line.chars().collect();
    let mask = code_mask(line)
        .filter(|_| !doubtful)
        .unwrap_or_else(|| vec![false; chars.len()]);
    let addresses = addresses(&chars);
    let mut found = Vec::new();
    let mut byte = 0;
    for (at, c) in chars.iter().enumerate() {
        byte += c.len_utf8();
        if mask[at] {
            continue;
        }
        let rest = &chars[at + 1..];
        let prior = at.checked_sub(1).map(|i| chars[i]);
        // An address must stay usable; only the word before it is broken.
        let name = match c {
            _ if addresses[at] => None,
            '@' if !prior.is_some_and(is_word) && starts_word(rest) => Some(mention(rest)),
            '#' if prior != Some('&') && starts_number(rest) => Some(reference(&chars, at)),
            ';' if starts_word(rest) => {
                entity(&chars[..=at]).map(|entity| format!("{entity}{}", mention(rest)))
            }
            '-' if is_gh(&chars[..at]) && starts_number(rest) => {
                Some(format!("gh-{}", number(rest)))
            }
            _ => None,
        };
        if let Some(name) = name {
            let is_reference = !name.starts_with('@');
            let start = chars[..at].len() - name_before(&chars, at);
            let closes = if is_reference {
                closing_word(&chars[..start], before)
            } else {
                Closes::No
            };
            found.push(Trigger {
                at: byte,
                name,
                closes,
            });
        } else if c.is_ascii_alphabetic()
            && !prior.is_some_and(char::is_alphanumeric)
            && let Some(name) = closed_address(&chars[at..], follows)
        {
            found.push(Trigger {
                at: byte,
                name,
                closes: Closes::Yes,
            });
        }
    }
    found
}

/// Most lines hold nothing that could be a trigger.
fn may_hold_any(line: &str, follows: &str) -> bool {
    let numbered =
        |(at, _): (usize, &str)| line[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    line.contains(['@', '#', '&'])
        || line.contains("://")
        || line.match_indices('-').any(numbered)
        || follows
            .trim_start_matches(['<', '[', '('])
            .get(..4)
            .is_some_and(|head| head.eq_ignore_ascii_case("http"))
}

/// `@name` or `@org/team`.
fn mention(rest: &[char]) -> String {
    let fits = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '_');
    let name: String = rest.iter().take_while(fits).collect();
    format!(
        "@{}",
        name.trim_end_matches(['/', '-', '_']).to_ascii_lowercase()
    )
}

fn number(rest: &[char]) -> String {
    rest.iter().take_while(|c| c.is_ascii_digit()).collect()
}

/// How many characters before a mark belong to the name: `owner/repo` of `owner/repo#12`, `GH` of `GH-12`.
fn name_before(chars: &[char], at: usize) -> usize {
    let fits = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    match chars[at] {
        '#' => chars[..at].iter().rev().take_while(fits).count(),
        '-' => 2,
        _ => 0,
    }
}

fn reference(chars: &[char], at: usize) -> String {
    let place: String = chars[at - name_before(chars, at)..at].iter().collect();
    format!(
        "{}#{}",
        place.to_ascii_lowercase(),
        number(&chars[at + 1..])
    )
}

fn starts_word(rest: &[char]) -> bool {
    rest.first().is_some_and(char::is_ascii_alphanumeric)
}

fn starts_number(rest: &[char]) -> bool {
    rest.first().is_some_and(char::is_ascii_digit)
}

/// Whether GitHub sees no mention behind this character: its filter wants `(?:^|\W)` before the `@`, so `-@name` and
/// `.@name` are mentions, too (html-pipeline's `MentionFilter`).
const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The HTML entity for `@` or `#` with which the text ends, and which GitHub reads as such.
fn entity(text: &[char]) -> Option<&'static str> {
    const NAMES: [&str; 8] = [
        "&#64;", "&#x40;", "&commat;", "&#35;", "&#x23;", "&num;", "&#064;", "&#035;",
    ];
    let tail: String = text[text.len().saturating_sub(8)..].iter().collect();
    let tail = tail.to_ascii_lowercase();
    NAMES.into_iter().find(|name| tail.ends_with(name))
}

fn is_gh(text: &[char]) -> bool {
    let [.., g, h] = text else { return false };
    let before = text.len().checked_sub(3).map(|i| text[i]);
    matches!(g, 'g' | 'G') && matches!(h, 'h' | 'H') && !before.is_some_and(char::is_alphanumeric)
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

const WORDS: [&str; 9] = [
    "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
];

/// Looks for a closing word right before a reference, which may stand at the start of the line after it.
fn closing_word(text: &[char], before: &str) -> Closes {
    let skipped = |c: &&char| !c.is_alphanumeric();
    let gap = text.iter().rev().take_while(skipped).count();
    if gap == text.len() {
        let earlier: Vec<char> = before.chars().collect();
        let gap = earlier.iter().rev().take_while(skipped).count();
        let word = last_closing(&earlier[..earlier.len() - gap]);
        return word.map_or(Closes::No, |_| Closes::Yes);
    }
    let start = last_closing(&text[..text.len() - gap]).filter(|_| gap > 0);
    let bytes = |start: usize| text[..=start].iter().map(|c| c.len_utf8()).sum();
    start.map_or(Closes::No, |start| Closes::At(bytes(start)))
}

/// Where the closing word starts with which the text ends.
fn last_closing(text: &[char]) -> Option<usize> {
    let word: Vec<char> = text
        .iter()
        .rev()
        .take_while(|c| c.is_alphanumeric())
        .copied()
        .collect();
    let name: String = word.iter().rev().collect();
    let is_closing = WORDS.contains(&name.to_ascii_lowercase().as_str());
    is_closing.then(|| text.len() - word.len())
}

/// The address of an issue after the closing word with which the text starts.
fn closed_address(text: &[char], follows: &str) -> Option<String> {
    let word: String = text
        .iter()
        .take(9)
        .take_while(|c| c.is_ascii_alphabetic())
        .collect();
    if !WORDS.contains(&word.to_ascii_lowercase().as_str()) {
        return None;
    }
    let skipped = |c: &&char| !c.is_alphanumeric();
    let rest: String = text[word.len()..].iter().skip_while(skipped).collect();
    let address = if rest.is_empty() {
        follows.trim_start_matches(['<', '[', '('])
    } else {
        &rest
    };
    let ends = |c: char| c.is_whitespace() || matches!(c, ')' | '>' | ']' | '"' | '<');
    let address = address
        .split(ends)
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_address = address.starts_with("http://") || address.starts_with("https://");
    is_address.then_some(address)
}
