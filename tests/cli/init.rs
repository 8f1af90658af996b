//! `init` in a script: every answer a flag, nobody asked, nothing written before everything is known.

use std::path::PathBuf;
use std::process::Command;

use pulse_sync::sim::notion::ids::Id;
use pulse_sync::sim::notion::schema::Kind as Column;
use pulse_sync::sim::notion::value::Value as Cell;

use super::rig::{Done, Rig, bare, finish, world};

const ISSUES: usize = 54;

/// Only tokens and addresses: the configuration is what `init` makes.
fn command(rig: &Rig, args: &[&str]) -> Command {
    let mut command = bare(&rig.folder);
    command.envs(&rig.env).arg("init").args(args);
    command
}

fn init(rig: &Rig, args: &[&str]) -> Done {
    finish(&mut command(rig, args))
}

fn config(rig: &Rig) -> PathBuf {
    rig.folder.join("config.toml")
}

/// Nothing was written: no file, and nothing on either service.
fn assert_untouched(rig: &Rig) {
    assert!(!config(rig).exists());
    assert_eq!(rig.writes(), (0, 0));
}

fn by_hand(rig: &Rig, cells: Vec<(&str, Cell)>) -> Id {
    rig.new_page(cells, "")
}

fn address(rig: &Rig, number: u64) -> Cell {
    let repository = &rig.small.repository;
    Cell::line(&format!("https://github.com/{repository}/issues/{number}"))
}

/// A database of a team: 50 pages made by hand, two of them of one issue.
fn with_fifty_pages() -> (Rig, Vec<(u64, Id)>, Vec<Id>) {
    let rig = Rig::start(Some(world(ISSUES, 0, 0)));
    let now = rig.small.notion.shared.now();
    for (name, kind) in [
        ("URL", Column::Url),
        ("Repository", Column::Select(Vec::new())),
        ("Number", Column::Number("number".to_owned())),
        ("Assignee", Column::People),
        ("Milestone", Column::RichText),
    ] {
        let mut service = rig.small.notion.shared.lock();
        let (person, source) = (rig.small.person, rig.small.source);
        service
            .world
            .add_property(now, person, source, name, kind)
            .unwrap();
    }
    let open = (1..).filter(|number| rig.issue(*number).state.as_str() == "open");
    let numbers: Vec<u64> = open.take(39).collect();
    let mut made = Vec::new();
    let title = |number| ("title", Cell::text(&rig.issue(number).title));
    for number in &numbers[..20] {
        let cells = vec![title(*number), ("URL", address(&rig, *number))];
        made.push((*number, by_hand(&rig, cells)));
    }
    for number in &numbers[20..38] {
        let repository = Cell::choice(&rig.small.repository);
        let number_cell = Cell::Number(Some(*number as f64));
        let cells = vec![
            title(*number),
            ("Repository", repository),
            ("Number", number_cell),
        ];
        made.push((*number, by_hand(&rig, cells)));
    }
    let twice = numbers[38];
    let ambiguous = vec![
        by_hand(&rig, vec![title(twice), ("URL", address(&rig, twice))]),
        by_hand(&rig, vec![title(twice), ("URL", address(&rig, twice))]),
    ];
    for n in 0..10 {
        by_hand(&rig, vec![("title", Cell::text(&format!("A note {n}")))]);
    }
    rig.let_an_hour_pass();
    assert_eq!(rig.pages().len(), 50);
    (rig, made, ambiguous)
}

/// Says that everything is told before the first yes.
fn assert_told(out: &str) {
    for words in [
        "acts as ada",
        "may read and write issues",
        "integration pulse-sync in Small workspace",
        "issues may be read and written",
        "38  pages of yours adopted",
        "1  questions",
        "pages say that they are of",
        "beside your \"Assignee\"",
        "\"Milestone\" is of the type rich_text",
        "--apply",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
}

#[test]
fn with_flags_fifty_pages_made_by_hand_are_adopted_and_none_is_doubled() {
    let (rig, made, ambiguous) = with_fifty_pages();
    let database = rig.small.database.to_string();
    let repository = rig.small.repository.clone();
    let flags = ["--repositories", &repository, "--database", &database];

    let before = rig.writes();
    let planned = init(&rig, &flags);
    assert_eq!(planned.code, Some(2), "{}", planned.said());
    assert_eq!(rig.writes(), before, "only planned");
    assert_told(&planned.out);

    let again = init(&rig, &[&flags[..], &["--yes"]].concat());
    assert_eq!(again.code, Some(1), "{}", again.said());
    assert!(again.err.contains("--force"), "{}", again.err);
    let written = init(&rig, &[&flags[..], &["--yes", "--force"]].concat());
    assert_eq!(
        written.code,
        Some(2),
        "a question waits: {}",
        written.said()
    );
    assert!(rig.folder.join("config.toml.bak").exists());
    let cell = |page: Id| rig.cell(page, "GitHub ID");
    for (number, page) in &made {
        assert_eq!(cell(*page), rig.issue(*number).node_id, "#{number}");
    }
    assert!(ambiguous.iter().all(|page| cell(*page).is_empty()));
    let mut nodes: Vec<String> = rig.pages().into_iter().map(cell).collect();
    nodes.retain(|node| !node.is_empty());
    let all = nodes.len();
    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), all, "0 duplicates");
    let open = (1..=ISSUES as u64).filter(|number| rig.issue(*number).state.as_str() == "open");
    let named = made.len() + 1;
    assert_eq!(rig.pages().len(), 50 + open.count() - named);
    let secret = std::fs::read_to_string(config(&rig)).unwrap();
    assert!(
        !secret.contains(&rig.env["GITHUB_TOKEN"]) && !secret.contains(&rig.env["NOTION_TOKEN"])
    );
    let check = finish(bare(&rig.folder).envs(&rig.env).args(["config", "check"]));
    assert_eq!(check.code, Some(0), "{}", check.said());
    assert!(check.err.is_empty(), "{}", check.err);
}

#[test]
fn a_new_database_gets_its_properties_and_views() {
    let rig = Rig::start(Some(world(6, 2, 2)));
    let home = rig.small.notion.shared.lock().world.home.to_string();
    let repository = rig.small.repository.clone();
    let flags = [
        "--repositories",
        &repository,
        "--create-under",
        &home,
        "--title",
        "Lamps",
    ];
    let done = init(&rig, &[&flags[..], &["--apply"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert!(
        done.out
            .contains("with the views Board by Status, Open issues, Pull requests"),
        "{}",
        done.out
    );
    let service = rig.small.notion.shared.lock();
    let source = service
        .world
        .sources
        .values()
        .find(|source| source.id != rig.small.source)
        .unwrap();
    for name in ["GitHub ID", "Kind", "Status", "Labels", "Number", "URL"] {
        assert!(source.schema.find(name).is_some(), "{name}");
    }
    assert_eq!(service.world.views.len(), 3);
    let rows = service.world.rows_of(source.id).len();
    assert!(rows >= 6, "{rows} pages");
}

#[test]
fn views_that_notion_refuses_are_explained() {
    use pulse_sync::sim::notion::http::{FaultKind, Rule};
    let rig = Rig::start(Some(world(2, 0, 0)));
    let home = rig.small.notion.shared.lock().world.home.to_string();
    let repository = rig.small.repository.clone();
    let refused = Rule::always("/v1/views", FaultKind::Status(400, "validation_error"));
    rig.small.notion.shared.lock().faults.add(refused);
    let done = init(
        &rig,
        &["--repositories", &repository, "--create-under", &home],
    );
    assert_eq!(done.code, Some(2), "{}", done.said());
    assert!(
        done.out.contains("by hand: + beside the views, Board"),
        "{}",
        done.out
    );
    assert!(config(&rig).exists());
}

#[test]
fn a_missing_answer_is_an_error_that_names_its_flag() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    let done = init(&rig, &[]);
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("--repositories"), "{}", done.err);
    let repository = rig.small.repository.clone();
    let done = init(&rig, &["--repositories", &repository]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.err.contains("--database") && done.err.contains("\"Work\""),
        "{}",
        done.err
    );
    let done = init(&rig, &["--repositories", "lantern", "--database", "x"]);
    assert!(
        done.err.contains("owner/lantern") || done.err.contains("whose it is"),
        "{}",
        done.err
    );
    assert_untouched(&rig);
}

#[test]
fn a_refused_token_ends_it_with_its_own_code() {
    for (name, service) in [("GITHUB_TOKEN", "GitHub"), ("NOTION_TOKEN", "Notion")] {
        let mut rig = Rig::start(Some(world(2, 0, 0)));
        rig.env.insert(name, "ghp_wrong".to_owned());
        let done = init(&rig, &["--repositories", "ada/*"]);
        assert_eq!(done.code, Some(4), "{}", done.said());
        assert!(
            done.err.contains(service) && done.err.contains(name),
            "{}",
            done.err
        );
        assert!(!done.said().contains("ghp_wrong"));
        assert_untouched(&rig);
    }
}

#[test]
fn a_missing_token_says_where_to_put_one() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    rig.env.remove("NOTION_TOKEN");
    let done = init(&rig, &["--repositories", "ada/*"]);
    assert_eq!(done.code, Some(4), "{}", done.said());
    assert!(done.err.contains("set NOTION_TOKEN"), "{}", done.err);
    assert_untouched(&rig);
}

#[test]
fn without_a_shared_database_it_says_how_to_share_one() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    let hidden = rig.small.database;
    rig.small.notion.shared.lock().world.hidden.insert(hidden);
    let repository = rig.small.repository.clone();
    let done = init(&rig, &["--repositories", &repository]);
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(
        done.err.contains("Connections") && done.err.contains("--create-under"),
        "{}",
        done.err
    );
    let database = hidden.to_string();
    let done = init(
        &rig,
        &["--repositories", &repository, "--database", &database],
    );
    assert!(done.err.contains("shared"), "{}", done.err);
    assert_untouched(&rig);
}

#[test]
fn a_configuration_that_is_there_is_left_alone() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    std::fs::write(config(&rig), "# mine\n").unwrap();
    let database = rig.small.database.to_string();
    let done = init(
        &rig,
        &["--repositories", "ada/*", "--database", &database, "--yes"],
    );
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("--force"), "{}", done.err);
    assert_eq!(std::fs::read_to_string(config(&rig)).unwrap(), "# mine\n");
    assert_eq!(rig.writes(), (0, 0));
    assert_eq!(rig.requests(), 0, "it is said before anything is asked");
}

#[test]
fn read_only_forbids_it() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    let done = init(&rig, &["--read-only", "--yes"]);
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("--read-only forbids"), "{}", done.err);
    assert_untouched(&rig);
}
