//! What is around the panes: header, tabs, message line, footer, the keys that may follow.

use ratatui::layout::Rect;

use super::action::Action;
use super::app::{App, PATIENCE_MS};
use super::canvas::{Canvas, Ink, ink};
use super::data::Data;
use super::layout::{LEAST, Pane, Plan};
use super::screens::Screen;
use super::state::{Mood, budget, state};
use super::text::{thousands, width};
use super::theme::Meaning;
use crate::core::Side;
use crate::core::schedule::{Reason, Trouble};

/// So long after a look is due, the engine must have spoken, in milliseconds.
const OVERDUE_MS: i64 = 60_000;

/// Draws the header: who we are, how it goes, what is left, how late it is.
pub fn header(app: &App, canvas: &mut Canvas<'_>) {
    let data = &app.data;
    let state = state(data);
    let needs = data.needs();
    let plan = app.plan.for_width(app.size.width);
    let left = vec![
        ink(" pulse-sync", Meaning::Title),
        ink(format!("  {}", data.facts.subject), Meaning::Dim),
    ];
    let meaning = state.meaning(needs);
    let mut right: Vec<Vec<Ink>> = vec![vec![
        ink(
            format!("{} {}", state.sign(canvas.glyphs()), state.word),
            meaning,
        ),
        ink(
            if state.detail.is_empty() {
                String::new()
            } else {
                format!("  {}", state.detail)
            },
            Meaning::Text,
        ),
    ]];
    right[0].push(ink(calls(app), Meaning::Error));
    right.push(budgets(app, plan));
    right.push(vec![store(app)]);
    if plan != Plan::Narrow {
        right.push(vec![age_of_what_is_shown(app)]);
    }
    let least = width(" pulse-sync ") + 2;
    // What comes last is the least important, and goes first.
    while right.len() > 1 && least + columns(&right) + 2 > canvas.columns() {
        right.pop();
    }
    let taken = columns(&right).min(canvas.columns());
    let start = canvas.columns() - taken;
    canvas.line(0, 0, start.saturating_sub(1), &left);
    let mut x = start;
    for (at, part) in right.iter().enumerate() {
        if at > 0 {
            x += 2;
        }
        x = canvas.line(x, 0, canvas.columns().saturating_sub(x), part);
    }
}

/// What needs a person.
fn calls(app: &App) -> String {
    let mut calls = super::state::calls(&app.data);
    // What is left of the budgets would have no place beside it; that something waits is said already.
    if app.size.width < 80 {
        calls.truncate(1);
    }
    calls.insert(0, String::new());
    calls.join("  ")
}

fn columns(parts: &[Vec<Ink>]) -> usize {
    let text: usize = parts.iter().flatten().map(|part| width(&part.text)).sum();
    text + 2 * parts.len().saturating_sub(1) + 1
}

fn budgets(app: &App, plan: Plan) -> Vec<Ink> {
    let mut parts = Vec::new();
    for (side, short) in [(Side::Github, "GH"), (Side::Notion, "N")] {
        let Some((left, all)) = budget(&app.data, side) else {
            continue;
        };
        let percent = u64::from(left) * 100 / u64::from(all.max(1));
        let meaning = if percent < 10 {
            Meaning::Warn
        } else {
            Meaning::Text
        };
        let text = if plan == Plan::Narrow {
            format!("{short} {percent}%")
        } else {
            format!(
                "{} {}/{}",
                side.name(),
                thousands(left.into()),
                thousands(all.into())
            )
        };
        if !parts.is_empty() {
            parts.push(ink("  ", Meaning::Text));
        }
        parts.push(ink(text, meaning));
    }
    parts
}

fn store(app: &App) -> Ink {
    match app.data.snapshot.store_trouble {
        // The engine has said nothing yet.
        None if app.data.links().is_empty() => {
            ink(format!("{} …", app.data.facts.store), Meaning::Dim)
        }
        None => ink(format!("{} ok", app.data.facts.store), Meaning::Dim),
        Some(_) => {
            let word = match app.data.snapshot.store_how {
                Trouble::Unreachable => "away",
                Trouble::NoWrites => "no writes",
                Trouble::Login => "login",
                Trouble::Right => "denied",
            };
            ink(format!("{} {word}", app.data.facts.store), Meaning::Error)
        }
    }
}

/// The clock; or, where the engine has been silent for too long, the age of what is shown.
fn age_of_what_is_shown(app: &App) -> Ink {
    let data = &app.data;
    let silent = data.now.since(data.snapshot.at);
    // While a run is under way the engine speaks every second.
    let is_running = data.links().iter().any(|link| link.running.is_some());
    if is_running && silent > 10_000 || is_overdue(data) {
        let text = format!(
            "{} ({} old)",
            data.facts.zone.minute(data.snapshot.at),
            super::text::age(silent)
        );
        return ink(text, Meaning::Warn);
    }
    ink(data.facts.zone.clock(data.now), Meaning::Dim)
}

/// Whether a look should have begun long ago, and the engine has said nothing since.
fn is_overdue(data: &Data) -> bool {
    let next = data.links().iter().filter_map(|link| link.next.as_ref());
    let due = next.filter(|next| !matches!(next.reason, Reason::ReadOnly | Reason::Busy(_)));
    let late = due.map(|next| data.now.since(next.until.max(data.snapshot.at)));
    late.min().is_some_and(|late| late > OVERDUE_MS)
}

/// The tabs of the narrow dashboard, each with its column range.
fn tabs(app: &App) -> Vec<(Pane, String)> {
    let counts = |pane: Pane| match pane {
        Pane::Queue => match app.data.queue().count() {
            0 => String::new(),
            waits => format!(" {waits}"),
        },
        Pane::Conflicts => match app.data.conflicted().len() {
            0 => String::new(),
            open => format!(" {open}!"),
        },
        _ => String::new(),
    };
    Pane::ALL
        .into_iter()
        .map(|pane| {
            (
                pane,
                format!("{} {}{}", pane.number(), pane.name(), counts(pane)),
            )
        })
        .collect()
}

/// Draws the tabs.
pub fn draw_tabs(app: &App, canvas: &mut Canvas<'_>) {
    let mut x = 1;
    for (pane, text) in tabs(app) {
        let meaning = if pane == app.prefs.focus {
            Meaning::Focus
        } else {
            Meaning::Dim
        };
        x = canvas.put(x, 0, &text, meaning) + 2;
    }
}

/// The tab at a column.
pub fn tab_at(app: &App, column: u16) -> Option<Pane> {
    let mut x = 1;
    for (pane, text) in tabs(app) {
        let end = x + width(&text);
        if (x..end).contains(&usize::from(column)) {
            return Some(pane);
        }
        x = end + 2;
    }
    None
}

/// Draws the message line: a message while it lasts, else what the screen on top has to say.
pub fn message(app: &App, canvas: &mut Canvas<'_>) {
    let room = canvas.columns().saturating_sub(2);
    if app.typing {
        let filter = &app.lists[app.prefs.focus as usize].filter;
        let x = canvas.put_in(1, 0, &format!("/ {filter}_"), room, Meaning::Text);
        let asks = super::panes::asks(app.prefs.focus);
        if x + width(&asks) + 3 <= canvas.columns() {
            canvas.put_right(canvas.columns() - 1, 0, &asks, Meaning::Dim);
        }
        return;
    }
    if let Some(message) = &app.message {
        let sign = match message.meaning {
            Meaning::Error => format!("{} ", canvas.glyphs().failed),
            Meaning::Warn => "! ".to_owned(),
            _ => String::new(),
        };
        let dismiss = "Esc dismiss";
        let room = room.saturating_sub(width(dismiss) + 2);
        canvas.put_in(
            1,
            0,
            &format!("{sign}{}", message.text),
            room,
            message.meaning,
        );
        canvas.put_right(canvas.columns() - 1, 0, dismiss, Meaning::Dim);
        return;
    }
    if let Some(hint) = app.screens.last().and_then(|screen| screen.hint(app)) {
        canvas.put_in(1, 0, &hint.text, room, hint.meaning);
    } else if let Some(trouble) = &app.data.trouble {
        canvas.put_in(1, 0, trouble, room, Meaning::Error);
    }
}

/// What the footer offers at a place, the most useful first.
fn offers(app: &App) -> Vec<Action> {
    use Action as A;
    if let Some(screen) = app.screens.last() {
        let own = screen.offers().iter().copied();
        own.filter(|action| *action != A::Back).collect()
    } else if app.typing {
        vec![A::Open, A::Back]
    } else {
        let mut offers = vec![A::Pause, A::SyncAll, A::MakePlan];
        match state(&app.data).mood {
            // What to do about it is told there.
            Mood::Login => offers.insert(0, A::Doctor),
            Mood::Halted => offers.insert(0, A::AnswerHalt),
            _ => {}
        }
        // What only this pane has comes before what every pane has.
        offers.extend(match app.prefs.focus {
            Pane::Queue => vec![A::Open, A::Retry, A::Hold, A::SyncItem, A::ShowItem],
            Pane::History => vec![A::Open, A::Undo, A::OnlyFailed],
            Pane::Conflicts if app.data.put_aside().is_empty() => {
                vec![A::Open, A::Defer, A::AllGithub, A::AllNotion, A::Mark]
            }
            Pane::Conflicts => vec![
                A::Open,
                A::Undo,
                A::Defer,
                A::AllGithub,
                A::AllNotion,
                A::Mark,
            ],
            Pane::Log => vec![A::LogLevel],
            Pane::System => vec![],
        });
        if !super::panes::facets(app.prefs.focus).is_empty() {
            offers.push(A::Filter);
        }
        offers.extend([A::Zoom, A::NextPane]);
        if !matches!(app.prefs.focus, Pane::System | Pane::Log) {
            offers.extend([A::OpenGithub, A::YankUrl]);
        }
        offers.push(A::Palette);
        offers
    }
}

/// The key to show for an action. Where letters are typed, only one with a name of its own does something else.
fn key_of(app: &App, action: Action) -> Option<String> {
    let types = app.typing || app.screens.last().is_some_and(is_window);
    let mut keys = app.keymap.keys_of(&app.places(), action).into_iter();
    keys.find(|key| !types || key.len() > 1)
}

/// What is always there: how to leave, and where the other keys are told.
fn last_buttons(app: &App) -> Vec<(String, &'static str, Action)> {
    let leaves: &[Action] = match (app.screens.is_empty(), app.typing) {
        (false, _) => &[Action::Back, Action::Help],
        (true, true) => &[Action::Help],
        (true, false) => &[Action::Quit, Action::Help],
    };
    let of = |action: &Action| Some((key_of(app, *action)?, action.short(), *action));
    leaves.iter().filter_map(of).collect()
}

/// The buttons of the footer: column, text of the key, text of the action, action.
fn buttons(app: &App) -> Vec<(usize, String, &'static str, Action)> {
    let columns = usize::from(app.size.width);
    let last = last_buttons(app);
    let wide = |(key, short, _): &(String, &'static str, Action)| width(key) + 1 + width(short);
    let taken: usize = last.iter().map(|button| wide(button) + 2).sum();
    let room = columns.saturating_sub(taken + 1);
    let mut buttons = Vec::new();
    let mut x = 1;
    for action in offers(app) {
        let Some(key) = key_of(app, action) else {
            continue;
        };
        let short = match action {
            Action::Pause if app.data.snapshot.paused.is_some() => "resume",
            Action::Hold if holds_marked(app) => "release",
            Action::OnlyFailed if app.prefs.only_failed => "all",
            Action::Doctor if is_doctor(app) => "look again",
            Action::Open if app.typing => "keep the filter",
            Action::Back if app.typing => "clear it",
            other => other.short(),
        };
        let wide = width(&key) + 1 + width(short);
        if x + wide > room {
            break;
        }
        buttons.push((x, key, short, action));
        x += wide + 2;
    }
    let mut x = columns.saturating_sub(taken).max(x);
    for button in last {
        let end = x + wide(&button) + 2;
        let (key, short, action) = button;
        buttons.push((x, key, short, action));
        x = end;
    }
    buttons
}

/// Whether what `doctor` found is shown.
fn is_doctor(app: &App) -> bool {
    matches!(app.screens.last(), Some(Screen::Doctor(_)))
}

/// Whether the marked item is held by the user already.
fn holds_marked(app: &App) -> bool {
    let pair = app.subject().and_then(|subject| subject.pair);
    pair.is_some_and(|pair| app.data.is_held_by_you(&pair))
}

/// Draws the footer.
pub fn footer(app: &App, canvas: &mut Canvas<'_>) {
    for (x, key, short, action) in buttons(app) {
        let rests = |screen: &Screen| screen.rests(action, app);
        let off = app.is_off(action).is_some() || app.screens.last().is_some_and(rests);
        let x = canvas.put(x, 0, &key, if off { Meaning::Dim } else { Meaning::Key });
        canvas.put(
            x + 1,
            0,
            short,
            if off { Meaning::Dim } else { Meaning::Text },
        );
    }
}

/// The action of the footer's button at a column.
pub fn footer_at(app: &App, column: u16) -> Option<Action> {
    let column = usize::from(column);
    buttons(app)
        .into_iter()
        .find(|(x, key, short, _)| (*x..x + width(key) + 1 + width(short)).contains(&column))
        .map(|(.., action)| action)
}

/// Shows what may follow the first of two keys, once it has been waited for.
pub fn which_key(app: &App, canvas: &mut Canvas<'_>) {
    let Some((first, since)) = app.pending else {
        return;
    };
    if app.data.now.since(since) < PATIENCE_MS {
        return;
    }
    let follow = app.keymap.after(&app.places(), &[first]);
    let texts: Vec<(String, &str)> = follow
        .iter()
        .filter_map(|one| Some((one.keys.get(1)?.to_string(), one.action.short())))
        .collect();
    let cell = texts.iter().map(|(_, text)| width(text)).max().unwrap_or(0) + 5;
    let columns = canvas.columns().min(70);
    let per_row = (columns.saturating_sub(4) / cell.max(1)).max(1);
    let rows = texts.len().div_ceil(per_row);
    let height = u16::try_from(rows + 2)
        .unwrap_or(u16::MAX)
        .min(canvas.area.height);
    let area = Rect::new(
        canvas.area.x + 1,
        canvas.area.bottom().saturating_sub(height + 2),
        u16::try_from(columns).unwrap_or(u16::MAX),
        height,
    );
    let mut window = canvas.part(area);
    window.clear();
    let mut inner = window.frame(&format!("{first} …"), "", false);
    for (at, (key, text)) in texts.iter().enumerate() {
        let (x, y) = (at % per_row * cell + 1, at / per_row);
        let x = inner.put(x, y, key, Meaning::Key);
        inner.put(x + 1, y, text, Meaning::Text);
    }
}

/// What a terminal that is too small shows.
pub fn too_small(app: &App, canvas: &mut Canvas<'_>) {
    let state = state(&app.data);
    let needs = calls(app);
    let (w, h) = (app.size.width, app.size.height);
    let size = format!("needs {}x{}, is {w}x{h}", LEAST.0, LEAST.1);
    let word = format!("{} {}{needs}", state.sign(canvas.glyphs()), state.word);
    let both = format!("{size}   {word}");
    let row = canvas.rows() / 2;
    let middle = |text: &str, columns: usize| columns.saturating_sub(width(text)) / 2;
    let columns = canvas.columns();
    if width(&both) <= columns {
        canvas.put(middle(&both, columns), row, &both, Meaning::Text);
    } else {
        canvas.put(
            middle(&size, columns),
            row.saturating_sub(1),
            &size,
            Meaning::Text,
        );
        canvas.put(middle(&word, columns), row, &word, Meaning::Text);
    }
}

/// Whether a screen that lies over the dashboard draws all of it.
pub const fn is_window(screen: &Screen) -> bool {
    matches!(screen, Screen::Help(_) | Screen::Palette(_))
}
