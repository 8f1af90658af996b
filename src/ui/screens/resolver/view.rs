//! How the resolver looks.

use ratatui::layout::Rect;
use similar::{ChangeTag, TextDiff};

use super::{Field, Resolver, Style, name, outcome};
use crate::core::text::{Hunk, Part};
use crate::core::{Conflict, FieldKey, Side, Value};
use crate::engine::face::ConflictLine;
use crate::ui::app::App;
use crate::ui::canvas::{Canvas, Ink, ink};
use crate::ui::data::{Data, short};
use crate::ui::drafts::{self, Draft, Drafts, HunkPick};
use crate::ui::layout::Plan;
use crate::ui::text::{clip, width, wrap};
use crate::ui::theme::Meaning;

/// Columns of the list of fields.
const FIELDS: u16 = 24;

impl Resolver {
    /// Draws the screen.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let data = &app.data;
        self.draw_title(
            app,
            &mut canvas.part(Rect {
                height: 1,
                ..canvas.area
            }),
        );
        let area = canvas.area;
        let body = Rect::new(
            area.x,
            area.y + 1,
            area.width,
            area.height.saturating_sub(1),
        );
        if self.open(data).is_empty() && self.item.is_none() {
            canvas.put(
                2,
                2,
                "This item has no open conflict any more.",
                Meaning::Dim,
            );
            return;
        }
        if app.plan.for_width(app.size.width) == Plan::Narrow {
            self.narrow(app, canvas, body);
        } else {
            self.wide(app, canvas, body);
        }
    }

    fn draw_title(&self, app: &App, canvas: &mut Canvas<'_>) {
        let data = &app.data;
        let open = self.open(data);
        let all = data.conflicted();
        let (at, count) = if self.pairs.len() > 1 {
            (self.pair, self.pairs.len())
        } else {
            let at = all
                .iter()
                .position(|(pair, _)| Some(pair) == self.current());
            (at.unwrap_or(0), all.len().max(1))
        };
        let item = open.first().map_or_else(
            || {
                self.item
                    .as_ref()
                    .map(|item| (item.name().to_owned(), item.title.clone()))
            },
            |line| Some((line.item.clone(), line.title.clone())),
        );
        let (item, title) = item.unwrap_or_default();
        let (done, fields) = self.chosen(data, &app.drafts);
        let end = canvas.columns().saturating_sub(1);
        let right = format!("{done} of {fields} chosen");
        let start = canvas.put_right(
            end,
            0,
            &right,
            if done == fields {
                Meaning::Ok
            } else {
                Meaning::Text
            },
        );
        let parts = [
            ink(format!(" Conflict {} of {count}  ", at + 1), Meaning::Title),
            ink(format!("{} ", short(&item)), Meaning::Text),
            ink(title, Meaning::Text),
        ];
        canvas.line(0, 0, start.saturating_sub(2), &parts);
    }

    fn narrow(&self, app: &App, canvas: &mut Canvas<'_>, body: Rect) {
        let fields = rows_of(self.fields(&app.data).len());
        let list = fields.saturating_add(2).clamp(4, body.height / 3 + 1);
        // Where there is little room, it belongs to what the sides say.
        let most = body.height.saturating_sub(list + 5).clamp(3, 6);
        let result = (rows_of(self.open(&app.data).len()) + 2).clamp(3, most);
        let detail = body.height.saturating_sub(list + result);
        let at = |from: u16, height: u16| Rect::new(body.x, body.y + from, body.width, height);
        self.draw_fields(app, &mut canvas.part(at(0, list)), true);
        self.draw_stacked(app, &mut canvas.part(at(list, detail)));
        self.draw_result(app, &mut canvas.part(at(list + detail, result)));
    }

    fn wide(&self, app: &App, canvas: &mut Canvas<'_>, body: Rect) {
        let result = (rows_of(self.open(&app.data).len()) + 3).clamp(5, (body.height / 3).max(5));
        let upper = body.height.saturating_sub(result);
        self.draw_fields(
            app,
            &mut canvas.part(Rect::new(body.x, body.y, FIELDS, upper)),
            false,
        );
        let rest = body.width - FIELDS;
        let column = rest / 3;
        for (at, part) in [
            Where::Base,
            Where::Side(Side::Github),
            Where::Side(Side::Notion),
        ]
        .into_iter()
        .enumerate()
        {
            let at = u16::try_from(at).unwrap_or(0);
            let wide = if at == 2 { rest - 2 * column } else { column };
            let area = Rect::new(body.x + FIELDS + at * column, body.y, wide, upper);
            self.draw_side(app, &mut canvas.part(area), part);
        }
        let area = Rect::new(body.x, body.y + upper, body.width, result);
        self.draw_result(app, &mut canvas.part(area));
    }

    fn draw_fields(&self, app: &App, canvas: &mut Canvas<'_>, with_values: bool) {
        let fields = self.fields(&app.data);
        let mut inner = canvas.frame("Fields", "", true);
        let height = inner.rows();
        let top = (self.field + 1).saturating_sub(height);
        for (y, (index, field)) in fields.iter().enumerate().skip(top).take(height).enumerate() {
            let marked = index == self.field;
            if marked {
                inner.put(0, y, inner.glyphs().mark, Meaning::Focus);
            }
            match field {
                Field::Open(line) => draw_open(&mut inner, y, line, &app.drafts, with_values),
                Field::Synced(key, value) => {
                    let end = inner.columns().saturating_sub(1);
                    inner.put(1, y, inner.glyphs().dot, Meaning::Dim);
                    let x = inner.put(3, y, key, Meaning::Dim).max(13) + 1;
                    if with_values {
                        inner.put_in(x, y, &value.brief(200), end.saturating_sub(x), Meaning::Dim);
                    } else {
                        inner.put_right(end, y, "in step", Meaning::Dim);
                    }
                }
            }
            if marked {
                inner.select(y);
            }
        }
    }

    /// One of the three columns.
    fn draw_side(&self, app: &App, canvas: &mut Canvas<'_>, part: Where) {
        let glyphs = canvas.glyphs();
        let (title, tone) = match part {
            Where::Base => ("Base (b)".to_owned(), Meaning::Base),
            Where::Side(Side::Github) => ("GitHub (h)".to_owned(), Meaning::Github),
            Where::Side(Side::Notion) => ("Notion (l)".to_owned(), Meaning::Notion),
        };
        let line = self.marked(&app.data);
        // Behind the title, with the corners and blanks of a frame.
        let room = canvas.columns().saturating_sub(width(&title) + 11);
        let whence = line
            .and_then(|line| whence(&app.data, &line.conflict, part, room))
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
        let top = self.scrolled.min(rows.len().saturating_sub(height));
        for (y, row) in rows.iter().skip(top).take(height).enumerate() {
            let room = inner.columns().saturating_sub(3);
            inner.line(2, y, room, row);
        }
    }

    /// Base, GitHub and Notion one below the other, for narrow screens.
    fn draw_stacked(&self, app: &App, canvas: &mut Canvas<'_>) {
        let line = self.marked(&app.data);
        let title = line
            .map_or("in step", |line| name(&line.conflict))
            .to_owned();
        let mut inner = canvas.frame(&title, "b base   h GitHub   l Notion", false);
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
        let share = inner.rows() / 3;
        let mut y = 0;
        for (part, key, tone) in parts {
            let at =
                whence(&app.data, &line.conflict, part, inner.columns() / 5).unwrap_or_default();
            let end = inner.columns().saturating_sub(1);
            inner.put(1, y, key, tone);
            if picked(line, &app.drafts, part, self.hunk) {
                inner.put(2, y, inner.glyphs().done, Meaning::Ok);
            }
            let start = inner.put_right(end, y, &at, Meaning::Dim);
            let lines = self.text_of(line, part, tone);
            let rows = lay_out(&lines, start.saturating_sub(6), self.wraps);
            let height = share.max(1);
            let top = self.scrolled.min(rows.len().saturating_sub(height));
            for (row, inks) in rows.iter().skip(top).take(height).enumerate() {
                inner.line(4, y + row, start.saturating_sub(5), inks);
            }
            y += height;
        }
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
            let text = match part {
                Where::Base => return plain(&hunk.base),
                Where::Side(Side::Github) => hunk.ours,
                Where::Side(Side::Notion) => hunk.theirs,
            };
            return marked_words(&hunk.base, &text, self.style == Style::Words);
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
        if part == Where::Base || self.style == Style::Raw {
            return plain(&value);
        }
        marked_words(&base, &value, self.style == Style::Words)
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

    fn draw_result(&self, app: &App, canvas: &mut Canvas<'_>) {
        let mut inner = canvas.frame("Result", "what both sides will say", false);
        let room = inner.columns().saturating_sub(2);
        let open = self.open(&app.data);
        // What the marked field becomes is always in view.
        let top = (self.field.min(open.len().saturating_sub(1)) + 1).saturating_sub(inner.rows());
        for (y, line) in open.into_iter().skip(top).enumerate() {
            let conflict = &line.conflict;
            inner.put_in(1, y, name(conflict), 11, Meaning::Title);
            let inks = result(conflict, &app.drafts);
            inner.line(13, y, room.saturating_sub(12), &inks);
        }
    }
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Base,
    Side(Side),
}

fn is_body(conflict: &Conflict) -> bool {
    conflict.field.as_ref() == Some(&FieldKey::BODY)
}

/// A value in full.
fn full(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => other.brief(2_000),
    }
}

fn plain(text: &str) -> Vec<Vec<Ink>> {
    text.split('\n')
        .map(|line| vec![ink(line, Meaning::Text)])
        .collect()
}

/// Who changed a side, and when; nobody changed the base.
fn whence(data: &Data, conflict: &Conflict, part: Where, room: usize) -> Option<String> {
    match part {
        Where::Base => None,
        Where::Side(side) => data.whence(conflict, side, room),
    }
}

/// What a side of an item says that was deleted on one side and edited on the other.
fn gone(conflict: &Conflict, part: Where) -> String {
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

fn rows_of(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX / 2)
}

fn draw_open(
    canvas: &mut Canvas<'_>,
    y: usize,
    line: &ConflictLine,
    drafts: &Drafts,
    with_values: bool,
) {
    let conflict = &line.conflict;
    let is_done = outcome(line, drafts).is_some();
    let (sign, tone) = if is_done {
        (canvas.glyphs().done, Meaning::Ok)
    } else {
        ("?", Meaning::Warn)
    };
    canvas.put(1, y, sign, tone);
    let x = canvas.put(3, y, name(conflict), Meaning::Text).max(13) + 1;
    let end = canvas.columns().saturating_sub(1);
    let word = drafts
        .get(conflict)
        .map_or_else(|| "choose".to_owned(), said);
    if !with_values {
        canvas.put_right(end, y, &word, tone);
        return;
    }
    let hunks = drafts::hunks(conflict);
    let room = end.saturating_sub(x);
    let half = room / 2;
    let (github, notion) = if hunks > 0 {
        let text = format!("{hunks} clashing place(s)");
        (text.clone(), text)
    } else {
        (conflict.github.brief(80), conflict.notion.brief(80))
    };
    canvas.put(x, y, "GH", Meaning::Github);
    canvas.put_in(x + 3, y, &github, half.saturating_sub(4), Meaning::Text);
    canvas.put(x + half, y, "N", Meaning::Notion);
    canvas.put_in(
        x + half + 2,
        y,
        &notion,
        room.saturating_sub(half + 2),
        Meaning::Text,
    );
}

/// A draft in a word or two.
fn said(draft: &Draft) -> String {
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

/// What comes of a choice, and what will be written where.
fn result(conflict: &Conflict, drafts: &Drafts) -> Vec<Ink> {
    let Some(draft) = drafts.get(conflict) else {
        let hunks = drafts::hunks(conflict);
        let hint = if hunks > 0 {
            format!("(choose)  {hunks} clashing place(s): J and K go from one to the next")
        } else {
            "(choose)  h GitHub   l Notion   b base   e edit".to_owned()
        };
        return vec![ink(hint, Meaning::Dim)];
    };
    let Some(value) = drafts::outcome(conflict, draft) else {
        return vec![ink(
            format!("(choose)  {} chosen", said(draft)),
            Meaning::Dim,
        )];
    };
    if conflict.field.is_none() {
        return vec![
            ink(said(draft), Meaning::Text),
            ink(
                format!(
                    "  {}",
                    gone(
                        conflict,
                        match draft {
                            Draft::Notion => Where::Side(Side::Notion),
                            _ => Where::Side(Side::Github),
                        }
                    )
                ),
                Meaning::Dim,
            ),
        ];
    }
    let shown = match &value {
        Value::Text(text) if text.contains('\n') => {
            let lines = text.lines().count();
            format!("{lines} lines")
        }
        value => clip(&value.brief(90), 60, "…"),
    };
    let writes = match draft {
        Draft::Github => "will write Notion",
        Draft::Notion => "will write GitHub",
        _ => "will write both",
    };
    vec![
        ink(shown, Meaning::Text),
        ink(format!("   {}, your choice", from(draft)), Meaning::Dim),
        ink(format!("   {writes}"), Meaning::Info),
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

/// The words of `value`, those marked that `base` has not; and with `removed`, those that are gone.
fn marked_words(base: &str, value: &str, removed: bool) -> Vec<Vec<Ink>> {
    let diff = TextDiff::from_words(base, value);
    let mut lines: Vec<Vec<Ink>> = vec![Vec::new()];
    for change in diff.iter_all_changes() {
        let meaning = match change.tag() {
            ChangeTag::Equal => Meaning::Text,
            ChangeTag::Insert => Meaning::Add,
            ChangeTag::Delete if removed => Meaning::Remove,
            ChangeTag::Delete => continue,
        };
        for (at, piece) in change.value().split('\n').enumerate() {
            if at > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut().filter(|_| !piece.is_empty()) {
                line.push(ink(piece, meaning));
            }
        }
    }
    lines
}

/// Breaks marked lines into rows of at most `room` columns; without wrapping, each stays one row.
fn lay_out(lines: &[Vec<Ink>], room: usize, wraps: bool) -> Vec<Vec<Ink>> {
    if !wraps || room == 0 {
        return lines.to_vec();
    }
    let mut rows = Vec::new();
    for line in lines {
        let mut row: Vec<Ink> = Vec::new();
        let mut used = 0;
        for part in line {
            let mut first = true;
            for piece in wrap_from(&part.text, room, used) {
                if !first {
                    rows.push(std::mem::take(&mut row));
                    used = 0;
                }
                first = false;
                used += width(&piece);
                row.push(ink(piece, part.meaning));
            }
        }
        rows.push(row);
    }
    rows
}

/// A text in pieces: the first fits behind `used` columns, the others into whole rows.
fn wrap_from(text: &str, room: usize, used: usize) -> Vec<String> {
    if used + width(text) <= room {
        return vec![text.to_owned()];
    }
    let left = room - used.min(room);
    let mut head = String::new();
    for word in text.split_inclusive(' ') {
        if width(&head) + width(word.trim_end()) > left {
            break;
        }
        head.push_str(word);
    }
    let rest = &text[head.len()..];
    let mut pieces = vec![head];
    pieces.extend(wrap(rest, room));
    pieces
}
