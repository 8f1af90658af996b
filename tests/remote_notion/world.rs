//! A small Notion with one database, and the side that reads it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use pulse_sync::core::codec::StateMap;
use pulse_sync::core::{
    Action, Change, Draft, FieldKey, Kind, Mapping, ObjectId, Observation, Policy, Row, Side, Step,
    Time, Value,
};
use pulse_sync::remote::http::{Account, AccountConfig, build_client};
use pulse_sync::remote::notion::{NotionConfig, NotionRemote, STREAM};
use pulse_sync::remote::{Answer, ListFrom, Opened, Page, Remote, RemoteError};
use pulse_sync::sim::notion::http::{Running, Service, serve};
use pulse_sync::sim::notion::{Id, Parent, Value as Cell, Workspace, span};
use secrecy::SecretString;

/// 2026-01-02T03:04:00Z.
pub const START: i64 = 1_767_323_040_000;
pub const MINUTE: i64 = 60_000;

pub struct World {
    pub running: Running,
    pub clock: Arc<AtomicI64>,
    pub database: Id,
    pub source: Id,
    pub human: Id,
}

/// A workspace with a database that has nothing but its title.
pub async fn world() -> World {
    let mut world = Workspace::new(7);
    let home = world.home;
    let human = world.add_person("Ada", "ada@example.org");
    let (database, source) = world
        .add_database(
            START,
            human,
            Parent::Page(home),
            span::rich("Tasks"),
            Vec::new(),
        )
        .unwrap();
    let clock = Arc::new(AtomicI64::new(START));
    let mut service = Service::new(world);
    service.limiter.most = None;
    let time = Arc::clone(&clock);
    let running = serve(0, service, Arc::new(move || time.load(Ordering::Relaxed)))
        .await
        .unwrap();
    World {
        running,
        clock,
        database,
        source,
        human,
    }
}

pub fn standard() -> Mapping {
    Mapping::standard(StateMap::default(), Policy::Ask)
}

/// An account at `url`, whose clock is `clock`.
pub fn account(url: &str, token: &str, clock: &Arc<AtomicI64>) -> Account {
    let mut config = AccountConfig::notion(url);
    config.timeout = Duration::from_secs(5);
    config.rules = pulse_sync::remote::http::Rules::notion(100_000);
    let time = Arc::clone(clock);
    let client = build_client(Duration::from_secs(2)).unwrap();
    let now = Arc::new(move || Time(time.load(Ordering::Relaxed)));
    Account::new(config, client, &SecretString::from(token), now).unwrap()
}

impl World {
    pub fn service(&self) -> MutexGuard<'_, Service> {
        self.running.shared.lock()
    }

    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    pub fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn remote_to(&self, target: &str) -> NotionRemote {
        let token = self.service().world.token.clone();
        let account = account(&self.running.url, &token, &self.clock);
        NotionRemote::new(NotionConfig::new(account, target, standard()))
    }

    pub fn remote(&self) -> NotionRemote {
        self.remote_to(&self.database.to_string())
    }

    /// A side that was opened and whose columns exist.
    pub async fn opened(&self) -> NotionRemote {
        let remote = self.remote();
        remote.open(None, true).await.unwrap();
        remote
    }

    /// A page that a person made.
    pub fn page(&self, title: &str, text: &str) -> Id {
        let (now, human, source) = (self.now(), self.human, self.source);
        let props = vec![("title".to_owned(), Cell::text(title))];
        let mut service = self.service();
        service
            .world
            .create_page(now, human, source, props, text)
            .unwrap()
    }

    /// A person sets a cell.
    pub fn set(&self, page: Id, property: &str, value: Cell) {
        let (now, human) = (self.now(), self.human);
        let props = vec![(property.to_owned(), value)];
        self.service()
            .world
            .edit_props(now, human, page, props)
            .unwrap();
    }

    pub fn edit_text(&self, page: Id, edit: impl FnOnce(&str) -> String) {
        let (now, human) = (self.now(), self.human);
        self.service()
            .world
            .edit_body(now, human, page, edit)
            .unwrap();
    }

    pub fn text_of(&self, page: Id) -> String {
        let service = self.service();
        service.world.markdown(&service.world.pages[&page])
    }

    pub fn cell(&self, page: Id, property: &str) -> Option<Cell> {
        self.service().world.value(page, property).cloned()
    }

    /// What was asked since the last look: `PATCH /v1/pages/…`.
    pub fn asked(&self) -> Vec<String> {
        let mut service = self.service();
        let asked = service
            .operations
            .iter()
            .map(|operation| format!("{} {}", operation.method, operation.path))
            .collect();
        service.forget();
        asked
    }
}

pub fn id(page: impl std::fmt::Display) -> ObjectId {
    ObjectId {
        node: page.to_string(),
        locator: page.to_string(),
    }
}

pub async fn get(remote: &NotionRemote, page: Id) -> Observation {
    remote.get(Kind::Issue, &id(page), None).await.unwrap()
}

pub async fn open(remote: &NotionRemote) -> Opened {
    remote.open(None, true).await.unwrap()
}

pub fn draft(fields: &[(&'static str, Value)]) -> Draft {
    Draft {
        kind: Kind::Issue,
        fields: fields
            .iter()
            .map(|(key, value)| (FieldKey::of(key), value.clone()))
            .collect(),
        source: BTreeMap::new(),
        marker: "I_kwDO1".to_owned(),
        container: String::new(),
    }
}

pub fn step(action: Action) -> Step {
    Step {
        side: Side::Notion,
        action,
        row: Row::F3,
    }
}

pub async fn create(remote: &NotionRemote, draft: Draft) -> Result<Answer, RemoteError> {
    remote
        .write(&step(Action::Create(Box::new(draft))), None)
        .await
}

pub async fn change(
    remote: &NotionRemote,
    target: &Observation,
    changes: &[(&str, Value)],
) -> Result<Answer, RemoteError> {
    let changes = changes
        .iter()
        .map(|(key, value)| Change {
            field: FieldKey::of(key),
            pre: target
                .field(&FieldKey::of(key))
                .cloned()
                .unwrap_or_default(),
            new: value.clone(),
            source: value.clone(),
            row: Row::F3,
            partial: false,
        })
        .collect();
    remote
        .write(&step(Action::Patch(changes)), Some(target))
        .await
}

/// Reads a listing to its end.
pub async fn list(remote: &NotionRemote, since: Option<i64>) -> Page {
    let mut all = Page::default();
    let mut from = ListFrom {
        since: since.map(Time),
        ..ListFrom::default()
    };
    for _ in 0..500 {
        let page = remote.list(STREAM, &from).await.unwrap();
        all.rows.extend(page.rows);
        all.cut |= page.cut;
        from.page = page.next;
        if from.page.is_none() {
            return all;
        }
    }
    panic!("the listing does not end");
}

pub fn field(seen: &Observation, key: &str) -> Option<Value> {
    seen.field(&FieldKey::of(key)).cloned()
}

pub fn text(value: &str) -> Value {
    Value::text(value)
}
