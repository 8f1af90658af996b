//! The real binary on a real `MongoDB` server that is killed, frozen, deposed and filled up while an import runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(unix)]
#[path = "tty/driver.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod driver;
#[path = "mongo_away/import.rs"]
mod import;
#[path = "mongo_away/locked.rs"]
mod locked;
#[path = "mongo_away/looked_at.rs"]
mod looked_at;
#[path = "mongo/mod.rs"]
mod mongo;
#[path = "mongo_away/moved.rs"]
mod moved;
#[path = "mongo_away/reader.rs"]
mod reader;
#[path = "end_to_end/rig.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod rig;
#[cfg(unix)]
#[path = "mongo_away/screen.rs"]
mod screen;
#[path = "mongo_away/stage.rs"]
mod stage;
#[path = "mongo_away/start.rs"]
mod start;
