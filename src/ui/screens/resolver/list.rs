//! The list of conflicts beside the resolver, where there is room for it: which one is open, and which come next.

use ratatui::layout::Rect;

use super::{Drawn, Resolver, name};
use crate::core::PairId;
use crate::engine::face::ConflictLine;
use crate::ui::app::{App, Effect};
use crate::ui::canvas::Canvas;
use crate::ui::data::{Data, short, titled};
use crate::ui::text::{age, width};
use crate::ui::theme::Meaning;

/// Columns of the list.
pub(super) const LIST: u16 = 36;
/// Columns of a terminal that has room for it.
pub(super) const LEAST: u16 = 150;
/// Rows of an item: its name, what of it is in conflict, a blank.
const ROWS: usize = 3;

impl Resolver {
    /// The items that one goes through here: those that were marked, or all in conflict. The open one is among them,
    /// whatever became of it.
    pub(super) fn choices(&self, data: &Data) -> Vec<PairId> {
        if self.pairs.len() > 1 {
            return self.pairs.clone();
        }
        let all = data.conflicted().into_iter();
        let mut all: Vec<PairId> = all.map(|(pair, _)| pair).collect();
        if let Some(pair) = self.current().filter(|pair| !all.contains(pair)) {
            all.insert(0, pair.clone());
        }
        all
    }

    /// Where the open item is among them.
    pub(super) fn place(&self, choices: &[PairId]) -> usize {
        let open = self.current();
        let at = choices.iter().position(|pair| Some(pair) == open);
        at.unwrap_or(0)
    }

    /// Opens another of the items.
    pub(super) fn go(&mut self, choices: &[PairId], at: usize, out: &mut Vec<Effect>) {
        let Some(pair) = choices.get(at) else { return };
        if self.pairs.len() > 1 {
            self.pair = at;
        } else {
            self.pairs = vec![pair.clone()];
        }
        (self.field, self.hunk, self.scrolled, self.item) = (0, 0, 0, None);
        self.sent.clear();
        self.ask_item(out);
    }

    /// Draws the list; the open item is marked.
    pub(super) fn draw_list(&self, app: &App, canvas: &mut Canvas<'_>) {
        let choices = self.choices(&app.data);
        let at = self.place(&choices);
        let mut inner = canvas.frame("Conflicts", &choices.len().to_string(), false);
        let height = (inner.rows() + 1) / ROWS;
        let top = (at + 1).saturating_sub(height.max(1));
        self.drawn.set(Drawn {
            list: inner.area,
            listed: top,
            ..self.drawn.get()
        });
        for (row, pair) in choices.iter().skip(top).take(height).enumerate() {
            let of_item = |line: &&ConflictLine| line.pair == *pair;
            let all = app.data.links().iter().flat_map(|link| &link.conflicts);
            let own: Vec<&ConflictLine> = all.filter(of_item).collect();
            draw(app, &mut inner, row * ROWS, &own, top + row == at);
        }
    }

    /// The item of the list that was drawn at a row of the terminal.
    pub(super) fn listed_at(&self, y: u16) -> usize {
        let Drawn { list, listed, .. } = self.drawn.get();
        listed + usize::from(y.saturating_sub(list.y)) / ROWS
    }
}

/// One item: its name and title, and below what of it is in conflict and since when.
fn draw(app: &App, canvas: &mut Canvas<'_>, y: usize, lines: &[&ConflictLine], is_open: bool) {
    let Some(first) = lines.first() else {
        canvas.put(3, y, "has no conflict any more", Meaning::Dim);
        return;
    };
    if is_open {
        canvas.put(1, y, canvas.glyphs().mark, Meaning::Focus);
    }
    let end = canvas.columns().saturating_sub(1);
    let tone = if is_open {
        Meaning::Title
    } else {
        Meaning::Text
    };
    let x = canvas.put(3, y, &short(&first.item), tone) + 1;
    canvas.put_in(x, y, titled(&first.title), end.saturating_sub(x), tone);
    let fields: Vec<&str> = lines.iter().map(|line| name(&line.conflict)).collect();
    let oldest = lines.iter().map(|line| line.conflict.found_at).min();
    let since = oldest.map_or_else(String::new, |at| age(app.data.now.since(at)));
    let room = end.saturating_sub(5 + width(&since) + 2);
    canvas.put_in(5, y + 1, &fields.join(", "), room, Meaning::Dim);
    canvas.put_right(end, y + 1, &since, Meaning::Dim);
}

/// What is left beside the list.
pub(super) fn beside(body: Rect) -> Rect {
    Rect::new(body.x + LIST, body.y, body.width - LIST, body.height)
}
