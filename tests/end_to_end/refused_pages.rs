//! Pages that are to become issues and cannot: they say so themselves, and go on once they can.

use pulse_sync::sim::github::NewRepo;
use pulse_sync::sim::notion::ids::Id;
use pulse_sync::sim::notion::value::Value as Cell;

use super::rig::{Rig, world};

fn ready(rig: &Rig, title: &str, more: Vec<(&str, Cell)>, text: &str) -> Id {
    let mut cells = vec![
        ("title", Cell::text(title)),
        ("Publish", Cell::choice("Ready")),
    ];
    cells.extend(more);
    rig.new_page(cells, text)
}

/// What a page says of itself: `Publish`, `Sync` and `Sync note`.
fn said(rig: &Rig, page: Id) -> [String; 3] {
    ["Publish", "Sync", "Sync note"].map(|column| rig.cell(page, column))
}

fn assert_refused(rig: &Rig, page: Id, why: &str) {
    let [publish, sync, note] = said(rig, page);
    assert_eq!(
        (publish.as_str(), sync.as_str()),
        ("Error", "Blocked"),
        "{note}"
    );
    assert!(note.contains(why), "{note}");
}

fn assert_made(rig: &Rig, page: Id) {
    assert_eq!(said(rig, page), ["Created", "OK", ""]);
    assert_ne!(rig.cell(page, "Number"), "");
}

#[test]
fn a_page_that_cannot_become_an_issue_says_why_once_and_is_tried_again_when_it_is_edited() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        hub.create_repo(now, "ada", NewRepo::public("ada/beta"))
            .unwrap();
    });
    rig.settle();
    let beta = || vec![("Repository", Cell::choice("ada/beta"))];
    let wrong = ready(&rig, "Wrong repository", beta(), "Text.");
    let nameless = ready(&rig, "", Vec::new(), "Text.");
    let line = "x".repeat(99);
    let text = vec![line.as_str(); 700].join("\n");
    let long = ready(&rig, "Too long", Vec::new(), &text);
    let given_up = ready(&rig, "Given up", beta(), "Text.");
    rig.run(&["sync", "--once"]);
    assert_refused(&rig, wrong, "ada/beta is not among");
    assert_refused(&rig, nameless, "a title");
    assert_refused(&rig, long, "65536");
    // Once, not by each pass, and whoever looks on the command line sees it, too.
    rig.run(&["sync", "--once"]);
    rig.assert_quiet();
    let status = rig.run(&["sync", "--once"]);
    assert!(status.said().contains("ada/beta"), "{}", status.said());
    let history = rig.run(&["history", "--json"]).json();
    let parks = history
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| record["verb"] == "park");
    assert_eq!(parks.count(), 4, "{history}");

    let lantern = Cell::choice(&rig.small.repository);
    rig.edit_page(wrong, vec![("Repository", lantern)]);
    rig.rename_page(nameless, "Named");
    rig.edit_body(long, |_| "Short.".to_owned());
    rig.edit_page(given_up, vec![("Publish", Cell::choice("Draft"))]);
    for _ in 0..3 {
        rig.run(&["sync", "--once"]);
    }
    for page in [wrong, nameless, long] {
        assert_made(&rig, page);
    }
    assert_eq!(
        said(&rig, given_up),
        ["Draft", "", ""],
        "a draft waits for nothing"
    );
    rig.assert_quiet();
}

#[test]
fn a_page_goes_on_when_the_configuration_lets_it() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        hub.create_repo(now, "ada", NewRepo::public("ada/beta"))
            .unwrap();
    });
    rig.settle();
    let beta = vec![("Repository", Cell::choice("ada/beta"))];
    let page = ready(&rig, "Into beta", beta, "Text.");
    rig.run(&["sync", "--once"]);
    assert_refused(&rig, page, "ada/beta is not among");
    // A person's own Error is no wish.
    let own = rig.new_page(
        vec![
            ("title", Cell::text("Not asked for")),
            ("Publish", Cell::choice("Error")),
        ],
        "Text.",
    );
    rig.link("repositories", "[\"ada/lantern\", \"ada/beta\"]");
    for _ in 0..3 {
        rig.run(&["sync", "--once"]);
    }
    assert_made(&rig, page);
    assert_eq!(rig.cell(own, "Number"), "");
    rig.assert_quiet();
}
