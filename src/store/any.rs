//! The store that was chosen when the program started.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::{Pair, PairId, Record, Side, Time};

use super::{
    Contents, Counts, Cursor, ErrorEntry, HistoryQuery, Lease, Looking, MemoryStore, MongoStore,
    Pruned, SqliteStore, Store, StoreError, Which,
};

/// One of the stores, so that what is built on a store need not be built twice.
pub enum AnyStore {
    /// The embedded one.
    Embedded(SqliteStore),
    /// The shared one.
    Mongo(Box<MongoStore>),
    /// The shared one, of which nothing is changed.
    Looked(Box<Looking>),
    /// The embedded one, of which nothing is changed.
    LookedFile(Box<Looking<SqliteStore>>),
    /// The embedded one before it is made.
    Unmade(Box<Looking<MemoryStore>>),
}

impl AnyStore {
    /// The shared store, if it is one.
    pub const fn shared(&self) -> Option<&MongoStore> {
        match self {
            Self::Embedded(_) | Self::LookedFile(_) | Self::Unmade(_) => None,
            Self::Mongo(store) => Some(store),
            Self::Looked(looking) => Some(looking.store()),
        }
    }

    /// Whether another process has the embedded store for its own, so that this one only writes beside it.
    pub fn is_beside(&self) -> bool {
        match self {
            Self::Embedded(store) => store.is_beside(),
            Self::Mongo(_) | Self::Looked(_) | Self::LookedFile(_) | Self::Unmade(_) => false,
        }
    }
}

/// Calls the store that it is.
macro_rules! of {
    ($any:expr, $store:ident => $call:expr) => {
        match $any {
            AnyStore::Embedded($store) => $call.await,
            // On the heap: the driver's futures are large, and are part of every future of the engine.
            AnyStore::Mongo($store) => Box::pin($call).await,
            AnyStore::Looked($store) => Box::pin($call).await,
            AnyStore::LookedFile($store) => $call.await,
            AnyStore::Unmade($store) => $call.await,
        }
    };
}

impl Store for AnyStore {
    fn name(&self) -> &'static str {
        match self {
            Self::Embedded(_) | Self::LookedFile(_) | Self::Unmade(_) => "the store's file",
            Self::Mongo(_) | Self::Looked(_) => "MongoDB",
        }
    }

    async fn put(&self, pair: &Pair, records: &[Record]) -> Result<u64, StoreError> {
        of!(self, store => store.put(pair, records))
    }

    async fn put_all(&self, pairs: &[Pair]) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        of!(self, store => store.put_all(pairs))
    }

    async fn pair(&self, id: &PairId) -> Result<Option<Pair>, StoreError> {
        of!(self, store => store.pair(id))
    }

    async fn by_nodes(
        &self,
        link: &str,
        side: Side,
        nodes: &[&str],
    ) -> Result<BTreeMap<String, Pair>, StoreError> {
        of!(self, store => store.by_nodes(link, side, nodes))
    }

    async fn due(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        of!(self, store => store.due(link, now, limit))
    }

    async fn next_due(&self, link: &str, now: Time) -> Result<Option<Time>, StoreError> {
        of!(self, store => store.next_due(link, now))
    }

    async fn waiting(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        of!(self, store => store.waiting(link, now, limit))
    }

    async fn pairs(
        &self,
        link: &str,
        which: Which,
        after: Option<&PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        of!(self, store => store.pairs(link, which, after, limit))
    }

    async fn counts(&self, link: &str) -> Result<Counts, StoreError> {
        of!(self, store => store.counts(link))
    }

    async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
        of!(self, store => store.record(records))
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>, StoreError> {
        of!(self, store => store.history(query))
    }

    async fn record_by_id(&self, id: &str) -> Result<Option<Record>, StoreError> {
        of!(self, store => store.record_by_id(id))
    }

    async fn prune(
        &self,
        values_before: Time,
        runs_before: Time,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        of!(self, store => store.prune(values_before, runs_before, limit))
    }

    async fn time(&self, ours: Time) -> Result<Time, StoreError> {
        of!(self, store => store.time(ours))
    }

    async fn put_error(&self, entry: &ErrorEntry) -> Result<(), StoreError> {
        of!(self, store => store.put_error(entry))
    }

    async fn error(&self, id: &str) -> Result<Option<ErrorEntry>, StoreError> {
        of!(self, store => store.error(id))
    }

    async fn errors(&self, open: bool, limit: usize) -> Result<Vec<ErrorEntry>, StoreError> {
        of!(self, store => store.errors(open, limit))
    }

    async fn cursor(&self, name: &str) -> Result<Option<Cursor>, StoreError> {
        of!(self, store => store.cursor(name))
    }

    async fn put_cursor(&self, name: &str, cursor: &Cursor) -> Result<(), StoreError> {
        of!(self, store => store.put_cursor(name, cursor))
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        of!(self, store => store.setting(name))
    }

    async fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        of!(self, store => store.put_setting(name, value))
    }

    async fn swap_setting(
        &self,
        name: &str,
        read: Option<&str>,
        value: &str,
    ) -> Result<bool, StoreError> {
        of!(self, store => store.swap_setting(name, read, value))
    }

    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Time,
        ttl_ms: i64,
    ) -> Result<Lease, StoreError> {
        of!(self, store => store.lease(name, holder, now, ttl_ms))
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        of!(self, store => store.release(name, holder))
    }

    async fn leased(&self, name: &str, now: Time) -> Result<Option<Lease>, StoreError> {
        of!(self, store => store.leased(name, now))
    }

    async fn takes_writes(&self) -> Result<(), StoreError> {
        of!(self, store => store.takes_writes())
    }

    fn stalled(&self) -> Option<StoreError> {
        self.shared().and_then(Store::stalled)
    }

    fn is_shared(&self) -> bool {
        matches!(self, Self::Mongo(_) | Self::Looked(_))
    }

    fn only_looks(&self) -> bool {
        matches!(
            self,
            Self::Looked(_) | Self::LookedFile(_) | Self::Unmade(_)
        )
    }

    async fn plan_begins(&self, link: &str) -> Result<(), StoreError> {
        of!(self, store => store.plan_begins(link))
    }

    fn plan_ends(&self) {
        match self {
            Self::Looked(looking) => looking.plan_ends(),
            Self::LookedFile(looking) => looking.plan_ends(),
            Self::Unmade(looking) => looking.plan_ends(),
            Self::Embedded(_) | Self::Mongo(_) => {}
        }
    }

    async fn news(&self) -> BTreeSet<String> {
        of!(self, store => store.news())
    }
}

impl Contents for AnyStore {
    async fn links(&self) -> Result<Vec<String>, StoreError> {
        of!(self, store => store.links())
    }

    async fn error_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ErrorEntry>, StoreError> {
        of!(self, store => store.error_page(after, limit))
    }

    async fn cursor_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Cursor)>, StoreError> {
        of!(self, store => store.cursor_page(after, limit))
    }

    async fn setting_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, String)>, StoreError> {
        of!(self, store => store.setting_page(after, limit))
    }

    async fn take_over(&self, pairs: &[Pair]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        of!(self, store => store.take_over(pairs))
    }

    async fn birthmark(&self) -> Result<Option<String>, StoreError> {
        of!(self, store => store.birthmark())
    }

    async fn damaged_texts(&self) -> Result<Vec<String>, StoreError> {
        of!(self, store => store.damaged_texts())
    }
}
