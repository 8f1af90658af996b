//! What a hostile reviewer found, so that it stays mended.

use pulse_sync::sim::github::{IssueEdit, State};
use pulse_sync::sim::notion::value::Value as Cell;

use super::rig::{Rig, world};

fn close(rig: &Rig, number: u64) {
    let edit = IssueEdit {
        state: Some(State::Closed),
        ..IssueEdit::default()
    };
    rig.edit_issue(number, edit);
}

/// A status of the user's own that is mapped to nothing is no agreement: GitHub's change waits and is shown.
#[test]
fn an_option_without_a_meaning_keeps_a_change_of_github_waiting() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let page = rig.page(1);
    rig.rename_option("Status", ("In progress", "Review"));
    rig.edit_page(page, vec![("Status", Cell::choice("Review"))]);
    rig.settle();
    assert_eq!(rig.issue(1).state, State::Open);
    close(&rig, 1);
    for _ in 0..4 {
        rig.run(&["sync", "--once", "--json"]);
    }
    assert_eq!(
        rig.cell(page, "Status"),
        "Review",
        "nobody's word is overwritten"
    );
    assert_eq!(rig.cell(page, "Sync"), "Blocked");
    assert!(rig.cell(page, "Sync note").contains("[link.status]"));
    assert!(rig.run(&["status"]).said().contains("[link.status]"));
    // The old status again: what GitHub said meanwhile counts.
    rig.edit_page(page, vec![("Status", Cell::choice("Not started"))]);
    rig.settle();
    assert_eq!(rig.issue(1).state, State::Closed);
    assert_eq!(rig.cell(page, "Status"), "Done");
    assert_eq!(rig.cell(page, "Sync"), "OK");
    rig.assert_quiet();
}

/// A turn that only wrote to GitHub has put nothing back in Notion.
#[test]
fn a_foreign_edit_beside_a_good_one_is_put_back() {
    let rig = Rig::start(Some(world(3, 1, 0)));
    rig.settle();
    let page = rig.page(2);
    rig.edit_page(
        page,
        vec![
            ("title", Cell::text("A better title")),
            ("Comments", Cell::number(55.0)),
        ],
    );
    rig.settle();
    assert_eq!(rig.issue(2).title, "A better title");
    assert_eq!(rig.cell(page, "Comments"), "0");
    assert_eq!(rig.cell(page, "Sync"), "OK");
    let pull = rig.page(4);
    rig.edit_page(
        pull,
        vec![
            ("title", Cell::text("A better pull")),
            ("State", Cell::choice("merged")),
            ("Additions", Cell::number(777.0)),
        ],
    );
    rig.settle();
    assert_eq!(rig.cell(pull, "State"), "open");
    assert_ne!(rig.cell(pull, "Additions"), "777");
    // A second time it is an automation's, and left alone.
    rig.edit_page(page, vec![("Comments", Cell::number(55.0))]);
    rig.settle();
    assert_eq!(rig.cell(page, "Comments"), "55");
    assert!(rig.cell(page, "Sync note").contains("automation"));
    rig.assert_quiet();
}

/// While a page rests after an edit nothing was put back yet, either.
#[test]
fn a_foreign_edit_of_a_page_that_still_rests_is_put_back_later() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    let page = rig.page(1);
    rig.advanced("rest", "\"2s\"");
    rig.edit_page(page, vec![("Comments", Cell::number(55.0))]);
    rig.run(&["sync", "--once", "--json"]);
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    rig.settle();
    assert_eq!(rig.cell(page, "Comments"), "0");
}

#[test]
fn an_undo_does_not_overwrite_an_edit_that_nobody_was_shown() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.rename_issue(1, "Second title");
    rig.settle();
    let history = rig.run(&["history", "--json"]).json();
    let record = history
        .as_array()
        .unwrap()
        .iter()
        .find(|record| {
            record["verb"] == "change" && record["item"].as_str().unwrap().ends_with("#1")
        })
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    rig.rename_page(rig.page(1), "An hour of typing");
    let done = rig.run(&["undo", &record, "--yes"]);
    assert!(done.said().contains("sync first"), "{}", done.said());
    assert_eq!(rig.cell(rig.page(1), "title"), "An hour of typing");
    rig.settle();
    assert_eq!(rig.issue(1).title, "An hour of typing");
}

/// The columns by which pages are known may be lost and come back; nothing is doubled, with the store or without.
#[test]
fn a_lost_id_column_is_made_anew_and_doubles_nothing() {
    let rig = Rig::start(Some(world(4, 1, 2)));
    rig.settle();
    let pages = rig.pages().len();
    rig.delete_column("GitHub ID");
    rig.settle();
    assert_eq!(rig.pages().len(), pages);
    rig.assert_agreement();
    rig.assert_quiet();
    // By hand, under the same name.
    rig.delete_column("GitHub ID");
    rig.add_column("GitHub ID", pulse_sync::sim::notion::Kind::RichText);
    rig.settle();
    rig.assert_agreement();
    std::fs::remove_dir_all(rig.state()).unwrap();
    rig.settle();
    assert_eq!(rig.pages().len(), pages);
    rig.assert_agreement();
}

#[test]
fn a_property_that_is_deleted_and_made_anew_goes_on() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.delete_column("Comments");
    rig.delete_column("Milestone");
    rig.settle();
    assert!(rig.run(&["status"]).said().contains("Milestone"));
    rig.add_column(
        "Milestone",
        pulse_sync::sim::notion::Kind::Select(Vec::new()),
    );
    rig.settle();
    assert_eq!(rig.cell(rig.page(1), "Milestone"), "v1.0");
    let kept = rig.issue(1).milestone;
    assert!(kept.is_some(), "and GitHub keeps its own");
    rig.assert_quiet();
}

/// What a page is its pair knows; the property follows.
#[test]
fn a_kind_that_was_changed_by_hand_is_put_back() {
    let rig = Rig::start(Some(world(2, 1, 1)));
    rig.settle();
    for (page, was, kind) in [
        (rig.page(1), "Issue", "Commit"),
        (rig.page(3), "Pull request", "Issue"),
    ] {
        rig.edit_page(page, vec![("Kind", Cell::choice(kind))]);
        rig.settle();
        assert_eq!(rig.cell(page, "Kind"), was);
    }
    rig.rename_page(rig.page(1), "Still an issue");
    rig.settle();
    assert_eq!(rig.issue(1).title, "Still an issue");
    rig.assert_agreement();
    rig.assert_quiet();
}

#[test]
fn a_new_page_that_cannot_become_an_issue_says_so() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    rig.settle();
    rig.new_page(
        vec![
            ("title", Cell::text("A pull of my own")),
            ("Kind", Cell::choice("Pull request")),
            ("Publish", Cell::choice("Ready")),
        ],
        "",
    );
    rig.run(&["sync", "--once", "--json"]);
    assert!(
        rig.run(&["status"])
            .said()
            .contains("only issues can be made of pages")
    );
}
