//! GitHub's JSON, tolerantly: every key may be missing or null, unknown keys and words are ignored.
//!
//! A field that is a double `Option` tells "not in this answer" (`None`) from "empty" (`Some(None)`): what was not in
//! an answer was not observed.

#![allow(
    clippy::option_option,
    reason = "the outer one says whether the answer had the key"
)]

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Value as Json, json};

fn seen<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// An account.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct User {
    pub login: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

impl User {
    pub(super) fn is_bot(&self) -> bool {
        self.kind.as_deref() == Some("Bot")
            || self
                .login
                .as_deref()
                .is_some_and(|login| login.ends_with("[bot]"))
    }
}

/// A label: an object, in old answers only its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Label {
    Name(String),
    Object { name: Option<String> },
}

impl Label {
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Object { name } => name.as_deref(),
        }
    }
}

/// A milestone.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Milestone {
    pub number: Option<u64>,
    pub title: Option<String>,
}

/// What makes an issue a pull request.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct PullMark {
    pub merged_at: Option<String>,
}

/// A row of `/issues`: an issue or a pull request. Also `POST` and `PATCH` answers.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Issue {
    pub node_id: String,
    pub number: u64,
    pub repository_url: Option<String>,
    pub html_url: Option<String>,
    #[serde(default, deserialize_with = "seen")]
    pub title: Option<Option<String>>,
    #[serde(default, deserialize_with = "seen")]
    pub body: Option<Option<String>>,
    pub state: Option<String>,
    #[serde(default, deserialize_with = "seen")]
    pub state_reason: Option<Option<String>>,
    #[serde(default, deserialize_with = "seen")]
    pub user: Option<Option<User>>,
    pub labels: Option<Vec<Label>>,
    pub assignees: Option<Vec<User>>,
    #[serde(default, deserialize_with = "seen")]
    pub milestone: Option<Option<Milestone>>,
    /// Only where issues have types; an object with a name, or null.
    #[serde(default, rename = "type", deserialize_with = "seen")]
    pub kind: Option<Json>,
    pub comments: Option<i64>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    #[serde(default, deserialize_with = "seen")]
    pub closed_at: Option<Option<String>>,
    pub draft: Option<bool>,
    pub pull_request: Option<PullMark>,
}

/// A row of `/pulls`, or one pull request: only what an issue row does not say.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Pull {
    pub number: Option<u64>,
    pub draft: Option<bool>,
    pub merged_at: Option<String>,
    pub base: Option<Branch>,
    pub head: Option<Branch>,
    pub additions: Option<i64>,
    pub deletions: Option<i64>,
    pub changed_files: Option<i64>,
    pub requested_reviewers: Option<Vec<User>>,
    #[serde(default, deserialize_with = "seen")]
    pub merge_commit_sha: Option<Option<String>>,
}

/// A row of `/pulls` in the shape of a row of `/issues`: what differs is where it says that it is a pull request, and
/// where it is.
pub(super) fn pull_as_issue(mut row: Json) -> Json {
    let merged_at = row["merged_at"].clone();
    let repository = row["base"]["repo"]["url"].clone();
    if let Some(row) = row.as_object_mut() {
        row.insert("pull_request".to_owned(), json!({ "merged_at": merged_at }));
        row.insert("repository_url".to_owned(), repository);
    }
    row
}

/// One end of a pull request.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Branch {
    #[serde(rename = "ref")]
    pub name: Option<String>,
}

/// One pull request of the GraphQL query.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GraphPull {
    pub number: Option<u64>,
    pub is_draft: Option<bool>,
    pub merged: Option<bool>,
    pub base_ref_name: Option<String>,
    pub head_ref_name: Option<String>,
    pub additions: Option<i64>,
    pub deletions: Option<i64>,
    pub changed_files: Option<i64>,
    #[serde(default, deserialize_with = "seen")]
    pub review_decision: Option<Option<String>>,
    pub closing_issues_references: Option<Nodes<Numbered>>,
    pub commits: Option<Nodes<LastCommit>>,
    pub review_requests: Option<Nodes<ReviewRequest>>,
    #[serde(default, deserialize_with = "seen")]
    pub merge_commit: Option<Option<Hash>>,
}

/// Somebody who was asked for a review; an account only, as teams may be nobody's business.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReviewRequest {
    pub requested_reviewer: Option<User>,
}

/// A commit by its hash.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Hash {
    pub oid: Option<String>,
}

/// A GraphQL connection.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Nodes<T> {
    #[serde(default = "Vec::new")]
    pub nodes: Vec<Option<T>>,
}

/// An issue that a pull request closes, or a pull request that a commit belongs to.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Numbered {
    pub number: Option<u64>,
}

/// The last commit of a pull request.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LastCommit {
    pub commit: Option<Checked>,
}

/// A commit's checks.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checked {
    pub status_check_rollup: Option<Rollup>,
}

/// The checks' common state.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Rollup {
    pub state: Option<String>,
}

/// The commits of the GraphQL query, by alias, and the branch that is listed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct GraphCommits {
    #[serde(rename = "defaultBranchRef")]
    pub branch: Option<Named>,
    #[serde(flatten)]
    pub commits: BTreeMap<String, Option<GraphCommit>>,
}

/// Something with a name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    pub name: Option<String>,
}

/// One commit of the GraphQL query.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GraphCommit {
    pub oid: Option<String>,
    pub additions: Option<i64>,
    pub deletions: Option<i64>,
    pub changed_files_if_available: Option<i64>,
    pub associated_pull_requests: Option<Nodes<Numbered>>,
}

/// A row of `/commits`, or one commit.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CommitRow {
    pub sha: String,
    pub node_id: Option<String>,
    pub url: Option<String>,
    pub html_url: Option<String>,
    pub author: Option<User>,
    pub commit: CommitData,
    #[serde(default)]
    pub parents: Vec<serde_json::Value>,
}

/// How a branch stands to a commit: `ahead`, `behind`, `identical`, `diverged`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Comparison {
    pub status: Option<String>,
}

/// What git knows of a commit.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CommitData {
    pub message: Option<String>,
    pub author: Option<Signature>,
    pub committer: Option<Signature>,
    pub verification: Option<Verification>,
}

/// Who and when.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Signature {
    pub name: Option<String>,
    pub date: Option<String>,
}

/// Whether GitHub could check the signature.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Verification {
    pub verified: Option<bool>,
}

/// A repository in a list.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Repo {
    pub full_name: Option<String>,
    pub fork: Option<bool>,
    pub archived: Option<bool>,
    pub private: Option<bool>,
    pub has_issues: Option<bool>,
}

/// The body of a refusal.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub errors: Vec<serde_json::Value>,
}
