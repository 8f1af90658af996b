//! Several machines on one `MongoDB`: one leads, the others follow, and take over when it is gone.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod mongo;
#[path = "end_to_end/rig.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod rig;

#[path = "machines/away.rs"]
mod away;
#[path = "hand/clock.rs"]
mod clock;
#[path = "machines/group.rs"]
mod group;
#[path = "machines/inside.rs"]
mod inside;
#[path = "machines/killed.rs"]
mod killed;
#[path = "machines/outcomes.rs"]
mod outcomes;
#[path = "machines/people.rs"]
mod people;
#[path = "machines/relayed.rs"]
mod relayed;
#[path = "machines/stopped.rs"]
mod stopped;
#[path = "machines/watched.rs"]
mod watched;
