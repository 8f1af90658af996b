//! How the machine that runs a link stands, for those that follow: kept in a setting that is written when it changes,
//! at most once a second during a run, and read when the store says so.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::Clock;
use super::face::{LinkState, Progress};
use super::report::{Event, Report};
use super::serve::Server;
use crate::core::{Record, RecordKind, Time};
use crate::remote::{Budget, Remote};
use crate::store::{HistoryQuery, Store, StoreError};

/// The setting that holds it.
pub(super) fn live_name(link: &str) -> String {
    format!("live/{link}")
}

/// Between two writes during a run, in milliseconds.
const APART_MS: i64 = 900;
/// Records read at once, and at most in one look; what is older is in the history.
const PAGE: usize = 50;
const PAGES: usize = 10;
/// Ids of records that are remembered, so that none is told twice.
const REMEMBERED: usize = 1_000;
/// What the history shows.
const KINDS: [RecordKind; 4] = [
    RecordKind::Write,
    RecordKind::Conflict,
    RecordKind::Item,
    RecordKind::Run,
];

/// How the one that runs a link stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Live {
    /// Who says it. What somebody said who does not run the link any more is history.
    pub(super) holder: String,
    pub(super) running: Option<Progress>,
    pub(super) last: Option<(Time, Report)>,
    pub(super) next: Option<Time>,
    pub(super) budgets: [Budget; 2],
    /// How much was recorded, so that whatever happens is a change.
    recorded: u64,
}

impl Live {
    /// How a link stands where it runs, if the one that leads it says so. What another version wrote is not understood.
    pub(super) async fn read<S: Store>(
        store: &S,
        link: &str,
        leader: &str,
    ) -> Result<Option<Self>, StoreError> {
        let text = store.setting(&live_name(link)).await?;
        let live: Option<Self> = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(live.filter(|live| live.holder == leader))
    }
}

/// The records that are known here, so that those of other machines can be told once.
#[derive(Default)]
pub(super) struct Known {
    ids: BTreeSet<(Time, String)>,
    /// How many records this process made.
    own: u64,
    /// The latest were read once; what was there before is not new.
    is_primed: bool,
}

impl Known {
    /// Takes note of what happens here.
    pub(super) fn note(&mut self, event: &Event) {
        if let Event::Recorded(record) = event {
            self.own += 1;
            self.add(record);
        }
    }

    /// Whether it was not known.
    fn add(&mut self, record: &Record) -> bool {
        let is_new = self.ids.insert((record.at, record.id.clone()));
        if self.ids.len() > REMEMBERED {
            self.ids.pop_first();
        }
        is_new
    }

    fn has(&self, record: &Record) -> bool {
        let is_forgotten =
            self.ids.len() >= REMEMBERED && self.ids.first().is_some_and(|(at, _)| record.at < *at);
        is_forgotten || self.ids.contains(&(record.at, record.id.clone()))
    }
}

pub(super) type Shared = Rc<RefCell<Known>>;

impl<G: Remote, N: Remote, S: Store, C: Clock> Server<'_, G, N, S, C> {
    /// Tells those that follow how the links stand that run here.
    pub(super) async fn tell_followers(&mut self, links: &[LinkState]) {
        for (at, link) in links.iter().enumerate() {
            if !self.slots[at].lead.is_ours() {
                continue;
            }
            let live = Live {
                holder: self.engine.holder.clone(),
                running: link.running.clone(),
                last: link.last.clone(),
                next: link.next.as_ref().map(|next| next.until),
                budgets: link.budgets,
                recorded: self.wires.known.borrow().own,
            };
            let elapsed = self.engine.clock.elapsed();
            let slot = &mut self.slots[at];
            let (told_at, told) = &slot.told;
            let is_too_soon = live.running.is_some()
                && told.running.is_some()
                && (0..APART_MS).contains(&elapsed.saturating_sub(*told_at));
            if live == *told || is_too_soon {
                continue;
            }
            slot.told = (elapsed, live);
            // A value of ours always can be written as JSON.
            let text = serde_json::to_string(&slot.told.1).unwrap_or_default();
            let name = live_name(&link.name);
            if self
                .engine
                .store
                .put_setting(&name, Some(&text))
                .await
                .is_err()
            {
                self.slots[at].told = Default::default();
            }
        }
    }

    /// Reads how a link stands that another machine runs.
    pub(super) async fn follow(&mut self, at: usize) {
        let name = &self.links[at].spec.name;
        let leader = self.slots[at].lead.other();
        let live = match leader {
            Some(leader) => Live::read(&self.engine.store, name, leader).await,
            None => Ok(None),
        };
        if let Ok(live) = live {
            self.slots[at].live = live;
        }
    }

    /// Tells what other machines recorded since the last look.
    pub(super) async fn look_at_history(&mut self) {
        let Ok(found) = self.unknown_records().await else {
            return;
        };
        let mut known = self.wires.known.borrow_mut();
        let was_primed = std::mem::replace(&mut known.is_primed, true);
        let new: Vec<Record> = found.into_iter().filter(|r| known.add(r)).collect();
        drop(known);
        if was_primed {
            for record in new.into_iter().rev() {
                (self.engine.sink)(Event::Elsewhere(Box::new(record)));
            }
        }
    }

    /// The latest records, newest first, until one that is known.
    async fn unknown_records(&self) -> Result<Vec<Record>, StoreError> {
        let store = &self.engine.store;
        let mut found: Vec<Record> = Vec::new();
        // The record of a run is as old as its beginning.
        for live in self.slots.iter().filter_map(|slot| slot.live.as_ref()) {
            if let Some((_, last)) = &live.last {
                found.extend(store.record_by_id(&last.run).await?);
            }
        }
        found.retain(|record| !self.wires.known.borrow().has(record));
        let mut before = None;
        for _ in 0..PAGES {
            let query = HistoryQuery {
                before: before.take(),
                kinds: KINDS.to_vec(),
                limit: PAGE,
                ..HistoryQuery::default()
            };
            let page = store.history(&query).await?;
            let known = self.wires.known.borrow();
            let is_last = page.len() < PAGE || page.iter().any(|record| known.has(record));
            before = page.last().map(|record| (record.at, record.id.clone()));
            found.extend(page.into_iter().filter(|record| !known.has(record)));
            if is_last || !known.is_primed {
                break;
            }
        }
        Ok(found)
    }
}
