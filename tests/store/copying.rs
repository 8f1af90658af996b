//! Copies of stores: whole, broken off, called again, refused.

use std::pin::pin;
use std::task::Poll;

use pulse_sync::core::history::FieldChange;
use pulse_sync::core::{FieldKey, Pair, PairId, Record, Time, Value};
use pulse_sync::store::contents::{Tallies, tallies};
use pulse_sync::store::copy::{CopyError, is_unfinished};
use pulse_sync::store::{
    Access, AnyStore, Contents, Cursor, Looking, MemoryStore, MongoStore, SqliteStore, Store,
    StoreError, copy,
};

use crate::make::{
    Made, Scratch, block_on, conflict, dirty, error, hostile, object, pair, record, with,
};
use crate::mongo::{Mode, Space};

fn embedded() -> Made<SqliteStore> {
    let folder = Scratch::new();
    let store = SqliteStore::open(&folder.path("store.db"), Access::Own).unwrap();
    Made::with(store, folder)
}

async fn shared(mode: Mode) -> Made<MongoStore> {
    let space = Space::new(mode).await;
    Made::with(space.store(), space)
}

/// Some of everything, with more pairs and records than fit a page.
async fn fill(store: &impl Store) {
    let texts = hostile();
    let text = |number: u32| texts[number as usize % texts.len()].clone();
    for number in 0..230 {
        let put = with(dirty(number, i64::from(number)), |pair| {
            pair.link = if number % 5 == 0 { "other" } else { "main" }.to_owned();
            pair.title = text(number);
            pair.conflicts = vec![conflict(); usize::from(number % 7 == 0)];
        });
        let change = FieldChange {
            field: FieldKey::of(&text(number)),
            before: Value::Text(text(number + 1)),
            after: Value::Number(i64::from(number) << 40),
            other: None,
        };
        let with_pair = Record {
            pair: Some(put.id.clone()),
            changes: vec![change],
            ..record(&format!("r{number}"), i64::from(number / 3))
        };
        store.put(&put, &[with_pair]).await.unwrap();
    }
    let again = with(pair(3), |pair| pair.rev = 1);
    store.put(&again, &[]).await.unwrap();
    for (number, text) in (0..).zip(&texts) {
        store.put_error(&error(text, number)).await.unwrap();
        let cursor = Cursor {
            stamp: Some(Time(number)),
            tag: Some(text.clone()),
            ..Cursor::default()
        };
        store.put_cursor(text, &cursor).await.unwrap();
        store.put_setting(text, Some(text)).await.unwrap();
    }
}

async fn copied<F: Contents, T: Contents>(from: &F, to: &T) -> Result<(), CopyError> {
    let done = copy(from, to, "first", |_, _| {}).await?;
    assert_eq!(tallies(from).await, Ok(done.clone()));
    assert_eq!(tallies(to).await, Ok(done));
    assert_eq!(is_unfinished(to).await, Ok(false));
    Ok(())
}

#[test]
fn a_copy_goes_to_mongo_and_back() {
    block_on(async {
        let (first, second) = (embedded(), embedded());
        let between = shared(Mode::ReplicaAuth).await;
        fill(&first.store).await;
        copied(&first.store, &between.store).await.unwrap();
        copied(&between.store, &second.store).await.unwrap();
        let [before, after] = [tallies(&first.store).await, tallies(&second.store).await];
        assert_eq!(before, after);
        let sum = after.unwrap();
        assert_eq!((sum.pairs.count, sum.records.count), (230, 230));
        let kept = second.store.pair(&pair(3).id).await.unwrap().unwrap();
        assert_eq!(kept.rev, 2, "commits go on from where they were");
    });
}

#[test]
fn a_chosen_store_is_the_store_it_is() {
    block_on(async {
        let folder = Scratch::new();
        let embedded = SqliteStore::open(&folder.path("store.db"), Access::Own).unwrap();
        let space = Space::new(Mode::Standalone).await;
        let from = AnyStore::Embedded(embedded);
        let to = AnyStore::Mongo(Box::new(space.store()));
        fill(&from).await;
        copied(&from, &to).await.unwrap();
    });
}

/// Lets a future go on so many times, then drops it.
async fn broken_off<T>(times: u32, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[test]
fn a_copy_that_is_broken_off_goes_on() {
    block_on(async {
        let from = embedded();
        fill(&from.store).await;
        let to = embedded();
        let mut ends = 0;
        for times in (3..).step_by(17) {
            let done = broken_off(times, copied(&from.store, &to.store)).await;
            let Some(done) = done else {
                ends += 1;
                let sum = tallies(&to.store).await.unwrap();
                let whole = [Tallies::default(), tallies(&from.store).await.unwrap()];
                let is_marked = is_unfinished(&to.store).await.unwrap();
                assert!(is_marked || whole.contains(&sum), "after {times}");
                continue;
            };
            done.unwrap();
            break;
        }
        assert!(ends > 3, "{ends}");
    });
}

#[test]
fn a_copy_follows_its_source() {
    block_on(async {
        let from = MemoryStore::new();
        fill(&from).await;
        let to = shared(Mode::Standalone).await;
        copied(&from, &to.store).await.unwrap();
        // The source goes on: a page moves from one pair to another, a setting goes, an error is over.
        let mut first: Pair = from.pair(&pair(11).id).await.unwrap().unwrap();
        let mut second: Pair = from.pair(&pair(12).id).await.unwrap().unwrap();
        second.notion = Some(object("page-new"));
        from.put(&second, &[record("late", 99)]).await.unwrap();
        first.notion = Some(object("page-12"));
        from.put(&first, &[]).await.unwrap();
        from.put_setting("$set", None).await.unwrap();
        copied(&from, &to.store).await.unwrap();
        assert_eq!(to.store.setting("$set").await, Ok(None));
        let moved = to.store.pair(&first.id).await.unwrap().unwrap();
        assert_eq!(moved.notion, Some(object("page-12")));
    });
}

#[test]
fn another_stores_data_is_never_touched() {
    block_on(async {
        let from = MemoryStore::new();
        fill(&from).await;
        let to = shared(Mode::Standalone).await;
        to.store.put(&pair(1), &[]).await.unwrap();
        let told = copied(&from, &to.store).await.unwrap_err();
        assert!(matches!(told, CopyError::Foreign(_)), "{told:?}");
        assert!(told.to_string().contains("the link main"), "{told}");
        assert_eq!(tallies(&to.store).await.unwrap().pairs.count, 1);
        assert_eq!(to.store.setting_page(None, 9).await, Ok(Vec::new()));
        for setting in ["pause", "store/lineage"] {
            let to = MemoryStore::new();
            to.put_setting(setting, Some("of another")).await.unwrap();
            let told = copied(&from, &to).await.unwrap_err();
            assert!(told.to_string().contains(setting), "{told}");
        }
    });
}

#[test]
fn a_target_that_went_on_is_left_as_it_is() {
    block_on(async {
        let (from, to) = (MemoryStore::new(), MemoryStore::new());
        fill(&from).await;
        copied(&from, &to).await.unwrap();
        let id: PairId = pair(7).id;
        let mut went_on = to.pair(&id).await.unwrap().unwrap();
        went_on.title = "newer".to_owned();
        to.put(&went_on, &[]).await.unwrap();
        let told = copied(&from, &to).await.unwrap_err();
        assert!(matches!(told, CopyError::Ahead(_)), "{told:?}");
        assert_eq!(to.pair(&id).await.unwrap().unwrap().title, "newer");
        // It is as usable as before, and copied the other way round as is said.
        assert_eq!(is_unfinished(&to).await, Ok(false));
        assert_eq!(copied(&to, &from).await, Ok(()));
        assert_eq!(from.pair(&id).await.unwrap().unwrap().title, "newer");
    });
}

/// Every way in which a target can be in use that no pair of the source shows.
async fn went_on<T: Contents>(target: impl AsyncFn() -> Made<T>) {
    let from = MemoryStore::new();
    fill(&from).await;
    for (what, number) in [
        ("pairs", 0),
        ("history", 1),
        ("settings", 2),
        ("cursors", 3),
        ("errors", 4),
    ] {
        let made = target().await;
        let to = &made.store;
        copied(&from, to).await.unwrap();
        match number {
            0 => drop(to.put(&pair(900), &[]).await.unwrap()),
            1 => to.record(&[record("run of its own", 400)]).await.unwrap(),
            2 => to.put_setting("pause", Some("1")).await.unwrap(),
            3 => to
                .put_cursor("main/github/issues", &Cursor::default())
                .await
                .unwrap(),
            _ => to.put_error(&error("of its own", 1)).await.unwrap(),
        }
        let before = tallies(to).await.unwrap();
        for _ in 0..2 {
            let told = copied(&from, to).await.unwrap_err();
            assert_eq!(told, CopyError::WentOn(what.to_owned()));
        }
        assert_eq!(tallies(to).await, Ok(before.clone()), "{what}");
        assert_eq!(is_unfinished(to).await, Ok(false), "{what}");
        // The other way round it is a copy like any other, and so is the way back.
        let back = MemoryStore::new();
        copied(&from, &back).await.unwrap();
        copied(to, &back).await.unwrap();
        assert_eq!(tallies(&back).await, Ok(before), "{what}");
        back.put_setting("more", Some("1")).await.unwrap();
        copied(&back, to).await.unwrap();
    }
}

#[test]
fn a_file_in_use_is_never_copied_over() {
    block_on(went_on(async || embedded()));
}

#[test]
fn a_database_in_use_is_never_copied_over() {
    block_on(went_on(async || shared(Mode::Replica).await));
}

/// What a source holds, to the letter: nothing may be written there.
async fn everything(space: &Space) -> Vec<mongodb::bson::Document> {
    use futures_util::TryStreamExt as _;
    let mut all = Vec::new();
    for name in crate::mongo::COLLECTIONS {
        let collection = space.collection(name).await;
        let found = collection.find(mongodb::bson::doc! {}).await.unwrap();
        let found: Vec<_> = found.try_collect().await.unwrap();
        all.extend(found);
    }
    all
}

#[test]
fn a_source_is_only_read_and_known_again() {
    block_on(async {
        let space = Space::new(Mode::Standalone).await;
        fill(&space.store()).await;
        let before = everything(&space).await;
        let target = shared(Mode::Replica).await;
        for _ in 0..2 {
            let from = Looking::at(space.store().to_copy());
            copied(&from, &target.store).await.unwrap();
        }
        assert_eq!(everything(&space).await, before);
        // And back, though nothing in it says that the target came from there.
        copied(&target.store, &space.store()).await.unwrap();
        let other = Space::new(Mode::Standalone).await;
        fill(&other.store()).await;
        let told = copied(&Looking::at(other.store()), &target.store).await;
        assert!(matches!(told, Err(CopyError::Foreign(_))), "{told:?}");
        let empty = Space::new(Mode::Replica).await;
        empty.collection("sync_items").await.drop().await.unwrap();
        let nothing = Looking::at(empty.store());
        let told = copied(&nothing, &MemoryStore::new()).await;
        assert_eq!(told, Err(CopyError::Nothing));
    });
}

#[test]
fn a_half_copy_is_used_by_nobody_but_the_one_who_copies() {
    block_on(async {
        let from = MemoryStore::new();
        fill(&from).await;
        let (space, folder) = (Space::new(Mode::Standalone).await, Scratch::new());
        let path = folder.path("half.db");
        let half = SqliteStore::open(&path, Access::Own).unwrap();
        let to = space.store();
        assert_eq!(broken_off(60, copied(&from, &half)).await, None);
        assert_eq!(broken_off(60, copied(&from, &to)).await, None);
        drop(half);
        for access in [Access::Own, Access::Beside, Access::Read] {
            let told = SqliteStore::open(&path, access).err().unwrap();
            assert!(
                matches!(&told, StoreError::Unfinished(text) if text.contains("store move")),
                "{told:?}"
            );
        }
        for store in [space.store(), space.store().looking()] {
            let told = store.counts("main").await.unwrap_err();
            assert!(
                matches!(&told, StoreError::Unfinished(text) if text.contains("store move")),
                "{told:?}"
            );
            let told = store.put_setting("pause", Some("1")).await;
            assert!(matches!(told, Err(StoreError::Unfinished(_))), "{told:?}");
        }
        copied(&from, &space.store().to_copy()).await.unwrap();
        copied(&from, &SqliteStore::open_to_copy(&path).unwrap())
            .await
            .unwrap();
        assert!(space.store().counts("main").await.is_ok());
        assert!(SqliteStore::open(&path, Access::Read).is_ok());
    });
}

#[test]
fn a_difference_is_found() {
    block_on(async {
        let (from, to) = (MemoryStore::new(), MemoryStore::new());
        fill(&from).await;
        copied(&from, &to).await.unwrap();
        to.put_setting("store/copying", Some("true")).await.unwrap();
        to.put_error(&error("only here", 1)).await.unwrap();
        let told = copied(&from, &to).await.unwrap_err();
        let CopyError::Differs { what, .. } = &told else {
            panic!("{told:?}")
        };
        assert_eq!(*what, "errors");
        assert_eq!(is_unfinished(&to).await, Ok(true));
    });
}

#[test]
fn what_cannot_be_read_is_not_left_behind_in_silence() {
    block_on(async {
        let space = Space::new(Mode::Standalone).await;
        let from = space.store();
        from.put(&pair(1), &[]).await.unwrap();
        from.put(&pair(2), &[]).await.unwrap();
        let items = space.collection("sync_items").await;
        let broken = mongodb::bson::doc! { "$set": { "base": "broken" } };
        let which = mongodb::bson::doc! { "_id": pair(2).id.0 };
        items.update_one(which, broken).await.unwrap();
        let to = MemoryStore::new();
        let told = copied(&from, &to).await.unwrap_err();
        assert!(matches!(&told, CopyError::Damaged(one) if one.len() == 1));
        assert!(told.to_string().contains(&pair(2).id.0), "{told}");
        assert_eq!(is_unfinished(&to).await, Ok(true));
    });
}

#[test]
fn a_target_that_is_away_is_told_apart_from_the_source() {
    block_on(async {
        let from = MemoryStore::new();
        fill(&from).await;
        let quick = pulse_sync::store::mongo::Patience {
            select: std::time::Duration::from_millis(100),
            ..crate::mongo::PATIENT
        };
        let to = crate::mongo::store_with("mongodb://127.0.0.1:1/", "pulse", quick);
        let told = copied(&from, &to).await.unwrap_err();
        assert!(
            matches!(told, CopyError::To(StoreError::Unavailable(_))),
            "{told:?}"
        );
    });
}
