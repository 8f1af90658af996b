//! What is old goes once a day, on every store, by the store's clock.

use std::cell::Cell;

use pulse_sync::core::history::FieldChange;
use pulse_sync::core::{FieldKey, Record, RecordKind, Time, Value};
use pulse_sync::engine::{Clock, Ending, Engine, Settings};
use pulse_sync::store::{HistoryQuery, MemoryStore, Pruned, Store};

use crate::make::{Made, block_on, record};

const DAY: i64 = 86_400_000;
/// The setting that holds when it was last done.
const DONE: &str = "retention";

struct TestClock(Cell<Time>);

impl Clock for TestClock {
    fn now(&self) -> Time {
        self.0.get()
    }
    fn elapsed(&self) -> i64 {
        0
    }
    fn random(&self) -> u64 {
        0
    }
    async fn sleep(&self, _ms: i64) {}
}

fn real_now() -> Time {
    Time(chrono::Utc::now().timestamp_millis())
}

fn engine<S>(store: S, settings: Settings) -> Engine<S, TestClock> {
    Engine {
        store,
        clock: TestClock(Cell::new(real_now())),
        settings,
        holder: "test".to_owned(),
        sink: Box::new(|_| ()),
        stop: Ending::default(),
        read_only: false,
    }
}

fn valued(name: &str, age: i64) -> Record {
    let change = FieldChange {
        field: FieldKey::TITLE,
        before: Value::text("before"),
        after: Value::text("after"),
        other: None,
    };
    Record {
        at: real_now().minus(age * DAY),
        changes: vec![change],
        ..record(name, 0)
    }
}

fn run(name: &str, age: i64) -> Record {
    Record {
        kind: RecordKind::Run,
        at: real_now().minus(age * DAY),
        ..record(name, 0)
    }
}

/// It was last done so many days ago.
async fn last_done<S: Store>(engine: &Engine<S, TestClock>, days: i64) {
    let at = engine.clock.now().minus(days * DAY).0.to_string();
    engine.store.put_setting(DONE, Some(&at)).await.unwrap();
}

/// The ids of what is left, newest first; those that have values have a mark.
async fn left(store: &impl Store) -> Vec<String> {
    let query = HistoryQuery {
        limit: 10_000,
        ..HistoryQuery::default()
    };
    let records = store.history(&query).await.unwrap();
    let name = |record: Record| match record.changes.len() {
        0 => record.id,
        _ => format!("{}+", record.id),
    };
    records.into_iter().map(name).collect()
}

async fn old_things_go<S: Store>(made: Made<S>) {
    let engine = engine(made.store, Settings::default());
    let store = &engine.store;
    let records = [
        valued("old", 100),
        valued("young", 80),
        run("gone", 400),
        run("kept", 300),
    ];
    store.record(&records).await.unwrap();
    // The first time only notes when it was.
    assert_eq!(engine.tidy().await, Ok(Pruned::default()));
    assert!(store.setting(DONE).await.unwrap().is_some());
    last_done(&engine, 2).await;
    assert_eq!(engine.tidy().await, Ok(Pruned { values: 1, runs: 1 }));
    assert_eq!(left(store).await, ["young+", "old", "kept"]);
    // Not twice a day.
    store.record(&[valued("late", 200)]).await.unwrap();
    assert_eq!(engine.tidy().await, Ok(Pruned::default()));
    last_done(&engine, 2).await;
    assert_eq!(engine.tidy().await, Ok(Pruned { values: 1, runs: 0 }));
}

#[test]
fn old_things_go_from_memory() {
    block_on(async { old_things_go(crate::memory().await).await });
}

#[test]
fn old_things_go_from_sqlite() {
    block_on(async { old_things_go(crate::embedded().await).await });
}

#[test]
fn old_things_go_from_mongo() {
    block_on(async { old_things_go(crate::standalone().await).await });
    block_on(async { old_things_go(crate::replica_set().await).await });
}

#[test]
fn what_is_kept_for_ever_stays() {
    block_on(async {
        let settings = Settings {
            values_days: 0,
            runs_days: 0,
            ..Settings::default()
        };
        let engine = engine(MemoryStore::new(), settings);
        let records = [valued("old", 100_000), run("gone", 100_000)];
        engine.store.record(&records).await.unwrap();
        last_done(&engine, 2).await;
        assert_eq!(engine.tidy().await, Ok(Pruned::default()));
        assert_eq!(left(&engine.store).await, ["old+", "gone"]);
    });
}

#[test]
fn what_is_too_much_for_one_time_goes_the_next() {
    block_on(async {
        let engine = engine(MemoryStore::new(), Settings::default());
        let records: Vec<Record> = (0..6_000)
            .map(|number| valued(&format!("{number:05}"), 100))
            .collect();
        engine.store.record(&records).await.unwrap();
        last_done(&engine, 2).await;
        let first = engine.tidy().await.unwrap();
        assert!((1..6_000).contains(&first.values), "{first:?}");
        let second = engine.tidy().await.unwrap();
        assert_eq!(first.values + second.values, 6_000);
        assert_eq!(engine.tidy().await, Ok(Pruned::default()));
    });
}

#[test]
fn a_clock_that_is_ahead_for_a_while_takes_nothing() {
    block_on(async {
        let engine = engine(MemoryStore::new(), Settings::default());
        engine.store.record(&[valued("young", 10)]).await.unwrap();
        last_done(&engine, 2).await;
        let right = engine.clock.now();
        engine.clock.0.set(right.plus(3_650 * DAY));
        assert_eq!(engine.tidy().await, Ok(Pruned::default()));
        engine.clock.0.set(right.plus(DAY));
        assert_eq!(engine.tidy().await, Ok(Pruned::default()));
        engine.clock.0.set(right.plus(2 * DAY));
        assert_eq!(engine.tidy().await, Ok(Pruned::default()));
        assert_eq!(left(&engine.store).await, ["young+"]);
    });
}

#[test]
fn a_shared_store_goes_by_its_own_clock() {
    block_on(async {
        let made = crate::standalone().await;
        let engine = engine(made.store, Settings::default());
        engine.store.record(&[valued("young", 10)]).await.unwrap();
        engine.clock.0.set(real_now().plus(3_650 * DAY));
        for _ in 0..3 {
            assert_eq!(engine.tidy().await, Ok(Pruned::default()));
        }
        assert_eq!(left(&engine.store).await, ["young+"]);
        let time = engine.store.time(Time(0)).await.unwrap();
        assert!(
            real_now().since(time).abs() < DAY / 24,
            "on one machine the clocks are the same: {time:?}"
        );
    });
}
