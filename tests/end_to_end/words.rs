//! Values that are called otherwise in Notion.

use pulse_sync::sim::github::{IssueEdit, State, StateReason};
use pulse_sync::sim::notion::value::Value as Cell;

use super::fields::labels;
use super::rig::{Rig, world};

#[test]
fn labels_have_their_own_words_in_notion() {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    rig.link(
        "fields",
        r#"{ labels = { values = { bug = "Defect", idea = "Wish" } } }"#,
    );
    rig.settle();
    let page = rig.page(1);
    assert_eq!(rig.cell(page, "Labels"), "Defect");
    rig.edit_page(page, vec![("Labels", Cell::choices(&["Wish", "Defect"]))]);
    rig.settle();
    assert_eq!(labels(&rig, 1), ["bug", "idea"]);
    assert_eq!(rig.cell(page, "Labels"), "Wish, Defect");
    rig.edit_page(page, vec![("Labels", Cell::choices(&["Wish"]))]);
    rig.settle();
    assert_eq!(labels(&rig, 1), ["idea"]);
    rig.edit_issue(
        1,
        IssueEdit {
            labels: Some(vec!["bug".to_owned(), "docs".to_owned()]),
            ..IssueEdit::default()
        },
    );
    rig.settle();
    assert_eq!(rig.cell(page, "Labels"), "Defect, docs");
    rig.assert_quiet();
    let verified = rig.run(&["verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.said());
}

/// Of several options that mean one value the one that a person chose stays.
#[test]
fn several_options_may_mean_one_value() {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    rig.link(
        "fields",
        r#"{ closed_as = { values = { completed = ["Shipped", "Answered"], "not planned" = "Won't do" } } }"#,
    );
    rig.settle();
    let page = rig.page(1);
    rig.edit_issue(
        1,
        IssueEdit {
            state: Some(State::Closed),
            ..IssueEdit::default()
        },
    );
    rig.settle();
    assert_eq!(rig.cell(page, "Closed as"), "Shipped");
    let before = rig.writes();
    rig.edit_page(page, vec![("Closed as", Cell::choice("Answered"))]);
    rig.settle();
    assert_eq!(rig.cell(page, "Closed as"), "Answered");
    assert_eq!(rig.writes(), before, "both mean the same");
    let other = rig.page(2);
    rig.edit_page(
        other,
        vec![
            ("Status", Cell::choice("Done")),
            ("Closed as", Cell::choice("Won't do")),
        ],
    );
    rig.settle();
    assert_eq!(rig.issue(2).state_reason, Some(StateReason::NotPlanned));
    assert_eq!(rig.cell(other, "Closed as"), "Won't do");
    rig.assert_quiet();
}

/// Pages that were written before a value got a word keep what they say, and still mean it.
#[test]
fn a_new_word_takes_nothing_away() {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let page = rig.page(1);
    assert_eq!(rig.cell(page, "Labels"), "bug");
    assert_eq!(rig.cell(page, "Milestone"), "v1.0");
    let before = rig.writes();
    rig.link(
        "fields",
        r#"{ labels = { values = { bug = "Defect" } }, milestone = { values = { "v1.0" = "First" } } }"#,
    );
    rig.settle();
    rig.run(&["sync", "--once", "--full"]);
    assert_eq!(rig.writes(), before);
    assert_eq!(labels(&rig, 1), ["bug"]);
    rig.edit_page(page, vec![("Labels", Cell::choices(&["Defect", "idea"]))]);
    rig.settle();
    assert_eq!(labels(&rig, 1), ["bug", "idea"]);
    let verified = rig.run(&["verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.said());
    rig.link("fields", "{ labels = { direction = \"both\" } }");
    rig.settle();
    assert_eq!(labels(&rig, 1), ["bug", "idea"], "nor does one less");
    rig.assert_quiet();
}
