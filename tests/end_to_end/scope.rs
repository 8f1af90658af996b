//! What belongs to a link, and which part of a text does.

use pulse_sync::sim::github::{IssueEdit, NewIssue, NewRepo, State};
use pulse_sync::sim::notion::ids::Id;
use pulse_sync::sim::notion::value::Value as Cell;

use super::bad_items::new_issue;
use super::rig::{GRACE, Rig, world};

const DAY: i64 = 86_400_000;

fn close(rig: &Rig, number: u64, days_ago: i64) {
    let then = rig.small.notion.shared.now() - days_ago * DAY;
    let edit = IssueEdit {
        state: Some(State::Closed),
        ..IssueEdit::default()
    };
    rig.hub(|hub| {
        hub.edit_issue(then, GRACE, &rig.small.repository, number, edit)
            .unwrap();
    });
}

#[test]
fn the_window_for_closed_items_does_not_hide_what_is_linked() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    close(&rig, 1, 40);
    rig.settle();
    assert_eq!(rig.pages().len(), 3);
    rig.link("closed_since", "\"30d\"");
    let late = new_issue(&rig, "Closed long ago", "Unknown.", &[]);
    close(&rig, late, 40);
    let recent = new_issue(&rig, "Closed of late", "Unknown, too.", &[]);
    close(&rig, recent, 2);
    rig.rename_issue(1, "Edited long after it was closed");
    rig.settle();
    assert_eq!(rig.pages().len(), 4, "only the one closed of late is new");
    assert_eq!(rig.cell(rig.page(recent), "title"), "Closed of late");
    assert_eq!(
        rig.cell(rig.page(1), "title"),
        "Edited long after it was closed"
    );
    rig.assert_quiet();
    // Whoever opens it again takes it in.
    let edit = IssueEdit {
        state: Some(State::Open),
        ..IssueEdit::default()
    };
    rig.edit_issue(late, edit);
    rig.settle();
    assert_eq!(rig.pages().len(), 5);
}

/// Its page is told at once, not by the next full listing; and without the label it goes on.
#[test]
fn the_label_that_leaves_an_item_out_is_noticed_when_it_is_put_on() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let label = |labels: &[&str]| {
        let now = rig.small.notion.shared.now();
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let edit = IssueEdit {
            labels: Some(labels),
            ..IssueEdit::default()
        };
        rig.hub(|hub| {
            hub.edit_issue(now, "ada", &rig.small.repository, 1, edit)
                .unwrap();
        });
    };
    label(&["bug", "sync-ignore"]);
    rig.settle();
    let page = rig.page(1);
    assert_eq!(rig.cell(page, "Sync"), "Unlinked");
    rig.rename_issue(1, "Renamed out of sight");
    rig.settle();
    assert_ne!(rig.cell(page, "title"), "Renamed out of sight");
    label(&["bug"]);
    rig.settle();
    assert_eq!(rig.cell(page, "title"), "Renamed out of sight");
    assert_eq!(rig.cell(page, "Sync"), "OK");
    rig.assert_quiet();
}

#[test]
fn text_below_a_heading_called_as_the_private_one_survives_an_edit() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let body = "Intro line\n\n## Private notes\n\nimportant text";
    let number = new_issue(&rig, "Has a heading", body, &[]);
    rig.settle();
    let page = rig.page(number);
    rig.edit_body(page, |text| {
        assert!(text.contains("important text"), "{text}");
        text.replace("Intro line", "Intro line edited")
    });
    rig.settle();
    assert_eq!(
        rig.issue(number).body.as_deref(),
        Some("Intro line edited\n\n## Private notes\n\nimportant text")
    );
    rig.edit_body(page, |text| format!("{text}\n# Private notes\nmine alone"));
    rig.settle();
    let body = rig.issue(number).body.unwrap();
    assert!(!body.contains("mine"), "{body}");
    rig.assert_quiet();
}

/// The titles of a repository's issues.
fn titles(rig: &Rig, repository: &str) -> Vec<String> {
    rig.hub(|hub| {
        let issues = hub.repo(repository).unwrap().issues.values();
        issues.map(|issue| issue.title.clone()).collect()
    })
}

fn ready_for(rig: &Rig, title: &str, repository: &str) -> Id {
    rig.new_page(
        vec![
            ("title", Cell::text(title)),
            ("Publish", Cell::choice("Ready")),
            ("Repository", Cell::choice(repository)),
        ],
        "Known to us alone.",
    )
}

fn make(rig: &Rig, repository: NewRepo) {
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| hub.create_repo(now, "ada", repository).unwrap());
}

#[test]
fn no_issue_is_made_in_a_repository_that_the_link_does_not_select() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    make(&rig, NewRepo::public("ada/beta"));
    make(&rig, NewRepo::public("ada/gamma"));
    rig.settle();
    ready_for(&rig, "Not listed", "ada/beta");
    let done = rig.run(&["sync", "--once"]);
    assert!(
        done.said()
            .contains("ada/beta is not among this link's repositories"),
        "{}",
        done.said()
    );
    assert!(titles(&rig, "ada/beta").is_empty());
    // The configuration changes: the page is tried again by itself.
    rig.link("repositories", "[\"ada/*\"]");
    rig.link("exclude", "[\"ada/GAM*\"]");
    ready_for(&rig, "Left out", "Ada/Gamma");
    for _ in 0..3 {
        rig.run(&["sync", "--once"]);
    }
    assert_eq!(titles(&rig, "ada/beta"), ["Not listed"]);
    assert!(titles(&rig, "ada/gamma").is_empty());
}

#[test]
fn a_page_that_names_no_repository_is_set_aside_before_any_request() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    let page = ready_for(&rig, "Elsewhere", "../user/repos?");
    let before = rig.writes().0;
    let done = rig.run(&["sync", "--once"]);
    assert!(
        done.said().contains("names no repository"),
        "{}",
        done.said()
    );
    assert_eq!(rig.writes().0, before);
    // An edit of the page is enough.
    rig.edit_page(
        page,
        vec![("Repository", Cell::choice(&rig.small.repository))],
    );
    rig.settle();
    assert!(titles(&rig, &rig.small.repository).contains(&"Elsewhere".to_owned()));
}

#[test]
fn another_selection_is_noticed_by_the_next_pass() {
    let mut rig = Rig::start(Some(world(3, 1, 2)));
    make(&rig, NewRepo::public("ada/beta"));
    let now = rig.small.notion.shared.now();
    let issue = NewIssue {
        title: "In beta".to_owned(),
        body: Some("Text.".to_owned()),
        labels: Vec::new(),
        assignees: Vec::new(),
        milestone: None,
        kind: None,
    };
    rig.hub(|hub| {
        hub.create_issue(now, GRACE, "ada/beta", issue)
            .unwrap()
            .number
    });
    rig.settle();
    let ours = rig.pages();
    let sync = |rig: &Rig, word: &str| {
        let said = |page: &Id| rig.cell(*page, "Sync") == word;
        rig.pages().into_iter().filter(said).count()
    };
    let told = sync(&rig, "OK");
    assert_eq!(told, 4, "pages of commits say nothing of themselves");
    // A newcomer.
    rig.link("repositories", "[\"ada/lantern\", \"ada/beta\"]");
    rig.run(&["sync", "--once"]);
    assert_eq!(rig.pages().len(), ours.len() + 1);
    // Leavers, though nothing else changed.
    rig.link("repositories", "[\"ada/beta\"]");
    rig.run(&["sync", "--once"]);
    assert_eq!(sync(&rig, "Unlinked"), told);
    rig.link("repositories", "[\"ada/lantern\", \"ada/beta\"]");
    rig.run(&["sync", "--once"]);
    assert_eq!(sync(&rig, "OK"), told + 1, "they are back");
    // By label, and by kind.
    rig.link("select", "{ without_labels = [\"bug\"] }");
    rig.run(&["sync", "--once"]);
    let bugs = rig
        .pages()
        .into_iter()
        .filter(|page| rig.cell(*page, "Labels").contains("bug"));
    let bugs = bugs.count();
    assert!(bugs > 0);
    assert_eq!(sync(&rig, "Unlinked"), bugs);
    rig.link("select", "{}");
    rig.link("kinds", "[\"issue\", \"commit\"]");
    rig.run(&["sync", "--once"]);
    assert_eq!(sync(&rig, "Unlinked"), 1, "the pull request");
    rig.assert_quiet();
}
