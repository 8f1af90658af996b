//! The services: one trait, two real implementations.
//!
//! The wire shapes of each service stop at its door; what leaves is the core's vocabulary.

pub mod github;
pub mod http;
pub mod notion;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::core::places::Columns;
use crate::core::{Draft, FieldKey, Kind, ObjectId, Observation, Side, Stamp, Step, Time, Value};

/// How far behind a read may be that another copy of a service's data answers, in milliseconds: what the protocol's
/// waiting time after a write (90 s) leaves beside Notion's rounding to the minute.
pub const REPLICA_LAG: i64 = 30_000;

/// Why a request to a service did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RemoteError {
    /// The token is missing, wrong or expired (401). Certainly not applied.
    #[error("{service} refused the token: {message}")]
    Unauthorized {
        /// `GitHub` or `Notion`.
        service: &'static str,
        /// The service's word.
        message: String,
    },
    /// The token may not do this (403), or the container is not shared with it (404 on a container). Not applied.
    #[error("{service} denied access: {message}")]
    Denied {
        /// `GitHub` or `Notion`.
        service: &'static str,
        /// What was denied and what to do.
        message: String,
    },
    /// A rate limit, ours or theirs. Certainly not applied.
    #[error("{reason}")]
    Limited {
        /// Not before this time.
        until: Time,
        /// Which limit, for people.
        reason: String,
    },
    /// The service understood and refused (400, 404, 409 without retry, 410, 422). Certainly not applied.
    #[error("refused ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The field that was named, if one was.
        field: Option<FieldKey>,
        /// The service's word, with what to do.
        message: String,
    },
    /// What was to be changed is not what was seen (409, or Notion's text compare-and-swap). Not applied: plan again.
    #[error("changed meanwhile: {0}")]
    Stale(String),
    /// No connection could be made. Certainly not applied.
    #[error("cannot reach {service}: {message}")]
    Offline {
        /// `GitHub` or `Notion`.
        service: &'static str,
        /// The cause.
        message: String,
    },
    /// 5xx, timeout, reset, cut or garbled answer. A write may or may not have been applied.
    #[error("unclear answer: {0}")]
    Unclear(String),
    /// The configuration cannot work with what the service shows: a property of the wrong type, several data sources.
    #[error("{0}")]
    Setup(String),
}

impl RemoteError {
    /// Whether a write that ended like this may have been applied.
    pub const fn maybe_applied(&self) -> bool {
        matches!(self, Self::Unclear(_))
    }

    /// Whether the whole side is out of reach, so that other items would fail the same way.
    pub const fn is_side_wide(&self) -> bool {
        matches!(
            self,
            Self::Unauthorized { .. }
                | Self::Limited { .. }
                | Self::Offline { .. }
                | Self::Setup(_)
        )
    }
}

/// What opening a side found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The streams to list: `issues:owner/repo`, `commits:owner/repo`, `pages`.
    pub streams: Vec<String>,
    /// What the adapter wants to be given at the next opening, so that it need not ask again. Opaque.
    pub memo: Option<String>,
    /// Fields that cannot be kept in step now, and why, with what to do.
    pub paused: BTreeMap<FieldKey, String>,
    /// Where each field that is in use is kept: a text that changes when the field is kept elsewhere. Empty for a
    /// service that has one place for each.
    pub columns: Columns,
    /// Notices for people: added properties, a host without GraphQL.
    pub notes: Vec<String>,
}

/// Where a listing starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFrom {
    /// Only objects changed at or after this time, newest change first; none = all, in any order.
    pub since: Option<Time>,
    /// The validator of an earlier first page, for a conditional request. Opaque: made by the adapter.
    pub tag: Option<String>,
    /// The following page, as an earlier page named it. Opaque.
    pub page: Option<String>,
    /// Rows a page, at most; none = as many as the service allows.
    pub rows: Option<u8>,
}

impl ListFrom {
    /// Rows a page: a hundred is what both services allow at most.
    pub fn page_rows(&self) -> u8 {
        self.rows.unwrap_or(100).clamp(1, 100)
    }
}

/// One page of a listing, newest change first if it was asked for since a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Nothing changed since the tag was given (304); everything else is empty.
    pub unchanged: bool,
    /// What it showed. Rows of objects that this link does not keep are left out.
    pub rows: Vec<Observation>,
    /// The next page, if there is one.
    pub next: Option<String>,
    /// The validator for the next conditional request (first pages only).
    pub tag: Option<String>,
    /// Whether rows are missing (Notion's 10,000-row cut, or rows that could not be read).
    pub cut: bool,
    /// Objects from before this time are left out by configuration; none = the listing goes back to the first one.
    pub window: Option<Time>,
    /// Whether items of some kind cannot be listed at all now (issues are switched off), so that absence from this
    /// list says nothing; what could be listed is whole.
    pub partial: bool,
    /// Rows that have another form than they must have: left out, and `cut` is set.
    pub unread: u64,
}

/// The answer to a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the service shows after the write. Fields that the answer did not contain are missing.
    pub post: Observation,
    /// The service's request id, for the history.
    pub request: Option<String>,
    /// Fields of which part was not sent, as it would have been refused, and why, with what to do.
    pub left_out: LeftOut,
}

/// Fields of which part is not sent, as it would be refused, and why, with what to do.
pub type LeftOut = BTreeMap<FieldKey, String>;

/// The result of looking for an object that a lost create may have made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// Objects that carry the marker, made by our account, oldest first.
    pub hits: Vec<Observation>,
    /// Whether the whole range was read, so that no hit means something.
    pub complete: bool,
}

/// How many requests may still be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Requests (GitHub: points) a window; 0 = not known yet.
    pub limit: u32,
    /// What is left in this window.
    pub left: u32,
    /// When the window starts anew.
    pub resets_at: Option<Time>,
    /// The service itself asked to wait until then.
    #[serde(default)]
    pub asked: bool,
    /// Requests made since the start.
    pub made: u64,
}

/// A body that is known as of a version, so that it need not be read again.
pub type KnownBody<'a> = Option<(&'a Stamp, &'a Value)>;

/// The longest name of a person that is kept, in characters.
const NAME_CHARS: usize = 80;

/// A person's name as a service gave it; none where there is nothing to it.
pub(crate) fn name_of(text: &str) -> Option<String> {
    let name: String = text.trim().chars().take(NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

/// One side of one link. Every method makes the fewest requests it can, and never sends a write twice.
#[allow(
    async_fn_in_trait,
    reason = "the engine runs on one thread; nothing needs Send"
)]
pub trait Remote {
    /// Which side this is.
    fn side(&self) -> Side;

    /// Finds out what there is to list and whether the mapping fits, using `memo` from an earlier opening instead of
    /// requests where it can. Adds missing properties if `may_write`.
    async fn open(&self, memo: Option<&str>, may_write: bool) -> Result<Opened, RemoteError>;

    /// The one container that this side of the link is kept in, by the service's own id; none where there may be several.
    /// As [`Remote::open`], but nothing is added there; an opening right after it asks for nothing twice.
    async fn source(&self, _memo: Option<&str>) -> Result<Option<String>, RemoteError> {
        Ok(None)
    }

    /// Reads one page of a stream. Bodies may be missing from rows (Notion).
    async fn list(&self, stream: &str, from: &ListFrom) -> Result<Page, RemoteError>;

    /// Reads one object whole. A deleted, trashed, moved or unreachable object is an `Ok` with that `Life`.
    /// Where `known` is given and its stamp still stands, the body is taken from it instead of being read.
    async fn get(
        &self,
        kind: Kind,
        id: &ObjectId,
        known: KnownBody<'_>,
    ) -> Result<Observation, RemoteError>;

    /// Reads only the body of a listed row; everything else stays as listed. A side whose rows carry their bodies
    /// gives the row back.
    async fn read_body(&self, row: &Observation) -> Result<Observation, RemoteError> {
        Ok(row.clone())
    }

    /// The name of whoever changed this field last (none = the item as a whole), if one request at most can tell. Any
    /// failure means that nobody is known.
    async fn who(&self, _seen: &Observation, _field: Option<&FieldKey>) -> Option<String> {
        None
    }

    /// Whether everybody can read what is made in this container, with one request at most. One that is not shown to
    /// us is not shown to everybody.
    async fn is_public(&self, container: &str) -> Result<bool, RemoteError>;

    /// The name of the account that objects are made as, as far as it is known.
    fn me(&self) -> Option<String> {
        None
    }

    /// A draft as the service would take it, without the names that it does not know and may not be given, and why one
    /// of these would be left out. Reads only.
    async fn takes_of(&self, draft: &Draft) -> Result<(Draft, LeftOut), RemoteError> {
        Ok((draft.clone(), LeftOut::new()))
    }

    /// Sends one step as exactly one request. `target` is what was verified right before (none for a create).
    async fn write(&self, step: &Step, target: Option<&Observation>)
    -> Result<Answer, RemoteError>;

    /// Looks for the object that a create may have made, created at or after `since`.
    async fn find_made(&self, draft: &Draft, since: Time) -> Result<Lookup, RemoteError>;

    /// What may still be asked of the service.
    fn budget(&self) -> Budget;

    /// The name that the configuration has for an object which the service calls `locator`, if that is another one: the
    /// object's repository was renamed.
    fn configured(&self, locator: &str) -> Option<String> {
        let _ = locator;
        None
    }
}
