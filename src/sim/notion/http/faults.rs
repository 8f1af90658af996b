//! Bad days on order: rules that make chosen requests go wrong.

use axum::http::Method;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An error answer; nothing is applied.
    Status(u16, &'static str),
    /// 429 with `Retry-After` in seconds and a reason; nothing is applied.
    RateLimited(u64, &'static str),
    /// 503, but the change was saved; the answer names what was made.
    Committed,
    /// The connection is cut before the request is applied.
    DropBefore,
    /// The connection is cut after the request was applied.
    DropAfter,
    /// The connection is cut at once and the request is applied so many milliseconds later.
    Late(u64),
    /// The request arrives twice, as some proxies send one; the second answer comes.
    Twice,
    /// Right before the request a person replaces these words in the page's text.
    Raced(&'static str, &'static str),
    /// The answer comes so many milliseconds late; the request is applied at once.
    Delay(u64),
    /// The request is applied and half of the JSON answer comes.
    Truncated,
    /// An HTML page with this status, as from a proxy at the edge; nothing is applied.
    Html(u16),
    /// The request is applied and the answer is padded to so many megabytes.
    Giant(usize),
}

/// Which requests go wrong, and how.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Only this method; any when none.
    pub method: Option<Method>,
    /// The beginning of the path, or a glob when it has a `*` (`/v1/pages/*/markdown`).
    pub path: String,
    /// How many matching requests go well first.
    pub skip: u32,
    /// How many go wrong after that.
    pub times: u32,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Rule {
    /// Makes the next matching request go wrong, once.
    pub fn once(method: Method, path: &str, kind: FaultKind) -> Self {
        Self {
            method: Some(method),
            path: path.to_owned(),
            skip: 0,
            times: 1,
            kind,
        }
    }

    /// Makes every request below a path go wrong until the rule is removed.
    pub fn always(path: &str, kind: FaultKind) -> Self {
        Self {
            method: None,
            path: path.to_owned(),
            skip: 0,
            times: u32::MAX,
            kind,
        }
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        if self.method.as_ref().is_some_and(|wanted| wanted != method) {
            return false;
        }
        if !self.path.contains('*') {
            return path.starts_with(&self.path);
        }
        glob::Pattern::new(&self.path).is_ok_and(|pattern| pattern.matches(path))
    }
}

/// The rules in force, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vec<Rule>,
}

impl Faults {
    /// Adds a rule.
    pub fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Whether everything that was to go wrong has gone wrong.
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Removes every rule.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// Says what goes wrong with a request, and uses the rule up by one.
    pub(super) fn pick(&mut self, method: &Method, path: &str) -> Option<FaultKind> {
        let at = self
            .rules
            .iter()
            .position(|rule| rule.matches(method, path))?;
        let rule = &mut self.rules[at];
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        let kind = rule.kind.clone();
        rule.times = match rule.times {
            u32::MAX => u32::MAX,
            times => times.saturating_sub(1),
        };
        if rule.times == 0 {
            self.rules.remove(at);
        }
        Some(kind)
    }
}

/// A fixed window of requests, as Notion counts them for each connection (reference/request-limits).
#[derive(Clone, Debug)]
pub struct Limiter {
    /// Requests a window allows; `None` lets everything pass.
    pub most: Option<u32>,
    /// Length of the window in milliseconds.
    pub window: i64,
    started: i64,
    used: u32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            most: Some(180),
            window: 60_000,
            started: i64::MIN / 2,
            used: 0,
        }
    }
}

impl Limiter {
    /// Counts a request; gives the seconds to wait when the window is used up.
    pub(super) fn take(&mut self, now: i64) -> Result<(), u64> {
        let Some(most) = self.most else {
            return Ok(());
        };
        if now - self.started >= self.window || now < self.started {
            self.started = now;
            self.used = 0;
        }
        if self.used < most {
            self.used += 1;
            return Ok(());
        }
        let left = self.started + self.window - now;
        Err(u64::try_from(left).unwrap_or(0).div_ceil(1_000).max(1))
    }
}
