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

/// What every page says is made with it, put back after an edit, and follows the configuration.
#[test]
fn a_constant_is_on_every_page_and_follows_the_configuration() {
    let mut rig = Rig::start(Some(world(3, 1, 1)));
    rig.link(
        "constants",
        r#"{ Team = "Platform", Floor = 3, Shared = true, Motto = { value = "x, y", type = "rich_text" } }"#,
    );
    rig.settle();
    for page in rig.pages() {
        assert_eq!(rig.cell(page, "Team"), "Platform");
        assert_eq!(rig.cell(page, "Floor"), "3");
        assert_eq!(rig.cell(page, "Motto"), "x, y");
    }
    let page = rig.page(1);
    rig.edit_page(page, vec![("Team", Cell::choice("Mobile"))]);
    rig.settle();
    assert_eq!(rig.cell(page, "Team"), "Platform", "put back");
    rig.link(
        "constants",
        r#"{ Team = "Core", Floor = 3, Site = "here" }"#,
    );
    rig.settle();
    for page in rig.pages() {
        assert_eq!(rig.cell(page, "Team"), "Core");
        assert_eq!(rig.cell(page, "Site"), "here", "a new one too");
        assert_eq!(rig.cell(page, "Motto"), "x, y", "is nobody's now");
    }
    rig.assert_quiet();
    let verified = rig.run(&["verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.said());
}
