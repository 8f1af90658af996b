//! Rows I1–I17: what becomes of whole items.

use std::collections::{BTreeMap, BTreeSet};

use pulse_sync::core::plan::{Input, Move, NewPages, OnTrashed, Plan, Rules, plan};
use pulse_sync::core::{
    Action, FieldKey, Key, Kind, Life, ObjectId, Observation, Pair, PairId, PairLife, Policy, Row,
    Side, Stamp, Step, Time, Value,
};

use crate::rig::{NOW, World, mapping, only, pair, same, seen, text};

fn lives() -> [Life; 5] {
    let elsewhere = ObjectId {
        node: "I_9".to_owned(),
        locator: "o/other#9".to_owned(),
    };
    [
        Life::Live,
        Life::Trashed,
        Life::Gone,
        Life::MovedTo(elsewhere),
        Life::Unreachable,
    ]
}

/// Every pair of lives, edited or not, in scope or not: nothing is removed without positive evidence.
#[test]
fn nothing_is_removed_or_made_without_positive_evidence() {
    let key = FieldKey::MILESTONE;
    for github in lives() {
        for notion in lives() {
            for (l, r) in [("a", "a"), ("b", "a"), ("a", "b"), ("b", "c")] {
                for in_scope in [true, false] {
                    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
                    let mut world = World::new(
                        mapping,
                        pair(&[(key.clone(), same(&text("a")))]),
                        &[(key.clone(), text(l))],
                        &[(key.clone(), text(r))],
                    );
                    world.github.life = github.clone();
                    world.notion.life = notion.clone();
                    check_lives(
                        &plan_scoped(&world, in_scope),
                        &github,
                        &notion,
                        (l, r),
                        in_scope,
                    );
                }
            }
        }
    }
}

fn plan_scoped(world: &World, in_scope: bool) -> Plan {
    plan(&Input {
        pair: &world.pair,
        github: Some(&world.github),
        notion: Some(&world.notion),
        mapping: &world.mapping,
        rules: &world.rules,
        paused: &BTreeSet::new(),
        in_scope,
        now: NOW,
    })
}

fn check_lives(plan: &Plan, github: &Life, notion: &Life, (l, r): (&str, &str), in_scope: bool) {
    let case = format!("{github:?} {notion:?} {l}{r} {in_scope}: {plan:?}");
    for step in &plan.steps {
        match step.action {
            Action::Trash => {
                assert_eq!(step.side, Side::Notion, "{case}");
                assert!(
                    matches!(github, Life::Gone | Life::Trashed)
                        && *notion == Life::Live
                        && r == "a",
                    "{case}"
                );
            }
            Action::Restore => assert!(
                *github == Life::Live && matches!(notion, Life::Trashed | Life::Gone) && l == "b",
                "{case}"
            ),
            Action::Patch(_) => assert!(
                *github == Life::Live && *notion == Life::Live && in_scope,
                "{case}"
            ),
            Action::Close | Action::Create(_) => panic!("{case}"),
        }
    }
    if *github == Life::Unreachable
        || *notion == Life::Unreachable && matches!(github, Life::Live) && in_scope
    {
        assert_eq!(plan.steps.len(), 0, "{case}");
        assert!(
            plan.moves
                .iter()
                .all(|mv| matches!(mv, Move::Unreachable(_))),
            "{case}"
        );
    }
}

#[test]
fn a_deleted_issue_with_an_edited_page_is_a_conflict() {
    let key = FieldKey::MILESTONE;
    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let mut world = World::new(
        mapping,
        pair(&[(key.clone(), same(&text("a")))]),
        &[],
        &[(key, text("b"))],
    );
    world.github.life = Life::Gone;
    assert!(world.turn().is_none());
    assert_eq!(world.pair.conflicts.len(), 1);
    assert!(world.plan().is_idle(), "it waits for a person");
    let choose = |world: &mut World, pick: &str| {
        let choice = pulse_sync::core::pair::Choice {
            github: Value::Null,
            notion: Value::Null,
            pick: pick.to_owned(),
            at: NOW,
        };
        world.pair.conflicts[0].choice = Some(choice);
    };
    choose(&mut world, "notion");
    assert!(world.turn().is_none());
    assert!(
        matches!(world.pair.life, PairLife::Unlinked(_)),
        "the page is kept"
    );
}

#[test]
fn a_trashed_page_unlinks_or_closes_by_configuration() {
    let key = FieldKey::STATE;
    let mapping = only(Policy::Ask, std::slice::from_ref(&key));
    let base = pulse_sync::core::Base::new(text("open"), text("Not started"));
    let mut world = World::new(
        mapping,
        pair(&[(key.clone(), base)]),
        &[(key, text("open"))],
        &[],
    );
    world.notion.life = Life::Trashed;
    assert!(matches!(
        &world.plan().moves[..],
        [Move::Life(PairLife::Unlinked(_))]
    ));
    world.rules.on_trashed = OnTrashed::Close;
    let plan = world.plan();
    assert_eq!(
        (plan.steps[0].side, &plan.steps[0].action),
        (Side::Github, &Action::Close)
    );
}

fn new_page(fields: &[(FieldKey, Value)]) -> (Pair, Observation) {
    let mut page = seen(Side::Notion, fields);
    page.stamp = Some(Stamp {
        at: NOW.minus(600_000),
        by: None,
        by_us: false,
        settled: true,
    });
    (
        Pair::first_seen(
            PairId("p".to_owned()),
            Key("ab".repeat(16)),
            "l",
            &page,
            NOW,
        ),
        page,
    )
}

fn plan_page(pair: &Pair, page: &Observation, rules: &Rules) -> Plan {
    plan(&Input {
        pair,
        github: None,
        notion: Some(page),
        mapping: &mapping(Policy::Ask),
        rules,
        paused: &BTreeSet::new(),
        in_scope: true,
        now: NOW,
    })
}

#[test]
fn a_page_becomes_an_issue_only_when_asked_for_rested_and_titled() {
    let ready = (FieldKey::PUBLISH, text("Ready"));
    let title = (FieldKey::TITLE, text("A plan"));
    let rules = Rules {
        new_repository: Some("o/r".to_owned()),
        debounce: 90_000,
        ..Rules::default()
    };
    let (pair, page) = new_page(&[title.clone(), ready.clone()]);
    let plan = plan_page(&pair, &page, &rules);
    let Action::Create(draft) = &plan.steps[0].action else {
        panic!("{plan:?}")
    };
    assert_eq!(
        (draft.container.as_str(), draft.marker.as_str()),
        ("o/r", pair.key.0.as_str())
    );
    assert_eq!(draft.fields[&FieldKey::TITLE], text("A plan"));

    let (pair, page) = new_page(std::slice::from_ref(&title));
    assert!(plan_page(&pair, &page, &rules).is_idle(), "not published");
    let all = Rules {
        new_pages: NewPages::All,
        ..rules.clone()
    };
    assert_eq!(plan_page(&pair, &page, &all).steps.len(), 1);

    let (pair, page) = new_page(std::slice::from_ref(&ready));
    let plan = plan_page(&pair, &page, &rules);
    let is_aside =
        matches!(&plan.moves[..], [Move::Life(PairLife::Parked(why))] if why.contains("title"));
    assert!(is_aside, "{plan:?}");
    let creates = |step: &Step| matches!(step.action, Action::Create(_));
    assert!(!plan.steps.iter().any(creates), "{plan:?}");

    let (pair, mut page) = new_page(&[title.clone(), ready.clone()]);
    page.stamp.as_mut().unwrap().at = NOW.minus(30_000);
    let plan = plan_page(&pair, &page, &rules);
    assert!(
        matches!(plan.moves[..], [Move::Later(Time(at), _)] if at == NOW.0 + 60_000),
        "{plan:?}"
    );

    let nowhere = Rules {
        new_repository: None,
        ..rules
    };
    let (pair, page) = new_page(&[title, ready]);
    let plan = plan_page(&pair, &page, &nowhere);
    assert!(
        matches!(&plan.moves[..], [Move::Life(PairLife::Parked(why))] if why.contains("Repository")),
        "{plan:?}"
    );
}

#[test]
fn a_new_issue_becomes_a_page_that_names_it() {
    let issue = seen(
        Side::Github,
        &[
            (FieldKey::TITLE, text("t")),
            (FieldKey::LABELS, Value::set(["a,b"])),
            (FieldKey::STATE, text("closed")),
        ],
    );
    let pair = Pair::first_seen(
        PairId("p".to_owned()),
        Key("ab".repeat(16)),
        "l",
        &issue,
        NOW,
    );
    let mapping = mapping(Policy::Ask);
    let make = |in_scope| {
        plan(&Input {
            pair: &pair,
            github: Some(&issue),
            notion: None,
            mapping: &mapping,
            rules: &Rules::default(),
            paused: &BTreeSet::new(),
            in_scope,
            now: NOW,
        })
    };
    let plan = make(true);
    let Action::Create(draft) = &plan.steps[0].action else {
        panic!("{plan:?}")
    };
    assert_eq!(draft.marker, "I_1");
    assert_eq!(draft.kind, Kind::Issue);
    assert_eq!(draft.fields[&FieldKey::STATE], text("Done"));
    assert!(
        draft.fields[&FieldKey::LABELS]
            .names()
            .iter()
            .all(|name| !name.contains(','))
    );
    assert!(matches!(
        &make(false).moves[..],
        [Move::Life(PairLife::Unlinked(_))]
    ));
}

#[test]
fn an_issue_made_from_a_closed_page_is_closed_next() {
    let (mut pair, page) = new_page(&[
        (FieldKey::TITLE, text("t")),
        (FieldKey::STATE, text("Done")),
        (FieldKey::PUBLISH, text("Ready")),
    ]);
    let mapping = only(Policy::Ask, &[FieldKey::TITLE, FieldKey::STATE]);
    let rules = Rules {
        new_repository: Some("o/r".to_owned()),
        ..Rules::default()
    };
    let plan = plan_page(&pair, &page, &rules);
    let post = seen(
        Side::Github,
        &[
            (FieldKey::TITLE, text("t")),
            (FieldKey::STATE, text("open")),
        ],
    );
    let answered = pulse_sync::core::land::Answered {
        step: &plan.steps[0],
        left_out: &BTreeMap::new(),
        post: &post,
        source: Some(&page),
        now: NOW,
    };
    pulse_sync::core::land::land(&mut pair, &mapping, &answered);
    let mut world = World::new(mapping, pair, &[], &[]);
    world.github = post;
    world.notion = page;
    let steps = world.settle();
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!(world.value(Side::Github, &FieldKey::STATE), text("closed"));
}

/// Says whether a plan is the wanted one.
type Check<'a> = &'a dyn Fn(&Plan) -> bool;

/// What each life of the two sides asks for: `l` and `r` are what they show, `a` is the base.
#[test]
fn every_row_of_whole_items_has_its_case() {
    let [live, trashed, gone, moved, lost] = lives();
    let tombstone = |plan: &Plan| matches!(plan.moves[..], [Move::Life(PairLife::Tombstone)]);
    let unlinked = |plan: &Plan| matches!(plan.moves[..], [Move::Life(PairLife::Unlinked(_))]);
    let acts = |plan: &Plan, wanted: &Action| matches!(&plan.steps[..], [step] if step.side == Side::Notion && step.action == *wanted);
    let trash = |plan: &Plan| acts(plan, &Action::Trash) && plan.moves.is_empty();
    let restore = |plan: &Plan| {
        acts(plan, &Action::Restore) && matches!(plan.moves[..], [Move::Overruled(_)])
    };
    let asks = |plan: &Plan| {
        matches!(&plan.moves[..], [Move::Open(conflict)] if conflict.field.is_none())
            && plan.steps.is_empty()
    };
    let follows = |plan: &Plan| matches!(plan.moves[..], [Move::Relink(_)]);
    let waits = |side: Side| {
        move |plan: &Plan| plan.moves == [Move::Unreachable(side)] && plan.steps.is_empty()
    };
    let cases: [(Row, &Life, &Life, &str, bool, Check<'_>); 13] = [
        (Row::I5, &gone, &live, "aa", true, &trash),
        (Row::I6, &gone, &live, "ab", true, &asks),
        (Row::I7, &live, &trashed, "aa", true, &unlinked),
        (Row::I7, &live, &trashed, "ab", true, &unlinked),
        (Row::I8, &live, &trashed, "ba", true, &restore),
        (Row::I9, &gone, &trashed, "aa", true, &tombstone),
        (Row::I9, &gone, &gone, "ab", true, &tombstone),
        (Row::I11, &moved, &live, "aa", true, &follows),
        (Row::I11, &moved, &live, "aa", false, &unlinked),
        (Row::I12, &lost, &live, "ab", true, &waits(Side::Github)),
        (Row::I12, &live, &lost, "ba", true, &waits(Side::Notion)),
        (Row::I12, &gone, &lost, "aa", true, &waits(Side::Notion)),
        (Row::I14, &live, &live, "ab", false, &unlinked),
    ];
    let key = FieldKey::MILESTONE;
    for (row, github, notion, shown, in_scope, check) in cases {
        let mut world = World::new(
            only(Policy::Ask, std::slice::from_ref(&key)),
            pair(&[(key.clone(), same(&text("a")))]),
            &[(key.clone(), text(&shown[..1]))],
            &[(key.clone(), text(&shown[1..]))],
        );
        (world.github.life, world.notion.life) = (github.clone(), notion.clone());
        let plan = plan_scoped(&world, in_scope);
        assert_eq!(plan.rows, [(None, row)], "{github:?} {notion:?} {shown}");
        assert!(
            check(&plan),
            "{row:?} {github:?} {notion:?} {shown}: {plan:?}"
        );
    }
}

/// I16, I17: what is GitHub's alone is put back in Notion and never written to GitHub.
#[test]
fn commits_and_the_state_of_pull_requests_flow_one_way() {
    let cases = [
        (Kind::Commit, FieldKey::TITLE),
        (Kind::Pull, FieldKey::of("pull_state")),
    ];
    for (kind, key) in cases {
        let mut pair = pair(&[(key.clone(), same(&text("a")))]);
        pair.kind = kind;
        let mut world = World::new(
            mapping(Policy::Notion),
            pair,
            &[(key.clone(), text("a"))],
            &[(key.clone(), text("b"))],
        );
        (world.github.kind, world.notion.kind) = (kind, kind);
        let plan = world.plan();
        assert!(
            plan.rows.contains(&(Some(key.clone()), Row::F8)),
            "{kind:?}: {plan:?}"
        );
        let written: Vec<Side> = plan.steps.iter().map(|step| step.side).collect();
        assert_eq!(written, [Side::Notion], "{kind:?}: {plan:?}");
        assert_eq!(plan.steps[0].changes()[0].new, text("a"));
    }
}
