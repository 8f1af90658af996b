//! Puts the parts together: configuration, tokens, store, adapters, engine.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::args::Args;
use super::budgets::Budgets;
use super::clock::{SystemClock, now};
use super::exit::{Exit, Failed};
use crate::auth;
use crate::config::{
    self, Config, Environment, Link as LinkConfig, StoreChoice, Window, render_all,
};
use crate::core::scope::Wanted;
use crate::core::{FieldKey, Kind, Observation, Record, RecordKind, Time, Value};
use crate::engine::link::Databases;
use crate::engine::{Ending, Engine, Event, Link, LinkSpec};
use crate::logging::{self, EVENTS, Logging, Masker, Tap};
use crate::paths::Paths;
use crate::remote::github::{Also, GithubAccount, GithubLink, GithubRemote};
use crate::remote::http::{Account, AccountConfig, Now, Rules, Service, build_client};
use crate::remote::notion::{NotionConfig, NotionRemote};
use crate::store::mongo::Patience;
use crate::store::{
    Access, AnyStore, Looking, MemoryStore, MongoStore, SqliteStore, Store, StoreError, copy,
};
use crate::ui::text::counted;
use anyhow::{Context, anyhow};

/// What every command starts from.
pub struct Setup {
    /// The configuration.
    pub config: Config,
    /// The environment it was read with.
    pub env: Environment,
    /// Where files are.
    pub paths: Paths,
    /// Hides tokens in the log, once it is started.
    pub masker: OnceCell<Masker>,
    /// Nothing may be written to either service.
    pub read_only: bool,
}

/// The link type of the real program.
pub type RealLink = Link<GithubRemote, NotionRemote>;
/// The engine type of the real program.
pub type RealEngine = Engine<AnyStore, SystemClock>;

/// Where the configuration file is.
pub fn config_path(args: &Args) -> anyhow::Result<PathBuf> {
    let env = Environment::of_process();
    let paths = Paths::find(&env)?;
    Ok(config::locate(args.config.as_deref(), &env, &paths.config).path)
}

/// Writes the commented example where the configuration is looked for.
pub fn write_example(args: &Args) -> anyhow::Result<Exit> {
    let path = config_path(args)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).with_context(|| {
        format!(
            "cannot make {}; a file that is there is never replaced",
            path.display()
        )
    })?;
    std::io::Write::write_all(&mut file, config::EXAMPLE.as_bytes())?;
    say!("wrote {}", path.display());
    Ok(Exit::Done)
}

impl Setup {
    /// Reads the configuration; every problem at once.
    pub fn read(args: &Args) -> anyhow::Result<Self> {
        let env = Environment::of_process();
        let paths = Paths::find(&env)?;
        let located = config::locate(args.config.as_deref(), &env, &paths.config);
        let config = config::read(&located, &env).map_err(|problems| {
            anyhow!(
                "the configuration has {}\n\n{}",
                counted(problems.len(), "problem"),
                render_all(&problems, false)
            )
        })?;
        Ok(Self {
            config,
            env,
            paths,
            masker: OnceCell::new(),
            read_only: args.read_only,
        })
    }

    /// Starts the log file, and stderr with `-v`.
    pub fn start_log(&self, args: &Args, tap: Option<Tap>) -> anyhow::Result<Logging> {
        self.paths.create()?;
        let options = logging::Options {
            folder: &self.paths.log,
            level: args.log_level.unwrap_or(self.config.log_level),
            // Nothing may be written across a screen.
            verbose: if tap.is_some() { 0 } else { args.verbose },
            tap,
        };
        let log = logging::start(&options)?;
        // A second start fails above, so the cell is empty.
        let _ = self.masker.set(log.masker.clone());
        Ok(log)
    }

    /// What every sync needs: a link.
    pub fn require(&self) -> anyhow::Result<&[LinkConfig]> {
        let links = self.config.require_links();
        links.map_err(|problem| anyhow!("the configuration has 1 problem\n\n{problem}"))
    }

    /// The links that a command is about.
    pub fn links(&self, only: Option<&str>) -> anyhow::Result<Vec<&LinkConfig>> {
        let links = self.require()?;
        let Some(name) = only else {
            return Ok(links.iter().collect());
        };
        let link = self.config.link(name).ok_or_else(|| {
            let names: Vec<&str> = links.iter().map(|link| link.name.as_str()).collect();
            anyhow!(
                "there is no link `{name}`; the configuration has {}",
                names.join(", ")
            )
        })?;
        Ok(vec![link])
    }

    /// Where the embedded store is, or will be; none where another store is configured.
    pub fn store_path(&self) -> Option<PathBuf> {
        match &self.config.store {
            StoreChoice::Embedded(file) => {
                Some(file.clone().unwrap_or_else(|| self.paths.store_file()))
            }
            StoreChoice::Mongo { .. } => None,
        }
    }

    /// Whether the embedded store was not made yet.
    pub fn is_new(&self) -> bool {
        let is_missing = |path: PathBuf| {
            let found = std::fs::metadata(path);
            found.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        };
        self.store_path().is_some_and(is_missing)
    }

    /// Opens the store. A shared one is reached when it is used first; within a runtime that runs on.
    pub fn store(&self, access: Access) -> anyhow::Result<AnyStore> {
        let path = match &self.config.store {
            StoreChoice::Embedded(file) => file.clone().unwrap_or_else(|| self.paths.store_file()),
            StoreChoice::Mongo { uri, database } => {
                let store = MongoStore::new(uri, database, self.patience())?;
                if let Some(masker) = self.masker.get() {
                    store.secrets().for_each(|secret| masker.learn(&secret));
                }
                return Ok(if access == Access::Read || self.read_only {
                    AnyStore::Looked(Box::new(Looking::at(store)))
                } else {
                    AnyStore::Mongo(Box::new(store))
                });
            }
        };
        if std::fs::metadata(&path).is_ok_and(|data| data.is_file() && data.len() == 0) {
            eprintln!(
                "warning: {} is empty (0 bytes) and is taken for a new store. If it held something, stop, and put a \
                 copy of it back first",
                path.display()
            );
        }
        Ok(AnyStore::Embedded(SqliteStore::open(&path, access)?))
    }

    /// Opens the store to say what is in it. One that is not made yet holds nothing, and stays unmade.
    pub fn store_to_look(&self) -> anyhow::Result<AnyStore> {
        if self.is_new() {
            self.store_to_plan()
        } else {
            self.store(Access::Read)
        }
    }

    /// Opens the store to plan: it is only looked at, also where another process owns it. One that is not made yet
    /// stays so.
    pub fn store_to_plan(&self) -> anyhow::Result<AnyStore> {
        let Some(path) = self.store_path() else {
            return self.store(Access::Read);
        };
        let place = path.display().to_string();
        let is_unmade = match std::fs::metadata(&path) {
            Ok(data) => data.is_file() && data.len() == 0,
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        if is_unmade {
            let nothing = Looking::of(MemoryStore::new(), place);
            return Ok(AnyStore::Unmade(Box::new(nothing)));
        }
        let store = SqliteStore::open(&path, Access::Read)?;
        Ok(AnyStore::LookedFile(Box::new(Looking::of(store, place))))
    }

    /// How long a shared store may take. Who waits less for an answer waits less for a connection, too.
    fn patience(&self) -> Patience {
        let ms = u64::try_from(self.config.settings.store_timeout).unwrap_or(0);
        let operation = Duration::from_millis(ms.max(1));
        let Patience {
            connect, select, ..
        } = Patience::default();
        Patience {
            connect: connect.min(operation),
            // Less, so that the driver can say why there is no server.
            select: select.min(operation.mul_f32(0.8)),
            operation,
        }
    }

    /// An engine on a store.
    pub fn engine(&self, store: AnyStore, sink: Box<dyn Fn(Event)>) -> RealEngine {
        Engine {
            store,
            clock: SystemClock,
            settings: self.config.settings.clone(),
            holder: holder(),
            sink: Box::new(move |event| {
                log(&event);
                sink(event);
            }),
            stop: Ending::default(),
            read_only: self.read_only,
        }
    }

    /// The adapters of these links, and the request budgets of the two tokens, which all links share and which go on
    /// where the last process that used this store ended.
    pub async fn connect(
        &self,
        links: &[&LinkConfig],
        store: &AnyStore,
    ) -> anyhow::Result<(Vec<RealLink>, Budgets)> {
        // The first question that a shared store is asked.
        let there = store.setting(copy::UNFINISHED).await;
        if let Err(error @ StoreError::Unfinished(_)) = there {
            return Err(error.into());
        }
        let login = |error: auth::AuthError| Failed {
            message: error.to_string(),
            exit: Exit::Login,
        };
        let github = auth::github(&self.config.github, &self.env).map_err(login)?;
        let notion = auth::notion(&self.config.notion, &self.env).map_err(login)?;
        if let Some(masker) = self.masker.get() {
            masker.learn(&github.secret);
            masker.learn(&notion.secret);
        }
        let client = build_client(Duration::from_secs(10))?;
        let time: Now = Arc::new(now);
        let (hub, pages) = self.accounts();
        let hub = GithubAccount::new(hub, client.clone(), &github.secret, Arc::clone(&time))?;
        let pages = Account::new(pages, client, &notion.secret, time)?;
        let tokens = [(hub.sender(), &github.secret), (&pages, &notion.secret)];
        let budgets = match there {
            Ok(_) => Budgets::recalled(tokens, store).await,
            // It is told by whoever uses it.
            Err(error) => Budgets::unrecalled(tokens, error),
        };
        let links = links.iter().map(|link| self.link(link, &hub, &pages));
        Ok((links.collect(), budgets))
    }

    /// How the two accounts behave.
    pub fn accounts(&self) -> (AccountConfig, AccountConfig) {
        let mut github = AccountConfig::github(&self.config.github.api_url);
        if !self.config.github_limits {
            github.rules = Rules::none();
        }
        let mut notion = AccountConfig::notion(&self.config.notion.api_url);
        notion.rules = match self.config.notion_per_minute {
            0 => Rules::none(),
            most => Rules::notion(most),
        };
        (self.timed(github), self.timed(notion))
    }

    /// An account whose requests wait as long as the configuration says.
    fn timed(&self, mut account: AccountConfig) -> AccountConfig {
        let settings = &self.config.settings;
        let ms = match account.service {
            Service::Github => settings.github_timeout,
            Service::Notion => settings.notion_timeout,
        };
        account.timeout = Duration::from_millis(u64::try_from(ms).unwrap_or(0).max(1));
        account
    }

    /// Which databases the links name.
    fn databases(&self, link: &LinkConfig) -> Databases {
        let others = self.config.links.iter();
        let others = others.filter(|other| other.name != link.name);
        Databases {
            own: link.database.clone(),
            others: others
                .map(|other| (other.name.clone(), other.database.clone()))
                .collect(),
        }
    }

    fn link(&self, link: &LinkConfig, github: &GithubAccount, notion: &Account) -> RealLink {
        let mapping = link.mapping();
        let mut target = NotionConfig::new(notion.clone(), link.database.clone(), mapping.clone());
        target.private_heading.clone_from(&link.private_heading);
        Link {
            spec: LinkSpec {
                databases: self.databases(link),
                ..spec(link, mapping, &self.config.settings)
            },
            github: GithubRemote::new(github.clone(), selection(link, self.config.owner_from)),
            notion: NotionRemote::new(target),
        }
    }
}

/// Writes what happens into the log.
fn log(event: &Event) {
    match event {
        Event::RunStarted { run, link } => tracing::info!(target: EVENTS, run, link, "run started"),
        Event::Listed { stream, rows } => tracing::debug!(target: EVENTS, stream, rows, "listed"),
        // Its end tells more.
        Event::Recorded(record) if record.kind == RecordKind::Run => {}
        // It is in the log of the machine that did it.
        Event::Elsewhere(_) => {}
        Event::Recorded(record) => {
            let side = record.side.map_or("", crate::core::Side::name);
            let fields: Vec<&str> = record
                .changes
                .iter()
                .map(|change| change.field.as_str())
                .collect();
            let Record {
                kind,
                outcome,
                verb,
                item,
                note,
                id,
                ..
            } = record.as_ref();
            tracing::info!(target: EVENTS, ?kind,
                ?outcome,
                verb,
                side,
                item,
                ?fields,
                note,
                id,
                "record"
            );
        }
        Event::Halted(halt) => {
            tracing::warn!(target: EVENTS, id = halt.id, note = halt.note, "held by the guard");
        }
        Event::Waiting { until, reason } => {
            tracing::info!(target: EVENTS, until = until.0, reason, "waiting");
        }
        Event::Deferred { link, waiting } => {
            tracing::info!(target: EVENTS, link, reason = super::json::waiting(waiting), "deferred");
        }
        Event::Leads { link, holder } => tracing::info!(target: EVENTS, link, holder, "led by"),
        Event::RunEnded(report) => {
            // What still lives on this thread: it must not grow.
            let tasks = tokio::runtime::Handle::try_current()
                .map_or(0, |runtime| runtime.metrics().num_alive_tasks());
            let waiting = report.backlog + report.deferred;
            tracing::info!(target: EVENTS,
                run = report.run,
                ?report.writes,
                ?report.requests,
                ?report.stopped,
                waiting,
                tasks,
                "run ended"
            );
            for error in &report.errors {
                tracing::warn!(target: EVENTS, "{error}");
            }
        }
    }
}

/// What the engine has to know of a link.
pub fn spec(
    link: &LinkConfig,
    mapping: crate::core::Mapping,
    settings: &crate::engine::Settings,
) -> LinkSpec {
    let mut rules = link.rules(settings);
    let only = link
        .repositories
        .first()
        .filter(|name| link.repositories.len() == 1 && !name.contains(['*', '?', '[']));
    rules.new_repository = rules.new_repository.or_else(|| only.cloned());
    let (selected, select, closed_since) = (link.clone(), link.select.clone(), link.closed_since);
    let wanted = rules.wanted.clone();
    LinkSpec {
        name: link.name.clone(),
        mapping: Rc::new(mapping),
        rules,
        databases: Databases::default(),
        selects: Rc::new(move |seen: &Observation| selects(&selected, &wanted, seen)),
        takes_in: Rc::new(move |seen: &Observation, now| {
            select.takes_in(seen) && takes_in(closed_since, seen, now)
        }),
    }
}

/// Whether a GitHub object belongs to a link's selection.
fn selects(link: &LinkConfig, wanted: &Wanted, seen: &Observation) -> bool {
    let repository = seen.id.locator.split(['#', '@']).next().unwrap_or_default();
    link.takes(repository) && link.kinds.contains(&seen.kind) && wanted.lack(seen).is_none()
}

/// Whether an item that is not linked yet was closed recently enough, or not at all.
fn takes_in(closed_since: Window, seen: &Observation, now: Time) -> bool {
    let Window::Last(ms) = closed_since else {
        return true;
    };
    let closed = seen
        .field(&FieldKey::of("closed"))
        .map_or("", Value::as_text);
    match chrono::DateTime::parse_from_rfc3339(closed) {
        Ok(closed) => Time(closed.timestamp_millis()) >= now.minus(ms),
        Err(_) => true,
    }
}

/// What a link keeps of GitHub.
pub fn selection(link: &LinkConfig, owner_from: Option<&'static str>) -> GithubLink {
    let commits_within = match link.commits_since {
        Window::All => None,
        Window::Last(ms) => Some(ms),
    };
    GithubLink {
        include: link.repositories.clone(),
        exclude: link.exclude.clone(),
        username: None,
        owner_from: owner_from.unwrap_or("`repositories`").to_owned(),
        also: Also {
            forks: link.select.forks,
            archived: link.select.archived,
        },
        kinds: link.kinds.iter().copied().collect::<BTreeSet<Kind>>(),
        commits_within,
        skip_merges: link.skip_merge_commits,
        skip_bots: link.skip_bots,
        create_labels: link.create_labels,
        constants: link.mapping().constants(),
        graphql: crate::remote::github::GraphQl::Auto,
    }
}

/// Who we are among several instances: `user@host:process`, as far as that is known.
fn holder() -> String {
    let named = |name: &&str| {
        let text = std::env::var(name).ok();
        text.filter(|text| !text.trim().is_empty())
    };
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(named);
    let user = user.map_or_else(String::new, |user| format!("{}@", user.trim()));
    let host = named(&"HOSTNAME").or_else(crate::system::name);
    let host = host.unwrap_or_default();
    format!("{user}{}:{}", host.trim(), std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Life, ObjectId, Side, Value};

    #[test]
    fn the_window_for_closed_items_moves_with_the_time() {
        let mut seen = Observation {
            side: Side::Github,
            kind: Kind::Issue,
            id: ObjectId {
                node: "I_1".to_owned(),
                locator: "o/r#1".to_owned(),
            },
            life: Life::Live,
            fields: std::collections::BTreeMap::new(),
            stamp: None,
            created: None,
            created_by_us: false,
            marker: None,
            linked_node: None,
            raw_body: None,
            read_at: Time(0),
        };
        let closed = Value::text("1970-01-03T00:00:00Z");
        let day = 86_400_000;
        let window = Window::Last(day);
        assert!(takes_in(window, &seen, Time(9 * day)), "open");
        seen.fields.insert(FieldKey::of("closed"), closed);
        assert!(takes_in(window, &seen, Time(3 * day)));
        assert!(!takes_in(window, &seen, Time(3 * day + 1)));
        assert!(takes_in(Window::All, &seen, Time(9 * day)));
    }
}
