//! `/v1/views`: views of a data source are made and listed; what they show is Notion's screen's matter.

use serde_json::{Value as Json, json};

use super::call::{Call, body_id, list};
use super::routes::unknown_url;
use crate::sim::notion::refusal::Refusal;
use crate::sim::notion::render::url;
use crate::sim::notion::span;
use crate::sim::notion::state::Workspace;
use crate::sim::notion::{moment, query_json};

/// The layouts there are (reference/create-view).
const TYPES: [&str; 10] = [
    "table",
    "board",
    "list",
    "calendar",
    "timeline",
    "gallery",
    "form",
    "chart",
    "map",
    "dashboard",
];

pub(super) fn views(
    world: &mut Workspace,
    method: &str,
    rest: &[&str],
    call: &Call,
) -> Result<Json, Refusal> {
    match (method, rest) {
        ("POST", []) => create(world, call),
        ("GET", []) => {
            let wanted = call.parameter("database_id").unwrap_or_default();
            let found = world.views.iter().filter(|view| {
                wanted.is_empty() || view["parent"]["database_id"].as_str() == Some(wanted)
            });
            Ok(list("view", found.cloned().collect(), None))
        }
        _ => Err(unknown_url()),
    }
}

fn create(world: &mut Workspace, call: &Call) -> Result<Json, Refusal> {
    world.may_write(world.acting)?;
    let body = &call.body;
    let database = body_id(&body["database_id"], "database_id")?;
    let source = body_id(&body["data_source_id"], "data_source_id")?;
    let table = world.reach_source(world.acting, source)?;
    if table.database != database {
        return Err(Refusal::invalid("data_source_id is not of this database."));
    }
    let name = body["name"].as_str().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| span::failed("name should be defined."))?;
    let layout = body["type"].as_str().unwrap_or_default();
    if !TYPES.contains(&layout) {
        return Err(span::failed("type is no view type."));
    }
    if let Some(filter) = body.get("filter").filter(|filter| !filter.is_null()) {
        let mut query = json!({});
        query["filter"] = filter.clone();
        query_json::read(&query, &table.schema)?;
    }
    let group = &body["configuration"]["group_by"];
    if let Some(property) = group["property_id"].as_str() {
        let column = table.schema.find(property);
        if column.is_none_or(|column| Some(column.kind.name()) != group["type"].as_str()) {
            return Err(span::failed("group_by names no such property."));
        }
    } else if layout == "board" && body.get("configuration").is_some() {
        return Err(span::failed("configuration.group_by should be defined."));
    }
    let id = world.ids.fresh();
    let made = moment::format(call.now);
    let view = json!({
        "created_time": made, "last_edited_time": made,
        "url": format!("{}?v={}", url(database), id.compact()),
        "object": "view", "id": id.to_string(), "name": name, "type": layout,
        "parent": {"type": "database_id", "database_id": database.to_string()},
        "data_source_id": source.to_string(),
        "filter": body["filter"], "sorts": body["sorts"], "configuration": body["configuration"],
    });
    world.views.push(view.clone());
    Ok(view)
}
