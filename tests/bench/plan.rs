//! How fast the decision is: `cargo bench --bench plan`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;

use divan::{Bencher, black_box, counter::ItemsCount};
use pulse_sync::core::codec::{Said, StateMap};
use pulse_sync::core::plan::{Input, Rules, plan};
use pulse_sync::core::{
    Base, Codec, Field, FieldKey, Key, Kind, Life, Mapping, ObjectId, Observation, Pair, PairId,
    PairLife, Policy, Side, Stamp, Time, Value,
};

const NOW: Time = Time(1_760_000_000_000);
/// Pairs of one measurement; a trial run of the tests takes few.
const PAIRS: usize = 100_000;
/// Different bodies among them: saying one on Notion takes longer than all that is measured here.
const BODIES: usize = 100;
/// So many in a hundred changed on one side.
const CHANGED: usize = 3;

fn main() {
    divan::main();
}

fn is_trial() -> bool {
    std::env::args().any(|word| word == "--test")
}

fn pairs() -> usize {
    if is_trial() { 100 } else { PAIRS }
}

/// A pair with what both sides show of it.
struct Case {
    pair: Pair,
    github: Observation,
    notion: Observation,
}

fn observation(side: Side, number: usize, kind: Kind) -> Observation {
    let (node, locator) = match side {
        Side::Github => (format!("I_{number}"), format!("octocat/hello#{number}")),
        Side::Notion => (format!("page-{number}"), format!("page-{number}")),
    };
    Observation {
        side,
        kind,
        id: ObjectId { node, locator },
        life: Life::Live,
        fields: std::collections::BTreeMap::new(),
        stamp: Some(Stamp {
            at: NOW,
            by: None,
            by_us: false,
            settled: true,
        }),
        created: None,
        created_by_us: false,
        marker: None,
        linked_node: None,
        raw_body: None,
        read_at: NOW,
    }
}

/// About 1 KB of usual Markdown.
fn body(number: usize) -> String {
    format!(
        "## What happens in case {number}\n\nThe lamp *smokes* at night, as [the log](https://example.org/{number}) shows.\n\n\
         - [ ] look at `wick.rs`\n- [ ] mend it\n- [x] tell Ada\n\n```rust\nfn light(lamp: &Lamp) -> Result<(), Smoke> {{\n    \
         lamp.wick().trim()?;\n    lamp.burn({number})\n}}\n```\n\n{}\n",
        "A line of plain words that says a little more about it.\n".repeat(11)
    )
}

/// The bodies, as both sides say them.
fn bodies() -> Vec<(Value, Value)> {
    let said = |number| {
        let github = Value::text(body(number));
        match Codec::Markdown.to_notion(&github, None) {
            Said::Value(notion) => (github, notion),
            _ => panic!("every text can be said on Notion"),
        }
    };
    (0..BODIES).map(said).collect()
}

/// GitHub's value of a field and what Notion says for it.
fn values(field: &Field, number: usize, bodies: &[(Value, Value)]) -> (Value, Value) {
    if field.key == FieldKey::BODY {
        return bodies[number % BODIES].clone();
    }
    let github = match field.key.as_str() {
        "title" => Value::text(format!("The lamp smokes, number {number}")),
        "labels" => Value::set(["bug", "good first issue", "area: wick"]),
        "assignees" => Value::set(["ada", "grace"]),
        "state" => Value::text("open"),
        "milestone" | "closed_as" | "closed" => Value::Null,
        "number" | "comments" => Value::Number(7),
        _ => Value::text("2026-01-02T03:04:05Z"),
    };
    let notion = match field.codec.to_notion(&github, None) {
        Said::Value(value) => value,
        _ => github.clone(),
    };
    (github, notion)
}

fn case(mapping: &Mapping, bodies: &[(Value, Value)], number: usize) -> Case {
    let mut github = observation(Side::Github, number, Kind::Issue);
    let mut notion = observation(Side::Notion, number, Kind::Issue);
    let mut pair = Pair::first_seen(
        PairId(format!("{number:032x}")),
        Key("k".repeat(32)),
        "link",
        &github,
        NOW,
    );
    pair.notion = Some(notion.id.clone());
    pair.life = PairLife::Active;
    pair.pending = None;
    for field in mapping.fields(Kind::Issue) {
        let (left, right) = values(field, number, bodies);
        pair.base
            .insert(field.key.clone(), Base::new(left.clone(), right.clone()));
        github.fields.insert(field.key.clone(), left);
        notion.fields.insert(field.key.clone(), right);
    }
    if number % 100 < CHANGED {
        change(&mut github, &mut notion, number);
    }
    Case {
        pair,
        github,
        notion,
    }
}

/// A third of the changed ones each: GitHub's title, Notion's labels, a line of Notion's text.
fn change(github: &mut Observation, notion: &mut Observation, number: usize) {
    match number % 100 {
        0 => {
            let title = Value::text(format!("Renamed {number}"));
            github.fields.insert(FieldKey::TITLE, title);
        }
        1 => {
            let labels = Value::set(["bug", "seen"]);
            notion.fields.insert(FieldKey::LABELS, labels);
        }
        _ => {
            let text = notion.fields[&FieldKey::BODY].as_text();
            let text = text.replacen("mend it", "mend it today", 1);
            notion.fields.insert(FieldKey::BODY, Value::text(text));
        }
    }
}

/// Plans every pair and counts those that ask for a write.
fn plan_all(mapping: &Mapping, cases: &[Case]) -> usize {
    let (rules, paused) = (Rules::default(), BTreeSet::new());
    let mut busy = 0;
    for case in cases {
        let plan = plan(&Input {
            pair: &case.pair,
            github: Some(&case.github),
            notion: Some(&case.notion),
            mapping,
            rules: &rules,
            paused: &paused,
            in_scope: true,
            now: NOW,
        });
        busy += usize::from(!black_box(plan).steps.is_empty());
    }
    busy
}

/// Everything both sides show against what was agreed: what a sweep of a large link costs in thought.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn plan_100_000_pairs(bencher: Bencher<'_, '_>) {
    let mapping = Mapping::standard(StateMap::default(), Policy::Ask);
    let count = pairs();
    let said = bodies();
    let cases: Vec<Case> = (0..count)
        .map(|number| case(&mapping, &said, number))
        .collect();
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| assert_eq!(plan_all(&mapping, &cases), count * CHANGED / 100));
}

/// The same without any change, to see what the changed ones cost.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn plan_unchanged_pairs(bencher: Bencher<'_, '_>) {
    let mapping = Mapping::standard(StateMap::default(), Policy::Ask);
    let count = pairs();
    let said = bodies();
    let cases: Vec<Case> = (0..count)
        .map(|number| case(&mapping, &said, number * 100 + 50))
        .collect();
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| assert_eq!(plan_all(&mapping, &cases), 0));
}
