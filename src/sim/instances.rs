//! Two instances of the engine on one store, polled in turn: what keeps them apart is the pair's `rev`, not the lease.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::life::Setup;
use super::world::World;
use crate::core::{Observation, Side, Step};
use crate::engine::Ask;

/// Runs that each instance makes while the other one works, at most.
const RUNS: usize = 3;
/// In a thousand: an instance stands still for a while, per poll.
const FREEZE: u32 = 2;

/// What of the world belongs to the instance that is polled.
#[derive(Default)]
struct Own {
    run_writes: usize,
    in_flight: Option<(Step, Option<Observation>)>,
    unreachable: BTreeSet<(Side, String)>,
}

impl Own {
    /// Puts this instance's own into the world, or takes it back.
    fn swap(&mut self, world: &mut World) {
        std::mem::swap(&mut self.run_writes, &mut world.run_writes);
        std::mem::swap(&mut self.in_flight, &mut world.in_flight);
        std::mem::swap(&mut self.unreachable, &mut world.unreachable);
    }
}

/// One instance: its work, and when it goes on.
struct Instance<'a> {
    work: Option<Pin<Box<dyn Future<Output = ()> + 'a>>>,
    own: Own,
    /// Asleep or standing still until then, in elapsed time.
    until: i64,
    /// The poll at which it dies.
    dies_at: Option<u64>,
}

impl Setup {
    /// Lets two instances make a few runs each at the same time; one of them may die.
    pub fn run_two(&self, ignores_lease: bool, crash_at: Option<u64>) {
        let runs: [usize; 2] = {
            let mut world = self.world.borrow_mut();
            world.figures.fault("second instance");
            std::array::from_fn(|_| world.rng.usize(1..=RUNS))
        };
        let mut instances: Vec<Instance<'_>> = (0..2)
            .map(|which| Instance {
                work: Some(Box::pin(self.several(which, runs[which], ignores_lease))),
                own: Own::default(),
                until: 0,
                dies_at: crash_at.filter(|at| which as u64 == at % 2),
            })
            .collect();
        while instances.iter().any(|instance| instance.work.is_some()) {
            self.step(&mut instances);
        }
        self.world.borrow_mut().in_flight = None;
    }

    /// The runs of one instance, with a rest in between.
    async fn several(&self, which: usize, runs: usize, ignores_lease: bool) {
        for _ in 0..runs {
            self.begin_run(["a", "b"][which]);
            let (engine, link) = self.instance(&format!("sim-{which}"), ignores_lease);
            let report = engine.run(&link, &Ask::default()).await;
            self.end_run(Some(&report));
            let rest = self.world.borrow_mut().rng.i64(0..60_000);
            crate::engine::Clock::sleep(&engine.clock, rest).await;
        }
    }

    /// Polls one of the instances that can go on, and lets the world go on.
    fn step(&self, instances: &mut [Instance<'_>]) {
        let now = self.world.borrow().elapsed;
        let alive = |instance: &&mut Instance<'_>| instance.work.is_some();
        let mut ready: Vec<&mut Instance<'_>> = instances.iter_mut().filter(alive).collect();
        let next = ready.iter().map(|instance| instance.until).min();
        ready.retain(|instance| instance.until <= now);
        if ready.is_empty() {
            let rest = next.map_or(0, |at| (at - now).max(0));
            return self.world.borrow_mut().let_pass(rest);
        }
        let at = self.world.borrow_mut().rng.usize(0..ready.len());
        let instance = ready.swap_remove(at);
        instance.own.swap(&mut self.world.borrow_mut());
        self.poll(instance);
        instance.own.swap(&mut self.world.borrow_mut());
    }

    fn poll(&self, instance: &mut Instance<'_>) {
        let mut context = Context::from_waker(Waker::noop());
        let Some(work) = &mut instance.work else {
            return;
        };
        if let Poll::Ready(()) = work.as_mut().poll(&mut context) {
            instance.work = None;
            return;
        }
        let world = &mut *self.world.borrow_mut();
        world.figures.awaits += 1;
        if let Some(at) = &mut instance.dies_at {
            *at = at.saturating_sub(1);
            if *at == 0 {
                instance.work = None;
                return world.die();
            }
        }
        if let Some(wake) = world.wake_at.take() {
            instance.until = wake;
            return;
        }
        world.between_polls();
        // What was sent arrives within `flight`, whatever becomes of its sender: a process that stands still keeps no
        // request from arriving, and one that stood still before was judged when it sent.
        let is_sent = world.in_flight.is_some();
        if world.faults.crash > 0 && !is_sent && world.chance(FREEZE) {
            world.figures.fault("freeze");
            let ms = world.rng.i64(1_000..200_000);
            world.event("freeze", "", |_| ms.to_string());
            instance.until = world.elapsed + ms;
        }
    }
}
