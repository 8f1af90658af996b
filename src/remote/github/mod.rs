//! GitHub: issues, pull requests and commits.
//!
//! REST over octocrab's raw calls (`octo`) into tolerant structs (`wire`) and from there into observations
//! (`rows`, which documents the normal forms). What REST lists do not say of pull requests comes from one GraphQL
//! query for a page of them (`extras`), and so does what they do not say of commits (`sizes`).
//!
//! Facts that shape it:
//! - Rows of a page that cannot be read are left out, logged and counted ([`GithubRemote::garbled`]): one broken row
//!   must not hide the others. Such a list is not whole ([`Page::cut`]): it is said, and all is listed again next time.
//! - A repository is asked for by the name in the configuration. When it was renamed (301) the link is followed once,
//!   by hand and only within the same origin, and the new name is used from then on and noted.
//! - A commit's lasting id is made with the name in the configuration, so a rename does not make it a new commit.
//! - Lists are asked for under an address that never changes, newest change first, and end at the first row before
//!   `since`: so the tag of the first page stays useful, and a repository in which nothing happened costs nothing.
//! - Commit lists are read down to a while before `since`: a merge brings commits that are older than itself.

mod commits;
mod extras;
mod graph;
mod labels;
mod list;
mod made;
mod milestones;
mod octo;
mod open;
mod place;
mod read;
mod refuse;
mod rows;
mod sizes;
pub mod survey;
mod who;
mod wire;
mod write;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use http::header::ACCEPT;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;

use crate::core::{Action, Draft, FieldKey, Kind, ObjectId, Observation, Side, Step, Time, Value};
use crate::remote::http::account::check_base;
use crate::remote::http::{Account, AccountConfig, Ask, Now, Reply, Service};
use crate::remote::{
    Answer, Budget, KnownBody, LeftOut, ListFrom, Lookup, Opened, Page, Remote, RemoteError,
};

/// The version of the API whose shapes [`wire`] knows.
const API_VERSION: &str = "2022-11-28";
/// Where GitHub is unless the configuration says otherwise.
pub const GITHUB_URL: &str = "https://api.github.com";

/// Whether a host answers GraphQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GraphQl {
    /// Ask it, and remember when it does not.
    #[default]
    Auto,
    /// Do not ask it.
    Never,
}

/// Which repositories a glob or an account means besides those that are neither forks nor archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Also {
    /// Forks.
    pub forks: bool,
    /// Archived ones.
    pub archived: bool,
}

/// What a link keeps of GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubLink {
    /// `owner/repo`, or globs over it. Together with `username` they narrow that account's repositories.
    pub include: Vec<String>,
    /// Globs over `owner/repo` that are left out.
    pub exclude: Vec<String>,
    /// All repositories of this account (no forks, no archived ones).
    pub username: Option<String>,
    /// What of the configuration names the owners, for people.
    pub owner_from: String,
    /// What globs and accounts mean besides plain repositories.
    pub also: Also,
    /// The kinds that are kept.
    pub kinds: BTreeSet<Kind>,
    /// Only commits at most this old, in ms; none = all.
    pub commits_within: Option<i64>,
    /// Leaves merge commits out.
    pub skip_merges: bool,
    /// Leaves out what bots wrote: their issues, pull requests and commits.
    pub skip_bots: bool,
    /// Makes labels that the repository does not have.
    pub create_labels: bool,
    /// What every page says besides: fields that each of our observations carries.
    pub constants: BTreeMap<FieldKey, Value>,
    /// Whether GraphQL is asked.
    pub graphql: GraphQl,
}

impl GithubLink {
    /// Everything of these repositories.
    pub fn of<S: Into<String>>(repositories: impl IntoIterator<Item = S>) -> Self {
        Self {
            include: repositories.into_iter().map(Into::into).collect(),
            exclude: Vec::new(),
            username: None,
            owner_from: "`repositories`".to_owned(),
            also: Also::default(),
            kinds: BTreeSet::from([Kind::Issue, Kind::Pull, Kind::Commit]),
            commits_within: None,
            skip_merges: true,
            skip_bots: false,
            create_labels: false,
            constants: BTreeMap::new(),
            graphql: GraphQl::Auto,
        }
    }

    fn keeps(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// One GitHub token. Clones share its request budget; make one a token, not one a link.
#[derive(Clone, Debug)]
pub struct GithubAccount {
    account: Account,
    graphql: String,
    /// Tells tokens apart in memos without revealing them.
    fingerprint: String,
}

impl GithubAccount {
    /// An account over octocrab on top of our client.
    ///
    /// # Errors
    /// [`RemoteError::Setup`] for an address or a token that cannot be used.
    pub fn new(
        mut config: AccountConfig,
        client: reqwest::Client,
        token: &SecretString,
        now: Now,
    ) -> Result<Self, RemoteError> {
        let base = check_base(&config.base_url, Service::Github)?;
        let origin = base.origin().ascii_serialization();
        let graphql = if base.path().trim_end_matches('/').ends_with("/api/v3") {
            config.more_paths.push("/api/graphql".to_owned());
            format!("{origin}/api/graphql")
        } else {
            "/graphql".to_owned()
        };
        let mut hasher = DefaultHasher::new();
        (token.expose_secret(), base.as_str()).hash(&mut hasher);
        let octo = octo::Octo::new(client, token, &base)?;
        Ok(Self {
            account: Account::with_transport(config, Box::new(octo), now)?,
            graphql,
            fingerprint: format!("{:016x}", hasher.finish()),
        })
    }

    /// What may still be asked.
    pub fn budget(&self) -> Budget {
        self.account.budget()
    }

    /// The account that sends, whose budget is remembered.
    pub const fn sender(&self) -> &Account {
        &self.account
    }
}

/// What is learned while running.
#[derive(Debug, Default)]
struct Learned {
    login: Option<String>,
    /// Configured name to present name.
    renamed: BTreeMap<String, String>,
    /// When the host was found to answer no GraphQL.
    no_graphql: Option<Time>,
    /// When the host's GraphQL was found to have no timelines.
    no_timeline: Option<Time>,
    /// Pull requests whose checks were running when they were last seen, by repository.
    pending: BTreeMap<String, BTreeSet<ObjectId>>,
    milestones: BTreeMap<String, milestones::Known>,
    /// Labels that were seen, by repository, all in lower case as GitHub's do not tell it.
    labels: BTreeMap<String, BTreeSet<String>>,
    walks: BTreeMap<String, extras::Walk>,
    notes: BTreeSet<String>,
    garbled: u64,
}

/// One link's view of GitHub.
#[derive(Debug)]
pub struct GithubRemote {
    account: GithubAccount,
    link: GithubLink,
    learned: RefCell<Learned>,
}

impl GithubRemote {
    /// A link's view through an account.
    pub fn new(account: GithubAccount, link: GithubLink) -> Self {
        Self {
            account,
            link,
            learned: RefCell::default(),
        }
    }

    /// How many rows could not be read since the start.
    pub fn garbled(&self) -> u64 {
        self.learned.borrow().garbled
    }

    fn now(&self) -> Time {
        self.account.account.now()
    }

    /// Whether GraphQL is asked now: a host without it is asked again after a while.
    fn asks_graphql(&self) -> bool {
        let none_at = self.learned.borrow().no_graphql;
        let is_without = none_at.is_some_and(|at| open::fresh(self.now(), at, graph::RETRY));
        self.link.graphql != GraphQl::Never && !is_without
    }

    fn login(&self) -> Option<String> {
        self.learned.borrow().login.clone()
    }

    fn note(&self, text: String) {
        tracing::warn!("{text}");
        self.learned.borrow_mut().notes.insert(text);
    }

    fn row_lost(&self, what: &str, cause: &serde_json::Error) {
        tracing::warn!(%cause, "a row of {what} could not be read and was left out");
        self.learned.borrow_mut().garbled += 1;
    }

    /// The present name of a configured repository.
    fn present<'a>(&self, repo: &'a str) -> std::borrow::Cow<'a, str> {
        match self.learned.borrow().renamed.get(repo) {
            Some(name) => name.clone().into(),
            None => repo.into(),
        }
    }

    /// What the configuration calls an object of a repository that has another name now.
    fn configured_name(&self, locator: &str) -> Option<String> {
        let at = locator.find(['#', '@'])?;
        let (repo, rest) = locator.split_at(at);
        let learned = self.learned.borrow();
        let mut renamed = learned.renamed.iter();
        let (configured, _) = renamed.find(|(_, now)| now.eq_ignore_ascii_case(repo))?;
        Some(format!("{configured}{rest}"))
    }

    /// Remembers that a repository answers under another name.
    fn saw_name(&self, repo: &str, found: &str) {
        if repo.eq_ignore_ascii_case(found) || self.present(repo) == found {
            return;
        }
        self.note(open::renamed(repo, found));
        let mut learned = self.learned.borrow_mut();
        learned.renamed.insert(repo.to_owned(), found.to_owned());
    }

    /// Sends one request, without following anything.
    async fn send(&self, ask: Ask) -> Result<Reply, RemoteError> {
        let version = http::HeaderName::from_static("x-github-api-version");
        let ask = ask
            .header(ACCEPT, "application/vnd.github+json")
            .header(version, API_VERSION);
        self.account.account.send(ask).await
    }

    /// Reads; a permanent or temporary redirect is followed once, by hand, within the same origin.
    async fn read(&self, path: &str) -> Result<Reply, RemoteError> {
        let reply = self.send(Ask::get(path)).await?;
        match refuse::moved_to(&reply) {
            Some(target) => self.send(Ask::get(target)).await,
            None => Ok(reply),
        }
    }

    /// The rows of a page, those that can be read.
    fn rows<T: serde::de::DeserializeOwned>(
        &self,
        reply: &Reply,
        what: &str,
    ) -> Result<Vec<T>, RemoteError> {
        Ok(self.rows_in(reply.json()?, what))
    }

    /// Those of these rows that can be read, and how many cannot.
    fn counted<T: serde::de::DeserializeOwned>(
        &self,
        rows: Vec<Json>,
        what: &str,
    ) -> (Vec<T>, u64) {
        let all = rows.len();
        let read = self.rows_in(rows, what);
        let unread = all.saturating_sub(read.len()) as u64;
        (read, unread)
    }

    /// Those of these rows that can be read.
    fn rows_in<T: serde::de::DeserializeOwned>(&self, rows: Vec<Json>, what: &str) -> Vec<T> {
        let read = rows.into_iter().filter_map(|row| {
            serde_json::from_value(row)
                .map_err(|cause| self.row_lost(what, &cause))
                .ok()
        });
        read.collect()
    }
}

impl Remote for GithubRemote {
    fn side(&self) -> Side {
        Side::Github
    }

    async fn open(&self, memo: Option<&str>, _may_write: bool) -> Result<Opened, RemoteError> {
        self.open_side(memo).await
    }

    async fn list(&self, stream: &str, from: &ListFrom) -> Result<Page, RemoteError> {
        match stream.split_once(':') {
            Some(("issues", repo)) => self.list_issues(repo, from).await,
            Some(("commits", repo)) => self.list_commits(repo, from).await,
            _ => Err(RemoteError::Setup(format!(
                "GitHub has no stream called {stream}"
            ))),
        }
    }

    async fn get(
        &self,
        kind: Kind,
        id: &ObjectId,
        _known: KnownBody<'_>,
    ) -> Result<Observation, RemoteError> {
        match kind {
            Kind::Commit => self.get_commit(id).await,
            Kind::Issue | Kind::Pull => self.get_issue(kind, id).await,
        }
    }

    async fn who(&self, seen: &Observation, field: Option<&FieldKey>) -> Option<String> {
        self.who_changed(seen, field).await
    }

    async fn is_public(&self, container: &str) -> Result<bool, RemoteError> {
        self.is_open_to_all(container).await
    }

    async fn write(
        &self,
        step: &Step,
        target: Option<&Observation>,
    ) -> Result<Answer, RemoteError> {
        match (&step.action, target) {
            (Action::Create(draft), _) => self.create(draft).await,
            (Action::Patch(changes), Some(target)) => self.patch(changes, target).await,
            (Action::Close, Some(target)) => self.close(target).await,
            (Action::Trash | Action::Restore, _) | (_, None) => {
                Err(refuse::refused(400, "GitHub cannot do this to an issue"))
            }
        }
    }

    fn me(&self) -> Option<String> {
        self.login()
    }

    async fn takes_of(&self, draft: &Draft) -> Result<(Draft, LeftOut), RemoteError> {
        self.without_unknown(draft).await
    }

    async fn find_made(&self, draft: &Draft, since: Time) -> Result<Lookup, RemoteError> {
        self.look_for(draft, since).await
    }

    fn configured(&self, locator: &str) -> Option<String> {
        self.configured_name(locator)
    }

    fn budget(&self) -> Budget {
        self.account.budget()
    }
}
