//! The configuration: one TOML file and a handful of environment variables.
//!
//! The environment wins over the file. [`load`] is a pure function of both; [`read`] finds and reads the file first.
//! All problems are reported at once, each with its place.

mod advanced;
mod conflicts;
mod constants;
mod edit;
mod env;
mod fields;
mod file;
mod hooks;
mod link;
mod model;
mod parse;
mod problem;
mod schedule;
mod screen;
mod section;
mod select;
mod words;

pub use edit::{Edited, always};
pub use env::Environment;
pub use fields::Placed;
pub use file::{Located, locate, read};
pub use hooks::{GITHUB_SECRET, NOTION_TOKEN, Webhooks};
pub use model::{Config, Link, Service, StoreChoice, Window};
pub use parse::{known_keys, load};
pub use problem::{Place, Problem, Severity, render_all};
pub use select::Select;
pub use words::{database_of, notion_id};

/// A configuration file with every key at its default and a comment on each.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

/// The database on a `MongoDB` server if none is named.
pub const DATABASE: &str = "pulse";

/// GitHub's own API.
pub const GITHUB_API: &str = "https://api.github.com";
/// Notion's own API.
pub const NOTION_API: &str = "https://api.notion.com";
