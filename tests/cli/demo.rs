//! The demo in a folder of the user's: each play has its own store, and nothing else there is touched.

use super::rig::{Rig, bare, finish, world};

#[test]
fn a_second_play_in_a_folder_leaves_the_first_one_alone() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let folder = rig.folder.join("plays");
    std::fs::create_dir_all(&folder).unwrap();
    let letter = folder.join("letter.txt");
    std::fs::write(&letter, "mine").unwrap();
    let play = || {
        let mut command = bare(&rig.folder);
        command.args(["demo", "--headless", "--state"]).arg(&folder);
        let done = finish(&mut command);
        assert_eq!(done.code, Some(0), "{}", done.said());
        done.out
    };
    assert!(!play().contains("earlier play"));
    let first = std::fs::read(folder.join("demo.db")).unwrap();
    let again = play();
    assert!(
        again.contains("earlier play") && again.contains("demo-2.db"),
        "{again}"
    );
    assert!(again.contains("nothing lost, nothing doubled"), "{again}");
    assert!(folder.join("demo-2.db").exists());
    assert_eq!(std::fs::read(folder.join("demo.db")).unwrap(), first);
    assert_eq!(std::fs::read_to_string(&letter).unwrap(), "mine");
}
