//! What a plan says of an issue that was transferred. A sync keeps the new name first and goes on from there; a plan
//! keeps nothing, so the pair goes by the new name as long as the plan is made.

use super::Clock;
use super::look::Sight;
use super::run::{Flow, Run};
use super::turn::{Next, Turn, hand_made};
use crate::core::plan::{Move, Plan};
use crate::core::{ObjectId, Pair, PairLife, Row};
use crate::remote::Remote;
use crate::store::Store;

/// Why a page that a person made waits that names an issue which left.
pub(super) fn is_copy(there: &ObjectId) -> String {
    format!(
        "it names an issue that was moved to {} and has another page; edit this page to make it an item of its own, or \
         put it into the trash",
        there.locator
    )
}

/// Why the page of an issue's new place waits, once the issue brought its own along.
pub(super) fn is_second(there: &ObjectId, other: &Pair) -> String {
    format!(
        "a second page of {}, which was moved there and has its page from before: edits of this one go nowhere; put it \
         ({}) into the trash",
        there.locator,
        super::queue::page_address(other)
    )
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Goes on with the plan of an issue that moved as if its new name were kept. The pair of its new place gives way,
    /// as it would.
    pub(super) async fn foresee_move(&mut self, turn: &mut Turn, there: &ObjectId) -> Flow<Next> {
        if let Some(other) = self.other_owner(&turn.pair, there).await? {
            let has_page = other.notion.is_some() && other.life != PairLife::Tombstone;
            if other.intent.is_some() || turn.pair.notion.is_none() && has_page {
                return Ok(Next::Done);
            }
            if hand_made(&turn.pair, &other, &turn.sight).is_some() {
                self.foresee_aside(&turn.pair, is_copy(there));
                return Ok(Next::Done);
            }
            if has_page {
                self.foresee_aside(&other, is_second(there, &other));
            }
        }
        self.foreseen.insert(there.node.clone());
        turn.pair.github = Some(there.clone());
        turn.sight = Sight::default();
        Ok(Next::Again)
    }

    /// Whether a pair would have given way to one that moved by the time of its turn.
    pub(super) fn has_given_way(&self, pair: &Pair) -> bool {
        let node = pair.github.as_ref().map(|issue| &issue.node);
        node.is_some_and(|node| self.foreseen.contains(node))
    }

    fn foresee_aside(&mut self, pair: &Pair, why: String) {
        let plan = Plan {
            moves: vec![Move::Life(PairLife::Parked(why))],
            rows: vec![(None, Row::I11)],
            ..Plan::default()
        };
        self.foresee(pair, plan);
    }
}
