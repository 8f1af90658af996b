//! Where the tokens come from: the environment, a command, or the `gh` program. Nothing here prints one.

use std::fmt;
use std::io::{ErrorKind, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::config::{Environment, GITHUB_API, Service};

/// A password manager may ask its owner first.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(1);
/// No token is longer; a program that prints more prints something else.
const OUTPUT_MAX: u64 = 64 * 1024;

/// A token and where it came from. `Debug` shows the origin only.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token itself.
    pub secret: SecretString,
    /// Where it came from, for people.
    pub origin: Origin,
}

/// Where a token came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An environment variable.
    Variable(&'static str),
    /// The `token_command` of this section of the configuration; the program's name, without its arguments.
    Command(&'static str, String),
    /// Another command of this section: its key, and the program's name.
    Key(&'static str, &'static str, String),
    /// The `token` of this section of the configuration.
    File(&'static str),
    /// `gh auth token`.
    Gh,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Command(section, program) => {
                write!(f, "`token_command` of [{section}] ({program})")
            }
            Self::Key(section, key, program) => write!(f, "`{key}` of [{section}] ({program})"),
            Self::File(section) => write!(f, "`token` of [{section}]"),
            Self::Gh => f.write_str("`gh auth token`"),
        }
    }
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AuthError {
    /// None of the ways gave one.
    #[error("no {service} token; {ways}")]
    Missing {
        /// `GitHub` or `Notion`.
        service: &'static str,
        /// How to give one.
        ways: &'static str,
    },
    /// What came from there cannot be a token.
    #[error("what came from {origin} is not a token: {reason}; put the token alone there")]
    Malformed {
        /// Where it came from.
        origin: Origin,
        /// What is wrong, without the value.
        reason: &'static str,
    },
    /// The configured command did not give one.
    #[error("{origin} failed: {reason}; run it by hand to see why")]
    Failed {
        /// Which command.
        origin: Origin,
        /// What happened, without what it printed.
        reason: String,
    },
}

const GITHUB_WAYS: &str = "set GITHUB_TOKEN or GH_TOKEN, or `token_command` in [github] of the configuration, or log in with `gh auth login`";
const NOTION_WAYS: &str = "set NOTION_TOKEN to the secret of a Notion integration, or `token_command` in [notion] of the configuration";

/// Finds GitHub's token: `GITHUB_TOKEN`, `GH_TOKEN`, `token_command`, `token` in the file, `gh auth token`.
///
/// Blocks while a command runs, for a minute at most. Ask anew after a 401: the command may have a newer one.
///
/// # Errors
/// When there is none, or what was found is none. A missing `gh` is no error of its own.
pub fn github(service: &Service, env: &Environment) -> Result<Token, AuthError> {
    if let Some(token) = configured(service, env, "github", &["GITHUB_TOKEN", "GH_TOKEN"])? {
        return Ok(token);
    }
    // gh itself names this variable for its own place.
    let program = env.get("GH_PATH").unwrap_or("gh");
    let mut words = vec![program.to_owned(), "auth".to_owned(), "token".to_owned()];
    if service.api_url != GITHUB_API {
        // gh keeps a token per host; that of github.com must not go elsewhere.
        words.extend(["--hostname".to_owned(), host(&service.api_url)]);
    }
    match run(&words, COMMAND_TIMEOUT) {
        Ok(text) => token(&text, Origin::Gh),
        Err(_) => Err(AuthError::Missing {
            service: "GitHub",
            ways: GITHUB_WAYS,
        }),
    }
}

/// Finds Notion's token: `NOTION_TOKEN`, `token_command`, `token` in the file.
///
/// Blocks while a command runs, for a minute at most.
///
/// # Errors
/// When there is none, or what was found is none.
pub fn notion(service: &Service, env: &Environment) -> Result<Token, AuthError> {
    configured(service, env, "notion", &["NOTION_TOKEN"])?.ok_or(AuthError::Missing {
        service: "Notion",
        ways: NOTION_WAYS,
    })
}

/// Finds a secret of `[webhooks]`: the variable, else the command of this key. None where neither is set.
///
/// Blocks while a command runs, for a minute at most.
///
/// # Errors
/// When what was found is none, or the command failed.
pub fn of_webhooks(
    variable: &'static str,
    (key, command): (&'static str, Option<&[String]>),
    env: &Environment,
) -> Result<Option<SecretString>, AuthError> {
    let (text, origin) = match (env.get(variable), command) {
        (Some(text), _) => (text.to_owned(), Origin::Variable(variable)),
        (None, Some(words)) => {
            let program = words.first().cloned().unwrap_or_default();
            let origin = Origin::Key("webhooks", key, program);
            match run(words, COMMAND_TIMEOUT) {
                Ok(text) => (text, origin),
                Err(reason) => return Err(AuthError::Failed { origin, reason }),
            }
        }
        (None, None) => return Ok(None),
    };
    // Whoever sets a hook up chooses its secret: it may be a sentence.
    let text = text.trim();
    let reason = if text.is_empty() {
        "it is empty"
    } else if text.contains(char::is_control) {
        "it has several lines"
    } else {
        return Ok(Some(SecretString::from(text)));
    };
    Err(AuthError::Malformed { origin, reason })
}

/// What the environment or the configuration gives.
fn configured(
    service: &Service,
    env: &Environment,
    section: &'static str,
    variables: &[&'static str],
) -> Result<Option<Token>, AuthError> {
    for name in variables {
        if let Some(text) = env.get(name) {
            return token(text, Origin::Variable(name)).map(Some);
        }
    }
    if let Some(words) = &service.token_command {
        let program = words.first().cloned().unwrap_or_default();
        let origin = Origin::Command(section, program);
        return match run(words, COMMAND_TIMEOUT) {
            Ok(text) => token(&text, origin).map(Some),
            Err(reason) => Err(AuthError::Failed { origin, reason }),
        };
    }
    service
        .token
        .as_ref()
        .map(|secret| token(secret.expose_secret(), Origin::File(section)))
        .transpose()
}

/// Checks that a text can stand in an HTTP header as a token.
fn token(text: &str, origin: Origin) -> Result<Token, AuthError> {
    let text = text.trim();
    let reason = if text.is_empty() {
        "it is empty"
    } else if text.contains(char::is_whitespace) {
        "it has several words or lines"
    } else if !text.bytes().all(|b| b.is_ascii_graphic()) {
        "it has characters that no token has"
    } else {
        return Ok(Token {
            secret: SecretString::from(text),
            origin,
        });
    };
    Err(AuthError::Malformed { origin, reason })
}

/// The host of an address, with its API prefix taken off, as `gh` names it.
fn host(api_url: &str) -> String {
    let host = url::Url::parse(api_url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_default();
    match host.strip_prefix("api.") {
        Some(rest) if rest.ends_with(".ghe.com") => rest.to_owned(),
        _ => host,
    }
}

/// Runs a program without a shell and without input, and gives what it printed.
///
/// # Errors
/// A sentence that holds nothing of what was printed: that may be half a secret.
fn run(words: &[String], timeout: Duration) -> Result<String, String> {
    let (program, arguments) = words.split_first().ok_or("it names no program")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => "there is no such program".to_owned(),
            _ => format!("it does not start: {error}"),
        })?;
    let mut pipe = child.stdout.take().ok_or("its output cannot be read")?;
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.by_ref().take(OUTPUT_MAX).read_to_end(&mut bytes);
        // The receiver is gone only when nobody waits any more.
        let _ = sender.send(read.map(|_| bytes));
    });
    let Ok(output) = receiver.recv_timeout(timeout) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!(
            "it gave no answer within {} seconds",
            timeout.as_secs()
        ));
    };
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("it ended with {status}"));
    }
    let bytes = output.map_err(|error| format!("its output cannot be read: {error}"))?;
    String::from_utf8(bytes).map_err(|_error| "it printed something that is no text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_command_that_hangs_is_ended() {
        let words = ["sleep".to_owned(), "60".to_owned()];
        let error = run(&words, Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("no answer"), "{error}");
    }

    #[test]
    fn gh_is_asked_for_the_host_it_knows() {
        assert_eq!(host("https://ghe.example.org/api/v3"), "ghe.example.org");
        assert_eq!(host("https://api.octo.ghe.com"), "octo.ghe.com");
        assert_eq!(host("http://127.0.0.1:3000"), "127.0.0.1");
    }
}
