//! What Notion's error answers mean.

use serde_json::Value as Json;

use crate::core::FieldKey;
use crate::remote::RemoteError;
use crate::remote::http::Reply;

/// Notion's own words in an error answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// Its machine-readable code; empty when the answer did not come from Notion's API.
    pub code: String,
    /// Its sentence.
    pub message: String,
    /// The id of what a write made although the answer failed (503).
    pub committed: Option<String>,
}

impl Spoken {
    /// Reads an answer; everything is empty when it is not Notion's JSON.
    pub fn of(reply: &Reply) -> Self {
        let body: Json = serde_json::from_slice(&reply.bytes).unwrap_or_default();
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        Self {
            code: text(&body["code"]),
            message: text(&body["message"]),
            committed: body["additional_data"]["committed_resource_id"]
                .as_str()
                .map(str::to_owned),
        }
    }
}

/// A field that was sent, with the ways in which Notion may name its property.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The field.
    pub field: FieldKey,
    /// The property's id.
    pub id: String,
    /// The property's name.
    pub name: String,
    /// Whether it is a status, whose unknown options are refused without naming the property.
    pub status: bool,
}

/// Turns an error answer into what it means. `sent` are the fields of a write.
pub fn error(reply: &Reply, sent: &[Sent]) -> RemoteError {
    let spoken = Spoken::of(reply);
    let message = reply.message();
    match (reply.status, spoken.code.as_str()) {
        (401, "unauthorized") => RemoteError::Unauthorized {
            service: "Notion",
            message: format!("{message} Check the Notion token"),
        },
        (403, code) => denied(code, &message),
        // No fault of any field: the page was trashed after it was read.
        (400, "validation_error") if spoken.message.contains("is archived") => {
            RemoteError::Stale("the page is in the trash now".to_owned())
        }
        (400, "validation_error") => RemoteError::Refused {
            status: 400,
            field: named(&spoken.message, sent),
            message,
        },
        (404, "object_not_found") => RemoteError::Refused {
            status: 404,
            field: None,
            message,
        },
        (409, "row_limit_exceeded") => RemoteError::Refused {
            status: 409,
            field: None,
            message,
        },
        // An answer without Notion's code came from something in between; it cannot say what Notion did.
        (400..=499, "") => RemoteError::Unclear(format!(
            "something between here and Notion answered {message}; check the address of Notion and any proxy"
        )),
        _ => reply.error(),
    }
}

fn denied(code: &str, message: &str) -> RemoteError {
    let lower = message.to_lowercase();
    let message = if code.is_empty() {
        format!(
            "{message}: the request was blocked before it reached Notion. A proxy, a VPN or a firewall does that; \
             try another network"
        )
    } else if lower.contains("block") && (lower.contains("limit") || lower.contains("plan")) {
        format!(
            "{message} The free plan's limit of blocks is used up: new pages and texts are refused, other changes go \
             on. Delete content or change the plan"
        )
    } else {
        format!(
            "{message} Allow the integration to read, update and insert content (Notion: Settings, Connections)"
        )
    };
    RemoteError::Denied {
        service: "Notion",
        message,
    }
}

/// What to do about a container that answers 404: it is not shared, or it is gone.
pub fn not_shared(what: &str) -> RemoteError {
    RemoteError::Denied {
        service: "Notion",
        message: format!(
            "{what} is not shared with the integration, or does not exist. Open the database in Notion, choose ••• → \
             Connections, and add the integration; then check the id"
        ),
    }
}

/// The field that a validation error names, by its property's id or name. A single field that was sent is meant.
fn named(message: &str, sent: &[Sent]) -> Option<FieldKey> {
    if let [only] = sent {
        return Some(only.field.clone());
    }
    let by_id = |sent: &&Sent| sent.id != "title" && has_word(message, &sent.id);
    let by_name = |sent: &&Sent| has_word(message, &sent.name);
    let about_status = message.to_lowercase().contains("status option");
    let found = sent
        .iter()
        .find(by_id)
        .or_else(|| sent.iter().find(by_name))
        .or_else(|| sent.iter().find(|sent| about_status && sent.status));
    found.map(|sent| sent.field.clone())
}

/// Whether `word` stands in `text` with no letter or digit around it.
fn has_word(text: &str, word: &str) -> bool {
    let alone = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            alone(text[..at].chars().next_back()) && alone(text[at + word.len()..].chars().next())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(field: &str, id: &str, name: &str) -> Sent {
        Sent {
            field: FieldKey::of(field),
            id: id.to_owned(),
            name: name.to_owned(),
            status: name == "Status",
        }
    }

    #[test]
    fn the_named_field_is_found() {
        let fields = [
            sent("title", "title", "Title"),
            sent("labels", "a%3Ab", "Labels"),
            sent("url", "u1", "URL"),
            sent("state", "st", "Status"),
        ];
        for (message, field) in [
            (
                "body.properties.a%3Ab.multi_select should be an array",
                Some("labels"),
            ),
            ("Labels is expected to be rich_text.", Some("labels")),
            ("URL: too long", Some("url")),
            ("CURL failed", None),
            (
                "Invalid status option. Status option \"X\" does not exist.",
                Some("state"),
            ),
            ("Title is expected to be select.", Some("title")),
            ("something else", None),
        ] {
            let found = named(message, &fields).map(|key| key.to_string());
            assert_eq!(found.as_deref(), field, "{message}");
        }
        let only = named("something else", &fields[1..2]);
        assert_eq!(only, Some(FieldKey::LABELS));
    }
}
