//! Reads a text into blocks, whichever of the two flavours it is written in.
//!
//! Both flavours are read by one reader, so that a text and its rendering on the other side
//! give the same blocks. Every byte of the text ends up in the `raw` of exactly one block.

use std::collections::BTreeMap;

use super::indented::{self, Indented, Nested};
use super::inline::{self, is_space, trim, visible};
use super::{leaf, render, table};
use leaf::Leaf;

/// `<details>` inside `<details>` is read this deep; deeper ones are text.
const DETAILS_DEPTH: usize = 12;

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything of one line outside code and tables.
    Leaf(Leaf),
    /// The opening of a code block: length of a fence that no line of the code ends, language.
    Fence(usize, String),
    /// A line of code, literally.
    Code(String),
    /// The end of a code block.
    FenceEnd(usize),
    /// A row of a table; a table's first row is followed by [`Kind::Delimiter`].
    Row(Vec<String>),
    /// The rule between head and body of a table, with its number of columns.
    Delimiter(usize),
    /// `<details>`
    Details,
    /// `<summary>…</summary>`
    Summary(String),
    /// `</details>`
    DetailsEnd,
}

/// A block and the bytes it was read from.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// How many list items it is nested in.
    pub(super) depth: usize,
    /// How many `<details>` it is in.
    pub(super) folds: usize,
    pub(super) kind: Kind,
    /// The bytes, with the blank lines that follow. Empty when `joined`.
    pub(super) raw: String,
    /// Its bytes belong to the block before: two blocks were written on one line.
    pub(super) joined: bool,
    /// What stands before it as a line of indented code. The edges of such code have the indent of its first line, and
    /// no bytes but blank lines.
    pub(super) indent: Option<String>,
}

/// A line: as written, and as read (without the indent of Notion's toggles).
#[derive(Clone)]
pub(super) struct Source<'a> {
    raw: &'a str,
    pub(super) text: &'a str,
}

/// Reads a text of either flavour. Line ends must be `\n` already.
pub(super) fn parse(text: &str) -> Vec<Block> {
    read_by(Parser::default(), text)
}

/// Reads a text as Notion writes it: there, an indent is never code, and a line is a block of its own, never the underline
/// of a heading.
pub(super) fn parse_page(text: &str) -> Vec<Block> {
    let parser = Parser {
        nested: None,
        underlines: false,
        ..Parser::default()
    };
    read_by(parser, text)
}

fn read_by(mut parser: Parser, text: &str) -> Vec<Block> {
    let lines: Vec<Source> = text
        .split_inclusive('\n')
        .map(|raw| Source {
            raw,
            text: raw.trim_end_matches(['\n', '\r']),
        })
        .collect();
    parser.read(&lines);
    if let Some(first) = parser.out.first_mut() {
        first.raw.insert_str(0, &parser.lead);
    }
    parser.out
}

struct Parser {
    out: Vec<Block>,
    /// Blank lines before the first block.
    lead: String,
    /// The open list items: column of the marker, column of the content.
    items: Vec<(usize, usize)>,
    base: usize,
    folds: usize,
    /// Where each `<details>` of the lines that are read ends, once one was met.
    ends: Option<Ends>,
    /// Where indented code may begin, in a text that may have some.
    nested: Option<Nested>,
    /// Whether a line of `=` or `-` makes a heading of the line above it.
    underlines: bool,
}

impl Default for Parser {
    fn default() -> Self {
        Self {
            out: Vec::new(),
            lead: String::new(),
            items: Vec::new(),
            base: 0,
            folds: 0,
            ends: None,
            nested: Some(Nested::default()),
            underlines: true,
        }
    }
}

/// For a line, named by how many lines there are from it on: how many lines later its `</details>` is.
type Ends = BTreeMap<usize, usize>;

impl Parser {
    fn read(&mut self, lines: &[Source]) {
        let mut at = 0;
        while at < lines.len() {
            at += self.step(&lines[at..]).max(1);
        }
    }

    /// Reads the block at the front and returns how many lines it took.
    fn step(&mut self, rest: &[Source]) -> usize {
        let shown = visible(rest[0].text);
        let line = trim(&shown);
        if leaf::is_blank(line) {
            self.blank(rest[0].raw);
            if let Some(nested) = &mut self.nested {
                nested.blank(rest[0].text);
            }
            return 1;
        }
        if let Some(code) = self.nested.as_mut().and_then(|nested| nested.code(rest)) {
            return self.indented(rest, code);
        }
        let taken = self.block(rest, &shown, line);
        if let Some(nested) = &mut self.nested {
            nested.read(rest[0].text, line, self.out.last());
        }
        taken
    }

    fn block(&mut self, rest: &[Source], shown: &str, line: &str) -> usize {
        let column = column(shown);
        if let Some(open) = leaf::fence(line) {
            let depth = self.depth(column);
            let indent = (
                column,
                &shown[..shown.len() - shown.trim_start_matches(is_space).len()],
            );
            return self.fence(rest, &open, indent, depth, false);
        }
        self.details(rest, line, column)
            .or_else(|| self.html_table(rest, line, column))
            .or_else(|| self.pipe_table(rest, line, column))
            .or_else(|| self.setext(rest, line, column))
            .unwrap_or_else(|| self.leaf(rest, line, column))
    }

    fn blank(&mut self, raw: &str) {
        // The raw bytes of joined blocks are those of the block they are joined to.
        match self.out.iter_mut().rev().find(|block| !block.joined) {
            Some(block) => block.raw.push_str(raw),
            None => self.lead.push_str(raw),
        }
    }

    /// Leaves the list items that a line at this column is not in; returns how many are left.
    fn depth(&mut self, column: usize) -> usize {
        while self
            .items
            .last()
            .is_some_and(|(_, content)| column < *content)
        {
            self.items.pop();
        }
        self.base + self.items.len()
    }

    fn push(&mut self, depth: usize, kind: Kind, raw: &str) {
        self.put(depth, kind, raw, None);
    }

    fn put(&mut self, depth: usize, kind: Kind, raw: &str, indent: Option<String>) {
        self.out.push(Block {
            depth,
            folds: self.folds,
            kind,
            raw: raw.to_owned(),
            joined: false,
            indent,
        });
    }

    fn join(&mut self, depth: usize, kind: Kind) {
        self.out.push(Block {
            depth,
            folds: self.folds,
            kind,
            raw: String::new(),
            joined: true,
            indent: None,
        });
    }

    /// Reads indented code, as if it stood between fences.
    fn indented(&mut self, rest: &[Source], Indented { length, column }: Indented) -> usize {
        let depth = self.depth(self::column(rest[0].text));
        let code: Vec<String> = rest[..length]
            .iter()
            .map(|s| indented::dedent(s.text, column))
            .collect();
        let longest = code.iter().map(|line| backticks(line)).max().unwrap_or(0);
        let fence = (longest + 1).max(3);
        let indent = Some(indented::indent(rest[0].text, column));
        self.put(depth, Kind::Fence(fence, String::new()), "", indent.clone());
        for (source, line) in rest.iter().zip(code) {
            let own = if line.is_empty() {
                indent.clone()
            } else {
                Some(indented::indent(source.text, column))
            };
            self.put(depth, Kind::Code(line), source.raw, own);
        }
        self.put(depth, Kind::FenceEnd(fence), "", indent);
        length
    }

    /// Reads code from its fence to the closing one, or to the end.
    fn fence(
        &mut self,
        rest: &[Source],
        open: &leaf::Fence,
        (column, indent): (usize, &str),
        depth: usize,
        joined: bool,
    ) -> usize {
        let body: Vec<&Source> = rest[1..]
            .iter()
            .take_while(|s| !open.ends(s.text))
            .collect();
        let code: Vec<&str> = body
            .iter()
            .map(|s| unindent(s.text, column, indent))
            .collect();
        let longest = code.iter().map(|line| backticks(line)).max().unwrap_or(0);
        let length = (longest + 1).max(3);
        let kind = Kind::Fence(length, open.language.clone());
        if joined {
            self.join(depth, kind);
        } else {
            self.push(depth, kind, rest[0].raw);
        }
        for (source, line) in body.iter().zip(&code) {
            // Notion shows an empty line in code that has none.
            if code == [""] {
                self.blank(source.raw);
            } else {
                self.push(depth, Kind::Code((*line).to_owned()), source.raw);
            }
        }
        match rest.get(body.len() + 1) {
            Some(end) => self.push(depth, Kind::FenceEnd(length), end.raw),
            None => self.join(depth, Kind::FenceEnd(length)),
        }
        body.len() + 2
    }

    /// Reads `<details>` when its end is found; else it is text.
    fn details(&mut self, rest: &[Source], line: &str, column: usize) -> Option<usize> {
        let after = leaf::details(line)?;
        let summary = if after.is_empty() {
            None
        } else {
            Some(leaf::summary(after)?)
        };
        let ends = self.ends.get_or_insert_with(|| details_ends(rest));
        let end = ends.get(&rest.len()).copied();
        let end = end.filter(|_| self.folds < DETAILS_DEPTH)?;
        let depth = self.depth(column);
        self.push(depth, Kind::Details, rest[0].raw);
        let mut from = 1;
        if let Some(text) = summary {
            self.join(depth, Kind::Summary(text));
        } else {
            while from < end && leaf::is_blank(trim(&visible(rest[from].text))) {
                self.blank(rest[from].raw);
                from += 1;
            }
            if let Some(text) = leaf::summary(trim(&visible(rest[from].text))) {
                self.push(depth, Kind::Summary(text), rest[from].raw);
                from += 1;
            }
        }
        self.fold(&rest[from.min(end)..end], depth);
        self.push(depth, Kind::DetailsEnd, rest[end].raw);
        Some(end + 1)
    }

    fn fold(&mut self, inner: &[Source], depth: usize) {
        let first = inner
            .iter()
            .find(|s| !leaf::is_blank(trim(&visible(s.text))));
        let mut inner = inner.to_vec();
        if first.is_some_and(|s| s.text.starts_with('\t')) {
            for source in &mut inner {
                source.text = source.text.strip_prefix('\t').unwrap_or(source.text);
            }
        }
        let ends = self.ends.take();
        let outer = (std::mem::take(&mut self.items), self.base);
        self.base = depth;
        self.folds += 1;
        self.read(&inner);
        self.folds -= 1;
        (self.items, self.base) = outer;
        self.ends = ends;
    }

    fn html_table(&mut self, rest: &[Source], line: &str, column: usize) -> Option<usize> {
        if !starts_table(line) {
            return None;
        }
        let length = table_end(rest)? + 1;
        let text: Vec<String> = rest[..length].iter().map(|s| visible(s.text)).collect();
        let rows = table::html_rows(trim(&text.join("\n")))?;
        let raw: String = rest[..length].iter().map(|s| s.raw).collect();
        let depth = self.depth(column);
        for (at, row) in rows.into_iter().enumerate() {
            let columns = row.len();
            if at == 0 {
                self.push(depth, Kind::Row(row), &raw);
                self.join(depth, Kind::Delimiter(columns));
            } else {
                self.join(depth, Kind::Row(row));
            }
        }
        Some(length)
    }

    fn pipe_table(&mut self, rest: &[Source], line: &str, column: usize) -> Option<usize> {
        let (head, _) = table_head(rest)?;
        let depth = self.depth(column);
        let mut rows = vec![head];
        while rows.len() + 1 < rest.len() && table_head(&rest[rows.len() + 1..]).is_none() {
            let shown = visible(rest[rows.len() + 1].text);
            let Some(mut cells) = table::cells(&shown) else {
                break;
            };
            if line.starts_with('|') && !trim(&shown).starts_with('|') {
                break;
            }
            if table::delimiter(&shown).is_some() {
                cells.fill("---".to_owned());
            }
            rows.push(cells);
        }
        let taken = rows.len() + 1;
        for (at, row) in table::squared(rows)?.into_iter().enumerate() {
            let columns = row.len();
            self.push(
                depth,
                Kind::Row(row),
                rest[if at == 0 { 0 } else { at + 1 }].raw,
            );
            if at == 0 {
                self.push(depth, Kind::Delimiter(columns), rest[1].raw);
            }
        }
        Some(taken)
    }

    fn setext(&mut self, rest: &[Source], line: &str, column: usize) -> Option<usize> {
        if !self.underlines {
            return None;
        }
        let under = visible(rest.get(1)?.text);
        let level = leaf::underline(trim(&under))?;
        let text = matches!(leaf::read(line), Leaf::Text(_));
        if !text || column > 3 || self::column(&under) > 3 || self.depth(column) > self.base {
            return None;
        }
        let raw = format!("{}{}", rest[0].raw, rest[1].raw);
        let depth = self.base;
        self.push(
            depth,
            Kind::Leaf(Leaf::Heading(level, line.to_owned())),
            &raw,
        );
        Some(2)
    }

    /// Reads one line; breaks in it make further, joined blocks.
    fn leaf(&mut self, rest: &[Source], line: &str, column: usize) -> usize {
        let follows = rest
            .get(1)
            .is_some_and(|s| !leaf::is_blank(trim(&visible(s.text))));
        let line = if follows {
            without_hard_break(line)
        } else {
            line
        };
        let depth = self.depth(column);
        let mut read = leaf::read(line);
        let Some(slot) = read.text_mut() else {
            self.push(depth, Kind::Leaf(read), rest[0].raw);
            return 1;
        };
        let mut pieces = inline::split_breaks(slot);
        // What begins with a letter or a digit says at least that.
        let says = |piece: &String| {
            piece.starts_with(char::is_alphanumeric) || !render::key(piece).is_empty()
        };
        pieces.retain(says);
        let mut pieces = pieces.into_iter();
        *slot = pieces.next().unwrap_or_default();
        let fence = leaf::fence(slot).filter(|_| matches!(read, Leaf::Item { .. }));
        let quoted = matches!(read, Leaf::Quote(_));
        let content = column + leaf::marker_width(line).unwrap_or(0);
        let item = matches!(read, Leaf::Item { .. });
        if let (Some(open), Leaf::Item { text, .. }) = (&fence, &mut read) {
            text.clear();
            self.items.push((column, content));
            self.push(depth, Kind::Leaf(read), rest[0].raw);
            let indent = " ".repeat(content);
            return self.fence(rest, open, (content, &indent), depth + 1, true);
        }
        self.push(depth, Kind::Leaf(read), rest[0].raw);
        if item {
            // However wide the marker, a tab or four columns are one level.
            self.items.push((column, content.min(column + 4)));
        }
        for piece in pieces {
            let text = Leaf::Text(trim(&piece).to_owned());
            let piece = if quoted {
                Leaf::Quote(Box::new(text))
            } else {
                text
            };
            self.join(depth + usize::from(item), Kind::Leaf(piece));
        }
        1
    }
}

/// Returns the column of the first character; a tab goes to the next multiple of four.
pub(super) fn column(line: &str) -> usize {
    line.chars()
        .take_while(|c| is_space(*c))
        .fold(0, |column, c| match c {
            '\t' => column / 4 * 4 + 4,
            _ => column + 1,
        })
}

/// Removes a code block's own indent from one of its lines.
fn unindent<'a>(line: &'a str, wanted: usize, indent: &str) -> &'a str {
    if let Some(rest) = line.strip_prefix(indent) {
        return rest;
    }
    let mut column = 0;
    let mut rest = line;
    while column < wanted {
        rest = match rest.chars().next() {
            Some(' ') => {
                column += 1;
                &rest[1..]
            }
            Some('\t') => {
                column = column / 4 * 4 + 4;
                &rest[1..]
            }
            _ => break,
        };
    }
    rest
}

fn backticks(line: &str) -> usize {
    trim(line).chars().take_while(|c| *c == '`').count()
}

fn without_hard_break(line: &str) -> &str {
    let slashes = line.chars().rev().take_while(|c| *c == '\\').count();
    if slashes % 2 == 1 {
        &line[..line.len() - 1]
    } else {
        line
    }
}

fn table_head(rest: &[Source]) -> Option<(Vec<String>, usize)> {
    let columns = table::delimiter(&visible(rest.get(1)?.text))?;
    let head = table::cells(&visible(rest[0].text))?;
    (head.len() == columns).then_some((head, columns))
}

fn starts_table(line: &str) -> bool {
    line.get(..6)
        .is_some_and(|head| head.eq_ignore_ascii_case("<table"))
}

/// Finds the last line of the table that starts here. A table in a table is none, so that one which never ends costs
/// no more than the lines up to the next.
fn table_end(rest: &[Source]) -> Option<usize> {
    for (at, source) in rest.iter().enumerate() {
        let shown = visible(source.text);
        let line = trim(&shown);
        if at > 0 && starts_table(line) {
            return None;
        }
        if line.to_ascii_lowercase().ends_with("</table>") {
            return Some(at);
        }
    }
    None
}

/// Finds all pairs at once: a scan for each `<details>` would take long for a text full of them.
fn details_ends(rest: &[Source]) -> Ends {
    let mut open = Vec::new();
    let mut ends = Ends::new();
    for (at, source) in rest.iter().enumerate() {
        let shown = visible(source.text);
        let line = trim(&shown);
        if leaf::details(line)
            .is_some_and(|after| after.is_empty() || leaf::summary(after).is_some())
        {
            open.push(at);
        } else if line.eq_ignore_ascii_case("</details>")
            && let Some(start) = open.pop()
        {
            ends.insert(rest.len() - start, at - start);
        }
    }
    ends
}
