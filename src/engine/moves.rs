//! The moves of a plan: applied to the pair, and told to the history where a person may ask for them.

use super::Clock;
use super::run::Run;
use crate::core::apply::apply;
use crate::core::history::FieldChange;
use crate::core::plan::{Move, Plan};
use crate::core::told::owner;
use crate::core::{Conflict, FieldKey, Outcome, Pair, PairLife, Record, RecordKind, Side, Value};
use crate::remote::Remote;
use crate::store::Store;

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Applies the moves to the pair and says which of them belong in the history.
    pub(super) fn carry_out_moves(&mut self, pair: &mut Pair, plan: &Plan) -> Vec<Record> {
        let mut records = Vec::new();
        for mv in &plan.moves {
            records.extend(self.record_move(pair, mv));
            apply(pair, mv);
        }
        records
    }

    fn record_move(&mut self, pair: &Pair, mv: &Move) -> Option<Record> {
        match mv {
            Move::Open(conflict) => Some(self.record_conflict(pair, conflict)),
            Move::Update(id, github, notion) => {
                let (github, notion) = (github.brief(40), notion.brief(40));
                let field = conflicted(pair, id);
                let note = format!("{field}: a side moved on: GitHub {github}, Notion {notion}");
                Some(self.record(pair, RecordKind::Conflict, Outcome::Info, "conflict", &note))
            }
            Move::Close(id, why) => {
                let note = format!("{}: the conflict is over: {why}", conflicted(pair, id));
                Some(self.record(pair, RecordKind::Conflict, Outcome::Done, "conflict", &note))
            }
            Move::Decided(field, winner, lost) => {
                Some(self.record_policy(pair, field, *winner, lost))
            }
            Move::Block(field, blocked) => {
                let note = format!("{field}: {}", blocked.reason);
                Some(self.record(pair, RecordKind::Item, Outcome::Refused, "block", &note))
            }
            Move::Reverted(field, value) => {
                let value = value.brief(60);
                let note = format!(
                    "{field} belongs to {}; put back after somebody wrote {value:?} in Notion",
                    owner(field)
                );
                Some(self.record(pair, RecordKind::Item, Outcome::Info, "revert", &note))
            }
            Move::Relink(id) => {
                let note = format!("now {}", id.locator);
                Some(self.record(pair, RecordKind::Item, Outcome::Info, "relink", &note))
            }
            Move::Life(life) => self.record_life(pair, life),
            Move::Overruled(note) => {
                Some(self.record(pair, RecordKind::Conflict, Outcome::Done, "overrule", note))
            }
            Move::Agree(..)
            | Move::Unblock(_)
            | Move::Later(..)
            | Move::Unseen(..)
            | Move::Unreachable(_) => None,
        }
    }

    fn record_conflict(&mut self, pair: &Pair, conflict: &Conflict) -> Record {
        let mut record = self.record(
            pair,
            RecordKind::Conflict,
            Outcome::Open,
            "conflict",
            &conflict.note,
        );
        record.changes = super::write::conflict_values(conflict);
        record
    }

    fn record_policy(
        &mut self,
        pair: &Pair,
        field: &FieldKey,
        winner: Side,
        lost: &Value,
    ) -> Record {
        let note = format!(
            "{field}: {} wins by policy; the other side's value is kept here",
            winner.name()
        );
        let mut record = self.record(pair, RecordKind::Conflict, Outcome::Done, "policy", &note);
        // Whose value it is that was lost.
        record.side = Some(winner.other());
        record.changes = vec![FieldChange {
            field: field.clone(),
            before: lost.clone(),
            after: lost.clone(),
            other: None,
        }];
        self.keep_other(&mut record, pair);
        record
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
}

/// What an open conflict of a pair is about.
fn conflicted<'a>(pair: &'a Pair, id: &str) -> &'a str {
    let open = pair.conflicts.iter().find(|conflict| conflict.id == id);
    let field = open.and_then(|conflict| conflict.field.as_ref());
    field.map_or("the item", FieldKey::as_str)
}
