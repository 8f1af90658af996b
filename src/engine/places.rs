//! What a run does when fields are kept in other columns than before.

use super::Clock;
use super::run::{Flow, Run};
use crate::core::places::{Columns, Places};
use crate::core::{Pair, PairId};
use crate::remote::Remote;
use crate::store::{Store, StoreError, Which};

/// Pairs looked through at once.
const PAGE: usize = 500;
/// How often a pair is tried again that somebody else commits at the same time.
const TRIES: usize = 5;

/// The setting that keeps where a link's fields are.
fn setting(link: &str) -> String {
    format!("places/{link}")
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Takes note of where the fields are kept. Of those that are kept elsewhere now, every pair forgets what it agreed
    /// on, and is looked at anew.
    ///
    /// The pairs go first: after a crash between, the next run finds the same change and goes on with the rest.
    pub(super) async fn note_places(&mut self, columns: &Columns) -> Flow<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let name = setting(&self.link.spec.name);
        let stored = self.engine.store.setting(&name).await?;
        let before: Places = stored
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let mut places = before.clone();
        let moved = places.note(columns);
        self.places = places;
        if self.ask.dry || self.places == before {
            return Ok(());
        }
        if moved {
            self.report.notes.push(
                "fields are kept in other Notion properties now: both sides of every item are compared anew".to_owned(),
            );
            self.look_at_all_again().await?;
        }
        let text = serde_json::to_string(&self.places).unwrap_or_default();
        self.engine.store.put_setting(&name, Some(&text)).await?;
        Ok(())
    }

    async fn look_at_all_again(&self) -> Flow<()> {
        let mut after: Option<PairId> = None;
        loop {
            let link = &self.link.spec.name;
            let store = &self.engine.store;
            let pairs = store.pairs(link, Which::All, after.as_ref(), PAGE).await?;
            let Some(last) = pairs.last() else {
                return Ok(());
            };
            after = Some(last.id.clone());
            for pair in pairs {
                self.forget_moved(pair).await?;
            }
        }
    }

    /// Commits a pair without what it agreed on in columns that its fields left; what somebody else commits meanwhile
    /// counts.
    async fn forget_moved(&self, mut pair: Pair) -> Flow<()> {
        for _ in 0..TRIES {
            let mut new = pair.clone();
            if !self.places.fit(&mut new) {
                return Ok(());
            }
            new.touch(self.now());
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
