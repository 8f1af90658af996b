//! Other words for single values: what GitHub calls `bug`, the team's Notion may call `Defect`.

use std::fmt;

/// GitHub's values that have words of their own in Notion; every other value keeps its name.
///
/// Several options may mean one value: then the first is written, and one that is there already stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    entries: Vec<Word>,
}

/// One value of GitHub's and the Notion options that mean it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    github: String,
    notion: Vec<String>,
}

/// An option that cannot be written for a value, as it means another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The option.
    pub option: String,
    /// The value that has no word of its own.
    pub value: String,
    /// The value that the option stands for.
    pub means: String,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` cannot be written to Notion: the option `{}` means `{}` by [link.fields]; give it a word of its own there",
            self.value, self.option, self.means
        )
    }
}

impl Words {
    /// Adds the options that mean a value of GitHub's; a value without options keeps its name.
    pub fn add(&mut self, github: impl Into<String>, notion: Vec<String>) {
        if !notion.is_empty() {
            let github = github.into();
            self.entries.push(Word { github, notion });
        }
    }

    /// The option that means a value: the one that is there, if it does, else the first. None for a value without words.
    pub fn option<'a>(&'a self, github: &str, current: Option<&'a str>) -> Option<&'a str> {
        let word = self
            .entries
            .iter()
            .find(|word| same(&word.github, github))?;
        let stays = current.filter(|current| word.means(current));
        stays.or_else(|| word.notion.first().map(String::as_str))
    }

    /// The value that an option means: the one that GitHub shows, if it does, else the first. None for an option that no
    /// value has as its word.
    pub fn value(&self, option: &str, current: Option<&str>) -> Option<&str> {
        let mut words = self.entries.iter().filter(|word| word.means(option));
        let first = words.clone().next()?;
        let stays = words.find(|word| current.is_some_and(|now| same(&word.github, now)));
        Some(stays.unwrap_or(first).github.as_str())
    }

    /// Whether a value without words may be written as `option`.
    ///
    /// # Errors
    /// The option means another value.
    pub fn is_free(&self, value: &str, option: &str) -> Result<(), Taken> {
        match self.value(option, Some(value)) {
            Some(means) if !same(means, value) => Err(Taken {
                option: option.to_owned(),
                value: value.to_owned(),
                means: means.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Every value with its options, as they were added.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &[String])> {
        let entries = self.entries.iter();
        entries.map(|word| (word.github.as_str(), word.notion.as_slice()))
    }

    /// Whether every value keeps its name.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Word {
    fn means(&self, option: &str) -> bool {
        self.notion.iter().any(|own| same(own, option))
    }
}

/// GitHub tells neither labels nor logins apart by case, and no team tells options apart by it.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
