//! Parses the command line, runs, prints the error, ends with an exit code.
fn main() {}
