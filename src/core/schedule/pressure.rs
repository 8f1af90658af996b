//! How busy the machine is, judged with hysteresis: a threshold counts once a few samples in a row say so.

use super::reason::Reason;
use super::{Batch, Timetable};

/// Where something begins, and where it ends again; from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Above this it begins; 1 = never.
    pub enter: f64,
    /// Below this it ends.
    pub leave: f64,
}

/// Whose memory it is that runs short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The machine's.
    #[default]
    Machine,
    /// That of the container, or the service's slice of the machine.
    Container,
}

/// One sample, smoothed by whoever takes it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Memory in use, 0 to 1.
    pub memory: f64,
    /// Whose.
    pub scope: Scope,
    /// Load of all cores, 0 to 1.
    pub cpu: f64,
    /// Memory of this program, in bytes.
    pub own: u64,
}

/// One threshold's state.
#[derive(Clone, Copy, Debug, Default)]
struct Gate {
    on: bool,
    /// Samples in a row that speak against the state.
    against: u32,
}

impl Gate {
    fn sampled(&mut self, value: f64, threshold: Threshold, in_a_row: u32) {
        let differs = if self.on {
            value < threshold.leave
        } else {
            value > threshold.enter
        };
        self.against = if differs { self.against + 1 } else { 0 };
        if self.against >= in_a_row.max(1) {
            *self = Self {
                on: !self.on,
                against: 0,
            };
        }
    }
}

/// How the machine stands.
#[derive(Clone, Copy, Debug)]
pub struct Pressure {
    timetable: Timetable,
    load: Load,
    memory: Gate,
    cpu: Gate,
    own: Gate,
}

/// This program's memory is shed below 1.5 times the ceiling, and defers above it until it is below the ceiling again.
const OWN: Threshold = Threshold {
    enter: 1.5,
    leave: 1.0,
};

impl Pressure {
    /// No sample yet: nothing presses.
    pub fn new(timetable: Timetable) -> Self {
        Self {
            timetable,
            load: Load::default(),
            memory: Gate::default(),
            cpu: Gate::default(),
            own: Gate::default(),
        }
    }

    /// Takes a sample in.
    pub fn sampled(&mut self, load: Load) {
        let timetable = self.timetable;
        self.load = load;
        self.memory
            .sampled(load.memory, timetable.memory, timetable.in_a_row);
        self.cpu
            .sampled(load.cpu, timetable.cpu, timetable.in_a_row);
        self.own.sampled(self.own_part(), OWN, timetable.in_a_row);
    }

    /// This program's memory as a part of its ceiling; more than 1 is above.
    fn own_part(&self) -> f64 {
        if self.timetable.ceiling == 0 {
            0.0
        } else {
            self.load.own as f64 / self.timetable.ceiling as f64
        }
    }

    /// Why runs are deferred; none = they are not.
    pub fn defers(&self) -> Option<Reason> {
        if self.memory.on {
            return Some(self.memory_reason());
        }
        if self.own.on {
            return Some(Reason::Own {
                bytes: self.load.own,
                ceiling: self.timetable.ceiling,
            });
        }
        self.cpu.on.then(|| self.cpu_reason())
    }

    fn memory_reason(&self) -> Reason {
        // While it defers, it does so until the lower threshold is passed.
        let limit = if self.load.memory > self.timetable.memory.enter {
            self.timetable.memory.enter
        } else {
            self.timetable.memory.leave
        };
        Reason::Memory {
            percent: percent(self.load.memory),
            limit: percent(limit),
            scope: self.load.scope,
        }
    }

    fn cpu_reason(&self) -> Reason {
        let limit = if self.load.cpu > self.timetable.cpu.enter {
            self.timetable.cpu.enter
        } else {
            self.timetable.cpu.leave
        };
        Reason::Cpu {
            percent: percent(self.load.cpu),
            limit: percent(limit),
        }
    }

    /// By how much regular looks are further apart, in percent: 100 below the lower threshold, 200 at the upper one, 400
    /// when nothing is left. What is deferred is not stretched, too: it goes on as soon as the machine allows.
    pub fn stretch(&self) -> i64 {
        if self.defers().is_some() {
            return 100;
        }
        rise(self.load.memory, self.timetable.memory).max(rise(self.load.cpu, self.timetable.cpu))
    }

    /// What stretches the interval most.
    pub fn strongest(&self) -> Option<Reason> {
        let memory = rise(self.load.memory, self.timetable.memory);
        let cpu = rise(self.load.cpu, self.timetable.cpu);
        if memory.max(cpu) <= 100 {
            return None;
        }
        Some(if memory >= cpu {
            self.memory_reason()
        } else {
            self.cpu_reason()
        })
    }

    /// How much a run does that was due.
    pub fn batch(&self) -> Batch {
        let machine = match self.stretch() {
            ..=100 => 100,
            101..=150 => 50,
            _ => 25,
        };
        let own = self.own_batch();
        Batch {
            items: own.items.min(machine),
            page: own.page,
        }
    }

    /// How much a run does that somebody asked for: only this program's own memory counts.
    pub fn forced_batch(&self) -> Batch {
        self.own_batch()
    }

    fn own_batch(&self) -> Batch {
        match self.own_part() {
            part if part <= 0.8 => Batch::FULL,
            part if part <= 1.0 => Batch {
                items: 50,
                page: 50,
            },
            _ => Batch::LEAST,
        }
    }
}

/// 100 up to the lower threshold, 200 at the upper one, 400 at 1.
fn rise(value: f64, threshold: Threshold) -> i64 {
    let between = |from: f64, to: f64| {
        if to > from {
            ((value - from) / (to - from)).clamp(0.0, 1.0)
        } else {
            1.0
        }
    };
    if value <= threshold.leave || threshold.enter >= 1.0 {
        100
    } else if value <= threshold.enter {
        100 + i64::from(percent(between(threshold.leave, threshold.enter)))
    } else {
        200 + 2 * i64::from(percent(between(threshold.enter, 1.0)))
    }
}

/// A part as percent, rounded up, so that what is above a threshold never reads as being at it.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits"
)]
fn percent(part: f64) -> u32 {
    // Binary fractions: 0.7 times 100 is a little more, or less, than 70.
    (part.clamp(0.0, 10.0) * 100.0 - 1e-6).ceil() as u32
}
