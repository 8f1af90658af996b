//! Laws of every plan: it ends, it converges, it loses nothing, and it is fair to both sides.

use std::collections::BTreeSet;

use proptest::prelude::*;
use pulse_sync::core::codec::{Codec, Said};
use pulse_sync::core::words::Words;
use pulse_sync::core::{Base, FieldKey, Policy, Side, Value};

use crate::rig::{World, only, pair, same, text};

/// How many cases: enough for somebody who waits, or as many as a build server has time for (`PULSE_SYNC_THOROUGH`).
fn cases(quick: u32, thorough: u32) -> u32 {
    if std::env::var_os("PULSE_SYNC_THOROUGH").is_some() {
        thorough
    } else {
        quick
    }
}

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

/// The lines of the body that one side shows, in any order.
fn lines(world: &World, side: Side) -> Vec<String> {
    let body = world.value(side, &FieldKey::BODY);
    let mut lines: Vec<String> = body.as_text().lines().map(str::to_owned).collect();
    lines.retain(|line| !line.is_empty());
    lines.sort();
    lines
}

/// The labels are what the formula says, name by name, and no others.
fn no_other_name(before: &World, after: &World) -> Result<(), TestCaseError> {
    let key = FieldKey::LABELS;
    let base = before.pair.base[&key].github.names();
    let (l, r) = (
        before.value(Side::Github, &key).names(),
        before.value(Side::Notion, &key).names(),
    );
    let wanted: BTreeSet<String> = l
        .union(&r)
        .filter(|name| !base.contains(*name) || l.contains(*name) && r.contains(*name))
        .cloned()
        .collect();
    for side in Side::BOTH {
        prop_assert_eq!(after.value(side, &key).names(), wanted.clone());
    }
    Ok(())
}

/// Every line of a merged text is a line of one side, and every line that one side added is there.
fn no_other_line(before: &World, after: &World) -> Result<(), TestCaseError> {
    let key = FieldKey::BODY;
    let (l, r) = (lines(before, Side::Github), lines(before, Side::Notion));
    if after.pair.conflict_on(Some(&key)).is_some() {
        prop_assert_eq!(
            (lines(after, Side::Github), lines(after, Side::Notion)),
            (l, r)
        );
        return Ok(());
    }
    let base = before.pair.base[&key].github.as_text().to_owned();
    let base: Vec<&str> = base.lines().collect();
    for side in Side::BOTH {
        let shown = lines(after, side);
        for line in &shown {
            prop_assert!(
                l.contains(line) || r.contains(line),
                "{line:?} is nobody's: {shown:?}"
            );
        }
        for line in l
            .iter()
            .chain(&r)
            .filter(|line| !base.contains(&line.as_str()))
        {
            prop_assert!(shown.contains(line), "{line:?} is lost: {shown:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(5_000, 10_000), failure_persistence: None, ..ProptestConfig::default() })]

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
        no_other_name(&before, &after)?;
        no_other_line(&before, &after)?;
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
        if one.pair.conflict_on(Some(&key)).is_none() {
            prop_assert_eq!(lines(&one, Side::Github), lines(&other, Side::Notion));
        }
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

/// What a codec says, if it says anything.
fn said(said: Said) -> Option<Value> {
    match said {
        Said::Value(value) => Some(value),
        Said::Undecided | Said::Refused(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(10_000, 20_000), failure_persistence: None, ..ProptestConfig::default() })]

    /// A value that went to Notion and back to GitHub says the same in Notion when it goes there again.
    #[test]
    fn a_second_trip_says_what_the_first_one_said(written in "[ -~é\n]{0,60}", marked in "([-#>*_`\\[\\]()! a-c\n]|- |## |1\\. ){0,24}") {
        for value in [text(&written), text(&marked)] {
            for codec in [Codec::Markdown, Codec::Title, Codec::Name(Words::default()), Codec::Names(Words::default())] {
                let value = match codec {
                    Codec::Names(_) => Value::set(value.as_text().lines().map(str::trim).filter(|name| !name.is_empty())),
                    Codec::Name(_) | Codec::Title => Value::text(value.as_text().split_whitespace().collect::<Vec<_>>().join(" ")),
                    _ => value.clone(),
                };
                let Some(first) = said(codec.to_notion(&value, None)) else { continue };
                let Some(back) = said(codec.to_github(&first, Some(&value))) else { continue };
                let second = said(codec.to_notion(&back, None)).unwrap_or_default();
                prop_assert!(codec.same(&first, &second), "{codec:?} {value:?}: {first:?} {back:?} {second:?}");
                prop_assert!(codec.agree(&value, &first), "{codec:?} {value:?}: {first:?}");
            }
        }
    }
}
