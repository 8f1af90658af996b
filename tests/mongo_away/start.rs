//! A start without the store: what is said, and that a stop ends it.

use std::net::TcpListener;
use std::process::Child;
use std::time::{Duration, Instant};

use super::mongo::{Mode, Server};
use super::rig::Rig;
use super::stage::terminate;

/// The store is asked for so long, in seconds: a stop takes no longer.
const PATIENCE: u64 = 2;

fn rig(uri: &str) -> Rig {
    let mut rig = Rig::start(None);
    rig.env.insert("MONGODB_URI", uri.to_owned());
    rig.advanced("store_timeout", &format!("\"{PATIENCE}s\""));
    rig
}

/// The address of a port at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("mongodb://{}/", listener.local_addr().unwrap())
}

/// Starts `run`; what it says goes into a file.
fn spawn(rig: &Rig) -> Child {
    let said = std::fs::File::create(rig.folder.join("said")).unwrap();
    let mut command = rig.command(&["run"]);
    command.stdout(said.try_clone().unwrap()).stderr(said);
    command.spawn().unwrap()
}

fn said(rig: &Rig) -> String {
    std::fs::read_to_string(rig.folder.join("said")).unwrap()
}

fn until_said(rig: &Rig, words: &str) {
    let started = Instant::now();
    while !said(rig).contains(words) {
        let is_early = started.elapsed() < Duration::from_mins(1);
        assert!(is_early, "{words:?} is not said: {}", said(rig));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_start_without_the_store_says_so_and_can_be_stopped_at_any_moment() {
    let rig = rig(&nobody());
    // While it waits, and while the store is tried again.
    for after in [0, 700, 2_500, 5_000] {
        let child = spawn(&rig);
        until_said(&rig, "cannot be reached");
        std::thread::sleep(Duration::from_millis(after));
        assert_eq!(terminate(child), Some(1), "{after}: {}", said(&rig));
        let said = said(&rig);
        assert!(said.contains("waiting "), "{after}: {said}");
        assert!(
            said.contains("stopped: the store is away, and no write is in flight"),
            "{after}: {said}"
        );
    }
    assert_eq!(rig.writes(), (0, 0));
}

#[test]
fn a_wrong_password_is_told_as_one_and_can_be_stopped() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(Mode::Auth));
    let rig = rig(&server.uri_as("root:wr0ng@"));
    let assert_told = |said: &str| {
        assert!(
            said.contains("refused the user name or the password"),
            "{said}"
        );
        assert!(said.contains("Correct MONGODB_URI"), "{said}");
        for raw in ["Some(", "Kind:", "Error {", "wr0ng"] {
            assert!(!said.contains(raw), "{raw}: {said}");
        }
    };
    let once = rig.run(&["sync", "--once"]);
    assert_eq!(once.code, Some(1), "{}", once.said());
    assert_told(&once.said());
    let child = spawn(&rig);
    until_said(&rig, "refused");
    assert_eq!(terminate(child), Some(1), "{}", said(&rig));
    assert_told(&said(&rig));
}

#[test]
fn a_copy_reads_the_variable_that_is_named() {
    let mut rig = Rig::start(None);
    // A source that is not there is told first.
    let early = rig.run(&["store", "move", "--from", "configured", "--to", "env:X"]);
    assert!(
        early.said().contains("there is no store at"),
        "{}",
        early.said()
    );
    rig.sync();
    let missing = rig.run(&[
        "store",
        "move",
        "--from",
        "configured",
        "--to",
        "env:COPY_TARGET",
    ]);
    let said = missing.said();
    assert!(said.contains("COPY_TARGET is not set"), "{said}");
    rig.env.insert("COPY_TARGET", "nonsense://".to_owned());
    let found = rig.run(&[
        "store",
        "move",
        "--from",
        "configured",
        "--to",
        "env:COPY_TARGET",
    ]);
    assert_eq!(found.code, Some(1), "{}", found.said());
    assert!(!found.said().contains("is not set"), "{}", found.said());
}
