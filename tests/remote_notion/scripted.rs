//! Answers that the small Notion does not give, by script.

use std::collections::VecDeque;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use pulse_sync::core::mapping::Wanted;
use pulse_sync::core::{Kind, PropertyKind, Time};
use pulse_sync::remote::notion::{NotionConfig, NotionRemote};
use pulse_sync::remote::{ListFrom, Remote, RemoteError};
use serde_json::{Value as Json, json};

use crate::world::{MINUTE, START, account, change, draft, field, id, standard, text};

const SOURCE: &str = "1a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d";
const PAGE: &str = "2a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d";
const ME: &str = "3a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d";
/// 2026-01-02T03:04:00Z, the start of the clock.
const DATE: &str = "Fri, 02 Jan 2026 03:04:00 GMT";

type Reply = (u16, Vec<(&'static str, String)>, Json);

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    asked: Vec<(String, Json)>,
}

struct Played {
    script: Arc<Mutex<Script>>,
    remote: NotionRemote,
}

impl Played {
    fn says(&self, status: u16, body: Json) {
        let headers = vec![("date", DATE.to_owned())];
        self.script
            .lock()
            .unwrap()
            .replies
            .push_back((status, headers, body));
    }

    fn asked(&self) -> Vec<(String, Json)> {
        std::mem::take(&mut self.script.lock().unwrap().asked)
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    assert_eq!(parts.headers["notion-version"], "2026-03-11");
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let json = serde_json::from_slice(&bytes).unwrap_or_default();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap();
    let mut script = script.lock().unwrap();
    script
        .asked
        .push((format!("{} {path}", parts.method), json));
    let (status, headers, body) =
        script
            .replies
            .pop_front()
            .unwrap_or((599, Vec::new(), json!({})));
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body.to_string())).unwrap()
}

/// A side that was opened on a data source with every property; the id of each is its name.
async fn played() -> Played {
    played_as("bot").await
}

/// The same with a token of this kind of user.
async fn played_as(user: &str) -> Played {
    let script = Arc::new(Mutex::new(Script::default()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&script));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let clock = Arc::new(AtomicI64::new(START));
    let config = NotionConfig::new(account(&url, "ntn_x", &clock), SOURCE, standard());
    let played = Played {
        script,
        remote: NotionRemote::new(config),
    };
    played.says(200, json!({"object": "user", "id": ME, "type": user}));
    played.says(
        200,
        json!({"object": "database", "id": SOURCE, "data_sources": [{"id": SOURCE, "name": "x"}]}),
    );
    played.says(200, source(|_| true));
    played.remote.open(None, true).await.unwrap();
    played.asked();
    played
}

fn source(keep: impl Fn(&str) -> bool) -> Json {
    let mut columns = serde_json::Map::new();
    for Wanted { name, kind, .. } in standard().properties() {
        if !keep(&name) {
            continue;
        }
        columns.insert(
            name.clone(),
            json!({"id": column(&name, kind), "name": name, "type": kind.api_name()}),
        );
    }
    json!({"object": "data_source", "id": SOURCE, "properties": columns})
}

fn column(name: &str, kind: PropertyKind) -> String {
    match kind {
        PropertyKind::Title => "title".to_owned(),
        _ => name.replace(' ', "%20"),
    }
}

fn page(edited: &str, by: &str, properties: &[(&str, Json)]) -> Json {
    let mut all = serde_json::Map::new();
    for Wanted { name, kind, .. } in standard().properties() {
        let given = properties.iter().find(|(given, _)| *given == name);
        let value = given.map_or_else(
            || match kind {
                PropertyKind::Title | PropertyKind::RichText | PropertyKind::MultiSelect => {
                    json!([])
                }
                PropertyKind::Checkbox => json!(false),
                _ => json!(null),
            },
            |(_, value)| value.clone(),
        );
        all.insert(
            name.clone(),
            json!({"id": column(&name, kind), "type": kind.api_name(), kind.api_name(): value}),
        );
    }
    json!({
        "object": "page", "id": PAGE, "created_time": "2026-01-02T03:00:00.000Z", "last_edited_time": edited,
        "created_by": {"id": ME}, "last_edited_by": {"id": by}, "in_trash": false,
        "parent": {"type": "data_source_id", "data_source_id": SOURCE}, "properties": all,
    })
}

fn rows(results: &Json) -> Json {
    json!({"object": "list", "results": results, "has_more": false, "next_cursor": null})
}

#[tokio::test]
async fn a_stamp_is_settled_when_nothing_can_share_it() {
    let played = played().await;
    // The answer's clock says 03:04:00.
    for (edited, by, settled) in [
        ("2026-01-02T03:02:00.000Z", "someone", true),
        // The minute is over, but a copy that lags may not know of its last edits yet.
        ("2026-01-02T03:03:00.000Z", "someone", false),
        ("2026-01-02T03:04:00.000Z", "someone", false),
        ("2026-01-02T03:05:00.000Z", "someone", false),
        ("2026-01-02T03:04:00.000Z", ME, true),
    ] {
        played.says(200, rows(&json!([page(edited, by, &[])])));
        let seen = played
            .remote
            .list("pages", &ListFrom::default())
            .await
            .unwrap()
            .rows
            .remove(0);
        let stamp = seen.stamp.unwrap();
        assert_eq!(
            (stamp.settled, stamp.by_us),
            (settled, by == ME),
            "{edited} {by}"
        );
        assert!(seen.created_by_us);
    }
}

#[tokio::test]
async fn what_a_persons_own_token_wrote_may_be_the_persons_edit() {
    let played = played_as("person").await;
    played.says(
        200,
        rows(&json!([page("2026-01-02T03:04:00.000Z", ME, &[])])),
    );
    let listed = played.remote.list("pages", &ListFrom::default()).await;
    let seen = listed.unwrap().rows.remove(0);
    let stamp = seen.stamp.unwrap();
    assert_eq!((stamp.settled, stamp.by_us), (false, false));
    assert!(seen.created_by_us, "its pages are still found again");
}

#[tokio::test]
async fn a_text_that_lists_cut_is_read_piece_by_piece() {
    let played = played().await;
    let many: Vec<Json> = (0..25)
        .map(|n| json!({"type": "mention", "plain_text": format!("@{n} ")}))
        .collect();
    let cut = page(
        "2026-01-02T03:00:00.000Z",
        ME,
        &[("Linked issues", json!(many)), ("Title", json!(many))],
    );
    played.says(200, rows(&json!([cut])));
    let row = played
        .remote
        .list("pages", &ListFrom::default())
        .await
        .unwrap()
        .rows
        .remove(0);
    assert_eq!(field(&row, "title"), None);

    played.says(200, cut);
    let piece = |text: &str| json!({"object": "property_item", "id": "title", "type": "title", "title": {"plain_text": text}});
    played.says(
        200,
        json!({"results": [piece("one "), piece("two ")], "has_more": true, "next_cursor": "a/b"}),
    );
    played.says(
        200,
        json!({"results": [piece("three")], "has_more": false, "next_cursor": null}),
    );
    played.says(200, json!({"object": "page_markdown", "markdown": "", "truncated": false, "unknown_block_ids": []}));
    played.asked();
    let seen = played
        .remote
        .get(Kind::Issue, &id(PAGE), None)
        .await
        .unwrap();
    assert_eq!(field(&seen, "title"), Some(text("one two three")));
    let asked: Vec<String> = played.asked().into_iter().map(|(asked, _)| asked).collect();
    assert_eq!(
        asked[2],
        format!("GET /v1/pages/{PAGE}/properties/title?page_size=100&start_cursor=a%2Fb")
    );
}

#[tokio::test]
async fn rows_that_cannot_be_read_make_the_list_incomplete() {
    let played = played().await;
    let good = page("2026-01-02T03:00:00.000Z", ME, &[]);
    played.says(
        200,
        rows(&json!([{"object": "page"}, good, {"object": "data_source", "id": "x"}, 7])),
    );
    let listed = played
        .remote
        .list("pages", &ListFrom::default())
        .await
        .unwrap();
    assert_eq!(listed.rows.len(), 1);
    assert!(listed.cut);
    for garbage in [json!([]), json!({"results": 1}), json!(null), json!({})] {
        played.says(200, garbage.clone());
        let listed = played.remote.list("pages", &ListFrom::default()).await;
        assert!(
            matches!(listed, Err(RemoteError::Unclear(_))),
            "{garbage}: {listed:?}"
        );
    }
    // A 2xx answer to a write that is not a page leaves the write unclear.
    played.says(200, good.clone());
    played.says(200, json!({"object": "page_markdown", "markdown": "a", "truncated": false, "unknown_block_ids": ["x"]}));
    let seen = played
        .remote
        .get(Kind::Issue, &id(PAGE), None)
        .await
        .unwrap();
    assert_eq!(field(&seen, "body"), None, "blocks without Markdown");
    played.says(200, json!({"object": "page"}));
    let answer = change(&played.remote, &seen, &[("title", text("x"))]).await;
    assert!(matches!(answer, Err(RemoteError::Unclear(_))), "{answer:?}");
}

#[tokio::test]
async fn a_limit_may_name_a_date() {
    let played = played().await;
    let headers = vec![
        ("date", DATE.to_owned()),
        ("retry-after", "Fri, 02 Jan 2026 03:06:00 GMT".to_owned()),
    ];
    let body =
        json!({"object": "error", "status": 429, "code": "rate_limited", "message": "Slow down."});
    played
        .script
        .lock()
        .unwrap()
        .replies
        .push_back((429, headers, body));
    let listed = played.remote.list("pages", &ListFrom::default()).await;
    assert!(
        matches!(listed, Err(RemoteError::Limited { until, .. }) if until == Time(START + 2 * MINUTE)),
        "{listed:?}"
    );
}

#[tokio::test]
async fn where_no_status_can_be_made_a_select_is() {
    let played = played().await;
    let fresh = NotionRemote::new(played.remote.config().clone());
    played.says(200, json!({"id": ME, "type": "person"}));
    played.says(200, json!({"data_sources": [{"id": SOURCE, "name": "x"}]}));
    played.says(200, source(|name| !["Status", "Labels"].contains(&name)));
    played.says(
        400,
        json!({"code": "validation_error", "message": "Status properties cannot be made."}),
    );
    let mut made = source(|_| true);
    made["properties"]["Status"]["type"] = json!("select");
    played.says(200, made);
    let opened = fresh.open(None, true).await.unwrap();
    assert!(opened.paused.is_empty(), "{:?}", opened.paused);
    assert!(
        opened.notes.iter().any(|note| note.contains("select")),
        "{:?}",
        opened.notes
    );
    let asked = played.asked();
    let patches: Vec<&Json> = asked
        .iter()
        .filter(|(asked, _)| asked.starts_with("PATCH"))
        .map(|(_, body)| body)
        .collect();
    assert_eq!(patches.len(), 2);
    assert_eq!(patches[0]["properties"]["Status"], json!({"status": {}}));
    assert_eq!(
        patches[0]["properties"]["Labels"],
        json!({"multi_select": {}})
    );
    assert_eq!(
        patches[1]["properties"]["Status"]["select"]["options"][0],
        json!({"name": "Not started"})
    );
    for patch in patches {
        let properties = patch["properties"].as_object().unwrap();
        assert_eq!(properties.len(), 2, "existing columns are not named");
        assert!(
            properties.values().all(Json::is_object),
            "null would delete a column"
        );
    }
    // A person's token: an edit by it may be the person's, so the minute has to pass.
    let mut row = page("2026-01-02T03:04:00.000Z", ME, &[]);
    row["properties"]["Status"] =
        json!({"id": "Status", "type": "select", "select": {"name": "Done"}});
    played.says(200, rows(&json!([row])));
    let seen = fresh
        .list("pages", &ListFrom::default())
        .await
        .unwrap()
        .rows
        .remove(0);
    assert_eq!(field(&seen, "state"), Some(text("Done")));
    assert!(!seen.stamp.unwrap().settled);
}

#[tokio::test]
async fn a_replaced_token_is_noticed_where_it_matters() {
    let played = played().await;
    let other = "4a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d";
    let mut made = page(
        "2026-01-02T03:04:00.000Z",
        other,
        &[("GitHub ID", json!([{"plain_text": "I_kwDO1"}]))],
    );
    made["created_by"] = json!({"id": other});
    played.says(200, rows(&json!([made])));
    played.says(200, json!({"id": other, "type": "bot"}));
    let found = played
        .remote
        .find_made(&draft(&[]), Time(START - 10 * MINUTE))
        .await
        .unwrap();
    assert_eq!(found.hits.len(), 1, "made by us under the new token");
    let asked = played.asked();
    let filter = &asked[0].1["filter"]["and"];
    assert_eq!(
        filter[0],
        json!({"property": "GitHub%20ID", "rich_text": {"equals": "I_kwDO1"}})
    );
    assert_eq!(
        filter[1]["created_time"]["on_or_after"],
        "2026-01-02T02:54:00.000Z"
    );

    // Too many to see at once: nothing can be concluded from their absence.
    played.says(
        200,
        json!({"results": [], "has_more": true, "next_cursor": "x"}),
    );
    assert!(
        !played
            .remote
            .find_made(&draft(&[]), Time(START))
            .await
            .unwrap()
            .complete
    );
}

#[tokio::test]
async fn block_limits_and_child_pages_have_words_of_their_own() {
    let played = played().await;
    played.says(200, page("2026-01-02T03:00:00.000Z", ME, &[]));
    played.says(
        200,
        json!({"markdown": "a\nb", "truncated": false, "unknown_block_ids": []}),
    );
    let seen = played
        .remote
        .get(Kind::Issue, &id(PAGE), None)
        .await
        .unwrap();
    let message = "This operation would delete 1 child page(s) or database(s): X. Multiple ...";
    played.says(400, json!({"code": "validation_error", "message": message}));
    let answer = change(&played.remote, &seen, &[("body", text("c"))]).await;
    assert!(
        matches!(answer, Err(RemoteError::Refused { .. })),
        "{answer:?}"
    );
    played.says(
        400,
        json!({"code": "validation_error", "message": "String not found: a"}),
    );
    let answer = change(&played.remote, &seen, &[("body", text("c"))]).await;
    assert!(matches!(answer, Err(RemoteError::Stale(_))), "{answer:?}");
    played.says(403, json!({"code": "restricted_resource", "message": "Your workspace has reached its block limit."}));
    let answer = change(&played.remote, &seen, &[("body", text("c"))]).await;
    assert!(
        matches!(&answer, Err(RemoteError::Denied { message, .. }) if message.contains("plan")),
        "{answer:?}"
    );
    let sent = played.asked().pop().unwrap().1;
    assert_eq!(
        sent["update_content"]["allow_deleting_content"],
        json!(false)
    );
    assert_eq!(
        sent["update_content"]["content_updates"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
