//! `errors`: what went wrong, how often, what to do, and when it is tried again.

use pulse_sync::core::Time;
use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use pulse_sync::store::sqlite::{Access, SqliteStore};
use pulse_sync::store::{ErrorEntry, Store};
use serde_json::json;

use super::rig::{Rig, world};

#[test]
fn a_side_that_is_away_is_counted_and_is_over_once_it_is_back() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    assert_eq!(rig.run(&["errors"]).out, "no open errors\n");
    let away = "http://127.0.0.1:9".to_owned();
    let right = rig.env.insert("GITHUB_API_URL", away).unwrap();
    for _ in 0..3 {
        rig.run(&["sync", "--once"]);
    }
    let open = rig.run(&["errors", "--json"]).json();
    assert_eq!(open.as_array().unwrap().len(), 1, "{open}");
    let entry = &open[0];
    assert_eq!(entry["scope"], "GitHub");
    assert_eq!(entry["class"], "offline");
    assert_eq!(entry["count"], 3);
    assert_eq!(entry["item"], json!(null));
    assert_eq!(entry["resolved_at"], json!(null));
    for key in ["first_at", "last_at"] {
        let text = entry[key].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(text).is_ok(), "{text}");
    }
    let done = rig.run(&["errors"]);
    assert_eq!(done.code, Some(0));
    for part in [
        "GitHub  offline    3x  ",
        "cannot reach GitHub",
        "tried again by the next pass",
        "1 open",
    ] {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }

    rig.env.insert("GITHUB_API_URL", right);
    rig.sync();
    assert_eq!(rig.run(&["errors", "--json"]).json(), json!([]));
    let all = rig.run(&["errors", "--all"]).out;
    assert!(all.contains("over since 20"), "{all}");
}

#[test]
fn an_item_says_when_it_is_tried_again_or_that_it_waits_for_you() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.advanced("retry_base", "\"10m\"");
    rig.advanced("retry_max", "\"20m\"");
    let kind = HubFault::Status(500, None);
    rig.small
        .github
        .front
        .lock()
        .faults
        .add("GET", "/repos/*/issues/1", 1_000, kind);
    rig.rename_page(rig.page(1), "Elsewhere");
    rig.run(&["sync", "--once"]);
    let out = rig.run(&["errors"]).out;
    assert!(out.contains("ada/lantern#1"), "{out}");
    assert!(out.contains("tried again in "), "{out}");

    let mut rule = Rule::always("/v1/pages/*", FaultKind::Status(400, "validation_error"));
    rule.method = Some(axum::http::Method::PATCH);
    rig.small.notion.shared.lock().faults.add(rule);
    rig.rename_issue(2, "Refused");
    rig.run(&["sync", "--once"]);
    let out = rig.run(&["errors"]).out;
    assert!(
        out.contains("waits for you: pulse-sync retry ada/lantern#2"),
        "{out}"
    );
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let limited = rig.run(&["errors", "--limit", "1", "--json"]).json();
    assert_eq!(limited.as_array().unwrap().len(), 1);
}

#[test]
fn a_link_that_is_not_there_is_no_link_without_errors() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    rig.sync();
    let done = rig.run(&["errors", "--link", "default"]);
    assert_eq!(
        (done.code, done.out.as_str()),
        (Some(0), "no open errors\n")
    );
    let done = rig.run(&["errors", "--link", "nosuch"]);
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("no link `nosuch`"), "{}", done.err);
}

#[test]
fn words_from_outside_steer_no_terminal() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    rig.settle();
    let hostile = "a\u{1b}[2J\u{202e}b\nc\u{9b}31m";
    let entry = ErrorEntry {
        id: "default/x/refused".to_owned(),
        link: "default".to_owned(),
        scope: hostile.to_owned(),
        pair: None,
        class: "refused".to_owned(),
        message: hostile.repeat(20),
        first_at: Time(0),
        last_at: Time(0),
        count: 2,
        next_try: None,
        resolved_at: None,
    };
    let store = SqliteStore::open(&rig.store(), Access::Own).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(store.put_error(&entry)).unwrap();
    drop(store);
    for command in ["errors", "status"] {
        let out = rig.run(&[command]).out;
        assert!(out.contains("^[[2J<RLO>b c"), "{out:?}");
        let is_bad = |c: char| c == '\u{202e}' || (c.is_control() && c != '\n');
        assert!(!out.contains(is_bad), "{out:?}");
    }
    let line = rig.run(&["status", "--line"]).out;
    assert!(!line.contains("2J"), "{line:?}");
}
