//! `doctor` between the small services: each check by itself, nothing written, bounded when nothing answers.

use std::io::{Read, Write};
use std::net::TcpListener;

use pulse_sync::sim::github::http::FaultKind as HubFault;
use serde_json::Value as Json;

use super::rig::{Done, Rig, finish, world};

/// The lines of a check, as `level: text > help`.
fn lines(report: &Json, check: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap();
    let of = checks.iter().filter(|line| line["check"] == check);
    of.map(|line| {
        format!(
            "{}: {} > {}",
            line["level"].as_str().unwrap(),
            line["text"].as_str().unwrap(),
            line["help"].as_str().unwrap_or_default()
        )
    })
    .collect()
}

fn assert_line(report: &Json, check: &str, parts: &[&str]) {
    let lines = lines(report, check);
    let fits = |line: &String| parts.iter().all(|part| line.contains(part));
    assert!(lines.iter().any(fits), "{check} {parts:?}: {lines:#?}");
}

fn doctor(rig: &Rig) -> (Done, Json) {
    let done = rig.run(&["doctor", "--json"]);
    let report = done.json();
    (done, report)
}

#[test]
fn a_right_set_up_is_all_ok_and_nothing_is_written() {
    let rig = Rig::start(Some(world(3, 1, 1)));
    let before = rig.writes();
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(0), "{}", done.said());
    assert_eq!(report["failed"], 0);
    assert_eq!(rig.writes(), before);
    assert_line(&report, "store", &["ok", "the first sync makes it"]);
    assert_line(&report, "GitHub", &["ok", "acts as ada"]);
    assert_line(
        &report,
        "repository",
        &["ok: ada/lantern", "may be written to"],
    );
    assert_line(&report, "Notion", &["ok", "Small workspace"]);
    assert_line(
        &report,
        "properties",
        &["the first sync adds GitHub ID, Kind"],
    );
    assert_line(&report, "clock", &["ok", "GitHub and Notion"]);
    let is_made = |name: &str| {
        let service = rig.small.notion.shared.lock();
        service.world.property(rig.small.source, name).is_some()
    };
    assert!(!is_made("GitHub ID"), "no column was added");
    for secret in [
        rig.small.github_token().to_owned(),
        rig.small.notion_token(),
    ] {
        assert!(!done.said().contains(&secret));
    }

    rig.settle();
    let (_, report) = doctor(&rig);
    assert_line(&report, "properties", &["ok: 39 of 39"]);
    assert_line(&report, "store", &["ok", "format ", "5 items linked"]);
    let lines = rig.run(&["doctor"]);
    assert_eq!(lines.code, Some(0));
    assert!(lines.out.lines().all(|line| line.chars().count() <= 80));
    assert!(!lines.out.contains('\u{1b}'));
    assert!(lines.out.contains("0 failed"), "{}", lines.out);
}

#[test]
fn with_dead_networks_the_rest_is_said() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    rig.settle();
    for name in ["GITHUB_API_URL", "NOTION_API_URL"] {
        rig.env.insert(name, "http://127.0.0.1:9".to_owned());
    }
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(5));
    assert_line(
        &report,
        "GitHub",
        &["fail", "cannot reach GitHub", "network"],
    );
    assert_line(&report, "Notion", &["fail", "cannot reach Notion"]);
    assert_line(&report, "clock", &["warn", "neither"]);
    assert_line(&report, "store", &["ok", "1 item linked"]);
    assert_line(&report, "GitHub token", &["ok: found: GITHUB_TOKEN"]);
}

#[test]
fn a_service_that_never_answers_is_not_waited_for() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    rig.env.insert("NOTION_API_URL", address);
    rig.advanced("notion_timeout", "\"300ms\"");
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(5));
    assert_line(&report, "Notion", &["fail", "did not answer within 0.3 s"]);
    assert_line(&report, "repository", &["ok: ada/lantern"]);
}

#[test]
fn tokens_that_are_missing_or_wrong_end_with_their_own_code() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    rig.env
        .insert("GITHUB_TOKEN", "ghp_nonsense_nonsense".to_owned());
    rig.env.remove("NOTION_TOKEN");
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(4));
    assert_line(
        &report,
        "GitHub",
        &["fail", "Bad credentials", "new GitHub token"],
    );
    assert_line(
        &report,
        "Notion token",
        &["fail", "no Notion token", "set NOTION_TOKEN"],
    );
    assert!(!done.said().contains("ghp_nonsense"));
}

#[test]
fn rights_that_are_missing_are_named_with_the_repository() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    rig.link("repositories", "[\"ada/lantern\", \"ada/nosuch\"]");
    let deny = HubFault::Status(403, None);
    let path = "/repos/ada/lantern/commits";
    rig.small
        .github
        .front
        .lock()
        .faults
        .add("GET", path, 9, deny);
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(4));
    assert_line(
        &report,
        "repository",
        &["fail: ada/lantern", "\"Contents: read\""],
    );
    assert_line(
        &report,
        "repository",
        &["fail: ada/nosuch", "check the name"],
    );
}

#[test]
fn an_account_that_may_only_read_is_a_warning() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    let token = "ghp_stranger00000000000000000000000000000";
    rig.hub(|hub| {
        let at = 0;
        hub.add_user(at, "linus", pulse_sync::sim::github::AccountKind::User);
        hub.add_token(token, "linus", false);
    });
    rig.env.insert("GITHUB_TOKEN", token.to_owned());
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(0), "{report}");
    assert_line(
        &report,
        "repository",
        &["warn", "may not write to it", "write access"],
    );
}

#[test]
fn columns_of_another_type_and_a_database_that_is_not_shared_are_said() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    rig.settle();
    let now = rig.small.notion.shared.now();
    {
        let mut service = rig.small.notion.shared.lock();
        let source = rig.small.source;
        let person = rig.small.person;
        let kind = pulse_sync::sim::notion::schema::Kind::RichText;
        service
            .world
            .retype_property(now, person, source, "Number", kind)
            .unwrap();
    }
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(0));
    assert_line(
        &report,
        "properties",
        &["warn", "\"Number\"", "Change its type"],
    );
    rig.link("database", "\"11111111-2222-4333-8444-555555555555\"");
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(4));
    assert_line(&report, "database", &["fail", "not shared", "Connections"]);
}

#[test]
fn a_clock_that_is_wrong_is_a_warning() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.local_addr().unwrap());
    rig.env.insert("GITHUB_API_URL", address);
    std::thread::spawn(move || {
        for stream in server.incoming().take(20) {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let body = "{\"login\":\"ada\"}";
            let answer = format!(
                "HTTP/1.1 200 OK\r\nDate: Sun, 01 Nov 2020 10:00:00 GMT\r\nConnection: close\r\n\
                 X-OAuth-Scopes: read:org\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let (_, report) = doctor(&rig);
    assert_line(&report, "clock", &["warn", "ahead of GitHub's"]);
    assert_line(
        &report,
        "GitHub",
        &["ok: acts as ada; a classic token with read:org"],
    );
    assert_line(&report, "GitHub", &["warn", "scopes", "`repo`"]);
}

#[test]
fn a_wrong_configuration_is_said_and_the_machine_is_looked_at_all_the_same() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let mut command = rig.command(&["doctor", "--json"]);
    let file = rig.folder.join("config.toml");
    std::fs::write(&file, "[sync]\nmax_itms = 3\n[[link]]\nname = 3\n").unwrap();
    let before = rig.requests();
    let done = finish(&mut command);
    assert_eq!(done.code, Some(1));
    let report = done.json();
    assert_line(&report, "configuration", &["fail", "config.toml, line 2"]);
    assert!(lines(&report, "configuration").len() >= 2, "{report}");
    assert_line(&report, "services", &["warn"]);
    assert_line(&report, "folders", &["ok"]);
    assert_line(&report, "terminal", &["ok"]);
    assert_eq!(rig.requests(), before, "no token goes anywhere");
}

#[test]
fn a_store_that_is_none_and_another_instance_are_said() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    rig.settle();
    let mut child = rig.spawn(&["run"]);
    let mut report = Json::Null;
    for _ in 0..200 {
        if child.try_wait().unwrap().is_some() {
            // It met the doctor's own look at the lock.
            child = rig.spawn(&["run"]);
        }
        report = doctor(&rig).1;
        if lines(&report, "instance")[0].contains("process") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_line(
        &report,
        "instance",
        &["ok: process ", "keeps the links in step"],
    );
    assert_line(&report, "store", &["ok"]);

    std::fs::write(rig.store(), "no store at all, and long enough").unwrap();
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(1));
    assert_line(&report, "store", &["fail", "not a SQLite file"]);
    assert_line(&report, "GitHub", &["ok"]);
}

#[test]
fn damage_that_stops_a_sync_is_told_by_everything_that_looks() {
    let rig = Rig::start(Some(world(6, 2, 2)));
    assert_eq!(rig.run(&["sync", "--once"]).code, Some(0));
    let path = rig.store();
    let whole = std::fs::read(&path).unwrap();
    let mut torn = whole.clone();
    let last = torn.len() - 4096;
    torn[last..last + 64].fill(0xa5);
    std::fs::write(&path, &torn).unwrap();
    let (done, report) = doctor(&rig);
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert_line(&report, "store", &["fail", "is damaged", "Move it away"]);
    assert_eq!(rig.run(&["sync", "--once"]).code, Some(1));
    // Nobody searches the whole file for a prompt; after a sync met the damage there is a sign of it.
    let line = rig.run(&["status", "--line"]);
    assert_eq!((line.code, line.out.trim()), (Some(1), "⇄ ! store"));
    let status = rig.run(&["status"]);
    assert_eq!(status.code, Some(1), "{}", status.said());
    assert!(status.said().contains("is damaged"), "{}", status.said());
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(rig.run(&["status", "--line"]).code, Some(0));
    assert_eq!(doctor(&rig).0.code, Some(0));
}
