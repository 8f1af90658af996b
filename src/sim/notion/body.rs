//! Page bodies: blocks read from Markdown and written back in Notion's normal form (apis 1.5).

use super::ids::{Id, IdSource};
use super::inline;
use super::lines::{self, Line};
use super::tags::{self, Order};

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// A line of text.
    Paragraph,
    /// A heading of level 1 to 4.
    Heading(u8),
    /// A point of a list.
    Bullet,
    /// A numbered point; the number comes from its place.
    Numbered,
    /// A box to tick, and whether it is ticked.
    ToDo(bool),
    /// A quoted line.
    Quote,
    /// Code in a language; the text is literal and may have several lines.
    Code(String),
    /// A horizontal line.
    Divider,
    /// A line of structure (tables, toggles, callouts, unknown blocks), kept as written.
    Structure,
    /// A page that lives here; the text is its title as written, the id is the page's.
    ChildPage,
    /// A database that lives here; the id is the database's.
    ChildDatabase,
}

/// One block of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its id; zero until the workspace gives it one.
    pub id: Id,
    /// How deep it is nested.
    pub depth: usize,
    /// What it is.
    pub kind: BlockKind,
    /// Its text: inline Markdown in normal form, or literal code.
    pub text: String,
}

impl Block {
    /// Makes a block that has no id yet.
    pub fn new(depth: usize, kind: BlockKind, text: impl Into<String>) -> Self {
        Self {
            id: Id(0),
            depth,
            kind,
            text: text.into(),
        }
    }

    fn same(&self, other: &Self) -> bool {
        self.depth == other.depth && self.kind == other.kind && self.text == other.text
    }

    fn is_child(&self) -> bool {
        matches!(self.kind, BlockKind::ChildPage | BlockKind::ChildDatabase)
    }
}

/// What reading a Markdown text gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The blocks in order.
    pub blocks: Vec<Block>,
    /// The people it mentions.
    pub mentions: Vec<Id>,
}

/// Reads Notion-flavoured Markdown.
pub fn parse(markdown: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for line in lines::read(markdown) {
        match line {
            Line::Code {
                depth,
                language,
                text,
            } => {
                parsed
                    .blocks
                    .push(Block::new(depth, BlockKind::Code(language), text));
            }
            Line::Text { depth, text } => read_line(depth, &text, &mut parsed),
        }
    }
    parsed
}

fn read_line(depth: usize, line: &str, parsed: &mut Parsed) {
    let (rest, orders) = tags::take_orders(line);
    let rest = rest.trim_matches([' ', '\t']);
    if !rest.is_empty() {
        parsed.blocks.push(classify(depth, rest));
    }
    for order in orders {
        match order {
            Order::Mention { user } => parsed.mentions.push(user),
            Order::Page { id, title } => {
                let title = inline::normalise(&title);
                let mut block = Block::new(depth, BlockKind::ChildPage, title);
                block.id = id;
                parsed.blocks.push(block);
            }
            Order::Database { id } => {
                let mut block = Block::new(depth, BlockKind::ChildDatabase, "");
                block.id = id;
                parsed.blocks.push(block);
            }
        }
    }
}

fn classify(depth: usize, line: &str) -> Block {
    if line == "<empty-block/>" {
        return Block::new(depth, BlockKind::Paragraph, "");
    }
    if tags::is_structure(line) {
        return Block::new(depth, BlockKind::Structure, structure(line));
    }
    if is_divider(line) {
        return Block::new(depth, BlockKind::Divider, "");
    }
    let (kind, rest) = marker(line);
    Block::new(depth, kind, inline::normalise(rest))
}

fn is_divider(line: &str) -> bool {
    let bare: String = line.chars().filter(|c| *c != ' ').collect();
    let first = bare.chars().next().unwrap_or('x');
    bare.len() >= 3 && "-*_".contains(first) && bare.chars().all(|c| c == first)
}

/// Splits the sign a line begins with from its text.
fn marker(line: &str) -> (BlockKind, &str) {
    let hashes = line.bytes().take_while(|b| *b == b'#').count();
    if (1..=6).contains(&hashes)
        && let Some(rest) = after_gap(&line[hashes..])
    {
        let level = u8::try_from(hashes.min(4)).unwrap_or(4);
        return (BlockKind::Heading(level), rest);
    }
    if let Some(rest) = line.strip_prefix('>') {
        return (BlockKind::Quote, rest.trim_start_matches(' '));
    }
    if let Some(rest) = line.strip_prefix(['-', '*', '+']).and_then(after_gap) {
        return bullet(rest);
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=9).contains(&digits)
        && let Some(rest) = line[digits..].strip_prefix(['.', ')']).and_then(after_gap)
    {
        return (BlockKind::Numbered, rest);
    }
    (BlockKind::Paragraph, line)
}

fn bullet(rest: &str) -> (BlockKind, &str) {
    for (sign, done) in [("[ ]", false), ("[x]", true), ("[X]", true)] {
        if let Some(text) = rest.strip_prefix(sign).and_then(after_gap) {
            return (BlockKind::ToDo(done), text);
        }
    }
    (BlockKind::Bullet, rest)
}

/// The text after the blank a marker needs; a marker may also end the line.
fn after_gap(rest: &str) -> Option<&str> {
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix([' ', '\t'])
        .map(|text| text.trim_start_matches([' ', '\t']))
}

/// Normalises the text between the tags of a structure line such as `<td>…</td>`.
fn structure(line: &str) -> String {
    let tag_end = line.find('>').map_or(line.len(), |at| at + 1);
    let (open, rest) = line.split_at(tag_end);
    match rest.rfind("</") {
        Some(close) => format!(
            "{open}{}{}",
            inline::normalise(&rest[..close]),
            &rest[close..]
        ),
        None => format!("{open}{}", inline::normalise(rest)),
    }
}

/// Writes blocks as the Markdown endpoint returns them, one `\n` between blocks.
///
/// `child` gives the title of a child page or database by its id.
pub fn write(blocks: &[Block], child: &dyn Fn(Id) -> String) -> String {
    let mut counters: Vec<usize> = Vec::new();
    let mut out = String::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        counters.resize(block.depth + 1, 0);
        let number = &mut counters[block.depth];
        *number = if block.kind == BlockKind::Numbered {
            *number + 1
        } else {
            0
        };
        let indent = "\t".repeat(block.depth);
        for (row, line) in block_lines(block, *number, child).iter().enumerate() {
            if row > 0 {
                out.push('\n');
            }
            // A line of nested code that is empty stays empty.
            if !line.is_empty() {
                out.push_str(&indent);
                out.push_str(line);
            }
        }
    }
    out
}

fn block_lines(block: &Block, number: usize, child: &dyn Fn(Id) -> String) -> Vec<String> {
    let text = &block.text;
    let marked = |sign: &str| vec![format!("{sign} {text}").trim_end_matches(' ').to_owned()];
    match &block.kind {
        BlockKind::Paragraph if text.is_empty() => vec!["<empty-block/>".to_owned()],
        BlockKind::Paragraph => vec![guard_start(text)],
        BlockKind::Heading(level) => marked(&"#".repeat(usize::from(*level))),
        // It would be a line across the page.
        BlockKind::Bullet if is_divider(&format!("-{text}")) => vec![format!("- \\{text}")],
        BlockKind::Bullet => marked("-"),
        BlockKind::Numbered => marked(&format!("{number}.")),
        BlockKind::ToDo(done) => marked(if *done { "- [x]" } else { "- [ ]" }),
        BlockKind::Quote => marked(">"),
        BlockKind::Divider => vec!["---".to_owned()],
        BlockKind::Structure => vec![text.clone()],
        BlockKind::Code(language) => lines::fence(language, text),
        BlockKind::ChildPage => {
            let id = block.id.compact();
            vec![format!(
                "<page url=\"https://app.notion.com/p/{id}\">{}</page>",
                child(block.id)
            )]
        }
        BlockKind::ChildDatabase => {
            let id = block.id.compact();
            vec![format!(
                "<database url=\"https://app.notion.com/p/{id}\">{}</database>",
                child(block.id)
            )]
        }
    }
}

/// Puts a backslash where a paragraph would otherwise be read as another kind of block.
fn guard_start(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (kind, _) = marker(text);
    match kind {
        BlockKind::Numbered => format!("{}\\{}", &text[..digits], &text[digits..]),
        BlockKind::Paragraph if !is_divider(text) => text.to_owned(),
        _ => format!("\\{text}"),
    }
}

/// Puts new blocks in place of old ones; blocks that did not change keep their ids.
pub fn adopt(old: &[Block], mut new: Vec<Block>, ids: &mut IdSource) -> Vec<Block> {
    let head = old.iter().zip(&new).take_while(|(a, b)| a.same(b)).count();
    let spare = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(spare)
        .take_while(|(a, b)| a.same(b))
        .count();
    let shift = old.len().wrapping_sub(new.len());
    let last = new.len() - tail;
    for (index, block) in new.iter_mut().enumerate() {
        if block.is_child() {
            continue;
        }
        let match_at = if index >= last {
            index.wrapping_add(shift)
        } else {
            index
        };
        let kept = old.get(match_at).filter(|before| {
            index < head || index >= last || (index < old.len() - tail && before.kind == block.kind)
        });
        block.id = match kept {
            Some(before) if !before.is_child() => before.id,
            _ => ids.fresh(),
        };
    }
    new
}

/// The children a body has: pages and databases, in order.
pub fn children(blocks: &[Block]) -> Vec<Id> {
    blocks
        .iter()
        .filter(|b| b.is_child())
        .map(|b| b.id)
        .collect()
}

/// Brings a Markdown text to the form a read gives back (for tests and for people who compare).
pub fn normalise(markdown: &str) -> String {
    let parsed = parse(markdown);
    let title = |id: Id| {
        let block = parsed.blocks.iter().find(|b| b.id == id);
        block.map(|b| b.text.clone()).unwrap_or_default()
    };
    write(&parsed.blocks, &title)
}

/// Copies blocks without ids and without the pages and databases that live among them.
pub fn without_children(blocks: &[Block]) -> Vec<Block> {
    let plain = blocks.iter().filter(|block| !block.is_child());
    plain
        .map(|b| Block::new(b.depth, b.kind.clone(), b.text.clone()))
        .collect()
}
