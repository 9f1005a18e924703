//! What a reader may take. A size, a nesting or a count that a file claims never decides an allocation, a recursion or
//! a loop: the reader takes it from its budget first, and the budget is a constant of this file.

use std::time::{Duration, Instant};

/// The limits of one kind of reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of memory that are kept or scanned.
    pub(crate) bytes: u64,
    /// Nesting.
    pub(crate) depth: usize,
    /// Values, members or entries.
    pub(crate) items: usize,
    /// Time, which is looked at now and then.
    pub(crate) time: Duration,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const NO_TIME_LIMIT: Duration = Duration::MAX;

/// A NumPy header: one of numbers takes 100 bytes, and only a structured type's list of fields takes more.
pub(crate) const NPY_HEADER: Limits = Limits {
    bytes: 64 * KIB,
    depth: 16,
    items: 16 << 10,
    time: NO_TIME_LIMIT,
};

/// A configuration in YAML. Aliases repeat what they refer to, so that items and bytes exceed the file's.
pub(crate) const YAML: Limits = Limits {
    bytes: 16 * MIB,
    depth: 64,
    items: 1 << 20,
    time: Duration::from_secs(5),
};

/// Text in a file of arrays: names of axes, tokens, labels.
pub(crate) const TEXTS: Limits = Limits {
    bytes: 64 * MIB,
    depth: 1,
    items: 4 << 20,
    time: Duration::from_secs(10),
};

/// Arrays of one file. The largest models have half as many.
pub(crate) const ARRAYS: Limits = Limits {
    bytes: u64::MAX,
    depth: 1,
    items: 200_000,
    time: Duration::from_secs(20),
};

/// Traces of a figure: each is drawn by itself, and takes half a megabyte.
pub(crate) const TRACES: Limits = Limits {
    bytes: u64::MAX,
    depth: 1,
    items: 1000,
    time: NO_TIME_LIMIT,
};

/// A list of words in the description of an array: its axes, its tokens.
pub(crate) const WORDS: Limits = Limits {
    bytes: 64 * MIB,
    depth: 1,
    items: 1 << 20,
    time: NO_TIME_LIMIT,
};

/// Distinct keys of one run. W&B advises against more than 100,000 of a project; those beyond come from keys that
/// contain a step or a sample's number.
pub(crate) const KEYS: Limits = Limits {
    bytes: u64::MAX,
    depth: 1,
    items: 100_000,
    time: NO_TIME_LIMIT,
};

/// A log that is compressed, beside what its size allows.
pub(crate) const DECOMPRESSED: Limits = Limits {
    bytes: 64 * MIB,
    depth: 1,
    items: usize::MAX,
    time: NO_TIME_LIMIT,
};

/// Bytes that one byte of a compressed log may become: text of numbers becomes ten to twenty, and rows that all are
/// the same, a thousand.
pub(crate) const MOST_DECOMPRESSED: u64 = 200;

/// Groups and datasets of an HDF5 file.
pub(crate) const HDF5_TREE: Limits = Limits {
    bytes: u64::MAX,
    depth: 24,
    items: 100_000,
    time: Duration::from_secs(20),
};

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
