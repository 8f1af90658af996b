//! Old values leave the history with a pass, and what they could have undone is told to be gone.

use pulse_sync::core::{FieldKey, Record, RecordKind, Time};
use pulse_sync::store::{Access, HistoryQuery, Pruned, SqliteStore, Store};
use serde_json::json;

use super::rig::{Rig, world};

const DAY: i64 = 86_400_000;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(future)
}

/// A record of 95 days ago like that of a title that was just changed, in a store that was tidied the day before
/// yesterday; gives its id.
async fn with_an_old_record(rig: &Rig, now: Time) -> String {
    let store = SqliteStore::open(&rig.store(), Access::Own).unwrap();
    let query = HistoryQuery {
        kinds: vec![RecordKind::Write],
        limit: 99,
        ..HistoryQuery::default()
    };
    let records = store.history(&query).await.unwrap();
    let renamed = records.into_iter().find(|record| {
        record.verb == "change"
            && record
                .changes
                .iter()
                .any(|change| change.field == FieldKey::TITLE)
    });
    let old = Record {
        id: "of-old".to_owned(),
        at: now.minus(95 * DAY),
        ..renamed.unwrap()
    };
    store.record(std::slice::from_ref(&old)).await.unwrap();
    let done = now.minus(2 * DAY).0.to_string();
    store.put_setting("retention", Some(&done)).await.unwrap();
    old.id
}

#[test]
fn a_pass_forgets_old_values_and_an_undo_of_them_does_nothing() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    rig.rename_page(rig.page(2), "A hasty title");
    rig.settle();
    let now = Time(chrono::Utc::now().timestamp_millis());
    let id = block_on(with_an_old_record(&rig, now));
    let shown = rig.run(&["undo", &id]);
    assert_eq!(
        shown.code,
        Some(2),
        "it can be undone yet: {}",
        shown.said()
    );
    rig.assert_quiet();
    let before = rig.writes();
    for args in [&["undo", id.as_str()][..], &["undo", &id, "--yes"]] {
        let done = rig.run(args);
        assert_eq!(done.code, Some(1), "{}", done.said());
        let why = "its values are no longer kept (retention: 90 days)";
        assert!(done.err.contains(why), "{}", done.said());
    }
    rig.assert_quiet();
    assert_eq!(rig.writes(), before);
    assert_eq!(&*rig.issue(2).title, "A hasty title");
    block_on(async {
        let store = SqliteStore::open(&rig.store(), Access::Own).unwrap();
        let old = store.record_by_id(&id).await.unwrap().unwrap();
        assert!(old.changes.is_empty(), "{old:?}");
        assert_eq!(
            store
                .prune(now.minus(90 * DAY), now.minus(365 * DAY), 9)
                .await,
            Ok(Pruned::default())
        );
    });
    let history = rig.run(&["history", "--json"]).json();
    let lines = history.as_array().unwrap();
    let kept = lines.iter().filter(|line| line["verb"] == json!("change"));
    assert!(kept.count() >= 2, "{history}");
}
