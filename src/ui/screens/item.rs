//! One item: why it is, or is not, in step; its fields; everything that happened to it.

use ratatui::layout::Rect;

use super::{Handled, Subject};
use crate::core::{Base, Conflict, FieldKey, IntentState, Pair, PairId, PairLife, Record, Time};
use crate::engine::face::HistoryQuery;
use crate::ui::action::Action;
use crate::ui::app::{Answer, App, Effect, Request};
use crate::ui::canvas::{Canvas, Ink, ink};
use crate::ui::data::{Data, short};
use crate::ui::panes::history::{self, KINDS};
use crate::ui::text::{age, called, countdown, counted, wrap};
use crate::ui::theme::Meaning;

/// What the footer offers here.
pub const OFFERS: &[Action] = &[
    Action::Open,
    Action::SyncItem,
    Action::Retry,
    Action::Hold,
    Action::OpenGithub,
    Action::OpenNotion,
    Action::YankUrl,
    Action::YankJson,
    Action::Back,
];

/// The fields that say most of an item, which are shown where there is room for a few.
const FIRST: &[&str] = &[
    "title",
    "state",
    "labels",
    "assignees",
    "milestone",
    "type",
    "body",
    "author",
    "closed_as",
];

/// The item's screen.
#[derive(Clone, Debug)]
pub struct ItemScreen {
    pair: PairId,
    item: Option<Box<Pair>>,
    records: Vec<Record>,
    asked_at: Option<Time>,
    scrolled: usize,
}

impl ItemScreen {
    /// The screen of a pair.
    pub const fn new(pair: PairId) -> Self {
        Self {
            pair,
            item: None,
            records: Vec::new(),
            asked_at: None,
            scrolled: 0,
        }
    }

    /// Asks for the item and its records, anew whenever the engine has spoken.
    pub fn refresh(&mut self, data: &Data, out: &mut Vec<Effect>) {
        if self.asked_at == Some(data.snapshot.at) {
            return;
        }
        self.asked_at = Some(data.snapshot.at);
        out.push(Effect::Ask(Request::Item(self.pair.clone())));
        out.push(Effect::Ask(Request::History(HistoryQuery {
            pair: Some(self.pair.clone()),
            kinds: KINDS.to_vec(),
            limit: 100,
            ..HistoryQuery::default()
        })));
    }

    /// The engine answered something.
    pub fn answer(&mut self, answer: &Answer) {
        match answer {
            Answer::Item(pair, Ok(item)) if *pair == self.pair => self.item.clone_from(item),
            Answer::History(query, Ok(page)) if query.pair.as_ref() == Some(&self.pair) => {
                self.records.clone_from(page);
            }
            _ => {}
        }
    }

    /// Carries out an action.
    pub fn act(&mut self, action: Action, _data: &Data, _out: &mut Vec<Effect>) -> Handled {
        match action {
            Action::Back => return Handled::Close,
            Action::Down => self.scrolled += 1,
            Action::Up => self.scrolled = self.scrolled.saturating_sub(1),
            Action::HalfDown | Action::PageDown => self.scrolled += 10,
            Action::HalfUp | Action::PageUp => self.scrolled = self.scrolled.saturating_sub(10),
            Action::Top => self.scrolled = 0,
            Action::ShowItem => {}
            Action::Open => {
                if let Some(record) = self.records.get(self.scrolled) {
                    return Handled::Show(Box::new(super::Screen::record(record.clone(), false)));
                }
            }
            _ => return Handled::No,
        }
        self.scrolled = self.scrolled.min(self.records.len().saturating_sub(1));
        Handled::Yes
    }

    /// The wheel.
    pub fn scroll(&mut self, by: isize) {
        let last = self.records.len().saturating_sub(1);
        self.scrolled = self.scrolled.saturating_add_signed(by).min(last);
    }

    /// The item that actions are about.
    pub fn subject(&self) -> Option<Subject> {
        let pair = self.item.as_ref()?;
        Some(Subject {
            pair: Some(self.pair.clone()),
            item: pair.name().to_owned(),
            title: pair.title.clone(),
            urls: crate::engine::queue::urls(pair),
            error: pair.last_error.clone(),
            json: serde_json::to_string(pair).unwrap_or_default(),
        })
    }

    /// Draws the screen.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let Some(pair) = &self.item else {
            canvas.put(1, 0, "Reading the item …", Meaning::Dim);
            return;
        };
        let parts = [
            ink(format!(" {}  ", short(pair.name())), Meaning::Title),
            ink(pair.title.clone(), Meaning::Text),
            ink(format!("   {}", pair.kind.name()), Meaning::Dim),
        ];
        canvas.line(0, 0, canvas.columns(), &parts);
        let area = canvas.area;
        let why = why(pair, &app.data);
        let room = canvas.columns().saturating_sub(4);
        let why: Vec<(String, Meaning)> = why
            .into_iter()
            .flat_map(|(text, tone)| wrap(&text, room).into_iter().map(move |line| (line, tone)))
            .collect();
        let height = u16::try_from(why.len() + 2)
            .unwrap_or(6)
            .min(area.height / 2);
        let at = |from: u16, height: u16| Rect::new(area.x, area.y + from, area.width, height);
        draw_why(&mut canvas.part(at(1, height)), &why);
        let rest = area.height.saturating_sub(1 + height);
        let rows = |count: usize| u16::try_from(count + 2).unwrap_or(u16::MAX / 2);
        // What the timeline leaves belongs to the fields.
        let most = rest.saturating_sub(rows(self.records.len().max(1)));
        let fields = rows(shown(pair).len()).clamp(3, most.max(rest / 2).max(3));
        draw_fields(&mut canvas.part(at(1 + height, fields)), pair);
        let timeline = at(1 + height + fields, rest.saturating_sub(fields));
        self.draw_timeline(app, &mut canvas.part(timeline));
    }

    fn draw_timeline(&self, app: &App, canvas: &mut Canvas<'_>) {
        let mut inner = canvas.frame("Timeline", &counted(self.records.len(), "record"), true);
        let height = inner.rows();
        let top = (self.scrolled + 1).saturating_sub(height);
        for (y, (index, record)) in self
            .records
            .iter()
            .enumerate()
            .skip(top)
            .take(height)
            .enumerate()
        {
            history::draw(app, &mut inner, y, record, index == self.scrolled);
        }
    }
}

/// Why the item is, or is not, in step: one line for each reason, the gravest first.
pub fn why(pair: &Pair, data: &Data) -> Vec<(String, Meaning)> {
    let mut lines: Vec<(String, Meaning)> = Vec::new();
    match &pair.life {
        PairLife::Parked(reason) => lines.push((format!("set aside: {reason}"), Meaning::Error)),
        PairLife::Unlinked(reason) => {
            lines.push((format!("not kept in step: {reason}"), Meaning::Warn));
        }
        PairLife::Tombstone => lines.push(("gone on both sides".to_owned(), Meaning::Dim)),
        PairLife::New => lines.push(("known on one side only so far".to_owned(), Meaning::Info)),
        PairLife::Active => {}
    }
    let conflicts = pair.conflicts.iter().map(|one| conflict(pair, one));
    lines.extend(conflicts.map(|text| (text, Meaning::Error)));
    if let Some(since) = pair.held_since {
        let held = data.held_by_you(since);
        let text = format!("{held}: nothing of it is written until you release it (x)");
        lines.push((text, Meaning::Info));
    }
    if let Some(hold) = pair.hold.as_ref().filter(|hold| !hold.agreed) {
        lines.push((
            format!("held by the guard: {} (H)", hold.reason),
            Meaning::Error,
        ));
    }
    if let Some(intent) = &pair.intent {
        let side = intent.step.side.name();
        let text = match &intent.state {
            IntentState::Prepared => format!("being written to {side}"),
            IntentState::InDoubt { since, .. } => format!(
                "{side}'s answer to a write was lost {} ago; looking for what it did",
                age(data.now.since(*since))
            ),
        };
        lines.push((text, Meaning::Warn));
    }
    for (field, blocked) in &pair.blocked {
        let (field, side) = (called(field.as_str()), blocked.side.name());
        let text = match blocked.reason.strip_prefix("refused ") {
            Some(rest) => format!("{field}: {side} refused it {rest}"),
            None => format!("{field}: {side} refused it: {}", blocked.reason),
        };
        lines.push((text, Meaning::Warn));
    }
    lines.extend(waits(pair, data));
    if lines.is_empty() {
        let since = pair.synced_at.map_or_else(String::new, |at| {
            format!(", found so {} ago", age(data.now.since(at)))
        });
        lines.push((format!("in step{since}"), Meaning::Ok));
    }
    lines
}

/// What a conflict waits for.
fn conflict(pair: &Pair, conflict: &Conflict) -> String {
    let key = conflict.field.as_ref();
    let field = key.map_or("the item", |key| called(key.as_str()));
    match &conflict.choice {
        Some(choice) if pair.held_since.is_some() => format!(
            "{field}: your choice ({}) waits until you release the item",
            choice.pick
        ),
        Some(choice) => format!("{field}: your choice ({}) is carried out next", choice.pick),
        None => format!("{field}: both sides changed it; it waits for your choice (pane 4)"),
    }
}

fn waits(pair: &Pair, data: &Data) -> Option<(String, Meaning)> {
    pair.dirty_since?;
    if pair.held_since.is_some() {
        return None;
    }
    let until = pair
        .next_try
        .max(pair.quiet_until)
        .filter(|at| *at > data.now);
    let text = match (until, &pair.last_error) {
        (Some(at), Some(error)) => format!(
            "{error}; try {} in {}",
            pair.tries + 1,
            countdown(at.since(data.now))
        ),
        (Some(at), None) => format!("looked at again in {}", countdown(at.since(data.now))),
        (None, _) if data.snapshot.paused.is_some() => "waits: paused by you".to_owned(),
        (None, _) => "waits for its turn in the next run".to_owned(),
    };
    Some((text, Meaning::Info))
}

fn draw_why(canvas: &mut Canvas<'_>, lines: &[(String, Meaning)]) {
    let mut inner = canvas.frame("Why", "", false);
    for (y, (line, tone)) in lines.iter().enumerate() {
        inner.put(1, y, line, *tone);
    }
}

/// The fields that say something: what people write first, what the services stamp last.
fn shown(pair: &Pair) -> Vec<(&FieldKey, &Base)> {
    let said = pair.base.iter().filter(|(_, base)| !base.github.is_empty());
    let mut shown: Vec<_> = said.collect();
    shown.sort_by_key(|(key, _)| {
        let known = FIRST.iter().position(|first| *first == key.as_str());
        known.unwrap_or(FIRST.len())
    });
    shown
}

fn draw_fields(canvas: &mut Canvas<'_>, pair: &Pair) {
    let shown = shown(pair);
    let rows = canvas.rows().saturating_sub(2);
    let part = match counted(shown.len(), "field") {
        all if shown.len() > rows => format!("{rows} of {all}"),
        all => all,
    };
    let mut inner = canvas.frame("Last agreement", &part, false);
    let room = inner.columns().saturating_sub(2);
    for (y, (key, base)) in shown.into_iter().enumerate() {
        inner.put_in(1, y, called(key.as_str()), 14, Meaning::Dim);
        let mut parts: Vec<Ink> = vec![ink(base.github.brief(200), Meaning::Text)];
        if base.notion() != &base.github && key.as_str() != "body" {
            parts.push(ink(
                format!("   in Notion: {}", base.notion().brief(80)),
                Meaning::Dim,
            ));
        }
        inner.line(16, y, room.saturating_sub(15), &parts);
    }
}
