//! What the issue list does not say of pull requests: branches, sizes, reviews, checks, linked issues.
//!
//! One GraphQL query for a page of them; where it takes too long it is asked in halves. A host without GraphQL is
//! remembered for a while: branches, draft and merged then come from `/pulls`, and reviews, checks and linked issues are
//! left out, which means "not observed".
//!
//! Checks end without moving a pull request's `updated_at`, so that no list shows it. Those that were running when a
//! pull request was last seen are asked for with every list, by one query that costs none of the REST budget; only a
//! pull request whose checks ended is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::place::{next_link, numbered, repo_path, same_family};
use super::wire::{GraphPull, Pull};
use super::{GithubRemote, refuse, rows};
use crate::core::{Kind, ObjectId, Observation};
use crate::remote::RemoteError;
use crate::remote::http::{Ask, Reply};

/// What people are told about a host without GraphQL.
pub(super) const NO_GRAPHQL: &str = "this GitHub answers no GraphQL to this token: review, checks and linked issues of pull requests are left out";
/// How long a host is believed to have no GraphQL, in ms.
pub(super) const RETRY: i64 = 6 * 60 * 60 * 1_000;
/// So many running checks of a repository are watched at most.
const WATCHED: usize = 100;
/// Up to so many pull requests are read one by one rather than from the list.
const SINGLY: usize = 3;
/// A failing query of at most this many is not halved again.
const SMALLEST: usize = 10;
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
        if self.asks_graphql() {
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
                    self.learned.borrow_mut().no_graphql = Some(self.now());
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
            404 | 501 => Ok(Asked::Unsupported),
            status @ 400..=499 => {
                let cause = reply.message();
                tracing::warn!(repo, status, cause, "GraphQL was refused this time");
                Ok(Asked::Pulls(BTreeMap::new()))
            }
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
            None if graph.errors.iter().any(is_of_shape) => {
                tracing::warn!(errors = ?graph.errors.first(), "GraphQL knows no such query");
                Ok(Asked::Unsupported)
            }
            None => Err(RemoteError::Unclear(format!(
                "GraphQL gave no answer: {}",
                graph.errors.first().unwrap_or(&Json::Null)
            ))),
        }
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
        let found = match self.graph_in_parts(&self.present(repo), &numbers).await {
            Ok(Asked::Pulls(found)) => found,
            Ok(Asked::Unsupported) => BTreeMap::new(),
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
        walk.next = next_link(&reply).filter(|next| same_family(&first, next));
        Ok(())
    }
}

/// Whether an error means that the host's GraphQL has other fields than ours. Where it says so is not settled between
/// versions: a code among the extensions, or the type.
fn is_of_shape(error: &Json) -> bool {
    [&error["extensions"]["code"], &error["type"]]
        .iter()
        .any(|word| *word == "undefinedField")
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
