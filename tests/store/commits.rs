//! Commits: compare-and-swap, unique keys, records in the same commit.

use pulse_sync::core::{Kind, Pair, PairLife, Side};
use pulse_sync::store::{HistoryQuery, Store, StoreError};

use crate::make::{dirty, id, intent, object, pair, record, with};

fn duplicate(node: &str) -> StoreError {
    StoreError::Duplicate(node.to_owned())
}

/// Puts a pair and returns it as it is stored.
async fn stored(store: &impl Store, mut pair: Pair) -> Pair {
    pair.rev = store.put(&pair, &[]).await.unwrap();
    pair
}

pub async fn a_pair_comes_back_as_it_was_put(store: &impl Store) {
    let full = with(dirty(1, 7), |pair| {
        pair.intent = Some(intent());
        pair.conflicts.push(crate::make::conflict());
        pair.hold = Some(crate::make::hold(false));
        pair.blocked = crate::make::blocked();
    });
    let full = stored(store, full).await;
    assert_eq!(store.pair(&id(1)).await.unwrap(), Some(full));
}

pub async fn a_first_put_answers_one(store: &impl Store) {
    assert_eq!(store.put(&pair(1), &[]).await, Ok(1));
}

pub async fn each_commit_counts_up(store: &impl Store) {
    let mut pair = pair(1);
    for rev in 1..=4 {
        pair.rev = store.put(&pair, &[]).await.unwrap();
        assert_eq!(pair.rev, rev);
        assert_eq!(store.pair(&pair.id).await.unwrap().unwrap().rev, rev);
    }
}

pub async fn an_unknown_pair_is_none(store: &impl Store) {
    assert_eq!(store.pair(&id(1)).await, Ok(None));
}

pub async fn an_old_rev_is_stale(store: &impl Store) {
    let first = stored(store, pair(1)).await;
    stored(store, first.clone()).await;
    assert_eq!(store.put(&first, &[]).await, Err(StoreError::Stale));
}

pub async fn a_rev_from_the_future_is_stale(store: &impl Store) {
    let first = stored(store, pair(1)).await;
    let ahead = with(first, |pair| pair.rev += 1);
    assert_eq!(store.put(&ahead, &[]).await, Err(StoreError::Stale));
}

pub async fn inserting_twice_is_stale(store: &impl Store) {
    stored(store, pair(1)).await;
    assert_eq!(store.put(&pair(1), &[]).await, Err(StoreError::Stale));
}

pub async fn updating_what_is_missing_is_stale(store: &impl Store) {
    let missing = with(pair(1), |pair| pair.rev = 3);
    assert_eq!(store.put(&missing, &[]).await, Err(StoreError::Stale));
    assert_eq!(store.pair(&id(1)).await, Ok(None));
}

pub async fn the_greatest_rev_is_stale(store: &impl Store) {
    for rev in [u64::MAX, u64::MAX - 1, i64::MAX.unsigned_abs()] {
        let odd = with(pair(1), |pair| pair.rev = rev);
        assert_eq!(store.put(&odd, &[]).await, Err(StoreError::Stale));
    }
}

pub async fn a_stale_put_changes_nothing(store: &impl Store) {
    let first = stored(store, pair(1)).await;
    let second = stored(store, first.clone()).await;
    let late = with(first, |pair| {
        pair.title = "late".to_owned();
        pair.github = Some(object("I_late"));
    });
    store.put(&late, &[]).await.unwrap_err();
    assert_eq!(store.pair(&id(1)).await.unwrap(), Some(second));
    let found = store.by_nodes("main", Side::Github, &["I_late"]).await;
    assert!(found.unwrap().is_empty());
}

pub async fn a_github_node_belongs_to_one_pair(store: &impl Store) {
    stored(store, pair(1)).await;
    let second = with(pair(2), |pair| pair.github = Some(object("I_1")));
    assert_eq!(store.put(&second, &[]).await, Err(duplicate("I_1")));
}

pub async fn a_key_belongs_to_one_pair(store: &impl Store) {
    let first = stored(store, pair(1)).await;
    let key = first.key.clone();
    let second = with(pair(2), |pair| pair.key = key.clone());
    assert_eq!(store.put(&second, &[]).await, Err(duplicate(&key.0)));
    // Another link may have it, and its own pair keeps it.
    let other = with(second, |pair| pair.link = "other".to_owned());
    stored(store, other).await;
    stored(store, first).await;
}

pub async fn a_page_belongs_to_one_pair(store: &impl Store) {
    stored(store, pair(1)).await;
    let second = with(pair(2), |pair| pair.notion = Some(object("page-1")));
    assert_eq!(store.put(&second, &[]).await, Err(duplicate("page-1")));
}

pub async fn a_node_is_taken_by_an_update_too(store: &impl Store) {
    stored(store, pair(1)).await;
    let second = stored(store, pair(2)).await;
    let thief = with(second, |pair| pair.notion = Some(object("page-1")));
    assert_eq!(store.put(&thief, &[]).await, Err(duplicate("page-1")));
}

pub async fn a_refused_duplicate_changes_nothing(store: &impl Store) {
    stored(store, pair(1)).await;
    let second = stored(store, pair(2)).await;
    let thief = with(second.clone(), |pair| {
        pair.github = Some(object("I_new"));
        pair.notion = Some(object("page-1"));
    });
    store.put(&thief, &[]).await.unwrap_err();
    assert_eq!(store.pair(&id(2)).await.unwrap(), Some(second));
    let nodes = ["I_new", "I_2"];
    let found = store.by_nodes("main", Side::Github, &nodes).await.unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), ["I_2"]);
}

pub async fn clearing_a_node_frees_it(store: &impl Store) {
    for side in Side::BOTH {
        let number = 10 * (side as u32 + 1);
        let first = stored(store, pair(number)).await;
        let node = first.object(side).unwrap().clone();
        stored(store, with(first, |pair| *pair.object_mut(side) = None)).await;
        let second = with(pair(number + 1), |pair| *pair.object_mut(side) = Some(node));
        assert_eq!(store.put(&second, &[]).await, Ok(1));
    }
}

pub async fn changing_a_node_frees_the_old_one(store: &impl Store) {
    let first = stored(store, pair(1)).await;
    stored(store, with(first, |pair| pair.github = Some(object("I_9")))).await;
    let second = with(pair(2), |pair| pair.github = Some(object("I_1")));
    assert_eq!(store.put(&second, &[]).await, Ok(1));
    let third = with(pair(3), |pair| pair.github = Some(object("I_9")));
    assert_eq!(store.put(&third, &[]).await, Err(duplicate("I_9")));
}

pub async fn links_do_not_share_nodes(store: &impl Store) {
    stored(store, pair(1)).await;
    let other = with(pair(1), |pair| {
        pair.id = id(2);
        pair.link = "other".to_owned();
    });
    assert_eq!(store.put(&other, &[]).await, Ok(1));
}

pub async fn the_sides_do_not_share_nodes(store: &impl Store) {
    stored(store, pair(1)).await;
    let crossed = with(pair(2), |pair| {
        pair.github = Some(object("page-1"));
        pair.notion = Some(object("I_1"));
    });
    assert_eq!(store.put(&crossed, &[]).await, Ok(1));
}

pub async fn the_kind_does_not_free_a_node(store: &impl Store) {
    stored(store, pair(1)).await;
    let pull = with(pair(2), |pair| {
        pair.kind = Kind::Pull;
        pair.github = Some(object("I_1"));
    });
    assert_eq!(store.put(&pull, &[]).await, Err(duplicate("I_1")));
}

pub async fn a_tombstone_keeps_its_nodes(store: &impl Store) {
    stored(store, with(pair(1), |pair| pair.life = PairLife::Tombstone)).await;
    let risen = with(pair(2), |pair| pair.github = Some(object("I_1")));
    assert_eq!(store.put(&risen, &[]).await, Err(duplicate("I_1")));
}

pub async fn stale_is_said_before_duplicate(store: &impl Store) {
    stored(store, pair(1)).await;
    stored(store, pair(2)).await;
    for rev in [0, 5] {
        let both = with(pair(2), |pair| {
            pair.rev = rev;
            pair.github = Some(object("I_1"));
        });
        assert_eq!(store.put(&both, &[]).await, Err(StoreError::Stale));
    }
}

pub async fn one_pair_may_keep_its_nodes(store: &impl Store) {
    let first = stored(store, pair(1)).await;
    let swapped = with(first, |pair| {
        std::mem::swap(&mut pair.github, &mut pair.notion);
    });
    assert_eq!(store.put(&swapped, &[]).await, Ok(2));
}

pub async fn pairs_without_nodes_do_not_collide(store: &impl Store) {
    for number in 1..4 {
        let bare = with(pair(number), |pair| {
            pair.github = None;
            pair.notion = None;
        });
        assert_eq!(store.put(&bare, &[]).await, Ok(1));
    }
}

pub async fn records_come_with_their_pair(store: &impl Store) {
    let both = [record("a", 1), record("b", 2)];
    store.put(&pair(1), &both).await.unwrap();
    let [a, b] = both;
    assert_eq!(store.record_by_id("a").await.unwrap(), Some(a));
    assert_eq!(store.record_by_id("b").await.unwrap(), Some(b));
}

pub async fn a_stale_put_leaves_no_record(store: &impl Store) {
    stored(store, pair(1)).await;
    store.put(&pair(1), &[record("a", 1)]).await.unwrap_err();
    assert_eq!(store.record_by_id("a").await, Ok(None));
}

pub async fn a_duplicate_leaves_no_record(store: &impl Store) {
    stored(store, pair(1)).await;
    let second = with(pair(2), |pair| pair.github = Some(object("I_1")));
    store.put(&second, &[record("a", 1)]).await.unwrap_err();
    assert_eq!(store.record_by_id("a").await, Ok(None));
    let all = HistoryQuery {
        limit: 9,
        ..HistoryQuery::default()
    };
    assert_eq!(store.history(&all).await, Ok(Vec::new()));
}

pub async fn a_record_is_stored_once(store: &impl Store) {
    let first = record("a", 1);
    store
        .put(&pair(1), std::slice::from_ref(&first))
        .await
        .unwrap();
    let again = record("a", 2);
    let answer = store.put(&pair(2), &[again.clone(), again]).await;
    assert_eq!(answer, Ok(1), "a record that exists refuses nothing");
    assert_eq!(store.record_by_id("a").await.unwrap(), Some(first));
}

pub async fn a_stored_pair_is_not_the_callers(store: &impl Store) {
    let mut mine = stored(store, pair(1)).await;
    let kept = mine.clone();
    mine.title.push('!');
    let mut read = store.pair(&id(1)).await.unwrap().unwrap();
    read.conflicts.push(crate::make::conflict());
    assert_eq!(store.pair(&id(1)).await.unwrap(), Some(kept));
}

pub async fn put_all_answers_in_order(store: &impl Store) {
    let second = stored(store, pair(2)).await;
    let answers = store.put_all(&[pair(3), second, pair(1)]).await.unwrap();
    assert_eq!(answers, [Ok(1), Ok(2), Ok(1)]);
}

pub async fn put_all_keeps_what_is_good(store: &impl Store) {
    stored(store, pair(1)).await;
    let thief = with(pair(3), |pair| pair.notion = Some(object("page-1")));
    let odd = with(pair(5), |pair| pair.rev = u64::MAX);
    let batch = [pair(2), pair(1), thief, pair(4), odd];
    let answers = store.put_all(&batch).await.unwrap();
    let stale = Err(StoreError::Stale);
    assert_eq!(
        answers,
        [Ok(1), stale.clone(), Err(duplicate("page-1")), Ok(1), stale]
    );
    for (number, there) in [(1, true), (2, true), (3, false), (4, true), (5, false)] {
        let found = store.pair(&id(number)).await.unwrap();
        assert_eq!(found.is_some(), there, "{number}");
    }
}

pub async fn put_all_sees_its_own_earlier_rows(store: &impl Store) {
    let first = pair(1);
    let second = with(first.clone(), |pair| pair.rev = 1);
    let twin = with(pair(2), |pair| pair.github = first.github.clone());
    let answers = store.put_all(&[first, second, twin]).await.unwrap();
    assert_eq!(answers, [Ok(1), Ok(2), Err(duplicate("I_1"))]);
}

pub async fn put_all_of_nothing_is_nothing(store: &impl Store) {
    assert_eq!(store.put_all(&[]).await, Ok(Vec::new()));
}
