//! Property values both ways: Notion's JSON and the normal form.

use serde_json::{Value as Json, json};

use super::moment;
use crate::core::text::limits::{self, NOTION_SEGMENT, NOTION_SEGMENTS};
use crate::core::{PropertyKind, Value};

/// Notion's limit on the names written into one multi-select.
const NAMES: usize = 100;
/// Notion's limit on an option's name.
const NAME_CHARS: usize = 100;
/// Notion's limit on a URL.
const URL_CHARS: usize = 2_000;
/// A page or a list shows at most this many mentions of a text; the rest must be asked for.
const MENTIONS_SHOWN: usize = 25;

/// What one property of a page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Its whole value.
    Value(Value),
    /// Perhaps only the beginning: Notion cuts texts after 25 mentions.
    Cut,
    /// It is of another type, or has a form that is not understood.
    Other,
}

/// Reads a property as pages and lists show it: `{"id", "type", "<type>": …}`.
pub fn read(kind: PropertyKind, property: &Json) -> Shown {
    if property["type"].as_str() != Some(kind.api_name()) {
        return Shown::Other;
    }
    let Some(value) = property.get(kind.api_name()) else {
        return Shown::Other;
    };
    let value = match kind {
        PropertyKind::Title | PropertyKind::RichText => return read_text(value),
        PropertyKind::Number => number(value),
        PropertyKind::Select | PropertyKind::Status => nullable(value, option_name),
        PropertyKind::MultiSelect => value
            .as_array()
            .and_then(|options| options.iter().map(|o| o["name"].as_str()).collect())
            .map(|names: Vec<_>| Value::set(names)),
        PropertyKind::Date => nullable(value, |date| {
            let start = date["start"].as_str()?;
            Some(Value::text(
                moment::date_value(start).unwrap_or_else(|| start.to_owned()),
            ))
        }),
        PropertyKind::Checkbox => value.as_bool().map(Value::Bool),
        PropertyKind::Url => nullable(value, |url| url.as_str().map(Value::text)),
    };
    value.map_or(Shown::Other, Shown::Value)
}

/// The text of a list of rich text pieces; none when it is no such list.
pub fn plain_text(pieces: &Json) -> Option<String> {
    pieces
        .as_array()?
        .iter()
        .map(|piece| {
            piece["plain_text"]
                .as_str()
                .or_else(|| piece["text"]["content"].as_str())
        })
        .collect()
}

fn read_text(pieces: &Json) -> Shown {
    let mentions = pieces.as_array().map_or(0, |pieces| {
        pieces.iter().filter(|p| p["type"] == "mention").count()
    });
    if mentions >= MENTIONS_SHOWN {
        return Shown::Cut;
    }
    plain_text(pieces).map_or(Shown::Other, |text| Shown::Value(Value::text(text)))
}

fn nullable(value: &Json, read: impl Fn(&Json) -> Option<Value>) -> Option<Value> {
    if value.is_null() {
        Some(Value::Null)
    } else {
        read(value)
    }
}

fn option_name(option: &Json) -> Option<Value> {
    option["name"].as_str().map(Value::text)
}

/// Whole numbers are numbers; others are kept as texts, so that nothing is rounded.
fn number(value: &Json) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    if let Some(whole) = value.as_i64() {
        return Some(Value::Number(whole));
    }
    let text = value.as_number()?.to_string();
    match text.strip_suffix(".0").map(str::parse) {
        Some(Ok(whole)) => Some(Value::Number(whole)),
        _ => Some(Value::Text(text)),
    }
}

/// Says a value as Notion wants it written; arrays replace what was there, `Null` clears.
/// Fails with a sentence for people when Notion could not hold it.
pub fn write(kind: PropertyKind, value: &Value) -> Result<Json, String> {
    let written = match (kind, value) {
        (PropertyKind::Title | PropertyKind::RichText | PropertyKind::MultiSelect, Value::Null) => {
            json!([])
        }
        (PropertyKind::Title | PropertyKind::RichText, Value::Text(text)) => segments(text)?,
        (PropertyKind::MultiSelect, Value::Set(_)) => options(value)?,
        (PropertyKind::Checkbox, Value::Null) => json!(false),
        (PropertyKind::Checkbox, Value::Bool(yes)) => json!(yes),
        (_, Value::Null) => Json::Null,
        (PropertyKind::Number, Value::Number(number)) => json!(number),
        (PropertyKind::Number, Value::Text(text)) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => json!(number),
            _ => return Err(format!("`{}` is not a number", value.brief(40))),
        },
        (PropertyKind::Select | PropertyKind::Status, Value::Text(name)) => {
            json!({ "name": checked_name(name)? })
        }
        (PropertyKind::Date, Value::Text(date)) => match moment::date_value(date) {
            Some(start) => json!({ "start": start }),
            None => return Err(format!("`{}` is not a date", value.brief(40))),
        },
        (PropertyKind::Url, Value::Text(url)) => {
            let chars = limits::notion_length(url);
            if chars > URL_CHARS {
                return Err(format!(
                    "the URL has {chars} characters, Notion allows {URL_CHARS}"
                ));
            }
            json!(url)
        }
        _ => {
            return Err(format!(
                "a Notion property of the type {} cannot hold `{}`",
                kind.api_name(),
                value.brief(40)
            ));
        }
    };
    Ok(json!({ kind.api_name(): written }))
}

/// A text in pieces that Notion takes; put together again they are the same text.
fn segments(text: &str) -> Result<Json, String> {
    let pieces = limits::notion_segments(text);
    if pieces.len() > NOTION_SEGMENTS {
        return Err(format!(
            "the text has {} characters, a Notion property holds {}; shorten it, or map the field to the page's text",
            limits::notion_length(text),
            NOTION_SEGMENT * NOTION_SEGMENTS
        ));
    }
    Ok(pieces
        .into_iter()
        .map(|piece| json!({ "type": "text", "text": { "content": piece } }))
        .collect())
}

fn options(value: &Value) -> Result<Json, String> {
    let names = value.names();
    if names.len() > NAMES {
        return Err(format!(
            "there are {} names, Notion takes {NAMES} in one property; remove some",
            names.len()
        ));
    }
    names
        .iter()
        .map(|name| Ok(json!({ "name": checked_name(name)? })))
        .collect()
}

/// Names come here already said in Notion's way; what still does not fit would be a 400 for the whole page.
fn checked_name(name: &str) -> Result<&str, String> {
    if name.contains(',') {
        Err(format!("Notion's options may hold no comma: `{name}`"))
    } else if name.chars().count() > NAME_CHARS {
        Err(format!(
            "Notion's options may have {NAME_CHARS} characters: `{}`",
            Value::text(name).brief(40)
        ))
    } else if name.trim().is_empty() {
        Err("Notion's options need a name".to_owned())
    } else {
        Ok(name)
    }
}
