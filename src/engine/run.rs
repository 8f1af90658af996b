//! One pass over a link: recover, observe, guard, take turns, record.

use std::collections::{BTreeMap, BTreeSet};

use super::adopt::Named;
use super::denied::Denials;
use super::kin::Keys;
use super::publish;
use super::report::{Event, Report, Stop};
use super::{Clock, Ending, Link, Settings};
use crate::core::places::Places;
use crate::core::plan::{Move, Plan};
use crate::core::schedule::Batch;
use crate::core::{
    FieldKey, Key, Observation, Outcome, Pair, PairId, PairLife, Record, RecordKind, Row, Side,
    Step, Time,
};
use crate::remote::Remote;
use crate::store::{Store, StoreError, Which};

/// What a run is asked to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Plan only; nothing is written to either side.
    pub dry: bool,
    /// List everything, however recent the last listing is.
    pub sweep: bool,
    /// Somebody waits for it: resting and debouncing are skipped, never settling.
    pub forced: bool,
    /// Only this item (`owner/repo#12`).
    pub item: Option<String>,
    /// Only these pairs: what is left of a plan after some steps were switched off.
    pub only: Option<BTreeSet<PairId>>,
    /// How much it may do.
    pub batch: Batch,
    /// Why it comes now, for its record; none for what needs no word.
    pub why: Option<String>,
}

/// The planned writes of one pair, for a dry run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The pair's id.
    pub pair: PairId,
    /// The item's name for people.
    pub item: String,
    /// Its title.
    pub title: String,
    /// What would be done.
    pub plan: Plan,
}

impl Planned {
    /// Why the item would be set aside for a person, with what to do.
    pub fn question(&self) -> Option<&str> {
        self.plan.moves.iter().find_map(|mv| match mv {
            Move::Life(PairLife::Parked(why)) => Some(why.as_str()),
            _ => None,
        })
    }

    /// Whether a page that a person made would become the item's.
    pub fn is_adopted(&self) -> bool {
        self.question().is_none() && self.plan.rows.contains(&(None, Row::I18))
    }
}

/// The engine: everything that a run needs besides its link.
pub struct Engine<S, C> {
    /// What is remembered.
    pub store: S,
    /// Time and chance.
    pub clock: C,
    /// Waiting times and thresholds.
    pub settings: Settings,
    /// Who we are among several instances.
    pub holder: String,
    /// Told of each thing that happens.
    pub sink: Box<dyn Fn(Event)>,
    /// Ends the run at the next commit boundary, for a shutdown.
    pub stop: Ending,
    /// Nothing may be written to either side, whatever is asked for.
    pub read_only: bool,
}

/// The state of one run.
pub(super) struct Run<'a, G, N, S, C> {
    pub(super) engine: &'a Engine<S, C>,
    pub(super) link: &'a Link<G, N>,
    pub(super) ask: &'a Ask,
    pub(super) id: String,
    pub(super) started: Time,
    pub(super) report: Report,
    /// Rows of paired items that this run's listings showed to be changed.
    pub(super) rows: BTreeMap<(Side, String), Observation>,
    /// Keys of creates that were open when the run began.
    pub(super) open_creates: BTreeSet<Key>,
    /// The user has paused: this run reads and marks only.
    pub(super) only_watches: bool,
    /// The listings showed something of what the guard holds.
    pub(super) saw_held: bool,
    pub(super) paused: BTreeSet<FieldKey>,
    /// Why, with what to do.
    pub(super) why_paused: BTreeMap<FieldKey, String>,
    /// A field was paused in an earlier run and is not any more: everything is listed, to find what changed meanwhile.
    pub(super) unpaused: bool,
    /// Where the fields are kept in Notion.
    pub(super) places: Places,
    pub(super) streams: Vec<(Side, String)>,
    /// Streams of which no listing was ever read to its end: what they hold is not known at all.
    pub(super) unread: BTreeSet<(Side, String)>,
    /// Which pairs a key speaks of, once it was asked.
    pub(super) keys: Option<Keys>,
    /// Pages that name an item by hand.
    pub(super) named: Named,
    /// Pages that were set aside and may not say so yet.
    pub(super) untold: BTreeSet<PairId>,
    /// Sides of which a stream could not be listed: nothing new is made there in this run.
    pub(super) blind: BTreeSet<Side>,
    /// What a service denied in this run.
    pub(super) denials: Denials,
    pub(super) writes_left: usize,
    pub(super) doubts: usize,
    pub(super) failures: usize,
    /// The side of which the last of these answers came.
    pub(super) failed_on: Option<Side>,
    /// Trashes and closes, carried out last, if the guard lets them.
    pub(super) removals: Vec<(Pair, Step, Observation)>,
    /// Issues that would be the first ones in a public repository, by that: asked about at the end.
    pub(super) asks: BTreeMap<String, Vec<publish::Asked>>,
    /// Whether issues may be made in a repository, as far as this run knows, by its name in lower case.
    pub(super) may_publish: BTreeMap<String, bool>,
    /// The pair whose write waited for a limit that has passed since: it has one more turn in this run.
    pub(super) waited_out: Option<PairId>,
    pub(super) planned: Vec<Planned>,
    /// GitHub objects that moved, as a plan follows them: the pairs of their new places would give way.
    pub(super) foreseen: BTreeSet<String>,
    /// How far the wall clock is ahead of the elapsed time, as this run knows it.
    pub(super) ahead: i64,
    records: u64,
    lease: Keeping,
}

/// What becomes of the lease when a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// It is given back.
    GivesBack,
    /// Whoever lets the run begin keeps it.
    Keeps,
}

/// How a part of a run ends early.
pub(super) type Flow<T> = Result<T, Stop>;

/// How many unclear writes are asked when they are looked into again.
const DOUBTS: usize = 100;

/// The name of the durable pause switch.
pub const PAUSE: &str = "pause";

/// The setting that says which fields of a link are paused, and why: a JSON object of texts by field.
pub fn why_paused(link: &str) -> String {
    format!("why_paused/{link}")
}

/// The lease of a link: who has it runs it.
pub fn lease_name(link: &str) -> String {
    format!("link/{link}")
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// Runs one pass over a link.
    pub async fn run<G: Remote, N: Remote>(&self, link: &Link<G, N>, ask: &Ask) -> Report {
        self.pass(link, ask, Keeping::GivesBack).await.0
    }

    /// Plans one pass over a link and writes nothing to either side.
    pub async fn plan<G: Remote, N: Remote>(
        &self,
        link: &Link<G, N>,
        ask: &Ask,
    ) -> (Report, Vec<Planned>) {
        let ask = Ask {
            dry: true,
            ..ask.clone()
        };
        self.pass(link, &ask, Keeping::GivesBack).await
    }

    /// One pass; a dry one plans only, and needs no lease. Others give it back, unless the caller keeps it.
    pub(super) async fn pass<G: Remote, N: Remote>(
        &self,
        link: &Link<G, N>,
        ask: &Ask,
        lease: Keeping,
    ) -> (Report, Vec<Planned>) {
        let id = self.new_id();
        let started = self.clock.now();
        let mut run = Run {
            started,
            engine: self,
            link,
            ask,
            report: Report {
                run: id.clone(),
                link: link.spec.name.clone(),
                ..Report::default()
            },
            id,
            rows: BTreeMap::new(),
            open_creates: BTreeSet::new(),
            only_watches: false,
            saw_held: false,
            paused: BTreeSet::new(),
            why_paused: BTreeMap::new(),
            unpaused: false,
            places: Places::default(),
            streams: Vec::new(),
            unread: BTreeSet::new(),
            keys: None,
            named: Named::default(),
            untold: BTreeSet::new(),
            blind: BTreeSet::new(),
            denials: Denials::default(),
            writes_left: Batch::of(ask.batch.items, self.settings.max_items),
            doubts: 0,
            failures: 0,
            failed_on: None,
            removals: Vec::new(),
            asks: BTreeMap::new(),
            may_publish: BTreeMap::new(),
            waited_out: None,
            planned: Vec::new(),
            foreseen: BTreeSet::new(),
            ahead: 0,
            records: 0,
            lease,
        };
        let made = (link.github.budget().made, link.notion.budget().made);
        (self.sink)(Event::RunStarted {
            run: run.id.clone(),
            link: link.spec.name.clone(),
        });
        // A run's state is large; it would be copied into every future that waits for one.
        if let Err(stop) = Box::pin(run.go()).await {
            run.report.stopped = Some(stop);
        }
        run.report.note_unlisted();
        run.report.requests.github = link.github.budget().made.saturating_sub(made.0);
        run.report.requests.notion = link.notion.budget().made.saturating_sub(made.1);
        run.close(started).await;
        (run.report, run.planned)
    }

    /// Commits a pair with a record, and tells the sink of it.
    pub(super) async fn commit_with(&self, pair: &Pair, record: Record) -> Result<u64, StoreError> {
        let rev = self.store.put(pair, std::slice::from_ref(&record)).await?;
        (self.sink)(Event::Recorded(Box::new(record)));
        Ok(rev)
    }

    /// A new id: time first, so that ids sort by age, then chance.
    pub fn new_id(&self) -> String {
        let now = self.clock.now().0.max(0);
        format!(
            "{now:012x}{:04x}{:016x}",
            self.clock.random() & 0xffff,
            self.clock.random()
        )
    }

    /// The delay before the next attempt: full jitter below a bound that doubles with each failure.
    pub(super) fn back_off(&self, tries: u32) -> i64 {
        let bound = self
            .settings
            .retry_base
            .saturating_mul(1 << tries.min(20))
            .min(self.settings.retry_max)
            .max(1);
        let drawn = self.clock.random() % u64::try_from(bound).unwrap_or(1);
        self.settings.retry_base / 2 + i64::try_from(drawn).unwrap_or(0)
    }
}

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    async fn go(&mut self) -> Flow<()> {
        if self.engine.read_only && !self.ask.dry {
            return Err(Stop::Paused);
        }
        self.only_watches = !self.ask.dry && self.engine.store.setting(PAUSE).await?.is_some();
        if self.ask.dry {
            self.engine.store.plan_begins(&self.link.spec.name).await?;
            let result = self.work().await;
            self.engine.store.plan_ends();
            return result;
        }
        self.take_lease().await?;
        let result = if self.only_watches {
            self.watch().await
        } else {
            self.work().await
        };
        if self.lease == Keeping::Keeps {
            return result;
        }
        let lease = self.lease_name();
        self.engine
            .store
            .release(&lease, &self.engine.holder)
            .await?;
        result
    }

    /// What a pass does while the user has paused: it reads what changed and marks it, so that the queue shows what
    /// waits. Nothing is written to either side, open intents included.
    async fn watch(&mut self) -> Flow<()> {
        match self.look_only().await {
            Ok(()) => Err(Stop::Paused),
            // The pause is what keeps the pass from its work; what could not be read is told beside it.
            Err(Stop::Side { message, .. }) => {
                self.report.errors.push(message);
                Err(Stop::Paused)
            }
            Err(stop) => Err(stop),
        }
    }

    async fn look_only(&mut self) -> Flow<()> {
        self.open_sides().await?;
        self.compare_paused().await?;
        self.mind_the_clock().await?;
        self.note_open_creates().await?;
        self.observe().await?;
        self.sides_answered().await
    }

    async fn work(&mut self) -> Flow<()> {
        self.open_sides().await?;
        self.compare_paused().await?;
        if !self.ask.dry {
            self.mind_the_clock().await?;
            self.recover().await?;
        }
        self.observe().await?;
        self.sides_answered().await?;
        self.take_note_of_changes().await?;
        self.keep_paused().await?;
        self.report.fields_off = self.paused.len() as u64;
        self.wake_allowed().await?;
        let turns = self.take_turns().await;
        self.ask_to_publish().await?;
        turns?;
        self.tell_untold().await?;
        self.remove().await?;
        self.writes_answered().await
    }

    fn lease_name(&self) -> String {
        lease_name(&self.link.spec.name)
    }

    /// Takes or renews the lease. It only saves work; what keeps several instances safe is the pair's `rev`.
    pub(super) async fn take_lease(&self) -> Flow<()> {
        let engine = self.engine;
        let now = engine.clock.now();
        let lease = engine
            .store
            .lease(
                &self.lease_name(),
                &engine.holder,
                now,
                engine.settings.lease_ttl,
            )
            .await?;
        if lease.holder == engine.holder {
            Ok(())
        } else {
            Err(Stop::Busy {
                holder: lease.holder,
                until: lease.until,
            })
        }
    }

    async fn take_turns(&mut self) -> Flow<()> {
        let mut seen: BTreeSet<PairId> = BTreeSet::new();
        let mut again: BTreeSet<PairId> = BTreeSet::new();
        loop {
            let now = self.engine.clock.now();
            let due = self
                .engine
                .store
                .due(&self.link.spec.name, now, 64 + seen.len().min(10_000))
                .await?;
            let fresh: Vec<Pair> = due
                .into_iter()
                .filter(|pair| !seen.contains(&pair.id))
                .take(64)
                .collect();
            if fresh.is_empty() {
                return Ok(());
            }
            for pair in fresh {
                seen.insert(pair.id.clone());
                if self.is_asked_for(&pair) {
                    self.check_limits(&pair).await?;
                    self.report.turns += 1;
                    self.turn(pair).await?;
                }
                if let Some(id) = self.waited_out.take()
                    && again.insert(id.clone())
                {
                    seen.remove(&id);
                }
            }
        }
    }

    pub(super) fn is_asked_for(&self, pair: &Pair) -> bool {
        self.ask
            .item
            .as_ref()
            .is_none_or(|item| pair.name().eq_ignore_ascii_case(item))
            && self
                .ask
                .only
                .as_ref()
                .is_none_or(|only| only.contains(&pair.id))
    }

    pub(super) async fn check_limits(&mut self, pair: &Pair) -> Flow<()> {
        if self.ask.dry {
            return Ok(());
        }
        let settings = &self.engine.settings;
        if self.writes_left == 0 {
            return Err(Stop::MaxItems);
        }
        if self.doubts >= settings.doubt_max {
            return Err(Stop::InDoubt);
        }
        if self.failures >= settings.doubt_max {
            let message = format!(
                "{} items in a row failed; the last was {}",
                self.failures,
                pair.name()
            );
            return Err(Stop::Side {
                side: self.failed_on.unwrap_or(Side::Notion),
                class: "unclear",
                message,
            });
        }
        if self.engine.stop.is_told() {
            return Err(Stop::Ending);
        }
        if self.engine.store.setting(PAUSE).await?.is_some() {
            return Err(Stop::Paused);
        }
        self.take_lease().await
    }

    /// Commits a pair with records; tells the sink. `Ok(false)` = somebody else committed it meanwhile, or set the
    /// clock, and the store holds what counts.
    pub(super) async fn commit(&mut self, pair: &mut Pair, records: Vec<Record>) -> Flow<bool> {
        if self.is_clock_set() {
            self.mind_the_clock().await?;
            return Ok(false);
        }
        match self.engine.store.put(pair, &records).await {
            Ok(rev) => {
                pair.rev = rev;
                for record in records {
                    (self.engine.sink)(Event::Recorded(Box::new(record)));
                }
                Ok(true)
            }
            Err(StoreError::Stale | StoreError::Duplicate(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A record about a pair, to be filled in.
    pub(super) fn record(
        &mut self,
        pair: &Pair,
        kind: RecordKind,
        outcome: Outcome,
        verb: &str,
        note: &str,
    ) -> Record {
        self.records += 1;
        Record {
            id: format!("{}:{:06}", self.id, self.records),
            at: self.engine.clock.now(),
            kind,
            outcome,
            link: self.link.spec.name.clone(),
            run: self.id.clone(),
            pair: Some(pair.id.clone()),
            item: pair.name().to_owned(),
            item_kind: Some(pair.kind),
            side: None,
            verb: verb.to_owned(),
            row: None,
            changes: Vec::new(),
            note: note.to_owned(),
            request: None,
        }
    }

    /// Counts what is left and writes the run's record.
    async fn close(&mut self, started: Time) {
        // A store that is away is asked no more than it has to be: each question waits as long as the first.
        let is_there = |report: &Report| !matches!(report.stopped, Some(Stop::Store { .. }));
        if is_there(&self.report)
            && let Err(error) = self.engine.sum_up(&mut self.report).await
        {
            self.report.stopped.get_or_insert(error.into());
        }
        if let Err(stop) = self.note_what_comes_due(started).await {
            self.report.stopped = Some(stop);
        }
        let wrote = self.report.writes.github + self.report.writes.notion > 0;
        // A link that somebody else runs was not run here: there is nothing to tell.
        let is_ours = !matches!(self.report.stopped, Some(Stop::Busy { .. }));
        if !self.ask.dry && (wrote || (is_ours && is_there(&self.report))) {
            let record = self.run_record(started);
            // A store that is away loses at most the summary of a run that wrote nothing since.
            if let Err(error) = self
                .engine
                .store
                .record(std::slice::from_ref(&record))
                .await
            {
                self.report.stopped.get_or_insert(error.into());
            } else {
                (self.engine.sink)(Event::Recorded(Box::new(record)));
            }
        }
        (self.engine.sink)(Event::RunEnded(Box::new(self.report.clone())));
        if !self.ask.dry && is_there(&self.report) {
            // What stays until the next pass does no harm, and a store that fails tells so by then.
            let _ = self.engine.tidy().await;
        }
    }

    /// What waited for a time that passed while the run was under way may have been gone past: it is due already. Writes
    /// whose answer is unclear are looked into as soon as they may be.
    async fn note_what_comes_due(&mut self, started: Time) -> Flow<()> {
        if self.ask.dry || self.report.stopped.is_some() {
            return Ok(());
        }
        let (store, link) = (&self.engine.store, &self.link.spec.name);
        let mut due = self.report.next_due;
        if self.report.backlog > 0 {
            due = store.next_due(link, started).await?;
        }
        if self.report.in_doubt > 0 {
            let pairs = store.pairs(link, Which::InDoubt, None, DOUBTS).await?;
            let looks = pairs.iter().filter_map(|pair| self.looks_into(pair));
            due = looks.filter(|at| *at > started).chain(due).min();
        }
        self.report.next_due = due;
        Ok(())
    }

    /// A run that found nothing to write, and nothing wrong, was a look.
    fn run_verb(&self, outcome: Outcome) -> &'static str {
        let writes = self.report.writes.github + self.report.writes.notion;
        let is_plain = self.ask.why.is_none() && matches!(outcome, Outcome::Done | Outcome::Info);
        if writes == 0 && is_plain {
            "look"
        } else {
            "run"
        }
    }

    fn run_record(&self, started: Time) -> Record {
        let report = &self.report;
        let outcome = match &report.stopped {
            None | Some(Stop::MaxItems) if report.errors.is_empty() => Outcome::Done,
            None | Some(Stop::MaxItems | Stop::Limited { .. } | Stop::Paused | Stop::Ending) => {
                Outcome::Info
            }
            Some(_) => Outcome::Failed,
        };
        Record {
            id: self.id.clone(),
            at: started,
            kind: RecordKind::Run,
            outcome,
            link: self.link.spec.name.clone(),
            run: self.id.clone(),
            pair: None,
            item: self.link.spec.name.clone(),
            item_kind: None,
            side: None,
            verb: self.run_verb(outcome).to_owned(),
            row: None,
            changes: Vec::new(),
            note: format!(
                "{} to GitHub, {} to Notion; turns {}, queued {}, conflicts {}, held {}{}{}",
                report.writes.github,
                report.writes.notion,
                report.turns,
                report.backlog,
                report.conflicts,
                report.held,
                report.why_failed(),
                self.ask
                    .why
                    .as_ref()
                    .map_or_else(String::new, |why| format!("; {why}")),
            ),
            request: None,
        }
    }
}
