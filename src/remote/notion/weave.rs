//! A page's text with a new one laid over it: which pieces are exchanged, and with what words around them.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::body::Unit;
use super::level;

/// The wanted text laid over the old one.
pub(super) struct Woven<'a> {
    raw: &'a str,
    /// The byte where each unit of `old` starts, and where the last one ends.
    starts: Vec<usize>,
    old: &'a [Unit],
    /// As far indented as the places ask for that they take.
    new: Vec<Unit>,
    wanted: Vec<Piece>,
}

impl<'a> Woven<'a> {
    /// Lays the units of a new text over those of a page.
    pub(super) fn new(raw: &'a str, old: &'a [Unit], new: &[Unit]) -> Self {
        Self {
            raw,
            starts: starts(old),
            old,
            new: new.to_vec(),
            wanted: weave(old, new),
        }
    }

    /// The same with the new units as far indented as their places ask for, so that they stay in the boxes around them.
    pub(super) fn in_boxes(mut self) -> Self {
        self.new = in_place(self.old, &self.new, &self.wanted);
        self
    }

    /// The same with what only Notion shows of the lines whose places are taken.
    pub(super) fn dressed(mut self) -> Self {
        for piece in &self.wanted {
            if let Piece::New(at, Some(was)) = *piece {
                self.new[at] = level::dressed(&self.new[at], &self.old[was]);
            }
        }
        self
    }

    /// The same with all that is new above all that is no text.
    pub(super) fn on_top(mut self) -> Self {
        let fixed = (0..self.old.len()).filter(|at| self.old[*at].fixed);
        let new = (0..self.new.len()).map(|at| Piece::New(at, None));
        self.wanted = new.chain(fixed.map(Piece::Kept)).collect();
        self
    }

    /// The whole page as it would be.
    pub(super) fn whole(&self) -> String {
        let pieces = self.wanted.iter().map(|piece| self.unit(*piece));
        let lines = pieces.map(|unit| unit.raw.trim_end_matches('\n'));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Which of the page's units change, and which wanted ones take their place. None when it is the same.
    pub(super) fn difference(&self) -> Option<(Range<usize>, Range<usize>)> {
        self.change(0..self.old.len(), 0..self.wanted.len())
    }

    /// What differs in a stretch of the old units and the stretch of wanted ones that takes its place.
    fn change(
        &self,
        old: Range<usize>,
        wanted: Range<usize>,
    ) -> Option<(Range<usize>, Range<usize>)> {
        let is_kept = |piece: &Piece, at: usize| matches!(piece, Piece::Kept(kept) if *kept == at);
        let rest = old.len().min(wanted.len());
        let pieces = &self.wanted[wanted.clone()];
        let before = (0..rest)
            .take_while(|nth| is_kept(&pieces[*nth], old.start + nth))
            .count();
        let after = (0..rest - before)
            .take_while(|back| is_kept(&pieces[pieces.len() - 1 - back], old.end - 1 - back))
            .count();
        let from = old.start + before..old.end - after;
        let to = wanted.start + before..wanted.end - after;
        (!from.is_empty() || !to.is_empty()).then_some((from, to))
    }

    /// The replacements: one, or one for each stretch between what is private. Where these would not be unique or run
    /// into each other it is one for all, which says again what is private.
    pub(super) fn swaps(&self, from: &Range<usize>, to: &Range<usize>) -> Vec<(String, String)> {
        let mut swaps: Vec<(Range<usize>, (String, String))> = Vec::new();
        for (old, wanted) in self.public() {
            if let Some((from, to)) = self.change(old.clone(), wanted) {
                swaps.push(self.swap(&old, &from, to));
            }
        }
        let mut now = self.raw.to_owned();
        let mut last = 0;
        let fits = swaps.iter().all(|(range, (piece, with))| {
            let is_one = range.start >= last && occurrences(&now, piece) == 1;
            last = range.end;
            now = now.replacen(piece, with, 1);
            is_one
        });
        if fits && swaps.len() <= SWAPS {
            return swaps.into_iter().map(|(_, swap)| swap).collect();
        }
        let (_, swap) = self.swap(&(0..self.old.len()), from, to.clone());
        vec![swap]
    }

    /// The stretches of old units between those that are private, and what takes the place of each.
    fn public(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let mut stretches = Vec::new();
        let (mut from, mut to) = (0, 0);
        for (nth, piece) in self.wanted.iter().enumerate() {
            if let Piece::Kept(at) = piece
                && self.old[*at].private
            {
                stretches.push((from..*at, to..nth));
                (from, to) = (at + 1, nth + 1);
            }
        }
        stretches.push((from..self.old.len(), to..self.wanted.len()));
        stretches
    }

    /// The words of wanted units, but for those that are private.
    pub(super) fn text(&self, wanted: Range<usize>) -> String {
        let pieces = self.wanted[wanted].iter().map(|piece| self.unit(*piece));
        let public = pieces.filter(|unit| !unit.private);
        public
            .map(|unit| unit.raw.trim_end_matches('\n'))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn unit(&self, piece: Piece) -> &Unit {
        match piece {
            Piece::Kept(at) => &self.old[at],
            Piece::New(at, _) => &self.new[at],
        }
    }

    /// One replacement within a stretch of old units, and the bytes of the page that it quotes.
    fn swap(&self, stretch: &Range<usize>, from: &Range<usize>, to: Range<usize>) -> Swapped {
        let put: Vec<&str> = self.wanted[to]
            .iter()
            .map(|piece| self.unit(*piece).raw.trim_end_matches('\n'))
            .collect();
        let place = Place {
            raw: self.raw,
            starts: &self.bounds(),
            own: self.starts[stretch.start]..self.starts[stretch.end],
            from: self.starts[from.start],
            to: self.starts[from.end],
        };
        place.anchored(&put.join("\n"), put.is_empty())
    }

    /// Where a quotation may begin or end: at every unit, and at every line of what is private.
    fn bounds(&self) -> Vec<usize> {
        let mut bounds = self.starts.clone();
        for (unit, start) in self.old.iter().zip(&self.starts) {
            if unit.private {
                let lines = unit.raw.match_indices('\n');
                bounds.extend(lines.map(|(at, _)| start + at + 1));
            }
        }
        bounds.sort_unstable();
        bounds.dedup();
        bounds
    }
}

/// So many lines around a quotation are tried; where more than that say the same, it is noticed afterwards.
const AROUND: usize = 16;

/// The most pieces that one request of Notion's may replace.
const SWAPS: usize = 100;

/// A piece of the wanted text: a unit that is there already, or one of the new text.
#[derive(Clone, Copy, Debug)]
enum Piece {
    Kept(usize),
    /// A new unit, and the old one whose place it takes.
    New(usize, Option<usize>),
}

impl Piece {
    /// The old unit at this place.
    const fn old(self) -> Option<usize> {
        match self {
            Self::Kept(at) => Some(at),
            Self::New(_, was) => was,
        }
    }
}

/// The new units, indented as their places ask for.
fn in_place(old: &[Unit], new: &[Unit], wanted: &[Piece]) -> Vec<Unit> {
    let (levels, own) = (level::levels(old), level::levels(new));
    let of = |at: usize| (&old[at], levels[at]);
    let mut placed = new.to_vec();
    for (nth, piece) in wanted.iter().enumerate() {
        let Piece::New(at, was) = *piece else {
            continue;
        };
        let level = was.map_or_else(
            || {
                let above = wanted[..nth].iter().rev().find_map(|piece| piece.old());
                let below = wanted[nth + 1..].iter().find_map(|piece| piece.old());
                level::between(above.map(of), below.map(of))
            },
            |was| levels[was],
        );
        let missing = level.saturating_sub(own[at]);
        placed[at] = level::indented(&new[at], missing);
    }
    placed
}

/// Lays the new text over the old one. What says the same keeps the old bytes, child pages stay.
fn weave(old: &[Unit], new: &[Unit]) -> Vec<Piece> {
    let visible: Vec<usize> = (0..old.len()).filter(|at| !old[*at].fixed).collect();
    let old_keys: Vec<&[String]> = visible.iter().map(|at| old[*at].keys.as_slice()).collect();
    let new_keys: Vec<&[String]> = new.iter().map(|unit| unit.keys.as_slice()).collect();
    let mut pieces = Vec::new();
    let mut passed = 0;
    for op in capture_diff_slices(Algorithm::Myers, &old_keys, &new_keys) {
        let mut fresh = op.new_range();
        for at in op.old_range() {
            // Everything up to this line that is not text stays.
            pieces.extend((passed..visible[at]).map(Piece::Kept));
            passed = visible[at] + 1;
            if op.tag() == DiffTag::Equal {
                pieces.push(Piece::Kept(visible[at]));
            } else {
                // What is new takes the place of what was there, line by line.
                pieces.extend(fresh.next().map(|new| Piece::New(new, Some(visible[at]))));
            }
        }
        if op.tag() != DiffTag::Equal {
            pieces.extend(fresh.map(|new| Piece::New(new, None)));
        }
    }
    pieces.extend((passed..old.len()).map(Piece::Kept));
    pieces
}

/// The byte where each unit starts, and where the last one ends.
fn starts(units: &[Unit]) -> Vec<usize> {
    let mut at = 0;
    let mut starts = vec![0];
    for unit in units {
        at += unit.raw.len();
        starts.push(at);
    }
    starts
}

/// The bytes that a replacement quotes, with what stands there and what takes its place.
type Swapped = (Range<usize>, (String, String));

/// A place of a page that is replaced.
struct Place<'a> {
    raw: &'a str,
    /// Where a quotation may begin or end.
    starts: &'a [usize],
    /// The stretch around the place without anything private.
    own: Range<usize>,
    from: usize,
    to: usize,
}

impl Place<'_> {
    /// The piece and what replaces it, with as many lines around it as make it unique in the whole page.
    /// Lines before it come first, and the private part is quoted only where nothing else will do.
    fn anchored(&self, put: &str, nothing: bool) -> Swapped {
        let Self { raw, from, to, .. } = *self;
        let (mut start, mut end) = (from, to);
        loop {
            let old = raw[start..end].trim_end_matches('\n');
            // Something put in, or something taken out as a whole, needs a neighbour that stays.
            let bare = (start, end) == (from, to) && (from == to || nothing);
            let unique = !old.is_empty() && occurrences(raw, old) == 1;
            let whole = start == 0 && end == raw.len();
            if whole || (unique && !bare) {
                let swap = |range: Range<usize>| {
                    let old = raw[range.clone()].trim_end_matches('\n').to_owned();
                    let new = self.quoted(range.clone(), put, nothing);
                    (range, (old, new))
                };
                // What a proxy sends once more finds nothing to replace again, where that can be had.
                let is_once = |(_, (old, new)): &Swapped| !new.contains(old.as_str());
                let spans = self.spans(start, end);
                return spans
                    .map(swap)
                    .find(is_once)
                    .unwrap_or_else(|| swap(start..end));
            }
            (start, end) = self.wider(start, end);
        }
    }

    /// What takes the place of some bytes around what is replaced.
    fn quoted(&self, range: Range<usize>, put: &str, nothing: bool) -> String {
        let Self { raw, from, to, .. } = *self;
        let mut new = raw[range.start..from].to_owned();
        if !new.is_empty() && !new.ends_with('\n') && !nothing {
            new.push('\n');
        }
        new.push_str(put);
        let rest = raw[to..range.end].trim_end_matches('\n');
        if !rest.is_empty() && !nothing {
            new.push('\n');
        }
        new.push_str(rest);
        new.trim_end_matches('\n').to_owned()
    }

    /// The quotation with more and more lines around it, none of them private.
    fn spans(&self, start: usize, end: usize) -> impl Iterator<Item = Range<usize>> {
        let own = |at: &&usize| self.own.start <= **at && **at <= self.own.end;
        let above = self.starts.iter().rev().filter(own);
        let above = above.filter(move |at| **at <= start).copied();
        let below = self.starts.iter().filter(own);
        let below = below.filter(move |at| **at >= end).copied();
        let starts: Vec<usize> = above.take(AROUND).collect();
        let ends: Vec<usize> = below.take(AROUND).collect();
        (0..2 * AROUND)
            .flat_map(|more| (0..=more).map(move |above| (above, more - above)))
            .filter_map(move |(above, below)| Some(*starts.get(above)?..*ends.get(below)?))
    }

    /// One line more: before, then behind, and the same again where something is private.
    fn wider(&self, start: usize, end: usize) -> (usize, usize) {
        let earlier = self.starts.iter().rev().find(|at| **at < start).copied();
        let later = self.starts.iter().find(|at| **at > end).copied();
        let inside = |at: &usize| self.own.start <= *at && *at <= self.own.end;
        match (earlier, later) {
            (Some(earlier), _) if inside(&earlier) => (earlier, end),
            (_, Some(later)) if inside(&later) => (start, later),
            (Some(earlier), _) => (earlier, end),
            (None, Some(later)) => (start, later),
            (None, None) => {
                let line = self.raw[end..].find('\n');
                (start, line.map_or(self.raw.len(), |at| end + at + 1))
            }
        }
    }
}

/// How often a piece stands in a text, overlapping ones counted too.
pub(super) fn occurrences(text: &str, piece: &str) -> usize {
    let mut from = 0;
    let mut count = 0;
    while let Some(at) = text[from..].find(piece) {
        count += 1;
        from += at + piece.chars().next().map_or(1, char::len_utf8);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_found_overlapping_too() {
        assert_eq!(occurrences("aaa", "aa"), 2);
        assert_eq!(occurrences("ééé", "éé"), 2);
        assert_eq!(occurrences("abc", "d"), 0);
    }
}
