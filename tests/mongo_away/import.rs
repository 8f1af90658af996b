//! An import during which the store goes away in every way it can.

use std::time::Duration;

use super::mongo::Mode;
use super::stage::{Stage, terminate};

/// One process lives through all of it.
#[test]
fn a_running_import_outlives_every_way_a_server_goes() {
    let mut stage = Stage::new(Mode::Replica, 70, 15, 15);
    let mut child = stage.spawn(&["run", "--json"]);

    stage.until_pages(10, &mut child);
    stage.server.kill();
    stage.assert_nothing_is_written("the server is gone");
    stage.restart();

    stage.until_pages(30, &mut child);
    stage.server.freeze();
    stage.assert_nothing_is_written("the server is frozen");
    // Longer than one operation is waited for.
    std::thread::sleep(Duration::from_secs(2));
    stage.assert_nothing_is_written("the server is still frozen");
    stage.server.thaw();

    stage.until_pages(50, &mut child);
    stage.step_down(3);
    stage.assert_nothing_is_written("there is no primary");

    stage.until_pages(70, &mut child);
    stage.server.fill_disk();
    stage.assert_nothing_is_written("the disk is full");
    stage.restart();

    stage.until_pages(stage.total, &mut child);
    assert_eq!(terminate(child), Some(0), "{}", stage.said());
    stage.assert_whole();
}
