//! The history and the errors: `sync_history`, `sync_errors`.

use rusqlite::{Connection, TransactionBehavior, params};
use serde::de::DeserializeOwned;

use super::fault::{Trouble, damaged_document};
use super::worker::Db;
use crate::core::{Record, Time};
use crate::store::rules::{self, ALWAYS};
use crate::store::{ErrorEntry, HistoryQuery, Pruned, StoreError};

const HISTORY: &str = "sync_history";
const ERRORS: &str = "sync_errors";

const INSERT: &str = "INSERT INTO sync_history (id, at, kind, outcome, link, pair, doc, valued) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING";

const PUT_ERROR: &str = "INSERT INTO sync_errors (id, link, scope, class, pair, last_at, resolved_at, doc) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET link = ?2, scope = ?3, class = ?4, \
     pair = ?5, last_at = ?6, resolved_at = ?7, doc = ?8";

pub(super) const ERRORS_ALL: &str =
    "SELECT id, doc FROM sync_errors ORDER BY last_at DESC, id DESC LIMIT ?1";

pub(super) const ERRORS_OPEN: &str = "SELECT id, doc FROM sync_errors WHERE resolved_at IS NULL ORDER BY last_at DESC, id DESC LIMIT ?1";

pub(super) const OLD_VALUES: &str =
    "SELECT id FROM sync_history WHERE valued = 1 AND at < ?1 ORDER BY at LIMIT ?2";

pub(super) const OLD_RUNS: &str =
    "SELECT id FROM sync_history WHERE kind = 'run' AND at < ?1 ORDER BY at LIMIT ?2";

const DROP_VALUES: &str = "UPDATE sync_history SET valued = 0, doc = CASE WHEN json_valid(doc) \
     THEN json_set(doc, '$.changes', json('[]')) ELSE doc END WHERE id = ?1";

/// A record as it is stored.
pub(super) struct RecordRow {
    id: String,
    at: i64,
    kind: &'static str,
    outcome: &'static str,
    link: String,
    pair: Option<String>,
    doc: String,
    is_valued: bool,
}

impl RecordRow {
    fn of(record: &Record) -> Result<Self, StoreError> {
        let doc = serde_json::to_string(record)
            .map_err(|error| damaged_document(HISTORY, &record.id, &error.to_string()))?;
        Ok(Self {
            id: record.id.clone(),
            at: record.at.0,
            kind: rules::record_kind_word(record.kind),
            outcome: rules::outcome_word(record.outcome),
            link: record.link.clone(),
            pair: record.pair.as_ref().map(|id| id.0.clone()),
            doc,
            is_valued: !record.changes.is_empty(),
        })
    }

    pub(super) fn all(records: &[Record]) -> Result<Vec<Self>, StoreError> {
        records.iter().map(Self::of).collect()
    }
}

/// Inserts records; an id that exists stays as it is.
pub(super) fn insert(conn: &Connection, rows: &[RecordRow]) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(INSERT)?;
    for row in rows {
        statement.execute(params![
            row.id,
            row.at,
            row.kind,
            row.outcome,
            row.link,
            row.pair,
            row.doc,
            row.is_valued
        ])?;
    }
    Ok(())
}

/// The query for a page of history, of one pair or of all. The words come from our own enums, never from outside.
///
/// Its parameters: since, the time and the id of the record it begins before, the pair.
pub(super) fn history_sql(pair: bool, outcomes: &[&str], kinds: &[&str]) -> String {
    let mut sql =
        "SELECT id, doc FROM sync_history WHERE at >= ?1 AND (at, id) < (?2, ?3)".to_owned();
    // Without a pair the fourth parameter must occur all the same; it is then null.
    sql.push_str(if pair {
        " AND pair = ?4"
    } else {
        " AND ?4 IS NULL"
    });
    for (column, words) in [("outcome", outcomes), ("kind", kinds)] {
        if !words.is_empty() {
            let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
            // One kind is found by its index, in order; several would have to be sorted, which a plus keeps from.
            let plus = if column == "kind" && words.len() > 1 {
                "+"
            } else {
                ""
            };
            sql.extend([" AND ", plus, column, " IN (", &quoted.join(", "), ")"]);
        }
    }
    sql.push_str(" ORDER BY at DESC, id DESC");
    sql
}

impl Db {
    pub(super) fn record(&mut self, rows: &[RecordRow]) -> Result<(), Trouble> {
        let change = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        insert(&change, rows)?;
        change.commit()?;
        Ok(())
    }

    pub(super) fn history(&mut self, query: &HistoryQuery) -> Result<Vec<Record>, Trouble> {
        let outcomes: Vec<_> = query
            .outcomes
            .iter()
            .copied()
            .map(rules::outcome_word)
            .collect();
        let kinds: Vec<_> = query
            .kinds
            .iter()
            .copied()
            .map(rules::record_kind_word)
            .collect();
        let sql = history_sql(query.pair.is_some(), &outcomes, &kinds);
        let since = query.since.unwrap_or(ALWAYS).0;
        let pair = query.pair.as_ref().map(|id| id.0.as_str());
        match &query.before {
            Some((Time(at), id)) => {
                self.documents(HISTORY, &sql, (since, at, id, pair), query.limit)
            }
            // A blob is greater than every text, so this is after every record.
            None => self.documents(
                HISTORY,
                &sql,
                (since, i64::MAX, [0_u8; 0], pair),
                query.limit,
            ),
        }
    }

    /// Takes old values and old summaries away, in one transaction.
    pub(super) fn prune(
        &mut self,
        values_before: Time,
        runs_before: Time,
        limit: usize,
    ) -> Result<Pruned, Trouble> {
        let change = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = ids(&change, OLD_VALUES, values_before, limit)?;
        for id in &values {
            change.prepare_cached(DROP_VALUES)?.execute([id])?;
        }
        let runs = ids(&change, OLD_RUNS, runs_before, limit)?;
        for id in &runs {
            let sql = "DELETE FROM sync_history WHERE id = ?1";
            change.prepare_cached(sql)?.execute([id])?;
        }
        change.commit()?;
        Ok(Pruned {
            values: values.len() as u64,
            runs: runs.len() as u64,
        })
    }

    /// A page of error entries in the order of their ids.
    pub(super) fn error_page(
        &mut self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ErrorEntry>, Trouble> {
        let sql = "SELECT id, doc FROM sync_errors WHERE ?1 IS NULL OR id > ?1 ORDER BY id";
        self.documents(ERRORS, sql, [after], limit)
    }

    pub(super) fn record_by_id(&mut self, id: &str) -> Result<Option<Record>, Trouble> {
        self.document(HISTORY, id)
    }

    pub(super) fn put_error(&mut self, entry: &ErrorEntry) -> Result<(), Trouble> {
        let doc = encode_error(entry)?;
        self.conn.prepare_cached(PUT_ERROR)?.execute(params![
            entry.id,
            entry.link,
            entry.scope,
            entry.class,
            entry.pair.as_ref().map(|id| &id.0),
            entry.last_at.0,
            entry.resolved_at.map(|at| at.0),
            doc
        ])?;
        Ok(())
    }

    pub(super) fn error(&mut self, id: &str) -> Result<Option<ErrorEntry>, Trouble> {
        self.document(ERRORS, id)
    }

    pub(super) fn errors(&mut self, open: bool, limit: usize) -> Result<Vec<ErrorEntry>, Trouble> {
        let sql = if open { ERRORS_OPEN } else { ERRORS_ALL };
        // The limit of the query is none: damaged entries are passed over, and reading ends by itself.
        self.documents(ERRORS, sql, [-1], limit)
    }

    /// Reads one document by its id.
    fn document<T: DeserializeOwned>(
        &mut self,
        table: &'static str,
        id: &str,
    ) -> Result<Option<T>, Trouble> {
        let sql = format!("SELECT doc FROM {table} WHERE id = ?1");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let doc = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
        Ok(Some(self.damaged.decode(table, id.as_bytes(), doc)?))
    }

    /// The first `limit` documents of a query `id, doc` that can be decoded; the others are remembered as damaged.
    fn documents<T: DeserializeOwned, P: rusqlite::Params>(
        &mut self,
        table: &'static str,
        sql: &str,
        params: P,
        limit: usize,
    ) -> Result<Vec<T>, Trouble> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while found.len() < limit {
            let Some(row) = rows.next()? else { break };
            let id = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
            let doc = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
            found.extend(self.damaged.decode(table, id, doc));
        }
        Ok(found)
    }
}

fn ids(conn: &Connection, sql: &str, before: Time, limit: i64) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare_cached(sql)?;
    let ids = statement.query_map((before.0, limit), |row| row.get(0))?;
    ids.collect()
}

fn encode_error(entry: &ErrorEntry) -> Result<String, StoreError> {
    serde_json::to_string(entry)
        .map_err(|error| damaged_document(ERRORS, &entry.id, &error.to_string()))
}
