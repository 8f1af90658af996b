//! The JSON that scripts read: keys may be added, never lost.

use serde_json::Value as Json;

use super::rig::{Rig, world};

fn assert_keys(object: &Json, keys: &[&str]) {
    for key in keys {
        let pointer = format!("/{}", key.replace('.', "/"));
        assert!(
            object.pointer(&pointer).is_some(),
            "{key} is missing in {object}"
        );
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "one list of keys after the other")]
fn the_shapes_have_their_keys() {
    let rig = Rig::start(Some(world(4, 1, 1)));
    let report = rig.sync();
    assert_keys(
        &report,
        &[
            "run",
            "writes.github",
            "writes.notion",
            "requests.github",
            "requests.notion",
            "conflicts",
            "deferred",
            "held",
            "backlog",
            "in_doubt",
            "errors",
            "notes",
            "links.0.link",
            "links.0.stopped",
        ],
    );
    assert_eq!(report["writes"]["notion"], 6);
    rig.settle();
    rig.rename_issue(1, "Here");
    rig.rename_page(rig.page(1), "There");
    rig.rename_issue(2, "Planned");

    let plan = rig.run(&["plan", "--json"]).json();
    assert_keys(&plan, &["items", "reports"]);
    let items = plan["items"].as_array().unwrap();
    let planned = items
        .iter()
        .find(|item| item["item"] == "ada/lantern#2")
        .unwrap();
    assert_keys(
        planned,
        &[
            "item",
            "title",
            "conflicts",
            "steps.0.side",
            "steps.0.verb",
            "steps.0.row",
        ],
    );
    assert_keys(
        &planned["steps"][0]["changes"][0],
        &["field", "before", "after", "row"],
    );

    rig.sync();
    let status = rig.run(&["status", "--json"]).json();
    assert_keys(
        &status,
        &[
            "links.0.link",
            "links.0.paused",
            "links.0.counts.active",
            "links.0.counts.queued",
            "links.0.counts.conflicted",
            "links.0.counts.held",
            "links.0.counts.in_doubt",
            "links.0.counts.parked",
            "links.0.last_run.at",
            "links.0.last_run.age_seconds",
            "paused_since",
            "errors",
        ],
    );
    let history = rig.run(&["history", "--json", "--limit", "3"]).json();
    assert_eq!(history.as_array().unwrap().len(), 3);
    assert_keys(
        &history[0],
        &[
            "id", "at", "kind", "outcome", "link", "run", "item", "side", "verb", "row", "changes",
            "note", "request",
        ],
    );
    let conflicts = rig.run(&["conflicts", "list", "--json"]).json();
    assert_keys(
        &conflicts[0],
        &[
            "id",
            "item",
            "title",
            "field",
            "base",
            "github",
            "notion",
            "github_at",
            "notion_at",
            "github_by",
            "notion_by",
            "held_since",
            "found_at",
            "note",
            "choice",
        ],
    );
    let id = conflicts[0]["id"].as_str().unwrap();
    assert_eq!(
        rig.run(&["conflicts", "show", id, "--json"]).json(),
        conflicts[0]
    );
}

#[test]
fn a_stopped_pass_still_is_one_object() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    rig.env
        .insert("NOTION_API_URL", "http://127.0.0.1:9".to_owned());
    let report = rig.run(&["sync", "--once", "--json"]).json();
    assert_keys(
        &report,
        &[
            "run",
            "links.0.stopped.kind",
            "links.0.stopped.side",
            "links.0.stopped.message",
            "errors.0",
        ],
    );
    rig.run(&["pause"]);
    let report = rig.run(&["sync", "--once", "--json"]).json();
    assert_eq!(report["links"][0]["stopped"]["kind"], "paused");
}

#[test]
fn history_can_be_narrowed() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    assert!(
        !rig.run(&["history", "--json", "--since", "1h"])
            .json()
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        rig.run(&["history", "--json", "--failed"]).json(),
        serde_json::json!([])
    );
    let done = rig.run(&["history", "--since", "yesterday"]);
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("1d"), "{}", done.err);
}

/// Arguments that are not understood are told in the shape that was asked for, too.
#[test]
fn wrong_arguments_keep_the_promised_object() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    for (command, keys) in [
        ("sync", &["writes.notion", "links"][..]),
        ("plan", &["items", "waiting", "writes.notion", "links"]),
        ("status", &["links"]),
        ("doctor", &["links"]),
        ("retry", &["links"]),
        // A list that cannot be had is no empty list.
        ("history", &[]),
    ] {
        let done = rig.run(&[command, "--json", "--nonsense"]);
        assert_eq!(done.code, Some(1), "{command}: {}", done.said());
        let object = done.json();
        assert_keys(&object, keys);
        assert_keys(&object, &["error", "errors.0"]);
    }
}
