//! `status`: how the links stand, from the store alone.

use serde_json::json;

use super::args::StatusOptions;
use super::clock::now;
use super::exit::Exit;
use super::json;
use super::wire::Setup;
use crate::core::{PairLife, RecordKind, Time};
use crate::engine::run::PAUSE;
use crate::shown::Shown;
use crate::store::sqlite::{Access, SqliteStore};
use crate::store::{Counts, HistoryQuery, Store, Which};

/// One link's standing.
struct Standing {
    name: String,
    counts: Counts,
    last: Option<(Time, String)>,
    aside: Vec<(String, String)>,
}

/// How many items that were set aside are named.
const NAMED: usize = 20;

/// Prints the counts of every link and the age of what is said.
pub async fn run(setup: &Setup, options: &StatusOptions) -> anyhow::Result<Exit> {
    let links = setup.links(None)?;
    let store = setup.store(Access::Read)?;
    let paused = store
        .setting(PAUSE)
        .await?
        .and_then(|since| since.parse().ok())
        .map(Time);
    let mut standings = Vec::new();
    for link in links {
        standings.push(standing(&store, &link.name).await?);
    }
    let errors = store.errors(true, 20).await?;
    if options.json {
        let links: Vec<_> = standings
            .iter()
            .map(|s| {
                let age = s.last.as_ref().map(|(at, _)| now().since(*at) / 1_000);
                let last = s.last.as_ref().map(
                    |(at, note)| json!({"at": json::time(*at), "age_seconds": age, "note": note}),
                );
                let aside = s.aside.iter();
                let aside: Vec<_> = aside
                    .map(|(item, why)| json!({"item": item, "reason": why}))
                    .collect();
                json!({"link": s.name, "counts": s.counts, "last_run": last, "set_aside": aside})
            })
            .collect();
        say!(
            "{}",
            json!({"links": links, "paused_since": paused.map(json::time), "errors": errors})
        );
        return Ok(Exit::Done);
    }
    if let Some(since) = paused {
        say!(
            "paused since {}; `pulse-sync resume` goes on",
            json::time(since)
        );
    }
    for standing in &standings {
        print(standing);
    }
    for entry in &errors {
        say!(
            "  {} x{}: {}",
            Shown::line(&entry.scope),
            entry.count,
            Shown::line(&entry.message)
        );
    }
    Ok(Exit::Done)
}

async fn standing(store: &SqliteStore, link: &str) -> anyhow::Result<Standing> {
    let query = HistoryQuery {
        kinds: vec![RecordKind::Run],
        limit: 50,
        ..HistoryQuery::default()
    };
    let runs = store.history(&query).await?;
    let last = runs
        .into_iter()
        .find(|run| run.link == link)
        .map(|run| (run.at, run.note));
    Ok(Standing {
        name: link.to_owned(),
        counts: store.counts(link).await?,
        last,
        aside: set_aside(store, link).await?,
    })
}

/// The first of the items that wait for a person, with the reason.
async fn set_aside(store: &SqliteStore, link: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut aside = Vec::new();
    let mut after = None;
    loop {
        let pairs = store
            .pairs(link, Which::Troubled, after.as_ref(), 200)
            .await?;
        let Some(last) = pairs.last() else { break };
        after = Some(last.id.clone());
        aside.extend(pairs.iter().filter_map(|pair| match &pair.life {
            PairLife::Parked(why) => Some((pair.name().to_owned(), why.clone())),
            _ => None,
        }));
        if aside.len() >= NAMED {
            break;
        }
    }
    aside.truncate(NAMED);
    Ok(aside)
}

fn print(standing: &Standing) {
    let counts = &standing.counts;
    say!(
        "{}: {} in step, {} queued",
        Shown::line(&standing.name),
        counts.active,
        counts.queued
    );
    say!(
        "  {} conflicts, {} held, {} unclear, {} set aside, {} known on one side only",
        counts.conflicted,
        counts.held,
        counts.in_doubt,
        counts.parked,
        counts.new
    );
    for (item, why) in &standing.aside {
        say!("  set aside: {}: {}", Shown::line(item), Shown::line(why));
    }
    match &standing.last {
        Some((at, note)) => say!(
            "  last run {} ago: {}",
            age(now().since(*at)),
            Shown::line(note)
        ),
        None => say!("  no run yet"),
    }
}

/// A duration in the two largest units.
pub fn age(ms: i64) -> String {
    let seconds = u64::try_from(ms / 1_000).unwrap_or(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}
