//! Property values: both ways as tables, and Notion's limits.

use pulse_sync::core::{Kind, PropertyKind, Value};
use pulse_sync::remote::notion::property::{Shown, read, write};
use pulse_sync::remote::{Remote, RemoteError};
use serde_json::json;

use crate::world::{self, change, create, draft, field, get, text};

#[test]
fn what_notion_shows_is_read() {
    use PropertyKind::{Checkbox, Date, MultiSelect, Number, RichText, Select, Status, Title, Url};
    let pieces =
        json!([{"type": "text", "plain_text": "one "}, {"type": "mention", "plain_text": "@Ada"}]);
    for (kind, shown, value) in [
        (Title, json!([]), Value::Null),
        (Title, pieces.clone(), text("one @Ada")),
        (RichText, pieces, text("one @Ada")),
        (Number, json!(null), Value::Null),
        (Number, json!(-7), Value::Number(-7)),
        (Number, json!(7.0), Value::Number(7)),
        (Number, json!(1.5), text("1.5")),
        (Number, json!(1e300), text("1e+300")),
        (Select, json!(null), Value::Null),
        (Select, json!({"name": "v1", "color": "red"}), text("v1")),
        (Status, json!({"name": "Done"}), text("Done")),
        (MultiSelect, json!([]), Value::set([""; 0])),
        (
            MultiSelect,
            json!([{"name": "b"}, {"name": "a"}]),
            Value::set(["a", "b"]),
        ),
        (Date, json!(null), Value::Null),
        (
            Date,
            json!({"start": "2026-01-02", "end": null}),
            text("2026-01-02"),
        ),
        (
            Date,
            json!({"start": "2026-01-02T05:04:05.000+02:00"}),
            text("2026-01-02T03:04:05Z"),
        ),
        (Checkbox, json!(true), Value::Bool(true)),
        (Url, json!(null), Value::Null),
        (Url, json!("https://a.b"), text("https://a.b")),
    ] {
        let property = json!({"id": "x", "type": kind.api_name(), kind.api_name(): shown});
        assert_eq!(read(kind, &property), Shown::Value(value), "{property}");
    }
}

#[test]
fn what_is_not_understood_is_not_observed() {
    use PropertyKind::{Checkbox, Date, MultiSelect, Number, RichText, Select};
    for (kind, property) in [
        (RichText, json!({"type": "number", "number": 1})),
        (RichText, json!({"type": "rich_text"})),
        (
            RichText,
            json!({"type": "rich_text", "rich_text": [{"type": "text"}]}),
        ),
        (Number, json!({"type": "number", "number": "7"})),
        (Select, json!({"type": "select", "select": "v1"})),
        (
            MultiSelect,
            json!({"type": "multi_select", "multi_select": [{"id": "x"}]}),
        ),
        (Date, json!({"type": "date", "date": {}})),
        (Checkbox, json!({"type": "checkbox", "checkbox": null})),
        (Checkbox, json!(null)),
    ] {
        assert_eq!(read(kind, &property), Shown::Other, "{property}");
    }
    let mentions: Vec<_> = (0..25)
        .map(|_| json!({"type": "mention", "plain_text": "@a"}))
        .collect();
    let property = json!({"type": "rich_text", "rich_text": mentions});
    assert_eq!(read(RichText, &property), Shown::Cut);
}

#[test]
fn values_are_written_as_notion_takes_them() {
    use PropertyKind::{Checkbox, Date, MultiSelect, Number, RichText, Select, Status, Title, Url};
    for (kind, value, written) in [
        (Title, Value::Null, json!([])),
        (
            RichText,
            text("one"),
            json!([{"type": "text", "text": {"content": "one"}}]),
        ),
        (Number, Value::Number(7), json!(7)),
        (Number, text("1.5"), json!(1.5)),
        (Number, Value::Null, json!(null)),
        (Select, text("v1"), json!({"name": "v1"})),
        (Select, Value::Null, json!(null)),
        (Status, text("Done"), json!({"name": "Done"})),
        (
            MultiSelect,
            Value::set(["b", "a"]),
            json!([{"name": "a"}, {"name": "b"}]),
        ),
        (MultiSelect, Value::Null, json!([])),
        (
            Date,
            text("2026-01-02T03:04:05Z"),
            json!({"start": "2026-01-02T03:04:05Z"}),
        ),
        (Date, text("2026-01-02"), json!({"start": "2026-01-02"})),
        (Date, Value::Null, json!(null)),
        (Checkbox, Value::Bool(true), json!(true)),
        (Checkbox, Value::Null, json!(false)),
        (Url, text("https://a.b"), json!("https://a.b")),
        (Url, Value::Null, json!(null)),
    ] {
        assert_eq!(
            write(kind, &value),
            Ok(json!({ kind.api_name(): written })),
            "{value:?}"
        );
    }
    for (kind, value) in [
        (Number, text("many")),
        (Number, text("inf")),
        (Number, Value::set(["1"])),
        (Select, text("a,b")),
        (Select, text(&"x".repeat(101))),
        (Select, Value::set(["a"])),
        (MultiSelect, text("a")),
        (MultiSelect, Value::set(["a,b"])),
        (MultiSelect, Value::set((0..101).map(|n| n.to_string()))),
        (Date, text("soon")),
        (Checkbox, text("yes")),
        (Url, text(&"x".repeat(2_001))),
        (RichText, Value::Bool(true)),
        (RichText, text(&"x".repeat(200_001))),
    ] {
        let reason = write(kind, &value).expect_err(&format!("{kind:?} {}", value.brief(30)));
        assert!(!reason.is_empty());
    }
}

#[test]
fn long_texts_go_in_pieces_that_are_the_same_text() {
    for long in ["é".repeat(4_001), "👩‍👩‍👧".repeat(700), "😀".repeat(2_000)] {
        let written = write(PropertyKind::RichText, &text(&long)).unwrap();
        let pieces = written["rich_text"].as_array().unwrap();
        let content: Vec<&str> = pieces
            .iter()
            .map(|p| p["text"]["content"].as_str().unwrap())
            .collect();
        assert!(
            content
                .iter()
                .all(|piece| piece.encode_utf16().count() <= 2_000)
        );
        assert!(content.len() > 1);
        assert_eq!(content.concat(), long);
    }
}

fn pull_values() -> Vec<(&'static str, Value)> {
    vec![
        ("title", text("300 × 👩‍👩‍👧 and \"quotes\"")),
        ("labels", Value::set(["bug", "a\u{201A} b", "P1"])),
        ("assignees", Value::set(["ada"])),
        ("milestone", text("v1")),
        ("repository", text("o/r")),
        ("number", Value::Number(12)),
        ("url", text("https://github.com/o/r/pull/12")),
        ("author", text("ada")),
        ("comments", Value::Number(0)),
        ("created", text("2026-01-02T03:04:05Z")),
        ("pull_state", text("open")),
        ("base", text("main")),
        ("head", text("x".repeat(2_500).as_str())),
        ("additions", Value::Number(1)),
        ("linked_issues", text("#1, #2")),
        ("merged", text("2026-01-02")),
    ]
}

#[tokio::test]
async fn every_type_goes_there_and_back() {
    let world = world::world().await;
    let remote = world.opened().await;
    let mut draft = draft(&pull_values());
    draft.kind = Kind::Pull;
    draft.marker = "PR_kw1".to_owned();
    let made = create(&remote, draft).await.unwrap().post;
    let read = remote.get(Kind::Pull, &made.id, None).await.unwrap();
    let listed = world::list(&remote, None).await.rows.remove(0);
    for (key, value) in pull_values() {
        for seen in [&made, &read, &listed] {
            assert_eq!(field(seen, key), Some(value.clone()), "{key}");
        }
    }
    assert_eq!(
        (made.kind, read.kind, listed.kind),
        (Kind::Pull, Kind::Pull, Kind::Pull)
    );

    // Everything is changed, then cleared, in one request each.
    let other = [
        ("title", text("Other")),
        ("labels", Value::set(["p2"])),
        ("milestone", text("v2")),
        ("number", Value::Number(-3)),
        ("url", text("https://a.b")),
        ("created", text("2027-01-02")),
        ("head", text("dev")),
    ];
    world.asked();
    let post = change(&remote, &read, &other).await.unwrap().post;
    assert_eq!(world.asked(), [format!("PATCH /v1/pages/{}", read.id.node)]);
    for (key, value) in &other {
        assert_eq!(field(&post, key), Some(value.clone()), "{key}");
    }
    assert_eq!(
        field(&post, "author"),
        Some(text("ada")),
        "what is not named stays"
    );
    let cleared: Vec<(&str, Value)> = other.iter().map(|(key, _)| (*key, Value::Null)).collect();
    let post = change(&remote, &post, &cleared).await.unwrap().post;
    for (key, _) in &cleared {
        assert!(field(&post, key).unwrap().is_empty(), "{key}");
    }

    let mut commit = world::draft(&[
        ("title", text("Fix")),
        ("sha", text("abc")),
        ("verified", Value::Bool(true)),
        ("orphaned", Value::Bool(false)),
    ]);
    commit.kind = Kind::Commit;
    commit.marker = "o/r@abc".to_owned();
    let made = create(&remote, commit).await.unwrap().post;
    assert_eq!(field(&made, "verified"), Some(Value::Bool(true)));
    assert_eq!(field(&made, "orphaned"), Some(Value::Bool(false)));
    assert_eq!(made.linked_node.as_deref(), Some("o/r@abc"));
}

#[tokio::test]
async fn limits_are_refused_by_name_before_anything_is_sent() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "");
    let seen = get(&remote, page).await;
    world.asked();
    for (key, value) in [
        ("author", text(&"x".repeat(200_001))),
        ("labels", Value::set((0..101).map(|n| n.to_string()))),
        ("url", text(&"x".repeat(2_001))),
        ("number", text("many")),
    ] {
        let patched = change(
            &remote,
            &seen,
            &[("title", text("Two")), (key, value.clone())],
        )
        .await;
        let made = create(&remote, draft(&[("title", text("Two")), (key, value)])).await;
        for answer in [patched, made] {
            let Err(RemoteError::Refused {
                field: Some(field),
                message,
                ..
            }) = answer
            else {
                panic!("{key}: {answer:?}");
            };
            assert_eq!(field.as_str(), key, "{message}");
        }
    }
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn an_unknown_status_is_refused_by_name() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "");
    let seen = get(&remote, page).await;
    assert_eq!(field(&seen, "state"), Some(text("Not started")));
    let both = [("title", text("Two")), ("state", text("Shipped"))];
    let answer = change(&remote, &seen, &both).await;
    let Err(RemoteError::Refused {
        field: Some(field),
        status: 400,
        ..
    }) = &answer
    else {
        panic!("{answer:?}");
    };
    assert_eq!(field.as_str(), "state");
    assert_eq!(
        world::field(&get(&remote, page).await, "title"),
        Some(text("One")),
        "nothing of it was applied"
    );
    change(&remote, &seen, &[("state", text("Done"))])
        .await
        .unwrap();
}
