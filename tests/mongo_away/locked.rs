//! A server that is locked for a backup: it answers questions, and no write ends until it is unlocked.

use std::time::{Duration, Instant};

use mongodb::bson::doc;

use super::mongo::Mode;
use super::stage::{Stage, terminate};

/// Longer than one operation is waited for, and one look at the store comes before it; a few such waits in a row are
/// more.
const SOON: Duration = Duration::from_secs(12);

#[test]
fn an_import_stops_at_a_locked_server_and_goes_on_when_it_is_unlocked() {
    let mut stage = Stage::new(Mode::Replica, 50, 5, 5);
    stage.rig.advanced("store_timeout", "\"4s\"");
    let mut child = stage.spawn(&["run"]);
    stage.until_pages(10, &mut child);
    stage.command(doc! { "fsync": 1, "lock": true });
    let locked = Instant::now();
    stage.until_said("answers no writes", &mut child);
    assert!(locked.elapsed() < SOON, "told after {:?}", locked.elapsed());
    stage.assert_nothing_is_written("the server is locked");
    stage.command(doc! { "fsyncUnlock": 1 });
    stage.until_pages(stage.total, &mut child);
    assert_eq!(terminate(child), Some(0), "{}", stage.said());
    let errors = stage.rig.run(&["errors", "--all", "--json"]).json();
    let outages = errors.as_array().unwrap().iter();
    let outages: Vec<_> = outages
        .filter(|entry| entry["scope"] == "MongoDB")
        .collect();
    assert_eq!(outages.len(), 1, "one for each outage: {errors}");
    let told = outages[0]["message"].as_str().unwrap();
    assert!(told.contains("could not be used for"), "{told}");
    assert!(told.contains("answers no writes"), "{told}");
    assert!(!outages[0]["resolved_at"].is_null(), "{}", outages[0]);
    let open = stage.rig.run(&["errors"]);
    assert!(!open.out.contains("MongoDB"), "{}", open.said());
    stage.assert_whole();
}
