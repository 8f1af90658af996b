//! Pages that people made of items by hand, before there was a sync: adopted, never doubled; several are a question.

use pulse_sync::core::{Pair, PairLife};
use pulse_sync::sim::notion::ids::Id;
use pulse_sync::sim::notion::schema::Kind as Column;
use pulse_sync::sim::notion::value::Value as Cell;
use pulse_sync::store::sqlite::{Access, SqliteStore};
use pulse_sync::store::{Store, Which};
use serde_json::json;

use super::rig::{Rig, world};

/// Items of the world that pages are made of by hand.
const ISSUES: usize = 60;
const PULLS: usize = 4;

/// A database as a team may have it: names of its own beside the three that say whose a page is.
fn started() -> Rig {
    let rig = Rig::start(Some(world(ISSUES, PULLS, 3)));
    columns(&rig);
    rig
}

fn columns(rig: &Rig) {
    let now = rig.small.notion.shared.now();
    let mut service = rig.small.notion.shared.lock();
    for (name, kind) in [
        ("URL", Column::Url),
        ("Repository", Column::Select(Vec::new())),
        ("Number", Column::Number("number".to_owned())),
        ("Estimate", Column::Number("number".to_owned())),
    ] {
        service
            .world
            .add_property(now, rig.small.person, rig.small.source, name, kind)
            .unwrap();
    }
}

fn by_address(rig: &Rig, number: u64, kind: &str) -> Id {
    let title = rig.issue(number).title;
    let address = format!(
        "https://github.com/{}/{kind}/{number}",
        rig.small.repository
    );
    let cells = vec![
        ("title", Cell::text(&title)),
        ("URL", Cell::line(&address)),
        ("Estimate", Cell::Number(Some(3.0))),
    ];
    rig.new_page(cells, "")
}

fn by_number(rig: &Rig, number: u64, repository: &str) -> Id {
    let title = rig.issue(number).title;
    let cells = vec![
        ("title", Cell::text(&title)),
        ("Repository", Cell::choice(repository)),
        ("Number", Cell::Number(Some(number as f64))),
    ];
    rig.new_page(cells, "")
}

/// The pages that carry an item's hidden id.
fn pages_of(rig: &Rig, number: u64) -> Vec<Id> {
    let node = rig.issue(number).node_id;
    let mut found = rig.pages();
    found.retain(|page| rig.cell(*page, "GitHub ID") == node);
    found
}

#[test]
fn fifty_pages_made_by_hand_are_adopted_and_none_is_doubled() {
    let rig = started();
    let mut made = Vec::new();
    for number in 1..=25 {
        made.push((number, by_address(&rig, number, "issues")));
    }
    for number in 26..=46 {
        made.push((number, by_number(&rig, number, "ada/lantern")));
    }
    for number in 47..=48 {
        made.push((number, by_number(&rig, number, "Lantern")));
    }
    let pull = ISSUES as u64 + 1;
    made.push((pull, by_address(&rig, pull, "pull")));
    made.push((pull + 1, by_number(&rig, pull + 1, "ada/lantern")));
    assert_eq!(made.len(), 50);
    rig.settle();
    for (number, page) in &made {
        assert_eq!(pages_of(&rig, *number), [*page], "#{number}");
    }
    assert_eq!(rig.cell(made[0].1, "Estimate"), "3", "what is theirs stays");
    assert_eq!(rig.pages().len(), ISSUES + PULLS + 3);
    rig.assert_quiet();
    let told = rig.run(&["history", "--json", "--limit", "500"]).out;
    assert!(told.contains("adopted"), "{told}");
}

#[test]
fn a_plan_tells_what_would_be_adopted_and_writes_nothing() {
    let rig = started();
    for number in 1..=5 {
        by_address(&rig, number, "issues");
    }
    let before = rig.writes();
    let plan = rig.run(&["plan", "--json"]).json();
    assert_eq!(rig.writes(), before);
    let items = plan["items"].as_array().unwrap();
    let adopted = items.iter().filter(|item| item["adopted"] == json!(true));
    assert_eq!(adopted.count(), 5, "{plan:#}");
    let creates = |item: &&serde_json::Value| item["steps"][0]["verb"] == json!("create");
    assert_eq!(items.iter().filter(creates).count(), ISSUES + PULLS + 3 - 5);
}

#[test]
fn several_pages_of_one_item_are_a_question_until_one_is_left() {
    let rig = started();
    let first = by_address(&rig, 1, "issues");
    let second = by_number(&rig, 1, "ada/lantern");
    let third = by_address(&rig, 2, "issues");
    let fourth = by_address(&rig, 2, "issues");
    let plan = rig.run(&["plan"]);
    assert!(
        plan.out.contains("2 pages say that they are of"),
        "{}",
        plan.out
    );
    rig.settle();
    assert!(pages_of(&rig, 1).is_empty() && pages_of(&rig, 2).is_empty());
    assert_eq!(
        rig.pages().len(),
        ISSUES + PULLS + 3 + 2,
        "none is made beside them"
    );
    let status = rig.run(&["sync", "--once"]);
    assert_eq!(status.code, Some(2), "{}", status.said());
    assert!(status.said().contains("keep one"), "{}", status.said());

    // One is put into the trash, the other pair is told apart by its words.
    let now = rig.small.notion.shared.now();
    let person = rig.small.person;
    let trashed = rig
        .small
        .notion
        .shared
        .lock()
        .world
        .trash(now, person, second);
    trashed.unwrap();
    rig.edit_page(fourth, vec![("URL", Cell::Line(None))]);
    rig.run(&["sync", "--once", "--full"]);
    rig.settle();
    assert_eq!(pages_of(&rig, 1), [first]);
    assert_eq!(pages_of(&rig, 2), [third]);
    assert_eq!(rig.cell(fourth, "GitHub ID"), "");
    rig.assert_quiet();
}

#[test]
fn a_page_that_names_an_item_with_a_page_is_a_question_and_no_new_issue() {
    let mut rig = started();
    rig.link("new_pages", "\"all\"");
    rig.settle();
    let issues = rig.hub(|hub| hub.repo(&rig.small.repository).unwrap().issues.len());
    let late = by_address(&rig, 3, "issues");
    let unknown = by_number(&rig, 4, "ada/elsewhere");
    rig.settle();
    let after = rig.hub(|hub| hub.repo(&rig.small.repository).unwrap().issues.len());
    assert_eq!(after, issues);
    for page in [late, unknown] {
        assert_eq!(rig.cell(page, "GitHub ID"), "");
    }
    let status = rig.run(&["sync", "--once"]).said();
    assert!(status.contains("has another page"), "{status}");
    assert!(
        status.contains("is not among this link's repositories"),
        "{status}"
    );
}

#[test]
fn the_question_of_a_second_page_is_over_once_the_first_is_in_the_trash() {
    let rig = started();
    rig.settle();
    let (first, second) = (rig.page(3), by_address(&rig, 3, "issues"));
    rig.settle();
    let status = rig.run(&["status"]).said();
    assert!(status.contains("has another page"), "{status}");
    trash(&rig, first);
    rig.run(&["sync", "--once", "--full"]);
    rig.settle();
    assert_eq!(pages_of(&rig, 3), [second]);
    let status = rig.run(&["status"]).said();
    assert!(!status.contains("has another page"), "{status}");
    assert_eq!(rig.run(&["sync", "--once"]).code, Some(0));
    rig.rename_issue(3, "Followed");
    rig.settle();
    assert_eq!(rig.cell(second, "title"), "Followed");
    rig.assert_quiet();
}

#[test]
fn what_differs_on_the_page_that_follows_is_asked() {
    let rig = started();
    rig.settle();
    let (first, second) = (rig.page(3), by_address(&rig, 3, "issues"));
    rig.rename_page(second, "As the team calls it");
    rig.settle();
    trash(&rig, first);
    rig.run(&["sync", "--once", "--full"]);
    rig.settle();
    assert_eq!(pages_of(&rig, 3), [second]);
    assert_ne!(rig.issue(3).title, "As the team calls it");
    let conflicts = rig.run(&["conflicts", "list"]).out;
    assert!(conflicts.contains("ada/lantern#3  title"), "{conflicts}");
}

#[test]
fn a_page_that_is_not_ready_is_asked_about_as_well() {
    let rig = started();
    rig.settle();
    let late = by_number(&rig, 4, "ada/lantern");
    let plan = rig.run(&["plan"]).said();
    assert!(plan.contains("has another page"), "{plan}");
    rig.settle();
    assert_eq!(rig.cell(late, "GitHub ID"), "");
    for args in [&["status"][..], &["plan"]] {
        let said = rig.run(args).said();
        assert!(said.contains("has another page"), "{args:?}: {said}");
    }
}

#[test]
fn a_page_that_says_it_later_is_asked_about_too() {
    let rig = started();
    let page = rig.new_page(vec![("title", Cell::text("Notes on the lamp"))], "");
    rig.settle();
    let address = format!(
        "https://github.com/{}/issues/5#issuecomment-7",
        rig.small.repository
    );
    rig.edit_page(page, vec![("URL", Cell::line(&address))]);
    let plan = rig.run(&["plan"]).said();
    assert!(plan.contains("has another page"), "{plan}");
    rig.settle();
    let status = rig.run(&["status"]).said();
    assert!(status.contains("has another page"), "{status}");
    rig.edit_page(page, vec![("URL", Cell::Line(None))]);
    rig.settle();
    let status = rig.run(&["status"]).said();
    assert!(!status.contains("has another page"), "{status}");
}

#[test]
fn the_address_that_the_api_gives_is_one_too() {
    let rig = started();
    let title = rig.issue(1).title;
    let cells = |address: &str| vec![("title", Cell::text(&title)), ("URL", Cell::line(address))];
    let api = format!(
        "{}/repos/{}/issues/",
        rig.small.github.url, rig.small.repository
    );
    let known = "https://api.github.com/repos/ada/lantern/issues/";
    let first = rig.new_page(cells(&format!("{known}1")), "");
    let second = rig.new_page(
        vec![
            ("title", Cell::text(&rig.issue(2).title)),
            ("URL", Cell::line(&format!("{api}2"))),
        ],
        "",
    );
    rig.settle();
    assert_eq!(pages_of(&rig, 1), [first]);
    assert_eq!(pages_of(&rig, 2), [second]);
    assert_eq!(rig.pages().len(), ISSUES + PULLS + 3);
}

/// Ada puts a page into the trash.
fn trash(rig: &Rig, page: Id) {
    let now = rig.small.notion.shared.now();
    let mut service = rig.small.notion.shared.lock();
    service.world.trash(now, rig.small.person, page).unwrap();
}

#[test]
fn what_differs_between_an_issue_and_its_adopted_page_is_asked() {
    let rig = started();
    let page = by_address(&rig, 7, "issues");
    rig.rename_page(page, "As the team calls it");
    rig.settle();
    assert_eq!(rig.cell(page, "title"), "As the team calls it");
    assert_ne!(rig.issue(7).title, "As the team calls it");
    let conflicts = rig.run(&["conflicts", "list"]).out;
    assert!(conflicts.contains("ada/lantern#7  title"), "{conflicts}");
}

/// Nothing is said of a page but that it was adopted.
#[test]
fn an_adoption_is_no_error() {
    let rig = started();
    for number in 1..=3 {
        by_address(&rig, number, "issues");
    }
    let report = rig.sync();
    assert_eq!(report["errors"], serde_json::json!([]), "{report}");
    assert_eq!(report["set_aside"], serde_json::json!([]), "{report}");
}

/// The link's name in these tests.
const LINK: &str = "default";

#[test]
fn an_adoption_that_a_crash_cut_in_two_is_finished() {
    let rig = started();
    let page = by_address(&rig, 1, "issues");
    // A paused pass notes what there is, and writes nothing.
    rig.run(&["pause"]);
    rig.run(&["sync", "--once"]);
    rig.run(&["resume"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(&rig.store(), Access::Own).unwrap();
        let pairs = store.pairs(LINK, Which::All, None, 500).await.unwrap();
        let id = page.to_string();
        let is_page = |pair: &&Pair| pair.notion.as_ref().is_some_and(|seen| seen.node == id);
        let mut pair = pairs.iter().find(is_page).unwrap().clone();
        // What the first of two commits leaves.
        pair.notion = None;
        pair.life = PairLife::Tombstone;
        pair.dirty_since = None;
        store.put(&pair, &[]).await.unwrap();
    });
    rig.settle();
    assert_eq!(pages_of(&rig, 1), [page]);
    assert_eq!(rig.pages().len(), ISSUES + PULLS + 3);
}

#[test]
fn kills_during_adoption_double_nothing() {
    const KILLS: usize = 25;
    let mut rig = started();
    rig.advanced("send_deadline", "\"1s\"");
    rig.advanced("flight", "\"3s\"");
    rig.advanced("lookup_gap", "\"200ms\"");
    let made: Vec<(u64, Id)> = (1..=ISSUES as u64)
        .map(|number| (number, by_address(&rig, number, "issues")))
        .collect();
    let mut chance = fastrand::Rng::with_seed(5);
    for _ in 0..KILLS {
        let mut child = rig.spawn(&["sync", "--once", "--json"]);
        let goal = rig.requests() + chance.u64(6..=16);
        while rig.requests() < goal && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let is_done = || {
        let mut all = made.iter();
        all.all(|(number, page)| pages_of(&rig, *number) == [*page])
    };
    for _ in 0..600 {
        if is_done() && rig.pages().len() == ISSUES + PULLS + 3 {
            break;
        }
        rig.sync();
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(is_done());
    assert_eq!(rig.pages().len(), ISSUES + PULLS + 3);
}
