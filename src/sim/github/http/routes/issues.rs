//! `/repos/{owner}/{repo}/issues` and what lies below it.

use super::{Desk, Place, events, number};
use crate::sim::github::http::answer::{Answer, Failure, Outcome, page};
use crate::sim::github::http::call::{Call, Fields, names_in};
use crate::sim::github::ids::parse_timestamp;
use crate::sim::github::issues::{IssueEdit, NewIssue};
use crate::sim::github::model::{Comment, Issue, Repo, State, StateReason};
use crate::sim::github::query::{Direction, IssueQuery, Sort, Wanted};
use crate::sim::github::refusal::Refusal;

pub(super) fn route(desk: &mut Desk<'_>, call: &Call, place: &Place, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(desk, call, place),
        ("POST", []) => create(desk, call, place),
        ("GET", ["events"]) => events::of_repo(desk, call, place),
        ("GET", ["comments"]) => all_comments(desk, call, place),
        (_, ["comments", id]) => comment(desk, call, place, number(id)?),
        ("GET", [n]) => show(desk, call, place, number(n)?),
        ("PATCH", [n]) => edit(desk, call, place, number(n)?),
        (_, [n, rest @ ..]) => below(desk, call, place, number(n)?, rest),
        _ => Err(Refusal::NotFound.into()),
    }
}

fn below(desk: &mut Desk<'_>, call: &Call, place: &Place, n: u64, rest: &[&str]) -> Outcome {
    // 404, 410 and 301 of the issue itself come first.
    desk.hub.issue_in(place.id, n)?;
    match (call.method.as_str(), rest) {
        ("GET", ["comments"]) => comments(desk, call, place, n),
        ("POST", ["comments"]) => {
            let body = call.fields()?.plain("body")?.unwrap_or_default();
            let id = {
                let actor = call.actor()?;
                desk.hub
                    .add_comment(call.now, actor, &place.name, n, &body)?
                    .id
            };
            Ok(Answer::created(&shown_comment(desk, call, place, id)?))
        }
        ("GET", ["events"]) => events::of_issue(desk, call, place, n),
        ("GET", ["timeline"]) => events::timeline(desk, call, place, n),
        (_, ["labels", ..]) => labels(desk, call, place, n, rest),
        ("POST" | "DELETE", ["assignees"]) => assignees(desk, call, place, n),
        ("PUT" | "DELETE", ["lock"]) => lock(desk, call, place, n),
        _ => Err(Refusal::NotFound.into()),
    }
}

fn list(desk: &Desk<'_>, call: &Call, place: &Place) -> Outcome {
    let query = query(call)?;
    let repo = desk.repo(place)?;
    let found = repo.list_issues(&query);
    let wire = desk.wire(call);
    Ok(page(call, &found, |issue| wire.issue(repo, issue)))
}

/// Reads the filters of a list of issues.
fn query(call: &Call) -> Result<IssueQuery, Failure> {
    let star = |name: &str| match call.param(name) {
        None => Wanted::Any,
        Some("*") => Wanted::Some,
        Some("none") => Wanted::None,
        Some(text) => Wanted::Is(text.to_owned()),
    };
    let milestone = match star("milestone") {
        Wanted::Is(text) => Wanted::Is(
            text.parse()
                .map_err(|_nan| Refusal::field("Issue", "milestone", "invalid"))?,
        ),
        Wanted::Any => Wanted::Any,
        Wanted::Some => Wanted::Some,
        Wanted::None => Wanted::None,
    };
    let labels = call.param("labels").unwrap_or_default().split(',');
    let sort = match call.param("sort") {
        Some("updated") => Sort::Updated,
        Some("comments") => Sort::Comments,
        _ => Sort::Created,
    };
    Ok(IssueQuery {
        state: state_param(call)?,
        since: call.time("since")?,
        sort,
        direction: direction_or(call, Direction::Desc),
        creator: call.param("creator").map(str::to_owned),
        labels: labels
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        milestone,
        assignee: star("assignee"),
        ..IssueQuery::default()
    })
}

/// Reads `state`, by default `open`.
pub(super) fn state_param(call: &Call) -> Result<Option<State>, Refusal> {
    match call.param("state").unwrap_or("open") {
        "all" => Ok(None),
        text => match State::parse(text) {
            Some(state) => Ok(Some(state)),
            None => Err(Refusal::field("Issue", "state", "invalid")),
        },
    }
}

pub(super) fn direction_or(call: &Call, default: Direction) -> Direction {
    match call.param("direction") {
        Some("asc") => Direction::Asc,
        Some("desc") => Direction::Desc,
        _ => default,
    }
}

fn shown(desk: &Desk<'_>, call: &Call, place: &Place, n: u64) -> Result<Answer, Failure> {
    let issue = desk.hub.issue_in(place.id, n)?;
    let body = desk.wire(call).issue(desk.repo(place)?, issue);
    Ok(Answer::ok(&body).modified(issue.updated_at))
}

fn show(desk: &Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    shown(desk, call, place, n)
}

fn create(desk: &mut Desk<'_>, call: &Call, place: &Place) -> Outcome {
    let fields = call.fields()?;
    let new = NewIssue {
        title: fields.plain("title")?.unwrap_or_default(),
        body: fields.plain("body")?,
        labels: fields.names("labels")?.unwrap_or_default(),
        assignees: fields.names("assignees")?.unwrap_or_default(),
        milestone: fields.number("milestone")?.flatten(),
        kind: fields.plain("type")?,
    };
    let n = desk
        .hub
        .create_issue(call.now, call.actor()?, &place.name, new)?
        .number;
    let body = desk
        .wire(call)
        .issue(desk.repo(place)?, desk.hub.issue_in(place.id, n)?);
    Ok(Answer::created(&body))
}

fn edit(desk: &mut Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    desk.hub.issue_in(place.id, n)?;
    let fields = call.fields()?;
    let edit = IssueEdit {
        labels: fields.names("labels")?,
        assignees: fields.names("assignees")?,
        milestone: fields.number("milestone")?,
        kind: fields.text("type")?,
        ..content(&fields, "Issue")?
    };
    desk.hub
        .edit_issue(call.now, call.actor()?, &place.name, n, edit)?;
    shown(desk, call, place, n)
}

/// Reads the members that issues and pull requests share.
pub(super) fn content(fields: &Fields, resource: &'static str) -> Result<IssueEdit, Failure> {
    let state = match fields.plain("state")? {
        None => None,
        Some(text) => {
            Some(State::parse(&text).ok_or_else(|| Refusal::field(resource, "state", "invalid"))?)
        }
    };
    let state_reason = match fields.plain("state_reason")? {
        None => None,
        Some(text) => Some(
            StateReason::parse(&text)
                .ok_or_else(|| Refusal::field(resource, "state_reason", "invalid"))?,
        ),
    };
    let (title, body) = (fields.plain("title")?, fields.text("body")?);
    Ok(IssueEdit {
        title,
        body,
        state,
        state_reason,
        ..IssueEdit::default()
    })
}

fn labels(desk: &mut Desk<'_>, call: &Call, place: &Place, n: u64, rest: &[&str]) -> Outcome {
    let (now, name) = (call.now, place.name.as_str());
    match (call.method.as_str(), rest) {
        ("GET", ["labels"]) => {}
        ("POST", ["labels"]) => {
            desk.hub
                .add_labels(now, call.actor()?, name, n, &label_names(call)?)?;
        }
        ("PUT", ["labels"]) => {
            desk.hub
                .replace_labels(now, call.actor()?, name, n, &label_names(call)?)?;
        }
        ("DELETE", ["labels"]) => {
            desk.hub.replace_labels(now, call.actor()?, name, n, &[])?;
            return Ok(Answer::no_content());
        }
        ("DELETE", ["labels", label]) => {
            let done = desk.hub.remove_label(now, call.actor()?, name, n, label);
            if matches!(done, Err(Refusal::NotFound)) {
                return Ok(Answer::error(404, "Label does not exist"));
            }
            done?;
        }
        _ => return Err(Refusal::NotFound.into()),
    }
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let issue = desk.hub.issue_in(place.id, n)?;
    let all: Vec<_> = issue
        .labels
        .iter()
        .filter_map(|id| repo.labels.get(id))
        .collect();
    if call.method == "GET" {
        return Ok(page(call, &all, |label| wire.label(repo, label)));
    }
    let all = all
        .into_iter()
        .map(|label| wire.label(repo, label))
        .collect();
    Ok(Answer::ok(&serde_json::Value::Array(all)))
}

/// Label names come as `{"labels": […]}` or as a bare array.
fn label_names(call: &Call) -> Result<Vec<String>, Failure> {
    let body = call.json()?;
    if body.is_array() {
        return Ok(names_in("labels", &body)?);
    }
    Ok(call.fields()?.names("labels")?.unwrap_or_default())
}

fn assignees(desk: &mut Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    let logins = call.fields()?.names("assignees")?.unwrap_or_default();
    let (now, actor) = (call.now, call.actor()?);
    let adds = call.method == "POST";
    if adds {
        desk.hub
            .add_assignees(now, actor, &place.name, n, &logins)?;
    } else {
        desk.hub
            .remove_assignees(now, actor, &place.name, n, &logins)?;
    }
    let body = desk
        .wire(call)
        .issue(desk.repo(place)?, desk.hub.issue_in(place.id, n)?);
    Ok(Answer::json(if adds { 201 } else { 200 }, &body))
}

fn lock(desk: &mut Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    let (now, actor) = (call.now, call.actor()?);
    if call.method == "PUT" {
        let reason = call.fields()?.plain("lock_reason")?;
        desk.hub
            .lock(now, actor, &place.name, n, reason.as_deref())?;
    } else {
        desk.hub.unlock(now, actor, &place.name, n)?;
    }
    Ok(Answer::no_content())
}

fn comments(desk: &Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    let since = call.time("since")?;
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let found: Vec<&Comment> = repo
        .comments
        .values()
        .filter(|comment| comment.number == n && since.is_none_or(|at| comment.updated_at >= at))
        .collect();
    Ok(page(call, &found, |comment| wire.comment(repo, comment)))
}

fn all_comments(desk: &Desk<'_>, call: &Call, place: &Place) -> Outcome {
    let since = call.param("since").and_then(parse_timestamp);
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let recent = |comment: &&Comment| since.is_none_or(|at| comment.updated_at >= at);
    let mut found: Vec<&Comment> = repo.comments.values().filter(recent).collect();
    // Without `sort` the service orders by id and ignores `direction`.
    if let Some(sort) = call.param("sort") {
        if sort == "updated" {
            found.sort_by_key(|comment| (comment.updated_at, comment.id));
        }
        if direction_or(call, Direction::Desc) == Direction::Desc {
            found.reverse();
        }
    }
    Ok(page(call, &found, |comment| wire.comment(repo, comment)))
}

fn comment(desk: &mut Desk<'_>, call: &Call, place: &Place, id: u64) -> Outcome {
    desk.hub.comment(place.id, id)?;
    match call.method.as_str() {
        "GET" => {}
        "PATCH" => {
            let body = call.fields()?.plain("body")?.unwrap_or_default();
            desk.hub
                .edit_comment(call.now, call.actor()?, &place.name, id, &body)?;
        }
        "DELETE" => {
            desk.hub
                .delete_comment(call.now, call.actor()?, &place.name, id)?;
            return Ok(Answer::no_content());
        }
        _ => return Err(Refusal::NotFound.into()),
    }
    Ok(Answer::ok(&shown_comment(desk, call, place, id)?))
}

fn shown_comment(
    desk: &Desk<'_>,
    call: &Call,
    place: &Place,
    id: u64,
) -> Result<serde_json::Value, Refusal> {
    Ok(desk
        .wire(call)
        .comment(desk.repo(place)?, desk.hub.comment(place.id, id)?))
}

/// Shows an issue the way search results do.
pub(super) fn with_score(
    desk: &Desk<'_>,
    call: &Call,
    found: (&Repo, &Issue),
) -> serde_json::Value {
    let mut body = desk.wire(call).issue(found.0, found.1);
    body["score"] = serde_json::json!(1.0);
    body
}
