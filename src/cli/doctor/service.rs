//! What both services have in common: the token, one request, the clock, what an error means.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;

use super::Check;
use crate::auth::{AuthError, Token};
use crate::cli::clock::now;
use crate::cli::exit::Exit;
use crate::remote::RemoteError;
use crate::remote::http::{AccountConfig, Now, Reply};

/// The longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(5);
/// The longest wait for a connection.
pub(super) const CONNECT: Duration = Duration::from_secs(3);
/// The longest look at one service; what was found by then is shown.
pub(super) const LOOK: Duration = Duration::from_secs(12);
/// A command that gives a token may ask its owner; so long it is waited for.
const TOKEN: Duration = Duration::from_secs(10);
/// A server's `Date` is cut to the second: on average it is later by this, in ms.
const HALF_A_SECOND: i64 = 500;

/// What was found of one service, also where the look was ended early.
#[derive(Default)]
pub(super) struct Findings {
    checks: RefCell<Vec<Check>>,
    ahead: Cell<Option<i64>>,
}

impl Findings {
    pub(super) fn add(&self, check: Check) {
        self.checks.borrow_mut().push(check);
    }

    pub(super) fn extend(&self, checks: impl IntoIterator<Item = Check>) {
        self.checks.borrow_mut().extend(checks);
    }

    pub(super) fn checks(self) -> Vec<Check> {
        self.checks.into_inner()
    }

    /// How far the service's clock is ahead of ours, in ms.
    pub(super) const fn ahead(&self) -> Option<i64> {
        self.ahead.get()
    }

    /// Takes the service's clock from an answer to a request that was sent at `asked`.
    pub(super) fn note_time(&self, reply: &Reply, asked: i64) {
        let date = reply.header("date").map(DateTime::parse_from_rfc2822);
        if let Some(Ok(date)) = date {
            let ours = i64::midpoint(asked, now().0);
            let theirs = date.timestamp_millis() + HALF_A_SECOND;
            self.ahead.set(Some(theirs - ours));
        }
    }

    /// Does the looking, for so long at most.
    pub(super) async fn within(&self, name: &'static str, look: impl Future<Output = ()>) {
        if tokio::time::timeout(LOOK, look).await.is_err() {
            let text = format!("not everything could be asked within {} s", LOOK.as_secs());
            self.add(Check::warn(name, text, "try again; the network is slow"));
        }
    }
}

/// An account that waits for a few seconds only.
pub(super) fn hasty(mut config: AccountConfig) -> AccountConfig {
    config.timeout = config.timeout.min(ANSWER);
    config
}

/// Our clock, for accounts.
pub(super) fn time() -> Now {
    Arc::new(now)
}

/// Finds a token without waiting forever, and says where it came from.
pub(super) async fn token(
    name: &'static str,
    findings: &Findings,
    find: impl FnOnce() -> Result<Token, AuthError> + Send + 'static,
) -> Option<Token> {
    let found = tokio::time::timeout(TOKEN, tokio::task::spawn_blocking(find)).await;
    let check = match found {
        Ok(Ok(Ok(token))) => {
            findings.add(Check::ok(name, format!("found: {}", token.origin)));
            return Some(token);
        }
        Ok(Ok(Err(error))) => {
            let text = error.to_string();
            let (text, help) = match text.split_once("; ") {
                Some((text, help)) => (text.to_owned(), help.to_owned()),
                None => (text, String::new()),
            };
            Check::fail(name, text, help).ends(Exit::Login)
        }
        Ok(Err(error)) => Check::fail(name, error.to_string(), ""),
        Err(_elapsed) => Check::warn(
            name,
            format!("its command gave none within {} s", TOKEN.as_secs()),
            "perhaps it asks its owner; run it by hand to see",
        ),
    };
    findings.add(check);
    None
}

/// What an error means for a check.
pub(super) fn troubled(name: &'static str, error: &RemoteError) -> Check {
    let text = error.to_string();
    match error {
        RemoteError::Unauthorized { service, .. } => {
            let help = format!("make a new {service} token, and put it where this one came from");
            Check::fail(name, text, help).ends(Exit::Login)
        }
        RemoteError::Denied { .. } => Check::fail(name, text, "").ends(Exit::Login),
        RemoteError::Offline { .. } => {
            let help = "look at the network, at any proxy, and at the address in the configuration";
            Check::fail(name, text, help).ends(Exit::Network)
        }
        RemoteError::Unclear(_) => {
            let help = "try again; if it lasts, look at the service's status page and at any proxy";
            Check::fail(name, text, help).ends(Exit::Network)
        }
        RemoteError::Limited { .. } => {
            Check::warn(name, text, "a sync waits for it by itself; look again then")
        }
        RemoteError::Refused { .. } | RemoteError::Stale(_) | RemoteError::Setup(_) => {
            Check::fail(name, text, "")
        }
    }
}
