//! The pictures of every screen, at every size, in colour, without, and in ASCII.

use std::fmt::Write as _;

use pulse_sync::ui::state;
use pulse_sync::ui::theme::{Depth, Glyphs, Look, Palette, Theme};
use ratatui::style::{Color, Modifier};

use crate::make::{bare, busy, calm, colours, draw, full, halt, living, press, rows, text};
use crate::scenes::{SCENES, moods};

/// Every scene is drawn at these sizes, some at 200x60, too.
const SIZES: [(u16, u16); 3] = [(60, 16), (80, 24), (120, 40)];
const WIDE: [&str; 6] = [
    "conflicts",
    "queue",
    "resolver_body",
    "plan",
    "record",
    "help",
];

fn compare(name: &str, picture: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("pictures");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, picture));
}

fn sizes(name: &str) -> Vec<(u16, u16)> {
    let mut sizes = SIZES.to_vec();
    if WIDE.contains(&name) {
        sizes.push((200, 60));
    }
    sizes
}

#[test]
fn every_screen_looks_as_it_should() {
    for scene in SCENES {
        let mut picture = String::new();
        for (width, height) in sizes(scene.name) {
            let app = (scene.make)(width, height);
            let _ = writeln!(picture, "== {width}x{height}\n{}", text(&app));
        }
        compare(scene.name, &picture);
    }
}

#[test]
fn a_terminal_too_small_is_told_so() {
    let mut picture = String::new();
    for (width, height) in [(48, 12), (59, 16), (60, 15), (30, 4), (8, 2)] {
        let mut app = full(width, height);
        press(&mut app, "4 Enter");
        let _ = writeln!(picture, "== {width}x{height}\n{}", text(&app));
    }
    assert!(picture.contains("needs 60x16, is 48x12"));
    compare("too_small", &picture);
}

#[test]
fn the_header_says_how_it_goes() {
    let mut picture = String::new();
    for (word, mut app, _) in moods() {
        let title = state::title(&app.data, app.look.glyphs);
        for width in [80, 120, 200] {
            app.size.width = width;
            let header = rows(&draw(&app)).swap_remove(0);
            assert!(header.contains(word), "{word} at {width}: {header}");
            let _ = writeln!(picture, "{header}");
        }
        let _ = writeln!(picture, "   title: {title}");
    }
    compare("header_states", &picture);
}

#[test]
fn screens_in_ascii_are_ascii() {
    for scene in SCENES {
        for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60), (48, 12)] {
            let mut app = (scene.make)(width, height);
            app.look.glyphs = Glyphs::ASCII;
            for (y, row) in rows(&draw(&app)).iter().enumerate() {
                assert!(
                    row.is_ascii(),
                    "{} {width}x{height} row {y}: {row}",
                    scene.name
                );
            }
            assert!(state::title(&app.data, Glyphs::ASCII).is_ascii());
        }
        if ["queue", "resolver_body", "plan", "system"].contains(&scene.name) {
            let mut app = (scene.make)(80, 24);
            app.look.glyphs = Glyphs::ASCII;
            compare(&format!("{}_ascii", scene.name), &text(&app));
        }
    }
}

fn is_green(colour: Color) -> bool {
    colour == Color::Rgb(0x86, 0xcf, 0x8c)
        || colour == Color::Rgb(0x1b, 0x72, 0x30)
        || colour == Color::Indexed(2)
}

/// The cell's colour where a text begins in a row.
fn colour_of(app: &pulse_sync::ui::app::App, y: u16, text: &str) -> Color {
    let buffer = draw(app);
    let row = rows(&buffer).swap_remove(usize::from(y));
    let at = row
        .find(text)
        .unwrap_or_else(|| panic!("{text} is not in {row}"));
    let x = pulse_sync::ui::text::width(&row[..at]);
    buffer[(u16::try_from(x).unwrap(), y)].fg
}

#[test]
fn the_header_is_green_only_while_nothing_needs_a_person() {
    for palette in [Palette::Dark, Palette::Light, Palette::Ansi] {
        for (word, mut app, needs_person) in moods() {
            app.look = colours(palette, Glyphs::UNICODE);
            let colour = colour_of(&app, 0, word);
            let calm = matches!(word, "RUNNING" | "SYNCING" | "FOLLOWING");
            assert_eq!(
                is_green(colour),
                calm && !needs_person,
                "{word} with {palette:?}"
            );
        }
        let mut link = busy();
        link.halts = vec![halt()];
        for link in [busy(), link] {
            let mut app = living(120, 40, link);
            app.look = colours(palette, Glyphs::UNICODE);
            assert!(app.data.needs() > 0);
            let buffer = draw(&app);
            assert!(
                (0..120).all(|x| !is_green(buffer[(x, 0)].fg)),
                "{palette:?}"
            );
            let title = state::title(&app.data, app.look.glyphs);
            assert!(title.ends_with(" 3! 1 aside"), "{title}");
        }
    }
}

#[test]
fn without_colours_there_is_no_colour_and_the_marked_row_shows() {
    for scene in SCENES {
        for palette in [Palette::Mono, Palette::Dark] {
            let mut app = (scene.make)(120, 40);
            app.look = Look {
                theme: Theme::of(palette, Depth::None),
                glyphs: Glyphs::UNICODE,
            };
            let buffer = draw(&app);
            let plain =
                |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
            assert!(buffer.content.iter().all(plain), "{}", scene.name);
        }
    }
    let mut app = full(120, 40);
    press(&mut app, "2 j");
    let buffer = draw(&app);
    let reversed = (0..40)
        .filter(|y| (0..120).any(|x| buffer[(x, *y)].modifier.contains(Modifier::REVERSED)))
        .count();
    assert_eq!(reversed, 1, "one row is marked");
}

#[test]
fn the_two_sides_keep_their_colours_and_places() {
    let mut app = full(120, 40);
    app.look = colours(Palette::Dark, Glyphs::UNICODE);
    press(&mut app, "4 Enter");
    let picture = rows(&draw(&app));
    let head = picture
        .iter()
        .find(|row| row.contains("GitHub (h)"))
        .unwrap();
    let places = ["Base (b)", "GitHub (h)", "Notion (l)"].map(|title| head.find(title).unwrap());
    assert!(places.is_sorted(), "base, GitHub, Notion: {head}");
    let added = Color::Rgb(0x86, 0xcf, 0x8c);
    let buffer = draw(&app);
    let underlined = buffer
        .content
        .iter()
        .filter(|cell| cell.fg == added && cell.modifier.contains(Modifier::UNDERLINED));
    assert!(
        underlined.count() > 0,
        "changed words are marked by more than colour"
    );
}

#[test]
fn an_empty_pane_says_what_would_fill_it() {
    let says = [
        ("2", "Nothing waits."),
        ("3", "Nothing happened yet."),
        ("4", "No conflicts."),
        ("5 z", "Nothing logged yet."),
    ];
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        for (key, text_of) in says {
            let mut app = bare(width, height);
            crate::make::tell(&mut app, crate::make::snapshot(calm()));
            press(&mut app, key);
            assert!(text(&app).contains(text_of), "{key} at {width}x{height}");
        }
    }
}
