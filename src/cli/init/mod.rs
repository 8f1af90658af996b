//! `init`: the first minute. Finds the tokens, asks which repositories and which database, shows how the mapping fits
//! it, writes the configuration, and ends in the first plan, which is written only after a yes.
//!
//! Every answer is a flag, too. Nothing is written anywhere before everything is chosen.

mod ask;
mod database;
pub(super) mod file;
mod first;
mod fit;
mod repositories;
mod tokens;

use std::cell::OnceCell;
use std::path::Path;

use anyhow::anyhow;

use super::args::{Args, InitOptions};
use super::exit::Exit;
use super::out;
use super::wire::{Setup, config_path};
use crate::config::{self, Config, Environment, Link, render_all};
use crate::paths::Paths;
use crate::shown::Shown;
use ask::Asker;
use database::Chosen;
use file::Choices;
use tokens::Reached;

/// The conversation.
pub fn run(args: &Args, options: &InitOptions) -> anyhow::Result<Exit> {
    let path = config_path(args)?;
    file::check_free(&path, options.force)?;
    let asker = Asker::new(options.yes);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(Box::pin(converse(args, options, &asker, &path)))
}

async fn converse(
    args: &Args,
    options: &InitOptions,
    asker: &Asker,
    path: &Path,
) -> anyhow::Result<Exit> {
    let process = Environment::of_process();
    let reached = tokens::reach(asker, &process).await?;
    let repositories = repositories::choose(asker, &reached, &options.repositories).await?;
    // A name that cannot stand in the file is found before anything is made.
    let mut link = Link::standard(&options.name, repositories, "0".repeat(32));
    load(&reached, &link, path)?;
    let chosen = database::choose(asker, &reached, options).await?;
    if let Chosen::There(id) = &chosen {
        link.database.clone_from(id);
        fit::show(&reached, &link).await?;
    }
    if !agreed(asker, &chosen, path)? {
        say!("Nothing was written.");
        return Ok(Exit::Waits);
    }
    if let Chosen::New { below, title } = &chosen {
        let made = database::make(&reached, (below, title), &link).await?;
        link.database = made.database;
    }
    let (text, config) = load(&reached, &link, path)?;
    file::write(path, &text, options.force)?;
    say!("Wrote {}", Shown::line(&path.display().to_string()));
    let setup = Setup {
        config,
        env: reached.env.clone(),
        paths: Paths::find(&process)?,
        masker: OnceCell::new(),
        read_only: args.read_only,
    };
    let exit = first::run(&setup, args, asker, options.apply || options.yes).await?;
    farewell(&reached);
    Ok(exit)
}

/// Asks before anything is written. With all answers given by flags nobody is asked.
fn agreed(asker: &Asker, chosen: &Chosen, path: &Path) -> anyhow::Result<bool> {
    if !asker.is_terminal() {
        return Ok(true);
    }
    let path = path.display();
    let question = match chosen {
        Chosen::There(_) => format!("\nWrite {path}, and plan the first sync?"),
        Chosen::New { below, title } => format!(
            "\nMake the database \"{}\" below \"{}\", write {path}, and plan the first sync?",
            Shown::line(title),
            Shown::line(&below.title)
        ),
    };
    asker.agree(&question, "--yes")
}

/// The text of the file, read as it will be read later.
fn load(reached: &Reached, link: &Link, path: &Path) -> anyhow::Result<(String, Config)> {
    let text = file::text(&Choices {
        name: &link.name,
        repositories: &link.repositories,
        database: &link.database,
        services: &reached.services,
    });
    let name = path.display().to_string();
    let config = config::load(&text, &name, &reached.env).map_err(|problems| {
        anyhow!(
            "what was chosen makes no configuration; nothing was written\n\n{}",
            render_all(&problems, false)
        )
    })?;
    Ok((text, config))
}

/// Prints a sentence or two, indented and broken between words.
fn paragraph(text: &str) {
    let text = Shown::line(text).to_string();
    for (at, line) in out::wrap(&text, out::columns().saturating_sub(4))
        .iter()
        .enumerate()
    {
        let indent = if at == 0 { "  " } else { "    " };
        say!("{indent}{line}");
    }
}

/// What comes next.
fn farewell(reached: &Reached) {
    say!();
    for name in &reached.typed {
        say!(
            "{name} was typed and is not kept: put it into your shell's environment (export {name}=…), or let \
             `token_command` in the configuration print it."
        );
    }
    say!(
        "`pulse-sync` opens the dashboard and keeps both in step; `pulse-sync run` does it without a screen."
    );
}
