//! Which database is meant, and which property is which.

use pulse_sync::core::mapping::Wanted;
use pulse_sync::core::{FieldKey, Kind};
use pulse_sync::remote::{Remote, RemoteError};
use pulse_sync::sim::notion::{Kind as Column, Value as Cell, span};

use crate::world::{self, change, field, get, list, open, standard, text};

fn message(error: RemoteError) -> String {
    match error {
        RemoteError::Setup(message) | RemoteError::Denied { message, .. } => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn missing_properties_are_added_once_and_a_memo_needs_no_request() {
    let world = world::world().await;
    let remote = world.remote();

    let looked = remote.open(None, false).await.unwrap();
    assert!(looked.notes[0].contains("GitHub ID"), "{:?}", looked.notes);
    assert!(world.asked().iter().all(|asked| asked.starts_with("GET")));

    let opened = open(&remote).await;
    assert_eq!(opened.streams, ["pages"]);
    assert!(opened.paused.is_empty());
    let patches = |asked: &[String]| asked.iter().filter(|a| a.starts_with("PATCH")).count();
    assert_eq!(patches(&world.asked()), 1);
    for Wanted { name, kind, .. } in standard().properties() {
        let service = world.service();
        let key = if kind.api_name() == "title" {
            "title"
        } else {
            &name
        };
        let column = service.world.property(world.source, key).expect(&name);
        assert_eq!(column.kind.name(), kind.api_name(), "{name}");
    }

    let publish = format!(
        "{:?}",
        world.service().world.property(world.source, "Publish")
    );
    for option in ["Draft", "Ready", "Creating", "Created", "Error"] {
        assert!(publish.contains(option), "{option}: {publish}");
    }

    assert_eq!(open(&remote).await.memo, opened.memo, "the same process");
    let other = world.remote();
    let again = other.open(opened.memo.as_deref(), true).await.unwrap();
    assert_eq!(again.memo, opened.memo, "another process");
    assert_eq!(world.asked(), Vec::<String>::new());

    // A memo that is garbage, or another database's, is not believed.
    for memo in ["", "{}", "[1", "{\"form\":99}"] {
        let other = world.remote();
        assert_eq!(
            other.open(Some(memo), true).await.unwrap().memo,
            opened.memo
        );
    }
}

#[tokio::test]
async fn a_renamed_property_stays_in_step() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "");
    {
        let mut service = world.service();
        let (now, human, source) = (world::START, world.human, world.source);
        let world = &mut service.world;
        world
            .rename_property(now, human, source, "Milestone", "Sprint")
            .unwrap();
        world
            .rename_property(now, human, source, "title", "Task")
            .unwrap();
    }
    world.set(page, "Sprint", Cell::choice("v1"));

    let seen = get(&remote, page).await;
    assert_eq!(field(&seen, "milestone"), Some(text("v1")));
    assert_eq!(field(&seen, "title"), Some(text("One")));
    change(&remote, &seen, &[("milestone", text("v2"))])
        .await
        .unwrap();
    assert_eq!(world.cell(page, "Sprint"), Some(Cell::choice("v2")));
    let columns = world.service().world.sources[&world.source]
        .schema
        .all()
        .len();
    assert_eq!(
        columns,
        standard().properties().len(),
        "nothing was added again"
    );
    assert!(open(&remote).await.paused.is_empty());
}

#[tokio::test]
async fn a_deleted_property_pauses_its_field_until_there_is_one_of_its_name() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "");
    world.set(page, "Milestone", Cell::choice("v1"));
    let milestone = (Kind::Issue, FieldKey::MILESTONE);
    let before = open(&remote).await.columns.get(&milestone).cloned();
    let (now, human, source) = (world.now(), world.human, world.source);
    world
        .service()
        .world
        .delete_property(now, human, source, "Milestone")
        .unwrap();
    world.asked();

    let rows = list(&remote, None).await.rows;
    assert_eq!(
        field(&rows[0], "milestone"),
        None,
        "not observed, not cleared"
    );
    assert_eq!(field(&rows[0], "title"), Some(text("One")));
    assert_eq!(world.asked().len(), 2, "one query, one look at the schema");
    list(&remote, None).await;
    assert_eq!(world.asked().len(), 1, "no second look");

    let memo = {
        let opened = open(&remote).await;
        let reason = &opened.paused[&FieldKey::MILESTONE];
        assert!(
            reason.contains("was deleted") && reason.contains("Restore"),
            "{reason}"
        );
        assert_eq!(opened.paused.len(), 1);
        opened.memo
    };
    // Somebody makes an empty column of that name. It is another place, so that its emptiness is not taken for cleared
    // values: what was agreed in the old one is forgotten.
    assert!(!open(&remote).await.columns.contains_key(&milestone));
    world
        .service()
        .world
        .add_property(now, human, source, "Milestone", Column::Select(Vec::new()))
        .unwrap();
    let other = world.remote();
    let opened = other.open(memo.as_deref(), true).await.unwrap();
    assert!(opened.paused.is_empty());
    assert!(
        opened
            .notes
            .iter()
            .any(|note| note.contains("compared anew"))
    );
    assert!(opened.columns.contains_key(&milestone));
    assert_ne!(opened.columns.get(&milestone), before.as_ref());
    let seen = get(&other, page).await;
    change(&other, &seen, &[("milestone", text("v2"))])
        .await
        .unwrap();
    assert_eq!(world.cell(page, "Milestone"), Some(Cell::choice("v2")));
}

#[tokio::test]
async fn a_retyped_property_pauses_its_field_until_it_is_back() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "");
    let (now, human, source) = (world.now(), world.human, world.source);
    let retype = |kind: Column| {
        let mut service = world.service();
        let world = &mut service.world;
        world
            .retype_property(now, human, source, "Labels", kind)
            .unwrap();
    };
    retype(Column::RichText);
    assert_eq!(field(&get(&remote, page).await, "labels"), None);
    let opened = open(&remote).await;
    let reason = &opened.paused[&FieldKey::LABELS];
    assert!(
        reason.contains("rich_text") && reason.contains("multi_select"),
        "{reason}"
    );

    retype(Column::MultiSelect(Vec::new()));
    assert!(open(&remote).await.paused.is_empty());
    assert!(field(&get(&remote, page).await, "labels").is_some());
}

#[tokio::test]
async fn a_write_that_meets_a_changed_schema_is_planned_anew() {
    let world = world::world().await;
    let remote = world.opened().await;
    let page = world.page("One", "");
    let seen = get(&remote, page).await;
    let (now, human, source) = (world.now(), world.human, world.source);
    world
        .service()
        .world
        .delete_property(now, human, source, "Milestone")
        .unwrap();
    let answer = change(&remote, &seen, &[("milestone", text("v2"))]).await;
    assert!(matches!(answer, Err(RemoteError::Stale(_))), "{answer:?}");
    world.asked();
    let draft = world::draft(&[("title", text("Two")), ("milestone", text("v2"))]);
    let answer = world::create(&remote, draft).await;
    assert!(matches!(answer, Err(RemoteError::Stale(_))), "{answer:?}");
    assert!(
        world.asked().is_empty(),
        "nothing is made without its field"
    );
    let opened = open(&remote).await;
    assert!(opened.paused.contains_key(&FieldKey::MILESTONE));
}

#[tokio::test]
async fn a_lost_id_property_is_made_anew_and_nothing_is_made_without_it() {
    let world = world::world().await;
    let remote = world.opened().await;
    world.page("One", "");
    let (now, human, source) = (world.now(), world.human, world.source);
    world
        .service()
        .world
        .delete_property(now, human, source, "GitHub ID")
        .unwrap();
    list(&remote, None).await;
    let draft = world::draft(&[("title", text("Two"))]);
    let said = message(world::create(&remote, draft.clone()).await.unwrap_err());
    assert!(said.contains("GitHub ID"), "{said}");
    let looked = remote.open(None, false).await.unwrap();
    assert!(looked.notes.iter().any(|note| note.contains("GitHub ID")));
    let opened = remote.open(None, true).await.unwrap();
    assert!(
        opened
            .notes
            .iter()
            .any(|note| note.contains("added to the Notion database: GitHub ID"))
    );
    world::create(&remote, draft).await.unwrap();
}

#[tokio::test]
async fn a_column_of_another_type_is_left_alone() {
    let world = world::world().await;
    let (now, human, source) = (world.now(), world.human, world.source);
    {
        let mut service = world.service();
        let add = |world: &mut pulse_sync::sim::notion::Workspace, name: &str, kind: Column| {
            world.add_property(now, human, source, name, kind).unwrap();
        };
        add(&mut service.world, "Number", Column::RichText);
        add(&mut service.world, "Status", Column::Select(Vec::new()));
    }
    let remote = world.remote();
    let opened = open(&remote).await;
    assert_eq!(opened.paused.len(), 1, "{:?}", opened.paused);
    assert!(opened.paused.contains_key(&FieldKey::of("number")));
    let kind = |name: &str| {
        let service = world.service();
        service.world.property(source, name).unwrap().kind.name()
    };
    assert_eq!((kind("Number"), kind("Status")), ("rich_text", "select"));
    // A select does for a status.
    let page = world.page("One", "");
    let seen = get(&remote, page).await;
    let post = change(&remote, &seen, &[("state", text("Done"))])
        .await
        .unwrap()
        .post;
    assert_eq!(field(&post, "state"), Some(text("Done")));
    assert_eq!(post.kind, Kind::Issue);
}

#[tokio::test]
async fn several_data_sources_are_a_question() {
    let world = world::world().await;
    let (now, human, database) = (world.now(), world.human, world.database);
    let second = world
        .service()
        .world
        .add_source(now, human, database, span::rich("Bugs"), Vec::new())
        .unwrap();
    let said = message(world.remote().open(None, true).await.unwrap_err());
    for part in ["Bugs", &second.to_string(), &world.source.to_string()] {
        assert!(said.contains(part), "{said}");
    }
    let remote = world.remote_to(&second.compact());
    assert!(
        remote
            .open(None, true)
            .await
            .unwrap()
            .memo
            .unwrap()
            .contains(&second.to_string())
    );
}

#[tokio::test]
async fn links_and_ids_of_both_kinds_open_it() {
    let world = world::world().await;
    let link = format!(
        "https://www.notion.so/acme/Tasks-{}?v={}",
        world.database.compact(),
        "f".repeat(32)
    );
    for target in [link, world.database.compact(), world.source.to_string()] {
        let opened = world.remote_to(&target).open(None, true).await.unwrap();
        assert!(
            opened.memo.unwrap().contains(&world.source.to_string()),
            "{target}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_opened_says_what_to_do() {
    let world = world::world().await;
    let page = world.page("One", "");
    let said = message(
        world
            .remote_to(&page.to_string())
            .open(None, true)
            .await
            .unwrap_err(),
    );
    assert!(
        said.contains("Copy link") || said.contains("Connections"),
        "{said}"
    );

    let opened = world.opened().await;
    let database = world.database;
    world.service().world.hidden.insert(database);
    let said = message(world.remote().open(None, true).await.unwrap_err());
    assert!(
        said.contains("not shared") && said.contains("Connections"),
        "{said}"
    );
    // Access that is lost later is no empty list.
    let from = pulse_sync::remote::ListFrom::default();
    let said = message(opened.list("pages", &from).await.unwrap_err());
    assert!(said.contains("not shared"), "{said}");

    let said = message(world.remote_to("tasks").open(None, true).await.unwrap_err());
    assert!(said.contains("not a Notion database"), "{said}");
    let unopened = world.remote();
    message(unopened.list("pages", &from).await.unwrap_err());
}
