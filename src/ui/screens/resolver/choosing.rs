//! A choice for the marked field, or for the marked place of a text.

use super::Resolver;
use crate::core::Value;
use crate::engine::face::ConflictLine;
use crate::ui::canvas::ink;
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
        picks[at] = Some(pick);
        let next = (1..count)
            .map(|by| (at + by) % count)
            .find(|at| picks[*at].is_none());
        self.hunk = next.unwrap_or(at);
        self.scrolled = 0;
        drafts.set(&line.conflict, Some(Draft::Hunks(picks)));
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
