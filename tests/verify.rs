//! `verify`, run as a user runs it, between the small services: it finds exactly what differs and touches nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Empty;
use std::path::PathBuf;
use std::process::Command;

use pulse_sync::sim::github::{IssueEdit, NewIssue};
use pulse_sync::sim::notion::ids::Id;
use pulse_sync::sim::notion::value::Value;
use pulse_sync::sim::small::{COLLEAGUE, Options, Small};
use serde_json::Value as Json;

/// Passes until everything is in step, at most.
const PASSES: usize = 20;
/// What the small GitHub has to begin with.
const ITEMS: u64 = 28;

struct Rig {
    small: Small,
    folder: PathBuf,
    /// Keeps the services running.
    _runtime: tokio::runtime::Runtime,
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Rig {
    /// Both services with everything imported.
    fn imported(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("pulse-sync-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = Options {
            no_limits: true,
            ..Options::default()
        };
        let small = runtime
            .block_on(Small::start(options, None::<Empty>))
            .unwrap();
        let config = format!(
            "[advanced]\nsettle = \"0s\"\ndebounce = \"0s\"\nrest = \"0s\"\noverlap = \"2m\"\nlist_lag = \"0s\"\n\
             observe_rest = \"0s\"\n[[link]]\nname = \"work\"\nrepositories = [{:?}]\ndatabase = \"{}\"\n\
             commits_since = \"all\"\nclosed_since = \"all\"\n",
            small.repository, small.database
        );
        std::fs::write(folder.join("config.toml"), config).unwrap();
        let rig = Self {
            small,
            folder,
            _runtime: runtime,
        };
        rig.sync();
        rig
    }

    fn run(&self, words: &[&str]) -> (Option<i32>, Json) {
        let done = Command::new(env!("CARGO_BIN_EXE_pulse-sync"))
            .arg("--config")
            .arg(self.folder.join("config.toml"))
            .args(words)
            .env("PULSE_SYNC_STATE", self.folder.join("state"))
            .env("GITHUB_TOKEN", self.small.github_token())
            .env("NOTION_TOKEN", self.small.notion_token())
            .env("GITHUB_API_URL", &self.small.github.url)
            .env("NOTION_API_URL", &self.small.notion.url)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let json = serde_json::from_str(&said)
            .unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&done.stderr)));
        (done.status.code(), json)
    }

    /// Passes until one writes nothing.
    fn sync(&self) {
        for _ in 0..PASSES {
            let (_, report) = self.run(&["sync", "--once", "--json"]);
            assert_eq!(report["errors"].as_array().unwrap().len(), 0, "{report}");
            if report["writes"]["github"] == 0
                && report["writes"]["notion"] == 0
                && report["backlog"] == 0
            {
                return;
            }
        }
        panic!("no rest");
    }

    /// What a verify found on the only link; it must not have written anything.
    fn verify(&self) -> (Option<i32>, Json) {
        let writes = || {
            (
                self.small.github.front.lock().counters.writes,
                self.small.notion.shared.lock().counters.writes,
            )
        };
        let before = writes();
        let (code, mut found) = self.run(&["verify", "--json", "--link", "work"]);
        assert_eq!(writes(), before, "verify wrote to a service");
        (code, found["links"][0].take())
    }

    fn page(&self, number: f64) -> Id {
        let service = self.small.notion.shared.lock();
        let rows = service.world.rows_of(self.small.source);
        let is_it = |page: &Id| {
            service.world.value(*page, "Number") == Some(&Value::Number(Some(number)))
                && service.world.value(*page, "Kind") == Some(&Value::choice("Issue"))
        };
        rows.into_iter().find(is_it).unwrap()
    }

    fn edit_page(&self, number: f64, property: &str, value: Value) {
        let page = self.page(number);
        let now = self.small.notion.shared.now();
        let mut service = self.small.notion.shared.lock();
        service
            .world
            .edit_props(
                now,
                self.small.person,
                page,
                vec![(property.to_owned(), value)],
            )
            .unwrap();
    }

    fn rename_issue(&self, number: u64, title: &str) {
        let now = self.small.notion.shared.now();
        let edit = IssueEdit {
            title: Some(title.to_owned()),
            ..IssueEdit::default()
        };
        let mut front = self.small.github.front.lock();
        front
            .hub
            .edit_issue(now, COLLEAGUE, &self.small.repository, number, edit)
            .unwrap();
    }
}

/// Item, field and what a sync would do, in order.
fn differences(found: &Json) -> Vec<(String, String, String)> {
    let text = |one: &Json, key: &str| one[key].as_str().unwrap_or("").to_owned();
    let mut all: Vec<_> = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let item = text(one, "item");
            let number = item.split_once('#').map_or("", |(_, number)| number);
            (
                number.to_owned(),
                text(one, "field"),
                text(one, "sync_would"),
            )
        })
        .collect();
    all.sort();
    all
}

fn row(number: &str, field: &str, next: &str) -> (String, String, String) {
    (number.to_owned(), field.to_owned(), next.to_owned())
}

#[test]
fn what_is_broken_is_found_and_only_that() {
    let rig = Rig::imported("verify-broken");
    let (code, found) = rig.verify();
    assert_eq!(code, Some(0), "{found}");
    assert_eq!(found["items"], ITEMS, "{found}");
    assert_eq!(found["pages"], ITEMS, "{found}");
    assert!(found["equal"].as_u64().unwrap() > ITEMS * 8, "{found}");
    assert_eq!(
        found["rendered"]
            .as_object()
            .unwrap()
            .values()
            .map(|n| n.as_u64().unwrap())
            .sum::<u64>()
            + found["equal"].as_u64().unwrap(),
        found["fields"].as_u64().unwrap(),
        "{found}"
    );

    rig.edit_page(1.0, "title", Value::text("Renamed in Notion"));
    rig.edit_page(2.0, "Author", Value::text("somebody else"));
    let page = rig.page(3.0);
    let now = rig.small.notion.shared.now();
    rig.small
        .notion
        .shared
        .lock()
        .world
        .edit_body(now, rig.small.person, page, |text| {
            format!("A new first line.\n\n{text}")
        })
        .unwrap();
    rig.rename_issue(4, "Renamed on GitHub");
    let (code, found) = rig.verify();
    assert_eq!(code, Some(2), "{found}");
    let expected = [
        row("1", "title", "write GitHub"),
        row("2", "author", "write Notion"),
        row("3", "body", "write GitHub"),
        row("4", "title", "write Notion"),
    ];
    let shown = differences(&found);
    let without_times: Vec<_> = shown
        .into_iter()
        .filter(|(_, field, _)| field != "updated")
        .collect();
    assert_eq!(without_times, expected, "{found}");
    let title = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["notion"] == "Renamed in Notion");
    assert!(title.is_some(), "{found}");

    rig.sync();
    let (code, found) = rig.verify();
    assert_eq!((code, differences(&found)), (Some(0), vec![]), "{found}");
}

#[test]
fn what_waits_is_told_apart_from_what_is_wrong() {
    let rig = Rig::imported("verify-waits");
    rig.edit_page(1.0, "title", Value::text("Dusk"));
    rig.rename_issue(1, "Dawn");
    let (code, found) = rig.verify();
    assert_eq!(code, Some(2), "{found}");
    assert!(
        differences(&found).contains(&row("1", "title", "ask you")),
        "{found}"
    );
    rig.sync();
    let (code, found) = rig.verify();
    assert_eq!((code, differences(&found)), (Some(0), vec![]), "{found}");
    assert_eq!(found["waiting"]["conflict"], 1, "{found}");
}

#[test]
fn copies_lost_pages_and_new_issues_are_counted() {
    let rig = Rig::imported("verify-counts");
    let (copied, trashed) = (rig.page(5.0), rig.page(6.0));
    let now = rig.small.notion.shared.now();
    {
        let mut service = rig.small.notion.shared.lock();
        let person = rig.small.person;
        service.world.duplicate_page(now, person, copied).unwrap();
        service.world.trash(now, person, trashed).unwrap();
    }
    let issue = NewIssue {
        title: "New on GitHub".to_owned(),
        body: None,
        labels: Vec::new(),
        assignees: Vec::new(),
        milestone: None,
        kind: None,
    };
    rig.small
        .github
        .front
        .lock()
        .hub
        .create_issue(now, COLLEAGUE, &rig.small.repository, issue)
        .unwrap();
    let (code, found) = rig.verify();
    assert_eq!(code, Some(2), "{found}");
    assert_eq!(differences(&found), [row("6", "", "see to it")], "{found}");
    assert_eq!(found["copies"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["copies"][0]["made_by_us"], 1, "{found}");
    let missing = found["without_page"].as_array().unwrap();
    assert_eq!(missing.len(), 1, "{found}");
    assert!(missing[0].as_str().unwrap().ends_with("#21"), "{found}");

    // Nothing in a usual listing tells of a page in the trash; listing everything does.
    rig.run(&["sync", "--once", "--json", "--full"]);
    rig.sync();
    let (code, found) = rig.verify();
    assert_eq!(code, Some(0), "{found}");
    assert_eq!(
        found["copies"].as_array().unwrap().len(),
        1,
        "a person's copy stays"
    );
    assert_eq!(
        found["without_page"].as_array().unwrap().len(),
        0,
        "{found}"
    );
}
