//! Conflicts that were put aside: they are counted, listed, opened, and taken back.

use pulse_sync::core::Time;
use pulse_sync::ui::app::{App, Effect, Input, Request};
use pulse_sync::ui::remember::Memory;

use crate::make::{MINUTE, NOW, full, press, said, text, writes};

/// A dashboard with the conflicts' pane in front, all of it put aside.
fn all_aside() -> App {
    let mut app = full(120, 40);
    press(&mut app, "4 z Space Space Space D");
    app
}

fn row(app: &App, needle: &str) -> String {
    let shown = text(app);
    let row = shown.lines().find(|line| line.contains(needle));
    row.map_or_else(String::new, str::to_owned)
}

#[test]
fn what_was_put_aside_is_counted_and_listed_until_when() {
    let app = all_aside();
    assert!(said(&app).contains("u takes it back"), "{}", said(&app));
    let shown = text(&app);
    assert!(!shown.contains("No conflicts"), "{shown}");
    assert!(row(&app, "4 Conflicts").contains("3 put aside"), "{shown}");
    assert!(!shown.contains("need you"), "{shown}");
    let line = row(&app, "3 put aside, back");
    let wanted = "back tomorrow 14:32 or when a side changes";
    assert!(line.contains(wanted), "{shown}");
    assert!(shown.contains("u undo"), "{shown}");
    let item = row(&app, "#519");
    assert!(item.contains("put aside  till tomorrow 14:32"), "{item}");

    let mut app = full(120, 40);
    press(&mut app, "4 z D");
    let shown = text(&app);
    let title = row(&app, "4 Conflicts");
    assert!(title.contains("2 need you  1 put aside"), "{title}");
    let at = |needle: &str| shown.lines().position(|line| line.contains(needle));
    assert!(at("#482") > at("#519") && at("#482") > at("#77"), "{shown}");
}

#[test]
fn what_was_put_aside_is_opened_and_decided() {
    let mut app = all_aside();
    press(&mut app, "g Enter");
    assert!(text(&app).contains("#482"), "{}", text(&app));
    let asked = writes(&press(&mut app, "< Enter"));
    let chosen = asked
        .iter()
        .filter(|one| matches!(one, Request::Choose(..)));
    assert_eq!(chosen.count(), 4, "{asked:?}");
}

#[test]
fn what_was_put_aside_comes_back_by_u_or_by_time() {
    let mut app = all_aside();
    press(&mut app, "g u");
    assert!(
        said(&app).contains("#482 needs you again"),
        "{}",
        said(&app)
    );
    assert!(row(&app, "4 Conflicts").contains("1 need you  2 put aside"));
    // The marked one needs a choice already: the one put aside last comes back.
    press(&mut app, "g u");
    assert!(row(&app, "4 Conflicts").contains("2 need you  1 put aside"));
    press(&mut app, "u u");
    assert!(
        said(&app).contains("nothing was put aside"),
        "{}",
        said(&app)
    );
    assert!(row(&app, "4 Conflicts").contains("3 need you"));
    assert!(app.data.deferred.is_empty());

    let mut app = all_aside();
    app.update(Input::Tick(Time(NOW.0 + 24 * 60 * MINUTE + 1)));
    assert!(row(&app, "4 Conflicts").contains("3 need you"));
}

#[test]
fn putting_aside_and_taking_back_are_kept_on_disk() {
    let mut app = full(120, 40);
    let before = Memory::of(&app);
    press(&mut app, "4 D");
    assert!(before.differs(&app));
    let aside = Memory::of(&app);
    assert!(!aside.differs(&app));
    press(&mut app, "D D");
    let all = Memory::of(&app);
    assert_eq!(all.deferred.len(), 6, "each once");
    press(&mut app, "u");
    assert!(all.differs(&app), "taken back");
}

#[test]
fn the_resolver_puts_aside_once() {
    let mut app = all_aside();
    press(&mut app, "g Enter");
    let effects = press(&mut app, "D");
    for effect in effects {
        if let Effect::Defer(id, until) = effect {
            app.data.defer(id, until);
        }
    }
    assert_eq!(app.data.deferred.len(), 6, "{:?}", app.data.deferred);
}
