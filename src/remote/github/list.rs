//! Listing issues and pull requests.

use std::collections::BTreeSet;

use http::header::IF_NONE_MATCH;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::place::{next_link, repo_path, same_family};
use super::wire::Issue;
use super::{GithubRemote, refuse, rows};
use crate::core::{Kind, ObjectId, Observation, Time};
use crate::remote::http::{Ask, Reply};
use crate::remote::{ListFrom, Page, RemoteError};

/// The validator of a first page: it only means something for the very same URL.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tag {
    url: String,
    etag: String,
    /// Pull requests whose checks are still running; kept here so that the next process knows them, too.
    #[serde(default)]
    pending: BTreeSet<ObjectId>,
}

impl Tag {
    /// Whether it belongs to this list, also under the address by number that it may have been read at.
    fn is_of(&self, url: &str) -> bool {
        same_family(url, &self.url)
    }
}

fn tag_of(from: &ListFrom) -> Option<Tag> {
    let tag = from.tag.as_deref()?;
    serde_json::from_str(tag).ok()
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
    /// One page of a repository's issues and pull requests; where issues are switched off, of its pull requests.
    pub(super) async fn list_issues(
        &self,
        repo: &str,
        from: &ListFrom,
    ) -> Result<Page, RemoteError> {
        let pulls = pulls_url(&self.present(repo), from.page_rows());
        // An earlier page, or the tag of one, of pull requests: issues were off then. Every sweep asks anew.
        let was_off = match &from.page {
            Some(page) => same_family(&pulls, page),
            None => tag_of(from).is_some_and(|tag| tag.is_of(&pulls)),
        };
        if was_off {
            return self.list_pulls(repo, pulls, from).await;
        }
        let url = issues_url(&self.present(repo), from.page_rows());
        let (reply, tag, next) = match self.fetch(url, from).await? {
            Fetched::Unchanged => return Ok(self.unchanged_but_checks(repo, from).await),
            Fetched::Page { reply, tag, next } => (reply, tag, next),
            Fetched::Other(reply) if reply.status == 410 => {
                self.note(format!(
                    "issues are switched off in {repo}; those known stay as they are on both sides until they are \
                     switched on again"
                ));
                return self.list_pulls(repo, pulls, from).await;
            }
            Fetched::Other(reply) => return Err(refuse::of_read(&reply, repo)),
        };
        let (issues, unread) = self.counted(reply.json()?, repo);
        let page = Page {
            next,
            tag,
            cut: unread > 0,
            unread,
            ..Page::default()
        };
        self.page_of(repo, from, issues, page).await
    }

    /// One page of a repository's pull requests, which is all that can be listed while issues are switched off.
    async fn list_pulls(
        &self,
        repo: &str,
        url: String,
        from: &ListFrom,
    ) -> Result<Page, RemoteError> {
        let (reply, tag, next) = match self.fetch(url, from).await? {
            Fetched::Unchanged => return Ok(self.unchanged_but_checks(repo, from).await),
            Fetched::Page { reply, tag, next } => (reply, tag, next),
            Fetched::Other(reply) => return Err(refuse::of_read(&reply, repo)),
        };
        let rows: Vec<Json> = reply.json()?;
        let rows = rows.into_iter().map(super::wire::pull_as_issue).collect();
        let (issues, unread) = self.counted(rows, repo);
        let page = Page {
            next,
            tag,
            partial: true,
            cut: unread > 0,
            unread,
            ..Page::default()
        };
        self.page_of(repo, from, issues, page).await
    }

    /// Puts the rows that are wanted into a page, and ends the list at the first row that is older.
    async fn page_of(
        &self,
        repo: &str,
        from: &ListFrom,
        issues: Vec<Issue>,
        page: Page,
    ) -> Result<Page, RemoteError> {
        let read_at = self.now();
        if let Some(found) = issues.iter().find_map(|row| row.repository_url.as_deref())
            && let Some(found) = super::place::repo_of(found)
        {
            self.saw_name(repo, &found);
        }
        let login = self.login();
        let reader = rows::Reader::new(repo, login.as_deref(), read_at, &self.link.constants);
        let mut rows = Vec::new();
        for row in &issues {
            self.learn_milestone(repo, row);
            self.learn_labels(repo, row);
            if self.wants(row) && !is_older(row, from.since) {
                rows.push(rows::issue(row, &reader));
            }
        }
        self.enrich(repo, &mut rows, from.page.is_none()).await?;
        let tag = self.watch(repo, from, &mut rows, page.tag).await;
        let over = issues.iter().any(|row| is_older(row, from.since));
        Ok(Page {
            rows,
            next: page.next.filter(|_| !over),
            tag,
            ..page
        })
    }

    /// The page for a 304. Checks that ended since are the one thing that a 304 does not exclude.
    async fn unchanged_but_checks(&self, repo: &str, from: &ListFrom) -> Page {
        let mut rows = Vec::new();
        let tag = self.watch(repo, from, &mut rows, from.tag.clone()).await;
        if rows.is_empty() {
            return unchanged(from);
        }
        Page {
            rows,
            tag,
            ..Page::default()
        }
    }

    /// Adds pull requests whose checks ended since they were listed, on first pages, and remembers those whose have
    /// not: here, and in the tag.
    async fn watch(
        &self,
        repo: &str,
        from: &ListFrom,
        rows: &mut Vec<Observation>,
        tag: Option<String>,
    ) -> Option<String> {
        let known = self.learned.borrow_mut().pending.remove(repo);
        let mut watched = known.unwrap_or_default();
        watched.extend(tag_of(from).into_iter().flat_map(|tag| tag.pending));
        watched.retain(|id| !rows.iter().any(|row| row.id.node == id.node));
        if from.page.is_none() {
            let (ended, running) = self.read_ended(repo, watched).await;
            watched = running;
            rows.extend(ended);
        }
        let running = rows.iter().filter(|row| rows::is_running(row));
        watched.extend(running.map(|row| row.id.clone()));
        let tag = tag.map(|tag| with_pending(tag, &watched));
        if !watched.is_empty() {
            let mut learned = self.learned.borrow_mut();
            learned.pending.insert(repo.to_owned(), watched);
        }
        tag
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

    /// Whether this link keeps a row, as far as that can never change: a label that is put on an item takes it out of the
    /// selection, and its page has to be told.
    fn wants(&self, row: &Issue) -> bool {
        let link = &self.link;
        let kind = if row.pull_request.is_some() {
            Kind::Pull
        } else {
            Kind::Issue
        };
        let author = row.user.as_ref().and_then(Option::as_ref);
        let bot = link.skip_bots && author.is_some_and(super::wire::User::is_bot);
        link.keeps(kind) && !bot
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
fn issues_url(repo: &str, rows: u8) -> String {
    format!(
        "{}/issues?state=all&sort=updated&direction=desc&per_page={rows}",
        repo_path(repo)
    )
}

/// The list of pull requests in the same order and with an address that never changes either.
fn pulls_url(repo: &str, rows: u8) -> String {
    format!(
        "{}/pulls?state=all&sort=updated&direction=desc&per_page={rows}",
        repo_path(repo)
    )
}

fn is_older(row: &Issue, since: Option<Time>) -> bool {
    let updated = row.updated_at.as_deref().and_then(super::place::time);
    matches!((updated, since), (Some(updated), Some(since)) if updated < since)
}

fn conditional(url: &str, from: &ListFrom) -> Ask {
    let ask = Ask::get(url);
    match tag_of(from) {
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
    let tag = url.zip(etag).map(|(url, etag)| Tag {
        url,
        etag,
        pending: BTreeSet::new(),
    });
    Fetched::Page {
        tag: tag.and_then(|tag| serde_json::to_string(&tag).ok()),
        next: next_link(&reply),
        reply: Box::new(reply),
    }
}

/// The tag with these pull requests in it.
fn with_pending(tag: String, pending: &BTreeSet<ObjectId>) -> String {
    let Ok(mut read) = serde_json::from_str::<Tag>(&tag) else {
        return tag;
    };
    read.pending.clone_from(pending);
    serde_json::to_string(&read).unwrap_or(tag)
}

/// The page for a 304: the tag stands.
pub(super) fn unchanged(from: &ListFrom) -> Page {
    Page {
        unchanged: true,
        tag: from.tag.clone(),
        ..Page::default()
    }
}
