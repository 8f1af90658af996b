//! The whole engine under seeds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::collections::BTreeMap;

use pulse_sync::core::plan::{NewPages, Rules};
use pulse_sync::core::{
    Action, Draft, FieldKey, Key, Kind, Life, Outcome, PairLife, Policy, Row, Side, Step, Value,
};
use pulse_sync::engine::{Ask, Engine, Link};
use pulse_sync::sim::executor::{VirtualClock, drive};
use pulse_sync::sim::faults::{Faults, Outage, OutageKind};
use pulse_sync::sim::faulty::FaultyStore;
use pulse_sync::sim::github::{IssueEdit, NewIssue};
use pulse_sync::sim::life::{Options, Setup, live};
use pulse_sync::sim::matrix::{Scenario, crash_everywhere};
use pulse_sync::sim::notion::{Id, Value as Cell};
use pulse_sync::sim::people;
use pulse_sync::sim::ports::Port;
use pulse_sync::sim::sabotage::Sabotage;
use pulse_sync::sim::world::{Author, PERSON, REPOS, World};
use pulse_sync::sim::{selftest, serve};
use pulse_sync::store::MemoryStore;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// `PULSE_SYNC_SEEDS` says how many seeds, `PULSE_SYNC_FROM` the first.
#[test]
fn seeds_keep_every_promise() {
    let from = number("PULSE_SYNC_FROM", 0);
    let count = number("PULSE_SYNC_SEEDS", 300);
    let started = std::time::Instant::now();
    let findings = selftest::run(from..from + count, Options::default(), |_| {});
    eprintln!("{} in {:?}", findings.figures, started.elapsed());
    let mut kinds: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for failure in &findings.failures {
        let first = failure.violations.first().map_or("", String::as_str);
        let kind: Vec<&str> = first.split_whitespace().take(2).collect();
        kinds.entry(kind.join(" ")).or_default().push(failure.seed);
    }
    for (kind, seeds) in &kinds {
        eprintln!(
            "{kind}: {} seeds, first {:?}",
            seeds.len(),
            &seeds[..seeds.len().min(6)]
        );
    }
    for failure in findings.failures.iter().take(3) {
        eprintln!(
            "seed {}: {:#?}\n{}",
            failure.seed, failure.violations, failure.script
        );
    }
    assert!(
        findings.failures.is_empty(),
        "{} seeds failed",
        findings.failures.len()
    );
}

/// `PULSE_SYNC_SEED=n cargo test --test simulation one_seed_in_full -- --ignored --nocapture` tells a seed's story.
#[test]
#[ignore = "prints one seed's whole trace"]
fn one_seed_in_full() {
    let options = Options {
        keep_trace: true,
        ..Options::default()
    };
    let outcome = live(number("PULSE_SYNC_SEED", 0), options);
    for line in &outcome.lines {
        eprintln!("{line}");
    }
    eprintln!("{:#?}", outcome.violations);
}

#[test]
fn the_same_seed_goes_the_same_way() {
    for seed in [1, 7, 40, 1_234, 99_999] {
        let (one, other) = (
            live(seed, Options::default()),
            live(seed, Options::default()),
        );
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert_eq!(one.figures, other.figures, "seed {seed}");
    }
    let (one, other) = (live(1, Options::default()), live(2, Options::default()));
    assert_ne!(
        one.trace, other.trace,
        "the trace does not depend on the seed"
    );
}

/// Seeds in which each switched-off rule must be caught at least once.
const KILL_WITHIN: u64 = 1_500;

fn first_kill(sabotage: Sabotage) -> Option<(u64, String)> {
    let options = Options {
        sabotage: Some(sabotage),
        ..Options::default()
    };
    (0..KILL_WITHIN).find_map(|seed| {
        let outcome = live(seed, options);
        let first = outcome.violations.into_iter().next()?;
        Some((seed, first))
    })
}

#[test]
fn every_protective_rule_is_missed_when_it_is_off() {
    let mut missed = Vec::new();
    for sabotage in Sabotage::ALL {
        match first_kill(sabotage) {
            Some((seed, what)) => eprintln!("{sabotage:?}: seed {seed}: {what}"),
            None => missed.push(sabotage),
        }
    }
    assert!(
        missed.is_empty(),
        "nothing noticed that these are off: {missed:?}"
    );
}

#[test]
fn a_crash_at_any_point_changes_nothing_in_the_end() {
    let (mut points, mut failures) = (0, Vec::new());
    for scenario in Scenario::ALL {
        let matrix = crash_everywhere(scenario);
        assert!(matrix.points > 20, "{scenario:?} did nothing");
        points += matrix.points;
        failures.extend(matrix.failures);
    }
    eprintln!("{points} crash points in {} scenarios", Scenario::ALL.len());
    for failure in failures.iter().take(12) {
        eprintln!("{failure}");
    }
    assert!(failures.is_empty(), "{} failures", failures.len());
}

/// A calm world with some issues, in step.
fn in_step(sabotage: Option<Sabotage>) -> Setup {
    let mut setup = Setup::calm(5, Policy::Ask, Rules::default(), false);
    setup.world.borrow_mut().sabotage = sabotage;
    for _ in 0..40 {
        people::act(&mut setup.world.borrow_mut());
    }
    setup.heal();
    assert_eq!(setup.world.borrow().violations, Vec::<String>::new());
    setup
}

/// Pages that the engine put into the trash.
fn trashed_by_us(setup: &Setup) -> usize {
    let world = setup.world.borrow();
    let pages = world.log.iter().filter(|version| {
        version.side == Side::Notion
            && version.author == Author::Engine
            && version.seen.life == Life::Trashed
    });
    pages.count()
}

fn outage(kind: OutageKind, sabotage: Option<Sabotage>) -> usize {
    let setup = in_step(sabotage);
    let before = trashed_by_us(&setup);
    for _ in 0..3 {
        {
            let mut world = setup.world.borrow_mut();
            let until = world.now + 10_000_000;
            world.outages[Side::Github as usize] = Some(Outage { until, kind });
            world.let_pass(100_000);
        }
        let ask = Ask {
            sweep: true,
            ..Ask::default()
        };
        setup.run(&ask, None);
    }
    trashed_by_us(&setup) - before
}

#[test]
fn a_404_is_no_deletion() {
    assert_eq!(outage(OutageKind::Empty, None), 0);
    assert_eq!(outage(OutageKind::NotFound, None), 0);
    assert!(
        outage(OutageKind::Empty, Some(Sabotage::On404)) > 0,
        "the scenario proves nothing"
    );
}

/// A create that arrives long after its time-out, in a world that has no other faults.
fn late_create(sabotage: Option<Sabotage>) -> Vec<String> {
    let mut setup = Setup::calm(9, Policy::Ask, Rules::default(), false);
    if sabotage == Some(Sabotage::NoGrace) {
        (setup.settings.flight, setup.settings.list_lag) = (0, 0);
        setup.settings.lookup_gap = 1;
    }
    for _ in 0..60 {
        people::act(&mut setup.world.borrow_mut());
    }
    setup.world.borrow_mut().faults = Faults {
        ghost: 1_000,
        flight: 30_000,
        ..Faults::default()
    };
    setup.run(&Ask::default(), None);
    setup.world.borrow_mut().faults.ghost = 0;
    for _ in 0..4 {
        setup.world.borrow_mut().let_pass(6_000);
        setup.run(&Ask::default(), None);
    }
    setup.heal();
    let world = setup.world.borrow();
    world.violations.clone()
}

#[test]
fn no_marker_counts_only_after_the_waiting_time() {
    assert_eq!(late_create(None), Vec::<String>::new());
    let hasty = late_create(Some(Sabotage::NoGrace));
    assert!(
        hasty.iter().any(|what| what.contains("duplicate")),
        "{hasty:?}"
    );
}

/// The title of the only issue and of the only page.
fn titles(world: &World) -> [String; 2] {
    Side::BOTH.map(|side| {
        let nodes = world.nodes(side);
        assert_eq!(nodes.len(), 1, "{side:?}");
        let version = world.latest(side, &nodes[0]).unwrap();
        let title = version.seen.field(&FieldKey::TITLE).unwrap();
        title.as_text().to_owned()
    })
}

/// Somebody opens an issue.
fn open_issue(setup: &Setup, title: &str, labels: &[&str]) {
    let world = &mut *setup.world.borrow_mut();
    let new = NewIssue {
        title: title.to_owned(),
        labels: labels.iter().map(|name| (*name).to_owned()).collect(),
        ..NewIssue::default()
    };
    let made = world.hub.create_issue(world.now, PERSON, REPOS[0], new);
    let node = made.unwrap().node_id.clone();
    world.note(Side::Github, &node, Author::Human);
}

/// The engine of a world, as a run has it.
fn engine(setup: &Setup) -> (Engine<FaultyStore, VirtualClock>, Link<Port, Port>) {
    let engine = Engine {
        store: FaultyStore::new(&setup.world),
        clock: VirtualClock::new(&setup.world),
        settings: setup.settings.clone(),
        holder: "test".to_owned(),
        sink: Box::new(|_| {}),
        stop: std::cell::Cell::new(false),
    };
    let link = Link {
        spec: setup.spec.clone(),
        github: Port::new(Side::Github, &setup.world),
        notion: Port::new(Side::Notion, &setup.world),
    };
    (engine, link)
}

/// Somebody gives the only page this title.
fn retitle_page(world: &mut World, title: &str) {
    let node = world.nodes(Side::Notion)[0].clone();
    let (now, editor, page) = (world.now, world.editor, Id::parse(&node).unwrap());
    let cell = ("Title".to_owned(), Cell::text(title));
    let done = world.notion.edit_props(now, editor, page, vec![cell]);
    done.unwrap();
    world.note(Side::Notion, &node, Author::Human);
}

/// A title goes from A to B in Notion and over to GitHub, whose answer is lost. It goes back to A, and GitHub answers
/// 404 while recovery looks. Gives the titles in the end, how many conflicts are open, and what the oracle says.
fn taken_back_in_doubt(sabotage: Option<Sabotage>) -> ([String; 2], usize, Vec<String>) {
    let mut setup = Setup::calm(11, Policy::Ask, Rules::default(), false);
    setup.world.borrow_mut().sabotage = sabotage;
    open_issue(&setup, "A", &[]);
    setup.heal();
    {
        let world = &mut *setup.world.borrow_mut();
        retitle_page(world, "B");
        world.let_pass(200_000);
        world.faults.answer_lost = 1_000;
    }
    setup.run(&Ask::default(), None);
    {
        let world = &mut *setup.world.borrow_mut();
        assert_eq!(titles(world), ["B", "B"], "the write took place");
        world.faults = Faults::default();
        retitle_page(world, "A");
        world.let_pass(200_000);
        let (until, kind) = (world.now + 10_000_000, OutageKind::Empty);
        world.outages[Side::Github as usize] = Some(Outage { until, kind });
    }
    for _ in 0..3 {
        setup.run(&Ask::default(), None);
        setup.world.borrow_mut().let_pass(100_000);
    }
    setup.heal();
    let world = setup.world.borrow();
    let open = world.store.all_pairs();
    let open = open.iter().map(|pair| pair.conflicts.len()).sum();
    (titles(&world), open, world.violations.clone())
}

#[test]
fn a_404_does_not_end_an_unclear_write() {
    let (titles, conflicts, violations) = taken_back_in_doubt(None);
    assert_eq!(titles, ["A", "A"]);
    assert_eq!((conflicts, violations), (0, Vec::new()));
    let (titles, _, violations) = taken_back_in_doubt(Some(Sabotage::DoubtEndsOn404));
    assert_eq!(titles, ["B", "B"], "the scenario proves nothing");
    assert!(
        violations.iter().any(|what| what.starts_with("doubt")),
        "{violations:?}"
    );
}

/// The labels of the only issue and of the only page.
fn labels(world: &World) -> [Vec<String>; 2] {
    Side::BOTH.map(|side| {
        let node = world.nodes(side)[0].clone();
        let version = world.latest(side, &node).unwrap();
        let labels = version.seen.field(&FieldKey::LABELS).map(Value::names);
        labels.unwrap_or_default().into_iter().collect()
    })
}

#[test]
fn an_undo_of_labels_takes_back_exactly_what_the_record_did() {
    let mut setup = Setup::calm(12, Policy::Ask, Rules::default(), false);
    open_issue(&setup, "labelled", &["idea"]);
    setup.heal();
    let relabel = |names: &[&str]| {
        let world = &mut *setup.world.borrow_mut();
        let edit = IssueEdit {
            labels: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..IssueEdit::default()
        };
        let now = world.now;
        world
            .hub
            .edit_issue(now, PERSON, REPOS[0], 1, edit)
            .unwrap();
        let node = world.nodes(Side::Github)[0].clone();
        world.note(Side::Github, &node, Author::Human);
        world.let_pass(200_000);
    };
    relabel(&["docs", "y1", "y2"]);
    setup.run(&Ask::default(), None);
    let wrote = setup.world.borrow().store.all_records().into_iter();
    let wrote = wrote.rev().find(|record| {
        record.verb == "change"
            && record.outcome == Outcome::Done
            && record.side == Some(Side::Notion)
    });
    let record = wrote.unwrap().id.clone();
    relabel(&["docs", "later", "y1", "y2"]);
    setup.run(&Ask::default(), None);
    let (engine, link) = engine(&setup);
    let backs = drive(engine.undo(&link, &record), || true)
        .unwrap()
        .unwrap();
    assert_eq!(
        backs[0].then,
        Value::set(["idea".to_owned(), "later".to_owned()])
    );
    drop((engine, link));
    setup.heal();
    let world = setup.world.borrow();
    assert_eq!(labels(&world), [["idea", "later"], ["idea", "later"]]);
    assert!(
        world
            .store
            .all_pairs()
            .iter()
            .all(|pair| pair.conflicts.is_empty())
    );
}

/// A world in which two pages have just become issues, whose ids are not on the pages yet, and the store is gone.
fn without_a_store() -> Setup {
    let rules = Rules {
        new_pages: NewPages::Ready,
        new_repository: Some(REPOS[0].to_owned()),
        debounce: 30_000,
        ..Rules::default()
    };
    let setup = Setup::calm(13, Policy::Ask, rules, false);
    {
        let world = &mut *setup.world.borrow_mut();
        for title in ["one", "two"] {
            let props = vec![
                ("Title".to_owned(), Cell::text(title)),
                ("Publish".to_owned(), Cell::choice("Ready")),
            ];
            let (now, editor, source) = (world.now, world.editor, world.source);
            let page = world
                .notion
                .create_page(now, editor, source, props, "- said");
            world.note(Side::Notion, &page.unwrap().to_string(), Author::Human);
        }
        world.let_pass(200_000);
    }
    setup.run(&Ask::default(), None);
    {
        let world = &mut *setup.world.borrow_mut();
        assert_eq!(world.nodes(Side::Github).len(), 2, "issues were made");
        for node in world.nodes(Side::Notion) {
            let page = world.latest(Side::Notion, &node).unwrap();
            assert_eq!(page.seen.linked_node, None, "no id is on a page");
            let key = Key::of_page(&node);
            let marked = world.nodes(Side::Github).into_iter().any(|node| {
                world
                    .latest(Side::Github, &node)
                    .unwrap()
                    .seen
                    .marker
                    .as_ref()
                    == Some(&key)
            });
            assert!(marked, "every store knows the mark");
        }
        world.store = MemoryStore::new();
        world.let_pass(1_000);
    }
    setup
}

/// Nothing was made twice, and every page has the issue of its own title.
fn assert_nothing_doubled(setup: &Setup, how: &str) {
    let world = setup.world.borrow();
    assert_eq!(world.nodes(Side::Github).len(), 2, "issues, {how}");
    assert_eq!(world.nodes(Side::Notion).len(), 2, "pages, {how}");
    let pairs = world.store.all_pairs();
    let active = pairs.iter().filter(|pair| pair.life == PairLife::Active);
    let active: Vec<_> = active.collect();
    assert_eq!(active.len(), 2, "{how}: {pairs:#?}");
    for pair in active {
        let titles = Side::BOTH.map(|side| {
            let node = &pair.object(side).unwrap().node;
            world.latest(side, node).unwrap().seen.title().to_owned()
        });
        assert_eq!(titles[0], titles[1], "{how}");
        assert_eq!(pair.conflicts, [], "{how}");
    }
    assert_eq!(world.violations, Vec::<String>::new(), "{how}");
}

#[test]
fn a_lost_store_doubles_nothing_wherever_the_next_run_dies() {
    let mut whole = without_a_store();
    let before = whole.world.borrow().figures.awaits;
    whole.run(&Ask::default(), None);
    let points = whole.world.borrow().figures.awaits - before;
    whole.heal();
    assert_nothing_doubled(&whole, "whole");
    assert!(points > 40, "{points}");
    for point in 1..=points {
        let mut setup = without_a_store();
        setup.run(&Ask::default(), Some(point));
        setup.heal();
        assert_nothing_doubled(&setup, &format!("dead at {point}"));
    }
}

#[test]
fn a_new_store_makes_nothing_before_both_sides_were_listed() {
    for side in Side::BOTH {
        let mut setup = without_a_store();
        {
            let world = &mut *setup.world.borrow_mut();
            let (until, kind) = (world.now + 10_000_000, OutageKind::Unclear);
            world.outages[side as usize] = Some(Outage { until, kind });
        }
        for _ in 0..3 {
            setup.run(&Ask::default(), None);
            setup.world.borrow_mut().let_pass(60_000);
        }
        setup.heal();
        assert_nothing_doubled(&setup, side.name());
    }
}

/// Makes one more object for a pair, as a service does that carries a create out twice.
fn make_twice(setup: &Setup, side: Side) {
    let world = &mut *setup.world.borrow_mut();
    let pair = world
        .store
        .all_pairs()
        .into_iter()
        .find(|pair| pair.life == PairLife::Active);
    let pair = pair.unwrap();
    let draft = Draft {
        kind: Kind::Issue,
        fields: [(FieldKey::TITLE, Value::text("one more"))].into(),
        source: BTreeMap::new(),
        marker: match side {
            Side::Github => pair.key.0.clone(),
            Side::Notion => pair.github.as_ref().unwrap().node.clone(),
        },
        container: REPOS[0].to_owned(),
    };
    let step = Step {
        side,
        action: Action::Create(Box::new(draft)),
        row: Row::I2,
    };
    serve::carry_out(world, &step, None).unwrap();
    // The oracle saw the duplicate; it is not the engine's.
    world.violations.clear();
    world.let_pass(100_000);
}

#[test]
fn a_surplus_object_is_set_aside_and_shown_and_gets_no_partner() {
    for side in Side::BOTH {
        let mut setup = without_a_store();
        setup.heal();
        make_twice(&setup, side);
        let report = setup.run(&Ask::default(), None).unwrap();
        let what = format!("a second {}", ["issue", "page"][side as usize]);
        assert!(
            report.errors.iter().any(|error| error.contains(&what)),
            "{report:?}"
        );
        setup.heal();
        let world = setup.world.borrow();
        assert_eq!(world.nodes(side).len(), 3);
        assert_eq!(world.nodes(side.other()).len(), 2, "a partner was made");
        let pairs = world.store.all_pairs();
        let aside = pairs
            .iter()
            .filter(|pair| matches!(&pair.life, PairLife::Parked(why) if why.contains(&what)));
        assert_eq!(aside.count(), 1, "{pairs:#?}");
        let records = world.store.all_records();
        let parked = records.iter().filter(|record| record.row == Some(Row::I4));
        assert_eq!(parked.count(), 1, "told once");
    }
}
