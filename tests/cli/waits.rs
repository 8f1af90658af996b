//! What waits, and for what: `plan`, `status`, `sync` and `--item` say it.

use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::json;

use super::rig::{Rig, world};

#[test]
fn a_plan_lists_what_settles_with_its_time_and_ends_with_2() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.advanced("settle", "\"1h\"");
    rig.rename_issue(1, "Written a moment ago");
    rig.sync();
    rig.rename_issue(1, "And changed again");
    let plan = rig.run(&["plan"]);
    assert_eq!(plan.code, Some(2), "{}", plan.said());
    assert!(plan.out.contains("ada/lantern#1"), "{}", plan.out);
    assert!(plan.out.contains("waits: it was written"), "{}", plan.out);
    assert!(!plan.out.contains("ada/lantern#2"), "{}", plan.out);
    let plan = rig.run(&["plan", "--json"]).json();
    assert_eq!(plan["items"], json!([]));
    assert_eq!(plan["waiting"].as_array().unwrap().len(), 1, "{plan}");
    assert_eq!(plan["waiting"][0]["item"], "ada/lantern#1");
    assert!(plan["waiting"][0]["until"].is_string(), "{plan}");
}

#[test]
fn a_plan_lists_what_is_held_and_in_conflict() {
    let rig = Rig::start(Some(world(40, 0, 0)));
    rig.settle();
    for number in 1..=30 {
        rig.rename_page(rig.page(number), &format!("FLOOD {number}"));
    }
    rig.rename_page(rig.page(35), "Here");
    rig.rename_issue(35, "There");
    rig.run(&["sync", "--once"]);
    let plan = rig.run(&["plan", "--json"]);
    assert_eq!(plan.code, Some(2), "{}", plan.said());
    let plan = plan.json();
    let waiting = plan["waiting"].as_array().unwrap();
    let held = |line: &&serde_json::Value| line["why"].as_str().unwrap().contains("held by");
    assert!(waiting.iter().filter(held).count() >= 30, "{plan}");
    let status = rig.run(&["status", "--json"]).json();
    let in_step = status["links"][0]["in_step"].as_u64().unwrap();
    assert!(in_step <= 10, "what is held is not in step: {status}");
}

#[test]
fn a_refused_field_is_counted_and_listed_and_not_in_step() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    rig.edit_page(
        rig.page(2),
        vec![("Assignees", Cell::choices(&["nosuchuser"]))],
    );
    rig.sync();
    let once = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(once.code, Some(2), "a person is needed: {}", once.said());
    let once = once.json();
    assert_eq!(once["refused"][0]["item"], "ada/lantern#2", "{once}");
    let status = rig.run(&["status"]);
    assert!(status.out.contains("3 in step"), "{}", status.out);
    assert!(status.out.contains("1 refused"), "{}", status.out);
    let line = "refused: assignees of ada/lantern#2 on GitHub";
    assert!(status.out.contains(line), "{}", status.out);
    let status = rig.run(&["status", "--json"]).json();
    let standing = &status["links"][0];
    assert_eq!(standing["in_step"], 3, "{status}");
    assert_eq!(standing["refused"][0]["field"], "assignees");
    assert!(standing["refused"][0]["reason"].is_string());
    // It ends when the page says something that GitHub takes.
    rig.edit_page(rig.page(2), vec![("Assignees", Cell::choices(&["grace"]))]);
    rig.settle();
    let status = rig.run(&["status", "--json"]).json();
    assert_eq!(status["links"][0]["in_step"], 4, "{status}");
    assert_eq!(rig.run(&["sync", "--once"]).code, Some(0));
}

#[test]
fn an_item_that_is_set_aside_is_shown_with_its_reason_everywhere() {
    let second = world(2, 0, 0).replace("lantern", "candle");
    let mut rig = Rig::start(Some(world(2, 0, 0) + &second));
    rig.link("repositories", "[\"ada/lantern\", \"ada/candle\"]");
    rig.settle();
    // It says not to which of the two it should go.
    let cells = vec![
        ("title", Cell::text("Nowhere to go")),
        ("Publish", Cell::choice("Ready")),
    ];
    rig.new_page(cells, "Words.\n");
    rig.sync();
    let once = rig.run(&["sync", "--once", "--json"]);
    assert_eq!(once.code, Some(2), "{}", once.said());
    let once = once.json();
    assert_eq!(once["set_aside"][0]["title"], "Nowhere to go", "{once}");
    let reason = once["set_aside"][0]["reason"].as_str().unwrap();
    let plain = rig.run(&["sync", "--once"]).out;
    let status = rig.run(&["status"]).out;
    for said in [&plain, &status] {
        assert!(
            said.contains("set aside") && said.contains(reason),
            "{said}"
        );
    }
    let status = rig.run(&["status", "--json"]).json();
    assert_eq!(status["links"][0]["set_aside"][0]["reason"], reason);
}

#[test]
fn an_item_that_is_none_is_refused_with_what_to_write() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let before = rig.requests();
    for (item, word) in [
        ("nonsense", "owner/repo#12"),
        ("#1", "owner/repo#12"),
        ("ada/lantern#", "owner/repo#12"),
        ("other/repo#1", "no link has the repository other/repo"),
    ] {
        let done = rig.run(&["sync", "--once", "--item", item]);
        assert_eq!(done.code, Some(1), "{item}: {}", done.said());
        assert!(done.err.contains(word), "{item}: {}", done.err);
    }
    assert_eq!(rig.requests(), before, "and no service is asked");
    let done = rig.run(&["sync", "--once", "--item", "ada/lantern#99999"]);
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(done.out.contains("#99999 is not known"), "{}", done.out);
    let done = rig.run(&["sync", "--once", "--item", "ADA/Lantern#1"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
}

#[test]
fn an_item_that_settles_says_until_when() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.advanced("settle", "\"1h\"");
    rig.rename_issue(1, "Written a moment ago");
    rig.sync();
    rig.rename_issue(1, "And changed again");
    let done = rig.run(&["sync", "--once", "--item", "ada/lantern#1"]);
    assert!(
        done.out.contains("ada/lantern#1 waits: it was written") && done.out.contains("until"),
        "{}",
        done.out
    );
}
