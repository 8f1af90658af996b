//! Notion's mentions: a person, a page or a day that is named inside a line.

use super::inline::is_space;

/// The words of a tag that names a person, a page or a database of the workspace, or a day; none for any other tag.
///
/// A tag with words between its ends gives none of its own. One without says its name if it carries one, a day its
/// date, and else only what sort of thing it is: the address is nobody's business outside of Notion, and means nothing
/// there.
pub(super) fn words(tag: &str) -> Option<String> {
    let closes = tag.starts_with('/');
    let tag = tag.strip_prefix('/').unwrap_or(tag);
    let end = tag.find(|c: char| is_space(c) || c == '/');
    let something = match &tag[..end.unwrap_or(tag.len())] {
        "mention-user" | "mention-agent" => "someone",
        "mention-page" => "a page",
        "mention-database" | "mention-data-source" => "a database",
        "mention-date" => "a day",
        _ => return None,
    };
    let Some(tag) = tag.strip_suffix('/').filter(|_| !closes) else {
        return Some(String::new());
    };
    let dates = [attribute(tag, "start"), attribute(tag, "end")];
    let dates: Vec<String> = dates.into_iter().flatten().collect();
    let named = ["name", "title"]
        .iter()
        .find_map(|name| attribute(tag, name));
    Some(match named {
        Some(name) => name,
        None if dates.is_empty() => something.to_owned(),
        None => dates.join(" to "),
    })
}

/// An attribute as words: letters, digits and the signs that mean nothing to Markdown. None if nothing is left.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let rest = &tag[start..];
    let value = &rest[..rest.find('"')?];
    let means_nothing =
        |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '.' | ',' | ':' | '\'');
    let value: String = value.chars().filter(means_nothing).collect();
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}
