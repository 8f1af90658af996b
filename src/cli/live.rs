//! `run`: keeps the links in step until stopped, one line for each thing that happens.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::oneshot;

use super::args::RunOptions;
use super::exit::Exit;
use super::hooks::Say;
use super::json;
use super::wire::Setup;
use crate::core::{RecordKind, Time};
use crate::engine::serve::{Server, wires};
use crate::engine::{Command, Event, Report, Stop};
use crate::shown::Shown;
use crate::store::sqlite::Access;
use crate::ui::data::Facts;

/// Runs until the terminal, the user or the service manager says stop; the write in flight is finished first.
/// With `plain`, typed words are obeyed as well.
pub async fn run(
    setup: &Setup,
    options: &RunOptions,
    plain: Option<Facts>,
) -> anyhow::Result<Exit> {
    let chosen = setup.links(None)?;
    let store = setup.store(Access::Own)?;
    let (links, budgets) = setup.connect(&chosen, &store).await?;
    let (handle, wires, sink) = wires();
    let as_json = options.json;
    let halted: Rc<RefCell<BTreeMap<String, bool>>> = Rc::default();
    let ended = Rc::clone(&halted);
    let said = Box::new(move |event: Event| {
        say(&event, as_json);
        if let Event::RunEnded(report) = &event {
            let is_halted = is_halted(report);
            ended.borrow_mut().insert(report.link.clone(), is_halted);
        }
        sink(event);
    });
    let engine = setup.engine(store, budgets.watch(said));
    let samples = super::screen::samples();
    let server = Server::new(&engine, &links, wires, setup.config.timetable, samples)
        .with_trouble(budgets.trouble());
    let aloud: Say = Arc::new(|_, text: &str| eprintln!("{text}"));
    let _hooked = super::hooks::listen(setup, &handle, &aloud);
    let (ended, over) = oneshot::channel::<()>();
    let typed = match &plain {
        Some(_) => Some(super::plain::typed()?),
        None => None,
    };
    let talk = async {
        match (plain, typed) {
            (Some(facts), Some(typed)) => super::plain::listen(&handle, facts, typed).await,
            _ => std::future::pending().await,
        }
    };
    let stop = async {
        tokio::select! {
            () = talk => {
                // The engine may have ended by itself.
                let _ = handle.send(Command::Shutdown).await;
            }
            _ = asked_to_stop() => {
                eprintln!("stopping: a write in flight is finished first");
                // The engine may have ended by itself.
                let _ = handle.send(Command::Shutdown).await;
            }
            _ = over => {}
        }
    };
    let serve = async {
        budgets.over(Box::pin(server.serve()).await);
        drop(ended);
    };
    let work = Box::pin(async { tokio::join!(serve, stop) });
    budgets.during(&engine.store, work).await;
    if budgets.is_lost() {
        eprintln!("stopped: the store is away, and no write is in flight");
    }
    let is_halted = budgets.is_lost() || halted.borrow().values().any(|halted| *halted);
    Ok(if is_halted { Exit::Failed } else { Exit::Done })
}

/// Whether a link stands still, or in part, until a person does something: held, refused or unreachable.
fn is_halted(report: &Report) -> bool {
    let stop = report.stopped.as_ref();
    report.held > 0
        || !report.unlisted.is_empty()
        || matches!(
            stop,
            Some(Stop::Side { .. } | Stop::Store { .. } | Stop::InDoubt)
        )
}

/// Waits for SIGINT, SIGTERM or SIGHUP; gives its number.
pub async fn asked_to_stop() -> i32 {
    const INT: i32 = 2;
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut term), Ok(mut hup)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::hangup()),
        ) else {
            let _ = tokio::signal::ctrl_c().await;
            return INT;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => INT,
            _ = term.recv() => SignalKind::terminate().as_raw_value(),
            _ = hup.recv() => SignalKind::hangup().as_raw_value(),
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
        INT
    }
}

fn say(event: &Event, as_json: bool) {
    let now = json::time(super::clock::now());
    if as_json {
        if let Some(line) = event_json(event) {
            say!("{line}");
        }
        return;
    }
    match event {
        Event::RunStarted { link, .. } => say!("{now}  {}: run", Shown::line(link)),
        Event::Recorded(record) if !matches!(record.kind, RecordKind::Intent | RecordKind::Run) => {
            let side = record.side.map_or("", crate::core::Side::name);
            say!(
                "{now}  {} {side} {}  {}",
                record.verb,
                Shown::line(&record.item),
                Shown::line(&record.note)
            );
        }
        Event::Halted(halt) => say!(
            "{now}  held: {} (`pulse-sync held list`)",
            Shown::line(&halt.note)
        ),
        Event::Waiting { until, reason } => {
            say!("{now}  {}: {}", waits(&now, *until), Shown::line(reason));
        }
        Event::Deferred { link, waiting } => say!(
            "{now}  {}: deferred, {}",
            Shown::line(link),
            Shown::line(&json::waiting(waiting))
        ),
        Event::Leads { link, holder } => say!(
            "{now}  {}",
            Shown::line(&who_leads(link, holder.as_deref()))
        ),
        Event::RunEnded(report) => super::sync::print(report),
        // The end of a run is told by itself; what others did, where they run.
        Event::Listed { .. } | Event::Recorded(_) | Event::Elsewhere(_) => {}
    }
}

/// Since when and until when something waits; what is over by the same second is tried until it works.
fn waits(now: &str, until: Time) -> String {
    match json::time(until) {
        until if until.as_str() <= now => {
            format!("waiting since {now}, tried again until it works")
        }
        until => format!("waiting until {until}"),
    }
}

/// Who runs a link where several machines share the store.
pub fn who_leads(link: &str, holder: Option<&str>) -> String {
    match holder {
        Some(holder) => {
            format!(
                "{link}: {holder} runs it; this machine follows, and takes over when that one is gone"
            )
        }
        None => format!("{link}: runs here now"),
    }
}

fn event_json(event: &Event) -> Option<serde_json::Value> {
    Some(match event {
        Event::RunStarted { run, link } => {
            json!({"event": "run_started", "run": run, "link": link})
        }
        Event::Recorded(record) if record.kind == RecordKind::Run => return None,
        Event::Recorded(record) => json!({"event": "record", "record": json::record(record)}),
        Event::Halted(halt) => json!({"event": "halted", "halt": halt}),
        Event::Waiting { until, reason } => {
            json!({"event": "waiting", "until": json::time(*until), "reason": reason})
        }
        Event::Deferred { link, waiting } => {
            let reason = json::waiting(waiting);
            json!({"event": "deferred", "link": link, "until": json::time(waiting.until), "reason": reason})
        }
        Event::Leads { link, holder } => {
            json!({"event": "leads", "link": link, "holder": holder})
        }
        Event::RunEnded(report) => json!({"event": "run_ended", "report": report}),
        Event::Listed { .. } | Event::Elsewhere(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_is_over_at_once_names_no_time_that_is_now() {
        let now = "1970-01-01T00:00:07Z";
        assert_eq!(
            waits(now, Time(8_000)),
            "waiting until 1970-01-01T00:00:08Z"
        );
        assert_eq!(
            waits(now, Time(7_999)),
            "waiting since 1970-01-01T00:00:07Z, tried again until it works"
        );
    }
}
