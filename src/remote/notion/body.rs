//! The text of a page: which part of it is a field, and how that part is changed without touching the rest.
//!
//! A page's Markdown has three kinds of lines. Those from the private heading on belong to people alone, and so does
//! a callout, a toggle or another container that holds such a heading. Lines that are child pages, databases, columns
//! and the like are structure, not text: they are left out of the field and stay where they are.
//! Everything else is the field.

use super::level;
use super::weave::Woven;
use crate::core::{Value, text};

/// One unit of a text that is kept or replaced as a whole: a line, or the lines of a table.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// Its bytes, with the line end and the blank lines that follow.
    pub(super) raw: String,
    /// What its lines say, the same for every way to write them.
    pub(super) keys: Vec<String>,
    /// Structure, or private: no part of the field.
    pub(super) fixed: bool,
    /// A container that is private as a whole.
    pub(super) private: bool,
}

/// How a page's text is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It says that already.
    Nothing,
    /// The page is empty: this becomes its text.
    Fill(String),
    /// Exact pieces, each of which the page holds once, become others.
    Swap(Swap),
}

/// A replacement of pieces, in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// What must still be there and what takes its place, in the order of the page. More than one only where something
    /// private stands between the places that change.
    pub pieces: Vec<(String, String)>,
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

/// The field's value in a page's text: the managed part without child pages, without the indent of the boxes around it
/// and without the mark of a heading that is none of the private one.
pub fn field(raw: &str, heading: &str) -> Value {
    let units = page_units(raw, heading);
    let levels = level::levels(&units);
    let text: String = units
        .iter()
        .zip(levels)
        .filter(|(unit, _)| !unit.fixed)
        .map(|(unit, level)| level::bare(&unit.raw, level))
        .collect();
    Value::text(text::unmark_public(text.trim_end(), heading))
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
    let old = page_units(raw, heading);
    let new = units(new);
    let woven = laid_over(raw, heading, &old, &new);
    let Some((from, to)) = woven.difference() else {
        return Edit::Nothing;
    };
    Edit::Swap(Swap {
        pieces: woven.swaps(&from, &to),
        put: woven.text(to),
        before: said(&old[..from.start]),
        after: said(&old[from.end..]),
    })
}

/// The new units laid over the old ones, so that the page says what they say. An indent, or a box between an item and
/// what belongs to it, might make something else of them.
fn laid_over<'a>(raw: &'a str, heading: &str, old: &'a [Unit], new: &[Unit]) -> Woven<'a> {
    let wanted = said(new);
    let says = |woven: &Woven| said(&page_units(&woven.whole(), heading)) == wanted;
    let in_place = || Woven::new(raw, old, new);
    let ways = [
        |woven: Woven<'a>| woven.dressed().in_boxes(),
        Woven::in_boxes,
        |woven| woven,
    ];
    let found = ways.into_iter().map(|way| way(in_place())).find(says);
    found.unwrap_or_else(|| in_place().on_top())
}

impl Edit {
    /// Whether a page that said `before` says what it does after this edit was carried out twice: what is put in at its
    /// end, or among lines that say the same up to one of its ends, finds its place again.
    pub fn was_done_twice(&self, before: &str, now: &str, heading: &str) -> bool {
        let twice = match self {
            Self::Nothing => None,
            Self::Fill(text) => Some(format!("{text}\n{text}")),
            Self::Swap(Swap { pieces, .. }) => {
                replaced(before, pieces).and_then(|once| replaced(&once, pieces))
            }
        };
        let say = |raw: &str| said(&page_units(raw, heading));
        twice.is_some_and(|twice| say(&twice) == say(now) && twice != before)
    }

    /// Whether the text that Notion shows afterwards differs from the earlier one only where it was meant to.
    /// If not, somebody else changed another place in the meantime: lines that have moved, or that stand beside ours.
    pub fn is_all_that_changed(&self, raw: &str, heading: &str) -> bool {
        match self {
            Self::Nothing => true,
            // How Notion renders it is not known beforehand; its words are.
            Self::Fill(text) => {
                let split = text::split_private(raw, heading);
                split.managed.len() == raw.len() && text::same_words(&split.managed, text)
            }
            Self::Swap(Swap {
                put, before, after, ..
            }) => {
                let now = said(&page_units(raw, heading));
                let is_kept = now.len() >= before.len() + after.len()
                    && now.starts_with(before)
                    && now.ends_with(after);
                is_kept && !says_more(&now[before.len()..now.len() - after.len()], put)
            }
        }
    }
}

/// Replaces each piece of a text, if it is there once as a service may count that: pieces that overlap are one.
fn replaced(text: &str, pieces: &[(String, String)]) -> Option<String> {
    pieces.iter().try_fold(text.to_owned(), |now, (old, new)| {
        (now.matches(old.as_str()).count() == 1).then(|| now.replacen(old, new, 1))
    })
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

/// The units of the part of a page that is kept in step, with what is private among them.
fn page_units(raw: &str, heading: &str) -> Vec<Unit> {
    let split = text::split_private(raw, heading);
    let mut all: Vec<Unit> = Vec::new();
    for (piece, private) in split.pieces() {
        let found = if private { Vec::new() } else { units(piece) };
        if found.is_empty() && !split.enclosed.is_empty() {
            // Private, or nothing but blank lines beside it.
            all.push(Unit {
                raw: piece.to_owned(),
                keys: Vec::new(),
                fixed: true,
                private,
            });
        }
        all.extend(found);
    }
    all
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
                private: false,
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
    use crate::remote::notion::weave::occurrences;

    const HEADING: &str = "Private notes";
    const CALL: &str = "<callout>\n\ta\n\t# Private notes\n\tb\n</callout>";

    /// What a page says after an edit, by the rule of `update_content`.
    fn applied(raw: &str, new: &str) -> String {
        match plan(raw, HEADING, new) {
            Edit::Nothing => raw.to_owned(),
            Edit::Fill(text) => text,
            Edit::Swap(swap) => swap.pieces.iter().fold(raw.to_owned(), |now, (old, new)| {
                assert_eq!(occurrences(&now, old), 1, "{swap:?} in {raw:?}");
                now.replacen(old, new, 1)
            }),
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
            (&format!("a\n{CALL}\nb"), "c", format!("c\n{CALL}")),
            (&format!("a\n{CALL}\nb"), "A\nB", format!("A\n{CALL}\nB")),
            (&format!("a\n{CALL}\nb"), "", CALL.to_owned()),
            (CALL, "a", format!("a\n{CALL}")),
            (&format!("\n{CALL}"), "a", format!("a\n\n{CALL}")),
            (&format!("b\n{CALL}"), "a\nb", format!("a\nb\n{CALL}")),
            (&format!("{CALL}\na"), "a\nb", format!("{CALL}\na\nb")),
            (&format!("{CALL}\na"), "", CALL.to_owned()),
            (
                &format!("a\n{CALL}\na\n- c\n<details>\n\t# Private notes\n</details>\nb"),
                "a\n- d\nb",
                format!("a\n{CALL}\n- d\n<details>\n\t# Private notes\n</details>\nb"),
            ),
            (&format!("a\n{sub}\nb"), "A\nb", format!("A\n{sub}\nb")),
            (&format!("a\n{sub}\nb"), "", sub.to_owned()),
            (&format!("{sub}\na"), "a\nb", format!("{sub}\na\nb")),
            (&format!("a\n{sub}"), "b", format!("b\n{sub}")),
        ] {
            assert_eq!(applied(raw, new), wanted, "{raw:?} with {new:?}");
        }
    }

    /// Another word of the line was edited on GitHub, where all this is not to be seen.
    #[test]
    fn what_only_notion_shows_of_a_line_stays_there_when_another_word_is_edited() {
        for raw in [
            "## Head of WORD and more {color=\"red\"}",
            "# Head WORD here {toggle=\"true\"}\n\tin it\n\tmore\nend",
            "para WORD one two <span color=\"red\">red</span> five",
            "see <mention-page url=\"https://www.notion.so/3b5b26b4abed44ab9d22632a0ce5e155\">Spec</mention-page> and WORD",
            "on <mention-date start=\"2026-01-02\"/> the WORD",
            "eq $`x^2`$ and the WORD",
            "- [ ] do WORD soon {color=\"blue\"}\n\t- [x] sub\n\tpara in todo",
            "- a\n\tpara in item WORD {color=\"blue\"}\n\t- b",
            "<table fit-page-width=\"true\" header-row=\"true\">\n<colgroup>\n<col color=\"blue\">\n<col>\n</colgroup>\n<tr color=\"red\">\n<td>a</td>\n<td color=\"green\">b WORD</td>\n</tr>\n<tr>\n<td>c</td>\n<td>d</td>\n</tr>\n</table>",
            "<callout>\n\t<table>\n\t<tr>\n\t<td>a b</td>\n\t<td>WORD</td>\n\t</tr>\n\t</table>\n</callout>",
        ] {
            let shown = text::from_notion(field(raw, HEADING).as_text());
            assert!(shown.contains("WORD"), "{shown:?}");
            let new = text::for_notion(&shown.replacen("WORD", "TERM", 1));
            assert_eq!(
                applied(raw, &new),
                raw.replacen("WORD", "TERM", 1),
                "{new:?}"
            );
        }
    }

    #[test]
    fn a_line_of_other_words_keeps_what_notion_says_of_the_whole_line() {
        for (raw, from, to) in [
            ("## Tog {toggle=\"true\"}\n\tchild one\n\t- l", "Tog", "Tug"),
            (
                "## A name {toggle=\"true\" color=\"red\"}\n\tchild\nend",
                "A name",
                "Other words here",
            ),
            ("old {color=\"red\"}\nend", "old", "new"),
            ("- [ ] do {color=\"blue\"}\nend", "do", "undo"),
        ] {
            let shown = text::from_notion(field(raw, HEADING).as_text());
            let new = text::for_notion(&shown.replacen(from, to, 1));
            assert_eq!(applied(raw, &new), raw.replacen(from, to, 1), "{new:?}");
        }
        // What was a heading folds no more; it was nobody's wish that its lines leave it, but nothing is lost.
        let raw = "## Tog {toggle=\"true\"}\n\tchild\nend";
        let after = applied(raw, "a text\nchild\nend");
        assert!(text::same(&after, "a text\n\nchild\n\nend"), "{after:?}");
    }

    /// On GitHub the boxes have no indent.
    #[test]
    #[allow(clippy::too_many_lines, reason = "a table of cases")]
    fn what_is_edited_or_added_inside_of_a_box_stays_in_it() {
        let columns = "a\n<columns>\n\t<column>\n\t\tleft\n\t</column>\n\t<column>\n\t\tright\n\t</column>\n</columns>\nb";
        let call = "<callout icon=\"x\">\n\tone\n\t- in\n\t\tdeep\n</callout>\nend";
        let toggle = "## T {toggle=\"true\"}\n\tin\n\t- l\n\t\tdeep\nend";
        let table = "<callout>\n\t<table>\n\t<tr>\n\t<td>a</td>\n\t<td>b</td>\n\t</tr>\n\t</table>\n</callout>";
        for (raw, from, to, wanted) in [
            (columns, "right", "RIGHT", columns.replace("right", "RIGHT")),
            (
                columns,
                "left",
                "left\n\nmore",
                columns.replace("left", "left\n\t\tmore"),
            ),
            (
                columns,
                "right",
                "right\n\nmore",
                columns.replace("right", "right\n\t\tmore"),
            ),
            (
                columns,
                "b",
                "b\n\nmore",
                columns.replace("\nb", "\nb\nmore"),
            ),
            (call, "one", "ONE", call.replace("one", "ONE")),
            (
                call,
                "one",
                "zero\n\none",
                call.replace("\tone", "\tzero\n\tone"),
            ),
            (call, "deep", "DEEP", call.replace("deep", "DEEP")),
            (
                call,
                "deep",
                "deep\n\nmore",
                call.replace("deep", "deep\n\tmore"),
            ),
            (call, "end", "more\n\nend", call.replace("end", "more\nend")),
            (toggle, "in\n", "IN\n", toggle.replace("in\n", "IN\n")),
            (
                toggle,
                "end",
                "more\n\nend",
                toggle.replace("end", "more\nend"),
            ),
            (
                "p\n\tchild\n\t\tgrand",
                "grand",
                "GRAND",
                "p\n\tchild\n\t\tGRAND".to_owned(),
            ),
            (
                "> q\n\tchild\nend",
                "child",
                "CHILD",
                "> q\n\tCHILD\nend".to_owned(),
            ),
            (
                "p\n\tchild",
                "child",
                "child\n\nmore",
                "p\n\tchild\nmore".to_owned(),
            ),
            (
                "a\n<table>\n<tr>\n<td>x</td>\n<td>y</td>\n</tr>\n</table>\nb",
                "\nb",
                "\nmore\n\nb",
                "a\n<table>\n<tr>\n<td>x</td>\n<td>y</td>\n</tr>\n</table>\nmore\nb".to_owned(),
            ),
            (
                "<details color=\"red\">\n<summary>s</summary>\n\tin\n</details>\nend",
                "in",
                "before\n\nin",
                "<details color=\"red\">\n<summary>s</summary>\n\tbefore\n\tin\n</details>\nend"
                    .to_owned(),
            ),
            (table, "| b |", "| B |", table.replace(">b<", ">B<")),
        ] {
            let shown = text::from_notion(field(raw, HEADING).as_text());
            assert!(shown.contains(from), "{from:?} in {shown:?}");
            let new = text::for_notion(&shown.replacen(from, to, 1));
            assert_eq!(applied(raw, &new), wanted, "{raw:?} with {new:?}");
        }
    }

    #[test]
    fn lines_that_say_the_same_keep_their_bytes() {
        let raw = "- one\n*two*\nthree";
        assert_eq!(applied(raw, "* one\n_two_\n3"), "- one\n*two*\n3");
        assert_eq!(plan(raw, HEADING, "* one\n_two_\nthree"), Edit::Nothing);
    }

    /// A proxy or a client library between us and Notion may send a request once more.
    #[test]
    fn an_edit_that_arrives_twice_finds_nothing_to_replace_or_is_noticed() {
        for (raw, new) in [
            ("a\nb\nc", "a\nNEW\nb\nc"),
            ("a\nb\nc", "a more\nb\nc"),
            ("a\nb\nc", "NEW\na\nb\nc"),
            ("q\n# Private notes\nb", "q\nNEW"),
            ("a\nb", "a\nb\nNEW"),
            ("a", "a more"),
        ] {
            let edit = plan(raw, HEADING, new);
            let Edit::Swap(swap) = &edit else {
                panic!("{edit:?}");
            };
            let once = replaced(raw, &swap.pieces).unwrap();
            assert!(!edit.was_done_twice(raw, &once, HEADING), "{raw:?}");
            match replaced(&once, &swap.pieces) {
                None => {}
                Some(twice) => assert!(edit.was_done_twice(raw, &twice, HEADING), "{raw:?}"),
            }
            let is_at_the_end = new.starts_with("NEW") || !raw.contains("\nc");
            assert_eq!(
                replaced(&once, &swap.pieces).is_some(),
                is_at_the_end,
                "{raw:?}"
            );
        }
    }

    /// As above, where what is put in says the same as what stands beside it.
    #[test]
    fn a_line_among_its_equals_that_arrives_twice_finds_nothing_to_replace_or_is_noticed() {
        for (raw, new, is_once) in [
            ("s\ns", "s\ns\ns", false),
            ("s\ns\nb", "s\ns\ns\nb", false),
            ("a\ns\ns", "a\ns\ns\ns", false),
            ("a\ns\ns\nb", "a\ns\ns\ns\nb", true),
            ("a\ns\ns\nb\nc", "a\ns\ns\ns\ns\nb\nc", true),
            ("a\ns\ns\ns\ns\nb", "a\ns\ns\ns\ns\ns\nb", true),
            ("s\na\ns\ns\nb\ns", "s\na\ns\ns\ns\nb\ns", true),
            ("s\nt\ns\nt", "s\nt\ns\nt\ns\nt", false),
        ] {
            let edit = plan(raw, HEADING, new);
            let Edit::Swap(swap) = &edit else {
                panic!("{edit:?}");
            };
            assert_eq!(applied(raw, new), new);
            assert!(!edit.was_done_twice(raw, new, HEADING), "{raw:?}");
            let twice = replaced(new, &swap.pieces);
            assert_eq!(twice.is_none(), is_once, "{raw:?}: {swap:?}");
            if let Some(twice) = twice {
                assert!(edit.was_done_twice(raw, &twice, HEADING), "{raw:?}");
            }
        }
        let fill = plan("", HEADING, "a\n\nb");
        assert!(fill.was_done_twice("", "a\nb\na\nb", HEADING));
        assert!(!fill.was_done_twice("", "a\nb", HEADING));
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

    proptest::proptest! {
        /// Any page, any new text: the piece is unique, the private part and child pages stay, the field says it.
        #[test]
        fn every_edit_does_what_it_says(
            old in "(\t{0,2}[ab]\n|- a\n|<columns>\n\t<column>\n\t\ta\n\t</column>\n</columns>\n|<callout>\n|</callout>\n|<page url=\"u\">P</page>\n|<callout>\n\ta\n\t# Private notes\n\tb\n</callout>\n|<details>\n\t# Private notes\n</details>\n|\n){0,6}[abc]?",
            private in proptest::bool::ANY,
            new in "([abd]\n|- a\n|- d\n|\td\n){0,5}[abd]?",
        ) {
            let tail = if private { "# Private notes\na\nb\n" } else { "" };
            let glue = if old.is_empty() || old.ends_with('\n') || tail.is_empty() { "" } else { "\n" };
            let raw = format!("{old}{glue}{tail}");
            let after = applied(&raw, &new);
            let said = field(&after, HEADING);
            let [said, wanted] = [said.as_text(), &new].map(text::from_notion);
            proptest::prop_assert!(text::same(&said, &wanted), "{raw:?} with {new:?} is {after:?}");
            proptest::prop_assert!(after.trim_end().ends_with(tail.trim_end()));
            for kept in ["<page ", CALL, "<details>\n\t# Private notes\n</details>"] {
                proptest::prop_assert_eq!(after.matches(kept).count(), raw.matches(kept).count(), "{:?} is {:?}", raw, after);
            }
        }
    }
}
