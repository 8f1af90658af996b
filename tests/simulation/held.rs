//! What the user holds is never written, whatever people, faults and crashes do; once released, nothing was lost.

use std::collections::BTreeSet;

use pulse_sync::core::{PairId, PairLife, RecordId, RecordKind};
use pulse_sync::engine::Engine;
use pulse_sync::sim::executor::{VirtualClock, drive};
use pulse_sync::sim::life::{Options, Setup};
use pulse_sync::store::MemoryStore;

/// A person at another terminal, whose store has no bad days.
fn person(setup: &Setup) -> Engine<MemoryStore, VirtualClock> {
    Engine {
        store: setup.world.borrow().store.clone(),
        clock: VirtualClock::new(&setup.world),
        settings: setup.settings.clone(),
        holder: "person".to_owned(),
        sink: Box::new(|_| {}),
        stop: std::cell::Cell::new(false),
        read_only: false,
    }
}

fn set_all(setup: &Setup, pairs: &BTreeSet<PairId>, on: bool) {
    let person = person(setup);
    for pair in pairs {
        // One that is gone by now has nothing to hold.
        let _ = drive(person.hold(pair, on), || true).unwrap();
    }
}

/// Every second pair of this moment.
fn some_pairs(setup: &Setup) -> BTreeSet<PairId> {
    let pairs = setup.world.borrow().store.all_pairs();
    let living = pairs.iter().filter(|pair| pair.life != PairLife::Tombstone);
    living.step_by(2).map(|pair| pair.id.clone()).collect()
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

#[test]
fn what_is_held_is_never_written_and_nothing_of_it_is_lost() {
    let (mut held, mut caught_up) = (0, 0);
    for seed in 0..60 {
        let mut setup = Setup::draw(seed, Options::default());
        setup.chaos();
        let pairs = some_pairs(&setup);
        set_all(&setup, &pairs, true);
        let before = recorded(&setup);
        setup.chaos();
        setup.chaos();
        assert_eq!(begun(&setup, &pairs, &before), 0, "seed {seed}");
        held += pairs.len();
        let before = recorded(&setup);
        set_all(&setup, &pairs, false);
        setup.heal();
        caught_up += begun(&setup, &pairs, &before);
        let world = setup.world.borrow();
        assert_eq!(world.violations, [""; 0], "seed {seed}");
    }
    assert!(held > 100, "{held} were held");
    assert!(caught_up > 100, "only {caught_up} writes had waited");
}
