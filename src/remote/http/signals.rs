//! What an answer says about limits.

use chrono::DateTime;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Service;
use crate::core::Time;

/// The longest pause that is believed; a longer one is a broken header, and is asked about again after this.
const LONGEST_PAUSE: i64 = 24 * 60 * 60 * 1_000;

/// An hourly budget, as GitHub's headers tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Primary {
    /// Requests (GraphQL: points) an hour.
    pub limit: u32,
    /// What is left.
    pub left: u32,
    /// When it starts anew, by our own clock.
    pub resets_at: Time,
}

/// The service said "too many".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The pause it asked for, in milliseconds, if it named one.
    pub pause: Option<i64>,
    /// Which limit, for people.
    pub reason: String,
    /// Whether it is the limit of our own connection, not one shared with others.
    pub ours: bool,
}

/// What an answer says about limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// The hourly budget.
    pub primary: Option<Primary>,
    /// The refusal, if it is one. Certainly not applied then.
    pub refusal: Option<Refusal>,
    /// A pause in milliseconds that the service asks for though it does not say "too many", and why, for people. What
    /// became of the request itself is as unclear as the status says.
    pub rest: Option<(i64, String)>,
    /// Notion blocked this integration (`public_api_request_blocked`): repeating it will not help.
    pub blocked: bool,
}

/// Reads the limits out of an answer that arrived at `now`.
pub fn read(service: Service, status: u16, headers: &HeaderMap, body: &[u8], now: Time) -> Signals {
    let mut signals = match service {
        Service::Github => github(status, headers, body, now),
        Service::Notion => notion(status, headers, body, now),
    };
    if signals.refusal.is_none() && (500..600).contains(&status) {
        let why = || format!("{} asked for a pause ({status})", service.name());
        signals.rest = retry_after(headers, now).map(|pause| (pause, why()));
    }
    signals
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    text(headers, name)?.parse().ok()
}

/// The server's clock when it answered, else ours: its times are only compared with each other.
fn server_now(headers: &HeaderMap, now: Time) -> i64 {
    let date = text(headers, "date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    date.map_or(now.0, |date| date.timestamp_millis())
}

/// `Retry-After` in milliseconds: seconds, or an HTTP date against the server's own clock. A fraction is rounded up.
pub fn retry_after(headers: &HeaderMap, now: Time) -> Option<i64> {
    let raw = text(headers, "retry-after")?;
    let pause = seconds(raw).or_else(|| {
        let until = DateTime::parse_from_rfc2822(raw).ok()?.timestamp_millis();
        Some(until.saturating_sub(server_now(headers, now)))
    })?;
    Some(pause.clamp(0, LONGEST_PAUSE))
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "clamped to a day before the cast"
)]
fn seconds(raw: &str) -> Option<i64> {
    let seconds: f64 = raw.parse().ok()?;
    let ms = (seconds * 1_000.0).ceil();
    ms.is_finite()
        .then(|| ms.clamp(0.0, LONGEST_PAUSE as f64) as i64)
}

fn github(status: u16, headers: &HeaderMap, body: &[u8], now: Time) -> Signals {
    let primary = primary(headers, now);
    let mut signals = Signals {
        primary,
        ..Signals::default()
    };
    if status == 422 && is_too_quick(body) {
        signals.refusal = Some(Refusal {
            pause: retry_after(headers, now),
            reason: "GitHub's limit for making content (\"was submitted too quickly\")".to_owned(),
            ours: true,
        });
    }
    if !matches!(status, 403 | 429) {
        return signals;
    }
    let pause = retry_after(headers, now);
    let exhausted = primary.filter(|primary| primary.left == 0);
    let spoken = || {
        let body = String::from_utf8_lossy(body).to_lowercase();
        body.contains("rate limit") || body.contains("abuse detection")
    };
    if status == 429 || pause.is_some() || exhausted.is_some() || spoken() {
        let hourly = pause.is_none() && exhausted.is_some();
        signals.refusal = Some(Refusal {
            pause: pause.or_else(|| exhausted.map(|primary| primary.resets_at.since(now).max(0))),
            reason: if hourly {
                "GitHub's hourly limit is used up".to_owned()
            } else {
                "GitHub's secondary rate limit".to_owned()
            },
            ours: true,
        });
    }
    signals
}

/// Whether GitHub says that content was made too fast: a limit in the clothes of a refusal.
fn is_too_quick(body: &[u8]) -> bool {
    let body: Json = serde_json::from_slice(body).unwrap_or_default();
    let errors = body["errors"].as_array().into_iter().flatten();
    let words = errors.map(|error| error["message"].as_str().or_else(|| error.as_str()));
    let mut words = words.chain([body["message"].as_str()]).flatten();
    words.any(|said| said.to_lowercase().contains("submitted too quickly"))
}

fn primary(headers: &HeaderMap, now: Time) -> Option<Primary> {
    let limit = number(headers, "x-ratelimit-limit")?;
    let left = number(headers, "x-ratelimit-remaining")?;
    let reset = number(headers, "x-ratelimit-reset")?.saturating_mul(1_000);
    // One second more, as both of the server's times are cut to seconds.
    let wait = reset
        .saturating_sub(server_now(headers, now))
        .saturating_add(1_000);
    Some(Primary {
        limit: u32::try_from(limit).ok()?,
        left: u32::try_from(left).unwrap_or(0),
        resets_at: now.plus(wait.clamp(0, LONGEST_PAUSE)),
    })
}

fn notion(status: u16, headers: &HeaderMap, body: &[u8], now: Time) -> Signals {
    if !matches!(status, 429 | 529) {
        return Signals::default();
    }
    let body: Json = serde_json::from_slice(body).unwrap_or_default();
    let more = &body["additional_data"];
    let said = more["rate_limit_reason"].as_str().unwrap_or_default();
    if said == "public_api_request_blocked" {
        return Signals {
            blocked: true,
            ..Signals::default()
        };
    }
    let in_body = || match &more["retry_after"] {
        Json::String(raw) => seconds(raw),
        Json::Number(raw) => seconds(&raw.to_string()),
        _ => None,
    };
    let reason = match said {
        _ if status == 529 => "Notion is overloaded",
        "public_api_space_request_rate_limit" => "the limit of the whole Notion workspace",
        "public_api_endpoint_rate_limit" => "Notion's limit for this kind of request",
        _ => "Notion's request limit",
    };
    Signals {
        refusal: Some(Refusal {
            pause: retry_after(headers, now).or_else(in_body),
            reason: reason.to_owned(),
            ours: status == 429 && matches!(said, "" | "public_api_request_rate_limit"),
        }),
        ..Signals::default()
    }
}
