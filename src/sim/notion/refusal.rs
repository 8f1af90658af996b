//! What the service says when it will not do something.

use serde_json::{Value as Json, json};

/// An error answer: HTTP status, Notion's code, and a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Notion's machine-readable code, for example `validation_error`.
    pub code: &'static str,
    /// The sentence a developer reads.
    pub message: String,
    /// Notion's `additional_data`, when there is any.
    pub extra: Option<Json>,
}

impl Refusal {
    /// Builds a refusal without additional data.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            extra: None,
        }
    }

    /// 400 `validation_error`: the request was understood and is not allowed.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "validation_error", message)
    }

    /// 404 `object_not_found`: it does not exist, or the connection may not see it.
    pub fn missing(what: &str, id: impl std::fmt::Display) -> Self {
        let message = format!(
            "Could not find {what} with ID: {id}. Make sure the relevant pages and databases are shared with your integration."
        );
        Self::new(404, "object_not_found", message)
    }

    /// Writes the JSON body that goes with the status.
    pub fn body(&self, request_id: &str) -> Json {
        let mut body = json!({
            "object": "error",
            "status": self.status,
            "code": self.code,
            "message": self.message,
            "request_id": request_id,
        });
        if let Some(extra) = &self.extra {
            body["additional_data"] = extra.clone();
        }
        body
    }
}
