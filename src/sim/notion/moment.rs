//! Times as Notion writes them.

use chrono::{DateTime, NaiveDate, SecondsFormat};

/// Milliseconds in a minute.
pub const MINUTE: i64 = 60_000;
/// Milliseconds in a day.
pub const DAY: i64 = 86_400_000;

/// Rounds down to the minute, as Notion does with every time it shows (apis 1.3).
pub fn floor(ms: i64) -> i64 {
    ms.div_euclid(MINUTE) * MINUTE
}

/// Writes milliseconds since the epoch as `2026-11-22T10:03:00.000Z`.
pub fn format(ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads a day or a moment: milliseconds since the epoch, and whether it is a whole day.
pub fn parse(text: &str) -> Option<(i64, bool)> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some((day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis(), true));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some((time.timestamp_millis(), false));
    }
    let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some((naive.and_utc().timestamp_millis(), false))
}
