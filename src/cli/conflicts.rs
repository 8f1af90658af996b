//! `conflicts`: the resolver for scripts.

use anyhow::{Context, bail};

use super::args::{Args, ConflictsCommand, ConflictsOptions, PickName};
use super::exit::Exit;
use super::json;
use super::wire::{RealEngine, Setup};
use crate::config;
use crate::core::decide::is_choice_refused;
use crate::core::{Conflict, Pair, Policy, Time, Value};
use crate::engine::answers::Pick;
use crate::shown::Shown;
use crate::store::sqlite::Access;

/// Lists, shows, or takes a side.
pub async fn run(setup: &Setup, args: &Args, options: &ConflictsOptions) -> anyhow::Result<Exit> {
    match &options.command {
        None => list(setup, options.json).await,
        Some(ConflictsCommand::List { json }) => list(setup, *json).await,
        Some(ConflictsCommand::Show { id, json }) => show(setup, id, *json).await,
        Some(ConflictsCommand::Take {
            id,
            pick,
            field,
            always,
        }) => {
            // The line first: where it cannot be written nothing is chosen either.
            if *always {
                keep(setup, args, id, *pick, field.as_deref()).await?;
            }
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
    Ok(setup.engine(setup.store_to_look()?, Box::new(|_| {})))
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
            let is_refused = is_choice_refused(pair, conflict);
            let state = match (&conflict.choice, pair.held_since) {
                (None, _) => "waits for you",
                (Some(_), None) if is_refused => {
                    "chosen, and refused: choose again, or mend it and `retry`"
                }
                (Some(_), None) => "chosen, carried out by the next pass",
                (Some(_), Some(_)) => "chosen, held by you: waits until you release the item",
            };
            say!(
                "{}  {}  {field}  {state}",
                conflict.id,
                Shown::line(pair.name())
            );
            say!("    {}", Shown::line(&pair.title));
            if let Some(why) = refusal(pair, conflict) {
                say!("    {}", Shown::line(why));
            }
        }
        let plural = if all.len() == 1 { "" } else { "s" };
        say!("{} conflict{plural}", all.len());
    }
    Ok(if all.is_empty() {
        Exit::Done
    } else {
        Exit::Waits
    })
}

/// Why the choice of a conflict was not carried out, where a service refused it.
fn refusal<'a>(pair: &'a Pair, conflict: &Conflict) -> Option<&'a str> {
    let field = conflict.field.as_ref()?;
    let blocked = pair.blocked.get(field)?;
    is_choice_refused(pair, conflict).then_some(blocked.reason.as_str())
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
    if let Some(why) = refusal(pair, conflict) {
        say!("the choice was refused: {}", Shown::line(why));
    }
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

/// Writes into the configuration what is to happen to conflicts of these fields from now on.
async fn keep(
    setup: &Setup,
    args: &Args,
    id: &str,
    pick: PickName,
    field: Option<&str>,
) -> anyhow::Result<()> {
    let policy = match pick {
        PickName::Github => Policy::Github,
        PickName::Notion => Policy::Notion,
        PickName::Base => bail!("--always goes with github or notion; nothing was done"),
    };
    let path = super::wire::config_path(args)?;
    let read = std::fs::read_to_string(&path);
    let mut text = read.with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = Vec::new();
    for (pair, conflict) in open(setup, &reader(setup)?).await? {
        let is_named = conflict.id == id || pair.name().eq_ignore_ascii_case(id);
        let Some(key) = conflict.field.as_ref().filter(|_| is_named) else {
            continue;
        };
        if field.is_none_or(|field| key.as_str() == field) {
            let edited = config::always(&text, &pair.link, pair.kind, key, policy);
            let edited = edited.map_err(anyhow::Error::msg)?;
            lines.push(format!("{} {}", edited.table, edited.line));
            text = edited.text;
        }
    }
    if lines.is_empty() {
        bail!("there is no such open conflict of a field; `pulse-sync conflicts list` shows them");
    }
    let name = path.display().to_string();
    if let Err(problems) = config::load(&text, &name, &setup.env) {
        bail!(
            "the line would break the configuration; nothing was done\n{}",
            config::render_all(&problems, false)
        );
    }
    super::init::file::write(&path, &text, true)?;
    for line in lines {
        say!("wrote {} into {}", Shown::line(&line), Shown::line(&name));
    }
    say!("what runs already takes it up at its next start; the old file is kept beside as .bak");
    Ok(())
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
    let mut of_item: Vec<String> = Vec::new();
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
            if is_named && !is_field {
                let own = conflict
                    .field
                    .as_ref()
                    .map_or("the item", |key| key.as_str());
                of_item.push(own.to_owned());
            }
            if is_named && is_field {
                let chosen =
                    super::held::retried(async || engine.choose(link, &conflict.id, pick()).await)
                        .await?;
                taken += 1;
                held.extend(chosen.held_since.map(|_| chosen));
            }
        }
    }
    if let (0, Some(field)) = (taken, field)
        && !of_item.is_empty()
    {
        bail!(
            "{id} has no open conflict of {field}; open there: {}",
            of_item.join(", ")
        );
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
