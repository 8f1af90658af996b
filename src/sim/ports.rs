//! The two services as the engine's ports: the world's state, seen through faults.

use std::cell::Cell;
use std::rc::Rc;

use super::executor::pause;
use super::faults::OutageKind;
use super::sabotage::Sabotage;
use super::world::{Ghost, REPOS, Shared, World};
use super::{code, oracle, serve};
use crate::core::{
    Action, Draft, FieldKey, Kind, Life, ObjectId, Observation, Side, Step, Time, Value,
};
use crate::remote::{
    Answer, Budget, KnownBody, LeftOut, ListFrom, Lookup, Opened, Page, REPLICA_LAG, Remote,
    RemoteError,
};

/// Rows of one page of a listing: few, so that small worlds have several.
const ROWS: usize = 4;
/// A Notion stamp is settled once its minute has passed, in milliseconds.
const MINUTE: i64 = 60_000;

/// One side of the world.
#[derive(Clone, Debug)]
pub struct Port {
    side: Side,
    world: Shared,
    made: Rc<Cell<u64>>,
}

impl Port {
    /// The port of a side.
    pub fn new(side: Side, world: &Shared) -> Self {
        Self {
            side,
            world: Rc::clone(world),
            made: Rc::new(Cell::new(0)),
        }
    }

    fn now(&self) -> Time {
        let world = self.world.borrow();
        Time(world.now + world.skew)
    }

    fn count(&self) {
        self.made.set(self.made.get() + 1);
    }

    fn service(&self) -> &'static str {
        self.side.name()
    }

    /// What goes wrong with any request before it is looked at.
    fn trouble(&self, world: &mut World) -> Option<RemoteError> {
        if world.chance(world.faults.limited) {
            world.figures.fault("limited");
            let until = Time(world.now + world.skew + world.rng.i64(1_000..90_000));
            let reason = "too many requests".to_owned();
            return Some(RemoteError::Limited { until, reason });
        }
        match world.outages[self.side as usize]?.kind {
            OutageKind::Offline => Some(RemoteError::Offline {
                service: self.service(),
                message: "connection refused".to_owned(),
            }),
            OutageKind::Unclear => Some(RemoteError::Unclear("503".to_owned())),
            OutageKind::NotFound | OutageKind::Empty => None,
        }
    }

    fn is_out(&self, world: &World) -> Option<OutageKind> {
        world.outages[self.side as usize].map(|outage| outage.kind)
    }

    fn list_now(&self, stream: &str, from: &ListFrom, read_at: Time) -> Result<Page, RemoteError> {
        let world = &mut *self.world.borrow_mut();
        if let Some(error) = self.trouble(world) {
            return Err(error);
        }
        match self.is_out(world) {
            Some(OutageKind::NotFound) => {
                return Err(RemoteError::Denied {
                    service: self.service(),
                    message: "404".to_owned(),
                });
            }
            Some(OutageKind::Empty) => return Ok(Page::default()),
            _ => {}
        }
        let mut rows = self.rows(world, stream, from, read_at);
        let start: usize = from
            .page
            .as_deref()
            .map_or(0, |page| page.parse().unwrap_or(0));
        let total = rows.len();
        let mut rows: Vec<Observation> = rows.drain(start.min(total)..).take(ROWS).collect();
        let mut page = Page {
            next: (start + ROWS < total).then(|| (start + ROWS).to_string()),
            ..Page::default()
        };
        if page.next.is_some() && self.side == Side::Notion && world.chance(world.faults.cut_signed)
        {
            world.figures.fault("cut_signed");
            (page.next, page.cut) = (None, true);
        } else if page.next.is_some() && world.chance(world.faults.cut_silent) {
            world.figures.fault("cut_silent");
            page.next = None;
        }
        if let Some(row) = rows.first().cloned()
            && world.chance(world.faults.doubled_row)
        {
            world.figures.fault("doubled_row");
            rows.push(row);
        }
        if from.since.is_none() {
            let listed = world.listed[self.side as usize].get_or_insert_default();
            listed.extend(rows.iter().map(|row| row.id.node.clone()));
        }
        world.event("list", stream, |_| {
            format!("{start}.. {} of {total}", rows.len())
        });
        page.rows = rows;
        Ok(page)
    }

    /// The rows of a listing, newest change first, each as old as its own lag.
    fn rows(
        &self,
        world: &mut World,
        stream: &str,
        from: &ListFrom,
        read_at: Time,
    ) -> Vec<Observation> {
        let (what, repo) = stream.split_once(':').unwrap_or((stream, ""));
        let (wanted, commits) = (Value::text(repo), what == "commits");
        let mut rows = Vec::new();
        for node in world.nodes(self.side) {
            let lag = lag(world);
            let Some(version) = world.as_of(self.side, &node, world.now - lag) else {
                continue;
            };
            let seen = &version.seen;
            let here = self.side == Side::Notion
                || seen.field(&FieldKey::REPOSITORY) == Some(&wanted)
                    && (seen.kind == Kind::Commit) == commits
                    && !code::is_orphaned(seen);
            let stamp = seen.stamp.as_ref().map(|stamp| stamp.at);
            let since = from.since.map(|since| match self.side {
                Side::Github => since,
                Side::Notion => Time(since.0.div_euclid(MINUTE) * MINUTE),
            });
            if seen.is_live() && here && stamp >= since {
                let mut row = self.read(world, seen, read_at);
                if self.side == Side::Notion {
                    row.fields.remove(&FieldKey::BODY);
                    row.raw_body = None;
                }
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.stamp.as_ref().map(|stamp| stamp.at)));
        if world.sabotaged(Sabotage::OldestFirst) {
            rows.reverse();
        }
        rows
    }

    /// An observation as a read that began at `read_at` gives it.
    fn read(&self, world: &World, seen: &Observation, read_at: Time) -> Observation {
        let mut seen = seen.clone();
        seen.read_at = read_at;
        if let Some(stamp) = &mut seen.stamp
            && self.side == Side::Notion
        {
            // A replica may lag, so the minute is over for it only somewhat later.
            stamp.settled = stamp.by_us || world.now - stamp.at.0 >= MINUTE + REPLICA_LAG;
        }
        seen
    }

    fn get_now(
        &self,
        kind: Kind,
        id: &ObjectId,
        known: KnownBody<'_>,
        read_at: Time,
    ) -> Result<Observation, RemoteError> {
        let world = &mut *self.world.borrow_mut();
        if let Some(error) = self.trouble(world) {
            return Err(error);
        }
        let lag = if world.chance(world.faults.stale_get) {
            world.figures.fault("stale_get");
            world.rng.i64(0..REPLICA_LAG)
        } else {
            0
        };
        let found = world.as_of(self.side, &id.node, world.now - lag);
        let found = found.filter(|_| self.is_out(world).is_none());
        let mut seen = match found {
            Some(version) => self.read(world, &version.seen, read_at),
            None => unreachable(self.side, kind, id, read_at),
        };
        if world.sabotaged(Sabotage::On404) && seen.life == Life::Unreachable {
            seen.life = gone(self.side);
        }
        if world.sabotaged(Sabotage::Absence)
            && let Some(listed) = &world.listed[self.side as usize]
            && !listed.contains(&id.node)
        {
            seen.life = gone(self.side);
        }
        let place = (self.side, id.node.clone());
        if seen.life == Life::Unreachable {
            world.unreachable.insert(place);
        } else {
            world.unreachable.remove(&place);
        }
        if let Some((stamp, value)) = known
            && self.side == Side::Notion
            && seen.is_live()
            && seen.body_is_as_of(stamp)
        {
            seen.fields.insert(FieldKey::BODY, value.clone());
            seen.raw_body = None;
        }
        let life = format!("{:?}", seen.life);
        world.event("get", self.service(), |world| {
            format!("{} {life} lag {lag}", world.name(self.side, &id.node))
        });
        Ok(seen)
    }

    /// Carries the write out, or loses it, or leaves it on its way.
    fn arrive(
        &self,
        step: &Step,
        target: Option<&Observation>,
    ) -> Result<Observation, RemoteError> {
        let world = &mut *self.world.borrow_mut();
        world.in_flight = None;
        if let Some(error) = self.trouble(world) {
            return Err(error);
        }
        if self.is_out(world).is_some() {
            return Err(RemoteError::Refused {
                status: 404,
                field: None,
                message: "Not Found".to_owned(),
            });
        }
        if world.chance(world.faults.lost) {
            world.figures.fault("lost");
            world.event("lost", self.service(), |_| oracle::brief(step));
            return Err(RemoteError::Unclear("connection reset".to_owned()));
        }
        if world.chance(world.faults.ghost) {
            world.figures.fault("ghost");
            return Err(haunt(world, step, target));
        }
        serve::carry_out(world, step, target)
    }
}

/// Leaves a request on its way.
pub fn haunt(world: &mut World, step: &Step, target: Option<&Observation>) -> RemoteError {
    let at = world.now + world.rng.i64(0..world.faults.flight.max(1));
    world.event("ghost", step.verb(), |_| {
        format!("at {} {}", at, oracle::brief(step))
    });
    world.ghosts.push(Ghost {
        at,
        step: step.clone(),
        target: target.cloned(),
    });
    RemoteError::Unclear("timed out".to_owned())
}

fn lag(world: &mut World) -> i64 {
    if world.faults.list_lag > 0 && world.chance(world.faults.stale_list) {
        world.figures.fault("stale_list");
        world.rng.i64(0..world.faults.list_lag)
    } else {
        0
    }
}

const fn gone(side: Side) -> Life {
    match side {
        Side::Github => Life::Gone,
        Side::Notion => Life::Trashed,
    }
}

fn unreachable(side: Side, kind: Kind, id: &ObjectId, read_at: Time) -> Observation {
    Observation {
        side,
        kind,
        id: id.clone(),
        life: Life::Unreachable,
        fields: std::collections::BTreeMap::new(),
        stamp: None,
        created: None,
        created_by_us: false,
        marker: None,
        linked_node: None,
        raw_body: None,
        read_at,
    }
}

impl Remote for Port {
    fn side(&self) -> Side {
        self.side
    }

    async fn open(&self, _: Option<&str>, _: bool) -> Result<Opened, RemoteError> {
        pause().await;
        let out = self.world.borrow().outages[self.side as usize];
        if let Some(outage) = out
            && outage.kind == OutageKind::Offline
        {
            let world = &mut *self.world.borrow_mut();
            return Err(self
                .trouble(world)
                .unwrap_or(RemoteError::Unclear("open".to_owned())));
        }
        Ok(Opened {
            streams: match self.side {
                Side::Github => {
                    let streams = |what: &'static str| REPOS.map(|repo| format!("{what}:{repo}"));
                    [streams("issues"), streams("commits")].concat()
                }
                Side::Notion => vec!["pages".to_owned()],
            },
            ..Opened::default()
        })
    }

    async fn list(&self, stream: &str, from: &ListFrom) -> Result<Page, RemoteError> {
        self.count();
        let read_at = self.now();
        pause().await;
        let page = self.list_now(stream, from, read_at);
        pause().await;
        page
    }

    async fn get(
        &self,
        kind: Kind,
        id: &ObjectId,
        known: KnownBody<'_>,
    ) -> Result<Observation, RemoteError> {
        self.count();
        let read_at = self.now();
        pause().await;
        let seen = self.get_now(kind, id, known, read_at);
        pause().await;
        seen
    }

    async fn read_body(&self, row: &Observation) -> Result<Observation, RemoteError> {
        if self.side == Side::Github || row.field(&FieldKey::BODY).is_some() {
            return Ok(row.clone());
        }
        self.count();
        pause().await;
        let body = self.get_now(row.kind, &row.id, None, row.read_at);
        pause().await;
        let body = body?;
        let mut row = row.clone();
        if let Some(text) = body.field(&FieldKey::BODY) {
            row.fields.insert(FieldKey::BODY, text.clone());
            row.raw_body = body.raw_body;
        }
        Ok(row)
    }

    /// The people of the simulation keep their repositories to themselves.
    async fn is_public(&self, _: &str) -> Result<bool, RemoteError> {
        Ok(false)
    }

    async fn write(
        &self,
        step: &Step,
        target: Option<&Observation>,
    ) -> Result<Answer, RemoteError> {
        self.count();
        {
            let world = &mut *self.world.borrow_mut();
            oracle::sent(world, step);
            if let Some(target) = target {
                let node = Rc::from(target.id.node.as_str());
                world.sent.insert((step.side, node), world.elapsed);
            }
            world.in_flight = Some((step.clone(), target.cloned()));
        }
        pause().await;
        let mut answer = self.arrive(step, target);
        pause().await;
        let world = &mut *self.world.borrow_mut();
        if answer.is_ok() && world.chance(world.faults.answer_lost) {
            world.figures.fault("answer_lost");
            world.event("answer lost", self.service(), |_| String::new());
            answer = Err(RemoteError::Unclear("answer lost".to_owned()));
        }
        if matches!(answer, Err(RemoteError::Unclear(_)))
            && world.sabotaged(Sabotage::BlindRetry)
            && matches!(step.action, Action::Create(_))
        {
            answer = serve::carry_out(world, step, target);
        }
        oracle::ended(world, step, answer.as_ref().err());
        let read_at = Time(world.now + world.skew);
        let post = answer.map(|post| self.read(world, &post, read_at))?;
        Ok(Answer {
            post,
            request: None,
            left_out: LeftOut::new(),
        })
    }

    async fn find_made(&self, draft: &Draft, since: Time) -> Result<Lookup, RemoteError> {
        self.count();
        let read_at = self.now();
        pause().await;
        let found = self.find_now(draft, since, read_at);
        pause().await;
        found
    }

    fn budget(&self) -> Budget {
        Budget {
            made: self.made.get(),
            ..Budget::default()
        }
    }
}

impl Port {
    fn find_now(&self, draft: &Draft, since: Time, read_at: Time) -> Result<Lookup, RemoteError> {
        let world = &mut *self.world.borrow_mut();
        if let Some(error) = self.trouble(world) {
            return Err(error);
        }
        if self.is_out(world).is_some() {
            return Err(RemoteError::Denied {
                service: self.service(),
                message: "404".to_owned(),
            });
        }
        let mut hits = Vec::new();
        for node in world.nodes(self.side) {
            let lag = lag(world);
            let Some(version) = world.as_of(self.side, &node, world.now - lag) else {
                continue;
            };
            let seen = &version.seen;
            let marked = match self.side {
                Side::Github => seen
                    .marker
                    .as_ref()
                    .is_some_and(|key| key.0 == draft.marker),
                Side::Notion => seen.linked_node.as_deref() == Some(&draft.marker),
            };
            let recent = seen.created.is_none_or(|at| at.0 >= since.0 - MINUTE);
            if marked && recent && seen.created_by_us && seen.is_live() {
                hits.push(self.read(world, seen, read_at));
            }
        }
        if world.sabotaged(Sabotage::NoLookup) {
            hits.clear();
        }
        hits.sort_by_key(|hit| hit.created);
        world.event("look-up", self.service(), |_| {
            format!("{} hits", hits.len())
        });
        let complete = !world.chance(world.faults.cut_signed);
        Ok(Lookup { hits, complete })
    }
}
