//! GitHub's deliveries: what of their many members says where to look (docs.github.com, "Webhook events and payloads").

use serde::Deserialize;

use super::hints::Named;
use super::words;

/// Events after which something that is kept in step may be another. Of the others nothing is read.
const EVENTS: [&str; 11] = [
    "check_suite",
    "issue_comment",
    "issues",
    "label",
    "milestone",
    "pull_request",
    "pull_request_review",
    "push",
    "repository",
    "sub_issues",
    "issue_dependencies",
];

/// What a delivery is about, as far as it is read.
#[derive(Debug, Default, Deserialize)]
struct Delivery {
    repository: Option<Repository>,
    issue: Option<Object>,
    pull_request: Option<Object>,
    /// Of a push.
    #[serde(rename = "ref")]
    branch: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    full_name: Option<String>,
    default_branch: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Object {
    node_id: Option<String>,
}

/// What a delivery names; nothing where it concerns nothing of ours.
///
/// # Errors
/// When it is no JSON of this form.
pub(super) fn read(event: &str, body: &[u8]) -> Result<Option<Named>, serde_json::Error> {
    if !EVENTS.contains(&event) {
        return Ok(None);
    }
    let delivery: Delivery = serde_json::from_slice(body)?;
    if event == "push" && !is_on_default(&delivery) {
        return Ok(None);
    }
    let text = |text: Option<String>, read: fn(&str) -> Option<String>| read(&text?);
    let object = delivery.pull_request.or(delivery.issue);
    let place = delivery
        .repository
        .and_then(|repository| repository.full_name);
    Ok(Some(Named {
        object: object.and_then(|object| text(object.node_id, words::node)),
        places: text(place, words::repository).into_iter().collect(),
        // Its `sender` is the user whose token we have, whoever of the two it was.
        maybe_ours: true,
    }))
}

/// Whether a push went to the branch whose commits are kept in step.
fn is_on_default(delivery: &Delivery) -> bool {
    let repository = delivery.repository.as_ref();
    let default = repository.and_then(|repository| repository.default_branch.as_deref());
    let pushed = delivery.branch.as_deref();
    pushed.and_then(|branch| branch.strip_prefix("refs/heads/")) == default
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(event: &str, body: &str) -> Option<Named> {
        super::read(event, body.as_bytes()).unwrap_or_default()
    }

    #[test]
    fn only_a_push_to_the_default_branch_counts() {
        let push = |branch: &str| {
            let body = format!(
                r#"{{"ref": "{branch}", "repository": {{"full_name": "o/r", "default_branch": "main"}}}}"#
            );
            read("push", &body).map(|named| named.places)
        };
        assert_eq!(push("refs/heads/main"), Some(vec!["o/r".to_owned()]));
        assert_eq!(push("refs/heads/other"), None);
        assert_eq!(push("refs/tags/main"), None);
    }

    #[test]
    fn a_pull_request_is_named_by_its_own_id() {
        let body = r#"{"pull_request": {"node_id": "PR_1"}, "repository": {"full_name": "o/r"}}"#;
        let named = read("pull_request", body).unwrap_or_default();
        assert_eq!(named.object.as_deref(), Some("PR_1"));
        assert!(read("star", body).is_none());
    }
}
