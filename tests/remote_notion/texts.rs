//! Texts of pages: compare-and-swap, private parts, child pages, cut reads.

use pulse_sync::core::{Action, FieldKey};
use pulse_sync::remote::{Remote, RemoteError};
use pulse_sync::sim::notion::Id;

use crate::world::{self, World, change, create, draft, field, get, step, text};

async fn put(
    world: &World,
    remote: &pulse_sync::remote::notion::NotionRemote,
    page: Id,
    new: &str,
) -> String {
    let seen = get(remote, page).await;
    let post = change(remote, &seen, &[("body", text(new))])
        .await
        .unwrap()
        .post;
    assert_eq!(
        field(&post, "body"),
        field(&get(remote, page).await, "body"),
        "the answer shows what a read shows"
    );
    world.text_of(page)
}

#[tokio::test]
async fn one_request_changes_one_piece() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "a\nb\nc");
    let seen = get(&remote, page).await;
    assert_eq!(field(&seen, "body"), Some(text("a\nb\nc")));
    world.asked();
    let answer = change(&remote, &seen, &[("body", text("a\nB\nc"))])
        .await
        .unwrap();
    assert_eq!(world.asked(), [format!("PATCH /v1/pages/{page}/markdown")]);
    assert_eq!(field(&answer.post, "body"), Some(text("a\nB\nc")));
    assert!(answer.request.is_some());
    assert_eq!(world.text_of(page), "a\nB\nc");

    // What it says already is not sent.
    let seen = get(&remote, page).await;
    world.asked();
    change(&remote, &seen, &[("body", text("a\nB\nc"))])
        .await
        .unwrap();
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn empty_pages_are_filled_and_emptied() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "");
    assert_eq!(put(&world, &remote, page, "one\ntwo").await, "one\ntwo");
    assert_eq!(put(&world, &remote, page, "").await, "");
    // Words that somebody types into the empty page at this very moment stay.
    let seen = get(&remote, page).await;
    world.edit_text(page, |_| "mine".to_owned());
    let post = change(&remote, &seen, &[("body", text("ours"))])
        .await
        .unwrap()
        .post;
    assert_eq!(field(&post, "body"), None, "not taken for what we wrote");
    let after = world.text_of(page);
    assert!(after.contains("mine") && after.contains("ours"), "{after}");
}

#[tokio::test]
async fn a_racing_edit_of_the_same_line_wins_and_is_seen() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "a\nb\nc");
    let seen = get(&remote, page).await;
    world.edit_text(page, |text| text.replace('b', "b by Ada"));
    let answer = change(&remote, &seen, &[("body", text("a\nB\nc"))]).await;
    assert!(matches!(answer, Err(RemoteError::Stale(_))), "{answer:?}");
    assert_eq!(world.text_of(page), "a\nb by Ada\nc");

    // The same line twice is no place to write to either.
    let seen = get(&remote, page).await;
    world.edit_text(page, |text| format!("{text}\nb by Ada"));
    let answer = change(&remote, &seen, &[("body", text("a\nB\nc"))]).await;
    assert!(matches!(answer, Err(RemoteError::Stale(_))), "{answer:?}");
}

#[tokio::test]
async fn a_racing_edit_elsewhere_stays_and_is_not_taken_for_ours() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "first\nsecond\nthird");
    let seen = get(&remote, page).await;
    world.edit_text(page, |text| text.replace("third", "third by Ada"));
    let post = change(&remote, &seen, &[("body", text("FIRST\nsecond\nthird"))])
        .await
        .unwrap()
        .post;
    assert_eq!(world.text_of(page), "FIRST\nsecond\nthird by Ada");
    assert_eq!(field(&post, "body"), None);
    assert_eq!(
        field(&get(&remote, page).await, "body"),
        Some(text("FIRST\nsecond\nthird by Ada"))
    );
}

#[tokio::test]
async fn private_notes_are_neither_read_nor_touched() {
    let world = world::world().await;
    let remote = world.opened().await;
    let private = "## Private notes\nmy *secret*\na\n- [ ] todo";
    let page = world.page("One", &format!("a\nb\n{private}"));
    let as_shown = world.text_of(page);
    let kept = as_shown
        .split_once("## ")
        .map(|(_, rest)| format!("## {rest}"))
        .unwrap();
    let seen = get(&remote, page).await;
    assert_eq!(field(&seen, "body"), Some(text("a\nb")));
    for new in ["a", "x\ny\nz", "", "a\nagain"] {
        let after = put(&world, &remote, page, new).await;
        assert!(after.ends_with(&kept), "{after:?}");
        assert!(after.len() <= new.len() + 1 + kept.len(), "{after:?}");
    }
    // Notes that are added meanwhile stay as well, and are no reason to doubt our part.
    let seen = get(&remote, page).await;
    world.edit_text(page, |text| format!("{text}\nmore notes"));
    let post = change(&remote, &seen, &[("body", text("b\nagain"))])
        .await
        .unwrap()
        .post;
    assert_eq!(field(&post, "body"), Some(text("b\nagain")));
    assert!(world.text_of(page).ends_with("more notes"));
}

#[tokio::test]
async fn child_pages_stay_where_they_are() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "a\nb\nc");
    let child = {
        let (now, human) = (world.now(), world.human);
        let mut service = world.service();
        let props = vec![(
            "title".to_owned(),
            pulse_sync::sim::notion::Value::text("Sub"),
        )];
        let parent = pulse_sync::sim::notion::Parent::Page(page);
        service
            .world
            .create_at(
                now,
                human,
                parent,
                props,
                pulse_sync::sim::notion::body::parse(""),
            )
            .unwrap()
    };
    // Ada moves it between the lines.
    world.edit_text(page, |text| {
        let (before, tag) = text.rsplit_once('\n').unwrap();
        before.replacen("a\n", &format!("a\n{tag}\n"), 1)
    });
    let shown = world.text_of(page);
    assert!(shown.starts_with("a\n<page "), "{shown}");
    assert_eq!(
        field(&get(&remote, page).await, "body"),
        Some(text("a\nb\nc"))
    );
    for new in ["a\nb", "x\ny", "", "only"] {
        put(&world, &remote, page, new).await;
        let service = world.service();
        assert!(!service.world.pages[&child].in_trash, "{new:?}");
        assert!(
            matches!(service.world.pages[&child].parent, pulse_sync::sim::notion::Parent::Page(p) if p == page)
        );
        assert!(
            service.world.incidents.is_empty(),
            "{:?}",
            service.world.incidents
        );
    }
}

#[tokio::test]
async fn a_heading_of_github_with_the_private_words_stays_public() {
    let world = world::world().await;
    let remote = world.opened().await;
    let body = "intro\n## Private notes\nimportant";
    let answer = create(
        &remote,
        draft(&[("title", text("One")), ("body", text(body))]),
    )
    .await
    .unwrap();
    let made = |page: &Id| page.to_string() == answer.post.id.node;
    let page = *world
        .service()
        .world
        .pages
        .keys()
        .find(|page| made(page))
        .unwrap();
    assert_eq!(
        world.text_of(page),
        "intro\n## Private notes (on GitHub)\nimportant"
    );
    assert_eq!(field(&get(&remote, page).await, "body"), Some(text(body)));
    // A change of another line finds it as it is, and a person's private part below stays private.
    world.edit_text(page, |text| format!("{text}\n## Private notes\nmine"));
    let new = "intro edited\n## Private notes\nimportant";
    assert_eq!(
        put(&world, &remote, page, new).await,
        "intro edited\n## Private notes (on GitHub)\nimportant\n## Private notes\nmine"
    );
    assert_eq!(field(&get(&remote, page).await, "body"), Some(text(new)));
    // One that arrives later is marked as well.
    let other = world.page("Two", "a");
    put(&world, &remote, other, "a\n# Private Notes\nb").await;
    let seen = get(&remote, other).await;
    assert_eq!(field(&seen, "body"), Some(text("a\n# Private Notes\nb")));
}

#[tokio::test]
async fn a_cut_text_decides_nothing() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "a\nb\nc");
    let seen = get(&remote, page).await;
    world
        .service()
        .world
        .pages
        .get_mut(&page)
        .unwrap()
        .shown_blocks = Some(1);
    let cut = get(&remote, page).await;
    assert_eq!((field(&cut, "body"), &cut.raw_body), (None, &None));
    assert_eq!(field(&cut, "title"), Some(text("One")));
    let answer = change(&remote, &cut, &[("body", text("x"))]).await;
    assert!(matches!(answer, Err(RemoteError::Stale(_))), "{answer:?}");
    // An answer that is cut is not believed either.
    let post = change(&remote, &seen, &[("body", text("a\nb\nC"))])
        .await
        .unwrap()
        .post;
    assert_eq!(field(&post, "body"), None);
    assert_eq!(world.text_of(page), "a\nb\nC");
}

#[tokio::test]
async fn a_create_carries_its_text_and_asks_once() {
    let world = world::world().await;
    let remote = world.opened().await;
    world.asked();
    let made = create(
        &remote,
        draft(&[("title", text("One")), ("body", text("# Heading\ntext"))]),
    )
    .await
    .unwrap();
    assert_eq!(world.asked(), ["POST /v1/pages"]);
    assert_eq!(field(&made.post, "title"), Some(text("One")));
    assert_eq!(field(&made.post, "body"), None);
    let seen = remote
        .get(made.post.kind, &made.post.id, None)
        .await
        .unwrap();
    assert_eq!(field(&seen, "body"), Some(text("# Heading\ntext")));

    // Without a title the first heading must not become one.
    let made = create(&remote, draft(&[("body", text("# Heading\ntext"))]))
        .await
        .unwrap();
    let seen = remote
        .get(made.post.kind, &made.post.id, None)
        .await
        .unwrap();
    assert_eq!(field(&seen, "title"), Some(pulse_sync::core::Value::Null));
    assert_eq!(field(&seen, "body"), Some(text("# Heading\ntext")));

    // A text that does not fit one request is left to a later step; alone it is refused by name.
    let long = "x".repeat(499_990);
    let made = create(
        &remote,
        draft(&[("title", text("Long")), ("body", text(&long))]),
    )
    .await
    .unwrap();
    let none = Some(pulse_sync::core::Value::Null);
    assert_eq!(
        field(&made.post, "body"),
        none,
        "said to be missing, not assumed to be there"
    );
    let seen = remote
        .get(made.post.kind, &made.post.id, None)
        .await
        .unwrap();
    assert_eq!(field(&seen, "body"), Some(pulse_sync::core::Value::Null));
    world.asked();
    let answer = change(&remote, &seen, &[("body", text(&long))]).await;
    assert!(
        matches!(&answer, Err(RemoteError::Refused { field: Some(field), .. }) if *field == FieldKey::BODY),
        "{answer:?}"
    );
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn text_and_properties_are_never_one_step() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "a");
    let seen = get(&remote, page).await;
    world.asked();
    let both = [("body", text("b")), ("title", text("Two"))];
    assert!(matches!(
        change(&remote, &seen, &both).await,
        Err(RemoteError::Refused { .. })
    ));
    for action in [Action::Close, Action::Patch(Vec::new())] {
        assert!(matches!(
            remote.write(&step(action), Some(&seen)).await,
            Err(RemoteError::Refused { .. })
        ));
    }
    assert!(matches!(
        remote.write(&step(Action::Trash), None).await,
        Err(RemoteError::Stale(_))
    ));
    assert!(world.asked().is_empty());
}
