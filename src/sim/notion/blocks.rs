//! Blocks as JSON, for the blocks endpoints.

use serde_json::{Value as Json, json};

use super::body::{Block, BlockKind};
use super::ids::Id;
use super::inline;
use super::moment;
use super::refusal::Refusal;
use super::render::Version;
use super::span::{self, array, brief, failed};
use super::state::{Page, Workspace};
use super::value_json::user_ref;

/// Blocks a request may hold, children counted (reference/request-limits).
const MAX_BLOCKS: usize = 1_000;

/// Reads a `children` array: at most 100 an array, nested at most two deep.
pub fn read_children(json: &Json) -> Result<Vec<Block>, Refusal> {
    let mut out = Vec::new();
    read_into(json, 0, &mut out)?;
    if out.len() > MAX_BLOCKS {
        return Err(failed(&format!(
            "children holds {} blocks, at most {MAX_BLOCKS} are allowed.",
            out.len()
        )));
    }
    Ok(out)
}

fn read_into(json: &Json, depth: usize, out: &mut Vec<Block>) -> Result<(), Refusal> {
    if depth > 2 {
        return Err(failed("children may be nested at most two levels."));
    }
    for item in array(json, "children")? {
        let (kind, text) = read_block(item)?;
        let name = type_of(item).unwrap_or_default();
        out.push(Block::new(depth, kind, text));
        if let Some(children) = item[name].get("children").or_else(|| item.get("children")) {
            read_into(children, depth + 1, out)?;
        }
    }
    Ok(())
}

/// The type a block names, by its `type` or by its only content key.
fn type_of(item: &Json) -> Option<&str> {
    if let Some(name) = item["type"].as_str() {
        return Some(name);
    }
    let mut keys = item.as_object()?.keys().map(String::as_str);
    keys.find(|key| !["object", "id", "children", "in_trash", "archived"].contains(key))
}

/// Reads one block: what it is and its text.
pub fn read_block(item: &Json) -> Result<(BlockKind, String), Refusal> {
    let name = type_of(item)
        .ok_or_else(|| failed(&format!("children: no block type in `{}`.", brief(item))))?;
    let content = &item[name];
    let spans = match content.get("rich_text") {
        Some(text) => span::from_json(text, &format!("children.{name}.rich_text"))?,
        None => Vec::new(),
    };
    let kind = match name {
        "paragraph" => BlockKind::Paragraph,
        "heading_1" => BlockKind::Heading(1),
        "heading_2" => BlockKind::Heading(2),
        "heading_3" => BlockKind::Heading(3),
        "heading_4" => BlockKind::Heading(4),
        "bulleted_list_item" => BlockKind::Bullet,
        "numbered_list_item" => BlockKind::Numbered,
        "to_do" => BlockKind::ToDo(content["checked"].as_bool().unwrap_or(false)),
        "quote" => BlockKind::Quote,
        "divider" => BlockKind::Divider,
        "code" => {
            let language = content["language"].as_str().unwrap_or("plain text");
            return Ok((BlockKind::Code(language.to_owned()), span::plain(&spans)));
        }
        other => {
            return Err(failed(&format!(
                "children: `{other}` is not a block type this service knows."
            )));
        }
    };
    Ok((kind, inline::write(&spans)))
}

impl Workspace {
    /// Writes the blocks directly below a page (`under` is none) or below one of its blocks.
    pub fn children_json(&self, page: &Page, under: Option<Id>, version: Version) -> Vec<Json> {
        let (from, depth) = match under.and_then(|id| page.body.iter().position(|b| b.id == id)) {
            Some(at) => (at + 1, page.body[at].depth + 1),
            None => (0, 0),
        };
        page.body
            .iter()
            .enumerate()
            .skip(from)
            .take_while(|(_, block)| block.depth >= depth)
            .filter(|(_, block)| block.depth == depth)
            .map(|(at, _)| self.block_json(page, at, version))
            .collect()
    }

    /// Writes the block at a place of a body.
    pub fn block_json(&self, page: &Page, at: usize, version: Version) -> Json {
        let block = &page.body[at];
        let holder = page.body[..at].iter().rev().find(|b| b.depth < block.depth);
        let parent = match holder {
            Some(holder) => json!({"type": "block_id", "block_id": holder.id.to_string()}),
            None => json!({"type": "page_id", "page_id": page.id.to_string()}),
        };
        let nested = page
            .body
            .get(at + 1)
            .is_some_and(|next| next.depth > block.depth);
        let (name, content) = self.content_json(block);
        let mut object = json!({
            "object": "block",
            "id": block.id.to_string(),
            "parent": parent,
            "created_time": moment::format(page.created),
            "last_edited_time": moment::format(page.edited),
            "created_by": user_ref(page.created_by),
            "last_edited_by": user_ref(page.edited_by),
            "has_children": nested,
            "type": name,
        });
        object[name] = content;
        version.trash(object, page.in_trash)
    }

    fn content_json(&self, block: &Block) -> (&'static str, Json) {
        let text = || span::to_json(&inline::parse(&block.text));
        let plain = |name| (name, json!({"rich_text": text(), "color": "default"}));
        let heading = |name| {
            (
                name,
                json!({"rich_text": text(), "color": "default", "is_toggleable": false}),
            )
        };
        match &block.kind {
            BlockKind::Paragraph => (
                "paragraph",
                json!({"rich_text": text(), "color": "default", "icon": null}),
            ),
            BlockKind::Heading(1) => heading("heading_1"),
            BlockKind::Heading(2) => heading("heading_2"),
            BlockKind::Heading(3) => heading("heading_3"),
            BlockKind::Heading(_) => heading("heading_4"),
            BlockKind::Bullet => plain("bulleted_list_item"),
            BlockKind::Numbered => plain("numbered_list_item"),
            BlockKind::ToDo(done) => (
                "to_do",
                json!({"rich_text": text(), "color": "default", "checked": done}),
            ),
            BlockKind::Quote => plain("quote"),
            BlockKind::Divider => ("divider", json!({})),
            BlockKind::Code(language) => {
                let code = span::to_json(&span::rich(&block.text));
                let language = if language.is_empty() {
                    "plain text"
                } else {
                    language
                };
                (
                    "code",
                    json!({"rich_text": code, "caption": [], "language": language}),
                )
            }
            BlockKind::ChildPage => {
                let title = self
                    .pages
                    .get(&block.id)
                    .map(|page| span::plain(page.title()));
                ("child_page", json!({"title": title.unwrap_or_default()}))
            }
            BlockKind::ChildDatabase => {
                let title = self
                    .databases
                    .get(&block.id)
                    .map(|database| span::plain(&database.title));
                (
                    "child_database",
                    json!({"title": title.unwrap_or_default()}),
                )
            }
            BlockKind::Structure => ("unsupported", json!({"block_type": "markdown"})),
        }
    }
}
