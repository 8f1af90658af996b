//! `status`: how the links stand, from the store alone.

mod place;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::args::StatusOptions;
use super::attention::Attention;
use super::clock::now;
use super::exit::Exit;
use super::json;
use super::wire::Setup;
use crate::core::{RecordKind, Time};
use crate::engine::lease_name;
use crate::engine::run::{PAUSE, why_paused};
use crate::shown::Shown;
use crate::store::AnyStore;
use crate::store::{Counts, HistoryQuery, Store};
use crate::ui::text::counted;

/// One link's standing.
struct Standing {
    name: String,
    counts: Counts,
    attention: Attention,
    /// Fields that are not kept in step, and why, with what to do.
    paused: BTreeMap<String, String>,
    last: Option<(Time, String)>,
    /// Who runs it now.
    led_by: Option<String>,
}

impl Standing {
    /// The link, for scripts.
    fn json(&self) -> Json {
        let last = self.last.as_ref().map(|(at, note)| {
            let age = now().since(*at) / 1_000;
            json!({"at": json::time(*at), "age_seconds": age, "note": note})
        });
        json!({
            "link": self.name,
            "counts": self.counts,
            "in_step": self.attention.in_step,
            "set_aside": self.attention.parked_json(),
            "refused": self.attention.refused_json(),
            "held_by_you": self.attention.by_user_json(),
            "paused": self.paused_json(),
            "led_by": self.led_by,
            "last_run": last,
        })
    }

    /// The paused fields, for scripts.
    fn paused_json(&self) -> Vec<Json> {
        let line = |(field, reason): (&String, &String)| json!({"field": field, "reason": reason});
        self.paused.iter().map(line).collect()
    }
}

/// Prints the counts of every link and the age of what is said.
pub async fn run(setup: &Setup, options: &StatusOptions) -> anyhow::Result<Exit> {
    let links = setup.links(None)?;
    let store = setup.store_to_look()?;
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
    let place = place::of(setup, &store).await;
    if options.json {
        let links: Vec<_> = standings.iter().map(Standing::json).collect();
        say!(
            "{}",
            json!({
                "links": links,
                "paused_since": paused.map(json::time),
                "errors": errors.iter().map(json::error).collect::<Vec<_>>(),
                "store": place.json(),
            })
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
    if standings.iter().all(|standing| standing.last.is_none()) {
        say!("{}", not_synced_yet());
    }
    for entry in &errors {
        say!(
            "  {} x{}: {}",
            Shown::line(&entry.scope),
            entry.count,
            Shown::line(&entry.message)
        );
    }
    if let Some(line) = place.line() {
        say!("{}", Shown::line(&line));
    }
    Ok(Exit::Done)
}

/// That there is nothing to tell yet, and what to do about that.
pub const fn not_synced_yet() -> &'static str {
    "nothing has been synced yet: `pulse-sync plan` shows what a sync would do, `pulse-sync sync --once` does it once, \
     `pulse-sync` or `pulse-sync run` keeps at it"
}

async fn standing(store: &AnyStore, link: &str) -> anyhow::Result<Standing> {
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
    let counts = store.counts(link).await?;
    let leased = store.leased(&lease_name(link), now()).await?;
    let paused = store.setting(&why_paused(link)).await?;
    let paused = paused.and_then(|text| serde_json::from_str(&text).ok());
    Ok(Standing {
        name: link.to_owned(),
        counts,
        paused: paused.unwrap_or_default(),
        attention: Attention::of(store, link, &counts).await?,
        last,
        led_by: leased.map(|lease| lease.holder),
    })
}

fn print(standing: &Standing) {
    let counts = &standing.counts;
    say!(
        "{}: {} in step, {} queued",
        Shown::line(&standing.name),
        standing.attention.in_step,
        counts.queued_only()
    );
    say!(
        "  {}, {} held, {} unclear, {} set aside, {} refused, {} known on one side only",
        counted(counts.conflicted, "conflict"),
        counts.held,
        counts.in_doubt,
        counts.parked,
        standing.attention.refused(),
        counts.new
    );
    for (field, reason) in &standing.paused {
        say!("  paused: {}: {}", Shown::line(field), Shown::line(reason));
    }
    standing.attention.print();
    if let Some(holder) = &standing.led_by {
        say!("  {} runs it", Shown::line(holder));
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
