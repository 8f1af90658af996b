//! `retry`: what was refused or set aside is tried again when a person says so; until then `plan` shows it.

use axum::http::Method;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use serde_json::json;

use super::rig::{Rig, world};

/// Three issues of which Notion refused the pages.
fn set_aside() -> Rig {
    let rig = Rig::start(Some(world(3, 0, 0)));
    let mut rule = Rule::always("/v1/pages", FaultKind::Status(400, "validation_error"));
    rule.method = Some(Method::POST);
    rig.small.notion.shared.lock().faults.add(rule);
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(2), "{}", done.said());
    rig.small.notion.shared.lock().faults.clear();
    rig
}

#[test]
fn what_is_set_aside_is_in_the_plan_until_a_person_says_retry() {
    let rig = set_aside();
    rig.sync();
    assert!(rig.pages().is_empty(), "nobody said so");
    let plan = rig.run(&["plan"]);
    assert_eq!(plan.code, Some(2), "{}", plan.said());
    assert!(
        plan.out.contains("set aside: ada/lantern#1"),
        "{}",
        plan.out
    );
    let plan = rig.run(&["plan", "--json"]).json();
    assert_eq!(plan["set_aside"].as_array().unwrap().len(), 3, "{plan}");

    let one = rig.run(&["retry", "ADA/lantern#2", "--json"]);
    assert_eq!(one.code, Some(0), "{}", one.said());
    assert_eq!(
        one.json(),
        json!({"retried": 1, "items": ["ada/lantern#2"]})
    );
    rig.sync();
    assert_eq!(rig.pages().len(), 1);
    let all = rig.run(&["retry"]);
    assert!(all.out.contains("2 items"), "{}", all.said());
    rig.settle();
    rig.assert_agreement();
    let plan = rig.run(&["plan"]);
    assert_eq!(plan.code, Some(0), "{}", plan.said());
}

#[test]
fn a_refused_field_is_tried_again_and_an_unknown_item_is_named() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let archive = |on: bool| {
        let name = rig.small.repository.clone();
        let now = rig.small.notion.shared.now();
        rig.hub(|hub| hub.set_archived(now, &name, on).unwrap());
    };
    archive(true);
    rig.rename_page(rig.page(2), "For later");
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(2), "{}", done.said());
    archive(false);
    rig.sync();
    assert_ne!(rig.issue(2).title, "For later", "nobody said so");
    let plan = rig.run(&["plan"]);
    assert_eq!(plan.code, Some(2), "{}", plan.said());
    assert!(
        plan.out.contains("refused: title of ada/lantern#2"),
        "{}",
        plan.out
    );

    let done = rig.run(&["retry", "ada/lantern#2"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    rig.settle();
    assert_eq!(rig.issue(2).title, "For later");

    for args in [
        &["retry", "ada/lantern#99"][..],
        &["retry", "nonsense", "--json"],
    ] {
        let done = rig.run(args);
        assert_eq!(done.code, Some(1), "{}", done.said());
        assert!(done.said().contains("is not known"), "{}", done.said());
    }
}
