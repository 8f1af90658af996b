//! A line that is typed into, over a list that it narrows: what help and palette share.

use crossterm::event::KeyCode;

use super::Handled;
use crate::ui::action::Action;
use crate::ui::keymap::Key;

/// What is said where nothing was found.
pub const NOTHING: &str = "Nothing found. Backspace looks for less.";

/// What is looked for, and which row of what was found is marked.
#[derive(Clone, Debug, Default)]
pub struct Finder {
    /// What is looked for.
    pub text: String,
    at: usize,
}

impl Finder {
    /// Nothing is looked for yet.
    pub const fn new() -> Self {
        Self {
            text: String::new(),
            at: 0,
        }
    }

    /// The marked row of so many.
    pub fn marked(&self, rows: usize) -> usize {
        self.at.min(rows.saturating_sub(1))
    }

    /// A key: letters are looked for, Enter runs the marked row.
    pub fn press(&mut self, key: Key, rows: &[Action]) -> Handled {
        self.at = self.marked(rows.len());
        match key.code() {
            KeyCode::Esc => return Handled::Close,
            KeyCode::Enter => {
                return rows
                    .get(self.at)
                    .map_or(Handled::Close, |action| Handled::Run(*action));
            }
            KeyCode::Down | KeyCode::Tab => self.scroll(1, rows.len()),
            KeyCode::Up => self.scroll(-1, rows.len()),
            KeyCode::Backspace => {
                self.text.pop();
                self.at = 0;
            }
            _ => match key.typed() {
                Some(c) => {
                    self.text.push(c);
                    self.at = 0;
                }
                None => return Handled::No,
            },
        }
        Handled::Yes
    }

    /// Moves the mark in so many rows.
    pub fn scroll(&mut self, by: isize, rows: usize) {
        self.at = self
            .at
            .saturating_add_signed(by)
            .min(rows.saturating_sub(1));
    }
}
