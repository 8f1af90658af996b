//! What the seeds did: the figures that a user can repeat.

use std::collections::BTreeMap;
use std::fmt;

/// Counts over any number of seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Seeds run.
    pub seeds: u64,
    /// Times the engine gave control back: every point at which it can be interrupted.
    pub awaits: u64,
    /// Times its future was dropped.
    pub crashes: u64,
    /// Runs of the engine.
    pub runs: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Edits by people, by kind.
    pub people: BTreeMap<&'static str, u64>,
    /// Writes that changed something, by the engine.
    pub writes: u64,
    /// Human edits made between a verification and its write and overwritten by it, where the service offers no
    /// compare-and-swap (protocol 3.9). Each is in the history.
    pub races: u64,
    /// Writes whose answer was lost, taken back by people before the engine could look: made again.
    pub undone: u64,
    /// Conflicts opened.
    pub conflicts: u64,
    /// Coverage: decision row and how its write ended.
    pub cells: BTreeMap<String, u64>,
    /// Coverage: decision rows that led to a commit.
    pub rows: BTreeMap<String, u64>,
}

impl Figures {
    /// Counts a fault.
    pub fn fault(&mut self, kind: &'static str) {
        *self.faults.entry(kind).or_default() += 1;
    }

    /// Counts an edit.
    pub fn edit(&mut self, kind: &'static str) {
        *self.people.entry(kind).or_default() += 1;
    }

    /// Adds another seed's counts.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.awaits += other.awaits;
        self.crashes += other.crashes;
        self.runs += other.runs;
        self.writes += other.writes;
        self.races += other.races;
        self.undone += other.undone;
        self.conflicts += other.conflicts;
        for (kind, count) in &other.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        for (kind, count) in &other.people {
            *self.people.entry(kind).or_default() += count;
        }
        for (row, count) in &other.rows {
            *self.rows.entry(row.clone()).or_default() += count;
        }
        for (cell, count) in &other.cells {
            *self.cells.entry(cell.clone()).or_default() += count;
        }
    }

    /// All faults.
    pub fn all_faults(&self) -> u64 {
        self.faults.values().sum()
    }

    /// All edits by people.
    pub fn all_edits(&self) -> u64 {
        self.people.values().sum()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} seeds, {} runs, {} await points, {} crashes, {} faults, {} edits by people, {} writes, \
             {} conflicts, {} overwritten in a race, {} taken back in doubt, {} cells",
            self.seeds,
            self.runs,
            self.awaits,
            self.crashes,
            self.all_faults(),
            self.all_edits(),
            self.writes,
            self.conflicts,
            self.races,
            self.undone,
            self.cells.len()
        )
    }
}
