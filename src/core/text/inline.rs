//! Reads one line of Markdown into pieces, the way both flavours share.
//!
//! Escapes are kept as a flag on the character, so that a literal `<` can be told from a
//! tag. Everything runs in linear time: code spans and brackets are matched once, ahead.

use std::collections::BTreeMap;

use super::mention;

/// The longest tag that is looked at as one; anything longer is literal text.
const TAG_MAX: usize = 2_048;
/// Links inside links are read this deep; deeper ones are literal text.
const LINK_DEPTH: usize = 6;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seg {
    /// One character; `true` when a backslash stood before it.
    Char(char, bool),
    /// The content of a code span, without its backticks and padding.
    Code(String),
    /// A link or an image; the optional title is not kept.
    Link {
        image: bool,
        text: Vec<Self>,
        url: String,
    },
    /// `<br>`: a break inside a block.
    Break,
}

/// Says whether the character is white space to Markdown (not every Unicode space is).
pub(super) const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}')
}

/// Trims Markdown's white space on both ends.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Removes the invisible characters with which text is neutralised on its way.
pub(super) fn visible(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.chars()
        .filter(|c| !matches!(c, '\u{2060}' | '\u{200b}' | '\u{feff}'))
        .collect()
}

/// Reads a line into pieces.
pub(super) fn parse(text: &str) -> Vec<Seg> {
    let chars: Vec<char> = text.chars().collect();
    let spans = code_spans(&chars);
    let brackets = brackets(&chars, &spans);
    let reader = Reader {
        chars: &chars,
        spans: &spans,
        brackets: &brackets,
    };
    let mut out = Vec::with_capacity(chars.len());
    reader.range(0, chars.len(), 0, &mut out);
    out
}

/// Splits a line at its breaks; the pieces are Markdown again. A line without text gives none.
pub(super) fn split_breaks(text: &str) -> Vec<String> {
    if !text.contains('<') {
        let has_text = !trim(text).is_empty();
        return has_text.then(|| text.to_owned()).into_iter().collect();
    }
    let chars: Vec<char> = text.chars().collect();
    let spans = code_spans(&chars);
    let brackets = brackets(&chars, &spans);
    let reader = Reader {
        chars: &chars,
        spans: &spans,
        brackets: &brackets,
    };
    let mut pieces = vec![String::new()];
    let mut at = 0;
    let mut sink = Vec::new();
    while at < chars.len() {
        sink.clear();
        let next = reader.one(at, chars.len(), 0, &mut sink);
        if sink.last() == Some(&Seg::Break) {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.extend(&chars[at..next]);
        }
        at = next;
    }
    pieces.retain(|piece| !trim(piece).is_empty());
    pieces
}

/// A code span that starts at an index: where its content lies and where the span ends.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
    end: usize,
}

fn run_length(chars: &[char], at: usize, wanted: char) -> usize {
    chars[at..].iter().take_while(|c| **c == wanted).count()
}

fn code_spans(chars: &[char]) -> BTreeMap<usize, Span> {
    let mut runs: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut at = 0;
    while at < chars.len() {
        let length = run_length(chars, at, '`');
        if length > 0 {
            runs.entry(length).or_default().push(at);
        }
        at += length.max(1);
    }
    let mut spans = BTreeMap::new();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '`' => {
                let length = run_length(chars, at, '`');
                let from = at + length;
                let close = runs.get(&length).and_then(|starts| {
                    starts
                        .get(starts.partition_point(|start| *start < from))
                        .copied()
                });
                at = close.map_or(from, |to| {
                    spans.insert(
                        at,
                        Span {
                            from,
                            to,
                            end: to + length,
                        },
                    );
                    to + length
                });
            }
            _ => at += 1,
        }
    }
    spans
}

fn brackets(chars: &[char], spans: &BTreeMap<usize, Span>) -> BTreeMap<usize, usize> {
    let mut open = Vec::new();
    let mut pairs = BTreeMap::new();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 1,
            '`' => {
                if let Some(span) = spans.get(&at) {
                    at = span.end - 1;
                } else {
                    at += run_length(chars, at, '`') - 1;
                }
            }
            '[' => open.push(at),
            ']' => {
                if let Some(start) = open.pop() {
                    pairs.insert(start, at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    pairs
}

struct Reader<'a> {
    chars: &'a [char],
    spans: &'a BTreeMap<usize, Span>,
    brackets: &'a BTreeMap<usize, usize>,
}

impl Reader<'_> {
    fn range(&self, from: usize, to: usize, depth: usize, out: &mut Vec<Seg>) {
        let mut at = from;
        while at < to {
            at = self.one(at, to, depth, out);
        }
    }

    /// Reads the piece at `at` and returns where the next one starts.
    fn one(&self, at: usize, to: usize, depth: usize, out: &mut Vec<Seg>) -> usize {
        let c = self.chars[at];
        let next = self.chars.get(at + 1).copied().filter(|_| at + 1 < to);
        let special = match c {
            '\\' => next.filter(char::is_ascii_punctuation).map(|n| {
                out.push(Seg::Char(n, true));
                at + 2
            }),
            '`' => return self.code(at, out),
            '!' if next == Some('[') => self.link(at + 1, to, depth, true, out),
            '[' => self.link(at, to, depth, false, out),
            '<' => self.tag(at, to, out),
            _ => None,
        };
        special.unwrap_or_else(|| {
            out.push(Seg::Char(c, false));
            at + 1
        })
    }

    fn code(&self, at: usize, out: &mut Vec<Seg>) -> usize {
        let Some(span) = self.spans.get(&at) else {
            let length = run_length(self.chars, at, '`');
            out.extend((0..length).map(|_| Seg::Char('`', false)));
            return at + length;
        };
        let content: String = self.chars[span.from..span.to].iter().collect();
        let padded = content.starts_with(' ') && content.ends_with(' ');
        if padded && content.len() > 2 && content.chars().any(|c| c != ' ') {
            out.push(Seg::Code(content[1..content.len() - 1].to_owned()));
        } else {
            out.push(Seg::Code(content));
        }
        span.end
    }

    fn link(
        &self,
        open: usize,
        to: usize,
        depth: usize,
        image: bool,
        out: &mut Vec<Seg>,
    ) -> Option<usize> {
        let close = *self.brackets.get(&open)?;
        if depth >= LINK_DEPTH || close + 1 >= to || self.chars[close + 1] != '(' {
            return None;
        }
        let (url, end) = self.target(close + 2, to)?;
        let mut text = Vec::new();
        self.range(open + 1, close, depth + 1, &mut text);
        if !image && plain(&text).as_deref() == Some(url.as_str()) {
            out.extend(url.chars().map(|c| Seg::Char(c, false)));
        } else {
            out.push(Seg::Link { image, text, url });
        }
        Some(end)
    }

    /// Reads a link's target and its optional title up to the closing parenthesis.
    fn target(&self, from: usize, to: usize) -> Option<(String, usize)> {
        let mut depth = 0_usize;
        let mut at = from;
        while at < to {
            match self.chars[at] {
                '(' => depth += 1,
                ')' if depth == 0 => break,
                ')' => depth -= 1,
                c if is_space(c) => break,
                c if !url_char(c) => return None,
                _ => {}
            }
            at += 1;
        }
        let url: String = self.chars.get(from..at)?.iter().collect();
        if depth > 0 || url.is_empty() {
            return None;
        }
        let mut end = at;
        while end < to && is_space(self.chars[end]) {
            end += 1;
        }
        if end < to && end > at && matches!(self.chars[end], '"' | '\'') {
            let quote = self.chars[end];
            end += 1;
            while end < to && self.chars[end] != quote {
                if matches!(self.chars[end], '[' | ']' | '\\' | '<' | '`') {
                    return None;
                }
                end += 1;
            }
            end += 1;
        }
        (end < to && self.chars[end] == ')').then_some((url, end + 1))
    }

    /// Reads the few tags both flavours know; every other `<` is literal.
    fn tag(&self, at: usize, to: usize, out: &mut Vec<Seg>) -> Option<usize> {
        let limit = to.min(at + TAG_MAX);
        let length = self.chars[at + 1..limit]
            .iter()
            .position(|c| matches!(c, '<' | '>'))?;
        let end = at + 1 + length;
        if self.chars[end] != '>' {
            return None;
        }
        let body: String = self.chars[at + 1..end].iter().collect();
        let name: String = body
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        if let Some(words) = mention::words(&body) {
            out.extend(words.chars().map(|c| Seg::Char(c, false)));
            return Some(end + 1);
        }
        match name.to_ascii_lowercase().as_str() {
            "br" if matches!(trim(&body[2..]), "" | "/") => out.push(Seg::Break),
            "span" => {}
            "" if body == "/span" => {}
            "img" => out.push(image(&body)?),
            "http" | "https" if body.contains("://") && body.chars().all(url_char) => {
                out.extend(body.chars().map(|c| Seg::Char(c, false)));
            }
            _ => return None,
        }
        Some(end + 1)
    }
}

/// Says whether a link target may hold the character; the rest would need an escape somewhere.
fn url_char(c: char) -> bool {
    !is_space(c) && !c.is_control() && !matches!(c, '[' | ']' | '<' | '>' | '`' | '\\' | '"')
}

/// Returns the text when it holds nothing but characters.
fn plain(text: &[Seg]) -> Option<String> {
    text.iter()
        .map(|seg| match seg {
            Seg::Char(c, _) => Some(*c),
            _ => None,
        })
        .collect()
}

/// Reads `<img …>`; only a tag whose address and text need no escape becomes an image.
fn image(tag: &str) -> Option<Seg> {
    let url = attribute(tag, "src")?;
    let alt = attribute(tag, "alt").unwrap_or_default();
    let awkward = |c: char| matches!(c, '[' | ']' | '\\' | '`' | '<' | '|');
    let balanced = !url.contains(['(', ')']);
    if url.is_empty() || !url.chars().all(url_char) || !balanced || alt.contains(awkward) {
        return None;
    }
    Some(Seg::Link {
        image: true,
        text: parse(trim(&alt)),
        url,
    })
}

/// Reads the value of a quoted attribute.
pub(super) fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find(name) {
        let start = from + found;
        from = start + name.len();
        let before = lower[..start].chars().next_back();
        if before.is_some_and(|c| !is_space(c)) {
            continue;
        }
        let rest = tag[from..]
            .trim_start()
            .strip_prefix('=')
            .map(str::trim_start);
        let quote = rest
            .and_then(|rest| rest.chars().next())
            .filter(|c| matches!(c, '"' | '\''));
        if let (Some(rest), Some(quote)) = (rest, quote) {
            return rest[1..]
                .split_once(quote)
                .map(|(value, _)| value.to_owned());
        }
    }
    None
}

/// Marks the characters that are code. None when a backtick has no partner on the line.
pub(super) fn code_mask(line: &str) -> Option<Vec<bool>> {
    let chars: Vec<char> = line.chars().collect();
    let spans = code_spans(&chars);
    let mut mask = vec![false; chars.len()];
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '`' => {
                let span = spans.get(&at)?;
                mask[at..span.end].fill(true);
                at = span.end;
            }
            _ => at += 1,
        }
    }
    Some(mask)
}
