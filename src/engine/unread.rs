//! Texts of which a listing shows only that they may have changed, counted for the guard.
//!
//! Rows of Notion carry no text. A turn reads it, but by then the guard was asked. So once more items may have changed
//! than may change without a word, their texts are read before it is asked, and kept for the turns, which then need
//! not read them. Which ones these are is kept in the store until the guard was asked: a run that ends in between
//! leaves them to the next one.

use std::collections::BTreeSet;

use super::Clock;
use super::observe::Tally;
use super::report::Stop;
use super::run::{Flow, Run};
use crate::core::guard;
use crate::core::{FieldKey, Observation, Pair, PairId, PairLife, Side, sight};
use crate::remote::{Remote, RemoteError};
use crate::store::Store;

/// Texts that are kept with their rows, in bytes, with what was agreed before: as much as a question may list. A
/// service's longest text has 65,536 characters, most have a few hundred.
const KEPT: usize = super::held::LISTED;

/// The setting that keeps which texts are still to be counted.
fn name_of(link: &str, side: Side) -> String {
    format!("uncounted/{link}/{}", side.name())
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Counts changed and emptied texts that no row showed, where there may be too many of them.
    pub(super) async fn count_texts(&mut self, active: usize, tally: &mut Tally) -> Flow<()> {
        for side in Side::BOTH {
            let name = name_of(&self.link.spec.name, side);
            let stored = self.engine.store.setting(&name).await?;
            let left: BTreeSet<PairId> = stored
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default();
            let mut unread = tally.unread.remove(&side).unwrap_or_default();
            unread.extend(left);
            if unread.is_empty() {
                continue;
            }
            let changed = tally.changed.get(&side);
            let both = changed.map_or(0, |known| known.difference(&unread).count()) + unread.len();
            let limits = self.guard_limits();
            let is_many = guard::changes_need_word(&limits, active, both)
                || guard::clears_need_word(&limits, active, unread.len());
            if is_many {
                let text = serde_json::to_string(&unread).unwrap_or_default();
                if stored.as_ref() != Some(&text) {
                    self.engine.store.put_setting(&name, Some(&text)).await?;
                }
                if self.only_watches {
                    // Nothing is written while the user has paused: there is time to count them after that.
                    continue;
                }
                self.read_texts(side, &unread, tally).await?;
                tally.counted.insert(side);
            } else if stored.is_some() {
                tally.counted.insert(side);
            }
        }
        Ok(())
    }

    /// What was counted need not be counted again, now that the guard was asked.
    pub(super) async fn texts_are_counted(&mut self, tally: &Tally) -> Flow<()> {
        for side in &tally.counted {
            let name = name_of(&self.link.spec.name, *side);
            self.engine.store.put_setting(&name, None).await?;
        }
        Ok(())
    }

    async fn read_texts(
        &mut self,
        side: Side,
        unread: &BTreeSet<PairId>,
        tally: &mut Tally,
    ) -> Flow<()> {
        let mut left = KEPT;
        for id in unread {
            if self.engine.stop.is_told() {
                return Err(Stop::Ending);
            }
            if !self.ask.dry {
                self.take_lease().await?;
            }
            let Some(pair) = self.engine.store.pair(id).await? else {
                continue;
            };
            if pair.life != PairLife::Active {
                continue;
            }
            match self.whole(side, &pair).await {
                Ok(Some(row)) => {
                    let mapping = &self.link.spec.mapping;
                    let news = sight::news(&pair, &row, mapping, 0);
                    tally.count(&pair, side, &news);
                    let bytes = text_of(&pair, &row);
                    if bytes <= left {
                        left -= bytes;
                        self.rows.insert((side, row.id.node.clone()), row);
                    }
                }
                Err(error) if error.is_side_wide() => {
                    return Err(self.side_failed(side, &error).await);
                }
                // Its turn finds the same, and says so.
                Ok(None) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// One side of a pair with its text.
    async fn whole(&mut self, side: Side, pair: &Pair) -> Result<Option<Observation>, RemoteError> {
        let Some(object) = pair.object(side) else {
            return Ok(None);
        };
        let row = self.rows.get(&(side, object.node.clone())).cloned();
        match row {
            Some(row) => self.with_body(row, pair).await.map(Some),
            None => self.get(side, pair.kind, object, pair).await.map(Some),
        }
    }
}

/// How long the text of a row is, with the one that was agreed, in bytes.
fn text_of(pair: &Pair, row: &Observation) -> usize {
    let shown = row.field(&FieldKey::BODY);
    let base = pair.base.get(&FieldKey::BODY);
    let texts = [shown, base.map(|base| base.of(row.side))];
    let texts = texts.into_iter().flatten();
    texts.map(|text| text.as_text().len()).sum()
}
