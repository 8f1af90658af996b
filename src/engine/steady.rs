//! What becomes of waiting times when somebody sets the wall clock.
//!
//! Waiting times are stored as wall times, as they outlive the process. How far the wall clock is ahead of the elapsed
//! time, which nobody can set, is stored beside them: once the two go apart, whatever waits waits anew in full.

use super::Clock;
use super::run::{Flow, Run};
use crate::core::{IntentState, Pair, Time};
use crate::remote::Remote;
use crate::store::Store;

/// The setting that keeps how far the wall clock was ahead of the elapsed time, in milliseconds.
const AHEAD: &str = "clock/ahead";
/// As much as two clocks of a healthy machine may go apart (a suspend, a leap second), in milliseconds; far below every
/// waiting time that safety rests on.
const DRIFT: i64 = 5_000;

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    fn clock_ahead(&self) -> i64 {
        let clock = &self.engine.clock;
        clock.now().0.saturating_sub(clock.elapsed())
    }

    /// Whether the wall clock was set since this run looked at it last: then no time that was taken before may be
    /// stored or compared any more.
    pub(super) fn is_clock_set(&self) -> bool {
        !self.ask.dry && (self.clock_ahead() - self.ahead).abs() > DRIFT
    }

    /// Finds out whether the wall clock was set, or the machine started anew, since the stored waiting times were
    /// counted; then all that still wait begin again, and listed rows count no more.
    pub(super) async fn mind_the_clock(&mut self) -> Flow<()> {
        let ahead = self.clock_ahead();
        let stored = self.engine.store.setting(AHEAD).await?;
        let known = stored.and_then(|text| text.parse::<i64>().ok());
        if let Some(known) = known.filter(|known| (ahead - known).abs() <= DRIFT) {
            self.ahead = known;
            return Ok(());
        }
        self.ahead = ahead;
        self.rows.clear();
        let by = ahead - known.unwrap_or(ahead);
        self.change_every(|pair| self.renewed(pair, by)).await?;
        let text = ahead.to_string();
        self.engine.store.put_setting(AHEAD, Some(&text)).await?;
        Ok(())
    }

    /// The pair with its waiting times counted by a clock that was set by so much. Doing it twice, after a crash, only
    /// makes it wait longer.
    fn renewed(&self, pair: &Pair, by: i64) -> Pair {
        let settings = &self.engine.settings;
        let now = self.now();
        // What the clock would say if nobody had set it, or says.
        let then = now.minus(by).min(now);
        let most = now.plus(settings.retry_max.max(settings.grace_create()));
        let quiet = now.plus(settings.settle);
        let mut new = pair.clone();
        new.quiet_until = renewed(pair.quiet_until, then, quiet);
        // Rows of listings that may be older than our own write are told by it.
        new.synced_at = renewed(pair.synced_at, then.minus(settings.list_lag), now);
        new.next_try = pair.next_try.map(|at| at.min(most));
        new.dirty_since = pair.dirty_since.map(|at| at.min(now));
        if let Some(intent) = &mut new.intent {
            // A look-up goes back to here: rather too far than not far enough.
            intent.committed_at = intent.committed_at.plus(by.min(0)).min(now);
            intent.state = IntentState::InDoubt {
                since: now,
                lookups: 0,
                looked: None,
            };
        }
        new
    }
}

/// A time that was not over yet, counted anew.
fn renewed(at: Option<Time>, then: Time, anew: Time) -> Option<Time> {
    at.map(|at| if at > then { anew } else { at })
}
