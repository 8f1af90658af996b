//! The clock of engines that tests make by hand: real time and chance.

use std::time::Duration;

use pulse_sync::core::Time;
use pulse_sync::engine::Clock;

pub struct TestClock;

pub fn now() -> Time {
    Time(chrono::Utc::now().timestamp_millis())
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        now()
    }
    fn elapsed(&self) -> i64 {
        now().0
    }
    fn random(&self) -> u64 {
        fastrand::u64(..)
    }
    async fn sleep(&self, ms: i64) {
        tokio::time::sleep(Duration::from_millis(ms.max(0).cast_unsigned())).await;
    }
}
