//! Two machines, of which the one that leads is killed with -9 at random moments while people work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pulse_sync::sim::crowd::Crowd;
use serde_json::json;

use crate::group::{Group, Machine, until};
use crate::mongo::Mode;
use crate::rig::{Rig, world};

const KILLS: usize = 30;
const SEED: u64 = 30;
/// Between two things that people do.
const PEOPLE_EVERY: Duration = Duration::from_millis(60);

/// People who work until they are told to stop.
fn work(rig: &Rig, stop: &AtomicBool) -> usize {
    let mut crowd = Crowd::new(SEED);
    let mut done = 0;
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(PEOPLE_EVERY);
        done += usize::from(crowd.act(&rig.small).is_some());
    }
    done
}

fn group() -> Group {
    let mut group = Group::new(Mode::Replica, world(40, 6, 12));
    for (key, value) in [
        ("send_deadline", "\"1s\""),
        ("flight", "\"2s\""),
        ("lookup_gap", "\"200ms\""),
        ("lease_ttl", "\"900ms\""),
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

/// The one that leads, and the one that follows.
fn in_order(group: &Group, one: Machine, other: Machine) -> (Machine, Machine) {
    let mut leader = None;
    until("one of both leads", || {
        leader = group.leader();
        [&one, &other]
            .iter()
            .any(|m| leader.as_ref() == Some(&m.holder))
    });
    if leader.as_ref() == Some(&one.holder) {
        (one, other)
    } else {
        (other, one)
    }
}

/// Kills whoever leads, again and again. Gives how long each was succeeded after.
fn kill_many(group: &Group) -> Vec<Duration> {
    let mut chance = fastrand::Rng::with_seed(SEED);
    let mut pair = (group.start("laptop"), group.start("studio"));
    let mut times = Vec::new();
    while times.len() < KILLS {
        let (leader, mut follower) = in_order(group, pair.0, pair.1);
        assert!(follower.is_alive(), "{} ended", follower.holder);
        let work_until = Instant::now() + Duration::from_millis(chance.u64(50..1_200));
        while Instant::now() < work_until {
            group.ring();
            std::thread::sleep(Duration::from_millis(chance.u64(1..150)));
        }
        let name = leader.holder.split(':').next().unwrap().to_owned();
        leader.kill();
        times.push(group.until_led_by(&follower));
        pair = (follower, group.start(&name));
    }
    // Whoever is left ends in good order, and leaves nobody behind who could lead.
    let (leader, follower) = in_order(group, pair.0, pair.1);
    follower.kill();
    assert_eq!(leader.stop(), Some(0));
    assert_eq!(group.leader(), None, "the lease is given back");
    times
}

#[test]
fn thirty_kills_lose_and_double_nothing() {
    let group = group();
    let stop = AtomicBool::new(false);
    let (mut times, edits) = std::thread::scope(|scope| {
        let people = scope.spawn(|| work(&group.rig, &stop));
        let times = kill_many(&group);
        stop.store(true, Ordering::Relaxed);
        (times, people.join().unwrap())
    });
    times.sort();
    let ms = |at: usize| times[at].as_millis();
    eprintln!(
        "{} kills, {edits} edits by people; taken over after {} ms (least), {} ms (half), {} ms (most)",
        times.len(),
        ms(0),
        ms(times.len() / 2),
        ms(times.len() - 1)
    );
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
    rig.assert_agreement();
    rig.assert_quiet();
}
