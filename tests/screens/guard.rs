//! The guard's question: what each answer would change is listed, scrolls, and leads to the item.

use pulse_sync::ui::app::{Answer, App, Input};
use pulse_sync::ui::screens::Screen;

use crate::make::{busy, full, halt, halt_of_changes, halt_of_words, living, press, text, writes};

fn asked(width: u16, height: u16) -> App {
    let mut link = busy();
    link.halts = vec![halt_of_changes()];
    let mut app = living(width, height, link);
    press(&mut app, "H");
    app
}

#[test]
fn the_words_that_would_be_public_are_shown_whole_whatever_answer_is_marked() {
    let (halt, item) = halt_of_words();
    let mut link = busy();
    link.halts = vec![halt.clone()];
    let mut app = living(80, 24, link);
    press(&mut app, "H");
    app.update(Input::Answer(Box::new(Answer::Held(
        halt.id,
        Ok(vec![item]),
    ))));
    for keys in ["", "j", "j"] {
        let shown = walk(&mut app, keys);
        for words in [
            "A lamp",
            "Bright enough.",
            "And cheap.",
            "No: make no issues",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert!(shown.contains("Yes: make them"), "{shown}");
        assert!(!shown.contains("nothing to"), "{shown}");
    }
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
    assert!(of("closed as").contains("closed by a script"), "{shown}");
    assert!(of("- closed by a script").len() > 1, "{shown}");
    assert!(shown.contains("+ 1. open in tmux"), "{shown}");
    let own = |row: &&str| row.contains("  state ") && row.contains("GitHub's alone");
    assert!(shown.lines().any(|row| own(&row)), "{shown}");
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
    for (keys, wanted) in [
        ("i", "h0"),
        ("j j j j j j j j j i", "h1"),
        ("G Enter", "h11"),
    ] {
        let mut app = asked(120, 40);
        walk(&mut app, keys);
        let Some(Screen::Item(screen)) = app.screens.last() else {
            panic!("{keys}: {}", text(&app));
        };
        let pair = screen.subject().and_then(|subject| subject.pair);
        assert_eq!(pair.map(|pair| pair.0).as_deref(), Some(wanted), "{keys}");
    }
}

#[test]
fn each_answer_lists_what_it_writes() {
    let of = |shown: &str, line: &str| {
        let found = shown.lines().find(|row| row.contains(line));
        found.map_or_else(String::new, str::to_owned)
    };
    let mut app = asked(120, 40);
    let wrong = walk(&mut app, "j");
    assert!(wrong.contains("Now → put back"), "{wrong}");
    assert!(of(&wrong, "  state ").contains("closed  →  open"));
    let right = walk(&mut app, "j");
    assert!(!right.contains("put back 12"), "{right}");
    assert!(right.contains("Was → now, goes to Notion"), "{right}");
    assert!(
        of(&right, "  state ").contains("open  →  closed"),
        "{right}"
    );
    assert!(right.contains("+ closed by a script"), "{right}");
    assert!(right.contains("- 1. open in tmux"), "{right}");
    // What cannot be put back goes to Notion like the rest.
    let own = |row: &str| row.contains("  state ") && row.contains("open  →  closed by a script");
    let own = right.lines().find(|row| own(row)).unwrap();
    assert!(!own.contains("GitHub's alone"), "{own}");
    assert!(right.contains("nothing to write"), "{right}");
    // And what is GitHub's alone beside what is not, down to the stamps.
    assert!(of(&right, "closed by  ").contains("kim"), "{right}");
    assert!(right.contains("with it: updated, closed"), "{right}");
    assert!(!wrong.contains("closed by  "), "{wrong}");
    assert!(walk(&mut app, "k").contains("Now → put back"));

    let mut link = busy();
    link.halts = vec![halt()];
    let mut app = living(120, 40, link);
    let kept = walk(&mut app, "H j");
    assert!(kept.contains("Gone; kept, in step with nothing"), "{kept}");
    let gone = walk(&mut app, "j");
    let wanted = "Gone; trashed, or closed";
    assert!(gone.contains(wanted), "{gone}");
}

#[test]
fn while_the_number_is_typed_no_letter_does_anything_else() {
    for key in [
        "q", "p", "d", "i", "o", "S", "H", "x", ":", "y", "L", "Space",
    ] {
        let mut app = asked(120, 40);
        press(&mut app, "j j 1");
        let effects = press(&mut app, key);
        assert_eq!(effects, [], "{key}");
        assert_eq!(app.screens.len(), 1, "{key}");
        assert!(!app.data.quitting, "{key}");
        assert!(text(&app).contains("Esc leaves"), "{key}: {}", text(&app));
        // The number goes on where it was.
        let effects = press(&mut app, "2 Enter");
        assert_eq!(writes(&effects).len(), 1, "{key}");
    }
    let mut app = asked(120, 40);
    assert!(!walk(&mut app, "j j 1 q 2").contains("Esc leaves"));
    // Esc leaves; without a number to type, q is what it is everywhere.
    press(&mut app, "Esc");
    assert!(app.screens.is_empty());
    let mut app = asked(120, 40);
    press(&mut app, "q");
    assert!(app.data.quitting);
    // Moving and help work, and the keys that end at once.
    for (keys, wanted) in [("j j ?", 2), ("j j j i", 2), ("j j k k i", 2)] {
        let mut app = asked(120, 40);
        walk(&mut app, keys);
        assert_eq!(app.screens.len(), wanted, "{keys}");
    }
    let mut app = full(120, 40);
    assert!(!press(&mut app, "ctrl-c").is_empty());
}
