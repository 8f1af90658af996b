//! `[schedule]`: when runs are put off, and for how long at most.

use super::model::Config;
use super::section::{Fault, Section};
use super::words;
use crate::core::schedule::Threshold;

/// A key for a threshold's beginning, and one for its end.
const MEMORY: [&str; 2] = ["memory_percent", "memory_leave_percent"];
const CPU: [&str; 2] = ["cpu_percent", "cpu_leave_percent"];

/// Reads the section into `config.timetable`.
pub(super) fn read(mut section: Section<'_, '_>, config: &mut Config) {
    let timetable = &mut config.timetable;
    threshold(&mut section, MEMORY, &mut timetable.memory);
    threshold(&mut section, CPU, &mut timetable.cpu);
    if let Some(number) = section.number("longest_deferral", 1..=1_000) {
        timetable.longest = i64::from(number);
    }
    if let Some(number) = section.number("own_memory_mb", 0..=1_000_000) {
        timetable.ceiling = u64::from(number) << 20;
    }
    if let Some(number) = section.number("jitter_percent", 0..=50) {
        timetable.jitter = i64::from(number);
    }
    for (key, place) in [
        ("check_again", &mut timetable.check_again),
        ("attention", &mut timetable.attention),
    ] {
        if let Some(at) = section.duration(key, words::interval) {
            *place = at.value;
        }
    }
    section.finish();
}

fn threshold(section: &mut Section<'_, '_>, [enter, leave]: [&'static str; 2], of: &mut Threshold) {
    let begins = section.number(enter, 1..=100);
    let ends = section.number_at(leave, 0..=99);
    if let Some(percent) = begins {
        of.enter = f64::from(percent) / 100.0;
        // Where only one is said, the other keeps its distance.
        of.leave = of.leave.min((of.enter - 0.1).max(0.0));
    }
    if let Some(percent) = ends {
        of.leave = f64::from(percent.value) / 100.0;
        if of.leave >= of.enter {
            let message = format!("`{leave}` is not below `{enter}`");
            let label = "what is put off would go on at once, and be put off again";
            section
                .source
                .fault(&percent.span, &Fault::new(message, label));
        }
    }
}
