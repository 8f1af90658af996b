//! Bodies: `/v1/pages/{id}/markdown` and `/v1/blocks`.

use serde_json::{Value as Json, json};

use super::call::{Call, body_id, id, list, paginate};
use super::routes::unknown_url;
use crate::sim::notion::blocks::{read_block, read_children};
use crate::sim::notion::bodies::{ContentUpdate, PageMarkdown};
use crate::sim::notion::ids::Id;
use crate::sim::notion::refusal::Refusal;
use crate::sim::notion::render::Version;
use crate::sim::notion::span::{array, failed};
use crate::sim::notion::state::Workspace;

/// `GET /v1/pages/{id}/markdown`, of a page or of a block that was left out of one.
pub(super) fn read(world: &Workspace, page: Id) -> Result<Json, Refusal> {
    let missing = match world.read_body(world.acting, page) {
        Ok(found) => return Ok(markdown_json(page, &found)),
        Err(refusal) => refusal,
    };
    match world.read_block_markdown(world.acting, page) {
        Ok(markdown) => {
            let found = PageMarkdown {
                markdown,
                truncated: false,
                unknown: Vec::new(),
            };
            Ok(markdown_json(page, &found))
        }
        Err(_) => Err(missing),
    }
}

fn markdown_json(page: Id, found: &PageMarkdown) -> Json {
    let unknown: Vec<String> = found.unknown.iter().map(Id::to_string).collect();
    json!({
        "object": "page_markdown", "id": page.to_string(), "markdown": found.markdown,
        "truncated": found.truncated, "unknown_block_ids": unknown,
    })
}

/// `PATCH /v1/pages/{id}/markdown`; answers the whole body after the change.
pub(super) fn write(world: &mut Workspace, page: Id, call: &Call) -> Result<Json, Refusal> {
    let bot = world.acting;
    let kind = call.body["type"].as_str().unwrap_or_default();
    let detail = call.body.get(kind).ok_or_else(|| {
        failed(&format!(
            "{kind} should be defined, and type should name it."
        ))
    })?;
    let may_delete = detail["allow_deleting_content"].as_bool().unwrap_or(false);
    match kind {
        "replace_content" => {
            let text = text(detail, "new_str", kind)?;
            world.set_body(call.now, bot, page, text, may_delete)?;
        }
        "update_content" => {
            let updates = array(&detail["content_updates"], "update_content.content_updates")?;
            let updates: Vec<ContentUpdate> =
                updates.iter().map(read_update).collect::<Result<_, _>>()?;
            world.update_content(call.now, bot, page, &updates, may_delete)?;
        }
        "insert_content" => {
            let text = text(detail, "content", kind)?;
            let now = world.reach(bot, page).map(|p| world.markdown(p))?;
            let start = detail["position"]["type"].as_str() == Some("start");
            let whole = if start {
                format!("{text}\n{now}")
            } else {
                format!("{now}\n{text}")
            };
            world.set_body(call.now, bot, page, &whole, false)?;
        }
        other => {
            return Err(failed(&format!(
                "type: `{other}` is not a change this service knows."
            )));
        }
    }
    let found = world.read_body(bot, page)?;
    Ok(markdown_json(page, &found))
}

fn text<'a>(detail: &'a Json, key: &str, kind: &str) -> Result<&'a str, Refusal> {
    detail[key]
        .as_str()
        .ok_or_else(|| failed(&format!("{kind}.{key} should be a string.")))
}

fn read_update(json: &Json) -> Result<ContentUpdate, Refusal> {
    Ok(ContentUpdate {
        old: text(json, "old_str", "content_updates")?.to_owned(),
        new: text(json, "new_str", "content_updates")?.to_owned(),
        all: json["replace_all_matches"].as_bool().unwrap_or(false),
    })
}

/// `/v1/blocks`.
pub(super) fn blocks(
    world: &mut Workspace,
    method: &str,
    rest: &[&str],
    call: &Call,
) -> Result<Json, Refusal> {
    let (block, tail) = match rest {
        [block, tail @ ..] => (id(block, "block_id")?, tail),
        [] => return Err(unknown_url()),
    };
    match (method, tail) {
        ("GET", []) => show(world, block, call),
        ("PATCH", []) => update(world, block, call),
        ("DELETE", []) => delete(world, block, call),
        ("GET", ["children"]) => {
            let (page, under) = container(world, block)?;
            let page = world.reach(world.acting, page)?;
            let all = world.children_json(page, under, call.version);
            let (children, next) = paginate(all, call.paging()?)?;
            Ok(list("block", children, next))
        }
        ("PATCH", ["children"]) => append(world, block, call),
        _ => Err(unknown_url()),
    }
}

/// Turns an id into a page and, unless it is the page itself, the block on it.
fn container(world: &Workspace, block: Id) -> Result<(Id, Option<Id>), Refusal> {
    if world.reach(world.acting, block).is_ok() {
        return Ok((block, None));
    }
    let (page, _) = world.find_block(world.acting, block)?;
    Ok((page, Some(block)))
}

fn show(world: &Workspace, block: Id, call: &Call) -> Result<Json, Refusal> {
    let (page, at) = world.find_block(world.acting, block)?;
    let page = world.reach(world.acting, page)?;
    Ok(world.block_json(page, at, call.version))
}

fn update(world: &mut Workspace, block: Id, call: &Call) -> Result<Json, Refusal> {
    if call.trash()? == Some(true) {
        return delete(world, block, call);
    }
    let (kind, text) = read_block(&call.body)?;
    world.update_block(call.now, world.acting, block, kind, text)?;
    show(world, block, call)
}

fn delete(world: &mut Workspace, block: Id, call: &Call) -> Result<Json, Refusal> {
    let bot = world.acting;
    if world.pages.contains_key(&block) {
        world.trash(call.now, bot, block)?;
        let page = world.reach(bot, block)?;
        return Ok(world.page_json(page, &[], call.version));
    }
    let mut shown = show(world, block, call)?;
    world.delete_block(call.now, bot, block)?;
    shown = call.version.trash(shown, true);
    Ok(shown)
}

fn append(world: &mut Workspace, block: Id, call: &Call) -> Result<Json, Refusal> {
    let (page, under) = container(world, block)?;
    let mut blocks = read_children(&call.body["children"])?;
    let top = blocks
        .iter()
        .map(|block| block.depth == 0)
        .collect::<Vec<_>>();
    let mut after = position(world, page, call)?;
    if let Some(under) = under {
        let (depth, last) = world.end_of(page, under);
        for block in &mut blocks {
            block.depth += depth + 1;
        }
        after = after.or(Some(last));
    }
    let made = world.append_blocks(call.now, world.acting, page, blocks, after)?;
    let page = world.reach(world.acting, page)?;
    let results = made
        .iter()
        .zip(top)
        .filter(|(_, top)| *top)
        .filter_map(|(id, _)| page.body.iter().position(|b| b.id == *id))
        .map(|at| world.block_json(page, at, call.version))
        .collect();
    Ok(list("block", results, None))
}

/// Reads where appended blocks go: `position` since 2026-03-11, `after` before.
fn position(world: &Workspace, page: Id, call: &Call) -> Result<Option<Id>, Refusal> {
    if let Some(after) = call.body.get("after") {
        if call.version == Version::V2026 {
            return Err(failed("after should be not present. Use position instead."));
        }
        return body_id(after, "after").map(Some);
    }
    let position = &call.body["position"];
    match position["type"].as_str() {
        None | Some("end") => Ok(None),
        Some("start") => Ok(Some(Id(0))),
        Some("after_block") => {
            let id = body_id(&position["after_block"]["id"], "position.after_block.id")?;
            Ok(Some(world.end_of(page, id).1))
        }
        Some(other) => Err(failed(&format!("position.type: `{other}` is not a place."))),
    }
}
