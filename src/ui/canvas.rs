//! What views draw on. All text goes through [`Shown`], so that nothing from outside can steer the terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text::{clip, width};
use super::theme::{Glyphs, Look, Meaning};
use crate::shown::Shown;

/// One stretch of text in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ink {
    /// The text.
    pub text: String,
    /// What it means.
    pub meaning: Meaning,
}

/// Makes a stretch of text.
pub fn ink(text: impl Into<String>, meaning: Meaning) -> Ink {
    Ink {
        text: text.into(),
        meaning,
    }
}

/// Part of the screen, with a look.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    look: Look,
    /// Where this part is.
    pub area: Rect,
}

impl<'a> Canvas<'a> {
    /// The whole of a buffer.
    pub const fn new(buffer: &'a mut Buffer, look: Look) -> Self {
        let area = buffer.area;
        Self { buffer, look, area }
    }

    /// A part of this part; what lies outside is cut off.
    pub fn part(&mut self, area: Rect) -> Canvas<'_> {
        let area = area.intersection(self.area);
        Canvas {
            buffer: self.buffer,
            look: self.look,
            area,
        }
    }

    /// The characters that this terminal shows.
    pub const fn glyphs(&self) -> Glyphs {
        self.look.glyphs
    }

    /// The style of a meaning.
    pub fn style(&self, meaning: Meaning) -> Style {
        self.look.theme.style(meaning)
    }

    /// Columns of this part.
    pub fn columns(&self) -> usize {
        usize::from(self.area.width)
    }

    /// Rows of this part.
    pub fn rows(&self) -> usize {
        usize::from(self.area.height)
    }

    /// Writes a text at a column and row of this part, cut at its right edge; returns the column after it.
    pub fn put(&mut self, x: usize, y: usize, text: &str, meaning: Meaning) -> usize {
        let room = self.columns().saturating_sub(x);
        self.put_in(x, y, text, room, meaning)
    }

    /// Writes a text into `room` columns; what does not fit ends in the mark of a cut.
    pub fn put_in(
        &mut self,
        x: usize,
        y: usize,
        text: &str,
        room: usize,
        meaning: Meaning,
    ) -> usize {
        let room = room.min(self.columns().saturating_sub(x));
        if y >= self.rows() || room == 0 {
            return x;
        }
        let clean = self.fit(text);
        let clipped = clip(&clean, room, self.look.glyphs.cut);
        let (column, row) = self.at(x, y);
        // A wide sign that begins one column before would reach into this text.
        let before = column.checked_sub(1);
        if let Some(cell) = before.and_then(|before| self.buffer.cell_mut((before, row)))
            && width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
        self.buffer
            .set_stringn(column, row, &clipped, room, self.style(meaning));
        x + width(&clipped)
    }

    /// Writes a text so that it ends at column `end`; returns the column where it begins.
    pub fn put_right(&mut self, end: usize, y: usize, text: &str, meaning: Meaning) -> usize {
        let start = end.saturating_sub(width(&self.fit(text)));
        self.put(start, y, text, meaning);
        start
    }

    /// Writes stretches one after the other, into `room` columns.
    pub fn line(&mut self, x: usize, y: usize, room: usize, parts: &[Ink]) -> usize {
        let end = x + room;
        let mut at = x;
        for part in parts {
            let left = end.saturating_sub(at);
            if left == 0 {
                break;
            }
            at = self.put_in(at, y, &part.text, left, part.meaning);
        }
        at
    }

    /// Gives a row the look of the marked one.
    pub fn select(&mut self, y: usize) {
        if y < self.rows() {
            let style = self.style(Meaning::Select);
            let (column, row) = self.at(0, y);
            self.buffer
                .set_style(Rect::new(column, row, self.area.width, 1), style);
        }
    }

    /// Empties this part.
    pub fn clear(&mut self) {
        for position in self.area.positions() {
            self.buffer[position].reset();
        }
    }

    /// Draws a border with titles; returns what is inside.
    pub fn frame(&mut self, left: &str, right: &str, focused: bool) -> Canvas<'_> {
        let glyphs = self.glyphs();
        let [tl, top, tr, side, bl, br] = if focused { glyphs.heavy } else { glyphs.border };
        let border = if focused {
            Meaning::Focus
        } else {
            Meaning::Dim
        };
        let (w, h) = (self.columns(), self.rows());
        if w < 2 || h < 2 {
            return self.part(Rect::ZERO);
        }
        self.put(0, 0, &format!("{tl}{}{tr}", top.repeat(w - 2)), border);
        self.put(0, h - 1, &format!("{bl}{}{br}", top.repeat(w - 2)), border);
        for y in 1..h - 1 {
            self.put(0, y, side, border);
            self.put(w - 1, y, side, border);
        }
        let title = if focused {
            Meaning::Focus
        } else {
            Meaning::Title
        };
        if w > 6 && !left.is_empty() {
            self.put_in(2, 0, &format!(" {left} "), w - 4, title);
        }
        // Each has a blank on both sides and a corner beyond; a bit of the border shows between them.
        if !right.is_empty() && width(left) + width(right) + 9 <= w {
            self.put_right(w - 2, 0, &format!(" {right} "), Meaning::Text);
        }
        let area = self.area;
        self.part(Rect::new(
            area.x + 1,
            area.y + 1,
            area.width - 2,
            area.height - 2,
        ))
    }

    /// Draws a bar of `room` columns that is full to `part` (0 to 1), with a mark at `limit`.
    pub fn bar(&mut self, x: usize, y: usize, room: usize, part: f64, limit: Option<f64>) -> usize {
        let [full, empty] = self.look.glyphs.bar;
        let cells = |part: f64| nearest(part.clamp(0.0, 1.0) * room as f64, room);
        let filled = cells(part);
        let over = limit.is_some_and(|limit| part > limit);
        let meaning = if over { Meaning::Warn } else { Meaning::Bar };
        self.put(x, y, &full.repeat(filled), meaning);
        self.put(
            x + filled,
            y,
            &empty.repeat(room - filled),
            Meaning::BarEmpty,
        );
        if let Some(limit) = limit {
            let at = cells(limit).min(room.saturating_sub(1));
            self.put(x + at, y, self.look.glyphs.limit, Meaning::Warn);
        }
        x + room
    }

    /// Draws the last values (0 to 1) as a sparkline of `room` columns.
    pub fn spark(&mut self, x: usize, y: usize, room: usize, values: &[f64]) {
        let glyphs = self.look.glyphs.spark;
        let shown = &values[values.len().saturating_sub(room)..];
        let text: String = shown
            .iter()
            .map(|value| glyphs[nearest(value.clamp(0.0, 1.0) * 7.0, 7)])
            .collect();
        self.put(x + room - shown.len().min(room), y, &text, Meaning::Bar);
    }

    /// Text as this terminal can show it. Our own glyphs have stand-ins; with ASCII, other signs become `?`.
    fn fit(&self, text: &str) -> String {
        let shown = Shown::line(text);
        if self.look.glyphs != Glyphs::ASCII || shown.as_str().is_ascii() {
            return shown.as_str().to_owned();
        }
        shown.as_str().chars().map(ascii).collect()
    }

    fn at(&self, x: usize, y: usize) -> (u16, u16) {
        let column = u16::try_from(x).unwrap_or(u16::MAX);
        let row = u16::try_from(y).unwrap_or(u16::MAX);
        (
            self.area.x.saturating_add(column),
            self.area.y.saturating_add(row),
        )
    }
}

/// The nearest ASCII sign.
fn ascii(c: char) -> char {
    match c {
        '…' => '~',
        '→' | '▶' => '>',
        '←' | '◀' => '<',
        '↑' => '^',
        '↓' => 'v',
        '⇄' => '=',
        '·' => '.',
        '—' | '–' | '─' => '-',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        c if c.is_ascii() => c,
        _ => '?',
    }
}

/// The whole number from 0 to `most` that is nearest.
fn nearest(value: f64, most: usize) -> usize {
    let far = |n: usize| (n as f64 - value).abs();
    (0..=most)
        .min_by(|a, b| far(*a).total_cmp(&far(*b)))
        .unwrap_or(0)
}
