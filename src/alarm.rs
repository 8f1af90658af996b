//! A sleep that wakes the program once.
//!
//! A timer of tokio's that is a second away wakes its thread twice: once to sort it into a finer slot of the timer
//! wheel, and once when it is due. A program that is left open all day counts that. On Linux a sleep can be a file
//! descriptor of the system's that is waited for like a socket; elsewhere, and where the system refuses one, it is
//! tokio's.

use std::time::Duration;

/// Shorter sleeps are tokio's: they are part of work that goes on, and setting up a descriptor would cost more.
#[cfg(target_os = "linux")]
const WORTH_IT: Duration = Duration::from_millis(500);

/// Sleeps. Needs a runtime of tokio's with its input and output and its time; does not count the machine's sleep.
pub async fn sleep(time: Duration) {
    #[cfg(target_os = "linux")]
    if time >= WORTH_IT
        && let Ok(alarm) = linux::set(time)
        && alarm.readable().await.is_ok()
    {
        return;
    }
    tokio::time::sleep(time).await;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// A descriptor that can be read once the time is over.
    pub(super) fn set(time: Duration) -> io::Result<AsyncFd<OwnedFd>> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let alarm = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let once = Itimerspec {
            it_interval: spec(Duration::ZERO)?,
            it_value: spec(time)?,
        };
        timerfd_settime(&alarm, TimerfdTimerFlags::empty(), &once)?;
        register(alarm)
    }

    #[expect(
        deprecated,
        reason = "its successor is for `unsafe` code; what it guards against is a descriptor that changes under way, \
                  which one that is owned cannot"
    )]
    fn register(alarm: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
        AsyncFd::with_interest(alarm, Interest::READABLE)
    }

    fn spec(time: Duration) -> io::Result<Timespec> {
        Timespec::try_from(time).map_err(|_error| io::ErrorKind::InvalidInput.into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::sleep;

    #[test]
    fn a_sleep_is_never_shorter_than_it_was_asked_to_be() -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        for time in [Duration::from_millis(20), Duration::from_millis(600)] {
            let begun = Instant::now();
            runtime.block_on(sleep(time));
            assert!(begun.elapsed() >= time, "{time:?}");
        }
        Ok(())
    }
}
