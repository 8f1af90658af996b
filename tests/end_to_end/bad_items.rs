//! Items that are hard to carry over, or that change their life meanwhile.

use pulse_sync::sim::github::{IssueEdit, NewIssue, NewRepo};
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::json;

use super::rig::{Done, GRACE, Rig, world};

pub fn new_issue(rig: &Rig, title: &str, body: &str, labels: &[&str]) -> u64 {
    let now = rig.small.notion.shared.now();
    let issue = NewIssue {
        title: title.to_owned(),
        body: Some(body.to_owned()),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        assignees: Vec::new(),
        milestone: None,
        kind: None,
    };
    rig.hub(|hub| {
        hub.create_issue(now, GRACE, &rig.small.repository, issue)
            .unwrap()
            .number
    })
}

/// So many numbered lines of seventy characters.
fn long(lines: usize, end: &str) -> String {
    let line = |n: usize| [format!("{n:04}").as_str(), &"x".repeat(64)].join(" ");
    let mut text = (0..lines).map(line).collect::<Vec<_>>().join(end);
    text.push_str(end);
    text
}

/// The history's words on what was refused.
fn refusals(rig: &Rig) -> String {
    rig.run(&["history", "--failed", "--json"]).out
}

#[test]
fn titles_of_many_emoji_pass_or_are_refused_with_advice() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let most = "\u{1F4A1}".repeat(256);
    let number = new_issue(&rig, &most, "Short.", &[]);
    rig.rename_page(rig.page(1), &"\u{1F525}".repeat(300));
    rig.rename_issue(2, "Goes on");
    rig.settle();
    assert_eq!(rig.cell(rig.page(number), "title"), most);
    assert_eq!(&*rig.issue(1).title, "Item 1 of the lamp", "nothing is cut");
    assert_eq!(
        rig.cell(rig.page(1), "title"),
        "\u{1F525}".repeat(300),
        "nothing is put back"
    );
    assert_eq!(rig.cell(rig.page(2), "title"), "Goes on");
    assert!(refusals(&rig).contains("256"), "{}", refusals(&rig));
    rig.assert_quiet();
    rig.rename_page(rig.page(1), "Short again");
    rig.settle();
    assert_eq!(&*rig.issue(1).title, "Short again");
    rig.assert_agreement();
}

#[test]
fn a_github_title_longer_than_github_takes_is_carried() {
    let mut line: serde_json::Value = serde_json::from_str(world(1, 0, 0).trim()).unwrap();
    line["title"] = json!("\u{1F4A1}".repeat(300));
    let rig = Rig::start(Some(line.to_string()));
    rig.settle();
    assert_eq!(rig.cell(rig.page(1), "title"), "\u{1F4A1}".repeat(300));
    rig.assert_agreement();
    rig.assert_quiet();
}

#[test]
fn a_label_with_a_comma_goes_there_and_back() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.link("create_labels", "true");
    let number = new_issue(&rig, "Commas", "Short.", &["red, or amber", "plain"]);
    rig.settle();
    rig.assert_agreement();
    let page = rig.page(number);
    let mut names: Vec<String> = rig
        .cell(page, "Labels")
        .split(", ")
        .map(str::to_owned)
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    names.push("third".to_owned());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    rig.edit_page(page, vec![("Labels", Cell::choices(&names))]);
    rig.settle();
    let labels = rig.hub(|hub| {
        let repo = hub.repo(&rig.small.repository).unwrap();
        let issue = hub.issue(&rig.small.repository, number).unwrap();
        repo.label_names(issue)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    assert_eq!(labels.len(), 3, "{labels:?}");
    assert!(labels.contains(&"red, or amber".to_owned()), "{labels:?}");
    rig.assert_agreement();
    rig.assert_quiet();
}

#[test]
fn a_page_too_long_for_github_is_set_aside_with_advice() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let long: String = long(1_000, "\n");
    assert!(long.chars().count() >= 70_000);
    rig.edit_body(rig.page(1), |_| long.clone());
    rig.rename_page(rig.page(2), "Goes on");
    rig.settle();
    assert!(
        rig.issue(1).body.unwrap().contains("Part 0 smokes."),
        "nothing is cut"
    );
    assert!(
        rig.markdown(rig.page(1)).contains("0999"),
        "nothing is lost"
    );
    assert_eq!(&*rig.issue(2).title, "Goes on");
    assert!(refusals(&rig).contains("65"), "{}", refusals(&rig));
    rig.assert_quiet();
    rig.edit_body(rig.page(1), |_| "Short again.\n".to_owned());
    rig.settle();
    rig.assert_agreement();
}

#[test]
fn a_page_too_long_for_github_is_asked_about_once_the_issue_says_something_else() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    let page = rig.page(1);
    rig.edit_body(page, |_| long(1_000, "\n"));
    rig.settle();
    assert_eq!(rig.cell(page, "Sync"), "Blocked");
    let edit = IssueEdit {
        body: Some(Some("Of GitHub.\n".to_owned())),
        ..IssueEdit::default()
    };
    rig.edit_issue(1, edit);
    rig.settle();
    let open = rig.run(&["conflicts", "list", "--json"]).json();
    assert_eq!(open.as_array().map(Vec::len), Some(1), "{open}");
    let id = open[0]["id"].as_str().unwrap();
    assert_eq!(rig.cell(page, "Sync"), "Conflict");
    assert!(rig.cell(page, "Sync note").contains(id));
    rig.assert_quiet();
    let refused = rig.run(&["conflicts", "take", id, "notion"]);
    assert!(refused.said().contains("65536"), "{}", refused.said());
    assert_ne!(refused.code, Some(0));
    let taken = rig.run(&["conflicts", "take", id, "github"]);
    assert_eq!(taken.code, Some(0), "{}", taken.said());
    rig.settle();
    assert_eq!(rig.markdown(page), "Of GitHub.");
    assert_eq!(rig.cell(page, "Sync"), "OK");
    rig.assert_agreement();
    rig.assert_quiet();
}

#[test]
fn a_github_text_of_the_greatest_length_arrives_whole() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let long: String = long(900, "\n\n");
    let number = new_issue(&rig, "Long", &long, &[]);
    rig.settle();
    assert!(rig.markdown(rig.page(number)).contains("0899"));
    rig.assert_agreement();
    rig.assert_quiet();
}

#[test]
fn a_renamed_repository_goes_on() {
    rename_the_repository(world(4, 1, 0));
}

#[test]
fn a_renamed_repository_keeps_the_pages_of_its_commits() {
    rename_the_repository(world(4, 0, 2));
}

/// Every pass says what to do about the old name.
fn assert_is_named(done: &Done) {
    let said = done.json()["notes"].to_string();
    let wanted = "ada/lantern is called ada/torch now; change the name in the configuration";
    assert!(said.contains(wanted), "{said}");
}

fn rename_the_repository(items: String) {
    let mut rig = Rig::start(Some(items));
    rig.settle();
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| hub.rename_repo(now, "ada", "ada/lantern", "torch").unwrap());
    "ada/torch".clone_into(&mut rig.small.repository);
    rig.rename_page(rig.page(1), "After the move");
    rig.rename_issue(2, "After the move, too");
    let pages = rig.pages().len();
    // The old name leads to the new one; a person then writes the new name into the configuration.
    let done = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(rig.pages().len(), pages, "{}", done.said());
    assert_is_named(&done);
    rig.settle();
    // Nothing waits for that person: the name in the configuration still means the repository.
    assert_eq!(&*rig.issue(1).title, "After the move");
    assert_eq!(rig.cell(rig.page(2), "title"), "After the move, too");
    assert_eq!(rig.cell(rig.page(2), "Sync"), "OK");
    assert_is_named(&rig.run(&["sync", "--once", "--json"]));
    rig.link("repositories", "[\"ada/torch\"]");
    rig.settle();
    assert_eq!(rig.pages().len(), pages, "nothing is doubled");
    assert_eq!(&*rig.issue(1).title, "After the move");
    assert_eq!(rig.cell(rig.page(2), "title"), "After the move, too");
    rig.assert_agreement();
}

#[test]
fn an_issue_transferred_out_of_the_selection_keeps_its_page() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let page = rig.page(2);
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        hub.create_repo(now, "ada", NewRepo::public("ada/cellar"))
            .unwrap();
        hub.transfer_issue(now, "ada", "ada/lantern", 2, "ada/cellar")
            .unwrap();
    });
    rig.rename_issue(1, "Goes on");
    let done = rig.run(&["sync", "--once", "--full", "--json"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    rig.settle();
    assert!(rig.pages().contains(&page), "its page is kept");
    assert_eq!(rig.cell(rig.page(1), "title"), "Goes on");
    let history = rig.run(&["history", "--json"]).out;
    assert!(history.contains("ada/cellar"), "{history}");
    rig.assert_quiet();
}

/// What somebody wrote for one repository is not written into another one that the link leaves out.
#[test]
fn an_edited_page_writes_nothing_to_an_issue_that_left_the_selection() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.rename_page(rig.page(2), "For the lantern only");
    rig.edit_body(rig.page(2), |page| format!("{page}\nFor the lantern only"));
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        hub.create_repo(now, "ada", NewRepo::public("ada/cellar"))
            .unwrap();
        hub.transfer_issue(now, "ada", "ada/lantern", 2, "ada/cellar")
            .unwrap();
    });
    for _ in 0..3 {
        rig.run(&["sync", "--once"]);
    }
    rig.settle();
    let moved = rig.hub(|hub| {
        let repo = hub.repo("ada/cellar").unwrap();
        repo.issues.values().next().unwrap().clone()
    });
    assert_eq!(&*moved.title, "Item 2 of the lamp");
    let body = moved.body.as_deref().unwrap_or_default();
    assert!(!body.contains("For the lantern"), "{body}");
}

#[test]
fn an_issue_transferred_within_the_selection_keeps_its_pair() {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        hub.create_repo(now, "ada", NewRepo::public("ada/cellar"))
            .unwrap()
    });
    rig.link("repositories", "[\"ada/lantern\", \"ada/cellar\"]");
    rig.settle();
    let page = rig.page(2);
    rig.hub(|hub| {
        hub.transfer_issue(now, "ada", "ada/lantern", 2, "ada/cellar")
            .unwrap()
    });
    rig.run(&["sync", "--once", "--full", "--json"]);
    rig.settle();
    assert_eq!(rig.pages().len(), 4, "one page each");
    rig.rename_page(page, "In the cellar");
    rig.settle();
    let title = rig.hub(|hub| hub.issue("ada/cellar", 1).unwrap().title.clone());
    assert_eq!(title, "In the cellar");
}

#[test]
fn a_deleted_issue_trashes_its_page() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let page = rig.page(2);
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        hub.delete_issue(now, "ada", &rig.small.repository, 2)
            .unwrap();
    });
    rig.run(&["sync", "--once", "--full", "--json"]);
    rig.settle();
    assert!(!rig.pages().contains(&page));
    assert!(
        rig.small.notion.shared.lock().world.pages[&page].in_trash,
        "it can be restored"
    );
    rig.assert_agreement();
    rig.assert_quiet();
}

#[test]
fn an_issue_deleted_while_its_page_was_edited_is_a_conflict() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let page = rig.page(2);
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        hub.delete_issue(now, "ada", &rig.small.repository, 2)
            .unwrap();
    });
    rig.rename_page(page, "Worked on");
    let done = rig.run(&["sync", "--once", "--full", "--json"]);
    assert_eq!(done.code, Some(2), "{}", done.said());
    assert!(rig.pages().contains(&page), "the edit is kept");
    let open = rig.run(&["conflicts", "list", "--json"]).json();
    assert_eq!(open[0]["field"], json!(null));
    let id = open[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(rig.run(&["conflicts", "take", &id, "github"]).code, Some(0));
    rig.settle();
    assert!(!rig.pages().contains(&page));
    rig.assert_agreement();
}

#[test]
fn a_trashed_page_leaves_its_issue_alone_and_comes_back() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let page = rig.page(2);
    let now = rig.small.notion.shared.now();
    let person = rig.small.person;
    rig.small
        .notion
        .shared
        .lock()
        .world
        .trash(now, person, page)
        .unwrap();
    rig.run(&["sync", "--once", "--full", "--json"]);
    rig.settle();
    assert!(!rig.pages().contains(&page), "it stays in the trash");
    let issue = rig.issue(2);
    assert_eq!(issue.state, pulse_sync::sim::github::State::Open);
    rig.small
        .notion
        .shared
        .lock()
        .world
        .restore(now, person, page)
        .unwrap();
    rig.rename_page(page, "Back again");
    rig.settle();
    assert_eq!(&*rig.issue(2).title, "Back again");
    rig.assert_agreement();
    rig.assert_quiet();
}

#[test]
fn a_trashed_page_whose_issue_was_edited_is_restored() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let page = rig.page(2);
    let now = rig.small.notion.shared.now();
    rig.small
        .notion
        .shared
        .lock()
        .world
        .trash(now, rig.small.person, page)
        .unwrap();
    rig.rename_issue(2, "Still needed");
    rig.settle();
    assert_eq!(rig.cell(rig.page(2), "title"), "Still needed");
    rig.assert_agreement();
}

#[test]
fn a_page_duplicated_by_hand_makes_no_second_issue_and_takes_nothing_over() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let page = rig.page(2);
    let now = rig.small.notion.shared.now();
    let copy = rig
        .small
        .notion
        .shared
        .lock()
        .world
        .duplicate_page(now, rig.small.person, page)
        .unwrap();
    rig.rename_page(copy, "The copy");
    rig.settle();
    assert_eq!(
        &*rig.issue(2).title,
        "Item 2 of the lamp",
        "the copy does not speak for the issue"
    );
    rig.rename_page(page, "The original");
    rig.settle();
    assert_eq!(&*rig.issue(2).title, "The original");
    assert_eq!(rig.cell(copy, "title"), "The copy", "and is not written");
    let issues = rig.hub(|hub| hub.repo(&rig.small.repository).unwrap().issues.len());
    assert_eq!(issues, 4);
    rig.assert_quiet();
}

#[test]
fn a_read_only_token_keeps_the_edit_queued_with_advice() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    rig.hub(|hub| hub.add_token(rig.small.github_token(), "ada", true));
    rig.rename_page(rig.page(1), "May not be");
    rig.rename_issue(2, "Goes on");
    rig.run(&["sync", "--once", "--json"]);
    rig.run(&["sync", "--once", "--json"]);
    assert_eq!(&*rig.issue(1).title, "Item 1 of the lamp");
    assert_eq!(
        rig.cell(rig.page(1), "title"),
        "May not be",
        "nothing is put back"
    );
    assert_eq!(rig.cell(rig.page(2), "title"), "Goes on");
    let said = refusals(&rig);
    assert!(said.contains("Issues: read and write"), "{said}");
    assert!(rig.run(&["status"]).out.contains("1 queued"));

    rig.hub(|hub| hub.add_token(rig.small.github_token(), "ada", false));
    rig.settle();
    assert_eq!(&*rig.issue(1).title, "May not be");
}

#[test]
fn hostile_words_of_a_page_ping_nobody() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    rig.edit_body(rig.page(1), |_| "Thanks @grace, closes #2\n".to_owned());
    rig.settle();
    let body = rig.issue(1).body.unwrap();
    assert!(
        !body.contains("@grace") && !body.contains("closes #2"),
        "{body}"
    );
    rig.edit_issue(
        2,
        IssueEdit {
            body: Some(Some(
                "<page url=\"https://www.notion.so/x\">gone</page>".to_owned(),
            )),
            ..IssueEdit::default()
        },
    );
    rig.settle();
    assert_eq!(rig.pages().len(), 2);
    rig.assert_quiet();
}

#[test]
fn a_label_that_is_too_long_for_github_keeps_no_other_one_back() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    rig.link("create_labels", "true");
    rig.settle();
    let long = "n".repeat(100);
    let page = rig.page(1);
    rig.edit_page(page, vec![("Labels", Cell::choices(&["fresh", &long]))]);
    for _ in 0..3 {
        rig.run(&["sync", "--once"]);
    }
    let labels = rig.hub(|hub| {
        let repo = hub.repo(&rig.small.repository).unwrap();
        let names = repo.label_names(hub.issue(&rig.small.repository, 1).unwrap());
        names.into_iter().map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!(labels, ["bug", "fresh"], "what it may stand for stays");
    let note = rig.cell(page, "Sync note");
    assert!(note.contains("50") && note.contains("nnn"), "{note}");
}
