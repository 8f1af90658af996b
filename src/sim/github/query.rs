//! Lists of issues and pull requests, filtered and sorted like the service's.

use std::cmp::Reverse;

use super::hub::Hub;
use super::ids::floor_second;
use super::model::{Issue, Repo, State};
use super::refusal::Refusal;

/// What to sort by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// When it was opened.
    #[default]
    Created,
    /// When it last changed.
    Updated,
    /// How many comments it has.
    Comments,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Asc,
    /// Largest first.
    #[default]
    Desc,
}

/// A filter on something an issue may lack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wanted<T> {
    /// No filter.
    #[default]
    Any,
    /// Has one (`*`).
    Some,
    /// Has none (`none`).
    None,
    /// Has this one.
    Is(T),
}

/// Which issues to list. The default lists everything, newest first.
#[derive(Debug, Clone, Default)]
pub struct IssueQuery {
    /// Only this state; both without one.
    pub state: Option<State>,
    /// Only those changed at or after this time, milliseconds (compared by the second).
    pub since: Option<i64>,
    /// What to sort by.
    pub sort: Sort,
    /// Which way.
    pub direction: Direction,
    /// Login of who opened it.
    pub creator: Option<String>,
    /// Names of labels it must all have.
    pub labels: Vec<String>,
    /// By milestone number.
    pub milestone: Wanted<u64>,
    /// By assignee's login.
    pub assignee: Wanted<String>,
    /// Only pull requests (`true`) or only issues (`false`).
    pub pulls: Option<bool>,
    /// Only pull requests from this branch (`branch` or `owner:branch`).
    pub head: Option<String>,
    /// Only pull requests into this branch.
    pub base: Option<String>,
}

impl Hub {
    /// Lists issues and pull requests of a repository.
    pub fn list_issues(&self, repo: &str, query: &IssueQuery) -> Result<Vec<&Issue>, Refusal> {
        Ok(self.repo(repo)?.list_issues(query))
    }
}

impl Repo {
    /// Lists issues and pull requests.
    pub fn list_issues(&self, query: &IssueQuery) -> Vec<&Issue> {
        // A label nobody knows matches nothing.
        let labels: Option<Vec<u64>> = query
            .labels
            .iter()
            .map(|name| self.label(name).map(|label| label.id))
            .collect();
        let Some(labels) = labels else {
            return Vec::new();
        };
        let mut found: Vec<&Issue> = self
            .issues
            .values()
            .filter(|issue| query.matches(issue))
            .filter(|issue| labels.iter().all(|id| issue.labels.contains(id)))
            .collect();
        let key = |issue: &&Issue| match query.sort {
            Sort::Created => (issue.created_at, issue.number),
            Sort::Updated => (issue.updated_at, issue.number),
            Sort::Comments => (
                i64::try_from(issue.comments).unwrap_or(i64::MAX),
                issue.number,
            ),
        };
        match query.direction {
            Direction::Asc => found.sort_by_key(key),
            Direction::Desc => found.sort_by_key(|issue| Reverse(key(issue))),
        }
        found
    }
}

impl IssueQuery {
    fn matches(&self, issue: &Issue) -> bool {
        self.state.is_none_or(|state| issue.state == state)
            && self
                .since
                .is_none_or(|since| issue.updated_at >= floor_second(since))
            && self
                .creator
                .as_ref()
                .is_none_or(|who| issue.author.eq_ignore_ascii_case(who))
            && self.pulls.is_none_or(|pulls| issue.pull.is_some() == pulls)
            && match &self.milestone {
                Wanted::Any => true,
                Wanted::Some => issue.milestone.is_some(),
                Wanted::None => issue.milestone.is_none(),
                Wanted::Is(number) => issue.milestone == Some(*number),
            }
            && match &self.assignee {
                Wanted::Any => true,
                Wanted::Some => !issue.assignees.is_empty(),
                Wanted::None => issue.assignees.is_empty(),
                Wanted::Is(who) => issue.assignees.iter().any(|l| l.eq_ignore_ascii_case(who)),
            }
            && self.matches_branches(issue)
    }

    fn matches_branches(&self, issue: &Issue) -> bool {
        let Some(pull) = &issue.pull else {
            return self.head.is_none() && self.base.is_none();
        };
        let head = self
            .head
            .as_ref()
            .map(|head| head.rsplit(':').next().unwrap_or_default());
        head.is_none_or(|head| pull.head == head)
            && self.base.as_ref().is_none_or(|base| pull.base == *base)
    }
}
