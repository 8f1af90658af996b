//! Laws of every plan: it ends, it converges, it loses nothing, and it is fair to both sides.

use proptest::prelude::*;
use pulse_sync::core::{Base, FieldKey, Policy, Side, Value};

use crate::rig::{World, only, pair, same, text};

const KEYS: [FieldKey; 4] = [
    FieldKey::MILESTONE,
    FieldKey::TITLE,
    FieldKey::LABELS,
    FieldKey::BODY,
];

fn value(key: &FieldKey) -> BoxedStrategy<Value> {
    if *key == FieldKey::LABELS {
        prop::collection::btree_set("[a-e]", 0..4)
            .prop_map(Value::Set)
            .boxed()
    } else if *key == FieldKey::BODY {
        prop::collection::vec("[a-d]{1,2}", 0..6)
            .prop_map(|lines| Value::text(lines.join("\n")))
            .boxed()
    } else {
        prop_oneof![Just(Value::Null), "[a-c]".prop_map(Value::text)].boxed()
    }
}

/// A base, and what each side made of it: unchanged, or perturbed.
fn case() -> impl Strategy<Value = Vec<(Value, Value, Value)>> {
    let one = |key: FieldKey| {
        (value(&key), value(&key), value(&key), 0..4_u8).prop_map(|(base, l, r, who)| {
            (
                base.clone(),
                if who & 1 == 0 { base.clone() } else { l },
                if who & 2 == 0 { base } else { r },
            )
        })
    };
    KEYS.into_iter().map(one).collect::<Vec<_>>()
}

fn world(policy: Policy, values: &[(Value, Value, Value)]) -> World {
    let titled = |value: &Value| {
        if value.is_empty() {
            text("t")
        } else {
            value.clone()
        }
    };
    let fix = |key: &FieldKey, value: &Value| {
        if *key == FieldKey::TITLE {
            titled(value)
        } else {
            value.clone()
        }
    };
    let zip = |pick: fn(&(Value, Value, Value)) -> &Value| {
        KEYS.iter()
            .zip(values)
            .map(|(key, values)| (key.clone(), fix(key, pick(values))))
            .collect::<Vec<_>>()
    };
    let base: Vec<(FieldKey, Base)> = zip(|v| &v.0)
        .into_iter()
        .map(|(key, value)| (key, same(&value)))
        .collect();
    World::new(
        only(policy, &KEYS),
        pair(&base),
        &zip(|v| &v.1),
        &zip(|v| &v.2),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// With an ideal service, turns end, and every field without a conflict agrees.
    #[test]
    fn turns_end_and_both_sides_agree(values in case()) {
        let mut world = world(Policy::Ask, &values);
        world.settle();
        for key in &KEYS {
            let (l, r) = (world.value(Side::Github, key), world.value(Side::Notion, key));
            let field = world.mapping.field(pulse_sync::core::Kind::Issue, key).unwrap();
            let waits = world.pair.conflict_on(Some(key)).is_some();
            prop_assert!(waits || field.codec.agree(&l, &r), "{key}: {l:?} {r:?}");
        }
    }

    /// A value that one side alone set survives; one that both set differently is in the conflict, both of it.
    #[test]
    fn no_edit_disappears(values in case()) {
        let before = world(Policy::Ask, &values);
        let mut after = world(Policy::Ask, &values);
        after.settle();
        for key in [FieldKey::MILESTONE, FieldKey::TITLE] {
            let base = before.pair.base[&key].github.clone();
            let (l, r) = (before.value(Side::Github, &key), before.value(Side::Notion, &key));
            let shown = after.value(Side::Github, &key);
            match (l == base, r == base) {
                (true, true) => prop_assert_eq!(shown, base),
                (false, true) => prop_assert_eq!(shown, l),
                (true, false) => prop_assert_eq!(shown, r),
                (false, false) if l == r => prop_assert_eq!(shown, l),
                (false, false) => {
                    let conflict = after.pair.conflict_on(Some(&key)).unwrap();
                    prop_assert_eq!((&conflict.base, &conflict.github, &conflict.notion), (&base, &l, &r));
                }
            }
        }
    }

    /// Turning the two sides around turns the plan around, for everything that is not GitHub's alone.
    #[test]
    fn both_sides_are_treated_alike(values in case()) {
        let turned: Vec<_> = values.iter().map(|(b, l, r)| (b.clone(), r.clone(), l.clone())).collect();
        let (mut one, mut other) = (world(Policy::Ask, &values), world(Policy::Ask, &turned));
        one.settle();
        other.settle();
        for key in [FieldKey::MILESTONE, FieldKey::TITLE, FieldKey::LABELS] {
            prop_assert_eq!(one.value(Side::Github, &key), other.value(Side::Notion, &key));
            prop_assert_eq!(one.pair.conflict_on(Some(&key)).is_some(), other.pair.conflict_on(Some(&key)).is_some());
        }
        let key = FieldKey::BODY;
        prop_assert_eq!(one.pair.conflict_on(Some(&key)).is_some(), other.pair.conflict_on(Some(&key)).is_some());
    }

    /// A policy never leaves a conflict, and the winner's value is on both sides.
    #[test]
    fn a_policy_decides_everything(values in case(), github_wins in any::<bool>()) {
        let policy = if github_wins { Policy::Github } else { Policy::Notion };
        let before = world(policy, &values);
        let mut after = world(policy, &values);
        after.settle();
        prop_assert!(after.pair.conflicts.is_empty());
        let key = FieldKey::MILESTONE;
        let base = before.pair.base[&key].github.clone();
        let winner = &before.value(if github_wins { Side::Github } else { Side::Notion }, &key);
        if before.value(Side::Github, &key) != base && before.value(Side::Notion, &key) != base {
            prop_assert_eq!(&after.value(Side::Github, &key), winner);
            prop_assert_eq!(&after.value(Side::Notion, &key), winner);
        }
    }
}
