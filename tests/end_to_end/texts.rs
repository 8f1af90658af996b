//! Bodies that are edited in Notion: on GitHub no other byte changes, nothing comes alive, and what is private stays.

use axum::http::Method;
use pulse_sync::sim::github::IssueEdit;
use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use pulse_sync::sim::notion::value::Value as Cell;

use super::rig::{Rig, world};

fn write(rig: &Rig, number: u64, body: &str) {
    rig.edit_issue(
        number,
        IssueEdit {
            body: Some(Some(body.to_owned())),
            ..IssueEdit::default()
        },
    );
}

fn body(rig: &Rig, number: u64) -> String {
    rig.issue(number)
        .body
        .as_deref()
        .unwrap_or_default()
        .to_owned()
}

/// Bodies, a word of each, and what it becomes in Notion.
const EDITS: [(&str, &str, &str); 6] = [
    (
        "Example:\n\n    int *a = *b * c;\n    call(__init__, #12, @bob, x)\n\nend\n",
        "int",
        "uint",
    ),
    (
        "- list\n\n      code *in* list\n      second #3\n- b\n",
        "code",
        "KODE",
    ),
    ("\tint *p = *q;\n\ttab code __x__\n", "int", "uint"),
    (
        "As @ada said in #414, this fixes #919 at _last_.\n\nAnd more.\n",
        "said",
        "wrote",
    ),
    ("3. three\n4. _four_\n7. seven times\n", "times", "dwarfs"),
    (
        "First line\r\nsecond line\r\n\r\n* item one\r\n* item two\nlast\r\n",
        "second",
        "SECOND",
    ),
];

#[test]
fn a_word_edited_in_notion_is_all_that_changes_on_github() {
    let rig = Rig::start(Some(world(EDITS.len(), 0, 0)));
    rig.settle();
    let numbered = || (1_u64..).zip(EDITS);
    for (number, (text, ..)) in numbered() {
        write(&rig, number, text);
    }
    rig.settle();
    for (number, (text, word, new)) in numbered() {
        assert_eq!(body(&rig, number), text, "a trip changes nothing");
        rig.edit_body(rig.page(number), |page| page.replacen(word, new, 1));
    }
    rig.settle();
    for (number, (text, word, new)) in numbered() {
        assert_eq!(body(&rig, number), text.replacen(word, new, 1));
    }
    assert_eq!(rig.run(&["conflicts", "list"]).code, Some(0));
    rig.assert_quiet();
}

#[test]
fn what_is_new_notifies_nobody_beside_what_was_there() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    rig.settle();
    write(&rig, 1, "As @ada said in #414.\n\n    @bob\n    code\n");
    rig.settle();
    rig.edit_body(rig.page(1), |page| {
        let page = page.replacen("#414", "#414 and fixes #414, #415, @ada, @eve", 1);
        page.replacen("```\n@bob\n", "@bob\n```\n", 1)
    });
    rig.settle();
    assert_eq!(
        body(&rig, 1),
        "As @ada said in #414 and fixes #\u{2060}414, #\u{2060}415, @\u{2060}ada, @\u{2060}eve.\n\n\
         @\u{2060}bob\n\n    code\n"
    );
}

#[test]
fn notes_below_the_private_heading_never_leave_notion() {
    let headings = [
        "# ~~Private notes~~",
        "# `Private notes`",
        "# $`Private notes`$",
        "# [Private notes](https://x.y)",
        "# Private\u{a0}notes",
        "## \u{1f512} PRIVATE  Notes:",
    ];
    let rig = Rig::start(Some(world(headings.len(), 0, 0)));
    rig.settle();
    let numbered = || (1_u64..).zip(headings);
    for (number, heading) in numbered() {
        rig.edit_body(rig.page(number), |page| {
            format!("{page}\nmore\n{heading}\nmy secret")
        });
    }
    rig.settle();
    for (number, heading) in numbered() {
        let text = body(&rig, number);
        assert!(text.contains("more"), "{text}");
        assert!(
            !text.contains("secret") && !text.to_lowercase().contains("private"),
            "{text}"
        );
        write(&rig, number, "All new.\n");
        rig.settle();
        let page = rig.markdown(rig.page(number));
        assert!(
            page.contains("All new.") && page.contains("my secret"),
            "{heading}: {page}"
        );
    }
}

/// Containers with a private heading in them. Each holds "secret".
const CONTAINERS: [&str; 9] = [
    "<callout icon=\"x\" color=\"blue_bg\">\n\tin the box\n\t## Private notes\n\tmy secret\n</callout>",
    "<details>\n<summary>More</summary>\n\tfolded\n\t## Private notes\n\tmy secret\n</details>",
    "<columns>\n\t<column>\n\t\t# Private notes\n\t\tmy secret\n\t</column>\n\t<column>\n\t\tright\n\t</column>\n</columns>",
    "<callout>\n\t> said\n\t\t### Private notes\n\t\tmy secret\n</callout>",
    "<callout>\n\t- point\n\t\t## Private notes\n\t\tmy secret\n\tand this secret\n</callout>",
    "# Section {toggle=\"true\"}\n\tshown\n\t## Private notes\n\tmy secret",
    "<callout>\n\t<details>\n\t<summary>More</summary>\n\t\t# Private notes\n\t\tmy secret\n\t</details>\n\toutside secret\n</callout>",
    "<callout>\n\t# Private notes\n\tmy secret\n\t## Private notes\n\tsecret too\n\t# Other\n\tno secret\n</callout>",
    "<callout>\n\t## Private notes\n\t```\n\tsecret code\n\t</callout>\n\t```\n\tmy secret\n</callout>",
];

#[test]
fn a_container_with_private_notes_stays_whole() {
    let rig = Rig::start(Some(world(CONTAINERS.len(), 0, 0)));
    rig.settle();
    let numbered = || (1_u64..).zip(CONTAINERS);
    for (number, container) in numbered() {
        rig.edit_body(rig.page(number), |_| {
            format!("public before\n{container}\npublic after")
        });
    }
    rig.settle();
    let kept: Vec<String> = numbered()
        .map(|(number, container)| {
            let page = rig.markdown(rig.page(number));
            assert_eq!(page, format!("public before\n{container}\npublic after"));
            assert_eq!(body(&rig, number).trim(), "public before\n\npublic after");
            container.to_owned()
        })
        .collect();
    for (text, page) in [
        ("All new.\n", "All new.\n{}"),
        ("One.\n\nTwo.\n", "One.\n{}\nTwo."),
        (
            "One.\n\n## Private notes\n\nof GitHub\n",
            "One.\n{}\n## Private notes (on GitHub)\nof GitHub",
        ),
    ] {
        for (number, _) in numbered() {
            write(&rig, number, text);
        }
        rig.settle();
        for ((number, _), kept) in numbered().zip(&kept) {
            let now = rig.markdown(rig.page(number));
            let wanted = page.replace("{}", kept);
            let said = |text: &str| -> Vec<String> {
                let rest = text.replace(kept, "");
                let mut lines: Vec<String> = rest.lines().map(str::to_owned).collect();
                lines.retain(|line| !line.is_empty());
                lines
            };
            assert!(now.contains(kept), "{text:?}: {now}");
            assert_eq!(said(&now), said(&wanted), "{now}");
            assert_eq!(body(&rig, number), text, "nothing comes back");
        }
    }
    for ((number, _), kept) in numbered().zip(&kept) {
        write(&rig, number, "");
        rig.settle();
        assert_eq!(rig.markdown(rig.page(number)), *kept);
    }
    rig.assert_quiet();
}

/// A proxy may send a request once more; a person would see the line twice, on both sides before long.
#[test]
fn a_line_that_arrives_twice_in_notion_stands_there_once() {
    for (text, new) in [
        ("A.\n\nB.\n", "A.\n\nNEW.\n\nB.\n"),
        ("A.\n\nB.\n", "A.\n\nB.\n\nNEW.\n"),
        ("A.\n\nB.\n", "NEW.\n\nA.\n\nB.\n"),
    ] {
        let rig = Rig::start(Some(world(1, 0, 0)));
        write(&rig, 1, text);
        rig.settle();
        let rule = Rule::once(Method::PATCH, "/v1/pages/*/markdown", FaultKind::Twice);
        rig.small.notion.shared.lock().faults.add(rule);
        write(&rig, 1, new);
        rig.settle();
        let page = rig.markdown(rig.page(1));
        assert_eq!(page.matches("NEW.").count(), 1, "{page:?}");
        assert_eq!(body(&rig, 1), new);
        rig.assert_agreement();
        rig.assert_quiet();
    }
}

/// The same where the line says what its neighbours say, and where the proxy does so every time.
#[test]
fn a_line_among_its_equals_that_arrives_twice_in_notion_stands_there_once() {
    for (text, new) in [
        ("same\n\nsame\n", "same\n\nsame\n\nsame\n"),
        ("same\n\nsame\n\nB.\n", "same\n\nsame\n\nsame\n\nB.\n"),
        ("A.\n\nsame\n\nsame\n", "A.\n\nsame\n\nsame\n\nsame\n"),
        ("A.\n\nsame\n\nB.\n", "A.\n\nsame\n\nsame\n\nB.\n"),
        ("", "A.\n\nB.\n"),
        ("A.\n", "A.\n\nB.\n"),
    ] {
        for is_always in [false, true] {
            let rig = Rig::start(Some(world(1, 0, 0)));
            write(&rig, 1, text);
            rig.settle();
            let path = "/v1/pages/*/markdown";
            let mut rule = Rule::once(Method::PATCH, path, FaultKind::Twice);
            rule.times = if is_always { 100 } else { 1 };
            rig.small.notion.shared.lock().faults.add(rule);
            write(&rig, 1, new);
            rig.settle();
            let page = rig.markdown(rig.page(1));
            let lines = |text: &str| -> Vec<String> {
                let lines = text.lines().filter(|line| !line.is_empty());
                lines.map(str::to_owned).collect()
            };
            assert_eq!(lines(&page), lines(new), "{text:?}, always: {is_always}");
            assert_eq!(body(&rig, 1), new);
            rig.assert_agreement();
            rig.assert_quiet();
        }
    }
}

/// GitHub takes the rest of a text for code where a fence is never closed; Notion closes it.
#[test]
fn a_fence_that_is_never_closed_goes_round_as_it_is() {
    let texts = [
        "Top.\n\n```\ncode *a*\n\nmore __b__ #12\n",
        "Top.\n\n```rust\nfn a() {}",
        "Top.\n\n- item\n\n  ```\n  in item\n\nafter\n",
        "Top.\n\n~~~\ntilde\n```\ninner\n",
        "Top.\n\n````\nfour\n```\nstill\n",
        "Top.\n\n> ```\n> quoted\n\nafter\n",
    ];
    let rig = Rig::start(Some(world(texts.len(), 0, 0)));
    let numbered = || (1_u64..).zip(texts);
    for (number, text) in numbered() {
        write(&rig, number, text);
    }
    rig.settle();
    rig.assert_quiet();
    for (number, text) in numbered() {
        assert_eq!(body(&rig, number), text, "nothing comes back");
        rig.edit_body(rig.page(number), |page| {
            page.replacen("Top.", "The top.", 1)
        });
    }
    rig.settle();
    for (number, text) in numbered() {
        let wanted = text.replacen("Top.", "The top.", 1);
        assert_eq!(body(&rig, number), wanted);
        write(
            &rig,
            number,
            &wanted
                .replacen("Top", "top", 1)
                .replacen("top.", "very top.", 1),
        );
    }
    rig.settle();
    for (number, text) in numbered() {
        let page = rig.markdown(rig.page(number));
        let wanted = text.replacen("Top.", "The very top.", 1);
        assert_eq!(body(&rig, number), wanted);
        assert!(page.starts_with("The very top."), "{page:?}");
    }
    rig.assert_quiet();
    rig.run(&["sync", "--once", "--full"]);
    rig.assert_quiet();
}

/// What was written stands on GitHub, though nobody said so, and people went on writing on both sides.
#[test]
fn edits_after_a_lost_answer_are_no_conflict_with_our_own_text() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    rig.advanced("send_deadline", "\"300ms\"");
    rig.advanced("flight", "\"500ms\"");
    write(&rig, 1, "Top.\n\nMiddle.\n\nEnd.\n");
    rig.settle();
    let first = |line: &str| rig.edit_body(rig.page(1), |page| format!("{line}\n{page}"));
    first("One.");
    let path = "/repos/*/issues/*";
    let faults = |times| {
        let mut front = rig.small.github.front.lock();
        front.faults.clear();
        front.faults.add("PATCH", path, times, HubFault::DropAfter);
    };
    faults(1);
    rig.run(&["sync", "--once"]);
    faults(0);
    assert!(body(&rig, 1).starts_with("One."), "{}", body(&rig, 1));
    write(&rig, 1, &format!("{}\n\nLast.\n", body(&rig, 1).trim_end()));
    first("Two.");
    rig.settle();
    assert_eq!(rig.run(&["conflicts", "list"]).out, "0 conflicts\n");
    let said: Vec<String> = body(&rig, 1)
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    assert_eq!(said, ["Two.", "One.", "Top.", "Middle.", "End.", "Last."]);
    let history = rig.run(&["history", "--json"]).out;
    assert!(!history.contains("not_applied"), "{history}");
    rig.assert_agreement();
    rig.assert_quiet();
}

/// A person edits the page between our look at it and our write.
#[test]
fn an_edit_of_the_page_right_before_our_write_is_seen_by_the_same_pass() {
    for raced in ["Top, edited.", "Top.\nAnd more."] {
        let rig = Rig::start(Some(world(1, 0, 0)));
        write(&rig, 1, "Top.\n\nMiddle.\n\nEnd.\n");
        rig.settle();
        let race = FaultKind::Raced("Top.", raced);
        let rule = Rule::once(Method::PATCH, "/v1/pages/*/markdown", race);
        rig.small.notion.shared.lock().faults.add(rule);
        write(&rig, 1, "Top.\n\nMiddle.\n\nThe end.\n");
        rig.settle();
        let wanted = format!("{}\n\nMiddle.\n\nThe end.\n", raced.replace('\n', "\n\n"));
        assert_eq!(body(&rig, 1), wanted);
        rig.assert_agreement();
        rig.assert_quiet();
    }
}

/// A slip in the configuration must not publish what people wrote for themselves.
#[test]
fn another_private_heading_makes_nothing_public_that_was_private() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    rig.settle();
    let below = |heading: &str, words: &str| {
        rig.edit_body(rig.page(1), |page| format!("{page}\n## {heading}\n{words}"));
    };
    below("Private notes", "my secret");
    rig.settle();
    rig.link("private_heading", "\"Our notes\"");
    let done = rig.run(&["sync", "--once"]);
    assert!(
        done.out.contains("the former private heading"),
        "{}",
        done.out
    );
    rig.edit_body(rig.page(1), |page| format!("More.\n{page}"));
    rig.settle();
    let text = body(&rig, 1);
    assert!(text.contains("More."), "{text}");
    assert!(!text.contains("secret"), "{text}");
    rig.assert_quiet();
}

/// Bodies of which Notion shows some things in its own way.
const RENDERED: [&str; 6] = [
    "Steps to release:\n\n1. [ ] bump\n2. [x] write\n3. [ ] tag\n",
    "> - [ ] quoted\n> 1. [x] numbered\n\n__more__ words\n",
    "<!-- tpl -->\n\n9. nine\n10. ten\n    - nested <!-- c -->\n11. eleven\n",
    "```\n\n```\n\n- a\n  1. [ ] deep\n  2. [x] deeper\n",
    "* --\n  * under it\n",
    "* * *\n\nHead\n===\n\n3) three\n4) four\n",
];

#[test]
fn a_text_that_nobody_edited_is_written_by_nobody() {
    let mut rig = Rig::start(Some(world(RENDERED.len(), 0, 0)));
    rig.advanced("sweep_bodies", "1000");
    let numbered = || (1_u64..).zip(RENDERED);
    for (number, text) in numbered() {
        write(&rig, number, text);
    }
    rig.settle();
    // Another field of some pages is edited, so that a person is the last to have touched them.
    for (number, _) in numbered().filter(|(number, _)| number % 2 == 1) {
        let cell = Cell::choice("In progress");
        rig.edit_page(rig.page(number), vec![("Status", cell)]);
    }
    rig.settle();
    for (number, text) in numbered() {
        assert_eq!(body(&rig, number), text);
    }
    let before = rig.writes();
    for _ in 0..2 {
        let done = rig.run(&["sync", "--once", "--full"]);
        assert_eq!(done.code, Some(0), "{}", done.said());
    }
    assert_eq!(rig.writes(), before, "nobody asked for a write");
    for (number, text) in numbered() {
        assert_eq!(body(&rig, number), text);
    }
}

/// A body with much that Notion cannot show.
const RICH: &str = "<!-- template: keep -->\n\nPara one.\n\n2. second\n3. third\n\n> q1\n\n> q2\n\n    code *it*\n\n\
                    ![shot](https://e.x/i.png \"A title\") end  \nhard\\\nbreaks\n\n<img src=\"https://e.x/z.png\" width=\"10\">\n";

#[test]
fn notions_side_of_a_conflict_keeps_what_notion_cannot_show() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    write(&rig, 1, RICH);
    rig.settle();
    write(&rig, 1, &RICH.replace("Para one", "Para here"));
    rig.edit_body(rig.page(1), |page| page.replace("Para one", "Para there"));
    rig.settle();
    let open = rig.run(&["conflicts", "list", "--json"]).json();
    let id = open[0]["id"].as_str().unwrap_or_default().to_owned();
    let take = rig.run(&["conflicts", "take", &id, "notion"]);
    assert_eq!(take.code, Some(0), "{}", take.said());
    rig.settle();
    assert_eq!(body(&rig, 1), RICH.replace("Para one", "Para there"));
    assert!(rig.markdown(rig.page(1)).contains("Para there"));
    assert_eq!(rig.run(&["conflicts", "list"]).code, Some(0));
    rig.assert_quiet();
}

#[test]
fn an_undone_edit_gives_github_back_its_own_bytes() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    write(&rig, 1, RICH);
    rig.settle();
    write(&rig, 1, "wiped by mistake\n");
    rig.settle();
    let records = rig.run(&["history", "--json"]).json();
    let is_wiped = |record: &&serde_json::Value| {
        record["verb"] == "change" && record["changes"][0]["field"] == "body"
    };
    let mut found = records.as_array().into_iter().flatten();
    let record = found.find(is_wiped).unwrap_or_else(|| panic!("{records}"));
    let id = record["id"].as_str().unwrap_or_default();
    let done = rig.run(&["undo", id, "--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    rig.settle();
    assert_eq!(body(&rig, 1), RICH);
    rig.assert_quiet();
}
