//! Writing: every step is exactly one request, sent once.
//!
//! What the answer shows is the post-image; a field that GitHub silently dropped (labels, assignees and milestones
//! without push access are dropped with 200) shows there as unchanged.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::labels::AGAIN;
use super::place::{is_repo, numbered, repo_path, segment};
use super::wire::{Issue, Label};
use super::{GithubRemote, refuse, rows};
use crate::core::text::{self, limits, marker};
use crate::core::{Change, Draft, FieldKey, Kind, Life, Observation, Value};
use crate::remote::http::{Ask, Reply};
use crate::remote::{Answer, LeftOut, RemoteError};

/// The one request that a patch becomes.
enum Request {
    /// `PATCH` of the issue.
    Patch(Json),
    /// Labels to add.
    AddLabels(BTreeSet<String>),
    /// One label to remove.
    RemoveLabel(String),
    /// Logins to add.
    AddAssignees(BTreeSet<String>),
    /// Logins to remove.
    RemoveAssignees(BTreeSet<String>),
}

/// What of a draft's names a repository knows, or may be given.
struct Known {
    labels: BTreeSet<String>,
    milestone: Option<u64>,
    left_out: LeftOut,
}

impl GithubRemote {
    /// Makes an issue.
    pub(super) async fn create(&self, draft: &Draft) -> Result<Answer, RemoteError> {
        if draft.kind != Kind::Issue {
            return Err(refuse::refused(400, "only issues can be made on GitHub"));
        }
        if !is_repo(&draft.container) {
            let why = format!(
                "\"{}\" names no repository; nothing was sent",
                draft.container
            );
            return Err(refuse::refused(400, &why));
        }
        let repo = self.present(&draft.container).into_owned();
        let mut body = Map::new();
        let text = |key: &FieldKey| draft.fields.get(key).map_or("", Value::as_text);
        body.insert("title".to_owned(), json!(text(&FieldKey::TITLE)));
        let marked = fitting(marker::write(text(&FieldKey::BODY), &draft.marker))?;
        body.insert("body".to_owned(), json!(marked));
        let names = |key: &FieldKey| draft.fields.get(key).map(Value::names).unwrap_or_default();
        let known = self.known_of(draft).await?;
        for (name, names) in [
            ("labels", known.labels),
            ("assignees", names(&FieldKey::ASSIGNEES)),
        ] {
            if !names.is_empty() {
                body.insert(name.to_owned(), json!(names));
            }
        }
        if let Some(number) = known.milestone {
            body.insert("milestone".to_owned(), json!(number));
        }
        let left_out = known.left_out;
        let ask = Ask::post(format!("{}/issues", repo_path(&repo)), Json::Object(body));
        let reply = self.send(ask).await?;
        let answer = self.issue_answer(&reply, &draft.container)?;
        self.learn_login(&reply);
        Ok(Answer { left_out, ..answer })
    }

    /// What GitHub knows of the names in a draft.
    async fn known_of(&self, draft: &Draft) -> Result<Known, RemoteError> {
        let repo = self.present(&draft.container).into_owned();
        let labels = draft.fields.get(&FieldKey::LABELS).map(Value::names);
        let labels = self.sendable(&repo, labels.unwrap_or_default()).await?;
        let mut known = Known {
            labels: labels.names,
            milestone: None,
            left_out: labels.left_out,
        };
        let milestone = draft.fields.get(&FieldKey::MILESTONE);
        let milestone = milestone.map_or("", Value::as_text);
        if milestone.is_empty() {
            return Ok(known);
        }
        match self.milestone(&draft.container, milestone).await {
            Ok(number) => known.milestone = Some(number),
            // One that is not there must not keep the issue from being made.
            Err(RemoteError::Refused {
                field: Some(field),
                message,
                ..
            }) => {
                known.left_out.insert(field, message);
            }
            Err(error) => return Err(error),
        }
        Ok(known)
    }

    /// See [`Remote::takes_of`](crate::remote::Remote::takes_of).
    pub(super) async fn without_unknown(
        &self,
        draft: &Draft,
    ) -> Result<(Draft, LeftOut), RemoteError> {
        let known = self.known_of(draft).await?;
        let mut taken = draft.clone();
        if let Some(labels) = taken.fields.get_mut(&FieldKey::LABELS) {
            *labels = Value::Set(known.labels);
        }
        if known.milestone.is_none() {
            taken.fields.remove(&FieldKey::MILESTONE);
        }
        // Whoever asks this makes nothing, so nothing is tried again.
        let words = |(field, why): (FieldKey, String)| (field, why.replace(AGAIN, ""));
        Ok((taken, known.left_out.into_iter().map(words).collect()))
    }

    /// Changes fields of one write group.
    pub(super) async fn patch(
        &self,
        changes: &[Change],
        target: &Observation,
    ) -> Result<Answer, RemoteError> {
        let (repo, number) = place(target)?;
        let issue = format!("{}/issues/{number}", repo_path(repo));
        let names = |names: BTreeSet<String>, key: &str| json!({ key: names });
        let mut left_out = LeftOut::new();
        let ask = match self.request(changes, target, repo).await? {
            Request::Patch(body) => Ask::patch(issue, body),
            Request::AddLabels(labels) => {
                let labels = self.sendable(repo, labels).await?;
                left_out = labels.left_out;
                if let (true, Some((field, message))) =
                    (labels.names.is_empty(), left_out.first_key_value())
                {
                    return Err(RemoteError::Refused {
                        status: 422,
                        field: Some(field.clone()),
                        message: message.clone(),
                    });
                }
                Ask::post(format!("{issue}/labels"), names(labels.names, "labels"))
            }
            Request::RemoveLabel(label) => {
                Ask::delete(format!("{issue}/labels/{}", segment(&label)), None)
            }
            Request::AddAssignees(logins) => {
                Ask::post(format!("{issue}/assignees"), names(logins, "assignees"))
            }
            Request::RemoveAssignees(logins) => Ask::delete(
                format!("{issue}/assignees"),
                Some(names(logins, "assignees")),
            ),
        };
        let is_label = ask.path.contains("/labels");
        let reply = self.send(ask).await?;
        let answer = if is_label {
            label_answer(&reply, target, repo, self.now())
        } else {
            self.issue_answer(&reply, repo)
        };
        Ok(Answer {
            left_out,
            ..answer?
        })
    }

    /// Closes an issue as not planned.
    pub(super) async fn close(&self, target: &Observation) -> Result<Answer, RemoteError> {
        let (repo, number) = place(target)?;
        let body = json!({ "state": "closed", "state_reason": "not_planned" });
        let ask = Ask::patch(format!("{}/issues/{number}", repo_path(repo)), body);
        let reply = self.send(ask).await?;
        self.issue_answer(&reply, repo)
    }

    async fn request(
        &self,
        changes: &[Change],
        target: &Observation,
        repo: &str,
    ) -> Result<Request, RemoteError> {
        match changes {
            [change] if change.field == FieldKey::LABELS => labels(change),
            [change] if change.field == FieldKey::ASSIGNEES => assignees(change),
            [] => Err(mixed("a change of nothing")),
            _ => {
                let mut body = Map::new();
                for change in changes {
                    self.put(&mut body, change, target, repo).await?;
                }
                closing(&mut body, target)?;
                Ok(Request::Patch(Json::Object(body)))
            }
        }
    }

    async fn put(
        &self,
        body: &mut Map<String, Json>,
        change: &Change,
        target: &Observation,
        repo: &str,
    ) -> Result<(), RemoteError> {
        let new = change.new.as_text();
        let (key, value) = match change.field.as_str() {
            "title" => ("title", json!(new)),
            "body" => (
                "body",
                json!(fitting(as_ended(marked(new, target), target))?),
            ),
            "state" => ("state", json!(new)),
            "closed_as" if new.is_empty() => return Ok(()),
            "closed_as" => ("state_reason", json!(new.replace(' ', "_"))),
            "type" if new.is_empty() => ("type", Json::Null),
            "type" => ("type", json!(new)),
            "milestone" if new.is_empty() => ("milestone", Json::Null),
            "milestone" => ("milestone", json!(self.milestone(repo, new).await?)),
            other => return Err(mixed(&format!("a change of {other} together with others"))),
        };
        body.insert(key.to_owned(), value);
        Ok(())
    }

    /// The post-image of an answer that holds the issue.
    fn issue_answer(&self, reply: &Reply, repo: &str) -> Result<Answer, RemoteError> {
        if !reply.is_success() {
            let error = refuse::of_write(reply, repo);
            if matches!(&error, RemoteError::Refused { field: Some(field), .. } if *field == FieldKey::MILESTONE)
            {
                self.forget_milestones(repo);
            }
            return Err(error);
        }
        let row: Issue = reply.json()?;
        self.learn_labels(repo, &row);
        let login = self.login();
        let reader = rows::Reader::new(repo, login.as_deref(), self.now(), &self.link.constants);
        Ok(Answer {
            post: rows::issue(&row, &reader),
            request: reply.request_id(),
            left_out: LeftOut::new(),
        })
    }

    /// The author of an issue that we just made is us, also where `/user` is refused.
    fn learn_login(&self, reply: &Reply) {
        let mut learned = self.learned.borrow_mut();
        if learned.login.is_none()
            && let Ok(row) = serde_json::from_slice::<Issue>(&reply.bytes)
        {
            learned.login = row.user.flatten().and_then(|user| user.login);
        }
    }
}

fn place(target: &Observation) -> Result<(&str, u64), RemoteError> {
    numbered(&target.id).ok_or_else(|| {
        refuse::refused(
            400,
            &format!("{} is no issue that can be written", target.id.locator),
        )
    })
}

fn mixed(what: &str) -> RemoteError {
    refuse::refused(400, &format!("{what} is not one request on GitHub"))
}

/// The text with the marker that the issue carries.
fn marked(text: &str, target: &Observation) -> String {
    match &target.marker {
        Some(key) => marker::write(text, &key.0),
        None => text.to_owned(),
    }
}

/// The text with the line ends that the issue has now, unless they make it too long.
fn as_ended(text: String, target: &Observation) -> String {
    let now = target.raw_body.as_deref().unwrap_or_default();
    let ended = text::with_ends_of(&text, now);
    let fits = limits::github_length(&ended) <= limits::GITHUB_BODY;
    if fits { ended } else { text }
}

/// A text that GitHub takes, the marker included: said here, as GitHub's own 422 does not say by how much.
fn fitting(body: String) -> Result<String, RemoteError> {
    let over = body.chars().count().saturating_sub(limits::GITHUB_BODY);
    if over == 0 {
        return Ok(body);
    }
    Err(RemoteError::Refused {
        status: 422,
        field: Some(FieldKey::BODY),
        message: format!("the text is {over} characters too long for GitHub; shorten it in Notion"),
    })
}

/// GitHub takes a reason only together with the state, and none for an open issue.
fn closing(body: &mut Map<String, Json>, target: &Observation) -> Result<(), RemoteError> {
    let shown = target.field(&FieldKey::STATE).map_or("", Value::as_text);
    let state = body.get("state").and_then(Json::as_str).unwrap_or(shown);
    if state == "open" {
        body.remove("state_reason");
    } else if body.contains_key("state_reason") {
        body.insert("state".to_owned(), json!("closed"));
    }
    if body.is_empty() {
        return Err(RemoteError::Refused {
            status: 422,
            field: Some(FieldKey::CLOSED_AS),
            message: "GitHub keeps a reason for a closed issue and none for an open one; change the state instead"
                .to_owned(),
        });
    }
    Ok(())
}

fn delta(change: &Change) -> (BTreeSet<String>, BTreeSet<String>) {
    let (pre, new) = (change.pre.names(), change.new.names());
    (&new - &pre, &pre - &new)
}

fn labels(change: &Change) -> Result<Request, RemoteError> {
    let (added, removed) = delta(change);
    let mut removed = removed.into_iter();
    match (added.is_empty(), removed.next(), removed.next()) {
        (false, None, _) => Ok(Request::AddLabels(added)),
        (true, Some(label), None) => Ok(Request::RemoveLabel(label)),
        _ => Err(mixed("adding and removing labels, or removing several,")),
    }
}

fn assignees(change: &Change) -> Result<Request, RemoteError> {
    let (added, removed) = delta(change);
    match (added.is_empty(), removed.is_empty()) {
        (false, true) => Ok(Request::AddAssignees(added)),
        (true, false) => Ok(Request::RemoveAssignees(removed)),
        _ => Err(mixed("adding and removing assignees")),
    }
}

/// The label calls answer with the labels alone: everything else is not observed.
fn label_answer(
    reply: &Reply,
    target: &Observation,
    repo: &str,
    now: crate::core::Time,
) -> Result<Answer, RemoteError> {
    if reply.status == 404 && reply.message().contains("Label does not exist") {
        return Err(RemoteError::Stale("the label is gone already".to_owned()));
    }
    if !reply.is_success() {
        return Err(refuse::of_write(reply, repo));
    }
    let all: Vec<Label> = reply.json()?;
    let mut post = rows::bare(target.kind, &target.id, Life::Live, now);
    post.fields.insert(FieldKey::LABELS, rows::label_set(&all));
    Ok(Answer {
        post,
        request: reply.request_id(),
        left_out: LeftOut::new(),
    })
}
