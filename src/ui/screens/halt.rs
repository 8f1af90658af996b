//! What the guard holds, item by item, and the question. The marked answer is the safe one; those that change something
//! want the number typed.

use std::cell::{Cell, RefCell};

use crossterm::event::KeyCode;

use super::{Handled, Subject};
use crate::core::Time;
use crate::core::guard::{Halt, Reason};
use crate::engine::held::HeldItem;
use crate::engine::queue::Standing;
use crate::ui::action::{Action, Place};
use crate::ui::app::{Answer as Told, App, Effect, Request};
use crate::ui::canvas::{Canvas, Ink};
use crate::ui::data::{Data, short};
use crate::ui::keymap::{Key, Keymap, Resolved};
use crate::ui::text::{ago, counted, wrap};
use crate::ui::theme::Meaning;

mod listed;

/// What the footer offers here.
const OFFERS: &[Action] = &[
    Action::Down,
    Action::Up,
    Action::Apply,
    Action::ShowItem,
    Action::MakePlan,
    Action::OpenGithub,
    Action::OpenNotion,
    Action::Next,
    Action::Back,
];

/// What it offers while the number is typed.
const TYPING: &[Action] = &[
    Action::Apply,
    Action::Down,
    Action::Up,
    Action::Next,
    Action::Back,
];

/// Lines of a page of the list.
const PAGE: isize = 10;

/// The answers, the safe one first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Answer {
    /// Nothing is written; it stays held.
    #[default]
    Stay,
    /// The changes were wrong: put back what was changed, keep what would be removed.
    Refuse,
    /// The changes are right: apply exactly these.
    Apply,
}

/// The question's state.
#[derive(Clone, Debug, Default)]
pub struct HaltScreen {
    at: usize,
    answer: Answer,
    typed: String,
    note: Option<&'static str>,
    /// The halt whose items are known, and its items.
    items: Option<(String, Vec<HeldItem>)>,
    asked_at: Option<Time>,
    /// The marked line of the list; none while an answer is marked.
    line: Option<usize>,
    /// The first line in view, and for each line whose it is, both as last drawn.
    top: Cell<usize>,
    owners: RefCell<Vec<usize>>,
}

impl HaltScreen {
    fn halt<'a>(&self, data: &'a Data) -> Option<&'a Halt> {
        data.links()
            .iter()
            .flat_map(|link| &link.halts)
            .nth(self.at)
    }

    /// The engine's state is known anew.
    pub fn refresh(&mut self, data: &Data, out: &mut Vec<Effect>) {
        let count = data
            .links()
            .iter()
            .map(|link| link.halts.len())
            .sum::<usize>();
        if self.at >= count {
            *self = Self::default();
        }
        if let Some(halt) = self.halt(data)
            && self.asked_at != Some(data.snapshot.at)
        {
            self.asked_at = Some(data.snapshot.at);
            out.push(Effect::Ask(Request::Held(halt.id.clone())));
        }
    }

    /// The engine answered something.
    pub fn answer(&mut self, answer: &Told) {
        if let Told::Held(halt, Ok(items)) = answer {
            self.items = Some((halt.clone(), items.clone()));
        }
    }

    /// The items of a halt, as far as they are known.
    fn items(&self, halt: &Halt) -> Option<&[HeldItem]> {
        let known = self.items.as_ref().filter(|(id, _)| *id == halt.id);
        known.map(|(_, items)| items.as_slice())
    }

    /// Whether keys type the number.
    pub const fn takes_text(&self) -> bool {
        !matches!(self.answer, Answer::Stay) && self.line.is_none()
    }

    /// What the footer offers now.
    pub const fn offers(&self) -> &'static [Action] {
        if self.takes_text() { TYPING } else { OFFERS }
    }

    /// A key while the number is typed: only keys that answer, leave or move do something else.
    pub fn type_key(&mut self, key: Key, keymap: &Keymap) -> Handled {
        self.note = None;
        match (key.code(), key.typed()) {
            (KeyCode::Backspace, _) => {
                self.typed.pop();
            }
            (_, Some(digit)) if digit.is_ascii_digit() => self.typed.push(digit),
            (_, Some(_)) => {
                let means = keymap.resolve(&[Place::Halt, Place::Everywhere], &[key]);
                if matches!(means, Resolved::Action(action) if acts_while_typing(action)) {
                    return Handled::No;
                }
                self.note = Some("only the number is typed here; Esc leaves");
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Carries out an action.
    pub fn act(&mut self, action: Action, data: &Data, out: &mut Vec<Effect>) -> Handled {
        let Some(halt) = self.halt(data) else {
            return match action {
                Action::Back | Action::Apply | Action::Open => Handled::Close,
                _ => Handled::No,
            };
        };
        self.note = None;
        match action {
            Action::Back => return Handled::Close,
            Action::Down => self.down(),
            Action::Up => self.up(),
            Action::NextPane => self.line = self.line.is_none().then_some(self.top.get()),
            Action::HalfDown | Action::PageDown => self.scroll(PAGE),
            Action::HalfUp | Action::PageUp => self.scroll(-PAGE),
            Action::PrevPane | Action::Top => self.line = None,
            Action::Bottom => self.scroll(isize::MAX),
            Action::Next => self.turn(self.at + 1, data, out),
            Action::Prev => self.turn(self.at.saturating_sub(1), data, out),
            Action::Apply | Action::Open if self.line.is_some() => {
                let pair = self.marked(data).map(|item| item.pair.clone());
                return pair.map_or(Handled::Yes, |pair| {
                    Handled::Show(Box::new(super::Screen::item(pair)))
                });
            }
            Action::Apply | Action::Open => {
                let (id, count) = (halt.id.clone(), halt.pairs.len());
                return self.give(&id, count, data, out);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Gives the marked answer; one that changes something only with the number.
    fn give(&mut self, halt: &str, count: usize, data: &Data, out: &mut Vec<Effect>) -> Handled {
        let apply = match self.answer {
            Answer::Stay => return Handled::Close,
            Answer::Refuse => false,
            Answer::Apply => true,
        };
        if data.facts.read_only {
            self.note = Some("off: started with --read-only");
        } else if self.typed == count.to_string() {
            out.push(Effect::Ask(Request::AnswerHalt(halt.to_owned(), apply)));
            return Handled::Close;
        } else {
            self.note = Some("type the number of items to answer so");
        }
        Handled::Yes
    }

    /// A number that was typed was meant for the answer that was marked.
    fn mark(&mut self, answer: Answer) {
        if self.answer != answer {
            self.answer = answer;
            self.typed.clear();
        }
    }

    fn down(&mut self) {
        match (self.line, self.answer) {
            (Some(_), _) => self.scroll(1),
            (None, Answer::Stay) => self.mark(Answer::Refuse),
            (None, Answer::Refuse) => self.mark(Answer::Apply),
            (None, Answer::Apply) => self.scroll(0),
        }
    }

    fn up(&mut self) {
        match (self.line, self.answer) {
            (Some(0), _) => self.line = None,
            (Some(_), _) => self.scroll(-1),
            (None, Answer::Apply) => self.mark(Answer::Refuse),
            (None, Answer::Stay | Answer::Refuse) => self.mark(Answer::Stay),
        }
    }

    /// Moves through the list; the first step enters it.
    pub fn scroll(&mut self, by: isize) {
        let last = self.owners.borrow().len().checked_sub(1);
        let from = self.line.unwrap_or_else(|| self.top.get());
        self.line = last.map(|last| from.saturating_add_signed(by).min(last));
    }

    /// Goes to another halt, if it is there. Its question is asked anew: a number typed was meant for this one.
    fn turn(&mut self, at: usize, data: &Data, out: &mut Vec<Effect>) {
        let count: usize = data.links().iter().map(|link| link.halts.len()).sum();
        if at < count && at != self.at {
            *self = Self {
                at,
                ..Self::default()
            };
            self.refresh(data, out);
        }
    }

    /// The item whose line is marked; the first in view while an answer is.
    fn marked(&self, data: &Data) -> Option<&HeldItem> {
        let items = self.items(self.halt(data)?)?;
        let line = self.line.unwrap_or_else(|| self.top.get());
        let owner = self.owners.borrow().get(line).copied();
        items.get(owner.unwrap_or(0))
    }

    /// The marked item.
    pub fn subject(&self, data: &Data) -> Option<Subject> {
        let item = self.marked(data)?;
        let backs = item.backs.iter().map(
            |back| serde_json::json!({ "field": back.field, "now": back.now, "then": back.then }),
        );
        Some(Subject {
            pair: Some(item.pair.clone()),
            item: item.item.clone(),
            title: item.title.clone(),
            urls: item.urls.clone(),
            error: Some(self.halt(data)?.note.clone()),
            json: backs.collect::<serde_json::Value>().to_string(),
        })
    }

    /// Draws the question.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let data = &app.data;
        let Some(halt) = self.halt(data) else {
            canvas.put(1, 1, "Nothing is held any more.", Meaning::Ok);
            return;
        };
        let count = halt.pairs.len();
        let title = format!(
            "Held: {}, {}",
            counted(count, "item"),
            ago(data.now.since(halt.since))
        );
        let mut inner = canvas.frame(&title, halt.side.name(), true);
        let room = inner.columns().saturating_sub(2);
        let mut y = 0;
        for line in wrap(&halt.note, room) {
            inner.put(1, y, &line, Meaning::Text);
            y += 1;
        }
        let text = "Nothing of it was written. It stays held until you decide.";
        inner.put(1, y, text, Meaning::Info);
        let y = self.draw_answers(&mut inner, halt, y + 2);
        match self.items(halt) {
            Some(items) => self.draw_items(app, &mut inner, halt, items, y),
            None => draw_names(app, &mut inner, halt, y),
        }
    }

    /// Draws the three answers from a row on; returns the row after them.
    fn draw_answers(&self, canvas: &mut Canvas<'_>, halt: &Halt, top: usize) -> usize {
        let count = halt.pairs.len();
        let refuse = match halt.reason {
            Reason::Trashes => "Wrong: keep the pages, unlinked".to_owned(),
            Reason::Public => "No: make no issues of these pages".to_owned(),
            _ => format!("Wrong: put {} back as listed below", halt.side.name()),
        };
        let apply = match halt.reason {
            Reason::Public => "Yes: make them, and do not ask again",
            _ => "Right: apply exactly these",
        };
        let asks = |answer: Answer, text: String| {
            let typed = if answer == self.answer {
                self.typed.as_str()
            } else {
                ""
            };
            (answer, format!("{text}; type {count}: {typed}_"))
        };
        let answers = [
            (Answer::Stay, "Keep it held".to_owned()),
            asks(Answer::Refuse, refuse),
            asks(Answer::Apply, apply.to_owned()),
        ];
        let mut y = top;
        for (answer, text) in answers {
            let marked = answer == self.answer;
            let (text, tone) = if marked {
                (format!("[ {text} ]"), Meaning::Focus)
            } else {
                (format!("  {text}"), Meaning::Text)
            };
            if marked && self.line.is_none() {
                canvas.put(1, y, canvas.glyphs().mark, Meaning::Focus);
            }
            canvas.put(3, y, &text, tone);
            y += 1;
        }
        canvas.put(3, y, self.note.unwrap_or_default(), Meaning::Warn);
        y + 1
    }

    /// Draws what each item shows now and what it would show again, as far as there is room, and says what is cut.
    fn draw_items(
        &self,
        app: &App,
        canvas: &mut Canvas<'_>,
        halt: &Halt,
        items: &[HeldItem],
        y: usize,
    ) {
        let room = canvas.columns().saturating_sub(4);
        let mut lines: Vec<(usize, Vec<Ink>)> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let own = self.item_lines(app, halt, item, room);
            lines.extend(own.into_iter().map(|line| (at, line)));
        }
        let height = canvas.rows().saturating_sub(y + 1);
        let line = self
            .line
            .map(|line| line.min(lines.len().saturating_sub(1)));
        let most = lines.len().saturating_sub(height);
        let top = match line {
            Some(line) if line < self.top.get() => line,
            Some(line) => self.top.get().max((line + 1).saturating_sub(height)),
            None => 0,
        };
        let top = top.min(most);
        self.top.set(top);
        let end = canvas.columns().saturating_sub(1);
        let start = if lines.len() > height {
            let last = (top + height).min(lines.len());
            let text = format!("lines {}-{last} of {}, j k scroll", top + 1, lines.len());
            canvas.put_right(end, y, &text, Meaning::Warn)
        } else {
            end
        };
        canvas.put_in(
            1,
            y,
            &self.head(halt),
            start.saturating_sub(2),
            Meaning::Title,
        );
        for (row, (index, (_, parts))) in
            lines.iter().enumerate().skip(top).take(height).enumerate()
        {
            canvas.line(3, y + 1 + row, room, parts);
            if line == Some(index) {
                canvas.put(1, y + 1 + row, canvas.glyphs().mark, Meaning::Focus);
                canvas.select(y + 1 + row);
            }
        }
        self.owners
            .replace(lines.into_iter().map(|(owner, _)| owner).collect());
    }
}

/// Whether an action is carried out while the number is typed.
const fn acts_while_typing(action: Action) -> bool {
    matches!(
        action,
        Action::Back
            | Action::Apply
            | Action::Open
            | Action::Down
            | Action::Up
            | Action::Top
            | Action::Bottom
            | Action::HalfDown
            | Action::HalfUp
            | Action::PageDown
            | Action::PageUp
            | Action::NextPane
            | Action::PrevPane
            | Action::Next
            | Action::Prev
            | Action::Help
    )
}

/// The names of what is held, until more is known.
fn draw_names(app: &App, canvas: &mut Canvas<'_>, halt: &Halt, top: usize) {
    let lines = app.data.queue().filter(|(_, line)| match &line.standing {
        Standing::Held { halt: id, .. } => *id == halt.id,
        _ => false,
    });
    let room = canvas.rows().saturating_sub(top + 1);
    let mut shown = 0;
    for (y, (_, line)) in lines.take(room).enumerate() {
        let x = canvas
            .put(3, top + y, &short(&line.item), Meaning::Text)
            .max(9)
            + 1;
        canvas.put(x, top + y, &line.title, Meaning::Text);
        shown += 1;
    }
    let more = halt.pairs.len().saturating_sub(shown);
    if more > 0 && shown > 0 {
        canvas.put(3, top + shown, &format!("and {more} more"), Meaning::Dim);
    }
}
