//! What every store decides in the same way: the facts of a pair that queries ask for, and who gets a lease.

use crate::core::{Kind, Outcome, Pair, PairLife, Record, RecordKind, Time};

use super::{HistoryQuery, Lease, StoreError, Which};

/// Before every point in time.
pub(super) const ALWAYS: Time = Time(i64::MIN);

/// The first time at which nothing but an open intent or its life keeps a dirty pair from a turn.
pub(super) fn ready_at(pair: &Pair) -> Time {
    pair.next_try
        .unwrap_or(ALWAYS)
        .max(pair.quiet_until.unwrap_or(ALWAYS))
}

/// The pair as it was handed in to be stored as it is, which is what commits are made of.
pub(super) fn before(pair: &Pair) -> Result<Pair, StoreError> {
    // What was never stored cannot be taken over.
    let rev = pair.rev.checked_sub(1).ok_or(StoreError::Stale)?;
    Ok(Pair {
        rev,
        ..pair.clone()
    })
}

/// Whether a pair is asked for.
pub(super) fn is(which: Which, pair: &Pair) -> bool {
    match which {
        Which::All => true,
        Which::Conflicted => !pair.conflicts.is_empty(),
        // A hold that a person agreed to waits for nobody any more.
        Which::Held => pair.hold.as_ref().is_some_and(|hold| !hold.agreed),
        // What is gone shows nothing to hold; should it come back, it still is held.
        Which::HeldByUser => pair.held_since.is_some() && pair.life != PairLife::Tombstone,
        Which::InDoubt => pair.intent.is_some(),
        Which::Troubled => {
            matches!(pair.life, PairLife::Parked(_)) || !pair.blocked.is_empty() || pair.tries > 0
        }
    }
}

/// Whether a record passes the filters of a query other than time.
pub(super) fn passes(query: &HistoryQuery, record: &Record) -> bool {
    let HistoryQuery {
        outcomes, kinds, ..
    } = query;
    (query.pair.is_none() || query.pair == record.pair)
        && (outcomes.is_empty() || outcomes.contains(&record.outcome))
        && (kinds.is_empty() || kinds.contains(&record.kind))
}

/// Whether a query asks for a record.
pub(super) fn is_asked(query: &HistoryQuery, record: &Record) -> bool {
    let before = query.before.as_ref();
    query.since.is_none_or(|since| record.at >= since)
        && before.is_none_or(|(at, id)| (record.at, &record.id) < (*at, id))
        && passes(query, record)
}

/// Whether a pair counts as queued: dirty, and not in a life in which no turn does anything.
pub(super) fn is_queued(pair: &Pair) -> bool {
    pair.dirty_since.is_some() && !matches!(pair.life, PairLife::Parked(_) | PairLife::Tombstone)
}

/// The stored word for where a pair stands.
pub(super) const fn life_word(life: &PairLife) -> &'static str {
    match life {
        PairLife::New => "new",
        PairLife::Active => "active",
        PairLife::Tombstone => "tombstone",
        PairLife::Unlinked(_) => "unlinked",
        PairLife::Parked(_) => "parked",
    }
}

/// The stored word for what an item is.
pub(super) const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Issue => "issue",
        Kind::Pull => "pull",
        Kind::Commit => "commit",
    }
}

/// The stored word for how something ended.
pub(super) const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "open",
        Outcome::Done => "done",
        Outcome::Refused => "refused",
        Outcome::NotApplied => "not_applied",
        Outcome::InDoubt => "in_doubt",
        Outcome::Held => "held",
        Outcome::Failed => "failed",
        Outcome::Info => "info",
    }
}

/// The stored word for what a record is about.
pub(super) const fn record_kind_word(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Intent => "intent",
        RecordKind::Write => "write",
        RecordKind::Conflict => "conflict",
        RecordKind::Item => "item",
        RecordKind::Run => "run",
    }
}

/// The lease as it stands after `holder` asked for it: taken if free, expired or already theirs, else as it was.
///
/// A released lease is an expired one, so that the fence goes on counting.
pub(super) fn lease_after(current: Option<Lease>, holder: &str, now: Time, ttl_ms: i64) -> Lease {
    let until = now.plus(ttl_ms);
    match current {
        Some(lease) if lease.holder == holder => Lease { until, ..lease },
        // Nobody is granted much more time than we ask for: one that seems to last longer is from before the clock was
        // set back.
        Some(lease) if lease.until > now && lease.until <= until.plus(ttl_ms) => lease,
        other => Lease {
            holder: holder.to_owned(),
            until,
            fence: other.map_or(0, |lease| lease.fence).saturating_add(1),
        },
    }
}
