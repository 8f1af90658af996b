//! What runs, what waits for its turn, what is deferred or held, and why.

use super::{empty, rows_in_view, titled};
use crate::core::schedule::{Reason, Waiting};
use crate::core::{PairId, Side, Time};
use crate::engine::face::LinkState;
use crate::engine::queue::{QueueLine, SHOWN, Standing};
use crate::ui::action::Action;
use crate::ui::app::{App, Effect};
use crate::ui::canvas::Canvas;
use crate::ui::data::{self, Data, short, way, way_meaning};
use crate::ui::layout::Pane;
use crate::ui::list::{Facets, Step};
use crate::ui::screens::{Screen, Subject};
use crate::ui::text::{age, called, countdown, counted, width};
use crate::ui::theme::Meaning;

/// The columns of a link's name.
const LINK: usize = 24;

/// One row of the queue.
struct Row<'a> {
    name: String,
    line: &'a QueueLine,
}

fn rows(app: &App) -> Vec<Row<'_>> {
    let filter = &app.lists[Pane::Queue as usize].filter;
    let mut known: Vec<&PairId> = Vec::new();
    let mut lines: Vec<&QueueLine> = app.data.queue().map(|(_, line)| line).collect();
    // What needs a person one by one is not hidden below what is answered as one, or was held on purpose.
    let is_held = |line: &&QueueLine| {
        matches!(
            line.standing,
            Standing::Held { .. } | Standing::HeldByUser { .. }
        )
    };
    lines.sort_by_key(is_held);
    lines
        .into_iter()
        .map(|line| {
            // An item that waits for two reasons has two rows; its first keeps its mark whatever it waits for.
            let again = known.iter().filter(|pair| **pair == &line.pair).count();
            known.push(&line.pair);
            let name = match again {
                0 => line.pair.0.clone(),
                again => format!("{}/{again}", line.pair.0),
            };
            Row { name, line }
        })
        .filter(|row| filter.is_empty() || facets(app, row.line).pass(filter))
        .collect()
}

/// What the filter can ask of a row.
pub const FACETS: &[&str] = &["item", "repo", "title", "kind", "to", "state", "why"];

fn facets(app: &App, line: &QueueLine) -> Facets {
    let to = line.to.map_or("both", Side::name);
    Facets::default()
        .with("item", &line.item)
        .with("repo", data::repository(&line.item))
        .with("title", data::titled(&line.title))
        .with("kind", line.kind.name())
        .with("to", to)
        .with("state", state(&line.standing))
        .with("why", &reason(&line.standing, &app.data))
}

/// How an item stands, in the word that the pane's title counts it under.
const fn state(standing: &Standing) -> &'static str {
    match standing {
        Standing::Queued { .. } => "queued",
        Standing::Deferred { .. } => "deferred",
        Standing::InDoubt { .. } => "unclear",
        Standing::Held { .. } | Standing::HeldByUser { .. } => "held",
        Standing::Parked { .. } => "aside",
    }
}

/// The rows' names.
pub fn names(app: &App) -> Vec<String> {
    rows(app).into_iter().map(|row| row.name).collect()
}

const fn sign(standing: &Standing) -> &'static str {
    match standing {
        Standing::Queued { .. } => " ",
        Standing::Deferred { .. } => "~",
        Standing::InDoubt { .. } => "?",
        Standing::Held { .. } | Standing::HeldByUser { .. } => "=",
        Standing::Parked { .. } => "!",
    }
}

/// Why an item waits, in words.
pub fn reason(standing: &Standing, data: &Data) -> String {
    match standing {
        Standing::Queued { .. } => "queued".to_owned(),
        Standing::Deferred { reason, tries, .. } if *tries > 0 => {
            format!("{reason}, try {}", tries + 1)
        }
        Standing::InDoubt { side, .. } => {
            format!("{}'s answer was lost; looking for what it did", side.name())
        }
        Standing::HeldByUser { since } => data.held_by_you(*since),
        Standing::Deferred { reason, .. }
        | Standing::Held { reason, .. }
        | Standing::Parked { reason } => reason.clone(),
    }
}

/// How long it waits, or has waited.
fn wait(standing: &Standing, now: Time) -> String {
    match standing {
        Standing::Queued { since } => match since.map(|since| age(now.since(since))) {
            None => String::new(),
            Some(age) if age == "now" => age,
            Some(age) => format!("since {age}"),
        },
        Standing::Deferred { until, .. } if *until <= now => "due".to_owned(),
        Standing::Deferred { until, .. } => countdown(until.since(now)),
        Standing::InDoubt { since, .. } => age(now.since(*since)),
        Standing::Held { .. } | Standing::HeldByUser { .. } => "held".to_owned(),
        Standing::Parked { .. } => "aside".to_owned(),
    }
}

const fn meaning(standing: &Standing) -> Meaning {
    match standing {
        Standing::Queued { .. } => Meaning::Text,
        Standing::HeldByUser { .. } => Meaning::Info,
        Standing::Deferred { .. } | Standing::InDoubt { .. } => Meaning::Warn,
        Standing::Held { .. } | Standing::Parked { .. } => Meaning::Error,
    }
}

/// Draws the queue.
pub fn view(app: &App, canvas: &mut Canvas<'_>, focused: bool) {
    let rows = rows(app);
    let mut inner = canvas.frame(&titled(app, Pane::Queue), &totals(app), focused);
    let mut top = 0;
    for link in app.data.links() {
        if let Some(progress) = &link.running
            && top < inner.rows()
        {
            top += running(app, &mut inner, top, link, progress);
        }
    }
    for (name, waiting) in kept_up(app) {
        if top < inner.rows() {
            top += kept(app, &mut inner, top, name, waiting);
        }
    }
    let height = inner.rows().saturating_sub(top);
    if rows.is_empty() && top == 0 {
        let next = app
            .data
            .links()
            .iter()
            .filter_map(|link| link.next.as_ref())
            .min();
        let zone = app.data.facts.zone;
        let text = match next {
            Some(next) if next.reason == Reason::ReadOnly => {
                "Started to read only: nothing is synced, and nothing is looked at by itself. The plan (d) shows what \
                 a sync would do."
                    .to_owned()
            }
            Some(next) => format!(
                "Nothing waits. Changes on either side show up here. Next look in {} ({}).",
                countdown(next.until.since(app.data.now)),
                next.reason.words(&|at| zone.minute(at))
            ),
            None => "Nothing waits. Changes on either side show up here.".to_owned(),
        };
        empty(app, Pane::Queue, &mut inner, &text);
        return;
    }
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    for (y, (index, marked)) in rows_in_view(app, Pane::Queue, &names, height)
        .into_iter()
        .enumerate()
    {
        draw(app, &mut inner, top + y, &rows[index], marked && focused);
    }
}

/// How many rows there are of each kind; where a list is longer than what is shown of it, how long it is.
fn totals(app: &App) -> String {
    let (mut queued, mut deferred, mut held, mut aside) = (0, 0, 0, 0);
    for link in app.data.links() {
        let of = |is: fn(&Standing) -> bool| {
            let lines = link.queue.iter().filter(|line| is(&line.standing));
            lines.count() as u64
        };
        let later = of(|standing| {
            matches!(
                standing,
                Standing::Deferred { .. } | Standing::InDoubt { .. }
            )
        });
        let now = of(|standing| matches!(standing, Standing::Queued { .. }));
        queued += whole(now, link.counts.queued.saturating_sub(later));
        deferred += later;
        let by_guard = of(|standing| matches!(standing, Standing::Held { .. }));
        let by_user = of(|standing| matches!(standing, Standing::HeldByUser { .. }));
        held += whole(by_guard, link.counts.held) + whole(by_user, link.counts.held_by_user);
        aside += link.aside();
    }
    // Before the first run has ended, what waits is still being counted.
    let is_first = |link: &LinkState| link.running.is_some() && link.last.is_none();
    let queued = match queued {
        0 if app.data.links().iter().any(is_first) => "…".to_owned(),
        queued => queued.to_string(),
    };
    let mut parts = vec![format!("{queued} queued")];
    for (count, what) in [(deferred, "deferred"), (held, "held"), (aside, "aside")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join("  ")
}

/// The rows of a kind; where there are more than a snapshot carries, what was counted.
fn whole(rows: u64, counted: u64) -> u64 {
    if rows < SHOWN as u64 {
        rows
    } else {
        rows.max(counted)
    }
}

/// The run in progress: what is written now, or what it waits for. Returns the rows it took.
fn running(
    app: &App,
    canvas: &mut Canvas<'_>,
    y: usize,
    link: &LinkState,
    progress: &crate::engine::face::Progress,
) -> usize {
    let glyphs = canvas.glyphs();
    let now = app.data.now;
    let x = canvas.put(1, y, glyphs.running, Meaning::Info) + 1;
    let written = crate::ui::state::written(&app.data, link, progress);
    let (to, text, since) = match (&progress.writing, progress.waits(now)) {
        (Some(writing), _) => {
            let what = if writing.fields.is_empty() || writing.verb == "create" {
                writing.verb.clone()
            } else {
                let fields: Vec<&str> = writing.fields.iter().map(|field| called(field)).collect();
                fields.join(", ")
            };
            let done = written.map_or_else(String::new, |written| format!("  ({written})"));
            (
                Some(writing.side),
                format!("{} {what}{done}", short(&writing.item)),
                writing.since,
            )
        }
        (None, Some((until, reason))) => {
            let text = format!("waits {}: {reason}", countdown(until.since(now)));
            (None, text, progress.since)
        }
        (None, None) => {
            let text = match written {
                Some(written) => format!("writing, {written}"),
                None if progress.listed == 0 => "reading both sides".to_owned(),
                None => format!(
                    "reading both sides, {} so far",
                    counted(progress.listed, "row")
                ),
            };
            (None, text, progress.since)
        }
    };
    let x = match to {
        Some(side) => canvas.put(x, y, way(Some(side)), way_meaning(Some(side))) + 2,
        None => x,
    };
    let took = age(now.since(since));
    let end = canvas.columns().saturating_sub(1);
    canvas.put_in(x, y, &text, end.saturating_sub(x + 6), Meaning::Text);
    canvas.put_right(end, y, &took, Meaning::Dim);
    1
}

/// The links that something keeps from running, or from writing.
fn kept_up(app: &App) -> impl Iterator<Item = (&str, &Waiting)> {
    let links = app.data.links().iter();
    let idle = links.filter(|link| link.running.is_none());
    idle.filter_map(|link| {
        let waiting = link.next.as_ref();
        let waiting = waiting.filter(|waiting| waiting.reason.is_obstacle())?;
        Some((link.name.as_str(), waiting))
    })
}

/// A link that waits, with its reason word for word. Returns the rows it took.
fn kept(app: &App, canvas: &mut Canvas<'_>, y: usize, name: &str, waiting: &Waiting) -> usize {
    let zone = app.data.facts.zone;
    let sentence = waiting.sentence(app.data.now, &|at| zone.minute(at));
    canvas.put(1, y, "~", Meaning::Warn);
    let x = canvas.put_in(3, y, name, LINK, Meaning::Text) + 2;
    let room = canvas.columns().saturating_sub(x + 1);
    canvas.put_in(x, y, &sentence, room, Meaning::Warn);
    1
}

fn draw(app: &App, canvas: &mut Canvas<'_>, y: usize, row: &Row<'_>, marked: bool) {
    let line = row.line;
    let is_picked = app.lists[Pane::Queue as usize].picked.contains(&row.name);
    let now = app.data.now;
    let columns = canvas.columns();
    if marked {
        canvas.put(0, y, canvas.glyphs().mark, Meaning::Focus);
    }
    let tone = meaning(&line.standing);
    let sign = if is_picked { "*" } else { sign(&line.standing) };
    canvas.put(1, y, sign, tone);
    if let Some(to) = line.to {
        canvas.put(3, y, way(Some(to)), way_meaning(Some(to)));
    }
    let name = short(&line.item);
    let x = canvas.put(8, y, &name, Meaning::Text).max(14) + 1;
    let wait = wait(&line.standing, now);
    let end = columns.saturating_sub(1);
    let start = canvas.put_right(end, y, &wait, Meaning::Dim);
    let room = start.saturating_sub(x + 1);
    let why = reason(&line.standing, &app.data);
    let heading = data::titled(&line.title);
    let is_plain = matches!(line.standing, Standing::Queued { .. });
    if is_plain {
        canvas.put_in(x, y, heading, room, Meaning::Text);
    } else {
        // A halt's note is the same for all it holds, and is read in full where it is answered.
        let is_halt = matches!(line.standing, Standing::Held { .. });
        let why = if is_halt && width(&why) + width(heading) + 2 > room {
            "held by the guard".to_owned()
        } else {
            why
        };
        // The reason matters more than the title.
        let least = (room / 3).min(width(heading));
        let title = room
            .saturating_sub(width(&why) + 2)
            .max(least)
            .min(width(heading));
        canvas.put_in(x, y, heading, title, Meaning::Text);
        let x = x + title + 2;
        canvas.put_in(x, y, &why, start.saturating_sub(x + 1), tone);
    }
    if marked {
        canvas.select(y);
    }
}

fn marked_row(app: &App) -> Option<Row<'_>> {
    let mut rows = rows(app);
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    let at = app.lists[Pane::Queue as usize].index(&names);
    (at < rows.len()).then(|| rows.swap_remove(at))
}

fn marked(app: &App) -> Option<&QueueLine> {
    marked_row(app).map(|row| row.line)
}

/// The items that are picked, or every one that is shown where none is.
pub fn chosen(app: &App) -> Vec<PairId> {
    let picked = &app.lists[Pane::Queue as usize].picked;
    let rows = rows(app);
    let are_picked = rows.iter().any(|row| picked.contains(&row.name));
    let mut pairs: Vec<PairId> = Vec::new();
    for row in rows {
        let is_meant = !are_picked || picked.contains(&row.name);
        if is_meant && !pairs.contains(&row.line.pair) {
            pairs.push(row.line.pair.clone());
        }
    }
    pairs
}

/// The marked item.
pub fn subject(app: &App) -> Option<Subject> {
    let line = marked(app)?;
    Some(Subject {
        pair: Some(line.pair.clone()),
        item: line.item.clone(),
        title: line.title.clone(),
        urls: line.urls.clone(),
        error: match &line.standing {
            Standing::Queued { .. } => None,
            other => Some(reason(other, &app.data)),
        },
        json: serde_json::json!({
            "pair": line.pair.0, "item": line.item, "title": line.title,
            "github": line.urls[Side::Github as usize], "notion": line.urls[Side::Notion as usize],
            "standing": reason(&line.standing, &app.data),
        })
        .to_string(),
    })
}

/// Carries out an action on the marked item.
pub fn act(app: &mut App, action: Action, out: &mut Vec<Effect>) {
    if action == Action::Mark {
        let name = marked_row(app).map(|row| row.name);
        if let Some(name) = name {
            app.list().toggle(&name);
            let names = names(app);
            app.list().step(&names, Step::By(1));
        }
        return;
    }
    let (Action::Open, Some(line)) = (action, marked(app)) else {
        return;
    };
    let screen = match &line.standing {
        Standing::Held { .. } => Screen::halt(),
        _ => Screen::item(line.pair.clone()),
    };
    app.show(screen, out);
}
