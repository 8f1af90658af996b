//! Notion's deliveries (developers.notion.com, "Webhooks"), and the handshake that begins a subscription.

use serde::Deserialize;

use super::hints::Named;
use super::words;

/// No verification token is longer.
const TOKEN_MAX: usize = 200;
/// No id of a delivery is longer.
const ID_MAX: usize = 100;

/// What a delivery is about, as far as it is read.
#[derive(Debug, Deserialize)]
struct Delivery {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    authors: Vec<Author>,
    entity: Option<Entity>,
    data: Option<Data>,
}

#[derive(Debug, Deserialize)]
struct Author {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Entity {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Data {
    parent: Option<Parent>,
}

#[derive(Debug, Deserialize)]
struct Parent {
    id: Option<String>,
    data_source_id: Option<String>,
}

/// A delivery: its own id, and what it names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) id: Option<String>,
    pub(super) named: Option<Named>,
}

/// What a delivery names; nothing where it concerns nothing of ours.
///
/// # Errors
/// When it is no JSON of this form.
pub(super) fn read(body: &[u8]) -> Result<Read, serde_json::Error> {
    let delivery: Delivery = serde_json::from_slice(body)?;
    let id = delivery.id.clone().filter(|id| id.len() <= ID_MAX);
    let kind = delivery.kind.as_deref().unwrap_or_default();
    let is_ours = ["page.", "data_source.", "database."]
        .iter()
        .any(|of| kind.starts_with(of));
    Ok(Read {
        id,
        named: is_ours.then(|| named(delivery)),
    })
}

fn named(delivery: Delivery) -> Named {
    let id = |text: Option<String>| words::notion_id(&text?);
    let maybe_ours = !delivery.authors.is_empty()
        && delivery
            .authors
            .iter()
            .all(|author| author.kind.as_deref() == Some("bot"));
    let mut named = Named {
        maybe_ours,
        ..Named::default()
    };
    if let Some(entity) = delivery.entity {
        match entity.kind.as_deref() {
            Some("page") => named.object = id(entity.id),
            _ => named.places.extend(id(entity.id)),
        }
    }
    if let Some(parent) = delivery.data.and_then(|data| data.parent) {
        named.places.extend(id(parent.id));
        named.places.extend(id(parent.data_source_id));
    }
    named
}

/// The token of a handshake, if this is one.
pub(super) fn handshake(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Handshake {
        verification_token: String,
    }
    let Handshake { verification_token } = serde_json::from_slice(body).ok()?;
    let is_token = !verification_token.is_empty()
        && verification_token.len() <= TOKEN_MAX
        && verification_token
            .bytes()
            .all(|byte| byte.is_ascii_graphic());
    is_token.then_some(verification_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "01234567-89ab-cdef-0123-456789abcdef";
    const SOURCE: &str = "11234567-89ab-cdef-0123-456789abcdef";

    fn delivery(kind: &str, author: &str) -> String {
        format!(
            r#"{{"id": "x", "type": "{kind}", "authors": [{{"id": "u", "type": "{author}"}}],
                "entity": {{"id": "{PAGE}", "type": "page"}},
                "data": {{"parent": {{"id": "{SOURCE}", "type": "database", "data_source_id": "{SOURCE}"}}}}}}"#
        )
    }

    #[test]
    fn a_page_is_named_with_its_place_and_whether_a_person_was_it() {
        for (author, maybe_ours) in [("person", false), ("bot", true), ("agent", false)] {
            let read =
                read(delivery("page.content_updated", author).as_bytes()).unwrap_or_default();
            let named = read.named.unwrap_or_default();
            assert_eq!(named.object.as_deref(), Some(PAGE));
            assert!(named.places.contains(&SOURCE.to_owned()));
            assert_eq!(named.maybe_ours, maybe_ours, "{author}");
        }
        let read = read(delivery("comment.created", "person").as_bytes()).unwrap_or_default();
        assert_eq!((read.id.as_deref(), read.named), (Some("x"), None));
    }

    #[test]
    fn a_handshake_is_a_token_that_can_be_one() {
        let shake =
            |text: &str| handshake(format!(r#"{{"verification_token": {text}}}"#).as_bytes());
        assert_eq!(shake(r#""secret_abc""#).as_deref(), Some("secret_abc"));
        let long = format!("{:?}", "x".repeat(201));
        for bad in ["7", "null", r#""""#, r#""a b""#, r#""a\u001b[2J""#, &long] {
            assert_eq!(shake(bad), None, "{bad}");
        }
        assert_eq!(handshake(b"{}"), None);
    }
}
