//! `history`: what happened, newest first.

use anyhow::Context;

use super::args::HistoryOptions;
use super::clock::now;
use super::exit::Exit;
use super::json;
use super::wire::Setup;
use crate::core::{Outcome, Record};
use crate::shown::Shown;
use crate::store::sqlite::Access;
use crate::store::{HistoryQuery, Store};

/// Prints the history from the store.
pub async fn run(setup: &Setup, options: &HistoryOptions) -> anyhow::Result<Exit> {
    let store = setup.store(Access::Read)?;
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
        limit: options.limit,
        ..HistoryQuery::default()
    };
    let records = store.history(&query).await?;
    if options.json {
        say!(
            "{}",
            serde_json::Value::Array(records.iter().map(json::record).collect())
        );
    } else {
        records.iter().for_each(print);
    }
    Ok(Exit::Done)
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
        let (before, after) = (change.before.brief(40), change.after.brief(40));
        say!(
            "      {}: {} -> {}",
            change.field,
            Shown::line(&before),
            Shown::line(&after)
        );
    }
    if !record.changes.is_empty() {
        say!("      id {}", record.id);
    }
}
