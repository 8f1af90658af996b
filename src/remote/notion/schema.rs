//! How the mapping fits a data source: properties found by name once, then known by their id.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::adopted::Adopted;
use crate::core::codec::StateMap;
use crate::core::mapping::{ID_PROPERTY, KIND_PROPERTY, Wanted};
use crate::core::places::Columns;
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
        PropertyKind::named(&self.api_type)
    }
}

/// Whether two ids name one column: pages, schemas and people may say them URL-encoded or not.
pub fn same_id(one: &str, other: &str) -> bool {
    let encoded = one.contains('%') || other.contains('%');
    one == other || (encoded && percent_decode_str(one).eq(percent_decode_str(other)))
}

/// Whether a column of the type `found` is one of those that are taken.
pub fn suits(takes: &[PropertyKind], found: &str) -> bool {
    takes.iter().any(|kind| kind.api_name() == found)
}

/// How the mapping's properties meet the columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// Every property that was ever bound, by its name in the mapping.
    pub bound: BTreeMap<String, Binding>,
    /// Bound properties that cannot be used now, and why, with what to do.
    pub lost: BTreeMap<String, String>,
    /// Properties that were never seen.
    pub missing: Vec<Wanted>,
    /// What people may want to know: a column was renamed.
    pub notes: Vec<String>,
}

/// Finds the mapping's properties among the columns: those bound earlier by id, new ones by name.
///
/// A column that is gone is never looked for by name again: another one of that name would be empty, and its
/// emptiness would be taken for values that people cleared.
pub fn fit(columns: &[Column], mapping: &Mapping, earlier: &BTreeMap<String, Binding>) -> Fit {
    let mut fit = Fit::default();
    for wanted in mapping.properties() {
        match earlier.get(&wanted.name) {
            Some(binding) => rebind(&mut fit, columns, &wanted, binding),
            None => bind(&mut fit, columns, wanted),
        }
    }
    fit
}

fn rebind(fit: &mut Fit, columns: &[Column], wanted: &Wanted, earlier: &Binding) {
    let name = &wanted.name;
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
            fit.lost.insert(name.clone(), reason);
        }
        Some(column) => {
            if column.name != earlier.name {
                fit.notes.push(format!(
                    "the property \"{}\" is called \"{}\" in Notion now; it stays in step",
                    earlier.name, column.name
                ));
                binding.name.clone_from(&column.name);
            }
            if stays(wanted, earlier, column) {
                binding.api_type.clone_from(&column.api_type);
            } else {
                fit.lost
                    .insert(name.clone(), retyped(column, wanted, earlier));
            }
        }
    }
    fit.bound.insert(name.clone(), binding);
}

/// Whether a bound column can be used on: a column of another type holds other values, even if the mapping would have
/// taken it from the start. Only a status and a select say the same.
fn stays(wanted: &Wanted, earlier: &Binding, column: &Column) -> bool {
    let is_choice = |api_type: &str| matches!(api_type, "status" | "select");
    let alike = is_choice(&earlier.api_type) && is_choice(&column.api_type);
    suits(&wanted.takes, &column.api_type) && (earlier.api_type == column.api_type || alike)
}

fn bind(fit: &mut Fit, columns: &[Column], wanted: Wanted) {
    let found = columns.iter().find(|column| match wanted.kind {
        // There is exactly one title, whatever people call it.
        PropertyKind::Title => column.api_type == "title",
        _ => column.name == wanted.name,
    });
    match found {
        None => fit.missing.push(wanted),
        Some(column) => {
            if !suits(&wanted.takes, &column.api_type) {
                // Not remembered as bound: whatever is there under this name next time is looked at afresh.
                let reason = wrong_type(column, &wanted);
                fit.lost.insert(wanted.name, reason);
                return;
            }
            let binding = Binding {
                id: column.id.clone(),
                name: column.name.clone(),
                api_type: column.api_type.clone(),
            };
            fit.bound.insert(wanted.name, binding);
        }
    }
}

fn wrong_type(column: &Column, wanted: &Wanted) -> String {
    format!(
        "the property \"{}\" is of the type {} in Notion, {} is needed; its values are left alone on both sides. \
         Change its type in Notion, or map the field to another property",
        column.name,
        column.api_type,
        types(&wanted.takes)
    )
}

fn retyped(column: &Column, wanted: &Wanted, earlier: &Binding) -> String {
    if !suits(&wanted.takes, &column.api_type) {
        return wrong_type(column, wanted);
    }
    format!(
        "the property \"{}\" was of the type {} and is of the type {} in Notion now; its values are left alone on \
         both sides. Change its type back in Notion, or map the field to another property",
        column.name, earlier.api_type, column.api_type
    )
}

/// The names of types, for people: `select or status`.
fn types(kinds: &[PropertyKind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.api_name()).collect();
    names.join(" or ")
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
    let twice = |name: &str, takes: &[PropertyKind]| {
        let binding = bound.get(name)?;
        (!suits(takes, &binding.api_type)).then(|| {
            format!(
                "the property \"{name}\" is mapped twice, as {} and as {}; give each its own in the configuration",
                binding.api_type,
                types(takes)
            )
        })
    };
    fields
        .filter_map(|field| {
            let (name, _) = field.property.as_ref()?;
            let reason = lost
                .get(name)
                .cloned()
                .or_else(|| twice(name, &field.takes))?;
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
pub fn adding(missing: &[Wanted], mapping: &Mapping, plain_status: bool) -> Json {
    let properties: Map<String, Json> = missing
        .iter()
        .map(|wanted| {
            let made = config(&wanted.name, wanted.kind, mapping, plain_status);
            (wanted.name.clone(), made)
        })
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

/// Where each field is kept: the column's id and type, as the type decides what a value means. A status and a select
/// hold the same names, and stay one place.
pub fn columns_of(mapping: &Mapping, adopted: &Adopted) -> Columns {
    let mut all = Columns::new();
    for kind in KINDS {
        for bound in mapping.bound(kind) {
            if let Some((binding, _)) = adopted.column(bound) {
                let api_type = binding.api_type.replace("status", "select");
                let column = format!("{}:{api_type}", binding.id);
                all.insert((kind, bound.field.key.clone()), column);
            }
        }
    }
    all
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
