//! Machines that run the real binary on one store, between the small services.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pulse_sync::core::Time;
use pulse_sync::engine::lease_name;
use pulse_sync::store::{MongoStore, Store, Which};
use serde_json::Value as Json;

use crate::mongo::{Mode, Server, store};
use crate::rig::{Done, Rig, finish};

/// As long as anything may take on a machine that is busy.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// So many of its last lines a machine shows when a test fails.
const SHOWN: usize = 12;
const DATABASE: &str = "pulse";
const LINK: &str = "default";

/// A server, both services, and whatever runs between them.
pub struct Group {
    pub rig: Rig,
    _server: Server,
    runtime: tokio::runtime::Runtime,
    memory: MongoStore,
}

impl Group {
    pub fn new(mode: Mode, world: String) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(Server::start(mode));
        let mut rig = Rig::start(Some(world));
        rig.env.insert("MONGODB_URI", server.uri());
        rig.env.insert("MONGODB_DATABASE", DATABASE.to_owned());
        let memory = runtime.block_on(async { store(&server.uri(), DATABASE) });
        Self {
            rig,
            _server: server,
            runtime,
            memory,
        }
    }

    /// Starts the program on a machine of this name: as a service that tells in JSON.
    pub fn start(&self, name: &str) -> Machine {
        self.start_as(name, &["run", "--json"])
    }

    /// Starts the dashboard in words: a person may type them.
    pub fn open(&self, name: &str) -> Machine {
        self.start_as(name, &["--plain"])
    }

    pub fn start_as(&self, name: &str, args: &[&str]) -> Machine {
        let mut child = self
            .command(name, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let (out, told) = (child.stdout.take().unwrap(), Arc::clone(&lines));
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                told.lock().unwrap().push(line);
            }
        });
        let holder = format!("{name}:{}", child.id());
        Machine {
            holder,
            child,
            lines,
        }
    }

    /// A command that ends by itself, on a machine of this name.
    pub fn run(&self, name: &str, args: &[&str]) -> Done {
        finish(&mut self.command(name, args))
    }

    fn command(&self, name: &str, args: &[&str]) -> std::process::Command {
        let mut command = self.rig.command(args);
        command.env("HOSTNAME", name);
        command.env("PULSE_SYNC_STATE", self.rig.folder.join(name));
        command
    }

    /// Who has the lease, as the server says.
    pub fn leader(&self) -> Option<String> {
        let name = lease_name(LINK);
        let leased = self.memory.leased(&name, Time(0));
        let lease = self.runtime.block_on(leased).unwrap();
        lease.map(|lease| lease.holder)
    }

    /// Waits until a machine leads; gives how long that took.
    pub fn until_led_by(&self, machine: &Machine) -> Duration {
        until(&format!("{} leads", machine.holder), || {
            self.leader().as_ref() == Some(&machine.holder)
        })
    }

    /// Something may have changed: whoever leads looks now.
    pub fn ring(&self) {
        let word = fastrand::u64(..).to_string();
        let ring = self.memory.put_setting("asked", Some(&word));
        self.runtime.block_on(ring).unwrap();
    }

    /// The intents that are open, by their pair.
    pub fn open_intents(&self) -> BTreeMap<String, String> {
        let pairs = self.memory.pairs(LINK, Which::InDoubt, None, 1_000);
        let pairs = self.runtime.block_on(pairs).unwrap();
        let open = pairs.into_iter().filter_map(|pair| {
            let intent = pair.intent?;
            Some((pair.id.0, intent.id))
        });
        open.collect()
    }

    /// Whether the store knows of a run that has not ended, by what its leader told last.
    pub fn in_run(&self) -> bool {
        let live = self.setting(&format!("live/{LINK}"));
        let live = live.and_then(|text| serde_json::from_str::<Json>(&text).ok());
        live.is_some_and(|live| !live["running"].is_null())
    }

    pub fn setting(&self, name: &str) -> Option<String> {
        self.runtime.block_on(self.memory.setting(name)).unwrap()
    }
}

/// A machine on which the program runs. It is killed when this is dropped.
pub struct Machine {
    /// What the store knows it by.
    pub holder: String,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Machine {
    /// How many of its lines have these words.
    pub fn said(&self, words: &str) -> usize {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter(|line| line.contains(words)).count()
    }

    /// The latest line that has these words.
    pub fn line(&self, words: &str) -> Option<String> {
        let lines = self.lines.lock().unwrap();
        lines.iter().rfind(|line| line.contains(words)).cloned()
    }

    /// The person there types a line.
    pub fn types(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
        input.flush().unwrap();
    }

    /// The person there types a word until the answer has others; gives how long it took.
    pub fn until_says(&mut self, typed: &str, answer: &str) -> Duration {
        let before = self.said(answer);
        until(&format!("{} says {answer}", self.holder), || {
            self.types(typed);
            std::thread::sleep(Duration::from_millis(30));
            self.said(answer) > before
        })
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills it as the end of the machine does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args([name, &id])
            .status();
        assert!(sent.unwrap().success(), "kill {name}");
    }

    /// Waits until it ends by itself.
    pub fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Asks it to end, and waits for it.
    pub fn stop(mut self) -> Option<i32> {
        self.signal("-TERM");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let lines = self.lines.lock().unwrap();
            let last: Vec<String> = lines.iter().rev().take(SHOWN).cloned().collect();
            let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
            eprintln!("{} said last:\n{last}", self.holder);
        }
        // One that was stopped is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something holds, and fails after a while; gives how long it took.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    start.elapsed()
}
