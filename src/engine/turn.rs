//! One turn of one pair: read both sides, plan, and carry out what one side needs.

use super::Clock;
use super::report::Stop;
use super::run::{Flow, Planned, Run};
use crate::core::apply::apply;
use crate::core::plan::{Input, Move, Plan, plan};
use crate::core::{
    Action, FieldKey, ObjectId, Observation, Outcome, Pair, PairLife, Record, RecordKind, Row,
    Side, Step, Time,
};
use crate::remote::{Remote, RemoteError};
use crate::store::Store;

/// How often a turn plans anew before it leaves the rest to the next one.
const ROUNDS: usize = 24;

/// One side as this turn knows it.
pub(super) struct Seen {
    pub(super) what: Observation,
    /// Read by id in this turn (or the answer to our own write): good enough to be written over.
    pub(super) is_verified: bool,
}

/// Both sides as this turn knows them.
#[derive(Default)]
pub(super) struct Sight {
    sides: [Option<Seen>; 2],
}

impl Sight {
    pub(super) fn of(&self, side: Side) -> Option<&Observation> {
        self.sides[side as usize].as_ref().map(|seen| &seen.what)
    }

    pub(super) fn set(&mut self, side: Side, what: Observation, is_verified: bool) {
        self.sides[side as usize] = Some(Seen { what, is_verified });
    }

    fn is_verified(&self, side: Side, now: Time, age: i64) -> bool {
        self.sides[side as usize]
            .as_ref()
            .is_some_and(|seen| seen.is_verified && now.since(seen.what.read_at) <= age)
    }

    /// Whether the text was read itself, and not taken from what was known.
    fn has_raw_body(&self, side: Side) -> bool {
        self.of(side).is_some_and(|seen| seen.raw_body.is_some())
    }

    fn oldest_read(&self) -> Option<Time> {
        self.sides
            .iter()
            .flatten()
            .map(|seen| seen.what.read_at)
            .min()
    }
}

/// How a turn ends.
enum Next {
    Again,
    Done,
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Takes one turn. Errors of this item alone stay with it; `Err` ends the run.
    pub(super) async fn turn(&mut self, mut pair: Pair) -> Flow<()> {
        if pair.hold.as_ref().is_some_and(|hold| !hold.agreed) {
            return self.rest_held(pair).await;
        }
        let mut sight = Sight::default();
        let mut wrote: Option<Side> = None;
        for _ in 0..ROUNDS {
            match self.round(&mut pair, &mut sight, &mut wrote).await {
                Ok(Next::Again) => {}
                Ok(Next::Done) => return Ok(()),
                Err(Trouble::Stop(stop)) => return Err(stop),
                Err(Trouble::Item(side, error)) => {
                    return self.item_failed(pair, side, &error).await;
                }
            }
        }
        Ok(())
    }

    /// A held pair waits for a person, not for its turn.
    async fn rest_held(&mut self, mut pair: Pair) -> Flow<()> {
        pair.dirty_since = None;
        self.commit(&mut pair, Vec::new()).await.map(|_| ())
    }

    async fn round(
        &mut self,
        pair: &mut Pair,
        sight: &mut Sight,
        wrote: &mut Option<Side>,
    ) -> Result<Next, Trouble> {
        self.look(pair, sight).await?;
        let plan = self.plan_pair(pair, sight);
        if self.ask.dry {
            return Ok(self.keep_plan(pair, plan));
        }
        let before = pair.clone();
        let records = self.carry_out_moves(pair, &plan);
        if let Some(there) = plan.moves.iter().find_map(|mv| match mv {
            Move::Relink(there) => Some(there),
            _ => None,
        }) {
            let kept = self.relink(pair, &before, there, records).await?;
            *sight = Sight::default();
            return Ok(if kept { Next::Again } else { Next::Done });
        }
        let Some(step) = plan
            .steps
            .first()
            .filter(|step| wrote.is_none_or(|side| side == step.side))
        else {
            self.finish(pair, &before, &plan, sight, *wrote, records)
                .await?;
            return Ok(Next::Done);
        };
        self.advance(pair, before, step.clone(), sight, wrote, records)
            .await
    }

    /// Verifies the target, then writes.
    #[allow(
        clippy::too_many_arguments,
        reason = "one turn's working state, spelled out"
    )]
    async fn advance(
        &mut self,
        pair: &mut Pair,
        before: Pair,
        step: Step,
        sight: &mut Sight,
        wrote: &mut Option<Side>,
        records: Vec<Record>,
    ) -> Result<Next, Trouble> {
        let now = self.now();
        let is_create = matches!(step.action, Action::Create(_));
        let is_verified = sight.is_verified(step.side, now, self.engine.settings.verify_age)
            && (!replaces_page_text(&step) || sight.has_raw_body(step.side));
        if !is_create && !is_verified {
            *pair = before;
            self.verify(pair, sight, &step).await?;
            return Ok(Next::Again);
        }
        if let Some(until) = self.rests_until(&step, sight) {
            pair.next_try = Some(until);
            self.commit(pair, records).await?;
            return Ok(Next::Done);
        }
        if matches!(step.action, Action::Trash | Action::Close)
            && !pair.hold.as_ref().is_some_and(|hold| hold.agreed)
        {
            if let Some(target) = sight.of(step.side) {
                self.removals.push((before, step, target.clone()));
            }
            return Ok(Next::Done);
        }
        if self.writes_left == 0 {
            return Err(Trouble::Stop(Stop::MaxItems));
        }
        let side = step.side;
        if self.write(pair, step, sight, records).await? {
            *wrote = Some(side);
            Ok(Next::Again)
        } else {
            Ok(Next::Done)
        }
    }

    /// Has both sides, from this run's listing where that is enough, else by reading.
    async fn look(&mut self, pair: &mut Pair, sight: &mut Sight) -> Result<(), Trouble> {
        for side in Side::BOTH {
            let Some(id) = pair.object(side).cloned() else {
                continue;
            };
            if sight.of(side).is_some() {
                continue;
            }
            if let Some(pending) = pair
                .pending
                .as_deref()
                .filter(|pending| pending.side == side && pending.id == id)
            {
                let row = pending.clone();
                let row = self
                    .with_body(row, pair)
                    .await
                    .map_err(|error| Trouble::Item(side, error))?;
                sight.set(side, row, false);
            } else if let Some(row) = self
                .rows
                .remove(&(side, id.node.clone()))
                .filter(|row| self.is_newer_than_base(pair, row))
            {
                let row = self
                    .with_body(row, pair)
                    .await
                    .map_err(|error| Trouble::Item(side, error))?;
                sight.set(side, row, false);
            } else {
                self.read(pair, sight, side).await?;
            }
        }
        Ok(())
    }

    /// Whether a listed row can be trusted to be no older than the last agreement: a listing may lag, and a row from
    /// before our own write would look like somebody's edit back to the old value.
    fn is_newer_than_base(&self, pair: &Pair, row: &Observation) -> bool {
        let lag = self.engine.settings.list_lag;
        pair.synced_at.is_none_or(|at| row.read_at.since(at) >= lag)
    }

    pub(super) async fn read(
        &mut self,
        pair: &Pair,
        sight: &mut Sight,
        side: Side,
    ) -> Result<(), Trouble> {
        let Some(id) = pair.object(side) else {
            return Ok(());
        };
        let seen = self
            .get(side, pair.kind, id, pair)
            .await
            .map_err(|error| Trouble::Item(side, error))?;
        sight.set(side, seen, true);
        Ok(())
    }

    /// Reads the target of a step. A page's text is replaced by compare-and-swap, so then it is read itself, however
    /// well it is known.
    async fn verify(&mut self, pair: &Pair, sight: &mut Sight, step: &Step) -> Result<(), Trouble> {
        if !replaces_page_text(step) {
            return self.read(pair, sight, step.side).await;
        }
        let mut unknown = pair.clone();
        unknown.seen[step.side as usize] = None;
        self.read(&unknown, sight, step.side).await
    }

    /// Follows an issue that was transferred. A pair that a listing made of its new place in the meantime gives way,
    /// unless it has a page of its own already.
    async fn relink(
        &mut self,
        pair: &mut Pair,
        before: &Pair,
        there: &ObjectId,
        records: Vec<Record>,
    ) -> Flow<bool> {
        let link = self.link.spec.name.clone();
        let nodes = [there.node.as_str()];
        let mut owners = self
            .engine
            .store
            .by_nodes(&link, Side::Github, &nodes)
            .await?;
        match owners.remove(&there.node) {
            Some(mut other) if other.id != pair.id => {
                if other.notion.is_some() || other.intent.is_some() {
                    *pair = before.clone();
                    let why = format!("moved to {}, which has a page of its own", there.locator);
                    pair.life = PairLife::Unlinked(why.clone());
                    pair.dirty_since = None;
                    let record = self.record(pair, RecordKind::Item, Outcome::Info, "unlink", &why);
                    self.commit(pair, vec![record]).await?;
                    return Ok(false);
                }
                other.github = None;
                other.life = PairLife::Tombstone;
                other.pending = None;
                other.dirty_since = None;
                Ok(
                    self.commit(&mut other, Vec::new()).await?
                        && self.commit(pair, records).await?,
                )
            }
            _ => self.commit(pair, records).await,
        }
    }

    pub(super) fn plan_pair(&self, pair: &Pair, sight: &Sight) -> Plan {
        let github = sight.of(Side::Github);
        let forced = self.ask.forced;
        let mut rules = self.link.spec.rules.clone();
        if forced {
            rules.debounce = 0;
        }
        plan(&Input {
            pair,
            github,
            notion: sight.of(Side::Notion),
            mapping: &self.link.spec.mapping,
            rules: &rules,
            paused: &self.paused,
            in_scope: github.is_none_or(|seen| !seen.is_live() || (self.link.spec.selects)(seen)),
            now: self.now(),
        })
    }

    fn keep_plan(&mut self, pair: &Pair, plan: Plan) -> Next {
        if !plan.is_idle() {
            self.planned.push(Planned {
                pair: pair.id.clone(),
                item: pair.name().to_owned(),
                title: pair.title.clone(),
                plan,
            });
        }
        Next::Done
    }

    /// Applies the moves to the pair and says which of them belong in the history.
    pub(super) fn carry_out_moves(&mut self, pair: &mut Pair, plan: &Plan) -> Vec<Record> {
        let now = self.now();
        let mut records = Vec::new();
        for mv in &plan.moves {
            records.extend(self.record_move(pair, mv));
            apply(pair, mv, now);
        }
        records
    }

    fn record_move(&mut self, pair: &Pair, mv: &Move) -> Option<Record> {
        use RecordKind::{Conflict, Item};
        let made = match mv {
            Move::Open(conflict) => {
                let mut record =
                    self.record(pair, Conflict, Outcome::Open, "conflict", &conflict.note);
                record.changes = super::write::conflict_values(conflict);
                record
            }
            Move::Update(id, github, notion) => {
                let note = format!(
                    "conflict {id} moved on: GitHub {}, Notion {}",
                    github.brief(40),
                    notion.brief(40)
                );
                self.record(pair, Conflict, Outcome::Info, "conflict", &note)
            }
            Move::Close(id, why) => self.record(
                pair,
                Conflict,
                Outcome::Done,
                "conflict",
                &format!("conflict {id} is over: {why}"),
            ),
            Move::Block(field, blocked) => self.record(
                pair,
                Item,
                Outcome::Refused,
                "block",
                &format!("{field}: {}", blocked.reason),
            ),
            Move::Reverted(field, value) => {
                let note = format!(
                    "{field} belongs to GitHub; put back after somebody wrote {:?} in Notion",
                    value.brief(60)
                );
                self.record(pair, Item, Outcome::Info, "revert", &note)
            }
            Move::Decided(field, winner, lost) => {
                let note = format!(
                    "{field}: {} wins by policy; the other side's value is kept here",
                    winner.name()
                );
                let mut record = self.record(pair, Conflict, Outcome::Done, "policy", &note);
                record.changes = vec![crate::core::history::FieldChange {
                    field: field.clone(),
                    before: lost.clone(),
                    after: lost.clone(),
                }];
                record
            }
            Move::Life(life) => self.record_life(pair, life)?,
            Move::Relink(id) => self.record(
                pair,
                Item,
                Outcome::Info,
                "relink",
                &format!("now {}", id.locator),
            ),
            Move::Agree(..) | Move::Unblock(_) | Move::Later(..) | Move::Unreachable(_) => {
                return None;
            }
        };
        Some(made)
    }

    fn record_life(&mut self, pair: &Pair, life: &PairLife) -> Option<Record> {
        let (verb, outcome, note) = match life {
            PairLife::Unlinked(why) => ("unlink", Outcome::Info, why.clone()),
            PairLife::Parked(why) => ("park", Outcome::Failed, why.clone()),
            PairLife::Tombstone => ("forget", Outcome::Info, "gone on both sides".to_owned()),
            PairLife::New | PairLife::Active => return None,
        };
        Some(self.record(pair, RecordKind::Item, outcome, verb, &note))
    }

    /// Nothing (more) to write now: the pair is clean if everything was decided and nothing touched it since.
    async fn finish(
        &mut self,
        pair: &mut Pair,
        before: &Pair,
        plan: &Plan,
        sight: &Sight,
        wrote: Option<Side>,
        records: Vec<Record>,
    ) -> Result<(), Trouble> {
        if let Some(Move::Unreachable(side)) = plan
            .moves
            .iter()
            .find(|mv| matches!(mv, Move::Unreachable(_)))
        {
            let name = side.name();
            let message = format!(
                "{name} says 404 for this item: deleted, or no longer shared with us. Nothing is changed"
            );
            return Err(Trouble::Item(
                *side,
                RemoteError::Refused {
                    status: 404,
                    field: None,
                    message,
                },
            ));
        }
        self.remember(pair, sight);
        let settled = plan.is_settled() && plan.steps.is_empty();
        let untouched = pair.dirty_since.is_none_or(|since| {
            sight.oldest_read().is_none_or(|read| since <= read) || pair.pending.is_some()
        });
        if settled && untouched {
            pair.dirty_since = None;
            pair.next_try = None;
            pair.hold = None;
            pair.restore = None;
        }
        if wrote.is_none() {
            pair.tries = 0;
        }
        if pair.last_error.is_some() && wrote.is_none() && pair.blocked.is_empty() {
            pair.last_error = None;
            self.item_recovered(pair).await?;
        }
        self.failures = 0;
        if pair != before || !records.is_empty() {
            pair.synced_at = Some(self.now());
            self.commit(pair, records).await?;
        }
        Ok(())
    }

    /// Keeps the versions that were seen, and the title for people.
    fn remember(&self, pair: &mut Pair, sight: &Sight) {
        for side in Side::BOTH {
            let Some(seen) = sight.of(side) else { continue };
            // The version stands for the text of the base, so a text that still has to go over does not count.
            let is_base = match (seen.field(&FieldKey::BODY), pair.base.get(&FieldKey::BODY)) {
                (Some(text), Some(base)) => text == base.of(side),
                _ => false,
            };
            if seen.is_live() && is_base && pair.life == PairLife::Active {
                pair.seen[side as usize].clone_from(&seen.stamp);
            }
            if !seen.title().is_empty() {
                seen.title().clone_into(&mut pair.title);
            }
        }
    }

    /// A page that somebody else is editing right now is left alone until its stamp is old enough.
    fn rests_until(&self, step: &Step, sight: &Sight) -> Option<Time> {
        if self.ask.forced || step.side != Side::Notion || step.row == Row::Choice {
            return None;
        }
        let stamp = sight.of(Side::Notion)?.stamp.as_ref()?;
        let until = stamp.at.plus(self.engine.settings.rest);
        (!stamp.settled && !stamp.by_us && until > self.now()).then_some(until)
    }

    /// An item's own error: noted, retried later with back-off, never in the way of others.
    pub(super) async fn item_failed(
        &mut self,
        mut pair: Pair,
        side: Side,
        error: &RemoteError,
    ) -> Flow<()> {
        if error.is_side_wide() {
            return Err(self.side_failed(side, error).await);
        }
        let Some(stored) = self.engine.store.pair(&pair.id).await? else {
            return Ok(());
        };
        if stored.rev != pair.rev || stored.intent.is_some() {
            return Ok(());
        }
        pair = stored;
        if matches!(error, RemoteError::Unclear(_)) {
            self.failures += 1;
        }
        pair.tries += 1;
        let next = self.now().plus(self.engine.back_off(pair.tries));
        pair.next_try = Some(next);
        pair.last_error = Some(error.to_string());
        self.report.errors.push(format!("{}: {error}", pair.name()));
        self.note_error(pair.name(), Some(&pair), error, Some(next))
            .await?;
        self.commit(&mut pair, Vec::new()).await.map(|_| ())
    }
}

/// Whether a step changes a page's text, which is written as an exchange of the very words that are there.
fn replaces_page_text(step: &Step) -> bool {
    step.side == Side::Notion
        && step
            .changes()
            .iter()
            .any(|change| change.field == FieldKey::BODY)
}

/// Why a turn ends early.
pub(super) enum Trouble {
    /// The run ends.
    Stop(Stop),
    /// Only this item is concerned.
    Item(Side, RemoteError),
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}
