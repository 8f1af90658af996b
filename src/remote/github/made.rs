//! Looking for an issue that a lost create may have made.

use super::place::{Trail, repo_path, segment};
use super::wire::Issue;
use super::{GithubRemote, refuse, rows};
use crate::core::{Draft, Kind, Observation, Time};
use crate::remote::{Lookup, RemoteError};

/// How far before the create the list is read: our clock and GitHub's may differ.
const SLACK: i64 = 60 * 60 * 1_000;
/// Longest look-up, in pages; beyond it the answer is "not complete".
const MAX_PAGES: usize = 50;

impl GithubRemote {
    /// Lists what our account made, in the order of creation, which no edit can shift; never by search, whose index
    /// lags. Without a known login all authors are listed, and the key (128 random bits) alone decides.
    pub(super) async fn look_for(&self, draft: &Draft, since: Time) -> Result<Lookup, RemoteError> {
        let read_at = self.now();
        let login = self.login();
        let creator = login
            .as_deref()
            .map_or_else(String::new, |login| format!("&creator={}", segment(login)));
        let path = format!(
            "{}/issues?state=all&sort=created&direction=desc&per_page=100{creator}",
            repo_path(&self.present(&draft.container))
        );
        let reader = rows::Reader::new(
            &draft.container,
            login.as_deref(),
            read_at,
            &self.link.constants,
        );
        let mut lookup = Lookup::default();
        let mut page = Some(path.clone());
        let mut trail = Trail::default();
        for _ in 0..MAX_PAGES {
            let Some(url) = page else { break };
            let reply = self.read(&url).await?;
            if !reply.is_success() {
                return Err(refuse::of_read(&reply, &draft.container));
            }
            let before = self.garbled();
            let found: Vec<Issue> = self.rows(&reply, &draft.container)?;
            let all_read = self.garbled() == before;
            let rows: Vec<_> = found.iter().map(|row| rows::issue(row, &reader)).collect();
            let created = rows.iter().filter_map(|row| row.created).min();
            let past = created.is_some_and(|at| at < since.minus(SLACK));
            let ours = |row: &Observation| is_hit(row, draft, login.is_some());
            lookup.hits.extend(rows.into_iter().filter(ours));
            page = trail.after(url, &reply, &path)?;
            if !all_read {
                return Ok(lookup);
            }
            if past || page.is_none() {
                lookup.complete = true;
                break;
            }
        }
        lookup.hits.sort_by_key(|hit| hit.created);
        Ok(lookup)
    }
}

fn is_hit(row: &Observation, draft: &Draft, by_us: bool) -> bool {
    let marked = row.marker.as_ref().is_some_and(|key| key.0 == draft.marker);
    row.kind == Kind::Issue && marked && (row.created_by_us || !by_us)
}
