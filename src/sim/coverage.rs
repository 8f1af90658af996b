//! Which rows of the decision tables a seed reached, told from what the engine commits.

use super::world::World;
use crate::core::{FieldKey, Kind, Outcome, Pair, PairLife, Record, Value};

/// Notes the rows that led to a commit of a pair.
pub fn note(world: &mut World, before: Option<&Pair>, pair: &Pair, records: &[Record]) {
    let mut rows: Vec<String> = records
        .iter()
        .filter_map(|record| record.row)
        .map(|row| format!("{row:?}"))
        .collect();
    rows.extend(of_records(records).into_iter().map(str::to_owned));
    rows.extend(of_pair(before, pair).into_iter().map(str::to_owned));
    for row in rows {
        *world.figures.rows.entry(row).or_default() += 1;
    }
}

fn of_records(records: &[Record]) -> Vec<&'static str> {
    let mut rows = Vec::new();
    for record in records {
        let is_found = record.outcome == Outcome::Done && record.note.contains("lost answer");
        match record.verb.as_str() {
            "create" if is_found => rows.push("I3"),
            "relink" => rows.push("I11"),
            _ => {}
        }
    }
    rows
}

fn of_pair(before: Option<&Pair>, pair: &Pair) -> Vec<&'static str> {
    let mut rows = Vec::new();
    let is_commit = pair.kind == Kind::Commit;
    let is = |truth: bool, row: &'static str| truth.then_some(row);
    let waits = |pair: &Pair| !pair.conflicts.is_empty();
    let no_word = |pair: &Pair| pair.intent.is_none();
    let says_404 = |error: &String| error.contains("404");
    let orphaned = pair.base.get(&FieldKey::ORPHANED);
    rows.extend(is(!pair.blocked.is_empty(), "F9"));
    rows.extend(is(before.is_some_and(waits) && waits(pair), "F10"));
    rows.extend(is(
        before.is_some_and(|before| no_word(before) && before.base != pair.base) && no_word(pair),
        "F2",
    ));
    rows.extend(is(pair.conflict_on(None).is_some(), "I6"));
    rows.extend(is(pair.last_error.as_ref().is_some_and(says_404), "I12"));
    rows.extend(is(is_commit && pair.life == PairLife::Active, "I16"));
    rows.extend(is(
        orphaned.is_some_and(|base| base.github == Value::Bool(true)),
        "I16 orphaned",
    ));
    rows.extend(is(
        pair.kind == Kind::Pull && pair.life == PairLife::Active,
        "I17",
    ));
    rows.extend(match &pair.life {
        PairLife::Tombstone => Some("I9"),
        PairLife::Unlinked(why) if why.contains("came back") => Some("I10"),
        PairLife::Unlinked(why) if why.contains("moved") || why.contains("select") => Some("I14"),
        PairLife::Parked(why) if why.contains("copy") => Some("I15"),
        _ => None,
    });
    rows
}
