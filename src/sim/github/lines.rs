//! The lines of a world file as they are written; `world` says what they mean.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) src: String,
    #[serde(default)]
    pub(super) author: Option<String>,
    #[serde(flatten)]
    pub(super) rest: Value,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Issue,
    Pr,
    Commit,
}

#[derive(Deserialize)]
pub(super) struct ItemLine {
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) state: Option<String>,
    pub(super) state_reason: Option<String>,
    #[serde(default)]
    pub(super) labels: Vec<LabelLine>,
    #[serde(default)]
    pub(super) assignees: Vec<String>,
    pub(super) milestone: Option<String>,
    pub(super) created_at: String,
    pub(super) updated_at: Option<String>,
    pub(super) closed_at: Option<String>,
    #[serde(default)]
    pub(super) locked: bool,
    #[serde(default)]
    pub(super) comments: Vec<CommentLine>,
    #[serde(default)]
    pub(super) n_comments: u64,
}

#[derive(Deserialize)]
pub(super) struct LabelLine {
    pub(super) name: String,
    #[serde(default)]
    pub(super) color: String,
}

#[derive(Deserialize)]
pub(super) struct CommentLine {
    pub(super) author: Option<String>,
    pub(super) at: String,
    #[serde(default)]
    pub(super) body: String,
}

#[derive(Deserialize)]
pub(super) struct PullLine {
    pub(super) head: Option<String>,
    pub(super) base: Option<String>,
    pub(super) head_sha: Option<String>,
    pub(super) merged_at: Option<String>,
    pub(super) merge_commit_sha: Option<String>,
    #[serde(default)]
    pub(super) draft: bool,
    #[serde(default)]
    pub(super) additions: u64,
    #[serde(default)]
    pub(super) deletions: u64,
    #[serde(default)]
    pub(super) changed_files: u64,
}

#[derive(Deserialize)]
pub(super) struct CommitLine {
    pub(super) sha: String,
    #[serde(default)]
    pub(super) parents: Vec<String>,
    pub(super) authored_at: Option<String>,
    pub(super) committed_at: String,
    #[serde(default)]
    pub(super) message: String,
}
