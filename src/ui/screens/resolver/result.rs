//! What comes of the choices: the exact values, and what is written where, as the engine would have it.

use super::sides::{Where, gone, is_body};
use super::words::{lay_out, plain};
use super::{Resolver, name};
use crate::core::pair::Choice;
use crate::core::text::{Hunk, Part, mark_public};
use crate::core::{Conflict, Side, Value};
use crate::engine::face::ConflictLine;
use crate::ui::app::App;
use crate::ui::canvas::{Canvas, Ink, ink};
use crate::ui::drafts::{self, Draft, Drafts, HunkPick};
use crate::ui::text::clip;
use crate::ui::theme::Meaning;

/// Columns kept for the names of the fields.
const NAMES: usize = 13;

/// Lines of the preview, and the one where the marked place begins.
#[derive(Default)]
struct Preview {
    lines: Vec<Vec<Ink>>,
    place: usize,
}

impl Preview {
    fn head(&mut self, side: &str, tone: Meaning, rest: &str) {
        let rest = ink(format!(" {rest}"), Meaning::Dim);
        self.lines.push(vec![ink(side, tone), rest]);
    }

    fn text(&mut self, text: &str) {
        let text = text.strip_suffix('\n').unwrap_or(text);
        self.lines.extend(plain(text));
    }
}

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
            let inks = summary(line, &app.drafts);
            inner.line(NAMES, y, room.saturating_sub(NAMES - 1), &inks);
        }
        if rule > 0 {
            let dashes = inner.glyphs().dash.repeat(room);
            inner.put(1, shown, &dashes, Meaning::Dim);
        }
        for (y, row) in laid.lines.iter().skip(top).take(height).enumerate() {
            inner.line(1, shown + rule + y, room, row);
        }
    }

    /// Draws the rows of all fields only.
    pub(super) fn draw_summary(&self, app: &App, canvas: &mut Canvas<'_>) {
        let open = self.open(&app.data);
        let mut inner = canvas.frame("Result", "what both sides will say", false);
        let room = inner.columns().saturating_sub(2);
        let first = (self.field.min(open.len().saturating_sub(1)) + 1).saturating_sub(inner.rows());
        for (y, line) in open.iter().skip(first).enumerate() {
            inner.put_in(1, y, name(&line.conflict), NAMES - 2, Meaning::Title);
            let inks = summary(line, &app.drafts);
            inner.line(NAMES, y, room.saturating_sub(NAMES - 1), &inks);
        }
        let y = open.len() + 1;
        for (row, (side, fields)) in written(&open, &app.drafts).into_iter().enumerate() {
            let tone = tone(side);
            inner.put(1, y + row, "will write", Meaning::Dim);
            inner.put(NAMES, y + row, side.name(), tone);
            inner.put(NAMES + 8, y + row, &fields, Meaning::Text);
        }
        let last = "Before the write both sides are read again; a newer edit cancels it and opens this anew.";
        inner.put(1, y + 3, last, Meaning::Dim);
    }

    /// Draws the marked field's value in full.
    pub(super) fn draw_preview(&self, app: &App, canvas: &mut Canvas<'_>) {
        let preview = self.preview(app);
        let (rows, columns) = (canvas.rows().saturating_sub(2), canvas.columns());
        let laid = lay_out_marked(&preview, columns.saturating_sub(4), self.wraps);
        let top = self.top_of(laid.lines.len(), rows, laid.place);
        let part = self.part_shown(laid.lines.len(), rows, top);
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
            return format!("{lines} more lines, {how}");
        }
        format!("lines {}-{} of {lines}, {how}", top + 1, top + height)
    }

    /// What the marked field becomes, in full; nothing where its row says it all.
    fn preview(&self, app: &App) -> Preview {
        let mut preview = Preview::default();
        let Some(line) = self.marked(&app.data) else {
            return preview;
        };
        let conflict = &line.conflict;
        if conflict.field.is_none() {
            return preview;
        }
        let draft = app.drafts.get(conflict);
        match draft.and_then(|draft| drafts::choice(line, draft)) {
            Some(Ok(mut choice)) => {
                if is_body(conflict) {
                    choice.notion = on_page(app, line, &choice.notion);
                }
                Self::said_by(line, draft, &choice, &mut preview);
            }
            Some(Err(_)) => {}
            None => preview = self.open_places(conflict, draft),
        }
        preview
    }

    /// What each side will hold by a choice: the very text that is sent.
    fn said_by(line: &ConflictLine, draft: Option<&Draft>, choice: &Choice, preview: &mut Preview) {
        let writes = writes(line, choice);
        if !is_body(&line.conflict) {
            for (side, new) in [
                (Side::Github, &choice.github),
                (Side::Notion, &choice.notion),
            ] {
                let was = shown(&line.conflict, side).brief(200);
                let says = new.brief(2_000);
                let what = if writes.contains(&side) {
                    format!("gets {says}   (says {was} now)")
                } else {
                    format!("stays {was}")
                };
                preview.head(side.name(), tone(side), &what);
            }
            return;
        }
        let same = reads_alike(choice.github.as_text(), choice.notion.as_text());
        match writes.as_slice() {
            [] => preview.head("both sides", Meaning::Ok, "say this already:"),
            [Side::Github, Side::Notion] if same => {
                preview.head("GitHub and Notion", Meaning::Ok, "get this text:");
            }
            [side] => {
                let rest = format!("gets this text; {} says it already:", side.other().name());
                preview.head(side.name(), tone(*side), &rest);
            }
            _ => preview.head("GitHub", Meaning::Github, "gets this text:"),
        }
        let first = *writes.first().unwrap_or(&Side::Github);
        let text = match first {
            Side::Github => &choice.github,
            Side::Notion => &choice.notion,
        };
        match tagged(&line.conflict, draft, text.as_text()) {
            Some(lines) => preview.lines.extend(lines),
            None => preview.text(text.as_text()),
        }
        if writes.len() > 1 && !same {
            let rest = "gets the same, as Notion writes it:";
            preview.head("Notion", Meaning::Notion, rest);
            preview.text(choice.notion.as_text());
        }
    }

    /// A text as far as it is settled, with its open places.
    fn open_places(&self, conflict: &Conflict, draft: Option<&Draft>) -> Preview {
        drafts::parts(conflict).map_or_else(Preview::default, |parts| {
            joined(&parts, picks(draft), self.hunk)
        })
    }
}

/// A text as the page gets it: a heading with the words of the private one is told apart from it.
fn on_page(app: &App, line: &ConflictLine, text: &Value) -> Value {
    let mut links = app.data.links().iter();
    let link = links.find(|link| link.conflicts.iter().any(|one| one.pair == line.pair));
    let headings = &app.data.facts.private_headings;
    let heading = link.and_then(|link| headings.get(&link.name));
    heading.map_or_else(
        || text.clone(),
        |heading| Value::text(mark_public(text.as_text(), heading)),
    )
}

/// The lines of a text by its parts; open places show what there is to choose from.
fn joined(parts: &[Part], picks: &[Option<HunkPick>], marked: usize) -> Preview {
    let mut out = Preview::default();
    let count = parts.iter().filter(|part| is_clash(part)).count();
    let mut at = 0;
    for part in parts {
        let hunk = match part {
            Part::Settled(text) => {
                out.text(text);
                continue;
            }
            Part::Conflict(hunk) => hunk,
        };
        if at == marked {
            out.place = out.lines.len();
        }
        match picks.get(at).copied().flatten() {
            Some(pick) => {
                for (text, side) in taken(hunk, pick) {
                    tag(&mut out, text, side, at + 1, count);
                }
            }
            None => open_place(&mut out, hunk, at + 1, count),
        }
        at += 1;
    }
    out
}

const fn is_clash(part: &Part) -> bool {
    matches!(part, Part::Conflict(_))
}

/// The texts that a pick takes, and whose they are.
fn taken(hunk: &Hunk, pick: HunkPick) -> Vec<(&str, Where)> {
    let github = (hunk.ours.as_str(), Where::Side(Side::Github));
    let notion = (hunk.theirs.as_str(), Where::Side(Side::Notion));
    match pick {
        HunkPick::Github => vec![github],
        HunkPick::Notion => vec![notion],
        HunkPick::Base => vec![(hunk.base.as_str(), Where::Base)],
        HunkPick::Both => vec![github, notion],
    }
}

/// A place that is decided: its lines, the first with whose they are.
fn tag(out: &mut Preview, text: &str, from: Where, place: usize, count: usize) {
    if text.is_empty() {
        return;
    }
    let (name, tone) = match from {
        Where::Base => ("base", Meaning::Base),
        Where::Side(side) => (side.name(), tone(side)),
    };
    let start = out.lines.len();
    out.text(text);
    if let Some(line) = out.lines.get_mut(start) {
        line.push(ink(format!("   {name}, place {place} of {count}"), tone));
    }
}

/// A place that waits for a choice: what each key would take.
fn open_place(out: &mut Preview, hunk: &Hunk, place: usize, count: usize) {
    let head = format!("? place {place} of {count} is open");
    out.lines.push(vec![ink(head, Meaning::Warn)]);
    let choices = [
        ("h", &hunk.ours, Meaning::Github),
        ("l", &hunk.theirs, Meaning::Notion),
    ];
    for (key, text, tone) in choices {
        let text = text.trim_end_matches('\n');
        for (at, line) in text.split('\n').enumerate() {
            let key = if at == 0 { key } else { " " };
            let said = match line {
                "" if text.is_empty() => "(nothing)",
                line => line,
            };
            let parts = [ink(format!("  {key} "), tone), ink(said, Meaning::Dim)];
            out.lines.push(parts.to_vec());
        }
    }
}

/// The text with whose lines they are at the clashing places; none where its lines are not those of the places.
fn tagged(conflict: &Conflict, draft: Option<&Draft>, text: &str) -> Option<Vec<Vec<Ink>>> {
    let parts = drafts::parts(conflict)?;
    let Some(Draft::Hunks(picks)) = draft else {
        return None;
    };
    let bare: Vec<String> = parts_taken(&parts, picks)
        .into_iter()
        .flat_map(|text| plain(text.strip_suffix('\n').unwrap_or(text)))
        .map(|line| line.into_iter().map(|ink| ink.text).collect())
        .collect();
    let wanted = text.strip_suffix('\n').unwrap_or(text);
    (bare.join("\n") == wanted).then(|| joined(&parts, picks, 0).lines)
}

/// Whether two texts differ in blank lines only: a page has none.
fn reads_alike(one: &str, other: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim_end().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    one == other || lines(one) == lines(other)
}

fn parts_taken<'a>(parts: &'a [Part], picks: &[Option<HunkPick>]) -> Vec<&'a str> {
    let mut at = 0;
    let mut out = Vec::new();
    for part in parts {
        match part {
            Part::Settled(text) => out.push(text.as_str()),
            Part::Conflict(hunk) => {
                let pick = picks.get(at).copied().flatten();
                let texts = pick.map(|pick| taken(hunk, pick)).unwrap_or_default();
                out.extend(
                    texts
                        .into_iter()
                        .map(|(text, _)| text)
                        .filter(|t| !t.is_empty()),
                );
                at += 1;
            }
        }
    }
    out
}

fn picks(draft: Option<&Draft>) -> &[Option<HunkPick>] {
    match draft {
        Some(Draft::Hunks(picks)) => picks,
        _ => &[],
    }
}

fn lay_out_marked(preview: &Preview, room: usize, wraps: bool) -> Preview {
    let before = lay_out(&preview.lines[..preview.place], room, wraps).len();
    Preview {
        lines: lay_out(&preview.lines, room, wraps),
        place: before,
    }
}

const fn tone(side: Side) -> Meaning {
    match side {
        Side::Github => Meaning::Github,
        Side::Notion => Meaning::Notion,
    }
}

const fn shown(conflict: &Conflict, side: Side) -> &Value {
    match side {
        Side::Github => &conflict.github,
        Side::Notion => &conflict.notion,
    }
}

/// The sides that a choice writes: those that do not say it yet, and may be written.
fn writes(line: &ConflictLine, choice: &Choice) -> Vec<Side> {
    let Some(field) = &line.field else {
        return Vec::new();
    };
    let wanted = [
        (Side::Github, &choice.github),
        (Side::Notion, &choice.notion),
    ];
    wanted
        .into_iter()
        .filter(|(side, new)| {
            field.direction.allows(*side) && !field.codec.same(new, shown(&line.conflict, *side))
        })
        .map(|(side, _)| side)
        .collect()
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
            (true, _) => "nothing yet".to_owned(),
            (false, Side::Github) => format!("{item} ({names})"),
            (false, Side::Notion) => format!("its page ({names})"),
        };
        (side, what)
    };
    vec![side(Side::Github), side(Side::Notion)]
}

/// One row on a field: its value, whose choice it is, and what is written.
fn summary(line: &ConflictLine, drafts: &Drafts) -> Vec<Ink> {
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
        let side = match draft {
            Draft::Notion => Side::Notion,
            _ => Side::Github,
        };
        let what = format!("  {}", gone(conflict, Where::Side(side)));
        return vec![ink(said(draft), Meaning::Text), ink(what, Meaning::Dim)];
    }
    let text = choice.github.as_text();
    let shown = match text.lines().count() {
        lines if is_body(conflict) && lines != 1 => format!("{lines} lines"),
        _ => clip(&choice.github.brief(90), 60, "…"),
    };
    let writes = match writes(line, &choice).as_slice() {
        [] => "both sides say it already".to_owned(),
        [side] => format!("will write {}", side.name()),
        _ => "will write both".to_owned(),
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
