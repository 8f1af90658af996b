//! How many deliveries are taken in a time: a bucket that fills at a steady pace.

use std::time::Instant;

/// A bucket of tokens; each delivery takes one.
#[derive(Debug)]
pub(super) struct Bucket {
    most: f64,
    per_second: f64,
    left: f64,
    filled: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(most: u32, per_second: u32, now: Instant) -> Self {
        Self {
            most: f64::from(most.max(1)),
            per_second: f64::from(per_second),
            left: f64::from(most.max(1)),
            filled: now,
        }
    }

    /// Takes a token; says whether there was one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled);
        self.left = (self.left + passed.as_secs_f64() * self.per_second).min(self.most);
        self.filled = now;
        let has_one = self.left >= 1.0;
        if has_one {
            self.left -= 1.0;
        }
        has_one
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_empties_it_and_time_fills_it() {
        let start = Instant::now();
        let mut bucket = Bucket::new(3, 2, start);
        let taken = |bucket: &mut Bucket, at| (0..10).filter(|_| bucket.take(at)).count();
        assert_eq!(taken(&mut bucket, start), 3);
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(400)), 0);
        assert_eq!(taken(&mut bucket, start + Duration::from_secs(1)), 2);
        assert_eq!(taken(&mut bucket, start + Duration::from_hours(1)), 3);
    }
}
