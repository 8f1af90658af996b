//! The HTTP server in front of the model: behaves like api.github.com where a sync uses it.
//!
//! Bearer tokens, paging with `Link`, entity tags and 304, `since`, pull requests inside
//! `/issues`, refusals with `errors[]`, moved repositories and issues, budgets, `/graphql` for
//! queries, and faults on order. Webhooks and the events feed of a repository do not exist here.

mod answer;
mod call;
mod faults;
mod front;
mod graphql;
mod limits;
mod routes;
mod server;
mod wire;
mod wire_repo;

pub use faults::{FaultKind, Faults, Rule};
pub use front::{Counters, Front, RequestLine};
pub use limits::Limits;
pub use server::{Clock, Running, Shared, real_clock, serve};
