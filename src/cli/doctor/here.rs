//! What is on this machine: configuration, folders, store, another instance, terminal.

use std::cell::OnceCell;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use super::Check;
use crate::cli::args::{Args, Colour};
use crate::cli::out::size;
use crate::cli::screen::{depth, glyphs};
use crate::cli::wire::Setup;
use crate::config::{self, Environment, Place, Problem, Severity};
use crate::paths::Paths;
use crate::store::AnyStore;
use crate::store::sqlite::{Access, SqliteStore};
use crate::store::{Contents, Store, StoreError};
use crate::ui::text::{bytes, counted};
use crate::ui::theme::{Depth, Glyphs};

/// Less free space than this is said, in bytes.
const LITTLE_SPACE: u64 = 200 * 1024 * 1024;
/// With less than this no commit is sure to fit.
const NO_SPACE: u64 = 8 * 1024 * 1024;
/// The smallest terminal that the dashboard fits into, in columns and rows.
const SMALLEST: (u16, u16) = (60, 16);

/// The folders of this program; none where the account has no home.
pub(super) fn paths(env: &Environment, checks: &mut Vec<Check>) -> Option<Paths> {
    let paths = Paths::find(env);
    if let Err(error) = &paths {
        checks.push(Check::fail("folders", error.to_string(), ""));
    }
    paths.ok()
}

/// Reads the configuration; every problem is a line. Without a right one no service is asked: it says where they are,
/// and a token must not go elsewhere.
pub(super) fn configuration(
    args: &Args,
    env: Environment,
    paths: Paths,
    checks: &mut Vec<Check>,
) -> Option<Setup> {
    let located = config::locate(args.config.as_deref(), &env, &paths.config);
    let file = located.path.display().to_string();
    let config = match config::read(&located, &env) {
        Ok(config) => config,
        Err(problems) => {
            checks.extend(problems.iter().map(problem));
            let help = "they are looked at once the configuration is right: it says where they are";
            checks.push(Check::warn("services", "not looked at", help));
            return None;
        }
    };
    let warnings = config.warnings.iter().map(problem);
    match config.require_links() {
        Ok(links) => {
            let from = if located.path.exists() {
                file
            } else {
                "the environment alone".to_owned()
            };
            let names: Vec<&str> = links.iter().map(|link| link.name.as_str()).collect();
            let count = match names.as_slice() {
                [name] => format!("link {name}"),
                names => format!("{}: {}", counted(names.len(), "link"), names.join(", ")),
            };
            checks.push(Check::ok("configuration", format!("{from}; {count}")));
        }
        Err(missing) => checks.push(problem(&missing)),
    }
    checks.extend(warnings);
    Some(Setup {
        config,
        env,
        paths,
        masker: OnceCell::new(),
        read_only: true,
    })
}

fn problem(problem: &Problem) -> Check {
    let place = match &problem.place {
        Place::Line { file, line, .. } => format!("{file}, line {line}"),
        Place::File(file) => file.clone(),
        Place::Variable(name) => format!("environment variable {name}"),
    };
    let text = format!("{place}: {}", problem.message);
    let helps = [
        problem.label.as_str(),
        problem.help.as_deref().unwrap_or_default(),
    ];
    let helps: Vec<&str> = helps.into_iter().filter(|help| !help.is_empty()).collect();
    match problem.severity {
        Severity::Error => Check::fail("configuration", text, helps.join("; ")),
        Severity::Warning => Check::warn("configuration", text, helps.join("; ")),
    }
}

/// The configuration that a running program was started with; its file may have another one by now.
pub(super) fn in_force(setup: &Setup, checks: &mut Vec<Check>) {
    let links = setup.config.links.iter().map(|link| link.name.as_str());
    let links: Vec<&str> = links.collect();
    let text = format!("as this program was started: {}", links.join(", "));
    checks.push(Check::ok("configuration", text));
    checks.extend(setup.config.warnings.iter().map(problem));
}

/// Whether state and log can be written.
pub(super) fn folders(paths: &Paths) -> Check {
    const HELP: &str = "set PULSE_SYNC_STATE to a folder that can be written";
    let written = paths.create().map_err(|error| error.to_string());
    let written = written.and_then(|()| {
        [&paths.state, &paths.log]
            .into_iter()
            .try_for_each(|folder| {
                try_to_write(folder)
                    .map_err(|error| format!("cannot write into {}: {error}", folder.display()))
            })
    });
    match written {
        Ok(()) => Check::ok(
            "folders",
            format!("{} and its log can be written", paths.state.display()),
        ),
        Err(text) => {
            let text = text.split("; set PULSE").next().unwrap_or_default();
            Check::fail("folders", text, HELP)
        }
    }
}

fn try_to_write(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&probe)?;
    std::fs::remove_file(probe)
}

/// Opens the store to look, counts what it holds, and gives it to those who want to read it.
pub(super) async fn store(
    setup: &Setup,
    only_looks: bool,
    checks: &mut Vec<Check>,
) -> Option<AnyStore> {
    let Some(path) = setup.store_path() else {
        return shared(setup, only_looks, checks).await;
    };
    if !path.exists() {
        let text = format!(
            "{} is not made yet; the first sync makes it",
            path.display()
        );
        checks.push(Check::ok("store", text));
        checks.extend(space(&path));
        return None;
    }
    let store = match open(&path).await {
        Ok(store) => AnyStore::Embedded(store),
        Err(error) => {
            checks.push(not_opened(&error));
            return None;
        }
    };
    checks.push(match items(setup, &store).await {
        Ok((items, damaged)) if damaged.is_empty() => {
            let text = format!("{}, {}{}", path.display(), weight(&path), format_of(&path));
            Check::ok(
                "store",
                format!("{text}; {} linked", counted(items, "item")),
            )
        }
        Ok((_, damaged)) => {
            let help = "the other items go on; put back a copy of the store to have these again";
            Check::warn("store", damaged.join("; "), help)
        }
        Err(error) => not_opened(&error),
    });
    checks.extend(space(&path));
    Some(store)
}

/// Opens the file to look, and searches it for damage that a sync might meet.
async fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    let store = SqliteStore::open(path, Access::Read)?;
    store.check().await?;
    Ok(store)
}

/// Reaches the shared store and counts what it holds.
async fn shared(setup: &Setup, only_looks: bool, checks: &mut Vec<Check>) -> Option<AnyStore> {
    let store = match setup.store(Access::Read) {
        Ok(store) => store,
        Err(error) => {
            checks.push(Check::fail("store", format!("{error:#}"), ""));
            return None;
        }
    };
    let items = items(setup, &store).await;
    let is_used = items.is_ok();
    checks.push(match items {
        Ok((items, damaged)) if damaged.is_empty() => {
            let place = store.shared().map_or_else(String::new, |store| {
                format!("{}, database {}", store.place(), store.database_name())
            });
            Check::ok(
                "store",
                format!("{place}; {} linked", counted(items, "item")),
            )
        }
        Ok((_, damaged)) => {
            let help = "the other items go on; put back a copy of these documents";
            Check::warn("store", damaged.join("; "), help)
        }
        Err(error) => not_opened(&error),
    });
    if let Some(store) = store.shared() {
        checks.extend(Box::pin(super::mongo::look(store, is_used, only_looks)).await);
    }
    is_used.then_some(store)
}

fn not_opened(error: &StoreError) -> Check {
    let text = error.to_string();
    match after_sentence(&text) {
        Some(end) => Check::fail("store", &text[..end], &text[end + 2..]),
        None => Check::fail("store", text, ""),
    }
}

/// Where the first sentence ends, before `. `. What stands in brackets is the driver's, and has full stops of its own.
fn after_sentence(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, sign)| {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && text[at..].starts_with(". ")).then_some(at)
    })
}

/// How many items are linked, and what could not be decoded.
async fn items(setup: &Setup, store: &AnyStore) -> Result<(u64, Vec<String>), StoreError> {
    let mut items = 0;
    for link in &setup.config.links {
        items += store.counts(&link.name).await?.active;
    }
    store.errors(true, 1).await?;
    Ok((items, store.damaged_texts().await?))
}

/// The size of the store with its side files.
fn weight(path: &Path) -> String {
    let files = ["", "-wal"].map(|suffix| beside(path, suffix));
    let sizes = files.iter().filter_map(|file| file.metadata().ok());
    bytes(sizes.map(|data| data.len()).sum())
}

/// The version of the tables, from the header of the file (byte 60 in `SQLite`'s file format).
fn format_of(path: &Path) -> String {
    let mut header = [0_u8; 64];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    let version = <[u8; 4]>::try_from(&header[60..]).map(u32::from_be_bytes);
    match (read, version) {
        (Ok(()), Ok(version @ 1..)) => format!(", format {version}"),
        _ => String::new(),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// What is free where the store is; nothing to say where there is enough, or the system does not tell.
fn space(path: &Path) -> Option<Check> {
    let free = free(path.parent()?)?;
    let text = format!("{} free where the store is", bytes(free));
    let help = "make room: without a commit nothing is written to either service";
    match free {
        0..NO_SPACE => Some(Check::fail("disk", text, help)),
        NO_SPACE..LITTLE_SPACE => Some(Check::warn("disk", text, help)),
        _ => Some(Check::ok("disk", text)),
    }
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_folder: &Path) -> Option<u64> {
    None
}

/// Whether another process owns the store: no failure, but good to know.
///
/// The lock is tried only where the process that wrote its number there is alive: a try holds the lock for a moment,
/// in which a pulse-sync that starts would be turned away.
pub(super) fn instance(setup: &Setup) -> Option<Check> {
    let none = Some(Check::ok("instance", "no other pulse-sync runs here"));
    let Ok(mut file) = File::open(beside(&setup.store_path()?, ".lock")) else {
        return none;
    };
    let mut text = String::new();
    // Some systems do not let a locked file be read: then it goes without the number.
    let read = file.by_ref().take(20).read_to_string(&mut text);
    let process = text.trim().parse::<i32>().ok();
    if read.is_ok() && !process.is_some_and(is_alive) {
        return none;
    }
    match file.try_lock_shared() {
        Ok(()) => none,
        Err(TryLockError::WouldBlock) => {
            let is_own =
                process.is_some_and(|process| process.unsigned_abs() == std::process::id());
            let who = match process {
                _ if is_own => "this program".to_owned(),
                Some(process) => format!("process {process}"),
                None => "another process".to_owned(),
            };
            let text = format!("{who} runs, and keeps the links in step");
            Some(Check::ok("instance", text))
        }
        Err(TryLockError::Error(error)) => {
            let text = format!("the lock beside the store cannot be looked at: {error}");
            let help = "a folder on a network drive may not know locks";
            Some(Check::warn("instance", text, help))
        }
    }
}

#[cfg(unix)]
fn is_alive(process: i32) -> bool {
    let Some(process) = rustix::process::Pid::from_raw(process) else {
        return false;
    };
    // One that we may not signal is alive, too.
    rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH)
}

#[cfg(not(unix))]
const fn is_alive(_process: i32) -> bool {
    true
}

/// Whether the dashboard can be shown here.
pub(super) fn terminal(args: &Args, ascii: bool) -> Check {
    if !io::stdout().is_terminal() {
        let text = "stdout is none; the dashboard needs one, `pulse-sync run` does not";
        return Check::ok("terminal", text);
    }
    let term = std::env::var("TERM").unwrap_or_default();
    let colours = match depth(args) {
        Depth::None => "no colours",
        Depth::C8 => "8 colours",
        Depth::C16 => "16 colours",
        Depth::C256 => "256 colours",
        Depth::True => "24-bit colours",
    };
    let is_ascii = glyphs(args, ascii) == Glyphs::ASCII;
    let signs = if is_ascii { "ASCII" } else { "UTF-8" };
    let size = size();
    let extent = size.map_or_else(
        || "size unknown".to_owned(),
        |(columns, rows)| format!("{columns}x{rows}"),
    );
    let text = format!("{extent}, {colours}, {signs}, TERM={term}");
    let is_small = size.is_some_and(|(columns, rows)| columns < SMALLEST.0 || rows < SMALLEST.1);
    match () {
        () if is_small => {
            let help = format!("the dashboard needs {}x{}", SMALLEST.0, SMALLEST.1);
            Check::warn("terminal", text, format!("{help}; make the window larger"))
        }
        () if term.is_empty() || term == "dumb" => {
            let help = "the dashboard needs cursor movements: set TERM, or use --plain";
            Check::warn("terminal", text, help)
        }
        () if is_ascii && !args.ascii && !ascii => {
            let help = "the locale knows no UTF-8; set LANG to one that does for the fine lines";
            Check::warn("terminal", text, help)
        }
        () if depth(args) == Depth::None && args.color == Colour::Auto && !no_color() => {
            Check::warn(
                "terminal",
                text,
                "TERM names no colours; set it to what the terminal is",
            )
        }
        () => Check::ok("terminal", text),
    }
}

fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
