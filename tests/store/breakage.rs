//! A `MongoDB` server that is away, killed, frozen, deposed, full or not ours to write: what is said, and that the same
//! store goes on by itself.

use std::time::Duration;

use mongodb::bson::{Bson, Document, doc};
use pulse_sync::core::schedule::Trouble;
use pulse_sync::store::mongo::Patience;
use pulse_sync::store::{HistoryQuery, MongoStore, Store, StoreError};

use crate::make::{block_on, id, pair, record, with};
use crate::mongo::{Mode, PATIENT, Server, store_with};

/// Little for a server that is gone, so that the tests need not wait; enough for one that is busy.
const STEADY: Patience = Patience {
    connect: Duration::from_secs(2),
    select: Duration::from_secs(1),
    operation: Duration::from_secs(20),
};

/// Little for a server that says nothing.
const HASTY: Patience = Patience {
    operation: Duration::from_secs(3),
    ..STEADY
};

/// Far more than an operation may take: who waits longer waits for ever.
const FOR_EVER: Duration = Duration::from_mins(1);

/// What is said when the store does not work, which must be soon and say that it is away.
async fn told<T: std::fmt::Debug>(asked: impl Future<Output = Result<T, StoreError>>) -> String {
    let answer = tokio::time::timeout(FOR_EVER, asked).await;
    match answer.expect("every operation is bounded in time") {
        Err(StoreError::Unavailable(text) | StoreError::Refused(_, text)) => text,
        other => panic!("the store should be away: {other:?}"),
    }
}

fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "\"{part}\" is not said: {text}");
    }
}

/// Waits until the same store works again, as the engine does: by asking now and then.
async fn goes_on(store: &MongoStore) {
    let works = async {
        while let Err(error) = store.counts("main").await {
            let is_away = matches!(error, StoreError::Unavailable(_) | StoreError::Refused(..));
            assert!(is_away, "{error:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let back = tokio::time::timeout(FOR_EVER, works).await;
    back.expect("the store goes on when the server is back");
}

#[test]
fn away_at_start_and_back_later() {
    block_on(async {
        let mut server = Server::start(Mode::Standalone).await;
        server.kill();
        let store = store_with(&server.uri(), "pulse", STEADY);
        let text = told(store.ready()).await;
        says(
            &text,
            &["cannot be reached", "127.0.0.1", "nothing is written"],
        );
        told(store.put(&pair(1), &[])).await;
        told(store.lease("run", "me", pulse_sync::core::Time(0), 1_000)).await;
        server.restart().await;
        goes_on(&store).await;
        assert_eq!(store.put(&pair(1), &[]).await, Ok(1));
    });
}

#[test]
fn what_was_answered_survives_a_kill() {
    block_on(async {
        let mut server = Server::start(Mode::Replica).await;
        let store = store_with(&server.uri(), "pulse", STEADY);
        goes_on(&store).await;
        let mut done = Vec::new();
        for round in 0..3 {
            for number in (round * 10)..(round * 10 + 10) {
                let name = format!("r{number}");
                let answer = store.put(&pair(number), &[record(&name, 1)]).await;
                done.extend(answer.is_ok().then_some((number, name)));
            }
            server.kill();
            let text = told(store.put(&pair(900 + round), &[])).await;
            says(&text, &["cannot be reached"]);
            server.restart().await;
            goes_on(&store).await;
        }
        assert_eq!(done.len(), 30);
        for (number, name) in done {
            let stored = store.pair(&id(number)).await.unwrap();
            assert_eq!(stored.map(|pair| pair.rev), Some(1), "{number}");
            assert!(store.record_by_id(&name).await.unwrap().is_some(), "{name}");
        }
    });
}

#[test]
fn a_frozen_server_is_not_waited_for() {
    block_on(async {
        let server = Server::start(Mode::Replica).await;
        let store = store_with(&server.uri(), "pulse", HASTY);
        store.put(&pair(1), &[]).await.unwrap();
        server.freeze();
        let next = with(pair(1), |pair| pair.rev = 1);
        let text = told(store.put(&next, &[record("r", 1)])).await;
        says(
            &text,
            &["did not answer within 3 s", "nothing is written", "hangs"],
        );
        told(store.pair(&id(1))).await;
        told(store.history(&HistoryQuery {
            limit: 1,
            ..HistoryQuery::default()
        }))
        .await;
        server.thaw();
        goes_on(&store).await;
        // What was on its way is there whole or not at all; either way the next commit finds out by reading.
        let stored = store.pair(&id(1)).await.unwrap().unwrap();
        let is_recorded = store.record_by_id("r").await.unwrap().is_some();
        assert_eq!(is_recorded, stored.rev == 2, "{}", stored.rev);
        assert_eq!(store.put(&stored, &[]).await, Ok(stored.rev + 1));
    });
}

/// A server that is locked for a backup answers questions, and lets writes wait until it is unlocked.
#[test]
fn a_locked_server_is_told_as_one_and_holds_nobody_up() {
    block_on(async {
        let server = Server::start(Mode::Replica).await;
        let store = store_with(&server.uri(), "pulse", HASTY);
        assert_eq!(store.takes_writes().await, Ok(()));
        store.put(&pair(1), &[]).await.unwrap();
        server
            .command(doc! { "fsync": 1, "lock": true })
            .await
            .unwrap();
        let next = with(pair(1), |pair| pair.rev = 1);
        let answer = store.put(&next, &[]).await;
        assert!(
            matches!(&answer, Err(StoreError::Refused(Trouble::NoWrites, text)) if text.contains("answers no writes")),
            "{answer:?}"
        );
        assert!(store.stalled().is_some(), "it is remembered");
        assert!(store.pair(&id(1)).await.is_ok(), "questions are answered");
        // So many that wait for each other would take far longer than one.
        let others = async {
            for number in 0..20 {
                let name = format!("a{number}");
                assert!(store.put_setting(&name, Some("x")).await.is_err());
                assert!(
                    store
                        .lease("l", "us", pulse_sync::core::Time(0), 1)
                        .await
                        .is_err()
                );
            }
        };
        let done = tokio::time::timeout(HASTY.operation * 3, others).await;
        assert!(done.is_ok(), "each write waited as long as the first one");
        let still = store.takes_writes().await.unwrap_err();
        assert_eq!(still.trouble(), Trouble::NoWrites);
        server.command(doc! { "fsyncUnlock": 1 }).await.unwrap();
        let works = async {
            while store.takes_writes().await.is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let back = tokio::time::timeout(FOR_EVER, works).await;
        back.expect("the store goes on when the server is unlocked");
        let stored = store.pair(&id(1)).await.unwrap().unwrap();
        assert_eq!(store.put(&stored, &[]).await, Ok(stored.rev + 1));
    });
}

#[test]
fn a_full_disk_loses_nothing_that_was_answered() {
    block_on(async {
        let mut server = Server::start(Mode::Replica).await;
        let store = store_with(&server.uri(), "pulse", STEADY);
        goes_on(&store).await;
        let mut done = Vec::new();
        let refused = loop {
            let number = u32::try_from(done.len()).unwrap();
            if number == 10 {
                server.fill_disk();
            }
            assert!(number < 1_000, "the disk is never full");
            let large = with(pair(number), |pair| {
                pair.last_error = Some("x".repeat(50_000));
            });
            match store.put(&large, &[record(&format!("r{number}"), 1)]).await {
                Ok(rev) => done.push((number, rev)),
                Err(error) => break error,
            }
        };
        says(
            &told(async { Err::<(), _>(refused) }).await,
            &["nothing is written"],
        );
        server.restart().await;
        goes_on(&store).await;
        for (number, rev) in done {
            let stored = store.pair(&id(number)).await.unwrap();
            assert_eq!(stored.map(|pair| pair.rev), Some(rev), "{number}");
            let name = format!("r{number}");
            assert!(store.record_by_id(&name).await.unwrap().is_some(), "{name}");
        }
        assert_eq!(store.put(&pair(5_000), &[]).await, Ok(1));
    });
}

#[test]
fn a_primary_that_steps_down_is_waited_for() {
    block_on(async {
        let server = Server::start(Mode::Replica).await;
        let store = store_with(&server.uri(), "pulse", STEADY);
        store.put(&pair(1), &[]).await.unwrap();
        server.step_down(4).await;
        let text = told(store.put(&pair(2), &[])).await;
        says(&text, &["nothing is written"]);
        let has_words = ["takes no writes", "cannot be reached", "did not answer"];
        assert!(has_words.iter().any(|words| text.contains(words)), "{text}");
        goes_on(&store).await;
        let rev = store.pair(&id(2)).await.unwrap().map_or(0, |pair| pair.rev);
        let second = with(pair(2), |pair| pair.rev = rev);
        assert_eq!(store.put(&second, &[]).await, Ok(rev + 1));
    });
}

#[test]
fn who_may_not_write_is_told_so() {
    block_on(async {
        let server = crate::mongo::shared(Mode::Auth);
        let admin = server.client().await.database("admin");
        let role = doc! { "role": "read", "db": "pulse" };
        let user = doc! { "createUser": "reader", "pwd": "read", "roles": [role] };
        admin.run_command(user).await.unwrap();
        let store = store_with(&server.uri_as("reader:read@"), "pulse", PATIENT);
        let text = told(store.ready()).await;
        says(&text, &["readWrite on pulse", "nothing is written"]);
        let answer = store.put(&pair(1), &[]).await.unwrap_err();
        assert_eq!(answer.trouble(), Trouble::Right, "{answer:?}");

        let store = store_with(&server.uri_as("root:wr0ng-s3cret@"), "pulse", PATIENT);
        let text = told(store.ready()).await;
        let answer = store.counts("main").await.unwrap_err();
        assert_eq!(answer.trouble(), Trouble::Login, "{answer:?}");
        says(
            &text,
            &["refused the user name or the password", "MONGODB_URI"],
        );
        assert!(!text.contains("s3cret"), "{text}");

        let store = store_with(&server.uri_as(""), "pulse", PATIENT);
        let text = told(store.ready()).await;
        says(
            &text,
            &["asks for a user name and a password", "MONGODB_URI"],
        );
        let answer = store.counts("main").await.unwrap_err();
        assert_eq!(answer.trouble(), Trouble::Login, "{answer:?}");

        let admin = server.client().await.database("admin");
        let grant = doc! { "grantRolesToUser": "reader", "roles": [{ "role": "readWrite", "db": "pulse" }] };
        admin.run_command(grant).await.unwrap();
        let store = store_with(&server.uri_as("reader:read@"), "pulse", PATIENT);
        assert_eq!(store.put(&pair(1), &[]).await, Ok(1), "this role is enough");
    });
}

/// Lets the next commands of these names fail.
async fn fail(server: &Server, times: i32, commands: &[&str], how: Document) {
    let mut data = doc! { "failCommands": commands.to_vec(), "appName": "pulse-sync" };
    data.extend(how);
    let mode = doc! { "times": times };
    let point = doc! { "configureFailPoint": "failCommand", "mode": mode, "data": data };
    server.command(point).await.unwrap();
}

async fn touchy(mode: Mode) -> (Server, MongoStore) {
    let options = ["--setParameter", "enableTestCommands=1"];
    let server = Server::start_with(mode, &options).await;
    let store = store_with(&server.uri(), "pulse", PATIENT);
    store.ready().await.unwrap();
    (server, store)
}

#[test]
fn each_refusal_of_a_server_has_its_words() {
    block_on(async {
        let (server, store) = touchy(Mode::Standalone).await;
        let cases: [(Document, &[&str]); 5] = [
            (
                doc! { "errorCode": 14_031 },
                &["the disk of MongoDB", "is full"],
            ),
            (
                doc! { "errorCode": 10_107 },
                &["takes no writes just now", "new primary"],
            ),
            (doc! { "errorCode": 50 }, &["did not finish in time"]),
            (doc! { "errorCode": 8 }, &["nothing is written"]),
            (doc! { "closeConnection": true }, &["cannot be reached"]),
        ];
        for (number, (how, words)) in (1..).zip(cases) {
            fail(&server, 1, &["insert"], how).await;
            says(&told(store.put(&pair(number), &[])).await, words);
            assert_eq!(store.pair(&id(number)).await, Ok(None));
            assert_eq!(
                store.put(&pair(number), &[]).await,
                Ok(1),
                "the next one works"
            );
        }
    });
}

#[test]
fn a_write_that_took_place_may_be_told_as_failed() {
    block_on(async {
        let (server, store) = touchy(Mode::Standalone).await;
        let unsure = doc! { "writeConcernError": { "code": 64, "errmsg": "waiting for replication timed out" } };
        fail(&server, 1, &["insert"], unsure).await;
        let text = told(store.put(&pair(1), &[record("a", 1)])).await;
        says(&text, &["could not confirm a write", "looked at again"]);
        // Reading says what happened; the commit itself cannot be made twice.
        assert_eq!(store.pair(&id(1)).await.unwrap().unwrap().rev, 1);
        assert_eq!(store.put(&pair(1), &[]).await, Err(StoreError::Stale));
        assert_eq!(store.record_by_id("a").await, Ok(Some(record("a", 1))));
    });
}

#[test]
fn records_that_cannot_be_moved_on_are_read_from_the_outbox() {
    block_on(async {
        let (server, store) = touchy(Mode::Standalone).await;
        store.put(&pair(1), &[record("a", 1)]).await.unwrap();
        // The pair is updated, then nothing more can be inserted.
        let next = with(pair(1), |pair| pair.rev = 1);
        fail(&server, 3, &["insert"], doc! { "errorCode": 14_031 }).await;
        let kept = [record("b", 5), record("c", 3)];
        assert_eq!(store.put(&next, &kept).await, Ok(2), "it is committed");
        let query = |limit| HistoryQuery {
            limit,
            ..HistoryQuery::default()
        };
        let [b, c] = kept;
        let both = store.history(&query(2)).await.unwrap();
        assert_eq!(both, [b.clone(), c.clone()]);
        let all = store.history(&query(9)).await.unwrap();
        assert_eq!(all, [b, c, record("a", 1)]);
        let items = server
            .client()
            .await
            .database("pulse")
            .collection::<Document>("sync_items");
        let waits = doc! { "outbox": { "$exists": true } };
        assert!(items.find_one(waits.clone()).await.unwrap().is_some());
        assert_eq!(store.history(&query(9)).await.unwrap(), all);
        assert!(
            items.find_one(waits).await.unwrap().is_none(),
            "moved on when it could be"
        );
        let moved = server
            .client()
            .await
            .database("pulse")
            .collection::<Document>("sync_history");
        assert_eq!(moved.count_documents(doc! {}).await.unwrap(), 3);
    });
}

#[test]
fn records_that_waited_for_the_server_are_moved_on_by_the_next_commit() {
    block_on(async {
        let (server, store) = touchy(Mode::Standalone).await;
        store.put(&pair(1), &[]).await.unwrap();
        store.put(&pair(2), &[]).await.unwrap();
        let database = server.client().await.database("pulse");
        let items = database.collection::<Document>("sync_items");
        let moved = database.collection::<Document>("sync_history");
        let waits = doc! { "outbox": { "$exists": true } };
        // The server is lost between the commit and the move.
        let next = with(pair(1), |pair| pair.rev = 1);
        fail(&server, 1, &["insert"], doc! { "closeConnection": true }).await;
        assert_eq!(store.put(&next, &[record("a", 1)]).await, Ok(2));
        assert!(items.find_one(waits.clone()).await.unwrap().is_some());
        assert_eq!(moved.count_documents(doc! {}).await.unwrap(), 0);
        // And once more: the commit itself is told as failed, though it took place.
        let unsure = doc! { "writeConcernError": { "code": 64, "errmsg": "waiting for replication timed out" } };
        fail(&server, 1, &["update"], unsure).await;
        let next = with(pair(2), |pair| pair.rev = 1);
        told(store.put(&next, &[record("b", 2)])).await;
        assert_eq!(store.put(&pair(3), &[record("c", 3)]).await, Ok(1));
        assert!(items.find_one(waits).await.unwrap().is_none());
        assert_eq!(moved.count_documents(doc! {}).await.unwrap(), 3);
    });
}

#[test]
fn a_replica_set_hides_one_broken_connection() {
    block_on(async {
        let (server, store) = touchy(Mode::Replica).await;
        fail(&server, 1, &["insert"], doc! { "closeConnection": true }).await;
        assert_eq!(
            store.put(&pair(1), &[]).await,
            Ok(1),
            "written once, by the driver's retry"
        );
        let stored = server
            .client()
            .await
            .database("pulse")
            .collection::<Document>("sync_items");
        let found = stored
            .find_one(doc! { "_id": id(1).0 })
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.get("rev"), Some(&Bson::Int64(1)));
    });
}
