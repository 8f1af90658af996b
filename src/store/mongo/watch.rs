//! News from other machines: which settings and leases changed.
//!
//! On a replica set the server tells by a change stream; on a single server they are read every two seconds. After a
//! connection was lost both are compared with what they were before, so nothing that lasts is missed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mongodb::Database;
use mongodb::bson::{Document, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::ChangeStreamEvent;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::MongoStore;
use super::connection::Patience;
use super::documents::{LEASES, SETTINGS};
use crate::store::StoreError;

/// How often a server without change streams is asked.
const ASKED_EVERY: Duration = Duration::from_secs(2);

/// After how many questions it is looked whether the server has change streams by now.
const ROUNDS: u32 = 30;

/// How long the server holds a question for news back when there are none: what a watch costs while nothing happens.
const HELD_BACK: Duration = Duration::from_secs(5);

/// What changed since it was taken last, each name once, however often it changed.
#[derive(Default)]
struct News {
    names: Mutex<BTreeSet<String>>,
    came: Notify,
}

impl News {
    fn add(&self, names: impl IntoIterator<Item = String>) {
        let mut known = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.len();
        known.extend(names);
        if known.len() > before {
            self.came.notify_one();
        }
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.names.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Watches for changes until it is dropped. Own changes are told, too.
pub struct Watch {
    news: Arc<News>,
    task: JoinHandle<()>,
}

impl Watch {
    /// What changed since the last call, without waiting: `settings/NAME` and `leases/NAME`.
    pub fn take(&self) -> BTreeSet<String> {
        self.news.take()
    }

    /// Waits for the next changes. Giving up waiting loses none of them.
    pub async fn next(&self) -> BTreeSet<String> {
        loop {
            let names = self.news.take();
            if !names.is_empty() {
                return names;
            }
            self.news.came.notified().await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MongoStore {
    /// Begins to watch for changes of settings and leases, on the runtime of the caller.
    ///
    /// # Errors
    /// `Unavailable` when the store is away now. When it goes away later, the watch goes on once it is back.
    pub async fn watch(&self) -> Result<Watch, StoreError> {
        let watcher = Watcher {
            database: self.connection.prepared_database().await?,
            patience: self.connection.patience,
            news: Arc::default(),
        };
        let known = self.connection.bounded(watcher.read()).await?;
        let news = Arc::clone(&watcher.news);
        let task = tokio::spawn(watcher.run(known));
        Ok(Watch { news, task })
    }

    /// Waits for the next news of a watch that is begun here, if it was not. As nobody knows what came before that,
    /// its beginning is news, too: the empty set.
    pub(super) async fn next_news(&self) -> BTreeSet<String> {
        loop {
            if let Some(watch) = self.watch.get() {
                return watch.next().await;
            }
            if self.watch.get_or_try_init(|| self.watch()).await.is_ok() {
                return BTreeSet::new();
            }
            sleep(ASKED_EVERY).await;
        }
    }
}

/// What settings and leases say, by name.
type Known = BTreeMap<String, String>;

struct Watcher {
    database: Database,
    patience: Patience,
    news: Arc<News>,
}

impl Watcher {
    async fn run(self, mut known: Known) {
        loop {
            let stream = timeout(self.patience.operation, self.open()).await;
            if let Ok(Ok(stream)) = stream {
                // What changed before the stream began.
                if self.compare(&mut known).await {
                    self.follow(stream).await;
                }
            } else {
                for _ in 0..ROUNDS {
                    sleep(ASKED_EVERY).await;
                    if !self.compare(&mut known).await {
                        break;
                    }
                }
            }
            // A server that is away is not asked without pause.
            sleep(ASKED_EVERY.min(self.patience.select)).await;
        }
    }

    async fn open(&self) -> mongodb::error::Result<ChangeStream<ChangeStreamEvent<Document>>> {
        let ours = doc! { "$match": { "$or": [
            { "ns.coll": SETTINGS }, { "ns.coll": LEASES, "$expr": { "$not": [is_renewal()] } },
        ] } };
        let names = doc! { "$project": { "ns": 1, "documentKey": 1, "operationType": 1 } };
        let watch = self.database.watch().pipeline([ours, names]);
        watch.max_await_time(HELD_BACK).await
    }

    /// Tells what the server tells, as long as it does.
    async fn follow(&self, mut stream: ChangeStream<ChangeStreamEvent<Document>>) {
        let longest = self.patience.operation + HELD_BACK;
        while let Ok(Ok(event)) = timeout(longest, stream.next_if_any()).await {
            let Some(event) = event else { continue };
            let collection = event.ns.and_then(|ns| ns.coll);
            let id = event.document_key.as_ref();
            let id = id.and_then(|key| key.get_str("_id").ok());
            if let (Some(collection), Some(id)) = (collection, id) {
                self.news.add([format!("{collection}/{id}")]);
            }
        }
    }

    /// Reads all, and tells what is not as it was known. Whether the server answered.
    async fn compare(&self, known: &mut Known) -> bool {
        let Ok(Ok(now)) = timeout(self.patience.operation, self.read()).await else {
            return false;
        };
        let names: BTreeSet<&String> = known.keys().chain(now.keys()).collect();
        let changed = names
            .into_iter()
            .filter(|name| known.get(*name) != now.get(*name));
        self.news.add(changed.cloned());
        *known = now;
        true
    }

    async fn read(&self) -> mongodb::error::Result<Known> {
        let mut known = Known::new();
        for collection in [SETTINGS, LEASES] {
            let documents = self.database.collection::<Document>(collection);
            let find = documents.find(doc! {}).max_time(self.patience.of_server());
            let mut cursor = find.await?;
            while cursor.advance().await? {
                let doc = cursor.deserialize_current()?;
                let name = format!("{collection}/{}", doc.get_str("_id").unwrap_or_default());
                known.insert(name, said(&doc));
            }
        }
        Ok(known)
    }
}

/// What of a document is news when it changes: a setting's value; a lease's holder, not that it was renewed.
fn said(doc: &Document) -> String {
    if let Ok(value) = doc.get_str("value") {
        return value.to_owned();
    }
    let holder = doc.get_str("holder").unwrap_or_default();
    let is_over = doc.get("until") == doc.get("asked_at");
    format!("{holder} {:?} {is_over}", doc.get("fence"))
}

/// Whether an event is only that a lease was renewed, or asked for in vain: neither the holder nor their number is
/// another one, and it is not over (see `said`).
fn is_renewal() -> Document {
    let changed = |name: &str| format!("$updateDescription.updatedFields.{name}");
    let is_missing = |name: &str| doc! { "$eq": [{ "$type": changed(name) }, "missing"] };
    doc! { "$and": [
        { "$eq": ["$operationType", "update"] },
        is_missing("holder"),
        is_missing("fence"),
        { "$or": [is_missing("until"), { "$ne": [changed("until"), changed("asked_at")] }] },
    ] }
}
