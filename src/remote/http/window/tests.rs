//! Tables for the budget.

use super::*;

fn refusal(seconds: Option<i64>) -> Signals {
    Signals {
        refusal: Some(Refusal {
            pause: seconds.map(|seconds| seconds * SECOND),
            reason: "too many".to_owned(),
            ours: true,
        }),
        ..Signals::default()
    }
}

fn hourly(limit: u32, left: u32, resets_at: i64) -> Signals {
    Signals {
        primary: Some(Primary {
            limit,
            left,
            resets_at: Time(resets_at),
        }),
        ..Signals::default()
    }
}

/// Admits and answers at once.
fn spend(window: &mut Window, now: i64, spend: Spend) -> Result<(), i64> {
    let ticket = window
        .admit(Time(now), spend)
        .map_err(|wait| wait.until.0)?;
    window.answered(Time(now), ticket, &Signals::default());
    Ok(())
}

#[test]
fn notions_window_may_be_spent_in_one_burst_and_never_exceeds_it_in_any_minute() {
    let mut window = Window::new(Rules::notion(180));
    let mut sent = Vec::new();
    // Ask every 100 ms for five minutes: always eager.
    for now in (0..5 * MINUTE).step_by(100) {
        while spend(&mut window, now, Spend::Read).is_ok() {
            sent.push(now);
        }
    }
    assert_eq!(sent.iter().filter(|at| **at == 0).count(), 180, "one burst");
    for start in (0..4 * MINUTE).step_by(1_000) {
        let inside = sent
            .iter()
            .filter(|at| (start..start + MINUTE).contains(*at))
            .count();
        assert!(inside <= 180, "{inside} from {start}");
    }
    assert_eq!(sent.len(), 5 * 180, "and the whole budget was used");
}

#[test]
fn a_request_counts_from_its_answer() {
    let mut window = Window::new(Rules::notion(1));
    let ticket = window.admit(Time(0), Spend::Read).unwrap();
    window.answered(Time(5_000), ticket, &Signals::default());
    assert_eq!(
        window.admit(Time(61_000), Spend::Read).unwrap_err().until,
        Time(65_000)
    );
    assert!(window.admit(Time(65_000), Spend::Read).is_ok());
}

#[test]
fn the_wait_is_until_enough_has_passed() {
    let mut window = Window::new(Rules::github().without_gap());
    for at in 0..60 {
        assert_eq!(spend(&mut window, at * 10, Spend::Write), Ok(()), "{at}");
    }
    for at in 60..660 {
        assert_eq!(spend(&mut window, at * 10, Spend::Read), Ok(()), "{at}");
    }
    // 900 points are used. A read needs one more, a write five; the first write gives five back.
    assert_eq!(spend(&mut window, 7_000, Spend::Read), Err(MINUTE));
    assert_eq!(spend(&mut window, 7_000, Spend::Query), Err(MINUTE));
    assert_eq!(spend(&mut window, MINUTE, Spend::Write), Ok(()));
    assert_eq!(spend(&mut window, MINUTE, Spend::Write), Err(MINUTE + 10));
}

#[test]
fn writes_have_limits_of_their_own() {
    let mut window = Window::new(Rules::github().without_gap());
    for _ in 0..80 {
        assert_eq!(spend(&mut window, 0, Spend::Write), Ok(()));
    }
    assert_eq!(spend(&mut window, 0, Spend::Write), Err(MINUTE));
    assert_eq!(spend(&mut window, 0, Spend::Read), Ok(()));
    let mut made = 80;
    for now in (0..HOUR).step_by(1_000) {
        if spend(&mut window, now, Spend::Write).is_ok() {
            made += 1;
        }
    }
    assert_eq!(made, 500);
    assert!(window.admit(Time(HOUR), Spend::Write).is_ok());
}

#[test]
fn writes_keep_a_second_apart_and_reads_do_not() {
    let mut window = Window::new(Rules::github());
    assert_eq!(spend(&mut window, 0, Spend::Write), Ok(()));
    assert_eq!(spend(&mut window, 10, Spend::Read), Ok(()));
    assert_eq!(spend(&mut window, 10, Spend::Write), Err(1_000));
    assert_eq!(spend(&mut window, 1_000, Spend::Write), Ok(()));
}

#[test]
fn a_pause_is_kept_to_the_second_and_never_shortened() {
    let mut window = Window::new(Rules::notion(180));
    let first = window.admit(Time(0), Spend::Read).unwrap();
    let second = window.admit(Time(0), Spend::Read).unwrap();
    let third = window.admit(Time(0), Spend::Read).unwrap();
    window.answered(Time(100), first, &refusal(Some(30)));
    window.answered(Time(200), second, &refusal(Some(2)));
    window.answered(Time(300), third, &Signals::default());
    assert_eq!(spend(&mut window, 30_099, Spend::Read), Err(30_100));
    assert_eq!(window.budget(Time(30_099)).left, 0);
    assert_eq!(spend(&mut window, 30_100, Spend::Read), Ok(()));
}

#[test]
fn limits_without_a_time_pause_longer_each_time() {
    let mut window = Window::new(Rules::github());
    let mut now = 0;
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        let ticket = window.admit(Time(now), Spend::Read).unwrap();
        window.answered(Time(now), ticket, &refusal(None));
        assert_eq!(
            spend(&mut window, now, Spend::Read),
            Err(now + minutes * MINUTE)
        );
        now += minutes * MINUTE;
    }
    assert_eq!(spend(&mut window, now, Spend::Read), Ok(()));
    let ticket = window.admit(Time(now), Spend::Read).unwrap();
    window.answered(Time(now), ticket, &refusal(None));
    assert_eq!(spend(&mut window, now, Spend::Read), Err(now + MINUTE));
}

#[test]
fn the_hourly_budget_comes_with_the_answers() {
    let mut window = Window::new(Rules::github());
    assert_eq!(window.budget(Time(0)).limit, 0, "not known yet");
    let ticket = window.admit(Time(0), Spend::Read).unwrap();
    window.answered(Time(0), ticket, &hourly(5_000, 2, HOUR));
    assert_eq!(window.budget(Time(0)).left, 2);
    // Two fit, on their way or answered; a 304 gives its point back.
    let unchanged = window.admit(Time(1), Spend::Read).unwrap();
    window.answered(Time(1), unchanged, &hourly(5_000, 2, HOUR));
    assert!(window.admit(Time(2), Spend::Read).is_ok());
    assert!(window.admit(Time(2), Spend::Read).is_ok());
    assert_eq!(
        window.admit(Time(2), Spend::Read).unwrap_err().until,
        Time(HOUR)
    );
    assert!(
        window.admit(Time(2), Spend::Query).is_ok(),
        "GraphQL has its own"
    );
    assert!(window.admit(Time(HOUR), Spend::Read).is_ok());
    assert_eq!(window.budget(Time(HOUR)).left, 5_000);
}

#[test]
fn refusals_within_the_rules_lower_notions_limit_for_a_while() {
    let mut window = Window::new(Rules::notion(180));
    for round in 0..2 {
        let start = round * 2 * MINUTE;
        for _ in 0..60 {
            assert_eq!(spend(&mut window, start, Spend::Read), Ok(()));
        }
        let ticket = window.admit(Time(start), Spend::Read).unwrap();
        window.answered(Time(start), ticket, &refusal(Some(1)));
        let expected = if round == 0 { 180 } else { 60 };
        assert_eq!(window.budget(Time(start + MINUTE)).limit, expected);
    }
    assert_eq!(
        window.budget(Time(13 * MINUTE)).limit,
        180,
        "and only for a while"
    );
}

#[test]
fn one_early_refusal_after_a_start_lowers_nothing() {
    let mut window = Window::new(Rules::notion(180));
    let ticket = window.admit(Time(0), Spend::Read).unwrap();
    window.answered(Time(0), ticket, &refusal(Some(60)));
    assert_eq!(window.budget(Time(MINUTE)).limit, 180);
}

#[test]
fn a_clock_that_is_set_back_freezes_nothing() {
    let mut window = Window::new(Rules::notion(1));
    let now = 10 * HOUR;
    let ticket = window.admit(Time(now), Spend::Read).unwrap();
    window.answered(Time(now), ticket, &refusal(Some(30)));
    let back = now - 5 * HOUR;
    assert_eq!(spend(&mut window, back, Spend::Read), Err(back + 30_000));
    assert_eq!(spend(&mut window, back + MINUTE, Spend::Read), Ok(()));
}

#[test]
fn an_unanswered_request_stays_counted() {
    let mut window = Window::new(Rules::notion(1));
    let lost = window.admit(Time(0), Spend::Read).unwrap();
    window.lost(Time(70_000), lost);
    assert_eq!(spend(&mut window, 80_000, Spend::Read), Err(130_000));
    assert_eq!(window.budget(Time(130_000)).made, 1);
}

/// Ends a process at `now` and starts the next one, through the text that is stored.
fn restarted(window: &Window, now: i64) -> Window {
    let text = serde_json::to_string(&window.memory(Time(now))).unwrap();
    let mut next = Window::new(window.rules.clone());
    next.recall(serde_json::from_str(&text).unwrap());
    next
}

#[test]
fn processes_one_after_the_other_keep_the_limit_together() {
    let mut window = Window::new(Rules::notion(180));
    let mut sent = Vec::new();
    // A new process every 7 s for five minutes, each as eager as can be.
    for now in (0..5 * MINUTE).step_by(100) {
        if now % 7_000 == 0 {
            window = restarted(&window, now);
        }
        while spend(&mut window, now, Spend::Read).is_ok() {
            sent.push(now);
        }
    }
    for start in (0..4 * MINUTE).step_by(500) {
        let inside = sent
            .iter()
            .filter(|at| (start..start + MINUTE).contains(*at))
            .count();
        assert!(inside <= 180, "{inside} from {start}");
    }
    assert!(sent.len() >= 4 * 180, "{} were sent", sent.len());
}

#[test]
fn what_was_on_its_way_when_a_process_ended_counts_from_its_end() {
    let mut window = Window::new(Rules::notion(1));
    window.admit(Time(0), Spend::Read).unwrap();
    let mut next = restarted(&window, 50 * SECOND);
    let wait = next.admit(Time(61 * SECOND), Spend::Read).unwrap_err();
    assert!(wait.until.0 > 110 * SECOND, "{wait:?}");
    assert!(next.admit(wait.until, Spend::Read).is_ok());
}

#[test]
fn pauses_hourly_limits_and_lowered_limits_outlive_a_process() {
    let mut paused = Window::new(Rules::notion(180));
    let ticket = paused.admit(Time(0), Spend::Read).unwrap();
    paused.answered(Time(0), ticket, &refusal(Some(300)));
    let wait = restarted(&paused, 1).admit(Time(SECOND), Spend::Read);
    assert_eq!(wait.unwrap_err().until, Time(300 * SECOND));

    let mut used_up = Window::new(Rules::github());
    let ticket = used_up.admit(Time(0), Spend::Read).unwrap();
    used_up.answered(Time(0), ticket, &hourly(5_000, 0, 20 * MINUTE));
    let wait = restarted(&used_up, 1).admit(Time(SECOND), Spend::Read);
    assert_eq!(wait.unwrap_err().until, Time(20 * MINUTE));

    let mut lowered = Window::new(Rules::notion(180));
    for now in [0, MINUTE] {
        for _ in 0..59 {
            spend(&mut lowered, now, Spend::Read).unwrap();
        }
        let ticket = lowered.admit(Time(now), Spend::Read).unwrap();
        lowered.answered(Time(now), ticket, &refusal(Some(1)));
    }
    let later = 3 * MINUTE;
    assert_eq!(lowered.budget(Time(later)).limit, 59);
    assert_eq!(
        restarted(&lowered, later).budget(Time(later)).limit,
        59,
        "learned"
    );
}

#[test]
fn a_clock_that_was_set_back_between_two_processes_stops_nothing_for_long() {
    let mut window = Window::new(Rules::notion(1));
    spend(&mut window, 100 * HOUR, Spend::Read).unwrap();
    let mut next = restarted(&window, 100 * HOUR);
    let wait = next.admit(Time(HOUR), Spend::Read).unwrap_err();
    assert!(wait.until.since(Time(HOUR)) <= MINUTE + SECOND, "{wait:?}");
}

#[test]
fn a_pause_without_a_refusal_is_kept_to_the_millisecond_and_never_shortened() {
    let rest = |seconds: i64| Signals {
        rest: Some((
            seconds * SECOND,
            "Notion asked for a pause (503)".to_owned(),
        )),
        ..Signals::default()
    };
    let mut window = Window::new(Rules::notion(180));
    let first = window.admit(Time(0), Spend::Write).unwrap();
    let other = window.admit(Time(0), Spend::Read).unwrap();
    window.answered(Time(0), first, &rest(20));
    window.answered(Time(10), other, &rest(5));
    assert_eq!(spend(&mut window, 19_999, Spend::Read), Err(20_000));
    let mut next = restarted(&window, 100);
    assert_eq!(spend(&mut next, 19_999, Spend::Read), Err(20_000));
    assert_eq!(spend(&mut next, 20_000, Spend::Read), Ok(()));
    let mut follower = Window::new(Rules::notion(180));
    follower.heed(window.memory(Time(100)));
    assert_eq!(spend(&mut follower, 19_999, Spend::Read), Err(20_000));
}

#[test]
fn a_pause_that_was_asked_for_is_told_from_a_window_that_is_used_up() {
    let mut window = Window::new(Rules::github());
    let ticket = window.admit(Time(0), Spend::Read).unwrap();
    let hour = Signals {
        primary: Some(Primary {
            limit: 5_000,
            left: 4_000,
            resets_at: Time(HOUR),
        }),
        ..refusal(Some(40))
    };
    window.answered(Time(0), ticket, &hour);
    let budget = window.budget(Time(SECOND));
    assert_eq!(
        (budget.left, budget.resets_at, budget.asked),
        (0, Some(Time(40 * SECOND)), true),
        "the pause, not the hour"
    );
    let budget = window.budget(Time(41 * SECOND));
    assert_eq!((budget.left, budget.asked), (4_000, false));

    let mut window = Window::new(Rules::notion(1));
    let ticket = window.admit(Time(0), Spend::Read).unwrap();
    window.answered(Time(0), ticket, &refusal(Some(5)));
    let budget = window.budget(Time(SECOND));
    assert_eq!(
        (budget.resets_at, budget.asked),
        (Some(Time(MINUTE)), false),
        "used up beyond the pause"
    );
}
