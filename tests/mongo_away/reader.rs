//! What only looks: it makes and changes nothing in the database, and a user who may only read is enough for it. What
//! writes says to such a user what is missing, before anything is written to either side.

use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use serde_json::{Value as Json, json};

use super::mongo::Mode;
use super::stage::{DATABASE, Stage, terminate};

/// The commands that only look, and what of their JSON is a question of time.
const LOOKS: [(&[&str], &[&str]); 7] = [
    (
        &["status", "--json"],
        &["/store", "/links/0/last_run/age_seconds"],
    ),
    (&["errors", "--json"], &[]),
    (&["history", "--json"], &[]),
    (&["conflicts", "list", "--json"], &[]),
    (&["held", "list", "--json"], &[]),
    (
        &["plan", "--json"],
        &["/reports", "/run", "/requests", "/links"],
    ),
    (&["verify", "--json"], &[]),
];

/// A server with logins, and a user who may only read our database.
fn stage() -> Stage {
    let stage = Stage::new(Mode::ReplicaAuth, 4, 1, 1);
    let role = doc! { "role": "read", "db": DATABASE };
    let user = doc! { "createUser": "reader", "pwd": "0nlyread", "roles": [role] };
    stage.command(user);
    stage
}

fn become_reader(stage: &mut Stage) {
    let reader = stage.server.uri_as("reader:0nlyread@");
    stage.rig.env.insert("MONGODB_URI", reader);
}

/// Everything in the database, the names of its indexes included.
fn everything(stage: &Stage) -> Vec<(String, Vec<Document>, Vec<String>)> {
    stage.wait_for(async {
        let database = stage.server.client().await.database(DATABASE);
        let mut all = Vec::new();
        let mut names = database.list_collection_names().await.unwrap();
        names.sort();
        for name in names {
            let collection = database.collection::<Document>(&name);
            let mut documents = Vec::new();
            let mut found = collection
                .find(doc! {})
                .sort(doc! { "_id": 1 })
                .await
                .unwrap();
            while found.advance().await.unwrap() {
                documents.push(found.deserialize_current().unwrap());
            }
            let indexes = collection.list_index_names().await.unwrap();
            all.push((name, documents, indexes));
        }
        all
    })
}

/// What a command that looks says, without what is a question of time, and how it ends.
fn seen(stage: &Stage, (args, timely): (&[&str], &[&str])) -> (Option<i32>, Json) {
    let done = stage.rig.run(args);
    assert!(done.err.is_empty(), "{args:?}: {}", done.said());
    let mut json = done.json();
    for place in timely {
        if let Some(value) = json.pointer_mut(place) {
            *value = Json::Null;
        }
    }
    (done.code, json)
}

/// A conflict, a change that a plan shows, and a record that a killed process left in its outbox; gives the record's
/// id.
fn leave_work(stage: &Stage) -> String {
    stage.settle();
    stage.rig.rename_issue(1, "Here");
    stage.rig.rename_page(stage.rig.page(1), "There");
    stage.rig.sync();
    stage.rig.rename_issue(2, "To be planned");
    stage.wait_for(async {
        let database = stage.server.client().await.database(DATABASE);
        let history = database.collection::<Document>("sync_history");
        let of_pair = doc! { "pair": { "$exists": true }, "kind": "write" };
        let record = history.find_one_and_delete(of_pair).await.unwrap().unwrap();
        let pair = doc! { "_id": record.get_str("pair").unwrap() };
        let items = database.collection::<Document>("sync_items");
        let id = record.get_str("_id").unwrap().to_owned();
        let left = doc! { "$set": { "outbox": [record] } };
        assert_eq!(
            items.update_one(pair, left).await.unwrap().modified_count,
            1
        );
        id
    })
}

#[test]
fn looking_changes_nothing_and_needs_no_more_than_to_read() {
    let mut stage = stage();
    for look in LOOKS {
        seen(&stage, look);
    }
    stage.rig.run(&["doctor"]);
    assert_eq!(everything(&stage), [], "made by looking");

    let left = leave_work(&stage);
    let before = everything(&stage);
    let written = stage.rig.writes();
    let owner: Vec<_> = LOOKS.iter().map(|look| seen(&stage, *look)).collect();
    become_reader(&mut stage);
    for (look, owner) in LOOKS.iter().zip(owner) {
        assert_eq!(seen(&stage, *look), owner, "{:?}", look.0);
    }
    let history = seen(&stage, (&["history", "--json", "--limit", "1000"], &[])).1;
    let records = history.as_array().unwrap();
    let found = records.iter().filter(|record| record["id"] == json!(left));
    assert_eq!(found.count(), 1, "what waits in an outbox: {history:#}");
    let plan = seen(&stage, (&["plan", "--json"], &[])).1;
    let items = plan["items"].as_array().unwrap();
    assert!(
        items
            .iter()
            .any(|item| item.to_string().contains("To be planned")),
        "{plan:#}"
    );
    let line = stage.rig.run(&["status", "--line"]);
    assert!(line.out.contains("1! conflict"), "{}", line.said());
    assert_eq!(everything(&stage), before, "changed by looking");
    assert_eq!(stage.rig.writes(), written);
}

/// The dashboard in words; what it says goes into a file.
fn open(stage: &Stage, args: &[&str]) -> Child {
    let said = std::fs::File::create(stage.rig.folder.join("said")).unwrap();
    let mut command = stage.rig.command(args);
    command.stdout(said.try_clone().unwrap()).stderr(said);
    command.stdin(Stdio::piped()).spawn().unwrap()
}

/// Types a word until there are words in the answer.
fn until_says(stage: &Stage, child: &mut Child, typed: &str, words: &str) {
    let started = Instant::now();
    while !stage.said().contains(words) {
        let is_early = started.elapsed() < Duration::from_mins(1);
        assert!(is_early, "{words:?} is not said: {}", stage.said());
        writeln!(child.stdin.as_mut().unwrap(), "{typed}").unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_dashboard_that_only_looks_needs_no_more_than_to_read() {
    let mut stage = stage();
    leave_work(&stage);
    let before = everything(&stage);
    become_reader(&mut stage);
    let mut child = open(&stage, &["--read-only", "--plain"]);
    until_says(&stage, &mut child, "status", "1 in conflict");
    until_says(&stage, &mut child, "sync", "Started with --read-only");
    until_says(&stage, &mut child, "quit", "Ending");
    assert_eq!(child.wait().unwrap().code(), Some(0), "{}", stage.said());
    let said = stage.said();
    assert!(!said.contains("may not"), "{said}");
    assert_eq!(everything(&stage), before, "changed by looking");
}

#[test]
fn what_writes_says_what_is_missing_before_anything_is_written() {
    let mut stage = stage();
    let owner = stage.server.uri();
    become_reader(&mut stage);
    let assert_told = |said: &str, what: &str| {
        assert!(
            said.contains("the user may not write to the database pulse_away"),
            "{what}: {said}"
        );
        assert!(
            said.contains("role readWrite on pulse_away"),
            "{what}: {said}"
        );
        assert!(!said.contains("0nlyread"), "{what}: {said}");
    };
    // New, and with work to do.
    for is_new in [true, false] {
        let written = stage.rig.writes();
        let commands: [&[&str]; 6] = [
            &["sync", "--once"],
            &["pause"],
            &["retry"],
            &["hold", "#1"],
            &["conflicts", "take", "nothing", "github"],
            &["undo", "nothing", "--yes"],
        ];
        for args in commands {
            let done = stage.rig.run(args);
            assert_eq!(done.code, Some(1), "{args:?}: {}", done.said());
            assert_told(&done.said(), &args.join(" "));
        }
        let child = stage.spawn(&["run"]);
        let started = Instant::now();
        while !stage.said().contains("may not write") {
            let is_early = started.elapsed() < Duration::from_mins(1);
            assert!(is_early, "{}", stage.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(terminate(child), Some(1), "{}", stage.said());
        assert_told(&stage.said(), "run");
        assert_eq!(stage.rig.writes(), written, "written to the services");
        if is_new {
            stage.rig.env.insert("MONGODB_URI", owner.clone());
            leave_work(&stage);
            become_reader(&mut stage);
        }
    }
    assert_eq!(stage.rig.issue(2).title, "To be planned");
    let cell = stage.rig.cell(stage.rig.page(2), "title");
    assert_ne!(json!(cell), json!("To be planned"), "nothing was synced");
}
