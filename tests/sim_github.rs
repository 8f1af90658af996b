//! The small GitHub over HTTP, seen with a client of its own. (Its model is tested next to it.)

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use pulse_sync::sim::github::http::{
    Clock, FaultKind, Front, Limits, Running, Shared, real_clock, serve,
};
use pulse_sync::sim::github::{
    AccountKind, Checks, Hub, IssueEdit, NewCommit, NewIssue, NewPull, NewRepo, Permission, Review,
    Size,
};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};

const T0: i64 = 1_790_000_000_000;
const DEMO: &str = "/repos/ada/demo";

/// A hub with the owner `ada` (token `t-ada`) and her repository `ada/demo` with one commit.
fn hub() -> Hub {
    let mut hub = Hub::new();
    for login in ["ada", "eve"] {
        hub.add_user(T0, login, AccountKind::User);
        hub.add_token(&format!("t-{login}"), login, false);
    }
    hub.add_token("t-reader", "ada", true);
    hub.create_repo(T0, "ada", NewRepo::public("ada/demo"))
        .unwrap();
    let first = NewCommit {
        message: "First".into(),
        ..NewCommit::default()
    };
    hub.push_commit(T0, "ada", "ada/demo", "main", first)
        .unwrap();
    hub
}

fn with_issues(count: usize) -> Hub {
    let mut hub = hub();
    for n in 0..count {
        let new = NewIssue {
            title: format!("Issue {n}"),
            ..NewIssue::default()
        };
        hub.create_issue(T0, "ada", "ada/demo", new).unwrap();
    }
    hub
}

/// A running service, its clock, and a client that follows no redirects.
struct Service {
    running: Running,
    now: Arc<AtomicI64>,
    client: Client,
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    fn remaining(&self) -> u64 {
        self.header("x-ratelimit-remaining").parse().unwrap()
    }

    /// The address a `Link` header gives for a relation.
    fn link(&self, rel: &str) -> Option<String> {
        let wanted = format!("; rel=\"{rel}\"");
        let part = self
            .header("link")
            .split(", ")
            .find(|part| part.ends_with(&wanted))?;
        Some(
            part.trim_end_matches(&wanted)
                .trim_matches(['<', '>'])
                .to_owned(),
        )
    }
}

impl Service {
    async fn start(hub: Hub, limits: Limits) -> Self {
        // Another test may have installed it already.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let now = Arc::new(AtomicI64::new(T0));
        let shown = Arc::clone(&now);
        let clock: Clock = Arc::new(move || shown.load(Ordering::SeqCst));
        let front = Shared::new(Front::new(hub, limits));
        let running = serve("127.0.0.1:0".parse().unwrap(), front, clock)
            .await
            .unwrap();
        let none = reqwest::redirect::Policy::none();
        let client = Client::builder()
            .no_proxy()
            .redirect(none)
            .user_agent("test")
            .build()
            .unwrap();
        Self {
            running,
            now,
            client,
        }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.running.url)
        };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, url).bearer_auth("t-ada")
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Reply {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or_default(),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path)).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        self.send(self.request(method, path).json(&body)).await
    }

    async fn get_if(&self, path: &str, tag: &str) -> Reply {
        self.send(self.request("GET", path).header("if-none-match", tag))
            .await
    }

    fn pass(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }
}

fn numbers(body: &Value) -> Vec<u64> {
    body.as_array()
        .unwrap()
        .iter()
        .map(|item| item["number"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn following_next_visits_every_item_once() {
    let service = Service::start(with_issues(250), Limits::github()).await;
    let path = format!("{DEMO}/issues?state=all&sort=updated&direction=asc&per_page=500");
    let (mut seen, mut next) = (Vec::new(), Some(path));
    while let Some(url) = next {
        let reply = service.get(&url).await;
        assert!(reply.body.as_array().unwrap().len() <= 100);
        seen.extend(numbers(&reply.body));
        next = reply.link("next");
        assert_eq!(next.is_some(), reply.link("last").is_some());
    }
    assert_eq!(seen, (1..=250).collect::<Vec<_>>());
    let past = service.get(&format!("{DEMO}/issues?page=99")).await;
    assert_eq!(
        (past.status, past.body, past.headers.contains_key("link")),
        (200, json!([]), true)
    );
}

#[tokio::test]
async fn an_unchanged_list_costs_nothing_and_a_changed_one_is_sent() {
    let service = Service::start(with_issues(3), Limits::github()).await;
    let path = format!("{DEMO}/issues?state=all");
    let first = service.get(&path).await;
    let tag = first.header("etag").to_owned();
    let same = service.get_if(&path, &tag).await;
    assert_eq!((same.status, same.remaining()), (304, first.remaining()));
    let strong = service.get_if(&path, tag.trim_start_matches("W/")).await;
    assert_eq!(strong.status, 304, "tags compare weakly");
    service.pass(1_000);
    service
        .call(
            "PATCH",
            &format!("{DEMO}/issues/2"),
            json!({ "title": "new" }),
        )
        .await;
    let changed = service.get_if(&path, &tag).await;
    assert_eq!(
        (changed.status, changed.remaining()),
        (200, first.remaining() - 2)
    );
    let front = service.running.front.lock();
    assert_eq!((front.counters.not_modified, front.counters.writes), (2, 1));
    let conditional: Vec<_> = front.requests.iter().map(|line| line.conditional).collect();
    assert_eq!(conditional, [false, true, true, false, true]);
}

#[tokio::test]
async fn last_modified_answers_304_too() {
    let service = Service::start(with_issues(1), Limits::github()).await;
    let path = format!("{DEMO}/issues/1");
    let since = service.get(&path).await.header("last-modified").to_owned();
    let ask = || {
        service
            .request("GET", &path)
            .header("if-modified-since", &since)
    };
    assert_eq!(service.send(ask()).await.status, 304);
    service.pass(1_000);
    service
        .call("PATCH", &path, json!({ "state": "closed" }))
        .await;
    assert_eq!(service.send(ask()).await.status, 200);
}

#[tokio::test]
async fn the_hour_runs_out_and_comes_back() {
    let limits = Limits {
        core: Some(2),
        ..Limits::github()
    };
    let service = Service::start(hub(), limits).await;
    assert_eq!(service.get(DEMO).await.remaining(), 1);
    assert_eq!(service.get(DEMO).await.remaining(), 0);
    let over = service.get(DEMO).await;
    let reset: i64 = over.header("x-ratelimit-reset").parse().unwrap();
    assert_eq!((over.status, reset), (403, T0 / 1000 + 3_600));
    assert!(over.header("retry-after").is_empty());
    let free = service.get("/rate_limit").await;
    assert_eq!(free.body["resources"]["core"]["remaining"], json!(0));
    service.pass(3_600_000);
    assert_eq!(service.get(DEMO).await.status, 200);
    assert_eq!(service.running.front.lock().counters.limited, 1);
}

#[tokio::test]
async fn a_comparison_says_where_it_is_and_between_which_commits() {
    let mut hub = hub();
    let second = NewCommit {
        message: "Second".into(),
        ..NewCommit::default()
    };
    hub.push_commit(T0, "ada", "ada/demo", "main", second)
        .unwrap();
    let shas = hub.repo("ada/demo").unwrap().branches["main"].clone();
    let service = Service::start(hub, Limits::none()).await;
    let basehead = format!("{}...main", shas[0]);
    let answer = service.get(&format!("{DEMO}/compare/{basehead}")).await;
    assert_eq!(answer.status, 200);
    let body = answer.body;
    assert_eq!(
        (&body["status"], &body["ahead_by"]),
        (&json!("ahead"), &json!(1))
    );
    for (key, end) in [
        ("url", format!("{DEMO}/compare/{basehead}")),
        ("html_url", format!("/ada/demo/compare/{basehead}")),
        (
            "permalink_url",
            format!("/compare/ada:{}...ada:{}", shas[0], shas[1]),
        ),
        ("diff_url", format!("/compare/{basehead}.diff")),
        ("patch_url", format!("/compare/{basehead}.patch")),
    ] {
        let url = body[key].as_str().unwrap_or_default();
        assert!(
            url.starts_with("http") && url.ends_with(&end),
            "{key}: {url}"
        );
    }
    assert_eq!(body["base_commit"]["sha"], json!(shas[0]));
    assert_eq!(body["merge_base_commit"]["sha"], json!(shas[0]));
}

#[tokio::test]
async fn too_many_writes_a_minute_are_told_when_to_come_back() {
    let limits = Limits {
        writes_per_minute: Some(2),
        ..Limits::github()
    };
    let service = Service::start(hub(), limits).await;
    let path = format!("{DEMO}/issues");
    for _ in 0..2 {
        assert_eq!(
            service
                .call("POST", &path, json!({ "title": "t" }))
                .await
                .status,
            201
        );
    }
    service.pass(20_000);
    let over = service.call("POST", &path, json!({ "title": "t" })).await;
    assert_eq!((over.status, over.header("retry-after")), (403, "41"));
    assert!(over.remaining() > 0);
    assert_eq!(service.get(&path).await.status, 200, "reading goes on");
    service.pass(41_000);
    assert_eq!(
        service
            .call("POST", &path, json!({ "title": "t" }))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn points_a_minute_are_counted_and_no_limits_means_none() {
    let limits = Limits {
        points_per_minute: Some(7),
        ..Limits::github()
    };
    let service = Service::start(hub(), limits).await;
    service
        .call("POST", &format!("{DEMO}/issues"), json!({ "title": "t" }))
        .await;
    service.get(DEMO).await;
    service.get(DEMO).await;
    let over = service.get(DEMO).await;
    assert_eq!((over.status, over.header("retry-after")), (403, "61"));

    let service = Service::start(hub(), Limits::none()).await;
    for _ in 0..200 {
        assert_eq!(service.get("/user").await.status, 200);
    }
}

#[tokio::test]
async fn tokens_decide_who_asks_and_what_they_may() {
    let mut hub = with_issues(1);
    hub.set_private(T0, "ada/demo", true).unwrap();
    let service = Service::start(hub, Limits::github()).await;
    let as_token = |token: &str, method: &str, path: &str| {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}{path}", service.running.url);
        let body = json!({ "title": "t" });
        service
            .client
            .request(method, url)
            .bearer_auth(token)
            .json(&body)
    };
    let bad = service.send(as_token("nope", "GET", "/user")).await;
    assert_eq!(
        (bad.status, &bad.body["message"]),
        (401, &json!("Bad credentials"))
    );
    let stranger = service.send(as_token("t-eve", "GET", DEMO)).await;
    assert_eq!(
        (stranger.status, &stranger.body["status"]),
        (404, &json!("404"))
    );
    let reader = as_token("t-reader", "PATCH", "/repos/ada/demo/issues/1");
    let reader = service.send(reader).await;
    let words = "Resource not accessible by personal access token";
    assert_eq!(
        (reader.status, &reader.body["message"]),
        (403, &json!(words))
    );
    service.running.front.lock().hub.revoke_token("t-ada");
    assert_eq!(service.get("/user").await.status, 401);
}

#[tokio::test]
async fn refusals_say_what_is_wrong() {
    let service = Service::start(with_issues(1), Limits::github()).await;
    let issues = format!("{DEMO}/issues");
    let missing = service.call("POST", &issues, json!({ "body": "b" })).await;
    let error = json!([{ "resource": "Issue", "field": "title", "code": "missing_field" }]);
    assert_eq!((missing.status, &missing.body["errors"]), (422, &error));
    let garbled = service
        .send(service.request("POST", &issues).body("{"))
        .await;
    let words = json!("Problems parsing JSON");
    assert_eq!((garbled.status, &garbled.body["message"]), (400, &words));
    let wrong = service
        .call("PATCH", &format!("{issues}/1"), json!({ "title": 5 }))
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(
        service
            .get(&format!("{issues}?since=yesterday"))
            .await
            .status,
        422
    );
    let off = service
        .request("GET", DEMO)
        .header("x-github-api-version", "1999-01-01");
    assert_eq!(service.send(off).await.status, 400);
    let label = service
        .send(service.request("DELETE", &format!("{issues}/1/labels/x")))
        .await;
    assert_eq!(label.body["message"], json!("Label does not exist"));
}

#[tokio::test]
async fn moved_deleted_and_missing_are_told_apart() {
    let mut hub = with_issues(3);
    hub.create_repo(T0, "ada", NewRepo::public("ada/other"))
        .unwrap();
    hub.transfer_issue(T0, "ada", "ada/demo", 1, "ada/other")
        .unwrap();
    hub.delete_issue(T0, "ada", "ada/demo", 2).unwrap();
    let service = Service::start(hub, Limits::github()).await;
    let moved = service.get(&format!("{DEMO}/issues/1")).await;
    assert_eq!(moved.status, 301);
    let target = service.get(moved.header("location")).await;
    let place = target.body["repository_url"].as_str().unwrap();
    assert!(place.ends_with("/repos/ada/other"), "{place}");
    assert_eq!(service.get(&format!("{DEMO}/issues/2")).await.status, 410);
    assert_eq!(service.get(&format!("{DEMO}/issues/9")).await.status, 404);

    service
        .running
        .front
        .lock()
        .hub
        .rename_repo(T0, "ada", "ada/demo", "shiny")
        .unwrap();
    let renamed = service
        .get(&format!("{DEMO}/issues?state=all&per_page=1"))
        .await;
    assert_eq!(renamed.status, 301);
    let list = service.get(renamed.header("location")).await;
    assert_eq!(numbers(&list.body), [3]);
}

#[tokio::test]
async fn labels_and_assignees_are_added_and_removed_one_by_one() {
    let service = Service::start(with_issues(1), Limits::github()).await;
    let issue = format!("{DEMO}/issues/1");
    let names = |body: &Value, key: &str| -> Vec<String> {
        let all = body.as_array().unwrap().iter();
        all.map(|item| item[key].as_str().unwrap().to_owned())
            .collect()
    };
    let path = format!("{issue}/labels");
    let added = service
        .call("POST", &path, json!({ "labels": ["a b", "c"] }))
        .await;
    assert_eq!(
        (added.status, names(&added.body, "name")),
        (200, vec!["a b".into(), "c".into()])
    );
    let left = service
        .send(service.request("DELETE", &format!("{path}/a%20b")))
        .await;
    assert_eq!(
        (left.status, names(&left.body, "name")),
        (200, vec!["c".to_owned()])
    );
    let path = format!("{issue}/assignees");
    let wanted = json!({ "assignees": ["ada", "eve", "nobody"] });
    let added = service.call("POST", &path, wanted).await;
    assert_eq!(added.status, 201);
    assert_eq!(
        names(&added.body["assignees"], "login"),
        ["ada"],
        "eve is no collaborator"
    );
    let left = service
        .call("DELETE", &path, json!({ "assignees": ["ada"] }))
        .await;
    assert_eq!(left.body["assignees"], json!([]));
}

#[tokio::test]
async fn repository_lists_show_what_the_caller_may_see() {
    let mut hub = hub();
    hub.add_user(T0, "corp", AccountKind::Organization);
    for name in [
        "eve/shared",
        "eve/secret",
        "eve/open",
        "corp/tool",
        "ada/alpha",
    ] {
        let owner = name.split('/').next().unwrap();
        hub.create_repo(T0, owner, NewRepo::public(name)).unwrap();
    }
    hub.set_private(T0, "eve/secret", true).unwrap();
    hub.set_private(T0, "eve/shared", true).unwrap();
    hub.set_permission(T0, "eve/shared", "ada", Some(Permission::Read))
        .unwrap();
    hub.set_archived(T0, "ada/alpha", true).unwrap();
    let service = Service::start(hub, Limits::github()).await;
    let names = async |path: &str| -> Vec<String> {
        let body = service.get(path).await.body;
        let all = body.as_array().unwrap().iter();
        all.map(|repo| repo["full_name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("/user/repos").await,
        ["ada/alpha", "ada/demo", "eve/shared"]
    );
    assert_eq!(
        names("/user/repos?affiliation=owner").await,
        ["ada/alpha", "ada/demo"]
    );
    assert_eq!(names("/user/repos?type=member").await, ["eve/shared"]);
    assert_eq!(names("/users/eve/repos").await, ["eve/open"]);
    assert_eq!(names("/orgs/corp/repos").await, ["corp/tool"]);
    let alpha = service.get("/repos/ada/alpha").await.body;
    assert_eq!(
        (&alpha["archived"], &alpha["permissions"]["push"]),
        (&json!(true), &json!(true))
    );
    let write = service
        .call("POST", "/repos/ada/alpha/issues", json!({ "title": "t" }))
        .await;
    assert_eq!(write.status, 403);
    let none = service.get("/repos/ada/alpha/commits").await;
    assert_eq!(
        (none.status, &none.body["message"]),
        (409, &json!("Git Repository is empty."))
    );
}

fn with_pull() -> Hub {
    let mut hub = with_issues(1);
    let sha = hub.repo("ada/demo").unwrap().branches["main"][0].clone();
    hub.create_branch(T0, "ada", "ada/demo", "topic", &sha)
        .unwrap();
    let size = Size {
        additions: 7,
        deletions: 2,
        files: 1,
    };
    let new = NewCommit {
        message: "Work".into(),
        size,
    };
    hub.push_commit(T0, "ada", "ada/demo", "topic", new)
        .unwrap();
    let new = NewPull {
        title: "Pull".into(),
        body: Some("Closes #1".into()),
        head: "topic".into(),
        base: "main".into(),
        draft: true,
    };
    hub.open_pull(T0, "ada", "ada/demo", new).unwrap();
    hub.set_review(T0, "ada", "ada/demo", 2, Some(Review::Approved))
        .unwrap();
    hub.set_checks(T0, "ada", "ada/demo", 2, Some(Checks::Pending))
        .unwrap();
    hub
}

#[tokio::test]
async fn one_graphql_query_tells_reviews_checks_and_linked_issues_of_a_page() {
    let service = Service::start(with_pull(), Limits::github()).await;
    let fields = "number isDraft merged mergedAt baseRefName headRefName additions deletions \
        changedFiles reviewDecision closingIssuesReferences(first:20){nodes{number}} \
        commits(last:1){nodes{commit{statusCheckRollup{state}}}}";
    let query = format!(
        "query {{ repository(owner:\"ada\",name:\"demo\"){{ p2: pullRequest(number:2){{ {fields} }} \
         p9: pullRequest(number:9){{ {fields} }} }} rateLimit{{cost remaining}} }}"
    );
    let reply = service
        .call("POST", "/graphql", json!({ "query": query }))
        .await;
    let pull = json!({
        "number": 2, "isDraft": true, "merged": false, "mergedAt": null, "baseRefName": "main",
        "headRefName": "topic", "additions": 7, "deletions": 2, "changedFiles": 1,
        "reviewDecision": "APPROVED", "closingIssuesReferences": { "nodes": [{ "number": 1 }] },
        "commits": { "nodes": [{ "commit": { "statusCheckRollup": { "state": "PENDING" } } }] },
    });
    let limit = json!({ "cost": 1, "remaining": 4_999 });
    let data = json!({ "repository": { "p2": pull, "p9": null }, "rateLimit": limit });
    assert_eq!((reply.status, &reply.body["data"]), (200, &data));
    let error = &reply.body["errors"][0];
    assert_eq!(
        (&error["type"], &error["path"]),
        (&json!("NOT_FOUND"), &json!(["repository", "p9"]))
    );
    assert_eq!(reply.header("x-ratelimit-resource"), "graphql");

    let query = json!({ "query": "{ viewer { shoeSize } }" });
    let unknown = service.call("POST", "/graphql", query.clone()).await;
    assert_eq!(
        unknown.body["errors"][0]["extensions"]["code"],
        json!("undefinedField")
    );
    assert!(unknown.body.get("data").is_none());
    service.running.front.lock().graphql = false;
    assert_eq!(service.call("POST", "/graphql", query).await.status, 404);
}

#[tokio::test]
async fn reviewers_are_asked_and_a_commit_is_told_by_graphql() {
    let mut hub = with_pull();
    hub.add_user(T0, "grace", AccountKind::User);
    hub.set_permission(T0, "ada/demo", "grace", Some(Permission::Write))
        .unwrap();
    let head = hub.issue("ada/demo", 2).unwrap().pull.as_ref().unwrap();
    let sha = head.head_sha.clone();
    let service = Service::start(hub, Limits::none()).await;
    let path = "/repos/ada/demo/pulls/2/requested_reviewers";
    let who = |name: &str| json!({ "reviewers": [name] });
    let author = service.call("POST", path, who("ada")).await;
    assert_eq!(author.status, 422, "nobody reviews their own");
    let asked = service.call("POST", path, who("Grace")).await;
    assert_eq!(
        (asked.status, &asked.body["requested_reviewers"][0]["login"]),
        (201, &json!("grace"))
    );
    let query = format!(
        "{{ repository(owner:\"ada\",name:\"demo\"){{ \
         pullRequest(number:2){{ mergeCommit{{oid}} reviewRequests(first:9){{nodes{{requestedReviewer{{... on Actor{{login}}}}}}}} }} \
         known: object(oid:\"{sha}\"){{ ... on Commit{{ oid additions associatedPullRequests(first:5){{nodes{{number}}}} }} }} \
         unknown: object(oid:\"0123\"){{ ... on Commit{{ oid }} }} }} }}"
    );
    let told = service
        .call("POST", "/graphql", json!({ "query": query }))
        .await;
    let nodes = json!({ "nodes": [{ "requestedReviewer": { "login": "grace" } }] });
    let wanted = json!({
        "pullRequest": { "mergeCommit": null, "reviewRequests": nodes },
        "known": { "oid": sha, "additions": 7, "associatedPullRequests": { "nodes": [{ "number": 2 }] } },
        "unknown": null,
    });
    assert_eq!(told.body, json!({ "data": { "repository": wanted } }));
    let over = service.call("DELETE", path, who("grace")).await;
    assert_eq!(
        (over.status, &over.body["requested_reviewers"]),
        (200, &json!([]))
    );
}

#[tokio::test]
async fn types_are_an_owners_and_unknown_ones_are_refused() {
    let service = Service::start(with_issues(1), Limits::none()).await;
    let path = "/repos/ada/demo/issues/1";
    let plain = service.get(path).await;
    assert!(plain.body.get("type").is_none());
    let bug = json!({ "type": "bug" });
    assert_eq!(service.call("PATCH", path, bug.clone()).await.status, 422);
    {
        let hub = &mut service.running.front.lock().hub;
        hub.set_issue_types("ADA", &["Bug", "Task"]);
    }
    assert_eq!(service.get(path).await.body["type"], Value::Null);
    let typed = service.call("PATCH", path, bug).await;
    assert_eq!(typed.body["type"]["name"], "Bug");
    let unknown = service.call("PATCH", path, json!({ "type": "Omen" })).await;
    assert_eq!(
        (unknown.status, &unknown.body["errors"][0]["field"]),
        (422, &json!("type"))
    );
    let none = service.call("PATCH", path, json!({ "type": null })).await;
    assert_eq!((none.status, &none.body["type"]), (200, &Value::Null));
}

#[tokio::test]
async fn pull_requests_are_in_both_lists_and_sort_their_own_way() {
    let mut hub = with_pull();
    let edit = IssueEdit {
        title: Some("later".into()),
        ..IssueEdit::default()
    };
    hub.edit_issue(T0 + 5_000, "ada", "ada/demo", 1, edit)
        .unwrap();
    let service = Service::start(hub, Limits::github()).await;
    let both = service
        .get(&format!("{DEMO}/issues?sort=updated"))
        .await
        .body;
    assert_eq!(numbers(&both), [1, 2]);
    assert!(both[0].get("pull_request").is_none());
    assert_eq!(
        (&both[1]["draft"], &both[1]["pull_request"]["merged_at"]),
        (&json!(true), &Value::Null)
    );
    let pull = service.get(&format!("{DEMO}/pulls/2")).await.body;
    assert_eq!(pull["node_id"], both[1]["node_id"]);
    assert_ne!(
        pull["id"], both[1]["id"],
        "an issue id there, a pull request id here"
    );
    assert_eq!(service.get(&format!("{DEMO}/pulls/1")).await.status, 404);
    let sha = pull["base"]["sha"].as_str().unwrap().to_owned();
    {
        let mut front = service.running.front.lock();
        let hub = &mut front.hub;
        hub.create_branch(T0, "ada", "ada/demo", "more", &sha)
            .unwrap();
        hub.push_commit(T0, "ada", "ada/demo", "more", NewCommit::default())
            .unwrap();
        let (title, head, base) = ("Newer".into(), "more".into(), "main".into());
        let new = NewPull {
            title,
            head,
            base,
            ..NewPull::default()
        };
        hub.open_pull(T0 + 9_000, "ada", "ada/demo", new).unwrap();
    }
    let order =
        async |query: &str| numbers(&service.get(&format!("{DEMO}/pulls{query}")).await.body);
    assert_eq!(order("").await, [3, 2]);
    assert_eq!(
        order("?sort=updated").await,
        [2, 3],
        "ascending when not sorted by creation"
    );
    assert_eq!(order("?sort=updated&direction=desc").await, [3, 2]);
}

#[tokio::test]
async fn faults_spoil_the_requests_they_name_and_no_others() {
    let service = Service::start(hub(), Limits::github()).await;
    let issues = format!("{DEMO}/issues");
    let order = |method: &str, kind: FaultKind| {
        service
            .running
            .front
            .lock()
            .faults
            .add(method, "/repos/*/issues*", 1, kind);
    };
    let post = || {
        service
            .request("POST", &issues)
            .json(&json!({ "title": "t" }))
    };
    let count = || {
        service
            .running
            .front
            .lock()
            .hub
            .repo("ada/demo")
            .unwrap()
            .issues
            .len()
    };

    order("POST", FaultKind::Status(503, Some(7)));
    assert_eq!(service.get(&issues).await.status, 200, "another method");
    let busy = service.send(post()).await;
    assert_eq!(
        (busy.status, busy.header("retry-after"), count()),
        (503, "7", 0)
    );
    order("POST", FaultKind::DropBefore);
    assert!(post().send().await.is_err());
    assert_eq!(count(), 0);
    order("POST", FaultKind::DropAfter);
    assert!(post().send().await.is_err());
    assert_eq!(count(), 1, "the answer was lost, the issue was not");
    order("POST", FaultKind::StatusAfter(502));
    assert_eq!((service.send(post()).await.status, count()), (502, 2));
    order("*", FaultKind::Delay(Duration::from_millis(5)));
    assert_eq!((service.send(post()).await.status, count()), (201, 3));
    assert!(service.running.front.lock().faults.is_empty());
    let statuses: Vec<u16> = service
        .running
        .front
        .lock()
        .requests
        .iter()
        .map(|line| line.status)
        .collect();
    assert_eq!(statuses, [200, 503, 0, 0, 502, 201]);
}

#[tokio::test]
async fn spoiled_answers_are_cut_foreign_or_huge() {
    let service = Service::start(with_issues(2), Limits::github()).await;
    let issues = format!("{DEMO}/issues");
    let answer = async |kind: FaultKind| {
        service.running.front.lock().faults.add("GET", "*", 1, kind);
        let response = service.request("GET", &issues).send().await.unwrap();
        let kind = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        (
            response.status().as_u16(),
            kind,
            response.bytes().await.unwrap(),
        )
    };
    let (status, _, body) = answer(FaultKind::Truncated).await;
    assert!(status == 200 && serde_json::from_slice::<Value>(&body).is_err() && body.len() > 100);
    let (status, kind, _) = answer(FaultKind::Html(502)).await;
    assert!(status == 502 && kind.starts_with("text/html"));
    let (status, _, body) = answer(FaultKind::Giant(3)).await;
    assert_eq!((status, body.len() >> 20), (200, 3));
}

#[tokio::test]
async fn dropping_the_service_closes_its_port() {
    let service = Service::start(hub(), Limits::github()).await;
    let Service {
        running, client, ..
    } = service;
    let url = running.url.clone();
    assert!(client.get(&url).send().await.is_ok());
    drop((running, client));
    let fresh = || {
        Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .get(&url)
            .send()
    };
    let closed = tokio::time::timeout(Duration::from_secs(10), async {
        while fresh().await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    closed.await.expect("the port stays open");
}

/// Serves a hub for other programs, such as a probe of GitHub-like servers:
/// `SIM_GITHUB_SERVE="PORT SECONDS"`, and `SIM_GITHUB_WORLD=FILE` for more repositories.
/// Token `t-ada`, repository `ada/demo`.
#[tokio::test]
#[ignore = "a server for probes, not a test"]
async fn serve_for_probes() {
    let Ok(spec) = std::env::var("SIM_GITHUB_SERVE") else {
        return;
    };
    let (port, seconds) = spec.split_once(' ').unwrap();
    let mut hub = hub();
    if let Ok(world) = std::env::var("SIM_GITHUB_WORLD") {
        let file = std::fs::File::open(world).unwrap();
        println!(
            "{:?}",
            hub.load(T0, "ada", std::io::BufReader::new(file)).unwrap()
        );
    }
    let front = Shared::new(Front::new(hub, Limits::github()));
    let addr = format!("127.0.0.1:{port}").parse().unwrap();
    let _running = serve(addr, front, real_clock()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(seconds.parse().unwrap())).await;
}
