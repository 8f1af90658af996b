//! Who changed a field: by GraphQL, by the event list, and nobody rather than the wrong one.

use pulse_sync::core::{FieldKey, Kind, Observation};
use pulse_sync::remote::Remote;
use pulse_sync::remote::github::GithubRemote;
use pulse_sync::sim::github::http::FaultKind;
use pulse_sync::sim::github::{IssueEdit, Permission, State};

use super::{World, all, numbered};

impl World {
    fn edit(&self, who: &str, edit: IssueEdit) {
        let now = self.later(60);
        let hub = &mut self.running.front.lock().hub;
        hub.edit_issue(now, who, "ada/demo", 1, edit).unwrap();
    }

    fn fault(&self, method: &str, path: &str, kind: FaultKind) {
        self.running.front.lock().faults.add(method, path, 99, kind);
    }
}

fn titled(title: &str) -> IssueEdit {
    IssueEdit {
        title: Some(title.to_owned()),
        ..IssueEdit::default()
    }
}

/// `ada` made #1; `bob`, who may write by now, renamed it, changed its text, closed it, took its label and gave it a
/// milestone; `ada` assigned herself.
async fn edited() -> World {
    let world = World::start().await;
    {
        let hub = &mut world.running.front.lock().hub;
        hub.set_permission(0, "ada/demo", "bob", Some(Permission::Write))
            .unwrap();
    }
    for edit in [
        IssueEdit {
            body: Some(Some("Another text".to_owned())),
            ..IssueEdit::default()
        },
        IssueEdit {
            state: Some(State::Closed),
            ..IssueEdit::default()
        },
        IssueEdit {
            labels: Some(Vec::new()),
            ..IssueEdit::default()
        },
        IssueEdit {
            milestone: Some(Some(1)),
            ..IssueEdit::default()
        },
        titled("Renamed"),
    ] {
        world.edit("bob", edit);
    }
    let assign = IssueEdit {
        assignees: Some(vec!["ada".to_owned()]),
        ..IssueEdit::default()
    };
    world.edit("ada", assign);
    world
}

async fn issue(remote: &GithubRemote, number: u64) -> Observation {
    numbered(&all(remote, "issues:ada/demo").await, number)
}

/// The fields of #1, and who changed each.
async fn people(remote: &GithubRemote, seen: &Observation) -> Vec<(FieldKey, Option<String>)> {
    let fields = [
        FieldKey::TITLE,
        FieldKey::BODY,
        FieldKey::STATE,
        FieldKey::LABELS,
        FieldKey::ASSIGNEES,
        FieldKey::MILESTONE,
    ];
    let mut found = Vec::new();
    for field in fields {
        let who = remote.who(seen, Some(&field)).await;
        found.push((field, who));
    }
    found
}

fn names(found: &[(FieldKey, Option<String>)]) -> Vec<&str> {
    found
        .iter()
        .map(|(_, who)| who.as_deref().unwrap_or("-"))
        .collect()
}

#[tokio::test]
async fn each_field_has_its_own_last_editor_and_costs_one_request() {
    let world = edited().await;
    let remote = world.opened().await;
    let seen = issue(&remote, 1).await;
    let before = world.requests();
    let found = people(&remote, &seen).await;
    assert_eq!(names(&found), ["bob", "bob", "bob", "bob", "ada", "bob"]);
    assert_eq!(world.requests() - before, 6);
    // The newest one counts.
    world.edit("ada", titled("Renamed again"));
    let who = remote.who(&seen, Some(&FieldKey::TITLE)).await;
    assert_eq!(who.as_deref(), Some("ada"));
}

#[tokio::test]
async fn what_nobody_changed_is_its_authors_and_what_nobody_can_tell_is_nobodys() {
    let world = World::start().await;
    let remote = world.opened().await;
    let rows = all(&remote, "issues:ada/demo").await;
    for number in [2, 3] {
        let found = people(&remote, &numbered(&rows, number)).await;
        assert_eq!(&names(&found)[..3], ["ada", "ada", "-"], "#{number}");
        assert_eq!(names(&found)[5], "-");
    }
    let before = world.requests();
    let seen = numbered(&rows, 2);
    assert_eq!(remote.who(&seen, None).await, None);
    assert_eq!(
        remote.who(&seen, Some(&FieldKey::of("priority"))).await,
        None
    );
    let commits = all(&remote, "commits:ada/demo").await;
    let commit = commits.first().unwrap();
    assert_eq!(commit.kind, Kind::Commit);
    assert_eq!(remote.who(commit, Some(&FieldKey::TITLE)).await, None);
    let asked = world.requests() - before;
    assert_eq!(asked, 2, "only the listing of commits, and their sizes");
}

#[tokio::test]
async fn without_graphql_the_events_tell_and_a_text_has_nobody() {
    for fault in [FaultKind::Status(404, None), FaultKind::Status(501, None)] {
        let world = edited().await;
        let remote = world.opened().await;
        let seen = issue(&remote, 1).await;
        world.fault("POST", "/graphql", fault);
        let before = world.requests();
        let first = remote.who(&seen, Some(&FieldKey::TITLE)).await;
        assert_eq!(first, None, "one request, and it failed");
        assert_eq!(world.requests() - before, 1);
        let found = people(&remote, &seen).await;
        assert_eq!(names(&found), ["bob", "-", "bob", "bob", "ada", "bob"]);
        assert_eq!(
            world.requests() - before,
            6,
            "nothing is asked for the text"
        );
    }
}

#[tokio::test]
async fn an_event_list_that_goes_on_names_nobody() {
    let world = edited().await;
    for number in 0..101 {
        world.edit("bob", titled(&format!("Title {number}")));
    }
    let remote = world.opened().await;
    let seen = issue(&remote, 1).await;
    let who = remote.who(&seen, Some(&FieldKey::TITLE)).await;
    assert_eq!(who.as_deref(), Some("bob"), "GraphQL gives the last one");
    world.fault("POST", "/graphql", FaultKind::Status(404, None));
    remote.who(&seen, Some(&FieldKey::TITLE)).await;
    let before = world.requests();
    assert_eq!(remote.who(&seen, Some(&FieldKey::TITLE)).await, None);
    assert_eq!(world.requests() - before, 1);
}

#[tokio::test]
async fn a_bad_day_means_that_nobody_is_known() {
    for fault in [
        FaultKind::Status(401, None),
        FaultKind::Status(403, None),
        FaultKind::Status(500, None),
        FaultKind::Html(502),
        FaultKind::Html(200),
        FaultKind::DropBefore,
        FaultKind::DropAfter,
        FaultKind::Truncated,
        FaultKind::Giant(60),
    ] {
        let world = edited().await;
        let remote = world.opened().await;
        let seen = issue(&remote, 1).await;
        world.fault("*", "*", fault.clone());
        let before = world.requests();
        let who = remote.who(&seen, Some(&FieldKey::TITLE)).await;
        assert_eq!(who, None, "{fault:?}");
        assert_eq!(world.requests() - before, 1, "{fault:?}");
    }
}
