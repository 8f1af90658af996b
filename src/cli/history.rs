//! `history`: what happened, newest first.

use anyhow::Context;

use super::args::HistoryOptions;
use super::clock::now;
use super::exit::Exit;
use super::json;
use super::wire::Setup;
use crate::core::{Outcome, Record, RecordKind, Time};
use crate::shown::Shown;
use crate::store::AnyStore;
use crate::store::{HistoryQuery, Store, StoreError, Which};

/// How many open writes are shown at most.
const OPEN: usize = 1_000;

/// Prints the history from the store.
pub async fn run(setup: &Setup, options: &HistoryOptions) -> anyhow::Result<Exit> {
    let store = setup.store_to_look()?;
    let since = match &options.since {
        Some(text) => {
            let age = humantime::parse_duration(text)
                .with_context(|| format!("`--since {text}` is no duration; try 1d or 2h"))?;
            Some(now().minus(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)))
        }
        None => None,
    };
    let outcomes = if options.failed {
        vec![
            Outcome::Failed,
            Outcome::Refused,
            Outcome::InDoubt,
            Outcome::Held,
        ]
    } else {
        Vec::new()
    };
    let query = HistoryQuery {
        since,
        outcomes,
        // A write that ended has a record of its own; the one of its beginning would show it twice.
        kinds: vec![
            RecordKind::Write,
            RecordKind::Conflict,
            RecordKind::Item,
            RecordKind::Run,
        ],
        limit: options.limit,
        ..HistoryQuery::default()
    };
    let mut records = store.history(&query).await?;
    if !options.failed {
        for link in &setup.config.links {
            records.extend(open_writes(&store, &link.name, since).await?);
        }
        records.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        records.truncate(options.limit);
    }
    if options.json {
        say!(
            "{}",
            serde_json::Value::Array(records.iter().map(json::record).collect())
        );
        return Ok(Exit::Done);
    }
    records.iter().for_each(print);
    if records.is_empty() {
        say!("{}", why_empty(&store).await?);
    }
    Ok(Exit::Done)
}

/// Why there is nothing to show.
async fn why_empty(store: &AnyStore) -> Result<&'static str, StoreError> {
    let any = HistoryQuery {
        limit: 1,
        ..HistoryQuery::default()
    };
    Ok(if store.history(&any).await?.is_empty() {
        super::status::not_synced_yet()
    } else {
        "nothing of that kind"
    })
}

/// The beginnings of those writes of which nothing more is known yet.
async fn open_writes(
    store: &AnyStore,
    link: &str,
    since: Option<Time>,
) -> Result<Vec<Record>, StoreError> {
    let mut open = Vec::new();
    for pair in store.pairs(link, Which::InDoubt, None, OPEN).await? {
        let Some(intent) = &pair.intent else { continue };
        let doubt = store.record_by_id(&format!("{}:doubt", intent.id)).await?;
        let begun = store
            .record_by_id(&format!("{}:intent", intent.id))
            .await?
            .filter(|record| doubt.is_none() && since.is_none_or(|since| record.at >= since));
        open.extend(begun);
    }
    Ok(open)
}

fn print(record: &Record) {
    let outcome = serde_json::to_value(record.outcome)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default();
    let side = record.side.map_or("", crate::core::Side::name);
    say!(
        "{}  {:<11} {:<8} {:<6} {}  {}",
        json::time(record.at),
        outcome,
        record.verb,
        side,
        Shown::line(&record.item),
        Shown::line(&record.note)
    );
    for change in record.changes.iter().take(6) {
        super::changed::print(&change.field, &change.before, &change.after, "      ");
    }
    if !record.changes.is_empty() {
        say!("      id {}", record.id);
    }
}
