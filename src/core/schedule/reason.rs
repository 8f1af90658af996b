//! Why something waits, in words that a screen can show as they are.

use serde::{Deserialize, Serialize};

use super::{Scope, Side, Time};

/// How a store cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It does not answer, or says that it cannot do what is asked.
    #[default]
    Unreachable,
    /// It answers, but no write ends: locked for a backup, a disk that hangs.
    NoWrites,
    /// It refuses the user name or the password.
    Login,
    /// The user may not do what is needed.
    Right,
}

impl Trouble {
    /// What the store does, to be put between its name and a time.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable since",
            Self::NoWrites => "answers no writes since",
            Self::Login => "refuses the login since",
            Self::Right => "denies a right since",
        }
    }

    /// Whether it stays so until a person does something.
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::Login | Self::Right)
    }
}

/// Why a link runs when it does, or does not yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The program began.
    Start,
    /// The interval is over then.
    Interval,
    /// Somebody looks at the dashboard.
    Attention,
    /// So many items are still queued.
    Backlog(u64),
    /// An item is due again.
    DueAgain,
    /// Somebody asked.
    Asked,
    /// What waited for a person may go on.
    Resumed,
    /// Something may have changed.
    Hint,
    /// The machine slept for so many milliseconds.
    Woke {
        /// How long, in milliseconds.
        away: i64,
    },
    /// Memory is short.
    Memory {
        /// In use.
        percent: u32,
        /// The threshold.
        limit: u32,
        /// Whose memory.
        scope: Scope,
    },
    /// The cores are busy.
    Cpu {
        /// Load.
        percent: u32,
        /// The threshold.
        limit: u32,
    },
    /// This program needs too much memory.
    Own {
        /// What it has, in bytes.
        bytes: u64,
        /// What it should have at most, in bytes.
        ceiling: u64,
    },
    /// The interval is longer than usual.
    Stretched {
        /// By how much, in percent of the usual one.
        percent: i64,
        /// What stretches it; none = a service's limit that is nearly used up.
        cause: Option<Box<Self>>,
    },
    /// It was deferred for as long as allowed.
    Longest {
        /// Since when.
        since: Time,
    },
    /// It was deferred until now.
    Deferred {
        /// For how long, in milliseconds.
        lasted: i64,
        /// What it was deferred for.
        cause: Box<Self>,
    },
    /// A service's limit.
    Limit {
        /// Whose.
        side: Side,
        /// Which one.
        note: String,
    },
    /// A side cannot be used.
    Failed(String),
    /// The store cannot be used.
    StoreAway {
        /// Its name, for people.
        store: String,
        /// How it cannot be used.
        trouble: Trouble,
        /// Since when.
        since: Time,
    },
    /// Somebody else runs the link.
    Busy(String),
    /// Writing is paused by the user; reading goes on.
    Paused {
        /// Since when.
        since: Time,
    },
    /// The program was started to read only.
    ReadOnly,
}

impl Reason {
    /// Whether something that should run does not.
    pub const fn is_deferral(&self) -> bool {
        matches!(
            self,
            Self::Memory { .. } | Self::Cpu { .. } | Self::Own { .. } | Self::Limit { .. }
        )
    }

    /// Whether it is true whoever runs the link: nobody writes meanwhile.
    pub const fn overrules_a_leader(&self) -> bool {
        matches!(self, Self::StoreAway { .. } | Self::Paused { .. })
    }

    /// Whether something keeps the link from running, or its runs from writing.
    pub const fn is_obstacle(&self) -> bool {
        self.is_deferral()
            || matches!(
                self,
                Self::Failed(_) | Self::StoreAway { .. } | Self::Busy(_) | Self::Paused { .. }
            )
    }

    /// What a run's record says of why it came when it did; none for what needs no word. `now` is when it began.
    pub fn note(&self, now: Time) -> Option<String> {
        match self {
            Self::Longest { since } => Some(format!(
                "deferred for {}, as long as allowed",
                span(now.since(*since))
            )),
            // What defers names no point in time.
            Self::Deferred { .. } | Self::Woke { .. } => Some(self.words(&|_| String::new())),
            _ => None,
        }
    }

    /// The reason in a few words. `clock` says a point in time the way the screen does.
    pub fn words(&self, clock: &dyn Fn(Time) -> String) -> String {
        match self {
            Self::Start => "at start".to_owned(),
            Self::Interval => "the interval".to_owned(),
            Self::Attention => "looked at more often while you look".to_owned(),
            Self::Backlog(items) => format!("{items} more queued"),
            Self::DueAgain => "an item is due again".to_owned(),
            Self::Asked => "asked for by you".to_owned(),
            Self::Resumed => "resumed".to_owned(),
            Self::Hint => "something may have changed".to_owned(),
            Self::Woke { away } => format!("the machine was away for {}", span(*away)),
            Self::Memory {
                percent,
                limit,
                scope,
            } => {
                let whose = match scope {
                    Scope::Machine => "memory",
                    Scope::Container => "container memory",
                };
                over(whose, *percent, *limit)
            }
            Self::Cpu { percent, limit } => over("CPU", *percent, *limit),
            Self::Own { bytes, ceiling } => {
                format!("own memory {}M > {}M", bytes >> 20, ceiling >> 20)
            }
            Self::Stretched { percent, cause } => {
                let cause = cause.as_ref().map_or_else(
                    || "a service's limit is nearly used up".to_owned(),
                    |cause| cause.words(clock),
                );
                format!("the interval, {percent} % as long: {cause}")
            }
            Self::Longest { since } => {
                format!("deferred since {}, as long as allowed", clock(*since))
            }
            Self::Deferred { lasted, cause } => {
                format!("deferred for {}: {}", span(*lasted), cause.words(clock))
            }
            Self::Limit { side, note } if note.is_empty() => format!("{} limit", side.name()),
            // A note that names its side says it whole.
            Self::Limit { side, note } if note.contains(side.name()) => note.clone(),
            Self::Limit { side, note } => format!("{} limit ({note})", side.name()),
            Self::Failed(message) => message.clone(),
            Self::StoreAway {
                store,
                trouble,
                since,
            } => format!("{store} {} {}", trouble.words(), clock(*since)),
            Self::Busy(holder) => format!("{holder} runs it"),
            Self::Paused { since } => format!("paused by you since {}", clock(*since)),
            Self::ReadOnly => "started with --read-only".to_owned(),
        }
    }
}

/// What is above its threshold; or was, and has to stay below for a while.
fn over(what: &str, percent: u32, limit: u32) -> String {
    if percent > limit {
        format!("{what} {percent} % > {limit} %")
    } else {
        format!("{what} {percent} %, to stay below {limit} %")
    }
}

/// What a link waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    /// Until when.
    pub until: Time,
    /// What for.
    pub reason: Reason,
}

impl Waiting {
    /// The whole sentence: what for, and how long still. `clock` says a point in time the way the screen does.
    pub fn sentence(&self, now: Time, clock: &dyn Fn(Time) -> String) -> String {
        let left = span(self.until.since(now));
        let words = self.reason.words(clock);
        match &self.reason {
            Reason::Memory { .. } | Reason::Cpu { .. } | Reason::Own { .. } => {
                format!("{words}, checked again in {left}")
            }
            Reason::Limit { .. } => format!("{words}, {left}"),
            Reason::StoreAway { .. } if self.until <= now => format!("{words}, being tried now"),
            Reason::StoreAway { trouble, .. } if trouble.needs_a_person() => {
                format!("{words}, tried again in {left}; the log says what to do")
            }
            Reason::StoreAway { .. } | Reason::Failed(_) => {
                format!("{words}, tried again in {left}")
            }
            Reason::Paused { .. } | Reason::ReadOnly => words,
            _ => format!("{words}, in {left}"),
        }
    }
}

/// A span of time for people: `41 s`, `5 min`, `1 h 20 min`. Rounded up to the second, the minute from an hour on; never
/// negative.
pub fn span(ms: i64) -> String {
    let seconds = ms.max(0).saturating_add(999) / 1_000;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 if seconds % 60 == 0 => format!("{} min", seconds / 60),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => {
            let minutes = (seconds + 59) / 60;
            match minutes % 60 {
                0 => format!("{} h", minutes / 60),
                rest => format!("{} h {rest} min", minutes / 60),
            }
        }
    }
}
