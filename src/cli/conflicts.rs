//! `conflicts`: the resolver for scripts.

use anyhow::bail;

use super::args::{ConflictsCommand, ConflictsOptions, PickName};
use super::exit::Exit;
use super::json;
use super::wire::{RealEngine, Setup};
use crate::core::{Conflict, Pair, Time, Value};
use crate::engine::answers::Pick;
use crate::shown::Shown;
use crate::store::sqlite::Access;

/// Lists, shows, or takes a side.
pub async fn run(setup: &Setup, options: &ConflictsOptions) -> anyhow::Result<Exit> {
    match &options.command {
        None => list(setup, options.json).await,
        Some(ConflictsCommand::List { json }) => list(setup, *json).await,
        Some(ConflictsCommand::Show { id, json }) => show(setup, id, *json).await,
        Some(ConflictsCommand::Take { id, pick, field }) => {
            take(setup, id, *pick, field.as_deref()).await
        }
    }
}

async fn open(setup: &Setup, engine: &RealEngine) -> anyhow::Result<Vec<(Pair, Conflict)>> {
    let mut all = Vec::new();
    for link in setup.links(None)? {
        all.extend(engine.conflicts(&link.name).await?);
    }
    Ok(all)
}

fn reader(setup: &Setup) -> anyhow::Result<RealEngine> {
    Ok(setup.engine(setup.store(Access::Read)?, Box::new(|_| {})))
}

async fn list(setup: &Setup, as_json: bool) -> anyhow::Result<Exit> {
    let all = open(setup, &reader(setup)?).await?;
    if as_json {
        say!(
            "{}",
            serde_json::Value::Array(
                all.iter()
                    .map(|(pair, conflict)| json::conflict(pair, conflict))
                    .collect()
            )
        );
    } else {
        for (pair, conflict) in &all {
            let field = conflict
                .field
                .as_ref()
                .map_or("item", |field| field.as_str());
            let state = match (&conflict.choice, pair.held_since) {
                (None, _) => "waits for you",
                (Some(_), None) => "chosen, carried out by the next pass",
                (Some(_), Some(_)) => "chosen, held by you: waits until you release the item",
            };
            say!(
                "{}  {}  {field}  {state}",
                conflict.id,
                Shown::line(pair.name())
            );
            say!("    {}", Shown::line(&pair.title));
        }
        say!("{} conflicts", all.len());
    }
    Ok(if all.is_empty() {
        Exit::Done
    } else {
        Exit::Waits
    })
}

async fn show(setup: &Setup, id: &str, as_json: bool) -> anyhow::Result<Exit> {
    let all = open(setup, &reader(setup)?).await?;
    let Some((pair, conflict)) = all.iter().find(|(_, conflict)| conflict.id == id) else {
        bail!("there is no open conflict {id}; `pulse-sync conflicts list` shows them");
    };
    if as_json {
        say!("{}", json::conflict(pair, conflict));
        return Ok(Exit::Waits);
    }
    say!("{}  {}", Shown::line(pair.name()), Shown::line(&pair.title));
    say!("{}", Shown::line(&conflict.note));
    let parts = [
        ("base", &conflict.base, String::new()),
        (
            "github",
            &conflict.github,
            whence(conflict.github_by.as_deref(), conflict.github_at),
        ),
        (
            "notion",
            &conflict.notion,
            whence(conflict.notion_by.as_deref(), conflict.notion_at),
        ),
    ];
    for (name, value, whence) in parts {
        say!("\n--- {name}{whence}");
        match value {
            Value::Text(text) => say!("{}", Shown::block(text)),
            other => say!("{}", Shown::line(&other.brief(2_000))),
        }
    }
    say!("\npulse-sync conflicts take {id} github|notion|base");
    Ok(Exit::Waits)
}

/// Who changed a side, and when, as far as that is known: ` (kim, 2026-01-02T03:04:05Z)`.
fn whence(by: Option<&str>, at: Option<Time>) -> String {
    let who = by.map(|name| Shown::line(name).to_string());
    let known: Vec<String> = who.into_iter().chain(at.map(json::time)).collect();
    if known.is_empty() {
        String::new()
    } else {
        format!(" ({})", known.join(", "))
    }
}

async fn take(
    setup: &Setup,
    id: &str,
    pick: PickName,
    field: Option<&str>,
) -> anyhow::Result<Exit> {
    let chosen = setup.links(None)?;
    let engine = setup.engine(setup.store(Access::Beside)?, Box::new(|_| {}));
    let (links, _) = setup.connect(&chosen, &engine.store).await?;
    let pick = || match pick {
        PickName::Github => Pick::Github,
        PickName::Notion => Pick::Notion,
        PickName::Base => Pick::Base,
    };
    let mut taken = 0;
    let mut held: Vec<Pair> = Vec::new();
    for link in &links {
        for (pair, conflict) in engine.conflicts(&link.spec.name).await? {
            let is_named = conflict.id == id || pair.name().eq_ignore_ascii_case(id);
            let is_field = field.is_none_or(|field| {
                conflict
                    .field
                    .as_ref()
                    .is_some_and(|key| key.as_str() == field)
            });
            if is_named && is_field {
                let chosen =
                    super::held::retried(async || engine.choose(link, &conflict.id, pick()).await)
                        .await?;
                taken += 1;
                held.extend(chosen.held_since.map(|_| chosen));
            }
        }
    }
    if taken == 0 {
        bail!("there is no such open conflict; `pulse-sync conflicts list` shows them");
    }
    engine.ring().await?;
    say!("{taken} chosen; the next pass carries it out, unless a side moved on meanwhile");
    for pair in held {
        say!(
            "{0} is held by you: its choice waits until `pulse-sync release {0}`",
            Shown::line(pair.name())
        );
    }
    Ok(Exit::Done)
}
