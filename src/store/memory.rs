//! A store in memory: the seeded simulation runs on it, and it is the model that the other stores are compared with.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::core::{Pair, PairId, PairLife, Record, RecordId, RecordKind, Side, Time};

use super::rules::{self, ALWAYS};
use super::{
    Contents, Counts, Cursor, ErrorEntry, HistoryQuery, Lease, Pruned, Store, StoreError, Which,
};

/// A handle to a store in memory. Clones share the content, which thus outlives an engine that is dropped.
///
/// No threads, no clock, no order but that of the keys: the same calls give the same answers.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    inner: Rc<RefCell<Inner>>,
}

/// What is stored. Documents are cloned on the way in and out, so a caller never holds a part of the store.
#[derive(Debug, Default)]
struct Inner {
    pairs: BTreeMap<PairId, Rc<Pair>>,
    /// The unique keys: link, side, node id.
    owners: BTreeMap<(String, Option<Side>, String), PairId>,
    /// Dirty pairs in working order.
    dirty: BTreeSet<(Time, PairId)>,
    records: BTreeMap<RecordId, Rc<Record>>,
    timeline: BTreeSet<(Time, RecordId)>,
    errors: BTreeMap<String, ErrorEntry>,
    cursors: BTreeMap<String, Cursor>,
    settings: BTreeMap<String, String>,
    leases: BTreeMap<String, Lease>,
    commits: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every pair in the order of the ids. For oracles: cheap, as nothing is copied.
    pub fn all_pairs(&self) -> Vec<Rc<Pair>> {
        self.inner.borrow().pairs.values().map(Rc::clone).collect()
    }

    /// Every record, oldest first.
    pub fn all_records(&self) -> Vec<Rc<Record>> {
        let inner = self.inner.borrow();
        inner
            .timeline
            .iter()
            .filter_map(|(_, id)| inner.records.get(id).map(Rc::clone))
            .collect()
    }

    /// Every error entry in the order of the ids.
    pub fn all_errors(&self) -> Vec<ErrorEntry> {
        self.inner.borrow().errors.values().cloned().collect()
    }

    /// Every cursor in the order of the names.
    pub fn all_cursors(&self) -> Vec<(String, Cursor)> {
        let inner = self.inner.borrow();
        let copied = inner.cursors.iter();
        copied
            .map(|(name, at)| (name.clone(), at.clone()))
            .collect()
    }

    /// How many pairs were committed so far.
    pub fn commits(&self) -> u64 {
        self.inner.borrow().commits
    }
}

impl Inner {
    /// Commits one pair, or changes nothing.
    fn commit(&mut self, pair: &Pair) -> Result<u64, StoreError> {
        if self.rev(&pair.id) != pair.rev {
            return Err(StoreError::Stale);
        }
        let mut next = pair.clone();
        next.rev += 1;
        let rev = next.rev;
        self.replace(next)?;
        self.commits += 1;
        Ok(rev)
    }

    /// The stored `rev` of a pair; 0 = not stored.
    fn rev(&self, id: &PairId) -> u64 {
        self.pairs.get(id).map_or(0, |stored| stored.rev)
    }

    /// Puts a pair in the place of its stored version, unless another has one of its keys.
    fn replace(&mut self, pair: Pair) -> Result<(), StoreError> {
        for key in keys(&pair) {
            if self.owners.get(&key).is_some_and(|owner| *owner != pair.id) {
                return Err(StoreError::Duplicate(key.2));
            }
        }
        if let Some(old) = self.pairs.get(&pair.id).map(Rc::clone) {
            self.forget(&old);
        }
        for key in keys(&pair) {
            self.owners.insert(key, pair.id.clone());
        }
        if let Some(since) = pair.dirty_since {
            self.dirty.insert((since, pair.id.clone()));
        }
        self.pairs.insert(pair.id.clone(), Rc::new(pair));
        Ok(())
    }

    /// Removes what leads to an old version of a pair.
    fn forget(&mut self, old: &Pair) {
        for key in keys(old) {
            self.owners.remove(&key);
        }
        if let Some(since) = old.dirty_since {
            self.dirty.remove(&(since, old.id.clone()));
        }
    }

    fn insert_records(&mut self, records: &[Record]) {
        for record in records {
            if !self.records.contains_key(&record.id) {
                self.timeline.insert((record.at, record.id.clone()));
                self.records
                    .insert(record.id.clone(), Rc::new(record.clone()));
            }
        }
    }

    /// The dirty pairs of a link in working order.
    fn dirty_pairs<'a>(&'a self, link: &'a str) -> impl Iterator<Item = &'a Rc<Pair>> {
        self.dirty
            .iter()
            .filter_map(|(_, id)| self.pairs.get(id))
            .filter(move |pair| pair.link == link)
    }
}

/// The unique keys that a pair claims.
fn keys(pair: &Pair) -> impl Iterator<Item = (String, Option<Side>, String)> {
    let nodes = Side::BOTH.into_iter().filter_map(|side| {
        let object = pair.object(side)?;
        Some((pair.link.clone(), Some(side), object.node.clone()))
    });
    nodes.chain([(pair.link.clone(), None, pair.key.0.clone())])
}

impl Store for MemoryStore {
    async fn put(&self, pair: &Pair, records: &[Record]) -> Result<u64, StoreError> {
        let mut inner = self.inner.borrow_mut();
        let rev = inner.commit(pair)?;
        inner.insert_records(records);
        Ok(rev)
    }

    async fn put_all(&self, pairs: &[Pair]) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        let mut inner = self.inner.borrow_mut();
        Ok(pairs.iter().map(|pair| inner.commit(pair)).collect())
    }

    async fn pair(&self, id: &PairId) -> Result<Option<Pair>, StoreError> {
        Ok(self.inner.borrow().pairs.get(id).map(|p| (**p).clone()))
    }

    async fn by_nodes(
        &self,
        link: &str,
        side: Side,
        nodes: &[&str],
    ) -> Result<BTreeMap<String, Pair>, StoreError> {
        let inner = self.inner.borrow();
        let found = nodes.iter().filter_map(|node| {
            let key = (link.to_owned(), Some(side), (*node).to_owned());
            let pair = inner.pairs.get(inner.owners.get(&key)?)?;
            Some((key.2, (**pair).clone()))
        });
        Ok(found.collect())
    }

    async fn due(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let inner = self.inner.borrow();
        let due = inner.dirty_pairs(link).filter(|pair| pair.is_due(now));
        Ok(due.take(limit).map(|pair| (**pair).clone()).collect())
    }

    async fn next_due(&self, link: &str, now: Time) -> Result<Option<Time>, StoreError> {
        let inner = self.inner.borrow();
        // Only the times of waiting are asked of a pair that will be due at some time.
        let waiting = inner
            .dirty_pairs(link)
            .filter(|pair| !pair.is_due(now) && pair.is_due(Time(i64::MAX)));
        Ok(waiting.map(|pair| rules::ready_at(pair)).min())
    }

    async fn waiting(&self, link: &str, now: Time, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let inner = self.inner.borrow();
        let mut waiting: Vec<_> = inner
            .dirty_pairs(link)
            .filter(|pair| !pair.is_due(now) && pair.is_due(Time(i64::MAX)))
            .map(|pair| (**pair).clone())
            .collect();
        waiting.sort_by_key(rules::ready_at);
        waiting.truncate(limit);
        Ok(waiting)
    }

    async fn pairs(
        &self,
        link: &str,
        which: Which,
        after: Option<&PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let inner = self.inner.borrow();
        let asked = inner.pairs.iter().filter(|(id, pair)| {
            after.is_none_or(|after| *id > after) && pair.link == link && rules::is(which, pair)
        });
        Ok(asked.take(limit).map(|(_, p)| (**p).clone()).collect())
    }

    async fn counts(&self, link: &str) -> Result<Counts, StoreError> {
        let inner = self.inner.borrow();
        let mut counts = Counts::default();
        for pair in inner.pairs.values().filter(|pair| pair.link == link) {
            counts.active += u64::from(pair.life == PairLife::Active);
            let waits = pair.life == PairLife::Active && pair.dirty_since.is_some();
            counts.waiting += u64::from(waits);
            counts.new += u64::from(pair.life == PairLife::New);
            counts.parked += u64::from(matches!(pair.life, PairLife::Parked(_)));
            counts.queued += u64::from(rules::is_queued(pair));
            counts.conflicted += u64::from(rules::is(Which::Conflicted, pair));
            counts.held += u64::from(rules::is(Which::Held, pair));
            counts.held_by_user += u64::from(rules::is(Which::HeldByUser, pair));
            counts.in_doubt += u64::from(rules::is(Which::InDoubt, pair));
        }
        Ok(counts)
    }

    async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
        self.inner.borrow_mut().insert_records(records);
        Ok(())
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>, StoreError> {
        let inner = self.inner.borrow();
        let since = query.since.unwrap_or(ALWAYS);
        let newest_first = inner.timeline.iter().rev();
        let records = newest_first
            .skip_while(|key| query.before.as_ref().is_some_and(|before| *key >= before))
            .take_while(|(at, _)| *at >= since)
            .filter_map(|(_, id)| inner.records.get(id))
            .filter(|record| rules::passes(query, record));
        Ok(records.take(query.limit).map(|r| (**r).clone()).collect())
    }

    async fn record_by_id(&self, id: &str) -> Result<Option<Record>, StoreError> {
        Ok(self.inner.borrow().records.get(id).map(|r| (**r).clone()))
    }

    async fn prune(
        &self,
        values_before: Time,
        runs_before: Time,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        let inner = &mut *self.inner.borrow_mut();
        let mut pruned = Pruned::default();
        for key in &inner.timeline {
            let Some(record) = inner.records.get_mut(&key.1) else {
                continue;
            };
            let valued = !record.changes.is_empty() && record.at < values_before;
            if valued && pruned.values < limit as u64 {
                Rc::make_mut(record).changes.clear();
                pruned.values += 1;
            }
        }
        let runs = inner.timeline.iter().filter(|(at, id)| {
            let record = inner.records.get(id);
            *at < runs_before && record.is_some_and(|record| record.kind == RecordKind::Run)
        });
        let runs: Vec<_> = runs.take(limit).cloned().collect();
        pruned.runs = runs.len() as u64;
        for key in runs {
            inner.timeline.remove(&key);
            inner.records.remove(&key.1);
        }
        Ok(pruned)
    }

    async fn put_error(&self, entry: &ErrorEntry) -> Result<(), StoreError> {
        let mut inner = self.inner.borrow_mut();
        inner.errors.insert(entry.id.clone(), entry.clone());
        Ok(())
    }

    async fn error(&self, id: &str) -> Result<Option<ErrorEntry>, StoreError> {
        Ok(self.inner.borrow().errors.get(id).cloned())
    }

    async fn errors(&self, open: bool, limit: usize) -> Result<Vec<ErrorEntry>, StoreError> {
        let inner = self.inner.borrow();
        let entries = inner.errors.values();
        let mut asked: Vec<_> = entries
            .filter(|entry| !open || entry.resolved_at.is_none())
            .collect();
        asked.sort_by(|a, b| (b.last_at, &b.id).cmp(&(a.last_at, &a.id)));
        Ok(asked.into_iter().take(limit).cloned().collect())
    }

    async fn cursor(&self, name: &str) -> Result<Option<Cursor>, StoreError> {
        Ok(self.inner.borrow().cursors.get(name).cloned())
    }

    async fn put_cursor(&self, name: &str, cursor: &Cursor) -> Result<(), StoreError> {
        let mut inner = self.inner.borrow_mut();
        inner.cursors.insert(name.to_owned(), cursor.clone());
        Ok(())
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.inner.borrow().settings.get(name).cloned())
    }

    async fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        let settings = &mut self.inner.borrow_mut().settings;
        match value {
            Some(value) => settings.insert(name.to_owned(), value.to_owned()),
            None => settings.remove(name),
        };
        Ok(())
    }

    async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Time,
        ttl_ms: i64,
    ) -> Result<Lease, StoreError> {
        let leases = &mut self.inner.borrow_mut().leases;
        let lease = rules::lease_after(leases.remove(name), holder, now, ttl_ms);
        leases.insert(name.to_owned(), lease.clone());
        Ok(lease)
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let mut inner = self.inner.borrow_mut();
        if let Some(lease) = inner.leases.get_mut(name)
            && lease.holder == holder
        {
            lease.until = ALWAYS;
        }
        Ok(())
    }

    async fn leased(&self, name: &str, now: Time) -> Result<Option<Lease>, StoreError> {
        let lease = self.inner.borrow().leases.get(name).cloned();
        Ok(lease.filter(|lease| lease.until > now))
    }
}

/// The entries after a name, in the order of the names.
fn page<T: Clone>(
    all: &BTreeMap<String, T>,
    after: Option<&str>,
    limit: usize,
) -> Vec<(String, T)> {
    let rest = all
        .iter()
        .filter(|(name, _)| after.is_none_or(|after| name.as_str() > after));
    let page = rest.map(|(name, entry)| (name.clone(), entry.clone()));
    page.take(limit).collect()
}

impl Contents for MemoryStore {
    async fn links(&self) -> Result<Vec<String>, StoreError> {
        let inner = self.inner.borrow();
        let links: BTreeSet<_> = inner.pairs.values().map(|pair| pair.link.clone()).collect();
        Ok(links.into_iter().collect())
    }

    async fn error_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ErrorEntry>, StoreError> {
        let errors = page(&self.inner.borrow().errors, after, limit);
        Ok(errors.into_iter().map(|(_, entry)| entry).collect())
    }

    async fn cursor_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Cursor)>, StoreError> {
        Ok(page(&self.inner.borrow().cursors, after, limit))
    }

    async fn setting_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, String)>, StoreError> {
        Ok(page(&self.inner.borrow().settings, after, limit))
    }

    async fn take_over(&self, pairs: &[Pair]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let mut inner = self.inner.borrow_mut();
        let answers = pairs.iter().map(|pair| match inner.rev(&pair.id) {
            rev if rev > pair.rev || pair.rev == 0 => Err(StoreError::Stale),
            rev if rev == pair.rev => Ok(()),
            _ => inner.replace(pair.clone()),
        });
        Ok(answers.collect())
    }

    async fn damaged_texts(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}
