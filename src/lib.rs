//! Keeps GitHub repositories and Notion databases saying the same thing.
//!
//! The rooms and who may enter which are described in `ARCHITECTURE.md`.

pub mod alarm;
pub mod auth;
pub mod cli;
pub mod config;
pub mod core;
pub mod engine;
pub mod hooks;
pub mod logging;
pub mod paths;
pub mod remote;
pub mod shown;
pub mod sim;
pub mod store;
pub mod system;
pub mod ui;
