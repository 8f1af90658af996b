//! Loads a world: one JSON object a line, each an issue, a pull request or a commit.
//!
//! Every distinct `src` becomes the repository `owner/src`; numbers, commit ids and times stay as
//! they are. Unknown keys are ignored, blank lines skipped. A line that cannot be used ends the
//! load with its number and the cause. Times are RFC 3339.
//!
//! | kind | required | optional |
//! |---|---|---|
//! | all | `kind` (`issue`, `pr`, `commit`), `src` | `author` (login; `ghost` without one) |
//! | `issue`, `pr` | `number`, `title`, `created_at` | `body`, `state` (`open`), `state_reason`, `labels` (`[{"name","color"}]`), `assignees` (logins), `milestone` (title), `updated_at` (`created_at`), `closed_at`, `locked`, `comments` (`[{"author","at","body"}]`), `n_comments` (the count shown, at least those given) |
//! | `pr` also | | `head`, `base`, `head_sha`, `merged_at`, `merge_commit_sha`, `draft`, `additions`, `deletions`, `changed_files` |
//! | `commit` | `sha`, `committed_at` | `message`, `parents`, `authored_at` |
//!
//! The commits of a repository become its default branch in the order of `committed_at`. That
//! branch is named like the `base` of the repository's first pull request, else `main`.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;

use serde_json::{Value, json};

use super::hub::{Hub, Touch};
use super::ids::{floor_second, node_id, parse_timestamp, sha};
use super::lines::{CommentLine, CommitLine, ItemLine, Kind, LabelLine, Line, PullLine};
use super::model::{
    AccountKind, Comment, Commit, Issue, Login, Permission, Pull, RepoId, Size, State, StateReason,
};
use super::refusal::Refusal;
use super::repos::NewRepo;

/// Why a world could not be loaded.
#[derive(Debug, thiserror::Error)]
#[error("world line {line}: {cause}")]
pub struct WorldError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub cause: String,
}

/// What a load brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Full names of the repositories, in the order they appeared.
    pub repos: Vec<String>,
    /// Issues.
    pub issues: usize,
    /// Pull requests.
    pub pulls: usize,
    /// Commits.
    pub commits: usize,
}

/// Keeps track of one load.
struct Loader<'a> {
    hub: &'a mut Hub,
    owner: Login,
    now: i64,
    repos: BTreeMap<String, RepoId>,
    commits: BTreeMap<RepoId, Vec<(i64, String)>>,
    done: Loaded,
}

impl Hub {
    /// Loads a world under `owner` (made when missing); see the module's text for the format.
    /// Repositories made by it are stamped `now`. On an error the lines before it stay loaded.
    pub fn load(
        &mut self,
        now: i64,
        owner: &str,
        world: impl BufRead,
    ) -> Result<Loaded, WorldError> {
        let owner = self.add_user(now, owner, AccountKind::User);
        let (repos, commits, done) = (BTreeMap::new(), BTreeMap::new(), Loaded::default());
        let mut loader = Loader {
            hub: self,
            owner,
            now,
            repos,
            commits,
            done,
        };
        for (at, line) in world.lines().enumerate() {
            let result = line
                .map_err(|e| e.to_string())
                // Some editors put a mark of the encoding first.
                .and_then(|text| loader.line(text.strip_prefix('\u{feff}').unwrap_or(&text)));
            result.map_err(|cause| WorldError {
                line: at + 1,
                cause,
            })?;
        }
        loader.settle();
        Ok(loader.done)
    }
}

impl Loader<'_> {
    fn line(&mut self, text: &str) -> Result<(), String> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let line: Line = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let repo = self.repo(&line.src)?;
        let actor = self.person(line.author.as_deref());
        let touch = Touch {
            now: self.now,
            actor,
            repo,
            number: 0,
        };
        if line.kind == Kind::Commit {
            return self.commit(&touch, from(line.rest)?);
        }
        let pull = match line.kind {
            Kind::Pr => Some(from::<PullLine>(line.rest.clone())?),
            _ => None,
        };
        self.item(touch, from(line.rest)?, pull)
    }

    fn person(&mut self, login: Option<&str>) -> Login {
        self.hub
            .add_user(self.now, login.unwrap_or("ghost"), AccountKind::User)
    }

    fn repo(&mut self, src: &str) -> Result<RepoId, String> {
        if let Some(id) = self.repos.get(src) {
            return Ok(*id);
        }
        let name = format!("{}/{src}", self.owner);
        let mut new = NewRepo::public(&name);
        new.default_branch = String::new();
        let id = self
            .hub
            .create_repo(self.now, &self.owner, new)
            .map_err(refused)?;
        self.repos.insert(src.to_owned(), id);
        self.done.repos.push(name);
        Ok(id)
    }

    fn item(
        &mut self,
        mut touch: Touch,
        line: ItemLine,
        pull: Option<PullLine>,
    ) -> Result<(), String> {
        touch.number = line.number;
        touch.now = time(&line.created_at)?;
        let repo = self.hub.repo_mut(touch.repo).map_err(refused)?;
        if repo.issues.contains_key(&line.number) || line.number == 0 {
            return Err(format!("number {} is taken or zero", line.number));
        }
        repo.last_number = repo.last_number.max(line.number);
        let labels = line.labels.iter().map(|label| self.label(&touch, label));
        let labels = labels.collect::<Result<Vec<u64>, String>>()?;
        let milestone = match &line.milestone {
            Some(title) => Some(self.milestone(&touch, title)?),
            None => None,
        };
        let assignees = self.assignees(&touch, &line.assignees)?;
        let comments = self.comments(&touch, &line.comments)?;
        let id = self.hub.fresh_id();
        let mut issue = Issue::new(id, &touch, line.title, line.body);
        issue.comments = line.n_comments.max(comments);
        issue.milestone = milestone;
        issue.assignees = assignees;
        issue.labels = labels;
        issue.labels.sort_unstable();
        issue.labels.dedup();
        issue.locked = line.locked;
        issue.updated_at = opt_time(line.updated_at.as_deref())?.unwrap_or(issue.created_at);
        issue.state = state(line.state.as_deref())?;
        issue.state_reason = reason(line.state_reason.as_deref())?;
        if issue.state == State::Closed {
            issue.closed_at = opt_time(line.closed_at.as_deref())?.or(Some(issue.updated_at));
        }
        match pull {
            Some(pull) => {
                self.done.pulls += 1;
                self.pull(&touch, &mut issue, pull)?;
            }
            None => self.done.issues += 1,
        }
        self.hub.insert_issue(&touch, issue).map_err(refused)
    }

    fn label(&mut self, touch: &Touch, label: &LabelLine) -> Result<u64, String> {
        let color = if label.color.len() == 6 {
            label.color.as_str()
        } else {
            "ededed"
        };
        self.hub
            .ensure_label(touch, &label.name, color)
            .map_err(refused)
    }

    fn milestone(&mut self, touch: &Touch, title: &str) -> Result<u64, String> {
        let repo = self.hub.repo_mut(touch.repo).map_err(refused)?;
        let known = repo
            .milestones
            .values()
            .find(|m| m.title == title)
            .map(|m| m.number);
        if let Some(number) = known {
            return Ok(number);
        }
        let whole = Touch {
            number: 0,
            ..touch.clone()
        };
        self.hub
            .insert_milestone(&whole, title.to_owned())
            .map_err(refused)
    }

    /// Whoever is assigned in the world may be assigned here.
    fn assignees(&mut self, touch: &Touch, logins: &[String]) -> Result<Vec<Login>, String> {
        let people: Vec<Login> = logins.iter().map(|l| self.person(Some(l))).collect();
        let repo = self.hub.repo_mut(touch.repo).map_err(refused)?;
        for login in people.iter().filter(|login| **login != repo.owner) {
            repo.collaborators
                .entry(Arc::clone(login))
                .or_insert(Permission::Write);
        }
        Ok(people)
    }

    fn comments(&mut self, touch: &Touch, lines: &[CommentLine]) -> Result<u64, String> {
        for line in lines {
            let at = time(&line.at)?;
            let (author, id) = (self.person(line.author.as_deref()), self.hub.fresh_id());
            let comment = Comment {
                id,
                node_id: node_id("IC", id),
                number: touch.number,
                author,
                body: line.body.clone(),
                created_at: at,
                updated_at: at,
            };
            let repo = self.hub.repo_mut(touch.repo).map_err(refused)?;
            repo.comments.insert(id, comment);
        }
        Ok(lines.len() as u64)
    }

    fn pull(&mut self, touch: &Touch, issue: &mut Issue, line: PullLine) -> Result<(), String> {
        let id = self.hub.fresh_id();
        issue.node_id = node_id("PR", id);
        let repo = self.hub.repo_mut(touch.repo).map_err(refused)?;
        let base = line.base.unwrap_or_else(|| "main".to_owned());
        if repo.default_branch.is_empty() {
            repo.default_branch.clone_from(&base);
        }
        let merged_at = opt_time(line.merged_at.as_deref())?;
        issue.pull = Some(Box::new(Pull {
            id,
            head: line
                .head
                .unwrap_or_else(|| format!("patch-{}", touch.number)),
            base,
            head_sha: line.head_sha.unwrap_or_else(|| sha(id)),
            base_sha: sha(touch.repo),
            draft: line.draft,
            merged_at,
            merged_by: merged_at.map(|_| Arc::clone(&self.owner)),
            merge_commit_sha: line.merge_commit_sha,
            commits: Vec::new(),
            size: Size {
                additions: line.additions,
                deletions: line.deletions,
                files: line.changed_files,
            },
            review: None,
            checks: None,
            linked: Vec::new(),
            reviewers: Vec::new(),
        }));
        Ok(())
    }

    fn commit(&mut self, touch: &Touch, line: CommitLine) -> Result<(), String> {
        if line.sha.len() != 40 || !line.sha.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!("sha {:?} is not 40 hexadecimal digits", line.sha));
        }
        let committed_at = floor_second(time(&line.committed_at)?);
        let authored_at = opt_time(line.authored_at.as_deref())?.unwrap_or(committed_at);
        let node = node_id("C", self.hub.fresh_id());
        let commit = Commit {
            sha: line.sha.clone(),
            node_id: node,
            parents: line.parents,
            author: Arc::clone(&touch.actor),
            authored_at,
            committed_at,
            message: line.message,
            size: Size::default(),
        };
        let repo = self.hub.repo_mut(touch.repo).map_err(refused)?;
        if repo.commits.insert(line.sha.clone(), commit).is_some() {
            return Err(format!("commit {} is there already", line.sha));
        }
        self.hub
            .record(touch, "commit", Value::Null, json!(line.sha));
        self.commits
            .entry(touch.repo)
            .or_default()
            .push((committed_at, line.sha));
        self.done.commits += 1;
        Ok(())
    }

    /// Gives every repository its default branch.
    fn settle(&mut self) {
        for id in self.repos.values() {
            let Ok(repo) = self.hub.repo_mut(*id) else {
                continue;
            };
            if repo.default_branch.is_empty() {
                "main".clone_into(&mut repo.default_branch);
            }
            let mut commits = self.commits.remove(id).unwrap_or_default();
            // Stable: commits of one second stay in the order of the file.
            commits.sort_by_key(|(committed_at, _)| *committed_at);
            let line: Vec<String> = commits.into_iter().map(|(_, sha)| sha).collect();
            if !line.is_empty() {
                repo.branches.insert(repo.default_branch.clone(), line);
            }
        }
    }
}

fn from<T: serde::de::DeserializeOwned>(rest: Value) -> Result<T, String> {
    serde_json::from_value(rest).map_err(|e| e.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn refused(refusal: Refusal) -> String {
    refusal.to_string()
}

fn time(text: &str) -> Result<i64, String> {
    parse_timestamp(text).ok_or_else(|| format!("{text:?} is not an RFC 3339 time"))
}

fn opt_time(text: Option<&str>) -> Result<Option<i64>, String> {
    text.map(time).transpose()
}

fn state(text: Option<&str>) -> Result<State, String> {
    let text = text.unwrap_or("open");
    State::parse(text).ok_or_else(|| format!("unknown state {text:?}"))
}

fn reason(text: Option<&str>) -> Result<Option<StateReason>, String> {
    let known = |text: &str| {
        StateReason::parse(text).ok_or_else(|| format!("unknown state_reason {text:?}"))
    };
    text.map(known).transpose()
}
