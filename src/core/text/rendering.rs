//! What a service made of a text by itself, told apart from what somebody edited since.

use std::collections::BTreeMap;
use std::ops::Range;

use super::key::{Line, page_lines};
use super::merge::{append, cut, named};

/// A text that was sent and never read back, and what is shown now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// What the service showed before anybody edited it, as far as that can be told.
    pub before: String,
    /// What was sent, with what somebody edited in it.
    pub edited: String,
    /// Nobody edited anything.
    pub is_all: bool,
}

/// Tells a service's own rendering of a text from edits, place by place. A rendering has the same words as before; where
/// `strictly`, also the same other signs and blanks, but for some backslashes and numbers of lists. None where the places
/// cannot be parted.
pub fn rendered(sent: &str, shown: &str, strictly: bool) -> Option<Rendered> {
    let (sent, shown) = (page_lines(sent), page_lines(shown));
    let mut names = BTreeMap::new();
    let [olds, news] = [&sent, &shown].map(|lines| named(lines, &mut names));
    let mut found = Rendered {
        before: String::new(),
        edited: String::new(),
        is_all: true,
    };
    let [mut before, mut edited] = [Vec::new(), Vec::new()];
    for op in similar::capture_diff_slices(similar::Algorithm::Myers, &olds, &news) {
        let old = Place::of(&sent, op.old_range());
        let new = Place::of(&shown, op.new_range());
        let is_edit = old.says(strictly) != new.says(strictly);
        found.is_all &= !is_edit;
        let (kept, taken) = if is_edit { (&old, &new) } else { (&new, &old) };
        kept.put(&mut found.before, &mut before);
        taken.put(&mut found.edited, &mut edited);
    }
    let says = |text: &str, keys: &[&str]| {
        page_lines(text)
            .iter()
            .map(|l| l.key.as_str())
            .eq(keys.iter().copied())
    };
    (says(&found.before, &before) && says(&found.edited, &edited)).then_some(found)
}

/// Some lines of a text that follow each other.
struct Place<'a> {
    all: &'a [Line],
    range: Range<usize>,
}

impl<'a> Place<'a> {
    const fn of(all: &'a [Line], range: Range<usize>) -> Self {
        Self { all, range }
    }

    fn put(&self, out: &mut String, keys: &mut Vec<&'a str>) {
        append(out, &cut(self.all, &self.range));
        keys.extend(
            self.all[self.range.clone()]
                .iter()
                .map(|line| line.key.as_str()),
        );
    }

    /// What the lines say for the comparison.
    fn says(&self, strictly: bool) -> String {
        let lines = &self.all[self.range.clone()];
        if strictly {
            return lines.iter().map(signs).collect();
        }
        // A box that was ticked is an edit by any measure.
        let is_word = |c: &char| c.is_alphanumeric();
        let ticks = lines.iter().map(|line| {
            line.key
                .replace("[x]", "\u{2611}")
                .replace("\\[x\\]", "\u{2611}")
        });
        let ticks = ticks.collect::<String>();
        ticks
            .chars()
            .filter(|c| is_word(c) || *c == '\u{2611}')
            .collect()
    }
}

/// What a line says, without the backslashes with which a service guards signs that would mean something where it puts
/// them. A person sets and takes away blanks, code and marks like `*`, guarded or not. Numbers of lists are the same in
/// all keys.
fn signs(line: &Line) -> String {
    let mut text = String::with_capacity(line.key.len() + 1);
    let mut rest = line.key.chars().peekable();
    while let Some(c) = rest.next() {
        let is_guard = c == '\\' && !line.code && rest.peek().is_some_and(|next| is_guarded(*next));
        if !is_guard {
            text.push(c);
        }
    }
    text.push('\n');
    text
}

/// Whether a backslash before this sign changes nothing that a person could have meant.
fn is_guarded(sign: char) -> bool {
    sign.is_ascii_punctuation() && !"*_~`$\\<>".contains(sign)
}
