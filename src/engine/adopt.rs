//! I18: pages that people made of items by hand, before there was a sync or beside it. A page that says the address of
//! an item, or its repository and number, is that item's page: it is adopted, so that no second one is made. Where
//! several pages say the same, a person is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::Clock;
use super::kin::Kin;
use super::look::Sight;
use super::run::{Flow, Planned, Run};
use super::turn::Trouble;
use crate::core::plan::{Move, Plan};
use crate::core::{
    FieldKey, Life, Name, Observation, Outcome, Pair, PairId, PairLife, RecordKind, Row, Side,
    Time, Value,
};
use crate::remote::{Page, Remote};
use crate::store::{Store, Which};

/// Pairs that a name may be of, by what every name of one item has in common: pages without an item, and items.
type Names = BTreeMap<String, Vec<PairId>>;

/// What a run knows of pages that name an item by hand.
#[derive(Default)]
pub(super) struct Named {
    /// Which pairs a name speaks of, once it was asked.
    names: Option<Names>,
    /// A listing of this run showed such a page.
    is_noted: bool,
    /// Short names that a page said, and does not say any more.
    reworded: BTreeSet<String>,
    /// Pages that carry the id of an item which no pair here ties to them, and when our integration last wrote one.
    tied: (u64, Option<Time>),
}

/// A row at least this old is read again before a page is adopted on its word, in milliseconds.
const ROW_OLD: i64 = 60_000;
/// So many pages are named in a question.
const NAMED: usize = 3;

/// The setting that says that a page of a link names an item by hand, so that looking for such pages is worth it.
fn noted(link: &str) -> String {
    format!("named/{link}")
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Notes durably that there are pages that name an item by hand.
    pub(super) async fn note_named(&mut self, page: &Page) -> Flow<()> {
        if !self.named.is_noted && page.rows.iter().any(|row| Name::of_page(row).is_some()) {
            let name = noted(&self.link.spec.name);
            self.engine.store.put_setting(&name, Some("1")).await?;
            self.named.is_noted = true;
        }
        Ok(())
    }

    /// Notes that a page without an item does not say any more whose it is.
    pub(super) fn note_reworded(&mut self, pair: &Pair, row: &Observation) {
        let name = |seen: &Observation| Name::of_page(seen);
        let before = pair.pending.as_deref().and_then(name);
        if let Some(before) = before.filter(|before| Some(before) != name(row).as_ref()) {
            self.named.reworded.insert(before.short().to_owned());
        }
    }

    /// Notes that a page carries the id of an item which is new to this store: another store knew them.
    pub(super) fn note_tied(&mut self, row: &Observation) {
        let stamp = row.stamp.as_ref().filter(|stamp| stamp.by_us);
        let (count, newest) = &mut self.named.tied;
        *count += 1;
        *newest = (*newest).max(stamp.map(|stamp| stamp.at));
    }

    /// Says how many such pages were found, before anything is written to them.
    pub(super) fn tell_tied(&mut self) {
        let (count @ 1.., newest) = self.named.tied else {
            return;
        };
        let last = newest.map_or_else(String::new, |at| {
            let ago = match self.now().since(at).max(0) / 60_000 {
                minutes @ ..120 => format!("{minutes} min"),
                minutes @ ..2_880 => format!("{} h", minutes / 60),
                minutes => format!("{} days", minutes / 1_440),
            };
            format!(", last through this integration {ago} ago")
        });
        self.report.notes.push(format!(
            "{count} pages here were written by a pulse-sync before{last}, and carry the ids of their items: they are \
             taken over, and none is made beside them. If another one still syncs this database, stop it or give both \
             one store (MONGODB_URI)"
        ));
    }

    /// Has everybody looked at again who waited because of a page that says something else now.
    pub(super) async fn wake_reworded(&mut self) -> Flow<()> {
        for short in std::mem::take(&mut self.named.reworded) {
            self.wake(&short).await?;
        }
        Ok(())
    }

    async fn wake(&mut self, short: &str) -> Flow<()> {
        let now = self.now();
        let mut marks = Vec::new();
        for mut pair in self.with_name(short, None).await? {
            let is_alone = pair.github.is_none() || pair.notion.is_none();
            if matches!(pair.life, PairLife::Parked(_)) && is_alone {
                pair.life = PairLife::New;
                pair.touch(now);
                marks.push(pair);
            }
        }
        self.put_marks(marks).await
    }

    /// The page that a person made of this issue.
    pub(super) async fn page_of_issue(
        &mut self,
        pair: &Pair,
        seen: &Observation,
    ) -> Result<Option<Kin>, Trouble> {
        let address = seen.field(&FieldKey::of("url")).map_or("", Value::as_text);
        let Some(name) = Name::of_item(&seen.id, address) else {
            return Ok(None);
        };
        let mut pages = self.pages_named(&name).await?;
        if pages.iter().any(|page| page.intent.is_some()) {
            return Ok(Some(Kin::Unknown));
        }
        Ok(match pages.len() {
            0 => None,
            1 => pages.pop().map(|page| Kin::Couple {
                issue: Box::new(pair.clone()),
                page: Box::new(page),
            }),
            _ => Some(Kin::Question(several(pair.name(), &pages))),
        })
    }

    /// The issue that a page names which no pair ties to it; `creates` when it would become a new one otherwise.
    pub(super) async fn issue_of_page(
        &mut self,
        pair: &Pair,
        page: &Observation,
        creates: bool,
    ) -> Result<Option<Kin>, Trouble> {
        if !page.is_live() {
            if let Some(name) = pair.pending.as_deref().and_then(Name::of_page)
                && !self.ask.dry
            {
                self.wake(name.short()).await?;
            }
            return Ok(None);
        }
        let Some(name) = Name::of_page(page) else {
            return Ok(None);
        };
        let mut items = self.with_name(name.short(), Some(&pair.id)).await?;
        items.retain(|item| {
            let is_there = item.life != PairLife::Tombstone;
            is_there && item_name(item).is_some_and(|item| name.means(&item))
        });
        let is_unread = self.unread.iter().any(|(side, _)| *side == Side::Github);
        match (items.pop(), items.is_empty()) {
            (Some(item), true) => self.item_of_page(pair, item, creates).await,
            (Some(_), false) => Ok(Some(Kin::Question(format!(
                "it names {}, and more than one repository is called so; write the owner as well (owner/repo)",
                name.shown()
            )))),
            (None, _) if is_unread => Ok(Some(Kin::Unknown)),
            (None, _) => Ok(creates.then(|| left_out(&name.shown()))),
        }
    }

    async fn item_of_page(
        &mut self,
        pair: &Pair,
        item: Pair,
        creates: bool,
    ) -> Result<Option<Kin>, Trouble> {
        let own = pair
            .notion
            .as_ref()
            .or(pair.pending.as_ref().map(|row| &row.id));
        let is_adopted = own.is_some_and(|own| item.notion.as_ref() == Some(own));
        if is_adopted {
            // By the item's own turn, since this one's pair was read.
            return Ok(Some(Kin::Unknown));
        }
        if item.intent.is_some() {
            return Ok(Some(Kin::Unknown));
        }
        if item.notion.is_some() && !self.has_live_page(&item).await? {
            return Ok(Some(self.heir(item, pair).await?));
        }
        if item.notion.is_some() {
            let why = format!(
                "it names {}, which has another page; put one of the two into the trash, or empty this one's URL and \
                 Number to make it an item of its own",
                item.name()
            );
            return Ok(Some(Kin::Question(why)));
        }
        if matches!(item.life, PairLife::Unlinked(_)) {
            return Ok(creates.then(|| left_out(item.name())));
        }
        let Some(name) = item_name(&item) else {
            return Ok(None);
        };
        let pages = self.pages_named(&name).await?;
        Ok(Some(if pages.len() > 1 {
            Kin::Candidate
        } else {
            Kin::Couple {
                issue: Box::new(item),
                page: Box::new(pair.clone()),
            }
        }))
    }

    /// Whether an item's own page is still there.
    async fn has_live_page(&mut self, item: &Pair) -> Result<bool, Trouble> {
        let mut sight = Sight::default();
        self.read(item, &mut sight, Side::Notion).await?;
        let is_gone = |seen: &Observation| matches!(seen.life, Life::Trashed | Life::Gone);
        Ok(!sight.of(Side::Notion).is_some_and(is_gone))
    }

    /// The page that follows one which a person put into the trash. What becomes of the item without its page (it is
    /// unlinked, closed, or the page comes back) is decided first, by its own turn.
    async fn heir(&mut self, mut item: Pair, page: &Pair) -> Result<Kin, Trouble> {
        if !matches!(item.life, PairLife::Unlinked(_)) {
            if !self.ask.dry && item.dirty_since.is_none() {
                item.touch(self.now());
                self.commit(&mut item, Vec::new()).await?;
            }
            return Ok(Kin::Unknown);
        }
        // Nothing was ever agreed with the new page: what differs is asked.
        item.notion = None;
        item.base.clear();
        item.seen[Side::Notion as usize] = None;
        item.blocked.clear();
        item.reverted.clear();
        item.conflicts.clear();
        Ok(Kin::Couple {
            issue: Box::new(item),
            page: Box::new(page.clone()),
        })
    }

    /// Has pages looked at again that name this item by hand, where by its plan it is without its page now.
    pub(super) async fn wake_heirs(&mut self, item: &Pair, plan: &Plan) -> Flow<()> {
        let is_without = plan.rows.contains(&(None, Row::I7));
        match item_name(item).filter(|_| is_without) {
            Some(name) => self.wake(name.short()).await,
            None => Ok(()),
        }
    }

    /// The pages without an item that name this one, as they are now.
    async fn pages_named(&mut self, item: &Name) -> Result<Vec<Pair>, Trouble> {
        let named = |page: &Observation| Name::of_page(page).is_some_and(|name| name.means(item));
        let mut pages = self.with_name(item.short(), None).await?;
        pages.retain(|page| page.github.is_none() && page.pending.as_deref().is_some_and(named));
        let pages = self.unowned(pages).await?;
        let is_question = pages.len() > 1;
        let mut found = Vec::new();
        for page in pages {
            let now = self.now();
            let read_at = page.pending.as_ref().map(|row| row.read_at);
            let is_fresh = read_at.is_some_and(|at| now.since(at) < ROW_OLD);
            if is_question || !is_fresh {
                let mut sight = Sight::default();
                let shown = Pair {
                    notion: page.pending.as_ref().map(|row| row.id.clone()),
                    ..page.clone()
                };
                self.read(&shown, &mut sight, Side::Notion).await?;
                let holds = |seen: &Observation| seen.is_live() && named(seen);
                if !sight.of(Side::Notion).is_some_and(holds) {
                    continue;
                }
            }
            found.push(page);
        }
        Ok(found)
    }

    /// Those of these pairs whose page is theirs, or was given up for an item that a crash kept from taking it.
    async fn unowned(&self, pages: Vec<Pair>) -> Flow<Vec<Pair>> {
        let mut found: Vec<Pair> = Vec::new();
        for page in pages {
            let Some(id) = page.pending.as_ref().map(|row| row.id.node.clone()) else {
                continue;
            };
            if page.notion.is_none() {
                let (link, nodes) = (&self.link.spec.name, [id.as_str()]);
                let owners = self.engine.store.by_nodes(link, Side::Notion, &nodes);
                if owners.await?.contains_key(&id) {
                    continue;
                }
            } else if page.life == PairLife::Tombstone {
                continue;
            }
            found.push(page);
        }
        Ok(found)
    }

    /// The pairs that a short name speaks of, as they are now, but for one of them.
    async fn with_name(&mut self, short: &str, but: Option<&PairId>) -> Flow<Vec<Pair>> {
        if self.named.names.is_none() {
            self.named.names = Some(self.read_names().await?);
        }
        let ids = self.named.names.as_ref().and_then(|names| names.get(short));
        let mut pairs = Vec::new();
        for id in ids.into_iter().flatten().filter(|id| Some(*id) != but) {
            pairs.extend(self.engine.store.pair(id).await?);
        }
        Ok(pairs)
    }

    async fn read_names(&self) -> Flow<Names> {
        let (link, store) = (&self.link.spec.name, &self.engine.store);
        let mut names = Names::new();
        if !self.named.is_noted && store.setting(&noted(link)).await?.is_none() {
            return Ok(names);
        }
        let mut after: Option<PairId> = None;
        loop {
            let pairs = store.pairs(link, Which::All, after.as_ref(), 500).await?;
            let Some(last) = pairs.last() else {
                return Ok(names);
            };
            after = Some(last.id.clone());
            for pair in pairs {
                let page = pair.pending.as_deref().and_then(Name::of_page);
                let name = item_name(&pair).or(page);
                if let Some(name) = name {
                    names
                        .entry(name.short().to_owned())
                        .or_default()
                        .push(pair.id);
                }
            }
        }
    }

    /// What a pass would do with kin, for a plan.
    pub(super) async fn foretell(&mut self, pair: &Pair, kin: Kin) -> Result<(), Trouble> {
        let (mut joined, page) = match kin {
            Kin::Question(why) => {
                let plan = Plan {
                    moves: vec![Move::Life(PairLife::Parked(why))],
                    rows: vec![(None, Row::I18)],
                    ..Plan::default()
                };
                self.foresee(pair, plan);
                return Ok(());
            }
            Kin::Couple { issue, page } => (*issue, *page),
            Kin::Surplus(_) | Kin::Copy(_) | Kin::Recovery | Kin::Candidate | Kin::Unknown => {
                return Ok(());
            }
        };
        // An issue that has a turn of its own is told there.
        if joined.id != pair.id && joined.is_due(self.now()) {
            return Ok(());
        }
        joined.notion = page.pending.map(|seen| seen.id).or(page.notion);
        joined.life = PairLife::Active;
        joined.pending = None;
        let mut sight = Sight::default();
        self.look(&joined, &mut sight).await?;
        let mut plan = self.plan_pair(&joined, &sight);
        plan.rows.insert(0, (None, Row::I18));
        self.foresee(&joined, plan);
        Ok(())
    }

    /// Keeps what a plan found of a pair.
    pub(super) fn foresee(&mut self, pair: &Pair, plan: Plan) {
        self.planned.push(Planned {
            pair: pair.id.clone(),
            item: pair.name().to_owned(),
            title: pair.title.clone(),
            plan,
        });
    }

    /// The item asks which of its pages is the one; this one waits for that.
    pub(super) async fn rest_candidate(&mut self, pair: &mut Pair) -> Flow<()> {
        pair.life = PairLife::New;
        pair.dirty_since = None;
        self.commit(pair, Vec::new()).await.map(|_| ())
    }

    /// Sets an object aside until a person says which page is the item's.
    pub(super) async fn ask_which(
        &mut self,
        pair: &mut Pair,
        sight: &Sight,
        why: String,
    ) -> Flow<()> {
        if pair.pending.is_none() {
            let seen = Side::BOTH.into_iter().find_map(|side| sight.of(side));
            pair.pending = seen.cloned().map(Box::new);
        }
        let is_told = pair.life == PairLife::Parked(why.clone());
        pair.life = PairLife::Parked(why.clone());
        pair.dirty_since = None;
        pair.next_try = None;
        let mut records = Vec::new();
        if !is_told {
            self.report.errors.push(format!("{}: {why}", pair.name()));
            let mut record = self.record(pair, RecordKind::Item, Outcome::Failed, "park", &why);
            record.row = Some(Row::I18);
            records.push(record);
        }
        self.commit(pair, records).await.map(|_| ())
    }
}

/// The name of a pair's GitHub object, with its address where that is known.
fn item_name(pair: &Pair) -> Option<Name> {
    let id = pair.github.as_ref()?;
    let url = FieldKey::of("url");
    let pending = pair.pending.as_deref();
    let shown = pending
        .filter(|seen| seen.side == Side::Github)
        .and_then(|seen| seen.field(&url));
    let base = pair.base.get(&url).map(|base| &base.github);
    Name::of_item(id, shown.or(base).map_or("", Value::as_text))
}

/// The question which of several pages is an item's.
fn several(item: &str, pages: &[Pair]) -> String {
    let mut titles: Vec<String> = pages
        .iter()
        .take(NAMED)
        .map(|page| {
            let title: String = page.title.chars().take(40).collect();
            let id = page.notion.as_ref().map_or("", |id| id.node.as_str());
            format!("\"{title}\" ({id})")
        })
        .collect();
    if pages.len() > NAMED {
        titles.push(format!("{} more", pages.len() - NAMED));
    }
    format!(
        "{} pages say that they are of {item}: {}; keep one, and put the others into the trash or empty their URL and \
         Number. It goes on with that one with the next full listing, or at once with `pulse-sync retry`",
        pages.len(),
        titles.join(", ")
    )
}

fn left_out(item: &str) -> Kin {
    Kin::Question(format!(
        "it names {item}, which this link does not keep (closed long ago, outside the selection, or gone); empty its \
         URL and Number to make a new issue of it"
    ))
}
