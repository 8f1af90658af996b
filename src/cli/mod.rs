//! The command line: parse, do one thing, say what happened, end with a stable exit code.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking to the terminal is this room's work"
)]

#[macro_use]
mod out;

mod args;
mod asked;
mod attention;
mod budgets;
mod changed;
mod clock;
mod conflicts;
mod demo;
mod doctor;
mod errors;
mod exit;
mod fields;
mod glance;
mod held;
mod history;
mod hold;
mod hooks;
mod init;
mod item;
mod json;
mod live;
mod people;
mod plain;
mod plan;
mod progress;
mod retry;
mod screen;
mod selftest;
mod sim;
mod status;
mod store;
mod sync;
mod undo;
mod verify;
mod wire;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::config::render_all;
use args::{Args, Command, ConfigCommand};
use exit::Exit;
use wire::Setup;

/// Runs the program with these arguments.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let args = match Args::try_parse_from(&arguments) {
        Ok(args) => args,
        Err(error) => {
            let text = error.to_string();
            if error.use_stderr()
                && let Some(object) = json::misread(&arguments, text.trim_end())
            {
                say!("{object}");
            }
            // A closed pipe cannot be told anything.
            let _ = error.print();
            return Exit::of_usage(error.exit_code()).into();
        }
    };
    match dispatch(&args) {
        Ok(exit) => exit.and(told()).into(),
        Err(error) => {
            let text = crate::logging::mask(&format!("{error:#}")).into_owned();
            if let Some(command) = args.command.as_ref().filter(|one| json::is_asked(one)) {
                say!("{}", json::failed(command, &text));
            }
            eprintln!("error: {}", crate::shown::Shown::block(&text));
            error
                .downcast_ref::<exit::Failed>()
                .map_or(Exit::Failed, |failed| failed.exit)
                .into()
        }
    }
}

/// What it means for the end that something could not be said: whoever reads the output has not got it.
fn told() -> Exit {
    let Some(error) = out::lost() else {
        return Exit::Done;
    };
    eprintln!("error: the output could not be written: {error}; what the command did is done");
    Exit::Failed
}

fn dispatch(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        None => screen::run(args),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(
                *shell,
                &mut Args::command(),
                "pulse-sync",
                &mut std::io::stdout(),
            );
            Ok(Exit::Done)
        }
        Some(Command::Man) => {
            clap_mangen::Man::new(Args::command()).render(&mut std::io::stdout())?;
            Ok(Exit::Done)
        }
        Some(Command::Keys { markdown }) => keys(args, *markdown),
        Some(Command::Fields(options)) => fields::run(args, options),
        Some(Command::Sim(options)) => sim::serve(options),
        Some(Command::Demo(options)) => demo::run(options, args),
        Some(Command::Selftest(options)) => selftest::run(options),
        Some(Command::Init(_)) if args.read_only => {
            anyhow::bail!("`init` writes, and --read-only forbids it; nothing was done")
        }
        Some(Command::Init(options)) => init::run(args, options),
        Some(Command::Config(command)) => config(args, command),
        Some(Command::Doctor(options)) => doctor::run(args, options),
        Some(Command::Status(options)) if options.line => Ok(glance::run(args)),
        Some(command) => with_setup(args, command),
    }
}

/// Prints the keys in force: the delivered ones, with the configuration's changes.
fn keys(args: &Args, markdown: bool) -> anyhow::Result<Exit> {
    let keymap = Setup::read(args)?.config.screen.keymap;
    if markdown {
        say!("{}", crate::ui::keymap::markdown(&keymap).trim_end());
        return Ok(Exit::Done);
    }
    for binding in keymap.all() {
        say!(
            "{:<11} {:<8} {:<16} {}",
            binding.place.name(),
            binding.shown(),
            binding.action.name(),
            binding.action.says()
        );
    }
    Ok(Exit::Done)
}

/// What to do where nothing is configured.
fn without_command() -> Exit {
    say!(
        "pulse-sync keeps GitHub repositories and Notion databases in step.\nNothing is configured yet.\n"
    );
    say!("  pulse-sync demo          see it work: no token, no server");
    say!("  pulse-sync init          set it up: repositories, database, first plan");
    say!("  pulse-sync config init   write the commented example file");
    say!("  pulse-sync doctor        check that everything is ready to sync");
    say!("  pulse-sync --help        everything else\n");
    say!(
        "Or set GITHUB_TOKEN, GITHUB_USERNAME, NOTION_TOKEN and NOTION_DATABASE_ID:\nthey are enough to run."
    );
    Exit::Done
}

/// Says what works in the configuration but should be changed.
fn warn(setup: &Setup, args: &Args) {
    let warnings = render_all(&setup.config.warnings, args.colours());
    if !warnings.is_empty() {
        eprintln!("{warnings}\n");
    }
}

fn config(args: &Args, command: &ConfigCommand) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Path => {
            say!("{}", wire::config_path(args)?.display());
            Ok(Exit::Done)
        }
        ConfigCommand::Init => wire::write_example(args),
        ConfigCommand::Check => match Setup::read(args) {
            Ok(setup) => {
                warn(&setup, args);
                setup.require()?;
                say!(
                    "the configuration is right: {}",
                    crate::ui::text::counted(setup.config.links.len(), "link")
                );
                Ok(Exit::Done)
            }
            Err(error) => Err(error),
        },
    }
}

fn with_setup(args: &Args, command: &Command) -> anyhow::Result<Exit> {
    if let Some(name) = command.writes().filter(|_| args.read_only) {
        anyhow::bail!(
            "`{name}` writes, and --read-only forbids it; nothing was done. `pulse-sync plan` shows what a sync would do"
        );
    }
    let setup = Setup::read(args)?;
    warn(&setup, args);
    let _log = setup.start_log(args, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            Command::Sync(options) => sync::run(&setup, options).await,
            Command::Plan(options) => plan::run(&setup, options).await,
            Command::Verify(options) => verify::run(&setup, options).await,
            Command::Run(options) => {
                let plain = args.plain.then(|| screen::facts(&setup, args));
                Box::pin(live::run(&setup, options, plain)).await
            }
            Command::Status(options) => status::run(&setup, options).await,
            Command::History(options) => history::run(&setup, options).await,
            Command::Errors(options) => errors::run(&setup, options).await,
            Command::Conflicts(command) => conflicts::run(&setup, args, command).await,
            Command::Held(command) => held::run(&setup, command).await,
            Command::Undo(options) => undo::run(&setup, options).await,
            Command::Retry(options) => retry::run(&setup, options).await,
            Command::Store(command) => Box::pin(store::run(&setup, command)).await,
            Command::Hold(options) => hold::run(&setup, options, true).await,
            Command::Release(options) => hold::run(&setup, options, false).await,
            Command::Pause => held::pause(&setup, true).await,
            Command::Resume => held::pause(&setup, false).await,
            _ => Ok(Exit::Done),
        }
    })
}
