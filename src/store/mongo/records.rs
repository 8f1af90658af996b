//! The history and the errors.

use std::collections::BTreeSet;

use mongodb::bson::{Bson, Document, doc};

use super::MongoStore;
use super::documents::{self, ERRORS, HISTORY, date};
use crate::core::Record;
use crate::store::rules;
use crate::store::{ErrorEntry, HistoryQuery, StoreError};

/// How many records go to the server in one request.
const BATCH: usize = 500;

/// What a query asks for, in the server's words.
fn filter(query: &HistoryQuery) -> Document {
    let mut at = Document::new();
    if let Some(since) = query.since {
        at.insert("$gte", date(since));
    }
    let mut filter = Document::new();
    if let Some((time, id)) = &query.before {
        at.insert("$lte", date(*time));
        let earlier = doc! { "at": { "$lt": date(*time) } };
        let same = doc! { "at": date(*time), "_id": { "$lt": id } };
        filter.insert("$or", vec![earlier, same]);
    }
    if !at.is_empty() {
        filter.insert("at", at);
    }
    if let Some(pair) = &query.pair {
        filter.insert("pair", &pair.0);
    }
    let words: Vec<_> = query
        .outcomes
        .iter()
        .copied()
        .map(rules::outcome_word)
        .collect();
    if !words.is_empty() {
        filter.insert("outcome", doc! { "$in": words });
    }
    let words: Vec<_> = query
        .kinds
        .iter()
        .copied()
        .map(rules::record_kind_word)
        .collect();
    if !words.is_empty() {
        filter.insert("kind", doc! { "$in": words });
    }
    filter
}

impl MongoStore {
    pub(super) async fn put_records(&self, records: &[Record]) -> Result<(), StoreError> {
        for batch in records.chunks(BATCH) {
            let docs: Result<Vec<_>, _> = batch.iter().map(documents::of_record).collect();
            self.insert_records(&docs?).await?;
        }
        // Each run records itself: what another machine left is moved on by then.
        self.move_rest().await;
        Ok(())
    }

    pub(super) async fn find_history(
        &self,
        query: &HistoryQuery,
    ) -> Result<Vec<Record>, StoreError> {
        if query.limit == 0 {
            return Ok(Vec::new());
        }
        // First, so that what another process moves meanwhile is in one place or the other.
        let left = self.drain().await?;
        let newest = doc! { "at": -1, "_id": -1 };
        let mut found = self
            .readable(
                (HISTORY, filter(query), newest),
                query.limit,
                documents::read::<Record>,
            )
            .await?;
        if !left.is_empty() {
            self.add_left(query, left, &mut found).await?;
        }
        Ok(found)
    }

    /// Adds the records that wait in outboxes to a page of the history.
    async fn add_left(
        &self,
        query: &HistoryQuery,
        left: Vec<Document>,
        found: &mut Vec<Record>,
    ) -> Result<(), StoreError> {
        let ids: Vec<Bson> = left
            .iter()
            .filter_map(|record| record.get("_id").cloned())
            .collect();
        let known = self
            .find(HISTORY, doc! { "_id": { "$in": ids } }, |find| {
                find.projection(doc! { "_id": 1 })
            })
            .await?;
        let ids = known.iter().filter_map(|doc| doc.get_str("_id").ok());
        let mut known: BTreeSet<String> = ids.map(str::to_owned).collect();
        for doc in left {
            let record: Result<Record, _> = self.read(HISTORY, doc, documents::read);
            if let Ok(record) = record
                && known.insert(record.id.clone())
                && rules::is_asked(query, &record)
            {
                found.push(record);
            }
        }
        found.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        found.truncate(query.limit);
        Ok(())
    }

    pub(super) async fn find_record(&self, id: &str) -> Result<Option<Record>, StoreError> {
        if let Some(record) = self.one(HISTORY, id, documents::read).await? {
            return Ok(Some(record));
        }
        match self.waiting_record(id).await? {
            Some(doc) => self.read(HISTORY, doc, documents::read).map(Some),
            // It may have been moved between the two looks.
            None => self.one(HISTORY, id, documents::read).await,
        }
    }

    pub(super) async fn replace_error(&self, entry: &ErrorEntry) -> Result<(), StoreError> {
        let doc = documents::of_error(entry)?;
        self.replace(ERRORS, &entry.id, doc).await
    }

    pub(super) async fn find_errors(
        &self,
        open: bool,
        limit: usize,
    ) -> Result<Vec<ErrorEntry>, StoreError> {
        let filter = if open {
            doc! { "open": true }
        } else {
            doc! {}
        };
        let newest = doc! { "last_at": -1, "_id": -1 };
        self.readable((ERRORS, filter, newest), limit, documents::read)
            .await
    }
}
