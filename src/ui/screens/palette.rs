//! Every action by its words, with its key, and why it is off where it is.

use ratatui::layout::Rect;

use super::Handled;
use super::finder::{Finder, NOTHING};
use super::help::fuzzy;
use crate::ui::action::{Action, Place};
use crate::ui::app::App;
use crate::ui::canvas::Canvas;
use crate::ui::keymap::Key;
use crate::ui::text::width;
use crate::ui::theme::Meaning;

/// Rows that are shown.
const ROWS: usize = 10;

/// The palette.
#[derive(Clone, Debug)]
pub struct Palette {
    places: Vec<Place>,
    off: Vec<(Action, Option<&'static str>)>,
    /// What is looked for.
    pub find: Finder,
}

impl Palette {
    /// A palette for these places.
    pub const fn new(places: Vec<Place>, off: Vec<(Action, Option<&'static str>)>) -> Self {
        Self {
            places,
            off,
            find: Finder::new(),
        }
    }

    /// What fits, the best first; what is off comes last.
    fn rows(&self) -> Vec<(Action, Option<&'static str>)> {
        let mut rows: Vec<(bool, usize, Action, Option<&'static str>)> = self
            .off
            .iter()
            .filter(|(action, _)| !matches!(action, Action::Palette))
            .filter_map(|(action, off)| {
                let rank = fuzzy(&self.find.text, action.says())?;
                Some((off.is_some(), rank, *action, *off))
            })
            .collect();
        if self.find.text.is_empty() {
            rows.sort_by_key(|(off, ..)| *off);
        } else {
            rows.sort_by_key(|(off, rank, ..)| (*off, *rank));
        }
        rows.into_iter()
            .map(|(_, _, action, off)| (action, off))
            .collect()
    }

    fn actions(&self) -> Vec<Action> {
        self.rows().into_iter().map(|(action, _)| action).collect()
    }

    /// A key.
    pub fn type_key(&mut self, key: Key) -> Handled {
        let actions = self.actions();
        self.find.press(key, &actions)
    }

    /// The wheel.
    pub fn scroll(&mut self, by: isize) {
        self.find.scroll(by, self.rows().len());
    }

    /// Draws the window.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let rows = self.rows();
        let marked = self.find.marked(rows.len());
        let area = canvas.area;
        let wide = area.width.saturating_sub(4).min(72);
        let height = u16::try_from(ROWS + 3).unwrap_or(13).min(area.height);
        let x = area.x + (area.width - wide) / 2;
        let mut window = canvas.part(Rect::new(x, area.y + 1, wide, height));
        window.clear();
        let mut inner = window.frame(":", &format!("{} of {}", rows.len(), self.off.len()), true);
        inner.put(1, 0, &format!("{}_", self.find.text), Meaning::Text);
        if rows.is_empty() {
            inner.put(1, 1, NOTHING, Meaning::Dim);
        }
        let shown = inner.rows().saturating_sub(1);
        let top = (marked + 1).saturating_sub(shown);
        for (y, (index, (action, off))) in rows.iter().enumerate().skip(top).take(shown).enumerate()
        {
            let y = y + 1;
            let keys = app.keymap.keys_of(&self.places, *action);
            let key = keys.first().cloned().unwrap_or_default();
            let end = inner.columns().saturating_sub(1);
            let room = end.saturating_sub(3 + width(&key));
            let tone = if off.is_some() {
                Meaning::Dim
            } else {
                Meaning::Text
            };
            if index == marked {
                inner.put(0, y, inner.glyphs().mark, Meaning::Focus);
            }
            // Why it is off matters more than its last words.
            let why = off.map_or_else(String::new, |why| format!("   {why}"));
            let room = room.saturating_sub(width(&why));
            let end_of_text = inner.put_in(1, y, action.says(), room, tone);
            inner.put(end_of_text, y, &why, tone);
            inner.put_right(end, y, &key, Meaning::Key);
            if index == marked {
                inner.select(y);
            }
        }
    }
}
