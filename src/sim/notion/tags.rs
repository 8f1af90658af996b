//! The tags of Notion's Markdown, and those among them that Notion obeys.

use super::ids::Id;

/// Tags that may stand inside a line.
const INLINE: &[&str] = &[
    "mention-user",
    "mention-page",
    "mention-database",
    "mention-date",
    "span",
    "empty-block",
    "unknown",
];

/// Tags that may stand on a line of their own and are kept as structure.
const BLOCK: &[&str] = &[
    "details",
    "summary",
    "callout",
    "columns",
    "column",
    "table",
    "colgroup",
    "col",
    "tr",
    "td",
    "empty-block",
    "unknown",
    "synced_block",
    "synced_block_reference",
    "table_of_contents",
    "file",
    "video",
    "audio",
    "pdf",
    "image",
];

/// Length in characters of a `<br>` in any of its spellings at the start of `text`.
pub fn line_break(text: &str) -> Option<usize> {
    ["<br>", "<br/>", "<br />"]
        .iter()
        .find(|spelling| starts_with_ignoring_case(text, spelling))
        .map(|spelling| spelling.len())
}

fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// The opening or closing tag at the start of `text`, if it is one Notion knows inside a line.
pub fn known_tag(text: &str) -> Option<&str> {
    tag_at(text, INLINE).map(|(_, tag)| tag)
}

/// Says whether a trimmed line begins with a tag Notion keeps as structure.
pub fn is_structure(line: &str) -> bool {
    tag_at(line, BLOCK).is_some()
}

/// Longest tag that is looked for, in bytes; keeps hostile lines cheap.
const MAX_TAG: usize = 4_000;

/// Tags that are orders.
const ORDERS: &[&str] = &["page", "database", "mention-user"];

/// Splits off the tag at the start of `text` if it is one of `names`: its name, and all of it up to `>`.
fn tag_at<'a>(text: &'a str, names: &[&str]) -> Option<(&'a str, &'a str)> {
    let inner = text.strip_prefix('<')?;
    let body = inner.strip_prefix('/').unwrap_or(inner);
    let length = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))?;
    let name = &body[..length];
    if !names.contains(&name) {
        return None;
    }
    tag_end(text).map(|end| (name, &text[..=end]))
}

/// Finds the `>` that closes a tag, not counting those inside quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, sign) in text.char_indices().take_while(|(at, _)| *at < MAX_TAG) {
        match sign {
            '"' => quoted = !quoted,
            '>' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// The value of an attribute of a tag.
pub fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let rest = &tag[start..];
    rest.find('"').map(|end| &rest[..end])
}

/// A tag in written content that makes Notion do something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// `<page url="…">Title</page>`: this page belongs here now.
    Page {
        /// The page that is named.
        id: Id,
        /// The title the tag carries.
        title: String,
    },
    /// `<database url="…">` or `<database data-source-url="…">`: this database belongs here now.
    Database {
        /// The database or data source that is named.
        id: Id,
    },
    /// `<mention-user url="user://…">`: this person is told.
    Mention {
        /// The person.
        user: Id,
    },
}

/// Takes the tags Notion obeys out of a line that is not code.
///
/// Escaped tags and tags inside code spans are text, not orders. Mentions stay in the line;
/// page and database tags leave it, because they become blocks of their own.
pub fn take_orders(line: &str) -> (String, Vec<Order>) {
    let mut found = Vec::new();
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\\', '`', '<']) {
        kept.push_str(&rest[..at]);
        let tail = &rest[at..];
        let skip = match tail.as_bytes()[0] {
            b'\\' => 1 + tail[1..].chars().next().map_or(0, char::len_utf8),
            b'`' => code_width(tail),
            _ => match order_at(tail) {
                Some((order, width)) => {
                    let stays = matches!(order, Order::Mention { .. });
                    found.push(order);
                    if !stays {
                        rest = &tail[width..];
                        continue;
                    }
                    width
                }
                None => 1,
            },
        };
        kept.push_str(&tail[..skip]);
        rest = &tail[skip..];
    }
    kept.push_str(rest);
    (kept, found)
}

/// Length in bytes of the code span, or of the unmatched run of backticks, at the start of `text`.
fn code_width(text: &str) -> usize {
    let width = text.bytes().take_while(|b| *b == b'`').count();
    let mut at = width;
    while at < text.len() {
        let run = text[at..].bytes().take_while(|b| *b == b'`').count();
        if run == width {
            return at + width;
        }
        at += run.max(text[at..].chars().next().map_or(1, char::len_utf8));
    }
    width
}

/// The order at the start of `text` and how many bytes it takes.
fn order_at(text: &str) -> Option<(Order, usize)> {
    let (name, tag) = tag_at(text, ORDERS)?;
    if tag.starts_with("</") {
        return None;
    }
    let close = format!("</{name}>");
    let inside = &text[tag.len()..];
    let (inner, width) = match inside.find(&close) {
        Some(end) => (&inside[..end], tag.len() + end + close.len()),
        None => ("", tag.len()),
    };
    let order = match name {
        "page" => Order::Page {
            id: Id::in_url(attribute(tag, "url")?)?,
            title: inner.to_owned(),
        },
        "database" => {
            let url = attribute(tag, "url").or_else(|| attribute(tag, "data-source-url"))?;
            Order::Database {
                id: Id::in_url(url)?,
            }
        }
        "mention-user" => {
            let user = Id::in_url(attribute(tag, "url")?)?;
            return Some((Order::Mention { user }, tag.len()));
        }
        _ => return None,
    };
    Some((order, width))
}
