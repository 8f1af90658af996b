//! Text from outside, made fit for a terminal.
//!
//! Titles, labels, names and error bodies come from strangers. What reaches a terminal is a [`Shown`], and only
//! [`Shown::line`] and [`Shown::block`] make one: no escape, control, bidi or zero-width trick gets through. What would
//! turn text around is named (`<RLM>`), a control character is written with a caret (`^[`): a reader sees that there is
//! something. Characters without width are left out.
//!
//! So is what joins several signs into one on some terminals and not on others: where a terminal counts other columns
//! than we do, its screen stays torn. A flag is shown as the letters it is made of (`[DE]`).

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
        Self(clean(raw, false, false))
    }

    /// Several lines: line breaks stay, tabs become spaces.
    pub fn block(raw: &str) -> Self {
        Self(clean(raw, true, false))
    }

    /// Several lines to be used elsewhere, as a clipboard's: what would be named or written with a caret is left out,
    /// and signs that are joined of several stay as they are.
    pub fn copied(raw: &str) -> Self {
        let kept =
            |c: &char| matches!(c, '\n' | '\t') || !c.is_control() && direction(*c).is_none();
        let kept: String = raw.chars().filter(kept).collect();
        Self(clean(&kept, true, true))
    }

    /// Whether one line of text is shown letter by letter as it is.
    pub fn is_as_it_is(raw: &str) -> bool {
        let plain = |c: char| matches!(c, ' '..='~');
        raw.chars()
            .all(|c| plain(c) || !c.is_control() && !is_hidden(c) && !is_mark(c) && !is_unsure(c))
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

/// Cleans a text. `joins`: signs that are made of several stay joined, as nobody counts their columns.
fn clean(raw: &str, keeps_lines: bool, joins: bool) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut marks = 0;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' if keeps_lines => out.push('\n'),
            '\n' | '\r' | '\t' => out.push(' '),
            _ if c.is_control() => out.extend(caret(c)),
            JOINER | AS_PICTURE if joins => {
                out.push(c);
                continue;
            }
            _ if is_hidden(c) => {
                if let Some(name) = direction(c) {
                    out.push('<');
                    out.push_str(name);
                    out.push('>');
                } else {
                    // The marks before and behind it are one pile.
                    continue;
                }
            }
            _ if is_unsure(c) && !joins => {
                if let Some(letter) = flag_letter(c) {
                    let second = chars.next_if(|next| flag_letter(*next).is_some());
                    out.push('[');
                    out.push(letter);
                    out.extend(second.and_then(flag_letter));
                    out.push(']');
                } else {
                    out.push_str(dashes(c));
                    continue;
                }
            }
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

/// The character that joins two signs into one, where a terminal knows how (zero-width joiner).
const JOINER: char = '\u{200D}';
/// The character that asks for a sign in colours, which is wider on some terminals (variation selector 16).
const AS_PICTURE: char = '\u{FE0F}';

/// Whether terminals disagree about how many columns a character takes, beside others or at all: halves of flags, tones
/// of skin, the frame of a keycap, dashes of several columns.
const fn is_unsure(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{20E3}' | '\u{2E3A}'..='\u{2E3B}')
}

/// The letter that half a flag stands for.
fn flag_letter(c: char) -> Option<char> {
    let at = u32::from(c).checked_sub(0x1F1E6)?;
    char::from_u32(0x41 + at).filter(char::is_ascii_uppercase)
}

/// A dash of several columns as dashes of one; nothing for what only changes the sign before it.
const fn dashes(c: char) -> &'static str {
    match c {
        '\u{2E3A}' => "——",
        '\u{2E3B}' => "———",
        _ => "",
    }
}

/// A control character as terminals echo it: `^[` for escape; U+FFFD for one of the eight-bit ones.
fn caret(c: char) -> impl Iterator<Item = char> {
    let (sign, letter) = match c {
        '\u{0}'..='\u{1F}' => ('^', char::from_u32(u32::from(c) + 0x40)),
        '\u{7F}' => ('^', Some('?')),
        _ => ('\u{FFFD}', None),
    };
    std::iter::once(sign).chain(letter)
}

/// The name of a character that turns text around, as Unicode's Bidirectional Algorithm (UAX #9) abbreviates it.
const fn direction(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{061C}' => "ALM",
        '\u{200E}' => "LRM",
        '\u{200F}' => "RLM",
        '\u{202A}' => "LRE",
        '\u{202B}' => "RLE",
        '\u{202C}' => "PDF",
        '\u{202D}' => "LRO",
        '\u{202E}' => "RLO",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        _ => return None,
    })
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
    fn what_turns_text_around_is_named() {
        let table = [
            ("\u{202e}gnp.exe", "<RLO>gnp.exe"),
            ("שלום\u{200f} (x)", "שלום<RLM> (x)"),
            ("\u{2066}x\u{2069}\u{61c}", "<LRI>x<PDI><ALM>"),
            ("\u{1b}[2J\u{7f}\u{9b}", "^[[2J^?\u{fffd}"),
            ("z\u{200b}w\u{ad}", "zw"),
        ];
        for (raw, shown) in table {
            assert_eq!(Shown::line(raw).as_str(), shown);
        }
        assert_eq!(
            Shown::copied("\u{202e}a\u{1b}[0m\tb\nc\u{200f}").as_str(),
            "a[0m b\nc",
            "a clipboard gets no names that nobody wrote"
        );
        let piled = format!("a{}", "\u{301}\u{200b}".repeat(20));
        assert_eq!(Shown::line(&piled).as_str().chars().count(), 1 + MARKS);
    }

    #[test]
    fn signs_that_terminals_count_differently_are_taken_apart() {
        let family = "👩\u{200d}👧";
        let table = [
            ("🇩🇪🇫🇷 and 🇯", "[DE][FR] and [J]"),
            (family, "👩👧"),
            ("❤\u{fe0f} 1\u{fe0f}\u{20e3}", "❤ 1"),
            ("👍🏽 ok", "👍 ok"),
            ("a\u{2e3b}b", "a———b"),
        ];
        for (raw, shown) in table {
            assert_eq!(Shown::line(raw).as_str(), shown);
            assert!(!Shown::is_as_it_is(raw));
            assert_eq!(
                Shown::copied(raw).as_str(),
                raw,
                "a clipboard keeps them whole"
            );
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
