//! Reading one issue or pull request.

use super::place::{numbered, repo_path};
use super::wire::Issue;
use super::{GithubRemote, refuse, rows};
use crate::core::{Kind, Life, ObjectId, Observation};
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
            410 if moved.is_none() => return bare(Life::Gone),
            403 | 404 | 410 | 451 => return bare(Life::Unreachable),
            _ => return Err(refuse::of_read(&reply, &id.locator)),
        }
        let row: Issue = reply.json()?;
        let login = self.login();
        let mut seen = rows::issue(&row, &rows::Reader::new(repo, login.as_deref(), read_at));
        if seen.id.node != id.node && !id.node.is_empty() {
            return match moved {
                Some(_) => bare(Life::MovedTo(seen.id)),
                // Another object has taken the number: a repository that was made anew.
                None => bare(Life::Unreachable),
            };
        }
        self.learn_milestone(repo, &row);
        if seen.kind == Kind::Pull {
            self.add_extras(repo, &mut [&mut seen]).await?;
        }
        Ok(seen)
    }

    /// Follows a redirect once; none when it leads to another origin.
    async fn follow(&self, target: &str) -> Result<Option<Reply>, RemoteError> {
        if !self.account.account.allows(target) {
            return Ok(None);
        }
        self.send(Ask::get(target)).await.map(Some)
    }
}
