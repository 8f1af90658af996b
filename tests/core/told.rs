//! What a page says of its own pair: `Sync` and `Sync note`.

use std::collections::BTreeSet;

use pulse_sync::core::plan::{Input, Rules, plan};
use pulse_sync::core::{Action, FieldKey, Kind, Life, PairLife, Policy, Row, Side, Step, Time};

use crate::rig::{NOW, World, only, pair, same, seen, text};

const KEYS: [FieldKey; 3] = [FieldKey::TITLE, FieldKey::SYNC, FieldKey::SYNC_NOTE];

/// A pair in step on its title, whose page says that all is well.
fn calm() -> World {
    let ok = [
        (FieldKey::SYNC, text("OK")),
        (FieldKey::SYNC_NOTE, text("")),
    ];
    let title = (FieldKey::TITLE, text("a"));
    let mut notion = vec![title.clone()];
    notion.extend(ok.clone());
    let mut base = vec![(FieldKey::TITLE, same(&text("a")))];
    base.extend(ok.map(|(key, value)| (key, same(&value))));
    World::new(only(Policy::Ask, &KEYS), pair(&base), &[title], &notion)
}

fn shown(world: &World) -> (String, String) {
    let of = |key| world.value(Side::Notion, &key).as_text().to_owned();
    (of(FieldKey::SYNC), of(FieldKey::SYNC_NOTE))
}

fn fields(step: &Step) -> Vec<&str> {
    let changes = step.changes().iter();
    changes.map(|change| change.field.as_str()).collect()
}

#[test]
fn nothing_is_said_again() {
    assert!(calm().plan().is_idle());
}

#[test]
fn a_new_page_says_it_with_its_create() {
    let world = calm();
    let mut pair = world.pair.clone();
    (pair.notion, pair.life) = (None, PairLife::New);
    let plan = plan(&Input {
        pair: &pair,
        github: Some(&world.github),
        notion: None,
        mapping: &world.mapping,
        rules: &Rules::default(),
        paused: &BTreeSet::new(),
        in_scope: true,
        now: NOW,
    });
    let [step] = plan.steps.as_slice() else {
        panic!("{plan:?}");
    };
    let Action::Create(draft) = &step.action else {
        panic!("{step:?}");
    };
    assert_eq!(draft.fields[&FieldKey::SYNC], text("OK"));
    assert_eq!(draft.source[&FieldKey::SYNC], text("OK"));
}

#[test]
fn a_conflict_is_said_once_and_taken_back_once() {
    let mut world = calm();
    world.github.fields.insert(FieldKey::TITLE, text("b"));
    world.notion.fields.insert(FieldKey::TITLE, text("c"));
    let steps = world.settle();
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!(fields(&steps[0]), ["sync", "sync_note"]);
    let (sync, note) = shown(&world);
    let id = world.pair.conflicts[0].id.clone();
    assert_eq!(sync, "Conflict");
    assert!(note.contains("title") && note.contains(&id), "{note}");

    world.github.fields.insert(FieldKey::TITLE, text("c"));
    let steps = world.settle();
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!(shown(&world), ("OK".to_owned(), String::new()));
}

#[test]
fn a_refused_field_is_said_along_with_other_changes() {
    let mut world = calm();
    let long = "x".repeat(300);
    world.notion.fields.insert(FieldKey::TITLE, text(&long));
    let steps = world.settle();
    assert_eq!(steps.len(), 1, "{steps:?}");
    let (sync, note) = shown(&world);
    assert_eq!(sync, "Blocked");
    assert!(note.starts_with("title: the title has 300"), "{note}");

    // What ends it goes out in one request with the change itself.
    world.github.fields.insert(FieldKey::TITLE, text("short"));
    world.notion.fields.insert(FieldKey::TITLE, text("a"));
    let steps = world.settle();
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!(fields(&steps[0]), ["title", "sync", "sync_note"]);
    assert_eq!(shown(&world), ("OK".to_owned(), String::new()));
}

#[test]
fn an_edit_of_it_is_put_back_once_and_then_left() {
    let mut world = calm();
    for expected in [vec![Row::F8], vec![]] {
        world.notion.fields.insert(FieldKey::SYNC, text("mine"));
        let rows: Vec<Row> = world.settle().iter().map(|step| step.row).collect();
        assert_eq!(rows, expected);
        world.now = Time(world.now.0 + 1_000);
    }
    assert_eq!(shown(&world).0, "mine");
    assert!(world.pair.blocked.contains_key(&FieldKey::SYNC));
}

#[test]
fn an_unlinked_page_says_so_unless_it_is_in_the_trash() {
    for (life, expected) in [(Life::Live, "Unlinked"), (Life::Trashed, "OK")] {
        let mut world = calm();
        world.notion.life = life.clone();
        if life == Life::Live {
            world.github.life = Life::MovedTo(seen(Side::Github, &[]).id);
        }
        let mut writes = 0;
        for _ in 0..4 {
            let plan = plan(&Input {
                pair: &world.pair,
                github: Some(&world.github),
                notion: Some(&world.notion),
                mapping: &world.mapping,
                rules: &world.rules,
                paused: &BTreeSet::new(),
                in_scope: false,
                now: world.now,
            });
            for mv in &plan.moves {
                pulse_sync::core::apply::apply(&mut world.pair, mv);
            }
            for step in &plan.steps {
                writes += 1;
                for change in step.changes() {
                    let (key, new) = (change.field.clone(), change.new.clone());
                    world.notion.fields.insert(key.clone(), new.clone());
                    world.pair.base.insert(key, same(&new));
                }
            }
        }
        assert!(matches!(world.pair.life, PairLife::Unlinked(_)));
        assert_eq!(shown(&world).0, expected);
        assert_eq!(writes, usize::from(life == Life::Live), "{life:?}");
    }
}

#[test]
fn a_commit_has_no_such_properties() {
    let mapping = crate::rig::mapping(Policy::Ask);
    assert!(mapping.field(Kind::Commit, &FieldKey::SYNC).is_none());
    assert!(mapping.field(Kind::Pull, &FieldKey::SYNC).is_some());
}
