//! One write: intent, one request, answer. The heart of the protocol.

use std::collections::BTreeSet;

use super::Clock;
use super::aside::keep_own_word;
use super::look::Sight;
use super::report::{CHECKING, Stop, class_of, limit};
use super::run::{Flow, Run};
use super::turn::Trouble;
use crate::core::guard::Reason;
use crate::core::history::FieldChange;
use crate::core::land::{Answered, Landed, land};
use crate::core::plan::{Input, plan};
use crate::core::{
    Action, Blocked, Codec, Conflict, FieldKey, Intent, IntentState, Observation, Outcome, Pair,
    PairId, PairLife, Record, RecordKind, Row, Side, Step, Value,
};
use crate::remote::{Answer, Remote, RemoteError};
use crate::store::Store;

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Makes the step durable, sends it once, and keeps what the answer proves. Says whether the turn may go on.
    pub(super) async fn write(
        &mut self,
        pair: &mut Pair,
        step: Step,
        sight: &mut Sight,
        mut records: Vec<Record>,
    ) -> Result<bool, Trouble> {
        self.await_budget(step.side).await?;
        let started = self.engine.clock.elapsed();
        pair.intent = Some(self.intent(step.clone(), 1));
        pair.dirty_since.get_or_insert(self.now());
        records.push(self.intent_record(pair, &step));
        if !self.commit(pair, records).await? {
            return Ok(false);
        }
        self.transmit(pair, &step, sight, started).await
    }

    /// Sends a committed intent. A request that would leave too late is left to recovery instead.
    pub(super) async fn transmit(
        &mut self,
        pair: &mut Pair,
        step: &Step,
        sight: &mut Sight,
        started: i64,
    ) -> Result<bool, Trouble> {
        self.writes_left = self.writes_left.saturating_sub(1);
        if self.engine.clock.elapsed() - started > self.engine.settings.send_deadline {
            return Ok(false);
        }
        let target = if matches!(step.action, Action::Create(_)) {
            None
        } else {
            sight.of(step.side)
        };
        match self.send(step, target).await {
            Ok(answer) => {
                self.denials.was_allowed(pair, step);
                self.answered(pair, step, sight, answer).await
            }
            Err(error) => self.unanswered(pair, step, sight, error).await,
        }
    }

    pub(super) fn intent(&self, step: Step, attempt: u32) -> Intent {
        Intent {
            id: self.engine.new_id(),
            attempt,
            step,
            state: IntentState::Prepared,
            committed_at: self.now(),
            run: self.id.clone(),
        }
    }

    /// The record that a write begins; durable before its request leaves.
    pub(super) fn intent_record(&mut self, pair: &Pair, step: &Step) -> Record {
        let mut record = self.record(pair, RecordKind::Intent, Outcome::Open, step.verb(), "");
        if let Some(intent) = &pair.intent {
            record.id = format!("{}:intent", intent.id);
        }
        describe(record, step)
    }

    /// The record of how a write ended. One per intent: a later word on the same intent has a name of its own.
    pub(super) fn end_record(
        &mut self,
        pair: &Pair,
        step: &Step,
        outcome: Outcome,
        note: &str,
    ) -> Record {
        let mut record = self.record(pair, RecordKind::Write, outcome, step.verb(), note);
        if let Some(intent) = &pair.intent {
            record.id = match outcome {
                Outcome::InDoubt => format!("{}:doubt", intent.id),
                _ => format!("{}:end", intent.id),
            };
        }
        describe(record, step)
    }

    /// Keeps with a change what the other side said before, as far as the changed value does not tell: which of the
    /// options that mean "open" a page had, and how GitHub wrote a text.
    pub(super) fn keep_other(&self, record: &mut Record, before: &Pair) {
        let Some(side) = record.side else { return };
        for change in &mut record.changes {
            let field = self.link.spec.mapping.field(before.kind, &change.field);
            let base = before.base.get(&change.field);
            change.other = match (field.map(|field| &field.codec), base) {
                (Some(Codec::State(_)), Some(base)) => Some(base.of(side.other()).clone()),
                (Some(Codec::Markdown), Some(base)) if side == Side::Notion => {
                    Some(base.github.clone())
                }
                _ => continue,
            };
        }
    }

    /// Waits until the side's window has room, before anything is committed.
    async fn await_budget(&mut self, side: Side) -> Result<(), Trouble> {
        let mut waited = 0;
        loop {
            let budget = self.budget(side);
            let reserve = if self.ask.forced {
                0
            } else {
                budget.limit * self.engine.settings.reserve_percent / 100
            };
            let Some(until) = budget
                .resets_at
                .filter(|at| budget.limit > 0 && budget.left <= reserve && *at > self.now())
            else {
                return Ok(());
            };
            let reason = if budget.asked {
                format!("{} asked to wait", side.name())
            } else {
                let used = budget.limit - budget.left;
                format!("{used} of {} requests used", budget.limit)
            };
            if !self.wait_until(side, until, &reason, &mut waited).await {
                let error = RemoteError::Limited { until, reason };
                return Err(Trouble::Stop(self.side_failed(side, &error).await));
            }
        }
    }

    /// Commit B after an answer.
    async fn answered(
        &mut self,
        pair: &mut Pair,
        step: &Step,
        sight: &mut Sight,
        answer: Answer,
    ) -> Result<bool, Trouble> {
        let now = self.now();
        let sent = pair.clone();
        let source = sight.of(step.side.other()).cloned();
        let answered = Answered {
            step,
            post: &answer.post,
            source: source.as_ref(),
            left_out: &answer.left_out,
            now,
        };
        let landed = land(pair, &self.link.spec.mapping, &answered);
        let took_some = landed.iter().any(|one| !matches!(one, Landed::Dropped(_)));
        self.count_landed(step, took_some);
        let mut ends = self.ends(pair, step, &landed, &answer);
        for record in &mut ends {
            self.keep_other(record, &sent);
        }
        pair.intent = None;
        pair.quiet_until = Some(now.plus(self.engine.settings.settle));
        pair.tries = 0;
        if pair.last_error.is_some() && pair.blocked.is_empty() {
            pair.last_error = None;
            self.item_recovered(pair).await?;
        }
        pair.synced_at = Some(now);
        self.failures = 0;
        let is_edited_too = hides_text(step, &answer.post);
        sight.set(
            step.side,
            shown_after(step, sight.of(step.side), answer.post),
            true,
        );
        if is_edited_too {
            // Somebody edited the text in that moment: it is read again now, not by some later listing.
            sight.forget(step.side);
            if let Some(stamp) = &mut pair.seen[step.side as usize] {
                stamp.settled = false;
            }
        }
        keep_own_word(pair, step, sight.of(Side::Notion));
        let is_over = self.is_over(pair, sight);
        if is_over {
            pair.dirty_since = None;
            pair.heading = None;
            pair.next_try = None;
            pair.hold = None;
            pair.words.clear();
        }
        let kept = self.commit_end(pair, &sent, ends).await?;
        Ok(kept && !is_over)
    }

    /// How an answered write ended: done, or refused, or, where the service took some of it only, one record for each.
    fn ends(
        &mut self,
        pair: &Pair,
        step: &Step,
        landed: &[Landed],
        answer: &Answer,
    ) -> Vec<Record> {
        let dropped: Vec<&FieldKey> = landed.iter().filter_map(Landed::dropped).collect();
        if dropped.is_empty() {
            let mut record = self.end_record(pair, step, Outcome::Done, "");
            record.request.clone_from(&answer.request);
            return vec![record];
        }
        let note = if answer.left_out.is_empty() {
            let names: Vec<&str> = dropped.iter().map(|field| field.as_str()).collect();
            format!("{} left out: {}", step.side.name(), names.join(", "))
        } else {
            let reasons: Vec<&str> = answer.left_out.values().map(String::as_str).collect();
            reasons.join("; ")
        };
        let mut refused = self.end_record(pair, step, Outcome::Refused, &note);
        refused.request.clone_from(&answer.request);
        let is_patch = matches!(step.action, Action::Patch(_));
        if !is_patch || landed.iter().all(|one| matches!(one, Landed::Dropped(_))) {
            return vec![refused];
        }
        let mut done = self.end_record(pair, step, Outcome::Done, "");
        done.request.clone_from(&answer.request);
        part(&mut done, &mut refused, landed);
        refused.id = refused.id.replace(":end", ":left");
        vec![done, refused]
    }

    /// Counts an answered write, but not a change of which the service took nothing.
    const fn count_landed(&mut self, step: &Step, took_some: bool) {
        if took_some || !matches!(step.action, Action::Patch(_)) {
            *self.report.writes.of_mut(step.side) += 1;
        }
    }

    /// Whether both sides now say the same, going by the answer.
    fn is_over(&self, pair: &Pair, sight: &Sight) -> bool {
        let input = Input {
            pair,
            github: sight.of(Side::Github),
            notion: sight.of(Side::Notion),
            mapping: &self.link.spec.mapping,
            rules: &self.link.spec.rules,
            paused: &self.paused,
            in_scope: true,
            now: self.now(),
        };
        sight.of(Side::Github).is_some()
            && sight.of(Side::Notion).is_some()
            && plan(&input).is_idle()
            || matches!(pair.life, PairLife::Tombstone | PairLife::Unlinked(_))
    }

    /// Commit B after an error: what is certain is undone, what is unclear stays open for recovery.
    async fn unanswered(
        &mut self,
        pair: &mut Pair,
        step: &Step,
        sight: &mut Sight,
        error: RemoteError,
    ) -> Result<bool, Trouble> {
        if error.maybe_applied() {
            return self.in_doubt(pair, step, &error).await;
        }
        let outcome = match error {
            RemoteError::Refused { .. } => Outcome::Refused,
            _ => Outcome::NotApplied,
        };
        let record = self.end_record(pair, step, outcome, &error.to_string());
        let sent = pair.clone();
        pair.intent = None;
        match &error {
            RemoteError::Limited { until, reason } => {
                pair.next_try = Some(*until);
                pair.last_error = Some(limit(step.side, reason));
                self.commit_end(pair, &sent, vec![record]).await?;
                let mut waited = 0;
                if self
                    .wait_until(step.side, *until, reason, &mut waited)
                    .await
                {
                    self.waited_out = Some(pair.id.clone());
                    return Ok(false);
                }
                Err(Trouble::Stop(self.side_failed(step.side, &error).await))
            }
            RemoteError::Stale(_) => {
                pair.tries += 1;
                pair.next_try = Some(self.now().plus(self.engine.back_off(pair.tries)));
                pair.last_error = Some(error.to_string());
                self.commit_end(pair, &sent, vec![record]).await?;
                *sight = Sight::default();
                Ok(false)
            }
            RemoteError::Denied { .. } => {
                self.denied(pair, step, &error).await?;
                self.commit(pair, vec![record]).await?;
                Ok(false)
            }
            RemoteError::Refused { .. } => {
                self.refused(pair, step, &error);
                self.report.errors.push(format!("{}: {error}", pair.name()));
                let name = pair.name().to_owned();
                self.note_error(&name, Some(pair), &error, pair.next_try)
                    .await?;
                let kept = self.commit_end(pair, &sent, vec![record]).await?;
                // What else was chosen goes on, and the item does not stay queued for what will not be sent again.
                Ok(kept && step.row == Row::Choice && pair.life == PairLife::Active)
            }
            _ => {
                self.commit_end(pair, &sent, vec![record]).await?;
                Err(Trouble::Stop(self.side_failed(step.side, &error).await))
            }
        }
    }

    async fn in_doubt(
        &mut self,
        pair: &mut Pair,
        step: &Step,
        error: &RemoteError,
    ) -> Result<bool, Trouble> {
        let now = self.now();
        let record = self.end_record(pair, step, Outcome::InDoubt, &error.to_string());
        let sent = pair.clone();
        if let Some(intent) = &mut pair.intent {
            intent.state = IntentState::InDoubt {
                since: now,
                lookups: 0,
                looked: None,
            };
        }
        pair.next_try = Some(now);
        let said = format!("{error}; {CHECKING} {} took it", step.side.name());
        pair.last_error = Some(said.clone());
        self.doubts += 1;
        self.report.errors.push(format!("{}: {error}", pair.name()));
        let name = pair.name().to_owned();
        let looks_at = self.looks_into(pair);
        self.note_error_as(&name, Some(pair), (class_of(error), &said), looks_at)
            .await?;
        self.commit_end(pair, &sent, vec![record]).await?;
        Ok(false)
    }

    /// A final refusal: the named field is set aside, or the whole item where none is named.
    fn refused(&self, pair: &mut Pair, step: &Step, error: &RemoteError) {
        let RemoteError::Refused {
            status: 404 | 410, ..
        } = error
        else {
            return self.set_aside(pair, step, error);
        };
        // Gone since it was verified: the next read says what became of it.
        pair.tries += 1;
        pair.last_error = Some(error.to_string());
        pair.next_try = Some(self.now().plus(self.engine.back_off(pair.tries)));
    }

    fn set_aside(&self, pair: &mut Pair, step: &Step, error: &RemoteError) {
        let named = match error {
            RemoteError::Refused { field, .. } => field.clone(),
            _ => None,
        };
        let changes = step.changes();
        let concerned: Vec<_> = changes
            .iter()
            .filter(|change| {
                named.as_ref().is_none_or(|field| *field == change.field) || changes.len() == 1
            })
            .collect();
        if concerned.is_empty() {
            pair.life = PairLife::Parked(error.to_string());
            pair.dirty_since = None;
        }
        for change in concerned {
            let blocked = Blocked {
                side: step.side,
                source: change.source.clone(),
                reason: error.to_string(),
                since: self.now(),
            };
            pair.blocked.insert(change.field.clone(), blocked);
        }
        pair.last_error = Some(error.to_string());
    }

    /// The removals of this run: all of them, or none without a person's word.
    pub(super) async fn remove(&mut self) -> Flow<()> {
        let removals = std::mem::take(&mut self.removals);
        if removals.is_empty() {
            return Ok(());
        }
        if self.removals_need_word(removals.len()).await? {
            let pairs: BTreeSet<PairId> =
                removals.iter().map(|(pair, ..)| pair.id.clone()).collect();
            let side = removals[0].1.side;
            let note = format!(
                "{} pages would be put into the trash, or issues closed, in one run",
                pairs.len()
            );
            return self.halt(Reason::Trashes, side, &note, &pairs).await;
        }
        for (mut pair, step, _) in removals {
            if self.writes_left == 0 {
                return Err(Stop::MaxItems);
            }
            if self.denials.of(&pair, &step).is_some() {
                continue;
            }
            match self.remove_one(&mut pair, step).await {
                Ok(()) => {}
                Err(Trouble::Stop(stop)) => return Err(stop),
                Err(Trouble::Item(side, error)) => self.item_failed(pair, side, &error).await?,
            }
        }
        Ok(())
    }

    /// Reads both sides once more, and removes only if that still is what the plan says.
    async fn remove_one(&mut self, pair: &mut Pair, step: Step) -> Result<(), Trouble> {
        let mut sight = Sight::default();
        for side in Side::BOTH {
            self.read(pair, &mut sight, side).await?;
        }
        let plan = self.plan_pair(pair, &sight);
        if plan.steps.first() == Some(&step) {
            let records = self.carry_out_moves(pair, &plan);
            self.write(pair, step, &mut sight, records).await?;
        }
        Ok(())
    }
}

/// Whether the answer to a new text keeps the text to itself, as somebody else edited it as well.
fn hides_text(step: &Step, post: &Observation) -> bool {
    let mut changes = step.changes().iter();
    let wrote_text = changes.any(|change| change.field == FieldKey::BODY);
    let is_patch = matches!(step.action, Action::Patch(_));
    step.side == Side::Notion && is_patch && wrote_text && post.field(&FieldKey::BODY).is_none()
}

/// What the target shows after the write: the answer, over what was sent, over what was seen before.
fn shown_after(step: &Step, before: Option<&Observation>, post: Observation) -> Observation {
    let mut fields = before.map(|seen| seen.fields.clone()).unwrap_or_default();
    match &step.action {
        Action::Create(draft) => fields.extend(draft.fields.clone()),
        Action::Patch(changes) => fields.extend(
            changes
                .iter()
                .map(|change| (change.field.clone(), change.new.clone())),
        ),
        Action::Trash | Action::Restore | Action::Close => {}
    }
    fields.extend(post.fields.clone());
    let raw_body = post
        .raw_body
        .clone()
        .or_else(|| before.and_then(|seen| seen.raw_body.clone()));
    let marker = post
        .marker
        .clone()
        .or_else(|| before.and_then(|seen| seen.marker.clone()));
    let mut stamp = post
        .stamp
        .clone()
        .or_else(|| before.and_then(|seen| seen.stamp.clone()));
    // An answer without the text proves nothing about the text, see `land`.
    let proven =
        matches!(step.action, Action::Create(_)) || post.fields.contains_key(&FieldKey::BODY);
    if let Some(stamp) = &mut stamp {
        stamp.settled &= proven;
    }
    Observation {
        fields,
        stamp,
        marker,
        raw_body,
        ..post
    }
}

/// Parts the changes of a write between what landed and what was left out.
fn part(done: &mut Record, refused: &mut Record, landed: &[Landed]) {
    refused.changes.retain(|change| {
        landed
            .iter()
            .any(|one| one.dropped() == Some(&change.field))
    });
    done.changes
        .retain(|change| !landed.contains(&Landed::Dropped(change.field.clone())));
    for one in landed {
        let Landed::Partly(field, there) = one else {
            continue;
        };
        for change in done.changes.iter_mut().filter(|c| c.field == *field) {
            change.after.clone_from(there);
        }
        for change in refused.changes.iter_mut().filter(|c| c.field == *field) {
            change.before.clone_from(there);
        }
    }
}

fn describe(mut record: Record, step: &Step) -> Record {
    record.side = Some(step.side);
    record.row = Some(step.row);
    record.changes = match &step.action {
        Action::Create(draft) => draft
            .fields
            .iter()
            .map(|(field, value)| FieldChange {
                field: field.clone(),
                before: Value::Null,
                after: value.clone(),
                other: None,
            })
            .collect(),
        Action::Patch(changes) => changes
            .iter()
            .map(|change| FieldChange {
                field: change.field.clone(),
                before: change.pre.clone(),
                after: change.new.clone(),
                other: None,
            })
            .collect(),
        Action::Trash | Action::Restore | Action::Close => Vec::new(),
    };
    record
}

/// A conflict's two values, for the history.
pub(super) fn conflict_values(conflict: &Conflict) -> Vec<FieldChange> {
    let field = conflict.field.clone().unwrap_or(FieldKey::TITLE);
    vec![FieldChange {
        field,
        before: conflict.github.clone(),
        after: conflict.notion.clone(),
        other: None,
    }]
}
