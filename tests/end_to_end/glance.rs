//! `status --line`: never "ok" while something needs a person, beside a running engine, and nothing but one line.

use pulse_sync::sim::notion::http::{FaultKind, Rule};

use super::rig::{Done, Rig, world};

fn line(rig: &Rig) -> Done {
    let done = rig.run(&["status", "--line"]);
    assert_eq!(done.err, "", "a prompt has no room for more");
    assert_eq!(done.out.lines().count(), 1, "{:?}", done.out);
    assert!(!done.out.contains('\u{1b}'), "{:?}", done.out);
    done
}

fn assert_line(rig: &Rig, text: &str, code: i32) {
    let done = line(rig);
    assert!(done.out.contains(text), "{text}: {:?}", done.out);
    assert_eq!(done.code, Some(code), "{:?}", done.out);
    let is_ok = done.out.contains("ok");
    assert_eq!(is_ok, code == 0, "ok, and only then: {:?}", done.out);
}

#[test]
fn the_line_says_ok_only_when_nothing_needs_a_person() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    assert_line(&rig, "⇄ not synced yet", 2);
    rig.settle();
    assert_line(&rig, "⇄ ok ", 0);

    rig.rename_issue(1, "Here");
    rig.rename_page(rig.page(1), "There");
    rig.run(&["sync", "--once"]);
    assert_line(&rig, "⇄ 1! conflict", 2);
    rig.run(&["pause"]);
    assert_line(&rig, "⇄ 1! conflict, paused", 3);
    let ascii = rig.run(&["status", "--line", "--ascii"]).out;
    assert!(ascii.starts_with("<> 1! conflict") && ascii.is_ascii());
    let colours = rig.run(&["status", "--line", "--color", "always"]).out;
    assert!(colours.starts_with("\u{1b}[31m"), "{colours:?}");
}

#[test]
fn what_the_guard_holds_and_what_was_refused_is_named() {
    let mut rig = Rig::start(Some(world(40, 0, 0)));
    rig.settle();
    for number in 1..=30 {
        rig.hub(|hub| hub.delete_issue(1, "ada", "ada/lantern", number))
            .unwrap();
    }
    rig.run(&["sync", "--once", "--full"]);
    assert_line(&rig, "⇄ held 30", 3);
    rig.env
        .insert("NOTION_TOKEN", "ntn_wrong_wrong_wrong".to_owned());
    rig.run(&["sync", "--once"]);
    assert_line(&rig, "⇄ held 30, login Notion", 4);
}

#[test]
fn a_service_that_is_away_is_named() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    rig.settle();
    let address = "http://127.0.0.1:9".to_owned();
    let right = rig.env.insert("GITHUB_API_URL", address).unwrap();
    rig.run(&["sync", "--once"]);
    assert_line(&rig, "⇄ offline GitHub", 5);
    rig.env.insert("GITHUB_API_URL", right);
    rig.sync();
    assert_line(&rig, "⇄ ok ", 0);
}

#[test]
fn a_missing_right_is_named() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    let rule = Rule::always("/v1/pages", FaultKind::Status(403, "restricted_resource"));
    rig.small.notion.shared.lock().faults.add(rule);
    rig.run(&["sync", "--once"]);
    assert_line(&rig, "⇄ denied by Notion", 4);
}

#[test]
fn what_cannot_be_read_is_a_line_as_well() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    std::fs::create_dir_all(rig.state()).unwrap();
    std::fs::write(rig.store(), "no store at all, and long enough").unwrap();
    assert_line(&rig, "⇄ ! store", 1);
    let mut command = rig.command(&["status", "--line"]);
    std::fs::write(rig.folder.join("config.toml"), "link = 3").unwrap();
    let done = super::rig::finish(&mut command);
    assert_eq!(
        (done.out.as_str(), done.err.as_str()),
        ("⇄ ! configuration\n", "")
    );
    assert_eq!(done.code, Some(1));
}

#[test]
fn it_reads_beside_an_engine_that_runs() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let mut child = rig.spawn(&["run"]);
    let beside: Vec<Done> = (0..5).map(|_| line(&rig)).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(beside.iter().all(|done| done.code == Some(0)));
}
