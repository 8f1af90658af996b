//! The shell around the decision: observe, plan, guard, apply, record, recover.
//!
//! Generic over remotes, store and clock. Knows nothing of a terminal.

pub mod clock;
pub mod settings;

pub use clock::Clock;
pub use settings::Settings;
