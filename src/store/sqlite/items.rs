//! The pairs: `sync_items`.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::fault::{Trouble, damaged_document};
use super::records::{self, RecordRow};
use super::worker::{Damaged, Db};
use crate::core::{Pair, PairId, Side, Time};
use crate::store::rules;
use crate::store::{Counts, StoreError, Which};

const TABLE: &str = "sync_items";

const INSERT: &str = "INSERT INTO sync_items (id, link, kind, rev, github_node, notion_node, life, dirty_since, \
     ready_at, has_intent, conflicted, held, troubled, doc, key, \
     user_held) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT (id) DO NOTHING";

/// Without which stored versions it replaces.
const UPDATE: &str = "UPDATE sync_items SET link = ?2, kind = ?3, rev = ?4, github_node = ?5, notion_node = ?6, \
     life = ?7, dirty_since = ?8, ready_at = ?9, has_intent = ?10, conflicted = ?11, held = ?12, troubled = ?13, \
     doc = ?14, key = CASE WHEN key IS NULL THEN NULL ELSE ?15 END, user_held = ?16 WHERE id = ?1";

pub(super) const DUE: &str = "SELECT id, rev, doc FROM sync_items INDEXED BY items_due \
     WHERE link = ?1 AND dirty_since IS NOT NULL AND has_intent = 0 AND life <> 'tombstone' AND ready_at <= ?2 \
     ORDER BY dirty_since, id";

pub(super) const NEXT_DUE: &str = "SELECT min(ready_at) FROM sync_items INDEXED BY items_wake \
     WHERE link = ?1 AND dirty_since IS NOT NULL AND has_intent = 0 AND life <> 'tombstone' AND ready_at > ?2";

pub(super) const WAITING: &str = "SELECT id, rev, doc FROM sync_items INDEXED BY items_wake \
     WHERE link = ?1 AND dirty_since IS NOT NULL AND has_intent = 0 AND life <> 'tombstone' AND ready_at > ?2 \
     ORDER BY ready_at";

const COUNT_LIVES: &str = "SELECT life, count(*), count(dirty_since) FROM sync_items INDEXED BY items_life \
     WHERE link = ?1 GROUP BY life";

/// A pair as it is stored: what queries ask for, and the document.
pub(super) struct ItemRow {
    id: String,
    link: String,
    key: String,
    kind: &'static str,
    /// The new `rev`.
    rev: i64,
    nodes: [Option<String>; 2],
    life: &'static str,
    dirty_since: Option<i64>,
    ready_at: i64,
    /// In doubt, conflicted, held, troubled, held by the user.
    marks: [bool; 5],
    doc: String,
}

impl ItemRow {
    /// The row that commits `pair`, made on the caller's thread so that the pair need not be sent to another.
    pub(super) fn of(pair: &Pair) -> Result<Self, StoreError> {
        let mut next = pair.clone();
        // A number that no commit ever reached cannot be the stored one.
        next.rev = pair.rev.checked_add(1).ok_or(StoreError::Stale)?;
        let Ok(rev) = i64::try_from(next.rev) else {
            return Err(StoreError::Stale);
        };
        let doc = serde_json::to_string(&next)
            .map_err(|error| damaged_document(TABLE, &pair.id.0, &error.to_string()))?;
        let node = |side| pair.object(side).map(|object| object.node.clone());
        Ok(Self {
            kind: rules::kind_word(pair.kind),
            rev,
            nodes: Side::BOTH.map(node),
            life: rules::life_word(&pair.life),
            dirty_since: pair.dirty_since.map(|at| at.0),
            ready_at: rules::ready_at(pair).0,
            marks: [
                Which::InDoubt,
                Which::Conflicted,
                Which::Held,
                Which::Troubled,
                Which::HeldByUser,
            ]
            .map(|which| rules::is(which, pair)),
            doc,
            key: next.key.0,
            id: next.id.0,
            link: next.link,
        })
    }

    /// Commits the row if the stored `rev` is the one before. A refusal changes nothing and leaves the transaction
    /// usable.
    fn commit(&self, conn: &Connection) -> Result<u64, Trouble> {
        if self.rev == 1 {
            self.write(conn, INSERT)
        } else {
            self.write(conn, &format!("{UPDATE} AND rev = ?4 - 1"))
        }
    }

    /// Takes the row over from another store, unless this version or a newer one is stored.
    fn take_over(&self, conn: &Connection) -> Result<(), Trouble> {
        let sql = "SELECT rev FROM sync_items WHERE id = ?1";
        let mut statement = conn.prepare_cached(sql)?;
        let stored: Option<i64> = statement
            .query_row([&self.id], |row| row.get(0))
            .optional()?;
        match stored {
            None => self.write(conn, INSERT)?,
            Some(stored) if stored < self.rev => self.write(conn, UPDATE)?,
            Some(stored) if stored == self.rev => 0,
            Some(_) => return Err(StoreError::Stale.into()),
        };
        Ok(())
    }

    fn write(&self, conn: &Connection, sql: &str) -> Result<u64, Trouble> {
        let [in_doubt, conflicted, held, troubled, user_held] = self.marks;
        let changed = conn.prepare_cached(sql)?.execute(params![
            self.id,
            self.link,
            self.kind,
            self.rev,
            self.nodes[0],
            self.nodes[1],
            self.life,
            self.dirty_since,
            self.ready_at,
            in_doubt,
            conflicted,
            held,
            troubled,
            self.doc,
            self.key,
            user_held
        ]);
        match changed {
            Ok(0) => Err(StoreError::Stale.into()),
            Ok(_) => Ok(self.rev.unsigned_abs()),
            Err(error) if is_unique_violation(&error) => Err(self.refusal(conn)?.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Says which unique key refused the row.
    fn refusal(&self, conn: &Connection) -> Result<StoreError, Trouble> {
        if self.rev == 1 && exists(conn, "SELECT 1 FROM sync_items WHERE id = ?1", [&self.id])? {
            return Ok(StoreError::Stale);
        }
        for (node, side) in self.nodes.iter().zip(Side::BOTH) {
            let Some(node) = node else { continue };
            let sql = format!(
                "SELECT 1 FROM sync_items WHERE link = ?1 AND {} = ?2 AND id <> ?3",
                node_column(side)
            );
            if exists(conn, &sql, [&self.link, node, &self.id])? {
                return Ok(StoreError::Duplicate(node.clone()));
            }
        }
        Ok(StoreError::Duplicate(self.key.clone()))
    }
}

fn exists<P: rusqlite::Params>(conn: &Connection, sql: &str, params: P) -> rusqlite::Result<bool> {
    conn.prepare_cached(sql)?.exists(params)
}

fn is_unique_violation(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};

    error.sqlite_error().is_some_and(|error| {
        [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY].contains(&error.extended_code)
    })
}

const fn node_column(side: Side) -> &'static str {
    match side {
        Side::Github => "github_node",
        Side::Notion => "notion_node",
    }
}

/// The query for a page of pairs; `after` says whether it begins after an id or at the first.
pub(super) fn page_sql(which: Which, after: bool) -> String {
    let (index, filter) = match which {
        Which::All => ("items_all", ""),
        Which::Conflicted => ("items_conflicted", " AND conflicted = 1"),
        Which::Held => ("items_held", " AND held = 1"),
        Which::HeldByUser => ("items_user_held", " AND user_held = 1"),
        Which::InDoubt => ("items_in_doubt", " AND has_intent = 1"),
        Which::Troubled => ("items_troubled", " AND troubled = 1"),
    };
    let than = if after { ">" } else { ">=" };
    format!(
        "SELECT id, rev, doc FROM sync_items INDEXED BY {index} WHERE link = ?1 AND id {than} ?2{filter} ORDER BY id"
    )
}

/// Decodes the pair of a row `id, rev, doc`.
fn decode(row: &Row<'_>, damaged: &mut Damaged) -> Result<Pair, Trouble> {
    let id = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
    let doc = row.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?;
    let mut pair: Pair = damaged.decode(TABLE, id, doc)?;
    // The column is what the next commit is compared with.
    pair.rev = row.get::<_, i64>(1)?.unsigned_abs();
    Ok(pair)
}

impl Db {
    /// Commits a pair with its records, all or nothing.
    pub(super) fn put(&mut self, row: &ItemRow, records: &[RecordRow]) -> Result<u64, Trouble> {
        let change = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let rev = row.commit(&change)?;
        records::insert(&change, records)?;
        change.commit()?;
        Ok(rev)
    }

    /// Commits many pairs in one transaction, so that the disk is waited for once. A refused one changes nothing.
    pub(super) fn put_all(
        &mut self,
        rows: Vec<Result<ItemRow, StoreError>>,
    ) -> Result<Vec<Result<u64, StoreError>>, Trouble> {
        let change = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut answers = Vec::with_capacity(rows.len());
        for row in rows {
            let answer = row
                .map_err(Trouble::Told)
                .and_then(|row| row.commit(&change));
            answers.push(match answer {
                Ok(rev) => Ok(rev),
                Err(Trouble::Told(refusal)) => Err(refusal),
                Err(trouble) => return Err(trouble),
            });
        }
        change.commit()?;
        Ok(answers)
    }

    /// Takes rows over from another store, in one transaction. A refused one changes nothing.
    pub(super) fn take_over(
        &mut self,
        rows: Vec<Result<ItemRow, StoreError>>,
    ) -> Result<Vec<Result<(), StoreError>>, Trouble> {
        let change = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut answers = Vec::with_capacity(rows.len());
        for row in rows {
            let answer = row
                .map_err(Trouble::Told)
                .and_then(|row| row.take_over(&change));
            answers.push(match answer {
                Ok(()) => Ok(()),
                Err(Trouble::Told(refusal)) => Err(refusal),
                Err(trouble) => return Err(trouble),
            });
        }
        change.commit()?;
        Ok(answers)
    }

    pub(super) fn links(&self) -> Result<Vec<String>, Trouble> {
        let sql = "SELECT DISTINCT link FROM sync_items ORDER BY link";
        let mut statement = self.conn.prepare_cached(sql)?;
        let links = statement.query_map([], |row| row.get(0))?;
        Ok(links.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn pair(&mut self, id: &str) -> Result<Option<Pair>, Trouble> {
        let sql = "SELECT id, rev, doc FROM sync_items WHERE id = ?1";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([id])?;
        match rows.next()? {
            Some(row) => decode(row, &mut self.damaged).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn by_nodes(
        &mut self,
        link: &str,
        side: Side,
        nodes: &[String],
    ) -> Result<BTreeMap<String, Pair>, Trouble> {
        let column = node_column(side);
        let sql = format!("SELECT id, rev, doc FROM sync_items WHERE link = ?1 AND {column} = ?2");
        let mut found = BTreeMap::new();
        for node in nodes {
            let pair = self.list(&sql, (link, node), 1)?.pop();
            found.extend(pair.map(|pair| (node.clone(), pair)));
        }
        Ok(found)
    }

    pub(super) fn due(
        &mut self,
        link: &str,
        now: Time,
        limit: usize,
    ) -> Result<Vec<Pair>, Trouble> {
        self.list(DUE, (link, now.0), limit)
    }

    pub(super) fn next_due(&self, link: &str, now: Time) -> Result<Option<Time>, Trouble> {
        let mut statement = self.conn.prepare_cached(NEXT_DUE)?;
        let at: Option<i64> = statement.query_row((link, now.0), |row| row.get(0))?;
        Ok(at.map(Time))
    }

    pub(super) fn waiting(
        &mut self,
        link: &str,
        now: Time,
        limit: usize,
    ) -> Result<Vec<Pair>, Trouble> {
        self.list(WAITING, (link, now.0), limit)
    }

    pub(super) fn pairs(
        &mut self,
        link: &str,
        which: Which,
        after: Option<&PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, Trouble> {
        let sql = page_sql(which, after.is_some());
        let after = after.map_or("", |id| id.0.as_str());
        self.list(&sql, (link, after), limit)
    }

    /// The first `limit` pairs of a query that can be decoded; the others are remembered as damaged and passed over.
    fn list<P: rusqlite::Params>(
        &mut self,
        sql: &str,
        params: P,
        limit: usize,
    ) -> Result<Vec<Pair>, Trouble> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut pairs = Vec::new();
        while pairs.len() < limit {
            let Some(row) = rows.next()? else { break };
            match decode(row, &mut self.damaged) {
                Ok(pair) => pairs.push(pair),
                Err(Trouble::Told(_)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(pairs)
    }

    pub(super) fn counts(&self, link: &str) -> Result<Counts, Trouble> {
        let mut counts = Counts::default();
        let mut statement = self.conn.prepare_cached(COUNT_LIVES)?;
        let mut rows = statement.query([link])?;
        while let Some(row) = rows.next()? {
            let (all, dirty) = (row.get::<_, i64>(1)?, row.get::<_, i64>(2)?);
            let (all, dirty) = (all.unsigned_abs(), dirty.unsigned_abs());
            match row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)? {
                "active" => (counts.active, counts.waiting) = (all, dirty),
                "new" => counts.new = all,
                "parked" => counts.parked = all,
                _ => {}
            }
            if !matches!(row.get_ref(0)?.as_str(), Ok("parked" | "tombstone")) {
                counts.queued += dirty;
            }
        }
        counts.conflicted = self.count(link, "conflicted")?;
        counts.held = self.count(link, "held")?;
        counts.held_by_user = self.count(link, "user_held")?;
        counts.in_doubt = self.count(link, "has_intent")?;
        Ok(counts)
    }

    fn count(&self, link: &str, mark: &str) -> Result<u64, Trouble> {
        let sql = format!("SELECT count(*) FROM sync_items WHERE link = ?1 AND {mark} = 1");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let count: Option<i64> = statement.query_row([link], |row| row.get(0)).optional()?;
        Ok(count.unwrap_or(0).unsigned_abs())
    }
}
