//! Queries as JSON.

use serde_json::Value as Json;

use super::moment;
use super::query::{Filter, Query, Relation, Sort, SortKey, Stamp, Test, TextTest};
use super::refusal::Refusal;
use super::schema::{Property, Schema};
use super::span::{array, brief, failed};

/// Levels `and`/`or` may be nested (reference/filter-data-source-entries).
const NESTING: usize = 2;

/// Reads the body of a query request.
pub fn read(json: &Json, schema: &Schema) -> Result<Query, Refusal> {
    let filter = match json.get("filter") {
        None | Some(Json::Null) => None,
        Some(filter) => Some(read_filter(filter, schema, 0)?),
    };
    let sorts = match json.get("sorts") {
        None | Some(Json::Null) => Vec::new(),
        Some(sorts) => array(sorts, "sorts")?
            .iter()
            .map(|s| read_sort(s, schema))
            .collect::<Result<_, _>>()?,
    };
    let (page_size, cursor) = read_paging(json)?;
    Ok(Query {
        filter,
        sorts,
        page_size,
        cursor,
    })
}

/// Reads `page_size` and `start_cursor`.
pub fn read_paging(json: &Json) -> Result<(usize, Option<String>), Refusal> {
    let size = match json.get("page_size") {
        None | Some(Json::Null) => 100,
        Some(size) => {
            let number = size.as_u64().and_then(|n| usize::try_from(n).ok());
            let number = number.filter(|n| (1..=100).contains(n));
            number.ok_or_else(|| {
                failed(&format!(
                    "page_size should be ≤ `100`, instead was `{}`.",
                    brief(size)
                ))
            })?
        }
    };
    Ok((size, json["start_cursor"].as_str().map(str::to_owned)))
}

fn read_sort(json: &Json, schema: &Schema) -> Result<Sort, Refusal> {
    let descending = json["direction"].as_str() == Some("descending");
    let key = match (json["timestamp"].as_str(), json["property"].as_str()) {
        (Some(name), _) => SortKey::Time(stamp(name)?),
        (None, Some(name)) => SortKey::Cell(find(schema, name, "sort")?.id.clone()),
        (None, None) => return Err(failed("sorts[0].property should be defined.")),
    };
    Ok(Sort { key, descending })
}

fn stamp(name: &str) -> Result<Stamp, Refusal> {
    match name {
        "created_time" => Ok(Stamp::Created),
        "last_edited_time" => Ok(Stamp::Edited),
        other => Err(failed(&format!(
            "timestamp should be `created_time` or `last_edited_time`, instead was `{other}`."
        ))),
    }
}

fn find<'a>(schema: &'a Schema, key: &str, what: &str) -> Result<&'a Property, Refusal> {
    schema.find(key).ok_or_else(|| {
        Refusal::invalid(format!(
            "Could not find {what} property with name or id: {key}"
        ))
    })
}

fn read_filter(json: &Json, schema: &Schema, depth: usize) -> Result<Filter, Refusal> {
    for (key, wrap) in [
        ("and", Filter::And as fn(Vec<Filter>) -> Filter),
        ("or", Filter::Or),
    ] {
        let Some(list) = json.get(key) else {
            continue;
        };
        if depth >= NESTING {
            return Err(failed("filter may be nested at most two levels."));
        }
        let inner = array(list, key)?
            .iter()
            .map(|f| read_filter(f, schema, depth + 1));
        return inner.collect::<Result<_, _>>().map(wrap);
    }
    if let Some(name) = json["timestamp"].as_str() {
        let test = read_test("date", &json[name])?;
        return Ok(Filter::Time(stamp(name)?, test));
    }
    let Some(name) = json["property"].as_str() else {
        return Err(failed(&format!(
            "filter.property should be defined, instead was `{}`.",
            brief(json)
        )));
    };
    read_cell(json, find(schema, name, "filter")?)
}

fn read_cell(json: &Json, property: &Property) -> Result<Filter, Refusal> {
    let kind = property.kind.name();
    let Some(condition) = json.get(kind) else {
        return Err(Refusal::invalid(format!(
            "The property type in the database does not match the property type of the filter provided: database property {kind}, filter {}",
            brief(json)
        )));
    };
    match kind {
        "created_time" => Ok(Filter::Time(Stamp::Created, read_test("date", condition)?)),
        "last_edited_time" => Ok(Filter::Time(Stamp::Edited, read_test("date", condition)?)),
        _ => Ok(Filter::Cell(
            property.id.clone(),
            read_test(kind, condition)?,
        )),
    }
}

/// Reads the one condition of a filter on a value of this type.
fn read_test(kind: &str, condition: &Json) -> Result<Test, Refusal> {
    let one = condition.as_object().and_then(|map| map.iter().next());
    let (operator, operand) =
        one.ok_or_else(|| failed(&format!("filter.{kind} should name a condition.")))?;
    let unknown = || {
        failed(&format!(
            "filter.{kind}.{operator} with `{}` is not a condition this service knows.",
            brief(operand)
        ))
    };
    match operator.as_str() {
        "is_empty" => return Ok(Test::Empty),
        "is_not_empty" => return Ok(Test::Filled),
        _ => {}
    }
    let test = match kind {
        "title" | "rich_text" | "url" | "email" | "phone_number" => {
            text_test(operator, operand).map(Test::Text)
        }
        "number" | "unique_id" => operand
            .as_f64()
            .and_then(|n| Some(Test::Number(number_relation(operator)?, n))),
        "date" => operand
            .as_str()
            .and_then(moment::parse)
            .and_then(|(ms, day)| Some(Test::Moment(moment_relation(operator)?, ms, day))),
        "select" | "status" => one_of(operator, operand),
        "multi_select" | "people" | "relation" | "created_by" | "last_edited_by" => {
            set_test(operator, operand)
        }
        "checkbox" => match (operator.as_str(), operand.as_bool()) {
            ("equals", Some(yes)) => Some(Test::Checked(yes)),
            ("does_not_equal", Some(yes)) => Some(Test::Checked(!yes)),
            _ => None,
        },
        _ => None,
    };
    test.ok_or_else(unknown)
}

fn text_test(operator: &str, operand: &Json) -> Option<TextTest> {
    let text = operand.as_str()?.to_owned();
    Some(match operator {
        "equals" => TextTest::Equals(text),
        "does_not_equal" => TextTest::Differs(text),
        "contains" => TextTest::Contains(text),
        "does_not_contain" => TextTest::Lacks(text),
        "starts_with" => TextTest::Starts(text),
        "ends_with" => TextTest::Ends(text),
        _ => return None,
    })
}

fn number_relation(operator: &str) -> Option<Relation> {
    Some(match operator {
        "equals" => Relation::Equal,
        "does_not_equal" => Relation::Differ,
        "greater_than" => Relation::Greater,
        "less_than" => Relation::Less,
        "greater_than_or_equal_to" => Relation::AtLeast,
        "less_than_or_equal_to" => Relation::AtMost,
        _ => return None,
    })
}

fn moment_relation(operator: &str) -> Option<Relation> {
    Some(match operator {
        "equals" => Relation::Equal,
        "after" => Relation::Greater,
        "before" => Relation::Less,
        "on_or_after" => Relation::AtLeast,
        "on_or_before" => Relation::AtMost,
        _ => return None,
    })
}

fn one_of(operator: &str, operand: &Json) -> Option<Test> {
    let names = match operand {
        Json::String(name) => vec![name.clone()],
        Json::Array(names) => names
            .iter()
            .filter_map(|n| n.as_str().map(str::to_owned))
            .collect(),
        _ => return None,
    };
    match operator {
        "equals" => Some(Test::OneOf(names)),
        "does_not_equal" => Some(Test::NoneOf(names)),
        _ => None,
    }
}

fn set_test(operator: &str, operand: &Json) -> Option<Test> {
    let wanted = operand.as_str()?.to_owned();
    match operator {
        "contains" => Some(Test::Holds(wanted)),
        "does_not_contain" => Some(Test::HoldsNot(wanted)),
        _ => None,
    }
}
