//! Which pairs are found: due ones, pages, counts, by node.

use pulse_sync::core::{Pair, PairId, PairLife, Side, Time};
use pulse_sync::store::{Counts, Store, Which};

use crate::make::{LINK, blocked, conflict, dirty, hold, id, intent, object, pair, with};

const MANY: usize = 1_000;

async fn put(store: &impl Store, pairs: impl IntoIterator<Item = Pair>) {
    for pair in pairs {
        store.put(&pair, &[]).await.unwrap();
    }
}

/// The numbers of pairs made by `make`.
fn numbers(pairs: &[Pair]) -> Vec<u32> {
    let number = |pair: &Pair| u32::from_str_radix(&pair.id.0, 16).unwrap();
    pairs.iter().map(number).collect()
}

async fn due(store: &impl Store, now: i64, limit: usize) -> Vec<u32> {
    numbers(&store.due(LINK, Time(now), limit).await.unwrap())
}

async fn page(store: &impl Store, which: Which, after: Option<u32>, limit: usize) -> Vec<u32> {
    let after = after.map(id);
    let pairs = store.pairs(LINK, which, after.as_ref(), limit).await;
    numbers(&pairs.unwrap())
}

pub async fn a_clean_pair_is_never_due(store: &impl Store) {
    put(store, [pair(1)]).await;
    assert!(due(store, i64::MAX, MANY).await.is_empty());
}

pub async fn a_dirty_pair_is_due(store: &impl Store) {
    // Also one whose mark lies ahead: the clock may have been set back, and the mark is only an order.
    put(store, [dirty(1, 5), dirty(2, 500)]).await;
    assert_eq!(due(store, 10, MANY).await, [1, 2]);
}

pub async fn an_intent_keeps_it_from_a_turn(store: &impl Store) {
    put(
        store,
        [with(dirty(1, 5), |pair| pair.intent = Some(intent()))],
    )
    .await;
    assert!(due(store, i64::MAX, MANY).await.is_empty());
}

/// Due at exactly 100 and not before.
async fn waits_until_100(store: &impl Store, pair: Pair) {
    put(store, [pair]).await;
    assert!(due(store, 99, MANY).await.is_empty());
    assert_eq!(due(store, 100, MANY).await, [1]);
}

pub async fn the_next_try_is_waited_for(store: &impl Store) {
    let pair = with(dirty(1, 5), |pair| pair.next_try = Some(Time(100)));
    waits_until_100(store, pair).await;
}

pub async fn the_quiet_time_is_waited_for(store: &impl Store) {
    let pair = with(dirty(1, 5), |pair| pair.quiet_until = Some(Time(100)));
    waits_until_100(store, pair).await;
}

pub async fn the_later_of_both_is_waited_for(store: &impl Store) {
    let both = |next_try, quiet| {
        with(dirty(1, 5), |pair| {
            pair.next_try = Some(Time(next_try));
            pair.quiet_until = Some(Time(quiet));
        })
    };
    waits_until_100(store, both(100, 50)).await;
    let other = with(both(50, 100), |pair| pair.rev = 1);
    waits_until_100(store, other).await;
}

pub async fn a_tombstone_is_never_due(store: &impl Store) {
    let dead = with(dirty(1, 5), |pair| pair.life = PairLife::Tombstone);
    put(store, [dead]).await;
    assert!(due(store, i64::MAX, MANY).await.is_empty());
}

pub async fn the_other_lives_are_due(store: &impl Store) {
    let lives = [
        PairLife::New,
        PairLife::Active,
        PairLife::Unlinked("moved".to_owned()),
        PairLife::Parked("ask".to_owned()),
    ];
    for (number, life) in (1..).zip(lives) {
        put(store, [with(dirty(number, 5), |pair| pair.life = life)]).await;
    }
    assert_eq!(due(store, 10, MANY).await, [1, 2, 3, 4]);
}

pub async fn the_oldest_is_due_first(store: &impl Store) {
    put(
        store,
        [dirty(1, 30), dirty(2, 10), dirty(3, 20), dirty(4, -5)],
    )
    .await;
    assert_eq!(due(store, 100, MANY).await, [4, 2, 3, 1]);
}

pub async fn equal_ages_go_by_id(store: &impl Store) {
    put(store, [dirty(3, 10), dirty(1, 10), dirty(2, 10)]).await;
    assert_eq!(due(store, 100, MANY).await, [1, 2, 3]);
}

pub async fn due_obeys_its_limit(store: &impl Store) {
    put(store, (1..6).map(|number| dirty(number, 1))).await;
    assert_eq!(due(store, 100, 2).await, [1, 2]);
    assert!(due(store, 100, 0).await.is_empty());
    assert_eq!(due(store, 100, usize::MAX).await.len(), 5);
}

pub async fn due_keeps_links_apart(store: &impl Store) {
    let other = with(dirty(1, 1), |pair| pair.link = "other".to_owned());
    put(store, [other, dirty(2, 2)]).await;
    assert_eq!(due(store, 100, MANY).await, [2]);
}

pub async fn waiting_pairs_do_not_use_up_the_limit(store: &impl Store) {
    let waits = (1..6).map(|n| with(dirty(n, 1), |pair| pair.next_try = Some(Time(500))));
    put(store, waits).await;
    put(store, [dirty(9, 2)]).await;
    assert_eq!(due(store, 100, 1).await, [9]);
}

pub async fn due_agrees_with_the_pair_itself(store: &impl Store) {
    let times = [None, Some(Time(99)), Some(Time(100)), Some(Time(101))];
    let mut all = Vec::new();
    for next_try in times {
        for quiet_until in times {
            for open in [false, true] {
                let number = u32::try_from(all.len()).unwrap() + 1;
                all.push(with(dirty(number, 1), |pair| {
                    pair.next_try = next_try;
                    pair.quiet_until = quiet_until;
                    pair.intent = open.then(intent);
                }));
            }
        }
    }
    put(store, all.clone()).await;
    for now in [98, 99, 100, 101] {
        let right: Vec<_> = all
            .iter()
            .filter(|p| p.is_due(Time(now)))
            .cloned()
            .collect();
        assert_eq!(due(store, now, MANY).await, numbers(&right), "at {now}");
    }
}

pub async fn next_due_is_the_earliest_of_those_that_wait(store: &impl Store) {
    let at = |number, next_try, quiet| {
        with(dirty(number, 1), |pair| {
            pair.next_try = Some(Time(next_try));
            pair.quiet_until = Some(Time(quiet));
        })
    };
    put(store, [at(1, 300, 10), at(2, 10, 200), at(3, 5, 5)]).await;
    let next = async |now| store.next_due(LINK, Time(now)).await.unwrap();
    assert_eq!(next(100).await, Some(Time(200)), "3 is due already");
    assert_eq!(next(200).await, Some(Time(300)));
    assert_eq!(next(300).await, None);
    assert_eq!(next(0).await, Some(Time(5)));
}

pub async fn those_that_wait_come_in_the_order_in_which_they_are_ready(store: &impl Store) {
    let later = |number, at| with(dirty(number, 1), |pair| pair.next_try = Some(Time(at)));
    let open = with(later(5, 150), |pair| pair.intent = Some(intent()));
    let elsewhere = with(later(6, 150), |pair| pair.link = "other".to_owned());
    let all = [
        later(1, 300),
        later(2, 200),
        later(3, 100),
        later(4, 250),
        open,
        elsewhere,
    ];
    put(store, all.clone()).await;
    let waiting = async |now, limit| {
        let found = store.waiting(LINK, Time(now), limit).await.unwrap();
        found.into_iter().map(|pair| pair.id).collect::<Vec<_>>()
    };
    let [one, two, three, four] = [0, 1, 2, 3].map(|at: usize| all[at].id.clone());
    assert_eq!(
        waiting(100, MANY).await,
        [two.clone(), four.clone(), one.clone()]
    );
    assert_eq!(waiting(100, 2).await, [two.clone(), four.clone()]);
    assert_eq!(waiting(99, MANY).await, [three, two, four, one]);
    assert_eq!(waiting(300, MANY).await, []);
}

pub async fn next_due_is_none_without_waiting_pairs(store: &impl Store) {
    put(store, [dirty(1, 1), pair(2)]).await;
    assert_eq!(store.next_due(LINK, Time(i64::MIN)).await, Ok(None));
}

pub async fn next_due_ignores_what_time_does_not_cure(store: &impl Store) {
    let later = |number| with(dirty(number, 1), |pair| pair.next_try = Some(Time(500)));
    let clean = with(later(1), |pair| pair.dirty_since = None);
    let open = with(later(2), |pair| pair.intent = Some(intent()));
    let dead = with(later(3), |pair| pair.life = PairLife::Tombstone);
    let elsewhere = with(later(4), |pair| pair.link = "other".to_owned());
    put(store, [clean, open, dead, elsewhere]).await;
    assert_eq!(store.next_due(LINK, Time(100)).await, Ok(None));
}

pub async fn nodes_find_their_pairs(store: &impl Store) {
    put(store, (1..5).map(pair)).await;
    let found = store
        .by_nodes(LINK, Side::Github, &["I_3", "I_1", "I_3"])
        .await;
    let found = found.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["I_1", "I_3"]);
    assert_eq!(found["I_3"].id, id(3));
    let pages = store
        .by_nodes(LINK, Side::Notion, &["page-2"])
        .await
        .unwrap();
    assert_eq!(pages["page-2"].id, id(2));
}

pub async fn unknown_nodes_are_missing(store: &impl Store) {
    put(store, [pair(1)]).await;
    let asked = ["page-1", "i_1", "I_", "I_1 ", "I_%"];
    let found = store.by_nodes(LINK, Side::Github, &asked).await.unwrap();
    assert!(found.is_empty());
    assert!(
        store
            .by_nodes(LINK, Side::Github, &[])
            .await
            .unwrap()
            .is_empty()
    );
}

pub async fn a_freed_node_finds_nothing(store: &impl Store) {
    put(store, [pair(1)]).await;
    let freed = with(pair(1), |pair| {
        pair.rev = 1;
        pair.notion = None;
    });
    put(store, [freed]).await;
    let found = store
        .by_nodes(LINK, Side::Notion, &["page-1"])
        .await
        .unwrap();
    assert!(found.is_empty());
}

pub async fn pages_follow_the_ids(store: &impl Store) {
    put(store, [5, 1, 4, 2, 3].map(pair)).await;
    assert_eq!(page(store, Which::All, None, 2).await, [1, 2]);
    assert_eq!(page(store, Which::All, Some(2), 2).await, [3, 4]);
    assert_eq!(page(store, Which::All, Some(4), 2).await, [5]);
    assert!(page(store, Which::All, Some(5), 2).await.is_empty());
    assert!(page(store, Which::All, None, 0).await.is_empty());
}

pub async fn a_page_may_begin_after_an_id_that_is_gone(store: &impl Store) {
    put(store, [1, 3].map(pair)).await;
    assert_eq!(page(store, Which::All, Some(2), 9).await, [3]);
    let before_all = PairId(String::new());
    let pairs = store.pairs(LINK, Which::All, Some(&before_all), 9).await;
    assert_eq!(numbers(&pairs.unwrap()), [1, 3]);
}

/// One pair for each reason to be asked for, and one without.
fn one_of_each() -> Vec<Pair> {
    vec![
        pair(1),
        with(pair(2), |pair| pair.conflicts.push(conflict())),
        with(pair(3), |pair| pair.hold = Some(hold(false))),
        with(pair(4), |pair| pair.hold = Some(hold(true))),
        with(pair(5), |pair| pair.intent = Some(intent())),
        with(pair(6), |pair| {
            pair.life = PairLife::Parked("ask".to_owned());
        }),
        with(pair(7), |pair| pair.blocked = blocked()),
        with(pair(8), |pair| pair.tries = 1),
        with(pair(9), |pair| pair.life = PairLife::Tombstone),
        with(pair(15), |pair| pair.held_since = Some(Time(7))),
    ]
}

pub async fn each_kind_of_page_has_its_pairs(store: &impl Store) {
    put(store, one_of_each()).await;
    assert_eq!(page(store, Which::All, None, MANY).await.len(), 10);
    assert_eq!(page(store, Which::Conflicted, None, MANY).await, [2]);
    assert_eq!(
        page(store, Which::Held, None, MANY).await,
        [3],
        "4 was agreed to"
    );
    assert_eq!(page(store, Which::HeldByUser, None, MANY).await, [15]);
    assert_eq!(page(store, Which::InDoubt, None, MANY).await, [5]);
    assert_eq!(page(store, Which::Troubled, None, MANY).await, [6, 7, 8]);
}

pub async fn a_page_skips_what_is_not_asked_for(store: &impl Store) {
    let every_third = |number: u32| {
        with(pair(number), |pair| {
            pair.tries = u32::from(number.is_multiple_of(3));
        })
    };
    put(store, (1..13).map(every_third)).await;
    assert_eq!(page(store, Which::Troubled, None, 2).await, [3, 6]);
    assert_eq!(page(store, Which::Troubled, Some(6), 9).await, [9, 12]);
}

pub async fn a_mark_that_is_gone_is_not_listed(store: &impl Store) {
    put(store, one_of_each()).await;
    for number in (1..9).chain([15]) {
        put(store, [with(pair(number), |pair| pair.rev = 1)]).await;
    }
    for which in [
        Which::Conflicted,
        Which::Held,
        Which::HeldByUser,
        Which::InDoubt,
        Which::Troubled,
    ] {
        assert!(page(store, which, None, MANY).await.is_empty(), "{which:?}");
    }
}

pub async fn counts_of_everything(store: &impl Store) {
    put(store, one_of_each()).await;
    let lives = [
        (10, PairLife::New),
        (11, PairLife::Unlinked("out".to_owned())),
        (12, PairLife::Parked("ask".to_owned())),
        (13, PairLife::Tombstone),
        (14, PairLife::Active),
    ];
    put(
        store,
        lives.map(|(n, life)| with(dirty(n, 1), |pair| pair.life = life)),
    )
    .await;
    let right = Counts {
        active: 9,
        new: 1,
        queued: 3,
        conflicted: 1,
        held: 1,
        in_doubt: 1,
        parked: 2,
        waiting: 1,
        held_by_user: 1,
    };
    assert_eq!(store.counts(LINK).await, Ok(right));
}

pub async fn counts_follow_the_changes(store: &impl Store) {
    put(store, [with(dirty(1, 1), |pair| pair.life = PairLife::New)]).await;
    assert_eq!(store.counts(LINK).await.unwrap().queued, 1);
    put(store, [with(pair(1), |pair| pair.rev = 1)]).await;
    let right = Counts {
        active: 1,
        ..Counts::default()
    };
    assert_eq!(store.counts(LINK).await, Ok(right));
}

pub async fn an_unknown_link_is_empty(store: &impl Store) {
    let waiting = with(dirty(1, 1), |pair| pair.next_try = Some(Time(50)));
    put(
        store,
        [waiting, with(pair(2), |p| p.github = Some(object("x")))],
    )
    .await;
    let nowhere = "nowhere";
    assert_eq!(store.due(nowhere, Time(99), 9).await, Ok(Vec::new()));
    assert_eq!(store.next_due(nowhere, Time(1)).await, Ok(None));
    assert_eq!(
        store.pairs(nowhere, Which::All, None, 9).await,
        Ok(Vec::new())
    );
    assert_eq!(store.counts(nowhere).await, Ok(Counts::default()));
    let found = store.by_nodes(nowhere, Side::Github, &["x"]).await.unwrap();
    assert!(found.is_empty());
}
