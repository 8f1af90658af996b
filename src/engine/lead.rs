//! Who runs a link where several machines share a store: one leads, the others follow and take over.
//!
//! The lease only saves work. What keeps several machines safe is the pair's `rev`, and its open intent.

use std::collections::BTreeSet;

use super::live::live_name;
use super::report::{Event, Report, Stop};
use super::run::{Keeping, PAUSE, lease_name};
use super::serve::{Heard, Server};
use super::{Ask, Clock};
use crate::core::schedule::Ended;
use crate::remote::Remote;
use crate::store::{Lease, Store};

/// A lease is renewed so many times before it is over.
const RENEWALS: i64 = 3;
/// News of a lease lets it be asked for, but not more often than this, in milliseconds.
const ASKED_APART_MS: i64 = 1_000;

/// How this machine stands to a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Lead {
    /// Nobody was asked yet, or nobody runs it.
    #[default]
    Open,
    /// It runs here.
    Ours,
    /// Somebody else runs it.
    Theirs(String),
}

impl Lead {
    pub(super) const fn is_ours(&self) -> bool {
        matches!(self, Self::Ours)
    }

    /// Who else runs it.
    pub(super) const fn other(&self) -> Option<&str> {
        match self {
            Self::Theirs(holder) => Some(holder.as_str()),
            Self::Open | Self::Ours => None,
        }
    }
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Server<'_, G, N, S, C> {
    /// How long may be waited without a look at the leases, in milliseconds.
    pub(super) fn renewed_every(&self) -> i64 {
        (self.engine.settings.lease_ttl / RENEWALS).max(1)
    }

    /// Where several machines share the store, a run does not end that one leads.
    pub(super) const fn keeping(&self) -> Keeping {
        if self.is_shared {
            Keeping::Keeps
        } else {
            Keeping::GivesBack
        }
    }

    /// Asks for the lease of a link; says whether it runs here. A store that is away stops the run by itself.
    pub(super) async fn lead(&mut self, at: usize) -> bool {
        if !self.is_shared {
            return true;
        }
        let engine = self.engine;
        let (name, now) = (lease_name(&self.links[at].spec.name), engine.clock.now());
        self.slots[at].lease_asked = engine.clock.elapsed();
        let lease = if engine.read_only {
            engine.store.leased(&name, now).await
        } else {
            let ttl = engine.settings.lease_ttl;
            let asked = engine.store.lease(&name, &engine.holder, now, ttl).await;
            asked.map(Some)
        };
        match lease {
            Err(_) => {
                let slot = &mut self.slots[at];
                slot.lease_over = slot
                    .lease_asked
                    .saturating_add(self.engine.settings.lease_ttl);
                true
            }
            Ok(None) => {
                self.slots[at].lead = Lead::Open;
                false
            }
            Ok(Some(lease)) => self.stand(at, lease).await,
        }
    }

    /// Takes in who has the lease of a link; says whether it is this machine.
    async fn stand(&mut self, at: usize, lease: Lease) -> bool {
        let is_ours = lease.holder == self.engine.holder;
        let before = self.slots[at].lead.clone();
        if is_ours {
            self.slots[at].lead = Lead::Ours;
            if !before.is_ours() {
                self.tell_leader(at, before.other().is_some());
                self.slots[at].live = None;
                self.slots[at].told = Default::default();
                self.schedule.hint(at, self.engine.clock.now());
                self.take_asks(at).await;
            }
            return true;
        }
        self.slots[at].lead = Lead::Theirs(lease.holder.clone());
        if !self.engine.read_only {
            self.wait_for_lease(at, &lease);
        }
        if before != self.slots[at].lead {
            self.tell_leader(at, true);
            self.slots[at].asked = None;
            self.follow(at).await;
        }
        false
    }

    /// Says who runs a link now, if that is news.
    fn tell_leader(&self, at: usize, is_news: bool) {
        if is_news {
            let holder = self.slots[at].lead.other().map(str::to_owned);
            let link = self.links[at].spec.name.clone();
            (self.engine.sink)(Event::Leads { link, holder });
        }
    }

    /// The link is looked at again when its lease is over, whoever dies before that.
    fn wait_for_lease(&mut self, at: usize, lease: &Lease) {
        let ended = Ended::Busy {
            holder: lease.holder.clone(),
            until: lease.until,
        };
        let (now, roll) = (self.engine.clock.now(), self.engine.clock.random());
        let left = lease.until.since(now).max(0);
        self.slots[at].lease_over = self.engine.clock.elapsed().saturating_add(left);
        self.schedule.ended(at, now, ended, None, roll);
    }

    /// Renews the leases of what runs here, when it is time, and asks for those of others when they are over; says
    /// whether that changed who runs what. One that may only read looks as often as others renew.
    pub(super) async fn keep_leases(&mut self) -> bool {
        // A store that is away is asked by one question; who leads shows when it is back.
        if !self.is_shared || self.away.is_some() {
            return false;
        }
        let elapsed = self.engine.clock.elapsed();
        let every = self.renewed_every();
        let mut is_news = false;
        for at in 0..self.slots.len() {
            let slot = &self.slots[at];
            let before = slot.lead.clone();
            let is_due = if before.is_ours() || self.engine.read_only {
                slot.lease_asked.saturating_add(every) <= elapsed
            } else {
                // Whoever has work to do, and however busy this machine is: nobody else may be there.
                before.other().is_some() && slot.lease_over <= elapsed
            };
            if is_due {
                self.lead(at).await;
                is_news |= self.slots[at].lead != before;
            }
        }
        is_news
    }

    /// Gives the leases back, so that nobody has to wait until they are over.
    pub(super) async fn give_leases_back(&mut self) {
        let engine = self.engine;
        for (slot, link) in self.slots.iter_mut().zip(self.links) {
            if slot.lead.is_ours() {
                slot.lead = Lead::Open;
                let name = lease_name(&link.spec.name);
                // One that cannot be given back is over soon.
                let _ = engine.store.release(&name, &engine.holder).await;
            }
        }
    }

    /// Asks for all leases, for the first time, and learns what is known already.
    pub(super) async fn begin_to_share(&mut self) {
        if self.is_shared {
            for at in 0..self.slots.len() {
                self.lead(at).await;
            }
            self.look_at_history().await;
        }
    }

    /// Takes in what the store tells; says whether anything is to be shown.
    pub(super) async fn heed(&mut self, names: &BTreeSet<String>) -> bool {
        let tells =
            |kind: &str, name: &str| names.is_empty() || names.contains(&format!("{kind}/{name}"));
        let mut is_news = tells("settings", PAUSE);
        for at in 0..self.slots.len() {
            let link = &self.links[at].spec.name;
            let (lease, live) = (lease_name(link), live_name(link));
            if tells("leases", &lease) {
                is_news |= self.heed_lease(at).await;
            }
            if tells("settings", &live) && self.slots[at].lead.other().is_some() {
                self.follow(at).await;
                is_news = true;
            }
        }
        if tells("settings", super::answers::ASKED) {
            is_news |= self.hear().await;
        }
        if is_news {
            self.look_at_history().await;
        }
        is_news
    }

    /// A lease has another holder, or none.
    async fn heed_lease(&mut self, at: usize) -> bool {
        let before = self.slots[at].lead.clone();
        let rested = self
            .engine
            .clock
            .elapsed()
            .saturating_sub(self.slots[at].lease_asked);
        if self.engine.read_only || !(0..ASKED_APART_MS).contains(&rested) {
            self.lead(at).await;
        } else if let Lead::Theirs(holder) = &before {
            let soon = Lease {
                holder: holder.clone(),
                until: self.engine.clock.now().plus(ASKED_APART_MS - rested),
                fence: 0,
            };
            self.wait_for_lease(at, &soon);
        }
        self.slots[at].lead != before
    }

    /// Looks whether somebody answered or asked, and lets it go on.
    pub(super) async fn hear(&mut self) -> bool {
        match self.listen().await {
            Heard::Nothing | Heard::Away => false,
            Heard::News => {
                self.wake();
                for at in 0..self.slots.len() {
                    self.take_asks(at).await;
                }
                true
            }
        }
    }

    /// Takes over what other machines asked for of a link that runs here.
    async fn take_asks(&mut self, at: usize) {
        if !self.slots[at].lead.is_ours() {
            return;
        }
        let link = &self.links[at].spec.name;
        // A store that is away is asked again when it is back.
        let Ok(Some((number, ask))) = self.engine.handed_over(link).await else {
            return;
        };
        let is_taken = |(taken, _): &(u64, Ask)| *taken >= number;
        if !self.slots[at].asked.as_ref().is_some_and(is_taken) {
            self.slots[at].asked = Some((number, ask.clone()));
            self.schedule.ask(at, ask);
        }
    }

    /// Hands what is asked for of a link over to the one that runs it.
    pub(super) async fn hand_over(&mut self, at: usize, ask: &Ask) -> Result<(), String> {
        let link = &self.links[at].spec.name;
        let done = self.engine.hand_over(link, ask).await;
        done.map(drop).map_err(|error| error.to_string())
    }

    /// What a person said here may concern a link that runs elsewhere.
    pub(super) async fn tell_leaders(&mut self) {
        if self.slots.iter().any(|slot| slot.lead.other().is_some()) {
            self.must_ring = true;
            self.ring().await;
        }
    }

    /// Rings, if it has to; again at the next look where the store is away.
    pub(super) async fn ring(&mut self) {
        if self.must_ring
            && let Ok(word) = self.engine.ring().await
        {
            self.must_ring = false;
            self.heard = Some(word);
        }
    }

    /// What the end of a run says about who runs the link, and about what was asked for.
    pub(super) async fn after_run(&mut self, at: usize, ask: &Ask, report: &Report) {
        if !self.is_shared {
            return;
        }
        if let Some(Stop::Busy { holder, .. }) = &report.stopped {
            let lead = Lead::Theirs(holder.clone());
            let before = std::mem::replace(&mut self.slots[at].lead, lead);
            self.tell_leader(at, before != self.slots[at].lead);
            self.slots[at].asked = None;
            self.follow(at).await;
            return;
        }
        let is_away = matches!(report.stopped, Some(Stop::Store { .. }));
        if !self.slots[at].lead.is_ours() && !is_away {
            // The store was away when the lease was asked for, and back when the run did.
            self.lead(at).await;
        }
        let is_it = |(_, asked): &(u64, Ask)| {
            let run = Ask {
                batch: ask.batch,
                why: ask.why.clone(),
                ..asked.clone()
            };
            run == *ask
        };
        let Some((number, _)) = self.slots[at].asked.clone().filter(is_it) else {
            return;
        };
        let name = &self.links[at].spec.name;
        let is_kept =
            report.is_answer() && (self.engine.handed_done(name, number, report).await).is_ok();
        if !is_kept {
            // Taken again when the store is back, or by the next one that leads.
            self.slots[at].asked = None;
        }
    }
}
