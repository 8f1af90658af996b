//! Runs that are asked for on a machine that does not run the link: handed over through the store, so that whoever
//! runs it, now or after a change, does them.
//!
//! Three settings for each link: what is asked for, with a number that grows, the number that was done last, and what
//! the run that did it came to. Who asks adds to what waits already, by an exchange with what was read: of two machines
//! that ask within the same moment one comes second and adds to what the first one asked for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::answers::ASKED;
use super::live::Live;
use super::run::{Ask, lease_name};
use super::{Clock, Engine, Link, Report, Stop};
use crate::core::schedule::Batch;
use crate::core::{PairId, Time};
use crate::remote::Remote;
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

/// What became of what was asked for, as it is kept.
#[derive(Serialize, Deserialize)]
struct Outcome {
    number: u64,
    /// Who did it.
    by: String,
    report: Report,
}

/// How what was asked for stands.
#[derive(Debug)]
pub enum Errand {
    /// Whoever runs the link has not done it yet; what its run waits for, until when, if it says so.
    Open(Option<(Time, String)>),
    /// A limit has to be over first. Whoever runs the link does it then.
    Limited(Stop),
    /// Nobody runs the link any more.
    Free,
    /// It was done: by whom, and what the run came to. None where another version did it.
    Done(Option<(String, Box<Report>)>),
}

impl Report {
    /// Whether this is how a run of the link went. One that somebody else was ahead of, that was told to end or that
    /// could not use the store leaves it to the next one to do what was asked for.
    pub(super) const fn is_answer(&self) -> bool {
        !matches!(
            self.stopped,
            Some(Stop::Busy { .. } | Stop::Ending | Stop::Store { .. })
        )
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

/// The setting with what the run came to that did it.
fn outcome_name(link: &str) -> String {
    format!("ask_outcome/{link}")
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// Asks whoever runs a link to run it now. What waits already is asked for together with it, in one run. Gives the
    /// number by which it is known, see [`Engine::errand`].
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

    /// Remembers that what was asked for up to a number was done, and what that came to.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn handed_done(
        &self,
        link: &str,
        number: u64,
        report: &Report,
    ) -> Result<(), StoreError> {
        let outcome = Outcome {
            number,
            by: self.holder.clone(),
            report: report.clone(),
        };
        // A value of ours always can be written as JSON. Before the number: who sees that finds what belongs to it.
        let text = serde_json::to_string(&outcome).unwrap_or_default();
        let (outcome, done) = (outcome_name(link), done_name(link));
        self.store.put_setting(&outcome, Some(&text)).await?;
        self.store
            .put_setting(&done, Some(&number.to_string()))
            .await
    }

    /// Runs a link that nobody runs any more, for all who asked for it and were not answered. None where that was done
    /// meanwhile.
    ///
    /// # Errors
    /// The store's, outside of the run.
    pub async fn run_handed<G: Remote, N: Remote>(
        &self,
        link: &Link<G, N>,
    ) -> Result<Option<Report>, StoreError> {
        let name = &link.spec.name;
        let Some((number, ask)) = self.handed_over(name).await? else {
            return Ok(None);
        };
        let report = self.run(link, &ask).await;
        if report.is_answer() {
            self.handed_done(name, number, &report).await?;
        }
        Ok(Some(report))
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

    /// How that stands which was asked for under a number.
    ///
    /// # Errors
    /// The store's.
    pub async fn errand(&self, link: &str, number: u64) -> Result<Errand, StoreError> {
        if self.done_of(link).await? >= number {
            let text = self.store.setting(&outcome_name(link)).await?;
            let outcome = text.and_then(|text| serde_json::from_str::<Outcome>(&text).ok());
            let ours = outcome.filter(|outcome| outcome.number >= number);
            return Ok(Errand::Done(
                ours.map(|ours| (ours.by, Box::new(ours.report))),
            ));
        }
        let now = self.clock.now();
        let Some(lease) = self.store.leased(&lease_name(link), now).await? else {
            return Ok(Errand::Free);
        };
        let live = Live::read(&self.store, link, &lease.holder).await?;
        let Some(live) = live else {
            return Ok(Errand::Open(None));
        };
        let is_running = live.running.is_some();
        if let Some(waiting) = live.running.and_then(|running| running.waiting) {
            return Ok(Errand::Open(
                Some(waiting).filter(|(until, _)| *until > now),
            ));
        }
        let stopped = live.last.and_then(|(_, last)| last.stopped);
        Ok(match stopped {
            Some(stop @ Stop::Limited { until, .. }) if !is_running && until > now => {
                Errand::Limited(stop)
            }
            _ => Errand::Open(None),
        })
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
