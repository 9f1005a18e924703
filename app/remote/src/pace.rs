//! How fast an answer comes: one byte now and then keeps a connection, and never ends.

use std::time::{Duration, Instant};

use crate::limits;

/// What has come since it was looked at last.
#[derive(Debug)]
pub(crate) struct Pace {
    period: Duration,
    since: Instant,
    bytes: u64,
}

impl Pace {
    /// A pace that is looked at once in each period.
    pub(crate) fn new(period: Duration) -> Self {
        Self {
            period,
            since: Instant::now(),
            bytes: 0,
        }
    }

    /// Counts bytes that have come; false if so few have come in a period that the end is out of sight.
    pub(crate) fn is_kept_with(&mut self, bytes: usize) -> bool {
        self.bytes += bytes as u64;
        let past = self.since.elapsed();
        if past < self.period {
            return true;
        }
        let is_kept = self.bytes as f64 >= past.as_secs_f64() * limits::SLOWEST as f64;
        (self.since, self.bytes) = (Instant::now(), 0);
        is_kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drip_is_no_answer() {
        let mut pace = Pace::new(Duration::from_millis(20));
        assert!(pace.is_kept_with(1));
        std::thread::sleep(Duration::from_millis(30));
        assert!(!pace.is_kept_with(1));
        std::thread::sleep(Duration::from_millis(30));
        assert!(pace.is_kept_with(1 << 20));
    }
}
