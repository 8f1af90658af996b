//! Pages that were set aside say so themselves: nothing is kept in step with them, and a person who edits one must not
//! believe that the words go anywhere.

use super::Clock;
use super::look::Sight;
use super::run::{Flow, Run};
use super::turn::Trouble;
use crate::core::plan::{Input, NewPages, wants_issue};
use crate::core::{
    FieldKey, Kind, Life, Observation, Outcome, Pair, PairId, PairLife, RecordKind, Side, Step,
    Value, told,
};
use crate::remote::Remote;
use crate::store::Store;

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Notes a page that stands aside and does not say so, as a listing shows it: whatever kept us from telling it
    /// before, a limit, a hold or a crash, it is told in the end.
    pub(super) fn note_untold(&mut self, pair: &Pair, row: &Observation) {
        if self.word_of(pair, row).is_some() {
            self.untold.insert(pair.id.clone());
        }
    }

    /// Tells the pages that were set aside in this run, or that did not say so yet.
    pub(super) async fn tell_untold(&mut self) -> Flow<()> {
        for id in std::mem::take(&mut self.untold) {
            match self.tell(&id).await {
                Ok(()) => {}
                Err(Trouble::Stop(stop)) => return Err(stop),
                Err(Trouble::Item(side, error)) if error.is_side_wide() => {
                    return Err(self.side_failed(side, &error).await);
                }
                Err(Trouble::Item(_, error)) => self.report.errors.push(error.to_string()),
            }
        }
        Ok(())
    }

    async fn tell(&mut self, id: &PairId) -> Result<(), Trouble> {
        let stored = self
            .engine
            .store
            .pair(id)
            .await
            .map_err(super::report::Stop::from)?;
        let Some(mut pair) = stored.filter(|pair| stands_aside(pair) && self.is_asked_for(pair))
        else {
            return Ok(());
        };
        let mut sight = Sight::default();
        self.read(&pair, &mut sight, Side::Notion).await?;
        if let Some(Life::Trashed | Life::Gone) = sight.of(Side::Notion).map(|page| &page.life) {
            return Ok(self.forget_page(&mut pair).await?);
        }
        let Some(page) = sight
            .of(Side::Notion)
            .filter(|page| !is_edited_wish(&pair, page))
        else {
            return Ok(());
        };
        let Some(step) = self.word_of(&pair, page) else {
            return Ok(());
        };
        if self.denials.of(&pair, &step).is_none() {
            self.check_limits(&pair).await?;
            self.write(&mut pair, step, &mut sight, Vec::new()).await?;
        }
        Ok(())
    }

    /// Somebody put a page that stood aside into the trash, as its note says: nothing waits for a person any more.
    async fn forget_page(&mut self, pair: &mut Pair) -> Flow<()> {
        if !self.ask.dry {
            let why = "the page that was set aside is in the trash";
            let record = self.record(pair, RecordKind::Item, Outcome::Info, "forget", why);
            pair.life = PairLife::Tombstone;
            (pair.dirty_since, pair.next_try) = (None, None);
            self.commit(pair, vec![record]).await?;
        }
        Ok(())
    }

    /// What a page that stands aside has to say and does not.
    fn word_of(&self, pair: &Pair, page: &Observation) -> Option<Step> {
        let may_say = !self.ask.dry && page.is_live() && stands_aside(pair);
        may_say.then(|| told::aside(&self.alone(pair, page), page))?
    }

    /// Whether somebody wants an issue to be made of a page.
    pub(super) fn wants_issue(&self, pair: &Pair, page: &Observation) -> bool {
        wants_issue(&self.alone(pair, page), page)
    }

    /// Whether an issue can be made of such a page, if somebody says so there.
    pub(super) fn may_become_issue(&self, page: &Observation) -> bool {
        let key = FieldKey::PUBLISH;
        let spec = &self.link.spec;
        page.kind == Kind::Issue
            && spec.rules.new_pages != NewPages::Ignore
            && spec.mapping.field(Kind::Issue, &key).is_some()
            && !self.paused.contains(&key)
    }

    fn alone<'a>(&'a self, pair: &'a Pair, page: &'a Observation) -> Input<'a> {
        Input {
            pair,
            github: None,
            notion: Some(page),
            mapping: &self.link.spec.mapping,
            rules: &self.link.spec.rules,
            paused: &self.paused,
            in_scope: true,
            now: self.now(),
        }
    }
}

/// Keeps a word of ours on a page that is nothing yet as no news; what somebody else changed there meanwhile is some.
pub(super) fn keep_own_word(pair: &mut Pair, step: &Step, page: Option<&Observation>) {
    let Some(page) = page.filter(|_| pair.github.is_none()) else {
        return;
    };
    let is_parked = matches!(pair.life, PairLife::Parked(_));
    match &mut pair.pending {
        Some(pending) => {
            for change in step.changes() {
                let shown = page.field(&change.field).unwrap_or(&change.new);
                pending.fields.insert(change.field.clone(), shown.clone());
            }
            pending.stamp.clone_from(&page.stamp);
        }
        None if is_parked => pair.pending = Some(as_listed(page)),
        None => {}
    }
    if is_parked {
        pair.dirty_since = None;
    }
}

/// A page as a listing shows it: without its text.
pub(super) fn as_listed(page: &Observation) -> Box<Observation> {
    let mut page = page.clone();
    page.fields.remove(&FieldKey::BODY);
    page.raw_body = None;
    Box::new(page)
}

/// Whether it is the pair of a page alone that waits for a person, and that we may write to.
pub(super) const fn stands_aside(pair: &Pair) -> bool {
    let is_held = pair.held_since.is_some() || pair.hold.is_some();
    let is_alone = pair.github.is_none() && pair.notion.is_some();
    matches!(pair.life, PairLife::Parked(_)) && is_alone && !is_held && pair.intent.is_none()
}

/// Whether a page that asks to become an issue is another version than the one that was refused: its next turn decides
/// anew.
fn is_edited_wish(pair: &Pair, page: &Observation) -> bool {
    let version = |seen: &Observation| {
        let stamp = seen.stamp.as_ref();
        stamp.map(|stamp| (stamp.at, stamp.by.clone()))
    };
    let wish = page.field(&FieldKey::PUBLISH).map_or("", Value::as_text);
    let known = pair.pending.as_deref().map(version);
    let is_other = known.is_some_and(|known| known != version(page));
    [told::READY, told::ERROR].contains(&wish) && is_other
}
