//! Which path goes where.

use axum::http::Method;
use serde_json::{Value as Json, json};

use super::call::{Call, Raw, body_id, id, list, paginate};
use super::{content, pages, sources, views};
use crate::sim::notion::ids::Id;
use crate::sim::notion::inline;
use crate::sim::notion::query::search;
use crate::sim::notion::query_json;
use crate::sim::notion::refusal::Refusal;
use crate::sim::notion::span;
use crate::sim::notion::state::Workspace;

/// Answers one request.
pub(super) fn dispatch(world: &mut Workspace, raw: &Raw, call: &Call) -> Result<Json, Refusal> {
    let segments = raw.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let Some((first, rest)) = parts.split_first() else {
        return Err(unknown_url());
    };
    let method = raw.method.as_str();
    match *first {
        "users" => users(world, method, rest, call),
        "databases" => sources::databases(world, method, rest, call),
        "data_sources" => sources::data_sources(world, method, rest, call),
        "pages" => pages::pages(world, method, rest, call),
        "blocks" => content::blocks(world, method, rest, call),
        "views" => views::views(world, method, rest, call),
        "comments" => comments(world, &raw.method, rest, call),
        "search" if raw.method == Method::POST && rest.is_empty() => find(world, call),
        _ => Err(unknown_url()),
    }
}

/// 400 `invalid_request_url`.
pub(super) fn unknown_url() -> Refusal {
    Refusal::new(400, "invalid_request_url", "Invalid request URL.")
}

fn users(world: &Workspace, method: &str, rest: &[&str], call: &Call) -> Result<Json, Refusal> {
    match (method, rest) {
        ("GET", []) => {
            let all = world.users.keys().map(|id| world.user_json(*id)).collect();
            let (users, next) = paginate(all, call.paging()?)?;
            Ok(list("user", users, next))
        }
        ("GET", ["me"]) => Ok(world.user_json(world.acting)),
        ("GET", [user]) => {
            let user = id(user, "user_id")?;
            if !world.users.contains_key(&user) {
                return Err(Refusal::missing("user", user));
            }
            Ok(world.user_json(user))
        }
        _ => Err(unknown_url()),
    }
}

fn comments(
    world: &mut Workspace,
    method: &Method,
    rest: &[&str],
    call: &Call,
) -> Result<Json, Refusal> {
    match (method.as_str(), rest) {
        ("GET", []) => {
            let on = id(call.parameter("block_id").unwrap_or_default(), "block_id")?;
            check_target(world, on)?;
            let all = world
                .comments
                .iter()
                .filter(|c| c.on == on)
                .map(|c| world.comment_json(c))
                .collect();
            let (found, next) = paginate(all, call.paging()?)?;
            Ok(list("comment", found, next))
        }
        ("GET", [comment]) => {
            let comment = id(comment, "comment_id")?;
            let found = world.comments.iter().find(|c| c.id == comment);
            found
                .map(|c| world.comment_json(c))
                .ok_or_else(|| Refusal::missing("comment", comment))
        }
        ("POST", []) => comment(world, call),
        _ => Err(unknown_url()),
    }
}

fn check_target(world: &Workspace, on: Id) -> Result<(), Refusal> {
    if world.reach(world.acting, on).is_ok() {
        return Ok(());
    }
    world.find_block(world.acting, on).map(|_| ())
}

fn comment(world: &mut Workspace, call: &Call) -> Result<Json, Refusal> {
    let (on, discussion) = comment_place(world, &call.body)?;
    let text = match (call.body.get("rich_text"), call.body["markdown"].as_str()) {
        (Some(text), None) => span::from_json(text, "rich_text")?,
        (None, Some(markdown)) => inline::parse(markdown),
        _ => {
            return Err(span::failed(
                "rich_text or markdown should be defined, and not both.",
            ));
        }
    };
    let comment = world
        .add_comment(call.now, world.acting, on, discussion, text)?
        .clone();
    Ok(world.comment_json(&comment))
}

/// Finds what a new comment stands on, and the discussion it joins, if it joins one.
fn comment_place(world: &Workspace, body: &Json) -> Result<(Id, Option<Id>), Refusal> {
    if let Some(discussion) = body.get("discussion_id") {
        let discussion = body_id(discussion, "discussion_id")?;
        let first = world.comments.iter().find(|c| c.discussion == discussion);
        let first = first.ok_or_else(|| Refusal::missing("discussion", discussion))?;
        return Ok((first.on, Some(discussion)));
    }
    let parent = &body["parent"];
    let on = parent
        .get("page_id")
        .or_else(|| parent.get("block_id"))
        .unwrap_or(&Json::Null);
    let on = body_id(on, "parent.page_id")?;
    check_target(world, on)?;
    Ok((on, None))
}

fn find(world: &Workspace, call: &Call) -> Result<Json, Refusal> {
    let paging = query_json::read_paging(&call.body)?;
    let wanted = call.body["filter"]["value"].as_str();
    if wanted.is_some_and(|value| value != "page" && value != "data_source") {
        return Err(span::failed(
            "filter.value should be `page` or `data_source`.",
        ));
    }
    let mut hits: Vec<(Id, i64)> = if call.body["filter"]["in_trash"].as_bool() == Some(true) {
        trashed(world)
    } else {
        search(
            world,
            world.acting,
            call.body["query"].as_str().unwrap_or_default(),
        )
        .collect()
    };
    hits.retain(|(id, _)| match wanted {
        Some("page") => world.pages.contains_key(id),
        Some(_) => world.sources.contains_key(id),
        None => true,
    });
    let up = call.body["sort"]["direction"].as_str() == Some("ascending");
    hits.sort_by(|a, b| if up { a.1.cmp(&b.1) } else { b.1.cmp(&a.1) });
    // The place in the list is enough of a cursor; only one page of it is written out.
    let places = hits
        .into_iter()
        .map(|(id, _)| json!(id.to_string()))
        .collect();
    let (found, next) = paginate(places, paging)?;
    let results = found
        .iter()
        .filter_map(|id| id.as_str().and_then(Id::parse))
        .filter_map(|id| {
            let page = world
                .pages
                .get(&id)
                .map(|page| world.page_json(page, &[], call.version));
            page.or_else(|| {
                world
                    .sources
                    .get(&id)
                    .map(|source| world.source_json(source, call.version))
            })
        });
    Ok(list("page_or_data_source", results.collect(), next))
}

fn trashed(world: &Workspace) -> Vec<(Id, i64)> {
    let pages = world
        .pages
        .values()
        .filter(|page| page.in_trash && world.shared(page));
    pages.map(|page| (page.id, page.edited)).collect()
}
