//! The list of conflicts beside the resolver of a wide terminal.

use pulse_sync::ui::app::{App, Effect, Input, Request};

use crate::make::{draw, full, press, rows, text};

fn open() -> App {
    let mut app = full(200, 60);
    press(&mut app, "4 Enter");
    app
}

/// The column of the list, row by row.
fn list(app: &App) -> Vec<String> {
    let rows = rows(&draw(app));
    let cut = |row: String| row.chars().take(36).collect::<String>();
    rows.into_iter().skip(2).take(24).map(cut).collect()
}

fn marked(app: &App) -> String {
    let list = list(app);
    let marked: Vec<&String> = list.iter().filter(|row| row.contains("│ >")).collect();
    assert_eq!(marked.len(), 1, "{list:#?}");
    marked[0].clone()
}

#[test]
fn the_open_conflict_is_marked_and_the_mark_moves_with_it() {
    let mut app = open();
    assert!(marked(&app).contains("#482"), "{:#?}", list(&app));
    let all = list(&app).join("\n");
    for name in ["#482", "#77", "#519", "title, body, labels"] {
        assert!(all.contains(name), "{name}: {all}");
    }
    let effects = press(&mut app, "]");
    assert!(!marked(&app).contains("#482"), "{:#?}", list(&app));
    let reads = |effect: &Effect| matches!(effect, Effect::Ask(Request::Item(_)));
    assert!(effects.iter().any(reads), "its other fields are read");
    press(&mut app, "[");
    assert!(marked(&app).contains("#482"));
}

#[test]
fn a_click_in_the_list_opens_that_conflict() {
    let mut app = open();
    let at = list(&app).iter().position(|row| row.contains("#77"));
    let y = u16::try_from(at.unwrap() + 2).unwrap();
    for y in [y, y + 1] {
        app.update(Input::Click(10, y));
        assert!(text(&app).contains(" of 3  #77"), "{}", text(&app));
        assert!(marked(&app).contains("#77"));
    }
}

#[test]
fn there_is_no_list_where_the_sides_need_the_room() {
    for size in [(80, 24), (120, 40)] {
        let mut app = full(size.0, size.1);
        press(&mut app, "4 Enter");
        assert!(!text(&app).contains(" Conflicts ─"), "{size:?}");
    }
}
