//! Writes that a service denies (403): a right is missing, not an item wrong. Nothing is set aside; what shares the
//! reason stays queued, and each pass asks again with as few requests as tell a missing right from a single item's
//! trouble.

use std::collections::BTreeMap;

use super::Clock;
use super::report::Stop;
use super::run::{Flow, Run};
use super::sides::writes_of;
use crate::core::{Action, FieldKey, Pair, PairId, Side, Step, Value};
use crate::remote::{Remote, RemoteError};
use crate::store::Store;

/// What a right is about: new objects, texts and the rest are allowed apart; on GitHub each repository by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    side: Side,
    repository: String,
    what: &'static str,
}

impl Scope {
    fn of(pair: &Pair, step: &Step) -> Self {
        let what = match &step.action {
            Action::Create(_) => "create",
            Action::Patch(changes) if changes.iter().any(|one| one.field == FieldKey::BODY) => {
                "text"
            }
            _ => "change",
        };
        let repository = match (&step.action, step.side) {
            (_, Side::Notion) => "",
            (Action::Create(draft), Side::Github) => draft
                .fields
                .get(&FieldKey::REPOSITORY)
                .map_or("", Value::as_text),
            _ => pair.name().split(['#', '@']).next().unwrap_or_default(),
        };
        Self {
            side: step.side,
            repository: repository.to_lowercase(),
            what,
        }
    }
}

/// A denial, and who met it first.
#[derive(Debug)]
struct Denial {
    first: PairId,
    /// Whether another item met it, too: then it is no single item's trouble.
    is_sure: bool,
    words: String,
}

/// What was denied in this run since it was last allowed.
#[derive(Debug, Default)]
pub(super) struct Denials(BTreeMap<Scope, Denial>);

impl Denials {
    /// A write went through: the right is there.
    pub(super) fn was_allowed(&mut self, pair: &Pair, step: &Step) {
        self.0.remove(&Scope::of(pair, step));
    }

    /// Why a step would be denied, if that is sure.
    pub(super) fn of(&self, pair: &Pair, step: &Step) -> Option<&str> {
        let denial = self.0.get(&Scope::of(pair, step))?;
        denial.is_sure.then_some(denial.words.as_str())
    }

    /// Whether a pair waits since an earlier run for what is denied in this one as well, so that it need not be read.
    pub(super) fn holds_up(&self, pair: &Pair) -> bool {
        let waits = |denial: &Denial| {
            denial.is_sure && pair.last_error.as_deref() == Some(denial.words.as_str())
        };
        pair.last_error.is_some() && self.0.values().any(waits)
    }

    /// Takes a denial down. Says whether it is the first one of its scope.
    fn take(&mut self, pair: &Pair, step: &Step, words: &str) -> bool {
        let scope = Scope::of(pair, step);
        if let Some(known) = self.0.get_mut(&scope) {
            known.is_sure |= known.first != pair.id;
            return false;
        }
        let denial = Denial {
            first: pair.id.clone(),
            is_sure: false,
            words: words.to_owned(),
        };
        self.0.insert(scope, denial);
        true
    }
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Leaves a pair queued whose write was denied, and says so once for all that share the reason.
    pub(super) async fn denied(
        &mut self,
        pair: &mut Pair,
        step: &Step,
        error: &RemoteError,
    ) -> Flow<()> {
        let words = error.to_string();
        pair.next_try = None;
        pair.last_error = Some(words.clone());
        if !self.denials.take(pair, step, &words) {
            return Ok(());
        }
        let message = format!(
            "{words}. Nothing is set aside: what needs this right stays queued, and every pass asks again \
             (`pulse-sync retry`: at once)"
        );
        self.report.errors.push(message.clone());
        let scope = writes_of(step.side);
        self.note_error_as(&scope, None, ("denied", &message), None)
            .await?;
        self.report.denied.push(Stop::Side {
            side: step.side,
            class: "denied",
            message,
        });
        Ok(())
    }

    /// Leaves a pair as it is whose write would be denied; it keeps why it waits.
    pub(super) async fn rest_denied(&mut self, mut pair: Pair, words: String) -> Flow<()> {
        if pair.last_error.as_ref() != Some(&words) {
            pair.last_error = Some(words);
            self.commit(&mut pair, Vec::new()).await?;
        }
        Ok(())
    }
}
