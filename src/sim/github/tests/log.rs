//! The log of changes against the model, over many seeds.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

/// Lets three people do anything to a hub, many times, from a seed; counts what was accepted.
fn busy(seed: u64, steps: usize) -> (Hub, usize) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut hub = hub();
    let (mut now, mut accepted) = (T0, 0);
    for step in 0..steps {
        now += rng.i64(0..3_000);
        accepted += usize::from(busy_step(&mut hub, &mut rng, now, &format!("v{step}")));
    }
    (hub, accepted)
}

fn busy_step(hub: &mut Hub, rng: &mut fastrand::Rng, now: i64, word: &str) -> bool {
    let actor = ["ada", "bob", "eve"][rng.usize(0..3)];
    let repo = [DEMO, "ada/other"][usize::from(rng.u8(0..5) == 0)];
    let n = rng.u64(1..12);
    let label = names(&[["bug", "ui", "docs"][rng.usize(0..3)]]);
    match rng.u8(0..14) {
        0 | 1 => hub.create_issue(now, actor, repo, titled(word)).is_ok(),
        2..=4 => {
            let edit = IssueEdit {
                title: rng.bool().then(|| word.to_owned()),
                body: rng.bool().then(|| rng.bool().then(|| word.to_owned())),
                state: [None, Some(State::Open), Some(State::Closed)][rng.usize(0..3)],
                labels: rng.bool().then_some(label),
                assignees: rng.bool().then(|| names(&["bob"])),
                ..IssueEdit::default()
            };
            hub.edit_issue(now, actor, repo, n, edit).is_ok()
        }
        5 => hub.add_labels(now, actor, repo, n, &label).is_ok(),
        6 => hub.remove_label(now, actor, repo, n, &label[0]).is_ok(),
        7 => hub
            .remove_assignees(now, actor, repo, n, &names(&["bob"]))
            .is_ok(),
        8 if rng.bool() => hub.lock(now, actor, repo, n, None).is_ok(),
        8 => hub.unlock(now, actor, repo, n).is_ok(),
        9 => {
            let first = hub.repo(DEMO).unwrap().branches["main"][0].clone();
            let new = NewCommit {
                message: word.to_owned(),
                ..NewCommit::default()
            };
            let pull = NewPull {
                title: word.to_owned(),
                head: word.to_owned(),
                base: "main".to_owned(),
                ..NewPull::default()
            };
            hub.create_branch(now, actor, DEMO, word, &first).is_ok()
                && hub.push_commit(now, actor, DEMO, word, new).is_ok()
                && hub.open_pull(now, actor, DEMO, pull).is_ok()
        }
        10 => hub.merge_pull(now, actor, DEMO, n, None).is_ok(),
        11 => hub.transfer_issue(now, actor, DEMO, n, "ada/other").is_ok(),
        12 => hub.delete_label(now, actor, repo, &label[0]).is_ok(),
        _ => hub.set_draft(now, actor, DEMO, n, rng.bool()).is_ok(),
    }
}

/// Every field as the model has it now.
fn fields(repo: &Repo, issue: &Issue) -> BTreeMap<&'static str, Value> {
    let sorted = |mut list: Vec<&str>| {
        list.sort_unstable();
        json!(list)
    };
    let mut all = BTreeMap::from([
        ("title", json!(issue.title)),
        ("body", json!(issue.body)),
        ("state", json!(issue.state.as_str())),
        (
            "state_reason",
            json!(issue.state_reason.map(StateReason::as_str)),
        ),
        ("labels", sorted(repo.label_names(issue))),
        (
            "assignees",
            sorted(issue.assignees.iter().map(AsRef::as_ref).collect()),
        ),
        ("locked", json!(issue.locked)),
    ]);
    if let Some(pull) = &issue.pull {
        all.insert("draft", json!(pull.draft));
        all.insert("merged", json!(pull.merged_at.is_some()));
        all.insert("head_sha", json!(pull.head_sha));
    }
    all
}

#[test]
fn the_log_tells_every_change_and_nothing_else() {
    let mut changes = 0;
    for seed in 0..40 {
        let (hub, accepted) = busy(seed, 150);
        assert!(
            accepted > 20,
            "seed {seed}: only {accepted} changes were accepted"
        );
        let mut known: BTreeMap<(RepoId, u64, &str), Value> = BTreeMap::new();
        for (at, change) in hub.log.iter().enumerate() {
            assert_eq!(change.seq, at as u64);
            let key = (change.repo, change.number, change.field);
            if change.number == 0 {
                continue;
            }
            if let Some(before) = known.insert(key, change.after.clone()) {
                assert_eq!(before, change.before, "seed {seed}: {change:?}");
            }
            changes += 1;
        }
        for repo in hub.repos() {
            for issue in repo.issues.values() {
                for (field, value) in fields(repo, issue) {
                    let default = match field {
                        "labels" | "assignees" => json!([]),
                        "locked" => json!(false),
                        _ => Value::Null,
                    };
                    let logged = known
                        .get(&(repo.id, issue.number, field))
                        .unwrap_or(&default);
                    assert_eq!(*logged, value, "seed {seed}: #{} {field}", issue.number);
                }
            }
        }
    }
    assert!(
        changes > 2_000,
        "only {changes} changes: the generator idles"
    );
}

#[test]
fn the_same_seed_makes_the_same_world() {
    let ((one, _), (two, _)) = (busy(7, 300), busy(7, 300));
    assert_eq!(one.log, two.log);
    let ids = |hub: &Hub| -> Vec<String> {
        hub.repos()
            .flat_map(|repo| repo.issues.values().map(|i| i.node_id.clone()))
            .collect()
    };
    assert_eq!(ids(&one), ids(&two));
    let mut unique = ids(&one);
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids(&one).len());
    assert_ne!(one.log, busy(8, 300).0.log);
}
