//! `store move`: copies one store into another, and compares both afterwards.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;

use super::args::{MoveOptions, StoreCommand};
use super::exit::Exit;
use super::wire::Setup;
use crate::config::{self, StoreChoice};
use crate::shown::Shown;
use crate::store::contents::Tallies;
use crate::store::mongo::Patience;
use crate::store::{AnyStore, Lease, Looking, MongoStore, SqliteStore, Store, copy};
use crate::ui::text::counted;

/// How long a lease lasts that keeps others from using the target, in milliseconds: so long it stays locked after a copy
/// that was killed.
const LEASE_MS: i64 = 30_000;
/// How the holder of such a lease is called, before the number of its process.
const HOLDER: &str = "store move ";
/// How often it is renewed meanwhile.
const RENEWED: Duration = Duration::from_secs(8);
/// A lease that only copies take.
const COPIES: &str = "store/move";

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It is only read.
    Source,
    Target,
}

/// Carries out a command about stores.
pub async fn run(setup: &Setup, command: &StoreCommand) -> anyhow::Result<Exit> {
    match command {
        StoreCommand::Move(options) => move_store(setup, options).await,
    }
}

async fn move_store(setup: &Setup, options: &MoveOptions) -> anyhow::Result<Exit> {
    ensure!(options.from != options.to, "both stores are the same one");
    ensure!(
        !is_same_file(path_of(setup, &options.from), path_of(setup, &options.to)),
        "both stores are the same file, by two names; nothing was copied"
    );
    let from = open(setup, &options.from, options, Role::Source)
        .with_context(|| format!("cannot open {}", place(&options.from)))?;
    // Before the target is made: a refusal leaves nothing behind that looks like a store.
    refuse_busy(setup, &from).await?;
    let to = open(setup, &options.to, options, Role::Target)
        .with_context(|| format!("cannot open {}", place(&options.to)))?;
    // No other process has this name, on whichever machine: what is found under it is our own.
    let holder = format!("{HOLDER}{} {:08x}", std::process::id(), fastrand::u32(..));
    let copied = tokio::select! {
        copied = Box::pin(copy_locked(setup, &from, &to, &holder)) => copied,
        _ = super::live::asked_to_stop() => Err(anyhow!(
            "stopped before the copy was finished. What was copied so far stays, and the same command goes on from there"
        )),
    };
    let_others_in(setup, &to, &holder).await;
    let tallies = copied?;
    say!(
        "{}, {}, {}, {}, {}: the same in both stores, by count and content",
        counted(tallies.pairs.count, "pair"),
        counted(tallies.records.count, "record"),
        counted(tallies.errors.count, "error"),
        counted(tallies.cursors.count, "cursor"),
        counted(tallies.settings.count, "setting")
    );
    say!("The first store is left as it is. Say the second one in the configuration to use it.");
    Ok(Exit::Done)
}

/// Copies, and keeps everybody else out of the target meanwhile.
async fn copy_locked(
    setup: &Setup,
    from: &AnyStore,
    to: &AnyStore,
    holder: &str,
) -> anyhow::Result<Tallies> {
    keep_others_out(setup, to, holder).await?;
    // Two addresses may be one database: then what was written to the one is read from the other.
    let seen = from.leased(COPIES, super::clock::now()).await?;
    ensure!(
        seen.is_none_or(|lease| lease.holder != holder),
        "both stores are the same one, by two addresses; nothing was copied"
    );
    let bar =
        ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg}")?);
    let lineage = format!("{:032x}", fastrand::u128(..));
    let work = copy::copy(from, to, &lineage, |what, done| {
        bar.set_message(format!("{done} {what}"));
        bar.tick();
    });
    let renew = async || {
        refuse_busy(setup, from).await?;
        keep_others_out(setup, to, holder).await
    };
    let copied = while_renewed(Box::pin(work), RENEWED, renew).await;
    bar.finish_and_clear();
    Ok(copied??)
}

/// Does some work and renews something meanwhile; ends without the work being done when that is refused.
async fn while_renewed<T>(
    mut work: impl Future<Output = T> + Unpin,
    every: Duration,
    renew: impl AsyncFn() -> anyhow::Result<()>,
) -> anyhow::Result<T> {
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Ok(done),
            () = tokio::time::sleep(every) => renew().await.context(
                "the copy was broken off; what was copied so far stays, and the same command goes on from there",
            )?,
        }
    }
}

/// Opens a store by the word for it: `configured`, `env:NAME` with an address in that variable, a `MongoDB` address, or
/// the path of a file.
fn open(setup: &Setup, word: &str, options: &MoveOptions, role: Role) -> anyhow::Result<AnyStore> {
    if word == "configured" {
        return match (&setup.config.store, setup.store_path()) {
            (StoreChoice::Mongo { uri, database }, _) => shared(uri, database, role),
            (_, Some(path)) => file(&path, role),
            (_, None) => bail!("no store is configured"),
        };
    }
    if let Some(name) = word.strip_prefix("env:") {
        // Any variable, not only those that mean something to the program.
        let uri = std::env::var(name).unwrap_or_default();
        let uri = uri.trim();
        ensure!(
            !uri.is_empty(),
            "the environment variable {} is not set",
            Shown::line(name)
        );
        return mongo(setup, uri, options, role);
    }
    if word.starts_with("mongodb://") || word.starts_with("mongodb+srv://") {
        return mongo(setup, word, options, role);
    }
    if word.contains("://") {
        bail!(
            "only mongodb:// and mongodb+srv:// addresses are known; a file is named by its path"
        );
    }
    file(std::path::Path::new(word), role)
}

/// The path of a store that is a file.
fn path_of(setup: &Setup, word: &str) -> Option<PathBuf> {
    match word {
        "configured" => setup.store_path(),
        _ if word.starts_with("env:") || word.contains("://") => None,
        _ => Some(PathBuf::from(word)),
    }
}

/// Whether two paths are one file, by whatever links. Two databases in one file would break each other.
#[cfg(unix)]
fn is_same_file(one: Option<PathBuf>, other: Option<PathBuf>) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let number = |path: Option<PathBuf>| {
        let found = std::fs::metadata(path?).ok()?;
        Some((found.dev(), found.ino()))
    };
    let one = number(one);
    one.is_some() && one == number(other)
}

/// Whether two paths are one file, as far as their names say.
#[cfg(not(unix))]
fn is_same_file(one: Option<PathBuf>, other: Option<PathBuf>) -> bool {
    let name = |path: Option<PathBuf>| path?.canonicalize().ok();
    let one = name(one);
    one.is_some() && one == name(other)
}

/// A file has one owner, which nobody can be beside while it is copied. One that is mistyped as a source is not made
/// anew, and nothing is "moved" from it.
fn file(path: &std::path::Path, role: Role) -> anyhow::Result<AnyStore> {
    ensure!(
        role == Role::Target || path.is_file(),
        "there is no store at {}; nothing was done",
        path.display()
    );
    Ok(AnyStore::Embedded(SqliteStore::open_to_copy(path)?))
}

fn mongo(setup: &Setup, uri: &str, options: &MoveOptions, role: Role) -> anyhow::Result<AnyStore> {
    let configured = match &setup.config.store {
        StoreChoice::Mongo { database, .. } => Some(database.clone()),
        StoreChoice::Embedded(_) => None,
    };
    let variable = setup.env.get("MONGODB_DATABASE").map(str::to_owned);
    let database = options
        .database
        .clone()
        .or(variable)
        .or_else(|| config::database_of(uri))
        .or(configured)
        .unwrap_or_else(|| config::DATABASE.to_owned());
    shared(&SecretString::from(uri), &database, role)
}

/// The role `read` is enough for a source.
fn shared(uri: &SecretString, database: &str, role: Role) -> anyhow::Result<AnyStore> {
    let store = MongoStore::new(uri, database, Patience::default())?.to_copy();
    Ok(match role {
        Role::Source => AnyStore::Looked(Box::new(Looking::at(store))),
        Role::Target => AnyStore::Mongo(Box::new(store)),
    })
}

/// The word for a store without a login in it.
fn place(word: &str) -> String {
    match word.split_once('@') {
        Some((_, rest)) if word.starts_with("mongodb") => {
            format!("mongodb://***@{}", Shown::line(rest))
        }
        _ => Shown::line(word).to_string(),
    }
}

/// Refuses a source that somebody syncs with or copies into. Nothing is written there: that it changed after all shows
/// when both stores are compared.
async fn refuse_busy(setup: &Setup, store: &AnyStore) -> anyhow::Result<()> {
    for name in leases(setup) {
        let held = store.leased(&name, super::clock::now()).await?;
        held.map_or(Ok(()), |lease| refuse(&lease, &name))?;
    }
    Ok(())
}

/// Takes the leases of the configured links in the target: a file has one owner anyway, a shared store may be in use
/// elsewhere.
async fn keep_others_out(setup: &Setup, store: &AnyStore, holder: &str) -> anyhow::Result<()> {
    for name in leases(setup) {
        let now = super::clock::now();
        let lease = store.lease(&name, holder, now, LEASE_MS).await?;
        if lease.holder != holder {
            refuse(&lease, &name)?;
        }
    }
    Ok(())
}

/// What is said of somebody else who has a lease.
fn refuse(lease: &Lease, name: &str) -> anyhow::Result<()> {
    let holder = Shown::line(&lease.holder);
    ensure!(
        !lease.holder.starts_with(HOLDER),
        "{holder} copies this store, or was killed while it did. Nothing has to be done but wait: once it has ended this \
         store is free by {} at the latest",
        crate::cli::json::time(lease.until)
    );
    bail!(
        "{holder} runs the link {} with this store; stop it first (`q` in its dashboard)",
        Shown::line(name.rsplit('/').next().unwrap_or(name))
    )
}

/// The lease of copies, then those of the links.
fn leases(setup: &Setup) -> Vec<String> {
    let links = setup.config.links.iter();
    let links = links.map(|link| crate::engine::lease_name(&link.name));
    std::iter::once(COPIES.to_owned()).chain(links).collect()
}

async fn let_others_in(setup: &Setup, store: &AnyStore, holder: &str) {
    for name in leases(setup) {
        // A lease that cannot be given back runs out by itself, and so does the next one.
        if store.release(&name, holder).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::cell::Cell;

    use super::*;

    /// Time of a runtime that stands still passes at once.
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(future)
    }

    #[test]
    fn leases_are_renewed_as_long_as_the_copy_lasts() {
        let renewed = Cell::new(0);
        let work = Box::pin(async { tokio::time::sleep(RENEWED * 7 / 2).await });
        let renew = async || {
            renewed.set(renewed.get() + 1);
            Ok(())
        };
        block_on(while_renewed(work, RENEWED, renew)).unwrap();
        assert_eq!(renewed.get(), 3);
        assert!(RENEWED.as_millis() * 3 < LEASE_MS.unsigned_abs().into());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_known_by_every_name() {
        let folder = std::env::temp_dir().join(format!("pulse-sync-{:016x}", fastrand::u64(..)));
        std::fs::create_dir(&folder).unwrap();
        let [one, other, hard, soft] =
            ["one", "other", "hard", "soft"].map(|name| Some(folder.join(name)));
        for path in [&one, &other] {
            std::fs::write(path.clone().unwrap(), "").unwrap();
        }
        std::fs::hard_link(one.clone().unwrap(), hard.clone().unwrap()).unwrap();
        std::os::unix::fs::symlink(one.clone().unwrap(), soft.clone().unwrap()).unwrap();
        assert!(is_same_file(one.clone(), hard));
        assert!(is_same_file(one.clone(), soft));
        assert!(!is_same_file(one.clone(), other));
        assert!(!is_same_file(one, Some(folder.join("none"))));
        assert!(!is_same_file(None, None));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_copy_whose_lease_is_lost_is_broken_off() {
        let work = Box::pin(std::future::pending::<()>());
        let lost = async || bail!("somebody runs the link");
        let told = block_on(while_renewed(work, RENEWED, lost)).unwrap_err();
        let told = format!("{told:#}");
        assert!(told.contains("goes on from there"), "{told}");
        assert!(told.contains("somebody runs the link"), "{told}");
    }
}
