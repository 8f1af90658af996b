//! Where objects are: repositories, locators, links.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

pub(super) use crate::core::scope::is_repository as is_repo;
use crate::core::{ObjectId, Time};
use crate::remote::RemoteError;
use crate::remote::http::Reply;

/// What need not be escaped in one segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A name as one segment of a path.
pub(super) fn segment(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}

/// `/repos/owner/repo`.
pub(super) fn repo_path(repo: &str) -> String {
    let (owner, name) = repo.split_once('/').unwrap_or((repo, ""));
    format!("/repos/{}/{}", segment(owner), segment(name))
}

/// The repository and number of `owner/repo#12`.
pub(super) fn numbered(id: &ObjectId) -> Option<(&str, u64)> {
    let (repo, number) = id.locator.rsplit_once('#')?;
    Some((repo, number.parse().ok()?)).filter(|(repo, _)| is_repo(repo))
}

/// The repository and sha of `owner/repo@sha`.
pub(super) fn hashed(id: &ObjectId) -> Option<(&str, &str)> {
    let (repo, sha) = id.locator.rsplit_once('@')?;
    let hex = !sha.is_empty() && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    (hex && is_repo(repo)).then_some((repo, sha))
}

/// The repository named by an API URL: `…/repos/owner/repo` and anything below it.
pub(super) fn repo_of(api_url: &str) -> Option<String> {
    let url = Url::parse(api_url).ok()?;
    let mut parts = url.path_segments()?.skip_while(|part| *part != "repos");
    parts.next()?;
    let repo = format!("{}/{}", parts.next()?, parts.next()?);
    is_repo(&repo).then_some(repo)
}

/// The `rel="next"` of a `Link` header, exactly as it was given.
pub(super) fn next_link(reply: &Reply) -> Option<String> {
    reply.header("link")?.split(',').find_map(|part| {
        let (url, attributes) = part.split_once('>')?;
        let next = attributes.split(';').any(|attribute| {
            let attribute = attribute.trim().to_ascii_lowercase();
            attribute == "rel=\"next\"" || attribute == "rel=next"
        });
        let url = url.trim().strip_prefix('<')?;
        next.then(|| url.to_owned())
    })
}

/// The addresses that a walk through pages has read, so that one which leads back ends.
#[derive(Debug, Default)]
pub(super) struct Trail(BTreeSet<String>);

impl Trail {
    /// The page that follows this one, if it lists the same thing as `first`.
    ///
    /// # Errors
    /// `Unclear` when it was read before.
    pub(super) fn after(
        &mut self,
        url: String,
        reply: &Reply,
        first: &str,
    ) -> Result<Option<String>, RemoteError> {
        self.0.insert(url);
        match next_link(reply).filter(|next| same_family(first, next)) {
            Some(next) if self.0.contains(&next) => Err(RemoteError::Unclear(format!(
                "the pages of {first} have no end: {next} was read already"
            ))),
            next => Ok(next),
        }
    }
}

/// Whether a `next` link lists the same thing as the page it was found on: `…/issues` after `…/issues`.
pub(super) fn same_family(page: &str, next: &str) -> bool {
    let last = |url: &str| {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        path.trim_end_matches('/')
            .rsplit('/')
            .next()
            .map(str::to_owned)
    };
    last(page) == last(next)
}

/// A time as GitHub writes it: `2026-01-02T03:04:05Z`.
pub(super) fn iso(time: Time) -> Option<String> {
    let date = chrono::DateTime::from_timestamp_millis(time.0)?;
    Some(date.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A time that GitHub wrote.
pub(super) fn time(text: &str) -> Option<Time> {
    let date = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(Time(date.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_repositories_checked() {
        assert_eq!(segment("needs: info/more?"), "needs%3A%20info%2Fmore%3F");
        assert_eq!(segment("größe"), "gr%C3%B6%C3%9Fe");
        for bad in ["", "a", "a/", "/b", "a/b/c", "a/..", "a/b?c", "a b/c"] {
            assert!(!is_repo(bad), "{bad}");
        }
        assert!(is_repo("rust-lang/rust.vim"));
    }

    #[test]
    fn repositories_are_found_in_api_urls() {
        for url in [
            "https://api.github.com/repos/o/r",
            "https://host/api/v3/repos/o/r/commits/abc",
        ] {
            assert_eq!(repo_of(url).as_deref(), Some("o/r"));
        }
        assert_eq!(repo_of("https://api.github.com/repositories/12"), None);
        assert_eq!(repo_of("nonsense"), None);
    }

    #[test]
    fn a_next_link_has_to_list_the_same_thing() {
        assert!(same_family(
            "/repos/o/r/issues?page=1",
            "https://api.github.com/repositories/7/issues?page=2"
        ));
        assert!(!same_family(
            "/repos/o/r/issues",
            "https://api.github.com/user"
        ));
    }
}
