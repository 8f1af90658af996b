//! One record of the history: what was, what is, why, and its reverse as a plan before anything is written.

use std::cell::Cell;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use ratatui::layout::Rect;

use super::{Handled, Subject};
use crate::core::history::FieldChange;
use crate::core::{Pair, Record, RecordId, RecordKind, Value};
use crate::engine::answers::PutBack;
use crate::engine::face::HistoryQuery;
use crate::ui::action::Action;
use crate::ui::app::{Answer, App, Effect, Request};
use crate::ui::canvas::{Canvas, Ink, ink};
use crate::ui::data::{Data, short, titled};
use crate::ui::panes::history::{self, KINDS};
use crate::ui::text::{ago, called, counted, width, wrap};
use crate::ui::theme::Meaning;

/// What the footer offers here.
pub const OFFERS: &[Action] = &[
    Action::Prev,
    Action::Next,
    Action::Undo,
    Action::Apply,
    Action::Retry,
    Action::Hold,
    Action::ShowItem,
    Action::OpenGithub,
    Action::OpenNotion,
    Action::YankUrl,
    Action::YankJson,
    Action::Back,
];

/// Columns of what a line of the head is about.
const LABEL: usize = 9;
/// What is said where there is nothing to undo.
const NOTHING_TO_UNDO: &str = "nothing to undo: this record changed no field";

/// How far an undo is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reverse {
    /// Not asked for.
    None,
    /// Both sides are read, to say what it would do.
    Asked,
    /// What it would do.
    Planned(Vec<PutBack>),
    /// It was sent, and this is what it writes.
    Sent(Vec<PutBack>),
    /// It cannot be done, and why.
    Refused(String),
}

/// The record's screen.
#[derive(Clone, Debug)]
pub struct RecordScreen {
    record: Record,
    reverse: Reverse,
    /// Everything that happened to the same item, newest first.
    others: Vec<Record>,
    /// The item as it is now.
    item: Option<Box<Pair>>,
    asked: bool,
    /// The item's newest record when its records were asked for.
    newest: Option<RecordId>,
    /// Lines scrolled down; what is drawn last says how far that can be.
    scrolled: Cell<usize>,
}

impl RecordScreen {
    /// The screen of a record; `undo` asks for its reverse at once.
    pub const fn new(record: Record, undo: bool) -> Self {
        let reverse = if undo { Reverse::Asked } else { Reverse::None };
        Self {
            record,
            reverse,
            others: Vec::new(),
            item: None,
            asked: false,
            newest: None,
            scrolled: Cell::new(0),
        }
    }

    /// Asks for what it needs: once, and for the item's records whenever there is a new one.
    pub fn refresh(&mut self, data: &Data, out: &mut Vec<Effect>) {
        let mut own = data
            .history
            .iter()
            .filter(|one| one.pair == self.record.pair);
        let newest = own.next().map(|record| record.id.clone());
        let was_asked = std::mem::replace(&mut self.asked, true);
        if was_asked && self.newest == newest {
            return;
        }
        self.newest = newest;
        if let Some(pair) = &self.record.pair {
            out.push(Effect::Ask(Request::Item(pair.clone())));
            out.push(Effect::Ask(Request::History(HistoryQuery {
                pair: self.record.pair.clone(),
                kinds: KINDS.to_vec(),
                limit: 50,
                ..HistoryQuery::default()
            })));
        }
        if self.reverse == Reverse::Asked && self.rests(Action::Undo) {
            self.reverse = Reverse::Refused(NOTHING_TO_UNDO.to_owned());
        }
        if !was_asked && self.reverse == Reverse::Asked {
            out.push(Effect::Ask(Request::UndoPlan(self.record.id.clone())));
        }
    }

    /// The engine answered something.
    pub fn answer(&mut self, answer: &Answer) {
        match answer {
            Answer::History(query, Ok(page))
                if query.pair.is_some() && query.pair == self.record.pair =>
            {
                self.others.clone_from(page);
            }
            Answer::Item(pair, Ok(item)) if Some(pair) == self.record.pair.as_ref() => {
                self.item.clone_from(item);
            }
            Answer::UndoPlan(id, result) if *id == self.record.id => {
                self.reverse = match result {
                    Ok(backs) => Reverse::Planned(backs.clone()),
                    Err(why) => Reverse::Refused(why.clone()),
                };
            }
            Answer::Done(Request::Undo(id), Err(why)) if *id == self.record.id => {
                self.reverse = Reverse::Refused(why.clone());
            }
            _ => {}
        }
    }

    /// Carries out an action.
    pub fn act(&mut self, action: Action, data: &Data, out: &mut Vec<Effect>) -> Handled {
        match action {
            Action::Back => return Handled::Close,
            Action::Next | Action::Prev => self.turn(action == Action::Next, data, out),
            Action::Undo if self.rests(Action::Undo) => {
                self.reverse = Reverse::Refused(NOTHING_TO_UNDO.to_owned());
            }
            Action::Undo => {
                self.reverse = Reverse::Asked;
                out.push(Effect::Ask(Request::UndoPlan(self.record.id.clone())));
            }
            Action::Apply | Action::Open => {
                if let Reverse::Planned(backs) = &self.reverse
                    && backs.iter().any(|back| back.refused.is_none())
                    && !data.facts.read_only
                {
                    self.reverse = Reverse::Sent(backs.clone());
                    out.push(Effect::Ask(Request::Undo(self.record.id.clone())));
                }
            }
            Action::Down => self.scroll(1),
            Action::Up => self.scroll(-1),
            Action::HalfDown | Action::PageDown => self.scroll(5),
            Action::HalfUp | Action::PageUp => self.scroll(-5),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Whether an action would do nothing now.
    pub fn rests(&self, action: Action) -> bool {
        match (action, &self.reverse) {
            (Action::Undo, _) => self.record.changes.is_empty(),
            (Action::Apply, Reverse::Planned(backs)) => {
                backs.iter().all(|back| back.refused.is_some())
            }
            (Action::Apply, _) => true,
            _ => false,
        }
    }

    /// Goes to the next older record of the history, or back to a newer one.
    fn turn(&mut self, older: bool, data: &Data, out: &mut Vec<Effect>) {
        let at = data
            .history
            .iter()
            .position(|record| record.id == self.record.id);
        let next = at.and_then(|at| {
            if older {
                Some(at + 1)
            } else {
                at.checked_sub(1)
            }
        });
        if let Some(record) = next.and_then(|next| data.history.get(next)) {
            *self = Self::new(record.clone(), false);
            self.refresh(data, out);
        }
    }

    /// The wheel.
    pub fn scroll(&mut self, by: isize) {
        self.scrolled
            .set(self.scrolled.get().saturating_add_signed(by));
    }

    /// The item's addresses on GitHub and in Notion, where known.
    fn urls(&self) -> [Option<String>; 2] {
        let item = self.item.as_deref();
        item.map_or([None, None], crate::engine::queue::urls)
    }

    /// The item's title, or its name where that is all that is known.
    fn title(&self) -> &str {
        let item = self.item.as_deref();
        item.map_or(self.record.item.as_str(), |pair| titled(&pair.title))
    }

    /// The record's item.
    pub fn subject(&self) -> Option<Subject> {
        Some(Subject {
            pair: self.record.pair.clone(),
            item: self.record.item.clone(),
            title: self.title().to_owned(),
            urls: self.urls(),
            error: Some(self.record.note.clone()).filter(|note| !note.is_empty()),
            json: serde_json::to_string(&self.record).unwrap_or_default(),
        })
    }

    /// What the message line says.
    pub fn hint(&self) -> Ink {
        match &self.reverse {
            Reverse::None => ink(
                "u plans the reverse of a written change, and shows it before it is written",
                Meaning::Dim,
            ),
            Reverse::Asked => ink(
                "reading both sides, to see what an undo would do …",
                Meaning::Info,
            ),
            Reverse::Planned(backs) if backs.iter().all(|back| back.refused.is_some()) => ink(
                "nothing of it can be put back; see why above",
                Meaning::Warn,
            ),
            Reverse::Planned(_) => ink(
                "Enter writes the reverse as shown; Esc leaves everything as it is",
                Meaning::Info,
            ),
            Reverse::Sent(_) => ink(
                "the reverse is on its way; it shows up in the history",
                Meaning::Ok,
            ),
            Reverse::Refused(why) => ink(why.clone(), Meaning::Error),
        }
    }

    /// Draws the screen.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let data = &app.data;
        let name = match self.item {
            Some(_) => format!("{}  {}", short(&self.record.item), self.title()),
            None => short(&self.record.item),
        };
        let at = data
            .history
            .iter()
            .position(|record| record.id == self.record.id);
        let more = if data.history_complete { "" } else { "+" };
        let count = format!(
            "{} of {}{more}",
            at.map_or(1, |at| at + 1),
            data.history.len()
        );
        canvas.line(
            0,
            0,
            canvas.columns(),
            &[
                ink(" History  ", Meaning::Title),
                ink(format!("{count}   {name}"), Meaning::Text),
            ],
        );
        let area = canvas.area;
        let head = self.head(app, canvas.columns());
        let head_rows = u16::try_from(head.len() + 2).unwrap_or(8);
        let change = u16::try_from(self.change_rows(canvas.columns()) + 2).unwrap_or(u16::MAX);
        let rest = area.height.saturating_sub(1 + head_rows);
        // What is about to be written comes before the item's other records.
        let most = match self.reverse {
            Reverse::Planned(_) => rest.saturating_sub(3),
            _ => rest / 2,
        };
        let change = change.clamp(3, most.max(3)).min(rest);
        let at = |from: u16, height: u16| Rect::new(area.x, area.y + from, area.width, height);
        self.draw_head(&mut canvas.part(at(1, head_rows)), &head);
        self.draw_change(&mut canvas.part(at(1 + head_rows, change)));
        self.draw_others(
            app,
            &mut canvas.part(at(1 + head_rows + change, rest.saturating_sub(change))),
        );
    }

    fn head(&self, app: &App, columns: usize) -> Vec<Vec<Ink>> {
        let record = &self.record;
        let data = &app.data;
        let ago = ago(data.now.since(record.at));
        let label = |text: &str| ink(format!("{text:<LABEL$}"), Meaning::Dim);
        let mut lines = vec![vec![
            label("when"),
            ink(
                format!("{}  ({ago})", data.facts.zone.full(record.at)),
                Meaning::Text,
            ),
        ]];
        let side = record.side.map_or("both sides", crate::core::Side::name);
        let what = match record.kind {
            RecordKind::Run => format!("{} at {side}   link {}", run_verb(record), record.link),
            _ => format!("{} {side}   {}", record.verb, record.item),
        };
        lines.push(vec![label("what"), ink(what, Meaning::Text)]);
        if let Some(row) = record.row {
            let rule = format!("{}  ({row:?})", super::plan::rule(row));
            lines.push(vec![label("why"), ink(rule, Meaning::Text)]);
        }
        // What went wrong says at its end what to do.
        let note = match record.note.as_str() {
            "" => Vec::new(),
            note => wrap(note, columns.saturating_sub(LABEL + 4)),
        };
        for (at, line) in note.into_iter().enumerate() {
            let name = if at == 0 { "note" } else { "" };
            lines.push(vec![label(name), ink(line, Meaning::Text)]);
        }
        for (name, url) in ["issue", "page"].into_iter().zip(self.urls()) {
            lines.extend(url.map(|url| vec![label(name), ink(url, Meaning::Text)]));
        }
        lines.push(match &record.request {
            Some(request) => vec![
                label("request"),
                ink(format!("{request}   run {}", record.run), Meaning::Dim),
            ],
            None => vec![label("run"), ink(record.run.clone(), Meaning::Dim)],
        });
        lines
    }

    fn draw_head(&self, canvas: &mut Canvas<'_>, lines: &[Vec<Ink>]) {
        let word = format!("{:?}", self.record.outcome).to_lowercase();
        let (sign, _) = history::sign(&self.record, canvas.glyphs());
        let mut inner = canvas.frame("Record", &format!("{sign} {word}"), true);
        let room = inner.columns().saturating_sub(2);
        for (y, line) in lines.iter().enumerate() {
            inner.line(1, y, room, line);
        }
    }

    /// The change, or the reverse of it, as lines.
    fn change(&self, room: usize) -> Vec<Vec<Ink>> {
        match &self.reverse {
            Reverse::Planned(backs) | Reverse::Sent(backs) => backs
                .iter()
                .flat_map(|back| match &back.refused {
                    None => {
                        let mut lines =
                            change_lines(back.field.as_str(), &back.now, &back.then, room);
                        let page = back.page_line();
                        lines
                            .extend(page.map(|line| vec![ink(format!("  {line}"), Meaning::Text)]));
                        lines
                    }
                    Some(why) => vec![
                        vec![ink(called(back.field.as_str()), Meaning::Title)],
                        vec![ink(format!("  cannot be put back: {why}"), Meaning::Warn)],
                    ],
                })
                .collect(),
            _ => self.changes(room),
        }
    }

    /// What the record changed; what follows from another change comes last.
    fn changes(&self, room: usize) -> Vec<Vec<Ink>> {
        let follows = |change: &&FieldChange| {
            ["updated", "closed", "sync", "sync_note"].contains(&change.field.as_str())
        };
        let mut changes: Vec<&FieldChange> = self.record.changes.iter().collect();
        changes.sort_by_key(follows);
        let lines = changes.into_iter().flat_map(|change| {
            change_lines(change.field.as_str(), &change.before, &change.after, room)
        });
        lines.collect()
    }

    fn change_rows(&self, room: usize) -> usize {
        self.change(room).len()
    }

    fn draw_change(&self, canvas: &mut Canvas<'_>) {
        let title = match self.reverse {
            Reverse::Planned(_) => "Undo would write",
            Reverse::Sent(_) => "Undo writes",
            _ => "Change",
        };
        let lines = self.change(canvas.columns().saturating_sub(4));
        let height = canvas.rows().saturating_sub(2);
        let right = if lines.len() > height {
            format!("{height} of {} lines, j and k scroll", lines.len())
        } else {
            String::new()
        };
        let mut inner = canvas.frame(title, &right, false);
        let room = inner.columns().saturating_sub(2);
        if lines.is_empty() {
            let text = match self.record.kind {
                RecordKind::Run => "A run: what it wrote is in records of its own.",
                _ => "No field was changed.",
            };
            inner.put(1, 0, text, Meaning::Dim);
        }
        let top = self.scrolled.get().min(lines.len().saturating_sub(height));
        self.scrolled.set(top);
        for (y, line) in lines.iter().skip(top).take(height).enumerate() {
            inner.line(1, y, room, line);
        }
    }

    fn draw_others(&self, app: &App, canvas: &mut Canvas<'_>) {
        let of_run = |one: &&Record| one.run == self.record.run && one.id != self.record.id;
        let (title, others): (&str, Vec<&Record>) = match self.record.kind {
            RecordKind::Run => {
                let known = app.data.history.iter();
                ("In this run", known.filter(of_run).collect())
            }
            _ => ("This item", self.others.iter().collect()),
        };
        let mut inner = canvas.frame(title, &counted(others.len(), "record"), false);
        if others.is_empty() {
            let text = match self.record.kind {
                RecordKind::Run => "It wrote nothing.",
                _ => "No other records.",
            };
            inner.put(1, 0, text, Meaning::Dim);
        }
        let height = inner.rows();
        for (y, record) in others.into_iter().take(height).enumerate() {
            history::draw(app, &mut inner, y, record, record.id == self.record.id);
        }
    }
}

/// What a run did, in a word.
fn run_verb(record: &Record) -> &'static str {
    if record.verb == "look" {
        "looked"
    } else {
        "worked"
    }
}

/// A field's change in one line where both values fit, else by the lines that differ.
pub fn change_lines(name: &str, before: &Value, after: &Value, room: usize) -> Vec<Vec<Ink>> {
    const NAME: usize = 12;
    let name = called(name);
    let is_short = |value: &Value| !value.as_text().contains('\n');
    let (old, new) = (before.brief(400), after.brief(400));
    let fits = width(&old) + width(&new) + NAME + 5 <= room;
    if fits && is_short(before) && is_short(after) {
        return vec![vec![
            ink(format!("{name:<NAME$} "), Meaning::Title),
            ink(old, Meaning::Remove),
            ink(" → ", Meaning::Dim),
            ink(new, Meaning::Add),
        ]];
    }
    before_and_after(name, before, after, room)
}

/// A field's name, then what it said and what it says. Of a text only the lines that differ, each with its neighbours.
pub fn before_and_after(field: &str, before: &Value, after: &Value, room: usize) -> Vec<Vec<Ink>> {
    let told = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        other => other.brief(500),
    };
    let (before, after) = (told(before), told(after));
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut lines = vec![vec![ink(called(field), Meaning::Title)]];
    let mut add = |sign: &str, texts: &[&str], tone: Meaning| {
        for line in texts
            .iter()
            .flat_map(|text| wrap(text, room.saturating_sub(4)))
        {
            lines.push(vec![
                ink(format!("  {sign} "), Meaning::Dim),
                ink(line, tone),
            ]);
        }
    };
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    for (at, op) in ops.iter().enumerate() {
        if op.tag() == DiffTag::Equal {
            let (above, below) = neighbours(&old[op.old_range()], at > 0, at + 1 < ops.len());
            add(" ", above, Meaning::Dim);
            if above.len() + below.len() < op.old_range().len() {
                add(" ", &["…"], Meaning::Dim);
            }
            add(" ", below, Meaning::Dim);
        } else {
            add("-", &old[op.old_range()], Meaning::Remove);
            add("+", &new[op.new_range()], Meaning::Add);
        }
    }
    lines
}

/// Of lines that stay: the one after the change above them, and the one before the change below them.
fn neighbours<'a>(same: &'a [&'a str], above: bool, below: bool) -> (&'a [&'a str], &'a [&'a str]) {
    let first = usize::from(above).min(same.len());
    let last = usize::from(below).min(same.len() - first);
    (&same[..first], &same[same.len() - last..])
}
