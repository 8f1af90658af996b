//! The schedule: what runs when, as tables of inputs and decisions, and the laws that no course of events breaks.

use proptest::prelude::*;
use pulse_sync::core::schedule::{
    Batch, Decision, Ended, Left, Load, Reason, Schedule, Scope, Threshold, Timetable, Trouble,
    Waiting, span,
};
use pulse_sync::core::{Side, Time};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

type Plan = Schedule<&'static str>;

/// The defaults without chance.
fn timetable() -> Timetable {
    Timetable {
        jitter: 0,
        ..Timetable::every(HOUR)
    }
}

fn at(ms: i64) -> Time {
    Time(1_000_000_000_000 + ms)
}

fn schedule(links: usize) -> Plan {
    Schedule::new(timetable(), links, at(0))
}

fn load(memory: f64) -> Load {
    Load {
        memory,
        ..Load::default()
    }
}

/// As many samples as it takes to count.
fn press(plan: &mut Plan, load: Load) {
    for _ in 0..3 {
        plan.sampled(load);
    }
}

/// Asks for a decision every few seconds until this time, as the engine does; the last one counts.
fn decide_by(plan: &mut Plan, from: i64, until: i64) -> Decision<&'static str> {
    let mut last = plan.decide(at(from));
    let mut now = from;
    while now < until && matches!(last, Decision::Wait(_)) {
        now = (now + 4 * SECOND).min(until);
        last = plan.decide(at(now));
    }
    last
}

fn runs(decision: &Decision<&'static str>) -> Option<usize> {
    match decision {
        Decision::Run { link, .. } => Some(*link),
        Decision::Wait(_) => None,
    }
}

fn in_step(plan: &mut Plan, link: usize, now: i64) {
    plan.ended(link, at(now), Ended::InStep, None, 0);
}

fn told(plan: &Plan, link: usize, now: i64) -> String {
    plan.waiting(link, at(now))
        .sentence(at(now), &|time| format!("<{}>", time.since(at(0)) / SECOND))
}

#[test]
fn every_end_of_a_run_has_its_next_time_and_its_words() {
    let limited = Ended::Limited {
        side: Side::Notion,
        until: at(41 * SECOND),
        note: String::new(),
    };
    let away = Ended::StoreAway {
        store: "MongoDB".to_owned(),
        trouble: Trouble::Unreachable,
        message: "no server".to_owned(),
        again: 30 * SECOND,
    };
    let failed = Ended::Failed {
        message: "GitHub says no".to_owned(),
        again: 8 * SECOND,
    };
    let busy = Ended::Busy {
        holder: "desk".to_owned(),
        until: at(60 * SECOND),
    };
    let due = Some(at(20 * SECOND));
    for (ended, next_due, next, words) in [
        (Ended::InStep, None, HOUR, "the interval, in 1 h"),
        (
            Ended::InStep,
            due,
            20 * SECOND,
            "an item is due again, in 20 s",
        ),
        (Ended::Backlog(7), None, 250, "7 more queued, in 1 s"),
        (Ended::Backlog(7), due, 250, "7 more queued, in 1 s"),
        (limited.clone(), None, 41 * SECOND, "Notion limit, 41 s"),
        (limited, due, 41 * SECOND, "Notion limit, 41 s"),
        (
            away.clone(),
            None,
            30 * SECOND,
            "MongoDB unreachable since <0>, tried again in 30 s",
        ),
        (
            away,
            due,
            30 * SECOND,
            "MongoDB unreachable since <0>, tried again in 30 s",
        ),
        (
            failed,
            None,
            8 * SECOND,
            "GitHub says no, tried again in 8 s",
        ),
        (busy, due, 60 * SECOND, "desk runs it, in 1 min"),
    ] {
        let mut plan = schedule(1);
        assert_eq!(runs(&plan.decide(at(0))), Some(0), "due at start");
        plan.ended(0, at(0), ended, next_due, 0);
        assert_eq!(plan.decide(at(0)), Decision::Wait(at(next)), "{words}");
        assert_eq!(told(&plan, 0, 0), words);
        assert_eq!(runs(&decide_by(&mut plan, 0, next - 1)), None, "{words}");
        assert_eq!(runs(&plan.decide(at(next))), Some(0), "{words}");
    }
}

#[test]
fn memory_defers_with_hysteresis_says_why_and_returns() {
    let mut plan = schedule(1);
    plan.sampled(load(0.83));
    plan.sampled(load(0.83));
    assert_eq!(runs(&plan.decide(at(0))), Some(0), "two samples are chance");
    in_step(&mut plan, 0, 0);
    press(&mut plan, load(0.83));
    let over = decide_by(&mut plan, 0, 5 * HOUR - 1);
    assert_eq!(runs(&over), None, "deferred for as long as allowed");

    let mut plan = schedule(1);
    press(&mut plan, load(0.83));
    assert_eq!(plan.decide(at(0)), Decision::Wait(at(30 * SECOND)));
    assert_eq!(
        told(&plan, 0, 0),
        "memory 83 % > 70 %, checked again in 30 s"
    );
    assert_eq!(
        told(&plan, 0, 9 * SECOND),
        "memory 83 % > 70 %, checked again in 21 s"
    );
    // Between the thresholds it stays as it is.
    press(&mut plan, load(0.65));
    assert_eq!(runs(&decide_by(&mut plan, 0, 31 * SECOND)), None);
    assert!(told(&plan, 0, 31 * SECOND).starts_with("memory 65 % > 60 %, checked again in"));
    plan.sampled(load(0.5));
    plan.sampled(load(0.61));
    plan.sampled(load(0.5));
    plan.sampled(load(0.5));
    assert_eq!(
        runs(&decide_by(&mut plan, 32 * SECOND, 70 * SECOND)),
        None,
        "not in a row"
    );
    assert!(told(&plan, 0, 70 * SECOND).starts_with("memory 50 %, to stay below 60 %"));
    plan.sampled(load(0.5));
    assert_eq!(
        runs(&decide_by(&mut plan, 71 * SECOND, 130 * SECOND)),
        Some(0)
    );
}

#[test]
fn the_cores_and_our_own_memory_defer_too() {
    let cpu = Load {
        cpu: 0.97,
        ..Load::default()
    };
    let own = Load {
        own: 500 << 20,
        ..Load::default()
    };
    let container = Load {
        memory: 0.9,
        scope: Scope::Container,
        ..Load::default()
    };
    for (load, words) in [
        (cpu, "CPU 97 % > 90 %, checked again in 30 s"),
        (own, "own memory 500M > 256M, checked again in 30 s"),
        (
            container,
            "container memory 90 % > 70 %, checked again in 30 s",
        ),
    ] {
        let mut plan = schedule(1);
        press(&mut plan, load);
        assert_eq!(runs(&plan.decide(at(0))), None, "{words}");
        assert_eq!(told(&plan, 0, 0), words);
        assert!(plan.waiting(0, at(0)).reason.is_deferral());
    }
}

#[test]
fn batches_shrink_before_anything_is_deferred() {
    let memory = |memory| load(memory);
    let own = |mb: u64| Load {
        own: mb << 20,
        ..Load::default()
    };
    for (load, items, page) in [
        (memory(0.60), 100, 100),
        (memory(0.64), 50, 100),
        (memory(0.69), 25, 100),
        (own(190), 100, 100),
        (own(230), 50, 50),
        (own(300), 10, 25),
    ] {
        let mut plan = schedule(1);
        press(&mut plan, load);
        let Decision::Run { batch, .. } = plan.decide(at(0)) else {
            panic!("deferred by {load:?}");
        };
        assert_eq!(batch, Batch { items, page }, "{load:?}");
    }
    assert_eq!(Batch::of(25, 50), 12);
    assert_eq!(Batch::of(10, 3), 1, "never nothing");
}

#[test]
fn the_interval_stretches_with_the_pressure_and_shrinks_again() {
    let mut plan = schedule(1);
    in_step(&mut plan, 0, 0);
    for (memory, next) in [
        (0.60, HOUR),
        (0.65, HOUR * 3 / 2),
        (0.70, HOUR * 2),
        (0.85, HOUR * 3),
        (1.00, HOUR * 4),
        (0.30, HOUR),
    ] {
        plan.sampled(load(memory));
        assert_eq!(plan.decide(at(0)), Decision::Wait(at(next)), "{memory}");
    }
    plan.sampled(load(0.65));
    assert_eq!(
        told(&plan, 0, 0),
        "the interval, 150 % as long: memory 65 % > 60 %, in 1 h 30 min"
    );
}

#[test]
fn a_threshold_of_all_there_is_never_counts() {
    let never = Threshold {
        enter: 1.0,
        leave: 0.5,
    };
    let timetable = Timetable {
        memory: never,
        cpu: never,
        ..timetable()
    };
    let mut plan: Plan = Schedule::new(timetable, 1, at(0));
    let full = Load {
        memory: 1.0,
        cpu: 1.0,
        ..Load::default()
    };
    press(&mut plan, full);
    let Decision::Run { batch, .. } = plan.decide(at(0)) else {
        panic!("deferred");
    };
    assert_eq!(batch, Batch::FULL);
    in_step(&mut plan, 0, 0);
    assert_eq!(plan.decide(at(0)), Decision::Wait(at(HOUR)));
}

#[test]
fn a_budget_that_runs_low_stretches_the_interval() {
    let mut plan = schedule(1);
    in_step(&mut plan, 0, 0);
    let left = |left| Left {
        requests: Some((left, 5_000)),
    };
    for (requests, next) in [(1_000, HOUR), (999, 2 * HOUR)] {
        plan.budgets([left(requests), Left::default()]);
        assert_eq!(plan.decide(at(0)), Decision::Wait(at(next)));
    }
    assert!(told(&plan, 0, 0).contains("a service's limit is nearly used up"));
}

#[test]
fn the_longest_deferral_is_honoured_with_a_small_run() {
    let mut plan = schedule(1);
    press(&mut plan, load(0.99));
    assert_eq!(runs(&decide_by(&mut plan, 0, 4 * HOUR - 1)), None);
    let Decision::Run {
        link: 0,
        ask: None,
        batch,
        why,
    } = plan.decide(at(4 * HOUR))
    else {
        panic!("it starves");
    };
    assert_eq!(batch, Batch::LEAST);
    assert_eq!(why, Reason::Longest { since: at(0) });
    assert_eq!(
        why.words(&|_| "14:20".to_owned()),
        "deferred since 14:20, as long as allowed"
    );
}

#[test]
fn what_is_asked_for_goes_first_even_under_pressure() {
    let mut plan = schedule(3);
    press(&mut plan, load(0.99));
    plan.ask(2, "first");
    plan.ask(1, "second");
    for (link, ask) in [(2, "first"), (1, "second")] {
        let Decision::Run {
            link: run,
            ask: Some(asked),
            batch,
            why,
        } = plan.decide(at(0))
        else {
            panic!("{ask} does not run");
        };
        assert_eq!(
            (run, asked, batch, why),
            (link, ask, Batch::FULL, Reason::Asked)
        );
        in_step(&mut plan, link, 0);
    }
    assert_eq!(runs(&plan.decide(at(0))), None, "the rest waits");
}

#[test]
fn what_is_asked_for_waits_for_a_limit_and_lets_others_go_ahead() {
    let mut plan = schedule(2);
    let limited = Ended::Limited {
        side: Side::Github,
        until: at(60 * SECOND),
        note: "search".to_owned(),
    };
    plan.ended(0, at(0), limited, None, 0);
    in_step(&mut plan, 1, 0);
    plan.ask(0, "limited");
    plan.ask(1, "free");
    assert_eq!(runs(&plan.decide(at(0))), Some(1));
    in_step(&mut plan, 1, 0);
    assert_eq!(plan.decide(at(0)), Decision::Wait(at(60 * SECOND)));
    assert_eq!(
        told(&plan, 0, 0),
        "GitHub limit (what you asked for goes first then), 1 min"
    );
    let Decision::Run {
        ask: Some("limited"),
        ..
    } = decide_by(&mut plan, 0, 60 * SECOND)
    else {
        panic!("it was forgotten");
    };
}

#[test]
fn links_take_turns_whatever_their_backlog() {
    let mut plan = schedule(3);
    let mut order = Vec::new();
    let mut now = 0;
    for _ in 0..9 {
        let run = decide_by(&mut plan, now, now + 4 * SECOND);
        let link = runs(&run).expect("there is always more");
        order.push(link);
        now += 5 * SECOND;
        plan.ended(link, at(now), Ended::Backlog(1_000), None, 0);
    }
    assert_eq!(order, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
}

#[test]
fn after_sleep_there_is_one_run_and_not_the_missed_ones() {
    let mut plan = schedule(1);
    in_step(&mut plan, 0, 0);
    plan.decide(at(0));
    let Decision::Run { why, .. } = plan.decide(at(10 * 60 * SECOND)) else {
        panic!("it goes on sleeping");
    };
    assert_eq!(
        why.words(&|_| String::new()),
        "the machine was away for 10 min"
    );
    in_step(&mut plan, 0, 10 * 60 * SECOND);
    assert_eq!(
        plan.decide(at(10 * 60 * SECOND)),
        Decision::Wait(at(10 * 60 * SECOND + HOUR))
    );
    // A limit holds through sleep.
    let until = at(40 * 60 * SECOND);
    let note = String::new();
    plan.ended(
        0,
        at(600 * SECOND),
        Ended::Limited {
            side: Side::Github,
            until,
            note,
        },
        None,
        0,
    );
    assert_eq!(plan.decide(at(1_200 * SECOND)), Decision::Wait(until));
}

#[test]
fn a_clock_that_is_set_back_puts_nothing_off_for_long() {
    let mut plan = schedule(1);
    in_step(&mut plan, 0, 0);
    let Decision::Wait(until) = plan.decide(at(-1_000 * HOUR)) else {
        panic!("it is not due");
    };
    assert!(until <= at(-998 * HOUR), "{until:?}");
}

#[test]
fn somebody_who_looks_sees_changes_sooner_and_is_told_so() {
    let mut plan = schedule(1);
    in_step(&mut plan, 0, 0);
    plan.focus(true);
    assert_eq!(plan.decide(at(0)), Decision::Wait(at(60 * SECOND)));
    assert_eq!(
        told(&plan, 0, 0),
        "looked at more often while you look, in 1 min"
    );
    plan.focus(false);
    assert_eq!(plan.decide(at(0)), Decision::Wait(at(HOUR)));
    assert_eq!(told(&plan, 0, 0), "the interval, in 1 h");
}

#[test]
fn a_pause_is_told_with_its_time_and_reading_goes_on() {
    let mut plan = schedule(1);
    in_step(&mut plan, 0, 0);
    plan.pause(Some(at(14 * SECOND)));
    assert_eq!(told(&plan, 0, 20 * SECOND), "paused by you since <14>");
    assert_eq!(runs(&decide_by(&mut plan, 0, HOUR)), Some(0));
}

#[test]
fn hints_and_answers_bring_a_run_forward_but_never_back() {
    let mut plan = schedule(2);
    in_step(&mut plan, 0, 0);
    in_step(&mut plan, 1, 0);
    plan.hint(1, at(5 * SECOND));
    assert_eq!(runs(&plan.decide(at(5 * SECOND))), Some(1));
    in_step(&mut plan, 1, 5 * SECOND);
    plan.resume(at(6 * SECOND));
    assert_eq!(runs(&plan.decide(at(6 * SECOND))), Some(0));
    in_step(&mut plan, 0, 6 * SECOND);
    assert_eq!(runs(&plan.decide(at(6 * SECOND))), Some(1));
    plan.ended(1, at(7 * SECOND), Ended::Backlog(1), None, 0);
    plan.hint(1, at(8 * SECOND));
    assert_eq!(plan.waiting(1, at(8 * SECOND)).until, at(7 * SECOND + 250));
}

#[test]
fn starts_are_spread() {
    let spread = |roll| {
        let mut plan: Plan = Schedule::new(Timetable::every(HOUR), 1, at(0));
        plan.ended(0, at(0), Ended::InStep, None, roll);
        plan.waiting(0, at(0)).until.since(at(0))
    };
    let least = spread(0);
    let most = spread(2 * 180_000);
    assert_eq!((least, most), (HOUR - 180 * SECOND, HOUR + 180 * SECOND));
    assert_eq!(spread(u64::MAX / 7), spread(u64::MAX / 7));
}

#[test]
fn the_store_is_away_since_the_first_time() {
    let mut plan = schedule(1);
    let away = || Ended::StoreAway {
        store: "MongoDB".to_owned(),
        trouble: Trouble::Unreachable,
        message: "gone".to_owned(),
        again: 10 * SECOND,
    };
    plan.ended(0, at(0), away(), None, 0);
    plan.ended(0, at(10 * SECOND), away(), None, 0);
    assert_eq!(
        told(&plan, 0, 10 * SECOND),
        "MongoDB unreachable since <0>, tried again in 10 s"
    );
    in_step(&mut plan, 0, 20 * SECOND);
    plan.ended(0, at(30 * SECOND), away(), None, 0);
    assert!(told(&plan, 0, 30 * SECOND).contains("since <30>"));
}

#[test]
fn a_store_that_is_away_before_any_run_is_what_a_link_waits_for() {
    let mut plan = schedule(2);
    let limited = Ended::Limited {
        side: Side::Notion,
        until: at(41 * SECOND),
        note: String::new(),
    };
    plan.ended(1, at(0), limited, None, 0);
    plan.store_away("MongoDB", Trouble::Unreachable, at(0), at(0), 10 * SECOND);
    assert_eq!(
        told(&plan, 0, 0),
        "MongoDB unreachable since <0>, tried again in 10 s"
    );
    assert_eq!(told(&plan, 1, 0), "Notion limit, 41 s");
    // What is told once stands until it is tried.
    plan.store_away(
        "MongoDB",
        Trouble::Unreachable,
        at(0),
        at(4 * SECOND),
        10 * SECOND,
    );
    assert!(told(&plan, 0, 4 * SECOND).ends_with("in 6 s"));
    assert_eq!(
        told(&plan, 0, 10 * SECOND),
        "MongoDB unreachable since <0>, being tried now"
    );
    plan.store_away(
        "MongoDB",
        Trouble::Unreachable,
        at(0),
        at(13 * SECOND),
        20 * SECOND,
    );
    assert!(told(&plan, 0, 13 * SECOND).ends_with("in 20 s"));
    // Another trouble is said at once.
    for (trouble, words) in [
        (
            Trouble::NoWrites,
            "MongoDB answers no writes since <0>, tried again in 20 s",
        ),
        (
            Trouble::Login,
            "MongoDB refuses the login since <0>, tried again in 20 s; the log says what to do",
        ),
        (
            Trouble::Right,
            "MongoDB denies a right since <0>, tried again in 20 s; the log says what to do",
        ),
    ] {
        plan.store_away("MongoDB", trouble, at(0), at(14 * SECOND), 20 * SECOND);
        assert_eq!(told(&plan, 0, 14 * SECOND), words);
    }
}

#[test]
fn a_pause_is_said_before_what_defers() {
    let mut plan = schedule(1);
    press(&mut plan, load(0.95));
    assert!(matches!(plan.decide(at(0)), Decision::Wait(_)));
    assert!(told(&plan, 0, 0).starts_with("memory 95 %"));
    plan.pause(Some(at(-5 * SECOND)));
    assert_eq!(told(&plan, 0, 0), "paused by you since <-5>");
    plan.pause(None);
    assert!(told(&plan, 0, 0).starts_with("memory 95 %"));
}

#[test]
fn spans_are_said_as_people_say_them() {
    for (ms, words) in [
        (-5, "0 s"),
        (1, "1 s"),
        (41_000, "41 s"),
        (60_000, "1 min"),
        (90_500, "1 min 31 s"),
        (HOUR, "1 h"),
        (HOUR + 1, "1 h 1 min"),
        (i64::MAX, "2562047788015 h 13 min"),
    ] {
        assert_eq!(span(ms), words, "{ms}");
    }
    let waiting = Waiting {
        until: at(0),
        reason: Reason::Busy("ada".to_owned()),
    };
    assert_eq!(
        waiting.sentence(at(5), &|_| String::new()),
        "ada runs it, in 0 s"
    );
}

/// What may happen to a schedule.
#[derive(Clone, Debug)]
enum Event {
    Sample(f64, f64, u64),
    Ask(usize),
    Hint(usize),
    Focus(bool),
    Pass(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        (0.0..1.0f64, 0.0..1.0f64, 0..1u64 << 30).prop_map(|(m, c, o)| Event::Sample(m, c, o)),
        (0..3usize).prop_map(Event::Ask),
        (0..3usize).prop_map(Event::Hint),
        any::<bool>().prop_map(Event::Focus),
        (0..30 * SECOND).prop_map(Event::Pass),
    ];
    prop::collection::vec(event, 0..400)
}

fn ending(roll: u8, now: i64) -> Ended {
    match roll % 5 {
        0 => Ended::Backlog(3),
        1 => Ended::Limited {
            side: Side::Notion,
            until: at(now + 40 * SECOND),
            note: String::new(),
        },
        2 => Ended::Failed {
            message: "no".to_owned(),
            again: 20 * SECOND,
        },
        _ => Ended::InStep,
    }
}

proptest! {
    /// Whatever happens, every link runs at least once in an interval and the longest deferral; nothing that was asked
    /// for is forgotten or runs twice; and whoever waits until the time that was told finds something to do or a later
    /// time, never the same one again.
    #[test]
    fn nothing_starves_and_nothing_spins(events in events(), ends in prop::collection::vec(any::<u8>(), 64)) {
        const INTERVAL: i64 = 60 * SECOND;
        let timetable = Timetable { jitter: 5, ..Timetable::every(INTERVAL) };
        let mut plan: Schedule<usize> = Schedule::new(timetable, 3, at(0));
        let mut now = 0;
        let mut last = [0; 3];
        let (mut asked, mut done, mut runs) = (0usize, 0usize, 0usize);
        for event in events {
            match event {
                Event::Sample(memory, cpu, own) => plan.sampled(Load { memory, cpu, own, scope: Scope::Machine }),
                Event::Ask(link) => { plan.ask(link, asked); asked += 1; }
                Event::Hint(link) => plan.hint(link, at(now)),
                Event::Focus(on) => plan.focus(on),
                Event::Pass(ms) => now += ms,
            }
            for _ in 0..100 {
                match plan.decide(at(now)) {
                    Decision::Run { link, ask, .. } => {
                        last[link] = now;
                        done += usize::from(ask.is_some());
                        let roll = ends[runs % ends.len()];
                        runs += 1;
                        plan.ended(link, at(now), ending(roll, now), None, u64::from(roll) * 7_919);
                    }
                    Decision::Wait(until) => {
                        prop_assert!(until > at(now), "it would spin");
                        break;
                    }
                }
            }
            for (link, ran) in last.iter().enumerate() {
                let gap = now - ran;
                prop_assert!(gap <= 6 * INTERVAL, "link {link} waits for {gap} ms");
            }
        }
        prop_assert_eq!(asked - done, plan.asked().count());
    }
}
