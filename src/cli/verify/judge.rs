//! Whether one pair's fields say the same on both sides, and if not, why. Pure.

use crate::core::decide::{self, Looked};
use crate::core::plan::{Input, Move};
use crate::core::sight;
use crate::core::{Base, Class, Direction, Field, Pair, PairLife, Row, Side, Value};

/// What a comparison of one field found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both sides say the same.
    Equal,
    /// Both sides show what they showed at the last agreement; only the words for it differ.
    Rendered,
    /// One side was not observed, or the field is paused or switched off.
    Unseen,
    /// They differ, and the program knows: why it waits.
    Waits(&'static str),
    /// They differ: what a sync would do about it.
    Differs(&'static str),
}

/// Compares one field of a pair whose sides are both live.
pub fn field(input: &Input<'_>, looked: &Looked<'_>, field: &Field) -> Verdict {
    if input.paused.contains(&field.key) || field.direction == Direction::Off {
        return Verdict::Unseen;
    }
    let (Some(github), Some(notion)) = (
        looked.github.field(&field.key),
        looked.notion.field(&field.key),
    ) else {
        return Verdict::Unseen;
    };
    let base = input.pair.base.get(&field.key);
    if field.codec.agree(github, notion) || (github.is_empty() && notion.is_empty()) {
        Verdict::Equal
    } else if base.is_some_and(|base| stands(input.pair, looked, field, base)) {
        Verdict::Rendered
    } else if let Some(why) = waits(input.pair, field, base, github, notion) {
        Verdict::Waits(why)
    } else if field.codec.is_meaningless(notion) {
        Verdict::Waits("Notion shows an option that means nothing on GitHub")
    } else {
        Verdict::Differs(next(input, looked, field))
    }
}

/// Whether both sides still show what was agreed, as the decision table sees it.
fn stands(pair: &Pair, looked: &Looked<'_>, field: &Field, base: &Base) -> bool {
    let (github, notion) = (
        looked.github.field(&field.key),
        looked.notion.field(&field.key),
    );
    let is_same = |notion: &Value| field.codec.same(notion, base.notion());
    let is_rendering = |shown: &Value| sight::is_rendering(pair, looked.notion, base, shown);
    github.is_some_and(|github| field.codec.same(github, &base.github))
        && notion.is_some_and(|notion| is_same(notion) || is_rendering(notion))
}

/// Why a difference is known and waits.
fn waits(
    pair: &Pair,
    field: &Field,
    base: Option<&Base>,
    github: &Value,
    notion: &Value,
) -> Option<&'static str> {
    let source = |side: Side| {
        if side == Side::Github { notion } else { github }
    };
    let is_blocked = pair
        .blocked
        .get(&field.key)
        .is_some_and(|blocked| field.codec.same(&blocked.source, source(blocked.side)));
    let is_one_way = field.class != Class::Mirror
        && base.is_some_and(|base| {
            let (left, right) = (
                !field.codec.same(github, &base.github),
                !field.codec.same(notion, base.notion()),
            );
            (left != right)
                && !field
                    .direction
                    .allows(if left { Side::Notion } else { Side::Github })
        });
    if pair.conflict_on(Some(&field.key)).is_some() {
        Some("conflict")
    } else if is_blocked {
        Some("refused")
    } else if is_one_way {
        Some("one way")
    } else {
        pair_waits(pair)
    }
}

/// Why nothing of a pair can be expected to be in step yet.
pub fn pair_waits(pair: &Pair) -> Option<&'static str> {
    if pair.conflict_on(None).is_some() {
        Some("conflict")
    } else if pair.hold.is_some() || pair.held_since.is_some() {
        Some("held")
    } else if pair.intent.is_some() {
        Some("unclear write")
    } else if matches!(pair.life, PairLife::Parked(_)) {
        Some("parked")
    } else if pair.dirty_since.is_some() {
        Some("queued")
    } else {
        None
    }
}

/// What a sync would do about a difference. `nothing` means that the program would leave it: a fault of its own.
fn next(input: &Input<'_>, looked: &Looked<'_>, field: &Field) -> &'static str {
    let ruled = decide::field(input, looked, field);
    let opens = |mv: &Move| matches!(mv, Move::Open(_) | Move::Update(..));
    match ruled.changes.first() {
        Some((Side::Github, _)) => "write GitHub",
        Some((Side::Notion, _)) => "write Notion",
        None if ruled.moves.iter().any(opens) => "ask you",
        None if ruled.moves.iter().any(|mv| matches!(mv, Move::Block(..))) => "refuse it",
        None if ruled.row == Row::F9 => "leave it refused",
        None => "nothing",
    }
}
