//! One request as the routes see it, and readers for its query and JSON body.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::sim::github::ids::parse_timestamp;
use crate::sim::github::model::Login;
use crate::sim::github::refusal::Refusal;

/// A request, read and authenticated.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// `http://host:port` as the client wrote it, or the configured public address.
    pub(crate) base: String,
    pub(crate) actor: Option<Login>,
    pub(crate) now: i64,
}

impl Call {
    /// Takes a path apart; segments are percent-decoded.
    pub(crate) fn segments_of(path: &str) -> Vec<String> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// Takes a query string apart.
    pub(crate) fn query_of(query: &str) -> Vec<(String, String)> {
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// Finds a query parameter; an empty one counts as absent.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Reads a time parameter; something else is refused like the service does (422).
    pub(crate) fn time(&self, name: &'static str) -> Result<Option<i64>, Refusal> {
        let read = |text: &str| {
            parse_timestamp(text).ok_or_else(|| Refusal::field("Search", name, "invalid"))
        };
        self.param(name).map(read).transpose()
    }

    /// Gives the login of the caller; anonymous callers are refused with 401.
    pub(crate) fn actor(&self) -> Result<&str, Refusal> {
        self.actor
            .as_deref()
            .ok_or(Refusal::Unauthorized("Requires authentication"))
    }

    /// Says whether the method changes something.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    /// Reads the body as a JSON object; no body is an empty object.
    pub(crate) fn fields(&self) -> Result<Fields, BadBody> {
        match self.json()? {
            Value::Null => Ok(Fields(Map::new())),
            Value::Object(map) => Ok(Fields(map)),
            _ => Err(BadBody::NotAnObject),
        }
    }

    /// Reads the body as JSON; no body is null.
    pub(crate) fn json(&self) -> Result<Value, BadBody> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|_cut_or_garbled| BadBody::NotJson)
    }
}

/// Why a body cannot be used (both 400).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadBody {
    /// Not JSON.
    NotJson,
    /// JSON, but not an object.
    NotAnObject,
}

/// The members of a JSON body. Absent, null and a value are three different things.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a string member: absent, null, or text.
    #[expect(clippy::option_option, reason = "absent and null differ in a PATCH")]
    pub(crate) fn text(&self, name: &str) -> Result<Option<Option<String>>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) => Ok(Some(Some(text.clone()))),
            Some(other) => Err(wrong_type(name, other, "a string")),
        }
    }

    /// Reads a string member where null means the same as absent.
    pub(crate) fn plain(&self, name: &str) -> Result<Option<String>, Refusal> {
        Ok(self.text(name)?.flatten())
    }

    /// Reads a number member: absent, null, or a number.
    #[expect(clippy::option_option, reason = "absent and null differ in a PATCH")]
    pub(crate) fn number(&self, name: &str) -> Result<Option<Option<u64>>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(Some(number))),
                None => Err(wrong_type(name, value, "an integer")),
            },
        }
    }

    /// Reads a member that is true, or false when absent.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or_default()
    }

    /// Reads a list of names: strings, or objects with `name`.
    pub(crate) fn names(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => names_in(name, value).map(Some),
        }
    }
}

/// Reads a JSON array of names: strings, or objects with `name`.
pub(crate) fn names_in(field: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let Value::Array(items) = value else {
        return Err(wrong_type(field, value, "an array"));
    };
    let name = |item: &Value| {
        let text = item
            .as_str()
            .or_else(|| item.get("name").and_then(Value::as_str));
        text.map(str::to_owned)
            .ok_or_else(|| wrong_type(field, item, "a string"))
    };
    items.iter().map(name).collect()
}

fn wrong_type(name: &str, value: &Value, wanted: &str) -> Refusal {
    let shown = if value.is_null() {
        "nil".to_owned()
    } else {
        value.to_string()
    };
    let message = format!("Invalid request.\n\nFor 'properties/{name}', {shown} is not {wanted}.");
    Refusal::Invalid {
        message,
        errors: Vec::new(),
    }
}
