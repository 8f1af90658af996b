//! Values of columns as JSON.

use serde_json::{Map, Value as Json, json};

use super::ids::Id;
use super::moment;
use super::refusal::Refusal;
use super::schema::{Kind, Property, find_choice};
use super::span::{self, array, brief, failed};
use super::state::{Page, Workspace};
use super::value::{DateValue, Value};

/// References shown in a page before `has_more` is set (apis 1.4).
const SHOWN: usize = 25;

/// Reads the value a request gives for a column.
pub fn read(json: &Json, property: &Property) -> Result<Value, Refusal> {
    let kind = &property.kind;
    let name = kind.name();
    if kind.read_only() {
        return Err(Refusal::invalid(format!(
            "{} is a {name} property and cannot be updated.",
            property.name
        )));
    }
    if let Some(given) = json["type"].as_str().filter(|given| *given != name) {
        return Err(wrong(property, &format!("type `{given}`")));
    }
    let Some(inner) = json.get(name) else {
        return Err(wrong(property, &format!("`{}`", brief(json))));
    };
    let path = format!("properties.{}.{name}", property.name);
    match kind {
        Kind::Title | Kind::RichText => Ok(Value::Text(span::from_json(inner, &path)?)),
        Kind::Number(_) => read_number(inner, property),
        Kind::Select(_) | Kind::Status(..) => read_choice(inner, property).map(Value::Choice),
        Kind::MultiSelect(_) => read_choices(inner, property, &path),
        Kind::Date => read_date(inner, property),
        Kind::Checkbox => inner
            .as_bool()
            .map(Value::Checkbox)
            .ok_or_else(|| wrong(property, &brief(inner))),
        Kind::Url => read_line(inner, property, 2_000, &path),
        Kind::Email | Kind::Phone => read_line(inner, property, 200, &path),
        Kind::People | Kind::Relation(_) => read_ids(inner, &path),
        _ => Err(wrong(property, "a computed type")),
    }
}

fn wrong(property: &Property, found: &str) -> Refusal {
    Refusal::invalid(format!(
        "{} is expected to be {}, instead was {found}.",
        property.name,
        property.kind.name()
    ))
}

fn read_number(inner: &Json, property: &Property) -> Result<Value, Refusal> {
    match inner {
        Json::Null => Ok(Value::Number(None)),
        Json::Number(number) => Ok(Value::Number(number.as_f64())),
        other => Err(wrong(property, &brief(other))),
    }
}

fn read_choice(inner: &Json, property: &Property) -> Result<Option<String>, Refusal> {
    if inner.is_null() {
        return Ok(None);
    }
    if let Some(name) = inner["name"].as_str() {
        return Ok(Some(name.to_owned()));
    }
    let options = property.kind.options().map_or(&[][..], Vec::as_slice);
    let by_id = inner["id"]
        .as_str()
        .and_then(|id| options.iter().find(|o| o.id == id));
    by_id
        .map(|o| Some(o.name.clone()))
        .ok_or_else(|| wrong(property, &brief(inner)))
}

fn read_choices(inner: &Json, property: &Property, path: &str) -> Result<Value, Refusal> {
    let mut names: Vec<String> = Vec::new();
    for item in array(inner, path)? {
        let name = read_choice(item, property)?.ok_or_else(|| wrong(property, "null"))?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Value::Choices(names))
}

fn read_date(inner: &Json, property: &Property) -> Result<Value, Refusal> {
    if inner.is_null() {
        return Ok(Value::Date(None));
    }
    let text = |key: &str| inner[key].as_str().map(str::to_owned);
    let start = text("start").filter(|s| moment::parse(s).is_some());
    let start = start.ok_or_else(|| wrong(property, &brief(inner)))?;
    let end = text("end");
    if end
        .as_deref()
        .is_some_and(|end| moment::parse(end).is_none())
    {
        return Err(wrong(property, &brief(inner)));
    }
    Ok(Value::Date(Some(DateValue {
        start,
        end,
        zone: text("time_zone"),
    })))
}

fn read_line(inner: &Json, property: &Property, most: usize, path: &str) -> Result<Value, Refusal> {
    match inner {
        Json::Null => Ok(Value::Line(None)),
        Json::String(text) => {
            span::limit(text, most, path)?;
            if text.is_empty() {
                return Err(failed(&format!(
                    "{path} should be a non-empty string or null."
                )));
            }
            Ok(Value::Line(Some(text.clone())))
        }
        other => Err(wrong(property, &brief(other))),
    }
}

fn read_ids(inner: &Json, path: &str) -> Result<Value, Refusal> {
    let read = |item: &Json| {
        let id = item["id"].as_str().and_then(Id::parse);
        id.ok_or_else(|| {
            failed(&format!(
                "{path}.id should be a valid uuid, instead was `{}`.",
                brief(item)
            ))
        })
    };
    array(inner, path)?
        .iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map(Value::Ids)
}

/// Writes the properties of a page, all of them or those asked for by id or name.
pub fn properties_json(world: &Workspace, page: &Page, only: &[String]) -> Json {
    let Some(schema) = world.schema_of(page) else {
        let title = json!({"id": "title", "type": "title", "title": span::to_json(page.title())});
        return json!({"title": title});
    };
    let wanted: Vec<&Property> = if only.is_empty() {
        schema.all().iter().collect()
    } else {
        only.iter().filter_map(|key| schema.find(key)).collect()
    };
    let entries = wanted
        .into_iter()
        .map(|p| (p.name.clone(), property_json(world, page, p, SHOWN)));
    Json::Object(entries.collect::<Map<_, _>>())
}

/// Writes one property of a page with at most `shown` references.
pub fn property_json(world: &Workspace, page: &Page, property: &Property, shown: usize) -> Json {
    let name = property.kind.name();
    let mut out = json!({"id": property.id, "type": name});
    out[name] = match page.values.get(&property.id) {
        Some(value) => value_json(value, property, shown),
        None => computed_json(world, page, &property.kind),
    };
    if let (Kind::Relation(_), Some(Value::Ids(ids))) =
        (&property.kind, page.values.get(&property.id))
        && ids.len() > shown
    {
        // The service writes `false` too; the official types know no such key, so it is left out.
        out["has_more"] = json!(true);
    }
    out
}

fn value_json(value: &Value, property: &Property, shown: usize) -> Json {
    let choice = |name: &String| {
        let options = property.kind.options().map_or(&[][..], Vec::as_slice);
        find_choice(options, name).map(|o| json!({"id": o.id, "name": o.name, "color": o.color}))
    };
    match value {
        Value::Text(text) => span::to_json(text),
        Value::Number(number) => number_json(*number),
        Value::Choice(name) => json!(name.as_ref().and_then(choice)),
        Value::Choices(names) => names.iter().filter_map(choice).collect(),
        Value::Date(date) => {
            json!(
                date.as_ref()
                    .map(|d| json!({"start": d.start, "end": d.end, "time_zone": d.zone}))
            )
        }
        Value::Checkbox(yes) => json!(yes),
        Value::Line(line) => json!(line),
        Value::Ids(ids) => {
            let people = property.kind == Kind::People;
            ids.iter()
                .take(shown)
                .map(|id| reference(*id, people))
                .collect()
        }
        Value::Serial(number) => {
            let prefix = match &property.kind {
                Kind::UniqueId(prefix) => prefix.clone(),
                _ => None,
            };
            json!({"prefix": prefix, "number": number})
        }
    }
}

fn reference(id: Id, person: bool) -> Json {
    if person {
        user_ref(id)
    } else {
        json!({"id": id.to_string()})
    }
}

/// Whole numbers are written without a decimal point, as JavaScript does.
fn number_json(number: Option<f64>) -> Json {
    match number {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "checked to be whole and small"
        )]
        Some(n) if n.fract() == 0.0 && n.abs() < 9e15 => json!(n as i64),
        other => json!(other),
    }
}

/// Writes a reference to a user.
pub fn user_ref(id: Id) -> Json {
    json!({"object": "user", "id": id.to_string()})
}

fn computed_json(world: &Workspace, page: &Page, kind: &Kind) -> Json {
    match kind {
        Kind::CreatedTime => json!(moment::format(page.created)),
        Kind::EditedTime => json!(moment::format(page.edited)),
        Kind::CreatedBy => world.user_json(page.created_by),
        Kind::EditedBy => world.user_json(page.edited_by),
        Kind::Formula(_) => json!({"type": "string", "string": null}),
        Kind::UniqueId(prefix) => json!({"prefix": prefix, "number": null}),
        other => match Value::empty(other) {
            Some(Value::Checkbox(_)) => json!(false),
            Some(Value::Text(_) | Value::Choices(_) | Value::Ids(_)) => json!([]),
            _ => Json::Null,
        },
    }
}
