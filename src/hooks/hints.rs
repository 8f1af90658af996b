//! What deliveries ask to be looked at, gathered until somebody takes it. Never more than a fixed number of things.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::Side;

/// What is to be looked at. Nothing of it is believed: it says where to look, never what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Objects by the lasting id of their side (GitHub, Notion), and whether the delivery may tell of our own write.
    pub objects: [BTreeMap<String, bool>; 2],
    /// Repositories, `owner/name`, and Notion databases and data sources, by id with dashes.
    pub places: BTreeSet<String>,
    /// Deliveries were lost, or there were more than can be remembered: everything is looked through.
    pub all: bool,
    /// Whether a side sent something right since the last time.
    pub heard: [bool; 2],
}

impl Hints {
    /// How many things are named.
    pub fn count(&self) -> usize {
        self.objects.iter().map(BTreeMap::len).sum::<usize>() + self.places.len()
    }

    /// Whether nothing is named and nothing was heard.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what a delivery names; beyond `most` things, that everything is meant.
    pub(super) fn add(&mut self, side: Side, named: Named, most: usize) {
        self.heard[side as usize] = true;
        if self.all {
            return;
        }
        if let Some(node) = named.object {
            let maybe_ours = self.objects[side as usize].entry(node).or_insert(true);
            *maybe_ours &= named.maybe_ours;
        }
        self.places.extend(named.places);
        if self.count() > most {
            self.mean_all();
        }
    }

    /// Everything is to be looked through; single things need not be remembered any more.
    pub(super) fn mean_all(&mut self) {
        self.all = true;
        self.objects = Default::default();
        self.places.clear();
    }
}

/// What one delivery names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) object: Option<String>,
    pub(super) places: Vec<String>,
    /// It may tell of a write of ours.
    pub(super) maybe_ours: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(node: &str, maybe_ours: bool) -> Named {
        Named {
            object: Some(node.to_owned()),
            places: vec!["o/r".to_owned()],
            maybe_ours,
        }
    }

    #[test]
    fn the_same_thing_is_kept_once_and_somebody_else_outweighs_us() {
        let mut hints = Hints::default();
        hints.add(Side::Notion, named("p", true), 10);
        hints.add(Side::Notion, named("p", false), 10);
        hints.add(Side::Notion, named("p", true), 10);
        assert_eq!(hints.count(), 2);
        assert!(!hints.objects[1]["p"]);
        assert_eq!(hints.heard, [false, true]);
    }

    #[test]
    fn too_many_things_are_everything() {
        let mut hints = Hints::default();
        for at in 0..10_000 {
            hints.add(Side::Github, named(&format!("I_{at}"), true), 100);
            assert!(hints.count() <= 100);
        }
        assert!(hints.all && hints.count() == 0);
    }
}
