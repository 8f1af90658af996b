//! The field decision table, rows F0–F13: a pure function of the base and what both sides show.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::codec::{self, Said};
use super::pair::Choice;
use super::plan::{ByLabel, Input, Move};
use super::scope::names;
use super::sight;
use super::text::{self, Merged, Pick, Reading};
use super::{
    Base, Blocked, Change, Class, Codec, Conflict, Field, FieldKey, Observation, Pair, Policy, Row,
    Side, Time, Value,
};

/// Both live observations.
pub struct Looked<'a> {
    /// GitHub's.
    pub github: &'a Observation,
    /// Notion's.
    pub notion: &'a Observation,
}

/// What the table says about one field.
#[derive(Debug)]
pub struct Ruled {
    /// The row that decided.
    pub row: Row,
    /// Changes of the pair.
    pub moves: Vec<Move>,
    /// Writes.
    pub changes: Vec<(Side, Change)>,
}

impl Ruled {
    const fn nothing(row: Row) -> Self {
        Self {
            row,
            moves: Vec::new(),
            changes: Vec::new(),
        }
    }

    fn moved(row: Row, mv: Move) -> Self {
        Self {
            row,
            moves: vec![mv],
            changes: Vec::new(),
        }
    }

    fn write(row: Row, side: Side, change: Change) -> Self {
        Self {
            row,
            moves: Vec::new(),
            changes: vec![(side, change)],
        }
    }
}

/// One field with its base and both values.
struct Case<'a> {
    input: &'a Input<'a>,
    looked: &'a Looked<'a>,
    field: &'a Field,
    base: Option<&'a Base>,
    l: &'a Value,
    r: &'a Value,
    /// The texts of both sides in GitHub's Markdown, once they were asked for.
    texts: OnceCell<Texts<'a>>,
}

/// What both sides' texts say. Reading them is most of the work on a changed text, so each is read once.
struct Texts<'a> {
    github: Reading<'a>,
    notion: Reading<'static>,
}

/// Decides for one field of a pair whose sides are both live.
pub fn field(input: &Input<'_>, looked: &Looked<'_>, field: &Field) -> Ruled {
    if input.paused.contains(&field.key) {
        return Ruled::nothing(Row::F13);
    }
    let (Some(l), Some(r)) = (
        looked.github.field(&field.key),
        looked.notion.field(&field.key),
    ) else {
        return unseen(input, looked, field);
    };
    let case = Case {
        input,
        looked,
        field,
        base: input.pair.base.get(&field.key),
        l,
        r,
        texts: OnceCell::new(),
    };
    let mut ruled = case.decide();
    case.unblock(&mut ruled);
    ruled
}

/// Decides for a field whose GitHub value is what the pair itself says; none where the page does not show it.
pub fn told(input: &Input<'_>, looked: &Looked<'_>, field: &Field, value: &Value) -> Option<Ruled> {
    if input.paused.contains(&field.key) {
        return None;
    }
    let case = Case {
        input,
        looked,
        field,
        base: input.pair.base.get(&field.key),
        l: value,
        r: looked.notion.field(&field.key)?,
        texts: OnceCell::new(),
    };
    let mut ruled = case.mirror();
    case.unblock(&mut ruled);
    Some(ruled)
}

/// F0: one side did not show the field. What the other one shows to be changed waits until it does.
fn unseen(input: &Input<'_>, looked: &Looked<'_>, field: &Field) -> Ruled {
    let base = input.pair.base.get(&field.key);
    let waits = |(hidden, shows): &(Side, &Observation)| {
        let changed = shows.field(&field.key).is_some_and(|value| match base {
            Some(base) => !field.codec.same(value, base.of(hidden.other())),
            None => !value.is_empty(),
        });
        changed && field.class != Class::Mirror && field.direction.allows(*hidden)
    };
    if field.key == FieldKey::TYPE && looked.github.field(&field.key).is_none() {
        return untyped(input, waits(&(Side::Github, looked.notion)), looked.notion);
    }
    let sides = [(Side::Github, looked.notion), (Side::Notion, looked.github)];
    let hidden = sides.iter().find(|side| waits(side)).map(|(side, _)| *side);
    hidden.map_or_else(
        || Ruled::nothing(Row::F0),
        |side| Ruled::moved(Row::F0, Move::Unseen(side, field.key.clone())),
    )
}

/// A repository without issue types shows none: a type that is set in Notion is refused rather than waited for.
fn untyped(input: &Input<'_>, is_set: bool, notion: &Observation) -> Ruled {
    let key = FieldKey::TYPE;
    let shown = notion.field(&key).cloned().unwrap_or_default();
    match input.pair.blocked.get(&key) {
        Some(blocked) if is_set && blocked.source == shown => Ruled::nothing(Row::F9),
        Some(_) if !is_set => Ruled::moved(Row::F0, Move::Unblock(key)),
        None if !is_set => Ruled::nothing(Row::F0),
        _ => {
            let blocked = Blocked {
                side: Side::Github,
                source: shown,
                reason: "this repository has no issue types: they are an organisation's; empty the page's Type"
                    .to_owned(),
                since: input.now,
            };
            Ruled::moved(Row::F9, Move::Block(key, blocked))
        }
    }
}

/// Whether any field that people may edit differs from its base on one side.
pub fn changed(input: &Input<'_>, side: Side) -> bool {
    let Some(seen) = input.seen(side) else {
        return false;
    };
    input.mapping.fields(input.pair.kind).filter(|field| field.class != Class::Mirror).any(|field| {
        let value = seen.field(&field.key);
        let base = input.pair.base.get(&field.key);
        matches!((value, base), (Some(value), Some(base)) if !field.codec.same(value, base.of(side)))
    })
}

/// A short id for a conflict: derived, as the core draws no random numbers.
pub fn conflict_id(pair: &Pair, field: Option<&FieldKey>, now: Time) -> String {
    let text = format!(
        "{}/{}/{}",
        pair.id.0,
        field.map_or("life", FieldKey::as_str),
        now.0
    );
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("c{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

/// Whether a conflict's choice was tried, and refused.
pub fn is_choice_refused(pair: &Pair, conflict: &Conflict) -> bool {
    let field = conflict.field.as_ref();
    let refusal = field.and_then(|field| pair.blocked.get(field));
    match (refusal, &conflict.choice) {
        (Some(blocked), Some(choice)) => blocked.since >= choice.at,
        _ => false,
    }
}

/// GitHub takes a reason only for a closed issue: holds such a change back unless the issue is or becomes closed. A
/// reason that goes away needs no write of its own: GitHub drops it when it opens the issue. `restoring` = the reason
/// goes back with its state, or, where that waits for a choice, stays with it.
pub fn hold_back_reason(
    changes: &mut Vec<(Side, Change)>,
    github: &Observation,
    moves: &mut Vec<Move>,
    (now, restoring): (Time, bool),
) {
    let goes = |changes: &[(Side, Change)], key: &FieldKey| {
        changes
            .iter()
            .find(|(side, change)| *side == Side::Github && change.field == *key)
            .map(|(_, change)| change.clone())
    };
    let Some(reason) = goes(changes, &FieldKey::CLOSED_AS) else {
        return;
    };
    let state = goes(changes, &FieldKey::STATE).map_or_else(
        || github.field(&FieldKey::STATE).cloned().unwrap_or_default(),
        |change| change.new,
    );
    if state.as_text() == "closed" && !reason.new.is_empty() {
        return;
    }
    changes.retain(|(side, change)| *side != Side::Github || change.field != FieldKey::CLOSED_AS);
    if reason.new.is_empty() && (restoring || state.as_text() != "closed") {
        return;
    }
    let why = if state.as_text() == "closed" {
        super::land::REASON_LATE
    } else {
        "GitHub keeps a reason only for closed issues; set the page's Status to a closed option"
    };
    let blocked = Blocked {
        side: Side::Github,
        source: reason.source,
        reason: why.to_owned(),
        since: now,
    };
    moves.push(Move::Block(FieldKey::CLOSED_AS, blocked));
}

impl Case<'_> {
    fn decide(&self) -> Ruled {
        let conflict = self.input.pair.conflict_on(Some(&self.field.key));
        if let Some(ruled) = self.restore() {
            return ruled;
        }
        match self.field.class {
            Class::Set if conflict.is_some() => self.value(),
            Class::Mirror => self.mirror(),
            Class::Set => self.set(),
            Class::Scalar | Class::Text => self.value(),
        }
    }

    /// A person said that this very change of one side was wrong: it goes back to the base, or becomes what the other
    /// side was changed to meanwhile.
    fn restore(&self) -> Option<Ruled> {
        let base = self.base?;
        let is_wrong = |side: &Side| {
            let word = self
                .input
                .pair
                .word_on(*side, self.field, self.shown(*side));
            word.is_some_and(|word| word.wrong)
        };
        let mut wrong = Side::BOTH.into_iter().filter(is_wrong);
        let (side, both) = (wrong.next()?, wrong.next().is_some());
        let other = self.shown(side.other());
        let is_needed = self.field.class != Class::Mirror
            && !self.same(self.shown(side), base.of(side))
            && !self.is_agreed()
            && !self.is_blocked(side, other);
        if !is_needed {
            return None;
        }
        if self.same(other, base.of(side.other())) {
            let back = self.change(side, base.of(side).clone(), Row::Choice, false);
            return Some(Ruled::write(Row::Choice, side, back));
        }
        Some(if both {
            self.collide(base.github.clone())
        } else {
            self.replace_wrong(side, base)
        })
    }

    const fn shown(&self, side: Side) -> &Value {
        match side {
            Side::Github => self.l,
            Side::Notion => self.r,
        }
    }

    /// A wrong change of one side gives way to the other side's, as if it had never been made: the two are not merged.
    fn replace_wrong(&self, side: Side, base: &Base) -> Ruled {
        if side == Side::Notion || self.field.class != Class::Text {
            return self.carry(side, Row::Choice);
        }
        // What Notion cannot show of GitHub's text is kept, as with any edit in Notion.
        let (from, to) = self.notions_change(base);
        let onto = Reading::of(base.github.as_text());
        let merged = text::merge_readings(&from, &onto, &to);
        match merged
            .clean()
            .map(|text| codec::said_body(text, &self.texts().github))
        {
            Some(Said::Value(new)) => {
                let change = self.change(side, new, Row::Choice, false);
                Ruled::write(Row::Choice, side, change)
            }
            Some(Said::Undecided) => Ruled::nothing(Row::F0),
            Some(Said::Refused(reason)) => self.block(side, self.r, reason),
            None => self.collide(base.github.clone()),
        }
    }

    fn key(&self) -> FieldKey {
        self.field.key.clone()
    }

    fn same(&self, one: &Value, other: &Value) -> bool {
        self.field.codec.same(one, other)
    }

    /// Both texts, Notion's as GitHub would write it.
    fn texts(&self) -> &Texts<'_> {
        self.texts.get_or_init(|| Texts {
            github: Reading::of(self.l.as_text()),
            notion: Reading::of(text::from_notion(self.r.as_text())),
        })
    }

    /// Notion's text at the last agreement, and what somebody made of it, in GitHub's Markdown. What Notion itself made of
    /// a text that was never read back is in neither.
    fn notions_change(&self, base: &Base) -> (Reading<'static>, Reading<'static>) {
        let from = Reading::of(text::from_notion(base.notion().as_text()));
        let rendered = sight::rendered(self.input.pair, self.looked.notion, base, self.r);
        let to = rendered.map_or_else(
            || self.texts().notion.clone(),
            |rendered| Reading::of(text::from_notion(&rendered.edited)),
        );
        (from, to)
    }

    /// Whether both sides say the same.
    fn is_agreed(&self) -> bool {
        match self.field.codec {
            Codec::Markdown => self.texts().github.says_as(&self.texts().notion),
            _ => self.field.codec.agree(self.l, self.r),
        }
    }

    fn agree(&self) -> Ruled {
        Ruled::moved(
            Row::F2,
            Move::Agree(self.key(), Base::new(self.l.clone(), self.r.clone())),
        )
    }

    /// Whether `side` refused this very value before.
    fn is_blocked(&self, side: Side, source: &Value) -> bool {
        self.input
            .pair
            .blocked
            .get(&self.field.key)
            .is_some_and(|b| b.side == side && self.same(&b.source, source))
    }

    /// Whether a write of this very value need not be tried: it was refused, and not long ago.
    fn is_refused(&self, side: Side, source: &Value) -> bool {
        let (input, key) = (self.input, &self.field.key);
        let refusal = input.pair.blocked.get(key);
        let is_old = refusal.is_some_and(|b| b.is_old(input.now, input.rules.refused_again));
        self.is_blocked(side, source) && !is_old
    }

    /// A refusal is forgotten once its source says something else.
    fn unblock(&self, ruled: &mut Ruled) {
        let Some(blocked) = self.input.pair.blocked.get(&self.field.key) else {
            return;
        };
        let source = if blocked.side == Side::Github {
            self.r
        } else {
            self.l
        };
        let is_said = |mv: &Move| matches!(mv, Move::Block(..) | Move::Unblock(_));
        // What may be removed meanwhile goes by what was refused, until it is tried again.
        let adds = |(side, change): &(Side, Change)| {
            let (pre, new) = (change.pre.names(), change.new.names());
            *side == Side::Github && self.field.class == Class::Set && !new.is_subset(&pre)
        };
        if blocked.side == Side::Github && ruled.changes.iter().any(adds) {
            return;
        }
        if !ruled.moves.iter().any(is_said) && !self.same(&blocked.source, source) {
            ruled.moves.push(Move::Unblock(self.key()));
        }
    }

    fn change(&self, side: Side, new: Value, row: Row, partial: bool) -> Change {
        let (pre, source) = match side {
            Side::Github => (self.l, self.r),
            Side::Notion => (self.r, self.l),
        };
        Change {
            field: self.key(),
            pre: pre.clone(),
            new,
            source: source.clone(),
            row,
            partial,
        }
    }

    /// Whether a text that was sent and never read back has now been read.
    const fn is_read_back(&self, base: &Base) -> bool {
        base.assumed && !base.partial && self.looked.notion.raw_body.is_some()
    }

    /// Writes the other side's value to `side`, unless it cannot be said, is blocked, or may not flow.
    fn carry(&self, side: Side, row: Row) -> Ruled {
        let (source, current) = match side {
            Side::Github => (self.r, self.l),
            Side::Notion => (self.l, self.r),
        };
        if !self.field.direction.allows(side) {
            return Ruled::nothing(row);
        }
        if self.is_refused(side, source) {
            return Ruled::nothing(Row::F9);
        }
        match self.field.codec.say(side.other(), source, Some(current)) {
            Said::Value(new) if self.same(&new, current) => self.agree(),
            Said::Value(new) => Ruled::write(row, side, self.change(side, new, row, false)),
            Said::Undecided if side == Side::Github => self.says_nothing(),
            Said::Undecided => Ruled::nothing(Row::F0),
            Said::Refused(reason) => self.block(side, source, reason),
        }
    }

    fn block(&self, side: Side, source: &Value, reason: String) -> Ruled {
        let known = self.input.pair.blocked.get(&self.field.key);
        if self.is_blocked(side, source) && known.is_some_and(|known| known.reason == reason) {
            return Ruled::nothing(Row::F9);
        }
        let blocked = Blocked {
            side,
            source: source.clone(),
            reason,
            since: self.input.now,
        };
        Ruled::moved(Row::F9, Move::Block(self.key(), blocked))
    }

    /// GitHub's word only.
    fn mirror(&self) -> Ruled {
        let Some(base) = self.base else {
            return if self.is_agreed() {
                self.agree()
            } else {
                self.carry(Side::Notion, Row::F11)
            };
        };
        let (left, right) = (
            !self.same(self.l, &base.github),
            !self.same(self.r, base.notion()),
        );
        match (left, right) {
            (false, false) if self.is_read_back(base) => self.agree(),
            (false, false) => Ruled::nothing(Row::F1),
            _ if self.is_agreed() => self.agree(),
            (false, true)
                if sight::is_rendering(self.input.pair, self.looked.notion, base, self.r) =>
            {
                self.agree()
            }
            (true, _) => self.carry(Side::Notion, Row::F3),
            (false, true) => self.put_back(),
        }
    }

    /// F8: a foreign edit of a mirror field is put back once; the same again soon means that an automation fights us.
    fn put_back(&self) -> Ruled {
        if self.is_blocked(Side::Notion, self.l) {
            return Ruled::nothing(Row::F9);
        }
        let again = self
            .input
            .pair
            .reverted
            .get(&self.field.key)
            .is_some_and(|(value, at)| {
                self.same(value, self.r)
                    && self.input.now.since(*at) < self.input.rules.revert_again
            });
        if again {
            let name = self.field.key.as_str();
            let reason = format!(
                "{name} belongs to {}, but something in Notion keeps changing it; find that automation",
                super::told::owner(&self.field.key)
            );
            return self.block(Side::Notion, self.l, reason);
        }
        let mut ruled = self.carry(Side::Notion, Row::F8);
        if !ruled.changes.is_empty() {
            ruled.moves.push(Move::Reverted(self.key(), self.r.clone()));
        }
        ruled
    }

    fn value(&self) -> Ruled {
        if let Some(conflict) = self.input.pair.conflict_on(Some(&self.field.key)) {
            return self.open_conflict(conflict);
        }
        self.unconflicted()
    }

    fn unconflicted(&self) -> Ruled {
        let Some(base) = self.base else {
            return self.first_meeting();
        };
        let left = !self.same(self.l, &base.github);
        let mut right = !self.same(self.r, base.notion());
        let rendered = right
            .then(|| sight::rendered(self.input.pair, self.looked.notion, base, self.r))
            .flatten();
        let rendering = rendered.as_ref().is_some_and(|rendered| rendered.is_all);
        if rendering {
            right = false;
        }
        if right && self.field.codec.is_meaningless(self.r) {
            return self.undecided(left);
        }
        let mut ruled = match (left, right) {
            (false, false) if rendering => {
                return Ruled::moved(
                    Row::F2,
                    Move::Agree(self.key(), Base::new(base.github.clone(), self.r.clone())),
                );
            }
            // Read back at last: from now on any other rendering is somebody's.
            (false, false) if self.is_read_back(base) => self.agree(),
            (false, false) if !base.partial => Ruled::nothing(Row::F1),
            _ if self.is_agreed() => self.agree(),
            // Somebody took a merge back on GitHub while Notion went on: what of Notion's base is in Notion only is not
            // known any more.
            (false, true) if base.partial => self.collide(base.github.clone()),
            // Without a change it is a merge that somebody took back on GitHub.
            (_, false) => self.carry(Side::Notion, Row::F3),
            (false, true) if self.field.class == Class::Text => self.merge_text(base, false),
            (false, true) => self.carry(Side::Github, Row::F4),
            (true, true) if self.field.class == Class::Text => self.merge_text(base, true),
            (true, true) => self.collide(base.github.clone()),
        };
        if left && ruled.row == Row::F4 {
            ruled.row = Row::F7;
        }
        ruled
    }

    /// F0: Notion shows an option that means nothing on GitHub. It is no answer to a change there, which waits for one.
    fn undecided(&self, left: bool) -> Ruled {
        if !left {
            return self.says_nothing();
        }
        let mut ruled = Ruled::moved(Row::F0, Move::Unseen(Side::Notion, self.key()));
        if self.input.pair.blocked.contains_key(&self.field.key) {
            // That GitHub's change waits is what there is to say now.
            ruled.moves.push(Move::Unblock(self.key()));
        }
        ruled
    }

    /// A page whose state was emptied, or is an option that means nothing, says so until it is another one.
    fn says_nothing(&self) -> Ruled {
        let why = "the page shows no option that means open or closed, so the issue stays as it is; choose another one, \
                   or name this one in [link.status] of the configuration";
        self.block(Side::Github, self.r, why.to_owned())
    }

    /// F11: there is no agreement yet.
    fn first_meeting(&self) -> Ruled {
        if self.is_agreed()
            || self.field.codec.is_meaningless(self.r)
            || (self.l.is_empty() && self.r.is_empty())
        {
            return Ruled {
                row: Row::F11,
                ..self.agree()
            };
        }
        match (self.l.is_empty(), self.r.is_empty()) {
            (_, true) => self.carry(Side::Notion, Row::F11),
            (true, _) => self.carry(Side::Github, Row::F11),
            _ => self.collide(Value::Null),
        }
    }

    /// F4, F6, F12 for texts: what Notion changed is applied onto what GitHub shows, so that whatever Notion cannot
    /// show is never erased; then GitHub's text flows back whole.
    fn merge_text(&self, base: &Base, left: bool) -> Ruled {
        let row = if left { Row::F6 } else { Row::F4 };
        let is_refused = self.is_blocked(Side::Github, self.r);
        if is_refused && !left {
            return Ruled::nothing(Row::F9);
        }
        let github = &self.texts().github;
        let (from, to) = self.notions_change(base);
        let Merged::Clean(merged) = text::merge_readings(&from, github, &to) else {
            return self.collide(base.github.clone());
        };
        if github.says_as(&Reading::of(merged.as_str())) {
            // GitHub holds Notion's edit already; what GitHub alone changed still has to go to Notion.
            return if left {
                self.carry(Side::Notion, row)
            } else {
                self.agree()
            };
        }
        if !self.field.direction.allows(Side::Github) {
            return Ruled::nothing(row);
        }
        if is_refused {
            return Ruled::nothing(Row::F9);
        }
        match codec::said_body(&merged, github) {
            Said::Value(new) => {
                Ruled::write(row, Side::Github, self.change(Side::Github, new, row, left))
            }
            Said::Undecided => Ruled::nothing(Row::F0),
            Said::Refused(reason) => self.block(Side::Github, self.r, reason),
        }
    }

    /// F7: both changed it differently.
    fn collide(&self, base: Value) -> Ruled {
        let policy = self.policy();
        if policy == Policy::Merge
            && let Some(ruled) = self.keep_both()
        {
            return ruled;
        }
        let winner = match policy {
            Policy::Ask | Policy::Merge => None,
            Policy::Github => Some(Side::Github),
            Policy::Notion => Some(Side::Notion),
            Policy::Newest => self.newest(),
        };
        let loser_is_writable =
            winner.is_none_or(|winner| self.field.direction.allows(winner.other()));
        let Some(winner) = winner.filter(|_| loser_is_writable) else {
            return self.ask(base);
        };
        let lost = if winner == Side::Github {
            self.r
        } else {
            self.l
        };
        let mut ruled = match winner {
            Side::Github => self.carry(Side::Notion, Row::F7),
            Side::Notion => self.win_notion(),
        };
        if ruled.row == Row::F9 && self.field.class == Class::Text {
            // What the policy would write cannot be written: what becomes of the two texts is for a person to say.
            return self.ask(base);
        }
        if !ruled.changes.is_empty() {
            ruled
                .moves
                .push(Move::Decided(self.key(), winner, lost.clone()));
        }
        ruled
    }

    /// A conflict. It takes the place of a text's refusal: the person who chooses one is told why it cannot be had.
    fn ask(&self, base: Value) -> Ruled {
        let mut ruled = Ruled::moved(Row::F7, Move::Open(Box::new(self.conflict(base))));
        let is_refused = self.input.pair.blocked.contains_key(&self.field.key);
        if is_refused && self.field.class == Class::Text {
            ruled.moves.push(Move::Unblock(self.key()));
        }
        ruled
    }

    /// The field's policy, or the one of a label that the item has on GitHub.
    fn policy(&self) -> Policy {
        let by_label = &self.input.rules.by_label;
        if by_label.is_empty() {
            return self.field.policy;
        }
        let labels = self
            .looked
            .github
            .field(&FieldKey::LABELS)
            .map(Value::names);
        let labels = labels.unwrap_or_default();
        let fits = |rule: &&ByLabel| {
            rule.field.as_ref().is_none_or(|key| *key == self.field.key)
                && labels.iter().any(|label| names(&rule.label, label))
        };
        by_label
            .iter()
            .find(fits)
            .map_or(self.field.policy, |rule| rule.policy)
    }

    /// What is new on either side in the lines that both changed, one after the other, written to GitHub; from there the
    /// whole text flows back. None where there is no text, or nothing was agreed yet.
    fn keep_both(&self) -> Option<Ruled> {
        let base = self.base.filter(|_| self.field.class == Class::Text)?;
        if !self.field.direction.allows(Side::Github) {
            return None;
        }
        let (from, to) = self.notions_change(base);
        let merged = text::merge_readings(&from, &self.texts().github, &to);
        self.write_joined(&merged.taking(|_, _| Pick::News))
    }

    /// Notion's version wins: its change is applied onto GitHub's text, and wins the places that both changed. What
    /// Notion cannot show, and did not change, stays on GitHub.
    fn win_notion(&self) -> Ruled {
        match self.base.filter(|_| self.field.class == Class::Text) {
            Some(base) if self.field.direction.allows(Side::Github) => {
                if self.is_refused(Side::Github, self.r) {
                    return Ruled::nothing(Row::F9);
                }
                let (from, to) = self.notions_change(base);
                let github = &self.texts().github;
                let merged = text::merge_winning(&from, github, &to);
                self.write_joined(&merged)
                    .unwrap_or_else(|| Ruled::nothing(Row::F9))
            }
            _ => self.carry(Side::Github, Row::F7),
        }
    }

    /// Writes what both sides' texts became to GitHub; from there the whole text flows back.
    fn write_joined(&self, merged: &str) -> Option<Ruled> {
        Some(match codec::said_body(merged, &self.texts().github) {
            Said::Value(new) if self.same(&new, self.l) => self.carry(Side::Notion, Row::F7),
            Said::Value(new) => Ruled::write(
                Row::F7,
                Side::Github,
                self.change(Side::Github, new, Row::F7, true),
            ),
            Said::Undecided => Ruled::nothing(Row::F0),
            // Both are too much for GitHub, so a person is asked.
            Said::Refused(_) => return None,
        })
    }

    fn newest(&self) -> Option<Side> {
        let github = self.looked.github.stamp.as_ref()?.at;
        let notion = self.looked.notion.stamp.as_ref()?.at;
        match github.since(notion) {
            apart if apart > self.input.rules.newest_apart => Some(Side::Github),
            apart if apart < -self.input.rules.newest_apart => Some(Side::Notion),
            _ => None,
        }
    }

    fn conflict(&self, base: Value) -> Conflict {
        let at = |seen: &Observation| seen.stamp.as_ref().map(|stamp| stamp.at);
        Conflict {
            id: conflict_id(self.input.pair, Some(&self.field.key), self.input.now),
            field: Some(self.key()),
            base,
            github: self.l.clone(),
            notion: self.r.clone(),
            github_at: at(self.looked.github),
            notion_at: at(self.looked.notion),
            github_by: None,
            notion_by: None,
            found_at: self.input.now,
            note: format!("{} changed on both sides", self.field.key),
            choice: None,
        }
    }

    /// F10: waits for a person, carries out the choice, or finds that it is over.
    fn open_conflict(&self, conflict: &Conflict) -> Ruled {
        let stands = self.same(&conflict.github, self.l) && self.same(&conflict.notion, self.r);
        if let (true, Some(choice)) = (stands, &conflict.choice) {
            return self.carry_out(conflict, choice);
        }
        if self.is_agreed() {
            let mut ruled = self.agree();
            ruled
                .moves
                .push(Move::Close(conflict.id.clone(), "both sides say the same"));
            return ruled;
        }
        if stands {
            Ruled::nothing(Row::F10)
        } else {
            self.moved_on(conflict)
        }
    }

    fn carry_out(&self, conflict: &Conflict, choice: &Choice) -> Ruled {
        for (side, wanted, shown) in [
            (Side::Github, &choice.github, self.l),
            (Side::Notion, &choice.notion, self.r),
        ] {
            if !self.same(wanted, shown) && self.field.direction.allows(side) {
                let source = if side == Side::Github { self.r } else { self.l };
                if is_choice_refused(self.input.pair, conflict) && self.is_refused(side, source) {
                    // It is not sent again by each pass: a new choice is, or the next try of what was refused.
                    return Ruled::nothing(Row::F9);
                }
                let partial = side == Side::Github && !self.same(&choice.notion, self.r);
                return Ruled::write(
                    Row::Choice,
                    side,
                    self.change(side, wanted.clone(), Row::Choice, partial),
                );
            }
        }
        let mut ruled = self.agree();
        if self.input.pair.blocked.contains_key(&self.field.key) {
            // What was refused is not wanted any more.
            ruled.moves.push(Move::Unblock(self.key()));
        }
        ruled.moves.push(Move::Close(
            conflict.id.clone(),
            "the choice was carried out",
        ));
        ruled
    }

    fn moved_on(&self, conflict: &Conflict) -> Ruled {
        let ruled = match self.field.class {
            Class::Set => self.set(),
            _ => self.unconflicted(),
        };
        if ruled.moves.iter().any(|mv| matches!(mv, Move::Open(_))) || ruled.row == Row::F0 {
            return Ruled::moved(
                Row::F10,
                Move::Update(conflict.id.clone(), self.l.clone(), self.r.clone()),
            );
        }
        let mut ruled = ruled;
        ruled.moves.push(Move::Close(
            conflict.id.clone(),
            "one side went back, so nothing is left to choose",
        ));
        ruled
    }

    /// F5: every name is a field of its own, so additions and removals merge and never collide.
    fn set(&self) -> Ruled {
        // Most sets of most pairs: what both sides show is what was agreed, and no name needs to be looked at.
        if self
            .base
            .is_some_and(|base| *self.l == base.github && self.r == base.notion())
        {
            return Ruled::nothing(Row::F1);
        }
        let names = Names::read(self);
        let mut agreed = (names.base_github.clone(), names.base_notion.clone());
        let (mut github, mut notion) = (names.github.clone(), names.notion.clone());
        let all: BTreeSet<&String> = [
            &names.github,
            &names.notion,
            &names.base_github,
            &names.base_notion,
        ]
        .into_iter()
        .flatten()
        .collect();
        for name in all {
            let is = |set: &BTreeSet<String>| set.contains(name);
            let left = is(&names.github) != is(&names.base_github);
            let right = is(&names.notion) != is(&names.base_notion);
            let wanted = match (left, right) {
                (false, false) => continue,
                (true, false) => is(&names.github),
                (false, true) => is(&names.notion),
                (true, true) => is(&names.github) || is(&names.notion),
            };
            put(&mut github, name, wanted);
            put(&mut notion, name, wanted);
            if is(&names.github) == wanted && is(&names.notion) == wanted {
                put(&mut agreed.0, name, wanted);
                put(&mut agreed.1, name, wanted);
            }
        }
        self.set_writes(&names, &github, &notion, agreed)
    }

    fn set_writes(
        &self,
        names: &Names,
        github: &BTreeSet<String>,
        notion: &BTreeSet<String>,
        agreed: (BTreeSet<String>, BTreeSet<String>),
    ) -> Ruled {
        let mut ruled = Ruled::nothing(Row::F1);
        // As Notion spells it now: by another spelling nothing could be found again once the words of the mapping change.
        let spelt = names.say_notion(&agreed.1);
        let is_known = self.base.is_some_and(|base| *base.notion() == spelt);
        if !is_known || agreed.0 != names.base_github || agreed.1 != names.base_notion {
            let base = Base::new(Value::Set(agreed.0), spelt);
            ruled.row = Row::F2;
            ruled.moves.push(Move::Agree(self.key(), base));
        }
        let wanted = [
            (Side::Github, Value::Set(github.clone()), self.l),
            (Side::Notion, names.say_notion(notion), self.r),
        ];
        for (side, new, shown) in wanted {
            let source = if side == Side::Github { self.r } else { self.l };
            if self.same(&new, shown)
                || new.names() == shown.names()
                || !self.field.direction.allows(side)
            {
                continue;
            }
            if self.is_refused(side, source) {
                ruled.row = Row::F9;
                continue;
            }
            ruled.row = Row::F5;
            ruled
                .changes
                .push((side, self.change(side, new, Row::F5, false)));
        }
        ruled
    }
}

fn put(set: &mut BTreeSet<String>, name: &str, present: bool) {
    if present {
        set.insert(name.to_owned());
    } else {
        set.remove(name);
    }
}

/// The names of a set field on both sides, all in GitHub's vocabulary.
pub struct Names {
    github: BTreeSet<String>,
    notion: BTreeSet<String>,
    base_github: BTreeSet<String>,
    base_notion: BTreeSet<String>,
    said: Vec<(String, String)>,
}

impl Names {
    fn read(case: &Case<'_>) -> Self {
        let github = case.l.names();
        let base_github = case
            .base
            .map(|base| base.github.names())
            .unwrap_or_default();
        let known: BTreeSet<String> = github.union(&base_github).cloned().collect();
        let mut names = Self {
            said: said_names(&case.field.codec, &known),
            github,
            base_github,
            notion: BTreeSet::new(),
            base_notion: BTreeSet::new(),
        };
        let codec = &case.field.codec;
        names.notion = hear(codec, &names.said, &case.r.names());
        names.base_notion = case
            .base
            .map(|base| hear(codec, &names.said, &base.notion().names()))
            .unwrap_or_default();
        let heard = case.r.names();
        let more: Vec<(String, String)> = names
            .notion
            .iter()
            .filter_map(|name| {
                heard
                    .iter()
                    .find(|option| {
                        hear(codec, &names.said, &BTreeSet::from([(*option).clone()]))
                            .contains(name)
                    })
                    .map(|option| (name.clone(), option.clone()))
            })
            .collect();
        names.said.extend(more);
        names
    }

    /// The same names as Notion options, as Notion already spells them where it does.
    fn say_notion(&self, names: &BTreeSet<String>) -> Value {
        let spell = |name: &String| {
            self.said
                .iter()
                .rev()
                .find(|(plain, _)| plain == name)
                .map_or_else(|| name.clone(), |(_, option)| option.clone())
        };
        Value::Set(names.iter().map(spell).collect())
    }
}

/// GitHub names with their Notion spelling.
pub fn said_names(codec: &super::Codec, names: &BTreeSet<String>) -> Vec<(String, String)> {
    names
        .iter()
        .map(|name| {
            let said = codec.to_notion(&Value::set([name.clone()]), None);
            let option = match said {
                Said::Value(value) => value.names().into_iter().next().unwrap_or_default(),
                _ => name.clone(),
            };
            (name.clone(), option)
        })
        .collect()
}

/// Notion options as GitHub names: by the known spellings first, as a cut name cannot be read back.
pub fn hear(
    codec: &super::Codec,
    said: &[(String, String)],
    options: &BTreeSet<String>,
) -> BTreeSet<String> {
    options
        .iter()
        .map(|option| {
            let known = said
                .iter()
                .find(|(_, spelt)| spelt.eq_ignore_ascii_case(option))
                .map(|(name, _)| name.clone());
            known.unwrap_or_else(
                || match codec.to_github(&Value::set([option.clone()]), None) {
                    Said::Value(value) => value.names().into_iter().next().unwrap_or_default(),
                    _ => option.clone(),
                },
            )
        })
        .collect()
}

/// The name that one element of a set has on the other side of `side`: as `spelt` there if it is, else translated.
pub fn counterpart(
    codec: &super::Codec,
    side: Side,
    name: &str,
    spelt: &BTreeSet<String>,
) -> String {
    let one = BTreeSet::from([name.to_owned()]);
    match side {
        Side::Notion => {
            // `name` is an option; the source is GitHub's.
            let said = said_names(codec, spelt);
            hear(codec, &said, &one)
                .into_iter()
                .next()
                .unwrap_or_default()
        }
        Side::Github => {
            let heard = spelt.iter().find(|option| {
                hear(
                    codec,
                    &said_names(codec, &one),
                    &BTreeSet::from([(*option).clone()]),
                )
                .contains(name)
            });
            heard
                .cloned()
                .unwrap_or_else(|| said_names(codec, &one).remove(0).1)
        }
    }
}
