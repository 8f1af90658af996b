//! `[advanced]`: the engine's waiting times and thresholds.

use super::model::Config;
use super::section::{Fault, Section};
use super::words;
use crate::engine::Settings;

/// A setting's name and where it is.
type Entry<T> = (&'static str, fn(&mut Settings) -> &mut T);

const DURATIONS: [Entry<i64>; 22] = [
    ("send_deadline", |s| &mut s.send_deadline),
    ("flight", |s| &mut s.flight),
    ("list_lag", |s| &mut s.list_lag),
    ("settle", |s| &mut s.settle),
    ("debounce", |s| &mut s.debounce),
    ("rest", |s| &mut s.rest),
    ("revert_again", |s| &mut s.revert_again),
    ("refused_again", |s| &mut s.refused_again),
    ("newest_apart", |s| &mut s.newest_apart),
    ("look_back", |s| &mut s.look_back),
    ("github_timeout", |s| &mut s.github_timeout),
    ("notion_timeout", |s| &mut s.notion_timeout),
    ("store_timeout", |s| &mut s.store_timeout),
    ("overlap", |s| &mut s.overlap),
    ("sweep_every", |s| &mut s.sweep_every),
    ("lookup_gap", |s| &mut s.lookup_gap),
    ("verify_age", |s| &mut s.verify_age),
    ("observe_rest", |s| &mut s.observe_rest),
    ("retry_base", |s| &mut s.retry_base),
    ("retry_max", |s| &mut s.retry_max),
    ("wait_max", |s| &mut s.wait_max),
    ("lease_ttl", |s| &mut s.lease_ttl),
];

const COUNTS: [Entry<usize>; 4] = [
    ("sweep_bodies", |s| &mut s.sweep_bodies),
    ("doubt_max", |s| &mut s.doubt_max),
    ("guard_trashes", |s| &mut s.guard_trashes),
    ("guard_floor", |s| &mut s.guard_floor),
];

const PERCENTS: [Entry<usize>; 3] = [
    ("guard_trash_percent", |s| &mut s.guard_trash_percent),
    ("guard_change_percent", |s| &mut s.guard_change_percent),
    ("guard_clear_percent", |s| &mut s.guard_clear_percent),
];

/// Notion answers 503 when an answer takes longer than this, and may have applied the write
/// (developers.notion.com/reference/status-codes).
const NOTION_FLIGHT: i64 = 60_000;

/// Reads the section into `config.settings`.
pub(super) fn read(mut section: Section<'_, '_>, config: &mut Config) {
    let settings = &mut config.settings;
    let mut flight = None;
    for (key, place) in DURATIONS {
        if let Some(at) = section.duration(key, words::duration) {
            *place(settings) = at.value;
            if key == "flight" {
                flight = Some(at.span);
            }
        }
    }
    for (key, place) in COUNTS {
        if let Some(number) = section.number(key, 0..=1_000_000) {
            *place(settings) = number as usize;
        }
    }
    for (key, place) in PERCENTS {
        if let Some(number) = section.number(key, 0..=100) {
            *place(settings) = number as usize;
        }
    }
    if let Some(number) = section.number("create_attempts", 1..=100) {
        settings.create_attempts = number;
    }
    if let Some(number) = section.number("reserve_percent", 0..=90) {
        settings.reserve_percent = number;
    }
    if settings.retry_base > settings.retry_max {
        let fault = Fault::new("`retry_base` is longer than `retry_max`", "in this section");
        section.source.fault(&section.span, &fault);
    }
    let local = words::is_local(&config.notion.api_url);
    if let Some(span) = flight.filter(|_| config.settings.flight < NOTION_FLIGHT && !local) {
        let message = "`flight` is shorter than Notion may take to apply a write";
        let problem = section.source.problem(&span, message).warning();
        section
            .source
            .report(problem.label("items can be doubled; at least 60s is safe"));
    }
    section.finish();
}
