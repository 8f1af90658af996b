//! Carries out a plan's moves on the pair itself; nothing here touches a service.

use super::plan::Move;
use super::{Pair, PairLife, Value};

/// Applies one move.
pub fn apply(pair: &mut Pair, mv: &Move) {
    match mv {
        Move::Agree(field, base) => {
            pair.base.insert(field.clone(), base.clone());
        }
        Move::Open(conflict) => {
            pair.conflicts.retain(|open| open.field != conflict.field);
            pair.conflicts.push((**conflict).clone());
        }
        Move::Update(id, github, notion) => update(pair, id, github, notion),
        Move::Close(id, _) => pair.conflicts.retain(|conflict| conflict.id != *id),
        Move::Unblock(field) => {
            pair.blocked.remove(field);
        }
        Move::Block(field, blocked) => {
            pair.blocked.insert(field.clone(), blocked.clone());
        }
        Move::Life(life) => set_life(pair, life),
        Move::Relink(id) => pair.github = Some(id.clone()),
        Move::Later(at, _) => pair.next_try = Some(*at),
        // Noted when the write has landed.
        Move::Reverted(..)
        | Move::Decided(..)
        | Move::Unreachable(_)
        | Move::Unseen(..)
        | Move::Overruled(_) => {}
    }
}

fn update(pair: &mut Pair, id: &str, github: &Value, notion: &Value) {
    if let Some(conflict) = pair.conflicts.iter_mut().find(|conflict| conflict.id == id) {
        conflict.github = github.clone();
        conflict.notion = notion.clone();
        conflict.choice = None;
    }
}

fn set_life(pair: &mut Pair, life: &PairLife) {
    pair.life = life.clone();
    if matches!(life, PairLife::Tombstone) {
        pair.conflicts.clear();
        pair.blocked.clear();
        pair.pending = None;
    }
}
