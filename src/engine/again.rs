//! When what hit a whole side is tried again, in the error log: only the loop knows, once a run has ended.

use super::run::Engine;
use super::{Clock, Report};
use crate::core::{Side, Time};
use crate::store::{ErrorEntry, Store, StoreError};

/// How many open errors are looked at.
const OPEN_ERRORS: usize = 200;
/// Errors that are over only once a person has done something, however often a pass looks.
const FOR_A_PERSON: [&str; 3] = ["unauthorized", "denied", "setup"];

/// Whether an entry is about a side or a stream of a link, and cures itself.
fn is_of_side(entry: &ErrorEntry, link: &str) -> bool {
    let of = |side: Side| {
        let rest = entry.scope.strip_prefix(side.name());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    entry.link == link
        && entry.pair.is_none()
        && !FOR_A_PERSON.contains(&entry.class.as_str())
        && Side::BOTH.into_iter().any(of)
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// Keeps with the errors of whole sides that the link of a run which had some runs again at `next`.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn note_next_try(
        &self,
        link: &str,
        report: &Report,
        next: Time,
    ) -> Result<(), StoreError> {
        if report.errors.is_empty() {
            return Ok(());
        }
        let open = self.store.errors(true, OPEN_ERRORS).await?;
        for mut entry in open.into_iter().filter(|entry| is_of_side(entry, link)) {
            if entry.next_try != Some(next) {
                entry.next_try = Some(next);
                self.store.put_error(&entry).await?;
            }
        }
        Ok(())
    }
}
