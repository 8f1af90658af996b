//! Opening: who we are and which repositories are kept.

use std::collections::{BTreeMap, BTreeSet};

use glob::{MatchOptions, Pattern};
use serde::{Deserialize, Serialize};

use super::place::{Trail, is_repo, repo_path, segment};
use super::wire::{Repo, User};
use super::{Also, GithubRemote, refuse};
use crate::core::{Kind, Time};
use crate::remote::http::Ask;
use crate::remote::{Opened, RemoteError};

const HOUR: i64 = 60 * 60 * 1_000;
/// How long the list of repositories that match globs is believed.
const LIST_FRESH: i64 = 6 * HOUR;
/// How long our own login is believed, for the same token.
const LOGIN_FRESH: i64 = 7 * 24 * HOUR;
/// More pages of repositories than anybody has.
const MAX_PAGES: usize = 100;

/// What an opening found, kept so that the next one needs no request.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memo {
    token: String,
    selection: String,
    login: Option<String>,
    login_at: Time,
    repositories: Vec<String>,
    /// Owners that GitHub did not know when the repositories were listed.
    unknown: BTreeSet<String>,
    listed_at: Time,
    renamed: BTreeMap<String, String>,
    no_graphql_at: Option<Time>,
}

impl GithubRemote {
    /// See [`Remote::open`](crate::remote::Remote::open).
    pub(super) async fn open_side(&self, memo: Option<&str>) -> Result<Opened, RemoteError> {
        let selection = Selection::of(&self.link)?;
        let mut memo = self.recall(memo);
        let now = self.now();
        if !fresh(now, memo.login_at, LOGIN_FRESH) {
            memo.login = self.viewer().await?;
            memo.login_at = now;
        }
        self.learned.borrow_mut().login.clone_from(&memo.login);
        let known = memo.selection == selection.print();
        if !known || !(selection.is_explicit() || fresh(now, memo.listed_at, LIST_FRESH)) {
            (memo.repositories, memo.unknown) =
                self.select(&selection, memo.login.as_deref()).await?;
            memo.selection = selection.print();
            memo.listed_at = now;
        }
        if memo.repositories.is_empty() {
            return Err(RemoteError::Setup(self.nothing_matches(&memo.unknown)));
        }
        self.opened(memo)
    }

    fn recall(&self, memo: Option<&str>) -> Memo {
        let memo: Memo = memo
            .and_then(|memo| serde_json::from_str(memo).ok())
            .unwrap_or_default();
        if memo.token != self.account.fingerprint {
            return Memo {
                token: self.account.fingerprint.clone(),
                ..Memo::default()
            };
        }
        let mut learned = self.learned.borrow_mut();
        for (old, new) in &memo.renamed {
            learned
                .renamed
                .entry(old.clone())
                .or_insert_with(|| new.clone());
        }
        learned.no_graphql = learned.no_graphql.max(memo.no_graphql_at);
        memo
    }

    fn opened(&self, mut memo: Memo) -> Result<Opened, RemoteError> {
        let without_graphql = !self.asks_graphql();
        let mut learned = self.learned.borrow_mut();
        memo.renamed.clone_from(&learned.renamed);
        memo.no_graphql_at = learned.no_graphql;
        let mut notes: Vec<String> = std::mem::take(&mut learned.notes).into_iter().collect();
        if without_graphql && (self.link.keeps(Kind::Pull) || self.link.keeps(Kind::Commit)) {
            notes.push(super::graph::NO_GRAPHQL.to_owned());
        }
        notes.extend(memo.unknown.iter().map(|name| self.no_owner(name)));
        for (old, new) in &memo.renamed {
            let note = renamed(old, new);
            if memo.repositories.contains(old) && !notes.contains(&note) {
                notes.push(note);
            }
        }
        let issues = self.link.keeps(Kind::Issue) || self.link.keeps(Kind::Pull);
        let commits = self.link.keeps(Kind::Commit);
        let mut streams = Vec::new();
        for repo in &memo.repositories {
            if issues {
                streams.push(format!("issues:{repo}"));
            }
            if commits {
                streams.push(format!("commits:{repo}"));
            }
        }
        let memo = serde_json::to_string(&memo)
            .map_err(|cause| RemoteError::Setup(format!("GitHub's memo: {cause}")))?;
        notes.dedup();
        Ok(Opened {
            streams,
            memo: Some(memo),
            paused: BTreeMap::new(),
            columns: BTreeMap::new(),
            notes,
        })
    }

    /// Why nothing can be kept in step, with what to do.
    fn nothing_matches(&self, unknown: &BTreeSet<String>) -> String {
        let from = &self.link.owner_from;
        if unknown.is_empty() {
            let globs = self.link.include.join(", ");
            return format!(
                "no repository matches the selection {globs}, which {from} names, and nothing is synced; check the names, \
                 and that the token may see these repositories (forks and archived ones count only where [link.select] \
                 says so)"
            );
        }
        let words: Vec<String> = unknown.iter().map(|name| self.no_owner(name)).collect();
        format!(
            "no repository matches the selection, and nothing is synced: {}",
            words.join("; ")
        )
    }

    fn no_owner(&self, name: &str) -> String {
        let from = &self.link.owner_from;
        format!(
            "GitHub knows no user or organisation called `{name}`, which {from} names; correct it there"
        )
    }

    /// Our login; none for tokens that act as no user (installation tokens).
    async fn viewer(&self) -> Result<Option<String>, RemoteError> {
        let reply = self.send(Ask::get("/user")).await?;
        match reply.status {
            403 | 404 => Ok(None),
            status if (200..300).contains(&status) => Ok(reply.json::<User>()?.login),
            _ => Err(refuse::of_read(&reply, "the token's own account")),
        }
    }

    /// See [`Remote::is_public`](crate::remote::Remote::is_public). A repository that does not say so counts as public;
    /// `internal` ones say that they are private
    /// (<https://docs.github.com/en/rest/repos/repos#get-a-repository>).
    pub(super) async fn is_open_to_all(&self, repo: &str) -> Result<bool, RemoteError> {
        let repo = self.present(repo).into_owned();
        let reply = self.read(&repo_path(&repo)).await?;
        match reply.status {
            404 | 410 => Ok(false),
            _ if reply.is_success() => Ok(reply.json::<Repo>()?.private != Some(true)),
            _ => Err(refuse::of_read(&reply, &repo)),
        }
    }

    async fn select(
        &self,
        selection: &Selection,
        login: Option<&str>,
    ) -> Result<(Vec<String>, BTreeSet<String>), RemoteError> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        for (owner, path) in selection.lists(self.link.username.as_deref(), login) {
            let Some(listed) = self.repositories(&path).await? else {
                unknown.extend(owner);
                continue;
            };
            for repo in listed {
                if selection.takes(&repo) {
                    found.insert(repo.to_lowercase(), repo);
                }
            }
        }
        for repo in &selection.explicit {
            found.insert(repo.to_lowercase(), repo.clone());
        }
        Ok((found.into_values().collect(), unknown))
    }

    /// The names in a list of repositories, without forks and archived ones unless the link wants them; none where
    /// GitHub knows no such list.
    async fn repositories(&self, path: &str) -> Result<Option<Vec<String>>, RemoteError> {
        let mut names = Vec::new();
        let mut page = Some(path.to_owned());
        let mut trail = Trail::default();
        for _ in 0..MAX_PAGES {
            let Some(url) = page else { break };
            let reply = self.read(&url).await?;
            if reply.status == 404 {
                return Ok(None);
            }
            if !reply.is_success() {
                return Err(refuse::of_read(&reply, "the list of repositories"));
            }
            let rows: Vec<Repo> = self.rows(&reply, "the list of repositories")?;
            let kept = rows
                .into_iter()
                .filter(|repo| self.link.also.forks || repo.fork != Some(true))
                .filter(|repo| self.link.also.archived || repo.archived != Some(true));
            names.extend(
                kept.filter_map(|repo| repo.full_name)
                    .filter(|name| is_repo(name)),
            );
            page = trail.after(url, &reply, path)?;
        }
        Ok(Some(names))
    }
}

/// What a renamed repository means for the user.
pub(super) fn renamed(old: &str, new: &str) -> String {
    format!("{old} is called {new} now; change the name in the configuration")
}

/// Whether something of a time is at most so many ms old.
pub(super) fn fresh(now: Time, then: Time, ms: i64) -> bool {
    (0..ms).contains(&now.since(then))
}

/// The repositories that a link asks for.
struct Selection {
    also: Also,
    explicit: BTreeSet<String>,
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
    owners: BTreeSet<String>,
    by_list: bool,
}

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: false,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

impl Selection {
    fn of(link: &super::GithubLink) -> Result<Self, RemoteError> {
        let exclude = patterns(&link.exclude)?;
        let (explicit, globs): (Vec<_>, Vec<_>) =
            link.include.iter().cloned().partition(|name| is_repo(name));
        if explicit.is_empty() && globs.is_empty() && link.username.is_none() {
            return Err(RemoteError::Setup(
                "no repositories are selected; name some as owner/repo, or set GITHUB_USERNAME"
                    .to_owned(),
            ));
        }
        let literal = |glob: &String| {
            let owner = glob.split_once('/')?.0;
            (!owner.contains(['*', '?', '['])).then(|| owner.to_owned())
        };
        Ok(Self {
            also: link.also,
            owners: globs.iter().filter_map(literal).collect(),
            by_list: !globs.is_empty() || (link.username.is_some() && explicit.is_empty()),
            include: patterns(&globs)?,
            explicit: explicit
                .into_iter()
                .filter(|name| !any(&exclude, name))
                .collect(),
            exclude,
        })
    }

    /// Whether no list has to be asked for.
    const fn is_explicit(&self) -> bool {
        !self.by_list
    }

    fn takes(&self, repo: &str) -> bool {
        (self.include.is_empty() || any(&self.include, repo)) && !any(&self.exclude, repo)
    }

    /// The lists to ask for, with whose they are: of one account, or all that the token sees and those of the owners that
    /// globs name.
    fn lists(&self, username: Option<&str>, login: Option<&str>) -> Vec<(Option<String>, String)> {
        if !self.by_list {
            return Vec::new();
        }
        let is_me = |name: &str| login.is_some_and(|login| login.eq_ignore_ascii_case(name));
        let of_user = |name: &str| {
            let path = if is_me(name) {
                "/user/repos?affiliation=owner&per_page=100".to_owned()
            } else {
                format!("/users/{}/repos?type=owner&per_page=100", segment(name))
            };
            (Some(name.to_owned()), path)
        };
        if let Some(username) = username {
            return vec![of_user(username)];
        }
        let others = self.owners.iter().filter(|owner| !is_me(owner));
        let mut lists: Vec<_> = others.map(|owner| of_user(owner)).collect();
        if login.is_some() {
            lists.push((None, "/user/repos?per_page=100".to_owned()));
        }
        lists
    }

    /// Tells selections apart.
    fn print(&self) -> String {
        let words = |patterns: &[Pattern]| {
            let words: Vec<_> = patterns.iter().map(Pattern::as_str).collect();
            words.join(" ")
        };
        let explicit: Vec<_> = self.explicit.iter().map(String::as_str).collect();
        // A text as earlier versions made it where neither is wanted, so that no list is asked for again.
        let also = |wanted: bool, what| if wanted { what } else { "" };
        format!(
            "{} + {} - {} {}{}{}",
            explicit.join(" "),
            words(&self.include),
            words(&self.exclude),
            self.by_list,
            also(self.also.forks, " forks"),
            also(self.also.archived, " archived")
        )
    }
}

fn any(patterns: &[Pattern], repo: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| pattern.matches_with(repo, OPTIONS))
}

fn patterns(globs: &[String]) -> Result<Vec<Pattern>, RemoteError> {
    let parse = |glob: &String| {
        Pattern::new(glob)
            .ok()
            .filter(|_| glob.contains('/'))
            .ok_or_else(|| {
                RemoteError::Setup(format!(
                    "`{glob}` names no repository; write owner/repo, or a pattern such as owner/*"
                ))
            })
    };
    globs.iter().map(parse).collect()
}
