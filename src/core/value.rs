//! Field values in a side's own normal form.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The value of one field on one side.
///
/// Dates are texts in the form `2026-01-02T03:04:05Z` (or `2026-01-02`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// No value: an empty property, a missing milestone.
    #[default]
    Null,
    /// A text, a select option, a URL or a date.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A checkbox.
    Bool(bool),
    /// Unordered names: labels, assignees.
    Set(BTreeSet<String>),
}

impl Value {
    /// Makes a text value; the empty text is `Null`, as neither service tells them apart.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text)
        }
    }

    /// Makes a set value; the empty set stays a set.
    pub fn set<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::Set(names.into_iter().map(Into::into).collect())
    }

    /// The text, or the empty text for anything that is not a text.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The names of a set; `Null` and other values are the empty set.
    pub fn names(&self) -> BTreeSet<String> {
        match self {
            Self::Set(names) => names.clone(),
            _ => BTreeSet::new(),
        }
    }

    /// Whether nothing is said: no value, or an empty set.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::Set(names) => names.is_empty(),
            Self::Number(_) | Self::Bool(_) => false,
        }
    }

    /// One line for people: logs, plans, lists.
    pub fn brief(&self, max: usize) -> String {
        let full = match self {
            Self::Null => "—".to_owned(),
            Self::Text(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
            Self::Number(number) => number.to_string(),
            Self::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Self::Set(names) if names.is_empty() => "—".to_owned(),
            Self::Set(names) => names.iter().cloned().collect::<Vec<_>>().join(", "),
        };
        if full.chars().count() <= max {
            full
        } else {
            full.chars()
                .take(max.saturating_sub(1))
                .chain(['…'])
                .collect()
        }
    }
}
