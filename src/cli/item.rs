//! `sync --item`: which item is meant, and why nothing happened to it, if nothing did.

use anyhow::bail;
use url::Url;

use super::exit::Exit;
use super::json;
use super::wire::RealEngine;
use crate::config::{Link, notion_id};
use crate::core::{Pair, PairLife, Time};
use crate::engine::{Clock, Report};
use crate::shown::Shown;
use crate::store::StoreError;

/// Refuses what names no item, before anything is asked of a service. What was refused of a known item is tried again:
/// whoever asks for just this item says that it is worth it.
///
/// # Errors
/// When it is neither written as an item nor the name of a known one; when no link has its repository.
pub async fn check(engine: &RealEngine, links: &[&Link], item: &str) -> anyhow::Result<()> {
    for link in links {
        if let Some(pair) = engine.named(&link.name, item).await? {
            if !pair.blocked.is_empty() {
                engine.retry(&link.name, Some(&pair.id)).await?;
            }
            return Ok(());
        }
    }
    let Some(repository) = repository_of(item) else {
        bail!(
            "`--item {item}` names no item; write it as owner/repo#12, as `status` and `history` do"
        );
    };
    if !links.iter().any(|link| link.takes(repository)) {
        bail!(
            "`--item {item}`: no link has the repository {repository}; look at `repositories` in the configuration"
        );
    }
    Ok(())
}

/// The item that a typed word names: `owner/repo#12`, `owner/repo@sha`, a title, or the address of any of its two sides.
///
/// # Errors
/// An empty word, and an address that leads to no item.
pub fn meant(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("this names no item; write it as owner/repo#12".to_owned());
    }
    if !text.contains("://") {
        return Ok(text.to_owned());
    }
    on_github(text).or_else(|| notion_id(text)).ok_or_else(|| {
        "this address leads to no issue, pull request, commit or Notion page; write the item as owner/repo#12"
            .to_owned()
    })
}

/// The item behind an address of GitHub's, whatever the host is called.
fn on_github(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let parts: Vec<&str> = url.path_segments()?.collect();
    let (owner, repo, what, id) = match parts.as_slice() {
        [owner, repo, what, id, ..] => (owner, repo, *what, id),
        _ => return None,
    };
    match what {
        "issues" | "pull" if id.parse::<u64>().is_ok() => Some(format!("{owner}/{repo}#{id}")),
        "commit" => Some(format!("{owner}/{repo}@{id}")),
        _ => None,
    }
}

/// The repository in `owner/repo#12` or `owner/repo@sha`.
fn repository_of(item: &str) -> Option<&str> {
    let (repository, rest) = item.split_once(['#', '@'])?;
    let (owner, name) = repository.split_once('/')?;
    let is_word = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let is_end = if item.contains('#') {
        rest.parse::<u64>().is_ok()
    } else {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_hexdigit())
    };
    (is_word(owner) && is_word(name) && is_end).then_some(repository)
}

/// Adds to the reports how the item stands after the pass.
pub async fn tell(
    engine: &RealEngine,
    reports: &mut [Report],
    item: &str,
) -> Result<Exit, StoreError> {
    let (mut is_known, mut exit) = (false, Exit::Done);
    for report in reports.iter_mut() {
        if let Some(pair) = engine.named(&report.link, item).await? {
            is_known = true;
            if pair.dirty_since.is_some() || pair.intent.is_some() {
                exit = exit.and(Exit::Waits);
            }
            if pair.held_since.is_some() {
                // Nothing is done of what was asked for, as while all is paused.
                exit = exit.and(Exit::Halted);
            }
            narrow(report, &pair, engine.clock.now());
            report.notes.extend(standing(&pair, engine.clock.now()));
        } else {
            narrow_to_none(report);
        }
    }
    // A pass that failed may not have come to it.
    let went_well = reports.iter().all(|report| report.stopped.is_none());
    if is_known || !went_well {
        return Ok(exit);
    }
    if let Some(report) = reports.first_mut() {
        report.errors.push(format!(
            "{item} is not known: it does not exist, the token may not see it, or the link leaves it out (see \
             `closed_since`, `commits_since`, `ignore_label` and `kinds` in the configuration)"
        ));
    }
    Ok(Exit::Failed)
}

/// Leaves only this item in what is said to wait: who asks for one item does not ask how the others stand.
fn narrow(report: &mut Report, pair: &Pair, now: Time) {
    narrow_to_none(report);
    let open = pair.conflicts.len() as u64;
    report.conflicts = open;
    report.held = u64::from(pair.hold.as_ref().is_some_and(|hold| !hold.agreed));
    report.in_doubt = u64::from(pair.intent.is_some());
    let is_due = pair.is_due(now);
    report.backlog = u64::from(is_due);
    let is_queued = pair.dirty_since.is_some() && pair.intent.is_none();
    report.deferred = u64::from(is_queued && !is_due);
}

const fn narrow_to_none(report: &mut Report) {
    report.conflicts = 0;
    report.held = 0;
    report.in_doubt = 0;
    report.backlog = 0;
    report.deferred = 0;
}

/// Why an item still waits, if it does.
fn standing(pair: &Pair, now: Time) -> Option<String> {
    let name = Shown::line(pair.name());
    let why = waits(pair, now).map(|(until, why)| match until {
        Some(at) => format!("{why}, until {}", json::time(at)),
        None => why,
    });
    match &pair.life {
        PairLife::Unlinked(reason) => Some(format!("{name} is not kept in step: {reason}")),
        PairLife::Tombstone => Some(format!("{name} is gone on both sides")),
        PairLife::Parked(_) => None,
        PairLife::New | PairLife::Active => why.map(|why| format!("{name} waits: {why}")),
    }
}

/// Why a pair does not have its turn now, and until when, where that is known.
pub fn waits(pair: &Pair, now: Time) -> Option<(Option<Time>, String)> {
    if pair.intent.is_some() {
        let why = "the answer to its last write is unclear and being looked for";
        return Some((None, why.to_owned()));
    }
    if let Some(since) = pair.held_since {
        let why = format!(
            "held by you since {}; `pulse-sync release {}` lets it go on",
            json::time(since),
            pair.name()
        );
        return Some((None, why));
    }
    if let Some(hold) = pair.hold.as_ref().filter(|hold| !hold.agreed) {
        return Some((None, format!("held by the guard: {}", hold.reason)));
    }
    pair.dirty_since?;
    if let Some(at) = pair.quiet_until.filter(|at| *at > now) {
        let why = "it was written a moment ago, and what a service shows of it may still be older";
        return Some((Some(at.max(pair.next_try.unwrap_or(at))), why.to_owned()));
    }
    let at = pair.next_try.filter(|at| *at > now)?;
    let why = pair
        .last_error
        .clone()
        .filter(|_| pair.tries > 0 || pair.blocked.is_empty())
        .unwrap_or_else(|| "somebody was editing it a moment ago".to_owned());
    Some((Some(at), why))
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn an_item_is_named_by_word_or_by_the_address_of_either_side() {
        let page = "0123456789abcdef0123456789abcdef";
        let cases = [
            (" ada/lamp#12 ", "ada/lamp#12"),
            ("https://github.com/ada/lamp/issues/12", "ada/lamp#12"),
            (
                "https://ghe.example/ada/lamp/pull/7/files?w=1",
                "ada/lamp#7",
            ),
            (
                "https://github.com/ada/lamp/commit/abc123",
                "ada/lamp@abc123",
            ),
            ("A title of a page", "A title of a page"),
        ];
        for (text, item) in cases {
            assert_eq!(meant(text).as_deref(), Ok(item), "{text}");
        }
        assert_eq!(
            meant(&format!("https://www.notion.so/acme/A-title-{page}")).as_deref(),
            Ok("01234567-89ab-cdef-0123-456789abcdef")
        );
        for text in ["", "  ", "https://github.com/ada", "https://example.org/x"] {
            assert!(meant(text).is_err(), "{text}");
        }
    }
}
