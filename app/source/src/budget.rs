//! What is left of the limits of a reading: a reader takes from its budget before it allocates, recurses or loops.

use std::time::{Duration, Instant};

use crate::limits::Limits;

/// What is left of the limits of one reading.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    bytes: u64,
    items: usize,
    depth: usize,
    begun: Instant,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Exceeded {
    #[error("it takes more than {0} bytes")]
    Bytes(u64),
    #[error("it is nested deeper than {0} levels")]
    Depth(usize),
    #[error("it contains more than {0} values")]
    Items(usize),
    #[error("it takes more than {} s to read", .0.as_secs())]
    Time(Duration),
}

/// Items between two looks at the clock.
const ITEMS_PER_LOOK: usize = 1024;

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            bytes: limits.bytes,
            items: limits.items,
            depth: 0,
            begun: Instant::now(),
        }
    }

    /// Takes memory, before it is allocated.
    pub(crate) fn take_bytes(&mut self, bytes: u64) -> Result<(), Exceeded> {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.ok_or(Exceeded::Bytes(self.limits.bytes))?;
        Ok(())
    }

    /// Takes items, before they are read.
    pub(crate) fn take_items(&mut self, items: usize) -> Result<(), Exceeded> {
        let before = self.items / ITEMS_PER_LOOK;
        let left = self.items.checked_sub(items);
        self.items = left.ok_or(Exceeded::Items(self.limits.items))?;
        if before != self.items / ITEMS_PER_LOOK {
            self.check_time()?;
        }
        Ok(())
    }

    /// Goes one level deeper.
    pub(crate) fn enter(&mut self) -> Result<(), Exceeded> {
        if self.depth >= self.limits.depth {
            return Err(Exceeded::Depth(self.limits.depth));
        }
        self.depth += 1;
        Ok(())
    }

    /// Returns from a level.
    pub(crate) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(crate) fn check_time(&self) -> Result<(), Exceeded> {
        match self.begun.elapsed() > self.limits.time {
            true => Err(Exceeded::Time(self.limits.time)),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_kept() {
        let limits = Limits {
            bytes: 10,
            depth: 2,
            items: 3,
            time: Duration::ZERO,
        };
        let mut budget = Budget::new(limits);
        assert_eq!(budget.take_bytes(10), Ok(()));
        assert_eq!(budget.take_bytes(1), Err(Exceeded::Bytes(10)));
        assert_eq!(budget.take_bytes(u64::MAX), Err(Exceeded::Bytes(10)));
        assert_eq!(budget.enter(), Ok(()));
        assert_eq!(budget.enter(), Ok(()));
        assert_eq!(budget.enter(), Err(Exceeded::Depth(2)));
        budget.leave();
        assert_eq!(budget.enter(), Ok(()));
        assert_eq!(budget.take_items(4), Err(Exceeded::Items(3)));
        assert_eq!(budget.take_items(3), Ok(()));
        assert_eq!(budget.check_time(), Err(Exceeded::Time(Duration::ZERO)));
    }
}
