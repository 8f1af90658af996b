//! `[screen]` and `[keys]`: how the dashboard looks, and what its keys do.

use super::model::Screen;
use super::section::{Fault, Named, Section};
use crate::ui::action::{Action, Place};
use crate::ui::keymap::{Keymap, Wish};
use crate::ui::layout::Plan;
use crate::ui::term::Call;
use crate::ui::theme::Palette;

/// Reads `[screen]`.
pub(super) fn read(mut section: Section<'_, '_>, screen: &mut Screen) {
    if let Some(theme) = section.choice::<Theme>("theme") {
        screen.theme = theme.0;
    }
    if let Some(ascii) = section.flag("ascii") {
        screen.ascii = ascii;
    }
    if let Some(layout) = section.choice("layout") {
        screen.layout = layout;
    }
    if let Some(notify) = section.choice("notify") {
        screen.notify = notify;
    }
    section.finish();
}

/// Reads `[keys]` and its tables, one for each place; `[keys.everywhere]` is the same as `[keys]`.
pub(super) fn keys(mut section: Section<'_, '_>, screen: &mut Screen) {
    let mut wishes = Vec::new();
    let mut spans = Vec::new();
    let source = section.source;
    let mut take = |section: &mut Section<'_, '_>, place: Place| {
        for action in Action::ALL {
            // `plan` is a place as well: a table is the place, anything else is the action.
            if is_place(action.name()) && section.is_table(action.name()) {
                continue;
            }
            if let Some(list) = section.listed(action.name()) {
                spans.push(list.span.clone());
                wishes.push(Wish {
                    place,
                    action: *action,
                    keys: list.value.into_iter().map(|key| key.value).collect(),
                });
            }
        }
    };
    take(&mut section, Place::Everywhere);
    for place in Place::ALL {
        let is_action = Action::named(place.name()).is_some();
        if is_action && !section.is_table(place.name()) {
            continue;
        }
        let mut own = section.listed_table(place.name());
        take(&mut own, place);
        own.finish();
    }
    section.finish();
    match Keymap::wished(&wishes) {
        Ok(keymap) => screen.keymap = keymap,
        Err(problems) => {
            for (at, message) in problems {
                if let Some(span) = spans.get(at) {
                    source.fault(span, &Fault::new(message, ""));
                }
            }
        }
    }
}

fn is_place(name: &str) -> bool {
    Place::ALL.into_iter().any(|place| place.name() == name)
}

/// A chosen theme; none = by the terminal's background.
#[derive(Clone, Copy)]
struct Theme(Option<Palette>);

impl Named for Theme {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("auto", Self(None)),
        ("dark", Self(Some(Palette::Dark))),
        ("light", Self(Some(Palette::Light))),
        ("ansi", Self(Some(Palette::Ansi))),
        ("mono", Self(Some(Palette::Mono))),
    ];
}

impl Named for Plan {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("narrow", Self::Narrow),
        ("normal", Self::Normal),
        ("wide", Self::Wide),
    ];
}

impl Named for Call {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("off", Self::Off),
        ("bell", Self::Bell),
        ("osc9", Self::Osc9),
        ("osc777", Self::Osc777),
    ];
}
