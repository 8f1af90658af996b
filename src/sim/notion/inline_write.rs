//! Inline Markdown: from runs of text to a line in Notion's normal form.

use super::span::{Piece, Span, Style};

/// Characters Notion puts a backslash before when they stand for themselves (apis 1.5).
const ESCAPED: &str = "\\*~`$[]<>{}|^";

/// Writes runs as Markdown, each literal sign escaped.
pub fn write(spans: &[Span]) -> String {
    let mut out = String::new();
    let writer = Writer {
        alone: spans.len() == 1,
    };
    writer.group(spans, Style::default(), false, &mut out);
    out
}

/// One way of wrapping a group of runs.
#[derive(Clone, Copy, PartialEq)]
enum Wrap {
    Link,
    Bold,
    Italic,
    Strike,
}

impl Wrap {
    const ALL: [Self; 4] = [Self::Link, Self::Bold, Self::Italic, Self::Strike];

    fn covers(self, span: &Span, first: &Span, done: Style, linked: bool) -> bool {
        match self {
            Self::Link => !linked && span.link.is_some() && span.link == first.link,
            Self::Bold => span.style.bold && !done.bold,
            Self::Italic => span.style.italic && !done.italic,
            Self::Strike => span.style.strike && !done.strike,
        }
    }
}

/// Writes the runs of one line.
#[derive(Clone, Copy)]
struct Writer {
    /// The line is one run: nothing else in it can pair with a literal underscore.
    alone: bool,
}

impl Writer {
    /// Writes runs, always opening the style that lasts longest first.
    fn group(self, spans: &[Span], done: Style, linked: bool, out: &mut String) {
        let mut at = 0;
        while let Some(first) = spans.get(at) {
            let reach = |wrap: Wrap| {
                let same = spans[at..]
                    .iter()
                    .take_while(|s| wrap.covers(s, first, done, linked));
                (same.count(), wrap)
            };
            let mut best = (0, Wrap::Link);
            for wrap in Wrap::ALL {
                let candidate = reach(wrap);
                if candidate.0 > best.0 {
                    best = candidate;
                }
            }
            let (length, wrap) = best;
            if length == 0 {
                self.piece(first, out);
                at += 1;
                continue;
            }
            self.wrapped(&spans[at..at + length], wrap, done, linked, out);
            at += length;
        }
    }

    fn wrapped(self, spans: &[Span], wrap: Wrap, done: Style, linked: bool, out: &mut String) {
        let mut inner = String::new();
        let (style, in_link) = match wrap {
            Wrap::Link => (done, true),
            Wrap::Bold => (Style { bold: true, ..done }, linked),
            Wrap::Italic => (
                Style {
                    italic: true,
                    ..done
                },
                linked,
            ),
            Wrap::Strike => (
                Style {
                    strike: true,
                    ..done
                },
                linked,
            ),
        };
        self.group(spans, style, in_link, &mut inner);
        let sign = match wrap {
            Wrap::Link => {
                let url = spans
                    .first()
                    .and_then(|s| s.link.as_deref())
                    .unwrap_or_default();
                out.push_str(&["[", &inner, "](", url, ")"].concat());
                return;
            }
            Wrap::Bold => "**",
            Wrap::Italic => "*",
            Wrap::Strike => "~~",
        };
        // A sign next to white space would not be read back as emphasis.
        let core = inner.trim();
        if core.is_empty() {
            out.push_str(&inner);
            return;
        }
        let lead = &inner[..inner.len() - inner.trim_start().len()];
        let tail = &inner[inner.trim_end().len()..];
        out.push_str(&[lead, sign, core, sign, tail].concat());
    }

    fn piece(self, span: &Span, out: &mut String) {
        match &span.piece {
            Piece::Break => out.push_str("<br>"),
            Piece::Math(expression) => out.push_str(&["$", expression, "$"].concat()),
            Piece::Raw(raw) => out.push_str(raw),
            Piece::Text(text) if span.style.code => out.push_str(&code_span(text)),
            Piece::Text(text) => out.push_str(&escape_in(text, self.alone)),
        }
    }
}

fn code_span(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let padded = text.starts_with('`') || text.ends_with('`');
    let spaced = text.starts_with(' ') && text.ends_with(' ') && !text.trim().is_empty();
    if padded || spaced {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// Escapes literal text that stands alone; a line feed becomes `<br>`.
pub fn escape(text: &str) -> String {
    escape_in(text, true)
}

fn escape_in(text: &str, alone: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let first_open = (0..chars.len()).find(|at| can_open(&chars, *at));
    let last_close = (0..chars.len()).rev().find(|at| can_close(&chars, *at));
    // A literal underscore is escaped only where it would be read as the start or end of emphasis.
    let pairs = |at: usize| {
        let (opens, closes) = (can_open(&chars, at), can_close(&chars, at));
        if alone {
            let closed_later = opens && last_close.is_some_and(|other| other > at);
            closed_later || (closes && first_open.is_some_and(|other| other < at))
        } else {
            opens || closes
        }
    };
    let mut out = String::with_capacity(text.len() + 8);
    for (at, sign) in chars.iter().enumerate() {
        if *sign == '\n' {
            out.push_str("<br>");
            continue;
        }
        if ESCAPED.contains(*sign) || (*sign == '_' && pairs(at)) {
            out.push('\\');
        }
        out.push(*sign);
    }
    out
}

fn can_open(chars: &[char], at: usize) -> bool {
    let before = at
        .checked_sub(1)
        .is_some_and(|i| chars[i].is_alphanumeric());
    let space = chars.get(at + 1).is_some_and(|c| c.is_whitespace());
    chars[at] == '_' && !before && !space
}

fn can_close(chars: &[char], at: usize) -> bool {
    let after = chars.get(at + 1).is_some_and(|c| c.is_alphanumeric());
    let space = at.checked_sub(1).is_some_and(|i| chars[i].is_whitespace());
    chars[at] == '_' && !after && !space
}
