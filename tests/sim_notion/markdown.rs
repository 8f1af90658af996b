//! Bodies come back in Notion's normal form.

use proptest::prelude::*;
use pulse_sync::sim::notion::body::normalise;

/// A name, what is written, what a read gives back.
const TABLE: &[(&str, &str, &str)] = &[
    ("blank lines go", "a\n\n\nb\n", "a\nb"),
    ("carriage returns go", "a\r\n\r\nb\r\n", "a\nb"),
    (
        "an empty block stays",
        "a\n<empty-block/>\nb",
        "a\n<empty-block/>\nb",
    ),
    ("trailing blanks go", "a  \nb\t", "a\nb"),
    ("bullets are dashes", "* a\n+ b\n- c", "- a\n- b\n- c"),
    (
        "nesting is tabs",
        "- a\n  - b\n    - c\n- d",
        "- a\n\t- b\n\t\t- c\n- d",
    ),
    (
        "nesting below numbers",
        "1. a\n   - b\n2. c",
        "1. a\n\t- b\n2. c",
    ),
    (
        "tabs stay tabs",
        "- a\n\t- b\n\t\ttext",
        "- a\n\t- b\n\t\ttext",
    ),
    ("nothing nests in a heading", "# h\n  a", "# h\na"),
    ("numbers count", "3. a\n3. b\n9) c", "1. a\n2. b\n3. c"),
    ("boxes", "- [X] a\n* [ ] b", "- [x] a\n- [ ] b"),
    (
        "emphasis",
        "_x_ __y__ *z* **w** ~~s~~",
        "*x* **y** *z* **w** ~~s~~",
    ),
    ("emphasis nests", "**a _b_ c**", "**a *b* c**"),
    ("bold italic", "***x***", "***x***"),
    (
        "underscores in words",
        "snake_case_name and __init__.py",
        "snake_case_name and **init**.py",
    ),
    ("literal underscores", "\\_x\\_", "\\_x\\_"),
    (
        "headings stop at four",
        "##### five\n###### six\n#### four",
        "#### five\n#### six\n#### four",
    ),
    ("literal hash", "\\# x\n#x\n#12", "\\# x\n#x\n#12"),
    ("literal dash", "\\- x\n-x\n1\\. x", "\\- x\n-x\n1\\. x"),
    (
        "literal signs",
        "a*b <c> {d} [e] f|g ^h $5 ~i",
        "a\\*b \\<c\\> \\{d\\} \\[e\\] f\\|g \\^h \\$5 \\~i",
    ),
    (
        "escapes stay",
        "\\*a\\* \\\\ \\`b\\`",
        "\\*a\\* \\\\ \\`b\\`",
    ),
    (
        "unknown tags are text",
        "<b>x</b> <img src=\"y\">",
        "\\<b\\>x\\</b\\> \\<img src=\"y\"\\>",
    ),
    ("comments are text", "<!-- k -->", "\\<!-- k --\\>"),
    ("a break stays", "a<br>b<br/>c", "a<br>b<br>c"),
    (
        "code spans are literal",
        "`a*b_<c>` ``x`y``",
        "`a*b_<c>` ``x`y``",
    ),
    (
        "links",
        "[a_b](https://x.org/a_b_c?d=*) t",
        "[a_b](https://x.org/a_b_c?d=*) t",
    ),
    (
        "images",
        "![alt *x*](https://x.org/y.png)",
        "![alt *x*](https://x.org/y.png)",
    ),
    (
        "bare links",
        "see https://x.org/a_b",
        "see https://x.org/a_b",
    ),
    ("quotes", ">a\n> b", "> a\n> b"),
    ("dividers", "***\n___\n- - -", "---\n---\n---"),
    ("maths", "$x_1$ and $5 or $6", "$x_1$ and \\$5 or \\$6"),
    ("emoji", "🎉🎉 ünï", "🎉🎉 ünï"),
    (
        "code is literal",
        "```rust\nlet a = b * c;\n\n\t<x>  \n```\nend",
        "```rust\nlet a = b * c;\n\n\t<x>  \n```\nend",
    ),
    ("tilde fences", "~~~\na\n~~~", "```\na\n```"),
    ("long fences", "````\n```\n````", "````\n```\n````"),
    ("open fences close", "```\na", "```\na\n```"),
    (
        "nested code",
        "- a\n  ```\n  x\n    y\n  ```",
        "- a\n\t```\n\tx\n\t  y\n\t```",
    ),
    (
        "pipe tables",
        "| a | b |\n|---|:-:|\n| *1* | x \\| y |\nend",
        "<table header-row=\"true\">\n<tr>\n<td>a</td>\n<td>b</td>\n</tr>\n<tr>\n<td>*1*</td>\n<td>x \\| y</td>\n</tr>\n</table>\nend",
    ),
    (
        "toggles",
        "<details><summary>s_t_</summary>\n\tinner\n</details>",
        "<details>\n<summary>s_t_</summary>\n\tinner\n</details>",
    ),
];

#[test]
fn written_markdown_reads_back_in_normal_form() {
    for (name, written, read) in TABLE {
        assert_eq!(normalise(written), *read, "{name}");
        assert_eq!(
            normalise(read),
            *read,
            "{name}: a read written back changes nothing"
        );
    }
}

/// A body at GitHub's limit made of nothing but signs is still understood.
#[test]
fn hostile_lines_are_understood() {
    for sign in [
        "*", "_", "[", "<", "`", "$", "{", "|", "\\", "*a ", "_a ", "[a](", "<page ", "~~a ", "![",
        "`` ` ",
    ] {
        let text = format!("x {}", sign.repeat(65_536 / sign.len()));
        let once = normalise(&text);
        assert!(
            once.len() >= text.trim_end().len(),
            "{sign:?} lost something"
        );
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,4}",
        1 => "[a-z]{0,2}[-#*_~`$<>{}|^\\[\\]\\\\+.1>!()&\"]{1,3}[a-z]{0,2}",
        1 => Just("**b**".to_owned()),
        1 => Just("_i_".to_owned()),
        1 => Just("`c*d`".to_owned()),
        1 => Just("[l](https://x.org)".to_owned()),
        1 => Just("🎉".to_owned()),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let start = prop_oneof![
        4 => Just(""), 1 => Just("- "), 1 => Just("* "), 1 => Just("1. "), 1 => Just("> "), 1 => Just("##### "),
        1 => Just("- [x] "), 1 => Just("```"), 1 => Just("| "), 1 => Just("|-|-"), 1 => Just("  "), 1 => Just("\t- "),
        1 => Just("---"),
    ];
    (start, prop::collection::vec(word(), 0..5))
        .prop_map(|(start, words)| format!("{start}{}", words.join(" ")))
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    /// Reading what was read changes nothing: a sync that writes it back sees no difference.
    #[test]
    fn the_normal_form_is_a_fixed_point(lines in prop::collection::vec(line(), 0..8)) {
        let once = normalise(&lines.join("\n"));
        let twice = normalise(&once);
        prop_assert_eq!(&twice, &once, "from {:?}", lines);
    }

    /// Any text at all is understood without a panic.
    #[test]
    fn any_text_is_understood(text in any::<String>()) {
        let _ = normalise(&text);
    }

    /// Plain words survive.
    #[test]
    fn no_word_is_lost(lines in prop::collection::vec("[a-z]{1,5}( [a-z]{1,5}){0,3}", 1..6)) {
        prop_assert_eq!(normalise(&lines.join("\n\n")), lines.join("\n"));
    }
}
