//! Opening and editing issues: what GitHub checks, drops in silence, and notes down.

use std::sync::Arc;

use serde_json::{Value, json};

use super::hub::{Hub, Touch};
use super::ids::{floor_second, node_id};
use super::model::{EventKind, Issue, Login, Permission, Repo, State, StateReason};
use super::refusal::Refusal;

/// Longest title, in characters.
pub const MAX_TITLE: usize = 256;
/// Longest body, in characters.
pub const MAX_BODY: usize = 65_536;
/// Most people on one issue; more are dropped.
pub const MAX_ASSIGNEES: usize = 10;
const MAX_LABELS: usize = 100;

/// A new issue.
#[derive(Debug, Clone, Default)]
pub struct NewIssue {
    /// Title, required.
    pub title: String,
    /// Markdown.
    pub body: Option<String>,
    /// Label names; unknown ones are made.
    pub labels: Vec<String>,
    /// Logins.
    pub assignees: Vec<String>,
    /// Milestone number.
    pub milestone: Option<u64>,
    /// Name of its type.
    pub kind: Option<String>,
}

/// What to change in an issue; `None` leaves a field alone.
#[derive(Debug, Clone, Default)]
pub struct IssueEdit {
    /// New title.
    pub title: Option<String>,
    /// New body; `Some(None)` clears it.
    pub body: Option<Option<String>>,
    /// Close or open.
    pub state: Option<State>,
    /// Why; only heeded when the state changes.
    pub state_reason: Option<StateReason>,
    /// All labels it shall have.
    pub labels: Option<Vec<String>>,
    /// Everybody who shall be assigned.
    pub assignees: Option<Vec<String>>,
    /// Milestone number; `Some(None)` clears it.
    pub milestone: Option<Option<u64>>,
    /// Name of the type; `Some(None)` clears it.
    pub kind: Option<Option<String>>,
}

impl IssueEdit {
    fn edits_content(&self) -> bool {
        self.title.is_some() || self.body.is_some() || self.state.is_some()
    }

    /// Leaves out what only people with write access may set, as the service does with 200.
    fn drop_protected(&mut self) {
        self.labels = None;
        self.assignees = None;
        self.milestone = None;
        self.kind = None;
    }
}

impl Hub {
    /// Opens an issue. Without write access labels, assignees and milestone are dropped in silence.
    pub fn create_issue(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        new: NewIssue,
    ) -> Result<&Issue, Refusal> {
        let mut touch = self.touch(now, actor, repo)?;
        let mut rest = IssueEdit {
            labels: Some(new.labels),
            assignees: Some(new.assignees),
            milestone: Some(new.milestone),
            kind: Some(new.kind),
            ..IssueEdit::default()
        };
        if !self.may(&touch, Permission::Write) {
            rest.drop_protected();
        }
        check_text(Some(&new.title), new.body.as_deref())?;
        self.check_lists(&touch, &rest)?;
        touch.number = self.next_number(&touch)?;
        let id = self.fresh_id();
        let issue = Issue::new(id, &touch, new.title, new.body);
        self.insert_issue(&touch, issue)?;
        self.apply_lists(&touch, rest)?;
        self.issue_in(touch.repo, touch.number)
    }

    /// Edits an issue or pull request, all or nothing.
    ///
    /// Without write access only the author may change title, body and state, and labels,
    /// assignees and milestone are dropped in silence. An edit that changes nothing leaves
    /// `updated_at` alone.
    pub fn edit_issue(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        mut edit: IssueEdit,
    ) -> Result<&Issue, Refusal> {
        let touch = self.touch_issue(now, actor, repo, number)?;
        let issue = self.issue_in(touch.repo, number)?;
        if !self.may(&touch, Permission::Write) {
            if edit.edits_content() && issue.author != touch.actor {
                return Err(Refusal::Forbidden("Must have admin rights to Repository."));
            }
            edit.drop_protected();
        }
        if edit.state == Some(State::Open) && issue.is_merged() {
            return Err(Refusal::field("PullRequest", "state", "invalid"));
        }
        check_text(
            edit.title.as_deref(),
            edit.body.as_ref().and_then(Option::as_deref),
        )?;
        self.check_lists(&touch, &edit)?;
        let mut changed = false;
        if let Some(title) = edit.title.take() {
            changed |= self.set_title(&touch, title)?;
        }
        if let Some(body) = edit.body.take() {
            changed |= self.set_body(&touch, body.as_deref())?;
        }
        if let Some(state) = edit.state {
            changed |= self.set_state(&touch, state, edit.state_reason)?;
        }
        changed |= self.apply_lists(&touch, edit)?;
        if changed {
            self.bump(&touch)?;
        }
        self.issue_in(touch.repo, number)
    }

    /// Starts a change of one issue.
    pub(crate) fn touch_issue(
        &self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
    ) -> Result<Touch, Refusal> {
        let touch = Touch {
            number,
            ..self.touch(now, actor, repo)?
        };
        self.issue_in(touch.repo, number)?;
        Ok(touch)
    }

    /// Starts a change of one issue that needs write access.
    pub(crate) fn touch_writable(
        &self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
    ) -> Result<Touch, Refusal> {
        let touch = self.touch_issue(now, actor, repo, number)?;
        if self.may(&touch, Permission::Write) {
            Ok(touch)
        } else {
            Err(Refusal::Forbidden("Must have admin rights to Repository."))
        }
    }

    pub(crate) fn next_number(&mut self, touch: &Touch) -> Result<u64, Refusal> {
        let repo = self.repo_mut(touch.repo)?;
        repo.last_number += 1;
        Ok(repo.last_number)
    }

    /// Puts a new issue in its place and writes its first values into the log.
    pub(crate) fn insert_issue(&mut self, touch: &Touch, issue: Issue) -> Result<(), Refusal> {
        let none = || Value::Null;
        self.index_node(&issue.node_id, Some((touch.repo, touch.number)));
        self.record(touch, "created", none(), json!(issue.node_id));
        self.record(touch, "title", none(), json!(issue.title));
        if issue.body.is_some() {
            self.record(touch, "body", none(), json!(issue.body));
        }
        self.record(touch, "state", none(), json!(issue.state.as_str()));
        if let Some(reason) = issue.state_reason {
            self.record(touch, "state_reason", none(), json!(reason.as_str()));
        }
        if issue.locked {
            self.record(touch, "locked", json!(false), json!(true));
        }
        if let Some(pull) = &issue.pull {
            self.record(touch, "draft", none(), json!(pull.draft));
            self.record(touch, "base", none(), json!(pull.base));
            self.record(touch, "head", none(), json!(pull.head));
            self.record(touch, "head_sha", none(), json!(pull.head_sha));
            self.record(touch, "merged", none(), json!(pull.merged_at.is_some()));
        }
        self.record_lists(touch, &issue)?;
        self.repo_mut(touch.repo)?
            .issues
            .insert(touch.number, issue);
        Ok(())
    }

    /// Logs labels, assignees and milestone an issue comes with, from a world or elsewhere.
    fn record_lists(&mut self, touch: &Touch, issue: &Issue) -> Result<(), Refusal> {
        let repo = self.repo_by_id(touch.repo).ok_or(Refusal::NotFound)?;
        let labels = sorted(&repo.label_names(issue));
        let milestone = issue.milestone.and_then(|n| repo.milestones.get(&n));
        let milestone = milestone.map(|milestone| json!(milestone.title));
        if !issue.labels.is_empty() {
            self.record(touch, "labels", json!([]), labels);
        }
        if !issue.assignees.is_empty() {
            self.record(touch, "assignees", json!([]), sorted(&issue.assignees));
        }
        if let Some(title) = milestone {
            self.record(touch, "milestone", Value::Null, title);
        }
        Ok(())
    }

    fn check_lists(&self, touch: &Touch, edit: &IssueEdit) -> Result<(), Refusal> {
        let repo = self.repo_by_id(touch.repo).ok_or(Refusal::NotFound)?;
        if let Some(labels) = &edit.labels {
            check_labels(labels)?;
        }
        if let Some(Some(number)) = edit.milestone
            && !repo.milestones.contains_key(&number)
        {
            return Err(Refusal::field("Issue", "milestone", "invalid"));
        }
        if let Some(Some(kind)) = &edit.kind
            && self.type_in(repo, kind).is_none()
        {
            return Err(Refusal::field("Issue", "type", "invalid"));
        }
        let known = |login: &String| repo.assignable(login).is_some();
        match &edit.assignees {
            Some(wanted) if !wanted.iter().all(known) => {
                Err(Refusal::field("Issue", "assignees", "invalid"))
            }
            _ => Ok(()),
        }
    }

    fn apply_lists(&mut self, touch: &Touch, edit: IssueEdit) -> Result<bool, Refusal> {
        let mut changed = false;
        if let Some(labels) = edit.labels {
            changed |= self.set_labels(touch, &labels)?;
        }
        if let Some(assignees) = edit.assignees {
            changed |= self.set_assignees(touch, &assignees)?;
        }
        if let Some(milestone) = edit.milestone {
            changed |= self.set_milestone(touch, milestone)?;
        }
        if let Some(kind) = edit.kind {
            changed |= self.set_type(touch, kind.as_deref())?;
        }
        Ok(changed)
    }

    /// A type of a repository in its own spelling.
    fn type_in(&self, repo: &Repo, name: &str) -> Option<String> {
        let mut types = self.issue_types(repo)?.iter();
        types
            .find(|known| known.eq_ignore_ascii_case(name))
            .cloned()
    }

    fn set_type(&mut self, touch: &Touch, after: Option<&str>) -> Result<bool, Refusal> {
        let repo = self.repo_by_id(touch.repo).ok_or(Refusal::NotFound)?;
        let after = after.and_then(|name| self.type_in(repo, name));
        let issue = self.issue_mut(touch)?;
        if issue.kind == after {
            return Ok(false);
        }
        let before = std::mem::replace(&mut issue.kind, after.clone());
        self.record(touch, "type", json!(before), json!(after));
        Ok(true)
    }

    fn set_title(&mut self, touch: &Touch, title: String) -> Result<bool, Refusal> {
        let issue = self.issue_mut(touch)?;
        if issue.title == title {
            return Ok(false);
        }
        let from = std::mem::replace(&mut issue.title, title.clone());
        self.record(touch, "title", json!(from), json!(title));
        self.event(touch, EventKind::Renamed { from, to: title })?;
        Ok(true)
    }

    fn set_body(&mut self, touch: &Touch, body: Option<&str>) -> Result<bool, Refusal> {
        let issue = self.issue_mut(touch)?;
        if issue.body.as_deref() == body {
            return Ok(false);
        }
        let before = std::mem::replace(&mut issue.body, body.map(str::to_owned));
        issue.edited = Some((Arc::clone(&touch.actor), floor_second(touch.now)));
        self.record(touch, "body", json!(before), json!(body));
        Ok(true)
    }

    pub(crate) fn set_state(
        &mut self,
        touch: &Touch,
        state: State,
        reason: Option<StateReason>,
    ) -> Result<bool, Refusal> {
        let issue = self.issue_mut(touch)?;
        if issue.state == state {
            return Ok(false);
        }
        let reason = match (state, issue.pull.is_some()) {
            (_, true) => None,
            (State::Closed, _) => Some(reason.unwrap_or(StateReason::Completed)),
            (State::Open, _) => Some(StateReason::Reopened),
        };
        let closed = state == State::Closed;
        issue.closed_at = closed.then(|| floor_second(touch.now));
        issue.closed_by = closed.then(|| Arc::clone(&touch.actor));
        let before = std::mem::replace(&mut issue.state, state);
        let old_reason = std::mem::replace(&mut issue.state_reason, reason);
        self.record(
            touch,
            "state",
            json!(before.as_str()),
            json!(state.as_str()),
        );
        if old_reason != reason {
            let text = |value: Option<StateReason>| json!(value.map(StateReason::as_str));
            self.record(touch, "state_reason", text(old_reason), text(reason));
        }
        let kind = if closed {
            EventKind::Closed(reason)
        } else {
            EventKind::Reopened
        };
        self.event(touch, kind)?;
        Ok(true)
    }

    pub(crate) fn set_assignees(
        &mut self,
        touch: &Touch,
        wanted: &[String],
    ) -> Result<bool, Refusal> {
        let repo = self.repo_by_id(touch.repo).ok_or(Refusal::NotFound)?;
        let mut after: Vec<Login> = wanted.iter().filter_map(|l| repo.assignable(l)).collect();
        let mut seen = std::collections::BTreeSet::new();
        after.retain(|login| seen.insert(Arc::clone(login)));
        after.truncate(MAX_ASSIGNEES);
        let issue = self.issue_mut(touch)?;
        let before = std::mem::replace(&mut issue.assignees, after.clone());
        let added = after
            .iter()
            .filter(|l| !before.contains(l))
            .cloned()
            .map(EventKind::Assigned);
        let gone = before
            .iter()
            .filter(|l| !after.contains(l))
            .cloned()
            .map(EventKind::Unassigned);
        let events: Vec<_> = added.chain(gone).collect();
        if events.is_empty() {
            return Ok(false);
        }
        for event in events {
            self.event(touch, event)?;
        }
        self.record(touch, "assignees", sorted(&before), sorted(&after));
        Ok(true)
    }

    fn set_milestone(&mut self, touch: &Touch, after: Option<u64>) -> Result<bool, Refusal> {
        let issue = self.issue_mut(touch)?;
        if issue.milestone == after {
            return Ok(false);
        }
        let before = std::mem::replace(&mut issue.milestone, after);
        let repo = self.repo_by_id(touch.repo).ok_or(Refusal::NotFound)?;
        let title = |number: Option<u64>| {
            number
                .and_then(|n| repo.milestones.get(&n))
                .map(|m| m.title.clone())
        };
        let (before, after) = (title(before), title(after));
        self.record(touch, "milestone", json!(before), json!(after));
        if let Some(title) = before {
            self.event(touch, EventKind::Demilestoned(title))?;
        }
        if let Some(title) = after {
            self.event(touch, EventKind::Milestoned(title))?;
        }
        Ok(true)
    }
}

impl Issue {
    /// Says whether it is a merged pull request.
    pub fn is_merged(&self) -> bool {
        self.pull
            .as_ref()
            .is_some_and(|pull| pull.merged_at.is_some())
    }

    pub(crate) fn new(id: u64, touch: &Touch, title: String, body: Option<String>) -> Self {
        let at = floor_second(touch.now);
        Self {
            id,
            node_id: node_id("I", id),
            number: touch.number,
            title,
            body,
            state: State::Open,
            state_reason: None,
            author: Arc::clone(&touch.actor),
            labels: Vec::new(),
            assignees: Vec::new(),
            milestone: None,
            kind: None,
            comments: 0,
            created_at: at,
            updated_at: at,
            closed_at: None,
            closed_by: None,
            edited: None,
            locked: false,
            lock_reason: None,
            events: Vec::new(),
            pull: None,
        }
    }
}

/// Checks title and body as the service does, before anything is changed.
pub(crate) fn check_text(title: Option<&str>, body: Option<&str>) -> Result<(), Refusal> {
    if let Some(title) = title {
        if title.trim().is_empty() {
            return Err(Refusal::field("Issue", "title", "missing_field"));
        }
        if title.chars().count() > MAX_TITLE {
            let words = "title is too long (maximum is 256 characters)";
            return Err(Refusal::custom("Issue", "title", words));
        }
    }
    if body.is_some_and(|body| body.chars().count() > MAX_BODY) {
        let words = "body is too long (maximum is 65536 characters)";
        return Err(Refusal::custom("Issue", "body", words));
    }
    Ok(())
}

/// Checks label names: 1 to 50 characters, at most 100 of them.
pub(crate) fn check_labels(names: &[String]) -> Result<(), Refusal> {
    let fits = |name: &String| (1..=50).contains(&name.trim().chars().count());
    if names.len() <= MAX_LABELS && names.iter().all(fits) {
        Ok(())
    } else {
        Err(Refusal::field("Label", "name", "invalid"))
    }
}

pub(crate) fn sorted<T: AsRef<str>>(names: &[T]) -> Value {
    let mut names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.sort_unstable();
    json!(names)
}
