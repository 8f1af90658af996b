//! The question before the first issue in a public repository: nothing leaves before a yes, and it is asked once.

use pulse_sync::sim::notion::ids::Id;
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::{Value as Json, json};

use crate::rig::Rig;

const TEXT: &str = "Known to us alone.\n\nA second part.\n\n## Private notes\n\nHush.\n";

fn asking() -> Rig {
    let mut rig = Rig::start(None);
    rig.link("public", "\"ask\"");
    rig
}

fn ready(rig: &Rig, title: &str) -> Id {
    rig.new_page(
        vec![
            ("title", Cell::text(title)),
            ("Publish", Cell::choice("Ready")),
        ],
        TEXT,
    )
}

fn issues(rig: &Rig) -> usize {
    rig.hub(|hub| hub.repo(&rig.small.repository).unwrap().issues.len())
}

fn titled(rig: &Rig, title: &str) -> usize {
    rig.hub(|hub| {
        let repo = hub.repo(&rig.small.repository).unwrap();
        let own = repo.issues.values().filter(|issue| issue.title == title);
        own.count()
    })
}

/// The questions that wait.
fn asked(rig: &Rig) -> Vec<Json> {
    let done = rig.run(&["held", "list", "--json"]);
    done.json().as_array().unwrap().clone()
}

fn pass(rig: &Rig) -> (Option<i32>, Json) {
    let done = rig.run(&["sync", "--once", "--json"]);
    (done.code, done.json())
}

#[test]
fn nothing_of_a_page_leaves_for_a_public_repository_before_a_yes_that_is_given_once() {
    let rig = asking();
    rig.settle();
    let before = (issues(&rig), rig.writes().0);
    let page = ready(&rig, "Our secret plan");
    let plan = rig.run(&["plan"]);
    assert!(plan.said().contains("is public"), "{}", plan.said());
    let (code, report) = pass(&rig);
    assert_eq!(code, Some(3), "{report}");
    assert_eq!(report["held"], json!(1), "{report}");
    pass(&rig);
    assert_eq!((issues(&rig), rig.writes().0), before);

    let list = rig.run(&["held", "list"]);
    for word in [
        "is public",
        "Our secret plan",
        "Known to us alone.",
        "A second part.",
        "held apply p",
    ] {
        assert!(list.said().contains(word), "{word}: {}", list.said());
    }
    assert!(rig.run(&["status"]).said().contains("1 held"));

    // What is edited meanwhile is shown anew, and a second page joins the question.
    rig.rename_page(page, "Our known plan");
    ready(&rig, "Another one");
    pass(&rig);
    let halts = asked(&rig);
    assert_eq!(halts.len(), 1, "{halts:?}");
    let words = halts[0]["words"].to_string();
    assert!(words.contains("Our known plan") && words.contains("Another one"));
    assert!(
        !words.contains("secret") && !words.contains("Hush"),
        "{words}"
    );
    assert_eq!((issues(&rig), rig.writes().0), before);

    let id = halts[0]["id"].as_str().unwrap();
    assert_eq!(rig.run(&["held", "apply", id]).code, Some(0));
    rig.settle();
    assert_eq!(issues(&rig), before.0 + 2);
    assert_eq!(titled(&rig, "Our known plan"), 1);
    ready(&rig, "A third");
    rig.settle();
    assert_eq!(titled(&rig, "A third"), 1);
    assert!(asked(&rig).is_empty());
    rig.assert_quiet();
}

#[test]
fn a_no_keeps_the_page_in_notion_until_it_is_edited_and_a_page_that_is_withdrawn_is_not_asked_about()
 {
    let rig = asking();
    rig.settle();
    let before = issues(&rig);
    let page = ready(&rig, "Not for all");
    pass(&rig);
    let id = asked(&rig)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(rig.run(&["held", "keep", &id]).code, Some(0));
    for _ in 0..3 {
        pass(&rig);
    }
    rig.run(&["sync", "--once", "--full"]);
    assert_eq!(issues(&rig), before);
    assert!(asked(&rig).is_empty());
    assert!(
        rig.run(&["status"])
            .said()
            .contains("becomes no issue in a public repository")
    );
    rig.let_an_hour_pass();
    rig.rename_page(page, "For all");
    pass(&rig);
    assert_eq!(asked(&rig).len(), 1);
    rig.let_an_hour_pass();
    rig.edit_page(page, vec![("Publish", Cell::choice("Draft"))]);
    pass(&rig);
    assert!(asked(&rig).is_empty());
    assert_eq!(issues(&rig), before);
    assert_eq!(rig.run(&["sync", "--once"]).code, Some(0));
}

#[test]
fn a_private_repository_is_not_asked_about() {
    let rig = asking();
    let name = rig.small.repository.clone();
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| hub.set_private(now, &name, true).unwrap());
    rig.settle();
    ready(&rig, "Among us");
    rig.settle();
    assert_eq!(titled(&rig, "Among us"), 1);
    assert!(asked(&rig).is_empty());
}

#[test]
fn who_made_issues_there_with_an_older_version_is_not_stopped() {
    let mut rig = asking();
    // As an older version left it: issues made, and no word on when the question came to be.
    rig.link("public", "\"allow\"");
    rig.settle();
    ready(&rig, "Long ago");
    rig.settle();
    rig.link("public", "\"ask\"");
    ready(&rig, "As ever");
    rig.settle();
    assert_eq!(titled(&rig, "As ever"), 1);
    assert!(asked(&rig).is_empty());
}

#[test]
fn the_configuration_answers_a_question_that_waits() {
    let mut rig = asking();
    rig.settle();
    ready(&rig, "Soon");
    assert_eq!(pass(&rig).0, Some(3));
    rig.link("public", "\"allow\"");
    rig.settle();
    assert_eq!(titled(&rig, "Soon"), 1);
    assert!(asked(&rig).is_empty());
}

#[test]
fn the_question_shows_what_is_set_after_the_issue_was_made() {
    let rig = asking();
    rig.settle();
    rig.new_page(
        vec![
            ("title", Cell::text("Our secret plan")),
            ("Publish", Cell::choice("Ready")),
            ("Status", Cell::choice("Done")),
            ("Closed as", Cell::choice("Not planned")),
            ("Assignees", Cell::choices(&["grace"])),
        ],
        TEXT,
    );
    pass(&rig);
    let halts = asked(&rig);
    let text = halts[0].to_string();
    for word in ["grace", "closed", "not planned", "Our secret plan"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let list = rig.run(&["held", "list"]);
    for word in ["assignees", "grace", "state", "closed", "not planned"] {
        assert!(list.said().contains(word), "{word}: {}", list.said());
    }
}
