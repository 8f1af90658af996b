//! What stays as it is when a line beside or around it is edited: references, line ends, numbers, code; and what is
//! private.

use proptest::prelude::*;
use pulse_sync::core::text::{
    apply_change, for_notion, from_notion, lines, mark_public, outgoing, outgoing_title, same,
    split_private, unmark_public,
};

#[test]
fn however_the_private_heading_is_set_what_is_below_stays_private() {
    for heading in [
        "# ~~Private notes~~",
        "# `Private notes`",
        "## $`Private notes`$",
        "## $Private notes$",
        "# [Private notes](https://x.y)",
        "# Private\u{a0}notes",
        "# Private\u{2003} notes",
        "# Private&nbsp;notes",
        "# PRIVATE Notes:",
        "## Private notes<br>more",
        "> ## Private notes",
        "# \u{1f512} Private notes \u{1f512}\u{fe0f}",
        "# Pri\u{200b}vate \u{200d}no\u{ad}tes",
        "#### **Private** _notes_ {toggle=\"true\" color=\"red_bg\"}",
        "# <span underline=\"true\" color=\"red\">Private notes</span>",
        "# Private <b>notes</b> #",
        "\t\t# ***~~`Private notes`~~***",
        "# \\*Private notes\\*",
    ] {
        let page = format!("Body\n{heading}\nmy secret");
        let split = split_private(&page, "Private notes");
        assert_eq!(split.managed, "Body\n", "{heading}");
        assert_eq!(split.private, format!("{heading}\nmy secret"));
        // The very same heading on GitHub makes nothing there private, and comes back as it was.
        let there = for_notion(&page);
        let marked = mark_public(&there, "Private notes");
        assert_eq!(
            split_private(&marked, "Private notes").private,
            "",
            "{marked}"
        );
    }
    for heading in [
        "# Private notes of Ada",
        "# Privatenotes",
        "# Notes",
        "Private notes",
        "# Private notes (on GitHub)",
    ] {
        let page = format!("Body\n{heading}\nno secret");
        assert_eq!(
            split_private(&page, "Private notes").private,
            "",
            "{heading}"
        );
    }
    // A heading of signs alone is compared by its signs.
    assert_eq!(
        split_private("a\n# \u{1f512}\nb", "\u{1f512}").managed,
        "a\n"
    );
    assert_eq!(split_private("a\n# \u{1f389}\nb", "\u{1f512}").private, "");
    let marked = mark_public("# \u{1f512}", "\u{1f512}");
    assert_eq!(marked, "# \u{1f512} (on GitHub)");
    assert_eq!(unmark_public(&marked, "\u{1f512}"), "# \u{1f512}");
}

#[test]
fn references_that_github_has_stay_alive_in_an_edited_line() {
    let table = [
        // (what GitHub has, what goes out, how)
        ("see #414 now", "see #414 then", "see #414 then"),
        (
            "cc @Name.",
            "hello cc @name, please",
            "hello cc @name, please",
        ),
        ("fixes #919 a", "fixes #919 b", "fixes #919 b"),
        ("a o/r#3 GH-4 b", "b o/r#3 gh-4 a", "b o/r#3 gh-4 a"),
        ("- [ ] tell @ada", "- [x] tell @ada", "- [x] tell @ada"),
        ("cc @org/team a", "cc @org/team b", "cc @org/team b"),
        // Another one is new.
        ("see #414 now", "see #415 now", "see #\u{2060}415 now"),
        ("cc @ada a", "cc @ada @bob", "cc @ada @\u{2060}bob"),
        ("cc @org/team a", "cc @org/other", "cc @\u{2060}org/other"),
        ("cc @org/team a", "cc @org now", "cc @\u{2060}org now"),
        ("o/r#3 a", "x/r#3 a", "x/r#\u{2060}3 a"),
        // As often as it was there.
        ("#1 a", "#1 b #1", "#1 b #\u{2060}1"),
        ("#1 a", "#1 a\n\nand #1", "#1 a\n\nand #\u{2060}1"),
        ("#1 a\n\n#1 b", "#1 a\n\nc #1", "#1 a\n\nc #1"),
        ("#1 a", "#1 a\n\n#1 a", "#1 a\n\n#\u{2060}1 a"),
        // A closing word only closes what it closed.
        ("fixes #1 a", "closes #1 b", "closes #1 b"),
        ("fixes #1 a", "see #1 b", "see #1 b"),
        ("fixes #1 a", "fixes #2 a", "fixes #\u{2060}2 a"),
        ("see #1 a", "fixes #1 a", "f\u{2060}ixes #1 a"),
        (
            "fixes #1\n\nsee #2",
            "fixes #2\n\nsee #1",
            "f\u{2060}ixes #2\n\nsee #1",
        ),
        (
            "see #1 a",
            "see a and it closes:\n#1",
            "see a and it closes:\n#\u{2060}1",
        ),
        ("x-fixes: o/r#7 a", "x-fixes: o/r#7 b", "x-fixes: o/r#7 b"),
        (
            "closes https://github.com/o/r/issues/1 a",
            "closes https://github.com/o/r/issues/1 b",
            "closes https://github.com/o/r/issues/1 b",
        ),
        (
            "closes https://github.com/o/r/issues/1 a",
            "closes https://github.com/o/r/issues/2 a",
            "c\u{2060}loses https://github.com/o/r/issues/2 a",
        ),
        (
            "see https://github.com/o/r/issues/1 a",
            "closes https://github.com/o/r/issues/1 a",
            "c\u{2060}loses https://github.com/o/r/issues/1 a",
        ),
        // What is code there is not alive, and no reason for it to be.
        ("`@ada` a", "@ada a", "@\u{2060}ada a"),
        ("```\n@ada\n```", "@ada", "@\u{2060}ada"),
        ("&#64;ada a", "&#64;ada b", "&#64;ada b"),
        // A backtick without its partner makes its own paragraph doubtful, not the next.
        ("", "it`s\n\n`@ada`", "it`s\n\n`@ada`"),
        ("", "it`s\n`@ada`", "it`s\n`@\u{2060}ada`"),
    ];
    for (known, text, wanted) in table {
        assert_eq!(outgoing(text, known), wanted, "{text:?} beside {known:?}");
        assert_eq!(outgoing(wanted, known), wanted, "settled");
    }
    assert_eq!(
        outgoing_title("#1 and @ada, fixes #1", "see #1, @ada"),
        "#1 and @ada, fixes #\u{2060}1"
    );
}

/// What GitHub shows after a text was edited on the page that shows it, as the program does it.
fn edited(github: &str, rewrite: impl FnOnce(&str) -> String) -> String {
    let page = for_notion(github);
    let (from, to) = (from_notion(&page), from_notion(&rewrite(&page)));
    let merged = apply_change(&from, &to, github);
    let text = merged.clean().unwrap_or_else(|| panic!("{merged:?}"));
    outgoing(text, github)
}

#[test]
fn line_ends_that_nobody_changed_stay() {
    use pulse_sync::core::text::with_ends_of;
    let table = [
        ("a\nb\n", "a\r\nb\r\n", "a\r\nb\r\n"),
        ("a\nB\n\nc", "a\r\nb\r\n\r\nc", "a\r\nB\r\n\r\nc"),
        // Mixed ends stay mixed; new lines end as the one before them.
        (
            "a\nnew\nb\nc\nnew\n",
            "a\r\nb\nc\n",
            "a\r\nnew\r\nb\nc\nnew\n",
        ),
        ("new\na\nb", "a\r\nb", "new\r\na\r\nb"),
        ("a\nb\nc\n", "a\r\nb", "a\r\nb\r\nc\r\n"),
        ("a\nb", "a\rb", "a\rb"),
        ("b\n", "a\r\nb\r\n", "b\r\n"),
        ("", "a\r\n", ""),
        ("a\nb", "a\nb", "a\nb"),
        ("a\nb", "", "a\nb"),
    ];
    for (text, raw, wanted) in table {
        assert_eq!(with_ends_of(text, raw), wanted, "{text:?} for {raw:?}");
    }
}

#[test]
fn an_edit_of_a_word_keeps_the_rest_of_its_line() {
    let table = [
        // Numbers stay, whatever Notion counts.
        ("3. three\n4. four\n7. seven", "four", "FOUR"),
        ("7) seven\n9) nine", "nine", "NINE"),
        ("- a\n  3. deep\n  5. deeper", "deeper", "DEEPER"),
        // So do bullets, emphasis, escapes, hard breaks, indents, spaces.
        ("* [ ] one\n+ two", "two", "TWO"),
        ("_an_ __old__ word and more", "word", "WORD"),
        ("a_b \\_ c\\* word", "word", "WORD"),
        ("one  \ntwo  ", "two", "TWO"),
        ("1. a\n   - b\n   * c", "c", "C"),
        ("a  b   word", "word", "WORD"),
        ("###### six ##", "six", "SIX"),
        ("| a | word |\n|:--|--:|\n| c  |  d |", "word", "WORD"),
        ("<https://a.b/c> word", "word", "WORD"),
        ("see #414, @name: fixes #919 word", "word", "WORD"),
        ("* _one_ <br> two word<br/>three", "word", "WORD"),
        ("_one_ word<br>three", "three", "3"),
    ];
    for (github, word, new) in table {
        let after = edited(github, |page| page.replacen(word, new, 1));
        assert_eq!(after, github.replacen(word, new, 1));
        // As Notion counts the items of a list.
        let counted = edited_as(github, |page| page.replacen(word, new, 1), counted);
        assert_eq!(counted, github.replacen(word, new, 1));
    }
}

#[test]
fn a_line_beside_an_edited_one_is_known_again() {
    let github = "3. three\n\n4. _four_ is four\n\nend";
    let after = edited(github, |page| page.replace("four\n", "4\n5. five\n"));
    assert_eq!(after, "3. three\n\n4. _four_ is 4\n5. five\n\nend");
}

/// A page whose list items are counted from one, as Notion does.
fn counted(page: &str) -> String {
    let mut number = 0;
    let mut lines = Vec::new();
    for line in page.lines() {
        let text = line.trim_start_matches('\t');
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        number = if digits > 0 && text[digits..].starts_with(". ") {
            number + 1
        } else {
            0
        };
        let indent = &line[..line.len() - text.len()];
        lines.push(match number {
            0 => line.to_owned(),
            _ => format!("{indent}{number}{}", &text[digits..]),
        });
    }
    lines.join("\n")
}

fn edited_as(
    github: &str,
    rewrite: impl FnOnce(&str) -> String,
    shown: impl Fn(&str) -> String,
) -> String {
    let page = shown(&for_notion(github));
    let (from, to) = (from_notion(&page), from_notion(&shown(&rewrite(&page))));
    let merged = apply_change(&from, &to, github);
    let text = merged.clean().unwrap_or_else(|| panic!("{merged:?}"));
    outgoing(text, github)
}

/// What GitHub has, and what of it a page shows as code.
const CODE: &[(&str, &str)] = &[
    (
        "Example:\n\n    int *a = *b * c;\n    call(__init__, #12, @bob, `x`)\n    if (a < b) { <page url=\"x\"> }\n\nend\n",
        "Example:\n```\nint *a = *b * c;\ncall(__init__, #12, @bob, `x`)\nif (a < b) { <page url=\"x\"> }\n```\nend\n",
    ),
    (
        "\tint *p = *q;\n\ttab code __x__\n",
        "```\nint *p = *q;\ntab code __x__\n```\n",
    ),
    (
        "- list\n\n      code *in* list\n      second #3\n- b",
        "- list\n\t```\n\tcode *in* list\n\tsecond #3\n\t```\n- b",
    ),
    (
        "1. list\n\n\t\tcode *in* list\n\n   text",
        "1. list\n\t```\n\t code *in* list\n\t```\n\ttext",
    ),
    ("    a\n\n\n      b\n\n\nc", "```\na\n\n\n  b\n```\nc"),
    ("# H\n    @code\ntext", "# H\n```\n@code\n```\ntext"),
    ("    ```\n    @a\n    ```", "````\n```\n@a\n```\n````"),
    (
        "<details><summary>S</summary>\n\n    @code\n\n</details>",
        "<details>\n<summary>S</summary>\n\t```\n\t@code\n\t```\n</details>",
    ),
    ("- a\nlazy\n\n      @code", "- a\nlazy\n```\n@code\n```"),
    // None of these is code.
    ("para\n    *no* code", "para\n*no* code"),
    ("- a\n\n    b", "- a\n\tb"),
    ("- - a\n\n      b *x*", "- - a\n\tb *x*"),
    ("10. a\n\n       b", "10. a\n\tb"),
    ("-\ta\n\n      b", "- a\n\tb"),
    ("> a\n    lazy", "> a\nlazy"),
    ("[^1]: note\n\n    more", "\\[\\^1\\]: note\nmore"),
    ("- a\nlazy\n\n    b", "- a\nlazy\nb"),
    ("<br>\n    b", "b"),
    ("para\n        # h\n        b", "para\n# h\nb"),
    ("   b", "b"),
    (
        "<!-- Hi\n\n    b\n\n-->\n\n    c",
        "\\<!-- Hi\nb\n--\\>\n```\nc\n```",
    ),
    ("<!-- Hi -->\n\n    c", "\\<!-- Hi --\\>\n```\nc\n```"),
    ("<textarea>\n\n    @b", "\\<textarea\\>\n@b"),
];

#[test]
fn indented_code_is_code_in_notion_and_comes_back_as_it_was() {
    for (github, page) in CODE {
        assert_eq!(for_notion(github), *page, "{github:?}");
        assert_eq!(edited(github, str::to_owned), *github);
    }
    // In Notion an indent says what belongs together, and leading spaces are nothing.
    assert_eq!(
        from_notion("# H {toggle=\"true\"}\n\tchild *x*"),
        "# H\n\nchild *x*"
    );
    assert_eq!(from_notion("    four *spaces*"), "four *spaces*");
}

#[test]
fn an_edit_in_indented_code_comes_back_as_a_line_of_it() {
    let table = [
        (CODE[0].0, "int", "uint"),
        (CODE[0].0, "__init__, #12", "__init__, #13"),
        (CODE[1].0, "int", "uint"),
        (CODE[1].0, "__x__", "__y__"),
        (CODE[2].0, "code", "KODE"),
        (CODE[2].0, "#3", "#4"),
        (CODE[4].0, "b", "  @B *b*"),
        (CODE[5].0, "code", "bob"),
        (CODE[7].0, "code", "bob"),
        // Beside it.
        (CODE[0].0, "Example", "A *new* example"),
        (CODE[0].0, "end", "End."),
        (CODE[2].0, "list", "item"),
    ];
    for (github, word, new) in table {
        let after = edited(github, |page| page.replacen(word, new, 1));
        assert_eq!(after, github.replacen(word, new, 1));
    }
    let lines = edited("a\n\n    b\n    c\n\nd", |page| {
        page.replace("b\n", "b\n\n  @new\n")
    });
    assert_eq!(lines, "a\n\n    b\n\n      @new\n    c\n\nd");
    let cut = edited("a\n\n    b\n    c\n\nd", |page| page.replace("b\n", ""));
    assert_eq!(cut, "a\n\n    c\n\nd");
    let gone = edited("a\n\n    b\n\nd", |page| page.replace("```\nb\n```\n", ""));
    assert_eq!(gone, "a\n\nd");
    // What an indent cannot say gets fences.
    let named = edited("a\n\n    b\n    c\n\nd", |page| {
        page.replacen("```", "```rust", 1)
    });
    assert_eq!(named, "a\n\n```rust\nb\nc\n```\n\nd");
    let blank = edited("a\n\n    b\n\nd", |page| page.replace("b\n", "b\n\n"));
    assert_eq!(blank, "a\n\n```\nb\n\n```\n\nd");
    // Taken out of the code, the line is text, and its mention new.
    let text = edited("    @bob\n    b", |page| {
        page.replace("```\n@bob\n", "@bob\n```\n")
    });
    assert_eq!(text, "@\u{2060}bob\n\n    b");
}

#[test]
fn a_conflict_in_indented_code_can_be_settled_either_way() {
    use pulse_sync::core::text::{Pick, canonical, merge};
    let base = "a\n\n    b\n    c\n\nd";
    let (ours, theirs) = (base.replace('b', "ours"), "a\n\n```\ntheirs\nc\n```\n\nd");
    let merged = merge(base, &ours, theirs);
    assert_eq!(merged.hunks().len(), 1);
    for (pick, wanted) in [
        (Pick::Ours, ours.as_str()),
        (Pick::Theirs, theirs),
        (Pick::Base, base),
    ] {
        let text = merged.taking(|_, _| pick);
        assert_eq!(canonical(&text), canonical(wanted), "{text:?}");
    }
}

/// Bodies of whole blocks, some of them indented code, and where a word may be edited.
fn with_code() -> impl Strategy<Value = String> {
    const BLOCKS: &[&str] = &[
        "Some *words* of #1",
        "- one\n- @two\n\n      in *an* item\n\n      #3\n- three",
        "3. one\n5. _two_\n\n       code_with `x` <page>",
        "    int *a = *b;\n    call(__init__, @bob)",
        "\ttab **code**\n\n\t\tfixes #12",
        "      # deep\n    - flat\n\n\n    ```",
        "# Head *ing*",
        "> quoted\n> _lines_",
        "```rust\nlet x = *y;\n    @z\n```",
        "para\n    no *code* here\n\tnor @here",
        "| a | b |\n|:-|-|\n| _c_ | @d |",
        "<details>\n<summary>S</summary>\n\n    in @fold *x*\n\n</details>",
        "* [ ] task  \n* [x] _done_",
        "---",
    ];
    let ends = prop::sample::select(&["\n\n", "\n\n\n", "\n  \n"][..]);
    let block = (prop::sample::select(BLOCKS), ends).prop_map(|(block, end)| [block, end].concat());
    prop::collection::vec(block, 1..6).prop_map(|blocks| blocks.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(1_500, 20_000), failure_persistence: None, ..ProptestConfig::default() })]

    /// A word that is edited in Notion is edited on GitHub, and no other byte is.
    #[test]
    fn a_word_edited_in_notion_changes_no_other_byte(text in with_code(), nth in 0_usize..60) {
        let page = for_notion(&text);
        let words: Vec<(usize, &str)> = page
            .match_indices(char::is_alphanumeric)
            .filter(|(at, _)| !page[..*at].ends_with(char::is_alphanumeric))
            .map(|(at, _)| (at, page[at..].split(|c: char| !c.is_alphanumeric()).next().unwrap()))
            .filter(|(at, word)| {
                // Words of both sides, each once: neither tags nor languages, numbers or check boxes.
                !page[..*at].ends_with(['<', '/', '[']) && !word.starts_with(|c: char| c.is_ascii_digit())
                    && page.matches(word).count() == 1 && text.matches(word).count() == 1 && *word != "rust"
            })
            .collect();
        prop_assume!(!words.is_empty());
        let (at, word) = words[nth % words.len()];
        let after = edited(&text, |page| format!("{}edited{}", &page[..at], &page[at + word.len()..]));
        let wanted = text.replacen(word, "edited", 1);
        prop_assert_eq!(after.replace("@\u{2060}edited", "@edited"), wanted);
    }

    /// Whatever is read as code stays so on the way, and no mention is alive that GitHub did not have.
    #[test]
    fn a_trip_with_code_is_a_fixed_point(text in with_code()) {
        let there = for_notion(&text);
        prop_assert_eq!(for_notion(&from_notion(&there)), there.clone());
        prop_assert_eq!(edited(&text, str::to_owned), text);
    }

    /// References are alive no more often than before.
    #[test]
    fn nothing_comes_alive(known in with_code(), text in with_code()) {
        let out = outgoing(&text, &known);
        let alive = |text: &str| -> Vec<String> {
            let bare = outgoing(text, "");
            // A joiner that went in is something that was alive.
            let mut found = Vec::new();
            let (mut a, mut b) = (text.chars().peekable(), bare.chars());
            let mut last = Vec::new();
            while let Some(c) = b.next() {
                if a.peek() == Some(&c) {
                    a.next();
                    last.push(c);
                } else {
                    let rest: String = b.clone().take_while(|c| c.is_alphanumeric()).collect();
                    found.push(format!("{}{rest}", last.last().unwrap()));
                }
            }
            found
        };
        let before = alive(&known);
        for name in alive(&out) {
            let times = |names: &[String]| names.iter().filter(|other| **other == name).count();
            prop_assert!(times(&alive(&out)) <= times(&before), "{} in {:?}", name, out);
        }
    }
}

/// What the small Notion shows of a text: literal signs with a backslash, as the real one does.
fn shown(page: &str) -> String {
    pulse_sync::sim::notion::body::normalise(page)
}

const SIGNS: &[&str] = &[
    "~",
    "~5",
    "5~",
    "~5 to ~10",
    "a~b",
    "$5",
    "$5 and $6",
    "x^2",
    "a|b",
    "[a]",
    "[",
    "]",
    "a < b",
    "a > b",
    "<3",
    "{a}",
    "{",
    "}",
    "C:\\dir",
    "\\",
    "5*3",
    "a * b",
    "*note",
    "snake_case",
    "_x",
    "__init__",
    "~/bin",
    "100%",
    "a && b",
    "1. a",
    "(a)",
    "\"q\"",
    "~~",
    "^",
    "a ~~ b",
    "-> x",
    "x_",
    "**",
];

#[test]
fn a_sign_typed_on_either_side_comes_back_as_it_was_typed() {
    for sign in SIGNS {
        // On GitHub; then a word beside it is edited in Notion, whatever was remembered of the page.
        let github = format!("one word {sign} end\n");
        let page = shown(&for_notion(&github));
        for known in [&page, &for_notion(&github)] {
            let (from, to) = (
                from_notion(known),
                from_notion(&shown(&page.replace("word", "WORD"))),
            );
            let merged = apply_change(&from, &to, &github);
            assert_eq!(
                merged.clean(),
                Some(github.replace("word", "WORD").as_str()),
                "{sign}"
            );
        }
        // In Notion.
        let literal = pulse_sync::sim::notion::inline::escape(&format!("one {sign} end"));
        let page = shown(&literal);
        let github = from_notion(&page);
        assert_eq!(shown(&for_notion(&github)), page, "{sign}: {github}");
        let doubtful = ["C:", "__init__"]
            .iter()
            .any(|start| sign.starts_with(start));
        if !doubtful {
            assert_eq!(github, format!("one {sign} end"));
        }
        // And as a line of its own beside others.
        let before = "first line\n\nlast line\n";
        let after = edited_as(
            before,
            |page| page.replacen('\n', &format!("\n{literal}\n"), 1),
            shown,
        );
        let line = after
            .lines()
            .find(|line| line.contains("end"))
            .unwrap_or_default();
        assert_eq!(line, github, "{after:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(3_000, 20_000), failure_persistence: None, ..ProptestConfig::default() })]

    /// Any signs, typed on GitHub: an edit of another word of the line is all that comes back.
    #[test]
    fn signs_typed_on_github_come_back_as_typed(text in "[a-c~$^|\\[\\]<>{}\\\\*_.()! -]{0,16}") {
        let github = format!("first {text} word");
        let page = shown(&for_notion(&github));
        prop_assume!(page.ends_with("word") && same(&github, &page));
        let edit = format!("{}WORD", &page[..page.len() - 4]);
        for known in [&page, &for_notion(&github)] {
            let merged = apply_change(&from_notion(known), &from_notion(&shown(&edit)), &github);
            let wanted = format!("first {text} WORD");
            prop_assert_eq!(merged.clean(), Some(wanted.as_str()), "page {:?}", page);
        }
    }

    /// Any signs, typed in Notion: they stay what they are there, and a read of GitHub changes nothing.
    #[test]
    fn signs_typed_in_notion_stay(text in "[a-c~$^|\\[\\]<>{}\\\\*_.()! -]{0,16}") {
        let page = shown(&pulse_sync::sim::notion::inline::escape(&format!("first {text} word")));
        let github = from_notion(&page);
        prop_assert!(same(&github, &page), "github {:?} page {:?}", github, page);
        prop_assert_eq!(shown(&for_notion(&github)), page.clone(), "github {:?}", github);
    }
}

/// A line of Notion's is a block of its own there: GitHub would make a heading of the line above it.
#[test]
fn a_line_of_equals_signs_in_notion_is_a_line() {
    for line in ["===", "=====", "=="] {
        let page = format!("intro\nlast para\n{line}\n");
        let body = from_notion(&page);
        assert_eq!(lines(&body).len(), 3, "{body:?}");
        assert!(body.contains("last para\n\n"), "{body:?}");
        assert!(same(&from_notion(&for_notion(&body)), &body), "{body:?}");
        let before = "intro\n\nlast para\n";
        let merged = apply_change(&from_notion("intro\nlast para\n"), &body, before);
        let merged = merged.clean().expect("no conflict");
        assert!(same(merged, &body), "{merged:?}");
        assert_eq!(lines(merged).len(), 3, "{merged:?}");
    }
}

/// Without a blank line GitHub reads what was added below as a part of what stands above.
#[test]
fn what_is_added_in_notion_stands_apart_on_github() {
    for (github, added, wanted) in [
        ("- one\n- two", "After.", "- one\n- two\n\nAfter."),
        ("> quoted", "After.", "> quoted\n\nAfter."),
        (
            "| a | b |\n| --- | --- |\n| 1 | 2 |",
            "After.",
            "| a | b |\n| --- | --- |\n| 1 | 2 |\n\nAfter.",
        ),
        ("last para", "---", "last para\n\n---"),
        ("- one", "- two", "- one\n- two"),
        ("one\ntwo", "three", "one\ntwo\n\nthree"),
    ] {
        let page = for_notion(github);
        let edited = format!("{page}\n{added}");
        let merged = apply_change(&from_notion(&page), &from_notion(&edited), github);
        assert_eq!(merged.clean(), Some(wanted), "{github:?}");
    }
}
