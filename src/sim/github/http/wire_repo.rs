//! The JSON of repositories, commits and pull requests.

use serde_json::{Map, Value, json};

use super::wire::{Wire, extend};
use crate::sim::github::ids::timestamp;
use crate::sim::github::model::{AccountKind, Commit, Issue, Permission, Pull, Repo, State};

/// The addresses below a repository's own, with GitHub's URI templates.
const REPO_URLS: [(&str, &str); 37] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    (
        "notifications_url",
        "/notifications{?since,all,participating}",
    ),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

impl Wire<'_> {
    /// A repository as lists show it.
    pub(crate) fn repo(&self, repo: &Repo, viewer: Option<&str>) -> Value {
        let url = self.repo_url(repo);
        let urls = REPO_URLS.iter().map(|(key, tail)| {
            let value = format!("{url}{tail}");
            ((*key).to_owned(), json!(value))
        });
        let mut body = Value::Object(urls.collect::<Map<_, _>>());
        extend(&mut body, self.repo_settings(repo, viewer));
        extend(&mut body, Self::repo_counts(repo));
        body
    }

    fn repo_settings(&self, repo: &Repo, viewer: Option<&str>) -> Value {
        let page = self.repo_html(repo);
        json!({
            "id": repo.id, "node_id": repo.node_id, "name": repo.name,
            "full_name": repo.full_name(), "owner": self.user(&repo.owner),
            "private": repo.private, "fork": repo.fork, "archived": repo.archived,
            "visibility": if repo.private { "private" } else { "public" },
            "default_branch": repo.default_branch, "description": null, "homepage": null,
            "html_url": page, "clone_url": format!("{page}.git"), "git_url": format!("{page}.git"),
            "ssh_url": format!("{page}.git"), "svn_url": page, "mirror_url": null,
            "language": null, "license": null, "topics": [], "disabled": false,
            "is_template": false, "allow_forking": true, "web_commit_signoff_required": false,
            "permissions": self.permissions(repo, viewer),
        })
    }

    fn repo_counts(repo: &Repo) -> Value {
        let open = repo
            .issues
            .values()
            .filter(|issue| issue.state == State::Open)
            .count();
        json!({
            "has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false,
            "has_downloads": false, "has_discussions": false, "forks": 0, "forks_count": 0,
            "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "open_issues": open,
            "open_issues_count": open, "size": repo.commits.len(),
            "created_at": timestamp(repo.created_at), "updated_at": timestamp(repo.updated_at),
            "pushed_at": timestamp(repo.pushed_at),
        })
    }

    /// A repository as its own address shows it.
    pub(crate) fn full_repo(&self, repo: &Repo, viewer: Option<&str>) -> Value {
        let mut body = self.repo(repo, viewer);
        extend(
            &mut body,
            json!({
                "subscribers_count": 0, "network_count": 0, "allow_rebase_merge": true,
                "allow_squash_merge": true, "allow_merge_commit": true, "allow_auto_merge": false,
                "delete_branch_on_merge": false, "allow_update_branch": false,
            }),
        );
        let owner = self.hub.user(&repo.owner);
        if owner.is_some_and(|owner| owner.kind == AccountKind::Organization) {
            body["organization"] = self.user(&repo.owner);
        }
        body
    }

    fn permissions(&self, repo: &Repo, viewer: Option<&str>) -> Value {
        let given = self.hub.permission(viewer, repo);
        let may = |needed| given >= Some(needed);
        let write = may(Permission::Write);
        json!({
            "admin": may(Permission::Admin), "maintain": may(Permission::Admin), "push": write,
            "triage": write, "pull": may(Permission::Read),
        })
    }

    /// A commit as lists show it.
    pub(crate) fn commit(&self, repo: &Repo, commit: &Commit) -> Value {
        let (url, page) = (self.repo_url(repo), self.repo_html(repo));
        let person = |at: i64| {
            json!({
                "name": commit.author, "email": format!("{}@users.noreply.github.com", commit.author),
                "date": timestamp(at),
            })
        };
        let sha = &commit.sha;
        let parents = commit.parents.iter().map(|parent| {
            json!({
                "sha": parent, "url": format!("{url}/commits/{parent}"),
                "html_url": format!("{page}/commit/{parent}"),
            })
        });
        json!({
            "sha": sha, "node_id": commit.node_id, "url": format!("{url}/commits/{sha}"),
            "html_url": format!("{page}/commit/{sha}"),
            "comments_url": format!("{url}/commits/{sha}/comments"),
            "author": self.user(&commit.author), "committer": self.user(&commit.author),
            "parents": parents.collect::<Vec<_>>(),
            "commit": {
                "author": person(commit.authored_at), "committer": person(commit.committed_at),
                "message": commit.message, "comment_count": 0,
                "url": format!("{url}/git/commits/{sha}"),
                "tree": { "sha": sha, "url": format!("{url}/git/trees/{sha}") },
                "verification": {
                    "verified": false, "reason": "unsigned", "signature": null, "payload": null,
                    "verified_at": null,
                },
            },
        })
    }

    /// A commit as its own address shows it.
    pub(crate) fn full_commit(&self, repo: &Repo, commit: &Commit) -> Value {
        let mut body = self.commit(repo, commit);
        let (additions, deletions) = (commit.size.additions, commit.size.deletions);
        body["stats"] = json!({
            "total": additions + deletions, "additions": additions, "deletions": deletions,
        });
        body["files"] = json!([]);
        body
    }

    /// A pull request as lists show it.
    pub(crate) fn pull(&self, repo: &Repo, issue: &Issue, viewer: Option<&str>) -> Value {
        let Some(pull) = issue.pull.as_deref() else {
            return Value::Null;
        };
        let (number, api) = (issue.number, self.repo_url(repo));
        let (url, issue_url) = (
            format!("{api}/pulls/{number}"),
            format!("{api}/issues/{number}"),
        );
        let page = format!("{}/pull/{number}", self.repo_html(repo));
        let statuses = format!("{api}/statuses/{}", pull.head_sha);
        let reviewers = pull.reviewers.iter().map(|login| self.user(login));
        let reviewers: Vec<Value> = reviewers.collect();
        let mut body = self.common(repo, issue);
        // Of an issue's labels the description may be null, of a pull request's it is a text.
        for label in body["labels"].as_array_mut().into_iter().flatten() {
            if label["description"].is_null() {
                label["description"] = json!("");
            }
        }
        extend(
            &mut body,
            json!({
                "id": pull.id, "url": url, "html_url": page, "diff_url": format!("{page}.diff"),
                "patch_url": format!("{page}.patch"), "issue_url": issue_url,
                "merged_at": Self::time(pull.merged_at), "draft": pull.draft,
                "merge_commit_sha": pull.merge_commit_sha, "requested_reviewers": reviewers,
                "requested_teams": [], "auto_merge": null,
                "commits_url": format!("{url}/commits"), "statuses_url": statuses,
                "review_comments_url": format!("{url}/comments"),
                "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
                "comments_url": format!("{issue_url}/comments"),
                "head": self.branch_end(repo, &pull.head, &pull.head_sha, viewer),
                "base": self.branch_end(repo, &pull.base, &pull.base_sha, viewer),
                "_links": {
                    "self": { "href": url }, "html": { "href": page },
                    "issue": { "href": issue_url },
                    "comments": { "href": format!("{issue_url}/comments") },
                    "review_comments": { "href": format!("{url}/comments") },
                    "review_comment": { "href": format!("{api}/pulls/comments{{/number}}") },
                    "commits": { "href": format!("{url}/commits") },
                    "statuses": { "href": statuses },
                },
            }),
        );
        body
    }

    /// A pull request as its own address shows it.
    pub(crate) fn full_pull(&self, repo: &Repo, issue: &Issue, viewer: Option<&str>) -> Value {
        let Some(pull) = issue.pull.as_deref() else {
            return Value::Null;
        };
        let mut body = self.pull(repo, issue, viewer);
        let open = issue.state == State::Open;
        extend(
            &mut body,
            json!({
                "merged": pull.merged_at.is_some(), "mergeable": open.then_some(true),
                "rebaseable": open.then_some(true), "mergeable_state": mergeable_state(pull, open),
                "merged_by": pull.merged_by.as_deref().map(|login| self.user(login)),
                "comments": issue.comments, "review_comments": 0, "maintainer_can_modify": false,
                "commits": pull.commits.len(), "additions": pull.size.additions,
                "deletions": pull.size.deletions, "changed_files": pull.size.files,
            }),
        );
        body
    }

    fn branch_end(&self, repo: &Repo, name: &str, sha: &str, viewer: Option<&str>) -> Value {
        json!({
            "label": format!("{}:{name}", repo.owner), "ref": name, "sha": sha,
            "user": self.user(&repo.owner), "repo": self.repo(repo, viewer),
        })
    }
}

fn mergeable_state(pull: &Pull, open: bool) -> &'static str {
    match (open, pull.draft) {
        (false, _) => "unknown",
        (true, true) => "draft",
        (true, false) => "clean",
    }
}
