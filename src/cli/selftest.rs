//! `selftest`: repeats the simulation that the engine is tested with.

use std::io::IsTerminal;

use anyhow::bail;
use indicatif::ProgressBar;

use super::args::SelftestOptions;
use super::exit::Exit;
use crate::sim::life::Options;
use crate::sim::selftest;
use crate::ui::text::counted;

/// Runs the seeds, shows what broke a promise, what went wrong how often, and ends with one line of figures.
///
/// # Errors
/// When there would be no such seeds.
pub fn run(options: &SelftestOptions) -> anyhow::Result<Exit> {
    let end = options.from.checked_add(options.seeds);
    let Some(end) = end.filter(|end| *end > options.from) else {
        bail!(
            "`--seeds {} --from {}` are no seeds: there has to be one at least, and the last one is {}",
            options.seeds,
            options.from,
            u64::MAX - 1
        );
    };
    let seeds = options.from..end;
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
    let faults = findings.figures.faults.iter();
    let faults: Vec<String> = faults
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    say!("faults: {}", faults.join(", "));
    say!(
        "{}, {}",
        findings.figures,
        counted(findings.failures.len(), "violation")
    );
    Ok(if findings.failures.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}
