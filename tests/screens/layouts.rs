//! Where things are, at every size: nothing overlaps, nothing is outside, what has the keys is there.

use std::fmt::Write as _;

use pulse_sync::ui::app::Input;
use pulse_sync::ui::layout::{self, LEAST, Pane, Places, Plan, Wish};
use ratatui::layout::Rect;

use crate::make::{colours, draw, full, press};
use crate::scenes::SCENES;
use pulse_sync::ui::theme::{Glyphs, Palette};

/// Every width and height worth a try: all around the limits, some in between.
fn lengths(limits: &[u16], most: u16, step: usize) -> Vec<u16> {
    let near = limits
        .iter()
        .flat_map(|limit| limit.saturating_sub(2)..=limit + 2);
    let mut all: Vec<u16> = near.chain((1..=most).step_by(step)).collect();
    all.retain(|length| (1..=most).contains(length));
    all.sort_unstable();
    all.dedup();
    all
}

fn wishes() -> Vec<Wish> {
    let mut wishes = Vec::new();
    for focus in Pane::ALL {
        for (zoomed, with_log) in [(false, false), (false, true), (true, false)] {
            for plan in [Plan::Auto, Plan::Narrow, Plan::Normal, Plan::Wide] {
                wishes.push(Wish {
                    focus,
                    zoomed,
                    with_log,
                    plan,
                });
            }
        }
    }
    wishes
}

/// Everything that is drawn, with its name.
fn areas(places: &Places) -> Vec<(String, Rect)> {
    let mut areas = vec![
        ("header".to_owned(), places.header),
        ("message".to_owned(), places.message),
        ("footer".to_owned(), places.footer),
    ];
    let named = |name: &str, area: Option<Rect>| area.map(|area| (name.to_owned(), area));
    areas.extend(named("tabs", places.tabs));
    areas.extend(named("strip", places.strip));
    areas.extend(named("preview", places.preview));
    areas.extend(
        places
            .panes
            .iter()
            .map(|(pane, area)| (format!("{pane:?}"), *area)),
    );
    areas
}

fn check(size: Rect, wish: Wish) {
    let places = layout::places(size, wish);
    let all = areas(&places);
    for (at, (name, area)) in all.iter().enumerate() {
        assert_eq!(
            area.intersection(size),
            *area,
            "{name} leaves the screen: {area:?}, {size:?} {wish:?}"
        );
        for (other, meets) in &all[at + 1..] {
            assert!(
                area.intersection(*meets).is_empty(),
                "{name} {area:?} lies over {other} {meets:?}: {size:?} {wish:?}"
            );
        }
    }
    let focused = places.panes.iter().find(|(pane, _)| *pane == wish.focus);
    let (_, area) = focused.unwrap_or_else(|| panic!("no focused pane: {size:?} {wish:?}"));
    assert!(
        area.width >= 20 && area.height >= 3,
        "no room for a row in the focused pane: {area:?}, {size:?} {wish:?}"
    );
}

#[test]
fn panes_never_overlap_and_the_focused_one_is_there() {
    let wishes = wishes();
    for width in lengths(&[60, 100, 116, 180], 400, 13) {
        for height in lengths(&[16, 20, 23, 30, 48], 120, 5) {
            let size = Rect::new(0, 0, width, height);
            if layout::is_too_small(size) {
                continue;
            }
            for wish in &wishes {
                check(size, *wish);
            }
        }
    }
}

#[test]
fn all_five_panes_have_a_place_or_a_tab() {
    for (width, height) in [LEAST, (80, 24), (120, 40), (200, 60)] {
        for focus in Pane::ALL {
            let wish = Wish {
                focus,
                ..Wish::default()
            };
            let places = layout::places(Rect::new(0, 0, width, height), wish);
            let shown = |pane: &Pane| places.panes.iter().any(|(one, _)| one == pane);
            let is_whole = Pane::ALL
                .iter()
                .filter(|pane| **pane != Pane::Log)
                .all(|pane| shown(pane));
            assert!(
                places.tabs.is_some() || is_whole,
                "{width}x{height} {focus:?}"
            );
        }
    }
}

/// A layout as a drawing: each pane's letter in its cells, one cell for ten columns and two rows.
fn drawing(width: u16, height: u16, wish: Wish) -> String {
    let places = layout::places(Rect::new(0, 0, width, height), wish);
    let letters = areas(&places);
    let mut out = String::new();
    for y in (0..height).step_by(2) {
        for x in (0..width).step_by(10) {
            let hit = letters
                .iter()
                .find(|(_, area)| area.contains(ratatui::layout::Position::new(x, y)));
            out.push(hit.map_or('.', |(name, _)| name.chars().next().unwrap_or('.')));
        }
        out.push('\n');
    }
    out
}

#[test]
fn layouts_are_as_drawn() {
    let mut all = String::new();
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        for (focus, with_log) in [(Pane::Queue, false), (Pane::History, true)] {
            let wish = Wish {
                focus,
                with_log,
                ..Wish::default()
            };
            let _ = writeln!(all, "== {width}x{height} {focus:?} log {with_log}");
            all.push_str(&drawing(width, height, wish));
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("pictures");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("layouts", all));
}

/// Sizes at and around every limit, and far from it.
const ODD: [(u16, u16); 24] = [
    (1, 1),
    (1, 120),
    (400, 1),
    (2, 2),
    (3, 3),
    (5, 4),
    (59, 15),
    (60, 16),
    (61, 17),
    (60, 120),
    (79, 23),
    (80, 22),
    (99, 30),
    (100, 16),
    (100, 23),
    (119, 22),
    (149, 24),
    (150, 16),
    (179, 29),
    (180, 16),
    (180, 31),
    (200, 60),
    (400, 16),
    (400, 120),
];

#[test]
fn no_size_is_too_odd_for_any_screen() {
    for scene in SCENES {
        let mut app = (scene.make)(120, 40);
        for (width, height) in ODD {
            let size = Rect::new(0, 0, width, height);
            app.update(Input::Resize(size));
            assert_eq!(draw(&app).area, size, "{}", scene.name);
        }
    }
}

#[test]
fn forced_plans_draw_at_every_size() {
    for plan in [Plan::Narrow, Plan::Normal, Plan::Wide] {
        for focus in ["1", "2", "3", "4", "5", "4 Enter"] {
            for (width, height) in [(1, 1), (3, 2), (60, 16), (99, 17), (130, 22), (400, 120)] {
                let mut app = full(width, height);
                app.plan = plan;
                press(&mut app, focus);
                app.look = colours(Palette::Dark, Glyphs::UNICODE);
                assert_eq!(draw(&app).area.width, width);
            }
        }
    }
}

#[test]
fn a_resize_keeps_the_marked_row_in_view() {
    let mut app = full(120, 40);
    press(&mut app, "3 G");
    let marked = app.lists[Pane::History as usize].at.clone();
    for (width, height) in [(80, 24), (60, 16), (48, 12), (200, 60), (120, 40)] {
        app.update(Input::Resize(Rect::new(0, 0, width, height)));
        assert_eq!(app.lists[Pane::History as usize].at, marked);
        if !layout::is_too_small(app.size) {
            assert!(
                crate::make::text(&app).contains("run: 2 to GitHub"),
                "{width}x{height}"
            );
        }
    }
}
