//! Columns as JSON: what the API shows and what it takes.

use serde_json::{Map, Value as Json, json};

use super::ids::{Id, IdSource};
use super::refusal::Refusal;
use super::schema::{
    Choice, Kind, Property, Schema, check_choice_name, choice, find_choice, status_groups,
};
use super::span::{array, brief, failed};

/// What a schema PATCH asks of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Make it.
    Add(String, Kind),
    /// Give it another name.
    Rename(String, String),
    /// Make it another type, or give a select new options.
    Retype(String, Kind),
    /// Remove it and every value in it.
    Delete(String),
}

/// Writes all columns by name.
pub fn schema_json(schema: &Schema, database_of: &dyn Fn(Id) -> Id) -> Json {
    let entries = schema
        .all()
        .iter()
        .map(|p| (p.name.clone(), property_json(p, database_of)));
    Json::Object(entries.collect())
}

fn property_json(property: &Property, database_of: &dyn Fn(Id) -> Id) -> Json {
    let name = property.kind.name();
    let mut out =
        json!({"id": property.id, "name": property.name, "description": null, "type": name});
    out[name] = match &property.kind {
        Kind::Number(format) => json!({"format": format}),
        Kind::Select(options) | Kind::MultiSelect(options) => {
            json!({"options": choices_json(options)})
        }
        Kind::Status(options, groups) => {
            let groups: Vec<Json> = groups
                .iter()
                .map(|g| json!({"id": g.id, "name": g.name, "color": g.color, "option_ids": g.options}))
                .collect();
            json!({"options": choices_json(options), "groups": groups})
        }
        Kind::Relation(source) => json!({
            "database_id": database_of(*source).to_string(), "data_source_id": source.to_string(),
            "type": "single_property", "single_property": {},
        }),
        Kind::UniqueId(prefix) => json!({"prefix": prefix}),
        Kind::Formula(expression) => json!({"expression": expression}),
        _ => json!({}),
    };
    out
}

fn choices_json(options: &[Choice]) -> Vec<Json> {
    options
        .iter()
        .map(|o| json!({"id": o.id, "name": o.name, "color": o.color, "description": null}))
        .collect()
}

/// Reads the `properties` of a new data source: all of them are additions.
pub fn read_new(json: &Json, ids: &mut IdSource) -> Result<Vec<(String, Kind)>, Refusal> {
    let entries = object(json)?;
    entries
        .iter()
        .map(|(name, config)| Ok((name.clone(), read_kind(config, None, ids)?)))
        .collect()
}

/// Reads the `properties` of a schema PATCH against the columns there are.
pub fn read_patch(json: &Json, schema: &Schema, ids: &mut IdSource) -> Result<Vec<Ask>, Refusal> {
    let mut asks = Vec::new();
    for (key, config) in object(json)? {
        let Some(property) = schema.find(key) else {
            if config.is_null() {
                return Err(Refusal::invalid(format!(
                    "{key} is not a property that exists."
                )));
            }
            asks.push(Ask::Add(key.clone(), read_kind(config, None, ids)?));
            continue;
        };
        if config.is_null() {
            asks.push(Ask::Delete(property.id.clone()));
            continue;
        }
        if let Some(name) = config["name"]
            .as_str()
            .filter(|name| *name != property.name)
        {
            asks.push(Ask::Rename(property.id.clone(), name.to_owned()));
        }
        if kind_name(config).is_some() {
            let kind = read_kind(config, Some(&property.kind), ids)?;
            if kind != property.kind {
                asks.push(Ask::Retype(property.id.clone(), kind));
            }
        }
    }
    Ok(asks)
}

fn object(json: &Json) -> Result<&Map<String, Json>, Refusal> {
    json.as_object().ok_or_else(|| {
        failed(&format!(
            "properties should be an object, instead was `{}`.",
            brief(json)
        ))
    })
}

/// The type a configuration names, by its `type` or by its only known key.
fn kind_name(config: &Json) -> Option<&str> {
    if let Some(name) = config["type"].as_str() {
        return Some(name);
    }
    let keys = config.as_object()?.keys();
    keys.map(String::as_str)
        .find(|key| *key == "relation" || Kind::plain(key).is_some())
}

fn read_kind(config: &Json, now: Option<&Kind>, ids: &mut IdSource) -> Result<Kind, Refusal> {
    let name = kind_name(config).ok_or_else(|| {
        failed(&format!(
            "properties: no type this service knows in `{}`.",
            brief(config)
        ))
    })?;
    let detail = &config[name];
    let options = match detail.get("options") {
        Some(list) => Some(read_options(list, now, ids)?),
        None => None,
    };
    let before = now.and_then(Kind::options).cloned();
    Ok(match name {
        "number" => Kind::Number(detail["format"].as_str().unwrap_or("number").to_owned()),
        "select" => Kind::Select(options.or(before).unwrap_or_default()),
        "multi_select" => Kind::MultiSelect(options.or(before).unwrap_or_default()),
        "status" => match (options, now) {
            (Some(options), _) if !options.is_empty() => {
                let groups = status_groups(&options, ids);
                Kind::Status(options, groups)
            }
            (_, Some(status @ Kind::Status(..))) => status.clone(),
            _ => Kind::status(&[], ids),
        },
        "unique_id" => Kind::UniqueId(detail["prefix"].as_str().map(str::to_owned)),
        "formula" => Kind::Formula(detail["expression"].as_str().unwrap_or_default().to_owned()),
        "relation" => {
            let source = detail["data_source_id"].as_str().and_then(Id::parse);
            Kind::Relation(source.ok_or_else(|| {
                failed("properties.relation.data_source_id should be a valid uuid.")
            })?)
        }
        other => Kind::plain(other).ok_or_else(|| {
            failed(&format!(
                "properties: `{other}` is not a type this service knows."
            ))
        })?,
    })
}

/// Reads an option list. It replaces the old one, except that a known option keeps its name:
/// renaming through the API does nothing (apis 1.2).
fn read_options(
    list: &Json,
    now: Option<&Kind>,
    ids: &mut IdSource,
) -> Result<Vec<Choice>, Refusal> {
    let old = now.and_then(Kind::options).map_or(&[][..], Vec::as_slice);
    let mut out: Vec<Choice> = Vec::new();
    for item in array(list, "options")? {
        let by_id = item["id"]
            .as_str()
            .and_then(|id| old.iter().find(|o| o.id == id));
        let known = by_id.or_else(|| {
            item["name"]
                .as_str()
                .and_then(|name| find_choice(old, name))
        });
        if let Some(known) = known {
            out.push(known.clone());
            continue;
        }
        let name = item["name"]
            .as_str()
            .ok_or_else(|| failed("options.name should be a string."))?;
        check_choice_name(name)?;
        if find_choice(&out, name).is_some() {
            return Err(Refusal::invalid(format!("Option {name:?} occurs twice.")));
        }
        out.push(choice(name, item["color"].as_str(), ids));
    }
    Ok(out)
}
