//! Whose a database is, among machines that share a store and have different configurations.

use pulse_sync::core::Side;
use pulse_sync::engine::{Ask, Clock as _, Settings, Stop, lease_name};
use pulse_sync::store::Store as _;

use super::{engine, link, settings, small};

#[tokio::test]
async fn a_database_is_another_machines_while_it_runs_its_link() {
    let small = small().await;
    let roomy = Settings {
        max_items: 1_000,
        ..settings()
    };
    let engine = engine(roomy, Box::new(|_| {}));
    let (mut theirs, ours) = (link(&small), link(&small));
    "theirs".clone_into(&mut theirs.spec.name);
    let ask = Ask::default();
    assert_eq!(engine.run(&theirs, &ask).await.stopped, None);
    let lease = lease_name("theirs");
    let store = &engine.store;
    let now = engine.clock.now();
    let held = store.lease(&lease, "kim@desk:9", now, 60_000).await;
    assert_eq!(held.unwrap().holder, "kim@desk:9");
    let before = small.notion.shared.lock().counters.writes;
    let report = engine.run(&ours, &ask).await;
    let Some(Stop::Side {
        side: Side::Notion,
        class: "setup",
        message,
    }) = &report.stopped
    else {
        panic!("{report:?}");
    };
    assert!(
        message.contains("`theirs` and `face` are set to one Notion database"),
        "{message}"
    );
    assert_eq!(small.notion.shared.lock().counters.writes, before);
    // Nobody runs it any more: its name may be another one by now.
    store.release(&lease, "kim@desk:9").await.unwrap();
    assert_eq!(engine.run(&ours, &ask).await.stopped, None);
}
