//! Documents as they are stored: JSON values as BSON that a person can query, and back without loss.
//!
//! Whole numbers that are times become dates; characters that a field name cannot hold become `%` and two digits.

use mongodb::bson::{Bson, DateTime, Document};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

/// A number that no BSON integer holds is a document with this one field. No field name of ours can be the same, as a
/// `%` in a name is always followed by two digits.
const UNSIGNED: &str = "%u";

/// A document's fields as JSON.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<Map<String, Value>, String> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err("it is no document".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Moves fields into a document; those without a value are left out.
pub(super) fn fill(doc: &mut Document, map: Map<String, Value>) {
    for (name, value) in map {
        if !value.is_null() {
            doc.insert(escape(&name), encode(&name, value));
        }
    }
}

/// Reads what a document holds.
pub(super) fn from_doc<T: DeserializeOwned>(map: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(map)).map_err(|error| error.to_string())
}

/// A document's fields as JSON.
pub(super) fn fields(doc: Document) -> Result<Map<String, Value>, String> {
    let decoded = doc
        .into_iter()
        .map(|(name, value)| Ok((unescape(&name), decode(value)?)));
    decoded.collect()
}

fn encode(name: &str, value: Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(yes) => Bson::Boolean(yes),
        Value::String(text) => Bson::String(text),
        Value::Number(number) => encode_number(name, &number),
        Value::Array(items) => items.into_iter().map(|item| encode("", item)).collect(),
        Value::Object(map) => {
            let fields = map
                .into_iter()
                .map(|(name, value)| (escape(&name), encode(&name, value)));
            Bson::Document(fields.collect())
        }
    }
}

fn encode_number(name: &str, number: &Number) -> Bson {
    match (number.as_i64(), number.as_u64()) {
        (Some(whole), _) if is_time(name) => Bson::DateTime(DateTime::from_millis(whole)),
        // The smaller type where it fits: shells show the larger one wrapped in its name.
        (Some(whole), _) => i32::try_from(whole).map_or(Bson::Int64(whole), Bson::Int32),
        (None, Some(large)) => {
            let mut doc = Document::new();
            doc.insert(UNSIGNED, large.to_string());
            Bson::Document(doc)
        }
        (None, None) => number.as_f64().map_or(Bson::Null, Bson::Double),
    }
}

/// Whether a whole number under this name is a time. Reading does not depend on it: every date is a number again.
fn is_time(name: &str) -> bool {
    ["_at", "_since", "_until", "_try"]
        .iter()
        .any(|end| name.ends_with(end))
        || ["at", "since", "looked", "stamp", "created"].contains(&name)
}

fn decode(value: Bson) -> Result<Value, String> {
    Ok(match value {
        Bson::Null => Value::Null,
        Bson::Boolean(yes) => Value::Bool(yes),
        Bson::String(text) => Value::String(text),
        Bson::Int32(whole) => whole.into(),
        Bson::Int64(whole) => whole.into(),
        Bson::DateTime(at) => at.timestamp_millis().into(),
        Bson::Double(number) => number.into(),
        Bson::Array(items) => {
            let items: Result<Vec<_>, _> = items.into_iter().map(decode).collect();
            Value::Array(items?)
        }
        Bson::Document(doc) => match doc.get(UNSIGNED) {
            Some(Bson::String(digits)) if doc.len() == 1 => {
                let number: Result<u64, _> = digits.parse();
                number.map_err(|error| format!("{digits}: {error}"))?.into()
            }
            _ => Value::Object(fields(doc)?),
        },
        other => {
            return Err(format!(
                "it holds {:?}, which is not ours",
                other.element_type()
            ));
        }
    })
}

/// A name that a field can have: not empty, without dots, dollars and zeros, which mean something to the server.
fn escape(name: &str) -> String {
    if name.is_empty() {
        return "%".to_owned();
    }
    let mut safe = String::with_capacity(name.len());
    for char in name.chars() {
        match char {
            '%' => safe.push_str("%25"),
            '.' => safe.push_str("%2e"),
            '$' => safe.push_str("%24"),
            '\0' => safe.push_str("%00"),
            char => safe.push(char),
        }
    }
    safe
}

fn unescape(name: &str) -> String {
    if name == "%" {
        return String::new();
    }
    let mut parts = name.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = [("25", '%'), ("2e", '.'), ("24", '$'), ("00", '\0')];
        let found = known
            .iter()
            .find_map(|(digits, char)| Some((char, part.strip_prefix(digits)?)));
        // What is not written by us is kept as it is.
        let (char, rest) = found.unwrap_or((&'%', part));
        text.push(*char);
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn trip(map: &Map<String, Value>) -> Map<String, Value> {
        let mut doc = Document::new();
        fill(&mut doc, map.clone());
        let bytes = mongodb::bson::serialize_to_vec(&doc).unwrap();
        fields(mongodb::bson::deserialize_from_slice(&bytes).unwrap()).unwrap()
    }

    #[test]
    fn what_goes_in_comes_out() {
        let Value::Object(map) = json!({
            "": 1, ".": 2, "$set": {"$date": "x", "a.b": [null, -1, {"%": 3}]}, "%24": true, "%": {"%u": "7"},
            "nul\0": "nul\0", "small": 5, "large": i64::MAX, "least": i64::MIN, "huge": u64::MAX,
            "half": 0.5, "dirty_since": i64::MIN, "at": {"at": 0}, "%u": "9"
        }) else {
            panic!("an object")
        };
        assert_eq!(trip(&map), map);
        let mut alone = Map::new();
        alone.insert("deep".to_owned(), json!({"%u": "12"}));
        assert_eq!(trip(&alone), alone);
    }

    #[test]
    fn times_are_dates_and_names_are_plain() {
        let mut doc = Document::new();
        let Value::Object(map) = json!({"created_at": 5, "tries": 5, "a.b": 5, "none": null})
        else {
            panic!("an object")
        };
        fill(&mut doc, map);
        assert_eq!(
            doc.get("created_at"),
            Some(&Bson::DateTime(DateTime::from_millis(5)))
        );
        assert_eq!(doc.get("tries"), Some(&Bson::Int32(5)));
        assert_eq!(doc.get("a%2eb"), Some(&Bson::Int32(5)));
        assert!(!doc.contains_key("none"));
    }

    #[test]
    fn foreign_types_are_told_and_foreign_names_kept() {
        let mut doc = Document::new();
        doc.insert("a%zz%2", 1);
        assert_eq!(fields(doc).unwrap().keys().collect::<Vec<_>>(), ["a%zz%2"]);
        let mut doc = Document::new();
        doc.insert("id", mongodb::bson::oid::ObjectId::new());
        assert!(fields(doc).unwrap_err().contains("not ours"));
    }
}
