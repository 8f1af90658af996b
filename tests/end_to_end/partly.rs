//! What lands beside what is refused, and what a page is told that GitHub cannot be given.

use pulse_sync::sim::github::{IssueEdit, LabelEdit, State};
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::{Value as Json, json};

use super::rig::{GRACE, Rig, world};

fn started() -> Rig {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig
}

fn pass(rig: &Rig) -> Json {
    rig.run(&["sync", "--once", "--json"]).json()
}

fn told(rig: &Rig, number: u64) -> (String, String) {
    let page = rig.page(number);
    (rig.cell(page, "Sync"), rig.cell(page, "Sync note"))
}

fn labels(rig: &Rig, number: u64) -> String {
    rig.cell(rig.page(number), "Labels")
}

#[test]
fn a_label_that_lands_beside_a_refused_one_is_counted_and_undoable() {
    let rig = started();
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        let new = LabelEdit {
            name: Some("docs2".to_owned()),
            ..LabelEdit::default()
        };
        hub.create_label(now, GRACE, "ada/lantern", new).unwrap();
    });
    let was = labels(&rig, 1);
    let page = rig.page(1);
    rig.edit_page(
        page,
        vec![("Labels", Cell::choices(&["bug", "docs2", "nolabel"]))],
    );
    let report = pass(&rig);
    assert_eq!(report["writes"]["github"], json!(1), "{report}");
    let list = rig.run(&["history", "--json"]);
    let list: Vec<Json> = list
        .out
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .flat_map(|one: Json| one.as_array().cloned().unwrap_or_else(|| vec![one]))
        .collect();
    let of = |outcome: &str| {
        let found = list.iter().find(|record| {
            record["side"] == "github"
                && record["outcome"] == outcome
                && record.to_string().contains("docs2")
        });
        found
            .unwrap_or_else(|| panic!("{outcome}: {list:?}"))
            .clone()
    };
    let (done, refused) = (of("done"), of("refused"));
    assert!(!done.to_string().contains("nolabel"), "{done}");
    assert!(refused.to_string().contains("nolabel"), "{refused}");
    // The name that waits has to go first.
    rig.edit_page(page, vec![("Labels", Cell::choices(&["bug", "docs2"]))]);
    pass(&rig);
    let undo = rig.run(&["undo", done["id"].as_str().unwrap(), "--yes"]);
    assert_eq!(undo.code, Some(0), "{}", undo.said());
    pass(&rig);
    pass(&rig);
    let left = rig.hub(|hub| {
        let issue = hub.issue("ada/lantern", 1).unwrap();
        issue.labels.len()
    });
    assert_eq!(left, 1, "{was}");
}

#[test]
fn a_page_whose_state_says_nothing_says_so() {
    let rig = started();
    rig.rename_option("Status", ("In progress", "Someday"));
    rig.edit_page(rig.page(1), vec![("Status", Cell::choice("Someday"))]);
    pass(&rig);
    pass(&rig);
    let (sync, note) = told(&rig, 1);
    assert_eq!(sync, "Blocked", "{note}");
    assert!(
        note.contains("no option that means open or closed"),
        "{note}"
    );
    assert_eq!(rig.issue(1).state, State::Open);
    let status = rig.run(&["status"]);
    assert!(
        status.said().contains("open or closed") || status.code == Some(2),
        "{}",
        status.said()
    );
    rig.edit_page(rig.page(1), vec![("Status", Cell::choice("Done"))]);
    rig.settle();
    assert_eq!(told(&rig, 1), ("OK".to_owned(), String::new()));
    assert_eq!(rig.issue(1).state, State::Closed);
    rig.assert_agreement();
}

#[test]
fn a_reason_of_a_closed_issue_says_when_github_takes_one() {
    let rig = started();
    let close = IssueEdit {
        state: Some(State::Closed),
        ..IssueEdit::default()
    };
    rig.edit_issue(2, close);
    rig.settle();
    for reason in [Cell::choice("not planned"), Cell::Choice(None)] {
        rig.edit_page(rig.page(2), vec![("Closed as", reason)]);
        pass(&rig);
        pass(&rig);
        let (sync, note) = told(&rig, 2);
        assert_eq!(sync, "Blocked", "{note}");
        assert!(
            note.contains("only at the moment an issue closes"),
            "{note}"
        );
        assert!(note.ends_with("set it on GitHub"), "{note}");
    }
}
