//! How fast a first import is between the small services, without their limits: `cargo bench --bench import`.
//!
//! Our own pacing is off as well, so this is the work of the engine, the adapters, the store and the services, all of
//! it over HTTP on the loopback interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[allow(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../store/make.rs"]
mod make;

use std::cell::Cell;
use std::io::Cursor;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use divan::{Bencher, counter::ItemsCount};
use make::Scratch;
use pulse_sync::config::{Link as LinkConfig, Window};
use pulse_sync::core::Time;
use pulse_sync::engine::link::Databases;
use pulse_sync::engine::{Ask, Clock, Ending, Engine, Link, LinkSpec, Settings};
use pulse_sync::remote::github::{GithubAccount, GithubLink, GithubRemote};
use pulse_sync::remote::http::{Account, AccountConfig, Now, Rules, build_client};
use pulse_sync::remote::notion::{NotionConfig, NotionRemote};
use pulse_sync::sim::small::{Options, Small};
use pulse_sync::store::{Access, SqliteStore};
use secrecy::SecretString;
use serde_json::json;

/// Items of one import; a trial run of the tests takes few.
const ITEMS: usize = 1_000;

fn main() {
    divan::main();
}

fn items() -> usize {
    if std::env::args().any(|word| word == "--test") {
        10
    } else {
        ITEMS
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time(i64::try_from(since.as_millis()).unwrap())
}

/// The real time, and numbers that repeat from run to run.
struct BenchClock {
    start: Instant,
    random: Cell<u64>,
}

impl Clock for BenchClock {
    fn now(&self) -> Time {
        now()
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_millis()).unwrap()
    }

    fn random(&self) -> u64 {
        let next = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random.set(next);
        let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    }

    async fn sleep(&self, ms: i64) {
        tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
    }
}

/// Issues with bodies of usual length, one a line.
fn world(count: usize) -> String {
    let body = "## What happens\n\nThe lamp *smokes* at night.\n\n- [ ] look at it\n- [x] tell Ada\n\n```\nlamp --check\n```\n\n"
        .to_owned()
        + &"A line of plain words that says a little more about it.\n".repeat(15);
    let line = |number: usize| {
        json!({
            "kind": "issue", "src": "lantern", "number": number + 1, "author": "ada",
            "title": format!("The lamp smokes, number {number}"),
            "body": body, "state": "open", "created_at": "2026-01-02T03:04:05Z",
            "labels": [{"name": "bug", "color": "d73a4a"}, {"name": "idea", "color": "a2eeef"}],
        })
        .to_string()
    };
    (0..count).map(|number| line(number) + "\n").collect()
}

/// The services on a thread of their own until this is dropped.
struct Services {
    small: Small,
    _runtime: tokio::runtime::Runtime,
}

fn services(count: usize) -> Services {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let options = Options {
        no_limits: true,
        ..Options::default()
    };
    let small = runtime
        .block_on(Small::start(options, Some(Cursor::new(world(count)))))
        .unwrap();
    Services {
        small,
        _runtime: runtime,
    }
}

fn connect(small: &Small) -> Link<GithubRemote, NotionRemote> {
    let time: Now = Arc::new(now);
    let client = build_client(Duration::from_secs(10)).unwrap();
    let unpaced = AccountConfig {
        rules: Rules::none(),
        ..AccountConfig::github(&small.github.url)
    };
    let github = GithubAccount::new(
        unpaced,
        client.clone(),
        &SecretString::from(small.github_token()),
        Arc::clone(&time),
    )
    .unwrap();
    let unpaced = AccountConfig {
        rules: Rules::none(),
        ..AccountConfig::notion(&small.notion.url)
    };
    let token = SecretString::from(small.notion_token());
    let notion = Account::new(unpaced, client, &token, time).unwrap();
    let mut config = LinkConfig::standard(
        "bench",
        vec![small.repository.clone()],
        small.database.to_string(),
    );
    (config.commits_since, config.closed_since) = (Window::All, Window::All);
    let mapping = config.mapping();
    Link {
        spec: LinkSpec {
            name: "bench".to_owned(),
            mapping: Rc::new(mapping.clone()),
            rules: config.rules(&Settings::default()),
            databases: Databases::default(),
            selects: Rc::new(|_| true),
            takes_in: Rc::new(|_, _| true),
        },
        github: GithubRemote::new(github, GithubLink::of([small.repository.clone()])),
        notion: NotionRemote::new(NotionConfig::new(notion, config.database, mapping)),
    }
}

/// Everything of a repository into an empty database, in one run.
fn import(services: &Services, folder: &Scratch, count: usize) {
    let store = SqliteStore::open(&folder.path("store.db"), Access::Own).unwrap();
    let engine = Engine {
        store,
        clock: BenchClock {
            start: Instant::now(),
            random: Cell::new(1),
        },
        settings: Settings {
            max_items: 2 * ITEMS,
            ..Settings::default()
        },
        holder: "bench".to_owned(),
        sink: Box::new(|_| {}),
        stop: Ending::default(),
        read_only: false,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let link = connect(&services.small);
    let report = runtime.block_on(engine.run(&link, &Ask::default()));
    assert_eq!(report.stopped, None, "{report:?}");
    assert_eq!(report.writes.notion, count as u64, "{report:?}");
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn import_1000_items(bencher: Bencher<'_, '_>) {
    let count = items();
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| (services(count), Scratch::new()))
        .bench_local_refs(|(services, folder)| import(services, folder, count));
}
