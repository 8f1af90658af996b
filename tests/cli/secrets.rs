//! What must never be printed or kept: tokens, and words that command the terminal.

use std::path::Path;

use super::rig::{Rig, world};

/// Retitles, clears the screen and asks the terminal a question.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[6n\u{9b}31m\u{202e}title";

#[test]
fn hostile_titles_never_reach_the_terminal() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.rename_issue(1, HOSTILE);
    rig.rename_issue(2, HOSTILE);
    rig.rename_page(rig.page(2), "Another title");
    let plan = rig.run(&["plan"]);
    let mut said = vec![plan.said()];
    for args in [
        ["sync", "--once"].as_slice(),
        &["status"],
        &["history"],
        &["conflicts", "list"],
        &["sync", "--once", "-v"],
    ] {
        said.push(rig.run(args).said());
    }
    let open = rig.run(&["conflicts", "list", "--json"]).json();
    let id = open[0]["id"].as_str().unwrap();
    said.push(rig.run(&["conflicts", "show", id]).said());
    for text in &said {
        let bad = text
            .chars()
            .find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
        assert_eq!(bad, None, "{text:?}");
    }
    assert!(
        said.iter().any(|text| text.contains("title")),
        "the rest is shown"
    );
}

#[test]
fn tokens_are_nowhere() {
    let mut rig = Rig::start(Some(world(6, 0, 2)));
    let tokens = [
        rig.small.github_token().to_owned(),
        rig.small.notion_token(),
    ];
    let mut said = Vec::new();
    for args in [
        ["sync", "--once", "-vvv"].as_slice(),
        &["sync", "--once", "--json"],
        &["plan", "--json"],
        &["status", "--json"],
        &["history", "--json"],
        &["config", "check"],
    ] {
        said.push(rig.run(args).said());
    }
    rig.small.github.front.lock().hub.revoke_token(&tokens[0]);
    said.push(rig.run(&["sync", "--once", "-vvv"]).said());
    rig.env
        .insert("NOTION_API_URL", "http://127.0.0.1:9".to_owned());
    said.push(rig.run(&["sync", "--once", "-vvv"]).said());
    for token in &tokens {
        for text in &said {
            assert!(!text.contains(token.as_str()), "{text}");
        }
        let held = find(&rig.state(), token.as_bytes());
        assert!(held.is_empty(), "{held:?}");
    }
    let logs = std::fs::read_dir(rig.state().join("log")).unwrap().count();
    assert!(logs > 0, "there is a log to look into");
}

/// The files below a folder that hold these bytes.
fn find(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(find(&path, needle));
        } else if std::fs::read(&path)
            .unwrap()
            .windows(needle.len())
            .any(|part| part == needle)
        {
            found.push(path.display().to_string());
        }
    }
    found
}
