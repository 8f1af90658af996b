//! The screen's state and how it changes: inputs in, effects out. Pure; the loop does what it says.

use std::sync::Arc;

use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

use super::action::{Action, DEFAULT_KEYS, Group, Place};
use super::canvas::Canvas;
use super::data::{Data, Facts, Level, LogLine, Sample};
use super::drafts::Drafts;
use super::keymap::{Key, Keymap, Resolved};
use super::layout::{self, Pane, Plan, Wish};
use super::list::List;
use super::looking::Looking;
use super::panes;
use super::screens::doctor::Finding;
use super::screens::resolver::Resolver;
use super::screens::{Handled, Screen, Subject};
use super::theme::{Look, Meaning};
use crate::core::schedule::span;
use crate::core::{Pair, PairId, Record, Time};
use crate::engine::answers::{Pick, PutBack};
use crate::engine::face::HistoryQuery;
use crate::engine::held::HeldItem;
use crate::engine::{Ask, Event, Snapshot};

/// How long a message stays, in milliseconds.
const MESSAGE_MS: i64 = 6_000;
/// What the engine says where a run was asked for during one; nothing went wrong.
const ALREADY_RUNNING: &str = "already running";
/// What the id of a call for a login begins with.
const LOGIN: &str = "login/";
/// How many records a page of the history has.
pub const PAGE: usize = 100;
/// After this long the keys that may follow are shown, in milliseconds.
pub const PATIENCE_MS: i64 = 300;

/// Something that happened to the screen.
#[derive(Clone, Debug)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The mouse was pressed here.
    Click(u16, u16),
    /// The wheel was turned here: so many rows down.
    Scroll(u16, u16, isize),
    /// The terminal has this size now.
    Resize(Rect),
    /// The terminal got (or lost) the focus.
    Focus(bool),
    /// Time passed.
    Tick(Time),
    /// The engine's state.
    Snapshot(Arc<Snapshot>),
    /// Something happened in the engine.
    Event(Event),
    /// So many events were missed; the history is read anew.
    Missed(u64),
    /// The machine.
    Sample(Sample),
    /// A line of the log.
    Log(LogLine),
    /// The engine's answer to a request.
    Answer(Box<Answer>),
    /// The editor came back with this text for a conflict's field; none = it was left as it was.
    Edited(String, Option<String>),
    /// The engine could not start, or ended by itself.
    Trouble(String),
    /// The program was suspended, or the machine slept, for so many milliseconds.
    Awake(i64),
}

/// What the engine is asked, with what to do with the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Run a link now.
    Sync(Option<String>, Ask),
    /// Pause or resume writing.
    Pause(bool),
    /// Keep a choice.
    Choose(String, Pick),
    /// Answer the guard.
    AnswerHalt(String, bool),
    /// The items of a halt, with what putting them back would change.
    Held(String),
    /// A page of the history.
    History(HistoryQuery),
    /// One item whole.
    Item(PairId),
    /// What an undo would do.
    UndoPlan(String),
    /// Undo.
    Undo(String),
    /// Try again.
    Retry(Option<PairId>),
    /// Look more often, because somebody looks at the screen; or no longer.
    Focus(bool),
    /// Hold these items, or release them if all of them are held.
    Hold(Vec<PairId>),
}

/// What the engine answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It did what was asked, or why not.
    Done(Request, Result<String, String>),
    /// A page of the history; of one pair where the query said so.
    History(HistoryQuery, Result<Vec<Record>, String>),
    /// An item.
    Item(PairId, Result<Option<Box<Pair>>, String>),
    /// What the guard holds as one halt.
    Held(String, Result<Vec<HeldItem>, String>),
    /// What an undo would put back.
    UndoPlan(String, Result<Vec<PutBack>, String>),
    /// What `doctor` found.
    Doctor(Result<Vec<Finding>, String>),
}

/// What the loop has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the engine.
    Ask(Request),
    /// Open an address in the browser.
    Browse(String),
    /// Put a text into the clipboard.
    Copy(String),
    /// Open the editor with this text for a conflict's field.
    Edit(String, String),
    /// Put a conflict aside until this time.
    Defer(String, Time),
    /// Write a text into a file of this name.
    Save(String, String),
    /// Ask for attention.
    Attention(String),
    /// Look at everything that a sync needs, as `doctor` does.
    Doctor,
    /// Draw everything anew.
    Redraw,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Suspend.
    Suspend,
    /// Finish the write in flight, then end.
    Quit,
    /// End now.
    QuitNow,
}

/// A message that goes away by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The text.
    pub text: String,
    /// How it is meant.
    pub meaning: Meaning,
    /// Until when it is shown.
    pub until: Time,
}

/// What is remembered from one time to the next.
#[allow(
    clippy::struct_excessive_bools,
    reason = "switches that have nothing to do with each other"
)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// The pane that has the keys.
    pub focus: Pane,
    /// Whether it fills the screen.
    pub zoomed: bool,
    /// Whether the log is shown where there is a choice.
    pub with_log: bool,
    /// Times of day instead of ages.
    pub absolute: bool,
    /// Whether we take the mouse.
    pub mouse: bool,
    /// The filters of the panes' lists.
    pub filters: [String; 5],
    /// Only failed records.
    pub only_failed: bool,
}

impl Default for Prefs {
    fn default() -> Self {
        Self {
            focus: Pane::Queue,
            zoomed: false,
            with_log: false,
            absolute: false,
            mouse: true,
            filters: Default::default(),
            only_failed: false,
        }
    }
}

/// The screen.
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts that have nothing to do with each other"
)]
#[derive(Clone, Debug)]
pub struct App {
    /// What is known.
    pub data: Data,
    /// What is remembered.
    pub prefs: Prefs,
    /// Choices that are not applied yet.
    pub drafts: Drafts,
    /// What keys mean.
    pub keymap: Keymap,
    /// How things look.
    pub look: Look,
    /// How the dashboard is divided.
    pub plan: Plan,
    /// The terminal's size.
    pub size: Rect,
    /// The panes' lists, in the order of [`Pane::ALL`].
    pub lists: [List; 5],
    /// Screens over the dashboard; the last one has the keys.
    pub screens: Vec<Screen>,
    /// Whether the keys type into the filter of the focused list.
    pub typing: bool,
    /// The first of two keys, and when it was pressed.
    pub pending: Option<(Key, Time)>,
    /// The message line.
    pub message: Option<Message>,
    /// The least grave level that the log shows.
    pub level: Level,
    /// Whether somebody looks.
    pub looking: Looking,
    /// Syncs that the program asked for by itself, and whose answer is on its way.
    syncs_of_ours: usize,
    /// Something has to be drawn.
    pub dirty: bool,
    asked_history: bool,
    told: Vec<String>,
}

impl App {
    /// The dashboard before anything is known.
    pub fn new(facts: Facts, look: Look, keymap: Keymap, now: Time, size: Rect) -> Self {
        Self {
            data: Data::new(facts, now),
            prefs: Prefs::default(),
            drafts: Drafts::default(),
            keymap,
            look,
            plan: Plan::Auto,
            size,
            lists: Default::default(),
            screens: Vec::new(),
            typing: false,
            pending: None,
            message: None,
            level: Level::Info,
            looking: Looking::AT_START,
            syncs_of_ours: 0,
            dirty: true,
            asked_history: false,
            told: Vec::new(),
        }
    }

    /// Takes over what was remembered.
    pub fn restore(&mut self, prefs: Prefs) {
        self.data.absolute = prefs.absolute;
        for (list, filter) in self.lists.iter_mut().zip(&prefs.filters) {
            list.filter.clone_from(filter);
        }
        self.prefs = prefs;
    }

    /// What is to be remembered.
    pub fn remember(&self) -> Prefs {
        Prefs {
            absolute: self.data.absolute,
            filters: std::array::from_fn(|at| self.lists[at].filter.clone()),
            ..self.prefs.clone()
        }
    }

    /// Takes one input.
    pub fn update(&mut self, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        self.looking.heard(&input, self.data.now);
        match input {
            Input::Tick(now) => self.tick(now),
            Input::Key(key) => {
                self.dirty = true;
                self.key(key, &mut out);
            }
            other => {
                self.dirty = true;
                self.take(other, &mut out);
            }
        }
        if let Some(looks) = self.looking.news(self.data.now) {
            out.push(Effect::Ask(Request::Focus(looks)));
        }
        self.keep_lists();
        out
    }

    fn take(&mut self, input: Input, out: &mut Vec<Effect>) {
        match input {
            Input::Paste(text) => self.paste(&text),
            Input::Click(x, y) => self.click(x, y, out),
            Input::Scroll(x, y, by) => self.scroll(x, y, by),
            Input::Resize(size) => self.size = size,
            Input::Snapshot(snapshot) => self.snapshot(snapshot, out),
            Input::Event(event) => self.event(event),
            Input::Missed(_) => {
                self.data.history.clear();
                self.data.history_complete = false;
                self.ask_history(out);
            }
            Input::Sample(sample) => self.data.sample(sample),
            Input::Log(line) => self.data.note(line),
            Input::Answer(answer) => self.answer(*answer, out),
            Input::Edited(conflict, text) => {
                if let Some(Screen::Resolver(resolver)) = self.screens.last_mut() {
                    resolver.edited(&conflict, text, &self.data, &mut self.drafts);
                }
            }
            Input::Trouble(text) => {
                self.data.pausing = None;
                self.data.trouble = Some(text);
            }
            Input::Awake(ms) => {
                self.syncs_of_ours += 1;
                self.say(
                    format!("was away for {}", super::text::age(ms)),
                    Meaning::Info,
                );
                out.push(Effect::Redraw);
            }
            Input::Tick(_) | Input::Key(_) | Input::Focus(_) => {}
        }
    }

    fn tick(&mut self, now: Time) {
        self.data.now = now;
        if self
            .message
            .as_ref()
            .is_some_and(|message| message.until <= now)
        {
            self.message = None;
        }
        // Countdowns and ages move.
        self.dirty = true;
    }

    fn snapshot(&mut self, snapshot: Arc<Snapshot>, out: &mut Vec<Effect>) {
        self.data.now = self.data.now.max(snapshot.at);
        if self.data.pausing == Some(snapshot.paused.is_some()) {
            self.data.pausing = None;
        }
        self.data.take(snapshot);
        self.drafts.forget_others(&self.data);
        if !self.asked_history && !self.data.links().is_empty() {
            self.ask_history(out);
        }
        self.call_attention(out);
        let Self {
            screens,
            data,
            drafts,
            ..
        } = self;
        for screen in screens.iter_mut() {
            screen.refresh(data, drafts, out);
        }
        self.end_screens();
    }

    /// Closes the screens that have nothing left to do, with their last word.
    fn end_screens(&mut self) {
        let word = self.screens.iter().find_map(Screen::last_word).cloned();
        if let Some(word) = word {
            self.screens.retain(|screen| screen.last_word().is_none());
            self.say(word.text, word.meaning);
        }
    }

    /// Only an item in conflict, a halt and a refused login may call; each once.
    fn call_attention(&mut self, out: &mut Vec<Effect>) {
        let items = self.data.conflicted().into_iter().map(|(_, lines)| {
            let ids = lines.iter().map(|line| line.conflict.id.clone()).collect();
            let item = lines.first().map_or("", |line| line.item.as_str());
            (ids, format!("conflict: {item}"))
        });
        let halts = self.data.links().iter().flat_map(|link| &link.halts);
        let halts = halts.map(|halt| (vec![halt.id.clone()], format!("held: {}", halt.note)));
        let logins = super::state::refused(&self.data).map(|side| {
            let name = side.name();
            let id = format!("{LOGIN}{name}");
            (vec![id], format!("login: {name} refused the token"))
        });
        let called: Vec<(Vec<String>, String)> = items.chain(halts).chain(logins).collect();
        // A login that works again may be refused again; conflicts and halts have ids of their own.
        let is_refused = |id: &String| called.iter().any(|(ids, _)| ids.contains(id));
        self.told
            .retain(|id| !id.starts_with(LOGIN) || is_refused(id));
        for (ids, text) in called {
            if ids.iter().any(|id| !self.told.contains(id)) {
                self.told.extend(ids);
                out.push(Effect::Attention(text));
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Recorded(record) | Event::Elsewhere(record) => self.data.happened(*record),
            Event::Halted(halt) => self.say(halt.note.clone(), Meaning::Error),
            Event::Waiting { until, reason } => {
                let left = span(until.since(self.data.now));
                let till = self.data.facts.zone.clock(until);
                let text = format!("{reason}, {left} (till {till})");
                self.say(text, Meaning::Warn);
            }
            Event::RunEnded(report) => {
                if let Some(error) = report.errors.first() {
                    self.say(error.clone(), Meaning::Error);
                }
            }
            // A deferral has its row in the queue as long as it lasts.
            Event::RunStarted { .. }
            | Event::Listed { .. }
            | Event::Deferred { .. }
            | Event::Leads { .. } => {}
        }
    }

    fn answer(&mut self, answer: Answer, out: &mut Vec<Effect>) {
        let Self {
            screens,
            data,
            drafts,
            ..
        } = self;
        for screen in screens.iter_mut() {
            screen.answer(&answer, data, drafts, out);
        }
        match answer {
            Answer::Done(Request::Choose(..), Ok(text)) => {
                let text = Resolver::kept(&self.data, text);
                self.say(text, Meaning::Ok);
            }
            // The resolver's own line says what becomes of its choices, and "was away" is what counts after that.
            Answer::Done(Request::Sync(..), answer) if self.is_sync_beside_the_point(&answer) => {
                self.syncs_of_ours = self.syncs_of_ours.saturating_sub(1);
            }
            Answer::Done(Request::Sync(..), Err(text)) if text == ALREADY_RUNNING => {
                self.say("a sync is under way already", Meaning::Info);
            }
            Answer::Done(request, Ok(text)) => {
                if !text.is_empty() {
                    self.say(text, Meaning::Ok);
                }
                if matches!(request, Request::Pause(_)) {
                    // The snapshot confirms it.
                }
            }
            Answer::Done(request, Err(text)) => {
                if matches!(request, Request::Pause(_)) {
                    self.data.pausing = None;
                }
                self.say(text, Meaning::Error);
            }
            Answer::History(query, Ok(page)) if query.pair.is_none() => {
                let is_last = page.len() < query.limit;
                self.data.older(page, is_last);
                self.asked_history = true;
            }
            Answer::History(_, Err(text))
            | Answer::Item(_, Err(text))
            | Answer::UndoPlan(_, Err(text)) => {
                self.say(text, Meaning::Error);
            }
            Answer::History(..)
            | Answer::Item(..)
            | Answer::UndoPlan(..)
            | Answer::Held(..)
            | Answer::Doctor(_) => {}
        }
    }

    /// Shows a message for a while, and keeps it in the log.
    pub fn say(&mut self, text: impl Into<String>, meaning: Meaning) {
        let text = text.into();
        let level = match meaning {
            Meaning::Error => Level::Error,
            Meaning::Warn => Level::Warn,
            _ => Level::Info,
        };
        self.data.note(LogLine {
            at: self.data.now,
            level,
            text: text.clone(),
        });
        self.message = Some(Message {
            text,
            meaning,
            until: self.data.now.plus(MESSAGE_MS),
        });
    }

    /// Whether the answer to a sync that no key asked for would only stand before something that matters.
    fn is_sync_beside_the_point(&self, answer: &Result<String, String>) -> bool {
        let is_calm =
            answer.as_ref().is_ok() || answer.as_ref().is_err_and(|e| e == ALREADY_RUNNING);
        let is_resolving = matches!(self.screens.last(), Some(Screen::Resolver(_)));
        is_calm && (is_resolving || self.syncs_of_ours > 0)
    }

    fn ask_history(&mut self, out: &mut Vec<Effect>) {
        let before = self
            .data
            .history
            .back()
            .map(|record| (record.at, record.id.clone()));
        self.asked_history = true;
        out.push(Effect::Ask(Request::History(HistoryQuery {
            before,
            limit: PAGE,
            kinds: panes::history::KINDS.to_vec(),
            ..HistoryQuery::default()
        })));
    }

    /// Where keys have a meaning now, the more particular first.
    pub fn places(&self) -> Vec<Place> {
        let own = self.screens.last().map_or_else(
            || match self.prefs.focus {
                Pane::System => Place::System,
                Pane::Queue => Place::Queue,
                Pane::History => Place::History,
                Pane::Conflicts => Place::Conflicts,
                Pane::Log => Place::Log,
            },
            Screen::place,
        );
        vec![own, Place::Everywhere]
    }

    fn key(&mut self, key: Key, out: &mut Vec<Effect>) {
        if self.typing && self.type_filter(key) {
            return;
        }
        if let Some(screen) = self.screens.last_mut()
            && screen.takes_text()
        {
            let typed = screen.type_key(key, &self.keymap);
            match typed {
                Handled::Yes => return,
                Handled::Close => {
                    self.screens.pop();
                    return;
                }
                Handled::Run(action) => {
                    self.screens.pop();
                    self.act(action, out);
                    return;
                }
                Handled::No | Handled::Show(_) => {}
            }
        }
        let pressed: Vec<Key> = self
            .pending
            .take()
            .map(|(key, _)| key)
            .into_iter()
            .chain([key])
            .collect();
        match self.keymap.resolve(&self.places(), &pressed) {
            Resolved::Action(action) => self.act(action, out),
            Resolved::Prefix => self.pending = Some((key, self.data.now)),
            Resolved::Nothing => {}
        }
    }

    /// Why an action does nothing now, if so.
    pub fn is_off(&self, action: Action) -> Option<&'static str> {
        if action.writes() && self.data.facts.read_only {
            return Some("off: started with --read-only");
        }
        if belongs_elsewhere(action, &self.places()) {
            return Some("off: not on this screen");
        }
        match action {
            Action::AnswerHalt if self.data.links().iter().all(|link| link.halts.is_empty()) => {
                Some("off: nothing is held")
            }
            Action::SyncItem | Action::ShowItem | Action::Retry | Action::Hold
                if self.subject().is_none_or(|subject| subject.pair.is_none()) =>
            {
                Some("off: no item is marked")
            }
            Action::YankUrl
            | Action::YankName
            | Action::YankTitle
            | Action::YankMarkdown
            | Action::YankJson
                if self.subject().is_none() =>
            {
                Some("off: no item is marked")
            }
            Action::OpenGithub | Action::YankGithub if self.url(0).is_none() => {
                Some("off: no address on GitHub")
            }
            Action::OpenNotion | Action::YankNotion if self.url(1).is_none() => {
                Some("off: no address in Notion")
            }
            _ => None,
        }
    }

    /// Every action, with why it does nothing now: what a window over the screen says of it.
    fn all_off(&self) -> Vec<(Action, Option<&'static str>)> {
        let all = Action::ALL.iter();
        all.map(|action| (*action, self.is_off(*action))).collect()
    }

    fn url(&self, side: usize) -> Option<String> {
        self.subject()?.urls[side].clone()
    }

    /// Carries out an action, wherever it came from.
    pub fn act(&mut self, action: Action, out: &mut Vec<Effect>) {
        if let Some(why) = self.is_off(action) {
            self.say(why, Meaning::Warn);
            return;
        }
        if let Some(screen) = self.screens.last_mut() {
            let handled = screen.act(action, &self.data, &mut self.drafts, out);
            match handled {
                Handled::Yes => return self.end_screens(),
                Handled::Close => {
                    self.screens.pop();
                    return;
                }
                Handled::Show(screen) => {
                    self.show(*screen, out);
                    return;
                }
                Handled::Run(action) => {
                    self.act(action, out);
                    return;
                }
                Handled::No => {}
            }
        }
        if !self.act_on_program(action, out) && !self.act_on_engine(action, out) {
            self.act_on_panes(action, out);
        }
    }

    /// Shows a screen over the others.
    pub fn show(&mut self, mut screen: Screen, out: &mut Vec<Effect>) {
        screen.refresh(&self.data, &mut self.drafts, out);
        self.screens.push(screen);
    }

    fn act_on_program(&mut self, action: Action, out: &mut Vec<Effect>) -> bool {
        match action {
            Action::Quit => {
                self.data.quitting = true;
                out.push(Effect::Quit);
            }
            Action::QuitNow => out.push(Effect::QuitNow),
            Action::Suspend => out.push(Effect::Suspend),
            Action::Redraw => out.push(Effect::Redraw),
            Action::Help => {
                let (places, off) = (self.places(), self.all_off());
                self.show(Screen::help(places, off), out);
            }
            Action::Palette => {
                let (places, off) = (self.places(), self.all_off());
                self.show(Screen::palette(places, off), out);
            }
            Action::Doctor => {
                out.push(Effect::Doctor);
                self.show(Screen::doctor(self.data.now), out);
            }
            Action::ToggleTimes => self.data.absolute = !self.data.absolute,
            Action::ToggleMouse => {
                self.prefs.mouse = !self.prefs.mouse;
                out.push(Effect::Mouse(self.prefs.mouse));
                let text = if self.prefs.mouse {
                    "mouse on; hold Shift to select text"
                } else {
                    "mouse off; M switches it on"
                };
                self.say(text, Meaning::Info);
            }
            Action::Zoom => self.prefs.zoomed = !self.prefs.zoomed,
            Action::ToggleLog => {
                self.prefs.with_log = !self.prefs.with_log;
                if self.prefs.with_log && self.plan.for_width(self.size.width) == Plan::Narrow {
                    self.prefs.focus = Pane::Log;
                } else if self.prefs.focus == Pane::Log {
                    self.prefs.focus = Pane::Queue;
                }
            }
            _ => return false,
        }
        true
    }

    fn act_on_engine(&mut self, action: Action, out: &mut Vec<Effect>) -> bool {
        let forced = Ask {
            forced: true,
            ..Ask::default()
        };
        match action {
            Action::Pause => {
                let on = self
                    .data
                    .pausing
                    .map_or(self.data.snapshot.paused.is_none(), |asked| !asked);
                self.data.pausing = Some(on);
                out.push(Effect::Ask(Request::Pause(on)));
            }
            Action::SyncAll => out.push(Effect::Ask(Request::Sync(None, forced))),
            Action::SyncItem => {
                if let Some(subject) = self.subject() {
                    let item = Some(subject.item);
                    out.push(Effect::Ask(Request::Sync(None, Ask { item, ..forced })));
                }
            }
            Action::MakePlan => {
                out.push(Effect::Ask(Request::Sync(
                    None,
                    Ask {
                        dry: true,
                        ..Ask::default()
                    },
                )));
                if !matches!(self.screens.last(), Some(Screen::Plan(_))) {
                    self.show(Screen::plan(self.data.now), out);
                }
            }
            Action::AnswerHalt => self.show(Screen::halt(), out),
            Action::RetryAll => out.push(Effect::Ask(Request::Retry(None))),
            Action::Retry => {
                if let Some(pair) = self.subject().and_then(|subject| subject.pair) {
                    out.push(Effect::Ask(Request::Retry(Some(pair))));
                }
            }
            Action::Hold => {
                let pair = self.subject().and_then(|subject| subject.pair);
                self.hold(pair.into_iter().collect(), out);
            }
            Action::HoldAll => {
                let pairs = panes::queue::chosen(self);
                self.lists[Pane::Queue as usize].picked.clear();
                self.hold(pairs, out);
            }
            _ => return self.act_on_subject(action, out),
        }
        true
    }

    fn hold(&mut self, pairs: Vec<PairId>, out: &mut Vec<Effect>) {
        if pairs.is_empty() {
            self.say("there is nothing to hold", Meaning::Warn);
        } else {
            out.push(Effect::Ask(Request::Hold(pairs)));
        }
    }

    fn act_on_subject(&mut self, action: Action, out: &mut Vec<Effect>) -> bool {
        let Some(subject) = self.subject() else {
            return false;
        };
        let [github, notion] = &subject.urls;
        let first = github.clone().or_else(|| notion.clone());
        let text = match action {
            Action::ShowItem => {
                if let Some(pair) = subject.pair {
                    self.show(Screen::item(pair), out);
                }
                return true;
            }
            Action::OpenGithub => {
                out.extend(github.clone().map(Effect::Browse));
                return true;
            }
            Action::OpenNotion => {
                out.extend(notion.clone().map(Effect::Browse));
                return true;
            }
            Action::YankUrl => first,
            Action::YankGithub => github.clone(),
            Action::YankNotion => notion.clone(),
            Action::YankName => Some(subject.item.clone()),
            Action::YankTitle => Some(subject.title.clone()),
            Action::YankMarkdown => first.map(|url| format!("[{}]({url})", subject.title)),
            Action::YankError => subject.error.clone(),
            Action::YankJson => Some(subject.json.clone()),
            _ => return false,
        };
        match text {
            Some(text) => {
                self.say(format!("copied: {text}"), Meaning::Info);
                out.push(Effect::Copy(text));
            }
            None => self.say("nothing to copy", Meaning::Warn),
        }
        true
    }

    /// The item that actions are about: of the screen on top, or the marked row of the focused pane.
    pub fn subject(&self) -> Option<Subject> {
        match self.screens.last() {
            Some(screen) => screen.subject(&self.data),
            None => panes::subject(self),
        }
    }

    /// The focused pane's list.
    pub fn list(&mut self) -> &mut List {
        &mut self.lists[self.prefs.focus as usize]
    }

    fn act_on_panes(&mut self, action: Action, out: &mut Vec<Effect>) {
        if !self.screens.is_empty() {
            return;
        }
        panes::act(self, action, out);
        let near_end = self.prefs.focus == Pane::History
            && !self.data.history_complete
            && panes::history::is_near_end(self);
        if near_end {
            self.ask_history(out);
        }
    }

    fn type_filter(&mut self, key: Key) -> bool {
        use crossterm::event::KeyCode;
        let typed = key.typed();
        let list = self.list();
        match key.code() {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                list.filter.clear();
                self.typing = false;
            }
            KeyCode::Backspace => {
                list.filter.pop();
            }
            _ => match typed {
                Some(c) => list.filter.push(c),
                None => return false,
            },
        }
        true
    }

    fn paste(&mut self, text: &str) {
        let line: String = text.chars().filter(|c| !c.is_control()).collect();
        if self.typing {
            self.list().filter.push_str(&line);
        } else if let Some(screen) = self.screens.last_mut() {
            screen.paste(&line);
        }
    }

    fn wish(&self) -> Wish {
        Wish {
            focus: self.prefs.focus,
            zoomed: self.prefs.zoomed,
            with_log: self.prefs.with_log,
            plan: self.plan,
        }
    }

    /// Where everything is now.
    pub fn layout(&self) -> layout::Places {
        layout::places(self.size, self.wish())
    }

    fn click(&mut self, x: u16, y: u16, out: &mut Vec<Effect>) {
        let at = ratatui::layout::Position::new(x, y);
        let places = self.layout();
        if places.footer.contains(at) {
            if let Some(action) = super::chrome::footer_at(self, x) {
                self.act(action, out);
            }
            return;
        }
        if let Some(screen) = self.screens.last_mut() {
            let inner = places.body;
            let handled = screen.click(at, inner, &self.data, out);
            if let Handled::Close = handled {
                self.screens.pop();
            }
            return;
        }
        if places.tabs.is_some_and(|tabs| tabs.contains(at)) {
            if let Some(pane) = super::chrome::tab_at(self, x) {
                self.prefs.focus = pane;
            }
            return;
        }
        let hit = places.panes.iter().find(|(_, area)| area.contains(at));
        if let Some((pane, area)) = hit {
            panes::click(self, *pane, *area, y, out);
        }
    }

    fn scroll(&mut self, x: u16, y: u16, by: isize) {
        let at = ratatui::layout::Position::new(x, y);
        if let Some(screen) = self.screens.last_mut() {
            screen.scroll(by, &self.data, &self.keymap);
            return;
        }
        let hit = self
            .layout()
            .panes
            .into_iter()
            .find(|(_, area)| area.contains(at));
        if let Some((pane, _)) = hit {
            let names = panes::names(self, pane);
            self.lists[pane as usize].step(&names, super::list::Step::By(by));
        }
    }

    /// Keeps each list's window, so that it scrolls as little as can be.
    fn keep_lists(&mut self) {
        for (pane, area) in self.layout().panes {
            let names = panes::names(self, pane);
            let rows = usize::from(area.height.saturating_sub(2));
            self.lists[pane as usize].keep(&names, rows);
        }
    }

    /// Draws everything.
    pub fn view(&self, canvas: &mut Canvas<'_>) {
        if layout::is_too_small(self.size) {
            super::chrome::too_small(self, canvas);
            return;
        }
        let places = self.layout();
        super::chrome::header(self, &mut canvas.part(places.header));
        let covers = self.screens.iter().rposition(Screen::covers_all);
        if covers.is_none() {
            panes::view(self, canvas, &places);
        }
        for screen in &self.screens[covers.unwrap_or(0)..] {
            screen.view(self, &mut canvas.part(places.body));
        }
        super::chrome::message(self, &mut canvas.part(places.message));
        super::chrome::footer(self, &mut canvas.part(places.footer));
        super::chrome::which_key(self, canvas);
    }
}

/// Whether an action only makes sense on other screens than those of these places.
fn belongs_elsewhere(action: Action, places: &[Place]) -> bool {
    let mut known = DEFAULT_KEYS.iter().filter(|(.., one)| *one == action);
    action.group() == Group::Decide
        && known.clone().next().is_some()
        && !known.any(|(place, ..)| places.contains(place))
}
