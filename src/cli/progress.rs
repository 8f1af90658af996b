//! A line on stderr that says how far a run is, where stderr is a terminal. It is there during a run only: what is said
//! before and after has its lines to itself.

use std::cell::{Cell, RefCell};
use std::io::IsTerminal;
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::clock::now;
use crate::core::schedule::span;
use crate::core::{Outcome, RecordKind};
use crate::engine::Event;
use crate::shown::Shown;

/// The line, over all runs of a command.
pub struct Line {
    /// Nobody looks.
    is_quiet: bool,
    since: Instant,
    written: Cell<u64>,
    /// There while something is under way.
    bar: RefCell<Option<ProgressBar>>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The sink of a command: shows progress, or nothing where nobody looks.
pub fn sink(quiet: bool) -> Box<dyn Fn(Event)> {
    Line::new(quiet).sink()
}

impl Line {
    /// A line that is not shown yet.
    pub fn new(quiet: bool) -> Rc<Self> {
        Rc::new(Self {
            is_quiet: quiet || !std::io::stderr().is_terminal(),
            since: Instant::now(),
            written: Cell::new(0),
            bar: RefCell::new(None),
        })
    }

    /// What takes the events.
    pub fn sink(self: &Rc<Self>) -> Box<dyn Fn(Event)> {
        let line = Rc::clone(self);
        Box::new(move |event| {
            if !line.is_quiet {
                line.follow(&event);
            }
        })
    }

    /// Says something on stderr, above the line where it is shown.
    pub fn say(&self, text: &str) {
        match self.bar.borrow().as_ref() {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    fn bar(&self) -> ProgressBar {
        let mut bar = self.bar.borrow_mut();
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner().with_elapsed(self.since.elapsed());
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {elapsed} {pos} written  {wide_msg}")
            {
                bar.set_style(style);
            }
            bar.set_position(self.written.get());
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        bar.clone()
    }

    /// Takes the line away until something happens again.
    pub fn clear(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }

    fn follow(&self, event: &Event) {
        let say = |text: String| self.bar().set_message(text);
        match event {
            Event::RunStarted { link, .. } => say(Shown::line(link).to_string()),
            Event::Listed { stream, rows } => {
                say(format!("{}: {rows} listed", Shown::line(stream)));
            }
            Event::Waiting { until, reason } => {
                let left = span(until.since(now()));
                say(format!("waiting {left}: {}", Shown::line(reason)));
            }
            Event::Recorded(record) => {
                if record.kind == RecordKind::Write && record.outcome == Outcome::Done {
                    self.written.set(self.written.get() + 1);
                    self.bar().set_position(self.written.get());
                    say(format!("{} {}", record.verb, Shown::line(&record.item)));
                }
            }
            Event::Halted(halt) => {
                self.bar()
                    .println(format!("held: {}", Shown::line(&halt.note)));
            }
            // A single run is never deferred.
            Event::Deferred { .. } | Event::Elsewhere(_) | Event::Leads { .. } => {}
            Event::RunEnded(_) => self.clear(),
        }
    }
}
