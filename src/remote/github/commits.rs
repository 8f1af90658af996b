//! Commits of the default branch.

use std::collections::BTreeMap;

use super::list::{Fetched, unchanged};
use super::place::{hashed, repo_of, repo_path};
use super::rows::committed;
use super::wire::{CommitRow, Comparison};
use super::{GithubRemote, refuse, rows};
use crate::core::{FieldKey, Kind, Life, ObjectId, Observation, Time, Value};
use crate::remote::{ListFrom, Page, RemoteError};

/// How far before `since` a list is still read: a merge brings commits that are older than itself.
const MERGE_REACH: i64 = 14 * 24 * 60 * 60 * 1_000;

impl GithubRemote {
    /// One page of a repository's commits, newest first; ends where the configured window starts.
    pub(super) async fn list_commits(
        &self,
        repo: &str,
        from: &ListFrom,
    ) -> Result<Page, RemoteError> {
        let read_at = self.now();
        // No `since` in the URL: it filters by commit date, and the URL has to stay the same for its tag.
        let rows = from.page_rows();
        let url = format!("{}/commits?per_page={rows}", repo_path(&self.present(repo)));
        let (reply, tag, next) = match self.fetch(url, from).await? {
            Fetched::Unchanged => return Ok(unchanged(from)),
            Fetched::Page { reply, tag, next } => (reply, tag, next),
            // An empty repository has no commits to list.
            Fetched::Other(reply) if reply.status == 409 => return Ok(Page::default()),
            Fetched::Other(reply) => return Err(refuse::of_read(&reply, repo)),
        };
        let (commits, unread): (Vec<CommitRow>, _) = self.counted(reply.json()?, repo);
        let found = commits.iter().find_map(|row| row.url.as_deref());
        if let Some(found) = found.and_then(repo_of) {
            self.saw_name(repo, &found);
        }
        let oldest = commits.iter().filter_map(committed).min();
        let reader = rows::Reader::new(repo, None, read_at, &self.link.constants);
        let kept = commits.iter().filter(|row| self.wants_commit(row));
        let stop = self.stops_at(from.since);
        let over = matches!((oldest, stop), (Some(oldest), Some(stop)) if oldest < stop);
        let mut rows: Vec<_> = kept.map(|row| rows::commit(row, repo, &reader)).collect();
        self.add_sizes(repo, &mut rows).await?;
        Ok(Page {
            unchanged: false,
            rows,
            next: next.filter(|_| !over),
            tag,
            cut: unread > 0,
            window: self.commits_since(),
            partial: false,
            unread,
        })
    }

    fn stops_at(&self, since: Option<Time>) -> Option<Time> {
        let since = since.map(|since| since.minus(MERGE_REACH));
        since.max(self.commits_since())
    }

    /// Where the window starts now: it moves on while the program runs.
    fn commits_since(&self) -> Option<Time> {
        self.link.commits_within.map(|age| self.now().minus(age))
    }

    fn wants_commit(&self, row: &CommitRow) -> bool {
        let link = &self.link;
        let old =
            matches!((committed(row), self.commits_since()), (Some(at), Some(since)) if at < since);
        let bot = row.author.as_ref().is_some_and(super::wire::User::is_bot);
        let merge = link.skip_merges && row.parents.len() > 1;
        let bot = link.skip_bots && bot;
        !(old || merge || bot)
    }

    /// Reads one commit, and whether the branch still holds it.
    ///
    /// GitHub keeps commits that a force-push took out of every branch for a while, and then says 422 "No commit found
    /// for SHA" in a repository that it does show; both are an orphaned commit. 404 proves nothing.
    pub(super) async fn get_commit(&self, id: &ObjectId) -> Result<Observation, RemoteError> {
        let read_at = self.now();
        let gone = |life| Ok(rows::bare(Kind::Commit, id, life, read_at));
        let Some((repo, sha)) = hashed(id) else {
            return gone(Life::Unreachable);
        };
        // One file a page, as the list of changed files is not wanted.
        let reply = self
            .read(&format!("{}/commits/{sha}?per_page=1", repo_path(repo)))
            .await?;
        match reply.status {
            200 => {
                let row: CommitRow = reply.json()?;
                if !row.sha.eq_ignore_ascii_case(sha) {
                    return gone(Life::Unreachable);
                }
                let reader = rows::Reader::new(repo, None, read_at, &self.link.constants);
                let mut seen = rows::commit(&row, repo, &reader);
                seen.id.node.clone_from(&id.node);
                match self.is_orphaned(repo, sha).await? {
                    Some(is) => seen.fields.insert(FieldKey::ORPHANED, Value::Bool(is)),
                    None => seen.fields.remove(&FieldKey::ORPHANED),
                };
                self.add_sizes(repo, std::slice::from_mut(&mut seen))
                    .await?;
                Ok(seen)
            }
            422 if refuse::says(&reply, "No commit found for SHA") => {
                let mut seen = rows::bare(Kind::Commit, id, Life::Live, read_at);
                seen.fields = BTreeMap::from([
                    (FieldKey::REPOSITORY, Value::text(repo)),
                    (FieldKey::ORPHANED, Value::Bool(true)),
                ]);
                Ok(seen)
            }
            403 | 404 | 409 | 422 | 451 => gone(Life::Unreachable),
            _ => Err(refuse::of_read(&reply, &id.locator)),
        }
    }

    /// Whether the branch that is listed, the default one, does not hold a commit; none when GitHub does not say.
    async fn is_orphaned(&self, repo: &str, sha: &str) -> Result<Option<bool>, RemoteError> {
        // The second page of a comparison comes without the changed files.
        let path = format!("{}/compare/{sha}...HEAD?per_page=1&page=2", repo_path(repo));
        let reply = self.read(&path).await?;
        match reply.status {
            200 => {
                let compared: Comparison = reply.json()?;
                Ok(match compared.status.as_deref() {
                    Some("ahead" | "identical") => Some(false),
                    Some("behind" | "diverged") => Some(true),
                    _ => None,
                })
            }
            404 if refuse::says(&reply, "No common ancestor") => Ok(Some(true)),
            403 | 404 | 409 | 422 | 451 => Ok(None),
            _ => Err(refuse::of_read(&reply, sha)),
        }
    }
}
