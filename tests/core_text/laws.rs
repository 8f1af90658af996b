//! Laws that hold for every text, tried on random and hostile ones.

use proptest::prelude::*;
use pulse_sync::core::text::{
    canonical, for_notion, from_notion, hunk, lines, mark_public, marker, merge, normalised,
    outgoing, same, same_words, split_private, unmark_public,
};

/// Pieces out of which hostile texts are made: every mark that means something somewhere.
const PIECES: &[&str] = &[
    "a",
    "b",
    "word",
    "x1",
    " ",
    " ",
    "  ",
    "    ",
    "\t",
    "\n",
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "\\",
    "\\\\",
    "*",
    "**",
    "_",
    "__",
    "~~",
    "`",
    "``",
    "```",
    "````",
    "```rust\n",
    "~~~",
    "- ",
    "* ",
    "+ ",
    "1. ",
    "12) ",
    "- [ ] ",
    "- [x] ",
    "[X]",
    "# ",
    "##### ",
    " #",
    "> ",
    ">",
    "---",
    "***",
    "===",
    "----",
    "|",
    " | ",
    "|---|",
    "|:-|-:|\n",
    "| a | b |\n",
    "[",
    "]",
    "(",
    ")",
    "[a](b)",
    "![i](u)",
    "](",
    "!",
    "<",
    ">",
    "<br>",
    "<br/>",
    "<details>",
    "</details>",
    "<summary>",
    "</summary>",
    "<details><summary>s</summary>\n",
    "<table>",
    "<tr>",
    "<td>",
    "</td>",
    "</tr>",
    "</table>",
    "<table><tr><td>a</td></tr></table>",
    "<page url=\"x\">",
    "</page>",
    "<empty-block/>",
    "<span>",
    "</span>",
    "<img src=\"u\" alt=\"t\">",
    "<https://x.y/z>",
    "https://x.y/_a_?b=c",
    "{color=\"red\"}",
    "{",
    "}",
    "$",
    "^",
    "[^1]",
    "\u{2060}",
    "\u{200d}",
    "\u{feff}",
    "é",
    "漢",
    "👩‍💻",
    "@name",
    "#12",
    "closes #1",
    "<!--",
    "-->",
    "&amp;",
    "\u{a0}",
    "\u{b}",
    "\r",
    "'",
    "\"",
    "=",
    "+",
    "-",
    "#",
    ".",
];

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::collection::vec(prop::sample::select(PIECES), 0..14).prop_map(|p| p.concat()),
        3 => prop::collection::vec(prop::sample::select(PIECES), 0..50).prop_map(|p| p.concat()),
        1 => "\\PC{0,40}",
    ]
}

/// Lines as people write them, for merges and round trips.
fn prose() -> impl Strategy<Value = String> {
    const LINES: &[&str] = &[
        "Some words",
        "More *words* here",
        "* one",
        "- two",
        "  - nested",
        "\t- nested too",
        "1. first",
        "## Heading",
        "",
        "",
        "- [ ] todo",
        "- [x] done",
        "> quoted",
        "```rust",
        "let x = 1;",
        "```",
        "| a | b |",
        "|---|---|",
        "| 1 | 2 |",
        "a < b and $5",
        "see <page url=\"x\"> and #12",
        "---",
        "<details><summary>More</summary>",
        "</details>",
        "[link](https://a.b/c_d)",
        "_it_ __bold__",
    ];
    prop::collection::vec(prop::sample::select(LINES), 0..12).prop_map(|l| l.join("\n"))
}

/// Headings that are, or come near to, the private one.
const HEADINGS: &[&str] = &[
    "## Private notes",
    "# **Private** Notes #",
    "- item\n  ### private notes",
    "Private notes\n===",
    "## Private notes (on GitHub)",
    "## Private notes (on GitHub) (on GitHub) ##",
    "###### _Private notes_ (on GitHub)",
    "```\n## Private notes\n```",
    "> ## Private notes",
    "<details><summary>s</summary>\n\n## Private notes\n\n</details>",
    "## \u{2060}Private notes",
    "# ~~Private notes~~",
    "# `Private notes`",
    "# $`Private notes`$",
    "## [Private notes](https://x.y) ##",
    "# Private\u{a0}\u{2009} notes: \u{1f512}",
    "# Private notes (on GitHub):",
    "# Pri**va**te &nbsp; notes {color=\"red\"}",
    "# <u>Private</u> <span underline=\"true\">notes</span>",
    "words",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![2 => hostile(), 1 => prose()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(3_000, 20_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn canonical_is_a_fixed_point(text in any_text()) {
        let once = canonical(&text);
        prop_assert_eq!(canonical(&once), once);
    }

    #[test]
    fn lines_keep_every_byte(text in any_text()) {
        let raw: String = lines(&text).iter().map(|line| line.raw.clone()).collect();
        if !raw.is_empty() {
            prop_assert_eq!(raw, normalised(&text));
        }
    }

    #[test]
    fn a_trip_to_notion_and_back_says_the_same(text in any_text()) {
        let there = for_notion(&text);
        prop_assert_eq!(canonical(&there), canonical(&text), "there: {:?}", there);
        let back = from_notion(&there);
        prop_assert_eq!(canonical(&back), canonical(&text), "there: {:?} back: {:?}", there, back);
        prop_assert!(same(&text, &back));
    }

    #[test]
    fn same_is_symmetric_and_implies_same_words(a in any_text(), b in any_text()) {
        prop_assert!(same(&a, &a));
        prop_assert_eq!(same(&a, &b), same(&b, &a));
        prop_assert_eq!(same_words(&a, &b), same_words(&b, &a));
        prop_assert!(same_words(&a, &canonical(&a)));
    }
}

/// Finds what Notion would obey in a text: any tag, brace, dollar or citation that is neither
/// escaped, nor in code, nor written by the translation itself. Shares no code with the product.
fn obeyed(notion: &str) -> Option<String> {
    const OURS: &[&str] = &[
        "<br>",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "<table header-row=\"true\">",
        "</table>",
        "<tr>",
        "</tr>",
        "<td>",
        "</td>",
    ];
    let mut fence: Option<usize> = None;
    for line in notion.lines() {
        let bare = line.trim_start_matches('\t');
        let ticks = bare.chars().take_while(|c| *c == '`').count();
        if let Some(open) = fence {
            if ticks >= open && bare.len() == ticks {
                fence = None;
            }
            continue;
        }
        if ticks >= 3 && !bare[ticks..].contains('`') {
            fence = Some(ticks);
            continue;
        }
        let chars: Vec<char> = bare.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            let rest: String = chars[at..].iter().collect();
            match chars[at] {
                '\\' => at += 1,
                '`' => {
                    let run = chars[at..].iter().take_while(|c| **c == '`').count();
                    let mut end = at + run;
                    loop {
                        let close = chars[end..].iter().take_while(|c| **c == '`').count();
                        if end >= chars.len() {
                            return Some(format!("code without end: {line}"));
                        }
                        if close == run {
                            break;
                        }
                        end += close.max(1);
                    }
                    let code: String = chars[at + run..end].iter().collect();
                    if run > 1 && code.contains("<p") {
                        return Some(format!("tag in doubtful code: {line}"));
                    }
                    at = end + run - 1;
                }
                '<' => match OURS.iter().find(|tag| rest.starts_with(**tag)) {
                    Some(tag) => at += tag.len() - 1,
                    None => return Some(rest),
                },
                '[' if rest.starts_with("[^") => return Some(rest),
                ']' if rest.starts_with("](") => {
                    let url = rest
                        .chars()
                        .take_while(|c| !c.is_whitespace() && *c != ')')
                        .count();
                    at += url - 1;
                }
                '{' | '}' | '$' => return Some(rest),
                _ => {}
            }
            at += 1;
        }
    }
    fence.map(|_| "fence without end".to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(3_000, 20_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_sent_to_notion_is_obeyed(text in any_text()) {
        let there = for_notion(&text);
        prop_assert_eq!(obeyed(&there), None, "there: {:?}", there);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(1_000, 20_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_marker_comes_off_as_it_went_on(text in any_text(), key in "[0-9a-f]{32}", other in "[0-9a-f]{32}") {
        let marked = marker::write(&text, &key);
        prop_assert_eq!(marker::read(&marked), Some(key.clone()), "{:?}", marked);
        prop_assert_eq!(marker::strip(&marked), text.clone());
        let twice = marker::write(&marked, &other);
        prop_assert_eq!(marker::read(&twice), Some(other));
        prop_assert_eq!(marker::strip(&twice), marked);
        let fenced = format!("```\n<!-- pulse-sync:{key} -->\n```\n");
        prop_assert_eq!(marker::read(&fenced), None);
        prop_assert_eq!(marker::strip(&fenced), fenced);
    }

    #[test]
    fn a_hunk_applies(old in any_text(), new in any_text()) {
        match hunk(&old, &new) {
            None => prop_assert_eq!(old, new),
            Some((from, to)) => {
                prop_assert_eq!(old.replacen(&from, &to, 1), new);
                if !old.is_empty() {
                    prop_assert_eq!(old.match_indices(&from).count(), 1);
                }
            }
        }
    }

    #[test]
    fn outgoing_text_is_settled_and_says_the_same(text in any_text(), known in any_text()) {
        let once = outgoing(&text, &known);
        prop_assert_eq!(outgoing(&once, &known), once.clone());
        prop_assert_eq!(canonical(&once), canonical(&text));
        prop_assert_eq!(outgoing(&text, &text).replace('\u{2060}', ""), normalised(&text).replace('\u{2060}', ""));
        prop_assert_eq!(marker::read(&once), None);
    }

    #[test]
    fn a_split_page_is_the_page(text in any_text()) {
        let page = format!("{text}\n## Private Notes\n{text}");
        for page in [&text, &page] {
            let split = split_private(page, "private notes");
            prop_assert_eq!(&format!("{}{}", split.managed, split.private), page);
        }
    }

    #[test]
    fn no_heading_of_github_makes_a_page_private(
        parts in prop::collection::vec((any_text(), prop::sample::select(HEADINGS)), 0..4),
        end in any_text(),
    ) {
        let mut github: Vec<&str> = parts.iter().flat_map(|(text, line)| [text.as_str(), line]).collect();
        github.push(&end);
        let there = for_notion(&github.join("\n"));
        let marked = mark_public(&there, "private notes");
        let split = split_private(&marked, "private notes");
        prop_assert!(!canonical(&split.private).to_lowercase().contains("private notes"), "{:?}", split);
        let back = unmark_public(&marked, "private notes");
        prop_assert_eq!(canonical(&back), canonical(&there), "marked: {:?}", marked);
        // Once there and back, the trip changes nothing any more.
        prop_assert_eq!(mark_public(&back, "private notes"), marked);
    }

    #[test]
    fn no_merge_of_hostile_texts_panics(a in any_text(), b in any_text(), c in any_text()) {
        let merged = merge(&a, &b, &c);
        prop_assert!(merged.clean().is_some() || !merged.hunks().is_empty());
        prop_assert!(merge(&a, &b, &b).clean().is_some());
    }
}
