//! What can be typed.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};

use super::item::meant;
use crate::ui::layout::Plan;

/// Keeps GitHub repositories and Notion databases in step, both ways, without losing or doubling anything.
#[derive(Debug, Parser)]
#[command(name = "pulse-sync", version, about, arg_required_else_help = false)]
pub struct Args {
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Say more on stderr; twice or thrice for details.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
    /// Write nothing to either service, and change nothing that is kept.
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Only ASCII characters.
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Lines instead of a drawn screen, and typed words instead of keys: for screen readers.
    #[arg(long, global = true)]
    pub plain: bool,
    /// How the dashboard is divided.
    #[arg(long, global = true, value_enum)]
    pub layout: Option<Layout>,
    /// How much the log file holds.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<tracing::level_filters::LevelFilter>,
    /// What to do; without it the dashboard opens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How the dashboard is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// By the terminal's size.
    Auto,
    /// One column.
    Narrow,
    /// Two columns above, one below.
    Normal,
    /// Three columns.
    Wide,
}

impl From<Layout> for Plan {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Auto => Self::Auto,
            Layout::Narrow => Self::Narrow,
            Layout::Normal => Self::Normal,
            Layout::Wide => Self::Wide,
        }
    }
}

impl Args {
    /// Whether messages on stderr are coloured.
    pub fn colours(&self) -> bool {
        use std::io::IsTerminal;
        match self.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                std::io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sets it up: finds the tokens, asks which repositories and which database, shows how they fit, writes the
    /// configuration, and ends in the first plan, which is written only after a yes.
    ///
    /// Every answer can be given by a flag. Where stdin is no terminal nobody is asked.
    Init(InitOptions),
    /// One pass over the links.
    ///
    /// Ends with 0 when nothing waits, 2 when something waits for you or for a later pass, 3 held or paused, 4 login,
    /// 5 a service is away or its limit lasts, 1 anything else.
    Sync(SyncOptions),
    /// What a pass would write, and why; writes nothing to either service.
    Plan(PlanOptions),
    /// Reads both sides whole, compares every mapped field, and writes nothing.
    Verify(VerifyOptions),
    /// Keeps the links in step until stopped; one line for each thing that happens.
    Run(RunOptions),
    /// How the links stand, from the store, with its age.
    Status(StatusOptions),
    /// What happened, newest first.
    History(HistoryOptions),
    /// What went wrong and is not over: since when, how often, what to do, when it is tried again.
    Errors(ErrorsOptions),
    /// Conflicts that wait for you.
    Conflicts(ConflictsOptions),
    /// Changes that the guard holds until you agree.
    #[command(subcommand)]
    Held(HeldCommand),
    /// Puts back what a record of the history overwrote, on both sides.
    Undo(UndoOptions),
    /// Tries again what was refused or set aside, or waits for a time: what was in the way is gone.
    Retry(RetryOptions),
    /// Stops writing until resumed; survives a restart.
    Pause,
    /// Goes on writing.
    Resume,
    /// Holds an item: nothing of it is written to either side until released; survives a restart.
    Hold(HoldOptions),
    /// Lets an item go on that `hold` holds.
    Release(HoldOptions),
    /// The memory of what was synced.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Looks at everything a sync needs, and says what to do about what is missing; writes nothing to either service.
    ///
    /// Ends with 0 when no check fails (warnings are no failure), with 1 when one does, with 4 when a service refuses
    /// the token or a right is missing, with 5 when one cannot be reached; the graver one counts.
    Doctor(DoctorOptions),
    /// Real syncs between a small built-in GitHub and Notion: no token, no server.
    Demo(DemoOptions),
    /// Serves the small GitHub and Notion until stopped.
    Sim(SimOptions),
    /// Repeats the simulation that the engine is tested with.
    Selftest(SelftestOptions),
    /// The configuration file.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Shell completions.
    #[command(hide = true)]
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// What is kept in step: every field, its property in Notion, and which way it goes.
    Fields(FieldsOptions),
    /// The keys in force.
    Keys {
        /// As Markdown.
        #[arg(long)]
        markdown: bool,
    },
    /// The manual page.
    #[command(hide = true)]
    Man,
}

/// How the fields are printed.
#[derive(Debug, Group)]
pub struct FieldsOptions {
    /// As one JSON array.
    #[arg(long)]
    pub json: bool,
}

impl Command {
    /// The command's name, where it may write to a service or change what is written.
    pub const fn writes(&self) -> Option<&'static str> {
        Some(match self {
            Self::Sync(_) => "sync",
            Self::Run(_) => "run",
            Self::Hold(_) => "hold",
            Self::Release(_) => "release",
            Self::Retry(_) => "retry",
            Self::Store(_) => "store move",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Undo(UndoOptions { yes: true, .. }) => "undo --yes",
            Self::Conflicts(ConflictsOptions {
                command: Some(ConflictsCommand::Take { .. }),
                ..
            }) => "conflicts take",
            Self::Held(HeldCommand::Apply { .. }) => "held apply",
            Self::Held(HeldCommand::Keep { .. }) => "held keep",
            _ => return None,
        })
    }
}

/// `init`.
#[derive(Debug, Group)]
pub struct InitOptions {
    /// The repositories: names, and patterns of one owner's (`owner/*`), with commas between.
    #[arg(long, value_name = "OWNER/NAME,…", value_delimiter = ',')]
    pub repositories: Vec<String>,
    /// The Notion database: its address or id.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "create_under")]
    pub database: Option<String>,
    /// Make a new database below this page (its address or id).
    #[arg(long, value_name = "PAGE")]
    pub create_under: Option<String>,
    /// What the new database is called.
    #[arg(long, value_name = "TITLE", conflicts_with = "database")]
    pub title: Option<String>,
    /// The link's name.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub name: String,
    /// Replace a configuration that is there; it is kept beside as .bak.
    #[arg(long)]
    pub force: bool,
    /// Write the first plan without asking.
    #[arg(long)]
    pub apply: bool,
    /// Answer every question of yes or no with yes, the one before the first write as well.
    #[arg(long)]
    pub yes: bool,
}

/// `sync`.
#[derive(Debug, Group)]
pub struct SyncOptions {
    /// One pass, then end (the only way without a screen; `run` goes on).
    #[arg(long)]
    pub once: bool,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
    /// Only this link.
    #[arg(long, value_name = "NAME")]
    pub link: Option<String>,
    /// Only this item, at once: resting and debouncing are skipped. Its address will do, too.
    #[arg(long, value_name = "OWNER/REPO#N", value_parser = meant)]
    pub item: Option<String>,
    /// Lists everything instead of what changed.
    #[arg(long)]
    pub full: bool,
}

/// `plan`.
#[derive(Debug, Group)]
pub struct PlanOptions {
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
    /// Only this link.
    #[arg(long, value_name = "NAME")]
    pub link: Option<String>,
}

/// `verify`.
#[derive(Debug, Group)]
pub struct VerifyOptions {
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
    /// Only this link.
    #[arg(long, value_name = "NAME")]
    pub link: Option<String>,
}

/// `run`.
#[derive(Debug, Group)]
pub struct RunOptions {
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// `status`.
#[derive(Debug, Group)]
pub struct StatusOptions {
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
    /// One short line for a shell prompt or the line of tmux, from the store alone. It ends with the exit code that a
    /// sync would: 0 in step, 2 something waits for you or for a later pass, 3 held or paused, 4 and 5 a service refuses or is away, 1
    /// anything else.
    #[arg(long, conflicts_with = "json")]
    pub line: bool,
}

/// How much is shown at most. None of it would look as if there were nothing.
fn some(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 is shown".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}")),
    }
}

/// `errors`.
#[derive(Debug, Group)]
pub struct ErrorsOptions {
    /// Also those that are over.
    #[arg(long)]
    pub all: bool,
    /// Only of this link.
    #[arg(long, value_name = "NAME")]
    pub link: Option<String>,
    /// At most so many, the latest first.
    #[arg(long, default_value_t = 50, value_parser = some)]
    pub limit: usize,
    /// One JSON array on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `doctor`.
#[derive(Debug, Group)]
pub struct DoctorOptions {
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `history`.
#[derive(Debug, Group)]
pub struct HistoryOptions {
    /// Only what failed, was refused or is unclear.
    #[arg(long)]
    pub failed: bool,
    /// Only so far back: `1d`, `2h`.
    #[arg(long, value_name = "AGE")]
    pub since: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_parser = some)]
    pub limit: usize,
    /// One JSON array on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `conflicts`.
#[derive(Debug, Group)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ConflictsOptions {
    /// What to do; without it they are listed.
    #[command(subcommand)]
    pub command: Option<ConflictsCommand>,
    /// One JSON array on stdout.
    #[arg(long)]
    pub json: bool,
}

/// What can be done with conflicts.
#[derive(Debug, Subcommand)]
pub enum ConflictsCommand {
    /// All of them.
    List {
        /// One JSON array on stdout.
        #[arg(long)]
        json: bool,
    },
    /// One of them, with all its values.
    Show {
        /// Its id.
        id: String,
        /// One JSON object on stdout.
        #[arg(long)]
        json: bool,
    },
    /// Says which value wins; the next pass carries it out, unless a side moved on.
    Take {
        /// The conflict's id, or a pair's item (`owner/repo#12`) with `--field`.
        id: String,
        /// Whose value wins.
        pick: PickName,
        /// Only this field's conflict.
        #[arg(long)]
        field: Option<String>,
        /// And from now on always so for this field: writes that line into the configuration.
        #[arg(long)]
        always: bool,
    },
}

/// Whose value wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PickName {
    /// GitHub's.
    Github,
    /// Notion's.
    Notion,
    /// The one of the last agreement.
    Base,
}

/// `held`.
#[derive(Debug, Subcommand)]
pub enum HeldCommand {
    /// What waits for your word.
    List {
        /// One JSON array on stdout.
        #[arg(long)]
        json: bool,
    },
    /// The changes are right: apply exactly these.
    Apply {
        /// The halt's id.
        id: String,
    },
    /// The changes are wrong: keep what would be removed, put back what was changed.
    Keep {
        /// The halt's id.
        id: String,
    },
}

/// `retry`.
#[derive(Debug, Group)]
pub struct RetryOptions {
    /// Only this item; all that are stuck without it.
    #[arg(value_name = "OWNER/REPO#N", value_parser = meant)]
    pub item: Option<String>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `hold` and `release`.
#[derive(Debug, Group)]
pub struct HoldOptions {
    /// The item; its address on GitHub or in Notion will do.
    #[arg(value_name = "OWNER/REPO#N", value_parser = meant)]
    pub item: String,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `undo`.
#[derive(Debug, Group)]
pub struct UndoOptions {
    /// The record's id (`history --json` shows it).
    pub record: String,
    /// Does it; without this the reverse plan is only shown.
    #[arg(long)]
    pub yes: bool,
    /// One JSON object on stdout: the plan, and what became of it.
    #[arg(long)]
    pub json: bool,
}

/// `demo`.
#[derive(Debug, Group)]
pub struct DemoOptions {
    /// Without a screen: a play in five acts, printed.
    #[arg(long)]
    pub headless: bool,
    /// Keep the demo's state in this folder, instead of one that is thrown away. Each play has a store of its own
    /// there.
    #[arg(long, value_name = "FOLDER")]
    pub state: Option<PathBuf>,
    /// What the people do.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// People do so many times as much, and both sides are looked at as much more often. From 2 on without the services'
    /// limits, and GitHub wins conflicts: nobody could choose as fast as that.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000), conflicts_with = "headless")]
    pub speed: u32,
}

/// `sim`.
#[derive(Debug, Group)]
pub struct SimOptions {
    /// GitHub's port on the loopback interface; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub github_port: u16,
    /// Notion's port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub notion_port: u16,
    /// Items to begin with, one JSON object a line (the format is described in `src/sim/github/world.rs`).
    #[arg(long, value_name = "FILE.jsonl")]
    pub world: Option<PathBuf>,
    /// Without rate limits; with `rate_limits = false` and `requests_per_minute = 0` pulse-sync then keeps no pace.
    #[arg(long)]
    pub no_limits: bool,
    /// People edit both sides, as this seed says.
    #[arg(long, value_name = "SEED")]
    pub people: Option<u64>,
}

/// `selftest`.
#[derive(Debug, Group)]
pub struct SelftestOptions {
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    pub seeds: u64,
    /// The first one.
    #[arg(long, default_value_t = 0)]
    pub from: u64,
}

/// `store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Copies everything from one store into another and compares both. It can be repeated: what is there is not copied
    /// again.
    ///
    /// A store is named by the path of its file, a mongodb:// address, env:NAME for an address in that environment
    /// variable (so that no password is seen among the processes), or `configured`.
    Move(MoveOptions),
}

/// `store move`.
#[derive(Debug, Group)]
pub struct MoveOptions {
    /// The store that is read. It is left as it is.
    #[arg(long, value_name = "STORE")]
    pub from: String,
    /// The store that is written: empty, or an earlier copy of the same one.
    #[arg(long, value_name = "STORE")]
    pub to: String,
    /// The database on that server, else `MONGODB_DATABASE`, else the one in the path of the address, else `pulse`.
    #[arg(long, value_name = "NAME")]
    pub database: Option<String>,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Names the file.
    Path,
    /// Reads it and shows every problem.
    Check,
    /// Writes the commented example there, if there is none.
    Init,
}
