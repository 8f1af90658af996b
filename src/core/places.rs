//! Where in Notion each field is kept, and what is forgotten when that changes.
//!
//! A field's base on the Notion side is the value of one column. When the field moves to another column (by the
//! configuration, or because a person accepted a column of another type), what that one holds was never agreed: taken
//! for an edit, its emptiness would clear GitHub. So the agreement is forgotten, and both sides meet anew (F11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FieldKey, Kind, Pair};

/// The columns of all fields, and how often that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    version: u32,
    columns: BTreeMap<String, Place>,
}

/// One field's column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    column: String,
    since: u32,
}

/// Where each field of each kind is kept now: a text that another column does not have.
pub type Columns = BTreeMap<(Kind, FieldKey), String>;

fn name(kind: Kind, key: &FieldKey) -> String {
    format!("{}/{key}", kind.name())
}

impl Places {
    /// Takes note of where the fields are. Says whether one is elsewhere than it was; one that is not in use now stays
    /// where it was, and one that was never seen has nothing to forget.
    pub fn note(&mut self, now: &Columns) -> bool {
        let next = self.version + 1;
        let mut moved = false;
        for ((kind, key), column) in now {
            let place = self
                .columns
                .entry(name(*kind, key))
                .or_insert_with(|| Place {
                    column: column.clone(),
                    since: 0,
                });
            if place.column != *column {
                place.column.clone_from(column);
                place.since = next;
                moved = true;
            }
        }
        if moved {
            self.version = next;
        }
        moved
    }

    /// Forgets what a pair agreed on in columns that its fields have left since it was last looked at. Says whether
    /// there was something to forget.
    pub fn fit(&self, pair: &mut Pair) -> bool {
        if pair.placed == self.version {
            return false;
        }
        let (kind, placed) = (pair.kind, pair.placed);
        let left = |key: &FieldKey| {
            self.columns
                .get(&name(kind, key))
                .is_some_and(|place| place.since > placed)
        };
        let before = pair.base.len() + pair.blocked.len() + pair.reverted.len();
        pair.base.retain(|key, _| !left(key));
        pair.blocked.retain(|key, _| !left(key));
        pair.reverted.retain(|key, _| !left(key));
        pair.placed = self.version;
        before != pair.base.len() + pair.blocked.len() + pair.reverted.len()
    }
}
