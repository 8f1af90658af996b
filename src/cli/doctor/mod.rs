//! `doctor`: everything that a sync needs, one line each, with what to do.
//!
//! Every check stands for itself: what is broken in one place hides nothing elsewhere. Services are only read, each
//! within a few seconds; the store is opened to look.

mod clock;
mod github;
mod here;
mod hooks;
mod mongo;
mod notion;
mod report;
mod repository;
mod service;
mod within;

use super::args::{Args, DoctorOptions};
use super::exit::Exit;
use super::wire::Setup;
use crate::config::Environment;
use crate::store::AnyStore;
use service::Findings;
pub use within::within;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// It is as it should be.
    Ok,
    /// It works, or could not be looked at; somebody should know.
    Warn,
    /// A sync cannot work so, and how the program ends for it.
    Fail(Exit),
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
struct Check {
    /// What, in a word or two; stable, as scripts look for it.
    name: &'static str,
    level: Level,
    /// What was found. May hold words from outside; cleaned where it is shown.
    text: String,
    /// What to do; empty where nothing has to be done.
    help: String,
}

impl Check {
    fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Level::Ok, text.into(), String::new())
    }

    fn warn(name: &'static str, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(name, Level::Warn, text.into(), help.into())
    }

    /// Fails with exit code 1.
    fn fail(name: &'static str, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(name, Level::Fail(Exit::Failed), text.into(), help.into())
    }

    const fn new(name: &'static str, level: Level, text: String, help: String) -> Self {
        Self {
            name,
            level,
            text,
            help,
        }
    }

    /// The same failure with another exit code.
    const fn ends(mut self, exit: Exit) -> Self {
        if matches!(self.level, Level::Fail(_)) {
            self.level = Level::Fail(exit);
        }
        self
    }
}

/// Looks at everything, prints it, and ends with the gravest failure.
pub fn run(args: &Args, options: &DoctorOptions) -> anyhow::Result<Exit> {
    let mut checks = Vec::new();
    let env = Environment::of_process();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let paths = here::paths(&env, &mut checks);
    let folders = paths.as_ref().map(here::folders);
    let setup = paths.and_then(|paths| here::configuration(args, env, paths, &mut checks));
    checks.extend(folders);
    let mut ascii = false;
    if let Some(setup) = &setup {
        ascii = setup.config.screen.ascii;
        let store = runtime.block_on(here::store(setup, args.read_only, &mut checks));
        checks.extend(here::instance(setup));
        let found = runtime.block_on(services(setup, store.as_ref()));
        checks.extend(found);
    }
    // A name that is still looked up, or a command that still asks its owner, is not waited for.
    runtime.shutdown_background();
    checks.push(here::terminal(args, ascii));
    report::print(&checks, args, options.json);
    Ok(report::exit(&checks))
}

/// Both services at once, then the clock, which both have told of.
async fn services(setup: &Setup, store: Option<&AnyStore>) -> Vec<Check> {
    let (github, notion) = (Findings::default(), Findings::default());
    tokio::join!(
        Box::pin(github::look(setup, store, &github)),
        Box::pin(notion::look(setup, store, &notion)),
    );
    let clock = clock::check([("GitHub", github.ahead()), ("Notion", notion.ahead())]);
    let mut checks = github.checks();
    checks.extend(notion.checks());
    checks.push(clock);
    checks.extend(hooks::look(setup, store).await);
    checks
}
