//! The single-threaded executor: polls the engine, and between two polls lets the world go on.

use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::sabotage::Sabotage;
use super::world::Shared;
use crate::core::Time;
use crate::engine::Clock;

/// Gives control back once: a point at which people edit, time passes, or the process dies.
#[derive(Debug, Default)]
pub struct Pause {
    is_over: bool,
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.is_over {
            return Poll::Ready(());
        }
        self.is_over = true;
        Poll::Pending
    }
}

/// Gives control back once.
pub fn pause() -> Pause {
    Pause::default()
}

/// Polls a future to its end, letting the world go on in between. `None` if `between` ends it: the future is dropped
/// right there, which is what a crash is.
pub fn drive<T>(future: impl Future<Output = T>, mut between: impl FnMut() -> bool) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return Some(done);
        }
        if !between() {
            return None;
        }
    }
}

/// Virtual time and seeded chance for the engine.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    world: Shared,
    started: i64,
}

impl VirtualClock {
    /// The clock of a world.
    pub fn new(world: &Shared) -> Self {
        Self {
            world: Rc::clone(world),
            started: world.borrow().elapsed,
        }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Time {
        let world = self.world.borrow();
        Time(world.now + world.skew)
    }

    fn elapsed(&self) -> i64 {
        let world = self.world.borrow();
        match world.sabotage {
            Some(Sabotage::NoDeadline) => self.started,
            Some(Sabotage::WallClock) => world.now + world.skew,
            _ => world.elapsed,
        }
    }

    fn random(&self) -> u64 {
        self.world.borrow_mut().engine_rng.u64(..)
    }

    async fn sleep(&self, ms: i64) {
        let until = self.world.borrow().elapsed + ms;
        while self.world.borrow().elapsed < until {
            self.world.borrow_mut().wake_at = Some(until);
            pause().await;
        }
    }
}
