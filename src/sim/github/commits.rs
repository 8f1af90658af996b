//! Branches and commits: linear lists with parents, pushed, rewritten and merged.

use std::sync::Arc;

use serde_json::{Value, json};

use super::hub::{Hub, Touch};
use super::ids::{floor_second, node_id};
use super::model::{Commit, EventKind, Permission, Repo, Size};
use super::refusal::Refusal;

/// A new commit.
#[derive(Debug, Clone, Default)]
pub struct NewCommit {
    /// Whole message.
    pub message: String,
    /// How much it changes.
    pub size: Size,
}

/// How to rewrite a branch.
#[derive(Debug, Clone, Default)]
pub struct Rewrite {
    /// How many of its oldest commits stay.
    pub keep: usize,
    /// What comes on top of them.
    pub commits: Vec<NewCommit>,
}

/// Which commits to list.
#[derive(Debug, Clone, Default)]
pub struct CommitQuery {
    /// Branch name or commit id to start from; the default branch without one.
    pub from: Option<String>,
    /// Committed at or after, milliseconds.
    pub since: Option<i64>,
    /// Committed at or before, milliseconds.
    pub until: Option<i64>,
    /// Login of the author.
    pub author: Option<String>,
}

impl Hub {
    /// Pushes one commit to a branch, which it makes when it is the first, and returns its id.
    /// Open pull requests from that branch grow. Needs write access.
    pub fn push_commit(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        branch: &str,
        new: NewCommit,
    ) -> Result<String, Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Write)?;
        let parent = self.head_of(&touch, branch);
        let sha = self.append(&touch, branch, new, parent.into_iter().collect())?;
        self.heads_moved(&touch, branch, false)?;
        Ok(sha)
    }

    /// Makes a branch that starts at a commit.
    pub fn create_branch(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        branch: &str,
        sha: &str,
    ) -> Result<(), Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Write)?;
        let repo = self.repo_mut(touch.repo)?;
        if repo.branches.contains_key(branch) {
            return Err(Refusal::Invalid {
                message: "Reference already exists".into(),
                errors: Vec::new(),
            });
        }
        let Some(history) = repo.history(sha) else {
            let message = "Object does not exist".into();
            return Err(Refusal::Invalid {
                message,
                errors: Vec::new(),
            });
        };
        repo.branches.insert(branch.to_owned(), history);
        self.record(&touch, "branch", Value::Null, json!([branch, sha]));
        Ok(())
    }

    /// Rewrites a branch. Open pull requests from it follow.
    pub fn force_push(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        branch: &str,
        rewrite: Rewrite,
    ) -> Result<(), Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Write)?;
        let before = self.head_of(&touch, branch).ok_or(Refusal::NotFound)?;
        let repo = self.repo_mut(touch.repo)?;
        repo.branches
            .entry(branch.to_owned())
            .or_default()
            .truncate(rewrite.keep);
        for new in rewrite.commits {
            let parent = self.head_of(&touch, branch);
            self.append(&touch, branch, new, parent.into_iter().collect())?;
        }
        let after = self.head_of(&touch, branch);
        self.record(
            &touch,
            "branch",
            json!([branch, before]),
            json!([branch, after]),
        );
        self.heads_moved(&touch, branch, true)
    }

    /// Lets a branch end at another commit, whether a branch still holds that or not. Open pull requests follow.
    pub fn reset_branch(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        branch: &str,
        sha: &str,
    ) -> Result<(), Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Write)?;
        let before = self.head_of(&touch, branch).ok_or(Refusal::NotFound)?;
        let repo = self.repo_mut(touch.repo)?;
        let history = repo.history(sha).ok_or(Refusal::NotFound)?;
        repo.branches.insert(branch.to_owned(), history);
        let (before, after) = (json!([branch, before]), json!([branch, sha]));
        self.record(&touch, "branch", before, after);
        self.heads_moved(&touch, branch, true)
    }

    /// Lists commits, newest first. An empty repository is a conflict (409), an unknown branch 404.
    pub fn list_commits(&self, repo: &str, query: &CommitQuery) -> Result<Vec<&Commit>, Refusal> {
        self.repo(repo)?.list_commits(query)
    }

    pub(crate) fn head_of(&self, touch: &Touch, branch: &str) -> Option<String> {
        self.repo_by_id(touch.repo)?
            .branches
            .get(branch)?
            .last()
            .cloned()
    }

    /// Puts a commit on top of a branch.
    pub(crate) fn append(
        &mut self,
        touch: &Touch,
        branch: &str,
        new: NewCommit,
        parents: Vec<String>,
    ) -> Result<String, Refusal> {
        let (id, sha, at) = (self.fresh_id(), self.fresh_sha(), floor_second(touch.now));
        let commit = Commit {
            sha: sha.clone(),
            node_id: node_id("C", id),
            parents,
            author: Arc::clone(&touch.actor),
            authored_at: at,
            committed_at: at,
            message: new.message,
            size: new.size,
        };
        let whole = Touch {
            number: 0,
            ..touch.clone()
        };
        self.record(
            &whole,
            "commit",
            Value::Null,
            json!([branch, sha, commit.message]),
        );
        let repo = self.repo_mut(touch.repo)?;
        repo.pushed_at = repo.pushed_at.max(at);
        repo.branches
            .entry(branch.to_owned())
            .or_default()
            .push(sha.clone());
        repo.commits.insert(sha.clone(), commit);
        Ok(sha)
    }

    /// Lets open pull requests follow their head branch.
    fn heads_moved(&mut self, touch: &Touch, branch: &str, forced: bool) -> Result<(), Refusal> {
        let repo = self.repo_by_id(touch.repo).ok_or(Refusal::NotFound)?;
        let follows = |number: &u64| {
            let pull = repo
                .issues
                .get(number)
                .and_then(|issue| issue.pull.as_ref());
            pull.is_some_and(|pull| pull.head == branch && pull.merged_at.is_none())
        };
        let open = repo
            .issues
            .values()
            .filter(|issue| issue.closed_at.is_none());
        let numbers: Vec<u64> = open.map(|issue| issue.number).filter(follows).collect();
        for number in numbers {
            let touch = Touch {
                number,
                ..touch.clone()
            };
            self.refresh_pull(&touch)?;
            if forced {
                self.event(&touch, EventKind::HeadForcePushed)?;
            }
            self.bump(&touch)?;
        }
        Ok(())
    }
}

impl Repo {
    /// Lists commits, newest first; see [`Hub::list_commits`].
    pub fn list_commits(&self, query: &CommitQuery) -> Result<Vec<&Commit>, Refusal> {
        if self.branches.values().all(Vec::is_empty) {
            return Err(Refusal::Conflict("Git Repository is empty."));
        }
        let from = query.from.as_deref().unwrap_or(&self.default_branch);
        let shas = match self.branches.get(from) {
            Some(shas) => shas.clone(),
            None => self.history(from).ok_or(Refusal::NotFound)?,
        };
        let wanted = |commit: &&Commit| {
            query
                .since
                .is_none_or(|since| commit.committed_at >= floor_second(since))
                && query.until.is_none_or(|until| commit.committed_at <= until)
                && query
                    .author
                    .as_ref()
                    .is_none_or(|who| commit.author.eq_ignore_ascii_case(who))
        };
        let newest_first = shas.iter().rev().filter_map(|sha| self.commits.get(sha));
        Ok(newest_first.filter(wanted).collect())
    }

    /// Lists the commits up to one, oldest first, along a branch that holds it, or else along
    /// first parents.
    pub(crate) fn history(&self, sha: &str) -> Option<Vec<String>> {
        for shas in self.branches.values() {
            if let Some(at) = shas.iter().position(|known| known == sha) {
                return shas.get(..=at).map(<[String]>::to_vec);
            }
        }
        let mut line = Vec::new();
        let mut next = self.commits.get(sha);
        while let Some(commit) = next {
            line.push(commit.sha.clone());
            next = commit
                .parents
                .first()
                .and_then(|parent| self.commits.get(parent));
        }
        line.reverse();
        (!line.is_empty()).then_some(line)
    }
}
