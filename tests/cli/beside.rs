//! Answers given while `run` lives on the same store, and how `run` ends.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command};
use std::time::{Duration, Instant};

use super::rig::{Rig, world};

/// A `run` that has done its first pass and now waits for its interval.
struct Live {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Live {
    fn start(rig: &Rig) -> Self {
        let mut child = rig.spawn(&["run", "--json"]);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut live = Self { child, lines };
        live.until_ended();
        live
    }

    fn until_ended(&mut self) {
        let ended = self
            .lines
            .by_ref()
            .any(|line| line.unwrap().contains("run_ended"));
        assert!(ended, "it ended by itself");
    }

    fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // One that was stopped is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_mins(1), "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn assert_taken(rig: &Rig, args: &[&str]) {
    let done = rig.run(args);
    assert_eq!(done.code, Some(0), "{args:?}: {}", done.said());
}

#[test]
fn a_live_run_is_paused_and_resumed_from_outside() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let mut live = Live::start(&rig);
    assert_taken(&rig, &["pause"]);
    rig.rename_issue(1, "While paused");
    // It takes note of the pause, and stays paused.
    live.until_ended();
    assert_eq!(rig.cell(rig.page(1), "title"), "Item 1 of the lamp");
    assert!(rig.run(&["status"]).out.contains("paused since"));
    assert_taken(&rig, &["resume"]);
    until("the write", || {
        rig.cell(rig.page(1), "title") == "While paused"
    });
    assert_eq!(live.stop(), Some(0));
}

#[test]
fn a_live_run_carries_out_a_choice_and_an_undo() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    rig.rename_issue(1, "Here");
    rig.rename_page(rig.page(1), "There");
    rig.rename_page(rig.page(2), "A hasty title");
    let mut live = Live::start(&rig);
    until("both are found", || {
        &*rig.issue(2).title == "A hasty title"
            && rig
                .run(&["conflicts", "list"])
                .out
                .contains("waits for you")
    });
    assert_taken(&rig, &["conflicts", "take", "ada/lantern#1", "notion"]);
    until("the choice", || &*rig.issue(1).title == "There");
    live.until_ended();

    let history = rig.run(&["history", "--json"]).json();
    let is_hasty = |record: &&serde_json::Value| {
        record["outcome"] == "done" && record["changes"][0]["after"] == "A hasty title"
    };
    let record = history.as_array().unwrap().iter().find(is_hasty).unwrap();
    let id = record["id"].as_str().unwrap();
    assert_taken(&rig, &["undo", id, "--yes"]);
    until("the undo", || &*rig.issue(2).title == "Item 2 of the lamp");
    assert_eq!(live.stop(), Some(0));
    rig.settle();
    rig.assert_agreement();
}

#[test]
fn a_live_run_tries_again_what_a_person_names() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    let name = rig.small.repository.clone();
    let archive = |on: bool| {
        let now = rig.small.notion.shared.now();
        rig.hub(|hub| hub.set_archived(now, &name, on).unwrap());
    };
    archive(true);
    rig.rename_page(rig.page(1), "For later");
    let live = Live::start(&rig);
    let refused = || rig.run(&["status", "--json"]).json()["links"][0]["refused"].clone();
    until("the refusal", || !refused().as_array().unwrap().is_empty());
    archive(false);
    assert_taken(&rig, &["retry", "ada/lantern#1"]);
    until("the write", || rig.issue(1).title == "For later");
    assert_eq!(live.stop(), Some(0));
}

#[test]
fn a_run_that_is_stopped_while_held_ends_with_1_and_an_answer_from_outside_lets_it_go_on() {
    let rig = Rig::start(Some(world(40, 0, 0)));
    rig.settle();
    for number in 1..=30 {
        rig.rename_page(rig.page(number), &format!("FLOOD {number}"));
    }
    assert_eq!(Live::start(&rig).stop(), Some(1), "held");
    let live = Live::start(&rig);
    let held = rig.run(&["held", "list", "--json"]).json();
    assert_taken(&rig, &["held", "apply", held[0]["id"].as_str().unwrap()]);
    until("the flood", || &*rig.issue(30).title == "FLOOD 30");
    drop(live);
    rig.settle();
    rig.assert_agreement();
}

#[test]
fn a_run_whose_token_is_refused_ends_with_1() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    rig.env.insert("NOTION_TOKEN", "ntn_wrong".to_owned());
    assert_eq!(Live::start(&rig).stop(), Some(1));
}

#[test]
fn what_cannot_work_beside_a_run_says_so_in_json_too() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    let live = Live::start(&rig);
    let done = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(done.code, Some(1), "{}", done.said());
    let said = done.json();
    let error = said["error"].as_str().unwrap();
    for words in ["already running", "Stop it first", "`pause`", "`plan`"] {
        assert!(error.contains(words), "{said}");
    }
    assert_eq!(rig.run(&["plan", "--json"]).code, Some(0), "it only looks");
    assert_eq!(live.stop(), Some(0));
}
