//! Two machines that both believe they lead: the one at work is stopped for longer than its lease lasts, the other one
//! takes over and works on the same items, and then the first one is woken and goes on where it was.

use std::time::{Duration, Instant};

use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::notion::http::{FaultKind as PageFault, Rule};

use crate::group::{Group, Machine, PATIENCE, until};
use crate::people::{People, assert_whole, group};
use crate::rig::Rig;
use crate::watched::{Watched, in_order, until_at_work};

const SEED: u64 = 31;
const STOPS: usize = 10;
/// So many have to fall while a write was begun and not ended.
const IN_FLIGHT: usize = 7;
/// How late an answer is. Less than `flight`: what is on its way longer is no longer in doubt.
const LATE: Duration = Duration::from_secs(1);

/// The moment at which the leader is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Notion changed a page, and its answer is on the way.
    PageChanged,
    /// A change of an issue is on its way to GitHub, and is made while the leader is stopped.
    IssueToChange,
    /// Notion made a page, and its answer is on the way.
    PageMade,
    /// An issue is on its way to GitHub, and is made while the leader is stopped.
    IssueToMake,
    /// Any, shortly after a write.
    Any,
}

const MOMENTS: [Moment; 5] = [
    Moment::PageChanged,
    Moment::IssueToChange,
    Moment::PageMade,
    Moment::IssueToMake,
    Moment::Any,
];

impl Moment {
    /// Orders one late answer.
    fn order(self, rig: &Rig) {
        let late = |method: &str, path: &str| {
            let fault = HubFault::Delay(LATE);
            let mut front = rig.small.github.front.lock();
            front.faults.add(method, path, 1, fault);
        };
        let late_page = |method: &str| {
            let ms = u64::try_from(LATE.as_millis()).unwrap();
            let method = method.parse().unwrap();
            let rule = Rule::once(method, "/v1/pages", PageFault::Delay(ms));
            rig.small.notion.shared.lock().faults.add(rule);
        };
        match self {
            Self::PageChanged => late_page("PATCH"),
            Self::PageMade => late_page("POST"),
            Self::IssueToChange => late("PATCH", "/repos/*/issues/*"),
            Self::IssueToMake => late("POST", "/repos/*/issues"),
            Self::Any => {}
        }
    }

    /// Whether the request whose answer is late has come in, given what there was before. Cheap: it is asked all the
    /// time, and must not keep the services from their work.
    fn has_come(self, rig: &Rig, (operations, writes): (usize, u64)) -> bool {
        let notion_has = |method: &str| {
            let service = rig.small.notion.shared.lock();
            let new = service.operations.iter().skip(operations);
            let mut new = new.filter(|one| one.method.as_str() == method);
            new.any(|one| one.path.starts_with("/v1/pages"))
        };
        match self {
            Self::PageChanged => notion_has("PATCH"),
            Self::PageMade => notion_has("POST"),
            Self::IssueToChange | Self::IssueToMake => {
                rig.small.github.front.lock().faults.is_empty()
            }
            Self::Any => rig.writes().0 + rig.writes().1 > writes,
        }
    }
}

/// How many requests Notion noted down, and how many writes both services carried out.
fn so_far(rig: &Rig) -> (usize, u64) {
    let (github, notion) = rig.writes();
    let service = rig.small.notion.shared.lock();
    (service.operations.len(), github + notion)
}

/// What one stop met and led to.
struct Stop {
    moment: Moment,
    /// Intents that were open.
    open: usize,
    /// Writes of the other one before the first was woken.
    meanwhile: u64,
    /// Writes that the woken one began, and ended, before it knew that it does not lead.
    after: (usize, usize),
    /// Whether it went on with anything.
    went_on: bool,
    succeeded: Duration,
}

/// Stops the leader at a moment.
fn stop_at(group: &Group, watched: &Watched, people: &People, leader: &Machine, moment: Moment) {
    let rig = &group.rig;
    until_at_work(group, watched);
    match moment {
        Moment::PageMade => people.make(rig, true),
        Moment::IssueToMake => people.make(rig, false),
        _ => {}
    }
    let before = so_far(rig);
    moment.order(rig);
    let (started, mut rung) = (Instant::now(), Instant::now());
    group.ring();
    // Not `until`: that one sleeps too long.
    while !moment.has_come(rig, before) {
        assert!(started.elapsed() < PATIENCE, "never: {moment:?}");
        if rung.elapsed() > Duration::from_millis(200) {
            group.ring();
            rung = Instant::now();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    leader.signal("-STOP");
}

/// Writes that a machine told to have begun, and to have ended.
fn told_by(machine: &Machine) -> (usize, usize) {
    let count = |kind: &str| machine.said(&format!("\"kind\":\"{kind}\""));
    (count("intent"), count("write"))
}

fn stop_many(group: &Group, watched: &Watched, people: &People) -> Vec<Stop> {
    let mut chance = fastrand::Rng::with_seed(SEED);
    let mut pair = (group.start("laptop"), group.start("studio"));
    let mut stops = Vec::new();
    while stops.len() < STOPS {
        let (mut leader, mut follower) = in_order(group, pair.0, pair.1);
        assert!(leader.is_alive() && follower.is_alive());
        let moment = MOMENTS[stops.len() % MOMENTS.len()];
        stop_at(group, watched, people, &leader, moment);
        let open = group.open_intents();
        let succeeded = group.until_led_by(&follower);
        let before = watched.writes();
        if stops.len().is_multiple_of(2) {
            // It is woken while the other one is busy with the rest.
            let some = before + chance.u64(1..8);
            until("the other one works", || watched.writes() >= some);
        } else {
            // It is woken when the other one has ended what the first one had begun.
            until("what was begun is ended", || {
                let now = group.open_intents();
                open.iter()
                    .all(|(pair, intent)| now.get(pair) != Some(intent))
            });
        }
        let (meanwhile, told) = (watched.writes() - before, told_by(&leader));
        let lines = leader.said("\"event\"");
        leader.signal("-CONT");
        // It goes on for as long as it takes it to see that its lease is over.
        until_at_work(group, watched);
        std::thread::sleep(Duration::from_millis(chance.u64(200..1_000)));
        let after = told_by(&leader);
        let went_on = leader.said("\"event\"") > lines;
        stops.push(Stop {
            moment,
            open: open.len(),
            meanwhile,
            after: (after.0 - told.0, after.1 - told.1),
            went_on,
            succeeded,
        });
        pair = (leader, follower);
    }
    // 1 where a write was in doubt just then.
    for machine in [pair.0, pair.1] {
        assert!(matches!(machine.stop(), Some(0 | 1)));
    }
    stops
}

fn tell(stops: &[Stop]) {
    for stop in stops {
        eprintln!(
            "{:?}: {} writes begun and not ended; taken over after {} ms, {} writes by the other one; the woken \
             one began {} and ended {}",
            stop.moment,
            stop.open,
            stop.succeeded.as_millis(),
            stop.meanwhile,
            stop.after.0,
            stop.after.1
        );
    }
}

#[test]
fn two_that_believe_they_lead_lose_and_double_nothing() {
    let group = group("\"2s\"");
    let (people, watched) = (People::default(), Watched::default());
    let stops = std::thread::scope(|scope| {
        let _home = people.until_dropped();
        scope.spawn(|| people.work(&group.rig, SEED));
        scope.spawn(|| watched.watch(&group.rig, &people));
        stop_many(&group, &watched, &people)
    });
    tell(&stops);
    eprintln!(
        "people made {} edits and {} items",
        people.edits(),
        people.made()
    );
    let in_flight = stops.iter().filter(|stop| stop.open > 0).count();
    assert!(
        in_flight >= IN_FLIGHT,
        "only {in_flight} stops fell into a write"
    );
    assert!(
        stops.iter().any(|stop| stop.went_on),
        "no woken one went on"
    );
    until("nobody leads", || group.leader().is_none());
    assert_whole(&group, &people);
}
