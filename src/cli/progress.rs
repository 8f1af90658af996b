//! A line on stderr that says how far a run is, where stderr is a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::core::{Outcome, RecordKind};
use crate::engine::Event;
use crate::shown::Shown;

/// The sink of a command: shows progress, or nothing where nobody looks.
pub fn sink(quiet: bool) -> Box<dyn Fn(Event)> {
    if quiet || !std::io::stderr().is_terminal() {
        return Box::new(|_| {});
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {pos} written  {wide_msg}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    Box::new(move |event| follow(&bar, &event))
}

fn follow(bar: &ProgressBar, event: &Event) {
    match event {
        Event::RunStarted { link, .. } => bar.set_message(Shown::line(link).to_string()),
        Event::Listed { stream, rows } => {
            bar.set_message(format!("{}: {rows} listed", Shown::line(stream)));
        }
        Event::Waiting { reason, .. } => {
            bar.set_message(format!("waiting: {}", Shown::line(reason)));
        }
        Event::Recorded(record) => {
            if record.kind == RecordKind::Write && record.outcome == Outcome::Done {
                bar.inc(1);
                bar.set_message(format!("{} {}", record.verb, Shown::line(&record.item)));
            }
        }
        Event::Halted(halt) => bar.println(format!("held: {}", Shown::line(&halt.note))),
        // A single run is never deferred.
        Event::Deferred { .. } | Event::Elsewhere(_) | Event::Leads { .. } => {}
        Event::RunEnded(_) => bar.set_message(""),
    }
}
