//! What `doctor` and `status` say of a real server.

use std::time::{Duration, Instant};

use mongodb::bson::doc;
use serde_json::{Value as Json, json};

use super::mongo::Mode;
use super::rig::Done;
use super::stage::Stage;

/// The line of a check, as `level: text > help`.
fn line(report: &Json, check: &str) -> String {
    let checks = report["checks"].as_array().unwrap();
    let mut found = checks.iter().filter(|line| line["check"] == check);
    let one = found
        .next()
        .unwrap_or_else(|| panic!("{check}: {report:#}"));
    assert!(found.next().is_none(), "{check} twice: {report:#}");
    let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
    format!("{}: {} > {}", text("level"), text("text"), text("help"))
}

fn assert_line(report: &Json, check: &str, parts: &[&str]) {
    let line = line(report, check);
    for part in parts {
        assert!(line.contains(part), "{check}: {part:?} is not in {line}");
    }
}

#[test]
fn a_replica_set_is_looked_at_and_found_well() {
    let stage = Stage::new(Mode::Replica, 3, 1, 1);
    stage.settle();
    let done = stage.rig.run(&["doctor", "--json"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    let report = done.json();
    assert_line(
        &report,
        "store",
        &[
            "ok: MongoDB at 127.0.0.1:",
            "database pulse_away; 5 items linked",
        ],
    );
    assert_line(
        &report,
        "MongoDB",
        &["ok: version ", "replica set rs0 (1 member)", " ms"],
    );
    assert_line(&report, "line", &["ok: no TLS", "this machine"]);
    assert_line(&report, "news", &["ok: ", "at once"]);
    assert_line(&report, "rights", &["ok: the server asks for no login"]);
    assert_line(&report, "indexes", &["ok: 19 of 19"]);
    assert_line(
        &report,
        "contents",
        &["ok: ", "sync_items 5 (", "sync_history ", "settings "],
    );
    let status = stage.rig.run(&["status", "--json"]).json();
    let store = &status["store"];
    assert_eq!(store["kind"], json!("mongodb"));
    assert_eq!(store["database"], json!("pulse_away"));
    assert_eq!(store["topology"], json!("replica_set"));
    assert_eq!(
        (&store["tls"], &store["change_stream"]),
        (&json!(false), &json!(true))
    );
    assert!(store["latency_ms"].as_f64().unwrap() > 0.0, "{store}");
    let said = stage.rig.run(&["status"]).out;
    assert!(
        said.contains("replica set rs0") && said.contains("arrive at once"),
        "{said}"
    );
}

#[test]
fn a_user_who_may_only_read_is_told_what_is_missing() {
    let mut stage = Stage::new(Mode::Auth, 2, 0, 0);
    stage.settle();
    let role = doc! { "role": "read", "db": "pulse_away" };
    let user = doc! { "createUser": "reader", "pwd": "0nlyread", "roles": [role] };
    stage.command(user);
    let owner = stage.rig.run(&["doctor", "--json"]).json();
    assert_line(
        &owner,
        "rights",
        &["ok: root may do all that is needed with pulse_away"],
    );
    assert_line(&owner, "MongoDB", &["ok: version ", "a single server"]);
    assert_line(&owner, "news", &["ok: ", "within 5 s"]);

    let before = stage.rig.writes();
    let reader = stage.server.uri_as("reader:0nlyread@");
    stage.rig.env.insert("MONGODB_URI", reader);
    let done = stage.rig.run(&["doctor", "--json"]);
    assert_eq!(done.code, Some(1), "{}", done.said());
    let report = done.json();
    assert_line(&report, "store", &["ok: ", "2 items linked"]);
    assert_line(
        &report,
        "rights",
        &[
            "fail: reader may not",
            "insert",
            "update",
            "readWrite on pulse_away",
            "what only looks",
        ],
    );
    assert_line(&report, "indexes", &["ok: 19 of 19"]);
    let looking = stage.rig.run(&["doctor", "--json", "--read-only"]);
    assert_eq!(looking.code, Some(0), "{}", looking.said());
    assert_line(
        &looking.json(),
        "rights",
        &["ok: reader may only read pulse_away"],
    );
    assert!(!done.said().contains("0nlyread"), "{}", done.said());
    assert_eq!(stage.rig.writes(), before);
}

/// The server says that its set has a member which is not this machine (that one is reached all the same, as it is this
/// server by a name that says nothing of where it is).
#[test]
fn a_member_elsewhere_without_tls_is_told_and_nothing_is_written() {
    let stage = Stage::new(Mode::Replica, 2, 0, 0);
    let port = stage.server.port;
    let far = format!("127.1:{port}");
    stage.wait_for(async {
        let answer = stage.server.command(doc! { "replSetGetConfig": 1 }).await;
        let mut set = answer.unwrap().get_document("config").unwrap().clone();
        let version = set.get_i32("version").unwrap() + 1;
        set.insert("version", version);
        set.insert("members", vec![doc! { "_id": 0, "host": &far }]);
        let changed = doc! { "replSetReconfig": set, "force": true };
        stage.server.command(changed).await.unwrap();
        stage.server.wait_for_primary().await;
    });
    // It may choose a primary anew, a little later.
    let started = Instant::now();
    let has_line = |done: &Done| {
        let report = done.json();
        let checks = report["checks"].as_array().unwrap();
        checks.iter().any(|check| check["check"] == "line")
    };
    let mut done = stage.rig.run(&["doctor", "--json"]);
    while !has_line(&done) && started.elapsed() < Duration::from_mins(1) {
        done = stage.rig.run(&["doctor", "--json"]);
    }
    assert_eq!(done.code, Some(1), "{}", done.said());
    let report = done.json();
    let told = format!("{far} is not this machine");
    assert_line(
        &report,
        "line",
        &["fail: no TLS", &told, "tls=true", "directConnection=true"],
    );
    assert_line(&report, "store", &["fail: ", "belongs to a replica set"]);
    let once = stage.rig.run(&["sync", "--once"]);
    assert_eq!(once.code, Some(1), "{}", once.said());
    assert!(once.said().contains("asks for no TLS"), "{}", once.said());
    assert_eq!(stage.rig.writes(), (0, 0));
}

#[test]
fn a_server_that_is_away_is_one_line_and_the_rest_is_said() {
    let mut stage = Stage::new(Mode::Standalone, 2, 0, 0);
    stage.settle();
    stage.server.kill();
    let done = stage.rig.run(&["doctor", "--json"]);
    assert_eq!(done.code, Some(1), "{}", done.said());
    let report = done.json();
    assert_line(
        &report,
        "store",
        &[
            "fail: ",
            "cannot be reached",
            "Look whether the server runs",
        ],
    );
    assert_line(&report, "GitHub", &["ok"]);
    let checks = report["checks"].as_array().unwrap();
    let of_mongo = checks.iter().filter(|line| line["check"] == "MongoDB");
    assert_eq!(of_mongo.count(), 0, "{report:#}");
}

#[test]
fn a_replica_set_of_another_name_is_named() {
    let mut stage = Stage::new(Mode::Replica, 1, 0, 0);
    let address = stage.server.uri().replace("=rs0", "=other");
    stage.rig.env.insert("MONGODB_URI", address);
    let done = stage.rig.run(&["doctor", "--json"]);
    assert_eq!(done.code, Some(1), "{}", done.said());
    let report = done.json();
    assert_line(
        &report,
        "store",
        &[
            "no server there belongs to a replica set called `other`",
            "> Correct replicaSet",
        ],
    );
    assert!(!done.said().contains("Topology"), "{}", done.said());
}

#[test]
fn an_empty_database_is_said_to_be_empty() {
    let stage = Stage::new(Mode::Replica, 1, 0, 0);
    let report = stage.rig.run(&["doctor", "--json"]).json();
    assert_line(&report, "contents", &["ok: nothing yet"]);
}
