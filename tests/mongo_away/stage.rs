//! The small services, a server of our own, and the binary between them.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use mongodb::bson::Document;
use pulse_sync::core::{Outcome, PairId, Record, RecordKind, Side, Time};
use pulse_sync::store::{HistoryQuery, Store, Which};
use serde_json::json;

use super::mongo::{Mode, Server, store};
use super::rig::{Rig, world};

/// Far more than anything here takes: who waits longer waits for ever.
const FOR_EVER: Duration = Duration::from_mins(3);
/// What was on its way when the store went has arrived after this.
const ARRIVED: Duration = Duration::from_secs(1);
/// How long nothing may be written while the store is away.
const LOOKED_AT: Duration = Duration::from_millis(1_200);
/// The name of the database.
pub const DATABASE: &str = "pulse_away";

/// The small services with so many items, and the server that the binary keeps its memory on.
pub struct Stage {
    pub rig: Rig,
    pub server: Server,
    pub total: usize,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    pub fn new(mode: Mode, issues: usize, pulls: usize, commits: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(Server::start(mode));
        let mut rig = Rig::start(Some(world(issues, pulls, commits)));
        rig.env.insert("MONGODB_URI", server.uri());
        rig.env.insert("MONGODB_DATABASE", DATABASE.to_owned());
        for (key, value) in [
            ("send_deadline", "\"1s\""),
            ("flight", "\"3s\""),
            ("lookup_gap", "\"200ms\""),
            ("retry_max", "\"200ms\""),
            ("store_timeout", "\"2s\""),
        ] {
            rig.advanced(key, value);
        }
        let total = issues + pulls + commits;
        Self {
            rig,
            server,
            total,
            runtime,
        }
    }

    /// Starts the binary; what it says goes into a file.
    pub fn spawn(&self, args: &[&str]) -> Child {
        let said = File::create(self.rig.folder.join("said")).unwrap();
        let mut command = self.rig.command(args);
        command.stdout(said.try_clone().unwrap()).stderr(said);
        command.spawn().unwrap()
    }

    /// What the binary that was started last said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.rig.folder.join("said")).unwrap_or_default()
    }

    /// Waits until there are so many pages, while the binary runs.
    pub fn until_pages(&self, count: usize, child: &mut Child) {
        let started = Instant::now();
        while self.rig.pages().len() < count {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}: {}", self.said());
            assert!(
                started.elapsed() < FOR_EVER,
                "{} of {count} pages: {}",
                self.rig.pages().len(),
                self.said()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until the binary has said something, while it runs.
    pub fn until_said(&self, words: &str, child: &mut Child) {
        let started = Instant::now();
        while !self.said().contains(words) {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}: {}", self.said());
            let is_early = started.elapsed() < FOR_EVER;
            assert!(is_early, "{words:?} is not said: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Says that nothing is written to either service while the store is away, and that there was something to write.
    pub fn assert_nothing_is_written(&self, what: &str) {
        std::thread::sleep(ARRIVED);
        let before = self.rig.writes();
        std::thread::sleep(LOOKED_AT);
        assert_eq!(self.rig.writes(), before, "written while {what}");
        let pages = self.rig.pages().len();
        assert!(pages < self.total, "the import was over while {what}");
    }

    pub fn restart(&mut self) {
        self.runtime.block_on(self.server.restart());
    }

    pub fn step_down(&self, seconds: i32) {
        self.runtime.block_on(self.server.step_down(seconds));
    }

    /// Does something with the server.
    pub fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Runs a command on the server, as the one who may do everything.
    pub fn command(&self, command: Document) {
        self.runtime.block_on(self.server.command(command)).unwrap();
    }

    /// Passes until one writes nothing and nothing waits.
    pub fn settle(&self) {
        let started = Instant::now();
        loop {
            let last = self.rig.sync();
            let is_over = ["backlog", "deferred", "in_doubt"]
                .iter()
                .all(|key| last[key] == json!(0));
            let is_quiet = last["writes"] == json!({"github": 0, "notion": 0});
            if is_over && is_quiet && last["links"][0]["stopped"].is_null() {
                return;
            }
            assert!(started.elapsed() < FOR_EVER, "no rest: {last}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Counts: nothing lost, nothing doubled, every create in the history once, and one more pass writes nothing.
    pub fn assert_whole(&mut self) {
        self.rig.advanced("store_timeout", "\"30s\"");
        self.settle();
        assert_eq!(self.rig.pages().len(), self.total, "pages");
        self.rig.assert_agreement();
        self.rig.assert_quiet();
        self.runtime.block_on(self.assert_history());
        let status = self.rig.run(&["status", "--json"]);
        let active = &status.json()["links"][0]["counts"]["active"];
        assert_eq!(active, &json!(self.total), "{}", status.said());
    }

    /// Every page that was made has one record that says so, and nothing else has one.
    async fn assert_history(&self) {
        let store = store(&self.server.uri(), DATABASE);
        let pairs = store.pairs("default", Which::All, None, 10_000).await;
        let pairs = pairs.unwrap();
        assert_eq!(pairs.len(), self.total, "pairs");
        let mut made: BTreeMap<PairId, usize> = BTreeMap::new();
        for record in self.creates(&store).await {
            *made.entry(record.pair.unwrap()).or_default() += 1;
        }
        for pair in &pairs {
            assert_eq!(made.remove(&pair.id), Some(1), "creates of {}", pair.name());
        }
        assert!(made.is_empty(), "creates of nothing: {made:?}");
    }

    async fn creates(&self, store: &impl Store) -> Vec<Record> {
        let mut found = Vec::new();
        let mut before: Option<(Time, String)> = None;
        loop {
            let query = HistoryQuery {
                before: before.clone(),
                outcomes: vec![Outcome::Done],
                kinds: vec![RecordKind::Write],
                limit: 500,
                ..HistoryQuery::default()
            };
            let page = store.history(&query).await.unwrap();
            let Some(last) = page.last() else {
                return found;
            };
            before = Some((last.at, last.id.clone()));
            let creates =
                |record: &Record| record.verb == "create" && record.side == Some(Side::Notion);
            found.extend(page.into_iter().filter(creates));
        }
    }
}

/// Asks the binary to end, as a service manager does.
pub fn terminate(mut child: Child) -> Option<i32> {
    let pid = child.id().to_string();
    let kill = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(kill.unwrap().success());
    child.wait().unwrap().code()
}
