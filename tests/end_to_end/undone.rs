//! Undo, in full: the page's very option comes back, a held item says so, a put-back is tried again when asked.

use pulse_sync::sim::github::{IssueEdit, State};
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::Value as Json;

use super::rig::{Rig, world};

fn close(rig: &Rig, number: u64) {
    let edit = IssueEdit {
        state: Some(State::Closed),
        ..IssueEdit::default()
    };
    rig.edit_issue(number, edit);
}

/// The id of the newest write of this field.
fn write_of(rig: &Rig, field: &str) -> String {
    let history = rig.run(&["history", "--json"]).json();
    let is_it = |record: &&Json| {
        let changes = record["changes"].as_array().unwrap();
        record["verb"] == "change"
            && record["outcome"] == "done"
            && changes.iter().any(|change| change["field"] == field)
    };
    let record = history.as_array().unwrap().iter().find(is_it);
    let record = record.unwrap_or_else(|| panic!("{history}"));
    record["id"].as_str().unwrap().to_owned()
}

/// An item in progress.
fn in_progress() -> Rig {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.edit_page(rig.page(2), vec![("Status", Cell::choice("In progress"))]);
    rig.settle();
    rig
}

fn assert_in_progress_again(rig: &Rig) {
    rig.settle();
    assert_eq!(rig.cell(rig.page(2), "Status"), "In progress");
    assert_eq!(rig.issue(2).state, State::Open);
    rig.assert_quiet();
}

#[test]
fn an_undone_state_is_the_very_option_it_was_whoever_changed_it() {
    let rig = in_progress();
    close(&rig, 2);
    rig.settle();
    assert_eq!(rig.cell(rig.page(2), "Status"), "Done");
    let record = write_of(&rig, "state");
    let shown = rig.run(&["undo", &record]);
    assert!(
        shown.out.contains("the page: Done -> In progress"),
        "{}",
        shown.said()
    );
    let done = rig.run(&["undo", &record, "--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert_in_progress_again(&rig);

    // The same where it was changed on the page, so that the write was GitHub's.
    rig.edit_page(rig.page(2), vec![("Status", Cell::choice("Done"))]);
    rig.settle();
    assert_eq!(rig.issue(2).state, State::Closed);
    let record = write_of(&rig, "state");
    let done = rig.run(&["undo", &record, "--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert_in_progress_again(&rig);
}

#[test]
fn an_undo_of_a_held_item_says_that_it_waits_and_for_what() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.rename_page(rig.page(2), "A hasty title");
    rig.settle();
    let record = write_of(&rig, "title");
    rig.run(&["hold", "ada/lantern#2"]);
    let done = rig.run(&["undo", &record, "--yes"]);
    assert_eq!(done.code, Some(3), "{}", done.said());
    assert!(
        done.out.contains("`pulse-sync release ada/lantern#2`"),
        "{}",
        done.out
    );
    assert!(!done.out.contains("0 written"), "{}", done.out);
    assert_eq!(&*rig.issue(2).title, "A hasty title");
    rig.run(&["release", "ada/lantern#2"]);
    rig.settle();
    assert_eq!(&*rig.issue(2).title, "Item 2 of the lamp", "it was kept");
    rig.assert_agreement();
}

#[test]
fn a_put_back_that_was_given_up_is_tried_again_when_asked() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let page = rig.page(1);
    let fight = || rig.edit_page(page, vec![("Author", Cell::text("an automation"))]);
    for _ in 0..2 {
        fight();
        rig.settle();
    }
    assert_eq!(rig.cell(page, "Author"), "an automation", "given up");
    let author = rig.cell(rig.page(2), "Author");
    let done = rig.run(&["retry", "ada/lantern#1"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    rig.settle();
    assert_eq!(rig.cell(page, "Author"), author);
    let status = rig.run(&["status"]);
    assert!(!status.out.contains("automation"), "{}", status.out);
    rig.assert_quiet();
}

#[test]
fn a_pass_over_one_item_goes_by_that_item_alone() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.rename_issue(1, "Here");
    rig.rename_page(rig.page(1), "There");
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(2), "a conflict waits: {}", done.said());
    rig.rename_issue(2, "Anew");
    let done = rig.run(&["sync", "--once", "--item", "ada/lantern#2", "--json"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    let report = done.json();
    assert_eq!(report["writes"]["notion"], 1, "{report}");
    for key in ["conflicts", "backlog", "held", "in_doubt", "deferred"] {
        assert_eq!(report[key], 0, "{key}: {report}");
    }
    assert_eq!(rig.cell(rig.page(2), "title"), "Anew");
    let done = rig.run(&["sync", "--once", "--item", "ada/lantern#1"]);
    assert_eq!(done.code, Some(2), "its own counts: {}", done.said());
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(2), "{}", done.said());
}

/// A refusal is told and kept, not sent again by each pass; a new word, or `retry`, tries it anew.
#[test]
fn an_undo_that_github_refuses_ends_and_says_why() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let page = rig.page(2);
    let labels = rig.cell(page, "Labels");
    let own = labels.split(", ").next().unwrap().to_owned();
    assert!(!own.is_empty(), "{labels}");
    rig.edit_page(page, vec![("Labels", Cell::choices(&[]))]);
    rig.settle();
    let record = write_of(&rig, "labels");
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        hub.delete_label(now, "ada", &rig.small.repository, &own)
            .unwrap();
    });
    let done = rig.run(&["undo", &record, "--yes"]);
    assert_eq!(done.code, Some(2), "{}", done.said());
    assert!(done.said().contains("has no label"), "{}", done.said());
    assert!(!done.said().contains("run it again"), "{}", done.said());
    let list = rig.run(&["conflicts", "list"]).said();
    assert!(
        list.contains("chosen, and refused") && list.contains(&own),
        "{list}"
    );
    assert!(!list.contains("next pass"), "{list}");
    rig.run(&["sync", "--once"]);
    let later = rig.run(&["sync", "--once", "--json"]).json();
    assert_eq!(later["errors"], serde_json::json!([]), "{later}");
    assert_eq!(later["backlog"], serde_json::json!(0), "{later}");
    let note = rig.cell(page, "Sync note");
    assert!(note.contains("has no label"), "{note}");
    // Another choice ends it.
    let id = rig.run(&["conflicts", "list", "--json"]).json()[0]["id"].clone();
    let take = rig.run(&["conflicts", "take", id.as_str().unwrap(), "github"]);
    assert_eq!(take.code, Some(0), "{}", take.said());
    rig.settle();
    assert_eq!(rig.cell(page, "Sync"), "OK");
    assert_eq!(rig.run(&["conflicts", "list"]).code, Some(0));
}

#[test]
fn an_undo_for_scripts_is_one_object() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let before = rig.issue(2).title;
    rig.rename_page(rig.page(2), "A hasty title");
    rig.settle();
    let record = write_of(&rig, "title");
    let undo = |args: &[&str]| {
        let mut all = vec!["undo", &record, "--json"];
        all.extend(args);
        rig.run(&all)
    };

    let shown = undo(&[]);
    assert_eq!(shown.code, Some(2), "{}", shown.said());
    let plan = shown.json();
    assert_eq!(plan["outcome"], "planned", "{plan}");
    assert_eq!(plan["fields"][0]["field"], "title");
    assert_eq!(plan["fields"][0]["now"], "A hasty title");
    assert_eq!(plan["fields"][0]["then"], Json::from(before.as_str()));
    assert_eq!(rig.issue(2).title, "A hasty title", "only shown");

    let done = undo(&["--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    let object = done.json();
    assert_eq!(object["outcome"], "ran", "{object}");
    assert_eq!(object["run"]["writes"]["github"], 1, "{object}");
    assert_eq!(rig.issue(2).title, before);
    let again = undo(&["--yes"]);
    assert_eq!(again.code, Some(0), "{}", again.said());
    assert_eq!(again.json()["outcome"], "nothing");

    // What is wrong is an object with the same keys.
    for args in [&["undo", "nothing", "--json"][..], &["undo", "--json"]] {
        let wrong = rig.run(args);
        assert_eq!(wrong.code, Some(1), "{}", wrong.said());
        let wrong = wrong.json();
        assert!(wrong["error"].is_string(), "{wrong}");
        for key in object.as_object().unwrap().keys() {
            assert!(wrong.get(key).is_some(), "{key} is missing in {wrong}");
        }
    }
}
