//! What happened: writes, conflicts, runs, newest first.

use super::{empty, rows_in_view, titled};
use crate::core::history::FieldChange;
use crate::core::{Kind, Outcome, Record, RecordKind, Side};
use crate::ui::action::Action;
use crate::ui::app::{App, Effect};
use crate::ui::canvas::Canvas;
use crate::ui::data::{self, short, way, way_meaning};
use crate::ui::layout::Pane;
use crate::ui::list::Facets;
use crate::ui::screens::{Screen, Subject};
use crate::ui::text::{called, thousands, width};
use crate::ui::theme::{Glyphs, Meaning};

/// What is shown: all but the records that only begin something.
pub const KINDS: [RecordKind; 4] = [
    RecordKind::Write,
    RecordKind::Conflict,
    RecordKind::Item,
    RecordKind::Run,
];

fn is_failed(record: &Record) -> bool {
    matches!(
        record.outcome,
        Outcome::Refused | Outcome::Failed | Outcome::InDoubt | Outcome::Held
    )
}

fn rows(app: &App) -> Vec<&Record> {
    let filter = &app.lists[Pane::History as usize].filter;
    let records = app.data.history.iter();
    let passing = records
        .filter(|record| !app.prefs.only_failed || is_failed(record))
        .filter(|record| filter.is_empty() || facets(app, record).pass(filter))
        .collect();
    without_repeated_looks(passing)
}

/// What the filter can ask of a row.
pub const FACETS: &[&str] = &[
    "item", "repo", "title", "field", "verb", "outcome", "to", "kind", "note",
];

fn facets(app: &App, record: &Record) -> Facets {
    let about = match record.kind {
        RecordKind::Run => "run",
        _ => record.item_kind.map_or("", Kind::name),
    };
    let mut facets = Facets::of(&what(record))
        .with("item", &record.item)
        .with("repo", data::repository(&record.item))
        .with("title", &title_of(app, record))
        .with("verb", &record.verb)
        .with("outcome", outcome(record.outcome))
        .with("to", record.side.map_or("both", Side::name))
        .with("kind", about)
        .with("note", &record.note);
    for change in &record.changes {
        facets = facets.with("field", change.field.as_str());
    }
    facets
}

/// How a record ended, in the word of `history --json`.
const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "open",
        Outcome::Done => "done",
        Outcome::Refused => "refused",
        Outcome::NotApplied => "not_applied",
        Outcome::InDoubt => "in_doubt",
        Outcome::Held => "held",
        Outcome::Failed => "failed",
        Outcome::Info => "info",
    }
}

/// Of looks in a row that found nothing to do, the newest stands for all.
fn without_repeated_looks(records: Vec<&Record>) -> Vec<&Record> {
    let mut kept: Vec<&Record> = Vec::with_capacity(records.len());
    for record in records {
        let is_repeated = is_look(record)
            && kept
                .last()
                .is_some_and(|last| is_look(last) && last.link == record.link);
        if !is_repeated {
            kept.push(record);
        }
    }
    kept
}

fn is_look(record: &Record) -> bool {
    record.kind == RecordKind::Run && record.verb == "look"
}

/// The rows' names.
pub fn names(app: &App) -> Vec<String> {
    rows(app)
        .into_iter()
        .map(|record| record.id.clone())
        .collect()
}

/// Whether the marked row is so near the end of what was read that more should be read.
pub fn is_near_end(app: &App) -> bool {
    let names = names(app);
    app.lists[Pane::History as usize].index(&names) + 20 >= names.len()
}

/// The sign of an outcome, and what it means.
pub const fn sign(record: &Record, glyphs: Glyphs) -> (&'static str, Meaning) {
    match record.outcome {
        Outcome::Done => (glyphs.done, Meaning::Ok),
        Outcome::Refused | Outcome::Failed => (glyphs.failed, Meaning::Error),
        Outcome::NotApplied => ("-", Meaning::Dim),
        Outcome::InDoubt => ("?", Meaning::Warn),
        Outcome::Held => ("=", Meaning::Error),
        Outcome::Open | Outcome::Info => match record.kind {
            RecordKind::Conflict => ("!", Meaning::Warn),
            _ => (glyphs.idle, Meaning::Dim),
        },
    }
}

/// What a record did, in a few words.
pub fn what(record: &Record) -> String {
    match record.kind {
        RecordKind::Write if record.verb == "change" => {
            let fields: Vec<String> = record.changes.iter().filter_map(change).collect();
            if fields.is_empty() {
                "new activity".to_owned()
            } else {
                fields.join(", ")
            }
        }
        RecordKind::Write if record.verb == "create" => match record.side {
            Some(Side::Notion) => "created page".to_owned(),
            _ => "created issue".to_owned(),
        },
        RecordKind::Write | RecordKind::Intent => record.verb.clone(),
        RecordKind::Run if is_look(record) => "looked, nothing to write".to_owned(),
        RecordKind::Run => run_note(&record.note),
        RecordKind::Conflict | RecordKind::Item => told(record),
    }
}

/// A run's note for one row: why it was stopped and what waits for a person come first, as a narrow screen cuts the end;
/// what there is none of goes without saying. The record's own screen has all of it.
fn run_note(note: &str) -> String {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for part in note.split("; ") {
        let Some(counts) = part.strip_prefix("turns ") else {
            let is_first = part.starts_with("stopped: ");
            if is_first { &mut first } else { &mut last }.push(part);
            continue;
        };
        let counts = counts.split(", ").skip(1);
        for count in counts.filter(|count| !count.ends_with(" 0")) {
            let is_first = !count.starts_with("queued ");
            if is_first { &mut first } else { &mut last }.push(count);
        }
    }
    // In the note the reason of a stop stands last.
    first.sort_by_key(|part| !part.starts_with("stopped: "));
    first.extend(last);
    first.join("; ")
}

/// What became of an item without a write. Most notes say it whole; others want their verb, in words.
fn told(record: &Record) -> String {
    let (verb, note) = (record.verb.as_str(), record.note.as_str());
    if note.is_empty() {
        return verb.to_owned();
    }
    let verb = match verb {
        "park" => "set aside",
        "block" => "not taken",
        "relink" => "moved",
        "link" => "linked",
        "unlink" => "unlinked",
        "agree" => "agreed to",
        "keep" => "not agreed to",
        _ => return note.to_owned(),
    };
    format!("{verb}: {note}")
}

/// A changed field in a few words; none for what says nothing of itself.
fn change(change: &FieldChange) -> Option<String> {
    let (before, after) = (change.before.brief(24), change.after.brief(24));
    Some(match change.field.as_str() {
        // Every change moves GitHub's time of change, too; alone it says that somebody commented or so. And the note
        // comes with the mark.
        "updated" | "sync_note" => return None,
        "body" => "text".to_owned(),
        "sync" => format!("marked {after}"),
        // The new one stands beside it.
        "title" => format!("title, was {before}"),
        // When it was closed or merged is seen in the column of times.
        field if is_moment(&after) => called(field).to_owned(),
        field if is_moment(&before) => format!("no longer {}", called(field)),
        field if before == "—" => format!("{} {after}", called(field)),
        field => format!("{} {before} → {after}", called(field)),
    })
}

/// Draws the history.
pub fn view(app: &App, canvas: &mut Canvas<'_>, focused: bool) {
    let rows = rows(app);
    let right = place(app, &rows);
    let title = if app.prefs.only_failed {
        format!("{} only failed", titled(app, Pane::History))
    } else {
        titled(app, Pane::History)
    };
    let mut inner = canvas.frame(&title, &right, focused);
    if rows.is_empty() {
        let why = if app.prefs.only_failed {
            "Nothing failed. f shows everything."
        } else {
            "Nothing happened yet. Every write, conflict and run shows up here."
        };
        empty(app, Pane::History, &mut inner, why);
        return;
    }
    let names: Vec<String> = rows.iter().map(|record| record.id.clone()).collect();
    let height = inner.rows();
    for (y, (index, marked)) in rows_in_view(app, Pane::History, &names, height)
        .into_iter()
        .enumerate()
    {
        draw(app, &mut inner, y, rows[index], marked && focused);
    }
}

/// Which of the rows is marked, and how many there are so far: more are read as they are scrolled to. What happened is
/// not counted, as what is long ago is not here to be counted.
fn place(app: &App, rows: &[&Record]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = rows.iter().map(|record| record.id.as_str()).collect();
    let at = app.lists[Pane::History as usize].index(&names) + 1;
    let more = if app.data.history_complete { "" } else { "+" };
    let all = thousands(rows.len() as u64);
    format!("{} of {all}{more}", thousands(at as u64))
}

/// Draws one record as a row.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, y: usize, record: &Record, marked: bool) {
    let columns = canvas.columns();
    if marked {
        canvas.put(0, y, canvas.glyphs().mark, Meaning::Focus);
    }
    let when = if app.data.absolute {
        app.data.facts.zone.when(record.at, app.data.now)
    } else {
        app.data.facts.zone.clock(record.at)
    };
    canvas.put_in(1, y, &when, 9, Meaning::Dim);
    let (sign, tone) = sign(record, canvas.glyphs());
    canvas.put(11, y, sign, tone);
    canvas.put(13, y, way(record.side), way_meaning(record.side));
    let name = if record.kind == RecordKind::Run {
        String::new()
    } else {
        short(&record.item)
    };
    let x = canvas.put_in(19, y, &name, 12, Meaning::Text).max(26) + 1;
    let end = columns.saturating_sub(1);
    let room = end.saturating_sub(x);
    let text = what(record);
    if record.kind == RecordKind::Run {
        canvas.put_in(19, y, &text, end.saturating_sub(19), Meaning::Dim);
    } else {
        draw_title(app, canvas, (x, y), room, record, &text);
    }
    if marked {
        canvas.select(y);
    }
}

fn draw_title(
    app: &App,
    canvas: &mut Canvas<'_>,
    (x, y): (usize, usize),
    room: usize,
    record: &Record,
    text: &str,
) {
    let text = if is_failed(record) && !record.note.is_empty() {
        &record.note
    } else {
        text
    };
    let tone = if is_failed(record) {
        Meaning::Error
    } else {
        Meaning::Text
    };
    let title = title_of(app, record);
    if room < 30 || record.pair.is_none() {
        canvas.put_in(x, y, text, room, tone);
        return;
    }
    let heading = data::titled(&title);
    let half = (room / 2).min(TITLE);
    // What went wrong, and what to do, matters more than a straight column.
    let half = if is_failed(record) && width(text) > room - half {
        half.min(width(heading) + 2)
    } else {
        half
    };
    canvas.put_in(x, y, heading, half.saturating_sub(2), Meaning::Text);
    canvas.put_in(x + half, y, text, room - half, tone);
}

/// Columns of a title, at most.
const TITLE: usize = 56;
/// How many records are looked through for an item's title.
const TITLES: usize = 200;

/// The title of a record's item, as far as it is known.
fn title_of(app: &App, record: &Record) -> String {
    if let Some(title) = written_title(record) {
        return title.to_owned();
    }
    let same = |pair: &crate::core::PairId| record.pair.as_ref() == Some(pair);
    let waiting = app
        .data
        .queue()
        .find(|(_, line)| same(&line.pair))
        .map(|(_, line)| line.title.clone());
    let in_conflict = || {
        let lines = app.data.links().iter().flat_map(|link| &link.conflicts);
        lines
            .into_iter()
            .find(|line| same(&line.pair))
            .map(|line| line.title.clone())
    };
    // What was written last, as far back as is worth looking.
    let written = || {
        let known = app.data.history.iter().take(TITLES);
        let mut own = known.filter(|other| other.pair.is_some() && other.pair == record.pair);
        own.find_map(written_title).map(str::to_owned)
    };
    waiting
        .or_else(in_conflict)
        .or_else(written)
        .unwrap_or_default()
}

fn written_title(record: &Record) -> Option<&str> {
    let mut changes = record.changes.iter();
    let title = changes.find(|change| change.field.as_str() == "title")?;
    Some(title.after.as_text())
}

/// Whether a value is a moment as the services write it: `2026-11-22T23:27:21Z`.
fn is_moment(value: &str) -> bool {
    value.len() == 20 && value.ends_with('Z') && value.as_bytes()[10] == b'T'
}

fn marked(app: &App) -> Option<&Record> {
    let rows = rows(app);
    let names: Vec<&str> = rows.iter().map(|record| record.id.as_str()).collect();
    rows.get(app.lists[Pane::History as usize].index(&names))
        .copied()
}

/// The marked record's item.
pub fn subject(app: &App) -> Option<Subject> {
    marked(app).and_then(|record| of_record(app, record))
}

/// What actions on a record are about.
pub fn of_record(app: &App, record: &Record) -> Option<Subject> {
    record.pair.as_ref()?;
    let urls = app
        .data
        .queue()
        .find(|(_, line)| Some(&line.pair) == record.pair.as_ref())
        .map(|(_, line)| line.urls.clone());
    Some(Subject {
        pair: record.pair.clone(),
        item: record.item.clone(),
        title: title_of(app, record),
        urls: urls.unwrap_or_default(),
        error: is_failed(record).then(|| record.note.clone()),
        json: serde_json::to_string(record).unwrap_or_default(),
    })
}

/// Carries out an action on the marked record.
pub fn act(app: &mut App, action: Action, out: &mut Vec<Effect>) {
    match action {
        Action::OnlyFailed => app.prefs.only_failed = !app.prefs.only_failed,
        Action::Open | Action::Undo => {
            let Some(record) = marked(app).cloned() else {
                return;
            };
            let screen = Screen::record(record, action == Action::Undo);
            app.show(screen, out);
        }
        _ => {}
    }
}
