//! The tables, their versions, and what is done with a file that is not what it should be.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::Access;
use super::damage;
use super::fault::{self, Trouble};
use crate::store::StoreError;

/// Marks the file as ours in its header ("puls").
const APPLICATION_ID: i32 = 0x7075_6c73;

/// How every `SQLite` file begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Files up to this size are checked whole when they are opened; a check reads every page, and a start must not
/// take seconds. Of larger ones only the small tables are: pages that are read later are checked by `SQLite` as far
/// as it can, and every document is checked as it is decoded.
const CHECKED_WHOLE: u64 = 32 * 1024 * 1024;

/// The steps from one version to the next: the first makes an empty file version 1. Each runs in one transaction
/// together with the new version number. Never change one that was released; add the next.
const MIGRATIONS: &[&str] = &[
    include_str!("v1.sql"),
    include_str!("v2.sql"),
    include_str!("v3.sql"),
    include_str!("v4.sql"),
    include_str!("v5.sql"),
];

/// Opens the connection, looks at the file before anything can change it, and brings it to our version.
pub(super) fn open(path: &Path, access: Access) -> Result<Connection, Trouble> {
    let version = inspect(path)?;
    match access {
        Access::Read => open_to_read(path, version),
        Access::Own => open_to_own(path, version),
        Access::Beside => open_beside(path, version),
    }
}

/// Reads the file's version through a connection that cannot write, so that a file that is refused stays as it was.
fn inspect(path: &Path) -> Result<usize, Trouble> {
    refuse_garbage(path)?;
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let application: i32 = pragma(&conn, "application_id")?;
    let version: i64 = pragma(&conn, "user_version")?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = application == 0 && version == 0 && tables == 0;
    if !empty && application != APPLICATION_ID {
        return Err(StoreError::Damaged(fault::damaged(
            &path.display().to_string(),
            "it is a SQLite database of another program",
        ))
        .into());
    }
    match usize::try_from(version) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(StoreError::Damaged(format!(
            "{} was written by a newer pulse-sync: its format is version {version}, this program knows versions up \
             to {}. Nothing was changed. Use the newer program, or another file",
            path.display(),
            MIGRATIONS.len()
        ))
        .into()),
    }
}

/// Refuses a file that does not begin as it must. `SQLite` takes one of a few bytes for an empty one and would fill it.
fn refuse_garbage(path: &Path) -> Result<(), StoreError> {
    let mut start = Vec::new();
    let wanted = MAGIC.len() as u64;
    File::open(path)
        .and_then(|file| file.take(wanted).read_to_end(&mut start))
        .map_err(|error| fault::io(path, "read", &error))?;
    if start.is_empty() || start == MAGIC {
        return Ok(());
    }
    let text = fault::damaged(&path.display().to_string(), "it is not a SQLite file");
    Err(StoreError::Damaged(text))
}

fn open_to_read(path: &Path, version: usize) -> Result<Connection, Trouble> {
    refuse_old(path, version)?;
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if damage::was_met(path) {
        check(&conn, path, &[None])?;
    }
    Ok(conn)
}

/// Searches the whole file for damage, whatever its size.
pub(super) fn check_whole(conn: &Connection, path: &Path) -> Result<(), Trouble> {
    check(conn, path, &[None])
}

/// What is searched at the start of who owns the file: all of it, or the tables that are small in any case.
fn checked_at_start(path: &Path, version: usize) -> &'static [Option<&'static str>] {
    let is_small = fs::metadata(path).is_ok_and(|data| data.len() <= CHECKED_WHOLE);
    match (is_small || damage::was_met(path), version) {
        (true, _) => &[None],
        (false, 0) => &[],
        (false, _) => &[Some("settings"), Some("cursors"), Some("leases")],
    }
}

/// The owner keeps the file's form and the leases; commits are as durable as its own.
fn open_beside(path: &Path, version: usize) -> Result<Connection, Trouble> {
    refuse_old(path, version)?;
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    Ok(conn)
}

fn refuse_old(path: &Path, version: usize) -> Result<(), Trouble> {
    if version < MIGRATIONS.len() && fault::is_disk_full(path) {
        return Err(fault::full(path).into());
    }
    if version == 0 {
        return Err(StoreError::Unavailable(format!(
            "{} is empty: the sync that began it was kept from filling it, as by a full disk. Nothing is lost; the next \
             sync goes on with it, or says what is in the way",
            path.display()
        ))
        .into());
    }
    if version < MIGRATIONS.len() {
        return Err(StoreError::Unavailable(format!(
            "{} has format version {version} and this program needs {}; the next sync brings it up to date",
            path.display(),
            MIGRATIONS.len()
        ))
        .into());
    }
    Ok(())
}

fn open_to_own(path: &Path, version: usize) -> Result<Connection, Trouble> {
    let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let tables = checked_at_start(path, version);
    check(&conn, path, tables)?;
    if tables.contains(&None) {
        damage::is_whole(path);
    }
    conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // Every commit reaches the disk before it is answered: an intent must survive a power cut.
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update_and_check(None, "journal_size_limit", 16 * 1024 * 1024, |_| Ok(()))?;
    migrate(&mut conn, MIGRATIONS, version)?;
    // The file lock is ours, so whoever held a lease is gone.
    conn.execute("UPDATE leases SET until = ?1", [i64::MIN])?;
    Ok(conn)
}

/// Whether there is a setting of this name.
pub(super) fn has_setting(conn: &Connection, name: &str) -> Result<bool, Trouble> {
    let sql = "SELECT count(*) FROM settings WHERE name = ?1";
    let found: i64 = conn.query_row(sql, [name], |row| row.get(0))?;
    Ok(found > 0)
}

fn connect(path: &Path, mode: OpenFlags) -> rusqlite::Result<Connection> {
    // Without the URI flag, so that a file called `file:x?mode=memory` is just a file.
    let conn = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    Ok(conn)
}

fn pragma<T: rusqlite::types::FromSql>(conn: &Connection, name: &str) -> rusqlite::Result<T> {
    conn.pragma_query_value(None, name, |row| row.get(0))
}

/// Looks for damage in tables, or in the whole file, and keeps in mind that there was some.
fn check(conn: &Connection, path: &Path, tables: &[Option<&str>]) -> Result<(), Trouble> {
    for table in tables {
        let sql = match table {
            None => "PRAGMA quick_check(1)".to_owned(),
            Some(table) => format!("PRAGMA quick_check({table})"),
        };
        let found: String = conn.query_row(&sql, [], |row| row.get(0))?;
        if found != "ok" {
            damage::met(path);
            let text = fault::damaged(&path.display().to_string(), &found.replace('\n', " "));
            return Err(StoreError::Damaged(text).into());
        }
    }
    Ok(())
}

/// Runs the steps that are missing, each with its version number in one transaction.
fn migrate(conn: &mut Connection, steps: &[&str], from: usize) -> rusqlite::Result<()> {
    for (version, step) in (1_i64..).zip(steps).skip(from) {
        let change = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute_batch(step)?;
        change.pragma_update(None, "application_id", APPLICATION_ID)?;
        change.pragma_update(None, "user_version", version)?;
        change.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(conn: &Connection) -> i64 {
        pragma(conn, "user_version").unwrap()
    }

    #[test]
    fn an_older_file_gets_only_the_missing_steps() {
        let mut conn = Connection::open_in_memory().unwrap();
        let v1 = "CREATE TABLE things (id INTEGER); INSERT INTO things VALUES (7);";
        migrate(&mut conn, &[v1], 0).unwrap();
        assert_eq!(version(&conn), 1);
        let v2 = "ALTER TABLE things ADD COLUMN name TEXT NOT NULL DEFAULT 'x';";
        migrate(&mut conn, &[v1, v2], 1).unwrap();
        let name: String = conn
            .query_row("SELECT name FROM things WHERE id = 7", [], |row| row.get(0))
            .unwrap();
        assert_eq!((version(&conn), name.as_str()), (2, "x"));
        migrate(&mut conn, &[v1, v2], 2).unwrap();
        assert_eq!(version(&conn), 2);
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let mut conn = Connection::open_in_memory().unwrap();
        let good = "CREATE TABLE things (id INTEGER);";
        let bad = "ALTER TABLE things ADD COLUMN name TEXT; DROP TABLE no_such_table;";
        assert!(migrate(&mut conn, &[good, bad], 0).is_err());
        assert_eq!(version(&conn), 1);
        assert!(conn.prepare("SELECT name FROM things").is_err());
    }

    #[test]
    fn a_store_of_version_1_gets_its_keys_even_with_damage_in_it() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &MIGRATIONS[..1], 0).unwrap();
        for (id, doc) in [
            ("1", r#"{"key":"a"}"#),
            ("2", r#"{"key":"b"}"#),
            ("3", r#"{"key":"b"}"#),
            ("4", "{cut"),
            ("5", "{}"),
            ("6", "{}"),
        ] {
            conn.execute(
                "INSERT INTO sync_items VALUES (?1, 'l', 'issue', 1, NULL, NULL, 'new', NULL, 0, 0, 0, 0, 0, ?2)",
                [id, doc],
            )
            .unwrap();
        }
        migrate(&mut conn, MIGRATIONS, 1).unwrap();
        let mut statement = conn
            .prepare("SELECT key FROM sync_items ORDER BY id")
            .unwrap();
        let keys = statement.query_map([], |row| row.get(0)).unwrap();
        let keys: Vec<Option<String>> = keys.map(Result::unwrap).collect();
        let word = |text: &str| Some(text.to_owned());
        assert_eq!(keys, [word("a"), word("b"), None, None, None, None]);
        assert!(
            conn.execute("UPDATE sync_items SET key = 'a' WHERE id = '3'", [])
                .is_err()
        );
    }

    #[test]
    fn a_store_of_version_2_goes_on_with_nothing_held_by_the_user() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &MIGRATIONS[..2], 0).unwrap();
        conn.execute(
            "INSERT INTO sync_items VALUES ('1', 'l', 'issue', 1, NULL, NULL, 'new', NULL, 0, 0, 0, 1, 0, '{}', 'k')",
            [],
        )
        .unwrap();
        migrate(&mut conn, MIGRATIONS, 2).unwrap();
        let held: (i64, i64) = conn
            .query_row("SELECT held, user_held FROM sync_items", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(held, (1, 0));
    }

    #[test]
    fn a_store_of_version_3_knows_which_records_hold_values() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &MIGRATIONS[..3], 0).unwrap();
        for (id, doc) in [
            ("1", r#"{"changes":[{"field":"title"}]}"#),
            ("2", r#"{"changes":[]}"#),
            ("3", "{cut"),
            ("4", "{}"),
        ] {
            conn.execute(
                "INSERT INTO sync_history VALUES (?1, 1, 'write', 'done', 'l', NULL, ?2)",
                [id, doc],
            )
            .unwrap();
        }
        migrate(&mut conn, MIGRATIONS, 3).unwrap();
        let mut statement = conn
            .prepare("SELECT id FROM sync_history WHERE valued = 1")
            .unwrap();
        let ids = statement.query_map([], |row| row.get(0)).unwrap();
        assert_eq!(ids.map(Result::unwrap).collect::<Vec<String>>(), ["1"]);
    }

    #[test]
    fn errors_are_found_by_item_and_by_class() {
        for (column, index) in [("pair", "errors_pair"), ("class", "errors_class")] {
            let plan = plan_of(
                &format!("SELECT doc FROM sync_errors WHERE {column} = ?1"),
                1,
            );
            assert!(plan.contains(index), "{plan}");
        }
    }

    /// The query must walk the index in working order instead of sorting a table that may be large.
    fn plan_of(sql: &str, parameters: usize) -> String {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, MIGRATIONS, 0).unwrap();
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nulls = vec![rusqlite::types::Null; parameters];
        let steps = statement
            .query_map(rusqlite::params_from_iter(nulls), |row| {
                row.get::<_, String>(3)
            })
            .unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn frequent_queries_walk_an_index_and_never_sort() {
        use super::super::{items, records};
        use crate::store::Which;

        let mut queries = vec![
            (items::DUE.to_owned(), 2, "items_due"),
            (items::NEXT_DUE.to_owned(), 2, "items_wake"),
            (items::WAITING.to_owned(), 2, "items_wake"),
            (items::page_sql(Which::All, true), 2, "items_all"),
            (
                items::page_sql(Which::Conflicted, true),
                2,
                "items_conflicted",
            ),
            (items::page_sql(Which::Held, false), 2, "items_held"),
            (
                items::page_sql(Which::HeldByUser, true),
                2,
                "items_user_held",
            ),
            (items::page_sql(Which::InDoubt, true), 2, "items_in_doubt"),
            (items::page_sql(Which::Troubled, true), 2, "items_troubled"),
            (records::ERRORS_OPEN.to_owned(), 1, "errors_open"),
            (records::ERRORS_ALL.to_owned(), 1, "errors_at"),
        ];
        queries.push((records::OLD_VALUES.to_owned(), 2, "history_values"));
        queries.push((records::OLD_RUNS.to_owned(), 2, "history_kind"));
        let done = ["done", "info"];
        for (outcomes, kinds, index) in [
            (&done[..], &["run"][..], "history_kind"),
            (&[], &["run"], "history_kind"),
            (&[], &["run", "write"], "history_at"),
        ] {
            queries.push((records::history_sql(false, outcomes, kinds), 4, index));
        }
        queries.push((records::history_sql(false, &[], &[]), 4, "history_at"));
        queries.push((records::history_sql(true, &[], &[]), 4, "history_pair"));
        queries.push((
            records::history_sql(false, &["failed"], &[]),
            4,
            "history_outcome",
        ));
        for (sql, parameters, index) in queries {
            let plan = plan_of(&sql, parameters);
            assert!(plan.contains(index), "{sql}\n{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
        }
    }
}
