//! What a workspace is made of.

use std::collections::BTreeMap;

use super::body::Block;
use super::ids::Id;
use super::schema::Schema;
use super::span::{RichText, Span};
use super::value::Value;

/// Somebody who can change things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Who it is.
    pub id: Id,
    /// What people see.
    pub name: String,
    /// The mail address of a person.
    pub email: Option<String>,
    /// A connection, not a person.
    pub bot: bool,
}

/// Where a page or database lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// At the top of the workspace.
    Workspace,
    /// Inside a page.
    Page(Id),
    /// As a row of a data source.
    Source(Id),
}

/// A page; a row when its parent is a data source.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its id.
    pub id: Id,
    /// Where it lives.
    pub parent: Parent,
    /// When it was made, rounded down to the minute, in milliseconds since the epoch.
    pub created: i64,
    /// When it was last changed, rounded down to the minute, in milliseconds since the epoch.
    pub edited: i64,
    /// When it was really made; the service never shows it.
    pub created_exact: i64,
    /// Who made it.
    pub created_by: Id,
    /// Who changed it last.
    pub edited_by: Id,
    /// In the trash.
    pub in_trash: bool,
    /// Values by property id.
    pub values: BTreeMap<String, Value>,
    /// The body.
    pub body: Vec<Block>,
    /// When set, reads of the body show only this many blocks and say `truncated`.
    pub shown_blocks: Option<usize>,
    /// Grows with every page made; keeps the order of rows made at the same time.
    pub serial: u64,
}

impl Page {
    /// The title.
    pub fn title(&self) -> &[Span] {
        match self.values.get("title") {
            Some(Value::Text(text)) => text,
            _ => &[],
        }
    }
}

/// A database: a container of data sources.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its id.
    pub id: Id,
    /// What people see.
    pub title: RichText,
    /// Where it lives.
    pub parent: Parent,
    /// Its data sources, oldest first.
    pub sources: Vec<Id>,
    /// When it was made, to the minute.
    pub created: i64,
    /// When it was last changed, to the minute.
    pub edited: i64,
    /// In the trash.
    pub in_trash: bool,
    /// Shown inside a page.
    pub inline: bool,
}

/// A data source: a table.
#[derive(Clone, Debug)]
pub struct DataSource {
    /// Its id.
    pub id: Id,
    /// The database it belongs to.
    pub database: Id,
    /// What people see.
    pub title: RichText,
    /// Its columns.
    pub schema: Schema,
    /// When it was made, to the minute.
    pub created: i64,
    /// When its schema was last changed, to the minute.
    pub edited: i64,
    /// Who made it.
    pub created_by: Id,
    /// Who changed it last.
    pub edited_by: Id,
    /// In the trash.
    pub in_trash: bool,
    /// The last number a unique-id column gave.
    pub serial: u64,
}

/// A comment on a page.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Its id.
    pub id: Id,
    /// The page or block it stands on.
    pub on: Id,
    /// The thread it belongs to.
    pub discussion: Id,
    /// What it says.
    pub text: RichText,
    /// When it was made, to the minute.
    pub created: i64,
    /// Who wrote it.
    pub by: Id,
}

/// Behaviour that differs between accounts or is not documented.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether a body edit by a connection moves the page's `last_edited_time` (apis 1.3, not settled).
    pub api_body_edit_moves_time: bool,
    /// Most rows one query gives before it is cut (reference/query-a-data-source).
    pub query_limit: usize,
    /// Most rows one answer holds, however many are asked for; the service may give fewer.
    pub rows_per_answer: usize,
    /// How long a new row stays out of query results, in milliseconds.
    pub query_lag: i64,
    /// Whether a connection can make a status column (apis 1.2, sources disagree).
    pub status_creatable: bool,
    /// Whether the connection may write at all.
    pub bot_may_write: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            api_body_edit_moves_time: true,
            query_limit: 10_000,
            rows_per_answer: 100,
            query_lag: 0,
            status_creatable: true,
            bot_may_write: true,
        }
    }
}
