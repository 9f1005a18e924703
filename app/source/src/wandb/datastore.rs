//! The framing of `.wandb` files: a LevelDB log (blocks of 32 KiB, records in fragments) with W&B's
//! own header and plain CRC-32 checksums.

use bytes::Bytes;

use crate::{parse::FatalError, statistics::ReadStatistics};

/// The first seven bytes: identification, magic number, version 0.
pub(crate) const HEADER: [u8; 7] = *b":W&B\xE1\xBE\x00";

const BLOCK: u64 = 32 * 1024;
const FRAGMENT_HEADER: usize = 7;

/// Assembles records from fragments.
#[derive(Debug, Default)]
pub(crate) struct Datastore {
    /// The fragments of a record whose last one is still missing.
    partial: Option<Vec<u8>>,
    /// Everything before this offset is skipped.
    skip_to: u64,
    /// True if the previous fragment was damaged, so that this offset may not be a fragment's start.
    resynchronising: bool,
}

impl Datastore {
    /// Consumes all whole fragments of `chunk`, which begins at `offset`, adds the records that they
    /// complete to `records` and returns the number of bytes consumed.
    pub(crate) fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        records: &mut Vec<Bytes>,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        let mut at = 0;
        if offset == 0 {
            if chunk.len() < HEADER.len() {
                return Ok(0);
            }
            if chunk[..HEADER.len()] != HEADER {
                return Err(FatalError(
                    "the header is not that of a .wandb file".to_owned(),
                ));
            }
            at = HEADER.len();
        }
        loop {
            let skipped = self.skip_to.saturating_sub(offset + at as u64);
            at += skipped.min((chunk.len() - at) as u64) as usize;
            let here = offset + at as u64;
            if here < self.skip_to {
                return Ok(at);
            }
            let left_in_block = (BLOCK - here % BLOCK) as usize;
            if left_in_block < FRAGMENT_HEADER {
                self.skip_to = here + left_in_block as u64;
                continue;
            }
            let rest = &chunk[at..];
            let Some((header, _)) = rest.split_first_chunk::<FRAGMENT_HEADER>() else {
                return Ok(at);
            };
            let checksum = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
            let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
            let kind = header[6];
            let end = FRAGMENT_HEADER + length;
            if end > left_in_block || !(1..=4).contains(&kind) {
                self.damage(statistics, here, "its header is invalid");
                self.skip_to = here + left_in_block as u64;
                self.resynchronising = false;
                continue;
            }
            if rest.len() < end {
                return Ok(at);
            }
            let data = &rest[FRAGMENT_HEADER..end];
            if crc32(kind, data) != checksum {
                if self.resynchronising {
                    // The previous length was damaged, too: continue at the next block.
                    self.skip_to = here + left_in_block as u64;
                    self.resynchronising = false;
                } else {
                    self.damage(statistics, here, "its data fail their checksum");
                    self.resynchronising = true;
                    at += end;
                }
                continue;
            }
            self.resynchronising = false;
            self.fragment(
                kind,
                chunk.slice(at + FRAGMENT_HEADER..at + end),
                here,
                records,
                statistics,
            );
            at += end;
        }
    }

    /// Adds a fragment to the record that it belongs to.
    fn fragment(
        &mut self,
        kind: u8,
        data: Bytes,
        offset: u64,
        records: &mut Vec<Bytes>,
        statistics: &mut ReadStatistics,
    ) {
        const MISSING: &str = "parts of it are missing";
        match kind {
            1 | 2 => {
                if self.partial.take().is_some() {
                    statistics.add_damage(offset, MISSING);
                }
                if kind == 1 {
                    records.push(data);
                } else {
                    self.partial = Some(data.to_vec());
                }
            }
            _ => match &mut self.partial {
                Some(partial) => {
                    partial.extend_from_slice(&data);
                    if kind == 4 {
                        records.push(Bytes::from(self.partial.take().unwrap_or_default()));
                    }
                }
                // The damage to its first part was already counted, unless the file begins with this.
                None if statistics.skipped == 0 => statistics.add_damage(offset, MISSING),
                None => {}
            },
        }
    }

    fn damage(&mut self, statistics: &mut ReadStatistics, offset: u64, what: &'static str) {
        self.partial = None;
        if !self.resynchronising {
            statistics.add_damage(offset, what);
        }
    }

    /// True if the last fragment of the current record is still missing.
    pub(crate) fn in_record(&self) -> bool {
        self.partial.is_some()
    }
}

fn crc32(kind: u8, data: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[kind]);
    hasher.update(data);
    hasher.finalize()
}
