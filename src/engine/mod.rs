//! The shell around the decision: observe, plan, guard, apply, record, recover.
//!
//! Generic over remotes, store and clock. Knows nothing of a terminal.

mod adopt;
mod again;
pub mod answers;
mod aside;
mod bodies;
pub mod clock;
mod denied;
pub mod ending;
mod every;
pub mod face;
mod foresee;
mod handed;
pub mod held;
pub mod hint;
mod hold;
pub mod keeper;
mod kin;
mod lead;
pub mod link;
mod live;
mod look;
mod moves;
mod observe;
mod outage;
mod places;
mod publish;
pub mod queue;
mod recover;
pub mod report;
mod retention;
pub mod run;
pub mod selection;
pub mod serve;
mod settings;
mod sides;
mod steady;
mod turn;
mod unread;
mod who;
mod words;
mod write;

pub use clock::Clock;
pub use ending::Ending;
pub use face::{Command, Handle, Snapshot};
pub use handed::Errand;
pub use link::{Link, LinkSpec};
pub use report::{Event, Report, Stop};
pub use run::{Ask, Engine, lease_name};
pub use settings::Settings;
