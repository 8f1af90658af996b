//! Fields in other properties, of other types, and in one direction.

use pulse_sync::sim::github::{IssueEdit, State};
use pulse_sync::sim::notion::Kind as Column;
use pulse_sync::sim::notion::value::Value as Cell;

use super::fields::labels;
use super::rig::{Rig, world};

fn conflicts(rig: &Rig) -> usize {
    rig.run(&["conflicts", "list", "--json"])
        .json()
        .as_array()
        .map_or(0, Vec::len)
}

#[test]
fn fields_are_kept_where_the_configuration_says() {
    let mut rig = Rig::start(Some(world(4, 1, 1)));
    rig.link(
        "fields",
        r#"{ labels = { property = "Tags", type = "rich_text" }, milestone = "Sprint",
            state = { property = "Finished", type = "checkbox" },
            number = { property = "No", type = "rich_text" },
            comments = { direction = "off" }, commit = { sha = "Hash" } }"#
            .replace('\n', " ")
            .as_str(),
    );
    rig.settle();
    let page = rig.page(1);
    assert_eq!(rig.cell(page, "Tags"), "bug");
    assert_eq!(rig.cell(page, "No"), "1");
    assert!(!rig.has_column("Labels") && !rig.has_column("Comments"));
    assert!(rig.has_column("Sprint") && rig.has_column("Hash"));
    rig.edit_page(
        page,
        vec![
            ("Tags", Cell::text("idea, bug")),
            ("Finished", Cell::Checkbox(true)),
        ],
    );
    rig.settle();
    assert_eq!(labels(&rig, 1), ["bug", "idea"]);
    assert_eq!(rig.issue(1).state, State::Closed);
    rig.edit_issue(
        1,
        IssueEdit {
            state: Some(State::Open),
            ..IssueEdit::default()
        },
    );
    rig.settle();
    assert_eq!(rig.cell(page, "Finished"), "false");
    rig.assert_quiet();
    let verified = rig.run(&["verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.said());
}

/// The column that a field moves to is empty; that is not an edit that empties GitHub.
#[test]
fn a_field_that_moves_to_another_property_clears_nothing() {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    assert_eq!(labels(&rig, 1), ["bug"]);
    rig.link("fields", r#"{ labels = "Tags" }"#);
    rig.settle();
    assert_eq!(labels(&rig, 1), ["bug"]);
    assert_eq!(rig.cell(rig.page(1), "Tags"), "bug");
    rig.edit_page(rig.page(1), vec![("Tags", Cell::choices(&["idea"]))]);
    rig.settle();
    assert_eq!(labels(&rig, 1), ["idea"]);
    // The old column is nobody's now.
    rig.edit_page(rig.page(1), vec![("Labels", Cell::choices(&[]))]);
    rig.settle();
    assert_eq!(labels(&rig, 1), ["idea"]);
    rig.assert_quiet();
}

/// What the other column holds already is compared as at a first meeting: neither side silently wins.
#[test]
fn a_field_that_moves_to_a_filled_property_asks_where_the_sides_differ() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.link(
        "fields",
        r#"{ title = { direction = "both" }, assignees = "Owners" }"#,
    );
    rig.settle();
    assert_eq!(rig.cell(rig.page(1), "Milestone"), "v1.0");
    rig.add_column("Sprint", Column::RichText);
    rig.edit_page(rig.page(1), vec![("Sprint", Cell::text("v9"))]);
    rig.link("fields", r#"{ milestone = "Sprint" }"#);
    let report = rig.run(&["sync", "--once", "--json"]).json();
    assert_eq!(report["conflicts"], 1, "{report}");
    assert_eq!(rig.cell(rig.page(1), "Sprint"), "v9");
    assert_eq!(conflicts(&rig), 1);
}

#[test]
fn a_field_that_goes_to_notion_only_is_put_back_there() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.link("fields", r#"{ labels = { direction = "to_notion" } }"#);
    rig.settle();
    rig.edit_page(rig.page(1), vec![("Labels", Cell::choices(&["idea"]))]);
    rig.settle();
    assert_eq!(labels(&rig, 1), ["bug"]);
    assert_eq!(rig.cell(rig.page(1), "Labels"), "bug");
    rig.assert_quiet();
}

#[test]
fn a_field_that_goes_to_github_only_is_notions_word() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.link("fields", r#"{ labels = { direction = "to_github" } }"#);
    rig.settle();
    let page = rig.page(1);
    assert_eq!(rig.cell(page, "Labels"), "", "nothing goes there");
    assert_eq!(labels(&rig, 1), ["bug"], "and nothing is taken away");
    rig.edit_page(page, vec![("Labels", Cell::choices(&["idea"]))]);
    rig.settle();
    assert!(labels(&rig, 1).contains(&"idea".to_owned()));
    assert_eq!(rig.cell(page, "Labels"), "idea");
    rig.assert_quiet();
}

/// A field that moves, and moves back, is nobody's edit, however many items there are; what differs is not written over.
#[test]
fn a_field_that_moves_and_comes_back_is_no_mass_edit() {
    let mut rig = Rig::start(Some(world(20, 0, 0)));
    rig.settle();
    let before: Vec<_> = (1..=20).map(|number| labels(&rig, number)).collect();
    rig.link(
        "fields",
        r#"{ labels = { property = "Tags", type = "rich_text" }, milestone = "Sprint" }"#,
    );
    rig.settle();
    assert_eq!(rig.cell(rig.page(5), "Sprint"), "v1.0");
    // Only here the two columns say different things when the fields go back.
    rig.edit_page(rig.page(5), vec![("Sprint", Cell::Choice(None))]);
    rig.edit_page(rig.page(6), vec![("Tags", Cell::text("idea"))]);
    rig.settle();
    assert_eq!(labels(&rig, 6), ["idea"]);
    assert_eq!(rig.issue(5).milestone, None);
    rig.link("fields", "{ }");
    for args in [["plan", "--json"].as_slice(), &["sync", "--once", "--json"]] {
        let report = rig.run(args).json();
        assert_eq!(report["held"], 0, "{args:?}: {report}");
    }
    let report = rig.settle();
    assert_eq!(report["held"], 0, "{report}");
    for (number, before) in (1..=20).zip(&before).filter(|(number, _)| *number != 6) {
        assert_eq!(labels(&rig, number), *before);
    }
    // What is there on either side stays there.
    assert_eq!(labels(&rig, 6), ["docs", "idea"]);
    rig.assert_quiet();
}
