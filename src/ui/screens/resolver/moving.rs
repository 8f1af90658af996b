//! Clicks, and how far everything scrolls: both go by what was drawn last.

use ratatui::layout::Position;

use super::{Drawn, Resolver};
use crate::ui::app::Effect;
use crate::ui::data::Data;
use crate::ui::screens::Handled;

impl Resolver {
    /// A click on a row of the fields, or of the list of conflicts.
    pub fn click(&mut self, at: Position, data: &Data, out: &mut Vec<Effect>) -> Handled {
        let Drawn {
            fields,
            first,
            list,
            ..
        } = self.drawn.get();
        if list.contains(at) {
            let choices = self.choices(data);
            let index = self.listed_at(at.y);
            if index != self.place(&choices) {
                self.go(&choices, index, out);
            }
        }
        if fields.contains(at) {
            let field = first + usize::from(at.y - fields.y);
            if field < self.fields(data).len() {
                (self.field, self.hunk, self.scrolled) = (field, 0, 0);
            }
        }
        Handled::Yes
    }

    /// Scrolls so many rows down, as far as there is something to see.
    pub fn scroll(&mut self, by: isize) {
        let (up, down) = self.drawn.get().reach;
        let now = self.scrolled.clamp(up, down);
        self.scrolled = now.saturating_add(by).clamp(up, down);
    }

    /// Rows of a page, or of a part of one.
    pub(super) fn page(&self, part: usize) -> isize {
        let rows = self.drawn.get().page.saturating_sub(1) / part;
        isize::try_from(rows.max(1)).unwrap_or(1)
    }

    pub(super) const fn zoom(&mut self) {
        self.zoomed = !self.zoomed;
        self.scrolled = 0;
    }

    /// The first line of a part in view, such that line `place` is, or as far from there as was scrolled.
    pub(super) fn top_of(&self, lines: usize, height: usize, place: usize) -> usize {
        let last = lines.saturating_sub(height);
        let own = place.saturating_sub(height / 3).min(last);
        let mut drawn = self.drawn.get();
        let far = |rows: usize| isize::try_from(rows).unwrap_or(isize::MAX);
        drawn.reach.0 = drawn.reach.0.min(-far(own));
        drawn.reach.1 = drawn.reach.1.max(far(last - own));
        drawn.page = drawn.page.max(height);
        self.drawn.set(drawn);
        own.saturating_add_signed(self.scrolled).min(last)
    }
}
