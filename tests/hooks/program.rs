//! The real program between the small services: a delivery leads to a write, although the interval is an hour.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pulse_sync::sim::notion::value::Value as Cell;

use super::bench::{SECRET, TOKEN, github, issue, page, post, sign};
use super::rig::{Rig, world};

/// Longer than anything here takes, and much shorter than the interval.
const LATE: Duration = Duration::from_mins(1);

/// A program that runs, what it said so far, and where it listens. It is ended with the test.
struct Running {
    child: Child,
    said: Arc<Mutex<String>>,
    address: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Ends it kindly and gives what it said.
    fn end(mut self) -> String {
        let kind = std::process::Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(kind.unwrap().success());
        self.child.wait().unwrap();
        self.said.lock().unwrap().clone()
    }
}

/// Gathers what a program says.
fn hear(from: impl Read + Send + 'static, said: &Arc<Mutex<String>>) {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    });
}

/// Both services with a few items in step; deliveries are taken at any free port.
fn rig() -> Rig {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    rig.more = String::from("[webhooks]\nlisten = \"127.0.0.1:0\"\n");
    rig.env
        .insert("PULSE_SYNC_GITHUB_WEBHOOK_SECRET", SECRET.to_owned());
    rig.env
        .insert("PULSE_SYNC_NOTION_WEBHOOK_TOKEN", TOKEN.to_owned());
    rig.settle();
    rig
}

/// Starts the program and waits until it says where it listens, or that it does not.
fn begin(rig: &Rig) -> Running {
    let mut child = rig.spawn(&["run"]);
    let said = Arc::new(Mutex::new(String::new()));
    hear(child.stdout.take().unwrap(), &said);
    hear(child.stderr.take().unwrap(), &said);
    let mut address = SocketAddr::from(([127, 0, 0, 1], 0));
    wait("it listens", || {
        let said = said.lock().unwrap();
        let rest = said.split_once("taken at http://");
        if let Some((told, _)) = rest.and_then(|(_, rest)| rest.split_once('/')) {
            address = told.parse().unwrap();
        }
        address.port() != 0 || said.contains("no deliveries are taken")
    });
    Running {
        child,
        said,
        address,
    }
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
fn run(rig: &Rig) -> Running {
    let running = begin(rig);
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
    let rig = rig();
    let running = run(&rig);
    let address = running.address;
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
    let rig = rig();
    let running = run(&rig);
    let address = running.address;
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
    let rig = rig();
    assert_eq!(rig.run(&["pause"]).code, Some(0));
    let running = run(&rig);
    let address = running.address;
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
    let rig = rig();
    let running = run(&rig);
    let address = running.address;
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
    let said = running.end();
    assert_eq!(said.matches("was refused").count(), 1, "{said}");
}

#[test]
fn the_handshake_is_said_and_its_token_is_not() {
    let mut rig = rig();
    rig.env.remove("PULSE_SYNC_NOTION_WEBHOOK_TOKEN");
    let running = begin(&rig);
    let address = running.address;
    let body = format!("{{\"verification_token\": \"{TOKEN}\"}}");
    assert_eq!(post(address, "/notion", &[], body.as_bytes()), 200);
    let said = running.end();
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
    let mut rig = rig();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    rig.more = format!("[webhooks]\nlisten = \"{address}\"\n");
    let first = rig.page(1);
    rig.rename_issue(1, "Found by a listing");
    let running = begin(&rig);
    wait("the page follows", || {
        rig.cell(first, "title") == "Found by a listing"
    });
    let said = running.end();
    assert!(said.contains("no deliveries are taken"), "{said}");
}

#[test]
fn what_was_missed_is_found_at_the_start() {
    let rig = rig();
    drop(run(&rig));
    let first = rig.page(1);
    rig.rename_issue(1, "Renamed while nobody listened");
    let _running = begin(&rig);
    wait("the page follows", || {
        rig.cell(first, "title") == "Renamed while nobody listened"
    });
}
