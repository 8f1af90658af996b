//! The dashboard as plain lines, for screen readers and braille: a typed word does what a key would, and is answered
//! in sentences. Pure; who prints and sends is elsewhere.

use super::data::Data;
use super::panes::queue::reason;
use super::state::state;
use super::text::{age, countdown, counted, either};
use crate::core::{Conflict, Value};
use crate::engine::answers::Pick;
use crate::engine::queue::Standing;
use crate::shown::Shown;

/// Lines of a list that are said at once; more would only be noise.
const SAID: usize = 20;
/// Characters of a set of names that are said.
const VALUE: usize = 2_000;

/// What a typed line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Say these lines.
    Say(Vec<String>),
    /// Run everything now.
    Sync,
    /// Pause writing, or go on.
    Pause(bool),
    /// Try everything that waits again.
    Retry,
    /// Choose a side of a conflict.
    Take(String, Pick),
    /// Put back what a record overwrote.
    Undo(String),
    /// Answer the guard: apply, or put back.
    Answer(String, bool),
    /// End.
    Quit,
}

/// The words, each with what it does.
pub const WORDS: [(&str, &str); 12] = [
    ("status", "how it goes, and what needs you"),
    ("queue", "what waits, why, and for how long"),
    ("conflicts", "what waits for your choice"),
    ("show ID", "the three values of a conflict"),
    ("take ID github|notion|base", "choose a side of a conflict"),
    ("held", "what the guard holds"),
    (
        "apply ID N",
        "let the guard's N items through; N is their number",
    ),
    ("keep ID", "put back what the guard holds"),
    ("pause, resume", "stop writing; go on"),
    ("sync, retry", "run now; try again what waits"),
    (
        "undo RECORD",
        "put back what a record of the history overwrote",
    ),
    ("help, quit", "these words; end"),
];

/// What a line asks for, going by what is known now.
pub fn hear(data: &Data, line: &str) -> Wish {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [] | ["status"] => Wish::Say(status(data)),
        ["help" | "?"] => Wish::Say(WORDS.map(|(word, does)| format!("{word}: {does}")).into()),
        ["queue"] => Wish::Say(queue(data)),
        ["conflicts"] => Wish::Say(conflicts(data)),
        ["show", id] => Wish::Say(show(data, id)),
        ["take", id, "github"] => Wish::Take((*id).to_owned(), Pick::Github),
        ["take", id, "notion"] => Wish::Take((*id).to_owned(), Pick::Notion),
        ["take", id, "base"] => Wish::Take((*id).to_owned(), Pick::Base),
        ["held"] => Wish::Say(held(data)),
        ["apply", id, count] => apply(data, id, count),
        ["keep", id] => Wish::Answer((*id).to_owned(), false),
        ["pause"] => Wish::Pause(true),
        ["resume"] => Wish::Pause(false),
        ["sync"] => Wish::Sync,
        ["retry"] => Wish::Retry,
        ["undo", record] => Wish::Undo((*record).to_owned()),
        ["quit" | "exit"] => Wish::Quit,
        _ => Wish::Say(vec![format!(
            "\"{}\" is no word of mine; \"help\" says them.",
            Shown::line(line.trim())
        )]),
    }
}

/// How it goes, in a few sentences.
pub fn status(data: &Data) -> Vec<String> {
    let state = state(data);
    let word = state.word.to_lowercase();
    let how = format!("{word} {}", Shown::line(&state.detail));
    let needs = data.needs();
    let need = either(needs, "needs", "need");
    let mut said = vec![format!("{}. {needs} {need} you.", how.trim())];
    for link in data.links() {
        let counts = &link.counts;
        said.push(format!(
            "{}: {} in step, {} queued, {} in conflict, {} held, {} set aside.",
            Shown::line(&link.name),
            counts.active,
            counts.queued_only(),
            counts.conflicted,
            counts.held,
            counts.parked
        ));
    }
    said
}

fn queue(data: &Data) -> Vec<String> {
    let said = data.queue().map(|(_, line)| {
        let wait = match &line.standing {
            Standing::Deferred { until, .. } => {
                format!(", again in {}", countdown(until.since(data.now)))
            }
            _ => String::new(),
        };
        let (item, title) = (Shown::line(&line.item), Shown::line(&line.title));
        let reason = reason(&line.standing, data);
        format!("{item}, {title}: {}{wait}.", Shown::line(&reason))
    });
    or_none(said.collect(), "Nothing waits.")
}

fn conflicts(data: &Data) -> Vec<String> {
    let said = data.conflicts().into_iter().map(|line| {
        let (item, title) = (Shown::line(&line.item), Shown::line(&line.title));
        let what = what(&line.conflict);
        let since = age(data.now.since(line.conflict.found_at));
        format!(
            "{}: {item}, {title}, {what}, since {since}.",
            line.conflict.id
        )
    });
    or_none(
        said.collect(),
        "No conflicts. When both sides change the same field, it is said here.",
    )
}

fn what(conflict: &Conflict) -> String {
    conflict.field.as_ref().map_or_else(
        || "deleted on one side, edited on the other".to_owned(),
        ToString::to_string,
    )
}

fn show(data: &Data, id: &str) -> Vec<String> {
    let found = data.conflicts();
    let Some(line) = found.into_iter().find(|line| line.conflict.id == id) else {
        return vec![format!(
            "There is no open conflict {}; \"conflicts\" says them.",
            Shown::line(id)
        )];
    };
    let conflict = &line.conflict;
    let values = [
        ("base", &conflict.base),
        ("GitHub", &conflict.github),
        ("Notion", &conflict.notion),
    ];
    let mut said = vec![format!(
        "{}, {}: {}",
        Shown::line(&line.item),
        what(conflict),
        Shown::line(&conflict.note)
    )];
    said.extend(values.map(|(name, value)| match value {
        Value::Text(text) => format!("{name}: {}", Shown::block(text)),
        other => format!("{name}: {}", Shown::line(&other.brief(VALUE))),
    }));
    said.push(format!("take {id} github, notion or base"));
    said
}

fn held(data: &Data) -> Vec<String> {
    let halts = data.links().iter().flat_map(|link| &link.halts);
    let said = halts.map(|halt| {
        let count = halt.pairs.len();
        let note = Shown::line(&halt.note);
        format!(
            "{0}: {note}. \"apply {0} {count}\" lets them through, \"keep {0}\" puts them back.",
            halt.id
        )
    });
    or_none(said.collect(), "The guard holds nothing.")
}

/// The number has to be typed: nobody lets many items through by a slip.
fn apply(data: &Data, id: &str, count: &str) -> Wish {
    let mut halts = data.links().iter().flat_map(|link| &link.halts);
    match halts.find(|halt| halt.id == id) {
        Some(halt) if count.parse() == Ok(halt.pairs.len()) => Wish::Answer(id.to_owned(), true),
        Some(halt) => Wish::Say(vec![format!(
            "It holds {}, not {}. Nothing was done.",
            counted(halt.pairs.len(), "item"),
            Shown::line(count)
        )]),
        None => Wish::Say(vec![format!("Nothing is held as {}.", Shown::line(id))]),
    }
}

fn or_none(mut said: Vec<String>, none: &str) -> Vec<String> {
    if said.is_empty() {
        return vec![none.to_owned()];
    }
    let more = said.len().saturating_sub(SAID);
    if more > 0 {
        said.truncate(SAID);
        said.push(format!("And {more} more."));
    }
    said
}
