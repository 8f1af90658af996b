//! Deliveries: whether they are taken, whether they can be checked, and when the last one came.

use std::io::ErrorKind;
use std::net::TcpListener;

use super::Check;
use crate::auth;
use crate::cli::clock::now;
use crate::cli::wire::Setup;
use crate::config::{self, Environment};
use crate::core::Side;
use crate::core::schedule::span;
use crate::engine::hint::heard_name;
use crate::store::{AnyStore, Store};

const NAME: &str = "webhooks";

/// Looks at the receiver and at the secrets; nothing to say where none is configured.
pub(super) async fn look(setup: &Setup, store: Option<&AnyStore>) -> Vec<Check> {
    let wanted = &setup.config.webhooks;
    let Some(listen) = wanted.listen else {
        return Vec::new();
    };
    let mut checks = vec![match TcpListener::bind(listen) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Check::ok(NAME, format!("something listens at {listen}"))
        }
        Err(error) => {
            let text = format!("{listen} cannot be listened at: {error}");
            Check::warn(
                NAME,
                text,
                "name another address in [webhooks]; the usual looks go on",
            )
        }
        Ok(_) => Check::ok(
            NAME,
            format!("nothing listens at {listen} now; `pulse-sync run` and the dashboard do"),
        ),
    }];
    let of_github = ("github_secret_command", &wanted.github_secret_command);
    let of_notion = ("notion_token_command", &wanted.notion_token_command);
    checks.push(side(setup, store, Side::Github, config::GITHUB_SECRET, of_github).await);
    checks.push(side(setup, store, Side::Notion, config::NOTION_TOKEN, of_notion).await);
    checks
}

/// One service: its secret, and its last delivery.
async fn side(
    setup: &Setup,
    store: Option<&AnyStore>,
    side: Side,
    variable: &'static str,
    (key, command): (&'static str, &Option<Vec<String>>),
) -> Check {
    let who = side.name();
    let command = command.clone();
    let env: Environment = setup.env.clone();
    let find = move || auth::of_webhooks(variable, (key, command.as_deref()), &env);
    let found = tokio::task::spawn_blocking(find).await;
    match found {
        Ok(Ok(Some(_))) => Check::ok(NAME, format!("{who}: {}", last(store, side).await)),
        Ok(Ok(None)) => {
            let help = format!("set {variable}, or `{key}` in [webhooks]; README, \"Real time\"");
            Check::warn(
                NAME,
                format!("{who}: no secret, so its deliveries are refused"),
                help,
            )
        }
        Ok(Err(error)) => {
            let help = "until then its deliveries are refused; the usual looks go on";
            Check::warn(NAME, format!("{who}: {error}"), help)
        }
        Err(error) => Check::warn(NAME, format!("{who}: {error}"), ""),
    }
}

/// When the last delivery was taken.
async fn last(store: Option<&AnyStore>, side: Side) -> String {
    let heard = match store {
        Some(store) => store.setting(heard_name(side)).await.ok().flatten(),
        None => None,
    };
    match heard.and_then(|text| text.parse::<i64>().ok()) {
        Some(at) => {
            let passed = now().0.saturating_sub(at).max(0);
            format!("its last delivery was taken {} ago", span(passed))
        }
        None => "its secret is set; no delivery was taken yet".to_owned(),
    }
}
