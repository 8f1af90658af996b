//! `retry`: what was in the way is gone; what was refused, set aside or waits for a time is tried again.

use anyhow::bail;
use serde_json::json;

use super::args::RetryOptions;
use super::exit::Exit;
use super::wire::Setup;
use crate::shown::Shown;
use crate::store::sqlite::Access;
use crate::ui::text::{counted, either};

/// How many names are printed; JSON has all of them.
const SHOWN: usize = 20;

/// Lets one item, or all that are stuck, be tried again by the next pass, also beside a pulse-sync that runs.
pub async fn run(setup: &Setup, options: &RetryOptions) -> anyhow::Result<Exit> {
    let engine = setup.engine(setup.store(Access::Beside)?, Box::new(|_| {}));
    let mut retried = Vec::new();
    let (mut is_known, mut is_in_step) = (false, false);
    for link in setup.links(None)? {
        let only = match &options.item {
            Some(item) => match engine.named(&link.name, item).await? {
                Some(pair) => {
                    is_in_step = pair.is_in_step();
                    Some(pair.id)
                }
                None => continue,
            },
            None => None,
        };
        is_known = true;
        retried.extend(engine.retry(&link.name, only.as_ref()).await?);
    }
    if let Some(item) = options.item.as_ref().filter(|_| !is_known) {
        bail!("{item} is not known; write it as owner/repo#12, as `status` and `history` do");
    }
    engine.ring().await?;
    tell(&retried, is_in_step, options);
    Ok(Exit::Done)
}

fn tell(retried: &[String], is_in_step: bool, options: &RetryOptions) {
    if options.json {
        say!("{}", json!({"retried": retried.len(), "items": retried}));
        return;
    }
    for item in retried.iter().take(SHOWN) {
        say!("  {}", Shown::line(item));
    }
    if retried.len() > SHOWN {
        say!("  and {} more", retried.len() - SHOWN);
    }
    match (retried.len(), &options.item) {
        (0, Some(item)) if is_in_step => say!(
            "{} is in step: 0 items, nothing of it waits to be tried again",
            Shown::line(item)
        ),
        (0, Some(item)) => say!(
            "{} is held, unclear or no longer linked; `pulse-sync status` says how it stands",
            Shown::line(item)
        ),
        (count, _) => say!(
            "{}; the next pass tries {} again",
            counted(count, "item"),
            either(count, "it", "them")
        ),
    }
}
