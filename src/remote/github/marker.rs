//! The marker: an invisible line at the end of an issue's text that ties it to its pair.

use crate::core::Key;

const OPEN: &str = "<!-- pulse-sync:";
const CLOSE: &str = "-->";
/// Keys are 128 bits in hex.
const KEY_CHARS: usize = 32;

/// The text with the marker as its last line.
pub(super) fn with(body: &str, key: &str) -> String {
    let line = format!("{OPEN}{key} {CLOSE}");
    let body = body.trim_end();
    if body.is_empty() {
        line
    } else {
        format!("{body}\n\n{line}")
    }
}

/// The text without the marker, and the marker's key: of a line of its own, outside code fences; the last one counts.
pub(super) fn split(body: &str) -> (String, Option<Key>) {
    let Some((at, key)) = last(body) else {
        return (body.to_owned(), None);
    };
    let lines: Vec<&str> = body.split('\n').collect();
    let before = lines[..at].join("\n");
    let after = lines[at + 1..].join("\n");
    let text = if after.trim().is_empty() {
        before.trim_end().to_owned()
    } else {
        format!("{}\n{after}", before.trim_end_matches('\n'))
    };
    (text, Some(Key(key)))
}

fn last(body: &str) -> Option<(usize, String)> {
    let mut fence: Option<&str> = None;
    let mut found = None;
    for (at, line) in body.split('\n').enumerate() {
        let line = line.trim();
        match fence {
            Some(open) if line.starts_with(open) => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = Some("```"),
            None if line.starts_with("~~~") => fence = Some("~~~"),
            None => found = key_of(line).map(|key| (at, key)).or(found),
        }
    }
    found
}

fn key_of(line: &str) -> Option<String> {
    let key = line.strip_prefix(OPEN)?.strip_suffix(CLOSE)?.trim();
    let hex = key
        .bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (hex && key.len() == KEY_CHARS).then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn what_is_added_is_found_and_taken_away() {
        for body in ["", "one", "one\n\ntwo", "```\ncode\n```"] {
            assert_eq!(
                split(&with(body, KEY)),
                (body.to_owned(), Some(Key(KEY.to_owned())))
            );
        }
    }

    #[test]
    fn text_below_the_marker_stays() {
        let body = format!("{}\nadded later", with("one", KEY));
        assert_eq!(
            split(&body),
            ("one\nadded later".to_owned(), Some(Key(KEY.to_owned())))
        );
    }

    #[test]
    fn quotations_and_lookalikes_are_no_markers() {
        for body in [
            format!("```\n<!-- pulse-sync:{KEY} -->\n```"),
            format!("> <!-- pulse-sync:{KEY} -->"),
            format!("see `<!-- pulse-sync:{KEY} -->`"),
            "<!-- pulse-sync:123 -->".to_owned(),
            format!("<!-- pulse-sync:{} -->", KEY.to_uppercase()),
        ] {
            assert_eq!(split(&body), (body.clone(), None));
        }
    }
}
