//! The pair: the durable record that ties a GitHub object to a Notion page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Field, FieldKey, Kind, ObjectId, Observation, Side, Stamp, Step, Time, Value, digest};

/// The id of a pair: 32 lowercase hex digits, the first twelve a time in milliseconds, so that ids sort by age.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PairId(pub String);

/// The key of a pair: 32 lowercase hex digits (128 bits). Written into issues that we create.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub String);

impl Key {
    /// The key of the pair of a page that a person made: derived, so that a store that never saw the page's issue
    /// knows its marker, and one-way, as issues may be public and page ids are nobody's business.
    pub fn of_page(id: &str) -> Self {
        let bare = id.replace('-', "").to_ascii_lowercase();
        let digest = digest::sha256(&format!("pulse-sync issue of page {bare}"));
        Self(digest.chars().take(32).collect())
    }
}

/// Where a pair stands as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairLife {
    /// Only one side is known so far.
    New,
    /// Both sides are known and kept in step.
    Active,
    /// Both are gone. Kept for good, so that a late list cannot resurrect it.
    Tombstone,
    /// Out of the selection, transferred away, or its partner was trashed: kept, not written.
    Unlinked(String),
    /// Set aside because of an error that needs a person; the text says what to do.
    Parked(String),
}

/// The values of one field at the last agreement, each side in its own normal form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// GitHub's value.
    pub github: Value,
    /// Notion's value; absent in storage when it is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notion: Option<Value>,
    /// The Notion value was sent but never read back (a body that went with a create): a first read that differs
    /// only in markup is a rendering, not an edit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assumed: bool,
    /// GitHub was given Notion's part of a merge, and its own part still has to go to Notion: GitHub's value is the
    /// one before that write, so finding it again means that somebody took the write back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

impl Base {
    /// The agreement of two values.
    pub fn new(github: Value, notion: Value) -> Self {
        let notion = (notion != github).then_some(notion);
        Self {
            github,
            notion,
            assumed: false,
            partial: false,
        }
    }

    /// The same agreement, with a Notion value that was sent and not read back.
    #[must_use]
    pub fn assumed(mut self) -> Self {
        self.assumed = true;
        self
    }

    /// Notion's value.
    pub fn notion(&self) -> &Value {
        self.notion.as_ref().unwrap_or(&self.github)
    }

    /// One side's value.
    pub fn of(&self, side: Side) -> &Value {
        match side {
            Side::Github => &self.github,
            Side::Notion => self.notion(),
        }
    }
}

/// A write that the service refused or dropped: not tried again until the source value changes, a person says so, or
/// it is [old](Blocked::is_old).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The side that refused.
    pub side: Side,
    /// The other side's value that could not be written.
    pub source: Value,
    /// Why, and what a person can do.
    pub reason: String,
    /// Since when.
    pub since: Time,
}

impl Blocked {
    /// Whether the refusal is so old that it should be tried whether it still stands; never if `again` is 0.
    pub const fn is_old(&self, now: Time, again: i64) -> bool {
        again > 0 && now.since(self.since) >= again
    }
}

/// Whether an intent's request is believed to be on its way or unclear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// Durable; the request may or may not have been sent.
    Prepared,
    /// The answer was lost, or the process that sent it died.
    InDoubt {
        /// Since when it is in doubt.
        since: Time,
        /// How many complete look-ups found nothing.
        lookups: u8,
        /// When the last of them was made.
        looked: Option<Time>,
    },
}

/// A step made durable before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its id: also the id of its record in the history.
    pub id: String,
    /// How often this create was attempted, from 1.
    pub attempt: u32,
    /// What is written.
    pub step: Step,
    /// What is known of the request.
    pub state: IntentState,
    /// When it was committed (commit A), on our own clock.
    pub committed_at: Time,
    /// The run that made it.
    pub run: String,
}

/// The answer of a person to a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Which value wins, said per side, each in that side's normal form.
    pub github: Value,
    /// The same on Notion.
    pub notion: Value,
    /// What was picked: `github`, `notion`, `base` or `edited`.
    pub pick: String,
    /// When.
    pub at: Time,
}

/// Both sides changed one field differently; waits for a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its id, short enough to type.
    pub id: String,
    /// The field, or none when one side was deleted and the other edited.
    pub field: Option<FieldKey>,
    /// The value at the last agreement (GitHub's normal form); `Null` when there was none.
    pub base: Value,
    /// GitHub's value.
    pub github: Value,
    /// Notion's value.
    pub notion: Value,
    /// GitHub's version stamp when it was found.
    pub github_at: Option<Time>,
    /// Notion's version stamp when it was found.
    pub notion_at: Option<Time>,
    /// Who changed it on GitHub, as far as GitHub says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github_by: Option<String>,
    /// Who changed it in Notion, as far as Notion says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notion_by: Option<String>,
    /// When it was found.
    pub found_at: Time,
    /// One line on what happened, for people.
    pub note: String,
    /// The person's answer, until it is carried out.
    pub choice: Option<Choice>,
}

/// Held by the guard until a person agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The id of the guard's halt that it belongs to.
    pub halt: String,
    /// Why, for people.
    pub reason: String,
    /// Whether a person agreed to this very step.
    pub agreed: bool,
}

/// What a person answered the guard about one change: good for this very change, and for no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The side on which it changed.
    pub side: Side,
    /// The field.
    pub field: FieldKey,
    /// What that side showed when it was listed, in its normal form.
    pub shown: Value,
    /// What that side showed at the last agreement, in its normal form.
    pub base: Value,
    /// Whether the change was wrong, and is put back; else it goes over.
    pub wrong: bool,
}

impl Word {
    /// Whether it is about the change from `base` to `shown`, both of its own side.
    pub fn fits(&self, field: &Field, shown: &Value, base: &Value) -> bool {
        self.field == field.key
            && field.codec.same(&self.shown, shown)
            && field.codec.same(&self.base, base)
    }
}

/// One pair is one document with at most one open intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Its id.
    pub id: PairId,
    /// Counts the commits of this document; every commit is a compare-and-swap on it. 0 = not stored yet.
    pub rev: u64,
    /// The link's name.
    pub link: String,
    /// The key written into issues made for it.
    pub key: Key,
    /// What kind of item it is.
    pub kind: Kind,
    /// The GitHub object, once known.
    pub github: Option<ObjectId>,
    /// The Notion page, once known.
    pub notion: Option<ObjectId>,
    /// The item's title when last seen, for people.
    pub title: String,
    /// Where it stands.
    pub life: PairLife,
    /// Agreements, by field.
    pub base: BTreeMap<FieldKey, Base>,
    /// The versions that the bases were read from: GitHub, Notion.
    pub seen: [Option<Stamp>; 2],
    /// Notion's version came from our own write: somebody with the same token may have edited the text in the rest of
    /// its minute, under the same stamp. The next full listing has the text read again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub text_unsure: bool,
    /// While `New`: what the listing saw, so that a create needs no further read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Box<Observation>>,
    /// The one open intent.
    pub intent: Option<Intent>,
    /// Reads before this time may still show the past of our own write.
    pub quiet_until: Option<Time>,
    /// Something may have changed since; oldest first is the working order.
    pub dirty_since: Option<Time>,
    /// Failed attempts in a row.
    pub tries: u32,
    /// Not before this time.
    pub next_try: Option<Time>,
    /// What the last failure was, for people.
    pub last_error: Option<String>,
    /// Refused writes, by field.
    pub blocked: BTreeMap<FieldKey, Blocked>,
    /// Open conflicts.
    pub conflicts: Vec<Conflict>,
    /// Held by the guard.
    pub hold: Option<Hold>,
    /// Held by the user since then: nothing of it is written to either side until it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Time>,
    /// What a person answered to the guard, for each change that was listed, until it is carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// A person answered, and the guard has not counted since what else changed: no turn before it has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncounted: bool,
    /// The side that what was last noticed has to be written to; none = not known, or both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<Side>,
    /// Fields whose foreign edits were put back: what value, when. The same value again within a day parks the field.
    pub reverted: BTreeMap<FieldKey, (Value, Time)>,
    /// The version of the link's [places](super::places::Places) that the bases belong to.
    #[serde(default, skip_serializing_if = "is_first")]
    pub placed: u32,
    /// When it was first seen.
    pub created_at: Time,
    /// When it was last found or brought in step.
    pub synced_at: Option<Time>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_first(version: &u32) -> bool {
    *version == 0
}

impl Pair {
    /// Whether nothing of it waits, is refused, held, unclear or in conflict, as far as the last pass saw.
    pub fn is_in_step(&self) -> bool {
        self.life == PairLife::Active
            && self.intent.is_none()
            && self.dirty_since.is_none()
            && self.next_try.is_none()
            && !self.text_unsure
            && self.hold.is_none()
            && self.held_since.is_none()
            && self.blocked.is_empty()
            && self.conflicts.is_empty()
    }

    /// A pair of which one side was just seen for the first time.
    pub fn first_seen(id: PairId, key: Key, link: &str, seen: &Observation, now: Time) -> Self {
        let mut pair = Self {
            id,
            rev: 0,
            link: link.to_owned(),
            key,
            kind: seen.kind,
            github: None,
            notion: None,
            title: seen.title().to_owned(),
            life: PairLife::New,
            base: BTreeMap::new(),
            seen: [None, None],
            text_unsure: false,
            pending: Some(Box::new(seen.clone())),
            intent: None,
            quiet_until: None,
            dirty_since: Some(now),
            tries: 0,
            next_try: None,
            last_error: None,
            blocked: BTreeMap::new(),
            conflicts: Vec::new(),
            hold: None,
            held_since: None,
            words: Vec::new(),
            uncounted: false,
            heading: Some(seen.side.other()),
            reverted: BTreeMap::new(),
            placed: 0,
            created_at: now,
            synced_at: None,
        };
        *pair.object_mut(seen.side) = Some(seen.id.clone());
        pair
    }

    /// One side's object.
    pub const fn object(&self, side: Side) -> Option<&ObjectId> {
        match side {
            Side::Github => self.github.as_ref(),
            Side::Notion => self.notion.as_ref(),
        }
    }

    /// One side's object, to set it.
    pub const fn object_mut(&mut self, side: Side) -> &mut Option<ObjectId> {
        match side {
            Side::Github => &mut self.github,
            Side::Notion => &mut self.notion,
        }
    }

    /// The stamp of the version that one side's bases came from.
    pub const fn seen(&self, side: Side) -> Option<&Stamp> {
        self.seen[side as usize].as_ref()
    }

    /// Marks it as possibly changed; an earlier mark stays.
    pub fn touch(&mut self, now: Time) {
        self.dirty_since = Some(self.dirty_since.map_or(now, |since| since.min(now)));
    }

    /// Keeps the title that a side shows, for people, unless it is the one of the last agreement: then the other side's
    /// may be newer.
    pub fn note_title(&mut self, seen: &Observation) {
        let shown = seen.field(&FieldKey::TITLE);
        let base = self.base.get(&FieldKey::TITLE);
        let is_agreed = base.is_some_and(|base| Some(base.of(seen.side)) == shown);
        if !is_agreed && !seen.title().trim().is_empty() {
            seen.title().clone_into(&mut self.title);
        }
    }

    /// Whether a turn may look at it now.
    pub fn is_due(&self, now: Time) -> bool {
        self.dirty_since.is_some()
            && self.intent.is_none()
            && self.next_try.is_none_or(|at| at <= now)
            && self.quiet_until.is_none_or(|at| at <= now)
            && !matches!(self.life, PairLife::Tombstone)
    }

    /// The name for people: `owner/repo#12` where known, else the title.
    pub fn name(&self) -> &str {
        self.github
            .as_ref()
            .map_or(self.title.as_str(), |id| id.locator.as_str())
    }

    /// Whether a person means this pair by a name: `owner/repo#12`, a title while there is no issue, or its page's id.
    pub fn goes_by(&self, name: &str) -> bool {
        let is_page = |page: &ObjectId| page.node.eq_ignore_ascii_case(name);
        self.name().eq_ignore_ascii_case(name) || self.notion.as_ref().is_some_and(is_page)
    }

    /// What a person said about the change of a side's field from its base to `shown`; none if nobody was asked.
    pub fn word_on(&self, side: Side, field: &Field, shown: &Value) -> Option<&Word> {
        let base = self.base.get(&field.key)?.of(side);
        self.words
            .iter()
            .find(|word| word.side == side && word.fits(field, shown, base))
    }

    /// The open conflict of a field.
    pub fn conflict_on(&self, field: Option<&FieldKey>) -> Option<&Conflict> {
        self.conflicts
            .iter()
            .find(|conflict| conflict.field.as_ref() == field)
    }
}
