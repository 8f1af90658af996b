//! Deterministic identifiers and the one time format of the small GitHub.

use chrono::{DateTime, SecondsFormat, Utc};

/// Spreads a counter over 64 bits (the finaliser of `SplitMix64`), so that ids look unrelated
/// although the same run always hands out the same ones.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Hashes bytes to 64 bits (FNV-1a, then mixed). Not for secrets.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let folded = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |acc, byte| {
        (acc ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(folded)
}

/// Makes a global node id such as `I_kwDO…` from a prefix and a database id.
pub(crate) fn node_id(prefix: &str, id: u64) -> String {
    format!("{prefix}_kwDO{:012x}{id:06x}", mix(id) >> 16)
}

/// Makes a commit id (40 hexadecimal digits) from a counter.
pub(crate) fn sha(counter: u64) -> String {
    let (a, b, c) = (
        mix(counter),
        mix(!counter),
        mix(counter.rotate_left(32) ^ 0x5a5a),
    );
    format!("{a:016x}{b:016x}{:08x}", c >> 32)
}

/// Rounds a time in milliseconds down to the full second, as GitHub stores it.
pub(crate) fn floor_second(ms: i64) -> i64 {
    ms.div_euclid(1000) * 1000
}

/// Writes a time in milliseconds since the epoch as GitHub does: `2026-01-02T03:04:05Z`.
pub fn timestamp(ms: i64) -> String {
    moment(ms).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Writes a time for the `Last-Modified` header (RFC 9110 section 5.6.7).
pub(crate) fn http_date(ms: i64) -> String {
    moment(ms).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads an RFC 3339 time into milliseconds since the epoch; `None` when it is not one.
pub fn parse_timestamp(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.timestamp_millis())
}

fn moment(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}
