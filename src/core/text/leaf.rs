//! Lines outside code and tables: what kind of block a line is by itself.

use super::inline::{is_space, trim};

/// A block of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    /// A line across the page.
    Rule,
    /// A heading with its level from 1 to 6.
    Heading(u8, String),
    /// An item of a list.
    Item {
        /// The number of an ordered item.
        number: Option<String>,
        /// The state of a check box, where Notion has one.
        check: Option<bool>,
        text: String,
    },
    /// A quoted line. Quotes inside quotes are one level: Notion would show the marker.
    Quote(Box<Self>),
    /// Anything else.
    Text(String),
}

impl Leaf {
    /// Returns the words of the line, whatever it is.
    pub(super) fn text_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Rule | Self::Heading(..) => None,
            Self::Item { text, .. } | Self::Text(text) => Some(text),
            Self::Quote(inner) => inner.text_mut(),
        }
    }
}

/// The opening of a code block.
pub(super) struct Fence {
    mark: char,
    length: usize,
    pub(super) language: String,
}

impl Fence {
    /// Returns the line that closes the code block.
    pub(super) fn closing(&self) -> String {
        self.mark.to_string().repeat(self.length)
    }

    /// Says whether the line closes the code block.
    pub(super) fn ends(&self, line: &str) -> bool {
        let line = trim(line);
        line.chars().count() >= self.length && line.chars().all(|c| c == self.mark)
    }
}

/// Says whether a (trimmed) line holds nothing that is shown.
pub(super) fn is_blank(line: &str) -> bool {
    let quoted = |c: char| is_space(c) || c == '>';
    let tag = |line: &str| {
        let name = line
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'));
        let name =
            name.map(|name| trim(name.strip_suffix('/').unwrap_or(name)).to_ascii_lowercase());
        matches!(name.as_deref(), Some("empty-block" | "br"))
    };
    line.chars().all(quoted) || tag(line)
}

/// Reads one trimmed line by itself.
pub(super) fn read(line: &str) -> Leaf {
    if is_rule(line) {
        return Leaf::Rule;
    }
    if let Some((level, text)) = heading(line) {
        return Leaf::Heading(level, text);
    }
    if line.starts_with('>') {
        let inner = line.trim_start_matches(|c| is_space(c) || c == '>');
        return Leaf::Quote(Box::new(quoted(inner)));
    }
    item(line, true).unwrap_or_else(|| Leaf::Text(line.to_owned()))
}

/// Reads what stands behind the mark of a quote.
fn quoted(line: &str) -> Leaf {
    match read(line) {
        Leaf::Item { .. } => item(line, false).unwrap_or_else(|| Leaf::Text(line.to_owned())),
        other => other,
    }
}

/// Says whether a line of text would be read as anything but text.
pub(super) fn is_special(line: &str) -> bool {
    !matches!(read(line), Leaf::Text(_)) || fence(line).is_some() || underline(line).is_some()
}

/// Puts a backslash before the first mark, so that the line is read as text.
pub(super) fn guarded(line: &str) -> String {
    let at = line.find(|c: char| c.is_ascii_punctuation()).unwrap_or(0);
    format!("{}\\{}", &line[..at], &line[at..])
}

/// Says whether the line is a rule: three or more of one of `-`, `*`, `_`.
pub(super) fn is_rule(line: &str) -> bool {
    let mut marks = line.chars().filter(|c| !is_space(*c));
    let Some(first) = marks.next().filter(|c| matches!(c, '-' | '*' | '_')) else {
        return false;
    };
    let mut count = 1;
    marks.all(|c| {
        count += 1;
        c == first
    }) && count >= 3
}

/// Returns the level when the line underlines a heading. Exactly `---` is a rule: that is what
/// Notion writes for one, without the blank line that GitHub would need before it.
pub(super) fn underline(line: &str) -> Option<u8> {
    let all = |mark: char| line.chars().all(|c| c == mark);
    match line.len() {
        2.. if all('=') => Some(1),
        4.. if all('-') => Some(2),
        _ => None,
    }
}

fn heading(line: &str) -> Option<(u8, String)> {
    let level = line.chars().take_while(|c| *c == '#').count();
    let rest = &line[level..];
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with(is_space)) {
        return None;
    }
    Some((u8::try_from(level).ok()?, without_closing(rest).to_owned()))
}

/// Removes the closing marks of a heading.
pub(super) fn without_closing(text: &str) -> &str {
    let mut text = trim(text);
    loop {
        let bare = text.trim_end_matches('#');
        if bare.len() == text.len() || !(bare.is_empty() || bare.ends_with(is_space)) {
            return text;
        }
        text = trim(bare);
    }
}

/// Reads an item of a list. Notion has a box on an item that has no number and is in no quote; on any other the signs
/// are words of the text there, and that is how they compare.
fn item(line: &str, may_tick: bool) -> Option<Leaf> {
    let (number, rest) = marker(line)?;
    let text = trim(rest);
    let (check, text) = if may_tick && number.is_none() {
        checkbox(text)
    } else {
        (None, text)
    };
    Some(Leaf::Item {
        number,
        check,
        text: text.to_owned(),
    })
}

fn marker(line: &str) -> Option<(Option<String>, &str)> {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let mark = line[digits..].chars().next()?;
    let fits = match digits {
        0 => matches!(mark, '-' | '*' | '+'),
        1..=9 => matches!(mark, '.' | ')'),
        _ => false,
    };
    let rest = line.get(digits + 1..).filter(|_| fits)?;
    if !rest.is_empty() && !rest.starts_with(is_space) {
        return None;
    }
    Some(((digits > 0).then(|| line[..digits].to_owned()), rest))
}

/// Returns how long the marker of an item is with which the line starts.
pub(super) fn marker_length(line: &str) -> Option<usize> {
    marker(line).map(|(_, rest)| line.len() - rest.len())
}

/// Returns how many columns lie between an item's marker and its text.
pub(super) fn marker_width(line: &str) -> Option<usize> {
    let (_, rest) = marker(line)?;
    let spaces = rest.chars().take_while(|c| is_space(*c)).count();
    // Five or more spaces would be code inside the item: only one belongs to the marker.
    let spaces = if (1..=4).contains(&spaces) { spaces } else { 1 };
    Some(line.len() - rest.len() + spaces)
}

/// Splits a check box off the text of an item.
pub(super) fn checkbox(text: &str) -> (Option<bool>, &str) {
    let state = match text.get(..3) {
        Some("[ ]") => false,
        Some("[x]" | "[X]") => true,
        _ => return (None, text),
    };
    let rest = &text[3..];
    if rest.is_empty() || rest.starts_with(is_space) {
        (Some(state), trim(rest))
    } else {
        (None, text)
    }
}

/// Reads the opening of a code block.
pub(super) fn fence(line: &str) -> Option<Fence> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    let info = &line[length..];
    if length < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    Some(Fence {
        mark,
        length,
        language: language(info),
    })
}

/// Reads the language from a fence's info string, by the name that Notion gives it.
fn language(info: &str) -> String {
    let word = trim(info);
    if word.eq_ignore_ascii_case("plain text") {
        return String::new();
    }
    let kept =
        |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '.' | '_' | '/');
    let word: String = word
        .chars()
        .take_while(kept)
        .collect::<String>()
        .to_ascii_lowercase();
    let name = match word.as_str() {
        "text" | "txt" | "plaintext" | "plain" => "",
        "js" => "javascript",
        "ts" => "typescript",
        "py" => "python",
        "rs" => "rust",
        "rb" => "ruby",
        "sh" => "shell",
        "yml" => "yaml",
        "md" => "markdown",
        "cpp" => "c++",
        "cs" | "csharp" => "c#",
        "golang" => "go",
        "kt" => "kotlin",
        other => other,
    };
    name.to_owned()
}

/// Says whether the line starts with a tag that frames other lines.
pub(super) fn is_structure(line: &str) -> bool {
    const TAGS: [&str; 5] = ["<details", "</details", "<summary", "<table", "</table"];
    let starts = |tag: &&str| {
        line.get(..tag.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(tag))
    };
    TAGS.iter().any(starts)
}

/// Returns what follows `<details …>` on its line.
pub(super) fn details(line: &str) -> Option<&str> {
    let head = line.get(..8)?;
    let rest = &line[8..];
    let end = rest.find('>')?;
    let attributes = &rest[..end];
    let fits = attributes.is_empty() || attributes.starts_with(is_space);
    let tag = head.eq_ignore_ascii_case("<details") && fits && !attributes.contains('<');
    tag.then(|| trim(&rest[end + 1..]))
}

/// Returns the text of a line that is one `<summary>…</summary>`.
pub(super) fn summary(line: &str) -> Option<String> {
    let head = line.get(..9)?;
    let inner = &line[9..];
    let cut = inner.len().checked_sub(10)?;
    let tail = inner.get(cut..)?;
    let fits = head.eq_ignore_ascii_case("<summary>") && tail.eq_ignore_ascii_case("</summary>");
    let inner = &inner[..cut.min(inner.len())];
    (fits && !inner.contains("<summary>")).then(|| trim(inner).to_owned())
}
