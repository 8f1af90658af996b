//! One configured pairing with its two sides.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::core::plan::Rules;
use crate::core::{Mapping, Observation, Time};
use crate::remote::Remote;

/// Says whether an object that is not linked yet is taken in at a time.
pub type TakesIn = Rc<dyn Fn(&Observation, Time) -> bool>;

/// Which Notion database a link names, and which the other links of its configuration name, as ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Databases {
    /// The link's own.
    pub own: String,
    /// Those of the others, by the names of the links.
    pub others: BTreeMap<String, String>,
}

/// What is kept in step, and by which policies.
#[derive(Clone)]
pub struct LinkSpec {
    /// Its name, unique in the configuration.
    pub name: String,
    /// Which fields meet which properties.
    pub mapping: Rc<Mapping>,
    /// Its policies.
    pub rules: Rules,
    /// Which database it is set to, among the other links.
    pub databases: Databases,
    /// Whether a GitHub object belongs to the selection.
    pub selects: Rc<dyn Fn(&Observation) -> bool>,
    /// Whether a GitHub object of the selection that is not linked yet is taken in at this time. What is linked stays.
    pub takes_in: TakesIn,
}

impl std::fmt::Debug for LinkSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkSpec")
            .field("name", &self.name)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

impl<G: Remote, N> Link<G, N> {
    /// Whether a GitHub object belongs to the selection, by its name or by the one that it had when the link was
    /// configured.
    pub fn selects(&self, seen: &Observation) -> bool {
        let selects = &self.spec.selects;
        selects(seen)
            || self
                .github
                .configured(&seen.id.locator)
                .is_some_and(|locator| {
                    let mut configured = seen.clone();
                    configured.id.locator = locator;
                    selects(&configured)
                })
    }

    /// Whether a GitHub object that no pair knows becomes an item of this link at this time.
    pub fn wants_new(&self, seen: &Observation, now: Time) -> bool {
        self.selects(seen) && (self.spec.takes_in)(seen, now)
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
