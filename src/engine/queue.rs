//! What waits, and why: the items that are queued, deferred, held, set aside or in doubt, for lists.

use super::{Clock, Engine};
use crate::core::{FieldKey, Kind, Pair, PairId, PairLife, Side, Time, Value};
use crate::store::{Store, StoreError, Which};

/// How many items of each standing a snapshot carries.
pub const SHOWN: usize = 60;

/// Why an item is not in step yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for its turn.
    Queued {
        /// Something may have changed since; none = a sweep has to look at it.
        since: Option<Time>,
    },
    /// It waits for a time.
    Deferred {
        /// Not before this time.
        until: Time,
        /// What it waits for.
        reason: String,
        /// Failed attempts so far.
        tries: u32,
    },
    /// The outcome of a write is unclear; recovery looks for evidence.
    InDoubt {
        /// The side that was written.
        side: Side,
        /// Since when.
        since: Time,
    },
    /// The guard holds it until a person answers.
    Held {
        /// The halt to answer.
        halt: String,
        /// Why.
        reason: String,
    },
    /// The user holds it.
    HeldByUser {
        /// Since when.
        since: Time,
    },
    /// It is set aside, or a field of it is refused, until a person does something.
    Parked {
        /// What happened and what to do.
        reason: String,
    },
}

/// One item that is not in step yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueLine {
    /// The pair.
    pub pair: PairId,
    /// The item's name.
    pub item: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// Its addresses on GitHub and in Notion, where known.
    pub urls: [Option<String>; 2],
    /// The side that it waits to be written to, where that is known.
    pub to: Option<Side>,
    /// Why it is not in step yet.
    pub standing: Standing,
}

/// The addresses of a pair's two objects, for a browser.
pub fn urls(pair: &Pair) -> [Option<String>; 2] {
    let github = pair
        .base
        .get(&FieldKey::of("url"))
        .map(|base| &base.github)
        .or_else(|| pair.pending.as_ref()?.field(&FieldKey::of("url")))
        .map(Value::as_text)
        .filter(|url| !url.is_empty())
        .map(str::to_owned);
    let notion = pair.notion.as_ref().map(|_| page_address(pair));
    [github, notion]
}

/// The address of a pair's page, for a browser; empty without a page.
pub fn page_address(pair: &Pair) -> String {
    let page = pair.notion.as_ref();
    page.map(|page| format!("https://www.notion.so/{}", page.node.replace('-', "")))
        .unwrap_or_default()
}

fn line(pair: &Pair, standing: Standing) -> QueueLine {
    QueueLine {
        pair: pair.id.clone(),
        item: pair.name().to_owned(),
        title: pair.title.clone(),
        kind: pair.kind,
        urls: urls(pair),
        to: match &standing {
            Standing::InDoubt { side, .. } => Some(*side),
            Standing::Parked { .. } => refused_by(pair),
            _ => pair.heading,
        },
        standing,
    }
}

/// The side that refuses what an item waits with.
fn refused_by(pair: &Pair) -> Option<Side> {
    if matches!(pair.life, PairLife::Parked(_)) {
        return None;
    }
    pair.blocked.values().next().map(|blocked| blocked.side)
}

fn deferred(pair: &Pair, now: Time) -> Option<Standing> {
    let until = pair.next_try.max(pair.quiet_until)?;
    (until > now).then(|| Standing::Deferred {
        until,
        reason: match &pair.last_error {
            Some(error) if pair.next_try >= pair.quiet_until => error.clone(),
            _ if pair.next_try >= pair.quiet_until && pair.tries > 0 => {
                "tried again after a failure".to_owned()
            }
            _ if pair.next_try >= pair.quiet_until => "still being edited".to_owned(),
            _ => "our own write settles".to_owned(),
        },
        tries: pair.tries,
    })
}

fn troubled(pair: &Pair) -> Option<Standing> {
    let reason = if let PairLife::Parked(reason) = &pair.life {
        reason.clone()
    } else {
        let (field, blocked) = pair.blocked.iter().next()?;
        format!("{field}: {}", blocked.reason)
    };
    Some(Standing::Parked { reason })
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// What of a link waits, each kind of waiting in its order; a bounded number of each.
    pub(super) async fn queue(&self, link: &str) -> Result<Vec<QueueLine>, StoreError> {
        let now = self.clock.now();
        let store = &self.store;
        let mut lines = Vec::new();
        for pair in store.due(link, now, SHOWN).await? {
            if pair.hold.is_none() && pair.held_since.is_none() {
                let since = pair.dirty_since.filter(|since| since.0 > 0);
                lines.push(line(&pair, Standing::Queued { since }));
            }
        }
        for pair in store.pairs(link, Which::InDoubt, None, SHOWN).await? {
            if let Some(intent) = &pair.intent {
                let (side, since) = (intent.step.side, intent.committed_at);
                lines.push(line(&pair, Standing::InDoubt { side, since }));
            }
        }
        for pair in store.waiting(link, now, SHOWN).await? {
            if pair.held_since.is_some() {
                continue;
            }
            lines.extend(deferred(&pair, now).map(|standing| line(&pair, standing)));
        }
        for pair in store.pairs(link, Which::Held, None, SHOWN).await? {
            if let Some(hold) = pair.hold.as_ref().filter(|hold| !hold.agreed) {
                let (halt, reason) = (hold.halt.clone(), hold.reason.clone());
                lines.push(line(&pair, Standing::Held { halt, reason }));
            }
        }
        for pair in store.pairs(link, Which::HeldByUser, None, SHOWN).await? {
            if let Some(since) = pair.held_since {
                lines.push(line(&pair, Standing::HeldByUser { since }));
            }
        }
        for pair in store.pairs(link, Which::Troubled, None, SHOWN).await? {
            lines.extend(troubled(&pair).map(|standing| line(&pair, standing)));
        }
        Ok(lines)
    }
}
