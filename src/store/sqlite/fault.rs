//! What `SQLite`'s errors mean for a user: what happened, what the program does, what to do.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

use super::damage;
use crate::store::StoreError;

/// An error on the way, before it is told with the file's name.
#[derive(Debug)]
pub(super) enum Trouble {
    /// `SQLite`'s own.
    Sql(rusqlite::Error),
    /// One that says everything already.
    Told(StoreError),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

impl Trouble {
    /// The error as the store's caller sees it.
    pub(super) fn tell(self, path: &Path) -> StoreError {
        match self {
            Self::Told(error) => error,
            Self::Sql(error) => tell_sql(path, &error),
        }
    }
}

fn tell_sql(path: &Path, error: &rusqlite::Error) -> StoreError {
    let code = error.sqlite_error_code();
    if matches!(
        code,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    ) {
        damage::met(path);
    }
    tell_code(path, error, || is_disk_full(path))
}

/// As `tell_sql`; whether the disk is full is only asked where `SQLite` does not say so itself: it makes and grows some
/// of its files in ways that end in a plain I/O error.
fn tell_code(
    path: &Path,
    error: &rusqlite::Error,
    is_disk_full: impl FnOnce() -> bool,
) -> StoreError {
    let code = error.sqlite_error_code();
    let may_be_full = matches!(
        code,
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen)
    );
    if code == Some(ErrorCode::DiskFull) || (may_be_full && is_disk_full()) {
        return full(path);
    }
    let path = path.display();
    match code {
        Some(ErrorCode::ReadOnly) => StoreError::Unavailable(format!(
            "{path} cannot be written ({error}); check its permissions and whether it is open for reading only"
        )),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unavailable(format!(
                "another program keeps {path} locked; close it there, the store is tried again"
            ))
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) | None => {
            StoreError::Damaged(damaged(&path.to_string(), &error.to_string()))
        }
        Some(_) => StoreError::Unavailable(format!("{path}: {error}")),
    }
}

/// The error for a disk without room.
pub(super) fn full(path: &Path) -> StoreError {
    StoreError::Unavailable(format!(
        "the disk with {} is full; nothing is written to either side until there is room. Free some space there, or \
         put the store on another disk ([store] path, or PULSE_SYNC_STATE)",
        path.display()
    ))
}

/// Whether less room than a few commits need is left where a file is.
#[cfg(unix)]
pub(super) fn is_disk_full(path: &Path) -> bool {
    /// In bytes: the write-ahead log of one commit and its index.
    const NEEDED: u64 = 256 * 1024;
    let folder = path.parent().unwrap_or(path);
    rustix::fs::statvfs(folder)
        .is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < NEEDED)
}

#[cfg(not(unix))]
pub(super) const fn is_disk_full(_path: &Path) -> bool {
    false
}

/// The text for a file that cannot be understood.
pub(super) fn damaged(path: &str, detail: &str) -> String {
    format!(
        "{path} is damaged or is not a store ({detail}). It is left as it is. Move it away or put a backup in its \
         place; without one the next sync ties items together again by their GitHub IDs and makes none twice"
    )
}

/// The text for a document that cannot be understood. The others go on.
pub(super) fn damaged_document(table: &str, id: &str, detail: &str) -> StoreError {
    StoreError::Damaged(format!(
        "the document {id} in {table} cannot be read ({detail}). It is left as it is and skipped; the others go on. \
         Put a backup of the store in its place, or delete this row with the sqlite3 tool while nothing runs"
    ))
}

/// An error of the file system.
pub(super) fn io(path: &Path, what: &str, error: &io::Error) -> StoreError {
    if matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    ) {
        return full(path);
    }
    StoreError::Unavailable(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn told(code: i32, is_full: bool) -> String {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        tell_code(Path::new("some/store.db"), &error, || is_full).to_string()
    }

    #[test]
    fn a_full_disk_is_named_however_sqlite_meets_it() {
        let codes = [
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_CANTOPEN,
        ];
        for code in codes {
            let text = told(code, true);
            assert!(
                text.contains("the disk with some/store.db is full"),
                "{code}: {text}"
            );
            assert!(text.contains("Free some space"), "{code}: {text}");
        }
        assert!(!told(ffi::SQLITE_IOERR, false).contains("is full"));
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let text = io(Path::new("some/store.db.lock"), "open", &full).to_string();
        assert!(text.contains("is full"), "{text}");
    }
}
