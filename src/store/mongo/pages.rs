//! Everything there is, page by page, and taking away what is old.

use mongodb::bson::{Bson, Document, doc};

use super::MongoStore;
use super::connection::FORMAT_NAME;
use super::documents::{self, HISTORY, ITEMS, SETTINGS, date};
use crate::core::{Pair, Time};
use crate::store::{Cursor, Pruned, StoreError, rules};

/// How many records are changed in one operation, which is bounded in time.
const PRUNED: usize = 500;

/// Reads a cursor with its name.
pub(super) fn cursor(doc: Document) -> Result<(String, Cursor), String> {
    let name = doc.get_str("_id").map_err(|error| error.to_string())?;
    Ok((name.to_owned(), documents::read(doc)?))
}

/// Reads a setting with its name.
#[expect(clippy::needless_pass_by_value, reason = "as all that read a document")]
pub(super) fn setting(doc: Document) -> Result<(String, String), String> {
    let text = |name| doc.get_str(name).map_err(|error| error.to_string());
    Ok((text("_id")?.to_owned(), text("value")?.to_owned()))
}

impl MongoStore {
    /// The number that the server gave to the collection of the items; none before it is made.
    pub(super) async fn collection_number(&self) -> Result<Option<String>, StoreError> {
        let database = self.connection.prepared_database().await?;
        let ask = async {
            let items = doc! { "name": ITEMS };
            let mut found = database.list_collections().filter(items).await?;
            if found.advance().await? {
                found.deserialize_current().map(Some)
            } else {
                Ok(None)
            }
        };
        let found = self.connection.bounded(ask).await?;
        let number = found.and_then(|found| found.info.uuid);
        Ok(number.map(|number| {
            let digits: Vec<String> = number
                .bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("collection {}", digits.concat())
        }))
    }

    pub(super) async fn all_links(&self) -> Result<Vec<String>, StoreError> {
        let items = self.collection(ITEMS).await?;
        let time = self.connection.patience.of_server();
        let ask = async { items.distinct("link", doc! {}).max_time(time).await };
        let links = self.connection.bounded(ask).await?;
        let mut links: Vec<String> = links
            .into_iter()
            .filter_map(|link| match link {
                Bson::String(link) => Some(link),
                _ => None,
            })
            .collect();
        links.sort();
        Ok(links)
    }

    /// A page of a collection in the order of the ids.
    pub(super) async fn page<T>(
        &self,
        collection: &'static str,
        after: Option<&str>,
        limit: usize,
        read: impl Fn(Document) -> Result<T, String>,
    ) -> Result<Vec<T>, StoreError> {
        let mut id = Document::new();
        if let Some(after) = after {
            id.insert("$gt", after);
        }
        if collection == SETTINGS {
            // It is about this database, not about what is in it.
            id.insert("$ne", FORMAT_NAME);
        }
        let filter = if id.is_empty() {
            id
        } else {
            doc! { "_id": id }
        };
        self.readable((collection, filter, doc! { "_id": 1 }), limit, read)
            .await
    }

    pub(super) async fn take_pairs(
        &self,
        pairs: &[Pair],
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let stored = self.stored(pairs).await?;
        self.side_by_side(pairs, &stored, async |pair| {
            let before = rules::before(pair)?;
            match stored.get(&pair.id.0).map_or(0, |stored| stored.rev) {
                rev if rev > pair.rev => Err(StoreError::Stale),
                rev if rev == pair.rev => Ok(()),
                rev => self.put_over(&before, rev).await,
            }
        })
        .await
    }

    /// Takes old values and old summaries away.
    pub(super) async fn drop_old(
        &self,
        values_before: Time,
        runs_before: Time,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        // What waits in outboxes may be as old.
        self.drain().await?;
        let valued =
            doc! { "at": { "$lt": date(values_before) }, "changes.field": { "$exists": true } };
        let runs = doc! { "kind": "run", "at": { "$lt": date(runs_before) } };
        let empty = doc! { "$set": { "changes": [] } };
        Ok(Pruned {
            values: self.change_oldest(valued, Some(empty), limit).await?,
            runs: self.change_oldest(runs, None, limit).await?,
        })
    }

    /// Changes or deletes the oldest records that a filter finds.
    async fn change_oldest(
        &self,
        filter: Document,
        change: Option<Document>,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let history = self.collection(HISTORY).await?;
        let mut done = 0;
        while done < limit {
            let size = PRUNED.min(limit - done);
            let found = self
                .find(HISTORY, filter.clone(), |find| {
                    find.sort(doc! { "at": 1 })
                        .projection(doc! { "_id": 1 })
                        .limit(super::queries::count(size))
                })
                .await?;
            let ids: Vec<_> = found
                .iter()
                .filter_map(|doc| doc.get("_id").cloned())
                .collect();
            let came = ids.len();
            let which = doc! { "_id": { "$in": ids } };
            match &change {
                _ if came == 0 => {}
                Some(change) => {
                    let write = async { history.update_many(which, change.clone()).await };
                    self.connection.write(write).await?;
                }
                None => {
                    let write = async { history.delete_many(which).await };
                    self.connection.write(write).await?;
                }
            }
            done += came;
            if came < size {
                break;
            }
        }
        Ok(done as u64)
    }
}
