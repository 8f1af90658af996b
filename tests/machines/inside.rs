//! Two engines on one store, seen from inside: what the snapshot and the events of the one that follows say.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use pulse_sync::core::codec::StateMap;
use pulse_sync::core::plan::Rules;
use pulse_sync::core::schedule::{Reason, Timetable};
use pulse_sync::core::{Mapping, PairId, Policy, RecordKind};
use pulse_sync::engine::link::Databases;
use pulse_sync::engine::serve::{Server, Wires, wires};
use pulse_sync::engine::{
    Ask, Command, Ending, Engine, Event, Handle, Link, LinkSpec, Settings, Snapshot,
};
use pulse_sync::remote::github::{GithubAccount, GithubLink, GithubRemote};
use pulse_sync::remote::http::{Account, AccountConfig, Now, Rules as Budgets, build_client};
use pulse_sync::remote::notion::{NotionConfig, NotionRemote};
use pulse_sync::sim::small::Small;
use pulse_sync::store::{HistoryQuery, MongoStore, Store};
use secrecy::SecretString;
use tokio::sync::broadcast::Receiver;
use tokio::sync::oneshot;

use crate::clock::{TestClock, now};
use crate::group::PATIENCE;
use crate::mongo::{Mode, Space};
use crate::rig::{Rig, world};

pub fn link(small: &Small) -> Link<GithubRemote, NotionRemote> {
    let client = build_client(Duration::from_secs(5)).unwrap();
    let time: Now = Arc::new(now);
    let mut config = AccountConfig::github(&small.github.url);
    config.rules = Budgets::none();
    let token = SecretString::from(small.github_token());
    let github = GithubAccount::new(config, client.clone(), &token, Arc::clone(&time)).unwrap();
    let mut config = AccountConfig::notion(&small.notion.url);
    config.rules = Budgets::none();
    let token = SecretString::from(small.notion_token());
    let notion = Account::new(config, client, &token, time).unwrap();
    let mapping = Mapping::standard(StateMap::default(), Policy::Ask);
    let target = NotionConfig::new(notion, small.database.to_string(), mapping.clone());
    Link {
        spec: LinkSpec {
            name: "main".to_owned(),
            mapping: Rc::new(mapping),
            rules: Rules::default(),
            databases: Databases::default(),
            selects: Rc::new(|_| true),
            takes_in: Rc::new(|_, _| true),
        },
        github: GithubRemote::new(github, GithubLink::of([small.repository.clone()])),
        notion: NotionRemote::new(target),
    }
}

pub fn engine(
    store: MongoStore,
    holder: &str,
    sink: Box<dyn Fn(Event)>,
) -> Engine<MongoStore, TestClock> {
    Engine {
        store,
        clock: TestClock,
        settings: Settings {
            settle: 0,
            debounce: 0,
            rest: 0,
            list_lag: 0,
            observe_rest: 0,
            ..Settings::default()
        },
        holder: holder.to_owned(),
        sink,
        stop: Ending::default(),
        read_only: holder == "reader",
    }
}

pub async fn serve(
    engine: &Engine<MongoStore, TestClock>,
    links: &[Link<GithubRemote, NotionRemote>],
    wires: Wires,
) {
    let timetable = Timetable::every(3_600_000);
    let server = Server::new(engine, links, wires, timetable, Box::new(|| None));
    Box::pin(server.serve()).await;
}

pub async fn until(
    handle: &Handle,
    what: &str,
    shows: impl Fn(&Snapshot) -> bool,
) -> Arc<Snapshot> {
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
    let found = tokio::time::timeout(PATIENCE, wait).await;
    found.unwrap_or_else(|_| panic!("never: {what}: {:?}", handle.snapshot().borrow()))
}

async fn sync(handle: &Handle, ask: Ask) -> Result<(), String> {
    let (reply, answer) = oneshot::channel();
    let link = None;
    let command = Command::Sync { link, ask, reply };
    handle.send(command).await.unwrap();
    answer.await.unwrap()
}

/// What another machine wrote, as it is told here; nothing is told twice, and nothing was done here.
async fn until_written(events: &mut Receiver<Event>, seen: &mut Vec<String>, item: &str) {
    let wait = async {
        loop {
            match events.recv().await.unwrap() {
                Event::Elsewhere(record) => {
                    assert!(!seen.contains(&record.id), "told twice: {record:?}");
                    seen.push(record.id.clone());
                    if record.kind == RecordKind::Write && record.item == item {
                        return;
                    }
                }
                Event::Recorded(record) => panic!("done by the one that follows: {record:?}"),
                _ => {}
            }
        }
    };
    let done = tokio::time::timeout(PATIENCE, wait).await;
    done.unwrap_or_else(|_| panic!("{item} is never told"));
}

/// A pair that the history knows.
async fn some_pair(handle: &Handle) -> PairId {
    let (reply, answer) = oneshot::channel();
    let query = HistoryQuery {
        kinds: vec![RecordKind::Write],
        limit: 1,
        ..HistoryQuery::default()
    };
    handle.send(Command::History(query, reply)).await.unwrap();
    let records = answer.await.unwrap().unwrap();
    records[0].pair.clone().unwrap()
}

fn is_in_step(snapshot: &Snapshot) -> bool {
    let link = &snapshot.links[0];
    link.counts.active == 4 && link.counts.queued == 0 && link.running.is_none()
}

/// One leads, one follows, and one only looks.
async fn drive(rig: &Rig, [laptop, studio, reader]: [Handle; 3]) {
    let leads = |snapshot: &Snapshot| {
        !snapshot.links.is_empty() && snapshot.links[0].led_by.is_none() && is_in_step(snapshot)
    };
    let there = until(&laptop, "the leader is in step", leads).await;
    let last = there.links[0].last.clone().unwrap();
    for (handle, name) in [(&studio, "studio"), (&reader, "reader")] {
        let here = |snapshot: &Snapshot| {
            let link = snapshot.links.first();
            link.is_some_and(|l| l.led_by.as_deref() == Some("laptop") && l.last.is_some())
                && is_in_step(snapshot)
        };
        let link = until(handle, name, here).await.links[0].clone();
        assert_eq!(link.last.unwrap().1.run, last.1.run, "{name}");
        let next = link.next.unwrap();
        assert_eq!(next.reason, Reason::Busy("laptop".to_owned()));
        assert!(next.until > now().plus(600_000), "when the leader runs it");
    }

    let (mut events, mut seen) = (studio.events(), Vec::new());
    let name = |number: u64| format!("{}#{number}", rig.small.repository);
    for number in [1, 2] {
        rig.rename_issue(number, "Asked for");
        sync(&studio, Ask::default()).await.unwrap();
        until_written(&mut events, &mut seen, &name(number)).await;
    }
    assert!(sync(&reader, Ask::default()).await.is_err(), "read only");

    // What a person does where it runs is seen where it does not.
    let pair = some_pair(&laptop).await;
    let (reply, answer) = oneshot::channel();
    let hold = Command::Hold(vec![pair], reply);
    laptop.send(hold).await.unwrap();
    assert_eq!(answer.await.unwrap().map(|done| done.items), Ok(1));
    until(&studio, "what is held", |s| {
        s.links[0].counts.held_by_user == 1
    })
    .await;

    // A plan is made where it is asked for.
    rig.rename_issue(3, "Planned");
    let dry = Ask {
        dry: true,
        ..Ask::default()
    };
    sync(&studio, dry).await.unwrap();
    let shown = until(&studio, "a plan", |s| s.links[0].planned.is_some()).await;
    assert_eq!(shown.links[0].planned.as_ref().unwrap().1.len(), 1);

    // Who leads gives way: the other one does what waits, and the reader follows that one.
    laptop.send(Command::Shutdown).await.unwrap();
    until(&studio, "the other one leads", |s| {
        s.links[0].led_by.is_none() && is_in_step(s)
    })
    .await;
    until(&reader, "it follows the other one", |s| {
        s.links[0].led_by.as_deref() == Some("studio")
    })
    .await;
    studio.send(Command::Shutdown).await.unwrap();
    until(&reader, "nobody leads", |s| s.links[0].led_by.is_none()).await;
    reader.send(Command::Shutdown).await.unwrap();
}

/// Enough for many commits side by side.
const IMPORTED: usize = 120;

/// Much comes in while many pairs are committed side by side, on as many connections as there are.
#[test]
fn what_comes_in_during_a_run_does_not_hold_it_up() {
    let rig = Rig::start(Some(world(IMPORTED, 0, 0)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let space = Space::new(Mode::Replica).await;
        let links = [link(&rig.small)];
        let (handle, wires, sink) = wires();
        let mut leader = engine(space.store(), "laptop", sink);
        leader.settings.max_items = 10 * IMPORTED;
        let others = space.store();
        let mut events = handle.events();
        let busy = async {
            let mut rung = 0_u64;
            loop {
                rung += 1;
                let word = rung.to_string();
                others.put_setting("asked", Some(&word)).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let first = async {
            loop {
                if let Event::RunEnded(report) = events.recv().await.unwrap() {
                    return report;
                }
            }
        };
        let drive = async {
            let first = tokio::time::timeout(PATIENCE * 2, first);
            let report = tokio::select! {
                report = first => report.expect("the import ends"),
                () = busy => unreachable!(),
            };
            assert_eq!(report.stopped, None, "{report:?}");
            assert_eq!(report.backlog, 0, "{report:?}");
            handle.send(Command::Shutdown).await.unwrap();
        };
        tokio::join!(serve(&leader, &links, wires), drive);
    });
}

const ASKERS: usize = 12;

/// What waits to be done of the link.
async fn asked(store: &MongoStore) -> serde_json::Value {
    let text = store.setting("ask/main").await.unwrap().unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn what_many_ask_for_at_the_same_moment_is_all_asked_for() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let space = Space::new(Mode::Replica).await;
        let name = |number: usize| format!("machine-{number}");
        let askers: Vec<_> = (0..ASKERS)
            .map(|number| engine(space.store(), &name(number), Box::new(|_| {})))
            .collect();
        let ask = |number: usize, item: &str| {
            let ask = Ask {
                item: Some(item.to_owned()),
                forced: number == 0,
                ..Ask::default()
            };
            let asker = &askers[number];
            async move { asker.hand_over("main", &ask).await.unwrap() }
        };
        // The same item, asked for by all: a run of it alone, which is forced as the first one said.
        join_all((0..ASKERS).map(|number| ask(number, "o/r#1"))).await;
        let all = asked(&space.store()).await;
        assert_eq!(all["number"], ASKERS, "one for each who asked: {all}");
        assert_eq!(
            (&all["item"], &all["forced"]),
            (&"o/r#1".into(), &true.into())
        );
        // Others: a run over all of them.
        let items: Vec<String> = (0..ASKERS).map(|number| format!("o/r#{number}")).collect();
        join_all((1..ASKERS).map(|number| ask(number, &items[number]))).await;
        let all = asked(&space.store()).await;
        assert_eq!(all["number"], 2 * ASKERS - 1, "{all}");
        assert!(all["item"].is_null() && all["only"].is_null(), "{all}");
        assert_eq!(
            all["forced"], true,
            "nothing that was asked for is dropped: {all}"
        );
    });
}

#[test]
fn the_one_that_follows_shows_what_the_leader_does() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let space = Space::new(Mode::Replica).await;
        let links = [link(&rig.small)];
        let parts = ["laptop", "studio", "reader"].map(|name| {
            let (handle, wires, sink) = wires();
            (handle, wires, engine(space.store(), name, sink))
        });
        let [
            (laptop, one, first),
            (studio, two, second),
            (reader, three, third),
        ] = parts;
        // The first one leads: the others begin when it has the lease.
        let others = async {
            until(&laptop, "the first one serves", |s| !s.links.is_empty()).await;
            tokio::join!(serve(&second, &links, two), serve(&third, &links, three));
        };
        let handles = [laptop.clone(), studio, reader];
        tokio::join!(serve(&first, &links, one), others, drive(&rig, handles));
    });
}
