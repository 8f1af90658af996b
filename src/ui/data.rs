//! What the screen knows: the engine's last word, the history read so far, the log, the machine.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::text::{self, Zone, width};
use super::theme::Meaning;
use crate::core::schedule::Scope;
use crate::core::{Conflict, PairId, Record, RecordKind, Side, Time};
use crate::engine::Snapshot;
use crate::engine::face::{ConflictLine, LinkState};
use crate::engine::queue::{QueueLine, Standing};
use crate::shown::Shown;

/// A person's name takes so many columns: at most, and at least or it is left out.
const WHO_MOST: usize = 24;
const WHO_LEAST: usize = 4;
/// Lines of the log that are kept.
const LOG_LINES: usize = 1_000;
/// Samples of the machine that are kept: five minutes, one a second.
const SAMPLES: usize = 300;
/// Records of the history that are kept of those that just happened; those before them are read again when they are
/// scrolled to.
const LIVE: usize = 500;
/// Records of the history that are read at most.
const RECORDS: usize = 5_000;

/// How grave a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For finding faults.
    Debug,
    /// What happens.
    Info,
    /// Needs attention soon.
    Warn,
    /// Went wrong.
    Error,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Time,
    /// How grave.
    pub level: Level,
    /// What happened.
    pub text: String,
}

/// The machine at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Memory in use and there is, in bytes: of the machine, or of the container where that is shorter of it.
    pub memory: (u64, u64),
    /// Whose memory.
    pub scope: Scope,
    /// Swap in use and there is, in bytes.
    pub swap: (u64, u64),
    /// Load of all cores, 0 to 1.
    pub cpu: f64,
    /// Cores.
    pub cores: usize,
    /// Memory of this program, in bytes.
    pub own_memory: u64,
    /// Load by this program, in cores.
    pub own_cpu: f64,
}

impl Sample {
    /// The name of the memory where there is little room.
    pub const fn memory_name(&self) -> &'static str {
        match self.scope {
            Scope::Machine => "mem",
            Scope::Container => "cgrp",
        }
    }

    /// The part of the memory that is in use, 0 to 1.
    pub fn memory_part(&self) -> f64 {
        part(self.memory)
    }

    /// The part of the swap that is in use, 0 to 1.
    pub fn swap_part(&self) -> f64 {
        part(self.swap)
    }
}

fn part((used, all): (u64, u64)) -> f64 {
    if all == 0 {
        0.0
    } else {
        used as f64 / all as f64
    }
}

/// What does not change while the program runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// What is kept in step, in a few words: `acme/widgets ⇄ Roadmap`.
    pub subject: String,
    /// Where the memory is: `sqlite`, `mongo`.
    pub store: String,
    /// The user's time zone.
    pub zone: Zone,
    /// Part of the memory above which syncing slows down, 0 to 1.
    pub memory_limit: f64,
    /// Load above which syncing slows down, 0 to 1.
    pub cpu_limit: f64,
    /// Nothing may be asked of the engine that writes.
    pub read_only: bool,
    /// Where the log file is.
    pub log_folder: String,
    /// By link, the heading below which a page is private.
    pub private_headings: BTreeMap<String, String>,
    /// The links by name, each with what it was told: what, and the words.
    pub links: Vec<(String, Vec<(&'static str, String)>)>,
}

/// Everything that views draw from.
#[derive(Clone, Debug)]
pub struct Data {
    /// Now.
    pub now: Time,
    /// What does not change.
    pub facts: Facts,
    /// The engine's last word.
    pub snapshot: Arc<Snapshot>,
    /// The history, newest first, as far as it was read.
    pub history: VecDeque<Record>,
    /// Whether the history was read to its end.
    pub history_complete: bool,
    /// How many records of it are kept: more once somebody scrolled back.
    kept: usize,
    /// The log, oldest first.
    pub log: VecDeque<LogLine>,
    /// How many lines of the log are no longer kept.
    pub dropped: usize,
    /// The machine, oldest first.
    pub samples: VecDeque<Sample>,
    /// A pause (or its end) was asked for, and the engine has not confirmed it yet.
    pub pausing: Option<bool>,
    /// The program ends as soon as the write in flight is finished.
    pub quitting: bool,
    /// Why the engine could not start, or ended.
    pub trouble: Option<String>,
    /// Whether times are shown as times of day instead of ages.
    pub absolute: bool,
    /// Conflicts put aside, by id, and until when.
    pub deferred: Vec<(String, Time)>,
}

impl Data {
    /// Nothing known yet.
    pub fn new(facts: Facts, now: Time) -> Self {
        Self {
            now,
            facts,
            snapshot: Arc::default(),
            history: VecDeque::new(),
            history_complete: false,
            kept: LIVE,
            log: VecDeque::new(),
            dropped: 0,
            samples: VecDeque::new(),
            pausing: None,
            quitting: false,
            trouble: None,
            absolute: false,
            deferred: Vec::new(),
        }
    }

    /// Keeps a line of the log.
    pub fn note(&mut self, line: LogLine) {
        if self.log.len() == LOG_LINES {
            self.log.pop_front();
            self.dropped += 1;
        }
        self.log.push_back(line);
    }

    /// Keeps a sample of the machine.
    pub fn sample(&mut self, sample: Sample) {
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// Puts a record that just happened in front of the history; those that only begin something are left out.
    pub fn happened(&mut self, record: Record) {
        let is_known = self
            .history
            .iter()
            .take(64)
            .any(|known| known.id == record.id);
        if record.kind == RecordKind::Intent || is_known {
            return;
        }
        // A run's record comes when the run has ended, and is as old as its beginning.
        let is_older = |known: &Record| (known.at, &known.id) < (record.at, &record.id);
        let at = self.history.iter().position(is_older);
        let at = at.unwrap_or(self.history.len());
        self.history.insert(at, record);
        if self.history.len() > self.kept {
            self.history.truncate(self.kept);
            self.history_complete = self.kept == RECORDS;
        }
    }

    /// Appends a page of the history, read from the store.
    pub fn older(&mut self, page: Vec<Record>, is_last: bool) {
        for record in page {
            if !self.history.iter().any(|known| known.id == record.id) {
                self.history.push_back(record);
            }
        }
        if self.history.len() > LIVE {
            self.kept = RECORDS;
        }
        self.history_complete = is_last || self.history.len() >= RECORDS;
    }

    /// Takes over what the engine said. A conflict put aside comes back when a side of it changed.
    pub fn take(&mut self, snapshot: Arc<Snapshot>) {
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        let values = |snapshot: &Arc<Snapshot>, id: &str| {
            let mut all = snapshot.links.iter().flat_map(|link| &link.conflicts);
            let line = all.find(|line| line.conflict.id == id);
            line.map(|line| (line.conflict.github.clone(), line.conflict.notion.clone()))
        };
        let now = &self.snapshot;
        self.deferred
            .retain(|(id, _)| match (values(&before, id), values(now, id)) {
                (Some(then), Some(now)) => then == now,
                _ => true,
            });
    }

    /// The links that the engine runs.
    pub fn links(&self) -> &[LinkState] {
        &self.snapshot.links
    }

    /// Every conflict that waits for a person, those put aside left out.
    pub fn conflicts(&self) -> Vec<&ConflictLine> {
        self.links()
            .iter()
            .flat_map(|link| &link.conflicts)
            .filter(|line| line.conflict.choice.is_none())
            .filter(|line| !self.is_deferred(&line.conflict.id))
            .collect()
    }

    /// Whether a conflict is put aside now.
    pub fn is_deferred(&self, conflict: &str) -> bool {
        self.deferred_until(conflict).is_some()
    }

    /// Until when a conflict is put aside, if it is.
    pub fn deferred_until(&self, conflict: &str) -> Option<Time> {
        let mut untils = self.deferred.iter().filter(|(id, _)| id == conflict);
        untils
            .find(|(_, until)| *until > self.now)
            .map(|(_, until)| *until)
    }

    /// Puts a conflict aside until then, unless a side of it changes before.
    pub fn defer(&mut self, conflict: String, until: Time) {
        self.deferred.retain(|(id, _)| *id != conflict);
        self.deferred.push((conflict, until));
    }

    /// The items in conflict, each with its conflicts, the oldest first.
    pub fn conflicted(&self) -> Vec<(PairId, Vec<&ConflictLine>)> {
        by_item(self.conflicts())
    }

    /// The items of which every conflict is put aside, each with its conflicts, the oldest first.
    pub fn put_aside(&self) -> Vec<(PairId, Vec<&ConflictLine>)> {
        let lines = self.links().iter().flat_map(|link| &link.conflicts);
        let open = lines.filter(|line| line.conflict.choice.is_none());
        let mut items = by_item(open.collect());
        items.retain(|(_, lines)| lines.iter().all(|line| self.is_deferred(&line.conflict.id)));
        items
    }

    /// Everything that waits.
    pub fn queue(&self) -> impl Iterator<Item = (&LinkState, &QueueLine)> {
        let lines = |link| std::iter::repeat(link);
        self.links()
            .iter()
            .flat_map(move |link| lines(link).zip(&link.queue))
    }

    /// How many things need a person: items in conflict, halts, and items set aside.
    pub fn needs(&self) -> usize {
        let halts: usize = self.links().iter().map(|link| link.halts.len()).sum();
        let aside: u64 = self.links().iter().map(LinkState::aside).sum();
        self.conflicted().len() + halts + usize::try_from(aside).unwrap_or(usize::MAX)
    }

    /// Whether the user holds an item.
    pub fn is_held_by_you(&self, pair: &PairId) -> bool {
        self.queue().any(|(_, line)| {
            line.pair == *pair && matches!(line.standing, Standing::HeldByUser { .. })
        })
    }

    /// That the user holds an item, and since when: `held by you since 14:20`.
    pub fn held_by_you(&self, since: Time) -> String {
        let zone = self.facts.zone;
        let day = zone.when(since, self.now);
        let at = if day == zone.clock(since) {
            zone.minute(since)
        } else {
            day
        };
        format!("held by you since {at}")
    }

    /// Who changed one side of a conflict, and when, as far as that is known and there is room: `kim 12m ago`.
    pub fn whence(&self, conflict: &Conflict, side: Side, room: usize) -> Option<String> {
        let (by, at) = match side {
            Side::Github => (&conflict.github_by, conflict.github_at),
            Side::Notion => (&conflict.notion_by, conflict.notion_at),
        };
        let when = at.map(|at| self.when(at)).unwrap_or_default();
        let ago = match when.as_str() {
            "" | "now" => when.clone(),
            _ if self.absolute => when.clone(),
            when => format!("{when} ago"),
        };
        let name = by.as_deref().map(|name| {
            let name = Shown::line(name).to_string();
            text::clip(&name, WHO_MOST, "…")
        });
        let Some(name) = name else {
            return Some(ago).filter(|ago| !ago.is_empty());
        };
        let left = |when: &str| room.saturating_sub(width(when) + 1);
        if width(&name) <= left(&ago) {
            return Some(format!("{name} {ago}").trim_end().to_owned());
        }
        // The name says more than the word.
        let left = left(&when);
        if left < WHO_LEAST.min(width(&name)) {
            return Some(ago).filter(|ago| !ago.is_empty());
        }
        let name = text::clip(&name, left, "…");
        Some(format!("{name} {when}").trim_end().to_owned())
    }

    /// A moment as this user wants to see it: a time of day, or an age.
    pub fn when(&self, at: Time) -> String {
        if self.absolute {
            self.facts.zone.when(at, self.now)
        } else {
            text::age(self.now.since(at))
        }
    }
}

/// Conflicts by their item, the item with the oldest first.
fn by_item(lines: Vec<&ConflictLine>) -> Vec<(PairId, Vec<&ConflictLine>)> {
    let mut items: Vec<(PairId, Vec<&ConflictLine>)> = Vec::new();
    for line in lines {
        match items.iter_mut().find(|(pair, _)| *pair == line.pair) {
            Some((_, lines)) => lines.push(line),
            None => items.push((line.pair.clone(), vec![line])),
        }
    }
    items.sort_by_key(|(_, lines)| lines.iter().map(|line| line.conflict.found_at).min());
    items
}

/// A way in four columns: `GH→N`, `N→GH`.
pub const fn way(to: Option<Side>) -> &'static str {
    match to {
        Some(Side::Notion) => "GH→N",
        Some(Side::Github) => "N→GH",
        None => "both",
    }
}

/// What a way means, for its colour: the side that is written.
pub const fn way_meaning(to: Option<Side>) -> Meaning {
    match to {
        Some(Side::Notion) => Meaning::Notion,
        Some(Side::Github) => Meaning::Github,
        None => Meaning::Dim,
    }
}

/// A title, or that there is none: without a word, the next column would take its place.
pub fn titled(title: &str) -> &str {
    if title.trim().is_empty() {
        "(no title)"
    } else {
        title
    }
}

/// The repository of an item's name (`owner/repo#12`, `owner/repo@1a2b3c4`); empty where the name is a title.
pub fn repository(item: &str) -> &str {
    let (name, _) = item
        .rsplit_once('#')
        .or_else(|| item.rsplit_once('@'))
        .unwrap_or_default();
    if name.contains('/') && !name.contains(char::is_whitespace) {
        name
    } else {
        ""
    }
}

/// An item's short name, `#12`, and the rest of it for tooltips: `owner/repo#12` where several repositories are shown.
pub fn short(item: &str) -> String {
    match (item.rsplit_once('#'), item.rsplit_once('@')) {
        (Some((_, number)), _) if number.chars().all(|c| c.is_ascii_digit()) => {
            format!("#{number}")
        }
        (_, Some((repository, sha))) if repository.contains('/') => sha.chars().take(7).collect(),
        _ => item.to_owned(),
    }
}
