//! The shapes of the JSON that scripts read. Stable: keys are added, never changed.

use std::ffi::OsString;

use serde_json::{Value as Json, json};

use super::args::{
    Command, ConflictsCommand, ConflictsOptions, DoctorOptions, ErrorsOptions, HeldCommand,
    HistoryOptions, HoldOptions, PlanOptions, RetryOptions, StatusOptions, SyncOptions,
    UndoOptions, VerifyOptions,
};
use super::attention::Attention;
use super::undo;
use crate::core::plan::Move;
use crate::core::schedule::Waiting;
use crate::core::{Action, Conflict, Pair, Record, Time, Value};
use crate::engine::Report;
use crate::engine::run::Planned;
use crate::store::ErrorEntry;

/// Whether a command promises JSON on stdout.
pub const fn is_asked(command: &Command) -> bool {
    is_list(command)
        || matches!(
            command,
            Command::Sync(SyncOptions { json: true, .. })
                | Command::Plan(PlanOptions { json: true, .. })
                | Command::Verify(VerifyOptions { json: true, .. })
                | Command::Status(StatusOptions { json: true, .. })
                | Command::Doctor(DoctorOptions { json: true })
                | Command::Retry(RetryOptions { json: true, .. })
                | Command::Hold(HoldOptions { json: true, .. })
                | Command::Release(HoldOptions { json: true, .. })
                | Command::Undo(UndoOptions { json: true, .. })
        )
}

/// Whether it promises a list. Where that cannot be had an object says why: an empty list would say that there is
/// nothing.
const fn is_list(command: &Command) -> bool {
    matches!(
        command,
        Command::Errors(ErrorsOptions { json: true, .. })
            | Command::History(HistoryOptions { json: true, .. })
            | Command::Held(HeldCommand::List { json: true })
            | Command::Conflicts(
                ConflictsOptions { json: true, .. }
                    | ConflictsOptions {
                        command: Some(
                            ConflictsCommand::List { json: true }
                                | ConflictsCommand::Show { json: true, .. }
                        ),
                        ..
                    }
            )
    )
}

/// The object of a command that could not do its work: with every key that the command promises.
pub fn failed(command: &Command, text: &str) -> Json {
    let mut object = match command {
        Command::Sync(_) => reports(&[], &[]),
        Command::Plan(_) => plan(&[], &[], Vec::new(), Vec::new()),
        Command::Undo(options) => undo::json(Some(&options.record)),
        _ if is_list(command) => json!({}),
        _ => json!({"links": []}),
    };
    object["error"] = json!(text);
    object["errors"] = json!([text]);
    object
}

/// The object of a command whose arguments were not understood; none where no object is asked for.
pub fn misread(arguments: &[OsString], text: &str) -> Option<Json> {
    const OTHERS: [&str; 6] = ["verify", "status", "doctor", "retry", "hold", "release"];
    const LISTS: [&str; 4] = ["errors", "history", "conflicts", "held"];
    let has = |word: &str| arguments.iter().any(|given| given == word);
    let mut object = match () {
        () if !has("--json") => return None,
        () if has("sync") => reports(&[], &[]),
        () if has("plan") => plan(&[], &[], Vec::new(), Vec::new()),
        () if has("undo") => undo::json(None),
        () if OTHERS.into_iter().any(has) => json!({"links": []}),
        () if LISTS.into_iter().any(has) => json!({}),
        () => return None,
    };
    object["error"] = json!(text);
    object["errors"] = json!([text]);
    Some(object)
}

/// A plan of all links: the sums of the runs that made it, and what it found.
pub fn plan(reports: &[Report], stuck: &[Attention], items: Vec<Json>, waiting: Vec<Json>) -> Json {
    let mut object = self::reports(reports, stuck);
    object["items"] = Json::Array(items);
    object["waiting"] = Json::Array(waiting);
    object["reports"] = object["links"].take();
    object["links"] = object["reports"].clone();
    object
}

/// A time as text in UTC.
pub fn time(at: Time) -> String {
    chrono::DateTime::from_timestamp_millis(at.0)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// What a link waits for, for a log.
pub fn waiting(waiting: &Waiting) -> String {
    waiting.sentence(super::clock::now(), &time)
}

/// A field's value.
pub fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => json!(text),
        Value::Number(number) => json!(number),
        Value::Bool(yes) => json!(yes),
        Value::Set(names) => json!(names),
    }
}

/// One run over all links: the sums, and each link's own.
pub fn reports(reports: &[Report], waiting: &[Attention]) -> Json {
    let sum = |pick: fn(&Report) -> u64| reports.iter().map(pick).sum::<u64>();
    json!({
        "run": reports.first().map(|report| report.run.clone()),
        "writes": {"github": sum(|r| r.writes.github), "notion": sum(|r| r.writes.notion)},
        "requests": {"github": sum(|r| r.requests.github), "notion": sum(|r| r.requests.notion)},
        "conflicts": sum(|r| r.conflicts),
        "deferred": sum(|r| r.deferred),
        "held": sum(|r| r.held),
        "backlog": sum(|r| r.backlog),
        "in_doubt": sum(|r| r.in_doubt),
        "errors": reports.iter().flat_map(errors).collect::<Vec<_>>(),
        "notes": reports.iter().flat_map(|r| r.notes.clone()).collect::<Vec<_>>(),
        "set_aside": waiting.iter().flat_map(Attention::parked_json).collect::<Vec<_>>(),
        "refused": waiting.iter().flat_map(Attention::refused_json).collect::<Vec<_>>(),
        "held_by_you": waiting.iter().flat_map(Attention::by_user_json).collect::<Vec<_>>(),
        "links": reports,
    })
}

/// What went wrong in a run, why it ended early included.
fn errors(report: &Report) -> Vec<String> {
    let mut errors = report.errors.clone();
    let why = report.stopped.as_ref().filter(|stop| stop.is_failure());
    // What could not be listed is among them already.
    errors.extend(
        why.map(super::sync::why)
            .filter(|why| !errors.contains(why)),
    );
    errors
}

/// A conflict with its item.
pub fn conflict(pair: &Pair, conflict: &Conflict) -> Json {
    json!({
        "id": conflict.id,
        "item": pair.name(),
        "title": pair.title,
        "field": conflict.field.as_ref().map(ToString::to_string),
        "base": value(&conflict.base),
        "github": value(&conflict.github),
        "notion": value(&conflict.notion),
        "github_at": conflict.github_at.map(time),
        "notion_at": conflict.notion_at.map(time),
        "github_by": conflict.github_by,
        "notion_by": conflict.notion_by,
        "found_at": time(conflict.found_at),
        "note": conflict.note,
        "choice": conflict.choice.as_ref().map(|choice| choice.pick.clone()),
        "held_since": pair.held_since.map(time),
    })
}

/// An entry of the error log.
pub fn error(entry: &ErrorEntry) -> Json {
    json!({
        "id": entry.id,
        "link": entry.link,
        "scope": entry.scope,
        "item": entry.pair.as_ref().map(|_| &entry.scope),
        "pair": entry.pair,
        "class": entry.class,
        "message": entry.message,
        "to_do": super::errors::to_do(entry),
        "count": entry.count,
        "first_at": time(entry.first_at),
        "last_at": time(entry.last_at),
        "next_try": entry.next_try.map(time),
        "resolved_at": entry.resolved_at.map(time),
    })
}

/// A record of the history.
pub fn record(record: &Record) -> Json {
    let changes: Vec<Json> = record
        .changes
        .iter()
        .map(|change| json!({"field": change.field.to_string(), "before": value(&change.before), "after": value(&change.after)}))
        .collect();
    json!({
        "id": record.id,
        "at": time(record.at),
        "kind": record.kind,
        "outcome": record.outcome,
        "link": record.link,
        "run": record.run,
        "item": record.item,
        "side": record.side,
        "verb": record.verb,
        "row": record.row,
        "changes": changes,
        "note": record.note,
        "request": record.request,
    })
}

/// What a plan would do with one item.
pub fn planned(planned: &Planned) -> Json {
    let steps: Vec<Json> = planned
        .plan
        .steps
        .iter()
        .map(|step| {
            let changes: Vec<Json> = match &step.action {
                Action::Create(draft) => {
                    draft.fields.iter().map(|(field, new)| json!({"field": field.to_string(), "after": value(new)})).collect()
                }
                _ => step
                    .changes()
                    .iter()
                    .map(|c| json!({"field": c.field.to_string(), "before": value(&c.pre), "after": value(&c.new), "row": c.row}))
                    .collect(),
            };
            json!({"side": step.side, "verb": step.verb(), "row": step.row, "changes": changes})
        })
        .collect();
    let conflicts: Vec<Json> = planned
        .plan
        .moves
        .iter()
        .filter_map(|mv| match mv {
            Move::Open(conflict) => Some(json!({
                "field": conflict.field.as_ref().map(ToString::to_string),
                "github": value(&conflict.github),
                "notion": value(&conflict.notion),
            })),
            _ => None,
        })
        .collect();
    json!({
        "item": planned.item, "title": planned.title, "steps": steps, "conflicts": conflicts,
        "adopted": planned.is_adopted(), "question": planned.question(),
    })
}
