//! What the issue list does not say of pull requests: branches, sizes, reviews, checks, linked issues.
//!
//! One GraphQL query for a page of them. On a host without GraphQL branches, draft, merged, reviewers and the merge
//! commit come from `/pulls`, and reviews, checks and linked issues are left out, which means "not observed".
//!
//! Checks end without moving a pull request's `updated_at`, so that no list shows it. Those that were running when a
//! pull request was last seen are asked for with every list, by one query that costs none of the REST budget; only a
//! pull request whose checks ended is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::place::{Trail, numbered, repo_path};
use super::wire::{GraphPull, Pull};
use super::{GithubRemote, graph, refuse, rows};
use crate::core::{Kind, ObjectId, Observation};
use crate::remote::RemoteError;

/// So many running checks of a repository are watched at most.
const WATCHED: usize = 100;
/// Up to so many pull requests are read one by one rather than from the list.
const SINGLY: usize = 3;
/// The list of pull requests is walked at most this far for one page.
const MAX_PAGES: usize = 20;
/// Reviewers by the interface that accounts of every sort have: a team's name needs a permission that few tokens have,
/// and asking for it would fail the whole query.
const FIELDS: &str = "number isDraft merged baseRefName headRefName additions deletions changedFiles \
    mergeCommit{oid} reviewRequests(first:50){nodes{requestedReviewer{... on Actor{login}}}} \
    reviewDecision closingIssuesReferences(first:20){nodes{number}} \
    commits(last:1){nodes{commit{statusCheckRollup{state}}}}";

/// How far the list of pull requests of a repository was read, as it and the issue list run in the same order.
#[derive(Debug, Default)]
pub(super) struct Walk {
    seen: BTreeMap<u64, Pull>,
    next: Option<String>,
    trail: Trail,
    started: bool,
}

impl GithubRemote {
    /// Adds to each of these pull requests what could be found out.
    pub(super) async fn add_extras(
        &self,
        repo: &str,
        pulls: &mut [&mut Observation],
    ) -> Result<(), RemoteError> {
        let repo = &self.present(repo);
        if self.asks_graphql() {
            let numbers: Vec<u64> = pulls.iter().filter_map(|pull| number(pull)).collect();
            if let Some(found) = self.graph_pulls(repo, &numbers).await? {
                for pull in pulls.iter_mut() {
                    if let Some(more) = number(pull).and_then(|number| found.get(&number)) {
                        rows::add_graph(pull, more);
                    }
                }
                return Ok(());
            }
        }
        if pulls.len() <= SINGLY {
            self.add_singly(repo, pulls).await
        } else {
            self.add_from_list(repo, pulls).await
        }
    }

    /// What GraphQL says of these pull requests, by number; none from a host without it.
    async fn graph_pulls(
        &self,
        repo: &str,
        numbers: &[u64],
    ) -> Result<Option<BTreeMap<u64, GraphPull>>, RemoteError> {
        let said: Option<Vec<BTreeMap<String, Option<GraphPull>>>> =
            self.graph_in_parts(repo, numbers, query).await?;
        Ok(said.map(|parts| {
            let pulls = parts.into_iter().flat_map(BTreeMap::into_values).flatten();
            pulls
                .filter_map(|pull| Some((pull.number?, pull)))
                .collect()
        }))
    }

    /// Reads those of these pull requests whose checks are not running any more; also gives those whose still are.
    pub(super) async fn read_ended(
        &self,
        repo: &str,
        watched: BTreeSet<ObjectId>,
    ) -> (Vec<Observation>, BTreeSet<ObjectId>) {
        if watched.is_empty() || !self.asks_graphql() {
            return (Vec::new(), watched);
        }
        let numbered = |id: &ObjectId| numbered(id).map(|(_, number)| number);
        let numbers: Vec<u64> = watched.iter().filter_map(numbered).take(WATCHED).collect();
        let found = match self.graph_pulls(&self.present(repo), &numbers).await {
            Ok(found) => found.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(repo, %error, "running checks could not be asked for");
                BTreeMap::new()
            }
        };
        let (mut ended, mut running) = (Vec::new(), BTreeSet::new());
        for id in watched {
            let now = numbered(&id).and_then(|number| rows::graph_checks(found.get(&number)?));
            if now.is_none_or(|word| word == rows::RUNNING) {
                running.insert(id);
                continue;
            }
            match self.get_issue(Kind::Pull, &id).await {
                Ok(seen) if seen.is_live() => ended.push(seen),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "a pull request whose checks ended could not be read");
                    running.insert(id);
                }
            }
        }
        (ended, running)
    }

    async fn add_singly(
        &self,
        repo: &str,
        pulls: &mut [&mut Observation],
    ) -> Result<(), RemoteError> {
        for pull in pulls {
            let Some(number) = number(pull) else { continue };
            let reply = self
                .read(&format!("{}/pulls/{number}", repo_path(repo)))
                .await?;
            if reply.is_success() {
                rows::add_pull(pull, &reply.json()?);
            }
        }
        Ok(())
    }

    /// Walks the list of pull requests until all are found. The walk is kept for the following pages.
    async fn add_from_list(
        &self,
        repo: &str,
        pulls: &mut [&mut Observation],
    ) -> Result<(), RemoteError> {
        let wanted: Vec<u64> = pulls.iter().filter_map(|pull| number(pull)).collect();
        let mut walk = self
            .learned
            .borrow_mut()
            .walks
            .remove(repo)
            .unwrap_or_default();
        for _ in 0..MAX_PAGES {
            let found = wanted.iter().all(|number| walk.seen.contains_key(number));
            if found || (walk.started && walk.next.is_none()) {
                break;
            }
            self.walk_on(repo, &mut walk).await?;
        }
        for pull in pulls.iter_mut() {
            if let Some(more) = number(pull).and_then(|number| walk.seen.get(&number)) {
                rows::add_pull(pull, more);
            }
        }
        self.learned
            .borrow_mut()
            .walks
            .insert(repo.to_owned(), walk);
        Ok(())
    }

    async fn walk_on(&self, repo: &str, walk: &mut Walk) -> Result<(), RemoteError> {
        let first = format!(
            "{}/pulls?state=all&sort=updated&direction=desc&per_page=100",
            repo_path(repo)
        );
        let url = walk.next.take().unwrap_or_else(|| first.clone());
        walk.started = true;
        let reply = self.read(&url).await?;
        if !reply.is_success() {
            return Err(refuse::of_read(&reply, &format!("pull requests of {repo}")));
        }
        let rows: Vec<Pull> = self.rows(&reply, "pull requests")?;
        for row in rows {
            if let Some(number) = row.number {
                walk.seen.insert(number, row);
            }
        }
        walk.next = walk.trail.after(url, &reply, &first)?;
        Ok(())
    }
}

fn number(pull: &Observation) -> Option<u64> {
    numbered(&pull.id).map(|(_, number)| number)
}

fn query(numbers: &[u64]) -> String {
    let mut parts = String::new();
    for number in numbers {
        // Writing to a String cannot fail.
        let _ = write!(
            parts,
            " p{number}: pullRequest(number:{number}){{ {FIELDS} }}"
        );
    }
    graph::of_repository(&parts)
}
