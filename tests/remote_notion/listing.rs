//! Listings, single pages, lives, and the look-up of lost creates.

use std::collections::BTreeSet;

use pulse_sync::core::{Kind, Life, Time};
use pulse_sync::remote::notion::STREAM;
use pulse_sync::remote::{ListFrom, Remote, RemoteError};
use pulse_sync::sim::notion::{Id, Parent, Value as Cell};

use crate::world::{self, MINUTE, START, create, draft, field, get, id, list, text};

#[tokio::test]
async fn windows_go_beyond_the_cut() {
    let world = world::world().await;
    let remote = world.opened().await;
    let mut made = BTreeSet::new();
    for index in 0..23 {
        made.insert(world.page(&format!("Page {index}"), "").to_string());
        if index % 2 == 0 {
            world.pass(MINUTE);
        }
    }
    {
        let options = &mut world.service().world.options;
        options.query_limit = 6;
        options.rows_per_answer = 4;
    }
    let all = list(&remote, None).await;
    let seen: BTreeSet<String> = all.rows.iter().map(|row| row.id.node.clone()).collect();
    assert_eq!(seen, made);
    assert!(!all.cut);

    // More rows in one minute than a query shows cannot be read apart.
    for index in 0..9 {
        world.page(&format!("Crowd {index}"), "");
    }
    world.pass(2 * MINUTE);
    let last = world.page("After the crowd", "");
    let all = list(&remote, None).await;
    assert!(all.cut);
    assert!(
        all.rows.iter().any(|row| row.id.node == last.to_string()),
        "it goes on behind the crowd"
    );

    // What changed recently is not windowed: a cut there is only said.
    assert!(list(&remote, Some(START)).await.cut);
    assert!(!list(&remote, Some(world.now())).await.cut);
}

#[tokio::test]
async fn a_change_within_the_minute_is_not_missed() {
    let world = world::world().await;
    let remote = world.opened().await;
    world.pass(40_000);
    let page = world.page("One", "");
    let rows = list(&remote, Some(world.now() - 10_000)).await.rows;
    assert_eq!(
        rows.len(),
        1,
        "stamped with the start of the minute, before `since`"
    );
    assert_eq!(rows[0].id.node, page.to_string());
    assert_eq!(rows[0].stamp.as_ref().unwrap().at, Time(START));
    assert!(
        list(&remote, Some(world.now() + MINUTE))
            .await
            .rows
            .is_empty()
    );
}

#[tokio::test]
async fn recent_changes_come_newest_first_and_an_idle_look_is_one_request() {
    let world = world::world().await;
    let remote = world.opened().await;
    let pages: Vec<Id> = (0..5)
        .map(|index| {
            world.pass(MINUTE);
            world.page(&format!("{index}"), "")
        })
        .collect();
    world.service().world.options.rows_per_answer = 2;
    let rows = list(&remote, Some(START)).await.rows;
    let order: Vec<String> = rows.iter().map(|row| row.id.node.clone()).collect();
    let wanted: Vec<String> = pages.iter().rev().map(ToString::to_string).collect();
    assert_eq!(order, wanted);
    world.asked();
    list(&remote, Some(world.now() + MINUTE)).await;
    assert_eq!(world.asked().len(), 1);
}

#[tokio::test]
async fn a_row_says_what_it_is() {
    let world = world::world().await;
    let remote = world.opened().await;
    let plain = world.page("Plain", "some text");
    let pull = world.page("Pull", "");
    world.set(pull, "Kind", Cell::choice("Pull request"));
    world.set(pull, "GitHub ID", Cell::text("PR_kw1"));
    let linked = world.page("Linked", "");
    world.set(linked, "Kind", Cell::choice("Epic"));
    world.set(linked, "GitHub ID", Cell::text("PR_kw2"));
    let foreign = world.page("Foreign", "");
    world.set(foreign, "Kind", Cell::choice("Epic"));

    let rows = list(&remote, None).await.rows;
    let row = |page: Id| rows.iter().find(|row| row.id.node == page.to_string());
    let row_of = |page: Id| row(page).unwrap();
    assert_eq!(row_of(plain).kind, Kind::Issue);
    assert_eq!(row_of(plain).linked_node, None);
    assert_eq!(field(row_of(plain), "body"), None, "rows have no text");
    assert!(!row_of(plain).created_by_us);
    assert_eq!(row_of(pull).kind, Kind::Pull);
    assert_eq!(row_of(pull).linked_node.as_deref(), Some("PR_kw1"));
    assert_eq!(row_of(linked).kind, Kind::Pull, "known by its id");
    assert!(row(foreign).is_none(), "somebody's own kind of row");
    let seen = remote.get(Kind::Commit, &id(foreign), None).await.unwrap();
    assert_eq!(
        seen.kind,
        Kind::Commit,
        "asked for by id it is what the pair says"
    );

    let wrong = remote.list("issues:o/r", &ListFrom::default()).await;
    assert!(matches!(wrong, Err(RemoteError::Setup(_))));
    let garbled = ListFrom {
        page: Some("all|x||".to_owned()),
        ..ListFrom::default()
    };
    assert!(matches!(
        remote.list(STREAM, &garbled).await,
        Err(RemoteError::Setup(_))
    ));
}

#[tokio::test]
async fn lives_are_told_by_evidence() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "text");
    let seen = get(&remote, page).await;
    assert_eq!(seen.life, Life::Live);

    let trashed = remote
        .write(&world::step(pulse_sync::core::Action::Trash), Some(&seen))
        .await
        .unwrap()
        .post;
    assert_eq!(trashed.life, Life::Trashed);
    assert_eq!(get(&remote, page).await.life, Life::Trashed);
    let late = world::change(&remote, &seen, &[("title", text("Two"))]).await;
    assert!(matches!(late, Err(RemoteError::Stale(_))), "{late:?}");
    let back = remote
        .write(
            &world::step(pulse_sync::core::Action::Restore),
            Some(&trashed),
        )
        .await
        .unwrap()
        .post;
    assert_eq!(back.life, Life::Live);
    assert_eq!(field(&back, "title"), Some(text("One")));

    let (now, human) = (world.now(), world.human);
    let moved = world.page("Moved", "");
    let home = world.service().world.home;
    world
        .service()
        .world
        .move_page(now, human, moved, Parent::Page(home))
        .unwrap();
    let seen = get(&remote, moved).await;
    assert_eq!(seen.life, Life::Unreachable, "out of the database");
    assert!(seen.fields.is_empty());

    world.service().world.hidden.insert(page);
    assert_eq!(get(&remote, page).await.life, Life::Unreachable);
}

#[tokio::test]
async fn a_lost_create_is_found_by_its_marker() {
    let world = world::world().await;
    let remote = world.opened().await;
    let draft = draft(&[("title", text("One")), ("body", text("Text"))]);
    let nothing = remote.find_made(&draft, Time(START)).await.unwrap();
    assert!(nothing.hits.is_empty() && nothing.complete);

    world.pass(30_000);
    let since = Time(world.now());
    let made = create(&remote, draft.clone()).await.unwrap().post;
    assert!(made.created_by_us);
    assert_eq!(made.linked_node.as_deref(), Some("I_kwDO1"));
    // A copy that a person made of it carries the marker too, and is no answer.
    let (now, human) = (world.now(), world.human);
    let page: Id = *world
        .service()
        .world
        .pages
        .keys()
        .find(|p| p.to_string() == made.id.node)
        .unwrap();
    world
        .service()
        .world
        .duplicate_page(now, human, page)
        .unwrap();

    let found = remote.find_made(&draft, since).await.unwrap();
    assert_eq!(found.hits.len(), 1);
    assert_eq!(found.hits[0].id, made.id);
    assert!(found.complete);
    let later = remote
        .find_made(&draft, Time(START + 10 * MINUTE))
        .await
        .unwrap();
    assert!(later.hits.is_empty());
}

#[tokio::test]
async fn a_known_text_is_not_read_again() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "Hello");
    let known = text("as it was");
    let fresh = get(&remote, page).await.stamp.unwrap();
    let again = remote
        .get(Kind::Issue, &id(page), Some((&fresh, &known)))
        .await
        .unwrap();
    let read = Some(text("Hello"));
    assert_eq!(field(&again, "body"), read, "its minute is not over");

    // Over for a copy of the data that lags behind, too.
    world.pass(2 * MINUTE);
    let seen = get(&remote, page).await;
    world.asked();
    let stamp = seen.stamp.clone().unwrap();
    let again = remote
        .get(Kind::Issue, &id(page), Some((&stamp, &known)))
        .await
        .unwrap();
    assert_eq!(field(&again, "body"), Some(known.clone()));
    assert_eq!(world.asked().len(), 1);

    world.pass(MINUTE);
    world.edit_text(page, |_| "Changed".to_owned());
    let again = remote
        .get(Kind::Issue, &id(page), Some((&stamp, &known)))
        .await
        .unwrap();
    assert_eq!(field(&again, "body"), Some(text("Changed")));
}
