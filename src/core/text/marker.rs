//! The hidden mark by which an issue that we created is found again after a lost answer.

use super::leaf::{self, Fence};

const OPEN: &str = "<!-- pulse-sync:";
const CLOSE: &str = " -->";
/// Characters that [`write()`] adds to a usual text: a blank line, and the mark with its key.
pub const LENGTH: usize = "\n\n".len() + OPEN.len() + 32 + CLOSE.len();

/// Appends the marker to a body as its last line. The key is 32 lowercase hexadecimal digits.
pub fn write(body: &str, key: &str) -> String {
    let gap = match unclosed(body) {
        // In code the marker would be shown, and not be one: close the code first.
        Some(fence) => format!("\n{}\n", fence.closing()),
        None if body.is_empty() => String::new(),
        None => "\n\n".to_owned(),
    };
    format!("{body}{gap}{OPEN}{key}{CLOSE}")
}

/// Returns the key of the last marker outside code.
pub fn read(body: &str) -> Option<String> {
    let found = find(body)?;
    key(found.line(body)).map(str::to_owned)
}

/// Removes the last marker outside code, and what [`write()`] put before it.
pub fn strip(body: &str) -> String {
    let Some(found) = find(body) else {
        return body.to_owned();
    };
    let (before, after) = (&body[..found.start], &body[found.end..]);
    if !after.trim().is_empty() {
        return format!("{before}{after}");
    }
    if let Some(close) = found.closes_at {
        let before = &body[..close];
        return before.strip_suffix('\n').unwrap_or(before).to_owned();
    }
    let bare = before
        .strip_suffix("\n\n")
        .or_else(|| before.strip_suffix("\r\n\r\n"));
    bare.unwrap_or(before).to_owned()
}

/// Where the marker is.
struct Found {
    start: usize,
    end: usize,
    /// Where the line right before it starts, when that closes code.
    closes_at: Option<usize>,
}

impl Found {
    fn line<'a>(&self, body: &'a str) -> &'a str {
        &body[self.start..self.end]
    }
}

fn find(body: &str) -> Option<Found> {
    let mut fence: Option<Fence> = None;
    let mut closes_at = None;
    let mut found = None;
    let mut start = 0;
    for line in body.split_inclusive('\n') {
        let end = start + line.len();
        let mut closed = None;
        match &fence {
            Some(open) if open.ends(line.trim_end()) => {
                fence = None;
                closed = Some(start);
            }
            Some(_) => {}
            None if key(line).is_some() => {
                found = Some(Found {
                    start,
                    end,
                    closes_at,
                });
            }
            None => fence = leaf::fence(line.trim()),
        }
        closes_at = closed;
        start = end;
    }
    found
}

fn unclosed(body: &str) -> Option<Fence> {
    let mut fence: Option<Fence> = None;
    for line in body.split_inclusive('\n') {
        match &fence {
            Some(open) if open.ends(line.trim_end()) => fence = None,
            Some(_) => {}
            None => fence = leaf::fence(line.trim()),
        }
    }
    fence
}

fn key(line: &str) -> Option<&str> {
    let key = line.trim_end().strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
    let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    (key.len() == 32 && key.bytes().all(hex)).then_some(key)
}
