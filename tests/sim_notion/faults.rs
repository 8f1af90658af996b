//! Limits and bad days.

use std::sync::atomic::Ordering;

use pulse_sync::sim::notion::http::{FaultKind, Rule};
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::fixture::{Server, server, titles};

async fn try_create(s: &Server, title: &str) -> reqwest::Result<reqwest::Response> {
    let properties = json!({"Name": {"title": [{"text": {"content": title}}]}});
    let body =
        json!({"parent": {"data_source_id": s.source.to_string()}, "properties": properties});
    s.request("POST", "pages").json(&body).send().await
}

fn fault(s: &Server, kind: FaultKind) {
    s.running
        .shared
        .lock()
        .faults
        .add(Rule::once(Method::POST, "/v1/pages", kind));
}

async fn rows(s: &Server) -> Vec<String> {
    titles(&s.query(json!({})).await)
}

#[tokio::test]
async fn the_window_is_fixed_and_says_when_it_ends() {
    let s = server().await;
    s.running.shared.lock().limiter.most = Some(2);
    for _ in 0..2 {
        s.ok("GET", "users/me", json!({})).await;
    }
    s.time.fetch_add(20_000, Ordering::SeqCst);
    let answer = s.request("GET", "users/me").send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "40");
    let body: Json = answer.json().await.unwrap();
    assert_eq!(body["code"], "rate_limited");
    assert_eq!(
        body["additional_data"]["rate_limit_reason"],
        "public_api_request_rate_limit"
    );
    s.time.fetch_add(40_000, Ordering::SeqCst);
    s.ok("GET", "users/me", json!({})).await;
    assert_eq!(s.running.shared.lock().counters.limited, 1);
}

#[tokio::test]
async fn a_connection_cut_before_applying_changes_nothing() {
    let s = server().await;
    fault(&s, FaultKind::DropBefore);
    assert!(try_create(&s, "a").await.is_err());
    assert!(rows(&s).await.is_empty());
    let operations = s.running.shared.lock().operations.clone();
    assert_eq!((operations[0].status, operations[0].applied), (0, false));
}

#[tokio::test]
async fn a_connection_cut_after_applying_has_made_the_page() {
    let s = server().await;
    fault(&s, FaultKind::DropAfter);
    assert!(try_create(&s, "a").await.is_err());
    assert_eq!(rows(&s).await, ["a"]);
    let service = s.running.shared.lock();
    assert_eq!(
        (service.operations[0].status, service.operations[0].applied),
        (0, true)
    );
    assert_eq!(
        (
            service.counters.creates,
            service.counters.writes,
            service.counters.queries
        ),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn a_late_request_is_applied_after_its_connection_died() {
    let s = server().await;
    fault(&s, FaultKind::Late(30));
    assert!(try_create(&s, "a").await.is_err());
    let mut tries = 0;
    while rows(&s).await.is_empty() {
        tries += 1;
        assert!(tries < 500, "never applied");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(rows(&s).await, ["a"]);
}

#[tokio::test]
async fn a_saved_change_may_answer_503_and_name_what_it_made() {
    let s = server().await;
    fault(&s, FaultKind::Committed);
    let answer = try_create(&s, "a").await.unwrap();
    assert_eq!(answer.status(), 503);
    let body: Json = answer.json().await.unwrap();
    assert_eq!(body["code"], "service_unavailable");
    let id = body["additional_data"]["committed_resource_id"]
        .as_str()
        .unwrap();
    assert_eq!(
        s.ok("GET", &format!("pages/{id}"), json!({})).await["id"],
        id
    );
}

#[tokio::test]
async fn errors_on_order_count_down_and_skip() {
    let s = server().await;
    let rule = Rule {
        method: None,
        path: "/v1/pages/*/markdown".to_owned(),
        skip: 1,
        times: 2,
        kind: FaultKind::Status(409, "conflict_error"),
    };
    let page = s.row("a", json!({})).await;
    s.running.shared.lock().faults.add(rule);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(
            s.call("GET", &format!("pages/{page}/markdown"), json!({}))
                .await
                .0,
        );
    }
    assert_eq!(statuses, [200, 409, 409, 200]);
    s.ok("GET", &format!("pages/{page}"), json!({})).await;
}

#[tokio::test]
async fn answers_can_be_html_cut_giant_or_slow() {
    let s = server().await;
    fault(&s, FaultKind::Html(502));
    let html = try_create(&s, "a").await.unwrap();
    assert_eq!(html.status(), 502);
    assert!(html.headers().contains_key("cf-ray"));
    assert!(html.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    assert!(rows(&s).await.is_empty());

    fault(&s, FaultKind::Truncated);
    let cut = try_create(&s, "b").await.unwrap();
    assert!(cut.json::<Json>().await.unwrap_err().is_decode());

    fault(&s, FaultKind::Giant(2));
    let giant = try_create(&s, "c").await.unwrap().bytes().await.unwrap();
    assert!(giant.len() > 2 * 1024 * 1024);

    fault(&s, FaultKind::Delay(5));
    assert_eq!(try_create(&s, "d").await.unwrap().status(), 200);
    assert_eq!(rows(&s).await, ["b", "c", "d"]);

    fault(
        &s,
        FaultKind::RateLimited(90, "public_api_space_request_rate_limit"),
    );
    let limited = try_create(&s, "e").await.unwrap();
    assert_eq!(limited.headers()["retry-after"], "90");
}

#[tokio::test]
async fn a_server_that_is_dropped_is_gone() {
    let s = server().await;
    s.ok("GET", "users/me", json!({})).await;
    let Server {
        running,
        client,
        token,
        ..
    } = s;
    let url = format!("{}/v1/users/me", running.url);
    drop(running);
    let mut tries = 0;
    while client.get(&url).bearer_auth(&token).send().await.is_ok() {
        tries += 1;
        assert!(tries < 500, "still there");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
