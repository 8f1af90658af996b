//! What a person says on the machine that follows reaches the one that leads, and what that one does is seen there.

use std::time::Duration;

use serde_json::Value as Json;

use crate::group::{Group, Machine, until};
use crate::mongo::Mode;
use crate::rig::world;

/// Nothing is due by itself, and no lease ends, while a test lasts.
fn group(mode: Mode, lease: &str) -> Group {
    let mut group = Group::new(mode, world(4, 0, 0));
    group.rig.advanced("lease_ttl", lease);
    group
}

/// The first machine leads and has everything in step; the second one follows and says so.
fn two(group: &Group) -> (Machine, Machine) {
    let leader = group.open("laptop");
    group.until_led_by(&leader);
    until("everything is imported", || group.rig.pages().len() == 4);
    let mut follower = group.open("studio");
    let says = format!("following {} runs it", leader.holder);
    follower.until_says("status", &says);
    (leader, follower)
}

fn tell(mode: Mode, what: &str, took: Duration) {
    eprintln!("{mode:?}: {what} after {} ms", took.as_millis());
}

fn title(group: &Group) -> String {
    group.rig.cell(group.rig.page(1), "title")
}

fn until_titled(group: &Group, wanted: &str) -> Duration {
    until(&format!("the page is titled {wanted}"), || {
        title(group) == wanted
    })
}

fn what_is_said_reaches_the_leader(mode: Mode) {
    let group = group(mode, "\"60s\"");
    let (mut leader, mut follower) = two(&group);

    group.rig.rename_issue(1, "Asked for");
    follower.types("sync");
    tell(
        mode,
        "a forced sync is written",
        until_titled(&group, "Asked for"),
    );

    follower.types("pause");
    tell(
        mode,
        "a pause is known",
        leader.until_says("status", "paused since"),
    );
    group.rig.rename_issue(1, "While paused");
    follower.types("sync");
    follower.until_says("status", "1 queued");
    assert_eq!(
        title(&group),
        "Asked for",
        "nothing is written while paused"
    );
    follower.types("resume");
    tell(
        mode,
        "a resumption is written",
        until_titled(&group, "While paused"),
    );

    let page = group.rig.page(1);
    follower.types("pause");
    leader.until_says("status", "paused since");
    group.rig.rename_issue(1, "Here");
    group.rig.rename_page(page, "There");
    follower.types("resume");
    // What the leader finds is seen on the follower.
    follower.until_says("status", "1 in conflict");
    follower.types("conflicts");
    until("the conflict is named", || {
        follower.line(", title, since").is_some()
    });
    let line = follower.line(", title, since").unwrap();
    let id = line.split(':').next().unwrap();
    follower.types(&format!("take {id} github"));
    tell(mode, "a choice is written", until_titled(&group, "Here"));
    follower.until_says("status", "0 in conflict");

    assert_eq!(group.leader().as_ref(), Some(&leader.holder));
    assert_eq!(follower.said(": run"), 0, "the follower runs nothing");
}

#[test]
fn on_a_replica_set() {
    what_is_said_reaches_the_leader(Mode::Replica);
}

#[test]
fn on_a_single_server() {
    what_is_said_reaches_the_leader(Mode::Standalone);
}

#[test]
fn what_was_asked_for_outlives_the_leader() {
    let group = group(Mode::Replica, "\"2s\"");
    let (leader, mut follower) = two(&group);
    leader.signal("-STOP");
    group.rig.rename_issue(1, "Asked for");
    follower.types("sync");
    until("it is handed over", || {
        group.setting("ask/default").is_some()
    });
    leader.kill();
    until_titled(&group, "Asked for");
    until("it is done", || {
        group.setting("ask_done/default").as_deref() == Some("1")
    });
    assert_eq!(group.leader().as_ref(), Some(&follower.holder));
}

#[test]
fn a_leader_that_sleeps_is_succeeded_and_follows_when_it_is_back() {
    let group = group(Mode::Replica, "\"2s\"");
    let (mut leader, mut follower) = two(&group);
    leader.signal("-STOP");
    tell(
        Mode::Replica,
        "a sleeper is succeeded",
        group.until_led_by(&follower),
    );
    group.rig.rename_issue(1, "Meanwhile");
    follower.types("sync");
    until_titled(&group, "Meanwhile");
    leader.signal("-CONT");
    leader.until_says("status", &format!("following {} runs it", follower.holder));
    follower.types("quit");
    tell(
        Mode::Replica,
        "one that quits is succeeded",
        group.until_led_by(&leader),
    );
    group.rig.rename_issue(1, "Back");
    leader.types("sync");
    until_titled(&group, "Back");
}

#[test]
fn commands_say_who_leads_and_hand_over() {
    let group = group(Mode::Replica, "\"60s\"");
    let leader = group.start("laptop");
    group.until_led_by(&leader);
    until("everything is imported", || group.rig.pages().len() == 4);
    let runs_it = format!("{} runs it", leader.holder);
    let status = group.run("studio", &["status"]);
    assert!(status.out.contains(&runs_it), "{}", status.said());
    let status = group.run("studio", &["status", "--json"]).json();
    assert_eq!(
        status["links"][0]["led_by"],
        Json::from(leader.holder.as_str())
    );

    // A plan needs no lease.
    group.rig.rename_issue(1, "Handed over");
    let plan = group.run("studio", &["plan"]);
    assert!(plan.out.contains("1 item, 1 write"), "{}", plan.said());

    let done = group.run("studio", &["sync", "--once"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert!(done.out.contains("was asked to do it"), "{}", done.said());
    assert!(done.out.contains("it has done it"), "{}", done.said());
    until_titled(&group, "Handed over");
    assert_eq!(group.leader().as_ref(), Some(&leader.holder));
    assert_eq!(leader.stop(), Some(0));
    assert_eq!(group.leader(), None, "given back");
    let status = group.run("studio", &["status"]);
    assert!(!status.out.contains("runs it"), "{}", status.said());
}

#[test]
fn a_pass_that_a_stopped_leader_does_not_do_is_not_done() {
    let group = group(Mode::Replica, "\"60s\"");
    let leader = group.start("laptop");
    group.until_led_by(&leader);
    until("everything is imported", || group.rig.pages().len() == 4);
    leader.signal("-STOP");
    group.rig.rename_issue(1, "Nobody reads it");
    let done = group.run("studio", &["sync", "--once"]);
    leader.signal("-CONT");
    assert_eq!(done.code, Some(2), "{}", done.said());
    assert!(done.out.contains("has not done it"), "{}", done.said());
    let history = group.run("studio", &["history"]);
    // The leader may have been stopped within a run, and says so; a pass that did nothing leaves no record.
    assert!(
        !history.out.contains("runs this link"),
        "{}",
        history.said()
    );
    // What was asked for is not lost.
    until_titled(&group, "Nobody reads it");
    assert_eq!(leader.stop(), Some(0));
}

/// The record of the newest change of a title, as a command on another machine shows it.
fn title_record(group: &Group) -> String {
    let history = group.run("studio", &["history", "--json"]).json();
    let is_it = |record: &&Json| {
        let changes = record["changes"].as_array().unwrap();
        record["outcome"] == "done"
            && record["verb"] == "change"
            && changes.iter().any(|change| change["field"] == "title")
    };
    let found = history.as_array().unwrap().iter().find(is_it);
    let found = found.unwrap_or_else(|| panic!("{history}"));
    found["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_undo_is_carried_out_by_whoever_leads() {
    let group = group(Mode::Replica, "\"60s\"");
    let leader = group.start("laptop");
    group.until_led_by(&leader);
    until("everything is imported", || group.rig.pages().len() == 4);
    let before = title(&group);
    for (at, is_json) in [false, true].into_iter().enumerate() {
        let hasty = format!("Hasty {at}");
        group.rig.rename_issue(1, &hasty);
        let synced = group.run("studio", &["sync", "--once"]);
        assert_eq!(synced.code, Some(0), "{}", synced.said());
        until_titled(&group, &hasty);
        let record = title_record(&group);
        let mut args = vec!["undo", &record, "--yes"];
        args.extend(is_json.then_some("--json"));
        let done = group.run("studio", &args);
        assert_eq!(done.code, Some(0), "{}", done.said());
        assert_eq!(title(&group), before, "{}", done.said());
        assert_eq!(group.rig.issue(1).title, before, "{}", done.said());
        assert!(done.out.contains("it has done it"), "{}", done.said());
        if is_json {
            assert_eq!(done.json()["outcome"], "ran", "{}", done.said());
        }
    }

    // One that does not answer: the undo is kept, and said to be.
    group.rig.rename_issue(1, "Hasty again");
    let synced = group.run("studio", &["sync", "--once"]);
    assert_eq!(synced.code, Some(0), "{}", synced.said());
    let record = title_record(&group);
    leader.signal("-STOP");
    let done = group.run("studio", &["undo", &record, "--yes"]);
    leader.signal("-CONT");
    assert_eq!(done.code, Some(2), "{}", done.said());
    for words in [
        "was asked to do it",
        "has not done it",
        "the undo itself is kept",
    ] {
        assert!(done.out.contains(words), "{words}: {}", done.said());
    }
    until_titled(&group, &before);
    assert_eq!(leader.stop(), Some(0));
}
