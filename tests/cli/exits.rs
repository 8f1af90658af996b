//! Exit codes, and how `run` ends.

use std::io::{BufRead, BufReader};
use std::process::Command;

use super::rig::{Rig, bare, finish, world};

#[test]
fn every_exit_code_means_its_thing() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let once = ["sync", "--once"];
    assert_eq!(rig.run(&once).code, Some(0), "done");
    assert_eq!(rig.run(&["plan"]).code, Some(0), "nothing to do");
    rig.rename_issue(1, "Here");
    assert_eq!(rig.run(&["plan"]).code, Some(2), "something to do");
    rig.rename_page(rig.page(1), "There");
    assert_eq!(rig.run(&once).code, Some(2), "a conflict waits");
    rig.run(&["pause"]);
    assert_eq!(rig.run(&once).code, Some(3), "paused");
    rig.run(&["resume"]);
    let token = rig
        .env
        .insert("NOTION_TOKEN", "ntn_wrong".to_owned())
        .unwrap();
    assert_eq!(rig.run(&once).code, Some(4), "login");
    rig.env.insert("NOTION_TOKEN", token);
    rig.env
        .insert("NOTION_API_URL", "http://127.0.0.1:9".to_owned());
    assert_eq!(rig.run(&once).code, Some(5), "network");
    assert_eq!(
        rig.run(&["sync", "--nonsense"]).code,
        Some(1),
        "wrong arguments"
    );
    assert_eq!(
        rig.run(&["sync", "--once", "--link", "nosuch"]).code,
        Some(1),
        "no such link"
    );
}

#[test]
fn help_and_version_are_no_failure() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    for flag in ["--help", "--version"] {
        let done = finish(bare(&rig.folder).arg(flag));
        assert_eq!(done.code, Some(0));
        assert!(done.out.contains("pulse-sync"), "{}", done.out);
    }
}

#[test]
fn a_plan_writes_nothing() {
    let rig = Rig::start(Some(world(5, 1, 2)));
    rig.settle();
    rig.rename_issue(1, "Planned");
    let before = rig.writes();
    let plan = rig.run(&["plan"]);
    assert_eq!(plan.code, Some(2));
    assert!(
        plan.out.contains("Item 1 of the lamp -> Planned"),
        "{}",
        plan.out
    );
    assert_eq!(rig.writes(), before);
    assert_eq!(rig.run(&["plan"]).out, plan.out, "and changes no plan");
}

#[cfg(unix)]
#[test]
fn run_ends_on_sigterm_with_everything_committed() {
    let rig = Rig::start(Some(world(40, 0, 0)));
    let mut child = rig.spawn(&["run", "--json"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("run_started"), "{first}");
    lines.by_ref().take(10).for_each(|line| drop(line.unwrap()));
    let killed = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    for line in lines {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert!(line["event"].is_string());
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let status = rig.run(&["status", "--json"]).json();
    assert_eq!(status["links"][0]["counts"]["in_doubt"], 0, "{status}");
    rig.settle();
    rig.assert_agreement();
}

#[test]
fn a_second_program_leaves_a_running_link_alone() {
    let mut rig = Rig::start(Some(world(6, 0, 0)));
    rig.settle();
    rig.advanced("lease_ttl", "\"1m\"");
    rig.small
        .notion
        .shared
        .lock()
        .faults
        .add(pulse_sync::sim::notion::http::Rule::always(
            "/v1/data_sources",
            pulse_sync::sim::notion::http::FaultKind::Delay(1_500),
        ));
    let mut first = rig.spawn(&["sync", "--once", "--json"]);
    let start = rig.requests();
    while rig.requests() < start + 2 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let second = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(second.code, Some(1), "{}", second.said());
    assert!(second.err.contains("Stop it first"), "{}", second.err);
    assert_eq!(first.wait().unwrap().code(), Some(0));
}
