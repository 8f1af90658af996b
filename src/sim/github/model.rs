//! The nouns of the small GitHub: users, repositories, issues and pull requests, commits.
//!
//! All times are milliseconds since the epoch, rounded down to the second like GitHub's.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

pub use super::words::{AccountKind, Checks, EventKind, Permission, Review, State, StateReason};

/// A user's login, shared because every event and log entry carries one.
pub type Login = Arc<str>;

/// A repository's database id, which survives renames.
pub type RepoId = u64;

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    /// Database id.
    pub id: u64,
    /// Global node id.
    pub node_id: String,
    /// Login in its own spelling.
    pub login: Login,
    /// Person or organisation.
    pub kind: AccountKind,
    /// When the account was made.
    pub created_at: i64,
}

/// A token and what it allows.
#[derive(Debug, Clone)]
pub struct Token {
    /// Whose token it is.
    pub login: Login,
    /// Refuses every write with 403, like a fine-grained token without write access.
    pub read_only: bool,
}

/// A label of a repository. Names are unique without regard to case.
#[derive(Debug, Clone)]
pub struct Label {
    /// Database id; issues refer to it, so a renamed label is renamed everywhere.
    pub id: u64,
    /// Global node id.
    pub node_id: String,
    /// Name in its own spelling.
    pub name: String,
    /// Six hexadecimal digits.
    pub color: String,
    /// Free text.
    pub description: Option<String>,
}

/// A milestone of a repository.
#[derive(Debug, Clone)]
pub struct Milestone {
    /// Database id.
    pub id: u64,
    /// Global node id.
    pub node_id: String,
    /// Number within the repository.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Free text.
    pub description: Option<String>,
    /// Open or closed.
    pub state: State,
    /// Due day.
    pub due_on: Option<i64>,
    /// Who made it.
    pub creator: Login,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

/// A comment on an issue or pull request.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Database id.
    pub id: u64,
    /// Global node id.
    pub node_id: String,
    /// Number of the issue it belongs to.
    pub number: u64,
    /// Who wrote it.
    pub author: Login,
    /// Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: i64,
    /// When it was last edited.
    pub updated_at: i64,
}

/// One entry of an issue's event list.
#[derive(Debug, Clone)]
pub struct IssueEvent {
    /// Database id.
    pub id: u64,
    /// Who did it.
    pub actor: Login,
    /// When.
    pub at: i64,
    /// What.
    pub kind: EventKind,
}

/// An issue or, when `pull` is set, a pull request: they share numbers.
#[derive(Debug, Clone)]
pub struct Issue {
    /// Database id of the issue (a pull request has a second one, in `pull`).
    pub id: u64,
    /// Global node id: `I_…` or `PR_…`.
    pub node_id: String,
    /// Number within the repository.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Markdown, byte for byte as it was sent.
    pub body: Option<String>,
    /// Open or closed.
    pub state: State,
    /// Why it has that state.
    pub state_reason: Option<StateReason>,
    /// Who opened it.
    pub author: Login,
    /// Ids of its labels, ascending.
    pub labels: Vec<u64>,
    /// Who is assigned.
    pub assignees: Vec<Login>,
    /// Number of its milestone.
    pub milestone: Option<u64>,
    /// Name of its type.
    pub kind: Option<String>,
    /// How many comments it counts; a loaded world may count more than it holds.
    pub comments: u64,
    /// When it was opened.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// When it was closed, while it is.
    pub closed_at: Option<i64>,
    /// Who closed it, while it is.
    pub closed_by: Option<Login>,
    /// Who edited the body last, and when, if anybody did since it was opened.
    pub edited: Option<(Login, i64)>,
    /// Whether the conversation is locked.
    pub locked: bool,
    /// Why it is locked.
    pub lock_reason: Option<String>,
    /// What happened to it, oldest first.
    pub events: Vec<IssueEvent>,
    /// The rest of a pull request.
    pub pull: Option<Box<Pull>>,
}

/// What a pull request has beyond an issue.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Database id of the pull request.
    pub id: u64,
    /// Name of the branch to merge.
    pub head: String,
    /// Name of the branch to merge into.
    pub base: String,
    /// Newest commit of the head branch.
    pub head_sha: String,
    /// Commit of the base branch it starts from.
    pub base_sha: String,
    /// Not ready for review.
    pub draft: bool,
    /// When it was merged.
    pub merged_at: Option<i64>,
    /// Who merged it.
    pub merged_by: Option<Login>,
    /// The commit that merged it.
    pub merge_commit_sha: Option<String>,
    /// Its commits, oldest first; empty for those of a loaded world.
    pub commits: Vec<String>,
    /// Lines added, lines deleted, files changed.
    pub size: Size,
    /// Who was asked for a review and gave none yet.
    pub reviewers: Vec<Login>,
    /// Verdict of the reviews.
    pub review: Option<Review>,
    /// State of the checks of its newest commit.
    pub checks: Option<Checks>,
    /// Issues linked by hand; those named by closing words in the body come on top.
    pub linked: Vec<u64>,
}

/// How much a commit or pull request changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Lines added.
    pub additions: u64,
    /// Lines deleted.
    pub deletions: u64,
    /// Files changed.
    pub files: u64,
}

/// A commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its id, 40 hexadecimal digits.
    pub sha: String,
    /// Global node id.
    pub node_id: String,
    /// Ids of its parents.
    pub parents: Vec<String>,
    /// Login of the author.
    pub author: Login,
    /// When it was written.
    pub authored_at: i64,
    /// When it was committed.
    pub committed_at: i64,
    /// Whole message.
    pub message: String,
    /// How much it changes.
    pub size: Size,
}

/// Why a number of a repository leads nowhere any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// Deleted: 410.
    Deleted,
    /// Transferred to this repository and number: 301.
    Transferred(RepoId, u64),
}

/// A repository.
#[derive(Debug, Clone)]
pub struct Repo {
    /// Database id.
    pub id: RepoId,
    /// Global node id.
    pub node_id: String,
    /// Login of the owner.
    pub owner: Login,
    /// Name without the owner.
    pub name: String,
    /// Name of the default branch.
    pub default_branch: String,
    /// Only collaborators see it.
    pub private: bool,
    /// Read only.
    pub archived: bool,
    /// A fork of another repository.
    pub fork: bool,
    /// When it was made.
    pub created_at: i64,
    /// When its settings last changed.
    pub updated_at: i64,
    /// When somebody last pushed.
    pub pushed_at: i64,
    /// What each collaborator may do; the owner may do everything.
    pub collaborators: BTreeMap<Login, Permission>,
    /// Issues and pull requests by number.
    pub issues: BTreeMap<u64, Issue>,
    /// Numbers that were deleted or transferred.
    pub departed: BTreeMap<u64, Departure>,
    /// Labels by id.
    pub labels: BTreeMap<u64, Label>,
    /// Milestones by number.
    pub milestones: BTreeMap<u64, Milestone>,
    /// Comments by id.
    pub comments: BTreeMap<u64, Comment>,
    /// Branches: ids of their commits, oldest first.
    pub branches: BTreeMap<String, Vec<String>>,
    /// Commits by id.
    pub commits: BTreeMap<String, Commit>,
    pub(crate) last_number: u64,
    pub(crate) last_milestone: u64,
    pub(crate) label_names: BTreeMap<String, u64>,
}

impl Repo {
    /// Writes `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Lists the names of an issue's labels in their own spelling.
    pub fn label_names(&self, issue: &Issue) -> Vec<&str> {
        let known = |id: &u64| self.labels.get(id).map(|label| label.name.as_str());
        issue.labels.iter().filter_map(known).collect()
    }

    /// Finds a label by name, without regard to case.
    pub fn label(&self, name: &str) -> Option<&Label> {
        self.label_names
            .get(&name.to_lowercase())
            .and_then(|id| self.labels.get(id))
    }

    /// Says whether a user may be assigned here: the owner and every collaborator.
    pub fn assignable(&self, login: &str) -> Option<Login> {
        let same = |known: &&Login| known.eq_ignore_ascii_case(login);
        std::iter::once(&self.owner)
            .chain(self.collaborators.keys())
            .find(same)
            .cloned()
    }
}

/// One change of one field of one object, by anybody, in the order it happened.
///
/// Fields: `created` (after: node id), `deleted`, `transferred` (after: `owner/name#number`),
/// `title`, `body`, `state`, `state_reason`, `labels` and `assignees` (sorted names), `milestone`
/// (title), `type`, `locked`, `comment` (bodies), `draft`, `merged`, `base`, `head`, `head_sha`, `reviewers`,
/// `review`, `checks`, `linked`; with number 0 also `repository`, `permission`, `private`, `archived`,
/// `label`, `milestone_title`, `commit` and `branch`. A renamed label is one change of the
/// repository, not of the issues that carry it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Place in the log, from 0.
    pub seq: u64,
    /// When, in milliseconds, not rounded.
    pub at: i64,
    /// Who.
    pub actor: Login,
    /// Which repository (its id, so that renames do not matter).
    pub repo: RepoId,
    /// Which issue or pull request; 0 for the repository itself.
    pub number: u64,
    /// Which field.
    pub field: &'static str,
    /// The value before; null when there was none.
    pub before: Value,
    /// The value after.
    pub after: Value,
}
