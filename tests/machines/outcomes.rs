//! `sync --once` where another machine runs the link: what that one came to is what the command says, as if it had run
//! the link itself; and where that one ends, the command runs it.

use std::time::{Duration, Instant};

use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::notion::http::{FaultKind as PageFault, Rule};
use serde_json::Value as Json;

use crate::group::{Group, Machine, until};
use crate::mongo::Mode;
use crate::rig::{Done, world};

const LIMIT: PageFault = PageFault::RateLimited(600, "public_api_request_rate_limit");

/// Nothing is due by itself, and no lease ends, while a test lasts.
fn group() -> (Group, Machine) {
    let mut group = Group::new(Mode::Replica, world(4, 0, 0));
    group.rig.advanced("lease_ttl", "\"60s\"");
    let leader = group.start("laptop");
    group.until_led_by(&leader);
    until("everything is imported", || group.rig.pages().len() == 4);
    until("and the run is over", || !group.in_run());
    (group, leader)
}

fn follower(group: &Group) -> (Done, Json) {
    let done = group.run("studio", &["sync", "--once", "--json"]);
    let json = done.json();
    (done, json)
}

fn page_fault(group: &Group, kind: Option<PageFault>) {
    let mut notion = group.rig.small.notion.shared.lock();
    notion.faults.clear();
    if let Some(kind) = kind {
        notion.faults.add(Rule::always("/v1/", kind));
    }
}

fn hub_fault(group: &Group, kind: Option<HubFault>) {
    let mut front = group.rig.small.github.front.lock();
    front.faults.clear();
    if let Some(kind) = kind {
        front.faults.add("GET", "/*", usize::MAX, kind);
    }
}

fn has_error(json: &Json) -> bool {
    json["errors"].as_array().is_some_and(|all| !all.is_empty())
}

#[test]
fn what_the_leader_came_to_is_what_the_follower_says() {
    let (group, leader) = group();
    group.rig.rename_issue(1, "Written there");
    let (done, json) = follower(&group);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert_eq!(json["writes"]["notion"], 1, "{json}");
    assert!(json["requests"]["github"].as_u64() > Some(0), "{json}");
    let notes = json["notes"].to_string();
    assert!(notes.contains("it has done it"), "{json}");
    assert_eq!(group.leader().as_ref(), Some(&leader.holder));

    group.rig.rename_issue(1, "While paused");
    assert_eq!(group.run("studio", &["pause"]).code, Some(0));
    let (done, json) = follower(&group);
    assert_eq!(done.code, Some(3), "{}", done.said());
    assert_eq!(json["links"][0]["stopped"]["kind"], "paused", "{json}");
    assert!(
        !json["notes"].to_string().contains("it has done it"),
        "{json}"
    );
    assert_eq!(group.run("studio", &["resume"]).code, Some(0));
    // It reaches the leader in its own time; a pass that was asked for before is still one of a paused engine.
    let is_heard = (0..20).any(|_| follower(&group).0.code == Some(0));
    assert!(is_heard, "the leader stays paused");

    hub_fault(&group, Some(HubFault::Status(401, None)));
    let (done, json) = follower(&group);
    hub_fault(&group, None);
    assert_eq!(done.code, Some(4), "{}", done.said());
    assert!(has_error(&json), "{json}");
    assert_eq!(json["links"][0]["stopped"]["class"], "unauthorized");
}

#[test]
fn a_service_that_is_away_for_the_leader_is_away_for_the_follower() {
    let (group, leader) = group();
    for kind in [
        PageFault::Status(503, "service_unavailable"),
        PageFault::DropBefore,
    ] {
        group.rig.rename_issue(1, "Not there yet");
        page_fault(&group, Some(kind));
        let (done, json) = follower(&group);
        page_fault(&group, None);
        assert_eq!(done.code, Some(5), "{}", done.said());
        assert!(has_error(&json), "{json}");
    }
    let (done, _) = follower(&group);
    assert_eq!(done.code, Some(0), "{}", done.said());

    // A limit: told by the run that met it, and while it lasts by who asks for another one.
    group.rig.rename_issue(1, "Limited");
    page_fault(&group, Some(LIMIT));
    for _ in 0..2 {
        let start = Instant::now();
        let (done, json) = follower(&group);
        assert_eq!(done.code, Some(5), "{}", done.said());
        assert!(has_error(&json), "{json}");
        assert_eq!(json["links"][0]["stopped"]["kind"], "limited", "{json}");
        assert!(start.elapsed() < Duration::from_secs(12), "{json}");
    }
    assert_eq!(group.leader().as_ref(), Some(&leader.holder));
}

#[test]
fn of_two_passes_at_once_the_second_one_runs_when_the_first_has_ended() {
    let (group, leader) = group();
    assert_eq!(leader.stop(), Some(0));
    group.rig.rename_issue(1, "Seen by the first one");
    let slow = Rule::once(
        "PATCH".parse().unwrap(),
        "/v1/pages",
        PageFault::Delay(3_000),
    );
    group.rig.small.notion.shared.lock().faults.add(slow);
    let first = group.start_as("laptop", &["sync", "--once", "--json"]);
    group.until_led_by(&first);
    let start = Instant::now();
    let second = group.run("studio", &["sync", "--once", "--json"]);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(12), "{}", second.said());
    assert_eq!(first.ended(), Some(0));
    assert_eq!(second.code, Some(0), "{}", second.said());
    let json = second.json();
    assert!(json["links"][0]["stopped"].is_null(), "{json}");
    assert!(
        json["requests"]["github"].as_u64() > Some(0),
        "it ran: {json}"
    );
    assert!(
        json["notes"].to_string().contains("it was done here"),
        "{json}"
    );
    assert_eq!(group.leader(), None, "given back");
}
