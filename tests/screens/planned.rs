//! The plan lists what it cannot switch on: conflicts, what is held, set aside or put off, each with its reason.

use pulse_sync::ui::app::{App, Effect, Request};

use crate::make::{NOW, busy, living, plan, press, snapshot, tell, text};

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
