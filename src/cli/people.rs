//! The people of the demo: at work on both small services, with a bad day now and then, as a seed says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::http::Method;

use crate::sim::crowd::Crowd;
use crate::sim::github::{IssueEdit, State};
use crate::sim::notion::http::{FaultKind, Rule};
use crate::sim::notion::ids::Id;
use crate::sim::notion::value::Value;
use crate::sim::small::{COLLEAGUE, Small};

/// How often people look whether it is time for something.
const STEP: Duration = Duration::from_millis(100);
/// Something happens this often between the acts.
const EVERY: Duration = Duration::from_secs(5);

/// The last act waits at most so long for what the one before leads to: where memory or CPU are scarce, syncs wait, too.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the services remember of what was done, in changes and requests: what nobody reads must not grow.
const REMEMBERED: usize = 1_000;

/// The acts before need the issues with smaller numbers.
const FIRST_TO_CLOSE: u64 = 5;
/// The issue that gets a milestone which GitHub does not have.
const REFUSED: u64 = 3;

/// What happens when, in seconds after the start.
const ACTS: &[(u64, Act)] = &[
    (
        9,
        Act::BothRename(1, "The wick smokes at dusk", "The wick smokes at dawn"),
    ),
    (14, Act::BothRewrite(2)),
    (19, Act::Refuse(REFUSED)),
    (25, Act::Limit),
    (29, Act::UnknownMilestone(REFUSED, "Someday")),
    (
        33,
        Act::BothRename(4, "The glass rattles in wind", "The glass rattles at night"),
    ),
    (40, Act::CloseMany),
];

/// One act of the play.
#[derive(Clone, Copy)]
enum Act {
    /// Both sides give an issue another title.
    BothRename(u64, &'static str, &'static str),
    /// Both sides rewrite the same line of an issue's text.
    BothRewrite(u64),
    /// Notion fails twice while an issue's change is written.
    Refuse(u64),
    /// Somebody picks a milestone in Notion that GitHub does not have: GitHub's refusal stays until a person acts.
    UnknownMilestone(u64, &'static str),
    /// Notion says that it is enough for a while.
    Limit,
    /// Somebody closes many issues at once.
    CloseMany,
}

/// People at work until this is dropped.
pub struct People {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for People {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // People who panicked have stopped, too.
            let _ = thread.join();
        }
    }
}

/// Lets people begin. Between the acts, they do `pace` times as much as people do.
pub fn begin(small: Arc<Small>, seed: u64, pace: u32) -> std::io::Result<People> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = std::thread::Builder::new()
        .name("people".to_owned())
        .spawn(move || work(&small, seed, pace, &stopped))?;
    Ok(People {
        stop,
        thread: Some(thread),
    })
}

fn work(small: &Small, seed: u64, pace: u32, stop: &AtomicBool) {
    let start = Instant::now();
    let mut crowd = Crowd::new(seed);
    let mut acts = ACTS.iter().peekable();
    let mut next = EVERY + Duration::from_secs(2);
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(STEP);
        let now = start.elapsed();
        if let Some((_, act)) = acts.next_if(|(at, act)| is_time(small, now, *at, *act)) {
            play(small, *act);
        }
        // What falls into one step is done in one step.
        while now >= next {
            next += EVERY / pace;
            crowd.act(small);
            small.forget(REMEMBERED);
        }
    }
}

/// Whether an act's time has come. Many closed issues make the guard hold whatever changed in the same pass: what was
/// refused before has to be seen on its own.
fn is_time(small: &Small, now: Duration, at: u64, act: Act) -> bool {
    let Some(late) = now.checked_sub(Duration::from_secs(at)) else {
        return false;
    };
    !matches!(act, Act::CloseMany) || late >= PATIENCE || is_refused(small)
}

/// Whether the page of the issue with the unknown milestone says that it was refused.
fn is_refused(small: &Small) -> bool {
    let Some(page) = page_of(small, REFUSED) else {
        return false;
    };
    let service = small.notion.shared.lock();
    let said = service.world.value(page, "Sync");
    said == Some(&Value::choice("Blocked"))
}

fn play(small: &Small, act: Act) {
    match act {
        Act::BothRename(number, github, notion) => {
            edit_issue(small, number, |edit| edit.title = Some(github.to_owned()));
            edit_page(
                small,
                number,
                vec![("title".to_owned(), Value::text(notion))],
            );
        }
        Act::BothRewrite(number) => rewrite(small, number),
        Act::Refuse(number) => {
            if let Some(page) = page_of(small, number) {
                let path = format!("/v1/pages/{page}");
                let rule = Rule {
                    method: Some(Method::GET),
                    path,
                    skip: 0,
                    times: 2,
                    kind: FaultKind::Status(503, "service_unavailable"),
                };
                small.notion.shared.lock().faults.add(rule);
            }
            edit_issue(small, number, |edit| {
                edit.title = Some("The hinge squeaks again".to_owned());
            });
        }
        Act::Limit => {
            let rule = Rule {
                method: Some(Method::POST),
                path: "/v1/data_sources".to_owned(),
                skip: 0,
                times: 1,
                kind: FaultKind::RateLimited(6, "rate_limited"),
            };
            small.notion.shared.lock().faults.add(rule);
        }
        Act::UnknownMilestone(number, title) => {
            edit_page(
                small,
                number,
                vec![("Milestone".to_owned(), Value::choice(title))],
            );
        }
        Act::CloseMany => {
            close_many(small);
        }
    }
}

/// Closes every issue that no other act needs, in one stroke: a sync in between would see two smaller changes and have
/// nothing to ask about.
fn close_many(small: &Small) {
    let now = small.notion.shared.now();
    let mut front = small.github.front.lock();
    let Ok(repository) = front.hub.repo(&small.repository) else {
        return;
    };
    let open: Vec<u64> = repository
        .issues
        .values()
        .filter(|issue| issue.number >= FIRST_TO_CLOSE)
        .filter(|issue| issue.state == State::Open && issue.pull.is_none())
        .map(|issue| issue.number)
        .collect();
    for number in open {
        let edit = IssueEdit {
            state: Some(State::Closed),
            ..IssueEdit::default()
        };
        // An issue that somebody deleted meanwhile stays deleted.
        let _ = front
            .hub
            .edit_issue(now, COLLEAGUE, &small.repository, number, edit);
    }
}

fn edit_issue(small: &Small, number: u64, change: impl FnOnce(&mut IssueEdit)) {
    let now = small.notion.shared.now();
    let mut edit = IssueEdit::default();
    change(&mut edit);
    let mut front = small.github.front.lock();
    // An issue that somebody deleted meanwhile stays deleted.
    let _ = front
        .hub
        .edit_issue(now, COLLEAGUE, &small.repository, number, edit);
}

/// The page of an issue, once it was imported.
fn page_of(small: &Small, number: u64) -> Option<Id> {
    let service = small.notion.shared.lock();
    let world = &service.world;
    world
        .rows_of(small.source)
        .into_iter()
        .find(|page| world.value(*page, "Number") == Some(&Value::Number(Some(number as f64))))
}

fn edit_page(small: &Small, number: u64, values: Vec<(String, Value)>) {
    let Some(page) = page_of(small, number) else {
        return;
    };
    let now = small.notion.shared.now();
    let mut service = small.notion.shared.lock();
    // A page in the trash cannot be edited; then nobody does.
    let _ = service.world.edit_props(now, small.person, page, values);
}

fn rewrite(small: &Small, number: u64) {
    let body = {
        let front = small.github.front.lock();
        front
            .hub
            .issue(&small.repository, number)
            .ok()
            .and_then(|issue| issue.body.clone())
            .unwrap_or_default()
    };
    let first = body.lines().next().unwrap_or_default().to_owned();
    let with = |text: &str, line: &str| text.replacen(&first, line, 1);
    let github = with(&body, "It happens only when the window is open.");
    edit_issue(small, number, |edit| edit.body = Some(Some(github)));
    let Some(page) = page_of(small, number) else {
        return;
    };
    let now = small.notion.shared.now();
    let mut service = small.notion.shared.lock();
    let _ = service.world.edit_body(now, small.person, page, |text| {
        with(text, "It happens on windy nights.")
    });
}
