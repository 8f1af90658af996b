//! Inline Markdown: from a line to runs of text.

use std::cell::RefCell;

use super::span::{Piece, RichText, Span, Style};
use super::tags;

pub use super::inline_write::{escape, write};

/// Reads one line of Notion-flavoured Markdown.
pub fn parse(line: &str) -> RichText {
    let chars: Vec<char> = line.chars().collect();
    let mut spans = Vec::new();
    Reader {
        chars: &chars,
        open_ended: RefCell::default(),
    }
    .read(0, chars.len(), &Context::default(), &mut spans);
    join(spans)
}

/// Brings one line to the form a read gives back.
pub fn normalise(line: &str) -> String {
    write(&parse(line))
}

/// Merges neighbours that look the same.
fn join(spans: RichText) -> RichText {
    let mut out: RichText = Vec::new();
    for span in spans {
        if let (Some(last), Piece::Text(more)) = (out.last_mut(), &span.piece)
            && last.style == span.style
            && last.link == span.link
            && let Piece::Text(text) = &mut last.piece
        {
            text.push_str(more);
            continue;
        }
        out.push(span);
    }
    out
}

#[derive(Clone, Default)]
struct Context {
    style: Style,
    link: Option<String>,
}

/// Longest link text or address that is looked for, in characters; keeps hostile lines cheap.
const MAX_LINK: usize = 2_000;

struct Reader<'a> {
    chars: &'a [char],
    /// Signs, widths and ends for which no closing sign was found: later openers find none either.
    open_ended: RefCell<Vec<(char, usize, usize)>>,
}

impl Reader<'_> {
    /// Reads `from..to` in the given style.
    fn read(&self, from: usize, to: usize, context: &Context, out: &mut RichText) {
        let mut at = from;
        while at < to {
            at = self.step(at, to, context, out);
        }
    }

    /// Reads one construct and says where the next begins.
    fn step(&self, at: usize, to: usize, context: &Context, out: &mut RichText) -> usize {
        let read = match self.chars[at] {
            '\\' => self.escape(at, to, context, out),
            '`' => Some(self.code(at, to, context, out)),
            '*' | '_' | '~' => Some(self.emphasis(at, to, context, out)),
            '[' | '!' => self.link(at, to, context, out),
            '$' => self.math(at, to, context, out),
            '<' => self.tag(at, to, context, out),
            '{' => self.attribute(at, to, context, out),
            _ => None,
        };
        read.unwrap_or_else(|| {
            push(out, Piece::Text(self.chars[at].to_string()), context);
            at + 1
        })
    }

    fn escape(&self, at: usize, to: usize, context: &Context, out: &mut RichText) -> Option<usize> {
        let next = *self.chars.get(at + 1).filter(|_| at + 1 < to)?;
        if !next.is_ascii_punctuation() {
            return None;
        }
        push(out, Piece::Text(next.to_string()), context);
        Some(at + 2)
    }

    fn code(&self, at: usize, to: usize, context: &Context, out: &mut RichText) -> usize {
        let width = self.run(at, to, '`');
        let mut close = at + width;
        while close < to {
            let found = self.run(close, to, '`');
            if found == width {
                let text: String = self.chars[at + width..close].iter().collect();
                let style = Style {
                    code: true,
                    ..context.style
                };
                let inner = Context {
                    style,
                    link: context.link.clone(),
                };
                push(out, Piece::Text(strip_padding(&text)), &inner);
                return close + width;
            }
            close += found.max(1);
        }
        // An unclosed run of backticks stands for itself, all of it.
        push(out, Piece::Text("`".repeat(width)), context);
        at + width
    }

    fn emphasis(&self, at: usize, to: usize, context: &Context, out: &mut RichText) -> usize {
        let sign = self.chars[at];
        let run = self.run(at, to, sign);
        let widths: &[usize] = match (sign, run) {
            ('~', 2) => &[2],
            ('~', _) => &[],
            (_, 1) => &[1],
            (_, 2) => &[2],
            (_, 3) => &[2, 1],
            _ => &[],
        };
        for width in widths {
            if let Some(close) = self.closing(at, to, *width) {
                let style = restyle(context.style, sign, *width);
                let inner = Context {
                    style,
                    link: context.link.clone(),
                };
                self.read(at + width, close, &inner, out);
                return close + width;
            }
        }
        push(out, Piece::Text(sign.to_string().repeat(run)), context);
        at + run
    }

    /// Finds where an emphasis of `width` signs that opens at `at` ends.
    fn closing(&self, at: usize, to: usize, width: usize) -> Option<usize> {
        let sign = self.chars[at];
        let opens = self
            .chars
            .get(at + self.run(at, to, sign))
            .filter(|_| at + width < to);
        if opens.is_none_or(|c| c.is_whitespace()) || (sign == '_' && self.word_before(at)) {
            return None;
        }
        let search = (sign, width, to);
        if self.open_ended.borrow().contains(&search) {
            return None;
        }
        let mut look = at + self.run(at, to, sign);
        while look < to {
            match self.chars[look] {
                '\\' => look += 2,
                '`' => look = self.past_code(look, to),
                c if c == sign => {
                    let run = self.run(look, to, sign);
                    let closes = !self.chars[look - 1].is_whitespace()
                        && (sign != '_' || !self.word_at(look + run));
                    if closes && fits(run, width) {
                        return Some(look + run - width);
                    }
                    look += run;
                }
                _ => look += 1,
            }
        }
        self.open_ended.borrow_mut().push(search);
        None
    }

    fn past_code(&self, at: usize, to: usize) -> usize {
        let width = self.run(at, to, '`');
        let mut look = at + width;
        while look < to {
            let found = self.run(look, to, '`');
            if found == width {
                return look + width;
            }
            look += found.max(1);
        }
        at + width
    }

    fn link(&self, at: usize, to: usize, context: &Context, out: &mut RichText) -> Option<usize> {
        let image = self.chars[at] == '!';
        let open = at + usize::from(image);
        if self.chars.get(open) != Some(&'[') || context.link.is_some() {
            return None;
        }
        let middle = self.matching(open, to, '[', ']')?;
        if self.chars.get(open + 1) == Some(&'^') && !image {
            let raw: String = self.chars[at..=middle].iter().collect();
            push(out, Piece::Raw(raw), context);
            return Some(middle + 1);
        }
        if self.chars.get(middle + 1).filter(|_| middle + 1 < to) != Some(&'(') {
            return None;
        }
        let end = self.matching(middle + 1, to, '(', ')')?;
        if image {
            let raw: String = self.chars[at..=end].iter().collect();
            push(out, Piece::Raw(raw), context);
            return Some(end + 1);
        }
        let url: String = self.chars[middle + 2..end].iter().collect();
        let inner = Context {
            style: context.style,
            link: Some(url),
        };
        self.read(open + 1, middle, &inner, out);
        Some(end + 1)
    }

    fn matching(&self, at: usize, to: usize, open: char, close: char) -> Option<usize> {
        let mut depth = 0_usize;
        let mut look = at;
        let to = to.min(at + MAX_LINK);
        while look < to {
            match self.chars[look] {
                '\\' => look += 1,
                '`' if open == '[' => look = self.past_code(look, to) - 1,
                c if c == open => depth += 1,
                c if c == close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(look);
            }
            look += 1;
        }
        None
    }

    fn math(&self, at: usize, to: usize, context: &Context, out: &mut RichText) -> Option<usize> {
        let first = self.chars.get(at + 1).filter(|_| at + 1 < to)?;
        if first.is_whitespace() || *first == '$' {
            return None;
        }
        let end = (at + 2..to).find(|i| self.chars[*i] == '$' && self.chars[i - 1] != '\\')?;
        let digit_after = self.chars.get(end + 1).is_some_and(char::is_ascii_digit);
        if self.chars[end - 1].is_whitespace() || digit_after {
            return None;
        }
        let expression: String = self.chars[at + 1..end].iter().collect();
        push(out, Piece::Math(expression), context);
        Some(end + 1)
    }

    fn tag(&self, at: usize, to: usize, context: &Context, out: &mut RichText) -> Option<usize> {
        let next = self.chars.get(at + 1)?;
        if !next.is_ascii_alphabetic() && *next != '/' {
            return None;
        }
        let rest: String = self.chars[at..to].iter().collect();
        if let Some(width) = tags::line_break(&rest) {
            push(out, Piece::Break, context);
            return Some(at + width);
        }
        let raw = tags::known_tag(&rest)?;
        push(out, Piece::Raw(raw.to_owned()), context);
        Some(at + raw.chars().count())
    }

    fn attribute(
        &self,
        at: usize,
        to: usize,
        context: &Context,
        out: &mut RichText,
    ) -> Option<usize> {
        if !matches!(self.chars.get(at + 1), Some('c' | 't')) {
            return None;
        }
        let rest: String = self.chars[at..to].iter().collect();
        let known = ["{color=\"", "{toggle=\""]
            .iter()
            .any(|start| rest.starts_with(start));
        if !known || !rest.ends_with("\"}") || rest.matches('}').count() != 1 {
            return None;
        }
        push(out, Piece::Raw(rest), context);
        Some(to)
    }

    fn run(&self, at: usize, to: usize, sign: char) -> usize {
        self.chars[at..to]
            .iter()
            .take_while(|c| **c == sign)
            .count()
    }

    fn word_before(&self, at: usize) -> bool {
        at > 0 && self.chars[at - 1].is_alphanumeric()
    }

    fn word_at(&self, at: usize) -> bool {
        self.chars.get(at).is_some_and(|c| c.is_alphanumeric())
    }
}

/// Says whether a run of `run` signs can end an emphasis of `width` signs.
fn fits(run: usize, width: usize) -> bool {
    match width {
        1 => run % 2 == 1,
        _ => run >= 2,
    }
}

fn restyle(style: Style, sign: char, width: usize) -> Style {
    match (sign, width) {
        ('~', _) => Style {
            strike: true,
            ..style
        },
        (_, 1) => Style {
            italic: true,
            ..style
        },
        _ => Style {
            bold: true,
            ..style
        },
    }
}

fn strip_padding(text: &str) -> String {
    let inner = text
        .strip_prefix(' ')
        .and_then(|rest| rest.strip_suffix(' '));
    match inner {
        Some(inner) if !text.trim().is_empty() => inner.to_owned(),
        _ => text.to_owned(),
    }
}

fn push(out: &mut RichText, piece: Piece, context: &Context) {
    let span = Span {
        piece,
        style: context.style,
        link: context.link.clone(),
    };
    // Joining here keeps the list short; `join` would do it too.
    if let (Some(last), Piece::Text(more)) = (out.last_mut(), &span.piece)
        && last.style == span.style
        && last.link == span.link
        && let Piece::Text(text) = &mut last.piece
    {
        text.push_str(more);
        return;
    }
    out.push(span);
}
