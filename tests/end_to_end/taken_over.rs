//! A database that another instance filled: its pages are taken over, and that is said before anything is written.

use serde_json::json;

use super::rig::{Rig, world};

/// The pages are there, the memory is not.
fn elsewhere() -> Rig {
    let rig = Rig::start(Some(world(5, 1, 1)));
    rig.settle();
    std::fs::remove_dir_all(rig.state()).unwrap();
    rig
}

#[test]
fn pages_of_another_instance_are_told_and_taken_over() {
    let rig = elsewhere();
    let doctor = rig.run(&["doctor", "--json"]).json();
    let checks = doctor["checks"].as_array().unwrap();
    let pages = checks.iter().find(|check| check["check"] == "pages");
    let pages = pages.unwrap_or_else(|| panic!("{doctor:#}"));
    assert_eq!(pages["level"], "warn");
    let text = pages["text"].as_str().unwrap();
    assert!(text.contains("7 pages of link default"), "{text}");
    assert!(
        text.contains("last through this integration at 20"),
        "{text}"
    );

    let before = rig.writes();
    let plan = rig.run(&["plan"]);
    assert!(
        plan.out
            .contains("7 pages here were written by a pulse-sync before"),
        "{}",
        plan.out
    );
    assert_eq!(rig.writes(), before);
    let first = rig.sync();
    assert_eq!(first["writes"]["github"], json!(0), "{first}");
    let notes = first["notes"].to_string();
    assert!(notes.contains("7 pages here"), "{notes}");
    rig.settle();
    assert_eq!(rig.pages().len(), 7);
    let again = rig.sync();
    assert!(
        !again["notes"].to_string().contains("pages here"),
        "{again}"
    );
    let doctor = rig.run(&["doctor", "--json"]).out;
    assert!(
        !doctor.contains("written by a pulse-sync before"),
        "{doctor}"
    );
}

#[test]
fn a_store_that_was_begun_and_never_filled_is_said_to_be_empty() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    std::fs::create_dir_all(rig.state()).unwrap();
    std::fs::write(rig.store(), "").unwrap();
    let status = rig.run(&["status"]);
    assert_eq!(status.code, Some(1), "{}", status.said());
    assert!(status.err.contains("is empty"), "{}", status.err);
    assert!(!status.err.contains("format"), "{}", status.err);
    let done = rig.run(&["sync", "--once"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert_eq!(rig.run(&["status"]).code, Some(0));
}
