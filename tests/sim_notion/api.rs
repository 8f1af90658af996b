//! The HTTP front, request by request.

use pulse_sync::sim::notion::Workspace;
use pulse_sync::sim::notion::http::{Service, real_clock, serve};
use serde_json::{Value as Json, json};

use crate::fixture::{Server, server, titles};

fn text(content: &str) -> Json {
    json!([{"text": {"content": content}}])
}

async fn markdown(server: &Server, page: &str) -> String {
    let read = server
        .ok("GET", &format!("pages/{page}/markdown"), json!({}))
        .await;
    read["markdown"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn token_version_json_and_path_are_checked() {
    let s = server().await;
    let url = format!("{}/v1/users/me", s.running.url);
    let bad = s
        .client
        .get(&url)
        .bearer_auth("nope")
        .header("Notion-Version", s.version)
        .send()
        .await
        .unwrap();
    assert_eq!(bad.status(), 401);
    let none = s
        .client
        .get(&url)
        .bearer_auth(&s.token)
        .send()
        .await
        .unwrap();
    assert!(none.headers().contains_key("x-notion-request-id"));
    assert_eq!(
        none.json::<Json>().await.unwrap()["code"],
        "missing_version"
    );
    let cut = s.request("POST", "search").body("{").send().await.unwrap();
    assert_eq!(cut.json::<Json>().await.unwrap()["code"], "invalid_json");
    assert_eq!(
        s.refused("GET", "nope", json!({})).await,
        (400, "invalid_request_url".to_owned())
    );
    assert_eq!(
        s.refused("GET", "pages/not-a-uuid", json!({})).await.1,
        "validation_error"
    );
    assert_eq!(
        s.refused(
            "GET",
            "pages/00000000-0000-4000-8000-000000000000",
            json!({})
        )
        .await
        .0,
        404
    );
    assert_eq!(s.ok("GET", "users/me", json!({})).await["type"], "bot");
}

#[tokio::test]
async fn ids_work_with_and_without_dashes() {
    let s = server().await;
    let page = s.row("a", json!({})).await;
    let bare = s
        .ok(
            "GET",
            &format!("pages/{}", page.replace('-', "")),
            json!({}),
        )
        .await;
    assert_eq!(bare["id"], page);
}

#[tokio::test]
async fn the_old_version_says_archived_and_the_new_one_refuses_it() {
    let mut s = server().await;
    let path = format!("pages/{}", s.row("a", json!({})).await);
    assert_eq!(
        s.refused("PATCH", &path, json!({"archived": true})).await.1,
        "validation_error"
    );
    assert_eq!(s.ok("GET", &path, json!({})).await.get("archived"), None);
    s.version = "2025-09-03";
    let page = s.ok("PATCH", &path, json!({"archived": true})).await;
    assert_eq!(
        (&page["archived"], &page["in_trash"]),
        (&json!(true), &json!(true))
    );
}

#[tokio::test]
async fn properties_are_written_by_id_or_name() {
    let s = server().await;
    let path = format!(
        "pages/{}",
        s.row("a", json!({"Number": {"number": 3}})).await
    );
    let page = s.ok("GET", &path, json!({})).await;
    let id = page["properties"]["Number"]["id"].as_str().unwrap();
    let mut body =
        json!({"properties": {"Labels": {"multi_select": [{"name": "bug"}, {"name": "ui"}]}}});
    body["properties"][id] = json!({"number": 4});
    body["properties"]["Assignees"] = json!({"people": [{"id": s.ann.to_string()}]});
    let page = s.ok("PATCH", &path, body).await;
    assert_eq!(page["properties"]["Number"]["number"], 4);
    assert_eq!(
        page["properties"]["Labels"]["multi_select"][1]["name"],
        "ui"
    );
    assert_eq!(
        page["properties"]["Assignees"]["people"][0]["id"],
        s.ann.to_string()
    );
    let one = s
        .ok(
            "GET",
            &format!("{path}?filter_properties[]=title"),
            json!({}),
        )
        .await;
    assert_eq!(one["properties"].as_object().unwrap().len(), 1);
    let item = s
        .ok("GET", &format!("{path}/properties/{id}"), json!({}))
        .await;
    assert_eq!(
        (&item["object"], &item["number"]),
        (&json!("property_item"), &json!(4))
    );
}

/// Values a page write must not take, by name.
fn refused_properties(stranger: &str) -> Vec<(&'static str, Json)> {
    let long = "x".repeat(2_001);
    vec![
        ("unknown property", json!({"Ghost": {"number": 1}})),
        ("wrong type", json!({"Number": {"number": "x"}})),
        ("other type's key", json!({"Number": {"rich_text": []}})),
        (
            "2,001 characters",
            json!({"GitHub ID": {"rich_text": text(&long)}}),
        ),
        (
            "1,001 emoji are 2,002 units",
            json!({"GitHub ID": {"rich_text": text(&"🎉".repeat(1_001))}}),
        ),
        (
            "101 runs",
            json!({"GitHub ID": {"rich_text": vec![text("x")[0].clone(); 101]}}),
        ),
        (
            "101 options",
            json!({"Labels": {"multi_select": (0..101).map(|n| json!({"name": n.to_string()})).collect::<Vec<_>>()}}),
        ),
        (
            "a comma in an option",
            json!({"Labels": {"multi_select": [{"name": "a,b"}]}}),
        ),
        (
            "an unknown status",
            json!({"State": {"status": {"name": "Nope"}}}),
        ),
        (
            "a long url",
            json!({"URL": {"url": format!("https://x.org/{long}")}}),
        ),
        ("an empty url", json!({"URL": {"url": ""}})),
        (
            "a date that is none",
            json!({"Due": {"date": {"start": "tomorrow"}}}),
        ),
        (
            "a stranger",
            json!({"Assignees": {"people": [{"id": stranger}]}}),
        ),
        (
            "a computed property",
            json!({"Edited": {"last_edited_time": "2026-01-01T00:00:00Z"}}),
        ),
    ]
}

#[tokio::test]
async fn what_the_service_refuses_is_refused() {
    let s = server().await;
    let page = s.row("a", json!({})).await;
    let path = format!("pages/{page}");
    for (name, properties) in refused_properties(&page) {
        let (status, code) = s
            .refused("PATCH", &path, json!({"properties": properties}))
            .await;
        assert_eq!((status, code.as_str()), (400, "validation_error"), "{name}");
    }
    let fine = json!({"properties": {"GitHub ID": {"rich_text": text(&"x".repeat(2_000))}}});
    s.ok("PATCH", &path, fine).await;
    let huge =
        json!({"type": "replace_content", "replace_content": {"new_str": "x".repeat(600_000)}});
    assert_eq!(
        s.refused("PATCH", &format!("{path}/markdown"), huge)
            .await
            .0,
        400
    );
}

/// Filters and the rows they let through.
fn filters() -> Vec<(Json, Vec<&'static str>)> {
    vec![
        (
            json!({"property": "Name", "title": {"equals": "two"}}),
            vec!["two"],
        ),
        (
            json!({"property": "title", "title": {"contains": "T"}}),
            vec!["two", "three"],
        ),
        (
            json!({"property": "GitHub ID", "rich_text": {"is_empty": true}}),
            vec!["one", "two", "three"],
        ),
        (
            json!({"property": "Number", "number": {"greater_than_or_equal_to": 2}}),
            vec!["two", "three"],
        ),
        (
            json!({"property": "State", "status": {"does_not_equal": "Closed"}}),
            vec!["one"],
        ),
        (
            json!({"property": "Labels", "multi_select": {"does_not_contain": "bug"}}),
            vec!["two"],
        ),
        (
            json!({"property": "Done", "checkbox": {"equals": true}}),
            vec!["two", "three"],
        ),
        (
            json!({"property": "Due", "date": {"on_or_before": "2026-02-01"}}),
            vec!["one", "two"],
        ),
        (
            json!({"timestamp": "created_time", "created_time": {"on_or_after": "2026-11-22T10:03:00.000Z"}}),
            vec!["one", "two", "three"],
        ),
        (
            json!({"timestamp": "last_edited_time", "last_edited_time": {"after": "2026-11-22T10:03:00.000Z"}}),
            vec![],
        ),
        (
            json!({"timestamp": "last_edited_time", "last_edited_time": {"equals": "2026-11-22"}}),
            vec!["one", "two", "three"],
        ),
        (
            json!({"or": [{"property": "Number", "number": {"equals": 1}}, {"and": [
                {"property": "State", "status": {"equals": "Closed"}}, {"property": "Labels", "multi_select": {"contains": "bug"}},
            ]}]}),
            vec!["one", "three"],
        ),
    ]
}

#[tokio::test]
async fn query_filters_and_sorts() {
    let s = server().await;
    for (title, number, state, label, date) in [
        ("one", 1, "Open", "bug", "2026-01-01"),
        ("two", 2, "Closed", "ui", "2026-02-01"),
        ("three", 3, "Closed", "bug", "2026-03-01"),
    ] {
        let more = json!({
            "Number": {"number": number}, "State": {"status": {"name": state}}, "Due": {"date": {"start": date}},
            "Labels": {"multi_select": [{"name": label}]}, "Done": {"checkbox": state == "Closed"},
        });
        s.row(title, more).await;
    }
    for (filter, wanted) in filters() {
        assert_eq!(
            titles(&s.query(json!({"filter": filter})).await),
            wanted,
            "{filter}"
        );
    }
    let sorts = json!([{"property": "Number", "direction": "descending"}]);
    assert_eq!(
        titles(&s.query(json!({"sorts": sorts})).await),
        ["three", "two", "one"]
    );
    let path = format!("data_sources/{}/query", s.source);
    let and = |inner: Json| json!({"and": [inner]});
    let deep = and(and(and(
        json!({"property": "Number", "number": {"equals": 1}}),
    )));
    for bad in [
        json!({"filter": {"property": "Ghost", "number": {"equals": 1}}}),
        json!({"filter": {"property": "Number", "rich_text": {"equals": "1"}}}),
        json!({"filter": deep}),
        json!({"page_size": 101}),
        json!({"page_size": 0}),
        json!({"start_cursor": "nonsense"}),
    ] {
        assert_eq!(s.refused("POST", &path, bad).await.1, "validation_error");
    }
}

#[tokio::test]
async fn paging_and_the_cut() {
    let s = server().await;
    for number in 0..7 {
        s.row(&number.to_string(), json!({})).await;
    }
    let mut seen = Vec::new();
    let mut cursor = Json::Null;
    loop {
        let mut body = json!({"page_size": 3});
        if !cursor.is_null() {
            body["start_cursor"] = cursor;
        }
        let answer = s.query(body).await;
        assert!(
            answer.get("request_status").is_none(),
            "absent in an ordinary answer"
        );
        assert_eq!(answer["has_more"], !answer["next_cursor"].is_null());
        seen.extend(titles(&answer));
        cursor = answer["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4", "5", "6"]);
    s.running.shared.lock().world.options.query_limit = 5;
    let answer = s.query(json!({})).await;
    assert_eq!(
        (titles(&answer).len(), &answer["has_more"]),
        (5, &json!(false))
    );
    assert_eq!(answer["request_status"]["type"], "incomplete");
    assert_eq!(
        answer["request_status"]["incomplete_reason"],
        "query_result_limit_reached"
    );
}

#[tokio::test]
async fn schema_changes_through_the_api() {
    let s = server().await;
    let path = format!("data_sources/{}", s.source);
    let columns = json!({"properties": {
        "Extra": {"rich_text": {}}, "URL": {"name": "Link"}, "Phase": {"status": {"options": [{"name": "Open"}, {"name": "Done"}]}},
    }});
    let source = s.ok("PATCH", &path, columns).await;
    assert!(source["properties"]["URL"].is_null());
    assert_eq!(source["properties"]["Link"]["type"], "url");
    assert_eq!(
        source["properties"]["Phase"]["status"]["groups"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(source["properties"]["Name"]["id"], "title");
    let source = s
        .ok("PATCH", &path, json!({"properties": {"Extra": null}}))
        .await;
    assert!(
        source["properties"]["Extra"].is_null(),
        "null deletes the column"
    );
    for bad in [
        json!({"Name": null}),
        json!({"Second": {"title": {}}}),
        json!({"Odd": {"nonsense": {}}}),
        json!({"Number": {"name": "Link"}}),
    ] {
        assert_eq!(
            s.refused("PATCH", &path, json!({"properties": bad}))
                .await
                .1,
            "validation_error"
        );
    }
    s.running.shared.lock().world.options.status_creatable = false;
    let status = json!({"properties": {"More": {"status": {}}, "Other": {"checkbox": {}}}});
    assert_eq!(
        s.refused("PATCH", &path, status).await.1,
        "validation_error"
    );
    let source = s.ok("GET", &path, json!({})).await;
    assert!(source["properties"]["Other"].is_null(), "all or nothing");
    let database = s
        .ok("GET", &format!("databases/{}", s.database), json!({}))
        .await;
    assert_eq!(database["data_sources"][0]["id"], s.source.to_string());
    assert!(database.get("properties").is_none());
}

#[tokio::test]
async fn bodies_go_in_and_come_back_normalised() {
    let s = server().await;
    let parent = json!({"data_source_id": s.source.to_string()});
    let body = json!({"parent": parent, "markdown": "# Title from heading\n\n* a\n  + b\n\n__c__"});
    let page = s.ok("POST", "pages", body).await;
    assert_eq!(
        page["properties"]["Name"]["title"][0]["plain_text"],
        "Title from heading"
    );
    let id = page["id"].as_str().unwrap();
    assert_eq!(markdown(&s, id).await, "- a\n\t- b\n**c**");

    let path = format!("pages/{id}/markdown");
    let change = |old: &str, new: &str| {
        json!({
            "type": "update_content", "update_content": {"content_updates": [{"old_str": old, "new_str": new}]},
        })
    };
    let answer = s.ok("PATCH", &path, change("- a\n", "- A_b_\n")).await;
    assert_eq!(answer["markdown"], "- A_b_\n\t- b\n**c**");
    assert_eq!(
        (&answer["object"], &answer["truncated"]),
        (&json!("page_markdown"), &json!(false))
    );
    assert_eq!(
        s.refused("PATCH", &path, change("- a\n", "x")).await,
        (400, "validation_error".to_owned())
    );
    let both = json!({"parent": parent, "markdown": "x", "children": []});
    assert_eq!(s.refused("POST", "pages", both).await.1, "validation_error");
    let replaced = s
        .ok(
            "PATCH",
            &path,
            json!({"type": "replace_content", "replace_content": {"new_str": "x\n\ny"}}),
        )
        .await;
    assert_eq!(replaced["markdown"], "x\ny");
}

#[tokio::test]
async fn blocks_can_be_appended_changed_and_removed() {
    let s = server().await;
    let page = s.row("a", json!({})).await;
    let path = format!("blocks/{page}/children");
    let children = json!([
        {"paragraph": {"rich_text": text("1. literal *stars*\nsecond")}},
        {"to_do": {"rich_text": text("todo"), "checked": true, "children": [{"quote": {"rich_text": text("deep")}}]}},
        {"code": {"rich_text": text("x * y"), "language": "rust"}},
    ]);
    let made = s.ok("PATCH", &path, json!({"children": children})).await;
    assert_eq!(made["results"].as_array().unwrap().len(), 3);
    assert_eq!(
        markdown(&s, &page).await,
        "1\\. literal \\*stars\\*<br>second\n- [x] todo\n\t> deep\n```rust\nx * y\n```"
    );
    let first = made["results"][0]["id"].as_str().unwrap();
    let after = json!({"children": [{"divider": {}}], "position": {"type": "after_block", "after_block": {"id": first}}});
    s.ok("PATCH", &path, after).await;
    s.ok("DELETE", &format!("blocks/{first}"), json!({})).await;
    let todo = made["results"][1]["id"].as_str().unwrap();
    assert_eq!(made["results"][1]["has_children"], true);
    let inner = s
        .ok("GET", &format!("blocks/{todo}/children"), json!({}))
        .await;
    assert_eq!(inner["results"][0]["type"], "quote");
    s.ok(
        "PATCH",
        &format!("blocks/{todo}"),
        json!({"to_do": {"rich_text": text("done"), "checked": false}}),
    )
    .await;
    assert_eq!(
        markdown(&s, &page).await,
        "---\n- [ ] done\n\t> deep\n```rust\nx * y\n```"
    );
}

#[tokio::test]
async fn trash_restore_and_search_in_the_trash() {
    let s = server().await;
    let page = s.row("needle", json!({})).await;
    let path = format!("pages/{page}");
    assert_eq!(
        s.ok("PATCH", &path, json!({"in_trash": true})).await["in_trash"],
        true
    );
    assert_eq!(s.ok("GET", &path, json!({})).await["in_trash"], true);
    assert!(titles(&s.query(json!({})).await).is_empty());
    let hits = s
        .ok("POST", "search", json!({"filter": {"in_trash": true}}))
        .await;
    assert_eq!(hits["results"][0]["id"], page);
    let edit = json!({"properties": {"Number": {"number": 1}}});
    assert_eq!(s.refused("PATCH", &path, edit).await.1, "validation_error");
    s.ok("PATCH", &path, json!({"in_trash": false})).await;
    assert_eq!(titles(&s.query(json!({})).await), ["needle"]);
    s.running
        .shared
        .lock()
        .world
        .hidden
        .insert(pulse_sync::sim::notion::Id::parse(&page).unwrap());
    assert_eq!(
        s.refused("GET", &path, json!({})).await,
        (404, "object_not_found".to_owned())
    );
}

#[tokio::test]
async fn long_relations_are_paged() {
    let s = server().await;
    let relation = json!({"Rel": {"relation": {"data_source_id": s.source.to_string(), "single_property": {}}}});
    s.ok(
        "PATCH",
        &format!("data_sources/{}", s.source),
        json!({"properties": relation}),
    )
    .await;
    let mut rows = Vec::new();
    for number in 0..30 {
        rows.push(json!({"id": s.row(&number.to_string(), json!({})).await}));
    }
    let path = format!("pages/{}", rows[0]["id"].as_str().unwrap());
    let page = s
        .ok(
            "PATCH",
            &path,
            json!({"properties": {"Rel": {"relation": rows}}}),
        )
        .await;
    assert_eq!(
        page["properties"]["Rel"]["relation"]
            .as_array()
            .unwrap()
            .len(),
        25
    );
    assert_eq!(page["properties"]["Rel"]["has_more"], true);
    let id = page["properties"]["Rel"]["id"].as_str().unwrap();
    let items = s
        .ok("GET", &format!("{path}/properties/{id}"), json!({}))
        .await;
    assert_eq!(items["results"].as_array().unwrap().len(), 30);
}

/// Serves an empty workspace for other programs to try; `SIM_NOTION_SECONDS` says how long.
#[tokio::test]
#[ignore = "serves until its time is up; for checkers outside the test suite"]
async fn serve_for_a_while() {
    let seconds = std::env::var("SIM_NOTION_SECONDS").map_or(60, |text| text.parse().unwrap());
    let port = std::env::var("SIM_NOTION_PORT").map_or(0, |text| text.parse().unwrap());
    let mut service = Service::new(Workspace::new(1));
    service.limiter.most = None;
    let running = serve(port, service, real_clock()).await.unwrap();
    let (token, home) = {
        let service = running.shared.lock();
        (service.world.token.clone(), service.world.home)
    };
    println!("{} {token} {home}", running.url);
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
}

#[tokio::test]
async fn answers_are_dated_by_the_services_own_clock() {
    let s = server().await;
    let answer = s.request("GET", "users/me").send().await.unwrap();
    assert_eq!(answer.headers()["date"], "Sun, 22 Nov 2026 10:03:42 GMT");
    s.time.store(0, std::sync::atomic::Ordering::SeqCst);
    let answer = s.request("GET", "nope").send().await.unwrap();
    assert_eq!(answer.headers()["date"], "Thu, 01 Jan 1970 00:00:00 GMT");
}

#[tokio::test]
async fn a_personal_token_acts_as_the_person() {
    let mut s = server().await;
    let path = format!("pages/{}", s.row("a", json!({})).await);
    let bot = s.ok("GET", &path, json!({})).await["last_edited_by"]["id"].clone();
    let personal = s.running.shared.lock().world.add_personal_token(s.ann);
    let connection = std::mem::replace(&mut s.token, personal);
    let me = s.ok("GET", "users/me", json!({})).await;
    assert_eq!(
        (&me["type"], &me["id"]),
        (&json!("person"), &json!(s.ann.to_string()))
    );
    let edit = json!({"properties": {"Number": {"number": 7}}});
    let page = s.ok("PATCH", &path, edit).await;
    assert_eq!(page["last_edited_by"]["id"], s.ann.to_string());
    assert_eq!(page["created_by"]["id"], bot);
    let made = s.row("b", json!({})).await;
    let made = s.ok("GET", &format!("pages/{made}"), json!({})).await;
    assert_eq!(made["created_by"]["id"], s.ann.to_string());

    s.token = connection;
    let edit = json!({"properties": {"Number": {"number": 8}}});
    let page = s.ok("PATCH", &path, edit).await;
    assert_eq!(
        page["last_edited_by"]["id"], bot,
        "the connection is itself again"
    );
}
