//! The dashboard: the engine on a thread of its own, the screen on this one.

use std::io::IsTerminal;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context;
use chrono::Offset;
use tokio::sync::{mpsc, oneshot};

use super::args::{Args, Colour, RunOptions};
use super::budgets::Budgets;
use super::clock::now;
use super::doctor;
use super::exit::Exit;
use super::hooks::Say;
use super::wire::{RealLink, Setup};
use crate::config::Link as LinkConfig;
use crate::core::schedule::Scope;
use crate::core::{Policy, RecordKind};
use crate::engine::serve::{Samples, Server, wires};
use crate::engine::{Event, Handle, Report};
use crate::logging::Tap;
use crate::store::AnyStore;
use crate::store::sqlite::Access;
use crate::system::{Sampler, Smooth};
use crate::ui::data::{Facts, Level, LogLine, Sample};
use crate::ui::text::{Zone, countdown, counted};
use crate::ui::theme::{Depth, Glyphs, Wanted};
use crate::ui::{self, Ended, Session, term};

/// Lines of the log that may wait for the screen; more are only in the file.
const LOG_LINES: usize = 256;

/// An engine that runs on its own thread.
struct Running {
    handle: oneshot::Receiver<Result<Handle, String>>,
    ended: oneshot::Receiver<()>,
    /// Told when the first frame is drawn: nothing may stand in its way.
    go: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// What is shown in the header, in a few words.
fn subject(setup: &Setup) -> String {
    match setup.config.links.as_slice() {
        [one] => match one.repositories.as_slice() {
            [repository] => repository.clone(),
            [] => one.name.clone(),
            many => format!("{} (+{})", many[0], many.len() - 1),
        },
        many => counted(many.len(), "link"),
    }
}

/// Opens the dashboard on the configured links; says what to do where there are none, or no terminal.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let setup = Setup::read(args)?;
    if setup.config.require_links().is_err() {
        return Ok(super::without_command());
    }
    if !args.plain && !std::io::stdout().is_terminal() {
        say!("The dashboard needs a terminal; `pulse-sync run` does the same without one.");
        return Ok(Exit::Done);
    }
    super::warn(&setup, args);
    let (lines, log) = log();
    let tap = (!args.plain).then(|| lines.tap());
    let _log = setup.start_log(args, tap)?;
    if args.plain {
        return plain(&setup, args);
    }
    show(setup, args, lines, log)
}

/// Says it in lines instead of drawing it.
pub fn plain(setup: &Setup, args: &Args) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let options = RunOptions { json: false };
    let running = super::live::run(setup, &options, Some(facts(setup, args)));
    runtime.block_on(running)
}

/// The way of the log's lines to the screen. One that is behind misses lines; the file has them.
#[derive(Clone)]
pub struct Lines(mpsc::Sender<LogLine>);

/// Both ends of that way.
pub fn log() -> (Lines, mpsc::Receiver<LogLine>) {
    let (lines, log) = mpsc::channel(LOG_LINES);
    (Lines(lines), log)
}

impl Lines {
    fn add(&self, level: Level, text: String) {
        // Full or closed: the file has it.
        let _ = self.0.try_send(LogLine {
            at: now(),
            level,
            text,
        });
    }

    /// What takes everything that is logged, but for what the engine tells.
    pub fn tap(&self) -> Tap {
        let lines = self.clone();
        Tap::new(move |level, text| {
            let level = match level {
                tracing::Level::ERROR => Level::Error,
                tracing::Level::WARN => Level::Warn,
                tracing::Level::INFO => Level::Info,
                _ => Level::Debug,
            };
            lines.add(level, text.to_owned());
        })
    }

    /// Adds what the engine tells.
    fn tell(&self, event: &Event) {
        let (level, text) = line(event);
        self.add(level, crate::logging::mask(text.trim_end()).into_owned());
    }
}

/// Shows the dashboard of a setup until the user, or a signal, ends it.
pub fn show(
    setup: Setup,
    args: &Args,
    lines: Lines,
    log: mpsc::Receiver<LogLine>,
) -> anyhow::Result<Exit> {
    let facts = facts(&setup, args);
    let memory = setup.paths.state.join("screen.json");
    let log_folder = setup.paths.log.display().to_string();
    let screen = setup.config.screen.clone();
    let doctor = doctor::within(&setup, args);
    let running = start(setup, lines)?;
    term::restore_on_panic(log_folder);
    let session = Session {
        facts,
        keymap: screen.keymap,
        depth: depth(args),
        glyphs: glyphs(args, screen.ascii),
        theme: screen.theme,
        plan: args.layout.map_or(screen.layout, Into::into),
        call: screen.notify,
        memory,
        engine: running.handle,
        ended: running.ended,
        log,
        drawn: Some(running.go),
        sampler: sampler(),
        doctor,
        faulty: std::env::var_os("PULSE_SYNC_PANIC").is_some(),
        now,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(ui::run(session))?;
    // What is still under way is looked up at the next start.
    runtime.shutdown_background();
    drop(running.thread);
    Ok(match ended {
        Ended::Quit => Exit::Done,
        Ended::Signal(number) => Exit::signal(number),
    })
}

/// What the screen says that does not change.
pub fn facts(setup: &Setup, args: &Args) -> Facts {
    let offset = chrono::Local::now().offset().fix().local_minus_utc();
    Facts {
        subject: subject(setup),
        store: setup.config.store.name().to_owned(),
        zone: Zone::east(offset),
        memory_limit: setup.config.timetable.memory.enter,
        cpu_limit: setup.config.timetable.cpu.enter,
        read_only: args.read_only,
        log_folder: setup.paths.log.display().to_string(),
        private_headings: setup
            .config
            .links
            .iter()
            .map(|link| (link.name.clone(), link.private_heading.clone()))
            .collect(),
        links: setup
            .config
            .links
            .iter()
            .map(|link| told(setup, link))
            .collect(),
    }
}

/// What a link was told, in a few words.
fn told(setup: &Setup, link: &LinkConfig) -> (String, Vec<(&'static str, String)>) {
    let policy = match link.conflict {
        Policy::Ask => "ask",
        Policy::Github => "GitHub wins",
        Policy::Notion => "Notion wins",
        Policy::Newest => "the newest wins",
        Policy::Merge => "texts keep both",
    };
    let every = format!(
        "{}, conflicts: {policy}",
        countdown(setup.config.timetable.interval)
    );
    let told = vec![
        ("GitHub", link.repositories.join(", ")),
        ("Notion", link.database.clone()),
        ("every", every),
    ];
    (link.name.clone(), told)
}

pub fn depth(args: &Args) -> Depth {
    let wanted = match args.color {
        Colour::Auto => Wanted::Auto,
        Colour::Always => Wanted::Always,
        Colour::Never => Wanted::Never,
    };
    Depth::of_environment(|name| std::env::var(name).ok(), wanted)
}

/// ASCII where it is asked for, or where the locale knows nothing else.
pub fn glyphs(args: &Args, ascii: bool) -> Glyphs {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL")
        .or_else(|| set("LC_CTYPE"))
        .or_else(|| set("LANG"));
    let unicode = locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    if args.ascii || ascii || !unicode {
        Glyphs::ASCII
    } else {
        Glyphs::UNICODE
    }
}

/// What the schedule is told of the machine.
pub fn samples() -> Samples {
    let mut sampler = Sampler::new();
    let mut smooth = Smooth::default();
    Box::new(move || {
        let sample = sampler.as_mut()?.sample();
        Some(smooth.with(sample.load()))
    })
}

fn sampler() -> Box<dyn FnMut() -> Option<Sample>> {
    let mut sampler = Sampler::new();
    Box::new(move || {
        let sample = sampler.as_mut()?.sample();
        let scope = sample.load().scope;
        let container = sample.container.filter(|_| scope == Scope::Container);
        let memory = container.unwrap_or(sample.memory);
        Some(Sample {
            memory,
            scope,
            swap: sample.swap,
            cpu: sample.cpu,
            cores: sample.cores,
            own_memory: sample.own_memory,
            own_cpu: sample.own_cpu,
        })
    })
}

/// Starts the engine: store, adapters and all of it live on the thread.
fn start(setup: Setup, lines: Lines) -> anyhow::Result<Running> {
    let (started, handle) = oneshot::channel();
    let (over, ended) = oneshot::channel();
    let (go, ready) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || {
            // A screen that could not be drawn wants no engine.
            if ready.blocking_recv().is_err() {
                return;
            }
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(serve(setup, started, over, &lines)),
                Err(error) => {
                    let _ = started.send(Err(error.to_string()));
                }
            }
        })
        .context("the engine's thread cannot be started")?;
    Ok(Running {
        handle,
        ended,
        go,
        thread,
    })
}

async fn serve(
    setup: Setup,
    started: oneshot::Sender<Result<Handle, String>>,
    over: oneshot::Sender<()>,
    log: &Lines,
) {
    let parts = prepare(&setup).await;
    let (handle, wires, sink) = wires();
    let log = log.clone();
    let told = Box::new(move |event: Event| {
        log.tell(&event);
        sink(event);
    });
    match parts {
        Ok((store, links, budgets)) => {
            let engine = setup.engine(store, budgets.watch(told));
            let server = Server::new(&engine, &links, wires, setup.config.timetable, samples())
                .with_trouble(budgets.trouble());
            let say: Say = Arc::new(noted);
            let _hooked = super::hooks::listen(&setup, &handle, &say);
            // The screen may be gone; then the handle is, too, and the engine ends.
            let _ = started.send(Ok(handle));
            let work = Box::pin(async { budgets.over(server.serve().await) });
            budgets.during(&engine.store, work).await;
            // All is committed: the screen need not wait until the store has tidied its file up. It may be gone.
            let _ = over.send(());
        }
        Err(error) => {
            let text = crate::logging::mask(&format!("{error:#}")).into_owned();
            tracing::error!("{text}");
            let _ = started.send(Err(text));
        }
    }
}

/// A word that the log pane shows.
fn noted(is_urgent: bool, text: &str) {
    if is_urgent {
        tracing::warn!("{text}");
    } else {
        tracing::info!("{text}");
    }
}

/// What the engine is made of, or why it cannot be.
type Parts = (AnyStore, Vec<RealLink>, Budgets);

async fn prepare(setup: &Setup) -> anyhow::Result<Parts> {
    let store = setup.store(Access::Own)?;
    let (links, budgets) = setup.connect(&setup.links(None)?, &store).await?;
    Ok((store, links, budgets))
}

/// What the log pane says of an event.
fn line(event: &Event) -> (Level, String) {
    match event {
        Event::RunStarted { link, .. } => (Level::Debug, format!("{link}: run started")),
        Event::Listed { stream, rows } => (
            Level::Debug,
            format!("{stream}: {} read", counted(*rows, "row")),
        ),
        // Its end tells more.
        Event::Recorded(record) if record.kind == RecordKind::Run => {
            (Level::Debug, format!("{}: {}", record.verb, record.note))
        }
        Event::Recorded(record) => {
            let side = record.side.map_or("", crate::core::Side::name);
            let fields: Vec<&str> = record
                .changes
                .iter()
                .map(|change| change.field.as_str())
                .collect();
            let text = format!(
                "{} {side} {} {} {}",
                record.verb,
                record.item,
                fields.join(","),
                record.note
            );
            let level = match record.outcome {
                crate::core::Outcome::Refused | crate::core::Outcome::Failed => Level::Error,
                crate::core::Outcome::InDoubt | crate::core::Outcome::Held => Level::Warn,
                crate::core::Outcome::Open => Level::Debug,
                _ => Level::Info,
            };
            (level, text)
        }
        Event::Elsewhere(record) => (
            Level::Debug,
            format!("elsewhere: {} {} {}", record.verb, record.item, record.note),
        ),
        Event::Halted(halt) => (Level::Error, format!("held: {}", halt.note)),
        Event::Waiting { reason, .. } => (Level::Warn, format!("waiting: {reason}")),
        Event::Deferred { link, waiting } => {
            let reason = super::json::waiting(waiting);
            (Level::Warn, format!("{link}: deferred, {reason}"))
        }
        Event::Leads { link, holder } => {
            (Level::Info, super::live::who_leads(link, holder.as_deref()))
        }
        Event::RunEnded(report) => ended(report),
    }
}

/// What the log pane says of a run that ended.
fn ended(report: &Report) -> (Level, String) {
    let writes = report.writes.github + report.writes.notion;
    let level = if writes == 0 && report.errors.is_empty() {
        Level::Debug
    } else {
        Level::Info
    };
    let text = format!(
        "{}: run ended, {} to GitHub, {} to Notion, {}, {} left",
        report.link,
        report.writes.github,
        report.writes.notion,
        counted(report.conflicts, "conflict"),
        report.backlog
    );
    (level, text)
}
