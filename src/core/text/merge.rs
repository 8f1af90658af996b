//! Three-way merge of texts, line by line on what the lines say.
//!
//! A diff3 that never drops a line of either side without a conflict. The bytes of `ours` are
//! kept wherever it says what the result says, so that writing back changes as little as can be.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use super::assemble::Style;
use super::diff3::{self, Region};
use super::key::{Line, Reading, lines, normalised, say_the_same};
use super::patch;

/// A place where both sides changed the same lines differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// What both started from.
    pub base: String,
    /// What `ours` made of it.
    pub ours: String,
    /// What `theirs` made of it.
    pub theirs: String,
}

/// A stretch of a text with conflicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that is settled.
    Settled(String),
    /// Text that a person must choose.
    Conflict(Hunk),
}

/// What becomes of a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The text before either change.
    Base,
    /// The text of `ours`.
    Ours,
    /// The text of `theirs`.
    Theirs,
    /// Both, `ours` first.
    Both,
    /// What is new on either side, `ours` first; what either side took away stays away.
    News,
}

/// The outcome of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The joined text.
    Clean(String),
    /// Settled text and conflicts in the order of the text; at least one is a conflict.
    Conflict(Vec<Part>),
}

impl Merged {
    /// Returns the text when nothing is left to choose.
    pub fn clean(&self) -> Option<&str> {
        match self {
            Self::Clean(text) => Some(text),
            Self::Conflict(_) => None,
        }
    }

    /// Returns the conflicts in the order of the text.
    pub fn hunks(&self) -> Vec<&Hunk> {
        let Self::Conflict(parts) = self else {
            return Vec::new();
        };
        parts
            .iter()
            .filter_map(|part| match part {
                Part::Conflict(hunk) => Some(hunk),
                Part::Settled(_) => None,
            })
            .collect()
    }

    /// Joins the text, asking for each conflict, counted from 0, what to take.
    pub fn taking(&self, mut pick: impl FnMut(usize, &Hunk) -> Pick) -> String {
        let parts = match self {
            Self::Clean(text) => return text.clone(),
            Self::Conflict(parts) => parts,
        };
        let mut out = String::new();
        let mut count = 0;
        for part in parts {
            match part {
                Part::Settled(text) => append(&mut out, text),
                Part::Conflict(hunk) => {
                    match pick(count, hunk) {
                        Pick::Base => append(&mut out, &hunk.base),
                        Pick::Ours => append(&mut out, &hunk.ours),
                        Pick::Theirs => append(&mut out, &hunk.theirs),
                        Pick::News => append(&mut out, &news(hunk)),
                        Pick::Both => {
                            append(&mut out, &hunk.ours);
                            append(&mut out, &hunk.theirs);
                        }
                    }
                    count += 1;
                }
            }
        }
        out
    }

    /// Writes the text with the usual conflict markers, labelled with the names of the sides.
    pub fn with_markers(&self, ours: &str, theirs: &str) -> String {
        let parts = match self {
            Self::Clean(text) => return text.clone(),
            Self::Conflict(parts) => parts,
        };
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Settled(text) => append(&mut out, text),
                Part::Conflict(hunk) => {
                    append(&mut out, &format!("<<<<<<< {ours}\n"));
                    append(&mut out, &hunk.ours);
                    append(&mut out, "||||||| base\n");
                    append(&mut out, &hunk.base);
                    append(&mut out, "=======\n");
                    append(&mut out, &hunk.theirs);
                    append(&mut out, "");
                    let _ = writeln!(out, ">>>>>>> {theirs}");
                }
            }
        }
        out
    }
}

/// Every line of the base that neither side took away, and before each what either side put there, `ours` first.
///
/// Where both changed the same line both versions stand; where each changed another line each stands in its place.
fn news(hunk: &Hunk) -> String {
    let base: Vec<&str> = hunk.base.lines().collect();
    let (ours, theirs) = (Side::of(&base, &hunk.ours), Side::of(&base, &hunk.theirs));
    let mut out = String::new();
    let mut say = |line: &str| {
        out.push_str(line);
        out.push('\n');
    };
    for at in 0..=base.len() {
        let mine = &ours.new[at];
        for line in mine {
            say(line);
        }
        for line in &theirs.new[at] {
            let is_said = mine.iter().any(|own| own.trim() == line.trim());
            if !is_said && !line.trim().is_empty() {
                say(line);
            }
        }
        if base.get(at).is_some() && ours.keeps[at] && theirs.keeps[at] {
            say(base[at]);
        }
    }
    out
}

/// What one side made of the lines of a base.
struct Side {
    /// Whether it kept each.
    keeps: Vec<bool>,
    /// What it put before each, and behind the last.
    new: Vec<Vec<String>>,
}

impl Side {
    fn of(base: &[&str], text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut side = Self {
            keeps: vec![true; base.len()],
            new: vec![Vec::new(); base.len() + 1],
        };
        for op in similar::capture_diff_slices(similar::Algorithm::Myers, base, &lines) {
            let (tag, old, new) = op.as_tag_tuple();
            if tag == similar::DiffTag::Equal {
                continue;
            }
            let last = old.end.max(old.start + 1) - 1;
            for at in old.clone() {
                side.keeps[at] = false;
            }
            // A changed line stands where the old one stood; what is more behind the last of them.
            for (count, line) in lines[new].iter().enumerate() {
                let at = (old.start + count).min(last);
                side.new[at].push((*line).to_owned());
            }
        }
        side
    }
}

/// Appends on a new line.
pub(super) fn append(out: &mut String, text: &str) {
    if !out.is_empty() && !out.ends_with('\n') && !text.is_empty() {
        out.push('\n');
    }
    out.push_str(text);
}

/// Merges the edits that two sides made to a text.
///
/// Each text may be in its own flavour, but lines taken from `theirs` come out as they are
/// written there: translate first ([`super::for_notion`], [`super::from_notion`]) when the
/// result goes to the other side. Edits to neighbouring lines are a conflict, equal edits none.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Merged {
    merge_readings(&Reading::of(base), &Reading::of(ours), &Reading::of(theirs))
}

/// Merges texts that may have been read before; see [`merge`].
pub fn merge_readings(base: &Reading<'_>, ours: &Reading<'_>, theirs: &Reading<'_>) -> Merged {
    if ours.says_as(theirs) || base.says_as(theirs) {
        return Merged::Clean(normalised(ours.text()));
    }
    let texts = Texts {
        base: base.lines(),
        ours: ours.lines(),
        theirs: theirs.lines(),
    };
    let parts = texts.merged();
    if parts.iter().any(|part| matches!(part, Piece::Conflict(_))) {
        if let Some([base, ours, theirs]) = texts.fenced(&parts) {
            return merge(&base, &ours, &theirs);
        }
        return Merged::Conflict(parts.iter().map(|part| texts.part(part)).collect());
    }
    if let Some(text) = texts.written(&parts, ours.text()) {
        return Merged::Clean(text);
    }
    if let Some(text) = texts.spliced(ours.text()) {
        return Merged::Clean(text);
    }
    // The lines fit together one by one, but not as a text (half a code block, say).
    let whole = Hunk {
        base: normalised(base.text()),
        ours: normalised(ours.text()),
        theirs: normalised(theirs.text()),
    };
    Merged::Conflict(vec![Part::Conflict(whole)])
}

/// Merges texts as [`merge_readings`], where `theirs` wins every place that both changed. What `theirs` did not change
/// stays as `ours` has it.
pub fn merge_winning(base: &Reading<'_>, ours: &Reading<'_>, theirs: &Reading<'_>) -> String {
    let merged = merge_readings(base, ours, theirs);
    if let Merged::Clean(text) = merged {
        return text;
    }
    let texts = Texts {
        base: base.lines(),
        ours: ours.lines(),
        theirs: theirs.lines(),
    };
    let settled = |piece| match piece {
        Piece::Conflict(ranges) => Piece::Settled(texts.replaced(&ranges)),
        settled @ Piece::Settled(_) => settled,
    };
    let pieces: Vec<Piece> = texts.merged().into_iter().map(settled).collect();
    let written = texts.written(&pieces, ours.text());
    written.unwrap_or_else(|| merged.taking(|_, _| Pick::Theirs))
}

/// Applies the change that leads from one text to another to a third: the change of one side is
/// carried over without taking along how that side writes the rest.
pub fn apply_change(from: &str, to: &str, onto: &str) -> Merged {
    merge(from, onto, to)
}

/// A line of the result: of `theirs` or of `ours`, with its index there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pointer {
    Ours(usize),
    Theirs(usize, Place),
}

/// What a line of `theirs` takes the place of.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The line of `ours` whose blank lines it keeps.
    pub(super) spacing: Option<usize>,
    /// The line that it was before, in the base and in `ours`.
    pub(super) was: Option<(usize, usize)>,
}

pub(super) enum Piece {
    Settled(Vec<Pointer>),
    Conflict([Range<usize>; 3]),
}

pub(super) struct Texts<'a> {
    pub(super) base: &'a [Line],
    pub(super) ours: &'a [Line],
    pub(super) theirs: &'a [Line],
}

impl Texts<'_> {
    fn merged(&self) -> Vec<Piece> {
        let mut names = BTreeMap::new();
        let [base, ours, theirs] =
            [self.base, self.ours, self.theirs].map(|lines| named(lines, &mut names));
        let mut pieces: Vec<Piece> = Vec::new();
        for region in diff3::regions(&base, &ours, &theirs) {
            let settled: Vec<Pointer> = match region {
                Region::Ours(ours) => ours.map(Pointer::Ours).collect(),
                Region::Theirs(ranges) => self.replaced(&ranges),
                Region::Conflict(ranges) => {
                    pieces.push(Piece::Conflict(ranges));
                    continue;
                }
            };
            match pieces.last_mut() {
                Some(Piece::Settled(before)) => before.extend(settled),
                _ if settled.is_empty() => {}
                _ => pieces.push(Piece::Settled(settled)),
            }
        }
        pieces
    }

    /// The smallest stretch of whole paragraphs that holds all that `theirs` changed, as `theirs` writes it, where `ours`
    /// changed nothing and the lines do not fit together one by one.
    fn spliced(&self, ours: &str) -> Option<String> {
        if !say_the_same(self.base, self.ours) {
            return None;
        }
        let [last, end] = [self.ours.len(), self.theirs.len()];
        let shorter = last.min(end);
        let equal = |a: &Line, b: &Line| a.key == b.key && a.code == b.code;
        let head = (0..shorter).take_while(|at| equal(&self.ours[*at], &self.theirs[*at]));
        let head = head.count();
        let tail = (0..shorter - head)
            .take_while(|at| equal(&self.ours[last - 1 - at], &self.theirs[end - 1 - at]))
            .count();
        let pieces = [(head, tail), self.paragraphs(head, tail)];
        pieces.into_iter().find_map(|(head, tail)| {
            let all = (0..head).map(Pointer::Ours);
            let place = Place::default();
            let all = all.chain((head..end - tail).map(|at| Pointer::Theirs(at, place)));
            let all = all.chain((last - tail..last).map(Pointer::Ours)).collect();
            self.written(&[Piece::Settled(all)], ours)
        })
    }

    /// How many lines at either end are paragraphs of their own on both sides, of `head` and `tail` lines that are equal.
    fn paragraphs(&self, head: usize, tail: usize) -> (usize, usize) {
        let is_border = |lines: &[Line], at: usize| {
            let ends = |line: &Line| !line.joined && line.raw.ends_with("\n\n");
            let starts = |line: &Line| {
                !line.joined && !line.code && line.edge.is_none() && !line.key.starts_with('\t')
            };
            at == 0 || at == lines.len() || starts(&lines[at]) && ends(&lines[at - 1])
        };
        let (ours, theirs) = (self.ours, self.theirs);
        let is_head = |at: &usize| is_border(ours, *at) && is_border(theirs, *at);
        let is_tail =
            |at: &usize| is_border(ours, ours.len() - at) && is_border(theirs, theirs.len() - at);
        let head = (0..=head).rev().find(is_head);
        let tail = (0..=tail).rev().find(is_tail);
        (head.unwrap_or(0), tail.unwrap_or(0))
    }

    fn part(&self, piece: &Piece) -> Part {
        match piece {
            Piece::Settled(pointers) => Part::Settled(self.raw(pointers, Style::default())),
            Piece::Conflict([base, ours, theirs]) => Part::Conflict(Hunk {
                base: cut(self.base, base),
                ours: cut(self.ours, ours),
                theirs: cut(self.theirs, theirs),
            }),
        }
    }

    /// The texts with fences around their code, where some of it is indented and a conflict touches it: one line of
    /// such code in a conflict would not be code by itself.
    fn fenced(&self, pieces: &[Piece]) -> Option<[String; 3]> {
        let sides = [self.base, self.ours, self.theirs];
        let touches = |piece: &Piece| match piece {
            Piece::Conflict(ranges) => sides.iter().zip(ranges).any(|(lines, range)| {
                let is_code = |at: usize| lines.get(at).is_some_and(|line| line.indent.is_some());
                let before = range.start.checked_sub(1).is_some_and(is_code);
                range.clone().any(is_code) || (before && is_code(range.end))
            }),
            Piece::Settled(_) => false,
        };
        if !pieces.iter().any(touches) {
            return None;
        }
        let [base, ours, theirs] = sides.map(with_fences);
        Some([base?, ours?, theirs?])
    }

    /// Pairs the lines that replace others with those in whose place they come.
    fn replaced(&self, [base, ours, theirs]: &[Range<usize>; 3]) -> Vec<Pointer> {
        let even = ours.len() == theirs.len();
        let mut next = 0;
        let pair = |(nth, at): (usize, usize)| {
            let spacing = match (even, at + 1 == theirs.end) {
                (true, _) => Some(ours.start + nth),
                (false, true) => ours.clone().last(),
                _ => None,
            };
            let was = if even {
                Some(nth).filter(|nth| *nth < base.len())
            } else {
                let most = base.len().min(ours.len()).min(next + REACH);
                (next..most).find(|nth| {
                    patch::is_alike(&self.base[base.start + nth].raw, &self.theirs[at].raw)
                })
            };
            next = was.map_or(next, |was| was + 1);
            let was = was.map(|nth| (base.start + nth, ours.start + nth));
            Pointer::Theirs(at, Place { spacing, was })
        };
        theirs.clone().enumerate().map(pair).collect()
    }
}

/// A text with fences around all its code; None when that would say something else.
fn with_fences(side: &[Line]) -> Option<String> {
    let all: Vec<Pointer> = (0..side.len()).map(Pointer::Ours).collect();
    let style = Style {
        fenced: true,
        ..Style::default()
    };
    let texts = Texts {
        base: &[],
        ours: side,
        theirs: &[],
    };
    let text = texts.raw(&all, style);
    let found = lines(&text);
    let is_done = found.iter().all(|line| line.indent.is_none());
    (is_done && say_the_same(&found, side)).then_some(text)
}

/// How many lines further a line is looked for that became another one.
const REACH: usize = 8;

/// Numbers what the lines say. The same words as code and as text are two things.
pub(super) fn named<'a>(
    lines: &'a [Line],
    names: &mut BTreeMap<(&'a str, bool), usize>,
) -> Vec<usize> {
    let name = |line: &'a Line| {
        let next = names.len();
        *names.entry((line.key.as_str(), line.code)).or_insert(next)
    };
    lines.iter().map(name).collect()
}

/// Returns the bytes of a range of lines; lines whose bytes lie outside are written as keys.
pub(super) fn cut(lines: &[Line], range: &Range<usize>) -> String {
    let mut out = String::new();
    for line in &lines[range.clone()] {
        if line.joined && out.is_empty() {
            append(&mut out, &format!("{}\n", line.key));
        } else if !line.joined {
            append(&mut out, &line.raw);
        }
    }
    out
}
