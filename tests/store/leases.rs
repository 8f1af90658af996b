//! Leases of a store that goes by the caller's clock.

use pulse_sync::core::Time;
use pulse_sync::store::{Lease, Store};

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

pub async fn a_look_takes_nothing(store: &impl Store) {
    assert_eq!(store.leased("run", Time(0)).await, Ok(None));
    let lease = ask(store, "a", 0).await;
    for now in [1, 59] {
        let looked = store.leased("run", Time(now)).await.unwrap();
        assert_eq!(looked, Some(lease.clone()), "at {now}");
    }
    assert_eq!(store.leased("run", Time(60)).await, Ok(None), "over");
    assert_eq!(store.leased("other", Time(1)).await, Ok(None));
    let again = ask(store, "a", 10).await;
    assert_eq!(store.leased("run", Time(60)).await, Ok(Some(again)));
    store.release("run", "a").await.unwrap();
    assert_eq!(store.leased("run", Time(60)).await, Ok(None), "given back");
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
