//! What a page says about its own pair: the properties `Sync` and `Sync note`.
//!
//! They follow from the pair alone and are written like mirror fields: with the create, along with other changes, and
//! otherwise once when the state changes. `Pending` is never written: it would cost two writes for every change.

use super::apply::apply;
use super::decide::{self, Looked};
use super::plan::{Input, Move, Plan};
use super::{
    Action, Change, Draft, Field, FieldKey, Kind, Mapping, Observation, Pair, PairLife, Row, Side,
    Step, Value,
};

/// A note is one line of at most so many characters.
const NOTE_CHARS: usize = 200;

/// The fields whose value the pair itself gives.
pub const FIELDS: [FieldKey; 2] = [FieldKey::SYNC, FieldKey::SYNC_NOTE];

/// Whether the pair itself gives this field's value.
pub fn is_told(key: &FieldKey) -> bool {
    FIELDS.contains(key)
}

/// What a page should say of its pair: one value for each of [`FIELDS`].
pub fn state(pair: &Pair) -> [Value; 2] {
    let blocked = pair.blocked.iter().find(|(key, _)| !is_told(key));
    let (word, note) = match (&pair.life, pair.conflicts.first(), blocked) {
        (PairLife::Unlinked(why), ..) => ("Unlinked", why.clone()),
        (_, Some(conflict), _) => {
            let more = match pair.conflicts.len() {
                1 => String::new(),
                all => format!(", and {} more", all - 1),
            };
            let refusal = blocked.filter(|_| decide::is_choice_refused(pair, conflict));
            let note = refusal.map_or(&conflict.note, |(_, blocked)| &blocked.reason);
            let note = format!("{note} (conflict {}{more})", conflict.id);
            ("Conflict", note)
        }
        (PairLife::Parked(why), ..) => ("Blocked", why.clone()),
        (_, _, Some((key, blocked))) => ("Blocked", format!("{key}: {}", blocked.reason)),
        _ => ("OK", String::new()),
    };
    [Value::text(word), Value::text(one_line(&note))]
}

/// Why a change waits for a side that does not show its field whole, with what to do.
pub fn unseen(side: Side, key: &FieldKey) -> String {
    if side == Side::Notion && *key == FieldKey::STATE {
        return "the page's Status is an option that means neither open nor closed, so GitHub's change of it waits; name \
                the option in [link.status] of the configuration, or choose another one"
            .to_owned();
    }
    format!(
        "{} does not show the whole {key} of this item, so the other side's change of it waits; a shorter text or \
         fewer unusual blocks help",
        side.name()
    )
}

/// What a page should say, where its plan is that a change has to wait.
fn waiting(plan: &Plan) -> Option<[Value; 2]> {
    let note = plan.moves.iter().find_map(|mv| match mv {
        Move::Unseen(side, key) => Some(unseen(*side, key)),
        _ => None,
    })?;
    Some([Value::text("Blocked"), Value::text(one_line(&note))])
}

/// A text as one line; of one that is too long its first words, as half an address leads nowhere.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(NOTE_CHARS) else {
        return line;
    };
    let start: String = line.chars().take(NOTE_CHARS - 2).collect();
    let whole = start.rfind(' ').filter(|at| *at * 2 > end);
    format!("{} …", &start[..whole.unwrap_or(start.len())])
}

/// Adds what a new page says of its pair.
pub fn draft(input: &Input<'_>, draft: &mut Draft) {
    for (key, value) in FIELDS.into_iter().zip(state(input.pair)) {
        if is_kept(input.mapping, draft.kind, &key) && !input.paused.contains(&key) {
            draft.fields.insert(key.clone(), value.clone());
            draft.source.insert(key, value);
        }
    }
}

fn is_kept(mapping: &Mapping, kind: Kind, key: &FieldKey) -> bool {
    mapping
        .field(kind, key)
        .is_some_and(|field| field.direction.allows(Side::Notion))
}

/// Adds to a plan what its page has to say once the plan's moves are made. A page that is not there, or is about to be
/// made, removed or brought back, is not written to.
pub fn add(input: &Input<'_>, plan: &mut Plan) {
    let (Some(github), Some(notion)) = (input.github, input.notion) else {
        return;
    };
    let is_paired = input.pair.github.is_some() && input.pair.notion.is_some();
    let changes_life = plan
        .steps
        .iter()
        .any(|step| !matches!(step.action, Action::Patch(_)));
    let is_unsure = plan
        .moves
        .iter()
        .any(|mv| matches!(mv, Move::Relink(_) | Move::Unreachable(_)));
    if !is_paired || !notion.is_live() || changes_life || is_unsure {
        return;
    }
    let after = after_moves(input, plan);
    let after = after.as_ref().unwrap_or(input.pair);
    if !matches!(after.life, PairLife::Active | PairLife::Unlinked(_)) {
        return;
    }
    let looked = Looked { github, notion };
    let mut changes = Vec::new();
    let told = state(after);
    let is_fine = told[1].is_empty();
    let told = waiting(plan).filter(|_| is_fine).unwrap_or(told);
    for (key, value) in FIELDS.into_iter().zip(told) {
        let Some(field) = input.mapping.field(input.pair.kind, &key) else {
            continue;
        };
        let Some(ruled) = decide::told(input, &looked, field, &value) else {
            continue;
        };
        plan.rows.push((Some(key), ruled.row));
        plan.moves.extend(ruled.moves);
        changes.extend(ruled.changes.into_iter().map(|(_, change)| change));
    }
    join(plan, changes);
}

/// The pair after the plan's moves, where these change what its page says.
fn after_moves(input: &Input<'_>, plan: &Plan) -> Option<Pair> {
    let concerns = |mv: &Move| {
        matches!(
            mv,
            Move::Open(_) | Move::Close(..) | Move::Block(..) | Move::Unblock(_) | Move::Life(_)
        )
    };
    plan.moves.iter().any(concerns).then(|| {
        let mut pair = input.pair.clone();
        for mv in plan.moves.iter().filter(|mv| concerns(mv)) {
            apply(&mut pair, mv);
        }
        pair
    })
}

/// Puts the changes into the plan's request for the page's properties, or into one of their own.
fn join(plan: &mut Plan, changes: Vec<Change>) {
    let Some(row) = changes.first().map(|change| change.row) else {
        return;
    };
    let fits = |step: &Step| {
        step.side == Side::Notion
            && step
                .changes()
                .iter()
                .all(|change| change.field != FieldKey::BODY)
    };
    let found = plan.steps.iter_mut().find(|step| fits(step));
    if let Some(Action::Patch(all)) = found.map(|step| &mut step.action) {
        all.extend(changes);
        return;
    }
    plan.steps.push(Step {
        side: Side::Notion,
        action: Action::Patch(changes),
        row,
    });
}

/// What `Publish` says of a page that is to become an issue.
pub const READY: &str = "Ready";
/// What `Publish` says of a page that was to become an issue and cannot.
pub const ERROR: &str = "Error";

/// Whether it was us who said so.
pub fn said_error(pair: &Pair) -> bool {
    let base = pair.base.get(&FieldKey::PUBLISH);
    base.is_some_and(|base| base.notion().as_text() == ERROR)
}

/// Whether a field belongs to what a page without an item says of itself: no agreement with an item.
pub fn is_of_page(key: &FieldKey) -> bool {
    is_told(key) || *key == FieldKey::PUBLISH
}

/// The write that says on a page why no issue is made of it; none where the page says so already.
pub fn refuse(input: &Input<'_>, notion: &Observation, why: &str) -> Option<Step> {
    let words = [
        (FieldKey::PUBLISH, ERROR.to_owned()),
        (FieldKey::SYNC, "Blocked".to_owned()),
        (FieldKey::SYNC_NOTE, one_line(why)),
    ];
    let words = words.map(|(key, word)| (key, Value::text(word)));
    say(input, notion, words.into_iter().collect())
}

/// The write that takes it back from a page that a person does not want to become an issue any more.
pub fn withdraw(input: &Input<'_>, notion: &Observation) -> Option<Step> {
    let is_ours = |key: &FieldKey| {
        let base = input.pair.base.get(key);
        let shown = notion.field(key);
        let ours = base
            .map(crate::core::Base::notion)
            .filter(|own| !own.is_empty());
        ours.is_some() && ours == shown
    };
    let ours = FIELDS.into_iter().filter(is_ours);
    say(input, notion, ours.map(|key| (key, Value::Null)).collect())
}

/// The write that says on a page of a pair that was set aside why that is: edits of it go nowhere. None where the page
/// says so already.
pub fn aside(input: &Input<'_>, notion: &Observation) -> Option<Step> {
    let mut words: Vec<_> = FIELDS.into_iter().zip(state(input.pair)).collect();
    let wish = notion.field(&FieldKey::PUBLISH);
    if wish.is_some_and(|wish| wish.as_text() == READY) {
        words.insert(0, (FieldKey::PUBLISH, Value::text(ERROR)));
    }
    say(input, notion, words)
}

/// One request for those of these properties that the page has, and that say something else.
fn say(input: &Input<'_>, notion: &Observation, words: Vec<(FieldKey, Value)>) -> Option<Step> {
    let row = match (&notion.linked_node, notion.created_by_us) {
        (None, _) => Row::I2,
        (Some(_), true) => Row::I4,
        (Some(_), false) => Row::I15,
    };
    let mut changes = Vec::new();
    for (key, value) in words {
        let (Some(bound), Some(shown)) =
            (input.mapping.word(notion.kind, &key), notion.field(&key))
        else {
            continue;
        };
        let field = &bound.field;
        let is_off = input.paused.contains(&key) || input.pair.blocked.contains_key(&key);
        if is_off || !field.direction.allows(Side::Notion) || field.codec.same(shown, &value) {
            continue;
        }
        let is_foreign = is_written_over(input, field, &value);
        if is_foreign && was_put_back(input, field, shown) {
            continue;
        }
        changes.push(Change {
            field: key,
            pre: shown.clone(),
            new: value.clone(),
            source: value,
            row: if is_foreign { Row::F8 } else { row },
            partial: false,
        });
    }
    (!changes.is_empty()).then_some(Step {
        side: Side::Notion,
        action: Action::Patch(changes),
        row,
    })
}

/// Whether the page was given this very word, so that what it shows instead is somebody else's.
fn is_written_over(input: &Input<'_>, field: &Field, word: &Value) -> bool {
    let base = input.pair.base.get(&field.key);
    is_told(&field.key) && base.is_some_and(|base| field.codec.same(base.notion(), word))
}

/// Whether the same was put back not long ago: somebody's automation would go on for ever.
fn was_put_back(input: &Input<'_>, field: &Field, shown: &Value) -> bool {
    let last = input.pair.reverted.get(&field.key);
    last.is_some_and(|(value, at)| {
        let again = 0..input.rules.revert_again;
        field.codec.same(value, shown) && again.contains(&input.now.since(*at))
    })
}

/// Whose word a field is, for people.
pub fn owner(key: &FieldKey) -> &'static str {
    if is_told(key) {
        "pulse-sync"
    } else if key.is_constant() {
        "[link.constants]"
    } else {
        "GitHub"
    }
}
