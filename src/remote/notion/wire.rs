//! One request to Notion and its answer.

use chrono::DateTime;
use http::header::HeaderName;
use serde_json::Value as Json;

use super::refusal::{self, Sent};
use crate::core::Time;
use crate::remote::RemoteError;
use crate::remote::http::{Account, Ask, Reply};

/// The API version that everything here is written for.
pub const VERSION: &str = "2026-03-11";

/// A good answer.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What it says.
    pub json: Json,
    /// The server's clock when it answered; ours where it does not tell.
    pub server: Time,
    /// When the request was made, on our own clock.
    pub asked: Time,
    /// Notion's request id.
    pub request: Option<String>,
}

/// Any answer, good or bad, with the times that go with it.
pub struct Exchange {
    /// The answer.
    pub reply: Reply,
    asked: Time,
    server: Time,
}

impl Exchange {
    /// A good answer's JSON, else what the error means; `sent` are the fields of a write.
    pub fn heard(self, sent: &[Sent]) -> Result<Heard, RemoteError> {
        if !self.reply.is_success() {
            return Err(refusal::error(&self.reply, sent));
        }
        let json: Json = self.reply.json()?;
        if !json.is_object() {
            return Err(RemoteError::Unclear(
                "Notion's answer is not a JSON object".to_owned(),
            ));
        }
        Ok(Heard {
            json,
            server: self.server,
            asked: self.asked,
            request: self.reply.request_id(),
        })
    }

    /// Whether Notion said that there is no such object, or none that we may see.
    pub fn is_missing(&self) -> bool {
        self.reply.status == 404 && refusal::Spoken::of(&self.reply).code == "object_not_found"
    }
}

/// Makes one request.
pub async fn exchange(account: &Account, ask: Ask) -> Result<Exchange, RemoteError> {
    let asked = account.now();
    let ask = ask.header(HeaderName::from_static("notion-version"), VERSION);
    let reply = account.send(ask).await?;
    let date = reply
        .header("date")
        .and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let server = date.map_or_else(|| account.now(), |date| Time(date.timestamp_millis()));
    Ok(Exchange {
        reply,
        asked,
        server,
    })
}

/// Makes one request that reads.
pub async fn read(account: &Account, ask: Ask) -> Result<Heard, RemoteError> {
    exchange(account, ask).await?.heard(&[])
}
