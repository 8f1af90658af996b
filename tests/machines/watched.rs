//! What can be seen of machines at work: the writes that the services count, and who leads.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::group::{Group, Machine, until};
use crate::people::People;
use crate::rig::Rig;

/// Nobody idles so long while people work.
const IDLE: Duration = Duration::from_secs(45);

/// How many writes the services carried out, and when the last one was.
pub struct Watched {
    last: Mutex<(u64, Instant)>,
}

impl Default for Watched {
    fn default() -> Self {
        Self {
            last: Mutex::new((0, Instant::now())),
        }
    }
}

impl Watched {
    /// Looks all the time, while people work.
    pub fn watch(&self, rig: &Rig, people: &People) {
        while !people.is_over() {
            let (github, notion) = rig.writes();
            let mut last = self.last.lock().unwrap();
            if last.0 != github + notion {
                *last = (github + notion, Instant::now());
            }
            drop(last);
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    pub fn writes(&self) -> u64 {
        self.last.lock().unwrap().0
    }

    pub fn since_write(&self) -> Duration {
        self.last.lock().unwrap().1.elapsed()
    }
}

/// The one that leads, and the one that follows.
pub fn in_order(group: &Group, one: Machine, other: Machine) -> (Machine, Machine) {
    let mut leader = None;
    until("one of both leads", || {
        leader = group.leader();
        [&one, &other]
            .iter()
            .any(|m| leader.as_ref() == Some(&m.holder))
    });
    if leader.as_ref() == Some(&one.holder) {
        (one, other)
    } else {
        (other, one)
    }
}

/// Waits until whoever leads writes to a service; there is always something to do.
pub fn until_at_work(group: &Group, watched: &Watched) {
    let (before, mut rung) = (watched.writes(), Instant::now());
    group.ring();
    let started = Instant::now();
    until("the one that leads writes", || {
        assert!(
            started.elapsed() < IDLE,
            "nothing is written; {:?} leads, in a run: {}, begun: {:?}, asked: {:?}",
            group.leader(),
            group.in_run(),
            group.open_intents(),
            group.setting("asked")
        );
        if rung.elapsed() > Duration::from_millis(200) {
            group.ring();
            rung = Instant::now();
        }
        watched.writes() > before
    });
}
