//! The panes of the dashboard.

pub mod conflicts;
pub mod history;
pub mod log;
pub mod queue;
pub mod system;

use ratatui::layout::Rect;

use super::action::Action;
use super::app::{App, Effect};
use super::canvas::Canvas;
use super::layout::{Pane, Places};
use super::list::Step;
use super::screens::Subject;
use super::theme::Meaning;

/// The names of a pane's rows, in their order, those that the filter hides left out.
pub fn names(app: &App, pane: Pane) -> Vec<String> {
    match pane {
        Pane::System => Vec::new(),
        Pane::Queue => queue::names(app),
        Pane::History => history::names(app),
        Pane::Conflicts => conflicts::names(app),
        Pane::Log => log::names(app),
    }
}

/// The fields that the filter of a pane's list can ask for; none where there is no list.
pub const fn facets(pane: Pane) -> &'static [&'static str] {
    match pane {
        Pane::System => &[],
        Pane::Queue => queue::FACETS,
        Pane::History => history::FACETS,
        Pane::Conflicts => conflicts::FACETS,
        Pane::Log => log::FACETS,
    }
}

/// What the filter of a pane's list understands besides words: `!not  item: repo: title:`.
pub fn asks(pane: Pane) -> String {
    let names: Vec<String> = facets(pane).iter().map(|name| format!("{name}:")).collect();
    format!("!not  {}", names.join(" "))
}

/// The item of the focused pane's marked row.
pub fn subject(app: &App) -> Option<Subject> {
    match app.prefs.focus {
        Pane::Queue => queue::subject(app),
        Pane::History => history::subject(app),
        Pane::Conflicts => conflicts::subject(app),
        Pane::System | Pane::Log => None,
    }
}

/// Draws the dashboard.
pub fn view(app: &App, canvas: &mut Canvas<'_>, places: &Places) {
    if let Some(area) = places.tabs {
        super::chrome::draw_tabs(app, &mut canvas.part(area));
    }
    if let Some(area) = places.strip {
        system::strip(app, &mut canvas.part(area));
    }
    for (pane, area) in &places.panes {
        let focused = *pane == app.prefs.focus && app.screens.is_empty();
        let mut part = canvas.part(*area);
        match pane {
            Pane::System => system::view(app, &mut part, focused),
            Pane::Queue => queue::view(app, &mut part, focused),
            Pane::History => history::view(app, &mut part, focused),
            Pane::Conflicts => conflicts::view(app, &mut part, focused),
            Pane::Log => log::view(app, &mut part, focused),
        }
    }
    if let Some(area) = places.preview {
        conflicts::preview(app, &mut canvas.part(area));
    }
}

/// Carries out an action on the focused pane.
pub fn act(app: &mut App, action: Action, out: &mut Vec<Effect>) {
    let pane = app.prefs.focus;
    if let Some(step) = step(app, action) {
        let names = names(app, pane);
        app.list().step(&names, step);
        return;
    }
    match action {
        Action::NextPane | Action::PrevPane => turn(app, action == Action::NextPane),
        Action::GoSystem => app.prefs.focus = Pane::System,
        Action::GoQueue => app.prefs.focus = Pane::Queue,
        Action::GoHistory => app.prefs.focus = Pane::History,
        Action::GoConflicts => app.prefs.focus = Pane::Conflicts,
        Action::GoLog => app.prefs.focus = Pane::Log,
        Action::Filter => app.typing = true,
        Action::Back => back(app),
        _ => match pane {
            Pane::Queue => queue::act(app, action, out),
            Pane::History => history::act(app, action, out),
            Pane::Conflicts => conflicts::act(app, action, out),
            Pane::Log => log::act(app, action),
            Pane::System => {}
        },
    }
}

fn step(app: &App, action: Action) -> Option<Step> {
    let layout = app.layout();
    let area = layout
        .panes
        .iter()
        .find(|(pane, _)| *pane == app.prefs.focus);
    let rows = area.map_or(10, |(_, area)| {
        isize::try_from(area.height.saturating_sub(2)).unwrap_or(10)
    });
    Some(match action {
        Action::Down | Action::NextHit => Step::By(1),
        Action::Up | Action::PrevHit => Step::By(-1),
        Action::HalfDown => Step::By((rows / 2).max(1)),
        Action::HalfUp => Step::By(-(rows / 2).max(1)),
        Action::PageDown => Step::By(rows.max(1)),
        Action::PageUp => Step::By(-rows.max(1)),
        Action::Top => Step::First,
        Action::Bottom => Step::Last,
        _ => return None,
    })
}

/// Goes to the next pane that is there, or the previous one, in the order of their numbers.
fn turn(app: &mut App, forward: bool) {
    let at = Pane::ALL
        .iter()
        .position(|pane| *pane == app.prefs.focus)
        .unwrap_or(0);
    let count = Pane::ALL.len();
    let next = if forward { at + 1 } else { at + count - 1 };
    app.prefs.focus = Pane::ALL[next % count];
}

fn back(app: &mut App) {
    if app.message.take().is_some() {
        return;
    }
    if !app.list().filter.is_empty() {
        app.list().filter.clear();
    } else if !app.list().picked.is_empty() {
        app.list().picked.clear();
    } else {
        app.prefs.zoomed = false;
    }
}

/// A click into a pane: it gets the keys, the row is marked; a marked row is opened.
pub fn click(app: &mut App, pane: Pane, area: Rect, y: u16, out: &mut Vec<Effect>) {
    let was = app.prefs.focus;
    app.prefs.focus = pane;
    let names = names(app, pane);
    let list = &mut app.lists[pane as usize];
    let rows = usize::from(area.height.saturating_sub(2));
    if y <= area.y || names.is_empty() {
        return;
    }
    let index = list.window(&names, rows) + usize::from(y - area.y - 1);
    if index >= names.len() {
        return;
    }
    let again = was == pane && list.index(&names) == index;
    list.go(&names, index);
    if again {
        app.act(Action::Open, out);
    }
}

/// The rows of a list that are in view: index, whether it is the marked one.
fn rows_in_view(app: &App, pane: Pane, names: &[String], rows: usize) -> Vec<(usize, bool)> {
    let list = &app.lists[pane as usize];
    let top = list.window(names, rows);
    let at = list.index(names);
    (top..names.len().min(top + rows))
        .map(|index| (index, index == at))
        .collect()
}

/// Says what would fill an empty list, or that the filter hides everything.
fn empty(app: &App, pane: Pane, canvas: &mut Canvas<'_>, why: &str) {
    let filter = &app.lists[pane as usize].filter;
    let text = if filter.is_empty() {
        why.to_owned()
    } else {
        format!("Nothing passes the filter `{filter}`; Esc clears it.")
    };
    let columns = canvas.columns().saturating_sub(2);
    let lines = super::text::wrap(&text, columns);
    let last = canvas.rows().saturating_sub(1);
    for (y, line) in lines.iter().enumerate().take(last + 1) {
        // The mark of a cut takes the place of what did not fit.
        let is_cut = y == last && lines.len() > last + 1;
        let line = if is_cut {
            format!("{} {}", line, lines[y + 1])
        } else {
            line.clone()
        };
        canvas.put_in(1, y, &line, columns, Meaning::Dim);
    }
}

/// The title of a list with its filter.
fn titled(app: &App, pane: Pane) -> String {
    let list = &app.lists[pane as usize];
    let title = format!("{} {}", pane.number(), pane.name());
    if list.filter.is_empty() {
        title
    } else {
        format!("{title} /{}", list.filter)
    }
}
