//! Labels of a repository, and labels and assignees on its issues.

use serde_json::{Value, json};

use super::hub::{Hub, Touch};
use super::ids::node_id;
use super::issues::{check_labels, sorted};
use super::model::{EventKind, Issue, Label, Permission, RepoId};
use super::refusal::Refusal;

/// The colour of a label made on the fly.
const DEFAULT_COLOR: &str = "ededed";

/// What to change in a label; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct LabelEdit {
    /// New name.
    pub name: Option<String>,
    /// New colour, six hexadecimal digits.
    pub color: Option<String>,
    /// New description.
    pub description: Option<String>,
}

impl Hub {
    /// Makes a label. Needs write access; refuses a taken name.
    pub fn create_label(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        label: LabelEdit,
    ) -> Result<&Label, Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Write)?;
        let name = label
            .name
            .ok_or_else(|| Refusal::field("Label", "name", "missing_field"))?;
        check_labels(std::slice::from_ref(&name))?;
        let color = label.color.unwrap_or_else(|| DEFAULT_COLOR.to_owned());
        check_color(&color)?;
        if self.repo_mut(touch.repo)?.label(&name).is_some() {
            return Err(Refusal::field("Label", "name", "already_exists"));
        }
        let id = self.ensure_label(&touch, &name, &color)?;
        let made = self
            .repo_mut(touch.repo)?
            .labels
            .get_mut(&id)
            .ok_or(Refusal::NotFound)?;
        made.description = label.description;
        Ok(made)
    }

    /// Renames or recolours a label; the issues that carry it do not count as updated.
    pub fn edit_label(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        name: &str,
        edit: LabelEdit,
    ) -> Result<&Label, Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Write)?;
        if let Some(color) = &edit.color {
            check_color(color)?;
        }
        let id = self
            .repo_mut(touch.repo)?
            .label(name)
            .ok_or(Refusal::NotFound)?
            .id;
        if let Some(new) = edit.name {
            check_labels(std::slice::from_ref(&new))?;
            let repo = self.repo_mut(touch.repo)?;
            if repo.label(&new).is_some_and(|other| other.id != id) {
                return Err(Refusal::field("Label", "name", "already_exists"));
            }
            repo.label_names.retain(|_, known| *known != id);
            repo.label_names.insert(new.to_lowercase(), id);
            let label = repo.labels.get_mut(&id).ok_or(Refusal::NotFound)?;
            let before = std::mem::replace(&mut label.name, new.clone());
            self.record(&touch, "label", json!(before), json!(new));
        }
        let label = self
            .repo_mut(touch.repo)?
            .labels
            .get_mut(&id)
            .ok_or(Refusal::NotFound)?;
        label.color = edit.color.unwrap_or_else(|| label.color.clone());
        label.description = edit.description.or_else(|| label.description.clone());
        Ok(label)
    }

    /// Deletes a label and takes it off every issue.
    pub fn delete_label(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Write)?;
        let id = self
            .repo_mut(touch.repo)?
            .label(name)
            .ok_or(Refusal::NotFound)?
            .id;
        let carriers: Vec<u64> = self
            .repo_mut(touch.repo)?
            .issues
            .values()
            .filter(|issue| issue.labels.contains(&id))
            .map(|issue| issue.number)
            .collect();
        for number in carriers {
            let touch = Touch {
                number,
                ..touch.clone()
            };
            let rest = self.labels_without(&touch, id)?;
            self.store_labels(&touch, rest)?;
        }
        let repo = self.repo_mut(touch.repo)?;
        repo.label_names.retain(|_, known| *known != id);
        let gone = repo.labels.remove(&id).map(|label| label.name);
        self.record(&touch, "label", json!(gone), Value::Null);
        Ok(())
    }

    /// Adds labels to an issue, making unknown ones. Needs write access.
    pub fn add_labels(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        names: &[String],
    ) -> Result<&Issue, Refusal> {
        let touch = self.touch_writable(now, actor, repo, number)?;
        check_labels(names)?;
        let mut ids = self.issue_in(touch.repo, number)?.labels.clone();
        for name in names {
            ids.push(self.ensure_label(&touch, name, DEFAULT_COLOR)?);
        }
        self.settle_labels(&touch, ids)
    }

    /// Replaces all labels of an issue. Needs write access.
    pub fn replace_labels(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        names: &[String],
    ) -> Result<&Issue, Refusal> {
        let touch = self.touch_writable(now, actor, repo, number)?;
        check_labels(names)?;
        if self.set_labels(&touch, names)? {
            self.bump(&touch)?;
        }
        self.issue_in(touch.repo, number)
    }

    /// Takes one label off an issue; 404 when it is not on it. Needs write access.
    pub fn remove_label(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        name: &str,
    ) -> Result<&Issue, Refusal> {
        let touch = self.touch_writable(now, actor, repo, number)?;
        let id = self
            .repo_mut(touch.repo)?
            .label(name)
            .ok_or(Refusal::NotFound)?
            .id;
        if !self.issue_in(touch.repo, number)?.labels.contains(&id) {
            return Err(Refusal::NotFound);
        }
        let rest = self.labels_without(&touch, id)?;
        self.settle_labels(&touch, rest)
    }

    /// Assigns people. Unknown ones, and everybody without write access, are dropped in silence.
    pub fn add_assignees(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        logins: &[String],
    ) -> Result<&Issue, Refusal> {
        let wanted = |before: &[String]| before.iter().chain(logins).cloned().collect();
        self.change_assignees(&self.touch_issue(now, actor, repo, number)?, wanted)
    }

    /// Takes people off an issue. Dropped in silence without write access.
    pub fn remove_assignees(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        logins: &[String],
    ) -> Result<&Issue, Refusal> {
        let named = |login: &&String| !logins.iter().any(|l| l.eq_ignore_ascii_case(login));
        let wanted = |before: &[String]| before.iter().filter(named).cloned().collect();
        self.change_assignees(&self.touch_issue(now, actor, repo, number)?, wanted)
    }

    fn change_assignees(
        &mut self,
        touch: &Touch,
        wanted: impl Fn(&[String]) -> Vec<String>,
    ) -> Result<&Issue, Refusal> {
        if self.may(touch, Permission::Write) {
            let issue = self.issue_in(touch.repo, touch.number)?;
            let before: Vec<String> = issue.assignees.iter().map(ToString::to_string).collect();
            if self.set_assignees(touch, &wanted(&before))? {
                self.bump(touch)?;
            }
        }
        self.issue_in(touch.repo, touch.number)
    }

    /// Finds a label by name, or makes it.
    pub(crate) fn ensure_label(
        &mut self,
        touch: &Touch,
        name: &str,
        color: &str,
    ) -> Result<u64, Refusal> {
        if let Some(label) = self.repo_mut(touch.repo)?.label(name) {
            return Ok(label.id);
        }
        let id = self.fresh_id();
        let (name, color) = (name.to_owned(), color.to_ascii_lowercase());
        let whole = Touch {
            number: 0,
            ..touch.clone()
        };
        self.record(&whole, "label", Value::Null, json!(name));
        let repo = self.repo_mut(touch.repo)?;
        repo.label_names.insert(name.to_lowercase(), id);
        let label = Label {
            id,
            node_id: node_id("LA", id),
            name,
            color,
            description: None,
        };
        repo.labels.insert(id, label);
        Ok(id)
    }

    /// Sets an issue's labels by name; says whether anything changed.
    pub(crate) fn set_labels(&mut self, touch: &Touch, names: &[String]) -> Result<bool, Refusal> {
        let mut ids = Vec::with_capacity(names.len());
        for name in names {
            ids.push(self.ensure_label(touch, name, DEFAULT_COLOR)?);
        }
        self.store_labels(touch, ids)
    }

    fn store_labels(&mut self, touch: &Touch, mut after: Vec<u64>) -> Result<bool, Refusal> {
        after.sort_unstable();
        after.dedup();
        let before = std::mem::replace(&mut self.issue_mut(touch)?.labels, after.clone());
        if before == after {
            return Ok(false);
        }
        let added = after.iter().filter(|id| !before.contains(id));
        let gone = before.iter().filter(|id| !after.contains(id));
        let added: Vec<_> = added
            .filter_map(|id| self.name_and_color(touch.repo, *id))
            .collect();
        let gone: Vec<_> = gone
            .filter_map(|id| self.name_and_color(touch.repo, *id))
            .collect();
        for (name, color) in added {
            self.event(touch, EventKind::Labeled(name, color))?;
        }
        for (name, color) in gone {
            self.event(touch, EventKind::Unlabeled(name, color))?;
        }
        let names = |ids: &[u64]| {
            let named = ids
                .iter()
                .filter_map(|id| self.name_and_color(touch.repo, *id));
            sorted(&named.map(|(name, _)| name).collect::<Vec<_>>())
        };
        let (before, after) = (names(&before), names(&after));
        self.record(touch, "labels", before, after);
        Ok(true)
    }

    fn settle_labels(&mut self, touch: &Touch, ids: Vec<u64>) -> Result<&Issue, Refusal> {
        if self.store_labels(touch, ids)? {
            self.bump(touch)?;
        }
        self.issue_in(touch.repo, touch.number)
    }

    fn labels_without(&self, touch: &Touch, id: u64) -> Result<Vec<u64>, Refusal> {
        let issue = self.issue_in(touch.repo, touch.number)?;
        Ok(issue
            .labels
            .iter()
            .copied()
            .filter(|known| *known != id)
            .collect())
    }

    fn name_and_color(&self, repo: RepoId, label: u64) -> Option<(String, String)> {
        let label = self.repo_by_id(repo)?.labels.get(&label)?;
        Some((label.name.clone(), label.color.clone()))
    }
}

fn check_color(color: &str) -> Result<(), Refusal> {
    if color.len() == 6 && color.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(())
    } else {
        Err(Refusal::field("Label", "color", "invalid"))
    }
}
