//! Text: canonical lines, flavours, merge, what is neutralised on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Tables of cases are long, and assertions take their values.
#![allow(clippy::too_many_lines, clippy::redundant_clone)]

#[path = "core_text/cases.rs"]
mod cases;
#[path = "core_text/kept.rs"]
mod kept;
#[path = "core_text/laws.rs"]
mod laws;
#[path = "core_text/merging.rs"]
mod merging;
#[path = "core_text/rendered.rs"]
mod rendered;

/// How many cases: enough for somebody who waits, or as many as a build server has time for (`PULSE_SYNC_THOROUGH`).
fn cases(quick: u32, thorough: u32) -> u32 {
    if std::env::var_os("PULSE_SYNC_THOROUGH").is_some() {
        thorough
    } else {
        quick
    }
}
