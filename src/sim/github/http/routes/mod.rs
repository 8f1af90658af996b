//! Which route answers what.

mod code;
mod events;
mod issues;
mod meta;
mod pulls;
mod search;

use serde_json::json;

use super::answer::{Answer, Outcome, page};
use super::call::Call;
use super::wire::Wire;
use crate::sim::github::hub::Hub;
use crate::sim::github::model::{Permission, Repo, RepoId};
use crate::sim::github::refusal::Refusal;

/// What the routes work on.
pub(crate) struct Desk<'a> {
    pub(crate) hub: &'a mut Hub,
    pub(crate) html: &'a str,
}

/// The repository a route is about: its id and present name.
pub(crate) struct Place {
    pub(crate) id: RepoId,
    pub(crate) name: String,
}

impl Desk<'_> {
    pub(crate) fn wire<'a>(&'a self, call: &'a Call) -> Wire<'a> {
        Wire {
            hub: self.hub,
            base: &call.base,
            html: self.html,
        }
    }

    pub(crate) fn repo(&self, place: &Place) -> Result<&Repo, Refusal> {
        self.hub.repo_by_id(place.id).ok_or(Refusal::NotFound)
    }
}

/// Answers a request.
pub(crate) fn dispatch(desk: &mut Desk<'_>, call: &Call) -> Outcome {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", []) => Ok(Answer::ok(
            &json!({ "current_user_url": format!("{}/user", call.base) }),
        )),
        ("GET", ["user"]) => viewer(desk, call),
        ("GET", ["user", "repos"]) => {
            let me = call.actor()?.to_owned();
            // Without `affiliation` and `type` everything the caller takes part in.
            let kinds = call
                .param("affiliation")
                .or(call.param("type"))
                .unwrap_or("all");
            let wants = |kind: &str| {
                kinds
                    .split(',')
                    .any(|found| found == kind || found == "all")
            };
            let (owned, shared) = (wants("owner"), wants("collaborator") || wants("member"));
            let listed = |repo: &Repo| {
                let mine = repo.owner.eq_ignore_ascii_case(&me);
                let member = repo
                    .collaborators
                    .keys()
                    .any(|who| who.eq_ignore_ascii_case(&me));
                (mine && owned) || (!mine && member && shared)
            };
            Ok(repos(desk, call, listed))
        }
        ("GET", ["users", login]) => {
            let user = desk.hub.user(login).ok_or(Refusal::NotFound)?;
            Ok(Answer::ok(&desk.wire(call).profile(user)))
        }
        ("GET", [kind @ ("users" | "orgs"), login, "repos"]) => {
            desk.hub.user(login).ok_or(Refusal::NotFound)?;
            // Below `/users` only public repositories are listed, even one's own.
            let listed = |repo: &Repo| *kind == "orgs" || !repo.private;
            let theirs = |repo: &Repo| repo.owner.eq_ignore_ascii_case(login);
            Ok(repos(desk, call, |repo| listed(repo) && theirs(repo)))
        }
        ("GET", ["search", "issues"]) => search::issues(desk, call),
        (_, ["repos", owner, name, rest @ ..]) => {
            let id = desk.hub.resolve(&format!("{owner}/{name}"))?;
            in_repo(desk, call, id, rest)
        }
        (_, ["repositories", id, rest @ ..]) => {
            let id = id.parse().map_err(|_not_a_number| Refusal::NotFound)?;
            in_repo(desk, call, id, rest)
        }
        _ => Err(Refusal::NotFound.into()),
    }
}

fn viewer(desk: &Desk<'_>, call: &Call) -> Outcome {
    let user = desk.hub.user(call.actor()?).ok_or(Refusal::NotFound)?;
    let mut body = desk.wire(call).profile(user);
    super::wire::extend(
        &mut body,
        json!({
            "private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0,
            "disk_usage": 0, "collaborators": 0, "two_factor_authentication": true,
        }),
    );
    Ok(Answer::ok(&body))
}

/// Lists the repositories the caller may see, by name unless `sort` says otherwise.
fn repos(desk: &Desk<'_>, call: &Call, wanted: impl Fn(&Repo) -> bool) -> Answer {
    let actor = call.actor.as_deref();
    let seen = |repo: &&Repo| desk.hub.permission(actor, repo).is_some();
    let mut found: Vec<&Repo> = desk
        .hub
        .repos()
        .filter(seen)
        .filter(|repo| wanted(repo))
        .collect();
    let sort = call.param("sort").unwrap_or("full_name");
    match sort {
        "created" => found.sort_by_key(|repo| repo.created_at),
        "updated" => found.sort_by_key(|repo| repo.updated_at),
        "pushed" => found.sort_by_key(|repo| repo.pushed_at),
        _ => found.sort_by_key(|repo| repo.full_name().to_lowercase()),
    }
    let default = if sort == "full_name" { "asc" } else { "desc" };
    if call.param("direction").unwrap_or(default) == "desc" {
        found.reverse();
    }
    page(call, &found, |repo| desk.wire(call).repo(repo, actor))
}

fn in_repo(desk: &mut Desk<'_>, call: &Call, id: RepoId, rest: &[&str]) -> Outcome {
    let repo = desk.hub.repo_by_id(id).ok_or(Refusal::NotFound)?;
    desk.hub
        .permission(call.actor.as_deref(), repo)
        .ok_or(Refusal::NotFound)?;
    let place = Place {
        id,
        name: repo.full_name(),
    };
    if call.writes() {
        call.actor()?;
    }
    match rest {
        [] if call.method == "GET" => {
            let actor = call.actor.as_deref();
            let repo = desk.repo(&place)?;
            let body = desk.wire(call).full_repo(repo, actor);
            Ok(Answer::ok(&body).modified(repo.updated_at))
        }
        ["issues", rest @ ..] => issues::route(desk, call, &place, rest),
        ["pulls", rest @ ..] => pulls::route(desk, call, &place, rest),
        ["labels" | "milestones" | "assignees" | "collaborators", ..] => {
            meta::route(desk, call, &place, rest)
        }
        ["commits" | "compare" | "branches" | "git" | "contents", ..] => {
            code::route(desk, call, &place, rest)
        }
        _ => Err(Refusal::NotFound.into()),
    }
}

/// Says what a user may do, as `/collaborators/{user}/permission` spells it.
pub(crate) fn permission_word(permission: Option<Permission>) -> &'static str {
    match permission {
        Some(Permission::Admin) => "admin",
        Some(Permission::Write) => "write",
        Some(Permission::Read) => "read",
        None => "none",
    }
}

/// Reads a number in a path; anything else is 404.
pub(crate) fn number(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_not_a_number| Refusal::NotFound)
}
