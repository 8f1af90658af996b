//! The first days after a side was empty: what happens on any page or issue is seen by the next pass.

use std::collections::BTreeMap;

use pulse_sync::sim::github::NewIssue;
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::json;

use super::rig::{GRACE, Rig, world};

/// More items than one page of a listing shows.
const MANY: usize = 130;

/// A world whose database was empty when it was first listed, with the waiting time for listings that it has in
/// earnest.
fn imported() -> Rig {
    let mut rig = Rig::start(Some(world(MANY, 0, 0)));
    rig.advanced("list_lag", "\"10m\"");
    rig.settle();
    rig
}

/// Issue numbers, the issue whose page was made first to the one whose page was made last.
fn by_age_of_page(rig: &Rig) -> Vec<u64> {
    let nodes: BTreeMap<String, u64> = (1..=MANY as u64)
        .map(|number| (rig.issue(number).node_id, number))
        .collect();
    let mut pages = rig.pages();
    {
        let service = rig.small.notion.shared.lock();
        pages.sort_by_key(|page| service.world.pages[page].serial);
    }
    pages
        .into_iter()
        .map(|page| nodes[&rig.cell(page, "GitHub ID")])
        .collect()
}

#[test]
fn an_edit_of_any_page_is_seen_right_after_the_first_import() {
    let rig = imported();
    let numbers = by_age_of_page(&rig);
    // One at a time: news on the first page of a listing makes it go on.
    for at in [MANY - 1, MANY / 2, 0, MANY - 10] {
        let title = format!("The page at {at}");
        rig.rename_page(rig.page(numbers[at]), &title);
        rig.settle();
        assert_eq!(rig.issue(numbers[at]).title, title);
    }
}

#[test]
fn a_new_page_is_seen_right_after_the_first_import() {
    let rig = imported();
    rig.new_page(
        vec![
            ("title", Cell::text("Born in Notion")),
            ("Publish", Cell::choice("Ready")),
        ],
        "",
    );
    rig.settle();
    assert_eq!(rig.issue(MANY as u64 + 1).title, "Born in Notion");
}

#[test]
fn a_pass_without_news_after_the_first_import_asks_one_page_of_each_stream() {
    let rig = imported();
    rig.let_an_hour_pass();
    rig.settle();
    for _ in 0..3 {
        let report = rig.assert_quiet();
        // Issues and commits of one repository, pages of one database.
        assert_eq!(report["requests"], json!({"github": 2, "notion": 1}));
    }
}

#[test]
fn a_repository_that_was_empty_at_first_is_seen_whole() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    rig.advanced("list_lag", "\"10m\"");
    let repository = rig.small.repository.clone();
    rig.settle();
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        for n in 2..=MANY {
            let new = NewIssue {
                title: format!("Late {n}"),
                ..NewIssue::default()
            };
            hub.create_issue(now, GRACE, &repository, new).unwrap();
        }
    });
    rig.settle();
    assert_eq!(rig.pages().len(), MANY);
    for number in [2, MANY as u64 / 2, MANY as u64] {
        rig.rename_issue(number, &format!("Edited {number}"));
        rig.settle();
        let page = rig.page(number);
        assert_eq!(rig.cell(page, "title"), format!("Edited {number}"));
    }
}
