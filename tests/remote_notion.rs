//! The Notion side against the small Notion and against scripted answers, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "remote_notion/bad_days.rs"]
mod bad_days;
#[path = "remote_notion/listing.rs"]
mod listing;
#[path = "remote_notion/placed.rs"]
mod placed;
#[path = "remote_notion/schema.rs"]
mod schema;
#[path = "remote_notion/scripted.rs"]
mod scripted;
#[path = "remote_notion/texts.rs"]
mod texts;
#[path = "remote_notion/values.rs"]
mod values;
#[path = "remote_notion/who.rs"]
mod who;
#[path = "remote_notion/world.rs"]
mod world;
