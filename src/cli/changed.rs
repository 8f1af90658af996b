//! A changed field for a terminal: in one line where both values fit, else by the lines that differ.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

use crate::core::{FieldKey, Value};
use crate::shown::Shown;
use crate::ui::text;

/// Values up to this long are shown in one line.
const SHORT: usize = 60;
/// Lines of a text that are shown, at most.
const LINES: usize = 6;
/// Characters of one line that are shown, at most.
const WIDE: usize = 100;
/// Characters before the first difference of two lines that are shown.
const BEFORE: usize = 20;

/// What changes in a field, fit for a terminal: one line, or the name and the lines that differ, each after `indent`.
pub fn lines(field: &FieldKey, old: &Value, new: &Value, indent: &str) -> Vec<String> {
    if is_short(old) && is_short(new) {
        let (old, new) = (told(old), told(new));
        return vec![format!("{indent}{field}: {old} -> {new}")];
    }
    let (old, new) = (whole(old), whole(new));
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    let mut shown = Hunk::default();
    for op in ops.iter().filter(|op| op.tag() != DiffTag::Equal) {
        shown.take(op, &before, &after);
    }
    let mut lines = vec![match (new.is_empty(), shown.lines.is_empty()) {
        (true, _) => format!("{indent}{field}: emptied"),
        (false, true) => format!("{indent}{field}: the same lines, ended otherwise"),
        (false, false) => format!("{indent}{field}:"),
    }];
    lines.extend(shown.lines.iter().map(|line| format!("{indent}  {line}")));
    if shown.more > 0 {
        lines.push(format!(
            "{indent}  … {}",
            text::counted(shown.more, "more line")
        ));
    }
    lines
}

/// Prints what changes in a field.
pub fn print(field: &FieldKey, old: &Value, new: &Value, indent: &str) {
    for line in lines(field, old, new, indent) {
        say!("{line}");
    }
}

fn is_short(value: &Value) -> bool {
    let text = whole(value);
    !text.trim_end().contains('\n') && text.chars().count() <= SHORT
}

fn told(value: &Value) -> Shown {
    Shown::line(&value.brief(usize::MAX))
}

/// A text with its lines; any other value in one.
fn whole(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Null => String::new(),
        other => other.brief(usize::MAX),
    }
}

/// The lines that differ, and how many there is no room for.
#[derive(Default)]
struct Hunk {
    lines: Vec<String>,
    more: usize,
}

impl Hunk {
    fn take(&mut self, op: &DiffOp, before: &[&str], after: &[&str]) {
        let (old, new) = (&before[op.old_range()], &after[op.new_range()]);
        let room = LINES.saturating_sub(self.lines.len());
        // Each side has half of the room, and what the other leaves of its own.
        let olds = old
            .len()
            .min((room / 2).max(room.saturating_sub(new.len())));
        let news = new.len().min(room - olds);
        for (at, line) in old.iter().take(olds).enumerate() {
            let from = new.get(at).map_or(0, |other| start(line, other));
            self.lines.push(format!("- {}", part(line, from)));
        }
        for (at, line) in new.iter().take(news).enumerate() {
            let from = old.get(at).map_or(0, |other| start(line, other));
            self.lines.push(format!("+ {}", part(line, from)));
        }
        self.more += old.len() - olds + new.len() - news;
    }
}

/// From which character on a line is shown, so that what differs from the other one is in sight.
fn start(line: &str, other: &str) -> usize {
    let same = line.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    let same = same.count();
    if same < WIDE - BEFORE {
        0
    } else {
        same - BEFORE
    }
}

/// A part of a line, with signs where it is cut.
fn part(line: &str, from: usize) -> String {
    let rest: String = line.chars().skip(from).collect();
    let head = if from > 0 { "…" } else { "" };
    let is_cut = rest.chars().count() > WIDE;
    let shown: String = rest.chars().take(WIDE).collect();
    let tail = if is_cut { "…" } else { "" };
    format!("{head}{}{tail}", Shown::line(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(old: &str, new: &str) -> Vec<String> {
        lines(&FieldKey::BODY, &Value::text(old), &Value::text(new), "")
    }

    #[test]
    fn what_is_short_is_one_line() {
        assert_eq!(of("dim", "bright"), ["body: dim -> bright"]);
        let set = |names: &[&str]| Value::set(names.iter().map(|name| (*name).to_owned()));
        let shown = lines(&FieldKey::LABELS, &set(&[]), &set(&["bug"]), "  ");
        assert_eq!(shown, ["  labels: — -> bug"]);
    }

    #[test]
    fn a_change_further_down_is_in_sight() {
        let text = |last: &str| format!("One\n\nTwo\n\nThree\n\n{last}\n\nFive");
        assert_eq!(
            of(&text("Four"), &text("4")),
            ["body:", "  - Four", "  + 4"]
        );
        let long = "so on and ".repeat(30);
        let shown = of(&format!("{long} dim"), &format!("{long} bright"));
        assert!(
            shown[1].starts_with("  - …") && shown[1].ends_with(" dim"),
            "{shown:?}"
        );
        assert!(shown[2].ends_with(" bright"), "{shown:?}");
    }

    #[test]
    fn a_long_change_says_how_much_of_it_is_not_shown() {
        let text = |word: &str| {
            let lines: Vec<String> = (0..20).map(|at| format!("{word} {at}\n")).collect();
            lines.concat()
        };
        let shown = of(&text("old"), &text("new"));
        assert_eq!(shown.len(), 8, "{shown:?}");
        assert_eq!((&*shown[1], &*shown[4]), ("  - old 0", "  + new 0"));
        assert_eq!(shown[7], "  … 34 more lines");
        let emptied = of(&text("old"), "");
        assert_eq!(
            (&*emptied[0], &*emptied[7]),
            ("body: emptied", "  … 14 more lines")
        );
    }

    #[test]
    fn nothing_in_it_steers_a_terminal() {
        let shown = of("a\nb", "a\n\u{1b}[2J");
        assert!(!shown.concat().contains('\u{1b}'), "{shown:?}");
    }
}
