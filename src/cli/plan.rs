//! `plan`: what a pass would write, and why.

use serde_json::json;

use super::args::PlanOptions;
use super::exit::Exit;
use super::wire::Setup;
use super::{json, progress};
use crate::core::plan::Move;
use crate::core::{Action, FieldKey};
use crate::engine::Ask;
use crate::engine::run::Planned;
use crate::shown::Shown;
use crate::store::sqlite::Access;

/// Plans each link and prints the plans.
pub async fn run(setup: &Setup, options: &PlanOptions) -> anyhow::Result<Exit> {
    let chosen = setup.links(options.link.as_deref())?;
    let store = setup.store(Access::Own)?;
    let (links, budgets) = setup.connect(&chosen, &store).await?;
    let engine = setup.engine(store, progress::sink(options.json));
    let (mut exit, mut all, mut reports) = (Exit::Done, Vec::new(), Vec::new());
    for link in &links {
        let (report, planned) = engine.plan(link, &Ask::default()).await;
        if report.stopped.is_some() {
            exit = exit.and(Exit::of(&report));
        }
        all.extend(
            planned
                .into_iter()
                .filter(|one| !one.plan.steps.is_empty() || conflicts(one) > 0),
        );
        reports.push(report);
    }
    budgets.save(&engine.store).await;
    if options.json {
        let plans: Vec<_> = all.iter().map(json::planned).collect();
        say!("{}", json!({"items": plans, "reports": reports}));
    } else {
        all.iter().for_each(print);
        let steps: usize = all.iter().map(|one| one.plan.steps.len()).sum();
        say!(
            "{} items, {steps} writes, {} conflicts",
            all.len(),
            all.iter().map(conflicts).sum::<usize>()
        );
        for report in reports.iter().filter_map(|report| report.stopped.as_ref()) {
            say!("stopped: {}", Shown::line(&super::sync::why(report)));
        }
    }
    Ok(exit.and(if all.is_empty() {
        Exit::Done
    } else {
        Exit::Waits
    }))
}

fn conflicts(planned: &Planned) -> usize {
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
                    "    {} with {} fields",
                    Shown::line(&title),
                    draft.fields.len()
                );
            }
            _ => {
                for change in step.changes() {
                    let (pre, new) = (change.pre.brief(40), change.new.brief(40));
                    say!(
                        "    {}: {} -> {}",
                        change.field,
                        Shown::line(&pre),
                        Shown::line(&new)
                    );
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
