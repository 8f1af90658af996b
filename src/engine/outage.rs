//! A store that cannot be used: what is shown meanwhile, and what is noted down when it is back.

use std::sync::Arc;

use super::face::{LinkState, Snapshot};
use super::report::{Event, Stop};
use super::serve::Server;
use super::{Clock, Link};
use crate::core::Time;
use crate::core::schedule::{Trouble, span};
use crate::remote::Remote;
use crate::store::{ErrorEntry, Store, StoreError};

/// Since when the store cannot be used, and why.
#[derive(Clone, Debug)]
pub(super) struct Outage {
    since: Time,
    trouble: Trouble,
    /// What happened and what to do.
    message: String,
    /// When one that refuses us is asked again.
    again: Time,
    /// When it was told of last.
    told: Time,
}

/// An outage that lasts is told of again after this, in milliseconds: who reads a log later has to see that it lasted.
const TELL_AGAIN_MS: i64 = 5 * 60_000;

impl<G: Remote, N: Remote, S: Store, C: Clock> Server<'_, G, N, S, C> {
    /// What was known stands, and says since when. Nothing more is asked of a store that is away: each question would
    /// wait for it in vain.
    pub(super) fn publish_away(&mut self, error: &StoreError) {
        let (now, trouble) = (self.engine.clock.now(), error.trouble());
        let is_new = self
            .away
            .as_ref()
            .is_none_or(|away| away.trouble != trouble);
        let since = self.away.as_ref().map_or(now, |away| away.since);
        let told = self.away.as_ref().map(|away| away.told);
        let tells = self.running.is_none()
            && (is_new || told.is_some_and(|told| now.since(told) >= TELL_AGAIN_MS));
        let again = self
            .engine
            .back_off(match (is_new, trouble.needs_a_person()) {
                (_, true) => 7,
                (true, false) => 4,
                (false, false) => 8,
            });
        self.away = Some(Outage {
            since,
            trouble,
            message: error.to_string(),
            again: now.plus(again),
            told: told.filter(|_| !tells).unwrap_or(now),
        });
        let name = self.engine.store.name();
        self.schedule.store_away(name, trouble, since, now, again);
        if tells {
            let (until, reason) = (now.plus(again), error.to_string());
            (self.engine.sink)(Event::Waiting { until, reason });
        }
        let mut snapshot = Snapshot::clone(&self.wires.snapshot.borrow());
        snapshot.at = now;
        snapshot.store_trouble = Some(error.to_string());
        (snapshot.store_how, snapshot.store_away) = (trouble, Some(since));
        if snapshot.links.is_empty() {
            let named = |link: &Link<G, N>| LinkState {
                name: link.spec.name.clone(),
                ..LinkState::default()
            };
            snapshot.links = self.links.iter().map(named).collect();
        }
        for (at, link) in snapshot.links.iter_mut().enumerate() {
            link.next = Some(self.next(at, now));
            let is_running = self.running.is_some_and(|(running, _)| running == at);
            link.running = link.running.take().filter(|_| is_running);
        }
        self.wires.snapshot.send_replace(Arc::new(snapshot));
    }

    /// A run found out that the store cannot be used, and may be the only one that does.
    pub(super) fn note_stop(&mut self, at: Time, stop: Option<&Stop>) {
        if let Some(Stop::Store { trouble, message }) = stop {
            self.away.get_or_insert(Outage {
                since: at,
                trouble: *trouble,
                message: message.clone(),
                again: at,
                told: at,
            });
        }
    }

    /// Whether the store refuses us, and it is not time to ask again.
    pub(super) fn is_refused_until_later(&self) -> bool {
        let now = self.engine.clock.now();
        let away = self.away.as_ref();
        away.is_some_and(|away| away.trouble.needs_a_person() && away.again > now)
    }

    /// The store is back, if it was away: the error log keeps since when, until when and why, once. One that follows
    /// leaves that to the one that runs the links.
    pub(super) async fn note_outage(&mut self) {
        let Some(outage) = self.away.take() else {
            return;
        };
        let follows = self.slots.iter().all(|slot| slot.lead.other().is_some());
        let Some(link) = self.links.first().filter(|_| !follows) else {
            return;
        };
        if self.engine.store.only_looks() {
            return;
        }
        let now = self.engine.clock.now();
        let name = self.engine.store.name();
        let lasted = span(now.since(outage.since));
        let entry = ErrorEntry {
            id: format!("{}/store/{}", link.spec.name, outage.since.0),
            link: link.spec.name.clone(),
            scope: name.to_owned(),
            pair: None,
            class: match outage.trouble {
                Trouble::Login => "unauthorized",
                Trouble::Right => "denied",
                Trouble::Unreachable | Trouble::NoWrites => "store",
            }
            .to_owned(),
            message: format!("could not be used for {lasted}: {}", outage.message),
            first_at: outage.since,
            last_at: now,
            count: 1,
            next_try: None,
            resolved_at: Some(now),
        };
        // A store that is away again keeps the outage open.
        if self.engine.store.put_error(&entry).await.is_err() {
            self.away = Some(outage);
        }
    }
}
