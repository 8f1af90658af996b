//! Tables of cases in both flavours.

use pulse_sync::core::text::{
    canonical, for_notion, from_notion, holds_foreign_blocks, hunk, limits, lines, outgoing,
    outgoing_title, same, same_words, split_private,
};

/// Pairs that say the same: as GitHub has it, as it may come back from Notion.
#[test]
fn mentions_are_words_outside_of_notion() {
    use pulse_sync::core::text::{from_notion, same};
    let notion = "ask <mention-user url=\"user://5f0e\">Ada</mention-user> about \
                  <mention-page url=\"https://www.notion.so/0123\">the plan</mention-page>";
    let github = from_notion(notion);
    assert_eq!(github, "ask Ada about the plan");
    assert!(
        same(&github, notion),
        "so that a later change keeps the mention"
    );
}

#[test]
fn a_mention_without_words_says_what_it_is_and_never_where() {
    for (notion, github) in [
        ("ask <mention-user url=\"user://5f0e\"/>!", "ask someone!"),
        (
            "<mention-user url=\"user://5f0e\" name=\"Ada *L.*\"/> knows",
            "Ada L. knows",
        ),
        (
            "see <mention-page url=\"https://www.notion.so/0123\" />",
            "see a page",
        ),
        (
            "see <mention-page title=\"The plan\" url=\"https://www.notion.so/0123\"/>",
            "see The plan",
        ),
        (
            "<mention-database url=\"https://www.notion.so/0123\"/>",
            "a database",
        ),
        (
            "<mention-data-source url=\"collection://0123\"/>",
            "a database",
        ),
        (
            "by <mention-date start=\"2026-01-02\" end=\"2026-01-05\"/>",
            "by 2026-01-02 to 2026-01-05",
        ),
        (
            "- [ ] <mention-agent url=\"agent://7\"/> and **<mention-user url=\"user://8\"/>**",
            "- [ ] someone and **someone**",
        ),
    ] {
        let said = from_notion(notion);
        assert_eq!(said, github);
        assert!(
            same(&said, notion),
            "a later change keeps the mention: {notion}"
        );
        assert!(!said.contains("://"), "{said}");
    }
    let kept = "`<mention-user url=\"user://5f0e\"/>` <mention-userx/> <mentions/>";
    assert!(from_notion(kept).contains("user://5f0e"), "code is code");
}

#[test]
fn addresses_that_people_write_stay_as_they_are() {
    let text = "see https://www.notion.so/0123 and [the plan](https://www.notion.so/4567)";
    assert_eq!(from_notion(text), text);
}

#[test]
fn what_a_trip_changes_is_no_change() {
    let table = [
        ("a  \nb\n", "a\nb"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\n\n\nb", "a\nb"),
        ("a\\\nb", "a\nb"),
        ("a<br>b", "a  \nb"),
        ("a<br/>b", "a<br>b"),
        ("* one\n+ two", "- one\n- two"),
        ("_x_ and __y__", "*x* and **y**"),
        ("***x***", "**_x_**"),
        (
            "2 * 3 < 4 [x] {y} $5 a|b ~c^d >",
            "2 \\* 3 \\< 4 \\[x\\] \\{y\\} \\$5 a\\|b \\~c\\^d \\>",
        ),
        ("C:\\dir", "C:\\\\dir"),
        ("foo\\_bar", "foo_bar"),
        ("- a\n  - b\n    - c", "- a\n\t- b\n\t\t- c"),
        ("- a\n    - b", "- a\n\t- b"),
        ("1. a\n   - b\n2. c", "1. a\n\t- b\n1. c"),
        ("1) a\n2) b", "1. a\n2. b"),
        ("##### five\n###### six", "#### five\n#### six"),
        ("## two ##", "## two"),
        ("Title\n=====", "# Title"),
        ("Sub\n------", "## Sub"),
        ("***", "---"),
        ("a\n\n___\nb", "a\n---\nb"),
        ("- [X] done", "- [x] done"),
        (
            "| a | b |\n|:--|--:|\n| 1 | 2 |",
            "<table header-row=\"true\">\n<tr>\n<td>a</td>\n<td>b</td>\n</tr>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</table>",
        ),
        ("a | b\n--|--\n1 | 2", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        (
            "| a \\| b |\n|---|",
            "<table>\n<tr>\n<td>a \\| b</td>\n</tr>\n</table>",
        ),
        (
            "<details><summary>S</summary>\n\ntext\n\n</details>",
            "<details>\n<summary>S</summary>\n\ttext\n</details>",
        ),
        (
            "<details open>\n<summary>S</summary>\n- a\n  - b\n</details>",
            "<details>\n<summary>S</summary>\n\t- a\n\t\t- b\n</details>",
        ),
        ("cc @name", "cc @\u{2060}name"),
        (
            "![i](https://s3.x/a.png)",
            "![i](https://s3.x/a.png?X-Amz-Algorithm=A&X-Amz-Signature=abc)",
        ),
        (
            "<img width=\"3\" alt=\"i\" src=\"https://g.x/a.png\" />",
            "![i](https://g.x/a.png)",
        ),
        ("https://a.b/c", "[https://a.b/c](https://a.b/c)"),
        ("<https://a.b/c>", "https://a.b/c"),
        ("a\n\nb", "a\n<empty-block/>\nb"),
        ("> a\n>\n> b", "> a\n> b"),
        ("# H", "# H {color=\"blue\"}"),
        ("red", "<span color=\"red\">red</span>"),
        ("```js\nx\n```", "```javascript\nx\n```"),
        ("```\nx\n```", "```plain text\nx\n```"),
        ("~~~rust\nx\n~~~", "```rust\nx\n```"),
        ("````\n```\n````", "~~~\n```\n~~~"),
        (
            "- a\n  ```\n  x\n    y\n  ```",
            "- a\n\t```\n\tx\n\t  y\n\t```",
        ),
        ("`` a ``", "`a`"),
        ("[a](b \"title\")", "[a](b)"),
    ];
    for (github, notion) in table {
        assert!(
            same(github, notion),
            "{:?} against {:?}",
            canonical(github),
            canonical(notion)
        );
        assert!(same_words(github, notion));
    }
}

/// Pairs that differ, and must.
#[test]
fn what_a_person_changes_is_a_change() {
    let table = [
        ("a", "b"),
        ("- [ ] a", "- [x] a"),
        ("- a", "- [ ] a"),
        ("[a](https://x.y)", "[a](https://x.z)"),
        ("![a](u?v=1)", "![a](u?v=2)"),
        ("*a*", "a"),
        ("**a**", "*a*"),
        ("snake_case", "snake*case"),
        ("`a*b`", "a*b"),
        ("`a`", "`b`"),
        ("# a", "## a"),
        ("# a", "a"),
        ("\\# a", "# a"),
        ("- a", "1. a"),
        ("> a", "a"),
        ("- a\n- b", "- a\n\t- b"),
        ("```\na\n```", "```\n a\n```"),
        ("```\na\n\nb\n```", "```\na\nb\n```"),
        ("```rust\na\n```", "```go\na\n```"),
        ("```\n- [x]\n```", "- [x]"),
        ("| a |\n|---|\n| b |", "| a |\n|---|\n| c |"),
        ("a\n---", "a"),
        ("\\<br>", "<br>x"),
        ("[a](b)", "\\[a\\](b)"),
        ("a b", "b a"),
    ];
    for (a, b) in table {
        assert!(!same(a, b), "{a:?} and {b:?} both say {:?}", canonical(a));
    }
}

#[test]
fn words_forget_markup_but_no_check_box() {
    assert!(same_words("**a** [b](c)", "a b c"));
    assert!(same_words("# Title\ntext", "Title\n\ntext"));
    assert!(!same_words("- [ ] a", "- [x] a"));
    assert!(!same_words("a", "a b"));
}

#[test]
fn nothing_that_notion_obeys_is_sent() {
    let table = [
        (
            "<page url=\"https://n.so/1\">T</page>",
            "\\<page url=\"https://n.so/1\"\\>T\\</page\\>",
        ),
        ("<database url=\"x\">", "\\<database url=\"x\"\\>"),
        (
            "hi <mention-user url=\"u\"/> `<mention-user url=\"u\"/>`",
            "hi someone `<mention-user url=\"u\"/>`",
        ),
        ("a {color=\"red\"}", "a \\{color=\"red\"\\}"),
        ("see [^https://x.y]", "see \\[\\^https://x.y\\]"),
        ("$x^2$", "\\$x\\^2\\$"),
        (
            "<unknown url=\"x\" alt=\"y\"/>",
            "\\<unknown url=\"x\" alt=\"y\"/\\>",
        ),
        (
            "<synced_block url=\"x\">\n\ta\n</synced_block>",
            "\\<synced_block url=\"x\"\\>\na\n\\</synced_block\\>",
        ),
        ("`<page url=\"x\">`", "`<page url=\"x\">`"),
        ("``<page url=\"x\"> ` ``", "``<\u{2060}page url=\"x\"> ` ``"),
        ("` <page url=\"x\">", "\\` \\<page url=\"x\"\\>"),
        ("```\n<page url=\"x\">", "```\n<page url=\"x\">\n```"),
        (
            "- ```\n  <page url=\"x\">\n  ```",
            "-\n\t```\n\t<page url=\"x\">\n\t```",
        ),
        ("</details>", "\\</details\\>"),
        ("<details>\nnever closed", "\\<details\\>\nnever closed"),
        ("\u{2060}<page\u{2060} url=\"x\">", "\\<page url=\"x\"\\>"),
        ("\\<page url=\"x\">", "\\<page url=\"x\"\\>"),
        ("\\\\<page url=\"x\">", "\\\\\\<page url=\"x\"\\>"),
        (
            "| <page> |\n|---|",
            "<table header-row=\"true\">\n<tr>\n<td>\\<page\\></td>\n</tr>\n</table>",
        ),
        ("<span color=\"red\">x</span>", "x"),
        ("<callout icon=\"!\">", "\\<callout icon=\"!\"\\>"),
    ];
    for (github, notion) in table {
        assert_eq!(for_notion(github), notion, "{github:?}");
        assert!(same(github, notion), "{github:?}");
    }
}

#[test]
fn github_gets_its_own_way_of_writing() {
    let table = [
        ("a\nb", "a\n\nb"),
        ("# H\na", "# H\n\na"),
        ("- a\n\t- b\n\t\t- c\n- d", "- a\n  - b\n    - c\n- d"),
        ("1. a\n\t- b", "1. a\n   - b"),
        ("a\n- b\n- c\nd", "a\n\n- b\n- c\n\nd"),
        ("2 \\* 3 \\< 4", "2 * 3 < 4"),
        ("\\*literal\\*", "\\*literal\\*"),
        ("Vec\\<T\\>", "Vec\\<T>"),
        ("\\<sub\\>x\\</sub\\>", "<sub>x</sub>"),
        ("\\[x\\] and \\[y\\](z)", "[x] and [y\\](z)"),
        ("\\$5 \\{a\\} b\\^c d\\|e", "$5 {a} b^c d|e"),
        ("C:\\\\dir", "C:\\dir"),
        ("text {color=\"blue\"}", "text"),
        ("<span color=\"red\">x</span>", "x"),
        ("a\n---\nb", "a\n\n---\n\nb"),
        ("a\n<empty-block/>\nb", "a\n\nb"),
        ("```rust\nfn a() {}\n```\nb", "```rust\nfn a() {}\n```\n\nb"),
        (
            "- a\n\t```\n\tx\n\t\n\ty\n\t```",
            "- a\n  ```\n  x\n\n  y\n  ```",
        ),
        (
            "<table>\n<tr>\n<td>a|b</td>\n<td>`c`</td>\n</tr>\n</table>\nx",
            "| a\\|b | `c` |\n| --- | --- |\n\nx",
        ),
        (
            "<details>\n<summary>S</summary>\n\t- a\n\t\t- b\n</details>",
            "<details>\n<summary>S</summary>\n\n- a\n  - b\n\n</details>",
        ),
        ("a<br>b", "a<br>b"),
    ];
    for (notion, github) in table {
        assert_eq!(from_notion(notion), github, "{notion:?}");
        assert!(
            same(github, notion),
            "{:?} {:?}",
            canonical(github),
            canonical(notion)
        );
    }
}

#[test]
fn lines_carry_their_blank_lines() {
    let raw: Vec<String> = lines("\n# a\n\n\nb\n")
        .into_iter()
        .map(|line| line.raw)
        .collect();
    assert_eq!(raw, ["\n# a\n\n\n", "b\n"]);
    assert!(lines("\n \n").is_empty());
}

#[test]
fn new_text_going_out_notifies_nobody() {
    let table = [
        ("@name", "@\u{2060}name"),
        ("(@org/team)", "(@\u{2060}org/team)"),
        ("a@b.org and a_@b", "a@b.org and a_@b"),
        ("thanks -@ada", "thanks -@\u{2060}ada"),
        (
            ".@a +@b %@c é@d",
            ".@\u{2060}a +@\u{2060}b %@\u{2060}c é@\u{2060}d",
        ),
        ("https://medium.com/@name", "https://medium.com/@name"),
        ("x://medium.com/@name", "x://medium.com/@\u{2060}name"),
        ("`@name` and #12", "`@name` and #\u{2060}12"),
        ("```\n@name\n```", "```\n@name\n```"),
        ("a `b\n`@name` c", "a `b\n`@\u{2060}name` c"),
        ("closes #12", "closes #\u{2060}12"),
        ("fixes owner/repo#3", "fixes owner/repo#\u{2060}3"),
        (
            "GH-12 and gh-1, not high-5",
            "GH-\u{2060}12 and gh-\u{2060}1, not high-5",
        ),
        (
            "closes https://github.com/o/r/issues/1",
            "c\u{2060}loses https://github.com/o/r/issues/1",
        ),
        (
            "Fixes: <https://github.com/o/r/pull/1>",
            "F\u{2060}ixes: <https://github.com/o/r/pull/1>",
        ),
        (
            "closes\nhttps://github.com/o/r/issues/1",
            "c\u{2060}loses\nhttps://github.com/o/r/issues/1",
        ),
        (
            "see https://github.com/o/r/issues/1",
            "see https://github.com/o/r/issues/1",
        ),
        ("&#64;name &#12;", "&#64;\u{2060}name &#12;"),
        ("\\@name \\#12", "\\@\u{2060}name \\#\u{2060}12"),
        ("# 12", "# 12"),
        (
            "<!-- pulse-sync:0123456789abcdef0123456789abcdef -->",
            "<!-- pulse-sync\u{2060}:0123456789abcdef0123456789abcdef -->",
        ),
    ];
    for (text, wanted) in table {
        assert_eq!(outgoing(text, ""), wanted, "{text:?}");
        assert!(same(text, wanted), "{text:?}");
    }
    assert_eq!(
        outgoing("* hi @old\n* hi @new", "- hi @old"),
        "* hi @old\n* hi @\u{2060}new"
    );
    assert_eq!(
        outgoing_title("@a fixes #1", ""),
        "@\u{2060}a fixes #\u{2060}1"
    );
}

#[test]
fn what_is_private_stays_out() {
    let table = [
        ("a\n## Private notes\nb", "a\n", "## Private notes\nb"),
        (
            "a\n# **PRIVATE** notes {color=\"red\"}\nb",
            "a\n",
            "# **PRIVATE** notes {color=\"red\"}\nb",
        ),
        (
            "a\n```\n# Private notes\n```\nb",
            "a\n```\n# Private notes\n```\nb",
            "",
        ),
        ("a\nPrivate notes\nb", "a\nPrivate notes\nb", ""),
        ("a\r\n# Private notes\r\nb", "a\r\n", "# Private notes\r\nb"),
        (
            "a\n<page url=\"x\">T</page>\n\n<database url=\"y\">D</database>",
            "a\n",
            "<page url=\"x\">T</page>\n\n<database url=\"y\">D</database>",
        ),
        (
            "a\n<page url=\"x\">T</page>\nb",
            "a\n<page url=\"x\">T</page>\nb",
            "",
        ),
        (
            "<page url=\"x\">T</page>\n# Private notes\n<page url=\"z\">",
            "<page url=\"x\">T</page>\n",
            "# Private notes\n<page url=\"z\">",
        ),
        ("", "", ""),
    ];
    for (page, managed, private) in table {
        let split = split_private(page, "Private notes");
        assert_eq!(
            (split.managed.as_str(), split.private.as_str()),
            (managed, private)
        );
    }
    assert!(holds_foreign_blocks("a\n<page url=\"x\">T</page>\nb"));
    assert!(!holds_foreign_blocks(
        "a\n\\<page url=\"x\">\n```\n<page url=\"x\">\n```"
    ));
}

#[test]
fn a_hunk_is_small_and_unique() {
    let table = [
        ("a\nb\nc\n", "a\nB\nc\n", Some(("b\n", "B\n"))),
        ("a\nb\na\n", "a\nb\nA\n", Some(("b\na\n", "b\nA\n"))),
        ("a\na\na\n", "a\na\n", Some(("a\na\na\n", "a\na\n"))),
        ("a\nb\n", "a\nx\nb\n", Some(("a\n", "a\nx\n"))),
        ("a\nb\n", "x\na\nb\n", Some(("a\n", "x\na\n"))),
        ("a", "b", Some(("a", "b"))),
        ("", "b", Some(("", "b"))),
        ("a\n", "a\n", None),
    ];
    for (old, new, wanted) in table {
        let found = hunk(old, new);
        let found = found.as_ref().map(|(a, b)| (a.as_str(), b.as_str()));
        assert_eq!(found, wanted, "{old:?} to {new:?}");
    }
}

#[test]
fn segments_count_as_notion_counts() {
    let text = "é👩‍💻".repeat(900);
    let segments = limits::notion_segments(&text);
    assert!(
        segments
            .iter()
            .all(|s| limits::notion_length(s) <= limits::NOTION_SEGMENT)
    );
    assert!(
        segments
            .iter()
            .all(|s| !s.starts_with('\u{200d}') && !s.ends_with('\u{200d}'))
    );
    assert_eq!(segments.concat(), text);
    assert_eq!(
        (limits::github_length("é👩"), limits::notion_length("é👩")),
        (2, 3)
    );
}

#[test]
fn thousands_of_folds_that_never_end_are_text_and_those_that_do_are_folds() {
    let open = "<details>\n".repeat(6_000);
    assert_eq!(lines(&open).len(), 6_000);
    let ended = format!("{open}inside\n</details>\nafter\n");
    let last = lines(&ended).split_off(5_998);
    let keys: Vec<&str> = last.iter().map(|line| line.key.as_str()).collect();
    let text = "\\<details>";
    assert_eq!(keys, [text, "<details>", "inside", "</details>", "after"]);
}

#[test]
fn thousands_of_tables_that_never_end_are_text_and_the_one_that_does_is_a_table() {
    let open = "<table>\n".repeat(6_000);
    assert_eq!(lines(&open).len(), 6_000);
    let ended = format!("{open}<tr><td>a</td></tr>\n</table>\n");
    let last = lines(&ended).split_off(5_999);
    let keys: Vec<&str> = last.iter().map(|line| line.key.as_str()).collect();
    assert_eq!(keys, ["| a |", "| --- |"]);
}

#[test]
fn a_body_leaves_room_for_the_mark() {
    use pulse_sync::core::codec::{Said, said_body};
    use pulse_sync::core::text::Reading;
    use pulse_sync::core::text::{limits, marker};

    let key = "0123456789abcdef0123456789abcdef";
    let longest = "x".repeat(limits::GITHUB_BODY - marker::LENGTH);
    assert!(matches!(
        said_body(&longest, &Reading::of("")),
        Said::Value(_)
    ));
    let marked = marker::write(&longest, key);
    assert_eq!(limits::github_length(&marked), limits::GITHUB_BODY);
    let Said::Refused(why) = said_body(&format!("{longest}x"), &Reading::of("")) else {
        panic!("GitHub would refuse it with the mark");
    };
    assert!(
        why.contains("65483") && why.contains("65536") && why.contains("54"),
        "{why}"
    );
}

#[test]
fn a_private_heading_inside_of_something_makes_all_of_it_private() {
    let call = "<callout>\n\tin\n\t# Private notes\n\tsecret\n</callout>\n";
    for (page, managed, enclosed) in [
        (format!("a\n{call}b"), format!("a\n{call}b"), vec![call]),
        (
            format!("{call}{call}"),
            format!("{call}{call}"),
            vec![call, call],
        ),
        (
            format!("a\n{call}# Private notes\nb"),
            format!("a\n{call}"),
            vec![call],
        ),
        // Not one that nobody closes, and not code.
        (
            "<callout>\n# Private notes\na".to_owned(),
            "<callout>\n".to_owned(),
            vec![],
        ),
        (
            "- a\n\t```\n\t# Private notes\n\t```\nb".to_owned(),
            "- a\n\t```\n\t# Private notes\n\t```\nb".to_owned(),
            vec![],
        ),
        ("\t# Private notes\na".to_owned(), String::new(), vec![]),
        // What is only indented is in no box.
        (
            "- b\n\t# Private notes\na".to_owned(),
            "- b\n".to_owned(),
            vec![],
        ),
        ("a\n# Private notes".to_owned(), "a\n".to_owned(), vec![]),
        // What is written out is no tag.
        (
            "<callout>\n\\</callout>\n\t# Private notes\n</callout>\nb".to_owned(),
            "<callout>\n\\</callout>\n\t# Private notes\n</callout>\nb".to_owned(),
            vec!["<callout>\n\\</callout>\n\t# Private notes\n</callout>\n"],
        ),
    ] {
        let split = split_private(&page, "private notes");
        assert_eq!(split.managed, managed, "{page:?}");
        assert_eq!(format!("{}{}", split.managed, split.private), page);
        let found: Vec<&str> = split
            .pieces()
            .into_iter()
            .filter(|(_, private)| *private)
            .map(|(text, _)| text)
            .collect();
        assert_eq!(found, enclosed, "{page:?}");
    }
}
