//! The store, seen through faults: refused commits, and commits whose answer is lost.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::executor::pause;
use super::sabotage::Sabotage;
use super::world::Shared;
use crate::core::{Action, Base, Pair, PairId, Record, Side, Time};
use crate::store::memory::MemoryStore;
use crate::store::{
    Counts, Cursor, ErrorEntry, HistoryQuery, Lease, Pruned, Store, StoreError, Which,
};

/// A store in memory that sometimes says no, and sometimes says no after having said yes.
#[derive(Clone, Debug)]
pub struct FaultyStore {
    inner: MemoryStore,
    world: Shared,
    /// The lease is granted to everybody who asks.
    ignores_lease: bool,
}

impl FaultyStore {
    /// The world's store.
    pub fn new(world: &Shared) -> Self {
        let inner = world.borrow().store.clone();
        Self {
            inner,
            world: Rc::clone(world),
            ignores_lease: false,
        }
    }

    /// The same store, which perhaps grants the lease to everybody.
    #[must_use]
    pub const fn ignoring_lease(mut self, ignores: bool) -> Self {
        self.ignores_lease = ignores;
        self
    }

    /// Waits, then perhaps refuses.
    async fn before(&self) -> Result<(), StoreError> {
        pause().await;
        let world = &mut *self.world.borrow_mut();
        if world.chance(world.faults.store_refuses) {
            world.figures.fault("store_refuses");
            world.event("store refuses", "", |_| String::new());
            return Err(StoreError::Unavailable("disk full".to_owned()));
        }
        Ok(())
    }

    /// Waits, then perhaps says that what was done was not.
    async fn after<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        pause().await;
        let world = &mut *self.world.borrow_mut();
        if done.is_ok() && world.chance(world.faults.store_lies) {
            world.figures.fault("store_lies");
            world.event("store lies", "", |_| String::new());
            return Err(StoreError::Unavailable("connection lost".to_owned()));
        }
        done
    }

    fn sabotage(&self) -> Option<Sabotage> {
        self.world.borrow().sabotage
    }

    /// What a sabotaged engine would read.
    fn read(&self, mut pair: Pair) -> Pair {
        if self.sabotage() == Some(Sabotage::CrossBase) {
            pair.base.clear();
        }
        pair
    }

    /// What a sabotaged engine would commit.
    fn written(&self, pair: &Pair) -> Pair {
        let mut pair = pair.clone();
        match self.sabotage() {
            Some(Sabotage::BaseFirst) => move_base_first(&mut pair),
            Some(Sabotage::BlockedMovesBase) => move_blocked_base(&mut pair),
            Some(Sabotage::DoubtEndsOn404) => end_doubt(&mut pair),
            _ => {}
        }
        pair
    }
}

fn move_base_first(pair: &mut Pair) {
    let Some(intent) = &pair.intent else { return };
    if let Action::Patch(changes) = &intent.step.action {
        for change in changes {
            let base = match intent.step.side {
                Side::Github => Base::new(change.new.clone(), change.source.clone()),
                Side::Notion => Base::new(change.source.clone(), change.new.clone()),
            };
            pair.base.insert(change.field.clone(), base);
        }
    }
}

fn end_doubt(pair: &mut Pair) {
    let Some(intent) = &pair.intent else { return };
    let waits = pair.next_try.is_some_and(|at| at > intent.committed_at);
    let not_found = |error: &String| error.contains("says 404");
    if waits && pair.last_error.as_ref().is_some_and(not_found) {
        pair.intent = None;
        pair.next_try = None;
    }
}

fn move_blocked_base(pair: &mut Pair) {
    for (field, blocked) in &pair.blocked {
        let Some(base) = pair.base.get(field).cloned() else {
            continue;
        };
        let moved = match blocked.side {
            Side::Github => Base::new(base.github.clone(), blocked.source.clone()),
            Side::Notion => Base::new(blocked.source.clone(), base.notion().clone()),
        };
        pair.base.insert(field.clone(), moved);
    }
}

impl Store for FaultyStore {
    async fn put(&self, pair: &Pair, records: &[Record]) -> Result<u64, StoreError> {
        self.before().await?;
        let mut pair = self.written(pair);
        let before = self.inner.pair(&pair.id).await?;
        if let (Some(before), Some(Sabotage::NoCas)) = (&before, self.sabotage()) {
            pair.rev = before.rev;
        }
        let done = self.inner.put(&pair, records).await;
        {
            let world = &mut *self.world.borrow_mut();
            super::oracle::committed(world, &pair, records, &done);
            if done.is_ok() {
                super::coverage::note(world, before.as_ref(), &pair, records);
            }
            if let (Some(before), Ok(_)) = (&before, &done) {
                super::oracle::doubt(world, before, &pair);
                super::oracle::held(world, before, &pair);
            }
        }
        self.after(done).await
    }

    async fn put_all(&self, pairs: &[Pair]) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.before().await?;
        let done = self.inner.put_all(pairs).await;
        self.after(done).await
    }

    async fn pair(&self, id: &PairId) -> Result<Option<Pair>, StoreError> {
        self.before().await?;
        let pair = self.inner.pair(id).await?;
        Ok(pair.map(|pair| self.read(pair)))
    }

    async fn by_nodes(
        &self,
        link: &str,
        side: Side,
        nodes: &[&str],
    ) -> Result<BTreeMap<String, Pair>, StoreError> {
        self.before().await?;
        let pairs = self.inner.by_nodes(link, side, nodes).await?;
        Ok(pairs
            .into_iter()
            .map(|(node, pair)| (node, self.read(pair)))
            .collect())
    }

    async fn due(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.before().await?;
        let pairs = self.inner.due(link, now, limit).await?;
        Ok(pairs.into_iter().map(|pair| self.read(pair)).collect())
    }

    async fn next_due(&self, link: &str, now: Time) -> Result<Option<Time>, StoreError> {
        self.inner.next_due(link, now).await
    }

    async fn waiting(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.inner.waiting(link, now, limit).await
    }

    async fn pairs(
        &self,
        link: &str,
        which: Which,
        after: Option<&PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        self.before().await?;
        self.inner.pairs(link, which, after, limit).await
    }

    async fn counts(&self, link: &str) -> Result<Counts, StoreError> {
        self.before().await?;
        self.inner.counts(link).await
    }

    async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
        self.before().await?;
        let done = self.inner.record(records).await;
        self.after(done).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>, StoreError> {
        self.inner.history(query).await
    }

    async fn record_by_id(&self, id: &str) -> Result<Option<Record>, StoreError> {
        self.inner.record_by_id(id).await
    }

    async fn prune(
        &self,
        values_before: Time,
        runs_before: Time,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        self.before().await?;
        let done = self.inner.prune(values_before, runs_before, limit).await;
        self.after(done).await
    }

    async fn time(&self, ours: Time) -> Result<Time, StoreError> {
        self.inner.time(ours).await
    }

    async fn put_error(&self, entry: &ErrorEntry) -> Result<(), StoreError> {
        self.before().await?;
        let done = self.inner.put_error(entry).await;
        self.after(done).await
    }

    async fn error(&self, id: &str) -> Result<Option<ErrorEntry>, StoreError> {
        self.inner.error(id).await
    }

    async fn errors(&self, open: bool, limit: usize) -> Result<Vec<ErrorEntry>, StoreError> {
        self.inner.errors(open, limit).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<Cursor>, StoreError> {
        self.before().await?;
        self.inner.cursor(name).await
    }

    async fn put_cursor(&self, name: &str, cursor: &Cursor) -> Result<(), StoreError> {
        self.before().await?;
        let done = self.inner.put_cursor(name, cursor).await;
        self.after(done).await
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.before().await?;
        self.inner.setting(name).await
    }

    async fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.before().await?;
        let done = self.inner.put_setting(name, value).await;
        self.after(done).await
    }

    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Time,
        ttl_ms: i64,
    ) -> Result<Lease, StoreError> {
        self.before().await?;
        if self.ignores_lease {
            return Ok(Lease {
                holder: holder.to_owned(),
                until: now.plus(ttl_ms),
                fence: 0,
            });
        }
        self.inner.lease(name, holder, now, ttl_ms).await
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.before().await?;
        self.inner.release(name, holder).await
    }
}
