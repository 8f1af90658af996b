//! The decision: items, fields, three-way merge, plan, guard, conflicts.
//!
//! Pure: no async, no clock, no randomness, no I/O. `now` is always an argument.

pub mod apply;
pub mod codec;
pub mod decide;
pub(crate) mod digest;
pub mod field;
pub mod guard;
pub mod history;
pub mod item;
pub mod land;
pub mod mapping;
pub mod named;
pub mod pair;
pub mod places;
pub mod plan;
pub mod schedule;
pub mod scope;
pub mod sight;
mod standard;
pub mod step;
pub mod text;
pub mod time;
pub mod told;
pub mod value;
pub mod words;

pub use codec::Codec;
pub use field::{Class, Direction, Field, FieldKey, Policy};
pub use history::{Outcome, Record, RecordId, RecordKind};
pub use item::{Kind, Life, ObjectId, Observation, Side, Stamp};
pub use mapping::{Mapping, Placement, PropertyKind};
pub use named::Name;
pub use pair::{Base, Blocked, Conflict, Intent, IntentState, Key, Pair, PairId, PairLife};
pub use step::{Action, Change, Draft, Row, Step};
pub use time::Time;
pub use value::Value;
