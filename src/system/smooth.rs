//! Smooths loads, so that one busy second defers nothing.

use crate::core::schedule::Load;

/// The weight of a new sample: after three of them seven eighths of a step are seen.
const WEIGHT: f64 = 0.5;

/// An exponential moving average of memory and CPU. What this program has is taken as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Smooth {
    last: Option<Load>,
}

impl Smooth {
    /// The average with this sample in it.
    pub fn with(&mut self, load: Load) -> Load {
        let mixed = |old: f64, new: f64| old + (new - old) * WEIGHT;
        let smooth = self.last.map_or(load, |last| Load {
            memory: mixed(last.memory, load.memory),
            cpu: mixed(last.cpu, load.cpu),
            ..load
        });
        self.last = Some(smooth);
        smooth
    }
}
