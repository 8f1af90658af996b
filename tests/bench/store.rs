//! How fast the stores are: `cargo bench --bench store`. `MongoDB` takes part where there is a server for the tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::assigning_clones,
    missing_docs
)]

#[allow(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../store/make.rs"]
mod make;

#[path = "../mongo/mod.rs"]
mod mongo;

use divan::Bencher;
use make::{LINK, Scratch, block_on, dirty, pair, record};
use pulse_sync::core::{Base, FieldKey, Pair, Time, Value};
use pulse_sync::store::{Access, MemoryStore, MongoStore, SqliteStore, Store};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

/// A pair with a body of usual length.
fn usual(number: u32) -> Pair {
    let mut pair = dirty(number, i64::from(number));
    let body = Value::Text("A line of an issue's text.\n".repeat(60));
    pair.base
        .insert(FieldKey::BODY, Base::new(body.clone(), body));
    pair
}

fn embedded() -> (Scratch, SqliteStore) {
    let folder = Scratch::new();
    let store = SqliteStore::open(&folder.path("store.db"), Access::Own).unwrap();
    (folder, store)
}

/// Fills a store with many dirty pairs, of which each fourth waits.
async fn fill(store: &impl Store, count: u32) {
    let numbers: Vec<u32> = (0..count).collect();
    for chunk in numbers.chunks(1_000) {
        let make = |number: &u32| {
            let mut pair = usual(*number);
            pair.next_try = number.is_multiple_of(4).then_some(Time(i64::MAX));
            pair
        };
        let pairs: Vec<_> = chunk.iter().map(make).collect();
        store.put_all(&pairs).await.unwrap();
    }
}

/// One commit that is on the disk when it is answered: the time of a commit is mostly the disk's.
#[divan::bench]
fn commit(bencher: Bencher<'_, '_>) {
    let (_folder, store) = embedded();
    let mut current = usual(1);
    let mut count = 0;
    bencher.bench_local(|| {
        count += 1;
        let records = [record(&format!("r{count}"), count)];
        current.rev = block_on(store.put(&current, &records)).unwrap();
    });
}

/// A thousand touched pairs in one transaction.
#[divan::bench(sample_count = 20)]
fn commit_1000_at_once(bencher: Bencher<'_, '_>) {
    let (_folder, store) = embedded();
    let mut pairs: Vec<_> = (0..1_000).map(usual).collect();
    bencher.bench_local(|| {
        let revs = block_on(store.put_all(&pairs)).unwrap();
        for (pair, rev) in pairs.iter_mut().zip(revs) {
            pair.rev = rev.unwrap();
        }
    });
}

#[divan::bench(sample_count = 20)]
fn due_50_of_100_000(bencher: Bencher<'_, '_>) {
    let (_folder, store) = embedded();
    block_on(fill(&store, 100_000));
    bencher.bench_local(|| block_on(store.due(LINK, Time(1_000_000), 50)).unwrap());
}

#[divan::bench(sample_count = 20)]
fn counts_of_100_000(bencher: Bencher<'_, '_>) {
    let (_folder, store) = embedded();
    block_on(fill(&store, 100_000));
    bencher.bench_local(|| block_on(store.counts(LINK)).unwrap());
}

#[divan::bench]
fn commit_in_memory(bencher: Bencher<'_, '_>) {
    let store = MemoryStore::new();
    let mut current = pair(1);
    bencher.bench_local(|| {
        current.rev = block_on(store.put(&current, &[])).unwrap();
    });
}

/// A replica set of one server on this machine, as a small team has it; each write is journalled.
fn shared() -> (Runtime, mongo::Server, MongoStore) {
    let builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = { builder }.worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(mongo::Server::start(mongo::Mode::Replica));
    let store = mongo::store(&server.uri(), "bench");
    runtime.block_on(store.ready()).unwrap();
    (runtime, server, store)
}

#[divan::bench(ignore = !mongo::is_installed())]
fn commit_on_mongo(bencher: Bencher<'_, '_>) {
    let (runtime, _server, store) = shared();
    let mut current = usual(1);
    let mut count = 0;
    bencher.bench_local(|| {
        count += 1;
        let records = [record(&format!("r{count}"), count)];
        current.rev = runtime.block_on(store.put(&current, &records)).unwrap();
    });
}

#[divan::bench(sample_count = 20, ignore = !mongo::is_installed())]
fn commit_1000_on_mongo(bencher: Bencher<'_, '_>) {
    let (runtime, _server, store) = shared();
    let mut pairs: Vec<_> = (0..1_000).map(usual).collect();
    bencher.bench_local(|| {
        let revs = runtime.block_on(store.put_all(&pairs)).unwrap();
        for (pair, rev) in pairs.iter_mut().zip(revs) {
            pair.rev = rev.unwrap();
        }
    });
}
