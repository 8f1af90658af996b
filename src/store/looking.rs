//! A store that is only looked at: nothing is made or written there, so that a user who may only read is enough, and
//! another process may own it.
//!
//! A plan notes down what it finds on its way, as a sync does. Here that goes into a copy in memory, which is made when
//! the plan begins and forgotten when it ends.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::contents::PAGE;
use super::{
    Contents, Counts, Cursor, ErrorEntry, HistoryQuery, Lease, MemoryStore, MongoStore, Pruned,
    Store, StoreError, Which,
};
use crate::core::{Pair, PairId, Record, Side, Time};

/// What a plan of one link works on.
struct Sketch {
    link: String,
    /// How many began it and have not ended it yet: whoever asks for a plan may look at it longer than who makes it.
    users: usize,
    /// The link's pairs and all cursors, as they were when the plan began.
    memory: MemoryStore,
    /// Settings that the plan wrote.
    settings: BTreeMap<String, Option<String>>,
}

/// A store that refuses every write.
pub struct Looking<S = MongoStore> {
    store: S,
    /// Where it is, for people.
    place: String,
    sketch: RefCell<Option<Sketch>>,
}

impl Looking {
    /// Looks at a shared store.
    pub fn at(store: MongoStore) -> Self {
        let place = store.place().to_string();
        Self::of(store.looking(), place)
    }
}

impl<S: Contents> Looking<S> {
    /// Looks at a store that refuses writes by itself, or that nobody else sees.
    pub const fn of(store: S, place: String) -> Self {
        Self {
            store,
            place,
            sketch: RefCell::new(None),
        }
    }

    /// What is looked at.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// What a plan of this link works on, if one is made.
    fn of_link(&self, link: &str) -> Option<MemoryStore> {
        let sketch = self.sketch.borrow();
        let ours = sketch.as_ref().filter(|sketch| sketch.link == link);
        ours.map(|sketch| sketch.memory.clone())
    }

    /// What a plan works on, if one is made.
    fn planned(&self) -> Option<MemoryStore> {
        let sketch = self.sketch.borrow();
        sketch.as_ref().map(|sketch| sketch.memory.clone())
    }

    /// The same for a write, which is refused outside of a plan.
    fn to_write(&self) -> Result<MemoryStore, StoreError> {
        self.planned().ok_or_else(|| {
            StoreError::Unavailable(format!(
                "{} is only looked at here, and nothing is written there",
                self.place
            ))
        })
    }

    async fn copy(&self, link: &str) -> Result<MemoryStore, StoreError> {
        let memory = MemoryStore::new();
        let mut after: Option<PairId> = None;
        loop {
            let page = self.store.pairs(link, Which::All, after.as_ref(), PAGE);
            let page = page.await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            for answer in memory.take_over(&page).await? {
                answer?;
            }
        }
        let mut after: Option<String> = None;
        loop {
            let page = self.store.cursor_page(after.as_deref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (name, cursor) in &page {
                memory.put_cursor(name, cursor).await?;
            }
        }
        Ok(memory)
    }
}

impl<S: Contents> Store for Looking<S> {
    fn name(&self) -> &'static str {
        self.store.name()
    }

    async fn put(&self, pair: &Pair, records: &[Record]) -> Result<u64, StoreError> {
        self.to_write()?.put(pair, records).await
    }

    async fn put_all(&self, pairs: &[Pair]) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.to_write()?.put_all(pairs).await
    }

    async fn pair(&self, id: &PairId) -> Result<Option<Pair>, StoreError> {
        if let Some(plan) = self.planned()
            && let Some(pair) = plan.pair(id).await?
        {
            return Ok(Some(pair));
        }
        self.store.pair(id).await
    }

    async fn by_nodes(
        &self,
        link: &str,
        side: Side,
        nodes: &[&str],
    ) -> Result<BTreeMap<String, Pair>, StoreError> {
        match self.of_link(link) {
            Some(plan) => plan.by_nodes(link, side, nodes).await,
            None => self.store.by_nodes(link, side, nodes).await,
        }
    }

    async fn due(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        match self.of_link(link) {
            Some(plan) => plan.due(link, now, limit).await,
            None => self.store.due(link, now, limit).await,
        }
    }

    async fn next_due(&self, link: &str, now: Time) -> Result<Option<Time>, StoreError> {
        match self.of_link(link) {
            Some(plan) => plan.next_due(link, now).await,
            None => self.store.next_due(link, now).await,
        }
    }

    async fn waiting(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        match self.of_link(link) {
            Some(plan) => plan.waiting(link, now, limit).await,
            None => self.store.waiting(link, now, limit).await,
        }
    }

    async fn pairs(
        &self,
        link: &str,
        which: Which,
        after: Option<&PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        match self.of_link(link) {
            Some(plan) => plan.pairs(link, which, after, limit).await,
            None => self.store.pairs(link, which, after, limit).await,
        }
    }

    /// As they are stored, whatever a plan finds: for people.
    async fn counts(&self, link: &str) -> Result<Counts, StoreError> {
        self.store.counts(link).await
    }

    async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
        self.to_write()?.record(records).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>, StoreError> {
        self.store.history(query).await
    }

    async fn record_by_id(&self, id: &str) -> Result<Option<Record>, StoreError> {
        self.store.record_by_id(id).await
    }

    async fn prune(
        &self,
        values_before: Time,
        runs_before: Time,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        let memory = self.to_write()?;
        memory.prune(values_before, runs_before, limit).await
    }

    async fn time(&self, ours: Time) -> Result<Time, StoreError> {
        self.store.time(ours).await
    }

    async fn put_error(&self, entry: &ErrorEntry) -> Result<(), StoreError> {
        self.to_write()?.put_error(entry).await
    }

    async fn error(&self, id: &str) -> Result<Option<ErrorEntry>, StoreError> {
        self.store.error(id).await
    }

    async fn errors(&self, open: bool, limit: usize) -> Result<Vec<ErrorEntry>, StoreError> {
        self.store.errors(open, limit).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<Cursor>, StoreError> {
        match self.planned() {
            Some(plan) => plan.cursor(name).await,
            None => self.store.cursor(name).await,
        }
    }

    async fn put_cursor(&self, name: &str, cursor: &Cursor) -> Result<(), StoreError> {
        self.to_write()?.put_cursor(name, cursor).await
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let written = match &*self.sketch.borrow() {
            Some(sketch) => sketch.settings.get(name).cloned(),
            None => None,
        };
        match written {
            Some(value) => Ok(value),
            None => self.store.setting(name).await,
        }
    }

    async fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.to_write()?;
        if let Some(sketch) = &mut *self.sketch.borrow_mut() {
            let value = value.map(str::to_owned);
            sketch.settings.insert(name.to_owned(), value);
        }
        Ok(())
    }

    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Time,
        ttl_ms: i64,
    ) -> Result<Lease, StoreError> {
        let memory = self.to_write()?;
        memory.lease(name, holder, now, ttl_ms).await
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.to_write()?.release(name, holder).await
    }

    async fn leased(&self, name: &str, now: Time) -> Result<Option<Lease>, StoreError> {
        self.store.leased(name, now).await
    }

    /// Nothing is written there.
    async fn takes_writes(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    fn only_looks(&self) -> bool {
        true
    }

    async fn plan_begins(&self, link: &str) -> Result<(), StoreError> {
        if let Some(sketch) = &mut *self.sketch.borrow_mut()
            && sketch.link == link
        {
            sketch.users += 1;
            return Ok(());
        }
        let memory = self.copy(link).await?;
        *self.sketch.borrow_mut() = Some(Sketch {
            link: link.to_owned(),
            users: 1,
            memory,
            settings: BTreeMap::new(),
        });
        Ok(())
    }

    fn plan_ends(&self) {
        let mut sketch = self.sketch.borrow_mut();
        if let Some(open) = &mut *sketch {
            open.users -= 1;
        }
        if sketch.as_ref().is_some_and(|open| open.users == 0) {
            *sketch = None;
        }
    }

    async fn news(&self) -> BTreeSet<String> {
        self.store.news().await
    }
}

impl<S: Contents> Contents for Looking<S> {
    async fn links(&self) -> Result<Vec<String>, StoreError> {
        self.store.links().await
    }

    async fn error_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ErrorEntry>, StoreError> {
        self.store.error_page(after, limit).await
    }

    async fn cursor_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Cursor)>, StoreError> {
        self.store.cursor_page(after, limit).await
    }

    async fn setting_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, String)>, StoreError> {
        self.store.setting_page(after, limit).await
    }

    async fn take_over(&self, pairs: &[Pair]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        self.to_write()?.take_over(pairs).await
    }

    async fn birthmark(&self) -> Result<Option<String>, StoreError> {
        self.store.birthmark().await
    }

    async fn damaged_texts(&self) -> Result<Vec<String>, StoreError> {
        self.store.damaged_texts().await
    }
}
