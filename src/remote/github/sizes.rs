//! What the commit list does not say: the branch, how much was changed, the pull requests.
//!
//! One GraphQL query for a page of commits. Without GraphQL all of this is left out, which means "not observed": a
//! request for each commit would cost more than these fields are worth, and what a page shows stays.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::place::hashed;
use super::wire::{GraphCommit, GraphCommits};
use super::{GithubRemote, graph, rows};
use crate::core::Observation;
use crate::remote::RemoteError;

/// `changedFiles` itself would fail the query where GitHub cannot count them.
const FIELDS: &str = "oid additions deletions changedFilesIfAvailable associatedPullRequests(first:5){nodes{number}}";

impl GithubRemote {
    /// Adds to each of these commits of the listed branch what could be found out.
    pub(super) async fn add_sizes(
        &self,
        repo: &str,
        commits: &mut [Observation],
    ) -> Result<(), RemoteError> {
        let hashes: Vec<String> = commits.iter().filter_map(hash).collect();
        if hashes.is_empty() || !self.asks_graphql() {
            return Ok(());
        }
        let said: Option<Vec<GraphCommits>> = self
            .graph_in_parts(&self.present(repo), &hashes, query)
            .await?;
        let mut found: BTreeMap<String, (GraphCommit, Option<String>)> = BTreeMap::new();
        for part in said.into_iter().flatten() {
            let branch = part.branch.and_then(|branch| branch.name);
            for commit in part.commits.into_values().flatten() {
                if let Some(oid) = commit.oid.clone() {
                    found.insert(oid, (commit, branch.clone()));
                }
            }
        }
        for commit in commits {
            if let Some((more, branch)) = hash(commit).and_then(|hash| found.get(&hash)) {
                rows::add_sizes(commit, more, branch.as_deref());
            }
        }
        Ok(())
    }
}

fn hash(commit: &Observation) -> Option<String> {
    hashed(&commit.id).map(|(_, sha)| sha.to_ascii_lowercase())
}

fn query(hashes: &[String]) -> String {
    let mut parts = " defaultBranchRef{name}".to_owned();
    for sha in hashes {
        // Writing to a String cannot fail.
        let _ = write!(
            parts,
            " c{sha}: object(oid:\"{sha}\"){{ ... on Commit{{ {FIELDS} }} }}"
        );
    }
    graph::of_repository(&parts)
}
