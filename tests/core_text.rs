//! Text: canonical lines, flavours, merge, what is neutralised on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Tables of cases are long, and assertions take their values.
#![allow(clippy::too_many_lines, clippy::redundant_clone)]

#[path = "core_text/cases.rs"]
mod cases;
#[path = "core_text/laws.rs"]
mod laws;
#[path = "core_text/merging.rs"]
mod merging;
