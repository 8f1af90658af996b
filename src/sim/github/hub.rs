//! The model itself: who there is, which repositories, and the log of every change.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::ids::{floor_second, node_id, sha};
use super::model::{
    AccountKind, Change, Departure, EventKind, Issue, IssueEvent, Login, Permission, Repo, RepoId,
    Token, User,
};
use super::refusal::Refusal;
use crate::sim::small::latest;

/// A small GitHub in memory: synchronous, deterministic, without a clock.
///
/// Every call that changes something takes `now` (milliseconds since the epoch) and the login of
/// the user who does it. Repositories are named `owner/name`, without regard to case.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    /// Every change of every object by anybody, oldest first: the truth for an oracle.
    pub log: Vec<Change>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) repos: BTreeMap<RepoId, Repo>,
    pub(crate) names: BTreeMap<String, RepoId>,
    pub(crate) redirects: BTreeMap<String, RepoId>,
    pub(crate) nodes: BTreeMap<String, (RepoId, u64)>,
    /// The issue types of each owner that has some, by login in lower case.
    pub(crate) issue_types: BTreeMap<String, Vec<String>>,
    last_id: u64,
}

/// Who touches which issue when: the context of one change.
#[derive(Debug, Clone)]
pub(crate) struct Touch {
    pub(crate) now: i64,
    pub(crate) actor: Login,
    pub(crate) repo: RepoId,
    pub(crate) number: u64,
}

impl Hub {
    /// Makes an empty hub.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account and returns its login; an existing one stays as it is.
    pub fn add_user(&mut self, now: i64, login: &str, kind: AccountKind) -> Login {
        if let Some(user) = self.users.get(&login.to_lowercase()) {
            return Arc::clone(&user.login);
        }
        let id = self.fresh_id();
        let name: Login = Arc::from(login);
        let prefix = if kind == AccountKind::User { "U" } else { "O" };
        let user = User {
            id,
            node_id: node_id(prefix, id),
            login: Arc::clone(&name),
            kind,
            created_at: floor_second(now),
        };
        self.users.insert(login.to_lowercase(), user);
        name
    }

    /// Gives a user a token. `read_only` makes every write with it fail with 403.
    pub fn add_token(&mut self, token: &str, login: &str, read_only: bool) {
        let login = self.login(login).unwrap_or_else(|| Arc::from(login));
        self.tokens
            .insert(token.to_owned(), Token { login, read_only });
    }

    /// Gives an owner's repositories these issue types; without any, their issues have no `type` at all.
    pub fn set_issue_types(&mut self, owner: &str, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let place = owner.to_lowercase();
        if names.is_empty() {
            self.issue_types.remove(&place);
        } else {
            self.issue_types.insert(place, names);
        }
    }

    /// The issue types that a repository's issues may have; none where there are no types.
    pub fn issue_types(&self, repo: &Repo) -> Option<&[String]> {
        let types = self.issue_types.get(&repo.owner.to_lowercase());
        types.map(Vec::as_slice)
    }

    /// Takes a token away: calls with it answer 401 from now on.
    pub fn revoke_token(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    /// Finds an account, without regard to case.
    pub fn user(&self, login: &str) -> Option<&User> {
        self.users.get(&login.to_lowercase())
    }

    /// Finds whose token this is.
    pub fn token(&self, token: &str) -> Option<&Token> {
        self.tokens.get(token)
    }

    /// Finds a repository's id by its present name. An old name is refused with where it went.
    pub fn resolve(&self, full_name: &str) -> Result<RepoId, Refusal> {
        let key = full_name.to_lowercase();
        if let Some(id) = self.names.get(&key) {
            return Ok(*id);
        }
        Err(self
            .redirects
            .get(&key)
            .map_or(Refusal::NotFound, |id| Refusal::RepoMoved(*id)))
    }

    /// Finds a repository by its present name.
    pub fn repo(&self, full_name: &str) -> Result<&Repo, Refusal> {
        let id = self.resolve(full_name)?;
        self.repo_by_id(id).ok_or(Refusal::NotFound)
    }

    /// Finds a repository by its id.
    pub fn repo_by_id(&self, id: RepoId) -> Option<&Repo> {
        self.repos.get(&id)
    }

    /// Lists all repositories, oldest first.
    pub fn repos(&self) -> impl Iterator<Item = &Repo> {
        self.repos.values()
    }

    /// Finds an issue or pull request; tells "never there" from deleted and transferred.
    pub fn issue(&self, repo: &str, number: u64) -> Result<&Issue, Refusal> {
        self.issue_in(self.resolve(repo)?, number)
    }

    /// Finds an issue or pull request of a repository known by its id.
    pub fn issue_in(&self, repo: RepoId, number: u64) -> Result<&Issue, Refusal> {
        let repo = self.repo_by_id(repo).ok_or(Refusal::NotFound)?;
        if let Some(issue) = repo.issues.get(&number) {
            return Ok(issue);
        }
        Err(match repo.departed.get(&number) {
            Some(Departure::Deleted) => Refusal::Gone,
            Some(Departure::Transferred(to, number)) => Refusal::IssueMoved(*to, *number),
            None => Refusal::NotFound,
        })
    }

    /// Finds an issue or pull request by its node id.
    pub fn by_node(&self, node: &str) -> Option<(&Repo, &Issue)> {
        let (repo, number) = self.nodes.get(node)?;
        let repo = self.repos.get(repo)?;
        Some((repo, repo.issues.get(number)?))
    }

    /// Says what a user may do in a repository; `None` when it is invisible to them.
    pub fn permission(&self, login: Option<&str>, repo: &Repo) -> Option<Permission> {
        let given = login.and_then(|login| {
            if repo.owner.eq_ignore_ascii_case(login) {
                return Some(Permission::Admin);
            }
            let mut all = repo.collaborators.iter();
            all.find(|(known, _)| known.eq_ignore_ascii_case(login))
                .map(|(_, given)| *given)
        });
        given.or((!repo.private).then_some(Permission::Read))
    }

    /// Starts a change: the repository must be there, visible, and not archived.
    pub(crate) fn touch(&self, now: i64, actor: &str, repo: &str) -> Result<Touch, Refusal> {
        let id = self.resolve(repo)?;
        let repo = self.repo_by_id(id).ok_or(Refusal::NotFound)?;
        let actor = self
            .login(actor)
            .ok_or(Refusal::Unauthorized("Requires authentication"))?;
        self.permission(Some(&actor), repo)
            .ok_or(Refusal::NotFound)?;
        if repo.archived {
            return Err(Refusal::Forbidden(
                "Repository was archived so is read-only.",
            ));
        }
        Ok(Touch {
            now,
            actor,
            repo: id,
            number: 0,
        })
    }

    /// Starts a change that needs a right.
    pub(crate) fn touch_as(
        &self,
        now: i64,
        actor: &str,
        repo: &str,
        needed: Permission,
    ) -> Result<Touch, Refusal> {
        let touch = self.touch(now, actor, repo)?;
        if self.may(&touch, needed) {
            Ok(touch)
        } else {
            Err(Refusal::Forbidden("Must have admin rights to Repository."))
        }
    }

    pub(crate) fn may(&self, touch: &Touch, needed: Permission) -> bool {
        let repo = self.repo_by_id(touch.repo);
        repo.and_then(|repo| self.permission(Some(&touch.actor), repo)) >= Some(needed)
    }

    pub(crate) fn login(&self, login: &str) -> Option<Login> {
        self.user(login).map(|user| Arc::clone(&user.login))
    }

    pub(crate) fn repo_mut(&mut self, id: RepoId) -> Result<&mut Repo, Refusal> {
        self.repos.get_mut(&id).ok_or(Refusal::NotFound)
    }

    pub(crate) fn issue_mut(&mut self, touch: &Touch) -> Result<&mut Issue, Refusal> {
        let repo = self.repos.get_mut(&touch.repo).ok_or(Refusal::NotFound)?;
        repo.issues.get_mut(&touch.number).ok_or(Refusal::NotFound)
    }

    pub(crate) fn index_node(&mut self, node: &str, at: Option<(RepoId, u64)>) {
        match at {
            Some(at) => self.nodes.insert(node.to_owned(), at),
            None => self.nodes.remove(node),
        };
    }

    pub(crate) fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        1000 + self.last_id
    }

    pub(crate) fn fresh_sha(&mut self) -> String {
        sha(self.fresh_id())
    }

    pub(crate) fn record(
        &mut self,
        touch: &Touch,
        field: &'static str,
        before: Value,
        after: Value,
    ) {
        let seq = self.log.last().map_or(0, |last| last.seq + 1);
        let actor = Arc::clone(&touch.actor);
        let (at, repo, number) = (touch.now, touch.repo, touch.number);
        self.log.push(Change {
            seq,
            at,
            actor,
            repo,
            number,
            field,
            before,
            after,
        });
    }

    /// Adds to an issue's event list.
    pub(crate) fn event(&mut self, touch: &Touch, kind: EventKind) -> Result<(), Refusal> {
        let id = self.fresh_id();
        let (at, actor) = (floor_second(touch.now), Arc::clone(&touch.actor));
        self.issue_mut(touch)?.events.push(IssueEvent {
            id,
            actor,
            at,
            kind,
        });
        Ok(())
    }

    /// Forgets all but the latest changes, and events of each issue.
    pub fn forget(&mut self, keep: usize) {
        latest(&mut self.log, keep);
        let issues = self.repos.values_mut().flat_map(|repo| &mut repo.issues);
        for (_, issue) in issues {
            latest(&mut issue.events, keep);
        }
    }

    /// Moves `updated_at` forward; never back, even when the caller's clock jumps.
    pub(crate) fn bump(&mut self, touch: &Touch) -> Result<(), Refusal> {
        let issue = self.issue_mut(touch)?;
        issue.updated_at = issue.updated_at.max(floor_second(touch.now));
        Ok(())
    }
}
