//! Commits that a branch loses, and gets back.

use pulse_sync::sim::github::{NewCommit, Rewrite};
use serde_json::{Value as Json, json};

use super::rig::{Rig, world};

const MAIN: &str = "main";
const ADA: &str = "ada";

fn orphans(rig: &Rig) -> Vec<String> {
    let pages = rig.pages().into_iter();
    let mut found: Vec<String> = pages
        .filter(|page| rig.cell(*page, "Orphaned") == "true")
        .map(|page| rig.cell(page, "title"))
        .collect();
    found.sort();
    found
}

fn full(rig: &Rig) -> Json {
    let done = rig.run(&["sync", "--once", "--full", "--json"]);
    assert!(done.err.is_empty(), "{}", done.err);
    done.json()
}

#[test]
fn a_force_push_marks_what_the_branch_lost_and_nothing_is_deleted() {
    let rig = Rig::start(Some(world(2, 0, 6)));
    rig.settle();
    let before = rig.pages().len();
    let calm = full(&rig);
    assert_eq!(orphans(&rig), Vec::<String>::new());

    // The last two commits give way to another one.
    let lost: Vec<String> = (4..6).map(|n| format!("Trim the wick {n}")).collect();
    let now = rig.small.notion.shared.now();
    let rewrite = Rewrite {
        keep: 4,
        commits: vec![NewCommit {
            message: "Trim both wicks".to_owned(),
            ..NewCommit::default()
        }],
    };
    let old = rig.hub(|hub| {
        let branch = &hub.repo(&rig.small.repository).unwrap().branches[MAIN];
        let old = branch.last().unwrap().clone();
        // The old line lives on in a branch that is not listed.
        hub.create_branch(now, ADA, &rig.small.repository, "kept", &old)
            .unwrap();
        hub.force_push(now, ADA, &rig.small.repository, MAIN, rewrite)
            .unwrap();
        old
    });
    full(&rig);
    rig.settle();
    assert_eq!(orphans(&rig), lost);
    assert_eq!(rig.pages().len(), before + 1, "pages stay, one is new");
    rig.assert_quiet();
    // A sweep reads the texts of pages that were written to once more; then all is known.
    full(&rig);
    let again = full(&rig);
    assert_eq!(again["writes"], json!({"github": 0, "notion": 0}));
    assert_eq!(
        again["requests"], calm["requests"],
        "orphans are not read again"
    );

    // Somebody puts the old line back: the orphans are none any more, the one commit in between is.
    rig.hub(|hub| {
        hub.reset_branch(now, ADA, &rig.small.repository, MAIN, &old)
            .unwrap();
    });
    full(&rig);
    rig.settle();
    assert_eq!(orphans(&rig), ["Trim both wicks"]);
    rig.assert_quiet();
}
