//! What the guard holds, answered while the engine runs.

use std::collections::BTreeSet;

use pulse_sync::core::{Outcome, RecordKind, Value};
use pulse_sync::engine::held::HeldItem;
use pulse_sync::engine::queue::Standing;
use pulse_sync::engine::{Command, Handle};
use pulse_sync::sim::github::{IssueEdit, State};
use pulse_sync::sim::small::{COLLEAGUE, Small};
use pulse_sync::store::memory::MemoryStore;
use pulse_sync::store::{HistoryQuery, Store};
use tokio::sync::oneshot;

use super::hold::run;
use super::{beside, until};

/// Closes every open issue in one stroke; gives their numbers. A pull request's state is GitHub's alone.
fn close_all(small: &Small) -> Vec<u64> {
    let now = small.notion.shared.now();
    let mut front = small.github.front.lock();
    let repository = front.hub.repo(&small.repository).unwrap();
    let open: Vec<u64> = repository
        .issues
        .values()
        .filter(|issue| issue.state == State::Open && issue.pull.is_none())
        .map(|issue| issue.number)
        .collect();
    for number in &open {
        let edit = IssueEdit {
            state: Some(State::Closed),
            ..IssueEdit::default()
        };
        front
            .hub
            .edit_issue(now, COLLEAGUE, &small.repository, *number, edit)
            .unwrap();
    }
    open
}

fn closed(small: &Small, among: &[u64]) -> Vec<u64> {
    let front = small.github.front.lock();
    let is_closed = |number: &&u64| {
        let issue = front.hub.issue(&small.repository, **number).unwrap();
        issue.state == State::Closed
    };
    among.iter().filter(is_closed).copied().collect()
}

async fn answer(handle: &Handle, halt: String, apply: bool) -> usize {
    let (reply, answer) = oneshot::channel();
    handle
        .send(Command::AnswerHalt { halt, apply, reply })
        .await
        .unwrap();
    answer.await.unwrap().unwrap()
}

async fn held(handle: &Handle, halt: String) -> Vec<HeldItem> {
    let (reply, answer) = oneshot::channel();
    handle.send(Command::Held(halt, reply)).await.unwrap();
    answer.await.unwrap().unwrap()
}

fn reopen(small: &Small, number: u64) {
    let now = small.notion.shared.now();
    let edit = IssueEdit {
        state: Some(State::Open),
        ..IssueEdit::default()
    };
    let mut front = small.github.front.lock();
    front
        .hub
        .edit_issue(now, COLLEAGUE, &small.repository, number, edit)
        .unwrap();
}

async fn put_back(handle: Handle, small: &Small, store: &MemoryStore) {
    until(&handle, "everything imported", |s| {
        s.links[0].counts.active == 28 && s.links[0].running.is_none()
    })
    .await;
    let were_open = close_all(small);
    assert!(were_open.len() > 10, "{were_open:?}");
    run(&handle).await;
    let asks = until(&handle, "a halt", |s| !s.links[0].halts.is_empty()).await;
    let halt = asks.links[0].halts[0].clone();
    assert_eq!(halt.pairs.len(), were_open.len());

    let shown = held(&handle, halt.id.clone()).await;
    let of = |item: &HeldItem| -> Vec<(String, String, String)> {
        let text = |value: &Value| value.as_text().to_owned();
        let backs = item.backs.iter();
        backs
            .map(|back| (back.field.to_string(), text(&back.now), text(&back.then)))
            .collect()
    };
    assert_eq!(shown.len(), were_open.len());
    for item in &shown {
        let told = of(item);
        let state = ("state".to_owned(), "closed".to_owned(), "open".to_owned());
        assert!(told.contains(&state), "{item:?}");
        assert!(told.len() == 2 && !item.text_unread, "{item:?}");
    }

    // Somebody opens one again: the next look says so.
    reopen(small, were_open[0]);
    run(&handle).await;
    let shown = held(&handle, halt.id.clone()).await;
    let none = |item: &&HeldItem| item.backs.is_empty() && item.at.is_some();
    assert_eq!(shown.iter().filter(none).count(), 1, "{shown:?}");

    let answered = answer(&handle, halt.id, false).await;
    assert_eq!(answered, were_open.len());
    let done = until(&handle, "everything put back", |s| {
        let link = &s.links[0];
        link.counts.queued == 0 && link.running.is_none() && link.halts.is_empty()
    })
    .await;
    assert_eq!(closed(small, &were_open), Vec::<u64>::new());
    let aside: Vec<_> = done.links[0]
        .queue
        .iter()
        .filter(|line| matches!(line.standing, Standing::Parked { .. }))
        .collect();
    assert!(aside.is_empty(), "{aside:?}");
    let query = HistoryQuery {
        limit: 500,
        ..HistoryQuery::default()
    };
    let records = store.history(&query).await.unwrap();
    let bad: Vec<_> = records
        .iter()
        .filter(|record| matches!(record.outcome, Outcome::Failed | Outcome::Refused))
        .collect();
    assert!(bad.is_empty(), "{bad:?}");
    handle.send(Command::Shutdown).await.unwrap();
}

#[tokio::test]
async fn a_mass_close_that_was_wrong_is_put_back_whole() {
    beside(put_back).await;
}

/// What is listed as going over when the guard is told to apply is what is written, field by field.
async fn applied(handle: Handle, small: &Small, store: &MemoryStore) {
    until(&handle, "everything imported", |s| {
        s.links[0].counts.active == 28 && s.links[0].running.is_none()
    })
    .await;
    close_all(small);
    run(&handle).await;
    let asks = until(&handle, "a halt", |s| !s.links[0].halts.is_empty()).await;
    let halt = asks.links[0].halts[0].clone();
    let listed = held(&handle, halt.id.clone()).await;
    let before = store.history(&all()).await.unwrap().len();
    answer(&handle, halt.id, true).await;
    until(&handle, "everything applied", |s| {
        let link = &s.links[0];
        link.counts.queued == 0 && link.running.is_none() && link.halts.is_empty()
    })
    .await;
    let records = store.history(&all()).await.unwrap();
    let new = &records[..records.len() - before];
    for item in listed {
        let own = new.iter().filter(|record| {
            record.kind == RecordKind::Write && record.pair.as_ref() == Some(&item.pair)
        });
        let wrote: BTreeSet<String> = own
            .flat_map(|record| &record.changes)
            .map(|change| change.field.to_string())
            // How the pair stands is told with every write.
            .filter(|field| !field.starts_with("sync"))
            .collect();
        let goes = item.forth.iter().filter(|forth| forth.refused.is_none());
        let goes = goes.map(|forth| &forth.field).chain(&item.follow);
        let listed: BTreeSet<String> = goes.map(ToString::to_string).collect();
        assert_eq!(listed, wrote, "{item:?}");
    }
    handle.send(Command::Shutdown).await.unwrap();
}

fn all() -> HistoryQuery {
    HistoryQuery {
        limit: 1_000,
        ..HistoryQuery::default()
    }
}

#[tokio::test]
async fn what_the_guard_lists_is_what_applying_writes() {
    beside(applied).await;
}
