//! What a person may give as the database: an id with or without dashes, or a pasted link.

use crate::remote::RemoteError;

/// The hosts whose links name a database in the last part of their path.
const HOSTS: [&str; 3] = ["notion.so", "notion.com", "notion.site"];

/// Reads the id of a database or data source, as 36 lowercase characters with dashes, out of an id or a link.
///
/// In `…/Tasks-<id>?v=<view>` the id of the view is not the one that is meant.
/// Fails with [`RemoteError::Setup`] when there is no id in it.
pub fn parse_target(text: &str) -> Result<String, RemoteError> {
    let text = text.trim();
    let found = if text.contains("://") {
        from_link(text)
    } else {
        whole_id(text.trim_matches('/'))
    };
    found.ok_or_else(|| {
        RemoteError::Setup(format!(
            "`{}` is not a Notion database. Give the database's id (32 hex digits, dashes or not), or open it as a \
             full page in Notion, choose \"Copy link\" and paste that",
            brief(text)
        ))
    })
}

/// Brings an id into the form that Notion answers with: lowercase, with dashes. None when it is no id.
pub fn whole_id(text: &str) -> Option<String> {
    let hex: String = text.chars().filter(|c| *c != '-').collect();
    (hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())).then(|| dashed(&hex))
}

fn from_link(link: &str) -> Option<String> {
    let link = url::Url::parse(link).ok()?;
    // `collection://<id>` is how Notion's own tools name a data source.
    if link.scheme() == "collection" {
        return whole_id(link.host_str()?);
    }
    let host = link.host_str()?;
    let known = HOSTS
        .iter()
        .any(|known| host == *known || host.ends_with(&format!(".{known}")));
    if !known || !matches!(link.scheme(), "https" | "http") {
        return None;
    }
    let segment = link.path_segments()?.rfind(|segment| !segment.is_empty())?;
    whole_id(segment).or_else(|| id_at_end(segment))
}

/// The id after a title: `Tasks-of-the-team-<32 hex>`, or `Tasks-<8>-<4>-<4>-<4>-<12>`.
fn id_at_end(segment: &str) -> Option<String> {
    [32, 36]
        .into_iter()
        .filter_map(|length| segment.len().checked_sub(length))
        .filter(|start| segment.is_char_boundary(*start))
        .filter(|start| segment[..*start].ends_with('-'))
        .find_map(|start| whole_id(&segment[start..]))
}

fn dashed(hex: &str) -> String {
    let hex = hex.to_ascii_lowercase();
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d";

    #[test]
    fn every_form_names_the_same_database() {
        for text in [
            "1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d",
            "1A2B3C4D-5E6F-4A8B-9C0D-1E2F3A4B5C6D",
            "  1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d\n",
            "https://www.notion.so/acme/1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d?v=ffffffffffffffffffffffffffffffff",
            "https://www.notion.so/acme/Tasks-and-bugs-1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d?v=ffffffffffffffffffffffffffffffff&pvs=4",
            "https://www.notion.so/1a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d/",
            "https://app.notion.com/p/1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d",
            "https://app.notion.com/p/acme/Tasks-1a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d#ffffffffffffffffffffffffffffffff",
            "https://acme.notion.site/T%C3%A2ches-1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d",
            "collection://1a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d",
        ] {
            assert_eq!(parse_target(text).as_deref(), Ok(ID), "{text}");
        }
    }

    #[test]
    fn what_is_no_database_is_refused_with_advice() {
        for text in [
            "",
            "tasks",
            "1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6",
            "https://www.notion.so/acme/Tasks?v=1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d",
            "https://example.org/1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d",
            "https://evilnotion.so/1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d",
            "ftp://notion.so/1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d",
            "https://www.notion.so/ü1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6",
        ] {
            let Err(RemoteError::Setup(message)) = parse_target(text) else {
                panic!("{text} was taken");
            };
            assert!(message.contains("Copy link"), "{message}");
        }
    }
}
