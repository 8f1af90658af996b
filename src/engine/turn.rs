//! One turn of one pair: read both sides, plan, and carry out what one side needs.

use std::collections::BTreeSet;

use super::Clock;
use super::foresee::{is_copy, is_second};
use super::kin::Minded;
use super::look::{Sight, needs_page_text};
use super::report::Stop;
use super::run::{Flow, Planned, Run};
use super::who::Asked;
use crate::core::pair::Hold;
use crate::core::plan::{Input, Move, Plan, plan};
use crate::core::scope::Scope;
use crate::core::{
    Action, FieldKey, Mapping, ObjectId, Observation, Outcome, Pair, PairLife, Record, RecordKind,
    Row, Side, Step, Time, Value,
};
use crate::core::{guard, sight, told};
use crate::remote::{Remote, RemoteError};
use crate::store::Store;

/// How often a turn plans anew before it leaves the rest to the next one.
const ROUNDS: usize = 24;
/// How often a pair tries to get what another gave up for it.
const COMMIT_TRIES: usize = 5;

/// A turn's working state.
pub(super) struct Turn {
    pub(super) pair: Pair,
    pub(super) sight: Sight,
    wrote: Option<Side>,
    /// Who was asked after, of conflicts.
    asked: Asked,
}

/// How a turn ends.
pub(super) enum Next {
    Again,
    Done,
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Takes one turn. Errors of this item alone stay with it; `Err` ends the run.
    pub(super) async fn turn(&mut self, mut pair: Pair) -> Flow<()> {
        self.places.fit(&mut pair);
        // A page that waits for a word on its repository goes on as it is now, or is withdrawn.
        let is_held = |hold: &Hold| !hold.agreed && !guard::is_public(&hold.halt);
        if pair.hold.as_ref().is_some_and(is_held) {
            return self.rest_held(pair).await;
        }
        if pair.uncounted {
            return self.leave_uncounted().await;
        }
        if self.denials.holds_up(&pair) || self.has_given_way(&pair) {
            return Ok(());
        }
        let mut turn = Turn {
            pair,
            sight: Sight::default(),
            wrote: None,
            asked: Asked::default(),
        };
        for _ in 0..ROUNDS {
            match self.round(&mut turn).await {
                Ok(Next::Again) => {}
                Ok(Next::Done) => return Ok(()),
                Err(Trouble::Stop(stop)) => return Err(stop),
                Err(Trouble::Item(side, error)) => {
                    return self.item_failed(turn.pair, side, &error).await;
                }
            }
        }
        Ok(())
    }

    /// A held pair waits for a person, not for its turn.
    async fn rest_held(&mut self, mut pair: Pair) -> Flow<()> {
        pair.dirty_since = None;
        self.commit(&mut pair, Vec::new()).await.map(|_| ())
    }

    async fn round(&mut self, turn: &mut Turn) -> Result<Next, Trouble> {
        self.look(&turn.pair, &mut turn.sight).await?;
        let plan = self.plan_pair(&turn.pair, &turn.sight);
        let plan = self.mind_selection(&turn.pair, &turn.sight, plan).await?;
        match self.mind_kin(&mut turn.pair, &turn.sight, &plan).await? {
            Minded::Alone => {}
            Minded::Over => {
                self.untold.insert(turn.pair.id.clone());
                return Ok(Next::Done);
            }
            Minded::Joined => return Ok(Next::Again),
        }
        let is_held = turn.pair.held_since.is_some() && !plan.steps.is_empty();
        let moved = plan.moves.iter().find_map(|mv| match mv {
            Move::Relink(there) => Some(there.clone()),
            _ => None,
        });
        if self.ask.dry {
            return match moved {
                Some(there) => Ok(self.foresee_move(turn, &there).await?),
                None if is_held => Ok(Next::Done),
                None => self.show(turn, plan).await,
            };
        }
        if is_held {
            let Turn {
                pair, sight, asked, ..
            } = turn;
            self.rest_for_user(pair, sight, plan, asked).await?;
            return Ok(Next::Done);
        }
        let before = turn.pair.clone();
        let (beside, plan) = apart(plan);
        self.wake_heirs(&before, &plan).await?;
        let records = self.carry_out_words(&mut turn.pair, &plan, &turn.sight);
        self.name_people(&before, &mut turn.pair, &turn.sight, &plan, &mut turn.asked)
            .await;
        let body = self
            .link
            .spec
            .mapping
            .field(turn.pair.kind, &FieldKey::BODY);
        if let (Some(page), Some(body)) = (turn.sight.of(Side::Notion), body) {
            sight::notice_edit(&mut turn.pair, page, body);
        }
        if let Some(there) = moved {
            let kept = self.relink(turn, &before, &there, records).await?;
            turn.sight = Sight::default();
            return Ok(if kept { Next::Again } else { Next::Done });
        }
        let is_next = |step: &&Step| turn.wrote.is_none_or(|side| side == step.side);
        match plan.steps.first().filter(is_next) {
            Some(step) => {
                let planned = (step.clone(), beside);
                self.advance(turn, before, planned, records).await
            }
            None => self.finish(turn, &before, &plan, records).await,
        }
    }

    /// Keeps the plan of a turn that only looks.
    async fn show(&mut self, turn: &mut Turn, plan: Plan) -> Result<Next, Trouble> {
        self.say_what_asks(&plan).await?;
        let seen = [Side::Notion, Side::Github].map(|side| turn.sight.of(side));
        for seen in seen.into_iter().flatten() {
            turn.pair.note_title(seen);
        }
        Ok(self.keep_plan(&turn.pair, plan))
    }

    /// Verifies the target, then writes.
    async fn advance(
        &mut self,
        turn: &mut Turn,
        before: Pair,
        (step, beside): (Step, Plan),
        mut records: Vec<Record>,
    ) -> Result<Next, Trouble> {
        let age = self.engine.settings.verify_age;
        let is_create = matches!(step.action, Action::Create(_));
        if is_create && self.blind.contains(&step.side) {
            // Nothing is kept: the next run finds the pair as it is.
            return Ok(Next::Done);
        }
        if let Some(words) = self.denials.of(&before, &step) {
            let words = words.to_owned();
            self.rest_denied(before, words).await?;
            return Ok(Next::Done);
        }
        let is_verified = turn.sight.is_verified(step.side, self.now(), age)
            && !needs_page_text(&turn.pair, &turn.sight, &step);
        if !is_create && !is_verified {
            turn.pair = before;
            self.verify(&turn.pair, &mut turn.sight, &step).await?;
            return Ok(Next::Again);
        }
        if turn.wrote.is_none()
            && let Some(until) = self.rests_until(&step, &turn.sight)
        {
            self.rest(&mut turn.pair, until).await?;
            self.commit(&mut turn.pair, records).await?;
            return Ok(Next::Done);
        }
        let is_agreed = turn.pair.hold.as_ref().is_some_and(|hold| hold.agreed);
        if matches!(step.action, Action::Trash | Action::Close) && !is_agreed {
            if let Some(target) = turn.sight.of(step.side) {
                self.removals.push((before, step, target.clone()));
            }
            return Ok(Next::Done);
        }
        if self.writes_left == 0 {
            return Err(Trouble::Stop(Stop::MaxItems));
        }
        if !self.may_publish(&step).await? {
            self.ask_first(before, &step, turn.sight.of(Side::Notion));
            return Ok(Next::Done);
        }
        turn.wrote = Some(step.side);
        records.extend(self.carry_out_moves(&mut turn.pair, &of_step(beside, &step)));
        if is_create && turn.pair.pending.is_none() {
            // Recovery asks when the source changed last: a lost object was not made before, whatever our clock says.
            let source = turn.sight.of(step.side.other());
            turn.pair.pending = source.cloned().map(Box::new);
        }
        let goes_on = self
            .write(&mut turn.pair, step, &mut turn.sight, records)
            .await?;
        if is_create {
            // A page that GitHub refused is set aside.
            self.untold.insert(turn.pair.id.clone());
        }
        Ok(if goes_on { Next::Again } else { Next::Done })
    }

    /// Follows an issue that was transferred. A pair that a listing made of its new place in the meantime gives way.
    async fn relink(
        &mut self,
        turn: &mut Turn,
        before: &Pair,
        there: &ObjectId,
        records: Vec<Record>,
    ) -> Flow<bool> {
        let pair = &mut turn.pair;
        if let Some(mut other) = self.other_owner(pair, there).await? {
            if other.intent.is_some() {
                // What its own write does has to be known first.
                *pair = before.clone();
                pair.next_try = Some(self.now().plus(self.engine.settings.lookup_gap));
                self.commit(pair, Vec::new()).await?;
                return Ok(false);
            }
            if before.notion.is_none()
                && other.notion.is_some()
                && other.life != PairLife::Tombstone
            {
                // The new place has a page already, and this pair has none to bring along.
                *pair = before.clone();
                return self.leave_to(pair, &mut other).await;
            }
            if let Some(page) = hand_made(before, &other, &turn.sight) {
                let mut page = page.clone();
                // As a listing shows it, so that only another version is news.
                page.fields.remove(&FieldKey::BODY);
                page.raw_body = None;
                *pair = before.clone();
                return self.set_copy_aside(pair, page, there).await;
            }
            if self.is_outdated(before).await? {
                // The other pair may have taken the issue from this one: taken back now, neither would keep it.
                return Ok(false);
            }
            // Whoever holds the item holds it under its new name, too.
            pair.held_since = pair.held_since.or(other.held_since);
            if !self.give_way(&mut other, there).await? {
                return Ok(false);
            }
            return self.take_over(pair, before, there, records).await;
        }
        self.commit(pair, records).await
    }

    /// Whether a pair was committed since it was read.
    async fn is_outdated(&self, read: &Pair) -> Flow<bool> {
        let stored = self.engine.store.pair(&read.id).await?;
        Ok(stored.is_none_or(|stored| stored.rev != read.rev))
    }

    /// A pair without a page gives way to the one of its new place, which is held from then on if this one was.
    async fn leave_to(&mut self, pair: &mut Pair, other: &mut Pair) -> Flow<bool> {
        if other.held_since.is_none() && pair.held_since.is_some() {
            other.held_since = pair.held_since;
            if !self.commit(other, Vec::new()).await? {
                return Ok(false);
            }
        }
        pair.life = PairLife::Tombstone;
        (pair.pending, pair.dirty_since, pair.held_since) = (None, None, None);
        self.commit(pair, Vec::new()).await?;
        Ok(false)
    }

    /// Which other pair has this GitHub object.
    pub(super) async fn other_owner(&self, pair: &Pair, there: &ObjectId) -> Flow<Option<Pair>> {
        let nodes = [there.node.as_str()];
        let link = &self.link.spec.name;
        let owners = self.engine.store.by_nodes(link, Side::Github, &nodes);
        let other = owners.await?.remove(&there.node);
        Ok(other.filter(|other| other.id != pair.id))
    }

    /// The pair gets what another gave up for it. Whoever committed the pair meanwhile (a mark, a hold) does not leave
    /// the issue without a pair: the next listing would take it for a new one, and make it one more page. A listing of
    /// another instance that did so already gives way, too, before a page is made for it.
    async fn take_over(
        &mut self,
        pair: &mut Pair,
        before: &Pair,
        there: &ObjectId,
        records: Vec<Record>,
    ) -> Flow<bool> {
        if self.commit(pair, records.clone()).await? {
            return Ok(true);
        }
        for _ in 0..COMMIT_TRIES {
            let stored = self.engine.store.pair(&pair.id).await?;
            let is_free = |stored: &Pair| stored.github == before.github && stored.intent.is_none();
            let Some(mut stored) = stored.filter(is_free) else {
                break;
            };
            if let Some(mut newcomer) = self.other_owner(pair, there).await? {
                if newcomer.intent.is_some() {
                    // What its own write does has to be known first.
                    break;
                }
                pair.held_since = pair.held_since.or(newcomer.held_since);
                if !self.give_way(&mut newcomer, there).await? {
                    continue;
                }
            }
            stored.github = Some(there.clone());
            stored.held_since = stored.held_since.or(pair.held_since);
            if self.commit(&mut stored, records.clone()).await? {
                break;
            }
        }
        Ok(false)
    }

    /// A page that a person made names an issue that left, and nothing else ties the two: it is a copy of the issue's
    /// page from before the move (I15). It waits for a person; once edited it is a page of its own.
    async fn set_copy_aside(
        &mut self,
        pair: &mut Pair,
        page: Observation,
        there: &ObjectId,
    ) -> Flow<bool> {
        let why = is_copy(there);
        pair.github = None;
        pair.pending = Some(Box::new(page));
        pair.life = PairLife::Parked(why.clone());
        pair.dirty_since = None;
        pair.next_try = None;
        let record = self.record(pair, RecordKind::Item, Outcome::Failed, "park", &why);
        self.untold.insert(pair.id.clone());
        self.commit(pair, vec![record]).await?;
        Ok(false)
    }

    /// Takes the GitHub object from a pair. A page that it has already is a surplus one: it stays as it is, set aside
    /// and shown (I4), and held if it was: it may become an item of its own.
    async fn give_way(&mut self, other: &mut Pair, there: &ObjectId) -> Flow<bool> {
        let mut records = Vec::new();
        if other.notion.is_some() && other.life != PairLife::Tombstone {
            let why = is_second(there, other);
            records.push(self.record(other, RecordKind::Item, Outcome::Failed, "park", &why));
            other.life = PairLife::Parked(why);
            self.untold.insert(other.id.clone());
        } else {
            other.life = PairLife::Tombstone;
            other.held_since = None;
        }
        other.github = None;
        other.pending = None;
        other.dirty_since = None;
        other.hold = None;
        other.conflicts.clear();
        other.blocked.clear();
        self.commit(other, records).await
    }

    pub(super) fn plan_pair(&self, pair: &Pair, sight: &Sight) -> Plan {
        let github = sight.of(Side::Github);
        let forced = self.ask.forced;
        let mut rules = self.link.spec.rules.clone();
        if forced {
            rules.debounce = 0;
        }
        rules.new_repository = rules.new_repository.or_else(|| self.only_repository());
        if let (None, Some(page)) = (&pair.github, sight.of(Side::Notion)) {
            self.know_repositories(&mut rules.scope, page);
            rules.me = self.link.github.me().unwrap_or_default();
        }
        plan(&Input {
            pair,
            github,
            notion: sight.of(Side::Notion),
            mapping: &self.link.spec.mapping,
            rules: &rules,
            paused: &self.paused,
            in_scope: github.is_none_or(|seen| !seen.is_live() || self.link.selects(seen)),
            now: self.now(),
        })
    }

    /// The repositories whose issues this run lists.
    fn repositories(&self) -> BTreeSet<&str> {
        let issues = self.streams.iter().filter_map(|(side, stream)| {
            let repository = stream.strip_prefix("issues:");
            repository.filter(|_| *side == Side::Github)
        });
        issues.collect()
    }

    /// The repository of the link, if this run lists the issues of one only: a pattern may match no other.
    fn only_repository(&self) -> Option<String> {
        let all = self.repositories();
        let first = all.first().filter(|_| all.len() == 1);
        first.map(|name| (*name).to_owned())
    }

    /// Adds what this run knows of the link's repositories, and the name of now of the one that a page names, if the
    /// configuration has another name for it.
    fn know_repositories(&self, scope: &mut Scope, page: &Observation) {
        scope.listed = self.repositories().into_iter().map(str::to_owned).collect();
        let named = page.field(&FieldKey::REPOSITORY);
        let named = named.map_or("", Value::as_text).trim();
        let configured = self.link.github.configured(&format!("{named}#0"));
        let configured = configured
            .as_deref()
            .and_then(|name| name.split('#').next());
        if configured.is_some_and(|configured| scope.refusal(configured).is_none()) {
            scope.include.push(named.to_owned());
            scope.listed.insert(named.to_owned());
        }
    }

    fn keep_plan(&mut self, pair: &Pair, plan: Plan) -> Next {
        if !plan.is_idle() {
            self.planned.push(Planned {
                pair: pair.id.clone(),
                item: pair.name().to_owned(),
                title: pair.title.clone(),
                plan,
            });
        }
        Next::Done
    }

    /// Nothing (more) to write now: the pair is clean if everything was decided and nothing touched it since.
    async fn finish(
        &mut self,
        turn: &mut Turn,
        before: &Pair,
        plan: &Plan,
        records: Vec<Record>,
    ) -> Result<Next, Trouble> {
        if let Some(side) = plan.moves.iter().find_map(|mv| match mv {
            Move::Unreachable(side) => Some(*side),
            _ => None,
        }) {
            return Err(Trouble::Item(side, unreachable(side)));
        }
        let (pair, sight) = (&mut turn.pair, &turn.sight);
        remember(pair, sight, &self.link.spec.mapping);
        let untouched = pair.dirty_since.is_none_or(|since| {
            sight.oldest_read().is_none_or(|read| since <= read) || pair.pending.is_some()
        });
        if plan.is_settled() && untouched {
            pair.dirty_since = None;
            pair.heading = None;
            pair.next_try = None;
            pair.hold = None;
            pair.words.clear();
        }
        let unseen = plan.moves.iter().find_map(|mv| match mv {
            Move::Unseen(side, field) => Some((*side, field)),
            _ => None,
        });
        if let Some((side, field)) = unseen {
            let why = crate::core::told::unseen(side, field);
            self.wait_for_sight(pair, why).await?;
        } else if let Some(why) = self.hidden_edit(pair, sight) {
            pair.touch(self.now());
            self.wait_for_sight(pair, why).await?;
        } else if turn.wrote.is_none() {
            self.forget_error(pair).await?;
        }
        self.failures = 0;
        if pair != before || !records.is_empty() {
            pair.synced_at = Some(self.now());
            self.commit(pair, records).await?;
        }
        Ok(Next::Done)
    }

    /// Lets a pair rest while a person edits its page: that is what it waits for, whatever it waited for before.
    async fn rest(&mut self, pair: &mut Pair, until: Time) -> Flow<()> {
        pair.next_try = Some(until);
        self.forget_error(pair).await
    }

    /// What was wrong with an item is over, but for what was refused.
    async fn forget_error(&mut self, pair: &mut Pair) -> Flow<()> {
        pair.tries = 0;
        if pair.last_error.is_some() && pair.blocked.is_empty() {
            pair.last_error = None;
            self.item_recovered(pair).await?;
        }
        Ok(())
    }

    /// Why a page that somebody edited waits: Notion does not show its text whole, so nobody knows whether that is what
    /// was edited. None where it is shown, or nobody but us changed the page since it was.
    fn hidden_edit(&self, pair: &Pair, sight: &Sight) -> Option<String> {
        let body = self
            .link
            .spec
            .mapping
            .field(pair.kind, &FieldKey::BODY)
            .filter(|body| body.direction.allows(Side::Github))?;
        let page = sight.of(Side::Notion)?;
        let is_live = |side| sight.of(side).is_some_and(Observation::is_live);
        let is_both = Side::BOTH.into_iter().all(is_live) && pair.life == PairLife::Active;
        let is_shown = page.field(&body.key).is_some() || self.paused.contains(&body.key);
        let now = page.stamp.as_ref().filter(|stamp| !stamp.by_us)?;
        let known = pair.seen[Side::Notion as usize].as_ref();
        // A stamp is rounded to its minute.
        let is_edited = known.is_none_or(|known| (known.at, &known.by) != (now.at, &now.by));
        (is_both && !is_shown && is_edited).then(|| {
            "the page was edited, and Notion does not show the whole text of it: if the text was edited, that waits; a \
             shorter text or fewer unusual blocks help"
                .to_owned()
        })
    }

    /// A change waits, with back-off and a word for people, until a side shows the field whole.
    async fn wait_for_sight(&mut self, pair: &mut Pair, why: String) -> Flow<()> {
        pair.tries += 1;
        let next = self.now().plus(self.engine.back_off(pair.tries));
        pair.next_try = Some(next);
        self.report.notes.push(format!("{}: {why}", pair.name()));
        let said = (
            super::report::class_of(&RemoteError::Stale(String::new())),
            why.as_str(),
        );
        self.note_error_as(pair.name(), Some(pair), said, Some(next))
            .await?;
        pair.last_error = Some(why);
        Ok(())
    }

    /// A page that somebody else is editing right now is left alone until its stamp is old enough.
    fn rests_until(&self, step: &Step, sight: &Sight) -> Option<Time> {
        if self.ask.forced || step.side != Side::Notion || step.row == Row::Choice {
            return None;
        }
        let stamp = sight.of(Side::Notion)?.stamp.as_ref()?;
        // The service's clock may be ahead of ours; resting takes no longer for that.
        let rest = self.engine.settings.rest;
        let until = stamp.at.plus(rest).min(self.now().plus(rest));
        (!stamp.settled && !stamp.by_us && until > self.now()).then_some(until)
    }

    /// An item's own error: noted, retried later with back-off, never in the way of others.
    pub(super) async fn item_failed(
        &mut self,
        mut pair: Pair,
        side: Side,
        error: &RemoteError,
    ) -> Flow<()> {
        if error.is_side_wide() {
            return Err(self.side_failed(side, error).await);
        }
        let Some(stored) = self.engine.store.pair(&pair.id).await? else {
            return Ok(());
        };
        if stored.rev != pair.rev || stored.intent.is_some() {
            return Ok(());
        }
        pair = stored;
        if matches!(error, RemoteError::Unclear(_)) {
            self.failures += 1;
            self.failed_on = Some(side);
        }
        pair.tries += 1;
        let next = self.now().plus(self.engine.back_off(pair.tries));
        pair.next_try = Some(next);
        pair.last_error = Some(error.to_string());
        self.report.errors.push(format!("{}: {error}", pair.name()));
        self.note_error(pair.name(), Some(&pair), error, Some(next))
            .await?;
        self.commit(&mut pair, Vec::new()).await.map(|_| ())
    }
}

/// A plan in two: the moves that tell of a write and are only true once it is made, and the rest.
fn apart(plan: Plan) -> (Plan, Plan) {
    let tells = |mv: &Move| matches!(mv, Move::Reverted(..) | Move::Decided(..));
    let (beside, moves) = plan.moves.into_iter().partition(tells);
    let beside = Plan {
        moves: beside,
        ..Plan::default()
    };
    (beside, Plan { moves, ..plan })
}

/// Of the moves that tell of a write those that tell of this one.
fn of_step(mut beside: Plan, step: &Step) -> Plan {
    let writes = |side: Side, key: &FieldKey| {
        step.side == side && step.changes().iter().any(|change| change.field == *key)
    };
    beside.moves.retain(|mv| match mv {
        Move::Reverted(key, _) => writes(Side::Notion, key),
        Move::Decided(key, winner, _) => writes(winner.other(), key),
        _ => false,
    });
    beside
}

/// The page of a pair that was never in step, if a person made it while the issue is, or was, in step with another page.
pub(super) fn hand_made<'a>(
    pair: &Pair,
    owner: &Pair,
    sight: &'a Sight,
) -> Option<&'a Observation> {
    // One that left the selection with its issue, or was cut from it, is no less the issue's page.
    let is_kept = matches!(owner.life, PairLife::Active | PairLife::Unlinked(_));
    let is_owned = owner.notion.is_some() && is_kept && !owner.base.is_empty();
    let page = sight.of(Side::Notion)?;
    let has_none = pair.base.keys().all(told::is_of_page);
    (is_owned && has_none && !page.created_by_us).then_some(page)
}

/// Keeps the versions that were seen, and the title for people.
pub(super) fn remember(pair: &mut Pair, sight: &Sight, mapping: &Mapping) {
    for side in Side::BOTH {
        let Some(seen) = sight.of(side) else { continue };
        // The version stands for the text of the base, so a text that still has to go over does not count.
        // The same words are enough: a text is never read back to the very byte.
        let body = mapping.field(pair.kind, &FieldKey::BODY);
        let text = (seen.field(&FieldKey::BODY), pair.base.get(&FieldKey::BODY));
        let is_base = match (text, body) {
            ((Some(text), Some(base)), Some(body)) => body.codec.same(text, base.of(side)),
            _ => false,
        };
        if seen.is_live() && is_base && pair.life == PairLife::Active {
            pair.seen[side as usize].clone_from(&seen.stamp);
        }
        if !seen.title().is_empty() {
            seen.title().clone_into(&mut pair.title);
        }
    }
}

/// The error of an item that one side says 404 for.
pub(super) fn unreachable(side: Side) -> RemoteError {
    let name = side.name();
    let message = format!(
        "{name} says 404 for this item: deleted, or no longer shared with us. Nothing is changed"
    );
    RemoteError::Refused {
        status: 404,
        field: None,
        message,
    }
}

/// Why a turn ends early.
pub(super) enum Trouble {
    /// The run ends.
    Stop(Stop),
    /// Only this item is concerned.
    Item(Side, RemoteError),
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}
