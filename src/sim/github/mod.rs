//! The small GitHub: its state and the HTTP server in front of it.
//!
//! [`Hub`] is the model: plain, synchronous, deterministic, without a clock. A simulation uses it
//! directly, thousands of times a second. [`http`] puts a server in front of it for everything
//! that speaks HTTP.

mod commits;
pub mod http;
mod hub;
mod ids;
mod issues;
mod labels;
mod life;
mod lines;
mod milestones;
mod model;
mod pulls;
mod query;
mod refusal;
mod repos;
#[cfg(test)]
mod tests;
mod words;
mod world;

pub use commits::{CommitQuery, NewCommit, Rewrite};
pub use hub::Hub;
pub use ids::{parse_timestamp, timestamp};
pub use issues::{IssueEdit, MAX_ASSIGNEES, MAX_BODY, MAX_TITLE, NewIssue};
pub use labels::LabelEdit;
pub use milestones::MilestoneEdit;
pub use model::*;
pub use pulls::{NewPull, closing_numbers};
pub use query::{Direction, IssueQuery, Sort, Wanted};
pub use refusal::{FieldError, Refusal};
pub use repos::NewRepo;
pub use world::{Loaded, WorldError};
