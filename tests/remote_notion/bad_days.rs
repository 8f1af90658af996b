//! Answers that are lost, cut, late, wrong: one write on the wire, and an error that says whether it may be applied.

use axum::http::Method;
use pulse_sync::core::Time;
use pulse_sync::remote::{ListFrom, Remote, RemoteError};
use pulse_sync::sim::notion::http::{FaultKind, Rule};

use crate::world::{self, START, World, change, create, draft, field, get, id, text};

fn fault(world: &World, method: Method, path: &str, kind: FaultKind) {
    world.service().faults.add(Rule::once(method, path, kind));
}

fn posts(world: &World) -> usize {
    world
        .asked()
        .iter()
        .filter(|asked| *asked == "POST /v1/pages")
        .count()
}

#[tokio::test]
async fn an_unclear_create_is_sent_once_and_found_if_it_was_made() {
    for (kind, made) in [
        (FaultKind::Status(502, "bad_gateway"), false),
        (FaultKind::Status(500, "internal_server_error"), false),
        (FaultKind::Status(504, "gateway_timeout"), false),
        (FaultKind::DropBefore, false),
        (FaultKind::DropAfter, true),
        (FaultKind::Truncated, true),
        (FaultKind::Giant(11), true),
        (FaultKind::Html(500), false),
        (FaultKind::Html(404), false),
    ] {
        let world = world::world().await;
        let remote = world.opened().await;
        world.asked();
        fault(&world, Method::POST, "/v1/pages", kind.clone());
        let draft = draft(&[("title", text("One"))]);
        let answer = create(&remote, draft.clone()).await;
        assert!(
            matches!(answer, Err(RemoteError::Unclear(_))),
            "{kind:?}: {answer:?}"
        );
        assert_eq!(posts(&world), 1, "{kind:?}");
        let found = remote.find_made(&draft, Time(START)).await.unwrap();
        assert_eq!(found.hits.len(), usize::from(made), "{kind:?}");
    }
}

#[tokio::test]
async fn a_create_that_was_saved_behind_a_503_is_an_answer() {
    let world = world::world().await;
    let remote = world.opened().await;
    world.asked();
    fault(&world, Method::POST, "/v1/pages", FaultKind::Committed);
    let post = create(&remote, draft(&[("title", text("One"))]))
        .await
        .unwrap()
        .post;
    assert_eq!(field(&post, "title"), Some(text("One")));
    assert!(post.created_by_us);
    assert_eq!(posts(&world), 1);

    // When it cannot be read, it is unclear, and never sent again.
    fault(&world, Method::POST, "/v1/pages", FaultKind::Committed);
    fault(
        &world,
        Method::GET,
        "/v1/pages",
        FaultKind::Status(502, "bad_gateway"),
    );
    let answer = create(&remote, draft(&[("title", text("Two"))])).await;
    assert!(matches!(answer, Err(RemoteError::Unclear(_))), "{answer:?}");
    assert_eq!(posts(&world), 1);
}

#[tokio::test]
async fn certain_refusals_are_certain() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "text");
    let seen = get(&remote, page).await;
    let write = async |kind: FaultKind| {
        fault(&world, Method::PATCH, "/v1/pages", kind);
        change(&remote, &seen, &[("title", text("Two"))])
            .await
            .unwrap_err()
    };
    let error = write(FaultKind::Status(401, "unauthorized")).await;
    assert!(
        matches!(error, RemoteError::Unauthorized { .. }),
        "{error:?}"
    );
    let error = write(FaultKind::Status(403, "restricted_resource")).await;
    assert!(
        matches!(&error, RemoteError::Denied { message, .. } if message.contains("Connections")),
        "{error:?}"
    );
    let error = write(FaultKind::Html(403)).await;
    assert!(
        matches!(&error, RemoteError::Denied { message, .. } if message.contains("network")),
        "{error:?}"
    );
    let error = write(FaultKind::Status(404, "object_not_found")).await;
    assert!(
        matches!(
            error,
            RemoteError::Refused {
                status: 404,
                field: None,
                ..
            }
        ),
        "{error:?}"
    );
    let error = write(FaultKind::Status(409, "conflict_error")).await;
    assert!(matches!(error, RemoteError::Stale(_)), "{error:?}");
    let error = write(FaultKind::Status(409, "row_limit_exceeded")).await;
    assert!(
        matches!(error, RemoteError::Refused { status: 409, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_limit_stops_everything_until_it_has_passed() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "text");
    let seen = get(&remote, page).await;
    let limit = FaultKind::RateLimited(40, "public_api_space_request_rate_limit");
    fault(&world, Method::PATCH, "/v1/pages", limit);
    let error = change(&remote, &seen, &[("title", text("Two"))])
        .await
        .unwrap_err();
    let RemoteError::Limited { until, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(until, Time(world.now() + 40_000));
    // While it lasts nothing is sent.
    world.asked();
    let again = change(&remote, &seen, &[("title", text("Two"))]).await;
    assert!(
        matches!(again, Err(RemoteError::Limited { .. })),
        "{again:?}"
    );
    assert!(world.asked().is_empty());
    assert_eq!(remote.budget().left, 0);
    world.pass(41_000);
    change(&remote, &seen, &[("title", text("Two"))])
        .await
        .unwrap();
    assert_eq!(field(&get(&remote, page).await, "title"), Some(text("Two")));
}

#[tokio::test]
async fn a_connection_that_may_only_read_is_told_so() {
    let world = world::world().await;
    world.service().world.options.bot_may_write = false;
    let denied = world.remote().open(None, true).await.unwrap_err();
    assert!(matches!(denied, RemoteError::Denied { .. }), "{denied:?}");
    world.remote().open(None, false).await.unwrap();
}

#[tokio::test]
async fn reads_of_garbage_are_unclear_and_harm_nothing() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "text");
    for kind in [
        FaultKind::Truncated,
        FaultKind::Html(200),
        FaultKind::Html(404),
        FaultKind::Giant(11),
        FaultKind::DropBefore,
        FaultKind::Status(503, "service_unavailable"),
    ] {
        fault(&world, Method::POST, "*/query", kind.clone());
        let listed = remote.list("pages", &ListFrom::default()).await;
        assert!(
            matches!(listed, Err(RemoteError::Unclear(_))),
            "{kind:?}: {listed:?}"
        );
        for path in ["/v1/pages/*/markdown", "/v1/pages"] {
            fault(&world, Method::GET, path, kind.clone());
            let read = remote
                .get(pulse_sync::core::Kind::Issue, &id(page), None)
                .await;
            assert!(
                matches!(read, Err(RemoteError::Unclear(_))),
                "{kind:?}: {read:?}"
            );
        }
    }
    assert_eq!(field(&get(&remote, page).await, "body"), Some(text("text")));
}

#[tokio::test]
async fn nobody_there_is_offline() {
    let world = world::world().await;
    let token = world.service().world.token.clone();
    let clock = world.clock.clone();
    let target = world.database.to_string();
    let account = world::account("http://127.0.0.1:1", &token, &clock);
    let mapping = world::standard();
    let config = pulse_sync::remote::notion::NotionConfig::new(account, target, mapping);
    let remote = pulse_sync::remote::notion::NotionRemote::new(config);
    let answer = remote.open(None, true).await;
    assert!(
        matches!(answer, Err(RemoteError::Offline { .. })),
        "{answer:?}"
    );

    let wrong = world::account(&world.running.url, "ntn_wrong", &clock);
    let config = pulse_sync::remote::notion::NotionConfig::new(
        wrong,
        world.database.to_string(),
        world::standard(),
    );
    let answer = pulse_sync::remote::notion::NotionRemote::new(config)
        .open(None, true)
        .await;
    assert!(
        matches!(&answer, Err(RemoteError::Unauthorized { message, .. }) if message.contains("token")),
        "{answer:?}"
    );
}
