//! Parses the command line, runs, prints the error, ends with an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    pulse_sync::cli::run(std::env::args_os())
}
