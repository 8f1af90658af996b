//! Event lists and timelines of issues.

use super::{Desk, Place};
use crate::sim::github::http::answer::{Outcome, page};
use crate::sim::github::http::call::Call;
use crate::sim::github::http::wire::extend;
use crate::sim::github::model::{Comment, Issue, IssueEvent};

/// `/issues/{n}/events`: everything but comments, oldest first.
pub(super) fn of_issue(desk: &Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    let issue = desk.hub.issue_in(place.id, n)?;
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    Ok(page(call, &issue.events, |event| wire.event(repo, event)))
}

/// `/issues/events`: the events of all issues, newest first, each with its issue.
pub(super) fn of_repo(desk: &Desk<'_>, call: &Call, place: &Place) -> Outcome {
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let of = |issue| move |event| (issue, event);
    let mut all: Vec<(&Issue, &IssueEvent)> = repo
        .issues
        .values()
        .flat_map(|issue| issue.events.iter().map(of(issue)))
        .collect();
    all.sort_by_key(|(_, event)| std::cmp::Reverse(event.id));
    Ok(page(call, &all, |(issue, event)| {
        let mut body = wire.event(repo, event);
        extend(
            &mut body,
            serde_json::json!({ "issue": wire.issue(repo, issue) }),
        );
        body
    }))
}

/// `/issues/{n}/timeline`: events and comments, oldest first.
pub(super) fn timeline(desk: &Desk<'_>, call: &Call, place: &Place, n: u64) -> Outcome {
    enum Entry<'a> {
        Event(&'a IssueEvent),
        Comment(&'a Comment),
    }
    let issue = desk.hub.issue_in(place.id, n)?;
    let (repo, wire) = (desk.repo(place)?, desk.wire(call));
    let comments = repo.comments.values().filter(|comment| comment.number == n);
    let mut all: Vec<(i64, u64, Entry<'_>)> = issue
        .events
        .iter()
        .map(|event| (event.at, event.id, Entry::Event(event)))
        .chain(comments.map(|comment| (comment.created_at, comment.id, Entry::Comment(comment))))
        .collect();
    all.sort_by_key(|(at, id, _)| (*at, *id));
    Ok(page(call, &all, |(_, _, entry)| match entry {
        Entry::Event(event) => wire.event(repo, event),
        Entry::Comment(comment) => wire.commented(repo, comment),
    }))
}
