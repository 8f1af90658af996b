//! How far the lines of a page are indented because of the boxes around them: callouts, columns, headings that fold.
//!
//! On GitHub these boxes have no indent, so a line that comes from there has none either. Written like that in Notion it
//! would leave its box.

use super::body::Unit;
use crate::core::text;

/// The tabs before a unit for the boxes that it is in: neither for the list items nor for the `<details>`, of which a new
/// line has its own.
pub(super) fn levels(units: &[Unit]) -> Vec<usize> {
    let mut folds = 0;
    let mut levels = Vec::with_capacity(units.len());
    for unit in units {
        let said = said(unit);
        if said == DETAILS_END {
            folds -= usize::from(folds > 0);
        }
        let nested = unit.keys.first().map_or(0, |key| tabs(key));
        levels.push(tabs(first_line(unit)).saturating_sub(nested + folds));
        folds += usize::from(said == DETAILS);
    }
    levels
}

/// How far a new line is indented between two units that stay, or at an end of the page.
pub(super) fn between(above: Option<(&Unit, usize)>, below: Option<(&Unit, usize)>) -> usize {
    match (above, below) {
        (_, Some((unit, _))) if is_closing(unit) => tabs(first_line(unit)) + 1,
        (Some((unit, _)), _) if is_opening(unit) => tabs(first_line(unit)) + 1,
        // What is merely indented below a line takes nothing in.
        (Some((_, above)), Some((_, below))) => above.min(below),
        _ => 0,
    }
}

/// The bytes of a unit without so many tabs before each line.
pub(super) fn bare(raw: &str, level: usize) -> String {
    let line = |line: &str| {
        let most = tabs(line).min(level);
        line[most..].to_owned()
    };
    raw.split_inclusive('\n').map(line).collect()
}

/// A new unit with so many tabs more.
pub(super) fn indented(new: &Unit, level: usize) -> Unit {
    let mut unit = new.clone();
    unit.raw = indent(&unit.raw, level);
    unit
}

/// A new unit with what only Notion shows of the old one whose place it takes.
pub(super) fn dressed(new: &Unit, old: &Unit) -> Unit {
    let mut unit = new.clone();
    let [own, was] = [new, old].map(|unit| tabs(first_line(unit)));
    let [bare_new, bare_old] = [(new, own), (old, was)].map(|(unit, level)| {
        let raw = bare(&unit.raw, level);
        raw.trim_matches('\n').to_owned()
    });
    if let Some(line) = text::carried(&bare_old, &bare_new) {
        unit.raw = indent(&(line + "\n"), own);
    }
    unit
}

fn indent(raw: &str, level: usize) -> String {
    let indent = "\t".repeat(level);
    let line = |line: &str| match line.trim() {
        "" => line.to_owned(),
        _ => format!("{indent}{line}"),
    };
    raw.split_inclusive('\n').map(line).collect()
}

const DETAILS: &str = "<details>";
const DETAILS_END: &str = "</details>";

fn said(unit: &Unit) -> &str {
    unit.keys.first().map_or("", |key| key.trim())
}

/// The first line that says something: blank lines at the top of a page belong to its first unit.
fn first_line(unit: &Unit) -> &str {
    let mut lines = unit.raw.lines();
    lines.find(|line| !line.trim().is_empty()).unwrap_or("")
}

fn tabs(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b'\t').count()
}

/// Whether a unit is a tag that ends a box.
fn is_closing(unit: &Unit) -> bool {
    let line = first_line(unit).trim();
    line.starts_with("</") && line.ends_with('>') && said(unit) != DETAILS_END
}

/// Whether a unit is a tag that begins a box which another line ends. A table is one unit, from its first line to its
/// last.
fn is_opening(unit: &Unit) -> bool {
    let line = first_line(unit).trim();
    let is_tag = line.starts_with('<') && !line.starts_with("</") && line.ends_with('>');
    let is_alone = unit.keys.len() == 1 && said(unit) != DETAILS;
    is_tag && is_alone && !line.ends_with("/>") && !line.contains("</")
}
