//! Deliveries of GitHub and Notion: what is taken, what is refused, what is remembered, and what follows from it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "end_to_end/rig.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod rig;

#[path = "hooks/bench.rs"]
mod bench;
#[path = "hooks/flood.rs"]
mod flood;
#[path = "hooks/handshake.rs"]
mod handshake;
#[path = "hooks/hostile.rs"]
mod hostile;
#[path = "hooks/program.rs"]
mod program;
#[path = "hooks/signed.rs"]
mod signed;
