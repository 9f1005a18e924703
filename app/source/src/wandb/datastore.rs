//! The framing of `.wandb` files: a LevelDB log (blocks of 32 KiB, records in fragments) with a
//! header of its own and plain CRC-32 checksums.

use bytes::Bytes;

use crate::{batch::Tally, parse::Fatal};

/// The first seven bytes: identification, magic number, version 0.
pub(crate) const HEADER: [u8; 7] = *b":W&B\xE1\xBE\x00";

const BLOCK: u64 = 32 * 1024;
const FRAGMENT_HEADER: usize = 7;

/// Puts records together from fragments.
#[derive(Debug, Default)]
pub(crate) struct Datastore {
    /// The fragments of a record whose last one has not come yet.
    partial: Option<Vec<u8>>,
    /// Everything before this place (bytes from the start of the file) is passed over.
    skip_to: u64,
    /// True where the fragment before was damaged, so that this place may be no fragment's beginning.
    unsure: bool,
}

impl Datastore {
    /// Takes all whole fragments of `chunk`, which begins at `offset`, adds the records they complete
    /// to `records` and returns how many bytes it is done with.
    pub(crate) fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        records: &mut Vec<Bytes>,
        tally: &mut Tally,
    ) -> Result<usize, Fatal> {
        let mut at = 0;
        if offset == 0 {
            if chunk.len() < HEADER.len() {
                return Ok(0);
            }
            if chunk[..HEADER.len()] != HEADER {
                return Err(Fatal("the header is not that of a .wandb file".to_owned()));
            }
            at = HEADER.len();
        }
        loop {
            let here = offset + at as u64;
            if here < self.skip_to {
                let skipped = (self.skip_to - here).min((chunk.len() - at) as u64) as usize;
                at += skipped;
                if at == chunk.len() {
                    return Ok(at);
                }
                continue;
            }
            let left_in_block = (BLOCK - here % BLOCK) as usize;
            if left_in_block < FRAGMENT_HEADER {
                self.skip_to = here + left_in_block as u64;
                if at == chunk.len() {
                    return Ok(at);
                }
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
                self.damage(tally, here, "it has an impossible header");
                self.skip_to = here + left_in_block as u64;
                self.unsure = false;
                continue;
            }
            if rest.len() < end {
                return Ok(at);
            }
            let data = &rest[FRAGMENT_HEADER..end];
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(&[kind]);
            hasher.update(data);
            if hasher.finalize() != checksum {
                if self.unsure {
                    // The damaged length before led astray: the next block begins anew.
                    self.skip_to = here + left_in_block as u64;
                    self.unsure = false;
                } else {
                    self.damage(tally, here, "its data fail their checksum");
                    self.unsure = true;
                    at += end;
                }
                continue;
            }
            self.unsure = false;
            self.fragment(
                kind,
                chunk.slice(at + FRAGMENT_HEADER..at + end),
                here,
                records,
                tally,
            );
            at += end;
        }
    }

    fn fragment(
        &mut self,
        kind: u8,
        data: Bytes,
        offset: u64,
        records: &mut Vec<Bytes>,
        tally: &mut Tally,
    ) {
        const LOST: &str = "parts of it are missing";
        match kind {
            1 | 2 => {
                if self.partial.take().is_some() {
                    tally.damage(offset, LOST);
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
                // The damage to its first part has been counted, unless the file begins with this.
                None if tally.skipped == 0 => tally.damage(offset, LOST),
                None => {}
            },
        }
    }

    fn damage(&mut self, tally: &mut Tally, offset: u64, what: &'static str) {
        self.partial = None;
        if !self.unsure {
            tally.damage(offset, what);
        }
    }

    /// True where the first fragments of a record have come and the last has not.
    pub(crate) fn in_record(&self) -> bool {
        self.partial.is_some()
    }
}
