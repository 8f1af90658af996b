//! Runs that are asked for on a machine that does not run the link: handed over through the store, so that whoever
//! runs it, now or after a change, does them.
//!
//! Two settings for each link: what is asked for, with a number that grows, and the number that was done last. Who asks
//! adds to what waits already, by an exchange with what was read: of two machines that ask within the same moment one
//! comes second and adds to what the first one asked for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::answers::ASKED;
use super::run::Ask;
use super::{Clock, Engine, Report};
use crate::core::PairId;
use crate::core::schedule::Batch;
use crate::store::{Store, StoreError};

/// How often a request is written again when another machine's comes in between: each time one got ahead that then
/// asks no more.
const TRIES: usize = 50;

/// What is asked for, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Handed {
    number: u64,
    /// Who asked last.
    by: String,
    sweep: bool,
    forced: bool,
    item: Option<String>,
    only: Option<BTreeSet<PairId>>,
}

impl Handed {
    fn of(number: u64, by: &str, ask: &Ask) -> Self {
        Self {
            number,
            by: by.to_owned(),
            sweep: ask.sweep,
            forced: ask.forced,
            item: ask.item.clone(),
            only: ask.only.clone(),
        }
    }

    /// What cannot be read was written by another version, and is as good as nothing.
    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn ask(self) -> Ask {
        Ask {
            dry: false,
            sweep: self.sweep,
            forced: self.forced,
            item: self.item,
            only: self.only,
            batch: Batch::FULL,
            why: None,
        }
    }

    /// One run that does what both ask for. Different items are a run over all of them.
    fn and(self, other: Self) -> Self {
        Self {
            number: other.number,
            by: other.by,
            sweep: self.sweep || other.sweep,
            forced: self.forced || other.forced,
            item: self.item.filter(|item| other.item.as_ref() == Some(item)),
            only: self.only.filter(|only| other.only.as_ref() == Some(only)),
        }
    }
}

/// The setting with what is asked for.
fn asked_name(link: &str) -> String {
    format!("ask/{link}")
}

/// The setting with the number of what was done last.
fn done_name(link: &str) -> String {
    format!("ask_done/{link}")
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// Asks whoever runs a link to run it now. What waits already is asked for together with it, in one run. Gives the
    /// number by which it is known, see [`Engine::is_handed_done`].
    ///
    /// # Errors
    /// The store's. `Stale` when others got ahead again and again.
    pub async fn hand_over(&self, link: &str, ask: &Ask) -> Result<u64, StoreError> {
        let name = asked_name(link);
        for _ in 0..TRIES {
            let done = self.done_of(link).await?;
            let read = self.store.setting(&name).await?;
            let stored = read.as_deref().and_then(Handed::read);
            let last = stored.as_ref().map_or(0, |stored| stored.number).max(done);
            let new = Handed::of(last.saturating_add(1), &self.holder, ask);
            let new = match stored.filter(|stored| stored.number > done) {
                Some(open) => open.and(new),
                None => new,
            };
            // A value of ours always can be written as JSON.
            let text = serde_json::to_string(&new).unwrap_or_default();
            let swap = self.store.swap_setting(&name, read.as_deref(), &text);
            if swap.await? {
                self.ring().await?;
                return Ok(new.number);
            }
        }
        Err(StoreError::Stale)
    }

    /// What was asked for of a link and not done yet, with its number.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn handed_over(&self, link: &str) -> Result<Option<(u64, Ask)>, StoreError> {
        let Some(stored) = self.stored_ask(link).await? else {
            return Ok(None);
        };
        let is_open = stored.number > self.done_of(link).await?;
        Ok(is_open.then(|| (stored.number, stored.ask())))
    }

    /// Remembers that what was asked for up to a number was done.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn handed_done(&self, link: &str, number: u64) -> Result<(), StoreError> {
        self.store
            .put_setting(&done_name(link), Some(&number.to_string()))
            .await
    }

    /// Tells an engine that runs on the same store, in whatever process, that there is something to carry out. Gives
    /// what it will hear.
    ///
    /// # Errors
    /// The store's.
    pub async fn ring(&self) -> Result<String, StoreError> {
        let word = self.new_id();
        self.store.put_setting(ASKED, Some(&word)).await?;
        Ok(word)
    }

    async fn stored_ask(&self, link: &str) -> Result<Option<Handed>, StoreError> {
        let text = self.store.setting(&asked_name(link)).await?;
        Ok(text.as_deref().and_then(Handed::read))
    }

    /// Whether what was asked for under a number was done.
    ///
    /// # Errors
    /// The store's.
    pub async fn is_handed_done(&self, link: &str, number: u64) -> Result<bool, StoreError> {
        Ok(self.done_of(link).await? >= number)
    }

    /// Counts what is left of a link into a report.
    ///
    /// # Errors
    /// The store's.
    pub async fn sum_up(&self, report: &mut Report) -> Result<(), StoreError> {
        let counts = self.store.counts(&report.link).await?;
        let now = self.clock.now();
        report.conflicts = counts.conflicted;
        report.held = counts.held;
        report.in_doubt = counts.in_doubt;
        let due = self.store.due(&report.link, now, 100_000).await?.len() as u64;
        report.backlog = due;
        report.deferred = counts.queued.saturating_sub(due);
        report.next_due = self.store.next_due(&report.link, now).await?;
        Ok(())
    }

    async fn done_of(&self, link: &str) -> Result<u64, StoreError> {
        let text = self.store.setting(&done_name(link)).await?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str) -> Ask {
        Ask {
            item: Some(name.to_owned()),
            ..Ask::default()
        }
    }

    #[test]
    fn two_that_ask_get_one_run_that_does_both() {
        let forced = Ask {
            forced: true,
            ..item("o/r#1")
        };
        let sweep = Ask {
            sweep: true,
            ..item("o/r#1")
        };
        let both = Handed::of(1, "a", &forced).and(Handed::of(2, "b", &sweep));
        assert_eq!((both.number, both.by.as_str()), (2, "b"));
        let ask = both.ask();
        assert!(ask.forced && ask.sweep && !ask.dry);
        assert_eq!(ask.item.as_deref(), Some("o/r#1"), "the same item");
        for (one, other) in [("o/r#1", "o/r#2"), ("o/r#2", "o/r#1")] {
            let both = Handed::of(1, "a", &item(one)).and(Handed::of(2, "b", &item(other)));
            assert_eq!(both.ask().item, None, "a run over all of them");
        }
        let all = Handed::of(1, "a", &item("o/r#1")).and(Handed::of(2, "b", &Ask::default()));
        assert_eq!(all.ask().item, None);
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let ask = Ask {
            forced: true,
            only: Some([PairId("p".to_owned())].into()),
            ..Ask::default()
        };
        let text = serde_json::to_string(&Handed::of(7, "laptop:1", &ask)).unwrap_or_default();
        let read: Option<Handed> = serde_json::from_str(&text).ok();
        assert_eq!(read.map(Handed::ask), Some(ask));
    }
}
