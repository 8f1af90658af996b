//! Three-way merge of texts, line by line on what the lines say.
//!
//! A diff3 that never drops a line of either side without a conflict. The bytes of `ours` are
//! kept wherever it says what the result says, so that writing back changes as little as can be.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use super::diff3::{self, Region};
use super::inline::{trim, visible};
use super::key::{Line, Reading, lines, normalised, say_the_same};
use super::leaf;

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

/// Appends on a new line.
fn append(out: &mut String, text: &str) {
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
        return Merged::Conflict(parts.iter().map(|part| texts.part(part)).collect());
    }
    if let Some(text) = texts.written(&parts, ours.text()) {
        return Merged::Clean(text);
    }
    if say_the_same(texts.base, texts.ours) {
        return Merged::Clean(normalised(theirs.text()));
    }
    // The lines fit together one by one, but not as a text (half a code block, say).
    let whole = Hunk {
        base: normalised(base.text()),
        ours: normalised(ours.text()),
        theirs: normalised(theirs.text()),
    };
    Merged::Conflict(vec![Part::Conflict(whole)])
}

/// Applies the change that leads from one text to another to a third: the change of one side is
/// carried over without taking along how that side writes the rest.
pub fn apply_change(from: &str, to: &str, onto: &str) -> Merged {
    merge(from, onto, to)
}

/// A line of the result: of `theirs` or of `ours`, with its index there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pointer {
    Ours(usize),
    /// The second index is the line of `ours` whose place it takes.
    Theirs(usize, Option<usize>),
}

enum Piece {
    Settled(Vec<Pointer>),
    Conflict([Range<usize>; 3]),
}

struct Texts<'a> {
    base: &'a [Line],
    ours: &'a [Line],
    theirs: &'a [Line],
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
                Region::Theirs(ours, theirs) => replaced(&ours, &theirs),
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

    fn line(&self, pointer: Pointer) -> &Line {
        match pointer {
            Pointer::Ours(at) => &self.ours[at],
            Pointer::Theirs(at, _) => &self.theirs[at],
        }
    }

    fn part(&self, piece: &Piece) -> Part {
        match piece {
            Piece::Settled(pointers) => Part::Settled(self.raw(pointers, false)),
            Piece::Conflict([base, ours, theirs]) => Part::Conflict(Hunk {
                base: cut(self.base, base),
                ours: cut(self.ours, ours),
                theirs: cut(self.theirs, theirs),
            }),
        }
    }

    /// Writes the result so that it says what was decided; None when no way of writing does.
    fn written(&self, pieces: &[Piece], ours: &str) -> Option<String> {
        let pointers: Vec<Pointer> = pieces
            .iter()
            .flat_map(|piece| match piece {
                Piece::Settled(pointers) => pointers.as_slice(),
                Piece::Conflict(_) => &[],
            })
            .copied()
            .collect();
        let wanted: Vec<&Line> = pointers.iter().map(|p| self.line(*p)).collect();
        let says = |text: &String| {
            let found = lines(text);
            found.len() == wanted.len()
                && found
                    .iter()
                    .zip(&wanted)
                    .all(|(a, b)| a.key == b.key && a.code == b.code)
        };
        let keys = || {
            let lines = wanted.iter();
            lines
                .flat_map(|line| [line.key.as_str(), "\n"])
                .collect::<String>()
        };
        let text = Some(self.raw(&pointers, false))
            .filter(says)
            .or_else(|| Some(self.raw(&pointers, true)).filter(says))
            .or_else(|| Some(keys()).filter(says))?;
        let ended = with_last_newline(&text, ours.is_empty() || ours.ends_with('\n'));
        let fits = ended == text || says(&ended);
        Some(if fits { ended } else { text })
    }

    /// Joins the bytes of lines, with a blank line where the sides meet if asked.
    fn raw(&self, pointers: &[Pointer], apart: bool) -> String {
        let mut out = String::new();
        let mut at = 0;
        while at < pointers.len() {
            let line = self.line(pointers[at]);
            let length = self.atom(pointers[at]);
            let next = at + length;
            let side = |p: &Pointer| matches!(p, Pointer::Ours(_));
            if apart && at > 0 && side(&pointers[at - 1]) != side(&pointers[at]) {
                append(&mut out, "\n");
            }
            if !line.joined && together(pointers.get(at..next)) {
                append(&mut out, &self.respaced(pointers[at], pointers[next - 1]));
                at = next;
            } else {
                // Part of a line that was written as one: the key says it as well.
                append(&mut out, &format!("{}\n", line.key));
                at += 1;
            }
        }
        out
    }

    /// Returns how many lines were written as one from this line on.
    fn atom(&self, pointer: Pointer) -> usize {
        let (lines, at) = match pointer {
            Pointer::Ours(at) => (self.ours, at),
            Pointer::Theirs(at, _) => (self.theirs, at),
        };
        1 + lines[at + 1..]
            .iter()
            .take_while(|line| line.joined)
            .count()
    }

    /// Returns the bytes of a line; one that takes another's place keeps the blank lines there.
    fn respaced(&self, first: Pointer, last: Pointer) -> String {
        let line = self.line(first);
        let Pointer::Theirs(_, Some(place)) = last else {
            return line.raw.clone();
        };
        // The bytes of a joined line are with the line it is joined to.
        let place = self.ours[..=place]
            .iter()
            .rposition(|line| !line.joined)
            .unwrap_or(place);
        let (own, _) = blanks_apart(&line.raw);
        let (_, spacing) = blanks_apart(&self.ours[place].raw);
        let mut out = own.to_owned();
        append(&mut out, spacing);
        out
    }
}

/// Says whether the lines follow each other on one side.
fn together(pointers: Option<&[Pointer]>) -> bool {
    pointers.is_some_and(|pointers| {
        pointers.windows(2).all(|pair| match (pair[0], pair[1]) {
            (Pointer::Ours(a), Pointer::Ours(b))
            | (Pointer::Theirs(a, _), Pointer::Theirs(b, _)) => b == a + 1,
            _ => false,
        })
    })
}

/// Pairs the lines that replace others with those in whose place they come.
fn replaced(ours: &Range<usize>, theirs: &Range<usize>) -> Vec<Pointer> {
    let even = ours.len() == theirs.len();
    theirs
        .clone()
        .map(|at| {
            let place = match (even, at + 1 == theirs.end) {
                (true, _) => Some(ours.start + (at - theirs.start)),
                (false, true) => ours.clone().last(),
                _ => None,
            };
            Pointer::Theirs(at, place)
        })
        .collect()
}

/// Numbers what the lines say. The same words as code and as text are two things.
fn named<'a>(lines: &'a [Line], names: &mut BTreeMap<(&'a str, bool), usize>) -> Vec<usize> {
    let name = |line: &'a Line| {
        let next = names.len();
        *names.entry((line.key.as_str(), line.code)).or_insert(next)
    };
    lines.iter().map(name).collect()
}

/// Returns the bytes of a range of lines; lines whose bytes lie outside are written as keys.
fn cut(lines: &[Line], range: &Range<usize>) -> String {
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

/// Splits the blank lines off the end of a line's bytes.
fn blanks_apart(raw: &str) -> (&str, &str) {
    let mut end = raw.len();
    for line in raw.split_inclusive('\n').rev() {
        if end == line.len() || !leaf::is_blank(trim(&visible(line.trim_end_matches('\n')))) {
            break;
        }
        end -= line.len();
    }
    raw.split_at(end)
}

fn with_last_newline(text: &str, wanted: bool) -> String {
    let bare = text.strip_suffix('\n').unwrap_or(text);
    if wanted && !text.is_empty() {
        format!("{bare}\n")
    } else {
        bare.to_owned()
    }
}
