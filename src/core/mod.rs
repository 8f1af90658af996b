//! The decision: items, fields, three-way merge, plan, guard, conflicts.
//!
//! Pure: no async, no clock, no randomness, no I/O. `now` is always an argument.

pub mod text;
