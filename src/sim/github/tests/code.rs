//! Repositories, pull requests, commits and lists.

use super::*;

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
    let commits = vec![NewCommit::default()];
    hub.force_push(
        T0 + 9_000,
        "ada",
        DEMO,
        "main",
        Rewrite { keep: 2, commits },
    )
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
