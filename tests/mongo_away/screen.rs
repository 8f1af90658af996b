//! The dashboard while its store is away: what the header and the Queue pane say, and that it goes on by itself.

use mongodb::bson::doc;

use super::driver::start;
use super::mongo::Mode;
use super::stage::Stage;

const SIZE: (u16, u16) = (160, 40);

/// Whether a line says since when the store is away: a word, and a time of the day.
fn says_since(screen: &str, words: &str) -> bool {
    screen.lines().any(|line| {
        let rest = line.split_once(words).map(|(_, rest)| rest.trim_start());
        let clock: Vec<char> = rest.unwrap_or_default().chars().take(5).collect();
        let is_clock = |at: usize, sign: &char| match at {
            2 => *sign == ':',
            _ => sign.is_ascii_digit(),
        };
        clock.len() == 5
            && clock
                .iter()
                .enumerate()
                .all(|(at, sign)| is_clock(at, sign))
    })
}

#[test]
fn the_queue_says_since_when_the_store_is_away_and_goes_on_when_it_is_back() {
    let mut stage = Stage::new(Mode::Replica, 3, 0, 0);
    stage.settle();
    let mut tty = start(&stage.rig.command(&[]), SIZE);
    tty.see("RUNNING");
    tty.press("2");
    stage.server.kill();
    tty.until("the header says it", |text| {
        text.contains("OFFLINE") && says_since(text, "MongoDB unreachable since")
    });
    let words = "MongoDB unreachable since";
    let queue = |text: &str| text.lines().skip(1).collect::<Vec<_>>().join("\n");
    tty.until("the Queue pane says it", |text| {
        says_since(&queue(text), words)
    });
    tty.until("and when it is tried again", |text| {
        queue(text).lines().any(|line| {
            line.contains(words)
                && (line.contains("tried again in") || line.contains("being tried now"))
        })
    });
    stage.rig.rename_issue(1, "While it was away");
    let before = stage.rig.writes();
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(
        stage.rig.writes(),
        before,
        "written while the store is away"
    );
    stage.restart();
    tty.see("RUNNING");
    tty.until("nothing is away", |text| {
        !text.contains("unreachable since")
    });
    tty.press("s");
    tty.until("it is written", |_| {
        stage.rig.cell(stage.rig.page(1), "title") == "While it was away"
    });
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    tty.assert_whole();
}

/// Nothing is to be done, and all at once no write ends any more: seen before anybody wants to write.
#[test]
#[ignore = "fails in about half of the runs: with these settings the header stays RUNNING for a minute; by hand it is said within 4 to 10 s. To be understood before it is trusted again"]
fn a_locked_server_is_said_while_nothing_is_to_be_done() {
    let stage = Stage::new(Mode::Replica, 3, 0, 0);
    stage.settle();
    let mut tty = start(&stage.rig.command(&[]), SIZE);
    tty.see("RUNNING");
    tty.press("2");
    stage.command(doc! { "fsync": 1, "lock": true });
    let words = "MongoDB answers no writes since";
    tty.until("the header says it", |text| {
        text.contains("OFFLINE") && says_since(text, words)
    });
    let queue = |text: &str| text.lines().skip(1).collect::<Vec<_>>().join("\n");
    tty.until("the Queue pane says it", |text| {
        says_since(&queue(text), words)
    });
    stage.command(doc! { "fsyncUnlock": 1 });
    tty.see("RUNNING");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    tty.assert_whole();
}

#[test]
fn a_wrong_password_is_shown_as_one() {
    let mut stage = Stage::new(Mode::Auth, 3, 0, 0);
    stage
        .rig
        .env
        .insert("MONGODB_URI", stage.server.uri_as("root:wr0ng@"));
    let mut tty = start(&stage.rig.command(&[]), SIZE);
    tty.press("2");
    let words = "MongoDB refuses the login since";
    tty.until("the header says it", |text| {
        text.contains("LOGIN") && says_since(text, words)
    });
    tty.until("and what to do", |text| {
        !text.contains("unreachable") && text.contains("the log says what to do")
    });
    tty.press("q");
    let _ = tty.ends();
    tty.assert_whole();
    assert_eq!(stage.rig.writes(), (0, 0));
}
