//! What a service says in the way of a write: it is kept, counted, obeyed to the second, and told as it is.

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::Duration;

use axum::http::Method;
use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::{Value as Json, json};

use super::rig::{Rig, world};

/// All changes of pages end so, or the next ones.
fn changes_end(rig: &Rig, times: u32, kind: FaultKind) {
    rig.small.notion.shared.lock().faults.add(Rule {
        method: Some(Method::PATCH),
        path: "/v1/pages/".to_owned(),
        skip: 0,
        times,
        kind,
    });
}

/// The one open error.
fn error(rig: &Rig) -> Json {
    let open = rig.run(&["errors", "--json"]).json();
    assert_eq!(open.as_array().unwrap().len(), 1, "{open}");
    open[0].clone()
}

#[test]
fn a_limit_that_ends_a_pass_is_open_until_its_time_and_counts_on() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let limit = FaultKind::RateLimited(600, "public_api_request_rate_limit");
    changes_end(&rig, 1, limit);
    rig.rename_issue(1, "Limited");
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(5), "{}", done.said());
    let first = error(&rig);
    assert_eq!(
        (&first["class"], &first["scope"]),
        (&json!("limited"), &json!("Notion"))
    );
    assert!(first["next_try"].is_string(), "{first}");
    let line = rig.run(&["status", "--line"]);
    assert_eq!(line.code, Some(5), "as a sync ends: {}", line.out);
    assert!(line.out.contains("limit of Notion"), "{}", line.out);

    let requests = rig.small.notion.shared.lock().counters.requests;
    rig.rename_issue(2, "Limited, too");
    assert_eq!(rig.run(&["sync", "--once"]).code, Some(5));
    let then = error(&rig);
    assert_eq!(then["count"], json!(2), "{then}");
    assert_eq!(then["first_at"], first["first_at"]);
    let asked = rig.small.notion.shared.lock().counters.requests;
    assert_eq!(asked, requests, "nothing is asked before the time");
}

#[test]
fn what_a_side_denies_to_write_counts_on_over_passes_that_read_it() {
    for (status, code, class) in [
        (403, "restricted_resource", "denied"),
        (401, "unauthorized", "unauthorized"),
    ] {
        let rig = Rig::start(Some(world(4, 0, 0)));
        rig.settle();
        changes_end(&rig, u32::MAX, FaultKind::Status(status, code));
        rig.rename_issue(1, "Denied");
        rig.run(&["sync", "--once"]);
        let first = error(&rig);
        assert_eq!(first["class"], class);
        for count in 2..=3 {
            std::thread::sleep(Duration::from_millis(1_001));
            rig.run(&["sync", "--once"]);
            let then = error(&rig);
            assert_eq!(then["count"], json!(count), "{then}");
            assert_eq!(then["first_at"], first["first_at"]);
            assert_ne!(then["last_at"], first["last_at"]);
        }
        rig.small.notion.shared.lock().faults.clear();
        rig.settle();
        assert_eq!(rig.run(&["errors", "--json"]).json(), json!([]));
        rig.assert_agreement();
    }
}

#[test]
fn an_unclear_answer_waits_for_nobody() {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    rig.advanced("flight", "\"2m\"");
    changes_end(&rig, 1, FaultKind::Status(503, "service_unavailable"));
    rig.rename_issue(1, "Unclear");
    assert_eq!(rig.run(&["sync", "--once"]).code, Some(2));
    for _ in 0..2 {
        let entry = error(&rig);
        assert_eq!(entry["class"], "unclear");
        assert_eq!(entry["to_do"], json!(null), "{entry}");
        assert!(entry["next_try"].is_string(), "{entry}");
        let out = rig.run(&["errors"]).out;
        assert!(out.contains("looked up in "), "{out}");
        assert!(!out.contains("waits for you"), "{out}");
        rig.run(&["sync", "--once"]);
    }
    rig.advanced("flight", "\"0s\"");
    rig.advanced("send_deadline", "\"100ms\"");
    std::thread::sleep(Duration::from_millis(200));
    rig.settle();
    assert_eq!(rig.run(&["errors", "--json"]).json(), json!([]));
    rig.assert_agreement();
}

#[cfg(unix)]
#[test]
fn a_run_that_is_told_to_end_says_that_and_not_that_it_is_paused() {
    let rig = Rig::start(Some(world(40, 0, 0)));
    let mut child = rig.spawn(&["run"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.by_ref().take(10).for_each(|line| drop(line.unwrap()));
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let stopped = rest.iter().find(|line| line.contains("stopped: "));
    let stopped = stopped.unwrap_or_else(|| panic!("{rest:?}"));
    assert!(stopped.contains("told to end"), "{stopped}");
    assert!(!stopped.contains("resume"), "{stopped}");
    for args in [
        &["status"][..],
        &["history", "--limit", "3"],
        &["status", "--json"],
    ] {
        let out = rig.run(args).out;
        assert!(!out.contains("stopped: paused"), "{out}");
    }
    let status = rig.run(&["status"]).out;
    assert!(
        status.contains("stopped: the program was told to end"),
        "{status}"
    );
}

#[cfg(unix)]
#[test]
fn a_limit_is_kept_before_it_is_waited_out() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    changes_end(
        &rig,
        1,
        FaultKind::RateLimited(60, "public_api_request_rate_limit"),
    );
    rig.rename_issue(1, "Limited");
    let mut child = rig.spawn(&["run", "--json"]);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    assert!(lines.any(|line| line.contains("\"waiting\"")));
    // A commit takes a few milliseconds; without a word it would come within two seconds.
    std::thread::sleep(Duration::from_millis(150));
    child.kill().unwrap();
    child.wait().unwrap();
    let requests = rig.small.notion.shared.lock().counters.requests;
    let mut rig = rig;
    rig.advanced("wait_max", "\"1s\"");
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(5), "{}", done.said());
    let asked = rig.small.notion.shared.lock().counters.requests;
    assert_eq!(asked, requests, "the next process knows the limit");
}

/// Asks a process to end, and says how it ended, what it printed and how long that took.
#[cfg(unix)]
fn told_to_end(child: std::process::Child, signal: &str) -> (Option<i32>, String, Duration) {
    let id = child.id().to_string();
    let told = std::time::Instant::now();
    let kill = Command::new("kill").args([signal, &id]).status();
    assert!(kill.unwrap().success());
    let out = child.wait_with_output().unwrap();
    let printed = String::from_utf8(out.stdout).unwrap();
    (out.status.code(), printed, told.elapsed())
}

/// Starts a command that comes upon a limit of a minute, and waits until it does.
#[cfg(unix)]
fn limited(rig: &Rig, args: &[&str]) -> std::process::Child {
    let limit = FaultKind::RateLimited(60, "public_api_request_rate_limit");
    changes_end(rig, 1, limit);
    rig.rename_issue(1, "Limited");
    let child = rig.spawn(args);
    for _ in 0..600 {
        std::thread::sleep(Duration::from_millis(50));
        let service = rig.small.notion.shared.lock();
        if service.faults.is_empty() {
            break;
        }
    }
    // The refusal is on its way back, and is committed before it is waited for.
    std::thread::sleep(Duration::from_millis(500));
    child
}

#[cfg(unix)]
#[test]
fn who_is_told_to_end_ends_though_a_limit_is_waited_for() {
    for (args, signal, code) in [
        (&["run"][..], "-TERM", 0),
        (&["sync", "--once"], "-INT", 130),
        (&["sync", "--once"], "-TERM", 143),
    ] {
        let rig = Rig::start(Some(world(4, 0, 0)));
        rig.settle();
        let child = limited(&rig, args);
        let (ended, out, took) = told_to_end(child, signal);
        assert_eq!(ended, Some(code), "{args:?}: {out}");
        assert!(took < Duration::from_secs(5), "{args:?} took {took:?}");
        assert!(out.contains("told to end"), "{args:?}: {out}");
    }
}

#[cfg(unix)]
#[test]
fn a_pass_that_is_broken_off_still_prints_its_one_object() {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    rig.rename_issue(2, "Written before");
    let child = limited(&rig, &["sync", "--once", "--json"]);
    let (ended, out, took) = told_to_end(child, "-INT");
    assert_eq!(ended, Some(130), "{out}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    let object: Json = serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {out}"));
    assert_eq!(object["links"][0]["stopped"]["kind"], "ending", "{object}");
    let left = |key: &str| object[key].as_u64().unwrap();
    assert_eq!(left("backlog") + left("deferred"), 2, "{object}");
    assert_eq!(object["errors"], json!([]), "{object}");
    // Nothing is lost: once the limit is over the next pass does it.
    rig.advanced("wait_max", "\"90s\"");
    rig.small.notion.shared.lock().faults.clear();
    let done = rig.run(&["status", "--json"]).json();
    assert_eq!(done["links"][0]["counts"]["queued"], json!(2), "{done}");
}

/// GitHub refuses what is made too fast with the status of a wrong field. It is a limit: nothing is set aside.
#[test]
fn what_was_made_too_quickly_is_made_once_the_limit_has_passed() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let too_quick = |method: &str, path: &str, seconds: u64| {
        let kind = HubFault::TooQuick(Some(seconds));
        rig.small
            .github
            .front
            .lock()
            .faults
            .add(method, path, 1, kind);
    };
    too_quick("POST", "/repos/*/issues", 1);
    too_quick("PATCH", "/repos/*/issues/1", 1);
    let cells = vec![
        ("title", Cell::text("Made in Notion")),
        ("Publish", Cell::choice("Ready")),
    ];
    let page = rig.new_page(cells, "Words.");
    rig.rename_page(rig.page(1), "Renamed in Notion");
    rig.settle();
    let issues = rig.hub(|hub| hub.repo(&rig.small.repository).unwrap().issues.len());
    assert_eq!(issues, 4);
    assert_eq!(rig.cell(page, "Sync"), "OK");
    assert_eq!(&*rig.issue(1).title, "Renamed in Notion");
    assert!(rig.small.github.front.lock().faults.is_empty());
    // One that lasts ends the pass, as any limit does.
    too_quick("PATCH", "/repos/*/issues/1", 600);
    rig.rename_page(rig.page(1), "Renamed again");
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(5), "{}", done.said());
    assert!(done.said().contains("too quickly"), "{}", done.said());
    assert_eq!(rig.cell(rig.page(1), "Sync"), "OK", "nothing is set aside");
}
