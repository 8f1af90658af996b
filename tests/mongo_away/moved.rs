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
