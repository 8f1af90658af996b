//! The configured repositories: found, read, and perhaps written to.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde::Deserialize;

use super::Check;
use super::github::get;
use super::service::{Findings, troubled};
use crate::cli::exit::Exit;
use crate::cli::wire::selection;
use crate::config::{Config, Link};
use crate::core::Kind;
use crate::remote::Remote;
use crate::remote::github::{GithubAccount, GithubRemote};
use crate::remote::http::{Account, Reply};

const NAME: &str = "repository";
/// So many repositories are looked at; the others are counted.
const MOST: usize = 12;

/// What is wanted of repositories.
pub(super) struct Wanted {
    /// Named ones, with the kinds that are kept of each.
    named: BTreeMap<String, BTreeSet<Kind>>,
    /// Links that name them by a glob.
    by_glob: Vec<Link>,
    /// What names the owner where no link is written.
    owner_from: Option<&'static str>,
}

impl Wanted {
    /// What its links want.
    pub(super) fn of(config: &Config) -> Self {
        let mut wanted = Self {
            named: BTreeMap::new(),
            by_glob: Vec::new(),
            owner_from: config.owner_from,
        };
        for link in &config.links {
            if link.repositories.iter().any(|name| is_glob(name)) {
                wanted.by_glob.push(link.clone());
            } else {
                wanted.add(link.repositories.iter(), &link.kinds);
            }
        }
        wanted
    }

    fn add<'a>(&mut self, names: impl Iterator<Item = &'a String>, kinds: &[Kind]) {
        for name in names {
            self.named.entry(name.clone()).or_default().extend(kinds);
        }
    }
}

fn is_glob(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// Looks at each, a few requests that read for each.
pub(super) async fn look(
    account: &GithubAccount,
    mut wanted: Wanted,
    is_narrow: bool,
    findings: &Findings,
) {
    for link in std::mem::take(&mut wanted.by_glob) {
        match matching(account, &link, wanted.owner_from).await {
            Ok(names) => wanted.add(names.iter(), &link.kinds),
            Err(check) => findings.add(check),
        }
    }
    let looks = wanted
        .named
        .iter()
        .take(MOST)
        .map(|(name, kinds)| one(account.sender(), name, kinds, is_narrow));
    findings.extend(join_all(looks).await);
    if let Some(more @ 1..) = wanted.named.len().checked_sub(MOST) {
        findings.add(Check::ok(NAME, format!("{more} more were not looked at")));
    }
}

/// The repositories that a link's globs mean now, as a sync finds them.
async fn matching(
    account: &GithubAccount,
    link: &Link,
    owner_from: Option<&'static str>,
) -> Result<BTreeSet<String>, Check> {
    let remote = GithubRemote::new(account.clone(), selection(link, owner_from));
    let opened = remote.open(None, false).await;
    let opened = opened.map_err(|error| troubled(NAME, &error))?;
    let names = opened.streams.iter().filter_map(|stream| {
        let (_, name) = stream.split_once(':')?;
        Some(name.to_owned())
    });
    Ok(names.collect())
}

#[derive(Debug, Deserialize)]
struct Repository {
    #[serde(default)]
    archived: bool,
    #[serde(default = "yes")]
    has_issues: bool,
    permissions: Option<Permissions>,
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
struct Permissions {
    #[serde(default)]
    push: bool,
    #[serde(default)]
    triage: bool,
}

async fn one(account: &Account, name: &str, kinds: &BTreeSet<Kind>, is_narrow: bool) -> Check {
    let reply = match get(account, &format!("/repos/{name}")).await {
        Ok(reply) => reply,
        Err(error) => return troubled(NAME, &error),
    };
    let found = match reply.status {
        200..=299 => reply.json::<Repository>(),
        301 | 302 | 307 | 308 => {
            let text = format!("{name} was renamed or moved");
            return Check::warn(NAME, text, "change the name in the configuration");
        }
        403 | 404 => return unseen(name, &reply),
        _ => return troubled(NAME, &reply.error()),
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return troubled(NAME, &error),
    };
    match denied(account, name, kinds).await {
        Ok(rights) if rights.is_empty() => judge(name, &found, kinds, is_narrow),
        Ok(rights) => {
            let text = format!("{name}: the token may not read it all");
            let help = format!("give it the right {}", rights.join(", "));
            Check::fail(NAME, text, help).ends(Exit::Login)
        }
        Err(check) => check,
    }
}

/// A repository that is not there for this token.
fn unseen(name: &str, reply: &Reply) -> Check {
    let sso = reply.header("x-github-sso");
    let page = sso.and_then(|sso| Some(sso.split_once("url=")?.1));
    let help = page.map_or_else(
        || "check the name, and that the token may read this repository".to_owned(),
        |page| format!("allow the token for the organisation at {page}"),
    );
    let text = format!("{name} is not to be seen: {}", reply.message());
    Check::fail(NAME, text, help).ends(Exit::Login)
}

/// The rights that are missing to read what is wanted.
async fn denied(
    account: &Account,
    name: &str,
    kinds: &BTreeSet<Kind>,
) -> Result<Vec<&'static str>, Check> {
    let streams = [
        (Kind::Issue, "issues", "\"Issues: read and write\""),
        (Kind::Pull, "pulls", "\"Pull requests: read and write\""),
        (Kind::Commit, "commits", "\"Contents: read\""),
    ];
    let mut missing = Vec::new();
    for (kind, stream, right) in streams {
        if !kinds.contains(&kind) {
            continue;
        }
        let path = format!("/repos/{name}/{stream}?per_page=1");
        match get(account, &path).await {
            Ok(reply) if matches!(reply.status, 401 | 403 | 404) => missing.push(right),
            // 409: a repository without commits; 410: issues are switched off.
            Ok(reply) if reply.is_success() || matches!(reply.status, 409 | 410) => {}
            Ok(reply) => return Err(troubled(NAME, &reply.error())),
            Err(error) => return Err(troubled(NAME, &error)),
        }
    }
    Ok(missing)
}

/// What can be read: whether it can be written to as well.
fn judge(name: &str, found: &Repository, kinds: &BTreeSet<Kind>, is_narrow: bool) -> Check {
    let has_items = kinds.contains(&Kind::Issue) || kinds.contains(&Kind::Pull);
    if found.archived {
        let help = "edits made in Notion cannot be written back until it is unarchived";
        return Check::warn(NAME, format!("{name} is archived"), help);
    }
    if kinds.contains(&Kind::Issue) && !found.has_issues {
        let help = "switch them on in its settings, or take `issues` out of `kinds`";
        return Check::warn(NAME, format!("{name} has its issues switched off"), help);
    }
    let Some(may) = &found.permissions else {
        let text = format!("{name} is read; GitHub does not say what may be written");
        return Check::ok(NAME, text);
    };
    match (has_items, may.push, may.triage, is_narrow) {
        (false, ..) => Check::ok(NAME, format!("{name} is read; nothing is written to it")),
        (_, true, _, false) => Check::ok(NAME, format!("{name} is read and may be written to")),
        (_, true, _, true) => {
            let text = format!(
                "{name} is read, and its account may write; whether this token has \"Issues: read and write\" shows \
                 with the first write"
            );
            Check::ok(NAME, text)
        }
        (_, false, true, _) => {
            let help = "give the account write access to have titles and texts written back";
            let text = format!("{name} is read; labels, assignees and states may be written");
            Check::warn(NAME, text, help)
        }
        (_, false, false, _) => {
            let text = format!("{name} is only read: the account may not write to it");
            let help = "give it write access there to have edits made in Notion written back";
            Check::warn(NAME, text, help)
        }
    }
}
