//! The dashboard end to end: the real binary in a pseudo terminal, between both small services.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(
    dead_code,
    reason = "shared with tests/pictures, which looks at cells, too"
)]
#[path = "tty/driver.rs"]
mod driver;
#[allow(
    dead_code,
    reason = "shared with tests/end_to_end, which uses all of it"
)]
#[path = "end_to_end/rig.rs"]
mod rig;

#[path = "tty/init.rs"]
mod init;

use driver::{Tty, start, start_typing, until};
use pulse_sync::sim::github::http::FaultKind;
use rig::Rig;

const SIZE: (u16, u16) = (120, 40);

/// Everything imported, and the dashboard open on it.
fn open(rig: &Rig) -> Tty {
    let tty = start(&rig.command(&[]), SIZE);
    tty.see("RUNNING");
    tty
}

fn settled() -> Rig {
    let rig = Rig::start(None);
    rig.settle();
    rig
}

/// Both sides give an issue another title.
fn clash(rig: &Rig, number: u64) {
    rig.rename_issue(number, &format!("From GitHub {number}"));
    rig.rename_page(rig.page(number), &format!("From Notion {number}"));
}

#[test]
fn it_opens_imports_and_quits() {
    let rig = Rig::start(None);
    let mut tty = open(&rig);
    tty.see("created page");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    tty.assert_whole();
    rig.settle();
    assert_eq!(rig.page(1), rig.page(1), "one page of each issue");
}

#[test]
fn conflicts_are_resolved_each_way_and_land_on_both_services() {
    let rig = settled();
    clash(&rig, 1);
    clash(&rig, 2);
    let mut tty = open(&rig);
    tty.see("2 need you");
    tty.press("4g\r");
    tty.see("Conflict 1 of 2");
    tty.see("Enter is off");
    // Nothing is written before Enter.
    let before = (rig.cell(rig.page(1), "title"), rig.issue(2).title);
    assert_eq!(
        before,
        ("From Notion 1".to_owned(), "From GitHub 2".to_owned())
    );
    let first = if tty.text().contains("#1 ") { 1 } else { 2 };
    tty.press("h");
    tty.see("will write Notion");
    tty.press("\r");
    let wanted = format!("From GitHub {first}");
    until("GitHub's title in Notion", || {
        rig.cell(rig.page(first), "title") == wanted
    });
    tty.see("1 need you");
    let second = 3 - first;
    tty.press("\r");
    tty.see("Conflict 1 of 1");
    tty.press("l");
    tty.see("will write GitHub");
    tty.press("\r");
    let wanted = format!("From Notion {second}");
    until("Notion's title on GitHub", || {
        rig.issue(second).title == wanted
    });
    tty.see("No conflicts");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn a_choice_survives_quitting_and_is_not_applied_before() {
    let rig = settled();
    clash(&rig, 1);
    let mut tty = open(&rig);
    tty.see("1 need you");
    tty.press("4\rl");
    tty.see("will write GitHub");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    assert_eq!(rig.issue(1).title, "From GitHub 1");
    let mut tty = open(&rig);
    tty.see("1 chosen");
    tty.press("\r");
    tty.see("will write GitHub");
    tty.press("\r");
    until("the title on GitHub", || {
        rig.issue(1).title == "From Notion 1"
    });
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn a_side_that_moved_on_is_not_overwritten() {
    let rig = settled();
    clash(&rig, 1);
    let mut tty = open(&rig);
    tty.see("1 need you");
    tty.press("4\rl");
    tty.see("will write GitHub");
    rig.rename_issue(1, "Once more");
    tty.press("\r");
    tty.see("moved on");
    tty.see("Once more");
    assert_eq!(rig.issue(1).title, "Once more");
    assert_eq!(rig.cell(rig.page(1), "title"), "From Notion 1");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn nothing_is_written_while_paused() {
    let rig = settled();
    let mut tty = open(&rig);
    tty.press("p");
    tty.see("PAUSED");
    rig.rename_issue(1, "While you were away");
    let before = rig.writes();
    for _ in 0..3 {
        tty.press("S");
        // The pass before may still be reading.
        let is_answer = |screen: &str| {
            screen.contains("sync asked for") || screen.contains("under way already")
        };
        tty.until("an answer", is_answer);
        tty.press("\u{1b}");
        tty.until("the message to go", |screen| !is_answer(screen));
    }
    assert_eq!(rig.writes(), before);
    tty.press("p");
    until("the title in Notion", || {
        rig.cell(rig.page(1), "title") == "While you were away"
    });
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn a_pause_survives_a_restart() {
    let rig = settled();
    let mut tty = open(&rig);
    tty.press("p");
    tty.see("PAUSED  since");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    let mut tty = start(&rig.command(&[]), SIZE);
    tty.see("PAUSED  since");
    tty.press("p");
    tty.see("RUNNING");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn a_closed_terminal_leaves_nothing_running() {
    let rig = settled();
    let mut tty = open(&rig);
    tty.hang_up();
    // Ended by the hang-up, after the engine had ended.
    assert_ne!(tty.ends(), 0);
    // The store is free again at once.
    rig.settle();
}

#[test]
fn signals_end_it_with_a_whole_terminal() {
    let rig = settled();
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131)] {
        let mut tty = open(&rig);
        tty.signal(name);
        assert_eq!(tty.ends(), code, "{name}");
        tty.assert_whole();
    }
}

/// How often the clock has ticked: once for each sample of the machine in the System pane.
fn ticks(tty: &Tty) -> usize {
    let text = tty.text();
    let top = text.lines().find(|line| line.contains("1 System")).unwrap();
    let right = top.split("┐").next().unwrap();
    let span: String = right.chars().filter(char::is_ascii_digit).collect();
    span[1..].parse().unwrap_or(0)
}

#[test]
fn a_key_does_not_wait_for_the_clock() {
    const KEYS: usize = 8;
    let rig = settled();
    let mut tty = open(&rig);
    // Without focus the clock ticks every ten seconds only.
    tty.press("\u{1b}[O3gj");
    tty.until("samples", |_| ticks(&tty) > 0);
    let before = ticks(&tty);
    for _ in 0..KEYS / 2 {
        tty.press("d");
        tty.see("Plan (dry run)");
        tty.press("\u{1b}");
        tty.until("the dashboard", |text| !text.contains("Plan (dry run)"));
    }
    let during = ticks(&tty) - before;
    assert!(during < KEYS / 2, "{KEYS} keys took {during} ticks");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn a_read_only_dashboard_writes_nothing_by_itself_either() {
    let rig = settled();
    rig.rename_issue(1, "Renamed meanwhile");
    let before = rig.writes();
    let mut tty = start(&rig.command(&["--read-only"]), SIZE);
    tty.see("READ-ONLY");
    // Only then it listens to keys.
    tty.see("nothing syncs by itself");
    tty.press("d");
    tty.see("Renamed meanwhile");
    tty.press("\u{1b}");
    tty.until("the dashboard", |text| !text.contains("Plan (dry run)"));
    tty.press("S");
    tty.see("started with --read-only");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    assert_eq!(rig.writes(), before);
}

#[test]
fn plain_lines_obey_typed_words() {
    let rig = settled();
    clash(&rig, 1);
    let mut tty = start(&rig.command(&["--plain"]), SIZE);
    tty.see("Type \"help\"");
    tty.see("1 in conflict");
    // The pass may have told of it before the engine's state is known anew.
    for _ in 0..60 {
        if !tty.text().contains(", title, since") {
            tty.press("conflicts\r");
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
    }
    tty.see(", title, since");
    let text = tty.text();
    let line = text.lines().find(|line| line.contains("title, since"));
    let id = line.unwrap().split(':').next().unwrap().trim().to_owned();
    tty.press(&format!("show {id}\r"));
    tty.see("Notion: From Notion 1");
    tty.press("nonsense\r");
    tty.see("is no word of mine");
    tty.press(&format!("take {id} notion\r"));
    until("Notion's title on GitHub", || {
        rig.issue(1).title == "From Notion 1"
    });
    assert!(!tty.text().contains(['│', '─', '━']), "{}", tty.text());
    tty.press("quit\r");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn it_is_suspended_and_comes_back() {
    let rig = settled();
    let mut tty = open(&rig);
    let state = |tty: &Tty| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", tty.pid())).unwrap();
        stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
    };
    tty.press("\u{1a}");
    until("the stop", || state(&tty) == 'T');
    tty.assert_whole();
    tty.signal("CONT");
    tty.see("RUNNING");
    rig.rename_issue(1, "Back again");
    // The look on coming back may be under way; then another one is refused, and asked for once more.
    let is_written = || rig.cell(rig.page(1), "title") == "Back again";
    for _ in 0..60 {
        if !is_written() {
            tty.press("S");
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
    }
    until("the title in Notion", is_written);
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    tty.assert_whole();
}

#[test]
fn a_fault_of_our_own_leaves_a_whole_terminal_and_a_readable_message() {
    let mut rig = settled();
    rig.env.insert("PULSE_SYNC_PANIC", "1".to_owned());
    rig.env.insert("RUST_BACKTRACE", "1".to_owned());
    let mut tty = start(&rig.command(&[]), SIZE);
    assert_eq!(tty.ends(), 101);
    tty.assert_whole();
    tty.see("hit a fault of its own");
    tty.see("log");
    assert!(!tty.text().contains("backtrace") && !tty.text().contains("0: "));
}

#[test]
fn a_written_change_is_undone_from_the_history() {
    let rig = settled();
    let title = rig.issue(1).title;
    rig.rename_issue(1, "A passing thought");
    rig.settle();
    let mut tty = open(&rig);
    tty.press("3");
    tty.press("/passing\r");
    tty.see("3 History /passing");
    tty.press("\r");
    tty.see("A passing thought");
    tty.press("u");
    tty.see("Undo would write");
    assert_eq!(
        rig.issue(1).title,
        "A passing thought",
        "nothing is written yet"
    );
    tty.press("\r");
    until("the old title on both sides", || {
        rig.issue(1).title == title && rig.cell(rig.page(1), "title") == title
    });
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn a_plan_writes_only_what_is_left_switched_on() {
    let rig = settled();
    rig.rename_issue(1, "Wanted");
    rig.rename_issue(2, "Not wanted");
    let mut tty = start(&rig.command(&["--read-only"]), SIZE);
    tty.see("READ-ONLY");
    tty.see("nothing syncs by itself");
    tty.press("S");
    tty.see("started with --read-only");
    tty.press("q");
    tty.ends();
    // Paused, so that the timer does not come first.
    rig.run(&["pause"]);
    rig.rename_issue(1, "Wanted");
    let mut tty = start(&rig.command(&[]), SIZE);
    tty.see("PAUSED");
    tty.press("d");
    tty.see("nothing has been written");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn without_a_configuration_it_says_what_to_do() {
    let rig = Rig::start(None);
    let mut command = rig.command(&[]);
    for name in ["GITHUB_TOKEN", "NOTION_TOKEN", "PULSE_SYNC_CONFIG"] {
        command.env_remove(name);
    }
    let mut tty = start(&command, (80, 24));
    for text in [
        "pulse-sync demo",
        "GITHUB_USERNAME",
        "NOTION_DATABASE_ID",
        "config init",
    ] {
        tty.see(text);
    }
    assert_eq!(tty.ends(), 0);
}

#[test]
fn the_report_of_a_pass_has_its_lines_to_itself() {
    let rig = Rig::start(None);
    let mut tty = start(&rig.command(&["sync", "--once"]), (100, 30));
    let code = tty.ends();
    tty.see(" requests)");
    let text = tty.text();
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or_default();
    assert!(first.starts_with("default: "), "{code}:\n{text}");
    assert!(!text.contains(" listed"), "no progress is left:\n{text}");
    tty.assert_whole();
}

#[test]
fn without_a_terminal_it_says_so() {
    let rig = settled();
    let done = rig.run(&[]);
    assert_eq!(done.code, Some(0));
    assert!(done.out.contains("pulse-sync run"), "{}", done.out);
}

#[test]
fn the_demo_shows_everything_within_a_minute() {
    let rig = Rig::start(None);
    let tty = &mut start(&rig.command(&["demo"]), SIZE);
    tty.see("created page");
    tty.see("1 need you");
    tty.until("a retry", |screen| {
        screen.contains("503") && screen.contains("1 deferred")
    });
    tty.see("2 need you");
    tty.until("a limit", |screen| {
        screen.contains("LIMITED") || screen.contains("limit")
    });
    tty.see("1 aside");
    tty.see("HALTED");
    // What GitHub refused stays, with what to do.
    tty.press("3f");
    tty.see("milestone called \"Someday\"");
    tty.see("✗");
    tty.press("f2");
    tty.press("H");
    tty.see("Keep it held");
    tty.press("\u{1b}");
    tty.until("the question to go", |screen| {
        !screen.contains("Keep it held")
    });
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    tty.assert_whole();
}

#[test]
fn the_demo_keeps_to_the_screen_of_a_named_file() {
    let rig = Rig::start(None);
    let file = rig.folder.join("screen.toml");
    std::fs::write(&file, "[screen]\nascii = true\n").unwrap();
    let mut command = rig.command(&["demo", "--config"]);
    let tty = &mut start(command.arg(&file), SIZE);
    tty.see("+-");
    tty.see("created page");
    assert!(tty.text().is_ascii(), "{}", tty.text());
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn choices_made_during_a_pause_are_kept_and_written_after_it() {
    let rig = settled();
    clash(&rig, 1);
    clash(&rig, 2);
    let mut tty = open(&rig);
    tty.see("2 need you");
    tty.press("p");
    tty.see("PAUSED");
    let before = rig.writes();
    tty.press("4g  >");
    tty.see("Conflict 1 of 2");
    tty.see("will write GitHub");
    tty.press("\r");
    tty.see("written once you resume");
    tty.see("2 choices are kept and not written yet");
    assert!(!tty.text().contains("already running"));
    assert_eq!(rig.writes(), before);
    tty.press("p");
    until("Notion's titles on GitHub", || {
        rig.issue(1).title == "From Notion 1" && rig.issue(2).title == "From Notion 2"
    });
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn keys_typed_before_the_terminal_names_its_background_are_kept() {
    let rig = settled();
    let light = Some("ffff/ffff/ffff");
    let mut tty = start_typing(&rig.command(&[]), SIZE, light, "p");
    tty.see("PAUSED");
    let is_themed = |tty: &Tty| !every_cell(tty, |colour| !matches!(colour, vt100::Color::Rgb(..)));
    until("the colours for a light ground", || is_themed(&tty));
    assert!(!tty.text().contains("rgb"), "{}", tty.text());
    tty.press("p");
    tty.see("RUNNING");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    tty.assert_whole();

    // A terminal that does not know it keeps no key either.
    let mut tty = start_typing(
        &{
            let mut command = rig.command(&[]);
            command.env("COLORTERM", "truecolor");
            command
        },
        SIZE,
        None,
        "p",
    );
    tty.see("PAUSED");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

/// What a cell may be drawn in.
fn every_cell(tty: &Tty, holds: impl Fn(vt100::Color) -> bool) -> bool {
    tty.look(|screen| {
        let (rows, columns) = screen.size();
        let (rows, columns) = (rows.get(), columns.get());
        let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let mut cells = cells.filter_map(|(row, column)| screen.cell(row, column));
        cells.all(|cell| holds(cell.fgcolor()) && holds(cell.bgcolor()))
    })
}

#[test]
fn a_refused_token_is_said_with_where_to_look() {
    let mut rig = settled();
    rig.env
        .insert("NOTION_TOKEN", "ntn_of_somebody_else".to_owned());
    let mut tty = start(&rig.command(&[]), SIZE);
    tty.see("! LOGIN  Notion refused the token");
    tty.see("! doctor");
    tty.press("!");
    tty.see("fail");
    tty.see("Notion refused the token: API token is invalid");
    tty.see("1 failed");
    tty.press("\u{1b}");
    tty.until("the dashboard", |text| !text.contains("What a sync needs"));
    assert!(!tty.text().contains("ntn_of_somebody_else"));
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn a_network_that_is_gone_is_said_and_comes_back() {
    let rig = settled();
    let mut tty = open(&rig);
    let cut = |times| {
        let mut front = rig.small.github.front.lock();
        front.faults.clear();
        front.faults.add("*", "*", times, FaultKind::DropBefore);
    };
    cut(10_000);
    for _ in 0..60 {
        if !tty.text().contains("~ OFFLINE  GitHub") {
            tty.press("S");
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
    }
    tty.see("~ OFFLINE  GitHub");
    tty.see("retry 0:");
    cut(0);
    tty.press("S");
    tty.see("RUNNING");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn eight_colours_and_none_of_them_black() {
    for term in ["linux", "vt220"] {
        let mut rig = settled();
        clash(&rig, 1);
        rig.env.insert("TERM", term.to_owned());
        let mut tty = open(&rig);
        tty.see("1 need you");
        tty.press("4");
        tty.press("\r");
        tty.see("Conflict 1 of 1");
        let one_of_eight =
            |colour| matches!(colour, vt100::Color::Default | vt100::Color::Idx(1..=6));
        assert!(every_cell(&tty, one_of_eight), "{term}");
        assert!(
            !every_cell(&tty, |colour| colour == vt100::Color::Default),
            "{term}"
        );
        assert!(
            tty.text().contains('━'),
            "{term} shows what the locale knows"
        );
        tty.press("q");
        assert_eq!(tty.ends(), 0);
    }
}

#[test]
fn no_color_has_none_and_keeps_its_signs() {
    let mut rig = settled();
    clash(&rig, 1);
    rig.env.insert("NO_COLOR", "1".to_owned());
    let mut tty = open(&rig);
    tty.see("1 need you");
    tty.press("4");
    tty.press("\r");
    tty.see("Conflict 1 of 1");
    assert!(every_cell(&tty, |colour| colour == vt100::Color::Default));
    let text = tty.text();
    assert!(
        text.contains('●') && text.contains('━') && text.contains("[+"),
        "{text}"
    );
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn doctor_looks_from_within() {
    let rig = settled();
    let mut tty = open(&rig);
    tty.press(":");
    tty.see("Move down");
    tty.press("doctor");
    tty.see(">Doctor: check everything");
    tty.press("\r");
    tty.see("as this program was started: default");
    tty.see("this program runs");
    tty.see("0 failed");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
}
