//! Two machines, of which the one that leads is killed with -9 while it works, again and again, while people work too.

use std::time::Duration;

use crate::group::{Group, until};
use crate::people::{People, assert_whole, group};
use crate::watched::{Watched, in_order, until_at_work};

const KILLS: usize = 30;
/// So many have to meet a machine at work.
const AT_WORK: usize = 20;
const SEED: u64 = 30;
/// A kill falls so long after a write of the new leader, at most, in milliseconds.
const LATEST_MS: u64 = 150;
/// Who wrote so shortly before it was killed was at work.
const JUST_NOW: Duration = Duration::from_millis(200);

/// What a kill met, and how long nobody led after it.
struct Kill {
    /// Since the services carried out a write.
    since_write: Duration,
    /// Intents that the store holds open.
    open: usize,
    /// Whether the store knew of a run that had not ended.
    in_run: bool,
    succeeded: Duration,
}

impl Kill {
    fn met_work(&self) -> bool {
        self.since_write < JUST_NOW || self.open > 0
    }
}

/// Kills whoever leads, again and again.
fn kill_many(group: &Group, watched: &Watched) -> Vec<Kill> {
    let mut chance = fastrand::Rng::with_seed(SEED);
    let mut pair = (group.start("laptop"), group.start("studio"));
    let mut kills = Vec::new();
    while kills.len() < KILLS {
        let (leader, mut follower) = in_order(group, pair.0, pair.1);
        assert!(follower.is_alive(), "{} ended", follower.holder);
        until_at_work(group, watched);
        std::thread::sleep(Duration::from_millis(chance.u64(0..=LATEST_MS)));
        let name = leader.holder.split(':').next().unwrap().to_owned();
        let since_write = watched.since_write();
        leader.kill();
        // Nobody else writes to the store until the lease is over.
        let (open, in_run) = (group.open_intents().len(), group.in_run());
        let succeeded = group.until_led_by(&follower);
        kills.push(Kill {
            since_write,
            open,
            in_run,
            succeeded,
        });
        pair = (follower, group.start(&name));
    }
    // Whoever is left ends in good order, and leaves nobody behind who could lead.
    let (leader, follower) = in_order(group, pair.0, pair.1);
    follower.kill();
    // 1 where a write was in doubt just then.
    assert!(matches!(leader.stop(), Some(0 | 1)));
    kills
}

fn tell(kills: &[Kill]) {
    let mut times: Vec<u128> = kills.iter().map(|k| k.succeeded.as_millis()).collect();
    times.sort_unstable();
    let count = |is: &dyn Fn(&Kill) -> bool| kills.iter().filter(|kill| is(kill)).count();
    eprintln!(
        "{} kills; at work {} (a write within {} ms before: {}; a write begun and not ended: {}; a run begun and not \
         ended: {}); taken over after {} ms (least), {} ms (half), {} ms (most)",
        kills.len(),
        count(&Kill::met_work),
        JUST_NOW.as_millis(),
        count(&|kill| kill.since_write < JUST_NOW),
        count(&|kill| kill.open > 0),
        count(&|kill| kill.in_run),
        times[0],
        times[times.len() / 2],
        times[times.len() - 1]
    );
}

#[test]
fn thirty_kills_lose_and_double_nothing() {
    let group = group("\"2s\"");
    let (people, watched) = (People::default(), Watched::default());
    let kills = std::thread::scope(|scope| {
        let _home = people.until_dropped();
        scope.spawn(|| people.work(&group.rig, SEED));
        scope.spawn(|| watched.watch(&group.rig, &people));
        kill_many(&group, &watched)
    });
    tell(&kills);
    eprintln!(
        "people made {} edits and {} items",
        people.edits(),
        people.made()
    );
    let met = kills.iter().filter(|kill| kill.met_work()).count();
    assert!(met >= AT_WORK, "only {met} kills met a machine at work");
    until("nobody leads", || group.leader().is_none());
    assert_whole(&group, &people);
}
