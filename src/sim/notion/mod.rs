//! A small Notion: a deterministic workspace in memory, and an HTTP front that behaves like the API.
//!
//! [`Workspace`] is plain and synchronous: every call is told the time and who acts, so a seeded
//! simulation can run thousands of worlds without a socket. [`http`] serves the same workspace the
//! way `api.notion.com` would where a sync uses it (API 2026-03-11; 2025-09-03 is understood too).

pub mod blocks;
pub mod bodies;
pub mod body;
pub mod columns;
pub mod history;
pub mod http;
pub mod ids;
pub mod inline;
mod inline_write;
mod lines;
pub mod moment;
mod objects;
pub mod pages;
pub mod query;
pub mod query_json;
pub mod refusal;
pub mod render;
pub mod schema;
pub mod schema_json;
pub mod span;
pub mod state;
pub mod tags;
pub mod value;
pub mod value_json;

pub use bodies::{ContentUpdate, PageMarkdown};
pub use history::{Change, Incident, Seen};
pub use ids::Id;
pub use pages::Props;
pub use query::{Filter, Query, Rows, Sort, SortKey, Stamp};
pub use refusal::Refusal;
pub use schema::Kind;
pub use state::{Options, Parent, Workspace};
pub use value::Value;
