//! While the user has paused, reading goes on: the queue fills, and nothing is written.

use pulse_sync::core::{Outcome, RecordKind, Side};
use pulse_sync::engine::queue::Standing;
use pulse_sync::engine::{Handle, Snapshot, Stop};
use pulse_sync::sim::small::Small;
use pulse_sync::store::memory::MemoryStore;
use pulse_sync::store::{HistoryQuery, Store};

use super::hold::{run, title};
use super::{beside, pause, rename_page, until};

/// Where issue 1 waits to be written to.
fn waits(snapshot: &Snapshot) -> Option<Side> {
    let mut lines = snapshot.links[0].queue.iter();
    let line = lines
        .find(|line| line.item.ends_with("#1") && matches!(line.standing, Standing::Queued { .. }));
    line.and_then(|line| line.to)
}

async fn script(handle: Handle, small: &Small, store: &MemoryStore) {
    until(&handle, "everything imported", |s| {
        s.links[0].counts.active == 28 && s.links[0].running.is_none()
    })
    .await;
    pause(&handle, true).await;
    let before = title(small);
    rename_page(small, "while paused");
    run(&handle).await;
    let shown = until(&handle, "the queue filled", |s| {
        waits(s) == Some(Side::Github) && s.paused.is_some()
    })
    .await;
    let mut lines = shown.links[0].queue.iter();
    let line = lines.find(|line| line.item.ends_with("#1")).unwrap();
    assert_eq!(line.title, "while paused", "the title of now");
    let (_, report) = shown.links[0].last.clone().unwrap();
    assert_eq!(report.stopped, Some(Stop::Paused));
    assert_eq!((report.writes.github, report.writes.notion), (0, 0));
    run(&handle).await;
    assert_eq!(title(small), before, "nothing is written");
    let query = HistoryQuery {
        kinds: vec![RecordKind::Run],
        limit: 5,
        ..HistoryQuery::default()
    };
    let runs = store.history(&query).await.unwrap();
    assert_eq!(runs[0].outcome, Outcome::Info, "a pause is no failure");

    pause(&handle, false).await;
    until(&handle, "what waited is written", |s| {
        s.paused.is_none() && title(small) == "while paused" && s.links[0].running.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_paused_engine_goes_on_reading() {
    beside(script).await;
}
