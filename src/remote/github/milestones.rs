//! Milestones: GitHub wants their numbers, people know their titles.

use std::collections::BTreeMap;

use super::place::{Trail, repo_path};
use super::wire::{Issue, Milestone};
use super::{GithubRemote, refuse};
use crate::core::{FieldKey, Time, codec};
use crate::remote::RemoteError;

/// A title that was just looked for in vain is not looked for again before this.
const REFRESH: i64 = 60_000;
/// More pages of milestones than anybody has.
const MAX_PAGES: usize = 20;

/// The milestones of a repository that were seen.
#[derive(Debug, Default)]
pub(super) struct Known {
    numbers: BTreeMap<String, u64>,
    listed_at: Option<Time>,
}

impl GithubRemote {
    /// Remembers the milestone that a row carries.
    pub(super) fn learn_milestone(&self, repo: &str, row: &Issue) {
        if let Some(Some(Milestone {
            number: Some(number),
            title: Some(title),
        })) = &row.milestone
        {
            let mut learned = self.learned.borrow_mut();
            let known = learned.milestones.entry(repo.to_owned()).or_default();
            known.numbers.insert(title.clone(), *number);
        }
    }

    /// Forgets a repository's milestones, because one was refused.
    pub(super) fn forget_milestones(&self, repo: &str) {
        self.learned.borrow_mut().milestones.remove(repo);
    }

    /// The number of a milestone.
    ///
    /// # Errors
    /// [`RemoteError::Refused`] when there is none of this title, and those of reading the list.
    pub(super) async fn milestone(&self, repo: &str, title: &str) -> Result<u64, RemoteError> {
        if let Some(number) = self.known_milestone(repo, title) {
            return Ok(number);
        }
        self.list_milestones(repo).await?;
        self.known_milestone(repo, title)
            .ok_or_else(|| RemoteError::Refused {
                status: 422,
                field: Some(FieldKey::MILESTONE),
                message: format!(
                    "{repo} has no milestone called \"{title}\"; make it on GitHub or pick another one"
                ),
            })
    }

    fn known_milestone(&self, repo: &str, title: &str) -> Option<u64> {
        let learned = self.learned.borrow();
        let numbers = &learned.milestones.get(repo)?.numbers;
        let exact = numbers.get(title);
        // Notion holds names of a hundred characters: of a longer one a page shows, and a person picks, the cut form.
        let cut = || {
            let mut all = numbers.iter();
            all.find(|(whole, _)| codec::option_name(whole) == title)
                .map(|(_, number)| number)
        };
        exact.or_else(cut).copied()
    }

    async fn list_milestones(&self, repo: &str) -> Result<(), RemoteError> {
        let now = self.now();
        let listed_at = self
            .learned
            .borrow()
            .milestones
            .get(repo)
            .and_then(|known| known.listed_at);
        if listed_at.is_some_and(|at| (0..REFRESH).contains(&now.since(at))) {
            return Ok(());
        }
        let path = format!(
            "{}/milestones?state=all&per_page=100",
            repo_path(&self.present(repo))
        );
        let mut numbers = BTreeMap::new();
        let mut page = Some(path.clone());
        let mut trail = Trail::default();
        for _ in 0..MAX_PAGES {
            let Some(url) = page else { break };
            let reply = self.read(&url).await?;
            if !reply.is_success() {
                return Err(refuse::of_read(
                    &reply,
                    &format!("the milestones of {repo}"),
                ));
            }
            let rows: Vec<Milestone> = self.rows(&reply, "milestones")?;
            numbers.extend(rows.into_iter().filter_map(|row| row.title.zip(row.number)));
            page = trail.after(url, &reply, &path)?;
        }
        let known = Known {
            numbers,
            listed_at: Some(now),
        };
        let mut learned = self.learned.borrow_mut();
        learned.milestones.insert(repo.to_owned(), known);
        Ok(())
    }
}
