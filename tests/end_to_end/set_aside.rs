//! Pages that nothing is kept in step with say so themselves: copies, second pages, pages of another kind.

use pulse_sync::sim::notion::ids::Id;
use pulse_sync::sim::notion::value::Value as Cell;

use super::rig::{Rig, world};

/// A person's copy of a page.
fn copy_of(rig: &Rig, page: Id) -> Id {
    duplicate(rig, page, rig.small.person)
}

/// A second page that our own integration made, as another machine with a store of its own does.
fn second_of(rig: &Rig, page: Id) -> Id {
    let bot = rig.small.notion.shared.lock().world.pages[&page].created_by;
    duplicate(rig, page, bot)
}

fn duplicate(rig: &Rig, page: Id, by: Id) -> Id {
    let now = rig.small.notion.shared.now();
    let mut service = rig.small.notion.shared.lock();
    service.world.duplicate_page(now, by, page).unwrap()
}

fn said(rig: &Rig, page: Id) -> [String; 2] {
    ["Sync", "Sync note"].map(|column| rig.cell(page, column))
}

fn assert_blocked(rig: &Rig, page: Id, words: &[&str]) {
    let [sync, note] = said(rig, page);
    assert_eq!(sync, "Blocked", "{note}");
    for word in words {
        assert!(note.contains(word), "{word:?} in {note:?}");
    }
}

fn assert_fine(rig: &Rig, page: Id) {
    assert_eq!(said(rig, page), ["OK", ""]);
}

fn pass(rig: &Rig) {
    rig.run(&["sync", "--once"]);
}

#[test]
fn a_copy_says_that_it_is_one_until_it_is_an_issue_of_its_own() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let original = rig.page(2);
    let copy = copy_of(&rig, original);
    assert_fine(&rig, copy);
    let before = rig.writes();
    pass(&rig);
    let words = [
        "a copy of the page of ada/lantern#2",
        "go nowhere",
        "Publish to Ready",
    ];
    assert_blocked(&rig, copy, &words);
    assert_eq!(rig.writes(), (before.0, before.1 + 1), "said at once");
    assert_fine(&rig, original);
    rig.assert_quiet();
    rig.run(&["sync", "--once", "--full"]);
    rig.assert_quiet();
    // Edited, it still is one; nothing is said again.
    let before = rig.writes();
    rig.rename_page(copy, "Its own");
    rig.edit_body(copy, |_| "Words of its own.".to_owned());
    pass(&rig);
    assert_blocked(&rig, copy, &words);
    assert_eq!(rig.writes(), before);
    let history = rig.run(&["history", "--json"]).out;
    assert!(!history.contains("not_applied"), "{history}");

    rig.edit_page(copy, vec![("Publish", Cell::choice("Ready"))]);
    rig.settle();
    assert_eq!(&*rig.issue(4).title, "Its own");
    assert_fine(&rig, copy);
    rig.assert_quiet();
}

#[test]
fn a_second_page_of_ours_says_so_and_offers_no_issue() {
    for (issues, pulls, number) in [(2, 0, 1), (1, 1, 2)] {
        let rig = Rig::start(Some(world(issues, pulls, 0)));
        rig.settle();
        let page = rig.page(number);
        let second = second_of(&rig, page);
        pass(&rig);
        let whose = format!("a second page of ada/lantern#{number}");
        assert_blocked(&rig, second, &[&whose, "go nowhere", "trash"]);
        assert!(!said(&rig, second)[1].contains("Ready"));
        assert_fine(&rig, page);
        rig.assert_quiet();
        rig.run(&["sync", "--once", "--full"]);
        rig.assert_quiet();
    }
}

#[test]
fn a_copy_of_a_pull_requests_page_is_only_to_be_trashed() {
    let rig = Rig::start(Some(world(1, 1, 0)));
    rig.settle();
    let copy = copy_of(&rig, rig.page(2));
    pass(&rig);
    assert_blocked(
        &rig,
        copy,
        &["a copy of the page of ada/lantern#2", "trash"],
    );
    assert!(!said(&rig, copy)[1].contains("Ready"));
    rig.assert_quiet();
}

#[test]
fn what_a_person_wrote_over_it_is_put_back_once() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    let copy = copy_of(&rig, rig.page(2));
    pass(&rig);
    let fine = || vec![("Sync", Cell::choice("OK")), ("Sync note", Cell::text(""))];
    rig.edit_page(copy, fine());
    rig.settle();
    assert_blocked(&rig, copy, &["a copy"]);
    // The same once more is an automation's.
    rig.edit_page(copy, fine());
    rig.settle();
    assert_fine(&rig, copy);
    rig.assert_quiet();
}

#[test]
fn a_held_a_trashed_and_a_paused_copy_are_not_written_to() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    rig.run(&["pause"]);
    let [copy, gone, held] = [2, 3, 4].map(|number| copy_of(&rig, rig.page(number)));
    let before = rig.writes();
    pass(&rig);
    assert_eq!(rig.writes(), before);
    {
        let now = rig.small.notion.shared.now();
        let mut service = rig.small.notion.shared.lock();
        let person = rig.small.person;
        service.world.trash(now, person, gone).unwrap();
    }
    let name = held.to_string();
    let done = rig.run(&["hold", &name]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    rig.run(&["resume"]);
    pass(&rig);
    assert_blocked(&rig, copy, &["a copy"]);
    for page in [gone, held] {
        assert_fine(&rig, page);
    }
    rig.assert_quiet();
    rig.run(&["release", &name]);
    rig.run(&["sync", "--once", "--full"]);
    assert_blocked(&rig, held, &["a copy"]);
    rig.assert_quiet();
}

#[test]
fn a_page_without_these_columns_is_left_alone() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    rig.delete_column("Sync note");
    let off = "{ direction = \"off\" }";
    rig.link("fields", &format!("{{ sync = {off}, sync_note = {off} }}"));
    rig.settle();
    let copy = copy_of(&rig, rig.page(2));
    let before = rig.writes();
    pass(&rig);
    pass(&rig);
    assert_eq!(rig.writes(), before);
    assert_eq!(rig.cell(copy, "Sync"), "OK", "it is nobody's word any more");
}

#[test]
fn a_page_of_another_kind_that_is_to_become_an_issue_says_why_it_does_not() {
    let rig = Rig::start(Some(world(2, 1, 1)));
    rig.settle();
    let kinds = ["Pull request", "Commit", "Idea"];
    let pages: Vec<Id> = kinds
        .iter()
        .map(|kind| {
            let cells = vec![
                ("title", Cell::text(kind)),
                ("Kind", Cell::choice(kind)),
                ("Publish", Cell::choice("Ready")),
            ];
            rig.new_page(cells, "Text.")
        })
        .collect();
    let own = rig.new_page(
        vec![
            ("title", Cell::text("Mine")),
            ("Kind", Cell::choice("Idea")),
        ],
        "Text.",
    );
    pass(&rig);
    for (page, kind) in pages.iter().zip(kinds) {
        let why = format!("this one's Kind is {kind}");
        assert_blocked(&rig, *page, &[&why, "choose Issue"]);
        assert_eq!(rig.cell(*page, "Publish"), "Error");
    }
    assert_eq!(said(&rig, own), ["", ""], "nobody asked for anything");
    rig.assert_quiet();
    rig.run(&["sync", "--once", "--full"]);
    rig.assert_quiet();
    // As an issue it goes on, and who takes the wish back is told nothing any more.
    rig.edit_page(pages[0], vec![("Kind", Cell::choice("Issue"))]);
    rig.edit_page(pages[2], vec![("Kind", Cell::choice("Issue"))]);
    rig.edit_page(pages[1], vec![("Publish", Cell::choice("Draft"))]);
    rig.settle();
    for page in [pages[0], pages[2]] {
        assert_fine(&rig, page);
        assert_ne!(rig.cell(page, "Number"), "");
    }
    assert_eq!(said(&rig, pages[1]), ["", ""]);
    rig.assert_quiet();
}

#[test]
fn a_copy_that_is_trashed_as_its_note_says_waits_for_nobody() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let copy = copy_of(&rig, rig.page(2));
    assert_eq!(rig.run(&["sync", "--once"]).code, Some(2));
    {
        let now = rig.small.notion.shared.now();
        let mut service = rig.small.notion.shared.lock();
        service.world.trash(now, rig.small.person, copy).unwrap();
    }
    let done = rig.run(&["sync", "--once", "--full"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    let status = rig.run(&["status", "--json"]).json();
    assert_eq!(status["links"][0]["counts"]["parked"], 0, "{status}");
    assert_fine(&rig, rig.page(2));
    rig.assert_quiet();
}
