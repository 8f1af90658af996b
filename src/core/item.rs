//! Items as one read of one side saw them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FieldKey, Key, Time, Value};

/// One of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// GitHub.
    Github,
    /// Notion.
    Notion,
}

impl Side {
    /// Both sides, GitHub first.
    pub const BOTH: [Self; 2] = [Self::Github, Self::Notion];

    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Github => Self::Notion,
            Self::Notion => Self::Github,
        }
    }

    /// The name shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Notion => "Notion",
        }
    }
}

/// What an item is, whichever side it is seen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A GitHub issue.
    Issue,
    /// A GitHub pull request.
    Pull,
    /// A commit of a repository's default branch. Flows from GitHub to Notion only.
    Commit,
}

impl Kind {
    /// The name shown to people and stored in Notion's `Kind` property.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issue => "Issue",
            Self::Pull => "Pull request",
            Self::Commit => "Commit",
        }
    }

    /// The kind of this name, in any case.
    pub fn of_name(name: &str) -> Option<Self> {
        let mut kinds = [Self::Issue, Self::Pull, Self::Commit].into_iter();
        kinds.find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// Names one object of one side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectId {
    /// The service's own lasting id: a GitHub node id, a commit's `owner/repo@sha`, a Notion page id (with dashes).
    pub node: String,
    /// How to reach it: `owner/repo#12`, `owner/repo@sha`, or the Notion page id again.
    pub locator: String,
}

/// Whether an object exists, by positive evidence only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It was read.
    Live,
    /// It is in the trash and can be restored (Notion `in_trash`).
    Trashed,
    /// The service says that it was deleted for good (GitHub 410).
    Gone,
    /// The service says that it lives elsewhere now (GitHub 301).
    MovedTo(ObjectId),
    /// 404 or no permission: it may or may not exist. Never proof of a deletion.
    Unreachable,
}

/// The server's own word on which version of an object was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// GitHub `updated_at` (seconds), Notion `last_edited_time` (rounded down to the minute).
    pub at: Time,
    /// Who edited last, where the service says so (Notion user id).
    pub by: Option<String>,
    /// Whether `by` is the account that our token acts as, and nobody else acts as it: never with a person's own token.
    pub by_us: bool,
    /// Whether no later edit can carry this same stamp: always for GitHub's bodies (they come with the row),
    /// for Notion when the editor is our own bot or the minute had passed when it was read.
    pub settled: bool,
}

/// What one read of one side saw. Immutable once made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The side that was read.
    pub side: Side,
    /// What the object is.
    pub kind: Kind,
    /// Its names.
    pub id: ObjectId,
    /// Whether it exists.
    pub life: Life,
    /// Mapped fields in this side's normal form. A missing key was not observed (not read, truncated, or the
    /// property is paused); an empty field is `Value::Null`.
    pub fields: BTreeMap<FieldKey, Value>,
    /// The server's version stamp.
    pub stamp: Option<Stamp>,
    /// When the object was created, by the server.
    pub created: Option<Time>,
    /// Whether the account that our token acts as created it.
    pub created_by_us: bool,
    /// The key found in a GitHub body's marker.
    pub marker: Option<Key>,
    /// The GitHub node id that a Notion page carries in its `GitHub ID` property.
    pub linked_node: Option<String>,
    /// The text of a body exactly as the side showed it; only the adapter that made it reads it.
    pub raw_body: Option<String>,
    /// When the read that saw this began, on our own clock.
    pub read_at: Time,
}

impl Observation {
    /// The observed value of a field, if it was observed.
    pub fn field(&self, key: &FieldKey) -> Option<&Value> {
        self.fields.get(key)
    }

    /// Whether the object was read and is neither deleted nor trashed nor moved.
    pub fn is_live(&self) -> bool {
        self.life == Life::Live
    }

    /// The item's title on this side, for people.
    pub fn title(&self) -> &str {
        self.fields.get(&FieldKey::TITLE).map_or("", Value::as_text)
    }

    /// Whether a body known as of `known` is still this version's body, so that it need not be read again.
    pub fn body_is_as_of(&self, known: &Stamp) -> bool {
        self.stamp
            .as_ref()
            .is_some_and(|stamp| known.settled && stamp.at == known.at && stamp.by == known.by)
    }
}
