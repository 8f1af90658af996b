//! In one word how it goes: what header and terminal title say. Never calm while something needs a person.

use super::data::Data;
use super::text::{age, countdown, counted};
use super::theme::Meaning;
use crate::core::schedule::{Reason, Trouble, span};
use crate::core::{Outcome, Record, RecordKind, Side, Time};
use crate::engine::Stop;
use crate::engine::face::{LinkState, Progress};

/// How the engine is, for the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// The timer runs.
    Running,
    /// A run is under way.
    Syncing,
    /// Everything waits for the user to resume.
    Paused,
    /// A pause, an end or a resumption was asked for and is not confirmed yet.
    Changing,
    /// A limit of a service is used up.
    Limited,
    /// A service or the store is away.
    Offline,
    /// The guard stopped something.
    Halted,
    /// A service refuses the token.
    Login,
    /// The engine could not start, or ended.
    Stopped,
}

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The mood.
    pub mood: Mood,
    /// The word for it, in capitals.
    pub word: String,
    /// What there is to say besides.
    pub detail: String,
}

impl State {
    fn of(mood: Mood, word: &str, detail: impl Into<String>) -> Self {
        Self {
            mood,
            word: word.to_owned(),
            detail: detail.into(),
        }
    }

    /// What it means, for its colour: green only while nothing needs a person.
    pub const fn meaning(&self, needs: usize) -> Meaning {
        match self.mood {
            Mood::Running | Mood::Syncing if needs == 0 => Meaning::Ok,
            Mood::Running | Mood::Syncing | Mood::Limited | Mood::Offline => Meaning::Warn,
            Mood::Paused | Mood::Changing => Meaning::Info,
            Mood::Halted | Mood::Login | Mood::Stopped => Meaning::Error,
        }
    }

    /// The sign in front of the word.
    pub const fn sign(&self, glyphs: super::theme::Glyphs) -> &'static str {
        match self.mood {
            Mood::Running => glyphs.on,
            Mood::Syncing => glyphs.half,
            Mood::Paused | Mood::Changing => glyphs.idle,
            Mood::Offline => "~",
            Mood::Limited | Mood::Halted | Mood::Login | Mood::Stopped => "!",
        }
    }
}

/// How it goes. Started to read only, that is said first: nothing is synced, however calm it looks.
pub fn state(data: &Data) -> State {
    let mut state = as_it_goes(data);
    if data.facts.read_only {
        let was_running = state.word == "RUNNING";
        let is_calm = matches!(state.mood, Mood::Running | Mood::Syncing);
        if is_calm {
            state.mood = Mood::Paused;
            "READ-ONLY".clone_into(&mut state.word);
        } else {
            state.word = format!("READ-ONLY {}", state.word);
        }
        if is_calm && (was_running || state.detail.is_empty()) {
            "nothing syncs by itself".clone_into(&mut state.detail);
        }
    }
    state
}

/// What the end of the program waits for.
fn ending(data: &Data) -> &'static str {
    let mut running = data
        .snapshot
        .links
        .iter()
        .filter(|link| link.led_by.is_none());
    if running.any(|link| {
        link.running
            .as_ref()
            .is_some_and(|run| run.writing.is_some())
    }) {
        "the write in flight is finished first"
    } else {
        "what is queued goes on with the next start"
    }
}

fn as_it_goes(data: &Data) -> State {
    if let Some(trouble) = &data.trouble {
        return State::of(Mood::Stopped, "STOPPED", trouble);
    }
    if data.snapshot.at.0 == 0 && !data.quitting {
        return State::of(Mood::Changing, "STARTING", "");
    }
    if data.quitting {
        return State::of(Mood::Changing, "ENDING", ending(data));
    }
    let pause = pause(data);
    if let Some(mut state) = needs_a_person(data) {
        if let Some(pause) = pause {
            state.word = format!("{} {}", state.word, pause.word);
        }
        return state;
    }
    if let Some(pause) = pause {
        return pause;
    }
    if let Some(since) = data.snapshot.store_away {
        let (mood, word) = match data.snapshot.store_how {
            Trouble::Login | Trouble::Right => (Mood::Login, "LOGIN"),
            Trouble::Unreachable | Trouble::NoWrites => (Mood::Offline, "OFFLINE"),
        };
        return State::of(mood, word, store_away(data, since));
    }
    let ours = |link: &&LinkState| link.led_by.is_none();
    if let Some(state) = data
        .links()
        .iter()
        .filter(ours)
        .find_map(|link| syncing(data, link))
    {
        return state;
    }
    if let Some(state) = data
        .links()
        .iter()
        .find_map(|link| waits_for_a_service(data, link))
    {
        return state;
    }
    if let Some(state) = data.links().iter().find_map(|link| follows(data, link)) {
        return state;
    }
    running(data)
}

/// Nothing is the matter; a machine that is busy is why nothing runs.
fn running(data: &Data) -> State {
    let next = data
        .links()
        .iter()
        .filter_map(|link| link.next.as_ref())
        .min();
    if let Some(next) = next
        && let Reason::Memory { .. } | Reason::Cpu { .. } | Reason::Own { .. } = next.reason
    {
        let detail = format!("looks again {}", countdown(next.until.since(data.now)));
        return State::of(Mood::Changing, "DEFERRED", detail);
    }
    let detail = match next {
        None => String::new(),
        Some(next) if next.reason == Reason::ReadOnly => "nothing syncs by itself".to_owned(),
        Some(next) => format!("next {}", countdown(next.until.since(data.now))),
    };
    State::of(Mood::Running, "RUNNING", detail)
}

/// Since when the store is away, and when it is tried again.
fn store_away(data: &Data, since: Time) -> String {
    let (store, how) = (&data.facts.store, data.snapshot.store_how.words());
    let since = data.facts.zone.minute(since);
    let next = data.links().iter().filter_map(|link| link.next.as_ref());
    match next.map(|next| next.until).min() {
        Some(next) if next > data.now => {
            let left = countdown(next.since(data.now));
            format!("{store} {how} {since} retry {left}")
        }
        _ => format!("{store} {how} {since}"),
    }
}

/// A pause, as it is asked for or as it is.
fn pause(data: &Data) -> Option<State> {
    match (data.pausing, data.snapshot.paused) {
        (Some(true), None) => Some(State::of(Mood::Changing, "PAUSING", "")),
        (Some(false), Some(_)) => Some(State::of(Mood::Changing, "RESUMING", "")),
        (_, Some(since)) => {
            let since = data.facts.zone.minute(since);
            Some(State::of(Mood::Paused, "PAUSED", format!("since {since}")))
        }
        _ => None,
    }
}

/// The sides that refused our token when they were asked last, whether they are being asked again or not.
pub fn refused(data: &Data) -> impl Iterator<Item = Side> {
    let last = data.links().iter().filter_map(|link| link.last.as_ref());
    let refused = last.filter_map(|(_, report)| match &report.stopped {
        Some(Stop::Side {
            side,
            class: "unauthorized",
            ..
        }) => Some(*side),
        _ => None,
    });
    refused
        .collect::<std::collections::BTreeSet<Side>>()
        .into_iter()
}

fn needs_a_person(data: &Data) -> Option<State> {
    let halts: usize = data
        .links()
        .iter()
        .flat_map(|link| &link.halts)
        .map(|halt| halt.pairs.len())
        .sum();
    if halts > 0 {
        return Some(State::of(Mood::Halted, "HALTED", format!("{halts} held")));
    }
    // It is said while the token is tried again, too: nothing is written meanwhile.
    let last = |link: &LinkState| link.last.as_ref()?.1.stopped.clone();
    data.links().iter().find_map(|link| match last(link) {
        Some(Stop::Side {
            side,
            class: "unauthorized" | "denied",
            ..
        }) => {
            let text = format!("{} refused the token", side.name());
            Some(State::of(Mood::Login, "LOGIN", text))
        }
        Some(Stop::Side {
            side,
            class: "setup",
            ..
        }) => Some(State::of(
            Mood::Login,
            "SETUP",
            format!("{}: see the log", side.name()),
        )),
        _ => None,
    })
}

/// Why a link's last run ended early, and when; nothing while it runs again.
pub fn stopped(link: &LinkState) -> Option<(Time, &Stop)> {
    let (at, report) = link.last.as_ref().filter(|_| link.running.is_none())?;
    Some((*at, report.stopped.as_ref()?))
}

/// Another machine runs the link: who, and how far it is.
fn follows(data: &Data, link: &LinkState) -> Option<State> {
    let holder = link.led_by.as_ref()?;
    let detail = match syncing(data, link) {
        Some(state) => format!("{holder} syncs: {}", state.detail),
        None => format!("{holder} runs it"),
    };
    Some(State::of(Mood::Running, "FOLLOWING", detail))
}

/// How much a run has written: of how much, where the engine has counted what waits; nothing before the first write.
/// What was told of one by one since the engine last counted is counted here.
pub fn written(data: &Data, link: &LinkState, progress: &Progress) -> Option<String> {
    let counted = progress.writes.github + progress.writes.notion;
    let is_own = |record: &&Record| {
        record.kind == RecordKind::Write
            && record.outcome == Outcome::Done
            && record.link == link.name
            && record.at >= progress.since
    };
    let told = data.history.iter().filter(is_own).count() as u64;
    if told > counted {
        return Some(format!("{told} written"));
    }
    match (counted, counted + link.counts.queued) {
        (_, 0) => None,
        (done, all) => Some(format!("{done} of {all}")),
    }
}

fn syncing(data: &Data, link: &LinkState) -> Option<State> {
    let progress = link.running.as_ref()?;
    let detail = match (written(data, link, progress), progress.waits(data.now)) {
        (_, Some((until, reason))) => format!("{reason}, {}", span(until.since(data.now))),
        (Some(written), None) => written,
        (None, None) if progress.writing.is_some() => "writing".to_owned(),
        (None, None) if progress.listed == 0 => "reading both sides".to_owned(),
        (None, None) => format!("{} read", counted(progress.listed, "row")),
    };
    Some(State::of(Mood::Syncing, "SYNCING", detail))
}

fn waits_for_a_service(data: &Data, link: &LinkState) -> Option<State> {
    let (at, stop) = stopped(link)?;
    let retry = link.next.as_ref().map_or_else(String::new, |next| {
        format!("retry {}", countdown(next.until.since(data.now)))
    });
    match stop {
        Stop::Limited { side, until, .. } if *until > data.now => Some(State::of(
            Mood::Limited,
            "LIMITED",
            match until.since(data.now) {
                left @ ..60_000 => format!("{} again in {}", side.name(), span(left)),
                _ => format!("{} till {}", side.name(), data.facts.zone.minute(*until)),
            },
        )),
        Stop::Side { side, .. } => {
            let text = format!("{} {} {retry}", side.name(), age(data.now.since(at)));
            Some(State::of(Mood::Offline, "OFFLINE", text))
        }
        Stop::Store { .. } => Some(State::of(
            Mood::Offline,
            "OFFLINE",
            format!("store {retry}"),
        )),
        Stop::InDoubt => Some(State::of(
            Mood::Offline,
            "OFFLINE",
            format!("answers are lost {retry}"),
        )),
        Stop::Busy { holder, .. } => Some(State::of(
            Mood::Running,
            "FOLLOWING",
            format!("{holder} runs it"),
        )),
        _ => None,
    }
}

/// What needs a person, by what it is: items in conflict with the sign that their pane has, then those set aside: `3!`,
/// `1 aside`. What the guard holds has a word of its own.
pub fn calls(data: &Data) -> Vec<String> {
    let aside: u64 = data.links().iter().map(LinkState::aside).sum();
    let conflicts = match data.conflicted().len() {
        0 => None,
        open => Some(format!("{open}!")),
    };
    let aside = (aside > 0).then(|| format!("{aside} aside"));
    conflicts.into_iter().chain(aside).collect()
}

/// The terminal's title, which counts as the header does: `pulse-sync ● 3! 1 aside`.
pub fn title(data: &Data, glyphs: super::theme::Glyphs) -> String {
    let state = state(data);
    let mut title = format!("pulse-sync {}", state.sign(glyphs));
    if state.mood > Mood::Syncing {
        title.push(' ');
        title.push_str(&state.word);
    }
    for call in calls(data) {
        title.push(' ');
        title.push_str(&call);
    }
    title
}

/// How much is left of a side's budget: what is left and what there is.
pub fn budget(data: &Data, side: Side) -> Option<(u32, u32)> {
    let budgets = data.links().iter().map(|link| link.budgets[side as usize]);
    budgets
        .filter(|budget| budget.limit > 0)
        .map(|budget| (budget.left.min(budget.limit), budget.limit))
        .next()
}
