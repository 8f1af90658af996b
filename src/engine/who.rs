//! Who changed each side of a conflict: asked when it is opened or renewed, and only then.

use std::collections::BTreeMap;

use super::Clock;
use super::look::Sight;
use super::run::Run;
use crate::core::plan::{Move, Plan};
use crate::core::{FieldKey, Observation, Pair, Side, Time};
use crate::remote::Remote;
use crate::store::Store;

/// What was asked in this turn already: a field of a side, as of a version. A turn may come to a conflict more than
/// once before it keeps it.
pub(super) type Asked = BTreeMap<(Option<FieldKey>, Side, Option<Time>), Option<String>>;

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Adds to the conflicts that a plan opened or renewed who changed them, and when; of a renewed one only to the
    /// sides that moved on. That nobody is known is no error.
    pub(super) async fn name_people(
        &self,
        before: &Pair,
        pair: &mut Pair,
        sight: &Sight,
        plan: &Plan,
        asked: &mut Asked,
    ) {
        for (field, side) in plan.moves.iter().flat_map(|mv| moved(before, mv)) {
            let Some(seen) = sight.of(side) else { continue };
            let at = seen.stamp.as_ref().map(|stamp| stamp.at);
            let who = self.who(seen, (field.clone(), side, at), asked).await;
            let mut open = pair.conflicts.iter_mut();
            let Some(conflict) = open.find(|conflict| conflict.field == field) else {
                continue;
            };
            match side {
                Side::Github => (conflict.github_by, conflict.github_at) = (who, at),
                Side::Notion => (conflict.notion_by, conflict.notion_at) = (who, at),
            }
        }
    }

    async fn who(
        &self,
        seen: &Observation,
        key: (Option<FieldKey>, Side, Option<Time>),
        asked: &mut Asked,
    ) -> Option<String> {
        if let Some(known) = asked.get(&key) {
            return known.clone();
        }
        let field = key.0.as_ref();
        let who = match key.1 {
            Side::Github => self.link.github.who(seen, field).await,
            Side::Notion => self.link.notion.who(seen, field).await,
        };
        asked.insert(key, who.clone());
        who
    }
}

/// The sides of a conflict that a move gives new values.
fn moved(before: &Pair, mv: &Move) -> Vec<(Option<FieldKey>, Side)> {
    match mv {
        Move::Open(conflict) => Side::BOTH
            .map(|side| (conflict.field.clone(), side))
            .to_vec(),
        Move::Update(id, github, notion) => {
            let mut all = before.conflicts.iter();
            let Some(old) = all.find(|conflict| conflict.id == *id) else {
                return Vec::new();
            };
            let sides = [
                (Side::Github, old.github != *github),
                (Side::Notion, old.notion != *notion),
            ];
            let new = sides.into_iter().filter(|(_, is_new)| *is_new);
            new.map(|(side, _)| (old.field.clone(), side)).collect()
        }
        _ => Vec::new(),
    }
}
