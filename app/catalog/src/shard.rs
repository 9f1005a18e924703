use std::{fmt, str::FromStr};

/// One of several processes that build a catalog without talking to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `count`.
    pub index: u32,
    /// Number of processes.
    pub count: u32,
}

impl Shard {
    /// The only process.
    pub const ONLY: Self = Self { index: 1, count: 1 };

    /// True if the process reads the runs of an origin.
    #[must_use]
    pub fn has(self, origin: &str) -> bool {
        fnv_1a(origin.as_bytes()) % u64::from(self.count) == u64::from(self.index - 1)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-of-{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (index, count) = text.split_once('/')?;
            let (index, count) = (index.parse().ok()?, count.parse().ok()?);
            (index >= 1 && index <= count).then_some(Self { index, count })
        };
        parse().ok_or_else(|| format!("`{text}` is no shard: write I/N, from 1/N to N/N"))
    }
}

/// A number for a text that is the same on every machine.
pub(crate) fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_origin_has_one_shard_and_shards_are_alike() {
        let mut counts = [0; 7];
        for run in 0..700 {
            let name = format!("sweep/run_{run}");
            let shards = (1..=7).filter(|&index| Shard { index, count: 7 }.has(&name));
            let shards: Vec<u32> = shards.collect();
            assert_eq!(shards.len(), 1);
            counts[shards[0] as usize - 1] += 1;
        }
        assert!(
            counts.iter().all(|count| (60..140).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn shards_are_numbered_from_one() {
        assert_eq!("2/8".parse(), Ok(Shard { index: 2, count: 8 }));
        for text in ["0/8", "9/8", "1", "1/0", "a/b", "-1/2", ""] {
            assert!(text.parse::<Shard>().unwrap_err().contains("I/N"), "{text}");
        }
    }
}
