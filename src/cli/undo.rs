//! `undo`: shows the reverse plan, then does it.

use serde_json::{Value as Json, json};

use super::args::UndoOptions;
use super::exit::Exit;
use super::json;
use super::sync::{Doer, LOOKED_AGAIN, WAITED_FOR, wait_for_leader};
use super::wire::{RealEngine, RealLink, Setup};
use crate::core::decide::is_choice_refused;
use crate::core::{Pair, PairId, Side};
use crate::engine::answers::{ALREADY, AnswerError, PutBack};
use crate::engine::report::PerSide;
use crate::engine::{Ask, Report};
use crate::shown::Shown;
use crate::store::Store;
use crate::store::sqlite::Access;

/// Passes over one item at most: one for each side, and one that finds nothing left.
const PASSES: usize = 3;

/// What an undo would put back.
struct Planned<'a> {
    record: &'a str,
    pair: Pair,
    backs: Vec<PutBack>,
}

/// What became of it.
enum Outcome {
    /// Both sides show the former values already.
    Nothing,
    /// None of them can be put back.
    Refused,
    /// It was only shown; why it would wait, if it would.
    Shown(Option<String>),
    /// It is kept, and waits for a person; why.
    Held(String),
    /// It is kept; the process that has the store carries it out.
    Kept,
    /// A pass carried it out, here or where the link runs.
    Ran(Box<Report>),
}

/// Puts back what a record overwrote.
pub async fn run(setup: &Setup, options: &UndoOptions) -> anyhow::Result<Exit> {
    let chosen = setup.links(None)?;
    let store = setup.store(Access::Beside)?;
    let (links, budgets) = setup.connect(&chosen, &store).await?;
    let engine = setup.engine(store, super::progress::sink(options.json));
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
                let planned = Planned {
                    record: &options.record,
                    pair,
                    backs,
                };
                if !options.json {
                    planned.print();
                }
                let outcome = planned.carry_out(engine, link, options.yes).await?;
                if options.json {
                    say!("{}", planned.json(&outcome));
                } else {
                    outcome.print();
                }
                return Ok(outcome.exit());
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(
        || anyhow::anyhow!("no link is configured"),
        anyhow::Error::from,
    ))
}

impl Planned<'_> {
    /// Does it, if that was said and anything is to be done.
    async fn carry_out(
        &self,
        engine: &RealEngine,
        link: &RealLink,
        is_agreed: bool,
    ) -> anyhow::Result<Outcome> {
        if self.backs.iter().all(|back| back.refused.is_some()) {
            let is_there = self.backs.iter().all(is_there);
            return Ok(if is_there {
                Outcome::Nothing
            } else {
                Outcome::Refused
            });
        }
        let held = held(&self.pair);
        if !is_agreed {
            return Ok(Outcome::Shown(held));
        }
        super::held::retried(async || engine.undo(link, self.record).await).await?;
        if let Some(why) = held {
            engine.ring().await?;
            return Ok(Outcome::Held(why));
        }
        if engine.store.is_beside() {
            engine.ring().await?;
            return Ok(Outcome::Kept);
        }
        let ask = Ask {
            forced: true,
            item: Some(self.pair.name().to_owned()),
            ..Ask::default()
        };
        let report = carry_out(engine, link, &ask, &self.pair.id).await?;
        Ok(Outcome::Ran(Box::new(report)))
    }

    fn print(&self) {
        let pair = &self.pair;
        say!("{}  {}", Shown::line(pair.name()), Shown::line(&pair.title));
        for back in &self.backs {
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

    /// For scripts: what would be put back, and what became of it.
    fn json(&self, outcome: &Outcome) -> Json {
        let field = |back: &PutBack| {
            let goes_back = back.refused.is_none();
            json!({
                "field": back.field.as_str(),
                "now": json::value(&back.now),
                "then": goes_back.then(|| json::value(&back.then)),
                "page": back.page.as_ref().filter(|_| goes_back).map(|(now, then)| {
                    json!({"now": json::value(now), "then": json::value(then)})
                }),
                "refused": back.refused,
            })
        };
        let mut object = json(Some(self.record));
        object["link"] = json!(self.pair.link);
        object["item"] = json!(self.pair.name());
        object["title"] = json!(self.pair.title);
        object["fields"] = self.backs.iter().map(field).collect();
        object["outcome"] = json!(outcome.name());
        object["waits_for"] = json!(outcome.waits_for());
        if let Outcome::Ran(report) = outcome {
            object["errors"] = json!(report.errors);
            object["run"] = json!(report);
        }
        object
    }
}

/// The object with every key that the command promises, and nothing known but the record.
pub fn json(record: Option<&str>) -> Json {
    json!({
        "record": record,
        "link": null,
        "item": null,
        "title": null,
        "fields": [],
        "outcome": null,
        "waits_for": null,
        "errors": [],
        "run": null,
    })
}

impl Outcome {
    /// The word for scripts.
    const fn name(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Refused => "refused",
            Self::Shown(_) => "planned",
            Self::Held(_) => "held",
            Self::Kept => "kept",
            Self::Ran(_) => "ran",
        }
    }

    fn waits_for(&self) -> Option<&str> {
        match self {
            Self::Shown(why) => why.as_deref(),
            Self::Held(why) => Some(why),
            _ => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Nothing | Self::Kept => Exit::Done,
            Self::Refused => Exit::Failed,
            Self::Shown(_) => Exit::Waits,
            Self::Held(_) => Exit::Halted,
            Self::Ran(report) => Exit::of(report),
        }
    }

    fn print(&self) {
        match self {
            Self::Nothing => say!("nothing to undo"),
            Self::Refused => {}
            Self::Shown(why) => {
                say!("nothing is written yet; add --yes to do it");
                if let Some(why) = why {
                    say!("it would wait: {}", Shown::line(why));
                }
            }
            Self::Held(why) => say!(
                "nothing is written yet; the undo is kept and waits: {}",
                Shown::line(why)
            ),
            Self::Kept => say!("kept; the pulse-sync that is running carries it out"),
            Self::Ran(report) => super::sync::print(report),
        }
    }
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
) -> anyhow::Result<Report> {
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
        if let Some(number) = super::sync::hand_over(engine, ask, &mut report).await
            && !by_leader(engine, link, (number, id), &mut report).await
        {
            return Ok(report);
        }
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
            let ours = engine.store.pair(id).await?.filter(is_on_its_way);
            report.conflicts -= u64::from(ours.is_some()).min(report.conflicts);
            return Ok(report);
        }
    }
}

/// Whether all that is open of an item is a choice that is being carried out.
fn is_on_its_way(pair: &Pair) -> bool {
    let mut open = pair.conflicts.iter();
    !pair.conflicts.is_empty()
        && open.all(|one| one.choice.is_some() && !is_choice_refused(pair, one))
}

/// Waits until the machine that runs the link has carried the undo out: its first pass writes to one side, the next one
/// to the other. Where that takes too long the report says so, and the undo is kept. Says whether a pass was run here
/// instead, as that machine does not run the link any more.
async fn by_leader(
    engine: &RealEngine,
    link: &RealLink,
    (number, id): (u64, &PairId),
    report: &mut Report,
) -> bool {
    match wait_for_leader(engine, link, number, report).await {
        Doer::Here => return true,
        Doer::Leader if report.stopped.is_none() => {}
        Doer::Leader | Doer::Nobody => {
            let kept = "the undo itself is kept, and is carried out by then";
            report.notes.push(kept.to_owned());
            return false;
        }
    }
    let done = async {
        while let Some(pair) = engine.store.pair(id).await? {
            if !is_on_its_way(&pair) && pair.intent.is_none() && pair.dirty_since.is_none() {
                break;
            }
            tokio::time::sleep(LOOKED_AGAIN).await;
        }
        engine.sum_up(report).await
    };
    if let Ok(Err(error)) = tokio::time::timeout(WAITED_FOR, Box::pin(done)).await {
        report.errors.push(error.to_string());
    }
    false
}
