//! Held by the user while the engine runs: what is on its way lands, and nothing follows it.

use std::time::Duration;

use pulse_sync::core::PairId;
use pulse_sync::engine::face::Holding;
use pulse_sync::engine::queue::Standing;
use pulse_sync::engine::{Ask, Command, Handle, Snapshot};
use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::small::Small;
use pulse_sync::store::memory::MemoryStore;
use pulse_sync::store::{HistoryQuery, Store, Which};
use tokio::sync::oneshot;

use super::{ask, beside, rename_page, until};

async fn hold(handle: &Handle, pairs: Vec<PairId>) -> Holding {
    let (reply, answer) = oneshot::channel();
    handle.send(Command::Hold(pairs, reply)).await.unwrap();
    answer.await.unwrap().unwrap()
}

/// Asks for a run until it is taken, and waits until it has ended.
pub(super) async fn run(handle: &Handle) {
    let before = handle.snapshot().borrow().links[0].last.clone();
    let forced = || Ask {
        forced: true,
        ..Ask::default()
    };
    while ask(handle, None, forced()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until(handle, "the run ended", |s| {
        s.links[0].running.is_none() && s.links[0].last != before
    })
    .await;
}

pub(super) fn title(small: &Small) -> String {
    let front = small.github.front.lock();
    let issue = front.hub.issue(&small.repository, 1).unwrap();
    issue.title.clone()
}

fn is_held(snapshot: &Snapshot) -> bool {
    snapshot.links[0]
        .queue
        .iter()
        .any(|line| matches!(line.standing, Standing::HeldByUser { .. }))
}

/// The history tells of both.
async fn told(store: &MemoryStore, id: PairId) {
    let query = HistoryQuery {
        pair: Some(id),
        limit: 50,
        ..HistoryQuery::default()
    };
    let verbs: Vec<String> = store
        .history(&query)
        .await
        .unwrap()
        .into_iter()
        .map(|record| record.verb)
        .collect();
    for verb in ["hold", "release"] {
        assert!(verbs.iter().any(|one| one == verb), "{verb} in {verbs:?}");
    }
}

async fn script(handle: Handle, small: &Small, store: &MemoryStore) {
    until(&handle, "everything imported", |s| {
        s.links[0].counts.active == 28 && s.links[0].running.is_none()
    })
    .await;
    let all = store.pairs("face", Which::All, None, 100).await.unwrap();
    let first = all.iter().find(|pair| pair.name().ends_with("#1"));
    let id = first.unwrap().id.clone();

    // Its request is out when the user holds it: it lands, and is known to have landed.
    let slow = HubFault::Delay(Duration::from_millis(1_500));
    small
        .github
        .front
        .lock()
        .faults
        .add("PATCH", "*/issues/1", 1, slow);
    rename_page(small, "on its way");
    let during = async {
        until(&handle, "a write on its way", |s| {
            let running = s.links[0].running.as_ref();
            running.is_some_and(|progress| progress.writing.is_some())
        })
        .await;
        hold(&handle, vec![id.clone()]).await
    };
    let (held, ()) = tokio::join!(during, run(&handle));
    assert_eq!(held, Holding { on: true, items: 1 });
    assert_eq!(title(small), "on its way");
    let pair = store.pair(&id).await.unwrap().unwrap();
    assert!(pair.intent.is_none(), "what became of it is known");
    assert!(pair.held_since.is_some());

    // While it is held it is read, and never written.
    rename_page(small, "while held");
    run(&handle).await;
    run(&handle).await;
    assert_eq!(title(small), "on its way");
    until(&handle, "shown as held", is_held).await;

    // Nothing was lost meanwhile.
    let released = hold(&handle, vec![id.clone()]).await;
    assert_eq!(
        released,
        Holding {
            on: false,
            items: 1
        }
    );
    run(&handle).await;
    assert_eq!(title(small), "while held");
    assert!(!is_held(&handle.snapshot().borrow()));
    told(store, id).await;
    handle.send(Command::Shutdown).await.unwrap();
}

#[tokio::test]
async fn a_held_item_is_read_and_never_written() {
    beside(script).await;
}
