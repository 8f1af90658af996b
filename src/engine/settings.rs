//! Every waiting time and threshold of the protocol.

/// Waiting times are in milliseconds. `[advanced]` in the configuration; short in demos and tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A request leaves at most this long after its intent was committed, else it is left to recovery.
    pub send_deadline: i64,
    /// After this no sent request can still be applied.
    pub flight: i64,
    /// The worst staleness of a listing.
    pub list_lag: i64,
    /// Reads of an item this soon after our own write of it are not acted on.
    pub settle: i64,
    /// A new Notion page must rest this long before an issue is made of it.
    pub debounce: i64,
    /// A Notion page edited by somebody else this recently is left alone.
    pub rest: i64,
    /// Foreign edits of a field that is GitHub's alone are put back once within this time.
    pub revert_again: i64,
    /// A refused write is tried again by the first full listing after this time; 0 = only when a person says so.
    pub refused_again: i64,
    /// Stamps of the two services that are nearer than this cannot be ordered (`conflict = "newest"`).
    pub newest_apart: i64,
    /// A lost new object is looked for from this long before its intent: the clocks of two machines differ.
    pub look_back: i64,
    /// Longest wait for an answer of GitHub.
    pub github_timeout: i64,
    /// Longest wait for an answer of Notion, whose own deadline is a minute.
    pub notion_timeout: i64,
    /// Longest wait for an answer of a store that other machines share.
    pub store_timeout: i64,
    /// How far a listing steps back behind its cursor, besides `list_lag`.
    pub overlap: i64,
    /// How often everything is listed.
    pub sweep_every: i64,
    /// Texts of pages that a full listing reads again, in turn, although their pages look unchanged: some clients of
    /// Notion's API change a text without moving the page's stamp.
    pub sweep_bodies: usize,
    /// The second look-up of a lost create comes at least this long after the first.
    pub lookup_gap: i64,
    /// How old a read may be when a write is based on it.
    pub verify_age: i64,
    /// A backlog is worked on without a new listing while the last one is at most this old.
    pub observe_rest: i64,
    /// First delay after a failure; doubles with each, drawn at random below that.
    pub retry_base: i64,
    /// Longest delay after failures.
    pub retry_max: i64,
    /// How long a run waits for a limit to pass before it ends and leaves the rest queued.
    pub wait_max: i64,
    /// How long a lease lasts.
    pub lease_ttl: i64,
    /// Days for which the history keeps the values of records, so that they can be undone; 0 = for ever.
    pub values_days: u32,
    /// Days for which it keeps the summaries of runs; 0 = for ever.
    pub runs_days: u32,
    /// Writes a run.
    pub max_items: usize,
    /// Attempts of one create before a person is asked.
    pub create_attempts: u32,
    /// Pairs in doubt in one run after which it stops writing.
    pub doubt_max: usize,
    /// The guard: trashes (or closes) a run that are always allowed.
    pub guard_trashes: usize,
    /// The guard: trashes a run, in percent of active pairs, that are allowed beyond that.
    pub guard_trash_percent: usize,
    /// The guard: pairs changed on one side in one run, in percent of active pairs.
    pub guard_change_percent: usize,
    /// The guard: pairs with one field cleared on one side in one run, in percent of active pairs.
    pub guard_clear_percent: usize,
    /// The guard does not ask about fewer changed pairs than this.
    pub guard_floor: usize,
    /// Requests of a window kept free for what the user asks for, in percent.
    pub reserve_percent: u32,
}

impl Default for Settings {
    fn default() -> Self {
        const SECOND: i64 = 1_000;
        const MINUTE: i64 = 60 * SECOND;
        Self {
            send_deadline: 15 * SECOND,
            flight: 120 * SECOND,
            list_lag: 600 * SECOND,
            settle: 90 * SECOND,
            debounce: 90 * SECOND,
            rest: 60 * SECOND,
            revert_again: 24 * 60 * MINUTE,
            refused_again: 5 * 60 * MINUTE,
            newest_apart: 2 * MINUTE,
            look_back: 60 * MINUTE,
            github_timeout: 30 * SECOND,
            notion_timeout: 70 * SECOND,
            store_timeout: 10 * SECOND,
            overlap: 60 * SECOND,
            sweep_every: 6 * 60 * MINUTE,
            sweep_bodies: 20,
            lookup_gap: 60 * SECOND,
            verify_age: 5 * SECOND,
            observe_rest: 5 * MINUTE,
            retry_base: SECOND,
            retry_max: 15 * MINUTE,
            wait_max: 90 * SECOND,
            lease_ttl: 60 * SECOND,
            values_days: 90,
            runs_days: 365,
            max_items: 50,
            create_attempts: 3,
            doubt_max: 5,
            guard_trashes: 5,
            guard_trash_percent: 10,
            guard_change_percent: 25,
            guard_clear_percent: 20,
            guard_floor: 10,
            reserve_percent: 10,
        }
    }
}

impl Settings {
    /// How long a create stays in doubt before "no marker found" counts.
    pub const fn grace_create(&self) -> i64 {
        self.send_deadline + self.flight + self.list_lag
    }

    /// How long an update stays in doubt before it is planned again.
    pub const fn grace_update(&self) -> i64 {
        self.send_deadline + self.flight
    }
}
