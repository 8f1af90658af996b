//! The keys that work here, made from the table in force. Can be searched; Enter runs the marked action.

use crossterm::event::KeyCode;
use ratatui::layout::Rect;

use super::Handled;
use super::finder::{Finder, NOTHING};
use crate::ui::action::{Action, Group, Place};
use crate::ui::app::App;
use crate::ui::canvas::Canvas;
use crate::ui::keymap::{Key, Keymap};
use crate::ui::list::passes;
use crate::ui::text::width;
use crate::ui::theme::Meaning;

/// Columns of the keys.
const KEYS: usize = 10;

/// The help window.
#[derive(Clone, Debug)]
pub struct Help {
    places: Vec<Place>,
    /// What is looked for.
    pub find: Finder,
}

/// One row: the action and its keys.
type Row = (Action, String);

impl Help {
    /// Help for these places.
    pub const fn new(places: Vec<Place>) -> Self {
        Self {
            places,
            find: Finder::new(),
        }
    }

    /// The rows, by group, in the order of the table.
    fn rows(&self, keymap: &Keymap) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for binding in keymap.in_force(&self.places) {
            match rows
                .iter_mut()
                .find(|(action, _)| *action == binding.action)
            {
                Some((_, keys)) => {
                    keys.push_str("  ");
                    keys.push_str(&binding.shown());
                }
                None => rows.push((binding.action, binding.shown())),
            }
        }
        rows.retain(|(action, keys)| {
            let row = format!("{} {} {keys}", action.says(), action.name());
            passes(&self.find.text, &row)
        });
        rows.sort_by_key(|(action, _)| (action.group(), *action));
        rows
    }

    /// A key.
    pub fn type_key(&mut self, key: Key, keymap: &Keymap) -> Handled {
        // The keys that open it close it, too.
        let is_question = key.typed() == Some('?') && self.find.text.is_empty();
        if is_question || key.code() == KeyCode::F(1) {
            return Handled::Close;
        }
        let rows = self.rows(keymap);
        let actions: Vec<Action> = rows.into_iter().map(|(action, _)| action).collect();
        self.find.press(key, &actions)
    }

    /// The wheel.
    pub fn scroll(&mut self, by: isize, keymap: &Keymap) {
        self.find.scroll(by, self.rows(keymap).len());
    }

    /// Draws the window.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let rows = self.rows(&app.keymap);
        let here = self.places.first().map_or("", |place| place.name());
        let mut window = window(canvas, 104);
        let mut inner = window.frame(&format!("Help: {here}"), "type to find", true);
        inner.put(1, 0, &format!("find: {}_", self.find.text), Meaning::Text);
        if rows.is_empty() {
            inner.put(1, 2, NOTHING, Meaning::Dim);
        }
        let at_row = self.find.marked(rows.len());
        let two = inner.columns() >= 92;
        let lines = lines(&rows);
        let height = inner.rows().saturating_sub(3);
        let columns = if two { 2 } else { 1 };
        let room = inner.columns() / columns;
        let marked = lines
            .iter()
            .position(|line| matches!(line, Line::Row(index) if *index == at_row));
        let page = height * columns;
        let top = marked.unwrap_or(0) / page.max(1) * page;
        for (at, line) in lines.iter().skip(top).take(page).enumerate() {
            let (x, y) = (at / height.max(1) * room, at % height.max(1) + 2);
            match line {
                Line::Heading(group) => {
                    inner.put(x + 1, y, group.name(), Meaning::Title);
                }
                Line::Row(index) => {
                    let (action, keys) = &rows[*index];
                    let off = app.is_off(*action);
                    let key = if off.is_some() {
                        Meaning::Dim
                    } else {
                        Meaning::Key
                    };
                    if *index == at_row {
                        inner.put(x, y, inner.glyphs().mark, Meaning::Focus);
                    }
                    inner.put_in(x + 2, y, keys, KEYS, key);
                    let text = off.map_or_else(
                        || action.says().to_owned(),
                        |why| format!("{}  ({why})", action.says()),
                    );
                    let tone = if off.is_some() {
                        Meaning::Dim
                    } else {
                        Meaning::Text
                    };
                    let from = x + KEYS + 3;
                    inner.put_in(from, y, &text, room.saturating_sub(KEYS + 4), tone);
                }
            }
        }
        let foot = inner.rows().saturating_sub(1);
        let hint = "Enter runs the marked action.  All keys can be changed in [keys].";
        inner.put(1, foot, hint, Meaning::Dim);
    }
}

enum Line {
    Heading(Group),
    Row(usize),
}

fn lines(rows: &[Row]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut last = None;
    for (index, (action, _)) in rows.iter().enumerate() {
        if last != Some(action.group()) {
            last = Some(action.group());
            lines.push(Line::Heading(action.group()));
        }
        lines.push(Line::Row(index));
    }
    lines
}

/// A window in the middle, at most so wide, with what lies below emptied.
pub fn window<'a>(canvas: &'a mut Canvas<'_>, most: u16) -> Canvas<'a> {
    let area = canvas.area;
    let wide = area
        .width
        .saturating_sub(if area.width > 90 { 12 } else { 0 })
        .min(most);
    let x = area.x + (area.width - wide) / 2;
    let margin = if area.height > 30 { 2 } else { 0 };
    let mut window = canvas.part(Rect::new(
        x,
        area.y + margin,
        wide,
        area.height - 2 * margin,
    ));
    window.clear();
    window
}

/// How much of a text matches: all words of `find` occur in order of letters.
pub fn fuzzy(find: &str, text: &str) -> Option<usize> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut at = 0;
    let mut gaps = 0;
    for wanted in find.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let step = text[at..].iter().position(|c| *c == wanted)?;
        gaps += step;
        at += step + 1;
    }
    Some(gaps + width(&text.iter().collect::<String>()) / 8)
}
