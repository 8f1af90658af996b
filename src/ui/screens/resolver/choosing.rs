//! A choice for the marked field, or for the marked place of a text.

use super::Resolver;
use crate::core::Value;
use crate::engine::face::ConflictLine;
use crate::ui::canvas::{Ink, ink};
use crate::ui::data::Data;
use crate::ui::drafts::{self, Draft, Drafts, HunkPick};
use crate::ui::theme::Meaning;

impl Resolver {
    /// The marked field, if there is still something to decide.
    pub(super) fn decidable<'a>(&mut self, data: &'a Data) -> Option<&'a ConflictLine> {
        let line = self.marked(data)?;
        if !self.is_sent(&line.conflict) {
            return Some(line);
        }
        let text = "this choice is on its way; u in the history takes it back once it is written";
        self.note = Some(ink(text, Meaning::Info));
        None
    }

    /// A side for the marked field; in a text, for the marked clashing place, then on to the next one.
    pub(super) fn take(&mut self, pick: HunkPick, whole: Draft, data: &Data, drafts: &mut Drafts) {
        let Some(line) = self.decidable(data) else {
            return;
        };
        let count = drafts::hunks(&line.conflict);
        if count == 0 {
            drafts.set(&line.conflict, Some(whole));
            return;
        }
        let mut picks = match drafts.get(&line.conflict) {
            Some(Draft::Hunks(picks)) if picks.len() == count => picks.clone(),
            // A side for the whole text is that side at each place.
            Some(Draft::Github) => vec![Some(HunkPick::Github); count],
            Some(Draft::Notion) => vec![Some(HunkPick::Notion); count],
            _ => vec![None; count],
        };
        let at = self.hunk.min(count - 1);
        if let Some(before) = picks[at].replace(pick) {
            self.note = Some(decided_again(at + 1, count, before, pick));
        }
        let next = (1..count)
            .map(|by| (at + by) % count)
            .find(|at| picks[*at].is_none());
        self.hunk = next.unwrap_or(at);
        self.scrolled = 0;
        drafts.set(&line.conflict, Some(Draft::Hunks(picks)));
    }

    /// Goes to the next clashing place, or the one before; behind the last there is none.
    pub(super) fn step_hunk(&mut self, forward: bool, data: &Data) {
        let line = self.marked(data);
        let count = line.map_or(0, |line| drafts::hunks(&line.conflict));
        let Some(last) = count.checked_sub(1) else {
            return;
        };
        let at = self.hunk.min(last);
        let next = if forward {
            (at + 1).min(last)
        } else {
            at.saturating_sub(1)
        };
        if next == at {
            let end = if forward { "last" } else { "first" };
            let text = format!("place {} of {count} is the {end} one", at + 1);
            self.note = Some(ink(text, Meaning::Dim));
        }
        (self.hunk, self.scrolled) = (next, 0);
    }

    pub(super) fn take_base(&mut self, data: &Data, drafts: &mut Drafts) {
        let Some(line) = self.decidable(data) else {
            return;
        };
        if line.conflict.field.is_none() {
            self.note = Some(ink(
                "there is no base to go back to: take a side",
                Meaning::Warn,
            ));
        } else {
            self.take(HunkPick::Base, Draft::Base, data, drafts);
        }
    }

    pub(super) fn union(&mut self, data: &Data, drafts: &mut Drafts) {
        let Some(line) = self.decidable(data) else {
            return;
        };
        let conflict = &line.conflict;
        if drafts::hunks(conflict) > 0 {
            self.take(HunkPick::Both, Draft::Github, data, drafts);
        } else if matches!(
            (&conflict.github, &conflict.notion),
            (Value::Set(_), Value::Set(_))
        ) {
            drafts.set(conflict, Some(Draft::Union));
        } else {
            self.note = Some(ink("only names and texts can be joined", Meaning::Warn));
        }
    }
}

/// What is said where a place had its choice already.
fn decided_again(place: usize, count: usize, before: HunkPick, now: HunkPick) -> Ink {
    let words = |pick: HunkPick| match pick {
        HunkPick::Github => "GitHub's lines",
        HunkPick::Notion => "Notion's lines",
        HunkPick::Base => "the base's lines",
        HunkPick::Both => "both sides' lines",
    };
    let place = format!("place {place} of {count}");
    if before == now {
        return ink(
            format!("{place} takes {} already", words(now)),
            Meaning::Dim,
        );
    }
    let (now, before) = (words(now), words(before));
    let text = format!("{place} was decided: it takes {now} now, not {before}; u takes it back");
    ink(text, Meaning::Warn)
}
