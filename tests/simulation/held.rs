//! What the user holds is never written, whatever people, faults and crashes do; once released, nothing was lost.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use pulse_sync::core::{PairId, PairLife, RecordId, RecordKind};
use pulse_sync::engine::{Ending, Engine};
use pulse_sync::sim::executor::{VirtualClock, drive};
use pulse_sync::sim::life::{Options, Setup};
use pulse_sync::sim::selftest;
use pulse_sync::store::MemoryStore;

/// A person at another terminal, whose store has no bad days.
fn person(setup: &Setup) -> Engine<MemoryStore, VirtualClock> {
    Engine {
        store: setup.world.borrow().store.clone(),
        clock: VirtualClock::new(&setup.world),
        settings: setup.settings.clone(),
        holder: "person".to_owned(),
        sink: Box::new(|_| {}),
        stop: Ending::default(),
        read_only: false,
    }
}

/// A person holds a pair, or releases it. Says whether that changed anything: one that is gone has nothing to hold.
pub(super) fn set(setup: &Setup, pair: &PairId, on: bool) -> bool {
    let done = drive(person(setup).hold(pair, on), || true);
    done.unwrap().unwrap_or(false)
}

fn set_all(setup: &Setup, pairs: &BTreeSet<PairId>, on: bool) {
    for pair in pairs {
        set(setup, pair, on);
    }
}

/// Every second pair of this moment.
fn some_pairs(setup: &Setup) -> BTreeSet<PairId> {
    let pairs = setup.world.borrow().store.all_pairs();
    let living = pairs.iter().filter(|pair| pair.life != PairLife::Tombstone);
    living.step_by(2).map(|pair| pair.id.clone()).collect()
}

/// Every pair that the user holds.
fn all_held(setup: &Setup) -> BTreeSet<PairId> {
    let pairs = setup.world.borrow().store.all_pairs();
    let held = pairs.iter().filter(|pair| pair.held_since.is_some());
    held.map(|pair| pair.id.clone()).collect()
}

/// The records there are. Which came since is told by their ids: clocks jump.
fn recorded(setup: &Setup) -> BTreeSet<RecordId> {
    let records = setup.world.borrow().store.all_records();
    records.iter().map(|record| record.id.clone()).collect()
}

/// How many writes to these pairs began since there were only these records.
fn begun(setup: &Setup, pairs: &BTreeSet<PairId>, before: &BTreeSet<RecordId>) -> usize {
    let records = setup.world.borrow().store.all_records();
    let writes = records
        .iter()
        .filter(|record| record.kind == RecordKind::Intent && !before.contains(&record.id));
    writes
        .filter(|record| {
            record
                .pair
                .as_ref()
                .is_some_and(|pair| pairs.contains(pair))
        })
        .count()
}

/// One life in which half of the items are held for a while.
struct Lived {
    seed: u64,
    violations: Vec<String>,
    held: usize,
    /// Writes that waited for the release.
    caught_up: usize,
    lines: Vec<String>,
}

fn live_with_holds(seed: u64, options: Options) -> Lived {
    let mut setup = Setup::draw(seed, options);
    setup.chaos();
    let pairs = some_pairs(&setup);
    set_all(&setup, &pairs, true);
    let before = recorded(&setup);
    setup.chaos();
    setup.chaos();
    assert_eq!(begun(&setup, &pairs, &before), 0, "seed {seed}");
    let before = recorded(&setup);
    // A pair that took over a held item holds it as well: the person releases what is shown as held.
    let shown = all_held(&setup);
    set_all(&setup, &shown, false);
    setup.heal();
    let caught_up = begun(&setup, &shown, &before);
    let world = setup.world.borrow();
    Lived {
        seed,
        violations: world.violations.clone(),
        held: pairs.len(),
        caught_up,
        lines: world.trace.lines(),
    }
}

/// Lives all of these seeds, on as many threads as there are processors.
fn live_all(seeds: std::ops::Range<u64>) -> Vec<Lived> {
    let next = AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut lives = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return lives;
            }
            lives.push(live_with_holds(seed, Options::default()));
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Prints what went wrong in a life, with the last things that happened before.
fn explain(lived: &Lived) {
    let options = Options {
        keep_trace: true,
        ..Options::default()
    };
    let again = live_with_holds(lived.seed, options);
    let script = selftest::script(&again.lines, 20);
    eprintln!("seed {}: {:#?}\n{script}", lived.seed, lived.violations);
}

/// A tenth of `PULSE_SYNC_SEEDS`, 60 at least; `PULSE_SYNC_HELD` says another number.
#[test]
fn what_is_held_is_never_written_and_nothing_of_it_is_lost() {
    let from = super::number("PULSE_SYNC_FROM", 0);
    let share = (super::number("PULSE_SYNC_SEEDS", 300) / 10).max(60);
    let count = super::number("PULSE_SYNC_HELD", share);
    let lives = live_all(from..from + count);
    let bad: Vec<&Lived> = lives
        .iter()
        .filter(|lived| !lived.violations.is_empty())
        .collect();
    bad.iter().take(3).for_each(|lived| explain(lived));
    let seeds: Vec<u64> = bad.iter().map(|lived| lived.seed).collect();
    assert!(bad.is_empty(), "of {count} seeds these failed: {seeds:?}");
    let held: usize = lives.iter().map(|lived| lived.held).sum();
    let caught_up: usize = lives.iter().map(|lived| lived.caught_up).sum();
    assert!(held > 100, "{held} were held");
    assert!(caught_up > 100, "only {caught_up} writes had waited");
}
