//! How the checks are shown.

use std::io::IsTerminal;

use serde_json::{Value as Json, json};

use super::{Check, Level};
use crate::cli::args::{Args, Colour};
use crate::cli::exit::Exit;
use crate::cli::out::{columns, wrap};
use crate::logging::mask;
use crate::shown::Shown;

/// Columns before the text: the verdict, the name, and the gaps.
const BEFORE: usize = 6 + NAME + 2;
/// The longest name.
const NAME: usize = 13;

/// How the program ends: with the gravest failure.
pub(super) fn exit(checks: &[Check]) -> Exit {
    checks.iter().fold(Exit::Done, |exit, check| {
        exit.and(match check.level {
            Level::Fail(exit) => exit,
            Level::Ok | Level::Warn => Exit::Done,
        })
    })
}

/// Prints them, for people or for scripts.
pub(super) fn print(checks: &[Check], args: &Args, as_json: bool) {
    let (warned, failed) = (count(checks, "warn"), count(checks, "fail"));
    if as_json {
        let lines: Vec<Json> = checks.iter().map(line).collect();
        let is_ok = failed == 0;
        say!(
            "{}",
            json!({"ok": is_ok, "warned": warned, "failed": failed, "checks": lines})
        );
        return;
    }
    let colours = colours(args);
    for check in checks {
        show(check, colours);
    }
    let fine = checks.len() - warned - failed;
    say!("\n{fine} ok, {warned} to look at, {failed} failed");
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Ok => "ok",
        Level::Warn => "warn",
        Level::Fail(_) => "fail",
    }
}

fn count(checks: &[Check], level: &str) -> usize {
    let levels = checks.iter().map(|check| word(check.level));
    levels.filter(|word| *word == level).count()
}

fn line(check: &Check) -> Json {
    let help = Some(&check.help).filter(|help| !help.is_empty());
    json!({
        "check": check.name,
        "level": word(check.level),
        "text": mask(&check.text),
        "help": help.map(|help| mask(help)),
    })
}

fn colours(args: &Args) -> bool {
    match args.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            std::io::stdout().is_terminal() && !no_color
        }
    }
}

fn show(check: &Check, colours: bool) {
    let verdict = word(check.level);
    // Colours of the user's own palette: they are read on light and dark.
    let (on, off) = match (colours, check.level) {
        (false, _) => ("", ""),
        (true, Level::Ok) => ("\u{1b}[32m", "\u{1b}[0m"),
        (true, Level::Warn) => ("\u{1b}[33m", "\u{1b}[0m"),
        (true, Level::Fail(_)) => ("\u{1b}[1;31m", "\u{1b}[0m"),
    };
    let room = columns().saturating_sub(BEFORE);
    let mut lines = lines(&check.text, room);
    lines.extend(lines_of_help(&check.help, room));
    let mut lines = lines.into_iter();
    let first = lines.next().unwrap_or_default();
    say!("{on}{verdict:<4}{off}  {:<NAME$}  {first}", check.name);
    for line in lines {
        say!("{:BEFORE$}{line}", "");
    }
}

fn lines(text: &str, room: usize) -> Vec<String> {
    let text = mask(text);
    wrap(Shown::line(&text).as_str(), room)
}

/// What to do stands below what was found, marked.
fn lines_of_help(help: &str, room: usize) -> Vec<String> {
    if help.is_empty() {
        return Vec::new();
    }
    let lines = lines(help, room.saturating_sub(2)).into_iter().enumerate();
    lines
        .map(|(at, line)| format!("{} {line}", if at == 0 { ">" } else { " " }))
        .collect()
}
