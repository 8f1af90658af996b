//! What a status that is not 2xx means on GitHub.

use super::wire::Refusal;
use crate::core::FieldKey;
use crate::remote::RemoteError;
use crate::remote::http::Reply;

const SERVICE: &str = "GitHub";

/// A write that is refused without naming a field.
pub(super) fn refused(status: u16, message: &str) -> RemoteError {
    RemoteError::Refused {
        status,
        field: None,
        message: message.to_owned(),
    }
}

/// Where a redirect points, if the answer is one.
pub(super) fn moved_to(reply: &Reply) -> Option<String> {
    matches!(reply.status, 301 | 302 | 307 | 308)
        .then(|| reply.header("location").map(str::to_owned))
        .flatten()
}

/// Whether the answer's message contains these words.
pub(super) fn says(reply: &Reply, words: &str) -> bool {
    let words = words.to_lowercase();
    reply.message().to_lowercase().contains(&words)
}

/// The error of a read of a repository, or of something in it that must be there.
pub(super) fn of_read(reply: &Reply, what: &str) -> RemoteError {
    let message = reply.message();
    match reply.status {
        401 => unauthorized(message),
        403 => forbidden(reply, what),
        404 => RemoteError::Denied {
            service: SERVICE,
            message: format!(
                "{what} was not found, or the token may not see it; check the name, and that the token may read it"
            ),
        },
        status @ 300..=399 => RemoteError::Unclear(format!(
            "GitHub sent {what} elsewhere ({status}) more than once; nothing was read"
        )),
        _ => reply.error(),
    }
}

/// The error of a write to an item of `repo`.
pub(super) fn of_write(reply: &Reply, repo: &str) -> RemoteError {
    match reply.status {
        401 => unauthorized(reply.message()),
        403 => forbidden_write(reply, repo),
        300..=399 => RemoteError::Stale(format!("the item or {repo} was moved")),
        404 => refused(
            404,
            &format!(
                "not found in {repo}, or the token may not write there; give it \"Issues: read and write\""
            ),
        ),
        410 => refused(410, &reply.message()),
        400 | 422 => invalid(reply),
        409 => RemoteError::Stale(reply.message()),
        _ => reply.error(),
    }
}

fn unauthorized(message: String) -> RemoteError {
    RemoteError::Unauthorized {
        service: SERVICE,
        message,
    }
}

fn forbidden(reply: &Reply, what: &str) -> RemoteError {
    let sso = reply.header("x-github-sso").and_then(|sso| {
        let (_, url) = sso.split_once("url=")?;
        Some(format!("; allow the token for the organisation at {url}"))
    });
    RemoteError::Denied {
        service: SERVICE,
        message: format!("{what}: {}{}", reply.message(), sso.unwrap_or_default()),
    }
}

/// An archived repository or a locked conversation is the item's own matter; anything else is the token's.
fn forbidden_write(reply: &Reply, repo: &str) -> RemoteError {
    let message = reply.message();
    let lower = message.to_lowercase();
    if ["archived", "read-only", "locked", "blocked", "disabled"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return refused(403, &message);
    }
    forbidden(
        reply,
        &format!("writing to {repo} (the token needs \"Issues: read and write\" there)"),
    )
}

/// 422 (and 400): the first error that names a field, and all the words.
fn invalid(reply: &Reply) -> RemoteError {
    let body: Refusal = serde_json::from_slice(&reply.bytes).unwrap_or_default();
    let mut words = vec![body.message.unwrap_or_else(|| reply.message())];
    let mut field = None;
    for error in &body.errors {
        let named = error["field"].as_str();
        field = field.or_else(|| named.and_then(field_key));
        let said = error["message"].as_str().or_else(|| error.as_str());
        match (said, named, error["code"].as_str()) {
            (Some(said), _, _) => words.push(said.to_owned()),
            (None, Some(named), Some(code)) => words.push(format!("{named}: {code}")),
            _ => {}
        }
    }
    if field == Some(FieldKey::CLOSED_AS) {
        words.push(
            "GitHub takes one of three reasons; choose `completed`, `not planned` or `duplicate` as the page's Closed as"
                .to_owned(),
        );
    }
    RemoteError::Refused {
        status: reply.status,
        field,
        message: words.join("; "),
    }
}

fn field_key(name: &str) -> Option<FieldKey> {
    Some(match name {
        "title" => FieldKey::TITLE,
        "body" => FieldKey::BODY,
        "state" => FieldKey::STATE,
        "state_reason" => FieldKey::CLOSED_AS,
        "labels" | "label" | "name" => FieldKey::LABELS,
        "assignees" | "assignee" => FieldKey::ASSIGNEES,
        "milestone" => FieldKey::MILESTONE,
        "type" | "issue_type" => FieldKey::TYPE,
        _ => return None,
    })
}
