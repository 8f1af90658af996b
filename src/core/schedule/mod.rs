//! When each link runs: by its interval, by what waits, by what somebody asked for, and by how busy the machine is.
//!
//! Pure: time, samples and chance come in as arguments. One run at a time, by construction: [`Schedule::decide`] names
//! at most one, and a link that runs has no second entry anywhere that could start it again.

mod pressure;
mod reason;

use std::collections::VecDeque;

pub use pressure::{Load, Pressure, Scope, Threshold};
pub use reason::{Reason, Trouble, Waiting, span};

use super::{Side, Time};

/// The timetable of a schedule. Times in milliseconds, parts from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timetable {
    /// From the end of a run to the next one, when nothing asks for it.
    pub interval: i64,
    /// The same while somebody looks at the dashboard.
    pub attention: i64,
    /// Memory in use from which runs are deferred, and below which they go on.
    pub memory: Threshold,
    /// The same for the load of all cores.
    pub cpu: Threshold,
    /// Memory of this program from which it does less at a time, in bytes; 0 = any.
    pub ceiling: u64,
    /// So many samples in a row say the same before it counts.
    pub in_a_row: u32,
    /// A deferred run is looked at again after this.
    pub check_again: i64,
    /// The longest deferral, in intervals; then a small run happens whatever the machine says.
    pub longest: i64,
    /// A backlog, or a limit that has passed, is continued after this pause.
    pub breath: i64,
    /// Intervals differ by as much as this, in percent, so that machines do not all start at once.
    pub jitter: i64,
    /// Nobody heard of for longer than this slept.
    pub asleep: i64,
}

impl Timetable {
    /// The defaults, with this interval in milliseconds.
    pub const fn every(interval: i64) -> Self {
        Self {
            interval,
            attention: 60_000,
            memory: Threshold {
                enter: 0.70,
                leave: 0.60,
            },
            cpu: Threshold {
                enter: 0.90,
                leave: 0.80,
            },
            ceiling: 256 << 20,
            in_a_row: 3,
            check_again: 30_000,
            longest: 4,
            breath: 250,
            jitter: 5,
            asleep: 30_000,
        }
    }

    const fn longest_ms(&self) -> i64 {
        self.interval.saturating_mul(self.longest)
    }
}

/// How much a run may do, in percent of what it may do at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Of the writes.
    pub items: u8,
    /// Of the rows of a page of a listing.
    pub page: u8,
}

impl Default for Batch {
    fn default() -> Self {
        Self::FULL
    }
}

impl Batch {
    /// All of it.
    pub const FULL: Self = Self {
        items: 100,
        page: 100,
    };
    /// As little as helps.
    pub const LEAST: Self = Self {
        items: 10,
        page: 25,
    };

    /// So many of at most `most`, at least one.
    pub fn of(percent: u8, most: usize) -> usize {
        (most.saturating_mul(usize::from(percent)) / 100).max(1)
    }
}

/// What is left of a service's limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Requests left in the window; none = no limit known.
    pub requests: Option<(u64, u64)>,
}

impl Left {
    /// Whether less than a fifth is left: then the next look may wait longer.
    fn is_low(self) -> bool {
        self.requests
            .is_some_and(|(left, all)| all > 0 && left.saturating_mul(5) < all)
    }
}

/// How a run ended, as far as the next one depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is left to do.
    InStep,
    /// So many items are still queued, and could go on at once.
    Backlog(u64),
    /// A service's limit.
    Limited {
        /// Whose.
        side: Side,
        /// Not before this time.
        until: Time,
        /// Which one.
        note: String,
    },
    /// A side cannot be used.
    Failed {
        /// What happened and what to do.
        message: String,
        /// Tried again after so many milliseconds.
        again: i64,
    },
    /// The store cannot be used.
    StoreAway {
        /// Its name, for people.
        store: String,
        /// How it cannot be used.
        trouble: Trouble,
        /// What happened and what to do.
        message: String,
        /// Tried again after so many milliseconds.
        again: i64,
    },
    /// Somebody else runs the link.
    Busy {
        /// Who.
        holder: String,
        /// Until when at most.
        until: Time,
    },
}

/// What happens now.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision<A> {
    /// This link runs.
    Run {
        /// Which one.
        link: usize,
        /// What somebody asked for; none = it was due.
        ask: Option<A>,
        /// How much of it.
        batch: Batch,
        /// Why now.
        why: Reason,
    },
    /// Nothing runs before this time, unless something new comes in.
    Wait(Time),
}

/// When one link runs next, and why then.
#[derive(Clone, Debug)]
struct Line {
    /// When it is due, the machine willing.
    at: Time,
    /// What that is counted from.
    from: Time,
    why: Reason,
    /// Not before this time whoever asks: a service said so.
    limit: Option<(Time, Side)>,
    deferred: Option<Deferral>,
}

/// A run that is due and put off by the machine's load.
#[derive(Clone, Debug)]
struct Deferral {
    since: Time,
    /// When it is looked at again.
    check: Time,
    /// What it was put off for at first.
    first: Reason,
    /// What for now.
    cause: Reason,
}

/// When the links run. `A` is what somebody may ask of a run.
#[derive(Clone, Debug)]
pub struct Schedule<A> {
    timetable: Timetable,
    pressure: Pressure,
    lines: Vec<Line>,
    asked: VecDeque<(usize, A)>,
    focused: bool,
    paused: Option<Time>,
    read_only: bool,
    store_away: Option<(Time, String)>,
    left: [Left; 2],
    heard: Time,
}

impl<A: Clone> Schedule<A> {
    /// A schedule in which every link is due now.
    pub fn new(timetable: Timetable, links: usize, now: Time) -> Self {
        let line = Line {
            at: now,
            from: now,
            why: Reason::Start,
            limit: None,
            deferred: None,
        };
        Self {
            timetable,
            pressure: Pressure::new(timetable),
            lines: vec![line; links],
            asked: VecDeque::new(),
            focused: false,
            paused: None,
            read_only: false,
            store_away: None,
            left: [Left::default(); 2],
            heard: now,
        }
    }

    /// Takes a sample of the machine in.
    pub fn sampled(&mut self, load: Load) {
        self.pressure.sampled(load);
    }

    /// How the machine stands.
    pub const fn pressure(&self) -> &Pressure {
        &self.pressure
    }

    /// Takes in what is left of both services' limits.
    pub const fn budgets(&mut self, left: [Left; 2]) {
        self.left = left;
    }

    /// Says whether somebody looks.
    pub const fn focus(&mut self, on: bool) {
        self.focused = on;
    }

    /// Says whether writing is paused, and since when. Reading goes on.
    pub const fn pause(&mut self, since: Option<Time>) {
        self.paused = since;
    }

    /// Says whether nothing may be synced at all: then only what is asked for runs.
    pub const fn read_only(&mut self, on: bool) {
        self.read_only = on;
    }

    /// Somebody asks for a run; it goes first.
    pub fn ask(&mut self, link: usize, ask: A) {
        self.asked.push_back((link, ask));
    }

    /// What was asked for and has not begun, in order.
    pub fn asked(&self) -> impl Iterator<Item = &(usize, A)> {
        self.asked.iter()
    }

    /// Something may have changed: the link is due now.
    pub fn hint(&mut self, link: usize, now: Time) {
        self.due(link, now, Reason::Hint);
    }

    /// What waited for a person may go on: every link is due now.
    pub fn resume(&mut self, now: Time) {
        for link in 0..self.lines.len() {
            self.due(link, now, Reason::Resumed);
        }
    }

    /// The store cannot be used: what is due is tried again after `again` milliseconds, and what waits says so. What a
    /// service limits waits for that.
    pub fn store_away(
        &mut self,
        store: &str,
        trouble: Trouble,
        since: Time,
        now: Time,
        again: i64,
    ) {
        let until = now.plus(again.min(self.timetable.interval));
        for line in &mut self.lines {
            let is_it = |why: &Reason| matches!(why, Reason::StoreAway { trouble: known, .. } if *known == trouble);
            let is_told = is_it(&line.why) && line.at > now;
            let is_limited = line.limit.is_some_and(|(limit, _)| limit > now);
            if is_told || is_limited {
                continue;
            }
            let store = store.to_owned();
            (line.at, line.from, line.deferred) = (until, now, None);
            line.why = Reason::StoreAway {
                store,
                trouble,
                since,
            };
        }
    }

    fn due(&mut self, link: usize, now: Time, why: Reason) {
        if let Some(line) = self.lines.get_mut(link)
            && line.at > now
        {
            (line.at, line.from, line.why) = (now, now, why);
        }
    }

    /// The link's run has ended. `roll` is chance: any number.
    pub fn ended(
        &mut self,
        link: usize,
        now: Time,
        ended: Ended,
        next_due: Option<Time>,
        roll: u64,
    ) {
        self.heard = now;
        if !matches!(ended, Ended::StoreAway { .. }) {
            self.store_away = None;
        }
        let soonest = now.plus(self.timetable.breath);
        let regular = now.plus(self.jittered(roll));
        let mut limit = None;
        let (at, why) = match ended {
            Ended::InStep => (regular, Reason::Interval),
            Ended::Backlog(items) => (soonest, Reason::Backlog(items)),
            Ended::Limited { side, until, note } => {
                let until = until.max(soonest);
                limit = Some((until, side));
                (until, Reason::Limit { side, note })
            }
            Ended::Failed { message, again } => {
                (now.plus(again).min(regular), Reason::Failed(message))
            }
            Ended::StoreAway {
                store,
                trouble,
                message,
                again,
            } => {
                let since = self.store_away.get_or_insert((now, message)).0;
                (
                    now.plus(again).min(regular),
                    Reason::StoreAway {
                        store,
                        trouble,
                        since,
                    },
                )
            }
            Ended::Busy { holder, until } => (until.max(soonest), Reason::Busy(holder)),
        };
        let is_bound = matches!(
            why,
            Reason::Limit { .. } | Reason::StoreAway { .. } | Reason::Busy(_)
        );
        let sooner = next_due.filter(|due| *due < at && !is_bound);
        let (at, why) = sooner.map_or((at, why), |due| (due.max(soonest), Reason::DueAgain));
        if let Some(line) = self.lines.get_mut(link) {
            *line = Line {
                at,
                from: now,
                why,
                limit,
                deferred: None,
            };
        }
    }

    /// The interval, give or take the jitter.
    fn jittered(&self, roll: u64) -> i64 {
        let span = self
            .timetable
            .interval
            .saturating_mul(self.timetable.jitter)
            / 100;
        let width = u64::try_from(span.saturating_mul(2)).unwrap_or(0) + 1;
        let drawn = i64::try_from(roll % width).unwrap_or(0);
        self.timetable.interval - span + drawn
    }

    /// Says what happens now.
    pub fn decide(&mut self, now: Time) -> Decision<A> {
        self.wake_up(now);
        let free = |(link, _): &(usize, A)| {
            let limit = self.lines.get(*link).and_then(|line| line.limit);
            limit.is_none_or(|(until, _)| until <= now)
        };
        if let Some(at) = self.asked.iter().position(free)
            && let Some((link, ask)) = self.asked.remove(at)
        {
            return Decision::Run {
                link,
                ask: Some(ask),
                batch: self.pressure.forced_batch(),
                why: Reason::Asked,
            };
        }
        if self.read_only {
            return Decision::Wait(now.plus(self.timetable.interval));
        }
        let mut order: Vec<usize> = (0..self.lines.len()).collect();
        // Who waits longest goes first; a link that always has more to do falls behind those that became due before.
        order.sort_by_key(|link| (self.next(*link), *link));
        for link in order {
            if self.next(link) > now {
                break;
            }
            if let Some(run) = self.due_run(link, now) {
                return run;
            }
        }
        Decision::Wait(self.wake_at(now))
    }

    /// The run of a link that is due, unless the machine is too busy for it.
    fn due_run(&mut self, link: usize, now: Time) -> Option<Decision<A>> {
        let overdue = now >= self.deadline(link);
        let slot = self.lines.get_mut(link)?;
        if let Some(deferral) = &slot.deferred
            && now < deferral.check
            && !overdue
        {
            return None;
        }
        let Some(cause) = self.pressure.defers() else {
            let why = match &slot.deferred {
                Some(deferral) => Reason::Deferred {
                    lasted: now.since(deferral.since),
                    cause: Box::new(deferral.first.clone()),
                },
                None => slot.why.clone(),
            };
            return Some(Decision::Run {
                link,
                ask: None,
                batch: self.pressure.batch(),
                why,
            });
        };
        let (since, first) = match slot.deferred.take() {
            Some(deferral) => (deferral.since, deferral.first),
            None => (now, cause.clone()),
        };
        if overdue {
            return Some(Decision::Run {
                link,
                ask: None,
                batch: Batch::LEAST,
                why: Reason::Longest { since },
            });
        }
        slot.deferred = Some(Deferral {
            since,
            check: now.plus(self.timetable.check_again),
            first,
            cause,
        });
        None
    }

    /// One run for all that was missed while the machine slept.
    fn wake_up(&mut self, now: Time) {
        let away = now.since(self.heard);
        self.heard = now;
        if away > self.timetable.asleep {
            for link in 0..self.lines.len() {
                if self.lines[link].limit.is_none_or(|(until, _)| until <= now) {
                    self.due(link, now, Reason::Woke { away });
                }
            }
        }
        // Nothing is put off for longer than it may be: the clock was set back.
        let most = now.plus(self.timetable.interval.max(LONGEST_WAIT_MS));
        for line in &mut self.lines {
            line.from = line.from.min(now);
            line.at = line.at.min(most);
            line.limit = line.limit.map(|(until, side)| (until.min(most), side));
            if let Some(deferral) = &mut line.deferred {
                deferral.since = deferral.since.min(now);
                deferral.check = deferral.check.min(now.plus(self.timetable.check_again));
            }
        }
    }

    /// When a link is due: a regular look comes sooner while somebody looks, and later while the machine is busy.
    fn next(&self, link: usize) -> Time {
        let Some(slot) = self.lines.get(link) else {
            return Time(i64::MAX);
        };
        if !matches!(slot.why, Reason::Interval) {
            return slot.at;
        }
        let mut wait = slot.at.since(slot.from);
        if self.focused {
            wait = wait.min(self.timetable.attention);
        }
        let stretched = slot.from.plus(stretched(wait, self.stretch()));
        stretched.min(self.deadline(link))
    }

    /// By how much regular looks are further apart now, in percent.
    fn stretch(&self) -> i64 {
        let budgets = if self.left.iter().any(|left| left.is_low()) {
            200
        } else {
            100
        };
        self.pressure.stretch().max(budgets)
    }

    /// When a link runs whatever the machine says.
    fn deadline(&self, link: usize) -> Time {
        self.lines.get(link).map_or(Time(i64::MAX), |line| {
            line.at.plus(self.timetable.longest_ms())
        })
    }

    /// When the next decision can be another one.
    fn wake_at(&self, now: Time) -> Time {
        let lines = (0..self.lines.len()).map(|link| {
            let deferred = self.lines[link].deferred.as_ref();
            let next = self.next(link);
            match deferred {
                Some(deferral) if next <= now => deferral.check.min(self.deadline(link)),
                _ => next,
            }
        });
        let limits = self.asked.iter().filter_map(|(link, _)| {
            let line = self.lines.get(*link)?;
            line.limit.map(|(until, _)| until)
        });
        lines
            .chain(limits)
            .min()
            .unwrap_or_else(|| now.plus(self.timetable.interval))
            .max(now)
    }

    /// What a link waits for, and until when.
    pub fn waiting(&self, link: usize, now: Time) -> Waiting {
        let next = self.next(link);
        let Some(slot) = self.lines.get(link) else {
            return Waiting {
                until: next,
                reason: Reason::Interval,
            };
        };
        let is_asked = self.asked.iter().any(|(asked, _)| *asked == link);
        if let Some((until, side)) = slot.limit.filter(|(until, _)| is_asked && *until > now) {
            let note = "what you asked for goes first then".to_owned();
            let reason = Reason::Limit { side, note };
            return Waiting { until, reason };
        }
        match &slot.deferred {
            Some(deferral) if next <= now => Waiting {
                until: deferral.check.min(self.deadline(link)),
                // The pause lasts longer than whatever defers.
                reason: self.overruled().unwrap_or_else(|| deferral.cause.clone()),
            },
            _ => Waiting {
                until: next,
                reason: self.reason(slot),
            },
        }
    }

    /// What keeps every link from writing until a person says otherwise, and so is said first.
    fn overruled(&self) -> Option<Reason> {
        if self.read_only {
            return Some(Reason::ReadOnly);
        }
        self.paused.map(|since| Reason::Paused { since })
    }

    /// Why a link is due when it is.
    fn reason(&self, line: &Line) -> Reason {
        if let Some(reason) = self.overruled() {
            return reason;
        }
        if !matches!(line.why, Reason::Interval) {
            return line.why.clone();
        }
        if self.stretch() > 100 {
            let cause = self.pressure.strongest();
            return Reason::Stretched {
                percent: self.stretch(),
                cause: cause.map(Box::new),
            };
        }
        if self.focused && self.timetable.attention < line.at.since(line.from) {
            return Reason::Attention;
        }
        Reason::Interval
    }
}

/// No link waits longer than this, or than its interval, whatever the wall clock says, in milliseconds.
const LONGEST_WAIT_MS: i64 = 2 * 3_600_000;

const fn stretched(wait: i64, percent: i64) -> i64 {
    wait.saturating_mul(percent) / 100
}
