//! Three-way merge: cases and laws.

use proptest::prelude::*;
use pulse_sync::core::text::{
    Merged, Pick, apply_change, canonical, for_notion, from_notion, merge, same,
};

#[test]
fn edits_apart_join_and_edits_together_wait() {
    let table = [
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", Some("A\nb\nC\n")),
        ("a\nb\nc\n", "A\nb\nc\n", "a\nB\nc\n", None),
        ("a\nb\n", "a\n", "a\nB\n", None),
        ("a\nb\n", "a\nx\nb\n", "a\ny\nb\n", None),
        ("a\nb\n", "a\nx\nb\n", "a\nx\nb\n", Some("a\nx\nb\n")),
        ("a\nb\nc\n", "a\nb\nc\n", "a\nc\n", Some("a\nc\n")),
        (
            "a\nb\nc\n",
            "x\na\nb\nc\n",
            "a\nb\nc\ny\n",
            Some("x\na\nb\nc\ny\n"),
        ),
        ("", "a\n", "", Some("a\n")),
        ("a\n", "", "a\n", Some("")),
        ("", "a\n", "b\n", None),
        // The blank lines and bullets of ours stay.
        (
            "* a\n\nb\n\nc\n",
            "* a\n\nb\n\nc\n",
            "- a\nB\nc",
            Some("* a\n\nB\n\nc\n"),
        ),
        (
            "* a\n\nb\n\nc\n",
            "* a\n\nb\n\nC\n",
            "- A\nb\nc",
            Some("- A\n\nb\n\nC\n"),
        ),
        // Written otherwise on both sides, and edited on neither.
        ("* _a_\n", "+ _a_\n", "- *a*", Some("+ _a_\n")),
        // Wrapped in code on one side, edited on the other: the line would mean another thing.
        ("a\nb\nc\n", "a\n* x\nb\nc\n", "```\na\nb\nc\n```\n", None),
        ("a<br>b\n", "a<br>b\n", "a\nB", Some("a\nB\n")),
        ("T\n===\nx\n", "T\n===\nx\n", "# T\ny", Some("T\n===\ny\n")),
        (
            "| a |\n|---|\n| 1 |\n",
            "| a |\n|---|\n| 1 |\n",
            "| a |\n|---|\n| 2 |\n",
            Some("| a |\n|---|\n| 2 |\n"),
        ),
    ];
    for (base, ours, theirs, wanted) in table {
        let merged = merge(base, ours, theirs);
        assert_eq!(
            merged.clean(),
            wanted,
            "{base:?} {ours:?} {theirs:?}: {merged:?}"
        );
    }
}

#[test]
fn a_check_box_ticked_in_notion_touches_one_line() {
    let github = "Intro  \n\n* [ ] one\n* [ ] two\n\n> _note_\n";
    let (before, after) = (
        "Intro\n- [ ] one\n- [ ] two\n> *note*",
        "Intro\n- [ ] one\n- [x] two\n> *note*",
    );
    let merged = apply_change(&from_notion(before), &from_notion(after), github);
    assert_eq!(
        merged.clean(),
        Some("Intro  \n\n* [ ] one\n* [x] two\n\n> _note_\n")
    );
}

#[test]
fn half_a_code_block_is_a_conflict() {
    // Ours unwraps the code; theirs edits it into something that only makes sense as code.
    let merged = merge("```\na\nb\nc\n```\n", "a\nb\nc\n", "```\na\nb\n# c\n```\n");
    assert_eq!(merged.clean(), None);
}

#[test]
fn a_conflict_shows_both_and_takes_a_choice() {
    let merged = merge("a\nb\nc\n", "a\nx\nc", "a\ny\nc\nd\n");
    assert_eq!(merged.hunks().len(), 1);
    assert_eq!(
        merged.with_markers("GitHub", "Notion"),
        "a\n<<<<<<< GitHub\nx\n||||||| base\nb\n=======\ny\n>>>>>>> Notion\nc\nd\n"
    );
    let taking = |pick| merged.taking(|_, _| pick);
    assert_eq!(taking(Pick::Ours), "a\nx\nc\nd\n");
    assert_eq!(taking(Pick::Theirs), "a\ny\nc\nd\n");
    assert_eq!(taking(Pick::Both), "a\nx\ny\nc\nd\n");
    assert_eq!(taking(Pick::Base), "a\nb\nc\nd\n");
}

/// Three texts that share most lines, as edits of one text do.
fn edited() -> impl Strategy<Value = (String, String, String)> {
    const LINES: &[&str] = &[
        "a",
        "b",
        "c",
        "d",
        "- x",
        "* x",
        "  - y",
        "# h",
        "```",
        "let a;",
        "",
        "| a |",
        "|---|",
        "> q",
        "- [ ] t",
        "- [x] t",
        "1. n",
        "<details>",
        "</details>",
        "T",
        "===",
        "x<br>y",
        "<table>",
    ];
    let line = || prop::sample::select(LINES);
    let edits = || prop::collection::vec((0_usize..12, 0_u8..3, line()), 0..4);
    (prop::collection::vec(line(), 0..10), edits(), edits()).prop_map(|(base, ours, theirs)| {
        let apply = |edits: Vec<(usize, u8, &'static str)>| {
            let mut lines = base.clone();
            for (at, what, line) in edits {
                let at = at.min(lines.len());
                match what {
                    0 => lines.insert(at, line),
                    1 if at < lines.len() => lines[at] = line,
                    _ if at < lines.len() => drop(lines.remove(at)),
                    _ => {}
                }
            }
            lines.join("\n")
        };
        (base.join("\n"), apply(ours), apply(theirs))
    })
}

/// Two edits of one text whose lines all differ, so that each line says where it comes from.
fn distinct() -> impl Strategy<Value = (Vec<String>, Vec<String>, Vec<String>)> {
    let edits = || prop::collection::vec((0_usize..12, any::<bool>()), 0..5);
    (0_usize..10, edits(), edits()).prop_map(|(length, ours, theirs)| {
        let base: Vec<String> = (0..length).map(|at| format!("base {at}")).collect();
        let apply = |edits: Vec<(usize, bool)>, name: &str| {
            let mut lines = base.clone();
            for (number, (at, insert)) in edits.into_iter().enumerate() {
                let at = at.min(lines.len());
                if insert {
                    lines.insert(at, format!("{name} {number}"));
                } else if at < lines.len() {
                    lines.remove(at);
                }
            }
            lines
        };
        let (ours, theirs) = (apply(ours, "ours"), apply(theirs, "theirs"));
        (base, ours, theirs)
    })
}

fn count(text: &str, key: &str) -> usize {
    canonical(text)
        .split('\n')
        .filter(|line| *line == key)
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(2_000, 20_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_unchanged_side_gives_the_other((base, ours, theirs) in edited()) {
        for text in [&ours, &theirs] {
            let a = merge(&base, text, &base);
            prop_assert_eq!(a.clean().map(canonical), Some(canonical(text)));
            let b = merge(&base, &base, text);
            prop_assert_eq!(b.clean().map(canonical), Some(canonical(text)));
            let c = merge(&base, text, text);
            prop_assert_eq!(c.clean(), Some(text.as_str()));
        }
    }

    #[test]
    fn cleanliness_does_not_depend_on_the_order((base, ours, theirs) in edited()) {
        let (a, b) = (merge(&base, &ours, &theirs), merge(&base, &theirs, &ours));
        prop_assert_eq!(a.clean().map(canonical), b.clean().map(canonical));
        prop_assert_eq!(a.hunks().len(), b.hunks().len());
    }

    #[test]
    fn no_line_is_lost((base, ours, theirs) in edited()) {
        let merged = merge(&base, &ours, &theirs);
        let Some(text) = merged.clean() else {
            // Whatever both sides wrote is in the conflict view.
            let bullets = |text: &str| text.replace("* ", "- ");
            let both = bullets(&merged.taking(|_, _| Pick::Both));
            for line in ours.lines().chain(theirs.lines()).filter(|line| !base.contains(*line)) {
                prop_assert!(both.contains(bullets(line).trim()), "{line:?} is not in {both:?}");
            }
            prop_assert!(!merged.hunks().is_empty());
            return Ok(());
        };
        let all = [&base, &ours, &theirs].map(|text| canonical(text)).join("\n");
        for key in all.split('\n').filter(|key| !key.is_empty()) {
            let [b, o, t] = [&base, &ours, &theirs].map(|text| count(text, key));
            let found = count(text, key);
            // A line that is new to both is there as often as a side wrote it. Of a line that the base
            // has too, counts tell less: a side may have taken one away and written another, and the
            // other may have written the same. One at least is left where neither has fewer than before;
            // `every_line_goes_where_its_side_sent_it` says the rest, with lines that differ.
            let least = match b {
                0 => o.max(t),
                _ if o >= b && t >= b => 1,
                _ => 0,
            };
            prop_assert!(found >= least, "{key:?}: {b} {o} {t} gives {found} in {text:?}");
            prop_assert!(found <= o + t);
        }
    }

    #[test]
    fn every_line_goes_where_its_side_sent_it((base, ours, theirs) in distinct()) {
        let [b, o, t] = [&base, &ours, &theirs].map(|lines| lines.join("\n"));
        let merged = merge(&b, &o, &t);
        let Some(text) = merged.clean() else {
            return Ok(());
        };
        let found: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        for line in base.iter().chain(&ours).chain(&theirs) {
            let (in_base, in_ours, in_theirs) = (base.contains(line), ours.contains(line), theirs.contains(line));
            let wanted = if in_base { in_ours && in_theirs } else { in_ours || in_theirs };
            let times = found.iter().filter(|found| *found == line).count();
            prop_assert_eq!(times, usize::from(wanted), "{} in {:?}", line, text);
        }
        // Both sides' lines keep the order they were written in.
        for side in [&ours, &theirs] {
            let places: Vec<_> = side.iter().filter_map(|line| found.iter().position(|f| f == line)).collect();
            prop_assert!(places.is_sorted(), "{side:?} in {text:?}");
        }
    }
}

/// Notion closes a fence that GitHub's text leaves open to its end: what is edited in the code, above it and below it
/// stays what it is, and nothing else changes.
#[test]
fn an_edit_of_a_text_with_an_open_fence_stays_where_it_was_made() {
    for fence in ["```", "~~~", "````rust"] {
        let github = format!("Top.\n\n{fence}\none\n\ntwo *a*\n");
        let page = for_notion(&github);
        let from = from_notion(&page);
        assert!(same(&from, &github), "{page:?}");
        assert_eq!(for_notion(&from), page, "the second trip changes nothing");
        for (was, is, wanted) in [
            ("Top.", "The top.", github.replace("Top.", "The top.")),
            ("one", "one and", github.replace("one", "one and")),
            ("two *a*", "two *a*\nthree", format!("{github}three\n")),
            ("\ntwo *a*", "", github.replace("two *a*\n", "")),
        ] {
            let to = from_notion(&page.replacen(was, is, 1));
            let Merged::Clean(said) = apply_change(&from, &to, &github) else {
                panic!("{fence} {is:?}");
            };
            assert!(same(&said, &to), "{said:?}");
            assert_eq!(said, wanted);
        }
        // Below it the code has to end first.
        let to = from_notion(&format!("{page}\nAfter.\n- item"));
        let Merged::Clean(said) = apply_change(&from, &to, &github) else {
            panic!("{fence}");
        };
        assert!(same(&said, &to), "{said:?}");
        let mark = fence.trim_end_matches("rust");
        assert_eq!(said, format!("{github}{mark}\n\nAfter.\n\n- item\n"));
        // And what GitHub writes on at the end of the code is code in Notion.
        let longer = format!("{github}- no item\n");
        assert!(same(&from_notion(&for_notion(&longer)), &longer));
    }
}
