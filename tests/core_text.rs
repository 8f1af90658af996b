//! Text: canonical lines, flavours, merge, what is neutralised on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "core_text/laws.rs"]
mod laws;
