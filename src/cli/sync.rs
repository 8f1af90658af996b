//! `sync`: one pass over the links.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use super::args::SyncOptions;
use super::attention::Attention;
use super::exit::Exit;
use super::live::asked_to_stop;
use super::wire::{RealEngine, RealLink, Setup};
use super::{item, json, progress};
use crate::core::Time;
use crate::engine::{Ask, Errand, Report, Stop};
use crate::shown::Shown;
use crate::store::sqlite::Access;
use crate::store::{Store, StoreError};
use crate::ui::text::{counted, either};

/// How long a pass that another machine was asked for is waited for.
pub const WAITED_FOR: Duration = Duration::from_secs(15);
/// How often it is looked whether it is done.
pub const LOOKED_AGAIN: Duration = Duration::from_millis(250);

/// Runs each link once and says what happened.
pub async fn run(setup: &Setup, options: &SyncOptions) -> anyhow::Result<Exit> {
    let chosen = setup.links(options.link.as_deref())?;
    let store = setup.store(Access::Own)?;
    let (links, budgets) = setup.connect(&chosen, &store).await?;
    let line = progress::Line::new(options.json);
    let engine = setup.engine(store, budgets.watch(line.sink()));
    if let Some(item) = &options.item {
        item::check(&engine, &chosen, item).await?;
    }
    let ask = Ask {
        sweep: options.full,
        forced: options.item.is_some(),
        item: options.item.clone(),
        ..Ask::default()
    };
    let reports = RefCell::new(Vec::new());
    let passes = Box::pin(async {
        for link in &links {
            if !engine.stop.is_told() {
                let report = pass(&engine, link, &ask).await;
                reports.borrow_mut().push(report);
            }
        }
    });
    let work = Box::pin(until_told(&engine, &line, passes));
    let signal = budgets.during(&engine.store, work).await;
    let mut reports = reports.into_inner();
    for link in &links[reports.len()..] {
        reports.push(cut_short(&engine, link).await);
    }
    let (mut exit, mut exit_of): (Exit, fn(&Report) -> Exit) = (Exit::Done, Exit::of);
    if let Some(item) = &options.item {
        exit = item::tell(&engine, &mut reports, item).await?;
        exit_of = Exit::of_item;
    }
    exit = reports.iter().map(exit_of).fold(exit, Exit::and);
    let mut waiting = Vec::new();
    for report in &mut reports {
        match stuck(&engine, report).await {
            Ok(found) => waiting.push(match &options.item {
                Some(item) => found.only(item),
                None => found,
            }),
            Err(error) => {
                waiting.push(Attention::default());
                report.stopped.get_or_insert(error.into());
                exit = exit.and(exit_of(report));
            }
        }
    }
    if waiting.iter().any(Attention::needs_a_person) {
        exit = exit.and(Exit::Waits);
    }
    tell(options, &reports, &waiting);
    Ok(signal.map_or(exit, Exit::signal))
}

/// Says what the passes did, and what waits.
fn tell(options: &SyncOptions, reports: &[Report], waiting: &[Attention]) {
    if options.json {
        say!("{}", json::reports(reports, waiting));
        return;
    }
    for (report, waiting) in reports.iter().zip(waiting) {
        print(report);
        waiting.print();
    }
    reports.iter().for_each(complain);
}

/// One pass over a link, by whoever runs it.
async fn pass(engine: &RealEngine, link: &RealLink, ask: &Ask) -> Report {
    let mut report = engine.run(link, ask).await;
    if let Some(number) = hand_over(engine, ask, &mut report).await {
        wait_for_leader(engine, link, number, &mut report).await;
    }
    report
}

/// Does some work. A signal ends it once the request in flight is answered and committed, a second one at once: then
/// the next pass finds out what became of that request. Gives the signal.
async fn until_told(
    engine: &RealEngine,
    line: &progress::Line,
    work: impl Future<Output = ()>,
) -> Option<i32> {
    let mut work = pin!(work);
    let signal = tokio::select! {
        biased;
        () = &mut work => return None,
        signal = asked_to_stop() => signal,
    };
    engine.stop.tell();
    line.say("stopping: a write in flight is finished first; the same again stops at once");
    tokio::select! {
        () = work => {}
        _ = asked_to_stop() => line.clear(),
    }
    Some(signal)
}

/// The report of a link whose pass did not begin, or was not waited for any more.
async fn cut_short(engine: &RealEngine, link: &RealLink) -> Report {
    let mut report = Report {
        link: link.spec.name.clone(),
        stopped: Some(Stop::Ending),
        ..Report::default()
    };
    if let Err(error) = engine.sum_up(&mut report).await {
        report.stopped = Some(error.into());
    }
    report
}

/// What needs a person after a run.
async fn stuck(engine: &RealEngine, report: &Report) -> Result<Attention, StoreError> {
    if matches!(report.stopped, Some(Stop::Store { .. })) {
        // The report says so; another question would only wait as long.
        return Ok(Attention::default());
    }
    let counts = engine.store.counts(&report.link).await?;
    Attention::of(&engine.store, &report.link, &counts).await
}

/// Where another machine runs the link, it is asked to do it; what became of that is added to the report. A run that
/// does not keep the lease for long may be over by the time it looks: then the next one does it. Gives the number of
/// what was asked for.
pub async fn hand_over(engine: &RealEngine, ask: &Ask, report: &mut Report) -> Option<u64> {
    let Some(Stop::Busy { holder, .. }) = &report.stopped else {
        return None;
    };
    match engine.hand_over(&report.link, ask).await {
        Ok(number) => {
            report.notes.push(format!("{holder} was asked to do it"));
            Some(number)
        }
        Err(error) => {
            let error = format!("{holder} could not be asked to do it: {error}");
            report.errors.push(error);
            None
        }
    }
}

/// Who has done what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doer {
    /// The other machine.
    Leader,
    /// This one, as the other one does not run the link any more.
    Here,
    /// Nobody yet.
    Nobody,
}

/// Waits until the other machine has done what it was asked for: then the report is the one of its run. Where nobody
/// runs the link any more it is run here. Where that is not done in time, or the store does not answer, the report stays
/// as it is: stopped.
pub async fn wait_for_leader(
    engine: &RealEngine,
    link: &RealLink,
    number: u64,
    report: &mut Report,
) -> Doer {
    let end = tokio::time::Instant::now() + WAITED_FOR;
    let mut waits = None;
    loop {
        let look = Box::pin(engine.errand(&report.link, number));
        let look = tokio::select! {
            look = tokio::time::timeout_at(end, look) => look,
            () = engine.stop.heard() => return Doer::Nobody,
        };
        match look {
            Ok(Ok(Errand::Done(outcome))) => {
                take(engine, outcome, report).await;
                return Doer::Leader;
            }
            Ok(Ok(Errand::Free)) => {
                if run_here(engine, link, report).await {
                    return Doer::Here;
                }
            }
            Ok(Ok(Errand::Limited(stop))) => {
                report.stopped = Some(stop);
                report
                    .notes
                    .push("it waits for a limit, and does it then".to_owned());
                return Doer::Nobody;
            }
            Ok(Ok(Errand::Open(reason))) => waits = reason,
            Ok(Err(error)) => {
                report.errors.push(error.to_string());
                return Doer::Nobody;
            }
            Err(_) => {
                report.notes.push(not_in_time(waits));
                return Doer::Nobody;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOKED_AGAIN) => {}
            () = engine.stop.heard() => return Doer::Nobody,
        }
    }
}

/// Why the other machine has not done it yet, as far as that is known.
fn not_in_time(waits: Option<(Time, String)>) -> String {
    let seconds = WAITED_FOR.as_secs();
    let why = waits.map_or_else(
        || "it is busy, stopped or dead".to_owned(),
        |(until, why)| format!("its run waits until {}: {why}", json::time(until)),
    );
    format!("it has not done it within {seconds} s: {why}; whoever runs the link next does it")
}

/// Makes the report that of the run which did it.
async fn take(engine: &RealEngine, outcome: Option<(String, Box<Report>)>, report: &mut Report) {
    let Some((by, theirs)) = outcome else {
        // Another version did it, which says nothing more.
        report.stopped = None;
        if let Err(error) = engine.sum_up(report).await {
            report.errors.push(error.to_string());
        }
        report.notes.push("it has done it".to_owned());
        return;
    };
    let is_asked = matches!(&report.stopped, Some(Stop::Busy { holder, .. }) if *holder == by);
    let who = if is_asked { "it" } else { &by };
    let what = match &theirs.stopped {
        None => format!("{who} has done it"),
        Some(_) => format!("{who} began, and was stopped"),
    };
    let mut notes = std::mem::take(&mut report.notes);
    *report = *theirs;
    notes.push(what);
    notes.append(&mut report.notes);
    report.notes = notes;
}

/// Runs the link here, as nobody does any more; says whether it did. Another one may have begun meanwhile.
async fn run_here(engine: &RealEngine, link: &RealLink, report: &mut Report) -> bool {
    match engine.run_handed(link).await {
        Ok(None) => false,
        Ok(Some(own)) if matches!(own.stopped, Some(Stop::Busy { .. })) => {
            report.stopped = own.stopped;
            false
        }
        Ok(Some(mut own)) => {
            let mut notes = std::mem::take(&mut report.notes);
            notes.push("it does not run the link any more: it was done here".to_owned());
            notes.append(&mut own.notes);
            own.notes = notes;
            *report = own;
            true
        }
        Err(error) => {
            report.stopped = Some(error.into());
            true
        }
    }
}

/// One report for people.
pub fn print(report: &Report) {
    say!(
        "{}: {} written to GitHub, {} to Notion ({} + {})",
        Shown::line(&report.link),
        report.writes.github,
        report.writes.notion,
        report.requests.github,
        counted(report.requests.notion, "request")
    );
    let queued = match report.stopped {
        Some(Stop::Paused) => "still queued; they wait for `pulse-sync resume`",
        _ => "still queued; run it again",
    };
    let counts = [
        (report.backlog, queued),
        (
            report.deferred,
            either(
                report.deferred,
                "waits for a time of its own",
                "wait for a time of theirs",
            ),
        ),
        (
            report.conflicts,
            "in conflict; see `pulse-sync conflicts list`",
        ),
        (report.held, "held by the guard; see `pulse-sync held list`"),
        (report.in_doubt, "unclear; being looked for"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        say!("  {count} {what}");
    }
    for line in &report.notes {
        say!("  note: {}", Shown::line(line));
    }
    for line in &report.errors {
        say!("  error: {}", Shown::line(line));
    }
    // What could not be listed, or was denied, is among the errors.
    let went_on = |stop: &&Stop| !report.unlisted.contains(stop) && !report.denied.contains(stop);
    if let Some(stop) = report.stopped.as_ref().filter(went_on) {
        say!("  stopped: {}", Shown::line(&why(stop)));
    }
}

/// Says on stderr why a run failed, so that whoever throws the report away sees it.
fn complain(report: &Report) {
    if let Some(stop) = report.stopped.as_ref().filter(|stop| stop.is_failure()) {
        eprintln!(
            "error: {}: {}",
            Shown::line(&report.link),
            Shown::line(&why(stop))
        );
    }
}

/// Why a run ended early, for people.
pub fn why(stop: &Stop) -> String {
    match stop {
        Stop::MaxItems => "the writes of one run are used up (MAX_ITEMS_PER_SYNC)".to_owned(),
        Stop::Limited { until, reason, .. } => format!("{reason}, until {}", json::time(*until)),
        Stop::Side { message, .. } | Stop::Store { message, .. } => message.clone(),
        Stop::Paused => "paused; `pulse-sync resume` goes on".to_owned(),
        Stop::Ending => "told to end; what is left goes on with the next start".to_owned(),
        Stop::Busy { holder, until } => format!(
            "{holder} runs this link, until {} at most",
            json::time(*until)
        ),
        Stop::InDoubt => {
            "several answers were lost in a row; a service is ill. Look-ups go on with the next run"
                .to_owned()
        }
    }
}
