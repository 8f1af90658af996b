//! What of a delivery may leave this room: names of a known form and length, and nothing else.

/// No node id of GitHub is longer; old ones are base64, new ones a prefix and base64 of the URL kind.
const NODE_MAX: usize = 120;
/// 39 characters for an owner, 100 for a name.
const REPOSITORY_MAX: usize = 140;

/// A node id of GitHub.
pub(super) fn node(text: &str) -> Option<String> {
    let is_right = !text.is_empty()
        && text.len() <= NODE_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-=+/".contains(&byte));
    is_right.then(|| text.to_owned())
}

/// `owner/name`.
pub(super) fn repository(text: &str) -> Option<String> {
    let is_name = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let (owner, name) = text.split_once('/')?;
    (text.len() <= REPOSITORY_MAX && is_name(owner) && is_name(name)).then(|| text.to_owned())
}

/// An id of Notion, 32 hexadecimal digits with or without dashes, in lower case with dashes.
pub(super) fn notion_id(text: &str) -> Option<String> {
    if text.len() > 36 || !text.is_ascii() {
        return None;
    }
    let bare = text.replace('-', "").to_ascii_lowercase();
    if bare.len() != 32 || !bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let parts = [
        &bare[..8],
        &bare[8..12],
        &bare[12..16],
        &bare[16..20],
        &bare[20..],
    ];
    Some(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_another_form_do_not_leave() {
        assert!(node("MDU6SXNzdWU0NDQ1MDAwNDE=").is_some());
        assert!(node("I_kwDOABC-_1").is_some());
        for bad in ["", "a b", "a\u{1b}[2J", "é", &"x".repeat(121)] {
            assert_eq!(node(bad), None, "{bad:?}");
        }
        assert!(repository("Codertocat/Hello-World.rs").is_some());
        for bad in [
            "",
            "a",
            "/",
            "a/",
            "a/b/c",
            "a/b\n",
            "a/b c",
            &format!("a/{}", "b".repeat(140)),
        ] {
            assert_eq!(repository(bad), None, "{bad:?}");
        }
        let id = "0123456789abcdef0123456789ABCDEF";
        let dashed = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(notion_id(id).as_deref(), Some(dashed));
        assert_eq!(notion_id(dashed).as_deref(), Some(dashed));
        for bad in [
            "",
            "0123",
            &"-".repeat(36),
            &"é".repeat(16),
            &format!("{id}0"),
        ] {
            assert_eq!(notion_id(bad), None, "{bad:?}");
        }
    }
}
