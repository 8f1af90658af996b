//! Reads of pairs.

use std::collections::BTreeMap;

use mongodb::action::Find;
use mongodb::bson::{Bson, Document, doc};

use super::MongoStore;
use super::commits::{ASKED, node_field};
use super::documents::{self, ITEMS, date, mark_word};
use crate::core::{Pair, PairId, Side, Time};
use crate::store::{Counts, StoreError, Which};

/// A limit as the server counts; 0 would mean none to it, and is answered before it is asked.
pub(super) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl MongoStore {
    /// All documents of a query, each step of which is bounded in time.
    pub(super) async fn find<'a>(
        &self,
        collection: &str,
        filter: Document,
        options: impl FnOnce(Find<'_, Document>) -> Find<'_, Document> + 'a,
    ) -> Result<Vec<Document>, StoreError> {
        let collection = self.collection(collection).await?;
        let time = self.connection.patience.of_server();
        let find = options(collection.find(filter).max_time(time));
        let mut cursor = self.connection.bounded(async { find.await }).await?;
        let mut found = Vec::new();
        while self.connection.bounded(cursor.advance()).await? {
            let doc = cursor.deserialize_current();
            found.push(doc.map_err(|error| self.connection.teller.tell(&error))?);
        }
        Ok(found)
    }

    /// The first `limit` documents of a query that can be read; the others are remembered as damaged and passed over.
    pub(super) async fn readable<T>(
        &self,
        (collection, filter, sort): (&'static str, Document, Document),
        limit: usize,
        read: impl Fn(Document) -> Result<T, String>,
    ) -> Result<Vec<T>, StoreError> {
        let mut asked = limit;
        while asked > 0 {
            let docs = self
                .find(collection, filter.clone(), |find| {
                    find.sort(sort.clone()).limit(count(asked))
                })
                .await?;
            let came = docs.len();
            let all = docs
                .into_iter()
                .map(|doc| self.read(collection, doc, &read));
            let mut good: Vec<T> = all.filter_map(Result::ok).collect();
            if came < asked || good.len() >= limit {
                good.truncate(limit);
                return Ok(good);
            }
            // Damaged ones took the place of others.
            asked = asked.saturating_add(limit - good.len());
        }
        Ok(Vec::new())
    }

    /// Reads one document; one that is damaged is remembered and logged once.
    pub(super) fn read<T>(
        &self,
        collection: &'static str,
        doc: Document,
        read: impl Fn(Document) -> Result<T, String>,
    ) -> Result<T, StoreError> {
        let id = doc.get("_id").map_or_else(String::new, |id| match id {
            Bson::String(id) => id.clone(),
            other => other.to_string(),
        });
        read(doc).map_err(|detail| {
            let told = documents::damaged(collection, &id, &detail);
            let text = told.to_string();
            let new = self
                .damaged
                .borrow_mut()
                .insert((collection, id), text)
                .is_none();
            if new {
                tracing::error!("{told}");
            }
            told
        })
    }

    /// Reads the document with an id.
    pub(super) async fn one<T>(
        &self,
        collection: &'static str,
        id: &str,
        read: impl Fn(Document) -> Result<T, String>,
    ) -> Result<Option<T>, StoreError> {
        let from = self.collection(collection).await?;
        let filter = doc! { "_id": id };
        let time = self.connection.patience.of_server();
        let look = async { from.find_one(filter).max_time(time).await };
        match self.connection.bounded(look).await? {
            Some(doc) => self.read(collection, doc, read).map(Some),
            None => Ok(None),
        }
    }

    async fn list(
        &self,
        filter: Document,
        sort: Document,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        self.readable((ITEMS, filter, sort), limit, documents::to_pair)
            .await
    }

    pub(super) async fn find_nodes(
        &self,
        link: &str,
        side: Side,
        nodes: &[&str],
    ) -> Result<BTreeMap<String, Pair>, StoreError> {
        let mut found = BTreeMap::new();
        for nodes in nodes.chunks(ASKED) {
            let filter = doc! { "link": link, node_field(side): { "$in": nodes.to_vec() } };
            for pair in self.list(filter, doc! { "_id": 1 }, usize::MAX).await? {
                if let Some(object) = pair.object(side) {
                    found.insert(object.node.clone(), pair);
                }
            }
        }
        Ok(found)
    }

    pub(super) async fn find_due(
        &self,
        link: &str,
        now: Time,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        // Those that are always ready have no time.
        let filter =
            doc! { "link": link, "wants_turn": true, "ready_at": { "$not": { "$gt": date(now) } } };
        self.list(filter, doc! { "dirty_since": 1, "_id": 1 }, limit)
            .await
    }

    pub(super) async fn find_waiting(
        &self,
        link: &str,
        now: Time,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let filter = doc! { "link": link, "wants_turn": true, "ready_at": { "$gt": date(now) } };
        self.list(filter, doc! { "ready_at": 1 }, limit).await
    }

    pub(super) async fn find_next_due(
        &self,
        link: &str,
        now: Time,
    ) -> Result<Option<Time>, StoreError> {
        let filter = doc! { "link": link, "wants_turn": true, "ready_at": { "$gt": date(now) } };
        let found = self
            .find(ITEMS, filter, |find| {
                find.sort(doc! { "ready_at": 1 })
                    .projection(doc! { "ready_at": 1, "_id": 0 })
                    .limit(1)
            })
            .await?;
        let at = found
            .first()
            .and_then(|doc| doc.get_datetime("ready_at").ok());
        Ok(at.map(|at| Time(at.timestamp_millis())))
    }

    pub(super) async fn find_pairs(
        &self,
        link: &str,
        which: Which,
        after: Option<&PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let mut filter = doc! { "link": link };
        if let Some(mark) = mark_word(which) {
            filter.insert("marks", mark);
        }
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": &after.0 });
        }
        self.list(filter, doc! { "_id": 1 }, limit).await
    }

    pub(super) async fn count_pairs(&self, link: &str) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        let dirty = doc! { "$cond": [{ "$gt": ["$dirty_since", null] }, 1, 0] };
        let lives = vec![
            doc! { "$match": { "link": link } },
            doc! { "$group": { "_id": "$life", "all": { "$sum": 1 }, "dirty": { "$sum": dirty } } },
        ];
        for group in self.groups(lives).await? {
            let (all, dirty) = (number(&group, "all"), number(&group, "dirty"));
            let life = group.get_str("_id").unwrap_or_default();
            match life {
                "active" => (counts.active, counts.waiting) = (all, dirty),
                "new" => counts.new = all,
                "parked" => counts.parked = all,
                _ => {}
            }
            if !["parked", "tombstone"].contains(&life) {
                counts.queued += dirty;
            }
        }
        let marks = vec![
            doc! { "$match": { "link": link, "marks": { "$in": ["conflicted", "held", "held_by_user", "in_doubt"] } } },
            doc! { "$unwind": "$marks" },
            doc! { "$group": { "_id": "$marks", "all": { "$sum": 1 } } },
        ];
        for group in self.groups(marks).await? {
            let all = number(&group, "all");
            match group.get_str("_id").unwrap_or_default() {
                "conflicted" => counts.conflicted = all,
                "held" => counts.held = all,
                "held_by_user" => counts.held_by_user = all,
                "in_doubt" => counts.in_doubt = all,
                _ => {}
            }
        }
        Ok(counts)
    }

    async fn groups(&self, pipeline: Vec<Document>) -> Result<Vec<Document>, StoreError> {
        let items = self.collection(ITEMS).await?;
        let time = self.connection.patience.of_server();
        let ask = async { items.aggregate(pipeline).max_time(time).await };
        let mut cursor = self.connection.bounded(ask).await?;
        let mut groups = Vec::new();
        while self.connection.bounded(cursor.advance()).await? {
            let doc = cursor.deserialize_current();
            groups.push(doc.map_err(|error| self.connection.teller.tell(&error))?);
        }
        Ok(groups)
    }
}

fn number(doc: &Document, name: &str) -> u64 {
    match doc.get(name) {
        Some(Bson::Int32(number)) => u64::try_from(*number).unwrap_or(0),
        Some(Bson::Int64(number)) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}
