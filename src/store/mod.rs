//! What is remembered: one trait, so that the same protocol is right on every store.
//!
//! Every commit of a pair is a compare-and-swap on its `rev`; unique keys forbid two pairs for one object.

mod any;
pub mod contents;
pub mod copy;
mod looking;
pub mod memory;
pub mod mongo;
mod rules;
pub mod sqlite;

pub use any::AnyStore;
pub use contents::Contents;
pub use copy::copy;
pub use looking::Looking;
pub use memory::MemoryStore;
pub use mongo::MongoStore;
pub use sqlite::{Access, SqliteStore};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::core::schedule::Trouble;
use crate::core::{Outcome, Pair, PairId, Record, RecordKind, Side, Time};

/// Why the store did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The document was committed by someone else since it was read.
    #[error("the record was changed meanwhile")]
    Stale,
    /// Another pair already has this GitHub object, this page or this key.
    #[error("{0} already belongs to another pair")]
    Duplicate(String),
    /// The store cannot be reached or cannot write (disk full, server away). Nothing was committed, or the commit
    /// may be found by reading again.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The store is there and lets us do nothing, or nothing that changes it; as for `Unavailable`, a commit may be
    /// found by reading again.
    #[error("the store is not available: {1}")]
    Refused(Trouble, String),
    /// A copy into the store was begun and not finished. Nothing of it may be used but to finish it.
    #[error("{0}")]
    Unfinished(String),
    /// The file or document is damaged, or was written by a newer version. It is left as it is.
    #[error("{0}")]
    Damaged(String),
}

impl StoreError {
    /// How the store cannot be used, where this says that it cannot.
    pub const fn trouble(&self) -> Trouble {
        match self {
            Self::Refused(trouble, _) => *trouble,
            _ => Trouble::Unreachable,
        }
    }
}

/// How far a stream has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The greatest server stamp that was seen and durably touched.
    pub stamp: Option<Time>,
    /// The validator for a conditional request. Opaque.
    pub tag: Option<String>,
    /// When the stream was last read whole.
    pub swept_at: Option<Time>,
    /// When it was last read at all.
    pub polled_at: Option<Time>,
    /// Set while a listing was ended early because a whole page was unchanged: the stamp stays, and once this is
    /// older than the list lag the next listing goes to the end.
    pub shallow_since: Option<Time>,
}

/// A failed attempt, kept with its retries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorEntry {
    /// Its id: scope and class, so that a repeated error is one entry that counts.
    pub id: String,
    /// The link.
    pub link: String,
    /// What it hit: an item's name, `GitHub`, `Notion` or `store`.
    pub scope: String,
    /// The pair, if it hit one.
    pub pair: Option<PairId>,
    /// The kind of error: `limited`, `offline`, `unauthorized`, `denied`, `refused`, `unclear`, `setup`, `store`.
    pub class: String,
    /// What happened, and what to do.
    pub message: String,
    /// When it was first seen.
    pub first_at: Time,
    /// When it was last seen.
    pub last_at: Time,
    /// How often.
    pub count: u32,
    /// When it is tried again; none = waits for a person.
    pub next_try: Option<Time>,
    /// When it was over.
    pub resolved_at: Option<Time>,
}

/// Which pairs to page through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// With an open conflict.
    Conflicted,
    /// Held by the guard.
    Held,
    /// Held by the user.
    HeldByUser,
    /// With an open intent.
    InDoubt,
    /// Parked, blocked or failed.
    Troubled,
}

/// Which records to page through, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Only at or after this time.
    pub since: Option<Time>,
    /// Only before this record (paging).
    pub before: Option<(Time, String)>,
    /// Only of this pair.
    pub pair: Option<PairId>,
    /// Only with one of these outcomes; empty = any.
    pub outcomes: Vec<Outcome>,
    /// Only of these kinds; empty = any.
    pub kinds: Vec<RecordKind>,
    /// At most so many.
    pub limit: usize,
}

/// How many pairs stand where, for one link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Kept in step.
    pub active: u64,
    /// Known on one side only.
    pub new: u64,
    /// Waiting for a turn (dirty and not parked).
    pub queued: u64,
    /// With open conflicts.
    pub conflicted: u64,
    /// Held by the guard.
    pub held: u64,
    /// With an open intent.
    pub in_doubt: u64,
    /// Parked.
    pub parked: u64,
    /// Kept in step, but waiting for a turn now (part of `active` and of `queued`).
    #[serde(default)]
    pub waiting: u64,
    /// Held by the user.
    #[serde(default)]
    pub held_by_user: u64,
}

impl Counts {
    /// Waiting for a turn and nothing else: an item with an open write is counted among the unclear ones.
    pub const fn queued_only(&self) -> u64 {
        self.queued.saturating_sub(self.in_doubt)
    }
}

/// Who runs a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who holds it.
    pub holder: String,
    /// Until when.
    pub until: Time,
    /// Counts the changes of holder.
    pub fence: u64,
}

/// How much a pruning took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Records that lost their values.
    pub values: u64,
    /// Summaries of runs.
    pub runs: u64,
}

/// The store. Single-document commits only; a batch is many commits of which each stands for itself.
#[allow(
    async_fn_in_trait,
    reason = "the engine runs on one thread; nothing needs Send"
)]
pub trait Store {
    /// Its name for people.
    fn name(&self) -> &'static str {
        "the store"
    }

    /// Commits a pair if its stored `rev` is still `pair.rev` (0 = not stored yet), together with its records, and
    /// returns the new `rev`. Records are inserted once per id. Either all of it is durable or none of it.
    async fn put(&self, pair: &Pair, records: &[Record]) -> Result<u64, StoreError>;

    /// Commits many pairs, each by itself as `put` does without records; the answers are in the same order.
    async fn put_all(&self, pairs: &[Pair]) -> Result<Vec<Result<u64, StoreError>>, StoreError>;

    /// Reads a pair.
    async fn pair(&self, id: &PairId) -> Result<Option<Pair>, StoreError>;

    /// Finds the pairs of many objects of one side, by node id; those unknown are missing.
    async fn by_nodes(
        &self,
        link: &str,
        side: Side,
        nodes: &[&str],
    ) -> Result<BTreeMap<String, Pair>, StoreError>;

    /// The pairs due for a turn at `now` (see `Pair::is_due`), oldest `dirty_since` first, then by id.
    async fn due(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError>;

    /// The earliest time at which a dirty pair that is not due now becomes due.
    async fn next_due(&self, link: &str, now: Time) -> Result<Option<Time>, StoreError>;

    /// The dirty pairs that wait for a time after `now`, those that are ready first first; of equals, in any order.
    async fn waiting(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError>;

    /// Pages through pairs in the order of their ids, after `after`.
    async fn pairs(
        &self,
        link: &str,
        which: Which,
        after: Option<&PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError>;

    /// Counts the pairs of a link.
    async fn counts(&self, link: &str) -> Result<Counts, StoreError>;

    /// Inserts records; an id that exists stays as it is.
    async fn record(&self, records: &[Record]) -> Result<(), StoreError>;

    /// Reads the history, newest first.
    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>, StoreError>;

    /// Reads one record.
    async fn record_by_id(&self, id: &str) -> Result<Option<Record>, StoreError>;

    /// Takes away what is old, the oldest first, at most `limit` records of each sort: the values of records before
    /// one time, whose line stays with `changes` empty and can be undone no more; and the summaries of runs before
    /// another. Says how much it was; less than the limit of both means that nothing old is left.
    async fn prune(
        &self,
        values_before: Time,
        runs_before: Time,
        limit: usize,
    ) -> Result<Pruned, StoreError>;

    /// What time it is for what the store keeps, given the caller's time: a store that several machines share goes by
    /// its server's clock, the others by the caller's.
    async fn time(&self, ours: Time) -> Result<Time, StoreError> {
        Ok(ours)
    }

    /// Inserts or replaces an error entry.
    async fn put_error(&self, entry: &ErrorEntry) -> Result<(), StoreError>;

    /// Reads one error entry.
    async fn error(&self, id: &str) -> Result<Option<ErrorEntry>, StoreError>;

    /// The latest error entries, newest first; open ones only if `open`.
    async fn errors(&self, open: bool, limit: usize) -> Result<Vec<ErrorEntry>, StoreError>;

    /// Reads a cursor (`link/side/stream`).
    async fn cursor(&self, name: &str) -> Result<Option<Cursor>, StoreError>;

    /// Writes a cursor.
    async fn put_cursor(&self, name: &str, cursor: &Cursor) -> Result<(), StoreError>;

    /// Reads a durable setting (pause, consents, memos of the adapters). The value is JSON text.
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Writes a durable setting; `None` removes it.
    async fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError>;

    /// Writes a durable setting if it still has the value that the caller read (`None`: it was not there); says whether
    /// it did. A store that several machines share does both in one operation.
    async fn swap_setting(
        &self,
        name: &str,
        read: Option<&str>,
        value: &str,
    ) -> Result<bool, StoreError> {
        if self.setting(name).await?.as_deref() != read {
            return Ok(false);
        }
        self.put_setting(name, Some(value)).await?;
        Ok(true)
    }

    /// Takes or renews a lease if it is free, expired or ours; returns who holds it now.
    ///
    /// A store that several machines share goes by its server's clock and asks `now` only to say in the caller's time
    /// until when the lease lasts; the others go by `now`.
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Time,
        ttl_ms: i64,
    ) -> Result<Lease, StoreError>;

    /// Gives a lease back if it is ours.
    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError>;

    /// Who holds a lease now, without asking for it; none where it is free or over. `now` as for [`Store::lease`].
    async fn leased(&self, name: &str, now: Time) -> Result<Option<Lease>, StoreError>;

    /// Whether it takes writes; a store that several machines share is asked, unless it took one just now.
    async fn takes_writes(&self) -> Result<(), StoreError> {
        self.stalled().map_or(Ok(()), Err)
    }

    /// Why writes are refused at once, because one just went unanswered; none while they are tried.
    fn stalled(&self) -> Option<StoreError> {
        None
    }

    /// Whether several machines may use it at the same time.
    fn is_shared(&self) -> bool {
        false
    }

    /// Whether it may only be read: every write is refused, but what a plan notes down.
    fn only_looks(&self) -> bool {
        false
    }

    /// A plan of a link begins. What it notes down on its way is kept as what a sync finds, but not in a store that may
    /// only be read: there it is forgotten at the last [`Store::plan_ends`] of as many as began.
    async fn plan_begins(&self, _link: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// The plan is made, or given up.
    fn plan_ends(&self) {}

    /// Waits until a setting or a lease was changed, by anybody, and gives the names since the last call:
    /// `settings/NAME` and `leases/NAME`. An empty set means that anything may have changed. Giving up waiting loses
    /// nothing. A store that is not shared has no news, ever.
    async fn news(&self) -> BTreeSet<String> {
        std::future::pending().await
    }
}
