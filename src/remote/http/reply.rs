//! A whole answer, and what it means.

use http::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Service;
use crate::remote::RemoteError;

/// How much of a service's own message is shown.
const MESSAGE_CHARS: usize = 300;

/// A whole answer. Statuses are not judged yet, except for limits, which [`Account::send`](super::Account::send)
/// turns into errors.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Whose answer it is.
    pub service: Service,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, unpacked, complete.
    pub bytes: Vec<u8>,
}

/// What both services' error bodies share.
#[derive(Debug, Default, Deserialize)]
struct Spoken {
    #[serde(default)]
    message: Option<String>,
}

impl Reply {
    /// Whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The service's request id, for the history.
    pub fn request_id(&self) -> Option<String> {
        ["x-github-request-id", "x-notion-request-id", "x-request-id"]
            .into_iter()
            .find_map(|name| self.header(name))
            .map(str::to_owned)
    }

    /// Reads the body as JSON, whatever the status.
    ///
    /// # Errors
    /// [`RemoteError::Unclear`] when it is a web page, cut, or of another shape: after a write nobody can say from it
    /// whether the write was applied, and a read has to be repeated.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, RemoteError> {
        serde_json::from_slice(&self.bytes).map_err(|cause| {
            let service = self.service.name();
            let status = self.status;
            RemoteError::Unclear(if self.looks_like_html() {
                format!(
                    "{service} answered {status} with a web page instead of JSON: there may be a proxy or a login page in between"
                )
            } else if cause.is_eof() {
                format!("{service}'s answer ({status}) was cut off: {cause}")
            } else {
                format!("{service}'s answer ({status}) has an unexpected shape: {cause}")
            })
        })
    }

    /// The body of a 2xx answer as JSON, else the error that the status means.
    ///
    /// # Errors
    /// Those of [`Reply::json`] and [`Reply::error`].
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, RemoteError> {
        if self.is_success() {
            self.json()
        } else {
            Err(self.error())
        }
    }

    /// The service's own words, one line, cut.
    pub fn message(&self) -> String {
        let spoken = serde_json::from_slice::<Spoken>(&self.bytes)
            .ok()
            .and_then(|spoken| spoken.message)
            .filter(|message| !message.trim().is_empty());
        let Some(message) = spoken else {
            let kind = if self.looks_like_html() {
                "a web page instead of JSON"
            } else {
                "no message"
            };
            return format!("status {} with {kind}", self.status);
        };
        let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
        line.chars().take(MESSAGE_CHARS).collect()
    }

    /// What a status that is not 2xx means where the adapter knows no better: 401 the token, 403 the permission,
    /// 409 changed meanwhile, other 4xx refused, everything else (redirects, 5xx) unclear.
    pub fn error(&self) -> RemoteError {
        let service = self.service.name();
        let message = self.message();
        match self.status {
            401 => RemoteError::Unauthorized { service, message },
            403 => RemoteError::Denied { service, message },
            409 => RemoteError::Stale(message),
            status @ 400..=499 => RemoteError::Refused {
                status,
                field: None,
                message,
            },
            status => RemoteError::Unclear(format!("{service} answered {status}: {message}")),
        }
    }

    fn looks_like_html(&self) -> bool {
        let html = self
            .header("content-type")
            .is_some_and(|kind| kind.contains("html"));
        html || self
            .bytes
            .iter()
            .find(|byte| !byte.is_ascii_whitespace())
            .is_some_and(|byte| *byte == b'<')
    }
}
