//! What is kept by name: cursors, settings.

use pulse_sync::core::Time;
use pulse_sync::store::{Cursor, Store};

fn cursor(stamp: i64) -> Cursor {
    Cursor {
        stamp: Some(Time(stamp)),
        tag: Some("W/\"abc\"".to_owned()),
        swept_at: Some(Time(1)),
        polled_at: None,
        shallow_since: Some(Time(2)),
    }
}

pub async fn a_cursor_comes_back(store: &impl Store) {
    assert_eq!(store.cursor("main/github/issues").await, Ok(None));
    store
        .put_cursor("main/github/issues", &cursor(5))
        .await
        .unwrap();
    assert_eq!(
        store.cursor("main/github/issues").await,
        Ok(Some(cursor(5)))
    );
}

pub async fn a_cursor_is_replaced(store: &impl Store) {
    store.put_cursor("a", &cursor(5)).await.unwrap();
    store.put_cursor("a", &Cursor::default()).await.unwrap();
    assert_eq!(store.cursor("a").await, Ok(Some(Cursor::default())));
}

pub async fn cursors_do_not_mix(store: &impl Store) {
    store.put_cursor("a", &cursor(1)).await.unwrap();
    store.put_cursor("A", &cursor(2)).await.unwrap();
    assert_eq!(store.cursor("a").await, Ok(Some(cursor(1))));
    assert_eq!(store.setting("a").await, Ok(None));
}

pub async fn a_setting_comes_back(store: &impl Store) {
    store.put_setting("pause", Some("true")).await.unwrap();
    store
        .put_setting("pause", Some("{\"since\":1}"))
        .await
        .unwrap();
    let value = store.setting("pause").await.unwrap();
    assert_eq!(value.as_deref(), Some("{\"since\":1}"));
}

pub async fn a_setting_is_removed(store: &impl Store) {
    store.put_setting("a", Some("1")).await.unwrap();
    store.put_setting("b", Some("2")).await.unwrap();
    store.put_setting("a", None).await.unwrap();
    assert_eq!(store.setting("a").await, Ok(None));
    assert_eq!(store.setting("b").await, Ok(Some("2".to_owned())));
}

pub async fn removing_nothing_is_fine(store: &impl Store) {
    assert_eq!(store.put_setting("a", None).await, Ok(()));
}

pub async fn a_setting_is_exchanged_with_what_was_read(store: &impl Store) {
    let swap = async |read, value| store.swap_setting("$ask", read, value).await;
    assert_eq!(swap(Some("0"), "1").await, Ok(false), "nothing is there");
    assert_eq!(swap(None, "1").await, Ok(true));
    assert_eq!(swap(None, "2").await, Ok(false), "something is there");
    assert_eq!(swap(Some("2"), "3").await, Ok(false), "something else");
    assert_eq!(store.setting("$ask").await, Ok(Some("1".to_owned())));
    assert_eq!(swap(Some("1"), "{\"$set\":1}").await, Ok(true));
    assert_eq!(swap(Some("{\"$set\":1}"), "2").await, Ok(true));
    assert_eq!(store.setting("$ask").await, Ok(Some("2".to_owned())));
}
