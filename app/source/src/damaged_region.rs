//! Damaged bytes that may be filled in later: some network drives show zeros until the data arrive.

use std::{
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
    time::{Duration, Instant},
};

use crate::{regular_file, stamp::Stamp};

/// A region is compared for this long after the damage was seen.
const WATCHED_FOR: Duration = Duration::from_secs(300);

/// The part of a file in which something was damaged.
#[derive(Debug)]
pub(crate) struct DamagedRegion {
    start: u64,
    len: u64,
    checksum: u32,
    /// The file when the region was compared last.
    compared_at: Option<Stamp>,
    seen_at: Instant,
}

impl DamagedRegion {
    /// The region of the bytes that begin at `start`.
    pub(crate) fn new(start: u64, bytes: &[u8], stamp: Option<Stamp>) -> Self {
        Self {
            start,
            len: bytes.len() as u64,
            checksum: crc32fast::hash(bytes),
            compared_at: stamp,
            seen_at: Instant::now(),
        }
    }

    /// True if the file changed in the region since it was read.
    pub(crate) fn has_changed(&mut self, path: &Path, stamp: Option<Stamp>) -> bool {
        if self.compared_at == stamp || self.seen_at.elapsed() > WATCHED_FOR {
            return false;
        }
        self.compared_at = stamp;
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = regular_file::open(path)?;
            file.seek(SeekFrom::Start(self.start))?;
            let mut bytes = Vec::new();
            file.take(self.len).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().is_ok_and(|bytes| crc32fast::hash(&bytes) != self.checksum)
    }
}
