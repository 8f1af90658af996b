//! `status --line`: the standing of all links in one short line, for a shell prompt or the line of tmux.
//!
//! From the store alone and beside whatever runs. It says "ok" only when nothing waits for a person, every link was
//! gone through lately, and no service is away. Nothing of what is printed comes from outside.

use std::time::Duration;

use super::args::{Args, Colour};
use super::attention::refused;
use super::clock::now;
use super::exit::Exit;
use super::screen::glyphs;
use super::wire::Setup;
use crate::core::schedule::Trouble;
use crate::core::{Outcome, RecordKind, Side, Time};
use crate::engine::run::{PAUSE, why_paused};
use crate::store::sqlite::Access;
use crate::store::{Counts, ErrorEntry, HistoryQuery, Store, StoreError};
use crate::ui::text::age;
use crate::ui::theme::Glyphs;

/// A prompt waits no longer for a file.
const PATIENCE: Duration = Duration::from_secs(1);
/// And no longer for a server: connecting and logging in take several round trips, and it may be far away.
const PATIENCE_FAR: Duration = Duration::from_secs(5);
/// How many records of runs are looked through for the last one of each link.
const RUNS: usize = 50;
/// How many open errors are looked through.
const ERRORS: usize = 200;
/// Reasons that fit into a line.
const SAID: usize = 2;

/// What the line is made from.
#[derive(Debug, Default)]
struct Seen {
    counts: Counts,
    refused: usize,
    fields_off: usize,
    is_paused: bool,
    /// Sides that an open error speaks of, with its class.
    troubles: Vec<(Side, String)>,
    /// The age of the last good pass, of the link that was gone through longest ago; none = one never was.
    age: Option<i64>,
}

/// One thing to say, and what it means for scripts.
type Said = (String, Exit);

/// Prints the line. Whatever goes wrong is a line, too: a prompt has no room for messages.
pub fn run(args: &Args) -> Exit {
    let (said, is_ascii) = match Setup::read(args) {
        Ok(setup) => (of(&setup), glyphs(args, setup.config.screen.ascii)),
        Err(_) => (
            vec![("! configuration".to_owned(), Exit::Failed)],
            glyphs(args, false),
        ),
    };
    let is_ascii = is_ascii == Glyphs::ASCII;
    let exit = said.iter().fold(Exit::Done, |exit, one| exit.and(one.1));
    let texts: Vec<&str> = said.iter().take(SAID).map(|one| one.0.as_str()).collect();
    let more = said.len().saturating_sub(SAID);
    let more = match more {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    let sign = if is_ascii { "<>" } else { "⇄" };
    let line = format!("{sign} {}{more}", texts.join(", "));
    match (args.color, exit) {
        (Colour::Always, Exit::Done) => say!("\u{1b}[32m{line}\u{1b}[0m"),
        (Colour::Always, Exit::Waits) => say!("\u{1b}[33m{line}\u{1b}[0m"),
        (Colour::Always, _) => say!("\u{1b}[31m{line}\u{1b}[0m"),
        _ => say!("{line}"),
    }
    exit
}

fn of(setup: &Setup) -> Vec<Said> {
    let one = |text: &str, exit| vec![(text.to_owned(), exit)];
    if setup.links(None).is_err() {
        return one("not set up", Exit::Failed);
    }
    if setup.is_new() {
        return one("not synced yet", Exit::Waits);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let seen = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let store = setup.store(Access::Read)?;
        let patience = if setup.store_path().is_some() {
            PATIENCE
        } else {
            PATIENCE_FAR
        };
        let look = async { tokio::time::timeout(patience, look(setup, &store)).await };
        Ok(runtime.block_on(look)??)
    });
    match seen {
        Ok(seen) => {
            let timetable = setup.config.timetable;
            let late = timetable.interval.saturating_mul(timetable.longest + 1);
            say_all(&seen, late)
        }
        Err(error) => one(trouble(&error), Exit::Failed),
    }
}

/// What is wrong with a store that cannot be looked at, as far as it says so.
fn trouble(error: &anyhow::Error) -> &'static str {
    match error.downcast_ref() {
        Some(StoreError::Unfinished(_)) => "! store half copied",
        Some(StoreError::Refused(Trouble::Login, _)) => "! store login",
        Some(StoreError::Refused(Trouble::Right, _)) => "! store rights",
        _ => "! store",
    }
}

/// Reads what the line is made from.
async fn look(setup: &Setup, store: &impl Store) -> Result<Seen, StoreError> {
    let mut seen = Seen {
        is_paused: store.setting(PAUSE).await?.is_some(),
        troubles: troubles(&store.errors(true, ERRORS).await?, now()),
        age: Some(0),
        ..Seen::default()
    };
    let query = HistoryQuery {
        kinds: vec![RecordKind::Run],
        outcomes: vec![Outcome::Done, Outcome::Info],
        limit: RUNS * setup.config.links.len(),
        ..HistoryQuery::default()
    };
    let runs = store.history(&query).await?;
    for link in &setup.config.links {
        let counts = store.counts(&link.name).await?;
        seen.refused += refused(store, &link.name).await?;
        seen.counts.parked += counts.parked;
        seen.counts.held += counts.held;
        seen.counts.held_by_user += counts.held_by_user;
        seen.counts.conflicted += counts.conflicted;
        seen.counts.queued += counts.queued;
        seen.counts.in_doubt += counts.in_doubt;
        let paused = store.setting(&why_paused(&link.name)).await?;
        seen.fields_off += paused.map_or(0, |text| fields(&text));
        let last = runs.iter().find(|run| run.link == link.name);
        let last = last.map(|run| now().since(run.at).max(0));
        seen.age = seen.age.zip(last).map(|(one, other)| one.max(other));
    }
    Ok(seen)
}

/// How many fields are named as paused.
fn fields(text: &str) -> usize {
    serde_json::from_str::<serde_json::Map<_, _>>(text).map_or(0, |fields| fields.len())
}

/// The sides that open errors speak of: the side as a whole, or one of its streams, not single items. A limit whose time
/// has passed is none any more, though no pass came since.
fn troubles(errors: &[ErrorEntry], now: Time) -> Vec<(Side, String)> {
    let has_passed = |entry: &ErrorEntry| {
        entry.class == "limited" && entry.next_try.is_some_and(|until| until <= now)
    };
    let mut found = Vec::new();
    for entry in errors {
        if entry.pair.is_some() || has_passed(entry) {
            continue;
        }
        let side = entry.scope.split('/').next().unwrap_or_default();
        let side = Side::BOTH.into_iter().find(|known| known.name() == side);
        if let Some(side) = side {
            let trouble = (side, entry.class.clone());
            if !found.contains(&trouble) {
                found.push(trouble);
            }
        }
    }
    found
}

/// Everything there is to say, the gravest first; never nothing.
fn say_all(seen: &Seen, late: i64) -> Vec<Said> {
    let mut said = Vec::new();
    if seen.counts.held > 0 {
        said.push((format!("held {}", seen.counts.held), Exit::Halted));
    }
    said.extend(of_sides(seen, &["unauthorized"], "login", Exit::Login));
    said.extend(of_sides(seen, &["denied"], "denied by", Exit::Login));
    said.extend(of_sides(seen, &["setup"], "set-up of", Exit::Failed));
    let waits = [
        (count(seen.counts.conflicted), "conflict", "conflicts"),
        (count(seen.counts.parked), "set aside", "set aside"),
        (seen.refused, "refused", "refused"),
        (seen.fields_off, "field off", "fields off"),
    ];
    for (count, one, many) in waits {
        match count {
            0 => {}
            1 => said.push((format!("1! {one}"), Exit::Waits)),
            count => said.push((format!("{count}! {many}"), Exit::Waits)),
        }
    }
    if seen.is_paused {
        said.push(("paused".to_owned(), Exit::Halted));
    }
    said.extend(of_sides(seen, &["limited"], "limit of", Exit::Network));
    let away = &["offline", "unclear", "stale", "refused"];
    said.extend(of_sides(seen, away, "offline", Exit::Network));
    match seen.age {
        None if seen.counts.queued_only() > 0 => {
            let text = format!("first sync, {} queued", seen.counts.queued_only());
            said.push((text, Exit::Waits));
        }
        None => said.push(("not synced yet".to_owned(), Exit::Waits)),
        Some(ms) if ms > late => said.push((format!("late {}", age(ms)), Exit::Waits)),
        Some(ms) if said.is_empty() => said.push(quiet(&seen.counts, ms)),
        Some(_) => {}
    }
    said
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// One line for each side that has such an error.
fn of_sides(seen: &Seen, classes: &[&str], word: &str, exit: Exit) -> Vec<Said> {
    let has = |side: Side| {
        let mut troubles = seen.troubles.iter();
        troubles.any(|(of, class)| *of == side && classes.contains(&class.as_str()))
    };
    let sides = Side::BOTH.into_iter().filter(|side| has(*side));
    sides
        .map(|side| (format!("{word} {}", side.name()), exit))
        .collect()
}

/// The line when nothing needs anybody. Work that is left goes on by itself, but all is in step only after it.
fn quiet(counts: &Counts, ms: i64) -> Said {
    let mut age = age(ms);
    if counts.held_by_user > 0 {
        // Its own wish, and no trouble; but not in step either.
        age = format!("{age}, {} held by you", counts.held_by_user);
    }
    match (counts.queued_only(), counts.in_doubt) {
        (0, 0) => (format!("ok {age}"), Exit::Done),
        (0, doubts) => (format!("{doubts} unclear {age}"), Exit::Waits),
        (queued, 0) => (format!("{queued} queued {age}"), Exit::Waits),
        (queued, doubts) => (
            format!("{queued} queued, {doubts} unclear {age}"),
            Exit::Waits,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(change: impl FnOnce(&mut Seen)) -> (String, Exit) {
        let mut seen = Seen {
            age: Some(180_000),
            ..Seen::default()
        };
        change(&mut seen);
        let said = say_all(&seen, 1_000_000);
        let exit = said.iter().fold(Exit::Done, |exit, one| exit.and(one.1));
        let texts: Vec<String> = said.into_iter().map(|one| one.0).collect();
        (texts.join(", "), exit)
    }

    #[test]
    fn ok_is_said_only_when_nothing_needs_anybody() {
        let of = |text: &str, exit| (text.to_owned(), exit);
        assert_eq!(line(|_| {}), of("ok 3m", Exit::Done));
        assert_eq!(
            line(|seen| seen.counts.conflicted = 2),
            of("2! conflicts", Exit::Waits)
        );
        assert_eq!(
            line(|seen| seen.counts.held = 8),
            of("held 8", Exit::Halted)
        );
        assert_eq!(
            line(|seen| seen.counts.held_by_user = 2),
            of("ok 3m, 2 held by you", Exit::Done)
        );
        assert_eq!(
            line(|seen| seen.is_paused = true),
            of("paused", Exit::Halted)
        );
        assert_eq!(
            line(|seen| seen.counts.parked = 1),
            of("1! set aside", Exit::Waits)
        );
        assert_eq!(
            line(|seen| seen.fields_off = 1),
            of("1! field off", Exit::Waits)
        );
        assert_eq!(
            line(|seen| seen.age = None),
            of("not synced yet", Exit::Waits)
        );
        let first = line(|seen| {
            seen.age = None;
            seen.counts.queued = 70;
        });
        assert_eq!(first, of("first sync, 70 queued", Exit::Waits));
        assert_eq!(
            line(|seen| seen.age = Some(86_400_000)),
            of("late 1d", Exit::Waits)
        );
        assert_eq!(
            line(|seen| seen.counts.queued = 5),
            of("5 queued 3m", Exit::Waits)
        );
        // One with an open write has its turn when that is cleared up: it is not queued, too.
        assert_eq!(
            line(|seen| (seen.counts.queued, seen.counts.in_doubt) = (1, 1)),
            of("1 unclear 3m", Exit::Waits)
        );
        assert_eq!(
            line(|seen| (seen.counts.queued, seen.counts.in_doubt) = (6, 1)),
            of("5 queued, 1 unclear 3m", Exit::Waits)
        );
    }

    #[test]
    fn a_service_that_is_away_is_named_and_the_gravest_comes_first() {
        let offline = (Side::Github, "offline".to_owned());
        let login = (Side::Notion, "unauthorized".to_owned());
        let (text, exit) = line(|seen| seen.troubles = vec![offline, login]);
        assert_eq!(text, "login Notion, offline GitHub");
        assert_eq!(exit, Exit::Login);
    }

    #[test]
    fn an_item_that_fails_is_not_the_side() {
        let entry = ErrorEntry {
            id: String::new(),
            link: String::new(),
            scope: "GitHub".to_owned(),
            pair: Some(crate::core::PairId("p".to_owned())),
            class: "offline".to_owned(),
            message: String::new(),
            first_at: Time(0),
            last_at: Time(0),
            count: 1,
            next_try: None,
            resolved_at: None,
        };
        let troubles = |entry: &ErrorEntry| troubles(std::slice::from_ref(entry), Time(5));
        assert_eq!(troubles(&entry), []);
        let stream = ErrorEntry {
            scope: "GitHub/issues:ada/lantern".to_owned(),
            pair: None,
            ..entry
        };
        assert_eq!(troubles(&stream), [(Side::Github, "offline".to_owned())]);
        let limit = |until| ErrorEntry {
            class: "limited".to_owned(),
            next_try: Some(Time(until)),
            ..stream.clone()
        };
        assert_eq!(troubles(&limit(6)), [(Side::Github, "limited".to_owned())]);
        assert_eq!(troubles(&limit(5)), [], "its time has passed");
    }
}
