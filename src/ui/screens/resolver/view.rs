//! How the resolver looks.

use ratatui::layout::Rect;

use super::result::said;
use super::sides::{self, Where};
use super::{Drawn, Field, Resolver, list, name};
use crate::core::Side;
use crate::engine::face::ConflictLine;
use crate::ui::app::App;
use crate::ui::canvas::{Canvas, ink};
use crate::ui::data::{Data, short};
use crate::ui::drafts::{self, Drafts};
use crate::ui::layout::Plan;
use crate::ui::theme::Meaning;

/// Columns of the list of fields.
const FIELDS: u16 = 24;

impl Resolver {
    /// Draws the screen.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let data = &app.data;
        self.drawn.set(Drawn::NOTHING);
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
        if self.zoomed {
            self.draw_result(app, &mut canvas.part(body), true);
        } else if app.plan.for_width(app.size.width) == Plan::Narrow {
            self.narrow(app, canvas, body);
        } else {
            self.wide(app, canvas, body);
        }
    }

    fn draw_title(&self, app: &App, canvas: &mut Canvas<'_>) {
        let data = &app.data;
        let open = self.open(data);
        let choices = self.choices(data);
        let (at, count) = (self.place(&choices), choices.len().max(1));
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
        let open = rows_of(self.open(&app.data).len());
        let fields = rows_of(self.fields(&app.data).len());
        // Where there is little room, it belongs to what the sides say: a row for each, at least.
        let (most, wanted) = if self.has_text(&app.data) {
            (body.height / 3 + 1, fields.min(open + 1))
        } else {
            (body.height / 2, fields)
        };
        let most = most.min(body.height.saturating_sub(8));
        let list = wanted.saturating_add(2).clamp(3, most.max(3));
        let most = body.height.saturating_sub(list + 5).clamp(3, 7);
        let more = match (body.height >= 18, self.has_text(&app.data)) {
            (true, true) => 4,
            (true, false) => 2,
            (false, _) => 0,
        };
        let result = (open + 2 + more).clamp(3, most);
        let detail = body.height.saturating_sub(list + result);
        let at = |from: u16, height: u16| Rect::new(body.x, body.y + from, body.width, height);
        self.draw_fields(app, &mut canvas.part(at(0, list)), true);
        self.draw_stacked(app, &mut canvas.part(at(list, detail)));
        self.draw_result(app, &mut canvas.part(at(list + detail, result)), false);
    }

    fn wide(&self, app: &App, canvas: &mut Canvas<'_>, body: Rect) {
        let open = rows_of(self.open(&app.data).len());
        // A text needs room below, for what it becomes; the others a row, and one for each side.
        let result = if self.has_text(&app.data) {
            (body.height / 2).max(open + 6)
        } else {
            let fields = rows_of(self.fields(&app.data).len());
            (open.max(fields) + 6).clamp(5, (body.height / 2).max(5))
        };
        let upper = body.height.saturating_sub(result);
        let area = Rect::new(body.x, body.y + upper, body.width, result);
        let is_wide = app.plan.for_width(app.size.width) == Plan::Wide;
        // A layout that was asked for may be wider than the terminal.
        let has_list = is_wide && body.width >= list::LEAST;
        if has_list {
            let area = Rect {
                width: list::LIST,
                height: upper,
                ..body
            };
            self.draw_list(app, &mut canvas.part(area));
        }
        let body = if has_list { list::beside(body) } else { body };
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
        if is_wide {
            let left = area.width * 3 / 5;
            let (left, right) = (
                Rect {
                    width: left,
                    ..area
                },
                Rect {
                    x: area.x + left,
                    width: area.width - left,
                    ..area
                },
            );
            self.draw_summary(app, &mut canvas.part(left));
            self.draw_preview(app, &mut canvas.part(right));
        } else {
            self.draw_result(app, &mut canvas.part(area), true);
        }
    }

    /// Whether a text of lines is to be decided.
    fn has_text(&self, data: &Data) -> bool {
        let open = self.open(data);
        open.iter().any(|line| sides::is_body(&line.conflict))
    }

    fn draw_fields(&self, app: &App, canvas: &mut Canvas<'_>, with_values: bool) {
        let fields = self.fields(&app.data);
        let height = canvas.rows().saturating_sub(2);
        let part = if fields.len() > height {
            format!("{} of {}", self.field + 1, fields.len())
        } else {
            String::new()
        };
        let mut inner = canvas.frame("Fields", &part, true);
        let top = (self.field + 1).saturating_sub(height);
        self.drawn.set(Drawn {
            fields: inner.area,
            first: top,
            ..self.drawn.get()
        });
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
    let draft = drafts.get(conflict);
    let (sign, tone) = match draft.and_then(|draft| drafts::choice(line, draft)) {
        Some(Ok(_)) => (canvas.glyphs().done, Meaning::Ok),
        Some(Err(_)) => (canvas.glyphs().failed, Meaning::Error),
        None => ("?", Meaning::Warn),
    };
    canvas.put(1, y, sign, tone);
    let x = canvas.put(3, y, name(conflict), Meaning::Text).max(13) + 1;
    let end = canvas.columns().saturating_sub(1);
    let word = draft.map_or_else(|| "choose".to_owned(), said);
    if !with_values {
        canvas.put_right(end, y, &word, tone);
        return;
    }
    let hunks = drafts::hunks(conflict);
    let room = end.saturating_sub(x);
    let half = room / 2;
    let (github, notion) = if hunks > 0 {
        let places = if hunks == 1 { "place" } else { "places" };
        let text = format!("{hunks} clashing {places}");
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
