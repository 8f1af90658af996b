//! The meaning of single texts: durations, repositories, databases, addresses.

use std::net::IpAddr;

use glob::Pattern;
use tracing::level_filters::LevelFilter;
use url::{Host, Url};

use super::model::Window;
use super::section::{Fault, Named};
use crate::core::codec::option_name;
use crate::core::plan::{NewPages, OnTrashed, ToPublic};
use crate::core::{Direction, Kind, Policy};

/// Milliseconds of a duration such as `90s` or `1h 30m`.
pub(super) fn duration(text: &str) -> Result<i64, Fault> {
    let label = "write for example \"90s\", \"15m\" or \"1h 30m\"";
    if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() && text != "0" {
        return Err(Fault::new(
            format!("`{text}` lacks a unit"),
            format!("did you mean \"{text}s\"?"),
        ));
    }
    let parsed = humantime::parse_duration(text)
        .map_err(|error| Fault::new(format!("`{text}` is not a duration: {error}"), label))?;
    // Far beyond any use, and far from overflow when added to a point in time.
    i64::try_from(parsed.as_millis())
        .ok()
        .filter(|ms| *ms <= 100 * 366 * 24 * 60 * 60 * 1_000)
        .ok_or_else(|| Fault::new(format!("`{text}` is too long"), "at most a hundred years"))
}

/// Milliseconds between two runs; shorter ones would only use up the services' limits.
pub(super) fn interval(text: &str) -> Result<i64, Fault> {
    at_least_ten_seconds(duration(text)?)
}

/// The same from an environment variable, where a bare number means seconds.
pub(super) fn interval_seconds(text: &str) -> Result<i64, Fault> {
    if text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return interval(text);
    }
    let seconds = text
        .parse::<u32>()
        .map_err(|_error| Fault::new("not a number of seconds", "for example 3600"))?;
    at_least_ten_seconds(i64::from(seconds) * 1_000)
}

fn at_least_ten_seconds(ms: i64) -> Result<i64, Fault> {
    if ms < 10_000 {
        return Err(Fault::new(
            "the interval is too short",
            "at least 10 seconds",
        ));
    }
    Ok(ms)
}

/// The name of an option of a Notion select.
pub(super) fn option(text: &str) -> Result<String, Fault> {
    if option_name(text) == text && !text.is_empty() {
        return Ok(text.to_owned());
    }
    Err(Fault::new(
        format!("`{text}` can be no option in Notion"),
        "1 to 100 characters, no comma, no space around it",
    ))
}

/// Writes a run.
pub(super) const MAX_ITEMS: std::ops::RangeInclusive<u32> = 1..=100_000;

/// Requests a minute; 0 = no pace.
pub(super) const PER_MINUTE: std::ops::RangeInclusive<u32> = 0..=100_000;

/// The same from an environment variable.
pub(super) fn max_items(text: &str) -> Result<u32, Fault> {
    let number = text.parse().ok().filter(|n| MAX_ITEMS.contains(n));
    number.ok_or_else(|| {
        let (low, high) = MAX_ITEMS.into_inner();
        Fault::new(
            "not a number of items",
            format!("a whole number from {low} to {high}, for example 50"),
        )
    })
}

/// `all`, or a duration.
pub(super) fn window(text: &str) -> Result<Window, Fault> {
    if text == "all" {
        return Ok(Window::All);
    }
    duration(text).map(Window::Last).map_err(|fault| {
        Fault::new(
            fault.message,
            "write \"all\", or a duration such as \"90d\"",
        )
    })
}

/// A text that is not empty.
pub(super) fn filled(text: &str) -> Result<String, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::new("this text is empty", "write something"));
    }
    Ok(text.trim().to_owned())
}

/// Any text.
#[allow(clippy::unnecessary_wraps, reason = "has the shape of its neighbours")]
pub(super) fn any(text: &str) -> Result<String, Fault> {
    Ok(text.trim().to_owned())
}

/// A link's name: it appears on command lines and in stored keys.
pub(super) fn link_name(text: &str) -> Result<String, Fault> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.chars().count() > 64 || !text.chars().all(fits) {
        return Err(Fault::new(
            "this is no name for a link",
            "letters, digits, `-`, `_` and `.`, at most 64",
        ));
    }
    Ok(text.to_owned())
}

fn is_login(text: &str) -> bool {
    // GitHub: 39 characters; managed accounts carry `_shortcode` behind.
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn is_repository_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
        && text.len() <= 100
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The name of an account or an organisation.
pub(super) fn login(text: &str) -> Result<String, Fault> {
    if is_login(text) {
        Ok(text.to_owned())
    } else {
        Err(Fault::new(
            format!("`{text}` is no GitHub user name"),
            "letters, digits and `-`, for example octocat",
        ))
    }
}

fn not_a_repository(text: &str) -> Fault {
    let path = text
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_start_matches("git@");
    let parts: Vec<_> = path.split(['/', ':']).collect();
    let label = match parts.as_slice() {
        [host, owner, name, ..] if host.contains('.') && is_login(owner) => {
            format!(
                "did you mean \"{owner}/{}\"?",
                name.trim_end_matches(".git")
            )
        }
        [name] if is_repository_name(name) => format!("write whose it is: \"owner/{name}\""),
        _ => "write \"owner/name\"".to_owned(),
    };
    Fault::new(format!("`{text}` is no repository"), label)
}

/// One repository, `owner/name`.
pub(super) fn repository(text: &str) -> Result<String, Fault> {
    match text.split_once('/') {
        Some((owner, name)) if is_login(owner) && is_repository_name(name) => Ok(text.to_owned()),
        _ => Err(not_a_repository(text)),
    }
}

/// Whether a text is a pattern and not one thing's name.
pub(super) fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Repositories of one owner: `owner/name` or `owner/` and a glob.
pub(super) fn selection(text: &str) -> Result<String, Fault> {
    let Some((owner, name)) = text.split_once('/') else {
        return Err(not_a_repository(text));
    };
    if is_glob(owner) {
        return Err(Fault::new(
            format!("`{text}` names no owner"),
            "only the part behind the slash can be a pattern",
        ));
    }
    if is_glob(name) && is_login(owner) {
        return exclusion(text);
    }
    repository(text)
}

/// A glob over `owner/name`.
pub(super) fn exclusion(text: &str) -> Result<String, Fault> {
    if text.matches('/').count() != 1 {
        return Err(not_a_repository(text));
    }
    match Pattern::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Fault::new(
            format!("`{text}` is no pattern: {}", error.msg),
            "`*` any text, `?` one character, `[ab]` one of these",
        )),
    }
}

/// The id of a database or data source, also out of a pasted address: lower case, with dashes.
pub(super) fn database(text: &str) -> Result<String, Fault> {
    notion_id(text).ok_or_else(|| {
        Fault::new(
            "this is no Notion database",
            "paste the database's address, or its id of 32 hex digits",
        )
    })
}

/// The id of something in Notion, also out of its pasted address: lower case, with dashes.
pub fn notion_id(text: &str) -> Option<String> {
    let is_address = text.contains('/');
    let id = if is_address {
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let url = Url::parse(&full).ok()?;
        let host = url.host_str().unwrap_or_default();
        let ours = ["notion.so", "notion.com", "notion.site"]
            .iter()
            .any(|known| host == *known || host.ends_with(&format!(".{known}")));
        if !ours {
            return None;
        }
        let last = url.path().trim_end_matches('/').rsplit('/').next();
        let digits = last.unwrap_or_default().replace('-', "");
        let cut = digits.len().saturating_sub(32);
        digits.get(cut..).unwrap_or_default().to_owned()
    } else {
        text.replace('-', "")
    };
    if id.len() != 32 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let id = id.to_lowercase();
    let parts = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]];
    Some(parts.join("-"))
}

/// A service's base address, without a slash at its end.
pub(super) fn api_url(text: &str) -> Result<String, Fault> {
    let label = "for example https://api.github.com";
    let url = Url::parse(text)
        .map_err(|error| Fault::new(format!("this is no address: {error}"), label))?;
    let Some(host) = url.host() else {
        return Err(Fault::new("this address has no host", label));
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => {
            return Err(Fault::new(
                "a token must not travel unencrypted",
                "write https; http only to this machine",
            ));
        }
        _ => return Err(Fault::new("this address is not https", label)),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Fault::new("this address holds a login", "leave it out"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Fault::new(
            "this address holds more than a host and a path",
            "leave out what follows `?` or `#`",
        ));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(ip) => IpAddr::from(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::from(*ip).is_loopback(),
    }
}

/// Whether an address that was accepted leads to this machine.
pub(super) fn is_local(api_url: &str) -> bool {
    Url::parse(api_url).is_ok_and(|url| url.host().is_some_and(|host| is_loopback(&host)))
}

/// A `MongoDB` connection string.
pub(super) fn mongodb_uri(text: &str) -> Result<String, Fault> {
    if text.starts_with("mongodb://") || text.starts_with("mongodb+srv://") {
        Ok(text.to_owned())
    } else {
        Err(Fault::new(
            "this is no MongoDB address",
            "it starts with mongodb:// or mongodb+srv://",
        ))
    }
}

/// The databases of a server's own, named in an address only to say who knows the user.
const OF_THE_SERVER: [&str; 3] = ["admin", "config", "local"];

/// The database that the path of a `MongoDB` address names, if it names one of ours.
pub fn database_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (_, path) = rest.split_once('/')?;
    let name = path.split('?').next()?;
    let name = percent_encoding::percent_decode_str(name)
        .decode_utf8()
        .ok()?;
    let is_ours = !name.is_empty() && !OF_THE_SERVER.contains(&name.as_ref());
    is_ours.then(|| name.into_owned())
}

impl Named for Kind {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("issue", Self::Issue),
        ("pull_request", Self::Pull),
        ("commit", Self::Commit),
    ];
}

impl Named for Policy {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("ask", Self::Ask),
        ("github", Self::Github),
        ("notion", Self::Notion),
        ("newest", Self::Newest),
        ("merge", Self::Merge),
    ];
}

impl Named for Direction {
    const NAMES: &'static [(&'static str, Self)] = &[
        (Self::Both.name(), Self::Both),
        (Self::ToNotion.name(), Self::ToNotion),
        (Self::ToGithub.name(), Self::ToGithub),
        (Self::Off.name(), Self::Off),
    ];
}

impl Named for NewPages {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("ready", Self::Ready),
        ("all", Self::All),
        ("ignore", Self::Ignore),
    ];
}

impl Named for ToPublic {
    const NAMES: &'static [(&'static str, Self)] = &[("ask", Self::Ask), ("allow", Self::Allow)];
}

impl Named for OnTrashed {
    const NAMES: &'static [(&'static str, Self)] =
        &[("unlink", Self::Unlink), ("close", Self::Close)];
}

impl Named for LevelFilter {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("off", Self::OFF),
        ("error", Self::ERROR),
        ("warn", Self::WARN),
        ("info", Self::INFO),
        ("debug", Self::DEBUG),
        ("trace", Self::TRACE),
    ];
}
