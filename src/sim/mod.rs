//! A small GitHub and a small Notion, people who edit them, faults, and the oracle.
//!
//! The whole engine runs on them under one seed: [`selftest`] lives seeds through, [`life`] one of them.

pub mod code;
pub mod coverage;
pub mod crowd;
pub mod executor;
pub mod faults;
pub mod faulty;
pub mod figures;
pub mod github;
pub mod instances;
pub mod life;
pub mod matrix;
pub mod notion;
pub mod oracle;
pub mod people;
pub mod ports;
pub mod sabotage;
pub mod selftest;
pub mod serve;
pub mod small;
pub mod views;
pub mod world;
