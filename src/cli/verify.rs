//! `verify`: reads both sides whole, compares every mapped field, and writes nothing.

mod found;
mod judge;
mod look;

use serde_json::json;

use super::args::VerifyOptions;
use super::exit::Exit;
use super::progress;
use super::wire::Setup;
use crate::store::sqlite::Access;

/// Compares both sides of each link and says what differs. It may run beside a sync.
pub async fn run(setup: &Setup, options: &VerifyOptions) -> anyhow::Result<Exit> {
    let chosen = setup.links(options.link.as_deref())?;
    let store = setup.store(Access::Read)?;
    let (links, budgets) = setup.connect(&chosen, &store).await?;
    let sink = progress::sink(options.json);
    let mut all = Vec::new();
    for link in &links {
        all.push(look::compare(link, &store, &*sink).await?);
    }
    drop(sink);
    drop(store);
    // A running sync has the store to itself; it keeps its own account of what is spent.
    if let Ok(store) = setup.store_to_plan() {
        budgets.save(&store).await;
    }
    if options.json {
        let found: Vec<_> = all.iter().map(found::Found::json).collect();
        say!("{}", json!({"links": found}));
    } else {
        all.iter().for_each(found::Found::print);
    }
    Ok(all
        .iter()
        .map(found::Found::exit)
        .fold(Exit::Done, Exit::and))
}
