//! What is remembered: the conformance suite on every store, a model test, and what only `SQLite` can get wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::assigning_clones
)]

#[path = "store/make.rs"]
mod make;
#[path = "store/model.rs"]
mod model;
#[path = "store/sqlite.rs"]
mod sqlite;
#[macro_use]
#[path = "store/suite.rs"]
mod suite;

use make::{Made, Scratch};
use pulse_sync::store::{Access, MemoryStore, SqliteStore};

async fn memory() -> Made<MemoryStore> {
    Made::alone(MemoryStore::new())
}

async fn embedded() -> Made<SqliteStore> {
    let folder = Scratch::new();
    let store = SqliteStore::open(&folder.path("store.db"), Access::Own).unwrap();
    Made::with(store, folder)
}

conformance!(on_memory, memory);
conformance!(on_sqlite, embedded);
