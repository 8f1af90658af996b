//! The machine's clock is set back by days.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use pulse_sync::config::Link as LinkConfig;
use pulse_sync::core::{Kind, Time};
use pulse_sync::engine::link::Databases;
use pulse_sync::engine::{Ask, Clock, Ending, Engine, Link, LinkSpec, Report, Settings};
use pulse_sync::remote::github::{Also, GithubAccount, GithubLink, GithubRemote, GraphQl};
use pulse_sync::remote::http::{Account, AccountConfig, Now, build_client};
use pulse_sync::remote::notion::{NotionConfig, NotionRemote};
use pulse_sync::store::sqlite::{Access, SqliteStore};
use secrecy::SecretString;

use super::rig::{Rig, world};

const DAY: i64 = 86_400_000;

/// The machine's clock: set wrong by so much, after so much time that the test did not wait for.
#[derive(Clone, Default)]
struct Wrong(Arc<AtomicI64>, Arc<AtomicI64>);

impl Wrong {
    fn read(&self) -> Time {
        Time(self.elapsed() + self.0.load(Ordering::Relaxed))
    }
}

impl Clock for Wrong {
    fn now(&self) -> Time {
        self.read()
    }

    fn elapsed(&self) -> i64 {
        chrono::Utc::now().timestamp_millis() + self.1.load(Ordering::Relaxed)
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }

    async fn sleep(&self, ms: i64) {
        tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
    }
}

fn link(rig: &Rig, clock: &Wrong) -> Link<GithubRemote, NotionRemote> {
    let config = LinkConfig::standard(
        "default",
        vec![rig.small.repository.clone()],
        rig.small.database.to_string(),
    );
    let told = clock.clone();
    let now: Now = Arc::new(move || told.read());
    let client = build_client(Duration::from_secs(5)).unwrap();
    let secret = SecretString::from(rig.small.github_token());
    let to = AccountConfig::github(&rig.small.github.url);
    let github = GithubAccount::new(to, client.clone(), &secret, Arc::clone(&now)).unwrap();
    let secret = SecretString::from(rig.small.notion_token());
    let to = AccountConfig::notion(&rig.small.notion.url);
    let notion = Account::new(to, client, &secret, now).unwrap();
    let selection = GithubLink {
        include: config.repositories.clone(),
        exclude: Vec::new(),
        username: None,
        owner_from: "`repositories`".to_owned(),
        also: Also::default(),
        kinds: BTreeSet::from([Kind::Issue]),
        commits_within: None,
        skip_merges: true,
        skip_bots: true,
        create_labels: false,
        constants: config.mapping().constants(),
        graphql: GraphQl::Auto,
    };
    let target = NotionConfig::new(notion, config.database.clone(), config.mapping());
    Link {
        spec: LinkSpec {
            name: config.name.clone(),
            mapping: Rc::new(config.mapping()),
            rules: config.rules(&settings()),
            databases: Databases::default(),
            selects: Rc::new(|_| true),
            takes_in: Rc::new(|_, _| true),
        },
        github: GithubRemote::new(github, selection),
        notion: NotionRemote::new(target),
    }
}

/// As in earnest, but for what would only make the test wait.
fn settings() -> Settings {
    Settings {
        debounce: 0,
        rest: 0,
        observe_rest: 0,
        list_lag: 0,
        ..Settings::default()
    }
}

/// More pages than one listing shows at once, all of one minute: rows that share it have no order.
#[test]
fn what_is_edited_in_the_minute_of_an_import_is_seen_when_that_minute_is_over() {
    const MANY: u64 = 130;
    let rig = Rig::start(Some(world(130, 0, 0)));
    let clock = Wrong::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        std::fs::create_dir_all(rig.state()).unwrap();
        let engine = Engine {
            store: SqliteStore::open(&rig.store(), Access::Own).unwrap(),
            clock: clock.clone(),
            settings: Settings {
                list_lag: 600_000,
                max_items: 1_000,
                ..settings()
            },
            holder: "the test".to_owned(),
            sink: Box::new(|_| {}),
            stop: Ending::default(),
            read_only: false,
        };
        let link = link(&rig, &clock);
        let pass = async || -> Report { engine.run(&link, &Ask::default()).await };
        let first = pass().await;
        assert_eq!(first.writes.notion, MANY, "{first:?}");
        let second = pass().await;
        assert_eq!(second.requests.notion, 1, "{second:?}");
        let edited = [1, 2, 60, 61, 129, 130];
        for number in edited {
            rig.rename_page(rig.page(number), &format!("Edited {number}"));
        }
        clock.1.fetch_add(100_000, Ordering::Relaxed);
        for _ in 0..4 {
            pass().await;
            clock.1.fetch_add(100_000, Ordering::Relaxed);
        }
        for number in edited {
            assert_eq!(rig.issue(number).title, format!("Edited {number}"));
        }
        let last = pass().await;
        assert_eq!(last.requests.notion, 1, "{last:?}");
    });
}

#[test]
fn a_clock_set_back_by_two_days_stops_nothing() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    let clock = Wrong::default();
    clock.0.store(2 * DAY, Ordering::Relaxed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        std::fs::create_dir_all(rig.state()).unwrap();
        let engine = Engine {
            store: SqliteStore::open(&rig.store(), Access::Own).unwrap(),
            clock: clock.clone(),
            settings: settings(),
            holder: "the test".to_owned(),
            sink: Box::new(|_| {}),
            stop: Ending::default(),
            read_only: false,
        };
        let pass = async || -> Report { engine.run(&link(&rig, &clock), &Ask::default()).await };
        let first = pass().await;
        assert_eq!(first.writes.notion, 4, "{first:?}");
        pass().await;

        clock.0.store(0, Ordering::Relaxed);
        rig.rename_issue(1, "After the clock was put right");
        rig.rename_page(rig.page(2), "In Notion, too");
        for _ in 0..5 {
            let report = pass().await;
            assert_eq!(report.errors, Vec::<String>::new(), "{report:?}");
            // The settling time after the own write may still pass, once.
            clock.1.fetch_add(100_000, Ordering::Relaxed);
        }
    });
    assert_eq!(
        rig.cell(rig.page(1), "title"),
        "After the clock was put right"
    );
    assert_eq!(&*rig.issue(2).title, "In Notion, too");
    assert_eq!(rig.pages().len(), 4);
}
