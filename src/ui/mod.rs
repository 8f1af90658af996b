//! The screen. Knows the engine's face and the core's nouns; nothing of the services or the store.
//!
//! `app` holds the state, pure; this file is the loop that feeds it and does what it says.

pub mod action;
pub mod app;
pub mod canvas;
pub mod chrome;
pub mod data;
pub mod drafts;
mod effects;
mod ground;
pub mod keymap;
pub mod layout;
pub mod list;
mod looking;
pub mod panes;
pub mod plain;
pub mod remember;
pub mod screens;
pub mod state;
pub mod term;
pub mod text;
pub mod theme;

use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use crossterm::event::{Event as Told, EventStream, KeyEventKind, MouseButton, MouseEventKind};
use futures_util::StreamExt;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::alarm;
use crate::core::Time;
use crate::engine::{Event, Handle, Snapshot};
use app::{App, Effect, Input};
use canvas::Canvas;
use data::{Facts, LogLine, Sample};
use ground::Ground;
use keymap::{Key, Keymap};
use remember::Memory;
use screens::doctor::Finding;
use term::{Call, Term};
use theme::{Depth, Glyphs, Look, Theme};

/// Frames a second at most.
const FRAME: Duration = Duration::from_millis(33);
/// How long the write in flight may take to finish when the program ends.
const FAREWELL: Duration = Duration::from_secs(5);
/// A tick that comes later than this by the wall clock means that the machine slept, in milliseconds.
const SLEPT_MS: i64 = 30_000;

/// What the screen is given.
pub struct Session {
    /// What does not change.
    pub facts: Facts,
    /// What keys mean.
    pub keymap: Keymap,
    /// How many colours there are.
    pub depth: Depth,
    /// Which characters there are.
    pub glyphs: Glyphs,
    /// A theme that the user chose; none = by the background.
    pub theme: Option<theme::Palette>,
    /// How the dashboard is divided.
    pub plan: layout::Plan,
    /// How a person is called.
    pub call: Call,
    /// Where what is remembered is kept.
    pub memory: PathBuf,
    /// The engine's handle, once it has started; or why it could not.
    pub engine: oneshot::Receiver<Result<Handle, String>>,
    /// Told when the first frame is drawn, so that the engine begins.
    pub drawn: Option<oneshot::Sender<()>>,
    /// Told when the engine has ended.
    pub ended: oneshot::Receiver<()>,
    /// Lines of the log.
    pub log: mpsc::Receiver<LogLine>,
    /// Takes a sample of the machine.
    pub sampler: Box<dyn FnMut() -> Option<Sample>>,
    /// Looks at everything that a sync needs, elsewhere, and tells what it found.
    pub doctor: Box<dyn FnMut(oneshot::Sender<Vec<Finding>>)>,
    /// Stop with a fault of our own at the first tick, to see what becomes of the terminal.
    pub faulty: bool,
    /// The time, by the wall clock.
    pub now: fn() -> Time,
}

/// How the screen ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The user quit.
    Quit,
    /// A signal asked for it (its number), or the terminal is gone (SIGHUP's).
    Signal(i32),
}

/// Runs the screen until it ends. The terminal is whole again afterwards.
///
/// # Errors
/// When the terminal cannot be used.
pub async fn run(session: Session) -> std::io::Result<Ended> {
    let memory = Memory::read(&session.memory);
    let mouse = memory.prefs.mouse;
    let term = Term::take(mouse)?;
    let look = Look {
        theme: first_theme(&session),
        glyphs: session.glyphs,
    };
    let size = term.size()?;
    let mut app = App::new(
        session.facts.clone(),
        look,
        session.keymap.clone(),
        (session.now)(),
        size,
    );
    app.plan = session.plan;
    app.restore(memory.prefs.clone());
    app.drafts = memory.drafts.clone();
    app.data.deferred.clone_from(&memory.deferred);
    let (answers, inbox) = mpsc::channel(64);
    let mut screen = Loop {
        app,
        term,
        session,
        memory,
        ground: Ground::default(),
        handle: None,
        early: Vec::new(),
        answers,
        inbox,
        drawn: Instant::now(),
        slept_from: (Time(0), Instant::now()),
    };
    screen.draw()?;
    if let Some(drawn) = screen.session.drawn.take() {
        // The engine's thread may not have come up; then its handle is gone, which is told.
        let _ = drawn.send(());
    }
    screen.ask_for_ground()?;
    screen.go().await
}

/// The theme for the first frame: the background is only asked for after it.
fn first_theme(session: &Session) -> Theme {
    match session.theme {
        Some(palette) => Theme::of(palette, session.depth),
        None => Theme::pick(session.depth, None),
    }
}

/// The loop's own things.
struct Loop {
    app: App,
    term: Term,
    session: Session,
    memory: Memory,
    /// Listens for the terminal's background.
    ground: Ground,
    handle: Option<Handle>,
    /// What was asked for before the engine listened.
    early: Vec<app::Request>,
    answers: mpsc::Sender<app::Answer>,
    inbox: mpsc::Receiver<app::Answer>,
    drawn: Instant,
    slept_from: (Time, Instant),
}

/// What the engine says, once it has started.
struct Streams {
    may_start: bool,
    snapshots: Option<watch::Receiver<Arc<Snapshot>>>,
    events: Option<broadcast::Receiver<Event>>,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            may_start: true,
            ..Self::over()
        }
    }
}

impl Streams {
    const fn over() -> Self {
        Self {
            may_start: false,
            snapshots: None,
            events: None,
        }
    }

    fn of(handle: &Handle) -> Self {
        Self {
            may_start: false,
            snapshots: Some(handle.snapshot()),
            events: Some(handle.events()),
        }
    }
}

impl Woke {
    fn of_start(started: Result<Result<Handle, String>, oneshot::error::RecvError>) -> Self {
        let silent = |_| Err("the engine could not start; see the log".to_owned());
        Self::Started(started.unwrap_or_else(silent))
    }
}

/// What woke the loop.
enum Woke {
    Term(Option<std::io::Result<Told>>),
    Started(Result<Handle, String>),
    Snapshot(Arc<Snapshot>),
    Event(Event),
    Missed(u64),
    EngineEnded,
    Answer(app::Answer),
    Log(LogLine),
    Tick,
    Frame,
    Signal(i32),
    Stop,
}

/// When the loop looks at the clock and the machine.
struct Tick {
    every: Duration,
    /// When the next one was meant to be, so that delays do not add up.
    meant: Instant,
    due: Pin<Box<dyn Future<Output = ()>>>,
}

impl Tick {
    fn at_once() -> Self {
        Self {
            every: Duration::from_secs(1),
            meant: Instant::now(),
            due: Box::pin(std::future::ready(())),
        }
    }

    fn next(&mut self, every: Duration) {
        let now = Instant::now();
        let is_late = self.every != every || now.duration_since(self.meant) >= every;
        self.meant = if is_late { now } else { self.meant } + every;
        self.every = every;
        self.due = Box::pin(alarm::sleep(self.meant.saturating_duration_since(now)));
    }
}

impl Loop {
    /// Asks the terminal for its background, where that decides something. Nobody waits for the answer.
    fn ask_for_ground(&mut self) -> std::io::Result<()> {
        // What cannot answer may print the question, and GNU screen hands the answer to whom it likes.
        let deaf = |term: String| {
            ["dumb", "Eterm", "screen"].contains(&term.as_str()) || term.starts_with("screen.")
        };
        let is_deaf = std::env::var("TERM").map_or(cfg!(unix), deaf);
        if self.session.theme.is_some() || self.session.depth < Depth::C256 || is_deaf {
            return Ok(());
        }
        self.ground.asked();
        self.term.say(ground::ASK)
    }

    /// What the terminal told, without what it answered to us.
    async fn told(&mut self, told: Told) -> std::io::Result<Option<Ended>> {
        let told = self.ground.hear(told);
        if let Some(light) = self.ground.found() {
            self.app.look.theme = Theme::pick(self.session.depth, Some(light));
            self.app.dirty = true;
        }
        self.typed(told).await
    }

    async fn typed(&mut self, told: Vec<Told>) -> std::io::Result<Option<Ended>> {
        for input in told.iter().filter_map(input_of) {
            if let Some(end) = self.enter(input).await? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    async fn go(mut self) -> std::io::Result<Ended> {
        let mut keys = EventStream::new();
        let mut signals = effects::Signals::new()?;
        let mut streams = Streams::default();
        let mut tick = Tick::at_once();
        loop {
            let frame = (FRAME.saturating_sub(self.drawn.elapsed())).max(Duration::from_millis(1));
            let patience = self.app.pending.is_some();
            let woke = tokio::select! {
                biased;
                signal = signals.next() => signal,
                told = keys.next() => Woke::Term(told),
                started = &mut self.session.engine, if streams.may_start => Woke::of_start(started),
                snapshot = effects::changed(&mut streams.snapshots) => snapshot.map_or(Woke::EngineEnded, Woke::Snapshot),
                event = effects::event(&mut streams.events) => event,
                answer = self.inbox.recv() => answer.map_or(Woke::Frame, Woke::Answer),
                Some(line) = self.session.log.recv() => Woke::Log(line),
                () = &mut tick.due => Woke::Tick,
                () = tokio::time::sleep(Duration::from_millis(310)), if patience => Woke::Frame,
                () = tokio::time::sleep(frame), if self.app.dirty => Woke::Frame,
            };
            let is_key = matches!(woke, Woke::Term(_));
            let is_tick = matches!(woke, Woke::Tick);
            if let Some(end) = self.obey(woke, &mut streams).await? {
                return Ok(end);
            }
            // What came meanwhile is taken before the next frame.
            while let Some(told) = at_once(&mut keys).await {
                if let Some(end) = self.obey(Woke::Term(Some(told)), &mut streams).await? {
                    return Ok(end);
                }
            }
            if self.app.dirty && (is_key || self.drawn.elapsed() >= FRAME) {
                self.draw()?;
            }
            let every = Duration::from_secs(if self.app.looking.has_focus { 1 } else { 10 });
            if is_tick || tick.every != every {
                tick.next(every);
            }
        }
    }

    /// Does what woke the loop asks for; says so when it is the end.
    async fn obey(&mut self, woke: Woke, streams: &mut Streams) -> std::io::Result<Option<Ended>> {
        match woke {
            Woke::Signal(number) => {
                self.say_farewell().await;
                return Ok(Some(Ended::Signal(number)));
            }
            Woke::Term(None | Some(Err(_))) => {
                // The terminal is gone: nothing may stay behind.
                self.say_farewell().await;
                return Ok(Some(Ended::Signal(1)));
            }
            Woke::Stop => self.suspend()?,
            Woke::Started(Ok(handle)) => {
                let first = handle.snapshot().borrow().clone();
                *streams = Streams::of(&handle);
                self.handle = Some(handle);
                self.ask(app::Request::Focus(true));
                for request in std::mem::take(&mut self.early) {
                    self.ask(request);
                }
                if first.at.0 > 0 {
                    self.feed(Input::Snapshot(first))?;
                }
            }
            Woke::Started(Err(why)) => {
                streams.may_start = false;
                self.feed(Input::Trouble(why))?;
            }
            Woke::EngineEnded => {
                *streams = Streams::over();
                self.handle = None;
                self.feed(Input::Trouble(
                    "the engine has ended; see the log".to_owned(),
                ))?;
            }
            other => return self.take(other).await,
        }
        Ok(None)
    }

    async fn take(&mut self, woke: Woke) -> std::io::Result<Option<Ended>> {
        let input = match woke {
            Woke::Term(Some(Ok(told))) => return self.told(told).await,
            Woke::Snapshot(snapshot) => Input::Snapshot(snapshot),
            Woke::Event(event) => Input::Event(event),
            Woke::Missed(count) => Input::Missed(count),
            Woke::Answer(answer) => Input::Answer(Box::new(answer)),
            Woke::Log(line) => Input::Log(line),
            Woke::Tick => {
                self.tick()?;
                let typed = self.ground.let_go();
                return self.typed(typed).await;
            }
            _ => return Ok(None),
        };
        self.enter(input).await
    }

    /// Feeds an input, and carries out what it asks for; says so when it is the end.
    async fn enter(&mut self, input: Input) -> std::io::Result<Option<Ended>> {
        let effects = self.feed_for(input)?;
        for effect in effects {
            match effect {
                Effect::Quit => {
                    self.draw()?;
                    self.say_farewell().await;
                    return Ok(Some(Ended::Quit));
                }
                Effect::QuitNow => {
                    self.remember();
                    return Ok(Some(Ended::Quit));
                }
                Effect::Suspend => self.suspend()?,
                other => self.carry_out(other)?,
            }
        }
        Ok(None)
    }

    /// Once a second: the time, and a sample of the machine, in one wake-up.
    fn tick(&mut self) -> std::io::Result<()> {
        assert!(!self.session.faulty, "asked for by PULSE_SYNC_PANIC");
        let now = (self.session.now)();
        let (was, instant) = self.slept_from;
        let lost = now.since(was) - i64::try_from(instant.elapsed().as_millis()).unwrap_or(0);
        self.slept_from = (now, Instant::now());
        if let Some(sample) = (self.session.sampler)() {
            self.feed(Input::Sample(sample))?;
        }
        self.feed(Input::Tick(now))?;
        if was.0 > 0 && lost > SLEPT_MS {
            self.awake(lost)?;
        }
        Ok(())
    }

    /// The machine slept, or the program was stopped: one look at once, not those that were missed.
    fn awake(&mut self, ms: i64) -> std::io::Result<()> {
        self.feed(Input::Awake(ms))?;
        self.carry_out(Effect::Ask(app::Request::Sync(
            None,
            crate::engine::Ask::default(),
        )))
    }

    /// Feeds an input whose effects need nothing but to be carried out.
    fn feed(&mut self, input: Input) -> std::io::Result<()> {
        for effect in self.feed_for(input)? {
            self.carry_out(effect)?;
        }
        Ok(())
    }

    fn feed_for(&mut self, input: Input) -> std::io::Result<Vec<Effect>> {
        self.app.data.now = (self.session.now)();
        let effects = self.app.update(input);
        let title = state::title(&self.app.data, self.app.look.glyphs);
        self.term.title(&title)?;
        if self.memory.differs(&self.app) {
            self.remember();
        }
        Ok(effects)
    }

    fn draw(&mut self) -> std::io::Result<()> {
        let size = self.app.size;
        let mut picture = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        self.app.view(&mut Canvas::new(&mut picture, self.app.look));
        self.app.dirty = false;
        self.drawn = Instant::now();
        self.term.show(picture)
    }

    fn remember(&mut self) {
        self.memory = Memory::of(&self.app);
        if let Err(error) = self.memory.write(&self.session.memory) {
            tracing::warn!("the screen's state cannot be kept: {error}");
        }
    }

    /// The engine finishes the write in flight and ends; it is waited for, but not for ever.
    async fn say_farewell(&mut self) {
        self.remember();
        let Some(handle) = self.handle.take() else {
            return;
        };
        // It may have ended by itself.
        let _ = handle.send(crate::engine::Command::Shutdown).await;
        if tokio::time::timeout(FAREWELL, &mut self.session.ended)
            .await
            .is_err()
        {
            tracing::warn!(
                "the write in flight did not finish in time; the next start looks for what became of it"
            );
        }
    }

    fn suspend(&mut self) -> std::io::Result<()> {
        let before = (self.session.now)();
        self.term.away(self.app.prefs.mouse, effects::stop)?;
        let size = self.term.size()?;
        self.slept_from = ((self.session.now)(), Instant::now());
        self.feed(Input::Resize(size))?;
        self.awake((self.session.now)().since(before))
    }
}

/// What the terminal has told already, if anything. Asked with this task's own waker: the stream keeps the first one it
/// is polled with, and one that wakes nobody would leave the next key lying until the next tick.
async fn at_once(keys: &mut EventStream) -> Option<std::io::Result<Told>> {
    let polled = poll_fn(|context| Poll::Ready(keys.poll_next_unpin(context))).await;
    match polled {
        Poll::Ready(told) => told,
        Poll::Pending => None,
    }
}

/// What the terminal told, as an input.
fn input_of(told: &Told) -> Option<Input> {
    Some(match told {
        Told::Key(key) if key.kind != KeyEventKind::Release => Input::Key(Key::of(*key)),
        Told::Paste(text) => Input::Paste(text.clone()),
        Told::Resize(columns, rows) => Input::Resize(Rect::new(0, 0, *columns, *rows)),
        Told::FocusGained => Input::Focus(true),
        Told::FocusLost => Input::Focus(false),
        Told::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Input::Click(mouse.column, mouse.row),
            MouseEventKind::ScrollDown => Input::Scroll(mouse.column, mouse.row, 3),
            MouseEventKind::ScrollUp => Input::Scroll(mouse.column, mouse.row, -3),
            _ => return None,
        },
        Told::Key(_) => return None,
    })
}
