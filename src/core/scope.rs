//! Which repositories a link makes issues in, and what an item must be to belong to it.

use std::collections::BTreeSet;

use glob::{MatchOptions, Pattern};

use super::{FieldKey, Kind, Observation, Value};

/// As many repositories are named to a person.
const NAMED: usize = 5;

/// Whether a text is `owner/name` with characters that GitHub allows in names.
pub fn is_repository(text: &str) -> bool {
    let allowed = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    matches!(text.split_once('/'), Some((owner, name)) if allowed(owner) && allowed(name))
}

/// Whether one of these names or patterns means a repository. GitHub's names do not tell upper from lower case.
pub fn covers(globs: &[String], repository: &str) -> bool {
    let repository = repository.to_lowercase();
    globs.iter().any(|glob| {
        Pattern::new(&glob.to_lowercase()).is_ok_and(|pattern| pattern.matches(&repository))
    })
}

/// The repositories of a link, as far as making issues goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Names and patterns of its repositories; none = every one.
    pub include: Vec<String>,
    /// Names and patterns that are left out.
    pub exclude: Vec<String>,
    /// What of them is kept; none = everything.
    pub kinds: Vec<Kind>,
    /// Tells configurations of the link apart; empty where nobody needs to.
    pub print: String,
    /// The repositories that this run lists; none where that is not known.
    pub listed: BTreeSet<String>,
}

impl Scope {
    /// Whether the configuration names a repository as one of the link's.
    pub fn takes(&self, repository: &str) -> bool {
        (self.include.is_empty() || covers(&self.include, repository))
            && !covers(&self.exclude, repository)
    }

    /// Whether the link keeps items of a kind.
    pub fn keeps(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Says why no issue may be made in a repository, and what a person can do; none where one may.
    pub fn refusal(&self, repository: &str) -> Option<String> {
        if !is_repository(repository) {
            return Some(format!(
                "the page's Repository, \"{repository}\", names no repository; choose one as owner/name{}",
                self.choices()
            ));
        }
        if !self.keeps(Kind::Issue) {
            return Some(
                "this link keeps no issues, so none is made of a page; add `issue` to its `kinds`, or empty Publish"
                    .to_owned(),
            );
        }
        if !self.takes(repository) {
            return Some(format!(
                "{repository} is not among this link's repositories; choose another one as the page's Repository{}, or \
                 add it in the configuration",
                self.choices()
            ));
        }
        let is_listed = |listed: &String| listed.eq_ignore_ascii_case(repository);
        if self.listed.is_empty() || self.listed.iter().any(is_listed) {
            return None;
        }
        Some(format!(
            "{repository} is not among the repositories that this link keeps now: it does not exist, is a fork or \
             archived, or is new; choose another one{}, or name it in `repositories`",
            self.choices()
        ))
    }

    /// What may be chosen, for a person.
    fn choices(&self) -> String {
        let all: Vec<&str> = if self.listed.is_empty() {
            self.include.iter().map(String::as_str).collect()
        } else {
            self.listed.iter().map(String::as_str).collect()
        };
        if all.is_empty() {
            return String::new();
        }
        let more = match all.len().checked_sub(NAMED) {
            Some(more @ 1..) => format!(" and {more} more"),
            _ => String::new(),
        };
        let named: Vec<&str> = all.into_iter().take(NAMED).collect();
        format!(" ({}{more})", named.join(", "))
    }
}

/// What an item must be to belong to a link, besides its repository and kind; empty lists ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
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
    /// The label that leaves an item out; empty = none does.
    pub ignored: String,
}

impl Wanted {
    /// Says what keeps a GitHub object from belonging to the link; none where it belongs. What the object does not show
    /// is not asked for.
    pub fn lack(&self, seen: &Observation) -> Option<Lack<'_>> {
        let text = |key: &FieldKey| seen.field(key).map(Value::as_text);
        let author = text(&FieldKey::of("author")).unwrap_or_default();
        if let Some(by) = self.without_authors.iter().find(|by| names(by, author)) {
            return Some(Lack::ByUnwanted(by));
        }
        if !self.authors.is_empty() && !any(&self.authors, author) {
            return Some(Lack::ByOther(&self.authors));
        }
        let labels = seen.field(&FieldKey::LABELS).map(Value::names);
        if let Some(labels) = &labels
            && !self.ignored.is_empty()
            && labels
                .iter()
                .any(|label| label.eq_ignore_ascii_case(&self.ignored))
        {
            return Some(Lack::Ignored(&self.ignored));
        }
        if seen.kind == Kind::Commit {
            return None;
        }
        if let Some(labels) = &labels {
            let has = |pattern: &&Pattern| labels.iter().any(|label| names(pattern, label));
            if !self.labels.is_empty() && !self.labels.iter().any(|pattern| has(&pattern)) {
                return Some(Lack::Label(&self.labels));
            }
            if let Some(unwanted) = self.without_labels.iter().find(has) {
                return Some(Lack::Ignored(unwanted.as_str()));
            }
        }
        let is_in = |name: &str| self.milestones.is_empty() || any(&self.milestones, name);
        let milestone = text(&FieldKey::MILESTONE);
        let lacks = milestone.is_some_and(|name| !is_in(name));
        lacks.then_some(Lack::Milestone(&self.milestones))
    }

    /// Whether labels or milestones are asked for: names that GitHub may not know.
    pub const fn asks_for_names(&self) -> bool {
        !self.labels.is_empty() || !self.milestones.is_empty()
    }
}

/// What keeps an item from belonging to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack<'a> {
    /// It has none of these labels.
    Label(&'a [Pattern]),
    /// It has a label that leaves it out.
    Ignored(&'a str),
    /// It is in none of these milestones.
    Milestone(&'a [Pattern]),
    /// Somebody else than these wrote it.
    ByOther(&'a [Pattern]),
    /// Somebody wrote it whose items are left out.
    ByUnwanted(&'a Pattern),
}

impl Lack<'_> {
    /// Why no issue is made of a page that would lack this, with what to do. `me` = as whom issues are made.
    pub fn of_page(&self, me: &str) -> String {
        match self {
            Self::Label(labels) => format!(
                "this link keeps only issues with a label like {}; give the page one",
                quoted(labels)
            ),
            Self::Ignored(label) => {
                format!(
                    "this link keeps no issues with the label \"{label}\"; take it off the page"
                )
            }
            Self::Milestone(milestones) => format!(
                "this link keeps only issues of a milestone like {}; choose one as the page's Milestone",
                quoted(milestones)
            ),
            Self::ByOther(authors) => format!(
                "this link keeps only issues by {}, and this one would be by \"{me}\", whose token it has; make it on \
                 GitHub, or add \"{me}\" to `authors`",
                quoted(authors)
            ),
            Self::ByUnwanted(author) => format!(
                "this link keeps no issues by \"{author}\", and this one would be by \"{me}\", whose token it has; make it \
                 on GitHub, or change `without_authors`",
            ),
        }
    }
}

/// Whether a pattern means a label, a milestone or an account; GitHub's names do not tell upper from lower case.
pub fn names(pattern: &Pattern, name: &str) -> bool {
    let options = MatchOptions {
        case_sensitive: false,
        ..MatchOptions::new()
    };
    pattern.matches_with(name, options)
}

fn any(patterns: &[Pattern], name: &str) -> bool {
    patterns.iter().any(|pattern| names(pattern, name))
}

fn quoted(patterns: &[Pattern]) -> String {
    let more = match patterns.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!(" and {more} more"),
        _ => String::new(),
    };
    let patterns = patterns.iter().take(NAMED);
    let all: Vec<String> = patterns.map(|pattern| format!("\"{pattern}\"")).collect();
    format!("{}{more}", all.join(", "))
}
