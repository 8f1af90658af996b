//! The text of a page: which part of it is a field, and how that part is changed without touching the rest.
//!
//! A page's Markdown has three kinds of lines. Those from the private heading on belong to people alone. Lines that
//! are child pages, databases, columns and the like are structure, not text: they are left out of the field and stay
//! where they are.
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
    /// Structure: no part of the field.
    fixed: bool,
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
    /// The lines that take the place of those that change.
    put: String,
    /// What the lines before the change say.
    before: Vec<String>,
    /// What the lines after it say.
    after: Vec<String>,
}

/// Brackets that Notion puts around or in place of content that has no text of its own. A line that is one of them is
/// structure: it is no part of the field, and stays where it is whatever the field becomes.
const STRUCTURE: [&str; 15] = [
    "page",
    "database",
    "data-source",
    "unknown",
    "synced_block",
    "synced_block_reference",
    "columns",
    "column",
    "table_of_contents",
    "meeting-notes",
    "file",
    "video",
    "audio",
    "pdf",
    "empty-block",
];

/// The field's value in a page's text: the managed part without child pages and without the mark of a heading that
/// is none of the private one.
pub fn field(raw: &str, heading: &str) -> Value {
    let text: String = units(managed(raw, heading))
        .iter()
        .filter(|unit| !unit.fixed)
        .map(|unit| unit.raw.as_str())
        .collect();
    Value::text(text::unmark_public(text.trim_end(), heading))
}

/// The part of a page's text that is kept in step.
fn managed<'a>(raw: &'a str, heading: &str) -> &'a str {
    let private = text::split_private(raw, heading).private;
    raw.strip_suffix(private.as_str()).unwrap_or(raw)
}

/// Plans the change that makes the field of the text `raw` say `new`.
pub fn plan(raw: &str, heading: &str, new: &str) -> Edit {
    let new = &text::mark_public(new, heading);
    if raw.trim().is_empty() {
        return if new.trim().is_empty() {
            Edit::Nothing
        } else {
            Edit::Fill(new.to_owned())
        };
    }
    let old = units(managed(raw, heading));
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
    let (is_cut, put) = (put.is_empty(), put.join("\n"));
    let (old_str, new_str) = anchored(raw, &starts, (from, to), &put, is_cut);
    Edit::Swap(Swap {
        old: old_str,
        new: new_str,
        put,
        before: said(&old[..before]),
        after: said(&old[old.len() - after..]),
    })
}

impl Edit {
    /// Whether the text that Notion shows afterwards differs from the earlier one only where it was meant to.
    /// If not, somebody else changed another place in the meantime: lines that have moved, or that stand beside ours.
    pub fn is_all_that_changed(&self, raw: &str, heading: &str) -> bool {
        let managed = managed(raw, heading);
        match self {
            Self::Nothing => true,
            // How Notion renders it is not known beforehand; its words are.
            Self::Fill(text) => managed.len() == raw.len() && text::same_words(managed, text),
            Self::Swap(Swap {
                put, before, after, ..
            }) => {
                let now = said(&units(managed));
                let is_kept = now.len() >= before.len() + after.len()
                    && now.starts_with(before)
                    && now.ends_with(after);
                is_kept && !says_more(&now[before.len()..now.len() - after.len()], put)
            }
        }
    }
}

/// Whether lines hold all that was put there, and others besides. That they only look different is Notion's rendering.
fn says_more(now: &[String], put: &str) -> bool {
    let filled = |lines: &[String]| lines.iter().filter(|line| !line.trim().is_empty()).count();
    filled(now) > filled(&said(&units(put))) && text::says_more(&now.join("\n"), put)
}

/// What the text in these units says, line by line. Structure says nothing.
fn said(units: &[Unit]) -> Vec<String> {
    let text = units.iter().filter(|unit| !unit.fixed);
    text.flat_map(|unit| unit.keys.clone()).collect()
}

/// A piece of the wanted text: a unit that is there already, or one of the new text.
#[derive(Clone, Copy, Debug)]
enum Piece {
    Kept(usize),
    New(usize),
}

/// Lays the new text over the old one. What says the same keeps the old bytes, child pages stay.
fn weave(old: &[Unit], new: &[Unit]) -> Vec<Piece> {
    let visible: Vec<usize> = (0..old.len()).filter(|at| !old[*at].fixed).collect();
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
    for line in text::page_lines(text) {
        let said = line.key.trim_start_matches('\t');
        let fixed = fence.is_none() && is_structure(&line.raw);
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
                fixed,
            }),
        }
    }
    units
}

fn is_structure(line: &str) -> bool {
    let Some(tag) = line
        .trim()
        .strip_prefix('<')
        .filter(|tag| tag.ends_with('>'))
    else {
        return false;
    };
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c));
    let name = &name[..end.unwrap_or(name.len())];
    // `<page …>Title</page>` is one thing, `<file …>caption</file> and more` is text.
    let closes = tag
        .rfind("</")
        .is_none_or(|at| tag[at + 2..].trim_end_matches('>') == name);
    STRUCTURE.contains(&name) && closes
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "Private notes";

    /// What a page says after an edit, by the rule of `update_content`.
    fn applied(raw: &str, new: &str) -> String {
        match plan(raw, HEADING, new) {
            Edit::Nothing => raw.to_owned(),
            Edit::Fill(text) => text,
            Edit::Swap(swap) => {
                assert_eq!(occurrences(raw, &swap.old), 1, "{swap:?} in {raw:?}");
                raw.replacen(&swap.old, &swap.new, 1)
            }
        }
    }

    #[test]
    fn child_pages_are_no_text() {
        let raw = "one\n<page url=\"https://app.notion.com/p/1\">Sub</page>\ntwo\n<database url=\"u\">D</database>";
        assert_eq!(field(raw, HEADING), Value::text("one\ntwo"));
        let raw =
            "<columns>\n\t<column>\n\t\tleft\n\t</column>\n</columns>\n<file src=\"u\">a</file>";
        assert_eq!(field(raw, HEADING).as_text().trim(), "left");
        let raw = "<file src=\"u\">a</file> and <b>more</b>";
        assert_eq!(field(raw, HEADING), Value::text(raw));
        let code = "```\n<page url=\"u\">Sub</page>\n```";
        assert_eq!(field(code, HEADING), Value::text(code));
    }

    #[test]
    fn an_edit_gives_the_wanted_text_and_keeps_the_rest() {
        let sub = "<page url=\"https://app.notion.com/p/1\">Sub</page>";
        for (raw, new, wanted) in [
            ("a\nb\nc", "a\nB\nc", "a\nB\nc".to_owned()),
            ("a\nb\nc", "a\nc", "a\nc".to_owned()),
            ("a\nb", "a\nb\nc", "a\nb\nc".to_owned()),
            ("b\nc", "a\nb\nc", "a\nb\nc".to_owned()),
            ("a\nc", "a\nb\nc", "a\nb\nc".to_owned()),
            ("a", "", String::new()),
            ("x\nx\nx", "x\nx", "x\nx".to_owned()),
            ("x\ny\nx\ny", "x\ny\nx\nz", "x\ny\nx\nz".to_owned()),
            (
                "a\n# Private notes\nsecret",
                "b",
                "b\n# Private notes\nsecret".to_owned(),
            ),
            (
                "a\n# Private notes\nsecret",
                "",
                "# Private notes\nsecret".to_owned(),
            ),
            (
                "# Private notes\nsecret",
                "a\nb",
                "a\nb\n# Private notes\nsecret".to_owned(),
            ),
            (
                "a\n# Private notes\na",
                "a\nb",
                "a\nb\n# Private notes\na".to_owned(),
            ),
            (&format!("a\n{sub}\nb"), "A\nb", format!("A\n{sub}\nb")),
            (&format!("a\n{sub}\nb"), "", sub.to_owned()),
            (&format!("{sub}\na"), "a\nb", format!("{sub}\na\nb")),
            (&format!("a\n{sub}"), "b", format!("b\n{sub}")),
        ] {
            assert_eq!(applied(raw, new), wanted, "{raw:?} with {new:?}");
        }
    }

    #[test]
    fn lines_that_say_the_same_keep_their_bytes() {
        let raw = "- one\n*two*\nthree";
        assert_eq!(applied(raw, "* one\n_two_\n3"), "- one\n*two*\n3");
        assert_eq!(plan(raw, HEADING, "* one\n_two_\nthree"), Edit::Nothing);
    }

    #[test]
    fn an_edit_elsewhere_is_noticed() {
        let edit = plan("a\nb\nc", HEADING, "a\nB\nc");
        for (raw, only_ours) in [
            ("a\nB\nc", true),
            ("a\nB as Notion renders it\nc", true),
            ("a\nB\nc\nd", false),
            ("A\nB\nc", false),
            ("a\nB\nc\n# Private notes\nnew", true),
            ("c", false),
            // Right beside ours, where nothing else says whose it is.
            ("a\nB\nmine\nc", false),
            ("a\nmine\nB\nc", false),
            ("a\nmine\nB\nand mine\nc", false),
        ] {
            assert_eq!(edit.is_all_that_changed(raw, HEADING), only_ours, "{raw:?}");
        }
        let append = plan("a\nb", HEADING, "a\nb\nc");
        assert!(append.is_all_that_changed("a\nb\nc", HEADING));
        assert!(!append.is_all_that_changed("a\nb\nc\nmine", HEADING));
        assert!(!append.is_all_that_changed("a\nb\nmine\nc", HEADING));
        let cut = plan("a\nb\nc", HEADING, "a\nc");
        assert!(cut.is_all_that_changed("a\nc", HEADING));
        assert!(!cut.is_all_that_changed("a\nmine\nc", HEADING));
        let fill = plan(" \n", HEADING, "*hello*");
        assert!(fill.is_all_that_changed("_hello_", HEADING));
        assert!(!fill.is_all_that_changed("mine\n_hello_", HEADING));
    }

    #[test]
    fn a_piece_is_found_overlapping_too() {
        assert_eq!(occurrences("aaa", "aa"), 2);
        assert_eq!(occurrences("ééé", "éé"), 2);
        assert_eq!(occurrences("abc", "d"), 0);
    }

    proptest::proptest! {
        /// Any page, any new text: the piece is unique, the private part and child pages stay, the field says it.
        #[test]
        fn every_edit_does_what_it_says(
            old in "([ab]\n|<page url=\"u\">P</page>\n|\n){0,6}[abc]?",
            private in proptest::bool::ANY,
            new in "([abd]\n){0,5}[abd]?",
        ) {
            let tail = if private { "# Private notes\na\nb\n" } else { "" };
            let glue = if old.is_empty() || old.ends_with('\n') || tail.is_empty() { "" } else { "\n" };
            let raw = format!("{old}{glue}{tail}");
            let after = applied(&raw, &new);
            let said = field(&after, HEADING);
            proptest::prop_assert!(text::same(said.as_text(), &new), "{raw:?} with {new:?} is {after:?}");
            proptest::prop_assert!(after.trim_end().ends_with(tail.trim_end()));
            let children = |text: &str| text.matches("<page ").count();
            proptest::prop_assert_eq!(children(&after), children(&raw));
        }
    }
}
