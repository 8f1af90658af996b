//! `undo`: shows the reverse plan, then does it.

use super::args::UndoOptions;
use super::exit::Exit;
use super::wire::{RealEngine, RealLink, Setup};
use crate::core::decide::is_choice_refused;
use crate::core::{Pair, PairId, Side};
use crate::engine::Ask;
use crate::engine::answers::{ALREADY, AnswerError, PutBack};
use crate::engine::report::PerSide;
use crate::shown::Shown;
use crate::store::Store;
use crate::store::sqlite::Access;

/// Passes over one item at most: one for each side, and one that finds nothing left.
const PASSES: usize = 3;

/// Puts back what a record overwrote.
pub async fn run(setup: &Setup, options: &UndoOptions) -> anyhow::Result<Exit> {
    let chosen = setup.links(None)?;
    let store = setup.store(Access::Beside)?;
    let (links, budgets) = setup.connect(&chosen, &store).await?;
    let engine = setup.engine(store, super::progress::sink(false));
    let work = Box::pin(undo(&engine, &links, options));
    if engine.store.is_beside() {
        // The account of what is spent is the owner's.
        return work.await;
    }
    budgets.during(&engine.store, work).await
}

/// Undoes it in the link that knows the record.
async fn undo(
    engine: &RealEngine,
    links: &[RealLink],
    options: &UndoOptions,
) -> anyhow::Result<Exit> {
    let mut last: Option<AnswerError> = None;
    for link in links {
        open(engine, link).await;
        match engine.undo_plan(link, &options.record).await {
            Ok((pair, backs)) => {
                print(&pair, &backs);
                if backs.iter().all(|back| back.refused.is_some()) {
                    return Ok(nothing_to_do(&backs));
                }
                let held = held(&pair);
                if !options.yes {
                    say!("nothing is written yet; add --yes to do it");
                    if let Some(why) = held {
                        say!("it would wait: {}", Shown::line(&why));
                    }
                    return Ok(Exit::Waits);
                }
                super::held::retried(async || engine.undo(link, &options.record).await).await?;
                if let Some(why) = held {
                    engine.ring().await?;
                    say!(
                        "nothing is written yet; the undo is kept and waits: {}",
                        Shown::line(&why)
                    );
                    return Ok(Exit::Halted);
                }
                if engine.store.is_beside() {
                    engine.ring().await?;
                    say!("kept; the pulse-sync that is running carries it out");
                    return Ok(Exit::Done);
                }
                let ask = Ask {
                    forced: true,
                    item: Some(pair.name().to_owned()),
                    ..Ask::default()
                };
                return carry_out(engine, link, &ask, &pair.id).await;
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(
        || anyhow::anyhow!("no link is configured"),
        anyhow::Error::from,
    ))
}

/// Why nothing of an item is written, undo or not, until a person says so.
fn held(pair: &Pair) -> Option<String> {
    let by_guard = pair.hold.as_ref().filter(|hold| !hold.agreed);
    if pair.held_since.is_none() && by_guard.is_none() {
        return None;
    }
    let why = super::item::waits(pair, super::clock::now()).map(|(_, why)| why);
    Some(match by_guard.filter(|_| pair.held_since.is_none()) {
        Some(hold) => format!(
            "{}; `pulse-sync held apply {1}` or `held keep {1}` answers it",
            why.unwrap_or_default(),
            hold.halt
        ),
        None => why.unwrap_or_default(),
    })
}

/// The adapters learn from opening what reading an item needs.
async fn open(engine: &RealEngine, link: &RealLink) {
    let nothing = Ask {
        item: Some(String::new()),
        ..Ask::default()
    };
    engine.plan(link, &nothing).await;
}

/// What it means that nothing can be put back: it is there already, or it cannot be done.
fn nothing_to_do(backs: &[PutBack]) -> Exit {
    if backs.iter().all(is_there) {
        say!("nothing to undo");
        return Exit::Done;
    }
    Exit::Failed
}

fn is_there(back: &PutBack) -> bool {
    back.refused.as_deref() == Some(ALREADY)
}

/// A pass writes to one side of an item; passes until both sides show it. Only how it ends is said: what a pass in
/// between leaves queued is not left.
async fn carry_out(
    engine: &RealEngine,
    link: &RealLink,
    ask: &Ask,
    id: &PairId,
) -> anyhow::Result<Exit> {
    let mut written = PerSide::default();
    let mut asked = PerSide::default();
    let mut errors: Vec<String> = Vec::new();
    let rest = Ask {
        forced: true,
        only: Some([id.clone()].into()),
        ..Ask::default()
    };
    let mut left = PASSES;
    loop {
        // By its name an item is tried anew, whatever was refused of it: once is enough.
        let ask = if errors.is_empty() { ask } else { &rest };
        let mut report = engine.run(link, ask).await;
        super::sync::hand_over(engine, ask, &mut report).await;
        // What was refused is told to the page by the next pass.
        let is_last = report.writes == PerSide::default() && report.errors.is_empty();
        let news = report
            .errors
            .drain(..)
            .filter(|error| !errors.contains(error));
        let news: Vec<String> = news.collect();
        errors.extend(news);
        for side in Side::BOTH {
            *written.of_mut(side) += *report.writes.of_mut(side);
            *asked.of_mut(side) += *report.requests.of_mut(side);
        }
        left -= 1;
        if left == 0 || is_last || (report.stopped.is_some() && report.unlisted.is_empty()) {
            (report.writes, report.requests) = (written, asked);
            report.errors = errors;
            // The undo itself is kept as a choice; one that still settles is no conflict to look at.
            let is_ours = |pair: &Pair| {
                let mut open = pair.conflicts.iter();
                !pair.conflicts.is_empty()
                    && open.all(|one| one.choice.is_some() && !is_choice_refused(pair, one))
            };
            let ours = engine.store.pair(id).await?.filter(is_ours);
            report.conflicts -= u64::from(ours.is_some()).min(report.conflicts);
            super::sync::print(&report);
            return Ok(Exit::of(&report));
        }
    }
}

fn print(pair: &Pair, backs: &[PutBack]) {
    say!("{}  {}", Shown::line(pair.name()), Shown::line(&pair.title));
    for back in backs {
        match &back.refused {
            Some(why) if is_there(back) => say!("  {}: {}", back.field, Shown::line(why)),
            Some(why) => say!("  {}: stays, {}", back.field, Shown::line(why)),
            None => super::changed::print(&back.field, &back.now, &back.then, "  "),
        }
        if let Some(line) = back.page_line().filter(|_| back.refused.is_none()) {
            say!("    {}", Shown::line(&line));
        }
    }
}
