//! The conflict resolver: base, GitHub and Notion beside each other, a choice for each field, and what comes of it.

use ratatui::layout::Rect;

use super::{Handled, Subject};
use crate::core::text::Part;
use crate::core::{Conflict, FieldKey, Pair, PairId, Time, Value};
use crate::engine::Ask;
use crate::engine::face::ConflictLine;
use crate::ui::action::Action;
use crate::ui::app::{Answer, Effect, Request};
use crate::ui::canvas::{Ink, ink};
use crate::ui::data::Data;
use crate::ui::drafts::{self, Draft, Drafts, HunkPick};
use crate::ui::theme::Meaning;

mod view;

/// What the footer offers here.
pub const OFFERS: &[Action] = &[
    Action::TakeGithub,
    Action::TakeNotion,
    Action::TakeBase,
    Action::Edit,
    Action::AllGithub,
    Action::AllNotion,
    Action::Undo,
    Action::Apply,
    Action::Defer,
    Action::ViewStyle,
    Action::Wrap,
    Action::Next,
    Action::Back,
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
    scrolled: usize,
    /// The item whole, for its fields that are in step.
    item: Option<Box<Pair>>,
    /// Conflicts whose choices were sent, and are not carried out yet.
    sent: Vec<Conflict>,
    /// What became of the last try.
    note: Option<Ink>,
    /// Everything is resolved.
    over: bool,
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
            item: None,
            sent: Vec::new(),
            note: None,
            over: false,
        }
    }

    fn current(&self) -> Option<&PairId> {
        self.pairs.get(self.pair)
    }

    /// The current item's open conflicts. Those put aside are shown here, too.
    fn open<'a>(&self, data: &'a Data) -> Vec<&'a ConflictLine> {
        let Some(pair) = self.current() else {
            return Vec::new();
        };
        data.links()
            .iter()
            .flat_map(|link| &link.conflicts)
            .filter(|line| line.pair == *pair && line.conflict.choice.is_none())
            .collect()
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
            .map(|(key, base)| Field::Synced(key.to_string(), base.github.clone()))
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
        let all = data.links().iter().flat_map(|link| &link.conflicts);
        all.filter(|line| self.pairs.contains(&line.pair) && line.conflict.choice.is_none())
            .filter(|line| outcome(line, drafts).is_none())
            .map(|line| name(&line.conflict).to_owned())
            .collect()
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
        let text = match self.pairs.len() {
            1 => "Enter applies; nothing is written before, and choices are kept if you leave"
                .to_owned(),
            many => format!("Enter applies the choices of all {many} items"),
        };
        ink(text, Meaning::Info)
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
            Action::Back => return Handled::Close,
            Action::Down | Action::Up | Action::Top | Action::Bottom => self.step(action, data),
            Action::Next | Action::Prev => self.turn(action == Action::Next, data, out),
            Action::NextHunk | Action::PrevHunk => self.step_hunk(action == Action::NextHunk, data),
            Action::HalfDown | Action::PageDown => self.scrolled += 5,
            Action::HalfUp | Action::PageUp => self.scrolled = self.scrolled.saturating_sub(5),
            Action::ViewStyle => {
                self.style = match self.style {
                    Style::Marked => Style::Words,
                    Style::Words => Style::Raw,
                    Style::Raw => Style::Marked,
                }
            }
            Action::Wrap => self.wraps = !self.wraps,
            Action::Undo if !drafts.undo() => {
                self.note = Some(ink("nothing to undo", Meaning::Dim));
            }
            Action::Redo if !drafts.redo() => {
                self.note = Some(ink("nothing to redo", Meaning::Dim));
            }
            Action::Undo | Action::Redo => {}
            Action::AllGithub | Action::AllNotion => {
                for line in self.open(data) {
                    let draft = if action == Action::AllGithub {
                        Draft::Github
                    } else {
                        Draft::Notion
                    };
                    drafts.set(&line.conflict, Some(draft));
                }
            }
            Action::TakeGithub => self.take(HunkPick::Github, Draft::Github, data, drafts),
            Action::TakeNotion => self.take(HunkPick::Notion, Draft::Notion, data, drafts),
            Action::TakeBase => self.take_base(data, drafts),
            Action::Union => self.union(data, drafts),
            Action::Edit => self.edit(data, drafts, out),
            Action::Defer => return self.defer(data, out),
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
        if self.pairs.len() == 1 {
            let all: Vec<PairId> = data
                .conflicted()
                .into_iter()
                .map(|(pair, _)| pair)
                .collect();
            let at = self
                .current()
                .and_then(|pair| all.iter().position(|one| one == pair));
            let next = next_of(at.unwrap_or(0), all.len(), forward);
            if let Some(pair) = all.get(next) {
                self.pairs = vec![pair.clone()];
            }
        } else {
            self.pair = next_of(self.pair, self.pairs.len(), forward);
        }
        (self.field, self.hunk, self.scrolled, self.item) = (0, 0, 0, None);
        self.sent.clear();
        self.ask_item(out);
    }

    fn step_hunk(&mut self, forward: bool, data: &Data) {
        let count = self
            .marked(data)
            .map_or(0, |line| drafts::hunks(&line.conflict));
        if count > 0 {
            self.hunk = next_of(self.hunk, count, forward);
        }
    }

    /// A side for the marked field; in a text, for the marked clashing place, then on to the next one.
    fn take(&mut self, pick: HunkPick, whole: Draft, data: &Data, drafts: &mut Drafts) {
        let Some(line) = self.marked(data) else {
            return;
        };
        let count = drafts::hunks(&line.conflict);
        if count == 0 {
            drafts.set(&line.conflict, Some(whole));
            return;
        }
        let mut picks = match drafts.get(&line.conflict) {
            Some(Draft::Hunks(picks)) if picks.len() == count => picks.clone(),
            // A side for the whole text is that side at each place.
            Some(Draft::Github) => vec![Some(HunkPick::Github); count],
            Some(Draft::Notion) => vec![Some(HunkPick::Notion); count],
            _ => vec![None; count],
        };
        let at = self.hunk.min(count - 1);
        picks[at] = Some(pick);
        let next = (1..count)
            .map(|by| (at + by) % count)
            .find(|at| picks[*at].is_none());
        self.hunk = next.unwrap_or(at);
        drafts.set(&line.conflict, Some(Draft::Hunks(picks)));
    }

    fn take_base(&mut self, data: &Data, drafts: &mut Drafts) {
        let Some(line) = self.marked(data) else {
            return;
        };
        if line.conflict.field.is_none() {
            self.note = Some(ink(
                "there is no base to go back to: take a side",
                Meaning::Warn,
            ));
        } else {
            self.take(HunkPick::Base, Draft::Base, data, drafts);
        }
    }

    fn union(&mut self, data: &Data, drafts: &mut Drafts) {
        let Some(line) = self.marked(data) else {
            return;
        };
        let conflict = &line.conflict;
        if drafts::hunks(conflict) > 0 {
            self.take(HunkPick::Both, Draft::Github, data, drafts);
        } else if matches!(
            (&conflict.github, &conflict.notion),
            (Value::Set(_), Value::Set(_))
        ) {
            drafts.set(conflict, Some(Draft::Union));
        } else {
            self.note = Some(ink("only names and texts can be joined", Meaning::Warn));
        }
    }

    fn edit(&mut self, data: &Data, drafts: &Drafts, out: &mut Vec<Effect>) {
        let Some(line) = self.marked(data) else {
            return;
        };
        let conflict = &line.conflict;
        if !is_text(conflict) {
            self.note = Some(ink(
                "only texts can be written by hand: take a side",
                Meaning::Warn,
            ));
            return;
        }
        let text = drafts
            .get(conflict)
            .and_then(|draft| drafts::outcome(conflict, draft))
            .map_or_else(
                || with_markers(conflict),
                |value| value.as_text().to_owned(),
            );
        out.push(Effect::Edit(conflict.id.clone(), text));
    }

    /// The editor came back. A text with markers left in it is no choice.
    pub fn edited(&mut self, id: &str, text: Option<String>, data: &Data, drafts: &mut Drafts) {
        let line = self
            .open(data)
            .into_iter()
            .find(|line| line.conflict.id == id);
        let (Some(line), Some(text)) = (line, text) else {
            self.note = Some(ink("left as it was", Meaning::Dim));
            return;
        };
        let is_title = line.conflict.field.as_ref() == Some(&FieldKey::TITLE);
        let text = if is_title {
            text.trim().to_owned()
        } else {
            text
        };
        if has_markers(&text) {
            self.note = Some(ink(
                "there are markers left in the text: no choice yet",
                Meaning::Warn,
            ));
        } else if is_title && (text.is_empty() || text.contains('\n')) {
            self.note = Some(ink("a title is one line of text", Meaning::Warn));
        } else {
            drafts.set(&line.conflict, Some(Draft::Own(text)));
        }
    }

    fn defer(&mut self, data: &Data, out: &mut Vec<Effect>) -> Handled {
        let until = data.now.plus(DAY_MS);
        for line in self.open(data) {
            out.push(Effect::Defer(line.conflict.id.clone(), until));
        }
        Handled::Close
    }

    /// Sends the choices. The engine reads both sides again and writes nothing where one moved on.
    fn apply(&mut self, data: &Data, drafts: &Drafts, out: &mut Vec<Effect>) {
        if data.facts.read_only {
            self.note = Some(ink("off: started with --read-only", Meaning::Warn));
            return;
        }
        let missing = self.missing(data, drafts);
        if !missing.is_empty() {
            let text = format!(
                "no choice yet for {}; nothing was written",
                missing.join(", ")
            );
            self.note = Some(ink(text, Meaning::Warn));
            return;
        }
        let all = data.links().iter().flat_map(|link| &link.conflicts);
        for line in
            all.filter(|line| self.pairs.contains(&line.pair) && line.conflict.choice.is_none())
        {
            let pick = drafts
                .get(&line.conflict)
                .and_then(|draft| drafts::pick(&line.conflict, draft));
            if let Some(pick) = pick {
                out.push(Effect::Ask(Request::Choose(line.conflict.id.clone(), pick)));
                self.sent.push(line.conflict.clone());
            }
        }
        out.push(Effect::Ask(Request::Sync(
            None,
            Ask {
                forced: true,
                only: Some(self.pairs.iter().cloned().collect()),
                ..Ask::default()
            },
        )));
    }

    fn ask_item(&self, out: &mut Vec<Effect>) {
        out.extend(
            self.current()
                .map(|pair| Effect::Ask(Request::Item(pair.clone()))),
        );
    }

    /// The engine's state is known anew.
    pub fn refresh(&mut self, data: &Data, drafts: &mut Drafts, out: &mut Vec<Effect>) {
        if self.item.as_ref().map(|item| &item.id) != self.current() {
            self.ask_item(out);
        }
        let last = self.fields(data).len().saturating_sub(1);
        self.field = self.field.min(last);
        self.void_choices(data, drafts);
        if self.sent.is_empty() {
            return;
        }
        let lines: Vec<&ConflictLine> = data
            .links()
            .iter()
            .flat_map(|link| &link.conflicts)
            .collect();
        let open = |sent: &Conflict| lines.iter().find(|line| line.conflict.id == sent.id);
        let moved = self.sent.iter().any(|sent| {
            open(sent).is_some_and(|line| {
                let now = &line.conflict;
                now.choice.is_none() && (now.github != sent.github || now.notion != sent.notion)
            })
        });
        // One that is still open without a choice: the engine spoke before it had taken the choice.
        self.sent.retain(|sent| open(sent).is_some());
        if moved {
            self.sent.clear();
            let text = "a side moved on meanwhile: nothing was written; these are the new values";
            self.note = Some(ink(text, Meaning::Warn));
        } else if self.sent.is_empty() && self.pairs.iter().all(|pair| is_resolved(pair, data)) {
            self.over = true;
        }
    }

    /// A choice holds for the values it was made against: where a side moved on, it is void, and that is said.
    fn void_choices(&mut self, data: &Data, drafts: &mut Drafts) {
        let all = data.links().iter().flat_map(|link| &link.conflicts);
        let void: Vec<&str> = all
            .filter(|line| self.pairs.contains(&line.pair) && drafts.drop_stale(&line.conflict))
            .map(|line| name(&line.conflict))
            .collect();
        if !void.is_empty() {
            let names = void.join(", ");
            let text = format!("a side moved on: choose again for {names}; nothing was written");
            self.note = Some(ink(text, Meaning::Warn));
        }
    }

    /// Whether everything that was to be decided here is decided and written.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// The engine answered something.
    pub fn answer(&mut self, answer: &Answer, _data: &Data, _drafts: &mut Drafts) {
        match answer {
            Answer::Item(pair, Ok(item)) if Some(pair) == self.current() => {
                self.item.clone_from(item);
            }
            Answer::Done(Request::Choose(id, _), Err(why)) => {
                self.sent.retain(|sent| sent.id != *id);
                self.note = Some(ink(why.clone(), Meaning::Error));
            }
            _ => {}
        }
    }

    /// A click on a row of the fields.
    pub fn click(&mut self, y: u16, area: Rect, data: &Data) -> Handled {
        let row = usize::from(y.saturating_sub(area.y));
        // A line of title and the border come first.
        if row >= 2 && row - 2 < self.fields(data).len() {
            (self.field, self.hunk) = (row - 2, 0);
        }
        Handled::Yes
    }

    /// The wheel.
    pub fn scroll(&mut self, by: isize, _data: &Data) {
        self.scrolled = self.scrolled.saturating_add_signed(by);
    }
}

fn is_resolved(pair: &PairId, data: &Data) -> bool {
    let mut lines = data.links().iter().flat_map(|link| &link.conflicts);
    lines.all(|line| line.pair != *pair)
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
    conflict.field.as_ref().map_or("the item", FieldKey::as_str)
}

fn is_text(conflict: &Conflict) -> bool {
    let key = conflict.field.as_ref();
    key == Some(&FieldKey::TITLE) || key == Some(&FieldKey::BODY)
}

/// Both sides and the base, for the editor.
fn with_markers(conflict: &Conflict) -> String {
    let Some(parts) = drafts::parts(conflict) else {
        return format!(
            "<<<<<<< GitHub\n{}\n||||||| base\n{}\n=======\n{}\n>>>>>>> Notion\n",
            conflict.github.as_text(),
            conflict.base.as_text(),
            conflict.notion.as_text()
        );
    };
    let line = |text: &str| {
        if text.is_empty() || text.ends_with('\n') {
            text.to_owned()
        } else {
            format!("{text}\n")
        }
    };
    parts
        .iter()
        .map(|part| match part {
            Part::Settled(text) => line(text),
            Part::Conflict(hunk) => format!(
                "<<<<<<< GitHub\n{}||||||| base\n{}=======\n{}>>>>>>> Notion\n",
                line(&hunk.ours),
                line(&hunk.base),
                line(&hunk.theirs)
            ),
        })
        .collect()
}

fn has_markers(text: &str) -> bool {
    let markers = ["<<<<<<< GitHub", "||||||| base", ">>>>>>> Notion"];
    text.lines().any(|line| markers.contains(&line.trim_end()))
}
