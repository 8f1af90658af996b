//! What is known of a data source once it was opened, and how it is remembered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::schema::{self, Binding};
use crate::core::mapping::Bound;
use crate::core::{Mapping, PropertyKind, Time};

/// The form of the memo; another number means that everything is asked anew.
const FORM: u32 = 1;

/// Whom our token acts as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The Notion user id.
    pub id: String,
    /// A connection of its own; else a person's own token, whose edits may be the person's.
    pub bot: bool,
}

impl Me {
    /// Reads a user object.
    pub fn from_json(user: &Json) -> Option<Self> {
        Some(Self {
            id: user["id"].as_str()?.to_owned(),
            bot: user["type"] == "bot",
        })
    }

    /// Whether an object's `created_by` or `last_edited_by` is this user.
    pub fn is(&self, user: &Json) -> bool {
        user["id"].as_str() == Some(&self.id)
    }
}

/// A data source that fits the mapping, as far as it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    form: u32,
    /// The target it was found from.
    pub target: String,
    /// The data source's id.
    pub source: String,
    /// Whom our token acts as.
    pub me: Me,
    /// Every property that was ever bound, by its name in the mapping.
    pub bound: BTreeMap<String, Binding>,
    /// Bound properties that cannot be used now, and why.
    #[serde(default)]
    pub lost: BTreeMap<String, String>,
    /// What the private heading is and was called, one name a line: what is below one of them stays private.
    #[serde(default)]
    pub private: String,
    /// When the schema was read, on our own clock.
    pub at: Time,
}

impl Adopted {
    /// A data source that was just found; nothing is bound yet.
    pub const fn new(target: String, source: String, me: Me) -> Self {
        Self {
            form: FORM,
            target,
            source,
            me,
            bound: BTreeMap::new(),
            lost: BTreeMap::new(),
            private: String::new(),
            at: Time(0),
        }
    }

    /// Reads a memo. None when it is of another form or about another target: then everything is asked anew.
    pub fn from_memo(memo: &str, target: &str) -> Option<Self> {
        let adopted: Self = serde_json::from_str(memo).ok()?;
        (adopted.form == FORM && adopted.target == target).then_some(adopted)
    }

    /// Writes it as a memo.
    pub fn memo(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Whether every property of the mapping is bound and usable, so that nothing need be asked.
    pub fn is_whole(&self, mapping: &Mapping) -> bool {
        self.lost.is_empty()
            && mapping
                .properties()
                .iter()
                .all(|wanted| self.bound.contains_key(&wanted.name))
    }

    /// A property of the mapping that can be used now.
    pub fn property(&self, name: &str) -> Option<&Binding> {
        let usable = !self.lost.contains_key(name);
        self.bound.get(name).filter(|_| usable)
    }

    /// The column of a field, and the type it is used as. None for the body, and while the property is paused.
    pub fn column(&self, bound: &Bound) -> Option<(&Binding, PropertyKind)> {
        let (name, _) = bound.property.as_ref()?;
        let binding = self.property(name)?;
        let kind = binding.kind()?;
        schema::suits(&bound.takes, kind.api_name()).then_some((binding, kind))
    }

    /// Every property that can be used now.
    pub fn usable(&self) -> impl Iterator<Item = &Binding> {
        self.bound
            .iter()
            .filter(|(name, _)| !self.lost.contains_key(*name))
            .map(|(_, binding)| binding)
    }
}
