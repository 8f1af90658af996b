//! Who edited a page: the name behind the id, asked once.

use axum::http::Method;
use pulse_sync::core::FieldKey;
use pulse_sync::remote::Remote;
use pulse_sync::remote::notion::NotionRemote;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use pulse_sync::sim::notion::{Id, Value as Cell};

use crate::world::{self, MINUTE, World, change, get, text};

/// A page that a person edited last, and a side that read it.
async fn edited() -> (World, NotionRemote, Id) {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "Text");
    world.pass(2 * MINUTE);
    world.set(page, "title", Cell::text("Renamed"));
    world.asked();
    (world, remote, page)
}

fn users(world: &World) -> usize {
    let asked = world.asked();
    asked
        .iter()
        .filter(|ask| ask.contains("/v1/users/"))
        .count()
}

#[tokio::test]
async fn the_last_editor_has_a_name_and_is_asked_for_once() {
    let (world, remote, page) = edited().await;
    let seen = get(&remote, page).await;
    for field in [None, Some(&FieldKey::TITLE), Some(&FieldKey::BODY)] {
        assert_eq!(remote.who(&seen, field).await.as_deref(), Some("Ada"));
    }
    assert_eq!(users(&world), 1);
    // Another page of the same person needs no request at all.
    let other = world.page("Two", "");
    let seen = get(&remote, other).await;
    assert_eq!(remote.who(&seen, None).await.as_deref(), Some("Ada"));
    assert_eq!(users(&world), 0);
}

#[tokio::test]
async fn our_own_write_hides_who_was_there_before() {
    let (world, remote, page) = edited().await;
    let seen = get(&remote, page).await;
    change(&remote, &seen, &[("title", text("By us"))])
        .await
        .unwrap();
    let seen = get(&remote, page).await;
    assert_eq!(remote.who(&seen, None).await, None);
    assert_eq!(users(&world), 0);
}

#[tokio::test]
async fn without_the_right_to_read_users_nobody_is_known_and_nobody_asked_again() {
    let (world, remote, page) = edited().await;
    let denied = FaultKind::Status(403, "restricted_resource");
    world
        .service()
        .faults
        .add(Rule::once(Method::GET, "/v1/users/", denied));
    let seen = get(&remote, page).await;
    for _ in 0..3 {
        assert_eq!(remote.who(&seen, None).await, None);
    }
    assert_eq!(users(&world), 1);
}

#[tokio::test]
async fn somebody_who_is_gone_is_not_asked_for_again() {
    let (world, remote, page) = edited().await;
    let gone = FaultKind::Status(404, "object_not_found");
    world
        .service()
        .faults
        .add(Rule::once(Method::GET, "/v1/users/", gone));
    let seen = get(&remote, page).await;
    assert_eq!(remote.who(&seen, None).await, None);
    assert_eq!(remote.who(&seen, None).await, None);
    assert_eq!(users(&world), 1);
}

#[tokio::test]
async fn a_bad_day_is_no_answer_and_the_next_one_may_be() {
    for kind in [
        FaultKind::Status(500, "internal_server_error"),
        FaultKind::Html(502),
        FaultKind::DropBefore,
        FaultKind::DropAfter,
        FaultKind::Truncated,
        FaultKind::RateLimited(1, "public_api_request_rate_limit"),
    ] {
        let (world, remote, page) = edited().await;
        let seen = get(&remote, page).await;
        let rule = Rule::once(Method::GET, "/v1/users/", kind.clone());
        world.service().faults.add(rule);
        assert_eq!(remote.who(&seen, None).await, None, "{kind:?}");
        world.pass(2 * MINUTE);
        let who = remote.who(&seen, None).await;
        assert_eq!(who.as_deref(), Some("Ada"), "{kind:?}");
    }
}
