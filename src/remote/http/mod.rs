//! The one way to the network: one `reqwest` client, request budgets, and the classification of what comes back.
//!
//! [`Account::send`] makes exactly one request or none. Nothing in here repeats a request: retries are decided by the
//! engine, from the [`RemoteError`](super::RemoteError) that says whether a write may have been applied.
//!
//! - [`client`] builds the client: no redirects, no retries, webpki roots where the machine has no certificates.
//! - [`transport`] is the seam between an account and whatever carries its bytes (our client; octocrab for GitHub).
//! - [`account`] keeps the rules: budget first, token only to its own origin, plain http only to loopback, one total
//!   time, a capped body.
//! - [`window`] is the budget itself: pure, time comes in as an argument.
//! - [`signals`] reads the services' rate limit headers; [`reply`] reads JSON and turns statuses into errors.

pub mod account;
pub mod client;
pub mod reply;
pub mod signals;
pub mod transport;
pub mod window;

pub use account::{Account, AccountConfig, Ask, Now};
pub use client::{build_client, fingerprint};
pub use reply::Reply;
pub use window::{Memory, Rules, Spend, Window};

/// Which service an account belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// GitHub or a GitHub Enterprise server.
    Github,
    /// Notion.
    Notion,
}

impl Service {
    /// The name shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Notion => "Notion",
        }
    }
}
