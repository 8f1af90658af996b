//! Reads what changed and marks it durably, before the cursor moves.

use std::collections::{BTreeMap, BTreeSet};

use super::Clock;
use super::aside::stands_aside;
use super::report::{Event, Stop};
use super::run::{Flow, Run};
use crate::core::guard::{self, Halt, Limits, Reason};
use crate::core::pair::Hold;
use crate::core::schedule::Trouble;
use crate::core::sight::{self, Body, News};
use crate::core::{
    FieldKey, Key, Kind, Name, ObjectId, Observation, Pair, PairId, PairLife, Side, Time, Value,
};
use crate::remote::{ListFrom, Page, Remote, RemoteError};
use crate::store::{Cursor, Store, StoreError, Which};

/// A page at least this long may end a listing early when nothing on it is news.
const FULL_PAGE: usize = 50;
/// A listing of more pages than this has no end.
const PAGES: usize = 20_000;
/// As much as a service's clock may be ahead of ours without a doubt, in milliseconds.
const CLOCKS_APART: i64 = 10_000;
/// A stamp is rounded to its minute, within which rows have no order: that minute counts as over after so long.
const MINUTE_OVER: i64 = 75_000;
/// How often a mark is tried again when somebody else commits the same pair.
const MARK_TRIES: usize = 5;

/// The error of a listing whose following page was read before, or that goes on for ever.
fn endless(pages: usize) -> RemoteError {
    RemoteError::Unclear(format!(
        "the listing has no end: after {} pages the following one is one that was read already, or one too many",
        pages + 1
    ))
}

/// What a run's listings showed, for the guard and the sweep.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) changed: BTreeMap<Side, BTreeSet<PairId>>,
    /// Pairs whose text may have changed; no row showed it.
    pub(super) unread: BTreeMap<Side, BTreeSet<PairId>>,
    /// Sides whose texts were counted.
    pub(super) counted: BTreeSet<Side>,
    /// Some of what waits may have been answered for since the guard was asked last.
    pub(super) may_be_answered: bool,
    /// Pairs that a person answered for since the guard was asked last.
    pub(super) answered: Vec<PairId>,
    cleared: BTreeMap<(Side, FieldKey), BTreeSet<PairId>>,
    swept: BTreeMap<Side, Option<BTreeSet<String>>>,
    /// From when on complete listings showed the commits of a branch, if any did.
    commits_from: Option<Time>,
    /// Whether all pages of Notion were asked for.
    listed_pages: bool,
}

impl Tally {
    /// Counts what a row, or a read, says about a pair.
    pub(super) fn count(&mut self, pair: &Pair, side: Side, news: &News) {
        if pair.hold.is_some() || pair.base.is_empty() {
            return;
        }
        let note = |pairs: &mut BTreeSet<PairId>| pairs.insert(pair.id.clone());
        if news.life || news.edited {
            note(self.changed.entry(side).or_default());
        }
        if news.body == Body::Moved {
            note(self.unread.entry(side).or_default());
        }
        for field in &news.cleared {
            note(self.cleared.entry((side, field.clone())).or_default());
        }
    }
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Lists every stream of both sides, GitHub first, then asks the guard.
    pub(super) async fn observe(&mut self) -> Flow<()> {
        let backlog = self
            .engine
            .store
            .due(
                &self.link.spec.name,
                self.now(),
                self.engine.settings.max_items,
            )
            .await?;
        let busy = backlog.len() >= self.engine.settings.max_items;
        let mut tally = Tally {
            may_be_answered: self.may_be_answered(&backlog, busy).await?,
            ..Tally::default()
        };
        let mut denied: Vec<(Side, Stop)> = Vec::new();
        for (side, stream) in self.streams.clone() {
            match self.observe_stream(side, &stream, busy, &mut tally).await? {
                Some((stop, true)) => return Err(stop),
                Some((stop, false)) => {
                    self.report.unlisted.push(stop.clone());
                    denied.extend(stop.is_denied().then_some((side, stop)));
                }
                None => {}
            }
        }
        for side in Side::BOTH {
            let all = self.streams.iter().filter(|(of, _)| *of == side).count();
            if all > 0 && denied.iter().filter(|(of, _)| *of == side).count() == all {
                // Nothing of this side may be read: that is a matter of login, not of single items.
                let first = denied.into_iter().find(|(of, _)| *of == side);
                return first.map_or(Ok(()), |(_, stop)| Err(stop));
            }
        }
        for side in Side::BOTH {
            if let Some(Some(seen)) = tally.swept.get(&side) {
                self.touch_missing(side, seen, tally.commits_from).await?;
            }
        }
        self.tell_tied();
        self.wake_reworded().await?;
        self.mark_asked_for().await?;
        if tally.listed_pages && !self.ask.dry {
            self.read_bodies_again().await?;
        }
        self.ask_guard(&mut tally).await?;
        if self.saw_held {
            self.remember_held().await?;
        }
        Ok(())
    }

    pub(super) fn now(&self) -> Time {
        self.engine.clock.now()
    }

    pub(super) fn cursor_name(&self, side: Side, stream: &str) -> String {
        format!("{}/{}/{stream}", self.link.spec.name, side.name())
    }

    /// Lists one stream. Gives the stop that an error asks for, and whether it concerns the whole side; one of this
    /// stream alone is noted.
    async fn observe_stream(
        &mut self,
        side: Side,
        stream: &str,
        busy: bool,
        tally: &mut Tally,
    ) -> Flow<Option<(Stop, bool)>> {
        let name = self.cursor_name(side, stream);
        let stored = self.engine.store.cursor(&name).await?;
        let mut cursor = stored.clone().unwrap_or_default();
        let now = self.now();
        let settings = &self.engine.settings;
        let recent = cursor
            .polled_at
            .is_some_and(|at| (0..settings.observe_rest).contains(&now.since(at)));
        let sweep = self.ask.sweep
            || self.unpaused
            || cursor
                .swept_at
                .is_none_or(|at| now.since(at) >= settings.sweep_every || at > now);
        if busy && recent && !self.ask.forced && !self.ask.sweep && !self.unpaused {
            return Ok(None);
        }
        match self
            .read_stream(side, stream, &mut cursor, sweep, tally)
            .await?
        {
            Ok(0) => self.recovered(&format!("{}/{stream}", side.name())).await?,
            Ok(unread) => self.rows_unread(side, stream, unread).await?,
            Err(error) => {
                tally.swept.insert(side, None);
                if stored.is_none() {
                    self.unread.insert((side, stream.to_owned()));
                }
                let stop = self.stream_failed(side, stream, &error).await?;
                return Ok(Some((stop, error.is_side_wide())));
            }
        }
        cursor.polled_at = Some(now);
        let moved = stored.is_none_or(|old| {
            let newest = cursor.stamp;
            let is_over = |at: Time| newest.is_some_and(|stamp| at.since(stamp) >= MINUTE_OVER);
            let is_old = old
                .polled_at
                .is_none_or(|at| now.since(at) >= MINUTE_OVER || is_over(at) != is_over(now));
            let polled_at = cursor.polled_at;
            is_old || Cursor { polled_at, ..old } != cursor
        });
        if !self.ask.dry && (moved || busy) {
            self.engine.store.put_cursor(&name, &cursor).await?;
        }
        Ok(None)
    }

    /// Reads page after page. The cursor changes only after every row was marked. Gives how many rows could not be read.
    async fn read_stream(
        &mut self,
        side: Side,
        stream: &str,
        cursor: &mut Cursor,
        sweep: bool,
        tally: &mut Tally,
    ) -> Flow<Result<u64, RemoteError>> {
        let settings = &self.engine.settings;
        let step_back = settings.overlap + settings.list_lag;
        let deep = cursor
            .shallow_since
            .is_some_and(|since| !(0..settings.list_lag).contains(&self.now().since(since)));
        // Only a sweep asks without a time: then rows may come in any order. A side that was empty when it was swept
        // has no stamp, and is asked from the first day on, newest change first, as an early end needs it.
        let mut from = ListFrom {
            since: (!sweep).then(|| {
                cursor
                    .stamp
                    .map_or(Time::default(), |stamp| stamp.minus(step_back))
            }),
            tag: cursor
                .tag
                .clone()
                .filter(|_| !sweep && cursor.shallow_since.is_none()),
            page: None,
            rows: Some(self.ask.batch.page).filter(|rows| *rows < 100),
        };
        let depth = match (sweep, deep) {
            (true, _) => Depth::Sweep,
            (false, true) => Depth::Deep,
            (false, false) => Depth::Shallow,
        };
        // Whether this stream was read before, so that an item is new only if it was made since.
        let polled = cursor.stamp.is_some();
        let mut walk = Walk {
            depth,
            polled: cursor.polled_at,
            now: self.now(),
            ..Walk::default()
        };
        let mut read = BTreeSet::new();
        loop {
            let page = match self.list(side, stream, &from).await {
                Ok(page) => page,
                Err(error) => return Ok(Err(error)),
            };
            if page.unchanged {
                return Ok(Ok(0));
            }
            let news = self.mark_page(side, &page, (sweep, polled), tally).await?;
            walk.take(&page, news);
            (self.engine.sink)(Event::Listed {
                stream: stream.to_owned(),
                rows: walk.rows,
            });
            match page.next {
                Some(next) if !walk.ends_early => {
                    if read.len() >= PAGES || !read.insert(next.clone()) {
                        return Ok(Err(endless(read.len())));
                    }
                    from.page = Some(next);
                }
                _ => break,
            }
        }
        let unread = walk.unread;
        self.settle_cursor(side, cursor, walk, tally);
        Ok(Ok(unread))
    }

    fn settle_cursor(&self, side: Side, cursor: &mut Cursor, walk: Walk, tally: &mut Tally) {
        if walk.ends_early && walk.unread == 0 {
            cursor.shallow_since.get_or_insert(self.now());
            cursor.tag = None;
            return;
        }
        tally.listed_pages |= side == Side::Notion && walk.depth == Depth::Sweep;
        cursor.stamp = cursor.stamp.max(walk.newest);
        cursor.tag = walk.tag;
        cursor.shallow_since = None;
        if walk.depth == Depth::Sweep && !walk.cut {
            cursor.swept_at = Some(self.now());
            if walk.partial {
                // What is missing is not missing: it could not be listed.
                tally.swept.insert(side, None);
                return;
            }
            if let Some(seen) = tally
                .swept
                .entry(side)
                .or_insert_with(|| Some(BTreeSet::new()))
            {
                seen.extend(walk.nodes);
            }
            if walk.commits {
                let from = walk.window.unwrap_or(Time(i64::MIN));
                tally.commits_from = tally.commits_from.max(Some(from));
            }
        } else {
            tally.swept.insert(side, None);
            if walk.cut {
                // Changed rows are missing: the next run asks for everything.
                cursor.swept_at = None;
                cursor.tag = None;
            }
        }
    }

    /// Marks what a page shows to be new. Returns how many rows were news.
    async fn mark_page(
        &mut self,
        side: Side,
        page: &Page,
        (sweep, polled): (bool, bool),
        tally: &mut Tally,
    ) -> Flow<usize> {
        if self.engine.stop.is_told() {
            // The cursor stays: the next run lists it again.
            return Err(Stop::Ending);
        }
        let nodes: Vec<&str> = page.rows.iter().map(|row| row.id.node.as_str()).collect();
        let mut known = self
            .engine
            .store
            .by_nodes(&self.link.spec.name, side, &nodes)
            .await?;
        let linked: Vec<&str> = page
            .rows
            .iter()
            .filter_map(|row| row.linked_node.as_deref())
            .collect();
        let owners = if linked.is_empty() {
            BTreeMap::new()
        } else {
            self.engine
                .store
                .by_nodes(&self.link.spec.name, Side::Github, &linked)
                .await?
        };
        self.note_named(page).await?;
        let mut marks = Vec::new();
        for row in &page.rows {
            let mark = match known.remove(&row.id.node) {
                Some(mut pair) => {
                    // A dry pass finds the pairs as they were before their fields moved.
                    self.places.fit(&mut pair);
                    self.mark_known(pair, row, (sweep, &owners), tally)
                }
                None => self.mark_new(row, &owners, polled),
            };
            marks.extend(mark);
        }
        let news = marks.len();
        self.put_marks(marks).await?;
        Ok(news)
    }

    fn mark_known(
        &mut self,
        mut pair: Pair,
        row: &Observation,
        (sweep, owners): (bool, &BTreeMap<String, Pair>),
        tally: &mut Tally,
    ) -> Option<Pair> {
        if sweep {
            sight::reread_unsure_text(&mut pair, row);
        }
        if pair.github.is_none() && row.side == Side::Notion {
            // A page that a person made is what the person says it is.
            pair.kind = row.kind;
        }
        // Its property says something else than it is: it is read by itself, as what it is.
        let is_renamed = pair.kind != row.kind;
        let spec = &self.link.spec;
        let again = if sweep { spec.rules.refused_again } else { 0 };
        let mut news = sight::news(&pair, row, &spec.mapping, again);
        // A text that may have been edited right before our own write is read again by sweeps, not by every poll.
        if !sweep && sight::is_own_echo(&pair, row) {
            news.body = Body::Known;
        }
        let is_reselected = sweep && self.changes_selection(&pair, row);
        self.note_untold(&pair, row);
        if !news.is_any() && !is_renamed && !is_reselected {
            if pair.hold.is_some() {
                self.saw_held = true;
                // Somebody took a change back that the guard asks about.
                let key = (row.side, row.id.node.clone());
                self.rows.insert(key, row.clone());
            }
            return None;
        }
        if pair.github.is_none() {
            self.note_reworded(&pair, row);
        }
        match pair.life {
            PairLife::Parked(_) if is_surplus(&pair, row, owners) => return None,
            PairLife::Tombstone if !row.is_live() => return None,
            PairLife::Tombstone => {
                pair.life =
                    PairLife::Unlinked("its partner was deleted, then it came back".to_owned());
            }
            PairLife::Parked(_) => {
                pair.life = if pair.notion.is_some() && pair.github.is_some() {
                    PairLife::Active
                } else {
                    PairLife::New
                }
            }
            PairLife::Active => tally.count(&pair, row.side, &news),
            PairLife::New | PairLife::Unlinked(_) => {}
        }
        self.saw_held |= pair.hold.is_some();
        let is_new = matches!(pair.life, PairLife::New);
        if is_new {
            pair.pending = Some(Box::new(row.clone()));
        } else if !is_renamed {
            self.rows
                .insert((row.side, row.id.node.clone()), row.clone());
        }
        let is_first = pair.dirty_since.is_none();
        let to = Some(row.side.other());
        pair.heading = to.filter(|_| is_first || pair.heading == to);
        *pair.object_mut(row.side) = Some(row.id.clone());
        pair.next_try = pair.next_try.filter(|_| !is_new);
        pair.note_title(row);
        pair.touch(row.read_at);
        Some(pair)
    }

    fn mark_new(
        &mut self,
        row: &Observation,
        owners: &BTreeMap<String, Pair>,
        polled: bool,
    ) -> Option<Pair> {
        let now = self.now();
        if !row.is_live() || (row.side == Side::Github && !self.link.wants_new(row, now)) {
            return None;
        }
        // I3: an issue that an open create may have made is recovery's to find.
        if row.created_by_us
            && row
                .marker
                .as_ref()
                .is_some_and(|key| self.open_creates.contains(key))
        {
            return None;
        }
        let id = PairId(self.engine.new_id());
        let key = match row.side {
            Side::Notion => Key::of_page(&row.id.node),
            Side::Github => Key(format!(
                "{:016x}{:016x}",
                self.engine.clock.random(),
                self.engine.clock.random()
            )),
        };
        let mut pair = Pair::first_seen(id, key, &self.link.spec.name, row, now);
        pair.dirty_since = Some(row.read_at);
        let Some(node) = &row.linked_node else {
            // An old item that suddenly appears may be a late row of one that was moved away: it is read itself.
            // One from the future is as doubtful: our clock is behind the service's.
            let lag = self.engine.settings.list_lag;
            let young = -CLOCKS_APART..=lag;
            let is_old = row
                .created
                .is_some_and(|at| !young.contains(&row.read_at.since(at)));
            if row.side == Side::Github && is_old && polled {
                pair.pending = None;
            }
            return Some(pair);
        };
        match owners.get(node) {
            // A page that an open create may have made is recovery's to find.
            Some(owner) if owner.intent.is_some() => None,
            Some(owner) if owner.notion.is_none() => {
                self.note_tied(row);
                Some(self.attach(owner.clone(), row))
            }
            // A second page of an item: its turn sets it aside if it is ours (I4); a copy by hand is a page (I15).
            Some(_) => Some(pair),
            None => {
                self.note_tied(row);
                pair.github = Some(ObjectId {
                    node: node.clone(),
                    locator: locator_of(row),
                });
                pair.life = PairLife::Active;
                pair.pending = None;
                Some(pair)
            }
        }
    }

    /// A page that carries the id of an item without a page: the store was lost, or the page is older than it.
    fn attach(&mut self, mut owner: Pair, row: &Observation) -> Pair {
        owner.notion = Some(row.id.clone());
        owner.life = PairLife::Active;
        owner.pending = None;
        owner.touch(row.read_at);
        self.rows
            .insert((row.side, row.id.node.clone()), row.clone());
        owner
    }

    /// Commits marks; one that lost against another commit is made again on what that commit left.
    pub(super) async fn put_marks(&mut self, marks: Vec<Pair>) -> Flow<()> {
        let mut marks = marks;
        for _ in 0..MARK_TRIES {
            if marks.is_empty() {
                return Ok(());
            }
            let answers = self.engine.store.put_all(&marks).await?;
            let mut again = Vec::new();
            for (pair, answer) in marks.into_iter().zip(answers) {
                match answer {
                    Ok(_) | Err(StoreError::Duplicate(_)) => {}
                    Err(StoreError::Stale) => {
                        if let Some(mut pair) = self.engine.store.pair(&pair.id).await? {
                            pair.touch(self.now());
                            again.push(pair);
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            marks = again;
        }
        if marks.is_empty() {
            Ok(())
        } else {
            Err(Stop::Store {
                trouble: Trouble::Unreachable,
                message: "the same items are changed by somebody else all the time".to_owned(),
            })
        }
    }

    /// The item that is asked for by name is looked at, whatever the listings say; that there is none is said.
    async fn mark_asked_for(&mut self) -> Flow<()> {
        let Some(wanted) = &self.ask.item else {
            return Ok(());
        };
        let now = self.now();
        let mut after: Option<PairId> = None;
        let mut marks = Vec::new();
        loop {
            let link = &self.link.spec.name;
            let pairs = self
                .engine
                .store
                .pairs(link, Which::All, after.as_ref(), 500)
                .await?;
            let Some(last) = pairs.last() else { break };
            after = Some(last.id.clone());
            let named = pairs.into_iter().filter(|pair| pair.goes_by(wanted));
            marks.extend(named.map(|mut pair| {
                super::answers::try_anew(&mut pair);
                // Its texts are read, however well they are known.
                for stamp in pair.seen.iter_mut().flatten() {
                    stamp.settled = false;
                }
                pair.touch(now);
                pair
            }));
        }
        if marks.is_empty() {
            let note =
                format!("there is no item {wanted} in this link; is it spelt owner/repo#12?");
            self.report.notes.push(note);
        }
        self.put_marks(marks).await
    }

    /// A pair that a complete listing does not show is only looked at; a read of it decides. Of commits, which leave a
    /// listing by their age, those from before `commits_from` are left alone.
    async fn touch_missing(
        &mut self,
        side: Side,
        seen: &BTreeSet<String>,
        commits_from: Option<Time>,
    ) -> Flow<()> {
        let shows_orphans = self
            .link
            .spec
            .mapping
            .field(Kind::Commit, &FieldKey::ORPHANED)
            .is_some();
        let commits_from = commits_from.filter(|_| shows_orphans && side == Side::Github);
        let mut after: Option<PairId> = None;
        loop {
            let pairs = self
                .engine
                .store
                .pairs(&self.link.spec.name, Which::All, after.as_ref(), 500)
                .await?;
            let Some(last) = pairs.last() else {
                return Ok(());
            };
            after = Some(last.id.clone());
            let is_listed =
                |pair: &Pair| pair.object(side).is_none_or(|id| seen.contains(&id.node));
            if side == Side::Notion {
                let aside = pairs
                    .iter()
                    .filter(|pair| !is_listed(pair) && stands_aside(pair));
                self.untold.extend(aside.map(|pair| pair.id.clone()));
            }
            let missing = pairs.into_iter().filter(|pair| {
                !is_listed(pair)
                    && (side == Side::Notion
                        || pair.kind != Kind::Commit
                        || may_be_orphaned(pair, commits_from))
                    && (pair.life == PairLife::Active || is_named_page(pair))
                    && pair.intent.is_none()
            });
            // First of all: an item that moved has to be followed before its new place is taken for a new item.
            let (first, now) = (Time::default(), self.now());
            let marks: Vec<Pair> = missing
                .map(|mut pair| {
                    let is_alone = pair.github.is_none();
                    pair.touch(if is_alone { now } else { first });
                    pair
                })
                .collect();
            self.put_marks(marks).await?;
        }
    }

    pub(super) fn guard_limits(&self) -> Limits {
        let settings = &self.engine.settings;
        Limits {
            trashes: settings.guard_trashes,
            trash_percent: settings.guard_trash_percent,
            change_percent: settings.guard_change_percent,
            clear_percent: settings.guard_clear_percent,
            floor: settings.guard_floor,
        }
    }

    async fn ask_guard(&mut self, tally: &mut Tally) -> Flow<()> {
        let active = usize::try_from(self.engine.store.counts(&self.link.spec.name).await?.active)
            .unwrap_or(usize::MAX);
        self.note_answered(tally).await?;
        self.count_texts(active, tally).await?;
        let limits = self.guard_limits();
        for (side, pairs) in &tally.changed {
            if guard::changes_need_word(&limits, active, pairs.len()) {
                let note = format!(
                    "{} of {active} items changed on {} at once",
                    pairs.len(),
                    side.name()
                );
                self.halt(Reason::Changes, *side, &note, pairs).await?;
            }
        }
        for ((side, field), pairs) in &tally.cleared {
            if guard::clears_need_word(&limits, active, pairs.len()) {
                let note = format!(
                    "{field} was emptied on {} of {active} items on {} at once",
                    pairs.len(),
                    side.name()
                );
                self.halt(Reason::Cleared, *side, &note, pairs).await?;
            }
        }
        self.answers_are_counted(tally).await?;
        self.texts_are_counted(tally).await
    }

    /// Whether so many removals may not be carried out without a person's word.
    pub(super) async fn removals_need_word(&self, removals: usize) -> Flow<bool> {
        let active = usize::try_from(self.engine.store.counts(&self.link.spec.name).await?.active)
            .unwrap_or(usize::MAX);
        Ok(guard::trashes_need_word(
            &self.guard_limits(),
            active,
            removals,
        ))
    }

    /// Holds pairs until a person agrees. A pair that a person agreed to already is not held again.
    pub(super) async fn halt(
        &mut self,
        reason: Reason,
        side: Side,
        note: &str,
        pairs: &BTreeSet<PairId>,
    ) -> Flow<()> {
        let halt = Halt {
            id: format!("h{:08x}", self.engine.clock.random() & 0xffff_ffff),
            reason,
            side,
            note: note.to_owned(),
            pairs: pairs.iter().cloned().collect(),
            since: self.now(),
        };
        for id in pairs {
            let Some(mut pair) = self.engine.store.pair(id).await? else {
                continue;
            };
            if pair.hold.is_some() {
                continue;
            }
            pair.hold = Some(Hold {
                halt: halt.id.clone(),
                reason: note.to_owned(),
                agreed: false,
            });
            self.put_marks(vec![pair]).await?;
        }
        let text = serde_json::to_string(&halt).unwrap_or_default();
        self.engine
            .store
            .put_setting(&format!("halt/{}", halt.id), Some(&text))
            .await?;
        self.saw_held = true;
        self.report.notes.push(format!("held: {note}"));
        (self.engine.sink)(Event::Halted(Box::new(halt)));
        Ok(())
    }
}

/// How far a listing goes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Depth {
    /// Until a whole page is no news.
    #[default]
    Shallow,
    /// Back to the cursor.
    Deep,
    /// Everything.
    Sweep,
}

/// How a listing went so far.
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts about one listing that have nothing to do with each other"
)]
#[derive(Default)]
struct Walk {
    depth: Depth,
    /// When the stream was listed before.
    polled: Option<Time>,
    /// When this one began.
    now: Time,
    newest: Option<Time>,
    tag: Option<String>,
    nodes: Vec<String>,
    rows: u64,
    cut: bool,
    /// Rows that could not be read.
    unread: u64,
    partial: bool,
    ends_early: bool,
    /// It showed commits, back to this time.
    commits: bool,
    window: Option<Time>,
}

impl Walk {
    fn take(&mut self, page: &Page, news: usize) {
        let stamps = page
            .rows
            .iter()
            .filter_map(|row| row.stamp.as_ref())
            .map(|stamp| stamp.at);
        let oldest = stamps.clone().min();
        self.newest = self.newest.max(stamps.max());
        if self.rows == 0 {
            self.tag.clone_from(&page.tag);
        }
        self.rows += page.rows.len() as u64;
        self.cut |= page.cut;
        self.unread += page.unread;
        self.commits |= page.rows.iter().any(|row| row.kind == Kind::Commit);
        self.window = page.window;
        self.partial |= page.partial;
        if self.depth == Depth::Sweep {
            self.nodes
                .extend(page.rows.iter().map(|row| row.id.node.clone()));
        }
        self.ends_early = self.depth == Depth::Shallow
            && news == 0
            && page.rows.len() >= FULL_PAGE
            && page.next.is_some()
            && self.has_read_newest(oldest);
    }

    /// Whether no row with the newest stamp can follow that no listing showed: rows down to `oldest` were read, or that
    /// minute was over when the last listing was made, which then read all of it. While it lasts a listing may end: the
    /// first one after it reads it whole.
    fn has_read_newest(&self, oldest: Option<Time>) -> bool {
        let is_over = |at: Time, newest| at.since(newest) >= MINUTE_OVER;
        let is_settled = |newest| {
            let was_over = self.polled.is_some_and(|at| is_over(at, newest));
            was_over || !is_over(self.now, newest)
        };
        oldest < self.newest || self.newest.is_none_or(is_settled)
    }
}

/// Whether a commit that its branch's listing lacks should be looked at: it is young enough to be listed, and is not
/// known to be orphaned.
fn may_be_orphaned(pair: &Pair, commits_from: Option<Time>) -> bool {
    let is_known = pair
        .base
        .get(&FieldKey::ORPHANED)
        .is_some_and(|base| base.github == Value::Bool(true));
    let at = pair.seen(Side::Github).map(|stamp| stamp.at);
    !is_known && commits_from.is_some_and(|from| at.is_some_and(|at| at >= from))
}

/// Whether it is a page alone that names an item by hand: the item's question may be answered by its going.
fn is_named_page(pair: &Pair) -> bool {
    let is_over = matches!(pair.life, PairLife::Tombstone | PairLife::Unlinked(_));
    let names = || pair.pending.as_deref().and_then(Name::of_page).is_some();
    pair.github.is_none() && !is_over && names()
}

/// Whether a page of ours names an item that has another page: then it waits for a person, edited or not.
fn is_surplus(pair: &Pair, row: &Observation, owners: &BTreeMap<String, Pair>) -> bool {
    let owner = row.linked_node.as_ref().and_then(|node| owners.get(node));
    pair.github.is_none()
        && row.created_by_us
        && owner.is_some_and(|owner| owner.id != pair.id && owner.notion.is_some())
}

/// Where a page says that its issue is: from its mirrored repository and number.
fn locator_of(row: &Observation) -> String {
    let repository = row.field(&FieldKey::REPOSITORY).map_or("", Value::as_text);
    match row.field(&FieldKey::of("number")) {
        Some(Value::Number(number)) if !repository.is_empty() => format!("{repository}#{number}"),
        _ => row.linked_node.clone().unwrap_or_default(),
    }
}
