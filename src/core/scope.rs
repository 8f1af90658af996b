//! Which repositories a link makes issues in.

use std::collections::BTreeSet;

use glob::Pattern;

use super::Kind;

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
