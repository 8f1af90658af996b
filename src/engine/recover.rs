//! Resolves open intents by evidence: what a lost answer left unclear is looked for, never guessed.

use std::collections::BTreeMap;

use super::Clock;
use super::look::Sight;
use super::report::{Stop, class_of};
use super::run::{Flow, Run};
use super::turn::{Trouble, unreachable};
use crate::core::land::{Answered, land};
use crate::core::text::{self, Merged};
use crate::core::{
    Action, Change, Class, Draft, FieldKey, Intent, IntentState, Life, Mapping, Observation,
    Outcome, Pair, PairId, PairLife, Side, Step, Time, Value,
};
use crate::remote::{LeftOut, Remote, RemoteError};
use crate::store::{Store, Which};

/// How many transfers of an issue are followed, one read each.
const MOVES: usize = 4;

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Goes through every open intent of the link once.
    pub(super) async fn recover(&mut self) -> Flow<()> {
        let mut after: Option<PairId> = None;
        loop {
            let pairs = self
                .engine
                .store
                .pairs(&self.link.spec.name, Which::InDoubt, after.as_ref(), 100)
                .await?;
            let Some(last) = pairs.last() else {
                return Ok(());
            };
            after = Some(last.id.clone());
            for pair in pairs {
                if self.engine.stop.is_told() {
                    return Err(Stop::Ending);
                }
                match self.resolve(pair).await {
                    Ok(()) => {}
                    Err(Trouble::Stop(stop)) => return Err(stop),
                    Err(Trouble::Item(side, error)) if error.is_side_wide() => {
                        return Err(self.side_failed(side, &error).await);
                    }
                    Err(Trouble::Item(_, error)) => self.report.errors.push(error.to_string()),
                }
            }
        }
    }

    /// Notes which creates are open, so that what they may have made is not taken for new, and resolves none of them.
    pub(super) async fn note_open_creates(&mut self) -> Flow<()> {
        let mut after: Option<PairId> = None;
        loop {
            let (store, link) = (&self.engine.store, &self.link.spec.name);
            let pairs = store
                .pairs(link, Which::InDoubt, after.as_ref(), 100)
                .await?;
            let Some(last) = pairs.last() else {
                return Ok(());
            };
            after = Some(last.id.clone());
            let creates = pairs.into_iter().filter(|pair| {
                let intent = pair.intent.as_ref();
                intent.is_some_and(|intent| matches!(intent.step.action, Action::Create(_)))
            });
            self.open_creates.extend(creates.map(|pair| pair.key));
        }
    }

    async fn resolve(&mut self, mut pair: Pair) -> Result<(), Trouble> {
        let Some(intent) = pair.intent.clone() else {
            return Ok(());
        };
        let now = self.now();
        if let Action::Create(draft) = &intent.step.action {
            self.open_creates.insert(pair.key.clone());
            let draft = draft.as_ref().clone();
            return self.resolve_create(pair, &intent, &draft).await;
        }
        if now.since(doubt_since(&intent)) < self.engine.settings.grace_update() {
            return Ok(());
        }
        let waits = pair.next_try.is_some_and(|at| at > now);
        if waits && !self.ask.forced {
            return Ok(());
        }
        let sent = pair.clone();
        let Some(applied) = self.land_what_shows(&mut pair, &intent.step).await? else {
            return self.stays_unclear(pair, intent.step.side).await;
        };
        let (outcome, note) = if applied {
            (Outcome::Done, "the answer was lost; the service shows it")
        } else {
            let note = "unclear; both sides are read again and decided anew";
            (Outcome::NotApplied, note)
        };
        let mut record = self.end_record(&pair, &intent.step, outcome, note);
        self.keep_other(&mut record, &sent);
        // Listings may still show what was before the write; from now on both sides are read by id.
        pair.synced_at = Some(now);
        pair.intent = None;
        pair.next_try = None;
        pair.touch(now);
        self.commit(&mut pair, vec![record]).await?;
        Ok(())
    }

    /// When an open intent is looked into again, at the earliest.
    pub(super) fn looks_into(&self, pair: &Pair) -> Option<Time> {
        let intent = pair.intent.as_ref()?;
        if matches!(intent.step.action, Action::Create(_)) {
            return pair.next_try;
        }
        let ripe = doubt_since(intent).plus(self.engine.settings.grace_update());
        Some(pair.next_try.map_or(ripe, |at| at.max(ripe)))
    }

    /// Commits when an open intent is looked into again, and keeps it with the error that tells of it.
    async fn look_again(&mut self, mut pair: Pair, at: Time) -> Result<(), Trouble> {
        pair.next_try = Some(at);
        self.commit(&mut pair, Vec::new()).await?;
        let class = class_of(&RemoteError::Unclear(String::new()));
        let id = format!("{}/{}/{class}", self.link.spec.name, pair.id.0);
        let store = &self.engine.store;
        let entry = store.error(&id).await.map_err(Stop::from)?;
        if let Some(mut entry) = entry.filter(|entry| entry.resolved_at.is_none()) {
            entry.next_try = Some(at);
            store.put_error(&entry).await.map_err(Stop::from)?;
        }
        Ok(())
    }

    /// A target that answers 404 says nothing about what was written to it: the intent stays open, so that nothing is
    /// planned against bases that may be wrong, and is looked into again later.
    async fn stays_unclear(&mut self, mut pair: Pair, side: Side) -> Result<(), Trouble> {
        let error = unreachable(side);
        pair.tries += 1;
        let next = self.now().plus(self.engine.back_off(pair.tries));
        pair.next_try = Some(next);
        pair.last_error = Some(error.to_string());
        self.report.errors.push(format!("{}: {error}", pair.name()));
        self.note_error(pair.name(), Some(&pair), &error, Some(next))
            .await?;
        self.commit(&mut pair, Vec::new()).await?;
        Ok(())
    }

    /// Reads the target of an unclear write itself, in its new place if it was moved.
    async fn read_target(&self, pair: &Pair, side: Side) -> Result<Option<Observation>, Trouble> {
        let mut unknown = pair.clone();
        unknown.seen[side as usize] = None;
        let mut place = pair.object(side).cloned();
        let mut seen = None;
        for _ in 0..MOVES {
            let Some(id) = place.take() else { break };
            let read = self
                .get(side, pair.kind, &id, &unknown)
                .await
                .map_err(|error| Trouble::Item(side, error))?;
            if let Life::MovedTo(there) = &read.life {
                place = Some(there.clone());
            }
            seen = Some(read);
        }
        Ok(seen)
    }

    /// Moves the bases of those changes of an unclear patch that the target shows now. Without this, an edit that
    /// takes the source back meanwhile would look like no edit, and our own value like somebody's. `None` = the target
    /// cannot be reached.
    async fn land_what_shows(
        &mut self,
        pair: &mut Pair,
        step: &Step,
    ) -> Result<Option<bool>, Trouble> {
        let Action::Patch(changes) = &step.action else {
            return Ok(Some(false));
        };
        let Some(target) = self.read_target(pair, step.side).await? else {
            return Ok(Some(false));
        };
        match target.life {
            Life::Live | Life::Trashed => {}
            Life::Unreachable => return Ok(None),
            Life::Gone | Life::MovedTo(_) => return Ok(Some(false)),
        }
        let mapping = std::rc::Rc::clone(&self.link.spec.mapping);
        let mut target = target;
        let found: Vec<Change> = changes
            .iter()
            .filter_map(|change| what_shows(&mapping, pair, &target, change))
            .collect();
        if found.is_empty() {
            return Ok(Some(false));
        }
        for change in &found {
            if is_edited_since(&mapping, pair, &target, change) {
                // What was written is known; what it became since is news.
                target.fields.remove(&change.field);
            }
        }
        let landed = Step {
            action: Action::Patch(found),
            ..step.clone()
        };
        let post = Observation {
            stamp: None,
            ..target
        };
        land(
            pair,
            &mapping,
            &Answered {
                step: &landed,
                left_out: &LeftOut::new(),
                post: &post,
                source: None,
                now: self.now(),
            },
        );
        *self.report.writes.of_mut(step.side) += 1;
        // The request may have arrived just now, long after it was sent: reads may show what was before for a while.
        let quiet = self.now().plus(self.engine.settings.settle);
        pair.quiet_until = Some(quiet);
        Ok(Some(landed.changes().len() == changes.len()))
    }

    async fn resolve_create(
        &mut self,
        pair: Pair,
        intent: &Intent,
        draft: &Draft,
    ) -> Result<(), Trouble> {
        let now = self.now();
        if pair
            .next_try
            .is_some_and(|at| at > now && at.since(now) <= self.engine.settings.grace_create())
        {
            return Ok(());
        }
        let side = intent.step.side;
        let since = may_be_made_since(&pair, intent).minus(self.engine.settings.look_back);
        let lookup = self
            .find_made(side, draft, since)
            .await
            .map_err(|error| Trouble::Item(side, error))?;
        match lookup.hits.into_iter().next() {
            Some(hit) => self.adopt(pair, &intent.step, draft, hit).await,
            None if !lookup.complete => {
                let at = now.plus(self.engine.settings.lookup_gap);
                self.look_again(pair, at).await
            }
            None => self.not_found(pair, intent).await,
        }
    }

    /// The lost create did take place: the pair remembers what was sent, so that later edits show as edits.
    async fn adopt(
        &mut self,
        mut pair: Pair,
        step: &Step,
        draft: &Draft,
        hit: Observation,
    ) -> Result<(), Trouble> {
        let now = self.now();
        let fields = self.made_fields(draft, &hit);
        let note = format!("found at {} after a lost answer", hit.id.locator);
        // A page that nobody but us has edited since shows what was sent.
        let stamp = hit
            .stamp
            .clone()
            .filter(|stamp| stamp.by_us && stamp.settled);
        let post = Observation {
            fields,
            stamp,
            ..hit
        };
        let record = self.end_record(&pair, step, Outcome::Done, &note);
        *self.report.writes.of_mut(step.side) += 1;
        let source = pair.pending.clone();
        land(
            &mut pair,
            &self.link.spec.mapping,
            &Answered {
                step,
                left_out: &LeftOut::new(),
                post: &post,
                source: source.as_deref(),
                now,
            },
        );
        pair.synced_at = Some(now);
        pair.quiet_until = Some(now.plus(self.engine.settings.settle));
        pair.intent = None;
        pair.next_try = None;
        pair.last_error = None;
        self.item_recovered(&pair).await?;
        pair.touch(now);
        self.commit(&mut pair, vec![record]).await?;
        Ok(())
    }

    /// What a lost create made, as far as that is certain: what was sent, except for what the service left out, and
    /// the defaults of what cannot be sent with a create (an issue is always made open).
    fn made_fields(&self, draft: &Draft, hit: &Observation) -> BTreeMap<FieldKey, Value> {
        // GitHub leaves out in silence what we may not set, and a name that is missing now counts as left out: it is
        // shown as refused, and nothing is taken away from Notion. (A person who removed it right then is not told
        // apart.) Notion leaves out nothing.
        let drops = hit.side == Side::Github;
        let mut fields = BTreeMap::new();
        for field in self.link.spec.mapping.fields(draft.kind) {
            let key = field.key.clone();
            let shown = hit.field(&key);
            let value = match draft.fields.get(&key) {
                Some(_) if field.class == Class::Text || key == FieldKey::BODY => continue,
                Some(_) if drops && field.class == Class::Set => shown.cloned(),
                Some(_) if drops && shown.is_some_and(Value::is_empty) => shown.cloned(),
                Some(sent) => Some(sent.clone()),
                None if key == FieldKey::STATE => Some(Value::text("open")),
                None => Some(Value::Null),
            };
            fields.extend(value.map(|value| (key, value)));
        }
        fields
    }

    /// No marker: that counts only after the waiting time, and twice.
    async fn not_found(&mut self, mut pair: Pair, intent: &Intent) -> Result<(), Trouble> {
        let now = self.now();
        let settings = &self.engine.settings;
        let ripe = doubt_since(intent)
            .max(intent.committed_at)
            .plus(settings.grace_create());
        if now < ripe {
            return self.look_again(pair, ripe).await;
        }
        let looked = match intent.state {
            IntentState::InDoubt {
                looked: Some(at),
                lookups,
                ..
            } if lookups > 0 && at <= now => Some(at),
            _ => None,
        };
        if looked.is_none_or(|at| now.since(at) < settings.lookup_gap) {
            let since = doubt_since(intent);
            let at = looked.unwrap_or(now);
            let next = at.plus(settings.lookup_gap);
            if let Some(open) = &mut pair.intent {
                open.state = IntentState::InDoubt {
                    since,
                    lookups: 1,
                    looked: Some(at),
                };
            }
            return self.look_again(pair, next).await;
        }
        if intent.attempt >= settings.create_attempts {
            return self.give_up(pair, &intent.step).await;
        }
        if pair.held_since.is_some() {
            // It is not sent again while the user holds it; it may still be found.
            let next = now.plus(settings.grace_create());
            return self.look_again(pair, next).await;
        }
        self.send_again(pair, intent).await
    }

    async fn give_up(&mut self, mut pair: Pair, step: &Step) -> Result<(), Trouble> {
        let why = format!(
            "{} never confirmed the new item; look there, then force a sync of it",
            step.side.name()
        );
        let record = self.end_record(&pair, step, Outcome::Failed, &why);
        pair.intent = None;
        pair.dirty_since = None;
        pair.last_error = Some(why.clone());
        pair.life = PairLife::Parked(why.clone());
        // It is not looked up any more: it waits for a person.
        self.item_recovered(&pair).await?;
        let name = pair.name().to_owned();
        self.note_error_as(&name, Some(&pair), ("refused", &why), None)
            .await?;
        self.commit(&mut pair, vec![record]).await?;
        Ok(())
    }

    /// Commit A', then the same create once more, with the same key.
    async fn send_again(&mut self, mut pair: Pair, intent: &Intent) -> Result<(), Trouble> {
        if self.writes_left == 0 {
            return Err(Trouble::Stop(Stop::MaxItems));
        }
        let ended = self.end_record(
            &pair,
            &intent.step,
            Outcome::NotApplied,
            "never took place; sent again",
        );
        let started = self.engine.clock.elapsed();
        let again = Intent {
            ..self.intent(intent.step.clone(), intent.attempt + 1)
        };
        pair.intent = Some(again);
        pair.next_try = None;
        let begun = self.intent_record(&pair, &intent.step);
        if self.commit(&mut pair, vec![ended, begun]).await? {
            let mut sight = Sight::default();
            if let Some(source) = pair.pending.as_deref() {
                sight.set(source.side, source.clone(), false);
            }
            pair.touch(self.now());
            self.transmit(&mut pair, &intent.step, &mut sight, started)
                .await?;
        }
        Ok(())
    }
}

/// The part of a change that the target shows: all or nothing of a value, name by name of a set.
fn what_shows(
    mapping: &Mapping,
    pair: &Pair,
    target: &Observation,
    change: &Change,
) -> Option<Change> {
    let field = &mapping.word(pair.kind, &change.field)?.field;
    let value = target.field(&change.field)?;
    if field.class == Class::Text && holds_edit(target.side, change, value) {
        return Some(change.clone());
    }
    if field.class != Class::Set {
        return field.codec.same(value, &change.new).then(|| change.clone());
    }
    let (now, pre, new) = (value.names(), change.pre.names(), change.new.names());
    let mut part = pre.clone();
    for name in pre.symmetric_difference(&new) {
        let wanted = new.contains(name);
        if wanted == now.contains(name) {
            if wanted {
                part.insert(name.clone());
            } else {
                part.remove(name);
            }
        }
    }
    (part != pre).then(|| Change {
        new: Value::Set(part),
        ..change.clone()
    })
}

/// Whether a text holds the edit that a change was, whatever else was edited since: carrying it out once more would
/// change nothing.
fn holds_edit(side: Side, change: &Change, now: &Value) -> bool {
    let [pre, new, now] = [&change.pre, &change.new, now].map(|value| match side {
        Side::Github => value.as_text().to_owned(),
        Side::Notion => text::from_notion(value.as_text()),
    });
    let is_edit = !text::same(&pre, &new);
    is_edit
        && matches!(text::apply_change(&pre, &new, &now), Merged::Clean(again) if text::same(&again, &now))
}

/// Whether a field that holds what was written says more or less than that.
fn is_edited_since(mapping: &Mapping, pair: &Pair, target: &Observation, change: &Change) -> bool {
    let field = mapping.field(pair.kind, &change.field);
    let shown = target.field(&change.field);
    match (field, shown) {
        (Some(field), Some(now)) => {
            field.class == Class::Text && !field.codec.same(now, &change.new)
        }
        _ => false,
    }
}

fn doubt_since(intent: &Intent) -> Time {
    match intent.state {
        IntentState::Prepared => intent.committed_at,
        IntentState::InDoubt { since, .. } => since,
    }
}

/// When the lost object may have been made, at the earliest, by the clock of its service. Ours may be wrong; but
/// nothing was made before the service of its source showed that.
fn may_be_made_since(pair: &Pair, intent: &Intent) -> Time {
    let source = pair.pending.as_deref().and_then(|row| row.stamp.as_ref());
    let source = source.map_or(intent.committed_at, |stamp| stamp.at);
    intent.committed_at.min(source)
}
