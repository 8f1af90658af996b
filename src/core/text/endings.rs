//! The ends of lines: one kind inside of the program, as they were on the way out.

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Gives a text, whose lines end in `\n`, the line ends of the text that it takes the place of: lines that are there
/// already keep theirs, new ones end as the line before them does.
pub fn with_ends_of(text: &str, raw: &str) -> String {
    if !raw.contains('\r') {
        return text.to_owned();
    }
    let (old, ends): (Vec<&str>, Vec<&str>) = split(raw).into_iter().unzip();
    let new: Vec<&str> = text.split('\n').collect();
    let mut out = String::with_capacity(text.len() + new.len());
    let mut last = ends.first().copied().unwrap_or("\n");
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        for (nth, at) in op.new_range().enumerate() {
            let was = match op.tag() {
                DiffTag::Equal => ends[op.old_range().start + nth],
                _ => "",
            };
            out.push_str(new[at]);
            if at + 1 == new.len() {
                break;
            }
            last = if was.is_empty() { last } else { was };
            out.push_str(last);
        }
    }
    out
}

/// Splits a text into lines and their ends; the last line has none.
fn split(text: &str) -> Vec<(&str, &str)> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\r', '\n']) {
        let end = if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        lines.push((&rest[..at], &rest[at..at + end]));
        rest = &rest[at + end..];
    }
    lines.push((rest, ""));
    lines
}
