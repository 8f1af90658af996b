//! `/search/issues`: the few qualifiers a sync might use.

use serde_json::json;

use super::Desk;
use super::issues::with_score;
use crate::sim::github::http::answer::{Answer, Outcome, window, with_links};
use crate::sim::github::http::call::Call;
use crate::sim::github::model::{Issue, Repo};
use crate::sim::github::refusal::Refusal;

/// What a search asks for.
#[derive(Default)]
struct Terms {
    repo: Option<String>,
    pulls: Option<bool>,
    state: Option<&'static str>,
    author: Option<String>,
    title_only: bool,
    words: Vec<String>,
}

impl Terms {
    fn parse(query: &str) -> Self {
        let mut terms = Self::default();
        for word in query.split_whitespace() {
            match word.split_once(':') {
                Some(("repo", name)) => terms.repo = Some(name.to_owned()),
                Some(("author", login)) => terms.author = Some(login.to_owned()),
                Some(("is" | "type", "issue")) => terms.pulls = Some(false),
                Some(("is" | "type", "pr")) => terms.pulls = Some(true),
                Some(("is" | "state", "open")) => terms.state = Some("open"),
                Some(("is" | "state", "closed")) => terms.state = Some("closed"),
                Some(("in", "title")) => terms.title_only = true,
                _ => terms.words.push(word.trim_matches('"').to_lowercase()),
            }
        }
        terms
    }

    fn matches(&self, issue: &Issue) -> bool {
        let mut text = issue.title.to_lowercase();
        if !self.title_only {
            text.push_str(&issue.body.as_deref().unwrap_or_default().to_lowercase());
        }
        self.pulls.is_none_or(|pulls| issue.pull.is_some() == pulls)
            && self.state.is_none_or(|state| issue.state.as_str() == state)
            && self
                .author
                .as_ref()
                .is_none_or(|who| issue.author.eq_ignore_ascii_case(who))
            && self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

pub(super) fn issues(desk: &Desk<'_>, call: &Call) -> Outcome {
    let query = call
        .param("q")
        .ok_or_else(|| Refusal::field("Search", "q", "missing"))?;
    let terms = Terms::parse(query);
    let seen = |repo: &&Repo| {
        desk.hub.permission(call.actor.as_deref(), repo).is_some()
            && terms
                .repo
                .as_ref()
                .is_none_or(|name| repo.full_name().eq_ignore_ascii_case(name))
    };
    let mut found: Vec<(&Repo, &Issue)> = Vec::new();
    for repo in desk.hub.repos().filter(seen) {
        found.extend(
            repo.issues
                .values()
                .filter(|i| terms.matches(i))
                .map(|i| (repo, i)),
        );
    }
    found.sort_by_key(|(_, issue)| std::cmp::Reverse((issue.created_at, issue.number)));
    let (page, per_page) = window(call);
    let from = (page - 1).saturating_mul(per_page);
    let items: Vec<_> = found
        .iter()
        .skip(from)
        .take(per_page)
        .map(|hit| with_score(desk, call, *hit))
        .collect();
    let body = json!({
        "total_count": found.len(), "incomplete_results": false, "search_type": "lexical",
        "items": items,
    });
    Ok(with_links(call, Answer::ok(&body), found.len()))
}
