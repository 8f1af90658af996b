//! Request budgets: the primary limit per hour and the secondary limits per minute.

use std::collections::{BTreeMap, VecDeque};

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
/// What the headers show where a limit is switched off.
const UNLIMITED: u64 = 1_000_000;

/// The limits in force; `None` switches one off. The defaults are those of github.com
/// ("Rate limits for the REST API", 2026).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests an hour of a signed-in user.
    pub core: Option<u64>,
    /// Requests an hour of everybody without a token.
    pub anonymous: Option<u64>,
    /// GraphQL points an hour.
    pub graphql: Option<u64>,
    /// Searches a minute.
    pub search: Option<u64>,
    /// Writes a minute, then 403 with `Retry-After`.
    pub writes_per_minute: Option<u64>,
    /// Writes an hour, then 403 with `Retry-After`.
    pub writes_per_hour: Option<u64>,
    /// Points a minute (read 1, write 5), then 403 with `Retry-After`.
    pub points_per_minute: Option<u64>,
}

impl Limits {
    /// The limits of github.com.
    pub fn github() -> Self {
        Self {
            core: Some(5_000),
            anonymous: Some(60),
            graphql: Some(5_000),
            search: Some(30),
            writes_per_minute: Some(80),
            writes_per_hour: Some(500),
            points_per_minute: Some(900),
        }
    }

    /// No limits at all.
    pub fn none() -> Self {
        Self {
            core: None,
            anonymous: None,
            graphql: None,
            search: None,
            writes_per_minute: None,
            writes_per_hour: None,
            points_per_minute: None,
        }
    }
}

/// A budget of its own in the headers (`x-ratelimit-resource`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    Core,
    Search,
    Graphql,
}

impl Resource {
    pub(crate) fn of(path: &str) -> Self {
        match path {
            "/graphql" => Self::Graphql,
            path if path.starts_with("/search/") => Self::Search,
            _ => Self::Core,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Search => "search",
            Self::Graphql => "graphql",
        }
    }

    fn window(self) -> i64 {
        if self == Self::Search { MINUTE } else { HOUR }
    }
}

/// How much of a budget is left; `reset` in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) limit: u64,
    pub(crate) used: u64,
    pub(crate) reset: i64,
}

impl Left {
    pub(crate) fn remaining(self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

/// A request over a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// The hour is used up.
    Primary,
    /// Too fast; come back after so many seconds.
    Secondary(i64),
}

/// What one user has used.
#[derive(Debug, Default, Clone)]
struct Used {
    windows: BTreeMap<Resource, (i64, u64)>,
    writes: VecDeque<i64>,
    points: VecDeque<(i64, u64)>,
}

/// The budgets of all users, by login; anonymous callers share one.
#[derive(Debug, Default, Clone)]
pub(crate) struct Budgets(BTreeMap<String, Used>);

impl Budgets {
    /// Says how much is left of a budget.
    pub(crate) fn left(
        &self,
        limits: &Limits,
        who: Option<&str>,
        what: Resource,
        now: i64,
    ) -> Left {
        let limit = match (what, who) {
            (Resource::Core, Some(_)) => limits.core,
            (Resource::Core, None) => limits.anonymous,
            (Resource::Search, _) => limits.search,
            (Resource::Graphql, _) => limits.graphql,
        };
        let window = self
            .0
            .get(who.unwrap_or_default())
            .and_then(|used| used.windows.get(&what));
        let (start, used) = match window {
            Some((start, used)) if now < start + what.window() => (*start, *used),
            _ => (now, 0),
        };
        let used = if limit.is_some() { used } else { 0 };
        Left {
            limit: limit.unwrap_or(UNLIMITED),
            used,
            reset: start + what.window(),
        }
    }

    /// Asks whether a request may go on, and counts it against the secondary limits if so.
    pub(crate) fn admit(
        &mut self,
        limits: &Limits,
        who: Option<&str>,
        what: Resource,
        writes: bool,
        now: i64,
    ) -> Result<(), Over> {
        if self.left(limits, who, what, now).remaining() == 0 {
            return Err(Over::Primary);
        }
        let used = self
            .0
            .entry(who.unwrap_or_default().to_owned())
            .or_default();
        used.writes.retain(|at| *at > now - HOUR);
        used.points.retain(|(at, _)| *at > now - MINUTE);
        if writes {
            used.check_writes(limits, now)?;
        }
        let cost = if writes { 5 } else { 1 };
        let spent: u64 = used.points.iter().map(|(_, cost)| cost).sum();
        if limits
            .points_per_minute
            .is_some_and(|limit| spent + cost > limit)
        {
            let oldest = used.points.front().map_or(now, |(at, _)| *at);
            return Err(Over::Secondary(seconds_until(oldest + MINUTE, now)));
        }
        used.points.push_back((now, cost));
        if writes {
            used.writes.push_back(now);
        }
        Ok(())
    }

    /// Counts a request against the primary limit.
    pub(crate) fn charge(&mut self, who: Option<&str>, what: Resource, now: i64) {
        let used = self
            .0
            .entry(who.unwrap_or_default().to_owned())
            .or_default();
        let (start, count) = used.windows.entry(what).or_insert((now, 0));
        if now >= *start + what.window() {
            (*start, *count) = (now, 0);
        }
        *count += 1;
    }
}

impl Used {
    fn check_writes(&self, limits: &Limits, now: i64) -> Result<(), Over> {
        for (limit, window) in [
            (limits.writes_per_minute, MINUTE),
            (limits.writes_per_hour, HOUR),
        ] {
            let recent: Vec<i64> = self
                .writes
                .iter()
                .copied()
                .filter(|at| *at > now - window)
                .collect();
            if limit.is_some_and(|limit| recent.len() as u64 >= limit) {
                let oldest = recent.first().copied().unwrap_or(now);
                return Err(Over::Secondary(seconds_until(oldest + window, now)));
            }
        }
        Ok(())
    }
}

fn seconds_until(then: i64, now: i64) -> i64 {
    (then - now).max(0) / 1000 + 1
}
