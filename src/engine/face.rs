//! What the rest of the program sees of a running engine: a handle, commands, events and a snapshot.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::answers::{Pick, PutBack};
use super::held::HeldItem;
use super::hint::Hints;
use super::queue::{QueueLine, Standing};
use super::report::{Event, PerSide, Report, Stop};
use super::run::{Ask, Planned};
use crate::core::guard::Halt;
use crate::core::schedule::{Trouble, Waiting};
use crate::core::{Base, Conflict, Field, Pair, PairId, Record, Side, Time};
use crate::remote::Budget;
pub use crate::store::{Counts, HistoryQuery};

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The run.
    pub run: String,
    /// When it began.
    pub since: Time,
    /// Rows listed so far.
    pub listed: u64,
    /// Writes so far.
    pub writes: PerSide,
    /// What it waits for, and until when.
    pub waiting: Option<(Time, String)>,
    /// The write whose answer is awaited.
    pub writing: Option<Writing>,
}

impl Progress {
    /// What it waits for now, and until when: a wait that is over is none.
    pub fn waits(&self, now: Time) -> Option<(Time, &str)> {
        let waiting = self.waiting.as_ref().filter(|(until, _)| *until > now);
        waiting.map(|(until, reason)| (*until, reason.as_str()))
    }
}

/// A write on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// The item's name.
    pub item: String,
    /// The side that is written.
    pub side: Side,
    /// `create`, `change`, `trash` …
    pub verb: String,
    /// The fields, for a change.
    pub fields: Vec<String>,
    /// Since when.
    pub since: Time,
}

/// One open conflict, for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictLine {
    /// The pair.
    pub pair: PairId,
    /// The item's addresses on GitHub and in Notion, where known.
    pub urls: [Option<String>; 2],
    /// The item's name.
    pub item: String,
    /// The item's title.
    pub title: String,
    /// The conflict.
    pub conflict: Conflict,
    /// Its field; none for an item that is deleted and edited, or once it is no longer mapped.
    pub field: Option<Field>,
    /// The last agreement on it.
    pub base: Option<Base>,
    /// Since when the user holds the item, so that a choice waits.
    pub held_since: Option<Time>,
}

/// One write whose outcome is unclear, for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoubtLine {
    /// The item's name.
    pub item: String,
    /// The side that was written.
    pub side: Side,
    /// `create`, `change`, `trash` …
    pub verb: &'static str,
    /// Since when.
    pub since: Time,
}

/// What a dry run could not read, so that its plan lacks it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// What ended it early, or kept a stream from being listed.
    pub stopped: Option<Stop>,
    /// What went wrong with single items, one line each.
    pub errors: Vec<String>,
}

/// Where one link stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkState {
    /// Its name.
    pub name: String,
    /// Who runs it, if another machine does; the run and the last one are that machine's then.
    pub led_by: Option<String>,
    /// The run in progress.
    pub running: Option<Progress>,
    /// The last run, and when it ended.
    pub last: Option<(Time, Report)>,
    /// What the link waits for, and until when.
    pub next: Option<Waiting>,
    /// How many pairs stand where.
    pub counts: Counts,
    /// Open conflicts (the first hundred; `counts` has the number).
    pub conflicts: Vec<ConflictLine>,
    /// What waits, and why (the first of each kind; `counts` has the numbers).
    pub queue: Vec<QueueLine>,
    /// Writes whose outcome is unclear (the first hundred).
    pub in_doubt: Vec<DoubtLine>,
    /// What the last dry run would write, and when it was made.
    pub planned: Option<(Time, Vec<Planned>)>,
    /// Why `planned` may not be the whole plan.
    pub plan_cut: Cut,
    /// What the guard holds.
    pub halts: Vec<Halt>,
    /// What is left of the budgets: GitHub, Notion.
    pub budgets: [Budget; 2],
}

impl LinkState {
    /// How many items are set aside, or have a refused field, until a person does something.
    pub fn aside(&self) -> u64 {
        let is_aside = |line: &&QueueLine| matches!(line.standing, Standing::Parked { .. });
        let rows = self.queue.iter().filter(is_aside).count() as u64;
        rows.max(self.counts.parked)
    }
}

/// The whole engine at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Time,
    /// Since when writing is paused by the user.
    pub paused: Option<Time>,
    /// The links, in the order of the configuration.
    pub links: Vec<LinkState>,
    /// Why the store cannot be used, if it cannot.
    pub store_trouble: Option<String>,
    /// How it cannot be used.
    pub store_how: Trouble,
    /// Since when; what else this says is as old as that.
    pub store_away: Option<Time>,
}

/// What became of holding, or releasing, some items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Whether they were held, not released.
    pub on: bool,
    /// How many items stand differently now.
    pub items: usize,
}

/// The answer to a command.
pub type Reply<T> = oneshot::Sender<Result<T, String>>;

/// What the engine is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Run a link now (all links if none is named). Answers "already running" while it is.
    Sync {
        /// The link.
        link: Option<String>,
        /// What exactly.
        ask: Ask,
        /// Told when the run was accepted; a dry run is in the snapshot when it has ended.
        reply: Reply<()>,
    },
    /// Somebody looks, or does so no longer: regular looks come more often meanwhile.
    Focus(bool),
    /// Something may have changed outside; what it names is looked at soon, as by a regular run.
    Hint(Box<Hints>),
    /// Stop writing at the next commit boundary, until resumed. Survives a restart.
    Pause(bool, Reply<()>),
    /// Keep a choice for a conflict.
    Choose {
        /// The conflict's id.
        conflict: String,
        /// Which value wins.
        pick: Pick,
        /// Told when it is durable: since when the user holds the item, so that the choice waits.
        reply: Reply<Option<Time>>,
    },
    /// Answer the guard.
    AnswerHalt {
        /// The halt's id.
        halt: String,
        /// Apply, or keep and restore.
        apply: bool,
        /// Told how many items it concerned.
        reply: Reply<usize>,
    },
    /// What the guard holds as this halt, item by item.
    Held(String, Reply<Vec<HeldItem>>),
    /// Read a page of the history.
    History(HistoryQuery, Reply<Vec<Record>>),
    /// Read a pair, for a view of its item.
    Item(PairId, Reply<Option<Box<Pair>>>),
    /// What an undo of a record would put back, going by what both sides show now.
    UndoPlan(String, Reply<Vec<PutBack>>),
    /// Put back what a record overwrote, through the same gate as any write.
    Undo(String, Reply<Vec<PutBack>>),
    /// Try an item again now (every deferred item if none is named), whatever it waits for; told how many.
    Retry(Option<PairId>, Reply<usize>),
    /// Hold these items, so that nothing of them is written; release them where all of them are held already.
    Hold(Vec<PairId>, Reply<Holding>),
    /// Finish the write in flight, then end.
    Shutdown,
}

/// The way to a running engine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) snapshot: watch::Receiver<Arc<Snapshot>>,
    pub(super) events: broadcast::Sender<Event>,
    /// Says that it is to end, also to an engine that reads no commands while it waits for its store.
    pub(super) stopping: Arc<watch::Sender<bool>>,
}

impl Handle {
    /// Sends a command; waits while the engine is behind. An engine that has ended takes none.
    pub async fn send(&self, command: Command) -> Result<(), String> {
        if matches!(command, Command::Shutdown) {
            self.stopping.send_replace(true);
        }
        self.commands
            .send(command)
            .await
            .map_err(|_closed| "the engine has ended".to_owned())
    }

    /// The latest snapshot; changes can be awaited on it.
    pub fn snapshot(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.clone()
    }

    /// Everything that happens from now on. A reader that falls behind loses the oldest and is told so.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}
