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

/// Makes branch `topic` with one commit and an issue #1; gives the pull request to open from it.
fn with_topic(hub: &mut Hub) -> NewPull {
    let fixed = hub
        .create_issue(T0, "ada", DEMO, titled("broken"))
        .unwrap()
        .number;
    let base = push(hub, T0, "main", 1);
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
    push(hub, T0, "topic", 10);
    new
}

#[test]
fn a_pull_request_follows_its_branch() {
    let mut hub = hub();
    let new = with_topic(&mut hub);
    let n = hub.open_pull(T0, "ada", DEMO, new.clone()).unwrap().number;
    let twice = hub.open_pull(T0, "ada", DEMO, new).unwrap_err();
    assert_eq!(twice.status(), 422);
    hub.set_checks(T0 + 2_000, "ada", DEMO, n, Some(Checks::Success))
        .unwrap();
    assert_eq!(
        issue(&hub, n).updated_at,
        T0,
        "checks do not move updated_at"
    );
    push(&mut hub, T0 + 4_000, "topic", 5);
    let pull = issue(&hub, n).pull.as_deref().unwrap();
    let size = Size {
        additions: 15,
        deletions: 2,
        files: 2,
    };
    assert_eq!((pull.size, pull.commits.len()), (size, 2));
    assert_eq!(pull.checks, None, "a new commit has no checks yet");
    assert_eq!(issue(&hub, n).updated_at, T0 + 4_000);
    let rewrite = Rewrite {
        keep: 2,
        commits: vec![NewCommit::default()],
    };
    hub.force_push(T0 + 6_000, "ada", DEMO, "topic", rewrite)
        .unwrap();
    assert_eq!(
        issue(&hub, n).pull.as_deref().unwrap().size,
        Size::default()
    );
}

#[test]
fn merging_needs_a_ready_pull_request_and_closes_what_it_fixes() {
    let mut hub = hub();
    let new = with_topic(&mut hub);
    let n = hub.open_pull(T0, "ada", DEMO, new).unwrap().number;
    let draft = hub.merge_pull(T0, "ada", DEMO, n, None).unwrap_err();
    assert_eq!(draft.status(), 405);
    hub.set_draft(T0, "ada", DEMO, n, false).unwrap();
    let stale = hub
        .merge_pull(T0, "ada", DEMO, n, Some("other"))
        .unwrap_err();
    assert_eq!(stale.status(), 409);
    let sha = hub.merge_pull(T0 + 9_000, "ada", DEMO, n, None).unwrap();
    assert!(issue(&hub, n).is_merged());
    assert_eq!(issue(&hub, 1).state, State::Closed);
    let commits = hub.list_commits(DEMO, &CommitQuery::default()).unwrap();
    assert_eq!((commits.len(), &commits[0].sha), (4, &sha));
    assert_eq!(
        commits[0].parents,
        [commits[2].sha.as_str(), &commits[1].sha]
    );
    let open = IssueEdit {
        state: Some(State::Open),
        ..IssueEdit::default()
    };
    let merged = hub.edit_issue(T0, "ada", DEMO, n, open).unwrap_err();
    assert_eq!(merged.status(), 422);
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

/// Three issues, opened a second apart by ada, eve and ada; the first has everything and changed last.
fn three_issues() -> Hub {
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
    hub
}

#[test]
fn lists_filter_and_sort() {
    let hub = three_issues();
    let check = |what: &str, query: IssueQuery, numbers: &[u64]| {
        let found = hub.list_issues(DEMO, &query).unwrap();
        let found: Vec<u64> = found.iter().map(|issue| issue.number).collect();
        assert_eq!(found, numbers, "{what}");
    };
    let all = IssueQuery::default;
    check("newest first", all(), &[3, 2, 1]);
    check(
        "updated",
        IssueQuery {
            sort: Sort::Updated,
            ..all()
        },
        &[1, 3, 2],
    );
    check(
        "oldest first",
        IssueQuery {
            direction: Direction::Asc,
            ..all()
        },
        &[1, 2, 3],
    );
    let since = Some(T0 + 3_999);
    check(
        "since, by the second and inclusive",
        IssueQuery { since, ..all() },
        &[3, 1],
    );
    let labels = names(&["UI", "bug"]);
    check(
        "labels are all needed",
        IssueQuery { labels, ..all() },
        &[1],
    );
    let labels = names(&["unknown"]);
    check("unknown label", IssueQuery { labels, ..all() }, &[]);
    let creator = Some("Eve".into());
    check("creator", IssueQuery { creator, ..all() }, &[2]);
    check(
        "no milestone",
        IssueQuery {
            milestone: Wanted::None,
            ..all()
        },
        &[3, 2],
    );
    let assignee = Wanted::Is("bob".into());
    check("assignee", IssueQuery { assignee, ..all() }, &[1]);
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
