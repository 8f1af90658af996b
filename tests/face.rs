//! The engine's face: a handle to a running engine, its commands, events and snapshots.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "face/guard.rs"]
mod guard;
#[path = "face/hold.rs"]
mod hold;
#[path = "face/keeper.rs"]
mod keeper;
#[path = "face/limits.rs"]
mod limits;
#[path = "face/paused.rs"]
mod paused;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use pulse_sync::core::codec::StateMap;
use pulse_sync::core::plan::Rules;
use pulse_sync::core::schedule::Timetable;
use pulse_sync::core::{FieldKey, Mapping, Policy, RecordKind, Value};
use pulse_sync::engine::answers::Pick;
use pulse_sync::engine::link::Databases;
use pulse_sync::engine::serve::{Server, Wires, wires};
use pulse_sync::engine::{
    Ask, Command, Ending, Engine, Event, Handle, Link, LinkSpec, Settings, Snapshot,
};
use pulse_sync::remote::github::{GithubAccount, GithubLink, GithubRemote};
use pulse_sync::remote::http::{Account, AccountConfig, Now, Rules as Budgets, build_client};
use pulse_sync::remote::notion::{NotionConfig, NotionRemote};
use pulse_sync::sim::github::IssueEdit;
use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::notion::value::Value as Shown;
use pulse_sync::sim::small::{COLLEAGUE, Options, Small};
use pulse_sync::store::memory::MemoryStore;
use pulse_sync::store::{HistoryQuery, Store};
use secrecy::SecretString;
use tokio::sync::oneshot;

#[path = "hand/clock.rs"]
mod clock;

use clock::{TestClock, now};

/// The token at the small Notion, and its budget.
fn notion(small: &Small) -> Account {
    let client = build_client(Duration::from_secs(5)).unwrap();
    let mut config = AccountConfig::notion(&small.notion.url);
    config.rules = Budgets::notion(100_000);
    let token = SecretString::from(small.notion_token());
    Account::new(config, client, &token, Arc::new(now)).unwrap()
}

fn link(small: &Small) -> Link<GithubRemote, NotionRemote> {
    linked(small, notion(small))
}

fn linked(small: &Small, notion: Account) -> Link<GithubRemote, NotionRemote> {
    let client = build_client(Duration::from_secs(5)).unwrap();
    let time: Now = Arc::new(now);
    let mut config = AccountConfig::github(&small.github.url);
    config.rules = Budgets::github().without_gap();
    let github = GithubAccount::new(
        config,
        client,
        &SecretString::from(small.github_token()),
        time,
    )
    .unwrap();
    let mapping = Mapping::standard(StateMap::default(), Policy::Ask);
    Link {
        spec: LinkSpec {
            name: "face".to_owned(),
            mapping: Rc::new(mapping.clone()),
            rules: Rules {
                new_repository: Some(small.repository.clone()),
                revert_again: 86_400_000,
                ..Rules::default()
            },
            databases: Databases::default(),
            selects: Rc::new(|_| true),
            takes_in: Rc::new(|_, _| true),
        },
        github: GithubRemote::new(github, GithubLink::of([small.repository.clone()])),
        notion: NotionRemote::new(NotionConfig::new(
            notion,
            small.database.to_string(),
            mapping,
        )),
    }
}

fn settings() -> Settings {
    Settings {
        settle: 0,
        debounce: 0,
        rest: 0,
        list_lag: 0,
        overlap: 120_000,
        observe_rest: 0,
        max_items: 10,
        ..Settings::default()
    }
}

/// Both small services, without limits.
async fn small() -> Small {
    let options = Options {
        no_limits: true,
        ..Options::default()
    };
    Small::start(options, None::<std::io::Empty>).await.unwrap()
}

/// An engine on an empty store.
fn engine(settings: Settings, sink: Box<dyn Fn(Event)>) -> Engine<MemoryStore, TestClock> {
    Engine {
        store: MemoryStore::new(),
        clock: TestClock,
        settings,
        holder: "kim@laptop:7".to_owned(),
        sink,
        stop: Ending::default(),
        read_only: false,
    }
}

/// A loop with nothing due after its first runs, on a machine that is never busy.
fn server<'a>(
    engine: &'a Engine<MemoryStore, TestClock>,
    links: &'a [Link<GithubRemote, NotionRemote>],
    wires: Wires,
) -> Server<'a, GithubRemote, NotionRemote, MemoryStore, TestClock> {
    let timetable = Timetable::every(3_600_000);
    Server::new(engine, links, wires, timetable, Box::new(|| None))
}

/// Runs a script beside an engine that may write all it has to in one run.
async fn beside(script: impl AsyncFnOnce(Handle, &Small, &MemoryStore)) {
    let small = small().await;
    let links = [link(&small)];
    let (handle, wires, sink) = wires();
    let settings = Settings {
        max_items: 1_000,
        ..settings()
    };
    let engine = engine(settings, sink);
    let server = server(&engine, &links, wires);
    tokio::join!(server.serve(), script(handle, &small, &engine.store));
}

/// Waits until a snapshot shows something, and fails after a while.
async fn until(handle: &Handle, what: &str, shows: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let mut snapshots = handle.snapshot();
    let wait = async {
        loop {
            let snapshot = Arc::clone(&snapshots.borrow_and_update());
            if shows(&snapshot) {
                return snapshot;
            }
            snapshots.changed().await.expect("the engine ended");
        }
    };
    tokio::time::timeout(Duration::from_mins(1), wait)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"))
}

async fn ask(handle: &Handle, link: Option<&str>, ask: Ask) -> Result<(), String> {
    let (reply, answer) = oneshot::channel();
    handle
        .send(Command::Sync {
            link: link.map(str::to_owned),
            ask,
            reply,
        })
        .await
        .unwrap();
    answer.await.unwrap()
}

async fn pause(handle: &Handle, on: bool) {
    let (reply, answer) = oneshot::channel();
    handle.send(Command::Pause(on, reply)).await.unwrap();
    answer.await.unwrap().unwrap();
}

fn rename_both(small: &Small) {
    let now = small.notion.shared.now();
    let edit = IssueEdit {
        title: Some("one".to_owned()),
        ..IssueEdit::default()
    };
    small
        .github
        .front
        .lock()
        .hub
        .edit_issue(now, COLLEAGUE, &small.repository, 1, edit)
        .unwrap();
    rename_page(small, "other");
}

/// A person renames the page of issue 1.
fn rename_page(small: &Small, title: &str) {
    let now = small.notion.shared.now();
    let mut service = small.notion.shared.lock();
    let page = service
        .world
        .rows_of(small.source)
        .into_iter()
        .find(|page| service.world.value(*page, "Number") == Some(&Shown::Number(Some(1.0))))
        .unwrap();
    let person = small.person;
    service
        .world
        .edit_props(
            now,
            person,
            page,
            vec![("title".to_owned(), Shown::text(title))],
        )
        .unwrap();
}

/// Pauses, makes a conflict, resumes, and chooses.
async fn resolve(handle: &Handle, small: &Small) {
    pause(handle, true).await;
    rename_both(small);
    ask(handle, None, Ask::default()).await.unwrap();
    let paused = until(handle, "paused", |s| s.paused.is_some()).await;
    assert!(paused.links[0].conflicts.is_empty());
    // Resuming runs every link at once.
    pause(handle, false).await;
    let waits = until(handle, "a conflict", |s| s.links[0].conflicts.len() == 1).await;
    let conflict = waits.links[0].conflicts[0].conflict.clone();
    assert_eq!(
        (&conflict.github, &conflict.notion),
        (&Value::text("one"), &Value::text("other"))
    );

    let (reply, answer) = oneshot::channel();
    handle
        .send(Command::Choose {
            conflict: conflict.id,
            pick: Pick::Notion,
            reply,
        })
        .await
        .unwrap();
    answer.await.unwrap().unwrap();
    until(handle, "the choice carried out", |s| {
        s.links[0].conflicts.is_empty() && s.links[0].running.is_none()
    })
    .await;
    assert_eq!(
        small
            .github
            .front
            .lock()
            .hub
            .issue(&small.repository, 1)
            .unwrap()
            .title
            .clone(),
        "other"
    );
    undo_of_the_choice(handle).await;
}

/// The record of the choice leads to what it wrote: its undo would bring the value back that lost.
async fn undo_of_the_choice(handle: &Handle) {
    let query = HistoryQuery {
        kinds: vec![RecordKind::Conflict],
        limit: 10,
        ..HistoryQuery::default()
    };
    let (reply, answer) = oneshot::channel();
    handle.send(Command::History(query, reply)).await.unwrap();
    let records = answer.await.unwrap().unwrap();
    let choice = records.iter().find(|record| record.verb == "choose");
    assert_eq!(
        choice.unwrap().note,
        "title: Notion's value, chosen by kim on laptop"
    );
    let (reply, answer) = oneshot::channel();
    let undo = Command::UndoPlan(choice.unwrap().id.clone(), reply);
    handle.send(undo).await.unwrap();
    let backs = answer.await.unwrap().unwrap();
    let title = backs.iter().find(|back| back.field == FieldKey::TITLE);
    assert_eq!(title.unwrap().then, Value::text("one"), "{backs:?}");
}

/// The script of the test: what a screen would do.
async fn drive(handle: Handle, small: &Small, seen: Rc<RefCell<usize>>) {
    let busy = until(&handle, "a run in progress", |s| {
        s.links.iter().any(|l| l.running.is_some())
    })
    .await;
    assert_eq!(busy.links[0].name, "face");
    assert_eq!(
        ask(&handle, Some("nothing"), Ask::default())
            .await
            .unwrap_err(),
        "there is no link nothing"
    );
    let done = until(&handle, "everything imported", |s| {
        s.links[0].counts.active == 28
            && s.links[0].counts.queued == 0
            && s.links[0].running.is_none()
    })
    .await;
    assert!(done.links[0].next.is_some() && done.links[0].last.is_some());
    assert!(*seen.borrow() > 28, "each write is an event");

    resolve(&handle, small).await;
    while ask(
        &handle,
        None,
        Ask {
            dry: true,
            ..Ask::default()
        },
    )
    .await
    .is_err()
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until(&handle, "a plan", |s| s.links[0].planned.is_some()).await;
    handle.send(Command::Shutdown).await.unwrap();
}

#[tokio::test]
async fn a_screen_can_follow_and_steer_a_running_engine() {
    let small = small().await;
    let links = [link(&small)];
    let (handle, wires, sink) = wires();
    let seen = Rc::new(RefCell::new(0));
    let count = Rc::clone(&seen);
    let sink = Box::new(move |event| {
        *count.borrow_mut() += 1;
        sink(event);
    });
    let engine = engine(settings(), sink);
    let server = server(&engine, &links, wires);
    tokio::join!(server.serve(), drive(handle, &small, seen));
}

#[tokio::test]
async fn a_second_request_for_a_running_link_is_told_so() {
    let small = small().await;
    let links = [link(&small)];
    let (handle, wires, sink) = wires();
    let engine = engine(settings(), sink);
    let server = server(&engine, &links, wires);
    let script = async {
        until(&handle, "a run in progress", |s| {
            s.links.iter().any(|l| l.running.is_some())
        })
        .await;
        assert_eq!(
            ask(&handle, None, Ask::default()).await,
            Err("already running".to_owned())
        );
        drop(handle);
    };
    // The engine ends by itself once nobody holds a handle.
    tokio::join!(server.serve(), script);
    let counts = engine.store.counts("face").await.unwrap();
    let pages = small.notion.shared.lock().world.rows_of(small.source).len();
    assert_eq!(
        (counts.active, counts.in_doubt),
        (pages as u64, 0),
        "it ended at a commit boundary"
    );
}

#[tokio::test]
async fn a_listing_that_failed_is_tried_again_soon_and_not_after_the_interval() {
    let small = small().await;
    small
        .github
        .front
        .lock()
        .faults
        .add("GET", "*/issues", 2, HubFault::Html(502));
    let links = [link(&small)];
    let (handle, wires, sink) = wires();
    let engine = engine(
        Settings {
            retry_base: 10,
            max_items: 1_000,
            ..settings()
        },
        sink,
    );
    let server = server(&engine, &links, wires);
    let script = async {
        let failed = until(&handle, "a failed listing", |s| s.links[0].last.is_some()).await;
        let (_, report) = failed.links[0].last.as_ref().unwrap();
        assert_eq!(report.unlisted.len(), 1, "{report:?}");
        let next = failed.links[0].next.clone().unwrap();
        assert!(next.until < failed.at.plus(60_000), "{next:?}");
        let why = next.reason.words(&|_| String::new());
        assert!(why.contains("could not be listed"), "{why}");
        let told = engine.store.errors(true, 9).await.unwrap();
        let tries: Vec<_> = told.iter().map(|entry| entry.next_try).collect();
        assert_eq!(tries, [Some(next.until)], "{told:?}");
        until(&handle, "everything imported", |s| {
            s.links[0].counts.active == 28 && s.links[0].running.is_none()
        })
        .await;
        unread_plan(&handle, &small).await;
        drop(handle);
    };
    tokio::join!(server.serve(), script);
}

/// A plan that lacks what could not be listed says so; the next one, that was read whole, does not.
async fn unread_plan(handle: &Handle, small: &Small) {
    rename_page(small, "planned");
    for is_cut in [true, false] {
        if is_cut {
            let mut front = small.github.front.lock();
            front.faults.add("GET", "*/issues", 1, HubFault::Html(502));
        }
        let before = handle.snapshot().borrow().at;
        let dry = || Ask {
            dry: true,
            ..Ask::default()
        };
        while ask(handle, None, dry()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let made = until(handle, "a plan", |s| {
            let plan = s.links[0].planned.as_ref();
            plan.is_some_and(|(at, _)| *at > before)
        })
        .await;
        let stopped = made.links[0].plan_cut.stopped.as_ref();
        assert_eq!(stopped.is_some(), is_cut, "{stopped:?}");
        let (_, plan) = made.links[0].planned.as_ref().unwrap();
        let titles: Vec<&str> = plan.iter().map(|one| one.title.as_str()).collect();
        assert_eq!(titles, ["planned"], "the title of now");
    }
}
