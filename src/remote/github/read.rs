//! Reading one issue or pull request.

use super::place::{numbered, repo_path};
use super::wire::{Issue, Repo};
use super::{GithubRemote, refuse, rows};
use crate::core::{Kind, Life, ObjectId, Observation, Time};
use crate::remote::RemoteError;
use crate::remote::http::{Ask, Reply};

impl GithubRemote {
    /// Reads one issue or pull request. 301 is followed once: the same node id there is a renamed repository, another
    /// one a transferred issue.
    pub(super) async fn get_issue(
        &self,
        kind: Kind,
        id: &ObjectId,
    ) -> Result<Observation, RemoteError> {
        let read_at = self.now();
        let bare = |life| Ok(rows::bare(kind, id, life, read_at));
        let Some((repo, number)) = numbered(id) else {
            return bare(Life::Unreachable);
        };
        let path = format!("{}/issues/{number}", repo_path(repo));
        let reply = self.send(Ask::get(path)).await?;
        let moved = refuse::moved_to(&reply);
        let reply = match &moved {
            Some(target) => match self.follow(target).await? {
                Some(reply) => reply,
                None => return bare(Life::Unreachable),
            },
            None => reply,
        };
        match reply.status {
            200 => {}
            // Only the answer under the item's own address is the service's word on this item.
            410 if moved.is_none() => {
                return match (self.issues_are_off(repo, &reply).await?, kind) {
                    (false, _) => bare(Life::Gone),
                    (true, Kind::Pull) => self.get_pull(id, repo, number).await,
                    (true, _) => bare(Life::Unreachable),
                };
            }
            403 | 404 | 410 | 451 => return bare(Life::Unreachable),
            _ => return Err(refuse::of_read(&reply, &id.locator)),
        }
        self.shown((kind, id), repo, &reply.json()?, moved.is_some(), read_at)
            .await
    }

    /// What a row that was asked for by its address shows.
    async fn shown(
        &self,
        (kind, id): (Kind, &ObjectId),
        repo: &str,
        row: &Issue,
        moved: bool,
        read_at: Time,
    ) -> Result<Observation, RemoteError> {
        let bare = |life| Ok(rows::bare(kind, id, life, read_at));
        let login = self.login();
        let mut seen = rows::issue(
            row,
            &rows::Reader::new(repo, login.as_deref(), read_at, &self.link.constants),
        );
        if seen.id.node != id.node && !id.node.is_empty() {
            // Without a redirect another object has taken the number: a repository that was made anew.
            return bare(if moved {
                Life::MovedTo(seen.id)
            } else {
                Life::Unreachable
            });
        }
        self.learn_milestone(repo, row);
        self.learn_labels(repo, row);
        if seen.kind == Kind::Pull {
            self.add_extras(repo, &mut [&mut seen]).await?;
        }
        Ok(seen)
    }

    /// Whether a 410 means that issues are switched off, not that one was deleted: GitHub answers 410 for both, and
    /// only its words differ. Where they say neither, the repository itself is asked.
    async fn issues_are_off(&self, repo: &str, reply: &Reply) -> Result<bool, RemoteError> {
        let said = reply.message().to_lowercase();
        if said.contains("disabled") || said.contains("deleted") {
            return Ok(said.contains("disabled"));
        }
        let reply = self.read(&repo_path(repo)).await?;
        if !reply.is_success() {
            return Err(refuse::of_read(&reply, repo));
        }
        Ok(reply.json::<Repo>()?.has_issues == Some(false))
    }

    /// Reads a pull request at its own address, as the one among the issues is switched off.
    async fn get_pull(
        &self,
        id: &ObjectId,
        repo: &str,
        number: u64,
    ) -> Result<Observation, RemoteError> {
        let read_at = self.now();
        let reply = self
            .send(Ask::get(format!("{}/pulls/{number}", repo_path(repo))))
            .await?;
        match reply.status {
            200 => {}
            301 | 302 | 307 | 308 | 403 | 404 | 410 | 451 => {
                return Ok(rows::bare(Kind::Pull, id, Life::Unreachable, read_at));
            }
            _ => return Err(refuse::of_read(&reply, &id.locator)),
        }
        let row = super::wire::pull_as_issue(reply.json()?);
        let row: Issue = serde_json::from_value(row).map_err(|cause| {
            RemoteError::Unclear(format!("{} could not be read: {cause}", id.locator))
        })?;
        self.shown((Kind::Pull, id), repo, &row, false, read_at)
            .await
    }

    /// Follows a redirect once; none when it leads to another origin.
    async fn follow(&self, target: &str) -> Result<Option<Reply>, RemoteError> {
        if !self.account.account.allows(target) {
            return Ok(None);
        }
        self.send(Ask::get(target)).await.map(Some)
    }
}
