//! The decision: the tables, exhaustively over small values, and the laws that every plan keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "core/codecs.rs"]
mod codecs;
#[path = "core/grid.rs"]
mod grid;
#[path = "core/items.rs"]
mod items;
#[path = "core/laws.rs"]
mod laws;
#[path = "core/places.rs"]
mod places;
#[path = "core/rig.rs"]
mod rig;
#[path = "core/schedule.rs"]
mod schedule;
#[path = "core/strategies.rs"]
mod strategies;
#[path = "core/table.rs"]
mod table;
#[path = "core/told.rs"]
mod told;
