//! Issues that are transferred or deleted while a person holds them, and copies of their pages.

use pulse_sync::core::pair::Hold;
use pulse_sync::core::plan::{NewPages, Rules};
use pulse_sync::core::{Key, Kind, Pair, PairId, PairLife, Policy, Record, Side, Time};
use pulse_sync::engine::Ask;
use pulse_sync::sim::executor::drive;
use pulse_sync::sim::github::NewIssue;
use pulse_sync::sim::life::Setup;
use pulse_sync::sim::notion::{Id, Value as Cell};
use pulse_sync::sim::people;
use pulse_sync::sim::world::{Author, ELSEWHERE, PERSON, REPOS};
use pulse_sync::store::{HistoryQuery, Store};

/// Longer than any listing lags behind.
const WHILE: i64 = 100_000;

/// Somebody opens an issue; gives its node.
fn open_issue(setup: &Setup, title: &str) -> String {
    let world = &mut *setup.world.borrow_mut();
    let new = NewIssue {
        title: title.to_owned(),
        ..NewIssue::default()
    };
    let made = world.hub.create_issue(world.now, PERSON, REPOS[0], new);
    let node = made.unwrap().node_id.clone();
    world.note(Side::Github, &node, Author::Human);
    node
}

/// Somebody makes a copy of a page; gives its node.
fn copy_page(setup: &Setup, page: &str) -> String {
    let world = &mut *setup.world.borrow_mut();
    let (now, editor, page) = (world.now, world.editor, Id::parse(page).unwrap());
    let copy = world.notion.duplicate_page(now, editor, page).unwrap();
    let copy = copy.to_string();
    world.note(Side::Notion, &copy, Author::Human);
    copy
}

fn transfer(setup: &Setup, node: &str, to: &str) {
    people::transfer_to(&mut setup.world.borrow_mut(), &node.into(), to);
}

fn pairs(setup: &Setup) -> Vec<Pair> {
    let pairs = setup.world.borrow().store.all_pairs();
    pairs.iter().map(|pair| Pair::clone(pair)).collect()
}

fn pair_of(setup: &Setup, side: Side, node: &str) -> Pair {
    let found = pairs(setup)
        .into_iter()
        .find(|pair| pair.object(side).is_some_and(|id| id.node == node));
    found.expect("a pair")
}

fn hold(setup: &Setup, pair: &PairId, on: bool) {
    let changed = super::held::set(setup, pair, on);
    assert!(changed, "it was so already");
}

fn pass(setup: &Setup, sweep: bool) {
    setup.world.borrow_mut().let_pass(WHILE);
    let ask = Ask {
        sweep,
        ..Ask::default()
    };
    setup.run(&ask, None);
}

fn calm() -> Setup {
    Setup::calm(17, Policy::Ask, Rules::default(), false)
}

fn assert_well(setup: &Setup) {
    assert_eq!(setup.world.borrow().violations, [""; 0]);
}

/// The pages of issues that are there, in the trash or not.
fn pages(setup: &Setup) -> usize {
    setup.world.borrow().nodes(Side::Notion).len()
}

/// The page of an issue that left the selection still names its old place, and so does a copy of it.
#[test]
fn a_copy_takes_nothing_from_the_page_of_an_issue_that_left_the_selection() {
    for is_held in [false, true] {
        let mut setup = calm();
        let node = open_issue(&setup, "one");
        setup.heal();
        let before = pair_of(&setup, Side::Github, &node);
        let page = before.notion.clone().unwrap().node;
        if is_held {
            hold(&setup, &before.id, true);
        }
        transfer(&setup, &node, ELSEWHERE);
        pass(&setup, true);
        if !is_held {
            // The page learns the issue's new id first; then the two part.
            setup.heal();
        }
        let left = pair_of(&setup, Side::Notion, &page);
        let has_left = matches!(left.life, PairLife::Unlinked(_));
        assert_eq!(has_left, !is_held, "{left:?}");
        let copy = copy_page(&setup, &page);
        pass(&setup, false);
        if is_held {
            hold(&setup, &before.id, false);
        }
        setup.heal();
        assert_well(&setup);
        let left = pair_of(&setup, Side::Notion, &page);
        assert_eq!(left.id, before.id);
        assert!(matches!(left.life, PairLife::Unlinked(_)), "{left:?}");
        assert!(left.name().starts_with(ELSEWHERE), "{}", left.name());
        let copy = pair_of(&setup, Side::Notion, &copy);
        assert_eq!(copy.github, None);
        assert!(matches!(copy.life, PairLife::Parked(_)), "{:?}", copy.life);
    }
}

/// What is held goes on being held under its new name, whichever pair has it then. The surplus page stays held as well:
/// it may become an item of its own.
#[test]
fn a_hold_of_the_new_place_goes_over_to_the_pair_that_was_there_before() {
    let mut setup = calm();
    let node = open_issue(&setup, "one");
    setup.heal();
    let before = pair_of(&setup, Side::Github, &node);
    transfer(&setup, &node, REPOS[1]);
    pass(&setup, false);
    let there = pairs(&setup)
        .into_iter()
        .find(|pair| pair.name().starts_with(REPOS[1]))
        .expect("the listing showed its new place first");
    assert_ne!(there.id, before.id);
    hold(&setup, &there.id, true);
    pass(&setup, true);
    let all = pairs(&setup);
    assert!(all.iter().all(|pair| pair.held_since.is_some()), "{all:?}");
    let has = all.iter().find(|pair| pair.github.is_some()).unwrap();
    assert_eq!((&has.id, has.name()), (&before.id, there.name()));
    hold(&setup, &before.id, false);
    hold(&setup, &there.id, false);
    setup.heal();
    assert_well(&setup);
}

/// An issue of ours is listed at its new place before its pair follows: nobody is told to delete it, and nothing of it
/// stays aside.
#[test]
fn an_issue_of_ours_that_was_moved_is_not_called_a_second_one() {
    let rules = Rules {
        new_pages: NewPages::Ready,
        new_repository: Some(REPOS[0].to_owned()),
        ..Rules::default()
    };
    let mut setup = Setup::calm(17, Policy::Ask, rules, false);
    {
        let world = &mut *setup.world.borrow_mut();
        let props = vec![
            ("Title".to_owned(), Cell::text("ours")),
            ("Publish".to_owned(), Cell::choice("Ready")),
        ];
        let (now, editor, source) = (world.now, world.editor, world.source);
        let made = world.notion.create_page(now, editor, source, props, "text");
        world.note(Side::Notion, &made.unwrap().to_string(), Author::Human);
    }
    setup.heal();
    let before = pairs(&setup).swap_remove(0);
    let node = before.github.clone().expect("it became an issue").node;
    transfer(&setup, &node, REPOS[1]);
    pass(&setup, false);
    let met = |records: &[Record]| {
        let told = records.iter().filter(|record| record.verb == "park");
        told.map(|record| record.note.clone()).collect::<Vec<_>>()
    };
    let records = |setup: &Setup| {
        let query = HistoryQuery {
            limit: 500,
            ..HistoryQuery::default()
        };
        let world = setup.world.borrow();
        drive(world.store.history(&query), || true)
            .unwrap()
            .unwrap()
    };
    let told = met(&records(&setup));
    assert!(
        told.iter()
            .any(|why| why.contains("most likely it was moved here")),
        "{told:?}"
    );
    setup.heal();
    assert_well(&setup);
    let told = met(&records(&setup));
    assert!(
        !told.iter().any(|why| why.contains("delete it")),
        "{told:?}"
    );
    let after = pairs(&setup);
    let live: Vec<&Pair> = after
        .iter()
        .filter(|pair| pair.life != PairLife::Tombstone)
        .collect();
    assert_eq!(live.len(), 1, "{live:?}");
    assert_eq!(live[0].id, before.id);
    assert!(live[0].name().starts_with(REPOS[1]), "{}", live[0].name());
}

/// An issue that has no page yet is held; gives its pair.
fn held_without_a_page(setup: &Setup, node: &str) -> Pair {
    setup.world.borrow_mut().let_pass(WHILE);
    // The listing is kept; the run dies before it makes anything of it.
    let mut pair = None;
    for at in 1..200 {
        setup.run(&Ask::default(), Some(at));
        pair = pairs(setup).pop();
        if pair.is_some() {
            break;
        }
    }
    let pair = pair.expect("a pair");
    assert_eq!((pair.kind, pair.life.clone()), (Kind::Issue, PairLife::New));
    assert_eq!(pair.github.as_ref().unwrap().node, node);
    hold(setup, &pair.id, true);
    pass(setup, false);
    assert_eq!(pages(setup), 0, "it is held");
    pair
}

#[test]
fn an_issue_that_was_deleted_while_it_was_held_gets_no_page() {
    let mut setup = calm();
    let node = open_issue(&setup, "one");
    let pair = held_without_a_page(&setup, &node);
    {
        let world = &mut *setup.world.borrow_mut();
        let (now, number) = (world.now, 1);
        world
            .hub
            .delete_issue(now, PERSON, REPOS[0], number)
            .unwrap();
        world.note(Side::Github, &node, Author::Human);
    }
    pass(&setup, true);
    hold(&setup, &pair.id, false);
    setup.heal();
    assert_well(&setup);
    assert_eq!(pages(&setup), 0);
}

#[test]
fn an_issue_that_was_transferred_while_it_was_held_has_one_page() {
    let mut setup = calm();
    let node = open_issue(&setup, "one");
    let pair = held_without_a_page(&setup, &node);
    transfer(&setup, &node, REPOS[1]);
    pass(&setup, false);
    hold(&setup, &pair.id, false);
    setup.heal();
    assert_well(&setup);
    assert_eq!(pages(&setup), 1);
    let active = pairs(&setup)
        .into_iter()
        .filter(|pair| pair.life == PairLife::Active);
    assert_eq!(active.count(), 1);
}

#[test]
fn an_item_that_moved_before_it_had_a_page_stays_held_at_its_new_place() {
    let mut setup = calm();
    let node = open_issue(&setup, "one");
    let pair = held_without_a_page(&setup, &node);
    transfer(&setup, &node, REPOS[1]);
    pass(&setup, false);
    let ask = Ask {
        item: Some(pair.name().to_owned()),
        ..Ask::default()
    };
    setup.run(&ask, None);
    let all = pairs(&setup);
    let held: Vec<&Pair> = all
        .iter()
        .filter(|pair| pair.held_since.is_some())
        .collect();
    assert_eq!(held.len(), 1);
    assert!(held[0].name().starts_with(REPOS[1]), "{}", held[0].name());
    hold(&setup, &held[0].id, false);
    setup.heal();
    assert_well(&setup);
    assert_eq!(pages(&setup), 1);
}

/// Two pairs follow the same issue in one run: the second must not take it from the first and then fail to keep it.
#[test]
fn an_issue_that_moves_twice_ends_with_one_of_its_two_pairs_and_both_stay_held() {
    let mut setup = calm();
    let node = open_issue(&setup, "one");
    setup.heal();
    let first = pair_of(&setup, Side::Github, &node);
    transfer(&setup, &node, REPOS[1]);
    pass(&setup, false);
    let second = pairs(&setup).into_iter().find(|pair| pair.id != first.id);
    let second = second.expect("the new place has a page");
    hold(&setup, &first.id, true);
    hold(&setup, &second.id, true);
    transfer(&setup, &second.github.unwrap().node, ELSEWHERE);
    setup.world.borrow_mut().let_pass(WHILE);
    pass(&setup, true);
    let all = pairs(&setup);
    let having = all.iter().filter(|pair| pair.github.is_some());
    assert_eq!(having.count(), 1, "{all:#?}");
    assert!(all.iter().all(|pair| pair.held_since.is_some()), "{all:#?}");
}

/// The guard of another process holds a pair.
fn guard_holds(setup: &Setup, id: &PairId) {
    let store = setup.world.borrow().store.clone();
    let done = drive(
        async {
            let mut pair = store.pair(id).await.unwrap().unwrap();
            pair.hold = Some(Hold {
                halt: "h1".to_owned(),
                reason: "much changed at once".to_owned(),
                agreed: false,
            });
            store.put(&pair, &[]).await.unwrap();
        },
        || true,
    );
    done.unwrap();
}

/// An issue was transferred and got a page at its new place; its pair follows while another process commits it, at
/// this point of the run. Gives how many pages there are afterwards; none = the run was over before.
fn pages_of_a_move_that_is_disturbed(at: u64) -> Option<usize> {
    let mut setup = calm();
    let node = open_issue(&setup, "one");
    setup.heal();
    let before = pair_of(&setup, Side::Github, &node);
    transfer(&setup, &node, REPOS[1]);
    pass(&setup, false);
    assert_eq!(pages(&setup), 2, "its new place has a page");
    setup.world.borrow_mut().let_pass(WHILE);
    let (engine, link) = setup.instance("sim", false);
    let sweep = Ask {
        sweep: true,
        ..Ask::default()
    };
    let mut awaits = 0;
    drive(engine.run(&link, &sweep), || {
        awaits += 1;
        if awaits == at {
            guard_holds(&setup, &before.id);
        }
        setup.world.borrow_mut().between_polls();
        true
    });
    drop((engine, link));
    pass(&setup, true);
    assert_well(&setup);
    (awaits >= at).then(|| pages(&setup))
}

#[test]
fn an_issue_that_moves_never_stands_without_a_pair() {
    let pages: Vec<usize> = (1..1_000)
        .map_while(pages_of_a_move_that_is_disturbed)
        .collect();
    assert!(pages.len() > 30, "the run has {} points", pages.len());
    let bad = pages.iter().position(|pages| *pages != 2);
    assert_eq!(bad, None, "of {} points", pages.len());
}

/// Another instance lists an issue at its new place while no pair has it; says whether it found it so.
fn another_lists(setup: &Setup, node: &str) -> bool {
    let (store, now) = {
        let world = setup.world.borrow();
        (world.store.clone(), Time(world.now))
    };
    let known = |pair: &Pair| pair.github.as_ref().is_some_and(|id| id.node == node);
    if pairs(setup).iter().any(known) {
        return false;
    }
    let seen = setup
        .world
        .borrow()
        .latest(Side::Github, node)
        .unwrap()
        .seen
        .clone();
    let (id, key) = (PairId("f".repeat(32)), Key("f".repeat(32)));
    let mut pair = Pair::first_seen(id, key, &setup.spec.name, &seen, now);
    pair.dirty_since = Some(now);
    drive(async { store.put(&pair, &[]).await.unwrap() }, || true).unwrap();
    true
}

/// Two commits move an issue from one pair to another. Whoever lists it in between takes it for a new one.
#[test]
fn an_issue_that_another_instance_lists_while_it_moves_gets_no_third_page() {
    let mut setup = calm();
    let node = open_issue(&setup, "one");
    setup.heal();
    transfer(&setup, &node, REPOS[1]);
    pass(&setup, false);
    assert_eq!(pages(&setup), 2, "its new place has a page");
    let moved = pairs(&setup).into_iter().filter_map(|pair| pair.github);
    let moved = moved
        .map(|id| id.node)
        .find(|other| *other != node)
        .unwrap();
    setup.world.borrow_mut().let_pass(WHILE);
    let (engine, link) = setup.instance("sim", false);
    let sweep = Ask {
        sweep: true,
        ..Ask::default()
    };
    let mut listed = false;
    drive(engine.run(&link, &sweep), || {
        listed = listed || another_lists(&setup, &moved);
        setup.world.borrow_mut().between_polls();
        true
    });
    drop((engine, link));
    assert!(listed, "it always had a pair: the test proves nothing");
    setup.heal();
    assert_well(&setup);
    assert_eq!(pages(&setup), 2);
    let owner = pair_of(&setup, Side::Github, &moved);
    assert!(
        owner.life == PairLife::Active && owner.notion.is_some(),
        "{owner:?}"
    );
}
