//! The guard: a run that would change unusually much stops and asks.

use serde::{Deserialize, Serialize};

use super::{PairId, Side, Time};

/// How much may change in one run without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Trashes and closes that are always allowed.
    pub trashes: usize,
    /// Trashes allowed beyond that, in percent of active pairs.
    pub trash_percent: usize,
    /// Pairs changed on one side, in percent of active pairs.
    pub change_percent: usize,
    /// Pairs with one field cleared on one side, in percent of active pairs.
    pub clear_percent: usize,
    /// Fewer changed pairs than this are never asked about.
    pub floor: usize,
}

/// Why the guard stopped something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Too many pages would be trashed (or issues closed).
    Trashes,
    /// Too many items changed at once on one side.
    Changes,
    /// Too many items lost the same field at once on one side.
    Cleared,
    /// Pages would become issues in a public repository in which the link never made one.
    Public,
}

/// A halt: what is held, and the question. An answer names it, so that new ones need a new answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halt {
    /// Its id, short enough to type.
    pub id: String,
    /// Why.
    pub reason: Reason,
    /// The side on which it happened.
    pub side: Side,
    /// One line for people, with what to do.
    pub note: String,
    /// The pairs that are held.
    pub pairs: Vec<PairId>,
    /// Since when.
    pub since: Time,
}

/// The id of the question whether a link may make issues in a public repository: one for each link and repository, as
/// GitHub's names do not tell upper from lower case.
pub fn public_id(link: &str, repository: &str) -> String {
    let digest = super::digest::sha256(&format!("{link}\n{}", repository.to_lowercase()));
    format!("p{}", &digest[..8])
}

/// Whether a halt's id is that of such a question; those of others begin with another letter.
pub fn is_public(id: &str) -> bool {
    id.starts_with('p')
}

/// How many of `active` pairs are `percent`, rounded down.
const fn share(active: usize, percent: usize) -> usize {
    active.saturating_mul(percent) / 100
}

/// Whether so many trashes need a person's word.
pub fn trashes_need_word(limits: &Limits, active: usize, trashes: usize) -> bool {
    trashes > limits.trashes.max(share(active, limits.trash_percent))
}

/// Whether so many changed pairs on one side need a person's word.
pub fn changes_need_word(limits: &Limits, active: usize, changed: usize) -> bool {
    changed > limits.floor.max(share(active, limits.change_percent))
}

/// Whether one field emptied on so many pairs of one side needs a person's word.
pub fn clears_need_word(limits: &Limits, active: usize, cleared: usize) -> bool {
    cleared > limits.floor.max(share(active, limits.clear_percent))
}
