//! What a configuration says, once it is known to be right.

use std::path::PathBuf;

use secrecy::SecretString;
use tracing::level_filters::LevelFilter;

use super::{GITHUB_API, NOTION_API, Placed, Problem, Select, Webhooks};
use crate::core::codec::StateMap;
use crate::core::mapping::Constant;
use crate::core::plan::{ByLabel, NewPages, OnTrashed, Rules, ToPublic};
use crate::core::schedule::Timetable;
use crate::core::scope::{Scope, covers};
use crate::core::{FieldKey, Kind, Mapping, Policy, digest};
use crate::engine::Settings;
use crate::ui::keymap::Keymap;
use crate::ui::layout::Plan;
use crate::ui::term::Call;
use crate::ui::theme::Palette;

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// What Notion grants a connection on every plan; business plans have 600 (reference/request-limits).
const NOTION_PER_MINUTE: u32 = 180;

/// The dashboard's own settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Screen {
    /// The theme; none = by the terminal's background.
    pub theme: Option<Palette>,
    /// Only ASCII characters.
    pub ascii: bool,
    /// How the dashboard is divided.
    pub layout: Plan,
    /// How a person is called to a conflict, a halt or a refused login.
    pub notify: Call,
    /// What keys do.
    pub keymap: Keymap,
}

/// The whole configuration. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from (or would have been), for messages.
    pub file: String,
    /// GitHub's address and token.
    pub github: Service,
    /// Notion's address and token.
    pub notion: Service,
    /// Whether GitHub's published rate limits are kept to; only a server of one's own may go without.
    pub github_limits: bool,
    /// Requests a minute that Notion grants this connection; 0 = no pace of ours, on this machine only.
    pub notion_per_minute: u32,
    /// The account whose repositories the link `default` takes.
    pub username: Option<String>,
    /// What names the owner of the link `default`, where no link is written.
    pub owner_from: Option<&'static str>,
    /// The database of links that name none, in the form of [`Link::database`].
    pub database: Option<String>,
    /// When a link runs, its interval included.
    pub timetable: Timetable,
    /// Waiting times and thresholds of the engine, `max_items` included.
    pub settings: Settings,
    /// Where the memory lives.
    pub store: StoreChoice,
    /// Whether deliveries are taken.
    pub webhooks: Webhooks,
    /// What is kept in step. Empty where nothing was said; see [`Config::require_links`].
    pub links: Vec<Link>,
    /// How the dashboard looks, and what its keys do.
    pub screen: Screen,
    /// How much the log file holds.
    pub log_level: LevelFilter,
    /// What works but should be changed.
    pub warnings: Vec<Problem>,
}

impl Config {
    /// The configuration when nothing at all is said.
    pub fn standard(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            github: Service::at(GITHUB_API),
            notion: Service::at(NOTION_API),
            github_limits: true,
            notion_per_minute: NOTION_PER_MINUTE,
            username: None,
            owner_from: None,
            database: None,
            timetable: Timetable::every(60 * 60 * 1_000),
            settings: Settings::default(),
            store: StoreChoice::default(),
            webhooks: Webhooks::default(),
            links: Vec::new(),
            screen: Screen::default(),
            log_level: LevelFilter::INFO,
            warnings: Vec::new(),
        }
    }

    /// The links.
    ///
    /// # Errors
    /// When there is none: the problem says what is missing and the ways to say it.
    pub fn require_links(&self) -> Result<&[Link], Box<Problem>> {
        if self.links.is_empty() {
            let mut missing = Vec::new();
            if self.username.is_none() {
                missing.push("GITHUB_USERNAME");
            }
            if self.database.is_none() {
                missing.push("NOTION_DATABASE_ID");
            }
            let message = "nothing to keep in step: no link is configured";
            let help = format!(
                "set {}, or write a [[link]] with `name`, `repositories` and `database` into the file",
                missing.join(" and ")
            );
            return Err(Box::new(Problem::of_file(&self.file, message).help(help)));
        }
        Ok(&self.links)
    }

    /// The link of this name.
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }
}

/// How one service is reached.
#[derive(Clone, Debug)]
pub struct Service {
    /// Base address without a slash at its end.
    pub api_url: String,
    /// A program and its arguments that print the token.
    pub token_command: Option<Vec<String>>,
    /// A token in the file itself: it works, with a warning.
    pub token: Option<SecretString>,
}

impl Service {
    /// A service at an address, its token to be found elsewhere.
    pub fn at(api_url: &str) -> Self {
        Self {
            api_url: api_url.to_owned(),
            token_command: None,
            token: None,
        }
    }
}

/// Where the memory lives.
#[derive(Clone, Debug)]
pub enum StoreChoice {
    /// An `SQLite` file; none = in the state folder.
    Embedded(Option<PathBuf>),
    /// A `MongoDB` server.
    Mongo {
        /// The connection string; may hold a password.
        uri: SecretString,
        /// The database's name.
        database: String,
    },
}

impl Default for StoreChoice {
    fn default() -> Self {
        Self::Embedded(None)
    }
}

impl StoreChoice {
    /// The store's name where there is little room.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "sqlite",
            Self::Mongo { .. } => "mongodb",
        }
    }
}

/// One pairing: repositories and one Notion database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name; unique.
    pub name: String,
    /// `owner/name`, where the name may be a glob and the owner may not. Never empty.
    pub repositories: Vec<String>,
    /// Globs over `owner/name` that are left out again.
    pub exclude: Vec<String>,
    /// The id of a database or data source: 32 hex digits in lower case, with dashes.
    pub database: String,
    /// What an item must be, besides.
    pub select: Select,
    /// What is kept in step.
    pub kinds: Vec<Kind>,
    /// Which new pages become issues.
    pub new_pages: NewPages,
    /// `owner/name` where new pages become issues; none = the page must say.
    pub repository_for_new: Option<String>,
    /// What happens when both sides changed one field.
    pub conflict: Policy,
    /// The same for single fields, of one kind or of all; a later one counts.
    pub conflicts: Vec<(Option<Kind>, FieldKey, Policy)>,
    /// The same for items with a label.
    pub by_label: Vec<ByLabel>,
    /// Where fields are kept in Notion and which way they go, where that is not the standard; a later one counts.
    pub fields: Vec<Placed>,
    /// Properties that say the same on every page.
    pub constants: Vec<Constant>,
    /// How far back commits are taken.
    pub commits_since: Window,
    /// How far back closed issues and pull requests are taken at the first import.
    pub closed_since: Window,
    /// Text of a page from this heading on is never read or touched; empty = no such heading.
    pub private_heading: String,
    /// Items with this label are left out; empty = no such label.
    pub ignore_label: String,
    /// Whether issues, pull requests and commits made by bots are left out.
    pub skip_bots: bool,
    /// Whether merge commits are left out.
    pub skip_merge_commits: bool,
    /// Whether a label that is typed in Notion may be made on GitHub.
    pub create_labels: bool,
    /// Which Notion status options mean which state.
    pub status: StateMap,
    /// What comes before the first issue in a public repository.
    pub public: ToPublic,
    /// What a trashed page does to its issue.
    pub on_trashed_page: OnTrashed,
}

impl Link {
    /// A link with everything else at its default.
    pub fn standard(name: &str, repositories: Vec<String>, database: String) -> Self {
        Self {
            name: name.to_owned(),
            repositories,
            exclude: Vec::new(),
            select: Select::default(),
            database,
            kinds: vec![Kind::Issue, Kind::Pull, Kind::Commit],
            new_pages: NewPages::Ready,
            repository_for_new: None,
            conflict: Policy::Ask,
            conflicts: Vec::new(),
            by_label: Vec::new(),
            fields: Vec::new(),
            constants: Vec::new(),
            commits_since: Window::Last(90 * DAY),
            closed_since: Window::Last(30 * DAY),
            private_heading: "Private notes".to_owned(),
            ignore_label: "sync-ignore".to_owned(),
            skip_bots: true,
            skip_merge_commits: true,
            create_labels: false,
            status: StateMap::default(),
            public: ToPublic::Ask,
            on_trashed_page: OnTrashed::Unlink,
        }
    }

    /// The fields that this link keeps in step.
    pub fn mapping(&self) -> Mapping {
        let mut mapping = Mapping::standard(self.status.clone(), self.conflict);
        for (kind, key, policy) in &self.conflicts {
            mapping.decide(*kind, key, *policy);
        }
        for (kind, key, placement) in &self.fields {
            mapping.place(*kind, key, placement);
        }
        for constant in &self.constants {
            mapping.fix(constant);
        }
        mapping
    }

    /// The policies that the plan of this link follows.
    pub fn rules(&self, settings: &Settings) -> Rules {
        Rules {
            new_pages: self.new_pages,
            new_repository: self.repository_for_new.clone(),
            scope: Scope {
                include: self.repositories.clone(),
                exclude: self.exclude.clone(),
                kinds: self.kinds.clone(),
                print: digest::sha256(&format!("{self:?}")),
                ..Scope::default()
            },
            wanted: self.select.wanted(&self.ignore_label),
            me: String::new(),
            by_label: self.by_label.clone(),
            public: self.public,
            on_trashed: self.on_trashed_page,
            debounce: settings.debounce,
            revert_again: settings.revert_again,
            refused_again: settings.refused_again,
            newest_apart: settings.newest_apart,
        }
    }

    /// Whether a repository, `owner/name`, belongs to this link. GitHub's names do not tell upper from lower case.
    pub fn takes(&self, repository: &str) -> bool {
        covers(&self.repositories, repository) && !covers(&self.exclude, repository)
    }
}

/// How far back something is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Everything.
    All,
    /// The last so many milliseconds.
    Last(i64),
}
