//! `/repos/{owner}/{repo}/pulls` and what lies below it.

use serde_json::json;

use super::issues::{content, direction_or, state_param};
use super::{Desk, Place, number};
use crate::sim::github::http::answer::{Answer, Outcome, page};
use crate::sim::github::http::call::Call;
use crate::sim::github::model::{Commit, Issue};
use crate::sim::github::pulls::NewPull;
use crate::sim::github::query::{Direction, IssueQuery, Sort};
use crate::sim::github::refusal::Refusal;

pub(super) fn route(desk: &mut Desk<'_>, call: &Call, place: &Place, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(desk, call, place),
        ("POST", []) => create(desk, call, place),
        ("GET", [n]) => show(desk, call, place, number(n)?),
        ("PATCH", [n]) => edit(desk, call, place, number(n)?),
        ("GET", [n, "commits"]) => commits(desk, call, place, number(n)?),
        ("POST" | "DELETE", [n, "requested_reviewers"]) => reviewers(desk, call, place, number(n)?),
        ("PUT", [n, "merge"]) => merge(desk, call, place, number(n)?),
        _ => Err(Refusal::NotFound.into()),
    }
}

fn list(desk: &Desk<'_>, call: &Call, place: &Place) -> Outcome {
    let sort = match call.param("sort") {
        Some("updated") => Sort::Updated,
        Some("popularity") => Sort::Comments,
        _ => Sort::Created,
    };
    // Unlike issues: ascending unless sorted by creation ("List pull requests" in GitHub's docs).
    let plain = matches!(call.param("sort"), None | Some("created"));
    let default = if plain {
        Direction::Desc
    } else {
        Direction::Asc
    };
    let query = IssueQuery {
        state: state_param(call)?,
        sort,
        direction: direction_or(call, default),
        pulls: Some(true),
        head: call.param("head").map(str::to_owned),
        base: call.param("base").map(str::to_owned),
        ..IssueQuery::default()
    };
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let found = repo.list_issues(&query);
    Ok(page(call, &found, |issue| {
        wire.pull(repo, issue, call.actor.as_deref())
    }))
}

/// Finds a pull request; an issue by that number is 404 here.
fn find<'a>(desk: &'a Desk<'_>, place: &Place, n: u64) -> Result<&'a Issue, Refusal> {
    let repo = desk.repo(place)?;
    repo.issues
        .get(&n)
        .filter(|issue| issue.pull.is_some())
        .ok_or(Refusal::NotFound)
}

fn show(desk: &Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    let issue = find(desk, place, n)?;
    let body = desk
        .wire(call)
        .full_pull(desk.repo(place)?, issue, call.actor.as_deref());
    Ok(Answer::ok(&body).modified(issue.updated_at))
}

fn create(desk: &mut Desk<'_>, call: &Call, place: &Place) -> Outcome {
    let fields = call.fields()?;
    let new = NewPull {
        title: fields.plain("title")?.unwrap_or_default(),
        body: fields.plain("body")?,
        head: fields.plain("head")?.unwrap_or_default(),
        base: fields.plain("base")?.unwrap_or_default(),
        draft: fields.flag("draft"),
    };
    let n = desk
        .hub
        .open_pull(call.now, call.actor()?, &place.name, new)?
        .number;
    let issue = find(desk, place, n)?;
    let body = desk
        .wire(call)
        .full_pull(desk.repo(place)?, issue, call.actor.as_deref());
    Ok(Answer::created(&body))
}

fn edit(desk: &mut Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    find(desk, place, n)?;
    let fields = call.fields()?;
    let edit = content(&fields, "PullRequest")?;
    let base = fields.plain("base")?;
    desk.hub
        .edit_issue(call.now, call.actor()?, &place.name, n, edit)?;
    if let Some(base) = base {
        desk.hub
            .set_base(call.now, call.actor()?, &place.name, n, &base)?;
    }
    show(desk, call, place, n)
}

fn commits(desk: &Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    let issue = find(desk, place, n)?;
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let shas = issue.pull.iter().flat_map(|pull| &pull.commits);
    let all: Vec<&Commit> = shas.filter_map(|sha| repo.commits.get(sha)).collect();
    Ok(page(call, &all, |commit| wire.commit(repo, commit)))
}

/// Asks the named people for a review besides those who were, or no longer.
fn reviewers(desk: &mut Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    let issue = find(desk, place, n)?;
    let named = call.fields()?.names("reviewers")?.unwrap_or_default();
    let asked = issue.pull.iter().flat_map(|pull| &pull.reviewers);
    let is_named = |login: &str| named.iter().any(|name| name.eq_ignore_ascii_case(login));
    let mut wanted: Vec<String> = asked
        .filter(|login| !is_named(login))
        .map(ToString::to_string)
        .collect();
    let adds = call.method == "POST";
    if adds {
        wanted.extend(named);
    }
    desk.hub
        .set_reviewers(call.now, call.actor()?, &place.name, n, &wanted)?;
    let issue = find(desk, place, n)?;
    let body = desk
        .wire(call)
        .pull(desk.repo(place)?, issue, call.actor.as_deref());
    Ok(if adds {
        Answer::created(&body)
    } else {
        Answer::ok(&body)
    })
}

fn merge(desk: &mut Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    find(desk, place, n)?;
    let expected = call.fields()?.plain("sha")?;
    let actor = call.actor()?;
    let sha = desk
        .hub
        .merge_pull(call.now, actor, &place.name, n, expected.as_deref())?;
    let message = "Pull Request successfully merged";
    Ok(Answer::ok(
        &json!({ "sha": sha, "merged": true, "message": message }),
    ))
}
