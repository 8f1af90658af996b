//! Markdown by the line: fences, nesting, tables; everything before a line is understood.

use super::inline;
use super::tags;

/// A line of text or a whole fenced code block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// One line, without its indentation and trailing blanks.
    Text {
        /// How deep it is nested.
        depth: usize,
        /// The line.
        text: String,
    },
    /// Fenced code; its text is literal.
    Code {
        /// How deep it is nested.
        depth: usize,
        /// The word after the fence.
        language: String,
        /// The lines between the fences.
        text: String,
    },
}

/// Splits Markdown into lines that matter: blank ones are dropped outside code.
pub fn read(markdown: &str) -> Vec<Line> {
    let text = markdown.replace("\r\n", "\n");
    let rows: Vec<&str> = text.split('\n').collect();
    let mut reader = Reader {
        rows: &rows,
        at: 0,
        nesting: Vec::new(),
        table: None,
        out: Vec::new(),
    };
    while reader.at < rows.len() {
        reader.step();
    }
    reader.out
}

/// Writes a code block with a fence longer than any inside it.
pub fn fence(language: &str, text: &str) -> Vec<String> {
    let longest = text
        .split('\n')
        .map(|line| line.trim_start().bytes().take_while(|b| *b == b'`').count())
        .max();
    let ticks = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let mut lines = vec![format!("{ticks}{language}")];
    lines.extend(text.split('\n').map(str::to_owned));
    lines.push(ticks);
    lines
}

struct Reader<'a> {
    rows: &'a [&'a str],
    at: usize,
    /// The columns at which the open levels begin, and whether each may have children.
    nesting: Vec<(usize, bool)>,
    /// Depth of the table that is open; its rows are not nested.
    table: Option<usize>,
    out: Vec<Line>,
}

impl Reader<'_> {
    fn step(&mut self) {
        let row = self.rows[self.at];
        let text = row.trim_matches([' ', '\t']);
        if text.is_empty() {
            self.at += 1;
            return;
        }
        let column = columns(row);
        if let Some(width) = fence_width(text) {
            let depth = self.depth(column, false);
            self.code(depth, column, text, width);
        } else if self.starts_pipe_table(text) {
            let depth = self.depth(column, false);
            self.pipe_table(depth);
        } else {
            self.text(column, text);
            self.at += 1;
        }
    }

    fn text(&mut self, column: usize, text: &str) {
        if !tags::is_structure(text) {
            let depth = self.depth(column, may_nest(text));
            self.out.push(Line::Text {
                depth,
                text: text.to_owned(),
            });
            return;
        }
        let depth = match self.table {
            Some(depth) => depth,
            None => self.depth(column, true),
        };
        if text.starts_with("<table") && !text.starts_with("<table_") {
            self.table = Some(depth);
        }
        for piece in one_tag_a_line(text) {
            self.out.push(Line::Text { depth, text: piece });
        }
        if text.contains("</table>") {
            self.table = None;
        }
    }

    /// Finds how deep a line at `column` is nested and opens its level.
    fn depth(&mut self, column: usize, parent: bool) -> usize {
        while self
            .nesting
            .last()
            .is_some_and(|(at, _)| *at >= column.max(1))
        {
            self.nesting.pop();
        }
        if column == 0 {
            self.nesting.clear();
        }
        // Below something that has no children a line is a sibling.
        while self.nesting.last().is_some_and(|(_, parent)| !parent) {
            self.nesting.pop();
        }
        let depth = self.nesting.len();
        self.nesting.push((column, parent));
        depth
    }

    fn code(&mut self, depth: usize, column: usize, open: &str, width: usize) {
        let sign = open.chars().next().unwrap_or('`');
        let language = open[width..].trim().to_owned();
        let mut body = Vec::new();
        self.at += 1;
        while let Some(row) = self.rows.get(self.at) {
            self.at += 1;
            let bare = row.trim_matches([' ', '\t']);
            if bare.len() >= width && bare.chars().all(|c| c == sign) {
                break;
            }
            body.push(outdent(row, column));
        }
        self.out.push(Line::Code {
            depth,
            language,
            text: body.join("\n"),
        });
    }

    fn starts_pipe_table(&self, text: &str) -> bool {
        let next = self.rows.get(self.at + 1).map(|row| row.trim());
        text.contains('|')
            && next.is_some_and(|row| is_rule(row) && cells(row).len() == cells(text).len())
    }

    fn pipe_table(&mut self, depth: usize) {
        let width = cells(self.rows[self.at]).len();
        let mut lines = vec!["<table header-row=\"true\">".to_owned()];
        let mut first = true;
        while let Some(row) = self.rows.get(self.at).filter(|row| row.contains('|')) {
            lines.push("<tr>".to_owned());
            let found = cells(row);
            for index in 0..width {
                let cell = found.get(index).map(|cell| inline::normalise(cell));
                lines.push(format!("<td>{}</td>", cell.unwrap_or_default()));
            }
            lines.push("</tr>".to_owned());
            self.at += if first { 2 } else { 1 };
            first = false;
        }
        lines.push("</table>".to_owned());
        self.out
            .extend(lines.into_iter().map(|text| Line::Text { depth, text }));
    }
}

/// Columns of blank before the text; a tab counts four.
fn columns(row: &str) -> usize {
    row.chars()
        .take_while(|c| matches!(c, ' ' | '\t'))
        .map(|c| if c == '\t' { 4 } else { 1 })
        .sum()
}

/// Takes up to `column` columns of blank off the front.
fn outdent(row: &str, column: usize) -> &str {
    let mut left = column;
    let mut rest = row;
    while left > 0 {
        let (width, next) = match rest.as_bytes().first() {
            Some(b'\t') => (4, &rest[1..]),
            Some(b' ') => (1, &rest[1..]),
            _ => break,
        };
        left = left.saturating_sub(width);
        rest = next;
    }
    rest
}

fn fence_width(text: &str) -> Option<usize> {
    let sign = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let width = text.chars().take_while(|c| *c == sign).count();
    let info = &text[width..];
    (width >= 3 && !(sign == '`' && info.contains('`'))).then_some(width)
}

fn may_nest(text: &str) -> bool {
    let heading = text.starts_with('#') && text.trim_start_matches('#').starts_with(' ');
    // Only a heading that folds has anything below it.
    (!heading || text.ends_with("{toggle=\"true\"}")) && text != "---"
}

fn is_rule(row: &str) -> bool {
    row.contains('-') && row.contains('|') && row.chars().all(|c| "|-: \t".contains(c))
}

/// Splits a table row at the bars that are neither escaped nor in code.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let mut out = vec![String::new()];
    let mut signs = row.chars().peekable();
    let mut code = false;
    while let Some(sign) = signs.next() {
        match sign {
            '|' if !code => {
                if signs.peek().is_some() {
                    out.push(String::new());
                }
                continue;
            }
            '`' => code = !code,
            _ => {}
        }
        if let Some(cell) = out.last_mut() {
            cell.push(sign);
            if sign == '\\' {
                cell.extend(signs.next());
            }
        }
    }
    out.into_iter().map(|cell| cell.trim().to_owned()).collect()
}

/// Puts the tags of a structure on lines of their own, as Notion prints them.
fn one_tag_a_line(text: &str) -> Vec<String> {
    const STARTS: &[&str] = &[
        "<tr",
        "</tr>",
        "<td",
        "<summary",
        "</details>",
        "</table>",
        "<colgroup",
        "</colgroup>",
        "<col",
    ];
    let mut out = text.to_owned();
    for start in STARTS {
        out = out.replace(&format!(">{start}"), &format!(">\n{start}"));
    }
    out.split('\n')
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}
