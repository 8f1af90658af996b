//! Milestones of a repository.

use std::sync::Arc;

use serde_json::{Value, json};

use super::hub::{Hub, Touch};
use super::ids::{floor_second, node_id};
use super::model::{Milestone, Permission, State};
use super::refusal::Refusal;

/// A new milestone, or what to change in one.
#[derive(Debug, Clone, Default)]
pub struct MilestoneEdit {
    /// Title.
    pub title: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Due day.
    pub due_on: Option<i64>,
    /// Open or closed.
    pub state: Option<State>,
}

impl Hub {
    /// Makes a milestone. Needs write access; refuses a taken title.
    pub fn create_milestone(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        new: MilestoneEdit,
    ) -> Result<&Milestone, Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Write)?;
        let title = new.title.clone().unwrap_or_default();
        if title.trim().is_empty() {
            return Err(Refusal::field("Milestone", "title", "missing_field"));
        }
        if self
            .repo_mut(touch.repo)?
            .milestones
            .values()
            .any(|m| m.title == title)
        {
            return Err(Refusal::field("Milestone", "title", "already_exists"));
        }
        let number = self.insert_milestone(&touch, title)?;
        self.change_milestone(&touch, number, new)
    }

    /// Changes a milestone; the issues in it do not count as updated.
    pub fn edit_milestone(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        edit: MilestoneEdit,
    ) -> Result<&Milestone, Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Write)?;
        self.change_milestone(&touch, number, edit)
    }

    fn change_milestone(
        &mut self,
        touch: &Touch,
        number: u64,
        edit: MilestoneEdit,
    ) -> Result<&Milestone, Refusal> {
        let repo = self.repo_mut(touch.repo)?;
        let milestone = repo.milestones.get_mut(&number).ok_or(Refusal::NotFound)?;
        milestone.updated_at = floor_second(touch.now);
        milestone.due_on = edit.due_on.or(milestone.due_on);
        milestone.state = edit.state.unwrap_or(milestone.state);
        milestone.description = edit.description.or_else(|| milestone.description.clone());
        if let Some(title) = edit.title
            && title != milestone.title
        {
            let before = std::mem::replace(&mut milestone.title, title.clone());
            self.record(touch, "milestone_title", json!(before), json!(title));
        }
        self.repo_mut(touch.repo)?
            .milestones
            .get(&number)
            .ok_or(Refusal::NotFound)
    }

    pub(crate) fn insert_milestone(
        &mut self,
        touch: &Touch,
        title: String,
    ) -> Result<u64, Refusal> {
        let (id, at) = (self.fresh_id(), floor_second(touch.now));
        self.record(touch, "milestone_title", Value::Null, json!(title));
        let repo = self.repo_mut(touch.repo)?;
        repo.last_milestone += 1;
        let number = repo.last_milestone;
        let milestone = Milestone {
            id,
            node_id: node_id("MI", id),
            number,
            title,
            description: None,
            state: State::Open,
            due_on: None,
            creator: Arc::clone(&touch.actor),
            created_at: at,
            updated_at: at,
        };
        repo.milestones.insert(number, milestone);
        Ok(number)
    }
}
