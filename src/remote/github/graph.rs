//! Asking GraphQL: one query for many things of a repository, in halves where it takes too long.
//!
//! What fails in the smallest part is left unobserved, as the rows themselves are worth more than what is asked here. A
//! host without GraphQL is remembered for a while.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::{GithubRemote, refuse};
use crate::remote::RemoteError;
use crate::remote::http::{Ask, Reply};

/// What people are told about a host without GraphQL.
pub(super) const NO_GRAPHQL: &str = "this GitHub answers no GraphQL to this token: review, checks and linked issues of pull requests, and branch, sizes and pull requests of commits are left out";
/// How long a host is believed to have no GraphQL, in ms.
pub(super) const RETRY: i64 = 6 * 60 * 60 * 1_000;
/// A failing query of at most this many is not halved again.
const SMALLEST: usize = 10;

#[derive(Deserialize)]
struct Graph<T> {
    data: Option<Data<T>>,
    #[serde(default = "Vec::new")]
    errors: Vec<Json>,
}

#[derive(Deserialize)]
struct Data<T> {
    repository: Option<T>,
}

enum Asked<T> {
    /// What the repository said; none when it said nothing this time.
    Said(Option<T>),
    Unsupported,
}

impl GithubRemote {
    /// Asks for all of these at once, and in halves where that fails. Gives what the repository said to each part;
    /// none from a host without GraphQL.
    pub(super) async fn graph_in_parts<K, T: DeserializeOwned>(
        &self,
        repo: &str,
        keys: &[K],
        query: fn(&[K]) -> String,
    ) -> Result<Option<Vec<T>>, RemoteError> {
        let mut said = Vec::new();
        let mut parts = vec![keys];
        while let Some(part) = parts.pop() {
            match self.graph(repo, &query(part)).await {
                Ok(Asked::Said(more)) => said.extend(more),
                Ok(Asked::Unsupported) => {
                    self.learned.borrow_mut().no_graphql = Some(self.now());
                    tracing::warn!("{NO_GRAPHQL}");
                    return Ok(None);
                }
                Err(RemoteError::Unclear(_)) if part.len() > SMALLEST => {
                    let (one, other) = part.split_at(part.len() / 2);
                    parts.extend([other, one]);
                }
                Err(RemoteError::Unclear(cause)) => {
                    tracing::warn!(repo, cause, "details could not be read by GraphQL");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(said))
    }

    async fn graph<T: DeserializeOwned>(
        &self,
        repo: &str,
        query: &str,
    ) -> Result<Asked<T>, RemoteError> {
        let (owner, name) = repo.split_once('/').unwrap_or((repo, ""));
        let body = json!({
            "query": query,
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
                Ok(Asked::Said(None))
            }
            _ => Err(reply.error()),
        }
    }

    fn graph_answer<T: DeserializeOwned>(&self, reply: &Reply) -> Result<Asked<T>, RemoteError> {
        let graph: Graph<T> = reply.json()?;
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
        match graph.data.and_then(|data| data.repository) {
            Some(said) => Ok(Asked::Said(Some(said))),
            None if says("NOT_FOUND") || says("FORBIDDEN") => Ok(Asked::Said(None)),
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
}

/// Whether an error means that the host's GraphQL has other fields than ours. Where it says so is not settled between
/// versions: a code among the extensions, or the type.
pub(super) fn is_of_shape(error: &Json) -> bool {
    [&error["extensions"]["code"], &error["type"]]
        .iter()
        .any(|word| *word == "undefinedField")
}

/// The query for these parts of a repository.
pub(super) fn of_repository(parts: &str) -> String {
    format!(
        "query($owner:String!,$name:String!){{ repository(owner:$owner,name:$name){{{parts} }} rateLimit{{cost remaining}} }}"
    )
}
