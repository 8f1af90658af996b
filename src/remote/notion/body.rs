//! The text of a page: which part of it is a field, and how that part is changed without touching the rest.
//!
//! A page's Markdown has three kinds of lines. Those from the private heading on belong to people alone. Lines that
//! are child pages or databases are structure, not text: they are left out of the field and stay where they are.
//! Everything else is the field.

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::core::{Value, text};

/// One unit of a text that is kept or replaced as a whole: a line, or the lines of a table.
#[derive(Clone, Debug)]
struct Unit {
    /// Its bytes, with the line end and the blank lines that follow.
    raw: String,
    /// What its lines say, the same for every way to write them.
    keys: Vec<String>,
    /// A child page or database.
    child: bool,
}

/// How a page's text is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It says that already.
    Nothing,
    /// The page is empty: this becomes its text.
    Fill(String),
    /// This exact piece, which the page holds once, becomes that one.
    Swap(Swap),
}

/// A replacement of one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// What must still be there.
    pub old: String,
    /// What takes its place.
    pub new: String,
    /// What the lines before the change say.
    before: Vec<String>,
    /// What the lines after it say.
    after: Vec<String>,
}

/// Splits a page's text where the private part begins.
///
/// The private part starts at a heading of any level with this very text (case and blanks around it do not count)
/// and goes on to the end of the page.
pub fn split<'a>(raw: &'a str, heading: &str) -> (&'a str, &'a str) {
    let wanted = heading.trim().to_lowercase();
    let mut fence: Option<String> = None;
    let mut at = 0;
    for line in raw.split_inclusive('\n') {
        let bare = line.trim();
        match &fence {
            Some(open) => {
                if bare.starts_with(open.as_str()) && bare.chars().all(|c| c == '`' || c == '~') {
                    fence = None;
                }
            }
            None if bare.starts_with("```") || bare.starts_with("~~~") => {
                let sign = bare.chars().next();
                fence = Some(bare.chars().take_while(|c| Some(*c) == sign).collect());
            }
            None if !wanted.is_empty() && heading_text(bare) == Some(wanted.clone()) => {
                return raw.split_at(at);
            }
            None => {}
        }
        at += line.len();
    }
    (raw, "")
}

/// The text of a heading line, in lower case, without Notion's `{…}` attributes and without emphasis.
fn heading_text(line: &str) -> Option<String> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let rest = line.get(level..).filter(|_| (1..=6).contains(&level))?;
    let rest = rest.strip_prefix([' ', '\t'])?;
    let rest = match rest.rfind('{') {
        Some(at) if rest.trim_end().ends_with('}') => &rest[..at],
        _ => rest,
    };
    let bare: String = rest.chars().filter(|c| !"*_~`\\".contains(*c)).collect();
    Some(bare.trim().to_lowercase())
}

/// The field's value in a page's text: the managed part without child pages.
pub fn field(raw: &str, heading: &str) -> Value {
    let (managed, _) = split(raw, heading);
    let text: String = units(managed)
        .iter()
        .filter(|unit| !unit.child)
        .map(|unit| unit.raw.as_str())
        .collect();
    Value::text(text.trim_end())
}

/// Plans the change that makes the field of the text `raw` say `new`.
pub fn plan(raw: &str, heading: &str, new: &str) -> Edit {
    if raw.trim().is_empty() {
        return if new.trim().is_empty() {
            Edit::Nothing
        } else {
            Edit::Fill(new.to_owned())
        };
    }
    let (managed, _) = split(raw, heading);
    let old = units(managed);
    let new = units(new);
    let wanted = weave(&old, &new);
    let before = common(&wanted, &old);
    let rest = old.len().min(wanted.len()) - before;
    let after = (0..rest)
        .take_while(|back| {
            matches!(wanted[wanted.len() - 1 - back], Piece::Kept(at) if at == old.len() - 1 - back)
        })
        .count();
    if before == old.len() && before == wanted.len() {
        return Edit::Nothing;
    }
    let middle = &wanted[before..wanted.len() - after];
    let put: Vec<&str> = middle
        .iter()
        .map(|piece| match piece {
            Piece::Kept(at) => old[*at].raw.as_str(),
            Piece::New(at) => new[*at].raw.as_str(),
        })
        .map(|raw| raw.trim_end_matches('\n'))
        .collect();
    let starts = starts(&old);
    let (from, to) = (starts[before], starts[old.len() - after]);
    let (old_str, new_str) = anchored(raw, &starts, (from, to), &put.join("\n"), put.is_empty());
    let said = |units: &[Unit]| units.iter().flat_map(|unit| unit.keys.clone()).collect();
    Edit::Swap(Swap {
        old: old_str,
        new: new_str,
        before: said(&old[..before]),
        after: said(&old[old.len() - after..]),
    })
}

impl Swap {
    /// Whether the text that Notion shows afterwards differs from the earlier one only where it was meant to.
    /// If not, somebody else changed another place in the meantime.
    pub fn left_the_rest(&self, raw: &str, heading: &str) -> bool {
        let (managed, _) = split(raw, heading);
        let now: Vec<String> = units(managed).into_iter().flat_map(|u| u.keys).collect();
        now.len() >= self.before.len() + self.after.len()
            && now.starts_with(&self.before)
            && now.ends_with(&self.after)
    }
}

/// A piece of the wanted text: a unit that is there already, or one of the new text.
#[derive(Clone, Copy, Debug)]
enum Piece {
    Kept(usize),
    New(usize),
}

/// Lays the new text over the old one. What says the same keeps the old bytes, child pages stay.
fn weave(old: &[Unit], new: &[Unit]) -> Vec<Piece> {
    let visible: Vec<usize> = (0..old.len()).filter(|at| !old[*at].child).collect();
    let old_keys: Vec<&[String]> = visible.iter().map(|at| old[*at].keys.as_slice()).collect();
    let new_keys: Vec<&[String]> = new.iter().map(|unit| unit.keys.as_slice()).collect();
    let mut pieces = Vec::new();
    let mut passed = 0;
    for op in capture_diff_slices(Algorithm::Myers, &old_keys, &new_keys) {
        for at in op.old_range() {
            // Everything up to this line that is not text stays.
            pieces.extend((passed..visible[at]).map(Piece::Kept));
            passed = visible[at] + 1;
            if op.tag() == DiffTag::Equal {
                pieces.push(Piece::Kept(visible[at]));
            }
        }
        if op.tag() != DiffTag::Equal {
            pieces.extend(op.new_range().map(Piece::New));
        }
    }
    pieces.extend((passed..old.len()).map(Piece::Kept));
    pieces
}

/// How many units stay as they are from the beginning on.
fn common(wanted: &[Piece], old: &[Unit]) -> usize {
    let kept = |(index, piece): &(usize, &Piece)| matches!(piece, Piece::Kept(at) if at == index);
    wanted
        .iter()
        .enumerate()
        .take(old.len())
        .take_while(kept)
        .count()
}

/// The byte where each unit starts, and where the last one ends.
fn starts(units: &[Unit]) -> Vec<usize> {
    let mut at = 0;
    let mut starts = vec![0];
    for unit in units {
        at += unit.raw.len();
        starts.push(at);
    }
    starts
}

/// The piece `from..to` and what replaces it, with as many lines around it as make it unique in the whole page.
/// Lines before it come first, so that the private part is quoted only where nothing else will do.
fn anchored(
    raw: &str,
    starts: &[usize],
    (from, to): (usize, usize),
    put: &str,
    nothing: bool,
) -> (String, String) {
    let (mut start, mut end) = (from, to);
    loop {
        let old = raw[start..end].trim_end_matches('\n');
        // Something put in, or something taken out as a whole, needs a neighbour that stays.
        let bare = (start, end) == (from, to) && (from == to || nothing);
        let unique = !old.is_empty() && occurrences(raw, old) == 1;
        let whole = start == 0 && end == raw.len();
        if whole || (unique && !bare) {
            let mut new = raw[start..from].to_owned();
            if !new.is_empty() && !new.ends_with('\n') && !nothing {
                new.push('\n');
            }
            new.push_str(put);
            let rest = raw[to..end].trim_end_matches('\n');
            if !rest.is_empty() && !nothing {
                new.push('\n');
            }
            new.push_str(rest);
            return (old.to_owned(), new.trim_end_matches('\n').to_owned());
        }
        if let Some(earlier) = starts.iter().rev().find(|at| **at < start) {
            start = *earlier;
        } else {
            let next = starts.iter().find(|at| **at > end).copied();
            let line = raw[end..].find('\n').map_or(raw.len(), |at| end + at + 1);
            end = next.unwrap_or(line);
        }
    }
}

/// How often a piece stands in a text, overlapping ones counted too.
fn occurrences(text: &str, piece: &str) -> usize {
    let mut from = 0;
    let mut count = 0;
    while let Some(at) = text[from..].find(piece) {
        count += 1;
        from += at + piece.chars().next().map_or(1, char::len_utf8);
    }
    count
}

fn units(text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut fence: Option<String> = None;
    for line in text::lines(text) {
        let said = line.key.trim_start_matches('\t');
        let child = fence.is_none() && is_child(&line.raw);
        match &fence {
            Some(open) if said == open => fence = None,
            None if said.starts_with("```") => {
                fence = Some(said.chars().take_while(|c| *c == '`').collect());
            }
            _ => {}
        }
        match units.last_mut() {
            Some(unit) if line.joined => {
                unit.raw.push_str(&line.raw);
                unit.keys.push(line.key);
            }
            _ => units.push(Unit {
                raw: line.raw,
                keys: vec![line.key],
                child,
            }),
        }
    }
    units
}

fn is_child(line: &str) -> bool {
    let line = line.trim();
    [("<page ", "</page>"), ("<database ", "</database>")]
        .iter()
        .any(|(open, close)| {
            line.starts_with(open) && (line.ends_with(close) || line.ends_with("/>"))
        })
}
