//! The JSON of users, issues, labels, milestones, comments and events.

use serde_json::{Value, json};

use crate::sim::github::hub::Hub;
use crate::sim::github::ids::{node_id, timestamp};
use crate::sim::github::model::{
    AccountKind, Comment, EventKind, Issue, IssueEvent, Label, Milestone, Permission, Repo, State,
    StateReason, User,
};

/// What rendering needs: the model and the two addresses.
#[derive(Clone, Copy)]
pub(crate) struct Wire<'a> {
    pub(crate) hub: &'a Hub,
    /// Address of the API.
    pub(crate) base: &'a str,
    /// Address of the pages for people.
    pub(crate) html: &'a str,
}

/// Adds the members of one object to another.
pub(crate) fn extend(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

impl Wire<'_> {
    pub(crate) fn time(at: Option<i64>) -> Value {
        at.map_or(Value::Null, |at| json!(timestamp(at)))
    }

    pub(crate) fn repo_url(&self, repo: &Repo) -> String {
        format!("{}/repos/{}/{}", self.base, repo.owner, repo.name)
    }

    pub(crate) fn repo_html(&self, repo: &Repo) -> String {
        format!("{}/{}/{}", self.html, repo.owner, repo.name)
    }

    /// A user by login; null when the account is unknown.
    pub(crate) fn user(&self, login: &str) -> Value {
        self.hub
            .user(login)
            .map_or(Value::Null, |user| self.account(user))
    }

    fn account(&self, user: &User) -> Value {
        let (login, url) = (&user.login, format!("{}/users/{}", self.base, user.login));
        let kind = if user.kind == AccountKind::User {
            "User"
        } else {
            "Organization"
        };
        json!({
            "login": login, "id": user.id, "node_id": user.node_id,
            "avatar_url": format!("{}/{login}.png", self.html), "gravatar_id": "",
            "url": url, "html_url": format!("{}/{login}", self.html),
            "followers_url": format!("{url}/followers"),
            "following_url": format!("{url}/following{{/other_user}}"),
            "gists_url": format!("{url}/gists{{/gist_id}}"),
            "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
            "subscriptions_url": format!("{url}/subscriptions"),
            "organizations_url": format!("{url}/orgs"), "repos_url": format!("{url}/repos"),
            "events_url": format!("{url}/events{{/privacy}}"),
            "received_events_url": format!("{url}/received_events"),
            "type": kind, "user_view_type": "public", "site_admin": false,
        })
    }

    /// The longer form of `/user` and `/users/{login}`.
    pub(crate) fn profile(&self, user: &User) -> Value {
        let mut body = self.account(user);
        let owned = self
            .hub
            .repos()
            .filter(|repo| repo.owner == user.login && !repo.private);
        extend(
            &mut body,
            json!({
                "name": user.login, "company": null, "blog": "", "location": null, "email": null,
                "hireable": null, "bio": null, "twitter_username": null,
                "public_repos": owned.count(), "public_gists": 0, "followers": 0, "following": 0,
                "created_at": timestamp(user.created_at), "updated_at": timestamp(user.created_at),
            }),
        );
        body
    }

    pub(crate) fn label(&self, repo: &Repo, label: &Label) -> Value {
        let name =
            percent_encoding::utf8_percent_encode(&label.name, percent_encoding::NON_ALPHANUMERIC);
        json!({
            "id": label.id, "node_id": label.node_id,
            "url": format!("{}/labels/{name}", self.repo_url(repo)),
            "name": label.name, "color": label.color, "default": false,
            "description": label.description,
        })
    }

    pub(crate) fn milestone(&self, repo: &Repo, milestone: &Milestone) -> Value {
        let url = format!("{}/milestones/{}", self.repo_url(repo), milestone.number);
        let count = |state: State| {
            let of = |issue: &&Issue| issue.milestone == Some(milestone.number);
            repo.issues
                .values()
                .filter(of)
                .filter(|issue| issue.state == state)
                .count()
        };
        let closed = milestone.state == State::Closed;
        json!({
            "url": url, "labels_url": format!("{url}/labels"),
            "html_url": format!("{}/milestone/{}", self.repo_html(repo), milestone.number),
            "id": milestone.id, "node_id": milestone.node_id, "number": milestone.number,
            "title": milestone.title, "description": milestone.description,
            "creator": self.user(&milestone.creator),
            "open_issues": count(State::Open), "closed_issues": count(State::Closed),
            "state": milestone.state.as_str(), "created_at": timestamp(milestone.created_at),
            "updated_at": timestamp(milestone.updated_at), "due_on": Self::time(milestone.due_on),
            "closed_at": Self::time(closed.then_some(milestone.updated_at)),
        })
    }

    pub(crate) fn association(&self, repo: &Repo, login: &str) -> &'static str {
        if repo.owner.eq_ignore_ascii_case(login) {
            return "OWNER";
        }
        match self.hub.permission(Some(login), repo) {
            Some(Permission::Write | Permission::Admin) => "COLLABORATOR",
            _ => "NONE",
        }
    }

    /// The members that issues and pull requests share.
    pub(crate) fn common(&self, repo: &Repo, issue: &Issue) -> Value {
        let labels = issue.labels.iter().filter_map(|id| repo.labels.get(id));
        let milestone = issue
            .milestone
            .and_then(|number| repo.milestones.get(&number));
        let assignees: Vec<Value> = issue
            .assignees
            .iter()
            .map(|login| self.user(login))
            .collect();
        json!({
            "node_id": issue.node_id, "number": issue.number, "title": issue.title,
            "user": self.user(&issue.author), "state": issue.state.as_str(),
            "labels": labels.map(|label| self.label(repo, label)).collect::<Vec<_>>(),
            "milestone": milestone.map(|milestone| self.milestone(repo, milestone)),
            "locked": issue.locked, "active_lock_reason": issue.lock_reason,
            "assignee": assignees.first(), "assignees": assignees,
            "created_at": timestamp(issue.created_at), "updated_at": timestamp(issue.updated_at),
            "closed_at": Self::time(issue.closed_at), "body": issue.body,
            "author_association": self.association(repo, &issue.author),
        })
    }

    /// An issue (or a pull request seen as one) as lists and single answers show it.
    pub(crate) fn issue(&self, repo: &Repo, issue: &Issue) -> Value {
        let url = format!("{}/issues/{}", self.repo_url(repo), issue.number);
        let kind = if issue.pull.is_some() {
            "pull"
        } else {
            "issues"
        };
        let closed_by = issue.closed_by.as_deref().map(|login| self.user(login));
        let mut body = self.common(repo, issue);
        extend(
            &mut body,
            json!({
                "id": issue.id, "url": url, "repository_url": self.repo_url(repo),
                "labels_url": format!("{url}/labels{{/name}}"),
                "comments_url": format!("{url}/comments"), "events_url": format!("{url}/events"),
                "html_url": format!("{}/{kind}/{}", self.repo_html(repo), issue.number),
                "timeline_url": format!("{url}/timeline"), "comments": issue.comments,
                "state_reason": issue.state_reason.map(StateReason::as_str),
                "closed_by": closed_by, "performed_via_github_app": null,
                "reactions": Self::reactions(&url),
            }),
        );
        if issue.pull.is_none()
            && let Some(types) = self.hub.issue_types(repo)
        {
            body["type"] = json!(issue.kind.as_ref().map(|name| {
                let at = types
                    .iter()
                    .position(|one| one == name)
                    .unwrap_or(types.len());
                let id = at as u64 + 1;
                json!({
                    "id": id, "node_id": node_id("IT", id), "name": name, "description": null,
                    "color": "gray", "is_enabled": true,
                })
            }));
        }
        if let Some(pull) = &issue.pull {
            let api = format!("{}/pulls/{}", self.repo_url(repo), issue.number);
            let page = format!("{}/pull/{}", self.repo_html(repo), issue.number);
            body["draft"] = json!(pull.draft);
            body["pull_request"] = json!({
                "url": api, "html_url": page, "diff_url": format!("{page}.diff"),
                "patch_url": format!("{page}.patch"), "merged_at": Self::time(pull.merged_at),
            });
        }
        body
    }

    fn reactions(url: &str) -> Value {
        json!({
            "url": format!("{url}/reactions"), "total_count": 0, "+1": 0, "-1": 0, "laugh": 0,
            "hooray": 0, "confused": 0, "heart": 0, "rocket": 0, "eyes": 0,
        })
    }

    pub(crate) fn comment(&self, repo: &Repo, comment: &Comment) -> Value {
        let url = format!("{}/issues/comments/{}", self.repo_url(repo), comment.id);
        let page = format!("{}/issues/{}", self.repo_html(repo), comment.number);
        json!({
            "id": comment.id, "node_id": comment.node_id, "url": url,
            "html_url": format!("{page}#issuecomment-{}", comment.id), "body": comment.body,
            "user": self.user(&comment.author), "created_at": timestamp(comment.created_at),
            "updated_at": timestamp(comment.updated_at),
            "issue_url": format!("{}/issues/{}", self.repo_url(repo), comment.number),
            "author_association": self.association(repo, &comment.author),
            "performed_via_github_app": null, "reactions": Self::reactions(&url),
        })
    }

    /// One entry of an event list or timeline.
    pub(crate) fn event(&self, repo: &Repo, event: &IssueEvent) -> Value {
        let mut body = json!({
            "id": event.id, "node_id": node_id("EV", event.id),
            "url": format!("{}/issues/events/{}", self.repo_url(repo), event.id),
            "actor": self.user(&event.actor), "event": event.kind.as_str(), "commit_id": null,
            "commit_url": null, "created_at": timestamp(event.at),
            "performed_via_github_app": null,
        });
        extend(&mut body, self.event_details(repo, event));
        body
    }

    fn event_details(&self, repo: &Repo, event: &IssueEvent) -> Value {
        match &event.kind {
            EventKind::Labeled(name, color) | EventKind::Unlabeled(name, color) => {
                json!({ "label": { "name": name, "color": color } })
            }
            EventKind::Assigned(who) | EventKind::Unassigned(who) => {
                json!({ "assignee": self.user(who), "assigner": self.user(&event.actor) })
            }
            EventKind::Milestoned(title) | EventKind::Demilestoned(title) => {
                json!({ "milestone": { "title": title } })
            }
            EventKind::Renamed { from, to } => json!({ "rename": { "from": from, "to": to } }),
            EventKind::Closed(reason) => {
                json!({ "state_reason": reason.map(StateReason::as_str) })
            }
            EventKind::Merged(sha) => json!({
                "commit_id": sha, "commit_url": format!("{}/commits/{sha}", self.repo_url(repo)),
            }),
            EventKind::Locked => json!({ "lock_reason": null }),
            _ => json!({}),
        }
    }

    /// A comment as the timeline shows it.
    pub(crate) fn commented(&self, repo: &Repo, comment: &Comment) -> Value {
        let mut body = self.comment(repo, comment);
        extend(
            &mut body,
            json!({ "event": "commented", "actor": self.user(&comment.author) }),
        );
        body
    }
}
