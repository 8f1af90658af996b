//! Comments, locks, deletion and transfer of issues.

use std::sync::Arc;

use serde_json::{Value, json};

use super::hub::{Hub, Touch};
use super::ids::{floor_second, node_id};
use super::issues::check_text;
use super::model::{Comment, Departure, EventKind, Issue, Permission, RepoId};
use super::refusal::Refusal;

impl Hub {
    /// Writes a comment; the issue counts as updated.
    pub fn add_comment(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        body: &str,
    ) -> Result<&Comment, Refusal> {
        let touch = self.touch_issue(now, actor, repo, number)?;
        check_comment(body)?;
        let locked = self.issue_in(touch.repo, number)?.locked;
        if locked && !self.may(&touch, Permission::Write) {
            return Err(Refusal::Forbidden(
                "Unable to create comment because issue is locked.",
            ));
        }
        self.issue_mut(&touch)?.comments += 1;
        self.bump(&touch)?;
        self.record(&touch, "comment", Value::Null, json!(body));
        let id = self.insert_comment(&touch, body.to_owned())?;
        self.comment(touch.repo, id)
    }

    /// Edits a comment. Only its author and people with write access may.
    pub fn edit_comment(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        id: u64,
        body: &str,
    ) -> Result<&Comment, Refusal> {
        check_comment(body)?;
        let touch = self.touch_comment(now, actor, repo, id)?;
        let comments = &mut self.repo_mut(touch.repo)?.comments;
        let comment = comments.get_mut(&id).ok_or(Refusal::NotFound)?;
        let before = std::mem::replace(&mut comment.body, body.to_owned());
        comment.updated_at = floor_second(now);
        self.record(&touch, "comment", json!(before), json!(body));
        self.bump(&touch)?;
        self.comment(touch.repo, id)
    }

    /// Deletes a comment. Only its author and people with write access may.
    pub fn delete_comment(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        id: u64,
    ) -> Result<(), Refusal> {
        let touch = self.touch_comment(now, actor, repo, id)?;
        let gone = self
            .repo_mut(touch.repo)?
            .comments
            .remove(&id)
            .ok_or(Refusal::NotFound)?;
        let issue = self.issue_mut(&touch)?;
        issue.comments = issue.comments.saturating_sub(1);
        self.record(&touch, "comment", json!(gone.body), Value::Null);
        self.bump(&touch)
    }

    /// Finds a comment by its id.
    pub fn comment(&self, repo: RepoId, id: u64) -> Result<&Comment, Refusal> {
        let repo = self.repo_by_id(repo).ok_or(Refusal::NotFound)?;
        repo.comments.get(&id).ok_or(Refusal::NotFound)
    }

    /// Locks the conversation, with a reason such as `spam` if given. Needs write access.
    pub fn lock(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let touch = self.touch_writable(now, actor, repo, number)?;
        self.issue_mut(&touch)?.lock_reason = reason.map(str::to_owned);
        self.set_locked(&touch, true)
    }

    /// Unlocks the conversation. Needs write access.
    pub fn unlock(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
    ) -> Result<(), Refusal> {
        let touch = self.touch_writable(now, actor, repo, number)?;
        self.issue_mut(&touch)?.lock_reason = None;
        self.set_locked(&touch, false)
    }

    fn set_locked(&mut self, touch: &Touch, locked: bool) -> Result<(), Refusal> {
        let before = std::mem::replace(&mut self.issue_mut(touch)?.locked, locked);
        if before != locked {
            self.record(touch, "locked", json!(before), json!(locked));
            self.event(
                touch,
                if locked {
                    EventKind::Locked
                } else {
                    EventKind::Unlocked
                },
            )?;
            self.bump(touch)?;
        }
        Ok(())
    }

    /// Deletes an issue for good: its number answers 410. Needs admin rights; pull requests
    /// cannot be deleted.
    pub fn delete_issue(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
    ) -> Result<(), Refusal> {
        let touch = self.touch_issue(now, actor, repo, number)?;
        if !self.may(&touch, Permission::Admin) {
            return Err(Refusal::Forbidden("Must have admin rights to Repository."));
        }
        let gone = self.take_issue(&touch, Departure::Deleted)?;
        self.repo_mut(touch.repo)?
            .comments
            .retain(|_, comment| comment.number != number);
        self.record(&touch, "deleted", json!(gone.node_id), Value::Null);
        Ok(())
    }

    /// Moves an issue to another repository, where it gets a new number and node id; the old
    /// number answers 301. Labels and milestone stay where the target has them by name,
    /// assignees where they may be assigned. Needs write access to both; returns the new number.
    pub fn transfer_issue(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        to: &str,
    ) -> Result<u64, Refusal> {
        let from = self.touch_issue(now, actor, repo, number)?;
        let mut target = self.touch_as(now, actor, to, Permission::Write)?;
        if !self.may(&from, Permission::Write) {
            return Err(Refusal::Forbidden("Must have admin rights to Repository."));
        }
        if from.repo == target.repo || self.issue_in(from.repo, number)?.pull.is_some() {
            return Err(Refusal::field("Issue", "repository", "invalid"));
        }
        target.number = self.next_number(&target)?;
        let departure = Departure::Transferred(target.repo, target.number);
        let issue = self.translate(&from, &target)?;
        let gone = self.take_issue(&from, departure)?;
        let place = format!("{to}#{}", target.number);
        self.record(&from, "transferred", json!(gone.node_id), json!(place));
        self.insert_issue(&target, issue)?;
        self.move_comments(&from, &target)?;
        self.event(&target, EventKind::Transferred)?;
        self.bump(&target)?;
        Ok(target.number)
    }

    /// Says what an issue of one repository looks like in another.
    fn translate(&mut self, from: &Touch, to: &Touch) -> Result<Issue, Refusal> {
        let id = self.fresh_id();
        let source = self.repo_by_id(from.repo).ok_or(Refusal::NotFound)?;
        let target = self.repo_by_id(to.repo).ok_or(Refusal::NotFound)?;
        let mut issue = source
            .issues
            .get(&from.number)
            .ok_or(Refusal::NotFound)?
            .clone();
        let names = source.label_names(&issue);
        let mut labels: Vec<u64> = names
            .iter()
            .filter_map(|name| target.label(name))
            .map(|label| label.id)
            .collect();
        labels.sort_unstable();
        let title = issue
            .milestone
            .and_then(|n| source.milestones.get(&n))
            .map(|m| &m.title);
        issue.milestone = title.and_then(|title| {
            target
                .milestones
                .values()
                .find(|m| m.title == *title)
                .map(|m| m.number)
        });
        issue.labels = labels;
        issue
            .assignees
            .retain(|login| target.assignable(login).is_some());
        issue.id = id;
        issue.node_id = node_id("I", id);
        issue.number = to.number;
        Ok(issue)
    }

    fn move_comments(&mut self, from: &Touch, to: &Touch) -> Result<(), Refusal> {
        let all = std::mem::take(&mut self.repo_mut(from.repo)?.comments);
        let (moved, kept) = all.into_iter().partition(|(_, c)| c.number == from.number);
        self.repo_mut(from.repo)?.comments = kept;
        let target = self.repo_mut(to.repo)?;
        for (id, comment) in moved {
            target.comments.insert(
                id,
                Comment {
                    number: to.number,
                    ..comment
                },
            );
        }
        Ok(())
    }

    fn take_issue(&mut self, touch: &Touch, departure: Departure) -> Result<Issue, Refusal> {
        let repo = self.repo_mut(touch.repo)?;
        if repo
            .issues
            .get(&touch.number)
            .is_some_and(|issue| issue.pull.is_some())
        {
            return Err(Refusal::Forbidden("Pull requests cannot be deleted."));
        }
        let issue = repo.issues.remove(&touch.number).ok_or(Refusal::NotFound)?;
        repo.departed.insert(touch.number, departure);
        self.index_node(&issue.node_id, None);
        Ok(issue)
    }

    pub(crate) fn insert_comment(&mut self, touch: &Touch, body: String) -> Result<u64, Refusal> {
        let (id, at) = (self.fresh_id(), floor_second(touch.now));
        let comment = Comment {
            id,
            node_id: node_id("IC", id),
            number: touch.number,
            author: Arc::clone(&touch.actor),
            body,
            created_at: at,
            updated_at: at,
        };
        self.repo_mut(touch.repo)?.comments.insert(id, comment);
        Ok(id)
    }

    fn touch_comment(&self, now: i64, actor: &str, repo: &str, id: u64) -> Result<Touch, Refusal> {
        let touch = self.touch(now, actor, repo)?;
        let comment = self.comment(touch.repo, id)?;
        if comment.author != touch.actor && !self.may(&touch, Permission::Write) {
            return Err(Refusal::Forbidden("Must have admin rights to Repository."));
        }
        Ok(Touch {
            number: comment.number,
            ..touch
        })
    }
}

fn check_comment(body: &str) -> Result<(), Refusal> {
    if body.trim().is_empty() {
        return Err(Refusal::field("IssueComment", "body", "missing_field"));
    }
    check_text(None, Some(body))
}
