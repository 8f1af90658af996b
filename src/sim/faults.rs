//! What may go wrong in a seed, and how often.

/// A time in which a whole side answers nonsense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Until when, true time.
    pub until: i64,
    /// What it answers.
    pub kind: OutageKind,
}

/// What a side answers while it is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageKind {
    /// 404 for objects, listings refused.
    NotFound,
    /// No connection.
    Offline,
    /// Empty listings that look complete, 404 for objects.
    Empty,
    /// 503 for everything.
    Unclear,
}

/// Chances in a thousand, per call unless said otherwise. All zero by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// 429 before anything happens.
    pub limited: u32,
    /// A lost request: never carried out.
    pub lost: u32,
    /// A lost answer: carried out.
    pub answer_lost: u32,
    /// Carried out later.
    pub ghost: u32,
    /// A replica that lags answers a read.
    pub stale_get: u32,
    /// Each row of a listing lags on its own.
    pub stale_list: u32,
    /// A row is listed twice.
    pub doubled_row: u32,
    /// A listing ends early and says so.
    pub cut_signed: u32,
    /// A listing ends early and does not say so.
    pub cut_silent: u32,
    /// The account may not set labels, assignees and milestones; dropped in silence.
    pub dropped: u32,
    /// An outage starts, per poll of the engine.
    pub outage: u32,
    /// The store refuses a commit.
    pub store_refuses: u32,
    /// The store commits and says that it did not, at once or after a long silence.
    pub store_lies: u32,
    /// The store takes its time, before or after it does what was asked.
    pub store_slow: u32,
    /// What was asked of the store is lost: never carried out, and nothing is heard for long.
    pub store_lost: u32,
    /// A write that the store seemed to have lost is carried out later: it lay before a server that was frozen.
    pub store_late: u32,
    /// The store goes away for a while, per poll of the engine.
    pub store_away: u32,
    /// A person edits, per poll of the engine.
    pub people: u32,
    /// A person edits an object between its verification and its write, per write.
    pub nemesis: u32,
    /// The process dies, per run.
    pub crash: u32,
    /// Our wall clock is set, forwards or back, or stands still, per poll in ten thousand; and the machine sleeps for
    /// hours.
    pub clock: u32,
    /// Longest time until a ghost is carried out, in milliseconds.
    pub flight: i64,
    /// Longest lag of a listing, in milliseconds.
    pub list_lag: i64,
}

impl Faults {
    /// Draws a seed's own weather, so that some seeds are calm and some are wild.
    pub fn draw(rng: &mut fastrand::Rng) -> Self {
        let mut up_to = |most: u32| {
            if rng.u32(0..3) == 0 {
                0
            } else {
                rng.u32(0..=most)
            }
        };
        Self {
            limited: up_to(20),
            lost: up_to(60),
            answer_lost: up_to(90),
            ghost: up_to(60),
            stale_get: up_to(200),
            stale_list: up_to(400),
            doubled_row: up_to(60),
            cut_signed: up_to(30),
            cut_silent: up_to(60),
            dropped: up_to(120),
            outage: up_to(2),
            store_refuses: up_to(10),
            store_lies: up_to(10),
            people: up_to(14),
            nemesis: up_to(60),
            crash: up_to(500),
            store_slow: up_to(15),
            store_lost: up_to(4),
            store_late: up_to(6),
            store_away: up_to(1),
            clock: 0,
            flight: 0,
            list_lag: 0,
        }
    }
}
