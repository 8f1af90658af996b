//! Leases of a store that goes by its server's clock, which no test can set: long ones, and short ones that end.

use std::time::Duration;

use pulse_sync::core::Time;
use pulse_sync::store::{Lease, Store};

/// Longer than any test takes.
const LONG: i64 = 3_600_000;

async fn ask(store: &impl Store, holder: &str, now: i64) -> Lease {
    store.lease("run", holder, Time(now), LONG).await.unwrap()
}

/// Asks for as good as no time, and waits until it is over.
async fn ask_briefly(store: &impl Store, holder: &str) -> Lease {
    let lease = store.lease("run", holder, Time(0), 1).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    lease
}

pub async fn a_free_lease_is_taken(store: &impl Store) {
    let lease = ask(store, "a", 100).await;
    let right = Lease {
        holder: "a".to_owned(),
        until: Time(100 + LONG),
        fence: 1,
    };
    assert_eq!(lease, right);
}

pub async fn a_lease_is_renewed(store: &impl Store) {
    ask_briefly(store, "a").await;
    // Also after it ran out, as long as nobody else took it.
    for now in [130, 900, 500] {
        let lease = ask(store, "a", now).await;
        assert_eq!((lease.until, lease.fence), (Time(now + LONG), 1));
    }
}

pub async fn a_held_lease_stays(store: &impl Store) {
    ask(store, "a", 100).await;
    let mut left = LONG;
    for holder in ["b", "c"] {
        let lease = ask(store, holder, 0).await;
        assert_eq!((lease.holder.as_str(), lease.fence), ("a", 1));
        assert!(lease.until.0 <= left, "asking gives no time: {lease:?}");
        left = lease.until.0;
    }
    assert_eq!(ask(store, "a", 7).await.until, Time(7 + LONG));
}

pub async fn an_expired_lease_is_taken(store: &impl Store) {
    ask_briefly(store, "a").await;
    let lease = ask(store, "b", 5).await;
    assert_eq!((lease.holder.as_str(), lease.fence), ("b", 2));
    let lease = ask(store, "a", 5).await;
    assert_eq!((lease.holder.as_str(), lease.fence), ("b", 2));
}

pub async fn a_released_lease_is_free(store: &impl Store) {
    ask(store, "a", 100).await;
    store.release("run", "a").await.unwrap();
    let lease = ask(store, "b", 100).await;
    assert_eq!((lease.holder.as_str(), lease.fence), ("b", 2));
}

pub async fn a_look_takes_nothing(store: &impl Store) {
    assert_eq!(store.leased("run", Time(100)).await, Ok(None));
    let lease = ask(store, "a", 100).await;
    for _ in 0..2 {
        let looked = store.leased("run", Time(100)).await.unwrap().unwrap();
        assert_eq!((looked.holder.as_str(), looked.fence), ("a", lease.fence));
        assert!(looked.until > Time(100) && looked.until <= lease.until);
    }
    store.release("run", "a").await.unwrap();
    assert_eq!(store.leased("run", Time(100)).await, Ok(None), "given back");
    ask_briefly(store, "b").await;
    assert_eq!(store.leased("run", Time(100)).await, Ok(None), "over");
}

pub async fn only_the_holder_releases(store: &impl Store) {
    ask(store, "a", 100).await;
    store.release("run", "b").await.unwrap();
    store.release("other", "a").await.unwrap();
    assert_eq!(ask(store, "b", 100).await.holder, "a");
}

pub async fn the_fence_counts_holders(store: &impl Store) {
    for (round, holder) in (1..).zip(["a", "b", "a", "c"]) {
        assert_eq!(ask_briefly(store, holder).await.fence, round);
    }
}

pub async fn leases_do_not_mix(store: &impl Store) {
    ask(store, "a", 100).await;
    let other = store.lease("other", "b", Time(100), LONG).await.unwrap();
    assert_eq!((other.holder.as_str(), other.fence), ("b", 1));
}

pub async fn the_clock_of_the_caller_is_not_asked(store: &impl Store) {
    ask(store, "a", i64::MIN / 2).await;
    for now in [0, i64::MAX / 2, i64::MAX] {
        let lease = ask(store, "b", now).await;
        assert_eq!(lease.holder, "a");
        assert!(
            lease.until >= Time(now),
            "what is left, in the caller's time: {lease:?}"
        );
    }
}

pub async fn a_lease_from_before_the_clock_was_set_back_is_taken(store: &impl Store) {
    let far = store.lease("run", "a", Time(0), 1_000 * LONG).await;
    assert_eq!(far.unwrap().holder, "a");
    assert_eq!(ask(store, "b", 0).await.holder, "b");
}
