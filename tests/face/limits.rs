//! A service's limit in the way of a write: what waits says for what and until when, and goes on as soon as it may.

use std::cell::Cell;
use std::time::{Duration, Instant};

use axum::http::Method;
use pulse_sync::core::{RecordKind, Side};
use pulse_sync::engine::queue::Standing;
use pulse_sync::engine::serve::wires;
use pulse_sync::engine::{Ask, Command, Event, Handle, Settings, Snapshot, Stop};
use pulse_sync::remote::http::Account;
use pulse_sync::sim::github::IssueEdit;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use pulse_sync::sim::notion::value::Value as Shown;
use pulse_sync::sim::small::{COLLEAGUE, Small};
use pulse_sync::store::memory::MemoryStore;

use super::clock::now;
use super::hold::{run, title};
use super::{ask, beside, engine, linked, notion, rename_page, server, settings, small, until};

const REASON: &str = "Notion's request limit";

/// The next so many changes of pages are refused, each for so many seconds.
fn limit_changes(small: &Small, times: u32, seconds: u64) {
    let kind = FaultKind::RateLimited(seconds, "public_api_request_rate_limit");
    small.notion.shared.lock().faults.add(Rule {
        method: Some(Method::PATCH),
        path: "/v1/pages/".to_owned(),
        skip: 0,
        times,
        kind,
    });
}

fn rename_issue(small: &Small, title: &str) {
    let now = small.notion.shared.now();
    let edit = IssueEdit {
        title: Some(title.to_owned()),
        ..IssueEdit::default()
    };
    let mut front = small.github.front.lock();
    front
        .hub
        .edit_issue(now, COLLEAGUE, &small.repository, 1, edit)
        .unwrap();
}

fn is_written(small: &Small, title: &str) -> bool {
    let service = small.notion.shared.lock();
    let pages = service.world.rows_of(small.source);
    let mut titles = pages
        .into_iter()
        .map(|page| service.world.value(page, "title"));
    titles.any(|shown| shown == Some(&Shown::text(title)))
}

fn is_in_step(snapshot: &Snapshot) -> bool {
    let link = &snapshot.links[0];
    link.running.is_none() && link.counts.active == 28 && link.counts.queued == 0
}

/// How issue 1 waits for the limit, if it does.
fn waits_for_limit(snapshot: &Snapshot) -> bool {
    let mut lines = snapshot.links[0].queue.iter();
    let line = lines.find(|line| line.item.ends_with("#1"));
    line.is_some_and(|line| match &line.standing {
        Standing::Deferred { until, reason, .. } => {
            assert_eq!(reason, REASON);
            assert_eq!(line.to, Some(Side::Notion));
            *until > snapshot.at
        }
        _ => false,
    })
}

async fn script(handle: Handle, small: &Small) {
    until(&handle, "everything imported", is_in_step).await;
    limit_changes(small, 1, 2);
    rename_issue(small, "limited once");
    tokio::join!(run(&handle), async {
        until(&handle, "the item waits for the limit", waits_for_limit).await;
        let shown = until(&handle, "the run says so", |s| {
            let running = s.links[0].running.as_ref();
            running.is_some_and(|progress| progress.waiting.is_some())
        })
        .await;
        let running = shown.links[0].running.clone().unwrap();
        assert_eq!(running.waiting.unwrap().1, REASON, "the side is named once");
    });
    let snapshot = handle.snapshot().borrow().clone();
    let (_, report) = snapshot.links[0].last.clone().unwrap();
    assert_eq!(
        (report.writes.notion, report.backlog),
        (1, 0),
        "the run that waited wrote it"
    );

    // More limits than one run waits for: the next one comes at once, not after the interval of an hour.
    limit_changes(small, 4, 1);
    rename_issue(small, "limited often");
    run(&handle).await;
    until(
        &handle,
        "it is written by runs that nobody asked for",
        |s| is_in_step(s) && is_written(small, "limited often"),
    )
    .await;
    handle.send(Command::Shutdown).await.unwrap();
}

#[tokio::test]
async fn what_a_limit_held_up_is_written_as_soon_as_it_may_be() {
    beside(async |handle, small: &Small, _: &MemoryStore| script(handle, small).await).await;
}

/// Whether the run waits, and for what.
fn waiting(snapshot: &Snapshot) -> Option<String> {
    let running = snapshot.links[0].running.as_ref()?;
    running.waiting.as_ref().map(|(_, reason)| reason.clone())
}

/// Another process with this token was told to wait; it is known here without a refusal.
fn told_elsewhere(account: &Account, ms: i64) {
    let mut memory = serde_json::to_value(account.memory()).unwrap();
    memory["paused"] = serde_json::json!({"until": now().plus(ms), "reason": REASON});
    account.heed(serde_json::from_value(memory).unwrap());
}

#[tokio::test]
async fn a_pause_that_was_asked_for_is_no_used_up_limit_and_its_words_end_with_it() {
    let small = small().await;
    let account = notion(&small);
    let links = [linked(&small, account.clone())];
    let (handle, wires, sink) = wires();
    let is_first = Cell::new(true);
    let sink = Box::new(move |event: Event| {
        let is_write =
            matches!(&event, Event::Recorded(record) if record.kind == RecordKind::Write);
        if is_write && is_first.take() {
            told_elsewhere(&account, 3_000);
        }
        sink(event);
    });
    let engine = engine(settings(), sink);
    let server = server(&engine, &links, wires);
    let script = async {
        let shown = until(&handle, "a wait", |s| waiting(s).is_some()).await;
        assert_eq!(waiting(&shown).unwrap(), "Notion asked to wait");
        until(&handle, "everything imported", |s| {
            let running = s.links[0].running.as_ref();
            if let Some((until, why)) = running.and_then(|progress| progress.waiting.as_ref()) {
                assert!(*until > s.at, "{why} is over");
            }
            s.links[0].counts.active == 28 && running.is_none()
        })
        .await;
        handle.send(Command::Shutdown).await.unwrap();
    };
    tokio::join!(server.serve(), script);
}

/// What issue 1 waits for, if it waits for a time.
fn deferred(snapshot: &Snapshot) -> Option<String> {
    let mut lines = snapshot.links[0].queue.iter();
    let line = lines.find(|line| line.item.ends_with("#1"))?;
    match &line.standing {
        Standing::Deferred { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}

/// While a limit is waited for a person edits the page: after it the page rests, and that is what is said.
async fn edited_meanwhile(handle: Handle, small: &Small) {
    until(&handle, "everything imported", is_in_step).await;
    let before = title(small);
    limit_changes(small, 1, 2);
    rename_issue(small, "limited");
    let regular = Ask::default();
    while ask(&handle, None, regular.clone()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until(&handle, "the item waits for the limit", waits_for_limit).await;
    rename_page(small, "just a moment");
    rename_page(small, &before);
    until(&handle, "the page rests", |s| {
        s.links[0].running.is_none() && deferred(s).as_deref() == Some("still being edited")
    })
    .await;
    handle.send(Command::Shutdown).await.unwrap();
}

#[tokio::test]
async fn the_words_of_a_limit_do_not_stay_while_a_page_rests() {
    let small = small().await;
    let links = [linked(&small, notion(&small))];
    let (handle, wires, sink) = wires();
    let settings = Settings {
        max_items: 1_000,
        rest: 60_000,
        ..settings()
    };
    let engine = engine(settings, sink);
    let server = server(&engine, &links, wires);
    tokio::join!(server.serve(), edited_meanwhile(handle, &small));
}

/// Told to end while a limit is waited for, it ends at once, and what is left is queued.
async fn ended(handle: Handle, small: &Small, _: &MemoryStore) {
    until(&handle, "everything imported", is_in_step).await;
    limit_changes(small, 1, 60);
    rename_issue(small, "limited");
    while ask(&handle, None, Ask::default()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until(&handle, "a wait", |s| waiting(s).is_some()).await;
    let mut events = handle.events();
    handle.send(Command::Shutdown).await.unwrap();
    let told = Instant::now();
    let report = loop {
        if let Event::RunEnded(report) = events.recv().await.unwrap() {
            break report;
        }
    };
    assert!(
        told.elapsed() < Duration::from_secs(5),
        "{:?}",
        told.elapsed()
    );
    assert_eq!(report.stopped, Some(Stop::Ending), "{report:?}");
    assert!(report.errors.is_empty(), "{report:?}");
    assert_eq!(report.backlog + report.deferred, 1);
}

#[tokio::test]
async fn who_is_told_to_end_waits_for_no_limit() {
    beside(ended).await;
}
