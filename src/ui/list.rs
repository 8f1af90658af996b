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

/// Whether a text passes a filter: every word must occur, `!word` must not. Case does not matter.
pub fn passes(filter: &str, row: &str) -> bool {
    Facets::of(row).pass(filter)
}

/// What of a row a filter can ask for: its words, and its fields by name.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    words: String,
    fields: Vec<(&'static str, String)>,
}

impl Facets {
    /// A row of these words.
    pub fn of(words: &str) -> Self {
        Self {
            words: words.to_lowercase(),
            fields: Vec::new(),
        }
    }

    /// Adds a field that `name:value` asks for; its value counts among the words, too.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = value.to_lowercase();
        self.words.push(' ');
        self.words.push_str(&value);
        self.fields.push((name, value));
        self
    }

    /// Whether every term of the filter is met: a word occurs, `name:value` occurs in that field, and what stands
    /// behind a `!` does neither. A term whose name is no field of this row is a word like any other.
    pub fn pass(&self, filter: &str) -> bool {
        terms(&filter.to_lowercase()).iter().all(|term| {
            term.strip_prefix('!').map_or_else(
                || self.has(term),
                // As long as nothing is refused yet, everything passes.
                |not| not.is_empty() || not.ends_with(':') || !self.has(not),
            )
        })
    }

    fn has(&self, term: &str) -> bool {
        let named = term.split_once(':').and_then(|(name, value)| {
            let mut fields = self
                .fields
                .iter()
                .filter(|(own, _)| *own == name)
                .peekable();
            fields.peek()?;
            let is_number = name == "item" && is_number(value.trim_start_matches('#'));
            Some(fields.any(|(_, own)| match own.rsplit_once('#') {
                Some((_, number)) if is_number => number == value.trim_start_matches('#'),
                _ => own.contains(value),
            }))
        });
        named.unwrap_or_else(|| self.words.contains(term))
    }
}

/// Whether a word is a number: of an item it means this number, not every one that has its digits.
fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|c| c.is_ascii_digit())
}

/// The terms of a filter: parted by blanks, but for those between quotes: `title:"on resize"`.
fn terms(filter: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut is_quoted = false;
    for c in filter.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            c if c.is_whitespace() && !is_quoted => terms.push(String::new()),
            c => terms.last_mut().into_iter().for_each(|term| term.push(c)),
        }
    }
    terms.retain(|term| !term.is_empty());
    terms
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

    #[test]
    fn a_number_means_the_item_of_that_number() {
        let item = |name: &str| Facets::of("").with("item", name);
        assert!(item("acme/widgets#3").pass("item:3") && item("acme/widgets#3").pass("item:#3"));
        assert!(!item("acme/widgets#13").pass("item:3") && !item("acme/widgets#30").pass("item:3"));
        assert!(item("acme/widgets#13").pass("!item:3"));
        assert!(item("acme/widgets#13").pass("item:widgets#1"), "a word");
    }

    #[test]
    fn filters_ask_for_fields() {
        let row = Facets::of("#482")
            .with("repo", "Acme/widgets")
            .with("title", "Crash on resize")
            .with("field", "title")
            .with("field", "labels");
        let passing = [
            "repo:acme",
            "REPO:Widgets title:crash",
            "field:labels",
            "field:title",
            "!field:state",
            "title:\"on resize\"",
            "\"on resize\" acme",
            "repo:",
            "!repo:",
            "482",
        ];
        for filter in passing {
            assert!(row.pass(filter), "{filter}");
        }
        let refused = [
            "repo:crash",
            "title:acme",
            "!repo:acme",
            "field:state",
            "title:\"resize on\"",
            "https://x",
        ];
        for filter in refused {
            assert!(!row.pass(filter), "{filter}");
        }
        assert!(
            passes("see:this", "please see:this"),
            "no field of the row: a word"
        );
    }
}
