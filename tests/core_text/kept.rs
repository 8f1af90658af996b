//! What stays as it is when a line beside or around it is edited: references, line ends, numbers, code; and what is
//! private.

use pulse_sync::core::text::{
    apply_change, for_notion, from_notion, mark_public, outgoing, outgoing_title, split_private,
    unmark_public,
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
