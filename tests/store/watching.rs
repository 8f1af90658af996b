//! News from other machines: a change made through one store is told by the watch of another.

use std::time::Duration;

use pulse_sync::core::Time;
use pulse_sync::store::mongo::{Patience, Watch};
use pulse_sync::store::{MongoStore, Store};

use crate::make::{block_on, pair};
use crate::mongo::{Mode, PATIENT, Server, Space, store_with};

/// Waits until a name is told.
async fn told(watch: &Watch, name: &str) {
    let wait = async { while !watch.next().await.contains(name) {} };
    let came = tokio::time::timeout(Duration::from_mins(1), wait).await;
    assert!(came.is_ok(), "{name} is never told");
}

async fn changes_are_told(one: &MongoStore, other: &MongoStore) {
    other.put_setting("before", Some("1")).await.unwrap();
    let watch = one.watch().await.unwrap();
    assert!(watch.take().is_empty(), "only what is new");
    other.put_setting("pause", Some("true")).await.unwrap();
    told(&watch, "settings/pause").await;
    other.put_setting("pause", None).await.unwrap();
    told(&watch, "settings/pause").await;
    let lease = async |holder| other.lease("link/main", holder, Time(0), 60_000).await;
    lease("a").await.unwrap();
    told(&watch, "leases/link/main").await;
    // Neither that it is renewed nor that somebody asks in vain.
    lease("a").await.unwrap();
    lease("b").await.unwrap();
    other.put_setting("after", Some("1")).await.unwrap();
    assert_eq!(
        watch.next().await.into_iter().collect::<Vec<_>>(),
        ["settings/after"]
    );
    other.release("link/main", "a").await.unwrap();
    told(&watch, "leases/link/main").await;
    other.put(&pair(1), &[]).await.unwrap();
    other.put_setting("$last.one", Some("x")).await.unwrap();
    let names = watch.next().await;
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["settings/$last.one"]
    );
}

/// The next news that come to a store itself.
async fn news(store: &impl Store) -> Vec<String> {
    let came = tokio::time::timeout(Duration::from_mins(1), store.news()).await;
    came.expect("no news ever come").into_iter().collect()
}

#[test]
fn news_come_to_a_store_of_which_nobody_knows_what_was_before() {
    block_on(async {
        for mode in [Mode::Replica, Mode::Standalone] {
            let space = Space::new(mode).await;
            let (one, other) = (space.store(), space.store());
            assert!(one.is_shared());
            assert!(news(&one).await.is_empty(), "anything may have changed");
            other.put_setting("asked", Some("1")).await.unwrap();
            // Giving up waiting loses nothing.
            let given_up = tokio::time::timeout(Duration::from_millis(1), one.news()).await;
            if given_up.is_err() {
                assert_eq!(news(&one).await, ["settings/asked"]);
            }
            one.put_setting("asked", Some("2")).await.unwrap();
            assert_eq!(news(&one).await, ["settings/asked"], "own ones, too");
        }
        let alone = pulse_sync::store::MemoryStore::new();
        assert!(!alone.is_shared());
        let never = tokio::time::timeout(Duration::from_millis(5), alone.news()).await;
        assert!(never.is_err(), "one that is not shared has none");
    });
}

#[test]
fn a_replica_set_tells_by_itself() {
    block_on(async {
        let space = Space::new(Mode::ReplicaAuth).await;
        changes_are_told(&space.store(), &space.store()).await;
    });
}

#[test]
fn a_single_server_is_asked() {
    block_on(async {
        let space = Space::new(Mode::Standalone).await;
        changes_are_told(&space.store(), &space.store()).await;
    });
}

#[test]
fn what_changed_while_the_server_was_away_is_told_later() {
    block_on(async {
        let hasty = Patience {
            select: Duration::from_millis(300),
            operation: Duration::from_secs(2),
            ..PATIENT
        };
        let mut server = Server::start(Mode::Replica).await;
        let store = store_with(&server.uri(), "pulse", hasty);
        let watch = store.watch().await.unwrap();
        for round in 0..2 {
            server.restart().await;
            let other = store_with(&server.uri(), "pulse", PATIENT);
            let name = format!("round{round}");
            other.put_setting(&name, Some("1")).await.unwrap();
            told(&watch, &format!("settings/{name}")).await;
        }
    });
}
