//! What is kept by name: cursors, settings, leases.

use pulse_sync::core::Time;
use pulse_sync::store::{Cursor, Lease, Store};

fn cursor(stamp: i64) -> Cursor {
    Cursor {
        stamp: Some(Time(stamp)),
        tag: Some("W/\"abc\"".to_owned()),
        swept_at: Some(Time(1)),
        polled_at: None,
        shallow_since: Some(Time(2)),
    }
}

fn held(holder: &str, until: i64, fence: u64) -> Lease {
    Lease {
        holder: holder.to_owned(),
        until: Time(until),
        fence,
    }
}

/// Asks for the lease `run` for 60 units.
async fn ask(store: &impl Store, holder: &str, now: i64) -> Lease {
    store.lease("run", holder, Time(now), 60).await.unwrap()
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

pub async fn a_free_lease_is_taken(store: &impl Store) {
    assert_eq!(ask(store, "a", 100).await, held("a", 160, 1));
}

pub async fn a_lease_is_renewed(store: &impl Store) {
    ask(store, "a", 100).await;
    assert_eq!(ask(store, "a", 130).await, held("a", 190, 1));
    // Also after it ran out, as long as nobody else took it; and after the clock was set back.
    assert_eq!(ask(store, "a", 900).await, held("a", 960, 1));
    assert_eq!(ask(store, "a", 500).await, held("a", 560, 1));
}

pub async fn a_held_lease_stays(store: &impl Store) {
    ask(store, "a", 100).await;
    assert_eq!(ask(store, "b", 159).await, held("a", 160, 1));
    assert_eq!(
        ask(store, "a", 150).await,
        held("a", 210, 1),
        "asking changed nothing"
    );
}

pub async fn an_expired_lease_is_taken(store: &impl Store) {
    ask(store, "a", 100).await;
    assert_eq!(ask(store, "b", 200).await, held("b", 260, 2));
    assert_eq!(ask(store, "a", 210).await, held("b", 260, 2));
}

pub async fn a_lease_ends_at_its_last_moment(store: &impl Store) {
    ask(store, "a", 100).await;
    assert_eq!(ask(store, "b", 160).await, held("b", 220, 2));
}

pub async fn a_released_lease_is_free(store: &impl Store) {
    ask(store, "a", 100).await;
    store.release("run", "a").await.unwrap();
    assert_eq!(ask(store, "b", 101).await, held("b", 161, 2));
}

pub async fn only_the_holder_releases(store: &impl Store) {
    ask(store, "a", 100).await;
    store.release("run", "b").await.unwrap();
    store.release("other", "a").await.unwrap();
    assert_eq!(ask(store, "b", 101).await, held("a", 160, 1));
}

pub async fn the_fence_counts_holders(store: &impl Store) {
    for (round, holder) in (1_u32..).zip(["a", "b", "a", "c"]) {
        let now = i64::from(round) * 100;
        assert_eq!(ask(store, holder, now).await.fence, u64::from(round));
    }
}

pub async fn leases_do_not_mix(store: &impl Store) {
    ask(store, "a", 100).await;
    let other = store.lease("other", "b", Time(100), 60).await;
    assert_eq!(other, Ok(held("b", 160, 1)));
}
