//! `[webhooks]`: whether deliveries are taken, and where.

use std::net::SocketAddr;

use super::model::Config;
use super::section::{Fault, Section};
use super::words;

/// The variable with the secret of GitHub's hooks.
pub const GITHUB_SECRET: &str = "PULSE_SYNC_GITHUB_WEBHOOK_SECRET";
/// The variable with the verification token of Notion's subscription.
pub const NOTION_TOKEN: &str = "PULSE_SYNC_NOTION_WEBHOOK_TOKEN";

/// Where deliveries are taken. Its secrets are not in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhooks {
    /// The address; none = nowhere.
    pub listen: Option<SocketAddr>,
    /// A program and its arguments that print the secret of GitHub's hooks.
    pub github_secret_command: Option<Vec<String>>,
    /// A program and its arguments that print the verification token of Notion's subscription.
    pub notion_token_command: Option<Vec<String>>,
}

/// Reads the section into `config.webhooks`.
pub(super) fn read(mut section: Section<'_, '_>, config: &mut Config) {
    let listen = section.read("listen", address);
    let is_allowed = section.flag("beyond_this_machine").unwrap_or(false);
    if let Some(listen) = &listen
        && !listen.value.ip().is_loopback()
    {
        let message = format!("{} can be reached from other machines", listen.value);
        if is_allowed {
            let label = "deliveries come without encryption here: better a tunnel or a proxy, and 127.0.0.1";
            let problem = section.source.problem(&listen.span, message).warning();
            section.source.report(problem.label(label));
        } else {
            let label = "write 127.0.0.1 and let a tunnel or a proxy forward to it, or set `beyond_this_machine = true`";
            section
                .source
                .fault(&listen.span, &Fault::new(message, label));
        }
    }
    config.webhooks = Webhooks {
        listen: listen.map(|at| at.value),
        github_secret_command: command(&mut section, "github_secret_command"),
        notion_token_command: command(&mut section, "notion_token_command"),
    };
    section.finish();
}

fn address(text: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_error| {
        Fault::new(
            format!("`{text}` is no address with a port"),
            "like 127.0.0.1:4567 or [::1]:4567",
        )
    })
}

fn command(section: &mut Section<'_, '_>, key: &'static str) -> Option<Vec<String>> {
    let command = section.list(key, words::any)?;
    if command.is_empty() {
        let fault = Fault::new("a command needs a program", "[\"program\", \"argument\"]");
        section.source.fault(&command.span, &fault);
    }
    Some(command.value.into_iter().map(|at| at.value).collect())
}
