//! Which words of a text are new against the base, and how marked lines fit into a column.

use similar::{ChangeTag, TextDiff};

use crate::ui::canvas::{Ink, ink};
use crate::ui::text::{width, wrap};
use crate::ui::theme::Meaning;

/// A stretch of a text against its base.
enum Stretch {
    Same(String),
    /// What is gone, and what came for it.
    Changed(String, String),
}

/// The words of `value`: `[+new+]` where they are not in `base`, and `[-gone-]` where nothing came for them or, with
/// `removed`, everywhere. The signs say it on every terminal; the colours only help.
pub fn marked_words(base: &str, value: &str, removed: bool) -> Vec<Vec<Ink>> {
    let mut lines: Vec<Vec<Ink>> = vec![Vec::new()];
    for stretch in stretches(base, value) {
        match stretch {
            Stretch::Same(text) => push(&mut lines, &text, Meaning::Text),
            Stretch::Changed(gone, new) => {
                let is_replaced = !new.trim().is_empty();
                let with_gone = !gone.trim().is_empty() && (removed || !is_replaced);
                if with_gone {
                    push_signed(&mut lines, &gone, ["[-", "-]"], Meaning::Remove);
                }
                if with_gone && is_replaced && !new.starts_with(char::is_whitespace) {
                    push(&mut lines, " ", Meaning::Text);
                }
                push_signed(&mut lines, &new, ["[+", "+]"], Meaning::Add);
            }
        }
    }
    lines
}

/// The base's words, those marked that are no longer there on one of the sides.
pub fn gone_words(base: &str, sides: [&str; 2]) -> Vec<Vec<Ink>> {
    let mut kept = vec![true; base.len()];
    for side in sides {
        let mut at = 0;
        for change in TextDiff::from_words(base, side).iter_all_changes() {
            let end = at + change.value().len();
            match change.tag() {
                ChangeTag::Insert => continue,
                ChangeTag::Delete => kept[at..end].fill(false),
                ChangeTag::Equal => {}
            }
            at = end;
        }
    }
    // A blank between two gone words goes with them.
    for at in 1..base.len().saturating_sub(1) {
        if base.as_bytes()[at] == b' ' && !kept[at - 1] && !kept[at + 1] {
            kept[at] = false;
        }
    }
    let mut lines: Vec<Vec<Ink>> = vec![Vec::new()];
    let mut rest = base;
    let mut at = 0;
    while !rest.is_empty() {
        let is_kept = kept[at];
        let run = kept[at..].iter().take_while(|kept| **kept == is_kept);
        let (text, after) = rest.split_at(run.count());
        if is_kept || text.trim().is_empty() {
            push(&mut lines, text, Meaning::Text);
        } else {
            push_signed(&mut lines, text, ["[-", "-]"], Meaning::Remove);
        }
        at += text.len();
        rest = after;
    }
    lines
}

/// The changes word by word; those with nothing but a blank between them are one.
fn stretches(base: &str, value: &str) -> Vec<Stretch> {
    let mut out = Vec::new();
    let (mut gone, mut new, mut blank) = (String::new(), String::new(), String::new());
    let diff = TextDiff::from_words(base, value);
    for change in diff.iter_all_changes() {
        let text = change.value();
        let within = !gone.is_empty() || !new.is_empty();
        if change.tag() == ChangeTag::Equal {
            let bridges = within && blank.is_empty() && text.chars().all(|c| c == ' ');
            if bridges {
                blank.push_str(text);
                continue;
            }
            flush(&mut out, &mut gone, &mut new, &mut blank);
            out.push(Stretch::Same(text.to_owned()));
            continue;
        }
        gone.push_str(&blank);
        new.push_str(&blank);
        blank.clear();
        match change.tag() {
            ChangeTag::Delete => gone.push_str(text),
            _ => new.push_str(text),
        }
    }
    flush(&mut out, &mut gone, &mut new, &mut blank);
    out
}

fn flush(out: &mut Vec<Stretch>, gone: &mut String, new: &mut String, blank: &mut String) {
    if !gone.is_empty() || !new.is_empty() {
        out.push(Stretch::Changed(std::mem::take(gone), std::mem::take(new)));
    }
    if !blank.is_empty() {
        out.push(Stretch::Same(std::mem::take(blank)));
    }
}

/// Adds a text to the last line, and a new line for each break in it.
fn push(lines: &mut Vec<Vec<Ink>>, text: &str, meaning: Meaning) {
    for (at, piece) in text.split('\n').enumerate() {
        if at > 0 {
            lines.push(Vec::new());
        }
        if let Some(line) = lines.last_mut().filter(|_| !piece.is_empty()) {
            line.push(ink(piece, meaning));
        }
    }
}

/// Adds a text with a sign before and behind it in each line; the blanks around it stay outside.
fn push_signed(lines: &mut Vec<Vec<Ink>>, text: &str, signs: [&str; 2], meaning: Meaning) {
    for (at, piece) in text.split('\n').enumerate() {
        if at > 0 {
            lines.push(Vec::new());
        }
        let words = piece.trim();
        if words.is_empty() {
            push(lines, piece, Meaning::Text);
            continue;
        }
        let before = &piece[..piece.len() - piece.trim_start().len()];
        let behind = &piece[piece.trim_end().len()..];
        push(lines, before, Meaning::Text);
        push(lines, &format!("{}{words}{}", signs[0], signs[1]), meaning);
        push(lines, behind, Meaning::Text);
    }
}

/// A text's lines as they are.
pub fn plain(text: &str) -> Vec<Vec<Ink>> {
    text.split('\n')
        .map(|line| vec![ink(line, Meaning::Text)])
        .collect()
}

/// Breaks marked lines into rows of at most `room` columns; without wrapping, each stays one row.
pub fn lay_out(lines: &[Vec<Ink>], room: usize, wraps: bool) -> Vec<Vec<Ink>> {
    if !wraps || room == 0 {
        return lines.to_vec();
    }
    lines.iter().flat_map(|line| broken(line, room)).collect()
}

/// One marked line in rows of at most `room` columns.
fn broken(line: &[Ink], room: usize) -> Vec<Vec<Ink>> {
    let mut rows = Vec::new();
    let mut row: Vec<Ink> = Vec::new();
    let mut used = 0;
    for part in line {
        let mut first = true;
        for piece in wrap_from(&part.text, room, used) {
            if !first {
                rows.push(std::mem::take(&mut row));
                used = 0;
            }
            first = false;
            used += width(&piece);
            row.push(ink(piece, part.meaning));
        }
    }
    rows.push(row);
    rows
}

/// A text in pieces: the first fits behind `used` columns, the others into whole rows.
fn wrap_from(text: &str, room: usize, used: usize) -> Vec<String> {
    if used + width(text) <= room {
        return vec![text.to_owned()];
    }
    let left = room - used.min(room);
    let mut head = String::new();
    for word in text.split_inclusive(' ') {
        if width(&head) + width(word.trim_end()) > left {
            break;
        }
        head.push_str(word);
    }
    let rest = &text[head.len()..];
    // The blank behind the last word has no room any more.
    let mut pieces = vec![head.trim_end().to_owned()];
    pieces.extend(wrap(rest, room));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_has_its_gone_words_marked() {
        let lines = gone_words(
            "a dark lamp\nburns",
            ["a lamp\nburns", "a dark lamp\nglows"],
        );
        let told: Vec<String> = lines
            .iter()
            .map(|line| line.iter().map(|ink| ink.text.as_str()).collect())
            .collect();
        assert!(told[0].contains("[-dark"), "{told:?}");
        assert!(told[1].contains("[-burns"), "{told:?}");
    }

    fn said(base: &str, value: &str, removed: bool) -> String {
        let line = |line: Vec<Ink>| line.into_iter().map(|ink| ink.text).collect::<String>();
        let lines: Vec<String> = marked_words(base, value, removed)
            .into_iter()
            .map(line)
            .collect();
        lines.join("\n")
    }

    #[test]
    fn rows_are_never_wider_than_their_room() {
        let text = "one [and] two, three four five six seven";
        let line = vec![ink("zero ", Meaning::Text), ink(text, Meaning::Add)];
        for room in 6..50 {
            let rows = lay_out(std::slice::from_ref(&line), room, true);
            let wide = |row: &Vec<Ink>| row.iter().map(|ink| width(&ink.text)).sum::<usize>();
            assert!(rows.iter().all(|row| wide(row) <= room), "{room}: {rows:?}");
            let words = |text: String| text.split_whitespace().collect::<String>();
            let all = rows.iter().flatten().map(|ink| ink.text.clone()).collect();
            assert_eq!(words(all), words(format!("zero {text}")));
        }
    }

    #[test]
    fn no_change_is_told_by_style_alone() {
        for (base, value, new, both) in [
            (
                "at night",
                "at dusk",
                "at [+dusk+]",
                "at [-night-] [+dusk+]",
            ),
            (
                "What happens.",
                "What is open.",
                "What [+is open.+]",
                "What [-happens.-] [+is open.+]",
            ),
            ("a b c", "a c", "a [-b-] c", "a [-b-] c"),
            (
                "one\n",
                "one\ntwo\nthree\n",
                "one\n[+two+]\n[+three+]\n",
                "one\n[+two+]\n[+three+]\n",
            ),
            ("same", "same", "same", "same"),
            ("", "new words", "[+new words+]", "[+new words+]"),
            ("old", "", "[-old-]", "[-old-]"),
        ] {
            assert_eq!(said(base, value, false), new, "{base:?} to {value:?}");
            assert_eq!(said(base, value, true), both, "{base:?} to {value:?}");
        }
    }
}
