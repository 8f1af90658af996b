//! Both small services over HTTP, with a few items to begin with.

use std::io::{self, BufRead};
use std::net::SocketAddr;

use serde_json::{Value as Json, json};

use super::github::http::{self as hub_http, Front, Limits};
use super::github::{AccountKind, Hub, NewCommit, NewIssue, NewPull, NewRepo, Refusal, Size};
use super::notion::http as page_http;
use super::notion::ids::Id;
use super::notion::state::{Parent, Workspace};

/// The account whose token is given out; it owns the repositories.
pub const OWNER: &str = "ada";
/// Another person on GitHub.
pub const COLLEAGUE: &str = "grace";
/// The repository of the items to begin with.
pub const REPOSITORY: &str = "lantern";
/// GitHub's token.
const TOKEN: &str = "ghp_small0000000000000000000000000000000";
/// The seed of Notion's ids.
const WORKSPACE_SEED: u64 = 1;
/// Items to begin with.
const ISSUES: usize = 16;
const PULLS: usize = 4;
const COMMITS: usize = 8;
const HOUR_MS: i64 = 3_600_000;

/// How the services are started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// GitHub's port; 0 takes a free one.
    pub github_port: u16,
    /// Notion's port; 0 takes a free one.
    pub notion_port: u16,
    /// Without rate limits.
    pub no_limits: bool,
}

/// Both services, running until this is dropped.
pub struct Small {
    /// GitHub.
    pub github: hub_http::Running,
    /// Notion.
    pub notion: page_http::Running,
    /// The repository to name where one is asked for.
    pub repository: String,
    /// Every repository (`owner/name`).
    pub repositories: Vec<String>,
    /// The database for the items.
    pub database: Id,
    /// Its data source.
    pub source: Id,
    /// A person in Notion.
    pub person: Id,
    /// That person's own token: what is done with it is the person's doing.
    pub person_token: String,
}

/// Keeps the latest of a list.
pub(super) fn latest<T>(all: &mut Vec<T>, keep: usize) {
    all.drain(..all.len().saturating_sub(keep));
}

impl Small {
    /// Forgets all but the latest of what is written down about requests and changes. The services themselves need none
    /// of it; without this they grow for as long as they are used.
    pub fn forget(&self, keep: usize) {
        let front = &mut *self.github.front.lock();
        front.hub.forget(keep);
        latest(&mut front.requests, keep);
        let service = &mut *self.notion.shared.lock();
        latest(&mut service.operations, keep);
        latest(&mut service.world.log, keep);
        latest(&mut service.world.incidents, keep);
    }

    /// Starts both. With `world` the items come from there (the format is in [`super::github`]'s `world` module), else
    /// a few are made up.
    ///
    /// # Errors
    /// When a port cannot be bound, or a line of the world cannot be used.
    pub async fn start(options: Options, world: Option<impl BufRead>) -> io::Result<Self> {
        let now = chrono::Utc::now().timestamp_millis();
        let (hub, repositories) = hub(now, world)?;
        let limits = if options.no_limits {
            Limits::none()
        } else {
            Limits::github()
        };
        let front = hub_http::Shared::new(Front::new(hub, limits));
        let addr = SocketAddr::from(([127, 0, 0, 1], options.github_port));
        let github = hub_http::serve(addr, front, hub_http::real_clock()).await?;

        let (mut workspace, database, source, person) =
            workspace(now).map_err(|why| io::Error::other(why.message))?;
        let person_token = workspace.add_personal_token(person);
        let mut service = page_http::Service::new(workspace);
        if options.no_limits {
            service.limiter.most = None;
        }
        let notion =
            page_http::serve(options.notion_port, service, page_http::real_clock()).await?;
        let repository = repositories
            .first()
            .cloned()
            .unwrap_or_else(|| format!("{OWNER}/{REPOSITORY}"));
        Ok(Self {
            github,
            notion,
            repository,
            repositories,
            database,
            source,
            person,
            person_token,
        })
    }

    /// How to reach them: one JSON object.
    pub fn address(&self) -> Json {
        let (owner, repo) = self
            .repository
            .split_once('/')
            .unwrap_or((OWNER, REPOSITORY));
        json!({
            "github": {"url": self.github.url, "token": TOKEN, "owner": owner, "repo": repo},
            "notion": {
                "url": self.notion.url, "token": self.notion_token(), "database_id": self.database.to_string(),
                "person_token": self.person_token,
            },
        })
    }

    /// GitHub's token.
    pub const fn github_token(&self) -> &'static str {
        TOKEN
    }

    /// Notion's token.
    pub fn notion_token(&self) -> String {
        self.notion.shared.lock().world.token.clone()
    }
}

fn hub(now: i64, world: Option<impl BufRead>) -> io::Result<(Hub, Vec<String>)> {
    let mut hub = Hub::new();
    hub.add_user(now, OWNER, AccountKind::User);
    hub.add_user(now, COLLEAGUE, AccountKind::User);
    hub.add_token(TOKEN, OWNER, false);
    let repositories = match world {
        Some(world) => hub.load(now, OWNER, world).map_err(io::Error::other)?.repos,
        None => vec![made_up(&mut hub, now).map_err(|why| io::Error::other(format!("{why:?}")))?],
    };
    Ok((hub, repositories))
}

/// A repository with a little of everything.
fn made_up(hub: &mut Hub, now: i64) -> Result<String, Refusal> {
    let name = format!("{OWNER}/{REPOSITORY}");
    let start = now - 40 * HOUR_MS;
    hub.create_repo(start, OWNER, NewRepo::public(&name))?;
    hub.set_permission(
        start,
        &name,
        COLLEAGUE,
        Some(super::github::Permission::Write),
    )?;
    hub.create_milestone(
        start,
        OWNER,
        &name,
        super::github::MilestoneEdit {
            title: Some("v1.0".to_owned()),
            ..Default::default()
        },
    )?;
    hub.set_issue_types(OWNER, &TYPES);
    add_commits(hub, start, &name)?;
    add_issues(hub, start, &name)?;
    add_pulls(hub, start, &name)?;
    Ok(name)
}

fn add_commits(hub: &mut Hub, start: i64, name: &str) -> Result<(), Refusal> {
    for n in 0..COMMITS {
        let at = start + i64::try_from(n).unwrap_or(0) * HOUR_MS;
        let message = format!(
            "{} the lamp's {}\n\nSmall steps, one at a time.",
            ["Light", "Trim", "Clean"][n % 3],
            PARTS[n % PARTS.len()]
        );
        hub.push_commit(
            at,
            OWNER,
            name,
            "main",
            NewCommit {
                message,
                size: Size::default(),
            },
        )?;
    }
    Ok(())
}

fn add_issues(hub: &mut Hub, start: i64, name: &str) -> Result<(), Refusal> {
    for n in 0..ISSUES {
        let at = start + i64::try_from(n).unwrap_or(0) * HOUR_MS;
        let issue = NewIssue {
            title: format!(
                "The {} {}",
                PARTS[n % PARTS.len()],
                TROUBLES[n % TROUBLES.len()]
            ),
            body: Some(body(n)),
            labels: vec![["bug", "idea", "docs"][n % 3].to_owned()],
            assignees: if n % 2 == 0 {
                vec![COLLEAGUE.to_owned()]
            } else {
                Vec::new()
            },
            milestone: (n % 4 == 0).then_some(1),
            kind: (n % 3 == 0).then(|| TYPES[0].to_owned()),
        };
        hub.create_issue(at, [OWNER, COLLEAGUE][n % 2], name, issue)?;
    }
    Ok(())
}

fn add_pulls(hub: &mut Hub, start: i64, name: &str) -> Result<(), Refusal> {
    for n in 0..PULLS {
        let at = start + i64::try_from(ISSUES + n).unwrap_or(0) * HOUR_MS;
        let head = format!("mend-{n}");
        hub.push_commit(
            at,
            COLLEAGUE,
            name,
            &head,
            NewCommit {
                message: format!("Mend {}", PARTS[n]),
                size: Size::default(),
            },
        )?;
        let pull = NewPull {
            title: format!("Mend the {}", PARTS[n]),
            body: Some(format!("It {}.\n\nCloses #{}", TROUBLES[n], n + 1)),
            head,
            base: "main".to_owned(),
            draft: n == 3,
        };
        hub.open_pull(at, COLLEAGUE, name, pull)?;
    }
    Ok(())
}

const TYPES: [&str; 3] = ["Bug", "Feature", "Task"];
const PARTS: [&str; 6] = ["wick", "glass", "burner", "handle", "oil gauge", "shade"];
const TROUBLES: [&str; 5] = [
    "smokes at night",
    "rattles in the wind",
    "needs a manual",
    "is hard to clean",
    "could be brighter",
];

fn body(n: usize) -> String {
    let part = PARTS[n % PARTS.len()];
    format!(
        "## What happens\n\nThe {part} {}.\n\n- [ ] look at it\n- [ ] mend it\n\n```\nlamp --check {n}\n```\n",
        TROUBLES[n % TROUBLES.len()]
    )
}

type Made = (Workspace, Id, Id, Id);

fn workspace(now: i64) -> Result<Made, super::notion::refusal::Refusal> {
    let mut world = Workspace::new(WORKSPACE_SEED);
    let (bot, home) = (world.bot, world.home);
    let person = world.add_person("Ada", "ada@example.com");
    let title = super::notion::span::rich("Work");
    let (database, source) = world.add_database(now, bot, Parent::Page(home), title, Vec::new())?;
    Ok((world, database, source, person))
}
