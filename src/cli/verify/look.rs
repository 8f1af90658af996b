//! Reads both sides of a link whole and compares them. Writes nothing, neither to a service nor to the store.

use std::collections::{BTreeMap, BTreeSet};

use super::found::{Copies, Difference, Found};
use super::judge::{self, Verdict};
use crate::cli::clock::SystemClock;
use crate::cli::exit::{Exit, Failed};
use crate::cli::wire::RealLink;
use crate::core::decide::Looked;
use crate::core::plan::Input;
use crate::core::{FieldKey, Life, Observation, Pair, PairId, PairLife, Side, Time, Value};
use crate::engine::{Clock, Event, Report, Stop};
use crate::remote::{ListFrom, Page, Remote, RemoteError};
use crate::store::{AnyStore, Store, Which};

/// Pairs and objects asked of the store at once.
const CHUNK: usize = 200;
/// Reads are harmless, so an unclear answer is asked for again this often.
const TRIES: u32 = 4;
/// How long a value is shown at most.
const BRIEF: usize = 100;

/// The work on one link.
pub struct Look<'a> {
    link: &'a RealLink,
    store: &'a AnyStore,
    sink: &'a dyn Fn(Event),
    paused: BTreeSet<FieldKey>,
    /// GitHub's rows by node id, while the pages are gone through.
    github: BTreeMap<String, Observation>,
    /// Pairs that were compared.
    met: BTreeSet<PairId>,
    /// Pairs that seem to differ: read once more on both sides, as lists lag and people type.
    again: BTreeSet<PairId>,
    /// Pages by the GitHub id they carry.
    pages: BTreeMap<String, Vec<(String, bool)>>,
    found: Found,
}

/// Compares both sides of a link.
pub async fn compare(
    link: &RealLink,
    store: &AnyStore,
    sink: &dyn Fn(Event),
) -> anyhow::Result<Found> {
    let made = || (link.github.budget().made, link.notion.budget().made);
    let before = made();
    let mut look = Look {
        link,
        store,
        sink,
        paused: BTreeSet::new(),
        github: BTreeMap::new(),
        met: BTreeSet::new(),
        again: BTreeSet::new(),
        pages: BTreeMap::new(),
        found: Found::of(&link.spec.name),
    };
    let streams = look.open().await?;
    for stream in &streams[0] {
        look.list_github(stream).await?;
    }
    for stream in &streams[1] {
        look.list_notion(stream).await?;
    }
    look.rest().await?;
    look.second_look().await?;
    look.without_page().await?;
    look.count_copies();
    look.found.requests.github = made().0.saturating_sub(before.0);
    look.found.requests.notion = made().1.saturating_sub(before.1);
    Ok(look.found)
}

/// What one attempt to read means for the next.
enum After {
    Again,
    Fail(RemoteError),
}

impl Look<'_> {
    /// Opens both sides with what they told the engine last time; the streams of each.
    async fn open(&mut self) -> anyhow::Result<[Vec<String>; 2]> {
        let mut streams = [Vec::new(), Vec::new()];
        for side in Side::BOTH {
            let name = format!("memo/{}/{}", self.link.spec.name, side.name());
            let memo = self.store.setting(&name).await?;
            let mut tries = 0;
            let opened = loop {
                let opened = match side {
                    Side::Github => self.link.github.open(memo.as_deref(), false).await,
                    Side::Notion => self.link.notion.open(memo.as_deref(), false).await,
                };
                match opened {
                    Ok(opened) => break opened,
                    Err(error) => self.retry(side, error, &mut tries).await?,
                }
            };
            self.paused.extend(opened.paused.keys().cloned());
            for (field, why) in opened.paused {
                let note = format!("{}: {field} is paused: {why}", side.name());
                self.found.notes.push(note);
            }
            streams[side as usize] = opened.streams;
        }
        Ok(streams)
    }

    async fn list_github(&mut self, stream: &str) -> anyhow::Result<()> {
        let mut from = ListFrom::default();
        loop {
            let page = self.page(Side::Github, stream, &from).await?;
            for mut row in page.rows.into_iter().filter(Observation::is_live) {
                row.raw_body = None;
                self.github.insert(row.id.node.clone(), row);
            }
            self.tell(stream, self.github.len());
            match page.next {
                Some(next) => from.page = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn list_notion(&mut self, stream: &str) -> anyhow::Result<()> {
        let mut from = ListFrom::default();
        loop {
            let page = self.page(Side::Notion, stream, &from).await?;
            let live: Vec<&Observation> = page.rows.iter().filter(|row| row.is_live()).collect();
            let nodes: Vec<&str> = live.iter().map(|row| row.id.node.as_str()).collect();
            let owners = self
                .store
                .by_nodes(&self.link.spec.name, Side::Notion, &nodes)
                .await?;
            for row in live {
                self.found.pages += 1;
                if let Some(node) = &row.linked_node {
                    let page = (row.id.node.clone(), row.created_by_us);
                    self.pages.entry(node.clone()).or_default().push(page);
                }
                if let Some(pair) = owners.get(&row.id.node) {
                    self.meet(pair, row).await?;
                }
            }
            self.tell(stream, usize::try_from(self.found.pages).unwrap_or(0));
            match page.next {
                Some(next) => from.page = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Compares a listed page with GitHub's row. What only one list shows is read later, by itself.
    async fn meet(&mut self, pair: &Pair, row: &Observation) -> anyhow::Result<()> {
        let node = pair.github.as_ref().map(|id| &id.node);
        let Some(github) = node.and_then(|node| self.github.get(node)) else {
            return Ok(());
        };
        let is_whole = self.link.spec.mapping.fields(pair.kind).all(|field| {
            field.key == FieldKey::BODY
                || self.paused.contains(&field.key)
                || github.field(&field.key).is_none()
                || row.field(&field.key).is_some()
        });
        if !is_linked(pair) || !is_whole || !self.met.insert(pair.id.clone()) {
            return Ok(());
        }
        match self.body(row).await {
            Ok(notion) => {
                let github = github.clone();
                self.judge(pair, &github, &notion, true);
            }
            Err(error) => self.unread(pair, Side::Notion, &error)?,
        }
        Ok(())
    }

    /// Pairs that the lists did not bring together: each side is asked for the object itself.
    async fn rest(&mut self) -> anyhow::Result<()> {
        let mut after: Option<PairId> = None;
        loop {
            let pairs = self
                .store
                .pairs(&self.link.spec.name, Which::All, after.as_ref(), CHUNK)
                .await?;
            let Some(last) = pairs.last() else {
                return Ok(());
            };
            after = Some(last.id.clone());
            for pair in &pairs {
                if !is_linked(pair) {
                    self.found.unlinked += 1;
                } else if self.met.insert(pair.id.clone()) {
                    self.read_and_judge(pair, true).await?;
                }
            }
        }
    }

    /// What differs is read once more, whole and from both sides, and only then believed.
    async fn second_look(&mut self) -> anyhow::Result<()> {
        for id in std::mem::take(&mut self.again) {
            if let Some(pair) = self.store.pair(&id).await? {
                self.read_and_judge(&pair, false).await?;
            }
        }
        Ok(())
    }

    async fn read_and_judge(&mut self, pair: &Pair, is_first: bool) -> anyhow::Result<()> {
        let github = match self.get(pair, Side::Github).await {
            Ok(seen) => seen,
            Err(error) => return self.unread(pair, Side::Github, &error),
        };
        match self.get(pair, Side::Notion).await {
            Ok(notion) => self.judge(pair, &github, &notion, is_first),
            Err(error) => return self.unread(pair, Side::Notion, &error),
        }
        Ok(())
    }

    /// Compares every field. Nothing of a first look counts if anything in it differs: the second look does.
    fn judge(&mut self, pair: &Pair, github: &Observation, notion: &Observation, is_first: bool) {
        if !github.is_live() || !notion.is_live() {
            self.judge_lives(pair, github, notion, is_first);
            return;
        }
        let input = Input {
            pair,
            github: Some(github),
            notion: Some(notion),
            mapping: &self.link.spec.mapping,
            rules: &self.link.spec.rules,
            paused: &self.paused,
            in_scope: true,
            now: SystemClock.now(),
        };
        let looked = Looked { github, notion };
        let mut fields = Vec::new();
        for field in self.link.spec.mapping.fields(pair.kind) {
            fields.push((field.key.clone(), judge::field(&input, &looked, field)));
        }
        let differs = |verdict: &Verdict| matches!(verdict, Verdict::Differs(_));
        if is_first && fields.iter().any(|(_, verdict)| differs(verdict)) {
            self.again.insert(pair.id.clone());
            return;
        }
        self.found.items += 1;
        for (key, verdict) in fields {
            self.found.count(&key, verdict);
            if let Verdict::Differs(next) = verdict {
                let brief =
                    |seen: &Observation| seen.field(&key).map_or(String::new(), |v| v.brief(BRIEF));
                let (github, notion) = match (github.field(&key), notion.field(&key)) {
                    (Some(Value::Text(l)), Some(Value::Text(r))) => apart(l, r),
                    _ => (brief(github), brief(notion)),
                };
                self.found.differences.push(Difference {
                    item: pair.name().to_owned(),
                    title: pair.title.clone(),
                    field: Some(key),
                    github,
                    notion,
                    next,
                });
            }
        }
    }

    /// One side does not exist any more.
    fn judge_lives(
        &mut self,
        pair: &Pair,
        github: &Observation,
        notion: &Observation,
        is_first: bool,
    ) {
        if let Some(why) = judge::pair_waits(pair) {
            *self.found.waiting.entry(why).or_default() += 1;
        } else if is_first {
            self.again.insert(pair.id.clone());
        } else {
            self.found.items += 1;
            self.found.differences.push(Difference {
                item: pair.name().to_owned(),
                title: pair.title.clone(),
                field: None,
                github: life(&github.life),
                notion: life(&notion.life),
                next: "see to it",
            });
        }
    }

    /// GitHub's objects that the link keeps and that have no page, though nothing says why.
    async fn without_page(&mut self) -> anyhow::Result<()> {
        let rows: Vec<Observation> = std::mem::take(&mut self.github).into_values().collect();
        self.found.objects = rows.len() as u64;
        for chunk in rows.chunks(CHUNK) {
            let nodes: Vec<&str> = chunk.iter().map(|row| row.id.node.as_str()).collect();
            let owners = self
                .store
                .by_nodes(&self.link.spec.name, Side::Github, &nodes)
                .await?;
            let now = super::super::clock::now();
            for row in chunk.iter().filter(|row| self.link.wants_new(row, now)) {
                match owners.get(&row.id.node) {
                    None => self.found.missing.push(row.id.locator.clone()),
                    Some(pair) if pair.notion.is_none() && pair.life == PairLife::New => {
                        match judge::pair_waits(pair) {
                            Some(why) => *self.found.waiting.entry(why).or_default() += 1,
                            None => self.found.missing.push(row.id.locator.clone()),
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    fn count_copies(&mut self) {
        for (node, pages) in std::mem::take(&mut self.pages) {
            if pages.len() > 1 {
                self.found.copies.push(Copies {
                    node,
                    ours: pages.iter().filter(|(_, ours)| *ours).count(),
                    pages: pages.into_iter().map(|(page, _)| page).collect(),
                });
            }
        }
    }

    /// Notes an item that could not be read; an error of the whole side ends it all.
    fn unread(&mut self, pair: &Pair, side: Side, error: &RemoteError) -> anyhow::Result<()> {
        if error.is_side_wide() {
            return Err(failed(side, error).into());
        }
        let line = format!("{}: {error}", pair.name());
        self.found.unread.push(line);
        Ok(())
    }

    fn tell(&self, stream: &str, rows: usize) {
        (self.sink)(Event::Listed {
            stream: stream.to_owned(),
            rows: rows as u64,
        });
    }

    async fn page(&self, side: Side, stream: &str, from: &ListFrom) -> Result<Page, Failed> {
        let mut tries = 0;
        loop {
            let page = match side {
                Side::Github => self.link.github.list(stream, from).await,
                Side::Notion => self.link.notion.list(stream, from).await,
            };
            match page {
                Ok(page) => return Ok(page),
                Err(error) => self.retry(side, error, &mut tries).await?,
            }
        }
    }

    async fn body(&self, row: &Observation) -> Result<Observation, RemoteError> {
        let mut tries = 0;
        loop {
            match self.link.notion.read_body(row).await {
                Ok(seen) => return Ok(seen),
                Err(error) => match self.after(Side::Notion, error, &mut tries).await {
                    After::Again => {}
                    After::Fail(error) => return Err(error),
                },
            }
        }
    }

    async fn get(&self, pair: &Pair, side: Side) -> Result<Observation, RemoteError> {
        let Some(id) = pair.object(side) else {
            return Err(RemoteError::Unclear("the pair has only one side".into()));
        };
        let mut tries = 0;
        loop {
            let seen = match side {
                Side::Github => self.link.github.get(pair.kind, id, None).await,
                Side::Notion => self.link.notion.get(pair.kind, id, None).await,
            };
            match seen {
                Ok(seen) if seen.life == Life::Unreachable => {
                    let what = format!("{} does not show it to this token", side.name());
                    return Err(RemoteError::Unclear(what));
                }
                Ok(seen) => return Ok(seen),
                Err(error) => match self.after(side, error, &mut tries).await {
                    After::Again => {}
                    After::Fail(error) => return Err(error),
                },
            }
        }
    }

    async fn retry(&self, side: Side, error: RemoteError, tries: &mut u32) -> Result<(), Failed> {
        match self.after(side, error, tries).await {
            After::Again => Ok(()),
            After::Fail(error) => Err(failed(side, &error)),
        }
    }

    /// Waits for a limit however long it takes, and a little after an unclear answer.
    async fn after(&self, side: Side, error: RemoteError, tries: &mut u32) -> After {
        let until: Time = match &error {
            RemoteError::Limited { until, .. } => *until,
            RemoteError::Unclear(_) if *tries < TRIES => {
                *tries += 1;
                SystemClock.now().plus(250 << *tries)
            }
            _ => return After::Fail(error),
        };
        (self.sink)(Event::Waiting {
            until,
            reason: format!("{}: {error}", side.name()),
        });
        SystemClock
            .sleep(until.since(SystemClock.now()).max(1))
            .await;
        After::Again
    }
}

/// Whether both sides of a pair are known and meant to be in step.
fn is_linked(pair: &Pair) -> bool {
    pair.github.is_some()
        && pair.notion.is_some()
        && matches!(pair.life, PairLife::Active | PairLife::Parked(_))
}

/// Two long texts from shortly before the place where they part.
fn apart(github: &str, notion: &str) -> (String, String) {
    let same = github
        .chars()
        .zip(notion.chars())
        .take_while(|(l, r)| l == r)
        .count();
    let from = if same > BRIEF / 2 { same - 20 } else { 0 };
    let show = |text: &str| {
        let rest: String = text.chars().skip(from).collect();
        let start = if from > 0 { "…" } else { "" };
        format!("{start}{}", Value::text(rest).brief(BRIEF))
    };
    (show(github), show(notion))
}

fn life(life: &Life) -> String {
    match life {
        Life::Live => "live".to_owned(),
        Life::Trashed => "in the trash".to_owned(),
        Life::Gone => "deleted".to_owned(),
        Life::MovedTo(there) => format!("moved to {}", there.locator),
        Life::Unreachable => "not shown to this token".to_owned(),
    }
}

/// A side that cannot be read: the same exit codes as a run's.
fn failed(side: Side, error: &RemoteError) -> Failed {
    let report = Report {
        stopped: Some(Stop::of(side, error)),
        ..Report::default()
    };
    let exit = match Exit::of(&report) {
        Exit::Done => Exit::Failed,
        exit => exit,
    };
    Failed {
        message: format!("{} cannot be read: {error}", side.name()),
        exit,
    }
}
