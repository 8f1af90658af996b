//! The closed sets of the small GitHub: rights, states, verdicts and events, with the spelling
//! the service uses.

use super::model::Login;

/// What a user may do in one repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Sees it and opens issues.
    Read,
    /// Also sets labels, assignees and milestones, edits everything and pushes.
    Write,
    /// Also deletes issues and renames the repository.
    Admin,
}

/// Whether an account is a person or an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A person.
    User,
    /// An organisation: owns repositories, has no token.
    Organization,
}

/// Open or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Open.
    Open,
    /// Closed (a merged pull request is closed too).
    Closed,
}

impl State {
    /// Names the state as the service spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// Reads the service's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Closed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// Why an issue has its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateReason {
    /// Done.
    Completed,
    /// Will not be done.
    NotPlanned,
    /// Same as another one.
    Duplicate,
    /// Was closed before.
    Reopened,
}

impl StateReason {
    /// Names the reason as the service spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::NotPlanned => "not_planned",
            Self::Duplicate => "duplicate",
            Self::Reopened => "reopened",
        }
    }

    /// Reads the service's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Completed,
            Self::NotPlanned,
            Self::Duplicate,
            Self::Reopened,
        ]
        .into_iter()
        .find(|reason| reason.as_str() == text)
    }
}

/// The verdict of the reviews of a pull request (`reviewDecision` in GraphQL).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// Enough approvals.
    Approved,
    /// Somebody asks for changes.
    ChangesRequested,
    /// A review is required and missing.
    Required,
}

impl Review {
    /// Names the verdict as the service spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::ChangesRequested => "CHANGES_REQUESTED",
            Self::Required => "REVIEW_REQUIRED",
        }
    }
}

/// The rolled-up state of the checks of a commit (`statusCheckRollup.state` in GraphQL).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// All passed.
    Success,
    /// One failed.
    Failure,
    /// Still running.
    Pending,
    /// One could not run.
    Error,
    /// Not reported yet.
    Expected,
}

impl Checks {
    /// Names the state as the service spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Pending => "PENDING",
            Self::Error => "ERROR",
            Self::Expected => "EXPECTED",
        }
    }
}

/// What happened to an issue, as its event list tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A label was added (name, colour).
    Labeled(String, String),
    /// A label was taken away (name, colour).
    Unlabeled(String, String),
    /// Somebody was assigned.
    Assigned(Login),
    /// Somebody was unassigned.
    Unassigned(Login),
    /// A milestone was set (title).
    Milestoned(String),
    /// A milestone was taken away (title).
    Demilestoned(String),
    /// The title changed.
    Renamed {
        /// The title before.
        from: String,
        /// The title after.
        to: String,
    },
    /// Closed.
    Closed(Option<StateReason>),
    /// Opened again.
    Reopened,
    /// Conversation locked.
    Locked,
    /// Conversation unlocked.
    Unlocked,
    /// Merged as this commit.
    Merged(String),
    /// No longer a draft.
    ReadyForReview,
    /// Made a draft again.
    ConvertToDraft,
    /// The head branch was rewritten.
    HeadForcePushed,
    /// Came from another repository.
    Transferred,
}

impl EventKind {
    /// Names the event as the service spells it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Labeled(..) => "labeled",
            Self::Unlabeled(..) => "unlabeled",
            Self::Assigned(_) => "assigned",
            Self::Unassigned(_) => "unassigned",
            Self::Milestoned(_) => "milestoned",
            Self::Demilestoned(_) => "demilestoned",
            Self::Renamed { .. } => "renamed",
            Self::Closed(_) => "closed",
            Self::Reopened => "reopened",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::Merged(_) => "merged",
            Self::ReadyForReview => "ready_for_review",
            Self::ConvertToDraft => "convert_to_draft",
            Self::HeadForcePushed => "head_ref_force_pushed",
            Self::Transferred => "transferred",
        }
    }
}
