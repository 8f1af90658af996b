//! Writes whose answer was lost, when the clock is wrong or a service shows the past.

use pulse_sync::core::plan::Rules;
use pulse_sync::core::{Policy, Side};
use pulse_sync::engine::Ask;
use pulse_sync::sim::executor::drive;
use pulse_sync::sim::faults::{Faults, Outage, OutageKind};
use pulse_sync::sim::github::{IssueEdit, NewIssue};
use pulse_sync::sim::life::Setup;
use pulse_sync::sim::world::{Author, PERSON, REPOS};

const HOUR: i64 = 3_600_000;

/// Somebody opens an issue.
fn open_issue(setup: &Setup, title: &str) {
    let world = &mut *setup.world.borrow_mut();
    let new = NewIssue {
        title: title.to_owned(),
        ..NewIssue::default()
    };
    let made = world.hub.create_issue(world.now, PERSON, REPOS[0], new);
    let node = made.unwrap().node_id.clone();
    world.note(Side::Github, &node, Author::Human);
}

/// Somebody gives the only issue another title.
fn retitle_issue(setup: &Setup, title: &str) {
    let world = &mut *setup.world.borrow_mut();
    let node = world.nodes(Side::Github)[0].clone();
    let edit = IssueEdit {
        title: Some(title.to_owned()),
        ..IssueEdit::default()
    };
    let done = world.hub.edit_issue(world.now, PERSON, REPOS[0], 1, edit);
    done.unwrap();
    world.note(Side::Github, &node, Author::Human);
}

fn pass(setup: &Setup, after: i64) {
    setup.world.borrow_mut().let_pass(after);
    setup.run(&Ask::default(), None);
}

/// A run whose recovery sees that the write arrived, while all that it reads later may be of the past.
fn seen_late(setup: &Setup) {
    let after = setup.settings.grace_update();
    setup.world.borrow_mut().let_pass(after);
    let (engine, link) = setup.instance("sim", false);
    let ask = Ask::default();
    drive(engine.run(&link, &ask), || {
        let world = &mut *setup.world.borrow_mut();
        let pairs = world.store.all_pairs();
        let is_resolved = pairs.iter().all(|pair| pair.intent.is_none());
        if is_resolved {
            world.faults.stale_get = 1_000;
        }
        world.between_polls();
        true
    });
}

/// A write arrives late, recovery sees that it did, and the next read shows what was before it: that is no edit.
#[test]
fn a_read_of_the_past_takes_back_no_write_that_arrived_late() {
    let mut late = 0;
    for seed in 0..60 {
        let mut setup = Setup::calm(seed, Policy::Ask, Rules::default(), false);
        open_issue(&setup, "A");
        setup.heal();
        retitle_issue(&setup, "B");
        let flight = setup.settings.flight;
        setup.world.borrow_mut().faults = Faults {
            ghost: 1_000,
            flight,
            ..Faults::default()
        };
        pass(&setup, 200_000);
        setup.world.borrow_mut().faults = Faults::default();
        seen_late(&setup);
        late += setup.world.borrow().figures.faults["ghost"];
        setup.heal();
        let world = setup.world.borrow();
        assert_eq!(world.violations, [""; 0], "seed {seed}");
        let on_github = world
            .log
            .iter()
            .filter(|version| version.side == Side::Github && version.author == Author::Engine);
        assert_eq!(on_github.count(), 0, "seed {seed}: nobody edited the page");
    }
    assert_eq!(late, 60, "the scenario proves nothing");
}

/// What a lost create made is found by when its source changed, however far ahead our clock was.
#[test]
fn a_lost_create_is_found_though_our_clock_was_ahead() {
    let mut setup = Setup::calm(7, Policy::Ask, Rules::default(), false);
    open_issue(&setup, "one");
    setup.heal();
    setup.world.borrow_mut().skew = 2 * HOUR;
    pass(&setup, 200_000);
    open_issue(&setup, "two");
    setup.world.borrow_mut().faults.answer_lost = 1_000;
    pass(&setup, 1_000);
    assert_eq!(setup.world.borrow().nodes(Side::Notion).len(), 2);
    {
        let world = &mut *setup.world.borrow_mut();
        world.faults.answer_lost = 0;
        // No listing shows the issue again meanwhile.
        let (until, kind) = (world.now + HOUR, OutageKind::Unclear);
        world.outages[Side::Github as usize] = Some(Outage { until, kind });
    }
    for _ in 0..4 {
        pass(&setup, 60_000);
    }
    setup.heal();
    let world = setup.world.borrow();
    assert_eq!(world.violations, [""; 0]);
    assert_eq!(world.nodes(Side::Notion).len(), 2);
}
