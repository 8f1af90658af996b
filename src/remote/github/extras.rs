//! What the issue list does not say of pull requests: branches, sizes, reviews, checks, linked issues.
//!
//! One GraphQL query for a page of them; where it takes too long it is asked in halves. A host without GraphQL is
//! remembered: branches, draft and merged then come from `/pulls`, and reviews, checks and linked issues are left out,
//! which means "not observed".

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::place::{next_link, numbered, repo_path, same_family};
use super::wire::{GraphPull, Pull};
use super::{GithubRemote, refuse, rows};
use crate::core::Observation;
use crate::remote::RemoteError;
use crate::remote::http::{Ask, Reply};

/// What people are told about a host without GraphQL.
pub(super) const NO_GRAPHQL: &str = "this GitHub answers no GraphQL to this token: review, checks and linked issues of pull requests are left out";
/// Up to so many pull requests are read one by one rather than from the list.
const SINGLY: usize = 3;
/// A failing query of at most this many is not halved again.
const SMALLEST: usize = 10;
/// The list of pull requests is walked at most this far for one page.
const MAX_PAGES: usize = 20;
const FIELDS: &str = "number isDraft merged baseRefName headRefName additions deletions changedFiles \
    reviewDecision closingIssuesReferences(first:20){nodes{number}} \
    commits(last:1){nodes{commit{statusCheckRollup{state}}}}";

/// How far the list of pull requests of a repository was read, as it and the issue list run in the same order.
#[derive(Debug, Default)]
pub(super) struct Walk {
    seen: BTreeMap<u64, Pull>,
    next: Option<String>,
    started: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Graph {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<Json>,
}

#[derive(Debug, Deserialize)]
struct Data {
    repository: Option<BTreeMap<String, Option<GraphPull>>>,
}

enum Asked {
    Pulls(BTreeMap<u64, GraphPull>),
    Unsupported,
}

impl GithubRemote {
    /// Adds to each of these pull requests what could be found out.
    pub(super) async fn add_extras(
        &self,
        repo: &str,
        pulls: &mut [&mut Observation],
    ) -> Result<(), RemoteError> {
        let repo = &self.present(repo);
        if !self.learned.borrow().no_graphql {
            let numbers: Vec<u64> = pulls.iter().filter_map(|pull| number(pull)).collect();
            match self.graph_in_parts(repo, &numbers).await? {
                Asked::Pulls(found) => {
                    for pull in pulls.iter_mut() {
                        if let Some(more) = number(pull).and_then(|number| found.get(&number)) {
                            rows::add_graph(pull, more);
                        }
                    }
                    return Ok(());
                }
                Asked::Unsupported => {
                    self.learned.borrow_mut().no_graphql = true;
                    tracing::warn!("{NO_GRAPHQL}");
                }
            }
        }
        if pulls.len() <= SINGLY {
            self.add_singly(repo, pulls).await
        } else {
            self.add_from_list(repo, pulls).await
        }
    }

    /// Asks for all at once, and in halves where that fails. What fails in the smallest part is left unobserved:
    /// the rows themselves are worth more than these fields.
    async fn graph_in_parts(&self, repo: &str, numbers: &[u64]) -> Result<Asked, RemoteError> {
        let mut found = BTreeMap::new();
        let mut parts = vec![numbers];
        while let Some(part) = parts.pop() {
            match self.graph(repo, part).await {
                Ok(Asked::Pulls(more)) => found.extend(more),
                Ok(Asked::Unsupported) => return Ok(Asked::Unsupported),
                Err(RemoteError::Unclear(_)) if part.len() > SMALLEST => {
                    let (one, other) = part.split_at(part.len() / 2);
                    parts.extend([other, one]);
                }
                Err(RemoteError::Unclear(cause)) => {
                    tracing::warn!(repo, cause, "details of pull requests could not be read");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Asked::Pulls(found))
    }

    async fn graph(&self, repo: &str, numbers: &[u64]) -> Result<Asked, RemoteError> {
        let (owner, name) = repo.split_once('/').unwrap_or((repo, ""));
        let body = json!({
            "query": query(numbers),
            "variables": { "owner": owner, "name": name },
        });
        let reply = self
            .send(Ask::query(self.account.graphql.clone(), body))
            .await?;
        match reply.status {
            200 => self.graph_answer(&reply),
            401 => Err(refuse::of_read(&reply, "GraphQL")),
            400..=499 | 501 => Ok(Asked::Unsupported),
            _ => Err(reply.error()),
        }
    }

    fn graph_answer(&self, reply: &Reply) -> Result<Asked, RemoteError> {
        let graph: Graph = reply.json()?;
        let says = |kind: &str| {
            let mut kinds = graph.errors.iter().map(|error| error["type"].as_str());
            kinds.any(|said| said == Some(kind))
        };
        if says("RATE_LIMITED") {
            let resets_at = self.account.budget().resets_at;
            return Err(RemoteError::Limited {
                until: resets_at.unwrap_or_else(|| self.now().plus(60_000)),
                reason: "GitHub's hourly GraphQL limit is used up".to_owned(),
            });
        }
        let pulls = graph.data.and_then(|data| data.repository);
        match pulls {
            Some(pulls) => Ok(Asked::Pulls(
                pulls
                    .into_values()
                    .flatten()
                    .filter_map(|pull| Some((pull.number?, pull)))
                    .collect(),
            )),
            None if says("NOT_FOUND") || says("FORBIDDEN") => Ok(Asked::Pulls(BTreeMap::new())),
            None if graph.errors.is_empty() => Ok(Asked::Unsupported),
            None => {
                tracing::warn!(errors = ?graph.errors.first(), "GraphQL refused the query");
                Ok(Asked::Unsupported)
            }
        }
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
        walk.next = next_link(&reply).filter(|next| same_family(&first, next));
        Ok(())
    }
}

fn number(pull: &Observation) -> Option<u64> {
    numbered(&pull.id).map(|(_, number)| number)
}

fn query(numbers: &[u64]) -> String {
    let mut query =
        "query($owner:String!,$name:String!){ repository(owner:$owner,name:$name){".to_owned();
    for number in numbers {
        // Writing to a String cannot fail.
        let _ = write!(
            query,
            " p{number}: pullRequest(number:{number}){{ {FIELDS} }}"
        );
    }
    query.push_str(" } rateLimit{cost remaining} }");
    query
}
