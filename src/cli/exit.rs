//! Exit codes. Stable: scripts rely on them.

use std::process::ExitCode;

use thiserror::Error;

use crate::engine::{Report, Stop};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, nothing waits.
    Done,
    /// 1: something failed, or the arguments or the configuration are wrong.
    Failed,
    /// 2: not everything is in step: something waits for a person (a conflict, an item set aside, a refused field), or
    /// for a later pass (queued, unclear, waiting for a time, failed by itself); for `plan`: there is something to do,
    /// or something waits.
    Waits,
    /// 3: halted: held by the guard, or paused.
    Halted,
    /// 4: a service refuses the token, or what it is asked for.
    Login,
    /// 5: a service cannot be reached, gives no usable answer, or its limit lasts too long.
    Network,
    /// 128 and the signal's number: ended by a signal, after the write in flight was finished.
    Signal(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0_u8,
            Exit::Failed => 1,
            Exit::Waits => 2,
            Exit::Halted => 3,
            Exit::Login => 4,
            Exit::Network => 5,
            Exit::Signal(number) => 128 + number.min(127),
        })
    }
}

impl Exit {
    /// Ended by a signal.
    pub fn signal(number: i32) -> Self {
        Self::Signal(u8::try_from(number).unwrap_or(1))
    }

    /// Help and version are no failure; wrong arguments are.
    pub const fn of_usage(code: i32) -> Self {
        if code == 0 { Self::Done } else { Self::Failed }
    }

    /// What a run's report means.
    pub fn of(report: &Report) -> Self {
        Self::of_rest(report, Self::is_partial(report))
    }

    /// What the report of a run for one item means, whatever waits of the others.
    pub fn of_item(report: &Report) -> Self {
        Self::of_rest(report, report.conflicts > 0 || !report.errors.is_empty())
    }

    fn of_rest(report: &Report, is_partial: bool) -> Self {
        let waits = match report {
            Report { held: 1.., .. } => Self::Halted,
            _ if is_partial => Self::Waits,
            _ => Self::Done,
        };
        let stops = report.stopped.iter().chain(&report.unlisted);
        let stops = stops.chain(&report.denied);
        stops.map(Self::of_stop).fold(waits, Self::and)
    }

    /// Whether a run left something behind, for a person or for a later one; also where another machine has the work, as
    /// nobody knows whether it is still there.
    fn is_partial(report: &Report) -> bool {
        let left = [
            report.backlog,
            report.deferred,
            report.in_doubt,
            report.errors.len() as u64,
        ];
        report.conflicts > 0 || report.fields_off > 0 || left.iter().any(|count| *count > 0)
    }

    /// What it means that a run ended early, or went on without a stream.
    fn of_stop(stop: &Stop) -> Self {
        match stop {
            Stop::Side { class, .. } => match *class {
                "unauthorized" | "denied" => Self::Login,
                "setup" => Self::Failed,
                _ => Self::Network,
            },
            Stop::Limited { .. } => Self::Network,
            Stop::Store { .. } | Stop::InDoubt => Self::Failed,
            Stop::Paused => Self::Halted,
            // What is left is counted as the queue.
            Stop::MaxItems => Self::Done,
            // What is left goes on with the next start, or with whoever was asked and did not say that it is done.
            Stop::Ending | Stop::Busy { .. } => Self::Waits,
        }
    }

    /// The graver of two.
    pub fn and(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Done => 0,
            Self::Waits => 1,
            Self::Halted => 2,
            Self::Failed => 3,
            Self::Network => 4,
            Self::Login => 5,
            Self::Signal(_) => 6,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}

/// An error with an exit code of its own.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Failed {
    /// What happened and what to do.
    pub message: String,
    /// How the program ends.
    pub exit: Exit,
}
