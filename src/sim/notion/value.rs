//! Values of columns.

use super::ids::Id;
use super::schema::Kind;
use super::span::{self, RichText};

/// A day, a moment, or a range, as it was written (ISO 8601).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateValue {
    /// When it begins.
    pub start: String,
    /// When it ends, if it is a range.
    pub end: Option<String>,
    /// The time zone it was given in.
    pub zone: Option<String>,
}

/// What one cell holds. Options are held by name.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of a title or text column.
    Text(RichText),
    /// Of a number column.
    Number(Option<f64>),
    /// Of a select or status column.
    Choice(Option<String>),
    /// Of a multi-select column.
    Choices(Vec<String>),
    /// Of a date column.
    Date(Option<DateValue>),
    /// Of a checkbox column.
    Checkbox(bool),
    /// Of a url, email or phone column.
    Line(Option<String>),
    /// Of a people or relation column.
    Ids(Vec<Id>),
    /// Of a unique-id column.
    Serial(u64),
}

impl Value {
    /// Makes an unstyled text.
    pub fn text(text: &str) -> Self {
        Self::Text(span::rich(text))
    }

    /// Makes a chosen option.
    pub fn choice(name: &str) -> Self {
        Self::Choice(Some(name.to_owned()))
    }

    /// Makes a set of options.
    pub fn choices(names: &[&str]) -> Self {
        Self::Choices(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Makes a url, email or phone.
    pub fn line(text: &str) -> Self {
        Self::Line(Some(text.to_owned()))
    }

    /// Makes a number.
    pub fn number(number: f64) -> Self {
        Self::Number(Some(number))
    }

    /// What an untouched cell of a type holds; `None` for computed types.
    pub fn empty(kind: &Kind) -> Option<Self> {
        Some(match kind {
            Kind::Title | Kind::RichText => Self::Text(Vec::new()),
            Kind::Number(_) => Self::Number(None),
            Kind::Select(_) => Self::Choice(None),
            // A status is never empty: it falls back to the first option (apis 1.2).
            Kind::Status(options, _) => Self::Choice(options.first().map(|o| o.name.clone())),
            Kind::MultiSelect(_) => Self::Choices(Vec::new()),
            Kind::Date => Self::Date(None),
            Kind::Checkbox => Self::Checkbox(false),
            Kind::Url | Kind::Email | Kind::Phone => Self::Line(None),
            Kind::People | Kind::Relation(_) => Self::Ids(Vec::new()),
            _ => return None,
        })
    }

    /// Says whether a value is of a column's type.
    pub fn fits(&self, kind: &Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Text(_), Kind::Title | Kind::RichText)
                | (Self::Number(_), Kind::Number(_))
                | (Self::Choice(_), Kind::Select(_) | Kind::Status(..))
                | (Self::Choices(_), Kind::MultiSelect(_))
                | (Self::Date(_), Kind::Date)
                | (Self::Checkbox(_), Kind::Checkbox)
                | (Self::Line(_), Kind::Url | Kind::Email | Kind::Phone)
                | (Self::Ids(_), Kind::People | Kind::Relation(_))
                | (Self::Serial(_), Kind::UniqueId(_))
        )
    }

    /// Says whether a person would call it empty.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => span::plain(text).is_empty(),
            Self::Number(number) => number.is_none(),
            Self::Choice(line) | Self::Line(line) => line.is_none(),
            Self::Choices(names) => names.is_empty(),
            Self::Date(date) => date.is_none(),
            Self::Ids(ids) => ids.is_empty(),
            Self::Checkbox(_) | Self::Serial(_) => false,
        }
    }

    /// What a person sees, in one line.
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) => span::plain(text),
            Self::Number(number) => number.map(|n| n.to_string()).unwrap_or_default(),
            Self::Choice(line) | Self::Line(line) => line.clone().unwrap_or_default(),
            Self::Choices(names) => names.join(", "),
            Self::Date(date) => date.as_ref().map(|d| d.start.clone()).unwrap_or_default(),
            Self::Checkbox(yes) => yes.to_string(),
            Self::Ids(ids) => ids.iter().map(Id::to_string).collect::<Vec<_>>().join(", "),
            Self::Serial(number) => number.to_string(),
        }
    }

    /// Turns a value into one of another type the way a retyped column does; what does not fit is lost.
    pub fn convert(&self, kind: &Kind) -> Option<Self> {
        if self.fits(kind) {
            return Some(self.clone());
        }
        let plain = self.plain();
        let filled = !plain.is_empty();
        Some(match kind {
            Kind::Title | Kind::RichText => Self::text(&plain),
            Kind::Number(_) => Self::Number(plain.parse().ok()),
            Kind::Select(_) => Self::Choice(filled.then(|| plain.replace(',', " "))),
            Kind::MultiSelect(_) if filled => {
                Self::Choices(plain.split(", ").map(str::to_owned).collect())
            }
            Kind::Url | Kind::Email | Kind::Phone => Self::Line(filled.then_some(plain)),
            other => return Self::empty(other),
        })
    }
}
