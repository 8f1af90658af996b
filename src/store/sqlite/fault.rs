//! What `SQLite`'s errors mean for a user: what happened, what the program does, what to do.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

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
    let path = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Unavailable(format!(
            "the disk with {path} is full; nothing is written to either side until there is room"
        )),
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
    StoreError::Unavailable(format!("cannot {what} {}: {error}", path.display()))
}
