//! Tests of the model, without HTTP.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

const T0: i64 = 1_790_000_000_000;
const DEMO: &str = "ada/demo";

/// `ada` owns two repositories, `bob` may write to the first, `eve` may only read.
fn hub() -> Hub {
    let mut hub = Hub::new();
    for login in ["ada", "bob", "eve"] {
        hub.add_user(T0, login, AccountKind::User);
    }
    hub.create_repo(T0, "ada", NewRepo::public(DEMO)).unwrap();
    hub.create_repo(T0, "ada", NewRepo::public("ada/other"))
        .unwrap();
    hub.set_permission(T0, DEMO, "bob", Some(Permission::Write))
        .unwrap();
    push(&mut hub, T0, "main", 0);
    hub
}

fn push(hub: &mut Hub, now: i64, branch: &str, additions: u64) -> String {
    let size = Size {
        additions,
        deletions: 1,
        files: 1,
    };
    let new = NewCommit {
        message: format!("{branch} {additions}"),
        size,
    };
    hub.push_commit(now, "ada", DEMO, branch, new).unwrap()
}

fn titled(title: &str) -> NewIssue {
    NewIssue {
        title: title.into(),
        ..NewIssue::default()
    }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn issue<'a>(hub: &'a Hub, number: u64) -> &'a Issue {
    hub.issue(DEMO, number).unwrap()
}

fn labels(hub: &Hub, number: u64) -> Vec<&str> {
    hub.repo(DEMO).unwrap().label_names(issue(hub, number))
}

#[test]
fn without_write_access_lists_are_dropped_in_silence() {
    let mut hub = hub();
    let new = NewIssue {
        labels: names(&["bug"]),
        assignees: names(&["ada"]),
        ..titled("from a reader")
    };
    let n = hub.create_issue(T0, "eve", DEMO, new).unwrap().number;
    assert_eq!(
        (labels(&hub, n), issue(&hub, n).assignees.len()),
        (vec![], 0)
    );

    let edit = IssueEdit {
        title: Some("better".into()),
        labels: Some(names(&["bug"])),
        ..IssueEdit::default()
    };
    hub.edit_issue(T0, "eve", DEMO, n, edit.clone()).unwrap();
    assert_eq!(
        (issue(&hub, n).title.as_str(), labels(&hub, n)),
        ("better", vec![])
    );
    hub.add_assignees(T0, "eve", DEMO, n, &names(&["ada"]))
        .unwrap();
    assert!(issue(&hub, n).assignees.is_empty());
    let refused = hub
        .add_labels(T0, "eve", DEMO, n, &names(&["bug"]))
        .unwrap_err();
    assert_eq!(refused.status(), 403);

    hub.edit_issue(T0, "bob", DEMO, n, edit).unwrap();
    assert_eq!(labels(&hub, n), ["bug"]);
}

#[test]
fn readers_cannot_edit_what_others_wrote_and_strangers_see_nothing_private() {
    let mut hub = hub();
    let n = hub
        .create_issue(T0, "ada", DEMO, titled("mine"))
        .unwrap()
        .number;
    let edit = IssueEdit {
        title: Some("theirs".into()),
        ..IssueEdit::default()
    };
    assert_eq!(
        hub.edit_issue(T0, "eve", DEMO, n, edit.clone())
            .unwrap_err()
            .status(),
        403
    );
    hub.set_private(T0, DEMO, true).unwrap();
    assert_eq!(
        hub.edit_issue(T0, "eve", DEMO, n, edit.clone())
            .unwrap_err(),
        Refusal::NotFound
    );
    hub.set_archived(T0, DEMO, true).unwrap();
    assert_eq!(
        hub.edit_issue(T0, "ada", DEMO, n, edit)
            .unwrap_err()
            .status(),
        403
    );
    assert_eq!(issue(&hub, n).title, "mine");
}

#[test]
fn a_refused_edit_changes_nothing() {
    let mut hub = hub();
    let n = hub
        .create_issue(T0, "ada", DEMO, titled("steady"))
        .unwrap()
        .number;
    let before = hub.log.len();
    let bad = [
        IssueEdit {
            milestone: Some(Some(99)),
            ..IssueEdit::default()
        },
        IssueEdit {
            assignees: Some(names(&["nobody"])),
            ..IssueEdit::default()
        },
        IssueEdit {
            body: Some(Some("b".repeat(MAX_BODY + 1))),
            ..IssueEdit::default()
        },
        IssueEdit {
            labels: Some(names(&[""])),
            ..IssueEdit::default()
        },
    ];
    for edit in bad {
        let edit = IssueEdit {
            title: Some("changed".into()),
            ..edit
        };
        assert_eq!(
            hub.edit_issue(T0, "ada", DEMO, n, edit)
                .unwrap_err()
                .status(),
            422
        );
    }
    for title in [String::new(), "t".repeat(MAX_TITLE + 1)] {
        assert_eq!(
            hub.create_issue(T0, "ada", DEMO, titled(&title))
                .unwrap_err()
                .status(),
            422
        );
    }
    assert_eq!(
        (issue(&hub, n).title.as_str(), hub.log.len()),
        ("steady", before)
    );
    // 300 emoji are more than 256 characters; 256 of them fit although they take 1,024 bytes.
    hub.create_issue(T0, "ada", DEMO, titled(&"🦀".repeat(MAX_TITLE)))
        .unwrap();
    assert!(
        hub.create_issue(T0, "ada", DEMO, titled(&"🦀".repeat(300)))
            .is_err()
    );
}

#[test]
fn updated_at_has_seconds_and_never_goes_back() {
    let mut hub = hub();
    let n = hub
        .create_issue(T0 + 999, "ada", DEMO, titled("a"))
        .unwrap()
        .number;
    let mut edit = |now, title: &str| {
        let edit = IssueEdit {
            title: Some(title.into()),
            ..IssueEdit::default()
        };
        hub.edit_issue(now, "ada", DEMO, n, edit)
            .unwrap()
            .updated_at
            - T0
    };
    assert_eq!(edit(T0 + 1_400, "b"), 1_000);
    assert_eq!(edit(T0 + 1_900, "c"), 1_000, "same second, another value");
    assert_eq!(edit(T0 + 5_000, "c"), 1_000, "nothing changed");
    assert_eq!(edit(T0 - 60_000, "d"), 1_000, "the clock was set back");
    assert_eq!(edit(T0 + 5_000, "e"), 5_000);
    let renames: Vec<_> = issue(&hub, n)
        .events
        .iter()
        .map(|event| event.kind.clone())
        .collect();
    let last = EventKind::Renamed {
        from: "d".into(),
        to: "e".into(),
    };
    assert_eq!((renames.len(), renames.last()), (4, Some(&last)));
}

#[test]
fn closing_and_reopening_set_reason_time_and_person() {
    let mut hub = hub();
    let n = hub
        .create_issue(T0, "eve", DEMO, titled("a"))
        .unwrap()
        .number;
    let close = IssueEdit {
        state: Some(State::Closed),
        state_reason: Some(StateReason::NotPlanned),
        ..IssueEdit::default()
    };
    hub.edit_issue(T0 + 2_500, "bob", DEMO, n, close).unwrap();
    let closed = issue(&hub, n);
    assert_eq!(closed.state_reason, Some(StateReason::NotPlanned));
    assert_eq!(
        (closed.closed_at, closed.closed_by.as_deref()),
        (Some(T0 + 2_000), Some("bob"))
    );
    let open = IssueEdit {
        state: Some(State::Open),
        ..IssueEdit::default()
    };
    hub.edit_issue(T0 + 3_000, "bob", DEMO, n, open).unwrap();
    let open = issue(&hub, n);
    assert_eq!(
        (open.state_reason, open.closed_at),
        (Some(StateReason::Reopened), None)
    );
}

#[test]
fn a_transferred_issue_is_another_object_and_leaves_its_address_behind() {
    let mut hub = hub();
    let new = NewIssue {
        labels: names(&["bug", "local"]),
        ..titled("moves")
    };
    let n = hub.create_issue(T0, "ada", DEMO, new).unwrap().number;
    hub.add_comment(T0, "eve", DEMO, n, "hello").unwrap();
    hub.create_issue(T0, "ada", "ada/other", titled("first"))
        .unwrap();
    let bug = LabelEdit {
        name: Some("BUG".into()),
        ..LabelEdit::default()
    };
    hub.create_label(T0, "ada", "ada/other", bug).unwrap();
    let old_node = issue(&hub, n).node_id.clone();

    let number = hub
        .transfer_issue(T0 + 1_000, "ada", DEMO, n, "ada/other")
        .unwrap();
    let target = hub.repo("ada/other").unwrap();
    assert_eq!(
        hub.issue(DEMO, n).unwrap_err(),
        Refusal::IssueMoved(target.id, number)
    );
    let moved = hub.issue("ada/other", number).unwrap();
    assert_eq!(
        (number, moved.title.as_str(), moved.comments),
        (2, "moves", 1)
    );
    assert_eq!(target.label_names(moved), ["BUG"]);
    assert_ne!(moved.node_id, old_node);
    assert!(hub.by_node(&old_node).is_none());
    assert_eq!(hub.by_node(&moved.node_id).unwrap().1.number, number);
    assert_eq!(
        target
            .comments
            .values()
            .filter(|c| c.number == number)
            .count(),
        1
    );
    assert_eq!(moved.created_at, T0);
}

#[test]
fn a_deleted_issue_is_gone_and_its_number_is_not_used_again() {
    let mut hub = hub();
    let n = hub
        .create_issue(T0, "ada", DEMO, titled("short life"))
        .unwrap()
        .number;
    assert_eq!(
        hub.delete_issue(T0, "bob", DEMO, n).unwrap_err().status(),
        403
    );
    hub.delete_issue(T0, "ada", DEMO, n).unwrap();
    assert_eq!(hub.issue(DEMO, n).unwrap_err(), Refusal::Gone);
    assert_eq!(hub.issue(DEMO, n + 5).unwrap_err(), Refusal::NotFound);
    assert_eq!(
        hub.create_issue(T0, "ada", DEMO, titled("next"))
            .unwrap()
            .number,
        n + 1
    );
    assert_eq!(
        hub.log
            .iter()
            .filter(|change| change.field == "deleted")
            .count(),
        1
    );
}

#[test]
fn a_renamed_repository_leaves_a_redirect_until_its_name_is_taken() {
    let mut hub = hub();
    let id = hub.resolve(DEMO).unwrap();
    hub.rename_repo(T0, "ada", DEMO, "shiny").unwrap();
    assert_eq!(hub.resolve("ADA/Shiny"), Ok(id));
    assert_eq!(hub.resolve(DEMO), Err(Refusal::RepoMoved(id)));
    hub.create_repo(T0, "ada", NewRepo::public(DEMO)).unwrap();
    assert_ne!(hub.resolve(DEMO).unwrap(), id);
    hub.delete_repo(T0, "ada", "ada/shiny").unwrap();
    assert_eq!(hub.resolve("ada/shiny"), Err(Refusal::NotFound));
}

#[test]
fn a_pull_request_follows_its_branch_and_closes_issues_when_merged() {
    let mut hub = hub();
    let fixed = hub
        .create_issue(T0, "ada", DEMO, titled("broken"))
        .unwrap()
        .number;
    let base = push(&mut hub, T0, "main", 1);
    hub.create_branch(T0, "ada", DEMO, "topic", &base).unwrap();
    let new = NewPull {
        title: "Mend".into(),
        body: Some(format!("Fixes: #{fixed}, see #99")),
        head: "topic".into(),
        base: "main".into(),
        draft: true,
    };
    let empty = hub.open_pull(T0, "ada", DEMO, new.clone()).unwrap_err();
    assert_eq!(empty.status(), 422, "no commits between");
    push(&mut hub, T0, "topic", 10);
    let n = hub.open_pull(T0, "ada", DEMO, new.clone()).unwrap().number;
    assert_eq!(
        hub.open_pull(T0, "ada", DEMO, new).unwrap_err().status(),
        422,
        "twice"
    );
    hub.set_checks(T0, "ada", DEMO, n, Some(Checks::Success))
        .unwrap();
    push(&mut hub, T0 + 4_000, "topic", 5);
    let pull = issue(&hub, n).pull.as_deref().unwrap();
    assert_eq!(
        pull.size,
        Size {
            additions: 15,
            deletions: 2,
            files: 2
        }
    );
    assert_eq!(pull.checks, None, "a new commit has no checks yet");
    assert_eq!(issue(&hub, n).updated_at, T0 + 4_000);

    assert_eq!(
        hub.merge_pull(T0, "ada", DEMO, n, None)
            .unwrap_err()
            .status(),
        405,
        "draft"
    );
    hub.set_draft(T0, "ada", DEMO, n, false).unwrap();
    assert_eq!(
        hub.merge_pull(T0, "ada", DEMO, n, Some("other"))
            .unwrap_err()
            .status(),
        409
    );
    let sha = hub.merge_pull(T0 + 9_000, "ada", DEMO, n, None).unwrap();
    assert!(issue(&hub, n).is_merged());
    assert_eq!(issue(&hub, fixed).state, State::Closed);
    let commits = hub.list_commits(DEMO, &CommitQuery::default()).unwrap();
    assert_eq!(
        (commits.len(), &commits[0].sha, commits[0].parents.len()),
        (5, &sha, 2)
    );
    let open = IssueEdit {
        state: Some(State::Open),
        ..IssueEdit::default()
    };
    assert_eq!(
        hub.edit_issue(T0, "ada", DEMO, n, open)
            .unwrap_err()
            .status(),
        422
    );
}

#[test]
fn commits_are_listed_newest_first_between_times_and_rewritten_by_force() {
    let mut hub = hub();
    for second in 1..=3 {
        push(&mut hub, T0 + second * 1_000, "main", 0);
    }
    let query = CommitQuery {
        since: Some(T0 + 1_000),
        until: Some(T0 + 2_000),
        ..CommitQuery::default()
    };
    let times = |hub: &Hub, query: &CommitQuery| -> Vec<i64> {
        let found = hub.list_commits(DEMO, query).unwrap();
        found
            .iter()
            .map(|commit| commit.committed_at - T0)
            .collect()
    };
    assert_eq!(times(&hub, &query), [2_000, 1_000]);
    let new = vec![NewCommit {
        message: "instead".into(),
        ..NewCommit::default()
    }];
    hub.force_push(T0 + 9_000, "ada", DEMO, "main", 2, new)
        .unwrap();
    assert_eq!(times(&hub, &CommitQuery::default()), [9_000, 1_000, 0]);
    let unknown = CommitQuery {
        from: Some("nowhere".into()),
        ..CommitQuery::default()
    };
    assert_eq!(
        hub.list_commits(DEMO, &unknown).unwrap_err(),
        Refusal::NotFound
    );
    let empty = hub
        .list_commits("ada/other", &CommitQuery::default())
        .unwrap_err();
    assert_eq!(empty.status(), 409);
}

#[test]
fn lists_filter_and_sort() {
    let mut hub = hub();
    let due = MilestoneEdit {
        title: Some("v1".into()),
        ..MilestoneEdit::default()
    };
    let milestone = hub.create_milestone(T0, "ada", DEMO, due).unwrap().number;
    for (n, who) in [(1, "ada"), (2, "eve"), (3, "ada")] {
        let new = titled(&n.to_string());
        hub.create_issue(T0 + n * 1_000, who, DEMO, new).unwrap();
    }
    let edit = IssueEdit {
        labels: Some(names(&["bug", "ui"])),
        assignees: Some(names(&["bob"])),
        milestone: Some(Some(milestone)),
        ..IssueEdit::default()
    };
    hub.edit_issue(T0 + 60_000, "ada", DEMO, 1, edit).unwrap();
    let list = |query: IssueQuery| -> Vec<u64> {
        hub.list_issues(DEMO, &query)
            .unwrap()
            .iter()
            .map(|issue| issue.number)
            .collect()
    };
    let all = IssueQuery::default;
    assert_eq!(list(all()), [3, 2, 1]);
    assert_eq!(
        list(IssueQuery {
            sort: Sort::Updated,
            ..all()
        }),
        [1, 3, 2]
    );
    assert_eq!(
        list(IssueQuery {
            since: Some(T0 + 3_999),
            ..all()
        }),
        [3, 1],
        "seconds, inclusive"
    );
    assert_eq!(
        list(IssueQuery {
            labels: names(&["UI", "bug"]),
            ..all()
        }),
        [1]
    );
    assert_eq!(
        list(IssueQuery {
            labels: names(&["unknown"]),
            ..all()
        }),
        [0; 0]
    );
    assert_eq!(
        list(IssueQuery {
            creator: Some("Eve".into()),
            ..all()
        }),
        [2]
    );
    assert_eq!(
        list(IssueQuery {
            milestone: Wanted::None,
            ..all()
        }),
        [3, 2]
    );
    assert_eq!(
        list(IssueQuery {
            assignee: Wanted::Is("bob".into()),
            ..all()
        }),
        [1]
    );
}

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
        8 => hub
            .set_lock(now, actor, repo, n, rng.bool().then_some(None))
            .is_ok(),
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

#[test]
fn closing_words_are_found_as_github_reads_them() {
    for (text, found) in [
        ("Closes #3", vec![3]),
        ("fixes: #4 and resolves #5.", vec![4, 5]),
        ("This (closes #6)\nRESOLVED #7", vec![6, 7]),
        ("see #8, discloses #9, close # 10, closes nothing", vec![]),
    ] {
        assert_eq!(closing_numbers(text), found, "{text}");
    }
}

#[test]
fn a_world_keeps_numbers_ids_and_times() {
    let world = r#"{"kind":"pr","src":"app","number":5,"title":"Mend","created_at":"2020-01-02T03:04:05Z","base":"master","head":"fix","merged_at":"2020-01-03T00:00:00Z","state":"closed","additions":3,"n_comments":9,"unknown":{"a":1},"author":"zoe"}

{"kind":"issue","src":"app","number":9,"title":"Broken","body":null,"state":"open","labels":[{"name":"bug","color":"FC2929"}],"assignees":["yan"],"milestone":"v1","created_at":"2020-01-01T00:00:00Z","updated_at":"2020-02-01T00:00:00Z"}
{"kind":"commit","src":"app","sha":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","parents":[],"author":"zoe","committed_at":"2020-01-02T00:00:00Z","message":"two"}
{"kind":"commit","src":"app","sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","parents":[],"author":"zoe","committed_at":"2020-01-01T00:00:00Z","message":"one"}
{"kind":"issue","src":"lib","number":9,"title":"Same number","created_at":"2020-01-01T00:00:00Z"}"#;
    let mut hub = Hub::new();
    let loaded = hub.load(T0, "octo", world.as_bytes()).unwrap();
    let repos = names(&["octo/app", "octo/lib"]);
    assert_eq!(
        loaded,
        Loaded {
            repos,
            issues: 2,
            pulls: 1,
            commits: 2
        }
    );
    let repo = hub.repo("octo/app").unwrap();
    assert_eq!(repo.default_branch, "master");
    let pull = &repo.issues[&5];
    assert_eq!(
        (timestamp(pull.created_at).as_str(), pull.comments),
        ("2020-01-02T03:04:05Z", 9)
    );
    assert!(pull.is_merged() && pull.closed_at.is_some());
    let broken = &repo.issues[&9];
    assert_eq!(
        (repo.label_names(broken), broken.milestone),
        (vec!["bug"], Some(1))
    );
    assert_eq!(
        broken.updated_at,
        parse_timestamp("2020-02-01T00:00:00Z").unwrap()
    );
    let commits = repo.list_commits(&CommitQuery::default()).unwrap();
    assert_eq!(
        commits
            .iter()
            .map(|c| c.message.as_str())
            .collect::<Vec<_>>(),
        ["two", "one"]
    );
    assert_eq!(
        hub.create_issue(T0, "octo", "octo/app", titled("new"))
            .unwrap()
            .number,
        10
    );
}

#[test]
fn a_bad_world_line_is_named() {
    let ok =
        r#"{"kind":"issue","src":"a","number":1,"title":"t","created_at":"2020-01-01T00:00:00Z"}"#;
    for (bad, cause) in [
        ("{\"kind\":", "EOF"),
        (r#"{"kind":"wiki","src":"a"}"#, "unknown variant `wiki`"),
        (
            r#"{"kind":"issue","src":"a","title":"t","created_at":"2020-01-01T00:00:00Z"}"#,
            "number",
        ),
        (
            r#"{"kind":"issue","src":"a","number":2,"title":"t","created_at":"monday"}"#,
            "monday",
        ),
        (
            r#"{"kind":"commit","src":"a","sha":"12","committed_at":"2020-01-01T00:00:00Z"}"#,
            "12",
        ),
        (ok, "number 1 is taken"),
    ] {
        let error = Hub::new()
            .load(T0, "octo", format!("{ok}\n\n{bad}\n").as_bytes())
            .unwrap_err();
        assert_eq!(error.line, 3, "{error}");
        assert!(error.to_string().contains(cause), "{error}");
    }
}
