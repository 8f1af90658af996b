//! The one HTTP room against servers that misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use pulse_sync::core::Time;
use pulse_sync::remote::RemoteError;
use pulse_sync::remote::http::{
    Account, AccountConfig, Ask, Now, Rules, build_client, fingerprint,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const NOON: Time = Time(1_767_355_200_000);

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Seen>>>);

type Seen = (Method, String, HeaderMap, Bytes);

impl Log {
    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn header(&self, at: usize, name: &str) -> Option<String> {
        let seen = self.0.lock().unwrap();
        seen[at]
            .2
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    }
}

/// A server that answers everything with `answer`.
async fn serve<F>(answer: F) -> (String, Log)
where
    F: Fn(&str) -> Response + Clone + Send + Sync + 'static,
{
    let log = Log::default();
    let seen = log.clone();
    let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let path = uri.to_string();
        let response = answer(&path);
        seen.0.lock().unwrap().push((method, path, headers, body));
        async move { response }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        axum::serve(listener, Router::new().fallback(handler))
            .await
            .unwrap();
    });
    (url, log)
}

/// A server that reads a request, writes these bytes and hangs up (or never does).
async fn raw(answer: &'static [u8], hang: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(answer).await;
                if hang {
                    tokio::time::sleep(Duration::from_secs(30)).await;
                }
            });
        }
    });
    url
}

fn noon() -> Now {
    Arc::new(|| NOON)
}

fn account(config: AccountConfig) -> Account {
    let client = build_client(Duration::from_secs(2)).unwrap();
    Account::new(config, client, &SecretString::from("secret"), noon()).unwrap()
}

fn notion(url: &str) -> AccountConfig {
    let mut config = AccountConfig::notion(url);
    config.timeout = Duration::from_secs(5);
    config
}

fn ok(body: &Json) -> Response {
    axum::Json(body.clone()).into_response()
}

#[tokio::test]
async fn a_request_carries_the_token_the_name_and_the_json() {
    let (url, log) = serve(|_| ok(&json!({"a": 1}))).await;
    let account = account(notion(&format!("{url}/v1/")));
    let ask = Ask::post("/pages", json!({"x": "ü"})).header(
        http::HeaderName::from_static("notion-version"),
        "2026-03-11",
    );
    let reply = account.send(ask).await.unwrap();
    assert_eq!(reply.read::<Json>().unwrap(), json!({"a": 1}));
    let (method, path, _, body) = log.0.lock().unwrap()[0].clone();
    assert_eq!((method, path.as_str()), (Method::POST, "/v1/pages"));
    assert_eq!(
        serde_json::from_slice::<Json>(&body).unwrap(),
        json!({"x": "ü"})
    );
    assert_eq!(log.header(0, "authorization").unwrap(), "Bearer secret");
    assert_eq!(log.header(0, "notion-version").unwrap(), "2026-03-11");
    assert!(
        log.header(0, "user-agent")
            .unwrap()
            .starts_with("pulse-sync/")
    );
    assert!(log.header(0, "accept-encoding").unwrap().contains("gzip"));
}

#[tokio::test]
async fn the_token_never_leaves_its_origin() {
    let (other, elsewhere) = serve(|_| ok(&json!({}))).await;
    let target = other.clone();
    let (url, log) =
        serve(move |_| (StatusCode::FOUND, [("location", target.clone())]).into_response()).await;
    let account = account(notion(&format!("{url}/v1")));
    let links = [
        format!("{other}/v1/next"),
        url.replace("127.0.0.1", "localhost") + "/v1/next",
        url.replace("http://", "https://") + "/v1/next",
        url.replace("http://", "http://user:pass@") + "/v1/next",
        format!("{url}/v2/next"),
        format!("{url}/v1/../v2"),
        format!("{url}/v10"),
        "nonsense".to_owned(),
    ];
    for link in links {
        let error = account.send(Ask::get(link.clone())).await.unwrap_err();
        assert!(matches!(error, RemoteError::Unclear(_)), "{link}: {error}");
    }
    assert_eq!(log.len(), 0);
    // A redirect is an answer, not an order.
    let reply = account.send(Ask::get("/pages")).await.unwrap();
    assert_eq!(reply.status, 302);
    assert_eq!((log.len(), elsewhere.len()), (1, 0));
}

#[tokio::test]
async fn plain_http_is_for_this_machine_only() {
    let client = build_client(Duration::from_secs(1)).unwrap();
    let make = |base: &str, token: &str| {
        let token = SecretString::from(token.to_owned());
        Account::new(AccountConfig::notion(base), client.clone(), &token, noon()).map(|_| ())
    };
    for base in [
        "http://api.notion.com",
        "http://10.0.0.1",
        "ftp://localhost",
        "api.notion.com",
        "https://user:pw@host",
        "https://host/?x=1",
    ] {
        let error = make(base, "t").unwrap_err();
        assert!(
            matches!(&error, RemoteError::Setup(text) if !text.contains("pw")),
            "{base}: {error}"
        );
    }
    for base in [
        "https://api.notion.com",
        "http://localhost:1",
        "http://127.8.0.1",
        "http://[::1]:9",
    ] {
        assert_eq!(make(base, "t"), Ok(()), "{base}");
    }
    for token in ["", "  ", "a b", "a\nb", "ü"] {
        let error = make("https://api.notion.com", token).unwrap_err();
        assert!(error.to_string().contains("token"), "{error}");
    }
    assert_eq!(make("https://api.notion.com", "  t \n"), Ok(()));
}

#[tokio::test]
async fn no_connection_is_told_from_a_broken_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = account(notion(&dead))
        .send(Ask::get("/"))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            RemoteError::Offline {
                service: "Notion",
                ..
            }
        ),
        "{error}"
    );

    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":";
    for (url, what) in [
        (raw(b"", false).await, "hangs up"),
        (raw(b"nonsense\r\n\r\n", false).await, "speaks no HTTP"),
        (raw(cut, false).await, "cuts the body"),
    ] {
        let error = account(notion(&url))
            .send(Ask::post("/", json!({})))
            .await
            .unwrap_err();
        assert!(error.maybe_applied(), "{what}: {error}");
    }
}

#[tokio::test]
async fn time_runs_out_before_and_within_the_body() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
    for url in [raw(b"", true).await, raw(head, true).await] {
        let mut config = notion(&url);
        config.timeout = Duration::from_millis(150);
        let error = account(config)
            .send(Ask::post("/", json!({})))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, RemoteError::Unclear(text) if text.contains("did not answer")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_body_over_the_cap_is_not_read() {
    let (url, _) = serve(|path| {
        "x".repeat(if path == "/small" { 1_000 } else { 1_001 })
            .into_response()
    })
    .await;
    let mut config = notion(&url);
    config.max_body = 1_000;
    let account = account(config);
    assert_eq!(
        account.send(Ask::get("/small")).await.unwrap().bytes.len(),
        1_000
    );
    let error = account.send(Ask::get("/big")).await.unwrap_err();
    assert!(
        matches!(&error, RemoteError::Unclear(text) if text.contains("1000 bytes")),
        "{error}"
    );
}

#[tokio::test]
async fn ten_megabytes_are_too_much() {
    let (url, _) = serve(|_| "x".repeat(11 * 1024 * 1024).into_response()).await;
    let error = account(notion(&url)).send(Ask::get("/")).await.unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[tokio::test]
async fn what_is_no_json_is_said_clearly() {
    let (url, _) = serve(|path| match path {
        "/html" => axum::response::Html("<html>login</html>").into_response(),
        "/cut" => "{\"a\": [1, 2".into_response(),
        "/shape" => "{\"a\": \"b\"}".into_response(),
        _ => "[".repeat(100_000).into_response(),
    })
    .await;
    let account = account(notion(&url));
    for (path, word) in [
        ("/html", "web page"),
        ("/cut", "cut off"),
        ("/shape", "unexpected shape"),
        ("/deep", "unexpected shape"),
    ] {
        let reply = account.send(Ask::get(path)).await.unwrap();
        let error = if path == "/shape" {
            reply.read::<Vec<u8>>().unwrap_err()
        } else {
            reply.read::<Json>().unwrap_err()
        };
        assert!(
            matches!(&error, RemoteError::Unclear(text) if text.contains(word)),
            "{path}: {error}"
        );
    }
}

#[tokio::test]
async fn one_write_is_one_request_whatever_happens() {
    for status in [500, 502, 503, 504, 429, 529] {
        let (url, log) =
            serve(move |_| StatusCode::from_u16(status).unwrap().into_response()).await;
        let outcome = account(notion(&url)).send(Ask::post("/", json!({}))).await;
        assert_eq!(log.len(), 1, "{status}");
        let error = match outcome {
            Ok(reply) => reply.read::<Json>().unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(
            error.maybe_applied(),
            status < 529 && status != 429,
            "{status}: {error}"
        );
    }
}

#[tokio::test]
async fn the_budget_is_asked_first_and_shared_by_clones() {
    let (url, log) = serve(|_| ok(&json!({}))).await;
    let mut config = notion(&url);
    config.rules = pulse_sync::remote::http::Rules::notion(3);
    let one = account(config);
    let other = one.clone();
    for account in [&one, &other, &one] {
        account.send(Ask::get("/")).await.unwrap();
    }
    let error = other.send(Ask::get("/")).await.unwrap_err();
    assert_eq!(log.len(), 3);
    assert!(
        matches!(error, RemoteError::Limited { until, .. } if until == NOON.plus(60_000)),
        "{error:?}"
    );
    let budget = one.budget();
    assert_eq!((budget.limit, budget.left, budget.made), (3, 0, 3));
}

#[tokio::test]
async fn notions_refusals_pause_exactly_as_long_as_asked() {
    // (Retry-After, Date, body, the pause in ms)
    let cases = [
        (Some("7"), None, json!({}), 7_000),
        (Some("0.5"), None, json!({}), 500),
        (
            Some("Fri, 02 Jan 2026 12:00:30 GMT"),
            Some("Fri, 02 Jan 2026 12:00:00 GMT"),
            json!({}),
            30_000,
        ),
        // The server's clock is an hour ahead of ours: only the distance counts.
        (
            Some("Fri, 02 Jan 2026 13:00:30 GMT"),
            Some("Fri, 02 Jan 2026 13:00:00 GMT"),
            json!({}),
            30_000,
        ),
        (
            None,
            None,
            json!({"additional_data": {"retry_after": "11"}}),
            11_000,
        ),
        (Some("garbage"), None, json!({}), 1_000),
    ];
    for (retry_after, date, body, pause) in cases {
        let (url, log) = serve(move |_| {
            let mut response = (StatusCode::TOO_MANY_REQUESTS, body.to_string()).into_response();
            for (name, value) in [("retry-after", retry_after), ("date", date)] {
                if let Some(value) = value {
                    response.headers_mut().insert(name, value.parse().unwrap());
                }
            }
            response
        })
        .await;
        let mut config = notion(&url);
        config.patience = Duration::ZERO;
        let account = account(config);
        for _ in 0..2 {
            let error = account.send(Ask::get("/")).await.unwrap_err();
            assert!(
                matches!(error, RemoteError::Limited { until, .. } if until == NOON.plus(pause)),
                "{retry_after:?}: {error:?}"
            );
        }
        assert_eq!(log.len(), 1, "the second one was not sent");
    }
}

#[tokio::test]
async fn a_blocked_integration_is_denied_and_not_waited_for() {
    let body = json!({"message": "blocked", "additional_data": {"rate_limit_reason": "public_api_request_blocked"}});
    let (url, _) =
        serve(move |_| (StatusCode::TOO_MANY_REQUESTS, body.to_string()).into_response()).await;
    let account = account(notion(&url));
    for _ in 0..2 {
        let error = account.send(Ask::get("/")).await.unwrap_err();
        assert!(matches!(error, RemoteError::Denied { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_short_wait_is_waited_out() {
    let (url, log) = serve(|_| ok(&json!({}))).await;
    let mut config = AccountConfig::github(&url);
    config.rules.write_gap = 30;
    let start = std::time::Instant::now();
    let now: Now = Arc::new(move || NOON.plus(i64::try_from(start.elapsed().as_millis()).unwrap()));
    let client = build_client(Duration::from_secs(2)).unwrap();
    let account = Account::new(config, client, &SecretString::from("t"), now).unwrap();
    for _ in 0..3 {
        account.send(Ask::patch("/", json!({}))).await.unwrap();
    }
    assert_eq!(log.len(), 3);
}

#[tokio::test]
async fn githubs_limits_are_read_from_its_headers() {
    // (status, headers, body, the pause in ms)
    let reset = (NOON.0 / 1_000 + 100).to_string();
    let date = "Fri, 02 Jan 2026 12:00:00 GMT".to_owned();
    let header = |name: &'static str, value: &str| (name, value.to_owned());
    let cases = [
        (403, vec![header("retry-after", "9")], "", Some(9_000)),
        (429, vec![], "", Some(60_000)),
        (
            403,
            vec![],
            "You have exceeded a secondary rate limit",
            Some(60_000),
        ),
        (
            403,
            vec![
                header("x-ratelimit-limit", "5000"),
                header("x-ratelimit-remaining", "0"),
                header("x-ratelimit-reset", &reset),
                ("date", date),
            ],
            "API rate limit exceeded",
            Some(101_000),
        ),
        (403, vec![], "Resource not accessible by integration", None),
        (422, vec![], "was submitted too quickly", Some(60_000)),
    ];
    for (status, headers, body, pause) in cases {
        let (url, _) = serve(move |_| {
            let mut response = (
                StatusCode::from_u16(status).unwrap(),
                json!({"message": body}).to_string(),
            )
                .into_response();
            for (name, value) in &headers {
                response.headers_mut().insert(*name, value.parse().unwrap());
            }
            response
        })
        .await;
        let outcome = account(AccountConfig::github(&url))
            .send(Ask::get("/"))
            .await;
        match (pause, outcome) {
            (Some(pause), Err(RemoteError::Limited { until, .. })) => {
                assert_eq!(until, NOON.plus(pause), "{body}");
            }
            (None, Ok(reply)) => assert!(matches!(reply.error(), RemoteError::Denied { .. })),
            (_, outcome) => panic!("{status} {body}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn secrets_are_not_in_debug_texts() {
    let account = account(notion("http://localhost:1"));
    assert!(!format!("{account:?}").contains("secret"));
}

/// Two processes right after one another, before a Notion that allows 20 requests a minute.
#[tokio::test]
async fn the_next_process_spends_what_is_left_and_is_never_told_too_many() {
    use pulse_sync::sim::notion::http as pages;
    use pulse_sync::sim::notion::state::Workspace;

    let mut service = pages::Service::new(Workspace::new(1));
    service.limiter.most = Some(20);
    let token = SecretString::from(service.world.token.clone());
    let small = pages::serve(0, service, pages::real_clock()).await.unwrap();
    let mut kept: Option<String> = None;
    let mut answered = 0;
    for _process in 0..3 {
        let mut config = notion(&small.url);
        config.rules = Rules::notion(20);
        config.patience = Duration::ZERO;
        let client = build_client(Duration::from_secs(2)).unwrap();
        let account = Account::new(config, client, &token, pages_clock()).unwrap();
        if let Some(text) = &kept {
            account.recall(serde_json::from_str(text).unwrap());
        }
        for _ in 0..12 {
            let ask = Ask::get("/v1/users/me").header(
                http::HeaderName::from_static("notion-version"),
                "2026-03-11",
            );
            match account.send(ask).await {
                Ok(_) => answered += 1,
                Err(RemoteError::Limited { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        kept = Some(serde_json::to_string(&account.memory()).unwrap());
    }
    let counted = small.shared.lock().counters;
    assert_eq!(counted.limited, 0, "{counted:?}");
    assert_eq!(answered, 20);
    let kept = kept.unwrap();
    assert!(!kept.contains(token.expose_secret()), "{kept}");
    assert!(kept.len() < 1_000, "by the second, not by request: {kept}");
}

fn pages_clock() -> Now {
    let start = std::time::Instant::now();
    Arc::new(move || NOON.plus(i64::try_from(start.elapsed().as_millis()).unwrap()))
}

#[test]
fn a_token_is_named_by_a_hash_that_differs_by_token_and_address() {
    let name = |url: &str, token: &str| fingerprint(url, &SecretString::from(token));
    let one = name("https://api.notion.com", "ntn_secret");
    assert_eq!(one, name("https://api.notion.com/", " ntn_secret\n"));
    assert_eq!(one.len(), 16);
    assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
    for other in [
        name("https://api.notion.com", "ntn_secreu"),
        name("https://api.notion.org", "ntn_secret"),
    ] {
        assert_ne!(one, other);
    }
}
