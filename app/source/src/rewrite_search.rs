//! When the logs that changed are compared with what was read of them: a little at a time, so that following a large
//! log that grows costs no more than a small part of a processor.

use std::time::{Duration, Instant};

use crate::log_entry::LogEntry;

/// Time that is compared for at once.
const STEP: Duration = Duration::from_millis(2);

/// Shortest time between two steps, and its multiple of what a step took: a slow disk is left alone as much as a fast
/// one.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_FACTOR: u32 = 25;

/// The search for logs that were rewritten in place.
#[derive(Debug)]
pub(crate) struct RewriteSearch {
    next_log: usize,
    /// When the next step is due.
    at: Instant,
}

impl Default for RewriteSearch {
    fn default() -> Self {
        Self {
            next_log: 0,
            at: Instant::now(),
        }
    }
}

impl RewriteSearch {
    /// When to search next; `None` if no log is to be compared.
    pub(crate) fn due(&self, logs: &[LogEntry]) -> Option<Instant> {
        let is_any = logs.iter().any(|entry| entry.log.is_suspect());
        is_any.then_some(self.at)
    }

    /// Compares the logs whose turn it is, if a step is due. Those that differ are read again next; returns whether
    /// there are any.
    pub(crate) fn step(&mut self, logs: &mut [LogEntry]) -> bool {
        let begun = Instant::now();
        if begun < self.at {
            return false;
        }
        let deadline = begun + STEP;
        let mut is_any = false;
        for offset in 0..logs.len() {
            let index = (self.next_log + offset) % logs.len();
            let entry = &mut logs[index];
            if !entry.log.is_suspect() {
                continue;
            }
            if entry.log.find_rewritten(deadline) {
                entry.more = true;
                is_any = true;
            }
            if Instant::now() >= deadline {
                self.next_log = index + 1;
                break;
            }
        }
        self.at = Instant::now() + PAUSE.max(begun.elapsed() * PAUSE_FACTOR);
        is_any
    }
}
