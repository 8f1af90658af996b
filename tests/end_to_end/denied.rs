//! A right is missing for writes: nothing is set aside, little is asked, and it goes on once the right is there.

use axum::http::Method;
use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use serde_json::{Value as Json, json};

use super::rig::{Done, Rig, world};

fn once(rig: &Rig) -> Done {
    rig.run(&["sync", "--once", "--json"])
}

fn deny_new_pages(rig: &Rig) {
    let mut rule = Rule::always("/v1/pages", FaultKind::Status(403, "restricted_resource"));
    rule.method = Some(Method::POST);
    rig.small.notion.shared.lock().faults.add(rule);
}

fn deny_on_github(rig: &Rig, path: &str) {
    let kind = HubFault::Status(403, None);
    let mut front = rig.small.github.front.lock();
    front.faults.add("PATCH", path, 1_000, kind);
}

fn allow_all(rig: &Rig) {
    rig.small.github.front.lock().faults.clear();
    rig.small.notion.shared.lock().faults.clear();
}

/// A pass that a missing right hindered: login trouble, said once, and nothing is set aside.
fn assert_denied(done: &Done, service: &str) -> Json {
    assert_eq!(done.code, Some(4), "{}", done.said());
    let report = done.json();
    let errors = report["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "one message: {report}");
    let said = errors[0].as_str().unwrap();
    assert!(
        said.starts_with(&format!("{service} denied access")),
        "{said}"
    );
    assert!(said.contains("stays queued"), "{said}");
    assert_eq!(report["set_aside"], json!([]));
    assert_eq!(report["refused"], json!([]));
    report
}

#[test]
fn without_the_right_to_make_pages_everything_stays_queued_and_is_made_later() {
    let rig = Rig::start(Some(world(28, 0, 0)));
    deny_new_pages(&rig);
    let requests = rig.requests();
    let report = assert_denied(&once(&rig), "Notion");
    assert_eq!(report["backlog"], json!(28));
    assert!(
        report["errors"][0]
            .as_str()
            .unwrap()
            .contains("insert content")
    );
    assert!(
        rig.requests() - requests < 20,
        "28 items were not asked for one by one"
    );
    let before = rig.requests();
    assert_denied(&once(&rig), "Notion");
    assert!(rig.requests() - before < 10, "nor again");
    let status = rig.run(&["status"]).out;
    assert!(status.contains("28 queued"), "{status}");
    assert!(status.contains("insert content"), "{status}");

    allow_all(&rig);
    rig.settle();
    rig.assert_agreement();
    rig.assert_quiet();
    let open = rig.run(&["status", "--json"]).json();
    assert_eq!(open["errors"], json!([]));
}

#[test]
fn without_the_right_to_write_issues_the_other_side_goes_on() {
    let rig = Rig::start(Some(world(6, 0, 0)));
    rig.settle();
    deny_on_github(&rig, "/repos/*/issues/*");
    for number in 1..=4 {
        rig.rename_page(rig.page(number), &format!("From Notion {number}"));
    }
    rig.rename_issue(6, "From GitHub");
    let report = assert_denied(&once(&rig), "GitHub");
    assert_eq!(report["writes"], json!({"github": 0, "notion": 1}));
    assert_eq!(rig.cell(rig.page(6), "title"), "From GitHub");
    assert_denied(&once(&rig), "GitHub");

    allow_all(&rig);
    rig.settle();
    for number in 1..=4 {
        assert_eq!(rig.issue(number).title, format!("From Notion {number}"));
    }
    rig.assert_quiet();
}

#[test]
fn one_item_that_is_denied_holds_nobody_up() {
    let rig = Rig::start(Some(world(6, 0, 0)));
    rig.settle();
    deny_on_github(&rig, "/repos/*/issues/1");
    for number in 1..=4 {
        rig.rename_page(rig.page(number), &format!("From Notion {number}"));
    }
    assert_denied(&once(&rig), "GitHub");
    for number in 2..=4 {
        assert_eq!(rig.issue(number).title, format!("From Notion {number}"));
    }
    allow_all(&rig);
    rig.settle();
    assert_eq!(rig.issue(1).title, "From Notion 1");
}
