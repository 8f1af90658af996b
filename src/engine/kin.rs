//! Objects that belong to each other though no pair says so: by the mark that an issue of ours carries, and by the id
//! that a page of ours carries. They are met when the store was lost, or when a service made an object twice. Pages
//! that say it in a person's words are in [`super::adopt`].

use std::collections::BTreeMap;

use super::Clock;
use super::look::Sight;
use super::queue::page_address;
use super::run::{Flow, Run};
use super::turn::Trouble;
use crate::core::plan::Plan;
use crate::core::{
    Action, FieldKey, Key, Life, Name, Observation, Outcome, Pair, PairId, PairLife, RecordKind,
    Row, Side,
};
use crate::remote::Remote;
use crate::store::{Store, Which};

/// The pairs that a key speaks of: by their own key, their page, or the mark in their issue.
pub(super) type Keys = BTreeMap<Key, Vec<PairId>>;

/// What an object without a partner turns out to be.
pub(super) enum Kin {
    /// One more of what this pair has already.
    Surplus(Box<Pair>),
    /// A copy that a person made of this pair's page.
    Copy(Box<Pair>),
    /// What an open create of this pair may have made: recovery's to find.
    Recovery,
    /// An issue and the page that it was made for.
    Couple { issue: Box<Pair>, page: Box<Pair> },
    /// Its partner may stand in a listing that was never read.
    Unknown,
    /// I18: which page is the item's is a question for a person; what to do about it.
    Question(String),
    /// I18: one of several pages of one item, which asks the question.
    Candidate,
}

/// What becomes of a turn whose object was looked for kin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Minded {
    /// There is none: it goes on.
    Alone,
    /// The turn is over.
    Over,
    /// The pair has both sides now, and is looked at anew.
    Joined,
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Looks for kin before something new is made of an object.
    pub(super) async fn mind_kin(
        &mut self,
        pair: &mut Pair,
        sight: &Sight,
        plan: &Plan,
    ) -> Result<Minded, Trouble> {
        let creates = plan
            .steps
            .first()
            .is_some_and(|step| matches!(step.action, Action::Create(_)));
        let alone = [pair.github.is_none(), pair.notion.is_none()];
        let kin = match (alone, sight.of(Side::Github), sight.of(Side::Notion)) {
            ([false, true], Some(issue), _) if creates => {
                match self.kin_of_issue(pair, issue).await? {
                    None => self.page_of_issue(pair, issue).await?,
                    kin => kin,
                }
            }
            ([true, false], _, Some(page)) => {
                self.kin_of_lone_page(pair, page, (plan, creates)).await?
            }
            _ => None,
        };
        let Some(kin) = kin else {
            return Ok(Minded::Alone);
        };
        if self.ask.dry {
            self.foretell(pair, kin).await?;
            return Ok(Minded::Over);
        }
        match kin {
            Kin::Unknown => {}
            Kin::Question(why) => self.ask_which(pair, sight, why).await?,
            Kin::Candidate => self.rest_candidate(pair).await?,
            Kin::Surplus(owner) => {
                let is_moved = pair.github.is_some() && self.may_have_moved(*owner.clone()).await?;
                self.set_surplus_aside(pair, sight, &owner, is_moved)
                    .await?;
            }
            Kin::Copy(owner) => self.set_hand_copy_aside(pair, sight, &owner).await?,
            Kin::Recovery => {
                pair.github = None;
                pair.life = PairLife::Tombstone;
                pair.pending = None;
                pair.dirty_since = None;
                self.commit(pair, Vec::new()).await?;
            }
            Kin::Couple { issue, page } => {
                let is_own = issue.id == pair.id;
                if let Some(joined) = self.join(*issue, *page).await?.filter(|_| is_own) {
                    *pair = joined;
                    return Ok(Minded::Joined);
                }
            }
        }
        Ok(Minded::Over)
    }

    async fn kin_of_lone_page(
        &mut self,
        pair: &Pair,
        page: &Observation,
        (plan, creates): (&Plan, bool),
    ) -> Result<Option<Kin>, Trouble> {
        let mut kin = match self.owner_of_copy(pair, page).await? {
            None if creates => self.kin_of_page(pair, plan).await?,
            owner => owner.map(|owner| Kin::Surplus(Box::new(owner))),
        };
        if kin.is_none() {
            kin = self.issue_of_page(pair, page, creates).await?;
        }
        if kin.is_none() && !creates && !self.wants_issue(pair, page) {
            kin = self.original_of(pair, page).await?;
        }
        Ok(kin)
    }

    /// I3, I4: an issue with our mark is the one of the page whose key it carries.
    async fn kin_of_issue(&mut self, pair: &Pair, seen: &Observation) -> Flow<Option<Kin>> {
        if self.unread.iter().any(|(side, _)| *side == Side::Notion) {
            return Ok(Some(Kin::Unknown));
        }
        let Some(key) = seen.marker.as_ref().filter(|_| seen.created_by_us) else {
            return Ok(None);
        };
        let (mut couple, mut half) = (None, None);
        for other in self.with_key(key, &pair.id).await? {
            let issue = pair.clone();
            if !owns(&other, key) {
                let twin = other.life == PairLife::New && other.notion.is_none();
                if twin && age(&other) < age(pair) {
                    return Ok(Some(Kin::Surplus(Box::new(other))));
                }
            } else if other.github.is_some() {
                return Ok(Some(Kin::Surplus(Box::new(other))));
            } else if other.intent.is_some() {
                return Ok(Some(Kin::Recovery));
            } else if other.notion.is_some() {
                couple = Some((issue, other));
            } else if other.pending.is_some() {
                half = Some((issue, other));
            }
        }
        Ok(couple.or(half).map(|(issue, page)| Kin::Couple {
            issue: Box::new(issue),
            page: Box::new(page),
        }))
    }

    /// Whether an issue of this page exists that no pair ties to it, or may exist in a repository that was never read.
    async fn kin_of_page(&mut self, pair: &Pair, plan: &Plan) -> Flow<Option<Kin>> {
        let container = plan.steps.first().and_then(|step| match &step.action {
            Action::Create(draft) => Some(draft.container.to_lowercase()),
            _ => None,
        });
        let wanted = format!("issues:{}", container.unwrap_or_default());
        let is_unread = |(side, stream): &(Side, String)| {
            *side == Side::Github && stream.to_lowercase() == wanted
        };
        if self.unread.iter().any(is_unread) {
            return Ok(Some(Kin::Unknown));
        }
        let mut issues = Vec::new();
        for other in self.with_key(&pair.key, &pair.id).await? {
            let is_issue = other.github.is_some() && other.notion.is_none();
            if is_issue && other.intent.is_none() && other.life != PairLife::Tombstone {
                issues.push(other);
            }
        }
        let oldest = issues.into_iter().min_by_key(age);
        Ok(oldest.map(|issue| Kin::Couple {
            issue: Box::new(issue),
            page: Box::new(pair.clone()),
        }))
    }

    /// I4: the pair that has a page already, when this one is a second page that we made for the same item.
    async fn owner_of_copy(&self, pair: &Pair, page: &Observation) -> Flow<Option<Pair>> {
        if !page.created_by_us {
            return Ok(None);
        }
        self.owner_of_node(pair, page).await
    }

    /// I15: the pair of whose page a person made this copy, as long as nobody asks for an issue of it.
    async fn original_of(&self, pair: &Pair, page: &Observation) -> Flow<Option<Kin>> {
        if pair.life != PairLife::New || !page.is_live() {
            return Ok(None);
        }
        let owner = self.owner_of_node(pair, page).await?;
        Ok(owner.map(|owner| Kin::Copy(Box::new(owner))))
    }

    /// The pair that has a page already of the item that this page names.
    async fn owner_of_node(&self, pair: &Pair, page: &Observation) -> Flow<Option<Pair>> {
        let Some(node) = page.linked_node.as_deref() else {
            return Ok(None);
        };
        let link = &self.link.spec.name;
        let mut owners = self
            .engine
            .store
            .by_nodes(link, Side::Github, &[node])
            .await?;
        let owner = owners.remove(node).filter(|owner| owner.id != pair.id);
        Ok(owner.filter(|owner| owner.notion.is_some()))
    }

    /// The pairs that a key speaks of, as they are now, but for one of them.
    async fn with_key(&mut self, key: &Key, but: &PairId) -> Flow<Vec<Pair>> {
        if self.keys.is_none() {
            self.keys = Some(self.read_keys().await?);
        }
        let ids = self.keys.as_ref().and_then(|keys| keys.get(key));
        let mut pairs = Vec::new();
        for id in ids.into_iter().flatten().filter(|id| *id != but) {
            pairs.extend(self.engine.store.pair(id).await?);
        }
        Ok(pairs)
    }

    async fn read_keys(&self) -> Flow<Keys> {
        let (link, store) = (&self.link.spec.name, &self.engine.store);
        let mut keys = Keys::new();
        let mut after: Option<PairId> = None;
        loop {
            let pairs = store.pairs(link, Which::All, after.as_ref(), 500).await?;
            let Some(last) = pairs.last() else {
                return Ok(keys);
            };
            after = Some(last.id.clone());
            for pair in pairs {
                let page = pair.notion.as_ref().map(|page| Key::of_page(&page.node));
                let pending = pair.pending.as_ref().filter(|seen| seen.created_by_us);
                let mark = pending.and_then(|seen| seen.marker.clone());
                let all = [Some(pair.key.clone()), page, mark];
                for key in all.into_iter().flatten() {
                    let ids = keys.entry(key).or_default();
                    if !ids.contains(&pair.id) {
                        ids.push(pair.id.clone());
                    }
                }
            }
        }
    }

    /// Whether a pair's issue is not seen any more where the pair knows it: then a second issue may be that very one at
    /// its new place, listed before its pair followed. One that was moved is followed soon.
    async fn may_have_moved(&mut self, mut owner: Pair) -> Result<bool, Trouble> {
        let mut sight = Sight::default();
        self.read(&owner, &mut sight, Side::Github).await?;
        let Some(seen) = sight.of(Side::Github) else {
            return Ok(false);
        };
        if matches!(seen.life, Life::MovedTo(_)) && owner.intent.is_none() {
            owner.touch(self.now());
            owner.next_try = None;
            self.commit(&mut owner, Vec::new()).await?;
        }
        Ok(!seen.is_live())
    }

    /// A copy by hand shows what its original showed, so it must not look like a page that is kept in step.
    async fn set_hand_copy_aside(
        &mut self,
        pair: &mut Pair,
        sight: &Sight,
        owner: &Pair,
    ) -> Flow<()> {
        let page = sight.of(Side::Notion);
        let or = if page.is_some_and(|page| self.may_become_issue(page)) {
            ", or set its Publish to Ready to make an issue of it"
        } else {
            ""
        };
        let why = format!(
            "this page is a copy of the page of {}: edits of it go nowhere; put it into the trash{or} (it is {}, the \
             original is {})",
            owner.name(),
            page_address(pair),
            page_address(owner)
        );
        if pair.pending.is_none() {
            // As a listing shows it, so that only another version is looked at again.
            pair.pending = sight.of(Side::Notion).cloned().map(|mut page| {
                page.fields.remove(&FieldKey::BODY);
                page.raw_body = None;
                Box::new(page)
            });
        }
        pair.life = PairLife::Parked(why.clone());
        pair.dirty_since = None;
        pair.next_try = None;
        self.report.notes.push(why.clone());
        let mut record = self.record(pair, RecordKind::Item, Outcome::Info, "park", &why);
        record.row = Some(Row::I15);
        self.commit(pair, vec![record]).await.map(|_| ())
    }

    async fn set_surplus_aside(
        &mut self,
        pair: &mut Pair,
        sight: &Sight,
        owner: &Pair,
        is_moved: bool,
    ) -> Flow<()> {
        let (other, owner) = (owner, owner.name());
        let why = if is_moved {
            format!(
                "it has the page of {owner}, which is not seen there any more: most likely it was moved here. Nothing is \
                 written to it until the pair of {owner} has followed, which it does by itself"
            )
        } else if pair.github.is_some() {
            format!(
                "a second issue made for the same page as {owner}; delete it on GitHub, or take the last line of its \
                 text out to keep it as an item of its own"
            )
        } else {
            format!(
                "a second page of {owner}: edits of this one go nowhere; put it into the trash. Where another machine \
                 syncs this database, both need one store (MONGODB_URI). This one is {}, the first one {}",
                page_address(pair),
                page_address(other)
            )
        };
        if pair.pending.is_none() {
            // Only another version than this one is looked at again.
            let seen = Side::BOTH.into_iter().find_map(|side| sight.of(side));
            pair.pending = seen.cloned().map(Box::new);
        }
        pair.life = PairLife::Parked(why.clone());
        pair.dirty_since = None;
        pair.next_try = None;
        let outcome = if is_moved {
            Outcome::Info
        } else {
            self.report.errors.push(format!("{}: {why}", pair.name()));
            Outcome::Failed
        };
        let mut record = self.record(pair, RecordKind::Item, outcome, "park", &why);
        record.row = Some(Row::I4);
        self.commit(pair, vec![record]).await.map(|_| ())
    }

    /// Makes one pair of two, and gives it unless somebody else was faster. The page's pair gives way first and goes on
    /// remembering its page, so that a crash in between leaves a trace for the issue's next turn. Without a base nothing
    /// is overwritten: what differs is asked.
    async fn join(&mut self, mut issue: Pair, mut page: Pair) -> Result<Option<Pair>, Trouble> {
        let is_named = page.pending.as_deref().and_then(Name::of_page).is_some();
        if let Some(id) = page.notion.clone() {
            if page.pending.is_none() {
                let mut sight = Sight::default();
                self.read(&page, &mut sight, Side::Notion).await?;
                page.pending = sight.of(Side::Notion).cloned().map(Box::new);
            }
            if page.pending.as_ref().is_none_or(|seen| seen.id != id) {
                return Ok(None);
            }
            page.notion = None;
            page.life = PairLife::Tombstone;
            page.dirty_since = None;
            issue.held_since = issue.held_since.or(page.held_since.take());
            if !self.commit(&mut page, Vec::new()).await? {
                return Ok(None);
            }
        }
        issue.notion = page.pending.map(|seen| seen.id);
        issue.life = PairLife::Active;
        issue.pending = None;
        issue.next_try = None;
        issue.touch(self.now());
        // The page's pair keeps its key, which the store knows once: from now on the issue's pair answers for it by its page.
        if let Some(keys) = &mut self.keys {
            keys.entry(page.key).or_default().push(issue.id.clone());
        }
        let note = if is_named {
            "a page that was there already says that it is of this item: adopted"
        } else {
            "the issue carries the mark of this page"
        };
        let mut record = self.record(&issue, RecordKind::Item, Outcome::Info, "link", note);
        record.row = is_named.then_some(Row::I18);
        let is_done = self.commit(&mut issue, vec![record]).await?;
        Ok(is_done.then_some(issue))
    }
}

/// Whether the key was made for this pair, and not only found in its issue.
fn owns(pair: &Pair, key: &Key) -> bool {
    let page = pair.notion.as_ref().map(|page| Key::of_page(&page.node));
    pair.key == *key || page.is_some_and(|page| page == *key)
}

/// Issues with one mark in the order in which the service made them.
fn age(pair: &Pair) -> (Option<crate::core::Time>, PairId) {
    let created = pair.pending.as_ref().and_then(|seen| seen.created);
    (created, pair.id.clone())
}
