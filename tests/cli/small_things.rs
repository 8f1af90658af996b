//! Small things that were wrong once.

use super::rig::{Rig, bare, finish, world};

#[test]
fn everything_that_is_missing_is_said_at_once_and_once() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let file = rig.folder.join("only-a-store.toml");
    std::fs::write(&file, "[store]\nuri = \"mongodb://localhost\"\n").unwrap();
    for args in [["sync", "--once"].as_slice(), &["config", "check"]] {
        let mut command = bare(&rig.folder);
        command.arg("--config").arg(&file).args(args);
        let done = finish(&mut command);
        assert_eq!(done.code, Some(1), "{}", done.said());
        let word = "nothing to keep in step";
        assert!(done.err.contains(word), "{word} in {}", done.err);
        assert!(!done.err.contains("error: error:"), "{}", done.err);
    }
}

#[test]
fn a_selftest_of_no_seeds_is_no_success() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let last = u64::MAX.to_string();
    for args in [
        ["--seeds", "2", "--from", &last],
        ["--seeds", "0", "--from", "1"],
    ] {
        let done = finish(bare(&rig.folder).arg("selftest").args(args));
        assert_eq!(done.code, Some(1), "{}", done.said());
        assert!(done.err.contains("no seeds"), "{}", done.err);
    }
}

#[test]
fn a_finished_write_is_in_the_history_once() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let history = rig.run(&["history", "--json"]).json();
    let creates = |outcome: &str| {
        let is_one = |record: &&serde_json::Value| {
            record["verb"] == "create" && record["outcome"] == outcome
        };
        history.as_array().unwrap().iter().filter(is_one).count()
    };
    assert_eq!((creates("done"), creates("open")), (3, 0), "{history}");
}

#[test]
fn conflicts_alone_lists_them() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    assert_eq!(rig.run(&["conflicts"]).code, Some(0));
    rig.rename_issue(1, "Here");
    rig.rename_page(rig.page(1), "There");
    rig.run(&["sync", "--once"]);
    let (bare, list) = (rig.run(&["conflicts"]), rig.run(&["conflicts", "list"]));
    assert_eq!((bare.code, &bare.out), (Some(2), &list.out));
    let json = rig.run(&["conflicts", "--json"]).json();
    assert_eq!(json.as_array().unwrap().len(), 1);
}

#[test]
fn an_empty_store_file_is_not_taken_for_a_new_one_in_silence() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    std::fs::create_dir_all(rig.state()).unwrap();
    std::fs::write(rig.store(), "").unwrap();
    let done = rig.run(&["sync", "--once"]);
    assert!(done.err.contains("is empty (0 bytes)"), "{}", done.said());
    let done = rig.run(&["sync", "--once"]);
    assert!(!done.err.contains("is empty"), "{}", done.said());
}

#[test]
fn read_only_means_that_nothing_is_written_by_any_command() {
    let rig = Rig::start(None);
    rig.settle();
    rig.rename_issue(1, "Renamed meanwhile");
    let before = rig.writes();
    for command in [
        vec!["sync", "--once"],
        vec!["run"],
        vec!["pause"],
        vec!["resume"],
        vec!["undo", "x", "--yes"],
        vec!["conflicts", "take", "x", "github"],
        vec!["held", "apply", "x"],
        vec!["held", "keep", "x"],
    ] {
        let args: Vec<&str> = [vec!["--read-only"], command].concat();
        let done = rig.run(&args);
        assert_eq!(done.code, Some(1), "{args:?}");
        assert!(
            done.said().contains("--read-only forbids it"),
            "{}",
            done.said()
        );
    }
    let plan = rig.run(&["--read-only", "plan"]);
    assert_eq!(plan.code, Some(2), "{}", plan.said());
    assert_eq!(rig.writes(), before);
    assert_eq!(rig.run(&["status"]).code, Some(0));
    assert!(!rig.run(&["status"]).said().contains("paused"));
}

#[test]
fn before_the_first_sync_it_is_said_that_there_was_none() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    for command in ["status", "history"] {
        let done = rig.run(&[command]);
        assert_eq!(done.code, Some(0), "{}", done.said());
        for words in ["nothing has been synced yet", "pulse-sync sync --once"] {
            assert!(done.out.contains(words), "{words}: {}", done.said());
        }
    }
    let status = rig.run(&["status", "--json"]);
    assert_eq!(status.code, Some(0), "{}", status.said());
    let status = status.json();
    assert_eq!(status["links"][0]["counts"]["active"], 0, "{status}");
    assert_eq!(status["links"][0]["last_run"], serde_json::Value::Null);
    assert_eq!(status["store"]["kind"], "sqlite", "{status}");
    for args in [
        &["history", "--json"][..],
        &["errors", "--json"],
        &["conflicts", "--json"],
        &["held", "list", "--json"],
    ] {
        let done = rig.run(args);
        assert_eq!(done.code, Some(0), "{args:?}: {}", done.said());
        assert_eq!(done.json(), serde_json::json!([]), "{args:?}");
    }
    assert!(!rig.store().exists(), "looking makes no store");
    rig.settle();
    let done = rig.run(&["status"]);
    assert!(
        !done.out.contains("nothing has been synced"),
        "{}",
        done.out
    );
}

#[test]
fn one_of_something_is_not_said_in_the_plural() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    rig.rename_issue(1, "Here");
    rig.rename_page(rig.page(1), "There");
    rig.run(&["sync", "--once"]);
    let status = rig.run(&["status"]).out;
    assert!(status.contains("  1 conflict, 0 held"), "{status}");
    let plan = rig.run(&["plan"]).out;
    assert!(plan.contains("1 conflict waits for you"), "{plan}");
    let check = rig.run(&["config", "check"]).out;
    assert!(check.contains("right: 1 link\n"), "{check}");
}

#[test]
fn a_list_of_none_is_not_asked_for() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    for command in ["errors", "history"] {
        let done = rig.run(&[command, "--limit", "0"]);
        assert_eq!(done.code, Some(1), "{}", done.said());
        assert!(done.err.contains("at least 1"), "{}", done.err);
    }
}

#[test]
fn what_is_in_step_is_not_said_to_be_tried_again() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    rig.settle();
    let done = rig.run(&["retry", "ada/lantern#1"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert!(done.out.contains("is in step"), "{}", done.said());
    let done = rig.run(&["retry", "ada/lantern#1", "--json"]).json();
    assert_eq!(done, serde_json::json!({"retried": 0, "items": []}));
    rig.assert_quiet();
}

/// One rule for all that gives JSON: stdout has it, and says why where it cannot be had.
#[test]
fn with_the_store_away_every_command_for_scripts_says_so_in_json() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    let gone = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300";
    rig.env.insert("MONGODB_URI", gone.to_owned());
    for args in [
        ["errors", "--json"].as_slice(),
        &["history", "--json"],
        &["conflicts", "--json"],
        &["conflicts", "list", "--json"],
        &["conflicts", "show", "x", "--json"],
        &["held", "list", "--json"],
        &["retry", "--json"],
        &["status", "--json"],
    ] {
        let done = rig.run(args);
        assert_eq!(done.code, Some(1), "{args:?}: {}", done.said());
        let json = done.json();
        assert!(json["error"].is_string(), "{args:?}: {json}");
        assert!(json["errors"][0].is_string(), "{args:?}: {json}");
    }
    let misread = rig.run(&["errors", "--json", "--what"]).json();
    assert!(misread["error"].is_string(), "{misread}");
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_an_error() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    rig.settle();
    for args in [
        ["sync", "--once", "--json"].as_slice(),
        &["status", "--line"],
        &["status"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let mut command = rig.command(args);
        let child = command
            .stdout(full.unwrap())
            .stderr(std::process::Stdio::piped())
            .spawn();
        let done = child.unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("could not be written"), "{args:?}: {said}");
    }
}
