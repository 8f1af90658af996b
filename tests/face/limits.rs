//! A service's limit in the way of a write: what waits says for what and until when, and goes on as soon as it may.

use axum::http::Method;
use pulse_sync::core::Side;
use pulse_sync::engine::queue::Standing;
use pulse_sync::engine::serve::wires;
use pulse_sync::engine::{Command, Handle, Settings, Snapshot};
use pulse_sync::sim::github::IssueEdit;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use pulse_sync::sim::notion::value::Value as Shown;
use pulse_sync::sim::small::{COLLEAGUE, Small};

use super::hold::run;
use super::{engine, link, server, settings, small, until};

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
    let small = small().await;
    let links = [link(&small)];
    let (handle, wires, sink) = wires();
    let engine = engine(
        Settings {
            max_items: 1_000,
            ..settings()
        },
        sink,
    );
    let server = server(&engine, &links, wires);
    tokio::join!(server.serve(), script(handle, &small));
}
