//! Canonical lines: the form in which texts are compared.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::block::{self, Block, Kind};
use super::inline::trim;
use super::leaf::{self, Leaf};
use super::render::{self, Target};
use super::table;

/// A line of a text: the bytes it was read from and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The bytes as written, with the blank lines that follow; empty when `joined`.
    pub raw: String,
    /// What the line says, the same for every way to write it.
    pub key: String,
    /// It stands in a code block and is literal.
    pub code: bool,
    /// The bytes of this line are part of those of the line before it.
    pub joined: bool,
    /// It is the first (true) or the last line of a code block.
    pub(super) edge: Option<bool>,
    /// What stands before it as a line of indented code; see [`Block`].
    pub(super) indent: Option<String>,
}

/// A text whose lines are read when they are first asked for, and only once: reading is most of the work.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    text: Cow<'a, str>,
    lines: OnceCell<Vec<Line>>,
}

impl<'a> Reading<'a> {
    /// A text of either flavour.
    pub fn of(text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            text: text.into(),
            lines: OnceCell::new(),
        }
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its [`lines`].
    pub fn lines(&self) -> &[Line] {
        self.lines.get_or_init(|| lines(&self.text))
    }

    /// Says whether both say the [`same`].
    pub fn says_as(&self, other: &Self) -> bool {
        self.text == other.text || say_the_same(self.lines(), other.lines())
    }
}

/// Says whether two texts say the same, by their lines.
pub(super) fn say_the_same(one: &[Line], other: &[Line]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.key == b.key)
}

/// Turns Windows line ends into `\n`; nothing else is touched.
pub fn normalised(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n");
    while text.contains("\r\n") {
        text = text.replace("\r\n", "\n");
    }
    text
}

/// Reads a text of either flavour into lines. Joined together, the `raw` parts are the text,
/// unless it holds nothing but blank lines: then there are no lines.
pub fn lines(text: &str) -> Vec<Line> {
    lines_of(block::parse(&normalised(text)))
}

/// Reads a text as Notion writes it into [`lines`]: there, an indent is never code.
pub fn page_lines(text: &str) -> Vec<Line> {
    lines_of(block::parse_page(&normalised(text)))
}

fn lines_of(blocks: Vec<Block>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut lead = String::new();
    for block in blocks {
        let Some(key) = of_block(&block) else {
            match lines.iter_mut().rev().find(|line| !line.joined) {
                Some(line) => line.raw.push_str(&block.raw),
                None => lead.push_str(&block.raw),
            }
            continue;
        };
        // What was joined to a line that says nothing stands for itself.
        let joined = block.joined && !lines.is_empty();
        let raw = std::mem::take(&mut lead) + &block.raw;
        let edge = match block.kind {
            Kind::Fence(..) => Some(true),
            Kind::FenceEnd(_) => Some(false),
            _ => None,
        };
        lines.push(Line {
            raw,
            key,
            code: matches!(block.kind, Kind::Code(_)),
            joined,
            edge,
            indent: block.indent,
        });
    }
    lines
}

/// Returns the canonical text: the keys of all lines, one a line.
pub fn canonical(text: &str) -> String {
    keys(text).join("\n")
}

/// Says whether two texts, each in either flavour, say the same.
pub fn same(a: &str, b: &str) -> bool {
    a == b || keys(a) == keys(b)
}

/// Says whether two texts have the same letters, digits and check boxes in the same order.
/// Then they differ only in how they are rendered.
pub fn same_words(a: &str, b: &str) -> bool {
    same(a, b) || words(a) == words(b)
}

/// Says whether a text has all the letters, digits and check boxes of another one in one piece, and more of them.
pub fn says_more(text: &str, than: &str) -> bool {
    let (text, than) = (words(text), words(than));
    text.len() > than.len() && text.contains(&than)
}

pub(super) fn keys(text: &str) -> Vec<String> {
    lines(text).into_iter().map(|line| line.key).collect()
}

fn words(text: &str) -> String {
    let mut words = String::new();
    for key in keys(text) {
        let line = key.trim_start_matches('\t');
        let line = match leaf::read(line) {
            Leaf::Item { check, text, .. } => {
                words.extend(check.map(|done| if done { '\u{2611}' } else { '\u{2610}' }));
                text
            }
            _ => line.replace("<summary>", "").replace("</summary>", ""),
        };
        let line = line
            .replace("<br>", " ")
            .replace("<details>", "")
            .replace("</details>", "");
        words.extend(line.chars().filter(|c| c.is_alphanumeric()));
    }
    words
}

/// Writes a block in canonical form. None when it says nothing.
pub(super) fn of_block(block: &Block) -> Option<String> {
    let text = match &block.kind {
        Kind::Leaf(leaf) => of_leaf(leaf, Target::Key)?,
        Kind::Fence(length, language) => format!("{}{language}", "`".repeat(*length)),
        Kind::Code(line) if line.is_empty() => return Some(String::new()),
        Kind::Code(line) => line.clone(),
        Kind::FenceEnd(length) => "`".repeat(*length),
        Kind::Row(cells) => {
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| table::pipe_safe(&render::key(cell)))
                .collect();
            format!("| {} |", cells.join(" | "))
        }
        Kind::Delimiter(columns) => format!("| {} |", vec!["---"; *columns].join(" | ")),
        Kind::Details => "<details>".to_owned(),
        Kind::Summary(text) => format!("<summary>{}</summary>", render::key(text)),
        Kind::DetailsEnd => "</details>".to_owned(),
    };
    Some("\t".repeat(block.depth) + &text)
}

/// Writes a line for the target so that it is read as what it is. None when it says nothing.
pub(super) fn of_leaf(leaf: &Leaf, target: Target) -> Option<String> {
    leaf_in(leaf, target, false)
}

fn leaf_in(leaf: &Leaf, target: Target, quoted: bool) -> Option<String> {
    let canonical = target == Target::Key;
    match leaf {
        Leaf::Rule => Some("---".to_owned()),
        Leaf::Heading(level, text) => {
            let text = render::line(text, target);
            let text = leaf::without_closing(&text);
            let level = if target.is_github() {
                *level
            } else {
                (*level).min(4)
            };
            Some(trim(&format!("{} {text}", "#".repeat(level.into()))).to_owned())
        }
        Leaf::Item {
            number,
            check,
            text,
        } => {
            let marker = match number {
                Some(_) if canonical => "1.".to_owned(),
                Some(number) => format!("{number}."),
                None => "-".to_owned(),
            };
            let marker = match check {
                Some(true) => marker + " [x]",
                Some(false) => marker + " [ ]",
                None => marker,
            };
            let may_tick = number.is_none() && check.is_none() && !quoted;
            Some(item(&marker, may_tick, &render::line(text, target)))
        }
        Leaf::Quote(inner) => leaf_in(inner, target, true).map(|inner| format!("> {inner}")),
        Leaf::Text(text) => {
            let text = render::line(text, target);
            let special = leaf::is_special(&text)
                || leaf::is_blank(&text)
                || (target.is_github() && leaf::is_structure(&text));
            match text.as_str() {
                "" => None,
                _ if special => Some(leaf::guarded(&text)),
                _ => Some(text),
            }
        }
    }
}

/// Writes an item of a list; `may_tick` where its first words would be read as a check box that it has not.
fn item(marker: &str, may_tick: bool, text: &str) -> String {
    if text.is_empty() {
        return marker.to_owned();
    }
    let line = format!("{marker} {text}");
    let reread = may_tick && leaf::checkbox(text).0.is_some();
    if reread || leaf::is_rule(&line) || leaf::fence(text).is_some() {
        return format!("{marker} {}", leaf::guarded(text));
    }
    line
}
