//! Takes deliveries of GitHub and Notion and says where to look. Off unless it is configured.
//!
//! Nothing in a delivery is believed. One that is signed rightly and was not here before names things to be looked at;
//! they are gathered, and handed on as [`Hints`] a moment later. Everything that is remembered has a largest size. No
//! delivery has a sequence, so a lost one cannot be seen by itself: what is turned away unread makes the next right
//! delivery mean everything, and the usual listings go on as they do without a receiver.

mod desk;
mod door;
mod github;
mod hints;
mod notion;
mod pace;
mod seen;
mod serve;
mod sign;
mod token;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

pub use desk::Tell;
pub use hints::Hints;
pub use serve::{Receiver, start};

/// Where the receiver is, and what it may take.
#[derive(Debug)]
pub struct Options {
    /// The address that it listens at; port 0 = any.
    pub listen: SocketAddr,
    /// The secret of GitHub's hooks; without it none of their deliveries is taken.
    pub github: Option<SecretString>,
    /// The verification token of Notion's subscription; without it only a handshake is taken.
    pub notion: Option<SecretString>,
    /// Where the token of a handshake is kept.
    pub token_file: PathBuf,
    /// How much is taken.
    pub limits: Limits,
}

/// How much is taken, in what time, and how much of it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body. An issue's text has 65,536 characters at most, and an edit carries it twice.
    pub body: usize,
    /// A body has to be here within this time.
    pub body_time: Duration,
    /// A connection lasts no longer than this.
    pub connection_time: Duration,
    /// Connections at a time.
    pub connections: usize,
    /// Deliveries that may come at once.
    pub burst: u32,
    /// Deliveries a second, after that.
    pub per_second: u32,
    /// Names of deliveries that are remembered, two for each.
    pub remembered: usize,
    /// Things to be looked at that are gathered; with more of them everything is looked through.
    pub things: usize,
    /// Deliveries are gathered for so long before they are handed on.
    pub debounce: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            body_time: Duration::from_secs(10),
            connection_time: Duration::from_secs(20),
            connections: 32,
            burst: 1_000,
            per_second: 100,
            remembered: 8_192,
            things: 500,
            debounce: Duration::from_secs(1),
        }
    }
}
