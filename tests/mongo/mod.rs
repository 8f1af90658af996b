//! Real `MongoDB` servers for the tests of a binary: one for each mode, an empty database for each test.
#![allow(dead_code, reason = "not every test binary uses all of it")]

mod server;

use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use mongodb::Client;
use mongodb::bson::{Document, doc};
use pulse_sync::store::MongoStore;
use pulse_sync::store::mongo::Patience;
use secrecy::SecretString;

pub use server::{Mode, Server};

/// Whether there is a server to start.
pub fn is_installed() -> bool {
    server::is_installed()
}

/// What the program's collections are called.
pub const COLLECTIONS: [&str; 6] = [
    "sync_items",
    "sync_history",
    "sync_errors",
    "cursors",
    "leases",
    "settings",
];

/// Long enough for a busy machine: these tests are not about time.
pub const PATIENT: Patience = Patience {
    connect: Duration::from_secs(20),
    select: Duration::from_secs(20),
    operation: Duration::from_mins(1),
};

/// The server of a mode that all tests of this binary share. It ends with the test process.
pub fn shared(mode: Mode) -> &'static Server {
    static SERVERS: [OnceLock<Server>; 4] = [const { OnceLock::new() }; 4];
    SERVERS[mode as usize].get_or_init(|| {
        // On a thread of its own, as the caller is within a runtime.
        let start = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(Server::start(mode))
        };
        std::thread::spawn(start).join().unwrap()
    })
}

/// An empty database. Given back when it is dropped: making one anew takes longer than emptying it.
pub struct Space {
    pub server: &'static Server,
    pub name: String,
}

impl Space {
    pub async fn new(mode: Mode) -> Self {
        static COUNT: Mutex<u32> = Mutex::new(0);
        let server = shared(mode);
        let free = FREE[mode as usize].lock().unwrap().pop();
        let name = free.clone().unwrap_or_else(|| {
            let mut count = COUNT.lock().unwrap();
            *count += 1;
            format!("pulse_test_{count}")
        });
        if free.is_some() {
            empty(&server.client().await, &name).await;
        }
        Self { server, name }
    }

    pub fn store(&self) -> MongoStore {
        store(&self.server.uri(), &self.name)
    }

    /// A collection as a person sees it.
    pub async fn collection(&self, name: &str) -> mongodb::Collection<Document> {
        self.server
            .client()
            .await
            .database(&self.name)
            .collection(name)
    }
}

static FREE: [Mutex<Vec<String>>; 4] = [const { Mutex::new(Vec::new()) }; 4];

impl Drop for Space {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        FREE[self.server.mode as usize].lock().unwrap().push(name);
    }
}

async fn empty(client: &Client, database: &str) {
    for name in COLLECTIONS {
        let collection = client.database(database).collection::<Document>(name);
        collection.delete_many(doc! {}).await.unwrap();
    }
}

pub fn store(uri: &str, database: &str) -> MongoStore {
    store_with(uri, database, PATIENT)
}

pub fn store_with(uri: &str, database: &str, patience: Patience) -> MongoStore {
    MongoStore::new(&SecretString::from(uri), database, patience).unwrap()
}
