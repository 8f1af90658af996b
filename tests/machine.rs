//! The tokens, the folders and the log: what this program takes from its machine and leaves there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use pulse_sync::auth::{self, AuthError, Origin};
use pulse_sync::config::{Environment, GITHUB_API, NOTION_API, Service};
use pulse_sync::core::schedule::{Load, Scope};
use pulse_sync::logging::{EVENTS, Options, Tap, mask, prepare};
use pulse_sync::paths::Paths;
use pulse_sync::system::cgroup::Groups;
use pulse_sync::system::{Sample, Sampler, Smooth};
use secrecy::{ExposeSecret, SecretString};
use tracing::level_filters::LevelFilter;

/// A folder of this test's own, empty at its start.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("pulse-sync-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes a program that can be started at once. Another process writes it: a file this one has
/// open for writing is also open in what a test beside this one starts in the same moment, and the
/// system refuses to start a program that is being written (`ETXTBSY`).
fn program(folder: &Path, script: &str) -> String {
    let path = folder.join("program");
    let write = r#"printf '#!/bin/sh\n%s\n' "$1" >"$0" && chmod 755 "$0""#;
    let mut shell = Command::new("sh");
    let written = shell.args(["-c", write]).arg(&path).arg(script).status();
    assert!(written.unwrap().success());
    path.to_str().unwrap().to_owned()
}

fn env(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().copied().collect()
}

fn no_gh() -> (&'static str, &'static str) {
    ("GH_PATH", "/nonexistent/gh")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_first_way_that_is_set_gives_the_token() {
    let mut service = Service::at(GITHUB_API);
    service.token = Some(SecretString::from("from-file"));
    let variables = [no_gh(), ("GITHUB_TOKEN", "one"), ("GH_TOKEN", "two")];
    for (from, text, origin) in [
        (0, "one", Origin::Variable("GITHUB_TOKEN")),
        (1, "two", Origin::Variable("GH_TOKEN")),
        (2, "from-file", Origin::File("github")),
    ] {
        let vars = [&variables[..1], &variables[1 + from..]].concat();
        let token = auth::github(&service, &env(&vars)).unwrap();
        assert_eq!(token.secret.expose_secret(), text);
        assert_eq!(token.origin, origin);
        assert!(!format!("{token:?}").contains(text));
    }
}

#[test]
fn a_command_gives_the_token_without_a_shell() {
    let folder = folder("command");
    let mut service = Service::at(NOTION_API);
    let echo = program(&folder, "printf '%s\\n' \"$1\"");
    service.token_command = Some(vec![echo, "a;$(exit)|b".to_owned()]);
    let token = auth::notion(&service, &env(&[])).unwrap();
    assert_eq!(token.secret.expose_secret(), "a;$(exit)|b");
    assert!(!token.origin.to_string().contains("exit"));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_command_that_fails_is_named_and_its_output_is_not() {
    let folder = folder("failing");
    let mut service = Service::at(NOTION_API);
    service.token_command = Some(vec![program(&folder, "echo half-a-secret; exit 3")]);
    let error = auth::notion(&service, &env(&[])).unwrap_err().to_string();
    assert!(error.contains("`token_command` of [notion]"), "{error}");
    assert!(error.contains("exit status: 3"), "{error}");
    assert!(!error.contains("half"), "{error}");
    service.token_command = Some(vec!["/nonexistent/program".to_owned()]);
    let error = auth::notion(&service, &env(&[])).unwrap_err().to_string();
    assert!(error.contains("no such program"), "{error}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn gh_is_asked_last_and_for_the_right_host() {
    let folder = folder("gh");
    let gh = program(&folder, "echo \"$*\" | tr ' ' '-'");
    let vars = env(&[("GH_PATH", &gh)]);
    let token = auth::github(&Service::at(GITHUB_API), &vars).unwrap();
    assert_eq!(token.secret.expose_secret(), "auth-token");
    assert_eq!(token.origin, Origin::Gh);
    let service = Service::at("https://ghe.example.org/api/v3");
    let token = auth::github(&service, &vars).unwrap();
    let asked = token.secret.expose_secret().to_owned();
    assert_eq!(asked, "auth-token---hostname-ghe.example.org");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn without_any_token_the_ways_are_named() {
    let folder = folder("no-login");
    let gh = program(&folder, "exit 1");
    for gh in [no_gh().1, &gh] {
        let error = auth::github(&Service::at(GITHUB_API), &env(&[("GH_PATH", gh)])).unwrap_err();
        assert!(matches!(
            error,
            AuthError::Missing {
                service: "GitHub",
                ..
            }
        ));
        let shown = error.to_string();
        for way in ["GITHUB_TOKEN", "GH_TOKEN", "token_command", "gh auth login"] {
            assert!(shown.contains(way), "{shown}");
        }
    }
    let error = auth::notion(&Service::at(NOTION_API), &env(&[("NOTION_TOKEN", "")])).unwrap_err();
    assert!(error.to_string().contains("NOTION_TOKEN"), "{error}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_cannot_be_a_token_is_refused_unseen() {
    for text in ["two words", "line\nline", "umläut", "bell\u{7}"] {
        let vars = env(&[("NOTION_TOKEN", text)]);
        let error = auth::notion(&Service::at(NOTION_API), &vars).unwrap_err();
        assert!(matches!(error, AuthError::Malformed { .. }), "{error}");
        assert!(!error.to_string().contains(text), "{error}");
    }
}

#[test]
fn folders_are_made_for_this_account_only() {
    let base = folder("folders");
    let state = base.join("deep/state");
    let paths = Paths::find(&env(&[("PULSE_SYNC_STATE", state.to_str().unwrap())])).unwrap();
    assert_eq!(paths.state, state);
    assert!(paths.store_file().starts_with(&state));
    paths.create().unwrap();
    for path in [&paths.state, &paths.log, &paths.cache] {
        assert_eq!(mode(path), 0o700, "{}", path.display());
    }
    // A folder that somebody else chose and made is not ours to change.
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    paths.create().unwrap();
    assert_eq!(mode(&state), 0o755);
    fs::remove_dir_all(&base).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let base = folder("blocked");
    let file = base.join("file");
    fs::write(&file, "").unwrap();
    let state = file.join("state");
    let paths = Paths::find(&env(&[("PULSE_SYNC_STATE", state.to_str().unwrap())])).unwrap();
    let error = paths.create().unwrap_err().to_string();
    assert!(error.contains(state.to_str().unwrap()), "{error}");
    assert!(error.contains("PULSE_SYNC_STATE"), "{error}");
    fs::remove_dir_all(&base).unwrap();
}

/// What a closure logs, as the file holds it.
fn logged(name: &str, level: LevelFilter, secret: &str, log: impl FnOnce()) -> String {
    let base = folder(name);
    let at = base.join("log");
    let options = Options {
        folder: &at,
        level,
        verbose: 0,
        tap: None,
    };
    let (subscriber, logging) = prepare(&options).unwrap();
    logging.masker.learn(&SecretString::from(secret));
    tracing::subscriber::with_default(subscriber, log);
    drop(logging);
    let files: Vec<_> = fs::read_dir(&at)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    let [file] = files.as_slice() else {
        panic!("{files:?}")
    };
    assert_eq!((mode(&at), mode(file)), (0o700, 0o600));
    let text = fs::read_to_string(file).unwrap();
    fs::remove_dir_all(&base).unwrap();
    text
}

#[test]
fn a_screen_is_told_the_log_without_secrets_and_without_what_the_engine_tells_it() {
    let base = folder("tap");
    let told: std::sync::Arc<std::sync::Mutex<Vec<String>>> = std::sync::Arc::default();
    let ear = std::sync::Arc::clone(&told);
    let options = Options {
        folder: &base.join("log"),
        level: LevelFilter::INFO,
        verbose: 0,
        tap: Some(Tap::new(move |level, text| {
            ear.lock().unwrap().push(format!("{level} {text}"));
        })),
    };
    let (subscriber, logging) = prepare(&options).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        tracing::warn!(target: "pulse_sync::remote", path = "/repos", "Bearer abcdefghijklmnop refused");
        tracing::info!(target: EVENTS, "told in other words");
        tracing::debug!(target: "pulse_sync", "too fine");
        tracing::error!(target: "hyper", "a library's");
    });
    drop(logging);
    assert_eq!(
        *told.lock().unwrap(),
        [
            "WARN Bearer *** refused path=\"/repos\"",
            "ERROR a library's"
        ]
    );
    fs::remove_dir_all(&base).unwrap();
}

#[test]
fn the_log_holds_events_and_no_secret() {
    let text = logged("log", LevelFilter::INFO, "a literal secret", || {
        let header = "Bearer abcdefghijklmnop";
        tracing::info!(target: "pulse_sync::remote", header, "with a literal secret inside");
        tracing::error!(target: "pulse_sync", "mongodb+srv://me:pass@word@host.example/db?x=1");
        tracing::debug!(target: "pulse_sync", "too fine");
        tracing::info!(target: "hyper", "not ours");
        tracing::warn!(target: "hyper", "ours to know");
    });
    assert!(text.contains("header=\"Bearer ***\""), "{text}");
    assert!(text.contains("with *** inside"), "{text}");
    assert!(
        text.contains("mongodb+srv://***@host.example/db?x=1"),
        "{text}"
    );
    assert!(text.contains("ours to know"), "{text}");
    for absent in ["abcdefgh", "literal", "pass", "too fine", "not ours"] {
        assert!(!text.contains(absent), "{text}");
    }
}

#[test]
fn the_level_is_obeyed() {
    let text = logged("log-off", LevelFilter::OFF, "", || {
        tracing::error!("anything");
    });
    assert_eq!(text, "");
    let text = logged("log-trace", LevelFilter::TRACE, "", || {
        tracing::trace!(target: "pulse_sync", "fine");
        tracing::trace!(target: "reqwest", "headers");
    });
    assert!(text.contains("fine") && !text.contains("headers"), "{text}");
}

#[test]
fn secrets_are_masked_and_other_words_are_not() {
    for (text, expected) in [
        ("ghp_0123456789abcdef", "ghp_***"),
        ("x=gho_0123456789abcdef,", "x=gho_***,"),
        (
            "ghu_0123456789abcdef ghs_0123456789abcdef",
            "ghu_*** ghs_***",
        ),
        ("\"ghr_0123456789abcdef\"", "\"ghr_***\""),
        ("github_pat_11AAAAAAA0abc_DEF", "github_pat_***"),
        ("ntn_0123456789abcdef", "ntn_***"),
        ("(secret_0123456789abcdef)", "(secret_***)"),
        (
            "authorization: bearer abc.def-ghi_jkl==",
            "authorization: bearer ***",
        ),
        (
            "Authorization: token 0123456789",
            "Authorization: token ***",
        ),
        ("mongodb://user:p%40ss@h:1,h2/x", "mongodb://***@h:1,h2/x"),
        ("https://me@example.org/a@b", "https://***@example.org/a@b"),
        ("日本 ghp_0123456789abcdef 日本", "日本 ghp_*** 日本"),
    ] {
        assert_eq!(mask(text), expected);
    }
    for text in [
        "",
        "ghp_ and ghp_short",
        "secret_santa",
        "a bearer of news",
        "https://example.org/@octocat and me@example.org",
        "country_ntnology xghp_0123456789abcdef",
        "日本語 🦀",
    ] {
        assert_eq!(mask(text), text);
    }
}

/// A tree of control groups: files and what is in them.
fn tree(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

#[test]
fn the_tightest_group_counts_without_the_cache_that_can_go() {
    let root = folder("cgroup2");
    tree(
        &root,
        &[
            ("own", "0::/user/app\n"),
            ("user/memory.max", "1000\n"),
            ("user/memory.current", "900\n"),
            ("user/memory.stat", "anon 300\ninactive_file 400\n"),
            ("user/app/memory.max", "600\n"),
            ("user/app/memory.current", "450\n"),
            ("user/app/memory.stat", "inactive_file 0\n"),
            ("user/app/cpu.max", "50000 100000\n"),
            ("user/app/cpu.stat", "usage_usec 1234\nuser_usec 1\n"),
            ("user/cpu.max", "max 100000\n"),
            ("user/cpu.stat", "usage_usec 9\n"),
        ],
    );
    let groups = Groups::under(&root, &root.join("own"));
    assert_eq!(groups.memory(1 << 30), Some((450, 600)));
    assert_eq!(groups.cpu(), Some((1234, 0.5)));
    // The group above becomes the tighter one.
    fs::write(root.join("user/memory.current"), "1390\n").unwrap();
    assert_eq!(groups.memory(1 << 30), Some((990, 1000)));
    // What is no tighter than the machine is no limit.
    assert_eq!(groups.memory(600), None);
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn groups_of_the_first_version_are_read_too() {
    let root = folder("cgroup1");
    tree(
        &root,
        &[
            (
                "own",
                "9:name=systemd:/\n4:memory:/box\n1:cpu,cpuacct:/box\n0::/\n",
            ),
            ("memory/box/memory.limit_in_bytes", "500\n"),
            ("memory/box/memory.usage_in_bytes", "400\n"),
            (
                "memory/box/memory.stat",
                "inactive_file 1\ntotal_inactive_file 100\n",
            ),
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/memory.usage_in_bytes", "400\n"),
            ("cpu/box/cpu.cfs_quota_us", "200000\n"),
            ("cpu/box/cpu.cfs_period_us", "100000\n"),
            ("cpuacct/box/cpuacct.usage", "5000000\n"),
            ("cpu/cpu.cfs_quota_us", "-1\n"),
            ("cpu/cpu.cfs_period_us", "100000\n"),
            ("cpuacct/cpuacct.usage", "7000000\n"),
        ],
    );
    let groups = Groups::under(&root, &root.join("own"));
    assert_eq!(groups.memory(1 << 40), Some((300, 500)));
    assert_eq!(groups.cpu(), Some((5000, 2.0)));
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn odd_groups_limit_nothing() {
    let root = folder("cgroup-odd");
    tree(
        &root,
        &[
            ("own", "0::/../../elsewhere\nnonsense\n4:memory\n"),
            ("memory.max", "max\n"),
            ("memory.current", "-5\n"),
            ("cpu.max", "0 0\n"),
            ("cpu.stat", "usage_usec\n"),
        ],
    );
    let groups = Groups::under(&root, &root.join("own"));
    assert_eq!((groups.memory(1 << 40), groups.cpu()), (None, None));
    let none = Groups::under(&root.join("nowhere"), &root.join("nothing"));
    assert_eq!((none.memory(1 << 40), none.cpu()), (None, None));
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn the_shorter_memory_counts_and_swap_never_does() {
    let sample = |memory, container| Sample {
        memory,
        container,
        swap: (100, 100),
        cpu: 0.25,
        own_memory: 7,
        ..Sample::default()
    };
    for (sample, memory, scope) in [
        (sample((30, 100), None), 0.3, Scope::Machine),
        (sample((30, 100), Some((45, 50))), 0.9, Scope::Container),
        (sample((60, 100), Some((25, 50))), 0.6, Scope::Machine),
        (sample((0, 0), None), 0.0, Scope::Machine),
    ] {
        let expected = Load {
            memory,
            scope,
            cpu: 0.25,
            own: 7,
        };
        assert_eq!(sample.load(), expected);
    }
}

#[test]
fn loads_are_smoothed() {
    let load = |memory| Load {
        memory,
        cpu: memory,
        own: 5,
        ..Load::default()
    };
    let mut smooth = Smooth::default();
    let seen: Vec<f64> = [0.5, 1.0, 1.0, 0.0]
        .into_iter()
        .map(|memory| smooth.with(load(memory)).memory)
        .collect();
    assert_eq!(seen, [0.5, 0.75, 0.875, 0.4375]);
    assert_eq!(smooth.with(load(0.0)).own, 5);
}

#[test]
fn this_machine_is_sampled() {
    let mut sampler = Sampler::new().unwrap();
    let sample = sampler.sample();
    assert!(sample.memory.0 > 0 && sample.memory.0 < sample.memory.1);
    assert!(sample.own_memory > 0 && sample.own_memory < sample.memory.1);
    assert!(sample.cores > 0 && (0.0..=1.0).contains(&sample.cpu));
    if let Some((used, limit)) = sample.container {
        assert!(used > 0 && limit < sample.memory.1);
    }
}
