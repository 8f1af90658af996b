//! Request budgets between processes: the services count by token, so must we.

use super::rig::{Rig, world};

/// Requests a minute in these tests.
const MOST: u32 = 30;

fn rig() -> Rig {
    let mut rig = Rig::start(Some(world(40, 0, 0)));
    rig.notion_per_minute = MOST;
    rig.advanced("wait_max", "\"1s\"");
    rig.small.notion.shared.lock().limiter.most = Some(MOST);
    rig
}

fn limited(rig: &Rig) -> u64 {
    rig.small.notion.shared.lock().counters.limited
}

#[test]
fn passes_right_after_one_another_are_never_told_too_many() {
    let rig = rig();
    let first = rig.run(&["sync", "--once", "--json"]).json();
    assert!(
        rig.small.notion.shared.lock().counters.requests >= u64::from(MOST) - 5,
        "the first pass uses the budget up: {first}"
    );
    for command in [["sync", "--once"], ["plan", "--json"], ["sync", "--once"]] {
        rig.run(&command);
    }
    assert_eq!(limited(&rig), 0, "answers that said too many");
}

#[cfg(unix)]
#[test]
fn a_killed_process_leaves_what_it_spent() {
    let rig = rig();
    // Nobody reads what it says: a pipe that is full would stop it.
    let mut child = rig
        .command(&["run", "--json"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let start = std::time::Instant::now();
    let settings = || {
        let text = std::fs::read(rig.store()).unwrap_or_default();
        let log = std::fs::read(rig.store().with_extension("db-wal")).unwrap_or_default();
        [text, log].concat()
    };
    // It says so in the store soon after its window is used up.
    while rig.small.notion.shared.lock().counters.requests < u64::from(MOST) - 5
        && start.elapsed().as_secs() < 60
    {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::thread::sleep(std::time::Duration::from_millis(2_500));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(
        limited(&rig),
        0,
        "answers that said too many to the one that was killed"
    );
    let kept = settings();
    let has = |text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has("budget/notion/"));
    assert!(!has(&rig.small.notion_token()), "a token is in the store");
    assert!(!has(rig.small.github_token()), "a token is in the store");
    rig.run(&["sync", "--once", "--json"]);
    assert_eq!(limited(&rig), 0, "answers that said too many");
}
