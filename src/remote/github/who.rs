//! Who last changed a field of an issue or pull request: one request, and no answer rather than a wrong one.
//!
//! GraphQL tells of every field, the text included. Without it the event list does, if it fits on one page (its newest
//! entries come last), and nobody is named for a text: REST does not say who edited it.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::place::{next_link, numbered, repo_path};
use super::{GithubRemote, open};
use crate::core::{FieldKey, Kind, Observation};
use crate::remote::http::Ask;
use crate::remote::{RemoteError, name_of};

/// How long a host is believed to know no timeline, in ms.
const RETRY: i64 = 6 * 60 * 60 * 1_000;

/// What tells of changes of one field: the events by their GraphQL types, and whether what no event tells of is the
/// author's.
struct Trace {
    events: &'static [&'static str],
    by_author: bool,
}

const TITLE: Trace = Trace {
    events: &["RenamedTitleEvent"],
    by_author: true,
};
const STATE: Trace = Trace {
    events: &["ClosedEvent", "ReopenedEvent"],
    by_author: false,
};
const LABELS: Trace = Trace {
    events: &["LabeledEvent", "UnlabeledEvent"],
    by_author: false,
};
const ASSIGNEES: Trace = Trace {
    events: &["AssignedEvent", "UnassignedEvent"],
    by_author: false,
};
const MILESTONE: Trace = Trace {
    events: &["MilestonedEvent", "DemilestonedEvent"],
    by_author: false,
};
const BODY: Trace = Trace {
    events: &[],
    by_author: true,
};

fn trace(field: &FieldKey) -> Option<&'static Trace> {
    [
        (FieldKey::TITLE, &TITLE),
        (FieldKey::BODY, &BODY),
        (FieldKey::STATE, &STATE),
        (FieldKey::CLOSED_AS, &STATE),
        (FieldKey::LABELS, &LABELS),
        (FieldKey::ASSIGNEES, &ASSIGNEES),
        (FieldKey::MILESTONE, &MILESTONE),
    ]
    .into_iter()
    .find(|(key, _)| key == field)
    .map(|(_, trace)| trace)
}

#[derive(Debug, Deserialize)]
struct Graph {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<Json>,
}

#[derive(Debug, Deserialize)]
struct Data {
    repository: Option<Repository>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    it: Option<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    author: Option<Actor>,
    editor: Option<Actor>,
    last_edited_at: Option<String>,
    timeline_items: Option<Timeline>,
}

#[derive(Debug, Deserialize)]
struct Timeline {
    nodes: Vec<Option<Event>>,
}

/// An event, as GraphQL and REST both show it.
#[derive(Debug, Deserialize)]
struct Event {
    #[serde(default)]
    event: String,
    actor: Option<Actor>,
}

#[derive(Debug, Deserialize)]
struct Actor {
    login: Option<String>,
}

impl Actor {
    fn name(self) -> Option<String> {
        name_of(&self.login?)
    }
}

impl GithubRemote {
    /// The login of whoever changed the field last, if one request tells.
    pub(super) async fn who_changed(
        &self,
        seen: &Observation,
        field: Option<&FieldKey>,
    ) -> Option<String> {
        let trace = trace(field?)?;
        let (repo, number) = numbered(&seen.id)?;
        if !seen.is_live() || seen.kind == Kind::Commit {
            return None;
        }
        let repo = self.present(repo).into_owned();
        let asked = if self.asks_graphql() && self.knows_timelines() {
            self.who_by_graph(&repo, number, seen.kind, trace).await
        } else if trace.events.is_empty() {
            return None;
        } else {
            self.who_by_events(&repo, number, trace).await
        };
        asked.unwrap_or_else(|error| {
            tracing::debug!(%error, "who changed it could not be asked");
            None
        })
    }

    fn knows_timelines(&self) -> bool {
        let none_at = self.learned.borrow().no_timeline;
        !none_at.is_some_and(|at| open::fresh(self.now(), at, RETRY))
    }

    async fn who_by_graph(
        &self,
        repo: &str,
        number: u64,
        kind: Kind,
        trace: &Trace,
    ) -> Result<Option<String>, RemoteError> {
        let (owner, name) = repo.split_once('/').unwrap_or((repo, ""));
        let body = json!({
            "query": query(kind, trace),
            "variables": { "owner": owner, "name": name, "number": number },
        });
        let reply = self
            .send(Ask::query(self.account.graphql.clone(), body))
            .await?;
        if !reply.is_success() {
            if matches!(reply.status, 404 | 501) {
                self.learned.borrow_mut().no_timeline = Some(self.now());
            }
            return Ok(None);
        }
        let graph: Graph = reply.json()?;
        if graph.errors.iter().any(super::graph::is_of_shape) {
            self.learned.borrow_mut().no_timeline = Some(self.now());
        }
        let item = graph
            .data
            .and_then(|data| data.repository)
            .and_then(|repository| repository.it);
        Ok(item.and_then(|item| item.changed_by(trace)))
    }

    async fn who_by_events(
        &self,
        repo: &str,
        number: u64,
        trace: &Trace,
    ) -> Result<Option<String>, RemoteError> {
        let path = format!("{}/issues/{number}/events?per_page=100", repo_path(repo));
        let reply = self.send(Ask::get(path)).await?;
        if !reply.is_success() || next_link(&reply).is_some() {
            // The newest events are on a later page.
            return Ok(None);
        }
        let events: Vec<Event> = self.rows(&reply, "events")?;
        let mut newest_first = events.into_iter().rev();
        let last =
            newest_first.find(|event| trace.events.iter().any(|kind| is(kind, &event.event)));
        Ok(last.and_then(|event| event.actor?.name()))
    }
}

impl Item {
    fn changed_by(self, trace: &Trace) -> Option<String> {
        if trace.events.is_empty() && self.last_edited_at.is_some() {
            return self.editor?.name();
        }
        let nodes = self.timeline_items.map(|items| items.nodes);
        match nodes.unwrap_or_default().into_iter().flatten().next_back() {
            // Somebody did it; an account that is gone has no name.
            Some(event) => event.actor?.name(),
            None if trace.by_author => self.author?.name(),
            None => None,
        }
    }
}

/// Whether REST's word for an event (`renamed`) means this GraphQL type (`RenamedTitleEvent`).
fn is(kind: &str, word: &str) -> bool {
    let kind = kind.strip_suffix("Event").unwrap_or(kind);
    let kind = kind.strip_suffix("Title").unwrap_or(kind);
    kind.eq_ignore_ascii_case(word)
}

/// `RenamedTitleEvent` as `RENAMED_TITLE_EVENT`.
fn constant(kind: &str) -> String {
    let mut word = String::new();
    for c in kind.chars() {
        if c.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(c.to_ascii_uppercase());
    }
    word
}

fn query(kind: Kind, trace: &Trace) -> String {
    let what = if kind == Kind::Pull {
        "pullRequest"
    } else {
        "issue"
    };
    let mut fields = "author{login} editor{login} lastEditedAt".to_owned();
    if !trace.events.is_empty() {
        let types: Vec<String> = trace.events.iter().map(|kind| constant(kind)).collect();
        let parts: Vec<String> = trace
            .events
            .iter()
            .map(|kind| format!("... on {kind}{{actor{{login}}}}"))
            .collect();
        fields = format!(
            "author{{login}} timelineItems(last:1,itemTypes:[{}]){{nodes{{{}}}}}",
            types.join(","),
            parts.join(" ")
        );
    }
    format!(
        "query($owner:String!,$name:String!,$number:Int!){{ repository(owner:$owner,name:$name){{ \
         it:{what}(number:$number){{{fields}}} }} }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_asks_only_for_the_events_of_its_field() {
        let text = query(Kind::Issue, &TITLE);
        assert!(text.contains("it:issue(number:$number)"), "{text}");
        assert!(text.contains("itemTypes:[RENAMED_TITLE_EVENT]"), "{text}");
        let text = query(Kind::Pull, &STATE);
        assert!(text.contains("it:pullRequest"), "{text}");
        assert!(text.contains("[CLOSED_EVENT,REOPENED_EVENT]"), "{text}");
        assert!(!query(Kind::Issue, &BODY).contains("timelineItems"));
    }

    #[test]
    fn both_ways_of_naming_an_event_are_one() {
        for (kind, word) in [
            ("RenamedTitleEvent", "renamed"),
            ("ClosedEvent", "closed"),
            ("DemilestonedEvent", "demilestoned"),
        ] {
            assert!(is(kind, word));
        }
        assert!(!is("LabeledEvent", "unlabeled"));
    }
}
