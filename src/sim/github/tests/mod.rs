//! Tests of the model, without HTTP. Here: issues; below: code, log, worlds.

mod code;
mod log;
mod world;

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

fn issue(hub: &Hub, number: u64) -> &Issue {
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
