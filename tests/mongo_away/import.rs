//! An import during which the store goes away in every way it can.

use std::time::Duration;

use super::mongo::Mode;
use super::stage::{Stage, terminate};

/// One process lives through all of it.
#[test]
fn a_running_import_outlives_every_way_a_server_goes() {
    let mut stage = Stage::new(Mode::Replica, 70, 15, 15);
    // A server on a busy machine answers later than others, and is not away for that.
    stage.rig.advanced("store_timeout", "\"8s\"");
    let mut child = stage.spawn(&["run", "--json"]);

    stage.until_pages(10, &mut child);
    stage.server.kill();
    stage.assert_nothing_is_written("the server is gone");
    stage.restart();

    stage.until_pages(30, &mut child);
    stage.server.freeze();
    stage.assert_nothing_is_written("the server is frozen");
    // Longer than one operation is waited for.
    stage.until_said("did not answer within", &mut child);
    stage.assert_nothing_is_written("the server is still frozen");
    stage.server.thaw();

    stage.until_pages(50, &mut child);
    stage.step_down(6);
    stage.assert_nothing_is_written("there is no primary");

    stage.until_pages(70, &mut child);
    stage.server.fill_disk();
    stage.assert_nothing_is_written("the disk is full");
    stage.restart();

    stage.until_pages(stage.total, &mut child);
    assert_eq!(terminate(child), Some(0), "{}", stage.said());
    stage.assert_whole();
}

/// How often the server is killed.
const KILLS: usize = 10;
const SEED: u64 = 4;
/// So many requests to the services lie between two kills, at most: enough for a start and a few items.
const MOST_REQUESTS: u64 = 24;

/// Each pass meets a server that dies at a moment of chance; the pass says so and the next one goes on.
#[test]
fn kills_of_the_server_at_random_moments_lose_and_double_nothing() {
    let mut stage = Stage::new(Mode::Standalone, 45, 10, 5);
    stage.rig.advanced("store_timeout", "\"700ms\"");
    let mut chance = fastrand::Rng::with_seed(SEED);
    let mut told = 0;
    for _ in 0..KILLS {
        let mut child = stage.spawn(&["sync", "--once"]);
        let goal = stage.rig.requests() + chance.u64(1..=MOST_REQUESTS);
        while stage.rig.requests() < goal && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(chance.u64(0..20_000)));
        stage.server.kill();
        let code = child.wait().unwrap().code();
        let said = stage.said();
        if said.contains("cannot be reached") {
            told += 1;
            assert_ne!(code, Some(0), "{said}");
            // One command is over then: nothing is tried again.
            assert!(!said.contains("tried again"), "{said}");
        }
        stage.restart();
    }
    assert!(told >= KILLS / 2, "only {told} kills met a pass");
    stage.assert_whole();
}
