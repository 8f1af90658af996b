//! What is old goes from the history, once a day: the values of its records, and the summaries of runs.

use super::run::Engine;
use super::{Clock, Settings};
use crate::core::{Record, Time};
use crate::store::{Pruned, Store, StoreError};

/// The setting that says when it was last done, in milliseconds.
const DONE: &str = "retention";
/// How often.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// How many records of each sort go in one request to the store.
const AT_ONCE: usize = 500;
/// How many such requests one pass makes; the next one goes on.
const REQUESTS: usize = 10;

/// The time before which something is old; none where it is kept for ever.
fn before(now: Time, days: u32) -> Time {
    match days {
        0 => Time(i64::MIN),
        days => now.minus(i64::from(days) * DAY_MS),
    }
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// Takes away what is older than the settings keep, unless that was done within a day. What is too much for one
    /// time goes the next time.
    ///
    /// Ages are counted by the store's clock, as one machine whose clock is ahead must not take from the others what is
    /// young, and from the time before this one: a clock that is set ahead takes nothing for a day.
    ///
    /// # Errors
    /// When the store fails; what is left goes the next time.
    pub async fn tidy(&self) -> Result<Pruned, StoreError> {
        let mut sum = Pruned::default();
        let done = self.store.setting(DONE).await?;
        let done = done.and_then(|done| done.parse().ok()).map(Time);
        // A time that is far ahead is from before the clock was set back.
        let is_done = |now: Time| done.is_some_and(|done| now.since(done).abs() < DAY_MS);
        if is_done(self.clock.now()) {
            return Ok(sum);
        }
        let now = self.store.time(self.clock.now()).await?;
        if is_done(now) {
            return Ok(sum);
        }
        let Some(last) = done else {
            self.note_tidied(now).await?;
            return Ok(sum);
        };
        let from = last.min(now);
        let Settings {
            values_days,
            runs_days,
            ..
        } = self.settings;
        for _ in 0..REQUESTS {
            let (values, runs) = (before(from, values_days), before(from, runs_days));
            let pruned = self.store.prune(values, runs, AT_ONCE).await?;
            sum.values += pruned.values;
            sum.runs += pruned.runs;
            if pruned.values.max(pruned.runs) < AT_ONCE as u64 {
                self.note_tidied(now).await?;
                break;
            }
        }
        Ok(sum)
    }

    async fn note_tidied(&self, now: Time) -> Result<(), StoreError> {
        let now = now.0.to_string();
        self.store.put_setting(DONE, Some(&now)).await
    }

    /// Why a record can be undone no more, if its values are gone.
    pub(super) fn forgotten(&self, record: &Record) -> Option<String> {
        let days = self.settings.values_days;
        let is_old = record.at < before(self.clock.now(), days);
        let had_values = match record.verb.as_str() {
            "change" | "policy" => true,
            // A choice about an item as a whole never had any.
            "choose" => is_old,
            _ => false,
        };
        (had_values && record.changes.is_empty()).then(|| match days {
            0 => "its values are no longer kept".to_owned(),
            1 => "its values are no longer kept (retention: 1 day)".to_owned(),
            days => format!("its values are no longer kept (retention: {days} days)"),
        })
    }
}
