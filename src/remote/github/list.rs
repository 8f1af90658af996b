//! Listing issues and pull requests.

use http::header::IF_NONE_MATCH;
use serde::{Deserialize, Serialize};

use super::place::{next_link, repo_path, same_family};
use super::wire::Issue;
use super::{GithubRemote, refuse, rows};
use crate::core::{Kind, Observation, Time};
use crate::remote::http::{Ask, Reply};
use crate::remote::{ListFrom, Page, RemoteError};

/// The validator of a first page: it only means something for the very same URL.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tag {
    url: String,
    etag: String,
}

/// What asking for a page brought.
pub(super) enum Fetched {
    /// 304.
    Unchanged,
    /// 2xx, with the tag for the next time and the following page.
    Page {
        reply: Box<Reply>,
        tag: Option<String>,
        next: Option<String>,
    },
    /// Any other status.
    Other(Box<Reply>),
}

impl GithubRemote {
    /// One page of a repository's issues and pull requests.
    pub(super) async fn list_issues(
        &self,
        repo: &str,
        from: &ListFrom,
    ) -> Result<Page, RemoteError> {
        let read_at = self.now();
        let first = from.page.is_none();
        let url = issues_url(&self.present(repo));
        let (reply, tag, next) = match self.fetch(url, from).await? {
            Fetched::Unchanged => return Ok(unchanged(from)),
            Fetched::Page { reply, tag, next } => (reply, tag, next),
            Fetched::Other(reply) if reply.status == 410 => {
                self.note(format!("issues are switched off in {repo}"));
                return Ok(Page::default());
            }
            Fetched::Other(reply) => return Err(refuse::of_read(&reply, repo)),
        };
        let issues: Vec<Issue> = self.rows(&reply, repo)?;
        if let Some(found) = issues.iter().find_map(|row| row.repository_url.as_deref())
            && let Some(found) = super::place::repo_of(found)
        {
            self.saw_name(repo, &found);
        }
        let login = self.login();
        let reader = rows::Reader::new(repo, login.as_deref(), read_at);
        let mut rows = Vec::new();
        for row in &issues {
            self.learn_milestone(repo, row);
            if self.wants(row) && !is_older(row, from.since) {
                rows.push(rows::issue(row, &reader));
            }
        }
        self.enrich(repo, &mut rows, first).await?;
        let over = issues.iter().any(|row| is_older(row, from.since));
        Ok(Page {
            unchanged: false,
            rows,
            next: next.filter(|_| !over),
            tag,
            cut: false,
            window: None,
        })
    }

    /// Asks for a page: the following one as it was named, or the first one with the tag of the same URL.
    pub(super) async fn fetch(&self, url: String, from: &ListFrom) -> Result<Fetched, RemoteError> {
        if let Some(page) = &from.page {
            if !same_family(&url, page) {
                return Err(RemoteError::Unclear(format!(
                    "the following page of {url} points to something else ({page}) and was not read"
                )));
            }
            let reply = self.send(Ask::get(page)).await?;
            return Ok(fetched(reply, None));
        }
        let reply = self.send(conditional(&url, from)).await?;
        match refuse::moved_to(&reply) {
            // The address by number is as constant as any; the tag is bound to it.
            Some(target) if same_family(&url, &target) => {
                let reply = self.send(conditional(&target, from)).await?;
                Ok(fetched(reply, Some(target)))
            }
            _ => Ok(fetched(reply, Some(url))),
        }
    }

    /// Whether this link keeps a row.
    fn wants(&self, row: &Issue) -> bool {
        let link = &self.link;
        let kind = if row.pull_request.is_some() {
            Kind::Pull
        } else {
            Kind::Issue
        };
        let ignored = link.ignore_label.as_deref().is_some_and(|ignore| {
            let mut names = row.labels.iter().flatten().filter_map(|label| label.name());
            names.any(|name| name.eq_ignore_ascii_case(ignore))
        });
        let author = row.user.as_ref().and_then(Option::as_ref);
        let bot = link.skip_bots && author.is_some_and(super::wire::User::is_bot);
        let closed = row.closed_at.as_ref().and_then(Option::as_deref);
        let closed = closed.and_then(super::place::time);
        let long_closed =
            matches!((closed, link.closed_since), (Some(at), Some(since)) if at < since);
        link.keeps(kind) && !ignored && !bot && !long_closed
    }

    /// Adds what rows of pull requests do not say.
    async fn enrich(
        &self,
        repo: &str,
        rows: &mut [Observation],
        first: bool,
    ) -> Result<(), RemoteError> {
        let mut pulls: Vec<&mut Observation> = rows
            .iter_mut()
            .filter(|row| row.kind == Kind::Pull)
            .collect();
        if first {
            self.learned.borrow_mut().walks.remove(repo);
        }
        if pulls.is_empty() {
            return Ok(());
        }
        self.add_extras(repo, &mut pulls).await
    }
}

/// The list in the order of change. Without `since`, so that the address and with it the tag stay the same when the
/// cursor moves: the list ends by itself at the first row that is older.
fn issues_url(repo: &str) -> String {
    format!(
        "{}/issues?state=all&sort=updated&direction=desc&per_page=100",
        repo_path(repo)
    )
}

fn is_older(row: &Issue, since: Option<Time>) -> bool {
    let updated = row.updated_at.as_deref().and_then(super::place::time);
    matches!((updated, since), (Some(updated), Some(since)) if updated < since)
}

fn conditional(url: &str, from: &ListFrom) -> Ask {
    let ask = Ask::get(url);
    let tag: Option<Tag> = from
        .tag
        .as_deref()
        .and_then(|tag| serde_json::from_str(tag).ok());
    match tag {
        Some(tag) if tag.url == url => ask.header(IF_NONE_MATCH, tag.etag),
        _ => ask,
    }
}

fn fetched(reply: Reply, url: Option<String>) -> Fetched {
    if reply.status == 304 {
        return Fetched::Unchanged;
    }
    if !reply.is_success() {
        return Fetched::Other(Box::new(reply));
    }
    let etag = reply.header("etag").map(str::to_owned);
    let tag = url.zip(etag).map(|(url, etag)| Tag { url, etag });
    Fetched::Page {
        tag: tag.and_then(|tag| serde_json::to_string(&tag).ok()),
        next: next_link(&reply),
        reply: Box::new(reply),
    }
}

/// The page for a 304: the tag stands.
pub(super) fn unchanged(from: &ListFrom) -> Page {
    Page {
        unchanged: true,
        tag: from.tag.clone(),
        ..Page::default()
    }
}
