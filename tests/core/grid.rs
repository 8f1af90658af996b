//! The whole table of the field rows: every class, every base, left and right of five values, under every flag. What is
//! wanted is worked out here in another way than in the program: by who moved, and line by line or name by name.

#![allow(
    clippy::redundant_closure_for_method_calls,
    clippy::match_same_arms,
    reason = "the methods' lifetimes are bound too early to name them, and the arms follow the table's rows"
)]

use std::collections::BTreeSet;

use pulse_sync::core::pair::Choice;
use pulse_sync::core::plan::{Input, Move, Plan, plan};
use pulse_sync::core::{Base, Blocked, Conflict, FieldKey, Policy, Row, Side, Stamp, Value};

use crate::rig::{NOW, World, only, pair, text};

/// What stands in the way, or is known besides the three values.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flag {
    None,
    Blocked(Side),
    Conflict,
    Chosen(Side),
    Paused,
    Unobserved(Side),
    Assumed,
    Partial,
    PutBack,
}

const FLAGS: [Flag; 12] = [
    Flag::None,
    Flag::Blocked(Side::Github),
    Flag::Blocked(Side::Notion),
    Flag::Conflict,
    Flag::Chosen(Side::Github),
    Flag::Chosen(Side::Notion),
    Flag::Paused,
    Flag::Unobserved(Side::Github),
    Flag::Unobserved(Side::Notion),
    Flag::Assumed,
    Flag::Partial,
    Flag::PutBack,
];

/// What a row asks for.
#[derive(Clone, Debug, PartialEq)]
enum Want {
    Nothing,
    Agree,
    /// What each side shows once it is written; none = not written.
    Write(Option<Value>, Option<Value>),
    Conflict,
    Wait(Side),
    Block,
}

fn to(side: Side, value: &Value) -> Want {
    match side {
        Side::Github => Want::Write(Some(value.clone()), None),
        Side::Notion => Want::Write(None, Some(value.clone())),
    }
}

/// One cell of the grid.
struct Cell<'a> {
    base: Option<&'a Value>,
    l: &'a Value,
    r: &'a Value,
    flag: Flag,
}

impl Cell<'_> {
    /// A write, unless that side refused this very value.
    fn write(&self, row: Row, side: Side, value: &Value) -> (Row, Want) {
        if self.flag == Flag::Blocked(side) {
            (Row::F9, Want::Nothing)
        } else {
            (row, to(side, value))
        }
    }

    /// What the flags alone decide, the same for all classes; mirrors have no conflicts.
    fn by_flag(&self, is_mirror: bool) -> Option<(Row, Want)> {
        let is_changed = |value: &Value| match self.base {
            Some(base) => value != base,
            None => !value.is_empty(),
        };
        let equal = self.l == self.r;
        match self.flag {
            Flag::Paused => Some((Row::F13, Want::Nothing)),
            Flag::Unobserved(side) => {
                let shown = if side == Side::Github { self.r } else { self.l };
                let waits = is_changed(shown) && !is_mirror;
                Some((
                    Row::F0,
                    if waits {
                        Want::Wait(side)
                    } else {
                        Want::Nothing
                    },
                ))
            }
            Flag::Conflict | Flag::Chosen(_) if is_mirror => None,
            Flag::Conflict | Flag::Chosen(_) if equal => Some((Row::F2, Want::Agree)),
            Flag::Conflict => Some((Row::F10, Want::Nothing)),
            Flag::Chosen(Side::Github) => Some((Row::Choice, to(Side::Notion, self.l))),
            Flag::Chosen(Side::Notion) => Some((Row::Choice, to(Side::Github, self.r))),
            _ => None,
        }
    }

    fn scalar(&self) -> (Row, Want) {
        if let Some(decided) = self.by_flag(false) {
            return decided;
        }
        let (l, r) = (self.l, self.r);
        let partial = self.flag == Flag::Partial;
        let read_back = self.flag == Flag::Assumed;
        match self.base {
            Some(base) if l == base && r == base && read_back => (Row::F2, Want::Agree),
            None if l == r => (Row::F11, Want::Agree),
            None if r.is_empty() => self.write(Row::F11, Side::Notion, l),
            None if l.is_empty() => self.write(Row::F11, Side::Github, r),
            None => (Row::F7, Want::Conflict),
            Some(base) if l == base && r == base && !partial => (Row::F1, Want::Nothing),
            Some(_) if l == r => (Row::F2, Want::Agree),
            Some(base) if r == base => self.write(Row::F3, Side::Notion, l),
            Some(base) if l == base && !partial => self.write(Row::F4, Side::Github, r),
            Some(_) => (Row::F7, Want::Conflict),
        }
    }

    fn mirror(&self) -> (Row, Want) {
        if let Some(decided) = self.by_flag(true) {
            return decided;
        }
        let (l, r) = (self.l, self.r);
        match self.base {
            Some(base) if l == base && r == base && self.flag != Flag::Assumed => {
                (Row::F1, Want::Nothing)
            }
            _ if l == r => (Row::F2, Want::Agree),
            None => self.write(Row::F11, Side::Notion, l),
            Some(base) if l != base => self.write(Row::F3, Side::Notion, l),
            Some(_) if self.flag == Flag::PutBack => (Row::F9, Want::Block),
            Some(_) => self.write(Row::F8, Side::Notion, l),
        }
    }

    /// Line by line: each line of these texts is a field of its own.
    fn text(&self) -> (Row, Want) {
        let (l, r) = (self.l, self.r);
        let plain = self.scalar();
        match (&plain, self.base) {
            // Both sides changed it, and nothing else decided.
            ((Row::F7, _), Some(base)) if l != base => match merged(base, l, r) {
                None => plain,
                Some(both) if both == *l => self.write(Row::F6, Side::Notion, l),
                Some(both) => self.write(Row::F6, Side::Github, &both),
            },
            _ => plain,
        }
    }

    fn set(&self) -> (Row, Want) {
        let flagged = self.by_flag(false);
        if let Some(decided) = flagged {
            return decided;
        }
        let base = self.base.map(Value::names).unwrap_or_default();
        let (l, r) = (self.l.names(), self.r.names());
        let all: BTreeSet<&String> = base.iter().chain(&l).chain(&r).collect();
        let stays = |name: &&&String| {
            let votes = [l.contains(**name), r.contains(**name)];
            // Whoever differs from the base decides; both can only differ in the same way.
            let was = base.contains(**name);
            if votes == [was, was] { was } else { !was }
        };
        let wanted = Value::set(all.iter().filter(stays).map(|name| (*name).clone()));
        // What both sides show alike is agreed, name by name, whatever becomes of the rest.
        let agrees = |name: &&String| {
            l.contains(*name) == r.contains(*name) && l.contains(*name) != base.contains(*name)
        };
        let moves = self.base.is_none() || all.iter().any(agrees);
        let mut row = if moves { Row::F2 } else { Row::F1 };
        let mut side = |side: Side, shown: &Value| {
            if *shown == wanted {
                return None;
            }
            let blocked = self.flag == Flag::Blocked(side);
            row = if blocked { Row::F9 } else { Row::F5 };
            (!blocked).then(|| wanted.clone())
        };
        match (side(Side::Github, self.l), side(Side::Notion, self.r)) {
            (None, None) if moves => (row, Want::Agree),
            (None, None) => (row, Want::Nothing),
            (github, notion) => (row, Want::Write(github, notion)),
        }
    }
}

/// The three-way merge of texts with the same number of lines; none where both changed one line differently.
fn merged(base: &Value, l: &Value, r: &Value) -> Option<Value> {
    let lines =
        |value: &Value| -> Vec<String> { value.as_text().lines().map(str::to_owned).collect() };
    let (base, l, r) = (lines(base), lines(l), lines(r));
    let both: Option<Vec<String>> = (0..base.len())
        .map(|at| match (l[at] == base[at], r[at] == base[at]) {
            (_, true) => Some(l[at].clone()),
            (true, false) => Some(r[at].clone()),
            (false, false) => (l[at] == r[at]).then(|| l[at].clone()),
        })
        .collect();
    both.map(|lines| Value::text(lines.join("\n")))
}

fn world(key: &FieldKey, cell: &Cell<'_>) -> World {
    let base = cell.base.map(|value| {
        let mut base = Base::new(value.clone(), value.clone());
        base.assumed = cell.flag == Flag::Assumed;
        base.partial = cell.flag == Flag::Partial;
        (key.clone(), base)
    });
    let mut pair = pair(&base.into_iter().collect::<Vec<_>>());
    match cell.flag {
        Flag::Blocked(side) => {
            let source = if side == Side::Github { cell.r } else { cell.l };
            let blocked = Blocked {
                side,
                source: source.clone(),
                reason: "no".to_owned(),
                since: NOW,
            };
            pair.blocked.insert(key.clone(), blocked);
        }
        Flag::Conflict | Flag::Chosen(_) => pair.conflicts.push(conflict(key, cell)),
        Flag::PutBack => {
            let again = (cell.r.clone(), NOW.minus(60_000));
            pair.reverted.insert(key.clone(), again);
        }
        _ => {}
    }
    let shown = |side: Side, value: &Value| -> Vec<(FieldKey, Value)> {
        let seen = cell.flag != Flag::Unobserved(side);
        seen.then(|| (key.clone(), value.clone()))
            .into_iter()
            .collect()
    };
    let mapping = only(Policy::Ask, std::slice::from_ref(key));
    let (l, r) = (shown(Side::Github, cell.l), shown(Side::Notion, cell.r));
    let mut world = World::new(mapping, pair, &l, &r);
    if cell.flag == Flag::Assumed {
        let ours = Stamp {
            at: NOW.minus(60_000),
            by: Some("bot".to_owned()),
            by_us: true,
            settled: true,
        };
        world.pair.seen = [None, Some(ours.clone())];
        world.notion.stamp = Some(ours);
        world.notion.raw_body = Some(cell.r.as_text().to_owned());
    }
    world
}

fn conflict(key: &FieldKey, cell: &Cell<'_>) -> Conflict {
    let chosen = match cell.flag {
        Flag::Chosen(Side::Github) => Some(cell.l),
        Flag::Chosen(Side::Notion) => Some(cell.r),
        _ => None,
    };
    Conflict {
        id: "c1".to_owned(),
        field: Some(key.clone()),
        base: cell.base.cloned().unwrap_or_default(),
        github: cell.l.clone(),
        notion: cell.r.clone(),
        github_at: None,
        notion_at: None,
        github_by: None,
        notion_by: None,
        found_at: NOW,
        note: String::new(),
        choice: chosen.map(|value| Choice {
            github: value.clone(),
            notion: value.clone(),
            pick: "edited".to_owned(),
            at: NOW,
        }),
    }
}

fn planned(key: &FieldKey, cell: &Cell<'_>) -> Plan {
    let world = world(key, cell);
    let paused: BTreeSet<FieldKey> = (cell.flag == Flag::Paused)
        .then(|| key.clone())
        .into_iter()
        .collect();
    plan(&Input {
        pair: &world.pair,
        github: Some(&world.github),
        notion: Some(&world.notion),
        mapping: &world.mapping,
        rules: &world.rules,
        paused: &paused,
        in_scope: true,
        now: NOW,
    })
}

fn got(key: &FieldKey, plan: &Plan) -> (Row, Want) {
    let row = plan
        .rows
        .iter()
        .find(|(field, _)| field.as_ref() == Some(key))
        .unwrap()
        .1;
    let last = |side: Side| {
        let changes = plan
            .steps
            .iter()
            .filter(|step| step.side == side)
            .flat_map(|step| step.changes());
        changes.last().map(|change| match &change.new {
            Value::Text(text) => Value::text(text.trim_end()),
            other => other.clone(),
        })
    };
    let writes = (last(Side::Github), last(Side::Notion));
    if writes != (None, None) {
        return (row, Want::Write(writes.0, writes.1));
    }
    let mut want = Want::Nothing;
    for mv in &plan.moves {
        want = match mv {
            Move::Open(_) => Want::Conflict,
            Move::Unseen(side, _) => Want::Wait(*side),
            Move::Block(..) => Want::Block,
            Move::Agree(..) => Want::Agree,
            _ => continue,
        };
    }
    (row, want)
}

fn every_cell(key: &FieldKey, values: &[Value; 5], wanted: fn(&Cell<'_>) -> (Row, Want)) {
    let mut cells = 0;
    let bases: Vec<Option<&Value>> = [None].into_iter().chain(values.iter().map(Some)).collect();
    for base in bases {
        for l in values {
            for r in values {
                for flag in FLAGS {
                    let cell = Cell { base, l, r, flag };
                    let plan = planned(key, &cell);
                    assert_eq!(
                        got(key, &plan),
                        wanted(&cell),
                        "{key}: {base:?} {l:?} {r:?} {flag:?}: {plan:?}"
                    );
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, 6 * 5 * 5 * FLAGS.len());
}

#[test]
fn every_cell_of_a_scalar() {
    let values = [Value::Null, text("a"), text("b"), text("c"), text("d")];
    every_cell(&FieldKey::MILESTONE, &values, |cell| cell.scalar());
}

#[test]
fn every_cell_of_a_mirror() {
    let values = [Value::Null, text("a"), text("b"), text("c"), text("d")];
    every_cell(&FieldKey::of("author"), &values, |cell| cell.mirror());
}

#[test]
fn every_cell_of_a_text() {
    let lines = [("a", "x"), ("b", "x"), ("a", "y"), ("b", "y"), ("c", "x")];
    let values = lines.map(|(top, end)| text(&format!("{top}\none\ntwo\nthree\n{end}")));
    every_cell(&FieldKey::BODY, &values, |cell| cell.text());
}

#[test]
fn every_cell_of_a_set() {
    let names: [&[&str]; 5] = [&[], &["x"], &["y"], &["x", "y"], &["z"]];
    let values = names.map(|names| Value::set(names.iter().copied()));
    every_cell(&FieldKey::LABELS, &values, |cell| cell.set());
}
