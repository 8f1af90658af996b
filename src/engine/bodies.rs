//! Texts that are read again although nothing says that they changed.

use super::Clock;
use super::run::{Flow, Run};
use crate::core::{FieldKey, Kind, Pair, PairId, PairLife, Side};
use crate::remote::Remote;
use crate::store::{Store, Which};

/// Pairs of one look into the store.
const CHUNK: usize = 500;

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Lets the next texts in turn be read again: what is known of them counts as uncertain from now on.
    ///
    /// Clients of Notion's API were seen to change a page's text without moving its `last_edited_time`
    /// (github.com/dvanoni/notero/issues/571). Going round through all pages finds that in the end, at a cost that does
    /// not depend on how many there are.
    pub(super) async fn read_bodies_again(&mut self) -> Flow<()> {
        let link = &self.link.spec.name;
        let name = format!("bodies/{link}");
        let store = &self.engine.store;
        let most = self.engine.settings.sweep_bodies;
        let mut after = store.setting(&name).await?.map(PairId);
        let mut marks: Vec<Pair> = Vec::new();
        while marks.len() < most {
            let pairs = store.pairs(link, Which::All, after.as_ref(), CHUNK).await?;
            let is_last = pairs.len() < CHUNK;
            for mut pair in pairs {
                if marks.len() == most {
                    break;
                }
                after = Some(pair.id.clone());
                if self.forget_text(&mut pair) {
                    marks.push(pair);
                }
            }
            if is_last && marks.len() < most {
                // The next time begins anew.
                after = None;
                break;
            }
        }
        self.put_marks(marks).await?;
        let position = after.map(|id| id.0);
        Ok(self
            .engine
            .store
            .put_setting(&name, position.as_deref())
            .await?)
    }

    /// Says whether the pair's text was known for certain, and is not any more.
    fn forget_text(&self, pair: &mut Pair) -> bool {
        let has_text = self.link.spec.mapping.field(pair.kind, &FieldKey::BODY);
        let is_concerned = has_text.is_some()
            && pair.kind != Kind::Commit
            && pair.life == PairLife::Active
            && pair.intent.is_none();
        let stamp = pair.seen[Side::Notion as usize].as_mut();
        let Some(stamp) = stamp.filter(|stamp| is_concerned && stamp.settled) else {
            return false;
        };
        stamp.settled = false;
        pair.touch(self.now());
        true
    }
}
