//! The oracle: outside the engine, it reads the services' version logs and what the store holds.
//!
//! Order in the log decides, never time: two edits of one second have an order.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::code;
use super::world::{Author, Version, World};
use crate::core::codec::Said;
use crate::core::told;
use crate::core::{
    Action, Change, Class, Field, FieldKey, Kind, Life, Observation, Outcome, Pair, PairLife,
    Record, RecordKind, Row, Side, Step, Value,
};
use crate::remote::RemoteError;
use crate::store::StoreError;

/// One line on a step, for the trace.
pub fn brief(step: &Step) -> String {
    let changes: Vec<String> = step
        .changes()
        .iter()
        .map(|change| {
            format!(
                "{}: {} → {}",
                change.field,
                change.pre.brief(30),
                change.new.brief(30)
            )
        })
        .collect();
    let marker = match &step.action {
        Action::Create(draft) => draft.marker.as_str(),
        _ => "",
    };
    format!(
        "{:?} {} {} {marker}{}",
        step.row,
        step.verb(),
        step.side.name(),
        changes.join(", ")
    )
}

/// Judges a request that leaves: it must have been made durable, and the run must have room for it.
pub fn sent(world: &mut World, step: &Step) {
    world.run_writes += 1;
    if world.run_writes > world.max_items {
        world.violate(format!("budget: {} writes in one run", world.run_writes));
    }
    let pairs = world.store.all_pairs();
    let open = pairs.iter().filter_map(|pair| pair.intent.as_ref());
    let intents: Vec<(String, i64)> = open
        .filter(|intent| intent.step == *step)
        .map(|intent| {
            let opened = world.opened.get(&intent.id).copied();
            (
                format!("{}:intent", intent.id),
                opened.unwrap_or(world.elapsed),
            )
        })
        .collect();
    let now = world.elapsed;
    // The engine looks at its clock right before it sends, which is one poll ago at most.
    if intents.iter().all(|(_, at)| now - at > world.send_deadline) && !intents.is_empty() {
        world.violate(format!("late: sent long after its intent: {}", brief(step)));
    }
    let records = world.store.all_records();
    let durable = intents
        .iter()
        .any(|(id, _)| records.iter().any(|record| record.id == *id));
    if !durable {
        world.violate(format!("history: no durable intent before {}", brief(step)));
    }
}

/// Counts how a request ended, as seen by the engine.
pub fn ended(world: &mut World, step: &Step, error: Option<&RemoteError>) {
    let how = match error {
        None => "done",
        Some(RemoteError::Unclear(_)) => "unclear",
        Some(RemoteError::Stale(_)) => "stale",
        Some(RemoteError::Limited { .. }) => "limited",
        Some(RemoteError::Refused { .. }) => "refused",
        Some(_) => "out",
    };
    let cell = format!("{:?} {} {} {how}", step.row, step.side.name(), step.verb());
    *world.figures.cells.entry(cell).or_default() += 1;
}

/// Judges a commit of a pair.
pub fn committed(
    world: &mut World,
    pair: &Pair,
    records: &[Record],
    done: &Result<u64, StoreError>,
) {
    let words: Vec<&str> = records.iter().map(|record| record.verb.as_str()).collect();
    world.event("commit", &pair.id.0, |_| {
        format!(
            "{} rev {} {:?} {} {:?}",
            pair.name(),
            pair.rev,
            pair.life,
            words.join("+"),
            done.as_ref().err()
        )
    });
    if matches!(done, Err(StoreError::Stale)) {
        world.figures.fault("stale commit");
    }
    if let (Ok(_), Some(intent)) = (done, &pair.intent) {
        let now = world.elapsed;
        world.opened.entry(intent.id.clone()).or_insert(now);
    }
    if done.is_ok() {
        let opened = records.iter().filter(|record| record.verb == "conflict");
        world.figures.conflicts += opened.count() as u64;
    }
}

/// A write may end only on evidence, and a target that answers 404 is none.
pub fn doubt(world: &mut World, before: &Pair, after: &Pair) {
    let (Some(open), None) = (&before.intent, &after.intent) else {
        return;
    };
    let side = open.step.side;
    let node = after.object(side).map(|id| id.node.clone());
    let opened = world.opened.get(&open.id).copied();
    let blind = node.is_some_and(|node| {
        let there = (side, node);
        // What never left, as it was too late for it, needs no evidence.
        let left = world.sent.get(&(side, Rc::from(there.1.as_str())));
        world.unreachable.contains(&there) && left.copied() >= opened
    });
    if blind && matches!(open.step.action, Action::Patch(_)) {
        world.violate(format!(
            "doubt: ended though the target could not be read: {}",
            brief(&open.step)
        ));
    }
}

/// Nothing of a pair is begun while the user holds it.
pub fn held(world: &mut World, before: &Pair, after: &Pair) {
    let Some(begun) = &after.intent else { return };
    let is_new = before
        .intent
        .as_ref()
        .is_none_or(|open| open.id != begun.id);
    if is_new && (before.held_since.is_some() || after.held_since.is_some()) {
        let what = brief(&begun.step);
        world.violate(format!("held: {} is written: {what}", after.name()));
    }
}

/// Judges what a request did to the object `node`.
pub fn written(world: &mut World, step: &Step, before: Option<&Observation>, node: &str) {
    match &step.action {
        Action::Create(_) => census(world, step.side, node),
        Action::Trash | Action::Close => removal(world, step, node),
        Action::Patch(_) => overwrites(world, step, before, node),
        Action::Restore => {}
    }
}

/// At most one object for one key, unless people removed the earlier one meanwhile.
fn census(world: &mut World, side: Side, node: &str) {
    let key = |seen: &Observation| match side {
        Side::Github => seen.marker.as_ref().map(|key| key.0.clone()),
        Side::Notion => seen.linked_node.clone(),
    };
    let Some(new) = world
        .latest(side, node)
        .map(|version| Rc::clone(&version.seen))
    else {
        return;
    };
    let wanted = key(&new);
    let mut twins = Vec::new();
    for other in world.nodes(side) {
        let versions = world.versions(side, &other);
        let first = versions.first().and_then(|index| world.log.get(*index));
        let same =
            first.is_some_and(|first| first.author == Author::Engine && key(&first.seen) == wanted);
        let removed = versions
            .iter()
            .filter_map(|index| world.log.get(*index))
            .any(|version| version.author == Author::Human && !version.seen.is_live());
        if &*other != node && same && !removed {
            twins.push(other);
        }
    }
    for twin in twins {
        let what = format!(
            "duplicate: {} and {} for the same item",
            world.name(side, &twin),
            world.name(side, node)
        );
        world.violate(what);
    }
}

/// Nothing is removed unless a person removed its partner.
fn removal(world: &mut World, step: &Step, node: &str) {
    let justified = partner(world, step.side, node).is_some_and(|partner| {
        histories(world, step.side.other(), &partner)
            .any(|version| version.author == Author::Human && !version.seen.is_live())
    });
    if !justified {
        let what = format!(
            "false {}: {} though nobody removed its partner",
            step.verb(),
            world.name(step.side, node)
        );
        world.violate(what);
    }
}

/// The object that a pair ties to this one.
fn partner(world: &World, side: Side, node: &str) -> Option<String> {
    let pair = pair_of(world, side, node)?;
    pair.object(side.other()).map(|id| id.node.clone())
}

fn pair_of(world: &World, side: Side, node: &str) -> Option<Rc<Pair>> {
    world
        .store
        .all_pairs()
        .into_iter()
        .find(|pair| pair.object(side).is_some_and(|id| id.node == node))
}

fn histories<'a>(
    world: &'a World,
    side: Side,
    node: &str,
) -> impl Iterator<Item = &'a Version> + use<'a> {
    let versions = world.objects.get(&(side, Rc::from(node)));
    versions
        .into_iter()
        .flatten()
        .filter_map(|index| world.log.get(*index))
}

/// Changes that people made to an object: the state before and after each.
fn human_changes(
    world: &World,
    side: Side,
    node: &str,
) -> Vec<(usize, Option<Rc<Observation>>, Rc<Observation>)> {
    // A transferred issue goes on in its new place.
    let mut places = vec![node];
    while let Some(from) = places.last().and_then(|place| world.moved.get(*place)) {
        places.push(from);
    }
    let versions = places
        .iter()
        .rev()
        .flat_map(|place| world.versions(side, place));
    let mut before: Option<Rc<Observation>> = None;
    let mut changes = Vec::new();
    for index in versions {
        let Some(version) = world
            .log
            .get(*index)
            .filter(|version| !matches!(version.seen.life, Life::MovedTo(_) | Life::Gone))
        else {
            continue;
        };
        if version.author == Author::Human {
            changes.push((*index, before.take(), Rc::clone(&version.seen)));
        }
        before = Some(Rc::clone(&version.seen));
    }
    changes
}

/// Everything that is judged about one overwritten object.
struct Overwrite<'a> {
    world: &'a World,
    step: &'a Step,
    field: &'a Field,
    before: &'a Value,
    after: &'a Value,
    node: &'a str,
    partner: &'a str,
}

/// What the oracle thinks of an overwrite.
enum Verdict {
    Fine,
    Race,
    Loss(String),
}

/// Whether a page that becomes no issue says so itself, where nothing else is kept.
fn is_word_of_page(step: &Step) -> bool {
    let is_word = |change: &Change| told::is_of_page(&change.field);
    let changes = step.changes();
    let is_of_page = step.side == Side::Notion && matches!(step.row, Row::I2 | Row::I4 | Row::I15);
    is_of_page && !changes.is_empty() && changes.iter().all(is_word)
}

/// No human value may leave a side unless people saw it and replaced it.
fn overwrites(world: &mut World, step: &Step, before: Option<&Observation>, node: &str) {
    let Some(before) = before else { return };
    let Some(after) = world
        .latest(step.side, node)
        .map(|version| Rc::clone(&version.seen))
    else {
        return;
    };
    let Some(partner) = partner(world, step.side, node) else {
        if !is_word_of_page(step) {
            world.violate(format!("orphan write: {}", brief(step)));
        }
        return;
    };
    let mapping = Rc::clone(&world.mapping);
    let judged = mapping
        .fields(after.kind)
        .filter(|field| field.class != Class::Mirror && field.key != FieldKey::CLOSED_AS);
    let mut verdicts = Vec::new();
    for field in judged {
        if let (Some(was), Some(is)) = (before.field(&field.key), after.field(&field.key))
            && was != is
        {
            let overwrite = Overwrite {
                world,
                step,
                field,
                before: was,
                after: is,
                node,
                partner: &partner,
            };
            let verdict = overwrite.judge();
            let undone = matches!(verdict, Verdict::Loss(_)) && overwrite.was_undone_in_doubt();
            verdicts.push((field.key.clone(), verdict, undone));
        }
    }
    for (field, verdict, undone) in verdicts {
        match verdict {
            // Somebody took an unclear write back to exactly what was there before, so that it looks like a write
            // that never took place: it is made again (protocol 3.8).
            Verdict::Loss(_) if undone => {
                world.figures.undone += 1;
                world.event("undone in doubt", field.as_str(), |_| String::new());
            }
            Verdict::Fine => {}
            Verdict::Race => {
                world.figures.races += 1;
                world.event("race", field.as_str(), |_| String::new());
            }
            Verdict::Loss(what) => {
                let what = format!(
                    "loss: {} of {}: {what} ({})",
                    field,
                    world.name(step.side, node),
                    brief(step)
                );
                world.violate(what);
            }
        }
    }
}

impl Overwrite<'_> {
    fn judge(&self) -> Verdict {
        match self.field.class {
            Class::Set | Class::Text => self.judge_elements(),
            Class::Scalar | Class::Mirror => self.judge_value(),
        }
    }

    /// Whether a person ever wrote this value, here or on the other side; defaults are nobody's.
    fn is_human(&self) -> bool {
        let wrote = |side: Side, node: &str, is_it: &dyn Fn(&Value) -> bool| {
            let value = |seen: &Observation| seen.field(&self.field.key).cloned();
            human_changes(self.world, side, node)
                .into_iter()
                .any(|(_, was, is)| {
                    let is = value(&is);
                    was.as_deref().and_then(value) != is && is.is_some_and(|is| is_it(&is))
                })
        };
        let side = self.step.side;
        let agrees = |other: &Value| match side {
            Side::Github => self.field.codec.agree(self.before, other),
            Side::Notion => self.field.codec.agree(other, self.before),
        };
        wrote(side, self.node, &|value| value == self.before)
            || wrote(side.other(), self.partner, &agrees)
    }

    /// Whether people took the value away and put it back while the engine still counts from it, and the new value is
    /// a person's from the other side: no engine that compares states can see that.
    fn went_and_came_back(&self, agree: &dyn Fn(&Value, &Value) -> bool) -> bool {
        let (side, key) = (self.step.side, &self.field.key);
        let pair = pair_of(self.world, side, self.node);
        let base = pair.as_ref().and_then(|pair| pair.base.get(key));
        let counts = base.is_some_and(|base| self.field.codec.same(base.of(side), self.before));
        let mut times = 0;
        let mut had = false;
        for version in histories(self.world, side, self.node) {
            let has = version.seen.field(key) == Some(self.before);
            times += usize::from(has && !had);
            had = has;
        }
        let wanted = human_changes(self.world, side.other(), self.partner)
            .into_iter()
            .any(|(_, _, is)| is.field(key).is_some_and(|is| agree(self.after, is)));
        counts && times > 1 && wanted
    }

    /// The page of the pair.
    fn page(&self) -> &str {
        match self.step.side {
            Side::Github => self.partner,
            Side::Notion => self.node,
        }
    }

    /// What the engine had verified right before, if this field is one of those that it meant to write.
    fn pre(&self) -> Option<&Value> {
        let change = self
            .step
            .changes()
            .iter()
            .find(|change| change.field == self.field.key);
        change.map(|change| &change.pre)
    }

    /// Whether the service would have refused the overwrite of something unseen.
    fn has_cas(&self) -> bool {
        match self.step.side {
            Side::Github => self.field.class == Class::Set,
            Side::Notion => self.field.class == Class::Text,
        }
    }

    fn judge_value(&self) -> Verdict {
        let side = self.step.side;
        let agree = |mine: &Value, other: &Value| match side {
            Side::Github => self.field.codec.agree(mine, other),
            Side::Notion => self.field.codec.agree(other, mine),
        };
        if self.before.is_empty() || !self.is_human() {
            return Verdict::Fine;
        }
        let replaced = human_changes(self.world, side.other(), self.partner)
            .into_iter()
            .any(|(_, was, is)| {
                let (Some(was), Some(is)) = (
                    was.as_ref().and_then(|was| was.field(&self.field.key)),
                    is.field(&self.field.key),
                ) else {
                    return false;
                };
                agree(self.before, was) && !agree(self.before, is)
            });
        let replaced = replaced
            || self.on_other_pages().into_iter().any(|(_, was, is)| {
                let same = |seen: &Observation| {
                    seen.field(&self.field.key)
                        .is_some_and(|value| self.field.codec.same(value, self.before))
                };
                was.as_deref().is_some_and(same) && !same(&is)
            });
        // Closing the issue of a page that a person trashed is that person's doing.
        let trashed = self.field.key == FieldKey::STATE
            && histories(self.world, Side::Notion, self.page())
                .any(|version| version.author == Author::Human && !version.seen.is_live());
        let partner = self.world.latest(side.other(), self.partner);
        let kept = partner
            .and_then(|partner| partner.seen.field(&self.field.key))
            .is_some_and(|value| agree(self.before, value));
        if replaced
            || kept
            || trashed
            || self.went_and_came_back(&agree)
            || self.is_recorded(|_, value| value == self.before)
        {
            return Verdict::Fine;
        }
        if self
            .pre()
            .is_some_and(|pre| !self.field.codec.same(pre, self.before))
        {
            return Verdict::Race;
        }
        Verdict::Loss(format!("“{}” left", self.before.brief(40)))
    }

    /// What people put into one side's value, in GitHub's words: the sides may have other ones for the same.
    fn elements(&self, side: Side, value: &Value) -> BTreeSet<String> {
        match (self.field.class, side) {
            (Class::Set, Side::Notion) => match self.field.codec.to_github(value, None) {
                Said::Value(names) => elements(&names),
                _ => BTreeSet::new(),
            },
            _ => elements(value),
        }
    }

    fn judge_elements(&self) -> Verdict {
        let side = self.step.side;
        let (was, is) = (
            self.elements(side, self.before),
            self.elements(side, self.after),
        );
        let pre = self.pre().map(|pre| self.elements(side, pre));
        if self.is_recorded(|side, value| self.elements(side, value) == was) {
            return Verdict::Fine;
        }
        let mistakable = mistakable(self.world, self.step.side, self.node);
        for gone in was
            .difference(&is)
            .filter(|gone| !mistakable.contains(*gone))
        {
            if self.flipped(gone, false, 0)
                || self.is_recorded(|side, value| self.elements(side, value).contains(gone))
            {
                continue;
            }
            let unseen = pre.as_ref().is_some_and(|pre| !pre.contains(gone));
            if unseen && !self.has_cas() {
                return Verdict::Race;
            }
            return Verdict::Loss(format!("“{gone}” left"));
        }
        // What was seen right before lost by policy and is kept: what the winner brings back with it was decided.
        let is_decided = pre
            .as_ref()
            .is_some_and(|pre| self.is_recorded(|side, value| self.elements(side, value) == *pre));
        let back = is
            .difference(&was)
            .filter(|back| !mistakable.contains(*back));
        for back in back.filter(|_| !is_decided) {
            let Some(removed) = self.removed_at(back) else {
                continue;
            };
            let since = if self.was_own(back, removed) {
                0
            } else {
                removed
            };
            if self.flipped(back, true, since)
                || self.is_recorded(|side, value| self.elements(side, value).contains(back))
            {
                continue;
            }
            let unseen = pre.as_ref().is_some_and(|pre| pre.contains(back));
            if unseen && !self.has_cas() {
                return Verdict::Race;
            }
            return Verdict::Loss(format!("“{back}” came back"));
        }
        Verdict::Fine
    }

    /// What people did to other pages of the same issue: one that was transferred may have got a page of its own at its
    /// new place before its pair followed, and what was done there came by way of GitHub.
    fn on_other_pages(&self) -> Vec<(usize, Option<Rc<Observation>>, Rc<Observation>)> {
        let world = self.world;
        if self.step.side == Side::Github {
            return Vec::new();
        }
        let is_other = |node: &Rc<str>| {
            **node != *self.node
                && histories(world, Side::Notion, node)
                    .any(|version| version.seen.linked_node.as_deref() == Some(self.partner))
        };
        let nodes = world.nodes(Side::Notion).into_iter();
        nodes
            .filter(is_other)
            .flat_map(|node| human_changes(world, Side::Notion, &node))
            .collect()
    }

    /// Whether a person made the element come or go on the other side, after the given place in the log.
    fn flipped(&self, element: &str, comes: bool, after: usize) -> bool {
        let side = self.step.side.other();
        human_changes(self.world, side, self.partner)
            .into_iter()
            .chain(self.on_other_pages())
            .filter(|(index, ..)| *index >= after)
            .any(|(_, was, is)| {
                let has = |seen: &Observation| {
                    seen.field(&self.field.key)
                        .is_some_and(|value| self.elements(seen.side, value).contains(element))
                };
                let had = was.as_deref().is_some_and(has);
                had != comes && has(&is) == comes
            })
    }

    /// Where in the log a person last removed the element from this very object.
    fn removed_at(&self, element: &str) -> Option<usize> {
        let has = |seen: &Observation| {
            seen.field(&self.field.key)
                .is_some_and(|value| self.elements(seen.side, value).contains(element))
        };
        human_changes(self.world, self.step.side, self.node)
            .into_iter()
            .rfind(|(_, was, is)| was.as_deref().is_some_and(has) && !has(is))
            .map(|(index, ..)| index)
    }

    /// Whether the element that a person removed here had been put here by a person too: then one that comes from the
    /// other side is another one.
    fn was_own(&self, element: &str, removed: usize) -> bool {
        let has = |seen: &Observation| {
            seen.field(&self.field.key)
                .is_some_and(|value| self.elements(seen.side, value).contains(element))
        };
        let mut own = false;
        let mut had = false;
        let versions = self.world.versions(self.step.side, self.node).iter();
        for version in versions
            .take_while(|index| **index < removed)
            .filter_map(|index| self.world.log.get(*index))
        {
            let has = has(&version.seen);
            if has && !had {
                own = version.author == Author::Human;
            }
            had = has;
        }
        own
    }

    /// Whether an earlier write of this field ended unclear and somebody took it back, or took back what had asked for
    /// it: then its traces cannot be told from a person's edit.
    fn was_undone_in_doubt(&self) -> bool {
        let Some(pair) = pair_of(self.world, self.step.side, self.node) else {
            return false;
        };
        let side = self.step.side;
        let (was, is) = (
            self.elements(side, self.before),
            self.elements(side, self.after),
        );
        let again = |side: Side, before: &Value, after: &Value| match self.field.class {
            Class::Set | Class::Text => {
                let (then, wrote) = (self.elements(side, before), self.elements(side, after));
                was.symmetric_difference(&is).any(|one| {
                    then.contains(one) == was.contains(one)
                        && wrote.contains(one) == is.contains(one)
                })
            }
            Class::Scalar | Class::Mirror => self.field.codec.same(before, self.before),
        };
        self.world.store.all_records().iter().any(|record| {
            record.pair.as_ref() == Some(&pair.id)
                && record.kind == RecordKind::Write
                && (matches!(record.outcome, Outcome::InDoubt | Outcome::NotApplied)
                    || record.note.contains("lost answer"))
                && record.changes.iter().any(|change| {
                    change.field == self.field.key
                        && again(record.side.unwrap_or(side), &change.before, &change.after)
                })
        })
    }

    /// Whether a conflict, open or past, holds such a value.
    fn is_recorded(&self, holds: impl Fn(Side, &Value) -> bool) -> bool {
        let Some(pair) = pair_of(self.world, self.step.side, self.node) else {
            return false;
        };
        let open = pair
            .conflict_on(Some(&self.field.key))
            .is_some_and(|conflict| {
                holds(Side::Github, &conflict.github) || holds(Side::Notion, &conflict.notion)
            });
        // A record does not say whose value each is.
        let either = |value: &Value| holds(Side::Github, value) || holds(Side::Notion, value);
        open || self.world.store.all_records().iter().any(|record| {
            record.pair.as_ref() == Some(&pair.id)
                && record.kind == RecordKind::Conflict
                && record.changes.iter().any(|change| {
                    change.field == self.field.key
                        && (either(&change.before) || either(&change.after))
                })
        })
    }
}

/// What people put into a value one by one: the names of a set, the unique words of a text, each with its markup.
fn elements(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Set(names) => names
            .iter()
            .map(|name| name.replace('\u{201A}', ",").to_lowercase())
            .collect(),
        Value::Text(text) => text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '*')
            .filter(|word| {
                word.trim_matches('*')
                    .strip_prefix('w')
                    .is_some_and(|rest| {
                        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())
                    })
            })
            .map(str::to_owned)
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// Notes a text that a person changed without a trace (R7). Where that changed markup alone, under the stamp of our own
/// write, in a text that was sent and never read back, the service shows just what it would show if it had rendered the
/// text so itself: no engine can tell that it is an edit. Once the text was read back, every change of it counts.
pub fn left_no_trace(world: &mut World, before: &Observation, after: &str) {
    let node = before.id.node.as_str();
    let is_ours = before.stamp.as_ref().is_some_and(|stamp| stamp.by_us);
    let is_unread = pair_of(world, Side::Notion, node).is_none_or(|pair| {
        let base = pair.base.get(&FieldKey::BODY);
        base.is_none_or(|base| base.assumed)
    });
    let was = before.field(&FieldKey::BODY).map(elements);
    let (was, is) = (was.unwrap_or_default(), elements(&Value::text(after)));
    let words = |all: &BTreeSet<String>| -> BTreeSet<String> {
        all.iter().map(|word| word.replace('*', "")).collect()
    };
    if is_ours && is_unread && words(&was) == words(&is) {
        let changed = was.symmetric_difference(&is).cloned();
        let known = world.traceless.entry(Rc::from(node)).or_default();
        known.extend(changed);
    }
}

/// Markup of a page that may pass for the service's own.
fn mistakable(world: &World, side: Side, node: &str) -> BTreeSet<String> {
    let known = world.traceless.get(node).filter(|_| side == Side::Notion);
    known.cloned().unwrap_or_default()
}

/// Whether the engine agreed on two texts that differ only in such markup.
fn is_taken_for_rendering(world: &World, pair: &Pair, l: &Value, r: &Value) -> bool {
    let node = pair.notion.as_ref().map_or("", |page| page.node.as_str());
    let known = mistakable(world, Side::Notion, node);
    let base = pair.base.get(&FieldKey::BODY);
    base.is_some_and(|base| base.github == *l && base.notion() == r)
        && elements(l)
            .symmetric_difference(&elements(r))
            .all(|word| known.contains(word))
        && !known.is_empty()
}

/// Judges the end: everything that nothing stands in the way of says the same on both sides.
pub fn settled(world: &mut World, in_scope: impl Fn(&Observation) -> bool) {
    let pairs = world.store.all_pairs();
    let mut found = Vec::new();
    for pair in &pairs {
        if pair.intent.is_some() {
            found.push(format!("open intent of {} at the end", pair.name()));
        }
        if pair.life == PairLife::Active && pair.hold.is_none() {
            found.extend(disagreements(world, pair));
        }
        found.extend(untold(world, pair));
    }
    let known: BTreeSet<String> = pairs
        .iter()
        .filter_map(|pair| pair.github.as_ref())
        .map(|id| id.node.clone())
        .collect();
    for node in world.nodes(Side::Github) {
        let Some(latest) = world.latest(Side::Github, &node) else {
            continue;
        };
        // A commit may leave its branch before it was ever listed.
        let is_listed = latest.seen.is_live() && !code::is_orphaned(&latest.seen);
        if is_listed && in_scope(&latest.seen) && !known.contains(&*node) {
            found.push(format!("never noticed: {}", latest.seen.id.locator));
        }
    }
    found.extend(unended(world));
    for what in found {
        world.violate(what);
    }
}

/// A page that can be written to says how its pair stands.
fn untold(world: &World, pair: &Pair) -> Option<String> {
    let page = world.latest(Side::Notion, &pair.notion.as_ref()?.node)?;
    let is_item = pair.github.is_some();
    let may_be_told = match &pair.life {
        PairLife::Active | PairLife::Unlinked(_) => is_item,
        PairLife::Parked(_) => !is_item && pair.held_since.is_none(),
        PairLife::New | PairLife::Tombstone => false,
    };
    let is_written =
        may_be_told && pair.hold.is_none() && pair.kind != Kind::Commit && page.seen.is_live();
    let told = told::FIELDS.iter().zip(told::state(pair));
    let differs = |(key, value): (&FieldKey, Value)| {
        let shown = page.seen.field(key)?;
        // Who wrote over it twice in a day is left alone.
        let is_left = !is_item && pair.reverted.contains_key(key);
        let is_set_aside = pair.blocked.contains_key(key) || is_left;
        (*shown != value && !is_set_aside).then(|| {
            format!(
                "untold: {} says {key} “{}” instead of “{}”",
                pair.name(),
                shown.brief(60),
                value.brief(60)
            )
        })
    };
    told.filter(|_| is_written).find_map(differs)
}

fn disagreements(world: &World, pair: &Pair) -> Vec<String> {
    let seen = |side: Side| {
        let node = &pair.object(side)?.node;
        world
            .latest(side, node)
            .map(|version| Rc::clone(&version.seen))
    };
    let (Some(github), Some(notion)) = (seen(Side::Github), seen(Side::Notion)) else {
        return vec![format!("{} is active with one side only", pair.name())];
    };
    let mut found = Vec::new();
    if pair.conflict_on(None).is_some() {
        return found;
    }
    if github.life != Life::Live || notion.life != Life::Live {
        found.push(format!(
            "{} is active, but GitHub's is {:?} and Notion's {:?}",
            pair.name(),
            github.life,
            notion.life
        ));
        return found;
    }
    for field in world.mapping.fields(pair.kind) {
        let excused = pair.blocked.contains_key(&field.key)
            || pair.conflict_on(Some(&field.key)).is_some()
            || (field.key == FieldKey::CLOSED_AS && pair.blocked.contains_key(&FieldKey::STATE));
        let (Some(l), Some(r)) = (github.field(&field.key), notion.field(&field.key)) else {
            continue;
        };
        let excused =
            excused || (field.key == FieldKey::BODY && is_taken_for_rendering(world, pair, l, r));
        // The texts of commits are not gone round: nobody is meant to edit them (`engine/bodies.rs`).
        let excused = excused || pair.kind == Kind::Commit && field.key == FieldKey::BODY;
        if !excused && !field.codec.agree(l, r) {
            found.push(format!(
                "diverged: {} of {}: GitHub “{}”, Notion “{}”",
                field.key,
                pair.name(),
                l.brief(60),
                r.brief(60)
            ));
        }
    }
    found
}

/// Every intent in the history has exactly one end.
fn unended(world: &World) -> Vec<String> {
    let records = world.store.all_records();
    let mut ends: BTreeMap<&str, u32> = BTreeMap::new();
    for record in &records {
        if let Some(id) = record.id.strip_suffix(":end") {
            *ends.entry(id).or_default() += 1;
        }
    }
    records
        .iter()
        .filter(|record| record.kind == RecordKind::Intent)
        .filter_map(|record| record.id.strip_suffix(":intent"))
        .filter(|id| ends.get(id) != Some(&1))
        .map(|id| format!("history: intent {id} has no end"))
        .collect()
}
