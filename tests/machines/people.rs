//! People who edit on both sides and make new items while machines come and go, and what has to be true afterwards.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pulse_sync::sim::crowd::Crowd;
use pulse_sync::sim::github::NewIssue;
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::json;

use crate::group::{Group, until};
use crate::mongo::Mode;
use crate::rig::{GRACE, Rig, world};

/// Items to begin with.
pub const ISSUES: usize = 40;
const PULLS: usize = 6;
const COMMITS: usize = 12;
/// Between two things that people do.
const EVERY: Duration = Duration::from_millis(60);
/// One thing of so many is a new item, on either side in turn.
const NEW_ONE_OF: usize = 40;

/// People at work, until they are told to go home or the test fails.
#[derive(Default)]
pub struct People {
    is_over: AtomicBool,
    edits: AtomicUsize,
    made: AtomicUsize,
}

/// A replica set and both services, with times so short that doubts are resolved within a test.
pub fn group(lease: &str) -> Group {
    let mut group = Group::new(Mode::Replica, world(ISSUES, PULLS, COMMITS));
    for (key, value) in [
        ("send_deadline", "\"1s\""),
        ("flight", "\"2s\""),
        ("lookup_gap", "\"200ms\""),
        ("lease_ttl", lease),
        ("guard_change_percent", "100"),
        ("guard_clear_percent", "100"),
        ("guard_floor", "1000"),
    ] {
        group.rig.advanced(key, value);
    }
    // What both sides change in the same moment is no question here.
    group.rig.link("conflict", "\"github\"");
    group
}

impl People {
    /// Works until told to stop.
    pub fn work(&self, rig: &Rig, seed: u64) {
        let mut crowd = Crowd::new(seed);
        while !self.is_over() {
            std::thread::sleep(EVERY);
            if crowd.act(&rig.small).is_some() {
                let edits = self.edits.fetch_add(1, Ordering::Relaxed);
                if edits.is_multiple_of(NEW_ONE_OF) {
                    self.make(rig, edits.is_multiple_of(2 * NEW_ONE_OF));
                }
            }
        }
    }

    /// Makes an issue, or a page that is to become one.
    pub fn make(&self, rig: &Rig, is_issue: bool) {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let title = made_title(number);
        if is_issue {
            let now = rig.small.notion.shared.now();
            let issue = NewIssue {
                title,
                body: Some("Bright enough to read by.".to_owned()),
                ..NewIssue::default()
            };
            rig.hub(|hub| {
                hub.create_issue(now, GRACE, &rig.small.repository, issue)
                    .unwrap();
            });
        } else {
            let cells = vec![
                ("title", Cell::text(&title)),
                ("Publish", Cell::choice("Ready")),
            ];
            rig.new_page(cells, "Bright enough to read by.\n");
        }
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Sends them home when what is given back is dropped, whatever happens.
    pub fn until_dropped(&self) -> impl Drop {
        GoHome(&self.is_over)
    }

    pub fn edits(&self) -> usize {
        self.edits.load(Ordering::Relaxed)
    }

    pub fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

struct GoHome<'a>(&'a AtomicBool);

impl Drop for GoHome<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn made_title(number: usize) -> String {
    format!("Made by a person, {number}")
}

/// Waits until everything is in step, and counts: every item once on each side, the same said on both, and nothing more
/// to write.
pub fn assert_whole(group: &Group, people: &People) {
    let rig = &group.rig;
    let mut last = json!(null);
    until("everything is in step", || {
        last = rig.run(&["sync", "--once", "--json"]).json();
        let is_over = |key: &str| last[key] == json!(0);
        ["backlog", "deferred", "in_doubt"].into_iter().all(is_over)
            && last["writes"] == json!({"github": 0, "notion": 0})
            && last["links"][0]["stopped"].is_null()
    });
    assert_eq!(last["conflicts"], json!(0), "{last}");
    let issues = rig.hub(|hub| hub.repo(&rig.small.repository).unwrap().issues.len());
    assert_eq!(issues, ISSUES + PULLS + people.made(), "issues");
    assert_eq!(rig.pages().len(), issues + COMMITS, "pages");
    assert_made_once(rig, people.made());
    rig.assert_agreement();
    rig.assert_quiet();
}

/// Every item that a person made is there once; its title may have got another number since.
fn assert_made_once(rig: &Rig, made: usize) {
    let titles: Vec<String> = rig.hub(|hub| {
        let repo = hub.repo(&rig.small.repository).unwrap();
        let titles = repo.issues.values().map(|issue| issue.title.clone());
        titles.collect()
    });
    for number in 0..made {
        let stem = made_title(number);
        let is_it = |title: &&String| title.split(" (").next() == Some(stem.as_str());
        assert_eq!(titles.iter().filter(is_it).count(), 1, "{stem}");
    }
}
