//! GitHub: the token, what it may read and write, and what is left of its limits.

use http::HeaderName;
use http::header::ACCEPT;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value as Json;

use super::Check;
use super::repository::{self, Wanted};
use super::service::{CONNECT, Findings, hasty, time, token, troubled};
use crate::auth::{self, Token};
use crate::cli::budgets;
use crate::cli::clock::now;
use crate::cli::exit::Exit;
use crate::cli::wire::Setup;
use crate::core::Time;
use crate::core::schedule::span;
use crate::remote::RemoteError;
use crate::remote::github::GithubAccount;
use crate::remote::http::{Account, Ask, Reply, build_client};
use crate::store::AnyStore;
use crate::ui::text::thousands;

const NAME: &str = "GitHub";
const LIMIT: &str = "GitHub limit";
/// A token that ends sooner is worth a word, in ms.
const ENDS_SOON: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Looks at GitHub for so long at most.
pub(super) async fn look(setup: &Setup, store: Option<&AnyStore>, findings: &Findings) {
    let (service, env) = (setup.config.github.clone(), setup.env.clone());
    let find = move || auth::github(&service, &env);
    let Some(token) = token("GitHub token", findings, find).await else {
        return;
    };
    let asked = ask(setup, store, findings, &token);
    findings.within(NAME, asked).await;
}

async fn ask(setup: &Setup, store: Option<&AnyStore>, findings: &Findings, token: &Token) {
    let account = build_client(CONNECT).and_then(|client| {
        let config = hasty(setup.accounts().0);
        GithubAccount::new(config, client, &token.secret, time())
    });
    let account = match account {
        Ok(account) => account,
        Err(error) => return findings.add(troubled(NAME, &error)),
    };
    if let Some(store) = store {
        budgets::recall((account.sender(), &token.secret), store).await;
    }
    let asked = now().0;
    let reply = match get(account.sender(), "/user").await {
        Ok(reply) => reply,
        Err(error) => return findings.add(troubled(NAME, &error)),
    };
    findings.note_time(&reply, asked);
    // An app's token may not ask who it is, and is let in all the same.
    let is_let_in = reply.is_success() || (reply.status != 401 && is_of_app(token));
    findings.extend(viewer(&reply, token));
    if is_let_in {
        limits(setup, account.sender(), findings).await;
        let is_narrow = token.secret.expose_secret().starts_with("github_pat_");
        let wanted = Wanted::of(&setup.config);
        repository::look(&account, wanted, is_narrow, findings).await;
    }
}

/// Makes one request that reads.
pub(super) async fn get(account: &Account, path: &str) -> Result<Reply, RemoteError> {
    let ask = Ask::get(path)
        .header(ACCEPT, "application/vnd.github+json")
        .header(
            HeaderName::from_static("x-github-api-version"),
            "2022-11-28",
        );
    account.send(ask).await
}

#[derive(Debug, Default, Deserialize)]
struct User {
    #[serde(default)]
    login: String,
}

/// Who the token is, what kind it is, and when it ends.
fn viewer(reply: &Reply, token: &Token) -> Vec<Check> {
    let kind = kind(reply, token);
    let user = match reply.status {
        200..=299 => match reply.json::<User>() {
            Ok(user) if !user.login.is_empty() => format!("acts as {}", user.login),
            Ok(_) => "acts as an account without a name".to_owned(),
            Err(error) => return vec![troubled(NAME, &error)],
        },
        403 | 404 if is_of_app(token) => "acts for an app".to_owned(),
        404 => {
            let help = "look at the address in the configuration: it must be GitHub's API";
            let text = format!("no GitHub API answers there: {}", reply.message());
            return vec![Check::fail(NAME, text, help).ends(Exit::Network)];
        }
        _ => return vec![troubled(NAME, &reply.error())],
    };
    let mut checks = vec![Check::ok(NAME, format!("{user}; {kind}"))];
    checks.extend(scopes(reply).filter(|scopes| !suffice(scopes)).map(|_| {
        let help = "give it the scope `repo` (`public_repo` for public repositories), or use a fine-grained token";
        Check::warn(NAME, "the token's scopes let it read public things only", help)
    }));
    checks.extend(end(reply, now()));
    checks
}

/// Whether it is an installation token.
fn is_of_app(token: &Token) -> bool {
    token.secret.expose_secret().starts_with("ghs_")
}

/// The scopes of a classic token; none for other kinds.
fn scopes(reply: &Reply) -> Option<Vec<&str>> {
    let text = reply.header("x-oauth-scopes")?;
    let scopes = text.split(',').map(str::trim);
    Some(scopes.filter(|scope| !scope.is_empty()).collect())
}

fn suffice(scopes: &[&str]) -> bool {
    scopes
        .iter()
        .any(|scope| matches!(*scope, "repo" | "public_repo"))
}

fn kind(reply: &Reply, token: &Token) -> String {
    match (scopes(reply), token.secret.expose_secret()) {
        (Some(scopes), _) if scopes.is_empty() => "a classic token without scopes".to_owned(),
        (Some(scopes), _) => format!("a classic token with {}", scopes.join(", ")),
        (None, text) if text.starts_with("github_pat_") => "a fine-grained token".to_owned(),
        (None, _) if is_of_app(token) => "an installation token".to_owned(),
        (None, _) => "GitHub tells no scopes of the token".to_owned(),
    }
}

/// Says it where a token ends soon (`2026-12-01 10:00:00 UTC`, or with an offset).
fn end(reply: &Reply, now: Time) -> Option<Check> {
    let text = reply.header("github-authentication-token-expiration")?;
    let (day, _) = text.split_once(' ')?;
    let day = chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    let at = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
    let soon = at < now.plus(ENDS_SOON).0;
    soon.then(|| {
        let text = format!("the token ends on {day}");
        Check::warn(NAME, text, "renew it before then")
    })
}

/// What is left of the hourly limits. The question itself is free.
async fn limits(setup: &Setup, account: &Account, findings: &Findings) {
    let reply = match get(account, "/rate_limit").await {
        Ok(reply) => reply,
        Err(error) => return findings.add(troubled(LIMIT, &error)),
    };
    if reply.status == 404 || !setup.config.github_limits {
        return findings.add(Check::ok(LIMIT, "none is kept to here"));
    }
    findings.add(match reply.read::<Json>() {
        Ok(body) => left(&body, now()),
        Err(error) => troubled(LIMIT, &error),
    });
}

fn left(body: &Json, now: Time) -> Check {
    let of = |resource: &str| {
        let told = &body["resources"][resource];
        let (limit, left) = (told["limit"].as_u64()?, told["remaining"].as_u64()?);
        Some((left, limit, told["reset"].as_i64()? * 1_000))
    };
    let Some((left, limit, resets)) = of("core") else {
        return Check::warn(LIMIT, "GitHub did not tell what is left", "");
    };
    let again = span(resets.saturating_sub(now.0));
    let mut text = format!("{} of {} requests left", thousands(left), thousands(limit));
    if let Some((left, limit, _)) = of("graphql") {
        let graphql = format!("{} of {} points", thousands(left), thousands(limit));
        text = format!("{text}, {graphql} of GraphQL");
    }
    if left.saturating_mul(10) < limit {
        let help = format!("starts anew in {again}; a sync waits for that by itself");
        return Check::warn(LIMIT, text, help);
    }
    Check::ok(LIMIT, format!("{text}; starts anew in {again}"))
}
