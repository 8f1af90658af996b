//! The real binary on a machine that really runs short of memory: this test takes it. It is alone in its program, so
//! that no other test moves the figures.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "end_to_end/rig.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod rig;

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use pulse_sync::core::schedule::Load;
use pulse_sync::system::Sampler;
use rig::{Rig, world};
use serde_json::Value as Json;

/// Memory is taken in blocks of so many bytes.
const BLOCK: usize = 64 << 20;
/// Nothing that has to happen takes longer.
const PATIENCE: Duration = Duration::from_mins(2);
/// Longer than the interval, and than a deferred run is left alone.
const A_WHILE: Duration = Duration::from_secs(24);

/// A `run` that says what happens.
struct Live {
    child: Child,
    events: Receiver<Json>,
}

impl Live {
    fn start(rig: &Rig) -> Self {
        let mut child = rig.spawn(&["run", "--json"]);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, events) = channel();
        std::thread::spawn(move || tell(lines, |event| sender.send(event).is_ok()));
        Self { child, events }
    }

    /// The next event of this kind.
    fn next(&self, kind: &str) -> Json {
        let within = || self.events.recv_timeout(PATIENCE);
        let mut events = std::iter::from_fn(|| Some(within().expect("it says nothing more")));
        events.find(|event| event["event"] == kind).unwrap()
    }

    /// What happens in a while.
    fn meanwhile(&self) -> Vec<String> {
        std::thread::sleep(A_WHILE);
        let kind = |event: Json| event["event"].as_str().unwrap().to_owned();
        self.events.try_iter().map(kind).collect()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // One that has ended is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tell(lines: Lines<BufReader<ChildStdout>>, mut to: impl FnMut(Json) -> bool) {
    for line in lines.map_while(Result::ok) {
        if !to(serde_json::from_str(&line).unwrap()) {
            return;
        }
    }
}

/// A rig that runs every ten seconds, and puts off from `enter` percent of memory.
fn rig(enter: u32) -> Rig {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.env.insert("SYNC_INTERVAL", "10".to_owned());
    let keys = [
        ("memory_percent", enter),
        ("memory_leave_percent", enter - 1),
        ("jitter_percent", 0),
    ];
    for (key, percent) in keys {
        rig.schedule.insert(key, percent.to_string());
    }
    rig.schedule.insert("check_again", "\"10s\"".to_owned());
    rig
}

/// What the runs' records say.
fn notes(rig: &Rig) -> Vec<String> {
    let history = rig.run(&["history", "--json", "--limit", "100"]).json();
    let records = history.as_array().unwrap().iter();
    let runs = records.filter(|record| record["kind"] == "run");
    runs.map(|run| run["note"].as_str().unwrap().to_owned())
        .collect()
}

fn memory(sampler: &mut Sampler) -> f64 {
    let Load { memory, .. } = sampler.sample().load();
    memory
}

/// Takes memory until this part of it is in use.
fn take_memory(sampler: &mut Sampler, part: f64) -> Vec<Vec<u8>> {
    let mut taken = Vec::new();
    while memory(sampler) < part {
        assert!(taken.len() < 4_096, "it does not become less");
        // Written to, so that it is really in use.
        taken.push(vec![1; BLOCK]);
    }
    taken
}

#[test]
fn a_run_waits_while_memory_is_short_says_why_and_comes_when_it_is_not() {
    let mut sampler = Sampler::new().expect("this system tells nothing of its memory");
    let used = memory(&mut sampler);
    assert!(
        used < 0.85,
        "{used:.2} of the memory of this machine is in use"
    );
    let enter = (1..=100).find(|percent| f64::from(*percent) >= used * 100.0);
    let enter = enter.unwrap() + 5;
    let mut rig = rig(enter);
    rig.schedule.insert("longest_deferral", "1000".to_owned());
    let live = Live::start(&rig);
    live.next("run_ended");

    let taken = take_memory(&mut sampler, f64::from(enter) / 100.0 + 0.03);
    let told = live.next("deferred");
    let why = told["reason"].as_str().unwrap();
    assert!(
        why.contains(&format!(" % > {enter} %, checked again in")),
        "{why}"
    );
    assert!(why.contains("memory "), "{why}");
    assert_eq!(
        live.meanwhile(),
        Vec::<String>::new(),
        "nothing runs, and it is said once"
    );

    drop(taken);
    live.next("run_started");
    live.next("run_ended");
    let notes = notes(&rig);
    let told = |note: &String| note.contains("; deferred for ") && note.contains("memory ");
    assert!(notes.iter().any(told), "{notes:?}");
}

#[test]
fn nothing_is_put_off_for_ever() {
    // There is always more in use than this.
    let mut rig = rig(1);
    rig.schedule.insert("longest_deferral", "1".to_owned());
    let live = Live::start(&rig);
    live.next("deferred");
    live.next("run_ended");
    let notes = notes(&rig);
    let told = |note: &String| note.contains("as long as allowed");
    assert!(notes.iter().any(told), "{notes:?}");
}
