//! What a run does when a link's configuration says something else than at the last one.
//!
//! What a link selects decides over items that nobody touches, so no listing of what changed shows them: everything is
//! listed once more, items of repositories that were taken out are looked at, and what was refused or set aside may be
//! allowed now.

use super::Clock;
use super::answers::try_anew;
use super::look::Sight;
use super::publish::new_issue;
use super::run::{Flow, Run};
use super::turn::Trouble;
use crate::core::plan::{self, Input, OUTSIDE, Plan};
use crate::core::{Observation, Pair, PairLife, Side, digest};
use crate::remote::Remote;
use crate::store::Store;

/// The setting that keeps what a link selected, and which repositories that meant.
fn setting(link: &str) -> String {
    format!("selection/{link}")
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Takes note of what the link selects now. After a change every stream is listed whole, and everybody who waits for
    /// another configuration is looked at.
    ///
    /// Pairs and cursors go first: after a crash between, the next run finds the same change.
    pub(super) async fn note_selection(&mut self) -> Flow<()> {
        let print = &self.link.spec.rules.scope.print;
        if print.is_empty() {
            return Ok(());
        }
        let streams: Vec<&str> = self.streams.iter().map(|(_, name)| name.as_str()).collect();
        let streams = digest::sha256(&streams.join("\n"));
        let name = setting(&self.link.spec.name);
        let stored = self.engine.store.setting(&name).await?;
        let now = format!("{print} {streams}");
        if stored.as_ref() == Some(&now) {
            return Ok(());
        }
        let is_other = !stored.is_some_and(|stored| stored.starts_with(print.as_str()));
        if self.ask.dry {
            self.unpaused |= is_other;
            return Ok(());
        }
        self.change_every(|pair| self.looked_at_anew(pair, is_other))
            .await?;
        if is_other {
            self.list_whole().await?;
        }
        self.engine.store.put_setting(&name, Some(&now)).await?;
        Ok(())
    }

    /// The pair as it goes on under another configuration (`is_other`), or with other repositories listed by the same.
    fn looked_at_anew(&self, pair: &Pair, is_other: bool) -> Pair {
        let mut new = pair.clone();
        let is_lone_page = pair.github.is_none() && pair.notion.is_some();
        let is_parked = matches!(pair.life, PairLife::Parked(_));
        let waits =
            is_lone_page && is_parked || is_other && (is_parked || !pair.blocked.is_empty());
        if waits && pair.intent.is_none() {
            try_anew(&mut new);
            new.touch(self.now());
        } else if is_other && pair.life == PairLife::Active && self.has_left(pair) {
            new.touch(self.now());
        }
        new
    }

    /// Whether a pair's repository or kind is none of the link's any more: no listing shows it again.
    fn has_left(&self, pair: &Pair) -> bool {
        let scope = &self.link.spec.rules.scope;
        let Some(item) = &pair.github else {
            return false;
        };
        let repository = |locator: &str| locator.split(['#', '@']).next().map(str::to_owned);
        let configured = self.link.github.configured(&item.locator);
        let names = [Some(item.locator.clone()), configured];
        let is_taken = names
            .iter()
            .flatten()
            .filter_map(|locator| repository(locator))
            .any(|name| scope.takes(&name));
        !is_taken || !scope.keeps(pair.kind)
    }

    /// Has every stream of this link listed whole by the next listing that can be made.
    async fn list_whole(&self) -> Flow<()> {
        for (side, stream) in &self.streams {
            let name = self.cursor_name(*side, stream);
            if let Some(mut cursor) = self.engine.store.cursor(&name).await?
                && cursor.swept_at.take().is_some()
            {
                cursor.polled_at = None;
                self.engine.store.put_cursor(&name, &cursor).await?;
            }
        }
        Ok(())
    }

    /// No issue is made of a page if GitHub would not take the label or the milestone that keeps it in the selection: it
    /// would be unlinked at once. The page is set aside instead, and says so.
    pub(super) async fn mind_selection(
        &self,
        pair: &Pair,
        sight: &Sight,
        planned: Plan,
    ) -> Result<Plan, Trouble> {
        let rules = &self.link.spec.rules;
        let draft = planned.steps.iter().find_map(new_issue);
        let page = sight.of(Side::Notion);
        let (Some(draft), Some(page), true) = (draft, page, rules.wanted.asks_for_names()) else {
            return Ok(planned);
        };
        let github = &self.link.github;
        let taken = github.takes_of(draft).await;
        let (taken, left_out) = taken.map_err(|error| Trouble::Item(Side::Github, error))?;
        let mut rules = rules.clone();
        rules.me = github.me().unwrap_or_default();
        if left_out.is_empty() || plan::outside(&taken, &rules).is_none() {
            return Ok(planned);
        }
        let unknown: Vec<String> = left_out.into_values().collect();
        let why = format!(
            "{}, then edit this page: an issue without it would be none of this link's",
            unknown.join("; ")
        );
        let input = Input {
            pair,
            github: None,
            notion: Some(page),
            mapping: &self.link.spec.mapping,
            rules: &rules,
            paused: &self.paused,
            in_scope: true,
            now: self.now(),
        };
        Ok(plan::no_issue(&input, page, why))
    }

    /// Whether a complete listing shows that an item left the selection, or came back to it, without another change.
    pub(super) fn changes_selection(&self, pair: &Pair, row: &Observation) -> bool {
        if row.side != Side::Github || !row.is_live() || pair.notion.is_none() {
            return false;
        }
        match &pair.life {
            PairLife::Active => !self.link.selects(row),
            PairLife::Unlinked(why) => why == OUTSIDE && self.link.selects(row),
            _ => false,
        }
    }
}
