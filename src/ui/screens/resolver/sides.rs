//! What the sides say: base, GitHub and Notion beside each other, or one below the other.

use super::words::{gone_words, lay_out, marked_words, plain};
use super::{Field, Resolver, Style, name};
use crate::core::text::{Hunk, Part};
use crate::core::{Conflict, FieldKey, Outcome, Record, RecordKind, Side, Time, Value};
use crate::engine::face::ConflictLine;
use crate::ui::app::App;
use crate::ui::canvas::{Canvas, Ink, ink};
use crate::ui::data::Data;
use crate::ui::drafts::{self, Draft, Drafts, HunkPick};
use crate::ui::text::{width, wrap};
use crate::ui::theme::Meaning;

impl Resolver {
    /// One of the three columns.
    pub(super) fn draw_side(&self, app: &App, canvas: &mut Canvas<'_>, part: Where) {
        let glyphs = canvas.glyphs();
        let (title, tone) = match part {
            Where::Base => ("Base (b)".to_owned(), Meaning::Base),
            Where::Side(Side::Github) => ("GitHub (h)".to_owned(), Meaning::Github),
            Where::Side(Side::Notion) => ("Notion (l)".to_owned(), Meaning::Notion),
        };
        let line = self.marked(&app.data);
        // Behind the title, with the corners and blanks of a frame.
        let room = canvas.columns().saturating_sub(width(&title) + 9);
        let whence = line
            .and_then(|line| self.whence(&app.data, line, part, room))
            .unwrap_or_default();
        let mut inner = canvas.frame(&title, &whence, false);
        let Some(line) = line else {
            let value = match self.fields(&app.data).into_iter().nth(self.field) {
                Some(Field::Synced(_, value)) => value,
                _ => Value::Null,
            };
            let room = inner.columns().saturating_sub(2);
            for (y, text) in wrap(&full(&value), room).iter().enumerate() {
                inner.put(1, y, text, Meaning::Dim);
            }
            return;
        };
        let picked = picked(line, &app.drafts, part, self.hunk);
        if picked {
            inner.put(0, 0, glyphs.done, Meaning::Ok);
        }
        let lines = self.text_of(line, part, tone);
        let rows = lay_out(&lines, inner.columns().saturating_sub(3), self.wraps);
        let height = inner.rows();
        let top = self.top_of(rows.len(), height, 0);
        for (y, row) in rows.iter().skip(top).take(height).enumerate() {
            let room = inner.columns().saturating_sub(3);
            inner.line(2, y, room, row);
        }
        if height > 0 && top + height < rows.len() {
            inner.put(0, height - 1, glyphs.cut, Meaning::Dim);
        }
    }

    /// Base, GitHub and Notion one below the other, for narrow screens.
    pub(super) fn draw_stacked(&self, app: &App, canvas: &mut Canvas<'_>) {
        let line = self.marked(&app.data);
        let title = line
            .map_or("in step", |line| name(&line.conflict))
            .to_owned();
        let keys = line.map_or("", |_| "b base   h GitHub   l Notion");
        let mut inner = canvas.frame(&title, keys, false);
        let Some(line) = line else {
            if let Some(Field::Synced(_, value)) =
                self.fields(&app.data).into_iter().nth(self.field)
            {
                for (y, text) in wrap(&full(&value), inner.columns().saturating_sub(2))
                    .iter()
                    .enumerate()
                {
                    inner.put(1, y, text, Meaning::Dim);
                }
            }
            return;
        };
        let parts = [
            (Where::Base, "b", Meaning::Base),
            (Where::Side(Side::Github), "h", Meaning::Github),
            (Where::Side(Side::Notion), "l", Meaning::Notion),
        ];
        let columns = inner.columns();
        let laid = parts.map(|(part, key, tone)| {
            let at = self
                .whence(&app.data, line, part, columns / 5)
                .unwrap_or_default();
            let room = columns.saturating_sub(width(&at) + 7);
            let rows = lay_out(&self.text_of(line, part, tone), room, self.wraps);
            (part, key, tone, at, rows)
        });
        let heights = shares(laid.each_ref().map(|(.., rows)| rows.len()), inner.rows());
        let mut y = 0;
        for ((part, key, tone, at, rows), height) in laid.into_iter().zip(heights) {
            inner.put(1, y, key, tone);
            if picked(line, &app.drafts, part, self.hunk) {
                inner.put(2, y, inner.glyphs().done, Meaning::Ok);
            }
            let start = inner.put_right(columns.saturating_sub(1), y, &at, Meaning::Dim);
            let top = self.top_of(rows.len(), height, 0);
            for (row, inks) in rows.iter().skip(top).take(height).enumerate() {
                inner.line(4, y + row, start.saturating_sub(5), inks);
            }
            if height > 1 && top + height < rows.len() {
                inner.put(1, y + height - 1, inner.glyphs().cut, Meaning::Dim);
            }
            y += height;
        }
    }

    /// Who changed a side, and when; of the base, when it was written.
    fn whence(&self, data: &Data, line: &ConflictLine, part: Where, room: usize) -> Option<String> {
        let conflict = &line.conflict;
        if let Where::Side(side) = part {
            return data.whence(conflict, side, room);
        }
        let told = match data.when(self.agreed_at(data, line)?) {
            when if data.absolute || when == "now" => when,
            when => format!("{when} ago"),
        };
        Some(told).filter(|told| width(told) <= room)
    }

    /// When the base of a conflict was written, as the item's own records say, or what was read of all.
    fn agreed_at(&self, data: &Data, line: &ConflictLine) -> Option<Time> {
        let conflict = &line.conflict;
        let is_base = |value: &Value| {
            let in_notion = line.base.as_ref().map(crate::core::Base::notion);
            *value == conflict.base || Some(value) == in_notion
        };
        let wrote_it = |record: &&Record| {
            record.pair.as_ref() == Some(&line.pair)
                && record.kind == RecordKind::Write
                && record.outcome == Outcome::Done
                && record.at <= conflict.found_at
                && record.changes.iter().any(|change| {
                    Some(&change.field) == conflict.field.as_ref() && is_base(&change.after)
                })
        };
        let mut known = self.records.iter().chain(&data.history);
        known.find(wrote_it).map(|record| record.at)
    }

    /// What a side says, with what it changed marked against the base.
    fn text_of(&self, line: &ConflictLine, part: Where, tone: Meaning) -> Vec<Vec<Ink>> {
        let conflict = &line.conflict;
        if conflict.field.is_none() {
            return vec![vec![ink(gone(conflict, part), tone)]];
        }
        if self.style != Style::Raw
            && let Some(hunk) = self.marked_hunk(conflict)
        {
            // The blank lines behind a place belong to what follows.
            let [base, ours, theirs] =
                [&hunk.base, &hunk.ours, &hunk.theirs].map(|text| text.trim_end_matches('\n'));
            let text = match part {
                Where::Base => return gone_words(base, [ours, theirs]),
                Where::Side(Side::Github) => ours,
                Where::Side(Side::Notion) => theirs,
            };
            return marked_words(base, text, self.style == Style::Words);
        }
        if let Some(names) = self.names_of(conflict, part) {
            return vec![names];
        }
        let base = full(&conflict.base);
        let value = match part {
            Where::Base => base.clone(),
            Where::Side(Side::Github) => full(&conflict.github),
            Where::Side(Side::Notion) if is_body(conflict) => {
                crate::core::text::from_notion(conflict.notion.as_text())
            }
            Where::Side(Side::Notion) => full(&conflict.notion),
        };
        let is_base = part == Where::Base;
        if self.style == Style::Raw || is_base && !matches!(conflict.base, Value::Text(_)) {
            return plain(&value);
        }
        if is_base {
            let notion = if is_body(conflict) {
                crate::core::text::from_notion(conflict.notion.as_text())
            } else {
                full(&conflict.notion)
            };
            return gone_words(&base, [&full(&conflict.github), &notion]);
        }
        marked_words(&base, &value, self.style == Style::Words)
    }

    /// The names of a set, those marked that came or went since the base.
    fn names_of(&self, conflict: &Conflict, part: Where) -> Option<Vec<Ink>> {
        let value = match part {
            Where::Side(Side::Github) => &conflict.github,
            Where::Side(Side::Notion) => &conflict.notion,
            Where::Base => return None,
        };
        let (Value::Set(base), Value::Set(now)) = (&conflict.base, value) else {
            return None;
        };
        if self.style == Style::Raw {
            return None;
        }
        let mut inks = Vec::new();
        for name in base.union(now) {
            if !inks.is_empty() {
                inks.push(ink(", ", Meaning::Text));
            }
            inks.push(match (base.contains(name), now.contains(name)) {
                (true, false) => ink(format!("[-{name}-]"), Meaning::Remove),
                (false, _) => ink(format!("[+{name}+]"), Meaning::Add),
                (true, true) => ink(name.clone(), Meaning::Text),
            });
        }
        Some(inks)
    }

    /// The clashing place of a text that the keys decide now.
    fn marked_hunk(&self, conflict: &Conflict) -> Option<Hunk> {
        let mut hunks = drafts::parts(conflict)?
            .into_iter()
            .filter_map(|part| match part {
                Part::Conflict(hunk) => Some(hunk),
                Part::Settled(_) => None,
            });
        hunks.nth(self.hunk)
    }
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    Base,
    Side(Side),
}

pub(super) fn is_body(conflict: &Conflict) -> bool {
    conflict.field.as_ref() == Some(&FieldKey::BODY)
}

/// A value in full.
pub(super) fn full(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => other.brief(2_000),
    }
}

/// How many of `rows` each of three parts gets: one at least, then what it needs, in turn.
fn shares(needs: [usize; 3], rows: usize) -> [usize; 3] {
    let mut shares = [1; 3];
    for _ in 3..rows {
        let short = (0..3).filter(|at| shares[*at] < needs[*at]);
        let Some(at) = short.min_by_key(|at| shares[*at]) else {
            break;
        };
        shares[at] += 1;
    }
    shares
}

/// What a side of an item says that was deleted on one side and edited on the other.
pub(super) fn gone(conflict: &Conflict, part: Where) -> String {
    let value = match part {
        Where::Base => return conflict.note.clone(),
        Where::Side(Side::Github) => &conflict.github,
        Where::Side(Side::Notion) => &conflict.notion,
    };
    if value.is_empty() {
        "taking this side removes it on the other, too".to_owned()
    } else {
        format!(
            "{}: taking this side keeps it and brings it back",
            value.brief(200)
        )
    }
}

/// Whether a draft takes this column: for a text, at the marked clashing place.
fn picked(line: &ConflictLine, drafts: &Drafts, part: Where, hunk: usize) -> bool {
    let side = match part {
        Where::Base => None,
        Where::Side(side) => Some(side),
    };
    match drafts.get(&line.conflict) {
        Some(Draft::Github) => side == Some(Side::Github),
        Some(Draft::Notion) => side == Some(Side::Notion),
        Some(Draft::Base) => side.is_none(),
        Some(Draft::Union) => side.is_some(),
        Some(Draft::Hunks(picks)) => match picks.get(hunk).copied().flatten() {
            Some(HunkPick::Github) => side == Some(Side::Github),
            Some(HunkPick::Notion) => side == Some(Side::Notion),
            Some(HunkPick::Base) => side.is_none(),
            Some(HunkPick::Both) => side.is_some(),
            None => false,
        },
        Some(Draft::Own(_)) | None => false,
    }
}
