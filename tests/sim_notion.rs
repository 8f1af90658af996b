//! The small Notion behaves like the service where a sync uses it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "sim_notion/api.rs"]
mod api;
#[path = "sim_notion/faults.rs"]
mod faults;
#[path = "sim_notion/fixture.rs"]
mod fixture;
#[path = "sim_notion/markdown.rs"]
mod markdown;
#[path = "sim_notion/state.rs"]
mod state;
