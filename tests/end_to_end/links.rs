//! Two links on one database, pages whose issue would be none of the link's, and what a plan says of an issue that moved.

use pulse_sync::sim::github::NewRepo;
use pulse_sync::sim::notion::ids::Id;
use pulse_sync::sim::notion::value::Value as Cell;

use super::rig::{Rig, world};

/// The settings of a second link on the data source of the first one's database.
fn second_link(rig: &mut Rig) {
    let source = rig.small.source;
    rig.more = format!(
        "[[link]]\nname = \"second\"\nrepositories = [\"ada/lantern\"]\ndatabase = \"{source}\"\npublic = \"allow\"\n"
    );
}

#[test]
fn a_second_link_on_one_database_is_not_run_however_it_names_it() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    second_link(&mut rig);
    for _ in 0..3 {
        let done = rig.run(&["sync", "--once"]);
        assert_eq!(done.code, Some(1), "{}", done.said());
        let said = done.said();
        assert!(
            said.contains("`default`") && said.contains("`second`"),
            "{said}"
        );
    }
    let writes = rig.writes();
    assert_eq!(rig.pages().len(), 3);
    for page in rig.pages() {
        assert_eq!(rig.cell(page, "Sync"), "OK");
    }
    let planned = rig.run(&["plan"]);
    assert_eq!(planned.code, Some(1), "{}", planned.said());
    let done = rig.run(&["doctor"]);
    assert_eq!(done.code, Some(1), "{}", done.said());
    let said = "fail  database       the links `default` and `second`";
    assert!(done.out.contains(said), "{}", done.out);
    assert_eq!(rig.writes(), writes, "the two do not fight");
}

/// The one that has the database is the one that had it first; another database for it frees the first one.
#[test]
fn a_database_is_free_once_its_link_names_another_one() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    second_link(&mut rig);
    rig.run(&["sync", "--once", "--link", "second"]);
    assert_eq!(rig.pages().len(), 2);
    let done = rig.run(&["sync", "--once", "--link", "default"]);
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(
        done.said().contains("`default` is not run"),
        "{}",
        done.said()
    );
    // The configuration holds one link again, by another name than the store knows.
    rig.more = String::new();
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert_eq!(rig.pages().len(), 2, "they are taken over");
}

#[test]
fn a_plan_shows_what_becomes_of_an_issue_that_moved_within_the_selection() {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        hub.create_repo(now, "ada", NewRepo::public("ada/cellar"))
            .unwrap()
    });
    rig.link("repositories", "[\"ada/lantern\", \"ada/cellar\"]");
    rig.settle();
    rig.advanced("sweep_every", "\"0s\"");
    rig.hub(|hub| {
        hub.transfer_issue(now, "ada", "ada/lantern", 2, "ada/cellar")
            .unwrap()
    });
    let done = rig.run(&["plan", "--json"]);
    let plan = done.json();
    let items = plan["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{plan}");
    assert_eq!(items[0]["item"], "ada/cellar#1", "{plan}");
    let steps = items[0]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{plan}");
    assert_eq!(steps[0]["verb"], "change", "no page is made: {plan}");
    assert_eq!(done.code, Some(2), "{}", done.said());
    rig.settle();
    assert_eq!(rig.pages().len(), 4);
    let done = rig.run(&["plan"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
}

fn ready(rig: &Rig, title: &str, more: Vec<(&str, Cell)>) -> Id {
    let mut cells = vec![
        ("title", Cell::text(title)),
        ("Publish", Cell::choice("Ready")),
    ];
    cells.extend(more);
    rig.new_page(cells, "Text.")
}

fn assert_refused(rig: &Rig, page: Id, why: &str) {
    let said = ["Publish", "Sync", "Sync note"].map(|column| rig.cell(page, column));
    assert_eq!((said[0].as_str(), said[1].as_str()), ("Error", "Blocked"));
    assert!(said[2].contains(why), "{}", said[2]);
}

fn issues(rig: &Rig) -> usize {
    rig.hub(|hub| hub.repo(&rig.small.repository).unwrap().issues.len())
}

#[test]
fn no_issue_is_made_of_a_page_that_the_link_would_let_go_of_at_once() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.link(
        "select",
        "{ labels = [\"b*\", \"d*\", \"i*\"], without_labels = [\"wontfix\"] }",
    );
    rig.settle();
    let bare = ready(&rig, "No label", Vec::new());
    let unwanted = Cell::choices(&["bug", "wontfix"]);
    let unwanted = ready(&rig, "A wrong label", vec![("Labels", unwanted)]);
    // The label is wanted, but it is not there, and may not be made.
    let missing = ready(
        &rig,
        "Missing",
        vec![("Labels", Cell::choices(&["bright"]))],
    );
    let fine = ready(&rig, "Fine", vec![("Labels", Cell::choices(&["bug"]))]);
    let planned = rig.run(&["plan"]);
    assert!(planned.said().contains("needs you: "), "{}", planned.said());
    for _ in 0..3 {
        rig.run(&["sync", "--once"]);
    }
    assert_refused(&rig, bare, "\"b*\"");
    assert_refused(&rig, unwanted, "\"wontfix\"");
    assert_refused(&rig, missing, "\"bright\"");
    assert_eq!(rig.cell(fine, "Sync"), "OK");
    assert_eq!(issues(&rig), 4);
    rig.edit_page(bare, vec![("Labels", Cell::choices(&["bug"]))]);
    rig.settle();
    assert_eq!(rig.cell(bare, "Sync"), "OK");
    assert_eq!(issues(&rig), 5);
}

/// The program makes issues as the account of its token.
#[test]
fn no_issue_is_made_of_a_page_by_an_author_that_the_link_leaves_out() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.link("select", "{ authors = [\"grace\"] }");
    rig.settle();
    let page = ready(&rig, "By whom", Vec::new());
    rig.settle();
    assert_refused(&rig, page, "\"ada\"");
    rig.link("select", "{ milestones = [\"v1.*\"] }");
    let other = ready(&rig, "Without a milestone", Vec::new());
    for _ in 0..3 {
        rig.run(&["sync", "--once"]);
    }
    assert_refused(&rig, page, "\"v1.*\"");
    assert_refused(&rig, other, "\"v1.*\"");
    assert_eq!(issues(&rig), 3);
}

/// Labels may not be made, so that the new name of an option cannot be written: the old one stays until it can.
#[test]
fn an_option_that_is_renamed_in_notion_takes_no_label_from_an_issue() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let page = rig.page(1);
    rig.rename_option("Labels", ("bug", "defect"));
    for _ in 0..4 {
        rig.run(&["sync", "--once", "--full"]);
    }
    let labels = |rig: &Rig| {
        let issue = rig.issue(1);
        rig.hub(|hub| {
            let repo = hub.repo(&rig.small.repository).unwrap();
            let names = repo.label_names(&issue).into_iter();
            names.map(str::to_owned).collect::<Vec<_>>()
        })
    };
    assert_eq!(labels(&rig), ["bug"]);
    assert_eq!(rig.cell(page, "Sync"), "Blocked");
    assert!(rig.cell(page, "Sync note").contains("defect"));
    rig.assert_quiet();
    // Another label is taken off: that is a change of its own.
    rig.link("create_labels", "true");
    rig.run(&["retry"]);
    rig.settle();
    assert_eq!(labels(&rig), ["defect"]);
    assert_eq!(rig.cell(page, "Sync"), "OK");
}
