//! The engine's loop over virtual time on a machine that runs short of memory.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use pulse_sync::core::plan::Rules;
use pulse_sync::core::schedule::{Load, Timetable};
use pulse_sync::core::{FieldKey, Policy, RecordKind, Side};
use pulse_sync::engine::serve::{Server, wires};
use pulse_sync::sim::executor::drive;
use pulse_sync::sim::github::NewIssue;
use pulse_sync::sim::life::Setup;
use pulse_sync::sim::notion::{Id, Value as Written};
use pulse_sync::sim::world::{Author, PERSON, REPOS};

const HOUR: i64 = 3_600_000;

/// What was seen of a loop: when runs began, and what it said it waits for.
struct Seen {
    /// Milliseconds after the start.
    runs: Vec<i64>,
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

/// One issue and its page in step; then the loop runs for so long, with what `memory` says of the hours since the start.
/// The page is renamed right after the start.
fn under(memory: impl Fn(f64) -> f64 + 'static, hours: i64) -> (Seen, Setup) {
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
    let samples = Box::new(move || {
        Some(Load {
            memory: memory(hour.get()),
            ..Load::default()
        })
    });
    let timetable = Timetable {
        jitter: 0,
        ..Timetable::every(HOUR)
    };
    let server = Server::new(&engine, &links, wires, timetable, samples);
    let mut snapshots = handle.snapshot();
    let mut handle = Some(handle);
    let (mut said, mut is_renamed) = (BTreeSet::new(), false);
    drive(server.serve(), || {
        setup.world.borrow_mut().between_polls();
        let at = setup.world.borrow().now;
        now.set((at - start) as f64 / HOUR as f64);
        // After the first run, which takes a second for each question to the store.
        if !is_renamed && at > start + 300_000 {
            is_renamed = true;
            retitle(&setup, "B");
        }
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
    let seen = Seen {
        runs: runs.map(|record| record.at.0 - start).collect(),
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
