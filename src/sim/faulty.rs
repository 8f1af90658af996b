//! The store, seen through faults: what is asked of it is refused, done without an answer, slow, lost, or done later.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::FutureExt;

use super::executor::pause;
use super::faults::Faults;
use super::sabotage::Sabotage;
use super::world::{Shared, World};
use crate::core::{Action, Base, Outcome, Pair, PairId, Record, Side, Time};
use crate::store::memory::MemoryStore;
use crate::store::{
    Counts, Cursor, ErrorEntry, HistoryQuery, Lease, Pruned, Store, StoreError, Which,
};

/// How long a caller waits for an answer, in milliseconds.
const PATIENCE: i64 = 10_000;
/// How long it looks for a server.
const SELECTION: i64 = 3_000;
/// How much later a write is done at most that was given up.
const LATEST: i64 = 200_000;

fn away(why: &str) -> StoreError {
    StoreError::Unavailable(why.to_owned())
}

/// A write that its caller gave up and that is done later.
#[derive(Clone, Debug)]
pub enum Late {
    /// A commit.
    Put(Box<Pair>, Vec<Record>),
    /// Commits without records.
    PutAll(Vec<Pair>),
    /// Records.
    Record(Vec<Record>),
    /// An error entry.
    Error(Box<ErrorEntry>),
    /// A cursor.
    Cursor(String, Cursor),
    /// A setting.
    Setting(String, Option<String>),
}

/// Does what is late until this time; says whether there was something.
pub fn arrive(world: &mut World, at: i64) -> bool {
    let Some(index) = world.late.iter().position(|(when, ..)| *when == at) else {
        return false;
    };
    let (_, late, unreachable) = world.late.remove(index);
    world.pass((at - world.now).max(0));
    world.event("store does it late", "", |_| format!("{late:?}"));
    let store = world.store.clone();
    // It is judged by what its sender could not read when it was sent.
    let since = std::mem::replace(&mut world.unreachable, unreachable);
    // The store in memory answers at once, and nobody hears it.
    match late {
        Late::Put(pair, records) => drop(commit(world, &store, &pair, &records)),
        Late::PutAll(pairs) => drop(store.put_all(&pairs).now_or_never()),
        Late::Record(records) => drop(store.record(&records).now_or_never()),
        Late::Error(entry) => drop(store.put_error(&entry).now_or_never()),
        Late::Cursor(name, cursor) => drop(store.put_cursor(&name, &cursor).now_or_never()),
        Late::Setting(name, value) => {
            drop(store.put_setting(&name, value.as_deref()).now_or_never());
        }
    }
    world.unreachable = since;
    true
}

/// Commits a pair, under the eyes of the oracle.
fn commit(
    world: &mut World,
    store: &MemoryStore,
    pair: &Pair,
    records: &[Record],
) -> Result<u64, StoreError> {
    let at_once = || away("never: memory answers at once");
    let mut pair = pair.clone();
    let before = store.pair(&pair.id).now_or_never().ok_or_else(at_once)??;
    if let (Some(before), Some(Sabotage::NoCas)) = (&before, world.sabotage) {
        pair.rev = before.rev;
    }
    let done = store
        .put(&pair, records)
        .now_or_never()
        .ok_or_else(at_once)?;
    super::oracle::committed(world, &pair, records, &done);
    if done.is_ok() {
        super::coverage::note(world, before.as_ref(), &pair, records);
    }
    if let (Some(before), Ok(_)) = (&before, &done) {
        // A service that refused the write itself is evidence.
        let is_refused = |record: &Record| record.outcome == Outcome::Refused;
        if !records.iter().any(is_refused) {
            super::oracle::doubt(world, before, &pair);
        }
        super::oracle::held(world, before, &pair);
    }
    done
}

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

    /// Waits, then perhaps refuses, loses what was asked or lets it wait.
    async fn before(&self) -> Result<(), StoreError> {
        pause().await;
        if self.is_away() {
            self.silence(SELECTION).await;
            return Err(away("no server"));
        }
        if self.strikes("store_refuses", |faults| faults.store_refuses) {
            return Err(away("disk full"));
        }
        if self.strikes("store_lost", |faults| faults.store_lost) {
            self.silence(PATIENCE).await;
            return Err(away("no answer"));
        }
        self.dawdle().await;
        Ok(())
    }

    /// Before a write, which may be done long after it was given up.
    async fn before_write(&self, write: impl FnOnce() -> Late) -> Result<(), StoreError> {
        self.before().await?;
        if self.strikes("store_late", |faults| faults.store_late) {
            {
                let world = &mut *self.world.borrow_mut();
                let at = world.now + world.rng.i64(1..LATEST);
                let unreachable = world.unreachable.clone();
                world.late.push((at, write(), unreachable));
            }
            self.silence(PATIENCE).await;
            return Err(away("no answer"));
        }
        Ok(())
    }

    /// Waits, then perhaps says that what was done was not.
    async fn after<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        pause().await;
        if done.is_ok() && self.strikes("store_lies", |faults| faults.store_lies) {
            let is_silent = self.world.borrow_mut().rng.bool();
            if is_silent {
                self.silence(PATIENCE).await;
            }
            return Err(away("connection lost"));
        }
        self.dawdle().await;
        done
    }

    /// Whether a fault happens now.
    fn strikes(&self, name: &'static str, chance: fn(&Faults) -> u32) -> bool {
        let world = &mut *self.world.borrow_mut();
        let strikes = world.chance(chance(&world.faults));
        if strikes {
            world.figures.fault(name);
            world.event("store", name, |_| String::new());
        }
        strikes
    }

    fn is_away(&self) -> bool {
        let world = self.world.borrow();
        world.store_away > world.now
    }

    /// Perhaps takes its time, but answers before the caller gives up.
    async fn dawdle(&self) {
        if self.strikes("store_slow", |faults| faults.store_slow) {
            let ms = self.world.borrow_mut().rng.i64(1..PATIENCE);
            self.silence(ms).await;
        }
    }

    /// Nothing is heard for so long.
    async fn silence(&self, ms: i64) {
        let until = self.world.borrow().elapsed + ms;
        while self.world.borrow().elapsed < until {
            self.world.borrow_mut().wake_at = Some(until);
            pause().await;
        }
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
        let pair = self.written(pair);
        self.before_write(|| Late::Put(Box::new(pair.clone()), records.to_vec()))
            .await?;
        let done = commit(&mut self.world.borrow_mut(), &self.inner, &pair, records);
        self.after(done).await
    }

    async fn put_all(&self, pairs: &[Pair]) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.before_write(|| Late::PutAll(pairs.to_vec())).await?;
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
        self.before().await?;
        self.inner.next_due(link, now).await
    }

    async fn waiting(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.before().await?;
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
        self.before_write(|| Late::Record(records.to_vec())).await?;
        let done = self.inner.record(records).await;
        self.after(done).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>, StoreError> {
        self.before().await?;
        self.inner.history(query).await
    }

    async fn record_by_id(&self, id: &str) -> Result<Option<Record>, StoreError> {
        self.before().await?;
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
        self.before().await?;
        self.inner.time(ours).await
    }

    async fn put_error(&self, entry: &ErrorEntry) -> Result<(), StoreError> {
        self.before_write(|| Late::Error(Box::new(entry.clone())))
            .await?;
        let done = self.inner.put_error(entry).await;
        self.after(done).await
    }

    async fn error(&self, id: &str) -> Result<Option<ErrorEntry>, StoreError> {
        self.before().await?;
        self.inner.error(id).await
    }

    async fn errors(&self, open: bool, limit: usize) -> Result<Vec<ErrorEntry>, StoreError> {
        self.before().await?;
        self.inner.errors(open, limit).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<Cursor>, StoreError> {
        self.before().await?;
        self.inner.cursor(name).await
    }

    async fn put_cursor(&self, name: &str, cursor: &Cursor) -> Result<(), StoreError> {
        self.before_write(|| Late::Cursor(name.to_owned(), cursor.clone()))
            .await?;
        let done = self.inner.put_cursor(name, cursor).await;
        self.after(done).await
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.before().await?;
        self.inner.setting(name).await
    }

    async fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.before_write(|| Late::Setting(name.to_owned(), value.map(str::to_owned)))
            .await?;
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
        let lease = self.inner.lease(name, holder, now, ttl_ms).await;
        self.after(lease).await
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.before().await?;
        let done = self.inner.release(name, holder).await;
        self.after(done).await
    }

    async fn leased(&self, name: &str, now: Time) -> Result<Option<Lease>, StoreError> {
        self.before().await?;
        self.inner.leased(name, now).await
    }
}
