//! `/graphql`: as much as a sync asks for, answered in exactly the shape of the query.

mod parse;
mod timeline;

use serde_json::{Map, Value, json};

use self::parse::{Field, parse};
use super::limits::Left;
use super::wire::Wire;
use crate::sim::github::ids::timestamp;
use crate::sim::github::model::{Issue, Pull, Repo, Review, State};
use crate::sim::github::query::{Direction, IssueQuery, Sort};
use crate::sim::github::refusal::Refusal;

/// Answers a query with `data`, `errors`, or both.
pub(super) fn answer(
    wire: Wire<'_>,
    viewer: &str,
    left: Left,
    query: &str,
    variables: &Map<String, Value>,
) -> Value {
    let fields = match parse(query, variables) {
        Ok(fields) => fields,
        Err(message) => return json!({ "errors": [{ "message": message }] }),
    };
    let mut run = Run {
        wire,
        viewer,
        left,
        errors: Vec::new(),
        invalid: Vec::new(),
        path: Vec::new(),
    };
    let data = run.select("Query", &fields, Run::root);
    if !run.invalid.is_empty() {
        // As on GitHub, a query that does not fit the schema is not run at all.
        return json!({ "errors": run.invalid });
    }
    if run.errors.is_empty() {
        json!({ "data": data })
    } else {
        json!({ "data": data, "errors": run.errors })
    }
}

struct Run<'a> {
    wire: Wire<'a>,
    viewer: &'a str,
    left: Left,
    errors: Vec<Value>,
    invalid: Vec<Value>,
    path: Vec<String>,
}

impl<'a> Run<'a> {
    /// Answers each field with `resolve`; a field it does not know makes the query invalid.
    fn select(
        &mut self,
        kind: &str,
        fields: &[Field],
        mut resolve: impl FnMut(&mut Self, &Field) -> Option<Value>,
    ) -> Value {
        let mut body = Map::new();
        for field in fields {
            self.path.push(field.alias.clone());
            let value = match field.name.as_str() {
                "__typename" => Some(json!(kind)),
                _ => resolve(self, field),
            };
            if value.is_none() {
                let message = format!("Field '{}' doesn't exist on type '{kind}'", field.name);
                self.invalid.push(json!({
                    "message": message, "path": self.path,
                    "extensions": { "code": "undefinedField", "typeName": kind, "fieldName": field.name },
                }));
            }
            self.path.pop();
            body.insert(field.alias.clone(), value.unwrap_or_default());
        }
        Value::Object(body)
    }

    fn not_found(&mut self, message: &str) -> Value {
        let path = self.path.clone();
        self.errors
            .push(json!({ "type": "NOT_FOUND", "path": path, "message": message }));
        Value::Null
    }

    fn root(&mut self, field: &Field) -> Option<Value> {
        match field.name.as_str() {
            "viewer" => {
                let viewer = self.viewer;
                Some(self.select("User", &field.fields, |_, field| login(field, viewer)))
            }
            "rateLimit" => {
                let left = self.left;
                Some(self.select("RateLimit", &field.fields, |_, field| rate(field, left)))
            }
            "repository" => Some(self.repository(field)),
            _ => None,
        }
    }

    fn repository(&mut self, field: &Field) -> Value {
        let text = |name: &str| {
            field
                .args
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let name = format!("{}/{}", text("owner"), text("name"));
        let hub = self.wire.hub;
        // Old names are followed here, unlike in REST.
        let id = match hub.resolve(&name) {
            Ok(id) | Err(Refusal::RepoMoved(id)) => Some(id),
            Err(_) => None,
        };
        let seen = |repo: &&Repo| hub.permission(Some(self.viewer), repo).is_some();
        let Some(repo) = id.and_then(|id| hub.repo_by_id(id)).filter(seen) else {
            let message = format!("Could not resolve to a Repository with the name '{name}'.");
            return self.not_found(&message);
        };
        self.select("Repository", &field.fields, |run, field| {
            run.repo_field(repo, field)
        })
    }

    fn repo_field(&mut self, repo: &'a Repo, field: &Field) -> Option<Value> {
        Some(match field.name.as_str() {
            "id" => json!(repo.node_id),
            "name" => json!(repo.name),
            "nameWithOwner" => json!(repo.full_name()),
            "isArchived" => json!(repo.archived),
            "isPrivate" => json!(repo.private),
            "pullRequest" => self.item(repo, field, true),
            "issue" => self.item(repo, field, false),
            "pullRequests" => self.items(repo, field, true),
            "issues" => self.items(repo, field, false),
            "object" => self.object(repo, field),
            "defaultBranchRef" => {
                self.select("Ref", &field.fields, |_, field| match field.name.as_str() {
                    "name" => Some(json!(repo.default_branch)),
                    _ => None,
                })
            }
            _ => return None,
        })
    }

    /// A commit by its id; nothing for an id that the repository does not hold.
    fn object(&mut self, repo: &'a Repo, field: &Field) -> Value {
        let oid = field.args.get("oid").and_then(Value::as_str);
        let Some(commit) = oid.and_then(|oid| repo.commits.get(oid)) else {
            return Value::Null;
        };
        self.select("Commit", &field.fields, |run, field| {
            Some(match field.name.as_str() {
                "oid" => json!(commit.sha),
                "message" => json!(commit.message),
                "additions" => json!(commit.size.additions),
                "deletions" => json!(commit.size.deletions),
                "changedFilesIfAvailable" => json!(commit.size.files),
                "associatedPullRequests" => {
                    let pulls = repo.pulls_of(&commit.sha);
                    run.connection(field, &pulls, |run, fields, issue| {
                        run.issue(repo, issue, fields)
                    })
                }
                _ => return None,
            })
        })
    }

    fn item(&mut self, repo: &'a Repo, field: &Field, pull: bool) -> Value {
        let number = field
            .args
            .get("number")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        let found = repo
            .issues
            .get(&number)
            .filter(|issue| issue.pull.is_some() == pull);
        if let Some(issue) = found {
            return self.issue(repo, issue, &field.fields);
        }
        let kind = if pull { "PullRequest" } else { "Issue" };
        self.not_found(&format!(
            "Could not resolve to a {kind} with the number of {number}."
        ))
    }

    fn items(&mut self, repo: &'a Repo, field: &Field, pulls: bool) -> Value {
        let order = field.args.get("orderBy");
        let by = |name: &str| {
            order
                .and_then(|order| order.get(name))
                .and_then(Value::as_str)
        };
        let since = field
            .args
            .get("filterBy")
            .and_then(|filter| filter.get("since"));
        let query = IssueQuery {
            pulls: Some(pulls),
            since: since
                .and_then(Value::as_str)
                .and_then(super::super::ids::parse_timestamp),
            sort: if by("field") == Some("UPDATED_AT") {
                Sort::Updated
            } else {
                Sort::Created
            },
            direction: if by("direction") == Some("DESC") {
                Direction::Desc
            } else {
                Direction::Asc
            },
            ..IssueQuery::default()
        };
        let found = repo.list_issues(&query);
        self.connection(field, &found, |run, fields, issue| {
            run.issue(repo, issue, fields)
        })
    }

    fn issue(&mut self, repo: &'a Repo, issue: &Issue, fields: &[Field]) -> Value {
        let kind = if issue.pull.is_some() {
            "PullRequest"
        } else {
            "Issue"
        };
        self.select(kind, fields, |run, field| {
            let own = plain_field(issue, field).or_else(|| run.issue_lists(repo, issue, field));
            let own = own.or_else(|| run.history_field(issue, field));
            own.or_else(|| run.pull_field(repo, issue, issue.pull.as_deref()?, field))
        })
    }

    fn issue_lists(&mut self, repo: &Repo, issue: &Issue, field: &Field) -> Option<Value> {
        Some(match field.name.as_str() {
            "url" => {
                let kind = if issue.pull.is_some() {
                    "pull"
                } else {
                    "issues"
                };
                json!(format!(
                    "{}/{kind}/{}",
                    self.wire.repo_html(repo),
                    issue.number
                ))
            }
            "author" => self.select("User", &field.fields, |_, field| {
                login(field, &issue.author)
            }),
            "labels" => {
                let labels: Vec<_> = issue
                    .labels
                    .iter()
                    .filter_map(|id| repo.labels.get(id))
                    .collect();
                self.connection(field, &labels, |run, fields, label| {
                    run.select("Label", fields, |_, field| match field.name.as_str() {
                        "id" => Some(json!(label.node_id)),
                        "name" => Some(json!(label.name)),
                        "color" => Some(json!(label.color)),
                        _ => None,
                    })
                })
            }
            "assignees" => self.connection(field, &issue.assignees, |run, fields, who| {
                run.select("User", fields, |_, field| login(field, who))
            }),
            "milestone" => {
                let Some(found) = issue.milestone.and_then(|n| repo.milestones.get(&n)) else {
                    return Some(Value::Null);
                };
                self.select("Milestone", &field.fields, |_, field| {
                    match field.name.as_str() {
                        "number" => Some(json!(found.number)),
                        "title" => Some(json!(found.title)),
                        "dueOn" => Some(json!(found.due_on.map(timestamp))),
                        _ => None,
                    }
                })
            }
            _ => return None,
        })
    }

    fn pull_field(
        &mut self,
        repo: &Repo,
        issue: &Issue,
        pull: &Pull,
        field: &Field,
    ) -> Option<Value> {
        Some(match field.name.as_str() {
            "isDraft" => json!(pull.draft),
            "merged" => json!(pull.merged_at.is_some()),
            "mergedAt" => json!(pull.merged_at.map(timestamp)),
            "baseRefName" => json!(pull.base),
            "headRefName" => json!(pull.head),
            "headRefOid" => json!(pull.head_sha),
            "additions" => json!(pull.size.additions),
            "deletions" => json!(pull.size.deletions),
            "changedFiles" => json!(pull.size.files),
            "reviewDecision" => json!(pull.review.map(Review::as_str)),
            "mergeCommit" => match &pull.merge_commit_sha {
                Some(sha) => self.select("Commit", &field.fields, |_, field| {
                    (field.name == "oid").then(|| json!(sha))
                }),
                None => Value::Null,
            },
            "reviewRequests" => self.connection(field, &pull.reviewers, |run, fields, who| {
                run.select("ReviewRequest", fields, |run, field| {
                    (field.name == "requestedReviewer")
                        .then(|| run.select("User", &field.fields, |_, field| login(field, who)))
                })
            }),
            "closingIssuesReferences" => {
                let linked = repo.linked_issues(issue.number);
                let linked: Vec<&Issue> =
                    linked.iter().filter_map(|n| repo.issues.get(n)).collect();
                self.connection(field, &linked, |run, fields, issue| {
                    run.select("Issue", fields, |_, field| plain_field(issue, field))
                })
            }
            "commits" => {
                let mut shas = pull.commits.clone();
                if shas.is_empty() {
                    // Loaded pull requests come without their commits, but with the newest's id.
                    shas.push(pull.head_sha.clone());
                }
                self.connection(field, &shas, |run, fields, sha| {
                    run.select("PullRequestCommit", fields, |run, field| {
                        (field.name == "commit").then(|| run.commit(pull, sha, field))
                    })
                })
            }
            _ => return None,
        })
    }

    fn commit(&mut self, pull: &Pull, sha: &str, field: &Field) -> Value {
        let checks = pull.checks.filter(|_| sha == pull.head_sha);
        self.select("Commit", &field.fields, |run, field| {
            match field.name.as_str() {
                "oid" => Some(json!(sha)),
                "statusCheckRollup" => {
                    let Some(checks) = checks else {
                        return Some(Value::Null);
                    };
                    let state = |_: &mut Self, field: &Field| {
                        (field.name == "state").then(|| json!(checks.as_str()))
                    };
                    Some(run.select("StatusCheckRollup", &field.fields, state))
                }
                _ => None,
            }
        })
    }

    /// Answers a connection: one page of nodes, counts and cursors.
    fn connection<T>(
        &mut self,
        field: &Field,
        all: &[T],
        mut node: impl FnMut(&mut Self, &[Field], &T) -> Value,
    ) -> Value {
        let size = |name: &str| field.args.get(name).and_then(Value::as_u64);
        let bounds = 1..=100;
        let Some(count) = size("first")
            .or(size("last"))
            .filter(|n| bounds.contains(n))
        else {
            let name = &field.name;
            let message = format!(
                "You must provide a `first` or `last` value of 1 to 100 to properly paginate the `{name}` connection."
            );
            self.invalid.push(json!({ "type": "MISSING_PAGINATION_BOUNDARIES", "message": message, "path": self.path }));
            return Value::Null;
        };
        let count = usize::try_from(count).unwrap_or(100);
        let after = field.args.get("after").and_then(Value::as_str);
        let after = after.and_then(|cursor| cursor.strip_prefix("cursor-")?.parse::<usize>().ok());
        let from = match (size("first"), after) {
            (Some(_), after) => after.unwrap_or(0),
            (None, _) => all.len().saturating_sub(count),
        };
        let shown: Vec<&T> = all.iter().skip(from).take(count).collect();
        let end = from + shown.len();
        self.select("Connection", &field.fields, |run, field| {
            Some(match field.name.as_str() {
                "totalCount" => json!(all.len()),
                "nodes" => shown
                    .iter()
                    .map(|item| node(run, &field.fields, item))
                    .collect(),
                "pageInfo" => run.select("PageInfo", &field.fields, |_, field| {
                    Some(match field.name.as_str() {
                        "hasNextPage" => json!(end < all.len()),
                        "hasPreviousPage" => json!(from > 0),
                        "endCursor" => json!((end > from).then(|| format!("cursor-{end}"))),
                        _ => return None,
                    })
                }),
                _ => return None,
            })
        })
    }
}

/// The fields of an issue or pull request that need nothing else.
fn plain_field(issue: &Issue, field: &Field) -> Option<Value> {
    let state = match issue.state {
        _ if issue.is_merged() => "MERGED",
        State::Open => "OPEN",
        State::Closed => "CLOSED",
    };
    let reason = issue
        .state_reason
        .map(|reason| reason.as_str().to_uppercase());
    Some(match field.name.as_str() {
        "id" => json!(issue.node_id),
        "number" => json!(issue.number),
        "title" => json!(issue.title),
        "body" => json!(issue.body.as_deref().unwrap_or_default()),
        "state" => json!(state),
        "stateReason" if issue.pull.is_none() => json!(reason),
        "createdAt" => json!(timestamp(issue.created_at)),
        "updatedAt" => json!(timestamp(issue.updated_at)),
        "closedAt" => json!(issue.closed_at.map(timestamp)),
        "locked" => json!(issue.locked),
        _ => return None,
    })
}

fn login(field: &Field, login: &str) -> Option<Value> {
    (field.name == "login").then(|| json!(login))
}

fn rate(field: &Field, left: Left) -> Option<Value> {
    Some(match field.name.as_str() {
        "limit" => json!(left.limit),
        "cost" => json!(1),
        "remaining" => json!(left.remaining()),
        "used" => json!(left.used),
        "resetAt" => json!(timestamp(left.reset)),
        _ => return None,
    })
}
