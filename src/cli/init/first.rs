//! The first plan, and after a yes the first sync.

use super::ask::Asker;
use super::paragraph;
use crate::cli::args::Args;
use crate::cli::attention::Attention;
use crate::cli::exit::Exit;
use crate::cli::wire::{RealEngine, RealLink, Setup};
use crate::cli::{plan, progress, sync};
use crate::core::{Action, Side};
use crate::engine::run::Planned;
use crate::engine::{Ask, Report, Stop};
use crate::shown::Shown;
use crate::store::Store;
use crate::store::sqlite::Access;

/// So many lines of one kind are shown.
const SHOWN: usize = 5;
/// More runs than any first import needs.
const RUNS: usize = 100_000;

/// Shows the plan; writes it after a yes.
pub async fn run(setup: &Setup, args: &Args, asker: &Asker, apply: bool) -> anyhow::Result<Exit> {
    let _log = setup.start_log(args, None)?;
    let chosen = setup.links(None)?;
    let store = setup.store(Access::Own)?;
    let (links, budgets) = setup.connect(&chosen, &store).await?;
    let engine = setup.engine(store, budgets.watch(progress::sink(false)));
    let mut exit = Exit::Done;
    for link in &links {
        let work = Box::pin(first(&engine, link, asker, apply));
        exit = exit.and(budgets.during(&engine.store, work).await?);
    }
    Ok(exit)
}

async fn first(
    engine: &RealEngine,
    link: &RealLink,
    asker: &Asker,
    apply: bool,
) -> anyhow::Result<Exit> {
    let (report, planned) = engine.plan(link, &Ask::default()).await;
    let told = Told::of(&planned);
    told.print(&planned);
    for note in &report.notes {
        paragraph(&format!("note: {note}"));
    }
    for error in &report.errors {
        say!("  error: {}", Shown::line(error));
    }
    if let Some(stop) = &report.stopped {
        say!(
            "The plan could not be finished: {}",
            Shown::line(&sync::why(stop))
        );
        say!(
            "Nothing was written to either service. `pulse-sync doctor` shows what is in the way."
        );
        return Ok(Exit::of(&report));
    }
    if told.is_idle() {
        say!("Everything is in step already.");
        return Ok(Exit::Done);
    }
    let is_agreed = apply || (asker.is_terminal() && asker.agree("Write this now?", "--apply")?);
    if !is_agreed {
        say!(
            "Nothing was written to either service. `pulse-sync plan` shows every item; `pulse-sync sync --once` (or \
             --apply here) writes it."
        );
        return Ok(Exit::Waits);
    }
    write(engine, link).await
}

/// Runs until nothing is left that could be written now.
async fn write(engine: &RealEngine, link: &RealLink) -> anyhow::Result<Exit> {
    let mut last = Report::default();
    for _ in 0..RUNS {
        let mut report = engine.run(link, &Ask::default()).await;
        let wrote = report.writes.github + report.writes.notion;
        let goes_on = matches!(report.stopped, None | Some(Stop::MaxItems)) && report.backlog > 0;
        report.writes.github += last.writes.github;
        report.writes.notion += last.writes.notion;
        report.requests.github += last.requests.github;
        report.requests.notion += last.requests.notion;
        last = report;
        if !goes_on || wrote == 0 {
            break;
        }
    }
    sync::print(&last);
    let counts = engine.store.counts(&link.spec.name).await?;
    let attention = Attention::of(&engine.store, &link.spec.name, &counts).await?;
    attention.print();
    let exit = Exit::of(&last);
    Ok(if attention.needs_a_person() {
        exit.and(Exit::Waits)
    } else {
        exit
    })
}

/// What a plan comes to, counted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    /// New objects, by side.
    created: [usize; 2],
    /// Objects that are changed and were not adopted, by side.
    changed: [usize; 2],
    /// Pages of people's that become items' pages.
    adopted: usize,
    /// Conflicts that would be opened.
    conflicts: usize,
    /// Items that wait for a person's answer.
    questions: usize,
}

impl Told {
    fn of(planned: &[Planned]) -> Self {
        let mut told = Self::default();
        for one in planned {
            told.questions += usize::from(one.question().is_some());
            told.adopted += usize::from(one.is_adopted());
            told.conflicts += plan::conflicts(one);
            for side in Side::BOTH {
                let steps = || one.plan.steps.iter().filter(|step| step.side == side);
                let creates = steps().any(|step| matches!(step.action, Action::Create(_)));
                let at = side as usize;
                told.created[at] += usize::from(creates);
                let changes = !creates && steps().next().is_some();
                let is_page = side == Side::Notion && one.is_adopted();
                told.changed[at] += usize::from(changes && !is_page);
            }
        }
        told
    }

    fn is_idle(&self) -> bool {
        *self == Self::default()
    }

    fn print(&self, planned: &[Planned]) {
        say!("\nThe first plan (nothing is written yet):");
        let [on_github, in_notion] = self.created;
        let [issues, pages] = self.changed;
        let lines = [
            (in_notion, "pages created in Notion"),
            (
                self.adopted,
                "pages of yours adopted: they get what they lack, and none is made beside them",
            ),
            (pages, "other pages changed in Notion"),
            (on_github, "issues created on GitHub"),
            (issues, "issues or pull requests changed on GitHub"),
            (
                self.conflicts,
                "conflicts: both sides say something else, and you are asked",
            ),
            (
                self.questions,
                "questions: several pages say that they are of one item",
            ),
        ];
        for (count, what) in lines.into_iter().filter(|(count, _)| *count > 0) {
            say!("  {count:>5}  {what}");
        }
        let adopted = planned.iter().filter(|one| one.is_adopted());
        for one in adopted.clone().take(SHOWN) {
            say!(
                "  adopts the page of {}  {}",
                Shown::line(&one.item),
                Shown::line(&one.title)
            );
        }
        if let Some(more @ 1..) = adopted.count().checked_sub(SHOWN) {
            say!("  and of {more} more");
        }
        for one in planned {
            if let Some(why) = one.question() {
                paragraph(&format!("{}: {why}", one.item));
            }
        }
    }
}
