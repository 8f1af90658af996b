//! The word that a run is to end: looked at before each step, and heard at once by whoever waits.

use std::cell::Cell;

use tokio::sync::Notify;

/// Whether the program was told to end. Nothing that is under way is broken off by it: a request is answered and
/// committed first.
#[derive(Debug, Default)]
pub struct Ending {
    is_told: Cell<bool>,
    word: Notify,
}

impl Ending {
    /// Says that runs are to end, from now on.
    pub fn tell(&self) {
        self.is_told.set(true);
        self.word.notify_waiters();
    }

    /// Whether that was said.
    pub const fn is_told(&self) -> bool {
        self.is_told.get()
    }

    /// Waits until it is said.
    pub async fn heard(&self) {
        // Made before the look: what is said in between is heard.
        let word = self.word.notified();
        if !self.is_told() {
            word.await;
        }
    }
}
