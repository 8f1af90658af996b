//! The machine's clock and chance, for the engine.

use std::time::Duration;

use crate::alarm;
use crate::core::Time;
use crate::engine::Clock;

/// The real clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// Milliseconds since the epoch.
pub fn now() -> Time {
    Time(chrono::Utc::now().timestamp_millis())
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        now()
    }

    /// Counts the machine's sleep where the system can say so (Linux).
    fn elapsed(&self) -> i64 {
        #[cfg(target_os = "linux")]
        {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
            time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
        }
        #[cfg(not(target_os = "linux"))]
        {
            now().0
        }
    }

    fn random(&self) -> u64 {
        // Without the system's random source the ids still are unique on this machine, by their time.
        getrandom::u64().unwrap_or_else(|_error| fastrand::u64(..))
    }

    async fn sleep(&self, ms: i64) {
        alarm::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
    }
}
