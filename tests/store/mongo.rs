//! What only a `MongoDB` database can get wrong: what a person sees in it, outboxes, races, damage, versions.

use std::pin::pin;
use std::task::Poll;

use futures_util::future::join_all;
use mongodb::IndexModel;
use mongodb::bson::{Bson, doc, spec::ElementType};
use pulse_sync::core::history::FieldChange;
use pulse_sync::core::{Base, FieldKey, PairId, PairLife, Record, Time, Value};
use pulse_sync::store::mongo::Patience;
use pulse_sync::store::{Contents, HistoryQuery, MongoStore, Store, StoreError, Which};
use secrecy::SecretString;

use crate::make::{
    LINK, block_on, conflict, dirty, error, hold, id, intent, object, pair, record, with,
};
use crate::mongo::{COLLECTIONS, Mode, Space};

async fn space() -> Space {
    Space::new(Mode::Standalone).await
}

fn all() -> HistoryQuery {
    HistoryQuery {
        limit: 99,
        ..HistoryQuery::default()
    }
}

#[test]
fn a_person_can_read_and_ask_for_pairs() {
    block_on(async {
        let space = space().await;
        let store = space.store();
        let put = with(dirty(1, 1_700_000_000_000), |pair| {
            pair.life = PairLife::Parked("ask for the right".to_owned());
            pair.next_try = Some(Time(1_700_000_060_000));
            pair.conflicts.push(conflict());
            pair.hold = Some(hold(false));
            pair.base.insert(
                FieldKey::of("Due.date $"),
                Base::new(Value::Number(7), Value::Null),
            );
        });
        store.put(&put, &[]).await.unwrap();
        let only_page = with(pair(2), |pair| pair.github = None);
        store.put(&only_page, &[]).await.unwrap();
        let items = space.collection("sync_items").await;
        let asked = doc! {
            "type": "issue", "source_id": "I_1", "link": LINK, "life": "parked", "marks": "conflicted",
            "dirty_since": mongodb::bson::DateTime::from_millis(1_700_000_000_000),
        };
        let found = items.find_one(asked).await.unwrap().unwrap();
        assert_eq!(found.get_str("item").unwrap(), "o/r#I_1");
        assert_eq!(found.get_str("title").unwrap(), "Title 1");
        assert_eq!(found.get_str("life_note").unwrap(), "ask for the right");
        let marks = Bson::from(vec!["conflicted", "held", "troubled"]);
        assert_eq!(found.get("marks"), Some(&marks));
        for date in ["dirty_since", "next_try", "ready_at", "created_at"] {
            let kind = found.get(date).map(Bson::element_type);
            assert_eq!(kind, Some(ElementType::DateTime), "{date}");
        }
        let base = found.get_document("base").unwrap();
        assert!(base.contains_key("Due%2edate %24"), "{base}");
        let conflicts = found.get_array("conflicts").unwrap();
        let at = conflicts[0].as_document().unwrap().get("found_at");
        assert_eq!(at.map(Bson::element_type), Some(ElementType::DateTime));
        let page = doc! { "source_id": "notion:page-2" };
        assert!(items.find_one(page).await.unwrap().is_some());
    });
}

#[test]
fn a_person_can_read_the_history_and_the_errors() {
    block_on(async {
        let space = space().await;
        let store = space.store();
        let kept = Record {
            changes: vec![FieldChange {
                field: FieldKey::TITLE,
                before: Value::text("a"),
                after: Value::text("b"),
                other: None,
            }],
            ..record("r", 5)
        };
        store.record(&[kept]).await.unwrap();
        store.put_error(&error("e", 7)).await.unwrap();
        let at = |ms| mongodb::bson::DateTime::from_millis(ms);
        let history = space.collection("sync_history").await;
        let asked = doc! { "at": { "$gte": at(5) }, "kind": "write", "outcome": "done", "changes.field": "title",
        "changes.before.text": "a" };
        assert!(history.find_one(asked).await.unwrap().is_some());
        let errors = space.collection("sync_errors").await;
        let asked = doc! { "open": true, "class": "offline", "last_at": at(7), "count": 1 };
        assert!(errors.find_one(asked).await.unwrap().is_some());
    });
}

#[test]
fn the_collections_and_their_indexes_are_made_again_and_again() {
    block_on(async {
        let space = space().await;
        for _ in 0..2 {
            space.store().ready().await.unwrap();
        }
        let database = space.server.client().await.database(&space.name);
        let names = database.list_collection_names().await.unwrap();
        assert!(
            names
                .iter()
                .all(|name| COLLECTIONS.contains(&name.as_str())),
            "{names:?}"
        );
        let items = space.collection("sync_items").await;
        let twin = doc! { "link": "l", "type": "issue", "source_id": "x", "key": "1" };
        items.insert_one(&twin).await.unwrap();
        let twin = doc! { "link": "l", "type": "issue", "source_id": "x", "key": "2" };
        let refused = items.insert_one(&twin).await.unwrap_err().to_string();
        assert!(
            refused.contains("E11000") && refused.contains("source"),
            "{refused}"
        );
    });
}

/// Lets a future go on so many times, then drops it, as a process that is killed does.
async fn broken_off<T>(times: u32, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

/// Whether a pair is there, its record is listed and its record is found.
async fn seen(space: &Space, number: u32, name: &str) -> [bool; 3] {
    let store = space.store();
    let is_there = store.pair(&id(number)).await.unwrap().is_some();
    let history = store.history(&all()).await.unwrap();
    let is_listed = history.iter().any(|record| record.id == name);
    let is_found = store.record_by_id(name).await.unwrap().is_some();
    [is_there, is_listed, is_found]
}

#[test]
fn a_commit_that_is_broken_off_is_whole_or_not_there() {
    block_on(async {
        let space = space().await;
        let (mut whole, mut none) = (0, 0);
        for times in 1..200 {
            let store = space.store();
            store.ready().await.unwrap();
            let number = 100 + times;
            let name = format!("r{times}");
            let records = [record(&name, i64::from(times))];
            let done = broken_off(times, store.put(&pair(number), &records)).await;
            drop(store);
            let mut seen = seen(&space, number, &name).await;
            for _ in 0..50 {
                // What was sent may still be on its way, and arrive between two looks.
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                let before = seen;
                seen = self::seen(&space, number, &name).await;
                if seen == before {
                    break;
                }
            }
            let is_there = seen[0];
            assert_eq!(seen, [is_there; 3], "after {times}");
            whole += u32::from(is_there);
            none += u32::from(!is_there);
            if done {
                break;
            }
        }
        assert!(whole > 0 && none > 0, "{whole} whole, {none} not there");
    });
}

/// A pair whose process died before its records were moved on.
async fn left(space: &Space, number: u32, records: &[(&str, i64)]) {
    let store = space.store();
    store.put(&pair(number), &[]).await.unwrap();
    let seed: Vec<_> = records.iter().map(|(name, at)| record(name, *at)).collect();
    store.record(&seed).await.unwrap();
    let history = space.collection("sync_history").await;
    let mut outbox = Vec::new();
    for (name, _) in records {
        let moved = history.find_one_and_delete(doc! { "_id": name }).await;
        outbox.push(moved.unwrap().unwrap());
    }
    let items = space.collection("sync_items").await;
    let change = doc! { "$set": { "outbox": outbox } };
    items
        .update_one(doc! { "_id": id(number).0 }, change)
        .await
        .unwrap();
}

async fn has_outbox(space: &Space) -> bool {
    let items = space.collection("sync_items").await;
    let waiting = doc! { "outbox._id": { "$exists": true } };
    items.find_one(waiting).await.unwrap().is_some()
}

#[test]
fn what_waits_in_an_outbox_is_seen_and_moved_on() {
    block_on(async {
        let space = space().await;
        left(&space, 1, &[("a", 1), ("b", 5)]).await;
        let found = space.store().record_by_id("b").await;
        assert_eq!(found, Ok(Some(record("b", 5))));
        assert_eq!(space.store().record_by_id("c").await, Ok(None));
        assert!(has_outbox(&space).await, "one look changes nothing");
        let records = space.store().history(&all()).await;
        assert_eq!(records, Ok(vec![record("b", 5), record("a", 1)]));
        assert!(!has_outbox(&space).await);

        left(&space, 2, &[("d", 9)]).await;
        space.store().ready().await.unwrap();
        assert!(!has_outbox(&space).await, "a start moves it on");

        left(&space, 3, &[("e", 2)]).await;
        assert!(has_outbox(&space).await);
        let next = with(pair(3), |pair| pair.rev = 1);
        space.store().put(&next, &[record("f", 3)]).await.unwrap();
        assert!(!has_outbox(&space).await, "a start's first commit does so");
        let ids = space.store().history(&all()).await.unwrap();
        let ids: Vec<_> = ids.iter().map(|record| record.id.as_str()).collect();
        assert_eq!(ids, ["d", "b", "f", "e", "a"], "a commit keeps what waits");
        let stored = space.store().pair(&id(3)).await.unwrap().unwrap();
        assert_eq!(stored, with(next, |pair| pair.rev = 2));

        // Another machine dies while this one goes on.
        let store = space.store();
        store.record(&[record("g", 4)]).await.unwrap();
        left(&space, 4, &[("h", 6)]).await;
        assert!(has_outbox(&space).await);
        store.record(&[record("i", 7)]).await.unwrap();
        assert!(!has_outbox(&space).await, "the record of a run does so");
    });
}

#[test]
fn a_record_that_was_moved_and_still_waits_is_there_once() {
    block_on(async {
        let space = space().await;
        left(&space, 1, &[("a", 7)]).await;
        let items = space.collection("sync_items").await;
        let waiting = items.find_one(doc! {}).await.unwrap().unwrap();
        let outbox = waiting.get_array("outbox").unwrap();
        let mut first = outbox[0].as_document().unwrap().clone();
        first.insert("at", mongodb::bson::DateTime::from_millis(3));
        let history = space.collection("sync_history").await;
        history.insert_one(first).await.unwrap();
        let store = space.store();
        assert_eq!(store.history(&all()).await, Ok(vec![record("a", 3)]));
        assert_eq!(store.record_by_id("a").await, Ok(Some(record("a", 3))));
        assert!(!has_outbox(&space).await);
    });
}

#[test]
fn of_many_commits_at_once_one_is_made() {
    block_on(async {
        let space = Space::new(Mode::Replica).await;
        let stores: Vec<_> = (0..8).map(|_| space.store()).collect();
        // The first insert, then the first update.
        for rev in 0..3 {
            let next = with(pair(1), |pair| pair.rev = rev);
            let puts = stores.iter().map(|store| store.put(&next, &[]));
            let answers = join_all(puts).await;
            let good = answers.iter().filter(|answer| **answer == Ok(rev + 1));
            assert_eq!(good.count(), 1, "{answers:?}");
            let stale = answers
                .iter()
                .filter(|answer| **answer == Err(StoreError::Stale));
            assert_eq!(stale.count(), 7, "{answers:?}");
        }
    });
}

#[test]
fn of_many_that_claim_one_object_one_gets_it() {
    block_on(async {
        let space = Space::new(Mode::Replica).await;
        let stores: Vec<_> = (0..8).map(|_| space.store()).collect();
        let twins: Vec<_> = (10..18)
            .map(|number| with(pair(number), |pair| pair.github = Some(object("I_one"))))
            .collect();
        let puts = stores
            .iter()
            .zip(&twins)
            .map(|(store, twin)| store.put(twin, &[]));
        let answers = join_all(puts).await;
        let good = answers.iter().filter(|answer| **answer == Ok(1));
        assert_eq!(good.count(), 1, "{answers:?}");
        let taken = Err(StoreError::Duplicate("I_one".to_owned()));
        let refused = answers.iter().filter(|answer| **answer == taken);
        assert_eq!(refused.count(), 7, "{answers:?}");
    });
}

#[test]
fn of_many_that_ask_for_a_lease_one_gets_it() {
    block_on(async {
        let space = Space::new(Mode::Replica).await;
        let stores: Vec<_> = (0..8).map(|_| space.store()).collect();
        for round in 1..4 {
            let names: Vec<_> = (0..8).map(|number| format!("{round}-{number}")).collect();
            let asked = stores
                .iter()
                .zip(&names)
                .map(|(store, name)| store.lease("run", name, Time(0), 60_000));
            let leases = join_all(asked).await;
            let holder = leases[0].clone().unwrap().holder;
            for lease in &leases {
                let lease = lease.clone().unwrap();
                assert_eq!((lease.holder, lease.fence), (holder.clone(), round));
            }
            stores[0].release("run", &holder).await.unwrap();
        }
    });
}

#[test]
fn a_document_that_cannot_be_read_stops_only_itself() {
    block_on(async {
        let space = space().await;
        let store = space.store();
        let put = [1, 2, 3, 4].map(|number| with(dirty(number, 1), |pair| pair.tries = 1));
        store.put_all(&put).await.unwrap();
        let items = space.collection("sync_items").await;
        for number in [1, 3] {
            let broken = doc! { "$set": { "base": 7 } };
            items
                .update_one(doc! { "_id": id(number).0 }, broken)
                .await
                .unwrap();
        }
        let told = store.pair(&id(1)).await.unwrap_err();
        assert!(matches!(&told, StoreError::Damaged(text) if text.contains(&id(1).0)));
        let ids = |pairs: Vec<pulse_sync::core::Pair>| -> Vec<PairId> {
            pairs.into_iter().map(|pair| pair.id).collect()
        };
        let page = store.pairs(LINK, Which::Troubled, None, 2).await.unwrap();
        assert_eq!(ids(page), [id(2), id(4)]);
        assert_eq!(ids(store.due(LINK, Time(9), 1).await.unwrap()), [id(2)]);
        assert_eq!(store.damaged_texts().await.unwrap().len(), 2);
    });
}

#[test]
fn a_document_that_is_too_large_changes_nothing() {
    block_on(async {
        let space = space().await;
        let store = space.store();
        store.put(&pair(1), &[]).await.unwrap();
        let large = |bytes| {
            with(pair(1), |pair| {
                pair.rev = 1;
                pair.last_error = Some("x".repeat(bytes));
            })
        };
        let told = store
            .put(&large(17_000_000), &[record("a", 1)])
            .await
            .unwrap_err();
        assert!(
            matches!(&told, StoreError::Damaged(text) if text.contains("16 MB")),
            "{told}"
        );
        let stored = store.pair(&id(1)).await.unwrap().unwrap();
        assert_eq!((stored.rev, stored.last_error), (1, None));
        assert_eq!(store.record_by_id("a").await, Ok(None));
        let told = store
            .put_setting("big", Some(&"x".repeat(17_000_000)))
            .await;
        assert!(matches!(told, Err(StoreError::Damaged(_))));
        assert_eq!(store.put(&large(9_000_000), &[]).await, Ok(2));
        // Each fits, both together do not.
        let next = with(large(9_000_000), |pair| pair.rev = 2);
        let long = Record {
            note: "y".repeat(9_000_000),
            ..record("b", 1)
        };
        let told = store.put(&next, &[long]).await;
        assert!(matches!(told, Err(StoreError::Damaged(_))), "{told:?}");
        assert_eq!(store.record_by_id("b").await, Ok(None));
    });
}

#[test]
fn a_newer_database_is_left_as_it_is() {
    block_on(async {
        let space = space().await;
        let settings = space.collection("settings").await;
        let newer = doc! { "_id": "store/format", "value": "2" };
        settings.delete_many(doc! {}).await.unwrap();
        settings.insert_one(&newer).await.unwrap();
        let store = space.store();
        let told = store.put(&pair(1), &[]).await.unwrap_err();
        assert!(
            matches!(&told, StoreError::Damaged(text) if text.contains("newer")),
            "{told}"
        );
        let items = space.collection("sync_items").await;
        assert_eq!(items.count_documents(doc! {}).await.unwrap(), 0);
        settings.delete_many(doc! {}).await.unwrap();
        assert_eq!(
            store.put(&pair(1), &[]).await,
            Ok(1),
            "it goes on by itself"
        );
    });
}

#[test]
fn an_index_that_is_not_ours_is_told() {
    block_on(async {
        let space = space().await;
        let name = format!("{}_taken", space.name);
        let database = space.server.client().await.database(&name);
        let options = mongodb::options::IndexOptions::builder()
            .name("key".to_owned())
            .build();
        let other = IndexModel::builder()
            .keys(doc! { "key": 1 })
            .options(options)
            .build();
        let items = database.collection::<mongodb::bson::Document>("sync_items");
        items.create_index(other).await.unwrap();
        let told = crate::mongo::store(&space.server.uri(), &name)
            .ready()
            .await
            .unwrap_err();
        let text = told.to_string();
        assert!(text.contains("Drop that index"), "{text}");
        database.drop().await.unwrap();
    });
}

/// Asks everything that is asked often.
async fn ask_everything(store: &MongoStore) {
    let now = Time(150);
    store.due(LINK, now, 5).await.unwrap();
    store.next_due(LINK, now).await.unwrap();
    store.waiting(LINK, now, 5).await.unwrap();
    for which in [Which::All, Which::Conflicted, Which::Troubled] {
        store.pairs(LINK, which, Some(&id(20)), 5).await.unwrap();
    }
    for side in pulse_sync::core::Side::BOTH {
        let nodes = ["I_5", "page-5"];
        store.by_nodes(LINK, side, &nodes).await.unwrap();
    }
    store.pair(&id(7)).await.unwrap();
    store.counts(LINK).await.unwrap();
    let before = Some((Time(150), "r9".to_owned()));
    let of_pair = HistoryQuery {
        pair: Some(id(3)),
        ..all()
    };
    let failed = HistoryQuery {
        outcomes: vec![pulse_sync::core::Outcome::Failed],
        ..all()
    };
    let page = HistoryQuery {
        before,
        limit: 5,
        ..all()
    };
    for query in [of_pair, failed, page] {
        store.history(&query).await.unwrap();
    }
    store.record_by_id("nobody").await.unwrap();
    store.errors(true, 5).await.unwrap();
    store.errors(false, 5).await.unwrap();
    store.prune(Time(0), Time(0), 9).await.unwrap();
    let next = with(pair(1), |pair| pair.rev = 1);
    store.put(&next, &[record("new", 1)]).await.unwrap();
}

#[test]
fn what_is_asked_often_walks_an_index_and_never_sorts() {
    block_on(async {
        let space = space().await;
        let store = space.store();
        let pairs = (0..300).map(|number| {
            with(dirty(number, i64::from(number)), |pair| {
                pair.next_try = Some(Time(i64::from(number)));
                pair.conflicts = vec![conflict(); usize::from(number % 50 == 0)];
            })
        });
        store.put_all(&pairs.collect::<Vec<_>>()).await.unwrap();
        let records = (0..300).map(|number| Record {
            pair: Some(id(number % 30)),
            ..record(&format!("r{number}"), i64::from(number))
        });
        store.record(&records.collect::<Vec<_>>()).await.unwrap();
        for number in 0..100 {
            store
                .put_error(&error(&format!("e{number}"), number))
                .await
                .unwrap();
        }
        let database = space.server.client().await.database(&space.name);
        database.run_command(doc! { "profile": 2 }).await.unwrap();
        ask_everything(&store).await;
        database.run_command(doc! { "profile": 0 }).await.unwrap();
        let profile = database.collection::<mongodb::bson::Document>("system.profile");
        let asked = doc! { "appName": "pulse-sync", "planSummary": { "$exists": true } };
        let mut cursor = profile.find(asked).await.unwrap();
        let mut count = 0;
        while cursor.advance().await.unwrap() {
            let one = cursor.deserialize_current().unwrap();
            count += 1;
            let plan = one.get_str("planSummary").unwrap();
            assert!(!plan.contains("COLLSCAN"), "{one}");
            let is_long = one.get_bool("hasSortStage").unwrap_or(false);
            let few = |name| one.get_i32(name).unwrap_or(0) <= 5;
            assert!(!is_long || few("keysExamined"), "{one}");
            if plan != "COUNT_SCAN" && !one.to_string().contains("$group") {
                assert!(one.get_i32("docsExamined").unwrap_or(0) <= 100, "{one}");
            }
        }
        assert!(count > 20, "{count}");
        profile.drop().await.unwrap();
    });
}

#[test]
fn an_open_intent_survives() {
    block_on(async {
        let space = Space::new(Mode::ReplicaAuth).await;
        let put = with(dirty(1, 7), |pair| pair.intent = Some(intent()));
        space
            .store()
            .put(&put, &[record("intent", 1)])
            .await
            .unwrap();
        let found = space.store().pairs(LINK, Which::InDoubt, None, 9).await;
        assert_eq!(found.unwrap(), [with(put, |pair| pair.rev = 1)]);
    });
}

#[test]
fn an_atlas_address_is_accepted_without_asking_anybody() {
    let uri =
        "mongodb+srv://somebody:secret@cluster0.example.mongodb.net/?retryWrites=true&w=majority";
    let store = MongoStore::new(&SecretString::from(uri), "pulse", Patience::default()).unwrap();
    assert_eq!(store.place(), "MongoDB at cluster0.example.mongodb.net");
}
