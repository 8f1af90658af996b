//! The shared store: a `MongoDB` database that several machines reach.
//!
//! Every commit is one write of one document, so that it is right on a single server, a replica set and Atlas alike; no
//! transactions. Writes wait for a majority and its journal. Nothing is sent before the first use, and a store that was
//! away goes on by itself.

mod address;
mod codec;
mod commits;
mod connection;
mod documents;
mod faults;
mod indexes;
mod names;
mod pages;
mod queries;
mod records;
mod survey;
mod watch;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use mongodb::Collection;
use mongodb::bson::Document;
use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::core::{Pair, PairId, Record, Side, Time};

use super::{
    Contents, Counts, Cursor, ErrorEntry, HistoryQuery, Lease, Pruned, Store, StoreError, Which,
};
use connection::Connection;
pub use connection::Patience;
use documents::{CURSORS, ERRORS, ITEMS, SETTINGS};
pub use survey::{Holding, Rights, Survey, Topology};
pub use watch::Watch;

/// A store in a `MongoDB` database.
pub struct MongoStore {
    connection: Connection,
    /// What is said about each document that could not be read, by collection and id.
    damaged: RefCell<BTreeMap<(&'static str, String), String>>,
    /// Begun when news are waited for first.
    watch: OnceCell<Watch>,
    /// Records may wait in outboxes: left by a process before this one, or not moved while the server was away.
    may_be_left: Cell<bool>,
}

impl MongoStore {
    /// A store at an address; nothing is sent yet. To be used within a tokio runtime that runs on.
    ///
    /// # Errors
    /// `Unavailable` when the address cannot be understood, or names a server elsewhere without TLS.
    pub fn new(uri: &SecretString, database: &str, patience: Patience) -> Result<Self, StoreError> {
        Ok(Self {
            connection: Connection::new(uri, database, patience)?,
            damaged: RefCell::default(),
            watch: OnceCell::new(),
            may_be_left: Cell::new(true),
        })
    }

    /// What of its address no log may show.
    pub fn secrets(&self) -> impl Iterator<Item = SecretString> {
        let secrets = self.connection.teller.secrets.iter();
        secrets.map(|secret| secret.clone().into())
    }

    /// The same, for one who only looks: nothing is made or moved there at the first use.
    #[must_use]
    pub fn looking(mut self) -> Self {
        self.connection.only_looks = true;
        self
    }

    /// The same, for one who copies: a copy that is not finished is no obstacle. Nobody else may use one.
    #[must_use]
    pub const fn to_copy(mut self) -> Self {
        self.connection.takes_halves = true;
        self
    }

    /// Connects, makes what is missing and moves on what a killed process left. Every other call does so by itself;
    /// this one tells early.
    ///
    /// # Errors
    /// `Unavailable` with what to do. `Damaged` when a newer program wrote the database.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.collection(ITEMS).await?;
        self.drain().await?;
        self.may_be_left.set(false);
        Ok(())
    }

    /// The servers, for people, without user and password.
    pub fn place(&self) -> &str {
        &self.connection.teller.name
    }

    async fn collection(&self, name: &str) -> Result<Collection<Document>, StoreError> {
        self.connection.collection(name).await
    }
}

impl Store for MongoStore {
    async fn put(&self, pair: &Pair, records: &[Record]) -> Result<u64, StoreError> {
        self.commit(pair, records).await
    }

    async fn put_all(&self, pairs: &[Pair]) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.commit_all(pairs).await
    }

    async fn pair(&self, id: &PairId) -> Result<Option<Pair>, StoreError> {
        self.one(ITEMS, &id.0, documents::to_pair).await
    }

    async fn by_nodes(
        &self,
        link: &str,
        side: Side,
        nodes: &[&str],
    ) -> Result<BTreeMap<String, Pair>, StoreError> {
        self.find_nodes(link, side, nodes).await
    }

    async fn due(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.find_due(link, now, limit).await
    }

    async fn next_due(&self, link: &str, now: Time) -> Result<Option<Time>, StoreError> {
        self.find_next_due(link, now).await
    }

    async fn waiting(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.find_waiting(link, now, limit).await
    }

    async fn pairs(
        &self,
        link: &str,
        which: Which,
        after: Option<&PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        self.find_pairs(link, which, after, limit).await
    }

    async fn counts(&self, link: &str) -> Result<Counts, StoreError> {
        self.count_pairs(link).await
    }

    async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
        self.put_records(records).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>, StoreError> {
        self.find_history(query).await
    }

    async fn record_by_id(&self, id: &str) -> Result<Option<Record>, StoreError> {
        self.find_record(id).await
    }

    async fn prune(
        &self,
        values_before: Time,
        runs_before: Time,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        self.drop_old(values_before, runs_before, limit).await
    }

    async fn time(&self, _ours: Time) -> Result<Time, StoreError> {
        self.connection.server_time().await
    }

    async fn put_error(&self, entry: &ErrorEntry) -> Result<(), StoreError> {
        self.replace_error(entry).await
    }

    async fn error(&self, id: &str) -> Result<Option<ErrorEntry>, StoreError> {
        self.one(ERRORS, id, documents::read).await
    }

    async fn errors(&self, open: bool, limit: usize) -> Result<Vec<ErrorEntry>, StoreError> {
        self.find_errors(open, limit).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<Cursor>, StoreError> {
        self.one(CURSORS, name, documents::read).await
    }

    async fn put_cursor(&self, name: &str, cursor: &Cursor) -> Result<(), StoreError> {
        self.write_cursor(name, cursor).await
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read_setting(name).await
    }

    async fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.write_setting(name, value).await
    }

    async fn swap_setting(
        &self,
        name: &str,
        read: Option<&str>,
        value: &str,
    ) -> Result<bool, StoreError> {
        self.exchange_setting(name, read, value).await
    }

    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Time,
        ttl_ms: i64,
    ) -> Result<Lease, StoreError> {
        self.take_lease(name, holder, now, ttl_ms).await
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.give_back(name, holder).await
    }

    async fn leased(&self, name: &str, now: Time) -> Result<Option<Lease>, StoreError> {
        self.lease_now(name, now).await
    }

    async fn takes_writes(&self) -> Result<(), StoreError> {
        self.connection.takes_writes().await
    }

    fn stalled(&self) -> Option<StoreError> {
        self.connection.stalled()
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn news(&self) -> BTreeSet<String> {
        self.next_news().await
    }
}

impl Contents for MongoStore {
    async fn links(&self) -> Result<Vec<String>, StoreError> {
        self.all_links().await
    }

    async fn error_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ErrorEntry>, StoreError> {
        self.page(ERRORS, after, limit, documents::read).await
    }

    async fn cursor_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Cursor)>, StoreError> {
        self.page(CURSORS, after, limit, pages::cursor).await
    }

    async fn setting_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, String)>, StoreError> {
        self.page(SETTINGS, after, limit, pages::setting).await
    }

    async fn take_over(&self, pairs: &[Pair]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        self.take_pairs(pairs).await
    }

    async fn birthmark(&self) -> Result<Option<String>, StoreError> {
        self.collection_number().await
    }

    async fn damaged_texts(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.damaged.borrow().values().cloned().collect())
    }
}
