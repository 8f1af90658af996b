//! Three-way comparison of sequences: what each side changed, and where the two meet.
//!
//! As careful as can be: a line added or removed among equal lines could stand at several places,
//! and an edit of the other side that touches any of them is a conflict.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A stretch of the three sequences.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// `ours` says what is wanted: nobody, only `ours`, or both alike changed it.
    Ours(Range<usize>),
    /// Only `theirs` changed it: base, what it replaces in `ours`, theirs.
    Theirs([Range<usize>; 3]),
    /// Both changed it differently: base, ours, theirs.
    Conflict([Range<usize>; 3]),
}

/// From which end two sequences are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Down,
    Up,
}

/// What one side changed: a stretch of the base and what stands there instead.
struct Change {
    base: Range<usize>,
    side: Range<usize>,
    /// All places where the same change could stand as well.
    hull: Range<usize>,
}

/// Compares three sequences; the regions cover `ours` from start to end.
///
/// The sequences are compared from either end; if one way sees a conflict, it is one.
pub(super) fn regions(base: &[usize], ours: &[usize], theirs: &[usize]) -> Vec<Region> {
    let first = regions_by(Way::Down, base, ours, theirs);
    let conflict = |regions: &[Region]| regions.iter().any(|r| matches!(r, Region::Conflict(_)));
    if conflict(&first) {
        return first;
    }
    let second = regions_by(Way::Up, base, ours, theirs);
    if conflict(&second) { second } else { first }
}

fn regions_by(way: Way, base: &[usize], ours: &[usize], theirs: &[usize]) -> Vec<Region> {
    let (our, their) = (changes(way, base, ours), changes(way, base, theirs));
    let (mut o, mut t) = (our.as_slice(), their.as_slice());
    let mut out = Vec::new();
    let mut walk = Walk::default();
    while let Some(start) = [o.first(), t.first()]
        .into_iter()
        .flatten()
        .map(|c| c.hull.start)
        .min()
    {
        let mut end = start;
        let (mut o_count, mut t_count) = (0, 0);
        loop {
            if o.get(o_count)
                .is_some_and(|change| change.hull.start <= end)
            {
                end = end.max(o[o_count].hull.end);
                o_count += 1;
            } else if t
                .get(t_count)
                .is_some_and(|change| change.hull.start <= end)
            {
                end = end.max(t[t_count].hull.end);
                t_count += 1;
            } else {
                break;
            }
        }
        let ((o_in, o_rest), (t_in, t_rest)) = (o.split_at(o_count), t.split_at(t_count));
        (o, t) = (o_rest, t_rest);
        out.push(Region::Ours(walk.ours..walk.ours + (start - walk.base)));
        walk.skip(start - walk.base);
        let ranges = walk.over(end, o_in, t_in);
        if t_in.is_empty() || ours[ranges[1].clone()] == theirs[ranges[2].clone()] {
            out.push(Region::Ours(ranges[1].clone()));
        } else if o_in.is_empty() {
            theirs_only(&ranges, t_in, &mut out);
        } else {
            conflict(&ranges, [base, ours, theirs], &mut out);
        }
    }
    out.push(Region::Ours(walk.ours..ours.len()));
    out
}

/// How far each sequence has been read.
#[derive(Default)]
struct Walk {
    base: usize,
    ours: usize,
    theirs: usize,
}

impl Walk {
    fn skip(&mut self, count: usize) {
        self.base += count;
        self.ours += count;
        self.theirs += count;
    }

    /// Goes on to `end` in the base and returns what was walked over in each sequence.
    fn over(&mut self, end: usize, ours: &[Change], theirs: &[Change]) -> [Range<usize>; 3] {
        let length = end - self.base;
        let grown = |changes: &[Change]| {
            let added: usize = changes.iter().map(|change| change.side.len()).sum();
            let removed: usize = changes.iter().map(|change| change.base.len()).sum();
            length + added - removed
        };
        let (our, their) = (self.ours + grown(ours), self.theirs + grown(theirs));
        let ranges = [self.base..end, self.ours..our, self.theirs..their];
        *self = Self {
            base: end,
            ours: our,
            theirs: their,
        };
        ranges
    }
}

/// Takes the changes of `theirs`, and `ours` for all lines between them.
fn theirs_only([base, ours, _]: &[Range<usize>; 3], changes: &[Change], out: &mut Vec<Region>) {
    let place = |at: usize| ours.start + (at - base.start);
    let mut at = base.start;
    for change in changes {
        out.push(Region::Ours(place(at)..place(change.base.start)));
        out.push(Region::Theirs([
            change.base.clone(),
            place(change.base.start)..place(change.base.end),
            change.side.clone(),
        ]));
        at = change.base.end;
    }
    out.push(Region::Ours(place(at)..ours.end));
}

/// Adds a conflict without the lines at its ends that all three share.
fn conflict(ranges: &[Range<usize>; 3], texts: [&[usize]; 3], out: &mut Vec<Region>) {
    let [base, ours, theirs] = [0, 1, 2].map(|i| &texts[i][ranges[i].clone()]);
    let least = base.len().min(ours.len()).min(theirs.len());
    let head = (0..least)
        .take_while(|i| base[*i] == ours[*i] && base[*i] == theirs[*i])
        .count();
    let from_end = |text: &[usize], i: usize| text[text.len() - 1 - i];
    let foot = (0..least - head)
        .take_while(|i| {
            from_end(base, *i) == from_end(ours, *i) && from_end(base, *i) == from_end(theirs, *i)
        })
        .count();
    let inner = ranges
        .clone()
        .map(|range| range.start + head..range.end - foot);
    out.push(Region::Ours(ranges[1].start..inner[1].start));
    let end = inner[1].end;
    out.push(Region::Conflict(inner));
    out.push(Region::Ours(end..ranges[1].end));
}

fn changes(way: Way, base: &[usize], side: &[usize]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (old, new) in differing(way, base, side) {
        match changes.last_mut() {
            Some(last) if last.base.end == old.start && last.side.end == new.start => {
                last.base.end = old.end;
                last.side.end = new.end;
            }
            _ => changes.push(Change {
                hull: old.clone(),
                base: old,
                side: new,
            }),
        }
    }
    for at in 0..changes.len() {
        let change = &changes[at];
        let hull = if change.base.is_empty() {
            let (up, down) = slides(side, &change.side);
            change.base.start.saturating_sub(up)..change.base.end + down
        } else if change.side.is_empty() {
            let (up, down) = slides(base, &change.base);
            change.base.start - up..change.base.end + down
        } else {
            change.base.clone()
        };
        // It cannot move past the changes next to it.
        let least = at
            .checked_sub(1)
            .map_or(0, |before| changes[before].base.end);
        let most = changes
            .get(at + 1)
            .map_or(base.len(), |next| next.base.start);
        changes[at].hull = hull.start.max(least)..hull.end.min(most);
    }
    changes
}

/// Returns the stretches that differ, in order.
fn differing(way: Way, base: &[usize], side: &[usize]) -> Vec<(Range<usize>, Range<usize>)> {
    let ranges = |ops: Vec<DiffOp>| -> Vec<(Range<usize>, Range<usize>)> {
        let changed = ops
            .into_iter()
            .filter(|op| !matches!(op, DiffOp::Equal { .. }));
        changed.map(|op| (op.old_range(), op.new_range())).collect()
    };
    if way == Way::Down {
        return ranges(capture_diff_slices(Algorithm::Patience, base, side));
    }
    let turned = |text: &[usize]| text.iter().rev().copied().collect::<Vec<usize>>();
    let found = ranges(capture_diff_slices(
        Algorithm::Myers,
        &turned(base),
        &turned(side),
    ));
    let turn = |range: &Range<usize>, length: usize| length - range.end..length - range.start;
    let back =
        |(old, new): &(Range<usize>, Range<usize>)| (turn(old, base.len()), turn(new, side.len()));
    found.iter().rev().map(back).collect()
}

/// Returns how far a stretch can move up and down with nothing to be seen of it.
fn slides(text: &[usize], stretch: &Range<usize>) -> (usize, usize) {
    let length = stretch.len();
    let up = (0..stretch.start)
        .rev()
        .take_while(|i| text[*i] == text[i + length])
        .count();
    let down = (stretch.end..text.len())
        .take_while(|i| text[*i] == text[i - length])
        .count();
    (up, down)
}
