//! Deliveries that were acted on already, as far back as a fixed number of them.

use std::collections::{HashSet, VecDeque};

use ring::digest::{SHA256, digest};

/// A delivery's mark: of one size, whatever was sent.
type Mark = [u8; 32];

/// Remembers the last so many.
#[derive(Debug)]
pub(super) struct Seen {
    most: usize,
    order: VecDeque<Mark>,
    marks: HashSet<Mark>,
}

impl Seen {
    pub(super) fn of_at_most(most: usize) -> Self {
        Self {
            most: most.max(1),
            order: VecDeque::new(),
            marks: HashSet::new(),
        }
    }

    /// Remembers a delivery by what names it; says whether all of that is new.
    pub(super) fn is_new(&mut self, names: &[&[u8]]) -> bool {
        let mut is_new = true;
        for name in names {
            // Every name is kept, also where one of them is known.
            is_new &= self.add(name);
        }
        is_new
    }

    fn add(&mut self, name: &[u8]) -> bool {
        let mut mark = Mark::default();
        mark.copy_from_slice(digest(&SHA256, name).as_ref());
        if !self.marks.insert(mark) {
            return false;
        }
        self.order.push_back(mark);
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.marks.remove(&oldest);
        }
        true
    }

    pub(super) fn len(&self) -> usize {
        self.marks.len().max(self.order.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_new_once_and_the_oldest_are_forgotten() {
        let mut seen = Seen::of_at_most(4);
        assert!(seen.is_new(&[b"a", b"1"]));
        assert!(!seen.is_new(&[b"b", b"1"]), "another name, the same body");
        assert!(!seen.is_new(&[b"b"]), "noted all the same");
        for other in 0..1_000_u32 {
            assert!(seen.is_new(&[&other.to_le_bytes()]));
            assert!(seen.len() <= 4);
        }
        assert!(seen.is_new(&[b"a"]), "long ago");
    }
}
