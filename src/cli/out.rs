//! Lines on stdout. A reader that went away (`| head`) is no error: what it did not want is not said.

use std::fmt::Arguments;
use std::io::Write;

/// Writes one line.
pub fn line(text: Arguments<'_>) {
    let mut stdout = std::io::stdout().lock();
    // Nobody is left to be told.
    let _ = writeln!(stdout, "{text}");
}

/// Writes one line to stdout, as `println!` does, but never panics.
macro_rules! say {
    () => { $crate::cli::out::line(format_args!("")) };
    ($($text:tt)*) => { $crate::cli::out::line(format_args!($($text)*)) };
}
