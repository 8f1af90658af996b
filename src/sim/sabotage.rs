//! Switches a protective rule off on purpose: a test that stays green without the rule proves nothing.

/// The rules that the kill table switches off, each in the ports or the store wrapper, never in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The sides are compared with each other: the pair forgets its bases.
    CrossBase,
    /// The bases move with the intent instead of with the answer.
    BaseFirst,
    /// The look-up by marker finds nothing, at once and for good.
    NoLookup,
    /// A create whose answer is unclear is sent again at once, as HTTP layers with retries do.
    BlindRetry,
    /// What a complete listing does not show is taken as deleted.
    Absence,
    /// A 404 is taken as deleted.
    On404,
    /// A refused write moves the base.
    BlockedMovesBase,
    /// No waiting time before "no marker" counts.
    NoGrace,
    /// Reads right after our own write are acted on.
    NoSettle,
    /// A stale text is overwritten in Notion: no compare-and-swap.
    NoBodyCas,
    /// An unclear write is forgotten when its target answers 404.
    DoubtEndsOn404,
    /// Commits are no compare-and-swap: the last one wins.
    NoCas,
    /// A request leaves however late it is: the engine's clock does not count the time it stood still.
    NoDeadline,
    /// The wall clock is believed whatever anybody sets it to: there is no other.
    WallClock,
    /// Listings begin with the oldest change, so that a row that changes between two pages moves the others up.
    OldestFirst,
}

impl Sabotage {
    /// Those that seeds catch; the others need a scenario of their own.
    pub const ALL: [Self; 14] = [
        Self::CrossBase,
        Self::BaseFirst,
        Self::NoLookup,
        Self::BlindRetry,
        Self::Absence,
        Self::On404,
        Self::BlockedMovesBase,
        Self::NoGrace,
        Self::NoSettle,
        Self::NoBodyCas,
        Self::DoubtEndsOn404,
        Self::NoCas,
        Self::NoDeadline,
        Self::WallClock,
    ];
}
