//! Held by the user: nothing of a pair is written to either side until the user releases it. Reading goes on.
//!
//! This has nothing to do with what the guard holds: a pair that both hold waits for both words.

use super::answers::AnswerError;
use super::face::Holding;
use super::look::Sight;
use super::run::{Flow, Run};
use super::turn::{Trouble, remember};
use super::who::Asked;
use super::{Clock, Engine};
use crate::core::plan::{Move, Plan};
use crate::core::{Pair, PairId, PairLife, Record};
use crate::remote::Remote;
use crate::store::{Store, StoreError, Which};

/// How often a hold is tried again when somebody else commits the same pair.
const TRIES: usize = 5;
/// How many pairs are read at once.
const PAGE: usize = 500;

impl<S: Store, C: Clock> Engine<S, C> {
    /// Holds a pair, or releases it. A write whose request is out already is not called back: it lands, and nothing
    /// follows it. Gives whether anything changed.
    ///
    /// # Errors
    /// [`AnswerError::Unknown`] where there is no such pair; [`StoreError::Stale`] where a run committed it meanwhile.
    pub async fn hold(&self, id: &PairId, on: bool) -> Result<bool, AnswerError> {
        let found = self.store.pair(id).await?;
        let found = found.filter(|pair| !on || pair.life != PairLife::Tombstone);
        let Some(mut pair) = found else {
            return Err(AnswerError::Unknown("there is no such item".to_owned()));
        };
        if pair.held_since.is_some() == on {
            return Ok(false);
        }
        let (verb, note) = if on {
            ("hold", "nothing of it is written until you release it")
        } else {
            ("release", "what waited is written by the next pass")
        };
        let now = self.clock.now();
        pair.held_since = on.then_some(now);
        if !on && pair.intent.is_none() {
            // Marked now, whatever marked it before: what was listed while it was held is no basis for a write.
            pair.dirty_since = Some(now);
        }
        if !on {
            pair.next_try = None;
        }
        let record = self.note(&pair.link, &pair, verb, note);
        self.commit_with(&pair, record).await?;
        Ok(true)
    }

    /// Holds all of these pairs, or releases them where every one is held already. One that is gone is passed over.
    ///
    /// # Errors
    /// The store's.
    pub async fn hold_all(&self, ids: &[PairId]) -> Result<Holding, StoreError> {
        let mut on = false;
        for id in ids {
            let pair = self.store.pair(id).await?;
            on |= pair.is_some_and(|pair| pair.held_since.is_none());
        }
        let mut items = 0;
        for id in ids {
            items += usize::from(self.hold_soon(id, on).await?);
        }
        Ok(Holding { on, items })
    }

    /// Holds again where somebody commits the same pair in between.
    async fn hold_soon(&self, id: &PairId, on: bool) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            match self.hold(id, on).await {
                Ok(changed) => return Ok(changed),
                Err(AnswerError::Store(StoreError::Stale)) => {}
                Err(AnswerError::Store(error)) => return Err(error),
                Err(_) => return Ok(false),
            }
        }
        Err(StoreError::Stale)
    }

    /// The pair of a link that goes by this name ([`Pair::goes_by`]).
    ///
    /// # Errors
    /// The store's.
    pub async fn named(&self, link: &str, name: &str) -> Result<Option<Pair>, StoreError> {
        let mut after: Option<PairId> = None;
        loop {
            let pairs = self
                .store
                .pairs(link, Which::All, after.as_ref(), PAGE)
                .await?;
            let Some(last) = pairs.last() else {
                return Ok(None);
            };
            after = Some(last.id.clone());
            let found = pairs.into_iter().find(|pair| pair.goes_by(name));
            if found.is_some() {
                return Ok(found);
            }
        }
    }
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// What a held pair keeps of a plan with writes: what was seen, never what would only be true once it is written.
    pub(super) async fn rest_for_user(
        &mut self,
        pair: &mut Pair,
        sight: &Sight,
        plan: Plan,
        asked: &mut Asked,
    ) -> Result<(), Trouble> {
        let stands = Plan {
            moves: plan.moves.into_iter().filter(stands_alone).collect(),
            ..Plan::default()
        };
        let before = pair.clone();
        let records = self.carry_out_moves(pair, &stands);
        self.name_people(&before, pair, sight, &stands, asked).await;
        remember(pair, sight, &self.link.spec.mapping);
        // It waits for a person, not for its turn; what changes meanwhile marks it again.
        pair.dirty_since = None;
        pair.next_try = None;
        if *pair != before {
            self.commit(pair, records).await?;
        }
        Ok(())
    }

    /// Commit B. Somebody who held (or released) the pair while its request was out does not make us forget what
    /// became of that request.
    pub(super) async fn commit_end(
        &mut self,
        pair: &mut Pair,
        sent: &Pair,
        ends: Vec<Record>,
    ) -> Flow<bool> {
        if self.commit(pair, ends.clone()).await? {
            return Ok(true);
        }
        let Some(stored) = self.engine.store.pair(&pair.id).await? else {
            return Ok(false);
        };
        let only_held = Pair {
            rev: sent.rev,
            held_since: sent.held_since,
            next_try: sent.next_try,
            ..stored.clone()
        } == *sent;
        if !only_held {
            return Ok(false);
        }
        pair.rev = stored.rev;
        pair.held_since = stored.held_since;
        self.commit(pair, ends).await
    }
}

/// Whether a move is true without the writes of its plan.
const fn stands_alone(mv: &Move) -> bool {
    match mv {
        Move::Agree(..)
        | Move::Open(_)
        | Move::Update(..)
        | Move::Close(..)
        | Move::Unblock(_)
        | Move::Block(..)
        | Move::Life(_) => true,
        Move::Reverted(..)
        | Move::Decided(..)
        | Move::Relink(_)
        | Move::Later(..)
        | Move::Unreachable(_)
        | Move::Unseen(..)
        | Move::Overruled(_) => false,
    }
}
