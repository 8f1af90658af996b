//! A person's words on what the guard held: each is good for the very change that was listed, and for no other.
//!
//! Whatever else changed (another field, the same field again, before the answer or after it) is news. It goes the way of
//! any edit, the guard included: a pair takes no turn between the answer and the guard's next look at it.

use super::Clock;
use super::held::Listed;
use super::look::Sight;
use super::observe::Tally;
use super::run::{Flow, Run};
use crate::core::guard::Halt;
use crate::core::history::FieldChange;
use crate::core::pair::Word;
use crate::core::plan::Plan;
use crate::core::{Class, Mapping, Outcome, Pair, Record, RecordKind, Side};
use crate::remote::Remote;
use crate::store::{Store, StoreError};

/// Pairs that one pass looks through for answers, at most; the rest waits for the next one.
const LOOKED_THROUGH: usize = 100_000;
/// Pairs that are committed at once.
const PAGE: usize = 200;

/// The setting that says that a link's pairs were answered for.
fn name_of(link: &str) -> String {
    format!("answered/{link}")
}

/// Says that pairs of a link were answered for, so that its next pass looks what else changed of them.
pub(super) async fn note_answers<S: Store>(store: &S, link: &str) -> Result<(), StoreError> {
    store.put_setting(&name_of(link), Some("yes")).await
}

/// Keeps a person's answer with the pair: a word on each change that was listed.
pub(super) fn answer(
    pair: &mut Pair,
    halt: &Halt,
    listed: Option<Listed>,
    (mapping, wrong): (&Mapping, bool),
) {
    let changes = listed.map_or_else(Vec::new, Listed::into_changes);
    let is_edit = |change: &FieldChange| {
        let field = mapping.field(pair.kind, &change.field);
        field.is_some_and(|field| field.class != Class::Mirror)
    };
    let new: Vec<Word> = changes
        .into_iter()
        .filter(is_edit)
        .map(|change| Word {
            side: halt.side,
            field: change.field,
            shown: change.before,
            base: change.after,
            wrong,
        })
        .collect();
    let is_new = |old: &Word| {
        new.iter()
            .any(|word| (word.side, &word.field) == (old.side, &old.field))
    };
    pair.words.retain(|old| !is_new(old));
    pair.words.extend(new);
    pair.uncounted = true;
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Whether pairs may wait that somebody answered for, by the first of those that wait; where there are more of them,
    /// by what was noted with the answer.
    pub(super) async fn may_be_answered(&self, first: &[Pair], is_more: bool) -> Flow<bool> {
        if self.only_watches {
            return Ok(false);
        }
        if !is_more || first.iter().any(|pair| pair.uncounted) {
            return Ok(first.iter().any(|pair| pair.uncounted));
        }
        let name = name_of(&self.link.spec.name);
        Ok(self.engine.store.setting(&name).await?.is_some())
    }

    /// Has the guard count what else changed of the pairs that somebody answered for: whoever edited them while they
    /// were held was counted by nobody.
    pub(super) async fn note_answered(&self, tally: &mut Tally) -> Flow<()> {
        if !tally.may_be_answered {
            return Ok(());
        }
        let link = &self.link.spec.name;
        let due = self.engine.store.due(link, self.now(), LOOKED_THROUGH);
        for pair in due.await?.into_iter().filter(|pair| pair.uncounted) {
            for side in Side::BOTH {
                let unread = tally.unread.entry(side).or_default();
                unread.insert(pair.id.clone());
            }
            tally.answered.push(pair.id);
        }
        Ok(())
    }

    /// The guard was asked about the answered pairs: from here on they take turns.
    pub(super) async fn answers_are_counted(&mut self, tally: &Tally) -> Flow<()> {
        if !tally.may_be_answered {
            return Ok(());
        }
        for ids in tally.answered.chunks(PAGE) {
            let mut marks = Vec::new();
            for id in ids {
                let pair = self.engine.store.pair(id).await?;
                marks.extend(pair.map(|pair| Pair {
                    uncounted: false,
                    ..pair
                }));
            }
            self.put_marks(marks).await?;
        }
        // Whoever answered since is found by its turn, which says so again.
        let name = name_of(&self.link.spec.name);
        self.engine.store.put_setting(&name, None).await?;
        Ok(())
    }

    /// Leaves a pair that was answered for until the guard has looked what else changed of it.
    pub(super) async fn leave_uncounted(&self) -> Flow<()> {
        note_answers(&self.engine.store, &self.link.spec.name).await?;
        Ok(())
    }

    /// Carries out the moves of a plan, and forgets the words that it leaves nothing to do for.
    pub(super) fn carry_out_words(
        &mut self,
        pair: &mut Pair,
        plan: &Plan,
        sight: &Sight,
    ) -> Vec<Record> {
        let mut records = self.carry_out_moves(pair, plan);
        records.extend(self.mind_words(pair, sight));
        records
    }

    /// Forgets the words that are carried out, and those on a change that is another one by now; where that one was to be
    /// put back, says that it is not.
    fn mind_words(&mut self, pair: &mut Pair, sight: &Sight) -> Vec<Record> {
        let mut records = Vec::new();
        for word in std::mem::take(&mut pair.words) {
            match self.standing(pair, &word, sight) {
                Standing::Fits => pair.words.push(word),
                Standing::Over => {}
                Standing::MovedOn => {
                    if word.wrong {
                        records.push(self.not_put_back(pair, &word));
                    }
                }
            }
        }
        records
    }

    fn standing(&self, pair: &Pair, word: &Word, sight: &Sight) -> Standing {
        let field = self.link.spec.mapping.field(pair.kind, &word.field);
        let (Some(field), Some(base)) = (field, pair.base.get(&word.field)) else {
            return Standing::MovedOn;
        };
        let base = base.of(word.side);
        let seen = sight.of(word.side).and_then(|seen| seen.field(&word.field));
        match seen {
            Some(shown) if field.codec.same(shown, base) => Standing::Over,
            Some(shown) if !word.fits(field, shown, base) => Standing::MovedOn,
            Some(_) | None => Standing::Fits,
        }
    }

    fn not_put_back(&mut self, pair: &Pair, word: &Word) -> Record {
        let note = format!(
            "{}: it was changed again on {} since it was listed, so it is not put back",
            word.field,
            word.side.name()
        );
        self.record(pair, RecordKind::Item, Outcome::Info, "keep", &note)
    }
}

/// Where a word stands.
enum Standing {
    /// The change is still the one that was listed.
    Fits,
    /// There is nothing more to do: the change is gone.
    Over,
    /// It is another change by now.
    MovedOn,
}
