//! The port through which time and chance come in.

use crate::core::Time;

/// Time and chance. The engine asks nobody else for either.
#[allow(
    async_fn_in_trait,
    reason = "the engine runs on one thread; nothing needs Send"
)]
pub trait Clock {
    /// Wall time. May jump.
    fn now(&self) -> Time;

    /// Milliseconds since some start; never jumps back and counts the machine's sleep.
    fn elapsed(&self) -> i64;

    /// 64 random bits.
    fn random(&self) -> u64;

    /// Waits.
    async fn sleep(&self, ms: i64);
}
