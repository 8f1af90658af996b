//! Commits, branches, refs and file contents: as much of git as issues and pulls need.

use serde_json::json;

use super::{Desk, Place};
use crate::sim::github::commits::{CommitQuery, NewCommit};
use crate::sim::github::http::answer::{Answer, Failure, Outcome, page};
use crate::sim::github::http::call::Call;
use crate::sim::github::model::{Commit, Repo, Size};
use crate::sim::github::refusal::Refusal;

pub(super) fn route(desk: &mut Desk<'_>, call: &Call, place: &Place, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", ["commits"]) => commits(desk, call, place),
        ("GET", ["commits", from @ ..]) => commit(desk, call, place, &from.join("/")),
        ("GET", ["compare", both @ ..]) => compare(desk, call, place, &both.join("/")),
        ("GET", ["branches"]) => {
            let (repo, url) = (
                desk.repo(place)?,
                desk.wire(call).repo_url(desk.repo(place)?),
            );
            let all: Vec<_> = repo.branches.iter().collect();
            Ok(page(call, &all, |(name, shas)| {
                let sha = shas.last().cloned().unwrap_or_default();
                let commit = json!({ "sha": sha, "url": format!("{url}/commits/{sha}") });
                json!({ "name": name, "commit": commit, "protected": false })
            }))
        }
        ("GET", ["git", "ref" | "refs", "heads", name @ ..]) => {
            Ok(Answer::ok(&git_ref(desk, call, place, &name.join("/"))?))
        }
        ("POST", ["git", "refs"]) => create_ref(desk, call, place),
        ("PUT", ["contents", path @ ..]) => put_contents(desk, call, place, &path.join("/")),
        _ => Err(Refusal::NotFound.into()),
    }
}

fn commits(desk: &Desk<'_>, call: &Call, place: &Place) -> Outcome {
    let query = CommitQuery {
        from: call.param("sha").map(str::to_owned),
        since: call.time("since")?,
        until: call.time("until")?,
        author: call.param("author").map(str::to_owned),
    };
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let found: Vec<&Commit> = repo.list_commits(&query)?;
    Ok(page(call, &found, |commit| wire.commit(repo, commit)))
}

fn commit(desk: &Desk<'_>, call: &Call, place: &Place, from: &str) -> Outcome {
    let query = CommitQuery {
        from: Some(from.to_owned()),
        ..CommitQuery::default()
    };
    let repo = desk.repo(place)?;
    let newest = match repo.list_commits(&query) {
        Err(Refusal::NotFound) => {
            let message = format!("No commit found for SHA: {from}");
            return Err(Refusal::Invalid {
                message,
                errors: Vec::new(),
            }
            .into());
        }
        found => found?.into_iter().next().ok_or(Refusal::NotFound)?,
    };
    let body = desk.wire(call).full_commit(repo, newest);
    Ok(Answer::ok(&body).modified(newest.committed_at))
}

/// `BASE...HEAD`: how the head stands to the base. Without the commits and files between them.
fn compare(desk: &Desk<'_>, call: &Call, place: &Place, both: &str) -> Outcome {
    let (base, head) = both.split_once("...").ok_or(Refusal::NotFound)?;
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let line = |name: &str| {
        let name = if name == "HEAD" {
            &repo.default_branch
        } else {
            name
        };
        let branch = repo.branches.get(name).cloned();
        branch
            .filter(|shas| !shas.is_empty())
            .or_else(|| repo.history(name))
            .ok_or(Refusal::NotFound)
    };
    let (base, head) = (line(base)?, line(head)?);
    let (first, last) = (tip(repo, &base)?, tip(repo, &head)?);
    let shared = base.iter().zip(&head).take_while(|(a, b)| a == b).count();
    let merge_base = shared
        .checked_sub(1)
        .and_then(|at| repo.commits.get(&base[at]));
    let Some(merge_base) = merge_base else {
        let message = format!("No common ancestor between {both}.");
        return Ok(Answer::error(404, &message));
    };
    let (behind, ahead) = (base.len() - shared, head.len() - shared);
    let status = match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let page = format!("{}/compare/{both}", wire.repo_html(repo));
    let owner = &repo.owner;
    let lasting = format!(
        "{}/compare/{owner}:{}...{owner}:{}",
        wire.repo_html(repo),
        first.sha,
        last.sha
    );
    Ok(Answer::ok(&json!({
        "url": format!("{}/compare/{both}", wire.repo_url(repo)),
        "html_url": page, "permalink_url": lasting,
        "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"),
        "base_commit": wire.commit(repo, first),
        "merge_base_commit": wire.commit(repo, merge_base),
        "status": status, "ahead_by": ahead, "behind_by": behind, "total_commits": ahead,
        "commits": [], "files": [],
    })))
}

/// The newest commit of a line.
fn tip<'a>(repo: &'a Repo, line: &[String]) -> Result<&'a Commit, Refusal> {
    let newest = line.last().and_then(|sha| repo.commits.get(sha));
    newest.ok_or(Refusal::NotFound)
}

fn git_ref(
    desk: &Desk<'_>,
    call: &Call,
    place: &Place,
    name: &str,
) -> Result<serde_json::Value, Refusal> {
    let repo = desk.repo(place)?;
    let sha = repo
        .branches
        .get(name)
        .and_then(|shas| shas.last())
        .ok_or(Refusal::NotFound)?;
    let url = desk.wire(call).repo_url(repo);
    Ok(json!({
        "ref": format!("refs/heads/{name}"), "node_id": format!("REF_{sha}"),
        "url": format!("{url}/git/refs/heads/{name}"),
        "object": { "type": "commit", "sha": sha, "url": format!("{url}/git/commits/{sha}") },
    }))
}

fn create_ref(desk: &mut Desk<'_>, call: &Call, place: &Place) -> Outcome {
    let fields = call.fields()?;
    let full = fields.plain("ref")?.unwrap_or_default();
    let sha = fields.plain("sha")?.unwrap_or_default();
    let Some(name) = full
        .strip_prefix("refs/heads/")
        .filter(|name| !name.is_empty())
    else {
        let message = "Reference name must start with 'refs/heads/'.".to_owned();
        return Err(Refusal::Invalid {
            message,
            errors: Vec::new(),
        }
        .into());
    };
    desk.hub
        .create_branch(call.now, call.actor()?, &place.name, name, &sha)?;
    Ok(Answer::created(&git_ref(desk, call, place, name)?))
}

/// Writes a file, which here is no more than a commit of one changed file.
fn put_contents(desk: &mut Desk<'_>, call: &Call, place: &Place, path: &str) -> Outcome {
    let fields = call.fields()?;
    let required = |name: &'static str| -> Result<String, Failure> {
        let given = fields.plain(name)?;
        Ok(given.ok_or_else(|| Refusal::field("Commit", name, "missing_field"))?)
    };
    let (message, content) = (required("message")?, required("content")?);
    let default = desk.repo(place)?.default_branch.clone();
    let branch = fields.plain("branch")?.unwrap_or(default);
    let new = NewCommit {
        message,
        size: Size {
            additions: 1,
            deletions: 0,
            files: 1,
        },
    };
    let sha = desk
        .hub
        .push_commit(call.now, call.actor()?, &place.name, &branch, new)?;
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let commit = repo.commits.get(&sha).ok_or(Refusal::NotFound)?;
    let (api, page) = (wire.repo_url(repo), wire.repo_html(repo));
    let (url, html) = (
        format!("{api}/contents/{path}?ref={branch}"),
        format!("{page}/blob/{branch}/{path}"),
    );
    let git = format!("{api}/git/blobs/{sha}");
    let shown = wire.commit(repo, commit);
    let body = json!({
        "content": {
            "name": path.rsplit('/').next(), "path": path, "sha": sha, "type": "file",
            // Base64 spends four characters on three bytes.
            "size": content.trim_end_matches('=').len() * 3 / 4,
            "url": url, "html_url": html, "git_url": git, "download_url": html,
            "_links": { "self": url, "git": git, "html": html },
        },
        "commit": {
            "sha": sha, "node_id": commit.node_id, "url": shown["commit"]["url"],
            "html_url": shown["html_url"], "author": shown["commit"]["author"],
            "committer": shown["commit"]["committer"], "message": commit.message,
            "tree": shown["commit"]["tree"], "parents": shown["parents"],
            "verification": shown["commit"]["verification"],
        },
    });
    Ok(Answer::json(201, &body))
}
