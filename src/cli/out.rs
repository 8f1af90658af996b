//! Lines on stdout. A reader that went away (`| head`) is no error: what it did not want is not said.

use std::fmt::Arguments;
use std::io::Write;

/// Writes one line.
pub fn line(text: Arguments<'_>) {
    let mut stdout = std::io::stdout().lock();
    // Nobody is left to be told.
    let _ = writeln!(stdout, "{text}");
}

/// How wide what is printed may be, in columns: the terminal's width up to a width that is still read well, 80
/// where there is none.
pub fn columns() -> usize {
    size().map_or(80, |(columns, _)| usize::from(columns).clamp(40, 110))
}

/// The size of the terminal that stdout is, in columns and rows.
#[cfg(unix)]
pub fn size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}

/// Not asked for on this system.
#[cfg(not(unix))]
pub const fn size() -> Option<(u16, u16)> {
    None
}

/// Writes one line to stdout, as `println!` does, but never panics.
macro_rules! say {
    () => { $crate::cli::out::line(format_args!("")) };
    ($($text:tt)*) => { $crate::cli::out::line(format_args!($($text)*)) };
}
