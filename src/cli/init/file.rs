//! The configuration file: what was chosen, with a word on each line, written whole or not at all.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::config::{Config, GITHUB_API, NOTION_API};

/// What was chosen.
pub struct Choices<'a> {
    /// The link's name.
    pub name: &'a str,
    /// Its repositories.
    pub repositories: &'a [String],
    /// The id of its database.
    pub database: &'a str,
    /// Where the services are.
    pub services: &'a Config,
}

/// The text of the file.
pub fn text(choices: &Choices<'_>) -> String {
    let mut text = String::from(
        "# Written by `pulse-sync init`. Only what was chosen stands here; `pulse-sync config init` writes a file with\n\
         # every key and its default, `pulse-sync config check` shows mistakes with their lines.\n\
         #\n\
         # No token belongs in here: GITHUB_TOKEN (or `gh auth login`) and NOTION_TOKEN are looked for in the environment,\n\
         # or `token_command = [\"program\", \"argument\"]` under [github] and [notion] prints them.\n",
    );
    services(&mut text, choices.services);
    let list: Vec<String> = choices
        .repositories
        .iter()
        .map(|name| quoted(name))
        .collect();
    // Writing to a text never fails.
    let _ = write!(
        text,
        "\n[[link]]\n\
         # Its name, in letters, digits, `-`, `_` and `.`.\n\
         name = {}\n\
         # Its repositories: \"owner/name\", or a pattern of one owner's repositories.\n\
         repositories = [{}]\n\
         # The Notion database: its address or id.\n\
         database = {}\n\
         # What is kept in step: issue, pull_request, commit.\n\
         # kinds = [\"issue\", \"pull_request\", \"commit\"]\n\
         # When both sides changed one field differently: ask, github, notion, newest.\n\
         # conflict = \"ask\"\n\
         # Which new pages become issues: ready (`Publish` says so), all, ignore.\n\
         # new_pages = \"ready\"\n\
         # What comes before the first issue in a public repository: ask (its words are shown), allow.\n\
         # public = \"ask\"\n\
         # How long ago issues and pull requests may have been closed when they are first seen: a duration, or all.\n\
         # closed_since = \"30d\"\n\
         # Fields that are kept in another property than the usual one; `pulse-sync fields` lists all of them.\n\
         # [link.fields]\n\
         # milestone = \"Sprint\"\n",
        quoted(choices.name),
        list.join(", "),
        quoted(choices.database),
    );
    text
}

/// Where the services are, if that is not where everybody's are.
fn services(text: &mut String, services: &Config) {
    let sections = [
        (
            "github",
            &services.github,
            GITHUB_API,
            "rate_limits = false",
            "its limits are not kept to",
        ),
        (
            "notion",
            &services.notion,
            NOTION_API,
            "requests_per_minute = 0",
            "no pace is kept",
        ),
    ];
    for (section, service, usual, free, word) in sections {
        if service.api_url == usual {
            continue;
        }
        // Writing to a text never fails.
        let _ = write!(
            text,
            "\n[{section}]\n# Where its API is.\napi_url = {}\n",
            quoted(&service.api_url)
        );
        if is_here(&service.api_url) {
            let _ = write!(text, "# It is on this machine: {word}.\n{free}\n");
        }
    }
}

/// Whether an address is this machine's own.
fn is_here(address: &str) -> bool {
    let url = url::Url::parse(address).ok();
    let host = url
        .as_ref()
        .and_then(url::Url::host_str)
        .unwrap_or_default();
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// A text as TOML's basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a text never fails.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Refuses to go on where a file is that may not be replaced.
pub fn check_free(path: &Path, force: bool) -> anyhow::Result<()> {
    if force || !path.try_exists().unwrap_or(true) {
        return Ok(());
    }
    bail!(
        "there is a configuration already: {}. Look at it with `pulse-sync config check`, name another file with \
         --config, or replace it with --force (it is kept beside as .bak); nothing was written",
        path.display()
    )
}

/// Writes the file, for this account only: first beside, then moved to its place at once.
pub fn write(path: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    check_free(path, force)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let beside = with_end(path, &format!(".{}.new", std::process::id()));
    let done = place(path, &beside, text, force);
    // It is gone where it was moved.
    let _ = fs::remove_file(&beside);
    done.with_context(|| format!("cannot write {}", path.display()))
}

fn place(path: &Path, beside: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    drop(file);
    if force {
        match fs::copy(path, with_end(path, ".bak")) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("the old one cannot be kept beside"),
        }
        return Ok(fs::rename(beside, path)?);
    }
    // A link is refused where somebody made the file meanwhile; a folder that knows no links gets a move.
    match fs::hard_link(beside, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("somebody made it meanwhile; it is left as it is")
        }
        Err(_) => {
            check_free(path, force)?;
            Ok(fs::rename(beside, path)?)
        }
        Ok(()) => Ok(()),
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::{Environment, load};

    const DATABASE: &str = "0123456789abcdef0123456789abcdef";

    fn written(name: &str, repositories: &[&str], env: &Environment) -> Config {
        let services = load("", "", env).unwrap();
        let repositories: Vec<String> = repositories.iter().map(|r| (*r).to_owned()).collect();
        let text = text(&Choices {
            name,
            repositories: &repositories,
            database: DATABASE,
            services: &services,
        });
        assert!(!text.contains("\\u"), "{text}");
        let read = load(&text, "config.toml", &Environment::default());
        read.unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let config = written(
            "default",
            &["ada/lantern", "grace/*"],
            &Environment::default(),
        );
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
        let link = &config.links[0];
        assert_eq!(link.repositories, ["ada/lantern", "grace/*"]);
        assert_eq!(link.database.replace('-', ""), DATABASE);
        assert_eq!(config.github.api_url, GITHUB_API);
    }

    #[test]
    fn other_addresses_are_kept_and_a_service_here_has_no_limits() {
        let env: Environment = [
            ("GITHUB_API_URL", "https://ghe.example.org/api/v3"),
            ("NOTION_API_URL", "http://127.0.0.1:3001"),
        ]
        .into_iter()
        .collect();
        let config = written("work", &["ada/lantern"], &env);
        assert_eq!(config.github.api_url, "https://ghe.example.org/api/v3");
        assert!(config.github_limits);
        assert_eq!(config.notion.api_url, "http://127.0.0.1:3001");
        assert_eq!(config.notion_per_minute, 0);
    }

    #[test]
    fn strange_texts_are_quoted() {
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000A\"");
    }
}
