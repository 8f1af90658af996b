//! Fields: what of an item is kept in step, and how.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Codec, Side};

/// Begins the keys of constants; no other key has a slash.
const CONSTANT: &str = "constant/";

/// The name of a mapped field, the same on both sides: `title`, `state`, `labels` …
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldKey(pub Cow<'static, str>);

impl FieldKey {
    /// The fields that both sides may change.
    pub const BOTH_WAYS: [Self; 8] = [
        Self::TITLE,
        Self::BODY,
        Self::STATE,
        Self::CLOSED_AS,
        Self::LABELS,
        Self::ASSIGNEES,
        Self::MILESTONE,
        Self::TYPE,
    ];
    /// The item's title; a commit's headline.
    pub const TITLE: Self = Self(Cow::Borrowed("title"));
    /// The text: an issue's or pull request's body, a commit's full message.
    pub const BODY: Self = Self(Cow::Borrowed("body"));
    /// `open` or `closed` (pull requests also `merged`) against a Notion status.
    pub const STATE: Self = Self(Cow::Borrowed("state"));
    /// Why an issue was closed.
    pub const CLOSED_AS: Self = Self(Cow::Borrowed("closed_as"));
    /// The labels.
    pub const LABELS: Self = Self(Cow::Borrowed("labels"));
    /// The logins of the assignees.
    pub const ASSIGNEES: Self = Self(Cow::Borrowed("assignees"));
    /// The milestone's title.
    pub const MILESTONE: Self = Self(Cow::Borrowed("milestone"));
    /// The type, where its organisation has types.
    pub const TYPE: Self = Self(Cow::Borrowed("type"));
    /// The repository's full name.
    pub const REPOSITORY: Self = Self(Cow::Borrowed("repository"));
    /// Whether the branch that is listed no longer holds a commit.
    pub const ORPHANED: Self = Self(Cow::Borrowed("orphaned"));
    /// How a page's pair stands: `OK`, `Conflict`, `Blocked`, `Unlinked`.
    pub const SYNC: Self = Self(Cow::Borrowed("sync"));
    /// One line on why.
    pub const SYNC_NOTE: Self = Self(Cow::Borrowed("sync_note"));
    /// What kind of item a page is.
    pub const KIND: Self = Self(Cow::Borrowed("kind"));
    /// Whether a new page may become an issue.
    pub const PUBLISH: Self = Self(Cow::Borrowed("publish"));

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of a property that says the same on every page.
    pub fn constant(property: &str) -> Self {
        Self(Cow::Owned(format!("{CONSTANT}{property}")))
    }

    /// Whether it is such a key.
    pub fn is_constant(&self) -> bool {
        self.0.starts_with(CONSTANT)
    }

    /// A key from a text.
    pub fn of(name: &str) -> Self {
        Self(Cow::Owned(name.to_owned()))
    }
}

impl std::fmt::Display for FieldKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How two changes of one field are brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// One value; two different changes are a conflict.
    Scalar,
    /// Names; additions and removals merge, never a conflict.
    Set,
    /// Lines; changes of different lines merge.
    Text,
    /// GitHub's word only: number, URL, author. Foreign edits in Notion are put back once.
    Mirror,
}

/// Which way a field may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Both ways.
    Both,
    /// From GitHub to Notion only.
    ToNotion,
    /// From Notion to GitHub only.
    ToGithub,
    /// Not at all.
    Off,
}

impl Direction {
    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::ToNotion => "to_notion",
            Self::ToGithub => "to_github",
            Self::Off => "off",
        }
    }

    /// Whether this direction allows a write to `side`.
    pub const fn allows(self, side: Side) -> bool {
        matches!(
            (self, side),
            (Self::Both, _) | (Self::ToNotion, Side::Notion) | (Self::ToGithub, Side::Github)
        )
    }
}

/// What happens when both sides changed a field differently and it cannot be merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Write neither, keep both, ask a person.
    #[default]
    Ask,
    /// GitHub's value wins; Notion's is kept in the history.
    Github,
    /// Notion's value wins; GitHub's is kept in the history.
    Notion,
    /// The later edit wins, only where the stamps differ by more than two minutes; else ask.
    Newest,
    /// Where both sides changed the same lines of a text, both are kept, GitHub's first; else ask.
    Merge,
}

/// One mapped field of one kind of item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name on both sides.
    pub key: FieldKey,
    /// How changes are brought together.
    pub class: Class,
    /// How one side's value is said on the other.
    pub codec: Codec,
    /// Which way it may flow.
    pub direction: Direction,
    /// What to do with a conflict.
    pub policy: Policy,
}
