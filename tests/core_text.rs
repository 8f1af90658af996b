//! Text: canonical lines, flavours, merge, what is neutralised on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "core_text/cases.rs"]
mod cases;
#[path = "core_text/laws.rs"]
mod laws;
#[path = "core_text/merging.rs"]
mod merging;
