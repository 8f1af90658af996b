//! The conflict resolver: base, GitHub and Notion beside each other, a choice for each field, and what comes of it.

use std::cell::Cell;

use ratatui::layout::Rect;

use super::{Handled, Subject};
use crate::core::{Conflict, Pair, PairId, Record, RecordKind, Time, Value};
use crate::engine::face::{ConflictLine, HistoryQuery};
use crate::ui::action::Action;
use crate::ui::app::{Effect, Request};
use crate::ui::canvas::{Ink, ink};
use crate::ui::data::{Data, short};
use crate::ui::drafts::{self, Draft, Drafts, HunkPick};
use crate::ui::text::called;
use crate::ui::theme::Meaning;

mod choosing;
mod editor;
mod list;
mod moving;
mod preview;
mod result;
mod sending;
mod sides;
mod view;
mod words;

/// What the footer offers here. Where there is little room the last go first: how to apply, to put aside and to leave
/// is always said.
pub const OFFERS: &[Action] = &[
    Action::Apply,
    Action::Defer,
    Action::Back,
    Action::TakeGithub,
    Action::TakeNotion,
    Action::TakeBase,
    Action::Edit,
    Action::Undo,
    Action::Zoom,
    Action::AllGithub,
    Action::AllNotion,
    Action::PageDown,
    Action::ViewStyle,
    Action::Wrap,
    Action::Next,
];

/// Fields that say nothing to a person who decides.
const TECHNICAL: &[&str] = &[
    "node",
    "url",
    "number",
    "created",
    "updated",
    "repository",
    "publish",
    "sync",
    "sync_note",
];

/// How long a conflict is put aside, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

/// How differences are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Style {
    /// New words marked.
    #[default]
    Marked,
    /// New and old words marked.
    Words,
    /// As it is.
    Raw,
}

/// The resolver's state.
#[derive(Clone, Debug)]
pub struct Resolver {
    /// The items to decide; one, or those that were marked.
    pairs: Vec<PairId>,
    pair: usize,
    field: usize,
    hunk: usize,
    style: Style,
    wraps: bool,
    /// Rows scrolled down from where the marked place is in view.
    scrolled: isize,
    /// The result fills the screen.
    zoomed: bool,
    /// What the last picture showed, for clicks and for how far it scrolls.
    drawn: Cell<Drawn>,
    /// The item whole, for its fields that are in step.
    item: Option<Box<Pair>>,
    /// What was written of it, newest first.
    records: Vec<Record>,
    /// Conflicts whose choices were sent, and are not carried out yet.
    sent: Vec<Conflict>,
    sent_at: Time,
    /// What became of the last try.
    note: Option<Ink>,
    /// Nothing is left to do here; what is said about it.
    over: Option<Ink>,
}

/// Where the fields were drawn, and how far everything scrolls.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    /// The rows of the fields.
    fields: Rect,
    /// The first field in view.
    first: usize,
    /// The rows of the list of conflicts, and the first item in view.
    list: Rect,
    listed: usize,
    /// How far up and down there is something to see.
    reach: (isize, isize),
    /// Rows of the largest part.
    page: usize,
}

impl Drawn {
    const NOTHING: Self = Self {
        fields: Rect::ZERO,
        first: 0,
        list: Rect::ZERO,
        listed: 0,
        reach: (0, 0),
        page: 0,
    };
}

/// One row of the list of fields.
enum Field<'a> {
    /// It waits for a choice.
    Open(&'a ConflictLine),
    /// It is in step.
    Synced(String, Value),
}

impl Resolver {
    /// The resolver for these items.
    pub const fn new(pairs: Vec<PairId>) -> Self {
        Self {
            pairs,
            pair: 0,
            field: 0,
            hunk: 0,
            style: Style::Marked,
            wraps: true,
            scrolled: 0,
            zoomed: false,
            drawn: Cell::new(Drawn::NOTHING),
            item: None,
            records: Vec::new(),
            sent: Vec::new(),
            sent_at: Time(0),
            note: None,
            over: None,
        }
    }

    fn current(&self) -> Option<&PairId> {
        self.pairs.get(self.pair)
    }

    /// The current item's conflicts that are open, or whose choice is on its way. Those put aside are shown here, too.
    fn open<'a>(&self, data: &'a Data) -> Vec<&'a ConflictLine> {
        let Some(pair) = self.current() else {
            return Vec::new();
        };
        data.links()
            .iter()
            .flat_map(|link| &link.conflicts)
            .filter(|line| line.pair == *pair)
            .filter(|line| line.conflict.choice.is_none() || self.is_sent(&line.conflict))
            .collect()
    }

    fn is_sent(&self, conflict: &Conflict) -> bool {
        self.sent.iter().any(|sent| sent.id == conflict.id)
    }

    fn fields<'a>(&self, data: &'a Data) -> Vec<Field<'a>> {
        let open = self.open(data);
        let in_step: Vec<Field<'a>> = self
            .item
            .iter()
            .filter(|item| Some(&item.id) == self.current())
            .flat_map(|item| &item.base)
            .filter(|(key, base)| {
                !TECHNICAL.contains(&key.as_str())
                    && !base.github.is_empty()
                    && !open
                        .iter()
                        .any(|line| line.conflict.field.as_ref() == Some(key))
            })
            .map(|(key, base)| Field::Synced(called(key.as_str()).to_owned(), base.github.clone()))
            .collect();
        open.into_iter().map(Field::Open).chain(in_step).collect()
    }

    fn marked<'a>(&self, data: &'a Data) -> Option<&'a ConflictLine> {
        self.open(data).get(self.field).copied()
    }

    /// Fields of the current item that have a choice, and how many there are.
    fn chosen(&self, data: &Data, drafts: &Drafts) -> (usize, usize) {
        let open = self.open(data);
        let done = open
            .iter()
            .filter(|line| outcome(line, drafts).is_some())
            .count();
        (done, open.len())
    }

    /// Fields without a choice, of all items that Enter would apply.
    fn missing(&self, data: &Data, drafts: &Drafts) -> Vec<String> {
        self.undecided(data)
            .filter(|line| outcome(line, drafts).is_none())
            .map(|line| self.called(line))
            .collect()
    }

    /// A conflict's field; with its item where there are several.
    fn called(&self, line: &ConflictLine) -> String {
        let field = name(&line.conflict);
        match self.pairs.len() {
            1 => field.to_owned(),
            _ => format!("{field} of {}", short(&line.item)),
        }
    }

    /// Takes the last choice back, or makes it again; says whose it was where there are several items.
    fn go_back(&mut self, action: Action, data: &Data, drafts: &mut Drafts) {
        let (about, verb, done) = match action {
            Action::Undo => (drafts.undo(), "undo", "taken back"),
            _ => (drafts.redo(), "redo", "made again"),
        };
        let Some(about) = about else {
            self.note = Some(ink(format!("nothing to {verb}"), Meaning::Dim));
            return;
        };
        let mut lines = data.links().iter().flat_map(|link| &link.conflicts);
        let line = lines.find(|line| line.conflict.id == about.id);
        if let Some(line) = line.filter(|_| self.pairs.len() > 1) {
            let text = format!("the choice for {} is {done}", self.called(line));
            self.note = Some(ink(text, Meaning::Info));
        }
    }

    /// The item that actions are about.
    pub fn subject(&self, data: &Data) -> Option<Subject> {
        Subject::of_conflicts(self.current()?, &self.open(data))
    }

    /// Since when the user holds the current item.
    fn held_since(&self, data: &Data) -> Option<Time> {
        let lines = data.links().iter().flat_map(|link| &link.conflicts);
        lines
            .filter(|line| Some(&line.pair) == self.current())
            .find_map(|line| line.held_since)
    }

    /// What the message line says.
    pub fn hint(&self, data: &Data, drafts: &Drafts) -> Ink {
        if let Some(note) = &self.note {
            return note.clone();
        }

        if let Some(since) = self.held_since(data) {
            let held = data.held_by_you(since);
            let text = format!("{held}: a choice is kept, and written once you release the item");
            return ink(text, Meaning::Warn);
        }
        if !self.sent.is_empty() {
            return ink(
                "both sides are read again; then it is written",
                Meaning::Info,
            );
        }
        let missing = self.missing(data, drafts);
        if !missing.is_empty() {
            let names = missing.join(", ");
            return ink(
                format!("Enter is off: no choice yet for {names}"),
                Meaning::Dim,
            );
        }
        if let Some((field, why)) = self.unsayable(data, drafts) {
            return ink(format!("Enter is off: {field}: {why}"), Meaning::Warn);
        }
        let text = match self.pairs.len() {
            1 => "Enter applies; nothing is written before, and choices are kept if you leave"
                .to_owned(),
            many => format!("Enter applies the choices of all {many} items"),
        };
        ink(text, Meaning::Info)
    }

    /// Whether an action would do nothing now.
    pub fn rests(&self, action: Action, data: &Data, drafts: &Drafts) -> bool {
        let is_decided = || self.marked(data).is_none();
        match action {
            Action::Apply => {
                !self.missing(data, drafts).is_empty() || self.unsayable(data, drafts).is_some()
            }
            Action::TakeGithub | Action::TakeNotion | Action::TakeBase | Action::Edit => {
                is_decided()
            }
            _ => false,
        }
    }

    /// Carries out an action.
    pub fn act(
        &mut self,
        action: Action,
        data: &Data,
        drafts: &mut Drafts,
        out: &mut Vec<Effect>,
    ) -> Handled {
        self.note = None;
        match action {
            Action::Back if self.zoomed => self.zoom(),
            Action::Back => return Handled::Close,
            Action::Zoom => self.zoom(),
            Action::Down | Action::Up | Action::Top | Action::Bottom => self.step(action, data),
            Action::Next | Action::Prev => self.turn(action == Action::Next, data, out),
            Action::NextHunk | Action::PrevHunk => self.step_hunk(action == Action::NextHunk, data),
            Action::HalfDown => self.scroll(self.page(2)),
            Action::HalfUp => self.scroll(-self.page(2)),
            Action::PageDown => self.scroll(self.page(1)),
            Action::PageUp => self.scroll(-self.page(1)),
            Action::ViewStyle => {
                self.style = match self.style {
                    Style::Marked => Style::Words,
                    Style::Words => Style::Raw,
                    Style::Raw => Style::Marked,
                }
            }
            Action::Wrap => self.wraps = !self.wraps,
            Action::Undo | Action::Redo => self.go_back(action, data, drafts),
            Action::AllGithub | Action::AllNotion => {
                let draft = match action {
                    Action::AllGithub => Draft::Github,
                    _ => Draft::Notion,
                };
                let open = self.open(data).into_iter();
                for line in open.filter(|line| !self.is_sent(&line.conflict)) {
                    drafts.set(&line.conflict, Some(draft.clone()));
                }
            }
            Action::TakeGithub => self.take(HunkPick::Github, Draft::Github, data, drafts),
            Action::TakeNotion => self.take(HunkPick::Notion, Draft::Notion, data, drafts),
            Action::TakeBase => self.take_base(data, drafts),
            Action::Union => self.union(data, drafts),
            Action::Edit => self.edit(data, drafts, out),
            Action::Defer => self.defer(data, out),
            Action::Apply | Action::Open => self.apply(data, drafts, out),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn step(&mut self, action: Action, data: &Data) {
        let last = self.fields(data).len().saturating_sub(1);
        self.field = match action {
            Action::Down => (self.field + 1).min(last),
            Action::Up => self.field.saturating_sub(1),
            Action::Top => 0,
            _ => last,
        };
        (self.hunk, self.scrolled) = (0, 0);
    }

    /// Goes to the next item: of those marked, or of all in conflict.
    fn turn(&mut self, forward: bool, data: &Data, out: &mut Vec<Effect>) {
        let choices = self.choices(data);
        let next = next_of(self.place(&choices), choices.len(), forward);
        self.go(&choices, next, out);
    }

    fn defer(&mut self, data: &Data, out: &mut Vec<Effect>) {
        let until = data.now.plus(DAY_MS);
        let open = self.open(data);
        let mut ids = open.iter().filter(|line| !self.is_sent(&line.conflict));
        let Some(first) = ids.next() else {
            let text = "no conflict is open here: there is nothing to put aside";
            self.note = Some(ink(text, Meaning::Dim));
            return;
        };
        out.extend(
            std::iter::once(first)
                .chain(ids)
                .map(|line| Effect::Defer(line.conflict.id.clone(), until)),
        );
        let text = "put aside for a day, or until a side changes";
        if self.pairs.len() == 1 {
            self.over = Some(ink(text, Meaning::Info));
            return;
        }
        // Of several items the others are still to be decided.
        self.pairs.remove(self.pair);
        self.pair %= self.pairs.len();
        (self.field, self.hunk, self.scrolled, self.item) = (0, 0, 0, None);
        self.note = Some(ink(text, Meaning::Info));
        self.ask_item(out);
    }

    fn ask_item(&self, out: &mut Vec<Effect>) {
        let Some(pair) = self.current() else {
            return;
        };
        out.push(Effect::Ask(Request::Item(pair.clone())));
        out.push(Effect::Ask(Request::History(written(pair))));
    }
}

/// What was written of an item: from when its bases are.
fn written(pair: &PairId) -> HistoryQuery {
    HistoryQuery {
        pair: Some(pair.clone()),
        kinds: vec![RecordKind::Write],
        limit: 100,
        ..HistoryQuery::default()
    }
}

fn next_of(at: usize, count: usize, forward: bool) -> usize {
    if count == 0 {
        0
    } else if forward {
        (at + 1) % count
    } else {
        (at + count - 1) % count
    }
}

fn outcome(line: &ConflictLine, drafts: &Drafts) -> Option<Value> {
    drafts::outcome(&line.conflict, drafts.get(&line.conflict)?)
}

/// A conflict's name for people.
fn name(conflict: &Conflict) -> &str {
    let field = conflict.field.as_ref();
    field.map_or("the item", |field| called(field.as_str()))
}
