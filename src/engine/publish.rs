//! The question before a link's first issue in a repository that everybody can read.
//!
//! It is one halt of the guard for each link and repository, under an id that follows from both, so that later pages
//! join it. Nothing of the pages is sent until a person agreed; the words that would go are kept with the halt, and
//! anew whenever a page is edited meanwhile. Once answered with yes it is not asked again.

use std::mem;

use super::held::{Listed, name_of};
use super::report::Event;
use super::run::{Flow, Run};
use super::turn::Trouble;
use super::{Clock, Engine};
use crate::core::guard::{self, Halt, Reason};
use crate::core::history::FieldChange;
use crate::core::pair::Hold;
use crate::core::plan::{Plan, ToPublic, set_later};
use crate::core::{
    Action, Draft, FieldKey, Observation, Outcome, Pair, PairLife, RecordKind, Side, Step, Time,
    Value,
};
use crate::remote::Remote;
use crate::store::{HistoryQuery, Store, StoreError, Which};

/// How many pairs or records are read at once.
const PAGE: usize = 500;

/// A page that would become an issue in a public repository.
pub(super) struct Asked {
    pair: Pair,
    draft: Draft,
    /// What would be set right after the issue was made.
    later: Vec<(FieldKey, Value)>,
}

/// The setting that keeps a yes.
fn answer_name(halt: &str) -> String {
    format!("public/{halt}")
}

/// The setting that says since when a link asks: what it made before that was made by a version that did not ask.
fn since_name(link: &str) -> String {
    format!("asks_since/{link}")
}

/// The issue that a step would make.
pub(super) fn new_issue(step: &Step) -> Option<&Draft> {
    match &step.action {
        Action::Create(draft) if step.side == Side::Github => Some(draft),
        _ => None,
    }
}

fn note(repository: &str) -> String {
    format!(
        "{repository} is public, and this link made no issue there before: everybody could read the words of these pages"
    )
}

/// What a person's word makes of a page: it goes on, or is set aside until it is edited or tried again.
pub(super) fn answered(pair: &mut Pair, yes: bool, now: Time) {
    pair.hold = None;
    pair.next_try = None;
    if yes {
        pair.touch(now);
        return;
    }
    pair.dirty_since = None;
    pair.life = PairLife::Parked(
        "you said that it becomes no issue in a public repository; edit the page to be asked again"
            .to_owned(),
    );
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// Keeps a yes, so that this link makes issues in this repository from now on.
    pub(super) async fn allow_public(&self, halt: &Halt) -> Result<(), StoreError> {
        let name = answer_name(&halt.id);
        self.store.put_setting(&name, Some("agreed")).await
    }

    /// The items of a question about a public repository, each with the exact words that would be sent.
    ///
    /// # Errors
    /// The store's.
    pub async fn asked_words(
        &self,
        halt: &Halt,
    ) -> Result<Vec<(String, Vec<FieldChange>)>, StoreError> {
        let mut listed = self.listed(&halt.id).await?;
        let mut all = Vec::new();
        for id in &halt.pairs {
            if let (Some(pair), Some(words)) = (self.store.pair(id).await?, listed.remove(id)) {
                all.push((pair.name().to_owned(), words.into_changes()));
            }
        }
        Ok(all)
    }
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Whether a step may be sent without asking first whether its words may be public.
    pub(super) async fn may_publish(&mut self, step: &Step) -> Result<bool, Trouble> {
        let Some(draft) = new_issue(step) else {
            return Ok(true);
        };
        if self.link.spec.rules.public == ToPublic::Allow {
            return Ok(true);
        }
        let name = draft.container.to_lowercase();
        if let Some(known) = self.may_publish.get(&name) {
            return Ok(*known);
        }
        let may = self.is_allowed(&draft.container).await?;
        self.may_publish.insert(name, may);
        Ok(may)
    }

    async fn is_allowed(&self, repository: &str) -> Result<bool, Trouble> {
        let store = &self.engine.store;
        let halt = guard::public_id(&self.link.spec.name, repository);
        let answer = answer_name(&halt);
        let read = async |name: &str| store.setting(name).await.map_err(stopped);
        if read(&answer).await?.is_some() {
            return Ok(true);
        }
        // A question that waits already need not be found out again.
        if read(&format!("halt/{halt}")).await?.is_some() {
            return Ok(false);
        }
        let since = self.asks_since().await.map_err(stopped)?;
        match self.link.github.is_public(repository).await {
            Ok(false) => return Ok(true),
            Ok(true) => {}
            Err(error) => return Err(Trouble::Item(Side::Github, error)),
        }
        let is_known = self.made_before(repository, since).await.map_err(stopped)?;
        if is_known {
            let word = Some("made issues there before");
            store.put_setting(&answer, word).await.map_err(stopped)?;
        }
        Ok(is_known)
    }

    /// Since when this link asks; from now on if it did not yet.
    async fn asks_since(&self) -> Result<Time, StoreError> {
        let name = since_name(&self.link.spec.name);
        let store = &self.engine.store;
        if let Some(since) = store.setting(&name).await?
            && let Ok(since) = since.parse()
        {
            return Ok(Time(since));
        }
        let now = self.now();
        store.put_setting(&name, Some(&now.0.to_string())).await?;
        Ok(now)
    }

    /// Whether the history shows an issue that this link made in a repository before a time: whoever let that happen
    /// need not be stopped now.
    async fn made_before(&self, repository: &str, since: Time) -> Result<bool, StoreError> {
        let mut query = HistoryQuery {
            before: Some((since, String::new())),
            outcomes: vec![Outcome::Done],
            kinds: vec![RecordKind::Write],
            limit: PAGE,
            ..HistoryQuery::default()
        };
        let within = format!("{}#", repository.to_lowercase());
        loop {
            let records = self.engine.store.history(&query).await?;
            let Some(last) = records.last() else {
                return Ok(false);
            };
            query.before = Some((last.at, last.id.clone()));
            let own = records.iter().filter(|record| {
                record.link == self.link.spec.name
                    && record.side == Some(Side::Github)
                    && record.verb == "create"
            });
            for id in own.filter_map(|record| record.pair.as_ref()) {
                let pair = self.engine.store.pair(id).await?;
                let issue = pair.and_then(|pair| pair.github);
                if issue.is_some_and(|issue| issue.locator.to_lowercase().starts_with(&within)) {
                    return Ok(true);
                }
            }
        }
    }

    /// Says of a plan that its issue would be asked about first.
    pub(super) async fn say_what_asks(&mut self, plan: &Plan) -> Result<(), Trouble> {
        for step in &plan.steps {
            let Some(draft) = new_issue(step) else {
                continue;
            };
            if !self.may_publish(step).await? {
                let note = format!("{}; a pass asks you first", note(&draft.container));
                if !self.report.notes.contains(&note) {
                    self.report.notes.push(note);
                }
            }
        }
        Ok(())
    }

    /// Keeps a new issue for the question at the end of the run.
    pub(super) fn ask_first(&mut self, mut pair: Pair, step: &Step, page: Option<&Observation>) {
        let Some(draft) = new_issue(step) else {
            return;
        };
        if let Some(page) = page {
            pair.note_title(page);
        }
        let later = page.map(|page| set_later(&self.link.spec.mapping, page));
        let asked = Asked {
            pair,
            draft: draft.clone(),
            later: later.unwrap_or_default(),
        };
        let repository = draft.container.clone();
        self.asks.entry(repository).or_default().push(asked);
    }

    /// Asks about the repositories that came up.
    pub(super) async fn ask_to_publish(&mut self) -> Flow<()> {
        for (repository, wanted) in mem::take(&mut self.asks) {
            self.ask_about(&repository, wanted).await?;
        }
        Ok(())
    }

    /// The question is kept before any page waits for its answer.
    async fn ask_about(&mut self, repository: &str, wanted: Vec<Asked>) -> Flow<()> {
        let (engine, now) = (self.engine, self.now());
        let link = &self.link.spec.name;
        let id = guard::public_id(link, repository);
        let mut listed = engine.listed(&id).await?;
        for asked in &wanted {
            let words = Listed::words(&asked.draft, &asked.later, now);
            listed.insert(asked.pair.id.clone(), words);
        }
        let text = serde_json::to_string(&listed).unwrap_or_default();
        engine.store.put_setting(&name_of(&id), Some(&text)).await?;
        let known = engine.halts(link).await?;
        let known = known.into_iter().find(|halt| halt.id == id);
        let halt = Halt {
            id: id.clone(),
            reason: Reason::Public,
            side: Side::Notion,
            note: note(repository),
            pairs: wanted.iter().map(|asked| asked.pair.id.clone()).collect(),
            since: known.as_ref().map_or(now, |halt| halt.since),
        };
        let text = serde_json::to_string(&halt).unwrap_or_default();
        let name = format!("halt/{id}");
        engine.store.put_setting(&name, Some(&text)).await?;
        for Asked { mut pair, .. } in wanted {
            pair.hold = Some(Hold {
                halt: id.clone(),
                reason: halt.note.clone(),
                agreed: false,
            });
            (pair.dirty_since, pair.next_try) = (None, None);
            self.commit(&mut pair, Vec::new()).await?;
        }
        let answer = answer_name(&id);
        if engine.store.setting(&answer).await?.is_some() {
            // Somebody agreed while these were being held.
            return self.wake_held(|hold| hold.halt == id).await;
        }
        self.report.notes.push(format!("held: {}", halt.note));
        (engine.sink)(Event::Halted(Box::new(halt)));
        Ok(())
    }

    /// Pages that waited for a word go on once the configuration gives it.
    pub(super) async fn wake_allowed(&mut self) -> Flow<()> {
        if self.link.spec.rules.public == ToPublic::Ask || self.ask.dry {
            return Ok(());
        }
        self.wake_held(|hold| guard::is_public(&hold.halt)).await
    }

    async fn wake_held(&mut self, is_it: impl Fn(&Hold) -> bool) -> Flow<()> {
        let link = &self.link.spec.name;
        let held = self.engine.store.pairs(link, Which::Held, None, PAGE);
        for mut pair in held.await? {
            if pair.hold.as_ref().is_some_and(&is_it) {
                answered(&mut pair, true, self.now());
                self.commit(&mut pair, Vec::new()).await?;
            }
        }
        Ok(())
    }
}

fn stopped(error: StoreError) -> Trouble {
    Trouble::Stop(error.into())
}
