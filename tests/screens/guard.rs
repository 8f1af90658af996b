//! The guard's question: what each answer would change is listed, scrolls, and leads to the item.

use pulse_sync::ui::app::App;
use pulse_sync::ui::screens::Screen;

use crate::make::{busy, halt_of_changes, living, press, text};

fn asked(width: u16, height: u16) -> App {
    let mut link = busy();
    link.halts = vec![halt_of_changes()];
    let mut app = living(width, height, link);
    press(&mut app, "H");
    app
}

/// Presses keys one after the other, each after the picture of the one before.
fn walk(app: &mut App, keys: &str) -> String {
    for key in keys.split_whitespace() {
        let _ = text(app);
        press(app, key);
    }
    text(app)
}

#[test]
fn what_would_be_put_back_is_listed_field_by_field() {
    let app = asked(120, 40);
    let shown = text(&app);
    let of = |line: &str| shown.lines().find(|row| row.contains(line)).unwrap_or("");
    assert!(of("  state ").contains("closed  →  open"), "{shown}");
    assert!(of("closed_as").contains("closed by a script"), "{shown}");
    assert!(of("- closed by a script").len() > 1, "{shown}");
    assert!(shown.contains("+ 1. open in tmux"), "{shown}");
    assert!(of("pull_state").contains("GitHub's alone"), "{shown}");
    assert!(shown.contains("nothing to put back"), "{shown}");
}

#[test]
fn the_list_says_where_it_is_cut_and_scrolls_to_its_end() {
    let mut app = asked(80, 24);
    let first = text(&app);
    assert!(first.contains("lines 1-"), "{first}");
    assert!(!first.contains("#511"), "{first}");
    let last = walk(&mut app, "G");
    assert!(last.contains("#511"), "{last}");
    assert!(!last.contains("#500"), "{last}");
    let back = walk(&mut app, "g");
    assert!(back.contains("#500"), "{back}");
    // All of it fits: nothing is cut.
    assert!(!text(&asked(120, 80)).contains("j k scroll"));
}

#[test]
fn an_item_of_the_list_opens_its_timeline() {
    for (keys, wanted) in [("i", "h0"), ("j j j j j j j i", "h1"), ("G Enter", "h11")] {
        let mut app = asked(120, 40);
        walk(&mut app, keys);
        let Some(Screen::Item(screen)) = app.screens.last() else {
            panic!("{keys}: {}", text(&app));
        };
        let pair = screen.subject().and_then(|subject| subject.pair);
        assert_eq!(pair.map(|pair| pair.0).as_deref(), Some(wanted), "{keys}");
    }
}
