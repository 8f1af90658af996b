//! Steps: one write to one side, and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FieldKey, Kind, Side, Value};

/// The row of the decision tables that asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(
    missing_docs,
    reason = "the names are the row numbers of ARCHITECTURE.md's tables"
)]
pub enum Row {
    F0,
    F1,
    F2,
    F3,
    F4,
    F5,
    F6,
    F7,
    F8,
    F9,
    F10,
    F11,
    F12,
    F13,
    I1,
    I2,
    I3,
    I4,
    I5,
    I6,
    I7,
    I8,
    I9,
    I10,
    I11,
    I12,
    I13,
    I14,
    I15,
    I16,
    I17,
    I18,
    /// A person's choice for a conflict.
    Choice,
    /// A person put an earlier value back.
    Undo,
}

/// One changed field of a patch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which field.
    pub field: FieldKey,
    /// The target's value that was seen right before; it must still be there when the write is sent.
    pub pre: Value,
    /// The value to write, in the target's normal form. For a set: `pre` with elements added or removed.
    pub new: Value,
    /// The other side's value that asked for it, in that side's normal form.
    pub source: Value,
    /// Which rule decided.
    pub row: Row,
    /// The target itself holds an edit that the other side lacks: its own base stays, so that the edit still counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

/// A new object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What to make.
    pub kind: Kind,
    /// The values to send, in the target's normal form.
    pub fields: BTreeMap<FieldKey, Value>,
    /// The other side's values they came from, in that side's normal form.
    pub source: BTreeMap<FieldKey, Value>,
    /// The text that ties the new object to its pair: a GitHub node id for a page, a pair's key for an issue.
    pub marker: String,
    /// `owner/repo` for a new issue; empty for a page.
    pub container: String,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Makes a new object.
    Create(Box<Draft>),
    /// Changes fields; exactly one request, so all changes belong to one write group of the target.
    Patch(Vec<Change>),
    /// Moves a Notion page to the trash.
    Trash,
    /// Brings a Notion page back from the trash.
    Restore,
    /// Closes a GitHub issue as not planned because its page was trashed (only by configuration).
    Close,
}

/// One write to one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where it is written.
    pub side: Side,
    /// What is written.
    pub action: Action,
    /// Which rule decided.
    pub row: Row,
}

impl Step {
    /// The changes of a patch; none for other actions.
    pub fn changes(&self) -> &[Change] {
        match &self.action {
            Action::Patch(changes) => changes,
            _ => &[],
        }
    }

    /// The verb for people: `create`, `change`, `trash`, `restore`, `close`.
    pub const fn verb(&self) -> &'static str {
        match self.action {
            Action::Create(_) => "create",
            Action::Patch(_) => "change",
            Action::Trash => "trash",
            Action::Restore => "restore",
            Action::Close => "close",
        }
    }
}
