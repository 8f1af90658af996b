//! The screens over the dashboard. Each file holds its own state, its update and its view.

pub mod doctor;
pub mod finder;
pub mod halt;
pub mod help;
pub mod item;
pub mod palette;
pub mod plan;
pub mod record;
pub mod resolver;
mod waits;

use ratatui::layout::{Position, Rect};

use super::action::{Action, Place};
use super::app::{Answer, App, Effect};
use super::canvas::{Canvas, Ink};
use super::data::Data;
use super::drafts::Drafts;
use super::keymap::{Key, Keymap};
use crate::core::{PairId, Record, Time};
use crate::engine::face::ConflictLine;

/// What actions on an item are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The pair, if it is known.
    pub pair: Option<PairId>,
    /// The item's name: `owner/repo#12`.
    pub item: String,
    /// Its title.
    pub title: String,
    /// Its addresses on GitHub and in Notion.
    pub urls: [Option<String>; 2],
    /// The last thing that went wrong with it.
    pub error: Option<String>,
    /// Everything about it, as JSON.
    pub json: String,
}

impl Subject {
    /// The item of open conflicts.
    pub fn of_conflicts(pair: &PairId, lines: &[&ConflictLine]) -> Option<Self> {
        let first = lines.first()?;
        let conflicts: Vec<_> = lines.iter().map(|line| &line.conflict).collect();
        Some(Self {
            pair: Some(pair.clone()),
            item: first.item.clone(),
            title: first.title.clone(),
            urls: first.urls.clone(),
            error: Some(first.conflict.note.clone()),
            json: serde_json::to_string(&conflicts).unwrap_or_default(),
        })
    }
}

/// What a screen did with an action or a key.
#[derive(Clone, Debug)]
pub enum Handled {
    /// It is done.
    Yes,
    /// It is for somebody else.
    No,
    /// The screen is over.
    Close,
    /// Another screen is shown over this one.
    Show(Box<Screen>),
    /// This action is carried out instead.
    Run(Action),
}

/// A screen over the dashboard.
#[derive(Clone, Debug)]
pub enum Screen {
    /// The conflict resolver.
    Resolver(resolver::Resolver),
    /// The plan.
    Plan(plan::PlanScreen),
    /// One record.
    Record(record::RecordScreen),
    /// One item.
    Item(item::ItemScreen),
    /// What the guard holds.
    Halt(halt::HaltScreen),
    /// What `doctor` found.
    Doctor(doctor::DoctorScreen),
    /// The keys.
    Help(help::Help),
    /// Every action by its words.
    Palette(palette::Palette),
}

/// Calls the same method of whatever screen it is.
macro_rules! each {
    ($self:expr, $screen:ident => $call:expr) => {
        match $self {
            Screen::Resolver($screen) => $call,
            Screen::Plan($screen) => $call,
            Screen::Record($screen) => $call,
            Screen::Item($screen) => $call,
            Screen::Halt($screen) => $call,
            Screen::Doctor($screen) => $call,
            Screen::Help($screen) => $call,
            Screen::Palette($screen) => $call,
        }
    };
}

impl Screen {
    /// The resolver for one item.
    pub fn resolver(pair: PairId) -> Self {
        Self::Resolver(resolver::Resolver::new(vec![pair]))
    }

    /// The resolver for several items, whose choices are made already and wait for a look.
    pub fn resolve_many(pairs: Vec<PairId>) -> Option<Self> {
        (!pairs.is_empty()).then(|| Self::Resolver(resolver::Resolver::new(pairs)))
    }

    /// The plan, asked for at this time.
    pub fn plan(asked: Time) -> Self {
        Self::Plan(plan::PlanScreen::new(asked))
    }

    /// One record; `undo` asks for its reverse at once.
    pub fn record(record: Record, undo: bool) -> Self {
        Self::Record(record::RecordScreen::new(record, undo))
    }

    /// One item.
    pub fn item(pair: PairId) -> Self {
        Self::Item(item::ItemScreen::new(pair))
    }

    /// What the guard holds.
    pub fn halt() -> Self {
        Self::Halt(halt::HaltScreen::default())
    }

    /// What `doctor` finds, asked for at this time.
    pub const fn doctor(asked: Time) -> Self {
        Self::Doctor(doctor::DoctorScreen::new(asked))
    }

    /// The keys that work at these places.
    pub fn help(places: Vec<Place>, off: Vec<(Action, Option<&'static str>)>) -> Self {
        Self::Help(help::Help::new(places, off))
    }

    /// Every action, with why some are off.
    pub fn palette(places: Vec<Place>, off: Vec<(Action, Option<&'static str>)>) -> Self {
        Self::Palette(palette::Palette::new(places, off))
    }

    /// What is said once there is nothing left to do on it.
    pub const fn last_word(&self) -> Option<&Ink> {
        match self {
            Self::Resolver(screen) => screen.last_word(),
            _ => None,
        }
    }

    /// Whether it hides the dashboard.
    pub const fn covers_all(&self) -> bool {
        !super::chrome::is_window(self)
    }

    /// Where its keys have a meaning.
    pub const fn place(&self) -> Place {
        match self {
            Self::Resolver(_) => Place::Resolver,
            Self::Plan(_) => Place::Plan,
            Self::Record(_) => Place::Record,
            Self::Item(_) => Place::Item,
            Self::Halt(_) => Place::Halt,
            Self::Doctor(_) | Self::Help(_) | Self::Palette(_) => Place::Everywhere,
        }
    }

    /// Whether keys type text into it.
    pub const fn takes_text(&self) -> bool {
        match self {
            Self::Help(_) | Self::Palette(_) => true,
            Self::Halt(screen) => screen.takes_text(),
            _ => false,
        }
    }

    /// A key for a screen that takes text. `No` means that it is a key like any other.
    pub fn type_key(&mut self, key: Key, keymap: &Keymap) -> Handled {
        match self {
            Self::Help(screen) => screen.type_key(key, keymap),
            Self::Palette(screen) => screen.type_key(key),
            Self::Halt(screen) => screen.type_key(key, keymap),
            _ => Handled::No,
        }
    }

    /// Text that was pasted.
    pub fn paste(&mut self, text: &str) {
        match self {
            Self::Help(screen) => screen.find.text.push_str(text),
            Self::Palette(screen) => screen.find.text.push_str(text),
            _ => {}
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
        match self {
            Self::Resolver(screen) => screen.act(action, data, drafts, out),
            Self::Plan(screen) => screen.act(action, data, out),
            Self::Record(screen) => screen.act(action, data, out),
            Self::Item(screen) => screen.act(action, data, out),
            Self::Halt(screen) => screen.act(action, data, out),
            Self::Doctor(screen) => screen.act(action, data, out),
            Self::Help(_) | Self::Palette(_) => Handled::No,
        }
    }

    /// Something is known anew.
    pub fn refresh(&mut self, data: &Data, drafts: &mut Drafts, out: &mut Vec<Effect>) {
        match self {
            Self::Resolver(screen) => screen.refresh(data, drafts, out),
            Self::Plan(screen) => screen.refresh(data),
            Self::Record(screen) => screen.refresh(data, out),
            Self::Item(screen) => screen.refresh(data, out),
            Self::Halt(screen) => screen.refresh(data, out),
            Self::Doctor(_) | Self::Help(_) | Self::Palette(_) => {}
        }
    }

    /// The engine answered something.
    pub fn answer(
        &mut self,
        answer: &Answer,
        data: &Data,
        drafts: &mut Drafts,
        out: &mut Vec<Effect>,
    ) {
        let _ = out;
        match self {
            Self::Resolver(screen) => screen.answer(answer, data, drafts),
            Self::Record(screen) => screen.answer(answer),
            Self::Item(screen) => screen.answer(answer),
            Self::Plan(screen) => screen.answer(answer),
            Self::Halt(screen) => screen.answer(answer),
            Self::Doctor(screen) => screen.answer(answer, data.now),
            Self::Help(_) | Self::Palette(_) => {}
        }
    }

    /// A click inside it, at this place of the terminal.
    pub fn click(
        &mut self,
        at: Position,
        area: Rect,
        data: &Data,
        out: &mut Vec<Effect>,
    ) -> Handled {
        match self {
            Self::Resolver(screen) => screen.click(at, data, out),
            Self::Plan(screen) => screen.click(at.y, area, data),
            _ => Handled::No,
        }
    }

    /// The wheel.
    pub fn scroll(&mut self, by: isize, data: &Data, keymap: &Keymap) {
        match self {
            Self::Help(screen) => screen.scroll(by, keymap),
            Self::Palette(screen) => screen.scroll(by),
            Self::Resolver(screen) => screen.scroll(by),
            Self::Plan(screen) => screen.scroll(by, data),
            Self::Record(screen) => screen.scroll(by),
            Self::Item(screen) => screen.scroll(by),
            Self::Halt(screen) => screen.scroll(by),
            Self::Doctor(screen) => screen.scroll(by),
        }
    }

    /// The item that actions are about.
    pub fn subject(&self, data: &Data) -> Option<Subject> {
        match self {
            Self::Resolver(screen) => screen.subject(data),
            Self::Plan(screen) => screen.subject(data),
            Self::Record(screen) => screen.subject(),
            Self::Item(screen) => screen.subject(),
            Self::Halt(screen) => screen.subject(data),
            Self::Doctor(_) | Self::Help(_) | Self::Palette(_) => None,
        }
    }

    /// What the message line says while there is no message.
    pub fn hint(&self, app: &App) -> Option<Ink> {
        match self {
            Self::Resolver(screen) => Some(screen.hint(&app.data, &app.drafts)),
            Self::Plan(screen) => Some(screen.hint(&app.data)),
            Self::Record(screen) => Some(screen.hint()),
            Self::Halt(_) | Self::Item(_) | Self::Doctor(_) | Self::Help(_) | Self::Palette(_) => {
                None
            }
        }
    }

    /// Whether an action would do nothing here now; the screen says why when it is tried, or before.
    pub fn rests(&self, action: Action, app: &App) -> bool {
        match self {
            Self::Resolver(screen) => screen.rests(action, &app.data, &app.drafts),
            Self::Plan(screen) => screen.rests(action, &app.data),
            Self::Record(screen) => screen.rests(action),
            Self::Doctor(screen) => screen.rests(action),
            Self::Item(_) | Self::Halt(_) | Self::Help(_) | Self::Palette(_) => false,
        }
    }

    /// What the footer offers, the most useful first.
    pub const fn offers(&self) -> &'static [Action] {
        match self {
            Self::Resolver(_) => resolver::OFFERS,
            Self::Plan(_) => plan::OFFERS,
            Self::Record(_) => record::OFFERS,
            Self::Item(_) => item::OFFERS,
            Self::Halt(screen) => screen.offers(),
            Self::Doctor(_) => doctor::OFFERS,
            Self::Help(_) | Self::Palette(_) => {
                &[Action::Down, Action::Up, Action::Open, Action::Back]
            }
        }
    }

    /// Draws it.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        each!(self, screen => screen.view(app, canvas));
    }
}
