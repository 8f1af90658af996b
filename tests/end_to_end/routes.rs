//! Several repositories and several databases: every item where the rules say, and every edit in all of its places.

use std::fmt::Write as _;

use pulse_sync::sim::github::{IssueEdit, LabelEdit, NewRepo};
use pulse_sync::sim::notion::value::Value as Cell;
use pulse_sync::sim::notion::{Id, Parent, span};
use serde_json::json;

use super::rig::{GRACE, Rig};

/// Two databases: one for all issues of two repositories, one for the bugs of all three.
struct Routes {
    rig: Rig,
    bugs: Id,
}

fn lines() -> String {
    let mut text = String::new();
    for (src, number, label) in [
        ("lantern", 1, "bug"),
        ("lantern", 2, "idea"),
        ("compass", 1, "bug"),
        ("compass", 2, "docs"),
        ("anchor", 1, "bug"),
        ("anchor", 2, "idea"),
    ] {
        let line = json!({
            "kind": "issue", "src": src, "author": GRACE, "number": number,
            "title": format!("{src} {number}"), "body": "Some words.",
            "labels": [{"name": label}], "assignees": [], "created_at": "2026-01-02T10:00:00Z",
        });
        writeln!(text, "{line}").unwrap();
    }
    text
}

fn routes() -> Routes {
    let mut rig = Rig::start(Some(lines()));
    let (database, bugs) = {
        let now = rig.small.notion.shared.now();
        let mut service = rig.small.notion.shared.lock();
        let (bot, home) = (service.world.bot, service.world.home);
        let parent = Parent::Page(home);
        service
            .world
            .add_database(now, bot, parent, span::rich("Bugs"), Vec::new())
            .unwrap()
    };
    rig.link("repositories", r#"["ada/lantern", "ada/compass"]"#);
    rig.link("kinds", r#"["issue"]"#);
    rig.more = format!(
        "[[link]]\nname = \"bugs\"\nrepositories = [\"ada/*\"]\ndatabase = \"{database}\"\nkinds = [\"issue\"]\npublic = \"allow\"\n\
         [link.select]\nlabels = [\"bug\"]\n"
    );
    Routes { rig, bugs }
}

impl Routes {
    /// The titles of the pages of one database.
    fn titles(&self, source: Id) -> Vec<String> {
        let service = self.rig.small.notion.shared.lock();
        let world = &service.world;
        let title = |page: &Id| {
            world
                .value(*page, "title")
                .map(Cell::plain)
                .unwrap_or_default()
        };
        let mut all: Vec<String> = world.rows_of(source).iter().map(title).collect();
        all.sort();
        all
    }

    fn page(&self, source: Id, title: &str) -> Id {
        let service = self.rig.small.notion.shared.lock();
        let world = &service.world;
        let is = |page: &Id| world.value(*page, "title").map(Cell::plain).as_deref() == Some(title);
        let mut found = world.rows_of(source).into_iter().filter(is);
        let page = found
            .next()
            .unwrap_or_else(|| panic!("no page is called {title}"));
        assert_eq!(found.next(), None, "two pages are called {title}");
        page
    }

    fn edit(&self, repository: &str, number: u64, edit: IssueEdit) {
        let now = self.rig.small.notion.shared.now();
        self.rig.hub(|hub| {
            hub.edit_issue(now, "ada", repository, number, edit)
                .unwrap();
        });
    }

    fn label(&self, repository: &str, number: u64, labels: &[&str]) {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let edit = IssueEdit {
            labels: Some(labels),
            ..IssueEdit::default()
        };
        self.edit(repository, number, edit);
    }

    fn title(&self, repository: &str, number: u64) -> String {
        self.rig
            .hub(|hub| hub.issue(repository, number).unwrap().title.clone())
    }
}

#[test]
fn every_item_is_where_the_rules_say_and_edits_reach_all_of_its_places() {
    let routes = routes();
    let (rig, all) = (&routes.rig, routes.rig.small.source);
    rig.settle();
    assert_eq!(
        routes.titles(all),
        ["compass 1", "compass 2", "lantern 1", "lantern 2"]
    );
    assert_eq!(
        routes.titles(routes.bugs),
        ["anchor 1", "compass 1", "lantern 1"]
    );
    rig.assert_quiet();
    // From one database to the other, through GitHub, and back.
    rig.rename_page(routes.page(routes.bugs, "lantern 1"), "The wick smokes");
    rig.settle();
    assert_eq!(routes.title("ada/lantern", 1), "The wick smokes");
    rig.rename_page(
        routes.page(all, "The wick smokes"),
        "The wick smokes at night",
    );
    rig.settle();
    assert_eq!(routes.title("ada/lantern", 1), "The wick smokes at night");
    routes.page(routes.bugs, "The wick smokes at night");
    rig.assert_quiet();
}

#[test]
fn what_leaves_the_selection_keeps_its_page_and_goes_on_when_it_is_back() {
    let routes = routes();
    let (rig, all) = (&routes.rig, routes.rig.small.source);
    rig.settle();
    routes.label("ada/compass", 1, &["docs"]);
    rig.settle();
    let page = routes.page(routes.bugs, "compass 1");
    assert_eq!(rig.cell(page, "Sync"), "Unlinked");
    let renamed = IssueEdit {
        title: Some("compass one".to_owned()),
        ..IssueEdit::default()
    };
    routes.edit("ada/compass", 1, renamed);
    rig.settle();
    routes.page(all, "compass one");
    assert_eq!(
        rig.cell(page, "title"),
        "compass 1",
        "out of the selection, not written"
    );
    rig.assert_quiet();
    routes.label("ada/compass", 1, &["docs", "bug"]);
    rig.settle();
    assert_eq!(rig.cell(page, "title"), "compass one");
    assert_eq!(rig.cell(page, "Sync"), "OK");
    assert_eq!(
        routes.titles(routes.bugs),
        ["anchor 1", "compass one", "lantern 1"]
    );
    rig.assert_quiet();
    // An item that gets the label moves in.
    routes.label("ada/anchor", 2, &["bug"]);
    rig.settle();
    assert_eq!(routes.titles(routes.bugs).len(), 4);
}

#[test]
fn an_issue_made_from_a_page_belongs_to_the_database_it_was_made_in() {
    let routes = routes();
    let (rig, all) = (&routes.rig, routes.rig.small.source);
    rig.settle();
    let now = rig.small.notion.shared.now();
    let cells = [
        ("title", Cell::text("Made among the bugs")),
        ("Publish", Cell::choice("Ready")),
        ("Repository", Cell::choice("ada/lantern")),
    ];
    let cells = cells.map(|(name, cell)| (name.to_owned(), cell)).to_vec();
    let page = {
        let mut service = rig.small.notion.shared.lock();
        let world = &mut service.world;
        world
            .create_page(now, rig.small.person, routes.bugs, cells, "Words.")
            .unwrap()
    };
    rig.settle();
    assert_eq!(rig.cell(page, "Publish"), "Created");
    assert_eq!(rig.cell(page, "Labels"), "bug", "the link's own label");
    assert_eq!(rig.cell(page, "Sync"), "OK");
    routes.page(all, "Made among the bugs");
    let issues = rig.hub(|hub| hub.repo("ada/lantern").unwrap().issues.len());
    assert_eq!(issues, 3, "one issue, not one for each database");
    rig.assert_quiet();
}

/// An issue that leaves the selection as soon as it is made has told its page whose it is before: nothing else would
/// tie the two if the store were lost.
#[test]
fn an_issue_made_outside_the_selection_is_not_made_again_without_the_store() {
    let mut rig = Rig::start(Some(lines()));
    rig.link("select", r#"{ labels = ["bug"] }"#);
    rig.link("repositories", r#"["ada/lantern", "grace/barn"]"#);
    let now = rig.small.notion.shared.now();
    let bug = LabelEdit {
        name: Some("bug".to_owned()),
        ..LabelEdit::default()
    };
    rig.hub(|hub| {
        let barn = NewRepo::public("grace/barn");
        hub.create_repo(now, GRACE, barn).unwrap();
        hub.create_label(now, GRACE, "grace/barn", bug).unwrap();
    });
    rig.settle();
    // Whoever may not push there may make issues, and their labels are dropped without a word.
    let page = rig.new_page(
        vec![
            ("title", Cell::text("Made outside")),
            ("Publish", Cell::choice("Ready")),
            ("Repository", Cell::choice("grace/barn")),
        ],
        "Words.",
    );
    let issues = |rig: &Rig| rig.hub(|hub| hub.repo("grace/barn").unwrap().issues.len());
    let before = issues(&rig);
    rig.settle();
    assert_eq!(issues(&rig), before + 1);
    assert_ne!(rig.cell(page, "GitHub ID"), "");
    assert_eq!(rig.cell(page, "Publish"), "Created");
    for _ in 0..2 {
        std::fs::remove_dir_all(rig.state()).unwrap();
        rig.settle();
        assert_eq!(issues(&rig), before + 1, "one issue of one page");
    }
}
