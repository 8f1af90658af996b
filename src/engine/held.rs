//! What the guard holds, item by item: what each shows now, and what putting it back would make of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::PutBack;
use super::run::{Flow, Run};
use super::{Clock, Engine};
use crate::core::guard::{Halt, Reason};
use crate::core::history::FieldChange;
use crate::core::{
    Class, Draft, Field, FieldKey, Mapping, Observation, Pair, PairId, Side, Time, Value, sight,
};
use crate::remote::Remote;
use crate::store::{Store, StoreError};

/// Stamps that follow from another change.
const FOLLOW: [&str; 2] = ["updated", "closed"];

/// How much is listed of one question, in bytes: it is one document of the store, and `MongoDB`'s hold 16 MB. Texts that do
/// not fit are no part of the answer, and are asked about after it.
pub(super) const LISTED: usize = 6_000_000;

/// One item that the guard holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldItem {
    /// The pair.
    pub pair: PairId,
    /// The item's name.
    pub item: String,
    /// Its title.
    pub title: String,
    /// Its addresses on GitHub and in Notion, where known.
    pub urls: [Option<String>; 2],
    /// What its side showed when it was last listed, where that is not the last agreement, and what it would show again.
    pub backs: Vec<PutBack>,
    /// What applying would write on the other side: each field that is not the last agreement, from that to what is shown.
    pub forth: Vec<PutBack>,
    /// Stamps that follow from these changes, and are written with them.
    pub follow: Vec<FieldKey>,
    /// When that was listed; none = it was not listed since.
    pub at: Option<Time>,
    /// Its text may have changed as well: that is no part of the answer.
    pub text_unread: bool,
    /// What else changed since it was asked, from the last agreement to what was listed last: no part of the answer.
    pub later: Vec<PutBack>,
}

/// What a listing showed of one held item, as kept in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    at: Time,
    changes: Vec<FieldChange>,
    text_unread: bool,
    /// What else changed since, the same fields again included: no part of the question, nor of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    later: Vec<FieldChange>,
    /// The item itself is gone on its side.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    gone: bool,
}

impl Listed {
    /// Whether the question is what becomes of the other side of something that is gone.
    pub(super) const fn is_gone(&self) -> bool {
        self.gone
    }

    /// The same question, with what changed since. What was taken back is asked about no more.
    fn since(mut self, now: &Self) -> Self {
        let is_listed = |change: &FieldChange, among: &[FieldChange]| {
            among
                .iter()
                .any(|one| one.field == change.field && one.before == change.before)
        };
        let is_there =
            |change: &FieldChange| now.changes.iter().any(|one| one.field == change.field);
        // A row without the text says nothing about the text.
        self.changes.retain(|change| {
            is_there(change) || (now.text_unread && change.field == FieldKey::BODY)
        });
        let known = |change: &FieldChange| is_listed(change, &self.changes);
        self.later = now
            .changes
            .iter()
            .filter(|change| !known(change))
            .cloned()
            .collect();
        self.gone &= now.gone;
        self.at = now.at;
        self
    }

    /// How much room it takes in the store.
    fn size(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.len())
    }

    /// Lists no text, and says so.
    fn leave_text_out(&mut self) {
        for list in [&mut self.changes, &mut self.later] {
            let all = list.len();
            list.retain(|change| change.field != FieldKey::BODY);
            self.text_unread |= list.len() < all;
        }
    }

    /// The words.
    pub(super) fn into_changes(self) -> Vec<FieldChange> {
        self.changes
    }

    /// The words of a new issue, and what is set right after it was made.
    pub(super) fn words(draft: &Draft, later: &[(FieldKey, Value)], at: Time) -> Self {
        let words = draft
            .fields
            .iter()
            .chain(later.iter().map(|(field, value)| (field, value)));
        let changes = words.map(|(field, value)| FieldChange {
            field: field.clone(),
            before: value.clone(),
            after: Value::Null,
            other: None,
        });
        Self {
            at,
            changes: changes.collect(),
            text_unread: false,
            later: Vec::new(),
            gone: false,
        }
    }

    /// What a row shows that is not the last agreement, and that nobody answered for yet.
    fn of(pair: &Pair, row: &Observation, mapping: &Mapping) -> Self {
        let differs = |key: &FieldKey| {
            let field = mapping.field(pair.kind, key)?;
            let (shown, base) = (row.field(key)?, pair.base.get(key)?.of(row.side));
            let is_answered = pair.word_on(row.side, field, shown).is_some();
            (!is_answered && !field.codec.same(shown, base)).then(|| FieldChange {
                field: key.clone(),
                before: shown.clone(),
                after: base.clone(),
                other: None,
            })
        };
        let has_text = mapping.field(pair.kind, &FieldKey::BODY).is_some();
        Self {
            at: row.read_at,
            changes: mapping
                .fields(pair.kind)
                .filter_map(|field| differs(&field.key))
                .collect(),
            text_unread: has_text
                && row.field(&FieldKey::BODY).is_none()
                && !sight::body_is_known(pair, row),
            later: Vec::new(),
            gone: !row.is_live(),
        }
    }
}

/// Leaves out the texts for which there is no room.
fn fit(listed: &mut BTreeMap<PairId, Listed>, mut room: usize) {
    for item in listed.values_mut() {
        if item.size() > room {
            item.leave_text_out();
        }
        room = room.saturating_sub(item.size());
    }
}

/// The setting with what was listed of a halt's items.
pub(super) fn name_of(halt: &str) -> String {
    format!("held/{halt}")
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Keeps what this run's listings show of the items that the guard holds, so that whoever answers sees what the
    /// answer would change. What is asked stands from the first of them on: an answer is never about anything else.
    pub(super) async fn remember_held(&mut self) -> Flow<()> {
        let engine = self.engine;
        let halts = engine.halts(&self.link.spec.name).await?;
        // What becomes an issue is shown as it would be sent, not as it was listed.
        for halt in halts.iter().filter(|halt| halt.reason != Reason::Public) {
            let name = name_of(&halt.id);
            let known = engine.listed(&halt.id).await?;
            let mut listed = known.clone();
            for id in &halt.pairs {
                let Some(pair) = engine.store.pair(id).await? else {
                    continue;
                };
                let object = pair.object(halt.side).map(|object| object.node.clone());
                let row = object.and_then(|node| self.rows.get(&(halt.side, node)));
                if let Some(row) = row {
                    let mapping = &self.link.spec.mapping;
                    let now = Listed::of(&pair, row, mapping);
                    let asked = match listed.remove(id) {
                        Some(asked) => asked.since(&now),
                        None => now,
                    };
                    listed.insert(id.clone(), asked);
                }
            }
            fit(&mut listed, LISTED);
            if listed != known {
                let text = serde_json::to_string(&listed).unwrap_or_default();
                engine.store.put_setting(&name, Some(&text)).await?;
            }
        }
        Ok(())
    }
}

impl<S: Store, C: Clock> Engine<S, C> {
    pub(super) async fn listed(&self, halt: &str) -> Result<BTreeMap<PairId, Listed>, StoreError> {
        let text = self.store.setting(&name_of(halt)).await?;
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    /// The items of a halt, each with what putting it back would change on its side; none if there is no such halt.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn held_items(
        &self,
        link: &str,
        mapping: &Mapping,
        id: &str,
    ) -> Result<Option<Vec<HeldItem>>, StoreError> {
        let halts = self.halts(link).await?;
        let Some(halt) = halts.into_iter().find(|halt| halt.id == id) else {
            return Ok(None);
        };
        let mut listed = self.listed(id).await?;
        let mut items = Vec::new();
        for pair in &halt.pairs {
            let Some(pair) = self.store.pair(pair).await? else {
                continue;
            };
            if pair.hold.as_ref().is_none_or(|hold| hold.halt != halt.id) {
                continue;
            }
            let shown = listed.remove(&pair.id);
            items.push(held_item(&pair, &halt, shown, mapping));
        }
        Ok(Some(items))
    }
}

fn held_item(pair: &Pair, halt: &Halt, listed: Option<Listed>, mapping: &Mapping) -> HeldItem {
    let (at, text_unread) = listed.as_ref().map_or((None, false), |listed| {
        (Some(listed.at), listed.text_unread)
    });
    let later = listed
        .as_ref()
        .map_or_else(Vec::new, |listed| listed.later.clone());
    // What would be removed is kept as it is.
    let changes = listed
        .filter(|_| halt.reason != Reason::Trashes)
        .map_or_else(Vec::new, |listed| listed.changes);
    if halt.reason == Reason::Public {
        let sent = changes.into_iter().map(|change| PutBack {
            field: change.field,
            now: change.after,
            then: change.before,
            page: None,
            refused: None,
        });
        return HeldItem {
            forth: sent.collect(),
            ..bare(pair, at)
        };
    }
    let (follow, own): (Vec<FieldChange>, Vec<FieldChange>) = changes
        .into_iter()
        .partition(|change| FOLLOW.contains(&change.field.as_str()));
    let field = |key: &FieldKey| mapping.field(pair.kind, key);
    let backs: Vec<PutBack> = own
        .iter()
        .map(|change| back(halt.side, field(&change.field), change))
        .collect();
    let later = later
        .iter()
        .filter(|change| !FOLLOW.contains(&change.field.as_str()))
        .map(|change| forth(halt.side, field(&change.field), change));
    // What is GitHub's alone says nothing beside what goes back.
    let has_own = backs.iter().any(|back| back.refused.is_none());
    let forth = own
        .iter()
        .map(|change| forth(halt.side, field(&change.field), change));
    HeldItem {
        backs: backs
            .into_iter()
            .filter(|back| !has_own || back.refused.is_none())
            .collect(),
        forth: forth.collect(),
        follow: follow.into_iter().map(|change| change.field).collect(),
        text_unread,
        later: later.collect(),
        ..bare(pair, at)
    }
}

/// An item of which nothing would be written.
fn bare(pair: &Pair, at: Option<Time>) -> HeldItem {
    HeldItem {
        pair: pair.id.clone(),
        item: pair.name().to_owned(),
        title: pair.title.clone(),
        urls: super::queue::urls(pair),
        backs: Vec::new(),
        forth: Vec::new(),
        follow: Vec::new(),
        at,
        text_unread: false,
        later: Vec::new(),
    }
}

/// What putting one change back would do on the side where it happened.
fn back(side: Side, field: Option<&Field>, change: &FieldChange) -> PutBack {
    let is_githubs = field.is_none_or(|field| field.class == Class::Mirror);
    PutBack {
        field: change.field.clone(),
        now: change.before.clone(),
        then: change.after.clone(),
        page: None,
        refused: (side == Side::Github && is_githubs)
            .then(|| "it is GitHub's alone: it stays, and goes to Notion".to_owned()),
    }
}

/// What applying one change would do on the other side.
fn forth(side: Side, field: Option<&Field>, change: &FieldChange) -> PutBack {
    let other = side.other();
    let refused = match field {
        None => Some("it is no longer mapped: it goes nowhere".to_owned()),
        Some(field) if side == Side::Notion && field.class == Class::Mirror => {
            Some("it is GitHub's alone: it is put back in Notion".to_owned())
        }
        Some(field) if !field.direction.allows(other) => {
            Some(format!("it is never written to {}", other.name()))
        }
        Some(_) => None,
    };
    PutBack {
        field: change.field.clone(),
        now: change.after.clone(),
        then: change.before.clone(),
        page: None,
        refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: usize) -> Listed {
        let change = |field: FieldKey, length: usize| FieldChange {
            field,
            before: Value::text("x".repeat(length)),
            after: Value::Null,
            other: None,
        };
        Listed {
            at: Time(0),
            changes: vec![change(FieldKey::TITLE, 9), change(FieldKey::BODY, text)],
            text_unread: false,
            later: Vec::new(),
            gone: false,
        }
    }

    #[test]
    fn what_does_not_fit_into_a_document_is_said_to_be_left_out() {
        let ids = ["a", "b", "c"].map(|id| PairId(id.to_owned()));
        let mut all: BTreeMap<PairId, Listed> = ids
            .into_iter()
            .zip([1_000, 5_000, 1_000].map(listed))
            .collect();
        fit(&mut all, 4_000);
        let told: Vec<(usize, bool)> = all
            .values()
            .map(|item| (item.changes.len(), item.text_unread))
            .collect();
        assert_eq!(told, [(2, false), (1, true), (2, false)]);
    }
}
