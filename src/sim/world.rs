//! The world of one seed: both services, their common version log, virtual time, chance, and the trace.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::rc::Rc;

use super::faults::{Faults, Outage};
use super::faulty::Late;
use super::figures::Figures;
use super::github::Hub;
use super::github::{AccountKind, NewRepo, Permission};
use super::notion::schema::Kind as Column;
use super::notion::{Id, Parent, Workspace, span};
use super::sabotage::Sabotage;
use super::views;
use crate::core::{Mapping, Observation, Side, Step};
use crate::store::memory::MemoryStore;

/// When every seed's world begins, in milliseconds since the epoch.
pub const DAWN: i64 = 1_767_225_600_000;
/// The repositories of the link.
pub const REPOS: [&str; 2] = ["acme/app", "acme/lib"];
/// A repository outside the link's selection.
pub const ELSEWHERE: &str = "acme/attic";
/// The login that the engine's GitHub token acts as.
pub const BOT: &str = "pulse-bot";
/// The person who edits GitHub.
pub const PERSON: &str = "ada";
/// How many lines of the trace are kept when it is recorded.
const KEPT_LINES: usize = 4_000;

/// A shared world: the ports, the people and the oracle hold it, the engine does not.
pub type Shared = Rc<RefCell<World>>;

/// Who made a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// A person, in the service itself.
    Human,
    /// The engine, by a request.
    Engine,
}

/// One state of one object, as the service would show it to a read made now.
#[derive(Clone, Debug)]
pub struct Version {
    /// When it began, true time in milliseconds.
    pub at: i64,
    /// Where.
    pub side: Side,
    /// The object's node id.
    pub node: Rc<str>,
    /// Who made it so.
    pub author: Author,
    /// What it shows, whole.
    pub seen: Rc<Observation>,
}

/// A request that the engine believes lost and that a service applies later.
#[derive(Clone, Debug)]
pub struct Ghost {
    /// When it is applied.
    pub at: i64,
    /// What.
    pub step: Step,
    /// What the engine had verified.
    pub target: Option<Observation>,
}

/// What happened, hashed always and kept as text on demand.
#[derive(Debug, Default)]
pub struct Trace {
    hash: u64,
    lines: Option<VecDeque<String>>,
}

impl Trace {
    /// A trace; `keep` keeps its lines.
    pub fn new(keep: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            lines: keep.then(VecDeque::new),
        }
    }

    /// The hash of everything so far.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// Whether lines are kept.
    pub const fn keeps(&self) -> bool {
        self.lines.is_some()
    }

    /// The lines kept.
    pub fn lines(&self) -> Vec<String> {
        self.lines.iter().flatten().cloned().collect()
    }

    fn mix(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn keep(&mut self, line: String) {
        if let Some(lines) = &mut self.lines {
            if lines.len() == KEPT_LINES {
                lines.pop_front();
            }
            lines.push_back(line);
        }
    }
}

/// Objects that answered 404 when they were read last.
pub type Unreachable = BTreeSet<(Side, String)>;

/// Everything of one seed but the engine.
pub struct World {
    /// True time: the services' and, but for `skew`, ours.
    pub now: i64,
    /// Since the start; never jumps back.
    pub elapsed: i64,
    /// How far our wall clock is ahead of the services'.
    pub skew: i64,
    /// Our wall clock stands still until then, true time.
    pub still_until: i64,
    /// When each intent became durable, in elapsed time: what no wall clock says.
    pub opened: BTreeMap<String, i64>,
    /// When a write to each object left last, in elapsed time.
    pub sent: BTreeMap<(Side, Rc<str>), i64>,
    /// The seed's chance for everything but the engine.
    pub rng: fastrand::Rng,
    /// The engine's chance.
    pub engine_rng: fastrand::Rng,
    /// GitHub.
    pub hub: Hub,
    /// Notion.
    pub notion: Workspace,
    /// The link's data source.
    pub source: Id,
    /// The ids of its columns, by name.
    pub columns: BTreeMap<String, String>,
    /// The person who edits Notion.
    pub editor: Id,
    /// What is kept in step.
    pub mapping: Rc<Mapping>,
    /// Every state of every object, in the order they came to be.
    pub log: Vec<Version>,
    /// Where an object's versions are in the log.
    pub objects: BTreeMap<(Side, Rc<str>), Vec<usize>>,
    /// Where transferred issues came from: new node, old node.
    pub moved: BTreeMap<String, Rc<str>>,
    /// Markup that people changed without a trace in a text that the engine had sent and not read back, by page: nothing
    /// tells it from the service's own rendering.
    pub traceless: BTreeMap<Rc<str>, BTreeSet<String>>,
    /// What may go wrong.
    pub faults: Faults,
    /// What is going wrong on each side.
    pub outages: [Option<Outage>; 2],
    /// Requests still on their way.
    pub ghosts: Vec<Ghost>,
    /// Writes to the store that are carried out later, each with its time.
    pub late: Vec<(i64, Late, Unreachable)>,
    /// The store answers nobody until then, true time.
    pub store_away: i64,
    /// The write that was sent and not yet carried out.
    pub in_flight: Option<(Step, Option<Observation>)>,
    /// The time at which a sleeping engine wants to be woken.
    pub wake_at: Option<i64>,
    /// What the engine remembers, for the oracle.
    pub store: MemoryStore,
    /// A protective rule switched off on purpose.
    pub sabotage: Option<Sabotage>,
    /// Writes a run may send.
    pub max_items: usize,
    /// A request leaves at most so long after its intent, in milliseconds.
    pub send_deadline: i64,
    /// Writes sent in this run.
    pub run_writes: usize,
    /// Counts.
    pub figures: Figures,
    /// What happened.
    pub trace: Trace,
    /// What the oracle found.
    pub violations: Vec<String>,
    /// Makes the next unique value.
    pub serial: u64,
    /// Nodes that a complete listing of this run showed, per side: only for the sabotage of absence.
    pub listed: [Option<BTreeSet<String>>; 2],
    /// Objects that could not be reached when they were last read.
    pub unreachable: Unreachable,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("now", &self.now)
            .field("versions", &self.log.len())
            .finish_non_exhaustive()
    }
}

impl World {
    /// The world of a seed: two repositories and an empty database.
    pub fn new(seed: u64, mapping: Rc<Mapping>, keep_trace: bool) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
        let engine_rng = rng.fork();
        let mut notion = Workspace::new(seed);
        let editor = notion.add_person("Grace", "grace@example.org");
        let source = make_source(&mut notion, &mapping);
        let columns = columns_of(&notion, source);
        Self {
            now: DAWN,
            elapsed: 0,
            skew: 0,
            still_until: i64::MIN,
            opened: BTreeMap::new(),
            sent: BTreeMap::new(),
            rng,
            engine_rng,
            hub: make_hub(),
            notion,
            source,
            columns,
            editor,
            mapping,
            log: Vec::new(),
            objects: BTreeMap::new(),
            moved: BTreeMap::new(),
            traceless: BTreeMap::new(),
            faults: Faults::default(),
            outages: [None, None],
            ghosts: Vec::new(),
            late: Vec::new(),
            store_away: i64::MIN,
            in_flight: None,
            wake_at: None,
            store: MemoryStore::new(),
            sabotage: None,
            max_items: usize::MAX,
            send_deadline: i64::MAX,
            run_writes: 0,
            figures: Figures::default(),
            trace: Trace::new(keep_trace),
            violations: Vec::new(),
            serial: 0,
            listed: [None, None],
            unreachable: BTreeSet::new(),
        }
    }

    /// Notes an event: into the hash always, as a line if lines are kept.
    pub fn event(&mut self, kind: &str, subject: &str, detail: impl FnOnce(&Self) -> String) {
        self.trace.mix(kind.as_bytes());
        self.trace.mix(subject.as_bytes());
        let now = self.now - DAWN;
        self.trace.mix(&now.to_le_bytes());
        if self.trace.keeps() {
            let detail = detail(self);
            self.trace
                .keep(format!("{now:>9} {kind} {subject} {detail}"));
        }
    }

    /// Notes a violation.
    pub fn violate(&mut self, what: String) {
        self.event("VIOLATION", "", |_| what.clone());
        self.violations.push(what);
    }

    /// Whether the sabotage is this one.
    pub fn sabotaged(&self, what: Sabotage) -> bool {
        self.sabotage == Some(what)
    }

    /// With a chance of `permille` in a thousand.
    pub fn chance(&mut self, permille: u32) -> bool {
        permille > 0 && self.rng.u32(0..1000) < permille
    }

    /// A value nobody has written before.
    pub fn fresh(&mut self, prefix: &str) -> String {
        self.serial += 1;
        format!("{prefix}{}", self.serial)
    }

    /// Moves true time.
    pub fn pass(&mut self, ms: i64) {
        let still = ms.min(self.still_until.saturating_sub(self.now));
        self.skew -= still.max(0);
        self.now += ms;
        self.elapsed += ms;
    }

    /// The newest state of an object.
    pub fn latest(&self, side: Side, node: &str) -> Option<&Version> {
        let at = *self.versions(side, node).last()?;
        self.log.get(at)
    }

    /// Where an object's states are in the log, oldest first.
    pub fn versions(&self, side: Side, node: &str) -> &[usize] {
        self.objects
            .get(&(side, Rc::from(node)))
            .map_or(&[], Vec::as_slice)
    }

    /// The state an object had at a time.
    pub fn as_of(&self, side: Side, node: &str, at: i64) -> Option<&Version> {
        let versions = self.versions(side, node).iter().rev();
        versions
            .filter_map(|index| self.log.get(*index))
            .find(|version| version.at <= at)
    }

    /// Looks at an object again and logs its state if it is another one.
    pub fn note(&mut self, side: Side, node: &str, author: Author) {
        let Some(seen) = views::show(self, side, node) else {
            return;
        };
        if self
            .latest(side, node)
            .is_some_and(|latest| *latest.seen == seen)
        {
            return;
        }
        let node: Rc<str> = Rc::from(node);
        let index = self.log.len();
        self.log.push(Version {
            at: self.now,
            side,
            node: Rc::clone(&node),
            author,
            seen: Rc::new(seen),
        });
        self.objects.entry((side, node)).or_default().push(index);
    }

    /// The nodes of a side, in order.
    pub fn nodes(&self, side: Side) -> Vec<Rc<str>> {
        let all = self.objects.keys().filter(|(of, _)| *of == side);
        all.map(|(_, node)| Rc::clone(node)).collect()
    }

    /// A short name of an object for the trace.
    pub fn name(&self, side: Side, node: &str) -> String {
        let title = self
            .latest(side, node)
            .map_or_else(String::new, |version| version.seen.id.locator.clone());
        match side {
            Side::Github => title,
            Side::Notion => format!("page {}", node.get(..8).unwrap_or(node)),
        }
    }
}

fn columns_of(notion: &Workspace, source: Id) -> BTreeMap<String, String> {
    let columns = notion
        .sources
        .get(&source)
        .map(|source| source.schema.all());
    let columns = columns.unwrap_or_default().iter();
    columns
        .map(|column| (column.name.clone(), column.id.clone()))
        .collect()
}

fn make_hub() -> Hub {
    let mut hub = Hub::new();
    hub.add_user(DAWN, "acme", AccountKind::Organization);
    for login in [PERSON, BOT] {
        hub.add_user(DAWN, login, AccountKind::User);
    }
    for name in REPOS.iter().chain([&ELSEWHERE]) {
        // Both names are ours and new, so nothing can be refused.
        let _ = hub.create_repo(DAWN, PERSON, NewRepo::public(name));
        let _ = hub.set_permission(DAWN, name, BOT, Some(Permission::Write));
    }
    hub
}

fn make_source(notion: &mut Workspace, mapping: &Mapping) -> Id {
    let columns: Vec<(String, Column)> = mapping
        .properties()
        .into_iter()
        .filter_map(|wanted| {
            let column = match wanted.kind.api_name() {
                "status" => Column::status(&[], &mut notion.ids),
                other => Column::plain(other)?,
            };
            Some((wanted.name, column))
        })
        .collect();
    let (bot, home) = (notion.bot, notion.home);
    let made = notion.add_database(DAWN, bot, Parent::Page(home), span::rich("Work"), columns);
    made.map_or(home, |(_, source)| source)
}
