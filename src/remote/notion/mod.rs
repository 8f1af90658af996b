//! Notion: pages of one data source as items.
//!
//! API version 2026-03-11. Properties are addressed by id, texts go through the Markdown endpoints.
//!
//! - [`target`] reads what the user gave as the database; [`open`] finds the data source and fits the mapping to it.
//! - [`schema`] decides which property is which column; [`adopted`] is the outcome, and the memo of it.
//! - [`row`] turns pages into observations, [`property`] their values; [`paging`] walks listings; [`read`] asks.
//! - [`body`] knows which part of a page's text is ours and plans its change; [`mod@write`] sends steps.
//! - [`refusal`] says what error answers mean; [`wire`] makes the requests.
//!
//! **A schema that changes while we run.** The schema is read once and remembered by the memo. Every page lists its
//! properties with ids and types, so a page on which a bound property is gone or of another type tells that the
//! schema has changed. What that page shows of the property is not observed (never "cleared"), and the schema is read
//! again at once, at most once between two openings. The next [`Remote::open`] gives the paused fields and a fresh
//! memo. While a field is paused, every opening reads the schema once, so that a repair is noticed.

pub mod adopted;
pub mod body;
mod form;
mod level;
pub mod moment;
pub mod open;
pub mod paging;
pub mod property;
pub mod read;
pub mod refusal;
pub mod row;
pub mod schema;
pub mod survey;
pub mod target;
mod weave;
mod who;
pub mod wire;
pub mod write;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value as Json;

use self::adopted::Adopted;
use super::http::Account;
use super::{Answer, Budget, KnownBody, ListFrom, Lookup, Opened, Page, Remote, RemoteError};
use crate::core::{Draft, FieldKey, Kind, Mapping, ObjectId, Observation, Side, Step, Time};

/// The one stream of a data source.
pub const STREAM: &str = "pages";

/// What a Notion side is made from.
#[derive(Clone, Debug)]
pub struct NotionConfig {
    /// The token's account.
    pub account: Account,
    /// A database id, a data source id, or a pasted link.
    pub target: String,
    /// Which field meets which property.
    pub mapping: Mapping,
    /// The heading from which on a page's text is private. Default "Private notes".
    pub private_heading: String,
}

impl NotionConfig {
    /// The defaults for a target.
    pub fn new(account: Account, target: impl Into<String>, mapping: Mapping) -> Self {
        Self {
            account,
            target: target.into(),
            mapping,
            private_heading: "Private notes".to_owned(),
        }
    }
}

/// Whether the schema was read again after pages showed that it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    /// Not since the last opening.
    Not,
    /// It was; what is known is fresh.
    Done,
    /// It could not be read; the next opening has to.
    Failed,
}

/// The Notion side of one link.
#[derive(Debug)]
pub struct NotionRemote {
    config: NotionConfig,
    /// What the last opening (or a later look at the schema) found.
    adopted: RefCell<Option<Rc<Adopted>>>,
    /// A data source that was looked for and is not opened yet, as it was read.
    found: RefCell<Option<(Adopted, Json)>>,
    /// Whether the schema was looked at again since the last opening.
    looked: Cell<Looked>,
    /// The names of people by their ids, as far as Notion tells.
    people: RefCell<BTreeMap<String, Option<String>>>,
    /// The integration may not read users.
    names_denied: Cell<bool>,
}

impl NotionRemote {
    /// A side that is not opened yet; makes no request.
    pub const fn new(config: NotionConfig) -> Self {
        Self {
            config,
            adopted: RefCell::new(None),
            found: RefCell::new(None),
            looked: Cell::new(Looked::Not),
            people: RefCell::new(BTreeMap::new()),
            names_denied: Cell::new(false),
        }
    }

    /// What it was made from.
    pub const fn config(&self) -> &NotionConfig {
        &self.config
    }

    const fn account(&self) -> &Account {
        &self.config.account
    }

    /// What the private heading is called, one name a line.
    fn private_headings(&self) -> String {
        let adopted = self.adopted.borrow();
        adopted.as_ref().map_or_else(
            || self.config.private_heading.clone(),
            |adopted| adopted.private.clone(),
        )
    }

    /// What is known since the opening.
    fn adopted(&self) -> Result<Rc<Adopted>, RemoteError> {
        let adopted = self.adopted.borrow().clone();
        adopted.ok_or_else(|| {
            RemoteError::Setup("the Notion database was not opened before it was used".to_owned())
        })
    }

    fn adopt(&self, adopted: Adopted) -> Rc<Adopted> {
        let adopted = Rc::new(adopted);
        *self.adopted.borrow_mut() = Some(Rc::clone(&adopted));
        adopted
    }
}

impl Remote for NotionRemote {
    fn side(&self) -> Side {
        Side::Notion
    }

    async fn open(&self, memo: Option<&str>, may_write: bool) -> Result<Opened, RemoteError> {
        self.open_source(memo, may_write).await
    }

    async fn source(&self, memo: Option<&str>) -> Result<Option<String>, RemoteError> {
        self.find_source(memo).await.map(Some)
    }

    async fn list(&self, stream: &str, from: &ListFrom) -> Result<Page, RemoteError> {
        if stream == STREAM {
            self.list_pages(from).await
        } else {
            Err(RemoteError::Setup(format!(
                "Notion has no stream `{stream}`, only `{STREAM}`"
            )))
        }
    }

    async fn get(
        &self,
        kind: Kind,
        id: &ObjectId,
        known: KnownBody<'_>,
    ) -> Result<Observation, RemoteError> {
        self.get_page(kind, id, known).await
    }

    async fn read_body(&self, row: &Observation) -> Result<Observation, RemoteError> {
        let mut seen = row.clone();
        if seen.is_live() && self.has_body(seen.kind) {
            self.add_body(&mut seen, None).await?;
        }
        Ok(seen)
    }

    async fn who(&self, seen: &Observation, _field: Option<&FieldKey>) -> Option<String> {
        self.who_edited(seen).await
    }

    /// Pages are seen by those with whom they are shared; nothing is asked about them.
    async fn is_public(&self, _: &str) -> Result<bool, RemoteError> {
        Ok(false)
    }

    async fn write(
        &self,
        step: &Step,
        target: Option<&Observation>,
    ) -> Result<Answer, RemoteError> {
        self.send(step, target).await
    }

    async fn find_made(&self, draft: &Draft, since: Time) -> Result<Lookup, RemoteError> {
        self.find_pages(draft, since).await
    }

    fn budget(&self) -> Budget {
        self.account().budget()
    }
}
