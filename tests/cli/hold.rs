//! `hold` and `release`: nothing of an item is written while the user holds it, in whatever process.

use serde_json::json;

use super::rig::{Rig, world};

#[test]
fn a_held_item_is_not_written_until_it_is_released() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let held = rig.run(&["hold", "ada/lantern#2", "--json"]);
    assert_eq!(held.code, Some(0), "{}", held.said());
    let held = held.json();
    assert_eq!(held["item"], "ada/lantern#2");
    assert_eq!(held["changed"], true);
    let since = held["held_since"].as_str().unwrap().to_owned();
    rig.rename_issue(2, "Changed on GitHub");
    rig.rename_issue(3, "Changed as well");
    let report = rig.sync();
    assert_eq!(
        report["writes"],
        json!({"github": 0, "notion": 1}),
        "{report}"
    );
    assert_eq!(rig.cell(rig.page(3), "title"), "Changed as well");
    assert_eq!(rig.cell(rig.page(2), "title"), "Item 2 of the lamp");
    // Neither by force nor by name.
    let forced = rig.run(&["sync", "--once", "--item", "ada/lantern#2"]);
    let said = format!("held by you since {since}; `pulse-sync release ada/lantern#2`");
    assert!(forced.said().contains(&said), "{}", forced.said());
    assert_eq!(rig.cell(rig.page(2), "title"), "Item 2 of the lamp");
    let released = rig.run(&["release", "ada/lantern#2", "--json"]).json();
    assert_eq!(released["held_since"], json!(null));
    rig.settle();
    assert_eq!(rig.cell(rig.page(2), "title"), "Changed on GitHub");
    rig.assert_agreement();
    let history = rig.run(&["history", "--json"]).json();
    let verbs: Vec<&str> = history
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["verb"].as_str())
        .collect();
    assert_eq!(
        verbs.iter().filter(|verb| **verb == "hold").count(),
        1,
        "{verbs:?}"
    );
    assert_eq!(verbs.iter().filter(|verb| **verb == "release").count(), 1);
}

#[test]
fn what_is_held_is_said_by_status_and_plan() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let held = rig.run(&["hold", "ada/lantern#2", "--json"]).json();
    let since = held["held_since"].as_str().unwrap().to_owned();
    rig.rename_issue(2, "Changed on GitHub");
    rig.sync();
    let status = rig.run(&["status"]);
    let line = format!("held by you since {since}: ada/lantern#2");
    assert!(status.out.contains(&line), "{}", status.out);
    let status = rig.run(&["status", "--json"]).json();
    let standing = &status["links"][0];
    assert_eq!(standing["counts"]["held_by_user"], 1, "{status}");
    assert_eq!(standing["counts"]["held"], 0, "the guard holds nothing");
    assert_eq!(standing["held_by_you"][0]["since"], since.as_str());
    assert_eq!(standing["in_step"], 3, "{status}");
    let plan = rig.run(&["plan", "--json"]).json();
    assert_eq!(plan["items"], json!([]), "a pass would not write it");
    assert!(
        plan["waiting"][0]["why"]
            .as_str()
            .unwrap()
            .contains("held by you"),
        "{plan}"
    );
    let again = rig.run(&["hold", "ADA/lantern#2", "--json"]).json();
    assert_eq!(
        (&again["changed"], again["held_since"].as_str().unwrap()),
        (&json!(false), &*since)
    );
}

#[test]
fn a_conflict_of_a_held_item_is_found_and_its_choice_waits() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.run(&["hold", "ada/lantern#1"]);
    rig.rename_issue(1, "Here");
    rig.rename_page(rig.page(1), "There");
    let done = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(done.code, Some(2), "a conflict waits: {}", done.said());
    let open = rig.run(&["conflicts", "--json"]).json();
    let id = open[0]["id"].as_str().unwrap();
    assert!(open[0]["held_since"].is_string(), "{open}");
    let take = rig.run(&["conflicts", "take", id, "notion"]);
    assert!(
        take.out
            .contains("ada/lantern#1 is held by you: its choice waits"),
        "{}",
        take.out
    );
    let report = rig.sync();
    assert_eq!(
        report["writes"],
        json!({"github": 0, "notion": 0}),
        "{report}"
    );
    assert_eq!(&*rig.issue(1).title, "Here");
    assert_eq!(
        rig.cell(rig.page(1), "Sync"),
        "OK",
        "a held page is not written to"
    );
    let list = rig.run(&["conflicts"]);
    assert!(list.out.contains("chosen, held by you"), "{}", list.out);
    rig.run(&["release", "ada/lantern#1"]);
    rig.settle();
    assert_eq!(&*rig.issue(1).title, "There");
    assert_eq!(rig.run(&["conflicts"]).code, Some(0));
    rig.assert_agreement();
}

#[test]
fn an_unknown_item_is_named_and_read_only_refuses() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    let done = rig.run(&["hold", "ada/lantern#99"]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.err.contains("there is no item ada/lantern#99"),
        "{}",
        done.err
    );
    let done = rig.run(&["release", "ada/lantern#99", "--json"]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.json()["error"]
            .as_str()
            .unwrap()
            .contains("there is no item")
    );
    let done = rig.run(&["--read-only", "hold", "ada/lantern#1"]);
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("--read-only"), "{}", done.err);
    let done = rig.run(&["release", "ada/lantern#1"]);
    assert_eq!(done.code, Some(0));
    assert!(done.out.contains("was not held by you"), "{}", done.out);
}

/// A hold is the user's own wish: it fails nothing, and is named wherever it could be taken for done.
#[test]
fn what_the_user_holds_is_no_failure_and_is_said_by_all() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    rig.run(&["hold", "ada/lantern#2"]);
    rig.rename_issue(2, "Changed on GitHub");
    let done = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    let held = &done.json()["held_by_you"];
    assert_eq!(held[0]["item"], "ada/lantern#2", "{}", done.said());
    let done = rig.run(&["sync", "--once"]);
    assert!(done.out.contains("held by you"), "{}", done.said());
    let plan = rig.run(&["plan"]);
    assert_eq!(plan.code, Some(0), "{}", plan.said());
    assert!(plan.out.contains("held by you"), "{}", plan.said());
    let line = rig.run(&["status", "--line"]);
    assert_eq!(line.code, Some(0), "{}", line.said());
    assert!(line.out.contains("1 held by you"), "{}", line.said());
    // Who asks for just this item is told that nothing of it is done.
    let item = rig.run(&["sync", "--once", "--item", "ada/lantern#2"]);
    assert_eq!(item.code, Some(3), "{}", item.said());
    let other = rig.run(&["sync", "--once", "--item", "ada/lantern#3"]);
    assert_eq!(other.code, Some(0), "{}", other.said());
}
