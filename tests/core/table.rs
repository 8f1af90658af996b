//! Rows F0–F13, every combination of small values.

use std::collections::BTreeMap;

use pulse_sync::core::plan::Move;
use pulse_sync::core::sight;
use pulse_sync::core::{Base, Blocked, FieldKey, Policy, Row, Side, Stamp, Time, Value};

use crate::rig::{NOW, World, only, pair, same, text};

/// What the table asks for a scalar: which side is written with which value, or a conflict.
#[derive(Debug, PartialEq)]
enum Want {
    Nothing,
    Agree,
    Write(Side, Value),
    Conflict,
}

/// The table of the protocol for scalars, written down a second time and in another way: as cases of who moved.
fn wanted(
    base: Option<&Value>,
    l: &Value,
    r: &Value,
    policy: Policy,
    blocked: Option<Side>,
) -> Want {
    let write = |side: Side, value: &Value| {
        if blocked == Some(side) {
            Want::Nothing
        } else {
            Want::Write(side, value.clone())
        }
    };
    let win = |side: Side| {
        if side == Side::Github {
            write(Side::Notion, l)
        } else {
            write(Side::Github, r)
        }
    };
    let collide = || match policy {
        Policy::Github => win(Side::Github),
        Policy::Notion => win(Side::Notion),
        Policy::Ask | Policy::Newest | Policy::Merge => Want::Conflict,
    };
    match base {
        None if l == r => Want::Agree,
        None if r.is_empty() => write(Side::Notion, l),
        None if l.is_empty() => write(Side::Github, r),
        Some(base) if l == base && r == base => Want::Nothing,
        Some(_) if l == r => Want::Agree,
        Some(base) if r == base => write(Side::Notion, l),
        Some(base) if l == base => write(Side::Github, r),
        _ => collide(),
    }
}

/// Every policy.
pub const POLICIES: [Policy; 5] = [
    Policy::Ask,
    Policy::Github,
    Policy::Notion,
    Policy::Newest,
    Policy::Merge,
];

#[test]
fn every_scalar_case_is_decided_as_the_table_says() {
    let values = [Value::Null, text("a"), text("b"), text("c")];
    let key = FieldKey::MILESTONE;
    let mut cases = 0;
    for policy in POLICIES {
        for base in [None].into_iter().chain(values.iter().map(Some)) {
            for l in &values {
                for r in &values {
                    for blocked in [None, Some(Side::Github), Some(Side::Notion)] {
                        let mut pair = pair(
                            &base
                                .map(|base| (key.clone(), same(base)))
                                .into_iter()
                                .collect::<Vec<_>>(),
                        );
                        if let Some(side) = blocked {
                            let source = if side == Side::Github { r } else { l };
                            let block = Blocked {
                                side,
                                source: source.clone(),
                                reason: "no".to_owned(),
                                since: NOW,
                            };
                            pair.blocked.insert(key.clone(), block);
                        }
                        let world = World::new(
                            only(policy, std::slice::from_ref(&key)),
                            pair,
                            &[(key.clone(), l.clone())],
                            &[(key.clone(), r.clone())],
                        );
                        assert_eq!(
                            got(&world, &key),
                            wanted(base, l, r, policy, blocked),
                            "{policy:?} {base:?} {l:?} {r:?} {blocked:?}"
                        );
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, 5 * 5 * 4 * 4 * 3);
}

fn got(world: &World, key: &FieldKey) -> Want {
    let plan = world.plan();
    assert!(plan.steps.len() <= 1, "{plan:?}");
    if let Some(step) = plan.steps.first() {
        let change = &step.changes()[0];
        assert_eq!(&change.field, key);
        return Want::Write(step.side, change.new.clone());
    }
    for mv in &plan.moves {
        match mv {
            Move::Open(_) => return Want::Conflict,
            Move::Agree(..) => return Want::Agree,
            _ => {}
        }
    }
    Want::Nothing
}

#[test]
fn every_set_case_merges_name_by_name_and_never_collides() {
    let key = FieldKey::LABELS;
    let subsets = |bits: u8| {
        Value::set(
            (0..3)
                .filter(|bit| bits & (1 << bit) != 0)
                .map(|bit| ["x", "y", "z"][usize::try_from(bit).unwrap()]),
        )
    };
    for base in 0..8_u8 {
        for l in 0..8_u8 {
            for r in 0..8_u8 {
                let pair = pair(&[(key.clone(), same(&subsets(base)))]);
                let mapping = only(Policy::Ask, std::slice::from_ref(&key));
                let mut world = World::new(
                    mapping,
                    pair,
                    &[(key.clone(), subsets(l))],
                    &[(key.clone(), subsets(r))],
                );
                let steps = world.settle();
                let wanted = subsets((l | r) & !(base & !l) & !(base & !r));
                assert_eq!(
                    world.value(Side::Github, &key),
                    wanted,
                    "{base:03b} {l:03b} {r:03b}: {steps:?}"
                );
                assert_eq!(world.value(Side::Notion, &key), wanted);
                assert!(world.pair.conflicts.is_empty());
            }
        }
    }
}

#[test]
fn an_unobserved_field_is_not_decided_and_a_change_that_meets_it_waits() {
    let key = FieldKey::BODY;
    let shows = |value: &str| [(key.clone(), text(value))];
    let base = || pair(&[(key.clone(), same(&text("a")))]);
    let mapping = || only(Policy::Ask, std::slice::from_ref(&key));
    for (github, notion, hidden) in [
        (&shows("b")[..], &[][..], Some(Side::Notion)),
        (&[][..], &shows("b")[..], Some(Side::Github)),
        (&shows("a")[..], &[][..], None),
        (&[][..], &shows("a")[..], None),
        (&[][..], &[][..], None),
    ] {
        let plan = World::new(mapping(), base(), github, notion).plan();
        assert!(plan.steps.is_empty());
        assert_eq!(plan.rows[0].1, Row::F0);
        let waits: Vec<Move> = hidden
            .map(|side| Move::Unseen(side, key.clone()))
            .into_iter()
            .collect();
        assert_eq!(plan.moves, waits);
        assert_eq!(plan.is_settled(), waits.is_empty(), "the pair stays dirty");
    }
}

#[test]
fn a_refused_value_is_tried_again_once_it_says_something_else() {
    let key = FieldKey::MILESTONE;
    let mut pair = pair(&[(key.clone(), same(&Value::Null))]);
    let block = Blocked {
        side: Side::Github,
        source: text("v9"),
        reason: "unknown".to_owned(),
        since: NOW,
    };
    pair.blocked.insert(key.clone(), block);
    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let mut world = World::new(
        mapping,
        pair,
        &[(key.clone(), Value::Null)],
        &[(key.clone(), text("v9"))],
    );
    assert!(world.settle().is_empty());
    assert_eq!(
        world.pair.base[&key],
        same(&Value::Null),
        "a refused value never becomes the base"
    );
    world.notion.fields.insert(key.clone(), text("v10"));
    assert_eq!(world.settle().len(), 1);
    assert_eq!(world.value(Side::Github, &key), text("v10"));
    assert!(world.pair.blocked.is_empty());
}

#[test]
fn an_old_refusal_is_tried_again() {
    for (key, value) in [
        (FieldKey::MILESTONE, text("v9")),
        (FieldKey::LABELS, Value::set(["v9"])),
    ] {
        let none = if key == FieldKey::LABELS {
            Value::Set(std::collections::BTreeSet::new())
        } else {
            Value::Null
        };
        let mut pair = pair(&[(key.clone(), same(&none))]);
        let block = Blocked {
            side: Side::Github,
            source: value.clone(),
            reason: "unknown".to_owned(),
            since: NOW,
        };
        pair.blocked.insert(key.clone(), block);
        let mapping = only(Policy::Ask, std::slice::from_ref(&key));
        let mut world = World::new(
            mapping.clone(),
            pair,
            &[(key.clone(), none)],
            &[(key.clone(), value.clone())],
        );
        let news = |world: &World, age: i64, again: i64| {
            let mut row = world.notion.clone();
            row.read_at = NOW.plus(age);
            sight::news(&world.pair, &row, &mapping, again)
        };
        assert!(!news(&world, 10_000, 0).is_any(), "never, unless asked for");
        assert!(!news(&world, 999, 1_000).is_any());
        let old = news(&world, 1_000, 1_000);
        assert!(
            old.again && old.changed.is_empty(),
            "no change for the guard: {old:?}"
        );
        world.rules.refused_again = 1_000;
        world.now = NOW.plus(999);
        assert!(world.settle().is_empty(), "{key}");
        world.now = NOW.plus(1_000);
        assert_eq!(world.settle().len(), 1, "{key}");
        assert_eq!(world.value(Side::Github, &key), value);
        assert!(world.pair.blocked.is_empty());
    }
}

#[test]
fn a_type_is_refused_where_github_shows_none_and_the_refusal_ends() {
    let key = FieldKey::TYPE;
    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let mut world = World::new(mapping, pair(&[]), &[], &[(key.clone(), text("Bug"))]);
    assert!(world.settle().is_empty());
    assert_eq!(world.pair.blocked[&key].side, Side::Github);
    assert!(world.plan().moves.is_empty(), "and said once");
    world.notion.fields.insert(key.clone(), Value::Null);
    assert!(world.settle().is_empty());
    assert!(world.pair.blocked.is_empty());
    // Types that GitHub shows at last are filled in on either side.
    world.notion.fields.insert(key.clone(), text("Task"));
    world.github.fields.insert(key.clone(), Value::Null);
    assert_eq!(world.settle().len(), 1);
    assert_eq!(world.value(Side::Github, &key), text("Task"));
}

/// The sizes of a set before and after each request that a page's names ask for.
fn sizes(world: &World) -> Vec<(usize, usize)> {
    let steps = world.plan().steps.into_iter();
    steps
        .map(|step| {
            let change = &step.changes()[0];
            (change.pre.names().len(), change.new.names().len())
        })
        .collect()
}

/// An option that got another name looks like one name that went and one that came: the old one goes last, as the new
/// one may be refused.
#[test]
fn names_are_taken_away_after_others_are_added_in_their_place() {
    for key in [FieldKey::LABELS, FieldKey::ASSIGNEES] {
        let before = Value::set(["a", "b", "c"]);
        let mapping = only(Policy::Ask, std::slice::from_ref(&key));
        let mut world = World::new(
            mapping,
            pair(&[(key.clone(), same(&before))]),
            &[(key.clone(), before)],
            &[(key.clone(), Value::set(["c", "d"]))],
        );
        let is_label = key == FieldKey::LABELS;
        let wanted: &[(usize, usize)] = if is_label {
            &[(3, 4), (4, 3), (3, 2)]
        } else {
            &[(3, 4), (4, 2)]
        };
        assert_eq!(sizes(&world), wanted, "{key}");
        // Refused: the whole change waits. What is taken away later does not.
        let refusal = |source: Value| Blocked {
            side: Side::Github,
            source,
            reason: "no".to_owned(),
            since: NOW,
        };
        let refused = refusal(Value::set(["c", "d"]));
        world.pair.blocked.insert(key.clone(), refused);
        assert!(world.plan().steps.is_empty(), "{key}");
        world.notion.fields.insert(key.clone(), Value::set(["d"]));
        assert_eq!(sizes(&world)[..2], [(3, 2), (2, 3)], "{key}");
        world.turn();
        assert!(world.pair.blocked.contains_key(&key), "d was not tried yet");
        world.settle();
        assert_eq!(world.value(Side::Github, &key), Value::set(["d"]));
        assert!(world.pair.blocked.is_empty());
    }
}

/// A text that is too long for the other side is a conflict like any other once that side changes the same lines.
#[test]
fn a_text_that_is_too_long_is_asked_about_where_both_sides_changed_it() {
    let key = FieldKey::BODY;
    let long = "x ".repeat(40_000);
    for policy in [Policy::Ask, Policy::Merge, Policy::Notion] {
        for is_known in [false, true] {
            let github = if is_known { "a" } else { "b" };
            let mut world = World::new(
                only(policy, std::slice::from_ref(&key)),
                pair(&[(key.clone(), same(&text("a")))]),
                &[(key.clone(), text(github))],
                &[(key.clone(), text(&long))],
            );
            if is_known {
                assert!(world.settle().is_empty());
                assert!(world.pair.blocked[&key].reason.contains("shorten it"));
                world.github.fields.insert(key.clone(), text("b"));
            }
            assert!(world.settle().is_empty(), "{policy:?}");
            assert_eq!(world.pair.conflicts.len(), 1, "{policy:?}");
            assert!(world.pair.blocked.is_empty(), "{policy:?}");
            assert!(world.plan().is_idle(), "asked once");
            // Either end of it: the short text wins, or the long one is cut by a person.
            world.notion.fields.insert(key.clone(), text("a"));
            let steps = world.settle();
            assert_eq!(steps.len(), 1, "{policy:?}");
            assert_eq!(world.value(Side::Notion, &key), text("b"));
            assert!(world.pair.conflicts.is_empty(), "{policy:?}");
        }
    }
}

/// An issue has ten assignees at most.
#[test]
fn names_are_taken_away_first_where_there_is_no_room_for_more() {
    let key = FieldKey::ASSIGNEES;
    let before = Value::set(('a'..='j').map(String::from));
    let world = World::new(
        only(Policy::Ask, std::slice::from_ref(&key)),
        pair(&[(key.clone(), same(&before))]),
        &[(key.clone(), before)],
        &[(key.clone(), Value::set(('b'..='k').map(String::from)))],
    );
    assert_eq!(sizes(&world), [(10, 9), (9, 10)]);
}

#[test]
fn a_blocked_change_still_counts_as_one() {
    let key = FieldKey::MILESTONE;
    let mut pair = pair(&[(key.clone(), same(&text("a")))]);
    let block = Blocked {
        side: Side::Github,
        source: text("b"),
        reason: "no".to_owned(),
        since: NOW,
    };
    pair.blocked.insert(key.clone(), block);
    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let world = World::new(
        mapping,
        pair,
        &[(key.clone(), text("c"))],
        &[(key.clone(), text("b"))],
    );
    assert_eq!(
        got(&world, &key),
        Want::Conflict,
        "GitHub's later change meets the one that could not be written"
    );
}

#[test]
fn a_mirror_is_put_back_once_and_then_left_alone() {
    let key = FieldKey::of("number");
    let (twelve, nine) = (Value::Number(12), Value::Number(9));
    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let mut world = World::new(
        mapping,
        pair(&[(key.clone(), same(&twelve))]),
        &[(key.clone(), twelve.clone())],
        &[(key.clone(), nine.clone())],
    );
    assert_eq!(world.settle().len(), 1);
    assert_eq!(world.value(Side::Notion, &key), twelve);
    world.notion.fields.insert(key.clone(), nine);
    world.now = NOW.plus(60_000);
    assert!(
        world.settle().is_empty(),
        "something fights us: it is shown, not fought"
    );
    assert!(world.pair.blocked.contains_key(&key));
    world.github.fields.insert(key, Value::Number(13));
    assert_eq!(world.settle().len(), 1, "GitHub's own change goes through");
}

#[test]
fn a_status_is_not_flattened_and_closes_and_opens() {
    let key = FieldKey::STATE;
    let base = Base::new(text("open"), text("In progress"));
    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let mut world = World::new(
        mapping,
        pair(&[(key.clone(), base)]),
        &[(key.clone(), text("open"))],
        &[(key.clone(), text("Not started"))],
    );
    assert!(world.settle().is_empty(), "two options of one state");
    world.github.fields.insert(key.clone(), text("closed"));
    assert_eq!(world.settle().len(), 1);
    assert_eq!(world.value(Side::Notion, &key), text("Done"));
    world.notion.fields.insert(key.clone(), text("In progress"));
    assert_eq!(world.settle().len(), 1);
    assert_eq!(world.value(Side::Github, &key), text("open"));
    assert_eq!(world.value(Side::Notion, &key), text("In progress"));
}

#[test]
fn a_reason_is_written_only_to_a_closed_issue() {
    let keys = [FieldKey::STATE, FieldKey::CLOSED_AS];
    let base = [
        (
            FieldKey::STATE,
            Base::new(text("open"), text("Not started")),
        ),
        (FieldKey::CLOSED_AS, same(&Value::Null)),
    ];
    let github = [
        (FieldKey::STATE, text("open")),
        (FieldKey::CLOSED_AS, Value::Null),
    ];
    let notion = [
        (FieldKey::STATE, text("Not started")),
        (FieldKey::CLOSED_AS, text("not planned")),
    ];
    let mut world = World::new(only(Policy::Ask, &keys), pair(&base), &github, &notion);
    assert!(world.settle().is_empty());
    assert!(
        world.pair.blocked[&FieldKey::CLOSED_AS]
            .reason
            .contains("Status")
    );
    world.notion.fields.insert(FieldKey::STATE, text("Done"));
    world.pair.blocked.clear();
    let steps = world.settle();
    assert_eq!(
        steps[0].changes().len(),
        2,
        "state and reason travel in one request"
    );
    assert_eq!(
        world.value(Side::Github, &FieldKey::CLOSED_AS),
        text("not planned")
    );
}

#[test]
fn newest_decides_only_where_the_stamps_are_far_apart() {
    let key = FieldKey::MILESTONE;
    for (apart, wanted) in [
        (130_000, Want::Write(Side::Notion, text("l"))),
        (-130_000, Want::Write(Side::Github, text("r"))),
        (60_000, Want::Conflict),
    ] {
        let mapping = only(Policy::Newest, std::slice::from_ref(&key));
        let mut world = World::new(
            mapping,
            pair(&[(key.clone(), same(&text("b")))]),
            &[(key.clone(), text("l"))],
            &[(key.clone(), text("r"))],
        );
        let at = world.notion.stamp.as_ref().unwrap().at;
        world.github.stamp.as_mut().unwrap().at = Time(at.0 + apart);
        assert_eq!(got(&world, &key), wanted, "{apart}");
    }
}

#[test]
fn a_choice_is_carried_out_on_both_sides_and_void_when_a_side_moved_on() {
    let key = FieldKey::MILESTONE;
    let mapping = || only(Policy::Ask, std::slice::from_ref(&key));
    let make = || {
        let mut world = World::new(
            mapping(),
            pair(&[(key.clone(), same(&text("b")))]),
            &[(key.clone(), text("l"))],
            &[(key.clone(), text("r"))],
        );
        assert!(world.settle().is_empty());
        let choice = pulse_sync::core::pair::Choice {
            github: text("b"),
            notion: text("b"),
            pick: "base".to_owned(),
            at: NOW,
        };
        world.pair.conflicts[0].choice = Some(choice);
        world
    };
    let mut world = make();
    assert_eq!(world.settle().len(), 2);
    assert_eq!(
        (
            world.value(Side::Github, &key),
            world.value(Side::Notion, &key)
        ),
        (text("b"), text("b"))
    );
    assert!(world.pair.conflicts.is_empty());

    let mut world = make();
    world.notion.fields.insert(key.clone(), text("r2"));
    assert!(
        world.settle().is_empty(),
        "the choice was made against another version"
    );
    assert_eq!(world.pair.conflicts[0].notion, text("r2"));
    assert!(world.pair.conflicts[0].choice.is_none());
}

#[test]
fn texts_merge_by_line_and_collide_on_the_same_line() {
    let key = FieldKey::BODY;
    let mapping = || only(Policy::Ask, std::slice::from_ref(&key));
    let base = same(&text("one\ntwo\nthree\nfour\nfive"));
    let l = text("ONE\ntwo\nthree\nfour\nfive");
    let mut world = World::new(
        mapping(),
        pair(&[(key.clone(), base.clone())]),
        &[(key.clone(), l.clone())],
        &[(key.clone(), text("one\ntwo\nthree\nfour\nFIVE"))],
    );
    world.settle();
    for side in Side::BOTH {
        assert_eq!(
            world.value(side, &key).as_text().trim_end(),
            "ONE\ntwo\nthree\nfour\nFIVE"
        );
    }
    let mut world = World::new(
        mapping(),
        pair(&[(key.clone(), base)]),
        &[(key.clone(), l)],
        &[(key.clone(), text("uno\ntwo\nthree\nfour\nfive"))],
    );
    assert!(world.settle().is_empty());
    assert_eq!(world.pair.conflicts.len(), 1);
}

/// A page that was made with a text which was never read back; `by_us` says whether nobody but us edited it since.
fn never_read_back(shown: &str, by_us: bool) -> World {
    let key = FieldKey::BODY;
    let sent = text("some *bold* words");
    let mut pair = pair(&[(key.clone(), same(&sent).assumed())]);
    let made = Stamp {
        at: NOW.minus(60_000),
        by: Some("bot".to_owned()),
        by_us: true,
        settled: true,
    };
    pair.seen = [None, Some(made.clone())];
    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let mut world = World::new(mapping, pair, &[(key.clone(), sent)], &[(key, text(shown))]);
    world.notion.raw_body = Some(shown.to_owned());
    world.notion.stamp = Some(if by_us {
        made
    } else {
        Stamp {
            by: Some("ada".to_owned()),
            by_us: false,
            ..made
        }
    });
    world
}

#[test]
fn a_text_that_was_sent_but_not_read_back_may_come_back_in_other_markup() {
    let mut world = never_read_back("some ~bold~ words", true);
    assert!(world.settle().is_empty(), "a rendering is no edit");
    assert!(!world.pair.base[&FieldKey::BODY].assumed);
    world
        .notion
        .fields
        .insert(FieldKey::BODY, text("some **bold** words"));
    world.settle();
    assert_eq!(
        world.pair.conflicts.len(),
        1,
        "it was read back: now it is an edit, of a line that Notion shows in another way"
    );
    let mut world = never_read_back("some *other* words", true);
    assert_eq!(world.settle().len(), 1, "other words are one");
    assert_eq!(
        world
            .value(Side::Github, &FieldKey::BODY)
            .as_text()
            .trim_end(),
        "some *other* words"
    );
}

#[test]
fn the_first_edit_of_markup_alone_is_an_edit() {
    for shown in [
        "some **bold** words",
        "## some *bold* words",
        "- some *bold* words",
    ] {
        let mut world = never_read_back(shown, false);
        assert_eq!(world.settle().len(), 1, "{shown}");
        assert_eq!(
            world
                .value(Side::Github, &FieldKey::BODY)
                .as_text()
                .trim_end(),
            shown
        );
        // GitHub's later edit of the same line meets it.
        let mut world = never_read_back(shown, false);
        world
            .github
            .fields
            .insert(FieldKey::BODY, text("some *bold* words, and more"));
        world.settle();
        let kept = world
            .pair
            .conflict_on(Some(&FieldKey::BODY))
            .map(|open| open.notion.clone());
        assert_eq!(kept, Some(text(shown)), "{shown}");
    }
}

#[test]
fn an_edit_of_markup_stays_one_when_our_next_write_hides_who_made_it() {
    let notice = |by_us: bool| {
        let mut world = never_read_back("some **bold** words", by_us);
        let body = only(Policy::Ask, &[FieldKey::BODY]);
        let body = body.field(world.pair.kind, &FieldKey::BODY).unwrap();
        pulse_sync::core::sight::notice_edit(&mut world.pair, &world.notion, body);
        world.pair.base[&FieldKey::BODY].assumed
    };
    assert!(!notice(false), "somebody's");
    assert!(notice(true), "a rendering");
}

#[test]
fn a_reason_that_nobody_sent_is_somebodys_and_no_agreement() {
    let key = FieldKey::CLOSED_AS;
    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let pair = pair(&[(key.clone(), same(&text("duplicate")))]);
    let world = World::new(
        mapping,
        pair,
        &[(key.clone(), text("duplicate"))],
        &[(key.clone(), text("not planned"))],
    );
    for (shown, base) in [
        ("not planned", "not planned"),
        ("completed", "duplicate"),
        ("duplicate", "duplicate"),
    ] {
        let mut pair = world.pair.clone();
        let change = pulse_sync::core::Change {
            field: key.clone(),
            pre: text("duplicate"),
            new: text("not planned"),
            source: text("not planned"),
            row: pulse_sync::core::Row::F4,
            partial: false,
        };
        let step = pulse_sync::core::Step {
            side: Side::Github,
            action: pulse_sync::core::Action::Patch(vec![change]),
            row: pulse_sync::core::Row::F4,
        };
        let mut post = world.github.clone();
        post.fields.insert(key.clone(), text(shown));
        let answered = pulse_sync::core::land::Answered {
            step: &step,
            left_out: &BTreeMap::new(),
            post: &post,
            source: Some(&world.notion),
            now: NOW,
        };
        pulse_sync::core::land::land(&mut pair, &world.mapping, &answered);
        assert_eq!(pair.base[&key], same(&text(base)), "{shown}");
    }
}

#[test]
fn a_text_that_reads_back_as_sent_is_not_assumed_any_more() {
    let mut world = never_read_back("some *bold* words", true);
    assert!(world.settle().is_empty());
    assert!(!world.pair.base[&FieldKey::BODY].assumed);
    assert!(world.plan().is_idle(), "said once");
}

/// Two options that mean one label; ours took one of them away, its answer was lost, and then a person took the other.
#[test]
fn a_name_that_a_person_took_away_after_a_lost_answer_is_taken_away() {
    let key = FieldKey::LABELS;
    let names = |names: &[&str]| Value::Set(names.iter().map(|name| (*name).to_owned()).collect());
    let mut mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let mut words = pulse_sync::core::words::Words::default();
    words.add("bug", vec!["Defect".to_owned()]);
    let placement = pulse_sync::core::mapping::Placement {
        words,
        ..Default::default()
    };
    mapping.place(None, &key, &placement);
    let agreed = Base::new(names(&["bug"]), names(&["Defect", "bug"]));
    let pair = pair(&[(key.clone(), agreed)]);
    let github = [(key.clone(), names(&["bug"]))];
    let mut world = World::new(mapping, pair, &github, &[(key.clone(), names(&[]))]);
    let change = pulse_sync::core::Change {
        field: key.clone(),
        pre: names(&["Defect", "bug"]),
        new: names(&["Defect"]),
        source: names(&["bug"]),
        row: Row::F5,
        partial: false,
    };
    let step = pulse_sync::core::Step {
        side: Side::Notion,
        action: pulse_sync::core::Action::Patch(vec![change]),
        row: Row::F5,
    };
    let answered = pulse_sync::core::land::Answered {
        step: &step,
        left_out: &BTreeMap::new(),
        post: &world.notion,
        source: None,
        now: NOW,
    };
    pulse_sync::core::land::land(&mut world.pair, &world.mapping, &answered);
    world.settle();
    assert_eq!(world.value(Side::Github, &key), names(&[]));
    assert_eq!(world.value(Side::Notion, &key), names(&[]));
}
