//! Runs the links until told to stop: when each is due, when somebody asks, one at a time.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::mem::{self, Discriminant, discriminant};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::{Either, select};
use tokio::sync::{broadcast, mpsc, watch};

use super::answers::{ASKED, AnswerError, Pick, PutBack};
use super::face::{
    Command, ConflictLine, Cut, DoubtLine, Handle, Holding, LinkState, Progress, Snapshot, Writing,
};
use super::held::HeldItem;
use super::lead::Lead;
use super::live::{self, Live};
use super::outage::Outage;
use super::report::{Event, Report, Stop};
use super::run::{Ask, PAUSE, Planned};
use super::{Clock, Engine, Link};
use crate::core::schedule::{
    Batch, Decision, Ended, Left, Load, Reason, Schedule, Timetable, Waiting,
};
use crate::core::{Conflict, Outcome, Pair, PairId, RecordKind, Side, Time};
use crate::remote::Remote;
use crate::store::{Store, StoreError, Which};

/// How many items of a list a snapshot carries.
const SHOWN: usize = 100;
/// How often a snapshot is taken while a run is under way, in milliseconds.
const TICK_MS: i64 = 1_000;
/// How often the store is asked whether somebody answered from outside, in milliseconds. Each look wakes two threads.
const GLANCE_MS: i64 = 4_000;
/// Room for commands that wait, and for events that nobody has read yet.
const COMMANDS: usize = 64;
const EVENTS: usize = 1_024;

/// The engine's ends of the channels.
pub struct Wires {
    commands: mpsc::Receiver<Command>,
    stopping: watch::Receiver<bool>,
    pub(super) snapshot: watch::Sender<Arc<Snapshot>>,
    progress: Rc<RefCell<Option<Progress>>>,
    pub(super) known: live::Shared,
}

/// Makes a handle, the engine's ends of it, and the sink that the engine has to be given.
pub fn wires() -> (Handle, Wires, Box<dyn Fn(Event)>) {
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (out, snapshot) = watch::channel(Arc::new(Snapshot::default()));
    let (events, _) = broadcast::channel(EVENTS);
    let (stopper, stopping) = watch::channel(false);
    let progress = Rc::new(RefCell::new(None));
    let known = live::Shared::default();
    let (seen, sender, noted) = (Rc::clone(&progress), events.clone(), Rc::clone(&known));
    let sink = Box::new(move |event: Event| {
        follow(&mut seen.borrow_mut(), &event);
        noted.borrow_mut().note(&event);
        // Nobody listening is no error.
        let _ = sender.send(event);
    });
    (
        Handle {
            commands,
            snapshot,
            events,
            stopping: Arc::new(stopper),
        },
        Wires {
            commands: inbox,
            stopping,
            snapshot: out,
            progress,
            known,
        },
        sink,
    )
}

/// Keeps the progress of the run in step with what happens.
fn follow(progress: &mut Option<Progress>, event: &Event) {
    match event {
        Event::RunStarted { run, .. } => {
            *progress = Some(Progress {
                run: run.clone(),
                ..Progress::default()
            });
        }
        Event::RunEnded(_) => *progress = None,
        _ => {}
    }
    let Some(now) = progress else { return };
    match event {
        Event::Listed { rows, .. } => now.listed = now.listed.max(*rows),
        Event::Waiting { until, reason } => now.waiting = Some((*until, reason.clone())),
        Event::Recorded(record) if record.kind == RecordKind::Intent => {
            now.writing = record.side.map(|side| Writing {
                item: record.item.clone(),
                side,
                verb: record.verb.clone(),
                fields: record.changes.iter().map(|c| c.field.to_string()).collect(),
                since: record.at,
            });
        }
        Event::Recorded(record) => {
            now.waiting = None;
            if record.kind == RecordKind::Write {
                now.writing = None;
            }
            if record.kind == RecordKind::Write
                && record.outcome == Outcome::Done
                && let Some(side) = record.side
            {
                *now.writes.of_mut(side) += 1;
            }
        }
        _ => {}
    }
}

/// What became of one link lately.
#[derive(Default)]
pub(super) struct Slot {
    last: Option<(Time, Report)>,
    planned: Option<(Time, Vec<Planned>)>,
    plan_cut: Cut,
    /// Who runs it.
    pub(super) lead: Lead,
    /// When its lease was asked for last, and when it is asked for again while somebody else has it, in elapsed time.
    pub(super) lease_asked: i64,
    pub(super) lease_over: i64,
    /// How it stands where it runs, if that is elsewhere.
    pub(super) live: Option<Live>,
    /// What those that follow were told last, and when in elapsed time.
    pub(super) told: (i64, Live),
    /// What other machines asked for, with its number, once it was taken over.
    pub(super) asked: Option<(u64, Ask)>,
    /// Something of it may have changed, and no run came since.
    pub(super) hinted: bool,
    /// When a hint let it run last, in elapsed time.
    pub(super) followed: Option<i64>,
    /// What it is deferred for, as far as it was told.
    deferred: Option<Discriminant<Reason>>,
}

/// What a look into the store told.
pub(super) enum Heard {
    Nothing,
    /// Somebody answered, or the store is back.
    News,
    /// The store is away, which is told already.
    Away,
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// All is committed.
    Whole,
    /// The store was away, and no write was in flight.
    StoreAway,
}

/// Between two looks at the store while the loop is ending, in milliseconds.
const LAST_LOOKS_MS: i64 = 500;

/// Ends when a stop is asked for and the store cannot be used, so that nothing can be committed any more; a write in
/// flight is waited for. The next start goes on as after a power cut.
async fn lost<S: Store, C: Clock>(
    engine: &Engine<S, C>,
    progress: Rc<RefCell<Option<Progress>>>,
    mut stopping: watch::Receiver<bool>,
) {
    // Where every handle is gone nobody waits: the loop ends as well.
    let _ = stopping
        .wait_for(|is_stopping| *is_stopping)
        .await
        .map(drop);
    loop {
        let asked = pin!(engine.store.setting(PAUSE));
        let late = pin!(engine.clock.sleep(engine.settings.store_timeout));
        let is_away = !matches!(select(asked, late).await, Either::Left((Ok(_), _)))
            || engine.store.stalled().is_some();
        let progress = progress.borrow().clone();
        if is_away && progress.is_none_or(|progress| progress.writing.is_none()) {
            return;
        }
        engine.clock.sleep(LAST_LOOKS_MS).await;
    }
}

/// Takes a sample of the machine; none where it tells nothing.
pub type Samples = Box<dyn FnMut() -> Option<Load>>;

/// The loop's state.
pub struct Server<'a, G, N, S, C> {
    pub(super) engine: &'a Engine<S, C>,
    pub(super) links: &'a [Link<G, N>],
    pub(super) wires: Wires,
    pub(super) schedule: Schedule<Ask>,
    samples: Samples,
    sampled: Option<Time>,
    pub(super) slots: Vec<Slot>,
    pub(super) running: Option<(usize, Time)>,
    ending: bool,
    /// The last answer from outside that was noticed; none before the first look.
    pub(super) heard: Option<String>,
    /// Somebody here answered something that another machine is to carry out, and it was not told yet.
    pub(super) must_ring: bool,
    /// Several machines may use the store.
    pub(super) is_shared: bool,
    /// Since when the store cannot be used, and why.
    pub(super) away: Option<Outage>,
    /// Why it could not be used before the loop began.
    first_trouble: Option<StoreError>,
}

/// What a store answered; nothing where it only cannot read it.
fn if_there<T: Default>(answer: Result<T, StoreError>) -> Result<T, StoreError> {
    match answer {
        Err(error @ (StoreError::Unavailable(_) | StoreError::Refused(..))) => Err(error),
        answer => Ok(answer.unwrap_or_default()),
    }
}

/// What a wait ended with.
enum Woken {
    Time,
    Command(Option<Command>),
    News(BTreeSet<String>),
}

impl<'a, G: Remote, N: Remote, S: Store, C: Clock> Server<'a, G, N, S, C> {
    /// Prepares the loop; each link runs at once, then as the rules say.
    pub fn new(
        engine: &'a Engine<S, C>,
        links: &'a [Link<G, N>],
        wires: Wires,
        timetable: Timetable,
        samples: Samples,
    ) -> Self {
        let schedule = Schedule::new(timetable, links.len(), engine.clock.now());
        Self {
            engine,
            links,
            wires,
            schedule,
            samples,
            sampled: None,
            slots: links.iter().map(|_| Slot::default()).collect(),
            running: None,
            ending: false,
            heard: None,
            must_ring: false,
            is_shared: engine.store.is_shared(),
            away: None,
            first_trouble: None,
        }
    }

    /// Tells the loop that the store was asked in vain already, so that nobody has to wait for that once more.
    #[must_use]
    pub fn with_trouble(mut self, trouble: Option<StoreError>) -> Self {
        self.first_trouble = trouble;
        self
    }

    /// Runs until told to shut down, or until every handle is gone. Says whether the store was away then: nothing can
    /// be committed any more, and only a write in flight is waited for.
    pub async fn serve(self) -> Over {
        let engine = self.engine;
        let progress = Rc::clone(&self.wires.progress);
        let stopping = self.wires.stopping.clone();
        let lost = pin!(lost(engine, progress, stopping));
        match select(Box::pin(self.work()), lost).await {
            Either::Left((over, _)) => over,
            Either::Right(_) => Over::StoreAway,
        }
    }

    async fn work(mut self) -> Over {
        self.schedule.read_only(self.engine.read_only);
        if let Some(trouble) = self.first_trouble.take() {
            self.publish_away(&trouble);
        } else if !matches!(self.listen().await, Heard::Away) {
            self.begin_to_share().await;
        }
        // That it is away is told already.
        let mut is_news = self.away.is_none();
        while !self.ending {
            is_news |= self.keep_leases().await;
            if is_news {
                self.publish().await;
            }
            self.sample();
            self.follow_hints();
            let now = self.engine.clock.now();
            match self.schedule.decide(now) {
                // One question instead of all those of a run.
                Decision::Run { ask: None, .. } if self.away.is_some() => {
                    is_news = self.hear().await;
                }
                Decision::Run {
                    link,
                    ask,
                    batch,
                    why,
                } => {
                    self.run_or_follow(link, ask, batch, why.note(now)).await;
                    is_news = true;
                }
                Decision::Wait(until) => {
                    self.tell_deferrals(now);
                    self.tell_what_waits(now);
                    is_news = self.wait(until.since(now)).await;
                }
            }
        }
        if self.away.is_some() {
            // Each lease is over soon by itself.
            return Over::StoreAway;
        }
        self.give_leases_back().await;
        Over::Whole
    }

    /// Runs a link; where another machine runs it, what was asked for goes there. A plan needs no lease.
    async fn run_or_follow(
        &mut self,
        link: usize,
        asked: Option<Ask>,
        batch: Batch,
        why: Option<String>,
    ) {
        let is_asked = asked.is_some();
        let ask = Ask {
            batch,
            why,
            ..asked.unwrap_or_default()
        };
        if ask.dry || self.lead(link).await {
            self.run(link, ask).await;
        } else if is_asked {
            // Whoever asked was told that it is done; a store that is away stands in the way of nothing else.
            if self.hand_over(link, &ask).await.is_err() {
                self.schedule.ask(link, ask);
            }
        }
    }

    /// Lets the schedule know how busy the machine is, and what is left of the services' limits.
    fn sample(&mut self) {
        let now = self.engine.clock.now();
        if self
            .sampled
            .is_some_and(|last| (0..GLANCE_MS).contains(&now.since(last)))
        {
            return;
        }
        self.sampled = Some(now);
        if let Some(load) = (self.samples)() {
            self.schedule.sampled(load);
        }
        self.schedule
            .budgets(Side::BOTH.map(|side| self.left(side)));
    }

    /// What is left of a side's limit, over all links: they share it.
    pub(super) fn left(&self, side: Side) -> Left {
        let known = self.links.iter().map(|link| match side {
            Side::Github => link.github.budget(),
            Side::Notion => link.notion.budget(),
        });
        let known = known.filter(|budget| budget.limit > 0);
        Left {
            requests: known
                .map(|budget| (u64::from(budget.left), u64::from(budget.limit)))
                .min(),
        }
    }

    /// Says which links are due and do not run, once for each reason.
    fn tell_deferrals(&mut self, now: Time) {
        for (at, link) in self.links.iter().enumerate() {
            let waiting = self.next(at, now);
            let kind = (waiting.reason.is_deferral()).then(|| discriminant(&waiting.reason));
            let was = mem::replace(&mut self.slots[at].deferred, kind);
            if kind.is_some() && kind != was {
                (self.engine.sink)(Event::Deferred {
                    link: link.spec.name.clone(),
                    waiting,
                });
            }
        }
    }

    /// Puts what the schedule says into the snapshot that is out, if it says something else now.
    fn tell_what_waits(&self, now: Time) {
        let waiting = |at| Some(self.next(at, now));
        self.wires.snapshot.send_if_modified(|snapshot| {
            let mut links = snapshot.links.iter().enumerate();
            if links.all(|(at, link)| link.next == waiting(at)) {
                return false;
            }
            let mut new = Snapshot {
                at: now,
                ..Snapshot::clone(snapshot)
            };
            for (at, link) in new.links.iter_mut().enumerate() {
                link.next = waiting(at);
            }
            *snapshot = Arc::new(new);
            true
        });
    }

    /// What a link waits for, here or where it runs.
    pub(super) fn next(&self, at: usize, now: Time) -> Waiting {
        let own = self.schedule.waiting(at, now);
        let slot = &self.slots[at];
        match (slot.lead.other(), slot.live.as_ref().and_then(|l| l.next)) {
            // Whoever runs it does not while the store is away or everything is paused, or nobody knows.
            _ if own.reason.overrules_a_leader() => own,
            (Some(holder), until) => Waiting {
                until: until.unwrap_or(own.until),
                reason: Reason::Busy(holder.to_owned()),
            },
            (None, _) => own,
        }
    }

    /// Waits for a while, or until something comes in; says whether it did. The schedule is asked again at every
    /// glance.
    async fn wait(&mut self, ms: i64) -> bool {
        let longest = if self.is_shared {
            GLANCE_MS.min(self.renewed_every())
        } else {
            GLANCE_MS
        };
        match self.woken(ms.clamp(1, longest)).await {
            Woken::Command(command) => {
                self.obey(command).await;
                true
            }
            Woken::News(names) => self.heed(&names).await,
            // Who refuses us does so until a person did something: it is asked when it is time, not at every glance.
            Woken::Time if self.is_refused_until_later() => false,
            Woken::Time => self.hear().await,
        }
    }

    /// Waits for a while, a command or news from the store.
    async fn woken(&mut self, ms: i64) -> Woken {
        let engine = self.engine;
        let sleep = pin!(engine.clock.sleep(ms));
        let recv = pin!(self.wires.commands.recv());
        let news = pin!(engine.store.news());
        match select(select(recv, sleep), news).await {
            Either::Left((Either::Left((command, _)), _)) => Woken::Command(command),
            Either::Left((Either::Right(_), _)) => Woken::Time,
            Either::Right((names, _)) => Woken::News(names),
        }
    }

    /// Whether somebody answered through the store since the last look.
    pub(super) async fn listen(&mut self) -> Heard {
        self.ring().await;
        let asked = match self.engine.store.setting(ASKED).await {
            Ok(asked) => asked,
            Err(error) => {
                self.publish_away(&error);
                return Heard::Away;
            }
        };
        if !self.engine.read_only
            && let Err(error) = self.engine.store.takes_writes().await
        {
            self.publish_away(&error);
            return Heard::Away;
        }
        let asked = asked.unwrap_or_default();
        let is_new = self.heard.as_ref().is_some_and(|heard| *heard != asked);
        self.heard = Some(asked);
        // What waited for the store goes on when it is back.
        if is_new || self.away.is_some() {
            Heard::News
        } else {
            Heard::Nothing
        }
    }

    async fn run(&mut self, link: usize, ask: Ask) {
        self.running = Some((link, self.engine.clock.now()));
        // What was hinted at is marked, or shows in this run's listings; a plan reads nothing for others.
        self.slots[link].hinted &= ask.dry;
        self.publish().await;
        let (engine, links) = (self.engine, self.links);
        let mut run = pin!(engine.pass(&links[link], &ask, self.keeping()));
        let ((report, planned), at) = loop {
            if self.ending {
                break (run.await, engine.clock.now());
            }
            let woken = {
                let woken = pin!(self.woken(TICK_MS.min(self.renewed_every())));
                match select(run.as_mut(), woken).await {
                    Either::Left((done, _)) => break (done, engine.clock.now()),
                    Either::Right((woken, _)) => woken,
                }
            };
            // The run goes on meanwhile, whatever came in. A store with many questions to answer must not hold it up;
            // and while it stands still it keeps the connections that its own questions are on their way by, which may
            // be all there are: then nothing else would be answered either, until both give up.
            let told = Box::pin(async {
                let is_news = match woken {
                    Woken::Command(command) => {
                        self.obey(command).await;
                        true
                    }
                    // Most of it is what this run writes itself.
                    Woken::News(names) => self.heed(&names).await,
                    Woken::Time => true,
                };
                self.keep_leases().await;
                if is_news {
                    self.publish().await;
                }
            });
            if let Either::Left((done, told)) = select(run.as_mut(), told).await {
                let at = engine.clock.now();
                told.await;
                break (done, at);
            }
        };
        self.running = None;
        if ask.dry {
            self.slots[link].planned = Some((self.engine.clock.now(), planned));
            self.slots[link].plan_cut = Cut {
                stopped: report.stopped,
                errors: report.errors,
            };
        } else {
            let was_paused = report.stopped == Some(Stop::Paused);
            self.note_stop(at, report.stopped.as_ref());
            self.after_run(link, &ask, &report).await;
            self.ended(link, report.clone());
            let next = self.schedule.waiting(link, self.engine.clock.now()).until;
            let name = &self.links[link].spec.name;
            if self.away.is_none() {
                // Without it the error log says that the next pass tries again, which is as true.
                let _ = self.engine.note_next_try(name, &report, next).await;
            }
            // Resumed while it read: what waits goes on at once.
            let is_paused = || self.engine.store.setting(PAUSE);
            if was_paused && is_paused().await.is_ok_and(|since| since.is_none()) {
                self.wake();
            }
        }
    }

    /// When the link runs next follows from how this run ended.
    fn ended(&mut self, link: usize, report: Report) {
        let now = self.engine.clock.now();
        let ended = self.outcome(link, &report);
        let roll = self.engine.clock.random();
        // A paused link has nothing to do when an item is due.
        let next_due = report
            .next_due
            .filter(|_| !matches!(report.stopped, Some(Stop::Paused)));
        self.schedule.ended(link, now, ended, next_due, roll);
        self.slots[link].last = Some((now, report));
    }

    /// How a run ended, as far as the next one depends on it.
    fn outcome(&self, link: usize, report: &Report) -> Ended {
        match &report.stopped {
            Some(Stop::Limited {
                side,
                until,
                reason,
            }) => Ended::Limited {
                side: *side,
                until: *until,
                note: reason.clone(),
            },
            Some(Stop::Busy { holder, until }) => Ended::Busy {
                holder: holder.clone(),
                until: *until,
            },
            Some(Stop::Side { message, .. }) => Ended::Failed {
                message: message.clone(),
                again: self.again(link),
            },
            Some(Stop::Store { trouble, message }) => Ended::StoreAway {
                store: self.engine.store.name().to_owned(),
                trouble: *trouble,
                message: message.clone(),
                again: self.again(link),
            },
            Some(Stop::MaxItems) => Ended::Backlog(report.backlog),
            Some(Stop::InDoubt) => Ended::Failed {
                message: "several answers were lost in a row".to_owned(),
                again: self.again(link),
            },
            None if self.goes_on(link, report) => Ended::Backlog(report.backlog),
            Some(Stop::Paused | Stop::Ending) | None => Ended::InStep,
        }
    }

    /// Whether what is left may be done by a run that follows at once: what was written on one side may have to go to
    /// the other one, too, and what this run found new it may have gone past. What a run could do nothing about the next
    /// one cannot either.
    fn goes_on(&self, link: usize, report: &Report) -> bool {
        let last = self.slots[link].last.as_ref();
        let before = last.map_or(0, |(_, last)| last.backlog);
        report.backlog > before
            || report.backlog > 0 && report.writes.github + report.writes.notion > 0
    }

    /// The delay before a link that could not be run is tried again; longer after another failure.
    fn again(&self, link: usize) -> i64 {
        let failed_before = self.slots[link]
            .last
            .as_ref()
            .is_some_and(|(_, last)| last.stopped.is_some());
        self.engine.back_off(4 + u32::from(failed_before) * 4)
    }

    async fn obey(&mut self, command: Option<Command>) {
        // An answer that nobody waits for any more is dropped.
        match command {
            None | Some(Command::Shutdown) => {
                self.ending = true;
                self.engine.stop.tell();
            }
            Some(Command::Sync { link, ask, reply }) => {
                let _ = reply.send(self.ask(link.as_deref(), &ask).await);
            }
            Some(Command::Focus(on)) => self.schedule.focus(on),
            Some(Command::Hint(hints)) => self.take_hints(&hints).await,
            Some(Command::Pause(on, reply)) => {
                let done = self.engine.set_pause(on).await;
                if !on {
                    self.go_on().await;
                }
                let _ = reply.send(done.map_err(|error| error.to_string()));
            }
            Some(Command::Choose {
                conflict,
                pick,
                reply,
            }) => {
                let _ = reply.send(self.choose(&conflict, pick).await);
            }
            Some(Command::AnswerHalt { halt, apply, reply }) => {
                let _ = reply.send(self.answer_halt(&halt, apply).await);
            }
            Some(Command::Held(halt, reply)) => {
                let _ = reply.send(self.held(&halt).await);
            }
            Some(Command::UndoPlan(record, reply)) => {
                let _ = reply.send(self.undo(&record, false).await);
            }
            Some(Command::Undo(record, reply)) => {
                let _ = reply.send(self.undo(&record, true).await);
            }
            Some(Command::Retry(pair, reply)) => {
                let _ = reply.send(self.retry(pair.as_ref()).await);
            }
            Some(Command::Hold(pairs, reply)) => {
                let _ = reply.send(self.hold(&pairs).await);
            }
            Some(Command::History(query, reply)) => {
                let page = self.engine.store.history(&query).await;
                let _ = reply.send(page.map_err(|error| error.to_string()));
            }
            Some(Command::Item(pair, reply)) => {
                let found = self.engine.store.pair(&pair).await;
                let _ = reply.send(
                    found
                        .map(|pair| pair.map(Box::new))
                        .map_err(|error| error.to_string()),
                );
            }
        }
    }

    /// Plans or does the undo of a record, on the link that has it.
    async fn undo(&mut self, record: &str, does: bool) -> Result<Vec<PutBack>, String> {
        let found = self.engine.store.record_by_id(record).await;
        let found = found.map_err(|error| error.to_string())?;
        let link = found.and_then(|found| {
            let own = |link: &&Link<G, N>| link.spec.name == found.link;
            self.links.iter().find(own)
        });
        let link = link.ok_or_else(|| format!("there is no record {record} of a link in use"))?;
        let backs = if does {
            self.engine.undo(link, record).await
        } else {
            self.engine.undo_plan(link, record).await.map(|(_, b)| b)
        };
        if does && backs.is_ok() {
            self.go_on().await;
        }
        backs.map_err(|error| error.to_string())
    }

    async fn retry(&mut self, pair: Option<&PairId>) -> Result<usize, String> {
        let mut retried = 0;
        for link in self.links {
            let done = self.engine.retry(&link.spec.name, pair).await;
            retried += done.map_err(|error| error.to_string())?.len();
        }
        if retried > 0 {
            self.go_on().await;
        }
        Ok(retried)
    }

    async fn ask(&mut self, name: Option<&str>, ask: &Ask) -> Result<(), String> {
        if self.engine.read_only && !ask.dry {
            return Err("started with --read-only".to_owned());
        }
        let wanted: Vec<usize> = (0..self.links.len())
            .filter(|at| name.is_none_or(|name| self.links[*at].spec.name == name))
            .collect();
        if wanted.is_empty() {
            return Err(format!("there is no link {}", name.unwrap_or_default()));
        }
        let mut accepted = false;
        for link in wanted {
            if !ask.dry && self.slots[link].lead.other().is_some() {
                self.hand_over(link, ask).await?;
                accepted = true;
                continue;
            }
            let mut others = self.schedule.asked();
            let queued = others.any(|(other, asked)| *other == link && asked.dry == ask.dry);
            drop(others);
            // A plan that is asked for during a run comes after it; another run would find nothing to do.
            let is_running = self.running.is_some_and(|(running, _)| running == link) && !ask.dry;
            if !is_running && !queued {
                self.schedule.ask(link, ask.clone());
                accepted = true;
            }
        }
        if accepted {
            Ok(())
        } else {
            Err("already running".to_owned())
        }
    }

    /// What waited for a person or for the pause may go on at once, wherever it runs.
    async fn go_on(&mut self) {
        self.wake();
        self.tell_leaders().await;
    }

    /// What runs here may go on at once.
    pub(super) fn wake(&mut self) {
        self.schedule.resume(self.engine.clock.now());
    }

    async fn choose(&mut self, conflict: &str, pick: Pick) -> Result<Option<Time>, String> {
        let mut last = format!("there is no open conflict {conflict}");
        for link in self.links {
            match self.engine.choose(link, conflict, pick.clone()).await {
                Ok(pair) => {
                    self.go_on().await;
                    return Ok(pair.held_since);
                }
                Err(AnswerError::Unknown(_)) => {}
                Err(error) => last = error.to_string(),
            }
        }
        Err(last)
    }

    async fn answer_halt(&mut self, halt: &str, apply: bool) -> Result<usize, String> {
        let mut last = format!("nothing is held as {halt}");
        for link in self.links {
            match self.engine.answer_halt(link, halt, apply).await {
                Ok(count) => {
                    self.go_on().await;
                    return Ok(count);
                }
                Err(AnswerError::Unknown(_)) => {}
                Err(error) => last = error.to_string(),
            }
        }
        Err(last)
    }

    async fn hold(&mut self, pairs: &[PairId]) -> Result<Holding, String> {
        let done = self.engine.hold_all(pairs).await;
        if done.as_ref().is_ok_and(|done| !done.on) {
            self.go_on().await;
        }
        done.map_err(|error| error.to_string())
    }

    async fn held(&self, halt: &str) -> Result<Vec<HeldItem>, String> {
        for link in self.links {
            let items = self
                .engine
                .held_items(&link.spec.name, &link.spec.mapping, halt)
                .await;
            if let Some(items) = items.map_err(|error| error.to_string())? {
                return Ok(items);
            }
        }
        Err(format!("nothing is held as {halt}"))
    }

    async fn publish(&mut self) {
        let mut snapshot = Snapshot {
            at: self.engine.clock.now(),
            ..Snapshot::default()
        };
        match self.engine.store.setting(PAUSE).await {
            Ok(since) => snapshot.paused = since.and_then(|since| since.parse().ok()).map(Time),
            Err(error) => return self.publish_away(&error),
        }
        if let Some(stalled) = self.engine.store.stalled() {
            return self.publish_away(&stalled);
        }
        self.note_outage().await;
        self.schedule.pause(snapshot.paused);
        for at in 0..self.links.len() {
            match self.link_state(at).await {
                Ok(state) => snapshot.links.push(state),
                // It went meanwhile: what else would be asked would wait as long, one after the other.
                Err(error) => return self.publish_away(&error),
            }
        }
        let snapshot = Arc::new(snapshot);
        self.wires.snapshot.send_replace(Arc::clone(&snapshot));
        self.tell_followers(&snapshot.links).await;
    }

    async fn link_state(&self, at: usize) -> Result<LinkState, StoreError> {
        let (link, slot) = (&self.links[at], &self.slots[at]);
        let name = &link.spec.name;
        let now = self.engine.clock.now();
        let progress = self.wires.progress.borrow().clone();
        let own = self.running.filter(|(link, _)| *link == at);
        let live = slot.live.as_ref();
        Ok(LinkState {
            name: name.clone(),
            led_by: slot.lead.other().map(str::to_owned),
            running: own
                .map(|(_, since)| Progress {
                    since,
                    waiting: progress.as_ref().and_then(|progress| {
                        let waits = progress.waits(now)?;
                        Some((waits.0, waits.1.to_owned()))
                    }),
                    ..progress.clone().unwrap_or_default()
                })
                .or_else(|| live?.running.clone()),
            last: live.map_or(&slot.last, |live| &live.last).clone(),
            next: Some(self.next(at, now)),
            counts: if_there(self.engine.store.counts(name).await)?,
            conflicts: if_there(self.open_conflicts(link).await)?,
            queue: if_there(self.engine.queue(name).await)?,
            in_doubt: if_there(self.doubts(name).await)?,
            planned: slot.planned.clone(),
            plan_cut: slot.plan_cut.clone(),
            halts: if_there(self.engine.halts(name).await)?,
            budgets: live.map_or_else(
                || [link.github.budget(), link.notion.budget()],
                |live| live.budgets,
            ),
        })
    }

    async fn open_conflicts(&self, link: &Link<G, N>) -> Result<Vec<ConflictLine>, StoreError> {
        let (store, name) = (&self.engine.store, &link.spec.name);
        let pairs = store.pairs(name, Which::Conflicted, None, SHOWN).await?;
        let lines = pairs.into_iter().flat_map(|pair| {
            let urls = super::queue::urls(&pair);
            let as_line = |conflict: &Conflict| {
                let key = conflict.field.as_ref();
                ConflictLine {
                    pair: pair.id.clone(),
                    urls: urls.clone(),
                    item: pair.name().to_owned(),
                    title: pair.title.clone(),
                    conflict: conflict.clone(),
                    field: key.and_then(|key| link.spec.mapping.field(pair.kind, key).cloned()),
                    base: key.and_then(|key| pair.base.get(key).cloned()),
                    held_since: pair.held_since,
                }
            };
            pair.conflicts.iter().map(as_line).collect::<Vec<_>>()
        });
        Ok(lines.take(SHOWN).collect())
    }

    async fn doubts(&self, link: &str) -> Result<Vec<DoubtLine>, StoreError> {
        let store = &self.engine.store;
        let pairs = store.pairs(link, Which::InDoubt, None, SHOWN).await?;
        let doubt = |pair: Pair| {
            let intent = pair.intent.as_ref()?;
            Some(DoubtLine {
                item: pair.name().to_owned(),
                side: intent.step.side,
                verb: intent.step.verb(),
                since: intent.committed_at,
            })
        };
        Ok(pairs.into_iter().filter_map(doubt).collect())
    }
}
