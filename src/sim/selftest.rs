//! Runs seeds and sums up: what `pulse-sync selftest` and the tests call.

use std::fmt::Write as _;
use std::ops::Range;

use super::figures::Figures;
use super::life::{Options, Outcome, live};

/// How many lines a failing seed's script has at most.
const SCRIPT_LINES: usize = 20;
/// Each of so many seeds is lived twice, to compare the traces.
const TWICE_EVERY: u64 = 50;

/// What a range of seeds did and found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Counts.
    pub figures: Figures,
    /// Seeds with a violation, each with a script of what led to it.
    pub failures: Vec<Failure>,
}

/// A seed that broke a promise.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was broken.
    pub violations: Vec<String>,
    /// The last things that happened to what it is about.
    pub script: String,
}

/// Runs a range of seeds; `each` is told of every seed that is done.
pub fn run(seeds: Range<u64>, options: Options, mut each: impl FnMut(&Outcome)) -> Findings {
    let mut findings = Findings::default();
    for seed in seeds {
        let mut outcome = live(seed, options);
        if seed % TWICE_EVERY == 0 && live(seed, options).trace != outcome.trace {
            outcome
                .violations
                .push("the same seed went another way".to_owned());
        }
        findings.figures.add(&outcome.figures);
        if !outcome.violations.is_empty() {
            findings.failures.push(explain(&outcome, options));
        }
        each(&outcome);
    }
    findings
}

/// Lives a failing seed again with its trace and keeps what concerns the first violation.
fn explain(outcome: &Outcome, options: Options) -> Failure {
    let options = Options {
        keep_trace: true,
        ..options
    };
    let again = live(outcome.seed, options);
    Failure {
        seed: outcome.seed,
        violations: outcome.violations.clone(),
        script: script(&again.lines, SCRIPT_LINES),
    }
}

/// The last lines of a trace before the first violation, without the reads.
pub fn script(lines: &[String], most: usize) -> String {
    let end = lines
        .iter()
        .position(|line| line.contains("VIOLATION"))
        .map_or(lines.len(), |at| at + 1);
    let telling = |line: &&String| !line.contains(" list ") && !line.contains(" get ");
    let told: Vec<&String> = lines.iter().take(end).filter(telling).collect();
    let mut script = String::new();
    for line in told.iter().skip(told.len().saturating_sub(most)) {
        let line: String = line.chars().take(220).collect();
        let _ = writeln!(script, "{line}");
    }
    script
}
