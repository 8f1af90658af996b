//! `errors`: what went wrong and is not over, from the store.

use super::args::ErrorsOptions;
use super::clock::now;
use super::exit::Exit;
use super::json;
use super::out::{columns, wrap};
use super::wire::Setup;
use crate::core::schedule::span;
use crate::core::{Side, Time};
use crate::engine::report::CHECKING;
use crate::shown::Shown;
use crate::store::{ErrorEntry, Store};
use crate::ui::text::{ago, width};

/// How many entries are looked through for those of one link.
const SEARCHED: usize = 10_000;
/// In the message of what a full listing tries again by itself.
const BY_ITSELF: &str = "tried again within hours";
/// The widest name that the other columns still line up behind.
const NAME: usize = 32;

/// Prints the error log, the latest first: open entries, or all of them.
pub async fn run(setup: &Setup, options: &ErrorsOptions) -> anyhow::Result<Exit> {
    let store = setup.store_to_look()?;
    let entries = match &options.link {
        None => store.errors(!options.all, options.limit).await?,
        Some(link) => {
            let mut entries = store.errors(!options.all, SEARCHED).await?;
            entries.retain(|entry| entry.link == *link);
            if entries.is_empty() {
                // A name that is wrong is not the same as one without errors.
                setup.links(Some(link))?;
            }
            entries.truncate(options.limit);
            entries
        }
    };
    if options.json {
        let entries = entries.iter().map(json::error).collect();
        say!("{}", serde_json::Value::Array(entries));
        return Ok(Exit::Done);
    }
    let is_several = setup.config.links.len() > 1;
    let lines = Lines::of(&entries, is_several);
    for entry in &entries {
        lines.print(entry, now());
    }
    match (entries.len(), options.all) {
        (0, false) => say!("no open errors"),
        (0, true) => say!("no errors"),
        (count, _) if count == options.limit => say!("the latest {count}; --limit shows more"),
        (count, false) => say!("{count} open"),
        (count, true) => say!("{count} in all"),
    }
    Ok(Exit::Done)
}

/// How the entries line up.
struct Lines {
    name: usize,
    class: usize,
    columns: usize,
    is_several: bool,
}

impl Lines {
    fn of(entries: &[ErrorEntry], is_several: bool) -> Self {
        let names = entries.iter().map(|entry| width(&name(entry)));
        let classes = entries.iter().map(|entry| entry.class.len());
        Self {
            name: names.filter(|name| *name <= NAME).max().unwrap_or(0),
            class: classes.max().unwrap_or(0),
            columns: columns(),
            is_several,
        }
    }

    fn print(&self, entry: &ErrorEntry, now: Time) {
        let name = name(entry);
        let gap = self.name.saturating_sub(width(&name));
        let link = if self.is_several {
            format!("  link {}", Shown::line(&entry.link))
        } else {
            String::new()
        };
        say!(
            "{name}{:gap$}  {:<class$}  {:>4}  {}{link}",
            "",
            Shown::line(&entry.class),
            format!("{}x", entry.count),
            when(entry, now),
            class = self.class,
        );
        let room = self.columns.saturating_sub(4);
        let message = Shown::line(&entry.message);
        for line in wrap(message.as_str(), room) {
            say!("    {line}");
        }
        for line in wrap(&next(entry, now), room) {
            say!("    {line}");
        }
    }
}

fn name(entry: &ErrorEntry) -> String {
    Shown::line(&entry.scope).to_string()
}

/// When it happened, first and last.
fn when(entry: &ErrorEntry, now: Time) -> String {
    let last = ago(now.since(entry.last_at));
    if entry.count < 2 {
        return last;
    }
    format!("{last}, first {}", ago(now.since(entry.first_at)))
}

/// When it is tried again, or who has to do something first.
fn next(entry: &ErrorEntry, now: Time) -> String {
    if let Some(at) = entry.resolved_at {
        return format!("over since {}", json::time(at));
    }
    let needs_you = matches!(entry.class.as_str(), "unauthorized" | "denied" | "setup");
    if let Some(remedy) = remedy(entry) {
        return format!("waits for you: {remedy}; every pass looks whether it is done");
    }
    let does = if is_looked_up(entry) {
        "looked up"
    } else {
        "tried again"
    };
    match (entry.next_try, &entry.pair) {
        (Some(at), _) if at > now => format!("{does} in {}", span(at.since(now))),
        (None, Some(_)) if is_looked_up(entry) => format!("{does} by the next pass"),
        (None, Some(_)) if entry.message.contains(BY_ITSELF) => {
            format!("at once: pulse-sync retry {}", name(entry))
        }
        (None, Some(_)) => format!("waits for you: pulse-sync retry {}", name(entry)),
        (None, None) if needs_you => {
            "waits for you; every pass looks whether it is done".to_owned()
        }
        _ => format!("{does} by the next pass"),
    }
}

/// Whether it is a write whose answer is unclear: passes look up what became of it, and nothing waits for a person.
fn is_looked_up(entry: &ErrorEntry) -> bool {
    let is_told = entry.message.contains(CHECKING) || entry.next_try.is_none();
    entry.pair.is_some() && entry.class == "unclear" && is_told
}

/// What a person can do about an entry, where that is more than its message says.
pub fn to_do(entry: &ErrorEntry) -> Option<String> {
    let is_open = entry.pair.is_some() && entry.next_try.is_none() && entry.resolved_at.is_none();
    let is_aside = is_open && !is_looked_up(entry);
    let retry = || is_aside.then(|| format!("pulse-sync retry {}", name(entry)));
    remedy(entry).or_else(retry)
}

/// What to do about credentials that a service refuses; what else needs a person says it in its message.
pub fn remedy(entry: &ErrorEntry) -> Option<String> {
    if entry.class != "unauthorized" || entry.resolved_at.is_some() {
        return None;
    }
    let side = Side::BOTH.into_iter().map(Side::name);
    let mut side = side.filter(|side| entry.scope.starts_with(side));
    Some(match side.next() {
        Some(side) => format!(
            "make a new {side} token, and put it where this one came from (`pulse-sync doctor` says where)"
        ),
        None => "correct MONGODB_URI or `uri` under [store]".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::PairId;

    fn entry() -> ErrorEntry {
        ErrorEntry {
            id: "default/x/refused".to_owned(),
            link: "default".to_owned(),
            scope: "ada/lantern#12".to_owned(),
            pair: Some(PairId("p".to_owned())),
            class: "refused".to_owned(),
            message: "no".to_owned(),
            first_at: Time(0),
            last_at: Time(60_000),
            count: 3,
            next_try: None,
            resolved_at: None,
        }
    }

    #[test]
    fn everything_that_waits_says_for_what() {
        let now = Time(120_000);
        let said = |change: fn(&mut ErrorEntry)| {
            let mut entry = entry();
            change(&mut entry);
            next(&entry, now)
        };
        assert_eq!(
            said(|_| {}),
            "waits for you: pulse-sync retry ada/lantern#12"
        );
        assert_eq!(
            said(|entry| entry.message = format!("no label ({BY_ITSELF}, or at once)")),
            "at once: pulse-sync retry ada/lantern#12"
        );
        let aside = entry();
        assert_eq!(
            to_do(&aside).as_deref(),
            Some("pulse-sync retry ada/lantern#12")
        );
        let over = ErrorEntry {
            resolved_at: Some(now),
            ..aside
        };
        assert_eq!(to_do(&over), None);
        assert_eq!(
            said(|entry| entry.next_try = Some(Time(161_000))),
            "tried again in 41 s"
        );
        assert_eq!(
            said(|entry| entry.next_try = Some(Time(1))),
            "tried again by the next pass"
        );
        assert_eq!(
            said(|entry| entry.pair = None),
            "tried again by the next pass"
        );
        assert_eq!(
            said(|entry| entry.resolved_at = Some(Time(0))),
            "over since 1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn what_is_unclear_is_looked_up_and_a_token_waits_for_you() {
        let now = Time(120_000);
        let unclear = ErrorEntry {
            class: "unclear".to_owned(),
            message: format!("no answer; {CHECKING} Notion took it"),
            ..entry()
        };
        for (next_try, words) in [
            (None, "looked up by the next pass"),
            (Some(Time(1)), "looked up by the next pass"),
            (Some(Time(255_000)), "looked up in 2 min 15 s"),
        ] {
            let entry = ErrorEntry {
                next_try,
                ..unclear.clone()
            };
            assert_eq!(next(&entry, now), words);
            assert_eq!(to_do(&entry), None);
        }
        for (scope, words) in [
            ("GitHub", "make a new GitHub token"),
            ("Notion/pages", "make a new Notion token"),
            ("MongoDB", "MONGODB_URI"),
        ] {
            let refused = ErrorEntry {
                scope: scope.to_owned(),
                pair: None,
                class: "unauthorized".to_owned(),
                ..entry()
            };
            let told = next(&refused, now);
            assert!(told.starts_with("waits for you"), "{told}");
            assert!(told.contains(words), "{scope}: {told}");
        }
    }

    #[test]
    fn a_repeated_error_says_its_first_and_its_last_time() {
        assert_eq!(when(&entry(), Time(120_000)), "1m ago, first 2m ago");
        let once = ErrorEntry {
            count: 1,
            ..entry()
        };
        assert_eq!(when(&once, Time(120_000)), "1m ago");
    }
}
