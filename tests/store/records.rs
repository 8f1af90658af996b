//! The history and the errors.

use pulse_sync::core::history::FieldChange;
use pulse_sync::core::{FieldKey, Value};
use pulse_sync::core::{Outcome, Record, RecordKind, Time};
use pulse_sync::store::{ErrorEntry, HistoryQuery, Store};

use crate::make::{error, id, pair, record};

fn all() -> HistoryQuery {
    HistoryQuery {
        limit: 1_000,
        ..HistoryQuery::default()
    }
}

async fn ids(store: &impl Store, query: HistoryQuery) -> Vec<String> {
    let records = store.history(&query).await.unwrap();
    records.into_iter().map(|record| record.id).collect()
}

pub async fn history_is_newest_first(store: &impl Store) {
    store
        .record(&[record("a", 2), record("b", 3), record("c", 1)])
        .await
        .unwrap();
    assert_eq!(ids(store, all()).await, ["b", "a", "c"]);
}

pub async fn equal_times_go_by_id(store: &impl Store) {
    store
        .record(&[record("b", 1), record("a", 1), record("c", 1)])
        .await
        .unwrap();
    assert_eq!(ids(store, all()).await, ["c", "b", "a"]);
}

pub async fn paging_visits_each_record_once(store: &impl Store) {
    let names: Vec<_> = (0..17).map(|number| format!("r{number:02}")).collect();
    // Five records share each time, so that pages end in the middle of one.
    let records: Vec<_> = (0..)
        .zip(&names)
        .map(|(n, name)| record(name, n / 5))
        .collect();
    store.record(&records).await.unwrap();
    let mut visited = Vec::new();
    let mut before = None;
    loop {
        let query = HistoryQuery {
            before,
            limit: 3,
            ..all()
        };
        let page = store.history(&query).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some((last.at, last.id.clone()));
        visited.extend(page.into_iter().map(|record| record.id));
    }
    visited.reverse();
    assert_eq!(visited, names);
}

pub async fn since_is_inclusive(store: &impl Store) {
    store
        .record(&[record("a", 1), record("b", 2), record("c", 3)])
        .await
        .unwrap();
    let query = HistoryQuery {
        since: Some(Time(2)),
        ..all()
    };
    assert_eq!(ids(store, query).await, ["c", "b"]);
}

/// Records of two pairs and none, with all outcomes and two kinds.
async fn mixed(store: &impl Store) {
    use Outcome::{Done, Failed, Held, InDoubt, Info, NotApplied, Open, Refused};

    let make = |name: &str, at, pair, outcome, kind| Record {
        pair,
        outcome,
        kind,
        ..record(name, at)
    };
    let outcomes = [Open, Done, Refused, NotApplied, InDoubt, Held, Failed, Info];
    let pairs = [Some(id(1)), Some(id(2)), None];
    let kinds = [RecordKind::Write, RecordKind::Item];
    let records: Vec<_> = (0..24_usize)
        .map(|n| {
            let at = i64::try_from(n).unwrap();
            make(
                &format!("r{n:02}"),
                at,
                pairs[n % 3].clone(),
                outcomes[n % 8],
                kinds[n / 12],
            )
        })
        .collect();
    store.record(&records).await.unwrap();
}

pub async fn history_of_one_pair(store: &impl Store) {
    mixed(store).await;
    let query = HistoryQuery {
        pair: Some(id(2)),
        limit: 3,
        ..all()
    };
    assert_eq!(ids(store, query).await, ["r22", "r19", "r16"]);
    let query = HistoryQuery {
        pair: Some(id(7)),
        ..all()
    };
    assert!(ids(store, query).await.is_empty());
}

pub async fn history_by_outcome(store: &impl Store) {
    mixed(store).await;
    let failed = HistoryQuery {
        outcomes: vec![Outcome::Failed],
        ..all()
    };
    assert_eq!(ids(store, failed).await, ["r22", "r14", "r06"]);
    let outcomes = vec![Outcome::InDoubt, Outcome::NotApplied];
    let two = HistoryQuery {
        outcomes,
        limit: 4,
        ..all()
    };
    assert_eq!(ids(store, two).await, ["r20", "r19", "r12", "r11"]);
}

pub async fn history_by_kind(store: &impl Store) {
    mixed(store).await;
    let kinds = vec![RecordKind::Write, RecordKind::Run];
    let written = HistoryQuery {
        kinds,
        limit: 2,
        ..all()
    };
    assert_eq!(ids(store, written).await, ["r11", "r10"]);
    let kinds = vec![RecordKind::Run, RecordKind::Intent, RecordKind::Conflict];
    assert!(ids(store, HistoryQuery { kinds, ..all() }).await.is_empty());
}

pub async fn filters_work_together(store: &impl Store) {
    mixed(store).await;
    let query = HistoryQuery {
        since: Some(Time(4)),
        before: Some((Time(20), "r20".to_owned())),
        pair: Some(id(2)),
        outcomes: vec![
            Outcome::InDoubt,
            Outcome::Done,
            Outcome::Open,
            Outcome::Info,
        ],
        kinds: vec![RecordKind::Write],
        limit: 9,
    };
    assert_eq!(ids(store, query).await, ["r07", "r04"]);
}

pub async fn a_limit_of_none_is_nothing(store: &impl Store) {
    store.record(&[record("a", 1)]).await.unwrap();
    assert!(ids(store, HistoryQuery::default()).await.is_empty());
    let unlimited = HistoryQuery {
        limit: usize::MAX,
        ..all()
    };
    assert_eq!(ids(store, unlimited).await, ["a"]);
}

pub async fn a_record_comes_back_whole(store: &impl Store) {
    let full = Record {
        pair: Some(id(1)),
        request: Some("ABCD:1".to_owned()),
        changes: vec![FieldChange {
            field: FieldKey::LABELS,
            before: Value::set(["a", "b,c"]),
            after: Value::Null,
            other: None,
        }],
        ..record("a", 1)
    };
    store.record(std::slice::from_ref(&full)).await.unwrap();
    assert_eq!(store.history(&all()).await, Ok(vec![full.clone()]));
    assert_eq!(store.record_by_id("a").await, Ok(Some(full)));
}

pub async fn a_record_stays_as_it_was_first(store: &impl Store) {
    store.record(&[record("a", 1)]).await.unwrap();
    store
        .record(&[record("a", 9), record("b", 2)])
        .await
        .unwrap();
    assert_eq!(ids(store, all()).await, ["b", "a"]);
    assert_eq!(store.record_by_id("a").await, Ok(Some(record("a", 1))));
}

pub async fn an_unknown_record_is_none(store: &impl Store) {
    store.put(&pair(1), &[]).await.unwrap();
    assert_eq!(store.record_by_id(&id(1).0).await, Ok(None));
}

pub async fn times_before_1970_are_kept(store: &impl Store) {
    let times = [i64::MAX, 0, -1, i64::MIN];
    for (name, at) in ["d", "c", "b", "a"].into_iter().zip(times) {
        store.record(&[record(name, at)]).await.unwrap();
    }
    assert_eq!(ids(store, all()).await, ["d", "c", "b", "a"]);
    let query = HistoryQuery {
        since: Some(Time(-1)),
        ..all()
    };
    assert_eq!(ids(store, query).await, ["d", "c", "b"]);
}

async fn error_ids(store: &impl Store, open: bool, limit: usize) -> Vec<String> {
    let entries = store.errors(open, limit).await.unwrap();
    entries.into_iter().map(|entry| entry.id).collect()
}

pub async fn errors_are_newest_first(store: &impl Store) {
    for (name, at) in [("a", 2), ("b", 3), ("c", 2), ("d", 1)] {
        store.put_error(&error(name, at)).await.unwrap();
    }
    assert_eq!(error_ids(store, false, 9).await, ["b", "c", "a", "d"]);
}

pub async fn an_error_is_replaced(store: &impl Store) {
    store.put_error(&error("a", 1)).await.unwrap();
    store.put_error(&error("b", 5)).await.unwrap();
    let again = ErrorEntry {
        count: 2,
        ..error("a", 9)
    };
    store.put_error(&again).await.unwrap();
    assert_eq!(error_ids(store, true, 9).await, ["a", "b"]);
    assert_eq!(store.error("a").await, Ok(Some(again)));
}

pub async fn open_errors_are_those_not_resolved(store: &impl Store) {
    let over = ErrorEntry {
        resolved_at: Some(Time(8)),
        ..error("a", 7)
    };
    store.put_error(&over).await.unwrap();
    store.put_error(&error("b", 1)).await.unwrap();
    assert_eq!(error_ids(store, true, 9).await, ["b"]);
    assert_eq!(error_ids(store, false, 9).await, ["a", "b"]);
}

pub async fn a_reopened_error_is_listed_again(store: &impl Store) {
    let over = ErrorEntry {
        resolved_at: Some(Time(8)),
        ..error("a", 7)
    };
    store.put_error(&over).await.unwrap();
    store.put_error(&error("a", 9)).await.unwrap();
    assert_eq!(error_ids(store, true, 9).await, ["a"]);
}

pub async fn an_unknown_error_is_none(store: &impl Store) {
    store.put_error(&error("a", 1)).await.unwrap();
    assert_eq!(store.error("A").await, Ok(None));
}

pub async fn errors_obey_their_limit(store: &impl Store) {
    for (name, at) in [("a", 1), ("b", 2), ("c", 3)] {
        store.put_error(&error(name, at)).await.unwrap();
    }
    assert_eq!(error_ids(store, true, 2).await, ["c", "b"]);
    assert!(error_ids(store, false, 0).await.is_empty());
    assert_eq!(error_ids(store, false, usize::MAX).await.len(), 3);
}
