//! Lines on stdout. A reader that went away (`| head`) is no error: what it did not want is not said.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

use crate::ui::text::{self, width};

/// Why a line could not be written, the first time.
static LOST: OnceLock<String> = OnceLock::new();

/// Writes one line.
pub fn line(text: Arguments<'_>) {
    let mut stdout = std::io::stdout().lock();
    note(writeln!(stdout, "{text}"));
}

/// Takes note of what kept a line from being written. With a reader that went away nobody is left to be told.
fn note(written: std::io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error.to_string());
    }
}

/// Why not all that was said was written; none where it was, or where nobody wanted it.
pub fn lost() -> Option<&'static str> {
    note(std::io::stdout().lock().flush());
    LOST.get().map(String::as_str)
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

/// Breaks a text between words, so that every line takes at most so many columns. A word that is longer is cut.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if width(&line) > columns {
            let mut parts = text::wrap(&line, columns);
            line = parts.pop().unwrap_or_default();
            lines.append(&mut parts);
        }
    }
    lines.push(line);
    lines
}

/// Writes one line to stdout, as `println!` does, but never panics.
macro_rules! say {
    () => { $crate::cli::out::line(format_args!("")) };
    ($($text:tt)*) => { $crate::cli::out::line(format_args!($($text)*)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_fit() {
        assert_eq!(wrap("one (two), three", 10), ["one (two),", "three"]);
        assert_eq!(wrap("", 10), [""]);
        let long = wrap("see 0123456789abcdef now", 8);
        assert!(long.iter().all(|line| width(line) <= 8), "{long:?}");
        assert_eq!(long.concat().replace(' ', ""), "see0123456789abcdefnow");
    }
}
