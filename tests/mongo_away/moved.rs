//! `store move` that is killed in the middle: what the next one says, and that it goes on once the lease is over.

use std::process::Child;
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};

use super::mongo::Mode;
use super::stage::{DATABASE, Stage};

const TARGET: &str = "pulse_moved";
/// A copy may be faster than it is killed; then it is made anew.
const TRIES: usize = 20;
const MOVE: [&str; 6] = ["store", "move", "--from", "env:FROM", "--to", "env:TO"];

impl Stage {
    fn address(&self, database: &str) -> String {
        self.server.uri().replace("/?", &format!("/{database}?"))
    }

    fn has(&self, database: &str, collection: &str, filter: Document) -> bool {
        self.wait_for(async {
            let database = self.server.client().await.database(database);
            let found = database.collection::<Document>(collection);
            found.find_one(filter).await.unwrap().is_some()
        })
    }

    /// Kills a copy while it is made; says whether it was not finished.
    fn kill_early(&self, mut copy: Child) -> bool {
        let started = Instant::now();
        let is_held = || self.has(TARGET, "sync_items", doc! {});
        while !is_held() && copy.try_wait().unwrap().is_none() {
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "{}",
                self.said()
            );
        }
        copy.kill().unwrap();
        copy.wait().unwrap();
        self.has(TARGET, "settings", doc! { "_id": "store/copying" })
    }

    /// As if so much time had passed that every lease is over.
    fn let_leases_end(&self) {
        self.wait_for(async {
            let client = self.server.client().await;
            for database in [DATABASE, TARGET] {
                let leases = client.database(database).collection::<Document>("leases");
                let over = vec![doc! { "$set": { "until": "$$NOW", "asked_at": "$$NOW" } }];
                leases.update_many(doc! {}, over).await.unwrap();
            }
        });
    }
}

/// Both addresses are told by their variables, and no store is configured: the first one is no longer used.
fn killed_copy() -> Stage {
    let mut stage = Stage::new(Mode::Replica, 60, 5, 5);
    stage.settle();
    stage.rig.env.remove("MONGODB_URI");
    stage.rig.env.remove("MONGODB_DATABASE");
    let addresses = [
        ("FROM", stage.address(DATABASE)),
        ("TO", stage.address(TARGET)),
    ];
    stage.rig.env.extend(addresses);
    for _ in 0..TRIES {
        if stage.kill_early(stage.spawn(&MOVE)) {
            return stage;
        }
        stage.wait_for(async {
            let target = stage.server.client().await.database(TARGET);
            target.drop().await.unwrap();
        });
        stage.let_leases_end();
    }
    panic!(
        "every copy was finished before it was killed: {}",
        stage.said()
    );
}

#[test]
fn a_killed_copy_is_told_and_gone_on_with_once_its_lease_is_over() {
    let mut stage = killed_copy();
    let next = stage.rig.run(&MOVE);
    assert_eq!(next.code, Some(1), "{}", next.said());
    for words in [
        "copies this store, or was killed while it did",
        "Nothing has to be done but wait",
        "is free by 20",
    ] {
        assert!(next.said().contains(words), "{words}: {}", next.said());
    }
    let (from, to) = (stage.address(DATABASE), stage.address(TARGET));
    let written = stage.rig.writes();
    stage.rig.env.insert("MONGODB_DATABASE", TARGET.to_owned());
    stage.rig.env.insert("MONGODB_URI", to);
    let early = stage.rig.run(&["sync", "--once"]);
    assert_eq!(early.code, Some(1), "{}", early.said());
    assert!(early.said().contains("unfinished copy"), "{}", early.said());
    for words in [
        &["status"][..],
        &["history"],
        &["errors"],
        &["pause"],
        &["run"],
        &["doctor"],
    ] {
        let done = stage.rig.run(words);
        assert_ne!(done.code, Some(0), "{words:?}: {}", done.said());
        assert!(
            done.said().contains("unfinished copy"),
            "{words:?}: {}",
            done.said()
        );
        assert!(
            done.said().contains("store move"),
            "{words:?}: {}",
            done.said()
        );
    }
    assert!(!stage.has(TARGET, "settings", doc! { "_id": "pause" }));

    // Nothing in the source was locked, or even touched.
    for name in ["link/default", "store/move"] {
        let held = doc! { "_id": name, "holder": { "$regex": "^store move" } };
        assert!(!stage.has(DATABASE, "leases", held), "{name}");
    }
    assert!(!stage.has(DATABASE, "settings", doc! { "_id": "store/lineage" }));
    stage.let_leases_end();
    stage.rig.env.remove("MONGODB_DATABASE");
    let last = stage.rig.run(&MOVE);
    assert_eq!(last.code, Some(0), "{}", last.said());
    assert!(last.out.contains("70 pairs"), "{}", last.said());
    assert!(
        last.out.contains("the same in both stores"),
        "{}",
        last.said()
    );
    assert!(!last.said().contains(&from), "{}", last.said());
    stage.rig.env.insert("MONGODB_DATABASE", TARGET.to_owned());
    stage.rig.assert_quiet();
    assert_eq!(stage.rig.writes(), written);
}

#[test]
fn one_database_by_two_addresses_is_not_copied_into_itself() {
    let mut stage = Stage::new(Mode::Replica, 3, 0, 0);
    stage.settle();
    stage.rig.env.remove("MONGODB_URI");
    stage.rig.env.remove("MONGODB_DATABASE");
    let plain = stage.address(DATABASE);
    let port = stage.server.port;
    let others = [
        plain.replace("127.0.0.1", "localhost"),
        format!("mongodb://127.0.0.1:{port}/{DATABASE}?appName=x&directConnection=true"),
        format!("mongodb://127.0.0.1:{port}/{DATABASE}?directConnection=true&appName=x"),
    ];
    for other in others {
        for (from, to) in [(&plain, &other), (&other, &plain)] {
            stage.rig.env.insert("FROM", from.clone());
            stage.rig.env.insert("TO", to.clone());
            let done = stage.rig.run(&MOVE);
            assert_eq!(done.code, Some(1), "{other}: {}", done.said());
            assert!(done.said().contains("are the same one"), "{}", done.said());
            assert!(!stage.has(DATABASE, "settings", doc! { "_id": "store/copying" }));
        }
    }
    // Nothing is locked after it.
    stage.rig.env.insert("MONGODB_URI", plain);
    stage
        .rig
        .env
        .insert("MONGODB_DATABASE", DATABASE.to_owned());
    stage.rig.assert_quiet();
}

#[test]
fn a_copy_that_is_stopped_or_refused_leaves_no_lock() {
    let mut stage = Stage::new(Mode::Replica, 60, 5, 5);
    stage.settle();
    stage.rig.env.remove("MONGODB_URI");
    stage.rig.env.remove("MONGODB_DATABASE");
    for (name, database) in [("FROM", DATABASE), ("TO", TARGET)] {
        let address = stage.address(database);
        stage.rig.env.insert(name, address);
    }
    let copy = stage.spawn(&MOVE);
    let started = Instant::now();
    while !stage.has(TARGET, "leases", doc! { "_id": "store/move" }) {
        assert!(
            started.elapsed() < Duration::from_mins(1),
            "{}",
            stage.said()
        );
    }
    let code = super::stage::terminate(copy);
    assert!(matches!(code, Some(0 | 1)), "{code:?}: {}", stage.said());
    // At once, with nobody waiting for a lease.
    let next = stage.rig.run(&MOVE);
    assert_eq!(next.code, Some(0), "{}", next.said());
    assert!(next.out.contains("70 pairs"), "{}", next.said());
}

#[test]
fn a_copy_that_is_refused_leaves_no_store_behind() {
    let mut stage = Stage::new(Mode::Replica, 2, 0, 0);
    stage.settle();
    let address = stage.address(DATABASE);
    stage.rig.env.remove("MONGODB_URI");
    stage.rig.env.remove("MONGODB_DATABASE");
    stage.rig.env.insert("FROM", address);
    let until = mongodb::bson::DateTime::from_millis(i64::from(u32::MAX) * 1_000);
    let lease =
        doc! { "_id": "link/default", "holder": "another:1", "until": until, "fence": 9_i64 };
    stage.wait_for(async {
        let leases = stage.server.client().await.database(DATABASE);
        let leases = leases.collection::<Document>("leases");
        let id = doc! { "_id": "link/default" };
        leases.delete_many(id).await.unwrap();
        leases.insert_one(lease).await.unwrap();
    });
    let target = stage.rig.folder.join("target.sqlite");
    let to = target.display().to_string();
    let done = stage
        .rig
        .run(&["store", "move", "--from", "env:FROM", "--to", &to]);
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(done.err.contains("another:1"), "{}", done.said());
    assert!(!target.exists(), "{}", done.said());
}
