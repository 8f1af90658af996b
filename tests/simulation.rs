//! The whole engine under seeds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use pulse_sync::sim::life::Options;
use pulse_sync::sim::selftest;

#[test]
fn seeds_keep_every_promise() {
    let from: u64 = std::env::var("FROM").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let count: u64 = std::env::var("PULSE_SYNC_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let findings = selftest::run(from..from + count, Options::default(), |_| {});
    eprintln!("{}", findings.figures);
    for failure in findings.failures.iter().take(5) {
        eprintln!("seed {}: {:#?}\n{}", failure.seed, failure.violations, failure.script);
    }
    assert!(findings.failures.is_empty(), "{} seeds failed", findings.failures.len());
}
