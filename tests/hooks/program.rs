//! The real program between the small services: a delivery leads to a write, although the interval is an hour.

use std::net::{SocketAddr, TcpListener};
use std::process::Child;
use std::time::{Duration, Instant};

use pulse_sync::sim::notion::value::Value as Cell;

use super::bench::{SECRET, TOKEN, github, issue, page, post, sign};
use super::rig::{Rig, world};

/// Longer than anything here takes, and much shorter than the interval.
const LATE: Duration = Duration::from_mins(1);

/// A program that runs, and is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Both services with a few items in step, and an address for deliveries.
fn rig() -> (Rig, SocketAddr) {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    rig.more = format!("[webhooks]\nlisten = \"{address}\"\n");
    rig.env
        .insert("PULSE_SYNC_GITHUB_WEBHOOK_SECRET", SECRET.to_owned());
    rig.env
        .insert("PULSE_SYNC_NOTION_WEBHOOK_TOKEN", TOKEN.to_owned());
    rig.settle();
    (rig, address)
}

/// Waits until something holds.
fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LATE;
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts the program and waits until it listens and its first pass is over.
fn run(rig: &Rig, address: SocketAddr) -> Running {
    let running = Running(rig.spawn(&["run"]));
    wait("it listens", || {
        std::net::TcpStream::connect(address).is_ok()
    });
    // Its first pass makes a few requests, then none.
    let mut last = rig.requests();
    let mut calm = Instant::now();
    wait("it is calm", || {
        let now = rig.requests();
        if now != last {
            (last, calm) = (now, Instant::now());
        }
        calm.elapsed() > Duration::from_millis(1_500)
    });
    running
}

fn of_github(rig: &Rig, address: SocketAddr, id: &str, number: u64) -> u16 {
    let node = rig.issue(number).node_id;
    let body = issue(&node, &rig.small.repository, number).to_string();
    let signed = sign(SECRET, format!("{body}{id}").as_bytes());
    let body = format!("{body}{id}");
    post(
        address,
        "/github",
        &github("issues", id, &signed),
        body.as_bytes(),
    )
}

#[test]
fn a_delivery_leads_to_a_write_on_the_other_side() {
    let (rig, address) = rig();
    let running = run(&rig, address);
    let (first, second) = (rig.page(1), rig.page(2));
    rig.rename_issue(1, "Hinted on GitHub");
    assert_eq!(of_github(&rig, address, " ", 1), 200);
    wait("the page follows", || {
        rig.cell(first, "title") == "Hinted on GitHub"
    });
    rig.rename_page(second, "Hinted in Notion");
    let event = page(
        "e-1",
        "page.properties_updated",
        &second.to_string(),
        &rig.small.source.to_string(),
    );
    let body = event.to_string();
    let signed = sign(TOKEN, body.as_bytes());
    assert_eq!(
        post(
            address,
            "/notion",
            &[("X-Notion-Signature", &signed)],
            body.as_bytes()
        ),
        200
    );
    wait("the issue follows", || {
        rig.issue(2).title == "Hinted in Notion"
    });
    drop(running);
    let said = rig.run(&["doctor"]).said();
    assert!(
        said.contains("GitHub: its last delivery was taken"),
        "{said}"
    );
    assert!(
        said.contains("Notion: its last delivery was taken"),
        "{said}"
    );
    assert!(!said.contains(SECRET) && !said.contains(TOKEN));
}

#[test]
fn a_new_issue_is_found_by_the_place_that_a_delivery_names() {
    let (rig, address) = rig();
    let _running = run(&rig, address);
    let pages = rig.pages().len();
    let now = rig.small.notion.shared.now();
    rig.hub(|hub| {
        let new = pulse_sync::sim::github::NewIssue {
            title: "Made just now".to_owned(),
            ..Default::default()
        };
        hub.create_issue(now, super::rig::GRACE, &rig.small.repository, new)
            .unwrap();
    });
    assert_eq!(of_github(&rig, address, " ", 5), 200);
    wait("it has a page", || rig.pages().len() == pages + 1);
}

#[test]
fn a_pause_counts_for_deliveries_too() {
    let (rig, address) = rig();
    assert_eq!(rig.run(&["pause"]).code, Some(0));
    let _running = run(&rig, address);
    let first = rig.page(1);
    let before = (rig.cell(first, "title"), rig.writes());
    rig.rename_issue(1, "Hinted while paused");
    assert_eq!(of_github(&rig, address, " ", 1), 200);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((rig.cell(first, "title"), rig.writes()), before);
    assert_eq!(rig.run(&["resume"]).code, Some(0));
    wait("the page follows", || {
        rig.cell(first, "title") == "Hinted while paused"
    });
}

#[test]
fn wrong_ones_lead_to_no_request_at_all() {
    let (rig, address) = rig();
    let _running = run(&rig, address);
    rig.edit_page(rig.page(1), vec![("title", Cell::text("Not hinted"))]);
    let before = rig.requests();
    let body = issue(&rig.issue(1).node_id, &rig.small.repository, 1).to_string();
    for at in 0..50 {
        let signed = sign("wrong", format!("{body}{at}").as_bytes());
        let code = post(
            address,
            "/github",
            &github("issues", "d", &signed),
            body.as_bytes(),
        );
        assert_eq!(code, 401);
    }
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(rig.requests(), before);
}

#[test]
fn the_handshake_is_said_and_its_token_is_not() {
    let (mut rig, address) = rig();
    rig.env.remove("PULSE_SYNC_NOTION_WEBHOOK_TOKEN");
    let running = rig.spawn(&["run"]);
    wait("it listens", || {
        std::net::TcpStream::connect(address).is_ok()
    });
    let body = format!("{{\"verification_token\": \"{TOKEN}\"}}");
    assert_eq!(post(address, "/notion", &[], body.as_bytes()), 200);
    let said = end(running);
    assert!(said.contains("notion-webhook-token"), "{said}");
    assert!(said.contains("PULSE_SYNC_NOTION_WEBHOOK_TOKEN"), "{said}");
    let file = rig.state().join("notion-webhook-token");
    let kept = std::fs::read_to_string(file).unwrap();
    assert_eq!(kept.trim_end(), TOKEN);
    for secret in [SECRET, TOKEN] {
        assert!(!said.contains(secret));
        for entry in std::fs::read_dir(rig.state().join("log")).unwrap() {
            let log = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!log.contains(secret), "in the log");
        }
    }
    let doctor = rig.run(&["doctor"]).said();
    assert!(doctor.contains("Notion: no secret"), "{doctor}");
}

#[test]
fn an_address_that_is_taken_keeps_nothing_else_from_its_work() {
    let (rig, address) = rig();
    let _taken = TcpListener::bind(address).unwrap();
    let first = rig.page(1);
    rig.rename_issue(1, "Found by a listing");
    let running = rig.spawn(&["run"]);
    wait("the page follows", || {
        rig.cell(first, "title") == "Found by a listing"
    });
    let said = end(running);
    assert!(said.contains("no deliveries are taken"), "{said}");
}

#[test]
fn what_was_missed_is_found_at_the_start() {
    let (rig, address) = rig();
    drop(run(&rig, address));
    let first = rig.page(1);
    rig.rename_issue(1, "Renamed while nobody listened");
    let _running = run(&rig, address);
    wait("the page follows", || {
        rig.cell(first, "title") == "Renamed while nobody listened"
    });
}

/// Ends a program kindly and gives what it said.
fn end(running: std::process::Child) -> String {
    let kind = std::process::Command::new("kill")
        .arg(running.id().to_string())
        .status();
    assert!(kind.unwrap().success());
    let output = running.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}
