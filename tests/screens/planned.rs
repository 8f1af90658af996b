//! The plan lists what it cannot switch on: conflicts, what is held, set aside or put off, each with its reason.

use std::collections::BTreeSet;

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
    assert!(subject.is_some_and(|item| item.ends_with("#107")));
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
