//! The GitHub adapter against a scripted server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use pulse_sync::core::{
    Action, Change, Draft, FieldKey, Key, Kind, Life, ObjectId, Observation, Row, Side, Step, Time,
    Value,
};
use pulse_sync::remote::github::{GithubAccount, GithubLink, GithubRemote, GraphQl};
use pulse_sync::remote::http::{AccountConfig, Rules, build_client};
use pulse_sync::remote::{Answer, ListFrom, Lookup, Page, Remote, RemoteError};
use secrecy::SecretString;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

const NOON: Time = Time(1_767_355_200_000);
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// One request that a server saw.
#[derive(Clone, Debug)]
struct Seen {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Json,
}

impl Seen {
    fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// What a server says.
struct Says(u16, Vec<(&'static str, String)>, String);

fn says(status: u16, body: &Json) -> Says {
    Says(status, Vec::new(), body.to_string())
}

impl Says {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.1.push((name, value.to_owned()));
        self
    }
}

struct Server {
    url: String,
    log: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// `{base}` in headers and bodies becomes the server's own address.
    async fn start<F>(script: F) -> Self
    where
        F: Fn(&Seen) -> Says + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (seen, base, script) = (log.clone(), url.clone(), Arc::new(script));
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let one = Seen {
                method,
                path: uri.to_string(),
                headers,
                body: serde_json::from_slice(&body).unwrap_or_default(),
            };
            let response = respond(script(&one), &base);
            seen.lock().unwrap().push(one);
            async move { response }
        };
        tokio::spawn(async move {
            let app = Router::new().fallback(handler);
            axum::serve(listener, app).await.unwrap();
        });
        Self { url, log }
    }

    fn lines(&self) -> Vec<String> {
        self.log.lock().unwrap().iter().map(Seen::line).collect()
    }

    fn last(&self) -> Seen {
        self.log.lock().unwrap().last().unwrap().clone()
    }

    fn remote(&self, change: impl FnOnce(&mut GithubLink)) -> GithubRemote {
        let mut link = GithubLink::of(["o/r"]);
        link.create_labels = true;
        change(&mut link);
        remote_at(&self.url, "token", link)
    }

    fn plain(&self) -> GithubRemote {
        self.remote(|_| {})
    }
}

fn respond(says: Says, base: &str) -> Response {
    let status = StatusCode::from_u16(says.0).unwrap();
    let mut response = (status, says.2.replace("{base}", base)).into_response();
    for (name, value) in says.1 {
        let value = value.replace("{base}", base).parse().unwrap();
        response.headers_mut().append(name, value);
    }
    response
}

fn config(url: &str) -> AccountConfig {
    let mut config = AccountConfig::github(url);
    config.timeout = Duration::from_secs(5);
    config.rules = Rules::github().without_gap();
    config
}

fn remote_at(url: &str, token: &str, link: GithubLink) -> GithubRemote {
    let client = build_client(Duration::from_secs(2)).unwrap();
    let token = SecretString::from(token.to_owned());
    let account = GithubAccount::new(config(url), client, &token, Arc::new(|| NOON)).unwrap();
    GithubRemote::new(account, link)
}

fn issue(number: u64) -> Json {
    json!({
        "node_id": format!("I_{number}"), "number": number, "title": format!("Issue {number}"),
        "repository_url": "{base}/repos/o/r", "html_url": format!("https://github.com/o/r/issues/{number}"),
        "body": "one\r\ntwo", "state": "open", "state_reason": null,
        "user": {"login": "ada", "type": "User"},
        "labels": [{"name": "bug"}, {"name": null}, "old, style"],
        "assignees": [{"login": "bob"}], "milestone": {"number": 4, "title": "v1"},
        "comments": 2, "created_at": "2026-01-01T10:00:00Z",
        "updated_at": "2026-01-02T10:00:00Z", "closed_at": null,
        "some_new_key": {"x": 1}
    })
}

fn pull(number: u64) -> Json {
    let mut row = issue(number);
    row["node_id"] = json!(format!("PR_{number}"));
    row["draft"] = json!(false);
    row["pull_request"] = json!({"merged_at": null});
    row
}

fn with(mut row: Json, changes: &Json) -> Json {
    for (key, value) in changes.as_object().unwrap() {
        row[key] = value.clone();
    }
    row
}

fn key(name: &str) -> FieldKey {
    FieldKey::of(name)
}

fn text(seen: &Observation, name: &str) -> String {
    seen.fields
        .get(&key(name))
        .unwrap_or_else(|| panic!("no {name}"))
        .as_text()
        .to_owned()
}

fn id(number: u64) -> ObjectId {
    ObjectId {
        node: format!("I_{number}"),
        locator: format!("o/r#{number}"),
    }
}

/// An issue as it was verified right before a write.
fn target(marker: Option<&str>) -> Observation {
    Observation {
        side: Side::Github,
        kind: Kind::Issue,
        id: id(1),
        life: Life::Live,
        fields: BTreeMap::from([(FieldKey::STATE, Value::text("open"))]),
        stamp: None,
        created: None,
        created_by_us: false,
        marker: marker.map(|key| Key(key.to_owned())),
        linked_node: None,
        raw_body: None,
        read_at: NOON,
    }
}

fn change(field: &str, pre: Value, new: Value) -> Change {
    Change {
        field: key(field),
        pre,
        new,
        source: Value::Null,
        row: Row::F3,
        partial: false,
    }
}

fn patch(changes: Vec<Change>) -> Step {
    Step {
        side: Side::Github,
        action: Action::Patch(changes),
        row: Row::F3,
    }
}

fn draft() -> Draft {
    Draft {
        kind: Kind::Issue,
        fields: BTreeMap::from([
            (FieldKey::TITLE, Value::text("New")),
            (FieldKey::BODY, Value::text("Text")),
            (FieldKey::LABELS, Value::set(["a", "b"])),
            (FieldKey::STATE, Value::text("open")),
        ]),
        source: BTreeMap::new(),
        marker: KEY.to_owned(),
        container: "o/r".to_owned(),
    }
}

fn create(draft: Draft) -> Step {
    Step {
        side: Side::Github,
        action: Action::Create(Box::new(draft)),
        row: Row::I1,
    }
}

async fn write(remote: &GithubRemote, changes: Vec<Change>) -> Result<Answer, RemoteError> {
    remote.write(&patch(changes), Some(&target(None))).await
}

async fn first_page(remote: &GithubRemote) -> Result<Page, RemoteError> {
    remote.list("issues:o/r", &ListFrom::default()).await
}

// --- opening ---------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_fresh_memo_needs_no_request() {
    let server = Server::start(|_| says(200, &json!({"login": "ada"}))).await;
    let opened = server.plain().open(None, true).await.unwrap();
    assert_eq!(opened.streams, ["issues:o/r", "commits:o/r"]);
    assert_eq!(server.lines(), ["GET /user"], "explicit names are believed");
    let again = server.plain();
    let opened = again.open(opened.memo.as_deref(), true).await.unwrap();
    assert_eq!(opened.streams.len(), 2);
    assert_eq!(server.lines().len(), 1);
    // Another token may be another account; garbage is no memo.
    for (token, memo) in [
        ("other", opened.memo.as_deref()),
        ("token", Some("{garbage")),
    ] {
        let remote = remote_at(&server.url, token, GithubLink::of(["o/r"]));
        remote.open(memo, true).await.unwrap();
    }
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn the_token_is_judged_at_the_opening() {
    for (status, opens) in [
        (200, true),
        (403, true),
        (404, true),
        (401, false),
        (500, false),
    ] {
        let server = Server::start(move |_| {
            says(
                status,
                &json!({"login": "ada", "message": "Bad credentials"}),
            )
        })
        .await;
        let outcome = server.plain().open(None, false).await;
        assert_eq!(outcome.is_ok(), opens, "{status}");
        if status == 401 {
            let error = outcome.unwrap_err();
            assert_eq!(
                error.to_string(),
                "GitHub refused the token: Bad credentials"
            );
        }
    }
}

#[tokio::test]
async fn globs_select_from_lists_without_forks_and_archives() {
    let repos = |page: &str| match page {
        "1" => json!([
            {"full_name": "Ada/site"}, {"full_name": "ada/fork", "fork": true},
            {"full_name": "ada/old", "archived": true}, {"full_name": "ada/site-private"},
            {"full_name": null}, 7
        ]),
        _ => json!([{"full_name": "ada/site-two", "fork": false, "archived": null}]),
    };
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/user" => says(200, &json!({"login": "ada"})),
        path if path.contains("page=2") => says(200, &repos("2")),
        path if path.starts_with("/users/nobody/") => says(404, &json!({})),
        path => {
            says(200, &repos("1")).with("link", &format!("<{{base}}{path}&page=2>; rel=\"next\""))
        }
    })
    .await;
    let remote = server.remote(|link| {
        link.include = vec!["ada/site*".into(), "o/r".into(), "nobody/*".into()];
        link.exclude = vec!["*/*-private".into()];
        link.kinds = BTreeSet::from([Kind::Pull]);
    });
    let opened = remote.open(None, true).await.unwrap();
    assert_eq!(
        opened.streams,
        ["issues:Ada/site", "issues:ada/site-two", "issues:o/r"]
    );
    let unknown = "GitHub knows no user or organisation called `nobody`, which `repositories` names; correct it there";
    assert!(
        opened.notes.iter().any(|note| note == unknown),
        "{:?}",
        opened.notes
    );
    let requests = server.lines().len();
    let again = remote.open(opened.memo.as_deref(), true).await.unwrap();
    assert_eq!(server.lines().len(), requests);
    assert!(again.notes.iter().any(|note| note == unknown), "said again");

    let all = server.remote(|link| {
        link.include = Vec::new();
        link.username = Some("grace".into());
    });
    all.open(None, true).await.unwrap();
    assert!(
        server
            .lines()
            .iter()
            .any(|line| line.starts_with("GET /users/grace/repos?type=owner"))
    );
}

#[tokio::test]
async fn a_selection_that_cannot_work_is_said() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/user" => says(200, &json!({"login": "ada"})),
        _ => says(200, &json!([])),
    })
    .await;
    for include in [vec![], vec!["no-slash".to_owned()], vec!["x/*".to_owned()]] {
        let remote = server.remote(|link| link.include.clone_from(&include));
        let error = remote.open(None, true).await.unwrap_err();
        assert!(
            matches!(error, RemoteError::Setup(_)),
            "{include:?}: {error}"
        );
    }
}

// --- listing ---------------------------------------------------------------------------------------------------

#[tokio::test]
async fn an_issue_becomes_an_observation() {
    let body = format!("one\r\ntwo\r\n\r\n<!-- pulse-sync:{KEY} -->\r\n");
    let row = with(
        issue(3),
        &json!({"body": body, "state": "closed", "state_reason": "not_planned", "closed_at": "2026-01-02T09:00:00Z"}),
    );
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/user" => says(200, &json!({"login": "Ada"})),
        _ => says(200, &json!([row])),
    })
    .await;
    let remote = server.plain();
    remote.open(None, true).await.unwrap();
    let page = first_page(&remote).await.unwrap();
    let seen = &page.rows[0];
    assert_eq!(seen.id, id(3));
    for (name, expected) in [
        ("title", "Issue 3"),
        ("body", "one\ntwo"),
        ("state", "closed"),
        ("closed_as", "not planned"),
        ("milestone", "v1"),
        ("repository", "o/r"),
        ("url", "https://github.com/o/r/issues/3"),
        ("author", "ada"),
        ("created", "2026-01-01T10:00:00Z"),
        ("updated", "2026-01-02T10:00:00Z"),
        ("closed", "2026-01-02T09:00:00Z"),
        ("publish", "Created"),
        ("kind", "Issue"),
    ] {
        assert_eq!(text(seen, name), expected, "{name}");
    }
    assert_eq!(
        seen.fields[&FieldKey::LABELS],
        Value::set(["bug", "old, style"])
    );
    assert_eq!(seen.fields[&FieldKey::ASSIGNEES], Value::set(["bob"]));
    assert_eq!(seen.fields[&key("number")], Value::Number(3));
    assert_eq!(seen.fields[&key("comments")], Value::Number(2));
    assert_eq!(seen.marker, Some(Key(KEY.to_owned())));
    assert_eq!(seen.raw_body.as_deref(), Some(body.as_str()));
    assert!(seen.created_by_us && seen.is_live());
    let stamp = seen.stamp.as_ref().unwrap();
    assert_eq!((stamp.at, stamp.settled), (NOON.minus(2 * 3_600_000), true));
    let asked = server.last();
    assert_eq!(asked.header("authorization"), Some("Bearer token"));
    assert_eq!(asked.header("x-github-api-version"), Some("2022-11-28"));
    assert_eq!(asked.header("accept"), Some("application/vnd.github+json"));
    assert_eq!(asked.headers.get_all("user-agent").iter().count(), 1);
}

#[tokio::test]
async fn empty_and_missing_are_told_apart() {
    let nulls = with(
        issue(1),
        &json!({"body": null, "user": null, "milestone": null, "labels": [], "assignees": []}),
    );
    let bare = json!({"node_id": "I_2", "number": 2});
    let server = Server::start(move |_| says(200, &json!([nulls, bare]))).await;
    let page = first_page(&server.plain()).await.unwrap();
    let [empty, missing] = page.rows.as_slice() else {
        panic!("{page:?}")
    };
    assert_eq!(text(empty, "author"), "ghost");
    for (name, value) in [
        ("body", Value::Null),
        ("milestone", Value::Null),
        ("closed_as", Value::Null),
        ("closed", Value::Null),
        ("labels", Value::Set(BTreeSet::new())),
    ] {
        assert_eq!(empty.fields[&key(name)], value, "{name}");
    }
    for name in [
        "title",
        "body",
        "state",
        "closed_as",
        "labels",
        "assignees",
        "milestone",
        "author",
        "comments",
    ] {
        assert!(
            !missing.fields.contains_key(&key(name)),
            "{name} was not in the answer"
        );
    }
    assert_eq!(missing.id.locator, "o/r#2");
}

#[tokio::test]
async fn one_garbled_row_does_not_hide_the_others() {
    let rows = json!([issue(1), {"number": "seven"}, 5, null, with(issue(2), &json!({"labels": 3})), issue(9)]);
    let server = Server::start(move |_| says(200, &rows)).await;
    let remote = server.plain();
    let page = first_page(&remote).await.unwrap();
    let found: Vec<_> = page
        .rows
        .iter()
        .map(|row| row.id.locator.as_str())
        .collect();
    assert_eq!(found, ["o/r#1", "o/r#9"]);
    assert_eq!(remote.garbled(), 4);
    assert_eq!((page.unread, page.cut), (4, true), "the list is not whole");
}

#[tokio::test]
async fn the_scope_leaves_rows_out() {
    let rows = json!([
        issue(1),
        with(issue(2), &json!({"labels": [{"name": "Sync-Ignore"}]})),
        with(issue(3), &json!({"user": {"login": "renovate[bot]"}})),
        with(issue(4), &json!({"user": {"login": "x", "type": "Bot"}})),
        with(
            issue(5),
            &json!({"state": "closed", "closed_at": "2025-12-01T00:00:00Z"})
        ),
        pull(7),
    ]);
    let server = Server::start(move |_| says(200, &rows)).await;
    let remote = server.remote(|link| {
        link.skip_bots = true;
        link.kinds = BTreeSet::from([Kind::Issue]);
    });
    let page = first_page(&remote).await.unwrap();
    let found: Vec<_> = page
        .rows
        .iter()
        .map(|row| row.id.locator.as_str())
        .collect();
    assert_eq!(
        found,
        ["o/r#1", "o/r#2", "o/r#5"],
        "an ignored one and an old closed one may be linked: it is the engine's to leave them out"
    );
    assert_eq!(
        server.lines().len(),
        1,
        "no pull requests, no question about them"
    );
}

#[tokio::test]
async fn an_unchanged_list_is_asked_for_by_its_tag_and_costs_nothing() {
    let server = Server::start(|seen| match seen.header("if-none-match") {
        Some("W/\"1\"") => Says(304, Vec::new(), String::new()),
        Some(other) => panic!("{other}"),
        None => says(200, &json!([issue(1)])).with("etag", "W/\"1\""),
    })
    .await;
    let remote = server.plain();
    let page = first_page(&remote).await.unwrap();
    let from = ListFrom {
        tag: page.tag.clone(),
        // The cursor moved: the address must not, else the tag would be worthless.
        since: Some(NOON),
        page: None,
        rows: None,
    };
    let again = remote.list("issues:o/r", &from).await.unwrap();
    assert!(again.unchanged && again.rows.is_empty());
    assert_eq!(again.tag, page.tag);
    // The tag of one list is not used for another one, and garbage is no tag.
    let commits = remote.list("commits:o/r", &from).await;
    assert!(commits.is_ok(), "{commits:?}");
    let garbage = ListFrom {
        tag: Some("W/\"1\"".to_owned()),
        ..ListFrom::default()
    };
    assert!(!remote.list("issues:o/r", &garbage).await.unwrap().unchanged);
    let lines = server.lines();
    assert_eq!(lines[0], lines[1]);
    assert_eq!(lines[0], lines[3]);
}

#[tokio::test]
async fn a_list_ends_at_the_first_row_that_is_older() {
    let old = with(issue(2), &json!({"updated_at": "2025-12-31T00:00:00Z"}));
    let server = Server::start(move |_| {
        says(200, &json!([issue(1), old])).with(
            "link",
            "<{base}/repositories/1/issues?page=2>; rel=\"next\"",
        )
    })
    .await;
    let remote = server.plain();
    let all = first_page(&remote).await.unwrap();
    assert_eq!((all.rows.len(), all.next.is_some()), (2, true));
    let from = ListFrom {
        since: Some(NOON.minus(24 * 3_600_000)),
        ..ListFrom::default()
    };
    let some = remote.list("issues:o/r", &from).await.unwrap();
    assert_eq!((some.rows.len(), some.next), (1, None));
}

#[tokio::test]
async fn next_links_are_followed_as_given_within_the_origin_only() {
    let other = Server::start(|_| says(200, &json!([issue(5)]))).await;
    let foreign = other.url.clone();
    let server = Server::start(move |seen| {
        let page = says(200, &json!([issue(1)]));
        match seen.path.as_str() {
            path if path.starts_with("/repos/o/r/issues") => page.with(
                "link",
                "<{base}/x>; rel=\"prev\", <{base}/repositories/1/issues?after=Y3Vyc29y%3D&page=2>; rel=\"next\"",
            ),
            path if path.starts_with("/repositories/1/issues") => {
                page.with("link", &format!("<{foreign}/repositories/1/issues?page=3>; rel=\"next\""))
            }
            path => panic!("{path}"),
        }
    })
    .await;
    let remote = server.plain();
    let mut from = ListFrom {
        page: first_page(&remote).await.unwrap().next,
        ..ListFrom::default()
    };
    let second = remote.list("issues:o/r", &from).await.unwrap();
    assert_eq!(
        server.lines()[1],
        "GET /repositories/1/issues?after=Y3Vyc29y%3D&page=2"
    );
    assert_eq!(second.tag, None, "only a first page has a tag");
    from.page = second.next;
    for page in [from.page.clone().unwrap(), format!("{}/user", server.url)] {
        from.page = Some(page);
        let error = remote.list("issues:o/r", &from).await.unwrap_err();
        assert!(matches!(error, RemoteError::Unclear(_)), "{error}");
    }
    assert_eq!((server.lines().len(), other.lines().len()), (2, 0));
}

#[tokio::test]
async fn a_renamed_repository_is_followed_once_and_noted() {
    let row = with(issue(1), &json!({"repository_url": "{base}/repos/o/new"}));
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/user" => says(200, &json!({"login": "ada"})),
        path if path.starts_with("/repos/o/r/issues") => {
            says(301, &json!({"message": "Moved Permanently"}))
                .with("location", "{base}/repositories/1/issues?state=all")
        }
        _ => says(200, &json!([row])).with("etag", "\"e\""),
    })
    .await;
    let remote = server.plain();
    let opened = remote.open(None, true).await.unwrap();
    let page = first_page(&remote).await.unwrap();
    assert_eq!(page.rows[0].id.locator, "o/new#1");
    assert_eq!(text(&page.rows[0], "repository"), "o/new");
    first_page(&remote).await.unwrap();
    assert!(server.last().path.starts_with("/repos/o/new/issues"));
    let again = remote.open(opened.memo.as_deref(), true).await.unwrap();
    assert!(
        again.notes[0].contains("o/r is called o/new now"),
        "{:?}",
        again.notes
    );
    // The next process knows it from the memo.
    let next = server.plain();
    next.open(again.memo.as_deref(), true).await.unwrap();
    first_page(&next).await.unwrap();
    assert!(server.last().path.starts_with("/repos/o/new/issues"));
}

#[tokio::test]
async fn a_redirect_to_another_server_gets_no_token() {
    let other = Server::start(|_| says(200, &json!([]))).await;
    let foreign = other.url.clone();
    let server = Server::start(move |_| {
        says(301, &json!({})).with("location", &format!("{foreign}/repos/o/r/issues"))
    })
    .await;
    let remote = server.plain();
    assert!(first_page(&remote).await.is_err());
    let seen = remote.get(Kind::Issue, &id(1), None).await.unwrap();
    assert_eq!(seen.life, Life::Unreachable);
    assert!(other.lines().is_empty());
}

#[tokio::test]
async fn what_a_list_can_answer_instead() {
    // (status, body, what the error says)
    let cases = [
        (
            401,
            "{\"message\":\"Bad credentials\"}",
            "refused the token",
        ),
        (
            403,
            "{\"message\":\"Resource not accessible\"}",
            "denied access: o/r: Resource not accessible",
        ),
        (404, "{\"message\":\"Not Found\"}", "o/r was not found"),
        (422, "{\"message\":\"Nope\"}", "refused (422): Nope"),
        (500, "oops", "GitHub answered 500"),
        (502, "<html>bad gateway</html>", "web page"),
        (200, "<html>login</html>", "web page instead of JSON"),
        (200, "[{\"node_id\":", "cut off"),
        (200, "{\"rows\":[]}", "unexpected shape"),
    ];
    for (status, body, word) in cases {
        let server = Server::start(move |_| Says(status, Vec::new(), body.to_owned())).await;
        let error = first_page(&server.plain()).await.unwrap_err();
        assert!(error.to_string().contains(word), "{status}: {error}");
        assert_eq!(server.lines().len(), 1, "{status}");
    }
    let server = Server::start(|_| says(200, &json!([]))).await;
    assert!(matches!(
        server.plain().list("wiki:o/r", &ListFrom::default()).await,
        Err(RemoteError::Setup(_))
    ));
}

#[tokio::test]
async fn where_issues_are_off_pull_requests_are_listed_and_absence_says_nothing() {
    let mut row = pull(2);
    row.as_object_mut().unwrap().remove("pull_request");
    row.as_object_mut().unwrap().remove("repository_url");
    let row = with(
        row,
        &json!({"merged_at": "2026-01-02T09:00:00Z", "state": "closed",
            "base": {"ref": "main", "repo": {"url": "{base}/repos/o/r"}}}),
    );
    let off = json!({"message": "Issues are disabled for this repo"});
    let server = Server::start(move |seen| match seen.path.as_str() {
        path if path.starts_with("/repos/o/r/issues") => says(410, &off),
        path if path.starts_with("/repos/o/r/pulls?") => match seen.header("if-none-match") {
            Some("\"1\"") => Says(304, Vec::new(), String::new()),
            _ => says(200, &json!([row])).with("etag", "\"1\""),
        },
        "/repos/o/r/pulls/2" => says(200, &row),
        path => panic!("{path}"),
    })
    .await;
    let remote = server.remote(|link| link.graphql = GraphQl::Never);
    let page = first_page(&remote).await.unwrap();
    assert!(page.partial, "what is not listed is not missing");
    assert_eq!(page.rows.len(), 1);
    assert_eq!(page.rows[0].kind, Kind::Pull);
    assert_eq!(text(&page.rows[0], "pull_state"), "merged");
    assert_eq!(page.rows[0].id.locator, "o/r#2");
    // The next poll costs one conditional request; it does not ask for the issues again.
    let before = server.lines().len();
    let from = ListFrom {
        tag: page.tag,
        ..ListFrom::default()
    };
    assert!(remote.list("issues:o/r", &from).await.unwrap().unchanged);
    assert_eq!(server.lines().len(), before + 1);
    // Neither an issue nor a pull request is taken for deleted.
    let seen = remote.get(Kind::Issue, &id(1), None).await.unwrap();
    assert_eq!(seen.life, Life::Unreachable);
    let pull = ObjectId {
        node: "PR_2".into(),
        locator: "o/r#2".into(),
    };
    let seen = remote.get(Kind::Pull, &pull, None).await.unwrap();
    assert_eq!(
        (seen.life.clone(), text(&seen, "pull_state")),
        (Life::Live, "merged".to_owned())
    );
}

#[tokio::test]
async fn a_410_without_a_word_is_settled_by_asking_for_the_repository() {
    for (has_issues, expected) in [(true, Life::Gone), (false, Life::Unreachable)] {
        let server = Server::start(move |seen| match seen.path.as_str() {
            "/repos/o/r" => says(200, &json!({"full_name": "o/r", "has_issues": has_issues})),
            _ => says(410, &json!({})),
        })
        .await;
        let seen = server.plain().get(Kind::Issue, &id(1), None).await.unwrap();
        assert_eq!(seen.life, expected);
    }
}

#[tokio::test]
async fn a_limit_stops_the_asking() {
    let server = Server::start(|_| {
        says(403, &json!({"message": "secondary rate limit"})).with("retry-after", "60")
    })
    .await;
    let remote = server.plain();
    for _ in 0..3 {
        let error = first_page(&remote).await.unwrap_err();
        assert!(
            matches!(error, RemoteError::Limited { until, .. } if until == NOON.plus(60_000)),
            "{error:?}"
        );
    }
    assert_eq!(server.lines().len(), 1);
    assert_eq!(remote.budget().made, 1);
}

#[tokio::test]
async fn the_hourly_budget_is_shown() {
    let reset = (NOON.0 / 1_000 + 1_800).to_string();
    let server = Server::start(move |_| {
        says(200, &json!([]))
            .with("x-ratelimit-limit", "5000")
            .with("x-ratelimit-remaining", "4321")
            .with("x-ratelimit-reset", &reset)
            .with("date", "Fri, 02 Jan 2026 12:00:00 GMT")
    })
    .await;
    let remote = server.plain();
    first_page(&remote).await.unwrap();
    let budget = remote.budget();
    assert_eq!((budget.limit, budget.left), (5_000, 4_321));
    assert_eq!(budget.resets_at, Some(NOON.plus(1_801_000)));
}

// --- pull requests ---------------------------------------------------------------------------------------------

fn graph(number: u64) -> Json {
    json!({
        "number": number, "isDraft": true, "merged": false, "baseRefName": "main", "headRefName": "topic",
        "additions": 10, "deletions": 2, "changedFiles": 3, "reviewDecision": "CHANGES_REQUESTED",
        "closingIssuesReferences": {"nodes": [{"number": 12}, null, {"number": 3}]},
        "reviewRequests": {"nodes": [{"requestedReviewer": {"login": "grace"}}, {"requestedReviewer": {}},
            {"requestedReviewer": {"login": "copilot"}}, {"requestedReviewer": null}, null]},
        "mergeCommit": null,
        "commits": {"nodes": [{"commit": {"statusCheckRollup": {"state": "FAILURE"}}}]}
    })
}

#[tokio::test]
async fn one_query_completes_a_page_of_pull_requests() {
    let merged = with(
        pull(8),
        &json!({"state": "closed", "pull_request": {"merged_at": "2026-01-02T08:00:00Z"}}),
    );
    let plain = json!({"number": 8, "isDraft": false, "merged": true, "reviewDecision": null,
        "mergeCommit": {"oid": "abc"}, "reviewRequests": {"nodes": []},
        "closingIssuesReferences": {"nodes": []}, "commits": {"nodes": [{"commit": {"statusCheckRollup": null}}]}});
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/graphql" => says(
            200,
            &json!({"data": {"repository": {"p7": graph(7), "p8": plain, "p9": null}, "rateLimit": {"cost": 1}},
                "errors": [{"type": "NOT_FOUND", "path": ["repository", "p9"]}]}),
        ),
        _ => says(200, &json!([issue(1), pull(7), merged, pull(9)])),
    })
    .await;
    let page = first_page(&server.plain()).await.unwrap();
    assert_eq!(server.lines().len(), 2);
    let asked = server.last();
    assert_eq!(asked.body["variables"], json!({"owner": "o", "name": "r"}));
    let query = asked.body["query"].as_str().unwrap();
    for number in [7, 8, 9] {
        assert!(
            query.contains(&format!("p{number}: pullRequest(number:{number})")),
            "{query}"
        );
    }
    let [_, seven, eight, nine] = page.rows.as_slice() else {
        panic!("{page:?}")
    };
    for (name, expected) in [
        ("pull_state", "draft"),
        ("base", "main"),
        ("head", "topic"),
        ("review", "changes requested"),
        ("checks", "failing"),
        ("linked_issues", "#3, #12"),
        ("merge_commit", ""),
    ] {
        assert_eq!(text(seven, name), expected, "{name}");
    }
    assert_eq!(
        seven.fields[&key("reviewers")],
        Value::set(["grace", "copilot"]),
        "teams have no login"
    );
    assert_eq!(eight.fields[&key("reviewers")].names().len(), 0);
    assert!(!nine.fields.contains_key(&key("reviewers")));
    assert_eq!(seven.fields[&key("files")], Value::Number(3));
    assert_eq!(seven.fields[&key("merged")], Value::Null);
    assert!(
        !seven.fields.contains_key(&FieldKey::STATE),
        "a pull request has its own state"
    );
    for (name, expected) in [
        ("pull_state", "merged"),
        ("merged", "2026-01-02T08:00:00Z"),
        ("review", "none"),
        ("checks", "none"),
        ("linked_issues", ""),
        ("merge_commit", "abc"),
    ] {
        assert_eq!(text(eight, name), expected, "{name}");
    }
    assert_eq!(text(nine, "pull_state"), "open");
    assert!(!nine.fields.contains_key(&key("checks")), "not observed");
}

#[tokio::test]
async fn commits_keep_what_a_host_without_graphql_does_not_say() {
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/graphql" => says(404, &json!({})),
        "/user" => says(200, &json!({"login": "ada"})),
        _ => says(200, &json!([commit("a1", "x", "2026-01-02T00:00:00Z")])),
    })
    .await;
    let remote = server.remote(|link| {
        link.kinds = BTreeSet::from([Kind::Commit]);
        link.commits_within = None;
    });
    for _ in 0..2 {
        let page = remote.list("commits:o/r", &ListFrom::default()).await;
        let page = page.unwrap();
        assert_eq!(text(&page.rows[0], "title"), "x");
        for name in ["branch", "pull", "files", "additions", "deletions"] {
            assert!(!page.rows[0].fields.contains_key(&key(name)), "{name}");
        }
    }
    let asked = server.lines();
    let asked = asked.iter().filter(|line| line.contains("graphql"));
    assert_eq!(asked.count(), 1, "and not again for a while");
    let opened = remote.open(None, true).await.unwrap();
    assert!(
        opened.notes.iter().any(|note| note.contains("commits")),
        "people are told: {:?}",
        opened.notes
    );
}

#[tokio::test]
async fn a_host_without_graphql_is_asked_once() {
    for status in [404, 501, 200] {
        let server = Server::start(move |seen| match seen.path.as_str() {
            "/graphql" => says(status, &json!({"errors": [{"type": "undefinedField"}]})),
            "/user" => says(200, &json!({"login": "ada"})),
            path if path.starts_with("/repos/o/r/pulls?") && path.contains("page=2") => {
                says(200, &json!([{"number": 1, "base": {"ref": "two"}, "head": null, "merged_at": "2026-01-02T08:00:00Z",
                    "merge_commit_sha": "abc", "requested_reviewers": []}]))
            }
            path if path.starts_with("/repos/o/r/pulls?") => says(
                200,
                &json!((2..=5).map(|number| json!({"number": number, "draft": true, "base": {"ref": "main"},
                    "merge_commit_sha": "trial", "requested_reviewers": [{"login": "grace"}]})).collect::<Vec<_>>()),
            )
            .with("link", "<{base}/repos/o/r/pulls?page=2>; rel=\"next\""),
            "/repos/o/r/pulls/3" => says(200, &json!({"number": 3, "draft": true, "additions": 7, "head": {"ref": "t"}})),
            "/repos/o/r/issues/3" => says(200, &pull(3)),
            _ => says(200, &json!((1..=5).map(pull).collect::<Vec<_>>())),
        })
        .await;
        let remote = server.plain();
        let page = first_page(&remote).await.unwrap();
        let states: Vec<_> = page
            .rows
            .iter()
            .map(|row| text(row, "pull_state"))
            .collect();
        assert_eq!(
            states,
            ["merged", "draft", "draft", "draft", "draft"],
            "{status}"
        );
        assert_eq!(text(&page.rows[0], "base"), "two");
        assert!(
            page.rows
                .iter()
                .all(|row| !row.fields.contains_key(&key("review")))
        );
        let (merged, open) = (&page.rows[0], &page.rows[1]);
        assert_eq!(text(merged, "merge_commit"), "abc");
        assert_eq!(merged.fields[&key("reviewers")].names().len(), 0);
        assert_eq!(text(open, "merge_commit"), "", "a trial merge is none");
        assert_eq!(open.fields[&key("reviewers")], Value::set(["grace"]));
        let one = ObjectId {
            node: "PR_3".into(),
            locator: "o/r#3".into(),
        };
        let seen = remote.get(Kind::Pull, &one, None).await.unwrap();
        assert_eq!(
            (text(&seen, "head"), text(&seen, "pull_state")),
            ("t".into(), "draft".into())
        );
        let questions = server
            .lines()
            .iter()
            .filter(|line| line.contains("graphql"))
            .count();
        assert_eq!(questions, 1, "{status}");
        let opened = remote.open(None, true).await.unwrap();
        assert!(opened.notes[0].contains("no GraphQL"), "{:?}", opened.notes);
        // Remembered over a restart.
        let next = server.plain();
        next.open(opened.memo.as_deref(), true).await.unwrap();
        first_page(&next).await.unwrap();
        assert_eq!(
            server
                .lines()
                .iter()
                .filter(|line| line.contains("graphql"))
                .count(),
            1
        );
        // Not for ever: a while later it is asked once more.
        let mut memo: Json = serde_json::from_str(opened.memo.as_deref().unwrap()).unwrap();
        memo["no_graphql_at"] = json!(NOON.0 - 7 * 3_600_000);
        let later = server.plain();
        later.open(Some(&memo.to_string()), true).await.unwrap();
        first_page(&later).await.unwrap();
        let asked = server.lines().into_iter();
        assert_eq!(asked.filter(|line| line.contains("graphql")).count(), 2);
    }
}

#[tokio::test]
async fn one_graphql_hiccup_does_not_switch_graphql_off() {
    let hiccup = json!({"data": null, "errors": [{"message": "Something went wrong while executing your query"}]});
    for (status, body) in [
        (200, hiccup),
        (200, json!({})),
        (403, json!({})),
        (429, json!({})),
    ] {
        let first = std::sync::atomic::AtomicBool::new(true);
        let server = Server::start(move |seen| match seen.path.as_str() {
            "/graphql" if first.swap(false, std::sync::atomic::Ordering::SeqCst) => {
                says(status, &body)
            }
            "/graphql" => says(200, &json!({"data": {"repository": {"p7": graph(7)}}})),
            _ => says(200, &json!([pull(7)])),
        })
        .await;
        let remote = server.plain();
        match first_page(&remote).await {
            Ok(page) => assert!(!page.rows[0].fields.contains_key(&key("checks"))),
            Err(error) => {
                assert!(matches!(error, RemoteError::Limited { .. }), "{error}");
                continue;
            }
        }
        let page = first_page(&remote).await.unwrap();
        assert_eq!(text(&page.rows[0], "checks"), "failing", "{status}");
    }
}

#[tokio::test]
async fn checks_that_end_are_seen_though_no_list_shows_them() {
    let ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let told = ended.clone();
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/graphql" => {
            let mut row = graph(7);
            let state = if told.load(std::sync::atomic::Ordering::SeqCst) {
                "SUCCESS"
            } else {
                "PENDING"
            };
            row["commits"]["nodes"][0]["commit"]["statusCheckRollup"]["state"] = json!(state);
            says(200, &json!({"data": {"repository": {"p7": row}}}))
        }
        "/repos/o/r/issues/7" => says(200, &pull(7)),
        _ if seen.header("if-none-match").is_some() => Says(304, Vec::new(), String::new()),
        _ => says(200, &json!([issue(1), pull(7)])).with("etag", "\"1\""),
    })
    .await;
    let page = first_page(&server.plain()).await.unwrap();
    assert_eq!(text(&page.rows[1], "checks"), "pending");
    // Another process, and nothing new: one conditional request, and one query.
    let remote = server.plain();
    let mut from = ListFrom {
        tag: page.tag,
        ..ListFrom::default()
    };
    let before = server.lines().len();
    let page = remote.list("issues:o/r", &from).await.unwrap();
    assert!(page.unchanged);
    assert_eq!(server.lines()[before..].len(), 2);
    from.tag = page.tag;
    ended.store(true, std::sync::atomic::Ordering::SeqCst);
    let page = remote.list("issues:o/r", &from).await.unwrap();
    let [row] = page.rows.as_slice() else {
        panic!("{page:?}")
    };
    assert_eq!(
        (row.id.locator.as_str(), text(row, "checks")),
        ("o/r#7", "passing".to_owned())
    );
    // Then it is quiet again.
    from.tag = page.tag;
    let before = server.lines().len();
    assert!(remote.list("issues:o/r", &from).await.unwrap().unchanged);
    assert_eq!(server.lines()[before..].len(), 1);
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_asked_in_halves() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/graphql" => {
            let query = seen.body["query"].as_str().unwrap();
            let numbers: Vec<u64> = (1..=40)
                .filter(|number| query.contains(&format!("p{number}:")))
                .collect();
            if numbers.len() > 20 || numbers.contains(&40) {
                return says(502, &json!({}));
            }
            let pulls: serde_json::Map<_, _> = numbers
                .iter()
                .map(|number| (format!("p{number}"), graph(*number)))
                .collect();
            says(200, &json!({"data": {"repository": pulls}}))
        }
        _ => says(200, &json!((1..=40).map(pull).collect::<Vec<_>>())),
    })
    .await;
    let page = first_page(&server.plain()).await.unwrap();
    let complete = page
        .rows
        .iter()
        .filter(|row| row.fields.contains_key(&key("checks")))
        .count();
    assert_eq!(
        (page.rows.len(), complete),
        (40, 30),
        "what keeps failing is left out, the rows stay"
    );
}

#[tokio::test]
async fn graphqls_own_limit_is_a_limit() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/graphql" => says(200, &json!({"errors": [{"type": "RATE_LIMITED"}]})),
        _ => says(200, &json!([pull(1)])),
    })
    .await;
    let error = first_page(&server.plain()).await.unwrap_err();
    assert!(matches!(error, RemoteError::Limited { .. }), "{error:?}");
}

#[tokio::test]
async fn an_enterprise_server_has_graphql_elsewhere() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/api/graphql" => says(200, &json!({"data": {"repository": {"p1": graph(1)}}})),
        path => {
            assert!(path.starts_with("/api/v3/repos/o/r/issues"), "{path}");
            says(200, &json!([pull(1)]))
        }
    })
    .await;
    let remote = remote_at(
        &format!("{}/api/v3", server.url),
        "t",
        GithubLink::of(["o/r"]),
    );
    let page = first_page(&remote).await.unwrap();
    assert_eq!(text(&page.rows[0], "checks"), "failing");
}

// --- commits ---------------------------------------------------------------------------------------------------

fn commit(sha: &str, message: &str, date: &str) -> Json {
    json!({
        "sha": sha, "url": format!("{{base}}/repos/o/r/commits/{sha}"), "html_url": format!("https://github.com/o/r/commit/{sha}"),
        "author": {"login": "ada"}, "parents": [{"sha": "0"}],
        "commit": {"message": message, "author": {"name": "Ada", "date": date}, "committer": {"date": date}, "verification": {"verified": true}}
    })
}

#[tokio::test]
async fn commits_become_observations_down_to_the_window() {
    let message = "Fix it (#4)\r\n\r\nCloses #12\r\n\r\nCo-authored-by: Bob <b@b>";
    let mut unknown = commit("b2", "Only a headline\n", "2026-01-01T01:00:00Z");
    unknown["author"] = Json::Null;
    let mut merge = commit("c3", "Merge", "2026-01-01T00:30:00Z");
    merge["parents"] = json!([{"sha": "1"}, {"sha": "2"}]);
    let rows = json!([
        commit("a1", message, "2026-01-02T01:00:00+01:00"),
        unknown,
        merge,
        commit("d4", "Old", "2025-01-01T00:00:00Z")
    ]);
    let more = json!({"data": {"repository": {"defaultBranchRef": {"name": "trunk"}, "cb2": null,
        "ca1": {"oid": "a1", "additions": 7, "deletions": 0, "changedFilesIfAvailable": null,
            "associatedPullRequests": {"nodes": [{"number": 12}, null, {"number": 4}]}}}}});
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/graphql" => says(200, &more),
        _ => says(200, &rows)
            .with(
                "link",
                "<{base}/repositories/1/commits?page=2>; rel=\"next\"",
            )
            .with("etag", "\"c\""),
    })
    .await;
    let remote = server.remote(|link| link.commits_within = Some(90 * 24 * 3_600_000));
    let page = remote
        .list("commits:o/r", &ListFrom::default())
        .await
        .unwrap();
    assert_eq!(
        server.lines(),
        ["GET /repos/o/r/commits?per_page=100", "POST /graphql"]
    );
    let query = server.last().body["query"].to_string();
    assert!(query.contains("ca1: object") && query.contains("cb2: object"));
    assert!(!query.contains("cc3") && !query.contains("cd4"), "{query}");
    assert_eq!(
        (page.rows.len(), page.next.as_ref()),
        (2, None),
        "the window starts on this page"
    );
    let [one, two] = page.rows.as_slice() else {
        panic!()
    };
    assert_eq!(
        one.id,
        ObjectId {
            node: "o/r@a1".into(),
            locator: "o/r@a1".into()
        }
    );
    for (name, expected) in [
        ("title", "Fix it (#4)"),
        (
            "body",
            "Fix it (#4)\n\nCloses #12\n\nCo-authored-by: Bob <b@b>",
        ),
        ("author", "ada"),
        ("co_authors", "Bob"),
        ("linked_issues", "#4, #12"),
        ("committed", "2026-01-02T00:00:00Z"),
        ("sha", "a1"),
        ("branch", "trunk"),
        ("pull", "#4, #12"),
    ] {
        assert_eq!(text(one, name), expected, "{name}");
    }
    assert_eq!(one.fields[&key("additions")], Value::Number(7));
    assert_eq!(one.fields[&key("deletions")], Value::Number(0));
    assert!(
        !one.fields.contains_key(&key("files")),
        "GitHub could not count them"
    );
    for name in ["branch", "pull", "additions"] {
        assert!(
            !two.fields.contains_key(&key(name)),
            "{name} was not observed"
        );
    }
    assert_eq!(one.fields[&key("verified")], Value::Bool(true));
    assert_eq!(one.fields[&key("orphaned")], Value::Bool(false));
    assert_eq!(
        (text(two, "author"), two.fields[&FieldKey::BODY].clone()),
        ("Ada".into(), Value::Null)
    );

    let all = server
        .remote(|link| link.graphql = GraphQl::Never)
        .list("commits:o/r", &ListFrom::default())
        .await
        .unwrap();
    assert!(all.next.is_some());
}

#[tokio::test]
async fn commits_are_read_by_their_sha() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/repos/o/r/commits/a1?per_page=1" => says(200, &commit("a1", "x", "2026-01-02T00:00:00Z")),
        "/repos/o/r/commits/b2?per_page=1" => {
            says(422, &json!({"message": "No commit found for SHA: b2"}))
        }
        "/repos/o/r/commits/c3?per_page=1" => says(404, &json!({"message": "Not Found"})),
        "/repos/o/r/commits/d4?per_page=1" => says(200, &commit("d4", "x", "2026-01-02T00:00:00Z")),
        "/repos/o/r/compare/a1...HEAD?per_page=1&page=2" => says(200, &json!({"status": "ahead"})),
        "/repos/o/r/compare/d4...HEAD?per_page=1&page=2" => {
            says(200, &json!({"status": "diverged"}))
        }
        "/repos/o/r/commits?per_page=100" => {
            says(409, &json!({"message": "Git Repository is empty."}))
        }
        "/graphql" => says(
            200,
            &json!({"data": {"repository": {"defaultBranchRef": {"name": "main"},
                "c": {"oid": if seen.body["query"].to_string().contains("ca1") { "a1" } else { "d4" }, "additions": 1}}}}),
        ),
        path => panic!("{path}"),
    })
    .await;
    let remote = server.plain();
    let id = |sha: &str| ObjectId {
        node: format!("old/name@{sha}"),
        locator: format!("o/r@{sha}"),
    };
    let seen = remote.get(Kind::Commit, &id("a1"), None).await.unwrap();
    assert_eq!(
        (seen.life.clone(), seen.id.clone()),
        (Life::Live, id("a1")),
        "the lasting id stays"
    );
    let orphaned = |seen: &Observation| seen.fields.get(&key("orphaned")).cloned();
    assert_eq!(orphaned(&seen), Some(Value::Bool(false)));
    assert_eq!(text(&seen, "branch"), "main");
    for sha in ["b2", "d4"] {
        let left = remote.get(Kind::Commit, &id(sha), None).await.unwrap();
        let found = (left.life.clone(), orphaned(&left));
        assert_eq!(found, (Life::Live, Some(Value::Bool(true))), "{sha}");
        assert!(!left.fields.contains_key(&key("branch")), "{sha}");
    }
    let hidden = remote.get(Kind::Commit, &id("c3"), None).await.unwrap();
    assert_eq!(
        (hidden.life.clone(), orphaned(&hidden)),
        (Life::Unreachable, None),
        "404 proves nothing"
    );
    let empty = remote.list("commits:o/r", &ListFrom::default()).await;
    assert_eq!(empty, Ok(Page::default()));
}

// --- reading one -----------------------------------------------------------------------------------------------

#[tokio::test]
async fn whether_an_issue_lives_is_told_by_evidence_only() {
    let elsewhere = with(issue(9), &json!({"repository_url": "{base}/repos/x/y"}));
    let renamed = with(issue(6), &json!({"repository_url": "{base}/repos/o/new"}));
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/repos/o/r/issues/1" => says(200, &issue(1)),
        "/repos/o/r/issues/2" => says(404, &json!({})),
        "/repos/o/r/issues/3" => says(410, &json!({"message": "This issue was deleted"})),
        "/repos/o/r/issues/4" => says(403, &json!({"message": "no"})),
        "/repos/o/r/issues/5" => {
            says(301, &json!({})).with("location", "{base}/repositories/2/issues/9")
        }
        "/repos/o/r/issues/6" => {
            says(301, &json!({})).with("location", "{base}/repositories/1/issues/6")
        }
        "/repos/o/r/issues/7" => {
            says(301, &json!({})).with("location", "{base}/repositories/1/issues/77")
        }
        "/repos/o/r/issues/8" => says(200, &issue(88)),
        "/repositories/2/issues/9" => says(200, &elsewhere),
        "/repositories/1/issues/6" => says(200, &renamed),
        "/repositories/1/issues/77" => says(410, &json!({})),
        path => panic!("{path}"),
    })
    .await;
    let remote = server.plain();
    let moved = ObjectId {
        node: "I_9".into(),
        locator: "x/y#9".into(),
    };
    for (number, expected) in [
        (1, Life::Live),
        (2, Life::Unreachable),
        (3, Life::Gone),
        (4, Life::Unreachable),
        (5, Life::MovedTo(moved)),
        (6, Life::Live),
        (7, Life::Unreachable),
        (8, Life::Unreachable),
    ] {
        let seen = remote.get(Kind::Issue, &id(number), None).await.unwrap();
        assert_eq!(seen.life, expected, "{number}");
        assert_eq!(seen.id.node, id(number).node, "{number}");
        let locator = if number == 6 {
            "o/new#6".to_owned()
        } else {
            id(number).locator
        };
        assert_eq!(seen.id.locator, locator);
    }
    for locator in ["o/r", "o/r#x", "../x#1", "o/r/z#1", ""] {
        let id = ObjectId {
            node: "I_1".into(),
            locator: locator.into(),
        };
        let seen = remote.get(Kind::Issue, &id, None).await.unwrap();
        assert_eq!(seen.life, Life::Unreachable, "{locator}");
    }
}

#[tokio::test]
async fn a_read_that_fails_is_no_evidence() {
    for status in [401, 500, 503] {
        let server = Server::start(move |_| says(status, &json!({}))).await;
        assert!(
            server.plain().get(Kind::Issue, &id(1), None).await.is_err(),
            "{status}"
        );
    }
}

// --- writing ---------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_create_is_one_post_with_its_marker() {
    let server = Server::start(|seen| {
        let mut row = with(
            issue(20),
            &json!({"title": seen.body["title"], "body": seen.body["body"]}),
        );
        // Without push access GitHub drops labels and says nothing.
        row["labels"] = json!([]);
        says(201, &row).with("x-github-request-id", "AB:12")
    })
    .await;
    let answer = server.plain().write(&create(draft()), None).await.unwrap();
    assert_eq!(server.lines(), ["POST /repos/o/r/issues"]);
    assert_eq!(
        server.last().body,
        json!({"title": "New", "body": format!("Text\n\n<!-- pulse-sync:{KEY} -->"), "labels": ["a", "b"]})
    );
    assert_eq!(answer.request.as_deref(), Some("AB:12"));
    assert_eq!(answer.post.id, id(20));
    assert_eq!(text(&answer.post, "body"), "Text");
    assert_eq!(answer.post.marker, Some(Key(KEY.to_owned())));
    assert_eq!(
        answer.post.fields[&FieldKey::LABELS],
        Value::Set(BTreeSet::new()),
        "the drop is visible"
    );
}

#[tokio::test]
async fn every_patch_is_one_request() {
    let server = Server::start(|seen| {
        if seen.path.contains("/labels") {
            return says(200, &json!([{"name": "bug"}, {"name": "new, one"}]));
        }
        says(200, &issue(1))
    })
    .await;
    let remote = server.plain();
    let set = |names: &[&str]| Value::set(names.iter().copied());
    let word = |word: &str| Value::text(word);
    let cases = [
        (
            vec![change("title", word("a"), word("b"))],
            "PATCH /repos/o/r/issues/1",
            json!({"title": "b"}),
        ),
        (
            vec![
                change("body", word("a"), Value::Null),
                change("milestone", word("v0"), Value::Null),
            ],
            "PATCH /repos/o/r/issues/1",
            json!({"body": "", "milestone": null}),
        ),
        (
            vec![
                change("state", word("open"), word("closed")),
                change("closed_as", Value::Null, word("not planned")),
            ],
            "PATCH /repos/o/r/issues/1",
            json!({"state": "closed", "state_reason": "not_planned"}),
        ),
        (
            vec![change("state", word("open"), word("closed"))],
            "PATCH /repos/o/r/issues/1",
            json!({"state": "closed"}),
        ),
        (
            vec![
                change("state", word("closed"), word("open")),
                change("closed_as", word("completed"), Value::Null),
            ],
            "PATCH /repos/o/r/issues/1",
            json!({"state": "open"}),
        ),
        (
            vec![change(
                "labels",
                set(&["bug"]),
                set(&["bug", "new, one", "x"]),
            )],
            "POST /repos/o/r/issues/1/labels",
            json!({"labels": ["new, one", "x"]}),
        ),
        (
            vec![change("labels", set(&["a/b c?", "x"]), set(&["x"]))],
            "DELETE /repos/o/r/issues/1/labels/a%2Fb%20c%3F",
            Json::Null,
        ),
        (
            vec![change("assignees", set(&[]), set(&["ada", "bob"]))],
            "POST /repos/o/r/issues/1/assignees",
            json!({"assignees": ["ada", "bob"]}),
        ),
        (
            vec![change("assignees", set(&["ada", "bob"]), set(&[]))],
            "DELETE /repos/o/r/issues/1/assignees",
            json!({"assignees": ["ada", "bob"]}),
        ),
    ];
    for (at, (changes, line, body)) in cases.into_iter().enumerate() {
        let answer = write(&remote, changes).await.unwrap();
        assert_eq!(server.lines().len(), at + 1, "{line}");
        assert_eq!(server.last().line(), line);
        assert_eq!(server.last().body, body, "{line}");
        if line.contains("/labels") {
            let fields = BTreeMap::from([(FieldKey::LABELS, set(&["bug", "new, one"]))]);
            assert_eq!(answer.post.fields, fields, "nothing else was observed");
        } else {
            assert_eq!(text(&answer.post, "title"), "Issue 1");
        }
    }
}

#[tokio::test]
async fn the_marker_stays_in_a_changed_body() {
    let server = Server::start(|_| says(200, &issue(1))).await;
    let step = patch(vec![change("body", Value::Null, Value::text("new"))]);
    server
        .plain()
        .write(&step, Some(&target(Some(KEY))))
        .await
        .unwrap();
    assert_eq!(
        server.last().body,
        json!({"body": format!("new\n\n<!-- pulse-sync:{KEY} -->")})
    );
}

#[tokio::test]
async fn what_is_not_one_request_is_not_sent() {
    let server = Server::start(|_| says(200, &issue(1))).await;
    let remote = server.plain();
    let set = |names: &[&str]| Value::set(names.iter().copied());
    let title = change("title", Value::text("a"), Value::text("b"));
    for changes in [
        vec![],
        vec![change("labels", set(&["a"]), set(&["b"]))],
        vec![change("labels", set(&["a", "b"]), set(&[]))],
        vec![change("assignees", set(&["a"]), set(&["b"]))],
        vec![title, change("labels", set(&[]), set(&["b"]))],
        vec![change("author", Value::Null, Value::text("me"))],
        vec![change("closed_as", Value::text("completed"), Value::Null)],
    ] {
        let error = write(&remote, changes).await.unwrap_err();
        assert!(matches!(error, RemoteError::Refused { .. }), "{error:?}");
    }
    for action in [Action::Trash, Action::Restore] {
        let step = Step {
            side: Side::Github,
            action,
            row: Row::I1,
        };
        assert!(remote.write(&step, Some(&target(None))).await.is_err());
    }
    assert!(server.lines().is_empty());
}

#[tokio::test]
async fn a_text_that_is_too_long_with_its_marker_is_refused_by_name() {
    let server = Server::start(|_| says(201, &issue(1))).await;
    let remote = server.plain();
    let mut long = draft();
    for (length, fits) in [(65_536 - 54, true), (65_536 - 53, false), (70_000, false)] {
        let body = Value::text("ü".repeat(length));
        long.fields.insert(FieldKey::BODY, body.clone());
        let outcomes = [
            remote.write(&create(long.clone()), None).await,
            remote
                .write(
                    &patch(vec![change("body", Value::Null, body)]),
                    Some(&target(Some(KEY))),
                )
                .await,
        ];
        for outcome in outcomes {
            match outcome {
                Ok(_) => assert!(fits, "{length}"),
                Err(RemoteError::Refused { field, .. }) => {
                    assert_eq!((fits, field), (false, Some(FieldKey::BODY)), "{length}");
                }
                Err(error) => panic!("{length}: {error:?}"),
            }
        }
    }
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn a_close_says_not_planned() {
    let server = Server::start(|_| says(200, &issue(1))).await;
    let step = Step {
        side: Side::Github,
        action: Action::Close,
        row: Row::I1,
    };
    server
        .plain()
        .write(&step, Some(&target(None)))
        .await
        .unwrap();
    assert_eq!(server.last().line(), "PATCH /repos/o/r/issues/1");
    assert_eq!(
        server.last().body,
        json!({"state": "closed", "state_reason": "not_planned"})
    );
}

#[tokio::test]
async fn milestones_are_found_by_title() {
    let server = Server::start(|seen| match seen.path.as_str() {
        path if path.starts_with("/repos/o/r/milestones") => says(
            200,
            &json!([{"number": 7, "title": "v2"}, {"number": 8, "title": "v3"}, {"number": 9, "title": "long ".repeat(40)}]),
        ),
        _ => says(200, &issue(1)),
    })
    .await;
    let remote = server.plain();
    let milestone = |title: &str| vec![change("milestone", Value::Null, Value::text(title))];
    write(&remote, milestone("v2")).await.unwrap();
    assert_eq!(server.last().body, json!({"milestone": 7}));
    write(&remote, milestone("v3")).await.unwrap();
    // A long one is picked in Notion by its cut name.
    let cut = pulse_sync::core::codec::option_name(&"long ".repeat(40));
    write(&remote, milestone(&cut)).await.unwrap();
    assert_eq!(server.last().body, json!({"milestone": 9}));
    // The answer's own milestone was learned on the way.
    let error = write(&remote, milestone("v9")).await.unwrap_err();
    assert!(
        matches!(&error, RemoteError::Refused { field: Some(field), message, .. }
            if *field == FieldKey::MILESTONE && message.contains("v9")),
        "{error:?}"
    );
    let lists = server
        .lines()
        .iter()
        .filter(|line| line.contains("milestones"))
        .count();
    assert_eq!(
        (server.lines().len(), lists),
        (4, 1),
        "one list, three writes, nothing for the unknown one"
    );
}

#[tokio::test]
async fn a_post_that_fails_is_sent_once() {
    for (status, body) in [
        (502, "{}"),
        (500, "oops"),
        (503, ""),
        (201, "{\"node_id\": \"I_1\", \"num"),
        (201, "<html>"),
        (200, "[]"),
    ] {
        let server = Server::start(move |_| Says(status, Vec::new(), body.to_owned())).await;
        let error = server
            .plain()
            .write(&create(draft()), None)
            .await
            .unwrap_err();
        assert!(error.maybe_applied(), "{status} {body}: {error:?}");
        assert_eq!(server.lines().len(), 1, "{status} {body}");
    }
}

#[tokio::test]
async fn a_write_without_an_answer_is_unclear_and_without_a_connection_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut config = config(&url);
    config.timeout = Duration::from_millis(200);
    let client = build_client(Duration::from_secs(2)).unwrap();
    let account =
        GithubAccount::new(config, client, &SecretString::from("t"), Arc::new(|| NOON)).unwrap();
    let remote = GithubRemote::new(account, GithubLink::of(["o/r"]));
    // Accepted by the system, answered by nobody.
    let error = remote.write(&create(draft()), None).await.unwrap_err();
    assert!(error.maybe_applied(), "{error:?}");
    drop(listener);
    let error = remote.write(&create(draft()), None).await.unwrap_err();
    assert!(
        matches!(
            error,
            RemoteError::Offline {
                service: "GitHub",
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn refusals_name_what_they_can() {
    let field = json!({"message": "Validation Failed", "errors": [{"resource": "Issue", "field": "assignees", "code": "invalid"}]});
    let cases = [
        (
            422,
            field,
            "refused (422): Validation Failed; assignees: invalid",
            Some(FieldKey::ASSIGNEES),
        ),
        (
            422,
            json!({"message": "Validation Failed", "errors": ["title is too long"]}),
            "title is too long",
            None,
        ),
        (
            404,
            json!({"message": "Not Found"}),
            "refused (404): not found in o/r",
            None,
        ),
        (
            410,
            json!({"message": "This issue was deleted"}),
            "refused (410): This issue was deleted",
            None,
        ),
        (
            403,
            json!({"message": "Repository was archived so is read-only."}),
            "refused (403): Repository was archived",
            None,
        ),
        (
            403,
            json!({"message": "Resource not accessible"}),
            "denied access: writing to o/r",
            None,
        ),
        (
            401,
            json!({"message": "Bad credentials"}),
            "refused the token",
            None,
        ),
        (
            409,
            json!({"message": "Conflict"}),
            "changed meanwhile",
            None,
        ),
    ];
    for (status, body, words, named) in cases {
        let server = Server::start(move |_| says(status, &body)).await;
        let changes = vec![change("title", Value::Null, Value::text("x"))];
        let error = write(&server.plain(), changes).await.unwrap_err();
        assert!(error.to_string().contains(words), "{status}: {error}");
        assert!(!error.maybe_applied());
        if let RemoteError::Refused { field, .. } = &error {
            assert_eq!(*field, named);
        }
        assert_eq!(server.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_write_follows_no_redirect() {
    for status in [301, 302, 307, 308] {
        let server = Server::start(move |_| {
            says(status, &json!({})).with("location", "{base}/repositories/1/issues/1")
        })
        .await;
        let changes = vec![change("title", Value::Null, Value::text("x"))];
        let error = write(&server.plain(), changes).await.unwrap_err();
        assert!(matches!(error, RemoteError::Stale(_)), "{error:?}");
        assert_eq!(server.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_label_that_is_gone_already_asks_for_a_new_plan() {
    let server = Server::start(|_| says(404, &json!({"message": "Label does not exist"}))).await;
    let changes = vec![change("labels", Value::set(["a"]), Value::set::<&str>([]))];
    let error = write(&server.plain(), changes).await.unwrap_err();
    assert!(matches!(error, RemoteError::Stale(_)), "{error:?}");
}

// --- looking for a lost create ---------------------------------------------------------------------------------

fn made(number: u64, by: &str, created: &str, key: &str) -> Json {
    with(
        issue(number),
        &json!({"user": {"login": by}, "created_at": created, "body": format!("x\n\n<!-- pulse-sync:{key} -->")}),
    )
}

#[tokio::test]
async fn a_lost_create_is_found_by_marker_and_author() {
    let other = "f".repeat(32);
    let rows = [
        made(9, "ada", "2026-01-02T11:50:00Z", KEY),
        made(8, "ada", "2026-01-02T11:40:00Z", &other),
        made(7, "eve", "2026-01-02T11:30:00Z", KEY),
        with(
            made(6, "ada", "2026-01-02T11:20:00Z", KEY),
            &json!({"pull_request": {}}),
        ),
    ];
    let old = made(5, "ADA", "2026-01-02T11:00:00Z", KEY);
    let older = made(4, "ada", "2026-01-01T00:00:00Z", KEY);
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/user" => says(200, &json!({"login": "ada"})),
        path if path.contains("page=2") => says(200, &json!([old, older]))
            .with("link", "<{base}/repos/o/r/issues?page=3>; rel=\"next\""),
        _ => says(200, &json!(rows)).with("link", "<{base}/repos/o/r/issues?page=2>; rel=\"next\""),
    })
    .await;
    let remote = server.plain();
    remote.open(None, true).await.unwrap();
    let lookup = remote
        .find_made(&draft(), NOON.minus(3_600_000))
        .await
        .unwrap();
    let hits: Vec<_> = lookup
        .hits
        .iter()
        .map(|hit| hit.id.locator.as_str())
        .collect();
    assert_eq!(hits, ["o/r#4", "o/r#5", "o/r#9"], "oldest first");
    assert!(lookup.complete, "the second page reaches behind the time");
    assert_eq!(
        server.lines()[1],
        "GET /repos/o/r/issues?state=all&sort=created&direction=desc&per_page=100&creator=ada"
    );
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn a_look_up_that_did_not_see_everything_says_so() {
    let server = Server::start(|_| says(200, &json!([issue(1), {"broken": true}]))).await;
    let lookup = server.plain().find_made(&draft(), NOON).await.unwrap();
    assert_eq!(lookup, Lookup::default());
    let empty = Server::start(|_| says(200, &json!([]))).await;
    assert!(
        empty
            .plain()
            .find_made(&draft(), NOON)
            .await
            .unwrap()
            .complete
    );
    let broken = Server::start(|_| says(500, &json!({}))).await;
    assert!(broken.plain().find_made(&draft(), NOON).await.is_err());
}

#[tokio::test]
async fn graphql_can_be_switched_off() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/graphql" => panic!("asked"),
        "/repos/o/r/pulls/1" => says(200, &json!({"number": 1, "base": {"ref": "main"}})),
        _ => says(200, &json!([pull(1)])),
    })
    .await;
    let remote = server.remote(|link| link.graphql = GraphQl::Never);
    let page = first_page(&remote).await.unwrap();
    assert_eq!(text(&page.rows[0], "base"), "main");
}

#[tokio::test]
async fn pages_are_as_small_as_asked() {
    let server = Server::start(|seen| {
        assert!(seen.path.contains("per_page=25"), "{}", seen.path);
        says(200, &json!([]))
    })
    .await;
    let remote = server.plain();
    let from = ListFrom {
        rows: Some(25),
        ..ListFrom::default()
    };
    for stream in ["issues:o/r", "commits:o/r"] {
        let page = remote.list(stream, &from).await.unwrap();
        assert!(page.rows.is_empty() && page.next.is_none(), "{stream}");
    }
}
