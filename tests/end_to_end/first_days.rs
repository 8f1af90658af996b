//! The first days after a side was empty: what is asked for, and what is seen.

use pulse_sync::sim::github::NewIssue;
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
