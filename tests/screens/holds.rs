//! Held by the user: the keys, what they ask, and where it is said.

use pulse_sync::core::PairId;
use pulse_sync::ui::app::{Answer, Effect, Input, Request};

use crate::make::{
    MINUTE, NOW, answer_items, calm, conflicts, full, item, living, press, said, snapshot, tell,
    text, writes,
};

fn held(effects: &[Effect]) -> Vec<String> {
    let asked = writes(effects)
        .into_iter()
        .filter_map(|request| match request {
            Request::Hold(pairs) => Some(pairs),
            _ => None,
        });
    asked.flatten().map(|PairId(id)| id).collect()
}

#[test]
fn keys_hold_this_item_or_all_marked_ones() {
    let all = [
        "q101", "q102", "q103", "q104", "q105", "q107", "q106", "q108",
    ];
    for (keys, wanted) in [
        ("2 x", &["q101"][..]),
        ("2 j j x", &["q103"]),
        ("2 X", &all),
        ("2 Space j Space X", &["q101", "q103"]),
        ("2 Space Space X X", &all),
        ("2 Enter x", &["q101"]),
    ] {
        let mut app = full(120, 40);
        let mut effects = Vec::new();
        for key in keys.split(' ') {
            effects = press(&mut app, key);
            answer_items(&mut app, &effects);
        }
        assert_eq!(held(&effects), wanted, "{keys}");
    }
    let mut app = living(120, 40, calm());
    assert_eq!(held(&press(&mut app, "2 X")), [""; 0]);
    assert!(said(&app).contains("nothing to hold"), "{}", said(&app));
}

#[test]
fn the_resolver_says_that_a_choice_waits() {
    let mut lines = conflicts();
    lines.retain(|line| line.item.ends_with("#482"));
    for line in &mut lines {
        line.held_since = Some(NOW.minus(12 * MINUTE));
    }
    let mut link = calm();
    link.conflicts = lines;
    let mut app = living(120, 40, link.clone());
    press(&mut app, "4 Enter");
    let hint = "held by you since 14:20: a choice is kept, and written once you release the item";
    assert!(text(&app).contains(hint), "{}", text(&app));
    // Choosing goes on as ever, and stays open while it waits.
    let effects = press(&mut app, "< Enter");
    assert!(
        writes(&effects)
            .iter()
            .any(|request| matches!(request, Request::Choose(..)))
    );
    tell(&mut app, snapshot(link));
    assert!(text(&app).contains(hint));
}

#[test]
fn an_item_says_that_it_is_held_and_what_its_choice_waits_for() {
    let mut app = full(120, 40);
    let effects = press(&mut app, "4 i");
    answer_items(&mut app, &effects);
    let mut pair = item("p482", "Crash on resize");
    pair.held_since = Some(NOW.minus(12 * MINUTE));
    pair.dirty_since = Some(NOW);
    let answer = Answer::Item(pair.id.clone(), Ok(Some(Box::new(pair))));
    app.update(Input::Answer(Box::new(answer)));
    let shown = text(&app);
    assert!(
        shown
            .contains("held by you since 14:20: nothing of it is written until you release it (x)"),
        "{shown}"
    );
    assert!(!shown.contains("waits for its turn"), "{shown}");
}
