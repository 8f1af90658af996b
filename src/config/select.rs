//! `[link.select]`: which items of the repositories belong to a link.

use glob::Pattern;

use super::section::{At, Fault, Named, Section};
use crate::core::scope::Wanted;
use crate::core::{FieldKey, Kind, Observation};

/// What an item must be to belong to a link; empty lists ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Select {
    /// It has one of these labels. Commits have none, and are not asked.
    pub labels: Vec<Pattern>,
    /// It has none of these.
    pub without_labels: Vec<Pattern>,
    /// It is in one of these milestones. Commits are not asked.
    pub milestones: Vec<Pattern>,
    /// One of these wrote it.
    pub authors: Vec<Pattern>,
    /// None of these did.
    pub without_authors: Vec<Pattern>,
    /// It is in one of these states when it is first seen; what is linked stays, so that its page learns of the end.
    pub states: Vec<State>,
    /// Patterns of repositories mean forks, too.
    pub forks: bool,
    /// Patterns of repositories mean archived ones, too.
    pub archived: bool,
}

/// A state of an issue or pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Open, and no draft.
    Open,
    /// An open pull request that is a draft.
    Draft,
    /// Closed, and not merged.
    Closed,
    /// A merged pull request.
    Merged,
}

impl Named for State {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("open", Self::Open),
        ("draft", Self::Draft),
        ("closed", Self::Closed),
        ("merged", Self::Merged),
    ];
}

impl Select {
    /// What an item must be by it, for a link whose label `ignored` leaves items out.
    pub fn wanted(&self, ignored: &str) -> Wanted {
        Wanted {
            labels: self.labels.clone(),
            without_labels: self.without_labels.clone(),
            milestones: self.milestones.clone(),
            authors: self.authors.clone(),
            without_authors: self.without_authors.clone(),
            ignored: ignored.to_owned(),
        }
    }

    /// Whether a GitHub object that is not linked yet is in a state that is taken in.
    pub fn takes_in(&self, seen: &Observation) -> bool {
        if self.states.is_empty() || seen.kind == Kind::Commit {
            return true;
        }
        state(seen).is_none_or(|state| self.states.contains(&state))
    }
}

fn state(seen: &Observation) -> Option<State> {
    let key = match seen.kind {
        Kind::Pull => FieldKey::of("pull_state"),
        Kind::Issue | Kind::Commit => FieldKey::STATE,
    };
    let shown = seen.field(&key)?.as_text().to_lowercase();
    State::named(&shown).ok()
}

/// Reads what an item must be.
pub(super) fn read(mut section: Section<'_, '_>) -> Select {
    let mut patterns = |key| values(section.list(key, pattern));
    let mut select = Select {
        labels: patterns("labels"),
        without_labels: patterns("without_labels"),
        milestones: patterns("milestones"),
        authors: patterns("authors"),
        without_authors: patterns("without_authors"),
        ..Select::default()
    };
    select.states = values(section.list("states", State::named));
    select.forks = section.flag("forks").unwrap_or_default();
    select.archived = section.flag("archived").unwrap_or_default();
    section.finish();
    select
}

fn pattern(text: &str) -> Result<Pattern, Fault> {
    let text = super::words::filled(text)?;
    Pattern::new(&text).map_err(|error| {
        Fault::new(
            format!("`{text}` is no pattern: {}", error.msg),
            "`*` any text, `?` one character, `[ab]` one of these",
        )
    })
}

fn values<T>(list: Option<At<Vec<At<T>>>>) -> Vec<T> {
    list.into_iter()
        .flat_map(|list| list.value)
        .map(|at| at.value)
        .collect()
}
