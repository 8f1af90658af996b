//! One request, read and checked, and the answer to it.

use axum::http::{HeaderMap, Method, Uri};
use serde_json::{Value as Json, json};

use crate::sim::notion::ids::Id;
use crate::sim::notion::query_json;
use crate::sim::notion::refusal::Refusal;
use crate::sim::notion::render::Version;

/// Largest request body, in bytes (reference/request-limits).
const MAX_PAYLOAD: usize = 500 * 1024;

/// A request as it came in, before anything is believed of it.
#[derive(Clone, Debug)]
pub struct Raw {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Raw {
    /// The path without `/v1/`, percent-decoded, in parts.
    pub fn segments(&self) -> Vec<String> {
        let path = self.uri.path().strip_prefix("/v1/").unwrap_or_default();
        let parts = path.trim_end_matches('/').split('/');
        let decode = |part: &str| {
            percent_encoding::percent_decode_str(part)
                .decode_utf8_lossy()
                .into_owned()
        };
        parts.map(decode).collect()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The token that came along.
    pub fn token(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// Checks version and body.
    pub fn read(&self, now: i64) -> Result<Call, Refusal> {
        let version = self.header("notion-version").ok_or_else(|| {
            Refusal::new(
                400,
                "missing_version",
                "Notion-Version header failed validation: Notion-Version header should be defined.",
            )
        })?;
        let version = Version::parse(version).ok_or_else(|| {
            Refusal::invalid(format!("Notion-Version header failed validation: `{version}` is not spoken here; use 2026-03-11."))
        })?;
        let pairs = url::form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes());
        Ok(Call {
            query: pairs.into_owned().collect(),
            body: self.read_body()?,
            version,
            now,
        })
    }

    fn read_body(&self) -> Result<Json, Refusal> {
        if self.body.len() > MAX_PAYLOAD {
            return Err(Refusal::invalid(format!(
                "The request body is {} bytes, at most {MAX_PAYLOAD} are allowed.",
                self.body.len()
            )));
        }
        if self.body.is_empty() || self.method == Method::GET || self.method == Method::DELETE {
            return Ok(json!({}));
        }
        let parsed: Result<Json, _> = serde_json::from_slice(&self.body);
        match parsed {
            Ok(body) if body.is_object() => Ok(body),
            _ => Err(Refusal::new(
                400,
                "invalid_json",
                "Error parsing JSON body.",
            )),
        }
    }
}

/// A request that may be answered.
#[derive(Clone, Debug)]
pub struct Call {
    /// The query parameters, in order.
    pub query: Vec<(String, String)>,
    /// The body; an empty object when there is none.
    pub body: Json,
    /// The API version asked for.
    pub version: Version,
    /// When, in milliseconds since the epoch.
    pub now: i64,
}

impl Call {
    /// The first query parameter of a name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The `filter_properties` of the query, in all their spellings.
    pub fn only(&self) -> Vec<String> {
        let wanted = self
            .query
            .iter()
            .filter(|(key, _)| key.starts_with("filter_properties"));
        wanted.map(|(_, value)| value.clone()).collect()
    }

    /// `page_size` and `start_cursor` of the query string.
    pub fn paging(&self) -> Result<(usize, Option<String>), Refusal> {
        let size = self
            .parameter("page_size")
            .map(|text| text.parse::<u64>().map_or(json!(text), |n| json!(n)));
        query_json::read_paging(&json!({
            "page_size": size, "start_cursor": self.parameter("start_cursor"),
        }))
    }

    /// What the body says about the trash, under the name this version uses.
    pub fn trash(&self) -> Result<Option<bool>, Refusal> {
        if self.version == Version::V2026 && self.body.get("archived").is_some() {
            return Err(Refusal::invalid(
                "body failed validation: body.archived should be not present. Use in_trash instead.",
            ));
        }
        let old = self.body["archived"].as_bool();
        Ok(self.body["in_trash"].as_bool().or(old))
    }
}

/// Reads an id of the path.
pub fn id(text: &str, name: &str) -> Result<Id, Refusal> {
    Id::parse(text).ok_or_else(|| {
        Refusal::invalid(format!(
            "path failed validation: path.{name} should be a valid uuid, instead was `\"{text}\"`."
        ))
    })
}

/// Reads an id of the body.
pub fn body_id(json: &Json, path: &str) -> Result<Id, Refusal> {
    json.as_str().and_then(Id::parse).ok_or_else(|| {
        Refusal::invalid(format!(
            "body failed validation: body.{path} should be a valid uuid, instead was `{json}`."
        ))
    })
}

/// Writes a list answer.
#[allow(
    clippy::needless_pass_by_value,
    reason = "callers hand over what they built"
)]
pub fn list(kind: &str, results: Vec<Json>, next: Option<String>) -> Json {
    let mut out = json!({
        "object": "list", "results": results, "has_more": next.is_some(), "next_cursor": next, "type": kind,
    });
    out[kind] = json!({});
    out
}

/// Cuts one page out of a list whose cursor is the place to go on.
pub fn paginate(
    items: Vec<Json>,
    paging: (usize, Option<String>),
) -> Result<(Vec<Json>, Option<String>), Refusal> {
    let (size, cursor) = paging;
    let start = match cursor {
        None => 0,
        Some(text) => usize::from_str_radix(&text, 16)
            .ok()
            .ok_or_else(|| Refusal::invalid("The start_cursor provided is invalid."))?,
    };
    let end = items.len().min(start.saturating_add(size));
    let next = (end < items.len()).then(|| format!("{end:032x}"));
    Ok((items.into_iter().take(end).skip(start).collect(), next))
}
