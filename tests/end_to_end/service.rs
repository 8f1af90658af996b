//! The example units for running without a screen: what must be in them is in them, and they name no machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::rig::{Rig, world};

fn asset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets")
        .join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(asset(name)).unwrap()
}

/// The value of a key in a section of a unit file.
fn value<'a>(unit: &'a str, section: &str, key: &str) -> &'a str {
    let (_, rest) = unit.split_once(&format!("[{section}]\n")).unwrap();
    let rest = rest.split("\n[").next().unwrap();
    let mut lines = rest.lines().filter_map(|line| line.split_once('='));
    let found = lines.find(|(name, _)| *name == key);
    found
        .unwrap_or_else(|| panic!("{key} is not in [{section}]"))
        .1
}

/// What follows a key of a property list, up to the next key.
fn entry<'a>(list: &'a str, key: &str) -> &'a str {
    let (_, rest) = list.split_once(&format!("<key>{key}</key>")).unwrap();
    rest.split("\n    <key>").next().unwrap()
}

#[test]
fn the_systemd_unit_restarts_is_bounded_and_names_no_machine() {
    let unit = text("pulse-sync.service");
    let start = value(&unit, "Service", "ExecStart");
    assert!(
        start.starts_with("%h/") && start.ends_with("/pulse-sync run"),
        "{start}"
    );
    assert_eq!(value(&unit, "Service", "Restart"), "on-failure");
    assert_eq!(value(&unit, "Service", "KillSignal"), "SIGTERM");
    let most = value(&unit, "Service", "MemoryMax").strip_suffix('M');
    assert!(most.unwrap().parse::<u32>().unwrap() >= 256);
    assert!(value(&unit, "Service", "EnvironmentFile").starts_with("-%h/"));
    assert!(
        value(&unit, "Unit", "StartLimitBurst")
            .parse::<u32>()
            .is_ok()
    );
    assert_eq!(value(&unit, "Install", "WantedBy"), "default.target");
}

#[test]
fn the_launchd_list_restarts_is_bounded_and_names_no_machine() {
    let list = text("pulse-sync.plist");
    assert!(entry(&list, "ProgramArguments").contains("exec pulse-sync run<"));
    assert!(entry(&list, "KeepAlive").contains("SuccessfulExit"));
    assert!(entry(&list, "HardResourceLimits").contains("ResidentSetSize"));
    assert!(entry(&list, "RunAtLoad").contains("<true/>"));
    for (open, close) in [("<dict>", "</dict>"), ("<array>", "</array>")] {
        assert_eq!(list.matches(open).count(), list.matches(close).count());
    }
    assert!(list.matches("<key>").count() >= 8);
}

#[test]
fn neither_holds_a_secret_or_a_home_of_somebody() {
    for name in ["pulse-sync.service", "pulse-sync.plist"] {
        let text = text(name);
        for word in [
            "/home/", "/Users/", "/root", "/tmp", "TOKEN=", "ghp_", "ntn_",
        ] {
            assert!(!text.contains(word), "{name} holds {word}");
        }
    }
}

#[test]
fn systemd_takes_the_unit_where_there_is_one() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let bin = rig.folder.join(".cargo/bin");
    fs::create_dir_all(&bin).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_pulse-sync"), bin.join("pulse-sync")).unwrap();
    let unit = rig.folder.join("pulse-sync.service");
    fs::copy(asset("pulse-sync.service"), &unit).unwrap();
    let verify = Command::new("systemd-analyze")
        .args(["--user", "verify"])
        .arg(&unit)
        .env("HOME", &rig.folder)
        .env("XDG_RUNTIME_DIR", &rig.folder)
        .output();
    // Machines without systemd have nothing to say about it.
    let Ok(verify) = verify else { return };
    let said = String::from_utf8_lossy(&verify.stderr);
    let about_us: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("pulse-sync.service"))
        .collect();
    assert!(about_us.is_empty(), "{said}");
}

/// The shell line of the launchd list finds the program and the tokens by the home folder alone.
#[cfg(unix)]
#[test]
fn the_line_for_launchd_finds_the_program_and_the_tokens() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let bin = rig.folder.join(".cargo/bin");
    fs::create_dir_all(&bin).unwrap();
    let program = bin.join("pulse-sync");
    // Written by another process: what a test beside this one starts would hold it open, and a
    // program that is open for writing does not start.
    let script =
        r#"printf '#!/bin/sh\necho "$1 $GITHUB_TOKEN$MONGODB_URI"\n' >"$0" && chmod 700 "$0""#;
    let written = Command::new("sh")
        .args(["-c", script])
        .arg(&program)
        .status();
    assert!(written.unwrap().success());
    let folder = rig.folder.join(".config/pulse-sync");
    let list = text("pulse-sync.plist");
    let (_, rest) = list.split_once("<string>-c</string>").unwrap();
    let line = rest.split("<string>").nth(1).unwrap();
    let line = line.split("</string>").next().unwrap();
    let line = line.replace("&lt;", "<").replace("&gt;", ">");
    let line = line.replace("&amp;", "&");
    let run = || {
        let mut shell = Command::new("/bin/sh");
        let shell = shell.args(["-c", &line]).env_clear();
        let shell = shell.env("HOME", &rig.folder).env("PATH", "/usr/bin:/bin");
        String::from_utf8(shell.output().unwrap().stdout).unwrap()
    };
    assert_eq!(run(), "run \n", "without the file");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("environment"), "GITHUB_TOKEN=abc\n").unwrap();
    assert_eq!(run(), "run abc\n");
    // As systemd takes the same file: every character as it stands, quotes around a whole value aside.
    let uri = "mongodb+srv://ada:p$HOME`id`'\\x;#@db.example/?retryWrites=true&w=majority";
    for value in [uri.to_owned(), format!("\"{uri}\"")] {
        let lines = format!("# MONGODB_URI=no\n\nrm -r nothing\na-b=1\nMONGODB_URI={value}");
        fs::write(folder.join("environment"), lines).unwrap();
        assert_eq!(run(), format!("run {uri}\n"));
    }
}
