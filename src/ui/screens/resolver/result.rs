//! What comes of the choices: the exact values, and what is written where, as the engine would have it.

use super::preview::{kept_side, lay_out_marked, shown, tone, writes};
use super::sides::is_body;
use super::{Field, Resolver, name};
use crate::core::Side;
use crate::engine::face::ConflictLine;
use crate::ui::app::App;
use crate::ui::canvas::{Canvas, Ink, ink};
use crate::ui::drafts::{self, Draft, Drafts};
use crate::ui::text::{clip, counted, width};
use crate::ui::theme::Meaning;

/// What happens before anything is written.
const AGAIN: &str =
    "Before the write both sides are read again; a newer edit cancels it and opens this anew.";
/// Rows below the fields: a blank one, what each side gets, a blank one, and what happens before.
const FOOT: usize = 5;
/// Columns kept for the names of the fields.
const NAMES: usize = 13;

impl Resolver {
    /// Draws what the choices lead to: a row for each field, then the marked field's value in full.
    pub(super) fn draw_result(&self, app: &App, canvas: &mut Canvas<'_>, with_all: bool) {
        let open = self.open(&app.data);
        let marked = self.field.min(open.len().saturating_sub(1));
        let preview = self.preview(app);
        let rows = usize::from(canvas.area.height.saturating_sub(2));
        let columns = canvas.columns().saturating_sub(4);
        let laid = lay_out_marked(&preview, columns, self.wraps);
        // What the marked field becomes is always in view; the others, where there is room.
        let is_short = laid.lines.is_empty();
        let spare = rows.saturating_sub(if is_short { 0 } else { 5 });
        let most = if with_all || is_short {
            spare.max(1)
        } else {
            1
        };
        let shown = open.len().min(most);
        let first = (marked + 1).saturating_sub(shown);
        let rule = usize::from(with_all && !is_short);
        let height = rows.saturating_sub(shown + rule);
        let top = self.top_of(laid.lines.len(), height, laid.place);
        let part = self.part_shown(laid.lines.len(), height, top);
        let mut inner = canvas.frame("Result", &part, self.zoomed);
        let room = inner.columns().saturating_sub(2);
        for (y, line) in open.iter().skip(first).take(shown).enumerate() {
            inner.put_in(1, y, name(&line.conflict), NAMES - 2, Meaning::Title);
            let room = room.saturating_sub(NAMES - 1);
            inner.line(NAMES, y, room, &summary(line, &app.drafts, room));
        }
        if rule > 0 {
            let dashes = inner.glyphs().dash.repeat(room);
            inner.put(1, shown, &dashes, Meaning::Dim);
        }
        for (y, row) in laid.lines.iter().skip(top).take(height).enumerate() {
            inner.line(1, shown + rule + y, room, row);
        }
        if with_all && is_short && rows > shown + 1 {
            self.draw_in_step(app, &mut inner, shown, rows - shown - 2);
            inner.put_in(1, rows - 1, AGAIN, room, Meaning::Dim);
        }
    }

    /// Draws the fields that are in step, with what both sides say, from a row on; returns the row after them.
    fn draw_in_step(&self, app: &App, canvas: &mut Canvas<'_>, top: usize, most: usize) -> usize {
        let fields = self.fields(&app.data);
        let in_step = fields.iter().filter_map(|field| match field {
            Field::Synced(key, value) => Some((key, value)),
            Field::Open(_) => None,
        });
        let end = canvas.columns().saturating_sub(1);
        let count = in_step.clone().count();
        let shown = if count > most {
            most.saturating_sub(1)
        } else {
            count
        };
        let mut y = top;
        for (key, value) in in_step.take(shown) {
            canvas.put_in(1, y, key, NAMES - 2, Meaning::Dim);
            let start = canvas.put_right(end, y, "in step", Meaning::Dim);
            let room = start.saturating_sub(NAMES + 2);
            canvas.put_in(NAMES, y, &value.brief(200), room, Meaning::Text);
            y += 1;
        }
        if count > shown && most > 0 {
            let more = format!(
                "{} more in step: j and k go through all fields",
                count - shown
            );
            canvas.put_in(1, y, &more, end.saturating_sub(1), Meaning::Dim);
            y += 1;
        }
        y
    }

    /// Draws the rows of all fields only.
    pub(super) fn draw_summary(&self, app: &App, canvas: &mut Canvas<'_>) {
        let open = self.open(&app.data);
        let mut inner = canvas.frame("Result", "what both sides will say", false);
        let room = inner.columns().saturating_sub(2);
        // What will be written, and what is read again before, come below.
        let above = inner.rows().saturating_sub(FOOT).max(1);
        let shown = open.len().min(above);
        let first = (self.field.min(open.len().saturating_sub(1)) + 1).saturating_sub(shown);
        for (y, line) in open.iter().skip(first).take(shown).enumerate() {
            inner.put_in(1, y, name(&line.conflict), NAMES - 2, Meaning::Title);
            let room = room.saturating_sub(NAMES - 1);
            inner.line(NAMES, y, room, &summary(line, &app.drafts, room));
        }
        let y = 1 + self.draw_in_step(app, &mut inner, shown, above - shown);
        for (row, (side, fields)) in written(&open, &app.drafts).into_iter().enumerate() {
            let tone = tone(side);
            inner.put(1, y + row, "will write", Meaning::Dim);
            inner.put(NAMES, y + row, side.name(), tone);
            inner.put(NAMES + 8, y + row, &fields, Meaning::Text);
        }
        inner.put(1, y + 3, AGAIN, Meaning::Dim);
    }

    /// Draws the marked field's value in full.
    pub(super) fn draw_preview(&self, app: &App, canvas: &mut Canvas<'_>) {
        let mut preview = self.preview(app);
        let is_open = preview.lines.is_empty();
        if is_open {
            preview = self.as_it_is(app);
        }
        let (rows, columns) = (canvas.rows().saturating_sub(2), canvas.columns());
        let laid = lay_out_marked(&preview, columns.saturating_sub(4), self.wraps);
        let top = self.top_of(laid.lines.len(), rows, laid.place);
        let part = if is_open && laid.lines.len() <= rows {
            "what both sides say".to_owned()
        } else {
            self.part_shown(laid.lines.len(), rows, top)
        };
        let field = self.marked(&app.data).map(|line| name(&line.conflict));
        let title = format!("Result: {}", field.unwrap_or("in step"));
        let mut inner = canvas.frame(&title, &part, false);
        let room = inner.columns().saturating_sub(2);
        for (y, row) in laid.lines.iter().skip(top).take(rows).enumerate() {
            inner.line(1, y, room, row);
        }
    }

    /// Which lines are in view, and how the others come into it.
    fn part_shown(&self, lines: usize, height: usize, top: usize) -> String {
        if lines <= height {
            return "what both sides will say".to_owned();
        }
        let how = if self.zoomed || height > 4 {
            "PgDn"
        } else {
            "z shows all"
        };
        if height == 0 {
            return format!("{}, {how}", counted(lines, "more line"));
        }
        format!("lines {}-{} of {lines}, {how}", top + 1, top + height)
    }
}

/// What Enter writes on each side, by the names of the fields.
fn written(open: &[&ConflictLine], drafts: &Drafts) -> Vec<(Side, String)> {
    let side = |side: Side| {
        let names: Vec<&str> = open
            .iter()
            .filter(|line| {
                let draft = drafts.get(&line.conflict);
                let choice = draft.and_then(|draft| drafts::choice(line, draft));
                matches!(choice, Some(Ok(choice)) if writes(line, &choice).contains(&side))
            })
            .map(|line| name(&line.conflict))
            .collect();
        let names = names.join(", ");
        let item = open.first().map_or("", |line| line.item.as_str());
        let what = match (names.is_empty(), side) {
            (true, _) => "nothing".to_owned(),
            (false, Side::Github) => format!("{item} ({names})"),
            (false, Side::Notion) => format!("its page ({names})"),
        };
        (side, what)
    };
    vec![side(Side::Github), side(Side::Notion)]
}

/// One row on a field, in so many columns: its value, whose choice it is, and what is written.
fn summary(line: &ConflictLine, drafts: &Drafts, room: usize) -> Vec<Ink> {
    let conflict = &line.conflict;
    let Some(draft) = drafts.get(conflict) else {
        let hint = match drafts::hunks(conflict) {
            0 => "(choose)  h GitHub   l Notion   b base   e edit".to_owned(),
            1 => "(choose)  1 place clashes: h GitHub   l Notion   b base   e edit".to_owned(),
            more => format!("(choose)  {more} places clash: J and K go from one to the next"),
        };
        return vec![ink(hint, Meaning::Dim)];
    };
    let Some(choice) = drafts::choice(line, draft) else {
        let hint = format!("(choose)  {} places chosen", said(draft));
        return vec![ink(hint, Meaning::Dim)];
    };
    let choice = match choice {
        Ok(choice) => choice,
        Err(why) => return vec![ink(format!("cannot be written: {why}"), Meaning::Error)],
    };
    if conflict.field.is_none() {
        let side = kept_side(draft);
        let what = if shown(conflict, side).is_empty() {
            "removed on both sides"
        } else {
            "kept, and brought back"
        };
        return vec![
            ink(what, Meaning::Text),
            ink(
                format!("   as on {}, your choice", side.name()),
                Meaning::Dim,
            ),
        ];
    }
    let writes = writes(line, &choice);
    // A page has no blank lines, so that one text may have two lengths.
    let value = match writes.as_slice() {
        [Side::Notion] if is_body(conflict) => &choice.notion,
        _ => &choice.github,
    };
    let shown = match value.as_text().lines().count() {
        lines if is_body(conflict) && lines != 1 => format!("{lines} lines"),
        _ => clip(&value.brief(90), 60, "…"),
    };
    let writes = match writes.as_slice() {
        [] => "both sides say it already".to_owned(),
        [side] => format!("will write {}", side.name()),
        _ => "will write both".to_owned(),
    };
    let whose = format!("   {}, your choice", from(draft));
    let writes = format!("   {writes}");
    // What is written matters more than that it was chosen.
    let fits = width(&shown) + width(&whose) + width(&writes) <= room;
    let whose = if fits {
        whose
    } else {
        format!("   {}", from(draft))
    };
    vec![
        ink(shown, Meaning::Text),
        ink(whose, Meaning::Dim),
        ink(writes, Meaning::Info),
    ]
}

fn from(draft: &Draft) -> String {
    match draft {
        Draft::Own(_) => "your own text".to_owned(),
        Draft::Hunks(_) => "place by place".to_owned(),
        Draft::Union => "the names of both".to_owned(),
        other => format!("from {}", said(other)),
    }
}

/// A draft in a word or two.
pub(super) fn said(draft: &Draft) -> String {
    match draft {
        Draft::Github => "GitHub".to_owned(),
        Draft::Notion => "Notion".to_owned(),
        Draft::Base => "base".to_owned(),
        Draft::Union => "both".to_owned(),
        Draft::Own(_) => "your own".to_owned(),
        Draft::Hunks(picks) => {
            let done = picks.iter().flatten().count();
            format!("{done} of {}", picks.len())
        }
    }
}
