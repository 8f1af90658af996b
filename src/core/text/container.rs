//! Which lines of a Notion page stand inside of a box: a callout, a toggle, columns and the like.

use std::ops::Range;

use super::inline::{trim, visible};

/// The outermost boxes: pairs of tags, and headings that fold with what is indented below them. What is merely indented
/// below a line is in no box. Ranges of lines, in order.
///
/// A line is given as its offset, its text and whether it is part of a code block.
pub(super) fn boxes(lines: &[(usize, &str, bool)]) -> Vec<Range<usize>> {
    let closed = pairs(lines);
    let mut boxes: Vec<Range<usize>> = Vec::new();
    for (nth, closed) in closed.into_iter().enumerate() {
        let end = closed.map_or_else(
            || folded(&lines[nth..]).map(|length| nth + length),
            |end| Some(end + 1),
        );
        match (boxes.last_mut(), end) {
            (_, None) => {}
            (Some(last), Some(end)) if nth < last.end => last.end = last.end.max(end),
            (_, Some(end)) => boxes.push(nth..end),
        }
    }
    boxes
}

/// How many lines at the front are a heading that folds and what is below it.
fn folded(lines: &[(usize, &str, bool)]) -> Option<usize> {
    let (_, first, code) = lines.first()?;
    if *code || !first.trim_end().ends_with(FOLDS) || !first.trim_start().starts_with('#') {
        return None;
    }
    let indent = |line: &str| line.bytes().take_while(|byte| *byte == b'\t').count();
    let own = indent(first);
    let inside = |(_, line, code): &&(usize, &str, bool)| {
        *code || line.trim().is_empty() || indent(line) > own
    };
    Some(1 + lines[1..].iter().take_while(inside).count())
}

/// What Notion writes behind a heading that folds.
const FOLDS: &str = "toggle=\"true\"}";

/// For each line that opens a tag which another line closes, that other line. Notion puts a backslash before a `<` that
/// is none of its own, so every tag is one.
fn pairs(lines: &[(usize, &str, bool)]) -> Vec<Option<usize>> {
    let mut closed = vec![None; lines.len()];
    let mut open: Vec<(usize, String)> = Vec::new();
    for (nth, &(_, line, code)) in lines.iter().enumerate() {
        if code || !line.contains('<') {
            continue;
        }
        let line = visible(line);
        for name in closings(&line) {
            if let Some(at) = open.iter().rposition(|(_, other)| other == name) {
                closed[open[at].0] = Some(nth);
                open.truncate(at);
            }
        }
        if let Some(name) = opening(trim(&line)) {
            open.push((nth, name.to_owned()));
        }
    }
    closed
}

/// The name of the tag that a line begins with and does not close.
fn opening(line: &str) -> Option<&str> {
    let name = name(line.strip_prefix('<')?)?;
    let is_whole = line.ends_with("/>") || closings(line).any(|other| other == name);
    (!is_whole).then_some(name)
}

/// The names of the tags that a line closes.
fn closings(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("</")
        .filter(|(at, _)| !line[..*at].ends_with('\\'))
        .filter_map(|(at, mark)| name(&line[at + mark.len()..]))
}

fn name(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
    Some(&text[..end.unwrap_or(text.len())]).filter(|name| !name.is_empty())
}
