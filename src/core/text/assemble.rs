//! Writes the result of a merge, with the bytes of `ours` wherever it says what the result says.

use std::ops::Range;

use super::block;
use super::indented;
use super::inline::{trim, visible};
use super::key::{Line, lines};
use super::leaf;
use super::merge::{Piece, Pointer, Texts, append};
use super::patch;

/// A way of writing the result.
#[derive(Clone, Copy, Default)]
pub(super) struct Style {
    /// A line that `theirs` edited keeps the bytes of `ours` that nobody edited.
    pub(super) patched: bool,
    /// Where blank lines are put.
    pub(super) gaps: Gaps,
    /// Fences around code that is indented only.
    pub(super) fenced: bool,
    /// What comes from `theirs` is indented as the item asks for that it is in now.
    pub(super) placed: bool,
}

/// Where blank lines are put that neither side has there.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Gaps {
    /// Nowhere.
    #[default]
    None,
    /// Before what was added, where `theirs` has one: without it GitHub reads a paragraph below a list, a quote or a table
    /// as a part of that.
    Added,
    /// Where lines meet that do so on neither side.
    Everywhere,
}

impl Style {
    /// All ways, the one that changes least first.
    fn all() -> impl Iterator<Item = Self> {
        let gaps = [Gaps::Added, Gaps::Everywhere, Gaps::None];
        let bools = |fenced| [false, true].map(|placed| (fenced, placed));
        let outer = [false, true].into_iter().flat_map(bools);
        outer.flat_map(move |(fenced, placed)| {
            [true, false].into_iter().flat_map(move |patched| {
                gaps.into_iter().map(move |gaps| Self {
                    patched,
                    gaps,
                    fenced,
                    placed,
                })
            })
        })
    }
}

impl<'a> Texts<'a> {
    fn line(&self, pointer: Pointer) -> &Line {
        let (lines, at) = self.place(pointer);
        &lines[at]
    }

    /// The text that a line is of, and its place there.
    const fn place(&self, pointer: Pointer) -> (&[Line], usize) {
        match pointer {
            Pointer::Ours(at) => (self.ours, at),
            Pointer::Theirs(at, _) => (self.theirs, at),
        }
    }

    /// Writes the result so that it says what was decided; None when no way of writing does.
    pub(super) fn written(&self, pieces: &[Piece], ours: &str) -> Option<String> {
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
        let mut tried = Vec::new();
        let text = Style::all().find_map(|style| {
            let text = self.raw(&pointers, style);
            let is_new = !tried.contains(&text);
            tried.push(text);
            tried.last().filter(|text| is_new && says(text)).cloned()
        });
        let text = text?;
        let ended = with_last_newline(&text, ours.is_empty() || ours.ends_with('\n'));
        let fits = ended == text || says(&ended);
        Some(if fits { ended } else { text })
    }

    /// Joins the bytes of lines.
    pub(super) fn raw(&self, pointers: &[Pointer], style: Style) -> String {
        let has_indented = [self.ours, self.theirs]
            .iter()
            .any(|lines| lines.iter().any(|line| line.indent.is_some()));
        let mut out = String::new();
        let mut items = Items::default();
        let mut at = 0;
        while at < pointers.len() {
            let line = self.line(pointers[at]);
            items.read(&out);
            if at > 0 && self.has_gap(pointers[at - 1], pointers[at], style.gaps) {
                append(&mut out, "\n");
            }
            let code = has_indented.then(|| self.code(&pointers[at..])).flatten();
            if let Some(length) = code {
                append(
                    &mut out,
                    &self.indented(&pointers[at..at + length], style.fenced),
                );
                at += length;
                continue;
            }
            if let Some((text, length)) = style
                .patched
                .then(|| self.joined(&pointers[at..]))
                .flatten()
            {
                append(&mut out, &text);
                at += length;
                continue;
            }
            let length = self.atom(pointers[at]);
            let next = at + length;
            if !line.joined && together(pointers.get(at..next)) {
                let text = self.respaced(pointers[at], pointers[next - 1], style);
                let is_new = matches!(pointers[at], Pointer::Theirs(..));
                let text = if style.placed && is_new {
                    items.placed(line, text)
                } else {
                    text
                };
                append(&mut out, &text);
                if next < pointers.len() {
                    append(
                        &mut out,
                        &self.closing(pointers[next - 1]).unwrap_or_default(),
                    );
                }
                at = next;
            } else if let Some(fence) = self.closing(pointers[at]) {
                at += 1;
                append(&mut out, if at < pointers.len() { &fence } else { "" });
            } else {
                // Part of a line that was written as one: the key says it as well.
                append(&mut out, &format!("{}\n", line.key));
                at += 1;
            }
        }
        out
    }

    /// The line that ends code whose fence is open to the end of its text: what comes below it is code otherwise. None
    /// for any other line.
    fn closing(&self, pointer: Pointer) -> Option<String> {
        let (lines, at) = self.place(pointer);
        let is_open = lines[at].joined && lines[at].edge == Some(false);
        let before = lines[..at].iter().filter(|_| is_open);
        let opening = before.rev().find(|line| line.edge == Some(true))?;
        let first = opening.raw.lines().next()?;
        let fence = leaf::fence(trim(first))?;
        Some(format!("{}{}\n", lead(first), fence.closing()))
    }

    /// Whether a blank line goes between two lines.
    fn has_gap(&self, above: Pointer, below: Pointer, gaps: Gaps) -> bool {
        match gaps {
            Gaps::None => false,
            Gaps::Added => self.is_apart(above, below),
            Gaps::Everywhere => !together(Some(&[above, below])),
        }
    }

    /// Whether a line was added below one of `ours` that ends without the blank line which it has above it in `theirs`.
    fn is_apart(&self, before: Pointer, added: Pointer) -> bool {
        let (Pointer::Ours(ours), Pointer::Theirs(theirs, place)) = (before, added) else {
            return false;
        };
        let is_spaced = |lines: &[Line]| {
            // The bytes of a joined line are with the line it is joined to.
            let whole = lines.iter().rfind(|line| !line.joined);
            whole.is_some_and(|line| !blanks_apart(&line.raw).1.is_empty())
        };
        place.spacing.is_none()
            && is_spaced(&self.theirs[..theirs])
            && !is_spaced(&self.ours[..=ours])
    }

    /// Returns how many lines at the front are one code block, of which an indented one gave lines.
    fn code(&self, pointers: &[Pointer]) -> Option<usize> {
        let first = self.line(*pointers.first()?);
        if first.joined || first.edge != Some(true) {
            return None;
        }
        let inside = pointers[1..].iter().take_while(|p| self.line(**p).code);
        let mut length = 1 + inside.count();
        let closes = |p: &Pointer| self.line(*p).edge == Some(false);
        length += usize::from(pointers.get(length).is_some_and(closes));
        let mut all = pointers[..length].iter();
        all.any(|p| self.line(*p).indent.is_some())
            .then_some(length)
    }

    /// Writes one code block, all of it the way its first line is written.
    fn indented(&self, pointers: &[Pointer], fenced: bool) -> String {
        let first = self.line(pointers[0]);
        let depth = first.key.len() - first.key.trim_start_matches('\t').len();
        let indent = first.indent.as_deref().filter(|_| !fenced);
        let outer = first.indent.as_deref().map_or_else(
            || first.raw[..first.raw.len() - first.raw.trim_start().len()].to_owned(),
            indented::outer,
        );
        let mut out = first.raw.clone();
        if fenced && first.indent.is_some() {
            append(&mut out, &format!("{outer}{}\n", &first.key[depth..]));
        }
        for pointer in &pointers[1..] {
            let line = self.line(*pointer);
            let content = line.key.get(depth..).unwrap_or_default();
            let is_alike = line.indent.is_some() == indent.is_some();
            if line.edge == Some(false) {
                if indent.is_none() && line.indent.is_some() {
                    append(&mut out, &format!("{outer}{content}\n"));
                }
                let (_, blanks) = blanks_apart(&line.raw);
                let is_own = is_alike || line.indent.is_some();
                append(&mut out, if is_own { &line.raw } else { blanks });
            } else if is_alike {
                append(&mut out, &line.raw);
            } else if content.is_empty() {
                append(&mut out, "\n");
            } else {
                let line = match indent {
                    Some(indent) => self.code_line(*pointer, content, depth, indent),
                    None => format!("{outer}{content}"),
                };
                append(&mut out, &format!("{line}\n"));
            }
        }
        out
    }

    /// Writes a line of indented code, indented as the one whose place it takes.
    fn code_line(&self, pointer: Pointer, content: &str, depth: usize, indent: &str) -> String {
        let place = match pointer {
            Pointer::Theirs(_, place) => place.spacing.and_then(|at| self.ours.get(at)),
            Pointer::Ours(_) => None,
        };
        let Some((line, own)) = place.and_then(|line| Some((line, line.indent.as_ref()?))) else {
            return format!("{indent}{content}");
        };
        let was = line.key.get(depth..).unwrap_or_default();
        if lead(was) == lead(content) && line.code {
            // A tab may be indent and code at once.
            return format!("{}{}", lead(&line.raw), &content[lead(content).len()..]);
        }
        format!("{own}{content}")
    }

    /// Returns how many lines were written as one from this line on.
    fn atom(&self, pointer: Pointer) -> usize {
        let (lines, at) = self.place(pointer);
        atom(lines, at)
    }

    /// Returns the bytes of a line; one that takes another's place keeps the blank lines there.
    fn respaced(&self, first: Pointer, last: Pointer, style: Style) -> String {
        let line = self.line(first);
        let Pointer::Theirs(_, end) = last else {
            return line.raw.clone();
        };
        let (own, after) = blanks_apart(&line.raw);
        let patched = if style.patched {
            self.patched(first)
        } else {
            None
        };
        let mut out = patched.unwrap_or_else(|| own.to_owned());
        let Some(place) = end.spacing else {
            append(&mut out, after);
            return out;
        };
        // The bytes of a joined line are with the line it is joined to.
        let place = self.ours[..=place]
            .iter()
            .rposition(|line| !line.joined)
            .unwrap_or(place);
        let (_, spacing) = blanks_apart(&self.ours[place].raw);
        append(&mut out, spacing);
        out
    }

    /// Lines at the front that are one in `ours`, with breaks in it, and of which some were edited.
    fn joined(&self, pointers: &[Pointer]) -> Option<(String, usize)> {
        let places = |(nth, pointer): (usize, &Pointer)| match *pointer {
            Pointer::Ours(ours) => Some((ours.checked_sub(nth)?, None)),
            Pointer::Theirs(theirs, place) => {
                let (base, ours) = place.was?;
                let from = (base.checked_sub(nth)?, theirs.checked_sub(nth)?);
                Some((ours.checked_sub(nth)?, Some(from)))
            }
        };
        let (ours, _) = places((0, pointers.first()?))?;
        let length = atom(self.ours, ours);
        if length == 1 || pointers.len() < length {
            return None;
        }
        let places: Option<Vec<_>> = pointers[..length].iter().enumerate().map(places).collect();
        let places = places?;
        let (base, theirs) = places.iter().find_map(|(_, from)| *from)?;
        let is_one = |(at, from): &(usize, Option<(usize, usize)>)| {
            *at == ours && from.is_none_or(|from| from == (base, theirs))
        };
        if !places.iter().all(is_one) {
            return None;
        }
        let raw = whole(self.ours, ours..ours + length)?;
        let (own, spacing) = blanks_apart(&raw);
        let [base, theirs] = [
            whole(self.base, base..base + length)?,
            whole(self.theirs, theirs..theirs + length)?,
        ];
        let mut out = patch::patched(blanks_apart(&base).0, own, blanks_apart(&theirs).0)?;
        append(&mut out, spacing);
        Some((out, length))
    }

    /// An edited line in the bytes of `ours`, where only what was edited is new.
    fn patched(&self, pointer: Pointer) -> Option<String> {
        let Pointer::Theirs(at, place) = pointer else {
            return None;
        };
        let (base, ours) = place.was?;
        let whole = [(self.base, base), (self.ours, ours), (self.theirs, at)];
        if !whole
            .iter()
            .all(|(lines, at)| !lines[*at].joined && atom(lines, *at) == 1)
        {
            return None;
        }
        let depth = |lines: &[Line], at: usize| {
            let key = &lines[at].key;
            key.len() - key.trim_start_matches('\t').len()
        };
        let stays = depth(self.base, base) == depth(self.theirs, at) && !self.theirs[at].code;
        let [base, ours, theirs] = whole.map(|(lines, at)| blanks_apart(&lines[at].raw).0);
        let edited = |ours: &'a str| {
            if !stays {
                return patch::patched(base, ours, theirs);
            }
            // How far an item's children are indented depends on the width of its number, which is each side's own.
            let [from, onto, to] = [base, ours, theirs].map(|line| &line[lead(line).len()..]);
            patch::patched(from, onto, to).map(|edited| format!("{}{edited}", lead(ours)))
        };
        edited(ours).or_else(|| {
            let (ours, end) = hard_break_apart(ours)?;
            edited(ours).map(|edited| edited.trim_end_matches('\n').to_owned() + end)
        })
    }
}

/// The list items that are open at the end of a text which is being written.
#[derive(Default)]
struct Items {
    /// How much of the text was read.
    read: usize,
    /// The column from which on a line may be in it, and the one where a line of it begins.
    contents: Vec<(usize, usize)>,
    /// The indent of the code block that is being placed, as it was and as it is.
    code: (String, String),
}

impl Items {
    /// Goes on to the end of the text.
    fn read(&mut self, text: &str) {
        for line in text[self.read..].lines() {
            let bare = line.trim_start_matches([' ', '\t']);
            if bare.is_empty() {
                continue;
            }
            let column = block::column(line);
            while self
                .contents
                .last()
                .is_some_and(|(least, _)| column < *least)
            {
                self.contents.pop();
            }
            if let Some((_, content)) = self.contents.last_mut() {
                *content = column.min(*content);
            }
            if let Some(width) = leaf::marker_width(bare) {
                self.contents.push((column + width.min(4), column + width));
            }
        }
        self.read = text.len();
    }

    /// A line's bytes, as deep in the open items as the line is.
    fn placed(&mut self, line: &Line, raw: String) -> String {
        let depth = line.key.len() - line.key.trim_start_matches('\t').len();
        if line.code || line.edge == Some(false) {
            let (was, now) = &self.code;
            return match raw.strip_prefix(was.as_str()) {
                Some(rest) if !rest.trim().is_empty() => format!("{now}{rest}"),
                _ => raw,
            };
        }
        let was = lead(&raw).to_owned();
        let open = depth.checked_sub(1).map(|item| self.contents.get(item));
        let now = match open {
            None => String::new(),
            Some(Some((_, content))) => " ".repeat(*content),
            Some(None) => was.clone(),
        };
        let placed = format!("{now}{}", &raw[was.len()..]);
        if line.edge == Some(true) {
            self.code = (was, now);
        }
        placed
    }
}

/// The bytes of some lines that are written as one or more wholes.
fn whole(lines: &[Line], range: Range<usize>) -> Option<String> {
    let is_whole =
        !lines.get(range.start)?.joined && lines.get(range.end).is_none_or(|next| !next.joined);
    let raw = lines.get(range)?.iter().map(|line| line.raw.as_str());
    is_whole.then(|| raw.collect())
}

fn atom(lines: &[Line], at: usize) -> usize {
    1 + lines[at + 1..]
        .iter()
        .take_while(|line| line.joined)
        .count()
}

/// The white space before a line's first sign.
fn lead(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Splits off the backslash by which GitHub breaks a line, with the line's end: read alone, it would be a sign.
fn hard_break_apart(line: &str) -> Option<(&str, &str)> {
    let bare = line.trim_end_matches('\n');
    let slashes = bare.len() - bare.trim_end_matches('\\').len();
    (slashes % 2 == 1 && !bare.contains('\n')).then(|| line.split_at(bare.len() - 1))
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
