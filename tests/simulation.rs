//! The whole engine under seeds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

#[path = "simulation/directed.rs"]
mod directed;
#[path = "simulation/doubt.rs"]
mod doubt;
#[path = "simulation/held.rs"]
mod held;
#[path = "simulation/moved.rs"]
mod moved;
#[path = "simulation/pressure.rs"]
mod pressure;

use std::collections::BTreeMap;

use pulse_sync::core::mapping::ID_PROPERTY;
use pulse_sync::core::plan::Rules;
use pulse_sync::core::{FieldKey, Life, PairLife, Policy, Side, Value};
use pulse_sync::engine::Ask;
use pulse_sync::sim::faults::{Faults, Outage, OutageKind};
use pulse_sync::sim::figures::Figures;
use pulse_sync::sim::github::NewIssue;
use pulse_sync::sim::life::{Options, Setup, live};
use pulse_sync::sim::matrix::{Scenario, crash_everywhere};
use pulse_sync::sim::notion::{Id, Value as Cell};
use pulse_sync::sim::people;
use pulse_sync::sim::sabotage::Sabotage;
use pulse_sync::sim::selftest;
use pulse_sync::sim::world::{Author, PERSON, REPOS};

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
    // The rarest of them come once in several hundred seeds.
    if count >= 1_500 {
        assert_eq!(unreached(&findings.figures), Vec::<&str>::new());
    }
}

/// Rows of the decision tables that leave a trace in the store. The others have directed tests: F0, F12 and F13 need
/// texts and columns that these worlds do not have, I18 needs pages made by hand, F1, I13 and I15 say nothing.
const ROWS: [&str; 26] = [
    "F2",
    "F3",
    "F4",
    "F5",
    "F6",
    "F7",
    "F8",
    "F9",
    "F10",
    "F11",
    "I1",
    "I2",
    "I3",
    "I4",
    "I5",
    "I6",
    "I7",
    "I8",
    "I9",
    "I10",
    "I11",
    "I12",
    "I14",
    "I16",
    "I16 orphaned",
    "I17",
];
const FAULTS: [&str; 25] = [
    "answer_lost",
    "clock back",
    "clock forwards",
    "clock stands",
    "cut_signed",
    "cut_silent",
    "doubled_row",
    "dropped",
    "freeze",
    "ghost",
    "limited",
    "long sleep",
    "lost",
    "nemesis",
    "outage",
    "second instance",
    "stale commit",
    "stale_get",
    "stale_list",
    "store_away",
    "store_late",
    "store_lies",
    "store_lost",
    "store_refuses",
    "store_slow",
];
const PEOPLE: [&str; 12] = [
    "close pull request",
    "delete",
    "draft",
    "duplicate",
    "force-push",
    "merge",
    "open pull request",
    "push",
    "restore",
    "review",
    "transfer",
    "trash",
];
/// Writes that ended unclear, by what had decided them: row and fault met.
const DOUBTS: [&str; 7] = [
    "F3 Notion change",
    "F4 GitHub change",
    "F5 GitHub change",
    "F5 Notion change",
    "F8 Notion change",
    "I1 Notion create",
    "I2 GitHub create",
];

/// What no seed reached: a green run of an idle generator proves nothing.
fn unreached(figures: &Figures) -> Vec<&'static str> {
    let rows = ROWS
        .into_iter()
        .filter(|row| !figures.rows.contains_key(*row));
    let faults = FAULTS
        .into_iter()
        .filter(|kind| !figures.faults.contains_key(kind));
    let people = PEOPLE
        .into_iter()
        .filter(|kind| !figures.people.contains_key(kind));
    let unclear = |write: &&str| !figures.cells.contains_key(&format!("{write} unclear"));
    let doubts = DOUBTS.into_iter().filter(unclear);
    rows.chain(faults).chain(people).chain(doubts).collect()
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
const KILL_WITHIN: u64 = 3_000;

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

/// A calm world with six issues of one repository, in step.
fn six_in_step() -> Setup {
    let mut setup = Setup::calm(5, Policy::Ask, Rules::default(), false);
    for n in 0..6 {
        let mut world = setup.world.borrow_mut();
        let new = NewIssue {
            title: format!("issue {n}"),
            body: Some(format!("- w{n} said")),
            ..NewIssue::default()
        };
        let now = world.now;
        let number = world
            .hub
            .create_issue(now, PERSON, REPOS[0], new)
            .unwrap()
            .number;
        let node = world.hub.issue(REPOS[0], number).unwrap().node_id.clone();
        world.note(Side::Github, &node, Author::Human);
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
fn late_create(seed: u64, sabotage: Option<Sabotage>) -> Vec<String> {
    let mut setup = Setup::calm(seed, Policy::Ask, Rules::default(), false);
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
    let seeds = 9..15;
    for seed in seeds.clone() {
        assert_eq!(late_create(seed, None), Vec::<String>::new());
    }
    let mut hasty = seeds.flat_map(|seed| late_create(seed, Some(Sabotage::NoGrace)));
    assert!(hasty.any(|what| what.contains("duplicate")));
}

/// A calm world with one issue whose page's text is then changed without a trace. Gives what GitHub shows after a full
/// listing that reads so many texts again.
fn changed_without_a_trace(sweep_bodies: usize) -> String {
    let mut setup = six_in_step();
    setup.settings.sweep_bodies = sweep_bodies;
    let (node, page) = {
        let world = setup.world.borrow();
        let pairs = world.store.all_pairs();
        let paired = pairs.into_iter().find_map(|pair| {
            let is_active = pair.life == PairLife::Active && pair.conflicts.is_empty();
            let github = pair.github.clone().filter(|_| is_active)?;
            Some((github.node, pair.notion.clone()?.node))
        });
        paired.expect("a pair")
    };
    {
        let mut world = setup.world.borrow_mut();
        let id = Id::parse(&page).unwrap();
        let (now, editor) = (world.now, world.editor);
        let shown = &world.notion.pages[&id];
        let before = (shown.edited, shown.edited_by);
        world
            .notion
            .set_body(now, editor, id, "- changed in silence", true)
            .unwrap();
        let shown = world.notion.pages.get_mut(&id).unwrap();
        (shown.edited, shown.edited_by) = before;
        world.note(Side::Notion, &page, Author::Human);
    }
    for sweep in [false, true, false] {
        setup.world.borrow_mut().let_pass(400_000);
        let ask = Ask {
            sweep,
            ..Ask::default()
        };
        setup.run(&ask, None);
    }
    let world = setup.world.borrow();
    let shown = world.latest(Side::Github, &node).expect("an issue");
    shown
        .seen
        .field(&FieldKey::BODY)
        .map_or("", Value::as_text)
        .to_owned()
}

#[test]
fn a_text_changed_without_a_trace_is_found_by_going_round() {
    assert!(changed_without_a_trace(1_000).contains("changed in silence"));
    assert!(
        !changed_without_a_trace(0).contains("changed in silence"),
        "it is found otherwise: the scenario proves nothing"
    );
}

#[test]
fn texts_are_read_again_in_turn_and_never_more_than_asked_for() {
    let mut setup = six_in_step();
    setup.settings.sweep_bodies = 2;
    let pairs = setup.world.borrow().store.all_pairs();
    let active = pairs.iter().filter(|pair| pair.life == PairLife::Active);
    let all = active.count();
    assert!(all > 4, "the scenario is too small: {all}");
    let quiet = |setup: &Setup, sweep: bool| {
        setup.world.borrow_mut().let_pass(400_000);
        let ask = Ask {
            sweep,
            ..Ask::default()
        };
        setup.run(&ask, None).expect("no crash")
    };
    let idle = quiet(&setup, false).requests;
    for _ in 0..all {
        let report = quiet(&setup, true);
        assert!(report.turns <= 2, "{report:?}");
        assert_eq!(report.writes.github + report.writes.notion, 0);
    }
    let after = quiet(&setup, false);
    assert_eq!((after.turns, after.requests), (0, idle));
}

/// An issue is transferred within the selection and its new place gets a page before its pair is looked at.
#[test]
fn a_transferred_issue_keeps_its_pair_and_the_surplus_page_is_set_aside() {
    let setup = &mut six_in_step();
    let (before, page) = {
        let mut world = setup.world.borrow_mut();
        let pairs = world.store.all_pairs();
        let pair = pairs.into_iter().find(|pair| {
            let here = pair.github.as_ref();
            pair.life == PairLife::Active
                && pair.conflicts.is_empty()
                && here.is_some_and(|id| id.locator.starts_with(REPOS[0]))
        });
        let pair = pair.expect("a pair");
        let id = pair.github.clone().unwrap();
        people::transfer_to(&mut world, &id.node.into(), REPOS[1]);
        (pair.clone(), pair.notion.clone().unwrap().node)
    };
    // A poll shows only the new place; a full listing misses the old one later.
    for sweep in [false, false, true, false] {
        setup.world.borrow_mut().let_pass(100_000);
        let ask = Ask {
            sweep,
            ..Ask::default()
        };
        setup.run(&ask, None);
    }
    setup.heal();
    let world = setup.world.borrow();
    assert_eq!(world.violations, Vec::<String>::new());
    let pairs = world.store.all_pairs();
    let same = pairs.iter().find(|pair| pair.id == before.id).unwrap();
    assert_eq!(same.life, PairLife::Active);
    assert!(same.name().starts_with(REPOS[1]), "{}", same.name());
    assert_eq!(same.notion.as_ref().unwrap().node, page);
    let surplus: Vec<_> = pairs
        .iter()
        .filter(|pair| matches!(&pair.life, PairLife::Parked(why) if why.contains("a second page")))
        .collect();
    assert_eq!(surplus.len(), 1, "the scenario made no second page");
    assert_eq!(surplus[0].github, None);
    let shown = world.latest(Side::Notion, &surplus[0].notion.as_ref().unwrap().node);
    assert!(shown.unwrap().seen.is_live(), "nothing is trashed unasked");
}

/// A copy made by hand still names the issue's place from before a transfer: it must not take the issue away.
#[test]
fn a_copy_that_names_the_old_place_of_an_issue_takes_nothing_from_its_page() {
    let setup = &mut six_in_step();
    let (before, page) = {
        let mut world = setup.world.borrow_mut();
        let pairs = world.store.all_pairs();
        let pair = pairs.into_iter().find(|pair| {
            let here = pair.github.as_ref();
            pair.life == PairLife::Active
                && pair.conflicts.is_empty()
                && here.is_some_and(|id| id.locator.starts_with(REPOS[0]))
        });
        let pair = pair.expect("a pair");
        let node = pair.github.clone().unwrap().node;
        people::transfer_to(&mut world, &node.into(), REPOS[1]);
        (pair.clone(), pair.notion.clone().unwrap().node)
    };
    setup.heal();
    let copy = {
        let mut world = setup.world.borrow_mut();
        let (now, editor) = (world.now, world.editor);
        let page = Id::parse(&page).unwrap();
        let copy = world.notion.duplicate_page(now, editor, page).unwrap();
        let old = Cell::text(&before.github.clone().unwrap().node);
        let id = vec![(ID_PROPERTY.to_owned(), old)];
        world.notion.edit_props(now, editor, copy, id).unwrap();
        let copy = copy.to_string();
        world.note(Side::Notion, &copy, Author::Human);
        copy
    };
    setup.heal();
    let world = setup.world.borrow();
    assert_eq!(world.violations, Vec::<String>::new());
    let pairs = world.store.all_pairs();
    let of = |node: &str| {
        let mut pairs = pairs.iter();
        pairs.find(|pair| pair.notion.as_ref().is_some_and(|page| page.node == node))
    };
    let owner = of(&page).unwrap();
    assert_eq!((&owner.id, &owner.life), (&before.id, &PairLife::Active));
    let copy = of(&copy).unwrap();
    assert!(matches!(copy.life, PairLife::Parked(_)), "{:?}", copy.life);
    assert_eq!(copy.github, None);
}

/// Somebody sets every page's status, and perhaps puts an empty line into its text, which says nothing.
fn edit_every_page(setup: &Setup, status: &str, spaced: bool) {
    let mut world = setup.world.borrow_mut();
    let (now, editor) = (world.now, world.editor);
    for node in world.nodes(Side::Notion) {
        let page = Id::parse(&node).unwrap();
        let status = vec![("Status".to_owned(), Cell::choice(status))];
        world.notion.edit_props(now, editor, page, status).unwrap();
        if spaced {
            let shown = world.notion.read_body(editor, page).unwrap().markdown;
            let text = shown.replace("- two", "<empty-block/>\n- two");
            let done = world.notion.set_body(now, editor, page, &text, true);
            done.unwrap();
        }
        world.note(Side::Notion, &node, Author::Human);
    }
}

/// Edits on pages whose issues' texts end in a line break, which Notion does not give back.
#[test]
fn a_person_who_edits_a_page_leaves_no_lasting_work() {
    let setup = Setup::calm(3, Policy::Ask, Rules::default(), false);
    for n in 0..4 {
        let mut world = setup.world.borrow_mut();
        let now = world.now;
        let new = NewIssue {
            title: format!("issue {n}"),
            body: Some("- one\n- two\n".to_owned()),
            ..NewIssue::default()
        };
        let made = world.hub.create_issue(now, PERSON, REPOS[0], new).unwrap();
        let node = made.node_id.clone();
        world.note(Side::Github, &node, Author::Human);
    }
    let pass = || {
        setup.world.borrow_mut().let_pass(200_000);
        setup.run(&Ask::default(), None).unwrap()
    };
    pass();
    for (status, spaced) in [("In progress", false), ("Not started", true)] {
        edit_every_page(&setup, status, spaced);
        assert_eq!(pass().turns, 4, "the edits are looked at");
        pass();
        // From then on the listings alone, though all rows still stand behind the cursor's step back.
        let last = pass();
        assert_eq!((last.turns, last.requests.notion), (0, 1), "{last:?}");
    }
}

/// A listing of recent changes that says it is cut must not be the last word on what it left out.
#[test]
fn what_a_cut_listing_left_out_is_found_by_the_next_run() {
    let mut setup = Setup::calm(3, Policy::Ask, Rules::default(), false);
    setup.settings.guard_floor = 1_000;
    setup.settings.sweep_every = 1_000_000_000;
    setup.settings.max_items = 1_000;
    setup.world.borrow_mut().max_items = 1_000;
    for n in 0..70 {
        let mut world = setup.world.borrow_mut();
        let now = world.now;
        let new = NewIssue {
            title: format!("issue {n}"),
            ..NewIssue::default()
        };
        let made = world.hub.create_issue(now, PERSON, REPOS[0], new).unwrap();
        let node = made.node_id.clone();
        world.note(Side::Github, &node, Author::Human);
    }
    let pass = || {
        setup.world.borrow_mut().let_pass(300_000);
        setup.run(&Ask::default(), None).unwrap()
    };
    pass();
    pass();
    edit_every_page(&setup, "Done", false);
    setup.world.borrow_mut().faults.cut_signed = 1_000;
    let cut = pass();
    assert!((1..70).contains(&cut.turns), "{cut:?}");
    setup.world.borrow_mut().faults.cut_signed = 0;
    let next = pass();
    assert!(cut.turns + next.turns >= 70, "{next:?}");
}
