//! A list that can be walked, scrolled, marked and filtered. The marked row is known by its name, so that it stays
//! marked when rows come and go.

use std::collections::BTreeSet;

/// Where one is in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The marked row's name.
    pub at: Option<String>,
    /// Where the marked row was last, for when it is gone.
    index: usize,
    /// The first row on the screen.
    top: usize,
    /// Rows marked for an action on many.
    pub picked: BTreeSet<String>,
    /// The filter; empty = all.
    pub filter: String,
}

/// A step in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many rows down (or up, if negative).
    By(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl List {
    /// The index of the marked row among these names.
    pub fn index<S: AsRef<str>>(&self, names: &[S]) -> usize {
        let found = self
            .at
            .as_deref()
            .and_then(|at| names.iter().position(|name| name.as_ref() == at));
        found.unwrap_or_else(|| self.index.min(names.len().saturating_sub(1)))
    }

    /// Marks another row.
    pub fn step<S: AsRef<str>>(&mut self, names: &[S], step: Step) {
        let last = names.len().saturating_sub(1);
        let now = self.index(names);
        let next = match step {
            Step::By(rows) => now.saturating_add_signed(rows).min(last),
            Step::First => 0,
            Step::Last => last,
        };
        self.go(names, next);
    }

    /// Marks the row of this index.
    pub fn go<S: AsRef<str>>(&mut self, names: &[S], index: usize) {
        self.index = index;
        self.at = names.get(index).map(|name| name.as_ref().to_owned());
    }

    /// The first row to show in a window of so many rows, such that the marked row is in view.
    pub fn window<S: AsRef<str>>(&self, names: &[S], rows: usize) -> usize {
        let at = self.index(names);
        let most = names.len().saturating_sub(rows);
        let top = self.top.min(most);
        if at < top {
            at
        } else if rows > 0 && at >= top + rows {
            at + 1 - rows
        } else {
            top
        }
    }

    /// Keeps the window where it is now, so that the next step scrolls as little as can be.
    pub fn keep<S: AsRef<str>>(&mut self, names: &[S], rows: usize) {
        self.top = self.window(names, rows);
        self.index = self.index(names);
    }

    /// Picks a row, or lets it go.
    pub fn toggle(&mut self, name: &str) {
        if !self.picked.remove(name) {
            self.picked.insert(name.to_owned());
        }
    }
}

/// Whether a row passes a filter: every word must occur, `!word` must not. Case does not matter.
pub fn passes(filter: &str, row: &str) -> bool {
    let row = row.to_lowercase();
    filter.to_lowercase().split_whitespace().all(|word| {
        word.strip_prefix('!').map_or_else(
            || row.contains(word),
            |not| not.is_empty() || !row.contains(not),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marked_row_stays_when_rows_come() {
        let mut list = List::default();
        list.step(&["a", "b", "c"], Step::By(1));
        assert_eq!(list.at.as_deref(), Some("b"));
        assert_eq!(list.index(&["x", "a", "b", "c"]), 2);
        list.keep(&["x", "a", "b", "c"], 4);
        assert_eq!(list.index(&["x", "a"]), 1, "gone: the row in its place");
    }

    #[test]
    fn the_marked_row_is_in_view() {
        let names: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        let mut list = List::default();
        for step in [
            Step::By(20),
            Step::By(-3),
            Step::Last,
            Step::First,
            Step::By(9),
        ] {
            list.step(&names, step);
            list.keep(&names, 10);
            let top = list.window(&names, 10);
            assert!((top..top + 10).contains(&list.index(&names)), "{step:?}");
        }
        assert_eq!(
            list.window(&names, 10),
            0,
            "nine down fits without scrolling"
        );
    }

    #[test]
    fn filters_take_words_and_refusals() {
        assert!(passes("crash tmux", "#482 Crash on resize in tmux"));
        assert!(!passes("crash !tmux", "#482 Crash on resize in tmux"));
        assert!(passes("", "anything") && passes("!", "anything"));
    }
}
