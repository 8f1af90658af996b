//! `/v1/databases` and `/v1/data_sources`.

use serde_json::{Value as Json, json};

use super::call::{Call, body_id, id, list};
use super::routes::unknown_url;
use crate::sim::notion::ids::Id;
use crate::sim::notion::moment;
use crate::sim::notion::query_json;
use crate::sim::notion::refusal::Refusal;
use crate::sim::notion::schema_json::{read_new, read_patch};
use crate::sim::notion::span;
use crate::sim::notion::state::{Database, Parent, Workspace};

/// Largest schema, in bytes of JSON (reference/update-a-data-source).
const MAX_SCHEMA: usize = 50 * 1024;

pub(super) fn databases(
    world: &mut Workspace,
    method: &str,
    rest: &[&str],
    call: &Call,
) -> Result<Json, Refusal> {
    match (method, rest) {
        ("POST", []) => create_database(world, call),
        ("GET", [database]) => {
            let database = reach(world, id(database, "database_id")?)?;
            Ok(world.database_json(database, call.version))
        }
        ("PATCH", [database]) => {
            let database = reach(world, id(database, "database_id")?)?.id;
            update_database(world, database, call)
        }
        _ => Err(unknown_url()),
    }
}

fn reach(world: &Workspace, database: Id) -> Result<&Database, Refusal> {
    let found = world
        .databases
        .get(&database)
        .filter(|d| !world.hidden.contains(&d.id));
    found.ok_or_else(|| Refusal::missing("database", database))
}

fn parent(json: &Json) -> Result<Parent, Refusal> {
    if json["workspace"].as_bool() == Some(true) {
        return Ok(Parent::Workspace);
    }
    body_id(&json["page_id"], "parent.page_id").map(Parent::Page)
}

fn create_database(world: &mut Workspace, call: &Call) -> Result<Json, Refusal> {
    let bot = world.acting;
    world.may_write(bot)?;
    let parent = parent(&call.body["parent"])?;
    let title = match call.body.get("title") {
        Some(title) => span::from_json(title, "title")?,
        None => Vec::new(),
    };
    // Top-level `properties` are ignored since 2025-09-03.
    let columns = match call.body["initial_data_source"].get("properties") {
        Some(properties) => read_new(properties, &mut world.ids)?,
        None => Vec::new(),
    };
    let (database, _) = world.add_database(call.now, bot, parent, title, columns)?;
    let database = reach(world, database)?;
    Ok(world.database_json(database, call.version))
}

fn update_database(world: &mut Workspace, database: Id, call: &Call) -> Result<Json, Refusal> {
    world.may_write(world.acting)?;
    let title = match call.body.get("title") {
        Some(title) => Some(span::from_json(title, "title")?),
        None => None,
    };
    let trash = call.trash()?;
    if let Some(holder) = world.databases.get_mut(&database) {
        if let Some(title) = title {
            holder.title = title;
        }
        holder.in_trash = trash.unwrap_or(holder.in_trash);
        holder.inline = call.body["is_inline"].as_bool().unwrap_or(holder.inline);
        holder.edited = moment::floor(call.now);
    }
    let database = reach(world, database)?;
    Ok(world.database_json(database, call.version))
}

pub(super) fn data_sources(
    world: &mut Workspace,
    method: &str,
    rest: &[&str],
    call: &Call,
) -> Result<Json, Refusal> {
    match (method, rest) {
        ("POST", []) => create_source(world, call),
        ("GET", [source]) => {
            let source = world.reach_source(world.acting, id(source, "data_source_id")?)?;
            Ok(world.source_json(source, call.version))
        }
        ("PATCH", [source]) => update_source(world, id(source, "data_source_id")?, call),
        ("POST", [source, "query"]) => query(world, id(source, "data_source_id")?, call),
        ("GET", [source, "templates"]) => {
            world.reach_source(world.acting, id(source, "data_source_id")?)?;
            Ok(json!({"templates": [], "has_more": false, "next_cursor": null}))
        }
        _ => Err(unknown_url()),
    }
}

fn create_source(world: &mut Workspace, call: &Call) -> Result<Json, Refusal> {
    let bot = world.acting;
    world.may_write(bot)?;
    let database = body_id(&call.body["parent"]["database_id"], "parent.database_id")?;
    reach(world, database)?;
    let title = match call.body.get("title") {
        Some(title) => span::from_json(title, "title")?,
        None => Vec::new(),
    };
    let columns = read_new(&call.body["properties"], &mut world.ids)?;
    let source = world.add_source(call.now, bot, database, title, columns)?;
    let source = world.reach_source(bot, source)?;
    Ok(world.source_json(source, call.version))
}

fn update_source(world: &mut Workspace, source: Id, call: &Call) -> Result<Json, Refusal> {
    let bot = world.acting;
    world.may_write(bot)?;
    let table = world.reach_source(bot, source)?.clone();
    let title = match call.body.get("title") {
        Some(title) => Some(span::from_json(title, "title")?),
        None => None,
    };
    let trash = call.trash()?;
    if let Some(properties) = call.body.get("properties") {
        let asks = read_patch(properties, &table.schema, &mut world.ids)?;
        let size = world.source_json(&table, call.version)["properties"]
            .to_string()
            .len();
        if size + properties.to_string().len() > MAX_SCHEMA {
            return Err(Refusal::invalid("The schema would be larger than 50 KB."));
        }
        world.apply_schema(call.now, bot, source, asks)?;
    }
    if let Some(table) = world.sources.get_mut(&source) {
        if let Some(title) = title {
            table.title = title;
        }
        table.in_trash = trash.unwrap_or(table.in_trash);
        table.edited = moment::floor(call.now);
        table.edited_by = bot;
    }
    let source = world.reach_source(bot, source)?;
    Ok(world.source_json(source, call.version))
}

fn query(world: &Workspace, source: Id, call: &Call) -> Result<Json, Refusal> {
    let table = world.reach_source(world.acting, source)?;
    let query = query_json::read(&call.body, &table.schema)?;
    let only = call.only();
    if let Some(alien) = only.iter().find(|key| table.schema.find(key).is_none()) {
        return Err(Refusal::invalid(format!(
            "filter_properties: {alien} is not a property that exists."
        )));
    }
    let rows = world.query(call.now, world.acting, source, &query)?;
    let pages = rows.ids.iter().filter_map(|id| world.pages.get(id));
    let results = pages
        .map(|page| world.page_json(page, &only, call.version))
        .collect();
    let mut out = list("page_or_data_source", results, rows.next);
    if rows.incomplete {
        out["request_status"] = json!({
            "type": "incomplete", "incomplete_reason": "query_result_limit_reached",
        });
    }
    Ok(out)
}
