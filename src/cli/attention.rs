//! What needs a person, with its reasons: items set aside, refused fields; and how many items are truly in step.

use serde_json::{Value as Json, json};

use super::json;
use crate::core::{Pair, PairId, PairLife, Time};
use crate::shown::Shown;
use crate::store::{Counts, Store, StoreError, Which};
use std::collections::BTreeSet;

/// How many pairs are read at once.
const PAGE: usize = 200;
/// How many such pages a glance reads.
const GLANCE_PAGES: usize = 3;
/// How many lines of each list are printed; JSON has all of them.
const SHOWN: usize = 20;

/// What one link has that needs a person.
#[derive(Default)]
pub struct Attention {
    /// Kept in step, and nothing of it waits, is refused, held, unclear or in conflict.
    pub in_step: u64,
    /// Items set aside: name, title, reason.
    parked: Vec<(String, String, String)>,
    /// Items that the user holds: name, title, since when.
    by_user: Vec<(String, String, Time)>,
    /// Refused fields: name, field, side, reason, since when.
    refused: Vec<Refused>,
}

/// A write that a service refused or dropped.
struct Refused {
    item: String,
    title: String,
    field: String,
    side: crate::core::Side,
    reason: String,
    since: Time,
}

impl Attention {
    /// Collects it from the store.
    pub async fn of<S: Store>(store: &S, link: &str, counts: &Counts) -> Result<Self, StoreError> {
        let mut found = Self::default();
        // Those that are queued are counted by the store.
        let mut unrest: BTreeSet<PairId> = BTreeSet::new();
        for which in [
            Which::Troubled,
            Which::Conflicted,
            Which::Held,
            Which::HeldByUser,
            Which::InDoubt,
        ] {
            let mut after: Option<PairId> = None;
            loop {
                let pairs = store.pairs(link, which, after.as_ref(), PAGE).await?;
                let Some(last) = pairs.last() else { break };
                after = Some(last.id.clone());
                for pair in pairs {
                    if which == Which::Troubled {
                        found.take(&pair);
                    }
                    if let (Which::HeldByUser, Some(since)) = (which, pair.held_since) {
                        let name = pair.name().to_owned();
                        found.by_user.push((name, pair.title.clone(), since));
                    }
                    if pair.life == PairLife::Active && pair.dirty_since.is_none() {
                        unrest.insert(pair.id);
                    }
                }
            }
        }
        let not_quiet = counts.waiting + unrest.len() as u64;
        found.in_step = counts.active.saturating_sub(not_quiet);
        Ok(found)
    }

    fn take(&mut self, pair: &Pair) {
        if let PairLife::Parked(reason) = &pair.life {
            self.parked
                .push((pair.name().to_owned(), pair.title.clone(), reason.clone()));
            return;
        }
        if !is_linked(pair) {
            return;
        }
        self.refused
            .extend(pair.blocked.iter().map(|(field, blocked)| Refused {
                item: pair.name().to_owned(),
                title: pair.title.clone(),
                field: field.to_string(),
                side: blocked.side,
                reason: blocked.reason.clone(),
                since: blocked.since,
            }));
    }

    /// Whether something waits until a person does something about it.
    pub const fn needs_a_person(&self) -> bool {
        !self.parked.is_empty() || !self.refused.is_empty()
    }

    /// The same for one item only.
    #[must_use]
    pub fn only(mut self, item: &str) -> Self {
        let is_it = |name: &String| name.eq_ignore_ascii_case(item);
        self.parked.retain(|(name, ..)| is_it(name));
        self.by_user.retain(|(name, ..)| is_it(name));
        self.refused.retain(|one| is_it(&one.item));
        self
    }

    /// How many items are set aside.
    pub fn set_aside(&self) -> usize {
        self.parked.len()
    }

    /// How many fields were refused.
    pub fn refused(&self) -> usize {
        self.refused.len()
    }

    /// The items that are set aside, for scripts.
    pub fn parked_json(&self) -> Vec<Json> {
        let line = |(item, title, reason): &(String, String, String)| json!({"item": item, "title": title, "reason": reason});
        self.parked.iter().map(line).collect()
    }

    /// The items that the user holds, for scripts.
    pub fn by_user_json(&self) -> Vec<Json> {
        let line = |(item, title, since): &(String, String, Time)| json!({"item": item, "title": title, "since": json::time(*since)});
        self.by_user.iter().map(line).collect()
    }

    /// The refused fields, for scripts.
    pub fn refused_json(&self) -> Vec<Json> {
        let line = |one: &Refused| {
            json!({
                "item": one.item,
                "title": one.title,
                "field": one.field,
                "side": one.side,
                "reason": one.reason,
                "since": json::time(one.since),
            })
        };
        self.refused.iter().map(line).collect()
    }

    /// The lists, for people.
    pub fn print(&self) {
        for (item, _, reason) in self.parked.iter().take(SHOWN) {
            say!(
                "  set aside: {}: {}",
                Shown::line(item),
                Shown::line(reason)
            );
        }
        for (item, _, since) in self.by_user.iter().take(SHOWN) {
            say!(
                "  held by you since {}: {}",
                json::time(*since),
                Shown::line(item)
            );
        }
        for one in self.refused.iter().take(SHOWN) {
            say!(
                "  refused: {} of {} on {}: {}",
                Shown::line(&one.field),
                Shown::line(&one.item),
                one.side.name(),
                Shown::line(&one.reason)
            );
        }
        let lists = [self.parked.len(), self.refused.len(), self.by_user.len()];
        let more: usize = lists.iter().map(|len| len.saturating_sub(SHOWN)).sum();
        if more > 0 {
            say!("  and {more} more: `pulse-sync status --json`");
        }
    }
}

/// Whether a pair's refused fields still wait for anybody.
const fn is_linked(pair: &Pair) -> bool {
    !matches!(
        pair.life,
        PairLife::Parked(_) | PairLife::Tombstone | PairLife::Unlinked(_)
    )
}

/// How many fields of a link were refused; with very many troubled items at least so many, as only the first pages of
/// them are read: a prompt must not wait.
pub async fn refused<S: Store>(store: &S, link: &str) -> Result<usize, StoreError> {
    let mut count = 0;
    let mut after: Option<PairId> = None;
    for _ in 0..GLANCE_PAGES {
        let pairs = store
            .pairs(link, Which::Troubled, after.as_ref(), PAGE)
            .await?;
        let Some(last) = pairs.last() else { break };
        after = Some(last.id.clone());
        let linked = pairs.iter().filter(|pair| is_linked(pair));
        count += linked.map(|pair| pair.blocked.len()).sum::<usize>();
    }
    Ok(count)
}
