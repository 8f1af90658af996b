//! `[link.constants]`: properties that say the same on every page of a link.

use url::Url;

use super::section::{At, Fault, Own, Section, listed};
use super::words;
use crate::core::mapping::Constant;
use crate::core::{Mapping, PropertyKind, Value};

/// The types that a constant's property may have.
const KINDS: [PropertyKind; 5] = [
    PropertyKind::Select,
    PropertyKind::RichText,
    PropertyKind::Url,
    PropertyKind::Number,
    PropertyKind::Checkbox,
];
/// Notion takes no longer piece of text, and no longer address.
const NOTION_TEXT_CHARS: usize = 2_000;

/// Reads the constants of a link whose fields are kept as `mapping` says.
pub(super) fn read(mut section: Section<'_, '_>, mapping: &Mapping) -> Vec<Constant> {
    let mut all = Vec::new();
    for key in section.own_keys() {
        if let Err(fault) = check_name(mapping, &key.value) {
            section.source.fault(&key.span, &fault);
            continue;
        }
        all.extend(constant(&section, &key.value));
    }
    all
}

/// Two writers of one property would put each other's value back for ever.
fn check_name(mapping: &Mapping, name: &str) -> Result<(), Fault> {
    if name.trim().is_empty() || name.trim() != name {
        return Err(Fault::new(
            format!("`{name}` is no name for a property"),
            "some text without a space around it",
        ));
    }
    let owner = mapping.owner_of(name);
    owner.map_or(Ok(()), |key| {
        Err(Fault::new(
            format!("the property `{name}` holds the field `{key}`"),
            "give the constant another name, or keep the field elsewhere by [link.fields]",
        ))
    })
}

/// A value, or a table that says its type too.
fn constant(section: &Section<'_, '_>, name: &str) -> Option<Constant> {
    let (value, kind) = match section.own_plain(name) {
        Own::Nothing => return None,
        Own::Value(value) => (value, None),
        Own::Table(mut own) => {
            let (value, is_said) = (own.plain("value"), own.has("value"));
            let said = own.text("type");
            let span = own.span.clone();
            let source = own.source;
            own.finish();
            if !is_said {
                let fault = Fault::new(
                    format!("`{name}` has no value"),
                    "for example { value = \"Platform\" }",
                );
                source.fault(&span, &fault);
            }
            (value?, said)
        }
    };
    let read = match &kind {
        Some(at) => kind_named(at).map_err(|fault| (at, fault)),
        None => Ok(usual(&value.value)),
    };
    let kind = match read {
        Ok(kind) => kind,
        Err((at, fault)) => {
            section.source.fault(&at.span, &fault);
            return None;
        }
    };
    if let Err(fault) = check(&value, kind) {
        section.source.fault(&value.span, &fault);
        return None;
    }
    Some(Constant {
        property: name.to_owned(),
        kind,
        value: value.value,
    })
}

const fn usual(value: &Value) -> PropertyKind {
    match value {
        Value::Number(_) => PropertyKind::Number,
        Value::Bool(_) => PropertyKind::Checkbox,
        _ => PropertyKind::Select,
    }
}

fn kind_named(name: &str) -> Result<PropertyKind, Fault> {
    let named = KINDS.into_iter().find(|kind| kind.api_name() == name);
    named.ok_or_else(|| {
        let allowed: Vec<&str> = KINDS.iter().map(|kind| kind.api_name()).collect();
        Fault::new(
            format!("`{name}` is no type of property that a constant can have"),
            format!("allowed: {}", listed(&allowed)),
        )
    })
}

/// Whether a property of this type can hold the value just as it is.
fn check(value: &At<Value>, kind: PropertyKind) -> Result<(), Fault> {
    let wrong = |label: &str| {
        let message = format!(
            "this does not fit into a property of the type {}",
            kind.api_name()
        );
        Err(Fault::new(message, label))
    };
    match (kind, &value.value) {
        (PropertyKind::Number, Value::Number(_)) | (PropertyKind::Checkbox, Value::Bool(_)) => {
            Ok(())
        }
        (PropertyKind::Number, _) => wrong("a whole number, without quotes"),
        (PropertyKind::Checkbox, _) => wrong("`true` or `false`, without quotes"),
        (PropertyKind::Select, Value::Text(text)) => words::option(text).map(drop),
        (_, Value::Text(text)) if text.chars().count() > NOTION_TEXT_CHARS => {
            wrong("at most 2000 characters")
        }
        (PropertyKind::Url, Value::Text(text)) if Url::parse(text).is_err() => {
            wrong("an address, for example \"https://example.com\"")
        }
        (_, Value::Text(_)) => Ok(()),
        _ => wrong("a text in quotes that is not empty"),
    }
}
