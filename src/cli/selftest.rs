//! `selftest`: repeats the simulation that the engine is tested with.

use std::io::IsTerminal;

use indicatif::ProgressBar;

use super::args::SelftestOptions;
use super::exit::Exit;
use crate::sim::life::Options;
use crate::sim::selftest;

/// Runs the seeds, shows what broke a promise, and ends with one line of figures.
pub fn run(options: &SelftestOptions) -> Exit {
    let seeds = options.from..options.from.saturating_add(options.seeds);
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(options.seeds)
    } else {
        ProgressBar::hidden()
    };
    let findings = selftest::run(seeds, Options::default(), |_| bar.inc(1));
    bar.finish_and_clear();
    for failure in &findings.failures {
        say!("seed {} broke a promise:", failure.seed);
        failure.violations.iter().for_each(|what| say!("  {what}"));
        say!("{}", failure.script);
    }
    say!(
        "{}, {} violations",
        findings.figures,
        findings.failures.len()
    );
    if findings.failures.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    }
}
