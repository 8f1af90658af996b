//! Bad days on order: rules that spoil the next matching requests.

use std::time::Duration;

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// Answers this status without doing anything; with `Retry-After` seconds if given.
    Status(u16, Option<u64>),
    /// Answers the 422 of content that was made too fast, without doing anything; with `Retry-After` seconds if given.
    TooQuick(Option<u64>),
    /// Does it, then answers this status.
    StatusAfter(u16),
    /// Closes the connection without doing anything.
    DropBefore,
    /// Does it, then closes the connection without an answer.
    DropAfter,
    /// Does it, then cuts the JSON in half.
    Truncated,
    /// Does it, then answers a page of HTML with this status.
    Html(u16),
    /// Answers a body of so many megabytes of JSON.
    Giant(usize),
    /// Waits, then does it and answers properly.
    Delay(Duration),
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Only this method; any without one.
    pub method: Option<String>,
    /// Glob over the path (`*` also crosses `/`), such as `/repos/*/issues*`.
    pub path: String,
    /// How many requests it spoils before it is used up.
    pub times: usize,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// The rules in force, tried in order.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Vec<Rule>,
}

impl Faults {
    /// Adds a rule for `times` requests whose method (`*`: any) and path glob match.
    pub fn add(&mut self, method: &str, path: &str, times: usize, kind: FaultKind) {
        if times == 0 {
            return;
        }
        let method = (method != "*").then(|| method.to_owned());
        self.rules.push(Rule {
            method,
            path: path.to_owned(),
            times,
            kind,
        });
    }

    /// Takes all rules away.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// Says whether every rule is used up.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Takes the fault for a request, using up one of its rule's times.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Option<FaultKind> {
        let matches = |rule: &Rule| {
            rule.method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && glob::Pattern::new(&rule.path).is_ok_and(|pattern| pattern.matches(path))
        };
        let at = self.rules.iter().position(matches)?;
        let rule = self.rules.get_mut(at)?;
        let kind = rule.kind.clone();
        rule.times = rule.times.saturating_sub(1);
        if rule.times == 0 {
            self.rules.remove(at);
        }
        Some(kind)
    }
}
