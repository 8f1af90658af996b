//! The log, newest last.

use super::{empty, rows_in_view, titled};
use crate::ui::action::Action;
use crate::ui::app::App;
use crate::ui::canvas::Canvas;
use crate::ui::data::{Level, LogLine};
use crate::ui::layout::Pane;
use crate::ui::list::{Facets, Step};
use crate::ui::theme::Meaning;

/// The lines that pass, each with its number since the start.
fn rows(app: &App) -> Vec<(usize, &LogLine)> {
    let filter = &app.lists[Pane::Log as usize].filter;
    let lines = app.data.log.iter().enumerate();
    // Newest first, so that the first row is always the latest.
    lines
        .filter(|(_, line)| line.level >= app.level && facets(line).pass(filter))
        .map(|(at, line)| (app.data.dropped + at, line))
        .rev()
        .collect()
}

/// What the filter can ask of a row.
pub const FACETS: &[&str] = &["level"];

fn facets(line: &LogLine) -> Facets {
    Facets::of(&line.text).with("level", word(line.level).0.trim_end())
}

/// The rows' names.
pub fn names(app: &App) -> Vec<String> {
    let rows = rows(app).into_iter();
    rows.map(|(number, _)| number.to_string()).collect()
}

const fn word(level: Level) -> (&'static str, Meaning) {
    match level {
        Level::Debug => ("DEBUG", Meaning::Dim),
        Level::Info => ("INFO ", Meaning::Dim),
        Level::Warn => ("WARN ", Meaning::Warn),
        Level::Error => ("ERROR", Meaning::Error),
    }
}

/// Draws the log.
pub fn view(app: &App, canvas: &mut Canvas<'_>, focused: bool) {
    let rows = rows(app);
    let right = match app.level {
        Level::Debug => "debug+",
        Level::Info => "info+",
        Level::Warn => "warn+",
        Level::Error => "errors",
    };
    let mut inner = canvas.frame(&titled(app, Pane::Log), right, focused);
    if rows.is_empty() {
        let why = format!(
            "Nothing logged yet. Everything is also in {}",
            app.data.facts.log_folder
        );
        empty(app, Pane::Log, &mut inner, &why);
        return;
    }
    let names = names(app);
    let height = inner.rows();
    for (y, (index, marked)) in rows_in_view(app, Pane::Log, &names, height)
        .into_iter()
        .enumerate()
    {
        let (_, line) = rows[index];
        let (word, tone) = word(line.level);
        inner.put(1, y, &app.data.facts.zone.clock(line.at), Meaning::Dim);
        inner.put(10, y, word, tone);
        let room = inner.columns().saturating_sub(17);
        inner.put_in(16, y, &line.text, room, Meaning::Text);
        if marked && focused {
            inner.select(y);
        }
    }
}

/// Carries out an action on the log.
pub fn act(app: &mut App, action: Action) {
    if action == Action::LogLevel {
        app.level = match app.level {
            Level::Debug => Level::Info,
            Level::Info => Level::Warn,
            Level::Warn => Level::Error,
            Level::Error => Level::Debug,
        };
        let names = names(app);
        app.list().step(&names, Step::First);
    }
}
