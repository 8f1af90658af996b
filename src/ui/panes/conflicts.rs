//! What waits for a choice: one row an item.

use super::{empty, rows_in_view, titled};
use crate::core::{Conflict, FieldKey, PairId, Side, Time};
use crate::engine::face::ConflictLine;
use crate::ui::action::Action;
use crate::ui::app::{App, Effect};
use crate::ui::canvas::Canvas;
use crate::ui::data::{self, short, titled as titled_item};
use crate::ui::drafts::Draft;
use crate::ui::layout::Pane;
use crate::ui::list::Facets;
use crate::ui::screens::{Screen, Subject};
use crate::ui::text::{age, called, width, wrap};
use crate::ui::theme::Meaning;

/// How long a conflict is put aside, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

/// What an action on conflicts says where there is none.
const NOTHING_MARKED: &str = "there is no conflict here: nothing was done";

/// What is said of conflicts that were put aside.
const PUT_ASIDE: &str = "put aside for a day, or until a side changes; u takes it back";

type Item<'a> = (PairId, Vec<&'a ConflictLine>);

/// Until when all of an item's conflicts are put aside; none while one of them needs a choice.
fn aside_until(app: &App, lines: &[&ConflictLine]) -> Option<Time> {
    let untils: Option<Vec<Time>> = lines
        .iter()
        .map(|line| app.data.deferred_until(&line.conflict.id))
        .collect();
    untils?.into_iter().min()
}

/// The items that need a choice, then those put aside.
fn rows(app: &App) -> Vec<Item<'_>> {
    let filter = &app.lists[Pane::Conflicts as usize].filter;
    let mut items = app.data.conflicted();
    items.extend(app.data.put_aside());
    items.retain(|(_, lines)| {
        lines
            .first()
            .is_some_and(|line| filter.is_empty() || facets(app, line, lines).pass(filter))
    });
    items
}

/// What the filter can ask of a row.
pub const FACETS: &[&str] = &["item", "repo", "title", "field", "by", "state"];

fn facets(app: &App, first: &ConflictLine, lines: &[&ConflictLine]) -> Facets {
    let state = aside_until(app, lines).map_or("open", |_| "aside");
    let mut facets = Facets::default()
        .with("item", &first.item)
        .with("repo", data::repository(&first.item))
        .with("title", data::titled(&first.title))
        .with("state", state);
    for ConflictLine { conflict, .. } in lines {
        facets = facets.with("field", field(conflict));
        let people = [&conflict.github_by, &conflict.notion_by];
        for name in people.into_iter().flatten() {
            facets = facets.with("by", name);
        }
    }
    facets
}

/// What a conflict is about.
fn field(conflict: &Conflict) -> &str {
    let field = conflict.field.as_ref();
    field.map_or("deleted and edited", FieldKey::as_str)
}

/// The rows' names.
pub fn names(app: &App) -> Vec<String> {
    rows(app).into_iter().map(|(pair, _)| pair.0).collect()
}

/// What of an item is in conflict: `title, state +1`.
fn fields(lines: &[&ConflictLine]) -> String {
    let names: Vec<&str> = lines
        .iter()
        .map(|line| called(field(&line.conflict)))
        .collect();
    match names.as_slice() {
        [one, two, rest @ ..] if !rest.is_empty() => format!("{one}, {two} +{}", rest.len()),
        all => all.join(", "),
    }
}

/// How many choices the engine has kept and not carried out yet.
fn kept(app: &App) -> usize {
    let lines = app.data.links().iter().flat_map(|link| &link.conflicts);
    lines.filter(|line| line.conflict.choice.is_some()).count()
}

/// Draws the conflicts.
pub fn view(app: &App, canvas: &mut Canvas<'_>, focused: bool) {
    let rows = rows(app);
    let mut inner = canvas.frame(&titled(app, Pane::Conflicts), &counts(app, &rows), focused);
    if rows.is_empty() {
        let why = match kept(app) {
            0 => "No conflicts. When both sides change the same field it shows up here.".to_owned(),
            1 => "No conflict needs you; one choice is kept and not written yet.".to_owned(),
            many => format!("No conflict needs you; {many} choices are kept and not written yet."),
        };
        empty(app, Pane::Conflicts, &mut inner, &why);
        return;
    }
    let names: Vec<String> = rows.iter().map(|(pair, _)| pair.0.clone()).collect();
    let spare = inner.rows().saturating_sub(rows.len());
    let height = inner.rows().saturating_sub(usize::from(spare > 1));
    for (y, (index, marked)) in rows_in_view(app, Pane::Conflicts, &names, height)
        .into_iter()
        .enumerate()
    {
        draw(app, &mut inner, y, &rows[index], marked && focused);
    }
    if spare > 1 {
        let room = inner.columns().saturating_sub(4);
        let lines = wrap(&summary(app, &rows), room);
        let first = inner.rows().saturating_sub(lines.len());
        for (y, line) in lines.iter().enumerate().filter(|_| first > rows.len()) {
            inner.put(3, first + y, line, Meaning::Dim);
        }
    }
}

/// How many items need a choice, how many of them are marked, and how many are put aside.
fn counts(app: &App, rows: &[Item<'_>]) -> String {
    let marks = &app.lists[Pane::Conflicts as usize].picked;
    let picked = rows
        .iter()
        .filter(|(pair, _)| marks.contains(&pair.0))
        .count();
    let aside = rows
        .iter()
        .filter(|(_, lines)| aside_until(app, lines).is_some())
        .count();
    let open = rows.len() - aside;
    let mut parts = Vec::new();
    match (open, picked) {
        (0, 0) => {}
        (open, 0) => parts.push(format!("{open} need you")),
        (_, picked) => parts.push(format!("{picked} of {} marked", rows.len())),
    }
    if aside > 0 {
        parts.push(format!("{aside} put aside"));
    }
    parts.join("  ")
}

/// What waits in all, in a line.
fn summary(app: &App, rows: &[Item<'_>]) -> String {
    let (aside, open): (Vec<_>, Vec<_>) = rows
        .iter()
        .partition(|(_, lines)| aside_until(app, lines).is_some());
    if open.is_empty() {
        let first = aside
            .iter()
            .filter_map(|(_, lines)| aside_until(app, lines));
        let zone = app.data.facts.zone;
        let back = first
            .min()
            .map_or_else(String::new, |at| zone.ahead(at, app.data.now));
        let count = aside.len();
        return format!("{count} put aside, back {back} or when a side changes; u: back now");
    }
    let lines = || open.iter().flat_map(|(_, lines)| lines);
    let waiting = lines().count();
    let oldest = lines().map(|line| line.conflict.found_at).min();
    let oldest = oldest.map_or_else(String::new, |at| age(app.data.now.since(at)));
    let rest = match kept(app) {
        0 => "the other fields of these items keep syncing".to_owned(),
        kept => format!("{kept} chosen, not written yet"),
    };
    format!("oldest {oldest}   {waiting} to choose; {rest}")
}

fn draw(app: &App, canvas: &mut Canvas<'_>, y: usize, (pair, lines): &Item<'_>, marked: bool) {
    let Some(first) = lines.first() else { return };
    if marked {
        canvas.put(0, y, canvas.glyphs().mark, Meaning::Focus);
    }
    let is_picked = app.lists[Pane::Conflicts as usize].picked.contains(&pair.0);
    let aside = aside_until(app, lines);
    let (sign, tone, text) = match aside {
        Some(_) => ("~", Meaning::Dim, Meaning::Dim),
        None => ("!", Meaning::Error, Meaning::Text),
    };
    canvas.put(1, y, if is_picked { "*" } else { sign }, tone);
    let x = canvas.put(3, y, &short(&first.item), text).max(7) + 1;
    let oldest = lines
        .iter()
        .map(|line| line.conflict.found_at)
        .min()
        .unwrap_or_default();
    let end = canvas.columns().saturating_sub(1);
    let when = match aside {
        Some(until) => format!("till {}", app.data.facts.zone.ahead(until, app.data.now)),
        None => app.data.when(oldest),
    };
    let start = canvas.put_right(end, y, &when, Meaning::Dim);
    let end = end.saturating_sub(6).min(start.saturating_sub(2));
    let drafts = lines
        .iter()
        .filter(|line| app.drafts.get(&line.conflict).is_some())
        .count();
    let mut what = fields(lines);
    if drafts > 0 {
        what = format!("{what}, {drafts} chosen");
    }
    if aside.is_some() {
        what.push_str(", put aside");
    }
    let room = end.saturating_sub(x);
    let wide = width(&what).min(room / 2);
    canvas.put_in(
        x,
        y,
        titled_item(&first.title),
        room.saturating_sub(wide + 2),
        text,
    );
    canvas.put_in(end.saturating_sub(wide), y, &what, wide, Meaning::Dim);
    if marked {
        canvas.select(y);
    }
}

/// Draws a preview of the marked item's conflicts.
pub fn preview(app: &App, canvas: &mut Canvas<'_>) {
    let rows = rows(app);
    let Some((_, lines)) = at(app, &rows) else {
        let mut inner = canvas.frame("Preview", "", false);
        inner.put(1, 0, "The marked conflict shows up here.", Meaning::Dim);
        return;
    };
    let name = lines
        .first()
        .map_or_else(String::new, |line| short(&line.item));
    let mut inner = canvas.frame(
        &format!("Preview {name}"),
        &format!("{} to choose", lines.len()),
        false,
    );
    let mut y = 0;
    for line in lines {
        let conflict = &line.conflict;
        let field = conflict.field.as_ref().map_or("item", FieldKey::as_str);
        let field = called(field);
        inner.put(1, y, field, Meaning::Title);
        let values = [
            ("base", &conflict.base, None, Meaning::Base),
            (
                "GitHub",
                &conflict.github,
                Some(Side::Github),
                Meaning::Github,
            ),
            (
                "Notion",
                &conflict.notion,
                Some(Side::Notion),
                Meaning::Notion,
            ),
        ];
        for (row, (name, value, side, tone)) in values.into_iter().enumerate() {
            let y = y + 1 + row;
            inner.put(3, y, name, tone);
            let value = value.brief(200);
            let end = inner.columns().saturating_sub(1);
            // The value goes first.
            let room = end.saturating_sub(10 + width(&value) + 2);
            let whence = side.and_then(|side| app.data.whence(conflict, side, room));
            let whence = whence.filter(|text| width(text) <= room);
            inner.put(10, y, &value, Meaning::Text);
            inner.put_right(end, y, &whence.unwrap_or_default(), Meaning::Dim);
        }
        y += 5;
    }
}

fn at<'a, 'b>(app: &App, rows: &'b [Item<'a>]) -> Option<&'b Item<'a>> {
    let names: Vec<&str> = rows.iter().map(|(pair, _)| pair.0.as_str()).collect();
    rows.get(app.lists[Pane::Conflicts as usize].index(&names))
}

/// The marked item.
pub fn subject(app: &App) -> Option<Subject> {
    let rows = rows(app);
    let (pair, lines) = at(app, &rows)?;
    Subject::of_conflicts(pair, lines)
}

/// The items that an action on many is about: those picked, else the marked one.
fn chosen(app: &App) -> Vec<Item<'_>> {
    let rows = rows(app);
    let picked = &app.lists[Pane::Conflicts as usize].picked;
    // Marks of items that were resolved meanwhile do not count.
    if rows.iter().any(|(pair, _)| picked.contains(&pair.0)) {
        rows.into_iter()
            .filter(|(pair, _)| picked.contains(&pair.0))
            .collect()
    } else {
        at(app, &rows).cloned().into_iter().collect()
    }
}

/// Carries out an action on the marked items.
pub fn act(app: &mut App, action: Action, out: &mut Vec<Effect>) {
    match action {
        Action::Open => {
            let open = at(app, &rows(app)).map(|(pair, _)| pair.clone());
            if let Some(pair) = open {
                app.show(Screen::resolver(pair), out);
            }
        }
        Action::Mark => {
            let marked = at(app, &rows(app)).map(|(pair, _)| pair.0.clone());
            if let Some(name) = marked {
                app.list().toggle(&name);
                let names = names(app);
                app.list().step(&names, crate::ui::list::Step::By(1));
            }
        }
        Action::AllGithub | Action::AllNotion => choose_all(app, action == Action::AllGithub, out),
        Action::Defer => {
            let until = app.data.now.plus(DAY_MS);
            let ids: Vec<String> = chosen(app)
                .iter()
                .flat_map(|(_, lines)| lines.iter().map(|line| line.conflict.id.clone()))
                .collect();
            if ids.is_empty() {
                app.say(NOTHING_MARKED, Meaning::Dim);
                return;
            }
            for id in ids {
                app.data.defer(id, until);
            }
            app.list().picked.clear();
            app.say(PUT_ASIDE, Meaning::Info);
        }
        Action::Undo => take_back(app),
        _ => {}
    }
}

/// Takes back that the chosen items were put aside; where none of them is, that of the item put aside last.
fn take_back(app: &mut App) {
    let aside = |lines: &[&ConflictLine]| aside_until(app, lines).is_some();
    let mut items: Vec<Item<'_>> = chosen(app);
    items.retain(|(_, lines)| aside(lines));
    if items.is_empty() {
        let last = app.data.deferred.last().map(|(id, _)| id);
        let is_last = |line: &&ConflictLine| Some(&line.conflict.id) == last;
        items = app.data.put_aside();
        items.retain(|(_, lines)| lines.iter().any(is_last));
    }
    let ids: Vec<String> = items
        .iter()
        .flat_map(|(_, lines)| lines.iter().map(|line| line.conflict.id.clone()))
        .collect();
    if ids.is_empty() {
        app.say("nothing was put aside", Meaning::Dim);
        return;
    }
    let text = match items.as_slice() {
        [(_, lines)] => {
            let name = lines.first().map(|line| short(&line.item));
            format!("{} needs you again", name.unwrap_or_default())
        }
        many => format!("{} items need you again", many.len()),
    };
    app.data.deferred.retain(|(id, _)| !ids.contains(id));
    app.list().picked.clear();
    app.say(text, Meaning::Info);
}

/// Drafts everything of the chosen items to one side, and opens the first: nothing is written without a look.
fn choose_all(app: &mut App, github: bool, out: &mut Vec<Effect>) {
    let items: Vec<(PairId, Vec<crate::core::Conflict>)> = chosen(app)
        .into_iter()
        .map(|(pair, lines)| {
            (
                pair,
                lines
                    .into_iter()
                    .map(|line| line.conflict.clone())
                    .collect(),
            )
        })
        .collect();
    let draft = || if github { Draft::Github } else { Draft::Notion };
    for conflict in items.iter().flat_map(|(_, conflicts)| conflicts) {
        app.drafts.set(conflict, Some(draft()));
    }
    let pairs: Vec<PairId> = items.into_iter().map(|(pair, _)| pair).collect();
    match Screen::resolve_many(pairs) {
        Some(screen) => app.show(screen, out),
        None => app.say(NOTHING_MARKED, Meaning::Dim),
    }
}
