//! Strategies: policy × class of field × which side changed, carried out to the end.

use pulse_sync::core::plan::{ByLabel, Move};
use pulse_sync::core::{FieldKey, Policy, Side, Time, Value};

use super::rig::{World, only, pair, same, text};
use super::table::POLICIES;

const MINUTES: i64 = 60_000;

/// A field, what was agreed, and what each side says after a change of its own.
struct Field {
    key: FieldKey,
    base: Value,
    github: Value,
    notion: Value,
    /// What both sides say when both changes are merged; none where they collide.
    merged: Option<Value>,
    /// What a collision becomes where both are kept.
    both: Option<Value>,
}

fn fields() -> Vec<Field> {
    let body = |middle: &str, last: &str| text(&format!("One\n\n{middle}\n\nBetween\n\n{last}\n"));
    vec![
        Field {
            key: FieldKey::MILESTONE,
            base: text("b"),
            github: text("g"),
            notion: text("n"),
            merged: None,
            both: None,
        },
        Field {
            key: FieldKey::LABELS,
            base: Value::set(["old", "stays"]),
            github: Value::set(["stays", "g"]),
            notion: Value::set(["old", "stays", "n"]),
            merged: Some(Value::set(["g", "n", "stays"])),
            both: None,
        },
        Field {
            key: FieldKey::BODY,
            base: body("two", "three"),
            github: body("TWO", "three"),
            notion: body("two", "THREE"),
            merged: Some(body("TWO", "THREE")),
            both: None,
        },
        Field {
            key: FieldKey::BODY,
            base: body("two", "three"),
            github: body("two of GitHub", "three"),
            notion: body("two of Notion", "three"),
            merged: None,
            both: Some(text(
                "One\n\ntwo of GitHub\ntwo of Notion\n\nBetween\n\nthree\n",
            )),
        },
    ]
}

fn world(field: &Field, policy: Policy, l: &Value, r: &Value) -> World {
    World::new(
        only(policy, std::slice::from_ref(&field.key)),
        pair(&[(field.key.clone(), same(&field.base))]),
        &[(field.key.clone(), l.clone())],
        &[(field.key.clone(), r.clone())],
    )
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Set(names) => names.iter().cloned().collect(),
        other => other
            .as_text()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    }
}

fn assert_says(world: &World, field: &Field, wanted: &Value, why: &str) {
    for side in Side::BOTH {
        let shown = world.value(side, &field.key);
        assert_eq!(words(&shown), words(wanted), "{why}: {side:?}");
    }
}

#[test]
fn a_change_of_one_side_goes_over_whatever_the_policy() {
    for field in fields() {
        for policy in POLICIES {
            for (l, r, wanted) in [
                (&field.base, &field.base, &field.base),
                (&field.github, &field.base, &field.github),
                (&field.base, &field.notion, &field.notion),
                (&field.github, &field.github, &field.github),
            ] {
                let mut world = world(&field, policy, l, r);
                world.settle();
                assert_says(&world, &field, wanted, &format!("{} {policy:?}", field.key));
                assert!(world.pair.conflicts.is_empty());
            }
        }
    }
}

#[test]
fn what_both_sides_changed_is_merged_decided_kept_twice_or_asked() {
    for field in fields() {
        for policy in POLICIES {
            let why = format!("{} {policy:?}", field.key);
            let mut world = world(&field, policy, &field.github, &field.notion);
            let at = world.notion.stamp.as_ref().unwrap().at;
            world.github.stamp.as_mut().unwrap().at = Time(at.0 + 10 * MINUTES);
            let told = world
                .plan()
                .moves
                .iter()
                .any(|mv| matches!(mv, Move::Decided(..)));
            world.settle();
            let wanted = match (&field.merged, policy) {
                (Some(merged), _) => Some(merged),
                (None, Policy::Ask) => None,
                (None, Policy::Github | Policy::Newest) => Some(&field.github),
                (None, Policy::Notion) => Some(&field.notion),
                (None, Policy::Merge) => field.both.as_ref(),
            };
            if let Some(wanted) = wanted {
                assert_says(&world, &field, wanted, &why);
                assert!(world.pair.conflicts.is_empty(), "{why}");
                let is_decided = field.merged.is_none() && policy != Policy::Merge;
                assert_eq!(told, is_decided, "{why}: the loser is told to the history");
            } else {
                assert_eq!(world.pair.conflicts.len(), 1, "{why}");
                assert_eq!(world.value(Side::Github, &field.key), field.github, "{why}");
                assert_eq!(world.value(Side::Notion, &field.key), field.notion, "{why}");
            }
        }
    }
}

#[test]
fn stamps_that_are_too_near_are_a_question() {
    let field = &fields()[0];
    for apart in [-2 * MINUTES, -MINUTES, 0, MINUTES, 2 * MINUTES] {
        let mut world = world(field, Policy::Newest, &field.github, &field.notion);
        let at = world.notion.stamp.as_ref().unwrap().at;
        world.github.stamp.as_mut().unwrap().at = Time(at.0 + apart);
        world.settle();
        assert_eq!(world.pair.conflicts.len(), 1, "{apart}");
    }
}

#[test]
fn a_label_brings_its_own_policy() {
    let rule = |label: &str, field: Option<FieldKey>, policy: Policy| ByLabel {
        label: glob::Pattern::new(label).unwrap(),
        field,
        policy,
    };
    let rules = [
        rule("team/lamp", Some(FieldKey::MILESTONE), Policy::Notion),
        rule("TEAM/*", None, Policy::Github),
    ];
    for (labels, wanted) in [
        (vec!["Team/Lamp"], Some("n")),
        (vec!["team/wick"], Some("g")),
        (vec!["other"], None),
        (vec![], None),
    ] {
        let labels = Value::set(labels);
        let keys = [FieldKey::MILESTONE, FieldKey::LABELS];
        let base = [
            (FieldKey::MILESTONE, same(&text("b"))),
            (FieldKey::LABELS, same(&labels)),
        ];
        let shown = |milestone: &str| {
            [
                (FieldKey::MILESTONE, text(milestone)),
                (FieldKey::LABELS, labels.clone()),
            ]
        };
        let mut world = World::new(
            only(Policy::Ask, &keys),
            pair(&base),
            &shown("g"),
            &shown("n"),
        );
        world.rules.by_label = rules.to_vec();
        world.settle();
        match wanted {
            Some(wanted) => assert_eq!(
                world.value(Side::Notion, &FieldKey::MILESTONE),
                text(wanted)
            ),
            None => assert_eq!(world.pair.conflicts.len(), 1, "{labels:?}"),
        }
    }
}

/// Each side changed another of two lines that stand side by side: both changes stand, each in its place.
#[test]
fn merge_keeps_lines_in_their_places() {
    for (base, github, notion, wanted) in [
        (
            "A\n\nB\n\nC\n",
            "A\n\nB g\n\nC\n",
            "A n\n\nB\n\nC\n",
            "A n\n\nB g\n\nC",
        ),
        (
            "# H\n\nB\n\nC\n",
            "# H\n\nB g\n\nC\n",
            "# H n\n\nB\n\nC\n",
            "# H n\n\nB g\n\nC",
        ),
        (
            "# H\n\nB\n\nC\n",
            "# H g\n\nB\n\nC\n",
            "# H\n\nB n\n\nC\n",
            "# H g\n\nB n\n\nC",
        ),
        (
            "1. A\n2. B\n3. C\n",
            "1. A\n2. B g\n3. C\n",
            "1. A n\n2. B\n3. C\n",
            "1. A n\n2. B g\n3. C",
        ),
        (
            "- [ ] A\n- [ ] B\n- [ ] C\n",
            "- [ ] A\n- [x] B\n- [ ] C\n",
            "- [x] A\n- [ ] B\n- [ ] C\n",
            "- [x] A\n- [x] B\n- [ ] C",
        ),
    ] {
        let field = Field {
            key: FieldKey::BODY,
            base: text(base),
            github: text(github),
            notion: text(notion),
            merged: None,
            both: None,
        };
        let mut world = world(&field, Policy::Merge, &field.github, &field.notion);
        world.settle();
        let said = world.value(Side::Github, &FieldKey::BODY);
        assert_eq!(said.as_text().trim(), wanted);
        assert!(world.pair.conflicts.is_empty());
    }
}
