//! One configured pairing with its two sides.

use std::rc::Rc;

use crate::core::plan::Rules;
use crate::core::{Mapping, Observation};

/// What is kept in step, and by which policies.
#[derive(Clone)]
pub struct LinkSpec {
    /// Its name, unique in the configuration.
    pub name: String,
    /// Which fields meet which properties.
    pub mapping: Rc<Mapping>,
    /// Its policies.
    pub rules: Rules,
    /// Whether a GitHub object belongs to the selection.
    pub selects: Rc<dyn Fn(&Observation) -> bool>,
}

impl std::fmt::Debug for LinkSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkSpec")
            .field("name", &self.name)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// A link with the adapters of its two sides.
#[derive(Debug)]
pub struct Link<G, N> {
    /// What is kept in step.
    pub spec: LinkSpec,
    /// GitHub's side.
    pub github: G,
    /// Notion's side.
    pub notion: N,
}
