//! What `ARCHITECTURE.md` promises about the house, read from the source: who may enter which room, and which words
//! may not occur where.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

/// A room, what it may import of ours, and what of that it may not. A path allows everything below it.
struct Room {
    name: &'static str,
    may: &'static [&'static str],
    may_not: &'static [&'static str],
}

/// The adapters behind the traits: only those who start the program choose one.
const ADAPTERS: &[&str] = &[
    "remote::github",
    "remote::http",
    "remote::notion",
    "store::mongo",
    "store::sqlite",
];
/// What those may import who set the program up.
const SHELL: &[&str] = &[
    "auth",
    "config",
    "core",
    "engine::Settings",
    "engine::settings",
    "logging",
    "paths",
];

/// The configuration also says how the screen looks and what its keys do.
const CONFIG: &[&str] = &[
    "auth",
    "config",
    "core",
    "engine::Settings",
    "engine::settings",
    "logging",
    "paths",
    "ui::action",
    "ui::keymap",
    "ui::layout",
    "ui::term",
    "ui::theme",
];

const fn room(name: &'static str, may: &'static [&'static str]) -> Room {
    Room {
        name,
        may,
        may_not: &[],
    }
}

const ROOMS: &[Room] = &[
    room("core", &[]),
    room("remote", &["core"]),
    room("store", &["core"]),
    Room {
        name: "engine",
        may: &["core", "remote", "store"],
        may_not: ADAPTERS,
    },
    Room {
        name: "sim",
        may: &["core", "remote", "store", "engine"],
        may_not: ADAPTERS,
    },
    room("system", &["core"]),
    room("hooks", &["core"]),
    room("config", CONFIG),
    room("auth", SHELL),
    room("paths", SHELL),
    room("logging", SHELL),
    room("shown", &[]),
    room("alarm", &[]),
    room("ui", &["alarm", "core", "engine", "shown"]),
    room(
        "cli",
        &[
            "alarm", "auth", "config", "core", "engine", "hooks", "logging", "paths", "remote",
            "shown", "sim", "store", "system", "ui",
        ],
    ),
    room("main", &["cli"]),
];

/// Words that may occur only in some places: the word, where it is looked for, where it may be, and why.
struct Word {
    text: &'static str,
    within: &'static [&'static str],
    except: &'static [&'static str],
    why: &'static str,
}

const EVERYWHERE: &[&str] = &[""];
const PORTED: &[&str] = &["core/", "engine/"];
const OUTSIDE: &str = "no I/O and no process of its own";
const CLOCK: &str = "time and chance come in through the clock";
const ORDER: &str = "the same seed must give the same trace";

const fn word(
    text: &'static str,
    within: &'static [&'static str],
    except: &'static [&'static str],
    why: &'static str,
) -> Word {
    Word {
        text,
        within,
        except,
        why,
    }
}

const WORDS: &[Word] = &[
    word("ratatui", EVERYWHERE, &["ui/"], "only the screen draws"),
    word("crossterm", EVERYWHERE, &["ui/"], "only the screen draws"),
    word(
        "octocrab",
        EVERYWHERE,
        &["remote/github"],
        "the service's shapes stop at its door",
    ),
    word(
        "mongodb",
        EVERYWHERE,
        &["store/mongo"],
        "the driver stays in its adapter",
    ),
    word(
        "rusqlite",
        EVERYWHERE,
        &["store/sqlite"],
        "the driver stays in its adapter",
    ),
    word("tokio", &["core/"], &[], "the core is pure"),
    word("async", &["core/"], &[], "the core is pure"),
    word(
        "serde_json",
        &["core/"],
        &[],
        "the core knows no foreign format",
    ),
    word("std::fs", PORTED, &[], OUTSIDE),
    word("std::net", PORTED, &[], OUTSIDE),
    word("std::io", PORTED, &[], OUTSIDE),
    word("std::env", PORTED, &[], OUTSIDE),
    word("std::process", PORTED, &[], OUTSIDE),
    word("std::thread", PORTED, &[], OUTSIDE),
    word("reqwest", PORTED, &[], OUTSIDE),
    word("SystemTime", PORTED, &[], CLOCK),
    word("Instant", PORTED, &[], CLOCK),
    word("Utc", PORTED, &[], CLOCK),
    word("Local", PORTED, &[], CLOCK),
    word("rand", PORTED, &[], CLOCK),
    word("fastrand", PORTED, &[], CLOCK),
    word("getrandom", PORTED, &[], CLOCK),
    word("tokio::time", PORTED, &[], CLOCK),
    word("tokio::spawn", PORTED, &[], ORDER),
    word("spawn_local", PORTED, &[], ORDER),
    word("select!", PORTED, &[], ORDER),
    word("tokio::select", PORTED, &[], ORDER),
    word("tokio::fs", PORTED, &[], OUTSIDE),
    word("tokio::net", PORTED, &[], OUTSIDE),
    word("tokio::process", PORTED, &[], OUTSIDE),
    word("HashMap", PORTED, &[], ORDER),
    word("HashSet", PORTED, &[], ORDER),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder with this ending, as its path from that folder and its text.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(base: &Path, at: &Path, ending: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(base, &path, ending, found);
            } else if path.extension().is_some_and(|own| own == ending) {
                let name = path.strip_prefix(base).unwrap();
                let name = name.to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let base = root().join(folder);
    let mut found = Vec::new();
    walk(&base, &base, ending, &mut found);
    found.sort();
    found
}

/// The code of a file: comments, texts and characters blanked out, line feeds kept.
fn code(text: &str) -> String {
    let chars: Vec<_> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skip(&chars, at);
        if end > at {
            out.extend(
                chars[at..end]
                    .iter()
                    .map(|c| if *c == '\n' { '\n' } else { ' ' }),
            );
            at = end;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// Where the comment, text or character that starts at `at` ends; `at` itself if none starts there.
fn skip(chars: &[char], at: usize) -> usize {
    let next = |i: usize| chars.get(i).copied().unwrap_or('\n');
    let find = |from: usize, is_end: &dyn Fn(usize) -> bool| {
        (from..chars.len())
            .find(|i| is_end(*i))
            .unwrap_or(chars.len())
    };
    let after_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match (chars[at], next(at + 1)) {
        ('/', '/') => find(at, &|i| chars[i] == '\n'),
        ('/', '*') => find(at + 2, &|i| chars[i] == '*' && next(i + 1) == '/') + 2,
        ('r', '"' | '#') if !after_word => {
            let open = find(at + 1, &|i| chars[i] != '#');
            let hashes = open - at - 1;
            if next(open) != '"' {
                return at;
            }
            let closes = |i: usize| chars[i] == '"' && (1..=hashes).all(|n| next(i + n) == '#');
            find(open + 1, &closes) + 1 + hashes
        }
        ('"', _) => {
            let mut i = at + 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            i + 1
        }
        ('\'', '\\') => find(at + 3, &|i| chars[i] == '\'') + 1,
        ('\'', _) if next(at + 2) == '\'' => at + 3,
        _ => at,
    }
    .min(chars.len())
}

/// The room of a file, and how deep its module lies: `core/text/mod.rs` is two deep in `core`.
fn place(file: &str) -> (&str, usize) {
    let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let name = stem.split('/').next().unwrap();
    (name, stem.matches('/').count() + 1)
}

/// What of ours a file's code names, as paths from the crate's root such as `store::sqlite::Sqlite`.
fn imports(file: &str, code: &str) -> Vec<String> {
    let (_, depth) = place(file);
    // `super` from the room's own level leads to the root; `pulse_sync` is how the binary names the library.
    let roots = [
        "crate".to_owned(),
        "pulse_sync".to_owned(),
        vec!["super"; depth].join("::"),
    ];
    // From a module within a file one `super` more leads there.
    let deeper = (1..=NESTED).map(|more| vec!["super"; depth + more].join("::"));
    let mut found = Vec::new();
    for root in roots.into_iter().chain(deeper) {
        below(&root, code, &mut found);
    }
    found
}

/// Modules within a file are looked through to this depth.
const NESTED: usize = 3;

/// The paths below a root that the code names.
fn below(root: &str, code: &str, found: &mut Vec<String>) {
    let prefix = format!("{root}::");
    for (at, _) in code.match_indices(&prefix) {
        let before = code[..at].chars().next_back();
        let is_start = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
        if is_start {
            paths(&code[at + prefix.len()..], "", found);
        }
    }
}

/// The ways to bring in the whole of ours under another name or none, so that no path says what is used.
fn hidings(file: &str, code: &str) -> Vec<String> {
    let (_, depth) = place(file);
    let roots = [
        "crate".to_owned(),
        "pulse_sync".to_owned(),
        vec!["super"; depth].join("::"),
    ];
    let mut wrong = Vec::new();
    for statement in code.split(';').filter_map(|part| {
        let at = part.rfind("use ")?;
        // A module within a file may take in all of the file; the file itself none of its parent.
        let outermost = part[..at]
            .rsplit('\n')
            .next()
            .is_some_and(|lead| !lead.starts_with(' '));
        Some((
            part[at + 4..].split_whitespace().collect::<String>(),
            outermost,
        ))
    }) {
        let (used, outermost) = statement;
        for root in &roots {
            let Some(rest) = used.strip_prefix(root.as_str()) else {
                continue;
            };
            let rest = rest.strip_prefix("::").unwrap_or(rest);
            let whole = rest == "*" && (outermost || root == "crate")
                || rest.starts_with("as") && used.len() == root.len() + rest.len()
                || rest.starts_with('{')
                    && rest[1..]
                        .split([',', '{', '}'])
                        .next()
                        .is_some_and(is_whole)
                || top(rest).any(|part| is_whole(&part));
            if whole {
                wrong.push(format!("{file}: `use {used}` hides what is used"));
            }
        }
    }
    wrong
}

fn is_whole(part: &str) -> bool {
    part == "*" || part == "self" || part.starts_with("selfas")
}

/// The parts of a `{…}` group, each without what it holds itself.
fn top(group: &str) -> impl Iterator<Item = String> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in group.chars().filter(|_| group.starts_with('{')) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => parts.push(String::new()),
            _ if depth == 1 => parts.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    parts.into_iter()
}

/// Reads one path, or the paths of a `{…}` group, and gives how many bytes it took.
fn paths(text: &str, prefix: &str, found: &mut Vec<String>) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let skipped = text.len() - text.trim_start().len();
    let end = text[skipped..]
        .find(|c| !is_part(c))
        .map_or(text.len(), |n| n + skipped);
    let path = format!("{prefix}{}", &text[skipped..end]);
    if text[end..].starts_with('*') {
        found.push(format!("{path}*"));
        return end + 1;
    }
    if !text[end..].starts_with('{') {
        found.push(path);
        return end;
    }
    let mut at = end + 1;
    loop {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start_matches([',', ' ', '\n']).len();
        at += blank;
        match text[at..].chars().next() {
            None => return at,
            Some('}') => return at + 1,
            Some(_) => at += paths(&text[at..], &path, found).max(1),
        }
        // `as name` behind a path.
        if let Some(n) = text[at..].find([',', '}'])
            && text[at..].trim_start().starts_with("as ")
        {
            at += n;
        }
    }
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Everything a file does that its room may not.
fn trespasses(file: &str, text: &str) -> Vec<String> {
    let (name, _) = place(file);
    if name == "lib" {
        return Vec::new();
    }
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![format!(
            "{file}: no room is named `{name}`; add it to ROOMS"
        )];
    };
    let code = code(text);
    let is_ours = |path: &String| ROOMS.iter().any(|room| is_below(path, room.name));
    let mut wrong = hidings(file, &code);
    for path in imports(file, &code).into_iter().filter(is_ours) {
        let may = |list: &[&str]| list.iter().any(|parent| is_below(&path, parent));
        let own = is_below(&path, name);
        // Everything of a room is also what of it may not be used.
        let all = path.strip_suffix("::*").is_some_and(|all| {
            let mut forbidden = room.may_not.iter();
            forbidden.any(|parent| is_below(parent, all))
        });
        if !own && (!may(room.may) || may(room.may_not) || all) {
            wrong.push(format!("{file}: `{name}` may not import `{path}`"));
        }
    }
    for rule in WORDS {
        let applies = rule.within.iter().any(|start| file.starts_with(start))
            && !rule.except.iter().any(|start| file.starts_with(start));
        if applies && (has_word(&code, rule.text) || has_path(&code, rule.text)) {
            wrong.push(format!(
                "{file}: `{}` may not occur here: {}",
                rule.text, rule.why
            ));
        }
    }
    wrong
}

/// Whether a path is named piece by piece, as in `std::{fs, net}`.
fn has_path(code: &str, path: &str) -> bool {
    let Some((root, rest)) = path.split_once("::") else {
        return false;
    };
    let mut found = Vec::new();
    below(root, code, &mut found);
    found.iter().any(|path| is_below(path, rest))
}

fn has_word(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[track_caller]
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn no_room_imports_what_it_may_not() {
    let files = files("src", "rs");
    assert!(files.len() > 20);
    let wrong: Vec<_> = files
        .iter()
        .flat_map(|(file, text)| trespasses(file, text))
        .collect();
    assert_none(&wrong);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn a_planted_trespass_is_caught() {
    for (file, text) in [
        ("core/plan.rs", "use crate::store::Store;"),
        (
            "core/text/diff.rs",
            "use super::super::super::engine::Clock;",
        ),
        ("core/plan.rs", "use crate::{core::Pair, store};"),
        (
            "core/plan.rs",
            "use crate::{\n    core::{Pair, Key as K},\n    remote::{Remote, Page},\n};",
        ),
        ("core/plan.rs", "fn f(x: &crate::remote::Page) {}"),
        ("core/plan.rs", "use crate::*;"),
        ("core/plan.rs", "use crate as c;"),
        ("core/plan.rs", "use crate::{self as c};"),
        ("core/plan.rs", "use crate::{core::Pair, self as c};"),
        (
            "core/plan.rs",
            "mod inner {\n    use super::super::super::store::Store;\n}",
        ),
        ("core/mod.rs", "use super::*;"),
        ("core/plan.rs", "use super::super::*;"),
        ("sim/world.rs", "use crate::remote::*;"),
        ("core/plan.rs", "use std::{fs, net};"),
        ("core/plan.rs", "use std::{collections::BTreeMap, thread};"),
        ("engine/run.rs", "let home = std::env::var(name);"),
        ("engine/run.rs", "use std::process::Command;"),
        ("engine/run.rs", "use std::io::Read;"),
        ("engine/run.rs", "let client = reqwest::Client::new();"),
        ("engine/run.rs", "use tokio::{time, sync};"),
        ("engine/run.rs", "use tokio::{sync, spawn};"),
        ("engine/run.rs", "use tokio::select;"),
        ("core/plan.rs", "use chrono::Utc as Z;"),
        ("core/plan.rs", "use std::time::Instant;"),
        ("core/plan.rs", "pub async fn f() {}"),
        (
            "core/plan.rs",
            "fn f() { let x = tokio::sync::Notify::new(); }",
        ),
        (
            "core/plan.rs",
            "let c = '\"'; use std::collections::HashMap; let d = '\"';",
        ),
        ("remote/github/mod.rs", "use crate::engine::Clock;"),
        ("remote/http.rs", "use crate::store::Store;"),
        ("remote/notion/mod.rs", "use octocrab::Octocrab;"),
        ("store/mod.rs", "use super::remote::Remote;"),
        ("store/sqlite/mod.rs", "use mongodb::Client;"),
        ("engine/run.rs", "use crate::remote::github::Github;"),
        ("engine/run.rs", "use crate::config::Config;"),
        ("engine/run.rs", "tokio::spawn(work());"),
        ("engine/run.rs", "tokio::select! { _ = a => {} }"),
        ("engine/run.rs", "let now = Utc::now();"),
        ("engine/run.rs", "let x = fastrand::u64(..);"),
        ("sim/world.rs", "use crate::cli::Args;"),
        ("config/mod.rs", "use crate::engine::Handle;"),
        ("auth.rs", "use crate::remote::Remote;"),
        ("paths.rs", "use super::store::Store;"),
        ("main.rs", "use pulse_sync::engine::Settings;"),
        ("cli/mod.rs", "use ratatui::Frame;"),
        ("attic/mod.rs", ""),
    ] {
        assert!(!trespasses(file, text).is_empty(), "{file}: {text}");
    }
}

#[test]
fn what_is_allowed_is_not_caught() {
    for (file, text) in [
        (
            "core/plan.rs",
            "use super::Pair; // use crate::store::Store;",
        ),
        (
            "core/plan.rs",
            "/* crate::store */ const S: &str = \"crate::store tokio\";",
        ),
        (
            "core/plan.rs",
            "const S: &str = r#\"a \" crate::store HashMap\"#;",
        ),
        (
            "core/plan.rs",
            "const S: &str = \"\\\" crate::store\"; fn f<'a>(x: &'a str) {}",
        ),
        (
            "core/text/diff.rs",
            "use super::super::{Value, engine_of_words};",
        ),
        ("core/plan.rs", "let operand = brand; let instant = 1;"),
        ("core/plan.rs", "use crate::core::{Pair, Key as K};"),
        (
            "engine/run.rs",
            "use crate::{core::Pair, remote::Remote, store::{self, Store}};",
        ),
        ("engine/run.rs", "use tokio::sync::watch;"),
        (
            "remote/github/rest.rs",
            "use octocrab::Octocrab; use crate::core::Kind;",
        ),
        (
            "config/model.rs",
            "use crate::engine::Settings; use crate::logging::mask;",
        ),
        ("main.rs", "fn main() { pulse_sync::cli::main() }"),
        ("core/mod.rs", "mod tests {\n    use super::*;\n}"),
        ("core/plan.rs", "use super::*;"),
        ("sim/world.rs", "use crate::core::*;"),
        (
            "engine/run.rs",
            "use std::{collections::BTreeMap, cell::Cell};",
        ),
    ] {
        assert_none(&trespasses(file, text));
    }
}

#[test]
fn every_file_says_what_it_is() {
    let wrong: Vec<_> = ["src", "tests"]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .filter(|(_, text)| !text.trim_start().starts_with("//! "))
        .map(|(file, _)| format!("{file} has no module doc"))
        .collect();
    assert_none(&wrong);
}

#[test]
fn no_path_of_a_machine_and_no_registry_is_written_down() {
    let mut all = files("src", "rs");
    all.extend(
        files(".", "toml")
            .into_iter()
            .filter(|(name, _)| !name.starts_with("target")),
    );
    let folders = ["work", "root", "tmp", "home"].map(|name| format!("/{name}/"));
    let mut wrong = Vec::new();
    for (file, text) in &all {
        for (line, content) in text.lines().enumerate() {
            let at = |folder: &String| {
                let mut hits = content.match_indices(folder.as_str());
                hits.any(|(at, _)| {
                    !content[..at].ends_with(|c: char| c.is_alphanumeric() || ".})*".contains(c))
                })
            };
            if folders.iter().any(at) {
                wrong.push(format!("{file}:{}: a path of one machine", line + 1));
            }
            if ["replace-with", "[source.", "[registries", "sparse+"]
                .iter()
                .any(|w| content.contains(w))
            {
                wrong.push(format!("{file}:{}: a registry", line + 1));
            }
        }
    }
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    // One registry, whichever name cargo has for it.
    let mut sources = lock.lines().filter(|line| line.starts_with("source = "));
    let usual = sources.next().unwrap_or_default();
    if !usual.starts_with("source = \"registry+") {
        wrong.push(format!("Cargo.lock: {usual}"));
    }
    for line in sources.filter(|line| *line != usual) {
        wrong.push(format!("Cargo.lock: {line}"));
    }
    assert_none(&wrong);
}

/// What is compiled for these edges: a package with its features on each line.
fn compiled(edges: &str) -> Vec<String> {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none", "--no-dedupe"])
        .args(["--format", "{p} [{f}]", "--edges", edges])
        .current_dir(root())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        !text.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines.dedup();
    lines
}

#[test]
fn tests_switch_on_nothing_in_the_crates_of_the_program() {
    let with_tests = compiled("normal,build,dev");
    let wrong: Vec<String> = compiled("normal,build")
        .into_iter()
        .filter(|line| !with_tests.contains(line))
        .map(|line| format!("{line}: pin in [dependencies] what the tests switch on"))
        .collect();
    assert_none(&wrong);
}

#[test]
fn the_map_stays_short() {
    if let Ok(text) = fs::read_to_string(root().join("ARCHITECTURE.md")) {
        assert!(
            text.lines().count() <= 150,
            "ARCHITECTURE.md has more than 150 lines"
        );
    }
}

#[cfg(unix)]
#[test]
fn the_scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    for script in [".ci/run", "tests/run"] {
        let mode = fs::metadata(root().join(script))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111, "{script} is not executable");
    }
}
