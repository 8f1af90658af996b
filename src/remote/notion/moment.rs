//! Notion's times.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use crate::core::Time;

/// A minute: Notion rounds `created_time` and `last_edited_time` down to it.
pub const MINUTE: i64 = 60_000;

/// Reads a time with an offset: `2026-01-02T03:04:00.000Z`.
pub fn parse(text: &str) -> Option<Time> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| Time(time.timestamp_millis()))
}

/// Writes a time as filters take it: `2026-01-02T03:04:00.000Z`.
pub fn iso(time: Time) -> String {
    DateTime::<Utc>::from_timestamp_millis(time.0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The start of the minute, as an object changed at `time` is stamped.
pub const fn floor(time: Time) -> Time {
    Time(time.0 - time.0.rem_euclid(MINUTE))
}

/// A date property's start in the normal form: `2026-01-02T03:04:05Z`, or `2026-01-02`.
/// None when it cannot be read as either.
pub fn date_value(start: &str) -> Option<String> {
    if NaiveDate::parse_from_str(start, "%Y-%m-%d").is_ok() {
        return Some(start.to_owned());
    }
    DateTime::parse_from_rfc3339(start).ok().map(|time| {
        time.with_timezone(&Utc)
            .to_rfc3339_opts(SecondsFormat::Secs, true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_minutes() {
        let time = parse("2026-01-02T03:04:59.999Z").unwrap();
        assert_eq!(iso(floor(time)), "2026-01-02T03:04:00.000Z");
        assert_eq!(floor(Time(-1)), Time(-MINUTE));
        assert_eq!(floor(floor(time)), floor(time));
    }

    #[test]
    fn dates_have_one_form() {
        for (start, value) in [
            ("2026-01-02", Some("2026-01-02")),
            (
                "2026-01-02T03:04:05.000+00:00",
                Some("2026-01-02T03:04:05Z"),
            ),
            (
                "2026-01-02T03:04:00.000+02:00",
                Some("2026-01-02T01:04:00Z"),
            ),
            ("2026-01-02T03:04:05Z", Some("2026-01-02T03:04:05Z")),
            ("2026-01-02T03:04:05", None),
            ("2026-13-02", None),
            ("soon", None),
        ] {
            assert_eq!(date_value(start).as_deref(), value, "{start}");
        }
    }
}
