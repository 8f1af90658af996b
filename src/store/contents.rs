//! Everything that a store holds, page by page, counted and summed up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::{Pair, Record, digest};

use super::copy::{COPIED, LINEAGE, UNFINISHED};
use super::{Cursor, ErrorEntry, HistoryQuery, Store, StoreError, Which};

/// How many documents are read and written at once.
pub(super) const PAGE: usize = 200;

/// What a store can be asked for so that all of it can be copied. Leases are not: they are about who runs now.
#[allow(
    async_fn_in_trait,
    reason = "the engine runs on one thread; nothing needs Send"
)]
pub trait Contents: Store {
    /// The links that have pairs, in the order of their names.
    async fn links(&self) -> Result<Vec<String>, StoreError>;

    /// A page of the error entries in the order of their ids, after one.
    async fn error_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ErrorEntry>, StoreError>;

    /// A page of the cursors in the order of their names, after one.
    async fn cursor_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Cursor)>, StoreError>;

    /// A page of the settings in the order of their names, after one.
    async fn setting_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, String)>, StoreError>;

    /// Takes pairs over from another store as they are, with their `rev`; the answers are in the same order. One that
    /// is stored with the same `rev` stays; with a greater one it is `Stale`.
    async fn take_over(&self, pairs: &[Pair]) -> Result<Vec<Result<(), StoreError>>, StoreError>;

    /// What the place itself is known by, where it has something that no other place ever has: the number that the
    /// server gave to a collection, the moment at which a file was made. It is read, never written.
    async fn birthmark(&self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// What to tell about each document that could not be read since the store was opened. Lists pass over them.
    async fn damaged_texts(&self) -> Result<Vec<String>, StoreError>;
}

/// How many documents of a collection there are, and what they say in one number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// A SHA-256 over all of them in their order.
    pub digest: String,
}

impl Tally {
    fn add<T: Serialize>(&mut self, document: &T) -> Result<(), StoreError> {
        let text = serde_json::to_string(document)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.count += 1;
        self.digest = digest::sha256(&format!("{}{text}", self.digest));
        Ok(())
    }

    /// For people: how many, and the beginning of the digest.
    pub(super) fn brief(&self) -> String {
        let short: String = self.digest.chars().take(12).collect();
        format!("{} {short}", self.count)
    }
}

/// What a store holds, by collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tallies {
    /// The pairs of all links.
    pub pairs: Tally,
    /// The history.
    pub records: Tally,
    /// The errors.
    pub errors: Tally,
    /// The cursors.
    pub cursors: Tally,
    /// The settings.
    pub settings: Tally,
}

/// Counts what a store holds, and sums it up in digests.
pub async fn tallies<S: Contents>(store: &S) -> Result<Tallies, StoreError> {
    let mut sum = Tallies::default();
    for link in store.links().await? {
        let mut after = None;
        loop {
            let page = store.pairs(&link, Which::All, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            for pair in &page {
                sum.pairs.add(pair)?;
            }
        }
    }
    let mut query = all_records();
    loop {
        let page: Vec<Record> = store.history(&query).await?;
        let Some(last) = page.last() else { break };
        query.before = Some((last.at, last.id.clone()));
        for record in &page {
            sum.records.add(record)?;
        }
    }
    let mut after: Option<String> = None;
    loop {
        let page = store.error_page(after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for entry in &page {
            sum.errors.add(entry)?;
        }
    }
    for cursor in cursors(store).await? {
        sum.cursors.add(&cursor)?;
    }
    for setting in settings(store).await? {
        sum.settings.add(&setting)?;
    }
    Ok(sum)
}

/// All cursors.
pub(super) async fn cursors<S: Contents>(store: &S) -> Result<Vec<(String, Cursor)>, StoreError> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.cursor_page(after.as_deref(), PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(all);
        };
        after = Some(last.clone());
        all.extend(page);
    }
}

/// All settings but those that copies are known by.
pub(super) async fn settings<S: Contents>(
    store: &S,
) -> Result<BTreeMap<String, String>, StoreError> {
    let mut all = BTreeMap::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.setting_page(after.as_deref(), PAGE).await?;
        let Some((last, _)) = page.last() else {
            all.remove(UNFINISHED);
            all.remove(LINEAGE);
            all.remove(COPIED);
            return Ok(all);
        };
        after = Some(last.clone());
        all.extend(page);
    }
}

/// The query of a page of the whole history.
pub(super) fn all_records() -> HistoryQuery {
    HistoryQuery {
        limit: PAGE,
        ..HistoryQuery::default()
    }
}
