//! `kill -9` at random moments of an import.

use std::time::Duration;

use serde_json::json;

use super::rig::{Rig, world};

const KILLS: usize = 50;
const SEED: u64 = 20;
/// So many requests a life lasts, at most: enough for a start and a few items.
const MOST_REQUESTS: u64 = 18;
/// A pass that finds everything in step needs so many.
const QUIET_REQUESTS: u64 = 3;

#[test]
fn fifty_kills_lose_and_double_nothing() {
    let mut rig = Rig::start(Some(world(140, 20, 40)));
    rig.advanced("send_deadline", "\"1s\"");
    rig.advanced("flight", "\"3s\"");
    rig.advanced("lookup_gap", "\"200ms\"");
    let mut chance = fastrand::Rng::with_seed(SEED);
    let (mut killed, mut unfinished) = (0, 0);
    while killed < KILLS {
        let mut child = rig.spawn(&["sync", "--once", "--json"]);
        let is_over = rig.pages().len() == 200;
        let most = if is_over {
            QUIET_REQUESTS
        } else {
            MOST_REQUESTS
        };
        let goal = rig.requests() + chance.u64(1..=most);
        while rig.requests() < goal && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(chance.u64(0..4_000)));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
            unfinished += usize::from(rig.pages().len() < 200);
        }
        child.wait().unwrap();
    }
    assert!(
        unfinished >= KILLS / 2,
        "only {unfinished} kills met an unfinished import"
    );
    let mut last = json!(null);
    for _ in 0..600 {
        last = rig.sync();
        let is_over = ["backlog", "deferred", "in_doubt"]
            .iter()
            .all(|key| last[key] == json!(0));
        if is_over
            && last["writes"] == json!({"github": 0, "notion": 0})
            && last["links"][0]["stopped"].is_null()
        {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(last["errors"], json!([]), "{last}");
    assert_eq!(rig.pages().len(), 200, "{last}");
    rig.assert_agreement();
    rig.assert_quiet();
    let status = rig.run(&["status", "--json"]);
    assert_eq!(status.code, Some(0), "{}", status.said());
    assert_eq!(status.json()["links"][0]["counts"]["active"], json!(200));
}
