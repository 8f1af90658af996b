//! Hints from outside: something may have changed on a side. A hint says where to look and nothing else; what it marks
//! is looked at by an early run like any other, in which pause, limits, guard and waiting times count as always.

use std::collections::{BTreeMap, BTreeSet};

use super::face::Command;
use super::serve::Server;
use super::{Ask, Clock, Engine, Handle};
use crate::core::schedule::Reason;
use crate::core::{Pair, PairLife, Side, Time};
use crate::remote::Remote;
use crate::store::{Store, StoreError};

/// From one run that a hint asked for to the next one of the same link at least, in milliseconds.
const APART_MS: i64 = 5_000;
/// One in so many requests of a limit is not spent on hints.
const KEPT: u64 = 5;
/// Objects that the store is asked for at a time.
const AT_ONCE: usize = 200;

/// Where something may have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Objects by their node id (GitHub, Notion), and whether a write of ours may be all that changed them.
    pub objects: [BTreeMap<String, bool>; 2],
    /// Links that should be looked at, as something in their places changed.
    pub links: BTreeSet<String>,
    /// Every link should be.
    pub all: bool,
    /// The sides that were heard of.
    pub heard: [bool; 2],
}

/// The setting that says when a side was last heard of, in milliseconds.
pub fn heard_name(side: Side) -> &'static str {
    match side {
        Side::Github => "hooks/github",
        Side::Notion => "hooks/notion",
    }
}

/// The way of hints to a running engine; it does not keep the engine from ending.
#[derive(Clone, Debug)]
pub struct Hinter(tokio::sync::mpsc::WeakSender<Command>);

impl Hinter {
    /// Sends hints; waits while the engine is behind. Says whether the engine still runs.
    pub async fn send(&self, hints: Hints) -> bool {
        let Some(commands) = self.0.upgrade() else {
            return false;
        };
        commands.send(Command::Hint(Box::new(hints))).await.is_ok()
    }
}

impl Handle {
    /// A way for hints.
    pub fn hinter(&self) -> Hinter {
        Hinter(self.commands.downgrade())
    }
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// Marks the pairs of these objects to be looked at. What somebody else commits at the same time is looked at by
    /// whoever does. Gives how many were marked.
    ///
    /// # Errors
    /// The store's.
    pub async fn mark_hinted(&self, link: &str, hints: &Hints) -> Result<usize, StoreError> {
        let mut marked = 0;
        for side in Side::BOTH {
            let objects: Vec<(&String, bool)> = hints.objects[side as usize]
                .iter()
                .map(|(node, maybe_ours)| (node, *maybe_ours))
                .collect();
            for some in objects.chunks(AT_ONCE) {
                let nodes: Vec<&str> = some.iter().map(|(node, _)| node.as_str()).collect();
                let mut known = self.store.by_nodes(link, side, &nodes).await?;
                let now = self.clock.now();
                let marks: Vec<Pair> = some
                    .iter()
                    .filter_map(|(node, maybe_ours)| {
                        let pair = known.remove(*node)?;
                        marked_pair(pair, side, *maybe_ours, now)
                    })
                    .collect();
                let answers = self.store.put_all(&marks).await?;
                marked += answers.iter().filter(|answer| answer.is_ok()).count();
            }
        }
        Ok(marked)
    }
}

/// The pair with its mark; none where the listings do better: while our own write settles, which the hint may tell of,
/// while a write is open, and where a person has to do something first.
fn marked_pair(mut pair: Pair, side: Side, maybe_ours: bool, now: Time) -> Option<Pair> {
    let is_quiet = pair.quiet_until.is_some_and(|until| until > now);
    let is_kept = matches!(pair.life, PairLife::New | PairLife::Active);
    if !is_kept || pair.intent.is_some() || is_quiet && maybe_ours {
        return None;
    }
    // Its text is read, too: within a minute Notion's stamp stays the same.
    if let Some(seen) = &mut pair.seen[side as usize] {
        seen.settled = false;
    }
    pair.touch(now);
    Some(pair)
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Server<'_, G, N, S, C> {
    /// Takes hints in. What the store cannot keep now is found by the next listing.
    pub(super) async fn take_hints(&mut self, hints: &Hints) {
        let engine = self.engine;
        if engine.read_only {
            return;
        }
        let now = engine.clock.now().0.to_string();
        for side in Side::BOTH {
            if hints.heard[side as usize] {
                // It is a word for people, nothing goes by it.
                let _ = engine.store.put_setting(heard_name(side), Some(&now)).await;
            }
        }
        for at in 0..self.links.len() {
            let link = &self.links[at].spec.name;
            let is_meant = hints.all || hints.links.contains(link);
            let marked = engine.mark_hinted(link, hints).await;
            if !is_meant && marked.is_ok_and(|marked| marked == 0) {
                continue;
            }
            if self.slots[at].lead.other().is_some() {
                // Whoever runs it lists it by itself some time, if this cannot be told.
                let _ = self.hand_over(at, &Ask::default()).await;
            } else {
                self.slots[at].hinted = true;
            }
        }
    }

    /// Lets links that were hinted at be due now, where nothing but their interval keeps them: not a pause, a limit or
    /// a failure, and not when little is left of a budget.
    pub(super) fn follow_hints(&mut self) {
        if !self.slots.iter().any(|slot| slot.hinted) {
            return;
        }
        let (now, elapsed) = (self.engine.clock.now(), self.engine.clock.elapsed());
        let is_low = |side: &Side| {
            let left = self.left(*side).requests;
            left.is_some_and(|(left, all)| left.saturating_mul(KEPT) < all)
        };
        if Side::BOTH.iter().any(is_low) {
            return;
        }
        for at in 0..self.slots.len() {
            let is_regular = matches!(
                self.schedule.waiting(at, now).reason,
                Reason::Interval | Reason::Attention | Reason::Stretched { .. } | Reason::DueAgain
            );
            let slot = &mut self.slots[at];
            let is_early = slot.followed.is_some_and(|last| elapsed - last < APART_MS);
            if slot.hinted && is_regular && !is_early {
                slot.hinted = false;
                slot.followed = Some(elapsed);
                self.schedule.hint(at, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Key, Kind, Life, ObjectId, Observation, PairId, Stamp};

    const NOW: Time = Time(1_000_000);

    fn pair() -> Pair {
        let seen = Observation {
            side: Side::Notion,
            kind: Kind::Issue,
            id: ObjectId {
                node: "p".to_owned(),
                locator: "p".to_owned(),
            },
            life: Life::Live,
            fields: BTreeMap::new(),
            stamp: None,
            created: None,
            created_by_us: false,
            marker: None,
            linked_node: None,
            raw_body: None,
            read_at: NOW,
        };
        let mut pair =
            Pair::first_seen(PairId("1".to_owned()), Key("k".to_owned()), "l", &seen, NOW);
        pair.life = PairLife::Active;
        pair.dirty_since = None;
        pair.seen[1] = Some(Stamp {
            at: Time(0),
            by: None,
            by_us: false,
            settled: true,
        });
        pair
    }

    fn mark(pair: &Pair, maybe_ours: bool) -> Option<Pair> {
        marked_pair(pair.clone(), Side::Notion, maybe_ours, NOW)
    }

    #[test]
    fn a_mark_has_the_text_read_and_takes_no_waiting_time_away() {
        let mut known = pair();
        known.next_try = Some(NOW.plus(60_000));
        let marked = mark(&known, true);
        let is_settled = |pair: &Pair| pair.seen[1].as_ref().is_some_and(|stamp| stamp.settled);
        assert!(marked.as_ref().is_some_and(|pair| !is_settled(pair)));
        assert_eq!(
            marked.as_ref().map(|pair| pair.dirty_since),
            Some(Some(NOW))
        );
        assert!(marked.is_some_and(|pair| !pair.is_due(NOW) && pair.is_due(NOW.plus(60_000))));
    }

    #[test]
    fn while_our_own_write_settles_only_somebody_else_is_heeded_and_waits_for_it() {
        let mut known = pair();
        known.quiet_until = Some(NOW.plus(1));
        assert_eq!(mark(&known, true), None);
        let marked = mark(&known, false);
        assert!(marked.is_some_and(|pair| !pair.is_due(NOW) && pair.is_due(NOW.plus(1))));
        known.quiet_until = Some(NOW);
        assert!(mark(&known, true).is_some(), "it is over");
    }

    #[test]
    fn what_waits_for_a_person_goes_on_waiting() {
        for life in [
            PairLife::Tombstone,
            PairLife::Unlinked(String::new()),
            PairLife::Parked(String::new()),
        ] {
            let mut known = pair();
            known.life = life;
            assert_eq!(mark(&known, false), None);
        }
    }
}
