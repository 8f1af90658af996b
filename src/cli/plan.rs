//! `plan`: what a pass would write, and why.

use std::collections::BTreeSet;

use serde_json::json;

use super::args::PlanOptions;
use super::attention::Attention;
use super::clock::now;
use super::exit::Exit;
use super::wire::Setup;
use super::{json, progress};
use crate::core::plan::Move;
use crate::core::{Action, FieldKey, Pair, Time, told};
use crate::engine::run::Planned;
use crate::engine::{Ask, Report};
use crate::shown::Shown;
use crate::store::AnyStore;
use crate::store::{Store, StoreError, Which};
use crate::ui::text::{counted, either};

/// As good as all items.
const MANY: usize = 100_000;

/// Plans each link and prints the plans.
pub async fn run(setup: &Setup, options: &PlanOptions) -> anyhow::Result<Exit> {
    let chosen = setup.links(options.link.as_deref())?;
    let store = setup.store_to_plan()?;
    let (links, budgets) = setup.connect(&chosen, &store).await?;
    let engine = setup.engine(store, progress::sink(options.json));
    let (mut exit, mut all, mut reports) = (Exit::Done, Vec::new(), Vec::new());
    let (mut waiting, mut stuck) = (Vec::new(), Vec::new());
    for link in &links {
        // What the plan noted down is looked at below.
        engine.store.plan_begins(&link.spec.name).await?;
        let (report, planned) = engine.plan(link, &Ask::default()).await;
        if report.stopped.is_some() {
            exit = exit.and(Exit::of(&report));
        }
        let counts = engine.store.counts(&link.spec.name).await?;
        stuck.push(Attention::of(&engine.store, &link.spec.name, &counts).await?);
        waiting.extend(who_waits(&engine.store, &link.spec.name, &planned).await?);
        engine.store.plan_ends();
        all.extend(planned.into_iter().filter(is_shown));
        reports.push(report);
    }
    budgets.save(&engine.store).await;
    let found = Found {
        all,
        waiting,
        stuck,
        reports,
    };
    if options.json {
        say!("{}", found.json());
    } else {
        found.print();
    }
    // What the user holds waits by the user's own wish, for nobody and nothing else.
    let is_idle = found.all.is_empty() && found.waiting.iter().all(|one| one.is_held_by_you);
    Ok(exit.and(
        if is_idle && !found.stuck.iter().any(Attention::needs_a_person) {
            Exit::Done
        } else {
            Exit::Waits
        },
    ))
}

/// What a plan shows of all links.
struct Found {
    /// What would be written, or asked.
    all: Vec<Planned>,
    /// What has no turn now.
    waiting: Vec<Waits>,
    /// What needs a person, by link.
    stuck: Vec<Attention>,
    reports: Vec<Report>,
}

impl Found {
    fn json(&self) -> serde_json::Value {
        let plans = self.all.iter().map(json::planned).collect();
        let waiting = self.waiting.iter().map(Waits::json).collect();
        json::plan(&self.reports, &self.stuck, plans, waiting)
    }

    fn print(&self) {
        self.all.iter().for_each(print);
        self.waiting.iter().for_each(Waits::print);
        self.stuck.iter().for_each(Attention::print);
        let steps: usize = self.all.iter().map(|one| one.plan.steps.len()).sum();
        say!(
            "{}, {}, {}, {} {}, {} set aside, {} refused",
            counted(self.all.len(), "item"),
            counted(steps, "write"),
            counted(self.all.iter().map(conflicts).sum::<usize>(), "conflict"),
            self.waiting.len(),
            either(self.waiting.len(), "waits", "wait"),
            self.stuck.iter().map(Attention::set_aside).sum::<usize>(),
            self.stuck.iter().map(Attention::refused).sum::<usize>()
        );
        for note in self.reports.iter().flat_map(|report| &report.notes) {
            say!("note: {}", Shown::line(note));
        }
        let stopped = self.reports.iter();
        for stop in stopped.filter_map(|report| report.stopped.as_ref()) {
            say!("stopped: {}", Shown::line(&super::sync::why(stop)));
        }
    }
}

/// An item that has no turn now, and why.
struct Waits {
    item: String,
    title: String,
    until: Option<Time>,
    why: String,
    is_held_by_you: bool,
}

impl Waits {
    fn json(&self) -> serde_json::Value {
        json!({
            "item": self.item,
            "title": self.title,
            "until": self.until.map(json::time),
            "why": self.why,
        })
    }

    fn print(&self) {
        let until = self
            .until
            .map(|at| format!(", until {}", json::time(at)))
            .unwrap_or_default();
        say!(
            "{}  {}\n  waits: {}{until}",
            Shown::line(&self.item),
            Shown::line(&self.title),
            Shown::line(&self.why)
        );
    }
}

/// What a pass would leave for later: written a moment ago, held, in conflict, or by its own plan.
async fn who_waits(
    store: &AnyStore,
    link: &str,
    planned: &[Planned],
) -> Result<Vec<Waits>, StoreError> {
    let mut pairs = store.due(link, Time(i64::MAX), MANY).await?;
    for which in [
        Which::Held,
        Which::HeldByUser,
        Which::InDoubt,
        Which::Conflicted,
    ] {
        pairs.extend(store.pairs(link, which, None, MANY).await?);
    }
    let mut seen = BTreeSet::new();
    let mut waiting = Vec::new();
    for pair in pairs
        .into_iter()
        .filter(|pair| seen.insert(pair.id.clone()))
    {
        let plan = planned.iter().find(|one| one.pair == pair.id);
        if let Some((until, why)) = why(&pair, plan) {
            waiting.push(Waits {
                item: pair.name().to_owned(),
                title: pair.title.clone(),
                until,
                why,
                is_held_by_you: pair.held_since.is_some() && pair.intent.is_none(),
            });
        }
    }
    Ok(waiting)
}

fn why(pair: &Pair, planned: Option<&Planned>) -> Option<(Option<Time>, String)> {
    let later = planned.and_then(|one| {
        one.plan.moves.iter().find_map(|mv| match mv {
            // What else is written of the item does not end this wait.
            Move::Unseen(side, field) => Some((None, told::unseen(*side, field))),
            Move::Later(at, why) if one.plan.steps.is_empty() => Some((Some(*at), why.clone())),
            _ => None,
        })
    });
    // Its last turn left it waiting, and the plan has nothing to write for it either.
    let is_stuck = pair.dirty_since.is_some() && pair.tries > 0;
    let is_planned = planned.is_some_and(|one| !one.plan.steps.is_empty());
    let stuck = pair.last_error.clone().filter(|_| is_stuck && !is_planned);
    let stuck = stuck.map(|why| (pair.next_try, why));
    let open = pair
        .conflicts
        .iter()
        .filter(|conflict| conflict.choice.is_none());
    let chosen = match open.count() {
        0 => None,
        some => Some((
            None,
            format!(
                "{} {} for you (`pulse-sync conflicts list`)",
                counted(some, "conflict"),
                either(some, "waits", "wait")
            ),
        )),
    };
    super::item::waits(pair, now())
        .or(later)
        .or(chosen)
        .or(stuck)
}

/// Whether there is something to do or to ask.
pub(super) fn is_shown(planned: &Planned) -> bool {
    let says = planned.is_adopted() || planned.question().is_some();
    says || !planned.plan.steps.is_empty() || conflicts(planned) > 0
}

/// How many conflicts a pass would open.
pub(super) fn conflicts(planned: &Planned) -> usize {
    planned
        .plan
        .moves
        .iter()
        .filter(|mv| matches!(mv, Move::Open(_)))
        .count()
}

fn print(planned: &Planned) {
    say!(
        "{}  {}",
        Shown::line(&planned.item),
        Shown::line(&planned.title)
    );
    if let Some(why) = planned.question() {
        say!("  needs you: {}", Shown::line(why));
    } else if planned.is_adopted() {
        say!("  adopts the page that says that it is of this item (I18)");
    }
    for step in &planned.plan.steps {
        say!("  {} on {} ({:?})", step.verb(), step.side.name(), step.row);
        match &step.action {
            Action::Create(draft) => {
                let title = draft
                    .fields
                    .get(&FieldKey::TITLE)
                    .map(|title| title.brief(60))
                    .unwrap_or_default();
                say!(
                    "    {} with {}",
                    Shown::line(&title),
                    counted(draft.fields.len(), "field")
                );
            }
            _ => {
                for change in step.changes() {
                    super::changed::print(&change.field, &change.pre, &change.new, "    ");
                }
            }
        }
    }
    for mv in &planned.plan.moves {
        if let Move::Open(conflict) = mv {
            let (github, notion) = (conflict.github.brief(40), conflict.notion.brief(40));
            say!(
                "  conflict: {}: GitHub {}, Notion {}",
                conflict.note,
                Shown::line(&github),
                Shown::line(&notion)
            );
        }
    }
}
