//! What a run does when fields are kept in other columns than before.

use super::Clock;
use super::run::{Flow, Run};
use crate::core::places::{Columns, Places};
use crate::core::{FieldKey, PairLife, Value};
use crate::remote::Remote;
use crate::store::Store;

/// The setting that keeps where a link's fields are.
fn setting(link: &str) -> String {
    format!("places/{link}")
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Has every pair looked at whose page lacks what all pages say by the configuration of now, or says the former word.
    ///
    /// The pairs go first here too; those that know the word already are left alone.
    pub(super) async fn note_constants(&self) -> Flow<()> {
        let name = format!("constants/{}", self.link.spec.name);
        let constants = self.link.spec.mapping.constants();
        let text = serde_json::to_string(&constants).unwrap_or_default();
        let stored = self.engine.store.setting(&name).await?;
        let is_known = stored.map_or(constants.is_empty(), |stored| stored == text);
        if self.ask.dry || is_known {
            return Ok(());
        }
        self.change_every(|pair| {
            let is_said = |(key, value): (&FieldKey, &Value)| {
                let base = pair.base.get(key);
                base.is_some_and(|base| base.github == *value)
            };
            let mut new = pair.clone();
            if pair.life == PairLife::Active && !constants.iter().all(is_said) {
                new.touch(self.now());
            }
            new
        })
        .await?;
        self.engine.store.put_setting(&name, Some(&text)).await?;
        Ok(())
    }

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
            self.change_every(|pair| {
                let mut new = pair.clone();
                if !self.places.fit(&mut new) {
                    return pair.clone();
                }
                new.touch(self.now());
                new
            })
            .await?;
        }
        let text = serde_json::to_string(&self.places).unwrap_or_default();
        self.engine.store.put_setting(&name, Some(&text)).await?;
        Ok(())
    }
}
