//! Listings that fail: never a silent success, the stream and the remedy named, and the rest goes on.

use axum::http::Method;
use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use serde_json::json;

use super::rig::{Done, Rig, world};

/// As good as for ever.
const ALWAYS: u32 = 10_000;

fn hub_fault(rig: &Rig, path: &str, kind: HubFault) {
    let mut front = rig.small.github.front.lock();
    front.faults.add("GET", path, ALWAYS as usize, kind);
}

fn notion_fault(rig: &Rig, kind: FaultKind) {
    let rule = Rule {
        method: Some(Method::POST),
        path: "/v1/data_sources/*/query".to_owned(),
        skip: 0,
        times: ALWAYS,
        kind,
    };
    rig.small.notion.shared.lock().faults.add(rule);
}

fn once(rig: &Rig) -> Done {
    rig.run(&["sync", "--once", "--json"])
}

fn assert_says(done: &Done, code: i32, words: &[&str]) {
    assert_eq!(done.code, Some(code), "{}", done.said());
    assert!(!done.err.contains("panicked"), "{}", done.err);
    for word in words {
        assert!(done.said().contains(word), "{word:?} in {}", done.said());
    }
}

/// The faults are over: a pass ends with 0, everything is there once, and no error stays open.
fn assert_recovers(rig: &Rig) {
    rig.small.github.front.lock().faults.clear();
    rig.small.notion.shared.lock().faults.clear();
    rig.settle();
    rig.assert_agreement();
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    let status = rig.run(&["status", "--json"]).json();
    assert_eq!(status["errors"], json!([]), "no error stays open");
}

#[test]
fn a_listing_of_issues_that_fails_is_told_with_its_repository_and_never_0() {
    let rig = Rig::start(Some(world(6, 0, 3)));
    let unclear = [
        "GitHub's issues of ada/lantern",
        "asks again",
        "status page",
    ];
    let denied = ["GitHub's issues of ada/lantern", "Issues: read"];
    for (fault, code, words) in [
        (HubFault::Truncated, 5, unclear.as_slice()),
        (HubFault::Html(502), 5, &unclear),
        (HubFault::Html(200), 5, &unclear),
        (HubFault::Status(500, None), 5, &unclear),
        (HubFault::Status(400, None), 5, &unclear),
        (HubFault::Status(409, None), 5, &unclear),
        (HubFault::Status(422, None), 5, &unclear),
        (HubFault::Status(403, None), 4, &denied),
        (HubFault::Status(404, None), 4, &denied),
        (HubFault::Status(401, None), 4, &["GitHub", "token"]),
        (HubFault::DropBefore, 5, &["GitHub"]),
    ] {
        hub_fault(&rig, "*/issues", fault.clone());
        let done = once(&rig);
        assert_says(&done, code, words);
        let report = done.json();
        assert_eq!(report["links"][0]["stopped"]["kind"], "side", "{fault:?}");
        let plain = rig.run(&["sync", "--once"]);
        assert_says(&plain, code, words);
        rig.small.github.front.lock().faults.clear();
    }
    assert_recovers(&rig);
}

#[test]
fn a_listing_of_pages_that_fails_doubles_nothing_even_without_a_store() {
    let rig = Rig::start(Some(world(6, 0, 0)));
    rig.settle();
    for (fault, code) in [
        (FaultKind::Truncated, 5),
        (FaultKind::Html(502), 5),
        (FaultKind::Html(200), 5),
        (FaultKind::Status(500, "internal_server_error"), 5),
        (FaultKind::Status(400, "validation_error"), 5),
        (FaultKind::Status(409, "conflict_error"), 5),
        (FaultKind::Status(403, "restricted_resource"), 4),
        (FaultKind::Status(404, "object_not_found"), 4),
        (FaultKind::Status(401, "unauthorized"), 4),
        (FaultKind::DropBefore, 5),
    ] {
        std::fs::remove_file(rig.store()).unwrap();
        notion_fault(&rig, fault.clone());
        assert_says(&once(&rig), code, &["Notion"]);
        assert_says(&once(&rig), code, &["Notion"]);
        assert_eq!(rig.pages().len(), 6, "{fault:?}");
        rig.small.notion.shared.lock().faults.clear();
    }
    assert_recovers(&rig);
}

#[test]
fn a_limit_that_lasts_too_long_is_no_success() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.advanced("wait_max", "\"1s\"");
    hub_fault(&rig, "*/issues", HubFault::Status(429, Some(600)));
    assert_says(&once(&rig), 5, &["GitHub", "until"]);
    // The limit is remembered, so the other side has its turn elsewhere.
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.advanced("wait_max", "\"1s\"");
    notion_fault(&rig, FaultKind::RateLimited(600, "workspace"));
    assert_says(&once(&rig), 5, &["Notion", "until"]);
}

#[test]
fn a_token_without_issues_read_is_told_what_to_allow_and_commits_go_on() {
    let rig = Rig::start(Some(world(4, 0, 3)));
    hub_fault(&rig, "*/issues", HubFault::Status(403, None));
    let done = rig.run(&["sync", "--once"]);
    assert_says(&done, 4, &["issues of ada/lantern", "Issues: read"]);
    assert_eq!(rig.pages().len(), 3, "the commits are there");
    let status = rig.run(&["status"]);
    assert!(status.out.contains("Issues: read"), "{}", status.out);
    assert_recovers(&rig);
}

#[test]
fn one_repository_that_cannot_be_listed_leaves_the_others_in_step() {
    let second = world(3, 0, 0).replace("lantern", "candle");
    let mut rig = Rig::start(Some(world(3, 0, 0) + &second));
    rig.link("repositories", "[\"ada/lantern\", \"ada/candle\"]");
    rig.settle();
    assert_eq!(rig.pages().len(), 6);
    rig.rename_issue(1, "Goes on");
    rig.rename_page(rig.page(2), "This too");
    let id = rig.hub(|hub| hub.repo("ada/candle").unwrap().id);
    hub_fault(&rig, &format!("*{id}/issues"), HubFault::Html(502));
    hub_fault(&rig, "*ada/candle/issues", HubFault::Html(502));
    assert_says(&once(&rig), 5, &["issues of ada/candle"]);
    assert_says(&once(&rig), 5, &["issues of ada/candle"]);
    assert_eq!(rig.cell(rig.page(1), "title"), "Goes on");
    assert_eq!(&*rig.issue(2).title, "This too");
    // A stream that is asked for no more keeps no error open.
    rig.link("repositories", "[\"ada/lantern\"]");
    assert_eq!(once(&rig).code, Some(0));
    let status = rig.run(&["status", "--json"]).json();
    assert_eq!(status["errors"], json!([]));
}
