//! What is kept by name: `cursors`, `settings`, `leases`.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::fault::{Trouble, damaged_document};
use super::worker::Db;
use crate::core::Time;
use crate::store::rules::{self, ALWAYS};
use crate::store::{Cursor, Lease};

const CURSORS: &str = "cursors";

impl Db {
    pub(super) fn cursor(&mut self, name: &str) -> Result<Option<Cursor>, Trouble> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT doc FROM cursors WHERE name = ?1")?;
        let mut rows = statement.query([name])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let doc = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
        Ok(Some(self.damaged.decode(CURSORS, name.as_bytes(), doc)?))
    }

    pub(super) fn put_cursor(&mut self, name: &str, cursor: &Cursor) -> Result<(), Trouble> {
        let doc = serde_json::to_string(cursor)
            .map_err(|error| damaged_document(CURSORS, name, &error.to_string()))?;
        let sql = "INSERT INTO cursors (name, doc) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET doc = ?2";
        self.conn.prepare_cached(sql)?.execute((name, doc))?;
        Ok(())
    }

    /// A page of cursors in the order of their names.
    pub(super) fn cursor_page(
        &mut self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Cursor)>, Trouble> {
        let sql = "SELECT name, doc FROM cursors WHERE ?1 IS NULL OR name > ?1 ORDER BY name";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([after])?;
        let mut found = Vec::new();
        while found.len() < limit {
            let Some(row) = rows.next()? else { break };
            let name: String = row.get(0)?;
            let doc = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
            if let Ok(cursor) = self.damaged.decode(CURSORS, name.as_bytes(), doc) {
                found.push((name, cursor));
            }
        }
        Ok(found)
    }

    /// A page of settings in the order of their names.
    pub(super) fn setting_page(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, String)>, Trouble> {
        let sql =
            "SELECT name, value FROM settings WHERE ?1 IS NULL OR name > ?1 ORDER BY name LIMIT ?2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.conn.prepare_cached(sql)?;
        let settings = statement.query_map((after, limit), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(settings.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn setting(&self, name: &str) -> Result<Option<String>, Trouble> {
        let sql = "SELECT value FROM settings WHERE name = ?1";
        let mut statement = self.conn.prepare_cached(sql)?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }

    pub(super) fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), Trouble> {
        match value {
            Some(value) => self
                .conn
                .prepare_cached(
                    "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
                )?
                .execute((name, value))?,
            None => self
                .conn
                .prepare_cached("DELETE FROM settings WHERE name = ?1")?
                .execute([name])?,
        };
        Ok(())
    }

    /// Takes or renews a lease; the transaction holds the write lock from its start, so nobody comes between.
    pub(super) fn lease(
        &mut self,
        name: &str,
        holder: &str,
        now: Time,
        ttl_ms: i64,
    ) -> Result<Lease, Trouble> {
        let change = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let current = current_lease(&change, name)?;
        let lease = rules::lease_after(current, holder, now, ttl_ms);
        let fence = i64::try_from(lease.fence).unwrap_or(i64::MAX);
        change
            .prepare_cached(
                "INSERT INTO leases (name, holder, until, fence) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (name) DO UPDATE SET holder = ?2, until = ?3, fence = ?4",
            )?
            .execute(params![name, lease.holder, lease.until.0, fence])?;
        change.commit()?;
        Ok(lease)
    }

    pub(super) fn release(&self, name: &str, holder: &str) -> Result<(), Trouble> {
        self.conn
            .prepare_cached("UPDATE leases SET until = ?3 WHERE name = ?1 AND holder = ?2")?
            .execute((name, holder, ALWAYS.0))?;
        Ok(())
    }

    pub(super) fn leased(&self, name: &str) -> Result<Option<Lease>, Trouble> {
        Ok(current_lease(&self.conn, name)?)
    }

    /// What is said about each document that could not be decoded so far.
    pub(super) fn damaged_texts(&self) -> Vec<String> {
        self.damaged.0.values().cloned().collect()
    }
}

fn current_lease(conn: &Connection, name: &str) -> rusqlite::Result<Option<Lease>> {
    let read = |row: &Row<'_>| {
        Ok(Lease {
            holder: row.get(0)?,
            until: Time(row.get(1)?),
            fence: row.get::<_, i64>(2)?.unsigned_abs(),
        })
    };
    conn.prepare_cached("SELECT holder, until, fence FROM leases WHERE name = ?1")?
        .query_row([name], read)
        .optional()
}
