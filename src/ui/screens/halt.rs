//! What the guard holds, and the question. The marked answer is the safe one; the big one wants the number typed.

use crossterm::event::KeyCode;

use super::Handled;
use crate::core::guard::{Halt, Reason};
use crate::engine::queue::Standing;
use crate::ui::action::Action;
use crate::ui::app::{App, Effect, Request};
use crate::ui::canvas::Canvas;
use crate::ui::data::{Data, short};
use crate::ui::keymap::Key;
use crate::ui::text::{age, wrap};
use crate::ui::theme::Meaning;

/// What the footer offers here.
pub const OFFERS: &[Action] = &[
    Action::Down,
    Action::Up,
    Action::Apply,
    Action::MakePlan,
    Action::Next,
    Action::Back,
];

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
}

impl HaltScreen {
    fn halt<'a>(&self, data: &'a Data) -> Option<&'a Halt> {
        data.links()
            .iter()
            .flat_map(|link| &link.halts)
            .nth(self.at)
    }

    /// The engine's state is known anew.
    pub fn refresh(&mut self, data: &Data) {
        let count = data
            .links()
            .iter()
            .map(|link| link.halts.len())
            .sum::<usize>();
        if self.at >= count {
            *self = Self::default();
        }
    }

    /// Whether keys type the number.
    pub fn takes_text(&self) -> bool {
        self.answer == Answer::Apply
    }

    /// A key while the number is typed.
    pub fn type_key(&mut self, key: Key, data: &Data, out: &mut Vec<Effect>) -> Handled {
        let _ = (data, out);
        match (key.code(), key.typed()) {
            (KeyCode::Backspace, _) => {
                self.typed.pop();
            }
            (_, Some(digit)) if digit.is_ascii_digit() => self.typed.push(digit),
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
            Action::Down | Action::NextPane => {
                self.answer = match self.answer {
                    Answer::Stay => Answer::Refuse,
                    Answer::Refuse | Answer::Apply => Answer::Apply,
                }
            }
            Action::Up | Action::PrevPane => {
                self.answer = match self.answer {
                    Answer::Apply => Answer::Refuse,
                    Answer::Stay | Answer::Refuse => Answer::Stay,
                }
            }
            Action::Next => self.turn(self.at + 1, data),
            Action::Prev => self.turn(self.at.saturating_sub(1), data),
            Action::Apply | Action::Open => match self.answer {
                Answer::Stay => return Handled::Close,
                _ if data.facts.read_only => self.note = Some("off: started with --read-only"),
                Answer::Refuse => {
                    out.push(Effect::Ask(Request::AnswerHalt(halt.id.clone(), false)));
                    return Handled::Close;
                }
                Answer::Apply if self.typed == halt.pairs.len().to_string() => {
                    out.push(Effect::Ask(Request::AnswerHalt(halt.id.clone(), true)));
                    return Handled::Close;
                }
                Answer::Apply => self.note = Some("type the number of items to let this through"),
            },
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Goes to another halt, if it is there. Its question is asked anew: a number typed was meant for this one.
    fn turn(&mut self, at: usize, data: &Data) {
        let count: usize = data.links().iter().map(|link| link.halts.len()).sum();
        if at < count && at != self.at {
            *self = Self {
                at,
                ..Self::default()
            };
        }
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
            "Held: {count} items, since {}",
            age(data.now.since(halt.since))
        );
        let mut inner = canvas.frame(&title, halt.side.name(), true);
        let room = inner.columns().saturating_sub(2);
        let mut y = 0;
        for line in wrap(&halt.note, room) {
            inner.put(1, y, &line, Meaning::Text);
            y += 1;
        }
        y += 1;
        inner.put(
            1,
            y,
            "Nothing of it was written. It stays held until you decide.",
            Meaning::Info,
        );
        y += 2;
        let y = self.draw_answers(&mut inner, halt, y);
        draw_items(app, &mut inner, halt, y);
    }

    /// Draws the three answers from a row on; returns the row after them.
    fn draw_answers(&self, canvas: &mut Canvas<'_>, halt: &Halt, top: usize) -> usize {
        let count = halt.pairs.len();
        let mut y = top;
        let refuse = match halt.reason {
            Reason::Trashes => "The deletions were wrong: keep the pages, unlinked".to_owned(),
            _ => format!(
                "The changes were wrong: put {}'s values back to the last agreement",
                halt.side.name()
            ),
        };
        let answers = [
            (Answer::Stay, "Keep it held".to_owned()),
            (Answer::Refuse, refuse),
            (
                Answer::Apply,
                format!("Right: apply exactly these; type {count}: {}_", self.typed),
            ),
        ];
        for (answer, text) in answers {
            let marked = answer == self.answer;
            let text = if marked {
                format!("[ {text} ]")
            } else {
                format!("  {text}")
            };
            if marked {
                canvas.put(1, y, canvas.glyphs().mark, Meaning::Focus);
            }
            canvas.put(
                3,
                y,
                &text,
                if marked {
                    Meaning::Focus
                } else {
                    Meaning::Text
                },
            );
            y += 1;
        }
        if let Some(note) = self.note {
            canvas.put(3, y, note, Meaning::Warn);
        }
        y + 2
    }
}

/// The items that are held, as many as there is room for.
fn draw_items(app: &App, canvas: &mut Canvas<'_>, halt: &Halt, top: usize) {
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
