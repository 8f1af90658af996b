//! How the mapping fits a data source: properties found by name once, then known by their id.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::adopted::Adopted;
use super::property;
use crate::core::codec::StateMap;
use crate::core::mapping::{ID_PROPERTY, KIND_PROPERTY};
use crate::core::{Codec, FieldKey, Kind, Mapping, PropertyKind};

/// The kinds of items a mapping has fields for.
pub const KINDS: [Kind; 3] = [Kind::Issue, Kind::Pull, Kind::Commit];
/// The options of a status that Notion makes by itself.
const DEFAULT_STATUSES: [&str; 3] = ["Not started", "In progress", "Done"];

/// One column as the data source shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Stays when the column is renamed.
    pub id: String,
    /// What people call it now.
    pub name: String,
    /// Notion's name of its type.
    pub api_type: String,
}

/// Reads the columns out of a data source object; none when it is something else.
pub fn columns(source: &Json) -> Option<Vec<Column>> {
    let column = |(name, shown): (&String, &Json)| {
        Some(Column {
            id: shown["id"].as_str()?.to_owned(),
            name: name.clone(),
            api_type: shown["type"].as_str()?.to_owned(),
        })
    };
    source["properties"]
        .as_object()?
        .iter()
        .map(column)
        .collect()
}

/// A property of the mapping, tied to a column for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The column's id.
    pub id: String,
    /// What it was called when it was last seen.
    pub name: String,
    /// Notion's name of the type it is used as.
    #[serde(rename = "type")]
    pub api_type: String,
}

impl Binding {
    /// The type it is used as.
    pub fn kind(&self) -> Option<PropertyKind> {
        property::kind_named(&self.api_type)
    }
}

/// Whether two ids name one column: pages, schemas and people may say them URL-encoded or not.
pub fn same_id(one: &str, other: &str) -> bool {
    let encoded = one.contains('%') || other.contains('%');
    one == other || (encoded && percent_decode_str(one).eq(percent_decode_str(other)))
}

/// Whether a field mapped to `wanted` can live in a column of the type `found`.
///
/// A status that is mapped may be a select: that is what older workspaces have, and what is made where Notion
/// refuses to make a status.
pub fn suits(wanted: PropertyKind, found: &str) -> bool {
    wanted.api_name() == found || (wanted == PropertyKind::Status && found == "select")
}

/// How the mapping's properties meet the columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// Every property that was ever bound, by its name in the mapping.
    pub bound: BTreeMap<String, Binding>,
    /// Bound properties that cannot be used now, and why, with what to do.
    pub lost: BTreeMap<String, String>,
    /// Properties that were never seen.
    pub missing: Vec<(String, PropertyKind)>,
    /// What people may want to know: a column was renamed.
    pub notes: Vec<String>,
}

/// Finds the mapping's properties among the columns: those bound earlier by id, new ones by name.
///
/// A column that is gone is never looked for by name again: another one of that name would be empty, and its
/// emptiness would be taken for values that people cleared.
pub fn fit(columns: &[Column], mapping: &Mapping, earlier: &BTreeMap<String, Binding>) -> Fit {
    let mut fit = Fit::default();
    for (name, wanted) in mapping.properties() {
        match earlier.get(&name) {
            Some(binding) => rebind(&mut fit, columns, &name, wanted, binding),
            None => bind(&mut fit, columns, name, wanted),
        }
    }
    fit
}

fn rebind(fit: &mut Fit, columns: &[Column], name: &str, wanted: PropertyKind, earlier: &Binding) {
    let mut binding = earlier.clone();
    match columns
        .iter()
        .find(|column| same_id(&column.id, &earlier.id))
    {
        None => {
            let reason = format!(
                "the property \"{}\" was deleted in Notion; its values are left alone on both sides. Restore it in \
                 Notion (database menu, Properties, Deleted properties), or take it out of the mapping",
                earlier.name
            );
            fit.lost.insert(name.to_owned(), reason);
        }
        Some(column) => {
            if column.name != earlier.name {
                fit.notes.push(format!(
                    "the property \"{}\" is called \"{}\" in Notion now; it stays in step",
                    earlier.name, column.name
                ));
                binding.name.clone_from(&column.name);
            }
            if suits(wanted, &column.api_type) {
                binding.api_type.clone_from(&column.api_type);
            } else {
                fit.lost.insert(name.to_owned(), wrong_type(column, wanted));
            }
        }
    }
    fit.bound.insert(name.to_owned(), binding);
}

fn bind(fit: &mut Fit, columns: &[Column], name: String, wanted: PropertyKind) {
    let found = columns.iter().find(|column| match wanted {
        // There is exactly one title, whatever people call it.
        PropertyKind::Title => column.api_type == "title",
        _ => column.name == name,
    });
    match found {
        None => fit.missing.push((name, wanted)),
        Some(column) => {
            if !suits(wanted, &column.api_type) {
                // Not remembered as bound: whatever is there under this name next time is looked at afresh.
                fit.lost.insert(name, wrong_type(column, wanted));
                return;
            }
            let binding = Binding {
                id: column.id.clone(),
                name: column.name.clone(),
                api_type: column.api_type.clone(),
            };
            fit.bound.insert(name, binding);
        }
    }
}

fn wrong_type(column: &Column, wanted: PropertyKind) -> String {
    format!(
        "the property \"{}\" is of the type {} in Notion, {} is needed; its values are left alone on both sides. \
         Change its type in Notion, or map the field to another property",
        column.name,
        column.api_type,
        wanted.api_name()
    )
}

/// The fields that cannot be kept in step, and why.
pub fn paused(mapping: &Mapping, adopted: &Adopted) -> BTreeMap<FieldKey, String> {
    paused_by(mapping, &adopted.bound, &adopted.lost)
}

/// The fields that cannot be kept in step, from the properties that are bound and those that are lost.
pub fn paused_by(
    mapping: &Mapping,
    bound: &BTreeMap<String, Binding>,
    lost: &BTreeMap<String, String>,
) -> BTreeMap<FieldKey, String> {
    let fields = KINDS.iter().flat_map(|kind| mapping.bound(*kind));
    let twice = |name: &str, wanted: PropertyKind| {
        let binding = bound.get(name)?;
        (!suits(wanted, &binding.api_type)).then(|| {
            format!(
                "the property \"{name}\" is mapped twice, as {} and as {}; give each its own in the configuration",
                binding.api_type,
                wanted.api_name()
            )
        })
    };
    fields
        .filter_map(|field| {
            let (name, wanted) = field.property.as_ref()?;
            let reason = lost.get(name).cloned().or_else(|| twice(name, *wanted))?;
            Some((field.field.key.clone(), reason))
        })
        .collect()
}

/// The one of our own properties that is lost, and why: without it pages cannot be told apart, so nothing may go on.
pub fn lost_own(lost: &BTreeMap<String, String>) -> Option<&String> {
    [ID_PROPERTY, KIND_PROPERTY]
        .iter()
        .find_map(|name| lost.get(*name))
}

/// The body of the request that adds columns; with `plain_status` a status is made as a select.
///
/// Only columns that are not there are named, and none as `null`: that would delete one.
pub fn adding(missing: &[(String, PropertyKind)], mapping: &Mapping, plain_status: bool) -> Json {
    let properties: Map<String, Json> = missing
        .iter()
        .map(|(name, kind)| (name.clone(), config(name, *kind, mapping, plain_status)))
        .collect();
    json!({ "properties": properties })
}

fn config(name: &str, kind: PropertyKind, mapping: &Mapping, plain_status: bool) -> Json {
    match kind {
        PropertyKind::Number => json!({ "number": { "format": "number" } }),
        PropertyKind::Status => {
            let api_name = if plain_status { "select" } else { "status" };
            let options = statuses(name, mapping);
            let by_default = options
                .iter()
                .all(|option| DEFAULT_STATUSES.contains(&option.as_str()));
            if by_default && !plain_status {
                return json!({ api_name: {} });
            }
            let options: Vec<Json> = options.iter().map(|name| json!({ "name": name })).collect();
            json!({ api_name: { "options": options } })
        }
        PropertyKind::Select if name == KIND_PROPERTY => {
            let options: Vec<Json> = KINDS
                .iter()
                .map(|kind| json!({ "name": kind.name() }))
                .collect();
            json!({ "select": { "options": options } })
        }
        PropertyKind::Select if is_publish(name, mapping) => {
            let options: Vec<Json> = PUBLISH.iter().map(|name| json!({ "name": name })).collect();
            json!({ "select": { "options": options } })
        }
        _ => json!({ kind.api_name(): {} }),
    }
}

/// What a person chooses from for a new page, and what we answer there.
const PUBLISH: [&str; 5] = ["Draft", "Ready", "Creating", "Created", "Error"];

fn is_publish(name: &str, mapping: &Mapping) -> bool {
    let mut bound = mapping.bound(Kind::Issue).iter();
    bound.any(|bound| {
        bound.field.key.as_str() == "publish"
            && bound.property.as_ref().is_some_and(|(to, _)| to == name)
    })
}

/// The options that the mapping means by its states.
fn statuses(name: &str, mapping: &Mapping) -> Vec<String> {
    let mut options = Vec::new();
    let bound = KINDS.iter().flat_map(|kind| mapping.bound(*kind));
    let mapped = bound.filter(|bound| bound.property.as_ref().is_some_and(|(to, _)| to == name));
    for bound in mapped {
        if let Codec::State(StateMap { open, closed }) = &bound.field.codec {
            for option in open.iter().chain(closed) {
                if !options.contains(option) {
                    options.push(option.clone());
                }
            }
        }
    }
    options
}
