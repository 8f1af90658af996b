//! Rich text: runs of characters with one style each.

use serde_json::{Value as Json, json};

use super::refusal::Refusal;

/// Longest `text.content` Notion takes, in characters (reference/request-limits).
pub const MAX_CONTENT: usize = 2_000;
/// Longest array of anything Notion takes in one request (reference/request-limits).
pub const MAX_ARRAY: usize = 100;

/// The style of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "Notion's annotations are five independent flags"
)]
pub struct Style {
    /// `**bold**`
    pub bold: bool,
    /// `*italic*`
    pub italic: bool,
    /// `~~strikethrough~~`
    pub strike: bool,
    /// Underlined; Markdown has no sign for it.
    pub underline: bool,
    /// `` `code` ``
    pub code: bool,
}

/// What kind of run it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Ordinary characters.
    Text(String),
    /// A line break inside a block, `<br>` in Markdown.
    Break,
    /// An inline equation.
    Math(String),
    /// A tag or attribute of Notion's Markdown, kept as written.
    Raw(String),
}

/// One run of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its content.
    pub piece: Piece,
    /// Its style.
    pub style: Style,
    /// Where it links to.
    pub link: Option<String>,
}

/// A text as Notion stores it.
pub type RichText = Vec<Span>;

impl Span {
    /// Makes an unstyled run.
    pub fn text(content: impl Into<String>) -> Self {
        Self {
            piece: Piece::Text(content.into()),
            style: Style::default(),
            link: None,
        }
    }

    /// The characters a reader sees.
    pub fn plain(&self) -> &str {
        match &self.piece {
            Piece::Text(text) | Piece::Math(text) | Piece::Raw(text) => text,
            Piece::Break => "\n",
        }
    }
}

/// Makes a rich text of one unstyled run; empty text is the empty array.
pub fn rich(text: &str) -> RichText {
    if text.is_empty() {
        Vec::new()
    } else {
        vec![Span::text(text)]
    }
}

/// The characters a reader sees.
pub fn plain(text: &[Span]) -> String {
    text.iter().map(Span::plain).collect()
}

/// Writes rich text as the API returns it.
pub fn to_json(text: &[Span]) -> Json {
    Json::Array(text.iter().map(span_json).collect())
}

fn span_json(span: &Span) -> Json {
    let annotations = json!({
        "bold": span.style.bold, "italic": span.style.italic, "strikethrough": span.style.strike,
        "underline": span.style.underline, "code": span.style.code, "color": "default",
    });
    if let Piece::Math(expression) = &span.piece {
        return json!({
            "type": "equation", "equation": {"expression": expression},
            "annotations": annotations, "plain_text": expression, "href": null,
        });
    }
    let link = span.link.as_ref().map(|url| json!({"url": url}));
    json!({
        "type": "text", "text": {"content": span.plain(), "link": link},
        "annotations": annotations, "plain_text": span.plain(), "href": span.link,
    })
}

/// Reads rich text from a request.
pub fn from_json(json: &Json, path: &str) -> Result<RichText, Refusal> {
    let items = array(json, path)?;
    items
        .iter()
        .enumerate()
        .map(|(index, item)| read_span(item, &format!("{path}[{index}]")))
        .collect()
}

/// Reads an array of at most [`MAX_ARRAY`] elements.
pub fn array<'a>(json: &'a Json, path: &str) -> Result<&'a Vec<Json>, Refusal> {
    let items = json.as_array().ok_or_else(|| {
        failed(&format!(
            "{path} should be an array, instead was `{}`.",
            brief(json)
        ))
    })?;
    if items.len() > MAX_ARRAY {
        return Err(failed(&format!(
            "{path}.length should be ≤ `{MAX_ARRAY}`, instead was `{}`.",
            items.len()
        )));
    }
    Ok(items)
}

/// Words a validation failure the way the service does.
pub fn failed(what: &str) -> Refusal {
    Refusal::invalid(format!("body failed validation: body.{what}"))
}

/// Shortens a JSON value for a message.
pub fn brief(json: &Json) -> String {
    json.to_string().chars().take(60).collect()
}

fn read_span(item: &Json, path: &str) -> Result<Span, Refusal> {
    let style = read_style(&item["annotations"]);
    if let Some(expression) = item["equation"]["expression"].as_str() {
        limit(expression, 1_000, &format!("{path}.equation.expression"))?;
        let piece = Piece::Math(expression.to_owned());
        return Ok(Span {
            piece,
            style,
            link: None,
        });
    }
    if item.get("mention").is_some() {
        let raw = format!("<mention>{}</mention>", brief(&item["mention"]));
        return Ok(Span {
            piece: Piece::Raw(raw),
            style,
            link: None,
        });
    }
    let content = item["text"]["content"].as_str().ok_or_else(|| {
        failed(&format!(
            "{path}.text.content should be a string, instead was `{}`.",
            brief(item)
        ))
    })?;
    limit(content, MAX_CONTENT, &format!("{path}.text.content"))?;
    let link = item["text"]["link"]["url"].as_str().map(str::to_owned);
    if let Some(url) = &link {
        limit(url, 2_000, &format!("{path}.text.link.url"))?;
    }
    let piece = Piece::Text(content.to_owned());
    Ok(Span { piece, style, link })
}

fn read_style(json: &Json) -> Style {
    let flag = |name: &str| json[name].as_bool().unwrap_or(false);
    Style {
        bold: flag("bold"),
        italic: flag("italic"),
        strike: flag("strikethrough"),
        underline: flag("underline"),
        code: flag("code"),
    }
}

/// Refuses a text longer than `most` UTF-16 code units, the unit Notion's limits are in.
pub fn limit(text: &str, most: usize, path: &str) -> Result<(), Refusal> {
    let length = text.encode_utf16().count();
    if length <= most {
        return Ok(());
    }
    Err(failed(&format!(
        "{path}.length should be ≤ `{most}`, instead was `{length}`."
    )))
}
