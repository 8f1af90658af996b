//! Making, renaming, deleting and sharing repositories.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::hub::{Hub, Touch};
use super::ids::{floor_second, node_id};
use super::model::{Login, Permission, Repo, RepoId};
use super::refusal::Refusal;

/// The settings of a new repository.
#[derive(Debug, Clone)]
pub struct NewRepo {
    /// `owner/name`.
    pub full_name: String,
    /// Only collaborators see it.
    pub private: bool,
    /// Made as a fork.
    pub fork: bool,
    /// Name of the default branch.
    pub default_branch: String,
}

impl NewRepo {
    /// Describes a public repository with the default branch `main`.
    pub fn public(full_name: &str) -> Self {
        let default_branch = "main".to_owned();
        Self {
            full_name: full_name.to_owned(),
            private: false,
            fork: false,
            default_branch,
        }
    }
}

impl Hub {
    /// Makes a repository without commits. Refuses a taken name or an unknown owner.
    pub fn create_repo(&mut self, now: i64, actor: &str, new: NewRepo) -> Result<RepoId, Refusal> {
        let key = new.full_name.to_lowercase();
        let (owner, name) = split_name(&new.full_name)?;
        let owner = self.login(owner).ok_or(Refusal::NotFound)?;
        let actor = self
            .login(actor)
            .ok_or(Refusal::Unauthorized("Requires authentication"))?;
        if self.names.contains_key(&key) {
            return Err(Refusal::custom(
                "Repository",
                "name",
                "name already exists on this account",
            ));
        }
        let id = self.fresh_id();
        let mut repo = Repo::empty(id, owner, name, floor_second(now));
        repo.private = new.private;
        repo.fork = new.fork;
        repo.default_branch = new.default_branch;
        if !repo.owner.eq_ignore_ascii_case(&actor) {
            repo.collaborators
                .insert(Arc::clone(&actor), Permission::Admin);
        }
        self.redirects.remove(&key);
        self.names.insert(key, id);
        self.repos.insert(id, repo);
        let touch = Touch {
            now,
            actor,
            repo: id,
            number: 0,
        };
        self.record(&touch, "repository", Value::Null, json!(new.full_name));
        Ok(id)
    }

    /// Renames a repository, or moves it to another owner (`to` = `name` or `owner/name`).
    /// The old name answers 301 until somebody takes it.
    pub fn rename_repo(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        to: &str,
    ) -> Result<(), Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Admin)?;
        let (old, owner) = {
            let repo = self.repo_by_id(touch.repo).ok_or(Refusal::NotFound)?;
            (repo.full_name(), Arc::clone(&repo.owner))
        };
        let full = if to.contains('/') {
            to.to_owned()
        } else {
            format!("{owner}/{to}")
        };
        let (owner, name) = split_name(&full)?;
        let owner = self.login(owner).ok_or(Refusal::NotFound)?;
        if self
            .names
            .get(&full.to_lowercase())
            .is_some_and(|id| *id != touch.repo)
        {
            return Err(Refusal::custom(
                "Repository",
                "name",
                "name already exists on this account",
            ));
        }
        self.names.remove(&old.to_lowercase());
        self.redirects.insert(old.to_lowercase(), touch.repo);
        self.redirects.remove(&full.to_lowercase());
        self.names.insert(full.to_lowercase(), touch.repo);
        if let Some(repo) = self.repos.get_mut(&touch.repo) {
            repo.owner = owner;
            name.clone_into(&mut repo.name);
            repo.updated_at = floor_second(now);
        }
        self.record(&touch, "repository", json!(old), json!(full));
        Ok(())
    }

    /// Deletes a repository: it answers 404 from now on.
    pub fn delete_repo(&mut self, now: i64, actor: &str, repo: &str) -> Result<(), Refusal> {
        let touch = self.touch_as(now, actor, repo, Permission::Admin)?;
        let Some(gone) = self.repos.remove(&touch.repo) else {
            return Err(Refusal::NotFound);
        };
        self.names.retain(|_, id| *id != touch.repo);
        self.redirects.retain(|_, id| *id != touch.repo);
        self.nodes.retain(|_, (id, _)| *id != touch.repo);
        self.record(&touch, "repository", json!(gone.full_name()), Value::Null);
        Ok(())
    }

    /// Sets what a user may do in a repository; `None` takes every right away.
    pub fn set_permission(
        &mut self,
        now: i64,
        repo: &str,
        login: &str,
        permission: Option<Permission>,
    ) -> Result<(), Refusal> {
        let id = self.resolve(repo)?;
        let login = self.login(login).ok_or(Refusal::NotFound)?;
        let Some(repo) = self.repos.get_mut(&id) else {
            return Err(Refusal::NotFound);
        };
        let before = match permission {
            Some(given) => repo.collaborators.insert(Arc::clone(&login), given),
            None => repo.collaborators.remove(&login),
        };
        let touch = Touch {
            now,
            actor: Arc::clone(&repo.owner),
            repo: id,
            number: 0,
        };
        let text = |value: Option<Permission>| json!(value.map(|p| format!("{login} {p:?}")));
        self.record(&touch, "permission", text(before), text(permission));
        Ok(())
    }

    /// Makes a repository private or public.
    pub fn set_private(&mut self, now: i64, repo: &str, private: bool) -> Result<(), Refusal> {
        self.set_flag(now, repo, "private", private)
    }

    /// Archives a repository (every write then answers 403) or brings it back.
    pub fn set_archived(&mut self, now: i64, repo: &str, archived: bool) -> Result<(), Refusal> {
        self.set_flag(now, repo, "archived", archived)
    }

    fn set_flag(
        &mut self,
        now: i64,
        repo: &str,
        flag: &'static str,
        value: bool,
    ) -> Result<(), Refusal> {
        let id = self.resolve(repo)?;
        let Some(repo) = self.repos.get_mut(&id) else {
            return Err(Refusal::NotFound);
        };
        let slot = if flag == "private" {
            &mut repo.private
        } else {
            &mut repo.archived
        };
        let before = std::mem::replace(slot, value);
        repo.updated_at = floor_second(now);
        let touch = Touch {
            now,
            actor: Arc::clone(&repo.owner),
            repo: id,
            number: 0,
        };
        self.record(&touch, flag, json!(before), json!(value));
        Ok(())
    }
}

impl Repo {
    fn empty(id: RepoId, owner: Login, name: &str, now: i64) -> Self {
        Self {
            id,
            node_id: node_id("R", id),
            owner,
            name: name.to_owned(),
            default_branch: String::new(),
            private: false,
            archived: false,
            fork: false,
            created_at: now,
            updated_at: now,
            pushed_at: now,
            collaborators: BTreeMap::new(),
            issues: BTreeMap::new(),
            departed: BTreeMap::new(),
            labels: BTreeMap::new(),
            milestones: BTreeMap::new(),
            comments: BTreeMap::new(),
            branches: BTreeMap::new(),
            commits: BTreeMap::new(),
            last_number: 0,
            last_milestone: 0,
            label_names: BTreeMap::new(),
        }
    }
}

fn split_name(full: &str) -> Result<(&str, &str), Refusal> {
    match full.split_once('/') {
        Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok((owner, name))
        }
        _ => Err(Refusal::field("Repository", "name", "invalid")),
    }
}
