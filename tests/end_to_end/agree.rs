//! An import, edits on both sides, and then silence.

use pulse_sync::sim::github::{IssueEdit, State, StateReason};
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::json;

use super::rig::{GRACE, Rig, world};

#[test]
fn an_import_and_edits_on_both_sides_end_in_agreement() {
    let mut rig = Rig::start(Some(world(80, 12, 28)));
    rig.link("create_labels", "true");
    rig.settle();
    rig.assert_agreement();
    rig.assert_quiet();

    edit_on_github(&rig);
    edit_in_notion(&rig);
    let made = new_page(&rig);
    let last = rig.settle();
    assert_ne!(
        rig.cell(made, "GitHub ID"),
        "",
        "{last} {}",
        rig.run(&["status"]).out
    );
    rig.assert_agreement();
    assert_edits_arrived(&rig);

    let node = rig.cell(made, "GitHub ID");
    let number = rig.hub(|hub| hub.by_node(&node).unwrap().1.number);
    let issue = rig.issue(number);
    assert_eq!(&*issue.title, "A lamp for the cellar");
    assert!(issue.body.unwrap().contains("Bright enough to read by."));
    rig.assert_quiet();
}

#[test]
fn a_quiet_pass_asks_once_a_stream() {
    let rig = Rig::start(Some(world(80, 12, 28)));
    rig.settle();
    rig.let_an_hour_pass();
    rig.settle();
    let github = rig.small.github.front.lock().counters;
    let notion = rig.small.notion.shared.lock().counters;
    let report = rig.assert_quiet();
    let github_now = rig.small.github.front.lock().counters;
    let notion_now = rig.small.notion.shared.lock().counters;
    let asked = github_now.requests - github.requests;
    assert!(asked <= 2, "{asked} GitHub requests for two streams");
    assert_eq!(
        github_now.not_modified - github.not_modified,
        asked,
        "all conditional"
    );
    assert_eq!(
        notion_now.requests - notion.requests,
        1,
        "one Notion request"
    );
    assert_eq!(
        notion_now.queries - notion.queries,
        1,
        "and that is a query"
    );
    assert_eq!(report["requests"], json!({"github": asked, "notion": 1}));
}

fn edit_on_github(rig: &Rig) {
    let edit = IssueEdit::default;
    rig.rename_issue(1, "Renamed on GitHub");
    rig.edit_issue(
        2,
        IssueEdit {
            body: Some(Some("A new text.\n\n- with a list".to_owned())),
            ..edit()
        },
    );
    rig.edit_issue(
        3,
        IssueEdit {
            labels: Some(vec!["bug".to_owned(), "night".to_owned()]),
            ..edit()
        },
    );
    rig.edit_issue(
        4,
        IssueEdit {
            assignees: Some(vec![GRACE.to_owned(), "ada".to_owned()]),
            ..edit()
        },
    );
    rig.edit_issue(
        6,
        IssueEdit {
            state: Some(State::Closed),
            state_reason: Some(StateReason::NotPlanned),
            ..edit()
        },
    );
    rig.edit_issue(
        5,
        IssueEdit {
            state: Some(State::Open),
            ..edit()
        },
    );
    rig.edit_issue(
        7,
        IssueEdit {
            milestone: Some(Some(1)),
            ..edit()
        },
    );
    rig.edit_issue(
        9,
        IssueEdit {
            milestone: Some(None),
            ..edit()
        },
    );
    rig.rename_issue(81, "A pull request renamed on GitHub");
}

fn edit_in_notion(rig: &Rig) {
    rig.rename_page(rig.page(11), "Renamed in Notion");
    rig.edit_body(rig.page(12), |text| format!("{text}\nOne more line.\n"));
    rig.edit_page(
        rig.page(13),
        vec![("Labels", Cell::choices(&["idea", "dusk"]))],
    );
    rig.edit_page(rig.page(14), vec![("Assignees", Cell::choices(&[GRACE]))]);
    rig.edit_page(
        rig.page(16),
        vec![
            ("Status", Cell::choice("Done")),
            ("Closed as", Cell::choice("not planned")),
        ],
    );
    rig.edit_page(rig.page(10), vec![("Status", Cell::choice("In progress"))]);
    rig.edit_page(rig.page(18), vec![("Milestone", Cell::choice("v1.0"))]);
    rig.rename_page(rig.page(82), "A pull request renamed in Notion");
}

fn new_page(rig: &Rig) -> pulse_sync::sim::notion::ids::Id {
    let cells = vec![
        ("title", Cell::text("A lamp for the cellar")),
        ("Publish", Cell::choice("Ready")),
        ("Labels", Cell::choices(&["idea"])),
    ];
    rig.new_page(cells, "Bright enough to read by.\n\n- and cheap\n")
}

fn assert_edits_arrived(rig: &Rig) {
    assert_eq!(rig.cell(rig.page(1), "title"), "Renamed on GitHub");
    assert!(rig.markdown(rig.page(2)).contains("A new text."));
    assert!(rig.cell(rig.page(3), "Labels").contains("night"));
    assert_eq!(rig.cell(rig.page(6), "Status"), "Done");
    assert_eq!(rig.cell(rig.page(6), "Closed as"), "not planned");
    assert_ne!(rig.cell(rig.page(5), "Status"), "Done");
    assert_eq!(rig.cell(rig.page(9), "Milestone"), "");
    assert_eq!(&*rig.issue(11).title, "Renamed in Notion");
    assert!(rig.issue(12).body.unwrap().contains("One more line."));
    assert_eq!(rig.issue(16).state, State::Closed);
    assert_eq!(rig.issue(16).state_reason, Some(StateReason::NotPlanned));
    assert_eq!(rig.issue(10).state, State::Open);
    assert_eq!(rig.issue(18).milestone, Some(1));
    assert_eq!(&*rig.issue(82).title, "A pull request renamed in Notion");
}
