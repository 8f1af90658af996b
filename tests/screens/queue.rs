//! The queue: its title counts its rows, each row shows its way, and what is held can be released.

use pulse_sync::core::Side;
use pulse_sync::core::schedule::{Reason, Scope, Trouble, Waiting};
use pulse_sync::engine::queue::Standing;
use pulse_sync::ui::action::{DEFAULT_KEYS, Place};
use pulse_sync::ui::app::{App, Effect, Input, Request};

use crate::make::{MINUTE, NOW, aside, calm, full, living, press, queued, text};

fn row(app: &App, needle: &str) -> String {
    let shown = text(app);
    let found = shown.lines().find(|line| line.contains(needle));
    found
        .unwrap_or_else(|| panic!("{needle} is not in {shown}"))
        .to_owned()
}

/// Only these wait.
fn only(lines: Vec<pulse_sync::engine::queue::QueueLine>) -> App {
    let mut link = calm();
    link.conflicts.clear();
    link.queue = lines;
    living(120, 40, link)
}

#[test]
fn the_title_counts_what_the_rows_show() {
    let app = only((101..108).map(aside).collect());
    assert!(
        row(&app, "2 Queue").contains("0 queued  7 aside"),
        "{}",
        text(&app)
    );
    assert!(
        row(&app, "pulse-sync").contains("7 aside"),
        "{}",
        text(&app)
    );
    assert_eq!(app.data.needs(), 7);

    let held = |number| queued(number, "x", Standing::HeldByUser { since: NOW });
    let app = only(vec![held(1), held(2), aside(3)]);
    assert!(row(&app, "2 Queue").contains("0 queued  2 held  1 aside"));
}

#[test]
fn each_row_shows_its_way_where_that_is_known() {
    let waiting = |number, to| {
        let standing = Standing::Deferred {
            until: NOW.plus(MINUTE),
            reason: "Notion answered 429".to_owned(),
            tries: 2,
        };
        let mut line = queued(number, "Waits", standing);
        line.to = to;
        line
    };
    let app = only(vec![
        waiting(1, Some(Side::Notion)),
        waiting(2, Some(Side::Github)),
        waiting(3, None),
    ]);
    assert!(row(&app, "#1 ").contains("~ GH→N #1 "), "{}", text(&app));
    assert!(row(&app, "#2 ").contains("~ N→GH #2 "), "{}", text(&app));
    assert!(row(&app, "#3 ").contains("~      #3 "), "{}", text(&app));
}

#[test]
fn the_footer_releases_what_is_held() {
    let held = queued(1, "x", Standing::HeldByUser { since: NOW });
    let mut app = only(vec![held, aside(2)]);
    press(&mut app, "2");
    let footer = |app: &App| text(app).lines().last().unwrap_or_default().to_owned();
    // What is set aside comes first.
    assert!(footer(&app).contains("x hold"), "{}", footer(&app));
    press(&mut app, "j");
    assert!(footer(&app).contains("x release"), "{}", footer(&app));
}

#[test]
fn a_head_is_left_out_only_where_it_does_not_fit() {
    use pulse_sync::ui::canvas::Canvas;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    let look = full(120, 40).look;
    let top = |columns: u16| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 3));
        Canvas::new(&mut buffer, look).frame("left", "right", false);
        let row = buffer.content()[..usize::from(columns)].iter();
        row.map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    assert_eq!(top(18), "┌─ left ─ right ─┐");
    assert_eq!(top(17), "┌─ left ────────┐");
}

#[test]
fn the_help_says_every_sentence_whole() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut app = full(width, height);
        press(&mut app, "2 ?");
        let mut shown = text(&app);
        for _ in 0..60 {
            press(&mut app, "Down");
            shown.push_str(&text(&app));
        }
        let help: Vec<&str> = shown
            .lines()
            .filter(|line| line.contains("Copy "))
            .collect();
        assert!(!help.is_empty(), "{shown}");
        assert!(help.iter().all(|line| !line.contains('…')), "{help:#?}");
        // What is off is what would be off without the window: an item is marked below.
        assert!(!shown.contains("no item is marked"), "{shown}");
        assert!(!shown.contains("not on this screen"), "{shown}");
        if width > 80 {
            continue;
        }
        // Where there is room for a word only, the marked row says its sentence.
        let of_queue = [Place::Queue, Place::Everywhere];
        let keys = DEFAULT_KEYS
            .iter()
            .filter(|(place, ..)| of_queue.contains(place));
        for (.., action) in keys {
            assert!(shown.contains(action.says()), "{}", action.name());
        }
    }
}

#[test]
fn a_row_without_a_title_keeps_its_columns() {
    for title in ["", "  "] {
        let standing = Standing::Parked {
            reason: "text".to_owned(),
        };
        let app = only(vec![
            queued(7, title, standing),
            queued(8, title, Standing::Queued { since: None }),
        ]);
        assert!(
            row(&app, "#7 ").contains("(no title)  text"),
            "{}",
            text(&app)
        );
        assert!(row(&app, "#8 ").contains("(no title)"), "{}", text(&app));
    }
}

#[test]
fn a_link_that_may_not_run_says_why_and_for_how_long() {
    let after = |reason: Reason| {
        let mut link = calm();
        link.next = Some(Waiting {
            until: NOW.plus(30_000),
            reason,
        });
        living(120, 40, link)
    };
    let memory = Reason::Memory {
        percent: 83,
        limit: 70,
        scope: Scope::Machine,
    };
    let deferred = after(memory);
    assert!(
        text(&deferred).contains("DEFERRED  looks again 0:30"),
        "{}",
        text(&deferred)
    );
    assert!(!text(&deferred).contains("RUNNING"));
    let shown = row(&deferred, "~ widgets");
    assert!(
        shown.contains("memory 83 % > 70 %, checked again in 30 s"),
        "{shown}"
    );
    let limit = Reason::Limit {
        side: Side::Notion,
        note: String::new(),
    };
    assert!(row(&after(limit), "~ widgets").contains("Notion limit, 30 s"));
    let away = Reason::StoreAway {
        store: "MongoDB".to_owned(),
        trouble: Trouble::Unreachable,
        since: NOW.minus(MINUTE),
    };
    let shown = row(&after(away), "~ widgets");
    assert!(shown.contains("MongoDB unreachable since"), "{shown}");
    let shown = text(&after(Reason::Interval));
    assert!(!shown.contains("~ widgets"), "{shown}");
}

#[test]
fn the_engine_is_told_who_looks() {
    let told = |app: &mut App, input| {
        let effects = app.update(input);
        let told = effects.into_iter().filter_map(|effect| match effect {
            Effect::Ask(Request::Focus(on)) => Some(on),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    let tick = |app: &mut App| {
        let now = app.data.now;
        told(app, Input::Tick(now))
    };
    let quiet = Vec::<bool>::new();
    // A terminal that tells.
    let mut app = living(120, 40, calm());
    assert_eq!(told(&mut app, Input::Focus(true)), quiet);
    assert_eq!(told(&mut app, Input::Focus(false)), [false]);
    app.data.now = NOW.plus(600 * MINUTE);
    assert_eq!(told(&mut app, Input::Focus(true)), [true]);
    assert_eq!(told(&mut app, Input::Tick(NOW.plus(700 * MINUTE))), quiet);
    // One that does not: its last key counts, for five minutes.
    let mut app = living(120, 40, calm());
    press(&mut app, "j");
    app.data.now = NOW.plus(4 * MINUTE);
    assert_eq!(tick(&mut app), quiet);
    app.data.now = NOW.plus(5 * MINUTE);
    assert_eq!(tick(&mut app), [false]);
    assert_eq!(told(&mut app, Input::Paste(String::new())), [true]);
}
