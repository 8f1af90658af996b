//! Records: what happened, kept so that it can be shown and undone.

use serde::{Deserialize, Serialize};

use super::{FieldKey, Kind, PairId, Row, Side, Time, Value};

/// The id of a record: the intent's id with its phase, or the run's id.
pub type RecordId = String;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A write to one side was made durable (before it is sent).
    Intent,
    /// A write ended: done, refused, not applied, in doubt, adopted.
    Write,
    /// A conflict was found, chosen, decided by policy or closed.
    Conflict,
    /// The item's state changed without a write: parked, unlinked, held, reverted foreign value, notice.
    Item,
    /// A run ended.
    Run,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not yet known; only on `Intent` records.
    Open,
    /// Done.
    Done,
    /// The service refused it, or dropped a field silently.
    Refused,
    /// It certainly did not take place (rate limit, not sent).
    NotApplied,
    /// Unclear; recovery decides.
    InDoubt,
    /// Held by the guard, or a halt.
    Held,
    /// Failed.
    Failed,
    /// For information.
    Info,
}

/// One field's values around a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which field.
    pub field: FieldKey,
    /// What the side showed before.
    pub before: Value,
    /// What was written.
    pub after: Value,
    /// What the other side said at the last agreement before, where several of its values mean the same: the
    /// option of a state, or GitHub's own way of writing a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Value>,
}

/// One entry of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its id; inserting the same id twice is once.
    pub id: RecordId,
    /// When, on our own clock.
    pub at: Time,
    /// What it is about.
    pub kind: RecordKind,
    /// How it ended.
    pub outcome: Outcome,
    /// The link.
    pub link: String,
    /// The run.
    pub run: String,
    /// The pair, if it is about one.
    pub pair: Option<PairId>,
    /// The item's name for people: `owner/repo#12` or a title.
    pub item: String,
    /// The item's kind.
    pub item_kind: Option<Kind>,
    /// The side that was written.
    pub side: Option<Side>,
    /// `create`, `change`, `trash`, `restore`, `close`; other words for other kinds.
    pub verb: String,
    /// The rule that decided.
    pub row: Option<Row>,
    /// Values before and after, for undo.
    pub changes: Vec<FieldChange>,
    /// One line for people.
    pub note: String,
    /// The service's request id, where it gave one.
    pub request: Option<String>,
}
