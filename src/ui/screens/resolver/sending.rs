//! The choices on their way: sent, kept by the engine, written; and what is said where that takes a while.

use super::{Resolver, name};
use crate::core::{Conflict, PairId};
use crate::engine::Ask;
use crate::engine::face::ConflictLine;
use crate::ui::app::{Answer, Effect, Request};
use crate::ui::canvas::{Ink, ink};
use crate::ui::data::Data;
use crate::ui::drafts::{self, Drafts};
use crate::ui::theme::Meaning;

/// After this long without a run, choices that the engine has kept are left to it, in milliseconds.
const PATIENCE_MS: i64 = 5_000;
/// What Enter says when nothing is left to send.
const KEPT_ALREADY: &str =
    "the choice is kept already; it is written once both sides were read again";

impl Resolver {
    /// Sends the choices. The engine reads both sides again and writes nothing where one moved on.
    pub(super) fn apply(&mut self, data: &Data, drafts: &Drafts, out: &mut Vec<Effect>) {
        if data.facts.read_only {
            self.note = Some(ink("off: started with --read-only", Meaning::Warn));
            return;
        }
        let missing = self.missing(data, drafts);
        if !missing.is_empty() {
            let text = format!(
                "no choice yet for {}; nothing was written",
                missing.join(", ")
            );
            self.note = Some(ink(text, Meaning::Warn));
            return;
        }
        if let Some((field, why)) = self.unsayable(data, drafts) {
            let text = format!("{field} cannot be written: {why}");
            self.note = Some(ink(text, Meaning::Warn));
            return;
        }
        let mut sent = Vec::new();
        for line in self.undecided(data) {
            let draft = drafts.get(&line.conflict);
            if let Some(pick) = draft.and_then(|draft| drafts::pick(&line.conflict, draft)) {
                out.push(Effect::Ask(Request::Choose(line.conflict.id.clone(), pick)));
                sent.push(line.conflict.clone());
            }
        }
        if sent.is_empty() {
            self.note = Some(ink(KEPT_ALREADY, Meaning::Info));
            return;
        }
        self.sent.extend(sent);
        self.sent_at = data.now;
        // During a run, or a pause, the next one comes by itself.
        let is_idle = data.links().iter().all(|link| link.running.is_none());
        if is_idle && data.snapshot.paused.is_none() {
            let ask = Ask {
                forced: true,
                only: Some(self.pairs.iter().cloned().collect()),
                ..Ask::default()
            };
            out.push(Effect::Ask(Request::Sync(None, ask)));
        }
    }

    /// The first field whose choice a side could not say, and why.
    pub(super) fn unsayable(&self, data: &Data, drafts: &Drafts) -> Option<(String, String)> {
        self.undecided(data).find_map(|line| {
            let draft = drafts.get(&line.conflict)?;
            let why = drafts::choice(line, draft)?.err()?;
            Some((self.called(line), why))
        })
    }

    /// Conflicts of all items that Enter would apply, without those whose choice was sent.
    pub(super) fn undecided<'a>(
        &'a self,
        data: &'a Data,
    ) -> impl Iterator<Item = &'a ConflictLine> + 'a {
        let all = data.links().iter().flat_map(|link| &link.conflicts);
        all.filter(|line| {
            let conflict = &line.conflict;
            let is_sent = self.sent.iter().any(|sent| sent.id == conflict.id);
            self.pairs.contains(&line.pair) && conflict.choice.is_none() && !is_sent
        })
    }

    /// When choices that the engine has kept are written; none while they are about to be.
    fn waits(&self, lines: &[&ConflictLine], data: &Data) -> Option<String> {
        let sent = |line: &&&ConflictLine| self.sent.iter().any(|sent| sent.id == line.conflict.id);
        let mut held = lines.iter().filter(sent).filter_map(|line| line.held_since);
        let guarded = data.links().iter().flat_map(|link| &link.halts);
        let is_guarded = guarded
            .flat_map(|halt| &halt.pairs)
            .any(|pair| lines.iter().filter(sent).any(|line| line.pair == *pair));
        let is_late = data.now.since(self.sent_at) >= PATIENCE_MS
            && data.links().iter().all(|link| link.running.is_none());
        if data.snapshot.paused.is_some() {
            Some("once you resume".to_owned())
        } else if let Some(since) = held.next() {
            let held = data.held_by_you(since);
            Some(format!("once you release the item, {held}"))
        } else if is_guarded {
            Some("once you answer what the guard holds".to_owned())
        } else {
            is_late.then(|| "when the sync comes to it".to_owned())
        }
    }

    /// What is said where the engine took a choice; its own words unless writing is paused.
    pub fn kept(data: &Data, words: String) -> String {
        if data.snapshot.paused.is_some() {
            "the choice is kept, and written once you resume".to_owned()
        } else {
            words
        }
    }

    /// The engine's state is known anew.
    pub fn refresh(&mut self, data: &Data, drafts: &mut Drafts, out: &mut Vec<Effect>) {
        if self.item.as_ref().map(|item| &item.id) != self.current() {
            self.ask_item(out);
        }
        let last = self.fields(data).len().saturating_sub(1);
        self.field = self.field.min(last);
        self.void_choices(data, drafts);
        if self.sent.is_empty() {
            return;
        }
        let lines: Vec<&ConflictLine> = data
            .links()
            .iter()
            .flat_map(|link| &link.conflicts)
            .collect();
        let open = |sent: &Conflict| lines.iter().find(|line| line.conflict.id == sent.id);
        let moved = self.sent.iter().any(|sent| {
            open(sent).is_some_and(|line| {
                let now = &line.conflict;
                now.choice.is_none() && (now.github != sent.github || now.notion != sent.notion)
            })
        });
        // One that is still open without a choice: the engine spoke before it had taken the choice.
        self.sent.retain(|sent| open(sent).is_some());
        if moved {
            self.sent.clear();
            let text = "a side moved on meanwhile: nothing was written; these are the new values";
            self.note = Some(ink(text, Meaning::Warn));
        } else if self.sent.is_empty() && self.pairs.iter().all(|pair| is_resolved(pair, data)) {
            let text = "resolved; it is in the history, and can be undone there";
            self.over = Some(ink(text, Meaning::Ok));
        } else if let Some(why) = self.kept_for_later(&lines, data) {
            self.over = Some(ink(why, Meaning::Info));
        }
    }

    /// The engine has every choice that was sent, and cannot write them soon: nothing is left to do here.
    fn kept_for_later(&self, lines: &[&ConflictLine], data: &Data) -> Option<String> {
        let is_kept = |sent: &Conflict| {
            let line = lines.iter().find(|line| line.conflict.id == sent.id);
            line.is_some_and(|line| line.conflict.choice.is_some())
        };
        if self.sent.is_empty() || !self.sent.iter().all(is_kept) {
            return None;
        }
        let when = self.waits(lines, data)?;
        Some(match self.sent.len() {
            1 => format!("the choice is kept, and written {when}"),
            many => format!("{many} choices are kept, and written {when}"),
        })
    }

    /// A choice holds for the values it was made against: where a side moved on, it is void, and that is said.
    fn void_choices(&mut self, data: &Data, drafts: &mut Drafts) {
        let all = data.links().iter().flat_map(|link| &link.conflicts);
        let void: Vec<&str> = all
            .filter(|line| self.pairs.contains(&line.pair) && drafts.drop_stale(&line.conflict))
            .map(|line| name(&line.conflict))
            .collect();
        if !void.is_empty() {
            let names = void.join(", ");
            let text = format!("a side moved on: choose again for {names}; nothing was written");
            self.note = Some(ink(text, Meaning::Warn));
        }
    }

    /// What is said once nothing is left to do here.
    pub const fn last_word(&self) -> Option<&Ink> {
        self.over.as_ref()
    }

    /// The engine answered something.
    pub fn answer(&mut self, answer: &Answer, _data: &Data, _drafts: &mut Drafts) {
        match answer {
            Answer::Item(pair, Ok(item)) if Some(pair) == self.current() => {
                self.item.clone_from(item);
            }
            Answer::History(query, Ok(records))
                if query.pair.is_some() && query.pair.as_ref() == self.current() =>
            {
                self.records.clone_from(records);
            }
            Answer::Done(Request::Choose(id, _), Err(why)) => {
                self.sent.retain(|sent| sent.id != *id);
                self.note = Some(ink(why.clone(), Meaning::Error));
            }
            _ => {}
        }
    }
}

fn is_resolved(pair: &PairId, data: &Data) -> bool {
    let mut lines = data.links().iter().flat_map(|link| &link.conflicts);
    lines.all(|line| line.pair != *pair)
}
