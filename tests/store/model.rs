//! Random operations: every store must answer exactly as the one in memory does, also after it was closed and opened.

use proptest::prelude::*;
use pulse_sync::core::{Outcome, Pair, PairLife, Record, RecordKind, Side, Time};
use pulse_sync::store::{
    Access, Cursor, ErrorEntry, HistoryQuery, MemoryStore, SqliteStore, Store, Which,
};

use crate::make::{
    LINK, Scratch, block_on, blocked, conflict, error, hold, id, intent, object, pair, record, with,
};
use crate::mongo::{Mode, Space};

const WHICH: [Which; 6] = [
    Which::All,
    Which::Conflicted,
    Which::Held,
    Which::HeldByUser,
    Which::InDoubt,
    Which::Troubled,
];

/// One call, with small numbers so that calls meet.
#[derive(Clone, Debug)]
enum Op {
    Put(Box<Pair>, Vec<Record>),
    PutAll(Vec<Pair>),
    Record(Vec<Record>),
    Error(ErrorEntry),
    Cursor(u8, i64),
    Setting(u8, Option<String>),
    Lease(u8, u8, i64),
    Release(u8, u8),
    Reopen,
    Ask(Question),
}

#[derive(Clone, Debug)]
enum Question {
    Due(i64, usize),
    Page(Which, Option<u32>, usize),
    History(HistoryQuery),
    Errors(bool, usize),
}

fn time() -> impl Strategy<Value = Time> {
    (0_i64..8).prop_map(Time)
}

fn life() -> impl Strategy<Value = PairLife> {
    prop_oneof![
        1 => Just(PairLife::New),
        3 => Just(PairLife::Active),
        1 => Just(PairLife::Tombstone),
        1 => Just(PairLife::Unlinked("out".to_owned())),
        1 => Just(PairLife::Parked("ask".to_owned())),
    ]
}

/// A pair whose `rev` is guessed: the runner corrects most of them to what is stored.
fn some_pair() -> BoxedStrategy<Pair> {
    let times = (
        prop::option::of(time()),
        prop::option::of(time()),
        prop::option::of(time()),
    );
    let marks = (any::<bool>(), any::<bool>(), 0_u8..4, 0_u8..4, 0_u32..2);
    let nodes = (prop::option::of(0_u8..5), prop::option::of(0_u8..5));
    (0_u32..6, 0_u8..5, life(), times, marks, nodes, 0_u64..3)
        .prop_map(|(number, link, life, times, marks, nodes, rev)| {
            with(pair(number), |pair| {
                pair.link = if link == 0 { "other" } else { LINK }.to_owned();
                pair.rev = rev;
                pair.life = life;
                (pair.dirty_since, pair.next_try, pair.quiet_until) = times;
                pair.github = nodes.0.map(|node| object(&format!("n{node}")));
                pair.notion = nodes.1.map(|node| object(&format!("n{node}")));
                pair.intent = (marks.0 && marks.1).then(intent);
                pair.hold = (marks.2 < 2).then(|| hold(marks.2 == 0));
                pair.held_since = (marks.2 == 2).then_some(Time(2));
                pair.conflicts = if marks.3 == 0 {
                    vec![conflict()]
                } else {
                    Vec::new()
                };
                pair.blocked = if marks.3 == 1 {
                    blocked()
                } else {
                    pair.blocked.clone()
                };
                pair.tries = marks.4;
            })
        })
        .boxed()
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![Outcome::Open, Outcome::Done, Outcome::Failed])
}

fn kind() -> impl Strategy<Value = RecordKind> {
    prop::sample::select(vec![RecordKind::Intent, RecordKind::Write, RecordKind::Run])
}

fn some_record() -> BoxedStrategy<Record> {
    let pair = prop::option::of(0_u32..3);
    (0_u8..12, time(), outcome(), kind(), pair)
        .prop_map(|(name, at, outcome, kind, pair)| Record {
            outcome,
            kind,
            pair: pair.map(id),
            ..record(&format!("r{name}"), at.0)
        })
        .boxed()
}

fn some_error() -> impl Strategy<Value = ErrorEntry> {
    (0_u8..4, time(), prop::option::of(time())).prop_map(|(name, at, resolved_at)| ErrorEntry {
        resolved_at,
        ..error(&format!("e{name}"), at.0)
    })
}

fn history() -> BoxedStrategy<HistoryQuery> {
    let before = prop::option::of((time(), (0_u8..12).prop_map(|name| format!("r{name}"))));
    let outcomes = prop::collection::vec(outcome(), 0..3);
    let kinds = prop::collection::vec(kind(), 0..3);
    let pair = prop::option::of((0_u32..3).prop_map(id));
    (
        prop::option::of(time()),
        before,
        pair,
        outcomes,
        kinds,
        0_usize..9,
    )
        .prop_map(
            |(since, before, pair, outcomes, kinds, limit)| HistoryQuery {
                since,
                before,
                pair,
                outcomes,
                kinds,
                limit,
            },
        )
        .boxed()
}

fn question() -> BoxedStrategy<Question> {
    let which = prop::sample::select(WHICH.to_vec());
    prop_oneof![
        1 => (0_i64..9, 0_usize..6).prop_map(|(now, limit)| Question::Due(now, limit)),
        1 => (which, prop::option::of(0_u32..6), 0_usize..6)
            .prop_map(|(which, after, limit)| Question::Page(which, after, limit)),
        2 => history().prop_map(Question::History),
        1 => (any::<bool>(), 0_usize..5).prop_map(|(open, limit)| Question::Errors(open, limit)),
    ]
    .boxed()
}

fn op() -> BoxedStrategy<Op> {
    let records = || prop::collection::vec(some_record(), 0..3);
    prop_oneof![
        8 => (some_pair(), records()).prop_map(|(pair, records)| Op::Put(Box::new(pair), records)),
        2 => prop::collection::vec(some_pair(), 0..6).prop_map(Op::PutAll),
        2 => records().prop_map(Op::Record),
        2 => some_error().prop_map(Op::Error),
        1 => (0_u8..3, 0_i64..9).prop_map(|(name, stamp)| Op::Cursor(name, stamp)),
        1 => (0_u8..3, prop::option::of("[a-c$']{0,2}")).prop_map(|(name, value)| Op::Setting(name, value)),
        1 => (0_u8..2, 0_u8..3, 0_i64..30).prop_map(|(name, holder, now)| Op::Lease(name, holder, now)),
        1 => (0_u8..2, 0_u8..3).prop_map(|(name, holder)| Op::Release(name, holder)),
        1 => Just(Op::Reopen),
        6 => question().prop_map(Op::Ask),
    ]
    .boxed()
}

/// Does one call and gives its answer as text.
async fn answer(store: &impl Store, op: &Op) -> String {
    match op {
        Op::Put(pair, records) => format!("{:?}", store.put(pair, records).await),
        Op::PutAll(pairs) => format!("{:?}", store.put_all(pairs).await),
        Op::Record(records) => format!("{:?}", store.record(records).await),
        Op::Error(entry) => format!("{:?}", store.put_error(entry).await),
        Op::Cursor(name, stamp) => {
            let cursor = Cursor {
                stamp: Some(Time(*stamp)),
                ..Cursor::default()
            };
            format!("{:?}", store.put_cursor(&format!("{name}"), &cursor).await)
        }
        Op::Setting(name, value) => {
            let name = format!("{name}");
            format!("{:?}", store.put_setting(&name, value.as_deref()).await)
        }
        Op::Lease(name, holder, now) => {
            let (name, holder) = (format!("{name}"), format!("{holder}"));
            format!("{:?}", store.lease(&name, &holder, Time(*now), 10).await)
        }
        Op::Release(name, holder) => {
            let (name, holder) = (format!("{name}"), format!("{holder}"));
            format!("{:?}", store.release(&name, &holder).await)
        }
        Op::Reopen => String::new(),
        Op::Ask(question) => ask(store, question).await,
    }
}

async fn ask(store: &impl Store, question: &Question) -> String {
    match question {
        Question::Due(now, limit) => {
            let due = store.due(LINK, Time(*now), *limit).await;
            format!("{due:?} {:?}", store.next_due(LINK, Time(*now)).await)
        }
        Question::Page(which, after, limit) => {
            let after = after.map(id);
            let pairs = store.pairs(LINK, *which, after.as_ref(), *limit).await;
            format!("{pairs:?}")
        }
        Question::History(query) => format!("{:?}", store.history(query).await),
        Question::Errors(open, limit) => format!("{:?}", store.errors(*open, *limit).await),
    }
}

/// Everything that a store can be asked for.
async fn everything(store: &impl Store) -> Vec<String> {
    let mut all = Vec::new();
    let nodes = ["n0", "n1", "n2", "n3", "n4"];
    for link in [LINK, "other"] {
        all.push(format!("{:?}", store.counts(link).await));
        for side in Side::BOTH {
            all.push(format!("{:?}", store.by_nodes(link, side, &nodes).await));
        }
        for which in WHICH {
            all.push(format!("{:?}", store.pairs(link, which, None, 99).await));
        }
        for now in 0..9 {
            all.push(format!("{:?}", store.due(link, Time(now), 99).await));
            all.push(format!("{:?}", store.next_due(link, Time(now)).await));
        }
    }
    let query = HistoryQuery {
        limit: 99,
        ..HistoryQuery::default()
    };
    all.push(format!("{:?}", store.history(&query).await));
    all.push(format!("{:?}", store.errors(false, 99).await));
    for name in ["0", "1", "2"] {
        all.push(format!("{:?}", store.cursor(name).await));
        all.push(format!("{:?}", store.setting(name).await));
    }
    all
}

/// Sets most guessed `rev`s right, so that runs get somewhere.
async fn aim(model: &MemoryStore, op: &mut Op) {
    let pairs = match op {
        Op::Put(pair, _) => std::slice::from_mut(&mut **pair),
        Op::PutAll(pairs) => pairs.as_mut_slice(),
        _ => return,
    };
    for pair in pairs {
        if pair.rev > 0 {
            let stored = model.pair(&pair.id).await.unwrap();
            pair.rev = stored.map_or(0, |stored| stored.rev);
        }
    }
}

/// Does the same on both stores; `open` opens the one that is compared, with what an opening makes of leases.
async fn compare<S: Store>(ops: Vec<Op>, open: impl Fn() -> S, frees_leases: bool) {
    let model = MemoryStore::new();
    let mut store = Some(open());
    for mut op in ops {
        if matches!(op, Op::Reopen) {
            store = None;
            if frees_leases {
                // An owner that starts knows that earlier holders are gone; the model is told.
                for (name, holder) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
                    answer(&model, &Op::Release(name, holder)).await;
                }
            }
        }
        let store = store.get_or_insert_with(&open);
        aim(&model, &mut op).await;
        assert_eq!(
            answer(store, &op).await,
            answer(&model, &op).await,
            "{op:?}"
        );
    }
    let store = store.unwrap_or_else(open);
    assert_eq!(everything(&store).await, everything(&model).await);
}

async fn compare_sqlite(ops: Vec<Op>) {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    let open = || SqliteStore::open(&path, Access::Own).unwrap();
    compare(ops, open, true).await;
}

async fn compare_mongo(mode: Mode, mut ops: Vec<Op>) {
    // Its leases go by another clock.
    ops.retain(|op| !matches!(op, Op::Lease(..) | Op::Release(..)));
    let space = Space::new(mode).await;
    compare(ops, || space.store(), false).await;
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn sqlite_answers_as_memory_does(ops in prop::collection::vec(op(), 1..60)) {
        block_on(compare_sqlite(ops));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn mongo_answers_as_memory_does(ops in prop::collection::vec(op(), 1..60)) {
        block_on(compare_mongo(Mode::Standalone, ops));
    }

    #[test]
    fn a_replica_set_answers_as_memory_does(ops in prop::collection::vec(op(), 1..60)) {
        block_on(compare_mongo(Mode::Replica, ops));
    }
}
