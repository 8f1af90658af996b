//! Fields that GitHub takes only where it knows the word: labels and types.

use pulse_sync::sim::github::{LabelEdit, NewCommit, NewPull, Size};
use pulse_sync::sim::notion::value::Value as Cell;

use super::rig::{GRACE, Rig, world};

pub fn labels(rig: &Rig, number: u64) -> Vec<String> {
    rig.hub(|hub| {
        let repo = hub.repo(&rig.small.repository).unwrap();
        let names = repo.label_names(&repo.issues[&number]);
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort_by_key(|name| name.to_lowercase());
        names
    })
}

fn knows_label(rig: &Rig, name: &str) -> bool {
    rig.hub(|hub| {
        hub.repo(&rig.small.repository)
            .unwrap()
            .label(name)
            .is_some()
    })
}

fn make_label(rig: &Rig, name: &str) {
    let now = rig.small.notion.shared.now();
    let label = LabelEdit {
        name: Some(name.to_owned()),
        ..LabelEdit::default()
    };
    rig.hub(|hub| {
        hub.create_label(now, "ada", &rig.small.repository, label)
            .unwrap();
    });
}

/// Syncs one item because a person asks for it.
fn try_again(rig: &Rig, number: u64) {
    let item = format!("{}#{number}", rig.small.repository);
    rig.run(&["sync", "--once", "--item", &item]);
    rig.settle();
}

/// Page 1 loses its label and gets one that the repository has and one that it has not.
fn type_a_new_label(rig: &Rig) {
    assert_eq!(labels(rig, 1), ["bug"]);
    let typed = vec![("Labels", Cell::choices(&["idea", "moonlit"]))];
    rig.edit_page(rig.page(1), typed);
    rig.settle();
}

#[test]
fn a_label_that_the_repository_lacks_is_not_made_but_waits_for_it() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    type_a_new_label(&rig);
    let rest = "what may be added went through, and what the new one may stand for stays";
    assert_eq!(labels(&rig, 1), ["bug", "idea"], "{rest}");
    assert!(!knows_label(&rig, "moonlit"));
    let page = rig.page(1);
    assert!(
        rig.cell(page, "Labels").contains("moonlit"),
        "nothing is put back"
    );
    assert_eq!(rig.cell(page, "Sync"), "Blocked");
    let note = rig.cell(page, "Sync note");
    for word in [
        "moonlit",
        "create the label on GitHub",
        "create_labels = true",
    ] {
        assert!(note.contains(word), "{note}");
    }
    assert!(rig.run(&["status"]).out.contains("moonlit"));
    rig.assert_quiet();
    // Once the label is there a person's word brings it over …
    make_label(&rig, "moonlit");
    rig.assert_quiet();
    try_again(&rig, 1);
    assert_eq!(labels(&rig, 1), ["idea", "moonlit"]);
    assert_eq!(rig.cell(page, "Sync"), "OK");
    // … and without one the first full listing once the refusal is old.
    rig.edit_page(
        rig.page(2),
        vec![("Labels", Cell::choices(&["idea", "dusk"]))],
    );
    rig.settle();
    assert_eq!(labels(&rig, 2), ["idea"]);
    // What is taken away later is a change of its own.
    rig.edit_page(rig.page(2), vec![("Labels", Cell::choices(&["dusk"]))]);
    rig.settle();
    assert_eq!(labels(&rig, 2), [""; 0]);
    let typed = vec![("Labels", Cell::choices(&["idea", "dusk"]))];
    rig.edit_page(rig.page(2), typed);
    rig.settle();
    assert_eq!(labels(&rig, 2), ["idea"]);
    make_label(&rig, "dusk");
    rig.advanced("refused_again", "\"1ms\"");
    let full = rig.run(&["sync", "--once", "--full", "--json"]);
    assert!(full.err.is_empty(), "{}", full.err);
    rig.settle();
    assert_eq!(labels(&rig, 2), ["dusk", "idea"]);
    assert_eq!(rig.cell(rig.page(2), "Sync"), "OK");
    rig.assert_agreement();
}

#[test]
fn a_label_is_made_where_that_is_allowed() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.link("create_labels", "true");
    rig.settle();
    type_a_new_label(&rig);
    assert_eq!(labels(&rig, 1), ["idea", "moonlit"]);
    assert_eq!(rig.cell(rig.page(1), "Sync"), "OK");
    rig.assert_agreement();
}

#[test]
fn a_new_page_with_an_unknown_label_and_type_becomes_an_issue_all_the_same() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    rig.hub(|hub| hub.set_issue_types("ada", &["Bug", "Task"]));
    rig.settle();
    let page = rig.new_page(
        vec![
            ("title", Cell::text("Dark at noon")),
            ("Publish", Cell::choice("Ready")),
            ("Labels", Cell::choices(&["bug", "eclipse"])),
            ("Type", Cell::choice("Omen")),
        ],
        "Who took the light?",
    );
    rig.settle();
    let node = rig.cell(page, "GitHub ID");
    let number = rig.hub(|hub| hub.by_node(&node).unwrap().1.number);
    assert_eq!(labels(&rig, number), ["bug"]);
    assert_eq!(rig.issue(number).kind, None);
    assert_eq!(rig.cell(page, "Sync"), "Blocked");
    rig.edit_page(
        page,
        vec![
            ("Labels", Cell::choices(&["bug"])),
            ("Type", Cell::choice("Task")),
        ],
    );
    rig.settle();
    assert_eq!(rig.issue(number).kind.as_deref(), Some("Task"));
    assert_eq!(rig.cell(page, "Sync"), "OK");
    rig.assert_agreement();
}

#[test]
fn types_go_both_ways_where_there_are_types_and_are_refused_elsewhere() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.edit_page(rig.page(1), vec![("Type", Cell::choice("Bug"))]);
    rig.settle();
    assert_eq!(rig.issue(1).kind, None);
    assert_eq!(rig.cell(rig.page(1), "Sync"), "Blocked");
    let note = rig.cell(rig.page(1), "Sync note");
    assert!(note.contains("no issue types"), "{note}");
    rig.assert_quiet();
    // The organisation gets types.
    rig.hub(|hub| hub.set_issue_types("ada", &["Bug", "Task"]));
    try_again(&rig, 1);
    rig.edit_page(rig.page(2), vec![("Type", Cell::choice("Task"))]);
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        let edit = pulse_sync::sim::github::IssueEdit {
            kind: Some(Some("Task".to_owned())),
            ..pulse_sync::sim::github::IssueEdit::default()
        };
        hub.edit_issue(now, GRACE, &rig.small.repository, 3, edit)
            .unwrap();
    });
    rig.settle();
    assert_eq!(rig.issue(1).kind.as_deref(), Some("Bug"));
    assert_eq!(rig.issue(2).kind.as_deref(), Some("Task"));
    assert_eq!(rig.cell(rig.page(3), "Type"), "Task");
    for number in 1..=3 {
        assert_eq!(rig.cell(rig.page(number), "Sync"), "OK", "{number}");
    }
    rig.assert_quiet();
    rig.edit_page(rig.page(3), vec![("Type", Cell::Choice(None))]);
    rig.settle();
    assert_eq!(rig.issue(3).kind, None, "emptied in Notion");
}

/// What the pages of commits show, by title.
fn commit_cells(rig: &Rig, column: &str) -> Vec<(String, String)> {
    let pages = rig.pages().into_iter();
    let commits = pages.filter(|page| rig.cell(*page, "Kind") == "Commit");
    let mut cells: Vec<_> = commits
        .map(|page| (rig.cell(page, "title"), rig.cell(page, column)))
        .collect();
    cells.sort();
    cells
}

fn push(rig: &Rig, message: &str, branch: &str) {
    let now = rig.small.notion.shared.now();
    let commit = NewCommit {
        message: message.to_owned(),
        size: Size {
            additions: 7,
            deletions: 2,
            files: 3,
        },
    };
    rig.hub(|hub| {
        hub.push_commit(now, "ada", &rig.small.repository, branch, commit)
            .unwrap();
    });
}

#[test]
fn commits_keep_their_sizes_when_github_stops_answering_graphql() {
    let rig = Rig::start(Some(world(1, 0, 2)));
    push(&rig, "Sized", "main");
    rig.settle();
    let columns = ["Branch", "PR", "Additions", "Deletions", "Files"];
    let shown = || columns.map(|column| commit_cells(&rig, column));
    let before = shown();
    for (at, value) in ["main", "", "7", "2", "3"].iter().enumerate() {
        let sized = ("Sized".to_owned(), (*value).to_owned());
        assert!(
            before[at].contains(&sized),
            "{}: {:?}",
            columns[at],
            before[at]
        );
    }
    rig.small.github.front.lock().graphql = false;
    let full = rig.run(&["sync", "--once", "--full", "--json"]);
    assert!(full.err.is_empty(), "{}", full.err);
    rig.settle();
    assert_eq!(shown(), before, "not observed is not empty");
    push(&rig, "Unsized", "main");
    rig.settle();
    let files = commit_cells(&rig, "Files");
    assert!(
        files.contains(&("Unsized".to_owned(), String::new())),
        "{files:?}"
    );
    rig.assert_quiet();
    // A host that answers again fills in what was left out.
    rig.small.github.front.lock().graphql = true;
    std::fs::remove_dir_all(rig.state()).unwrap();
    rig.settle();
    let files = commit_cells(&rig, "Files");
    assert!(
        files.contains(&("Unsized".to_owned(), "3".to_owned())),
        "{files:?}"
    );
    assert_eq!(files.len(), 4, "a lost store doubles nothing");
}

#[test]
fn a_page_of_a_pull_request_names_its_reviewers_and_its_merge_and_commits_name_it() {
    let rig = Rig::start(Some(world(1, 0, 1)));
    let now = rig.small.notion.shared.now();
    let repository = rig.small.repository.clone();
    rig.hub(|hub| {
        let repo = hub.repo(&repository).unwrap();
        let head = repo.branches["main"].last().unwrap().clone();
        hub.create_branch(now, "ada", &repository, "topic", &head)
            .unwrap();
    });
    push(&rig, "On the topic", "topic");
    let number = rig.hub(|hub| {
        let pull = NewPull {
            title: "The topic".to_owned(),
            head: "topic".to_owned(),
            base: "main".to_owned(),
            ..NewPull::default()
        };
        let number = hub.open_pull(now, "ada", &repository, pull).unwrap().number;
        hub.set_reviewers(now, "ada", &repository, number, &[GRACE.to_owned()])
            .unwrap();
        number
    });
    rig.settle();
    assert_eq!(rig.cell(rig.page(number), "Reviewers"), GRACE);
    assert_eq!(rig.cell(rig.page(number), "Merge commit"), "");
    let later = rig.small.notion.shared.now() + 2_000;
    let sha = rig.hub(|hub| {
        hub.set_reviewers(later, "ada", &repository, number, &[])
            .unwrap();
        hub.merge_pull(later, "ada", &repository, number, None)
            .unwrap()
    });
    rig.settle();
    assert_eq!(rig.cell(rig.page(number), "Reviewers"), "");
    assert_eq!(rig.cell(rig.page(number), "Merge commit"), sha);
    let pulls = commit_cells(&rig, "PR");
    let topic = ("On the topic".to_owned(), format!("#{number}"));
    assert!(pulls.contains(&topic), "{pulls:?}");
    rig.assert_quiet();
}

/// Fields of a page that an issue cannot be given whole, and what is said of each.
fn beyond_reach() -> [(&'static str, &'static str, Cell, &'static str); 4] {
    [
        (
            "labels",
            "Labels",
            Cell::choices(&["bug", "eclipse"]),
            "no label \"eclipse\"",
        ),
        (
            "assignees",
            "Assignees",
            Cell::choices(&["grace", "nobody-here"]),
            "the name does not exist there",
        ),
        (
            "milestone",
            "Milestone",
            Cell::choice("Never"),
            "no milestone called \"Never\"",
        ),
        ("type", "Type", Cell::choice("Omen"), "invalid"),
    ]
}

/// Whatever of a page an issue cannot be given is named, on the page and in the report, and nothing keeps the issue from
/// being made.
#[test]
fn what_a_new_issue_cannot_be_given_is_said() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    rig.hub(|hub| hub.set_issue_types("ada", &["Bug", "Task"]));
    rig.settle();
    let pages = beyond_reach().map(|(field, column, cell, why)| {
        let shown = cell.plain();
        let cells = vec![
            ("title", Cell::text("Dark at noon")),
            ("Publish", Cell::choice("Ready")),
            (column, cell),
        ];
        (
            field,
            column,
            shown,
            why,
            rig.new_page(cells, "Who took the light?"),
        )
    });
    let report = rig.settle();
    for (field, column, shown, why, page) in pages {
        let refused = report["refused"].as_array().unwrap();
        let said = |one: &&serde_json::Value| {
            one["field"] == field && one["reason"].as_str().unwrap().contains(why)
        };
        let count = refused.iter().filter(said).count();
        assert_eq!(count, 1, "{field} in {report}");
        assert_eq!(rig.cell(page, "Publish"), "Created", "{field}");
        assert_eq!(rig.cell(page, "Sync"), "Blocked", "{field}");
        let told = rig.cell(page, "Sync note");
        assert!(told.contains(field) && told.contains(why), "{told}");
        assert_eq!(rig.cell(page, column), shown, "nothing is taken off it");
        let node = rig.cell(page, "GitHub ID");
        let assigned = rig.hub(|hub| hub.by_node(&node).unwrap().1.assignees.len());
        assert_eq!(assigned, usize::from(field == "assignees"));
    }
}
