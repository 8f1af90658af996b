//! The embedded store: one `SQLite` file in the user's state folder.
//!
//! Write-ahead log with full sync: what was answered survives a power cut. One thread owns the connection and works
//! through the requests in their order. Documents are JSON, so that a user can look at them with the `sqlite3` tool.

mod damage;
mod fault;
mod files;
mod items;
mod names;
mod records;
mod schema;
mod worker;

use std::collections::BTreeMap;
use std::path::Path;

use crate::core::{Pair, PairId, Record, Side, Time};

use super::copy::{UNFINISHED, unfinished};
use super::{
    Contents, Counts, Cursor, ErrorEntry, HistoryQuery, Lease, Pruned, Store, StoreError, Which,
};
use items::ItemRow;
use records::RecordRow;
use worker::{Db, Worker};

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To sync: makes the file if it is missing. One process at a time.
    Own,
    /// To answer: owns it where nobody does; beside an owner it commits single documents, which is safe because every
    /// commit of a pair is a compare-and-swap.
    Beside,
    /// To look: works while another process owns it; every write is refused.
    Read,
}

/// A store in a `SQLite` file. Dropping it finishes what was asked and closes the file.
pub struct SqliteStore {
    worker: Worker,
    is_beside: bool,
    /// What the file is known by.
    birthmark: Option<String>,
}

impl SqliteStore {
    /// Opens the store.
    ///
    /// # Errors
    /// `Unavailable` when another process owns it, or the file cannot be made, read or trusted (a symbolic link,
    /// another user's file). `Damaged` when it is not a store, is corrupt or was written by a newer version; it is
    /// then left exactly as it is.
    pub fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        Self::open_as(path, access, false)
    }

    /// The same as `open` to own it, for one who copies: a copy that is not finished is no obstacle.
    ///
    /// # Errors
    /// As for [`SqliteStore::open`].
    pub fn open_to_copy(path: &Path) -> Result<Self, StoreError> {
        Self::open_as(path, Access::Own, true)
    }

    fn open_as(path: &Path, access: Access, takes_halves: bool) -> Result<Self, StoreError> {
        let lock = match access {
            Access::Own => Some(files::claim(path)?),
            Access::Beside => files::join(path)?,
            Access::Read => {
                files::look(path)?;
                None
            }
        };
        let is_beside = access == Access::Beside && lock.is_none();
        let access = match access {
            Access::Beside if !is_beside => Access::Own,
            access => access,
        };
        let conn = schema::open(path, access).map_err(|trouble| trouble.tell(path))?;
        if !takes_halves
            && schema::has_setting(&conn, UNFINISHED).map_err(|trouble| trouble.tell(path))?
        {
            return Err(unfinished(&path.display().to_string()));
        }
        let worker = Worker::start(Db::new(conn, path, lock))?;
        Ok(Self {
            worker,
            is_beside,
            birthmark: files::birthmark(path),
        })
    }

    /// Whether another process owns it, which carries out what is answered here.
    pub const fn is_beside(&self) -> bool {
        self.is_beside
    }

    /// Searches the whole file for damage: reads all of it, which may take seconds.
    ///
    /// # Errors
    /// `Damaged` when there is some, `Unavailable` when the file cannot be read.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.worker
            .run(|db| schema::check_whole(&db.conn, &db.path))
            .await
    }

    /// What to tell about each document that could not be decoded since the store was opened. Lists pass over them.
    pub async fn damaged(&self) -> Result<Vec<String>, StoreError> {
        self.worker.run(|db| Ok(db.damaged_texts())).await
    }
}

impl Store for SqliteStore {
    async fn put(&self, pair: &Pair, records: &[Record]) -> Result<u64, StoreError> {
        let row = ItemRow::of(pair)?;
        let records = RecordRow::all(records)?;
        self.worker.run(move |db| db.put(&row, &records)).await
    }

    async fn put_all(&self, pairs: &[Pair]) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        let rows: Vec<_> = pairs.iter().map(ItemRow::of).collect();
        self.worker.run(move |db| db.put_all(rows)).await
    }

    async fn pair(&self, id: &PairId) -> Result<Option<Pair>, StoreError> {
        let id = id.0.clone();
        self.worker.run(move |db| db.pair(&id)).await
    }

    async fn by_nodes(
        &self,
        link: &str,
        side: Side,
        nodes: &[&str],
    ) -> Result<BTreeMap<String, Pair>, StoreError> {
        let link = link.to_owned();
        let nodes: Vec<_> = nodes.iter().map(|node| (*node).to_owned()).collect();
        self.worker
            .run(move |db| db.by_nodes(&link, side, &nodes))
            .await
    }

    async fn due(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let link = link.to_owned();
        self.worker.run(move |db| db.due(&link, now, limit)).await
    }

    async fn next_due(&self, link: &str, now: Time) -> Result<Option<Time>, StoreError> {
        let link = link.to_owned();
        self.worker.run(move |db| db.next_due(&link, now)).await
    }

    async fn waiting(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let link = link.to_owned();
        self.worker
            .run(move |db| db.waiting(&link, now, limit))
            .await
    }

    async fn pairs(
        &self,
        link: &str,
        which: Which,
        after: Option<&PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let link = link.to_owned();
        let after = after.cloned();
        self.worker
            .run(move |db| db.pairs(&link, which, after.as_ref(), limit))
            .await
    }

    async fn counts(&self, link: &str) -> Result<Counts, StoreError> {
        let link = link.to_owned();
        self.worker.run(move |db| db.counts(&link)).await
    }

    async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
        let rows = RecordRow::all(records)?;
        self.worker.run(move |db| db.record(&rows)).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>, StoreError> {
        let query = query.clone();
        self.worker.run(move |db| db.history(&query)).await
    }

    async fn record_by_id(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let id = id.to_owned();
        self.worker.run(move |db| db.record_by_id(&id)).await
    }

    async fn prune(
        &self,
        values_before: Time,
        runs_before: Time,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        self.worker
            .run(move |db| db.prune(values_before, runs_before, limit))
            .await
    }

    async fn put_error(&self, entry: &ErrorEntry) -> Result<(), StoreError> {
        let entry = entry.clone();
        self.worker.run(move |db| db.put_error(&entry)).await
    }

    async fn error(&self, id: &str) -> Result<Option<ErrorEntry>, StoreError> {
        let id = id.to_owned();
        self.worker.run(move |db| db.error(&id)).await
    }

    async fn errors(&self, open: bool, limit: usize) -> Result<Vec<ErrorEntry>, StoreError> {
        self.worker.run(move |db| db.errors(open, limit)).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<Cursor>, StoreError> {
        let name = name.to_owned();
        self.worker.run(move |db| db.cursor(&name)).await
    }

    async fn put_cursor(&self, name: &str, cursor: &Cursor) -> Result<(), StoreError> {
        let name = name.to_owned();
        let cursor = cursor.clone();
        self.worker
            .run(move |db| db.put_cursor(&name, &cursor))
            .await
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.worker.run(move |db| db.setting(&name)).await
    }

    async fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        let name = name.to_owned();
        let value = value.map(str::to_owned);
        self.worker
            .run(move |db| db.put_setting(&name, value.as_deref()))
            .await
    }

    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Time,
        ttl_ms: i64,
    ) -> Result<Lease, StoreError> {
        let name = name.to_owned();
        let holder = holder.to_owned();
        self.worker
            .run(move |db| db.lease(&name, &holder, now, ttl_ms))
            .await
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        let holder = holder.to_owned();
        self.worker.run(move |db| db.release(&name, &holder)).await
    }

    async fn leased(&self, name: &str, now: Time) -> Result<Option<Lease>, StoreError> {
        let name = name.to_owned();
        let lease = self.worker.run(move |db| db.leased(&name)).await?;
        Ok(lease.filter(|lease| lease.until > now))
    }
}

impl Contents for SqliteStore {
    async fn links(&self) -> Result<Vec<String>, StoreError> {
        self.worker.run(|db| db.links()).await
    }

    async fn error_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ErrorEntry>, StoreError> {
        let after = after.map(str::to_owned);
        self.worker
            .run(move |db| db.error_page(after.as_deref(), limit))
            .await
    }

    async fn cursor_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Cursor)>, StoreError> {
        let after = after.map(str::to_owned);
        self.worker
            .run(move |db| db.cursor_page(after.as_deref(), limit))
            .await
    }

    async fn setting_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let after = after.map(str::to_owned);
        self.worker
            .run(move |db| db.setting_page(after.as_deref(), limit))
            .await
    }

    async fn take_over(&self, pairs: &[Pair]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let rows = pairs
            .iter()
            .map(|pair| ItemRow::of(&super::rules::before(pair)?));
        let rows: Vec<_> = rows.collect();
        self.worker.run(move |db| db.take_over(rows)).await
    }

    async fn birthmark(&self) -> Result<Option<String>, StoreError> {
        Ok(self.birthmark.clone())
    }

    async fn damaged_texts(&self) -> Result<Vec<String>, StoreError> {
        self.damaged().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Kind, Life, ObjectId, Observation, PairLife};

    fn observation(node: &str) -> Observation {
        Observation {
            side: Side::Github,
            kind: Kind::Issue,
            id: ObjectId {
                node: node.to_owned(),
                locator: node.to_owned(),
            },
            life: Life::Live,
            fields: BTreeMap::new(),
            stamp: None,
            created: None,
            created_by_us: false,
            marker: None,
            linked_node: None,
            raw_body: None,
            read_at: Time(1),
        }
    }

    fn pair(name: &str) -> Pair {
        let key = crate::core::Key(name.to_owned());
        Pair::first_seen(
            PairId(name.to_owned()),
            key,
            "main",
            &observation(name),
            Time(1),
        )
    }

    /// Lets the file grow by no more than so many pages, as a full disk would.
    async fn let_grow(store: &SqliteStore, pages: i64) {
        let limit = move |db: &mut Db| {
            let now: i64 = db
                .conn
                .pragma_query_value(None, "page_count", |row| row.get(0))?;
            let most = now + pages;
            db.conn
                .pragma_update_and_check(None, "max_page_count", most, |_| Ok(()))?;
            Ok(())
        };
        store.worker.run(limit).await.unwrap();
    }

    async fn fill_the_disk(store: &SqliteStore) {
        assert_eq!(store.put(&pair("a"), &[]).await, Ok(1));
        let_grow(store, 2).await;
        let mut large = pair("a");
        large.rev = 1;
        large.life = PairLife::Parked("x".repeat(100_000));
        let told = store.put(&large, &[]).await.unwrap_err();
        assert!(matches!(told, StoreError::Unavailable(_)), "{told:?}");
        assert!(told.to_string().contains("is full"), "{told}");
        let told = store.put_all(&[large.clone(), pair("b")]).await;
        assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
        let kept = store.pair(&PairId("a".to_owned())).await.unwrap().unwrap();
        assert_eq!((kept.rev, kept.life), (1, PairLife::New));
        assert_eq!(store.pair(&PairId("b".to_owned())).await, Ok(None));
        // What fits still goes, and all goes once there is room.
        assert_eq!(store.put_setting("pause", Some("true")).await, Ok(()));
        let_grow(store, 1_000).await;
        assert_eq!(store.put(&large, &[]).await, Ok(2));
    }

    #[test]
    fn a_full_disk_changes_nothing_and_is_told() {
        let name = format!("pulse-sync-full-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let store = SqliteStore::open(&folder.join("store.db"), Access::Own).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(fill_the_disk(&store));
        drop(store);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
