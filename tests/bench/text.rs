//! How fast texts are read, compared and merged: `cargo bench --bench text`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;

use divan::{Bencher, black_box, counter::BytesCount};
use pulse_sync::core::text::{Merged, apply_change, canonical, merge, same};

fn main() {
    divan::main();
}

/// Lengths of bodies: usual, long, and the longest that GitHub takes.
const SIZES: [usize; 3] = [1_000, 10_000, 65_000];

/// A body of about so many bytes with what bodies hold: headings, lists, code, links, emphasis.
fn body(bytes: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < bytes {
        number += 1;
        let _ = write!(
            text,
            "## Part {number}\n\nIt *smokes* at __night__, see [the log](https://example.org/{number}) and #{number}.\n\n\
             - [ ] look at `wick.rs`\n- [x] tell @ada\n\n```\nlamp --check {number}\n```\n\n"
        );
    }
    text
}

fn with_line(text: &str, at: usize, line: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(at.min(lines.len()), line);
    lines.join("\n")
}

#[divan::bench(args = SIZES)]
fn canonical_lines(bencher: Bencher<'_, '_>, bytes: usize) {
    let text = body(bytes);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| canonical(black_box(&text)));
}

/// Two texts that mean the same and are written differently, the slow way to "nothing changed".
#[divan::bench(args = SIZES)]
fn same_in_other_words(bencher: Bencher<'_, '_>, bytes: usize) {
    let text = body(bytes);
    let other = text.replace("*smokes*", "_smokes_").replace("- [", "* [");
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| assert!(same(black_box(&text), black_box(&other))));
}

/// Both sides added a line in different places.
#[divan::bench(args = SIZES)]
fn merge_three_ways(bencher: Bencher<'_, '_>, bytes: usize) {
    let base = body(bytes);
    let ours = with_line(&base, 3, "A line of ours.");
    let theirs = with_line(&base, base.lines().count() - 4, "A line of theirs.");
    bencher.counter(BytesCount::of_str(&base)).bench_local(|| {
        match merge(black_box(&base), &ours, &theirs) {
            Merged::Clean(text) => text,
            Merged::Conflict(_) => panic!("two far changes never collide"),
        }
    });
}

/// One changed line of Notion's text put into what GitHub shows: what each edit in Notion costs.
#[divan::bench(args = SIZES)]
fn apply_one_change(bencher: Bencher<'_, '_>, bytes: usize) {
    let from = body(bytes);
    let to = with_line(&from, 5, "A line of theirs.");
    let onto = with_line(&from, from.lines().count() - 4, "A line that Notion lacks.");
    bencher.counter(BytesCount::of_str(&from)).bench_local(|| {
        match apply_change(black_box(&from), &to, &onto) {
            Merged::Clean(text) => text,
            Merged::Conflict(_) => panic!("two far changes never collide"),
        }
    });
}
