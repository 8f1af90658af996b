//! A small GitHub and a small Notion, people who edit them, faults, and the oracle.

pub mod crowd;
pub mod github;
pub mod notion;
pub mod small;
