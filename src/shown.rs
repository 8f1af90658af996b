//! Text from outside, made fit for a terminal.
//!
//! Titles, labels, names and error bodies come from strangers. What reaches a terminal is a [`Shown`], and only
//! [`Shown::line`] and [`Shown::block`] make one: no escape, control, bidi or zero-width trick gets through.

use std::fmt;

use unicode_width::UnicodeWidthChar;

/// Combining marks kept on one character.
const MARKS: usize = 4;

/// Text that can do nothing to a terminal but be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// One line: line breaks and tabs become spaces.
    pub fn line(raw: &str) -> Self {
        Self(clean(raw, false))
    }

    /// Several lines: line breaks stay, tabs become spaces.
    pub fn block(raw: &str) -> Self {
        Self(clean(raw, true))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn clean(raw: &str, keeps_lines: bool) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut marks = 0;
    for c in raw.chars() {
        match c {
            '\n' if keeps_lines => out.push('\n'),
            '\n' | '\r' | '\t' => out.push(' '),
            _ if is_hidden(c) => {}
            _ if c.is_control() => out.push('\u{FFFD}'),
            _ if is_mark(c) => {
                marks += 1;
                if marks <= MARKS {
                    out.push(c);
                }
                continue;
            }
            _ => out.push(c),
        }
        marks = 0;
    }
    out
}

/// Invisible characters that reorder, hide or join text: bidi controls, zero-width characters, tags.
const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}'
            | '\u{034F}'
            | '\u{061C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Whether a character is put onto the one before it, in any script.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.width() == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_steers_the_terminal() {
        let hostile = [
            "\u{1b}[2J",
            "\u{1b}]0;title\u{7}",
            "\u{9b}31m",
            "a\rb",
            "a\u{8}b",
            "\u{202e}gnp.exe",
            "\u{2066}x\u{2069}",
            "z\u{200b}w",
            "tag\u{e0041}",
            "\u{7f}",
            "\u{0}",
            "line\u{2028}sep",
            "\u{85}nel",
        ];
        for raw in hostile {
            for shown in [Shown::line(raw), Shown::block(raw)] {
                let bad = shown
                    .as_str()
                    .chars()
                    .find(|c| c.is_control() || is_hidden(*c));
                assert_eq!(bad, None, "{raw:?}");
                assert_eq!(
                    Shown::block(shown.as_str()),
                    shown,
                    "cleaning twice changes nothing"
                );
            }
        }
    }

    #[test]
    fn piles_of_marks_are_cut_and_words_kept() {
        assert_eq!(
            Shown::line(&format!("z{}", "\u{0301}".repeat(50)))
                .as_str()
                .chars()
                .count(),
            1 + MARKS
        );
        assert_eq!(
            Shown::line("Grüße, 世界 🎉\tok").as_str(),
            "Grüße, 世界 🎉 ok"
        );
        assert_eq!(Shown::block("a\nb").as_str(), "a\nb");
    }
}
