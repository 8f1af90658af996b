//! What a run did, and the things that happen on the way.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::core::guard::Halt;
use crate::core::schedule::{Trouble, Waiting};
use crate::core::{Record, Side, Time};
use crate::remote::RemoteError;
use crate::store::StoreError;

/// One of the words that [`class_of`] gives. By this name, as what is read back must not borrow from its text.
type Class = &'static str;

/// Why a run ended before its queue was empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Stop {
    /// The writes of one run are used up; the rest stays queued.
    MaxItems,
    /// A limit that would be waited for too long.
    Limited {
        /// Whose limit.
        side: Side,
        /// Not before this time.
        until: Time,
        /// Which limit.
        reason: String,
    },
    /// A side cannot be used: login, network, setup.
    Side {
        /// Which side.
        side: Side,
        /// `unauthorized`, `denied`, `offline`, `setup`, `unclear`.
        #[serde(deserialize_with = "known_class")]
        class: Class,
        /// What happened and what to do.
        message: String,
    },
    /// The user paused.
    Paused,
    /// The program was told to end.
    Ending,
    /// Somebody else runs this link.
    Busy {
        /// Who.
        holder: String,
        /// Until when at most.
        until: Time,
    },
    /// Too many writes are in doubt; the service is ill.
    InDoubt,
    /// The store cannot be used. Nothing is written to either side without it.
    Store {
        /// How it cannot be used.
        #[serde(default)]
        trouble: Trouble,
        /// What failed and what to do.
        message: String,
    },
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store {
            trouble: error.trouble(),
            message: error.to_string(),
        }
    }
}

impl Stop {
    /// Whether something failed: not a person's wish, another machine's turn or the end of a run's writes.
    pub const fn is_failure(&self) -> bool {
        match self {
            Self::Limited { .. } | Self::Side { .. } | Self::InDoubt | Self::Store { .. } => true,
            Self::MaxItems | Self::Paused | Self::Ending | Self::Busy { .. } => false,
        }
    }

    /// Whether the token may not read what it is asked for.
    pub fn is_denied(&self) -> bool {
        matches!(
            self,
            Self::Side {
                class: "denied",
                ..
            }
        )
    }

    /// The stop for a stream that could not be listed: which one, what happened, what to do.
    pub fn unlisted(side: Side, stream: &str, error: &RemoteError) -> Self {
        let asked = Self::of(side, error);
        let Self::Side { class, message, .. } = asked else {
            return asked;
        };
        let is_hidden = matches!(
            error,
            RemoteError::Refused {
                status: 403 | 404,
                ..
            }
        );
        let class = if is_hidden { "denied" } else { class };
        let remedy = match class {
            "denied" => right_to_list(stream),
            _ => {
                "If it lasts: look at the service's status page, and at any proxy and the address in the configuration"
            }
        };
        Self::Side {
            side,
            class,
            message: format!(
                "{} could not be listed: {message}. What it shows is left as it is, and the next pass asks again. \
                 {remedy}",
                stream_name(side, stream)
            ),
        }
    }

    /// The stop that a side-wide error asks for.
    pub fn of(side: Side, error: &RemoteError) -> Self {
        match error {
            RemoteError::Limited { until, reason } => Self::Limited {
                side,
                until: *until,
                reason: reason.clone(),
            },
            _ => Self::Side {
                side,
                class: class_of(error),
                message: error.to_string(),
            },
        }
    }
}

/// In the message of a write whose answer is unclear: it waits for nobody, it is looked up.
pub const CHECKING: &str = "checking whether";

/// A limit for people, with its side named once.
pub(super) fn limit(side: Side, reason: &str) -> String {
    if reason.contains(side.name()) {
        reason.to_owned()
    } else {
        format!("{}: {reason}", side.name())
    }
}

/// A stream for people: `GitHub's issues of owner/repo`.
fn stream_name(side: Side, stream: &str) -> String {
    match stream.split_once(':') {
        Some((what, repository)) => format!("{}'s {what} of {repository}", side.name()),
        None => format!("{}'s {stream}", side.name()),
    }
}

/// Says that rows of a listing could not be read, and what becomes of them.
pub(super) fn unread(side: Side, stream: &str, rows: u64) -> String {
    let (rows, they) = match rows {
        1 => ("1 row".to_owned(), "it"),
        many => (format!("{many} rows"), "them"),
    };
    format!(
        "{rows} of {} could not be read, as a part is missing or has another form than it must have. Nothing is changed \
         or taken for deleted because of {they}; the next pass lists everything again. If it lasts: the log names what \
         is wrong; look at any proxy and the address in the configuration",
        stream_name(side, stream)
    )
}

/// What to do about a stream that the token may not read.
fn right_to_list(stream: &str) -> &'static str {
    match stream.split_once(':').map_or(stream, |(what, _)| what) {
        "issues" => {
            "Give the GitHub token \"Issues: read\" and \"Pull requests: read\" there (write, too, to sync back)"
        }
        "commits" => "Give the GitHub token \"Contents: read\" there",
        _ => "Share the database with the integration in Notion: ••• → Connections",
    }
}

/// Every class that `class_of` gives.
pub(super) const CLASSES: [&str; 8] = [
    "unauthorized",
    "denied",
    "limited",
    "refused",
    "stale",
    "offline",
    "unclear",
    "setup",
];

/// The class of an error, as kept in the error log.
pub const fn class_of(error: &RemoteError) -> &'static str {
    match error {
        RemoteError::Unauthorized { .. } => "unauthorized",
        RemoteError::Denied { .. } => "denied",
        RemoteError::Limited { .. } => "limited",
        RemoteError::Refused { .. } => "refused",
        RemoteError::Stale(_) => "stale",
        RemoteError::Offline { .. } => "offline",
        RemoteError::Unclear(_) => "unclear",
        RemoteError::Setup(_) => "setup",
    }
}

/// Reads a class that [`class_of`] gave.
fn known_class<'de, D: Deserializer<'de>>(input: D) -> Result<Class, D::Error> {
    let word = String::deserialize(input)?;
    let known = CLASSES.into_iter().find(|class| *class == word);
    known.ok_or_else(|| D::Error::custom(format!("an unknown class of error: {word}")))
}

/// A count for each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerSide {
    /// GitHub's.
    pub github: u64,
    /// Notion's.
    pub notion: u64,
}

impl PerSide {
    /// One side's count.
    pub const fn of_mut(&mut self, side: Side) -> &mut u64 {
        match side {
            Side::Github => &mut self.github,
            Side::Notion => &mut self.notion,
        }
    }
}

/// What one run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The run's id.
    pub run: String,
    /// The link.
    pub link: String,
    /// Writes that landed: those that an answer of this run proved, or a look-up after a lost answer. What was refused
    /// or is unclear is not among them.
    pub writes: PerSide,
    /// All requests.
    pub requests: PerSide,
    /// Turns taken.
    pub turns: u64,
    /// Open conflicts of the link now.
    pub conflicts: u64,
    /// Fields that cannot be kept in step: a property of theirs was deleted or retyped.
    pub fields_off: u64,
    /// Pairs that wait for a time.
    pub deferred: u64,
    /// Pairs held by the guard.
    pub held: u64,
    /// Pairs still queued.
    pub backlog: u64,
    /// Pairs with an unclear write.
    pub in_doubt: u64,
    /// What went wrong, one line each.
    pub errors: Vec<String>,
    /// Notices.
    pub notes: Vec<String>,
    /// Why it ended early, if it did; also the gravest of `denied` and `unlisted`, if nothing else ended it.
    pub stopped: Option<Stop>,
    /// Streams that could not be listed, and why; the rest of the run went on.
    pub unlisted: Vec<Stop>,
    /// Rights that are missing for writes, once each; what needs them stays queued, the rest of the run went on.
    pub denied: Vec<Stop>,
    /// When the next turn is due, if one is waiting for a time.
    pub next_due: Option<Time>,
}

impl Report {
    /// What ended the run that should not have, to be put behind its counts; empty if nothing did.
    pub(super) fn why_failed(&self) -> String {
        let why = match &self.stopped {
            None | Some(Stop::MaxItems | Stop::Limited { .. }) => return String::new(),
            Some(Stop::Side { message, .. } | Stop::Store { message, .. }) => message,
            Some(Stop::Paused) => "paused",
            Some(Stop::Ending) => "the program was told to end",
            Some(Stop::Busy { holder, .. }) => &format!("{holder} runs this link"),
            Some(Stop::InDoubt) => "several answers were lost in a row",
        };
        format!("; stopped: {why}")
    }

    /// A run that went on without a stream or a right has not done its work: the gravest reason is why.
    pub(super) fn note_unlisted(&mut self) {
        if self.stopped.is_none() {
            let gravest = self.unlisted.iter().find(|stop| stop.is_denied());
            let gravest = gravest.or(self.denied.first());
            self.stopped = gravest.or(self.unlisted.first()).cloned();
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A run began.
    RunStarted {
        /// The run.
        run: String,
        /// The link.
        link: String,
    },
    /// A stream is being listed; so many rows so far.
    Listed {
        /// The stream.
        stream: String,
        /// Rows so far.
        rows: u64,
    },
    /// Something for the history.
    Recorded(Box<Record>),
    /// The same, recorded by another machine.
    Elsewhere(Box<Record>),
    /// The guard stopped something.
    Halted(Box<Halt>),
    /// A wait began.
    Waiting {
        /// Until when.
        until: Time,
        /// What for.
        reason: String,
    },
    /// A link that is due does not run yet.
    Deferred {
        /// The link.
        link: String,
        /// What for, and when it is looked at again.
        waiting: Waiting,
    },
    /// Another machine runs a link now, or none does but this one.
    Leads {
        /// The link.
        link: String,
        /// Who runs it; none = it runs here now.
        holder: Option<String>,
    },
    /// A run ended.
    RunEnded(Box<Report>),
}
