//! What is remembered: the conformance suite on every store, a model test, and what only `SQLite` can get wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::assigning_clones
)]

#[path = "store/breakage.rs"]
mod breakage;
#[path = "store/copying.rs"]
mod copying;
#[path = "store/make.rs"]
mod make;
#[path = "store/model.rs"]
mod model;
#[path = "mongo/mod.rs"]
mod mongo;
#[path = "store/mongo.rs"]
mod on_mongo_only;
#[path = "store/retention.rs"]
mod retention;
#[path = "store/sqlite.rs"]
mod sqlite;
#[macro_use]
#[path = "store/suite.rs"]
mod suite;
#[path = "store/watching.rs"]
mod watching;

use make::{Made, Scratch};
use mongo::{Mode, Space};
use pulse_sync::store::{Access, MemoryStore, MongoStore, SqliteStore};

async fn memory() -> Made<MemoryStore> {
    Made::alone(MemoryStore::new())
}

async fn embedded() -> Made<SqliteStore> {
    let folder = Scratch::new();
    let store = SqliteStore::open(&folder.path("store.db"), Access::Own).unwrap();
    Made::with(store, folder)
}

async fn shared(mode: Mode) -> Made<MongoStore> {
    let space = Space::new(mode).await;
    Made::with(space.store(), space)
}

async fn standalone() -> Made<MongoStore> {
    shared(Mode::Standalone).await
}

async fn replica_set() -> Made<MongoStore> {
    shared(Mode::Replica).await
}

async fn with_users() -> Made<MongoStore> {
    shared(Mode::Auth).await
}

async fn replica_set_with_users() -> Made<MongoStore> {
    shared(Mode::ReplicaAuth).await
}

conformance!(on_memory, memory, caller);
conformance!(on_sqlite, embedded, caller);
conformance!(on_mongo, standalone, server);
conformance!(on_mongo_replica_set, replica_set, server);
conformance!(on_mongo_with_users, with_users, server);
conformance!(
    on_mongo_replica_set_with_users,
    replica_set_with_users,
    server
);
