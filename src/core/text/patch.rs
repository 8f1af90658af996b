//! An edit inside of a line, carried over to the same line as the other side writes it.

use std::collections::BTreeSet;
use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::flavour::{for_notion, from_notion};
use super::key::lines;

/// The most pieces of a line that is looked at; a longer one is taken as it is.
const PIECES: usize = 4_000;

/// The line `ours`, which says what `base` says, with the edit that made `theirs` of `base`. None when that would not
/// say what `theirs` says.
pub(super) fn patched(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let theirs = &numbered_as(theirs, base);
    let [base, from, to] = [base, ours, theirs].map(pieces);
    if base.len() + from.len() + to.len() > PIECES {
        return None;
    }
    let written = Written::of(&base, &from);
    let mut out = String::with_capacity(ours.len() + theirs.len());
    for op in capture_diff_slices(Algorithm::Myers, &meant(&base), &meant(&to)) {
        let old = op.old_range();
        match op.tag() {
            DiffTag::Equal => {
                for at in old {
                    out.extend(from[written.before[at].clone()].iter().copied());
                    out.extend(from[written.pieces[at].clone()].iter().copied());
                }
            }
            DiffTag::Delete => {}
            DiffTag::Insert => out.extend(to[op.new_range()].iter().copied()),
            DiffTag::Replace => {
                out.extend(from[written.before[old.start].clone()].iter().copied());
                out.extend(to[op.new_range()].iter().copied());
            }
        }
    }
    out.extend(from[written.before[base.len()].clone()].iter().copied());
    says_the_same(&out, theirs).then_some(out)
}

/// A line (or the lines of a table) of a page as `new` has it, with what of `old` only Notion shows: colours, mentions,
/// equations, the columns of a table. None where the two have little in common, or it would not say what `new` says.
pub fn carried(old: &str, new: &str) -> Option<String> {
    let base = for_notion(&from_notion(old));
    let is_edited = is_alike(&base, new);
    let edited = is_edited.then(|| patched(&base, old, new)).flatten();
    edited.or_else(|| with_attributes(old, new))
}

/// The new line with the attributes of the whole old one (`{color="red"}`), of which a fold is a heading's own.
fn with_attributes(old: &str, new: &str) -> Option<String> {
    let at = old.trim_end().rfind(" {")?;
    let attributes = &old.trim_end()[at..];
    let is_heading = |line: &str| line.trim_start().starts_with('#');
    let fits = !attributes.contains("toggle=") || is_heading(old) && is_heading(new);
    let is_line = !old.trim_end().contains('\n') && !new.trim_end().contains('\n');
    let line = format!("{}{attributes}", new.trim_end());
    (fits && is_line && says_the_same(&line, new)).then_some(line)
}

/// Says whether one line may have become the other: they share at least half of the words.
pub(super) fn is_alike(one: &str, other: &str) -> bool {
    let words = |line| {
        let words = pieces(line).into_iter();
        words
            .filter(|word| word.starts_with(char::is_alphanumeric))
            .collect::<BTreeSet<_>>()
    };
    let (one, other) = (words(one), words(other));
    let shared = one.intersection(&other).count();
    shared * 2 >= one.len().max(other.len()) && shared > 0
}

/// How a line is written otherwise: which of its pieces stand for each piece here.
struct Written {
    /// What stands for each piece.
    pieces: Vec<Range<usize>>,
    /// What stands before each piece, and after the last, and for none.
    before: Vec<Range<usize>>,
}

impl Written {
    fn of(base: &[&str], ours: &[&str]) -> Self {
        let mut pieces = vec![0..0; base.len()];
        let mut before = vec![0..0; base.len() + 1];
        for op in capture_diff_slices(Algorithm::Myers, &meant(base), &meant(ours)) {
            let (old, new) = (op.old_range(), op.new_range());
            match op.tag() {
                DiffTag::Insert => before[old.start] = new,
                DiffTag::Replace if old.len() != new.len() => pieces[old.start] = new,
                _ => {
                    for (at, place) in old.zip(new) {
                        pieces[at] = place..place + 1;
                    }
                }
            }
        }
        Self { pieces, before }
    }
}

/// What the pieces mean: each service puts its own backslashes, and no edit is in them.
fn meant<'a>(pieces: &[&'a str]) -> Vec<&'a str> {
    let bare = |piece: &&'a str| {
        piece
            .strip_prefix('\\')
            .filter(|sign| !sign.is_empty())
            .unwrap_or(piece)
    };
    pieces.iter().map(bare).collect()
}

/// Words, stretches of white space, and each other sign by itself, with the backslash before it.
fn pieces(line: &str) -> Vec<&str> {
    let sort = |c: char| match c {
        c if c.is_alphanumeric() => 1,
        c if c.is_whitespace() => 2,
        _ => 0,
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in line.char_indices() {
        let escapes = &line[start..at] == "\\" && c.is_ascii_punctuation();
        if !escapes && last.is_some_and(|last| last == 0 || last != sort(c)) {
            pieces.push(&line[start..at]);
            start = at;
        }
        last = Some(sort(c));
    }
    if start < line.len() {
        pieces.push(&line[start..]);
    }
    pieces
}

/// A line with the other one's number, where both are items of an ordered list: in Notion the place says the number.
fn numbered_as(line: &str, other: &str) -> String {
    match (number(line), number(other)) {
        (Some(own), Some(wanted)) => {
            format!(
                "{}{}{}",
                &line[..own.start],
                &other[wanted],
                &line[own.end..]
            )
        }
        _ => line.to_owned(),
    }
}

/// Where the number of an item is.
fn number(line: &str) -> Option<Range<usize>> {
    let text = line.trim_start();
    let start = line.len() - text.len();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let marked = text[digits..].starts_with(['.', ')']);
    (digits > 0 && marked).then_some(start..start + digits)
}

/// Says whether two lines say the same, read by themselves.
fn says_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (lines(one.trim_start()), lines(other.trim_start()));
    one.len() == other.len() && one.iter().zip(&other).all(|(a, b)| a.key == b.key)
}
