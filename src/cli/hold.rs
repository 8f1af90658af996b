//! `hold` and `release`: nothing of an item is written until the user says so.

use anyhow::bail;
use serde_json::json;

use super::args::HoldOptions;
use super::exit::Exit;
use super::held::retried;
use super::json;
use super::wire::Setup;
use crate::shown::Shown;
use crate::store::Store;
use crate::store::sqlite::Access;

/// Holds an item, or releases it. It is the same answer when it stood so already.
pub async fn run(setup: &Setup, options: &HoldOptions, on: bool) -> anyhow::Result<Exit> {
    let engine = setup.engine(setup.store(Access::Beside)?, Box::new(|_| {}));
    let links = setup.links(None)?;
    let mut found = None;
    for link in &links {
        found = engine.named(&link.name, &options.item).await?;
        if found.is_some() {
            break;
        }
    }
    let Some(pair) = found else {
        bail!(
            "there is no item {}; write it as owner/repo#12, as `status` and `history` do. One that no pass has seen \
             yet is known after `pulse-sync sync --once`",
            options.item
        );
    };
    let changed = retried(async || engine.hold(&pair.id, on).await).await?;
    engine.ring().await?;
    let pair = engine.store.pair(&pair.id).await?.unwrap_or(pair);
    if options.json {
        say!(
            "{}",
            json!({
                "item": pair.name(),
                "title": pair.title,
                "link": pair.link,
                "held_since": pair.held_since.map(json::time),
                "changed": changed,
            })
        );
        return Ok(Exit::Done);
    }
    let name = Shown::line(pair.name());
    match pair.held_since {
        Some(since) => say!(
            "{name} is held by you since {}: nothing of it is written until `pulse-sync release {name}`",
            json::time(since)
        ),
        None if changed => say!("{name} is released; the next pass goes on with it"),
        None => say!("{name} was not held by you"),
    }
    Ok(Exit::Done)
}
