//! The plan lists what it cannot switch on: conflicts, what is held, set aside or put off, each with its reason.

use std::collections::BTreeSet;

use pulse_sync::core::Side;
use pulse_sync::engine::face::{Cut, LinkState};
use pulse_sync::engine::report::Stop;
use pulse_sync::ui::app::{App, Effect, Request};

use crate::make::{
    NOW, busy, calm, conflicts, living, plan, press, said, snapshot, tell, text, writes,
};

fn planned() -> App {
    let mut app = living(120, 40, busy());
    press(&mut app, "d");
    let mut link = busy();
    link.planned = Some((NOW, plan()));
    tell(&mut app, snapshot(link));
    app
}

#[test]
fn what_waits_is_listed_with_its_reason() {
    let app = planned();
    let shown = text(&app);
    for (item, sign, why) in [
        ("#106 ", "=", "guard: too many trashes at once (H)"),
        ("#108 ", "=", "held by you since"),
        ("#107 ", "!", "labels: Notion refused it"),
        ("#519 ", "!", "needs a choice"),
        ("#105 ", "~", "Notion answered 429, try 3"),
    ] {
        let is_it = |line: &&str| line.contains(item) && line.contains(why);
        let row = shown.lines().find(is_it);
        let row = row.unwrap_or_else(|| panic!("{item}{why} is not in {shown}"));
        assert!(row.contains(&format!("  {sign}  ")), "{row}");
    }
    assert!(!shown.contains("not listed"), "{shown}");
}

#[test]
fn what_waits_cannot_be_switched_on() {
    let mut app = planned();
    press(&mut app, "G");
    let before = text(&app);
    press(&mut app, "Space");
    assert_eq!(text(&app), before);
    let subject = app.subject().map(|subject| subject.item);
    assert!(subject.is_some_and(|item| item.ends_with("#108")));
    let effects = press(&mut app, "Enter");
    let pairs = effects.iter().find_map(|effect| match effect {
        Effect::Ask(Request::Sync(_, ask)) => ask.only.clone(),
        _ => None,
    });
    let planned = plan().into_iter().filter(|one| !one.plan.steps.is_empty());
    let planned = planned.map(|one| one.pair).collect();
    assert_eq!(pairs, Some(planned));
}

#[test]
fn during_a_pause_a_plan_stays_open_and_says_why() {
    let mut app = planned();
    let with_plan = |paused| {
        let mut link = busy();
        link.planned = Some((NOW, plan()));
        let mut snapshot = snapshot(link);
        snapshot.paused = paused;
        snapshot
    };
    tell(&mut app, with_plan(Some(NOW)));
    assert!(said(&app).contains("writing is paused"), "{}", said(&app));
    press(&mut app, "g Space");
    let before = app.screens.len();
    assert_eq!(writes(&press(&mut app, "Enter")), []);
    assert_eq!(app.screens.len(), before, "it stays open");
    assert!(said(&app).contains("NOT applied"), "{}", said(&app));

    // Resumed, it is applied as it was switched.
    assert_eq!(writes(&press(&mut app, "p")), [Request::Pause(false)]);
    tell(&mut app, with_plan(None));
    assert!(!said(&app).contains("paused"), "{}", said(&app));
    let asked = writes(&press(&mut app, "Enter"));
    let [Request::Hold(_), Request::Sync(_, ask)] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    let planned = plan().into_iter().filter(|one| !one.plan.steps.is_empty());
    assert_eq!(
        ask.only.as_ref().map_or(0, BTreeSet::len),
        planned.count() - 1
    );
    assert_eq!(app.screens.len(), before - 1);
}

/// What is switched off is held: the run after this one must not write it.
#[test]
fn what_is_switched_off_is_held_when_the_rest_is_applied() {
    let mut app = planned();
    press(&mut app, "Space");
    let effects = press(&mut app, "Enter");
    let asked: Vec<&Request> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask(request @ (Request::Hold(_) | Request::Sync(..))) => Some(request),
            _ => None,
        })
        .collect();
    let [Request::Hold(off), Request::Sync(None, ask)] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    let on = ask.only.as_ref().unwrap();
    assert_eq!(off.len(), 1);
    assert!(!on.is_empty() && !on.contains(&off[0]));
}

#[test]
fn a_plan_does_not_call_equal_what_was_only_put_aside() {
    let mut link = calm();
    link.conflicts = conflicts();
    link.counts.conflicted = 3;
    let mut app = living(120, 40, link.clone());
    press(&mut app, "4 D D D d");
    link.planned = Some((NOW, Vec::new()));
    tell(&mut app, snapshot(link));
    let shown = text(&app);
    assert!(shown.contains("3 put aside by you"), "{shown}");
    assert!(!shown.contains("both sides say the same"), "{shown}");
}

/// A plan of nothing, made of this link.
fn empty(link: &LinkState, cut: Cut) -> App {
    let mut app = living(120, 40, link.clone());
    press(&mut app, "d");
    let mut link = link.clone();
    link.planned = Some((NOW, Vec::new()));
    link.plan_cut = cut;
    tell(&mut app, snapshot(link));
    app
}

#[test]
fn a_plan_that_was_not_read_whole_says_so_and_why() {
    let whole = text(&empty(&calm(), Cut::default()));
    assert!(
        whole.contains("Nothing to do: both sides say the same"),
        "{whole}"
    );
    let limited = Stop::Limited {
        side: Side::Github,
        until: NOW.plus(26 * 60_000),
        reason: "GitHub's limit is used up".to_owned(),
    };
    let away = Stop::Side {
        side: Side::Notion,
        class: "offline",
        message: "Notion cannot be reached".to_owned(),
    };
    let item = "acme/widgets#7: Notion answered 500".to_owned();
    for (stopped, errors, wanted) in [
        (
            Some(limited),
            vec![],
            "GitHub's limit is used up, till 14:58",
        ),
        (Some(away), vec![], "Notion cannot be reached"),
        (None, vec![item], "acme/widgets#7: Notion answered 500"),
    ] {
        let shown = text(&empty(&calm(), Cut { stopped, errors }));
        assert!(!shown.contains("Nothing to do"), "{shown}");
        assert!(shown.contains("NOT WHOLE"), "{shown}");
        assert!(shown.contains("the reading was stopped"), "{shown}");
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    // A pause stops the writing, not the reading.
    let paused = Cut {
        stopped: Some(Stop::Paused),
        errors: Vec::new(),
    };
    assert!(text(&empty(&calm(), paused)).contains("Nothing to do"));
}

#[test]
fn where_nothing_can_be_switched_on_nothing_is_counted_against_it() {
    let shown = text(&empty(&busy(), Cut::default()));
    assert!(!shown.contains("0 of"), "{shown}");
    assert!(shown.contains("nothing to run, "), "{shown}");
    assert!(
        shown.contains("nothing is switched on for Enter"),
        "{shown}"
    );
    let mut app = planned();
    assert!(text(&app).contains("will run, "), "{}", text(&app));
    press(&mut app, "a");
    let off = text(&app);
    assert!(off.contains("0 of 5 will run, "), "{off}");
    assert!(off.contains("nothing is switched on for Enter"), "{off}");
}
