//! What a person answers on the command line: conflicts, undo, held changes, pause, one item.

use pulse_sync::sim::github::IssueEdit;
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::{Value as Json, json};

use super::rig::{Rig, world};

/// Renames an issue and its page differently and lets a pass find it.
fn conflict(rig: &Rig, number: u64) -> Json {
    rig.rename_issue(number, "The title on GitHub");
    rig.rename_page(rig.page(number), "The title in Notion");
    let done = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(done.code, Some(2), "{}", done.said());
    assert_eq!(done.json()["conflicts"], json!(1));
    let list = rig.run(&["conflicts", "list", "--json"]);
    assert_eq!(list.code, Some(2), "{}", list.said());
    let list = list.json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    list[0].clone()
}

fn id(of: &Json) -> &str {
    of["id"].as_str().unwrap()
}

#[test]
fn a_conflict_is_shown_and_the_chosen_value_goes_to_both_sides() {
    for (pick, title) in [
        ("github", "The title on GitHub"),
        ("notion", "The title in Notion"),
        ("base", "Item 3 of the lamp"),
    ] {
        let rig = Rig::start(Some(world(12, 0, 0)));
        rig.settle();
        let open = conflict(&rig, 3);
        assert_eq!(open["field"], json!("title"));
        assert_eq!(open["base"], json!("Item 3 of the lamp"));
        assert_eq!(open["github"], json!("The title on GitHub"));
        assert_eq!(open["notion"], json!("The title in Notion"));
        assert_eq!(open["choice"], Json::Null);
        assert_eq!(
            &*rig.issue(3).title,
            "The title on GitHub",
            "nothing is decided in secret"
        );

        let show = rig.run(&["conflicts", "show", id(&open)]);
        assert_eq!(show.code, Some(2));
        for word in [
            "Item 3 of the lamp",
            "The title on GitHub",
            "The title in Notion",
        ] {
            assert!(show.out.contains(word), "{}", show.out);
        }
        let take = rig.run(&["conflicts", "take", id(&open), pick]);
        assert_eq!(take.code, Some(0), "{}", take.said());
        let report = rig.settle();
        assert_eq!(report["conflicts"], json!(0));
        assert_eq!(&*rig.issue(3).title, title);
        assert_eq!(rig.cell(rig.page(3), "title"), title);
        assert_eq!(rig.run(&["conflicts", "list"]).code, Some(0));
        rig.assert_agreement();
    }
}

#[test]
fn a_conflict_names_who_changed_each_side_and_when() {
    let rig = Rig::start(Some(world(6, 0, 0)));
    rig.settle();
    let open = conflict(&rig, 3);
    assert_eq!(open["github_by"], json!("grace"), "{open}");
    assert_eq!(open["notion_by"], json!("Ada"), "{open}");
    let show = rig.run(&["conflicts", "show", id(&open)]);
    for (side, by, at) in [
        ("github", "grace", &open["github_at"]),
        ("notion", "Ada", &open["notion_at"]),
    ] {
        let head = format!("--- {side} ({by}, {})", at.as_str().unwrap());
        assert!(show.out.contains(&head), "{head} in {}", show.out);
    }
    // It is asked when the conflict opens, not at every look.
    let asked = || {
        let service = rig.small.notion.shared.lock();
        let users = |path: &String| path.starts_with("/v1/users/") && !path.ends_with("/me");
        let paths = service.operations.iter().map(|one| &one.path);
        paths.filter(|path| users(path)).count()
    };
    assert_eq!(asked(), 1);
    rig.run(&["sync", "--once"]);
    assert_eq!(asked(), 1, "the conflict stands as it was");
}

#[test]
fn a_choice_is_void_when_a_side_moved_on() {
    let rig = Rig::start(Some(world(12, 0, 0)));
    rig.settle();
    let open = conflict(&rig, 3);
    assert_eq!(
        rig.run(&["conflicts", "take", id(&open), "notion"]).code,
        Some(0)
    );
    rig.rename_issue(3, "A later title on GitHub");
    let done = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(done.code, Some(2), "{}", done.said());
    assert_eq!(&*rig.issue(3).title, "A later title on GitHub");
    assert_eq!(rig.cell(rig.page(3), "title"), "The title in Notion");
    let again = rig.run(&["conflicts", "list", "--json"]).json();
    assert_eq!(again[0]["github"], json!("A later title on GitHub"));
    assert_eq!(again[0]["choice"], Json::Null);
}

#[test]
fn an_unknown_conflict_is_named_as_such() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    for args in [
        ["conflicts", "show", "nosuch"].as_slice(),
        &["conflicts", "take", "nosuch", "github"],
    ] {
        let done = rig.run(args);
        assert_eq!(done.code, Some(1));
        assert!(done.err.contains("conflicts list"), "{}", done.err);
    }
}

#[test]
fn an_undo_shows_its_plan_and_puts_both_sides_back() {
    let rig = Rig::start(Some(world(6, 0, 0)));
    rig.settle();
    rig.rename_page(rig.page(2), "A hasty title");
    rig.settle();
    assert_eq!(&*rig.issue(2).title, "A hasty title");
    let history = rig.run(&["history", "--json"]).json();
    let record = history
        .as_array()
        .unwrap()
        .iter()
        .find(|record| {
            record["verb"] == "change"
                && record["outcome"] == "done"
                && record["changes"][0]["field"] == "title"
        })
        .unwrap_or_else(|| panic!("{history}"));
    assert_eq!(record["changes"][0]["before"], json!("Item 2 of the lamp"));
    let shown = rig.run(&["undo", id(record)]);
    assert_eq!(shown.code, Some(2), "{}", shown.said());
    assert!(shown.out.contains("--yes"), "{}", shown.out);
    assert_eq!(&*rig.issue(2).title, "A hasty title", "only shown");
    let done = rig.run(&["undo", id(record), "--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert_eq!(
        done.out.matches("written to GitHub").count(),
        1,
        "{}",
        done.out
    );
    for passing in ["still queued", "in conflict"] {
        assert!(!done.out.contains(passing), "{}", done.out);
    }
    rig.settle();
    assert_eq!(&*rig.issue(2).title, "Item 2 of the lamp");
    assert_eq!(rig.cell(rig.page(2), "title"), "Item 2 of the lamp");
    rig.assert_agreement();
    for args in [&["undo", id(record)][..], &["undo", id(record), "--yes"]] {
        let done = rig.run(args);
        assert_eq!(done.code, Some(0), "{}", done.said());
        assert!(done.out.contains("nothing to undo"), "{}", done.out);
        assert!(!done.out.contains("->"), "{}", done.out);
    }
}

/// A script renames most pages at once.
fn flood(rig: &Rig) -> Json {
    for number in 1..=30 {
        rig.rename_page(rig.page(number), &format!("FLOOD {number}"));
    }
    let done = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(done.code, Some(3), "{}", done.said());
    assert_eq!(done.json()["held"], json!(30));
    assert_eq!(&*rig.issue(1).title, "Item 1 of the lamp");
    let held = rig.run(&["held", "list", "--json"]);
    assert_eq!(held.code, Some(3), "{}", held.said());
    let held = held.json();
    assert_eq!(held[0]["pairs"].as_array().unwrap().len(), 30);
    let items = held[0]["items"].as_array().unwrap();
    assert_eq!(items.len(), 30);
    assert!(items.contains(&json!("ada/lantern#7")), "{held}");
    let since = held[0]["since"].as_str().unwrap();
    assert!(since.starts_with("20") && since.ends_with('Z'), "{since}");
    held[0].clone()
}

#[test]
fn a_flood_is_held_until_it_is_agreed_to_and_others_go_on() {
    let rig = Rig::start(Some(world(40, 0, 0)));
    rig.settle();
    let held = flood(&rig);
    rig.rename_issue(39, "Not part of it");
    rig.sync();
    assert_eq!(rig.cell(rig.page(39), "title"), "Not part of it");
    let words = rig.run(&["held", "list"]);
    assert!(words.out.contains("held apply"), "{}", words.out);
    assert_eq!(rig.run(&["held", "apply", id(&held)]).code, Some(0));
    let report = rig.settle();
    assert_eq!(report["held"], json!(0));
    assert_eq!(&*rig.issue(1).title, "FLOOD 1");
    assert_eq!(&*rig.issue(30).title, "FLOOD 30");
    assert_eq!(rig.run(&["held", "list"]).code, Some(0));
    rig.assert_agreement();
}

#[test]
fn a_flood_that_was_wrong_is_put_back() {
    let rig = Rig::start(Some(world(40, 0, 0)));
    rig.settle();
    let held = flood(&rig);
    assert_eq!(rig.run(&["held", "keep", id(&held)]).code, Some(0));
    let report = rig.settle();
    assert_eq!(report["held"], json!(0), "{report}");
    assert_eq!(&*rig.issue(1).title, "Item 1 of the lamp");
    assert_eq!(rig.cell(rig.page(1), "title"), "Item 1 of the lamp");
    rig.assert_agreement();
}

#[test]
fn many_deleted_issues_trash_no_page_without_a_word() {
    let rig = Rig::start(Some(world(40, 0, 0)));
    rig.settle();
    let now = rig.small.notion.shared.now();
    for number in 1..=9 {
        rig.hub(|hub| {
            hub.delete_issue(now, "ada", &rig.small.repository, number)
                .unwrap();
        });
    }
    let done = rig.run(&["sync", "--once", "--full", "--json"]);
    assert_eq!(done.code, Some(3), "{}", done.said());
    assert_eq!(rig.pages().len(), 40, "no page is in the trash");
    let held = rig.run(&["held", "list", "--json"]).json();
    assert_eq!(held[0]["pairs"].as_array().unwrap().len(), 9);
    assert_eq!(rig.run(&["held", "apply", id(&held[0])]).code, Some(0));
    rig.settle();
    assert_eq!(rig.pages().len(), 31);
    rig.assert_agreement();
}

#[test]
fn nothing_is_written_while_paused() {
    let rig = Rig::start(Some(world(6, 0, 0)));
    rig.settle();
    assert_eq!(rig.run(&["pause"]).code, Some(0));
    rig.rename_issue(1, "While paused");
    let before = rig.writes();
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(3), "{}", done.said());
    assert!(done.out.contains("pulse-sync resume"), "{}", done.out);
    assert_eq!(rig.writes(), before);
    assert!(rig.run(&["status"]).out.contains("paused since"));
    assert_eq!(rig.run(&["resume"]).code, Some(0));
    rig.settle();
    assert_eq!(rig.cell(rig.page(1), "title"), "While paused");
}

#[test]
fn one_item_is_synced_at_once_and_alone() {
    let mut rig = Rig::start(Some(world(6, 0, 0)));
    rig.settle();
    rig.advanced("rest", "\"1h\"");
    rig.link("create_labels", "true");
    for number in [1, 2] {
        rig.rename_issue(number, "Now");
        let page = rig.page(number);
        rig.edit_page(page, vec![("Labels", Cell::choices(&["fresh"]))]);
    }
    let item = format!("{}#1", rig.small.repository);
    // A turn writes to one side; the second pass does the other.
    for code in [2, 0] {
        let done = rig.run(&["sync", "--once", "--json", "--item", &item]);
        assert_eq!(done.code, Some(code), "{}", done.said());
    }
    assert_eq!(rig.cell(rig.page(1), "title"), "Now");
    assert!(rig.hub(|hub| {
        hub.repo(&rig.small.repository)
            .unwrap()
            .label("fresh")
            .is_some()
    }));
    assert_eq!(rig.cell(rig.page(2), "title"), "Item 2 of the lamp");
}

#[test]
fn a_policy_decides_and_keeps_the_other_value() {
    let mut rig = Rig::start(Some(world(6, 0, 0)));
    rig.link("conflict", "\"github\"");
    rig.settle();
    rig.edit_issue(
        1,
        IssueEdit {
            title: Some("GitHub's".to_owned()),
            ..IssueEdit::default()
        },
    );
    rig.rename_page(rig.page(1), "Notion's");
    rig.settle();
    assert_eq!(rig.cell(rig.page(1), "title"), "GitHub's");
    let history = rig.run(&["history", "--json"]);
    assert!(history.out.contains("Notion's"), "{}", history.out);
}

#[test]
fn a_field_may_have_a_policy_of_its_own() {
    let mut rig = Rig::start(Some(world(6, 0, 0)));
    rig.link(
        "conflicts",
        "{ title = \"notion\", issue = { state = \"github\" } }",
    );
    rig.settle();
    rig.edit_issue(
        1,
        IssueEdit {
            title: Some("GitHub's".to_owned()),
            body: Some(Some("GitHub's text".to_owned())),
            ..IssueEdit::default()
        },
    );
    let page = rig.page(1);
    rig.rename_page(page, "Notion's");
    rig.edit_body(page, |_| "Notion's text".to_owned());
    let done = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(done.json()["conflicts"], json!(1), "{}", done.said());
    assert_eq!(&*rig.issue(1).title, "Notion's");
    let open = rig.run(&["conflicts", "list", "--json"]).json();
    assert_eq!(open[0]["field"], json!("body"), "{open}");
    let history = rig.run(&["history", "--json"]);
    assert!(history.out.contains("GitHub's\""), "{}", history.out);
}

/// "Always": the choice is taken, and the line that says so from now on is written and shown.
#[test]
fn a_side_may_be_taken_always() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    let collide = |github: &str, notion: &str| {
        rig.rename_issue(1, github);
        rig.rename_page(rig.page(1), notion);
        rig.run(&["sync", "--once", "--json"]).json()
    };
    assert_eq!(collide("GitHub's", "Notion's")["conflicts"], 1);
    let item = format!("{}#1", rig.small.repository);
    // The file is written by the rig before each command, so what the command made of it is read at once.
    let done = rig.run(&["conflicts", "take", &item, "github", "--always"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert!(
        done.out.contains("[link.conflicts] title = \"github\""),
        "{}",
        done.out
    );
    let text = std::fs::read_to_string(rig.folder.join("config.toml")).unwrap();
    assert!(text.contains("title = \"github\""), "{text}");
    assert!(rig.folder.join("config.toml.bak").exists());
    rig.settle();
    assert_eq!(rig.cell(rig.page(1), "title"), "GitHub's");
    // With the line nobody is asked.
    let mut rig = rig;
    rig.link("conflicts", "{ title = \"github\" }");
    rig.rename_issue(1, "Again GitHub's");
    rig.rename_page(rig.page(1), "Again Notion's");
    rig.settle();
    assert_eq!(rig.cell(rig.page(1), "title"), "Again GitHub's");
    let refused = rig.run(&["conflicts", "take", &item, "base", "--always"]);
    assert!(refused.err.contains("--always goes with github or notion"));
}
