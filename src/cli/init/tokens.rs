//! The tokens: where they come from, whose they are, and what they may do. None is ever written to a file.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::ask::Asker;
use crate::auth::{self, AuthError, Token};
use crate::cli::clock::now;
use crate::cli::exit::{Exit, Failed};
use crate::config::{self, Config, Environment, render_all};
use crate::remote::RemoteError;
use crate::remote::github::{GithubAccount, survey as hub};
use crate::remote::http::{Account, AccountConfig, Now, build_client};
use crate::remote::notion::survey as pages;
use crate::shown::Shown;

/// What of the environment says how the services are reached.
const NAMES: [&str; 6] = [
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GH_PATH",
    "GITHUB_API_URL",
    "NOTION_TOKEN",
    "NOTION_API_URL",
];

/// Both services, reached.
pub struct Reached {
    /// The environment, with the tokens that were typed.
    pub env: Environment,
    /// Where the services are.
    pub services: Config,
    /// GitHub.
    pub github: GithubAccount,
    /// Notion.
    pub notion: Account,
    /// Variables whose tokens were typed and will be missing next time.
    pub typed: Vec<&'static str>,
    /// Whose token GitHub's is.
    pub viewer: hub::Viewer,
}

/// Finds both tokens, and says whose they are and what they may do.
pub async fn reach(asker: &Asker, process: &Environment) -> anyhow::Result<Reached> {
    let told = NAMES
        .iter()
        .filter_map(|name| Some((*name, process.get(name)?)));
    let mut services_env: Environment = told.collect();
    let services = config::load("", "the environment", &services_env)
        .map_err(|problems| anyhow::anyhow!("{}", render_all(&problems, false)))?;
    let mut env = process.clone();
    let mut typed = Vec::new();

    let found = auth::github(&services.github, &services_env);
    let github = or_typed(found, asker, "GITHUB_TOKEN", &mut typed, |token| {
        services_env.set("GITHUB_TOKEN", token);
        env.set("GITHUB_TOKEN", token);
        auth::github(&services.github, &services_env)
    })?;
    let found = auth::notion(&services.notion, &services_env);
    let notion = or_typed(found, asker, "NOTION_TOKEN", &mut typed, |token| {
        services_env.set("NOTION_TOKEN", token);
        env.set("NOTION_TOKEN", token);
        auth::notion(&services.notion, &services_env)
    })?;

    let client = build_client(Duration::from_secs(10))?;
    let time: Now = Arc::new(now);
    let at = AccountConfig::github(&services.github.api_url);
    let hub_account = GithubAccount::new(at, client.clone(), &github.secret, Arc::clone(&time))?;
    let at = AccountConfig::notion(&services.notion.api_url);
    let notion_account = Account::new(at, client, &notion.secret, time)?;
    let viewer = tell_github(&hub_account, &github).await?;
    tell_notion(&notion_account, &notion).await?;
    Ok(Reached {
        env,
        services,
        github: hub_account,
        notion: notion_account,
        typed,
        viewer,
    })
}

/// The token that was found, else one that is typed.
fn or_typed(
    found: Result<Token, AuthError>,
    asker: &Asker,
    variable: &'static str,
    typed: &mut Vec<&'static str>,
    with: impl FnOnce(&str) -> Result<Token, AuthError>,
) -> anyhow::Result<Token> {
    let error = match found {
        Ok(token) => return Ok(token),
        Err(error) => error,
    };
    if !matches!(error, AuthError::Missing { .. }) || !asker.is_terminal() {
        return Err(login(&error.to_string()));
    }
    say!("{error}.");
    let question = format!("{variable} (not shown, not kept):");
    let secret = asker.secret(&question, &format!("the variable {variable}"))?;
    typed.push(variable);
    with(secret.expose_secret()).map_err(|error| login(&error.to_string()))
}

fn login(message: &str) -> anyhow::Error {
    Failed {
        message: message.to_owned(),
        exit: Exit::Login,
    }
    .into()
}

/// What an error of a service means for the end of the program.
pub fn failed(error: &RemoteError, token: Option<&Token>) -> anyhow::Error {
    let exit = match error {
        RemoteError::Unauthorized { .. } | RemoteError::Denied { .. } => Exit::Login,
        RemoteError::Offline { .. } | RemoteError::Unclear(_) | RemoteError::Limited { .. } => {
            Exit::Network
        }
        _ => Exit::Failed,
    };
    let from = token.map_or_else(String::new, |token| {
        format!(" (it came from {})", token.origin)
    });
    Failed {
        message: format!("{error}{from}; nothing was written"),
        exit,
    }
    .into()
}

async fn tell_github(account: &GithubAccount, token: &Token) -> anyhow::Result<hub::Viewer> {
    let viewer = hub::viewer(account)
        .await
        .map_err(|error| failed(&error, Some(token)))?;
    let who = match &viewer.login {
        Some(login) => format!("acts as {login}"),
        None => "acts for an app".to_owned(),
    };
    let may = match (&viewer.scopes, viewer.may_write()) {
        (Some(scopes), Some(true)) => {
            format!("scopes {}: may read and write issues", scopes.join(", "))
        }
        (Some(scopes), _) if scopes.is_empty() => {
            "no scopes: may only read what is public".to_owned()
        }
        (Some(scopes), _) => format!(
            "scopes {}: may not write issues; give it `repo` (`public_repo` for public repositories)",
            scopes.join(", ")
        ),
        (None, _) => {
            "GitHub tells no scopes of it; what it may do shows with each repository".to_owned()
        }
    };
    say!(
        "GitHub  {}; {} (from {})",
        Shown::line(&who),
        Shown::line(&may),
        token.origin
    );
    Ok(viewer)
}

async fn tell_notion(account: &Account, token: &Token) -> anyhow::Result<()> {
    let me = pages::me(account)
        .await
        .map_err(|error| failed(&error, Some(token)))?;
    let who = if me.is_bot {
        format!("integration {}", me.name)
    } else {
        format!("acts as the person {}: edits are that person's", me.name)
    };
    let place = me
        .workspace
        .map(|workspace| format!(" in {workspace}"))
        .unwrap_or_default();
    say!(
        "Notion  {}{} (from {})",
        Shown::line(&who),
        Shown::line(&place),
        token.origin
    );
    Ok(())
}
