//! The request budget of one token: what may be sent now, and when the rest may be.
//!
//! Pure: `now` is always an argument. Both services are served by *rolling* windows that may be spent in one burst.
//! Notion counts in fixed windows of 60 s whose phase nobody tells us; a rolling window of the same length is the
//! fastest schedule that fits every phase, so a steady run never meets a 429. A request counts from its answer, not
//! from its sending, because it may have arrived at any time in between.
//!
//! What is learned: GitHub says its hourly limit with every answer. Notion says nothing until it refuses, so its
//! limit comes from the configuration and is lowered for a while when it refuses twice although we kept to it
//! (somebody else uses the same connection). It is never raised: no answer tells a larger plan, and probing upward
//! would only buy 429s.

mod memory;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

pub use memory::Memory;

use super::signals::{Primary, Refusal, Signals};
use crate::core::Time;
use crate::remote::Budget;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// A request without an answer is no longer counted as on its way after this.
const FLIGHT: i64 = 2 * MINUTE;
/// How long a lowered limit lasts, and how near two refusals must be to lower it.
const LEARNED_FOR: i64 = 10 * MINUTE;

/// What a request spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spend {
    /// A read: one point.
    Read,
    /// A write: five points on GitHub, which limits writes further.
    Write,
    /// A GraphQL query: one point, and one of GraphQL's own hourly budget.
    Query,
}

impl Spend {
    const fn points(self) -> u32 {
        match self {
            Self::Read | Self::Query => 1,
            Self::Write => 5,
        }
    }

    const fn writes(self) -> bool {
        matches!(self, Self::Write)
    }

    /// Index of the hourly budget it is taken from.
    const fn resource(self) -> usize {
        match self {
            Self::Query => 1,
            _ => 0,
        }
    }
}

/// What a rolling window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Every request as one.
    Requests,
    /// Points.
    Points,
    /// Writes.
    Writes,
}

impl Counts {
    const fn of(self, spend: Spend) -> u32 {
        match (self, spend) {
            (Self::Requests, _) | (Self::Writes, Spend::Write) => 1,
            (Self::Points, spend) => spend.points(),
            (Self::Writes, _) => 0,
        }
    }
}

/// At most `limit` within any `ms` milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolling {
    /// The window's length in milliseconds.
    pub ms: i64,
    /// How much fits.
    pub limit: u32,
    /// What is counted.
    pub counts: Counts,
    /// The limit's name, for people.
    pub name: &'static str,
}

/// A service's published limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// All of these hold at once.
    pub rolling: Vec<Rolling>,
    /// At least this many milliseconds between two writes.
    pub write_gap: i64,
    /// How long to pause after a limit that names no time; doubles with each in a row, at most an hour.
    pub least_pause: i64,
    /// Whether the limit is only known from configuration, so that refusals lower it.
    pub learns: bool,
}

impl Rules {
    /// Notion: `per_minute` requests in 60 s (180, on business plans 600), in one burst if wanted.
    pub fn notion(per_minute: u32) -> Self {
        Self {
            rolling: vec![Rolling {
                ms: MINUTE,
                limit: per_minute.max(1),
                counts: Counts::Requests,
                name: "Notion's requests a minute",
            }],
            write_gap: 0,
            least_pause: SECOND,
            learns: true,
        }
    }

    /// GitHub's secondary limits ("Rate limits for the REST API", 2026): 900 points a minute, 80 content-generating
    /// requests a minute and 500 an hour, a second between writes. Which writes generate content is not said, so all
    /// count. The hourly limit of requests comes with the answers.
    pub fn github() -> Self {
        let rolling = |ms, limit, counts, name| Rolling {
            ms,
            limit,
            counts,
            name,
        };
        Self {
            rolling: vec![
                rolling(MINUTE, 900, Counts::Points, "GitHub's points a minute"),
                rolling(MINUTE, 80, Counts::Writes, "GitHub's writes a minute"),
                rolling(HOUR, 500, Counts::Writes, "GitHub's writes an hour"),
            ],
            write_gap: SECOND,
            least_pause: MINUTE,
            learns: false,
        }
    }

    /// No limit of our own: what the service itself refuses still pauses. For a service without limits.
    pub const fn none() -> Self {
        Self {
            rolling: Vec::new(),
            write_gap: 0,
            least_pause: SECOND,
            learns: false,
        }
    }

    /// The same rules without the pause between writes: for small services on loopback.
    #[must_use]
    pub fn without_gap(mut self) -> Self {
        self.write_gap = 0;
        self
    }

    /// How long a request has to be remembered.
    fn keep(&self, spend: Spend) -> i64 {
        let counting = self
            .rolling
            .iter()
            .filter(|rolling| rolling.counts.of(spend) > 0);
        counting.map(|rolling| rolling.ms).max().unwrap_or(0)
    }
}

/// Why nothing may be sent before a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Not before this time.
    pub until: Time,
    /// Which limit, for people.
    pub reason: String,
}

/// Names an admitted request, to report its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

#[derive(Clone, Copy, Debug)]
struct Sent {
    ticket: u64,
    at: Time,
    spend: Spend,
    answered: bool,
}

/// The budget of one token.
#[derive(Clone, Debug)]
pub struct Window {
    rules: Rules,
    sent: VecDeque<Sent>,
    primary: [Option<Primary>; 2],
    paused: Option<Wait>,
    strikes: u32,
    last_write: Option<Time>,
    refused_at: Option<Time>,
    learned: Option<(u32, Time)>,
    latest: Time,
    made: u64,
}

impl Window {
    /// A fresh budget.
    pub const fn new(rules: Rules) -> Self {
        Self {
            rules,
            sent: VecDeque::new(),
            primary: [None, None],
            paused: None,
            strikes: 0,
            last_write: None,
            refused_at: None,
            learned: None,
            latest: Time(i64::MIN),
            made: 0,
        }
    }

    /// Takes a request's cost from the budget.
    ///
    /// # Errors
    /// The limit that forbids it and when to come back; nothing is taken then.
    pub fn admit(&mut self, now: Time, spend: Spend) -> Result<Ticket, Wait> {
        self.advance(now);
        if let Some(wait) = self.forbids(now, spend) {
            return Err(wait);
        }
        self.made += 1;
        let ticket = self.made;
        self.sent.push_back(Sent {
            ticket,
            at: now,
            spend,
            answered: false,
        });
        if spend.writes() {
            self.last_write = Some(now);
        }
        if let Some(primary) = &mut self.primary[spend.resource()] {
            primary.left = primary.left.saturating_sub(1);
        }
        Ok(Ticket(ticket))
    }

    /// Learns from an answer. A pause that a service asked for is only ever lengthened.
    pub fn answered(&mut self, now: Time, ticket: Ticket, signals: &Signals) {
        self.advance(now);
        let Some(spend) = self.settle(now, ticket) else {
            return;
        };
        if let Some(primary) = signals.primary {
            let flying = self.flying(now, spend.resource());
            self.primary[spend.resource()] = Some(Primary {
                left: primary.left.saturating_sub(flying),
                ..primary
            });
        }
        match &signals.refusal {
            Some(refusal) => self.refused(now, refusal),
            None => self.strikes = 0,
        }
        if let Some((pause, reason)) = &signals.rest {
            self.rest(Wait {
                until: now.plus(*pause),
                reason: reason.clone(),
            });
        }
    }

    /// Sends nothing before a time. A pause that is in force is only ever lengthened.
    fn rest(&mut self, wait: Wait) {
        if self
            .paused
            .as_ref()
            .is_none_or(|ours| ours.until < wait.until)
        {
            self.paused = Some(wait);
        }
    }

    /// Notes that a request got no answer; it may have been counted by the service.
    pub fn lost(&mut self, now: Time, ticket: Ticket) {
        self.advance(now);
        self.settle(now, ticket);
    }

    /// The pause that is in force.
    pub fn pause(&self, now: Time) -> Option<&Wait> {
        self.paused.as_ref().filter(|wait| wait.until > now)
    }

    /// What is left, for people and for the engine: GitHub's hourly budget, else the first rolling window.
    pub fn budget(&self, now: Time) -> Budget {
        let blocked = self.pause(now).map(|wait| wait.until);
        let (limit, left, resets_at) = match self.primary[0] {
            Some(primary) if primary.resets_at > now => {
                (primary.limit, primary.left, Some(primary.resets_at))
            }
            Some(primary) => (primary.limit, primary.limit, None),
            None if self.rules.learns => self.first_window(now),
            None => (0, 0, None),
        };
        // A window that is used up may last longer than the pause; what is left of one is there again after it.
        let ends_at = blocked.max(resets_at.filter(|_| blocked.is_none() || left == 0));
        Budget {
            limit,
            left: if blocked.is_some() { 0 } else { left },
            resets_at: ends_at,
            asked: blocked.is_some() && ends_at == blocked,
            made: self.made,
        }
    }

    fn first_window(&self, now: Time) -> (u32, u32, Option<Time>) {
        let Some(rolling) = self.rules.rolling.first() else {
            return (0, 0, None);
        };
        let limit = self.limit(rolling, now);
        let resets_at = self.used_since(now, rolling).map(|at| at.plus(rolling.ms));
        (
            limit,
            limit.saturating_sub(self.used(now, rolling)),
            resets_at,
        )
    }

    fn forbids(&self, now: Time, spend: Spend) -> Option<Wait> {
        if let Some(wait) = self.pause(now) {
            return Some(wait.clone());
        }
        if let Some(primary) = self.primary[spend.resource()]
            && primary.left == 0
            && primary.resets_at > now
        {
            return Some(Wait {
                until: primary.resets_at,
                reason: format!("the hourly limit of {} requests is used up", primary.limit),
            });
        }
        let rolling = self
            .rules
            .rolling
            .iter()
            .filter_map(|rolling| self.full(now, rolling, spend))
            .max_by_key(|wait| wait.until);
        rolling.or_else(|| self.too_soon(now, spend))
    }

    fn too_soon(&self, now: Time, spend: Spend) -> Option<Wait> {
        let until = self
            .last_write
            .filter(|_| spend.writes())?
            .plus(self.rules.write_gap);
        (until > now).then(|| Wait {
            until,
            reason: "a pause between two writes".to_owned(),
        })
    }

    /// The wait until enough of a rolling window has passed for `spend` to fit.
    fn full(&self, now: Time, rolling: &Rolling, spend: Spend) -> Option<Wait> {
        let cost = rolling.counts.of(spend);
        let limit = self.limit(rolling, now).max(cost);
        let mut over = (self.used(now, rolling) + cost).saturating_sub(limit);
        if cost == 0 || over == 0 {
            return None;
        }
        let mut counted: Vec<_> = self.inside(now, rolling).collect();
        counted.sort_by_key(|sent| sent.at);
        let mut until = now;
        for sent in counted {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(rolling.counts.of(sent.spend));
            until = sent.at.plus(rolling.ms);
        }
        Some(Wait {
            until,
            reason: format!("{} ({limit}) are used up", rolling.name),
        })
    }

    fn inside<'a>(&'a self, now: Time, rolling: &'a Rolling) -> impl Iterator<Item = &'a Sent> {
        self.sent.iter().filter(move |sent| {
            now.since(sent.at) < rolling.ms && rolling.counts.of(sent.spend) > 0
        })
    }

    fn used(&self, now: Time, rolling: &Rolling) -> u32 {
        self.inside(now, rolling)
            .map(|sent| rolling.counts.of(sent.spend))
            .sum()
    }

    fn used_since(&self, now: Time, rolling: &Rolling) -> Option<Time> {
        self.inside(now, rolling).map(|sent| sent.at).min()
    }

    fn limit(&self, rolling: &Rolling, now: Time) -> u32 {
        match self.learned {
            Some((limit, until)) if until > now && rolling.counts == Counts::Requests => {
                limit.min(rolling.limit)
            }
            _ => rolling.limit,
        }
    }

    fn settle(&mut self, now: Time, ticket: Ticket) -> Option<Spend> {
        let sent = self.sent.iter_mut().find(|sent| sent.ticket == ticket.0)?;
        sent.answered = true;
        sent.at = now;
        Some(sent.spend)
    }

    fn flying(&self, now: Time, resource: usize) -> u32 {
        let flying = self.sent.iter().filter(|sent| {
            !sent.answered && sent.spend.resource() == resource && now.since(sent.at) < FLIGHT
        });
        u32::try_from(flying.count()).unwrap_or(u32::MAX)
    }

    fn refused(&mut self, now: Time, refusal: &Refusal) {
        let pause = refusal.pause.unwrap_or_else(|| {
            let doubled = self.rules.least_pause << self.strikes.min(12);
            doubled.min(HOUR)
        });
        self.strikes = self.strikes.saturating_add(1);
        self.rest(Wait {
            until: now.plus(pause.max(0)),
            reason: refusal.reason.clone(),
        });
        if self.rules.learns && refusal.ours {
            self.learn(now);
        }
    }

    fn learn(&mut self, now: Time) {
        let again = self
            .refused_at
            .is_some_and(|at| now.since(at) < LEARNED_FOR && now.since(at) >= MINUTE / 2);
        if let Some(rolling) = self.rules.rolling.first().filter(|_| again) {
            let floor = (rolling.limit / 4).max(1);
            let accepted = self.used(now, rolling).saturating_sub(1);
            let limit = accepted.clamp(floor, rolling.limit);
            self.learned = Some((limit, now.plus(LEARNED_FOR)));
        }
        self.refused_at = Some(now);
    }

    /// Forgets what has passed; when the clock was set back, everything remembered moves back with it.
    fn advance(&mut self, now: Time) {
        let back = self.latest.since(now);
        if self.latest.0 != i64::MIN && back > 0 {
            self.move_back(back);
        }
        self.latest = now;
        let rules = &self.rules;
        self.sent.retain(|sent| {
            let keep = rules.keep(sent.spend);
            now.since(sent.at)
                < if sent.answered {
                    keep
                } else {
                    keep.max(FLIGHT)
                }
        });
    }

    fn move_back(&mut self, ms: i64) {
        for sent in &mut self.sent {
            sent.at = sent.at.minus(ms);
        }
        for primary in self.primary.iter_mut().flatten() {
            primary.resets_at = primary.resets_at.minus(ms);
        }
        if let Some(wait) = &mut self.paused {
            wait.until = wait.until.minus(ms);
        }
        self.last_write = self.last_write.map(|at| at.minus(ms));
        self.refused_at = self.refused_at.map(|at| at.minus(ms));
        self.learned = self.learned.map(|(limit, at)| (limit, at.minus(ms)));
    }
}

#[cfg(test)]
mod tests;
