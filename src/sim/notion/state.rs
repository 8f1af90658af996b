//! The workspace: everything the small Notion knows, and the log of everything that happened.

use std::collections::{BTreeMap, BTreeSet};

use super::body::{self, Block};
use super::history::{Change, Incident, Report, Seen};
use super::ids::{Id, IdSource};
use super::inline;
use super::moment;
pub use super::objects::{Comment, DataSource, Database, Options, Page, Parent, User};
use super::refusal::Refusal;
use super::schema::{Kind, Property, Schema};
use super::span::RichText;
use super::value::Value;

/// A whole workspace. Synchronous, deterministic, without a clock: every call is told the time.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Where new ids come from.
    pub ids: IdSource,
    /// The token of the connection.
    pub token: String,
    /// The user the connection acts as.
    pub bot: Id,
    /// Who the request that is being answered acts as: `bot`, or the person of a personal token.
    pub acting: Id,
    /// Personal access tokens and whom each acts as.
    pub personal: BTreeMap<String, Id>,
    /// A page at the top that is shared with the connection.
    pub home: Id,
    /// Behaviour that can be chosen.
    pub options: Options,
    /// Everybody.
    pub users: BTreeMap<Id, User>,
    /// Every page, trashed ones too.
    pub pages: BTreeMap<Id, Page>,
    /// Every database.
    pub databases: BTreeMap<Id, Database>,
    /// Every data source.
    pub sources: BTreeMap<Id, DataSource>,
    /// Every comment, oldest first.
    pub comments: Vec<Comment>,
    /// Every view that was made, as the service shows it, oldest first.
    pub views: Vec<serde_json::Value>,
    /// Pages, databases and data sources not shared with the connection.
    pub hidden: BTreeSet<Id>,
    /// Every change of every page.
    pub log: Vec<Change>,
    /// What written content made the service do.
    pub incidents: Vec<Report>,
    serial: u64,
}

impl Workspace {
    /// Makes a workspace with a connection and an empty home page; ids follow from the seed.
    pub fn new(seed: u64) -> Self {
        let mut ids = IdSource::new(seed);
        let bot = ids.fresh();
        let token = format!("ntn_{}", ids.fresh().compact());
        let home = ids.fresh();
        let mut world = Self {
            ids,
            token,
            bot,
            acting: bot,
            personal: BTreeMap::new(),
            home,
            options: Options::default(),
            users: BTreeMap::new(),
            pages: BTreeMap::new(),
            databases: BTreeMap::new(),
            sources: BTreeMap::new(),
            comments: Vec::new(),
            views: Vec::new(),
            hidden: BTreeSet::new(),
            log: Vec::new(),
            incidents: Vec::new(),
            serial: 0,
        };
        let name = "pulse-sync".to_owned();
        world.users.insert(
            bot,
            User {
                id: bot,
                name,
                email: None,
                bot: true,
            },
        );
        let mut page = world.blank(0, bot, Parent::Workspace);
        page.id = home;
        page.values.insert("title".to_owned(), Value::text("Home"));
        world.pages.insert(home, page);
        world
    }

    /// Adds a person.
    pub fn add_person(&mut self, name: &str, email: &str) -> Id {
        let id = self.ids.fresh();
        let user = User {
            id,
            name: name.to_owned(),
            email: Some(email.to_owned()),
            bot: false,
        };
        self.users.insert(id, user);
        id
    }

    /// Gives a person a personal access token. What is done with it is that person's doing, and nothing is hidden from
    /// it that the person sees.
    pub fn add_personal_token(&mut self, person: Id) -> String {
        let token = format!("ntn_p{}", person.compact());
        self.personal.insert(token.clone(), person);
        token
    }

    /// Who a token acts as.
    pub fn actor_of(&self, token: &str) -> Option<Id> {
        if token == self.token {
            return Some(self.bot);
        }
        self.personal.get(token).copied()
    }

    /// Makes a database with one data source in a page; gives both ids, the database first.
    pub fn add_database(
        &mut self,
        now: i64,
        actor: Id,
        parent: Parent,
        title: RichText,
        columns: Vec<(String, Kind)>,
    ) -> Result<(Id, Id), Refusal> {
        if let Parent::Page(page) = parent {
            self.reach(actor, page)?;
        }
        let id = self.ids.fresh();
        let time = moment::floor(now);
        let database = Database {
            id,
            title: title.clone(),
            parent,
            sources: Vec::new(),
            created: time,
            edited: time,
            in_trash: false,
            inline: false,
        };
        self.databases.insert(id, database);
        let source = match self.add_source(now, actor, id, title, columns) {
            Ok(source) => source,
            Err(refusal) => {
                self.databases.remove(&id);
                return Err(refusal);
            }
        };
        if let Parent::Page(page) = parent
            && let Some(page) = self.pages.get_mut(&page)
        {
            let mut block = Block::new(0, body::BlockKind::ChildDatabase, "");
            block.id = id;
            page.body.push(block);
        }
        Ok((id, source))
    }

    /// Adds a data source to a database; a title column is made when none is given.
    pub fn add_source(
        &mut self,
        now: i64,
        actor: Id,
        database: Id,
        title: RichText,
        columns: Vec<(String, Kind)>,
    ) -> Result<Id, Refusal> {
        let mut schema = Schema::default();
        if !columns.iter().any(|(_, kind)| *kind == Kind::Title) {
            schema.add("Name", Kind::Title, &mut self.ids)?;
        }
        for (name, kind) in columns {
            schema.add(&name, kind, &mut self.ids)?;
        }
        let id = self.ids.fresh();
        let time = moment::floor(now);
        let holder = self.databases.get_mut(&database);
        holder
            .ok_or_else(|| Refusal::missing("database", database))?
            .sources
            .push(id);
        let source = DataSource {
            id,
            database,
            title,
            schema,
            created: time,
            edited: time,
            created_by: actor,
            edited_by: actor,
            in_trash: false,
            serial: 0,
        };
        self.sources.insert(id, source);
        Ok(id)
    }

    /// Adds a comment to a page or block, in a discussion or in one of its own.
    pub fn add_comment(
        &mut self,
        now: i64,
        actor: Id,
        on: Id,
        discussion: Option<Id>,
        text: RichText,
    ) -> Result<&Comment, Refusal> {
        self.may_write(actor)?;
        let discussion = discussion.unwrap_or_else(|| self.ids.fresh());
        let comment = Comment {
            id: self.ids.fresh(),
            on,
            discussion,
            text,
            created: moment::floor(now),
            by: actor,
        };
        self.comments.push(comment);
        self.comments
            .last()
            .ok_or_else(|| Refusal::missing("comment", on))
    }

    /// The columns of the data source a page is a row of.
    pub fn schema_of(&self, page: &Page) -> Option<&Schema> {
        match page.parent {
            Parent::Source(id) => self.sources.get(&id).map(|source| &source.schema),
            _ => None,
        }
    }

    /// Finds a column of a data source by id or name.
    pub fn property(&self, source: Id, key: &str) -> Option<&Property> {
        self.sources.get(&source)?.schema.find(key)
    }

    /// The value of a cell, by property id or name.
    pub fn value(&self, page: Id, key: &str) -> Option<&Value> {
        let page = self.pages.get(&page)?;
        let id = self
            .schema_of(page)
            .and_then(|schema| schema.find(key))
            .map_or(key, |p| &p.id);
        page.values.get(id)
    }

    /// Finds a page the actor may see.
    pub fn reach(&self, actor: Id, page: Id) -> Result<&Page, Refusal> {
        let found = self
            .pages
            .get(&page)
            .filter(|page| actor != self.bot || self.shared(page));
        found.ok_or_else(|| Refusal::missing("page", page))
    }

    /// Finds a data source the actor may see.
    pub fn reach_source(&self, actor: Id, source: Id) -> Result<&DataSource, Refusal> {
        let shut = |s: &DataSource| {
            actor == self.bot && (self.hidden.contains(&s.id) || self.hidden.contains(&s.database))
        };
        let found = self.sources.get(&source).filter(|source| !shut(source));
        found.ok_or_else(|| Refusal::missing("data source", source))
    }

    /// Says whether a page and all it lives in are shared with the connection.
    pub fn shared(&self, page: &Page) -> bool {
        if self.hidden.contains(&page.id) {
            return false;
        }
        match page.parent {
            Parent::Source(id) => self.reach_source(self.bot, id).is_ok(),
            Parent::Page(id) => !self.hidden.contains(&id),
            Parent::Workspace => true,
        }
    }

    /// Refuses when the actor is a connection that may only read.
    pub fn may_write(&self, actor: Id) -> Result<(), Refusal> {
        if actor != self.bot || self.options.bot_may_write {
            return Ok(());
        }
        Err(Refusal::new(
            403,
            "restricted_resource",
            "Insufficient permissions for this endpoint.",
        ))
    }

    /// A page that is in no list yet.
    pub(super) fn blank(&mut self, now: i64, actor: Id, parent: Parent) -> Page {
        self.serial += 1;
        Page {
            id: self.ids.fresh(),
            parent,
            created: moment::floor(now),
            edited: moment::floor(now),
            created_exact: now,
            created_by: actor,
            edited_by: actor,
            in_trash: false,
            values: BTreeMap::new(),
            body: Vec::new(),
            shown_blocks: None,
            serial: self.serial,
        }
    }

    /// Notes who changed a page when, to the minute.
    pub(super) fn touch(&mut self, now: i64, actor: Id, page: Id) {
        if let Some(page) = self.pages.get_mut(&page) {
            page.edited = moment::floor(now);
            page.edited_by = actor;
        }
    }

    /// Writes a change into the log, unless nothing changed.
    pub(super) fn record(
        &mut self,
        who: (i64, Id),
        page: Id,
        field: &str,
        before: Seen,
        after: Seen,
    ) {
        if before == after {
            return;
        }
        let seq = self.log.last().map_or(1, |last| last.seq + 1);
        let field = field.to_owned();
        self.log.push(Change {
            seq,
            at: who.0,
            actor: who.1,
            page,
            field,
            before,
            after,
        });
    }

    /// Notes that content made the service do something.
    pub(super) fn report(&mut self, who: (i64, Id), incident: Incident) {
        self.incidents.push(Report {
            at: who.0,
            actor: who.1,
            incident,
        });
    }

    /// The Markdown of a body as it is stored, whatever a read would cut off.
    pub fn markdown(&self, page: &Page) -> String {
        self.blocks_markdown(&page.body)
    }

    /// Writes blocks with the titles of child pages and databases as they are now.
    pub(super) fn blocks_markdown(&self, blocks: &[Block]) -> String {
        let title = |id: Id| {
            let page = self.pages.get(&id).map(Page::title);
            let title = page.or_else(|| self.databases.get(&id).map(|d| d.title.as_slice()));
            title.map(inline::write).unwrap_or_default()
        };
        body::write(blocks, &title)
    }
}
