//! The whole engine under seeds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::collections::BTreeMap;

use pulse_sync::sim::life::{Options, live};
use pulse_sync::sim::selftest;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// `PULSE_SYNC_SEEDS` says how many seeds, `PULSE_SYNC_FROM` the first.
#[test]
fn seeds_keep_every_promise() {
    let from = number("PULSE_SYNC_FROM", 0);
    let count = number("PULSE_SYNC_SEEDS", 300);
    let started = std::time::Instant::now();
    let findings = selftest::run(from..from + count, Options::default(), |_| {});
    eprintln!("{} in {:?}", findings.figures, started.elapsed());
    let mut kinds: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for failure in &findings.failures {
        let first = failure.violations.first().map_or("", String::as_str);
        let kind: Vec<&str> = first.split_whitespace().take(2).collect();
        kinds.entry(kind.join(" ")).or_default().push(failure.seed);
    }
    for (kind, seeds) in &kinds {
        eprintln!(
            "{kind}: {} seeds, first {:?}",
            seeds.len(),
            &seeds[..seeds.len().min(6)]
        );
    }
    for failure in findings.failures.iter().take(3) {
        eprintln!(
            "seed {}: {:#?}\n{}",
            failure.seed, failure.violations, failure.script
        );
    }
    assert!(
        findings.failures.is_empty(),
        "{} seeds failed",
        findings.failures.len()
    );
}

/// `PULSE_SYNC_SEED=n cargo test --test simulation one_seed_in_full -- --ignored --nocapture` tells a seed's story.
#[test]
#[ignore = "prints one seed's whole trace"]
fn one_seed_in_full() {
    let options = Options {
        keep_trace: true,
        ..Options::default()
    };
    let outcome = live(number("PULSE_SYNC_SEED", 0), options);
    for line in &outcome.lines {
        eprintln!("{line}");
    }
    eprintln!("{:#?}", outcome.violations);
}
