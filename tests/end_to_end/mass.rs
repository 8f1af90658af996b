//! Many items at once: texts count for the guard as titles do, and what nobody decided does not.

use serde_json::{Value as Json, json};

use super::rig::{GRACE, Rig, world};

fn started() -> Rig {
    let rig = Rig::start(Some(world(40, 0, 0)));
    rig.settle();
    // Not within the minute of our own last writes.
    rig.let_an_hour_pass();
    rig.settle();
    rig
}

/// Rewrites the texts of the first pages, and lets a pass find them.
fn rewrite(rig: &Rig, pages: u64, text: fn(&str) -> String) -> Json {
    for number in 1..=pages {
        rig.edit_body(rig.page(number), text);
    }
    rig.run(&["sync", "--once", "--json"]).json()
}

fn bodies(rig: &Rig) -> Vec<String> {
    let body = |number| {
        rig.issue(number)
            .body
            .as_deref()
            .unwrap_or_default()
            .to_owned()
    };
    (1..=40).map(body).collect()
}

fn halt(rig: &Rig, pairs: usize) -> String {
    let held = rig.run(&["held", "list", "--json"]).json();
    assert_eq!(held[0]["pairs"].as_array().unwrap().len(), pairs, "{held}");
    held[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn texts_that_were_emptied_at_once_are_held_until_somebody_agrees() {
    let rig = started();
    let before = bodies(&rig);
    let report = rewrite(&rig, 30, |_| String::new());
    assert_eq!(report["held"], json!(30), "{report}");
    assert_eq!(report["writes"]["github"], json!(0), "{report}");
    assert_eq!(bodies(&rig), before, "nothing was emptied");
    rig.run(&["sync", "--once", "--full"]);
    assert_eq!(bodies(&rig), before, "nor by the next pass");

    let id = halt(&rig, 30);
    assert_eq!(rig.run(&["held", "apply", &id]).code, Some(0));
    let report = rig.settle();
    assert_eq!(report["held"], json!(0), "{report}");
    let after = bodies(&rig);
    assert!(after[..30].iter().all(String::is_empty), "{after:?}");
    assert_eq!(after[30..], before[30..]);
    // What this wrote is nobody's change.
    rig.assert_quiet();
    assert_eq!(rig.assert_quiet()["held"], json!(0));
    rig.assert_agreement();
}

#[test]
fn texts_that_were_emptied_by_mistake_are_put_back() {
    let rig = started();
    let before = bodies(&rig);
    rewrite(&rig, 30, |_| String::new());
    let id = halt(&rig, 30);
    assert_eq!(rig.run(&["held", "keep", &id]).code, Some(0));
    let report = rig.settle();
    assert_eq!(report["held"], json!(0), "{report}");
    assert_eq!(bodies(&rig), before);
    assert!(rig.markdown(rig.page(7)).contains("smokes"));
    rig.assert_agreement();
}

#[test]
fn texts_that_were_changed_at_once_are_held() {
    let rig = started();
    let before = bodies(&rig);
    let report = rewrite(&rig, 30, |text| format!("{text}\n\nMore."));
    assert_eq!(report["held"], json!(30), "{report}");
    assert_eq!(bodies(&rig), before);
}

#[test]
fn pages_whose_texts_are_as_they_were_are_not_held() {
    let rig = started();
    let before = rig.requests();
    let report = rewrite(&rig, 30, str::to_owned);
    assert_eq!(report["held"], json!(0), "{report}");
    assert!(rig.requests() - before < 120, "each text is read once");
    rig.assert_agreement();
}

#[test]
fn fewer_texts_than_that_go_over_at_once_and_are_nobodys_change_afterwards() {
    let rig = started();
    let report = rewrite(&rig, 10, |text| format!("{text}\n\nMore."));
    assert_eq!(report["held"], json!(0), "{report}");
    assert_eq!(report["writes"]["github"], json!(10), "{report}");
    assert_eq!(rig.settle()["held"], json!(0));
    rig.assert_agreement();
}

#[test]
fn comments_are_no_changes_for_the_guard() {
    let rig = started();
    let now = rig.small.notion.shared.now();
    for number in 1..=30 {
        rig.hub(|hub| {
            hub.add_comment(now, GRACE, "ada/lantern", number, "Me too.")
                .unwrap();
        });
    }
    assert_eq!(rig.sync()["held"], json!(0));
    assert_eq!(rig.settle()["held"], json!(0));
    rig.assert_agreement();
}
