//! The command line as scripts see it: exit codes, JSON, the environment, signals, and what must never be printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "end_to_end/rig.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod rig;

#[path = "cli/beside.rs"]
mod beside;
#[path = "cli/budget.rs"]
mod budget;
#[path = "cli/demo.rs"]
mod demo;
#[path = "cli/environment.rs"]
mod environment;
#[path = "cli/exits.rs"]
mod exits;
#[path = "cli/hold.rs"]
mod hold;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/retry.rs"]
mod retry;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/shapes.rs"]
mod shapes;
#[path = "cli/small_things.rs"]
mod small_things;
#[path = "cli/waits.rs"]
mod waits;
