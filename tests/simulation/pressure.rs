//! The engine's loop over virtual time on a machine that runs short of memory.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use futures_util::FutureExt;
use pulse_sync::core::plan::Rules;
use pulse_sync::core::schedule::{Load, Timetable};
use pulse_sync::core::{FieldKey, Policy, RecordKind, Side};
use pulse_sync::engine::Command;
use pulse_sync::engine::report::Event;
use pulse_sync::engine::serve::{Server, wires};
use pulse_sync::sim::executor::drive;
use pulse_sync::sim::github::NewIssue;
use pulse_sync::sim::life::Setup;
use pulse_sync::sim::notion::{Id, Value as Written};
use pulse_sync::sim::world::{Author, PERSON, REPOS};
use tokio::sync::broadcast;

const HOUR: i64 = 3_600_000;

/// What was seen of a loop: when runs began, and what it said it waits for.
struct Seen {
    /// Milliseconds after the start.
    runs: Vec<i64>,
    /// What the runs' records say.
    notes: Vec<String>,
    /// What was told of deferrals: when, in milliseconds after the start, and why.
    deferred: Vec<(i64, String)>,
    said: BTreeSet<String>,
    violations: Vec<String>,
}

/// Somebody opens an issue.
fn open_issue(setup: &Setup) {
    let world = &mut *setup.world.borrow_mut();
    let new = NewIssue {
        title: "A".to_owned(),
        ..NewIssue::default()
    };
    let now = world.now;
    let made = world.hub.create_issue(now, PERSON, REPOS[0], new);
    let node = made.unwrap().node_id.clone();
    world.note(Side::Github, &node, Author::Human);
}

/// Somebody renames the only page.
fn retitle(setup: &Setup, title: &str) {
    let world = &mut *setup.world.borrow_mut();
    let node = world.nodes(Side::Notion)[0].clone();
    let (now, editor, page) = (world.now, world.editor, Id::parse(&node).unwrap());
    let cell = ("Title".to_owned(), Written::text(title));
    world
        .notion
        .edit_props(now, editor, page, vec![cell])
        .unwrap();
    world.note(Side::Notion, &node, Author::Human);
}

fn issue_title(setup: &Setup) -> String {
    let world = setup.world.borrow();
    let nodes = world.nodes(Side::Github);
    let version = world.latest(Side::Github, &nodes[0]).unwrap();
    let title = version.seen.field(&FieldKey::TITLE).unwrap();
    title.as_text().to_owned()
}

fn short_of_memory(memory: f64) -> Load {
    Load {
        memory,
        ..Load::default()
    }
}

/// What deferrals were told since the last look.
fn deferrals(events: &mut broadcast::Receiver<Event>) -> impl Iterator<Item = String> {
    let events = std::iter::from_fn(|| events.try_recv().ok());
    events.filter_map(|event| match event {
        Event::Deferred { waiting, .. } => Some(waiting.reason.words(&|_| String::new())),
        _ => None,
    })
}

/// One issue and its page in step; then the loop runs for so long, with what `memory` says of the hours since the start.
/// The page is renamed right after the start.
fn under(memory: impl Fn(f64) -> f64 + 'static, hours: i64) -> (Seen, Setup) {
    observed(memory, hours, false)
}

/// The same, with somebody who looks at the screen or nobody.
fn observed(memory: impl Fn(f64) -> f64 + 'static, hours: i64, looks: bool) -> (Seen, Setup) {
    let mut setup = Setup::calm(31, Policy::Ask, Rules::default(), false);
    open_issue(&setup);
    setup.heal();
    let start = setup.world.borrow().now;
    let (handle, wires, sink) = wires();
    let (mut engine, link) = setup.instance("test", false);
    engine.sink = sink;
    let links = [link];
    let now = Rc::new(Cell::new(0.0));
    let hour = Rc::clone(&now);
    let samples = Box::new(move || Some(short_of_memory(memory(hour.get()))));
    let mut timetable = Timetable::every(HOUR);
    timetable.jitter = 0;
    let server = Server::new(&engine, &links, wires, timetable, samples);
    let mut snapshots = handle.snapshot();
    let mut events = handle.events();
    if looks {
        let told = handle.send(Command::Focus(true)).now_or_never();
        told.expect("the inbox is empty").unwrap();
    }
    let mut handle = Some(handle);
    let (mut said, mut is_renamed) = (BTreeSet::new(), false);
    let mut deferred = Vec::new();
    drive(server.serve(), || {
        setup.world.borrow_mut().between_polls();
        let at = setup.world.borrow().now;
        now.set((at - start) as f64 / HOUR as f64);
        // After the first run, which takes a second for each question to the store.
        if !is_renamed && at > start + 300_000 {
            is_renamed = true;
            retitle(&setup, "B");
        }
        deferred.extend(deferrals(&mut events).map(|why| (at - start, why)));
        let snapshot = snapshots.borrow_and_update().clone();
        for link in &snapshot.links {
            said.extend(link.next.as_ref().map(|next| {
                let clock = |at: pulse_sync::core::Time| format!("<{}>", (at.0 - start) / HOUR);
                next.sentence(snapshot.at, &clock)
            }));
        }
        handle.take_if(|_| at > start + hours * HOUR);
        true
    });
    let world = setup.world.borrow();
    let runs = world.store.all_records().into_iter();
    let runs = runs.filter(|record| record.kind == RecordKind::Run && record.at.0 >= start);
    let (runs, notes) = runs.map(|run| (run.at.0 - start, run.note.clone())).unzip();
    let seen = Seen {
        runs,
        notes,
        deferred,
        said,
        violations: world.violations.clone(),
    };
    drop(world);
    (seen, setup)
}

#[test]
fn pressure_defers_with_its_reason_and_what_waited_goes_on_when_it_is_over() {
    // The first run is at the start; the page is renamed, and memory is scarce for half an hour, then short for two.
    let memory = |hours: f64| match hours {
        0.01..0.5 => 0.65,
        0.5..2.5 => 0.83,
        _ => 0.4,
    };
    let (seen, setup) = under(memory, 4);
    assert_eq!(seen.violations, Vec::<String>::new());
    let between = |from: i64, to: i64| {
        seen.runs
            .iter()
            .filter(|run| (from..to).contains(*run))
            .count()
    };
    assert_eq!(between(120_000, 5 * HOUR / 2), 0, "{:?}", seen.runs);
    assert!(
        between(5 * HOUR / 2, 5 * HOUR / 2 + 120_000) >= 1,
        "{:?}",
        seen.runs
    );
    assert_eq!(issue_title(&setup), "B");
    let deferral = "memory 83 % > 70 %, checked again in 30 s";
    assert!(seen.said.contains(deferral), "{:?}", seen.said);
    let stretched = seen
        .said
        .iter()
        .any(|said| said.contains("150 % as long: memory 65 % > 60 %"));
    assert!(stretched, "{:?}", seen.said);
    // Told once, not at each look at it; and the run that came at last says so.
    let [(at, why)] = seen.deferred.as_slice() else {
        panic!("{:?}", seen.deferred);
    };
    assert!((HOUR..2 * HOUR + 60_000).contains(at), "{at}");
    assert_eq!(why, "memory 83 % > 70 %");
    let told =
        |note: &String| note.contains("; deferred for ") && note.contains(": memory 83 % > 70 %");
    assert!(seen.notes.iter().any(told), "{:?}", seen.notes);
}

#[test]
fn whoever_looks_sees_changes_within_minutes() {
    let looked_at = |looks: bool| {
        let (seen, setup) = observed(|_| 0.4, 2, looks);
        assert_eq!(seen.violations, Vec::<String>::new());
        assert_eq!(issue_title(&setup), "B");
        seen
    };
    let (alone, seen) = (looked_at(false), looked_at(true));
    assert!(alone.runs.len() <= 5, "{:?}", alone.runs);
    // Every minute, and as long as a look takes where each question to the store takes a while.
    assert!(seen.runs.len() >= 30, "{:?}", seen.runs);
    let says = |seen: &Seen| seen.said.iter().any(|said| said.contains("while you look"));
    assert!(says(&seen) && !says(&alone), "{:?}", seen.said);
}

#[test]
fn the_longest_deferral_is_honoured() {
    let memory = |hours: f64| if hours > 0.01 { 0.99 } else { 0.4 };
    let (seen, setup) = under(memory, 7);
    assert_eq!(seen.violations, Vec::<String>::new());
    let late: Vec<&i64> = seen.runs.iter().filter(|run| **run > 120_000).collect();
    let first = **late.first().expect("it starves");
    // One interval, and four more at most, from the end of the first run.
    assert!(
        (4 * HOUR..5 * HOUR + 180_000).contains(&first),
        "{:?}",
        seen.runs
    );
    assert_eq!(issue_title(&setup), "B");
}
