//! The keys that work here, made from the table in force. Can be searched; Enter runs the marked action.

use crossterm::event::KeyCode;
use ratatui::layout::Rect;

use super::Handled;
use super::finder::{Finder, NOTHING};
use crate::ui::action::{Action, Place};
use crate::ui::app::App;
use crate::ui::canvas::Canvas;
use crate::ui::keymap::{Key, Keymap};
use crate::ui::layout::Pane;
use crate::ui::list::passes;
use crate::ui::panes;
use crate::ui::text::{width, wrap};
use crate::ui::theme::Meaning;

/// Columns of the keys.
const KEYS: usize = 10;
/// The least columns of a row, and how wide the window may be.
const COLUMN: usize = 46;
const WIDEST: u16 = 184;
/// Where there is no room for two columns of sentences, the columns of a row with a word or two, and of its keys.
const SHORT_COLUMN: usize = 25;
const SHORT_KEYS: usize = 8;

/// The help window.
#[derive(Clone, Debug)]
pub struct Help {
    places: Vec<Place>,
    off: Vec<(Action, Option<&'static str>)>,
    /// What is looked for.
    pub find: Finder,
}

/// One row: the action and its keys; whether they have their meaning here only.
struct Row {
    action: Action,
    keys: String,
    is_own: bool,
    off: Option<&'static str>,
}

impl Help {
    /// Help for these places, with why some actions are off there.
    pub const fn new(places: Vec<Place>, off: Vec<(Action, Option<&'static str>)>) -> Self {
        Self {
            places,
            off,
            find: Finder::new(),
        }
    }

    fn off_of(&self, action: Action) -> Option<&'static str> {
        let off = self.off.iter().find(|(one, _)| *one == action);
        off.and_then(|(_, why)| *why)
    }

    /// The rows: what is particular to this place, then by group, in the order of the table.
    fn rows(&self, keymap: &Keymap) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for binding in keymap.in_force(&self.places) {
            let same = rows.iter_mut().find(|row| row.action == binding.action);
            if let Some(row) = same {
                row.keys.push_str("  ");
                row.keys.push_str(&binding.shown());
            } else {
                rows.push(Row {
                    action: binding.action,
                    keys: binding.shown(),
                    is_own: self.places.first() == Some(&binding.place),
                    off: self.off_of(binding.action),
                });
            }
        }
        rows.retain(|Row { action, keys, .. }| {
            let row = format!("{} {} {keys}", action.says(), action.name());
            passes(&self.find.text, &row)
        });
        rows.sort_by_key(|row| (!row.is_own, row.action.group(), row.action));
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
        let actions: Vec<Action> = rows.into_iter().map(|row| row.action).collect();
        self.find.press(key, &actions)
    }

    /// The wheel.
    pub fn scroll(&mut self, by: isize, keymap: &Keymap) {
        self.find.scroll(by, self.rows(keymap).len());
    }

    /// Where there is a list, what its filter understands.
    fn asks(&self) -> String {
        let pane = self.places.first().and_then(|place| pane(*place));
        let pane = pane.filter(|pane| !panes::facets(*pane).is_empty());
        pane.map_or_else(String::new, |pane| {
            format!("/ takes words, {}", panes::asks(pane))
        })
    }

    /// Draws the window.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let rows = self.rows(&app.keymap);
        let here = self.places.first().map_or("", |place| place.name());
        let mut window = window(canvas, WIDEST);
        let room = usize::from(window.area.width).saturating_sub(2);
        let height = usize::from(window.area.height).saturating_sub(5).max(1);
        let is_short = room < 2 * COLUMN;
        let least = if is_short { SHORT_COLUMN } else { COLUMN };
        let columns = (room / least).clamp(1, 3);
        let room = room / columns;
        let look = (here, room, is_short);
        let height = even(&rows, look, (height, columns));
        let lines = lines(&rows, look, height);
        let at_row = self.find.marked(rows.len());
        let is_marked =
            |line: &Line| matches!(line, Line::Row(index, true, ..) if *index == at_row);
        let marked = lines.iter().position(is_marked).unwrap_or(0);
        let page = height * columns;
        let pages = lines.len().div_ceil(page).max(1);
        let right = match pages {
            1 => "type to find".to_owned(),
            pages => format!("page {} of {pages}   type to find", marked / page + 1),
        };
        let mut inner = window.frame(&format!("Help: {here}"), &right, true);
        inner.put(1, 0, &format!("find: {}_", self.find.text), Meaning::Text);
        if rows.is_empty() {
            inner.put(1, 2, NOTHING, Meaning::Dim);
        }
        let top = marked / page * page;
        for (at, line) in lines.iter().skip(top).take(page).enumerate() {
            let (x, y) = (at / height * room, at % height + 2);
            draw(&mut inner, (x, y), line, &rows);
            if is_marked(line) {
                inner.put(x, y, inner.glyphs().mark, Meaning::Focus);
            }
        }
        inner.put(1, 1, &self.asks(), Meaning::Dim);
        let foot = inner.rows().saturating_sub(1);
        let text = match rows.get(at_row).filter(|_| is_short) {
            // Whole before all: the sentence matters more than why it is off, and that more than the key.
            Some(row) => {
                let texts = [format!("Enter: {}", said(row)), said(row)];
                let room = inner.columns().saturating_sub(2);
                let fits = texts.into_iter().find(|text| width(text) <= room);
                fits.unwrap_or_else(|| row.action.says().to_owned())
            }
            None => "Enter runs the marked action.  All keys can be changed in [keys].".to_owned(),
        };
        inner.put(1, foot, &text, Meaning::Dim);
    }
}

/// The pane of the dashboard that a place is.
fn pane(place: Place) -> Option<Pane> {
    Pane::ALL
        .into_iter()
        .find(|pane| pane.name().eq_ignore_ascii_case(place.name()))
}

/// One line of the window.
enum Line {
    /// Nothing: what comes next stands in one column.
    Blank,
    Heading(String),
    /// A row's action: its index, whether it is its first line, what the line says, and the columns of its keys.
    Row(usize, bool, String, usize),
}

/// The heading of a row: what is particular to this place is not found elsewhere.
fn heading(here: &str, row: &Row) -> String {
    if row.is_own {
        format!("Only here: {here}")
    } else {
        row.action.group().name().to_owned()
    }
}

/// What an action does, and why not now.
fn said(row: &Row) -> String {
    row.off.map_or_else(
        || row.action.says().to_owned(),
        |why| format!("{}  ({why})", row.action.says()),
    )
}

/// The height of columns that are as even as can be, where all fits on one page; else as high as there is room.
fn even(rows: &[Row], look: (&str, usize, bool), (height, columns): (usize, usize)) -> usize {
    let all = lines(rows, look, usize::MAX).len();
    let fits = |high: &usize| lines(rows, look, *high).len() <= high * columns;
    (all.div_ceil(columns).max(1)..height)
        .find(fits)
        .unwrap_or(height)
}

/// The lines of the rows in columns of this width and height, with sentences or a word or two.
fn lines(rows: &[Row], (here, room, is_short): (&str, usize, bool), height: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut last = String::new();
    let keys = if is_short { SHORT_KEYS } else { KEYS };
    for (index, row) in rows.iter().enumerate() {
        let heading = heading(here, row);
        let text = if is_short {
            vec![row.action.short().to_owned()]
        } else {
            wrap(&said(row), room.saturating_sub(keys + 4))
        };
        let is_first = last != heading;
        // Neither a sentence nor a heading and its first row go over two columns.
        let need = text.len() + usize::from(is_first);
        let used = lines.len() % height;
        if used > 0 && used + need > height {
            lines.extend((used..height).map(|_| Line::Blank));
        }
        if is_first {
            last.clone_from(&heading);
            lines.push(Line::Heading(heading));
        }
        let own = text.into_iter().enumerate();
        lines.extend(own.map(|(at, line)| Line::Row(index, at == 0, line, keys)));
    }
    lines
}

fn draw(canvas: &mut Canvas<'_>, (x, y): (usize, usize), line: &Line, rows: &[Row]) {
    match line {
        Line::Blank => {}
        Line::Heading(text) => {
            canvas.put(x + 1, y, text, Meaning::Title);
        }
        Line::Row(index, is_first, text, columns) => {
            let Row { keys, off, .. } = &rows[*index];
            let (key, tone) = if off.is_some() {
                (Meaning::Dim, Meaning::Dim)
            } else {
                (Meaning::Key, Meaning::Text)
            };
            if *is_first {
                canvas.put_in(x + 2, y, keys, *columns, key);
            }
            canvas.put(x + columns + 3, y, text, tone);
        }
    }
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

/// How far a text is from what is looked for: it holds the very words, the sooner the better, or else all letters in
/// their order.
pub fn fuzzy(find: &str, text: &str) -> Option<usize> {
    /// Farther than any place where the very words may stand.
    const LETTERS_ONLY: usize = 1_000;
    let wanted = find.trim().to_lowercase();
    if let Some(at) = text.to_lowercase().find(&wanted) {
        return Some(at);
    }
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut at = 0;
    let mut gaps = 0;
    for wanted in find.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let step = text[at..].iter().position(|c| *c == wanted)?;
        gaps += step;
        at += step + 1;
    }
    Some(LETTERS_ONLY + gaps + width(&text.iter().collect::<String>()) / 8)
}
