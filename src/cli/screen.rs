//! The dashboard: the engine on a thread of its own, the screen on this one.

use std::io::IsTerminal;
use std::thread::JoinHandle;

use anyhow::Context;
use chrono::Offset;
use tokio::sync::{mpsc, oneshot};

use super::args::{Args, Colour};
use super::budgets::Budgets;
use super::clock::now;
use super::exit::Exit;
use super::wire::{RealLink, Setup};
use crate::engine::serve::{Server, wires};
use crate::engine::{Event, Handle};
use crate::store::sqlite::{Access, SqliteStore};
use crate::system::Sampler;
use crate::ui::data::{Facts, Level, LogLine, Sample};
use crate::ui::text::Zone;
use crate::ui::theme::{Depth, Glyphs, Wanted};
use crate::ui::{self, Ended, Session, term};

/// Lines of the log that may wait for the screen; more are only in the file.
const LOG_LINES: usize = 256;

/// An engine that runs on its own thread.
struct Running {
    handle: oneshot::Receiver<Result<Handle, String>>,
    ended: oneshot::Receiver<()>,
    log: mpsc::Receiver<LogLine>,
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
        many => format!("{} links", many.len()),
    }
}

/// Opens the dashboard on the configured links; says what to do where there are none, or no terminal.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let setup = Setup::read(args)?;
    if setup.config.require_links().is_err() {
        return Ok(super::without_command());
    }
    if !std::io::stdout().is_terminal() {
        say!("The dashboard needs a terminal; `pulse-sync run` does the same without one.");
        return Ok(Exit::Done);
    }
    eprint!(
        "{}",
        crate::config::render_all(&setup.config.warnings, args.colours())
    );
    let _log = setup.start_log(args)?;
    show(setup, args)
}

/// Shows the dashboard of a setup until the user, or a signal, ends it.
pub fn show(setup: Setup, args: &Args) -> anyhow::Result<Exit> {
    let facts = facts(&setup, args);
    let memory = setup.paths.state.join("screen.json");
    let log_folder = setup.paths.log.display().to_string();
    let screen = setup.config.screen.clone();
    let running = start(setup)?;
    term::restore_on_panic(log_folder);
    let session = Session {
        facts,
        keymap: screen.keymap,
        depth: depth(args),
        glyphs: glyphs(args, screen.ascii),
        theme: screen.theme,
        plan: screen.layout,
        call: screen.notify,
        memory,
        engine: running.handle,
        ended: running.ended,
        log: running.log,
        sampler: sampler(),
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

fn facts(setup: &Setup, args: &Args) -> Facts {
    let offset = chrono::Local::now().offset().fix().local_minus_utc();
    Facts {
        subject: subject(setup),
        store: "sqlite".to_owned(),
        zone: Zone::east(offset),
        memory_limit: 0.70,
        cpu_limit: 0.90,
        read_only: args.read_only,
        log_folder: setup.paths.log.display().to_string(),
    }
}

fn depth(args: &Args) -> Depth {
    let wanted = match args.color {
        Colour::Auto => Wanted::Auto,
        Colour::Always => Wanted::Always,
        Colour::Never => Wanted::Never,
    };
    Depth::of_environment(|name| std::env::var(name).ok(), wanted)
}

/// ASCII where it is asked for, or where the locale knows nothing else.
fn glyphs(args: &Args, ascii: bool) -> Glyphs {
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

fn sampler() -> Box<dyn FnMut() -> Option<Sample>> {
    let mut sampler = Sampler::new();
    Box::new(move || {
        let sample = sampler.as_mut()?.sample();
        Some(Sample {
            memory: sample.memory,
            swap: sample.swap,
            cpu: sample.cpu,
            cores: sample.cores,
            own_memory: sample.own_memory,
            own_cpu: sample.own_cpu,
        })
    })
}

/// Starts the engine: store, adapters and all of it live on the thread.
fn start(setup: Setup) -> anyhow::Result<Running> {
    let (started, handle) = oneshot::channel();
    let (over, ended) = oneshot::channel();
    let (lines, log) = mpsc::channel(LOG_LINES);
    let thread = std::thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(serve(setup, started, lines)),
                Err(error) => {
                    let _ = started.send(Err(error.to_string()));
                }
            }
            // The screen may be gone.
            let _ = over.send(());
        })
        .context("the engine's thread cannot be started")?;
    Ok(Running {
        handle,
        ended,
        log,
        thread,
    })
}

async fn serve(
    setup: Setup,
    started: oneshot::Sender<Result<Handle, String>>,
    log: mpsc::Sender<LogLine>,
) {
    let parts = prepare(&setup).await;
    let (handle, wires, sink) = wires();
    let told = Box::new(move |event: Event| {
        // A screen that is behind misses lines; the file has them.
        let _ = log.try_send(line(&event));
        sink(event);
    });
    match parts {
        Ok((store, links, budgets)) => {
            let engine = setup.engine(store, budgets.watch(told));
            let server = Server::new(&engine, &links, wires, setup.config.interval);
            // The screen may be gone; then the handle is, too, and the engine ends.
            let _ = started.send(Ok(handle));
            budgets
                .during(&engine.store, Box::pin(server.serve()))
                .await;
        }
        Err(error) => {
            let text = crate::logging::mask(&format!("{error:#}")).into_owned();
            tracing::error!("{text}");
            let _ = started.send(Err(text));
        }
    }
}

/// What the engine is made of, or why it cannot be.
type Parts = (SqliteStore, Vec<RealLink>, Budgets);

async fn prepare(setup: &Setup) -> anyhow::Result<Parts> {
    let store = setup.store(Access::Own)?;
    let (links, budgets) = setup.connect(&setup.links(None)?, &store).await?;
    Ok((store, links, budgets))
}

/// What the log pane says of an event.
fn line(event: &Event) -> LogLine {
    let at = now();
    let (level, text) = match event {
        Event::RunStarted { link, .. } => (Level::Debug, format!("{link}: run started")),
        Event::Listed { stream, rows } => (Level::Debug, format!("{stream}: {rows} rows read")),
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
        Event::Halted(halt) => (Level::Error, format!("held: {}", halt.note)),
        Event::Waiting { reason, .. } => (Level::Warn, format!("waiting: {reason}")),
        Event::RunEnded(report) => {
            let writes = report.writes.github + report.writes.notion;
            let level = if writes == 0 && report.errors.is_empty() {
                Level::Debug
            } else {
                Level::Info
            };
            let text = format!(
                "{}: run ended, {} to GitHub, {} to Notion, {} conflicts, {} left",
                report.link,
                report.writes.github,
                report.writes.notion,
                report.conflicts,
                report.backlog
            );
            (level, text)
        }
    };
    LogLine {
        at,
        level,
        text: crate::logging::mask(text.trim_end()).into_owned(),
    }
}
