//! A change of every pair of a link at once, beside whoever else commits them.

use super::Clock;
use super::run::{Flow, Run};
use crate::core::{Pair, PairId};
use crate::remote::Remote;
use crate::store::{Store, StoreError, Which};

/// Pairs looked through at once.
const PAGE: usize = 500;
/// How often a pair is tried again that somebody else commits at the same time.
const TRIES: usize = 5;

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Commits each of the link's pairs as `change` makes it of what is stored then; a pair that it leaves as it is needs
    /// no commit. `change` must be true if it is made twice, as a crash in between leaves some pairs changed.
    pub(super) async fn change_every(&self, change: impl Fn(&Pair) -> Pair) -> Flow<()> {
        let mut after: Option<PairId> = None;
        loop {
            let link = &self.link.spec.name;
            let pairs = self
                .engine
                .store
                .pairs(link, Which::All, after.as_ref(), PAGE);
            let pairs = pairs.await?;
            let Some(last) = pairs.last() else {
                return Ok(());
            };
            after = Some(last.id.clone());
            for pair in pairs {
                self.change_one(pair, &change).await?;
            }
        }
    }

    async fn change_one(&self, mut pair: Pair, change: impl Fn(&Pair) -> Pair) -> Flow<()> {
        for _ in 0..TRIES {
            let new = change(&pair);
            if new == pair {
                return Ok(());
            }
            match self.engine.store.put(&new, &[]).await {
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => return Ok(()),
            }
            let Some(stored) = self.engine.store.pair(&pair.id).await? else {
                return Ok(());
            };
            pair = stored;
        }
        Ok(())
    }
}
