//! What only a file can get wrong: permissions, locks, crashes, damage, versions.

use std::fs;
use std::path::Path;

use pulse_sync::core::{Pair, Side, Time};
use pulse_sync::store::{Access, HistoryQuery, SqliteStore, Store, StoreError, Which};
use rusqlite::Connection;

use crate::make::{LINK, Scratch, block_on, dirty, id, object, pair, record, with};

fn own(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Access::Own).unwrap()
}

/// The error of opening.
fn refused(path: &Path, access: Access) -> StoreError {
    SqliteStore::open(path, access).err().expect("refused")
}

fn assert_says(error: &StoreError, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in {text:?}");
    }
}

/// A closed store with some pairs.
fn filled(path: &Path, pairs: u32) {
    let store = own(path);
    block_on(async {
        for number in 1..=pairs {
            store
                .put(&dirty(number, 1), &[record(&format!("r{number}"), 1)])
                .await
                .unwrap();
        }
    });
}

/// Lets somebody else change the file while it is closed.
fn tamper(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn everything_is_there_after_opening_again() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    filled(&path, 3);
    let store = own(&path);
    block_on(async {
        assert_eq!(store.due(LINK, Time(9), 9).await.unwrap().len(), 3);
        assert!(store.record_by_id("r3").await.unwrap().is_some());
        let first = store.pair(&id(1)).await.unwrap().unwrap();
        assert_eq!(store.put(&first, &[]).await, Ok(2));
    });
}

#[test]
fn a_closed_store_is_one_file_and_its_lock() {
    let folder = Scratch::new();
    filled(&folder.path("store.db"), 2);
    let mut names: Vec<_> = fs::read_dir(folder.path(""))
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["store.db", "store.db.lock"]);
}

#[test]
fn requests_under_way_are_finished_when_it_is_dropped() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    let store = own(&path);
    block_on(async {
        let first = pair(1);
        let put = store.put(&first, &[]);
        // The caller gives up at once: the request was handed over on the first poll.
        tokio::select! { biased; _ = put => {}, () = std::future::ready(()) => {} }
    });
    drop(store);
    let found = block_on(async { own(&path).pair(&id(1)).await });
    assert_eq!(found.unwrap(), Some(with(pair(1), |pair| pair.rev = 1)));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn nobody_else_can_read_it() {
        let folder = Scratch::new();
        let path = folder.path("state/pulse/store.db");
        let store = own(&path);
        block_on(store.put(&pair(1), &[])).unwrap();
        for name in ["store.db", "store.db-wal", "store.db-shm", "store.db.lock"] {
            assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
        }
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(mode(&folder.path("state")), 0o700);
    }

    #[test]
    fn a_file_that_others_may_read_is_closed_to_them() {
        let folder = Scratch::new();
        let path = folder.path("store.db");
        filled(&path, 1);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let _store = own(&path);
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let folder = Scratch::new();
        let (real, link) = (folder.path("real.db"), folder.path("store.db"));
        filled(&real, 1);
        symlink(&real, &link).unwrap();
        for access in [Access::Own, Access::Read] {
            assert_says(&refused(&link, access), &["store.db", "symbolic link"]);
        }
        symlink(folder.path("nowhere"), folder.path("other.db.lock")).unwrap();
        assert_says(
            &refused(&folder.path("other.db"), Access::Own),
            &["symbolic link"],
        );
        assert!(!folder.path("nowhere").exists());
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let folder = Scratch::new();
        let path = folder.path("store.db");
        filled(&path, 1);
        // Only the superuser can give a file away; elsewhere there is nothing to test.
        if std::os::unix::fs::chown(&path, Some(12_345), None).is_ok() {
            assert_says(&refused(&path, Access::Own), &["another user", "12345"]);
        }
    }
}

#[test]
fn a_second_owner_is_told_who_has_it() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    let first = own(&path);
    let error = refused(&path, Access::Own);
    let process = std::process::id().to_string();
    assert_says(
        &error,
        &["already running", &process, "store.db", "works beside it"],
    );
    assert!(matches!(error, StoreError::Unavailable(_)));
    assert_eq!(
        block_on(first.put(&pair(1), &[])),
        Ok(1),
        "the first goes on"
    );
    drop(first);
    own(&path);
}

#[test]
fn a_reader_sees_what_the_owner_commits() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    let owner = own(&path);
    block_on(async {
        owner.put(&pair(1), &[]).await.unwrap();
        let reader = SqliteStore::open(&path, Access::Read).unwrap();
        assert!(reader.pair(&id(1)).await.unwrap().is_some());
        owner.put(&pair(2), &[]).await.unwrap();
        assert_eq!(reader.counts(LINK).await.unwrap().active, 2);
    });
}

#[test]
fn a_reader_cannot_write() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    filled(&path, 1);
    let before = fs::read(&path).unwrap();
    let reader = SqliteStore::open(&path, Access::Read).unwrap();
    block_on(async {
        let error = reader.put(&pair(2), &[]).await.unwrap_err();
        assert_says(&error, &["cannot be written", "reading only"]);
        reader.put_setting("pause", Some("1")).await.unwrap_err();
        reader.lease("run", "me", Time(1), 9).await.unwrap_err();
        assert_eq!(
            reader.pairs(LINK, Which::All, None, 9).await.unwrap().len(),
            1
        );
    });
    drop(reader);
    assert!(fs::read(&path).unwrap() == before);
}

#[test]
fn reading_makes_no_file() {
    let folder = Scratch::new();
    let path = folder.path("state/store.db");
    assert_says(&refused(&path, Access::Read), &["does not exist yet"]);
    assert!(!folder.path("state").exists());
    fs::write(folder.path("empty.db"), "").unwrap();
    assert_says(
        &refused(&folder.path("empty.db"), Access::Read),
        &["next sync"],
    );
    assert_says(&refused(&folder.path(""), Access::Read), &["not a file"]);
}

#[test]
fn an_empty_file_is_filled() {
    // What is left when the program was killed between making the file and the first commit.
    let folder = Scratch::new();
    let path = folder.path("store.db");
    fs::write(&path, "").unwrap();
    filled(&path, 1);
}

/// Opening is refused as damaged in both ways, and the file stays as it is to the byte.
fn stays_as_it_is(path: &Path, words: &[&str]) {
    let before = fs::read(path).unwrap();
    for access in [Access::Read, Access::Own] {
        let error = refused(path, access);
        assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
        assert_says(&error, &[&path.display().to_string()]);
        assert_says(&error, words);
        assert!(
            fs::read(path).unwrap() == before,
            "{access:?} changed the file"
        );
    }
    // SQLite may leave an empty log beside a file that it only looked at.
    let log = fs::metadata(path.with_extension("db-wal")).map_or(0, |data| data.len());
    assert_eq!(log, 0, "something was written beside it");
}

#[test]
fn garbage_is_left_as_it_is() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    for garbage in [
        "a shopping list".repeat(1_000).into_bytes(),
        vec![0xff; 5_000],
        vec![b'x'],
    ] {
        fs::write(&path, garbage).unwrap();
        stays_as_it_is(
            &path,
            &["Move it away", "backup", "GitHub IDs", "left as it is"],
        );
    }
}

#[test]
fn a_cut_file_is_left_as_it_is() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    filled(&path, 40);
    let whole = fs::read(&path).unwrap();
    for length in [50, 4096, whole.len() / 2, whole.len() - 4096] {
        fs::write(&path, &whole[..length]).unwrap();
        stays_as_it_is(&path, &["Move it away"]);
    }
}

#[test]
fn a_torn_page_is_found_when_it_is_opened() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    filled(&path, 40);
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    // The last page belongs to a table or an index; its first bytes say how to read it.
    let last = bytes.len() - 4096;
    bytes[last..last + 64].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    // Who only looks searches the whole file when somebody met damage in it; a prompt must not do so every time.
    for access in [Access::Own, Access::Read, Access::Own] {
        let error = refused(&path, access);
        assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
        assert!(fs::read(&path).unwrap() == bytes);
    }
    // A backup in its place is as good as any, at once.
    fs::write(&path, &whole).unwrap();
    for access in [Access::Read, Access::Own, Access::Read] {
        SqliteStore::open(&path, access).unwrap();
    }
    assert!(
        !folder.path("store.db.damaged").exists(),
        "a sign is left of damage that is gone"
    );
}

#[test]
fn another_programs_database_is_left_as_it_is() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    tamper(
        &path,
        "CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 1;",
    );
    stays_as_it_is(&path, &["another program"]);
}

#[test]
fn a_newer_version_is_left_as_it_is() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    filled(&path, 1);
    tamper(&path, "PRAGMA user_version = 7;");
    stays_as_it_is(
        &path,
        &["newer", "version 7", "up to 5", "Nothing was changed"],
    );
    tamper(&path, "PRAGMA user_version = -1;");
    stays_as_it_is(&path, &["version -1"]);
}

#[test]
fn a_damaged_document_does_not_stop_the_others() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    filled(&path, 3);
    let first = id(1).0;
    tamper(
        &path,
        &format!(
            "UPDATE sync_items SET doc = substr(doc, 1, 40) WHERE id = '{first}';
                  UPDATE sync_history SET doc = CAST(x'ff00' AS TEXT) WHERE id = 'r3';"
        ),
    );
    let store = own(&path);
    block_on(async {
        let error = store.pair(&id(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)));
        assert_says(&error, &[&first, "sync_items", "the others go on"]);
        let numbers = |pairs: Vec<Pair>| pairs.into_iter().map(|pair| pair.id).collect::<Vec<_>>();
        assert_eq!(
            numbers(store.due(LINK, Time(9), 2).await.unwrap()),
            [id(2), id(3)]
        );
        let all = store.pairs(LINK, Which::All, None, 2).await.unwrap();
        assert_eq!(numbers(all), [id(2), id(3)]);
        let nodes = ["I_1", "I_2"];
        let found = store.by_nodes(LINK, Side::Github, &nodes).await.unwrap();
        assert_eq!(found.len(), 1);
        // The unique keys still know it, so it is not made a second time.
        let twin = with(pair(9), |pair| pair.github = Some(object("I_1")));
        let answer = store.put(&twin, &[]).await;
        assert_eq!(answer, Err(StoreError::Duplicate("I_1".to_owned())));
        let query = HistoryQuery {
            limit: 9,
            ..HistoryQuery::default()
        };
        assert_eq!(store.history(&query).await.unwrap().len(), 2);
        store.record_by_id("r3").await.unwrap_err();
        let told = store.damaged().await.unwrap();
        assert_eq!(told.len(), 2, "{told:?}");
    });
}

#[test]
fn fields_of_a_newer_program_are_no_damage() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    filled(&path, 1);
    tamper(
        &path,
        "UPDATE sync_items SET doc = json_set(doc, '$.mood', 'fine');",
    );
    assert!(block_on(own(&path).pair(&id(1))).unwrap().is_some());
}

#[test]
fn the_columns_say_which_rev_is_stored() {
    // A document that was put back by hand with an old number must not be refused for ever.
    let folder = Scratch::new();
    let path = folder.path("store.db");
    filled(&path, 1);
    tamper(
        &path,
        "UPDATE sync_items SET doc = json_set(doc, '$.rev', 77);",
    );
    let store = own(&path);
    block_on(async {
        let read = store.pair(&id(1)).await.unwrap().unwrap();
        assert_eq!(store.put(&read, &[]).await, Ok(2));
    });
}

#[test]
fn leases_of_a_dead_owner_are_free() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    let first = own(&path);
    block_on(first.lease("run", "first", Time(100), 60_000)).unwrap();
    drop(first);
    let second = own(&path);
    let lease = block_on(second.lease("run", "second", Time(101), 60_000)).unwrap();
    assert_eq!((lease.holder.as_str(), lease.fence), ("second", 2));
}

/// What a killed process leaves: the files as they are at this moment, without a checkpoint or a closing.
fn crash_image(path: &Path, to: &Path, wal_bytes: Option<usize>) -> usize {
    fs::copy(path, to).unwrap();
    let wal = fs::read(path.with_extension("db-wal")).unwrap();
    let kept = wal_bytes.unwrap_or(wal.len()).min(wal.len());
    let _ = fs::remove_file(to.with_extension("db-shm"));
    fs::write(to.with_extension("db-wal"), &wal[..kept]).unwrap();
    wal.len()
}

#[test]
fn a_killed_process_loses_nothing_that_was_answered() {
    let folder = Scratch::new();
    let (path, image) = (folder.path("store.db"), folder.path("image.db"));
    let store = own(&path);
    block_on(async {
        let mut pair = pair(1);
        for number in 1..=20_u64 {
            pair.rev = store
                .put(&pair, &[record(&format!("r{number}"), 1)])
                .await
                .unwrap();
            crash_image(&path, &image, None);
            for access in [Access::Read, Access::Own] {
                let found = SqliteStore::open(&image, access).unwrap();
                assert_eq!(found.pair(&id(1)).await.unwrap(), Some(pair.clone()));
                let last = found.record_by_id(&format!("r{number}")).await.unwrap();
                assert!(last.is_some(), "{access:?} {number}");
            }
        }
    });
}

#[test]
fn a_torn_log_is_cut_between_two_commits() {
    let folder = Scratch::new();
    let (path, image) = (folder.path("store.db"), folder.path("image.db"));
    filled(&path, 1);
    let store = own(&path);
    block_on(async {
        let mut pair = with(pair(2), |pair| pair.title = "x".repeat(9_000));
        for number in 1..=6_u64 {
            pair.rev = store
                .put(&pair, &[record(&format!("n{number}"), 1)])
                .await
                .unwrap();
        }
        let length = crash_image(&path, &image, None);
        let mut revs = Vec::new();
        for cut in (0..=length).step_by(2_999) {
            crash_image(&path, &image, Some(cut));
            let found = own(&image);
            let rev = found.pair(&id(2)).await.unwrap().map_or(0, |pair| pair.rev);
            for number in 1..=6_u64 {
                let there = found
                    .record_by_id(&format!("n{number}"))
                    .await
                    .unwrap()
                    .is_some();
                assert_eq!(
                    there,
                    number <= rev,
                    "record {number} of rev {rev}, cut at {cut}"
                );
            }
            revs.push(rev);
        }
        assert!(
            revs.is_sorted() && revs.contains(&1) && revs.contains(&5),
            "{revs:?}"
        );
    });
}

#[test]
fn another_program_that_locks_the_file_is_waited_for() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    filled(&path, 1);
    let store = own(&path);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    block_on(async {
        let first = pair(5);
        let put = store.put(&first, &[]);
        let release = async { other.execute_batch("ROLLBACK").unwrap() };
        assert_eq!(tokio::join!(put, release).0, Ok(1));
    });
}

#[test]
fn an_answer_beside_the_owner_is_one_commit_that_the_owner_sees_and_no_lease_is_lost() {
    let folder = Scratch::new();
    let path = folder.path("store.db");
    let owner = own(&path);
    block_on(async {
        owner.put(&pair(1), &[]).await.unwrap();
        let lease = owner.lease("run", "owner", Time(1), 1_000).await.unwrap();
        let beside = SqliteStore::open(&path, Access::Beside).unwrap();
        assert!(beside.is_beside());
        let read = beside.pair(&id(1)).await.unwrap().unwrap();
        assert_eq!(beside.put(&read, &[]).await, Ok(2));
        beside.put_setting("pause", Some("1")).await.unwrap();
        // What the owner read before is stale now, and nothing of the answer is overwritten.
        assert_eq!(owner.put(&read, &[]).await, Err(StoreError::Stale));
        let pause = owner.setting("pause").await.unwrap();
        assert_eq!(pause.as_deref(), Some("1"));
        let held = beside.lease("run", "beside", Time(2), 1_000).await.unwrap();
        assert_eq!(held.holder, lease.holder);
    });
    drop(owner);
    let alone = SqliteStore::open(&path, Access::Beside).unwrap();
    assert!(!alone.is_beside(), "where nobody owns it, it is owned");
    refused(&path, Access::Own);
}
