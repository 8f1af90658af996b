//! What a token may see and do on GitHub, before there is a link: for the first minute.

use serde_json::Value as Json;

use super::place::{is_repo, next_link, same_family};
use super::{GithubAccount, GithubLink, GithubRemote, refuse};
use crate::remote::RemoteError;
use crate::remote::http::Ask;

/// More pages of repositories than anybody chooses from.
const MAX_PAGES: usize = 20;

/// Whom a token acts as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// The account; none for tokens that act as no user.
    pub login: Option<String>,
    /// The scopes of a classic token; none for other kinds, which tell nothing.
    pub scopes: Option<Vec<String>>,
}

impl Viewer {
    /// Whether a classic token may write to issues of any repository at all; unknown for others.
    pub fn may_write(&self) -> Option<bool> {
        let scopes = self.scopes.as_ref()?;
        Some(scopes.iter().any(|s| s == "repo" || s == "public_repo"))
    }
}

/// A repository that a token can see.
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts about one repository that have nothing to do with each other"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// `owner/name`.
    pub name: String,
    /// Not for everybody to see.
    pub private: bool,
    /// Read only, by its owner's decision.
    pub archived: bool,
    /// A copy of another one.
    pub fork: bool,
    /// Its issues are switched on.
    pub has_issues: bool,
    /// The account may write titles and texts.
    pub may_push: bool,
    /// The account may write labels, assignees and states.
    pub may_triage: bool,
}

impl Listed {
    fn of(row: &Json) -> Option<Self> {
        let name = row["full_name"].as_str().filter(|name| is_repo(name))?;
        let is = |value: &Json| value.as_bool().unwrap_or(false);
        Some(Self {
            name: name.to_owned(),
            private: is(&row["private"]),
            archived: is(&row["archived"]),
            fork: is(&row["fork"]),
            has_issues: row["has_issues"].as_bool().unwrap_or(true),
            may_push: is(&row["permissions"]["push"]),
            may_triage: is(&row["permissions"]["triage"]),
        })
    }
}

/// Asks whom the token acts as.
///
/// # Errors
/// When the token is refused, or GitHub gives no usable answer.
pub async fn viewer(account: &GithubAccount) -> Result<Viewer, RemoteError> {
    let remote = plain(account);
    let reply = remote.send(Ask::get("/user")).await?;
    if matches!(reply.status, 403 | 404) {
        return Ok(Viewer::default());
    }
    if !reply.is_success() {
        return Err(refuse::of_read(&reply, "the token's own account"));
    }
    let scopes = reply.header("x-oauth-scopes").map(|text| {
        let scopes = text.split(',').map(str::trim).filter(|s| !s.is_empty());
        scopes.map(str::to_owned).collect()
    });
    let user: Json = reply.json()?;
    Ok(Viewer {
        login: user["login"].as_str().map(str::to_owned),
        scopes,
    })
}

/// Lists the repositories that the token's account takes part in, the one that was pushed to last first.
///
/// # Errors
/// When the token is refused, or GitHub gives no usable answer.
pub async fn repositories(account: &GithubAccount) -> Result<Vec<Listed>, RemoteError> {
    let remote = plain(account);
    let first = "/user/repos?per_page=100&sort=pushed".to_owned();
    let mut page = Some(first.clone());
    let mut found = Vec::new();
    for _ in 0..MAX_PAGES {
        let Some(url) = page else { break };
        let reply = remote.read(&url).await?;
        if !reply.is_success() {
            return Err(refuse::of_read(&reply, "the list of repositories"));
        }
        let rows: Vec<Json> = reply.json()?;
        found.extend(rows.iter().filter_map(Listed::of));
        page = next_link(&reply).filter(|next| same_family(&first, next));
    }
    Ok(found)
}

fn plain(account: &GithubAccount) -> GithubRemote {
    GithubRemote::new(account.clone(), GithubLink::of(Vec::<String>::new()))
}
