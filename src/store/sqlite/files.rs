//! The store's file: who may read it, who owns it, and who has it open.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::fault;
use crate::store::StoreError;

/// Makes the file ready to be owned: the folder (0700) and the file (0600) exist, both are ours, and nobody else
/// has it open. The returned file holds the lock until it is dropped or the process ends.
pub(super) fn claim(path: &Path) -> Result<File, StoreError> {
    prepare(path)?;
    let lock = take_lock(path)?;
    make_private(path)?;
    Ok(lock)
}

/// As `claim`, but where somebody else has it open it gives no lock instead of an error.
pub(super) fn join(path: &Path) -> Result<Option<File>, StoreError> {
    prepare(path)?;
    let (lock, is_ours) = try_lock(path)?;
    if !is_ours {
        look(path)?;
        return Ok(None);
    }
    make_private(path)?;
    Ok(Some(lock))
}

fn prepare(path: &Path) -> Result<(), StoreError> {
    let folder = folder_of(path);
    make_folder(&folder)?;
    refuse_link(path)?;
    refuse_foreign(path, &folder)
}

/// Checks a file that is only read.
pub(super) fn look(path: &Path) -> Result<(), StoreError> {
    refuse_link(path)?;
    match fs::metadata(path) {
        Ok(data) if data.is_file() => Ok(()),
        Ok(_) => Err(StoreError::Unavailable(format!(
            "{} is not a file",
            path.display()
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StoreError::Unavailable(format!(
                "{} does not exist yet; the first sync makes it",
                path.display()
            )))
        }
        Err(error) => Err(fault::io(path, "read", &error)),
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes the folder for us alone. One that exists keeps its permissions: it may be shared on purpose.
fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| fault::io(folder, "make the folder", &error))
}

/// Refuses a symbolic link: somebody may have laid it so that we write elsewhere.
fn refuse_link(path: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(path) {
        Ok(data) if data.is_symlink() => Err(StoreError::Unavailable(format!(
            "{} is a symbolic link; it was not followed. Name the file itself, or move it there",
            path.display()
        ))),
        _ => Ok(()),
    }
}

/// Refuses another user's file: `SQLite`'s side files would then belong to us and lock its owner out.
#[cfg(unix)]
fn refuse_foreign(path: &Path, folder: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt;

    let Ok(data) = fs::metadata(path) else {
        return Ok(());
    };
    let us = our_uid(folder)?;
    if data.uid() == us {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!(
        "{} belongs to another user (user id {}, this program runs as {us}); run it as that user, or choose another \
         file",
        path.display(),
        data.uid()
    )))
}

#[cfg(not(unix))]
fn refuse_foreign(_path: &Path, _folder: &Path) -> Result<(), StoreError> {
    Ok(())
}

/// Finds our user id without unsafe code: it is the owner of a file that we just made.
#[cfg(unix)]
fn our_uid(folder: &Path) -> Result<u32, StoreError> {
    use std::os::unix::fs::MetadataExt;

    let probe = folder.join(format!(
        ".pulse-sync-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let made = private_file()
        .create_new(true)
        .open(&probe)
        .map_err(|error| fault::io(folder, "write in", &error))?;
    let uid = made.metadata().map(|data| data.uid());
    fs::remove_file(&probe).map_err(|error| fault::io(&probe, "remove", &error))?;
    uid.map_err(|error| fault::io(&probe, "look at", &error))
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the file if it is missing, readable by us alone whatever the umask says. `SQLite` gives its side files the
/// same permissions. One that others may read (a restored backup) is closed to them.
fn make_private(path: &Path) -> Result<(), StoreError> {
    private_file()
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| fault::io(path, "open", &error))?;
    #[cfg(unix)]
    for file in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        close_to_others(&file)?;
    }
    Ok(())
}

#[cfg(unix)]
fn close_to_others(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;

    let Ok(data) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if data.is_symlink() || data.permissions().mode() & 0o777 == 0o600 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        .map_err(|error| fault::io(path, "set the permissions of", &error))
}

/// The path of a file beside the store.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Takes the lock beside the store. The system gives it back when the process ends, however it ends.
fn take_lock(path: &Path) -> Result<File, StoreError> {
    match try_lock(path)? {
        (lock, true) => Ok(lock),
        (mut lock, false) => Err(in_use(path, &mut lock)),
    }
}

/// The lock file, and whether the lock is ours now.
fn try_lock(path: &Path) -> Result<(File, bool), StoreError> {
    let lock_path = beside(path, ".lock");
    refuse_link(&lock_path)?;
    let mut lock = private_file()
        .create(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(|error| fault::io(&lock_path, "open", &error))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok((lock, false)),
        Err(TryLockError::Error(error)) => return Err(fault::io(&lock_path, "lock", &error)),
    }
    // Only for the message that another process shows; the lock holds without it.
    let written = lock
        .set_len(0)
        .and_then(|()| write!(lock, "{}", std::process::id()));
    if let Err(error) = written {
        tracing::warn!(path = %lock_path.display(), %error, "cannot write the process id into the lock file");
    }
    Ok((lock, true))
}

fn in_use(path: &Path, lock: &mut File) -> StoreError {
    let mut text = String::new();
    // On some systems a locked file cannot be read: then the message goes without the number.
    let read = lock.take(20).read_to_string(&mut text);
    let who = match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(process)) => format!(" (process {process})"),
        _ => String::new(),
    };
    StoreError::Unavailable(format!(
        "pulse-sync is already running{who} and has {} open. Stop it first, or use a command that works beside it: \
         `plan`, `status`, `history`, `pause`, `resume`, `conflicts`, `held`, `undo`",
        path.display()
    ))
}

/// What a file is known by: the moment at which it was made, where the system keeps that.
pub(super) fn birthmark(path: &Path) -> Option<String> {
    let made = fs::metadata(path).ok()?.created().ok()?;
    let since = made.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("file {}", since.as_nanos()))
}
