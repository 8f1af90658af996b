//! Lengths as the services count them.

/// The longest body GitHub takes, in characters.
pub const GITHUB_BODY: usize = 65_536;
/// The longest title GitHub takes, in characters.
pub const GITHUB_TITLE: usize = 256;
/// The longest segment of rich text Notion takes, in UTF-16 units.
pub const NOTION_SEGMENT: usize = 2_000;
/// The most segments Notion takes in one value.
pub const NOTION_SEGMENTS: usize = 100;

/// Counts as GitHub does: Unicode characters.
pub fn github_length(text: &str) -> usize {
    text.chars().count()
}

/// Counts as Notion does: UTF-16 units, two for an emoji.
pub fn notion_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Splits a text into segments that Notion takes, never inside a character, and before a joiner
/// or combining mark only when there is no other way. Joined together they are the text.
pub fn notion_segments(text: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let mut rest = text;
    while notion_length(rest) > NOTION_SEGMENT {
        let mut units = 0;
        let mut hard = 0;
        let mut soft = 0;
        let mut glued = true;
        for (at, c) in rest.char_indices() {
            if units + c.len_utf16() > NOTION_SEGMENT {
                if !glued && !glues(c) {
                    soft = at;
                }
                break;
            }
            if !glued && !glues(c) {
                soft = at;
            }
            units += c.len_utf16();
            hard = at + c.len_utf8();
            glued = c == '\u{200d}';
        }
        let (segment, tail) = rest.split_at(if soft > hard / 2 { soft } else { hard });
        segments.push(segment);
        rest = tail;
    }
    if !rest.is_empty() {
        segments.push(rest);
    }
    segments
}

/// Says whether the character belongs to the one before it.
const fn glues(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}
