//! What a person answers: choices for conflicts, consent for held changes, undo, pause.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::held::Listed;
use super::run::PAUSE;
use super::{Clock, Engine, Link};
use crate::core::codec::{self, Said};
use crate::core::decide;
use crate::core::guard::{Halt, Reason};
use crate::core::history::FieldChange;
use crate::core::pair::Choice;
use crate::core::text::{self, Reading};
use crate::core::{
    Base, Class, Codec, Conflict, Field, FieldKey, Mapping, Observation, Outcome, Pair, PairId,
    PairLife, Record, RecordKind, Side, Time, Value,
};
use crate::remote::{Remote, RemoteError};
use crate::store::{HistoryQuery, Store, StoreError, Which};

/// How often an answer about one item is given anew when somebody else commits it.
const COMMIT_TRIES: usize = 5;
/// Why a value is not put back that both sides show.
pub const ALREADY: &str = "both sides show that value already";
/// Items that one "retry all" touches at most, of those that wait for a time.
const RETRIED: usize = 1_000;
/// How many writes to an item after a choice are looked through for what the choice wrote.
const WRITES_AFTER_A_CHOICE: usize = 500;
/// The setting that changes with every answer given from outside.
pub(super) const ASKED: &str = "asked";

/// Why an answer was not taken.
#[derive(Debug, Error)]
pub enum AnswerError {
    /// There is no such conflict, record or halt.
    #[error("{0}")]
    Unknown(String),
    /// It cannot be done, and why.
    #[error("{0}")]
    Impossible(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A service failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// Which value wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// GitHub's.
    Github,
    /// Notion's.
    Notion,
    /// The one of the last agreement.
    Base,
    /// A text made from both, in GitHub's normal form.
    Edited(Value),
}

impl Pick {
    const fn name(&self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Notion => "notion",
            Self::Base => "base",
            Self::Edited(_) => "edited",
        }
    }

    /// In words: whose value it is.
    const fn said(&self) -> &'static str {
        match self {
            Self::Github => "GitHub's value",
            Self::Notion => "Notion's value",
            Self::Base => "the value of the last agreement",
            Self::Edited(_) => "a text of its own",
        }
    }
}

/// A field of a record that an undo would put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutBack {
    /// Which field.
    pub field: FieldKey,
    /// What both sides show now, GitHub's form.
    pub now: Value,
    /// What they will show, GitHub's form.
    pub then: Value,
    /// What the page shows now and will show, where that says more than GitHub's form: an option of several that mean
    /// the same. None for all else.
    pub page: Option<(Value, Value)>,
    /// Why it cannot be put back, if it cannot.
    pub refused: Option<String>,
}

impl PutBack {
    /// What becomes of the page's option, in words.
    pub fn page_line(&self) -> Option<String> {
        let (now, then) = self.page.as_ref()?;
        (now != then).then(|| format!("the page: {} -> {}", now.brief(60), then.brief(60)))
    }
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// Every open conflict of a link, with its pair.
    pub async fn conflicts(&self, link: &str) -> Result<Vec<(Pair, Conflict)>, StoreError> {
        let mut found = Vec::new();
        let mut after: Option<PairId> = None;
        loop {
            let pairs = self
                .store
                .pairs(link, Which::Conflicted, after.as_ref(), 200)
                .await?;
            let Some(last) = pairs.last() else {
                return Ok(found);
            };
            after = Some(last.id.clone());
            for pair in pairs {
                for conflict in pair.conflicts.clone() {
                    found.push((pair.clone(), conflict));
                }
            }
        }
    }

    /// Keeps a person's choice for a conflict. It is carried out by the next run, and only if both sides still show
    /// what the conflict shows.
    pub async fn choose<G, N>(
        &self,
        link: &Link<G, N>,
        id: &str,
        pick: Pick,
    ) -> Result<Pair, AnswerError> {
        let found = self.conflicts(&link.spec.name).await?;
        let Some((mut pair, conflict)) = found.into_iter().find(|(_, conflict)| conflict.id == id)
        else {
            return Err(AnswerError::Unknown(format!(
                "there is no open conflict {id}; `conflicts list` shows them"
            )));
        };
        let choice = self.choice(link, &pair, &conflict, &pick)?;
        let note = format!(
            "{}: {}, chosen by {}",
            conflict.field.as_ref().map_or("the item", FieldKey::as_str),
            pick.said(),
            self.person()
        );
        if let Some(open) = pair.conflicts.iter_mut().find(|open| open.id == id) {
            open.choice = Some(choice);
        }
        let now = self.clock.now();
        pair.touch(now);
        pair.heading = None;
        pair.next_try = None;
        let mut record = self.note(&link.spec.name, &pair, "choose", &note);
        record.kind = RecordKind::Conflict;
        record.changes = super::write::conflict_values(&conflict);
        pair.rev = self.commit_with(&pair, record).await?;
        Ok(pair)
    }

    fn choice<G, N>(
        &self,
        link: &Link<G, N>,
        pair: &Pair,
        conflict: &Conflict,
        pick: &Pick,
    ) -> Result<Choice, AnswerError> {
        let field = conflict.field.as_ref();
        let field = field.and_then(|key| link.spec.mapping.field(pair.kind, key));
        let base = conflict.field.as_ref().and_then(|key| pair.base.get(key));
        chosen(conflict, field, base, pick, self.clock.now()).map_err(AnswerError::Impossible)
    }

    /// The halts that wait for a person.
    pub async fn halts(&self, link: &str) -> Result<Vec<Halt>, StoreError> {
        let mut pairs_of: BTreeMap<String, Vec<PairId>> = BTreeMap::new();
        let mut ids: Vec<String> = Vec::new();
        let mut after: Option<PairId> = None;
        loop {
            let pairs = self
                .store
                .pairs(link, Which::Held, after.as_ref(), 200)
                .await?;
            let Some(last) = pairs.last() else { break };
            after = Some(last.id.clone());
            for pair in &pairs {
                let Some(hold) = pair.hold.as_ref().filter(|hold| !hold.agreed) else {
                    continue;
                };
                if !pairs_of.contains_key(&hold.halt) {
                    ids.push(hold.halt.clone());
                }
                let own = pairs_of.entry(hold.halt.clone()).or_default();
                own.push(pair.id.clone());
            }
        }
        let mut halts = Vec::new();
        for id in ids {
            let text = self
                .store
                .setting(&format!("halt/{id}"))
                .await?
                .unwrap_or_default();
            if let Ok(mut halt) = serde_json::from_str::<Halt>(&text) {
                // Pages join this question, and leave it.
                if halt.reason == Reason::Public {
                    halt.pairs = pairs_of.remove(&halt.id).unwrap_or_default();
                }
                halts.push(halt);
            }
        }
        Ok(halts)
    }

    /// Answers a halt. `apply` lets exactly what it lists through; otherwise these changes were wrong: each goes back to
    /// the last agreement on its side (pages that would be trashed are kept and unlinked; pages that would become public
    /// issues become none). What changed beyond what is listed is answered by nobody, and goes the way of any edit.
    pub async fn answer_halt<G, N>(
        &self,
        link: &Link<G, N>,
        id: &str,
        apply: bool,
    ) -> Result<usize, AnswerError> {
        let halts = self.halts(&link.spec.name).await?;
        let Some(halt) = halts.into_iter().find(|halt| halt.id == id) else {
            return Err(AnswerError::Unknown(format!(
                "nothing is held as {id}; `held list` shows what is"
            )));
        };
        let is_public = halt.reason == Reason::Public;
        if is_public && apply {
            self.allow_public(&halt).await?;
        }
        let mut listed = self.listed(id).await?;
        let mut answered = 0;
        for pair in &halt.pairs {
            let Some(mut pair) = self.store.pair(pair).await? else {
                continue;
            };
            if pair.hold.as_ref().is_none_or(|hold| hold.halt != halt.id) {
                continue;
            }
            let verb = if apply { "agree" } else { "keep" };
            if is_public {
                super::publish::answered(&mut pair, apply, self.clock.now());
                let record = self.note(&link.spec.name, &pair, verb, &halt.note);
                self.commit_with(&pair, record).await?;
                answered += 1;
                continue;
            }
            let shown = listed.remove(&pair.id);
            let mapping = &link.spec.mapping;
            answer_held(&mut pair, &halt, shown, (mapping, apply));
            pair.touch(self.clock.now());
            pair.next_try = None;
            let record = self.note(&link.spec.name, &pair, verb, &halt.note);
            self.commit_with(&pair, record).await?;
            answered += 1;
        }
        if !is_public {
            super::words::note_answers(&self.store, &link.spec.name).await?;
        }
        self.store.put_setting(&format!("halt/{id}"), None).await?;
        let listed = super::held::name_of(id);
        self.store.put_setting(&listed, None).await?;
        Ok(answered)
    }

    /// What an undo of a record would put back, going by what both sides show now.
    pub async fn undo_plan<G: Remote, N: Remote>(
        &self,
        link: &Link<G, N>,
        record: &str,
    ) -> Result<(Pair, Vec<PutBack>), AnswerError> {
        let (pair, _, backs) = self.read_undo(link, record).await?;
        Ok((pair, backs))
    }

    /// Puts the values back that a record overwrote, on both sides, through the same gate as any write: as choices
    /// bound to what both sides show now.
    pub async fn undo<G: Remote, N: Remote>(
        &self,
        link: &Link<G, N>,
        record: &str,
    ) -> Result<Vec<PutBack>, AnswerError> {
        let (mut pair, sides, backs) = self.read_undo(link, record).await?;
        let now = self.clock.now();
        let possible = || backs.iter().filter(|back| back.refused.is_none());
        let fields: Vec<&str> = possible().map(|back| back.field.as_str()).collect();
        let note = format!(
            "{}: put back by {}, as it was before record {record}",
            fields.join(", "),
            self.person()
        );
        for back in possible() {
            let Some(field) = link.spec.mapping.field(pair.kind, &back.field) else {
                continue;
            };
            let shown = |side: usize| sides[side].field(&back.field).cloned().unwrap_or_default();
            let (github, notion) = (shown(0), shown(1));
            let Some(then) = back
                .page
                .as_ref()
                .map(|(_, then)| then.clone())
                .or_else(|| on_page(field, back, &notion))
            else {
                continue;
            };
            let conflict = Conflict {
                id: decide::conflict_id(&pair, Some(&back.field), now),
                field: Some(back.field.clone()),
                base: pair
                    .base
                    .get(&back.field)
                    .map(|base| base.github.clone())
                    .unwrap_or_default(),
                github,
                notion,
                github_at: sides[0].stamp.as_ref().map(|stamp| stamp.at),
                notion_at: sides[1].stamp.as_ref().map(|stamp| stamp.at),
                github_by: None,
                notion_by: None,
                found_at: now,
                note: note.clone(),
                choice: Some(Choice {
                    github: back.then.clone(),
                    notion: then,
                    pick: "undo".to_owned(),
                    at: now,
                }),
            };
            pair.conflicts
                .retain(|open| open.field.as_ref() != Some(&back.field));
            pair.conflicts.push(conflict);
        }
        pair.touch(now);
        pair.heading = None;
        pair.next_try = None;
        let record = self.note(&link.spec.name, &pair, "undo", &note);
        self.commit_with(&pair, record).await?;
        Ok(backs)
    }

    async fn read_undo<G: Remote, N: Remote>(
        &self,
        link: &Link<G, N>,
        id: &str,
    ) -> Result<(Pair, [Observation; 2], Vec<PutBack>), AnswerError> {
        let record = self.store.record_by_id(id).await?;
        let record = record.ok_or_else(|| {
            AnswerError::Unknown(format!("there is no record {id}; `history` shows them"))
        })?;
        if let Some(why) = self.forgotten(&record) {
            return Err(AnswerError::Impossible(why));
        }
        let record = self.carried_out(record).await?;
        if record.verb != "change" && record.verb != "policy" || record.changes.is_empty() {
            let why = format!(
                "only changes of fields can be undone; this record says \"{}\"",
                record.verb
            );
            return Err(AnswerError::Impossible(why));
        }
        let gone =
            || AnswerError::Impossible("the item of this record is not linked any more".to_owned());
        let pair = self
            .store
            .pair(record.pair.as_ref().ok_or_else(gone)?)
            .await?
            .ok_or_else(gone)?;
        if pair.intent.is_some() {
            return Err(AnswerError::Impossible(
                "a write to this item is under way; try again in a moment".to_owned(),
            ));
        }
        let (Some(github), Some(notion)) = (&pair.github, &pair.notion) else {
            return Err(gone());
        };
        let github = link.github.get(pair.kind, github, None).await?;
        let notion = link.notion.get(pair.kind, notion, None).await?;
        if !github.is_live() || !notion.is_live() {
            return Err(gone());
        }
        let backs = record
            .changes
            .iter()
            .map(|change| {
                let back = put_back(link, &pair, &record, change, &github);
                let back = with_option(link, &pair, (record.side, change), back, &notion);
                let back = unless_edited(link, &pair, back, [&github, &notion]);
                unless_there(link, &pair, back, &notion)
            })
            .collect();
        Ok((pair, [github, notion], backs))
    }

    /// What a choice wrote: its undo is the undo of that. Any other record is the one itself.
    async fn carried_out(&self, record: Record) -> Result<Record, AnswerError> {
        if record.verb != "choose" {
            return Ok(record);
        }
        let fields: Vec<&FieldKey> = record.changes.iter().map(|change| &change.field).collect();
        let query = HistoryQuery {
            since: Some(record.at),
            pair: record.pair.clone(),
            outcomes: vec![Outcome::Done],
            kinds: vec![RecordKind::Write],
            limit: WRITES_AFTER_A_CHOICE,
            ..HistoryQuery::default()
        };
        let writes = self.store.history(&query).await?;
        // Newest first: the one that the choice led to is the oldest.
        let wrote = |write: &&Record| write.changes.iter().any(|c| fields.contains(&&c.field));
        let found = writes.iter().rev().find(wrote).cloned();
        found.ok_or_else(|| {
            AnswerError::Impossible(
                "this choice has not written anything yet; another choice in the resolver replaces it".to_owned(),
            )
        })
    }

    /// Lets an item (or every one that waits for a time, is set aside or has a refused field) be tried again at once: a
    /// person says that what was in the way is gone. What the guard holds, and writes in doubt, stay as they are. Gives
    /// the names of the items.
    ///
    /// # Errors
    /// When the store fails; `Stale` when somebody else commits an item all the time.
    pub async fn retry(
        &self,
        link: &str,
        only: Option<&PairId>,
    ) -> Result<Vec<String>, StoreError> {
        let now = self.clock.now();
        let pairs = match only {
            Some(id) => self.store.pair(id).await?.into_iter().collect(),
            None => self.stuck(link, now).await?,
        };
        let mut retried = Vec::new();
        for pair in pairs {
            retried.extend(self.retry_one(link, pair).await?);
        }
        Ok(retried)
    }

    /// Lets one pair be tried again; a commit of somebody else in between is taken into account.
    async fn retry_one(&self, link: &str, mut pair: Pair) -> Result<Option<String>, StoreError> {
        for _ in 0..COMMIT_TRIES {
            if pair.link != link
                || pair.intent.is_some()
                || pair.hold.is_some()
                || pair.is_in_step()
                || matches!(pair.life, PairLife::Tombstone | PairLife::Unlinked(_))
            {
                return Ok(None);
            }
            try_anew(&mut pair);
            pair.touch(self.clock.now());
            let record = self.note(link, &pair, "retry", "tried again because you said so");
            match self.commit_with(&pair, record).await {
                Ok(_) => return Ok(Some(pair.name().to_owned())),
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error),
            }
            match self.store.pair(&pair.id).await? {
                Some(now) => pair = now,
                None => return Ok(None),
            }
        }
        Err(StoreError::Stale)
    }

    /// What waits for a time, and what waits for a person to take something out of the way.
    async fn stuck(&self, link: &str, now: Time) -> Result<Vec<Pair>, StoreError> {
        let mut pairs = self.store.waiting(link, now, RETRIED).await?;
        let mut known: BTreeSet<PairId> = pairs.iter().map(|pair| pair.id.clone()).collect();
        let mut after: Option<PairId> = None;
        loop {
            let page = self
                .store
                .pairs(link, Which::Troubled, after.as_ref(), 200)
                .await?;
            let Some(last) = page.last() else {
                return Ok(pairs);
            };
            after = Some(last.id.clone());
            let stuck = page.into_iter().filter(|pair| {
                matches!(pair.life, PairLife::Parked(_)) || !pair.blocked.is_empty()
            });
            pairs.extend(stuck.filter(|pair| known.insert(pair.id.clone())));
        }
    }

    /// Pauses or resumes all writing. Survives a restart.
    pub async fn set_pause(&self, paused: bool) -> Result<(), StoreError> {
        let since = self.clock.now().0.to_string();
        self.store
            .put_setting(PAUSE, paused.then_some(since.as_str()))
            .await
    }

    /// The person who answers, as far as that is known: our own user and machine, `kim on laptop`.
    fn person(&self) -> String {
        let place = self.holder.rsplit_once(':').map_or("", |(place, _)| place);
        match place.rsplit_once('@') {
            Some((user, host)) if !user.is_empty() && !host.is_empty() => {
                format!("{user} on {host}")
            }
            Some((user, _)) if !user.is_empty() => user.to_owned(),
            _ if place.is_empty() => "a person".to_owned(),
            _ => format!("a person on {}", place.trim_start_matches('@')),
        }
    }

    pub(super) fn note(&self, link: &str, pair: &Pair, verb: &str, note: &str) -> Record {
        Record {
            id: self.new_id(),
            at: self.clock.now(),
            kind: RecordKind::Item,
            outcome: Outcome::Info,
            link: link.to_owned(),
            run: String::new(),
            pair: Some(pair.id.clone()),
            item: pair.name().to_owned(),
            item_kind: Some(pair.kind),
            side: None,
            verb: verb.to_owned(),
            row: None,
            changes: Vec::new(),
            note: note.to_owned(),
            request: None,
        }
    }
}

/// What both sides will say by a pick, each in its own form: what [`Engine::choose`] keeps, so that it can be shown
/// before. `field` and `base` are those of the conflict's field.
///
/// # Errors
/// Why the pick cannot be carried out: the field is not mapped any more, there is no base, or a side cannot say it.
pub fn chosen(
    conflict: &Conflict,
    field: Option<&Field>,
    base: Option<&Base>,
    pick: &Pick,
    at: Time,
) -> Result<Choice, String> {
    let both = |github, notion| Choice {
        github,
        notion,
        pick: pick.name().to_owned(),
        at,
    };
    let Some(key) = &conflict.field else {
        return Ok(both(Value::Null, Value::Null));
    };
    let codec = &field
        .ok_or_else(|| format!("{key} is no longer mapped"))?
        .codec;
    let to_notion = |value: &Value, now: Option<&Value>| match codec.to_notion(value, now) {
        Said::Value(value) => Ok(value),
        Said::Undecided => Err("Notion has no option for it; see the mapping".to_owned()),
        Said::Refused(why) => Err(why),
    };
    Ok(match pick {
        Pick::Github => both(
            conflict.github.clone(),
            to_notion(&conflict.github, Some(&conflict.notion))?,
        ),
        Pick::Notion if *codec == Codec::Markdown => {
            let merged = notions_text(conflict, base);
            let known = Reading::of(conflict.github.as_text());
            let github = match codec::said_body(&merged, &known) {
                Said::Refused(why) => return Err(why),
                Said::Value(github) => github,
                Said::Undecided => Value::text(merged),
            };
            let is_all = codec.agree(&github, &conflict.notion);
            let notion = if is_all {
                conflict.notion.clone()
            } else {
                to_notion(&github, None)?
            };
            both(github, notion)
        }
        Pick::Notion => match codec.to_github(&conflict.notion, None) {
            Said::Value(github) => both(github, conflict.notion.clone()),
            Said::Undecided => {
                let value = conflict.notion.brief(40);
                return Err(format!("{value} has no meaning on GitHub"));
            }
            Said::Refused(why) => return Err(why),
        },
        Pick::Base => {
            let base = base.ok_or("there is no last agreement to go back to")?;
            both(base.github.clone(), base.notion().clone())
        }
        Pick::Edited(value) => both(value.clone(), to_notion(value, None)?),
    })
}

/// Notion's version of a text, as GitHub gets it: Notion's change since the last agreement, applied onto GitHub's text,
/// where it wins the places that both changed. What Notion cannot show, and did not change, stays.
pub fn notions_text(conflict: &Conflict, base: Option<&Base>) -> String {
    let from = match base {
        Some(base) => text::from_notion(base.notion().as_text()),
        None if !conflict.base.is_empty() => conflict.base.as_text().to_owned(),
        // Nothing was agreed yet: GitHub's way of writing stays where both say the same.
        None => conflict.github.as_text().to_owned(),
    };
    let to = text::from_notion(conflict.notion.as_text());
    let onto = Reading::of(conflict.github.as_text());
    text::merge_winning(&Reading::of(from), &onto, &Reading::of(to))
}

/// Nothing stands in a pair's way any more. One that was set aside is looked at like a new one if it has one side only:
/// a surplus page is found to be one again.
pub(super) fn try_anew(pair: &mut Pair) {
    if matches!(pair.life, PairLife::Parked(_)) {
        pair.life = if pair.notion.is_some() && pair.github.is_some() {
            PairLife::Active
        } else {
            PairLife::New
        };
    }
    // A value of ours that something kept changing is put back once more.
    for field in pair.blocked.keys() {
        pair.reverted.remove(field);
    }
    pair.blocked.clear();
    pair.next_try = None;
}

/// Carries an answer to what is held: exactly the changes that were listed go over, or are put back. What would be
/// removed is removed, or kept.
fn answer_held(
    pair: &mut Pair,
    halt: &Halt,
    listed: Option<Listed>,
    (mapping, apply): (&Mapping, bool),
) {
    let is_gone = halt.reason == Reason::Trashes || listed.as_ref().is_some_and(Listed::is_gone);
    if is_gone && apply {
        if let Some(hold) = &mut pair.hold {
            hold.agreed = true;
        }
        return;
    }
    pair.hold = None;
    if is_gone {
        pair.life = PairLife::Unlinked("its partner is gone; kept because you said so".to_owned());
        return;
    }
    super::words::answer(pair, halt, listed, (mapping, !apply));
    pair.heading = Some(if apply { halt.side.other() } else { halt.side });
}

fn put_back<G, N>(
    link: &Link<G, N>,
    pair: &Pair,
    record: &Record,
    change: &FieldChange,
    github: &Observation,
) -> PutBack {
    let now = github.field(&change.field).cloned().unwrap_or_default();
    let refuse = |why: &str| PutBack {
        field: change.field.clone(),
        now: now.clone(),
        then: Value::Null,
        page: None,
        refused: Some(why.to_owned()),
    };
    let Some(field) = link.spec.mapping.field(pair.kind, &change.field) else {
        return refuse("it is no longer mapped");
    };
    if field.class == Class::Mirror {
        return refuse("it belongs to GitHub");
    }
    if field.class == Class::Set {
        let Some((before, after)) = github_names(field, record.side, change) else {
            return refuse("its former names mean nothing on GitHub");
        };
        return PutBack {
            then: exchanged(&now, &after, &before),
            field: change.field.clone(),
            now,
            page: None,
            refused: None,
        };
    }
    let agrees = |other: &&Value| field.codec.agree(other, &change.before);
    let was = change
        .other
        .as_ref()
        .filter(|_| field.codec == Codec::Markdown);
    let then = match record.side {
        // GitHub's own bytes, of which the page showed only what Notion can.
        Some(Side::Notion) if was.is_some_and(|was| agrees(&was)) => {
            was.cloned().unwrap_or_default()
        }
        Some(Side::Notion) => match field.codec.to_github(&change.before, Some(&now)) {
            Said::Value(value) => value,
            Said::Undecided => return refuse("its former value means nothing on GitHub"),
            Said::Refused(why) => return refuse(&why),
        },
        _ => change.before.clone(),
    };
    PutBack {
        field: change.field.clone(),
        now,
        then,
        page: None,
        refused: None,
    }
}

/// Finds the very option that the page had before, of several that mean the same. One that the record does not know is
/// not guessed, unless only one means that, or the page shows a fitting one now.
fn with_option<G, N>(
    link: &Link<G, N>,
    pair: &Pair,
    (side, change): (Option<Side>, &FieldChange),
    mut back: PutBack,
    notion: &Observation,
) -> PutBack {
    let field = link.spec.mapping.field(pair.kind, &back.field);
    let Some((field, map)) = field.and_then(|field| match &field.codec {
        Codec::State(map) => Some((field, map)),
        _ => None,
    }) else {
        return back;
    };
    if back.refused.is_some() {
        return back;
    }
    let shown = notion.field(&back.field).cloned().unwrap_or_default();
    let means = |option: &Value| map.state(option.as_text()) == Some(back.then.as_text());
    let known = match side {
        Some(Side::Notion) => Some(&change.before),
        // GitHub shows that state already: what the page shows of it is a person's.
        _ if field.codec.agree(&back.then, &shown) => Some(&shown),
        _ => change.other.as_ref(),
    };
    let only = || match field.codec.to_notion(&back.then, Some(&shown)) {
        Said::Value(only) if map.is_only(only.as_text()) => Some(only),
        _ => None,
    };
    match known.filter(|option| means(option)).cloned().or_else(only) {
        Some(then) => back.page = Some((shown, then)),
        None => {
            back.refused = Some(format!(
                "which Status the page had is not in this record, and several mean {}; choose one on the page",
                back.then.brief(20)
            ));
        }
    }
    back
}

/// A side that was edited since the last agreement holds words that nobody has seen here: they are synced first.
fn unless_edited<G, N>(
    link: &Link<G, N>,
    pair: &Pair,
    mut back: PutBack,
    sides: [&Observation; 2],
) -> PutBack {
    let field = link.spec.mapping.field(pair.kind, &back.field);
    let base = pair.base.get(&back.field);
    if let (Some(field), Some(base), None) = (field, base, &back.refused) {
        let edited = sides.iter().find(|seen| {
            let shown = seen.field(&back.field);
            shown.is_some_and(|shown| !field.codec.same(shown, base.of(seen.side)))
        });
        back.refused = edited.map(|seen| {
            format!(
                "it was edited on {} since the last sync; sync first, then undo",
                seen.side.name()
            )
        });
    }
    back
}

/// What both sides show already is not put back.
fn unless_there<G, N>(
    link: &Link<G, N>,
    pair: &Pair,
    back: PutBack,
    notion: &Observation,
) -> PutBack {
    let Some(field) = link.spec.mapping.field(pair.kind, &back.field) else {
        return back;
    };
    let shown = notion.field(&back.field).cloned().unwrap_or_default();
    let is_there = back.refused.is_none()
        && field.codec.same(&back.now, &back.then)
        && match &back.page {
            Some((_, then)) => *then == shown,
            None => {
                on_page(field, &back, &shown).is_some_and(|then| field.codec.same(&then, &shown))
            }
        };
    PutBack {
        refused: is_there.then(|| ALREADY.to_owned()).or(back.refused),
        ..back
    }
}

/// A set's names before and after a record, as GitHub spells them.
fn github_names(field: &Field, side: Option<Side>, change: &FieldChange) -> Option<(Value, Value)> {
    let say = |value: &Value| match side {
        Some(Side::Notion) => match field.codec.to_github(value, None) {
            Said::Value(said) => Some(said),
            Said::Undecided | Said::Refused(_) => None,
        },
        _ => Some(value.clone()),
    };
    Some((say(&change.before)?, say(&change.after)?))
}

/// A set in which the names that `from` has and `to` lacks are gone, and those that `to` has and `from` lacks are
/// there; what else it holds stays. Services take names for the same whatever their case.
fn exchanged(set: &Value, from: &Value, to: &Value) -> Value {
    let (from, to) = (from.names(), to.names());
    let mut names = set.names();
    for gone in from.difference(&to) {
        names.retain(|name| name.to_lowercase() != gone.to_lowercase());
    }
    for back in to.difference(&from) {
        let is_there = names
            .iter()
            .any(|name| name.to_lowercase() == back.to_lowercase());
        if !is_there {
            names.insert(back.clone());
        }
    }
    Value::Set(names)
}

/// What the page shows once a value is put back. Of a set only the names that the undo is about change.
fn on_page(field: &Field, back: &PutBack, shown: &Value) -> Option<Value> {
    let say = |value: &Value| match field.codec.to_notion(value, None) {
        Said::Value(said) => Some(said),
        Said::Undecided | Said::Refused(_) => None,
    };
    if field.class == Class::Set {
        return Some(exchanged(shown, &say(&back.now)?, &say(&back.then)?));
    }
    say(&back.then)
}
