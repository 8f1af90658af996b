//! `held`, `pause` and `resume`: a person's word on what may be written.

use std::time::Duration;

use super::args::HeldCommand;
use super::exit::Exit;
use super::json;
use super::wire::{RealEngine, Setup};
use crate::core::Value;
use crate::core::guard::{Halt, Reason};
use crate::engine::answers::AnswerError;
use crate::engine::held::HeldItem;
use crate::shown::Shown;
use crate::store::sqlite::Access;
use crate::store::{Store, StoreError};
use crate::ui::text::{counted, either};

/// How often an answer is given again, and the pause between.
const TRIES: usize = 20;
const BETWEEN: Duration = Duration::from_millis(50);

/// Lists what is held, or answers it.
pub async fn run(setup: &Setup, command: &HeldCommand) -> anyhow::Result<Exit> {
    match command {
        HeldCommand::List { json } => list(setup, *json).await,
        HeldCommand::Apply { id } => answer(setup, id, true).await,
        HeldCommand::Keep { id } => answer(setup, id, false).await,
    }
}

async fn list(setup: &Setup, as_json: bool) -> anyhow::Result<Exit> {
    let engine = setup.engine(setup.store_to_look()?, Box::new(|_| {}));
    let mut halts = Vec::new();
    for link in setup.links(None)? {
        for halt in engine.halts(&link.name).await? {
            let items = engine
                .held_items(&link.name, &link.mapping(), &halt.id)
                .await?;
            // A public page's words, and what a removal leaves, are said in their own way.
            let is_bulk = matches!(halt.reason, Reason::Changes | Reason::Cleared);
            halts.push((halt, items.filter(|_| is_bulk).unwrap_or_default()));
        }
    }
    if as_json {
        let mut lines = Vec::new();
        for (halt, items) in &halts {
            lines.push(line(&engine, halt, items).await?);
        }
        say!("{}", serde_json::Value::Array(lines));
    } else {
        for (halt, items) in &halts {
            say!(
                "{}  since {}  {}",
                halt.id,
                json::time(halt.since),
                counted(halt.pairs.len(), "item")
            );
            say!("    {}", Shown::line(&halt.note));
            if halt.reason == Reason::Public {
                print_words(&engine, halt).await?;
            }
            super::asked::print(halt, items);
            say!(
                "    pulse-sync held apply {0}   or   pulse-sync held keep {0}",
                halt.id
            );
        }
        say!("{}", counted(halts.len(), "halt"));
    }
    Ok(if halts.is_empty() {
        Exit::Done
    } else {
        Exit::Halted
    })
}

/// The exact words that an answer would make public.
async fn print_words(engine: &RealEngine, halt: &Halt) -> anyhow::Result<()> {
    for (item, fields) in engine.asked_words(halt).await? {
        say!("    {}", Shown::line(&item));
        for sent in fields {
            let text = match &sent.before {
                Value::Text(text) => text.clone(),
                other => other.brief(usize::MAX),
            };
            let name = sent.field.as_str();
            if text.contains('\n') {
                say!("      {name}:");
                for line in text.lines() {
                    say!("        {}", Shown::line(line));
                }
            } else {
                say!("      {name}: {}", Shown::line(&text));
            }
        }
    }
    say!("    agreed to once, later pages of this link are not asked about");
    Ok(())
}

/// A halt for scripts: its items by name, too, in the order of `pairs`.
async fn line(
    engine: &RealEngine,
    halt: &Halt,
    asked: &[HeldItem],
) -> anyhow::Result<serde_json::Value> {
    let mut items = Vec::new();
    for id in &halt.pairs {
        let pair = engine.store.pair(id).await?;
        items.push(pair.map(|pair| pair.name().to_owned()));
    }
    let mut line = serde_json::to_value(halt)?;
    line["since"] = serde_json::json!(json::time(halt.since));
    line["items"] = serde_json::json!(items);
    if matches!(halt.reason, Reason::Changes | Reason::Cleared) {
        line["changes"] = asked.iter().map(super::asked::json).collect();
    }
    if halt.reason == Reason::Public {
        let mut words = Vec::new();
        for (item, fields) in engine.asked_words(halt).await? {
            let fields = fields
                .iter()
                .map(|sent| (sent.field.as_str().to_owned(), json::value(&sent.before)));
            let fields: serde_json::Map<_, _> = fields.collect();
            words.push(serde_json::json!({ "item": item, "fields": fields }));
        }
        line["words"] = serde_json::json!(words);
    }
    Ok(line)
}

async fn answer(setup: &Setup, id: &str, apply: bool) -> anyhow::Result<Exit> {
    let chosen = setup.links(None)?;
    let engine = setup.engine(setup.store(Access::Beside)?, Box::new(|_| {}));
    let (links, _) = setup.connect(&chosen, &engine.store).await?;
    let mut last = None;
    for link in &links {
        match retried(async || engine.answer_halt(link, id, apply).await).await {
            Ok(count) => {
                engine.ring().await?;
                say!(
                    "{}; the next pass goes on with {}",
                    counted(count, "item"),
                    either(count, "it", "them")
                );
                return Ok(Exit::Done);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(
        || anyhow::anyhow!("no link is configured"),
        anyhow::Error::from,
    ))
}

/// Answers again where a pass that runs beside us committed the same pair in between.
pub async fn retried<T>(
    mut answer: impl AsyncFnMut() -> Result<T, AnswerError>,
) -> Result<T, AnswerError> {
    for _ in 0..TRIES {
        match answer().await {
            Err(AnswerError::Store(StoreError::Stale)) => {
                tokio::time::sleep(BETWEEN).await;
            }
            answered => return answered,
        }
    }
    answer().await
}

/// Sets the durable pause switch; a pass that is under way stops before its next item.
pub async fn pause(setup: &Setup, on: bool) -> anyhow::Result<Exit> {
    let engine = setup.engine(setup.store(Access::Beside)?, Box::new(|_| {}));
    engine.set_pause(on).await?;
    engine.ring().await?;
    say!(
        "{}",
        if on {
            "paused: nothing is written until `pulse-sync resume`"
        } else {
            "resumed"
        }
    );
    Ok(Exit::Done)
}
