//! The life of one seed: chaos, then healing, then the verdict.

use std::cell::RefCell;
use std::rc::Rc;

use super::executor::{VirtualClock, drive};
use super::faults::{Faults, Outage, OutageKind};
use super::faulty::FaultyStore;
use super::figures::Figures;
use super::ports::{Port, haunt};
use super::sabotage::Sabotage;
use super::world::{REPOS, Shared, World};
use super::{oracle, people, serve};
use crate::core::codec::StateMap;
use crate::core::plan::{NewPages, OnTrashed, Rules};
use crate::core::words::Words;
use crate::core::{FieldKey, Mapping, Observation, Placement, Policy, Side, Value};
use crate::engine::link::Databases;
use crate::engine::{Ask, Ending, Engine, Link, LinkSpec, Report, Settings};

/// Idle runs in a row that end the healing.
const IDLE_RUNS: usize = 7;
/// Runs after which a world that is left alone must be at rest.
const HEAL_RUNS: usize = 60;

/// What to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// A protective rule switched off on purpose.
    pub sabotage: Option<Sabotage>,
    /// Keep the trace's lines.
    pub keep_trace: bool,
}

/// How a seed went.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What the oracle found; empty is well.
    pub violations: Vec<String>,
    /// The hash of everything that happened.
    pub trace: u64,
    /// The lines of the trace, if they were kept.
    pub lines: Vec<String>,
    /// Counts.
    pub figures: Figures,
}

/// Lives one seed through.
pub fn live(seed: u64, options: Options) -> Outcome {
    let mut setup = Setup::draw(seed, options);
    setup.chaos();
    setup.heal();
    let mut world = setup.world.borrow_mut();
    world.figures.seeds = 1;
    Outcome {
        seed,
        violations: world.violations.clone(),
        trace: world.trace.hash(),
        lines: world.trace.lines(),
        figures: world.figures.clone(),
    }
}

/// The waiting times of a seed: those of the protocol, shortened where a minute of Notion allows it.
pub fn settings() -> Settings {
    const SECOND: i64 = 1_000;
    Settings {
        send_deadline: 5 * SECOND,
        flight: 30 * SECOND,
        list_lag: 40 * SECOND,
        settle: 40 * SECOND,
        debounce: 30 * SECOND,
        rest: 60 * SECOND,
        overlap: 60 * SECOND,
        sweep_every: 900 * SECOND,
        sweep_bodies: 1_000,
        lookup_gap: 20 * SECOND,
        retry_max: 60 * SECOND,
        lease_ttl: 30 * SECOND,
        wait_max: 20 * SECOND,
        observe_rest: 120 * SECOND,
        max_items: 20,
        ..Settings::default()
    }
}

/// The link's specification.
pub fn spec(mapping: &Rc<Mapping>, rules: Rules) -> LinkSpec {
    LinkSpec {
        name: "sim".to_owned(),
        mapping: Rc::clone(mapping),
        rules,
        databases: Databases::default(),
        selects: Rc::new(in_scope),
        takes_in: Rc::new(|_, _| true),
    }
}

/// Whether a GitHub object belongs to the link.
pub fn in_scope(seen: &Observation) -> bool {
    let repo = seen.field(&FieldKey::REPOSITORY).map_or("", Value::as_text);
    REPOS.contains(&repo)
}

/// What the mapping of a seed says besides the standard. It has a generator of its own: another mapping leaves the weather
/// of every seed as it was.
fn placements(seed: u64) -> Vec<(FieldKey, Placement)> {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x0003_0a9d);
    let mut placed = Vec::new();
    if rng.u8(0..3) == 0 {
        // Names that people make up as they go, so that some have words and some have none.
        let named = |of: &str, to: &str| {
            let mut words = Words::default();
            for number in (0..400).step_by(2) {
                let options = vec![format!("{to} {number}"), format!("Our {to} {number}")];
                words.add(format!("{of}{number}"), options);
            }
            words
        };
        placed.push((FieldKey::LABELS, of_words(named("label", "Mark"))));
        placed.push((FieldKey::ASSIGNEES, of_words(named("user", "Colleague"))));
    }
    if rng.u8(0..3) == 0 {
        let mut words = Words::default();
        words.add(
            "completed",
            vec!["Shipped".to_owned(), "Answered".to_owned()],
        );
        words.add("not planned", vec!["Not now".to_owned()]);
        placed.push((FieldKey::CLOSED_AS, of_words(words)));
    }
    placed
}

fn of_words(words: Words) -> Placement {
    Placement {
        words,
        ..Placement::default()
    }
}

/// A second instance of the engine, on the same store.
#[derive(Clone, Copy, Debug)]
struct Second {
    /// Both believe that they hold the lease.
    ignores_lease: bool,
}

/// One seed's world with its engine's configuration.
pub struct Setup {
    /// The world.
    pub world: Shared,
    /// The link's specification.
    pub spec: LinkSpec,
    /// The engine's waiting times.
    pub settings: Settings,
    faults: Faults,
    second: Option<Second>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup")
            .field("spec", &self.spec)
            .finish_non_exhaustive()
    }
}

impl Setup {
    /// A world without faults or people, for directed scenarios.
    pub fn calm(seed: u64, policy: Policy, rules: Rules, keep_trace: bool) -> Self {
        let mapping = Mapping::standard(StateMap::default(), policy);
        Self::mapped(seed, mapping, rules, keep_trace)
    }

    /// The same with a mapping of its own.
    pub fn mapped(seed: u64, mapping: Mapping, rules: Rules, keep_trace: bool) -> Self {
        let mapping = Rc::new(mapping);
        let settings = settings();
        let mut world = World::new(seed, Rc::clone(&mapping), keep_trace);
        world.max_items = settings.max_items;
        world.send_deadline = settings.send_deadline;
        Self {
            world: Rc::new(RefCell::new(world)),
            spec: spec(&mapping, rules),
            settings,
            faults: Faults::default(),
            second: None,
        }
    }

    /// Draws a seed's configuration and weather.
    pub fn draw(seed: u64, options: Options) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x00c0_ffee);
        let policies = [
            Policy::Ask,
            Policy::Github,
            Policy::Notion,
            Policy::Newest,
            Policy::Merge,
        ];
        let policy = policies[rng.usize(0..policies.len())];
        let rules = Rules {
            new_pages: [
                NewPages::Ready,
                NewPages::Ready,
                NewPages::All,
                NewPages::Ignore,
            ][rng.usize(0..4)],
            new_repository: rng.bool().then(|| REPOS[0].to_owned()),
            on_trashed: [OnTrashed::Unlink, OnTrashed::Close][rng.usize(0..2)],
            debounce: settings().debounce,
            revert_again: 3_600_000,
            ..Rules::default()
        };
        let mut mapping = Mapping::standard(StateMap::default(), policy);
        for (key, placement) in &placements(seed) {
            mapping.place(None, key, placement);
        }
        let mut setup = Self::mapped(seed, mapping, rules, options.keep_trace);
        setup.faults = Faults {
            flight: setup.settings.flight,
            list_lag: setup.settings.list_lag,
            ..Faults::draw(&mut rng)
        };
        setup.second = (rng.u32(0..4) == 0).then(|| Second {
            ignores_lease: rng.bool(),
        });
        if rng.u32(0..4) == 0 {
            setup.faults.clock = rng.u32(1..40);
        }
        match options.sabotage {
            Some(Sabotage::NoGrace) => {
                setup.settings.flight = 0;
                setup.settings.list_lag = 0;
                setup.settings.lookup_gap = 1;
            }
            Some(Sabotage::NoSettle) => setup.settings.settle = 0,
            _ => {}
        }
        setup.world.borrow_mut().sabotage = options.sabotage;
        setup
    }

    /// Faults and people, for a while.
    pub fn chaos(&mut self) {
        self.world.borrow_mut().faults = self.faults.clone();
        let (runs, edits) = {
            let mut world = self.world.borrow_mut();
            (world.rng.usize(6..16), world.rng.u32(2..8))
        };
        for _ in 0..edits {
            people::act(&mut self.world.borrow_mut());
        }
        for _ in 0..runs {
            self.world.borrow_mut().chaos_between_runs();
            let crash = {
                let mut world = self.world.borrow_mut();
                let crashes = world.chance(self.faults.crash);
                crashes.then(|| world.rng.u64(1..160))
            };
            let is_joint = self.second.is_some() && self.world.borrow_mut().rng.bool();
            match self.second.filter(|_| is_joint) {
                Some(Second { ignores_lease }) => self.run_two(ignores_lease, crash),
                None => drop(self.run(&Ask::default(), crash)),
            }
        }
    }

    /// An instance of the engine, on the store that all instances share.
    pub fn instance(
        &self,
        holder: &str,
        ignores_lease: bool,
    ) -> (Engine<FaultyStore, VirtualClock>, Link<Port, Port>) {
        let engine = Engine {
            store: FaultyStore::new(&self.world).ignoring_lease(ignores_lease),
            clock: VirtualClock::new(&self.world),
            settings: self.settings.clone(),
            holder: holder.to_owned(),
            sink: Box::new(|_| {}),
            stop: Ending::default(),
            read_only: false,
        };
        let link = Link {
            spec: self.spec.clone(),
            github: Port::new(Side::Github, &self.world),
            notion: Port::new(Side::Notion, &self.world),
        };
        (engine, link)
    }

    pub(super) fn begin_run(&self, who: &str) {
        let mut world = self.world.borrow_mut();
        world.run_writes = 0;
        world.listed = [None, None];
        world.figures.runs += 1;
        world.event("run", who, |_| String::new());
    }

    pub(super) fn end_run(&self, report: Option<&Report>) {
        let mut world = self.world.borrow_mut();
        world.event("ended", "", |_| match &report {
            Some(report) => format!("{report:?}"),
            None => "died".to_owned(),
        });
    }

    /// One run of the engine; dies at the given await point. `None` if it did.
    pub fn run(&self, ask: &Ask, crash_at: Option<u64>) -> Option<Report> {
        self.begin_run("");
        let (engine, link) = self.instance("sim", false);
        let mut awaits = 0;
        let report = drive(engine.run(&link, ask), || {
            awaits += 1;
            let mut world = self.world.borrow_mut();
            world.figures.awaits += 1;
            if crash_at == Some(awaits) {
                world.die();
                return false;
            }
            world.between_polls();
            true
        });
        self.end_run(report.as_ref());
        report
    }

    /// No faults, no people: the world must come to rest, and stay there.
    pub fn heal(&mut self) {
        self.world.borrow_mut().calm_down();
        let mut idle = 0;
        for turn in 0..HEAL_RUNS {
            let gap = self.settings.grace_create() / 2;
            self.world.borrow_mut().let_pass(gap);
            let ask = Ask {
                sweep: turn == 0 || idle == 3,
                ..Ask::default()
            };
            let report = self.run(&ask, None);
            let quiet = report.is_some_and(|report| report.stopped.is_none());
            let wrote = self.world.borrow().run_writes > 0;
            idle = if quiet && !wrote { idle + 1 } else { 0 };
            if idle == IDLE_RUNS {
                break;
            }
        }
        let mut world = self.world.borrow_mut();
        if idle < IDLE_RUNS {
            world.violate(format!("no rest after {HEAL_RUNS} runs"));
        }
        oracle::settled(&mut world, in_scope);
    }
}

impl World {
    /// What happens while the engine waits for an answer.
    pub fn between_polls(&mut self) {
        if let Some(wake) = self.wake_at.take() {
            let ms = (wake - self.elapsed).max(0);
            self.let_pass(ms);
            return;
        }
        let ms = match self.rng.u32(0..1000) {
            0 if self.faults.crash > 0 => self.rng.i64(1_000..200_000),
            1..=10 if self.faults.crash > 0 => self.rng.i64(500..6_000),
            _ => self.rng.i64(1..120),
        };
        self.let_pass(ms);
        if self.chance(self.faults.people) {
            people::act(self);
        }
        if let Some((step, Some(target))) = &self.in_flight {
            let (side, node): (Side, Rc<str>) = (step.side, Rc::from(target.id.node.as_str()));
            if self.chance(self.faults.nemesis) {
                self.figures.fault("nemesis");
                people::edit(self, side, &node);
            }
        }
        if self.chance(self.faults.outage) {
            self.start_outage();
        }
        if self.chance(self.faults.store_away) {
            self.start_store_outage();
        }
        if self.faults.clock > 0 && self.rng.u32(0..10_000) < self.faults.clock {
            self.disturb_clock();
        }
    }

    fn start_store_outage(&mut self) {
        let ms = self.rng.i64(1_000..300_000);
        self.figures.fault("store_away");
        self.event("store away", "", |_| ms.to_string());
        self.store_away = self.now + ms;
    }

    /// Somebody sets our clock, or it stops, or the machine sleeps for hours.
    fn disturb_clock(&mut self) {
        const MINUTE: i64 = 60_000;
        let far = if self.rng.bool() { 10 } else { 300 };
        let ms = self.rng.i64(MINUTE..far * MINUTE);
        let kind = match self.rng.u32(0..6) {
            0 | 1 => {
                self.skew += ms;
                "clock forwards"
            }
            2 | 3 => {
                self.skew -= ms;
                "clock back"
            }
            4 => {
                self.still_until = self.now + ms;
                "clock stands"
            }
            _ => {
                self.let_pass(ms);
                "long sleep"
            }
        };
        self.figures.fault(kind);
        self.event("clock", kind, |world| {
            format!("{ms} ms, now {} ms ahead", world.skew)
        });
    }

    /// Time passes, and requests on their way arrive.
    pub fn let_pass(&mut self, ms: i64) {
        let until = self.now + ms;
        while let Some(at) = self.next_arrival()
            && at <= until
        {
            if super::faulty::arrive(self, at) {
                continue;
            }
            let index = self
                .ghosts
                .iter()
                .position(|ghost| ghost.at == at)
                .unwrap_or(0);
            let ghost = self.ghosts.remove(index);
            self.pass((ghost.at - self.now).max(0));
            self.event("ghost arrives", "", |_| oracle::brief(&ghost.step));
            // Nobody hears the answer.
            let _ = serve::carry_out(self, &ghost.step, ghost.target.as_ref());
        }
        self.pass((until - self.now).max(0));
        for outage in &mut self.outages {
            if outage.is_some_and(|outage| outage.until <= self.now) {
                *outage = None;
            }
        }
    }

    /// When the next of what is on its way arrives.
    fn next_arrival(&self) -> Option<i64> {
        let ghosts = self.ghosts.iter().map(|ghost| ghost.at);
        ghosts.chain(self.late.iter().map(|(at, ..)| *at)).min()
    }

    fn start_outage(&mut self) {
        let kinds = [
            OutageKind::NotFound,
            OutageKind::Offline,
            OutageKind::Empty,
            OutageKind::Unclear,
        ];
        let outage = Outage {
            until: self.now + self.rng.i64(1_000..120_000),
            kind: kinds[self.rng.usize(0..4)],
        };
        let side = self.rng.usize(0..2);
        self.figures.fault("outage");
        self.event("outage", "", |_| format!("{side} {outage:?}"));
        self.outages[side] = Some(outage);
    }

    /// Between two runs people have time.
    fn chaos_between_runs(&mut self) {
        let edits = self.rng.u32(0..5);
        for _ in 0..edits {
            let ms = self.rng.i64(0..30_000);
            self.let_pass(ms);
            people::act(self);
        }
        if self.faults.clock > 0 && self.chance(self.faults.clock * 5) {
            self.disturb_clock();
        }
        if self.chance(15) {
            people::act_in_bulk(self);
        }
        let ms = if self.chance(300) {
            self.rng.i64(0..2_000)
        } else {
            self.rng.i64(1_000..200_000)
        };
        self.let_pass(ms);
    }

    /// The process dies. A request that it had just sent may still arrive.
    pub(super) fn die(&mut self) {
        self.figures.crashes += 1;
        self.wake_at = None;
        self.event("crash", "", |_| String::new());
        if let Some((step, target)) = self.in_flight.take()
            && self.chance(500)
        {
            let _ = haunt(self, &step, target.as_ref());
        }
    }

    /// No more faults, no more people.
    fn calm_down(&mut self) {
        self.faults = Faults::default();
        self.outages = [None, None];
        self.still_until = i64::MIN;
        self.store_away = i64::MIN;
        self.in_flight = None;
        self.event("calm", "", |_| String::new());
    }
}
