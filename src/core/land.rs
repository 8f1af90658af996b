//! What a pair remembers after the answer to a write: commit B of the protocol.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, Base, Blocked, Change, Class, Codec, Conflict, Draft, Field, FieldKey, Mapping,
    Observation, Pair, PairLife, Row, Side, Step, Time, Value,
};

/// What happened to one field of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landed {
    /// The service shows what was sent, or its own rendering of it.
    Written,
    /// The service dropped it silently.
    Dropped(FieldKey),
    /// Some of its names landed, so that the service shows these; others were dropped.
    Partly(FieldKey, Value),
}

impl Landed {
    /// The field of which something was dropped.
    pub const fn dropped(&self) -> Option<&FieldKey> {
        match self {
            Self::Written => None,
            Self::Dropped(field) | Self::Partly(field, _) => Some(field),
        }
    }
}

/// Why GitHub left the reason of a closed issue as it was.
pub const REASON_LATE: &str = "GitHub takes a reason only at the moment an issue closes, and keeps it while it is \
     closed; reopen the issue and close it again with the reason you want, or set it on GitHub";

/// The answer to a write, with what it was based on.
pub struct Answered<'a> {
    /// The step that was sent.
    pub step: &'a Step,
    /// What the target shows after it. After an adoption by marker: what the intent sent.
    pub post: &'a Observation,
    /// The other side, as it was when the step was planned (absent in recovery).
    pub source: Option<&'a Observation>,
    /// A field of which part was left out of the request, and why.
    pub left_out: &'a BTreeMap<FieldKey, String>,
    /// Now, on our own clock.
    pub now: Time,
}

/// Moves the pair's bases to what the answer proves, and says which fields the service dropped.
pub fn land(pair: &mut Pair, mapping: &Mapping, answered: &Answered<'_>) -> Vec<Landed> {
    let side = answered.step.side;
    let mut landed = Vec::new();
    match &answered.step.action {
        Action::Create(draft) => landed = land_create(pair, mapping, answered, draft),
        Action::Patch(changes) => {
            for change in changes {
                if let Some(bound) = mapping.word(pair.kind, &change.field) {
                    landed.push(land_change(pair, &bound.field, answered, change));
                }
            }
        }
        Action::Trash => pair.life = PairLife::Tombstone,
        Action::Restore => pair.life = PairLife::Active,
        Action::Close => {
            pair.life = PairLife::Unlinked(
                "its page was put into the trash; the issue was closed".to_owned(),
            );
        }
    }
    if let Some(stamp) = &answered.post.stamp {
        let mut stamp = stamp.clone();
        // An answer without the text does not say that the text is the known one: somebody may have edited it right
        // before our write, and our own stamp hides that.
        let made = matches!(answered.step.action, Action::Create(_));
        stamp.settled &= made || answered.post.field(&FieldKey::BODY).is_some();
        pair.text_unsure |= side == Side::Notion && stamp.by_us && !made;
        pair.seen[side as usize] = Some(stamp);
    }
    // A text that was written but is not shown was edited by somebody else as well: it is read again.
    let wrote_text = |changes: &[Change]| changes.iter().any(|c| c.field == FieldKey::BODY);
    let is_text = matches!(&answered.step.action, Action::Patch(changes) if wrote_text(changes));
    pair.text_unsure |=
        side == Side::Notion && is_text && answered.post.field(&FieldKey::BODY).is_none();
    if let (Some(source), Action::Create(_)) = (answered.source, &answered.step.action) {
        pair.seen[side.other() as usize].clone_from(&source.stamp);
    }
    landed
}

fn land_create(
    pair: &mut Pair,
    mapping: &Mapping,
    answered: &Answered<'_>,
    draft: &Draft,
) -> Vec<Landed> {
    let side = answered.step.side;
    *pair.object_mut(side) = Some(answered.post.id.clone());
    pair.life = PairLife::Active;
    pair.pending = None;
    let mut landed = Vec::new();
    for field in mapping.fields(pair.kind) {
        if let (Some(sent), Some(source)) =
            (draft.fields.get(&field.key), draft.source.get(&field.key))
        {
            let change = Change {
                field: field.key.clone(),
                pre: if field.class == Class::Set {
                    Value::Set(BTreeSet::new())
                } else {
                    Value::Null
                },
                new: sent.clone(),
                source: source.clone(),
                row: answered.step.row,
                partial: false,
            };
            landed.push(land_change(pair, field, answered, &change));
        } else if let Some(base) = unsent_base(field, answered) {
            pair.base.insert(field.key.clone(), base);
        }
    }
    landed
}

/// A field that the source holds but that the new object could not be given at once (an issue is always made open):
/// the source still counts as changed, so that the next turn brings it over.
fn unsent_base(field: &Field, answered: &Answered<'_>) -> Option<Base> {
    let value = answered.source?.field(&field.key)?;
    let shown = answered.post.field(&field.key)?;
    let to_github = answered.step.side == Side::Github && field.class == Class::Scalar;
    (to_github && !value.is_empty()).then(|| Base::new(shown.clone(), Value::Null))
}

fn land_change(pair: &mut Pair, field: &Field, answered: &Answered<'_>, change: &Change) -> Landed {
    let side = answered.step.side;
    let shown = answered.post.field(&field.key);
    let assumed = shown.is_none() && field.class == Class::Text
        || shown.is_none() && field.key == FieldKey::BODY;
    let post = shown.unwrap_or(&change.new);
    let (dropped, part) = if field.class == Class::Set {
        land_names(pair, field, side, change, post)
    } else {
        (land_value(pair, field, side, change, post, assumed), None)
    };
    follow_conflict(pair, field, side, change, post);
    if dropped {
        let told = answered.left_out.get(&field.key).cloned();
        let reason = told.unwrap_or_else(|| why_dropped(side, &field.key));
        pair.blocked.insert(
            field.key.clone(),
            Blocked {
                side,
                source: change.source.clone(),
                reason,
                since: answered.now,
            },
        );
        let key = field.key.clone();
        return part.map_or_else(
            || Landed::Dropped(key.clone()),
            |part| Landed::Partly(key.clone(), part),
        );
    }
    if change.row == Row::F8 {
        let foreign = (change.pre.clone(), answered.now);
        pair.reverted.insert(field.key.clone(), foreign);
    }
    if !still_waits(field, side, change, post) {
        pair.blocked.remove(&field.key);
    }
    Landed::Written
}

/// Whether names that were refused wait on, as this write was only about others that were removed.
fn still_waits(field: &Field, side: Side, change: &Change, post: &Value) -> bool {
    let (pre, new) = (change.pre.names(), change.new.names());
    if field.class != Class::Set || side != Side::Github || !new.is_subset(&pre) {
        return false;
    }
    let post = post.names();
    change.source.names().iter().any(|option| {
        let name = super::decide::counterpart(&field.codec, Side::Notion, option, &post);
        !post
            .iter()
            .any(|one| one.to_lowercase() == name.to_lowercase())
    })
}

/// Why a service may have left a field as it was, where it does not say.
fn why_dropped(side: Side, key: &FieldKey) -> String {
    if side == Side::Github && *key == FieldKey::CLOSED_AS {
        return REASON_LATE.to_owned();
    }
    format!(
        "{} took the request but left {key} as it was; the account may not be allowed to set it, or the name does not \
         exist there",
        side.name()
    )
}

/// Returns whether the service left the old value.
fn land_value(
    pair: &mut Pair,
    field: &Field,
    side: Side,
    change: &Change,
    post: &Value,
    assumed: bool,
) -> bool {
    let codec = &field.codec;
    if !codec.same(post, &change.new)
        && codec.same(post, &change.pre)
        && !codec.same(&change.pre, &change.new)
    {
        if !pair.base.contains_key(&field.key) {
            // Both sides count from nothing, so that the source stays "changed" and the target does not.
            pair.base.insert(
                field.key.clone(),
                bases(side, change.pre.clone(), Value::Null),
            );
        }
        return true;
    }
    if is_somebody_elses(field, change, post) {
        // Both sides count as changed from the last agreement: that is a conflict, or the policy's to decide.
        return false;
    }
    let kept = pair.base.get(&field.key).map(|base| base.of(side).clone());
    let target = if change.partial {
        kept.unwrap_or_default()
    } else {
        post.clone()
    };
    let mut base = bases(side, target, change.source.clone());
    base.assumed = assumed && side == Side::Notion;
    base.partial = change.partial;
    pair.base.insert(field.key.clone(), base);
    false
}

/// Whether the answer shows a value that is neither the old nor the sent one, of a field that no service renders in its
/// own way: somebody set it in the moment of our write (GitHub leaves the reason of an issue that is closed already).
fn is_somebody_elses(field: &Field, change: &Change, post: &Value) -> bool {
    // A fixed word of the service's, kept as it is or under words of the team's.
    let is_plain = match &field.codec {
        Codec::Same => true,
        Codec::Name(words) => !words.is_empty(),
        _ => false,
    };
    is_plain
        && field.class == Class::Scalar
        && !change.partial
        && !field.codec.same(post, &change.new)
        && !field.codec.same(post, &change.pre)
}

const fn is_github(side: Side) -> bool {
    matches!(side, Side::Github)
}

fn bases(target_side: Side, target: Value, source: Value) -> Base {
    if is_github(target_side) {
        Base::new(target, source)
    } else {
        Base::new(source, target)
    }
}

/// Moves the bases of the names that this change was about, and of no others. Returns whether one was left out, and
/// then what is there now, if others landed.
fn land_names(
    pair: &mut Pair,
    field: &Field,
    side: Side,
    change: &Change,
    post: &Value,
) -> (bool, Option<Value>) {
    let (pre, new, post) = (change.pre.names(), change.new.names(), post.names());
    let has = |set: &BTreeSet<String>, name: &str| {
        set.iter()
            .any(|other| other.to_lowercase() == name.to_lowercase())
    };
    let base = pair.base.get(&field.key);
    let mut target = base.map(|base| base.of(side).names()).unwrap_or_default();
    let mut source = base
        .map(|base| base.of(side.other()).names())
        .unwrap_or_default();
    let spelt = change.source.names();
    let (mut dropped, mut landed) = (false, false);
    for name in pre.symmetric_difference(&new) {
        let wanted = new.contains(name);
        if has(&post, name) != wanted {
            dropped = true;
            continue;
        }
        landed = true;
        let there = super::decide::counterpart(&field.codec, side, name, &spelt);
        if wanted {
            target.extend(
                post.iter()
                    .filter(|other| other.to_lowercase() == name.to_lowercase())
                    .cloned(),
            );
            source.insert(there);
        } else {
            target.retain(|other| other.to_lowercase() != name.to_lowercase());
            // One of two options that mean one name: what was left still means it, so that is agreed as before, whoever
            // took it away since.
            let left = new.iter().chain(&post).find(|other| {
                let means = super::decide::counterpart(&field.codec, side, other, &spelt);
                means.to_lowercase() == there.to_lowercase()
            });
            match left.filter(|_| has(&source, &there)) {
                Some(left) => _ = target.insert(left.clone()),
                None => source.retain(|other| other.to_lowercase() != there.to_lowercase()),
            }
        }
    }
    pair.base.insert(
        field.key.clone(),
        bases(side, Value::Set(target), Value::Set(source)),
    );
    let there = || pre.union(&new).filter(|name| has(&post, name)).cloned();
    (
        dropped,
        (dropped && landed).then(|| Value::Set(there().collect())),
    )
}

/// A write under an open conflict moves the version that the choice is bound to, and ends it when both sides show
/// what was chosen.
fn follow_conflict(pair: &mut Pair, field: &Field, side: Side, change: &Change, post: &Value) {
    let Some(at) = pair
        .conflicts
        .iter()
        .position(|conflict| conflict.field.as_ref() == Some(&field.key))
    else {
        return;
    };
    let conflict: &mut Conflict = &mut pair.conflicts[at];
    if is_github(side) {
        conflict.github = post.clone();
    } else {
        conflict.notion = post.clone();
    }
    let done = conflict.choice.as_mut().is_some_and(|choice| {
        let chosen = if is_github(side) {
            &mut choice.github
        } else {
            &mut choice.notion
        };
        // The service's own rendering of the chosen value stands for it from now on. A set may need several requests:
        // each speaks of its own names only.
        *chosen = if field.class == Class::Set {
            chosen_names(chosen, change, post)
        } else {
            post.clone()
        };
        field.codec.same(&choice.github, &conflict.github)
            && field.codec.same(&choice.notion, &conflict.notion)
    });
    if done {
        pair.conflicts.remove(at);
    }
}

/// The chosen names, where those that one request was about are as the service shows them after it.
fn chosen_names(chosen: &Value, change: &Change, post: &Value) -> Value {
    let (pre, new, post) = (change.pre.names(), change.new.names(), post.names());
    let mut names = chosen.names();
    for name in pre.symmetric_difference(&new) {
        let is_it = |other: &String| other.to_lowercase() == name.to_lowercase();
        names.retain(|other| !is_it(other));
        names.extend(post.iter().filter(|other| is_it(other)).cloned());
    }
    Value::Set(names)
}
