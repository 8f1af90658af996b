//! Directed scenarios over the whole engine: unclear writes, undo, a lost store, surplus objects.

use std::collections::BTreeMap;
use std::future::Future;
use std::task::{Context, Waker};

use pulse_sync::core::plan::{NewPages, Rules};
use pulse_sync::core::schedule::Timetable;
use pulse_sync::core::{
    Action, Draft, FieldKey, Key, Kind, Outcome, PairLife, Policy, RecordKind, Row, Side, Step,
    Value,
};
use pulse_sync::engine::Ask;
use pulse_sync::engine::serve::{Server, wires};
use pulse_sync::sim::executor::drive;
use pulse_sync::sim::faults::{Faults, Outage, OutageKind};
use pulse_sync::sim::github::{IssueEdit, NewIssue};
use pulse_sync::sim::life::Setup;
use pulse_sync::sim::notion::{Id, Value as Cell};
use pulse_sync::sim::sabotage::Sabotage;
use pulse_sync::sim::serve;
use pulse_sync::sim::world::{Author, PERSON, REPOS, World};
use pulse_sync::store::MemoryStore;

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

/// Two instances without a lease. The first stands still right between its intent for a new page and the request, the
/// second finds the intent, waits, looks twice and makes the page; then the first goes on. Gives the pages and what the
/// oracle says.
fn late_sender(sabotage: Option<Sabotage>) -> (usize, Vec<String>) {
    let found = (16..64).find_map(|seed| late_sender_of(seed, sabotage));
    found.expect("no seed stands still there")
}

/// None if the first instance does not happen to stand still there under this seed.
fn late_sender_of(seed: u64, sabotage: Option<Sabotage>) -> Option<(usize, Vec<String>)> {
    let mut setup = Setup::calm(seed, Policy::Ask, Rules::default(), false);
    setup.world.borrow_mut().sabotage = sabotage;
    open_issue(&setup, "A", &[]);
    let (first, link) = setup.instance("first", true);
    let ask = Ask::default();
    let mut run = std::pin::pin!(first.run(&link, &ask));
    let mut context = Context::from_waker(Waker::noop());
    let is_open = |setup: &Setup| {
        let pairs = setup.world.borrow().store.all_pairs();
        pairs.iter().any(|pair| pair.intent.is_some())
    };
    while !is_open(&setup) {
        if run.as_mut().poll(&mut context).is_ready() {
            return None;
        }
        setup.world.borrow_mut().let_pass(50);
    }
    if setup.world.borrow().in_flight.is_some() {
        return None;
    }
    for _ in 0..8 {
        let pass = setup.settings.grace_create() / 2;
        setup.world.borrow_mut().let_pass(pass);
        let (second, link) = setup.instance("second", true);
        drive(second.run(&link, &ask), || {
            setup.world.borrow_mut().let_pass(10);
            true
        });
    }
    assert!(!is_open(&setup), "the second instance did not recover");
    while run.as_mut().poll(&mut context).is_pending() {
        setup.world.borrow_mut().let_pass(50);
    }
    setup.heal();
    let world = setup.world.borrow();
    Some((world.nodes(Side::Notion).len(), world.violations.clone()))
}

#[test]
fn a_request_that_is_late_is_never_sent() {
    assert_eq!(late_sender(None), (1, Vec::new()));
    let (pages, violations) = late_sender(Some(Sabotage::NoDeadline));
    assert_eq!(pages, 2, "the scenario proves nothing");
    let is_told = violations.iter().any(|what| what.contains("duplicate"));
    assert!(is_told, "{violations:?}");
}

/// A page is asked for, the answer is lost and the request arrives late; meanwhile somebody sets our clock. Gives the
/// pages and what the oracle says.
fn clock_set_in_doubt(by: i64, sabotage: Option<Sabotage>) -> (usize, Vec<String>) {
    let mut setup = Setup::calm(17, Policy::Ask, Rules::default(), false);
    setup.settings.lookup_gap = 1_000;
    open_issue(&setup, "A", &[]);
    {
        let world = &mut *setup.world.borrow_mut();
        world.sabotage = sabotage;
        // Far longer than the run takes: it must not arrive before the clock is set. When it does is said below.
        (world.faults.ghost, world.faults.flight) = (1_000, 3_600_000);
    }
    setup.run(&Ask::default(), None);
    {
        let world = &mut *setup.world.borrow_mut();
        assert_eq!(world.ghosts.len(), 1, "nothing is on its way");
        world.faults = Faults::default();
        world.ghosts[0].at = world.now + 29_000;
        world.skew += by;
    }
    for _ in 0..5 {
        setup.world.borrow_mut().let_pass(5_000);
        setup.run(&Ask::default(), None);
    }
    setup.heal();
    let world = setup.world.borrow();
    (world.nodes(Side::Notion).len(), world.violations.clone())
}

#[test]
fn a_clock_that_is_set_ends_no_doubt() {
    const HOUR: i64 = 3_600_000;
    for by in [HOUR, 24 * HOUR, -HOUR, -24 * HOUR] {
        assert_eq!(clock_set_in_doubt(by, None), (1, Vec::new()), "{by} ms");
    }
    let (pages, _) = clock_set_in_doubt(HOUR, Some(Sabotage::WallClock));
    assert_eq!(pages, 2, "the scenario proves nothing");
}

/// Somebody gives this issue this title.
fn retitle_issue(world: &mut World, number: u64, title: &str) {
    let edit = IssueEdit {
        title: Some(title.to_owned()),
        ..IssueEdit::default()
    };
    let now = world.now;
    let done = world
        .hub
        .edit_issue(now, PERSON, REPOS[0], number, edit)
        .unwrap();
    let node = done.node_id.clone();
    world.note(Side::Github, &node, Author::Human);
}

/// Six issues are edited, and one of them once more between two pages of the listing that finds the edits; nothing is
/// ever listed whole. Gives how many pages have the titles of their issues in the end.
fn edited_between_pages(sabotage: Option<Sabotage>) -> usize {
    let mut setup = Setup::calm(20, Policy::Ask, Rules::default(), true);
    for n in 0..6 {
        open_issue(&setup, &format!("issue {n}"), &[]);
    }
    setup.heal();
    setup.settings.sweep_every = i64::MAX;
    {
        let world = &mut *setup.world.borrow_mut();
        world.sabotage = sabotage;
        for number in 1..=6 {
            world.let_pass(60_000);
            retitle_issue(world, number, &format!("new {number}"));
        }
        world.let_pass(150_000);
    }
    let first_page = format!("list issues:{} 0..", REPOS[0]);
    let listed = |world: &World| {
        let lines = world.trace.lines();
        lines
            .iter()
            .filter(|line| line.contains(&first_page))
            .count()
    };
    let before = listed(&setup.world.borrow());
    let mut is_edited = false;
    let (engine, link) = setup.instance("test", false);
    drive(engine.run(&link, &Ask::default()), || {
        let world = &mut *setup.world.borrow_mut();
        world.let_pass(20);
        if !is_edited && listed(world) > before {
            retitle_issue(world, 1, "newer 1");
            is_edited = true;
        }
        true
    });
    assert!(is_edited, "nothing was listed");
    for _ in 0..4 {
        setup.world.borrow_mut().let_pass(200_000);
        setup.run(&Ask::default(), None);
    }
    let world = setup.world.borrow();
    let pairs = world.store.all_pairs().into_iter();
    let same = pairs.filter(|pair| {
        let titles = Side::BOTH.map(|side| {
            let node = &pair.object(side).unwrap().node;
            world.latest(side, node).unwrap().seen.title().to_owned()
        });
        titles[0] == titles[1]
    });
    same.count()
}

#[test]
fn an_edit_between_two_pages_of_a_listing_hides_no_other() {
    assert_eq!(edited_between_pages(None), 6);
    let found = edited_between_pages(Some(Sabotage::OldestFirst));
    assert_eq!(found, 5, "the scenario proves nothing");
}

/// Our clock is wrong all the time, and the answer to a create is lost.
#[test]
fn a_wrong_clock_finds_what_a_lost_answer_made() {
    const DAY: i64 = 86_400_000;
    for ahead in [-DAY, DAY] {
        let mut setup = Setup::calm(18, Policy::Ask, Rules::default(), false);
        setup.world.borrow_mut().skew = ahead;
        open_issue(&setup, "A", &[]);
        setup.world.borrow_mut().faults.answer_lost = 1_000;
        setup.run(&Ask::default(), None);
        setup.heal();
        let world = setup.world.borrow();
        assert_eq!(titles(&world), ["A", "A"], "{ahead} ms ahead");
        assert_eq!(world.violations, Vec::<String>::new(), "{ahead} ms ahead");
    }
}

/// An instance died with the lease, then the clock was set back by a day.
#[test]
fn a_lease_from_the_future_keeps_nobody_out() {
    let setup = Setup::calm(19, Policy::Ask, Rules::default(), false);
    open_issue(&setup, "A", &[]);
    let (first, link) = setup.instance("first", false);
    let mut polls = 0;
    drive(first.run(&link, &Ask::default()), || {
        polls += 1;
        polls < 12
    });
    setup.world.borrow_mut().skew -= 86_400_000;
    let report = setup.run(&Ask::default(), None).unwrap();
    assert_eq!(report.stopped, None);
    assert_eq!(report.writes.notion, 1, "{report:?}");
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
    let (engine, link) = setup.instance("test", false);
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
        let page = &pair.notion.as_ref().unwrap().node;
        let kind = world.latest(Side::Notion, page).unwrap();
        let kind = kind.seen.field(&FieldKey::of("kind"));
        assert_eq!(kind, Some(&Value::text("Issue")), "{how}");
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
        let told = records.iter().filter(|record| record.row == Some(Row::I4));
        let parked = told.clone().filter(|record| record.verb == "park");
        assert_eq!(parked.count(), 1, "told once");
        // A page says so itself as well: its write begins, and ends.
        let words = told.filter(|record| record.verb == "change").count();
        assert_eq!(words, [0, 2][side as usize]);
    }
}

/// A page's text is edited with our own token in the very minute in which we wrote another field of the page.
#[test]
fn an_edit_in_the_minute_of_our_own_write_is_seen_by_the_next_full_listing() {
    let mut setup = Setup::calm(14, Policy::Ask, Rules::default(), false);
    // Not found by going round through all texts.
    setup.settings.sweep_bodies = 0;
    open_issue(&setup, "A", &[]);
    setup.heal();
    {
        let world = &mut *setup.world.borrow_mut();
        let edit = IssueEdit {
            title: Some("B".to_owned()),
            ..IssueEdit::default()
        };
        let now = world.now;
        world
            .hub
            .edit_issue(now, PERSON, REPOS[0], 1, edit)
            .unwrap();
        let node = world.nodes(Side::Github)[0].clone();
        world.note(Side::Github, &node, Author::Human);
        // The run begins with the minute, so that it ends in it.
        world.let_pass(120_000 - world.now.rem_euclid(60_000));
    }
    setup.run(&Ask::default(), None);
    {
        let world = &mut *setup.world.borrow_mut();
        assert_eq!(titles(world), ["B", "B"]);
        let node = world.nodes(Side::Notion)[0].clone();
        let stamp = |world: &World| {
            let page = world.latest(Side::Notion, &node).unwrap();
            page.seen.stamp.clone().unwrap().at
        };
        let ours = stamp(world);
        let (now, bot, page) = (world.now, world.notion.bot, Id::parse(&node).unwrap());
        let done = world.notion.set_body(now, bot, page, "- by a person", true);
        done.unwrap();
        world.note(Side::Notion, &node, Author::Human);
        assert_eq!(stamp(world), ours, "the stamp tells nothing");
        world.let_pass(200_000);
    }
    for sweep in [false, true] {
        let ask = Ask {
            sweep,
            ..Ask::default()
        };
        setup.run(&ask, None);
        let world = &mut *setup.world.borrow_mut();
        let issue = world.latest(Side::Github, &world.nodes(Side::Github)[0]);
        let text = issue.unwrap().seen.field(&FieldKey::BODY).cloned();
        let text = text.unwrap_or_default().as_text().trim_end().to_owned();
        assert_eq!(text, if sweep { "- by a person" } else { "" });
        world.let_pass(200_000);
    }
    let world = setup.world.borrow();
    assert_eq!(world.violations, Vec::<String>::new());
}

/// The engine's loop over virtual time: both services are away for an hour, and it goes on by itself.
#[test]
fn an_hour_without_a_network_is_waited_out() {
    const HOUR: i64 = 3_600_000;
    let mut setup = Setup::calm(15, Policy::Ask, Rules::default(), false);
    open_issue(&setup, "A", &[]);
    setup.heal();
    let start = {
        let world = &mut *setup.world.borrow_mut();
        retitle_page(world, "B");
        let until = world.now + HOUR;
        let kind = OutageKind::Offline;
        world.outages = [Some(Outage { until, kind }); 2];
        world.now
    };
    let (handle, wires, sink) = wires();
    let (mut engine, link) = setup.instance("test", false);
    engine.sink = sink;
    let links = [link];
    let mut handle = Some(handle);
    let server = Server::new(
        &engine,
        &links,
        wires,
        Timetable::every(6 * HOUR),
        Box::new(|| None),
    );
    let is_over = drive(server.serve(), || {
        let world = &mut *setup.world.borrow_mut();
        world.between_polls();
        // Without a handle the loop ends.
        handle.take_if(|_| world.now > start + 2 * HOUR);
        true
    });
    assert!(is_over.is_some());
    let world = setup.world.borrow();
    assert_eq!(titles(&world), ["B", "B"]);
    assert_eq!(world.violations, Vec::<String>::new());
    let runs = world.store.all_records().into_iter();
    let runs = runs.filter(|record| record.kind == RecordKind::Run && record.at.0 >= start);
    let (away, back): (Vec<_>, Vec<_>) = runs.partition(|run| run.outcome == Outcome::Failed);
    assert!((3..=240).contains(&away.len()), "{} attempts", away.len());
    let first = back.first().unwrap();
    assert_eq!(first.outcome, Outcome::Done);
    assert!(away.iter().all(|run| run.at < first.at));
    // The run that goes well may have begun shortly before: a store takes its time, too.
    let late = first.at.0 - start - HOUR;
    let minutes = -5 * 60_000..2 * setup.settings.retry_max;
    assert!(minutes.contains(&late), "{late} ms late");
}

/// The engine's loop waits for its next run when the clock is set back by a day.
#[test]
fn a_clock_set_back_keeps_the_loop_from_nothing() {
    const HOUR: i64 = 3_600_000;
    let mut setup = Setup::calm(21, Policy::Ask, Rules::default(), false);
    open_issue(&setup, "A", &[]);
    setup.heal();
    let start = setup.world.borrow().now;
    let (handle, wires, sink) = wires();
    let (mut engine, link) = setup.instance("test", false);
    engine.sink = sink;
    let links = [link];
    let (mut handle, mut is_set) = (Some(handle), false);
    let server = Server::new(
        &engine,
        &links,
        wires,
        Timetable::every(HOUR),
        Box::new(|| None),
    );
    drive(server.serve(), || {
        let world = &mut *setup.world.borrow_mut();
        world.between_polls();
        if !is_set && world.now > start + HOUR / 2 {
            is_set = true;
            world.skew -= 24 * HOUR;
            retitle_page(world, "B");
        }
        handle.take_if(|_| world.now > start + 5 * HOUR);
        true
    });
    let world = setup.world.borrow();
    assert_eq!(titles(&world), ["B", "B"]);
    assert_eq!(world.violations, Vec::<String>::new());
}
