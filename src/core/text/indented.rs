//! Code that is marked by its indent alone, as `CommonMark` knows it.
//!
//! Only what is code for certain is read as such: what we take for code is not neutralised on its way to GitHub. So
//! list items are left no earlier here than GitHub leaves them.

use super::block::{Block, Kind, Source, column};
use super::leaf::{self, Leaf};

/// How far a line of code is indented, beyond the text of the list item it is in.
const INDENT: usize = 4;

/// Code that begins at the front of some lines.
pub(super) struct Indented {
    /// How many lines it has.
    pub(super) length: usize,
    /// The column where its text begins.
    pub(super) column: usize,
}

/// Whether a line may be the first one of code: never in the middle of a paragraph.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Opens {
    #[default]
    Always,
    /// After a heading, say, where a tab in a page of Notion only says what belongs to the heading.
    BySpaces,
    Never,
}

/// Where code may begin.
#[derive(Default)]
pub(super) struct Nested {
    opens: Opens,
    /// The columns where the texts of the open list items begin.
    items: Vec<usize>,
    /// What ends the HTML that is open, which blank lines do not end.
    html: Option<&'static str>,
}

/// HTML that goes on over blank lines, and its ends (`CommonMark`'s kinds 1 to 5).
const HTML: [(&str, &str); 8] = [
    ("<!--", "-->"),
    ("<![cdata[", "]]>"),
    ("<!", ">"),
    ("<?", "?>"),
    ("<pre", "</pre>"),
    ("<script", "</script>"),
    ("<style", "</style>"),
    ("<textarea", "</textarea>"),
];

impl Nested {
    /// Goes past a line that says nothing. Only white space ends a paragraph for certain.
    pub(super) fn blank(&mut self, line: &str) {
        self.opens = if is_white(line) {
            Opens::Always
        } else {
            Opens::Never
        };
    }

    /// Finds the code that begins at the front.
    pub(super) fn code(&mut self, rest: &[Source]) -> Option<Indented> {
        let line = rest.first()?.text;
        let opens = std::mem::replace(&mut self.opens, Opens::Never);
        if opens == Opens::Never || self.html.is_some() {
            return None;
        }
        let indent = column(line);
        self.leave(indent);
        let from = self.content() + INDENT;
        let tabbed = line[..line.len() - line.trim_start().len()].contains('\t');
        if indent < from || (tabbed && opens == Opens::BySpaces) {
            return None;
        }
        let mut length = 1;
        for (at, source) in rest.iter().enumerate() {
            if is_white(source.text) {
                continue;
            }
            if column(source.text) < from {
                break;
            }
            length = at + 1;
        }
        Some(Indented {
            length,
            column: from,
        })
    }

    /// Goes past a line that is no code; `last` is the last block that was read from it.
    pub(super) fn read(&mut self, text: &str, line: &str, last: Option<&Block>) {
        let indent = column(text);
        let read = leaf::read(line);
        let fence = leaf::fence(line).is_some();
        // Any other line may go on with the paragraph of an item, however little it is indented.
        if fence || !matches!(read, Leaf::Text(_)) {
            self.leave(indent);
        }
        let is_deep = indent >= self.content() + INDENT;
        self.enter(indent, line);
        let is_whole = matches!(read, Leaf::Heading(..) | Leaf::Rule)
            || (fence && last.is_some_and(|last| matches!(last.kind, Kind::FenceEnd(_))));
        self.tags(line);
        self.opens = if is_whole && !is_deep {
            Opens::BySpaces
        } else {
            Opens::Never
        };
    }

    /// Opens and closes HTML that holds no code.
    fn tags(&mut self, line: &str) {
        if self.html.is_none() && !line.starts_with('<') {
            return;
        }
        let line = line.to_ascii_lowercase();
        if self.html.is_none() {
            let opened = HTML.iter().find(|(open, _)| line.starts_with(open));
            self.html = opened.map(|(_, end)| *end);
        }
        self.html = self.html.filter(|end| !line.contains(end));
    }

    fn content(&self) -> usize {
        self.items.last().copied().unwrap_or(0)
    }

    fn leave(&mut self, column: usize) {
        while self.items.last().is_some_and(|content| column < *content) {
            self.items.pop();
        }
    }

    /// Enters the list items, or the footnote, that begin on a line.
    fn enter(&mut self, indent: usize, line: &str) {
        if line.starts_with("[^") && line.contains("]:") {
            self.items.push(indent + INDENT);
        }
        let mut at = indent;
        let mut rest = line;
        while let Some(width) = leaf::marker_length(rest) {
            let after = &rest[width..];
            let text = after.trim_start_matches([' ', '\t']);
            let end = at + width;
            let gap = after[..after.len() - text.len()].chars();
            let reached = gap.fold(end, |column, c| {
                if c == '\t' {
                    column / 4 * 4 + 4
                } else {
                    column + 1
                }
            });
            // Five columns and more are code in the item.
            let is_usual = !text.is_empty() && reached - end <= INDENT;
            at = if is_usual { reached } else { end + 1 };
            self.items.push(at);
            rest = text;
        }
    }
}

fn is_white(line: &str) -> bool {
    line.chars().all(|c| matches!(c, ' ' | '\t' | '\r'))
}

/// A line of code without its indent; what is left of a tab becomes spaces.
pub(super) fn dedent(line: &str, wanted: usize) -> String {
    if is_white(line) {
        return String::new();
    }
    let (at, reached) = passed(line, wanted);
    format!("{}{}", " ".repeat(reached - wanted), &line[at..])
}

/// The indent of code, as it is written before its first line.
pub(super) fn indent(line: &str, wanted: usize) -> String {
    let (at, reached) = passed(line, wanted);
    if reached == wanted {
        line[..at].to_owned()
    } else {
        " ".repeat(wanted)
    }
}

/// The byte and the column of the first character that is not before a column, which lies in the line's indent.
fn passed(line: &str, wanted: usize) -> (usize, usize) {
    let mut reached = 0;
    for (at, c) in line.char_indices() {
        if reached >= wanted {
            return (at, reached);
        }
        reached = if c == '\t' {
            reached / 4 * 4 + 4
        } else {
            reached + 1
        };
    }
    (line.len(), reached.max(wanted))
}

/// An indent without that of the code itself.
pub(super) fn outer(indent: &str) -> String {
    let short = indent
        .strip_suffix("    ")
        .or_else(|| indent.strip_suffix('\t'));
    short.map_or_else(
        || " ".repeat(column(indent).saturating_sub(INDENT)),
        str::to_owned,
    )
}
