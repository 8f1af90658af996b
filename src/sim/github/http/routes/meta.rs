//! Labels, milestones, assignees and permissions of a repository.

use serde_json::json;

use super::issues::direction_or;
use super::{Desk, Place, number, permission_word};
use crate::sim::github::http::answer::{Answer, Failure, Outcome, page};
use crate::sim::github::http::call::{Call, Fields};
use crate::sim::github::ids::parse_timestamp;
use crate::sim::github::labels::LabelEdit;
use crate::sim::github::milestones::MilestoneEdit;
use crate::sim::github::model::{Login, Milestone, State};
use crate::sim::github::query::Direction;
use crate::sim::github::refusal::Refusal;

pub(super) fn route(desk: &mut Desk<'_>, call: &Call, place: &Place, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", ["labels"]) => {
            let (repo, wire) = (desk.repo(place)?, desk.wire(call));
            let all: Vec<_> = repo.labels.values().collect();
            Ok(page(call, &all, |label| wire.label(repo, label)))
        }
        ("POST", ["labels"]) => {
            let edit = label_edit(&call.fields()?, "name")?;
            let name = edit.name.clone().unwrap_or_default();
            desk.hub
                .create_label(call.now, call.actor()?, &place.name, edit)?;
            let answer = label(desk, call, place, &name)?;
            Ok(Answer::created(&answer))
        }
        (_, ["labels", name]) => one_label(desk, call, place, name),
        ("GET", ["milestones"]) => milestones(desk, call, place),
        ("POST", ["milestones"]) => {
            let edit = milestone_edit(&call.fields()?)?;
            let made = desk
                .hub
                .create_milestone(call.now, call.actor()?, &place.name, edit)?;
            let n = made.number;
            Ok(Answer::created(&milestone(desk, call, place, n)?))
        }
        ("GET", ["milestones", n]) => Ok(Answer::ok(&milestone(desk, call, place, number(n)?)?)),
        ("PATCH", ["milestones", n]) => {
            let (n, edit) = (number(n)?, milestone_edit(&call.fields()?)?);
            desk.hub
                .edit_milestone(call.now, call.actor()?, &place.name, n, edit)?;
            Ok(Answer::ok(&milestone(desk, call, place, n)?))
        }
        ("GET", ["assignees"]) => {
            let repo = desk.repo(place)?;
            let all: Vec<&Login> = std::iter::once(&repo.owner)
                .chain(repo.collaborators.keys())
                .collect();
            Ok(page(call, &all, |login| desk.wire(call).user(login)))
        }
        ("GET", ["assignees", login]) => {
            desk.repo(place)?
                .assignable(login)
                .ok_or(Refusal::NotFound)?;
            Ok(Answer::no_content())
        }
        ("GET", ["collaborators", login, "permission"]) => permission(desk, call, place, login),
        _ => Err(Refusal::NotFound.into()),
    }
}

fn permission(desk: &Desk<'_>, call: &Call, place: &Place, login: &str) -> Outcome {
    let user = desk.hub.user(login).ok_or(Refusal::NotFound)?;
    let word = permission_word(desk.hub.permission(Some(login), desk.repo(place)?));
    let mut shown = desk.wire(call).user(&user.login);
    shown["role_name"] = json!(word);
    let body = json!({ "permission": word, "role_name": word, "user": shown });
    Ok(Answer::ok(&body))
}

fn label(
    desk: &Desk<'_>,
    call: &Call,
    place: &Place,
    name: &str,
) -> Result<serde_json::Value, Refusal> {
    let repo = desk.repo(place)?;
    let label = repo.label(name).ok_or(Refusal::NotFound)?;
    Ok(desk.wire(call).label(repo, label))
}

fn one_label(desk: &mut Desk<'_>, call: &Call, place: &Place, name: &str) -> Outcome {
    match call.method.as_str() {
        "GET" => Ok(Answer::ok(&label(desk, call, place, name)?)),
        "PATCH" => {
            let edit = label_edit(&call.fields()?, "new_name")?;
            let made = desk
                .hub
                .edit_label(call.now, call.actor()?, &place.name, name, edit)?;
            let name = made.name.clone();
            Ok(Answer::ok(&label(desk, call, place, &name)?))
        }
        "DELETE" => {
            desk.hub
                .delete_label(call.now, call.actor()?, &place.name, name)?;
            Ok(Answer::no_content())
        }
        _ => Err(Refusal::NotFound.into()),
    }
}

fn label_edit(fields: &Fields, name: &str) -> Result<LabelEdit, Failure> {
    Ok(LabelEdit {
        name: fields.plain(name)?,
        color: fields.plain("color")?,
        description: fields.plain("description")?,
    })
}

fn milestone(
    desk: &Desk<'_>,
    call: &Call,
    place: &Place,
    n: u64,
) -> Result<serde_json::Value, Refusal> {
    let repo = desk.repo(place)?;
    let milestone = repo.milestones.get(&n).ok_or(Refusal::NotFound)?;
    Ok(desk.wire(call).milestone(repo, milestone))
}

fn milestones(desk: &Desk<'_>, call: &Call, place: &Place) -> Outcome {
    let state = super::issues::state_param(call)?;
    let repo = desk.repo(place)?;
    let wanted = |milestone: &&Milestone| state.is_none_or(|state| milestone.state == state);
    let mut found: Vec<&Milestone> = repo.milestones.values().filter(wanted).collect();
    // By due day, those without one last.
    found.sort_by_key(|milestone| {
        (
            milestone.due_on.is_none(),
            milestone.due_on,
            milestone.number,
        )
    });
    if direction_or(call, Direction::Asc) == Direction::Desc {
        found.reverse();
    }
    let wire = desk.wire(call);
    Ok(page(call, &found, |milestone| {
        wire.milestone(repo, milestone)
    }))
}

fn milestone_edit(fields: &Fields) -> Result<MilestoneEdit, Failure> {
    let invalid = |field| Refusal::field("Milestone", field, "invalid");
    let due_on = match fields.plain("due_on")? {
        None => None,
        Some(text) => Some(parse_timestamp(&text).ok_or_else(|| invalid("due_on"))?),
    };
    let state = match fields.plain("state")? {
        None => None,
        Some(text) => Some(State::parse(&text).ok_or_else(|| invalid("state"))?),
    };
    let (title, description) = (fields.plain("title")?, fields.plain("description")?);
    Ok(MilestoneEdit {
        title,
        description,
        due_on,
        state,
    })
}
