//! What happened: every change of every page, and what written content made the service do.

use super::ids::Id;
use super::state::Parent;
use super::value::Value;

/// Name under which the log records bodies.
pub const BODY: &str = "body";
/// Name under which the log records the trash; the first entry of a page goes from nothing to `false`.
pub const IN_TRASH: &str = "in_trash";
/// Name under which the log records where a page lives.
pub const PARENT: &str = "parent";

/// One side of a logged change.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// Nothing: the page or the column was not there.
    Absent,
    /// The value of a cell.
    Cell(Value),
    /// The Markdown of the body.
    Body(String),
    /// In the trash or not.
    Flag(bool),
    /// Where it lives.
    Place(Parent),
}

/// One change by anybody. The log is the truth an oracle compares with.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Counts up from 1 without gaps.
    pub seq: u64,
    /// When, exactly, in milliseconds since the epoch.
    pub at: i64,
    /// Who.
    pub actor: Id,
    /// On which page.
    pub page: Id,
    /// A property id, or [`BODY`], [`IN_TRASH`], [`PARENT`].
    pub field: String,
    /// What was there.
    pub before: Seen,
    /// What is there now.
    pub after: Seen,
}

/// Something written content made the service do that nobody may have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incident {
    /// A page tag moved a page.
    Moved {
        /// The page that moved.
        page: Id,
        /// Where it was.
        from: Parent,
        /// The page whose content carried the tag.
        into: Id,
    },
    /// A page tag with another title renamed a page.
    Renamed {
        /// The page that was renamed.
        page: Id,
        /// Its title before.
        before: String,
    },
    /// A database tag moved a database.
    DatabaseMoved {
        /// The database that moved.
        database: Id,
        /// The page whose content carried the tag.
        into: Id,
    },
    /// A mention told a person.
    Notified {
        /// The person.
        user: Id,
        /// The page whose content carried the tag.
        page: Id,
    },
    /// A tag named something that does not exist; it was dropped.
    DeadTag {
        /// What it named.
        id: Id,
        /// The page whose content carried the tag.
        page: Id,
    },
    /// Content was replaced without a child, which went to the trash.
    ChildTrashed {
        /// The child.
        page: Id,
    },
}

/// An incident, who caused it and when (exact milliseconds since the epoch).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When.
    pub at: i64,
    /// Who.
    pub actor: Id,
    /// What.
    pub incident: Incident,
}
