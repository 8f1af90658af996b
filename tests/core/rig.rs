//! A pair, two observations and a mapping of a few fields, made short.

use std::collections::{BTreeMap, BTreeSet};

use pulse_sync::core::apply::apply;
use pulse_sync::core::codec::StateMap;
use pulse_sync::core::land::{Answered, land};
use pulse_sync::core::plan::{Input, Plan, Rules, plan};
use pulse_sync::core::{
    Action, Base, FieldKey, Key, Kind, Life, Mapping, ObjectId, Observation, Pair, PairId,
    PairLife, Policy, Side, Stamp, Step, Time, Value,
};

pub const NOW: Time = Time(1_000_000_000);
/// Turns after which a pair that is left alone is at rest (protocol 6.1, T2).
const TURNS: usize = 4;

pub fn mapping(policy: Policy) -> Mapping {
    Mapping::standard(StateMap::default(), policy)
}

/// A mapping of only these fields, so that a case speaks of nothing else.
pub fn only(policy: Policy, keys: &[FieldKey]) -> Mapping {
    let mut mapping = mapping(policy);
    mapping
        .bound_mut(Kind::Issue)
        .retain(|bound| keys.contains(&bound.field.key));
    mapping
}

pub fn seen(side: Side, fields: &[(FieldKey, Value)]) -> Observation {
    let node = if side == Side::Github {
        "I_1"
    } else {
        "page-1"
    };
    Observation {
        side,
        kind: Kind::Issue,
        id: ObjectId {
            node: node.to_owned(),
            locator: if side == Side::Github {
                "o/r#1"
            } else {
                "page-1"
            }
            .to_owned(),
        },
        life: Life::Live,
        fields: fields.iter().cloned().collect::<BTreeMap<_, _>>(),
        stamp: Some(Stamp {
            at: Time(900_000_000),
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

pub fn pair(base: &[(FieldKey, Base)]) -> Pair {
    let github = seen(Side::Github, &[]);
    let mut pair = Pair::first_seen(
        PairId("p1".to_owned()),
        Key("k".repeat(32)),
        "l",
        &github,
        NOW,
    );
    pair.notion = Some(seen(Side::Notion, &[]).id);
    pair.life = PairLife::Active;
    pair.pending = None;
    pair.base = base.iter().cloned().collect();
    pair
}

pub struct World {
    pub mapping: Mapping,
    pub rules: Rules,
    pub pair: Pair,
    pub github: Observation,
    pub notion: Observation,
    pub now: Time,
}

impl World {
    pub fn new(
        mapping: Mapping,
        pair: Pair,
        github: &[(FieldKey, Value)],
        notion: &[(FieldKey, Value)],
    ) -> Self {
        let rules = Rules {
            revert_again: 86_400_000,
            ..Rules::default()
        };
        Self {
            mapping,
            rules,
            pair,
            github: seen(Side::Github, github),
            notion: seen(Side::Notion, notion),
            now: NOW,
        }
    }

    pub fn plan(&self) -> Plan {
        plan(&Input {
            pair: &self.pair,
            github: Some(&self.github),
            notion: Some(&self.notion),
            mapping: &self.mapping,
            rules: &self.rules,
            paused: &BTreeSet::new(),
            in_scope: true,
            now: self.now,
        })
    }

    /// Plans, applies the moves, and lets an ideal service carry out the first step. Returns the step.
    pub fn turn(&mut self) -> Option<Step> {
        let plan = self.plan();
        for mv in &plan.moves {
            apply(&mut self.pair, mv);
        }
        let step = plan.steps.first()?.clone();
        let post = self.write(&step);
        let source = self.side(step.side.other()).clone();
        land(
            &mut self.pair,
            &self.mapping,
            &Answered {
                step: &step,
                left_out: &BTreeMap::new(),
                post: &post,
                source: Some(&source),
                now: self.now,
            },
        );
        Some(step)
    }

    fn write(&mut self, step: &Step) -> Observation {
        let target = if step.side == Side::Github {
            &mut self.github
        } else {
            &mut self.notion
        };
        match &step.action {
            Action::Patch(changes) => {
                for change in changes {
                    assert_eq!(
                        target.field(&change.field),
                        Some(&change.pre),
                        "a change starts from what is shown"
                    );
                    target
                        .fields
                        .insert(change.field.clone(), change.new.clone());
                }
            }
            Action::Trash => target.life = Life::Trashed,
            Action::Restore => target.life = Life::Live,
            Action::Close | Action::Create(_) => {}
        }
        target.clone()
    }

    pub fn side(&self, side: Side) -> &Observation {
        if side == Side::Github {
            &self.github
        } else {
            &self.notion
        }
    }

    /// Takes turns, each of which writes all that one side needs, until nothing is left to do; panics when that takes
    /// more than four.
    pub fn settle(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..TURNS {
            let mut wrote = None;
            while let Some(step) = self.plan().steps.first()
                && wrote.is_none_or(|side| side == step.side)
            {
                wrote = Some(step.side);
                steps.extend(self.turn());
                assert!(steps.len() < 64, "no end of one turn: {steps:?}");
            }
            if wrote.is_none() && self.turn().is_none() && self.plan().is_idle() {
                return steps;
            }
        }
        assert!(
            self.plan().is_idle(),
            "no rest after {TURNS} turns: {:?}",
            self.plan()
        );
        steps
    }

    pub fn value(&self, side: Side, key: &FieldKey) -> Value {
        self.side(side).field(key).cloned().unwrap_or_default()
    }
}

pub fn text(text: &str) -> Value {
    Value::text(text)
}

pub fn same(value: &Value) -> Base {
    Base::new(value.clone(), value.clone())
}
