//! How one side's value is said on the other.

use std::collections::BTreeSet;

use super::text::{self, Reading};
use super::words::Words;
use super::{Side, Value};

/// GitHub refuses longer titles (422).
const GITHUB_TITLE_CHARS: usize = 256;
/// The longest text: GitHub refuses longer bodies (422), and the mark by which we find our own issues again takes 54.
const GITHUB_BODY_CHARS: usize = text::limits::GITHUB_BODY - text::marker::LENGTH;
/// Notion refuses longer option names.
const NOTION_OPTION_CHARS: usize = 100;
/// Stands for a comma in a Notion option name, which may hold none.
const COMMA_STANDIN: char = '\u{201A}';

/// What a value means on the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// This value.
    Value(Value),
    /// Nothing that could be decided: an option that is mapped to no state.
    Undecided,
    /// It cannot be said there; the reason names what a person can do.
    Refused(String),
}

/// The rule that translates a field's values between the sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codec {
    /// The same value on both sides.
    Same,
    /// A one-line title.
    Title,
    /// One name that becomes a Notion option (milestone, repository), or a word that stands for it.
    Name(Words),
    /// Names that become Notion options (labels, assignees), or words that stand for them.
    Names(Words),
    /// `open`/`closed` against the options of a Notion status, many to one.
    State(StateMap),
    /// Markdown, compared by canonical lines.
    Markdown,
}

/// Which Notion options mean which GitHub state. The first option of a state is the one that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMap {
    /// Options that mean `open`.
    pub open: Vec<String>,
    /// Options that mean `closed`.
    pub closed: Vec<String>,
}

impl Default for StateMap {
    /// Notion's own default options.
    fn default() -> Self {
        Self {
            open: vec!["Not started".to_owned(), "In progress".to_owned()],
            closed: vec!["Done".to_owned()],
        }
    }
}

impl StateMap {
    fn options(&self, state: &str) -> &[String] {
        match state {
            "open" => &self.open,
            "closed" => &self.closed,
            _ => &[],
        }
    }

    /// Whether no other option means what this one does.
    pub fn is_only(&self, option: &str) -> bool {
        self.state(option)
            .is_some_and(|state| self.options(state).len() == 1)
    }

    /// The state that an option means: `open`, `closed`, or none.
    pub fn state(&self, option: &str) -> Option<&'static str> {
        ["open", "closed"].into_iter().find(|state| {
            self.options(state)
                .iter()
                .any(|name| name.eq_ignore_ascii_case(option))
        })
    }
}

impl Codec {
    /// Says GitHub's value on Notion, where `current` is what Notion shows now.
    pub fn to_notion(&self, github: &Value, current: Option<&Value>) -> Said {
        match self {
            Self::Same => Said::Value(github.clone()),
            Self::Title => Said::Value(map_text(github, text::without_joiners)),
            Self::Name(words) => name_for_notion(words, github, current),
            Self::Names(words) => Said::Value(map_names(github, |name| option(words, name))),
            Self::State(map) => {
                if current.is_some_and(|now| map.state(now.as_text()) == Some(github.as_text())) {
                    return Said::Value(current.cloned().unwrap_or_default());
                }
                map.options(github.as_text())
                    .first()
                    .map_or(Said::Undecided, |name| {
                        Said::Value(Value::text(name.clone()))
                    })
            }
            Self::Markdown => Said::Value(Value::text(text::for_notion(github.as_text()))),
        }
    }

    /// Says Notion's value on GitHub, where `current` is what GitHub shows now.
    pub fn to_github(&self, notion: &Value, current: Option<&Value>) -> Said {
        match self {
            Self::Same => Said::Value(notion.clone()),
            Self::Title => title_for_github(notion, current),
            Self::Name(words) => Said::Value(name_for_github(words, notion, current)),
            Self::Names(words) => Said::Value(map_names(notion, |name| value(words, name, None))),
            Self::State(map) => map
                .state(notion.as_text())
                .map_or(Said::Undecided, |state| Said::Value(Value::text(state))),
            Self::Markdown => body_for_github(notion, current),
        }
    }

    /// Says `from`'s value on the other side, where `current` is what that other side shows now.
    pub fn say(&self, from: Side, value: &Value, current: Option<&Value>) -> Said {
        match from {
            Side::Github => self.to_notion(value, current),
            Side::Notion => self.to_github(value, current),
        }
    }

    /// Whether two values of one side mean the same, so that a difference is no edit.
    pub fn same(&self, one: &Value, other: &Value) -> bool {
        one == other
            || match self {
                Self::Title => one_line(one.as_text()) == one_line(other.as_text()),
                Self::Markdown => text::same(one.as_text(), other.as_text()),
                Self::Names(_) => one.is_empty() && other.is_empty(),
                // A name that was cut for Notion still means the whole one.
                Self::Name(_) => option_name(one.as_text()) == option_name(other.as_text()),
                Self::Same | Self::State(_) => false,
            }
    }

    /// Whether Notion's value is an option that says nothing about GitHub: a status that is mapped to no state.
    pub fn is_meaningless(&self, notion: &Value) -> bool {
        match self {
            Self::State(map) => !notion.is_empty() && map.state(notion.as_text()).is_none(),
            _ => false,
        }
    }

    /// Whether GitHub's value is said in Notion as `notion` says it.
    fn says(&self, github: &Value, notion: &Value) -> bool {
        matches!(self.to_notion(github, Some(notion)), Said::Value(value) if self.same(&value, notion))
    }

    /// Whether the two sides say the same.
    pub fn agree(&self, github: &Value, notion: &Value) -> bool {
        match self {
            Self::State(map) => map.state(notion.as_text()) == Some(github.as_text()),
            Self::Title => one_line(github.as_text()) == one_line(notion.as_text()),
            Self::Markdown => text::same(github.as_text(), &text::from_notion(notion.as_text())),
            // An option that is the value's own name means it too: it was written before the value got a word.
            Self::Name(words) if !words.is_empty() => {
                self.says(github, notion)
                    || self.same(&name_for_github(words, notion, Some(github)), github)
            }
            Self::Names(words) if !words.is_empty() => {
                self.says(github, notion)
                    || map_names(notion, |name| value(words, name, None)).names() == github.names()
            }
            Self::Same | Self::Name(_) | Self::Names(_) => self.says(github, notion),
        }
    }
}

fn name_for_notion(words: &Words, github: &Value, current: Option<&Value>) -> Said {
    let name = github.as_text();
    if let Some(word) = words.option(name, current.map(Value::as_text)) {
        return Said::Value(Value::text(word));
    }
    match words.is_free(name, &option_name(name)) {
        Ok(()) => Said::Value(map_text(github, option_name)),
        Err(taken) => Said::Refused(taken.to_string()),
    }
}

fn name_for_github(words: &Words, notion: &Value, current: Option<&Value>) -> Value {
    match current {
        // What is said there already is said whole: an option may be cut.
        Some(now)
            if option_name(now.as_text()) == notion.as_text()
                && words.is_free(now.as_text(), notion.as_text()).is_ok() =>
        {
            now.clone()
        }
        _ => map_text(notion, |name| {
            value(words, name, current.map(Value::as_text))
        }),
    }
}

/// One name as an option.
fn option(words: &Words, name: &str) -> String {
    let word = words.option(name, None).map(str::to_owned);
    word.unwrap_or_else(|| option_name(name))
}

/// One option as a name.
fn value(words: &Words, option: &str, current: Option<&str>) -> String {
    let value = words.value(option, current).map(str::to_owned);
    value.unwrap_or_else(|| plain_name(option))
}

fn map_text(value: &Value, f: impl Fn(&str) -> String) -> Value {
    match value {
        Value::Text(text) => Value::text(f(text)),
        other => other.clone(),
    }
}

fn map_names(value: &Value, f: impl Fn(&str) -> String) -> Value {
    Value::Set(
        value
            .names()
            .iter()
            .map(|name| f(name))
            .collect::<BTreeSet<_>>(),
    )
}

/// A name as a Notion option: commas replaced, and cut with a fingerprint where it is too long, so that two long
/// names stay two.
pub fn option_name(name: &str) -> String {
    let name: String = name.trim().replace(',', &COMMA_STANDIN.to_string());
    if name.chars().count() <= NOTION_OPTION_CHARS {
        return name;
    }
    let kept: String = name.chars().take(NOTION_OPTION_CHARS - 10).collect();
    format!("{kept}… {:08x}", fingerprint(&name))
}

fn plain_name(option: &str) -> String {
    option.replace(COMMA_STANDIN, ",")
}

/// FNV-1a, 32 bits: stable across releases, only to tell cut names apart.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

fn one_line(text: &str) -> String {
    let text = text::without_joiners(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn title_for_github(notion: &Value, current: Option<&Value>) -> Said {
    let title = one_line(notion.as_text());
    let title = text::outgoing_title(&title, current.map_or("", Value::as_text));
    let chars = title.chars().count();
    if title.is_empty() {
        Said::Refused("GitHub needs a title; give the page one".to_owned())
    } else if chars > GITHUB_TITLE_CHARS {
        Said::Refused(format!(
            "the title has {chars} characters, GitHub allows {GITHUB_TITLE_CHARS}; shorten it in Notion"
        ))
    } else {
        Said::Value(Value::text(title))
    }
}

fn body_for_github(notion: &Value, current: Option<&Value>) -> Said {
    said_body(
        &text::from_notion(notion.as_text()),
        &Reading::of(current.map_or("", Value::as_text)),
    )
}

/// A text in GitHub's Markdown as it may be sent there: what was not in `known` is neutralised, and too long a text
/// is refused.
pub fn said_body(body: &str, known: &Reading<'_>) -> Said {
    let body = text::outgoing_beside(body, known);
    let chars = text::limits::github_length(&body);
    if chars > GITHUB_BODY_CHARS {
        return Said::Refused(format!(
            "the text has {chars} characters, GitHub allows {} and our hidden mark takes {} of them; shorten it in Notion",
            text::limits::GITHUB_BODY,
            text::marker::LENGTH
        ));
    }
    Said::Value(Value::text(body))
}
