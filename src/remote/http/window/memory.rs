//! What of a budget outlives the process, so that the next one does not spend it again.

use serde::{Deserialize, Serialize};

use super::{Primary, SECOND, Sent, Spend, Time, Wait, Window};

/// A budget as it is kept between two processes.
///
/// Requests are kept by the second, each counted as late as it can have been; one that had no answer yet counts from
/// the moment of saving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    latest: Time,
    sent: Vec<(Time, Spend, u32)>,
    primary: [Option<Primary>; 2],
    paused: Option<Wait>,
    strikes: u32,
    last_write: Option<Time>,
    refused_at: Option<Time>,
    learned: Option<(u32, Time)>,
}

impl Window {
    /// What has to be remembered when this process ends now.
    pub fn memory(&self, now: Time) -> Memory {
        let mut seconds: Vec<(Time, Spend, u32)> = Vec::new();
        for sent in &self.sent {
            let at = if sent.answered { sent.at } else { now };
            let at = Time((at.0.div_euclid(SECOND) + 1) * SECOND);
            match seconds
                .iter_mut()
                .rev()
                .find(|kept| (kept.0, kept.1) == (at, sent.spend))
            {
                Some(kept) => kept.2 += 1,
                None => seconds.push((at, sent.spend, 1)),
            }
        }
        Memory {
            latest: self.latest.max(now),
            sent: seconds,
            primary: self.primary,
            paused: self.paused.clone(),
            strikes: self.strikes,
            last_write: self.last_write,
            refused_at: self.refused_at,
            learned: self.learned,
        }
    }

    /// Goes on where an earlier process ended. What this one sent so far still counts.
    pub fn recall(&mut self, memory: Memory) {
        let earlier = memory.sent.into_iter().flat_map(|(at, spend, count)| {
            let sent = Sent {
                // No ticket: numbers begin at one, so nothing settles it.
                ticket: 0,
                at,
                spend,
                answered: true,
            };
            // Beyond any limit of ours a greater count changes nothing; a damaged one must not fill the memory.
            std::iter::repeat_n(sent, count.min(10_000) as usize)
        });
        self.sent.extend(earlier);
        self.latest = self.latest.max(memory.latest);
        self.strikes = self.strikes.max(memory.strikes);
        self.last_write = self.last_write.max(memory.last_write);
        self.refused_at = self.refused_at.max(memory.refused_at);
        self.learned = self.learned.or(memory.learned);
        for (ours, theirs) in self.primary.iter_mut().zip(memory.primary) {
            *ours = ours.or(theirs);
        }
        self.paused_elsewhere(memory.paused);
    }

    /// Takes in the pause of a budget that another process with this token keeps meanwhile.
    pub fn heed(&mut self, memory: Memory) {
        self.paused_elsewhere(memory.paused);
    }

    fn paused_elsewhere(&mut self, wait: Option<Wait>) {
        if let Some(wait) = wait {
            self.rest(wait);
        }
    }
}
