//! Everything there is, page by page; taking over; taking away what is old.

use pulse_sync::core::history::FieldChange;
use pulse_sync::core::{FieldKey, Pair, Record, RecordKind, Time, Value};
use pulse_sync::store::{Contents, Cursor, HistoryQuery, Pruned, Store, StoreError, Which};

use crate::make::{LINK, error, hostile, id, intent, object, pair, record, with};

/// A pair as another store has it.
fn kept(number: u32, rev: u64) -> Pair {
    with(pair(number), |pair| pair.rev = rev)
}

async fn take(store: &impl Contents, pair: Pair) -> Result<(), StoreError> {
    store.take_over(&[pair]).await.unwrap().remove(0)
}

pub async fn links_are_listed_once(store: &impl Contents) {
    assert_eq!(store.links().await, Ok(Vec::new()));
    for (number, link) in (1..).zip(["b", "a", "b", "", "$x"]) {
        let put = with(pair(number), |pair| pair.link = link.to_owned());
        store.put(&put, &[]).await.unwrap();
    }
    assert_eq!(store.links().await.unwrap(), ["", "$x", "a", "b"]);
}

pub async fn names_are_listed_in_pages(store: &impl Contents) {
    let mut names = hostile();
    names.sort();
    for name in names.iter().rev() {
        store.put_cursor(name, &Cursor::default()).await.unwrap();
        store.put_setting(name, Some("7")).await.unwrap();
        store.put_error(&error(name, 1)).await.unwrap();
    }
    let (mut cursors, mut settings, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let mut after: Option<String> = None;
    for _ in 0..=names.len() / 4 {
        let after_this = after.as_deref();
        let page = store.error_page(after_this, 4).await.unwrap();
        errors.extend(page.into_iter().map(|entry| entry.id));
        let page = store.setting_page(after_this, 4).await.unwrap();
        settings.extend(page.into_iter().map(|(name, _)| name));
        let page = store.cursor_page(after_this, 4).await.unwrap();
        cursors.extend(page.into_iter().map(|(name, _)| name));
        after = cursors.last().cloned();
    }
    assert_eq!(cursors, names);
    assert_eq!(settings, names);
    assert_eq!(errors, names);
    assert!(store.setting_page(None, 0).await.unwrap().is_empty());
}

pub async fn a_pair_is_taken_over_as_it_is(store: &impl Contents) {
    let whole = with(kept(1, 7), |pair| pair.intent = Some(intent()));
    assert_eq!(take(store, whole.clone()).await, Ok(()));
    assert_eq!(store.pair(&id(1)).await, Ok(Some(whole.clone())));
    assert_eq!(
        store.put(&whole, &[]).await,
        Ok(8),
        "commits go on from there"
    );
}

pub async fn taking_over_never_goes_back(store: &impl Contents) {
    take(store, kept(1, 3)).await.unwrap();
    let other = with(kept(1, 3), |pair| pair.title = "other".to_owned());
    assert_eq!(take(store, other).await, Ok(()), "the same version stays");
    assert_eq!(store.pair(&id(1)).await, Ok(Some(kept(1, 3))));
    assert_eq!(take(store, kept(1, 2)).await, Err(StoreError::Stale));
    assert_eq!(take(store, kept(1, 0)).await, Err(StoreError::Stale));
    assert_eq!(take(store, kept(2, 0)).await, Err(StoreError::Stale));
    let newer = with(kept(1, 9), |pair| pair.title = "newer".to_owned());
    assert_eq!(take(store, newer.clone()).await, Ok(()));
    assert_eq!(store.pair(&id(1)).await, Ok(Some(newer)));
}

pub async fn taking_over_obeys_the_unique_keys(store: &impl Contents) {
    let thief = with(kept(2, 5), |pair| pair.github = Some(object("I_1")));
    let batch = [kept(1, 4), thief, kept(3, 2)];
    let answers = store.take_over(&batch).await.unwrap();
    let refused = Err(StoreError::Duplicate("I_1".to_owned()));
    assert_eq!(answers, [Ok(()), refused, Ok(())]);
    let pairs = store.pairs(LINK, Which::All, None, 9).await.unwrap();
    assert_eq!(pairs, [kept(1, 4), kept(3, 2)]);
}

/// A record with values.
fn valued(name: &str, at: i64) -> Record {
    let change = FieldChange {
        field: FieldKey::BODY,
        before: Value::text("what was lost \0 \u{e9}"),
        after: Value::Null,
        other: None,
    };
    Record {
        changes: vec![change],
        ..record(name, at)
    }
}

fn run(name: &str, at: i64) -> Record {
    Record {
        kind: RecordKind::Run,
        ..record(name, at)
    }
}

async fn all(store: &impl Store) -> Vec<Record> {
    let query = HistoryQuery {
        limit: 99,
        ..HistoryQuery::default()
    };
    store.history(&query).await.unwrap()
}

pub async fn old_values_go_and_the_line_stays(store: &impl Store) {
    let records = [
        valued("a", 1),
        valued("b", 5),
        valued("c", 9),
        record("d", 1),
    ];
    store.record(&records).await.unwrap();
    let pruned = store.prune(Time(5), Time(0), 99).await;
    assert_eq!(pruned, Ok(Pruned { values: 1, runs: 0 }));
    let bare = Record {
        changes: Vec::new(),
        ..valued("a", 1)
    };
    let right = [valued("c", 9), valued("b", 5), record("d", 1), bare];
    assert_eq!(all(store).await, right);
    let again = store.prune(Time(5), Time(0), 99).await;
    assert_eq!(again, Ok(Pruned::default()));
}

pub async fn old_runs_go(store: &impl Store) {
    let records = [run("a", 1), run("b", 5), record("c", 1)];
    store.record(&records).await.unwrap();
    let pruned = store.prune(Time(0), Time(5), 99).await;
    assert_eq!(pruned, Ok(Pruned { values: 0, runs: 1 }));
    assert_eq!(all(store).await, [run("b", 5), record("c", 1)]);
    assert_eq!(store.record_by_id("a").await, Ok(None));
}

pub async fn pruning_takes_the_oldest_first_and_obeys_its_limit(store: &impl Store) {
    for at in 1..8 {
        let records = [valued(&format!("v{at}"), at), run(&format!("r{at}"), at)];
        store.record(&records).await.unwrap();
    }
    let mut sum = Pruned::default();
    for round in 1..=3 {
        let pruned = store.prune(Time(7), Time(6), 2).await.unwrap();
        sum.values += pruned.values;
        sum.runs += pruned.runs;
        let oldest = store.record_by_id("v2").await.unwrap().unwrap();
        assert!(oldest.changes.is_empty(), "round {round}");
    }
    assert_eq!(sum, Pruned { values: 6, runs: 5 });
    let left = all(store).await;
    let kept = |record: &&Record| !record.changes.is_empty() || record.kind == RecordKind::Run;
    let ids: Vec<_> = left
        .iter()
        .filter(kept)
        .map(|record| record.id.as_str())
        .collect();
    assert_eq!(ids, ["v7", "r7", "r6"]);
    assert_eq!(left.len(), 9);
}

pub async fn what_came_with_a_pair_grows_old_too(store: &impl Store) {
    store
        .put(&pair(1), &[valued("a", 1), run("b", 1)])
        .await
        .unwrap();
    let pruned = store.prune(Time(9), Time(9), 99).await;
    assert_eq!(pruned, Ok(Pruned { values: 1, runs: 1 }));
    assert_eq!(store.pair(&id(1)).await.unwrap().unwrap().rev, 1);
}
