//! What people do with code on GitHub: commits, force-pushes, pull requests; and what GitHub shows of a commit.

use std::rc::Rc;

use super::github::{Commit, NewCommit, NewPull, Repo, Rewrite, Size, State, timestamp};
use super::github::{IssueEdit, Review};
use super::views;
use super::world::{Author, PERSON, REPOS, World};
use crate::core::{FieldKey, Kind, Life, ObjectId, Observation, Side, Stamp, Time, Value};

/// The branch whose commits are kept in step.
const MAIN: &str = "main";

/// Somebody works on the code of a repository.
pub fn act(world: &mut World, repo: &'static str) {
    let kind = match world.rng.u32(0..10) {
        0..=3 => push(world, repo, MAIN),
        4..=6 => force_push(world, repo),
        _ => open_pull(world, repo),
    };
    if let Some(kind) = kind {
        settle(world, kind);
    }
}

/// Somebody merges, closes, opens again or reviews a pull request.
pub fn handle(world: &mut World, repo: &str, number: u64) -> Option<&'static str> {
    let now = world.now;
    let issue = world.hub.issue(repo, number).ok()?;
    let (open, draft) = (issue.state == State::Open, issue.pull.as_ref()?.draft);
    let hub = &mut world.hub;
    let kind = match world.rng.u32(0..4) {
        0 => hub
            .merge_pull(now, PERSON, repo, number, None)
            .ok()
            .map(|_| "merge"),
        1 => hub
            .set_draft(now, PERSON, repo, number, !draft)
            .ok()
            .map(|()| "draft"),
        2 => hub
            .set_review(now, PERSON, repo, number, Some(Review::Approved))
            .ok()
            .map(|()| "review"),
        _ => {
            let edit = IssueEdit {
                state: Some(if open { State::Closed } else { State::Open }),
                ..IssueEdit::default()
            };
            let done = hub.edit_issue(now, PERSON, repo, number, edit);
            done.ok().map(|_| "close pull request")
        }
    };
    if kind.is_some() {
        note_all(world);
    }
    kind
}

fn new_commit(world: &mut World) -> NewCommit {
    NewCommit {
        message: world.fresh("commit "),
        size: Size::default(),
    }
}

fn push(world: &mut World, repo: &str, branch: &str) -> Option<&'static str> {
    let new = new_commit(world);
    let now = world.now;
    let done = world.hub.push_commit(now, PERSON, repo, branch, new);
    done.ok().map(|_| "push")
}

/// The last commits of the branch leave it, perhaps with another one in their place; or the branch goes back to where
/// it was once, and commits that had left return.
fn force_push(world: &mut World, repo: &str) -> Option<&'static str> {
    let now = world.now;
    let known = world.hub.repo(repo).ok()?;
    let shas: Vec<String> = known.commits.keys().cloned().collect();
    let kept = known.branches.get(MAIN)?.len();
    if !shas.is_empty() && world.chance(300) {
        let at = world.rng.usize(0..shas.len());
        let done = world.hub.reset_branch(now, PERSON, repo, MAIN, &shas[at]);
        return done.ok().map(|()| "reset");
    }
    let rewrite = Rewrite {
        keep: kept.saturating_sub(1 + world.rng.usize(0..2)),
        commits: vec![new_commit(world)],
    };
    let done = world.hub.force_push(now, PERSON, repo, MAIN, rewrite);
    done.ok().map(|()| "force-push")
}

fn open_pull(world: &mut World, repo: &str) -> Option<&'static str> {
    if !world.hub.repo(repo).ok()?.branches.contains_key(MAIN) {
        push(world, repo, MAIN)?;
    }
    let head = world.fresh("branch-");
    push(world, repo, &head)?;
    let new = NewPull {
        title: world.fresh("pull "),
        body: Some(format!("- {} said", world.fresh("w"))),
        head,
        base: MAIN.to_owned(),
        draft: world.rng.u32(0..4) == 0,
    };
    let now = world.now;
    let made = world.hub.open_pull(now, PERSON, repo, new);
    let node = made.ok()?.node_id.clone();
    world.note(Side::Github, &node, Author::Human);
    Some("open pull request")
}

fn settle(world: &mut World, kind: &'static str) {
    world.figures.edit(kind);
    world.event("human", kind, |_| String::new());
    note_all(world);
}

/// A push may change much: the branch's commits, pull requests from it, issues that a merge closes.
fn note_all(world: &mut World) {
    for repo in REPOS {
        let shas = world.hub.repo(repo).ok();
        let shas = shas.and_then(|repo| repo.branches.get(MAIN).cloned());
        for sha in shas.unwrap_or_default() {
            world.note(Side::Github, &format!("{repo}@{sha}"), Author::Human);
        }
    }
    for node in world.nodes(Side::Github) {
        world.note(Side::Github, &node, Author::Human);
    }
}

/// What a read made now shows of a commit.
pub fn show(world: &World, node: &str) -> Option<Observation> {
    let (name, sha) = node.rsplit_once('@')?;
    let repo = world.hub.repo(name).ok()?;
    let commit = repo.commits.get(sha)?;
    Some(commit_view(name, repo, commit))
}

fn commit_view(name: &str, repo: &Repo, commit: &Commit) -> Observation {
    let node = format!("{name}@{}", commit.sha);
    let id = ObjectId {
        locator: node.clone(),
        node,
    };
    let mut seen = views::bare(Side::Github, Kind::Commit, id, Life::Live);
    let on_main = repo.branches.get(MAIN);
    let is_orphaned = !on_main.is_some_and(|shas| shas.contains(&commit.sha));
    let title = commit.message.lines().next().unwrap_or_default();
    let fields = [
        ("node", Value::text(seen.id.node.clone())),
        ("kind", Value::text(Kind::Commit.name())),
        ("title", Value::text(title)),
        ("body", Value::text("")),
        ("repository", Value::text(name)),
        ("sha", Value::text(commit.sha.clone())),
        ("author", Value::text(commit.author.to_string())),
        ("committed", Value::text(timestamp(commit.committed_at))),
        ("verified", Value::Bool(false)),
        ("orphaned", Value::Bool(is_orphaned)),
    ];
    let fields = fields.map(|(key, value)| (FieldKey(key.into()), value));
    seen.fields.extend(fields);
    seen.stamp = Some(Stamp {
        at: Time(commit.committed_at),
        by: None,
        by_us: false,
        settled: true,
    });
    seen.created = Some(Time(commit.committed_at));
    seen.raw_body = Some(commit.message.clone());
    seen
}

/// Whether a commit has left the branch.
pub fn is_orphaned(seen: &Rc<Observation>) -> bool {
    seen.field(&FieldKey::ORPHANED) == Some(&Value::Bool(true))
}
