//! What a trip through Notion must not change: a text that nobody edited reads as it was sent, and an edit of one place
//! is one place on GitHub.

use proptest::prelude::*;
use pulse_sync::core::text::{
    Merged, Reading, apply_change, for_notion, from_notion, merge_winning, normalised, rendered,
    same,
};

/// What the small Notion shows of a text.
fn shown(page: &str) -> String {
    pulse_sync::sim::notion::body::normalise(page)
}

/// Bodies, of which Notion shows some things in its own way: numbers, boxes of numbered and of quoted items, empty code.
const BODIES: &[&str] = &[
    "Steps:\n\n1. [ ] bump WORD\n2. [x] write\n3. [ ] tag\n",
    "1. \\[ ] no box WORD\n2. [X] a box\n",
    "- a\n  1. [ ] deep WORD\n  2. [x] deeper\n",
    "> - [ ] quoted WORD\n> - [x] quoted\n",
    "> 1. [x] quoted and numbered WORD\n",
    "10. first\n    - nested WORD\n",
    "Intro <!-- hidden -->\n\n10. first\n    - nested WORD\n\nend *it*\n",
    "9. nine\n10. ten\n    - nested WORD <!-- c -->\n11. eleven\n",
    "100. many\n     - nested WORD\n     - more\n\n     para __under__ it\n",
    "8. a\n9. b\n10. c WORD\n    para under ten\n",
    "<!-- tpl -->\n\n10. a\n\n    para WORD\n4. b\n",
    "7. seven\n8. eight WORD\n\n10. ten\n    ```\n    code\n    ```\n11. eleven <!-- x -->\n",
    "1) a\n2) b\n   * n WORD\n",
    "__bold__ WORD\\\n<b>html</b> ~sub~\n",
    "```\n\n```\n\nWORD after empty code\n",
    "* --\n  * WORD\n",
];

#[test]
fn a_word_edited_in_what_notion_shows_is_all_that_changes() {
    for body in BODIES {
        let sent = for_notion(body);
        let page = shown(&sent);
        assert!(same(&sent, &page), "{body:?}\n{sent:?}\n{page:?}");
        let to = from_notion(&page.replace("WORD", "CHANGED"));
        // The base is what was sent, before it was read back, or what was read.
        for from in [&sent, &page] {
            let merged = apply_change(&from_notion(from), &to, body);
            let wanted = Merged::Clean(body.replace("WORD", "CHANGED"));
            assert_eq!(merged, wanted, "{body:?} from {from:?}");
        }
    }
}

#[test]
fn a_line_added_in_a_list_stands_in_that_list() {
    let body = "<!-- tpl -->\n\n10. __ten__\n    - a\n    - b\n11. eleven <!-- x -->\n";
    let page = shown(&for_notion(body));
    let to = page.replace("\t- b", "\t- b\n\t- new");
    let merged = apply_change(&from_notion(&page), &from_notion(&to), body);
    let wanted = body.replace("    - b\n", "    - b\n    - new\n");
    assert_eq!(merged, Merged::Clean(wanted));
}

#[test]
fn notions_side_wins_only_where_both_changed() {
    let body = "<!-- template -->\n\nPara one.\n\n2. second\n3. third\n\n> q1\n\n> q2\n\n\
                ![shot](https://e.x/i.png \"A title\") end\n\n<img src=\"https://e.x/z.png\" width=\"10\">\n";
    let page = shown(&for_notion(body));
    let ours = body.replace("Para one", "Para GH");
    let theirs = from_notion(&page.replace("Para one", "Para NO"));
    let from = from_notion(&page);
    let [from, onto, to] = [from.as_str(), &ours, &theirs].map(Reading::of);
    assert_eq!(
        merge_winning(&from, &onto, &to),
        body.replace("Para one", "Para NO")
    );
}

#[test]
fn what_notion_made_of_a_text_by_itself_is_no_edit() {
    let sent = "a\n1. one.\n\t- deep!\n- [ ] box\nend";
    let rendering = "a\n1. one\\.\n\t- deep\\!\n- \\[ \\] box\nend";
    let all = rendered(sent, rendering, true).unwrap();
    assert!(all.is_all);
    assert!(same(&all.before, rendering) && same(&all.edited, sent));
    // Beside it somebody edited another line, ticked a box, or made a word bold.
    for (old, new) in [
        ("end", "END"),
        ("a\n", "**a**\n"),
        ("[ \\] box", "[x\\] box"),
    ] {
        let page = rendering.replacen(old, new, 1);
        let part = rendered(sent, &page, true).unwrap();
        assert!(!part.is_all, "{new}");
    }
    for (sent, page) in [
        ("- a\n- b", "- a\n\t- b"),
        ("```\nif x:\ny\n```", "```\nif x:\n    y\n```"),
        ("```\n\"d+\"\n```", "```\n\"\\d+\"\n```"),
        ("```\n[d]\n```", "```\n\\[d]\n```"),
        ("note book", "notebook"),
        ("v1. 2", "v1.2"),
        ("C:temp", "C:\\\\temp"),
    ] {
        let edit = rendered(sent, page, true).unwrap();
        assert!(!edit.is_all && same(&edit.edited, page), "{page}: {edit:?}");
    }
    assert!(rendered("- a\n- b", "- a\n\t- b", false).unwrap().is_all);
    assert!(!rendered("- [ ] b", "- [x] b", false).unwrap().is_all);
}

/// Blocks as people write them, of which texts are made.
const BLOCKS: &[&str] = &[
    "Some *words* and __more__ `code`",
    "1. [ ] open\n2. [x] done",
    "10. ten\n    - nested\n    - [ ] box",
    "9. nine\n10. ten\n    para\n11. eleven",
    "- a\n  1. [ ] deep\n  2. [x] deeper",
    "> - [ ] quoted\n> 1. [x] numbered",
    "> [!NOTE]\n> words <!-- c -->",
    "```py\nx = [1]\n\n  y\n```",
    "```\n\n```",
    "    indented [ ] code",
    "| a | b |\n|---|--:|\n| [x] | `c\\|d` |",
    "<details>\n<summary>More</summary>\n\n1. [ ] in it\n</details>",
    "line\\\nbroken  \nthrice",
    "- --\n- [ ]\n- [x] *it*",
    "![i](https://e.x/i.png \"t\") <img src=\"https://e.x/z.png\" width=\"1\">",
    "3) three\n4) four\n\n7. seven",
    "* * *",
    "Head\n===",
    "<!-- hidden -->",
    "a\\*b \\[x] snake_case 2*3 $5 ~sub~ {x} [^1]",
];

fn bodies() -> impl Strategy<Value = String> {
    let gap = prop::sample::select(&["\n\n", "\n\n", "\n\n\n", "\n"][..]);
    let block = (prop::sample::select(BLOCKS), gap);
    prop::collection::vec(block, 1..6).prop_map(|parts| {
        let words = parts.into_iter().flat_map(|(block, gap)| [block, gap]);
        words.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::cases(400, 20_000)))]

    #[test]
    fn what_is_sent_and_shown_says_the_same(body in bodies()) {
        let sent = for_notion(&body);
        let page = shown(&sent);
        prop_assert!(same(&sent, &page), "sent {:?}\nshown {:?}", sent, page);
        prop_assert!(same(&body, &from_notion(&page)), "shown {:?}", page);
        let merged = apply_change(&from_notion(&sent), &from_notion(&page), &body);
        prop_assert_eq!(merged, Merged::Clean(normalised(&body)));
    }
}
