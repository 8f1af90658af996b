//! The environment alone is enough to run.

use super::rig::{Done, Rig, bare, finish, world};

/// A pass with nothing but environment variables.
fn pass(rig: &Rig, args: &[&str], more: &[(&str, &str)]) -> Done {
    let mut command = bare(&rig.folder);
    command
        .envs([
            ("GITHUB_TOKEN", rig.small.github_token()),
            ("GITHUB_USERNAME", "ada"),
            ("NOTION_TOKEN", rig.small.notion_token().as_str()),
            (
                "NOTION_DATABASE_ID",
                rig.small.database.to_string().as_str(),
            ),
            ("GITHUB_API_URL", rig.small.github.url.as_str()),
            ("NOTION_API_URL", rig.small.notion.url.as_str()),
            ("PULSE_SYNC_STATE", rig.state().to_str().unwrap()),
        ])
        .envs(more.iter().copied())
        .args(args);
    finish(&mut command)
}

#[test]
fn variables_alone_are_enough() {
    let rig = Rig::start(Some(world(7, 0, 0)));
    let done = pass(
        &rig,
        &["sync", "--once", "--json"],
        &[("SYNC_INTERVAL", "600"), ("MAX_ITEMS_PER_SYNC", "3")],
    );
    assert_eq!(done.code, Some(2), "{}", done.said());
    assert_eq!(done.json()["writes"]["notion"], 3, "MAX_ITEMS_PER_SYNC");
    assert_eq!(rig.pages().len(), 3);
    let done = pass(&rig, &["sync", "--once", "--json"], &[]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    // Closed long ago is not imported by default.
    let open = rig.hub(|hub| {
        let repo = hub.repo("ada/lantern").unwrap();
        let is_open = |issue: &&pulse_sync::sim::github::Issue| {
            issue.state == pulse_sync::sim::github::State::Open
        };
        repo.issues.values().filter(is_open).count()
    });
    assert_eq!(rig.pages().len(), open);
    assert!(rig.store().exists(), "PULSE_SYNC_STATE");
}

#[cfg(unix)]
#[test]
fn the_state_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let rig = Rig::start(Some(world(1, 0, 0)));
    pass(&rig, &["sync", "--once"], &[]);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&rig.state()), 0o700);
    assert_eq!(mode(&rig.store()), 0o600);
}

#[test]
fn nothing_is_written_while_mongodb_is_away() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let uri = "mongodb://ada:sesame@127.0.0.1:9";
    let done = pass(
        &rig,
        &["sync", "--once"],
        &[("MONGODB_URI", uri), ("MONGODB_DATABASE", "pulse")],
    );
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(done.said().contains("127.0.0.1:9"), "{}", done.said());
    assert!(!done.said().contains("sesame"), "{}", done.said());
    assert!(rig.pages().is_empty());
}

#[test]
fn wrong_variables_are_all_named_at_once() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let done = pass(
        &rig,
        &["sync", "--once"],
        &[("SYNC_INTERVAL", "soon"), ("MAX_ITEMS_PER_SYNC", "many")],
    );
    assert_eq!(done.code, Some(1));
    assert!(
        done.err.contains("SYNC_INTERVAL") && done.err.contains("MAX_ITEMS_PER_SYNC"),
        "{}",
        done.err
    );
}

#[test]
fn without_anything_it_says_what_to_set() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let done = finish(bare(&rig.folder).args(["sync", "--once"]));
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(done.err.contains("NOTION_DATABASE_ID"), "{}", done.err);
}

#[test]
fn a_missing_token_is_a_login_matter() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    for variable in ["GITHUB_TOKEN", "NOTION_TOKEN"] {
        let done = pass(
            &rig,
            &["sync", "--once"],
            &[(variable, ""), ("PATH", "/nonexistent")],
        );
        assert_eq!(done.code, Some(4), "{}", done.said());
        assert!(done.err.contains(variable), "{}", done.err);
    }
}

/// An owner that GitHub does not know is named, with what names it.
#[test]
fn an_owner_that_is_not_there_is_named_with_the_variable() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    let more = [("GITHUB_USERNAME", "nobody")];
    let wanted = "called `nobody`, which GITHUB_USERNAME names; correct it there";
    let done = pass(&rig, &["sync", "--once"], &more);
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(done.said().contains(wanted), "{}", done.said());
    let done = pass(&rig, &["doctor", "--json"], &more);
    assert!(done.said().contains(wanted), "{}", done.said());
    // A link of one's own says where its owners come from.
    std::fs::write(
        rig.folder.join("own.toml"),
        "[[link]]\nname = \"one\"\nrepositories = [\"nobody/*\"]\n",
    )
    .unwrap();
    let file = rig.folder.join("own.toml").display().to_string();
    let done = pass(&rig, &["sync", "--once"], &[("PULSE_SYNC_CONFIG", &file)]);
    let wanted = "called `nobody`, which `repositories` names";
    assert!(done.said().contains(wanted), "{}", done.said());
    let unused = "GITHUB_USERNAME has no effect";
    assert!(done.said().contains(unused), "{}", done.said());
}
