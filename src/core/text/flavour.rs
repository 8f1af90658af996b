//! The two flavours: GitHub Markdown and Notion's enhanced Markdown.

use std::fmt::Write as _;

use super::block::{self, Block, Kind};
use super::key::{normalised, of_block, of_leaf};
use super::leaf::Leaf;
use super::render::{self, Target};
use super::table;

/// Renders GitHub Markdown into what may safely be sent to Notion's Markdown endpoint.
///
/// In that format tags move pages and notify people, braces colour, `$` starts an equation;
/// outside code everything of the kind leaves here escaped. Tables become `<table>`, images and
/// toggles Notion's own, nesting becomes tabs, code blocks are always closed.
pub fn for_notion(text: &str) -> String {
    let blocks = shown(block::parse(&normalised(text)));
    let mut out = String::new();
    let mut at = 0;
    while at < blocks.len() {
        let block = &blocks[at];
        let indent = "\t".repeat(block.depth + block.folds);
        if let Kind::Row(_) = block.kind {
            at += notion_table(&blocks[at..], &indent, &mut out);
            continue;
        }
        at += 1;
        let broken = block.joined && matches!(block.kind, Kind::Leaf(_));
        if let (true, Some(text)) = (broken, after_break(block)) {
            truncate_newline(&mut out);
            out.push_str("<br>");
            out.push_str(&text);
        } else {
            notion_block(block, &indent, &mut out);
        }
        out.push('\n');
    }
    truncate_newline(&mut out);
    if text.ends_with('\n') && !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Returns the blocks that say something.
fn shown(mut blocks: Vec<Block>) -> Vec<Block> {
    blocks.retain(|block| of_block(block).is_some());
    if let Some(first) = blocks.first_mut() {
        first.joined = false;
    }
    blocks
}

fn truncate_newline(out: &mut String) {
    if out.ends_with('\n') {
        out.pop();
    }
}

/// Returns the words of a block that follows a break on the line of another.
fn after_break(block: &Block) -> Option<String> {
    match &block.kind {
        Kind::Leaf(Leaf::Text(text)) => Some(render::line(text, Target::Notion)),
        Kind::Leaf(Leaf::Quote(inner)) => match &**inner {
            Leaf::Text(text) => Some(render::line(text, Target::Notion)),
            _ => None,
        },
        _ => None,
    }
}

fn notion_block(block: &Block, indent: &str, out: &mut String) {
    let text = match &block.kind {
        Kind::Leaf(leaf) => of_leaf(leaf, Target::Notion).unwrap_or_default(),
        Kind::Code(line) if line.is_empty() => return,
        Kind::Code(line) => line.clone(),
        Kind::Fence(length, language) => format!("{}{language}", "`".repeat(*length)),
        Kind::FenceEnd(length) => "`".repeat(*length),
        Kind::Details => "<details>".to_owned(),
        Kind::Summary(text) => {
            format!("<summary>{}</summary>", render::line(text, Target::Notion))
        }
        Kind::DetailsEnd => "</details>".to_owned(),
        Kind::Row(_) | Kind::Delimiter(_) => return,
    };
    // A summary belongs to its toggle; what follows is inside.
    let indent = if matches!(block.kind, Kind::Summary(_)) {
        summary_indent(block)
    } else {
        indent.to_owned()
    };
    out.push_str(&indent);
    out.push_str(&text);
}

fn summary_indent(block: &Block) -> String {
    "\t".repeat(block.depth + block.folds)
}

/// Writes the table at the front and returns how many blocks it took.
fn notion_table(blocks: &[Block], indent: &str, out: &mut String) -> usize {
    let _ = writeln!(out, "{indent}<table header-row=\"true\">");
    let mut taken = 0;
    for block in blocks {
        let heads = matches!(
            blocks.get(taken + 1).map(|b| &b.kind),
            Some(Kind::Delimiter(_))
        );
        match &block.kind {
            Kind::Row(cells) if taken == 0 || !heads => {
                let _ = writeln!(out, "{indent}<tr>");
                for cell in cells {
                    let cell = render::line(cell, Target::NotionCell);
                    let _ = writeln!(out, "{indent}<td>{cell}</td>");
                }
                let _ = writeln!(out, "{indent}</tr>");
            }
            Kind::Delimiter(_) => {}
            _ => break,
        }
        taken += 1;
    }
    let _ = writeln!(out, "{indent}</table>");
    taken
}

/// Renders Notion's enhanced Markdown as GitHub Markdown, the converse of [`for_notion`].
///
/// Escapes that GitHub does not need are removed, tables get their pipes back, tabs become the
/// indent of the list item they belong to, colours are dropped.
pub fn from_notion(text: &str) -> String {
    let blocks = shown(block::parse_page(&normalised(text)));
    let mut out = String::new();
    let mut indents: Vec<usize> = Vec::new();
    let mut last: Option<&Block> = None;
    for (nth, block) in blocks.iter().enumerate() {
        let next = blocks.get(nth + 1);
        let is_beside = last.is_some_and(|last| beside(last, block))
            || next.is_some_and(|next| beside(block, next));
        let target = if is_beside {
            Target::GitHubBeside
        } else {
            Target::GitHub
        };
        if last.is_some_and(|last| apart(last, block)) {
            out.push('\n');
        }
        indents.truncate(block.depth);
        let columns = indents.iter().sum::<usize>() + (block.depth - indents.len()) * 4;
        if let (true, Some(text)) = (block.joined, after_break_github(block, target)) {
            truncate_newline(&mut out);
            out.push_str("<br>");
            out.push_str(&text);
        } else {
            let line = github_block(block, target);
            if !line.is_empty() {
                out.push_str(&" ".repeat(columns));
            }
            out.push_str(&line);
        }
        out.push('\n');
        if let Kind::Leaf(Leaf::Item { number, .. }) = &block.kind {
            indents.resize(block.depth, 4);
            indents.push(number.as_ref().map_or(2, |number| number.len() + 2));
        }
        last = Some(block);
    }
    truncate_newline(&mut out);
    if text.ends_with('\n') && !out.is_empty() {
        out.push('\n');
    }
    out
}

fn after_break_github(block: &Block, target: Target) -> Option<String> {
    match &block.kind {
        Kind::Leaf(Leaf::Text(text)) => Some(render::line(text, target)),
        Kind::Leaf(Leaf::Quote(inner)) => match &**inner {
            Leaf::Text(text) => Some(render::line(text, target)),
            _ => None,
        },
        _ => None,
    }
}

fn github_block(block: &Block, target: Target) -> String {
    match &block.kind {
        Kind::Leaf(leaf) => of_leaf(leaf, target).unwrap_or_default(),
        Kind::Code(line) => line.clone(),
        Kind::Row(cells) => {
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| table::pipe_safe(&render::line(cell, Target::GitHub)))
                .collect();
            format!("| {} |", cells.join(" | "))
        }
        Kind::Summary(text) => {
            format!("<summary>{}</summary>", render::line(text, Target::GitHub))
        }
        _ => of_block(block)
            .unwrap_or_default()
            .trim_start_matches('\t')
            .to_owned(),
    }
}

/// Says whether two blocks are lines of one paragraph on GitHub.
const fn beside(last: &Block, next: &Block) -> bool {
    let quotes = matches!(
        (&last.kind, &next.kind),
        (Kind::Leaf(Leaf::Quote(_)), Kind::Leaf(Leaf::Quote(_)))
    );
    next.joined || quotes
}

/// Says whether GitHub needs a blank line between two blocks.
fn apart(last: &Block, next: &Block) -> bool {
    if next.joined {
        return false;
    }
    match (&last.kind, &next.kind) {
        (Kind::Row(_) | Kind::Delimiter(_), Kind::Row(_))
        | (Kind::Fence(..) | Kind::Code(_), _)
        | (_, Kind::Code(_) | Kind::FenceEnd(_) | Kind::Delimiter(_) | Kind::Summary(_)) => false,
        (Kind::Leaf(a), Kind::Leaf(b)) => match (a, b) {
            (Leaf::Item { .. }, _) if next.depth > last.depth => false,
            (Leaf::Item { .. }, Leaf::Item { .. }) | (Leaf::Quote(_), Leaf::Quote(_)) => false,
            (Leaf::Text(_), Leaf::Item { .. }) => last.depth == 0,
            _ => true,
        },
        _ => next.depth == 0 || last.depth < next.depth && !matches!(last.kind, Kind::Leaf(_)),
    }
}
