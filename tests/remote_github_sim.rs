//! The GitHub adapter against the small GitHub.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "remote_github_sim/who.rs"]
mod who;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use pulse_sync::core::{
    Action, Change, Draft, FieldKey, Key, Kind, Life, ObjectId, Observation, Row, Side, Step, Time,
    Value,
};
use pulse_sync::remote::github::{GithubAccount, GithubLink, GithubRemote, GraphQl};
use pulse_sync::remote::http::{AccountConfig, Rules, build_client};
use pulse_sync::remote::{Answer, ListFrom, Remote, RemoteError};
use pulse_sync::sim::github::http::{Clock, FaultKind, Front, Limits, Running, Shared, serve};
use pulse_sync::sim::github::{
    AccountKind, Hub, IssueEdit, LabelEdit, MilestoneEdit, NewCommit, NewIssue, NewPull, NewRepo,
    Permission, Size,
};
use secrecy::SecretString;

const T0: i64 = 1_790_000_000_000;
const KEY: &str = "0123456789abcdef0123456789abcdef";

struct World {
    running: Running,
    now: Arc<AtomicI64>,
}

impl World {
    /// `ada/demo` with a commit, two issues and a pull request; `ada` has the token `t-ada`, `bob` may only read.
    async fn start() -> Self {
        let now = Arc::new(AtomicI64::new(T0));
        let clock: Clock = {
            let now = now.clone();
            Arc::new(move || now.load(Ordering::SeqCst))
        };
        let front = Shared::new(Front::new(hub(), Limits::github()));
        let running = serve("127.0.0.1:0".parse().unwrap(), front, clock)
            .await
            .unwrap();
        let world = Self { running, now };
        world.later(60);
        world
    }

    fn later(&self, seconds: i64) -> i64 {
        self.now.fetch_add(seconds * 1_000, Ordering::SeqCst) + seconds * 1_000
    }

    fn remote(&self, token: &str) -> GithubRemote {
        self.remote_with(token, |_| {})
    }

    fn remote_with(&self, token: &str, change: impl FnOnce(&mut GithubLink)) -> GithubRemote {
        let mut config = AccountConfig::github(&self.running.url);
        config.timeout = Duration::from_secs(5);
        config.rules = Rules::github().without_gap();
        let client = build_client(Duration::from_secs(2)).unwrap();
        let token = SecretString::from(token.to_owned());
        let now = self.now.clone();
        let clock = Arc::new(move || Time(now.load(Ordering::SeqCst)));
        let account = GithubAccount::new(config, client, &token, clock).unwrap();
        let mut link = GithubLink::of(["ada/demo"]);
        link.create_labels = true;
        change(&mut link);
        GithubRemote::new(account, link)
    }

    async fn opened(&self) -> GithubRemote {
        let remote = self.remote("t-ada");
        remote.open(None, true).await.unwrap();
        remote
    }

    fn requests(&self) -> u64 {
        self.running.front.lock().counters.requests
    }
}

fn hub() -> Hub {
    let mut hub = Hub::new();
    for login in ["ada", "bob"] {
        hub.add_user(T0, login, AccountKind::User);
        hub.add_token(&format!("t-{login}"), login, false);
    }
    hub.create_repo(T0, "ada", NewRepo::public("ada/demo"))
        .unwrap();
    hub.create_repo(T0, "ada", NewRepo::public("ada/other"))
        .unwrap();
    let commit = |message: &str| NewCommit {
        message: message.into(),
        ..NewCommit::default()
    };
    let sha = hub
        .push_commit(T0, "ada", "ada/demo", "main", commit("First\n\nFixes #1"))
        .unwrap();
    hub.create_branch(T0, "ada", "ada/demo", "topic", &sha)
        .unwrap();
    hub.push_commit(T0, "ada", "ada/demo", "topic", commit("Second"))
        .unwrap();
    for title in ["One", "Two"] {
        let new = NewIssue {
            title: title.into(),
            body: Some("Text".into()),
            labels: vec!["bug".into()],
            ..NewIssue::default()
        };
        hub.create_issue(T0, "ada", "ada/demo", new).unwrap();
    }
    let milestone = MilestoneEdit {
        title: Some("v1".into()),
        ..MilestoneEdit::default()
    };
    hub.create_milestone(T0, "ada", "ada/demo", milestone)
        .unwrap();
    let pull = NewPull {
        title: "Three".into(),
        body: Some("Closes #2".into()),
        head: "topic".into(),
        base: "main".into(),
        draft: true,
    };
    hub.open_pull(T0, "ada", "ada/demo", pull).unwrap();
    hub
}

async fn all(remote: &GithubRemote, stream: &str) -> Vec<Observation> {
    let mut from = ListFrom::default();
    let mut rows = Vec::new();
    loop {
        let page = remote.list(stream, &from).await.unwrap();
        rows.extend(page.rows);
        match page.next {
            Some(next) => from.page = Some(next),
            None => return rows,
        }
    }
}

fn numbered(rows: &[Observation], number: u64) -> Observation {
    let locator = format!("ada/demo#{number}");
    rows.iter()
        .find(|row| row.id.locator == locator)
        .cloned()
        .unwrap()
}

fn change(field: FieldKey, pre: Value, new: Value) -> Change {
    Change {
        field,
        pre,
        new,
        source: Value::Null,
        row: Row::F3,
        partial: false,
    }
}

async fn patch(
    remote: &GithubRemote,
    target: &Observation,
    changes: Vec<Change>,
) -> Result<Answer, RemoteError> {
    let step = Step {
        side: Side::Github,
        action: Action::Patch(changes),
        row: Row::F3,
    };
    remote.write(&step, Some(target)).await
}

fn create(container: &str) -> (Draft, Step) {
    let draft = Draft {
        kind: Kind::Issue,
        fields: BTreeMap::from([
            (FieldKey::TITLE, Value::text("Made")),
            (FieldKey::BODY, Value::text("From Notion")),
            (FieldKey::LABELS, Value::set(["bug", "needs, comma"])),
            (FieldKey::ASSIGNEES, Value::set(["ada"])),
            (FieldKey::MILESTONE, Value::text("v1")),
        ]),
        source: BTreeMap::new(),
        marker: KEY.to_owned(),
        container: container.to_owned(),
    };
    let step = Step {
        side: Side::Github,
        action: Action::Create(Box::new(draft.clone())),
        row: Row::I1,
    };
    (draft, step)
}

#[tokio::test]
async fn a_listing_shows_what_reading_one_by_one_shows() {
    let world = World::start().await;
    let remote = world.opened().await;
    let rows = all(&remote, "issues:ada/demo").await;
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let one = remote.get(row.kind, &row.id, None).await.unwrap();
        assert_eq!(&one, row);
    }
    let pull = numbered(&rows, 3);
    for (name, value) in [
        ("pull_state", "draft"),
        ("base", "main"),
        ("head", "topic"),
        ("linked_issues", "#2"),
        ("checks", "none"),
    ] {
        assert_eq!(pull.fields[&FieldKey::of(name)].as_text(), value, "{name}");
    }
    let commits = all(&remote, "commits:ada/demo").await;
    assert_eq!(commits.len(), 1);
    let one = remote
        .get(Kind::Commit, &commits[0].id, None)
        .await
        .unwrap();
    assert_eq!(one, commits[0]);
    assert_eq!(remote.garbled(), 0);
}

#[tokio::test]
async fn reviewers_and_the_merge_commit_are_seen_with_and_without_graphql() {
    for graphql in [GraphQl::Auto, GraphQl::Never] {
        let world = World::start().await;
        let remote = world.remote_with("t-ada", |link| link.graphql = graphql);
        remote.open(None, true).await.unwrap();
        let shown = async |remote: &GithubRemote| {
            let pull = numbered(&all(remote, "issues:ada/demo").await, 3);
            let field = |name: &str| pull.fields[&FieldKey::of(name)].clone();
            (field("reviewers"), field("merge_commit"))
        };
        let at = world.later(60);
        {
            let hub = &mut world.running.front.lock().hub;
            hub.set_permission(at, "ada/demo", "bob", Some(Permission::Write))
                .unwrap();
            let bob = ["bob".to_owned()];
            hub.set_reviewers(at, "ada", "ada/demo", 3, &bob).unwrap();
        }
        let (reviewers, commit) = shown(&remote).await;
        assert_eq!(reviewers, Value::set(["bob"]), "{graphql:?}");
        assert!(commit.is_empty());
        let at = world.later(60);
        let merged = {
            let hub = &mut world.running.front.lock().hub;
            hub.set_reviewers(at, "ada", "ada/demo", 3, &[]).unwrap();
            hub.set_draft(at, "ada", "ada/demo", 3, false).unwrap();
            hub.merge_pull(at, "ada", "ada/demo", 3, None).unwrap()
        };
        let (reviewers, commit) = shown(&remote).await;
        assert_eq!(reviewers.names().len(), 0, "{graphql:?}");
        assert_eq!(commit.as_text(), merged);
    }
}

#[tokio::test]
async fn commits_say_their_branch_their_size_and_their_pull_request() {
    let world = World::start().await;
    let remote = world.opened().await;
    let at = world.later(60);
    let size = Size {
        additions: 7,
        deletions: 2,
        files: 3,
    };
    let merged = {
        let hub = &mut world.running.front.lock().hub;
        let more = NewCommit {
            message: "Sized".into(),
            size,
        };
        hub.push_commit(at, "ada", "ada/demo", "topic", more)
            .unwrap();
        hub.set_draft(at, "ada", "ada/demo", 3, false).unwrap();
        hub.merge_pull(at, "ada", "ada/demo", 3, None).unwrap()
    };
    let before = world.requests();
    let rows = all(&remote, "commits:ada/demo").await;
    assert_eq!(world.requests() - before, 2, "one list, one query");
    let by_title = |title: &str| rows.iter().find(|row| row.title() == title).unwrap();
    let number = |title: &str, name: &str| by_title(title).fields[&FieldKey::of(name)].clone();
    for (name, value) in [("additions", 7), ("deletions", 2), ("files", 3)] {
        assert_eq!(number("Sized", name), Value::Number(value), "{name}");
        assert_eq!(number("First", name), Value::Number(0), "{name}");
    }
    for (title, pull) in [("First", ""), ("Second", "#3"), ("Sized", "#3")] {
        let row = by_title(title);
        assert_eq!(row.fields[&FieldKey::of("pull")].as_text(), pull, "{title}");
        assert_eq!(row.fields[&FieldKey::of("branch")].as_text(), "main");
        let one = remote.get(Kind::Commit, &row.id, None).await.unwrap();
        assert_eq!(&one, row, "{title}");
    }
    assert!(rows.iter().all(|row| !row.id.locator.ends_with(&merged)));
}

#[tokio::test]
async fn a_second_look_is_free() {
    let world = World::start().await;
    let remote = world.opened().await;
    let mut tags = BTreeMap::new();
    for stream in ["issues:ada/demo", "commits:ada/demo"] {
        let page = remote.list(stream, &ListFrom::default()).await.unwrap();
        tags.insert(stream, page.tag);
    }
    let left = remote.budget().left;
    let before = world.requests();
    for (stream, tag) in &tags {
        let from = ListFrom {
            since: Some(Time(T0)),
            tag: tag.clone(),
            page: None,
            rows: None,
        };
        assert!(
            remote.list(stream, &from).await.unwrap().unchanged,
            "{stream}"
        );
    }
    assert_eq!(world.requests() - before, 2);
    assert_eq!(remote.budget().left, left, "304 costs nothing");
    // Something happens: the same address shows it.
    let edit = IssueEdit {
        title: Some("Renamed".into()),
        ..IssueEdit::default()
    };
    let at = world.later(60);
    {
        let hub = &mut world.running.front.lock().hub;
        hub.edit_issue(at, "ada", "ada/demo", 2, edit).unwrap();
    }
    let from = ListFrom {
        since: Some(Time(at)),
        tag: tags["issues:ada/demo"].clone(),
        page: None,
        rows: None,
    };
    let page = remote.list("issues:ada/demo", &from).await.unwrap();
    assert_eq!(page.rows.len(), 1);
    assert_eq!(page.rows[0].title(), "Renamed");
}

#[tokio::test]
async fn long_lists_are_read_to_their_end() {
    let world = World::start().await;
    {
        let mut front = world.running.front.lock();
        for number in 0..230 {
            let new = NewIssue {
                title: format!("Issue {number}"),
                ..NewIssue::default()
            };
            front
                .hub
                .create_issue(T0 + number, "ada", "ada/demo", new)
                .unwrap();
        }
    }
    let remote = world.opened().await;
    let rows = all(&remote, "issues:ada/demo").await;
    let nodes: BTreeSet<_> = rows.iter().map(|row| &row.id.node).collect();
    assert_eq!((rows.len(), nodes.len()), (233, 233));
}

#[tokio::test]
async fn every_kind_of_write_lands() {
    let world = World::start().await;
    let remote = world.opened().await;
    let target = numbered(&all(&remote, "issues:ada/demo").await, 1);
    let set = |names: &[&str]| Value::set(names.iter().copied());
    let steps = [
        vec![
            change(FieldKey::TITLE, Value::text("One"), Value::text("Uno")),
            change(
                FieldKey::BODY,
                Value::text("Text"),
                Value::text("Texto\n\n- a"),
            ),
            change(FieldKey::MILESTONE, Value::Null, Value::text("v1")),
            change(FieldKey::STATE, Value::text("open"), Value::text("closed")),
            change(FieldKey::CLOSED_AS, Value::Null, Value::text("not planned")),
        ],
        vec![change(
            FieldKey::LABELS,
            set(&["bug"]),
            set(&["bug", "a/b", "c d"]),
        )],
        vec![change(
            FieldKey::LABELS,
            set(&["bug", "a/b", "c d"]),
            set(&["bug", "c d"]),
        )],
        vec![change(FieldKey::ASSIGNEES, set(&[]), set(&["ada"]))],
        vec![change(FieldKey::ASSIGNEES, set(&["ada"]), set(&[]))],
    ];
    for changes in steps {
        let answer = patch(&remote, &target, changes.clone()).await.unwrap();
        let fresh = remote.get(Kind::Issue, &target.id, None).await.unwrap();
        for change in changes {
            assert_eq!(answer.post.field(&change.field), Some(&change.new), "post");
            assert_eq!(fresh.field(&change.field), Some(&change.new), "read back");
        }
    }
    let step = Step {
        side: Side::Github,
        action: Action::Close,
        row: Row::I1,
    };
    let two = numbered(&all(&remote, "issues:ada/demo").await, 2);
    let answer = remote.write(&step, Some(&two)).await.unwrap();
    let closed_as = answer.post.field(&FieldKey::CLOSED_AS);
    assert_eq!(closed_as, Some(&Value::text("not planned")));
}

#[tokio::test]
async fn labels_are_looked_up_before_they_are_made() {
    let world = World::start().await;
    let remote = world.remote_with("t-ada", |link| link.create_labels = false);
    remote.open(None, true).await.unwrap();
    let target = numbered(&all(&remote, "issues:ada/demo").await, 1);
    let (from, to) = (["bug"], ["bug", "new"]);
    let add = || vec![change(FieldKey::LABELS, Value::set(from), Value::set(to))];
    let asked = |before: u64| world.requests() - before;
    let before = world.requests();
    let error = patch(&remote, &target, add()).await.unwrap_err();
    let RemoteError::Refused { field, message, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!((field, asked(before)), (Some(FieldKey::LABELS), 1));
    assert!(
        message.contains("\"new\"") && message.contains("create_labels"),
        "{message}"
    );
    // Known ones go, the others are named.
    let both = vec![change(
        FieldKey::LABELS,
        Value::set(["x"]),
        Value::set(["x", "BUG", "new"]),
    )];
    let before = world.requests();
    let answer = patch(&remote, &target, both).await.unwrap();
    assert_eq!(asked(before), 2, "a label that was listed is known");
    assert!(
        answer
            .left_out
            .get(&FieldKey::LABELS)
            .is_some_and(|why| why.contains("\"new\""))
    );
    assert_eq!(
        answer.post.field(&FieldKey::LABELS),
        Some(&Value::set(["bug"]))
    );
    let (_, step) = create("ada/demo");
    let made = remote.write(&step, None).await.unwrap();
    assert_eq!(
        made.post.field(&FieldKey::LABELS),
        Some(&Value::set(["bug"]))
    );
    assert!(
        made.left_out
            .get(&FieldKey::LABELS)
            .is_some_and(|why| why.contains("needs, comma"))
    );
    // Once it is there it is found, and known from then on.
    {
        let at = world.later(60);
        let label = LabelEdit {
            name: Some("New".into()),
            ..LabelEdit::default()
        };
        let hub = &mut world.running.front.lock().hub;
        hub.create_label(at, "ada", "ada/demo", label).unwrap();
    }
    for requests in [2, 1] {
        let before = world.requests();
        let answer = patch(&remote, &target, add()).await.unwrap();
        assert_eq!((asked(before), answer.left_out.len()), (requests, 0));
    }
}

#[tokio::test]
async fn types_are_written_where_there_are_types() {
    let world = World::start().await;
    let remote = world.opened().await;
    let target = numbered(&all(&remote, "issues:ada/demo").await, 1);
    assert!(target.field(&FieldKey::TYPE).is_none(), "not observed");
    world
        .running
        .front
        .lock()
        .hub
        .set_issue_types("ada", &["Bug", "Task"]);
    let rows = all(&remote, "issues:ada/demo").await;
    let target = numbered(&rows, 1);
    assert_eq!(target.field(&FieldKey::TYPE), Some(&Value::Null));
    assert!(numbered(&rows, 3).field(&FieldKey::TYPE).is_none());
    let to = |value: Value| vec![change(FieldKey::TYPE, Value::Null, value)];
    for value in [Value::text("Bug"), Value::Null] {
        let answer = patch(&remote, &target, to(value.clone())).await.unwrap();
        assert_eq!(answer.post.field(&FieldKey::TYPE), Some(&value));
    }
    let unknown = patch(&remote, &target, to(Value::text("Omen"))).await;
    assert!(
        matches!(&unknown, Err(RemoteError::Refused { field: Some(field), .. }) if *field == FieldKey::TYPE),
        "{unknown:?}"
    );
    // Without write access it is dropped in silence, which the answer shows.
    let reader = world.remote("t-bob");
    reader.open(None, true).await.unwrap();
    let answer = patch(&reader, &target, to(Value::text("Bug")))
        .await
        .unwrap();
    assert_eq!(answer.post.field(&FieldKey::TYPE), Some(&Value::Null));
}

#[tokio::test]
async fn what_github_drops_in_silence_is_visible() {
    let world = World::start().await;
    let remote = world.remote("t-bob");
    remote.open(None, true).await.unwrap();
    let (_, step) = create("ada/demo");
    let post = remote.write(&step, None).await.unwrap().post;
    assert!(post.created_by_us);
    for field in [FieldKey::LABELS, FieldKey::ASSIGNEES, FieldKey::MILESTONE] {
        assert!(post.fields[&field].is_empty(), "{field}");
    }
    assert_eq!(post.fields[&FieldKey::BODY], Value::text("From Notion"));
}

#[tokio::test]
async fn a_lost_create_is_found_again_and_only_once() {
    for kind in [
        FaultKind::StatusAfter(502),
        FaultKind::DropAfter,
        FaultKind::Truncated,
        FaultKind::Html(200),
    ] {
        let world = World::start().await;
        let remote = world.opened().await;
        world
            .running
            .front
            .lock()
            .faults
            .add("POST", "/repos/*/issues", 1, kind.clone());
        let (draft, step) = create("ada/demo");
        let error = remote.write(&step, None).await.unwrap_err();
        assert!(error.maybe_applied(), "{kind:?}: {error:?}");
        let since = Time(T0 + 60_000);
        let lookup = remote.find_made(&draft, since).await.unwrap();
        assert_eq!((lookup.hits.len(), lookup.complete), (1, true), "{kind:?}");
        let hit = &lookup.hits[0];
        assert_eq!(hit.marker, Some(Key(KEY.to_owned())));
        assert_eq!(
            hit.fields[&FieldKey::LABELS],
            draft.fields[&FieldKey::LABELS]
        );
    }
}

#[tokio::test]
async fn a_create_that_never_arrived_is_not_found() {
    for kind in [FaultKind::Status(502, None), FaultKind::DropBefore] {
        let world = World::start().await;
        let remote = world.opened().await;
        world
            .running
            .front
            .lock()
            .faults
            .add("POST", "/repos/*/issues", 1, kind);
        let (draft, step) = create("ada/demo");
        let error = remote.write(&step, None).await.unwrap_err();
        assert!(error.maybe_applied(), "nobody can know: {error:?}");
        let lookup = remote.find_made(&draft, Time(T0)).await.unwrap();
        assert_eq!((lookup.hits.len(), lookup.complete), (0, true));
    }
}

#[tokio::test]
async fn deleted_transferred_and_renamed_are_told_apart() {
    let world = World::start().await;
    let remote = world.opened().await;
    let rows = all(&remote, "issues:ada/demo").await;
    let at = world.later(60);
    {
        let hub = &mut world.running.front.lock().hub;
        hub.delete_issue(at, "ada", "ada/demo", 1).unwrap();
        hub.transfer_issue(at, "ada", "ada/demo", 2, "ada/other")
            .unwrap();
        hub.rename_repo(at, "ada", "ada/demo", "ada/shown").unwrap();
    }
    let life = async |number| {
        let row = numbered(&rows, number);
        remote.get(row.kind, &row.id, None).await.unwrap()
    };
    // Behind the renamed repository's redirect a deletion is no first-hand word.
    assert!(matches!(life(1).await.life, Life::Gone | Life::Unreachable));
    let three = life(3).await;
    assert_eq!(three.life, Life::Live);
    assert_eq!(three.id.locator, "ada/shown#3");
    let under = |number: u64, locator: &str| ObjectId {
        node: numbered(&rows, number).id.node,
        locator: locator.to_owned(),
    };
    let gone = remote
        .get(Kind::Issue, &under(1, "ada/shown#1"), None)
        .await
        .unwrap();
    assert_eq!(gone.life, Life::Gone);
    let moved = remote
        .get(Kind::Issue, &under(2, "ada/shown#2"), None)
        .await
        .unwrap();
    let Life::MovedTo(to) = moved.life else {
        panic!("{moved:?}")
    };
    assert_eq!(to.locator, "ada/other#1");
    assert_ne!(to.node, numbered(&rows, 2).id.node);
    // The list goes on under the new name, the write to the old name is refused as moved.
    let listed = all(&remote, "issues:ada/demo").await;
    assert_eq!(listed[0].id.locator, "ada/shown#3");
    let title = change(FieldKey::TITLE, Value::text("Three"), Value::text("3"));
    let error = patch(&remote, &numbered(&rows, 3), vec![title])
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::Stale(_)), "{error:?}");
}

#[tokio::test]
async fn a_host_without_graphql_gives_the_rest() {
    let world = World::start().await;
    world.running.front.lock().graphql = false;
    let remote = world.opened().await;
    let pull = numbered(&all(&remote, "issues:ada/demo").await, 3);
    assert_eq!(pull.fields[&FieldKey::of("head")], Value::text("topic"));
    assert_eq!(
        pull.fields[&FieldKey::of("pull_state")],
        Value::text("draft")
    );
    assert!(!pull.fields.contains_key(&FieldKey::of("review")));
}

#[tokio::test]
async fn five_hundred_eager_writes_never_meet_a_refusal() {
    let world = World::start().await;
    let remote = world.opened().await;
    let target = numbered(&all(&remote, "issues:ada/demo").await, 1);
    let mut written = 0;
    while written < 520 {
        let title = Value::text(format!("Title {written}"));
        match patch(
            &remote,
            &target,
            vec![change(FieldKey::TITLE, Value::Null, title)],
        )
        .await
        {
            Ok(_) => written += 1,
            Err(RemoteError::Limited { until, .. }) => {
                let now = world.now.load(Ordering::SeqCst);
                assert!(until.0 > now);
                world.now.store(until.0, Ordering::SeqCst);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(world.running.front.lock().counters.limited, 0);
}

#[tokio::test]
async fn a_private_repository_is_said_clearly() {
    let world = World::start().await;
    {
        let hub = &mut world.running.front.lock().hub;
        hub.set_private(T0, "ada/demo", true).unwrap();
    }
    let remote = world.remote("t-bob");
    let error = remote
        .list("issues:ada/demo", &ListFrom::default())
        .await
        .unwrap_err();
    assert!(matches!(&error, RemoteError::Denied { message, .. } if message.contains("ada/demo")));
    let error = world.remote("nonsense").open(None, true).await.unwrap_err();
    assert!(
        matches!(error, RemoteError::Unauthorized { .. }),
        "{error:?}"
    );
}
