//! Widths, cuts and times: how text and numbers are made to fit.

use std::fmt::Display;

use chrono::{FixedOffset, TimeZone};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::core::Time;
use crate::shown::Shown;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How many columns a text takes as it is shown: those of its graphemes, one by one, as they are put into cells. (As a
/// whole, some pairs of letters would count as one sign.)
pub fn width(text: &str) -> usize {
    match (Shown::is_as_it_is(text), text.is_ascii()) {
        (true, true) => text.len(),
        (true, false) => columns(text),
        (false, _) => columns(Shown::line(text).as_str()),
    }
}

fn columns(shown: &str) -> usize {
    shown.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Cuts a text, as it is shown, to `columns`, ending in `cut` where something was cut off.
pub fn clip(text: &str, columns: usize, cut: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let shown = Shown::line(text);
    let text = shown.as_str();
    let room = columns.saturating_sub(width(cut));
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = width(grapheme);
        if used + wide > room {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    if columns >= width(cut) {
        out.push_str(cut);
    }
    out
}

/// Breaks a text, as it is shown, into lines of at most `columns`, between words where that is possible.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let shown = Shown::block(text);
    let text = shown.as_str();
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut now = String::new();
        let mut used = 0;
        for word in words(line, columns) {
            let word = word.as_str();
            let wide = width(word);
            if used + wide > columns && used > 0 {
                lines.push(std::mem::take(&mut now).trim_end().to_owned());
                used = 0;
                if word.trim().is_empty() {
                    continue;
                }
            }
            for part in pieces(word, columns) {
                if used + width(&part) > columns && used > 0 {
                    lines.push(std::mem::take(&mut now));
                    used = 0;
                }
                used += width(&part);
                now.push_str(&part);
            }
        }
        lines.push(now.trim_end().to_owned());
    }
    lines
}

/// The words of a line and the blanks between them. What closes stays with the word before it, what opens with the one
/// after it.
fn words(line: &str, columns: usize) -> Vec<String> {
    let closes = |token: &str| token.chars().all(|c| ".,;:!?)]}…".contains(c));
    let opens = |token: &str| token.chars().all(|c| "([{".contains(c));
    let mut words: Vec<String> = Vec::new();
    for token in line.split_word_bounds() {
        let joined = words.last_mut().filter(|last| {
            let is_bound = closes(token) && !last.trim().is_empty() || opens(last);
            is_bound && width(last) + width(token) <= columns
        });
        match joined {
            Some(last) => last.push_str(token),
            None => words.push(token.to_owned()),
        }
    }
    words
}

/// A word in pieces that each fit into a line.
fn pieces(word: &str, columns: usize) -> Vec<String> {
    if width(word) <= columns {
        return vec![word.to_owned()];
    }
    let mut pieces = vec![String::new()];
    for grapheme in word.graphemes(true) {
        let is_full = pieces
            .last()
            .is_some_and(|piece| width(piece) + width(grapheme) > columns);
        if is_full {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push_str(grapheme);
        }
    }
    pieces
}

/// A span of time in its largest unit: `now`, `40s`, `12m`, `3h`, `5d`.
pub fn age(ms: i64) -> String {
    match ms.max(0) {
        0..SECOND => "now".to_owned(),
        ms @ SECOND..MINUTE => format!("{}s", ms / SECOND),
        ms @ MINUTE..HOUR => format!("{}m", ms / MINUTE),
        ms @ HOUR..DAY => format!("{}h", ms / HOUR),
        ms => format!("{}d", ms / DAY),
    }
}

/// How long ago: `just now`, `12m ago`.
pub fn ago(ms: i64) -> String {
    if ms < SECOND {
        return "just now".to_owned();
    }
    format!("{} ago", age(ms))
}

/// A time to wait: `0:42`, `4:10`, `1h04m`, `2d03h`.
pub fn countdown(ms: i64) -> String {
    // A second that has begun is still to be waited for.
    let s = ms.max(0).saturating_add(SECOND - 1) / SECOND;
    match s {
        0..3_600 => format!("{}:{:02}", s / 60, s % 60),
        3_600..86_400 => format!("{}h{:02}m", s / 3_600, s / 60 % 60),
        _ => format!("{}d{:02}h", s / 86_400, s / 3_600 % 24),
    }
}

/// The user's time zone: what a moment is called on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(FixedOffset);

impl Zone {
    /// A zone by its offset east of Greenwich, in seconds; Greenwich where that makes no sense.
    pub fn east(seconds: i32) -> Self {
        let greenwich = FixedOffset::east_opt(0);
        Self(
            FixedOffset::east_opt(seconds)
                .or(greenwich)
                .unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc)),
        )
    }

    /// The time of day: `14:32:07`.
    pub fn clock(self, at: Time) -> String {
        self.format(at, "%H:%M:%S")
    }

    /// The time of day without seconds: `14:32`.
    pub fn minute(self, at: Time) -> String {
        self.format(at, "%H:%M")
    }

    /// Date and time: `2026-11-22 14:32:07`.
    pub fn full(self, at: Time) -> String {
        self.format(at, "%Y-%m-%d %H:%M:%S")
    }

    /// The time of day if it is today, else the day: `14:32:07`, `yesterday`, `2 Oct`, `2 Oct 25`.
    pub fn when(self, at: Time, now: Time) -> String {
        let (Some(day), Some(today)) = (self.at(at), self.at(now)) else {
            return "?".to_owned();
        };
        let days = (today.date_naive() - day.date_naive()).num_days();
        match days {
            0 => self.clock(at),
            1 => "yesterday".to_owned(),
            _ if day.format("%Y").to_string() == today.format("%Y").to_string() => {
                day.format("%-d %b").to_string()
            }
            _ => day.format("%-d %b %y").to_string(),
        }
    }

    /// A moment to come, to the minute: `14:20`, `tomorrow 14:20`, `24 Nov 14:20`.
    pub fn ahead(self, at: Time, now: Time) -> String {
        let (Some(day), Some(today)) = (self.at(at), self.at(now)) else {
            return "?".to_owned();
        };
        let minute = self.minute(at);
        match (day.date_naive() - today.date_naive()).num_days() {
            0 => minute,
            1 => format!("tomorrow {minute}"),
            _ => format!("{} {minute}", day.format("%-d %b")),
        }
    }

    fn at(self, at: Time) -> Option<chrono::DateTime<FixedOffset>> {
        self.0.timestamp_millis_opt(at.0).single()
    }

    fn format(self, at: Time, how: &str) -> String {
        self.at(at)
            .map_or_else(|| "?".to_owned(), |at| at.format(how).to_string())
    }
}

/// A field's name in words, for people; filters and files have the name itself.
pub fn called(field: &str) -> &str {
    match field {
        "closed_as" => "closed as",
        "closed_by" => "closed by",
        "co_authors" => "co-authors",
        "linked_issues" => "linked issues",
        "merge_commit" => "merge commit",
        "pull_state" => "state",
        "sync_note" => "sync note",
        other => other,
    }
}

/// So many of something: `1 record`, `2 records`.
pub fn counted<N: Copy + Display + TryInto<u64>>(count: N, what: &str) -> String {
    match what.strip_suffix("ty") {
        Some(stem) => format!("{count} {stem}{}", either(count, "ty", "ties")),
        None => format!("{count} {what}{}", either(count, "", "s")),
    }
}

/// The word that goes with so many: `1 item waits`, `2 items wait`.
pub fn either<N: TryInto<u64>>(count: N, one: &'static str, many: &'static str) -> &'static str {
    if count.try_into().is_ok_and(|count| count == 1) {
        one
    } else {
        many
    }
}

/// Bytes as people say them: `44M`, `9.9G`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "K", "M", "G", "T"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1_000.0 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    if unit >= 3 || value < 10.0 && unit > 0 {
        format!("{value:.1}{}", UNITS[unit])
    } else {
        format!("{value:.0}{}", UNITS[unit])
    }
}

/// A number with its thousands apart: `18,204`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_what_they_take() {
        assert_eq!(clip("Crash on resize", 8, "…"), "Crash o…");
        assert_eq!(clip("世界地図", 5, "…"), "世界…");
        assert_eq!(clip("世界", 4, "…"), "世界");
        assert_eq!(clip("ab", 0, "…"), "");
        assert_eq!(width("\u{202e}ab"), width("<RLO>ab"));
        assert_eq!(clip("\u{202e}abcdef", 8, "…"), "<RLO>ab…");
        assert_eq!(clip("e\u{301}e\u{301}e\u{301}", 2, "…"), "e\u{301}…");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert!(wrap("世界地図 test", 5).iter().all(|line| width(line) <= 5));
        assert_eq!(wrap("one\u{200f} two", 8), ["one<RLM>", "two"]);
    }

    #[test]
    fn times_are_short() {
        assert_eq!(
            [age(400), age(61_000), age(7_200_000), age(-5)],
            ["now", "1m", "2h", "now"]
        );
        assert_eq!(
            [countdown(41_001), countdown(0), countdown(250_000)],
            ["0:42", "0:00", "4:10"]
        );
        assert_eq!(countdown(3_700_000), "1h01m");
        let zone = Zone::east(3_600);
        let now = Time(1_700_000_000_000);
        assert_eq!(zone.clock(now), "23:13:20");
        assert_eq!(zone.when(now.minus(24 * HOUR), now), "yesterday");
        assert_eq!(zone.when(now.minus(60 * DAY), now), "15 Sep");
        let ahead = |ms| zone.ahead(now.plus(ms), now);
        assert_eq!(
            [ahead(60_000), ahead(HOUR), ahead(24 * HOUR), ahead(2 * DAY)],
            ["23:14", "tomorrow 00:13", "tomorrow 23:13", "16 Nov 23:13"]
        );
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            [thousands(0), thousands(999), thousands(18_204)],
            ["0", "999", "18,204"]
        );
        assert_eq!(
            [bytes(44 << 20), bytes((99 << 30) / 10), bytes(900)],
            ["44M", "9.9G", "900B"]
        );
    }
}
