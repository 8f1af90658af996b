//! What a turn knows of both sides, and where it knows it from.

use super::Clock;
use super::run::Run;
use super::turn::Trouble;
use crate::core::{Action, Change, FieldKey, ObjectId, Observation, Pair, Side, Step, Time};
use crate::remote::Remote;
use crate::store::Store;

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

    /// The side has to be read again.
    pub(super) fn forget(&mut self, side: Side) {
        self.sides[side as usize] = None;
    }

    pub(super) fn is_verified(&self, side: Side, now: Time, age: i64) -> bool {
        self.sides[side as usize].as_ref().is_some_and(|seen| {
            seen.is_verified && (0..=age).contains(&now.since(seen.what.read_at))
        })
    }

    /// Whether the text was taken from what was known, or not looked for yet.
    fn lacks_raw_body(&self, side: Side) -> bool {
        self.of(side)
            .is_none_or(|seen| seen.raw_body.is_none() && seen.field(&FieldKey::BODY).is_some())
    }

    pub(super) fn oldest_read(&self) -> Option<Time> {
        self.sides
            .iter()
            .flatten()
            .map(|seen| seen.what.read_at)
            .min()
    }
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Has both sides, from this run's listing where that is enough, else by reading.
    pub(super) async fn look(&mut self, pair: &Pair, sight: &mut Sight) -> Result<(), Trouble> {
        for side in Side::BOTH {
            let Some(id) = pair.object(side).cloned() else {
                continue;
            };
            if sight.of(side).is_some() {
                continue;
            }
            if let Some(pending) = waiting_row(pair, &id) {
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

    /// Reads the target of a step, with its text where that is needed.
    pub(super) async fn verify(
        &mut self,
        pair: &Pair,
        sight: &mut Sight,
        step: &Step,
    ) -> Result<(), Trouble> {
        if !needs_page_text(pair, &Sight::default(), step) {
            return self.read(pair, sight, step.side).await;
        }
        let mut unknown = pair.clone();
        unknown.seen[step.side as usize] = None;
        self.read(&unknown, sight, step.side).await
    }
}

/// The listed row that a new item waits with, if nothing marked the item since: it may have been held for days, and a
/// listing says nothing of one that was deleted or moved away.
fn waiting_row<'a>(pair: &'a Pair, id: &ObjectId) -> Option<&'a Observation> {
    let row = pair.pending.as_deref().filter(|row| row.id == *id)?;
    let is_latest = pair.dirty_since.is_none_or(|marked| marked <= row.read_at);
    is_latest.then_some(row)
}

/// Whether a step needs the page's text itself, however well it is known: it is written as an exchange of the very
/// words that are there. And our first write to a page hides who edited it before, so that is the last moment to tell
/// Notion's rendering of a text that was never read back from an edit.
pub(super) fn needs_page_text(pair: &Pair, sight: &Sight, step: &Step) -> bool {
    let replaces = |change: &Change| change.field == FieldKey::BODY;
    let is_patch = matches!(step.action, Action::Patch(_));
    let assumed = pair
        .base
        .get(&FieldKey::BODY)
        .is_some_and(|base| base.assumed);
    step.side == Side::Notion
        && (step.changes().iter().any(replaces) || is_patch && assumed)
        && sight.lacks_raw_body(Side::Notion)
}
