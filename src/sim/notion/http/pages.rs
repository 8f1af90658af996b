//! `/v1/pages`, without their bodies.

use serde_json::{Value as Json, json};

use super::call::{Call, body_id, id, paginate};
use super::content;
use super::routes::unknown_url;
use crate::sim::notion::blocks::read_children;
use crate::sim::notion::body::{self, BlockKind, Parsed};
use crate::sim::notion::ids::Id;
use crate::sim::notion::inline;
use crate::sim::notion::pages::Props;
use crate::sim::notion::refusal::Refusal;
use crate::sim::notion::schema::{Kind, Property};
use crate::sim::notion::span::failed;
use crate::sim::notion::state::{Parent, Workspace};
use crate::sim::notion::value::Value;
use crate::sim::notion::value_json::{self, property_json};

pub(super) fn pages(
    world: &mut Workspace,
    method: &str,
    rest: &[&str],
    call: &Call,
) -> Result<Json, Refusal> {
    match (method, rest) {
        ("POST", []) => create(world, call),
        ("GET", [page]) => show(world, id(page, "page_id")?, call),
        ("PATCH", [page]) => update(world, id(page, "page_id")?, call),
        ("POST", [page, "move"]) => {
            let page = id(page, "page_id")?;
            let to = parent(world, &call.body["parent"])?;
            world.move_page(call.now, world.acting, page, to)?;
            show(world, page, call)
        }
        ("GET", [page, "properties", property]) => {
            property_items(world, id(page, "page_id")?, property, call)
        }
        ("GET", [page, "markdown"]) => content::read(world, id(page, "page_id")?),
        ("PATCH", [page, "markdown"]) => content::write(world, id(page, "page_id")?, call),
        _ => Err(unknown_url()),
    }
}

fn show(world: &Workspace, page: Id, call: &Call) -> Result<Json, Refusal> {
    let page = world.reach(world.acting, page)?;
    Ok(world.page_json(page, &call.only(), call.version))
}

fn parent(world: &Workspace, json: &Json) -> Result<Parent, Refusal> {
    if json["workspace"].as_bool() == Some(true) {
        return Ok(Parent::Workspace);
    }
    if let Some(source) = json.get("data_source_id") {
        return body_id(source, "parent.data_source_id").map(Parent::Source);
    }
    if let Some(database) = json.get("database_id") {
        let database = body_id(database, "parent.database_id")?;
        let found = world
            .databases
            .get(&database)
            .ok_or_else(|| Refusal::missing("database", database))?;
        return match found.sources.as_slice() {
            [source] => Ok(Parent::Source(*source)),
            _ => Err(Refusal::invalid(
                "The database has several data sources: name one with parent.data_source_id.",
            )),
        };
    }
    body_id(json.get("page_id").unwrap_or(&Json::Null), "parent.page_id").map(Parent::Page)
}

fn create(world: &mut Workspace, call: &Call) -> Result<Json, Refusal> {
    let parent = parent(world, &call.body["parent"])?;
    let mut props = read_props(world, parent, &call.body["properties"])?;
    let children = call
        .body
        .get("children")
        .or_else(|| call.body.get("content"));
    let mut content = match (children, call.body["markdown"].as_str()) {
        (Some(_), Some(_)) => {
            return Err(failed("markdown and children should not both be defined."));
        }
        (Some(children), None) => Parsed {
            blocks: read_children(children)?,
            mentions: Vec::new(),
        },
        (None, Some(markdown)) => body::parse(markdown),
        (None, None) => Parsed::default(),
    };
    if call.body.get("markdown").is_some() {
        title_from_heading(world, parent, &mut props, &mut content);
    }
    let page = world.create_at(call.now, world.acting, parent, props, content)?;
    show(world, page, call)
}

/// A page made from Markdown without a title is named by its first line, if that is a main heading.
fn title_from_heading(world: &Workspace, parent: Parent, props: &mut Props, content: &mut Parsed) {
    let title = match parent {
        Parent::Source(source) => world.property(source, "title").map(|p| p.id.clone()),
        _ => Some("title".to_owned()),
    };
    let Some(title) = title.filter(|title| !props.iter().any(|(key, _)| key == title)) else {
        return;
    };
    if content
        .blocks
        .first()
        .is_some_and(|block| block.kind == BlockKind::Heading(1))
    {
        let heading = content.blocks.remove(0);
        props.push((title, Value::Text(inline::parse(&heading.text))));
    }
}

/// Reads the `properties` of a request; keys become property ids.
fn read_props(world: &Workspace, parent: Parent, json: &Json) -> Result<Props, Refusal> {
    let Some(entries) = json.as_object() else {
        return if json.is_null() {
            Ok(Vec::new())
        } else {
            Err(failed("properties should be an object."))
        };
    };
    let plain_title = Property {
        id: "title".to_owned(),
        name: "title".to_owned(),
        kind: Kind::Title,
    };
    entries
        .iter()
        .map(|(key, value)| {
            let property = match parent {
                Parent::Source(source) => world.property(source, key),
                _ => Some(&plain_title).filter(|_| key == "title"),
            };
            let property = property
                .ok_or_else(|| Refusal::invalid(format!("{key} is not a property that exists.")))?;
            Ok((property.id.clone(), value_json::read(value, property)?))
        })
        .collect()
}

fn update(world: &mut Workspace, page: Id, call: &Call) -> Result<Json, Refusal> {
    let bot = world.acting;
    world.may_write(bot)?;
    let holder = world.reach(bot, page)?;
    let trash = call.trash()?.filter(|wanted| *wanted != holder.in_trash);
    let props = read_props(world, holder.parent, &call.body["properties"])?;
    if trash == Some(false) {
        world.restore(call.now, bot, page)?;
    }
    if call.body.get("properties").is_some() {
        world.edit_props(call.now, bot, page, props)?;
    }
    if call.body["erase_content"].as_bool() == Some(true) {
        world.set_body(call.now, bot, page, "", true)?;
    }
    if trash == Some(true) {
        world.trash(call.now, bot, page)?;
    }
    show(world, page, call)
}

/// `GET /v1/pages/{id}/properties/{property}`: one item, or a list for what may be long.
fn property_items(world: &Workspace, page: Id, key: &str, call: &Call) -> Result<Json, Refusal> {
    let page = world.reach(world.acting, page)?;
    let unknown = || Refusal::missing("property", key);
    let title = Property {
        id: "title".to_owned(),
        name: "title".to_owned(),
        kind: Kind::Title,
    };
    let property = match world.schema_of(page) {
        Some(schema) => schema.find(key).ok_or_else(unknown)?,
        None => Some(&title).filter(|p| p.id == key).ok_or_else(unknown)?,
    };
    let mut item = property_json(world, page, property, usize::MAX);
    let name = property.kind.name();
    if !matches!(name, "title" | "rich_text" | "relation" | "people") {
        item["object"] = json!("property_item");
        return Ok(item);
    }
    let all: Vec<Json> = item[name]
        .as_array()
        .into_iter()
        .flatten()
        .map(|part| {
            let mut entry = json!({"object": "property_item", "id": property.id, "type": name});
            entry[name] = part.clone();
            entry
        })
        .collect();
    let (results, next) = paginate(all, call.paging()?)?;
    let mut about = json!({"id": property.id, "type": name, "next_url": null});
    about[name] = json!({});
    Ok(json!({
        "object": "list", "type": "property_item", "property_item": about,
        "results": results, "has_more": next.is_some(), "next_cursor": next,
    }))
}
