//! What is kept by name: cursors, settings, leases.

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;

use super::MongoStore;
use super::documents::{self, CURSORS, LEASES, SETTINGS};
use super::faults;
use crate::core::Time;
use crate::store::{Cursor, Lease, StoreError};

/// How often a write is tried that others get ahead of: two that make one document at the same time.
const TRIES: usize = 5;

impl MongoStore {
    /// Inserts or replaces a document.
    pub(super) async fn replace(
        &self,
        collection: &str,
        id: &str,
        doc: Document,
    ) -> Result<(), StoreError> {
        let filter = doc! { "_id": id };
        let into = self.collection(collection).await?;
        for _ in 1..TRIES {
            let write = async { into.replace_one(filter.clone(), &doc).upsert(true).await };
            match self.connection.raw_write(write).await? {
                Ok(_) => return Ok(()),
                Err(error) if faults::is_duplicate(&error) => {}
                Err(error) => return Err(self.connection.teller.tell(&error)),
            }
        }
        let write = async { into.replace_one(filter, &doc).upsert(true).await };
        self.connection.write(write).await.map(drop)
    }

    pub(super) async fn write_cursor(&self, name: &str, cursor: &Cursor) -> Result<(), StoreError> {
        let doc = documents::of_cursor(name, cursor)?;
        self.replace(CURSORS, name, doc).await
    }

    pub(super) async fn read_setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let value = |doc: Document| match doc.get("value") {
            Some(Bson::String(value)) => Ok(value.clone()),
            _ => Err("it has no text under `value`".to_owned()),
        };
        self.one(SETTINGS, name, value).await
    }

    pub(super) async fn write_setting(
        &self,
        name: &str,
        value: Option<&str>,
    ) -> Result<(), StoreError> {
        let Some(value) = value else {
            let settings = self.collection(SETTINGS).await?;
            let write = async { settings.delete_one(doc! { "_id": name }).await };
            return self.connection.write(write).await.map(drop);
        };
        let doc = doc! { "_id": name, "value": value };
        documents::fits(SETTINGS, name, &doc)?;
        self.replace(SETTINGS, name, doc).await
    }

    /// Writes a setting if it has the value that was read, in one operation.
    pub(super) async fn exchange_setting(
        &self,
        name: &str,
        read: Option<&str>,
        value: &str,
    ) -> Result<bool, StoreError> {
        let settings = self.collection(SETTINGS).await?;
        let doc = doc! { "_id": name, "value": value };
        documents::fits(SETTINGS, name, &doc)?;
        let Some(read) = read else {
            let write = async { settings.insert_one(doc).await };
            return match self.connection.raw_write(write).await? {
                Ok(_) => Ok(true),
                Err(error) if faults::is_duplicate(&error) => Ok(false),
                Err(error) => Err(self.connection.teller.tell(&error)),
            };
        };
        let filter = doc! { "_id": name, "value": read };
        let write = async { settings.replace_one(filter, doc).await };
        let written = self.connection.write(write).await?;
        Ok(written.matched_count == 1)
    }

    /// Takes or renews a lease by the server's clock, in one operation. The answer is in the caller's time.
    pub(super) async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        now: Time,
        ttl_ms: i64,
    ) -> Result<Lease, StoreError> {
        let leases = self.collection(LEASES).await?;
        let change = lease_change(holder, ttl_ms);
        for attempt in 1.. {
            let write = async {
                leases
                    .find_one_and_update(doc! { "_id": name }, change.clone())
                    .upsert(true)
                    .return_document(ReturnDocument::After)
                    .max_time(self.connection.patience.of_server())
                    .await
            };
            match self.connection.raw_write(write).await? {
                Ok(stored) => return self.lease_of(name, stored.unwrap_or_default(), now),
                Err(error) if faults::is_duplicate(&error) && attempt < TRIES => {}
                Err(error) => return Err(self.connection.teller.tell(&error)),
            }
        }
        Err(StoreError::Stale)
    }

    fn lease_of(&self, name: &str, mut doc: Document, now: Time) -> Result<Lease, StoreError> {
        doc.insert("_id", name);
        self.read(LEASES, doc, |doc| {
            let time = |name| {
                let at = doc.get_datetime(name).map_err(|error| error.to_string());
                at.map(|at| at.timestamp_millis())
            };
            let (until, asked) = (time("until")?, time("asked_at")?);
            let holder = doc.get_str("holder").map_err(|error| error.to_string())?;
            let fence = doc.get_i64("fence").map_err(|error| error.to_string())?;
            Ok(Lease {
                holder: holder.to_owned(),
                // The clocks of two machines may be apart: what is left of it counts from the caller's now.
                until: now.plus(until.saturating_sub(asked)),
                fence: fence.unsigned_abs(),
            })
        })
    }

    pub(super) async fn lease_now(
        &self,
        name: &str,
        now: Time,
    ) -> Result<Option<Lease>, StoreError> {
        let leases = self.collection(LEASES).await?;
        let look = [
            doc! { "$match": { "_id": name, "$expr": { "$gt": ["$until", "$$NOW"] } } },
            doc! { "$set": { "asked_at": "$$NOW" } },
        ];
        let read = async {
            let mut found = leases
                .aggregate(look)
                .max_time(self.connection.patience.of_server())
                .await?;
            if found.advance().await? {
                found.deserialize_current().map(Some)
            } else {
                Ok(None)
            }
        };
        let found = self.connection.bounded(read).await?;
        found.map(|doc| self.lease_of(name, doc, now)).transpose()
    }

    pub(super) async fn give_back(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let leases = self.collection(LEASES).await?;
        // It stays, as one that is over, so that the fence goes on counting.
        let over = vec![doc! { "$set": { "until": "$$NOW", "asked_at": "$$NOW" } }];
        let filter = doc! { "_id": name, "holder": holder };
        let write = async { leases.update_one(filter, over).await };
        self.connection.write(write).await.map(drop)
    }
}

/// The same rule as `rules::lease_after`, in the server's words and time.
fn lease_change(holder: &str, ttl_ms: i64) -> Vec<Document> {
    let mine = doc! { "$eq": ["$holder", { "$literal": holder }] };
    // Nobody is granted much more time than we ask for.
    let longest = doc! { "$add": ["$$NOW", ttl_ms.saturating_mul(2)] };
    let held = doc! { "$and": [
        { "$gt": ["$until", "$$NOW"] }, { "$lte": ["$until", longest] },
    ] };
    let fence = doc! { "$ifNull": ["$fence", 0_i64] };
    let next = doc! { "$cond": ["$mine", fence.clone(), { "$add": [fence.clone(), 1_i64] }] };
    let until = doc! { "$add": ["$$NOW", ttl_ms] };
    let taken = doc! { "$or": ["$mine", { "$not": ["$held"] }] };
    vec![
        doc! { "$set": { "mine": mine, "held": held, "asked_at": "$$NOW" } },
        doc! { "$set": { "taken": taken } },
        doc! { "$set": {
            "fence": { "$cond": ["$taken", next, fence] },
            "until": { "$cond": ["$taken", until, "$until"] },
            "holder": { "$cond": ["$taken", { "$literal": holder }, "$holder"] },
        } },
        doc! { "$unset": ["mine", "held", "taken"] },
    ]
}
